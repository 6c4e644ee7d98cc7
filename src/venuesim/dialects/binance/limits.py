"""What may be asked how often (binance.md 1.3).

Request weight is counted by address over the running minute, orders by account over ten seconds and over a minute. Past
the weight limit the venue answers 429; who goes on asking regardless is banned with 418 until an instant that the text
of -1003 names. Placing orders costs no weight, only order counts, and is still refused while banned.

One box has one address, so one pool of weight; the switches name its size, since the demo venue has 6000 (1.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from venuesim.dialects.binance.errors import Denial

MINUTE: Final = 60_000_000
TEN_SECONDS: Final = 10_000_000
ORDERS_MINUTE: Final = 1_200
ORDERS_TEN_SECONDS: Final = 300
PATIENCE: Final = 20
"""How many requests past the limit are answered 429 before the ban; the venue names no figure."""
BAN: Final = 120_000_000
"""The shortest ban, 2 minutes (binance.md 1.3)."""
_ADDRESS: Final = "127.0.0.1"


@dataclass(slots=True)
class Counter:
    """A count that begins anew with every full span of ``span`` µs."""

    span: int
    index: int = -1
    count: int = 0

    def at(self, now: int) -> int:
        """The count in the span that holds ``now``."""
        if now // self.span != self.index:
            self.index, self.count = now // self.span, 0
        return self.count

    def add(self, amount: int, now: int) -> int:
        """Count ``amount`` more and return the new count."""
        self.count = self.at(now) + amount
        return self.count


@dataclass(slots=True)
class OrderCounts:
    """One account's orders in the two windows the venue counts."""

    minute: Counter = field(default_factory=lambda: Counter(MINUTE))
    ten_seconds: Counter = field(default_factory=lambda: Counter(TEN_SECONDS))


class Limits:
    """The counters of one venue. All instants are µs."""

    def __init__(self, weight_limit: Callable[[], int]) -> None:
        """``weight_limit`` tells the request weight granted per minute, which a switch may change at any time."""
        self._weight_limit = weight_limit
        self._weight = Counter(MINUTE)
        self._over = 0
        self._banned_until = 0
        self._orders: dict[str, OrderCounts] = {}

    def charge_weight(self, weight: int, now: int) -> None:
        """Count a request; 429 past the limit, 418 after too much patience or during a ban (both -1003)."""
        if now < self._banned_until:
            raise self._ban(now)
        used = self._weight.add(weight, now)
        limit = self._weight_limit()
        if used <= limit:
            self._over = 0
            return
        self._over += 1
        if self._over > PATIENCE:
            self._banned_until = now + BAN
            raise self._ban(now)
        raise Denial(-1003, _ADDRESS, str(limit), status=429, wait=_rest_of(MINUTE, now))

    def charge_order(self, account: str, now: int) -> None:
        """Count an order of the account; 429 with -1015 past either limit."""
        counts = self._orders.setdefault(account, OrderCounts())
        if counts.ten_seconds.add(1, now) > ORDERS_TEN_SECONDS:
            raise Denial(-1015, str(ORDERS_TEN_SECONDS), "TEN_SECONDS", status=429, wait=_rest_of(TEN_SECONDS, now))
        if counts.minute.add(1, now) > ORDERS_MINUTE:
            raise Denial(-1015, str(ORDERS_MINUTE), "MINUTE", status=429, wait=_rest_of(MINUTE, now))

    def weight_headers(self, now: int) -> tuple[tuple[str, str], ...]:
        """``X-MBX-USED-WEIGHT-1M``, sent with every reply."""
        return (("X-MBX-USED-WEIGHT-1M", str(self._weight.at(now))),)

    def order_headers(self, account: str, now: int) -> tuple[tuple[str, str], ...]:
        """``X-MBX-ORDER-COUNT-10S`` and ``-1M``, sent with the replies to accepted orders."""
        counts = self._orders.setdefault(account, OrderCounts())
        return (
            ("X-MBX-ORDER-COUNT-10S", str(counts.ten_seconds.at(now))),
            ("X-MBX-ORDER-COUNT-1M", str(counts.minute.at(now))),
        )

    def rows(self) -> list[dict[str, object]]:
        """``exchangeInfo.rateLimits``: three rows (binance.md 1.3)."""
        return [_row("REQUEST_WEIGHT", "MINUTE", 1, self._weight_limit()), *self.order_rows()]

    def order_rows(self) -> list[dict[str, object]]:
        """The list of ``GET rateLimit/order`` (binance.md 1.3)."""
        return [
            _row("ORDERS", "MINUTE", 1, ORDERS_MINUTE),
            _row("ORDERS", "SECOND", 10, ORDERS_TEN_SECONDS),
        ]

    def counted_rows(self, account: str | None, now: int) -> list[dict[str, object]]:
        """The limits with their counts, as WebSocket API replies carry them (binance.md 2); orders with an account."""
        rows = [{**_row("REQUEST_WEIGHT", "MINUTE", 1, self._weight_limit()), "count": self._weight.at(now)}]
        if account is None:
            return rows
        counts = self._orders.setdefault(account, OrderCounts())
        used = (counts.minute.at(now), counts.ten_seconds.at(now))
        return rows + [{**row, "count": count} for row, count in zip(self.order_rows(), used, strict=True)]

    def _ban(self, now: int) -> Denial:
        until = self._banned_until // 1_000
        words = (
            f"Way too many requests; IP({_ADDRESS}) banned until {until}. "
            "Please use the websocket for live updates to avoid bans."
        )
        return Denial(-1003, text=words, status=418, wait=self._banned_until - now)


def _rest_of(span: int, now: int) -> int:
    """What is left of the running span, in µs."""
    return span - now % span


def _row(kind: str, interval: str, number: int, limit: int) -> dict[str, object]:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
