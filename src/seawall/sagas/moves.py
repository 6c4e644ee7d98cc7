"""Moves: the events by which a saga goes from one phase of the table to another, and what it says aloud on the way."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.model import events as ev
from seawall.model.acts import Outcome
from seawall.model.amounts import ZERO
from seawall.model.events import FOR_WANT_OF_A_STOP, DistressKind, EndReason
from seawall.model.ids import Leg
from seawall.model.reports import FillKind, Source, StopStatus
from seawall.model.times import Instant
from seawall.sagas import preparing
from seawall.sagas.evidence.circumstances import Circumstances, ManualChange
from seawall.sagas.evidence.cover import best_cover, cover_of, is_beyond_bound, standing_stops, target_trigger
from seawall.sagas.evidence.exposure import (
    Exposure,
    average_entry,
    closed_by_others,
    excess,
    intent_moment,
    moved_by_others,
    shown_by,
    shrunk_by,
)
from seawall.sagas.evidence.fold import apply
from seawall.sagas.evidence.hearing import never_begun
from seawall.sagas.evidence.orders import OrderFacts
from seawall.sagas.evidence.standing import is_move_refused, live_stops
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.stops import Cover, StopFacts
from seawall.sagas.evidence.takers import was_outside
from seawall.sagas.judgement import Verdict, entry_verdict, is_entry_known, unsettled_closes
from seawall.sagas.phase import Finding, Phase

_ENDS_OF_A_POSITION = (
    EndReason.CLOSED_BY_REQUEST,
    EndReason.STOP_FILLED,
    EndReason.CLOSED_OUTSIDE,
    EndReason.CLOSED_UNRECORDED,
    EndReason.TAKEN_PROFIT,
    EndReason.LIQUIDATED,
    EndReason.DELEVERAGED,
    EndReason.UNKNOWN,
)
_UNTOLD = (EndReason.CLOSED_OUTSIDE, EndReason.UNKNOWN)
_WITHOUT_A_FILL = (
    EndReason.ENTRY_REFUSED,
    EndReason.NOT_SENT,
    EndReason.ABSENT,
    EndReason.NOT_FILLED,
    EndReason.INTERRUPTED,
)


def moves(
    state: SagaState, to: Phase, finding: Finding, exposure: Exposure | None, around: Circumstances
) -> Iterator[ev.Event]:
    """The events that carry `state` to phase `to`."""
    whose = (state.signal.id, state.signal.symbol)
    now = around.now
    if to is Phase.FLAT and state.phase is Phase.PREPARING:
        yield from _never_begun(state, around)
    elif to is Phase.PROTECTING and state.phase is Phase.ENTERING and exposure is not None:
        yield _entry_filled(state, exposure, around)
    elif to is Phase.PROTECTING and finding is Finding.UNPROVEN:
        yield ev.FlatTold(*whose, _stops_in_words(state), now)
    elif to is Phase.PROTECTING and state.phase is Phase.PROTECTED:
        yield ev.ProtectionLost(*whose, _stops_in_words(state), now)
    elif to is Phase.PROTECTING and state.phase is Phase.CLOSING:
        yield ev.RollbackWithdrawn(*whose, _stops_in_words(state), now)
    elif to is Phase.PROTECTED and exposure is not None:
        yield ev.PositionProtected(*whose, exposure.open, average_entry(state), target_trigger(state), now)
    elif to is Phase.CLOSING and state.phase in (Phase.QUARANTINE, Phase.FLAT) and exposure is not None:
        yield ev.SagaReopened(*whose, exposure.open, now)
        yield ev.PositionError(*whose, "late_fill", f"{exposure.open} was filled after the end was seen")
    elif to is Phase.CLOSING:
        reason, detail = _why_home(state, finding, around)
        yield ev.RollbackBegan(*whose, reason, detail, now)
        yield ev.PositionError(*whose, reason.value, detail)
    elif to is Phase.QUARANTINE:
        yield from _flat_seen(state, exposure, around)
    elif to is Phase.FLAT:
        yield ev.FlatVerified(*whose, _settled_reason(state, exposure), now)


def _why_home(state: SagaState, finding: Finding, around: Circumstances) -> tuple[EndReason, str]:
    """Why the way home begins: the clock, the market, or the venue's bound; with what became of the stops."""
    tried = _stops_in_words(state)
    if finding is not Finding.PASSED:
        return EndReason.NAKED_TOO_LONG if finding is Finding.OVERDUE else EndReason.NONE, tried
    if not is_beyond_bound(state, around):
        return EndReason.TRIGGER_PASSED, tried
    mark, rules = around.mark_price, around.instrument
    said = preparing.beyond_bound(rules, mark, target_trigger(state), state.side) if mark and rules else None
    return EndReason.STOP_BEYOND_BOUND, "; ".join(words for words in (said, tried) if words)


def _settled_reason(state: SagaState, exposure: Exposure | None) -> EndReason:
    """The end that was seen; and how it left us, if an entry that was thought absent or empty has filled since, or if
    nobody had told by then who took the position: reads of orders that failed so long may have succeeded meanwhile.
    """
    is_open_to_news = state.end in (*_WITHOUT_A_FILL, *_UNTOLD)
    if exposure is None or exposure.filled == 0 or not is_open_to_news:
        return state.end
    return _how_it_left(state, exposure)


def _never_begun(state: SagaState, around: Circumstances) -> Iterator[ev.Event]:
    planned = preparing.plan(state, around)
    reason = planned.reason if isinstance(planned, preparing.Objection) else EndReason.UNFIT
    detail = planned.detail if isinstance(planned, preparing.Objection) else ""
    return never_begun(state, reason, detail, around.now)


def _entry_filled(state: SagaState, exposure: Exposure, around: Circumstances) -> ev.EntryFilled:
    """The first proof of a fill, with who gave it. By its effect alone it is dated from the intent, "at most"."""
    whose = (state.signal.id, state.signal.symbol)
    known = next((facts for facts in state.entry_orders if facts.filled > 0), None)
    if known is None:
        since = intent_moment(state).venue_at
        source = _first_to_show_effect(state)
        return ev.EntryFilled(*whose, exposure.open, source, since, around.now, at_most=True)
    at = min((trade.venue_at for trade in known.trades), default=known.venue_at) or known.venue_at
    return ev.EntryFilled(*whose, exposure.filled, _first_source(state, known), at, around.now)


def _first_source(state: SagaState, known: OrderFacts) -> Source:
    return state.heard_by.get(known.client_id, Source.ORDER)


def _first_to_show_effect(state: SagaState) -> Source:
    stream = state.opinions.stream
    return Source.STREAM if stream is not None and stream.report.amount else Source.POSITIONS


def _flat_seen(state: SagaState, exposure: Exposure | None, around: Circumstances) -> Iterator[ev.Event]:
    whose = (state.signal.id, state.signal.symbol)
    reason = end_reason(state, exposure, around)
    wanted = reason in _ENDS_OF_A_POSITION
    if not (state.protected_at and wanted) and reason is not EndReason.CLOSED_BY_REQUEST and not state.failed:
        yield ev.SignalExecutionFailed(*whose, reason.value, _why_dead(state))
    yield ev.FlatSeen(*whose, reason, around.now, closed_by_others(state, around))


def end_reason(state: SagaState, exposure: Exposure | None, around: Circumstances) -> EndReason:
    """Why nothing is open: what began the way home, unless others have ended it first; else what the orders tell."""
    if state.end is not EndReason.NONE and not _is_forestalled(state, exposure, around):
        return state.end
    if exposure is not None and exposure.filled > 0:
        return _how_it_left(state, exposure)
    last = state.attempts[-1]
    if last.outcome is Outcome.NOT_SENT:
        return EndReason.NOT_SENT
    if last.never_was:
        return EndReason.ENTRY_REFUSED
    if entry_verdict(state, last, around) is Verdict.ABSENT:
        interrupted = last.code == "interrupted"
        return EndReason.INTERRUPTED if interrupted else EndReason.ABSENT
    return EndReason.NOT_FILLED


def _is_forestalled(state: SagaState, exposure: Exposure | None, around: Circumstances) -> bool:
    """Whether others' trades had taken all of a position before an order of ours took any on its way home."""
    filled = exposure.filled if exposure is not None else ZERO
    is_ours_untouched = state.end in FOR_WANT_OF_A_STOP and state.exited == 0
    return is_ours_untouched and 0 < filled <= moved_by_others(state, around)


def _how_it_left(state: SagaState, exposure: Exposure) -> EndReason:
    """Who closed a position that we did not: the venue itself, our stop, our take-profits, or somebody else; the owner
    too, whose hand (`seawall flatten --direct`) closes under names of its own leg. Unknown, if it may have been us.
    What the venue took on the other side was another's: a hand had turned our position over.
    """
    trades = (*state.foreign_fills.values(), *state.loose_fills.values())
    kinds = [fill.kind for fill in trades if fill.side is state.side.opposite]
    if FillKind.LIQUIDATION in kinds:
        return EndReason.LIQUIDATED
    if FillKind.DELEVERAGING in kinds:
        return EndReason.DELEVERAGED
    lost_stop = any(facts.leg is Leg.STOP and facts.filled > 0 for facts in state.exit_orders)
    if lost_stop or any(_took(state, facts) for facts in state.stops.values()):
        return EndReason.STOP_FILLED
    if _took_profit(state, exposure):
        return EndReason.TAKEN_PROFIT
    lost = [state.orders[close.client_id] for close in state.closes if close.intent is None]
    by_us = any(facts.filled > 0 and facts.leg is not Leg.DIRECT for facts in lost)
    if by_us:
        return EndReason.CLOSED_UNRECORDED
    return EndReason.CLOSED_OUTSIDE if was_outside(state) else EndReason.UNKNOWN


def _took_profit(state: SagaState, exposure: Exposure) -> bool:
    """Whether take-profits took the last of a position: all that closed parts have left, or what others have."""
    rungs = [state.orders[rung.client_id] for rung in state.rungs if state.orders[rung.client_id].filled > 0]
    taken = sum((rung.filled for rung in rungs), ZERO)
    parts = sum((state.orders[close.client_id].filled for close in state.closes if close.intent is not None), ZERO)
    trades = (*state.foreign_fills.values(), *state.loose_fills.values())
    others = [fill.venue_at for fill in trades if fill.side is state.side.opposite]
    is_last = bool(others) and max((rung.last_fill_at for rung in rungs), default=0) > max(others)
    return bool(rungs) and (is_last or taken + parts >= exposure.filled)


def _took(state: SagaState, facts: StopFacts) -> bool:
    """Whether a stop filled; one that has run its course is taken at its word while its order could not be read."""
    order = state.orders[facts.client_id]
    return order.filled > 0 or (facts.status is StopStatus.FINISHED and not order.is_quantity_known)


def _why_dead(state: SagaState) -> str:
    last = state.attempts[-1] if state.attempts else None
    return "" if last is None else " ".join(word for word in (last.reason.value, last.code) if word)


def _stops_in_words(state: SagaState) -> str:
    """What became of each stop, for a person."""
    words = [
        f"{facts.client_id} at {facts.trigger}: {facts.status.value if facts.status else facts.outcome or 'unanswered'}"
        + (f" ({facts.reason})" if facts.reason else "")
        for facts in sorted(state.stops.values(), key=lambda facts: facts.n)[-3:]
    ]
    return "; ".join(words) or "no stop was placed"


# ---- what is said aloud without a move


def milestones(state: SagaState, exposure: Exposure | None, around: Circumstances) -> Iterator[ev.Event]:
    """What the evidence now shows and no event has told yet: the entry ended, a stop is live."""
    if exposure is None:
        return
    told = [*_filled_elsewhere(state, exposure, around), *_entries_absent(state, around)]
    yield from told
    for event in told:
        state = apply(state, event)
    yield from _entry_ended(state, around)
    yield from _holding_reduced(state, exposure, around)
    yield from _stops_confirmed(state, exposure, around)
    yield from _flat_denied(state, exposure, around)
    yield from _end_anew(state, exposure, around)
    yield from _move_refused(state, exposure, around)
    yield from _reduce_ended(state, exposure, around)


def troubles_told(
    state: SagaState, finding: Finding, exposure: Exposure | None, around: Circumstances
) -> Iterator[ev.Event]:
    """Conditions that have become true, or are over."""
    if state.attempts:
        yield from _overdue(state, finding, around)
        yield from _distress(state, finding, exposure, around)


def _filled_elsewhere(state: SagaState, exposure: Exposure, around: Circumstances) -> Iterator[ev.Event]:
    """The first proof of a fill that finds the signal on its way home or at its end: it is dated there too."""
    is_news = state.filled is None and (exposure.filled > 0 or exposure.open > 0)
    if is_news and (state.phase is not Phase.ENTERING or exposure.open <= 0):
        yield _entry_filled(state, exposure, around)


def _entries_absent(state: SagaState, around: Circumstances) -> Iterator[ev.Event]:
    for attempt in state.attempts:
        if not attempt.absent and entry_verdict(state, attempt, around) is Verdict.ABSENT:
            yield ev.EntryAbsent(state.signal.id, state.signal.symbol, attempt.client_id, around.now)


def _entry_ended(state: SagaState, around: Circumstances) -> Iterator[ev.Event]:
    last = state.attempts[-1]
    facts = state.orders[last.client_id]
    told = state.filled is not None or facts.filled == 0
    if told and facts.is_quantity_known and state.ended_entry != last.client_id and is_entry_known(state, around):
        yield ev.EntryEnded(
            state.signal.id, state.signal.symbol, last.client_id, facts.ended_as, facts.filled, facts.average
        )


def _holding_reduced(state: SagaState, exposure: Exposure, around: Circumstances) -> Iterator[ev.Event]:
    """Two sources have left less of our holding than our own orders do, once the entry has ended: past its last fill,
    though the word be dated a moment before that.
    """
    is_less = exposure.open < exposure.filled - exposure.exited and state.phase is not Phase.FLAT
    told = shrunk_by(state, around) if is_less and is_entry_known(state, around) else None
    if told is not None:
        left, word = max(shown_by(state, told, around), ZERO), told.report
        since = max([word.venue_at, *(at for _, at, _ in state.entry_fills)])
        yield ev.HoldingReduced(state.signal.id, state.signal.symbol, left, since, word.seq, around.now)


def _stops_confirmed(state: SagaState, exposure: Exposure, around: Circumstances) -> Iterator[ev.Event]:
    if exposure.open <= 0 or state.filled is None:
        return
    for facts in standing_stops(state, around):
        live = cover_of(state, facts, exposure, around) is Cover.LIVE
        if live and facts.client_id not in state.confirmed and facts.live_at:
            yield ev.StopConfirmed(
                state.signal.id,
                state.signal.symbol,
                facts.client_id,
                facts.trigger,
                facts.source,
                facts.live_at,
                around.now,
            )


def _flat_denied(state: SagaState, exposure: Exposure, around: Circumstances) -> Iterator[ev.Event]:
    """What was told to be flat is open, by a newer word: with a cover, or with none left."""
    if not state.flat_told or state.phase is not Phase.PROTECTING or exposure.open <= 0 or exposure.seems_gone:
        return
    covered = best_cover(state, exposure, around)[0] >= Cover.ACKNOWLEDGED
    denied = ev.FlatDenied if covered else ev.ProtectionLost
    yield denied(state.signal.id, state.signal.symbol, _stops_in_words(state), around.now)


def _end_anew(state: SagaState, exposure: Exposure, around: Circumstances) -> Iterator[ev.Event]:
    """An entry that was thought absent to the very end, and is told of when what it filled has gone again: the end is
    told once more, as it was.
    """
    is_false = state.phase is Phase.FLAT and state.end in _WITHOUT_A_FILL and exposure.filled > 0
    if is_false and (exposure.open <= 0 or exposure.seems_gone):
        yield ev.FlatVerified(state.signal.id, state.signal.symbol, _how_it_left(state, exposure), around.now)


def _move_refused(state: SagaState, exposure: Exposure, around: Circumstances) -> Iterator[ev.Event]:
    """A stop was refused at its new trigger: the one that stands live is kept, and its trigger with it. Where none
    does (it was lost meanwhile), the next goes where it belonged before the owner asked.
    """
    if state.settled_trigger is None or not is_move_refused(state):
        return
    live = live_stops(state, exposure, around)
    asked, kept = state.settled_trigger.trigger, live[-1].trigger if live else state.moved_from
    if kept is not None and kept != asked:
        yield ev.StopMoveRefused(state.signal.id, state.signal.symbol, asked, kept, _stops_in_words(state), around.now)


def _reduce_ended(state: SagaState, exposure: Exposure, around: Circumstances) -> Iterator[ev.Event]:
    if state.part is not None and excess(state, exposure) <= 0 and not unsettled_closes(state, around):
        yield ev.ReduceEnded(state.signal.id, state.signal.symbol, exposure.open, around.now)


def _overdue(state: SagaState, finding: Finding, around: Circumstances) -> Iterator[ev.Event]:
    if _is_overdue(state, finding, around) and not state.overdue:
        waited = around.now - state.attempts[-1].intended_at
        yield ev.VerificationOverdue(state.signal.id, state.signal.symbol, waited)


def _is_overdue(state: SagaState, finding: Finding, around: Circumstances) -> bool:
    """Whether no source has decided the entry for as long as the origin bot waited."""
    undecided = finding is Finding.UNDECIDED and state.phase is Phase.ENTERING
    return undecided and around.now - state.attempts[-1].intended_at >= around.bounds.verification


def _distress(
    state: SagaState, finding: Finding, exposure: Exposure | None, around: Circumstances
) -> Iterator[ev.Event]:
    """Raises what has become true and ends what no longer is."""
    whose = (state.signal.id, state.signal.symbol)
    now = dict(_troubles(state, finding, around))
    if exposure is not None and exposure.disputed:
        now[DistressKind.CONTRARY_POSITION] = "one word of the very instant shows the other side of our entry"
    for kind, detail in now.items():
        if kind not in state.distress:
            yield ev.DistressRaised(*whose, kind, detail)
    for kind in state.distress:
        if kind not in now:
            yield ev.DistressEnded(*whose, kind)


def _troubles(state: SagaState, finding: Finding, around: Circumstances) -> Iterator[tuple[DistressKind, str]]:
    if finding in (Finding.OVERDUE, Finding.PASSED):
        yield DistressKind.NAKED, _stops_in_words(state)
    if finding is Finding.CONTRARY:
        yield DistressKind.CONTRARY_POSITION, "the position is on the other side of our entry"
    if finding is Finding.ARMED and around.now >= armed_since(state) + around.bounds.max_unverified:
        yield DistressKind.STOP_UNSEEN, _stops_in_words(state)
    by_hand = [facts for facts in state.stops.values() if facts.moved_by_hand and facts.status is StopStatus.LIVE]
    if by_hand and around.manual_change is ManualChange.ALERT and finding is Finding.PROTECTED:
        yield DistressKind.STOP_MOVED, f"a hand moved it to {by_hand[-1].trigger}"
    on_the_way = state.phase is Phase.CLOSING and around.now >= state.home_since + around.bounds.max_unverified
    is_told = state.flat_told and finding is Finding.EMPTY and state.phase is Phase.PROTECTING
    if _is_overdue(state, finding, around) or on_the_way or is_told:
        yield DistressKind.UNDECIDED, "neither end is proven: " + _stops_in_words(state)
    if around.foreign_stops and finding not in (Finding.GONE, Finding.SETTLED):
        yield DistressKind.FOREIGN_STOP, ", ".join(around.foreign_stops)


def armed_since(state: SagaState) -> Instant:
    """Since when a stop has been acknowledged and not seen: the answer, or for an attached one the fill."""
    answered = max((facts.concluded_at for facts in state.stops.values()), default=0)
    return max(answered, state.filled.at if state.filled is not None else 0)
