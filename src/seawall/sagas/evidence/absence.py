"""Absence of what only reduces: when an order that nobody answers for may be taken for not arrived.

An entry is proven absent under rule 5, in `judgement.py`. A close is reduce-only, so that being wrong about it can
never open anything, and half a second is enough.
"""

from __future__ import annotations

from seawall.model.times import Duration
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.sent import Sent
from seawall.sagas.evidence.state import SagaState


def is_close_absent(state: SagaState, close: Sent, around: Circumstances) -> bool:
    """Whether an Unknown close may be taken for not arrived, so that the next may follow: two complete reads of its
    name and of the position `close_lag` apart, begun after it, did not show it. It is reduce-only, so that being wrong
    here can never open anything.
    """
    told = state.opinions.read
    asked = told is not None and told.report.began_at > close.concluded_at
    return asked and is_missed_for(state, close, around.bounds.close_lag)


def is_missed_for(state: SagaState, sent: Sent, lag: Duration) -> bool:
    """Whether complete reads `lag` apart, begun after an act was answered, did not see its order."""
    if state.orders[sent.client_id].is_seen or sent.outcome is None:
        return False
    reads = [began for began in sent.missed if began > sent.concluded_at]
    return bool(reads) and max(reads) - min(reads) >= lag
