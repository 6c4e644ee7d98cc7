"""The crash sweep: every page, with the process killed wherever that makes a difference, and again while the next one
recovers.

A *thing* is one entry of the world's heap after the signal: an act about to leave, bytes arriving at the venue or back,
a row becoming durable, a timer. Killing before each of them kills before an act leaves and after it left, before and
after an append is durable. Most make no difference: a price comes in, a read leaves. What the next process begins from
is what survived the last one (`survivors.py`: rows, the venue's book, acts under way, where the page's faults and times
stand), so a run is cut into *stretches* in which that stays the same (`stretches.py`), over its whole length. A *point*
is the first thing of a stretch, its last, and one every five seconds of a long one, since time goes on in it: timers
ripen, windows of venue time close. The points of a page take turns with the three pauses, so that both ends of a
stretch never have the same. At each fifth point three second crashes follow.

Not covered: what differs within a stretch by more than its ends show. The box draws the lag of each read by its number,
so that killed one read later the same start may see other lags, as with another seed; a venue's count of requests goes
on; a fault on each second read of many may fall otherwise. `alike.py` kills at every thing of some stretches and says
in how many that changed the end. And each point has one pause of the three, its second crashes some places of many.

    make crash                                          # every point
    python -m seawall.drill.crash --part 1/4            # every fourth page, from the first on
    python -m seawall.drill.crash --every 25            # the short form: each Nth point, spread over all pages
    python -m seawall.drill.crash clean --venue bybit --at 7 --pause-ms 1000 --again 12
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from seawall.drill.command import DEFAULT_SEED, told
from seawall.drill.loader import venues_of
from seawall.drill.pages import page_of, runs
from seawall.drill.progress import Progress
from seawall.drill.scenario import Crash, play
from seawall.drill.stretches import Stretch, stretches
from seawall.drill.survivors import PAUSES
from seawall.model.ids import VenueName
from seawall.model.times import MILLISECOND

SECOND_CRASH_EVERY = 5
SECOND_CRASHES = ((2, 12, 30), (6, 20, 45))
"""At which thing after the new start a second crash falls, by turns, at each fifth point of the first."""
_CHUNK = 20

Task: TypeAlias = tuple[str, VenueName]


@dataclass(frozen=True, slots=True)
class Point:
    """One crash of one page."""

    name: str
    venue: VenueName
    crash: Crash

    @property
    def again(self) -> str:
        """The command that shows it."""
        crash = self.crash
        second = "" if crash.again is None else f" --again {crash.again}"
        where = f"--venue {self.venue} --at {crash.at} --pause-ms {crash.pause // MILLISECOND}{second}"
        return f"python -m seawall.drill.crash {self.name} {where}"


@dataclass(frozen=True, slots=True)
class Fell:
    """What a crash came to."""

    point: Point
    end: str
    breaches: tuple[str, ...]


def points(name: str, venue: VenueName, found: Sequence[Stretch]) -> Iterator[Point]:
    """Every point of a page of these stretches, each with the second crashes that follow it."""
    for number, at in enumerate(at for stretch in found for at in stretch.points):
        pause = PAUSES[number % len(PAUSES)]
        yield Point(name, venue, Crash(at, pause))
        turn, rest = divmod(number, SECOND_CRASH_EVERY)
        if rest == 1:
            for again in SECOND_CRASHES[turn % len(SECOND_CRASHES)]:
                yield Point(name, venue, Crash(at, pause, again))


def fall(point: Point) -> Fell:
    """Plays one point."""
    outcome = play(page_of(point.name), point.venue, DEFAULT_SEED, point.crash)
    end = f"{outcome.end} {outcome.reason}".strip()
    return Fell(point, end, tuple(breach.text for breach in outcome.breaches))


def main(argv: list[str] | None = None) -> int:
    """Sweeps; exit 0 if everything held at every point."""
    options = _options(argv)
    return _sweep(options) if options.at is None else _show(options)


def _sweep(options: argparse.Namespace) -> int:
    tasks = [(name, venue) for name, _, venue in runs(options.pages, options.venue, options.part)]
    progress = Progress("crash", 0)
    with ProcessPoolExecutor(options.jobs) as pool:
        found = dict(zip(tasks, pool.map(_found, tasks, chunksize=4), strict=True))
        every = (point for (name, venue), of in found.items() for point in points(name, venue, of))
        chosen = list(islice(every, 0, None, options.every))
        tally = Tally(found, progress)
        progress.of(len(chosen))
        for fell in pool.map(fall, chosen, chunksize=_CHUNK):
            tally.add(fell)
    return tally.close()


def _found(task: Task) -> list[Stretch]:
    """The stretches of a page that holds; none of one that does not hold by itself."""
    found, outcome = stretches(page_of(task[0]), task[1], DEFAULT_SEED)
    return [] if outcome.breaches else found


def _part(text: str) -> tuple[int, int]:
    """Reads "1/4"."""
    which, _, of = text.partition("/")
    if not (which.isdecimal() and of.isdecimal() and 1 <= int(which) <= int(of)):
        raise argparse.ArgumentTypeError(f"expected a part as 1/4 to 4/4, got {text}")
    return int(which), int(of)


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="crash", description="every page, killed wherever it matters")
    parser.add_argument("pages", nargs="*", help="files, folders or names; all that ship if none is named")
    parser.add_argument("--venue", choices=[venue.value for venue in VenueName], type=VenueName)
    parser.add_argument("--every", type=int, default=1, help="each Nth point of all")
    parser.add_argument(
        "--part", type=_part, default=(1, 1), help="1/4 to 4/4: every fourth page, so that all are swept"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--at", type=int, help="show one point of one page with its timeline")
    parser.add_argument("--pause-ms", type=int, default=1_000)
    parser.add_argument("--again", type=int)
    return parser.parse_args(argv)


def _show(options: argparse.Namespace) -> int:
    (name,) = options.pages
    page = page_of(name)
    crash = Crash(options.at, options.pause_ms * MILLISECOND, options.again)
    outcome = play(page, options.venue or venues_of(page)[0], DEFAULT_SEED, crash)
    print("\n".join(told(outcome)))
    print(f"{outcome.end} {outcome.reason}; breaches: {'; '.join(map(str, outcome.breaches)) or 'none'}")
    return 1 if outcome.breaches else 0


class Tally:
    """What the sweep has come to so far."""

    def __init__(self, found: dict[Task, list[Stretch]], progress: Progress) -> None:
        self.first = 0
        self.second = 0
        self.ends: Counter[str] = Counter()
        self.broken: list[Fell] = []
        self._found = found
        self._progress = progress

    def add(self, fell: Fell) -> None:
        """Counts a point, and prints it if something did not hold."""
        self.first += fell.point.crash.again is None
        self.second += fell.point.crash.again is not None
        self.ends[f"{fell.point.venue} {fell.end}"] += 1
        if fell.breaches:
            self.broken.append(fell)
            print(f"BREACH {'; '.join(fell.breaches)}\n    {fell.point.again}", flush=True)
        self._progress.tell(self.first + self.second, len(self.broken))

    def close(self) -> int:
        """Prints the summary; the exit code."""
        for end, count in sorted(self.ends.items()):
            print(f"  {count:6} {end}")
        skipped = [f"{name} on {venue}" for (name, venue), found in self._found.items() if not found]
        for name in skipped:
            print(f"not swept, since it does not hold without a crash: {name}")
        swept = [found for found in self._found.values() if found]
        things = sum(len(stretch.things) for found in swept for stretch in found)
        print(
            f"{len(swept)} pages and venues, {things} things in {sum(map(len, swept))} stretches: {self.first} points,"
            f" {self.second} second crashes in recovery, {len(self.broken)} breaches, {self._progress.seconds:.0f} s"
        )
        return 1 if self.broken or skipped else 0


if __name__ == "__main__":
    sys.exit(main())
