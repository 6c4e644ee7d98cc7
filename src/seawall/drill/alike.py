"""Whether things of one stretch are alike: some stretches of pages are killed at every thing, and compared.

    python -m seawall.drill.alike --every 100    # each 100th stretch that has three things or more, of all pages
    python -m seawall.drill.alike clean --venue bybit --every 1

Two are alike if the signals end alike, for the same reason, with the same breaches, and if the venue's book holds the
same orders and stops at the end, apart from times and numbers. A stretch that is not printed is.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from seawall.drill.command import DEFAULT_SEED
from seawall.drill.pages import page_of, runs
from seawall.drill.progress import Progress
from seawall.drill.scenario import Crash, Play
from seawall.drill.stretches import Stretch, stretches
from seawall.model.ids import VenueName, parse_client_id
from venuesim.facts import OrderState, StopState

End: TypeAlias = tuple[str, ...]
"""What a run came to, a text for each thing that is compared."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A stretch, and at which of its things a crash came to which end."""

    name: str
    venue: VenueName
    stretch: Stretch
    ends: dict[int, End]

    @property
    def is_alike(self) -> bool:
        """Whether all of them came to the same."""
        return len(set(self.ends.values())) == 1

    def told(self) -> Iterator[str]:
        """How the minority differs from what most came to."""
        counts = Counter(self.ends.values())
        usual = counts.most_common(1)[0][0]
        yield f"{self.name} on {self.venue}, {self.stretch.first}..{self.stretch.last}: {len(counts)} ends"
        for end in counts:
            if end != usual:
                at = [thing for thing, came in self.ends.items() if came == end]
                yield f"    at {at}: {sorted((Counter(end) - Counter(usual)).elements())}"
                yield f"    and not {sorted((Counter(usual) - Counter(end)).elements())}"


def tried(task: tuple[str, VenueName, Stretch]) -> Tried:
    """Kills at every thing of a stretch."""
    name, venue, stretch = task
    return Tried(name, venue, stretch, {at: end_of(name, venue, Crash(at)) for at in stretch.things})


def end_of(name: str, venue: VenueName, crash: Crash) -> End:
    """What a crash came to, in words that two runs can have in common."""
    run = Play(page_of(name), venue, DEFAULT_SEED, crash)
    outcome = run.run()
    ledger = run.world.box.book.ledger
    book = [_order(order) for order in ledger.orders.values()] + [_stop(stop) for stop in ledger.stops.values()]
    return f"{outcome.end} {outcome.reason}", *(breach.text for breach in outcome.breaches), *sorted(book)


def _order(order: OrderState) -> str:
    what = f"{order.side} {order.kind} {order.quantity} at {order.price} filled {order.filled}"
    return f"{_leg(order.client_id)}: {what} {order.status} {order.end_reason}"


def _stop(stop: StopState) -> str:
    what = f"{stop.side} {stop.purpose} {stop.scope} {stop.quantity} at {stop.trigger} by {stop.trigger_by}"
    return f"{_leg(stop.client_id)}: {what} {stop.status} {stop.end_reason}"


def _leg(client_id: str) -> str:
    ours = parse_client_id(client_id)
    return "another's" if ours is None else ours.leg.name


def _stretches(task: tuple[str, VenueName]) -> list[Stretch]:
    found, _ = stretches(page_of(task[0]), task[1], DEFAULT_SEED)
    return [one for one in found if one.last - one.first > 1]


def main(argv: list[str] | None = None) -> int:
    """Tries; exit 0 if every stretch was one."""
    parser = argparse.ArgumentParser(prog="alike", description="whether all things of a stretch come to the same")
    parser.add_argument("pages", nargs="*", help="files, folders or names; all that ship if none is named")
    parser.add_argument("--venue", choices=[venue.value for venue in VenueName], type=VenueName)
    parser.add_argument("--every", type=int, default=100, help="each Nth stretch that has more than its two ends")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(argv)
    tasks = [(name, venue) for name, _, venue in runs(options.pages, options.venue)]
    unlike, things = 0, 0
    with ProcessPoolExecutor(options.jobs) as pool:
        all_of_them = zip(tasks, pool.map(_stretches, tasks, chunksize=4), strict=True)
        chosen = list(islice(((*task, one) for task, found in all_of_them for one in found), 0, None, options.every))
        progress = Progress("alike", len(chosen))
        for number, one in enumerate(pool.map(tried, chosen), 1):
            things += len(one.ends)
            unlike += not one.is_alike
            print("".join(f"{line}\n" for line in one.told() if not one.is_alike), end="", flush=True)
            progress.tell(number, unlike)
    print(f"{len(chosen)} stretches, killed at all of their {things} things: {unlike} come to more than one end")
    return 1 if unlike else 0


if __name__ == "__main__":
    sys.exit(main())
