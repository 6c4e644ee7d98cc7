"""What a fault makes of this venue's replies, and what can be learnt all the same (bybit.md 3.2, 3.8, 6.6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.venuesim.bybit.box import SYMBOL, Box, decoded, order_values
from venuesim.dialects.bybit.errors import denial_of
from venuesim.facts import Reason, Refusal
from venuesim.faults import parse
from venuesim.wire import Request, Reset

CREATE = "/v5/order/create"


def planned(**fault: Any) -> Box:
    """A box with one fault in force."""
    box = Box()
    box.exchange.faults.add(parse(fault))
    return box


def test_a_lost_reply_that_landed_is_told_by_the_duplicate_id() -> None:
    """The first send is acted upon and reset; the same id again is 110072, and the order is found under it."""
    box = planned(fault="reply_lost", call="order.create", times=1)
    request = box.request("POST", CREATE, {"category": "linear", **order_values(orderLinkId="once")})
    box.exchange.request(900, request, box.now)
    lost = box.exchange.advance(box.now + 1_000_000)
    assert [output.key for output in lost if isinstance(output, Reset)] == [900]
    box.now += 1_000_000
    assert box.refused(CREATE, **order_values(orderLinkId="once"))[0] == 110072
    assert box.realtime(orderLinkId="once")[0]["orderStatus"] == "Filled"


@pytest.mark.parametrize(("effect", "size"), [(True, "10000"), (False, "0")])
@pytest.mark.parametrize("code", [10000, 10016, 10019])
def test_an_ambiguous_code_comes_with_and_without_effect(code: int, effect: bool, size: str) -> None:
    """The envelope is the venue's, HTTP 200, and says nothing about what happened."""
    box = planned(fault="status", call="order.create", code=code, text="Server error.", effect=effect, times=1)
    assert box.refused(CREATE, **order_values()) == (code, "Server error.")
    box.wait()
    assert box.position()["size"] == size


def test_a_page_of_html_is_no_envelope() -> None:
    """A 502 with a page, from something before the venue."""
    box = planned(fault="status", call="order.get", status=502, text="<html>Bad Gateway</html>", times=1)
    reply = box.raw(box.request("GET", "/v5/order/realtime", {"category": "linear", "symbol": SYMBOL, "orderId": "x"}))
    assert (reply.status, reply.body) == (502, b"<html>Bad Gateway</html>")


def test_an_empty_read_is_a_success_that_shows_nothing() -> None:
    """retCode 0 and an empty list, three times, then the order: the report's retry test."""
    box = planned(fault="empty_read", call="order.get", times=3)
    placed = box.order()
    found = [len(box.realtime(orderId=placed["orderId"])) for _ in range(4)]
    assert found == [0, 0, 0, 1]


def test_a_read_that_fails_twice_is_counted_once_by_the_limits() -> None:
    """Carrying a read out twice to see whether a fault changed it does not use the budget twice."""
    box = planned(fault="stale_read", call="order.get")
    reply = box.raw(box.request("GET", "/v5/order/realtime", {"category": "linear", "symbol": SYMBOL, "orderId": "x"}))
    assert dict(reply.headers)["X-Bapi-Limit-Status"] == "49"


def test_a_refused_stop_leaves_the_position_naked_and_says_why() -> None:
    """A planned refusal of trading-stop answers the code and sets nothing."""
    box = planned(fault="stop_refused", call="stop.create", code=10001, text="can not set tp/sl/ts for zero position")
    box.order()
    code, text = box.refused("/v5/position/trading-stop", symbol=SYMBOL, stopLoss="0.0013", tpslMode="Full")
    assert (code, text) == (10001, "can not set tp/sl/ts for zero position")
    assert box.position()["stopLoss"] == ""


@pytest.mark.parametrize(
    ("call", "path", "params"),
    [
        ("stop.create", "/v5/position/trading-stop", {"stopLoss": "0.0013", "tpslMode": "Full", "positionIdx": 0}),
        ("order.create", CREATE, {"side": "Sell", "orderType": "Market", "qty": "10000", "reduceOnly": True}),
        ("leverage.set", "/v5/position/set-leverage", {"buyLeverage": "3", "sellLeverage": "3"}),
    ],
)
def test_every_act_can_be_held_behind_the_gateway(call: str, path: str, params: dict[str, Any]) -> None:
    """What the gateway lets through acts on the book as it stands after the delay, here one that has closed; what it
    refuses was held by nothing, so that no fault has struck.
    """
    box = Box()
    box.order()
    box.exchange.faults.add(parse({"fault": "delay", "call": call, "where": "engine", "ms": 1_000, "times": 2}))
    body = {"category": "linear", "symbol": SYMBOL, **params}
    assert decoded(box.raw(box.request("POST", path, body, skew_ms=9_000)))["retCode"] == 10002
    assert box.exchange.faults.fired == []
    box.exchange.request(900, box.request("POST", path, body), box.now)
    if call != "order.create":
        box.order(side="Sell", reduceOnly=True)
    else:
        assert box.position()["size"] == "10000"
    box.wait(1_100_000)
    told = {"stop.create": 10001, "order.create": 0, "leverage.set": 0}
    assert decoded(box.replies[900])["retCode"] == told[call]
    assert (box.position()["size"], len(box.exchange.faults.fired)) == ("0", 1)


def test_a_dropped_order_message_leaves_the_others() -> None:
    """Topics fail each for itself."""
    box = planned(fault="stream_drop", call="stream.order")
    box.listen("order", "execution", "position")
    box.order()
    assert box.heard("order") == []
    assert len(box.heard("execution")) == 1


@pytest.mark.parametrize("reason", list(Reason))
def test_every_refusal_of_the_book_has_words_here(reason: Reason) -> None:
    """No reason is without a code, on any call."""
    numbers: dict[str, Any] = {"trigger": 2, "base": 1, "trigger_by": "MARK", "side": "BUY", "direction": "FALL"}
    for on in ("create", "amend", "cancel", "trading-stop", "set-leverage"):
        denial = denial_of(Refusal(reason, **numbers), symbol=SYMBOL, on=on)
        assert denial.code > 0
        assert denial.message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        json.dumps({"category": "linear", "symbol": ["BTCUSDT"]}).encode(),
        json.dumps({"category": "linear", **order_values(qty="9" * 5000)}).encode(),
        json.dumps({"category": "linear", **order_values(qty="NaN")}).encode(),
        json.dumps({"category": "linear", **order_values(positionIdx="1" * 5000)}).encode(),
        json.dumps({"category": "linear", **order_values(orderType="Limit", price="-1")}).encode(),
        json.dumps({"category": "linear", **order_values(stopLoss="-1")}).encode(),
        json.dumps({"category": "linear", **order_values(triggerPrice="0", triggerDirection=1)}).encode(),
    ],
)
def test_a_body_that_makes_no_sense_is_a_parameter_error(body: bytes) -> None:
    """10001, never a crash, and nothing changes."""
    box = Box()
    stamp = str(box.now // 1000)
    request = box.request("POST", CREATE, {})
    headers = tuple((name, value) for name, value in request.headers if name not in ("X-BAPI-SIGN", "X-BAPI-TIMESTAMP"))
    box.exchange.set_switch("signature", "ignore")
    signed = (*headers, ("X-BAPI-TIMESTAMP", stamp), ("X-BAPI-SIGN", "x"))
    assert decoded(box.raw(Request("POST", CREATE, signed, body)))["retCode"] == 10001
    assert box.realtime(openOnly=1) == []


def test_a_mode_that_is_flipped_as_an_order_arrives_is_the_mode_it_meets() -> None:
    """An order of the old mode is refused, though the account was still in it when the request left (bybit.md 3.8)."""
    box = planned(fault="mode_flipped", call="order.create", nth=1)
    assert box.refused(CREATE, **order_values()) == (10001, "position idx not match position mode")
