"""The report's own algorithm, from its text: what opened positions on 2025-10-29, when two of three failed.

    create the order -> wait 0.5 s -> read the order once; if nothing comes, use the create reply
    -> verify from three sources, 10 s at most -> set the stop -> on any error, roll back

It is written to be fair. Everything that worked there works here: the order read, the position read, the stop with its
three attempts, a close that only reduces. What did not work is as the report and its later study describe it:

- *Source 1, the stream.* Its news never enters `positions` ("the position is not added"), so the look into the cache
  finds nothing, once, and counts as tried.
- *Source 2, the order's status.* "Order status: False" in the report's log. The study found why: the library's order is
  an object and is asked as a dictionary; the error is swallowed, and asked again in vain until the time is up.
- *Source 3, the positions by REST.* Works, and is asked each second.
- *The create reply on Bybit* has no side: an error, and a rollback without an order, which closes nothing.

What becomes of a signal here is whatever becomes of it: the judge reads it from the venue's book.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import aiohttp

from seawall.drill.demo.report_wire import Exchange, Order, VenueError

ORDER_READ_AFTER = 0.5
VERIFY_WITHIN = 10.0
LOOK_EVERY = 1.0
STOP_ATTEMPTS = 3
Diary = Callable[[str, str], None]
"""Where the bot writes its log: (symbol, line)."""


class PositionError(Exception):
    """The bot's own: an opening failed and is to be rolled back."""


@dataclass
class ReportBot:
    """One venue's bot. `positions` is its cache, which the stream was to feed."""

    exchange: Exchange
    diary: Diary
    positions: dict[str, Decimal] = field(default_factory=dict)

    async def open(self, symbol: str, side: str, quantity: Decimal, stop_percent: Decimal, tick: Decimal) -> None:
        """Opens a position atomically, as the report calls it. Never raises: a failure is rolled back and logged."""
        entry: Order | None = None
        try:
            created = await self.exchange.create_order(symbol, side, quantity)
            entry = self._complete(await self._read_once(created) or created)
            if not await self._verify(entry):
                raise PositionError("verification TIMEOUT")
            trigger = await self._set_stop(entry, stop_percent, tick)
            self.diary(symbol, f"position protected by a stop at {trigger}")
        except (PositionError, VenueError, aiohttp.ClientError, TimeoutError, ValueError) as error:
            self.diary(symbol, f"atomic position creation failed: {str(error) or type(error).__name__}")
            await self._roll_back(symbol, entry)

    async def _read_once(self, created: Order) -> Order | None:
        await asyncio.sleep(ORDER_READ_AFTER)
        try:
            found = await self.exchange.fetch_order(created)
        except VenueError as error:
            self.diary(created.symbol, f"failed to fetch the order, using the create reply: {error}")
            return None
        if found is None:
            self.diary(created.symbol, "fetch_order returned None")
        return found

    def _complete(self, order: Order) -> Order:
        if order.side is None:
            raise ValueError("Order missing 'side' field")
        return order

    async def _verify(self, entry: Order) -> bool:
        """The three sources. The cache is tried once; the other two until one confirms or the time is up."""
        if self.positions.get(entry.symbol):
            return True
        clock = asyncio.get_running_loop()
        ends = clock.time() + VERIFY_WITHIN
        while clock.time() < ends:
            if await self._order_says_filled(entry) or await self._positions_show_it(entry):
                return True
            await asyncio.sleep(LOOK_EVERY)
        return False

    async def _order_says_filled(self, entry: Order) -> bool:
        try:
            order: Any = await self.exchange.fetch_order(entry)
            return bool(order.get("filled", 0) > 0)
        except (AttributeError, VenueError):  # there at debug level, where nobody saw it
            return False

    async def _positions_show_it(self, entry: Order) -> bool:
        try:
            return await self.exchange.fetch_position(entry.symbol) != 0
        except VenueError as error:
            self.diary(entry.symbol, f"the position read failed: {error}")
            return False

    async def _set_stop(self, entry: Order, percent: Decimal, tick: Decimal) -> Decimal:
        order = await self.exchange.fetch_order(entry) or entry
        factor = 1 - percent / 100 if entry.side == "buy" else 1 + percent / 100
        trigger = (order.average * factor / tick).quantize(Decimal(1), ROUND_HALF_EVEN) * tick
        for attempt in range(1, STOP_ATTEMPTS + 1):
            try:
                await self.exchange.set_stop(entry.symbol, str(entry.side), trigger)
            except VenueError as error:
                self.diary(entry.symbol, f"stop attempt {attempt} failed: {error}")
                await asyncio.sleep(attempt)
            else:
                return trigger
        raise PositionError("stop not placed")

    async def _roll_back(self, symbol: str, entry: Order | None) -> None:
        if entry is None:
            self.diary(symbol, "rolled back: no order to close")
            return
        away = "sell" if entry.side == "buy" else "buy"
        try:
            order = await self.exchange.fetch_order(entry) or entry
            await self.exchange.create_order(symbol, away, order.filled, reduce_only=True)
            self.diary(symbol, f"rolled back: closed {order.filled}")
        except (VenueError, aiohttp.ClientError, TimeoutError) as error:
            self.diary(symbol, f"FAILED to close the unprotected position: {error}")
