"""The storm: many seeds on both venues, on every core, with progress; a breach prints its seed, its plan, its command.

`make storm SEEDS=0..1000` runs them; `python -m seawall.drill.storm --venue bybit --show 177` shows one with its whole
timeline.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import product

from seawall.drill.plans import draw
from seawall.drill.printer import text_of
from seawall.drill.trial import Result, attempt
from seawall.model.ids import VenueName
from seawall.sagas.table import TABLE

_CHUNK = 10
_EVERY_SECONDS = 5


def main(argv: list[str] | None = None) -> int:
    """Runs the seeds; exit 0 if nothing was breached."""
    options = _options(argv)
    venues = [VenueName(options.venue)] if options.venue else list(VenueName)
    if options.show is not None:
        return _show(venues[0], options.show)
    first, last = (int(part) for part in options.seeds.split(".."))
    began = time.monotonic()
    tally = Tally()
    for result in _results([(venue, seed) for seed, venue in product(range(first, last), venues)], options.jobs):
        tally.add(result)
        tally.progress((last - first) * len(venues), time.monotonic() - began)
    seconds = time.monotonic() - began
    code = tally.close(seconds)
    print(_bound(tally.runs, seconds, options.jobs))
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
    parser.add_argument("--show", type=int, metavar="SEED", help="one seed with its whole timeline")
    return parser.parse_args(argv)


def _results(trials: list[tuple[VenueName, int]], jobs: int) -> Iterator[Result]:
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_one, trials, chunksize=_CHUNK)


def _one(trial: tuple[VenueName, int]) -> Result:
    return attempt(draw(*trial))


class Tally:
    """What the storm has come to so far."""

    def __init__(self) -> None:
        self.runs = 0
        self.broken = 0
        self.ends: Counter[str] = Counter()
        self.fired: Counter[str] = Counter()
        self.pairs: Counter[str] = Counter()
        self.recoverable: Counter[bool] = Counter()
        self.naked_us: list[int] = []
        self._said_at = 0.0

    def add(self, result: Result) -> None:
        """Counts a trial, and prints it if something did not hold."""
        self.runs += 1
        self.ends[f"{result.plan.venue} {result.end} {result.reason}".strip()] += 1
        self.fired.update(result.fired_kinds)
        self.pairs.update(f"{phase.value} {finding.value}" for phase, finding in result.visited)
        self.naked_us.append(result.naked_us)
        if result.plan.spares and result.was_filled:
            self.recoverable[result.end == "protected"] += 1
        if result.breaches:
            self.broken += 1
            _print_breach(result)

    def progress(self, of: int, seconds: float) -> None:
        """A line to the error stream every few seconds."""
        if seconds - self._said_at >= _EVERY_SECONDS:
            self._said_at = seconds
            print(f"storm: {self.runs}/{of} runs, {self.runs / seconds:.0f}/s, {self.broken} breaches", file=sys.stderr)

    def close(self, seconds: float) -> int:
        """Prints the summary; the exit code."""
        print(f"{self.runs} runs, {self.broken} with a breach, {self.runs / max(seconds, 0.001):.0f} runs/s")
        for end, count in sorted(self.ends.items()):
            print(f"  {count:6} {end}")
        kept, all_of_them = self.recoverable[True], sum(self.recoverable.values())
        print(f"recoverable runs that were filled and ended PROTECTED: {kept} of {all_of_them}")
        naked = sorted(self.naked_us)
        print(
            f"longest naked per run, venue's clock: p50 {_ms(naked, 50)}, p99 {_ms(naked, 99)}, max {_ms(naked, 100)}"
        )
        print("faults that fired:", ", ".join(f"{kind} {count}" for kind, count in sorted(self.fired.items())))
        print(f"rows of the table visited: {len(self.pairs)} of {len(TABLE)}")
        for pair, count in sorted(self.pairs.items()):
            print(f"  {count:6} {pair}")
        return 1 if self.broken else 0


def _ms(ordered: list[int], percent: int) -> str:
    index = min(len(ordered) * percent // 100, len(ordered) - 1)
    return f"{ordered[index] / 1000:.0f} ms" if ordered else "-"


def _print_breach(result: Result) -> None:
    plan = result.plan
    print(f"BREACH {plan.venue} seed {plan.seed}: {'; '.join(result.breaches)}; end {result.end} {result.reason}")
    print("".join(f"    {line}\n" for line in text_of(plan.page).splitlines() if line), end="")
    print(f"    again: python -m seawall.drill.storm --venue {plan.venue} --show {plan.seed}", flush=True)


def _show(venue: VenueName, seed: int) -> int:
    """One seed's plan, every event of ours, and the verdict."""
    plan = draw(venue, seed)
    result = attempt(plan, tell=lambda at, event: print(f"{at / 1000:12.1f} ms  {event}"))
    print(text_of(plan.page))
    print(f"{result.end} {result.reason}; breaches: {'; '.join(result.breaches) or 'none'}")
    return 1 if result.breaches else 0


if __name__ == "__main__":
    sys.exit(main())
