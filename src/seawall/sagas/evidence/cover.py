"""What covers what is open of a signal: which of our stops stand, and what each is worth by all that was said of it.

What a stop is worth by its own facts is in `stops.py`. On Bybit the position's own row speaks of its stop too: LIVE
needs both the child and the row, and a newer row without a stop takes back what was only believed (design, rule 11).
A row that goes on showing a stop whose child was rejected is believed until that end is read: a child missing from a
list is asked for by its id, or by its parent. No book bounds how long this takes (bybit.md 3.2: a history may be 15 s
behind); at the latest two misses `read_lag` apart let the venue decide.
"""

from __future__ import annotations

from decimal import Decimal

from seawall.model.acts import Outcome, Reason
from seawall.model.amounts import ZERO
from seawall.model.reports import MarkReport, PositionReport, StopStatus
from seawall.model.times import Instant
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.exposure import Exposure, first_moment
from seawall.sagas.evidence.positions import DATED_APART
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.stops import FIRING, MEANS_READ, Cover, StopFacts, worth


def standing_stops(state: SagaState, around: Circumstances) -> tuple[StopFacts, ...]:
    """Our stops that may stand in this venue's book, oldest first."""
    return state.standing_as_one if around.traits.one_stop_per_position else state.standing_stops


def cover_of(state: SagaState, facts: StopFacts, exposure: Exposure, around: Circumstances) -> Cover:
    """What one stop of ours is worth now for the whole exposure."""
    cover = worth(facts, exposure.open, around.now, around.bounds.triggering)
    if around.traits.position_shows_stop and facts.quantity is None and cover is not Cover.NONE:
        cover = _with_position_row(state, facts, cover, exposure, around)
    if cover >= Cover.ACKNOWLEDGED and _was_refused_again(state, facts, around):
        return Cover.NONE
    if cover is Cover.ACKNOWLEDGED and _must_have_fired(state, facts, around):
        return Cover.NONE
    return cover


def best_cover(state: SagaState, exposure: Exposure, around: Circumstances) -> tuple[Cover, StopFacts | None]:
    """The best cover among our stops, and the stop that gives it; the newest where they tie."""
    best: tuple[Cover, StopFacts | None] = (Cover.NONE, None)
    for facts in standing_stops(state, around):
        cover = cover_of(state, facts, exposure, around)
        if cover >= best[0]:
            best = (cover, facts)
    return best


def is_reached(state: SagaState, prices: MarkReport | None) -> bool:
    """Whether the price that a stop of ours watches has come to its trigger, though the stop is thought to stand: it
    has fired unheard, or does not do its work.
    """
    if prices is None:
        return False
    live = (facts for facts in state.stops.values() if facts.status is StopStatus.LIVE)
    watched = ((prices.watched(facts.trigger_by), facts.trigger) for facts in live)
    return any(price > 0 and (price - trigger) * state.side.sign <= 0 for price, trigger in watched)


def _with_position_row(
    state: SagaState, facts: StopFacts, cover: Cover, exposure: Exposure, around: Circumstances
) -> Cover:
    """What the position's own field makes of a stop (Bybit). LIVE needs both the child and the field; the field alone,
    or for an attached stop a fill under our id, is ACKNOWLEDGED; a newer row without a stop takes it all back.
    """
    row = _row(state, around)
    if _is_taken_back(facts, row):
        return Cover.NONE
    shows = row is not None and row.stop_loss == facts.trigger and _is_word_about(state, row, facts, around)
    if cover is Cover.LIVE:
        return Cover.LIVE if shows else Cover.ACKNOWLEDGED
    if cover is Cover.UNKNOWN and (shows or (facts.attached and exposure.filled > 0)):
        return Cover.ACKNOWLEDGED
    return cover


def _is_word_about(state: SagaState, row: PositionReport, facts: StopFacts, around: Circumstances) -> bool:
    """Whether a row that shows our trigger can be about this very stop: dated, or read, after it was last asked for; or
    surely dated after it was first asked for, where no older one can have put that trigger there: any of its sendings
    may be the one that arrived. An attached stop is as old as the fill.
    """
    asked_at = facts.intended_at + around.clock_offset - around.clock_error
    if facts.attached or row.venue_at > asked_at or 0 < facts.concluded_at < row.began_at:
        return True
    asked_first = facts.asked_first + around.clock_offset + around.clock_error
    return row.venue_at > asked_first and not _may_be_an_olders(state, facts)


def _may_be_an_olders(state: SagaState, facts: StopFacts) -> bool:
    """Whether a position may show our trigger for an older stop of ours that covers nothing: one stuck there, or whose
    child was rejected, since the field may go on showing that (see the head of this file).
    """
    older = (other for other in state.stops.values() if other.n < facts.n and other.trigger == facts.trigger)
    return any(other.status in (*FIRING, StopStatus.REJECTED) for other in older)


def is_contradicted(state: SagaState, facts: StopFacts, around: Circumstances) -> bool:
    """Whether the newest position row since the fill shows a position and no stop, and is newer than what we know of
    this one: than its child's newest sighting, or than the answer to its placing.
    """
    return around.traits.position_shows_stop and _is_taken_back(facts, _row(state, around))


def _is_taken_back(facts: StopFacts, row: PositionReport | None) -> bool:
    if row is None or not row.amount or row.stop_loss != 0:
        return False
    if facts.status is not None:
        return row.venue_at > max(facts.live_at, facts.seen_at) + DATED_APART
    return facts.attached or (facts.concluded_at > 0 and row.began_at > facts.concluded_at)


def _row(state: SagaState, around: Circumstances) -> PositionReport | None:
    """The newest word about the position since the first proof of a fill, or of its instant, of those that speak of its
    stop at all: a field that did not come takes nothing back.
    """
    heard = state.opinions.telling_of(first_moment(state), around.bounds.read_lag)
    words = [told for told in heard if told.stop_loss is not None]
    if len(words) <= 1:
        return words[0] if words else None
    return max(words, key=lambda told: (told.seq, told.venue_at, told.began_at))


def _was_refused_again(state: SagaState, facts: StopFacts, around: Circumstances) -> bool:
    """Whether this stop was missed twice, placed again, and that was refused definitely: then it is gone."""
    if not facts.is_missing(around.bounds.read_lag):
        return False
    missing_since = facts.missed_first + around.bounds.read_lag
    later = (other for other in state.stops.values() if other.n > facts.n and other.intended_at >= missing_since)
    return any(
        other.outcome is Outcome.REFUSED and other.reason not in MEANS_READ and not other.reason.is_not_executed
        for other in later
    )


def _must_have_fired(state: SagaState, facts: StopFacts, around: Circumstances) -> bool:
    """Whether a stop that is believed and not seen should have closed the position by now: the venue has refused
    another at the very same trigger, since the market has passed it. So this one is triggering, or gone, and triggering
    covers for so long only. A position's own field may go on showing it (Bybit, a rejected child).
    """
    since = passed_since(state, facts)
    return since > 0 and around.now - since > around.bounds.triggering


def passed_since(state: SagaState, facts: StopFacts) -> Instant:
    """When the venue first said that the market has passed the trigger of this stop, by refusing a later one; or 0."""
    said = (
        other.concluded_at
        for other in state.stops.values()
        if other.n > facts.n
        and (other.trigger, other.trigger_by) == (facts.trigger, facts.trigger_by)
        and other.reason is Reason.TRIGGER_PASSED
        and other.status is None
    )
    return min(said, default=0)


def is_beyond_bound(state: SagaState, around: Circumstances) -> bool:
    """Whether the venue has refused the stop at its final trigger for standing too far from the market, as often in a
    row as stops are repeated at once: a bound that follows the market may let the next one in, where a tick is wanting.
    """
    tried = [facts for facts in state.stops.values() if facts.reason is not Reason.NONE or facts.status is not None]
    latest = sorted(tried, key=lambda facts: facts.n)[-len(around.bounds.stop_repeat) :]
    refused = all(facts.reason is Reason.STOP_BOUND and facts.status is None for facts in latest)
    at_target = all(facts.trigger == target_trigger(state) for facts in latest)
    return len(latest) == len(around.bounds.stop_repeat) and refused and at_target and is_trigger_final(state)


def target_trigger(state: SagaState) -> Decimal:
    """Where the stop belongs: the settled trigger, else the intent's."""
    if state.settled_trigger is not None:
        return state.settled_trigger.trigger
    return state.intent.trigger if state.intent is not None else ZERO


def is_trigger_final(state: SagaState) -> bool:
    """Whether the target is absolute or settled, so that a refusal of it is the market's last word."""
    return state.settled_trigger is not None or (state.intent is not None and state.intent.trigger_is_final)
