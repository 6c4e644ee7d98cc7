"""Lists by time that are longer than one reply: what each request of a reading brought, and what is to be asked next.

A reply holds at most 1,000 rows, and covers less than seven days (binance.md 1.4). Which end of its span a full page
shows, the venue book does not say; so nothing is continued from a page's rows. A span whose page is full is asked for
again as its two halves, until no page is full; a span longer than the venue grants is cut beforehand. What has no end
of its own reaches to now, so that what comes while the reading goes on is in it.

A reading is a function of the replies that have come, and nothing is remembered here: the requests of each round follow
from the replies of the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Raw, Struct

from seawall.model.queries import AskFills, AskOrders
from seawall.model.times import HOUR, MILLISECOND, Instant
from seawall.venues.binance import wire
from seawall.venues.binance.requests import MOST_ROWS, Span
from seawall.venues.binance.wire import Garbled
from seawall.venues.port import Reading, Reply

SPAN: Final = 7 * 24 * HOUR - HOUR
"""How much one list by time covers: an hour less than what the venue grants (binance.md 1.4), so that neither our clock
nor how long the reading takes leaves the end of the last one out.
"""
LONGEST_SPAN: Final = 90 * 24 * HOUR
"""How far back the venue lists trades and orders (binance.md 1.4, 1.7)."""
MOST_REPLIES: Final = 40
"""How many replies one reading may take; a longer list is a failed read. Judgement: some 20,000 rows, for a twelfth of
the address's weight a minute (binance.md 1.3).
"""


class Course(Struct, frozen=True):
    """A reading so far: each span with its reply, where that is not cut in two; and the spans of the next round."""

    heard: tuple[tuple[Span, Reply | None], ...]
    ahead: tuple[Span, ...]
    unread: tuple[Span, ...]
    """Spans that will not be asked for: one reply was bad, or there were too many."""


def course(reading: Reading) -> Course:
    """Where the reading of a list by time stands."""
    assert isinstance(reading.query, AskFills | AskOrders), "other queries are answered in one round"
    heard: list[tuple[Span, Reply | None]] = []
    spans, came = tuple(_spans(reading.query.since, reading.began_at)), reading.came
    now = reading.began_at // MILLISECOND
    while spans and came:
        latest = list(zip(spans, came, strict=False))
        came = came[len(spans) :]
        heard += [(span, reply) for span, reply in latest if not _is_cut(span, reply, now)]
        spans = tuple(half for span, reply in latest if _is_cut(span, reply, now) for half in _halves(span, now))
    is_good = all(reply is not None and 200 <= reply.status < 300 for _, reply in heard)
    goes_on = is_good and len(reading.came) + len(spans) <= MOST_REPLIES
    return Course(tuple(heard), spans if goes_on else (), () if goes_on else spans)


def is_full(reply: Reply | None) -> bool:
    """Whether a list may have more rows than it shows."""
    if reply is None or not 200 <= reply.status < 300:
        return False
    try:
        return len(wire.read(list[Raw], reply.body)) >= MOST_ROWS
    except Garbled:
        return False


def _spans(since: Instant, began_at: Instant) -> Iterator[Span]:
    start = max(since, began_at - LONGEST_SPAN)
    while began_at - start > SPAN:
        yield Span(start // MILLISECOND, (start + SPAN) // MILLISECOND - 1)
        start += SPAN
    yield Span(start // MILLISECOND)


def _is_cut(span: Span, reply: Reply | None, now: int) -> bool:
    """Whether a span is asked for again in halves; one of a single millisecond has none."""
    return is_full(reply) and span.first < (now if span.last is None else span.last)


def _halves(span: Span, now: int) -> tuple[Span, Span]:
    middle = (span.first + (now if span.last is None else span.last)) // 2
    return Span(span.first, middle), Span(middle + 1, span.last)
