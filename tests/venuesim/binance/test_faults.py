"""The box's faults as they reach a Binance client: what is answered, and whether it was acted on (binance.md 4)."""

from __future__ import annotations

import pytest

from tests.venuesim.binance.box import SYMBOL, Box, decoded, stop_values
from venuesim.faults import parse

ORDER = "/fapi/v1/order"
SELL = {"symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": "27", "newClientOrderId": "one"}


def faulty(**fault: object) -> Box:
    """A box that has one fault planned, with connection 1 listening."""
    box = Box()
    box.connect(1, f"/private/ws/{box.listen()}")
    box.exchange.faults.add(parse(fault))
    return box


def test_a_request_held_before_the_engine_past_its_window_is_minus_5028() -> None:
    """The gateway took it in time, the engine judges the window again and executes nothing (0.1 fact 5)."""
    box = faulty(fault="delay", call="order.create", where="engine", ms=1_600)
    refused = box.refused("POST", ORDER, **SELL, recvWindow=1_500)
    assert refused == (400, -5028, "Timestamp for this request is outside of the ME recvWindow.")
    assert box.call("GET", "/fapi/v1/allOrders") == []


def test_a_request_held_before_the_engine_within_its_window_is_executed_late() -> None:
    """Held for a second with a window of five, the order is accepted then."""
    box = faulty(fault="delay", call="order.create", where="engine", ms=1_000)
    asked = box.now
    placed = box.call("POST", ORDER, **SELL)
    assert placed["updateTime"] >= (asked + 1_000_000) // 1_000


@pytest.mark.parametrize(
    ("call", "method", "path", "params"),
    [
        ("stop.create", "POST", "/fapi/v1/algoOrder", stop_values(clientAlgoId="two")),
        ("stop.cancel", "DELETE", "/fapi/v1/algoOrder", {"clientAlgoId": "stop"}),
        ("leverage.set", "POST", "/fapi/v1/leverage", {"symbol": SYMBOL, "leverage": 3}),
        ("positions.get", "GET", "/fapi/v2/positionRisk", {"symbol": SYMBOL}),
    ],
)
def test_every_call_can_be_held_behind_the_gateway(call: str, method: str, path: str, params: dict[str, str]) -> None:
    """What the gateway lets through acts on the book as it stands after the delay, here one that has closed; what it
    refuses was held by nothing, so that no fault has struck.
    """
    box = faulty(fault="delay", call=call, where="engine", ms=1_000)
    box.order()
    if call == "stop.cancel":
        box.stop(clientAlgoId="stop")
    assert box.refused(method, path, **params, timestamp=1)[1] == -1021
    assert box.exchange.faults.fired == []
    box.exchange.request(900, box.request(method, path, params), box.now)
    box.order("BUY", reduceOnly="true")
    box.wait(1_000_000)
    reply, gone = decoded(box.replies[900]), {"stop.create": -4509, "stop.cancel": -2011}
    if call in gone:
        assert reply["code"] == gone[call]
    else:
        assert reply == [{**reply[0], "positionAmt": "0"}] if call == "positions.get" else reply["leverage"] == 3
    assert [strike.call for strike in box.exchange.faults.fired] == [call]


def test_an_order_held_and_then_waited_for_is_held_once() -> None:
    """A RESULT waits for the match too, which is no fault's doing."""
    box = Box(result_reply="filled")
    box.exchange.faults.add(parse({"fault": "delay", "call": "order.create", "where": "engine", "ms": 1_000}))
    assert box.call("POST", ORDER, **SELL, newOrderRespType="RESULT")["status"] == "FILLED"
    assert len(box.exchange.faults.fired) == 1


def test_a_request_delayed_on_its_way_past_its_window_is_minus_1021() -> None:
    """The gateway judges the window when the request arrives."""
    box = faulty(fault="delay", call="order.create", where="request", ms=5_100)
    assert box.refused("POST", ORDER, **SELL)[1] == -1021


@pytest.mark.parametrize(("effect", "status"), [(True, "FILLED"), (False, None)])
def test_a_timeout_says_nothing_about_the_order(*, effect: bool, status: str | None) -> None:
    """-1007 comes with and without effect, and only a later read tells which (4.2)."""
    box = faulty(fault="status", call="order.create", nth=1, code=-1007, effect=effect)
    assert box.refused("POST", ORDER, **SELL)[1:] == (
        -1007,
        "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
    )
    box.wait(100_000)
    if status is None:
        assert box.refused("GET", ORDER, symbol=SYMBOL, origClientOrderId="one")[1] == -2013
    else:
        assert box.call("GET", ORDER, symbol=SYMBOL, origClientOrderId="one")["status"] == status


def test_a_page_of_a_proxy_is_no_json() -> None:
    """Without a code the text is the whole body, served as HTML."""
    box = faulty(fault="status", call="order.create", status=502, text="<html>Bad Gateway</html>")
    reply = box.raw(box.request("POST", ORDER, SELL))
    assert (reply.status, reply.body) == (502, b"<html>Bad Gateway</html>")
    assert dict(reply.headers)["content-type"] == "text/html"


def test_a_refused_stop_is_answered_with_the_planned_code() -> None:
    """A stop refused on purpose leaves the position naked."""
    box = faulty(fault="stop_refused", call="stop.create", nth=1, code=-1008)
    box.order()
    assert box.refused("POST", "/fapi/v1/algoOrder", **stop_values())[1] == -1008
    assert box.stop()["algoStatus"] == "NEW"


def test_an_empty_read_says_nothing_was_found() -> None:
    """An order that exists is -2013 to this one reader, a position a row of zero."""
    box = faulty(fault="empty_read", call="order.get", nth=1)
    box.order(newClientOrderId="one")
    assert box.refused("GET", ORDER, symbol=SYMBOL, origClientOrderId="one")[1] == -2013
    assert box.call("GET", ORDER, symbol=SYMBOL, origClientOrderId="one")["status"] == "FILLED"


def test_a_read_bent_by_a_fault_is_charged_once() -> None:
    """The box may act a read twice to learn what a fault changed; the client pays for one."""
    box = faulty(fault="read_lag", call="positions.get", ms=60_000)
    box.order()
    used = dict(box.raw(box.request("GET", "/fapi/v3/positionRisk", {})).headers)["X-MBX-USED-WEIGHT-1M"]
    again = box.raw(box.request("GET", "/fapi/v3/positionRisk", {}))
    assert decoded(again) == []
    assert int(dict(again.headers)["X-MBX-USED-WEIGHT-1M"]) == int(used) + 5


def test_a_fill_in_parts_is_heard_in_parts() -> None:
    """Partial fills: PARTIALLY_FILLED with growing z, then FILLED."""
    box = faulty(fault="partial_fill", call="order.create", parts=["0.4", "0.6"], gap_ms=20)
    box.order(quantity="100")
    box.wait(200_000)
    trades = [
        event["o"] for _, name, event in box.frames if name == "ORDER_TRADE_UPDATE" and event["o"]["x"] == "TRADE"
    ]
    assert [(trade["X"], trade["z"]) for trade in trades] == [("PARTIALLY_FILLED", "40"), ("FILLED", "100")]


def test_a_stuck_stop_stays_triggering_and_cannot_be_cancelled() -> None:
    """TRIGGERING for ever: no child, DELETE -2011, the position open (4.4)."""
    box = faulty(fault="stop_stuck", call="stop.create")
    box.order()
    box.stop(clientAlgoId="guard")
    price = box.exchange.instruments[SYMBOL].tick * 25_000
    box.exchange.set_price(SYMBOL, box.now, mark=price, last=price)
    box.wait(60_000_000)
    row = box.call("GET", "/fapi/v1/algoOrder", clientAlgoId="guard")
    assert (row["algoStatus"], row["actualOrderId"]) == ("TRIGGERING", "")
    assert box.refused("DELETE", "/fapi/v1/algoOrder", clientAlgoId="guard")[1] == -2011
    assert box.call("GET", "/fapi/v3/positionRisk")[0]["positionAmt"] == "-27"
