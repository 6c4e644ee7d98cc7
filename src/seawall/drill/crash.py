"""The crash sweep: every page, with the process killed at every point, and again while the next one recovers.

A point is one thing that happens in the world after the signal: an act about to leave, bytes arriving at the venue or
back, a row becoming durable, a timer. Killing before each of them kills before an act leaves and after it left, before
and after an append is durable. `--every N` takes each Nth point only, spread over all pages.

    make crash                                          # every point
    python -m seawall.drill.crash --every 60            # the short form
    python -m seawall.drill.crash clean --venue bybit --at 7 --pause-ms 1000 --again 12
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice

from seawall.drill.command import DEFAULT_SEED, told
from seawall.drill.loader import venues_of
from seawall.drill.page import Page
from seawall.drill.pages import named, shipped
from seawall.drill.scenario import Crash, Outcome, play
from seawall.model.ids import VenueName
from seawall.model.times import MILLISECOND, SECOND

PAUSES = (10 * MILLISECOND, SECOND, 20 * SECOND)
"""How long the process is gone; the points take turns."""
DENSE = 150
"""Up to here every point is taken; after it, where a page only waits, each `SPARSE`-th."""
SPARSE = 50
SECOND_CRASH_EVERY = 5
SECOND_CRASHES = (2, 6, 12, 20, 30, 45)
"""At which thing after the new start the second crash falls, at each fifth point of the first."""
_CHUNK = 20
_EVERY_SECONDS = 10


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


def points(name: str, venue: VenueName, things: int) -> Iterator[Point]:
    """Every point of a page at which so many things happened."""
    dense = range(1, min(things, DENSE) + 1)
    sparse = range(DENSE + SPARSE, things + 1, SPARSE)
    for at in (*dense, *sparse):
        pause = PAUSES[at % len(PAUSES)]
        yield Point(name, venue, Crash(at, pause))
        if at % SECOND_CRASH_EVERY == 1:
            for again in SECOND_CRASHES:
                yield Point(name, venue, Crash(at, pause, again))


def fall(point: Point) -> Fell:
    """Plays one point."""
    outcome = _played(point)
    end = f"{outcome.end} {outcome.reason}".strip()
    return Fell(point, end, tuple(breach.text for breach in outcome.breaches))


def _played(point: Point) -> Outcome:
    return play(_pages(point.name)[point.name], point.venue, DEFAULT_SEED, point.crash)


def _pages(name: str) -> dict[str, Page]:
    return named(name)


def main(argv: list[str] | None = None) -> int:
    """Sweeps; exit 0 if everything held at every point."""
    options = _options(argv)
    if options.at is not None:
        return _show(options)
    began = time.monotonic()
    pages = {name: page for what in options.pages for name, page in named(what).items()} or shipped()
    with ProcessPoolExecutor(options.jobs) as pool:
        tasks = [(name, venue) for name, page in pages.items() for venue in venues_of(page)]
        tasks = [task for task in tasks if options.venue in (None, task[1])]
        things = dict(zip(tasks, pool.map(_things, tasks, chunksize=4), strict=True))
        chosen = islice(
            (p for (name, venue), n in things.items() for p in points(name, venue, n)), 0, None, options.every
        )
        tally = Tally(sum(n > 0 for n in things.values()))
        tally.skipped = [f"{name} on {venue}" for (name, venue), n in things.items() if n == 0]
        for fell in pool.map(fall, list(chosen), chunksize=_CHUNK):
            tally.add(fell, time.monotonic() - began)
    return tally.close(time.monotonic() - began)


def _things(task: tuple[str, VenueName]) -> int:
    """How many things happen in a page that holds; 0 for one that does not hold by itself."""
    outcome = play(_pages(task[0])[task[0]], task[1], DEFAULT_SEED)
    return 0 if outcome.breaches else outcome.things


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="crash", description="every page, killed at every point")
    parser.add_argument("pages", nargs="*", help="files, folders or names; all that ship if none is named")
    parser.add_argument("--venue", choices=[venue.value for venue in VenueName], type=VenueName)
    parser.add_argument("--every", type=int, default=1, help="each Nth point of all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--at", type=int, help="show one point of one page with its timeline")
    parser.add_argument("--pause-ms", type=int, default=1_000)
    parser.add_argument("--again", type=int)
    return parser.parse_args(argv)


def _show(options: argparse.Namespace) -> int:
    (name,) = options.pages
    page = _pages(name)[name]
    crash = Crash(options.at, options.pause_ms * MILLISECOND, options.again)
    outcome = play(page, options.venue or venues_of(page)[0], DEFAULT_SEED, crash)
    print("\n".join(told(outcome)))
    print(f"{outcome.end} {outcome.reason}; breaches: {'; '.join(map(str, outcome.breaches)) or 'none'}")
    return 1 if outcome.breaches else 0


class Tally:
    """What the sweep has come to so far."""

    def __init__(self, pages: int) -> None:
        self.pages = pages
        self.skipped: list[str] = []
        self.first = 0
        self.second = 0
        self.ends: Counter[str] = Counter()
        self.broken: list[Fell] = []
        self._said_at = 0.0

    def add(self, fell: Fell, seconds: float) -> None:
        """Counts a point, and prints it if something did not hold."""
        self.first += fell.point.crash.again is None
        self.second += fell.point.crash.again is not None
        self.ends[f"{fell.point.venue} {fell.end}"] += 1
        if fell.breaches:
            self.broken.append(fell)
            print(f"BREACH {'; '.join(fell.breaches)}\n    {fell.point.again}", flush=True)
        if seconds - self._said_at >= _EVERY_SECONDS:
            self._said_at = seconds
            done = self.first + self.second
            print(f"crash: {done} points, {done / seconds:.0f}/s, {len(self.broken)} breaches", file=sys.stderr)

    def close(self, seconds: float) -> int:
        """Prints the summary; the exit code."""
        for end, count in sorted(self.ends.items()):
            print(f"  {count:6} {end}")
        for name in self.skipped:
            print(f"not swept, since it does not hold without a crash: {name}")
        print(
            f"{self.pages} pages and venues, {self.first} points, {self.second} second crashes in recovery,"
            f" {len(self.broken)} breaches, {seconds:.0f} s"
        )
        return 1 if self.broken or self.skipped else 0


if __name__ == "__main__":
    sys.exit(main())
