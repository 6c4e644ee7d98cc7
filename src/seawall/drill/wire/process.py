"""`seawall run` as a process of its own, started, watched and ended from outside, as an operator or a crash would."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_TOLD = re.compile(r"intake (\S+)/signal, control (\S+);")
BEGINS_WITHIN = 60.0
"""Seconds until a process has opened its doors, on a machine that has other things to do."""


class Run:
    """A running `seawall run`; its doors' addresses, once it has told them. What it logs goes into `log`."""

    def __init__(self, process: Process, log: Path) -> None:
        self.intake = ""
        self.control = ""
        self.log = log
        self._process = process

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    async def begun(self) -> None:
        """Waits for its doors. Raises RuntimeError with its log if it ended instead."""
        assert self._process.stdout is not None
        async with asyncio.timeout(BEGINS_WITHIN):
            line = (await self._process.stdout.readline()).decode()
        found = _TOLD.search(line)
        if found is None:
            raise RuntimeError(f"seawall run told no doors: {line!r} {self.log.read_text(encoding='utf-8')[-2000:]}")
        self.intake, self.control = found[1], found[2]

    def kill(self) -> None:
        """kill -9, now; nothing if it has ended already, even if nobody has told us yet."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def ended(self) -> int:
        """Waits until it has ended; its exit code, negative for a signal."""
        return await self._process.wait()

    async def stop(self) -> int:
        """Ends it as an operator does (SIGTERM), and waits; its exit code."""
        if self._process.returncode is None:
            self._process.terminate()
        return await self.ended()


async def start(config: Path, keys: Mapping[str, str]) -> Run:
    """Starts `seawall run` on a configuration; `keys` is added to its environment."""
    log = config.with_suffix(".log")
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "seawall",
            "run",
            "--config",
            str(config),
            stdout=PIPE,
            stderr=out,
            env=os.environ | keys,
        )
    return Run(process, log)
