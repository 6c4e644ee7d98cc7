"""Stories on an account where others do so much that no list of it fits on one page: what is ours is found all the same."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.drill.house import INSTALLATION
from seawall.model import events as ev
from seawall.model.ids import Leg, Side, SignalId, VenueName, client_id
from seawall.model.times import MILLISECOND, MINUTE, SECOND
from seawall.sagas.phase import Phase
from tests.adversary.stage import BINANCE, BYBIT, Stage, wrongs
from tests.adversary.test_keeper import adopted, orphans_cancelled

OURS = client_id(INSTALLATION, SignalId("forgotten"), Leg.STOP, 1_794_000_000, 2)
PAGE = {BINANCE: 1_000, BYBIT: 50}
"""Rows of one reply of the list of all orders (binance.md 1.4, bybit.md 1.5)."""


def others_trade(stage: Stage, count: int) -> None:
    """Another program buys and sells the same quantity in turn."""
    for n in range(count):
        stage.hand(Side.BUY if n % 2 == 0 else Side.SELL, Decimal(100_000))
        stage.run(most=MILLISECOND)


def crowded() -> Stage:
    """A hundred conditional orders of others on ten symbols of Bybit, and the oldest of all is ours, left behind."""
    stage = Stage(BYBIT, coins=10, ready=False)
    stage.leave_stop(whole=False, name=OURS)
    for coin in stage.coins:
        for n in range(10 - (coin == stage.coins[0])):
            stage.run(most=MILLISECOND)
            stage.leave_stop(coin, whole=False, name=f"web_{n}_{coin}"[:36])
    stage.run(most=20 * SECOND)
    return stage


def standing(stage: Stage) -> int:
    """How many stops stand."""
    return sum(len(stage.stops(coin)) for coin in stage.coins)


def test_what_stands_on_the_last_page_is_swept() -> None:
    """A stop of ours on a flat slot is removed, though a hundred newer ones of others are listed before it."""
    stage = crowded()
    assert standing(stage) == 100
    stage.start()
    stage.run(most=2 * MINUTE)
    assert orphans_cancelled(stage) == [OURS]
    assert standing(stage) == 99


def test_nothing_is_swept_on_the_word_of_a_first_page() -> None:
    """While every second page is refused no list is complete, and nothing is removed; afterwards it is."""
    stage = crowded()
    stage.fault(fault="status", call="stops.open", status=200, code=10016, nth=2, times=1_000)
    stage.start()
    stage.run(most=2 * MINUTE)
    assert len([fired for fired in stage.box.faults.fired if fired.call == "stops.open"]) > 10
    assert standing(stage) == 100
    stage.box.faults.clear()
    stage.run(most=MINUTE)
    assert standing(stage) == 99


@pytest.mark.parametrize("venue", [BINANCE, BYBIT])
def test_a_forgotten_position_is_known_by_an_entry_that_a_page_of_others_follows(venue: VenueName) -> None:
    """The journal is lost and the stop is gone; only the list of all orders says that the position is ours."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    ours = stage.held()
    stage.kill()
    stage.cancel_stops()
    others_trade(stage, 2 * (PAGE[venue] * 11 // 20))
    stage.restore(0)
    stage.run(most=MINUTE)
    (found,) = adopted(stage)
    assert found.quantity == ours
    assert len(stage.stops()) == 1
    assert wrongs(stage) == []


def test_an_entry_that_never_arrived_is_absent_though_others_trade() -> None:
    """120 executions of others since the intention: every page of them is read before the entry counts as absent."""
    stage = Stage(BYBIT)
    stage.fault(fault="request_lost", call="order.create", nth=1)
    stage.send("a")
    stage.run(most=SECOND)
    others_trade(stage, 120)
    assert stage.calm(), stage.tell("a")[-3000:]
    assert stage.phase("a") is Phase.FLAT
    assert ev.FillsRead.__name__ in stage.events("a")
    assert stage.held() == 0
