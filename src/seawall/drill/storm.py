"""The storm: many seeds on both venues, on every core, with progress; a breach prints its seed, its plan, its command.

`make storm SEEDS=0..1000` runs them, and prints at the end what was covered; `ARGS="--json FILE"` keeps the counts,
added to what the file holds. `python -m seawall.drill.storm --venue bybit --show 177` shows one with its timeline, and,
if it broke a promise, the lines of its plan that are needed for that.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path

from seawall.drill.coverage import Coverage
from seawall.drill.demands import Breach
from seawall.drill.page import Page
from seawall.drill.plans import Plan, draw
from seawall.drill.printer import text_of
from seawall.drill.progress import Progress
from seawall.drill.shrink import shrunk
from seawall.drill.trial import Result, attempt
from seawall.model.ids import VenueName

_CHUNK = 10


def main(argv: list[str] | None = None) -> int:
    """Runs the seeds; exit 0 if nothing was breached."""
    options = _options(argv)
    venues = [VenueName(options.venue)] if options.venue else list(VenueName)
    if options.show is not None:
        return _show(venues[0], options.show)
    first, last = (int(part) for part in options.seeds.split(".."))
    progress, tally = Progress("storm", (last - first) * len(venues)), Tally()
    for result in _results([(venue, seed) for seed, venue in product(range(first, last), venues)], options.jobs):
        tally.add(result)
        progress.tell(tally.coverage.runs, tally.coverage.broken)
    seconds = progress.seconds
    runs = tally.coverage.runs
    code = tally.close(seconds, options.json)
    print(_bound(runs, seconds, options.jobs))
    return code


def _bound(runs: int, seconds: float, jobs: int) -> str:
    """What bounds the runs a second: the processor time that a run takes, on as many cores as were to be had."""
    spent = os.times()
    cpu = spent.user + spent.system + spent.children_user + spent.children_system
    busy, cores = cpu / max(seconds, 0.001), min(jobs, os.cpu_count() or 1)
    return (
        f"a run takes {cpu * 1000 / max(runs, 1):.1f} ms of a core, so {runs / max(cpu, 0.001):.0f} runs/s a core; "
        f"{busy:.1f} of {cores} cores were kept busy"
    )


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="storm", description="many seeds on both venues, judged by the venue's book")
    parser.add_argument("--seeds", default="0..100", help="first..last, the last not included")
    parser.add_argument("--venue", choices=[venue.value for venue in VenueName])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the counts, added to what the file holds")
    parser.add_argument("--show", type=int, metavar="SEED", help="one seed with its whole timeline")
    return parser.parse_args(argv)


def _results(trials: list[tuple[VenueName, int]], jobs: int) -> Iterator[Result]:
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_one, trials, chunksize=_CHUNK)


def _one(trial: tuple[VenueName, int]) -> Result:
    plan = draw(*trial)
    try:
        return attempt(plan)
    except Exception as stopped:  # noqa: BLE001 - whatever stops a run is its breach, told with its seed
        return Result(plan, "none", "", 0, breaches=[f"the run stopped with {type(stopped).__name__}: {stopped}"])


class Tally:
    """The storm while it runs: what it has covered, breaches as they come."""

    def __init__(self) -> None:
        self.coverage = Coverage()

    def add(self, result: Result) -> None:
        """Counts a trial, and prints it if something did not hold."""
        self.coverage.add(result)
        if result.breaches:
            _print_breach(result)
        elif result.is_recoverable and result.end != "protected":
            plan = result.plan
            print(f"recoverable, and {result.end} {result.reason}: {plan.venue} seed {plan.seed}", flush=True)

    def close(self, seconds: float, file: Path | None) -> int:
        """Prints the summary, adds it to what `file` holds of earlier storms; the exit code."""
        coverage = self.coverage
        print(
            f"{coverage.runs} runs, {coverage.broken} with a breach, {coverage.runs / max(seconds, 0.001):.0f} runs/s"
        )
        broken = coverage.broken
        if file is not None:
            if file.exists():
                coverage.added(json.loads(file.read_text("utf-8")))
                print(f"with what {file} held: {coverage.runs} runs, {coverage.broken} with a breach")
            file.write_text(json.dumps(coverage.kept(), indent=1) + "\n", "utf-8")
        print("\n".join(coverage.told()))
        return 1 if broken else 0


def _print_breach(result: Result) -> None:
    plan = result.plan
    print(f"BREACH {plan.venue} seed {plan.seed}: {'; '.join(result.breaches)}; end {result.end} {result.reason}")
    print("".join(f"    {line}\n" for line in text_of(plan.page).splitlines() if line), end="")
    print(f"    again: python -m seawall.drill.storm --venue {plan.venue} --show {plan.seed}", flush=True)


def _show(venue: VenueName, seed: int) -> int:
    """One seed's plan, every event of ours, the lines that it takes to break the same promise, and the verdict."""
    plan = draw(venue, seed)
    result = attempt(plan, tell=lambda at, event: print(f"{at / 1000:12.1f} ms  {event}"))
    print(text_of(plan.page))
    if result.breaches:
        print(f"the same is broken by no more than\n\n{text_of(_shrunk(plan, result))}")
    print(f"{result.end} {result.reason}; breaches: {'; '.join(result.breaches) or 'none'}")
    return 1 if result.breaches else 0


def _shrunk(plan: Plan, result: Result) -> Page:
    def breaches(of: Result) -> list[Breach]:
        return [Breach(text) for text in of.breaches]

    return shrunk(plan.page, breaches(result), lambda page: breaches(attempt(replace(plan, page=page))))


if __name__ == "__main__":
    sys.exit(main())
