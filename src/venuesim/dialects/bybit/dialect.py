"""Bybit v5, linear perpetuals, as the box speaks it (bybit.md 1 to 3).

A request goes through four gates. The address must not be banned and a GET must have no body (403); the path must
exist (404); a private path must be signed by a known key over exactly these bytes; and, once the request is due, the
timestamp must lie in its window and the account must have room in the endpoint's second. Then the endpoint answers,
and every answer, good or bad, is HTTP 200 in one envelope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from venuesim.dialects.bybit.auth import Credentials, check_signature, check_window, credentials_of
from venuesim.dialects.bybit.calls import NOBODY, Ask, Memory
from venuesim.dialects.bybit.errors import Denial, code_denial, denial_of, denial_reply
from venuesim.dialects.bybit.jsonwire import envelope, json_reply
from venuesim.dialects.bybit.limits import TOO_FREQUENT, Limits, TooManyVisits
from venuesim.dialects.bybit.params import Params, denied_params
from venuesim.dialects.bybit.pushes import Pushes, uuid_of
from venuesim.dialects.bybit.routes import BY_PATH, Route
from venuesim.dialects.bybit.stream import Streams
from venuesim.dialects.bybit.trade_stream import TradeStream
from venuesim.dialects.port import Drop, Handled, Push, Wait
from venuesim.facts import Account, PriceChanged, Refusal
from venuesim.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from venuesim.dialects.bybit.jsonwire import HttpHeaders
    from venuesim.dialects.port import Called, Core, Heard
    from venuesim.facts import Fact
    from venuesim.wire import Headers, Request

NOT_FOUND: Final = Reply(404, (("content-type", "text/plain"),), b"404 page not found")
BODY_ON_GET: Final = Reply(403, (("content-type", "text/html"),), b"<html><body><h1>403 Forbidden</h1></body></html>")
HTML: Final = (("content-type", "text/html"),)


class Case(Struct, frozen=True):
    """One request that found its path: what was asked, by whom as far as that is proven, or why it is denied."""

    route: Route
    params: Params
    account: Account
    given: Credentials | None
    denial: Denial | None
    call: str


class Meter:
    """Counts one request once, however often it is carried out, since a read may be carried out twice."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._banned: bool | None = None
        self._room: HttpHeaders | TooManyVisits | None = None

    def banned(self, now: int) -> bool:
        """Whether the address is banned when this request is due."""
        if self._banned is None:
            self._banned = self._limits.banned(now)
        return self._banned

    def charge(self, account: str, endpoint: str, limit: int, now: int) -> HttpHeaders:
        """The limit headers of this request, or ``TooManyVisits``."""
        if self._room is None:
            try:
                self._room = self._limits.charge(account, endpoint, limit, now).headers()
            except TooManyVisits as denial:
                self._room = denial
        if isinstance(self._room, TooManyVisits):
            raise self._room
        return self._room


class BybitDialect:
    """The language of one Bybit venue in a box."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._memory = Memory()
        self._limits = Limits(ban=int(core.switch("bybit.ban_us")))
        self._streams = Streams(core)
        self._streams.trade = TradeStream(core, self._memory, self._limits).hear
        self._pushes = Pushes(core)

    # --- requests

    def handle(self, request: Request, now: int) -> Handled:
        """Say what a request is, and how to carry it out when it is due."""
        meter = Meter(self._limits)
        route = BY_PATH.get((request.method, request.target.partition("?")[0]))
        if route is None or (request.method == "GET" and request.body):
            page = NOT_FOUND if route is None else BODY_ON_GET
            return Handled("unknown", None, None, None, reads=True, act=lambda at: self._page(meter, page, at))
        case = self._case(request, route)
        return Handled(
            call=case.call,
            account=case.account.name or None,
            symbol=_named(case.params, "symbol"),
            client_id=_named(case.params, "orderLinkId"),
            reads=route.method == "GET",
            act=lambda at: self._answer(case, meter, at),
        )

    def _page(self, meter: Meter, page: Reply, now: int) -> Reply:
        return TOO_FREQUENT if meter.banned(now) else page

    def _case(self, request: Request, route: Route) -> Case:
        params, denial = denied_params(request)
        account, given = NOBODY, None
        try:
            call = route.name(params, self._core.book)
        except Denial as malformed:
            call, denial = "unknown", denial or malformed
        if route.limit:
            try:
                given = credentials_of(request)
                account = self._signer(request, given, route)
            except Denial as refused:
                denial = refused
        return Case(route, params, account, given, denial, call)

    def _signer(self, request: Request, given: Credentials, route: Route) -> Account:
        """The account that signed; 10003, 10004, 10005 or 10010 otherwise (bybit.md 3.8)."""
        account = self._core.account_of_key(given.key)
        if account is None:
            raise Denial(10003)
        if self._core.switch("signature") == "check":
            check_signature(request, given, account.secret)
        if route.trades and "trade" not in account.permissions:
            raise Denial(10005)
        return account

    def _answer(self, case: Case, meter: Meter, now: int) -> Reply | Wait:
        """The gateway's part, and the endpoint's at once, or when a fault lets the request go on: its window is not
        looked at again, as far as the book knows (bybit.md 1.1).
        """
        if meter.banned(now):
            return TOO_FREQUENT
        limits: HttpHeaders = ()
        try:
            if case.given is not None:
                check_window(case.given.timestamp_ms, case.given.window_ms, now)
            if case.denial is not None:
                raise case.denial
            if case.route.limit:
                limits = meter.charge(case.account.name, case.route.path, case.route.limit, now)
        except Denial as denial:
            return self._denied(case, denial, limits, now)
        held = self._core.engine_delay
        return Wait(now + held, lambda at: self._serve(case, limits, at)) if held else self._serve(case, limits, now)

    def _serve(self, case: Case, limits: HttpHeaders, now: int) -> Reply:
        try:
            result = self._carry_out(case, now)
        except Denial as denial:
            return self._denied(case, denial, limits, now)
        body = envelope(now, result, 0, self._core.switch("bybit.success_text"))
        return json_reply(body, (*self._private_headers(case, 0, now), *limits))

    def _carry_out(self, case: Case, now: int) -> object:
        account, name = case.account, case.account.name
        if name:
            account = self._core.account(name)  # as it is now: its mode may have changed on the way
        ask = Ask(self._core, self._memory, account, case.params, now, case.call)
        try:
            return case.route.endpoint(ask)
        except Refusal as refusal:
            raise denial_of(refusal, symbol=case.params.text("symbol"), on=case.route.word) from refusal

    def _denied(self, case: Case, denial: Denial, limits: HttpHeaders, now: int) -> Reply:
        """A refused create may lack the limit headers (bybit.md 1.2, switch); 10006 always has them."""
        if isinstance(denial, TooManyVisits):
            limits = denial.room.headers()
        elif case.route.word == "create" and self._core.switch("bybit.limit_headers_on_error") == "no":
            limits = ()
        return denial_reply(denial, now, (*self._private_headers(case, denial.code, now), *limits))

    def _private_headers(self, case: Case, code: int, now: int) -> HttpHeaders:
        """``Ret_code``, ``Traceid`` and ``Timenow`` of private calls (bybit.md 1.2)."""
        if not case.route.limit:
            return ()
        trace = uuid_of(case.route.path, case.account.name, str(now)).replace("-", "")
        return (("Ret_code", str(code)), ("Traceid", trace), ("Timenow", str(now // 1_000)))

    def refuse(self, status: int, code: int | None, text: str, now: int) -> Reply:
        """An error reply in the venue's envelope; without a code, ``text`` is the whole body."""
        if code is None:
            return Reply(status, HTML, text.encode())
        denial = code_denial(code, text or None)
        return json_reply(envelope(now, {}, denial.code, denial.message), status=status)

    # --- sockets

    def connect(self, conn: int, target: str, headers: Headers, now: int) -> int:
        """101 for the private, public and trade paths, 404 for others."""
        return self._streams.connect(conn, target, now)

    def frame(self, conn: int, text: str, now: int) -> Heard | Called:
        """Say what a client's frame is."""
        return self._streams.frame(conn, text, now)

    def disconnect(self, conn: int, now: int) -> None:
        """Forget a socket that has gone."""
        self._streams.disconnect(conn)

    def render(self, facts: Sequence[Fact], now: int) -> list[Push]:
        """The frames that the venue sends about one event."""
        listening = self._streams.listening()
        told = self._pushes.messages(facts, listening, now) if listening else []
        pushes = [push for message in told for push in self._streams.address(message)]
        for fact in facts:
            if isinstance(fact, PriceChanged):
                pushes += self._streams.price_pushes(fact.symbol, now)
        return pushes

    def next_wake(self) -> int | None:
        """When a silent socket is cut, or at once where a cancel that came too late is to be told."""
        cut = self._streams.next_wake()
        if not self._memory.raced:
            return cut
        times = [at for at, _ in self._memory.raced]
        return min(times if cut is None else [*times, cut])

    def lapse(self, account: str, now: int) -> list[Push]:
        """Do nothing: a Bybit stream logs in with the account's own key."""
        return []

    def wake(self, now: int) -> list[Push | Drop]:
        """Tell the cancels that came too late, and cut the sockets that have been silent too long."""
        due = [order for at, order in self._memory.raced if at <= now]
        self._memory.raced = [(at, order) for at, order in self._memory.raced if at > now]
        told = [push for order in due for push in self._streams.address(self._pushes.filled_again(order, now))]
        return [*told, *self._streams.wake(now)]


def _named(params: Params, name: str) -> str | None:
    """What the request names, for faults to match; None where it is no text at all."""
    try:
        return params.text(name) or None
    except Denial:
        return None
