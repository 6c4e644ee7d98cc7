"""Adopting: a position that no signal of the journal answers for, seen as an entry that was filled.

From then on it is guarded like any other: the fold below gives it an attempt (intended as it was found, on a slot that
was empty before), the facts of its order, and the first proof of its fill. What it lacks is only a past.
"""

from __future__ import annotations

from seawall.model import events as ev
from seawall.model.acts import Outcome
from seawall.model.amounts import ZERO
from seawall.model.ids import Leg
from seawall.model.reports import OrderStatus, Source
from seawall.sagas.orders import OrderFacts
from seawall.sagas.sent import Attempt


def attempt_of(event: ev.PositionAdopted, n: int) -> Attempt:
    """The entry as it would have been intended, acknowledged."""
    intent = ev.EntryIntended(
        event.signal_id,
        event.symbol,
        client_id=event.client_id,
        n=n,
        side=event.side,
        quantity=event.quantity,
        reference=event.average if event.average is not None else event.trigger,
        trigger=event.trigger,
        trigger_by=event.trigger_by,
        trigger_is_final=True,
        baseline=ZERO,
        baseline_at=event.at,
        intended_at=event.at,
        since=event.venue_at,
        not_after=event.venue_at,
    )
    return Attempt(event.client_id, n, event.at, Outcome.ACKNOWLEDGED, concluded_at=event.at, intent=intent)


def order_of(event: ev.PositionAdopted) -> OrderFacts:
    """The facts of its order: filled, as far as the position shows."""
    return OrderFacts(
        event.client_id,
        Leg.ENTRY,
        intended=event.quantity,
        status=OrderStatus.FILLED,
        reported=event.quantity,
        reported_average=event.average,
        venue_at=event.venue_at,
    )


def fill_of(event: ev.PositionAdopted) -> ev.EntryFilled:
    """The first proof of its fill: the position itself, at the venue's time of it, at most."""
    source, at = Source.POSITIONS, event.venue_at
    return ev.EntryFilled(event.signal_id, event.symbol, event.quantity, source, at, event.at, at_most=True)
