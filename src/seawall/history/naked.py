"""Naked time: how long a position stood open without a live stop. The headline figure of the house.

**In the venue's clock**, from the first fill to the stop live: what the exchange itself would say, whatever the network
did to us in between. The first fill is the earliest that any source dated it; the stop's beginning is the instant since
which it was seen to be live. A stop that was attached to the entry lives since the fill, so its window is zero. A stop
that ends while the position is open opens another window, and so does a late fill (`cover`).

**At most.** A fill that is known only by its effect (the position has changed) has no time of its own; it counts from
the intent and the figure is marked. So is a window that ends with the position seen flat without a dated trade, or with
a stop whose beginning the venue did not date.

Naked dollar-seconds weigh each window by what stood in it: quantity times price times seconds, each trade from its own
instant on where the trades are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from seawall.history.cover import Episode, episodes, spans
from seawall.history.facts import History, average, day, entry_fills, entry_orders, exit_fills, filled, last
from seawall.model.amounts import ZERO
from seawall.model.events import EntryIntended
from seawall.model.ids import SignalId, Symbol
from seawall.model.times import SECOND, Duration, Instant


@dataclass(frozen=True, slots=True)
class Window:
    """One naked window. `end` is None while it is open. `at_most`: the true window is no longer than this."""

    start: Instant
    end: Instant | None
    at_most: bool = False

    def length(self, now: Instant = 0) -> Duration:
        """How long it lasts; an open one until `now`."""
        return max(0, (now if self.end is None else self.end) - self.start)


@dataclass(frozen=True, slots=True)
class Naked:
    """The naked windows of one signal's position, and what stood in them (in quote currency times seconds)."""

    signal_id: SignalId
    symbol: Symbol
    windows: tuple[Window, ...] = ()
    total: Duration = 0
    dollar_seconds: Decimal = ZERO

    @property
    def is_open(self) -> bool:
        """Whether the position stands naked still."""
        return any(window.end is None for window in self.windows)

    @property
    def at_most(self) -> bool:
        """Whether the true figure may be smaller."""
        return any(window.at_most for window in self.windows)


def naked(history: History, now: Instant = 0) -> Naked | None:
    """The naked windows of a signal's history; None where nothing was ever filled. An open one counts until `now`."""
    told = episodes(history)
    if not told:
        return None
    windows = tuple(window for episode in told for window in _windows(episode))
    opened = told[0].story[0].event
    return Naked(
        signal_id=opened.signal_id,
        symbol=opened.symbol,
        windows=windows,
        total=sum(window.length(now) for window in windows),
        dollar_seconds=sum((_weight(history, window, now) for window in windows), ZERO),
    )


def _windows(episode: Episode) -> Iterator[Window]:
    """The stretches of an episode that no stop covered: the first, even if it has no length, and every other."""
    at, first_one, sure = episode.start, True, not episode.start_at_most
    for span in spans(episode.story):
        start = max(at, span.start if episode.end is None else min(span.start, episode.end))
        if first_one or start > at:
            yield Window(at, start, at_most=not sure or span.undated)
        first_one, sure = False, True
        if span.end is None:
            return
        at = max(start, span.end)
    if episode.end is None or first_one or episode.end > at:
        end = None if episode.end is None else max(at, episode.end)
        yield Window(at, end, at_most=not sure or episode.end_at_most)


def _weight(history: History, window: Window, now: Instant) -> Decimal:
    """Quantity times price times seconds of one window."""
    end = window.end if window.end is not None else max(now, window.start)
    fills = entry_fills(history)
    known = sum((fill.quantity for fill in fills), ZERO)
    stood = sum((fill.quantity * fill.price * max(0, end - max(window.start, fill.venue_at)) for fill in fills), ZERO)
    untraded = max(ZERO, filled(history) - known)
    stood += untraded * _price(history) * (end - window.start)
    return max(ZERO, stood - _left_earlier(history, window, end)) / SECOND


def _left_earlier(history: History, window: Window, end: Instant) -> Decimal:
    """What had left before the window's end and so did not stand in all of it."""
    price = _price(history)
    left = (
        fill.quantity * (end - max(window.start, fill.venue_at)) for fill in exit_fills(history) if fill.venue_at < end
    )
    return sum(left, ZERO) * price


def _price(history: History) -> Decimal:
    """The best word on the entry's price: its trades, an order's average, or the reference that it was sized by."""
    told = [report.average for report in entry_orders(history) if report.average]
    intent = last(history, EntryIntended)
    return average(entry_fills(history)) or (told[-1] if told else intent.reference if intent is not None else ZERO)


@dataclass(frozen=True, slots=True)
class NakedRow:
    """Naked time of one venue on one day (UTC, of the first fill)."""

    venue: str
    day: str
    positions: int
    total: Duration
    longest: Duration
    dollar_seconds: Decimal
    at_most: bool


def by_venue_and_day(measured: Iterable[tuple[str, Naked]]) -> tuple[NakedRow, ...]:
    """One row for each venue and day, sorted. `measured` names each position's venue."""
    rows: dict[tuple[str, str], NakedRow] = {}
    for venue, one in measured:
        key = (venue, day(one.windows[0].start))
        row = rows.get(key, NakedRow(*key, 0, 0, 0, ZERO, at_most=False))
        rows[key] = NakedRow(
            *key,
            positions=row.positions + 1,
            total=row.total + one.total,
            longest=max(row.longest, one.total),
            dollar_seconds=row.dollar_seconds + one.dollar_seconds,
            at_most=row.at_most or one.at_most,
        )
    return tuple(rows[key] for key in sorted(rows))
