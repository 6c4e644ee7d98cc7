"""Settled: which orders of ours explain a position no longer, because their signal has come to its end without it.

What others have closed of ours (another hand, a liquidation, an ADL) leaves no order under our prefix, so that ours add
up to a position for as long as they are listed, six days. Whoever buys on the slot meanwhile would have his own taken
up, covered by a stop of ours, and perhaps closed. So an order explains nothing any more where

- its signal is flat, and not by the operator's word, which proves nothing; it knows every entry that is listed under
  its names, with all that these filled; and the position has changed since anything that it knows of, or its own
  orders have closed all that others had left of it, though the list may not show them yet; or
- it is dated at or before a moment at which a signal of this slot, that came to such an end, had nothing open: its own
  last fill or the venue's word of an empty slot; and the position has changed since. That remains known when the signal
  has left memory.

A late fill is no such order: it is heard by its own signal first, which reopens and holds the slot. Nor is anything
that a journal does not know, be it new or an old copy: what it has lost is dated later (design, rule 20).
"""

from __future__ import annotations

from collections.abc import Iterable

from seawall.model.events import EndReason
from seawall.model.ids import Leg, parse_client_id
from seawall.model.reports import OrderReport, PositionReport
from seawall.model.times import Instant
from seawall.sagas.evidence.exposure import unclosed
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.phase import Phase


def has_ended_proven(state: SagaState) -> bool:
    """Whether a signal's end was proven, rather than said by its operator."""
    return state.phase is Phase.FLAT and state.end is not EndReason.RESOLVED


def nothing_open_at(state: SagaState) -> Instant:
    """The latest moment, in the venue's time, of which an ended signal knows that nothing opened before it is left: its
    own last fill, a word that the slot is empty, or that others had left nothing of it. Words of anything else may tell
    of a later signal's position.
    """
    empty = [word.venue_at for word in state.opinions.words() if not word.amount]
    return max([_last_fill_at(state), _nothing_left_at(state), *empty])


def unsettled(
    position: PositionReport, orders: Iterable[OrderReport], earlier: Iterable[SagaState], nothing_at: Instant
) -> list[OrderReport]:
    """The orders that may explain a position. `earlier`: the slot's signals; `nothing_at`: as `nothing_open_at` has it
    of all that have ended there.
    """
    by_signal: dict[str, list[OrderReport]] = {}
    for order in orders:
        by_signal.setdefault(_signal_of(order), []).append(order)
    ended = [state for state in earlier if has_ended_proven(state) and is_over(state, position)]
    left = [order for made in by_signal.values() if not any(_knows(state, made) for state in ended) for order in made]
    is_later = nothing_at < position.venue_at
    return [order for order in left if not (is_later and 0 < order.venue_at <= nothing_at)]


def is_over(state: SagaState, position: PositionReport) -> bool:
    """Whether nothing of an ended signal is in a position: its own orders closed all that others had left of it, they
    had left nothing and the position has changed since, or it has since all that the signal knows of.
    """
    return has_closed_all(state) or (_nothing_left_at(state) or _known_until(state)) < position.venue_at


def has_closed_all(state: SagaState) -> bool:
    """Whether a signal's own orders closed all that others had left of what its entry filled."""
    left = state.entered if state.reduced is None else state.reduced.left
    return left > 0 and unclosed(state) <= 0 and not state.written_off


def _nothing_left_at(state: SagaState) -> Instant:
    """When others were seen to have left nothing of it, in the venue's time; 0 where they were not."""
    told = state.reduced
    return told.venue_at if told is not None and told.left <= 0 and not state.written_off else 0


def _known_until(state: SagaState) -> Instant:
    return max([_last_fill_at(state), *(word.venue_at for word in state.opinions.words())])


def _last_fill_at(state: SagaState) -> Instant:
    return max((facts.last_fill_at for facts in state.orders.values()), default=0)


def _signal_of(order: OrderReport) -> str:
    """The signal whose name an order bears, by its digest; empty where it bears none of ours."""
    name = parse_client_id(order.client_id or order.parent)
    return name.signal if name is not None else ""


def _knows(state: SagaState, made: list[OrderReport]) -> bool:
    """Whether a signal knows every entry among the orders of one name, with all that it filled."""
    names = ((order, parse_client_id(order.client_id)) for order in made)
    entries = [order for order, name in names if name is not None and name.leg is Leg.ENTRY]
    known = (state.orders.get(order.client_id) for order in entries)
    return bool(entries) and all(
        facts is not None and order.filled <= facts.filled for order, facts in zip(entries, known, strict=True)
    )
