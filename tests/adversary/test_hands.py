"""Other hands on the account: what they do to our position is accepted, what is theirs is never touched."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.events import DistressKind, EndReason
from seawall.model.ids import Side, VenueName
from seawall.model.signal import Stop
from seawall.model.times import SECOND
from seawall.sagas.phase import Phase
from tests.adversary.stage import BINANCE, BYBIT, MS, Stage, leftovers, wrongs
from venuesim.facts import StopStatus
from venuesim.words import TriggerBy

VENUES = pytest.mark.parametrize("venue", [BINANCE, BYBIT])
_LATER = (3 * MS, 25 * MS, 5 * SECOND)
MOMENTS = pytest.mark.parametrize(
    "moment", [0, 11 * MS, 200 * MS, 31 * SECOND, *(pytest.param(at, marks=pytest.mark.long) for at in _LATER)]
)


def _opened(venue: VenueName, *phases: Phase) -> Stage:
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", *phases)
    return stage


@VENUES
@MOMENTS
@pytest.mark.parametrize("phase", [Phase.PROTECTING, Phase.PROTECTED])
def test_a_position_closed_by_hand_ends_flat(venue: VenueName, phase: Phase, moment: int) -> None:
    """A position that a hand closes whole ends FLAT, with nothing sent for it that could open anything."""
    stage = _opened(venue, phase)
    stage.run(most=moment)
    stage.hand(Side.SELL, stage.held())
    assert stage.calm()
    assert stage.phase("a") is Phase.FLAT, stage.tell("a")[-2500:]
    assert not stage.held()
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@MOMENTS
def test_a_position_flipped_by_hand_is_left_to_the_hand(venue: VenueName, moment: int) -> None:
    """What a hand holds on the other side after flipping our position is never traded by us."""
    stage = _opened(venue, Phase.PROTECTED)
    stage.run(most=moment)
    ours = stage.held()
    stage.hand(Side.SELL, 3 * ours)
    assert stage.calm()
    assert stage.phase("a") is Phase.FLAT, stage.tell("a")[-2500:]
    assert stage.held() == -2 * ours
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@MOMENTS
def test_what_a_hand_adds_stays_when_ours_is_closed(venue: VenueName, moment: int) -> None:
    """A hand adds to our position; a close takes exactly our own quantity."""
    stage = _opened(venue, Phase.PROTECTED)
    stage.run(most=moment)
    ours = stage.held()
    stage.hand(Side.BUY, ours)
    stage.run(most=3 * SECOND)
    assert stage.phase("a") is Phase.PROTECTED, stage.tell("a")[-2500:]
    stage.ask_close()
    assert stage.calm()
    assert (stage.phase("a"), stage.held()) == (Phase.FLAT, ours), stage.tell("a")[-3500:]
    assert wrongs(stage) == []


@VENUES
@MOMENTS
def test_what_a_hand_takes_is_not_closed_again(venue: VenueName, moment: int) -> None:
    """A hand takes a third of our position; it stays PROTECTED, and a close takes the rest."""
    stage = _opened(venue, Phase.PROTECTED)
    stage.run(most=moment)
    third = stage.box.instruments[stage.coins[0]].step * (
        stage.held() / stage.box.instruments[stage.coins[0]].step // 3
    )
    stage.hand(Side.SELL, third)
    stage.run(most=40 * SECOND)
    assert stage.phase("a") is Phase.PROTECTED, stage.tell("a")[-2500:]
    stage.ask_close()
    assert stage.calm()
    assert (stage.phase("a"), stage.held()) == (Phase.FLAT, Decimal(0))
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@pytest.mark.parametrize("moment", [0, 25 * MS, 5 * SECOND])
@pytest.mark.parametrize("silent", [False, True])
def test_a_stop_cancelled_by_hand_is_placed_again(venue: VenueName, moment: int, silent: bool) -> None:
    """A stop that a hand cancels is placed again, though the stream be silent."""
    stage = _opened(venue, Phase.PROTECTED)
    stage.run(most=moment)
    if silent:
        stage.fault(fault="stream_drop", call="stream.*")
    assert stage.cancel_stops() == 1
    stage.run(most=60 * SECOND)
    assert any(stop.status is StopStatus.LIVE for stop in stage.stops()), stage.tell("a")[-3500:]
    assert stage.calm()
    assert stage.phase("a") is Phase.PROTECTED, stage.tell("a")[-2500:]
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("away", ["0.99", "0.90"])
def test_a_stop_moved_by_hand_is_accepted(away: str, silent: bool) -> None:
    """Bybit: a stop that a hand moves still protects; it is neither moved back nor doubled nor closed for."""
    stage = _opened(BYBIT, Phase.PROTECTED)
    stage.run(most=40 * SECOND)
    if silent:
        stage.fault(fault="stream_drop", call="stream.*")
    rules = stage.box.instruments[stage.coins[0]]
    trigger = stage.price() * Decimal(away)
    trigger -= trigger % rules.tick
    stage.box.book.set_position_stop(
        stage.account, stage.coins[0], trigger, None, TriggerBy.MARK, TriggerBy.MARK, stage.now
    )
    stage.box._tell()
    stage._wake_box()
    stage.run(most=70 * SECOND)
    assert stage.calm()
    assert stage.phase("a") is Phase.PROTECTED, stage.tell("a")[-3500:]
    assert [stop.trigger for stop in stage.stops()] == [trigger], stage.tell("a")[-3500:]
    assert "CloseIntended" not in stage.events("a")
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@MOMENTS
@pytest.mark.parametrize("phase", [Phase.PROTECTING, Phase.PROTECTED])
def test_a_liquidation_ends_flat(venue: VenueName, phase: Phase, moment: int) -> None:
    """A position that the venue liquidates ends FLAT, and the end says so."""
    stage = _opened(venue, phase)
    stage.run(most=moment)
    stage.liquidate()
    assert stage.calm()
    assert stage.phase("a") is Phase.FLAT, stage.tell("a")[-2500:]
    assert stage.state("a").end is EndReason.LIQUIDATED
    assert (wrongs(stage), leftovers(stage)) == ([], [])


def _with_foreign_stop(stop: Stop) -> tuple[Stage, str]:
    """A foreign closePosition stop that appears between the decision to enter and our own stop."""
    stage = Stage(BINANCE)
    left: list[str] = []

    def leave(when: str, call: str) -> None:
        if (when, call) == ("answering", "order.create") and not left:
            left.append("")
            left[0] = stage.leave_stop()

    stage.on_moment = leave
    stage.send("a", stop=stop)
    stage.run(most=20 * SECOND)
    return stage, left[0]


@pytest.mark.parametrize("percent", [False, True])
def test_a_foreign_stop_in_the_way_stays_and_ours_stands_beside_it(percent: bool) -> None:
    """Binance: a foreign closePosition stop in the way (-4130) is left alone, and a quantity stop beside it protects."""
    stop = Stop(percent=Decimal(5)) if percent else Stop(price=Decimal("0.17"))
    stage, foreign = _with_foreign_stop(stop)
    assert stage.calm()
    assert stage.phase("a") is Phase.PROTECTED, stage.tell("a")[-3500:]
    standing = {found.stop_id: found for found in stage.stops()}
    assert standing[foreign].status is StopStatus.LIVE
    assert len(standing) == 2
    assert stage.box.judge(stage.now).longest_naked_us < 2 * SECOND
    assert DistressKind.FOREIGN_STOP in stage.state("a").distress
    stage.ask_close()
    assert stage.calm()
    assert (stage.phase("a"), stage.held()) == (Phase.FLAT, Decimal(0))
    assert wrongs(stage) == []


def test_a_foreign_stop_in_the_way_and_a_fill_that_moves_the_trigger() -> None:
    """Binance: beside a foreign stop a percent stop still moves to the fill's own trigger, and nothing of theirs goes."""
    stage = Stage(BINANCE)
    left: list[str] = []

    def leave(when: str, call: str) -> None:
        if (when, call) == ("answering", "order.create") and not left:
            left.append("")
            left[0] = stage.leave_stop()

    stage.on_moment = leave
    stage.fault(fault="price_jump", call="order.create", nth=1, pct=Decimal(2), price="last")
    stage.send("a")
    stage.run(most=20 * SECOND)
    assert stage.calm()
    assert stage.phase("a") is Phase.PROTECTED, stage.tell("a")[-4500:]
    ours = [found for found in stage.stops() if found.stop_id != left[0]]
    settled = stage.state("a").settled_trigger
    assert settled is not None
    assert [found.trigger for found in ours] == [settled.trigger]
    assert any(found.stop_id == left[0] for found in stage.stops())


@VENUES
def test_a_foreign_position_between_admission_and_entry_ends_the_signal_unsent(venue: VenueName) -> None:
    """A hand's position that arises while the signal still waits for its leverage ends it with nothing sent."""
    stage = Stage(venue)
    stage.fault(fault="delay", call="leverage.set", ms=2000, where="request")
    stage.send("a", leverage=Decimal(5))
    stage.run(most=500 * MS)
    stage.hand(Side.BUY, Decimal(1000))
    assert stage.calm()
    assert (stage.phase("a"), stage.held()) == (Phase.FLAT, Decimal(1000)), stage.tell("a")[-2500:]
    assert "EntryIntended" not in stage.events("a")


@VENUES
@pytest.mark.parametrize("killed", [False, True])
def test_a_position_closed_by_hand_ends_flat_though_only_reads_tell(venue: VenueName, killed: bool) -> None:
    """A hand closes our position while the stream is silent: the reads alone bring the signal to FLAT."""
    stage = _opened(venue, Phase.PROTECTED)
    stage.fault(fault="stream_drop", call="stream.*")
    stage.hand(Side.SELL, stage.held())
    if killed:
        stage.restart()
    stage.run(most=150 * SECOND)
    assert stage.phase("a") is Phase.FLAT, stage.tell("a")[-2500:]
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@pytest.mark.parametrize("killed", [False, True])
def test_a_stop_that_fires_unheard_ends_flat(venue: VenueName, killed: bool) -> None:
    """Our stop fires while the stream is silent: the reads alone bring the signal to FLAT."""
    stage = _opened(venue, Phase.PROTECTED)
    stage.fault(fault="stream_drop", call="stream.*")
    stage.jump("-7")
    if killed:
        stage.restart()
    stage.run(most=150 * SECOND)
    assert stage.phase("a") is Phase.FLAT, stage.tell("a")[-2500:]
    assert stage.events("a").count("CloseIntended") < 20
    assert (wrongs(stage), leftovers(stage)) == ([], [])
