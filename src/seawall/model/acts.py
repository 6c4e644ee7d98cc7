"""Acts change the venue; they are named, recorded and gated. What became of one is its `Outcome`.

An act is sent at most once under the rules of `sagas`; nothing below ever repeats one on its own. `Unknown` is the
outcome of every act whose reply was lost, late, garbled or of a code that the venue book does not list: it is never an
exception, never a failure, never a success. An acknowledgement proves nothing yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum

from seawall.model.ids import ClientId, Side, Symbol, VenueId
from seawall.model.signal import TriggerBy
from seawall.model.times import Instant


class Urgency(IntEnum):
    """Who goes first when a venue's budget is short; entries stop at 70 % of any bucket, looks at 60 %."""

    PROTECT = 0
    CLOSE = 1
    ASK = 2
    ENTER = 3
    LOOK = 4
    """What is read again on its period, and may as well be read a little later."""


class Outcome(StrEnum):
    """What became of an act, as far as its reply tells."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


class Reason(StrEnum):
    """The meaning of a refusal: (venue, call, code, text) folded to what the heart must do about it.

    CLOCK, LIMIT and BUSY are the refusals that a venue book lists as *not executed*: another attempt may follow. Every
    other member is final for that attempt. A code that no book lists never becomes a Reason: its outcome is Unknown.
    """

    NONE = ""
    CLOCK = "clock"
    LIMIT = "limit"
    BUSY = "busy"
    TRIGGER_PASSED = "trigger_passed"
    STOP_REFUSED = "stop_refused"
    STOP_BOUND = "stop_bound"
    """Its trigger is further from the market than the venue lets a stop stand."""
    NO_POSITION = "no_position"
    STOP_EXISTS = "stop_exists"
    NOT_MODIFIED = "not_modified"
    DUPLICATE_NAME = "duplicate_name"
    REDUCE_ONLY = "reduce_only"
    BLOCKED = "blocked"
    NOT_FOUND = "not_found"
    FUNDS = "funds"
    FILTER = "filter"
    BAND = "band"
    ACCOUNT = "account"
    PARAMETER = "parameter"

    @property
    def is_not_executed(self) -> bool:
        """Whether the venue book says that nothing was done and another attempt may follow."""
        return self in (Reason.CLOCK, Reason.LIMIT, Reason.BUSY)


@dataclass(frozen=True, slots=True)
class SubmitEntry:
    """A market order that opens a position; with `price_bound`, an immediate-or-cancel limit at that bound.

    `stop_trigger` is attached to the order where the venue can do so (Bybit, tpslMode Full); elsewhere it is ignored
    here and placed as an act of its own. The signer never lets timestamp + receive window pass `not_after` (venue
    time); too late means NotSent.
    """

    symbol: Symbol
    client_id: ClientId
    side: Side
    quantity: Decimal
    stop_trigger: Decimal
    trigger_by: TriggerBy
    not_after: Instant
    price_bound: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PlaceStop:
    """A stop for the whole position (`quantity` None: Binance closePosition, Bybit's Full stop) or a reduce-only
    quantity stop. `side` is the side of the *stop order*, opposite to the entry's.
    """

    symbol: Symbol
    client_id: ClientId
    side: Side
    trigger: Decimal
    trigger_by: TriggerBy
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancels one order of ours by its name, never all of a symbol's. `is_stop` chooses the venue's stop service."""

    symbol: Symbol
    client_id: ClientId
    target: ClientId
    is_stop: bool = False
    venue_id: VenueId = VenueId("")


@dataclass(frozen=True, slots=True)
class ClosePosition:
    """A reduce-only order against our own position: market, or an immediate-or-cancel limit at `price_bound`. With
    `whole` it asks for all that is open, and `quantity` is what we know of it.
    """

    symbol: Symbol
    client_id: ClientId
    side: Side
    quantity: Decimal
    price_bound: Decimal | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class PlaceTakeProfit:
    """A reduce-only limit order, good till cancelled, that takes a part of our own position at `price` or better."""

    symbol: Symbol
    client_id: ClientId
    side: Side
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class SetLeverage:
    """Sets a symbol's leverage; only ever sent for a slot that is ours and flat, and read back."""

    symbol: Symbol
    client_id: ClientId
    leverage: Decimal


Act = SubmitEntry | PlaceStop | CancelOrder | ClosePosition | PlaceTakeProfit | SetLeverage


def urgency_of(act: Act) -> Urgency:
    """How an act stands in the queue for a venue's budget. A cancel stands with the close that it makes room for; a
    take-profit behind both, since it secures a gain and not the promise.
    """
    match act:
        case PlaceStop():
            return Urgency.PROTECT
        case ClosePosition() | CancelOrder():
            return Urgency.CLOSE
        case PlaceTakeProfit():
            return Urgency.ASK
        case SubmitEntry() | SetLeverage():
            return Urgency.ENTER
