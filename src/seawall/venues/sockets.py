"""The only file of the venues that opens, sends, receives and closes. It decides nothing.

`Transport` is one account's warm session with a venue. A request either comes back as a whole `Reply`, whatever its
status, or raises one of two errors, and the difference between them is worth money: `NotSentError` (name unknown,
connection refused, no free connection: no byte left, so nothing can have happened) and `LostError` (reset, half a body,
silence: it may have happened). Nothing is ever sent twice: aiohttp would repeat a GET or a DELETE by itself when a kept
connection turns out to be dead, so its failures are renamed in a middleware before it can see them. Redirects are not
followed, proxies of the environment not used, cookies not kept.

`Connection` is the driver of one `Venue` on these sockets: it carries effects out and brings events in, under the
promises at the head of `venue.py`. Deadlines are the machine's; what stands here only keeps a socket from being held
for ever (`HELD_AT_MOST`) and an ask from waiting for a connection longer than its reply may take (`CONNECT_WITHIN`).

What is here cannot be covered by the deterministic world; tests/venues/test_sockets.py meets each item on loopback.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Self

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
    WSMessage,
    WSMsgType,
)
from aiohttp.connector import Connection as Kept
from aiohttp.tracing import Trace
from msgspec import Struct
from multidict import CIMultiDict
from yarl import URL

from seawall.model.acts import Act, Urgency
from seawall.model.inputs import Input
from seawall.model.queries import Query
from seawall.model.times import MILLISECOND, SECOND, Duration, Instant
from seawall.venues.exchange import Transmit
from seawall.venues.link import Connect, Cut, Host, Probe, Send
from seawall.venues.port import Reply, Request
from seawall.venues.venue import (
    Closed,
    Connected,
    Effect,
    Framed,
    Lost,
    Ponged,
    Replied,
    Started,
    Submitted,
    Tell,
    Ticked,
    Venue,
    VenueEvent,
)

CONNECT_WITHIN: Duration = 3 * SECOND
"""For a free connection of the pool or a new one, name and handshake included: less than `Bounds.reply_timeout`."""
HELD_AT_MOST: Duration = 15 * SECOND
"""A reply that has not come by then is lost. The machine gave it up before that and would still take it for evidence,
but a venue gives up after 10 s itself (binance.md 4.3), and a connection that hangs is one less for the next stop."""
MOST_CONNECTIONS = 128
"""Per account and host: room for all that hangs for `HELD_AT_MOST` while a venue is mute, and for a stop beside it."""
WARM = 4
"""Connections kept warm by the clock's rounds: an entry, its stop and the reads beside them need not make new ones."""
KEPT: Duration = 90 * SECOND
"""How long an idle connection is kept: longer than the period of the clock's rounds, which use `WARM` of them."""
GOODBYE: Duration = SECOND
"""How long a closing stream waits for the venue's half of it."""
USER_AGENT = "seawall"


class NotSentError(Exception):
    """No byte of the request left this machine, so the venue has done nothing."""


class LostError(Exception):
    """The request may have left and its reply will not come; the venue may have done what was asked."""


class Addresses(Struct, frozen=True):
    """Where a venue is reached: scheme, host and port, no path. The box, a testnet and the venue differ in this alone.

    `trade` is the trade socket's, the stream's if empty. Raises ValueError, naming the field, for anything else.
    """

    rest: str
    stream: str
    trade: str = ""

    def __post_init__(self) -> None:
        _check("rest", self.rest, ("http", "https"))
        _check("stream", self.stream, ("ws", "wss"))
        if self.trade:
            _check("trade", self.trade, ("ws", "wss"))

    def of(self, host: Host) -> str:
        """The address of a WebSocket host."""
        return self.trade or self.stream if host is Host.TRADE else self.stream


def _check(field: str, address: str, schemes: tuple[str, ...]) -> None:
    url = URL(address)
    if url.scheme not in schemes or not url.host or url.path_qs not in ("", "/") or address.endswith("/"):
        expected = " or ".join(f"{scheme}://host[:port]" for scheme in schemes)
        raise ValueError(f"{field}: expected {expected} without a path, came {address!r}")


class Transport:
    """One account's session with a venue. Used as an asynchronous context manager."""

    def __init__(
        self,
        addresses: Addresses,
        *,
        connect_within: Duration = CONNECT_WITHIN,
        held_at_most: Duration = HELD_AT_MOST,
        most_connections: int = MOST_CONNECTIONS,
    ) -> None:
        self._addresses = addresses
        self._timeout = ClientTimeout(total=held_at_most / SECOND, connect=connect_within / SECOND)
        self._most_connections = most_connections
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = ClientSession(
            connector=_Clean(limit=0, limit_per_host=self._most_connections, keepalive_timeout=KEPT / SECOND),
            timeout=self._timeout,
            cookie_jar=DummyCookieJar(),
            headers={"User-Agent": USER_AGENT},
            trust_env=False,
            middlewares=(_once,),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open_session().close()

    async def send(self, request: Request) -> Reply:
        """The whole reply to `request`, which is sent exactly once and exactly as it was signed.

        Raises NotSentError or LostError.
        """
        url = URL(self._addresses.rest + request.target, encoded=True)
        headers = CIMultiDict(request.headers)
        try:
            async with self._open_session().request(
                request.method, url, headers=headers, data=request.body or None, allow_redirects=False
            ) as response:
                body = await response.read()
                return Reply(response.status, tuple(response.headers.items()), body)
        except (ClientError, OSError, TimeoutError) as error:
            raise _named(error) from error

    async def open_stream(self, target: str, host: Host = Host.STREAM) -> ClientWebSocketResponse:
        """An open WebSocket to `target` of `host`, whose pings the caller answers.

        Raises NotSentError or LostError.
        """
        url = URL(self._addresses.of(host) + target, encoded=True)
        try:
            return await self._open_session().ws_connect(
                url, autoping=False, timeout=ClientWSTimeout(ws_close=GOODBYE / SECOND)
            )
        except (ClientError, OSError, TimeoutError) as error:
            raise _named(error) from error

    def _open_session(self) -> ClientSession:
        if self._session is None:
            raise RuntimeError("Transport: expected to be entered (async with) before use, came a call before that")
        return self._session


class _Clean(TCPConnector):
    """A pool that gives out no connection on which something came that nobody had asked for (a proxy's 408 before it
    hangs up, say): aiohttp would take that for the reply to the next request, and its reply for that to the one after.
    """

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> Kept:
        """A connection without anything unread on it. Each that has is closed, so this ends with the pool."""
        while True:
            kept = await super().connect(req, traces, timeout)
            if kept.protocol is None or not kept.protocol.should_close:
                return kept
            kept.close()


async def _once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Renames the failures after which aiohttp would send an idempotent request again, so that it does not."""
    try:
        return await handler(request)
    except (ClientConnectorError, ConnectionTimeoutError):
        raise
    except (ClientOSError, ServerDisconnectedError) as error:
        raise _named(error) from error


def _named(error: Exception) -> NotSentError | LostError:
    """Which of the two it is: only a failure to get a connection at all means that nothing left.

    aiohttp's words about a reply end with its address, in which a stream's key or a signature stands: it is left out.
    """
    said = f"{error.status}, {error.message}" if isinstance(error, ClientResponseError) else str(error)
    detail = f"{type(error).__name__}: {said}".rstrip(": ")
    return (NotSentError if isinstance(error, ClientConnectorError | ConnectionTimeoutError) else LostError)(detail)


class Connection:
    """One account's `Venue` on real sockets, for as long as `run` runs."""

    def __init__(
        self,
        venue: Venue,
        addresses: Addresses,
        now: Callable[[], Instant],
        hear: Callable[[Input], None],
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        """`now`: microseconds UTC, never backwards. `hear` is called with each input, in order, from the loop's thread.

        `heard` is called after the last input of a frame or reply: what follows from it may leave before the next is
        read. Neither may block; an exception in `hear` ends `run`, for an input that nobody took in must not be lost
        quietly.
        """
        self._venue = venue
        self._addresses = addresses
        self._now = now
        self._hear = hear
        self._heard = heard
        self._transport = Transport(addresses)
        self._group: asyncio.TaskGroup | None = None
        self._early: list[VenueEvent] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: dict[int, asyncio.Task[None]] = {}
        self._sockets: dict[int, ClientWebSocketResponse] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: Instant = 0
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Works until `aclose`. Raises whatever went wrong in our own code; nothing that a venue does."""
        try:
            async with self._transport, asyncio.TaskGroup() as group:
                self._group = group
                self._venue.keep_warm(WARM)
                for event in (Started(), *self._early):
                    self._step(event)
                try:
                    await self._stopping.wait()
                finally:  # cancelled from outside too: nothing is begun while the group takes the rest down
                    self._stopping.set()
                for task in tuple(self._tasks):
                    task.cancel()
        finally:
            self._stopping.set()
            if self._alarm is not None:
                self._alarm.cancel()

    def submit(self, ask: Act | Query, urgency: Urgency) -> None:
        """Takes an act whose gate is open, or a query; the answer comes through `hear`. Before `run` it is kept."""
        self._step(Submitted(ask, urgency))

    def aclose(self) -> None:
        """Ends `run`. What is under way gets no answer: the next process looks for it by its name."""
        self._stopping.set()

    # ---- the machine

    def _step(self, event: VenueEvent) -> None:
        if self._group is None:
            self._early.append(event)
        elif not self._stopping.is_set():
            effects = self._venue.on(event, self._now())
            for effect in effects:
                self._carry_out(effect)
            self._set_alarm()
            if any(isinstance(effect, Tell) for effect in effects):
                self._heard()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Tell(input=told):
                self._hear(told)
            case Transmit(key=key, request=request):
                self._spawn(self._exchange(key, request))
            case Connect(conn=conn, target=target, host=host):
                self._streams[conn] = self._spawn(self._stream(conn, target, host))
            case Send(conn=conn, text=text):
                self._utter(conn, text)
            case Probe(conn=conn):
                self._spawn(self._ping(conn))
            case Cut(conn=conn):
                if (stream := self._streams.pop(conn, None)) is not None:
                    stream.cancel()

    def _set_alarm(self) -> None:
        """One timer for all that the machine has to do; moved only when that moves."""
        wake_at = self._venue.next_wake()
        if self._alarm is not None:
            if self._alarm_at == wake_at:
                return
            self._alarm.cancel()
        delay = max(wake_at - self._now(), MILLISECOND) / SECOND
        self._alarm = asyncio.get_running_loop().call_later(delay, self._ring)
        self._alarm_at = wake_at

    def _ring(self) -> None:
        self._alarm = None
        if not self._stopping.is_set():
            self._spawn(self._tick())

    async def _tick(self) -> None:
        """A task and not a bare callback, so that an error in the machine ends `run` and is seen."""
        self._step(Ticked())

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        assert self._group is not None
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[None]) -> None:
        """After an error of our own nothing more is begun while the group takes the rest down."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._stopping.set()

    # ---- requests

    async def _exchange(self, key: int, request: Request) -> None:
        try:
            reply = await self._transport.send(request)
        except NotSentError as error:
            self._step(Lost(key, sent=False, detail=str(error)))
        except LostError as error:
            self._step(Lost(key, sent=True, detail=str(error)))
        else:
            self._step(Replied(key, reply))

    # ---- the stream

    async def _stream(self, conn: int, target: str, host: Host) -> None:
        """One connection from its opening to its end; cancelled by `Cut`, after which nothing is owed."""
        try:
            socket = await self._transport.open_stream(target, host)
        except (NotSentError, LostError) as error:
            self._end(conn, str(error))
            return
        self._sockets[conn] = socket
        try:
            self._step(Connected(conn))
            detail = await self._read(conn, socket)
        finally:
            del self._sockets[conn]
            await socket.close()
        self._end(conn, detail)

    async def _read(self, conn: int, socket: ClientWebSocketResponse) -> str:
        """Brings in frames until the connection ends; returns how it ended.

        After each the others get their turn: a fill comes with three frames, and its stop should leave after the first.
        """
        while True:
            message = await socket.receive()
            match message.type:
                case WSMsgType.TEXT:
                    self._step(Framed(conn, message.data))
                    await asyncio.sleep(0)
                case WSMsgType.BINARY:
                    self._step(Framed(conn, message.data.decode(errors="replace")))
                case WSMsgType.PING:
                    await _write(socket, socket.pong(message.data))
                    self._step(Ponged(conn))
                case WSMsgType.PONG:
                    self._step(Ponged(conn))
                case _:
                    return _ending(socket, message)

    def _utter(self, conn: int, text: str) -> None:
        """Sends a frame, if the connection is still there, in this very turn of the loop: an act may be in it."""
        if (socket := self._sockets.get(conn)) is not None and not _written(socket.send_str(text)):
            self._spawn(_close(socket))

    async def _ping(self, conn: int) -> None:
        """Sends a ping, if the connection is still there."""
        if (socket := self._sockets.get(conn)) is not None:
            await _write(socket, socket.ping())

    def _end(self, conn: int, detail: str) -> None:
        self._streams.pop(conn, None)
        self._step(Closed(conn, detail))


def _written(frame: Coroutine[Any, Any, None]) -> bool:
    """Whether a frame was handed to the transport, at once and without a task.

    An uncompressed frame is, in aiohttp, before the first point at which its sending may wait; what it then waits for
    is room in a buffer of 64 KB, for the sake of whoever sends the next one, and a few hundred bytes need not.
    """
    try:
        frame.send(None)
    except StopIteration:
        return True
    except (ClientError, OSError):
        return False
    frame.close()
    return True


async def _close(socket: ClientWebSocketResponse) -> None:
    """Closes a socket that can no longer send; its reader tells of it."""
    await socket.close()


async def _write(socket: ClientWebSocketResponse, frame: Awaitable[None]) -> None:
    """Sends one frame; a socket that can no longer send is closed, and its reader tells of it."""
    try:
        await frame
    except (ClientError, OSError):
        await socket.close()


def _ending(socket: ClientWebSocketResponse, message: WSMessage) -> str:
    """How a stream ended, in words."""
    if message.type is WSMsgType.ERROR:
        return f"{type(message.data).__name__}: {message.data}"
    return f"closed by the venue with code {socket.close_code}"
