"""Worlds of the drill that several of its tests begin with."""

from __future__ import annotations

from decimal import Decimal

from seawall.drill.world import World
from seawall.engine.settings import DeskSettings
from seawall.model import inputs as inp
from seawall.model.ids import Side, SignalId, Symbol, VenueName
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop
from seawall.model.times import MINUTE, SECOND
from seawall.sagas.phase import Phase

COIN = Symbol("SOLUSDT")


def protected(venue: VenueName, settings: DeskSettings | None = None) -> World:
    """A world in which one signal has come to be protected."""
    world = World(venue, symbols=[COIN, "BTCUSDT"], settings=settings)
    world.start()
    world.run(lambda: world.house is not None and world.house.desk.ready, most=MINUTE)
    world.run(most=SECOND)
    at, size, stop = world.clock, Size(SizeUnit.QUOTE, Decimal(50)), Stop(percent=Decimal(5))
    opens = Signal(SignalId("s1"), world.account, COIN, Action.OPEN, at, at, "drill", Side.BUY, size, stop)
    world.give(inp.SignalReceived(at, opens))
    assert world.run(lambda: all(saga.state.phase is Phase.PROTECTED for saga in world.sagas()), most=MINUTE)
    return world
