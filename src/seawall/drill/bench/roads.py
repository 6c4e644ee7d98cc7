"""One act by each road: over warm HTTP and over the venue's trade socket, by turns, on real sockets.

The box is a process of its own. Both roads use the product's codec and aiohttp, without the service around them: what
is timed is signing, sending, the venue, and having the whole reply. Who goes first changes with each turn.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

import aiohttp

from seawall.drill.bench.box import Box, box, keys_of
from seawall.drill.bench.figures import Spread, spread
from seawall.drill.bench.slots import Slot, slots
from seawall.model.acts import Act, CancelOrder, ClosePosition, Outcome, PlaceStop, SubmitEntry
from seawall.model.ids import ClientId, Side, VenueName
from seawall.model.signal import TriggerBy
from seawall.model.times import MILLISECOND, SECOND, Duration
from seawall.service.clock import UtcClock
from seawall.venues import binance, bybit
from seawall.venues.port import ActFrame, ActReply, Codec, Credentials, Reply, Request, Stamp
from seawall.venues.sockets import Addresses, Transport

NAME = "roads"
ROADS = ("http", "socket")
_CODECS = {VenueName.BINANCE: binance.codec, VenueName.BYBIT: bybit.codec}
_REST = {VenueName.BINANCE: 0.012, VenueName.BYBIT: 0.11}
"""Seconds between two acts: below the venues' quotas (binance.md 1.3: 300 in 10 s; bybit.md 1.3: 10 a second)."""


@dataclass(slots=True)
class _Roads:
    """One venue by both roads."""

    venue: VenueName
    codec: Codec
    transport: Transport
    socket: aiohttp.ClientWebSocketResponse
    now: UtcClock
    sent: int = 0
    taken: dict[tuple[Duration, str, str], list[tuple[float, float]]] = field(default_factory=dict)
    """(latency, act, road) to (microseconds, microseconds of processor time) of each."""

    async def measure(self, act: Act, road: str, latency: Duration) -> None:
        """Sends one act, and notes how long its reply took and what it cost. Raises RuntimeError if it was refused."""
        processor, began = time.process_time_ns(), time.perf_counter_ns()
        reply = await (self._by_http(act) if road == "http" else self._by_socket(act))
        took, cost = time.perf_counter_ns() - began, time.process_time_ns() - processor
        answer = self.codec.act_answer(act, reply, self.now(), self.now())
        if answer.outcome is not Outcome.ACKNOWLEDGED:
            raise RuntimeError(f"{self.venue} {type(act).__name__} by {road}: {answer}")
        key = (latency, type(act).__name__, road)
        self.taken.setdefault(key, []).append((took / 1_000, cost / 1_000))
        await asyncio.sleep(_REST[self.venue])

    async def _by_http(self, act: Act) -> Reply:
        request = self.codec.act_request(act, self._stamp())
        assert isinstance(request, Request)
        return await self.transport.send(request)

    async def _by_socket(self, act: Act) -> Reply:
        assert self.codec.trade is not None
        self.sent += 1
        frame = self.codec.trade.act_frame(str(self.sent), act, self._stamp())
        assert isinstance(frame, ActFrame)
        await self.socket.send_str(frame.text)
        heard = self.codec.trade.hear(await self.socket.receive_str())
        assert isinstance(heard, ActReply)
        return heard.reply

    def _stamp(self) -> Stamp:
        return Stamp(self.now(), 5 * SECOND)


async def report(turns: int, latencies: Sequence[float]) -> list[str]:
    """A table: for each venue, latency and act both roads, in time and in processor time."""
    async with box() as stage, AsyncExitStack() as stack:
        found = []
        for venue in VenueName:
            await stage.open_account(venue, NAME)
            found.append(await stack.enter_async_context(_opened(stage, venue)))
        for latency in (int(ms * MILLISECOND) for ms in latencies):
            await stage.latency(latency)
            for turn in range(turns):
                for roads in found:
                    await _turn(roads, turn, latency)
    return [line for roads in found for line in _lines(roads)]


@asynccontextmanager
async def _opened(stage: Box, venue: VenueName) -> AsyncIterator[_Roads]:
    codec = _CODECS[venue](Credentials(*keys_of(NAME)))
    assert codec.trade is not None
    rest, now = stage.rest[venue], UtcClock()
    addresses = Addresses(rest, f"ws{rest.removeprefix('http')}")
    async with Transport(addresses) as transport:
        socket = await transport.open_stream(codec.trade.target())
        for frame in codec.trade.opening_frames(Stamp(now(), SECOND)):
            await socket.send_str(frame)
            await socket.receive_str()
        yield _Roads(venue, codec, transport, socket, now)
        await socket.close()


async def _turn(roads: _Roads, turn: int, latency: Duration) -> None:
    chosen = slots(roads.venue, 6)
    for road in ROADS if turn % 2 else reversed(ROADS):
        for act in _acts(chosen[turn % len(chosen)], f"{road}-{latency}-{turn}", roads.now()):
            await roads.measure(act, road, latency)


def _acts(slot: Slot, name: str, now: int) -> Iterator[Act]:
    """In and out again; where stops go by the socket too, a stop and its cancel in between."""
    quantity, trigger = Decimal(slot.quantity), Decimal(slot.trigger)
    entry = ClientId(f"e-{name}")
    yield SubmitEntry(slot.symbol, entry, Side.BUY, quantity, trigger, TriggerBy.MARK, now + 10 * SECOND)
    if slot.venue is VenueName.BINANCE:
        stop = ClientId(f"s-{name}")
        yield PlaceStop(slot.symbol, stop, Side.SELL, trigger, TriggerBy.MARK, quantity)
        yield CancelOrder(slot.symbol, ClientId(f"x-{name}"), stop, is_stop=True)
    yield ClosePosition(slot.symbol, ClientId(f"c-{name}"), Side.SELL, quantity)


def _lines(roads: _Roads) -> Iterator[str]:
    yield f"{roads.venue}: one act, microseconds: median (99th percentile), processor time: median"
    for latency, act in dict.fromkeys((latency, act) for latency, act, _ in roads.taken):
        cells = []
        for road in ROADS:
            took = _sure(spread(one for one, _ in roads.taken[latency, act, road]))
            cost = _sure(spread(one for _, one in roads.taken[latency, act, road]))
            cells.append(f"{road} {took.p50:7,.0f} ({took.p99:7,.0f}), {cost.p50:5,.0f}")
        yield f"  {latency // MILLISECOND:>3} ms each way  {act:<14} " + "   ".join(cells)


def _sure(found: Spread | None) -> Spread:
    assert found is not None
    return found
