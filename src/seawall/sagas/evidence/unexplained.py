"""Until when the trades of a symbol are asked for: a receipt says why a position ended, and what it was worth."""

from __future__ import annotations

from seawall.model.amounts import ZERO
from seawall.model.times import SECOND, Bounds, Instant
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.exposure import moved_by_others, shown_by, shrunk_by, unclosed
from seawall.sagas.evidence.sent import Sent
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.takers import has_nameless_exits


def trades_asked_until(state: SagaState, around: Circumstances) -> Instant:
    """Until when it is asked who took the position from us, at what price we closed it, or whether there was one; 0
    where that is known. The receipt says why it ended and what it was worth.
    """
    asked_until = (_who_took_it_asked_until, _price_asked_until, _emptiness_asked_until)
    return max(until(state, around) for until in asked_until)


def is_part_unexplained(state: SagaState, around: Circumstances) -> bool:
    """Whether reads have left less of our holding than all the fills that are known, and that is news yet: the trades
    tell who took it.
    """
    if state.reduced is None or around.now >= state.reduced.at + around.bounds.read_lag:
        return False
    by_orders = state.entered - state.exited - state.written_off
    return by_orders - max(moved_by_others(state, around), ZERO) > unclosed(state)


def _price_asked_until(state: SagaState, around: Circumstances) -> Instant:
    """Until a read of the trades tells of every close and take-profit that is unpriced; for want of one, `doubt`."""
    told_from = prices_told_from(state, around.bounds)
    is_asked = told_from and not state.flat_at and state.fills_read_at < told_from
    return told_from + around.bounds.doubt if is_asked else 0


def prices_told_from(state: SagaState, bounds: Bounds) -> Instant:
    """From when on a read of the trades, however it lags, tells of the last exit that is unpriced; 0 without any."""
    concluded = [exit_.concluded_at for exit_ in unpriced_exits(state)]
    return max(concluded) + bounds.read_lag if concluded else 0


def unpriced_exits(state: SagaState) -> tuple[Sent, ...]:
    """Closes and take-profits that have filled, of which no price is known: a reply has none (binance.md 1.6)."""
    sent: tuple[Sent, ...] = (*state.closes, *state.rungs)
    return tuple(one for one in sent if state.orders[one.client_id].is_unpriced)


def _emptiness_asked_until(state: SagaState, around: Circumstances) -> Instant:
    """That an entry ended without a fill may be told by reads alone, and one may lie; and that the slot is flat may be
    a hand's doing, or the venue's. The trades are read once; for want of them it waits through `doubt`.
    """
    empty = [facts for facts in state.entry_orders if facts.is_empty and not facts.is_end_heard]
    ended_at = max((facts.ended_at for facts in empty), default=0)
    if state.flat_at or state.fills_read_at >= ended_at:
        return 0
    return max(around.term * SECOND, ended_at) + around.bounds.doubt


def _who_took_it_asked_until(state: SagaState, around: Circumstances) -> Instant:
    """A liquidation that the stream did not tell of would be called the owner's hand. It is asked for `read_lag`, from
    when two sources had left less of it, or reads have agreed for long enough that it is gone; and by each process that
    finds it so.
    """
    told, lag = state.opinions.read, around.bounds.read_lag
    if state.flat_at or told is None or shown_by(state, told, around) > 0:
        return 0
    if not _is_unexplained(state, around):
        return 0
    if shrunk_by(state, around) is not None:
        return around.now + lag
    gone_at = state.reduced.at if state.reduced is not None else told.agreed_since + lag
    return max(gone_at, around.term * SECOND) + lag


def _is_unexplained(state: SagaState, around: Circumstances) -> bool:
    """Whether all the fills that are known leave something of ours, or one without a name may be of a stop of ours: if
    the position is gone, the trades and their orders will tell who took it.
    """
    owned = state.entered - state.exited - state.written_off
    return owned > max(moved_by_others(state, around), ZERO) or (owned > 0 and has_nameless_exits(state))
