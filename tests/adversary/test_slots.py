"""Several signals on one slot, one after another and at once: what is late of the first never reaches the second."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.engine.settings import DeskSettings
from seawall.model.ids import Side, VenueName
from seawall.model.signal import OnOpposite, Stop
from seawall.model.times import SECOND
from seawall.sagas.phase import Phase
from tests.adversary.stage import BINANCE, BYBIT, MS, Stage, leftovers, wrongs

VENUES = pytest.mark.parametrize("venue", [BINANCE, BYBIT])
HELD = (Phase.ENTERING, Phase.PROTECTING, Phase.PROTECTED)


@VENUES
@pytest.mark.parametrize("phase", HELD)
def test_a_second_open_on_a_held_slot_is_refused_and_changes_nothing(venue: VenueName, phase: Phase) -> None:
    """A second open on a slot that another signal holds is refused as occupied, whatever that one is doing."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", phase)
    stage.send("b")
    assert stage.calm()
    assert (stage.answer("b"), stage.phase("a")) == ("occupied", Phase.PROTECTED)
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@pytest.mark.parametrize("moment", [1 * MS, 12 * MS, 22 * MS, 40 * MS, 300 * MS, 5 * SECOND])
def test_a_signal_on_a_closing_slot_waits_and_then_opens(venue: VenueName, moment: int) -> None:
    """A signal that comes while the slot is on its way home waits, and is opened once flat is verified."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    stage.ask_close()
    stage.run(most=moment)
    stage.send("b", max_age=180 * SECOND)
    assert stage.until("b", Phase.PROTECTED, most=150 * SECOND), stage.tell("b")[-1500:]
    assert stage.calm()
    assert stage.phase("a") is Phase.FLAT
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@pytest.mark.parametrize("percent", [True, False])
def test_a_signal_right_after_flat_opens(venue: VenueName, percent: bool) -> None:
    """The moment after one signal's flat was verified the next opens: nothing of the first counts as foreign."""
    stage = Stage(venue)
    stop = Stop(percent=Decimal(5)) if percent else Stop(price=stage.price() * Decimal("0.95"))
    stage.send("a", stop=stop)
    assert stage.until("a", Phase.PROTECTED)
    stage.run(most=35 * SECOND)
    stage.ask_close()
    assert stage.until("a", Phase.FLAT, most=120 * SECOND)
    stage.send("b", stop=stop)
    assert stage.until("b", Phase.PROTECTED, most=20 * SECOND), f"{stage.answer('b')} {stage.tell('b')[-900:]}"
    assert stage.calm()
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
def test_the_same_stop_price_twice_is_two_stops(venue: VenueName) -> None:
    """A second signal whose stop has the price of the first's gets a stop of its own."""
    stage = Stage(venue)
    stop = Stop(price=stage.price() * Decimal("0.95"))
    for name in ("a", "b", "c"):
        stage.send(name, stop=stop)
        assert stage.until(name, Phase.PROTECTED, most=100 * SECOND), f"{stage.answer(name)} {stage.tell(name)[-900:]}"
        stage.run(most=3 * SECOND)
        if name != "c":
            stage.ask_close()
            assert stage.until(name, Phase.FLAT, most=120 * SECOND)
    assert stage.calm()
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("phase", [*HELD])
def test_an_opposite_signal_that_closes_never_opens(venue: VenueName, phase: Phase, restarted: bool) -> None:
    """A signal with on_opposite=close brings the slot to flat and opens nothing, a restart in between included."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", phase)
    stage.send("b", side=Side.SELL, on_opposite=OnOpposite.CLOSE)
    stage.run(most=1 * MS)
    if restarted:
        stage.restart()
    assert stage.calm()
    assert stage.phase("a") is Phase.FLAT
    assert not stage.held()
    assert (wrongs(stage), leftovers(stage)) == ([], [])
    assert "EntryIntended" not in stage.events("b")


@VENUES
def test_max_open_counts_what_is_open(venue: VenueName) -> None:
    """Of three signals at once with max_open 2 the third is refused; once one is flat the next is taken."""
    stage = Stage(venue, coins=3, settings=DeskSettings(max_open=2))
    for name, coin in zip("abc", stage.coins, strict=True):
        stage.send(name, coin)
    stage.run(most=5 * SECOND)
    assert [stage.answer(name) for name in "abc"] == ["accepted", "accepted", "occupied"]
    stage.ask_close(stage.coins[0])
    assert stage.until("a", Phase.FLAT, most=120 * SECOND)
    stage.send("d", stage.coins[2])
    assert stage.calm()
    assert stage.phase("d") is Phase.PROTECTED
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
def test_ten_at_once_end_protected(venue: VenueName) -> None:
    """Ten signals on ten symbols in one instant end PROTECTED."""
    stage = Stage(venue, coins=10)
    for number, coin in enumerate(stage.coins):
        stage.send(f"s{number}", coin, side=Side.BUY if number % 2 else Side.SELL)
    assert stage.calm()
    assert [stage.phase(f"s{number}") for number in range(10)] == [Phase.PROTECTED] * 10
    assert (wrongs(stage), leftovers(stage)) == ([], [])
