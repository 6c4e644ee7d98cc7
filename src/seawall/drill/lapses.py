"""Lapses: how long a position stood bare after it had been covered, whatever took its cover away.

A stretch without cover is held to two bounds. *Told*: from the bytes by which a living process was told that all its
cover is gone, `max_naked` and one close. It is told by the end of each stop that had covered, by a position without a
stop (Bybit), or by a second reading of the stops, `read_lag` after the first, that shows none of them (design, rule
11). *Untold*: somebody must have looked. From the last reading that still showed a stop, two periods of reading and
`read_lag` more. Each stop that is acknowledged meanwhile begins both anew, since what is acknowledged is asked about
and never closed for. Taken out is what nobody could have used (`excused`), and of the second bound the time in which
readings failed.

All of it is read from the judge, the venue's log and the bytes that arrived; nothing from our own events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from seawall.drill.excused import (
    LOOKS,
    NEVER,
    ONE_CLOSE,
    Span,
    blind,
    closes_in_vain,
    garbled,
    held,
    is_bad,
    mute,
    spent,
    stops_taken,
    touched_at,
    union,
)
from seawall.drill.lengths import written
from seawall.drill.said import BARE, FIRING, OPEN, OUT_OF_THE_BOOK, STOPPED, names_of, objects_about, shows
from seawall.drill.witness import Life, Witness, text_of
from seawall.model.times import Bounds, Duration, Instant
from venuesim.facts import Fact
from venuesim.faults import Fired
from venuesim.judge import Episode
from venuesim.traffic import LogEntry
from venuesim.verdict import StopSpan

TOLD: Duration = Bounds().max_naked + ONE_CLOSE
UNTOLD: Duration = TOLD + 2 * Bounds().stop_reread + Bounds().read_lag


def lapses(
    episodes: Sequence[Episode],
    facts: Sequence[Fact],
    log: Sequence[LogEntry],
    seen: Witness,
    fired: Sequence[Fired],
) -> Iterator[str]:
    """Positions of ours that stood bare again for longer than the house may let them, each in a sentence. `fired`: what
    faults have changed.
    """
    bare = [(episode, span) for episode in episodes for span in _later(episode, touched_at(episode, facts))]
    if not bare:
        return
    unheard = [*mute(log), *held(log)]
    failures = [*blind(log)]
    for episode, span in bare:
        acts = [entry for entry in log if entry.symbol == episode.symbol]
        spared = union([*unheard, *closes_in_vain(acts, facts), *garbled(fired, episode.symbol)])
        unlooked = union([*spared, *failures])
        for life in seen.lives:
            reader = _Reader(episode, span[0], life, log, seen)
            for since, until in _parts(span, life, acts):
                told = spent((reader.told(since), until), spared)
                if told > TOLD:
                    yield f"{episode.symbol}: naked again for {written(told)} after it was told that its cover was gone"
                untold = spent((reader.last_shown(since, until), until), unlooked)
                if untold > UNTOLD:
                    yield f"{episode.symbol}: naked again for {written(untold)}, and nobody looked"


def _later(episode: Episode, touched: Instant) -> Iterator[Span]:
    """The stretches without cover after the first cover that are long enough to be asked about, up to where another
    hand has traded: what it adds outgrows a cover, and is not ours to close.
    """
    for begin, end in episode.naked:
        ours_until = min(end, touched)
        if episode.covered_at is not None and begin >= episode.covered_at and ours_until - begin > Bounds().max_naked:
            yield begin, ours_until


def _parts(span: Span, life: Life, acts: Sequence[LogEntry]) -> Iterator[Span]:
    """What one process saw of a stretch, cut where one of these acts was a stop that was acknowledged."""
    begin, end = max(span[0], life.began), min(span[1], life.ended)
    return pairwise([begin, *(at for at in stops_taken(acts) if begin < at < end), end])


class _Reader:
    """What one process was told of one stretch without cover, which began at `bare_at`."""

    def __init__(self, episode: Episode, bare_at: Instant, life: Life, log: Sequence[LogEntry], seen: Witness) -> None:
        self.episode, self.bare_at = episode, bare_at
        self.heard = [(at, text_of(output)) for at, output in seen.heard if life.began <= at <= life.ended]
        self.looks = [
            entry
            for entry in log
            if entry.call in LOOKS and entry.at >= life.began and not is_bad(entry) and _answered(entry) < life.ended
        ]

    def told(self, since: Instant) -> Instant:
        """When it had been told, by bytes of `since` or later, that nothing covers; the ends of the stops count from
        whenever they were told.
        """
        gone = [stop for stop in self.episode.stops if stop.ended_at is not None and stop.ended_at <= self.bare_at]
        by_ends = max((self._told_end(stop) for stop in gone), default=NEVER) if since <= self.bare_at else NEVER
        bare = (at for at, text in self.heard if at >= since and shows(text, self.episode.symbol, OPEN, BARE))
        return max(since, min(by_ends, next(bare, NEVER), self._missed_twice(since)))

    def last_shown(self, since: Instant, until: Instant) -> Instant:
        """When a reading last showed a stop of the episode as one that stands, though it did not; else `since`."""
        stale = [_answered(entry) for entry in self.looks if since <= _answered(entry) < until and self._stands(entry)]
        return max(stale, default=since)

    def _told_end(self, stop: StopSpan) -> Instant:
        """When it was told that a stop covers no more; a TRIGGERING one does for `triggering` yet (design, rule 11)."""
        firing = NEVER
        for at, text in self.heard:
            for found in objects_about(stop, text):
                if OUT_OF_THE_BOOK.search(found):
                    return min(at, firing)
                if FIRING.search(found):
                    firing = min(firing, at + Bounds().triggering)
        return firing

    def _missed_twice(self, since: Instant) -> Instant:
        missed = [
            entry
            for entry in self.looks
            if entry.call == "stops.open" and entry.at >= since and not self._stands(entry)
        ]
        later = (entry for entry in missed if entry.at >= missed[0].at + Bounds().read_lag)
        return next((_answered(entry) for entry in later), NEVER)

    def _stands(self, entry: LogEntry) -> bool:
        if entry.call == "positions.get":
            return shows(entry.reply, self.episode.symbol, OPEN, STOPPED)
        return any(name in entry.reply for stop in self.episode.stops for name in names_of(stop))


def _answered(entry: LogEntry) -> Instant:
    return entry.answered_at or entry.at
