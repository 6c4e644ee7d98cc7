"""Binance USD-M as one language: from bytes to a named call, from the book's facts to frames.

``handle`` names the call and finds out who asks, and changes nothing. What it returns acts later, at the venue's
clock of that later moment: rate limits first, then the window of the signature (-1021), then the endpoint. Each
request is charged once, however often it is asked to act.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from venuesim.dialects.binance.asks import Ask, Later
from venuesim.dialects.binance.auth import api_key_of, check_gateway, check_signature, window_of
from venuesim.dialects.binance.errors import (
    TEXTS,
    Denial,
    denial_of,
    error_reply,
    ok_reply,
)
from venuesim.dialects.binance.limits import Limits
from venuesim.dialects.binance.memory import Memory
from venuesim.dialects.binance.params import Params, params_of, path_of
from venuesim.dialects.binance.routes import ROUTES, Demand, Route
from venuesim.dialects.binance.stream import Streams
from venuesim.dialects.port import Handled, Wait
from venuesim.facts import Refusal
from venuesim.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from venuesim.dialects.port import Core, Drop, Heard, Push
    from venuesim.facts import Account, Fact
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
        turn = Turn(self._core, self._memory, route, request)
        return Handled(route.call, turn.account or None, turn.symbol, turn.client_id, reads=route.reads, act=turn.act)

    def refuse(self, status: int, code: int | None, text: str, now: int) -> Reply:
        """An error in the venue's envelope; without a code the text is the whole body, as a proxy's page is."""
        headers = self._memory.limits.weight_headers(now)
        if code is None:
            kind = "text/html" if text.lstrip().startswith("<") else "text/plain"
            return Reply(status, (("content-type", kind), *headers), text.encode())
        return error_reply(Denial(code, text=text or TEXTS.get(code, ""), status=status), headers)

    def connect(self, conn: int, target: str, headers: Headers, now: int) -> int:
        """The HTTP status of a WebSocket handshake; streams need no header."""
        del headers
        return self._streams.connect(conn, target, now)

    def frame(self, conn: int, text: str, now: int) -> Heard:
        """What a client's text frame is."""
        return self._streams.frame(conn, text, now)

    def disconnect(self, conn: int, now: int) -> None:
        """Forget a connection that has gone."""
        del now
        self._streams.disconnect(conn)

    def render(self, facts: Sequence[Fact], now: int) -> list[Push]:
        """The frames of one venue event."""
        return self._streams.render(facts, now)

    def next_wake(self) -> int | None:
        """When the streams next have something to do of themselves."""
        return self._streams.next_wake()

    def wake(self, now: int) -> list[Push | Drop]:
        """Do what is due."""
        return self._streams.wake(now)


class Turn:
    """One request on its way: who asks, for what, and whether it has been charged."""

    def __init__(self, core: Core, memory: Memory, route: Route, request: Request) -> None:
        """Find out who asks; a refusal is kept and answered when the turn acts."""
        self._core = core
        self._memory = memory
        self._route = route
        self._charge: Callable[[int], None] = self._charge_first
        self._denial: Denial | None = None
        self._params = Params([])
        self.account = ""
        try:
            self._params = params_of(request)
            self.account = self._identify(request)
        except Denial as denial:
            self._denial = denial
        self.symbol = self._params.text("symbol")
        self.client_id = self._params.text(route.id_name) if route.id_name else None

    def act(self, now: int) -> Reply | Wait:
        """Serve the request at the venue's time ``now`` (µs)."""
        return self._answer(self._serve, now)

    def _answer(self, serve: Callable[[int], object], now: int) -> Reply | Wait:
        try:
            value = serve(now)
        except Denial as denial:
            return self._denied(denial, now)
        except Refusal as refusal:
            return self._denied(denial_of(refusal), now)
        if isinstance(value, Later):
            return Wait(value.until, partial(self._answer, value.then))
        return ok_reply(value, self._headers(now))

    def _serve(self, now: int) -> object:
        self._charge(now)
        if self._denial is not None:
            raise self._denial
        window = None
        if self._route.demand in (Demand.READ, Demand.TRADE):
            window = window_of(self._params)
            check_gateway(window, now)
        ask = Ask(self._core, self._memory, self._params, self.account, window, self._route.call, now)
        value = self._route.serve(ask)
        if self._route.reads:
            ask.refuse_unread()
        return value

    def _denied(self, denial: Denial, now: int) -> Reply:
        """The error's reply; Retry-After only by the switch ``binance.retry_after`` (binance.md 1.3 [?])."""
        headers = self._memory.limits.weight_headers(now)
        if denial.wait is not None and self._core.switch("binance.retry_after") == "sent":
            headers = (*headers, ("Retry-After", str(-(-denial.wait // 1_000_000))))
        return error_reply(denial, headers)

    def _identify(self, request: Request) -> str:
        """The account's name, "" where none is needed; -2014, -2015, -1102 and -1022 as due (binance.md 1.2, 4.2)."""
        if self._route.demand is Demand.OPEN:
            return ""
        account = self._core.account_of_key(api_key_of(request))
        if account is None or not self._permits(account):
            raise Denial(-2015)
        if self._route.demand is not Demand.KEYED and self._core.switch("signature") == "check":
            check_signature(request, account.secret)
        return account.name

    def _permits(self, account: Account) -> bool:
        wanted = "trade" if self._route.demand is Demand.TRADE else "read"
        return wanted in account.permissions

    def _charge_first(self, now: int) -> None:
        """Count the request once, and keep the answer for every further time it acts."""
        try:
            self._count(now)
        except Denial as denial:
            self._charge = partial(_raise, denial)
            raise
        self._charge = _free

    def _count(self, now: int) -> None:
        named = self._params.text("symbol") is not None
        self._memory.limits.charge_weight(self._route.weight if named else self._route.weight_all, now)
        if self._route.counts and self.account:
            self._memory.limits.charge_order(self.account, now)

    def _headers(self, now: int) -> Headers:
        headers = self._memory.limits.weight_headers(now)
        if self._route.counts:
            headers = (*headers, *self._memory.limits.order_headers(self.account, now))
        return headers


def _raise(denial: Denial, _now: int) -> None:
    raise denial


def _free(_now: int) -> None:
    """Charge nothing: this request has been counted."""
