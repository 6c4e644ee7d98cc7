"""A whole house for a test: one venue of the box on a real socket, and the service in front of it, in one process."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from seawall.model.times import MINUTE
from seawall.service.app import App
from seawall.service.clock import UtcClock
from seawall.service.config import parse
from seawall.service.logs import make_log
from seawall.service.settings import LogFormat, LogLevel
from venuesim.exchange import Exchange
from venuesim.server import Clock, serve

VENUES = ("binance", "bybit")
both_venues = pytest.mark.parametrize("venue", VENUES)
PATIENCE = 15.0
"""Seconds until something that must come has failed to come."""


@dataclass(frozen=True)
class Answer:
    """An answer of one of the doors."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """The code of a refusal."""
        return str(self.body["error"]["code"])

    @property
    def error(self) -> dict[str, Any]:
        """All that a refusal says."""
        found: dict[str, Any] = self.body["error"]
        return found


@dataclass
class House:
    """A running service and its box."""

    app: App
    exchange: Exchange
    clock: Clock
    web: aiohttp.ClientSession
    log: io.StringIO = field(default_factory=io.StringIO)

    async def get(self, path: str, **more: Any) -> Answer:
        """What the control door answers."""
        return await self._asked("GET", self.app.control_url + path, **more)

    async def post(self, body: object, path: str = "/signal", **more: Any) -> Answer:
        """What the intake answers to a body; bytes go as they are."""
        data = body if isinstance(body, bytes | io.BytesIO) else json.dumps(body).encode()
        return await self._asked("POST", self.app.intake_url + path, data=data, **more)

    async def control(self, path: str, body: object, **more: Any) -> Answer:
        """What the control door answers to a body."""
        return await self._asked("POST", self.app.control_url + path, data=json.dumps(body).encode(), **more)

    async def _asked(self, method: str, url: str, **more: Any) -> Answer:
        async with self.web.request(method, url, **more) as response:
            text = await response.text()
            body = json.loads(text) if response.content_type == "application/json" else text
            return Answer(response.status, body, dict(response.headers))

    async def ready(self) -> None:
        """Waits until every account takes signals."""
        await until(self._is_ready)

    async def _is_ready(self) -> bool:
        return (await self.get("/readyz")).status == 200

    async def state(self, signal_id: str) -> str:
        """Where a signal stands; empty for one that is not known."""
        told = await self.get(f"/signals/{signal_id}")
        return str(told.body["receipt"]["state"]) if told.status == 200 else ""

    async def reaches(self, signal_id: str, *states: str) -> str:
        """Waits until a signal stands in one of the states; which one."""

        async def stands() -> bool:
            return await self.state(signal_id) in states

        await until(stands)
        return await self.state(signal_id)

    async def at_rest(self) -> None:
        """Waits until nothing is on its way to the disk."""

        async def rests() -> bool:
            return not any(loop.waiting for loop in self.app.loops.values())

        await until(rests)

    async def kinds(self, signal_id: str) -> list[str]:
        """The kinds of a signal's events, in order."""
        told = await self.get(f"/signals/{signal_id}")
        return [moment["kind"] for moment in told.body["timeline"]]

    def judged(self) -> Any:
        """The judge's verdict, now."""
        return self.exchange.judge(self.clock.now())


async def until(holds: Callable[[], Any], patience: float = PATIENCE) -> None:
    """Waits until an asynchronous condition holds; fails the test if it never does."""
    async with asyncio.timeout(patience):
        while not await holds():  # noqa: ASYNC110 - the condition is looked at over a socket
            await asyncio.sleep(0.02)


def opening(signal_id: str = "s1", **changed: Any) -> dict[str, Any]:
    """A good signal to open, with some fields changed; a field changed to None is left out."""
    body = {
        "id": signal_id,
        "account": "main",
        "symbol": "BTCUSDT",
        "action": "open",
        "side": "buy",
        "size": {"quote": "1000"},
        "stop": {"pct": "2"},
    }
    return {name: value for name, value in (body | changed).items() if value is not None}


def configuration(venue: str, rest: str, more: str = "", service: str = "") -> str:
    """A configuration with one account, doors on free ports."""
    return (
        f'[service]\nintake = "127.0.0.1:0"\ncontrol = "127.0.0.1:0"\n{service}\n'
        f'[accounts.main]\nvenue = "{venue}"\nrest = "{rest}"\n{more}\n'
    )


def exchange(venue: str, clock: Clock, **account: Any) -> Exchange:
    """A box that began a minute ago, with one account under the default key."""
    began = clock.now() - MINUTE
    box = Exchange(venue, seed=7, start=began)
    wish: dict[str, Any] = {"key": "sim-key", "secret": "sim-secret", "balance": Decimal(100_000)} | account
    box.open_account("main", now=began, **wish)
    return box


@asynccontextmanager
async def house(
    home: Path,
    venue: str = "binance",
    *,
    box: Exchange | None = None,
    clock: Clock | None = None,
    our_clock_error: int = 0,
    more: str = "",
    service: str = "",
    account: dict[str, Any] | None = None,
    wait: bool = True,
) -> AsyncIterator[House]:
    """The service in front of a box. `wait`: until every account is ready."""
    clock = clock or Clock()
    box = box or exchange(venue, clock, **(account or {}))
    async with serve(box, clock=clock) as addresses:
        text = configuration(venue, addresses.rest, more, service)
        async with running(home, text, box, clock, our_clock_error) as found:
            if wait:
                await found.ready()
            yield found


@asynccontextmanager
async def running(
    home: Path,
    text: str,
    box: Exchange,
    clock: Clock,
    our_clock_error: int = 0,
    environ: dict[str, str] | None = None,
) -> AsyncIterator[House]:
    """The service with a configuration's text, whatever it points at."""
    settings = parse(text, home, environ or {})
    out = io.StringIO()
    log = make_log(LogLevel.DEBUG, LogFormat.JSON, ["sim-secret"], out)
    async with App(settings, UtcClock(our_clock_error), log) as app, aiohttp.ClientSession() as web:
        yield House(app, box, clock, web, out)
