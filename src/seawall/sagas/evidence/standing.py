"""Which of our stops stand, and whether that is where they belong: what a move goes by."""

from __future__ import annotations

from seawall.model.acts import Outcome, Reason
from seawall.sagas.evidence.circumstances import Circumstances, ManualChange
from seawall.sagas.evidence.cover import cover_of, standing_stops, target_trigger
from seawall.sagas.evidence.exposure import Exposure
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.stops import MEANS_READ, Cover, StopFacts


def is_in_place(state: SagaState, exposure: Exposure, around: Circumstances) -> bool:
    """Whether exactly one stop of ours stands, live, where it belongs. What the owner moved by hand belongs there,
    unless he wants it moved back; a quantity stop does while another's stop keeps a whole one out.
    """
    live = live_stops(state, exposure, around)
    if is_move_refused(state):
        return not left_behind(state, live)
    if len(live) != 1 or is_leaving(state, live[0]):
        return False
    if live[0].quantity is not None and not is_kept_out_for_good(state, around):
        return False
    by_hand = live[0].moved_by_hand and around.manual_change is not ManualChange.RESTORE
    by_hand = by_hand and not _is_echo(state, live[0], around)
    return by_hand or live[0].trigger == target_trigger(state)


def _is_echo(state: SagaState, stop: StopFacts, around: Circumstances) -> bool:
    """Whether a stop stands where an act of ours put it a while ago: an earlier move, that was late or delivered twice,
    has overtaken the last one, and no hand was there.
    """
    others = (facts for facts in state.stops.values() if facts.n != stop.n and facts.trigger == stop.trigger)
    return any(stop.trigger_at - facts.intended_at < around.bounds.doubt for facts in others)


def is_kept_out(state: SagaState) -> bool:
    """Whether a stop for the whole position at the right trigger was refused because another one exists."""
    return bool(_kept_out(state))


def is_kept_out_for_good(state: SagaState, around: Circumstances) -> bool:
    """Whether another's is what keeps it out: so late after a cancel of our own, what is left of that one does no more
    (binance.md 4.4, 4.6: for a moment), and a quantity covers nothing that the owner adds.
    """
    whole = (facts.client_id for facts in state.stops.values() if facts.quantity is None)
    taken_back = [state.cancels[name].concluded_at for name in whole if name in state.cancels]
    refused = max((facts.concluded_at for facts in _kept_out(state)), default=0)
    return refused > 0 and all(0 < at <= refused - around.bounds.read_lag for at in taken_back)


def _kept_out(state: SagaState) -> list[StopFacts]:
    target = target_trigger(state)
    whole = (facts for facts in state.stops.values() if facts.quantity is None and facts.is_kept_out)
    return [facts for facts in whole if facts.trigger == target]


def live_stops(state: SagaState, exposure: Exposure, around: Circumstances) -> tuple[StopFacts, ...]:
    """Our stops that are LIVE now, oldest first."""
    standing = standing_stops(state, around)
    return tuple(facts for facts in standing if cover_of(state, facts, exposure, around) is Cover.LIVE)


def is_leaving(state: SagaState, facts: StopFacts) -> bool:
    """Whether a cancel of ours may yet take a stop away, though it is still seen."""
    cancel = state.cancels.get(facts.client_id)
    return cancel is not None and cancel.may_act


def left_behind(state: SagaState, live: tuple[StopFacts, ...]) -> tuple[StopFacts, ...]:
    """The bridges that an earlier move has left beside a stop of ours that stands, and stays, where it belongs."""
    target = target_trigger(state)
    if not any(facts.trigger == target and not is_leaving(state, facts) for facts in live):
        return ()
    bridges = (facts for facts in live if facts.quantity is not None and not facts.moved_by_hand)
    return tuple(facts for facts in bridges if facts.trigger != target)


def is_move_refused(state: SagaState) -> bool:
    """Whether a stop at the settled trigger was refused for good since it was settled: then the old stop is kept. So it
    is where the venue lets no quantity stop in beside the one that stands: without that bridge a move leaves a gap.
    Where none was settled a move is one back to where the first stop belonged (an older record knows no other place),
    and only a bridge that is refused beside a stop ends it.
    """
    target = target_trigger(state)
    tried = [facts for facts in state.stops.values() if facts.trigger == target and facts.n >= state.settled_n]
    if state.settled_trigger is None:
        tried = [facts for facts in tried if _bears_none_beside(facts) and _has_another_stood(state, facts)]
    return any(_is_refused_for_good(facts) and not _has_stood_later(state, facts) for facts in tried)


def _has_another_stood(state: SagaState, refused: StopFacts) -> bool:
    """Whether another stop of ours was seen live: what was refused was a move, and not the first cover."""
    return any(facts.live_at and facts.client_id != refused.client_id for facts in state.stops.values())


def _has_stood_later(state: SagaState, refused: StopFacts) -> bool:
    """Whether a later stop of the same form was seen live, wherever a hand has moved it since: the venue took it."""
    later = (facts for facts in state.stops.values() if facts.n > refused.n and facts.live_at)
    return any((facts.quantity is None) is (refused.quantity is None) for facts in later)


def _is_refused_for_good(facts: StopFacts) -> bool:
    """Whether the venue will not have a stop, and has not been seen to hold it for all its words. That another exists
    is the last word on a quantity stop alone: this venue bears none beside it (binance.md 4.7, an open question).
    """
    final = _bears_none_beside(facts) or not (facts.reason.is_not_executed or facts.reason in MEANS_READ)
    return facts.outcome is Outcome.REFUSED and facts.status is None and final


def _bears_none_beside(facts: StopFacts) -> bool:
    return facts.reason is Reason.STOP_EXISTS and facts.quantity is not None
