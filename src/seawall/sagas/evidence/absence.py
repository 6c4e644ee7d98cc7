"""Absence of what only reduces: when an order that nobody answers for may be taken for not arrived.

An entry is proven absent under rule 5, in `judgement.py`. A close is reduce-only, so that being wrong about it can
never open anything, and half a second is enough.
"""

from __future__ import annotations

from decimal import Decimal

from seawall.model.acts import Outcome
from seawall.model.times import Duration
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.sent import Sent
from seawall.sagas.evidence.state import SagaState


def is_close_absent(state: SagaState, close: Sent, around: Circumstances) -> bool:
    """Whether an Unknown close may be taken for not arrived, so that the next may follow: two complete reads of its
    name and of the position `close_lag` apart, begun after it, did not show it. It is reduce-only, so that being wrong
    here can never open anything; but a second one may take what another hand holds beside us, so that one which the
    venue has acknowledged is waited for there as long as an unseen name stays possible.
    """
    told, bounds = state.opinions.read, around.bounds
    if told is None or told.report.began_at <= close.concluded_at:
        return False
    beside = close.outcome is Outcome.ACKNOWLEDGED and _holds_more_than_ours(state, told.report.amount)
    return is_missed_for(state, close, bounds.doubt if beside else bounds.close_lag)


def _holds_more_than_ours(state: SagaState, amount: Decimal) -> bool:
    """Whether a position has more in our direction than our own orders left."""
    return state.entered > 0 and amount * state.side.sign > state.entered - state.exited


def is_missed_for(state: SagaState, sent: Sent, lag: Duration) -> bool:
    """Whether complete reads `lag` apart, begun after an act was answered, did not see its order."""
    if state.orders[sent.client_id].is_seen or sent.outcome is None:
        return False
    reads = [began for began in sent.missed if began > sent.concluded_at]
    return bool(reads) and max(reads) - min(reads) >= lag
