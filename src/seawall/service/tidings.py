"""A bell that rings whenever something new is durable, for whoever waits at the control door."""

from __future__ import annotations

import asyncio


class Tidings:
    """Wakes whoever waits for events to become durable."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def ring(self) -> None:
        """Something new is durable."""
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Whether something new came within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                return await self._next.wait()
        except TimeoutError:
            return False
