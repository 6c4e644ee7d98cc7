"""A service in another thread, for commands that are called as a user calls them."""

from __future__ import annotations

import asyncio
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from seawall.cli import invoke
from seawall.service.app import App
from seawall.service.config import load
from tests.service.house import configuration, exchange
from venuesim.exchange import Exchange
from venuesim.server import Addresses, Clock, serve

WITHIN = 20


@dataclass
class Ran:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


def command(folder: Path, *arguments: str, environ: dict[str, str] | None = None) -> Ran:
    """Runs `seawall` in a folder, without a terminal, in this very process."""
    out, err = io.StringIO(), io.StringIO()
    before = dict(os.environ)
    os.environ.update({"COLUMNS": "100"} | (environ or {}))
    os.environ.pop("SEAWALL_CONFIG", None)
    try:
        with chdir(folder), redirect_stdout(out), redirect_stderr(err):
            code = _code_of(arguments)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return Ran(code, out.getvalue(), err.getvalue())


def _code_of(arguments: tuple[str, ...]) -> int:
    try:
        return invoke(list(arguments))
    except SystemExit as ended:
        return int(ended.code or 0)


def process(folder: Path, *arguments: str, environ: dict[str, str] | None = None) -> Ran:
    """Runs `seawall` as a process of its own."""
    env = {**os.environ, "COLUMNS": "100"} | (environ or {})
    env.pop("SEAWALL_CONFIG", None)
    done = subprocess.run(
        [sys.executable, "-m", "seawall", *arguments],
        cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


class Running:
    """`seawall run` as a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.control = re.findall(r"control (\S+);", self._line())[0]
        self.ready = self._line()
        assert self.ready.startswith("seawall is ready")

    def kill(self) -> None:
        """The process dies now."""
        self._process.kill()

    def until(self, holds: Callable[[], bool]) -> None:
        """Looks again with each event that becomes durable, until it holds; fails the test once they cease to come."""
        with urlopen(f"{self.control}/events", timeout=WITHIN) as stream:
            lines = takewhile(lambda line: not line.startswith(b":"), stream)
            assert holds() or any(holds() for line in lines if line.startswith(b"data:"))

    def _line(self) -> str:
        """What the process says next; it is killed if it says nothing for too long."""
        impatience = threading.Timer(WITHIN, self._process.kill)
        impatience.start()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        impatience.cancel()
        return line


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """`seawall run`, once every account takes signals; killed at the end if it still lives."""
    process = subprocess.Popen(
        [sys.executable, "-m", "seawall", "run"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield Running(process)
    finally:
        process.kill()
        process.communicate()


@dataclass
class Rig:
    """A box, and a service if one was asked for, in a loop of their own."""

    folder: Path
    box: Exchange
    clock: Clock
    addresses: Addresses
    loop: asyncio.AbstractEventLoop

    def do(self, deed: Callable[[], Any]) -> Any:
        """What another hand does at the box meanwhile, in the box's own thread; what came of it."""

        async def done() -> Any:
            return deed()

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(WITHIN)


class _InThread:
    """A coroutine's life in a thread with a loop of its own."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.end: asyncio.Event | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.found: Any = None
        self.error: BaseException | None = None

    def stop(self, thread: threading.Thread) -> None:
        """Asks it to end, and waits."""
        if self.loop is not None and self.end is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.end.set)
        thread.join(WITHIN)


@contextmanager
def rig(
    folder: Path,
    venue: str = "binance",
    *,
    service: bool = True,
    plant: Callable[[Exchange], None] = lambda box: None,
    **account: Any,
) -> Iterator[Rig]:
    """A box on a socket, a configuration that names it in `folder`, and the service in front of it.

    `plant` is what others have done on the account in the minute before.
    """
    life = _InThread()

    async def live() -> None:
        life.loop, life.end = asyncio.get_running_loop(), asyncio.Event()
        clock = Clock()
        box = exchange(venue, clock, **account)
        plant(box)
        async with serve(box, clock=clock) as addresses:
            (folder / "seawall.toml").write_text(configuration(venue, addresses.rest, service='log = "error"'))
            life.found = Rig(folder, box, clock, addresses, life.loop)
            if not service:
                life.started.set()
                await life.end.wait()
                return
            async with App(load(folder / "seawall.toml", {})) as app:
                await app.all_ready.wait()
                life.started.set()
                await life.end.wait()

    def body() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:  # noqa: BLE001 - told to the test below
            life.error = error
            life.started.set()

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    try:
        assert life.started.wait(WITHIN)
        if life.error is not None:
            raise life.error
        yield life.found
    finally:
        life.stop(thread)
