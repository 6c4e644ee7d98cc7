"""The box on real sockets: one loopback port per venue for REST and WebSocket, driven by the real clock.

The exchange does all the deciding; this file carries bytes.  A request's bytes go in under a key, and whatever comes
out of `advance` is done to the connection it names: an answer is written, a reset aborts the transport without a byte,
half a body is written and then aborted, and a request that gets no output hangs until its client closes.  The clock is
UTC at the start of the server carried on by the monotonic clock, in microseconds, so it never runs backwards.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import WSMsgType, web
from msgspec import Struct

from venuesim.control import Control
from venuesim.exchange import Exchange
from venuesim.wire import Accepted, Answer, Frame, HalfBody, Hangup, Output, Rejected, Reply, Request, Reset

LOOPBACK = "127.0.0.1"
ABNORMAL = 1006
NO_BODY = b""
NEWS_WITHIN = 30.0
"""Seconds that a request for moments waits for one; its client asks again."""


class Clock:
    """UTC in microseconds: read once, then carried on by the monotonic clock; `ahead` microseconds wrong on purpose."""

    def __init__(self, ahead: int = 0) -> None:
        self._offset = time.time_ns() - time.monotonic_ns() + ahead * 1000

    def now(self) -> int:
        """Return the time in microseconds since the epoch."""
        return (time.monotonic_ns() + self._offset) // 1000


class Addresses(Struct, frozen=True):
    """Where a served venue listens: `rest` for HTTP and `stream` for WebSocket, both without a path; and its clock."""

    host: str
    port: int
    clock: Clock

    @property
    def rest(self) -> str:
        """Return the base URL of REST."""
        return f"http://{self.host}:{self.port}"

    @property
    def stream(self) -> str:
        """Return the base URL of the WebSocket streams."""
        return f"ws://{self.host}:{self.port}"


class Driver:
    """Feeds an exchange from sockets and does what comes out of it."""

    def __init__(self, exchange: Exchange, clock: Clock) -> None:
        self.exchange = exchange
        self.clock = clock
        self._numbered = 0
        self._waiting: dict[int, asyncio.Future[Output]] = {}
        self._sockets: dict[int, asyncio.Queue[Frame | Hangup]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._soon: asyncio.Handle | None = None
        self._pumping = False

    def number(self) -> int:
        """Return a fresh handle for a request or a connection."""
        self._numbered += 1
        return self._numbered

    def nudge(self) -> None:
        """Pump soon: there is something new.  Many nudges before that are one."""
        if self._soon is None and not self._pumping:
            self._soon = asyncio.get_running_loop().call_soon(self.pump)

    def pump(self) -> None:
        """Run what is due, hand out what came, and set the timer for the next time."""
        self.stop()
        self._pumping = True
        try:
            for output in self.exchange.advance(self.clock.now()):
                self._hand_out(output)
        finally:
            self._pumping = False
        due = self.exchange.next_wake()
        if due is not None:
            wait = max(due - self.clock.now(), 0) / 1_000_000
            self._timer = asyncio.get_running_loop().call_later(wait, self.pump)

    def stop(self) -> None:
        """Take down what was set for later."""
        for handle in (self._timer, self._soon):
            if handle is not None:
                handle.cancel()
        self._timer = self._soon = None

    def _hand_out(self, output: Output) -> None:
        match output:
            case Answer() | Reset() | HalfBody():
                self._resolve(output.key, output)
            case Accepted() | Rejected():
                self._resolve(output.conn, output)
            case Frame() | Hangup():
                queue = self._sockets.get(output.conn)
                if queue is not None:
                    queue.put_nowait(output)

    def _resolve(self, handle: int, output: Output) -> None:
        waiting = self._waiting.pop(handle, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(output)

    async def _outcome(self, handle: int, feed: Callable[[int], None]) -> Output:
        """Feed something that will be answered under `handle`, and wait for the answer for as long as it takes."""
        waiting: asyncio.Future[Output] = asyncio.get_running_loop().create_future()
        self._waiting[handle] = waiting
        feed(self.clock.now())
        self.pump()
        try:
            return await waiting
        finally:
            self._waiting.pop(handle, None)

    # --- REST

    async def serve_request(self, request: web.Request) -> web.StreamResponse:
        """Answer one REST request as the exchange says."""
        key = self.number()
        body = await request.read()
        arrived = Request(request.method, request.raw_path, tuple(request.headers.items()), body)
        output = await self._outcome(key, lambda now: self.exchange.request(key, arrived, now))
        match output:
            case Answer():
                return _whole(output.reply)
            case HalfBody():
                return await _half(request, output)
            case _:
                return await _abort(request)

    # --- WebSocket

    async def serve_socket(self, request: web.Request) -> web.StreamResponse:
        """Answer one WebSocket handshake, then carry frames both ways until either side closes."""
        conn = self.number()
        queue = self._sockets[conn] = asyncio.Queue()
        headers = tuple(request.headers.items())
        feed = self._connecting(conn, request.raw_path, headers)
        try:
            answer = await self._outcome(conn, feed)
            if isinstance(answer, Rejected):
                return web.Response(status=answer.status)
            return await self._carry(conn, request, queue)
        finally:
            self._sockets.pop(conn, None)
            self.exchange.disconnect(conn, self.clock.now())
            self.pump()

    def _connecting(self, conn: int, target: str, headers: tuple[tuple[str, str], ...]) -> Callable[[int], None]:
        return lambda now: self.exchange.connect(conn, target, headers, now)

    async def _carry(
        self, conn: int, request: web.Request, queue: asyncio.Queue[Frame | Hangup]
    ) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False, compress=False)
        await socket.prepare(request)
        sender = asyncio.create_task(_send(request, socket, queue))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self.exchange.frame(conn, message.data, self.clock.now())
                    self.pump()
                elif message.type is WSMsgType.PING and self.exchange.answers(conn):
                    await socket.pong(message.data)
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
        return socket


async def _send(request: web.Request, socket: web.WebSocketResponse, queue: asyncio.Queue[Frame | Hangup]) -> None:
    """Write frames as they come; a hang-up without a close frame (1006) aborts the transport."""
    while True:
        item = await queue.get()
        if isinstance(item, Frame):
            await socket.send_str(item.text)
        elif item.code == ABNORMAL:
            await _abort(request)
            return
        else:
            await socket.close(code=item.code)
            return


def _whole(reply: Reply) -> web.Response:
    response = web.Response(status=reply.status, body=reply.body)
    for name, value in reply.headers:
        if name.lower() != "content-length":
            response.headers[name] = value
    return response


async def _half(request: web.Request, output: HalfBody) -> web.StreamResponse:
    """Promise the whole body, write the first bytes of it, and abort."""
    response = web.StreamResponse(status=output.reply.status)
    for name, value in output.reply.headers:
        response.headers[name] = value
    response.content_length = len(output.reply.body)
    await response.prepare(request)
    await response.write(output.reply.body[: output.cut])
    return await _abort(request, response)


async def _abort(request: web.Request, response: web.StreamResponse | None = None) -> web.StreamResponse:
    """Reset the connection; what is returned is never written, since there is nothing left to write to."""
    if request.transport is not None:
        request.transport.abort()
    await asyncio.sleep(0)
    return response or web.Response(body=NO_BODY)


def is_handshake(request: web.Request) -> bool:
    """Tell whether a request asks to become a WebSocket."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


def venue_app(driver: Driver) -> web.Application:
    """Return the web application of one venue: every path is the exchange's to answer."""

    async def any_path(request: web.Request) -> web.StreamResponse:
        if is_handshake(request):
            return await driver.serve_socket(request)
        return await driver.serve_request(request)

    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", any_path)
    return app


def control_app(control: Control, clock: Clock) -> web.Application:
    """Return the web application of the control API."""

    async def any_path(request: web.Request) -> web.Response:
        body = await request.read()
        asked = Request(request.method, request.raw_path, tuple(request.headers.items()), body)
        await _news(control, asked)
        return _whole(control.handle(asked, clock.now()))

    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", any_path)
    return app


async def _news(control: Control, asked: Request) -> None:
    """Wait, for a while, until there is what the request asks for; one client at a time waits for a venue's moments."""
    moments = control.awaited(asked)
    if moments is not None:
        came = asyncio.Event()
        moments.on_met = came.set
        with suppress(TimeoutError):
            async with asyncio.timeout(NEWS_WITHIN):
                await came.wait()


@asynccontextmanager
async def listening(app: web.Application, port: int, host: str = LOOPBACK) -> AsyncIterator[int]:
    """Serve an application while the block runs and yield its port; a taken port raises OSError."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def serve(
    exchange: Exchange, *, port: int = 0, host: str = LOOPBACK, clock: Clock | None = None
) -> AsyncIterator[Addresses]:
    """Serve one exchange on a loopback port (0 takes a free one) while the block runs; its object stays in your hands.

    What you do to it by hand (prices, faults, trades) takes the time from the yielded `clock` and goes out at once.
    """
    driver = Driver(exchange, clock or Clock())
    exchange.on_change(driver.nudge)
    try:
        async with listening(venue_app(driver), port, host) as taken:
            yield Addresses(host, taken, driver.clock)
    finally:
        exchange.on_change(lambda: None)
        driver.stop()
