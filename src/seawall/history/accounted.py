"""Whether all of our own that could have taken a position away is accounted for.

A trade without a name, under an order that nobody told of, is another hand's only where none of ours can have made it:
where each was seen, with the venue's id that its trades bear, or never came to stand, or ended without having fired. A
stop that was last seen to stand has not fired while the position is there; once that is gone, it may have taken it.
"""

from __future__ import annotations

from seawall.history.facts import History, entry_side, every
from seawall.model.acts import Outcome
from seawall.model.events import (
    ActConcluded,
    CloseIntended,
    FillReported,
    FlatSeen,
    FlatTold,
    OrderReported,
    PositionReported,
    StopIntended,
    StopReported,
    TakeProfitIntended,
)
from seawall.model.ids import ClientId
from seawall.model.reports import StopStatus

_NEVER_WAS = (Outcome.REFUSED, Outcome.NOT_SENT)
_UNFIRED = (StopStatus.CANCELLED, StopStatus.EXPIRED, StopStatus.REJECTED)


def is_accounted_for(history: History) -> bool:
    """Whether no order of ours that reduces may have traded unheard."""
    heard = _heard(history)
    orders = [close.client_id for close in every(history, CloseIntended)]
    orders += [rung.client_id for rung in every(history, TakeProfitIntended)]
    stops = [stop for stop in every(history, StopIntended) if stop.client_id not in heard]
    return all(name in heard or _never_was(history, name) for name in orders) and all(
        _cannot_have_fired(history, stop) for stop in stops
    )


def _heard(history: History) -> set[ClientId]:
    """The names under which an order or a trade was heard of."""
    orders = {event.report.client_id for event in every(history, OrderReported)}
    return orders | {event.report.client_id for event in every(history, FillReported)}


def _never_was(history: History, name: ClientId) -> bool:
    """Whether whatever was sent under a name was refused, or not sent at all."""
    said = [event.outcome for event in every(history, ActConcluded) if event.client_id == name]
    return bool(said) and all(outcome in _NEVER_WAS for outcome in said)


def _cannot_have_fired(history: History, stop: StopIntended) -> bool:
    """Whether a stop whose order nobody has told of cannot have filled. One for the whole position, which nobody saw,
    has not where a later one was seen to stand: nothing would have been left for that one.
    """
    told = every(history, StopReported)
    words = [event.report for event in told if event.report.client_id == stop.client_id]
    if words:
        stands = words[-1].status is StopStatus.LIVE and not _is_gone(history)
        return bool(words[-1].order_id) or words[-1].status in _UNFIRED or stands
    later = {other.client_id for other in every(history, StopIntended) if other.n > stop.n}
    stood = any(event.report.client_id in later and event.report.status is StopStatus.LIVE for event in told)
    return (stood and stop.quantity is None) or _never_was(history, stop.client_id)


def _is_gone(history: History) -> bool:
    """Whether the position is told to be gone, or to be another's by now."""
    words, side = every(history, PositionReported), entry_side(history)
    is_shown_gone = bool(words) and side is not None and words[-1].report.amount * side.sign <= 0
    return is_shown_gone or any(isinstance(recorded.event, FlatSeen | FlatTold) for recorded in history)
