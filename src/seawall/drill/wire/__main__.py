"""`make wire`: openings without faults, openings in the storm, and kill -9, all on real sockets; a table at the end.

python -m seawall.drill.wire [calm] [storm] [kill] [--trials N] [--at-once N] [--kills N] [--first SEED] [--quick]
python -m seawall.drill.wire guard [--accounts N] [--positions N] [--minutes N] [--venue both]: see `guard`

Without names all three run. Exit 0 only if nothing was breached. `--quick` is what a check on every change can afford:
fewer of everything, and a box without lag whose doubts may therefore be short.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from seawall.drill.plans import draw
from seawall.drill.printer import text_of
from seawall.drill.trial import Result
from seawall.drill.wire import guard
from seawall.drill.wire.calm import many
from seawall.drill.wire.killer import LASTS, Kills, kill_again_and_again
from seawall.drill.wire.storm import AT_ONCE, storm
from seawall.model.ids import VenueName

PARTS = ("calm", "storm", "kill")
TRIALS, KILLS = 1_000, 20
KILLS_OF_A_CAMPAIGN = 20
"""Each round takes slots that stay taken, and Binance's box has forty of them; more kills are more campaigns."""
CAMPAIGNS_AT_ONCE = 4
"""Each is one process at a time, and its box."""
QUICK_TRIALS, QUICK_KILLS, QUICK_FIRST = 16, 4, 18
QUICK_BOUNDS = "[bounds]\nread_lag = 1\ndoubt = 5\ndoubt_blind = 10\nstop_reread = 2\n"
QUICK_LASTS = 6.0
"""True of a box whose reads do not lag, and of no venue."""


def main(argv: list[str] | None = None) -> int:
    """Runs the parts; the exit code."""
    given = sys.argv[1:] if argv is None else argv
    if given[:1] == ["guard"]:
        return guard.main(given[1:])
    options = _options(given)
    broken = 0
    for part in options.parts or PARTS:
        print(f"== {part}", flush=True)
        broken += asyncio.run({"calm": _calm, "storm": _storm, "kill": _kill}[part](options))
    print("all of it holds" if not broken else f"{broken} breaches")
    return 1 if broken else 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m seawall.drill.wire", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; all without")
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_known_args(argv)[0].quick
    parser.add_argument("--trials", type=int, default=QUICK_TRIALS if quick else TRIALS, help="both venues together")
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--kills", type=int, default=QUICK_KILLS if quick else KILLS)
    parser.add_argument("--first", type=int, default=QUICK_FIRST if quick else 0, help="the first seed")
    options = parser.parse_args(argv)
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"PART: expected one of {', '.join(PARTS)}, came {part!r}")
    return options


# ---- without faults


async def _calm(options: argparse.Namespace) -> int:
    broken = 0
    for venue in VenueName:
        with tempfile.TemporaryDirectory(prefix="seawall-wire-") as home:
            result = await many(Path(home), venue)
        print(result, flush=True)
        _list(result.breaches)
        broken += len(result.breaches) + result.asked - result.protected
    return broken


# ---- with drawn faults


async def _storm(options: argparse.Namespace) -> int:
    last = options.first + options.trials // len(VenueName)
    plans = [draw(venue, seed) for seed in range(options.first, last) for venue in VenueName]
    results: dict[tuple[str, int], Result] = {}
    began = time.monotonic()

    def tell(result: Result, late: float) -> None:
        is_new = (result.plan.venue, result.plan.seed) not in results
        results[result.plan.venue, result.plan.seed] = result
        _report(result, late)
        if not is_new:
            print(f"made again: {result.plan.venue} seed {result.plan.seed}: {result.end} {result.reason}", flush=True)
        elif len(results) % 50 == 0 or len(results) == len(plans):
            print(f"{len(results)} of {len(plans)} after {time.monotonic() - began:.0f} s", flush=True)

    worst = await storm(plans, tell, options.at_once)
    print(f"the processor was late by {worst:.2f} s at worst")
    _summary(list(results.values()))
    return sum(bool(result.breaches) for result in results.values())


def _report(result: Result, late: float) -> None:
    """A trial that did not hold: its seed and its plan, so that it can be repeated."""
    if result.breaches:
        plan = result.plan
        void = f" (the processor was late by {late:.1f} s: made again)" if late else ""
        print(f"BREACH {plan.venue} seed {plan.seed}: {'; '.join(result.breaches)}{void}")
        _list(text_of(plan.page).splitlines())
        print(f"    end={result.end} {result.reason}", flush=True)


def _summary(results: Sequence[Result]) -> None:
    ends = Counter(f"{result.plan.venue} {result.end} {result.reason}".strip() for result in results)
    fired = Counter(kind for result in results for kind in result.fired_kinds)
    spared = [result for result in results if result.plan.spares]
    print(f"{len(results)} trials, {sum(result.fired > 0 for result in results)} in which a fault fired")
    _list(f"{count:5} {end}" for end, count in sorted(ends.items()))
    _list([f"{sum(result.end == 'protected' for result in spared)} of {len(spared)} that the venue spared: protected"])
    print("faults that fired:", ", ".join(f"{kind} {count}" for kind, count in sorted(fired.items())))


# ---- kill -9


async def _kill(options: argparse.Namespace) -> int:
    lag, bounds, lasts = ("none", QUICK_BOUNDS, QUICK_LASTS) if options.quick else ("venue", "", LASTS)
    kills, room = Kills(), asyncio.Semaphore(CAMPAIGNS_AT_ONCE)

    async def campaign(seed: int, times: int) -> None:
        async with room:
            with tempfile.TemporaryDirectory(prefix="seawall-wire-") as home:
                kills.add(
                    await kill_again_and_again(
                        Path(home),
                        times,
                        seed,
                        lambda line: print(f"campaign {seed}: {line}", flush=True),
                        lag=lag,
                        bounds=bounds,
                        lasts=lasts,
                    )
                )

    async with asyncio.TaskGroup() as group:
        for number, times in enumerate(_campaigns(options.kills)):
            group.create_task(campaign(options.first + number, times))
    _histogram(f"where the signals in flight stood at the {options.kills} kills", kills.in_flight)
    _histogram("where all signals stood at the kills", kills.phases)
    _histogram("where they ended", kills.ends)
    middle, worst = (kills.naked[len(kills.naked) // 2], kills.naked[-1]) if kills.naked else (0, 0)
    print(
        f"naked by the judge, the time without any process included: p50 {middle // 1000} ms, worst {worst // 1000} ms"
    )
    _list(kills.breaches)
    return len(kills.breaches)


def _campaigns(kills: int) -> list[int]:
    """How many kills each campaign makes: one has no slots for more."""
    whole, rest = divmod(kills, KILLS_OF_A_CAMPAIGN)
    return [KILLS_OF_A_CAMPAIGN] * whole + [rest] * (rest > 0)


def _tell(line: str) -> None:
    print(line, flush=True)


def _histogram(title: str, counts: Counter[str]) -> None:
    print(title)
    most = max(counts.values(), default=1)
    _list(f"{name:28} {count:5} {'#' * (40 * count // most)}" for name, count in counts.most_common())


def _list(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"    {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
