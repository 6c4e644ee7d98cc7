"""Stories against the keeper: two strays at once, hands that trade meanwhile, another installation's word, a second look."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.engine.settings import DeskSettings, NakedForeign
from seawall.model import events as ev
from seawall.model.ids import Leg, Side, SignalId, VenueName, client_id
from seawall.model.signal import Action, OnOpposite, Stop, TakeProfit
from seawall.model.times import MILLISECOND, MINUTE, SECOND
from seawall.sagas.phase import Phase
from tests.adversary.stage import BINANCE, BYBIT, Stage, leftovers, wrongs
from tests.adversary.test_keeper import adopted, orphans_cancelled

VENUES = pytest.mark.parametrize("venue", [BINANCE, BYBIT])
LADDER = (TakeProfit(Decimal(50), percent=Decimal(2)), TakeProfit(Decimal(50), percent=Decimal(4)))
THEIRS = client_id("othr", SignalId("theirs"), Leg.STOP, 1_794_000_000, 2)


@VENUES
def test_two_forgotten_positions_are_each_taken_up_once(venue: VenueName) -> None:
    """A fresh journal on two live slots: two adoptions, two stops untouched, and neither again after a restart."""
    stage = Stage(venue, coins=2)
    for name, coin in zip("ab", stage.coins, strict=True):
        stage.send(name, coin)
        assert stage.until(name, Phase.PROTECTED)
    before = [stop.stop_id for coin in stage.coins for stop in stage.stops(coin)]
    stage.restore(0)
    stage.run(most=MINUTE)
    stage.restart()
    stage.run(most=MINUTE)
    assert sorted(found.symbol for found in adopted(stage)) == sorted(stage.coins)
    assert [stop.stop_id for coin in stage.coins for stop in stage.stops(coin)] == before
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@pytest.mark.parametrize("moment", [5, 40, 400, 3_000, 9_000])
@pytest.mark.parametrize("hand", ["adds", "takes", "shuts"])
def test_a_hand_trades_while_a_forgotten_position_is_taken_up(venue: VenueName, moment: int, hand: str) -> None:
    """What is adopted never exceeds what our orders made, and a close leaves the hand's own alone."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    ours = stage.held()
    stage.restore(0)
    stage.run(most=moment * MILLISECOND)
    step = stage.box.instruments[stage.coins[0]].step
    part = {"adds": ours, "takes": ours // (3 * step) * step, "shuts": ours}[hand]
    stage.hand(Side.BUY if hand == "adds" else Side.SELL, part)
    stage.run(most=2 * MINUTE)
    if hand == "shuts":
        assert (stage.held(), leftovers(stage)) == (Decimal(0), [])
        return
    (found,) = adopted(stage)
    assert 0 < found.quantity <= ours
    stage.ask_close()
    assert stage.calm()
    assert stage.held() == (part if hand == "adds" else 0)
    assert wrongs(stage) == []


@VENUES
def test_the_order_behind_an_adopted_position_is_no_second_fill(venue: VenueName) -> None:
    """Known by its stop before the list showed its entry; the next process lists that, beside as much of a hand's."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    ours = stage.held()
    stage.fault(fault="empty_read", call="order.history", times=1)
    stage.restore(0)
    stage.run(most=MINUTE)
    (found,) = adopted(stage)
    stage.hand(Side.BUY, ours)
    stage.restart()
    stage.run(most=MINUTE)
    assert stage.phase(found.signal_id) is Phase.PROTECTED
    stage.ask_close()
    assert stage.calm()
    assert stage.held() == ours
    assert wrongs(stage) == []


def test_a_stop_under_another_installations_name_is_nobody_we_touch() -> None:
    """Binance: it stands on a flat slot; entries stop, and it is not removed however long it stands."""
    stage = Stage(BINANCE)
    stage.leave_stop(whole=False, name=THEIRS)
    stage.run(most=2 * MINUTE)
    stage.restart()
    stage.run(most=2 * MINUTE)
    assert [stop.client_id for stop in stage.stops()] == [THEIRS]
    assert orphans_cancelled(stage) == []
    stage.send("a")
    stage.run(most=SECOND)
    assert stage.answer("a") == "halted"


@VENUES
def test_a_foreign_position_behind_another_installations_stop_is_not_ours(venue: VenueName) -> None:
    """Even where naked ones are to be protected: it is not naked, and it is not ours."""
    stage = Stage(venue, settings=DeskSettings(naked_foreign=NakedForeign.PROTECT))
    step = stage.box.instruments[stage.coins[0]].step
    stage.hand(Side.BUY, 100 * step)
    stage.leave_stop(name=THEIRS)
    stage.run(most=2 * MINUTE)
    assert adopted(stage) == []
    assert len(stage.stops()) == 1


@VENUES
def test_a_position_with_a_take_profit_alone_is_naked(venue: VenueName) -> None:
    """It gets its stop behind the mark, not where the take-profit waits; and that one, its owner's, is left alone."""
    stage = Stage(venue, settings=DeskSettings(naked_foreign=NakedForeign.PROTECT))
    step = stage.box.instruments[stage.coins[0]].step
    stage.hand(Side.BUY, 100 * step)
    theirs = stage.take_profit()
    stage.restart()
    stage.run(most=2 * MINUTE)
    (found,) = adopted(stage)
    assert stage.phase(found.signal_id) is Phase.PROTECTED
    (ours,) = [stop for stop in stage.stops() if stop.stop_id != theirs]
    assert abs(ours.trigger / stage.price() - Decimal("0.95")) < Decimal("0.001")
    assert len(stage.stops()) == 2
    assert stage.held() == 100 * step


@VENUES
@pytest.mark.parametrize("moment", [0, 10, 25, 40, 120, 700])
def test_the_old_stop_fires_while_a_reversal_is_on_its_way(venue: VenueName, moment: int) -> None:
    """Stop and close within the same second, and then the other side: never doubled, never turned over by one order."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    stage.run(most=SECOND)
    stage.send("b", side=Side.SELL, on_opposite=OnOpposite.REVERSE)
    stage.run(most=moment * MILLISECOND)
    stage.jump("-7")
    assert stage.calm(), stage.tell()[-3000:]
    assert (wrongs(stage), leftovers(stage)) == ([], [])
    assert stage.phase("a") is Phase.FLAT
    assert stage.phase("b") in (Phase.PROTECTED, Phase.FLAT)
    assert stage.held() <= 0


@VENUES
@pytest.mark.parametrize("moment", [0, 8, 15, 30, 200])
def test_a_liquidation_under_a_ladder_leaves_nothing(venue: VenueName, moment: int) -> None:
    """The venue takes all, beside a rung that may be on its way: the end says liquidated, and no order is left."""
    stage = Stage(venue, switches={f"{venue}.reduce_only_overtaken": "stay"})
    stage.send("a", take_profit=LADDER, leverage=Decimal(5))
    assert stage.until("a", Phase.PROTECTED)
    stage.run(most=moment * MILLISECOND)
    stage.liquidate()
    assert stage.calm(), stage.tell("a")[-3000:]
    assert (stage.phase("a"), stage.state("a").end) == (Phase.FLAT, ev.EndReason.LIQUIDATED)
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
def test_a_part_is_closed_while_the_stop_moves(venue: VenueName) -> None:
    """The part leaves, the stop arrives, and both are as asked."""
    stage = Stage(venue)
    stage.send("a", take_profit=LADDER)
    assert stage.until("a", Phase.PROTECTED)
    stage.run(most=SECOND)
    held = stage.held()
    stage.send("m", action=Action.PROTECT, side=None, size=None, stop=Stop(percent=Decimal(2)))
    stage.run(most=15 * MILLISECOND)
    stage.send("p", action=Action.CLOSE, side=None, size=None, stop=None, percent=Decimal(50))
    assert stage.calm()
    step = stage.box.instruments[stage.coins[0]].step
    assert abs(stage.held() - held / 2) <= step
    assert [stop.trigger for stop in stage.stops()] == [stage.state("a").settled_trigger.trigger]  # type: ignore[union-attr]
    assert (wrongs(stage), leftovers(stage)) == ([], [])
