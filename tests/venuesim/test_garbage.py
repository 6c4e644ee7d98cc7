"""Both real languages against nonsense: whatever arrives, the box answers, keeps its books, and never falls over."""

from __future__ import annotations

import hashlib
import hmac
import json
from decimal import Decimal
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from venuesim.dialects.binance.routes import ROUTES as BINANCE_ROUTES
from venuesim.dialects.bybit.routes import ROUTES as BYBIT_ROUTES
from venuesim.dialects.bybit.routes import Route
from venuesim.exchange import Exchange
from venuesim.facts import Side
from venuesim.wire import Accepted, Answer, Rejected, Request

START = 1_790_000_000_000_000
WORDS = st.one_of(
    st.sampled_from([
        "BTCUSDT", "BUY", "SELL", "Buy", "Sell", "MARKET", "LIMIT", "Market", "Limit", "STOP_MARKET", "linear", "CONDITIONAL",
        "0.01", "1", "-1", "0", "1e9", "NaN", "Infinity", "0.0000001", "106000", "65000", "true", "false", "Full", "Partial",
        "MARK_PRICE", "MarkPrice", "GTC", "IOC", "x", "", "1790000000000", "999999999999999999999999", "[]", "{}", "null",
    ]),
    st.text(max_size=12),
)  # fmt: skip
NAMES = st.sampled_from([
    "symbol", "side", "type", "orderType", "quantity", "qty", "price", "timeInForce", "reduceOnly", "newClientOrderId",
    "orderLinkId", "orderId", "origClientOrderId", "algoType", "triggerPrice", "closePosition", "workingType", "category",
    "clientAlgoId", "algoId", "leverage", "buyLeverage", "sellLeverage", "limit", "cursor", "startTime", "endTime", "stopLoss",
    "takeProfit", "tpslMode", "positionIdx", "triggerDirection", "slTriggerBy", "settleCoin", "openOnly", "orderFilter",
    "positionSide", "marginType", "dualSidePosition", "newOrderRespType", "fromId", "coin", "mode", "setMarginMode",
])  # fmt: skip
RIGHT = {
    "symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.1", "category": "linear", "orderType": "Market",
    "qty": "0.1", "algoType": "CONDITIONAL", "triggerPrice": "60000", "buyLeverage": "5", "sellLeverage": "5", "leverage": "5",
    "stopLoss": "60000", "tpslMode": "Full", "positionIdx": "0", "triggerDirection": "2", "workingType": "MARK_PRICE",
}  # fmt: skip
NEARLY_RIGHT = st.builds(
    lambda kept, wrong: {**{name: RIGHT[name] for name in kept}, **wrong},
    st.lists(st.sampled_from(sorted(RIGHT)), unique=True),
    st.dictionaries(NAMES, WORDS, max_size=4),
)
LOOSE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


def box(venue: str) -> Exchange:
    """Return a box in which one account is long with a stop's worth of history."""
    exchange = Exchange(venue, seed=3, start=START, switches={"lag": "none"}, symbols=["BTCUSDT", "SOLUSDT"])
    exchange.open_account("a", key="key", secret="secret", balance=Decimal(100_000))
    exchange.trade_by_hand("a", "BTCUSDT", Side.BUY, Decimal("0.1"), START)
    return exchange


def answered(exchange: Exchange, request: Request, now: int) -> None:
    """Send a request and see that exactly one whole answer comes, and that the books still balance."""
    exchange.request(1, request, now)
    outputs = [output for output in exchange.advance(now + 1_000_000) if isinstance(output, Answer)]
    assert len(outputs) == 1
    assert 200 <= outputs[0].reply.status < 600
    held = sum((f.side.sign * f.quantity for f in exchange.history.fills_as_of("a", now + 1_000_000)), Decimal(0))
    assert held == sum(position.quantity for position in exchange.book.ledger.positions("a"))
    assert all(quantity.is_finite() for quantity in (held, exchange.book.ledger.wallet("a").balance))


def signed(text: str) -> str:
    """Return the HMAC of a text under the account's secret."""
    return hmac.new(b"secret", text.encode(), hashlib.sha256).hexdigest()


@settings(max_examples=120)
@given(route=st.sampled_from(sorted(BINANCE_ROUTES)), params=NEARLY_RIGHT)
def test_binance_answers_every_signed_nonsense(route: tuple[str, str], params: dict[str, str]) -> None:
    """Authentic requests with any parameters on any path are answered, not raised."""
    now = START + 1_000_000
    query = "&".join(
        f"{quote(name)}={quote(value)}" for name, value in {**params, "timestamp": str(now // 1000)}.items()
    )
    method, path = route
    target = f"{path}?{query}&signature={signed(query)}"
    answered(box("binance"), Request(method, target, (("X-MBX-APIKEY", "key"),)), now)


@settings(max_examples=120)
@given(route=st.sampled_from(BYBIT_ROUTES), params=NEARLY_RIGHT, loose=LOOSE, is_loose=st.booleans())
def test_bybit_answers_every_signed_nonsense(
    route: Route, params: dict[str, str], loose: object, is_loose: bool
) -> None:
    """Authentic requests with any parameters or any JSON on any path are answered, not raised."""
    now = START + 1_000_000
    method, path = route.method, route.path
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in params.items())
    body = json.dumps(loose if is_loose else params)
    text = query if method == "GET" else body
    stamp = str(now // 1000)
    headers = (
        ("X-BAPI-API-KEY", "key"),
        ("X-BAPI-TIMESTAMP", stamp),
        ("X-BAPI-RECV-WINDOW", "5000"),
        ("X-BAPI-SIGN", signed(f"{stamp}key5000{text}")),
    )
    target, sent = (f"{path}?{query}", b"") if method == "GET" else (path, body.encode())
    answered(box("bybit"), Request(method, target, headers, sent), now)


@settings(max_examples=80)
@given(
    venue=st.sampled_from(["binance", "bybit"]),
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD"]),
    target=st.text(max_size=60).map(lambda text: "/" + text),
    headers=st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=3),
    body=st.binary(max_size=60),
)
def test_raw_nonsense_is_answered_too(
    venue: str, method: str, target: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    """Any method, path, header and body is answered with some status."""
    answered(box(venue), Request(method, target, tuple(headers), body), START)


@settings(max_examples=80)
@given(
    venue=st.sampled_from(["binance", "bybit"]),
    target=st.sampled_from([
        "/v5/private", "/v5/public/linear", "/v5/trade", "/private/ws/x", "/ws-fapi/v1", "/market/ws", "/ws/x", "/none",
    ]),
    frames=st.lists(st.one_of(st.text(max_size=30), LOOSE.map(json.dumps), st.builds(
        lambda op, args: json.dumps({"op": op, "method": op, "id": 1, "req_id": "1", "args": args, "params": args}),
        st.sampled_from(["auth", "subscribe", "SUBSCRIBE", "ping", "order.create", "order.place", "unsubscribe"]), LOOSE,
    )), max_size=5),
)  # fmt: skip
def test_frames_of_nonsense_never_break_a_stream(venue: str, target: str, frames: list[str]) -> None:
    """Whatever a client sends on a socket, the venue goes on, and what happens afterwards is still told."""
    exchange = box(venue)
    exchange.connect(5, target, (), START)
    for number, text in enumerate(frames):
        exchange.frame(5, text, START + number * 1000)
    outputs = exchange.advance(START + 1_000_000)
    assert [type(output) for output in outputs[:1]] in ([Accepted], [Rejected])
    exchange.trade_by_hand("a", "BTCUSDT", Side.SELL, Decimal("0.1"), START + 1_000_000)
    assert exchange.judge().positions == []
