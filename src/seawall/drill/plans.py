"""Plans: what goes wrong in one trial, drawn from a seed as a page.

A plan is a page like any other: a few faults of the box's vocabulary (`kinds.py`), answers to the venue books' open
questions (its switches), and of our own troubles a process that dies at a time or beside an act or an append, a journal
that takes nothing or comes back as an old copy, clocks that are wrong, drift or are set, and signals that come late,
again, or together with others. `spares` says whether the venue would still have taken the stop within `max_naked`: then
the signal must end PROTECTED if it was filled.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args

import msgspec

from seawall.drill import kinds
from seawall.drill.kinds import one_in
from seawall.drill.lengths import Length
from seawall.drill.page import Ask, Clock, FaultLine, Hand, JournalLine, Kill, Must, Owner, Page, Price, Rung, Where
from seawall.model.ids import VenueName
from seawall.model.times import MILLISECOND, SECOND, Duration
from venuesim.switches import ANY_NUMBER, SWITCHES

_KILLED_AT = ("order.create", "order.create", "stop.create", "positions.get", "order.get", "journal.append")
_APPENDED: tuple[Where, ...] = ("leaving", "sent", "acted")
_COPIES = ("entry_intended", "order_reported", "stop_intended", "entry_filled")
"""A copy of the journal that a restored process may come back on: each knows the intention, as only those of rule 20 do
not; on Bybit that of its stop too, since both are one append.
"""
_NUMBERS: dict[str, tuple[str, ...]] = {
    "match_latency_us": ("2000", "0", "150000"),
    "latency_us": ("0", "40000"),
    "binance.triggering_us": ("5000", "1500000"),
    "binance.expire_delay_us": ("1000", "3000000", "30000000"),
    "binance.position_delay_us": ("0", "150000", "900000"),
    "binance.weight_limit": ("2400", "6000"),
    "binance.cancel_linger_us": ("0", "300000", "3000000"),
    "binance.reduce_only_delay_us": ("0", "150000", "2500000"),
    "bybit.child_delay_us": ("0", "300000", "3000000"),
    "bybit.position_delay_us": ("0", "150000", "900000"),
    "bybit.ban_us": ("600000000", "60000000"),
}
"""What is drawn where a switch takes any number; the first is its default."""
_KEPT = ("signature",)
"""Not drawn: what nobody doubts."""
_DRAWN_LAST = ("binance.full_page",)
"""Came to the box after the others: drawn after all else, as unreadable prices are, so that each seed keeps the rest of
its plan.
"""
_DRAWN_LATER = (
    "binance.trigger_bound",
    "binance.trigger_digits",
    "binance.cancel_linger_us",
    "binance.reduce_only_delay_us",
    "binance.reduce_only_early",
    "bybit.reduce_only_value",
)
"""Came later still, and are drawn after those."""
_DRAWN_APART = (
    "binance.position_date_us",
    "binance.flat_update_time",
    "bybit.order_date_us",
    "bybit.position_date_us",
)
"""How rows are dated: drawn by a chance of their own, so that each seed keeps the rest of its plan."""
_WEIGHED = {"binance.trigger_bound": ("none", "none", "none", "percent_price")}
"""What is drawn where one answer leaves less to judge: a bound of five percent may refuse the drawn stop of five."""
_DEEDS = ("repeat", "burst", "reword", "open", "opposite", "close", "cancel_stop", "trade", "set_clock")


@dataclass(frozen=True, slots=True)
class Plan:
    """One trial: a page for one venue, and whether it spares the position."""

    venue: VenueName
    seed: int
    page: Page
    spares: bool

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of its faults."""
        return tuple(line.line["fault"] for line in self.page.fault)


def draw(venue: VenueName, seed: int) -> Plan:
    """The plan of a seed on a venue; the same for ever."""
    chance = random.Random(f"plan 2/{venue}/{seed}")  # noqa: S311 - a drill, drawn from a seed
    faults: list[FaultLine] = []
    spares = True
    for _ in range(chance.choice((1, 1, 2, 2, 3, 4))):
        [kind] = chance.choices([one for one, _ in kinds.KINDS], [weight for _, weight in kinds.KINDS])
        lines, harmless = kind(chance, venue)
        faults += lines
        spares = spares and harmless
    kills = tuple(_kills(chance)) if one_in(chance, 4) else ()
    hands = tuple(_hands(chance)) if one_in(chance, 5) else ()
    spares = spares and not any(hand.does in ("close", "open", "trade") for hand in hands)
    faults += _blind_reads(chance, kills)
    after_all = (*_DRAWN_LAST, *_DRAWN_LATER, *_DRAWN_APART)
    switches = _answers(chance, [name for name in switches_of(venue) if name not in after_all])
    kept_out = switches.get("binance.quantity_beside_close") == "refuse"
    spares = spares and not (kept_out and any(fault.line["fault"] == "stop_moved" for fault in faults))
    page = Page(
        title=f"The plan of seed {seed} on {venue}",
        venues=(venue,),
        switches=switches,
        walk_bps=chance.choice((1, 3)) if one_in(chance, 10) else 0,
        account=Owner(balance=Decimal(4)) if one_in(chance, 40) else Owner(),
        signal=_signal(chance),
        order_entry=chance.choice(("auto", "rest")),
        clock=_clock(chance),
        fault=tuple(faults),
        kill=kills,
        journal=tuple(_journal(chance)) if one_in(chance, 7) else (),
        hand=hands,
    )
    late = _answers(chance, [name for name in switches_of(venue) if name in _DRAWN_LAST])
    faults += [kinds.prices_unreadable(chance)] if one_in(chance, 8) else []
    late |= _answers(chance, [name for name in switches_of(venue) if name in _DRAWN_LATER])
    dates = random.Random(f"dates/{venue}/{seed}")  # noqa: S311 - a drill, drawn from a seed
    late |= _answers(dates, [name for name in switches_of(venue) if name in _DRAWN_APART])
    spares = spares and late.get("binance.trigger_bound") != "percent_price"
    whole = msgspec.structs.replace(
        page, switches=switches | late, fault=tuple(faults), must=_must(venue, spares=spares)
    )
    return _with_wishes(Plan(venue, seed, whole, spares))


def _with_wishes(plan: Plan) -> Plan:
    """The plan with what its owner wishes beside: a ladder from the beginning, and one in five something later. Drawn
    apart from all else, so that each seed keeps the rest of its plan.
    """
    chance = random.Random(f"wishes/{plan.venue}/{plan.seed}")  # noqa: S311 - a drill, drawn from a seed
    page, rungs = plan.page, _ladder(chance) if one_in(chance, 8) else ()
    wishes = tuple(_wishes(chance, page.signal.side)) if one_in(chance, 5) else ()
    jumps = (_jump(chance),) if one_in(chance, 10) else ()
    wishes += tuple(_others(chance)) if one_in(chance, 12) else ()
    spares = plan.spares and not jumps and all(hand.does == "protect" for hand in wishes)
    asked = msgspec.structs.replace(page.signal, take_profit=rungs)
    hands, must = (*page.hand, *wishes), _must(plan.venue, spares=spares)
    page = msgspec.structs.replace(page, signal=asked, hand=hands, price=jumps, must=must)
    return Plan(plan.venue, plan.seed, page, spares)


def _ladder(chance: random.Random) -> tuple[Rung, ...]:
    """Take-profits, near enough for a jump of the market to take one, over all of it or a part."""
    near, far = chance.choice((1, 2)), chance.choice((4, 6))
    first, second = chance.choice(((50, 50), (40, 30), (100, 0)))
    rungs = (Rung(pct=Decimal(near), share=Decimal(first)), Rung(pct=Decimal(far), share=Decimal(second)))
    return tuple(rung for rung in rungs if rung.share)


def _wishes(chance: random.Random, side: str) -> Iterator[Hand]:
    """What an owner asks of a position: another stop (perhaps twice) or ladder, a part of it, all flat, the reverse."""
    at: Duration = chance.choice((15, 40, 400, 3_000, 9_000, 16_000)) * MILLISECOND
    match chance.choice(("stop", "stop", "even", "ladder", "part", "flatten", "reverse")):
        case "stop":
            yield Hand(at=Length(at), does="protect", stop=Decimal(chance.choice((2, 3, 8))))
            if one_in(chance, 2):
                again = at + chance.choice((5, 100, 2_000)) * MILLISECOND
                yield Hand(at=Length(again), does="protect", stop=Decimal(chance.choice((1, 4, 6))))
        case "even":
            yield Hand(at=Length(at), does="protect", break_even=Decimal(0))
        case "ladder":
            yield Hand(at=Length(at), does="protect", take_profit=_ladder(chance))
        case "part":
            yield Hand(at=Length(at), does="close", part=Decimal(chance.choice(("0.25", "0.5"))))
        case "reverse":
            other: Literal["buy", "sell"] = "sell" if side == "buy" else "buy"
            yield Hand(at=Length(at), does="open", side=other, on_opposite="reverse")
        case _:
            yield Hand(at=Length(at), does="flatten")


def _others(chance: random.Random) -> Iterator[Hand]:
    """What its owner does at the venue himself, soon or late, and what the venue does to him."""
    at: Duration = chance.choice((20, 300, 3_000, 9_000, 14_000, 19_000)) * MILLISECOND
    match chance.choice(("trade", "trade", "move_stop", "set_take_profit", "deleverage", "liquidate")):
        case "trade":
            part = Decimal(chance.choice(("0.3", "1", "2")))
            quantity = Decimal(chance.choice((0, 1_000)))
            yield Hand(at=Length(at), does="trade", side=_side(chance), part=part, quantity=quantity)
        case "deleverage":
            yield Hand(at=Length(at), does="deleverage", part=Decimal(chance.choice(("0.3", "1"))))
        case "move_stop" | "set_take_profit" as does:
            yield Hand(at=Length(at), does=does, stop=Decimal(chance.choice((1, 3, 8))))
        case _:
            yield Hand(at=Length(at), does="liquidate")


def _jump(chance: random.Random) -> Price:
    """The market moves at a time, through a stop, through a rung, or through neither."""
    at: Duration = chance.choice((5, 25, 300, 4_000, 12_000)) * MILLISECOND
    which: Literal["both", "mark", "last"] = chance.choice(("both", "both", "mark", "last"))
    return Price(at=Length(at), pct=Decimal(chance.choice((-7, -2, 2, 7))), which=which)


def _must(venue: VenueName, *, spares: bool) -> dict[VenueName, Must]:
    closes = 0 if spares else None
    return {venue: Must(end=("protected", "flat", "refused", "none"), closes=closes, fired="any")}


def answers_of(switch: str) -> tuple[str, ...]:
    """The answers of a switch that are drawn, each as often as it stands here."""
    if switch in _WEIGHED:
        return _WEIGHED[switch]
    return _NUMBERS[switch] if ANY_NUMBER in SWITCHES[switch] else SWITCHES[switch]


def switches_of(venue: VenueName) -> tuple[str, ...]:
    """The switches that are drawn on a venue."""
    return tuple(name for name in SWITCHES if name not in _KEPT and ("." not in name or name.startswith(f"{venue}.")))


def _answers(chance: random.Random, switches: Iterable[str]) -> dict[str, str]:
    return {name: chance.choice(answers_of(name)) for name in switches}


def _signal(chance: random.Random) -> Ask:
    """Mostly 50 USDT with a stop five percent away; sometimes another size, source, age or leverage."""
    asked: dict[str, Any] = {
        "side": _side(chance),
        "stop_is": chance.choice(("percent", "price")),
    }
    if one_in(chance, 6):
        asked["trigger_by"] = "last"
    if one_in(chance, 8):
        asked["leverage"] = Decimal(chance.choice((3, 5, 20)))
    if one_in(chance, 8):
        asked["made"] = Length(chance.choice((2, 15, 29, 40)) * SECOND)
    if one_in(chance, 10):
        asked |= {"size": Decimal(1), "unit": chance.choice(("risk_pct", "equity_pct"))}
    if one_in(chance, 10):
        asked["max_slippage_bps"] = Decimal(chance.choice((5, 50, 300)))
    return Ask(**asked)


def _side(chance: random.Random) -> Literal["buy", "sell"]:
    return chance.choice(("buy", "sell"))


def _clock(chance: random.Random) -> Clock:
    ahead = chance.choice((-2_500, -700, 300, 2_000, 60_000)) * MILLISECOND if one_in(chance, 8) else 0
    drift = chance.choice((-200, 200, 1_000, -20_000)) if one_in(chance, 10) else 0
    return Clock(ahead=Length(ahead), drift_ppm=drift)


def _kills(chance: random.Random) -> Iterator[Kill]:
    """A death at a time, beside an act, or beside an append; perhaps again while the next process recovers."""
    pause = chance.choice((10 * MILLISECOND, SECOND, 20 * SECOND))
    copy = chance.choice(_COPIES) if one_in(chance, 6) else ""
    if one_in(chance, 2):
        call, nth = chance.choice(_KILLED_AT), chance.choice((1, 1, 1, 2, 3))
        when = chance.choice(_APPENDED if call == "journal.append" else get_args(Where))
        if call == "journal.append":
            nth = chance.randrange(1, 25)
        yield Kill(call=call, nth=nth, when=when, pause=Length(pause), restores=copy)
        if one_in(chance, 3):
            yield Kill(call=chance.choice(_KILLED_AT), nth=nth + 1, when="acted", pause=Length(SECOND))
        return
    at = chance.choice((chance.randrange(1, 120), chance.randrange(1, 3_000))) * MILLISECOND
    yield Kill(at=Length(at), pause=Length(pause), restores=copy)
    if one_in(chance, 3):
        again = at + pause + chance.randrange(1, 200) * MILLISECOND
        yield Kill(at=Length(again), pause=Length(chance.choice((10 * MILLISECOND, SECOND))))


def _blind_reads(chance: random.Random, kills: tuple[Kill, ...]) -> Iterator[FaultLine]:
    """A process that comes back may find its first reads empty."""
    for kill in kills[:1]:
        if kill.at is not None and one_in(chance, 3):
            for call in ("order.get", "positions.get", "stops.open", "fills.get"):
                yield kinds.line(fault="empty_read", call=call, times=2, after=kill.at + kill.pause)


def _journal(chance: random.Random) -> Iterator[JournalLine]:
    """For a while the journal takes nothing: it stalls, is full, or broken."""
    at = chance.choice((0, 10, 15, 40, 200)) * MILLISECOND
    lasts = chance.choice((30, 900, 6_000)) * MILLISECOND
    yield JournalLine(does=chance.choice(("stall", "full", "broken")), at=Length(at), lasts=Length(lasts))


def _hands(chance: random.Random) -> Iterator[Hand]:
    """Signals that come again, reworded, or with others; the owner closes; a hand takes the stop; the clock is set."""
    at: Duration = chance.choice((0, 5, 30, 400, 6_000)) * MILLISECOND
    match chance.choice(_DEEDS):
        case "burst":
            for place in range(8):
                yield Hand(at=Length(at + place * MILLISECOND), does="repeat" if place % 2 else "open")
        case "opposite":
            yield Hand(at=Length(at), does="open", side=_side(chance), on_opposite="close")
        case "trade":
            part = Decimal(chance.choice(("0.5", "1")))
            yield Hand(at=Length(at + SECOND), does="trade", side=_side(chance), part=part)
        case "set_clock":
            yield Hand(at=Length(at), does="set_clock", by=Length(chance.choice((-40, -3, 3, 40)) * SECOND))
        case "reword" | "repeat" | "open" | "close" | "cancel_stop" as does:
            yield Hand(at=Length(at), does=does)
        case _:
            pass
