"""A box as its experimenter reaches it on sockets: by its control API and nothing else (docs/box.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

import aiohttp
import msgspec

from seawall.model.times import Instant
from venuesim.facts import StopStatus
from venuesim.faults import Fired
from venuesim.judge import Verdict
from venuesim.moments import Met, Watch
from venuesim.traffic import LogEntry

Told = TypeVar("Told")


class BoxError(Exception):
    """The box does not do what it was asked; the text is its own."""


class _Fired(msgspec.Struct, frozen=True):
    fired: list[Fired]


class _Numbers(msgspec.Struct, frozen=True):
    numbers: list[int]


class _Clock(msgspec.Struct, frozen=True):
    now: Instant
    start: Instant


class Prices(msgspec.Struct, frozen=True):
    """What a symbol stands at, and the grid of its prices."""

    symbol: str
    mark: Decimal
    last: Decimal
    tick: Decimal


class Held(msgspec.Struct, frozen=True):
    """A position as it is; the sign of `quantity` is its side."""

    account: str
    symbol: str
    quantity: Decimal


class Standing(msgspec.Struct, frozen=True):
    """A stop in the book, live or on its way out."""

    account: str
    symbol: str
    status: StopStatus


class _Book(msgspec.Struct, frozen=True):
    positions: list[Held]
    stops: list[Standing]


class Remote:
    """The hands of the experimenter, over HTTP. Raises BoxError, or aiohttp.ClientError if the box is gone."""

    def __init__(self, control: str, web: aiohttp.ClientSession) -> None:
        self._control = control
        self._web = web

    async def open_account(self, name: str, key: str, secret: str, balance: Decimal, *, hedge: bool = False) -> None:
        """Opens an account with a settled balance in USDT."""
        wish = {"name": name, "key": key, "secret": secret, "balance": str(balance), "hedge": hedge}
        await self._ask("POST", "/accounts", wish, dict)

    async def add(self, faults: Sequence[Mapping[str, Any]]) -> list[int]:
        """Puts faults in force; their numbers."""
        return (await self._ask("POST", "/faults", faults, _Numbers)).numbers

    async def lift(self) -> None:
        """Lifts all faults, and whatever of them would last."""
        await self._ask("POST", "/calm", None, dict)

    async def fired(self) -> list[Fired]:
        """Every fault that has struck."""
        return (await self._ask("GET", "/faults", None, _Fired)).fired

    async def clock(self) -> tuple[Instant, Instant]:
        """The box's time, and the time of its start."""
        told = await self._ask("GET", "/clock", None, _Clock)
        return told.now, told.start

    async def judge(self) -> Verdict:
        """The verdict as of now."""
        return await self._ask("GET", "/judge", None, Verdict)

    async def log(self, since: int = 0) -> list[LogEntry]:
        """Every request from number `since` on, and what became of it."""
        return await self._ask("GET", f"/requests?since={since}", None, list[LogEntry])

    async def prices(self, symbol: str) -> Prices:
        """Mark and last of a symbol."""
        return await self._ask("POST", "/market", {"symbol": symbol}, Prices)

    async def walk(self, bps: int, every_ms: int) -> None:
        """Lets all prices walk."""
        await self._ask("POST", "/market", {"walk_bps": bps, "every_ms": every_ms}, dict)

    async def position(self, account: str, symbol: str) -> Decimal:
        """What an account holds of a symbol, zero for nothing."""
        held = (await self._ask("GET", "/book", None, _Book)).positions
        return next((one.quantity for one in held if (one.account, one.symbol) == (account, symbol)), Decimal(0))

    async def has_live_stop(self, account: str, symbol: str) -> bool:
        """Whether a stop stands on a slot and has not fired."""
        stops = (await self._ask("GET", "/book", None, _Book)).stops
        return any((one.account, one.symbol, one.status) == (account, symbol, StopStatus.LIVE) for one in stops)

    async def hand(self, do: str, **wish: object) -> None:
        """Does something at the venue by another hand."""
        await self._ask("POST", "/hand", {"do": do, **wish}, object)

    async def watch(self, watch: Watch) -> int:
        """Asks to be told of a moment; its number."""
        told = await self._ask("POST", "/watch", watch, dict[str, int])
        return told["number"]

    async def moments(self, after: int) -> list[Met]:
        """What was met from number `after` on, as soon as there is something, or nothing after a while."""
        return await self._ask("GET", f"/moments?after={after}", None, list[Met])

    async def thaw(self) -> None:
        """Lets a frozen box run on."""
        await self._ask("POST", "/thaw", None, dict)

    async def _ask(self, method: str, path: str, body: object, kind: type[Told]) -> Told:
        data = None if body is None else msgspec.json.encode(body)
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._web.request(method, self._control + path, data=data, timeout=timeout) as response:
            told = await response.read()
        if response.status != 200:  # noqa: PLR2004 - HTTP's own
            raise BoxError(f"{method} {path}: {response.status} {told.decode(errors='replace')}")
        return msgspec.json.decode(told, type=kind)
