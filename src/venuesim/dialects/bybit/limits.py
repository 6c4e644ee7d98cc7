"""What may be asked how often (bybit.md 1.3).

Two counts. By address: 600 requests in five seconds over everything; past that the answer is HTTP 403 ``access too
frequent`` and nothing else is served for ten minutes. By account: a rolling second for each endpoint; past that the
answer is 10006, and ``X-Bapi-Limit-Reset-Timestamp`` says when there is room again. A breach is not counted again.

A box has one address. The ban may be shortened, so that a scenario need not last ten minutes (bybit.md 6.5).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from venuesim.dialects.bybit.errors import Denial
from venuesim.wire import Reply

if TYPE_CHECKING:
    from venuesim.dialects.bybit.jsonwire import HttpHeaders

SECOND: Final = 1_000_000
ADDRESS_SPAN: Final = 5 * SECOND
ADDRESS_LIMIT: Final = 600
BAN: Final = 600 * SECOND
TOO_FREQUENT: Final = Reply(403, (("content-type", "text/plain"),), b"access too frequent")
"""The only text that proves a ban by address: 403 has other causes too (bybit.md 1.3)."""


class Room(Struct, frozen=True):
    """What the limit headers say: the limit, what is left of it, and the reset instant in venue ms."""

    limit: int
    left: int
    reset_ms: int

    def headers(self) -> HttpHeaders:
        """The ``X-Bapi-Limit`` trio (bybit.md 1.2)."""
        return (
            ("X-Bapi-Limit", str(self.limit)),
            ("X-Bapi-Limit-Status", str(self.left)),
            ("X-Bapi-Limit-Reset-Timestamp", str(self.reset_ms)),
        )


class TooManyVisits(Denial):
    """10006 with the room that the headers of its reply must tell."""

    def __init__(self, room: Room) -> None:
        super().__init__(10006)
        self.room = room


class Limits:
    """The counters of one venue. All instants are µs."""

    def __init__(self, address_limit: int = ADDRESS_LIMIT, ban: int = BAN) -> None:
        """``address_limit``: requests in five seconds; ``ban``: how long 403 lasts, in µs."""
        self._address_limit = address_limit
        self._ban = ban
        self._banned_until = 0
        self._address: deque[int] = deque()
        self._endpoints: dict[tuple[str, str], deque[int]] = {}

    def banned(self, now: int) -> bool:
        """Count a request of the address, and tell whether it meets a ban."""
        if now < self._banned_until:
            return True
        _forget(self._address, now - ADDRESS_SPAN)
        if len(self._address) >= self._address_limit:
            self._banned_until = now + self._ban
            return True
        self._address.append(now)
        return False

    def charge(self, account: str, endpoint: str, limit: int, now: int) -> Room:
        """Count a request of the account; raises ``TooManyVisits`` past ``limit`` within the rolling second."""
        times = self._endpoints.setdefault((account, endpoint), deque())
        _forget(times, now - SECOND)
        if len(times) >= limit:
            raise TooManyVisits(Room(limit, 0, -(-(times[0] + SECOND) // 1_000)))
        times.append(now)
        return Room(limit, limit - len(times), now // 1_000)


def _forget(times: deque[int], until: int) -> None:
    while times and times[0] <= until:
        times.popleft()
