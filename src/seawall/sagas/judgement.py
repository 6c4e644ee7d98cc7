"""The judge: all the evidence about a signal, and the time, in; exactly one finding out.

The order below is the order of asking. First whether an entry was intended at all; then, if something of it is open,
how it is covered; then, if nothing is, whether that is *proven*; and only then what became of the entry. Nothing here
changes anything, and nothing here waits: where time matters, `turning_points` names the instants at which the same
evidence would be judged differently, and the desk wakes for them.

**Absence** is the one verdict with conditions (design, rule 5). Where the venue's engine refuses an entry past
timestamp + receive window (Binance, -5028), it takes: venue time past that by the margin, at the early end of our
clock's error; then two complete rounds `read_lag` apart that did not see the name; no fill on the symbol that nothing
explains; and the position at its baseline. Where it does not (Bybit), the rounds must last through `doubt` if a proven
stream was unbroken since before the send, otherwise through `doubt_blind`; and then absence allows FLAT, never another
attempt.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from seawall.model.acts import Outcome, Reason
from seawall.model.events import FOR_WANT_OF_A_STOP, EndReason
from seawall.model.times import Instant
from seawall.sagas import preparing
from seawall.sagas.evidence.absence import is_close_absent, is_missed_for
from seawall.sagas.evidence.aftermath import settled_at
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.cover import (
    best_cover,
    is_beyond_bound,
    is_trigger_final,
    passed_since,
    target_trigger,
)
from seawall.sagas.evidence.exposure import (
    Exposure,
    excess,
    foreign_baseline,
    gone_since,
    intent_moment,
    measure,
)
from seawall.sagas.evidence.sent import Attempt, Rung, Sent
from seawall.sagas.evidence.standing import is_in_place
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.stops import FIRING, Cover, StopFacts
from seawall.sagas.evidence.unexplained import trades_asked_until
from seawall.sagas.phase import Finding, Phase


class Verdict(Enum):
    """What the evidence says of one order of ours."""

    PRESENT = "present"
    ABSENT = "absent"
    UNDECIDED = "undecided"


def judge(state: SagaState, around: Circumstances, naked_since: Instant, measured: Exposure | None = None) -> Finding:
    """The one finding that holds now. `naked_since`: since when the naked clock runs in this process, in our time with
    the venue's silences taken out; 0 while it does not run. `measured`: the exposure, if the caller has measured it.
    """
    if not state.attempts:
        return preparing.finding(state, around)
    exposure = measured or measure(state, around)
    if exposure.open > 0:
        return _of_open(state, exposure, around, naked_since)
    if is_gone(state, exposure, around):
        return Finding.SETTLED if is_settled(state, around) else Finding.GONE
    if state.filled is not None or exposure.filled > 0 or _all_settled(state, around):
        return _of_empty(state, around)
    return Finding.DEFERRED if _may_try_again(state, around) else Finding.UNDECIDED


# ---- something is open


def _of_open(state: SagaState, exposure: Exposure, around: Circumstances, naked_since: Instant) -> Finding:
    if exposure.contrary:
        return Finding.CONTRARY
    if exposure.seems_gone:
        return _of_empty(state, around)
    cover, stop = best_cover(state, exposure, around)
    if _is_spared(state, cover) and _is_none_closed(state, around):
        return Finding.SPARED
    if cover is Cover.LIVE and stop is not None:
        return _of_live(state, exposure, around, stop)
    if cover is Cover.ACKNOWLEDGED:
        return Finding.ARMED
    if (_is_passed(state) or is_beyond_bound(state, around)) and not _is_firing(state, around):
        return Finding.PASSED
    return Finding.OVERDUE if _is_overdue(around, naked_since) else Finding.NAKED


def _of_live(state: SagaState, exposure: Exposure, around: Circumstances, stop: StopFacts) -> Finding:
    if stop.is_missing(around.bounds.read_lag):
        return Finding.ARMED
    if not is_entry_known(state, around) or exposure.at_most or exposure.disputed or not is_trigger_final(state):
        return Finding.COVERED
    if not is_in_place(state, exposure, around):
        return Finding.MISPLACED
    has_excess = state.phase is Phase.PROTECTED and excess(state, exposure) > 0
    return Finding.EXCESS if has_excess else Finding.PROTECTED


def is_entry_known(state: SagaState, around: Circumstances) -> bool:
    """Whether every attempt is terminal with its quantity known (refused, not sent and proven absent count)."""
    return all(
        state.never_stood(attempt)
        or state.orders[attempt.client_id].is_quantity_known
        or entry_verdict(state, attempt, around) is Verdict.ABSENT
        for attempt in state.attempts
    )


def _is_passed(state: SagaState) -> bool:
    """Whether the newest stop was refused because the market has passed its trigger, and no better trigger is owed: one
    that the owner's move has replaced is.
    """
    if state.moved_from is not None:
        return False
    tried = [facts for facts in state.stops.values() if facts.reason is not Reason.NONE or facts.status is not None]
    newest = max(tried, key=lambda facts: facts.n, default=None)
    refused = newest is not None and newest.reason is Reason.TRIGGER_PASSED and newest.status is None
    return refused and newest is not None and newest.trigger == target_trigger(state) and is_trigger_final(state)


def _is_firing(state: SagaState, around: Circumstances) -> bool:
    """Whether the order of a stop that has fired may be filling just now. That the market has passed its trigger is no
    news then, and no close is sent beside it for as long as one that is triggering covers. It is no cover all the same
    (rule 11): the naked clock runs, and what ends unfilled is told as ended.
    """
    fired = (facts.fired_at for facts in state.stops.values() if facts.status in FIRING)
    return any(around.now - at <= around.bounds.triggering for at in fired)


def _is_overdue(around: Circumstances, naked_since: Instant) -> bool:
    held = around.now < around.timer_held_until
    return bool(naked_since) and not held and around.now - around.mute - naked_since >= around.bounds.max_naked


def _is_spared(state: SagaState, cover: Cover) -> bool:
    """Whether a stop makes the way home needless: an acknowledged one, where the naked timer began it; one that is seen
    to stand, where the venue had said that none can.
    """
    if state.phase is not Phase.CLOSING or state.close_asked:
        return False
    by_timer = state.end is EndReason.NAKED_TOO_LONG and cover >= Cover.ACKNOWLEDGED
    return by_timer or (state.end in FOR_WANT_OF_A_STOP and cover is Cover.LIVE)


def _is_none_closed(state: SagaState, around: Circumstances) -> bool:
    """Whether a way home may be given up: no close is out, none has filled."""
    return all(state.never_stood(close) or is_close_absent(state, close, around) for close in state.closes)


def may_yet_be_spared(state: SagaState, finding: Finding | None, around: Circumstances) -> bool:
    """Whether a close waits for word of a stop: an earlier process's naked timer began the way home, and what became of
    its last stop is not known, or the venue says that something stands. It is sent again, or read; the clock runs anew
    in each process (rule 13 of the design), so that this wait ends with it.
    """
    if finding is not Finding.NAKED or around.now < around.timer_held_until or not _is_none_closed(state, around):
        return False
    if not _is_spared(state, Cover.ACKNOWLEDGED):
        return False
    newest = max(state.stops.values(), key=lambda facts: facts.n, default=None)
    return newest is not None and newest.status is None and newest.is_in_doubt


# ---- nothing is open


def _of_empty(state: SagaState, around: Circumstances) -> Finding:
    is_claimed = state.phase is Phase.PROTECTED
    return Finding.UNPROVEN if is_claimed and around.now >= claimed_until(state, around) else Finding.EMPTY


def claimed_until(state: SagaState, around: Circumstances) -> Instant:
    """Until when a signal of which nothing seems open is called PROTECTED: what stands is read again on a period, and
    when that has passed without a second source (an address that is banned reads nothing) the claim is empty.
    """
    return gone_since(state, around) + around.bounds.stop_reread


def is_gone(state: SagaState, exposure: Exposure, around: Circumstances) -> bool:
    """FLAT: nothing is open by two sources, the entry is terminal, and no id of ours is live."""
    if not exposure.is_flat_proven and not _nothing_ever_left(state):
        return False
    if around.now < trades_asked_until(state, around):
        return False
    left = unsettled_closes(state, around) or unsettled_rungs(state, around) or unsettled_stops(state, exposure)
    return _all_settled(state, around) and not left


def _nothing_ever_left(state: SagaState) -> bool:
    """Whether no byte of any entry left the house."""
    return all(attempt.outcome is Outcome.NOT_SENT for attempt in state.attempts)


def _all_settled(state: SagaState, around: Circumstances) -> bool:
    """Whether every attempt is terminal, refused, not sent or proven absent, and no further one is owed."""
    if _may_try_again(state, around):
        return False
    return all(is_attempt_dead(state, attempt, around) for attempt in state.attempts)


def is_attempt_dead(state: SagaState, attempt: Attempt, around: Circumstances) -> bool:
    """Whether an attempt can fill no more: terminal, refused, not sent, or proven absent."""
    facts = state.orders[attempt.client_id]
    if facts.is_seen:
        return facts.is_quantity_known
    never_stood = state.never_stood(attempt) and not has_child(state, attempt)
    return never_stood or entry_verdict(state, attempt, around) is Verdict.ABSENT


def unsettled_closes(state: SagaState, around: Circumstances) -> tuple[Sent, ...]:
    """Closes that may still act."""
    return tuple(
        close
        for close in state.closes
        if not state.never_stood(close)
        and not state.orders[close.client_id].is_terminal
        and not is_close_absent(state, close, around)
    )


def unsettled_rungs(state: SagaState, around: Circumstances) -> tuple[Rung, ...]:
    """Orders of take-profits that may still stand or fill. One that may not have arrived is given `read_lag`, since
    nothing hurries.
    """
    return tuple(
        rung
        for rung in state.rungs
        if not state.never_stood(rung)
        and not state.orders[rung.client_id].is_terminal
        and not is_missed_for(state, rung, around.bounds.read_lag)
    )


def unsettled_stops(state: SagaState, exposure: Exposure) -> tuple[StopFacts, ...]:
    """Stops of ours that may still stand: not refused, not seen to end, and not missed by a read begun since flat."""
    return tuple(
        facts
        for facts in state.stops.values()
        if facts.may_live
        and not (facts.missed_last > exposure.moment.heard_at)
        and not _was_never_made(state, facts, exposure)
    )


def _was_never_made(state: SagaState, facts: StopFacts, exposure: Exposure) -> bool:
    """An attached stop is made by the first fill: without any fill there is none."""
    return facts.attached and facts.status is None and exposure.filled == 0


def is_settled(state: SagaState, around: Circumstances) -> bool:
    """Whether nothing of this signal can come back: everything was seen to end, or the quarantine is over."""
    return state.flat_at > 0 and around.now >= settled_at(state, around)


# ---- the entry


def entry_verdict(state: SagaState, attempt: Attempt, around: Circumstances) -> Verdict:
    """PRESENT by one attributable report, of the order or of its child; ABSENT under rule 5; UNDECIDED otherwise."""
    if state.orders[attempt.client_id].is_seen or has_child(state, attempt):
        return Verdict.PRESENT
    if attempt.absent:
        return Verdict.ABSENT
    if attempt.outcome is None or attempt.intent is None:
        return Verdict.UNDECIDED
    is_absent = _absent_by_window if around.traits.engine_checks_window else _absent_by_doubt
    if is_absent(state, attempt, around) and _is_at_baseline(state, attempt, around):
        return Verdict.ABSENT
    return Verdict.UNDECIDED


def has_child(state: SagaState, attempt: Attempt) -> bool:
    """Whether the stop that travels with an attempt stands: the venue makes it at the first fill (bybit.md 3.5), so
    that it tells of one, whatever is said or not said of the order. It bears no name: where another entry of ours has
    filled, it is that one's.
    """
    if any(facts.filled > 0 for facts in state.entry_orders if facts.client_id != attempt.client_id):
        return False
    return any(facts.n == attempt.n + 1 and facts.is_made for facts in state.stops.values())


def _absent_by_window(state: SagaState, attempt: Attempt, around: Circumstances) -> bool:
    horizon = horizon_of(attempt, around)
    rounds = [began for began in attempt.missed if began + around.clock_offset - around.clock_error > horizon]
    spread = max(rounds) - min(rounds) if rounds else 0
    return (
        around.clock_known
        and around.venue_now_early > horizon
        and spread >= around.bounds.read_lag
        and _is_explained(state, around)
        and state.fills_read_at > min(rounds)
    )


def _absent_by_doubt(state: SagaState, attempt: Attempt, around: Circumstances) -> bool:
    sent_at = attempt.intended_at
    watched = 0 < around.stream_since <= sent_at
    needed = around.bounds.doubt if watched else around.bounds.doubt_blind
    spread = max(attempt.missed) - min(attempt.missed) if attempt.missed else 0
    counted_from = sent_at if watched else min(attempt.missed, default=around.now)
    long_enough = bool(attempt.missed) and max(attempt.missed) - counted_from >= needed
    return long_enough and spread >= around.bounds.read_lag and _is_explained(state, around)


def _is_explained(state: SagaState, around: Circumstances) -> bool:
    """Whether no trade on the symbol since the intent may be ours without our knowing."""
    return around.traits.names_fills or not state.loose_fills


def horizon_of(attempt: Attempt, around: Circumstances) -> Instant:
    """Venue time after which the engine refuses the entry: `not_after` + margin."""
    return attempt.intent.not_after + around.bounds.margin if attempt.intent is not None else 0


def _is_at_baseline(state: SagaState, attempt: Attempt, around: Circumstances) -> bool:
    """Whether the position, read after the first round, is what it was before the intent, or moved only by others, by
    entries of ours that are known, and by what our own closes and stops took.
    """
    told = state.opinions.read
    if told is None or not attempt.missed:
        return False
    baseline = foreign_baseline(state, around) + state.side.sign * (state.entered - state.exited)
    words = state.opinions.newer_than(intent_moment(state), around.bounds.read_lag)
    moved = any(word.amount != baseline for word in words)
    return told.report.began_at > min(attempt.missed) and told.report.amount == baseline and not moved


def _may_try_again(state: SagaState, around: Circumstances) -> bool:
    """Whether another attempt is owed: refused as not executed, or proven absent where the venue's engine proves it;
    while the signal is fresh, by the process that intended it, and nobody asked to close. Not where any word but the
    reply's shows one that may fill, or has: a refusal is a claim too.
    """
    last = state.attempts[-1]
    if state.phase is not Phase.ENTERING or state.close_asked or not _is_own_term(last, around):
        return False
    if has_child(state, last) or any(order.is_seen and not order.is_empty for order in state.entry_orders):
        return False
    if around.now > state.signal.expires_at() or not around.may_enter:
        return False
    if last.never_was:
        return last.reason.is_not_executed
    return around.traits.engine_checks_window and entry_verdict(state, last, around) is Verdict.ABSENT


def _is_own_term(attempt: Attempt, around: Circumstances) -> bool:
    """Whether this very process intended the attempt: an earlier one's entry is only looked for."""
    return attempt.intended_at >= around.began_at


def retry_at(state: SagaState) -> Instant:
    """When a deferred attempt may follow: after the wait that the venue asked for."""
    last = state.attempts[-1]
    return last.concluded_at + last.retry_after


# ---- time


def turning_points(state: SagaState, around: Circumstances, naked_since: Instant) -> Iterator[Instant]:
    """The instants at which the same evidence would be judged differently, past ones included."""
    bounds = around.bounds
    if not state.attempts:
        yield state.signal.expires_at() + 1
        return
    if naked_since:
        yield max(naked_since + around.mute + bounds.max_naked, around.timer_held_until)
    for facts in state.stops.values():
        if facts.status in FIRING:
            yield facts.fired_at + bounds.triggering + 1
        elif passed := passed_since(state, facts):
            yield passed + bounds.triggering + 1
    if state.phase is not Phase.FLAT and (asked_until := trades_asked_until(state, around)):
        yield asked_until
    if state.phase is Phase.QUARANTINE:
        yield settled_at(state, around)
    if state.phase is Phase.ENTERING:
        yield state.signal.expires_at() + 1
        yield retry_at(state)
        for attempt in state.attempts:
            yield horizon_of(attempt, around) - around.clock_offset + around.clock_error + 1
