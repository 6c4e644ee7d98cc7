"""Shrinking a page that does not hold: line by line is left out while the same promise stays broken.

Only breaches of the promise are shrunk. What the page merely asked for would be missed by an empty page as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from seawall.drill.demands import Breach
from seawall.drill.page import Clock, Page

_LISTS = ("fault", "kill", "journal", "price", "hand")
Holds = Callable[[Page], list[Breach]]


def shrunk(page: Page, broken: list[Breach], run: Holds) -> Page:
    """The smallest page found that breaks the same promise; the page itself if none does."""
    kinds = _kinds(broken)
    if not kinds:
        return page
    smaller = True
    while smaller:
        smaller = False
        for candidate in _without_one(page):
            if kinds & _kinds(run(candidate)):
                page, smaller = candidate, True
                break
    return page


def _kinds(breaches: list[Breach]) -> frozenset[str]:
    """Which promises are broken, whatever the figures and names in the sentences."""
    return frozenset(re.sub(r"[0-9.]+|swdril\S*", "#", breach.text) for breach in breaches if breach.promise)


def _without_one(page: Page) -> Iterator[Page]:
    for key in _LISTS:
        lines = getattr(page, key)
        for number in range(len(lines)):
            yield msgspec.structs.replace(page, **{key: lines[:number] + lines[number + 1 :]})
    if page.clock != Clock():
        yield msgspec.structs.replace(page, clock=Clock())
    if page.walk_bps:
        yield msgspec.structs.replace(page, walk_bps=0)
    for name in sorted(page.switches):
        yield msgspec.structs.replace(page, switches={k: v for k, v in page.switches.items() if k != name})
