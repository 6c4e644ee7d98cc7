"""The crash sweep: where it kills, why only there, and what it says."""

from __future__ import annotations

from itertools import pairwise

import pytest

from seawall.drill import alike, crash
from seawall.drill.command import DEFAULT_SEED
from seawall.drill.loader import load
from seawall.drill.pages import shipped
from seawall.drill.progress import Progress
from seawall.drill.scenario import Crash, Play, play
from seawall.drill.stretches import Stretch, stretches
from seawall.drill.survivors import PAUSES, Survivors, Value
from seawall.model.ids import VenueName
from seawall.model.times import Instant

COUNTED = """
title = "The second read of positions is empty"
lasts = "3 min"

[[fault]]
fault = "empty_read"
call = "positions.get"
nth = 2

[must]
end = "protected"
"""


@pytest.mark.parametrize("venue", list(VenueName))
@pytest.mark.parametrize("name", ["clean", "close-reply-lost"])
def test_killed_at_any_point_everything_holds_after_the_restart(name: str, venue: VenueName) -> None:
    """The process dies at points spread over the whole run, and at some of them again while it recovers."""
    found, _ = stretches(shipped()[name], venue, DEFAULT_SEED)
    tried = list(crash.points(name, venue, found))[::4]
    assert len(tried) > 5
    for point in tried:
        assert crash.fall(point).breaches == (), point.again


def test_a_crash_really_kills() -> None:
    """A crash before the order's reply starts a second process, which finds the position and protects it."""
    outcome = play(shipped()["clean"], VenueName.BYBIT, 1, Crash(6))
    starts = [row for row in outcome.history if type(row.event).__name__ == "ProcessStarted"]
    assert len(starts) == 2
    assert outcome.breaches == []


@pytest.mark.parametrize("venue", list(VenueName))
def test_stretches_are_the_whole_run(venue: VenueName) -> None:
    """Each thing of a run whose process lives all the time is in one stretch, and most stretches are of many things."""
    found, outcome = stretches(shipped()["clean"], venue, DEFAULT_SEED)
    assert [thing for one in found for thing in one.things] == list(range(1, outcome.things + 1))
    assert len(found) < outcome.things / 2


@pytest.mark.parametrize("venue", list(VenueName))
def test_in_a_stretch_no_row_and_no_fact_is_added(venue: VenueName) -> None:
    """Whatever becomes durable, and whatever the venue's book takes in, ends a stretch."""
    page = shipped()["clean"]
    seen: dict[int, tuple[int, int]] = {}

    def note(run: Play) -> None:
        seen[run.things] = len(run.world.journal.rows(run.world.account)), len(run.world.box.history)

    run = Play(page, venue, DEFAULT_SEED)
    run.on_thing = note
    run.run()
    found, _ = stretches(page, venue, DEFAULT_SEED)
    assert all(len({seen[thing] for thing in one.things}) == 1 for one in found)
    assert len({seen[one.first] for one in found}) > 6


def test_where_no_process_lives_there_is_no_stretch() -> None:
    """Things between a death of the page's own and the next start can kill nobody."""
    found, outcome = stretches(shipped()["killed-before-the-stop"], VenueName.BINANCE, DEFAULT_SEED)
    covered = {thing for one in found for thing in one.things}
    assert 0 < len(covered) < outcome.things


def test_a_long_stretch_is_looked_at_in_between() -> None:
    """In a stretch that lasts, a point falls every few seconds."""
    found, _ = stretches(shipped()["next-signal-hears-the-last"], VenueName.BYBIT, DEFAULT_SEED)
    longest = max(found, key=lambda one: len(one.between))
    assert longest.points == [longest.first, *longest.between, longest.last]
    assert len(longest.between) > 1


def test_a_fault_that_counts_parts_stretches_until_it_has_struck() -> None:
    """A call that a fault with `nth` meets brings its strike nearer; once it has struck, no further one matters."""
    page = load(COUNTED)
    values: list[tuple[Instant, int, Value]] = []
    watch: list[Survivors] = []

    def note(run: Play) -> None:
        watch.append(watch[0] if watch else Survivors(run.world, page, run.began, run.met))
        values.append((run.world.now, run.world.box.faults.met(1), watch[0].value()))

    run = Play(page, VenueName.BINANCE, DEFAULT_SEED)
    run.on_thing = note
    run.run()
    changes = [(before[1], after[1]) for before, after in pairwise(values) if before[1] != after[1]]
    assert changes[:2] == [(0, 1), (1, 2)]
    standing = {met: {str(value[-2]) for _, m, value in values if m == met} for met in (0, 1, 2, 3)}
    assert standing[0].isdisjoint(standing[1])
    assert standing[1].isdisjoint(standing[2])
    assert standing[3] <= standing[2]


@pytest.mark.parametrize("venue", list(VenueName))
def test_all_things_of_a_stretch_come_to_the_same(venue: VenueName) -> None:
    """Killed at every thing of some stretches, a clean opening ends alike wherever in one it was killed."""
    assert alike.main(["clean", "--venue", venue.value, "--every", "4", "--jobs", "1"]) == 0


def test_things_that_are_not_alike_are_told() -> None:
    """Two ends in one stretch are named, with the things that came to the rarer one."""
    came = alike.Tried("clean", VenueName.BYBIT, Stretch(3, 5), {3: ("flat",), 4: ("protected",), 5: ("protected",)})
    assert not came.is_alike
    assert list(came.told())[1:] == ["    at [3]: ['flat']", "    and not ['protected']"]


def test_both_ends_of_a_stretch_are_points_and_each_fifth_is_killed_again() -> None:
    """The points take turns with the pauses, and second crashes with their places."""
    tried = list(crash.points("clean", VenueName.BYBIT, [Stretch(at, at + 5) for at in range(1, 61, 6)]))
    first = [point.crash for point in tried if point.crash.again is None]
    assert [one.at for one in first][:4] == [1, 6, 7, 12]
    assert [one.pause for one in first][:4] == [*PAUSES, PAUSES[0]]
    again = [point.crash.again for point in tried if point.crash.again is not None]
    assert again == [*crash.SECOND_CRASHES[0], *crash.SECOND_CRASHES[1]] * 2


def test_the_sweep_says_how_many_points_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    """The summary names pages, stretches, points, second crashes and breaches."""
    assert crash.main(["clean", "--every", "30", "--jobs", "1"]) == 0
    assert "2 pages and venues, " in capsys.readouterr().out


def test_the_parts_of_a_sweep_are_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Of two pages each half takes one, on both venues; a part that there is not is refused."""
    for part in ("1/2", "2/2"):
        assert crash.main(["clean", "close-reply-lost", "--part", part, "--every", "40", "--jobs", "1"]) == 0
        assert "2 pages and venues, " in capsys.readouterr().out
    with pytest.raises(SystemExit):
        crash.main(["--part", "3/2"])


def test_progress_says_how_many_of_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    """The pace counts from when it was known how many there are."""
    clock = iter((0.0, 100.0, 110.0))
    progress = Progress("crash", 0, lambda: next(clock))
    progress.of(40)
    progress.tell(20, 1)
    assert capsys.readouterr().err == "crash: 20/40 runs, 2.0/s, 1 breaches\n"


def test_a_process_that_dies_in_the_last_second_of_a_run_comes_back_before_it_is_judged() -> None:
    """What its memory says is asked of a living one."""
    page, venue = shipped()["resolved-with-the-stop-refused"], VenueName.BINANCE
    things = play(page, venue, DEFAULT_SEED).things
    for at in (things - 5, things - 1):
        assert play(page, venue, DEFAULT_SEED, Crash(at, PAUSES[-1])).breaches == []
