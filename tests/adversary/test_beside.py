"""Bybit: trades of another hand carry no name. Once all of ours is accounted for, they are that hand's, and we end."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.ids import Side
from seawall.model.times import SECOND
from seawall.sagas.phase import Phase
from tests.adversary.stage import BYBIT, MS, Stage, wrongs


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
@pytest.mark.parametrize("moment", [0, 11 * MS, 20 * MS, 500 * MS])
def test_an_entry_that_filled_nothing_ends_flat_beside_a_hands_position(side: Side, moment: int) -> None:
    """An entry that the venue ends unfilled ends FLAT though a hand has come onto the slot meanwhile."""
    stage = Stage(BYBIT, coins=2)
    coin = stage.coins[1]
    stage.fault(fault="price_jump", call="order.create", nth=1, pct=Decimal(3), price="both")
    stage.send("a", coin, max_slippage_bps=Decimal(50))
    stage.run(most=moment)
    stage.hand(side, Decimal(10), coin)
    assert stage.calm(), stage.tell("a")[-2500:]
    assert (stage.phase("a"), stage.held(coin)) == (Phase.FLAT, Decimal(10 * side.sign)), stage.tell("a")[-2500:]
    assert wrongs(stage) == []


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
@pytest.mark.parametrize("moment", [0, 11 * MS, 20 * MS, 5 * SECOND])
def test_our_own_is_closed_and_ended_beside_a_hands_position(side: Side, moment: int) -> None:
    """A hand trades on our slot after our close has filled: we end FLAT, and what the hand holds stays."""
    stage = Stage(BYBIT, coins=2)
    coin = stage.coins[1]
    stage.send("a", coin)
    assert stage.until("a", Phase.PROTECTED)
    stage.run(most=2 * SECOND)
    stage.ask_close(coin)
    assert stage.run(lambda: not stage.held(coin), most=10 * SECOND)
    stage.run(most=moment)
    stage.hand(side, Decimal(10), coin)
    assert stage.calm(), stage.tell("a")[-2500:]
    assert (stage.phase("a"), stage.held(coin)) == (Phase.FLAT, Decimal(10 * side.sign)), stage.tell("a")[-2500:]
    assert wrongs(stage) == []
