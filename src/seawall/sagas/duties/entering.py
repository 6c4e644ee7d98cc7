"""Entering: the intention of an entry and its leverage, and the cancel of what rests of it.

The intention is a record before it is an act: quantity, stop, baseline and `not_after` stand in the journal before the
first byte may leave. A second attempt has its own name and its own intention.
"""

from __future__ import annotations

from seawall.model import events as ev
from seawall.model.acts import SetLeverage, SubmitEntry
from seawall.model.ids import Leg
from seawall.model.reports import PositionReport
from seawall.model.times import Instant
from seawall.sagas import preparing
from seawall.sagas.duties.acting import cancels, name
from seawall.sagas.duties.agenda import Agenda
from seawall.sagas.duties.covering import stop_intention
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.positions import DATED_APART
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.judgement import retry_at


def enter(state: SagaState, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """The intention of an entry, and the entry behind it. Where the stop travels with it, the stop is intended too. A
    signal that an earlier process may have had waits for the list of its orders: the record of one may be lost.
    """
    if agenda.is_unlisted:
        return []
    if state.attempts and around.now < retry_at(state):
        agenda.wake(retry_at(state))
        return []
    plan = preparing.plan(state, around)
    if not isinstance(plan, preparing.Plan):
        return []
    events: list[ev.Event] = [_entry_intention(state, around, plan)]
    if around.traits.attaches_stop:
        events.append(stop_intention(state, around, plan.trigger, None, state.next_n + 1, attached=True))
    return events


def _entry_intention(state: SagaState, around: Circumstances, plan: preparing.Plan) -> ev.EntryIntended:
    stop = state.signal.stop
    position = around.position
    if stop is None or position is None:
        msg = "entry: expected a stop and a baseline before the intention, came neither"
        raise ValueError(msg)
    return ev.EntryIntended(
        state.signal.id,
        state.signal.symbol,
        client_id=name(state, around, Leg.ENTRY, state.next_n),
        n=state.next_n,
        side=state.side,
        quantity=plan.quantity,
        reference=plan.reference,
        trigger=plan.trigger,
        trigger_by=stop.trigger_by,
        trigger_is_final=plan.trigger_is_final,
        baseline=position.amount,
        baseline_at=_as_of(position, around),
        intended_at=around.now,
        since=around.venue_now_early,
        not_after=around.venue_now + around.bounds.receive_window,
        price_bound=plan.price_bound,
        baseline_dated=bool(position.venue_at),
    )


def _as_of(position: PositionReport, around: Circumstances) -> Instant:
    """The venue time up to which a position tells of every trade: its own date, but nothing is older than `read_lag`.
    A row without a date is taken for what stood when it was asked for, and a trade may be dated a moment after the row.
    """
    asked_at = position.began_at + around.clock_offset - around.clock_error
    return max(position.venue_at + DATED_APART, asked_at - around.bounds.read_lag) if position.venue_at else asked_at


def entry_act(intent: ev.EntryIntended) -> SubmitEntry:
    """The act that an intention allows."""
    return SubmitEntry(
        intent.symbol,
        intent.client_id,
        intent.side,
        intent.quantity,
        intent.trigger,
        intent.trigger_by,
        intent.not_after,
        intent.price_bound,
    )


def set_leverage(state: SagaState, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """The intention of setting the leverage, if it is due: again only after the wait that the venue asked for, and
    after a read of what the last one came to.
    """
    if state.signal.leverage is None or not preparing.needs_leverage_act(state, around):
        return []
    if state.leverage is not None:
        due_at = state.leverage.concluded_at + max(state.leverage.retry_after, around.bounds.ask_first)
        if around.now < due_at:
            agenda.wake(due_at)
            return []
    named = name(state, around, Leg.LEVERAGE, state.next_n)
    return [ev.LeverageIntended(state.signal.id, state.signal.symbol, named, state.signal.leverage)]


def leverage_act(event: ev.LeverageIntended) -> SetLeverage:
    """The act that the intention of a leverage allows."""
    return SetLeverage(event.symbol, event.client_id, event.leverage)


def cancel_entries(state: SagaState, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """Cancels what rests of an entry that was seen and is not terminal; by its name, read back by the order query."""
    resting = [facts for facts in state.entry_orders if facts.is_seen and not facts.is_terminal]
    return cancels(state, around, agenda, [facts.client_id for facts in resting], is_stop=False)
