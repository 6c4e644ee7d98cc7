"""A position of ours in which another hand has traded: how long it stood without any stop after that.

Whose the rest is may be in doubt for a while, and what a hand adds outgrows a cover that was whole. But of what we
opened something is ours until we have closed as much, or it was flat; so long some stop must watch it again within the
time in which everybody has looked twice (`lapses.UNTOLD`). All of it is read from the judge, the book, the
venue's log and what faults changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from seawall.drill.excused import NEVER, blind, closes_in_vain, garbled, held, is_in, mute, spent, touched_at, union
from seawall.drill.lapses import UNTOLD
from seawall.drill.lengths import written
from seawall.drill.witness import Witness
from seawall.model.times import Instant
from venuesim.facts import Fact, OrderFilled
from venuesim.faults import Fired
from venuesim.judge import Episode
from venuesim.traffic import LogEntry
from venuesim.words import Origin, Purpose, Side


def bare_beside_others(
    episodes: Sequence[Episode], facts: Sequence[Fact], log: Sequence[LogEntry], seen: Witness, fired: Sequence[Fired]
) -> Iterator[str]:
    """Positions of ours without any stop for too long beside another's hand, each in a sentence."""
    for episode in episodes:
        touched = touched_at(episode, facts)
        if touched == NEVER or not episode.entries or episode.entries[0].origin != Origin.CLIENT:
            continue
        ours = _ours_until(episode, facts)
        acts = [entry for entry in log if entry.symbol == episode.symbol]
        stops = [stop for stop in episode.stops if stop.purpose != Purpose.TAKE_PROFIT]
        watched = [(stop.live_at, NEVER if stop.ended_at is None else stop.ended_at) for stop in stops]
        excused = [*mute(log), *held(log), *closes_in_vain(acts, facts), *blind(log), *garbled(fired, episode.symbol)]
        spared = union([*watched, *excused])
        for begin, end in episode.naked:
            for life in seen.lives:
                bare = spent((max(begin, touched, life.began), min(end, ours, life.ended)), spared)
                if bare > UNTOLD:
                    yield f"{episode.symbol}: without any stop for {written(bare)} since another hand has traded in it"


def _ours_until(episode: Episode, facts: Sequence[Fact]) -> Instant:
    """When what we had opened in a position was all closed again, by us or by anybody; `NEVER` if it was not."""
    held, ours, sign = Decimal(0), Decimal(0), 1 if episode.side == Side.BUY else -1
    for fact in facts:
        if isinstance(fact, OrderFilled) and is_in(fact, episode):
            change = sign * fact.fill.side.sign * fact.fill.quantity
            held += change
            ours += change if fact.order.origin in (Origin.CLIENT, Origin.STOP) else 0
            ours = min(ours, held)
            if ours <= 0:
                return fact.mark.at
    return NEVER
