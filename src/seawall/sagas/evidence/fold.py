"""The fold: how each recorded event changes the state of a saga, and nothing else does.

A running saga and one recovered from the journal go through the same lines. Nothing here decides: that a fill was
proven, that flat was seen, is said by an event that a step decided before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from seawall.model import events as ev
from seawall.model.acts import Outcome
from seawall.model.amounts import ZERO
from seawall.model.events import EndReason, Event
from seawall.model.ids import Leg
from seawall.model.reports import FillReport, OrderReport
from seawall.sagas.evidence.orders import OrderFacts, join_fill, join_order
from seawall.sagas.evidence.positions import join_position
from seawall.sagas.evidence.sent import (
    Attempt,
    Cancel,
    Close,
    Part,
    Rung,
    Sent,
    conclude_cancel,
    conclude_sent,
    counted_anew,
    missed_once_more,
)
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.stops import conclude, found, intended, join_stop, miss
from seawall.sagas.phase import Phase


def begin(event: ev.SignalAccepted) -> SagaState:
    """The state of a signal just accepted."""
    return SagaState(event.signal)


def apply(state: SagaState, event: Event) -> SagaState:
    """`state` after `event`. Events of the account, and those that only tell a person something, change nothing."""
    handler = _APPLY.get(type(event))
    return state if handler is None else handler(state, event)


def _leverage_intended(state: SagaState, event: ev.LeverageIntended) -> SagaState:
    return replace(state, leverage=Sent(event.client_id, state.next_n, 0), next_n=state.next_n + 1)


def _entry_intended(state: SagaState, event: ev.EntryIntended) -> SagaState:
    attempt = Attempt(event.client_id, event.n, event.intended_at, intent=event)
    orders = {**state.orders, event.client_id: OrderFacts(event.client_id, Leg.ENTRY, event.quantity)}
    return replace(
        state,
        phase=Phase.ENTERING,
        attempts=(*state.attempts, attempt),
        orders=orders,
        next_n=max(state.next_n, event.n) + 1,
    )


def _stop_intended(state: SagaState, event: ev.StopIntended) -> SagaState:
    stops = {**state.stops, event.client_id: intended(event, state.stops.get(event.client_id))}
    orders = {event.client_id: OrderFacts(event.client_id, Leg.STOP), **state.orders}
    return replace(state, stops=stops, orders=orders, next_n=max(state.next_n, event.n) + 1)


def _close_intended(state: SagaState, event: ev.CloseIntended) -> SagaState:
    close = Close(event.client_id, event.n, event.intended_at, intent=event)
    orders = {**state.orders, event.client_id: OrderFacts(event.client_id, Leg.CLOSE, event.quantity)}
    return replace(state, closes=(*state.closes, close), orders=orders, next_n=max(state.next_n, event.n) + 1)


def _cancel_intended(state: SagaState, event: ev.CancelIntended) -> SagaState:
    before = state.cancels.get(event.target)
    again = before is not None and before.may_act
    cancel = Cancel(event.client_id, event.n, event.target, event.is_stop, event.intended_at, again=again)
    return replace(state, cancels={**state.cancels, event.target: cancel}, next_n=max(state.next_n, event.n) + 1)


def _act_concluded(state: SagaState, event: ev.ActConcluded) -> SagaState:
    if event.client_id in state.stops:
        stops = {**state.stops, event.client_id: conclude(state.stops[event.client_id], event)}
        return replace(state, stops=stops)
    leverage = state.leverage
    return replace(
        state,
        attempts=tuple(conclude_sent(sent, event) for sent in state.attempts),
        closes=tuple(conclude_sent(sent, event) for sent in state.closes),
        rungs=tuple(conclude_sent(sent, event) for sent in state.rungs),
        cancels={target: conclude_cancel(cancel, event) for target, cancel in state.cancels.items()},
        leverage=None if leverage is None else conclude_sent(leverage, event),
    )


def _order_reported(state: SagaState, event: ev.OrderReported) -> SagaState:
    before = state.facts_of(event.report.client_id)
    return _with_order(state, before, join_order(before, event.report), event.report)


def _fill_reported(state: SagaState, event: ev.FillReported) -> SagaState:
    report = event.report
    if not report.client_id:
        return replace(state, loose_fills={**state.loose_fills, report.trade_id: report})
    if not state.is_ours(report.client_id):
        loose = {key: fill for key, fill in state.loose_fills.items() if key != report.trade_id}
        return replace(state, loose_fills=loose, foreign_fills={**state.foreign_fills, report.trade_id: report})
    before = state.facts_of(report.client_id)
    loose = {key: fill for key, fill in state.loose_fills.items() if key != report.trade_id}
    return _with_order(replace(state, loose_fills=loose), before, join_fill(before, report), report)


def _with_order(state: SagaState, before: OrderFacts, after: OrderFacts, report: OrderReport | FillReport) -> SagaState:
    """`state` with one order's facts grown, dated where its fill grew, and its count of misses ended by being seen."""
    grew = after.filled > before.filled
    heard = report.at if grew else state.last_fill_heard_at
    first = grew and before.filled == 0
    state = _with_lost_exit(state, before)
    return replace(
        state,
        heard_by={**state.heard_by, after.client_id: report.source} if first else state.heard_by,
        orders={**state.orders, after.client_id: after},
        last_fill_heard_at=max(state.last_fill_heard_at, heard),
        attempts=tuple(counted_anew(sent, after.client_id) for sent in state.attempts),
        closes=tuple(counted_anew(sent, after.client_id) for sent in state.closes),
        rungs=tuple(counted_anew(sent, after.client_id) for sent in state.rungs),
    )


def _with_lost_exit(state: SagaState, facts: OrderFacts) -> SagaState:
    """A close or a take-profit whose intention was lost counts among the others from its first sighting."""
    if any(sent.client_id == facts.client_id for sent in (*state.closes, *state.rungs)):
        return state
    if facts.leg in (Leg.CLOSE, Leg.DIRECT):
        return replace(state, closes=(*state.closes, Close(facts.client_id, 0, 0, Outcome.ACKNOWLEDGED)))
    if facts.leg is Leg.TAKE_PROFIT:
        return replace(state, rungs=(*state.rungs, Rung(facts.client_id, 0, 0, Outcome.ACKNOWLEDGED)))
    return state


def _position_reported(state: SagaState, event: ev.PositionReported) -> SagaState:
    opinions = join_position(state.opinions, event.report)
    first, read = state.attempts[0].intent if state.attempts else None, opinions.read
    is_before_us = first is not None and read is not None and 0 < read.report.venue_at < first.since
    return replace(state, opinions=opinions, stood=read if is_before_us else state.stood)


def _stop_reported(state: SagaState, event: ev.StopReported) -> SagaState:
    name = event.report.client_id
    before = state.stops.get(name) or found(event.report)
    orders = {name: OrderFacts(name, Leg.STOP), **state.orders}
    return replace(state, stops={**state.stops, name: join_stop(before, event.report)}, orders=orders)


def _order_not_visible(state: SagaState, event: ev.OrderNotVisible) -> SagaState:
    return replace(
        state,
        attempts=tuple(missed_once_more(sent, event) for sent in state.attempts),
        closes=tuple(missed_once_more(sent, event) for sent in state.closes),
        rungs=tuple(missed_once_more(sent, event) for sent in state.rungs),
    )


def _stop_not_visible(state: SagaState, event: ev.StopNotVisible) -> SagaState:
    name = event.client_id
    return replace(state, stops={**state.stops, name: miss(state.stops[name], event.began_at)})


def _absence_restarted(state: SagaState, event: ev.AbsenceRestarted) -> SagaState:
    return replace(
        state,
        attempts=tuple(counted_anew(sent, event.client_id) for sent in state.attempts),
        closes=tuple(counted_anew(sent, event.client_id) for sent in state.closes),
        rungs=tuple(counted_anew(sent, event.client_id) for sent in state.rungs),
    )


def _fills_read(state: SagaState, event: ev.FillsRead) -> SagaState:
    return replace(state, fills_read_at=max(state.fills_read_at, event.began_at))


def _trigger_settled(state: SagaState, event: ev.TriggerSettled) -> SagaState:
    return replace(state, settled_trigger=event, settled_n=state.next_n, moved_from=None)


def _entry_filled(state: SagaState, event: ev.EntryFilled) -> SagaState:
    phase = Phase.PROTECTING if state.phase is Phase.ENTERING else state.phase
    return replace(state, filled=state.filled or event, phase=phase)


def _entry_ended(state: SagaState, event: ev.EntryEnded) -> SagaState:
    return replace(state, ended_entry=event.client_id)


def _entry_absent(state: SagaState, event: ev.EntryAbsent) -> SagaState:
    attempts = (
        replace(attempt, absent=True) if attempt.client_id == event.client_id else attempt for attempt in state.attempts
    )
    return replace(state, attempts=tuple(attempts))


def _stop_confirmed(state: SagaState, event: ev.StopConfirmed) -> SagaState:
    has_moved = state.settled_trigger is not None and event.trigger == state.settled_trigger.trigger
    moved_from = None if has_moved else state.moved_from
    return replace(state, confirmed=(*state.confirmed, event.client_id), moved_from=moved_from)


def _protection_lost(state: SagaState, _event: ev.ProtectionLost) -> SagaState:
    return replace(state, phase=Phase.PROTECTING, flat_told=False)


def _flat_told(state: SagaState, _event: ev.FlatTold) -> SagaState:
    return replace(state, phase=Phase.PROTECTING, flat_told=True)


def _flat_denied(state: SagaState, _event: ev.FlatDenied) -> SagaState:
    return replace(state, flat_told=False)


def _position_protected(state: SagaState, event: ev.PositionProtected) -> SagaState:
    return replace(state, phase=Phase.PROTECTED, protected_at=state.protected_at or event.at, flat_told=False)


def _close_accepted(state: SagaState, event: ev.CloseAccepted) -> SagaState:
    if state.phase is Phase.PREPARING:
        return replace(state, close_asked=True)
    return replace(
        state, phase=Phase.CLOSING, close_asked=True, end=EndReason.CLOSED_BY_REQUEST, home_since=event.at, part=None
    )


def _rollback_began(state: SagaState, event: ev.RollbackBegan) -> SagaState:
    return replace(state, phase=Phase.CLOSING, end=event.reason, home_since=event.at, part=None)


def _rollback_withdrawn(state: SagaState, _event: ev.RollbackWithdrawn) -> SagaState:
    return replace(state, phase=Phase.PROTECTING, end=EndReason.NONE, home_since=0)


def _holding_reduced(state: SagaState, event: ev.HoldingReduced) -> SagaState:
    return replace(state, reduced=event)


def _with_written_off(state: SagaState, quantity: Decimal) -> SagaState:
    """`state` with so much of what is open no longer this signal's, by our own orders and by what others have left."""
    reduced = state.reduced and replace(state.reduced, left=state.reduced.left - quantity)
    return replace(state, written_off=state.written_off + quantity, reduced=reduced)


def _flat_seen(state: SagaState, event: ev.FlatSeen) -> SagaState:
    state = _with_written_off(state, event.written_off)
    return replace(state, phase=Phase.QUARANTINE, end=event.reason, flat_at=event.at)


def _flat_verified(state: SagaState, event: ev.FlatVerified) -> SagaState:
    return replace(state, phase=Phase.FLAT, end=event.reason, verified_at=event.at)


def _saga_reopened(state: SagaState, event: ev.SagaReopened) -> SagaState:
    return replace(state, phase=Phase.CLOSING, end=EndReason.LATE_FILL, home_since=event.at, flat_at=0, verified_at=0)


def _take_profit_intended(state: SagaState, event: ev.TakeProfitIntended) -> SagaState:
    rung = Rung(event.client_id, event.n, event.intended_at, intent=event)
    orders = {**state.orders, event.client_id: OrderFacts(event.client_id, Leg.TAKE_PROFIT, event.quantity)}
    return replace(state, rungs=(*state.rungs, rung), orders=orders, next_n=max(state.next_n, event.n) + 1)


def _reduce_accepted(state: SagaState, event: ev.ReduceAccepted) -> SagaState:
    before = state.part or Part(ZERO, event.keep, state.next_n)
    return replace(state, part=replace(before, asked=before.asked + event.quantity, keep=event.keep))


def _reduce_ended(state: SagaState, _event: ev.ReduceEnded) -> SagaState:
    return replace(state, part=None)


def _stop_move_accepted(state: SagaState, event: ev.StopMoveAccepted) -> SagaState:
    settled = ev.TriggerSettled(event.signal_id, event.symbol, event.trigger, event.before)
    stops = {name: replace(facts, moved_by_hand=False) for name, facts in state.stops.items()}
    return replace(state, stops=stops, settled_trigger=settled, settled_n=state.next_n, moved_from=event.before)


def _stop_move_refused(state: SagaState, event: ev.StopMoveRefused) -> SagaState:
    settled = ev.TriggerSettled(event.signal_id, event.symbol, event.kept, event.trigger)
    return replace(state, settled_trigger=settled, settled_n=state.next_n, moved_from=None)


def _ladder_accepted(state: SagaState, event: ev.LadderAccepted) -> SagaState:
    return replace(state, ladder=event.rungs, ladder_n=state.next_n)


def _signal_resolved(state: SagaState, event: ev.SignalResolved) -> SagaState:
    return replace(
        _with_written_off(state, event.written_off),
        phase=Phase.FLAT,
        end=EndReason.RESOLVED,
        flat_at=event.at,
        verified_at=event.at,
        part=None,
    )


def _verification_overdue(state: SagaState, _event: ev.VerificationOverdue) -> SagaState:
    return replace(state, overdue=True)


def _report_incomplete(state: SagaState, event: ev.ReportIncomplete) -> SagaState:
    return replace(state, lacking=(*state.lacking, event.fields))


def _distress_raised(state: SagaState, event: ev.DistressRaised) -> SagaState:
    return replace(state, distress=(*state.distress, event.kind))


def _distress_ended(state: SagaState, event: ev.DistressEnded) -> SagaState:
    return replace(state, distress=tuple(kind for kind in state.distress if kind is not event.kind))


def _execution_failed(state: SagaState, _event: ev.SignalExecutionFailed) -> SagaState:
    return replace(state, failed=True)


_APPLY: dict[type[Event], Callable[[SagaState, Any], SagaState]] = {
    ev.LeverageIntended: _leverage_intended,
    ev.EntryIntended: _entry_intended,
    ev.StopIntended: _stop_intended,
    ev.CloseIntended: _close_intended,
    ev.CancelIntended: _cancel_intended,
    ev.TakeProfitIntended: _take_profit_intended,
    ev.ActConcluded: _act_concluded,
    ev.OrderReported: _order_reported,
    ev.FillReported: _fill_reported,
    ev.PositionReported: _position_reported,
    ev.StopReported: _stop_reported,
    ev.OrderNotVisible: _order_not_visible,
    ev.StopNotVisible: _stop_not_visible,
    ev.AbsenceRestarted: _absence_restarted,
    ev.FillsRead: _fills_read,
    ev.TriggerSettled: _trigger_settled,
    ev.EntryFilled: _entry_filled,
    ev.EntryEnded: _entry_ended,
    ev.EntryAbsent: _entry_absent,
    ev.StopConfirmed: _stop_confirmed,
    ev.ProtectionLost: _protection_lost,
    ev.PositionProtected: _position_protected,
    ev.CloseAccepted: _close_accepted,
    ev.RollbackBegan: _rollback_began,
    ev.RollbackWithdrawn: _rollback_withdrawn,
    ev.HoldingReduced: _holding_reduced,
    ev.FlatTold: _flat_told,
    ev.FlatDenied: _flat_denied,
    ev.FlatSeen: _flat_seen,
    ev.FlatVerified: _flat_verified,
    ev.SagaReopened: _saga_reopened,
    ev.ReduceAccepted: _reduce_accepted,
    ev.ReduceEnded: _reduce_ended,
    ev.StopMoveAccepted: _stop_move_accepted,
    ev.StopMoveRefused: _stop_move_refused,
    ev.LadderAccepted: _ladder_accepted,
    ev.SignalResolved: _signal_resolved,
    ev.VerificationOverdue: _verification_overdue,
    ev.ReportIncomplete: _report_incomplete,
    ev.DistressRaised: _distress_raised,
    ev.DistressEnded: _distress_ended,
    ev.SignalExecutionFailed: _execution_failed,
}
