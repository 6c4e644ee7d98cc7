"""The WebSocket API: the same venue asked by frames (binance.md 2)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.venuesim.binance.box import KEY, SECRET, SYMBOL, Box, stop_values
from venuesim.dialects.binance.auth import signature_of

ORDER = {"symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": "27"}


def ask(box: Box, method: str, params: dict[str, Any], secret: str = SECRET) -> Any:
    """Send one signed request and return the reply's frame."""
    given = {**params, "apiKey": KEY, "timestamp": box.now // 1_000}
    words = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}
    given["signature"] = signature_of(secret, "&".join(f"{name}={words[name]}" for name in sorted(words)))
    return send(box, json.dumps({"id": "q", "method": method, "params": given}))


def send(box: Box, text: str) -> Any:
    """Send one frame and return what comes back on the connection."""
    before = len(box.frames)
    box.exchange.frame(1, text, box.now)
    box.wait(0)
    assert len(box.frames) == before + 1
    return box.frames[-1][2]


def opened(**switches: str) -> Box:
    """A box with connection 1 open on the WebSocket API."""
    box = Box(switches)
    box.connect(1, "/ws-fapi/v1")
    return box


def test_an_order_and_its_stop_are_placed_and_cancelled_by_frames() -> None:
    """order.place, order.status, algoOrder.place and algoOrder.cancel answer as REST does, with id, status and limits."""
    box = opened()
    placed = ask(box, "order.place", {**ORDER, "newClientOrderId": "one"})
    assert (placed["id"], placed["status"], placed["result"]["status"]) == ("q", 200, "NEW")
    assert [row["rateLimitType"] for row in placed["rateLimits"]] == ["REQUEST_WEIGHT", "ORDERS", "ORDERS"]
    assert placed["rateLimits"][1]["count"] == 1
    box.wait(50_000)
    seen = ask(box, "order.status", {"symbol": SYMBOL, "origClientOrderId": "one"})
    assert (seen["result"]["status"], seen["result"]["executedQty"]) == ("FILLED", "27")
    stop = ask(box, "algoOrder.place", stop_values(closePosition=True, clientAlgoId="guard"))
    assert stop["result"]["algoStatus"] == "NEW"
    assert ask(box, "v2/account.position", {})["result"][0]["positionAmt"] == "-27"
    assert ask(box, "algoOrder.cancel", {"clientAlgoId": "guard"})["result"]["code"] == "200"


@pytest.mark.parametrize("number", [{"quantity": 27}, {"quantity": None}, {"quantity": ["27"]}])
def test_decimals_must_come_as_strings(number: dict[str, Any]) -> None:
    """A JSON number where a decimal string is due is refused, and nothing is placed."""
    box = opened()
    reply = ask(box, "order.place", {**ORDER, **number})
    assert (reply["status"], reply["error"]["code"]) == (400, -1130)
    assert box.call("GET", "/fapi/v1/allOrders") == []


def test_a_request_may_want_no_rate_limits() -> None:
    """returnRateLimits=false leaves them out of the reply."""
    reply = ask(opened(), "account.balance", {"returnRateLimits": False})
    assert list(reply) == ["id", "status", "result"]


def test_refusals_come_in_the_frames_error() -> None:
    """A wrong signature, a business refusal, an unknown method and broken JSON each have a code and a status."""
    box = opened()
    assert ask(box, "order.place", ORDER, secret="wrong")["error"]["code"] == -1022
    flat = ask(box, "order.place", {**ORDER, "reduceOnly": True})
    assert (flat["status"], flat["error"]["code"]) == (400, -2022)
    assert ask(box, "session.logon", {})["error"]["code"] == -1020
    assert send(box, "{")["error"]["code"] == -1130
    assert send(box, '{"id":1,"method":"account.balance","params":{}}')["status"] == 401


@pytest.mark.parametrize(("answer", "status", "filled"), [("new", "NEW", "0"), ("filled", "FILLED", "27")])
def test_result_is_answered_as_by_rest(answer: str, status: str, filled: str) -> None:
    """Whether RESULT waits for the match is the same question on both roads (binance.md 1.6, 2)."""
    box = opened(result_reply=answer)
    before = len(box.frames)
    params = {**ORDER, "newOrderRespType": "RESULT", "apiKey": KEY, "timestamp": box.now // 1_000}
    payload = "&".join(f"{name}={params[name]}" for name in sorted(params))
    call = {"id": 1, "method": "order.place", "params": {**params, "signature": signature_of(SECRET, payload)}}
    box.exchange.frame(1, json.dumps(call), box.now)
    box.wait(5_000)
    assert len(box.frames) == before + 1
    result = box.frames[-1][2]["result"]
    assert (result["status"], result["executedQty"]) == (status, filled)


def test_a_handshake_costs_weight() -> None:
    """Opening costs five, and past the limit the handshake itself is refused (binance.md 2)."""
    box = opened()
    assert ask(box, "ticker.price", {"symbol": SYMBOL})["rateLimits"][0]["count"] == 7
    full = Box(weight_limit="3", leverage=None)
    full.exchange.connect(1, "/ws-fapi/v1", (), full.now)
    full.wait(0)
    assert full.accepted == []
