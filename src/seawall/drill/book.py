"""The venue's book at the end of a world of many signals: what our orders did, what stands, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from seawall.drill import fills
from seawall.drill.beside import bare_beside_others
from seawall.drill.checks import fold
from seawall.drill.demands import stood_in
from seawall.drill.lapses import lapses
from seawall.drill.needless import Seen, closed_while_covered
from seawall.drill.overdue import overdue
from seawall.drill.reasons import false_reasons
from seawall.drill.strangers import stops_on_strangers, strangers_cancelled
from seawall.drill.world import World
from seawall.model.ids import VenueName, parse_client_id
from seawall.model.times import Duration, Instant
from seawall.sagas.phase import Phase
from venuesim.traffic import LogEntry

_OK: Final = 200


def has_answered(log: Sequence[LogEntry], since: Instant) -> bool:
    """Whether the venue has answered a read of positions that came after `since`: what is said before is of before."""
    for entry in reversed(log):
        if entry.at <= since:
            return False
        if entry.call == "positions.get" and entry.status == _OK:
            return True
    return False


def unrecorded(world: World, patience: Duration) -> Iterator[str]:
    """What was sent and never written down, though its process lived on for `patience`, or lives."""
    yield from world.witness.strays(world.box.log, world.journal.rows(world.account), world.latency, patience)


def wrongs(world: World) -> Iterator[str]:
    """What no order of ours may ever have done, from every fill of the venue's book, and what no journal may say of it;
    each a sentence.
    """
    states = fold(world.recorded())
    yield from fills.wrongs(world.box.history.facts, states)
    facts, log = world.box.history.facts, world.box.log
    yield from stops_on_strangers(facts, log, world.witness.lives, world.box.faults.fired)
    for order in strangers_cancelled(facts, log):
        if not stood_in(order, world.box.judge(world.now).episodes):
            yield f"{order} was cancelled, which is another hand's"
    yield from false_reasons(world.box.judge(world.now).episodes, states)


def leftovers(world: World) -> Iterator[str]:
    """What stands at the venue that nobody answers for, and what is called protected and is not."""
    verdict = world.box.judge(world.now)
    protected = {saga.state.signal.symbol for saga in world.sagas() if saga.state.phase is Phase.PROTECTED}
    for orphan in verdict.orphans:
        if parse_client_id(orphan.client_id) is not None or world.venue is VenueName.BYBIT:
            yield f"an orphan {orphan.kind} {orphan.client_id or orphan.id} on {orphan.symbol}"
    for position in verdict.positions:
        if position.symbol in protected and not position.covered:
            yield f"{position.symbol}: {position.quantity} called protected and naked"
    for symbol in sorted(protected - {position.symbol for position in verdict.positions}):
        yield f"{symbol}: called protected and flat"
    for position in verdict.positions:
        unowned = position.symbol not in protected
        by_us = [one for one in verdict.episodes if one.symbol == position.symbol and one.closed_at is None]
        if unowned and all(entry.origin != "hand" for one in by_us for entry in one.entries):
            yield f"{position.symbol}: {position.quantity} of ours that no signal answers for"


def bare(world: World) -> Iterator[str]:
    """Positions that stood bare for longer than the house may let them: from the first fill, again, or beside another's
    hand.
    """
    facts, log, fired = world.box.history.facts, world.box.log, world.box.faults.fired
    episodes = world.box.judge(world.now).episodes
    yield from overdue(world.venue, episodes, facts, log, world.witness, fired)
    yield from lapses(episodes, facts, log, world.witness, fired)
    yield from bare_beside_others(episodes, facts, log, world.witness, fired)


def needless(world: World, asked: Sequence[tuple[str, Instant]]) -> Iterator[str]:
    """Positions that were closed though they were known to be covered. `asked`: when somebody asked, by symbol."""
    box = world.box
    episodes = box.judge(world.now).episodes
    seen = Seen(episodes, box.history.facts, box.log, world.witness, box.faults.fired, world.latency, asked)
    yield from closed_while_covered(seen)
