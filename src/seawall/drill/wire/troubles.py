"""What a page does to the record, done to a real process: another program's lock, or a disk that takes no byte.

A journal that *stalls* is one on whose file another program has begun to write (a backup, an owner with a database
shell): a commit waits for it as long as SQLite is told to wait. One that is *full* or *broken* is a process to which
the operating system refuses every write to any file, its own log's included.
"""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

LOCK_WITHIN = 5.0
"""Seconds in which the lock must be had: commits of the process come between."""
CAN_FILL_DISKS = hasattr(resource, "prlimit")
"""Only Linux sets the limits of a running process."""


@asynccontextmanager
async def held_up(journal: Path) -> AsyncIterator[None]:
    """Another program holds the journal's file for writing."""
    connection = sqlite3.connect(journal, isolation_level=None, timeout=LOCK_WITHIN, check_same_thread=False)
    try:
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        yield
    finally:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        connection.close()


@asynccontextmanager
async def full_disk(pid: int) -> AsyncIterator[None]:
    """The process can write no byte to any file. One that has ended meanwhile needs no mend."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
