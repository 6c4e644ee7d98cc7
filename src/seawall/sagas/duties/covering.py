"""Covering: placing a stop, placing it again, settling its final trigger and moving it there.

The first stop goes at once, repeats on the schedule of the bounds. None is repeated while its answer is open, except a
stop for the whole position whose outcome is Unknown, or that has waited for `patience`: the venue bears it twice,
under the same name (design, rule 12).
A refusal that means "read" waits for its read. A quantity stop that more fills have outgrown gets a larger one beside
it. Moving never leaves a gap: which arrow comes next is read off from which of our stops are live, so that a crash in
between keeps the most stops (rule 15).
"""

from __future__ import annotations

from decimal import Decimal

from seawall.model import events as ev
from seawall.model.acts import Outcome, PlaceStop, Reason
from seawall.model.amounts import BASIS_POINTS, percent_trigger, trigger_towards_entry
from seawall.model.ids import Leg
from seawall.model.queries import AskInstruments, Query
from seawall.model.times import Duration, growing
from seawall.sagas.duties.acting import cancels, name
from seawall.sagas.duties.agenda import Agenda
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.cover import is_contradicted, is_trigger_final, target_trigger
from seawall.sagas.evidence.exposure import Exposure, average_entry
from seawall.sagas.evidence.standing import (
    is_kept_out,
    is_kept_out_for_good,
    is_leaving,
    is_move_refused,
    left_behind,
    live_stops,
)
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.stops import FIRING, MEANS_READ, StopFacts
from seawall.sagas.judgement import is_entry_known
from seawall.sagas.phase import Phase


def place(state: SagaState, exposure: Exposure, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """The next attempt at a stop, if it is due. The first goes at once, repeats on the schedule of the bounds."""
    newest = _newest(state)
    if newest is None:
        return _place_new(state, around, target_trigger(state))
    lost = _is_lost(state, newest, around)
    if newest.is_pending and not lost:
        return _hurry(state, around, agenda, newest)
    wait = _repeat_wait(state, newest, around, agenda, lost=lost)
    due_at = newest.intended_at + wait if lost else newest.concluded_at + max(newest.retry_after, wait)
    if around.now < due_at:
        agenda.wake(due_at)
        return []
    if lost:
        return _place_new(state, around, target_trigger(state))
    return _place_again(state, exposure, around, agenda, newest)


def _hurry(state: SagaState, around: Circumstances, agenda: Agenda, pending: StopFacts) -> list[ev.Event]:
    """A stop whose answer is open: one for the whole position is sent again while the venue is not known to be mute."""
    may_hurry = pending.quantity is None and not around.mute_since
    due_at = pending.intended_at + (around.bounds.patience if may_hurry else 2 * around.bounds.reply_timeout)
    if not may_hurry or around.now < due_at:
        agenda.wake(due_at)
        return []
    return [stop_intention(state, around, pending.trigger, None, pending.n, sending=pending.sendings + 1)]


def _is_lost(state: SagaState, newest: StopFacts, around: Circumstances) -> bool:
    """Whether the newest stop is out of the running without an answer to wait for: ended, stuck, missing, or attached
    to an entry whose position shows none.
    """
    stuck = newest.status in FIRING
    return (
        newest.is_ended or stuck or is_contradicted(state, newest, around) or newest.is_missing(around.bounds.read_lag)
    )


def _place_again(
    state: SagaState, exposure: Exposure, around: Circumstances, agenda: Agenda, newest: StopFacts
) -> list[ev.Event]:
    if newest.outcome is Outcome.ACKNOWLEDGED or newest.attached:
        outgrown = newest.quantity is not None and newest.quantity < exposure.open
        return _place_new(state, around, target_trigger(state), exposure.open) if outgrown else []
    if newest.outcome is Outcome.UNKNOWN and newest.quantity is None:
        return [stop_intention(state, around, newest.trigger, None, newest.n, sending=newest.sendings + 1)]
    if newest.reason in MEANS_READ or newest.outcome is Outcome.UNKNOWN:
        if agenda.stops_read_at <= newest.concluded_at:
            return []
        in_the_way = newest.reason is Reason.STOP_EXISTS and _another_stands(state, around, agenda)
        beside = exposure.open if in_the_way else None
        return _place_new(state, around, target_trigger(state), beside)
    if newest.reason in (Reason.TRIGGER_PASSED, Reason.STOP_BOUND) and not is_trigger_final(state):
        return _replace_provisional(state, around)
    if newest.reason is Reason.FILTER and (settled := _on_the_tick(state, around)):
        return [*settled, *_place_new(state, around, settled[-1].trigger)]
    is_beside = newest.quantity is not None and (is_kept_out(state) or agenda.others_stand)
    return _place_new(state, around, target_trigger(state), exposure.open if is_beside else None)


def _another_stands(state: SagaState, around: Circumstances, agenda: Agenda) -> bool:
    """Whether the stop that is in the way covers nothing: another's, or one of ours that is stuck at its trigger. One
    that keeps out as many as are repeated at once is taken for another's, though no list shows it: lists lag, and what
    is left of a stop taken back keeps out for a moment only (binance.md 4.4, 4.6).
    """
    stuck = any(facts.status in FIRING for facts in state.stops.values())
    latest = sorted(state.stops.values(), key=lambda stop: stop.n)[-len(around.bounds.stop_repeat) :]
    in_a_row = len(latest) == len(around.bounds.stop_repeat) and all(stop.is_kept_out for stop in latest)
    return stuck or agenda.others_stand or in_a_row


def _replace_provisional(state: SagaState, around: Circumstances) -> list[ev.Event]:
    """The market has passed the provisional trigger, or is too far from it for the venue: the one that the fills known
    so far give takes its place.
    """
    settled = settle(state, around, force=True)
    trigger = next((event.trigger for event in settled), target_trigger(state))
    return [*settled, *_place_new(state, around, trigger)]


def _on_the_tick(state: SagaState, around: Circumstances) -> list[ev.TriggerSettled]:
    """The trigger on the tick that the venue has now, if the rules read since have made it no tick any more: rounded
    towards the entry, like any trigger, so that no more is lost than was asked for.
    """
    if around.instrument is None:
        return []
    target = target_trigger(state)
    fitted = trigger_towards_entry(target, around.instrument.tick, state.side)
    if fitted == target:
        return []
    anew = settle(state, around, force=True)
    return anew or [ev.TriggerSettled(state.signal.id, state.signal.symbol, fitted, target)]


def rules_questions(state: SagaState) -> list[Query]:
    """The contracts' rules, where the venue has refused by them the last stop that it has answered for: they have
    changed, and the standing read of them is hourly.
    """
    answered = (facts for facts in state.stops.values() if facts.outcome is not None)
    last = max(answered, key=_by_n, default=None)
    return [AskInstruments()] if last is not None and last.reason is Reason.FILTER else []


def _place_new(
    state: SagaState, around: Circumstances, trigger: Decimal, quantity: Decimal | None = None
) -> list[ev.Event]:
    return [stop_intention(state, around, trigger, quantity, state.next_n)]


def _repeat_wait(state: SagaState, newest: StopFacts, around: Circumstances, agenda: Agenda, *, lost: bool) -> Duration:
    """The wait before the next repeat, by how many stops in a row were not acknowledged; after one that was taken and
    `lost`, by how many were placed within `max_naked` of it. After `max_naked` in vain they go ever more rarely, like
    reads, since each is recorded: to a venue that is mute, until its first answer to anything; and to one that refuses
    them, or fails over each, while a close is tried beside them, so that a stop that it would take again is late by
    half of what the position has been overdue, at most by `ask_slowest`.
    """
    in_vain = _in_vain_for(state, newest, around, agenda) - around.bounds.max_naked
    if in_vain > 0:
        return min(max(in_vain // 2, around.bounds.stop_repeat_every), around.bounds.ask_slowest)
    failures = _placed_lately(state, newest, around) if lost else _unacknowledged(state)
    waits = around.bounds.stop_repeat
    return waits[failures - 1] if 0 < failures <= len(waits) else around.bounds.stop_repeat_every


def _unacknowledged(state: SagaState) -> int:
    """How many sendings of stops were not acknowledged, nor seen to have been taken."""
    return sum(
        facts.sendings
        for facts in state.stops.values()
        if facts.outcome in (Outcome.REFUSED, Outcome.UNKNOWN, Outcome.NOT_SENT) and facts.status is None
    )


def _placed_lately(state: SagaState, newest: StopFacts, around: Circumstances) -> int:
    """How many stops were placed within `max_naked` up to the newest: one taken and lost at once, again and again."""
    since = newest.intended_at - around.bounds.max_naked
    return sum(facts.intended_at > since for facts in state.stops.values())


def _in_vain_for(state: SagaState, newest: StopFacts, around: Circumstances, agenda: Agenda) -> Duration:
    """For how long the venue has been mute; or has taken no stop, or none that lasts, for a naked position that it is
    asked to close, too. While the naked timer is held, nothing else is tried, and they go on as fast as ever.
    """
    if around.mute_since:
        return newest.concluded_at - around.mute_since
    in_vain = newest.outcome in (Outcome.REFUSED, Outcome.UNKNOWN) or newest.is_ended
    if state.phase is Phase.CLOSING and in_vain and agenda.naked_since:
        return newest.concluded_at - around.mute - agenda.naked_since
    return 0


def stop_intention(
    state: SagaState,
    around: Circumstances,
    trigger: Decimal,
    quantity: Decimal | None,
    n: int,
    *,
    sending: int = 1,
    attached: bool = False,
) -> ev.StopIntended:
    """The intention of the stop number `n`: a new one, or with `sending` the same name again.

    Raises ValueError for a signal without a stop, which the intake refuses.
    """
    stop = state.signal.stop
    if stop is None:
        msg = "stop: expected one on every signal that opens, came none"
        raise ValueError(msg)
    known = next((facts.client_id for facts in state.stops.values() if facts.n == n), None)
    return ev.StopIntended(
        state.signal.id,
        state.signal.symbol,
        client_id=known or name(state, around, Leg.STOP, n),
        n=n,
        trigger=trigger,
        trigger_by=stop.trigger_by,
        quantity=quantity,
        intended_at=around.now,
        sending=sending,
        attached=attached,
    )


def stop_act(state: SagaState, event: ev.StopIntended) -> PlaceStop:
    """The act that a stop's intention allows."""
    return PlaceStop(
        event.symbol, event.client_id, state.side.opposite, event.trigger, event.trigger_by, event.quantity
    )


def settle(state: SagaState, around: Circumstances, *, force: bool = False) -> list[ev.TriggerSettled]:
    """The final trigger of a stop in percent: computed once, from the fills of a terminal entry; with `force` from the
    fills known so far, where the provisional one was refused as passed. Within the tolerance the provisional stays.
    """
    stop, intent, instrument = state.signal.stop, state.intent, around.instrument
    average = average_entry(state)
    if stop is None or stop.percent is None or intent is None or instrument is None or average is None:
        return []
    if state.filled is None:
        return []
    if is_trigger_final(state) or (not force and not is_entry_known(state, around)):
        return []
    final = percent_trigger(average, stop.percent, instrument.tick, state.side)
    tolerated = intent.reference * around.stop_tolerance_bps / BASIS_POINTS
    kept = intent.trigger if abs(final - intent.trigger) <= tolerated and not force else final
    return [ev.TriggerSettled(state.signal.id, state.signal.symbol, kept, intent.trigger)]


def move(state: SagaState, exposure: Exposure, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """The next arrow of a move, read off from which of our stops are live: a crash in between keeps the most stops.

    One stop a position: the new trigger replaces the old in one act. Otherwise: a quantity stop at the new trigger,
    seen live; the old one cancelled; the new closePosition stop, seen live; the quantity stop cancelled. What a cancel
    of ours may yet take away is no bridge and no end of a move, though it be seen live: another move may be asked for
    while the last one's cancel is on its way. Where the last stop of a move is refused, the bridge at its trigger stays
    in its place, and only what an earlier move has left beside it goes.
    """
    if any(facts.is_pending for facts in state.stops.values()):
        return []
    target = target_trigger(state)
    live = live_stops(state, exposure, around)
    staying = [facts for facts in live if not is_leaving(state, facts)]
    if is_move_refused(state):
        return cancels(state, around, agenda, [facts.client_id for facts in left_behind(state, live)], is_stop=True)
    is_moved = any(facts.quantity is None and facts.trigger == target for facts in staying)
    if around.traits.one_stop_per_position:
        return [] if is_moved else _towards(state, around, agenda, None)
    whole = next((facts for facts in live if facts.quantity is None), None)
    bridges = [facts for facts in live if facts.quantity is not None]
    if is_moved:
        return cancels(state, around, agenda, [facts.client_id for facts in bridges], is_stop=True)
    if whole is None:
        return _towards_beside(state, exposure, around, agenda, live)
    if not any(facts in staying for facts in bridges):
        return _towards(state, around, agenda, exposure.open)
    return cancels(state, around, agenda, [whole.client_id], is_stop=True)


def _towards_beside(
    state: SagaState, exposure: Exposure, around: Circumstances, agenda: Agenda, live: tuple[StopFacts, ...]
) -> list[ev.Event]:
    """The stop for the whole, where quantity stops stand alone; where another's keeps that one out for good, a quantity
    stop at the trigger, and then none elsewhere.
    """
    if not is_kept_out_for_good(state, around):
        return _towards(state, around, agenda, None)
    target = target_trigger(state)
    if not any(facts.trigger == target and not is_leaving(state, facts) for facts in live):
        return _towards(state, around, agenda, exposure.open)
    elsewhere = [facts.client_id for facts in live if facts.trigger != target and not facts.moved_by_hand]
    return cancels(state, around, agenda, elsewhere, is_stop=True)


def _towards(state: SagaState, around: Circumstances, agenda: Agenda, quantity: Decimal | None) -> list[ev.Event]:
    """A stop at the settled trigger, unless one is waited for; again after a wait that grows, since the old one stands,
    if it was not executed or its outcome is Unknown, a quantity stop only after a read that did not show it.
    """
    target = target_trigger(state)
    tried = [facts for facts in state.stops.values() if facts.trigger == target and facts.status is None]
    last = max((facts for facts in tried if (facts.quantity is None) == (quantity is None)), key=_by_n, default=None)
    if last is None or last.is_missing(around.bounds.read_lag):
        return _place_new(state, around, target, quantity)
    if last.outcome is Outcome.ACKNOWLEDGED or last.attached:
        return []
    if last.reason is Reason.FILTER and (settled := _on_the_tick(state, around)):
        return [*settled]
    wait = growing(around.bounds.stop_repeat_every, sum(facts.sendings for facts in tried) - 1, around.bounds)
    due_at = last.concluded_at + max(last.retry_after, wait)
    if around.now < due_at:
        agenda.wake(due_at)
        return []
    if last.outcome is Outcome.UNKNOWN and quantity is None:
        return [stop_intention(state, around, target, None, last.n, sending=last.sendings + 1)]
    if last.outcome is Outcome.UNKNOWN and last.missed_last <= last.concluded_at:
        return []
    return _place_new(state, around, target, quantity)


def _by_n(facts: StopFacts) -> int:
    return facts.n


def _newest(state: SagaState) -> StopFacts | None:
    return max(state.stops.values(), key=lambda facts: facts.n, default=None)
