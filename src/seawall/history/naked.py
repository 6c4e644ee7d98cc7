"""Naked time: how long a position stood open without a live stop. The headline figure of the house.

**In the venue's clock**, from the first fill to the stop live: what the exchange itself would say, whatever the network
did to us in between. The first fill is the earliest that any source dated it; the stop's beginning is the instant since
which it was seen to be live. A stop that was attached to the entry lives since the fill, so its window is zero.

**At most.** A fill that is known only by its effect (the position has changed) has no time of its own; it counts from
the intent and the figure is marked. So is a window that ends with the position seen flat without a dated trade.

A cover that is lost again, and a late fill, open further windows. Their beginning is a decision of ours, so both of
their ends are taken in our clock; no window mixes two clocks without being marked.

Naked dollar-seconds weigh each window by what stood in it: quantity times price times seconds, each trade from its own
instant on where the trades are known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from seawall.history.facts import (
    History,
    average,
    day,
    entry_fills,
    entry_orders,
    every,
    exit_fills,
    filled,
    first,
    last,
)
from seawall.model.amounts import ZERO
from seawall.model.events import (
    EntryFilled,
    EntryIntended,
    FlatSeen,
    FlatVerified,
    ProtectionLost,
    SagaReopened,
    StopConfirmed,
)
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
    proofs = (at for at, recorded in enumerate(history) if isinstance(recorded.event, EntryFilled | SagaReopened))
    place = next(proofs, None)
    if place is None:
        return None
    opened, since = history[place].event, history[_begins(history, place) :]
    covered = first(history[:place], StopConfirmed) is not None
    windows = (_first_window(history, since), *_further_windows(history[place + 1 :], covered=covered))
    return Naked(
        signal_id=opened.signal_id,
        symbol=opened.symbol,
        windows=windows,
        total=sum(window.length(now) for window in windows),
        dollar_seconds=sum((_weight(history, window, now) for window in windows), ZERO),
    )


def _begins(history: History, place: int) -> int:
    """Where the story of the fill proven at `place` begins: after an end that was seen before it, if there was one.

    One step may record that the stop is live before it records the fill that the stop covers, so the proof itself is
    not the beginning.
    """
    ends = [at for at in range(place) if isinstance(history[at].event, FlatSeen | FlatVerified)]
    return ends[-1] + 1 if ends else 0


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


def _first_window(history: History, since: History) -> Window:
    """From the first fill to the first live stop, or to the end of the position, in the venue's clock. `since` is the
    history of this fill: an end that was seen before a late fill is not the end of its window.
    """
    start, at_most = first_fill_at(history)
    live, flat = first(since, StopConfirmed), first(since, FlatSeen)
    if live is not None and (flat is None or live.at <= flat.at):
        return Window(start, max(start, live.venue_at or live.at), at_most or not live.venue_at)
    if flat is None:
        return Window(start, None, at_most)
    trades = [fill.venue_at for fill in exit_fills(history) if fill.venue_at]
    return Window(start, max([start, *trades]), at_most) if trades else Window(start, max(start, flat.at), at_most=True)


def _further_windows(history: History, *, covered: bool) -> tuple[Window, ...]:
    """Windows that opened again after the first cover or after the end; in our clock. `history` is what came after the
    first proof of a fill, `covered` whether a stop was live by then.
    """
    windows: list[Window] = []
    ever_covered = covered
    for recorded in history:
        match recorded.event:
            case StopConfirmed(at=at) | FlatSeen(at=at) | FlatVerified(at=at):
                ever_covered = True
                windows = _ended(windows, at)
            case ProtectionLost(at=at) | SagaReopened(at=at) if ever_covered and not _is_open(windows):
                windows.append(Window(at, None))
            case _:
                continue
    return tuple(windows)


def _is_open(windows: list[Window]) -> bool:
    return bool(windows) and windows[-1].end is None


def _ended(windows: list[Window], at: Instant) -> list[Window]:
    """The windows with the last one closed at `at`, if it was open."""
    return [*windows[:-1], replace(windows[-1], end=max(windows[-1].start, at))] if _is_open(windows) else windows


def _weight(history: History, window: Window, now: Instant) -> Decimal:
    """Quantity times price times seconds of one window."""
    end = window.end if window.end is not None else max(now, window.start)
    fills = entry_fills(history)
    known = sum((fill.quantity for fill in fills), ZERO)
    stood = sum((fill.quantity * fill.price * max(0, end - max(window.start, fill.venue_at)) for fill in fills), ZERO)
    untraded = max(ZERO, filled(history) - known)
    stood += untraded * _price(history) * (end - window.start)
    return stood / SECOND


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
