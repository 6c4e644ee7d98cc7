"""Plain orders as a client meets them: replies, reads, refusals (binance.md 1.6, 1.7, 4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.venuesim.binance.box import SYMBOL, Box, decoded

ORDER = "/fapi/v1/order"
LIMIT = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "100", "price": "0.19", "timeInForce": "GTC"}
REPLY_KEYS = {
    "orderId", "symbol", "status", "clientOrderId", "price", "origQty", "executedQty", "cumQty", "timeInForce", "type",
    "reduceOnly", "closePosition", "side", "positionSide", "stopPrice", "workingType", "priceProtect", "origType",
    "priceMatch", "selfTradePreventionMode", "goodTillDate", "updateTime",
}  # fmt: skip


def test_an_accepted_order_is_answered_without_any_price_of_its_fill() -> None:
    """ACK is the order as accepted: NEW, nothing executed, no avgPrice, cumQuote, time or fills."""
    box = Box()
    placed = box.order(newClientOrderId="one")
    assert set(placed) == REPLY_KEYS
    assert (placed["status"], placed["executedQty"], placed["origQty"], placed["timeInForce"]) == (
        "NEW",
        "0",
        "27",
        "GTC",
    )


@pytest.mark.parametrize(("answer", "status", "executed"), [("new", "NEW", "0"), ("filled", "FILLED", "27")])
def test_result_is_new_or_filled_by_the_switch_and_never_carries_a_price(
    answer: str, status: str, executed: str
) -> None:
    """Nobody has measured RESULT since 2026-06-30, so both answers exist; the shape is the same."""
    placed = Box(result_reply=answer).order(newOrderRespType="RESULT")
    assert set(placed) == REPLY_KEYS
    assert (placed["status"], placed["executedQty"]) == (status, executed)


def test_a_filled_order_is_found_by_its_client_id_with_average_and_trades() -> None:
    """GET order has avgPrice, cumQuote and time; userTrades has the fills by orderId."""
    box = Box()
    placed = box.order(newClientOrderId="one")
    row = box.call("GET", ORDER, symbol=SYMBOL, origClientOrderId="one")
    assert (row["status"], row["executedQty"], row["orderId"]) == ("FILLED", "27", placed["orderId"])
    assert row["time"] <= row["updateTime"]
    trades = box.call("GET", "/fapi/v1/userTrades", symbol=SYMBOL, orderId=placed["orderId"])
    assert [trade["qty"] for trade in trades] == ["27"]
    assert Decimal(trades[0]["price"]) == Decimal(row["avgPrice"])
    assert box.call("GET", "/fapi/v1/userTrades", symbol=SYMBOL, orderId="1") == []
    mixed = {"fromId": trades[0]["id"], "startTime": 1}
    assert box.refused("GET", "/fapi/v1/userTrades", symbol=SYMBOL, **mixed)[1] == -1128
    assert box.refused("GET", ORDER, symbol=SYMBOL)[1] == -1102


def test_parameters_in_a_form_body_are_as_good_as_in_the_query() -> None:
    """POST takes a form body, signed as it stands (binance.md 1.2)."""
    box = Box()
    values = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "30"}
    reply = box.raw(box.request("POST", ORDER, values, body=True))
    assert (reply.status, decoded(reply)["side"]) == (200, "BUY")


def test_a_filled_market_orders_id_is_free_again_and_fills_twice() -> None:
    """newClientOrderId is no idempotency key: two orders under one id double the position (binance.md 0.1)."""
    box = Box()
    first, second = box.order(newClientOrderId="one"), box.order(newClientOrderId="one")
    assert first["orderId"] != second["orderId"]
    assert box.call("GET", "/fapi/v3/positionRisk", symbol=SYMBOL)[0]["positionAmt"] == "-54"


@pytest.mark.parametrize(("answer", "place"), [("latest", 1), ("first", 0)])
def test_which_order_a_reused_id_finds_is_a_switch(answer: str, place: int) -> None:
    """With several orders under one id, GET finds the first or the last by the switch (1.7 [?])."""
    box = Box(reused_id=answer)
    placed = [box.order(newClientOrderId="one")["orderId"] for _ in range(2)]
    assert box.call("GET", ORDER, symbol=SYMBOL, origClientOrderId="one")["orderId"] == placed[place]


def test_an_id_of_an_open_order_is_refused() -> None:
    """-4116 protects open orders alone (binance.md 4.1)."""
    box = Box()
    box.call("POST", ORDER, **LIMIT, newClientOrderId="one")
    box.wait(50_000)
    assert box.refused("POST", ORDER, **LIMIT, newClientOrderId="one") == (400, -4116, "ClientOrderId is duplicated.")


def test_a_resting_order_is_listed_cancelled_and_then_unknown() -> None:
    """openOrders and openOrder show it; DELETE answers CANCELED; a second DELETE is -2011, openOrder -2013."""
    box = Box()
    placed = box.call("POST", ORDER, **LIMIT, newClientOrderId="rest")
    box.wait(50_000)
    assert [row["clientOrderId"] for row in box.call("GET", "/fapi/v1/openOrders")] == ["rest"]
    assert box.call("GET", "/fapi/v1/openOrder", symbol=SYMBOL, orderId=placed["orderId"])["status"] == "NEW"
    gone = box.call("DELETE", ORDER, symbol=SYMBOL, origClientOrderId="rest")
    assert (gone["status"], set(gone)) == ("CANCELED", REPLY_KEYS)
    assert box.refused("DELETE", ORDER, symbol=SYMBOL, origClientOrderId="rest")[1] == -2011
    assert box.refused("GET", "/fapi/v1/openOrder", symbol=SYMBOL, origClientOrderId="rest")[1] == -2013
    assert box.call("GET", ORDER, symbol=SYMBOL, origClientOrderId="rest")["status"] == "CANCELED"


def test_cancelling_all_orders_leaves_the_stops() -> None:
    """allOpenOrders knows regular orders alone (binance.md 0.1 fact 3)."""
    box = Box()
    box.order()
    box.stop(clientAlgoId="stop")
    box.call("POST", ORDER, **LIMIT)
    box.wait(50_000)
    assert box.call("DELETE", "/fapi/v1/allOpenOrders", symbol=SYMBOL)["code"] == 200
    assert box.call("GET", "/fapi/v1/openOrders", symbol=SYMBOL) == []
    assert [row["clientAlgoId"] for row in box.call("GET", "/fapi/v1/openAlgoOrders")] == ["stop"]


def test_an_order_without_fills_is_forgotten_after_three_days() -> None:
    """-2013 is not "never existed": a cancelled order without fills ages out, a filled one stays (binance.md 1.7)."""
    box = Box()
    box.order(newClientOrderId="filled")
    box.call("POST", ORDER, **LIMIT, newClientOrderId="rest")
    box.call("DELETE", ORDER, symbol=SYMBOL, origClientOrderId="rest")
    box.wait(3 * 86_400_000_000 + 1_000_000)
    assert box.refused("GET", ORDER, symbol=SYMBOL, origClientOrderId="rest") == (400, -2013, "Order does not exist.")
    assert box.call("GET", ORDER, symbol=SYMBOL, origClientOrderId="filled")["status"] == "FILLED"


def test_all_orders_lists_by_number_and_refuses_a_window_over_a_week() -> None:
    """allOrders takes orderId, limit and a window of at most seven days (binance.md 1.4)."""
    box = Box()
    ids = [box.order(quantity="30")["orderId"] for _ in range(3)]
    path = "/fapi/v1/allOrders"
    assert [row["orderId"] for row in box.call("GET", path, symbol=SYMBOL, limit=2)] == ids[1:]
    assert [row["orderId"] for row in box.call("GET", path, orderId=ids[1])] == ids[1:]
    now = box.now // 1_000
    assert box.refused("GET", path, symbol=SYMBOL, startTime=now - 8 * 86_400_000, endTime=now)[1] == -1127
    assert box.refused("GET", path, symbol=SYMBOL, startTime=now, endTime=now - 1)[1] == -1023


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "NOPEUSDT"}, -1121),
        ({"symbol": None}, -1102),
        ({"quantity": "27.5"}, -1111),
        ({"quantity": "20"}, -4164),
        ({"quantity": "2000000"}, -4005),
        ({"quantity": "1400000"}, -2019),
        ({"positionSide": "SHORT"}, -4061),
        ({"reduceOnly": "true"}, -2022),
        ({"type": "LIMIT", "price": "0.2000001", "timeInForce": "IOC"}, -4014),
        ({"type": "LIMIT", "price": "0.20000001", "timeInForce": "IOC"}, -1111),
        ({"type": "LIMIT", "price": "0.1", "timeInForce": "IOC"}, -4024),
        ({"type": "STOP_MARKET", "stopPrice": "0.1"}, -4120),
        ({"priceMatch": "QUEUE"}, -4084),
    ],
)
def test_what_the_venue_refuses_it_refuses_by_code(changes: dict[str, Any], code: int) -> None:
    """Filters, funds and modes each have their code, and nothing is executed."""
    box = Box(leverage="1")
    values: dict[str, Any] = {"symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": "27", **changes}
    assert box.refused("POST", ORDER, **values)[1] == code
    assert box.call("GET", "/fapi/v1/allOrders") == []


def test_a_resting_reduce_only_order_blocks_the_close_until_it_is_cancelled() -> None:
    """A full-size reduce-only limit exhausts the position: the close is -4118 (binance.md 4.5)."""
    box = Box()
    box.order(quantity="100")
    target = {**LIMIT, "reduceOnly": "true"}
    placed = box.call("POST", ORDER, **target)
    box.wait(50_000)
    close = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "100", "reduceOnly": "true"}
    assert box.refused("POST", ORDER, **close)[1] == -4118
    box.call("DELETE", ORDER, symbol=SYMBOL, orderId=placed["orderId"])
    box.order("BUY", "100", reduceOnly="true")
    assert box.call("GET", "/fapi/v3/positionRisk") == []


@pytest.mark.parametrize(("answer", "code"), [("clamp", None), ("refuse", -2022)])
def test_a_reduce_only_quantity_above_the_position_is_clamped_or_refused_by_the_switch(
    answer: str, code: int | None
) -> None:
    """reduceOnly above the position: either answer, and never the other side (4.5 [?])."""
    box = Box(reduce_only_over=answer)
    box.order(quantity="30")
    close = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "50", "reduceOnly": "true"}
    if code is None:
        assert box.order("BUY", "50", reduceOnly="true")["origQty"] == "30"
        assert box.call("GET", "/fapi/v2/positionRisk", symbol=SYMBOL)[0]["positionAmt"] == "0"
    else:
        assert box.refused("POST", ORDER, **close)[1] == code


def test_the_gateway_refuses_a_late_and_an_early_timestamp() -> None:
    """-1021 has two texts, and nothing is executed under either (binance.md 1.2)."""
    box = Box()
    values = {"symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": "27"}
    now = box.now // 1_000
    assert box.refused("POST", ORDER, **values, timestamp=now - 1_501, recvWindow=1_500)[1:] == (
        -1021,
        "Timestamp for this request is outside of the recvWindow.",
    )
    assert "1000ms ahead" in box.refused("POST", ORDER, **values, timestamp=now + 1_000)[2]
    assert box.call("GET", "/fapi/v1/allOrders") == []


def test_an_unread_parameter_is_ignored_or_refused_by_the_switch() -> None:
    """-1104 by the switch; the venue book only names the code."""
    values = {"symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": "27", "colour": "red"}
    assert Box().call("POST", ORDER, **values)["status"] == "NEW"
    strict = Box(unknown_params="refuse")
    assert strict.refused("POST", ORDER, **values)[1] == -1104
    assert strict.order()["status"] == "NEW"


def test_replies_carry_weight_and_order_counts() -> None:
    """X-MBX-USED-WEIGHT-1M on every reply, the order counts on accepted orders (binance.md 1.3)."""
    box = Box()
    values = {"symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": "27"}
    headers = dict(box.raw(box.request("POST", ORDER, values)).headers)
    assert (headers["X-MBX-ORDER-COUNT-10S"], headers["X-MBX-USED-WEIGHT-1M"]) == ("1", "1")
    refused = dict(box.raw(box.request("POST", ORDER, {**values, "quantity": "1"})).headers)
    assert "X-MBX-USED-WEIGHT-1M" in refused
    assert "X-MBX-ORDER-COUNT-10S" not in refused
    box.call("GET", "/fapi/v1/openOrders")
    assert (
        dict(box.raw(box.request("GET", "/fapi/v1/openOrders", {"symbol": SYMBOL})).headers)["X-MBX-USED-WEIGHT-1M"]
        == "42"
    )
