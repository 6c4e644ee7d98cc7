"""Old copies of the journal on which a process of the drill may come up again."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.drill.world import World
from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.ids import Side, SignalId, Symbol, VenueName
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop
from seawall.model.times import MINUTE, SECOND
from seawall.sagas.phase import Phase

COIN = Symbol("SOLUSDT")


def protected(venue: VenueName) -> World:
    """A world in which one signal has come to be protected."""
    world = World(venue, symbols=[COIN, "BTCUSDT"])
    world.start()
    world.run(lambda: world.house is not None and world.house.desk.ready, most=MINUTE)
    world.run(most=SECOND)
    at, size, stop = world.clock, Size(SizeUnit.QUOTE, Decimal(50)), Stop(percent=Decimal(5))
    opens = Signal(SignalId("s1"), world.account, COIN, Action.OPEN, at, at, "drill", Side.BUY, size, stop)
    world.give(inp.SignalReceived(at, opens))
    assert world.run(lambda: all(saga.state.phase is Phase.PROTECTED for saga in world.sagas()), most=MINUTE)
    return world


def test_a_copy_holds_what_was_appended_at_once_whole_or_not_at_all() -> None:
    """On Bybit the intention of the attached stop is one append with that of the entry, so that no copy parts them."""
    world = protected(VenueName.BYBIT)
    world.kill()
    assert world.put_back("entry_intended")
    entry, stop = (row.event for row in world.recorded()[-2:])
    assert isinstance(entry, ev.EntryIntended)
    assert isinstance(stop, ev.StopIntended)
    assert stop.attached


@pytest.mark.parametrize("venue", VenueName)
def test_copies_of_copies_end_where_appends_did(venue: VenueName) -> None:
    """A process may come up on one copy, go on from there, and its successor on an older one."""
    world = protected(venue)
    world.kill()
    assert world.put_back("stop_intended")
    first = world.recorded()
    world.start()
    world.run(most=MINUTE)
    world.kill()
    assert world.put_back("signal_accepted")
    again = world.recorded()
    assert again == first[: len(again)]
    assert len(again) <= len(first)
