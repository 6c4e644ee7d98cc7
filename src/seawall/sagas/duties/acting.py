"""What every act needs: its name, and for those that take another back, the cancel.

The name is a function of (installation, signal, leg, term, n), and `n` counts all acts of the signal, so that no two
ever share one. Cancels go by name, one order at a time, never all of a symbol's.
"""

from __future__ import annotations

from collections.abc import Iterable

from seawall.model import events as ev
from seawall.model.acts import CancelOrder, Reason
from seawall.model.ids import ClientId, Leg, client_id, parse_client_id, sibling
from seawall.sagas.duties.agenda import Agenda
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.state import SagaState


def name(state: SagaState, around: Circumstances, leg: Leg, n: int) -> ClientId:
    """The name of this signal's n-th act in this process; of a position that was found, a sibling of its entry's name,
    so that the venue alone can tell what belongs together.
    """
    entry = parse_client_id(state.attempts[0].client_id) if state.attempts else None
    if entry is not None:
        return sibling(entry, leg, around.term, n)
    return client_id(around.installation, state.signal.id, leg, around.term, n)


def cancels(
    state: SagaState, around: Circumstances, agenda: Agenda, targets: Iterable[ClientId], *, is_stop: bool
) -> list[ev.Event]:
    """The intentions of the cancels of `targets` that are due, each under a number of its own."""
    due = [target for target in targets if _is_due(state, around, agenda, target, is_stop=is_stop)]
    return [_cancel(state, around, target, n, is_stop=is_stop) for n, target in enumerate(due, state.next_n)]


def _is_due(state: SagaState, around: Circumstances, agenda: Agenda, target: ClientId, *, is_stop: bool) -> bool:
    """Whether a cancel of `target` may leave: not while one is under way, nor before a read where the last was answered
    "not found", which may mean that the stop is triggering.
    """
    before = state.cancels.get(target)
    if before is None:
        return True
    if is_stop and before.reason is Reason.NOT_FOUND and agenda.stops_read_at <= before.concluded_at:
        return False
    waits = around.bounds.reply_timeout if before.outcome is None else around.bounds.look_first
    due_at = (before.concluded_at or before.intended_at) + max(waits * 2, before.retry_after)
    if around.now < due_at:
        agenda.wake(due_at)
    return around.now >= due_at


def _cancel(state: SagaState, around: Circumstances, target: ClientId, n: int, *, is_stop: bool) -> ev.CancelIntended:
    named = name(state, around, Leg.CANCEL, n)
    return ev.CancelIntended(state.signal.id, state.signal.symbol, named, n, target, is_stop, around.now)


def cancel_act(state: SagaState, event: ev.CancelIntended) -> CancelOrder:
    """The act that a cancel's intention allows."""
    known = state.stops[event.target].venue_id if event.is_stop else state.orders[event.target].venue_id
    return CancelOrder(event.symbol, event.client_id, event.target, event.is_stop, known)
