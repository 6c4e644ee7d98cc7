"""A Bybit box on a loopback port, for other people's clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

from venuesim.exchange import Exchange
from venuesim.server import Addresses, Clock, serve

KEY = "k" * 18
SECRET = "s" * 36
SYMBOL = "1000000BABYDOGEUSDT"
LIMIT_S = 60


@asynccontextmanager
async def served(**switches: str) -> AsyncIterator[tuple[Exchange, Addresses]]:
    """A box with one funded account and no lag."""
    clock = Clock()
    exchange = Exchange("bybit", seed=3, start=clock.now(), switches={"lag": "none", **switches})
    exchange.open_account("main", key=KEY, secret=SECRET, balance=Decimal(10_000))
    exchange.set_price(SYMBOL, clock.now(), mark=Decimal("0.0014"), last=Decimal("0.0014"))
    async with serve(exchange, clock=clock) as addresses:
        yield exchange, addresses


def against_box(play: Callable[[Exchange, Addresses], Awaitable[None]], **switches: str) -> None:
    """Let a client play against a served box, within bounded time."""

    async def show() -> None:
        async with served(**switches) as (exchange, addresses), asyncio.timeout(LIMIT_S):
            await play(exchange, addresses)

    asyncio.run(show())
