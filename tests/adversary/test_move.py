"""A percent stop that must move, with a fault or a death on every arrow of the move, and journals that lost their end."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.ids import Side, VenueName
from seawall.model.times import SECOND
from seawall.sagas.phase import Phase
from tests.adversary.stage import BINANCE, BYBIT, MS, SIDES, Stage, leftovers, wrongs

VENUES = pytest.mark.parametrize("venue", [BINANCE, BYBIT])
HOW = [
    {"fault": "request_lost", "mode": "reset"},
    {"fault": "reply_lost", "mode": "reset"},
    {"fault": "reply_lost", "mode": "hang"},
    {"fault": "status", "status": 503, "text": "<html>", "effect": True},
    {"fault": "delay", "ms": 1500, "where": "reply"},
]
ARROWS = [
    ("stop.create", 1),
    ("stop.create", 2),
    ("stop.cancel", 1),
    ("stop.create", 3),
    ("stop.cancel", 2),
    ("stop.get", 1),
    ("stop.get", 2),
]


def _moving(venue: VenueName, side: Side) -> Stage:
    """A world in which the entry fills 2 % beyond the mark of its intent."""
    stage = Stage(venue)
    stage.fault(fault="price_jump", call="order.create", nth=1, pct=Decimal(2 * side.sign), price="both")
    return stage


def _ends_moved(stage: Stage) -> None:
    assert stage.calm(), stage.tell("a")[-3000:]
    assert (wrongs(stage), leftovers(stage)) == ([], []), stage.tell("a")[-3000:]
    assert stage.phase("a") is Phase.PROTECTED, stage.tell("a")[-3000:]
    settled = stage.state("a").settled_trigger
    assert settled is not None
    assert [(stop.trigger, stop.scope.value) for stop in stage.stops()] == [(settled.trigger, "position")]


@VENUES
@SIDES
@pytest.mark.parametrize("arrow", ARROWS)
@pytest.mark.parametrize("how", HOW, ids=lambda line: "-".join(str(value) for value in line.values()))
def test_a_move_outlives_what_happens_to_any_arrow(
    venue: VenueName, side: Side, arrow: tuple[str, int], how: dict[str, object]
) -> None:
    """One lost or late word on any arrow of a move leaves one stop of the whole position at the final trigger."""
    stage = _moving(venue, side)
    stage.fault(call=arrow[0], nth=arrow[1], **how)
    stage.send("a", side=side)
    _ends_moved(stage)
    assert stage.box.judge(stage.now).longest_naked_us < 6 * SECOND


@VENUES
@SIDES
@pytest.mark.parametrize("when", ["leaving", "acted", "answering"])
@pytest.mark.parametrize("arrow", ARROWS)
@pytest.mark.parametrize("pause", [10 * MS, pytest.param(20 * SECOND, marks=pytest.mark.long)])
def test_a_move_outlives_a_death_on_any_arrow(
    venue: VenueName, side: Side, when: str, arrow: tuple[str, int], pause: int
) -> None:
    """A process that dies on any arrow of a move leaves one stop of the whole position at the final trigger."""
    stage = _moving(venue, side)
    met: dict[str, int] = {}

    def die(moment: str, call: str) -> None:
        if moment == when and call == arrow[0]:
            met[call] = met.get(call, 0) + 1
            if met[call] == arrow[1]:
                stage.at(stage.now, stage.kill)
                stage.at(stage.now + pause, stage.start)

    stage.on_moment = die
    stage.send("a", side=side)
    stage.run(most=25 * SECOND)
    _ends_moved(stage)


@VENUES
@pytest.mark.parametrize(
    "lost", [*range(1, 20, 4), *(pytest.param(lost, marks=pytest.mark.long) for lost in range(20, 40))]
)
def test_a_journal_that_lost_its_end_still_ends_the_signal(venue: VenueName, lost: int) -> None:
    """On a copy of the journal that knows the entry's intention but not what followed, the signal is found again."""
    stage = _moving(venue, Side.BUY)
    stage.send("a")
    stage.run(most=20 * SECOND)
    rows = len(stage.recorded())
    intended = next(n for n, row in enumerate(stage.recorded(), 1) if type(row.event).__name__ == "EntryIntended")
    stage.restore(max(rows - lost, intended))
    stage.run(most=20 * SECOND)
    _ends_moved(stage)


@VENUES
@pytest.mark.parametrize("lost", range(1, 12))
def test_a_journal_that_lost_a_close_still_ends_flat(venue: VenueName, lost: int) -> None:
    """On a copy of the journal that lost rows of a way home, nothing is closed twice and nothing stays behind."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    stage.run(most=SECOND)
    stage.ask_close()
    assert stage.until("a", Phase.FLAT)
    stage.run(most=100 * MS)
    stage.restore(len(stage.recorded()) - lost)
    assert stage.calm(), stage.tell("a")[-3000:]
    assert stage.phase("a") is Phase.FLAT, stage.tell("a")[-3000:]
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@pytest.mark.parametrize("venue", [BINANCE, BYBIT])
@pytest.mark.parametrize("keep", ["nothing", "acceptance"])
def test_a_position_that_the_journal_forgot_does_not_stay_naked(venue: VenueName, keep: str) -> None:
    """A naked position explained by fills under our prefix is protected though the journal lost its entry's intention."""
    stage = Stage(venue)
    stage.fault(fault="stop_refused", call="stop.create", status=400, code=-4509, text="GTE order needs a position")
    stage.on_moment = lambda when, call: (
        stage.at(stage.now, stage.kill) if (when, call) == ("acted", "order.create") and stage.house else None
    )
    stage.send("a")
    stage.run(most=SECOND)
    stage.on_moment = None
    assert stage.held()
    rows = [type(row.event).__name__ for row in stage.recorded()]
    stage.restore(0 if keep == "nothing" else rows.index("EntryIntended"))
    stage.box.faults.clear()
    stage.run(most=60 * SECOND)
    (position,) = stage.box.judge(stage.now).positions
    assert position.covered
