"""Orders over a socket: ``/v5/trade`` (bybit.md 2.2).

The same three calls as REST with the same bodies, in another envelope: ``retCode``, ``retMsg``, ``connId``, ``reqId``
where the private stream says ``success``, ``ret_msg``, ``conn_id``, ``req_id``. An error carries ``data: {}``, so
only ``reqId`` tells what it answers. Results still arrive on the private stream. Whether a socket's orders share
REST's bucket is not documented for single orders: a switch (``bybit.trade_bucket``). An order goes the way of a REST
request: it is answered in REST's envelope first, and put into the socket's as it leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from venuesim.dialects.bybit.auth import DEFAULT_WINDOW_MS, check_window
from venuesim.dialects.bybit.calls import Ask, Memory
from venuesim.dialects.bybit.errors import Denial, denial_of, parameter
from venuesim.dialects.bybit.jsonwire import decode, encode_text, envelope, json_reply
from venuesim.dialects.bybit.limits import Limits, TooManyVisits
from venuesim.dialects.bybit.params import Params, object_params
from venuesim.dialects.bybit.pushes import uuid_of
from venuesim.dialects.bybit.routes import BY_PATH, Route
from venuesim.dialects.bybit.stream import TRADE, Socket, authenticate
from venuesim.dialects.port import Called, Handled, Heard, Wait
from venuesim.facts import Refusal

if TYPE_CHECKING:
    from venuesim.dialects.bybit.jsonwire import HttpHeaders
    from venuesim.dialects.port import Core
    from venuesim.wire import Reply

OPS: Final = {f"order.{word}": BY_PATH["POST", f"/v5/order/{word}"] for word in ("create", "amend", "cancel")}
LONGEST_ID: Final = 36


class TradeStream:
    """What a trade socket may say, and what it is answered."""

    def __init__(self, core: Core, memory: Memory, limits: Limits) -> None:
        self._core = core
        self._memory = memory
        self._limits = limits

    def hear(self, socket: Socket, said: dict[str, object], now: int) -> Heard | Called:
        """Say what a frame is; it changes nothing before it is due."""
        op = str(said.get("op"))
        if op in OPS:
            return self._order(socket, said, op)
        if op == "ping":
            return Heard("ping", socket.account, None, None, lambda at: (self._pong(socket, at),))
        if op == "auth":
            return Heard("auth", socket.account, None, None, lambda at: (self._auth(socket, said, at),))
        return Heard("unknown", socket.account, None, None, lambda at: (self._unknown(socket, said, op, at),))

    def _pong(self, socket: Socket, now: int) -> str:
        socket.speaks(now)
        body = {"retCode": 0, "retMsg": "OK", "op": "pong", "data": [str(now // 1_000)]}
        return encode_text({**body, "connId": socket.conn_id})

    def _auth(self, socket: Socket, said: dict[str, object], now: int) -> str:
        socket.speaks(now)
        try:
            if socket.account is not None:
                raise Denial(20001)
            socket.account = authenticate(self._core, said.get("args"), now)
        except Denial as denial:
            body: dict[str, object] = {"retCode": denial.code, "retMsg": denial.message}
        else:
            body = {"retCode": 0, "retMsg": "OK"}
        return encode_text({**_req_id(said), **body, "op": "auth", "connId": socket.conn_id})

    def _unknown(self, socket: Socket, said: dict[str, object], op: str, now: int) -> str:
        """10404: no such op."""
        denial = Denial(10404)
        return self._frame(socket, said, op, envelope(now, {}, denial.code, denial.message), now, {})

    def _order(self, socket: Socket, said: dict[str, object], op: str) -> Called:
        route, denial, params = OPS[op], None, Params({})
        try:
            params = _body(said)
            call = route.name(params, self._core.book)
        except Denial as refused:
            call, denial = "unknown", refused
        symbol, link = _word(params, "symbol"), _word(params, "orderLinkId")
        handled = Handled(
            call,
            socket.account,
            symbol,
            link,
            reads=False,
            act=lambda at: self._carry_out(socket, said, op, params, denial, at),
        )
        return Called(f"{TRADE} {op}", handled, lambda reply, at: self._enveloped(socket, said, op, reply, at))

    def _carry_out(
        self, socket: Socket, said: dict[str, object], op: str, params: Params, denial: Denial | None, now: int
    ) -> Reply | Wait:
        """The gateway's part, and the endpoint's at once, or when a fault lets the order go on."""
        socket.speaks(now)
        try:
            self._check(socket, said, denial, now)
            room = self._charge(socket, OPS[op], now)
        except Denial as refused:
            return _refused(refused, refused.room.headers() if isinstance(refused, TooManyVisits) else (), now)
        held = self._core.engine_delay
        if held:
            return Wait(now + held, lambda at: self._serve(socket, op, params, room, at))
        return self._serve(socket, op, params, room, now)

    def _serve(self, socket: Socket, op: str, params: Params, room: HttpHeaders, now: int) -> Reply:
        try:
            return json_reply(envelope(now, self._result(socket, OPS[op], params, now)), room)
        except Denial as refused:
            return _refused(refused, room, now)

    def _check(self, socket: Socket, said: dict[str, object], denial: Denial | None, now: int) -> None:
        if socket.account is None:
            raise Denial(10003)
        if denial is not None:
            raise denial
        if "trade" not in self._core.account(socket.account).permissions:
            raise Denial(10005)
        name = str(said.get("reqId", ""))
        if len(name) > LONGEST_ID:
            raise parameter("reqId is longer than 36")
        if name and name in socket.requests:
            raise Denial(20006)
        socket.requests[name] = None
        header = object_params(said.get("header", {}))
        check_window(
            header.integer("X-BAPI-TIMESTAMP", 0, 0, 10**15),
            header.integer("X-BAPI-RECV-WINDOW", DEFAULT_WINDOW_MS, 0, 10**9),
            now,
        )

    def _charge(self, socket: Socket, route: Route, now: int) -> HttpHeaders:
        shared = self._core.switch("bybit.trade_bucket") == "shared"
        bucket = route.path if shared else f"{route.path} by socket"
        return self._limits.charge(str(socket.account), bucket, route.limit, now).headers()

    def _result(self, socket: Socket, route: Route, params: Params, now: int) -> object:
        account = self._core.account(str(socket.account))
        ask = Ask(self._core, self._memory, account, params, now, f"order.{route.word}")
        try:
            return route.endpoint(ask)
        except Refusal as refusal:
            raise denial_of(refusal, symbol=params.text("symbol"), on=route.word) from refusal

    def _enveloped(self, socket: Socket, said: dict[str, object], op: str, reply: Reply, now: int) -> str | None:
        """A reply in the socket's envelope (bybit.md 2.2); None for a body that is no JSON object."""
        try:
            body = decode(reply.body)
        except ValueError:
            return None
        room = {name: value for name, value in reply.headers if name.startswith("X-Bapi-")}
        return self._frame(socket, said, op, body, now, room) if isinstance(body, dict) else None

    def _frame(
        self, socket: Socket, said: dict[str, object], op: str, body: dict[str, object], now: int, room: dict[str, str]
    ) -> str:
        trace = uuid_of(socket.conn_id, str(said.get("reqId")), str(now)).replace("-", "")
        told = {
            **_req_id(said),
            "retCode": body.get("retCode"),
            "retMsg": body.get("retMsg"),
            "op": op,
            "data": body.get("result"),
            "retExtInfo": {},
            "header": {**room, "Traceid": trace, "Timenow": str(now // 1_000)},
            "connId": socket.conn_id,
        }
        return encode_text(told)


def _refused(denial: Denial, room: HttpHeaders, now: int) -> Reply:
    return json_reply(envelope(now, {}, denial.code, denial.message), room)


def _body(said: dict[str, object]) -> Params:
    """The one body in ``args``; 10001 when there is not exactly one."""
    args = said.get("args")
    if not isinstance(args, list) or len(args) != 1:
        raise parameter("params error: args expected one order")
    return object_params(args[0])


def _word(params: Params, name: str) -> str | None:
    try:
        return params.text(name) or None
    except Denial:
        return None


def _req_id(said: dict[str, object]) -> dict[str, object]:
    return {"reqId": str(said["reqId"])} if "reqId" in said else {}
