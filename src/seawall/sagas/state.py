"""The state of a saga: a fold of its recorded events, and nothing else.

`apply` is the only place where state changes; a running saga and one recovered from the journal go through the same
lines. It never decides: that a fill was proven, that flat was seen, is said by an event that a step decided before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from seawall.model import events as ev
from seawall.model.acts import Outcome, Reason
from seawall.model.events import DistressKind, EndReason, Event
from seawall.model.ids import ClientId, Leg, Side, digest, is_ours, parse_client_id
from seawall.model.reports import FillReport, OrderReport, Source
from seawall.model.signal import Signal
from seawall.model.times import Duration, Instant
from seawall.sagas.orders import OrderFacts, join_fill, join_order
from seawall.sagas.phase import Phase
from seawall.sagas.positions import Opinions, join_position
from seawall.sagas.stops import StopFacts, conclude, found, intended, join_stop, miss


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one act that carries an order (an entry or a close), and which complete reads missed its name."""

    client_id: ClientId
    n: int
    intended_at: Instant
    outcome: Outcome | None = None
    reason: Reason = Reason.NONE
    code: str = ""
    concluded_at: Instant = 0
    retry_after: Duration = 0
    missed: tuple[Instant, ...] = ()

    @property
    def never_was(self) -> bool:
        """Refused or not sent, by the venue's or the house's own word. A duplicate name is no refusal: it was seen."""
        refused = self.outcome is Outcome.REFUSED and self.reason is not Reason.DUPLICATE_NAME
        return refused or self.outcome is Outcome.NOT_SENT


S = TypeVar("S", bound=Sent)


@dataclass(frozen=True, slots=True)
class Attempt(Sent):
    """One attempt of the entry, with its intention."""

    intent: ev.EntryIntended | None = None
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Close(Sent):
    """One close, with its intention."""

    intent: ev.CloseIntended | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """The latest cancel of one target."""

    client_id: ClientId
    n: int
    target: ClientId
    is_stop: bool
    intended_at: Instant
    outcome: Outcome | None = None
    reason: Reason = Reason.NONE
    concluded_at: Instant = 0
    retry_after: Duration = 0


@dataclass(frozen=True, slots=True)
class SagaState:
    """Everything a saga knows. Maps are never changed in place."""

    signal: Signal
    phase: Phase = Phase.PREPARING
    attempts: tuple[Attempt, ...] = ()
    closes: tuple[Close, ...] = ()
    stops: Mapping[ClientId, StopFacts] = field(default_factory=dict)
    cancels: Mapping[ClientId, Cancel] = field(default_factory=dict)
    orders: Mapping[ClientId, OrderFacts] = field(default_factory=dict)
    heard_by: Mapping[ClientId, Source] = field(default_factory=dict)
    """Which source first told of a fill of each order."""
    loose_fills: Mapping[str, FillReport] = field(default_factory=dict)
    """Trades on the symbol since the intent that no name explains: while there is one, nothing is absent."""
    foreign_fills: Mapping[str, FillReport] = field(default_factory=dict)
    """Trades on the symbol since the intent under names that are not ours: what moved the baseline."""
    opinions: Opinions = field(default_factory=Opinions)
    leverage: Sent | None = None
    fills_read_at: Instant = 0
    last_fill_heard_at: Instant = 0
    settled_trigger: ev.TriggerSettled | None = None
    filled: ev.EntryFilled | None = None
    ended_entry: ClientId = ClientId("")
    confirmed: tuple[ClientId, ...] = ()
    end: EndReason = EndReason.NONE
    home_since: Instant = 0
    protected_at: Instant = 0
    flat_at: Instant = 0
    verified_at: Instant = 0
    close_asked: bool = False
    overdue: bool = False
    distress: tuple[DistressKind, ...] = ()
    lacking: tuple[str, ...] = ()
    failed: bool = False
    next_n: int = 1

    @property
    def intent(self) -> ev.EntryIntended | None:
        """The intention of the latest attempt; None while preparing."""
        return self.attempts[-1].intent if self.attempts else None

    @property
    def side(self) -> Side:
        """The direction of the entry, from the journaled intent, never from a reply (I04)."""
        return self.signal.side or Side.BUY

    def is_ours(self, client_id: ClientId) -> bool:
        """Whether a name belongs to this signal: recorded, or made for it by a process whose record of it was lost."""
        return client_id in self.orders or client_id in self.stops or self._was_made_here(client_id)

    def conclusions_of(self, client_id: ClientId) -> list[tuple[Outcome | None, Instant]]:
        """What has been concluded of an act, and when; more than one entry only if names met, which they never do."""
        acts: list[Sent | Cancel | StopFacts] = [*self.attempts, *self.closes, *self.cancels.values()]
        acts += [*self.stops.values(), *([self.leverage] if self.leverage is not None else [])]
        return [(act.outcome, act.concluded_at) for act in acts if act.client_id == client_id]

    def rounds_of(self, client_id: ClientId) -> tuple[Instant, ...]:
        """The beginnings of the complete reads that did not see an entry or a close."""
        return next((sent.missed for sent in (*self.attempts, *self.closes) if sent.client_id == client_id), ())

    def facts_of(self, client_id: ClientId) -> OrderFacts:
        """What is known of one of our orders; nothing yet of one whose intention was lost with its process."""
        known = self.orders.get(client_id)
        if known is not None:
            return known
        name = parse_client_id(client_id)
        return OrderFacts(client_id, name.leg if name is not None else Leg.CLOSE)

    def _was_made_here(self, client_id: ClientId) -> bool:
        """A protective act may leave beside its record and be found without it: its name still says whose it is."""
        name, ours = parse_client_id(client_id), self.attempts[0].client_id if self.attempts else ""
        return name is not None and name.signal == digest(self.signal.id) and is_ours(ours, name.installation)


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
    cancel = Cancel(event.client_id, event.n, event.target, event.is_stop, event.intended_at)
    return replace(state, cancels={**state.cancels, event.target: cancel}, next_n=max(state.next_n, event.n) + 1)


def _act_concluded(state: SagaState, event: ev.ActConcluded) -> SagaState:
    if event.client_id in state.stops:
        stops = {**state.stops, event.client_id: conclude(state.stops[event.client_id], event)}
        return replace(state, stops=stops)
    leverage = state.leverage
    return replace(
        state,
        attempts=tuple(_concluded(sent, event) for sent in state.attempts),
        closes=tuple(_concluded(sent, event) for sent in state.closes),
        cancels={target: _cancel_concluded(cancel, event) for target, cancel in state.cancels.items()},
        leverage=None if leverage is None else _concluded(leverage, event),
    )


def _concluded(sent: S, event: ev.ActConcluded) -> S:
    """`sent` with its outcome, if it is the one. A definite word is never taken back by an Unknown."""
    if sent.client_id != event.client_id:
        return sent
    if sent.outcome not in (None, Outcome.UNKNOWN) and event.outcome is Outcome.UNKNOWN:
        return sent
    return replace(
        sent,
        outcome=event.outcome,
        reason=event.reason,
        code=event.code,
        concluded_at=event.at,
        retry_after=event.retry_after,
    )


def _cancel_concluded(cancel: Cancel, event: ev.ActConcluded) -> Cancel:
    if cancel.client_id != event.client_id:
        return cancel
    return replace(
        cancel, outcome=event.outcome, reason=event.reason, concluded_at=event.at, retry_after=event.retry_after
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
    state = _with_lost_close(state, before)
    return replace(
        state,
        heard_by={**state.heard_by, after.client_id: report.source} if first else state.heard_by,
        orders={**state.orders, after.client_id: after},
        last_fill_heard_at=max(state.last_fill_heard_at, heard),
        attempts=tuple(_seen(sent, after) for sent in state.attempts),
        closes=tuple(_seen(sent, after) for sent in state.closes),
    )


def _with_lost_close(state: SagaState, facts: OrderFacts) -> SagaState:
    """A close whose intention was lost counts among the closes from its first sighting."""
    if facts.leg not in (Leg.CLOSE, Leg.DIRECT) or any(close.client_id == facts.client_id for close in state.closes):
        return state
    return replace(state, closes=(*state.closes, Close(facts.client_id, 0, 0, Outcome.ACKNOWLEDGED)))


def _seen(sent: S, facts: OrderFacts) -> S:
    return replace(sent, missed=()) if sent.client_id == facts.client_id and sent.missed else sent


def _position_reported(state: SagaState, event: ev.PositionReported) -> SagaState:
    return replace(state, opinions=join_position(state.opinions, event.report))


def _stop_reported(state: SagaState, event: ev.StopReported) -> SagaState:
    name = event.report.client_id
    before = state.stops.get(name) or found(event.report)
    orders = {name: OrderFacts(name, Leg.STOP), **state.orders}
    return replace(state, stops={**state.stops, name: join_stop(before, event.report)}, orders=orders)


def _order_not_visible(state: SagaState, event: ev.OrderNotVisible) -> SagaState:
    return replace(
        state,
        attempts=tuple(_missed(sent, event) for sent in state.attempts),
        closes=tuple(_missed(sent, event) for sent in state.closes),
    )


def _missed(sent: S, event: ev.OrderNotVisible) -> S:
    if sent.client_id != event.client_id:
        return sent
    return replace(sent, missed=(*sent.missed, event.began_at))


def _stop_not_visible(state: SagaState, event: ev.StopNotVisible) -> SagaState:
    name = event.client_id
    return replace(state, stops={**state.stops, name: miss(state.stops[name], event.began_at)})


def _absence_restarted(state: SagaState, event: ev.AbsenceRestarted) -> SagaState:
    return replace(
        state,
        attempts=tuple(
            replace(sent, missed=()) if sent.client_id == event.client_id else sent for sent in state.attempts
        ),
        closes=tuple(replace(sent, missed=()) if sent.client_id == event.client_id else sent for sent in state.closes),
    )


def _fills_read(state: SagaState, event: ev.FillsRead) -> SagaState:
    return replace(state, fills_read_at=max(state.fills_read_at, event.began_at))


def _trigger_settled(state: SagaState, event: ev.TriggerSettled) -> SagaState:
    return replace(state, settled_trigger=event)


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
    return replace(state, confirmed=(*state.confirmed, event.client_id))


def _protection_lost(state: SagaState, _event: ev.ProtectionLost) -> SagaState:
    return replace(state, phase=Phase.PROTECTING)


def _position_protected(state: SagaState, event: ev.PositionProtected) -> SagaState:
    return replace(state, phase=Phase.PROTECTED, protected_at=state.protected_at or event.at)


def _close_accepted(state: SagaState, event: ev.CloseAccepted) -> SagaState:
    if state.phase is Phase.PREPARING:
        return replace(state, close_asked=True)
    return replace(state, phase=Phase.CLOSING, close_asked=True, end=EndReason.CLOSED_BY_REQUEST, home_since=event.at)


def _rollback_began(state: SagaState, event: ev.RollbackBegan) -> SagaState:
    return replace(state, phase=Phase.CLOSING, end=event.reason, home_since=event.at)


def _rollback_withdrawn(state: SagaState, _event: ev.RollbackWithdrawn) -> SagaState:
    return replace(state, phase=Phase.PROTECTING, end=EndReason.NONE, home_since=0)


def _flat_seen(state: SagaState, event: ev.FlatSeen) -> SagaState:
    return replace(state, phase=Phase.QUARANTINE, end=event.reason, flat_at=event.at)


def _flat_verified(state: SagaState, event: ev.FlatVerified) -> SagaState:
    return replace(state, phase=Phase.FLAT, end=event.reason, verified_at=event.at)


def _saga_reopened(state: SagaState, event: ev.SagaReopened) -> SagaState:
    return replace(state, phase=Phase.CLOSING, end=EndReason.LATE_FILL, home_since=event.at, flat_at=0, verified_at=0)


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
    ev.FlatSeen: _flat_seen,
    ev.FlatVerified: _flat_verified,
    ev.SagaReopened: _saga_reopened,
    ev.VerificationOverdue: _verification_overdue,
    ev.ReportIncomplete: _report_incomplete,
    ev.DistressRaised: _distress_raised,
    ev.DistressEnded: _distress_ended,
    ev.SignalExecutionFailed: _execution_failed,
}
