"""What a process of the deterministic world finds of the one before it."""

from __future__ import annotations

import pytest

from seawall.drill.world import World
from seawall.model.ids import VenueName
from seawall.model.times import MILLISECOND, MINUTE, SECOND

FORBIDDEN = {VenueName.BINANCE: {"status": 418}, VenueName.BYBIT: {"status": 403}}


@pytest.mark.parametrize("venue", VenueName)
def test_a_process_sends_nothing_into_the_ban_that_the_one_before_it_was_told_of(venue: VenueName) -> None:
    """As the service does, which keeps the venue's words in its folder (`service/ledger.py`)."""
    world = World(venue, symbols=["BTCUSDT"])
    world.start()
    world.run(lambda: world.house is not None and world.house.desk.ready, most=MINUTE)
    world.fault(fault="status", call="price.get", nth=1, **FORBIDDEN[venue])
    assert world.run(lambda: bool(world.ledger.left.words), most=MINUTE)
    world.run(most=SECOND)
    sent, [word] = len(world.box.log), world.ledger.left.words.values()
    world.kill()
    world.start()
    world.run(most=word.until - world.now - SECOND)
    assert len(world.box.log) == sent
    assert world.run(lambda: len(world.box.log) > sent, most=1_500 * MILLISECOND)
