"""A venue that does not answer for minutes, streams and reads that never speak, and clocks that turn out wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.ids import Side, VenueName
from seawall.model.signal import Stop
from seawall.model.times import SECOND
from seawall.sagas.phase import Phase
from tests.adversary.stage import BINANCE, BYBIT, MS, SIDES, Stage, leftovers, wrongs

VENUES = pytest.mark.parametrize("venue", [BINANCE, BYBIT])
MUTE: dict[str, dict[str, object]] = {
    "hang": {"fault": "request_lost", "mode": "hang"},
    "reset": {"fault": "request_lost", "mode": "reset"},
    "acted": {"fault": "reply_lost", "mode": "hang"},
    "503": {"fault": "status", "status": 503, "text": "<html>"},
    "418": {"fault": "status", "status": 418, "text": "banned"},
    "403": {"fault": "status", "status": 403, "text": "<html>"},
}
READS = (
    "order.get",
    "order.history",
    "positions.get",
    "stop.get",
    "stop.history",
    "stops.open",
    "orders.open",
    "fills.get",
)


def _ends(stage: Stage) -> None:
    assert stage.calm(), stage.tell("a")[-3000:]
    assert (wrongs(stage), leftovers(stage)) == ([], []), stage.tell("a")[-3000:]


@VENUES
@pytest.mark.parametrize(
    "moment", [12 * MS, 22 * MS, *(pytest.param(at, marks=pytest.mark.long) for at in (0, 40 * MS, 2 * SECOND))]
)
@pytest.mark.parametrize("how", sorted(MUTE))
@pytest.mark.parametrize("killed", [False, True])
def test_a_venue_mute_for_two_minutes_costs_no_position(venue: VenueName, moment: int, how: str, killed: bool) -> None:
    """A venue that answers nothing for two minutes, then again, ends every signal PROTECTED or unsent."""
    stage = Stage(venue)
    stage.send("a")
    stage.run(most=moment)
    stage.fault(call="*", **MUTE[how])
    if killed:
        stage.run(most=3 * SECOND)
        stage.restart()
    stage.run(most=120 * SECOND)
    _ends(stage)
    filled = bool(stage.box.judge(stage.now).episodes)
    assert stage.phase("a") is (Phase.PROTECTED if filled else Phase.FLAT), stage.tell("a")[-3000:]


@VENUES
@SIDES
@pytest.mark.parametrize("percent", [False, True])
def test_without_a_stream_reads_alone_protect(venue: VenueName, side: Side, percent: bool) -> None:
    """A stream that never says anything costs no signal its protection."""
    stage = Stage(venue, ready=False)
    stage.fault(fault="stream_drop", call="stream.*")
    stage.start()
    assert stage.run(lambda: stage.house is not None and stage.house.desk.ready, most=60 * SECOND)
    stop = Stop(percent=Decimal(5)) if percent else Stop(price=stage.price() * (1 - side.sign * Decimal("0.05")))
    stage.send("a", side=side, stop=stop)
    assert stage.until("a", Phase.PROTECTED, most=30 * SECOND), stage.tell("a")[-3000:]
    stage.run(most=60 * SECOND)
    stage.ask_close()
    assert stage.until("a", Phase.FLAT, most=200 * SECOND), stage.tell("a")[-3000:]
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@pytest.mark.parametrize("bent", ["request_lost", "empty_read", "stale_read"])
def test_with_reads_that_never_answer_the_stream_protects(venue: VenueName, bent: str) -> None:
    """Reads of orders, positions and stops that fail, find nothing or stand still for ever do not roll back a fill."""
    stage = Stage(venue)
    for call in READS:
        stage.fault(fault=bent, call=call)
    stage.send("a")
    stage.run(most=150 * SECOND)
    assert stage.held(), stage.tell("a")[-3000:]
    _ends(stage)
    assert stage.phase("a") is Phase.PROTECTED, stage.tell("a")[-3000:]


@VENUES
@pytest.mark.parametrize("moment", [-SECOND, 0, 12 * MS, 25 * MS, 5 * SECOND])
@pytest.mark.parametrize("skew", [5 * SECOND, -5 * SECOND, 40 * SECOND])
def test_a_clock_that_steps_is_noticed(venue: VenueName, moment: int, skew: int) -> None:
    """A clock of ours that steps forward (or a venue's that steps back, and the reverse) costs no protection."""
    stage = Stage(venue)
    if moment < 0:
        stage.set_clock(max(skew, 0))
        stage.run(most=SECOND)
    stage.send("a")
    stage.run(most=max(moment, 0))
    if skew > 0:
        stage.set_clock(skew - stage.skew)
    else:
        stage.restart(pause=20 * SECOND)
    _ends(stage)
    if stage.box.judge(stage.now).episodes:
        assert stage.phase("a") is Phase.PROTECTED, stage.tell("a")[-3000:]


def test_a_long_silence_is_not_recorded_four_times_a_second() -> None:
    """To a venue that is mute for five minutes after the fill the stop goes ever more rarely, and at once after it."""
    stage = Stage(BINANCE)
    stage.send("a")
    assert stage.run(lambda: bool(stage.held()), most=SECOND)
    stage.fault(fault="request_lost", call="*.*")
    stage.run(most=5 * 60 * SECOND)
    tried = stage.events("a").count("StopIntended")
    assert 20 < tried < 120
    stage.box.faults.clear()
    assert stage.until("a", Phase.PROTECTED, most=10 * SECOND), stage.tell("a")[-2500:]
    _ends(stage)
