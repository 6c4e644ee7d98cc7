"""A page: one scenario, in the words of someone who trades and does not program.

A page tells a story in prose, asks for one position (`[signal]`), says what fails and when (`[[fault]]` in the box's
own vocabulary, `[[kill]]` for our process, `[[journal]]` for its record, `[[price]]` and `[[hand]]` for the market and
for people), and what must hold at the end (`[must]`). Every time counts from the moment the signal arrives. A line with
`only = "bybit"` is there on that venue alone. `docs/scenarios.md` teaches it with examples; `loader.py` reads it and
`printer.py` writes it, so that a drawn plan of the storm is a page like any other.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec

from seawall.drill.lengths import Length
from seawall.model.ids import VenueName
from seawall.model.times import SECOND

Where = Literal["leaving", "sent", "acted", "answering"]
Venues = tuple[VenueName, ...]
BOTH: Venues = (VenueName.BINANCE, VenueName.BYBIT)
SYMBOLS = {VenueName.BINANCE: "VELVETUSDT", VenueName.BYBIT: "1000000BABYDOGEUSDT"}


class _Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all tables of a page share: unknown keys are errors, and what is as it would be anyway is not printed."""


class Rung(_Line, frozen=True):
    """One take-profit: `share` percent of the position leaves `pct` percent beyond the average."""

    pct: Decimal
    share: Decimal = Decimal(100)


class Ask(_Line, frozen=True):
    """The position that is asked for. The stop is `stop` percent from the fill, or with `stop_is = "price"` a price
    that lies so far from the mark. `made` is how long before its arrival the source made the signal. `take_profit`: the
    rungs of its ladder.
    """

    side: Literal["buy", "sell"] = "buy"
    symbol: str = ""
    size: Decimal = Decimal(50)
    unit: Literal["quote", "base", "risk_pct", "equity_pct"] = "quote"
    stop: Decimal = Decimal(5)
    stop_is: Literal["percent", "price"] = "percent"
    trigger_by: Literal["mark", "last"] = "mark"
    leverage: Decimal | None = None
    max_slippage_bps: Decimal | None = None
    max_age: Length = Length(30 * SECOND)
    made: Length = Length(0)
    take_profit: tuple[Rung, ...] = ()


class Owner(_Line, frozen=True):
    """The account: its balance in USDT, and whether it is in hedge mode."""

    balance: Decimal = Decimal(100_000)
    hedge: bool = False


class Clock(_Line, frozen=True):
    """How far the house's clock is ahead of the venue's, negative if it is behind, and by how many millionths it runs
    too fast.
    """

    ahead: Length = Length(0)
    drift_ppm: int = 0


class FaultLine(_Line, frozen=True):
    """One fault of the box. `line` holds the box's own fields; its `after` and `until` count from the signal.
    `maybe`: it need not strike for the page to mean something.
    """

    line: dict[str, Any]
    after: Length | None = None
    until: Length | None = None
    only: VenueName | None = None
    maybe: bool = False


class Kill(_Line, frozen=True):
    """Our process dies: at a time, or beside the nth `call`: as its act is leaving, once it is sent and before the
    venue acts, once the venue has acted, or with the answer at the door. `call = "journal.append"` is the record:
    before it is written (leaving), while it is (sent), once it is durable (acted). It starts again after `pause`; with
    `restores`, on the copy of the journal that was made when an event of that name had been written first, with all
    that was written in one append with it.
    """

    at: Length | None = None
    call: str = ""
    nth: int = 1
    when: Where = "acted"
    pause: Length = Length(SECOND)
    restores: str = ""
    only: VenueName | None = None


class JournalLine(_Line, frozen=True):
    """The record takes nothing from `at` for so long: it stalls silently, or says that it is full or broken."""

    does: Literal["stall", "full", "broken"]
    lasts: Length
    at: Length = Length(0)
    only: VenueName | None = None


class Price(_Line, frozen=True):
    """Mark, last or both move by `pct` percent at a time."""

    at: Length
    pct: Decimal
    which: Literal["both", "mark", "last"] = "both"
    only: VenueName | None = None


class Hand(_Line, frozen=True):
    """Somebody does something at a time; before the signal if the time is negative.

    To our house come `close` (the owner asks; with `part`, 0.5 for a half, only that), `protect` (the stop moves to
    `stop` percent behind the mark, or to the average with `break_even`; the take-profits become `take_profit`),
    `flatten` (every slot), `resolve` (the operator's word), `repeat` (the very signal again), `reword` (its id with
    another size) and `open` (another signal on the slot, to `side`, its stop `stop` percent away, or five). `set_clock`
    sets the machine's clock `by`: ahead at once, back for the next process, since a living one never counts backwards.

    At the venue another hand may `trade` (`quantity`, or `part` of what is open, where 1 is all), `cancel_stop`,
    `move_stop` (to `stop` percent behind the mark), `set_take_profit` (of all that is open, `stop` percent ahead of the
    mark), and `leave_stop`: a stop from an earlier position lies in the book.
    The venue itself may `liquidate`, or `deleverage` a `part`.
    """

    at: Length
    does: Literal[
        "close",
        "protect",
        "flatten",
        "resolve",
        "repeat",
        "reword",
        "open",
        "trade",
        "cancel_stop",
        "move_stop",
        "set_take_profit",
        "leave_stop",
        "liquidate",
        "deleverage",
        "set_clock",
    ]
    side: Literal["buy", "sell"] = "sell"
    quantity: Decimal = Decimal(0)
    part: Decimal | None = None
    by: Length = Length(0)
    on_opposite: Literal["refuse", "close", "reverse"] = "refuse"
    stop: Decimal | None = None
    break_even: Decimal | None = None
    take_profit: tuple[Rung, ...] | None = None
    only: VenueName | None = None


class Must(_Line, frozen=True):
    """What must hold at the end. Whatever a page says, the promise itself is always checked (see `checks.py`).

    `end`: protected, flat, refused (turned away before anything was sent), or open where the venue itself makes an end
    impossible; a list means any. `reason`: why it ended flat. `entries`: how many entry orders the venue filled.
    `closes`: how many orders of ours took from the position. `orders`, `stop_orders`: how many of them the venue was
    sent at all.
    `left`: which part of what was entered is open at the end (0.5 is a half, to one lot).
    `stops`: how many stops stand at the end; `stop_at`: so many percent behind the entry one of them stands (0 is the
    average, -1 a percent beyond it). `naked_at_most`: the longest stretch without cover, by the venue's clock;
    `naked_later`: the longest after the position was first covered.
    `told`, `untold`: events that the journal must and must not hold. `answers`: what the senders are told, in order
    ("accepted", or the reason). `next`: how the further signals of the page must end, in order. `fired`: whether every
    line must have struck, or none need to.
    """

    end: tuple[Literal["protected", "flat", "refused", "none", "open"], ...]
    reason: tuple[str, ...] = ()
    entries: int | None = None
    closes: int | None = None
    orders: int | None = None
    stop_orders: int | None = None
    stops: int | None = None
    stop_at: Decimal | None = None
    left: Decimal | None = None
    naked_at_most: Length | None = None
    naked_later: Length | None = None
    told: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    next: tuple[Literal["protected", "flat"], ...] = ()
    fired: Literal["all", "any"] = "all"
    visits: tuple[str, ...] = ()


class Page(_Line, frozen=True):
    """One scenario; see the head of this file. `must` holds one table per venue of the page. `order_entry`: by which
    road acts leave, as an account's configuration says it.
    """

    title: str
    story: str = ""
    incident: tuple[str, ...] = ()
    venues: Venues = BOTH
    lasts: Length = Length(20 * SECOND)
    walk_bps: int = 0
    switches: dict[str, str] = {}
    account: Owner = Owner()
    signal: Ask = Ask()
    clock: Clock = Clock()
    order_entry: Literal["auto", "rest"] = "auto"
    fault: tuple[FaultLine, ...] = ()
    kill: tuple[Kill, ...] = ()
    journal: tuple[JournalLine, ...] = ()
    price: tuple[Price, ...] = ()
    hand: tuple[Hand, ...] = ()
    must: dict[str, Must] = {}

    def symbol(self, venue: VenueName) -> str:
        """The symbol that is traded on a venue."""
        return self.signal.symbol or SYMBOLS[venue]
