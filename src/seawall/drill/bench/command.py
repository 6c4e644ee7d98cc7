"""The bench's command line: run the rounds, print the tables, say how busy the machine was."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from seawall.drill.bench import figures, roads, steps
from seawall.drill.bench.box import QUIET, Box, box, keys_of
from seawall.drill.bench.ours import OURS, Ours, service
from seawall.drill.bench.plain import PlainScript
from seawall.drill.bench.records import Condition
from seawall.drill.bench.rounds import PLAIN, Bench
from seawall.drill.bench.slots import Slot, slots
from seawall.model.ids import VenueName
from seawall.model.times import MILLISECOND
from seawall.service.settings import OrderEntry

INTERRUPTED = 130
"""The exit code after Ctrl-C or SIGTERM; the box and the folder are gone by then."""


def main(arguments: Sequence[str]) -> int:
    """Runs the bench; its exit code is 0 whatever the figures are, since they are no test."""
    wish = _parser().parse_args(arguments)
    if wish.steps:
        print("\n".join(steps.report(wish.sagas)))
        return 0
    if wish.roads:
        print("\n".join(asyncio.run(roads.report(wish.roads, wish.latency_ms))))
        return 0
    try:
        comparisons = asyncio.run(_interruptible(wish))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    if wish.json:
        wish.json.write_text(json.dumps([figures.jsonable(one) for one in comparisons], indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="seawall.drill.bench", description="Ours beside a plain script, in one run.")
    parser.add_argument("--rounds", type=int, default=9, help="how many rounds (9)")
    parser.add_argument("--openings", type=int, default=12, help="openings of each side per round and condition (12)")
    parser.add_argument("--latency-ms", type=float, nargs="+", default=[0.0, 25.0], help="each way (0 25)")
    parser.add_argument("--venue", type=VenueName, nargs="+", default=list(VenueName), help="binance, bybit or both")
    parser.add_argument("--switch", nargs="*", default=list(QUIET), help="the box's switches, NAME=ANSWER")
    parser.add_argument("--order-entry", type=OrderEntry, default=OrderEntry.AUTO, help="our road for acts (auto)")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--steps", action="store_true", help="measure the desk's step alone, without sockets")
    parser.add_argument("--roads", type=int, metavar="TURNS", help="measure one act by HTTP and by the trade socket")
    parser.add_argument("--sagas", type=int, nargs="+", default=[1, 100, 1000], help="with --steps: open signals")
    return parser


async def _interruptible(wish: argparse.Namespace) -> list[figures.Comparison]:
    """The bench, ended by SIGTERM as by Ctrl-C, so that its box does not outlive it."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run(wish)


async def run(wish: argparse.Namespace) -> list[figures.Comparison]:
    """The whole bench."""
    chosen = _chosen(wish)
    print(f"{os.cpu_count()} cores, load {_load()} at the beginning; python {sys.version.split()[0]}")
    conditions = [Condition(venue, int(ms * MILLISECOND)) for ms in wish.latency_ms for venue in wish.venue]
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as folder:
        async with box(wish.switch) as stage, aiohttp.ClientSession() as web, aiohttp.ClientSession() as bare:
            for venue in VenueName:
                for name in (OURS, PLAIN):
                    await stage.open_account(venue, name)
            async with service(stage, Path(folder), web, wish.order_entry) as ours:
                bench = _bench(stage, ours, bare, chosen)
                await bench.warm_up()
                for number in range(wish.rounds):
                    await bench.round(number, conditions, wish.openings)
                    print(f"\rround {number + 1} of {wish.rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return _told(bench, conditions)


def _chosen(wish: argparse.Namespace) -> dict[VenueName, list[Slot]]:
    """The slots of a round: one for each opening."""
    found = {venue: slots(venue, wish.openings) for venue in wish.venue}
    fewest = min(len(group) for group in found.values())
    if fewest < wish.openings:
        raise SystemExit(f"--openings: expected at most {fewest}, one symbol each, came {wish.openings}")
    return found


def _bench(stage: Box, ours: Ours, bare: aiohttp.ClientSession, chosen: dict[VenueName, list[Slot]]) -> Bench:
    key, secret = keys_of(PLAIN)
    return Bench(
        box=stage,
        ours=ours,
        scripts={venue: PlainScript(bare, stage.rest[venue], key, secret, ours.venue_now) for venue in chosen},
        slots=chosen,
    )


def _told(bench: Bench, conditions: Sequence[Condition]) -> list[figures.Comparison]:
    print("\n".join(figures.first_lines(bench.first)))
    comparisons = [figures.compare(condition, bench.openings) for condition in conditions]
    for comparison in comparisons:
        print("\n".join(figures.lines(comparison)))
    idle = sum(bench.idle) / len(bench.idle)
    print(f"\nstanding idle with two accounts, this process takes {idle:.2%} of one core")
    print(f"load {_load()} at the end")
    return comparisons


def _load() -> str:
    return " ".join(f"{part:.1f}" for part in os.getloadavg())
