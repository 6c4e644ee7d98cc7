"""The box in a process of its own, so that none of its work is counted as ours, reached by its control API alone.

async with box() as bench_box:      # python -m venuesim serve
    bench_box.rest["binance"]       # where the venue listens
    await bench_box.latency(25_000) # microseconds each way, from now on
    await bench_box.seen("binance") # what the venue saw since the last time, and its judge's word
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import msgspec

from seawall.model.ids import Account, Symbol, VenueName
from seawall.model.times import Duration, Instant
from venuesim.facts import Side
from venuesim.judge import Episode, Verdict

QUIET = ("lag=none", "binance.result_reply=filled")
"""No lag in the venue's own views, and Binance's reply waits for the match: what is left is the wire and ourselves."""
CLOCK_SAMPLES = 60
BALANCE = "100000000"
WITHIN = 20.0
"""Seconds within which the box must have begun, or ended."""
_HTTP_OK = 200


class Seen(msgspec.Struct, frozen=True):
    """One line of the venue's request log, as far as the bench reads it; times in microseconds of the venue's clock."""

    at: Instant
    call: str
    account: str | None = None
    symbol: str | None = None
    answered_at: Instant | None = None
    target: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one venue saw: its request log since the last look, and every position since the beginning."""

    requests: Sequence[Seen]
    episodes: Sequence[Episode]


@dataclass
class Box:
    """A box that runs, and how far its logs have been read."""

    web: aiohttp.ClientSession
    control: str
    rest: Mapping[VenueName, str]
    _read: dict[VenueName, int] = field(default_factory=dict)

    async def open_account(self, venue: VenueName, name: str) -> None:
        """Opens an account under the keys `keys_of` names."""
        key, secret = keys_of(name)
        await self._post(venue, "accounts", {"name": name, "key": key, "secret": secret, "balance": BALANCE})

    async def latency(self, each_way: Duration) -> None:
        """Sets the time on the wire, microseconds each way."""
        for venue in self.rest:
            await self._post(venue, "switches", {"latency_us": str(each_way)})

    async def sell_by_hand(self, venue: VenueName, account: Account, symbol: Symbol, quantity: str) -> None:
        """Another hand on the account: how the plain script's positions are put away between rounds."""
        wish = {"do": "trade", "account": account, "symbol": symbol, "side": Side.SELL.value, "quantity": quantity}
        await self._post(venue, "hand", wish)

    async def seen(self, venue: VenueName) -> Sight:
        """What the venue has seen since the last time; asked only while nothing is being measured."""
        since = self._read.get(venue, 0)
        requests = msgspec.json.decode(await self._get(venue, f"requests?since={since}"), type=list[Seen])
        self._read[venue] = since + len(requests)
        verdict = msgspec.json.decode(await self._get(venue, "judge"), type=Verdict)
        return Sight(requests, verdict.episodes)

    async def ahead_of(self, now: Callable[[], Instant]) -> Duration:
        """How far the venue's clock is ahead of ours: by the quickest of many questions, so right to half of that."""
        venue = next(iter(self.rest))
        samples = [await self._ahead(venue, now) for _ in range(CLOCK_SAMPLES)]
        return min(samples)[1]

    async def _ahead(self, venue: VenueName, now: Callable[[], Instant]) -> tuple[Duration, Duration]:
        """(how long the question took, how far ahead the answer's time was of the middle of it)."""
        began = now()
        verdict = msgspec.json.decode(await self._get(venue, "judge"), type=Verdict)
        took = now() - began
        return took, verdict.at - (began + took // 2)

    async def _get(self, venue: VenueName, path: str) -> bytes:
        async with self.web.get(f"{self.control}/{venue.value}/{path}") as reply:
            return await self._good(reply)

    async def _post(self, venue: VenueName, path: str, body: Mapping[str, object]) -> None:
        async with self.web.post(f"{self.control}/{venue.value}/{path}", data=json.dumps(body)) as reply:
            await self._good(reply)

    @staticmethod
    async def _good(reply: aiohttp.ClientResponse) -> bytes:
        body = await reply.read()
        if reply.status != _HTTP_OK:
            raise RuntimeError(f"the box: {reply.url.path}: {reply.status} {body.decode(errors='replace')}")
        return body


def keys_of(account: str) -> tuple[str, str]:
    """Key and secret of an account of the box; worth nothing anywhere else."""
    return f"key-of-{account}", f"secret-of-{account}"


@asynccontextmanager
async def box(switches: Sequence[str] = QUIET) -> AsyncIterator[Box]:
    """Both venues, served by a process that ends with the block."""
    chosen = [word for switch in switches for word in ("--switch", switch)]
    command = (sys.executable, "-m", "venuesim", "serve", "--venue", "both", "--punctual", *chosen)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(WITHIN):
            told = json.loads(await process.stdout.readline() or "{}")
        if "control" not in told:
            raise RuntimeError("the box did not begin; what it had to say stands above")
        async with aiohttp.ClientSession() as web:
            yield Box(web, told["control"], {venue: told[venue.value]["rest"] for venue in VenueName})
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(WITHIN):
            await process.wait()
