"""The hunt: pages first, then drawn seeds, until the first thing that does not hold. What sabotage is tried with.

It prints one line of JSON: what caught it ("page clean on bybit: ..."), and after how many runs; or that nothing did.
An exception out of the house is a catch as well.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import islice

from seawall.drill.command import DEFAULT_SEED
from seawall.drill.loader import venues_of
from seawall.drill.page import Page
from seawall.drill.pages import shipped
from seawall.drill.plans import draw
from seawall.drill.scenario import Crash, play
from seawall.model.ids import VenueName

Run = tuple[str, Page, VenueName, int, Crash | None]


def main(argv: list[str] | None = None) -> int:
    """Hunts; always 0, since being caught is not this program's failure."""
    parser = argparse.ArgumentParser(prog="hunt", description="run until something does not hold")
    parser.add_argument("--seeds", type=int, default=100, help="drawn seeds on both venues after the pages")
    parser.add_argument("--crashes", type=int, default=200, help="points of the crash sweep after the seeds")
    options = parser.parse_args(argv)
    count = 0
    for count, (name, page, venue, seed, crash) in enumerate(_runs(options.seeds, options.crashes), 1):
        caught = _caught(page, venue, seed, crash)
        if caught:
            print(json.dumps({"caught_by": f"{name} on {venue}", "what": caught, "runs": count}))
            return 0
    print(json.dumps({"caught_by": None, "what": "", "runs": count}))
    return 0


def _runs(seeds: int, crashes: int) -> Iterator[Run]:
    """Pages, then seeds, then crashes spread over all pages."""
    pages = shipped()
    for name, page in pages.items():
        for venue in venues_of(page):
            yield f"page {name}", page, venue, DEFAULT_SEED, None
    for seed in range(seeds):
        for venue in VenueName:
            yield f"seed {seed}", draw(venue, seed).page, venue, seed, None
    yield from islice(_crashes(pages), crashes)


def _crashes(pages: dict[str, Page]) -> Iterator[Run]:
    """The crashes of a short opening, page by page: the first thirty things."""
    for at in range(1, 31, 3):
        for name, page in pages.items():
            for venue in venues_of(page):
                yield f"page {name}, killed at {at}", page, venue, DEFAULT_SEED, Crash(at)


def _caught(page: Page, venue: VenueName, seed: int, crash: Crash | None) -> str:
    """What does not hold in a run, in a sentence; empty if all does."""
    try:
        found = play(page, venue, seed, crash).breaches
    except Exception as error:  # noqa: BLE001 - whatever a sabotaged house raises has given it away
        return f"raised {type(error).__name__}: {error}"
    return str(found[0]) if found else ""


if __name__ == "__main__":
    sys.exit(main())
