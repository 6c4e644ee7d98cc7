"""What the checkers say of a close of a covered position that nobody had asked for, and of one that was asked for."""

from __future__ import annotations

import pytest

from seawall.drill.needless import Seen, closed_while_covered
from seawall.drill.world import World
from seawall.model import inputs as inp
from seawall.model.ids import VenueName
from seawall.model.times import SECOND, Instant
from tests.drill.worlds import COIN, protected
from venuesim.words import Side

REFUSED: dict[VenueName, dict[str, object]] = {
    VenueName.BINANCE: {"code": -4045, "text": "Reach max stop order limit."},
    VenueName.BYBIT: {"code": 10001, "text": "params error"},
}


def judged(world: World, *asked: tuple[str, Instant]) -> list[str]:
    """What is said at the end of a world in which so much was asked, as far as the checker is told."""
    box = world.box
    verdict = box.judge(world.now)
    seen = Seen(
        verdict.episodes, box.history.facts, box.log, world.witness, box.faults.fired, world.latency, list(asked)
    )
    return list(closed_while_covered(seen))


@pytest.mark.parametrize("venue", VenueName)
def test_a_close_out_of_the_blue_is_named(venue: VenueName) -> None:
    """The house closes a covered position, and nobody is known to have asked."""
    world = protected(venue)
    world.run(most=5 * SECOND)
    world.give(inp.CloseRequested(world.clock, COIN, "nobody"))
    world.run(most=20 * SECOND)
    [said] = judged(world)
    assert "closed what had been known to be covered" in said


@pytest.mark.parametrize("venue", VenueName)
def test_what_was_asked_for_is_not(venue: VenueName) -> None:
    """The same, and its owner had asked; if he asked only afterwards, it is named."""
    world = protected(venue)
    world.run(most=5 * SECOND)
    asked_at = world.now
    world.give(inp.CloseRequested(world.clock, COIN, "owner"))
    world.run(most=20 * SECOND)
    assert judged(world, (COIN, asked_at)) == []
    assert judged(world, (COIN, asked_at + SECOND)) != []


@pytest.mark.parametrize("venue", VenueName)
def test_a_close_beside_another_hand_may_have_its_reason(venue: VenueName) -> None:
    """A hand had bought beside us: whose the position is was in doubt."""
    world = protected(venue)
    world.box.trade_by_hand(world.account, COIN, Side.BUY, world.box.instruments[COIN].step, world.now)
    world.stir()
    world.run(most=5 * SECOND)
    world.give(inp.CloseRequested(world.clock, COIN, "nobody"))
    world.run(most=20 * SECOND)
    assert judged(world) == []


@pytest.mark.parametrize("venue", VenueName)
def test_a_position_whose_stop_was_taken_away_may_be_closed(venue: VenueName) -> None:
    """The stop is cancelled at the venue, every other is refused, and the naked clock closes."""
    world = protected(venue)
    world.run(most=5 * SECOND)
    world.fault(fault="stop_refused", call="stop.create", times=100_000, **REFUSED[venue])
    for stop in world.box.book.open_stops(world.account, COIN):
        world.box.cancel_by_hand(stop.stop_id, world.now)
    world.stir()
    world.run(most=60 * SECOND)
    assert world.box.judge(world.now).positions == []
    assert judged(world) == []
