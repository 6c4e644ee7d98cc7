"""Real sockets on loopback: what a transport may make of a request, and the driver around the machine.

The server side is a bare TCP listener for `Transport`, so that every kind of breakage can be made to the byte, and an
aiohttp application that speaks the plain dialect for `Connection`. Nothing waits by the clock: each side waits for what
the other does.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
from aiohttp import WSMsgType, web

from seawall.model.acts import Outcome, Urgency
from seawall.model.inputs import ActAnswered, ClockReport, Input, ReadAnswered, StreamChanged, StreamReported
from seawall.model.times import MILLISECOND, SECOND, Bounds
from seawall.venues.link import Probe
from seawall.venues.port import Reply, Request
from seawall.venues.sockets import WARM, Addresses, Connection, LostError, NotSentError, Transport
from seawall.venues.venue import Venue
from tests.venues.plain import PlainCodec, PlainTrade, entry, positions, stop

T = TypeVar("T")
GET = Request("GET", "/read?at=1")
ACT = Request("POST", "/act?at=1", (("X-KEY", "k"), ("Content-Type", "application/json")), b"{}")
CANCEL = Request("DELETE", "/act?at=1")
Serve = Callable[["Heard"], Awaitable[None]]


def run(work: Coroutine[None, None, T]) -> T:
    """Runs one test's work to its end, and lets nothing hang."""

    async def bounded() -> T:
        async with asyncio.timeout(20):
            return await work

    return asyncio.run(bounded())


# ---- a bare venue


class Heard:
    """One request as it came, and the way to answer it to the byte."""

    def __init__(self, head: bytes, body: bytes, writer: asyncio.StreamWriter, connection: int) -> None:
        self.head = head
        self.body = body
        self.connection = connection
        self._writer = writer

    async def say(self, *parts: bytes) -> None:
        """Sends bytes, each part on its own."""
        for part in parts:
            self._writer.write(part)
            await self._writer.drain()

    def hang_up(self) -> None:
        """Closes in good order."""
        self._writer.close()

    def reset(self) -> None:
        """Closes with a reset."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


class BareVenue:
    """A TCP listener that reads requests and lets `serve` answer them."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self.requests: list[Heard] = []
        self.connections = 0
        self.address = ""
        self._talks: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes one connection."""
        self._writers.append(writer)
        self._talks.append(asyncio.create_task(self._talk(reader, writer)))

    async def end(self) -> None:
        """Drops what is open and waits until nothing of it is left."""
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._talks)
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until either side ends it."""
        self.connections += 1
        number = self.connections
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                body = await reader.readexactly(int(lengths[0].partition(b":")[2])) if lengths else b""
                self.requests.append(Heard(head, body, writer, number))
                await self._serve(self.requests[-1])
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def venue_of(serve: Serve) -> AsyncIterator[BareVenue]:
    """A bare venue on a free port of loopback."""
    venue = BareVenue(serve)
    server = await asyncio.start_server(venue.accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    venue.address = f"127.0.0.1:{port}"
    try:
        yield venue
    finally:
        server.close()
        await venue.end()


def addresses(address: str) -> Addresses:
    """A venue at this host and port."""
    return Addresses(f"http://{address}", f"ws://{address}")


def transport_to(address: str) -> Transport:
    """A transport to that address."""
    return Transport(addresses(address))


def whole(body: bytes, status: str = "200 OK") -> bytes:
    """A whole reply."""
    return f"HTTP/1.1 {status}\r\nX-Used: 7\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def answer_whole(heard: Heard) -> None:
    """Answers in good order."""
    await heard.say(whole(b"done"))


async def outcome_of(serve: Serve, request: Request) -> tuple[Reply | type[Exception], int]:
    """What the transport makes of one request, and how many requests the venue heard."""
    async with venue_of(serve) as venue, transport_to(venue.address) as transport:
        try:
            reply: Reply | type[Exception] = await transport.send(request)
        except (NotSentError, LostError) as error:
            reply = type(error)
        return reply, len(venue.requests)


# ---- transport


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "503 Service Unavailable"])
def test_a_whole_reply_comes_back_whatever_its_status(status: str) -> None:
    """Status, headers and body of any reply are a value, never an exception."""

    async def serve(heard: Heard) -> None:
        await heard.say(whole(b"<html>not json</html>", status))

    reply, _ = run(outcome_of(serve, GET))
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (int(status[:3]), b"<html>not json</html>")
    assert ("X-Used", "7") in reply.headers


def test_a_request_leaves_exactly_as_it_was_signed() -> None:
    """Path, query, headers and body arrive byte for byte: no character is encoded, decoded or reordered."""
    target = "/fapi/v1/order?symbol=%E6%B5%8BUSDT&b=1+2&a=%2B%2f~*&x=a%20b&signature=00ff"

    async def work() -> Heard:
        async with venue_of(answer_whole) as venue, transport_to(venue.address) as transport:
            await transport.send(Request("POST", target, (("X-MBX-APIKEY", "k"),), b'{"qty":"0.00000001"}'))
            return venue.requests[0]

    heard = run(work())
    assert heard.head.startswith(f"POST {target} HTTP/1.1\r\n".encode())
    assert b"X-MBX-APIKEY: k\r\n" in heard.head
    assert heard.body == b'{"qty":"0.00000001"}'


def test_a_session_stays_warm() -> None:
    """Requests one after another use one connection, with small segments sent at once."""

    async def work() -> tuple[int, int]:
        async with venue_of(answer_whole) as venue, transport_to(venue.address) as transport:
            for _ in range(5):
                await transport.send(ACT)
            (writer,) = {id(heard): heard for heard in venue.requests[-1:]}.values()
            assert writer.connection == 1
            return venue.connections, len(venue.requests)

    assert run(work()) == (1, 5)


def test_every_new_connection_sends_small_segments_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """TCP_NODELAY is set on the socket over which an act leaves."""
    made: list[socket.socket] = []
    connect: Callable[..., Awaitable[tuple[asyncio.Transport, object]]] = asyncio.BaseEventLoop.create_connection

    async def spied(*args: object, **kwargs: object) -> tuple[asyncio.Transport, object]:
        pair = await connect(*args, **kwargs)
        made.append(pair[0].get_extra_info("socket"))
        assert made[-1].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        return pair

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", spied)
    run(outcome_of(answer_whole, ACT))
    assert len(made) == 1


def test_a_refused_connection_is_not_sent() -> None:
    """Where nobody listens, nothing has left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"

    async def work() -> None:
        async with transport_to(address) as transport:
            with pytest.raises(NotSentError, match="ClientConnectorError"):
                await transport.send(ACT)
            with pytest.raises(NotSentError):
                await transport.open_stream("/stream")

    run(work())


def test_a_transport_must_be_entered_before_use() -> None:
    """Misuse is an exception that says what was expected, not a lost request."""
    with pytest.raises(RuntimeError, match="expected to be entered"):
        run(transport_to("127.0.0.1:9").send(GET))


def test_an_unknown_name_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve means that nothing has left."""

    async def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", unknown)

    async def work() -> None:
        async with transport_to("venue.invalid:443") as transport:
            with pytest.raises(NotSentError, match="DNS"):
                await transport.send(ACT)

    run(work())


def test_an_exhausted_pool_is_not_sent() -> None:
    """An ask that finds no free connection in time has not left, and its place in the queue is given up."""
    came, release = asyncio.Event(), asyncio.Event()

    async def serve(heard: Heard) -> None:
        came.set()
        await release.wait()
        await answer_whole(heard)

    async def work() -> tuple[int, int]:
        async with (
            venue_of(serve) as venue,
            Transport(addresses(venue.address), most_connections=1, connect_within=50 * MILLISECOND) as transport,
            asyncio.TaskGroup() as group,
        ):
            first = group.create_task(transport.send(ACT))
            await came.wait()
            with pytest.raises(NotSentError, match="ConnectionTimeoutError"):
                await transport.send(ACT)
            release.set()
            return (await first).status, len(venue.requests)

    assert run(work()) == (200, 1)


async def hang_up(heard: Heard) -> None:
    """Closes without a word."""
    heard.hang_up()


async def reset(heard: Heard) -> None:
    """Resets without a word."""
    heard.reset()


async def half_a_body(heard: Heard) -> None:
    """Closes in the middle of the body."""
    await heard.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b'{"orderId":')
    heard.hang_up()


async def reset_in_mid_body(heard: Heard) -> None:
    """Resets in the middle of the body."""
    await heard.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b'{"orderId":')
    heard.reset()


async def half_a_chunk(heard: Heard) -> None:
    """Closes in the middle of a chunked body."""
    await heard.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b'20\r\n{"orderId":')
    heard.hang_up()


async def no_http(heard: Heard) -> None:
    """Answers with what is no HTTP."""
    await heard.say(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    heard.hang_up()


async def no_gzip(heard: Heard) -> None:
    """Answers with a body that is not in the encoding it claims."""
    await heard.say(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\ndone")


async def endless_header(heard: Heard) -> None:
    """Answers with a header beyond all bounds."""
    await heard.say(b"HTTP/1.1 200 OK\r\nX-Used: " + b"7" * 100_000 + b"\r\n\r\n")


BROKEN = (hang_up, reset, half_a_body, reset_in_mid_body, half_a_chunk, no_http, no_gzip, endless_header)


@pytest.mark.parametrize("request_", [GET, ACT, CANCEL], ids=lambda request: request.method)
@pytest.mark.parametrize("serve", BROKEN, ids=lambda serve: serve.__name__)
def test_whatever_breaks_after_sending_is_lost_and_nothing_is_repeated(serve: Serve, request_: Request) -> None:
    """A request that has left and gets no whole reply is lost, and the venue hears it exactly once."""
    assert run(outcome_of(serve, request_)) == (LostError, 1)


@pytest.mark.parametrize("request_", [GET, ACT, CANCEL], ids=lambda request: request.method)
def test_a_kept_connection_that_dies_does_not_repeat_the_request(request_: Request) -> None:
    """On a connection that served before and now hangs up, even a read is sent once only."""

    async def serve(heard: Heard) -> None:
        if b"/warm" in heard.head:
            await answer_whole(heard)
        else:
            heard.hang_up()

    async def work() -> list[int]:
        async with venue_of(serve) as venue, transport_to(venue.address) as transport:
            await transport.send(Request("GET", "/warm"))
            with pytest.raises(LostError):
                await transport.send(request_)
            return [heard.connection for heard in venue.requests]

    assert run(work()) == [1, 1]


def test_what_nobody_asked_for_answers_no_request() -> None:
    """A reply that comes on an idle connection, as a proxy's 408 does, is not taken for that to the next request."""

    async def story() -> None:
        is_first_read = asyncio.Event()

        async def serve(heard: Heard) -> None:
            if heard is venue.requests[0] or len(venue.requests) > 2:
                await heard.say(whole(heard.body or b"first"))
                return
            await is_first_read.wait()
            await venue.requests[0].say(whole(b"stray", "408 Request Timeout"))
            await heard.say(whole(b"second"))

        async with venue_of(serve) as venue, transport_to(venue.address) as transport:
            first, second = (asyncio.create_task(transport.send(GET)) for _ in range(2))
            assert (await first).body == b"first"
            is_first_read.set()
            assert (await second).body == b"second"
            for body in (b"third", b"fourth"):
                assert (await transport.send(Request("POST", "/act", (), body))).body == body
            assert [heard.connection for heard in venue.requests] == [1, 2, 2, 2]

    run(story())


def test_no_key_and_no_signature_is_told_with_a_failure() -> None:
    """What a failure says is recorded and shown; the address that was asked holds the stream's key, or a signature."""

    async def story() -> None:
        async def serve(heard: Heard) -> None:
            await heard.say(b"rubbish\r\n\r\n" if b"signature" in heard.head else whole(b"no", "404 Not Found"))

        async with venue_of(serve) as venue, transport_to(venue.address) as transport:
            with pytest.raises(LostError, match="404") as refused:
                await transport.open_stream("/ws/the-key")
            with pytest.raises(LostError, match="400") as garbled:
                await transport.send(Request("GET", "/read?signature=the-signature"))
        assert "the-" not in f"{refused.value}{garbled.value}"

    run(story())


def test_a_slow_reply_arrives_whole() -> None:
    """A body that comes in pieces is one reply."""

    async def serve(heard: Heard) -> None:
        await heard.say(b"HTTP/1.1 200 OK\r\n", b"Content-Length: 4\r\n\r\n", b"d", b"o", b"n", b"e")

    assert run(outcome_of(serve, ACT))[0] == Reply(200, (("Content-Length", "4"),), b"done")


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndo"], ids=["mute", "half"])
def test_a_reply_that_never_ends_is_lost_and_its_connection_given_up(said: bytes) -> None:
    """A venue that takes a request and stays mute does not hold its connection for ever: the next one is a new one."""
    gone = asyncio.Event()

    async def serve(heard: Heard) -> None:
        if heard.connection > 1:
            await answer_whole(heard)
            return
        await heard.say(said)
        await gone.wait()

    async def work() -> int:
        async with (
            venue_of(serve) as venue,
            Transport(addresses(venue.address), held_at_most=50 * MILLISECOND, most_connections=1) as transport,
        ):
            with pytest.raises(LostError, match="TimeoutError"):
                await transport.send(ACT)
            await transport.send(ACT)
            gone.set()
            return venue.connections

    assert run(work()) == 2


def test_a_redirect_is_a_reply_and_is_not_followed() -> None:
    """A signed request goes to the venue that was named, and nowhere else."""

    async def serve(heard: Heard) -> None:
        await heard.say(b"HTTP/1.1 307 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")

    reply, heard = run(outcome_of(serve, ACT))
    assert isinstance(reply, Reply)
    assert (reply.status, heard) == (307, 1)


def test_the_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy named in the environment does not come between us and the venue."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    reply, _ = run(outcome_of(answer_whole, ACT))
    assert isinstance(reply, Reply)


@pytest.mark.parametrize(
    ("rest", "stream", "field"),
    [
        ("ftp://venue", "wss://venue", "rest"),
        ("https://venue/", "wss://venue", "rest"),
        ("https://venue/v5", "wss://venue", "rest"),
        ("venue:443", "wss://venue", "rest"),
        ("https://venue", "https://venue", "stream"),
        ("https://venue", "", "stream"),
    ],
)
def test_an_address_that_is_none_is_refused_by_name(rest: str, stream: str, field: str) -> None:
    """A wrong address is refused before anything is sent, with the field, what was expected and what came."""
    with pytest.raises(ValueError, match=f"{field}: expected .* came"):
        Addresses(rest, stream)


# ---- connection


class PlainVenue:
    """An aiohttp application that speaks the plain dialect; a test chooses what becomes of acts and of the stream."""

    def __init__(self) -> None:
        self.acts: list[str] = []
        self.connections: list[int] = []
        self.act_connections: asyncio.Queue[int] = asyncio.Queue()
        self.streams: list[web.WebSocketResponse] = []
        self.said: asyncio.Queue[str] = asyncio.Queue()
        self.opened: asyncio.Queue[web.WebSocketResponse] = asyncio.Queue()
        self.trades: asyncio.Queue[web.WebSocketResponse] = asyncio.Queue()
        self.release = asyncio.Event()
        self.release.set()
        self.drop_acts = False

    def routes(self) -> list[web.RouteDef]:
        """The paths of the dialect."""
        return [
            web.get("/time", self.time),
            web.post("/act", self.act),
            web.get("/read", self.read),
            web.post("/key", self.key),
            web.get("/stream/{key:.*}", self.stream),
            web.get("/trade", self.trade),
        ]

    async def trade(self, request: web.Request) -> web.WebSocketResponse:
        """Takes acts by frame: answers them when it may, or with `drop_acts` cuts the socket instead."""
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        await self.trades.put(socket)
        async for message in socket:
            number, _, name = message.data.partition(" ")
            self.acts.append(f"frame {name}")
            if self.drop_acts:
                assert request.transport is not None
                request.transport.abort()
                break
            await socket.send_str(f"reply {number} done")
        return socket

    async def time(self, request: web.Request) -> web.Response:
        """The venue's time."""
        self.connections.append(id(request.transport))
        return web.Response(text=str(now()))

    async def act(self, request: web.Request) -> web.Response:
        """Takes an act, and answers when it may."""
        await self.act_connections.put(id(request.transport))
        self.acts.append(await request.text())
        if self.drop_acts:
            assert request.transport is not None
            request.transport.abort()
        await self.release.wait()
        return web.Response(text="done")

    async def read(self, _: web.Request) -> web.Response:
        """Answers a read."""
        return web.Response(text="order")

    async def key(self, _: web.Request) -> web.Response:
        """Hands out a stream key."""
        return web.Response(text=f"k{len(self.streams) + 1}")

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        """Serves a stream until its end, and tells the test what was said on it."""
        stream = web.WebSocketResponse(autoping=False)
        await stream.prepare(request)
        self.streams.append(stream)
        await self.said.put(f"open {request.path}")
        await self.opened.put(stream)
        async for message in stream:
            kind = {WSMsgType.TEXT: "text", WSMsgType.PING: "ping", WSMsgType.PONG: "pong"}[message.type]
            data = message.data if isinstance(message.data, str) else message.data.decode()
            await self.said.put(f"{kind} {data}".strip())
        await self.said.put("closed")
        return stream


def now() -> int:
    """The time of this machine, UTC in microseconds."""
    return time.time_ns() // 1_000


class House:
    """A connection to a plain venue, and what it has told."""

    def __init__(self, venue: PlainVenue, connection: Connection, told: asyncio.Queue[Input], machine: Venue) -> None:
        self.venue = venue
        self.connection = connection
        self._machine = machine
        self._told = told
        self._unread: list[Input] = []

    async def standing(self) -> None:
        """Waits until the venue has a trade socket and our machine knows it."""
        await self.venue.trades.get()
        while not (self._machine.trade and self._machine.trade.is_open):
            self.connection.submit(positions(), Urgency.ASK)
            await self.next(ReadAnswered)

    async def next(self, kind: Callable[..., T]) -> T:
        """The next input of that kind; others are kept for whoever asks for theirs."""
        while True:
            for n, told in enumerate(self._unread):
                if isinstance(told, kind):  # type: ignore[arg-type]
                    return self._unread.pop(n)  # type: ignore[return-value]
            self._unread.append(await self._told.get())


@asynccontextmanager
async def house(codec: PlainCodec, bounds: Bounds | None = None) -> AsyncIterator[House]:
    """A running connection on a running venue; both are gone at the end, with every task."""
    venue = PlainVenue()
    app = web.Application()
    app.add_routes(venue.routes())
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = "{}:{}".format(*runner.addresses[0][:2])
    told: asyncio.Queue[Input] = asyncio.Queue()
    machine = Venue(codec, bounds or Bounds(), trade_socket=codec.trade is not None)
    connection = Connection(machine, addresses(address), now, told.put_nowait)
    others = asyncio.all_tasks()
    running = asyncio.create_task(connection.run())
    try:
        yield House(venue, connection, told, machine)
    finally:
        connection.aclose()
        venue.release.set()
        await running
        await runner.cleanup()
        left = [task for task in asyncio.all_tasks() - others if "seawall" in repr(task.get_coro())]
        assert not left


def test_an_act_a_read_and_the_time_over_real_sockets() -> None:
    """What is submitted, even before the start, is sent, answered and told."""

    async def work() -> tuple[Outcome, list[str]]:
        async with house(PlainCodec()) as home:
            home.connection.submit(entry(not_after=now() + 60 * SECOND), Urgency.ENTER)
            home.connection.submit(positions(), Urgency.ASK)
            assert abs((await home.next(ClockReport)).offset) < 1_000_000
            assert len((await home.next(ReadAnswered)).told.orders) == 1
            home.connection.submit(stop(), Urgency.PROTECT)
            answers = [await home.next(ActAnswered), await home.next(ActAnswered)]
            assert answers[0].outcome is Outcome.ACKNOWLEDGED
            return answers[1].outcome, sorted(home.venue.acts)

    assert run(work()) == (Outcome.ACKNOWLEDGED, ["entry", "stop"])


def test_the_stream_is_opened_with_its_key_and_handshake_and_proven_by_news() -> None:
    """Key, socket, login, subscription, news: the whole opening of a stream on real sockets."""

    async def work() -> list[str]:
        async with house(PlainCodec(keys=True, frames=("login", "subscribe"))) as home:
            stream = await home.venue.opened.get()
            said = [await home.venue.said.get(), await home.venue.said.get()]
            await stream.send_str("go_on")
            said.append(await home.venue.said.get())
            await stream.send_str("ready")
            assert not (await home.next(StreamChanged)).proven
            await stream.send_str("garbled {")
            await stream.send_bytes(b"\xff\x00")
            await stream.send_str("news")
            assert (await home.next(StreamChanged)).proven
            assert len((await home.next(StreamReported)).told.orders) == 1
            return said

    assert run(work()) == ["open /stream/k1", "text login", "text subscribe"]


@pytest.mark.parametrize("how", ["close", "abort"])
def test_a_dropped_stream_is_told_and_comes_back(how: str) -> None:
    """Closed in order or cut off, the stream's end is told, and a new connection with a new key follows."""

    async def work() -> list[str]:
        async with house(PlainCodec(keys=True)) as home:
            stream = await home.venue.opened.get()
            await stream.send_str("news")
            while not (await home.next(StreamChanged)).proven:
                pass
            if how == "close":
                await stream.close(code=1012)
            else:
                assert stream._req is not None
                assert stream._req.transport is not None
                stream._req.transport.abort()
            lost = await home.next(StreamChanged)
            assert not lost.proven
            assert ("1012" if how == "close" else "1006") in lost.detail
            await home.venue.opened.get()
            said = [home.venue.said.get_nowait() for _ in range(home.venue.said.qsize())]
            return [each for each in said if each.startswith("open")]

    assert run(work()) == ["open /stream/k1", "open /stream/k2"]


def test_the_venues_ping_is_answered() -> None:
    """A ping of the protocol's own gets its pong with the same payload; a pong nobody asked for does no harm."""

    async def work() -> str:
        async with house(PlainCodec()) as home:
            stream = await home.venue.opened.get()
            await home.venue.said.get()
            await stream.pong(b"unasked")
            await stream.ping(b"1234")
            return await home.venue.said.get()

    assert run(work()) == "pong 1234"


def test_a_stream_that_can_no_longer_send_ends_and_comes_back() -> None:
    """A probe that cannot be written is no error of ours: the socket is closed and the stream opened anew."""

    async def work() -> None:
        async with house(PlainCodec()) as home:
            await home.venue.opened.get()
            await home.next(StreamChanged)
            ours = home.connection._sockets[1]
            assert ours._writer is not None
            assert ours._writer.transport is not None
            ours._writer.transport.abort()
            with pytest.raises(ConnectionResetError):
                await ours.ping()
            home.connection._carry_out(Probe(1))
            await home.next(StreamChanged)
            assert ours.closed
            await home.venue.opened.get()

    run(work())


def test_a_frame_that_is_no_frame_ends_the_stream() -> None:
    """Bytes that break the protocol are told as the end of the stream, with what was wrong."""

    async def work() -> str:
        async with house(PlainCodec()) as home:
            stream = await home.venue.opened.get()
            await home.next(StreamChanged)
            assert stream._req is not None
            assert isinstance(stream._req.transport, asyncio.Transport)
            stream._req.transport.write(b"\xff\xff\xff\xff")
            return (await home.next(StreamChanged)).detail

    assert "WebSocketError" in run(work())


def test_an_act_whose_connection_is_cut_is_unknown() -> None:
    """The venue took the act and hung up: the outcome is Unknown, and the act was sent once."""

    async def work() -> tuple[Outcome, list[str]]:
        async with house(PlainCodec()) as home:
            home.venue.drop_acts = True
            home.connection.submit(stop(), Urgency.PROTECT)
            return (await home.next(ActAnswered)).outcome, home.venue.acts

    assert run(work()) == (Outcome.UNKNOWN, ["stop"])


def test_a_reply_past_its_deadline_is_told_twice() -> None:
    """At the deadline the act is Unknown; the reply that still comes is told as well."""

    async def work() -> list[Outcome]:
        async with house(PlainCodec(), Bounds(reply_timeout=100 * MILLISECOND)) as home:
            home.venue.release.clear()
            home.connection.submit(stop(), Urgency.PROTECT)
            first = await home.next(ActAnswered)
            home.venue.release.set()
            return [first.outcome, (await home.next(ActAnswered)).outcome]

    assert run(work()) == [Outcome.UNKNOWN, Outcome.ACKNOWLEDGED]


def test_a_venue_that_is_down_is_told_and_not_hammered() -> None:
    """With nobody listening, acts come back NotSent and the stream's failures are told at the pace of the back-off."""

    async def work() -> tuple[Outcome, str]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        told: asyncio.Queue[Input] = asyncio.Queue()
        connection = Connection(Venue(PlainCodec(), Bounds()), addresses(address), now, told.put_nowait)
        connection.submit(stop(), Urgency.PROTECT)
        running = asyncio.create_task(connection.run())
        inputs = [await told.get(), await told.get()]
        connection.aclose()
        await running
        (answer,) = (each for each in inputs if isinstance(each, ActAnswered))
        (change,) = (each for each in inputs if isinstance(each, StreamChanged))
        return answer.outcome, change.detail

    outcome, detail = run(work())
    assert outcome is Outcome.NOT_SENT
    assert detail.startswith("ClientConnectorError")


def test_an_input_that_nobody_took_in_ends_the_run() -> None:
    """An error in the desk's ear is not swallowed: the run ends with it."""

    async def work() -> None:
        def deaf(told: Input) -> None:
            raise RuntimeError(f"no room for {type(told).__name__}")

        connection = Connection(Venue(PlainCodec(), Bounds()), addresses("127.0.0.1:9"), now, deaf)
        with pytest.raises(ExceptionGroup) as caught:
            await connection.run()
        assert "no room for StreamChanged" in str(caught.value.exceptions[0])

    run(work())


def test_acts_go_by_the_trade_socket_and_by_rest_while_it_is_gone() -> None:
    """By frame once it stands; cut with an act under way that act is Unknown, and what follows goes by REST, then by
    frame again: each act once.
    """

    async def work() -> tuple[list[Outcome], list[str]]:
        async with house(PlainCodec(trade=PlainTrade())) as home:
            outcomes = []
            await home.standing()
            for name, dropped in (("one", False), ("two", True), ("three", False)):
                home.venue.drop_acts = dropped
                home.connection.submit(stop(name), Urgency.PROTECT)
                outcomes.append((await home.next(ActAnswered)).outcome)
            await home.standing()
            home.connection.submit(stop("four"), Urgency.PROTECT)
            outcomes.append((await home.next(ActAnswered)).outcome)
            return outcomes, home.venue.acts

    outcomes, acts = run(work())
    assert outcomes == [Outcome.ACKNOWLEDGED, Outcome.UNKNOWN, Outcome.ACKNOWLEDGED, Outcome.ACKNOWLEDGED]
    assert acts == ["frame one", "frame two", "three", "frame four"]


def test_acts_that_leave_together_find_warm_connections() -> None:
    """Once the clock's first rounds are over, four acts at once use four connections that were open before."""

    async def work() -> None:
        async with house(PlainCodec()) as home:
            for _ in range(2 * WARM):
                await home.next(ClockReport)
            warm = home.venue.connections[-WARM:]
            assert len(dict.fromkeys(warm)) == WARM
            home.venue.release.clear()
            for n in range(WARM):
                home.connection.submit(stop(f"s{n}"), Urgency.PROTECT)
            assert sorted([await home.venue.act_connections.get() for _ in range(WARM)]) == sorted(warm)
            home.venue.release.set()
            for _ in range(WARM):
                assert (await home.next(ActAnswered)).outcome is Outcome.ACKNOWLEDGED

    run(work())


def test_a_half_open_stream_is_cut_without_waiting_for_the_venue() -> None:
    """A venue that answers no probe is cut at the silence limit, though its socket never closes."""

    async def work() -> str:
        skip = 0

        def leaping() -> int:
            return now() + skip

        async with house(PlainCodec()) as home:
            home.connection._now = leaping
            await home.venue.opened.get()
            await home.next(StreamChanged)
            skip = 41_000_000
            home.connection.submit(positions(), Urgency.ASK)
            return (await home.next(StreamChanged)).detail

    assert run(work()).startswith("silent for 40 s")
