"""The signal: what a user's bot asks for, already parsed and checked for form, not yet for feasibility.

No stop, no entry: an `open` carries a stop, by price or by percent (the intake refuses it otherwise). Size is one of
four kinds; leverage is touched only if named.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from seawall.model.amounts import HUNDRED
from seawall.model.ids import Account, Side, SignalId, Symbol
from seawall.model.times import SECOND, Duration, Instant


class Action(StrEnum):
    """What a signal asks for."""

    OPEN = "open"
    CLOSE = "close"
    PROTECT = "protect"
    FLATTEN = "flatten"


class SizeUnit(StrEnum):
    """In what a size is given: quote currency, base currency, or percent of the equity (at risk, or as value)."""

    QUOTE = "quote"
    BASE = "base"
    RISK_PERCENT = "risk_pct"
    EQUITY_PERCENT = "equity_pct"


class TriggerBy(StrEnum):
    """The price that a stop watches; sent explicitly everywhere, since the venues' defaults differ."""

    MARK = "mark"
    LAST = "last"


class OnSame(StrEnum):
    """What an `open` does on a slot that is already open in its direction."""

    REFUSE = "refuse"


class OnOpposite(StrEnum):
    """What an `open` does on a slot that is open in the other direction."""

    REFUSE = "refuse"
    CLOSE = "close"
    REVERSE = "reverse"


@dataclass(frozen=True, slots=True)
class Size:
    """How much: `amount` > 0 in `unit`."""

    unit: SizeUnit
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the loss ends: exactly one of `price` (absolute), `percent` (of the fill's average) and `break_even` is
    given. The last only moves a stop: so many percent of the average on the winning side of it, 0 for the average.
    """

    price: Decimal | None = None
    percent: Decimal | None = None
    trigger_by: TriggerBy = TriggerBy.MARK
    break_even: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TakeProfit:
    """One rung of a ladder: `share` percent of what was filled leaves at `price`, or `percent` of the fill's average
    beyond it. Exactly one of `price` and `percent` is given; the shares of a ladder sum to at most 100.
    """

    share: Decimal
    price: Decimal | None = None
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """One canonical signal. `made_at` is the source's own time; age is counted from it."""

    id: SignalId
    account: Account
    symbol: Symbol
    action: Action
    made_at: Instant
    received_at: Instant
    source: str = ""
    side: Side | None = None
    size: Size | None = None
    stop: Stop | None = None
    leverage: Decimal | None = None
    max_age: Duration = 30 * SECOND
    max_slippage_bps: Decimal | None = None
    on_same: OnSame = OnSame.REFUSE
    on_opposite: OnOpposite = OnOpposite.REFUSE
    tag: str = ""
    take_profit: tuple[TakeProfit, ...] | None = None
    """The ladder of an open; with `protect` the one that takes its place, empty for none, None to leave it as it is."""
    percent: Decimal = HUNDRED
    """How much of what is open a `close` takes."""

    def expires_at(self) -> Instant:
        """The last instant at which an entry for this signal may still be intended."""
        return self.made_at + self.max_age
