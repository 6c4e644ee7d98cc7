"""The naked bound: how long a position stood bare while a living process knew of it and could have acted.

Counted from the first bytes that prove the fill and reach a living process (after a restart, the next process), until
the book shows cover, a stop is acknowledged, or the position is gone. Taken out is what nobody could have used
(`excused`). What is left may be `max_naked` and one close. Everything is read from the judge, the venue's log and the
bytes; nothing from our own events. What comes after the first cover is the affair of `lapses`, and what comes after
another hand's trade in it that of `beside`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from seawall.drill.excused import (
    NEVER,
    ONE_CLOSE,
    closes_in_vain,
    garbled,
    held,
    mute,
    spent,
    stops_taken,
    touched_at,
    union,
)
from seawall.drill.lengths import written
from seawall.drill.said import BARE, FILLED
from seawall.drill.witness import Witness, text_of
from seawall.model.ids import VenueName
from seawall.model.times import Bounds, Instant
from venuesim.facts import Fact
from venuesim.faults import Fired
from venuesim.judge import Episode
from venuesim.traffic import LogEntry


def overdue(
    venue: VenueName,
    episodes: Sequence[Episode],
    facts: Sequence[Fact],
    log: Sequence[LogEntry],
    seen: Witness,
    fired: Sequence[Fired],
) -> Iterator[str]:
    """Positions of ours that stood bare for longer than the house may let them, each in a sentence. `fired`: what
    faults have changed.
    """
    for episode in episodes:
        first = episode.naked[:1]
        if not first or first[0][0] != episode.opened_at or first[0][1] - first[0][0] <= Bounds().max_naked:
            continue
        acts = [entry for entry in log if entry.symbol == episode.symbol]
        taken = (at for at in stops_taken(acts) if at >= episode.opened_at)
        until = min([first[0][1], touched_at(episode, facts), *islice(taken, 1)])
        spared = union([*mute(log), *held(log), *closes_in_vain(acts, facts), *garbled(fired, episode.symbol)])
        for life in seen.lives:
            proven = _proven_at(venue, episode, seen, max(life.began, episode.opened_at))
            bare = spent((proven, min(until, life.ended)), spared)
            if bare > Bounds().max_naked + ONE_CLOSE:
                yield f"{episode.symbol}: naked for {written(bare)} after the first proof of a fill"


def _proven_at(venue: VenueName, episode: Episode, seen: Witness, since: Instant) -> Instant:
    """When a process that lived then was first told of the fill; on Bybit, of a position without the attached stop."""
    for at, output in seen.heard:
        text = text_of(output)
        told = at >= since and episode.symbol in text and FILLED.search(text)
        if told and (venue is VenueName.BINANCE or BARE.search(text)):
            return at
    return NEVER
