"""How late the event loop is: everything that reduces risk passes it, so its lateness is added to every stop.

A timer is set again and again and asked how late it fired. That is the time for which something else held the loop,
plus what the operating system takes to wake a process, which is under two milliseconds on an idle machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

EVERY = 0.1
"""Seconds between two measurements: ten a second cost a thousandth of a core."""


async def watch_lag(told: Callable[[float], None]) -> None:
    """Measures until cancelled, and tells each lateness in seconds."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + EVERY
        await asyncio.sleep(EVERY)
        told(max(loop.time() - due, 0.0))
