"""Stories of take-profits: rungs that fill, lag, are refused, are lost, and go with the position."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.events import EndReason
from seawall.model.ids import Leg, Side, VenueName, parse_client_id
from seawall.model.signal import Action, Stop, TakeProfit
from seawall.model.times import MILLISECOND, SECOND
from seawall.sagas.phase import Phase
from tests.adversary.stage import BINANCE, BYBIT, Stage, leftovers, wrongs

VENUES = pytest.mark.parametrize("venue", [BINANCE, BYBIT])
TWO = (TakeProfit(Decimal(50), percent=Decimal(2)), TakeProfit(Decimal(50), percent=Decimal(4)))
FAULTS = [
    {"fault": "reply_lost", "call": "order.create", "nth": 2},
    {"fault": "request_lost", "call": "order.create", "nth": 2},
    {"fault": "delay", "call": "order.create", "nth": 2, "ms": 3000, "where": "reply"},
    {"fault": "status", "call": "order.create", "nth": 3, "status": 503, "text": "<html>"},
    {"fault": "stream_silence", "call": "stream.order", "ms": 60_000},
    {"fault": "stream_drop", "call": "stream.*", "times": 20},
    {"fault": "reply_lost", "call": "order.cancel"},
]


def rungs(stage: Stage) -> list[Decimal]:
    """What rests of our take-profits in the venue's book."""
    return sorted(
        order.quantity - order.filled
        for order in stage.box.book.open_orders(stage.account, stage.coins[0])
        if (name := parse_client_id(order.client_id)) and name.leg is Leg.TAKE_PROFIT
    )


def laddered(venue: VenueName, side: Side = Side.BUY, fault: dict[str, object] | None = None) -> Stage:
    """A protected position of 100 USDT with two rungs at 2 and 4 percent, half each."""
    stage = Stage(venue)
    if fault:
        stage.fault(**fault)
    stage.send("a", side=side, take_profit=TWO)
    assert stage.until("a", Phase.PROTECTED, most=60 * SECOND)
    stage.run(most=30 * SECOND)
    return stage


@VENUES
@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_ladder_takes_the_gain_and_nothing_is_left(venue: VenueName, side: Side) -> None:
    """Both rungs fill; the stop goes last; the end says who closed."""
    stage = laddered(venue, side)
    assert sum(rungs(stage)) == abs(stage.held())
    first = abs(stage.held())
    stage.jump("2.5" if side is Side.BUY else "-2.5")
    stage.run(most=5 * SECOND)
    assert first / 3 < abs(stage.held()) < first
    assert stage.phase("a") is Phase.PROTECTED
    stage.jump("3" if side is Side.BUY else "-3")
    assert stage.calm()
    assert (bool(stage.held()), rungs(stage), len(stage.stops())) == (False, [], 0)
    assert stage.state("a").end is EndReason.TAKEN_PROFIT
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@pytest.mark.parametrize("fault", FAULTS)
def test_a_ladder_outlives_a_fault(venue: VenueName, fault: dict[str, object]) -> None:
    """Whatever is lost, the rungs come to what was asked for, once each, and the stop never leaves."""
    stage = laddered(venue, fault=fault)
    stage.run(most=60 * SECOND)
    stage.box.faults.clear()
    stage.run(most=30 * SECOND)
    assert sum(rungs(stage)) == abs(stage.held())
    assert len(rungs(stage)) == len(TWO)
    stage.jump("2.5")
    stage.run(most=40 * SECOND)
    assert len(rungs(stage)) == 1
    assert sum(rungs(stage)) == abs(stage.held())
    stage.ask_close()
    assert stage.calm()
    assert (bool(stage.held()), rungs(stage), len(stage.stops())) == (False, [], 0)
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
def test_the_stop_fires_and_the_ladder_goes_down(venue: VenueName) -> None:
    """A resting reduce-only order on a flat slot would hit the next position."""
    stage = laddered(venue)
    stage.jump("-7")
    assert stage.calm()
    assert (bool(stage.held()), rungs(stage), len(stage.stops())) == (False, [], 0)
    assert stage.state("a").end is EndReason.STOP_FILLED
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@pytest.mark.parametrize("moment", [5, 15, 25, 35, 45, 60, 90, 150, 400])
def test_a_process_killed_while_it_lays_a_ladder_lays_it_once(venue: VenueName, moment: int) -> None:
    """Every rung once, whichever of them had left."""
    stage = Stage(venue)
    stage.send("a", take_profit=TWO)
    stage.run(most=moment * MILLISECOND)
    stage.restart()
    assert stage.calm()
    if stage.phase("a") is Phase.PROTECTED:
        assert sum(rungs(stage)) == abs(stage.held())
        assert len(rungs(stage)) == len(TWO)
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
def test_a_part_closed_shrinks_the_ladder(venue: VenueName) -> None:
    """The rungs share what is left."""
    stage = laddered(venue)
    stage.send("p", action=Action.CLOSE, side=None, size=None, stop=None, percent=Decimal(50))
    stage.run(most=60 * SECOND)
    assert stage.answer("p") == "accepted"
    assert sum(rungs(stage)) == abs(stage.held())
    assert len(rungs(stage)) == len(TWO)
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
def test_a_protect_changes_stop_and_ladder_together(venue: VenueName) -> None:
    """One signal; the new rungs take the place of the old, the stop moves without a gap."""
    stage = laddered(venue)
    naked = stage.box.judge(stage.now).naked_us
    one = (TakeProfit(Decimal(100), percent=Decimal(6)),)
    stage.send("m", action=Action.PROTECT, side=None, size=None, stop=Stop(percent=Decimal(1)), take_profit=one)
    stage.run(most=60 * SECOND)
    assert stage.answer("m") == "accepted"
    assert rungs(stage) == [abs(stage.held())]
    (stop,) = stage.stops()
    assert abs(stop.trigger / stage.price() - Decimal("0.99")) < Decimal("0.002")
    assert stage.box.judge(stage.now).naked_us == naked
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
def test_a_hand_that_closes_everything_takes_the_ladder_with_it(venue: VenueName) -> None:
    """What is left of ours on the flat slot goes, and only that."""
    stage = laddered(venue)
    stage.hand(Side.SELL, stage.held())
    assert stage.calm()
    assert (bool(stage.held()), rungs(stage), len(stage.stops())) == (False, [], 0)
    assert stage.phase("a") is Phase.FLAT
    assert (wrongs(stage), leftovers(stage)) == ([], [])
