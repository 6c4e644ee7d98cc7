"""A box as a process of its own: one venue's server and its control API, with the accounts that a drill opens there."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from seawall.drill.wire.process import BEGINS_WITHIN
from seawall.drill.wire.remote import Remote
from seawall.drill.wire.stage import BALANCE, key_of
from seawall.model.ids import VenueName


@dataclass(frozen=True, slots=True)
class Box:
    """A served venue: its address, its experimenter's hands, its process's number, and the accounts opened there."""

    venue: VenueName
    rest: str
    remote: Remote
    pid: int
    accounts: tuple[str, ...]


@asynccontextmanager
async def boxed(venue: VenueName, accounts: int, seed: int, web: aiohttp.ClientSession) -> AsyncIterator[Box]:
    """Serves a venue with so many accounts until the block ends. Raises RuntimeError if the box does not begin."""
    command = ("-m", "venuesim", "serve", "--venue", venue.value, "--seed", str(seed))
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=PIPE)
    try:
        told = await _told(process)
        names = tuple(f"{venue.value}{number:02}" for number in range(accounts))
        box = Box(venue, told[venue.value]["rest"], Remote(told["control"], web), process.pid, names)
        for name in names:
            await box.remote.open_account(name, *key_of(name), BALANCE)
        yield box
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _told(process: Process) -> dict[str, Any]:
    """The addresses that the box tells once it listens."""
    assert process.stdout is not None
    async with asyncio.timeout(BEGINS_WITHIN):
        line = await process.stdout.readline()
    if not line:
        raise RuntimeError(f"the box did not begin: code {await process.wait()}")
    found: dict[str, Any] = json.loads(line)
    return found
