"""Asking a venue once: a few queries over a connection that is opened for them and closed after, nothing else.

No stream is opened and no key of one is asked for, so a key that may only read is enough, and the venue's log of what
came shows reads alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from seawall.model.acts import Urgency
from seawall.model.inputs import ClockReport, Input, ReadAnswered, ReadFailed
from seawall.model.queries import Query
from seawall.model.times import SECOND, Bounds, Duration, Instant
from seawall.service.settings import AccountSettings
from seawall.service.venues import codec_of
from seawall.venues.pace import Budget
from seawall.venues.sockets import Addresses, Connection
from seawall.venues.venue import Venue

WITHIN: Duration = 8 * SECOND
"""How long a venue is listened to: one reply's time, and a second attempt at the clock."""


async def ask_once(
    account: AccountSettings,
    queries: Sequence[Query],
    bounds: Bounds,
    now: Callable[[], Instant],
    common: Budget | None = None,
) -> tuple[Input, ...]:
    """All that the venue said within `WITHIN`: an answer or a failure of each query, which differ, and its time.

    `common`: the budget of the address, where one is known.
    """
    heard: list[Input] = []
    complete = asyncio.Event()

    def hear(one: Input) -> None:
        heard.append(one)
        if _is_complete(heard, len(queries)):
            complete.set()

    venue = Venue(codec_of(account), bounds, common, stream=False)
    connection = Connection(venue, Addresses(account.rest, account.stream), now, hear)
    running = asyncio.create_task(connection.run())
    for query in queries:
        connection.submit(query, Urgency.ASK)
    waiting = asyncio.create_task(complete.wait())
    await asyncio.wait((running, waiting), timeout=WITHIN / SECOND, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    connection.aclose()
    await running
    return tuple(heard)


def reached(heard: Sequence[Input]) -> bool:
    """Whether the venue answered anything that was signed, or told its time."""
    return any(
        isinstance(one, ReadAnswered | ClockReport) or (isinstance(one, ReadFailed) and one.venue_answered)
        for one in heard
    )


def _is_complete(heard: Sequence[Input], queries: int) -> bool:
    """Whether everything has been said; where nothing was answered at all, the clock is not waited for either."""
    ended = [one for one in heard if isinstance(one, ReadAnswered | ReadFailed)]
    told = any(isinstance(one, ClockReport) for one in heard)
    return len(ended) >= queries and (told or not reached(ended))
