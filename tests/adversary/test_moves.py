"""The short form of the drill of moves: some forty changes of cover a venue, and the seeds that taught something."""

from __future__ import annotations

import pytest

from seawall.drill.moves import Tally, Trial, main, tried
from seawall.model.ids import VenueName
from seawall.model.times import MILLISECOND, SECOND
from seawall.sagas.phase import Finding
from tests.adversary.stage import BINANCE, BYBIT, Stage, leftovers, wrongs


@pytest.mark.parametrize("venue", list(VenueName))
def test_stops_moved_under_faults_leave_nothing_naked(venue: VenueName) -> None:
    """Forty changes of cover, whatever strikes: the judge counts not one microsecond without."""
    tally = tried(venue, 40)
    assert (tally.breaches, tally.naked_us) == ([], 0)
    assert tally.judged >= 40
    assert tally.fired


@pytest.mark.parametrize(
    ("venue", "seed"),
    [("binance", 15), ("binance", 23), ("binance", 30), ("binance", 33), ("bybit", 1), ("bybit", 4), ("bybit", 14)],
)
def test_a_seed_of_moves_that_taught_something_breaches_nothing(venue: str, seed: int) -> None:
    """A bridge on its way out that bore the next move; a lagging read that was taken for a hand."""
    trial, tally = Trial(VenueName(venue), seed), Tally()
    assert trial.run()
    trial.count(tally)
    assert tally.breaches == []


def test_the_command_tells_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """Moves, faults, kills and naked time of a venue, and exit 0 if all held."""
    assert main(["--moves", "5", "--venue", "bybit"]) == 0
    assert "naked 0 us" in capsys.readouterr().out


@pytest.mark.parametrize("venue", [BINANCE, BYBIT])
@pytest.mark.parametrize("apart", range(5, 125, 10))
def test_a_second_move_at_any_moment_of_the_first_leaves_nothing_naked(venue: VenueName, apart: int) -> None:
    """From five percent to three, and back to five while any arrow of that is on its way."""
    stage = Stage(venue)
    stage.send("a")
    stage.run(most=5 * SECOND)
    stage.protect("three", "3")
    stage.run(most=apart * MILLISECOND)
    stage.protect("five", "5")
    assert stage.run(lambda: stage.saga("a").finding is Finding.PROTECTED and len(stage.stops()) == 1, most=20 * SECOND)
    stage.run(most=5 * SECOND)
    (episode,) = stage.box.judge(stage.now).episodes
    assert episode.covered_at is not None
    assert [begin for begin, _ in episode.naked if begin >= episode.covered_at] == []
    assert (wrongs(stage), leftovers(stage)) == ([], [])
    assert [stop.trigger for stop in stage.stops()] == [stage.state("a").settled_trigger.trigger]  # type: ignore[union-attr]
