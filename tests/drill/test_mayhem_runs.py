"""Long runs say how far they have come, and what a venue refuses a hand ends none of them."""

from __future__ import annotations

from functools import partial

import pytest

from seawall.drill import mayhem
from seawall.drill.progress import EVERY_SECONDS, Progress
from seawall.drill.world import World
from seawall.engine.settings import DeskSettings
from seawall.model.ids import VenueName
from seawall.model.times import MINUTE, Bounds


def test_a_line_comes_every_few_seconds_to_the_error_stream(capsys: pytest.CaptureFixture[str]) -> None:
    """Not for every run, and nothing where the summary is read from."""
    now = 100.0
    progress = Progress("storm", 40, clock=lambda: now)
    for done in range(1, 21):
        now += 1
        progress.tell(done, done // 10)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        f"storm: {done}/40 runs, 1.0/s, {done // 10} breaches" for done in range(EVERY_SECONDS, 21, EVERY_SECONDS)
    ]


def test_mayhem_tells_of_every_world(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Both venues of each seed count."""
    monkeypatch.setattr("seawall.drill.progress.EVERY_SECONDS", 0)
    assert mayhem.main(["--seeds", "3..4"]) == 0
    told = capsys.readouterr()
    assert [line.split(" runs")[0] for line in told.err.splitlines()] == ["mayhem: 1/2", "mayhem: 2/2"]
    assert told.out.startswith("seeds 3..4: 0 with a breach")


def test_a_house_that_lets_a_position_stand_bare_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first fill on, in a world of many signals too."""
    patient = DeskSettings(bounds=Bounds(max_naked=20 * MINUTE))
    monkeypatch.setattr(mayhem, "World", partial(World, settings=patient))
    told = mayhem.attempt(mayhem.draw_mayhem(VenueName.BINANCE, 137)).breaches
    assert [said for said in told if "after the first proof of a fill" in said] != []


@pytest.mark.parametrize(("venue", "seed"), [("binance", 22_512), ("bybit", 21_205)])
def test_what_the_venue_refuses_a_hand_ends_no_run(venue: str, seed: int) -> None:
    """A stop that ends in the very instant of its cancel, and one of a contract that does not trade just then."""
    world = mayhem.draw_mayhem(VenueName(venue), seed)
    world = mayhem.guarded(world, VenueName(venue), seed) if venue == "bybit" else world
    assert mayhem.attempt(world).breaches == []
