"""When a position was open and when a stop covered it, in the venue's clock, as far as the venue has dated it.

An *episode* is one stretch of exposure: from the first fill to the end that was seen; a late fill begins another. A
*span* is the life of one stop: from the instant since which it was seen live to the instant at which a source says that
it ended. A source may say so late, long after another stop has taken over; the past is then told anew, since it is the
venue's word about its own clock. A position row that shows no stop any more dates the end of an attached one; a loss
that nobody has dated counts from when we decided it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from seawall.history.facts import History, entry_fills, entry_orders, every, exit_fills, exit_orders, first
from seawall.model.amounts import ZERO
from seawall.model.events import (
    EntryFilled,
    EntryIntended,
    FlatSeen,
    PositionReported,
    ProtectionLost,
    Recorded,
    SagaReopened,
    StopConfirmed,
    StopIntended,
    StopReported,
)
from seawall.model.reports import FillReport, OrderReport, PositionReport, Source, StopReport, StopStatus
from seawall.model.times import Instant

_ENDED = (StopStatus.CANCELLED, StopStatus.EXPIRED, StopStatus.REJECTED)
"""How a stop ends without having done its work. A triggered one goes with the position, unless the cover is lost."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of exposure and what was recorded of it. `end` is None while it lasts. `start_at_most`, `end_at_most`:
    the instant is the earliest, or the latest, that it can have been.
    """

    story: tuple[Recorded, ...]
    start: Instant
    end: Instant | None
    start_at_most: bool = False
    end_at_most: bool = False


@dataclass(slots=True)
class Span:
    """One stop's life. `undated`: the venue did not say since when it was live."""

    start: Instant
    end: Instant | None = None
    undated: bool = False


def episodes(history: History) -> tuple[Episode, ...]:
    """The stretches of exposure of a signal, in order."""
    found: list[Episode] = []
    for story in _chapters(history):
        if any(isinstance(recorded.event, EntryFilled | SagaReopened) for recorded in story):
            found.append(_episode(history, story, is_first=not found))
    return tuple(found)


def first_fill_at(history: History) -> tuple[Instant, bool]:
    """When the first fill was, in the venue's clock, and whether that is only the earliest that it can have been."""
    told = [fill.venue_at for fill in entry_fills(history)]
    told += [report.venue_at for report in entry_orders(history) if report.filled]
    told += [event.venue_at for event in every(history, EntryFilled) if not event.at_most]
    dated = [at for at in told if at]
    if dated:
        return min(dated), False
    intent = first(history, EntryIntended)
    return (intent.since if intent is not None else 0), True


def _chapters(history: History) -> Iterator[tuple[Recorded, ...]]:
    """The history cut after each end that was seen."""
    story: list[Recorded] = []
    for recorded in history:
        story.append(recorded)
        if isinstance(recorded.event, FlatSeen):
            yield tuple(story)
            story = []
    yield tuple(story)


def _episode(history: History, story: tuple[Recorded, ...], *, is_first: bool) -> Episode:
    start, at_most = first_fill_at(history) if is_first else (_reopened_at(history, story), False)
    flat = first(story, FlatSeen)
    if flat is None:
        return Episode(story, start, None, at_most)
    exits: list[FillReport | OrderReport] = [
        *exit_fills(history),
        *(report for report in exit_orders(history) if report.filled),
    ]
    trades = [told.venue_at for told in exits if told.venue_at >= start and told.at <= flat.at]
    if trades:
        return Episode(story, start, max(trades), at_most)
    return Episode(story, start, max(start, flat.at), at_most, end_at_most=True)


def _reopened_at(history: History, story: tuple[Recorded, ...]) -> Instant:
    """When a late fill was: by the venue's word if it came in this chapter, else when we decided that it was one."""
    reopened = first(story, SagaReopened) or first(story, EntryFilled)
    assert reopened is not None
    told = [fill.venue_at for fill in entry_fills(history) if fill.at >= story[0].at and fill.venue_at]
    return min(told, default=reopened.at)


@dataclass(slots=True)
class _Watch:
    """The stops of a chapter while it is read. A stop is known by our name, or by the venue's id where it has none."""

    attached: tuple[str, ...]
    spans: list[Span] = field(default_factory=list)
    living: dict[str, Span] = field(default_factory=dict)
    since: dict[str, Instant] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    dead: dict[str, Instant] = field(default_factory=dict)
    shown_gone: Instant = 0

    def hear(self, report: StopReport) -> None:
        """A source's word about a stop: that it lives, or that it has ended. A reply only dates what is seen later,
        and a stop that has ended does not live again, however late a read still shows it.
        """
        key = report.client_id or self.names.get(report.venue_id, str(report.venue_id))
        if report.status is StopStatus.LIVE and report.venue_at and report.venue_id not in self.dead:
            since = self.since.setdefault(key, report.venue_at)
            if report.source is not Source.REPLY:
                self._begin(key, since)
        elif report.status in _ENDED and report.venue_at:
            self.dead[report.venue_id or key] = report.venue_at
            self._end(key, report.venue_at)

    def confirm(self, event: StopConfirmed, unnamed: str) -> None:
        """A stop was seen live; `unnamed` is the venue's id under which it was, where it carries no name of ours."""
        name = str(event.client_id)
        before = self.names.get(unnamed, name)
        if before != name and before in self.living and name not in self.living:
            self.names[unnamed] = name  # the same stop under its new name: moved, not placed beside the old one
            self.living[name] = self.living.pop(before)
        if unnamed and name not in self.living and unnamed in self.living:
            self.names[unnamed] = name
            self.living[name] = self.living.pop(unnamed)
        told = [at for at in (self.since.get(unnamed, 0), self.since.get(name, 0), event.venue_at) if at]
        span = self._begin(name, min(told, default=event.at))
        span.undated = not told
        if name in self.attached and not self.shown_gone:
            span.start, span.undated = 0, False

    def show(self, position: PositionReport) -> None:
        """A position row: while the position is open it may show that an attached stop is there no more."""
        if position.amount and position.stop_loss is not None:
            self.shown_gone = position.venue_at if position.stop_loss == ZERO else 0

    def lose(self, at: Instant) -> None:
        """Nothing covers any more: since when is dated by the row that showed it, or else by our decision."""
        for key in tuple(self.living):
            self._end(key, self.shown_gone or at)
        self.since.clear()
        self.attached = ()

    def _begin(self, key: str, at: Instant) -> Span:
        span = self.living.get(key)
        if span is None:
            span = self.living[key] = Span(at)
            self.spans.append(span)
        return span

    def _end(self, key: str, at: Instant) -> None:
        self.since.pop(key, None)
        span = self.living.pop(key, None)
        if span is not None:
            span.end = max(span.start, at)
            self.attached = ()  # what came with the entry is gone: whatever is seen from here on was placed later


def spans(story: History) -> tuple[Span, ...]:
    """The lives of the stops that were seen in a chapter, by their beginning.

    A stop attached to the entry lives since its first fill (bybit.md 3.5), whatever later time its row carries: it
    begins at 0, unless a position row newer than the fill has shown that there was none.
    """
    watch = _Watch(tuple(event.client_id for event in every(story, StopIntended) if event.attached))
    unnamed = ""
    for recorded in story:
        match recorded.event:
            case StopReported(report=report):
                watch.hear(report)
                unnamed = str(report.venue_id) if report.status is StopStatus.LIVE and not report.client_id else unnamed
            case StopConfirmed():
                watch.confirm(recorded.event, unnamed)
            case PositionReported(report=position):
                watch.show(position)
            case ProtectionLost(at=at):
                watch.lose(at)
            case _:
                continue
    return tuple(sorted(watch.spans, key=lambda span: span.start))
