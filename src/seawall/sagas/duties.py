"""Duties: of what the table wants done, what is due now. Acts are intended here, with their names, and queries listed.

Each function looks at the state and either intends one act, or names the instant at which it will, or does nothing
because something is still under way. None of them repeats an act whose outcome is open, except where the act itself
bears it: a closePosition stop and Bybit's Full stop, under the same name (design, rule 12).
"""

from __future__ import annotations

from decimal import Decimal

from seawall.model import events as ev
from seawall.model.acts import CancelOrder, ClosePosition, Outcome, PlaceStop, Reason, SetLeverage, SubmitEntry
from seawall.model.amounts import BASIS_POINTS, ceil_to, floor_to, percent_trigger
from seawall.model.ids import ClientId, Leg, client_id
from seawall.model.queries import AskFills, AskLeverage, AskOrder, AskPositions, AskStop, AskStops, Query
from seawall.model.reports import StopStatus
from seawall.model.times import Instant
from seawall.sagas import preparing
from seawall.sagas.agenda import Agenda
from seawall.sagas.circumstances import Circumstances
from seawall.sagas.exposure import Exposure, entry_orders, is_contradicted, is_trigger_final, target_trigger
from seawall.sagas.judgement import (
    Verdict,
    entry_verdict,
    horizon_of,
    is_attempt_dead,
    is_entry_known,
    live_stops,
    retry_at,
    unsettled_closes,
    unsettled_stops,
)
from seawall.sagas.phase import Duty
from seawall.sagas.state import Attempt, SagaState
from seawall.sagas.stops import StopFacts

_MEANS_READ = (Reason.STOP_EXISTS, Reason.NOT_MODIFIED, Reason.DUPLICATE_NAME)
_SLICES = 2


def name(state: SagaState, around: Circumstances, leg: Leg, n: int) -> ClientId:
    """The name of this signal's n-th act in this process."""
    return client_id(around.installation, state.signal.id, leg, around.term, n)


# ---- the entry


def enter(state: SagaState, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """The intention of an entry, and the entry behind it. Where the stop travels with it, the stop is intended too."""
    if state.attempts and around.now < retry_at(state):
        agenda.wake(retry_at(state))
        return []
    plan = preparing.plan(state, around)
    if not isinstance(plan, preparing.Plan):
        return []
    events: list[ev.Event] = [_entry_intention(state, around, plan)]
    if around.traits.attaches_stop:
        events.append(_stop_intention(state, around, plan.trigger, None, state.next_n + 1, attached=True))
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
        baseline_at=position.at,
        intended_at=around.now,
        since=around.venue_now_early,
        not_after=around.venue_now + around.bounds.receive_window,
        price_bound=plan.price_bound,
    )


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


def set_leverage(state: SagaState, around: Circumstances) -> list[ev.Event]:
    """The intention of setting the leverage, if it is due."""
    if state.signal.leverage is None or not preparing.needs_leverage_act(state, around):
        return []
    named = name(state, around, Leg.ENTRY, state.next_n)
    return [ev.LeverageIntended(state.signal.id, state.signal.symbol, named, state.signal.leverage)]


def leverage_act(event: ev.LeverageIntended) -> SetLeverage:
    """The act that the intention of a leverage allows."""
    return SetLeverage(event.symbol, event.client_id, event.leverage)


def cancel_entries(state: SagaState, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """Cancels what rests of an entry that was seen and is not terminal; by its name, read back by the order query."""
    resting = [facts for facts in entry_orders(state) if facts.is_seen and not facts.is_terminal]
    return [event for facts in resting for event in _cancel(state, around, agenda, facts.client_id, is_stop=False)]


# ---- the stop


def place(state: SagaState, exposure: Exposure, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """The next attempt at a stop, if it is due. The first goes at once, repeats on the schedule of the bounds."""
    newest = _newest(state)
    if newest is None or _is_lost(state, newest, around):
        return _place_new(state, around, target_trigger(state))
    if newest.is_pending:
        agenda.wake(newest.intended_at + 2 * around.bounds.reply_timeout)
        return []
    due_at = newest.concluded_at + max(newest.retry_after, _repeat_wait(state, around))
    if around.now < due_at:
        agenda.wake(due_at)
        return []
    return _place_again(state, exposure, around, agenda, newest)


def _is_lost(state: SagaState, newest: StopFacts, around: Circumstances) -> bool:
    """Whether the newest stop is out of the running without an answer to wait for: ended, stuck, missing, or attached
    to an entry whose position shows none.
    """
    stuck = newest.status in (StopStatus.TRIGGERING, StopStatus.TRIGGERED)
    return (
        newest.is_ended or stuck or is_contradicted(state, newest, around) or newest.is_missing(around.bounds.read_lag)
    )


def _place_again(
    state: SagaState, exposure: Exposure, around: Circumstances, agenda: Agenda, newest: StopFacts
) -> list[ev.Event]:
    if newest.outcome is Outcome.ACKNOWLEDGED or newest.attached:
        return []
    if newest.outcome is Outcome.UNKNOWN and newest.quantity is None:
        return [_stop_intention(state, around, newest.trigger, None, newest.n, sending=newest.sendings + 1)]
    if newest.reason in _MEANS_READ or newest.outcome is Outcome.UNKNOWN:
        if agenda.stops_read_at <= newest.concluded_at:
            return []
        beside = exposure.open if newest.reason is Reason.STOP_EXISTS and agenda.others_stand else None
        return _place_new(state, around, target_trigger(state), beside)
    if newest.reason is Reason.TRIGGER_PASSED and not is_trigger_final(state):
        return _replace_provisional(state, around)
    return _place_new(state, around, target_trigger(state), newest.quantity and exposure.open)


def _replace_provisional(state: SagaState, around: Circumstances) -> list[ev.Event]:
    """The market has passed the provisional trigger: the one that the fills known so far give takes its place."""
    settled = settle(state, around, force=True)
    trigger = next((event.trigger for event in settled), target_trigger(state))
    return [*settled, *_place_new(state, around, trigger)]


def _place_new(
    state: SagaState, around: Circumstances, trigger: Decimal, quantity: Decimal | None = None
) -> list[ev.Event]:
    return [_stop_intention(state, around, trigger, quantity, state.next_n)]


def _repeat_wait(state: SagaState, around: Circumstances) -> Instant:
    """The wait before the next repeat, by how many stops in a row were not acknowledged."""
    failures = sum(
        facts.sendings
        for facts in state.stops.values()
        if facts.outcome in (Outcome.REFUSED, Outcome.UNKNOWN, Outcome.NOT_SENT) and facts.status is None
    )
    waits = around.bounds.stop_repeat
    return waits[failures - 1] if 0 < failures <= len(waits) else around.bounds.stop_repeat_every


def _stop_intention(
    state: SagaState,
    around: Circumstances,
    trigger: Decimal,
    quantity: Decimal | None,
    n: int,
    *,
    sending: int = 1,
    attached: bool = False,
) -> ev.StopIntended:
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
    average = next((facts.average for facts in entry_orders(state) if facts.filled > 0), None)
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
    seen live; the old one cancelled; the new closePosition stop, seen live; the quantity stop cancelled.
    """
    if any(facts.is_pending for facts in state.stops.values()):
        return []
    target = target_trigger(state)
    live = live_stops(state, exposure, around)
    if around.traits.one_stop_per_position:
        return [] if _awaited(state, target) else _place_new(state, around, target)
    whole = next((facts for facts in live if facts.quantity is None), None)
    bridge = next((facts for facts in live if facts.quantity is not None), None)
    if whole is not None and whole.trigger != target:
        if bridge is not None:
            return _cancel(state, around, agenda, whole.client_id, is_stop=True)
        return [] if _awaited(state, target) else _place_new(state, around, target, exposure.open)
    if bridge is not None and whole is not None:
        return _cancel(state, around, agenda, bridge.client_id, is_stop=True)
    return [] if whole is not None or _awaited(state, target, whole=True) else _place_new(state, around, target)


def _awaited(state: SagaState, trigger: Decimal, *, whole: bool = False) -> bool:
    """Whether a stop at `trigger` has been acknowledged or may have arrived, and is waited for to be seen."""
    return any(
        facts.trigger == trigger and facts.status is None and facts.may_live and (facts.quantity is None or not whole)
        for facts in state.stops.values()
    )


def _newest(state: SagaState) -> StopFacts | None:
    return max(state.stops.values(), key=lambda facts: facts.n, default=None)


# ---- the way home


def close(state: SagaState, exposure: Exposure, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """The next close of exactly what is ours and open, if none is under way."""
    if exposure.open <= 0 or unsettled_closes(state, around):
        return []
    last = state.closes[-1] if state.closes else None
    rung = _rung(state)
    if last is not None:
        due_at = last.concluded_at + max(last.retry_after, around.bounds.stop_repeat_every if last.never_was else 0)
        if around.now < due_at:
            agenda.wake(due_at)
            return []
        if last.reason is Reason.REDUCE_ONLY and not _position_read_since(state, last.concluded_at):
            return []
    quantity = _close_quantity(exposure.open, rung, around)
    return [
        ev.CloseIntended(
            state.signal.id,
            state.signal.symbol,
            client_id=name(state, around, Leg.CLOSE, state.next_n),
            n=state.next_n,
            quantity=quantity,
            intended_at=around.now,
            price_bound=_band_price(state, around) if rung > 1 else None,
            rung=rung,
            cause=last.code if last is not None else "",
        )
    ]


def _position_read_since(state: SagaState, at: Instant) -> bool:
    told = state.opinions.read
    return told is not None and told.report.began_at > at


def _rung(state: SagaState) -> int:
    """How far up the ladder: the whole at market; slices at market; slices as limits at the band. A refusal or a
    partial close climbs, what was not executed or only not heard of does not.
    """
    climbs = 0
    for close_ in state.closes:
        intent = close_.intent
        facts = state.orders[close_.client_id]
        refused = close_.never_was and not close_.reason.is_not_executed and close_.reason is not Reason.REDUCE_ONLY
        partial = facts.is_terminal and intent is not None and facts.filled < intent.quantity
        climbs += refused or partial
    return min(climbs, 2)


def _close_quantity(open_: Decimal, rung: int, around: Circumstances) -> Decimal:
    instrument = around.instrument
    if instrument is None:
        return open_
    quantity = min(open_, instrument.max_quantity) if instrument.max_quantity else open_
    if rung == 0:
        return quantity
    sliced = instrument.round_quantity(quantity / _SLICES)
    return sliced if sliced >= instrument.min_quantity and sliced > 0 else quantity


def _band_price(state: SagaState, around: Circumstances) -> Decimal | None:
    """The worst price that the venue's band allows our closing side; None (market) where the band is not known."""
    instrument, mark = around.instrument, around.mark
    if instrument is None or mark is None:
        return None
    if state.side.opposite.sign > 0:
        return floor_to(mark.mark * instrument.band_up, instrument.tick) if instrument.band_up else None
    return ceil_to(mark.mark * instrument.band_down, instrument.tick) if instrument.band_down else None


def close_act(state: SagaState, event: ev.CloseIntended) -> ClosePosition:
    """The act that a close's intention allows. Its side is the opposite of the journaled intent, never a reply's."""
    return ClosePosition(event.symbol, event.client_id, state.side.opposite, event.quantity, event.price_bound)


def clear(state: SagaState, exposure: Exposure, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """Cancels what is left of our stops once flat is proven, and a read begun since then still did not end them."""
    if not exposure.is_flat_proven or agenda.stops_read_at <= exposure.moment.heard_at:
        return []
    left = [facts for facts in unsettled_stops(state, exposure) if not facts.is_pending]
    return [event for facts in left for event in _cancel(state, around, agenda, facts.client_id, is_stop=True)]


def _cancel(
    state: SagaState, around: Circumstances, agenda: Agenda, target: ClientId, *, is_stop: bool
) -> list[ev.Event]:
    before = state.cancels.get(target)
    if before is not None:
        waits = around.bounds.reply_timeout if before.outcome is None else around.bounds.look_first
        due_at = (before.concluded_at or before.intended_at) + max(waits * 2, before.retry_after)
        if is_stop and before.reason is Reason.NOT_FOUND and agenda.stops_read_at <= before.concluded_at:
            return []
        if around.now < due_at:
            agenda.wake(due_at)
            return []
    named = name(state, around, Leg.CLOSE, state.next_n)
    return [ev.CancelIntended(state.signal.id, state.signal.symbol, named, state.next_n, target, is_stop, around.now)]


def cancel_act(state: SagaState, event: ev.CancelIntended) -> CancelOrder:
    """The act that a cancel's intention allows."""
    known = state.stops[event.target].venue_id if event.is_stop else state.orders[event.target].venue_id
    return CancelOrder(event.symbol, event.client_id, event.target, event.is_stop, known)


# ---- questions


def questions(state: SagaState, duties: Duty, exposure: Exposure | None, around: Circumstances) -> list[Query]:
    """What the duties want to know, each question once."""
    symbol = state.signal.symbol
    wanted: dict[Query, None] = {}
    if Duty.ASK_ENTRY in duties:
        for attempt in state.attempts:
            wanted.update(dict.fromkeys(_about_entry(state, attempt, around)))
        for close_ in unsettled_closes(state, around):
            wanted[AskOrder(symbol, close_.client_id)] = None
    if Duty.ASK_POSITION in duties:
        wanted[AskPositions(symbol)] = None
    if Duty.ASK_STOP in duties:
        wanted.update(dict.fromkeys(_about_stops(state, exposure, around)))
    if Duty.PREPARE in duties and state.signal.leverage is not None:
        wanted[AskLeverage(symbol)] = None
    return list(wanted)


def _about_entry(state: SagaState, attempt: Attempt, around: Circumstances) -> list[Query]:
    facts = state.orders[attempt.client_id]
    unpriced = facts.filled > 0 and facts.average is None
    if attempt.never_was and not facts.is_seen:
        return []
    if is_attempt_dead(state, attempt, around) and facts.is_quantity_known and not unpriced:
        return []
    if entry_verdict(state, attempt, around) is Verdict.ABSENT:
        return []
    asked: list[Query] = [AskOrder(attempt.intent.symbol, attempt.client_id)] if attempt.intent is not None else []
    is_late = around.venue_now_early > horizon_of(attempt, around)
    if attempt.intent is not None and is_late and not facts.is_seen:
        asked.append(AskFills(attempt.intent.symbol, attempt.intent.since))
    return asked


def _about_stops(state: SagaState, exposure: Exposure | None, around: Circumstances) -> list[Query]:
    """Each stop that may stand by its name, where stops have names; the list of all, where they have none or another
    stop is in the way.
    """
    symbol = state.signal.symbol
    standing = [facts for facts in state.stops.values() if facts.may_live]
    blocked = any(facts.reason in _MEANS_READ and facts.outcome is Outcome.REFUSED for facts in state.stops.values())
    asked: list[Query] = []
    if around.traits.names_stops:
        asked += [AskStop(symbol, facts.client_id) for facts in standing]
    elif standing or blocked:
        flat = exposure is not None and exposure.open <= 0
        asked += [AskStop(symbol, facts.client_id, facts.venue_id) for facts in standing if facts.venue_id and flat]
    if blocked or (standing and not around.traits.names_stops):
        asked.append(AskStops(symbol))
    return asked
