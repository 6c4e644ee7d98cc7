"""Binance USD-M as one language: from bytes to a named call, from the book's facts to frames.

``handle`` names the call and finds out who asks, and changes nothing. What it returns acts later, at the venue's
clock of that later moment: rate limits first, then the window of the signature (-1021), then the endpoint. Each
request is charged once, however often it is asked to act.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from venuesim.dialects.binance import wsapi
from venuesim.dialects.binance.asks import Later
from venuesim.dialects.binance.auth import KEY_HEADER, check_signature
from venuesim.dialects.binance.errors import Denial, error_reply, ok_reply, usual_text
from venuesim.dialects.binance.limits import Limits
from venuesim.dialects.binance.memory import Memory
from venuesim.dialects.binance.params import Params, header_of, params_of, path_of, path_part
from venuesim.dialects.binance.routes import ROUTES
from venuesim.dialects.binance.stream import Streams
from venuesim.dialects.binance.turn import Asker, Turn, identify
from venuesim.dialects.port import Handled, Wait
from venuesim.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from venuesim.dialects.binance.routes import Route
    from venuesim.dialects.port import Called, Core, Drop, Heard, Push
    from venuesim.facts import Fact
    from venuesim.wire import Headers, Request


class BinanceDialect:
    """The dialect of one Binance USD-M venue over the core it is given."""

    def __init__(self, core: Core) -> None:
        """``core`` is the box: book, views, market, switches."""
        self._core = core
        self._memory = Memory(Limits(lambda: int(core.switch("binance.weight_limit"))))
        self._streams = Streams(core, self._memory)

    def handle(self, request: Request, now: int) -> Handled:
        """Name the call; bad input becomes a ``Handled`` whose act answers the error."""
        del now
        route = ROUTES.get((request.method, path_of(request)))
        if route is None:
            denial = Denial(-5000, path_of(request), request.method, status=404)
            return Handled("unknown", None, None, None, reads=True, act=lambda _at: error_reply(denial))
        turn = self._turn(route, request)
        act = partial(self._answer, turn, turn.serve)
        return Handled(route.call, turn.account, turn.symbol, turn.client_id, reads=route.reads, act=act)

    def _turn(self, route: Route, request: Request) -> Turn:
        try:
            params = params_of(request)
        except Denial as denial:
            return Turn(self._core, self._memory, route, Params([]), Asker(denial=denial))
        key = header_of(request, KEY_HEADER)
        asker = identify(self._core, route, key, lambda account: check_signature(request, account.secret))
        return Turn(self._core, self._memory, route, params, asker)

    def _answer(self, turn: Turn, serve: Callable[[int], object], now: int) -> Reply | Wait:
        try:
            value = serve(now)
        except Denial as denial:
            return self._denied(denial, now)
        if isinstance(value, Later):
            then = value.then
            return Wait(value.until, partial(self._answer, turn, lambda at: turn.resume(then, at)))
        return ok_reply(value, self._headers(turn, now))

    def _headers(self, turn: Turn, now: int) -> Headers:
        headers = self._memory.limits.weight_headers(now)
        if turn.route.counts and turn.account is not None:
            headers = (*headers, *self._memory.limits.order_headers(turn.account, now))
        return headers

    def _denied(self, denial: Denial, now: int) -> Reply:
        """The error's reply; Retry-After only by the switch ``binance.retry_after`` (binance.md 1.3 [?])."""
        headers = self._memory.limits.weight_headers(now)
        if denial.wait is not None and self._core.switch("binance.retry_after") == "sent":
            headers = (*headers, ("Retry-After", str(-(-denial.wait // 1_000_000))))
        return error_reply(denial, headers)

    def refuse(self, status: int, code: int | None, text: str, now: int) -> Reply:
        """An error in the venue's envelope; without a code the text is the whole body, as a proxy's page is."""
        headers = self._memory.limits.weight_headers(now)
        if code is None:
            kind = "text/html" if text.lstrip().startswith("<") else "text/plain"
            return Reply(status, (("content-type", kind), *headers), text.encode())
        return error_reply(Denial(code, text=text or usual_text(code), status=status), headers)

    def connect(self, conn: int, target: str, headers: Headers, now: int) -> int:
        """The HTTP status of a WebSocket handshake; one of the WebSocket API costs weight (binance.md 2)."""
        del headers
        if path_part(target) == wsapi.PATH:
            return self._open_api(conn, now)
        return self._streams.connect(conn, target, now)

    def _open_api(self, conn: int, now: int) -> int:
        try:
            self._memory.limits.charge_weight(wsapi.HANDSHAKE_WEIGHT, now)
        except Denial as denial:
            return denial.status
        self._memory.api_connections[conn] = True
        return 101

    def frame(self, conn: int, text: str, now: int) -> Heard | Called:
        """What a client's text frame is: a request of the WebSocket API, or a stream's SUBSCRIBE."""
        if conn in self._memory.api_connections:
            return wsapi.hear(self._core, self._memory, text, lambda turn, at: self._answer(turn, turn.serve, at))
        return self._streams.frame(conn, text, now)

    def disconnect(self, conn: int, now: int) -> None:
        """Forget a connection that has gone."""
        del now
        self._memory.api_connections.pop(conn, None)
        self._streams.disconnect(conn)

    def render(self, facts: Sequence[Fact], now: int) -> list[Push]:
        """The frames of one venue event."""
        return self._streams.render(facts, now)

    def next_wake(self) -> int | None:
        """When the streams next have something to do of themselves."""
        return self._streams.next_wake()

    def lapse(self, account: str, now: int) -> list[Push]:
        """Let the account's listenKey run out before its time."""
        return self._streams.lapse(account, now)

    def wake(self, now: int) -> list[Push | Drop]:
        """Do what is due."""
        return self._streams.wake(now)
