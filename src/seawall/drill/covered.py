"""What pages and seeds together have covered, as a table: every fault by its name, every row of the saga's table.

Each page is played on each of its venues; what storms have kept (`make storm ARGS="--json FILE"`) is added from its
files. The exit code is 1 if a fault never fired, or a row that a page or a seed can visit was not visited.

    make covered ARGS="storm.json"
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from seawall.drill.command import DEFAULT_SEED
from seawall.drill.coverage import WORDS, Coverage
from seawall.drill.loader import venues_of
from seawall.drill.pages import shipped
from seawall.drill.rows import ONE_STEP, ROWS, row_name
from seawall.drill.scenario import play
from seawall.model.ids import VenueName

_CHUNK = 8


@dataclass(slots=True)
class Played:
    """In how many runs of pages each row was judged and each fault fired."""

    runs: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)


def main(argv: list[str] | None = None) -> int:
    """Plays the pages and prints the table; exit 0 if nothing is missing."""
    parser = argparse.ArgumentParser(prog="covered", description="every fault and every row, by pages and by seeds")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="what storms have kept with --json")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(argv)
    seeds = Coverage()
    for file in options.files:
        seeds.added(json.loads(file.read_text("utf-8")))
    pages = played(options.jobs)
    print("\n".join(told(pages, seeds)))
    lacking = list(missing(pages, seeds))
    print("missing: " + (", ".join(lacking) or "nothing"))
    return 1 if lacking else 0


def played(jobs: int) -> Played:
    """Plays every page on each of its venues."""
    found = Played()
    tasks = [(name, venue) for name, page in shipped().items() for venue in venues_of(page)]
    with ProcessPoolExecutor(jobs) as pool:
        for rows, fired in pool.map(_one, tasks, chunksize=_CHUNK):
            found.runs += 1
            found.rows.update(rows)
            found.fired.update(fired)
    return found


def _one(task: tuple[str, VenueName]) -> tuple[set[str], set[str]]:
    name, venue = task
    outcome = play(shipped()[name], venue, DEFAULT_SEED)
    return {row_name(*pair) for pair in outcome.visited}, set(outcome.fired)


def missing(pages: Played, seeds: Coverage) -> Iterator[str]:
    """The faults that never fired, and the rows that were not visited and could have been."""
    yield from (word for word in WORDS if not pages.fired[word] and not seeds.fired[word])
    yield from (row for row in ROWS if not pages.rows[row] and not seeds.pairs[row] and row not in ONE_STEP)


def told(pages: Played, seeds: Coverage) -> Iterator[str]:
    """The table: how many runs of pages visited a row or met a fault, and how often the seeds did."""
    yield f"{pages.runs} runs of pages, {seeds.runs} of seeds"
    visited = sum(bool(pages.rows[row] or seeds.pairs[row]) for row in ROWS)
    yield from _table(f"rows visited: {visited} of {len(ROWS)}", ROWS, pages.rows, seeds.pairs)
    fired = sum(bool(pages.fired[word] or seeds.fired[word]) for word in WORDS)
    yield from _table(f"faults fired: {fired} of {len(WORDS)}", WORDS, pages.fired, seeds.fired)


def _table(title: str, names: Sequence[str], pages: Counter[str], seeds: Counter[str]) -> Iterator[str]:
    yield title
    yield "   pages     seeds"
    for name in names:
        aside = f"   (a test of one step: {ONE_STEP[name]})" if name in ONE_STEP else ""
        yield f"  {pages[name]:6}  {seeds[name]:8}  {name}{aside}"


if __name__ == "__main__":
    sys.exit(main())
