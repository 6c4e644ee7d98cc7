"""Lists that are longer than one reply: what each request of a reading brought, and what is to be asked next.

The venue hands out a list in pages (bybit.md 1.4 to 1.6). A page that is as long as its limit and carries a cursor has
a next one, which is asked for with that cursor; a page that is shorter is the last, though the venue hands out a cursor
even then (the recorded position list of bybit.md 4.5 has one for a single row). The lists of one query are independent
of each other, so the next pages of all of them are asked for side by side, until none has one.

A reading is a function of the replies that have come, and nothing is remembered here: the requests of each round follow
from the replies of the one before.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from msgspec import Raw, Struct, field

from seawall.model.inputs import NOTHING_TOLD, Told
from seawall.venues.bybit import wire
from seawall.venues.bybit.errors import public_text
from seawall.venues.bybit.requests import Ask, query_asks
from seawall.venues.bybit.wire import Garbled
from seawall.venues.port import Reading, Reply

MOST_REPLIES: Final = 100
"""How many replies one reading may take; a longer list is a failed read. Judgement: 5,000 open orders, ten times what a
symbol may hold (bybit.md 1.3), and at 50 a second still a matter of seconds.
"""


class Incomplete(Exception):  # noqa: N818 (it names what the answer is, not a fault of the program)
    """An answer that cannot count as complete; the text says what was expected and what came, `told` what did come."""

    def __init__(self, text: str, told: Told = NOTHING_TOLD) -> None:
        super().__init__(text)
        self.told = told


class Course(Struct, frozen=True):
    """A reading so far: each request with its reply, and the requests of the next round."""

    heard: tuple[tuple[Ask, Reply | None], ...]
    ahead: tuple[Ask, ...]
    unread: tuple[Ask, ...]
    """Pages that there are and that will not be asked for: one reply was bad, or there were too many."""

    @property
    def is_paged(self) -> bool:
        """Whether a list took more than one reply, and so may show a row twice that moved meanwhile."""
        return any("cursor" in dict(ask.params) for ask, _ in self.heard)


class _Page(wire.Row, frozen=True):
    rows: tuple[Raw, ...] = field(name="list")
    next_page_cursor: wire.Text = None


@lru_cache(maxsize=1)
def course(reading: Reading) -> Course:
    """Where a reading stands. The last one is kept: it is asked for its charges, and right after for its answer."""
    heard: list[tuple[Ask, Reply | None]] = []
    asks, came = query_asks(reading.query, reading.began_at), reading.came
    is_good = True
    while asks and came:
        latest = list(zip(asks, came, strict=False))
        heard, came = heard + latest, came[len(asks) :]
        try:
            asks = tuple(page for ask, reply in latest if (page := _next(ask, reply)) is not None)
        except (Incomplete, Garbled):
            asks, is_good = (), False
    goes_on = is_good and len(heard) + len(asks) <= MOST_REPLIES
    return Course(tuple(heard), asks if goes_on else (), () if goes_on else asks)


def result_of(reply: Reply | None) -> Raw:
    """The result of a good reply; raises Incomplete for every other."""
    if reply is None:
        raise Incomplete("expected a reply, came none")
    try:
        envelope = wire.read(wire.Envelope, reply.body)
        code = envelope.code
    except Garbled as error:
        raise Incomplete(f"{reply.status} {error}; {body_of(reply)}") from error
    if code != 0 or not 200 <= reply.status < 300:
        raise Incomplete(f"{reply.status} {code} {public_text(code, envelope.ret_msg or '')}")
    return envelope.result


def body_of(reply: Reply) -> str:
    """A body on one line."""
    return " ".join(reply.body.decode(errors="replace").split())


def _next(ask: Ask, reply: Reply | None) -> Ask | None:
    """The page after this one, if there is one; raises Incomplete or Garbled if there is nothing to go on from."""
    result = result_of(reply)
    if not ask.page:
        return None
    page = wire.read(_Page, result)
    is_full = len(page.rows) >= ask.page
    return ask.after(page.next_page_cursor) if is_full and page.next_page_cursor else None
