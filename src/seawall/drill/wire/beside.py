"""What runs beside a part of a drill, for as long as that part runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager


async def every(seconds: float, do: Callable[[], Coroutine[None, None, None]]) -> None:
    """Does something again and again, after so many seconds each time, until cancelled."""
    while True:
        await asyncio.sleep(seconds)
        await do()


@asynccontextmanager
async def beside(*works: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Runs works that never end while the block runs. One that fails ends the block with its error."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        yield
        for task in tasks:
            task.cancel()
