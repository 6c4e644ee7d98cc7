"""`seawall drill`: what fails when, and what must hold, in virtual time or on real sockets."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter

Seeds = Annotated[str, Parameter(help="A range A..B, the last not included.")]


@Parameter(name="*")
@dataclass(frozen=True)
class Sockets:
    """How pages are run on real sockets."""

    wire: Annotated[
        bool, Parameter(negative="", help="On real sockets, in real time: the service as a process, killed with -9.")
    ] = False
    at_once: Annotated[int, Parameter(help="With --wire: how many pages beside each other.")] = 16
    at_most: Annotated[str, Parameter(help="With --wire: pages that take longer are not run, and named.")] = "5 min"
    quick: Annotated[
        bool, Parameter(negative="", help="With --wire: stops are read again every 2 s, so an end need last only 8.")
    ] = False


VIRTUAL = Sockets()


def drill(
    *pages: str,
    seed: int | None = None,
    seeds: Seeds = "",
    venue: Literal["binance", "bybit"] | None = None,
    explain: bool = False,
    json: bool = False,
    sockets: Sockets = VIRTUAL,
) -> int:
    """Pages of what can go wrong, and drawn ones, in virtual time; judged by the exchange's own book.

    Without pages or seeds every page that ships is run. Exit 0 if all held, 1 if not.

    Parameters
    ----------
    pages
        Files, folders, or names of shipped pages (docs/scenarios.md).
    seed
        The seed of the box's draws; without a page, the plan drawn from it.
    venue
        On one venue only.
    explain
        Print the pages instead of running them.
    json
        One line of JSON for each run.
    """
    from seawall.drill.command import USAGE, Options
    from seawall.drill.command import drill as run
    from seawall.drill.lengths import read
    from seawall.model.ids import VenueName

    try:
        drawn = _range(seeds) if seeds else (seed,) if seed is not None else ()
    except ValueError:
        print(f"seawall: --seeds: expected A..B with A less than B, came {seeds!r}", file=sys.stderr)  # noqa: T201
        return USAGE
    try:
        seconds = read(sockets.at_most) / 1_000_000
    except ValueError as wrong:
        print(f"seawall: --at-most: {wrong}", file=sys.stderr)  # noqa: T201
        return USAGE
    which = VenueName(venue) if venue else None
    return run(Options(pages, drawn, which, explain, json, sockets.wire, sockets.at_once, seconds, sockets.quick))


def _range(text: str) -> tuple[int, ...]:
    """The seeds of "A..B"; raises ValueError."""
    first, last = (int(part) for part in text.split(".."))
    if last <= first:
        raise ValueError(text)
    return tuple(range(first, last))
