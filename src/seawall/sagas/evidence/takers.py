"""Who may have taken a position away: somebody outside, where none of our own orders can have done it unheard.

Two sources say that a position is gone, and nobody has told of a trade. A hand and the venue's own order look the same
from here, and both are outside; but an order of ours that was never heard of may have filled as well, and to call that
somebody else's doing would be a lie.
"""

from __future__ import annotations

from seawall.model.ids import Leg
from seawall.model.reports import StopStatus
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.stops import StopFacts

_UNFIRED = (StopStatus.CANCELLED, StopStatus.EXPIRED, StopStatus.REJECTED)


def was_outside(state: SagaState) -> bool:
    """Whether somebody else has taken the position: a trade or an order of theirs is known, or ours are ruled out."""
    theirs = any(fill.side is state.side.opposite for fill in state.foreign_fills.values())
    by_hand = any(facts.leg is Leg.DIRECT and facts.filled > 0 for facts in state.exit_orders)
    return theirs or by_hand or not _is_in_doubt(state)


def has_nameless_exits(state: SagaState) -> bool:
    """Whether a trade without a name may be that of a stop of ours: the venue names neither a stop of its position nor
    its trades (bybit.md 3.3), and a process may not know what an earlier one has placed.
    """
    return any(fill.side is state.side.opposite for fill in state.loose_fills.values())


def _is_in_doubt(state: SagaState) -> bool:
    """Whether an order of ours that reduces may have traded unheard."""
    if has_nameless_exits(state):
        return True
    sent = (*state.closes, *state.rungs)
    unheard = any(not state.never_stood(one) and not state.orders[one.client_id].is_seen for one in sent)
    return unheard or any(_may_have_fired(state, facts) for facts in state.stops.values())


def _may_have_fired(state: SagaState, facts: StopFacts) -> bool:
    """Whether a stop may have filled though its order was not heard of: also one that was last seen to stand, until it
    is told to have ended otherwise. One for the whole position, which nobody saw, has not where a later one was seen to
    stand: nothing would have been left for that one.
    """
    if state.orders[facts.client_id].is_seen or facts.status in _UNFIRED:
        return False
    if facts.status is not None:
        return True
    stood_later = any(other.n > facts.n and other.live_at for other in state.stops.values())
    return facts.may_live and not (stood_later and facts.quantity is None)
