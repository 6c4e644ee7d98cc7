"""Adopting: a position that was found becomes a signal of its own, as if it had been asked for and filled.

The journal is told in the words that it has for every signal: accepted, an intention, a filled order. The order is the
one that was read at the venue where there is one; else the position itself is taken for it. The signal's age limit is
nought, so that a process which finds no more than its acceptance in the journal ends it and looks anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from seawall.engine.strays import Claim, side_of
from seawall.model import events as ev
from seawall.model.amounts import ZERO
from seawall.model.ids import Account, ClientId, Leg, Side, SignalId, client_id, parse_client_id, sibling
from seawall.model.inputs import ReadAnswered
from seawall.model.reports import OrderReport, OrderStatus, PositionReport, Source
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop, TriggerBy
from seawall.model.times import Instant


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


def adopt(
    finder: Finder, position: PositionReport, claim: Claim, trigger: Decimal, orders: ReadAnswered, now: Instant
) -> Adoption:
    """The adoption of `position`, with its stop at `trigger`."""
    signal = _signal(finder, position, claim, trigger, now)
    whose = (signal.id, signal.symbol)
    filled = claim.entry or _as_order(_name(finder, signal, claim), position, claim, now)
    detail = f"{claim.detail}; stop at {trigger}"
    events: tuple[ev.Event, ...] = (
        ev.PositionAdopted(*whose, claim.quantity, claim.is_ours, detail, now),
        ev.PositionError(*whose, "adopted", detail),
        _intent(signal, side_of(position), filled, trigger, now),
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


def _name(finder: Finder, signal: Signal, claim: Claim) -> ClientId:
    """A name for the order that was not found: a sibling of the stop that stands behind the position, so that it is
    known again as ours; else one of the new signal's own.
    """
    known = parse_client_id(claim.stop_name)
    if known is not None:
        return sibling(known, Leg.ENTRY, finder.term, 1)
    return client_id(finder.installation, signal.id, Leg.ENTRY, finder.term, 1)


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


def _intent(signal: Signal, side: Side, filled: OrderReport, trigger: Decimal, now: Instant) -> ev.EntryIntended:
    """The intention that the order would have had, on a slot that was empty before it."""
    return ev.EntryIntended(
        signal.id,
        signal.symbol,
        client_id=filled.client_id,
        n=1,
        side=side,
        quantity=filled.filled,
        reference=filled.average or trigger,
        trigger=trigger,
        trigger_by=TriggerBy.MARK,
        trigger_is_final=True,
        baseline=ZERO,
        baseline_at=filled.venue_at,
        intended_at=now,
        since=filled.venue_at,
        not_after=filled.venue_at,
    )
