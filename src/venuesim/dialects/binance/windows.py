"""The time windows, limits and ages of the list reads (binance.md 1.4, 1.7).

A list without times shows the last seven days; a span above seven days is refused; at most 1,000 rows come, and which
of the span's where no starting point was named is the switch ``binance.full_page``. Rows age: what ended without fills
is gone after 3 days, everything after 90.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct

from venuesim.dialects.binance.errors import Denial

if TYPE_CHECKING:
    from venuesim.dialects.binance.params import Params

Row = TypeVar("Row")

DAY: Final = 86_400_000_000
WEEK: Final = 7 * DAY
EMPTY_END_LIFE: Final = 3 * DAY
ANY_LIFE: Final = 90 * DAY
TRADE_LIFE: Final = 90 * DAY
"""userTrades reach back three months (binance.md 1.4)."""
DEFAULT_LIMIT: Final = 500
LARGEST_LIMIT: Final = 1_000


class Window(Struct, frozen=True):
    """The instants (µs, both included) and the number of rows a list read asks for."""

    since: int
    until: int
    limit: int


def read_window(params: Params, now: int) -> Window:
    """startTime, endTime and limit; -1023 when reversed, -1127 when longer than seven days, -1130 for a bad limit."""
    start, end = params.integer("startTime"), params.integer("endTime")
    limit = params.integer("limit")
    limit = DEFAULT_LIMIT if limit is None else limit
    if limit < 1:
        raise Denial(-1130, "limit")
    since, until = _span(start, end, now)
    if since > until:
        raise Denial(-1023)
    if until - since > WEEK:
        raise Denial(-1127, "168")
    return Window(since, until, min(limit, LARGEST_LIMIT))


def _span(start: int | None, end: int | None, now: int) -> tuple[int, int]:
    """The span in µs; one end missing means seven days from the other, both missing the last seven days."""
    until = now if end is None else end * 1_000 + 999
    if start is None:
        return until - WEEK, until
    since = start * 1_000
    return since, min(until, since + WEEK) if end is None else until


def pick(
    rows: Sequence[Row],
    window: Window,
    at: Callable[[Row], int],
    number: Callable[[Row], int],
    first: int | None,
    full_page: str,
) -> list[Row]:
    """The rows of the window, by number: from ``first`` on when it is named (times then do not count), else the
    ``full_page`` ("newest" or "oldest").
    """
    if first is not None:
        return sorted((row for row in rows if number(row) >= first), key=number)[: window.limit]
    inside = sorted((row for row in rows if window.since <= at(row) <= window.until), key=number)
    return inside[-window.limit :] if full_page == "newest" else inside[: window.limit]


def aged_out(updated_at: int, now: int, *, ended_empty: bool) -> bool:
    """Whether a row is too old to be found: 3 days if it ended without fills, 90 days in any case (binance.md 1.7)."""
    age = now - updated_at
    return age > ANY_LIFE or (ended_empty and age > EMPTY_END_LIFE)
