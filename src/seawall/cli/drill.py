"""`seawall drill`: what fails when, and what must hold, in virtual time."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cyclopts import Parameter

Seeds = Annotated[str, Parameter(help="A range A..B, the last not included.")]


def drill(
    *pages: str,
    seed: int | None = None,
    seeds: Seeds = "",
    venue: Literal["binance", "bybit"] | None = None,
    explain: bool = False,
    json: bool = False,
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
    from seawall.model.ids import VenueName

    try:
        drawn = _range(seeds) if seeds else (seed,) if seed is not None else ()
    except ValueError:
        print(f"seawall: --seeds: expected A..B with A less than B, came {seeds!r}", file=sys.stderr)  # noqa: T201
        return USAGE
    return run(Options(pages, drawn, VenueName(venue) if venue else None, explain, json))


def _range(text: str) -> tuple[int, ...]:
    """The seeds of "A..B"; raises ValueError."""
    first, last = (int(part) for part in text.split(".."))
    if last <= first:
        raise ValueError(text)
    return tuple(range(first, last))
