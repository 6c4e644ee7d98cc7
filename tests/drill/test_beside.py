"""What the bounds of the naked time make of another hand and of garbled words: no more than they can explain."""

from __future__ import annotations

import pytest

from seawall.drill.beside import bare_beside_others
from seawall.drill.lapses import lapses
from seawall.drill.overdue import overdue
from seawall.drill.world import World
from seawall.engine.settings import DeskSettings
from seawall.model.ids import VenueName
from seawall.model.times import MINUTE, SECOND, Bounds
from tests.drill.worlds import COIN, protected
from venuesim import words
from venuesim.facts import StopStatus

REFUSED: dict[VenueName, dict[str, object]] = {
    VenueName.BINANCE: {"code": -4045, "text": "Reach max stop order limit."},
    VenueName.BYBIT: {"code": 10001, "text": "params error"},
}
SLOW = Bounds(max_naked=20 * MINUTE, stop_repeat_every=5 * SECOND)
"""Of a house that lets a position stand bare for ever."""


def said(world: World) -> list[str]:
    """What all three say."""
    box, episodes = world.box, world.box.judge(world.now).episodes
    about = (box.history.facts, box.log, world.witness, box.faults.fired)
    return [
        *overdue(world.venue, episodes, *about),
        *lapses(episodes, *about),
        *bare_beside_others(episodes, *about),
    ]


def rob(world: World) -> None:
    """Its stop is cancelled at the venue, and no other is taken."""
    world.fault(fault="stop_refused", call="stop.create", times=100_000, **REFUSED[world.venue])
    for stop in world.box.book.open_stops(world.account, COIN):
        if stop.status is StopStatus.LIVE:
            world.box.cancel_by_hand(stop.stop_id, world.now)
    world.stir()


def buy(world: World) -> None:
    """Another hand adds a little."""
    world.box.trade_by_hand(world.account, COIN, words.Side.BUY, world.box.instruments[COIN].step, world.now)
    world.stir()


@pytest.mark.parametrize("venue", VenueName)
def test_a_hand_that_comes_later_excuses_nothing(venue: VenueName) -> None:
    """A position stands bare for twenty seconds, and then another hand adds to it."""
    world = protected(venue, DeskSettings(bounds=SLOW))
    rob(world)
    world.run(most=20 * SECOND)
    buy(world)
    world.run(most=SECOND)
    [told] = said(world)
    assert "after it was told that its cover was gone" in told


@pytest.mark.parametrize("venue", VenueName)
def test_beside_a_hand_some_stop_must_come_back(venue: VenueName) -> None:
    """Another hand adds to a position, and then its stop goes: two minutes bare are too long, one is not."""
    world = protected(venue, DeskSettings(bounds=SLOW))
    buy(world)
    world.run(most=SECOND)
    rob(world)
    world.run(most=MINUTE)
    assert said(world) == []
    world.run(most=MINUTE)
    [told] = said(world)
    assert "without any stop" in told


@pytest.mark.parametrize("venue", VenueName)
def test_the_house_as_it_is_does_not_leave_it_bare_beside_a_hand(venue: VenueName) -> None:
    """The same with the bounds of the house."""
    world = protected(venue)
    buy(world)
    world.run(most=SECOND)
    rob(world)
    world.run(most=2 * MINUTE)
    assert said(world) == []


@pytest.mark.parametrize("venue", VenueName)
def test_a_garbled_word_excuses_what_it_can_explain(venue: VenueName) -> None:
    """Another field in a reading is no excuse two minutes later, and one just before is."""
    for waits, expected in ((2 * MINUTE, 1), (SECOND, 0)):
        world = protected(venue, DeskSettings(bounds=SLOW))
        garble(world)
        world.run(most=waits)
        rob(world)
        world.run(most=20 * SECOND)
        assert len(said(world)) == expected


def garble(world: World) -> None:
    """One reading of all positions says another thing in a field that nobody needs."""
    path = "*.notional" if world.venue is VenueName.BINANCE else "result.list.*.riskId"
    world.fault(fault="reply_edit", call="positions.get", path=path, times=1, value="?")
    assert world.run(lambda: bool(world.box.faults.fired), most=MINUTE)
