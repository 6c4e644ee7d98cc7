"""What virtual time cannot have: sockets. Each ends as the promise says, with one entry (docs/proof.md)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from seawall.drill.checks import breaches
from seawall.drill.wire.stage import Stage, opening, staged
from seawall.model import events as ev
from seawall.model.acts import Outcome
from seawall.model.ids import SignalId, VenueName
from seawall.sagas.phase import Phase
from seawall.service.settings import OrderEntry
from seawall.venues.sockets import Transport
from tests.wire.proxy import Proxy, dripping, proxied, reset_in_mid_body
from venuesim.server import Addresses
from venuesim.traffic import LogEntry

HASTY = '[bounds]\nreply_timeout = "1 s"\n'
"""A reply on loopback that is not there after a second is as lost as one that is not there after five."""
CREATES = {VenueName.BINANCE: b"POST /fapi/v1/order", VenueName.BYBIT: b"POST /v5/order/create"}
both = pytest.mark.parametrize("venue", list(VenueName))


@dataclass
class Between:
    """A stage with a proxy before its box."""

    stage: Stage
    proxy: Proxy

    async def open(self, signal_id: str = "s1", symbol: str = "ETHUSDT") -> None:
        """Hands a signal in."""
        told = await self.stage.post(opening(signal_id, "main", symbol, size={"quote": "500"}))
        assert told.status == 202, told.body

    async def ends_protected(self, signal_id: str = "s1") -> None:
        """The signal ends PROTECTED, and the venue's book agrees: one entry, covered, nothing else."""
        await self.stage.reaches(signal_id, Phase.PROTECTED, Phase.FLAT, within=60)
        state = self.stage.witness.states[SignalId(signal_id)]
        assert (state.phase, state.end.value) == (Phase.PROTECTED, "")
        assert list(breaches(self.stage.judged("main", state.signal.symbol), state, spares=True)) == []

    def when(self, call: str, do: Callable[[], None]) -> None:
        """Does something in the moment in which the box first hears a call."""
        done = False

        def hear(entry: LogEntry) -> None:
            nonlocal done
            self.stage.bell.ring()
            if entry.call == call and not done:
                done = True
                do()

        self.stage.box.heard = hear


@asynccontextmanager
async def between(home: Path, venue: VenueName, host: str = "127.0.0.1", **more: Any) -> AsyncIterator[Between]:
    """A service that reaches its box through a proxy."""
    found: list[Proxy] = []

    def via(addresses: Addresses) -> AbstractAsyncContextManager[str]:
        found.append(Proxy(addresses))
        return proxied(found[0], host)

    async with staged(home, venue, more=HASTY, via=via, **more) as stage:
        yield Between(stage, found[0])


# ---- half-open


@both
@pytest.mark.parametrize("road", list(OrderEntry))
def test_a_peer_that_vanishes_as_the_order_arrives(tmp_path: Path, venue: VenueName, road: OrderEntry) -> None:
    """Every connection is half-open from the moment in which the order fills; new ones find the order, and protect."""

    async def story() -> None:
        async with between(tmp_path, venue, order_entry=road) as there:
            there.when("order.create", there.proxy.vanish)
            await there.open()
            await there.ends_protected()

    asyncio.run(story())


@pytest.mark.long
@both
def test_a_half_open_stream_is_noticed_and_comes_back(tmp_path: Path, venue: VenueName) -> None:
    """With a position open the peer vanishes: the stream is cut for its silence, a new one is proven by its news."""

    async def story() -> None:
        async with between(tmp_path, venue) as there:
            await there.open()
            await there.ends_protected()
            there.proxy.vanish()
            account = there.stage.app.loops[next(iter(there.stage.app.loops))]
            await there.stage.bell.until(
                lambda: account.stream is not None and "silent" in account.stream.detail, 60, what="a stream cut"
            )
            await there.open("s2", "SOLUSDT")
            await there.ends_protected("s2")
            await there.ends_protected()

    asyncio.run(story())


# ---- broken and slow replies


@both
def test_a_reply_reset_in_mid_body(tmp_path: Path, venue: VenueName) -> None:
    """The head says 200, the body breaks off: the order has filled, is found by its name, and is not sent again."""

    async def story() -> None:
        async with between(tmp_path, venue, order_entry=OrderEntry.REST) as there:
            there.proxy.spoils[CREATES[venue]] = reset_in_mid_body
            await there.open()
            await there.ends_protected()
            assert Outcome.UNKNOWN in outcomes(there.stage)

    asyncio.run(story())


@both
def test_a_reply_that_drips(tmp_path: Path, venue: VenueName) -> None:
    """A byte at a time, far beyond the deadline: the order is asked about meanwhile, and its late reply does no harm."""

    async def story() -> None:
        async with between(tmp_path, venue, order_entry=OrderEntry.REST) as there:
            heard = asyncio.Event()

            async def something() -> None:
                await heard.wait()
                heard.clear()

            there.stage.box.heard = lambda _: heard.set()
            there.proxy.spoils[CREATES[venue]] = dripping(something)
            await there.open()
            await there.ends_protected()

    asyncio.run(story())


def outcomes(stage: Stage) -> list[Outcome]:
    """What became of the acts, in order."""
    stage.witness.look()
    rows = [row.event for recorded in stage.witness.recorded.values() for row in recorded]
    return [one.outcome for one in rows if isinstance(one, ev.ActConcluded)]


# ---- names


class Names:
    """The machine's resolver, which can be made to know nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fail = False
        self.failed = 0
        known = asyncio.BaseEventLoop.getaddrinfo

        async def resolve(loop: asyncio.BaseEventLoop, host: Any, *args: Any, **kwargs: Any) -> Any:
            if self.fail and host == "localhost":
                self.failed += 1
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            return await known(loop, host, *args, **kwargs)

        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
        monkeypatch.setattr("aiohttp.connector._DNSCacheTable.expired", lambda table, key: True)


@both
def test_the_venues_name_is_not_found_any_more(
    tmp_path: Path, venue: VenueName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All connections break, the name is unknown: what stands stays covered, the new signal opens once or not at all."""
    names = Names(monkeypatch)

    async def story() -> None:
        async with between(tmp_path, venue, host="localhost") as there:
            await there.open("before", "SOLUSDT")
            await there.ends_protected("before")
            names.fail = True
            there.proxy.reset_all()
            await there.open()
            await there.stage.bell.until(lambda: names.failed > 8, 30, what="a name looked up in vain")
            assert [one.symbol for one in there.stage.calls("order.create")] == ["SOLUSDT"]
            names.fail = False
            await ends_once(there)
            await there.ends_protected("before")

    asyncio.run(story())


# ---- the pool


@pytest.mark.long
@both
def test_no_connection_is_free(tmp_path: Path, venue: VenueName, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mute reads hold every connection: what finds none was not sent, and goes once there is one."""
    few = {"connect_within": 300_000, "held_at_most": 3_000_000, "most_connections": 3}
    monkeypatch.setattr(Transport.__init__, "__kwdefaults__", few)

    async def story() -> None:
        async with between(tmp_path, venue, order_entry=OrderEntry.REST) as there:
            await there.open("before", "SOLUSDT")
            await there.ends_protected("before")
            there.stage.fault(fault="request_lost", call="*", mode="hang", times=6)
            await there.stage.bell.until(
                lambda: "ConnectionTimeoutError" in failing(there.stage), 40, what="no connection"
            )
            await there.open()
            await ends_once(there)
            await there.ends_protected("before")

    asyncio.run(story())


def failing(stage: Stage) -> str:
    """What the account's reads fail of."""
    return " ".join(detail for loop in stage.app.loops.values() for detail in loop.failing.values())


async def ends_once(there: Between) -> None:
    """The signal ends PROTECTED by one entry, or FLAT by none; both are proven, and nothing is left behind."""
    await there.stage.reaches("s1", Phase.PROTECTED, Phase.FLAT, within=60)
    state = there.stage.witness.states[SignalId("s1")]
    verdict = there.stage.judged("main", state.signal.symbol)
    assert list(breaches(verdict, state, spares=True)) == []
    assert len(verdict.episodes) == (state.phase is Phase.PROTECTED)
