"""The storm: many seeds, one after another, with progress; the first breach prints the seed and its plan.

python -m seawall.drill.storm --seeds 0..500 [--venue binance] [--show SEED]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from seawall.drill.plans import draw
from seawall.drill.trial import Result, attempt
from seawall.model.ids import VenueName


def main(argv: list[str] | None = None) -> int:
    """Runs the seeds; exit 0 if nothing was breached."""
    options = _options(argv)
    first, last = (int(part) for part in options.seeds.split(".."))
    venues = [VenueName(options.venue)] if options.venue else list(VenueName)
    results: list[Result] = []
    began = time.monotonic()
    for seed in range(first, last):
        for venue in venues:
            results.append(attempt(draw(venue, seed)))
            _report(results[-1])
        if sys.stderr.isatty():
            print(f"\r{seed - first + 1}/{last - first}", end="", file=sys.stderr)
    return _summary(results, time.monotonic() - began)


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0..100", help="first..last, the last not included")
    parser.add_argument("--venue", choices=[venue.value for venue in VenueName])
    return parser.parse_args(argv)


def _report(result: Result) -> None:
    if result.breaches:
        plan = result.plan
        print(f"BREACH {plan.venue} seed {plan.seed}: {'; '.join(result.breaches)}")
        for line in plan.faults:
            print(f"    {line}")
        print(f"    kills {plan.kills} {plan.side} percent={plan.percent_stop} end={result.end} {result.reason}")


def _summary(results: list[Result], seconds: float) -> int:
    broken = [result for result in results if result.breaches]
    ends = Counter(f"{result.plan.venue} {result.end} {result.reason}".strip() for result in results)
    fired: Counter[str] = Counter(kind for result in results for kind in result.fired_kinds)
    pairs = {pair for result in results for pair in result.visited}
    print(f"{len(results)} runs, {len(broken)} with a breach, {len(results) / seconds:.0f} runs/s")
    for end, count in sorted(ends.items()):
        print(f"  {count:6} {end}")
    print("faults that fired:", ", ".join(f"{kind} {count}" for kind, count in sorted(fired.items())))
    print(f"pairs (phase, finding) visited: {len(pairs)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
