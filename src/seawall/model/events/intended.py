"""Intended: an act with its name, before it may leave, or beside its leaving where it only reduces risk."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from seawall.model.events.base import Event
from seawall.model.ids import ClientId, Side, VenueId
from seawall.model.signal import TriggerBy
from seawall.model.times import Instant


@dataclass(frozen=True, slots=True)
class LeverageIntended(Event):
    """`SetLeverage` may leave."""

    client_id: ClientId
    leverage: Decimal


@dataclass(frozen=True, slots=True)
class EntryIntended(Event):
    """`SubmitEntry` may leave once this is durable, and its protective legs whenever they are needed.

    `baseline` is the position before it, as of `baseline_at` (venue time): trades past that are not in it. Where the
    venue did not date it (`baseline_dated`; a list that leaves out what is flat), that is when it was asked for, and it
    may be older. `since` is the venue time at the intent, at the early end of the clock's error: what the venue dates
    before it is not ours.
    `trigger_is_final` is false for a stop in percent, whose trigger here is provisional, from `reference`.
    """

    client_id: ClientId
    n: int
    side: Side
    quantity: Decimal
    reference: Decimal
    trigger: Decimal
    trigger_by: TriggerBy
    trigger_is_final: bool
    baseline: Decimal
    baseline_at: Instant
    intended_at: Instant
    since: Instant
    not_after: Instant
    price_bound: Decimal | None = None
    baseline_dated: bool = True


@dataclass(frozen=True, slots=True)
class StopIntended(Event):
    """`PlaceStop` may leave. The same name again (`sending` > 1) repeats an act whose outcome was Unknown."""

    client_id: ClientId
    n: int
    trigger: Decimal
    trigger_by: TriggerBy
    quantity: Decimal | None
    intended_at: Instant
    sending: int = 1
    attached: bool = False


@dataclass(frozen=True, slots=True)
class TriggerSettled(Event):
    """The final trigger of a stop in percent, computed once from the fills of a terminal entry; and of any stop that
    the venue has refused by its rules, where those have a new tick that the old trigger does not fit.
    """

    trigger: Decimal
    provisional: Decimal


@dataclass(frozen=True, slots=True)
class CloseIntended(Event):
    """`ClosePosition` may leave. `rung` says which step of the ladder it is, and `cause` which code led there."""

    client_id: ClientId
    n: int
    quantity: Decimal
    intended_at: Instant
    price_bound: Decimal | None = None
    rung: int = 0
    cause: str = ""


@dataclass(frozen=True, slots=True)
class CancelIntended(Event):
    """`CancelOrder` may leave, for one order or stop of ours."""

    client_id: ClientId
    n: int
    target: ClientId
    is_stop: bool
    intended_at: Instant


@dataclass(frozen=True, slots=True)
class TakeProfitIntended(Event):
    """`PlaceTakeProfit` may leave: the order of rung number `rung`, counted from 0 in the order of the ladder."""

    client_id: ClientId
    n: int
    rung: int
    price: Decimal
    quantity: Decimal
    intended_at: Instant


@dataclass(frozen=True, slots=True)
class OrphanCancelIntended(Event):
    """`CancelOrder` may leave for an order or stop under our prefix that no signal answers for, on a slot where its
    removal takes no protection away; `detail` says how that was seen.
    """

    client_id: ClientId
    target: ClientId
    venue_id: VenueId
    is_stop: bool
    detail: str
    intended_at: Instant
