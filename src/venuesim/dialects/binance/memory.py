"""What the dialect itself remembers: listen keys, open connections, rate counters.

None of it is truth about orders; all of it decides who hears what and how often one may ask. Plain dicts keep the order
of arrival, so that the same run sends the same frames in the same order.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

from venuesim.dialects.binance.errors import Denial
from venuesim.dialects.binance.limits import Limits

KEY_LIFE: Final = 3_600_000_000
"""A listenKey lives 60 minutes from its creation or last extension (binance.md 3.1)."""
CONNECTION_LIFE: Final = 86_400_000_000
"""The venue cuts every connection after 24 hours (binance.md 3.1)."""


@dataclass(slots=True)
class ListenKey:
    """One account's key and when it lapses (µs)."""

    key: str
    account: str
    expires_at: int


@dataclass(slots=True)
class Connection:
    """One WebSocket: what it was opened for, and what it hears.

    ``keys`` are the listen keys named by URL or SUBSCRIBE, true or bogus alike, each with the events wanted of it (none
    named: all); ``streams`` the market streams. ``wrapped`` says whether frames come as ``{"stream", "data"}``;
    ``deaf`` means that nothing private comes, whatever key was named.
    """

    conn: int
    opened_at: int
    wrapped: bool = False
    deaf: bool = False
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    streams: dict[str, bool] = field(default_factory=dict)

    def wants(self, key: str, event: str) -> bool:
        """Whether an event of the key's account reaches this connection."""
        if self.deaf or key not in self.keys:
            return False
        return not self.keys[key] or event in self.keys[key]


class Memory:
    """Everything the dialect keeps between two calls."""

    def __init__(self, limits: Limits) -> None:
        """Start with no key and no connection."""
        self.limits = limits
        self.keys: dict[str, ListenKey] = {}
        self.connections: dict[int, Connection] = {}
        self.api_connections: dict[int, bool] = {}
        self.next_end: int | None = None
        """When the next key lapses or the next connection grows too old, in µs. Kept, since it is asked for far more
        often than a key or a connection comes or goes.
        """
        self._made = 0
        self._named = 0

    def next_name(self) -> str:
        """A client id for an order that came without one; the venue makes them of 22 characters."""
        self._named += 1
        return "sim" + hashlib.sha256(f"name/{self._named}".encode()).hexdigest()[:19]

    def create_key(self, account: str, now: int) -> str:
        """The account's key, new or the active one extended by 60 minutes (binance.md 1.4)."""
        held = self.keys.get(account)
        if held is None:
            self._made += 1
            held = self.keys[account] = ListenKey(_key_text(account, self._made, now), account, 0)
        held.expires_at = now + KEY_LIFE
        self._look_ahead()
        return held.key

    def extend_key(self, account: str, now: int) -> str:
        """Extend the account's key; -1125 without one (binance.md 1.4)."""
        held = self.keys.get(account)
        if held is None:
            raise Denial(-1125)
        held.expires_at = now + KEY_LIFE
        self._look_ahead()
        return held.key

    def delete_key(self, account: str) -> ListenKey | None:
        """Forget the account's key, and return it: every stream opened with it goes mute (binance.md 1.4)."""
        held = self.keys.pop(account, None)
        self._look_ahead()
        return held

    def open(self, opened: Connection) -> None:
        """Keep a connection."""
        self.connections[opened.conn] = opened
        self._look_ahead()

    def close(self, conn: int) -> None:
        """Forget a connection."""
        self.connections.pop(conn, None)
        self._look_ahead()

    def lapsed_keys(self, now: int) -> list[ListenKey]:
        """Take out the keys whose time has run out."""
        lapsed = [held for held in self.keys.values() if held.expires_at <= now]
        for held in lapsed:
            self.delete_key(held.account)
        return lapsed

    def old_connections(self, now: int) -> list[Connection]:
        """Take out the connections that are 24 hours old."""
        old = [one for one in self.connections.values() if one.opened_at + CONNECTION_LIFE <= now]
        for one in old:
            self.close(one.conn)
        return old

    def _look_ahead(self) -> None:
        ends = [held.expires_at for held in self.keys.values()]
        ends += [one.opened_at + CONNECTION_LIFE for one in self.connections.values()]
        self.next_end = min(ends, default=None)

    def key_of(self, account: str) -> str | None:
        """The account's active key."""
        held = self.keys.get(account)
        return None if held is None else held.key

    def hearers(self, key: str, event: str) -> list[Connection]:
        """The connections that hear this event of the key, in the order they were opened."""
        return [one for one in self.connections.values() if one.wants(key, event)]


def _key_text(account: str, number: int, now: int) -> str:
    """A key of 64 characters, the same in every run of the same calls."""
    return hashlib.sha256(f"{account}/{number}/{now}".encode()).hexdigest()
