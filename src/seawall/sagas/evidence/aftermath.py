"""How long after flat was seen something of a signal may still come back."""

from __future__ import annotations

from seawall.model.times import Duration, Instant
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.state import SagaState


def settled_at(state: SagaState, around: Circumstances) -> Instant:
    """When nothing of a signal that is flat can come back: at once, or at the end of its quarantine, which begins anew
    with each process: while none lived nobody listened, and what an order did meanwhile is told to the new one.
    """
    wait = quarantine(state, around)
    return (max(state.flat_at, around.began_at) if wait else state.flat_at) + wait


def quarantine(state: SagaState, around: Circumstances) -> Duration:
    """How long flat must last before the slot is free: nothing, if every act was refused, not sent or seen terminal."""
    bounds = around.bounds
    doubt = bounds.doubt
    if around.traits.engine_checks_window:
        doubt = bounds.act_window + bounds.margin + bounds.read_lag
    orders = any(
        not state.never_stood(act) and not state.orders[act.client_id].is_terminal for act in state.orders_sent
    )
    stops = any(facts.may_live and not facts.attached for facts in state.stops.values())
    attached = any(facts.may_live and facts.attached for facts in state.stops.values()) and state.filled is not None
    return max(doubt if orders else 0, bounds.doubt if stops or attached else 0)
