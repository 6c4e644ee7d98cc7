"""The WebSocket API at ``/ws-fapi/v1``: the same endpoints asked by frames (binance.md 2).

A request is ``{"id", "method", "params"}``, its params signed in the order of their names; the reply carries the id, a
status, the result or the error, and the rate limits. Integers are JSON numbers, decimals JSON strings: a JSON
fraction is refused where a decimal is due. Logging on with an Ed25519 key is not in the box, so each request brings
its apiKey and signature. What is asked goes the way of a REST request, and the result has the same fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from venuesim.dialects.binance.auth import check_signed
from venuesim.dialects.binance.errors import Denial
from venuesim.dialects.binance.jsonwire import encode
from venuesim.dialects.binance.params import Params
from venuesim.dialects.binance.routes import ROUTES
from venuesim.dialects.binance.turn import Turn, identify
from venuesim.dialects.port import Called, Handled, Heard

if TYPE_CHECKING:
    from collections.abc import Callable

    from venuesim.dialects.binance.memory import Memory
    from venuesim.dialects.binance.routes import Route
    from venuesim.dialects.port import Core, Wait
    from venuesim.facts import Account
    from venuesim.wire import Reply

DECIMALS: Final = ("quantity", "price", "triggerPrice", "activatePrice", "callbackRate")
"""Parameters that must be JSON strings (binance.md 2)."""
PATH: Final = "/ws-fapi/v1"
HANDSHAKE_WEIGHT: Final = 5
HTTP_OK: Final = 200
METHODS: Final[dict[str, Route]] = {
    "order.place": ROUTES["POST", "/fapi/v1/order"],
    "order.cancel": ROUTES["DELETE", "/fapi/v1/order"],
    "order.status": ROUTES["GET", "/fapi/v1/order"],
    "algoOrder.place": ROUTES["POST", "/fapi/v1/algoOrder"],
    "algoOrder.cancel": ROUTES["DELETE", "/fapi/v1/algoOrder"],
    "account.position": ROUTES["GET", "/fapi/v2/positionRisk"],
    "v2/account.position": ROUTES["GET", "/fapi/v3/positionRisk"],
    "account.balance": ROUTES["GET", "/fapi/v2/balance"],
    "v2/account.balance": ROUTES["GET", "/fapi/v3/balance"],
    "account.status": ROUTES["GET", "/fapi/v2/account"],
    "v2/account.status": ROUTES["GET", "/fapi/v3/account"],
    "userDataStream.start": ROUTES["POST", "/fapi/v1/listenKey"],
    "userDataStream.ping": ROUTES["PUT", "/fapi/v1/listenKey"],
    "userDataStream.stop": ROUTES["DELETE", "/fapi/v1/listenKey"],
    "ticker.price": ROUTES["GET", "/fapi/v2/ticker/price"],
    "ticker.book": ROUTES["GET", "/fapi/v1/ticker/bookTicker"],
}


class Call(msgspec.Struct, frozen=True):
    """One request frame."""

    method: str
    id: str | int | None = None
    params: dict[str, msgspec.Raw] = {}


def hear(core: Core, memory: Memory, text: str, answer: Callable[[Turn, int], Reply | Wait]) -> Heard | Called:
    """Say what a request frame is; ``answer`` carries a turn out, as of a REST request."""
    try:
        call = msgspec.json.decode(text, type=Call)
        turn = _turn(core, memory, call)
    except msgspec.DecodeError as error:
        denial = Denial(-1130, text=f"Invalid request: {error}")
        return Heard("unknown", None, None, None, lambda now: (_failed(memory, None, None, denial, now),))
    except Denial as denial:
        kept = denial
        return Heard("unknown", None, None, None, lambda now: (_failed(memory, call.id, None, kept, now),))
    handled = Handled(
        turn.route.call,
        turn.account,
        turn.symbol,
        turn.client_id,
        reads=turn.route.reads,
        act=lambda now: answer(turn, now),
    )
    return Called(f"{PATH} {call.method}", handled, lambda reply, now: _frame(memory, call.id, turn, reply, now))


def _turn(core: Core, memory: Memory, call: Call) -> Turn:
    route = METHODS.get(call.method)
    if route is None:
        raise Denial(-1020)
    pairs = [(name, _text(name, bytes(value))) for name, value in call.params.items()]
    params = Params(pairs)
    params.text("returnRateLimits")
    asker = identify(core, route, params.text("apiKey"), lambda account: _check(pairs, account))
    return Turn(core, memory, route, params, asker)


def _text(name: str, value: bytes) -> str:
    """A parameter's text as the signature covers it; a decimal that is no JSON string, or a structure, is -1130."""
    if value.startswith(b'"'):
        return str(msgspec.json.decode(value))
    if name in DECIMALS or value[:1] in {b"{", b"["}:
        raise Denial(-1130, name)
    return value.decode()


def _check(pairs: list[tuple[str, str]], account: Account) -> None:
    """The signature over all other params, sorted by name and joined as they are (binance.md 2)."""
    payload = "&".join(f"{name}={value}" for name, value in sorted(pairs) if name != "signature")
    check_signed(payload, dict(pairs).get("signature"), account.secret)


def _frame(memory: Memory, number: str | int | None, turn: Turn, reply: Reply, now: int) -> str | None:
    """A reply in the envelope of frames (binance.md 2); None for a body that is no JSON, which no frame can hold."""
    try:
        body = msgspec.Raw(encode(msgspec.json.decode(reply.body, type=msgspec.Raw)))
    except msgspec.DecodeError:
        return None
    held = "result" if reply.status == HTTP_OK else "error"
    return encode({"id": number, "status": reply.status, held: body, **_limits(memory, turn, now)}).decode()


def _failed(memory: Memory, number: str | int | None, turn: Turn | None, denial: Denial, now: int) -> str:
    error = {"code": denial.code, "msg": denial.text}
    return encode({"id": number, "status": denial.status, "error": error, **_limits(memory, turn, now)}).decode()


def _limits(memory: Memory, turn: Turn | None, now: int) -> dict[str, object]:
    """The weight used, and for what counts as an order the account's counts; nothing if the request wants none."""
    if turn is not None and turn.wants_no_limits:
        return {}
    account = turn.account if turn is not None and turn.route.counts else None
    return {"rateLimits": memory.limits.counted_rows(account, now)}
