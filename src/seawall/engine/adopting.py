"""Adopting: a position that was found becomes a signal of its own, as if it had been asked for and filled.

The journal is told in the words that it has for every signal: accepted, an intention, a filled order. The order is the
one that was read at the venue where there is one; else the position itself is taken for it. The signal's age limit is
nought, so that a process which finds no more than its acceptance in the journal ends it and looks anew.

Its names are siblings of the order's, so that the venue alone can tell what belongs together, and none of them may be
one that the signal which the order was made for has used, or will use if it is reopened: its numbers begin far behind.
That signal may have left memory within the process whose start is in its names, so they never begin with the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from seawall.engine.strays import Claim, side_of
from seawall.model import events as ev
from seawall.model.amounts import ZERO
from seawall.model.ids import (
    FINDS_APART,
    Account,
    ClientId,
    Leg,
    Side,
    SignalId,
    client_id,
    digest,
    parse_client_id,
    sibling,
)
from seawall.model.inputs import ReadAnswered
from seawall.model.reports import OrderReport, OrderStatus, PositionReport, Source, StopReport
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop, TriggerBy
from seawall.model.times import Instant
from seawall.sagas.evidence.positions import DATED_APART
from seawall.sagas.evidence.state import SagaState


@dataclass(frozen=True, slots=True)
class Adoption:
    """A signal made for a position that was found, what is recorded of it, and what was read of its orders."""

    accepted: ev.SignalAccepted
    events: tuple[ev.Event, ...]
    orders: ReadAnswered


@dataclass(frozen=True, slots=True)
class Finder:
    """Who adopts: names are made for this account's installation, in this process's term."""

    account: Account
    installation: str
    term: int


@dataclass(frozen=True, slots=True)
class Before:
    """What a symbol has had before the find: the signals that are in memory, and the stops that stand there."""

    signals: Iterable[SagaState] = ()
    stops: Iterable[StopReport] = ()


def adopt(
    finder: Finder,
    position: PositionReport,
    claim: Claim,
    trigger: Decimal,
    orders: ReadAnswered,
    before: Before,
    now: Instant,
) -> Adoption:
    """The adoption of `position`, with its stop at `trigger`; `before` it the symbol has had other signals."""
    signal = _signal(finder, position, claim, trigger, now)
    whose = (signal.id, signal.symbol)
    n = _first_number(claim, orders.told.orders, before)
    filled = claim.entry or _as_order(_name(finder, signal, claim, n), position, claim, now)
    detail = f"{claim.detail}; stop at {trigger}"
    events: tuple[ev.Event, ...] = (
        ev.PositionAdopted(*whose, claim.quantity, claim.is_ours, detail, now),
        ev.PositionError(*whose, "adopted", detail),
        _intent(signal, side_of(position), filled, trigger, n, now),
        ev.OrderReported(*whose, filled),
    )
    return Adoption(ev.SignalAccepted(*whose, signal), events, orders)


def _signal(finder: Finder, position: PositionReport, claim: Claim, trigger: Decimal, now: Instant) -> Signal:
    return Signal(
        SignalId(f"adopted-{position.symbol}-{now}"),
        finder.account,
        position.symbol,
        Action.OPEN,
        now,
        now,
        "adopted",
        side_of(position),
        Size(SizeUnit.BASE, claim.quantity),
        Stop(price=trigger, trigger_by=TriggerBy.MARK),
        max_age=0,
    )


def _first_number(claim: Claim, orders: Iterable[OrderReport], before: Before) -> int:
    """A number behind all that signals with the names of this find have used, as far as they are in memory, or one of
    their names is listed.
    """
    known = parse_client_id(claim.entry.client_id if claim.entry is not None else claim.stop_name)
    if known is None:
        return FINDS_APART
    used = [state.next_n for state in before.signals if known.signal in _digests(state)]
    listed = [order.client_id or order.parent for order in orders]
    listed += [stop.client_id or stop.parent for stop in before.stops]
    names = (parse_client_id(name) for name in listed)
    used += [name.n for name in names if name is not None and name.signal == known.signal]
    return FINDS_APART * (max(used, default=0) // FINDS_APART + 1)


def _digests(state: SagaState) -> set[str]:
    """How a signal is called in its names; one that was found itself has those of what it was found by."""
    names = (parse_client_id(attempt.client_id) for attempt in state.attempts)
    return {digest(state.signal.id), *(name.signal for name in names if name is not None)}


def _name(finder: Finder, signal: Signal, claim: Claim, n: int) -> ClientId:
    """A name for the order that was not found: a sibling of the stop that stands behind the position, so that it is
    known again as ours; else one of the new signal's own.
    """
    known = parse_client_id(claim.stop_name)
    if known is not None:
        return sibling(known, Leg.ENTRY, finder.term, n)
    return client_id(finder.installation, signal.id, Leg.ENTRY, finder.term, n)


def _as_order(name: ClientId, position: PositionReport, claim: Claim, now: Instant) -> OrderReport:
    """The position as the order that it must have come of."""
    return OrderReport(
        position.symbol,
        name,
        OrderStatus.FILLED,
        Source.POSITIONS,
        now,
        venue_at=position.venue_at or now,
        side=side_of(position),
        quantity=claim.quantity,
        filled=claim.quantity,
        average=position.entry_price,
    )


def _intent(
    signal: Signal, side: Side, filled: OrderReport, trigger: Decimal, n: int, now: Instant
) -> ev.EntryIntended:
    """The intention that the order would have had, on a slot that was empty before it. A position that was taken for it
    holds whatever the venue dates up to then, and may itself be dated a moment before its order.
    """
    as_of = filled.venue_at + (DATED_APART if filled.source is Source.POSITIONS else 0)
    return ev.EntryIntended(
        signal.id,
        signal.symbol,
        client_id=filled.client_id,
        n=n,
        side=side,
        quantity=filled.filled,
        reference=filled.average or trigger,
        trigger=trigger,
        trigger_by=TriggerBy.MARK,
        trigger_is_final=True,
        baseline=ZERO,
        baseline_at=as_of,
        intended_at=now,
        since=as_of,
        not_after=as_of,
    )
