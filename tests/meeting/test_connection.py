"""The connection of the house at the served box, over real sockets on loopback, in both dialects.

Codec, machines and sockets on one side, server, dialect and book on the other: an opening and its end, and the faults
that only a wire can show. The desk's part is played by hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

import pytest

from seawall.model.acts import Act, CancelOrder, ClosePosition, Outcome, PlaceStop, SubmitEntry, Urgency, urgency_of
from seawall.model.ids import ClientId, Leg, Side, SignalId, Symbol, VenueName, client_id
from seawall.model.inputs import (
    ActAnswered,
    ClockReport,
    Input,
    ReadAnswered,
    ReadFailed,
    StreamChanged,
    StreamReported,
    Told,
)
from seawall.model.queries import AskOrder, AskPositions, AskStops, Query
from seawall.model.reports import OrderStatus, StopStatus
from seawall.model.signal import TriggerBy
from seawall.model.times import MILLISECOND, SECOND, Bounds
from seawall.venues import binance, bybit
from seawall.venues.port import Codec, Credentials
from seawall.venues.sockets import Addresses, Connection
from seawall.venues.venue import Venue
from venuesim.exchange import Exchange
from venuesim.faults import Fault
from venuesim.server import Clock, serve

KEYS = Credentials("meeting-key", "meeting-secret")
CODECS: Mapping[VenueName, Callable[[Credentials], Codec]] = {
    VenueName.BINANCE: binance.codec,
    VenueName.BYBIT: bybit.codec,
}
BOTH = pytest.mark.parametrize("venue", list(VenueName))
T = TypeVar("T")


@dataclass(frozen=True)
class Opening:
    """One of the two founding signals: what is traded, and the acts for it."""

    symbol: Symbol
    side: Side
    quantity: Decimal
    price: Decimal
    trigger: Decimal

    def name(self, leg: Leg) -> ClientId:
        """The name of a leg."""
        return client_id("meet", SignalId(self.symbol), leg, 1_795_000_000, 1)

    def entry(self, not_after: int) -> SubmitEntry:
        """The entry."""
        return SubmitEntry(
            self.symbol, self.name(Leg.ENTRY), self.side, self.quantity, self.trigger, TriggerBy.MARK, not_after
        )

    def stop(self) -> PlaceStop:
        """The stop for the whole position."""
        return PlaceStop(self.symbol, self.name(Leg.STOP), self.side.opposite, self.trigger, TriggerBy.MARK)

    def close(self) -> ClosePosition:
        """The way home."""
        return ClosePosition(self.symbol, self.name(Leg.CLOSE), self.side.opposite, self.quantity)


OPENINGS = {
    VenueName.BINANCE: Opening(Symbol("VELVETUSDT"), Side.SELL, Decimal(27), Decimal("0.2000"), Decimal("0.2100")),
    VenueName.BYBIT: Opening(
        Symbol("1000000BABYDOGEUSDT"), Side.BUY, Decimal(10_000), Decimal("0.0014000"), Decimal("0.0013300")
    ),
}


@dataclass
class Meeting:
    """A connection at a served box, and what it has told that nobody has asked for yet."""

    box: Exchange
    connection: Connection
    clock: Clock
    opening: Opening
    told: asyncio.Queue[Input] = field(default_factory=asyncio.Queue)
    unread: list[Input] = field(default_factory=list)

    async def until(self, pick: Callable[[Input], T | None]) -> T:
        """The first input from which `pick` takes something; the others are kept for whoever asks for theirs."""
        while True:
            for n, told in enumerate(self.unread):
                if (picked := pick(told)) is not None:
                    del self.unread[n]
                    return picked
            self.unread.append(await self.told.get())

    async def act(self, act: Act) -> ActAnswered:
        """What became of an act."""
        self.connection.submit(act, urgency_of(act))
        return await self.answer(act)

    async def answer(self, act: Act) -> ActAnswered:
        """The next answer to an act."""
        return await self.until(
            lambda told: told if isinstance(told, ActAnswered) and told.client_id == act.client_id else None
        )

    async def ask(self, query: Query) -> ReadAnswered | ReadFailed:
        """What became of a query."""
        self.connection.submit(query, Urgency.ASK)
        return await self.until(
            lambda told: told if isinstance(told, ReadAnswered | ReadFailed) and told.query == query else None
        )

    async def change(self, detail: str) -> StreamChanged:
        """The next change of the stream's trust whose detail has this in it."""
        return await self.until(
            lambda told: told if isinstance(told, StreamChanged) and detail in told.detail else None
        )

    async def read(self, query: Query) -> Told:
        """What a complete answer told."""
        answer = await self.ask(query)
        assert isinstance(answer, ReadAnswered), answer
        return answer.told

    def entry(self) -> SubmitEntry:
        """The entry, good for twenty seconds."""
        return self.opening.entry(self.clock.now() + 20 * SECOND)

    async def enter(self) -> ActAnswered:
        """Opens the position, once the stream is there to tell of it."""
        await self.change("open, and unproven")
        return await self.act(self.entry())

    async def filled(self) -> Decimal:
        """What an order read shows as filled of the entry."""
        told = await self.read(AskOrder(self.opening.symbol, self.opening.name(Leg.ENTRY)))
        return max((order.filled for order in told.orders), default=Decimal(0))

    async def position(self) -> Decimal:
        """What a position read shows."""
        told = await self.read(AskPositions(self.opening.symbol))
        return sum((position.amount for position in told.positions), Decimal(0))

    async def flat(self) -> None:
        """Waits until the stream tells that the position is flat."""
        await self.until(
            lambda told: (
                any(position.amount == 0 for position in told.told.positions) or None
                if isinstance(told, StreamReported)
                else None
            )
        )

    async def live_stops(self) -> list[Decimal | None]:
        """The triggers of the live stops of the symbol."""
        told = await self.read(AskStops(self.opening.symbol))
        return [stop.trigger for stop in told.stops if stop.status is StopStatus.LIVE]


@asynccontextmanager
async def meeting(venue: VenueName, *faults: Fault, bounds: Bounds | None = None) -> AsyncIterator[Meeting]:
    """A served box with one account, and a running connection of ours at it."""
    clock = Clock()
    opening = OPENINGS[venue]
    box = Exchange(venue.value, seed=3, start=clock.now(), switches={"lag": "none"}, symbols=[opening.symbol])
    box.open_account("main", key=KEYS.key, secret=KEYS.secret, balance=Decimal(10_000))
    box.set_price(opening.symbol, clock.now(), mark=opening.price, last=opening.price)
    for fault in faults:
        box.faults.add(fault)
    async with serve(box, clock=clock) as served:
        told: asyncio.Queue[Input] = asyncio.Queue()
        machine = Venue(CODECS[venue](KEYS), bounds or Bounds())
        connection = Connection(machine, Addresses(served.rest, served.stream), clock.now, told.put_nowait)
        running = asyncio.create_task(connection.run())
        try:
            yield Meeting(box, connection, clock, opening, told)
        finally:
            connection.aclose()
            await running


def run(work: Coroutine[None, None, T]) -> T:
    """Runs one meeting to its end, and lets nothing hang."""

    async def bounded() -> T:
        async with asyncio.timeout(30):
            return await work

    return asyncio.run(bounded())


@BOTH
def test_a_position_is_opened_protected_and_closed(venue: VenueName) -> None:
    """Clock, stream, entry, fill by stream and read, stop live and read back, close, flat: over the wire, both venues."""

    async def work() -> None:
        async with meeting(venue) as meet:
            clock = await meet.until(lambda told: told if isinstance(told, ClockReport) else None)
            assert abs(clock.offset) <= clock.error
            assert (await meet.enter()).outcome is Outcome.ACKNOWLEDGED
            assert (await meet.change("an account event came")).proven
            await meet.until(_filled_on_the_stream)
            opening = meet.opening
            assert await meet.filled() == opening.quantity
            assert await meet.position() == opening.side.sign * opening.quantity
            if venue is VenueName.BINANCE:
                assert (await meet.act(opening.stop())).outcome is Outcome.ACKNOWLEDGED
            assert await meet.live_stops() == [opening.trigger]
            meet.unread.clear()
            assert (await meet.act(opening.close())).outcome is Outcome.ACKNOWLEDGED
            await meet.flat()
            assert await meet.position() == 0

    run(work())


def _filled_on_the_stream(told: Input) -> bool | None:
    """Whether the stream told that an order is filled."""
    orders = told.told.orders if isinstance(told, StreamReported) else ()
    return any(order.status is OrderStatus.FILLED for order in orders) or None


@BOTH
@pytest.mark.parametrize(
    "fault",
    [
        Fault(fault="reply_lost", call="order.create"),
        Fault(fault="half_body", call="order.create", cut=9),
        Fault(fault="status", call="order.create", status=503, text="<html>502</html>", effect=True),
    ],
    ids=["reset", "half a body", "html"],
)
def test_a_lost_create_reply_is_unknown_and_the_order_is_found_by_its_name(venue: VenueName, fault: Fault) -> None:
    """The venue filled the order and its reply was lost: Unknown, sent once, and the read by our name shows the fill."""

    async def work() -> None:
        async with meeting(venue, fault) as meet:
            assert (await meet.enter()).outcome is Outcome.UNKNOWN
            await meet.until(_filled_on_the_stream)
            assert await meet.filled() == meet.opening.quantity
            assert len([entry for entry in meet.box.log if entry.call == "order.create"]) == 1

    run(work())


@BOTH
def test_a_reply_that_never_comes_is_unknown_at_the_deadline(venue: VenueName) -> None:
    """The venue acted and stays silent: at the reply time the act is Unknown, and the socket is still held for it."""

    async def work() -> None:
        hang = Fault(fault="reply_lost", call="order.create", mode="hang")
        async with meeting(venue, hang, bounds=Bounds(reply_timeout=300 * MILLISECOND)) as meet:
            answer = await meet.enter()
            assert (answer.outcome, answer.text) == (Outcome.UNKNOWN, "no reply within 300 ms")
            assert await meet.filled() == meet.opening.quantity

    run(work())


@BOTH
def test_a_cut_stream_comes_back_and_tells_what_follows(venue: VenueName) -> None:
    """After a cut without a close frame the stream is opened anew, with what its venue asks for, and proves itself."""

    async def work() -> None:
        async with meeting(venue) as meet:
            await meet.enter()
            await meet.change("an account event came")
            assert meet.box.cut_streams(meet.clock.now()) == 1
            assert not (await meet.change("1006")).proven
            await meet.change("open, and unproven")
            meet.unread.clear()
            await meet.act(meet.opening.close())
            assert (await meet.change("an account event came")).proven
            await meet.flat()

    run(work())


@BOTH
def test_a_stop_of_a_flat_position_is_refused_and_nothing_hangs(venue: VenueName) -> None:
    """Acts that the venue refuses come back as refusals with their reason, and the connection goes on."""

    async def work() -> None:
        async with meeting(venue) as meet:
            answer = await meet.act(meet.opening.stop())
            assert answer.outcome is Outcome.REFUSED, answer
            cancel = CancelOrder(meet.opening.symbol, meet.opening.name(Leg.DIRECT), meet.opening.name(Leg.ENTRY))
            assert (await meet.act(cancel)).outcome is Outcome.REFUSED
            assert await meet.position() == 0

    run(work())


@BOTH
def test_a_clock_two_seconds_fast_is_found_before_the_first_entry(venue: VenueName) -> None:
    """With our clock 2 s ahead the venue would refuse every signature; the entry waits for the time and is taken."""

    async def work() -> None:
        async with meeting(venue) as meet:
            meet.connection._now = lambda: meet.clock.now() + 2 * SECOND
            entry = meet.entry()
            meet.connection.submit(entry, Urgency.ENTER)
            clock = await meet.until(lambda told: told if isinstance(told, ClockReport) else None)
            assert abs(clock.offset + 2 * SECOND) <= clock.error
            assert (await meet.answer(entry)).outcome is Outcome.ACKNOWLEDGED

    run(work())
