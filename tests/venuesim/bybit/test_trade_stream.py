"""Orders over the trade socket (bybit.md 2.2)."""

from __future__ import annotations

import json
from typing import Any

from tests.venuesim.bybit.box import KEY, SYMBOL, Box, order_values
from venuesim.dialects.bybit.auth import socket_signature
from venuesim.faults import parse


def trader(**switches: Any) -> Box:
    """A box with a logged-in trade socket 5."""
    box = Box(**switches)
    box.connect(5, "/v5/trade")
    expires = box.now // 1000 + 10_000
    (answer,) = box.say(5, op="auth", args=[KEY, expires, socket_signature("testsecret", expires)])
    assert (answer["retCode"], answer["retMsg"], answer["op"]) == (0, "OK", "auth")
    return box


def send(box: Box, op: str, req_id: str, skew_ms: int = 0, **body: Any) -> Any:
    """Send one order frame and return its answer."""
    return box.say(5, **framed(op, req_id, box, skew_ms, **body))[0]


def framed(op: str, req_id: str, box: Box, skew_ms: int = 0, **body: Any) -> dict[str, Any]:
    """An order frame stamped with the box's clock."""
    header = {"X-BAPI-TIMESTAMP": str(box.now // 1000 + skew_ms), "X-BAPI-RECV-WINDOW": "5000"}
    return {"op": op, "reqId": req_id, "header": header, "args": [{"category": "linear", **body}]}


def test_an_order_by_frame_is_acknowledged_like_one_by_rest() -> None:
    """reqId, retCode, the two ids in data, the limits in header; it opens the position."""
    box = trader()
    answer = send(box, "order.create", "r1", **order_values(orderLinkId="one"))
    assert (answer["reqId"], answer["retCode"], answer["op"]) == ("r1", 0, "order.create")
    assert answer["data"]["orderLinkId"] == "one"
    assert (answer["header"]["X-Bapi-Limit"], answer["header"]["X-Bapi-Limit-Status"]) == ("10", "9")
    box.wait()
    assert box.position()["size"] == "10000"


def test_an_error_has_empty_data_and_only_req_id_tells_what_it_answers() -> None:
    """Duplicate link id, unknown order, wrong clock, repeated reqId, unknown op, repeated auth."""
    box = trader()
    send(box, "order.create", "r1", **order_values(orderLinkId="one"))
    answer = send(box, "order.create", "r2", **order_values(orderLinkId="one"))
    assert (answer["reqId"], answer["retCode"], answer["data"]) == ("r2", 110072, {})
    missing = send(box, "order.cancel", "r3", symbol=SYMBOL, orderId="nope")
    assert (missing["retCode"], missing["retMsg"]) == (110001, "order not exists or too late to cancel")
    assert send(box, "order.create", "r4", skew_ms=2000, **order_values())["retCode"] == 10002
    assert send(box, "order.create", "r4", **order_values())["retCode"] == 20006
    assert box.say(5, op="order.nothing", reqId="r5")[0]["retCode"] == 10404
    expires = box.now // 1000 + 10_000
    again = box.say(5, op="auth", args=[KEY, expires, socket_signature("testsecret", expires)])[0]
    assert again["retCode"] == 20001


def test_without_a_login_nothing_is_traded() -> None:
    """An order on a socket that is not logged in is refused."""
    box = Box()
    box.connect(5, "/v5/trade")
    assert send(box, "order.create", "r1", **order_values())["retCode"] == 10003
    assert box.say(5, op="auth", args=[KEY, 1, "x"])[0]["retCode"] == 10004
    assert box.say(5, op="ping")[0]["op"] == "pong"


def test_whether_frames_share_the_bucket_of_rest_is_a_switch() -> None:
    """Ten by frame leave REST its own ten, or nothing."""
    for answer, code in (("own", 0), ("shared", 10006)):
        box = trader(trade_bucket=answer)
        for number in range(10):
            send(box, "order.cancel", f"r{number}", symbol=SYMBOL, orderId="nope")
        reply = box.answer("POST", "/v5/order/cancel", symbol=SYMBOL, orderId="nope")
        assert reply["retCode"] == (code or 110001)


def test_an_order_by_frame_can_be_held_behind_the_gateway() -> None:
    """It is executed, and its frame answered, when the delay is over; a wrong clock is refused at once."""
    box = trader()
    box.exchange.faults.add(parse({"fault": "delay", "call": "order.create", "where": "engine", "ms": 700}))
    assert send(box, "order.create", "r0", skew_ms=2000, **order_values())["retCode"] == 10002
    assert box.exchange.faults.fired == []
    box.exchange.frame(5, json.dumps(framed("order.create", "r1", box, **order_values(orderLinkId="one"))), box.now)
    began = box.now
    box.wait(800_000)
    assert box.frames[-1][2]["retCode"] == 0
    [order] = box.exchange.book.orders_named("main", "one")
    assert order.created_at == began + 700_000
    assert len(box.exchange.faults.fired) == 1
