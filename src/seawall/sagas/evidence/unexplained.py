"""Until when the trades of a symbol are asked for: a receipt says why a position ended, and what it was worth.

They are asked until a read of them was answered that is late enough to tell, however it lags; where none is, `doubt`
longer. Most maintenances are shorter, and an end is not held up for ever for the sake of its receipt.
"""

from __future__ import annotations

from seawall.model.amounts import ZERO
from seawall.model.times import Instant
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.exposure import left_by, moved_by_others, shrunk_by, unclosed
from seawall.sagas.evidence.sent import Sent
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.takers import has_nameless_exits


def trades_asked_until(state: SagaState, around: Circumstances) -> Instant:
    """Until when the trades are asked about a position that is gone, by each process; 0 where all is known."""
    told_from = _trades_tell_from(state, around)
    if state.flat_at or _is_told(state, told_from, around):
        return 0
    return max(told_from, around.began_at) + around.bounds.doubt


def lacks_names(state: SagaState, around: Circumstances) -> bool:
    """Whether the orders tell whose the trades are: where a trade tells only its order's id, or may be of a stop that
    has no name.
    """
    return bool(state.loose_fills) and (not around.traits.names_fills or has_nameless_exits(state))


def is_part_unexplained(state: SagaState, around: Circumstances) -> bool:
    """Whether the trades are asked who took a part of our holding that stands yet."""
    told_from = _part_told_from(state, around)
    return not _is_told(state, told_from, around) and around.now < told_from + around.bounds.doubt


def is_told_by(began_at: Instant, state: SagaState, around: Circumstances) -> bool:
    """Whether a read of the trades, begun then, is the first that is late enough to tell what is asked for."""
    told_from = max(_trades_tell_from(state, around), _part_told_from(state, around))
    return state.fills_read_at < told_from <= began_at


def unpriced_exits(state: SagaState) -> tuple[Sent, ...]:
    """Closes and take-profits that have filled, of which no price is known: a reply has none (binance.md 1.6)."""
    sent: tuple[Sent, ...] = (*state.closes, *state.rungs)
    return tuple(one for one in sent if state.orders[one.client_id].is_unpriced)


def _is_told(state: SagaState, told_from: Instant, around: Circumstances) -> bool:
    """Whether the trades were read from then on, and every one of them says whose it is."""
    return not told_from or (state.fills_read_at >= told_from and not lacks_names(state, around))


def _trades_tell_from(state: SagaState, around: Circumstances) -> Instant:
    """From when on a read of the trades tells who took the position from us, at what price we closed it, and whether
    there was one.
    """
    return max(_taker_told_from(state, around), _prices_told_from(state, around), _emptiness_told_from(state, around))


def _prices_told_from(state: SagaState, around: Circumstances) -> Instant:
    """`read_lag` after the last entry, close or take-profit whose answer told of a fill without its price."""
    unpriced = (sent for sent in state.orders_sent if state.orders[sent.client_id].is_unpriced)
    concluded_at = max((sent.concluded_at for sent in unpriced), default=0)
    return concluded_at + around.bounds.read_lag if concluded_at else 0


def _emptiness_told_from(state: SagaState, around: Circumstances) -> Instant:
    """That an entry ended without a fill may be told by reads alone, and one may lie; and that the slot is flat may be
    a hand's doing, or the venue's. Where a position spoke for a fill, a list of trades that may lag does not deny it;
    nor do the first reads of a new process, which may all be empty, tell what it was deaf to.
    """
    empty = (facts for facts in state.entry_orders if facts.is_empty and not facts.is_end_heard)
    ended_at = max((facts.ended_at for facts in empty), default=0)
    if not ended_at or (state.filled is None and ended_at >= around.began_at):
        return ended_at
    return max(ended_at, around.began_at) + around.bounds.read_lag


def _taker_told_from(state: SagaState, around: Circumstances) -> Instant:
    """A liquidation that the stream did not tell of would be called the owner's hand. It is asked for from when two
    sources had left less of it, or reads have agreed for long enough that it is gone; and by each process that finds it
    so.
    """
    told, lag = state.opinions.read, around.bounds.read_lag
    seems_left = told is None or left_by(state, told, around) > 0
    if state.flat_at or (seems_left and state.reduced is None) or not _is_unexplained(state, around):
        return 0
    if shrunk_by(state, around) is not None:
        return around.now + lag
    gone_at = told.agreed_since + lag if told is not None else 0
    return max(state.reduced.at if state.reduced is not None else gone_at, around.began_at) + lag


def _part_told_from(state: SagaState, around: Circumstances) -> Instant:
    """Where reads have left less of our holding than all the fills that are known."""
    if state.reduced is None:
        return 0
    by_orders = state.entered - state.exited - state.written_off
    is_less = by_orders - max(moved_by_others(state, around), ZERO) > unclosed(state)
    return state.reduced.at + around.bounds.read_lag if is_less else 0


def _is_unexplained(state: SagaState, around: Circumstances) -> bool:
    """Whether all the fills that are known leave something of ours, or one without a name may be of a stop of ours: if
    the position is gone, the trades and their orders will tell who took it.
    """
    owned = state.entered - state.exited - state.written_off
    return owned > max(moved_by_others(state, around), ZERO) or (owned > 0 and has_nameless_exits(state))
