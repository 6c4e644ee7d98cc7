"""The three opinions about each position, side by side, with their ages: ours, the stream's, the position query's.

Ours is what our own entries and exits add up to, adopted positions with the rest; the other two are the last words of
their sources. They may differ for a moment after every change; which of them is to be believed is decided in `sagas`,
never here. What nobody of us opened is shown as well, for as long as a source shows an amount: as foreign.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from seawall.history.exits import exits
from seawall.history.facts import History, by_signal, entry_side, every, filled, first, last, reduced
from seawall.history.receipt import State, state_of
from seawall.model.amounts import ZERO
from seawall.model.events import PositionAdopted, PositionReported, StopConfirmed
from seawall.model.ids import SignalId, Symbol
from seawall.model.reports import Source
from seawall.model.times import Duration, Instant

_OVER = (State.FLAT_SEEN, State.FLAT, State.REFUSED)


@dataclass(frozen=True, slots=True)
class Opinion:
    """A signed amount (long above zero), when it was heard, the venue's time of it (0: not told), and its age."""

    amount: Decimal
    at: Instant
    venue_at: Instant
    age: Duration


class Origin(StrEnum):
    """Whose a position is: opened by a signal, adopted from what stood there, or another's."""

    SIGNAL = "signal"
    ADOPTED = "adopted"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class PositionView:
    """One symbol of an account. An opinion is None where that source has never spoken. `signals` are the open ones."""

    symbol: Symbol
    signals: tuple[SignalId, ...]
    state: State | None
    trigger: Decimal | None
    origin: Origin
    ours: Opinion
    stream: Opinion | None
    read: Opinion | None

    @property
    def agree(self) -> bool:
        """Whether all who have spoken say the same."""
        return all(told.amount == self.ours.amount for told in (self.stream, self.read) if told is not None)


def opinions(history: History, now: Instant) -> tuple[PositionView, ...]:
    """A view of each symbol of an account that has an open signal, or an amount by anyone's word; by symbol."""
    symbols = sorted({recorded.event.symbol for recorded in history if recorded.event.symbol})
    views = (_view(Symbol(symbol), history, now) for symbol in symbols)
    return tuple(view for view in views if view.signals or _stands(view))


def _stands(view: PositionView) -> bool:
    return any(told is not None and told.amount for told in (view.ours, view.stream, view.read))


def _view(symbol: Symbol, history: History, now: Instant) -> PositionView:
    own = [recorded for recorded in history if recorded.event.symbol == symbol]
    signals = {name: story for name, story in by_signal(own).items() if state_of(story) not in (None, *_OVER)}
    newest = list(signals.values())[-1] if signals else []
    confirmed = last(newest, StopConfirmed)
    return PositionView(
        symbol=symbol,
        signals=tuple(signals),
        state=state_of(newest),
        trigger=confirmed.trigger if confirmed is not None else None,
        origin=_origin(newest),
        ours=_ours(own, now),
        stream=_told(own, now, Source.STREAM),
        read=_told(own, now, Source.POSITIONS),
    )


def _origin(story: History) -> Origin:
    if not story:
        return Origin.FOREIGN
    return Origin.SIGNAL if first(story, PositionAdopted) is None else Origin.ADOPTED


def _ours(own: History, now: Instant) -> Opinion:
    """What our own orders add up to, as old as the last event that is more than a source's word on the position."""
    amount = sum((_of_signal(story) for story in by_signal(own).values()), ZERO)
    at = max((recorded.at for recorded in own if not isinstance(recorded.event, PositionReported)), default=own[0].at)
    return Opinion(amount, at, 0, max(0, now - at))


def _of_signal(story: History) -> Decimal:
    """The signed amount that a signal still holds by our own word."""
    side = entry_side(story)
    if side is None or state_of(story) in _OVER:
        return ZERO
    return side.sign * max(ZERO, filled(story) - _left(story))


def _left(story: History) -> Decimal:
    """What has left by our own orders, and by any other hand whose trades were told."""
    return max(reduced(story), sum((one.quantity for one in exits(story, None)), ZERO))


def _told(own: History, now: Instant, source: Source) -> Opinion | None:
    """The last word of a source."""
    said = [event.report for event in every(own, PositionReported) if event.report.source is source]
    if not said:
        return None
    report = said[-1]
    return Opinion(report.amount, report.at, report.venue_at, max(0, now - report.at))
