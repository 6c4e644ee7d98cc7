"""Orders as a client meets them: acknowledgement, the two books, fills, refusals (bybit.md 1.5, 3.1 to 3.4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.venuesim.bybit.box import SYMBOL, Box, order_values
from venuesim.market import Depth

CREATE = "/v5/order/create"
DAY = 86_400_000_000
ITEM = {
    "orderId", "orderLinkId", "parentOrderLinkId", "blockTradeId", "symbol", "price", "qty", "side", "isLeverage",
    "positionIdx", "orderStatus", "createType", "cancelType", "rejectReason", "avgPrice", "leavesQty", "leavesValue",
    "cumExecQty", "cumExecValue", "cumExecFee", "cumFeeDetail", "timeInForce", "orderType", "stopOrderType", "orderIv",
    "marketUnit", "triggerPrice", "takeProfit", "stopLoss", "tpslMode", "ocoTriggerBy", "tpLimitPrice", "slLimitPrice",
    "tpTriggerBy", "slTriggerBy", "triggerDirection", "triggerBy", "lastPriceOnCreated", "basePrice", "reduceOnly",
    "closeOnTrigger", "placeType", "smpType", "smpGroup", "smpOrderId", "slippageToleranceType", "slippageTolerance",
    "createdTime", "updatedTime", "extraFees",
}  # fmt: skip


def test_the_acknowledgement_is_two_ids_and_nothing_else() -> None:
    """No side, no status, no fill: an accepted order is not an order yet."""
    placed = Box().order(orderLinkId="one")
    assert set(placed) == {"orderId", "orderLinkId"}
    assert placed["orderLinkId"] == "one"
    assert [len(part) for part in placed["orderId"].split("-")] == [8, 4, 4, 4, 12]


def test_a_filled_market_order_is_found_by_id_and_not_in_the_open_list() -> None:
    """The id query shows the closed order, the list only what is open; its price is the bound, not the fill."""
    box = Box()
    placed = box.order(orderLinkId="one")
    assert box.realtime() == []
    for query in ({"orderId": placed["orderId"]}, {"orderLinkId": "one"}, {"openOnly": 1}):
        (row,) = box.realtime(**query)
        assert set(row) == ITEM
        assert (row["orderStatus"], row["cumExecQty"], row["qty"], row["leavesQty"]) == (
            "Filled",
            "10000",
            "10000",
            "0",
        )
        assert Decimal(row["price"]) > Decimal(row["avgPrice"]) > 0
        assert (row["timeInForce"], row["createType"], row["rejectReason"]) == ("IOC", "CreateByUser", "EC_NoError")
    assert box.history()[0]["orderId"] == placed["orderId"]


def test_the_order_is_acknowledged_before_it_has_met_the_book() -> None:
    """Right after the reply the order is open and unfilled; the result comes later."""
    box = Box()
    placed = box.post(CREATE, **order_values())
    (row,) = box.realtime(orderId=placed["orderId"])
    assert (row["orderStatus"], row["cumExecQty"], row["avgPrice"]) == ("New", "0", "")
    box.wait()
    assert box.realtime(orderId=placed["orderId"])[0]["orderStatus"] == "Filled"


def test_a_quantity_off_the_step_is_cut_down_in_silence_and_the_minimum_is_checked_on_what_is_left() -> None:
    """10050 becomes 10000; 3590 becomes 3500, which is not worth five dollars."""
    box = Box()
    placed = box.order(qty="10050")
    assert box.realtime(orderId=placed["orderId"])[0]["qty"] == "10000"
    assert box.refused(CREATE, **order_values(qty="3590")) == (110094, "Order does not meet minimum order value 5USDT")


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"qty": "12000100"}, 10001, "The number of contracts exceeds maximum limit allowed: too large"),
        ({"qty": "99"}, 10001, "The number of contracts exceeds minimum limit allowed"),
        ({"symbol": "NOSUCHUSDT"}, 10001, "Not supported symbols"),
        ({"category": "spot"}, 10001, "Illegal category"),
        ({"qty": "abc"}, 10001, "params error: qty invalid"),
        ({"qty": "1e4"}, 10001, "params error: qty invalid"),
        ({"side": "buy"}, 10001, "params error: side invalid: buy"),
        ({"positionIdx": 1}, 10001, "position idx not match position mode"),
        ({"reduceOnly": True}, 110017, "current position is zero, cannot fix reduce-only order qty"),
        ({"orderLinkId": "x" * 46}, 10001, "order link id is longer than 45"),
        ({"orderLinkId": "no spaces"}, 10001, "params error: orderLinkId invalid"),
        ({"reduceOnly": True, "stopLoss": "0.001"}, 110057, "reduce-only orders can not set tp/sl"),
        ({"stopLoss": "0.0013", "slTriggerBy": "IndexPrice"}, 10001, "params error: slTriggerBy invalid: IndexPrice"),
        ({"stopLoss": "0.0013", "slOrderType": "Limit"}, 10001, "tpsl order type must be Market in Full mode"),
        ({"orderType": "Limit"}, 10001, "params error: price is required"),
        ({"qty": "-5"}, 10001, "params error: qty invalid"),
        ({"symbol": ""}, 10001, "params error: symbol is required"),
    ],
)
def test_a_refusal_has_the_words_of_the_wire(params: dict[str, Any], code: int, text: str) -> None:
    """Every synchronous refusal answers HTTP 200, its code, its text and an empty result, and nothing is created."""
    box = Box()
    assert box.refused(CREATE, **order_values(**params)) == (code, text)
    assert box.realtime(openOnly=1) == []


def test_an_account_without_the_margin_is_told_so() -> None:
    """110007 when the initial margin and the fee are not there."""
    assert Box(balance="1").refused(CREATE, **order_values()) == (110007, "ab not enough for new order")


def test_margin_may_fail_after_a_good_acknowledgement() -> None:
    """The ack says 0 and the order ends Rejected without a fill: an ack is not an order."""
    box = Box(balance="1", margin_refusal="async")
    placed = box.order(orderLinkId="poor")
    (row,) = box.realtime(orderId=placed["orderId"])
    assert (row["orderStatus"], row["cumExecQty"]) == ("Rejected", "0")
    assert box.position()["size"] == "0"


def test_a_link_id_may_be_free_again_once_its_order_has_ended() -> None:
    """The horizon of uniqueness is not documented; under this answer a repeated market order fills twice."""
    box = Box(link_id_horizon="open")
    box.order(orderLinkId="again")
    box.order(orderLinkId="again")
    assert len(box.realtime(orderLinkId="again")) == 2
    assert box.position()["size"] == "20000"


def test_a_link_id_is_used_up_for_ever() -> None:
    """The same id again is 110072, also after its order has filled: evidence that the first one landed."""
    box = Box()
    first = box.order(orderLinkId="once")
    assert box.refused(CREATE, **order_values(orderLinkId="once")) == (110072, "OrderLinkedID is duplicate")
    assert [row["orderId"] for row in box.realtime(orderLinkId="once")] == [first["orderId"]]
    assert box.position()["size"] == "10000"


@pytest.mark.parametrize(("answer", "code"), [("free", 0), ("burned", 110072)])
def test_whether_a_refused_create_burns_its_id_is_a_switch(answer: str, code: int) -> None:
    """Nobody knows; both answers exist."""
    box = Box(refused_id=answer)
    box.refused(CREATE, **order_values(qty="99", orderLinkId="again"))
    assert box.answer("POST", CREATE, **order_values(orderLinkId="again"))["retCode"] == code


def test_what_the_book_does_not_hold_ends_cancelled_with_its_fills() -> None:
    """A market order beyond the book's depth is Cancelled, holds a position, and leavesQty lies about the rest."""
    box = Box()
    box.exchange.set_depth(SYMBOL, Depth(levels=1, notional=Decimal("5.70")))
    placed = box.order(qty="10000")
    (row,) = box.realtime(orderId=placed["orderId"])
    assert (row["orderStatus"], row["cumExecQty"], row["leavesQty"]) == ("Cancelled", "4000", "0")
    assert (row["cancelType"], row["rejectReason"]) == ("UNKNOWN", "EC_NoImmediateQtyToFill")
    assert box.position()["size"] == "4000"


def test_a_resting_order_is_open_until_it_is_cancelled_and_then_told_so_by_both_books() -> None:
    """cancel echoes both ids; a second cancel is 110001; both books say Cancelled by the user."""
    box = Box()
    placed = box.order(orderType="Limit", price="0.0013800", timeInForce="GTC", orderLinkId="rest")
    assert box.realtime()[0]["orderStatus"] == "New"
    assert box.history() == []
    assert box.post("/v5/order/cancel", symbol=SYMBOL, orderLinkId="rest") == placed
    assert box.refused("/v5/order/cancel", symbol=SYMBOL, orderLinkId="rest") == (
        110001,
        "order not exists or too late to cancel",
    )
    assert box.realtime() == []
    row = box.history()[0]
    assert (row["orderStatus"], row["cancelType"], row["rejectReason"]) == (
        "Cancelled",
        "CancelByUser",
        "EC_PerCancelRequest",
    )


def test_a_limit_beyond_the_bound_is_moved_to_the_bound() -> None:
    """The venue adjusts the price instead of refusing; the row echoes what it became."""
    box = Box()
    limit = box.get("/v5/market/price-limit", symbol=SYMBOL)
    placed = box.order(orderType="Limit", price="0.0100000", timeInForce="IOC")
    row = box.realtime(orderId=placed["orderId"])[0]
    assert row["price"] == limit["buyLmt"]
    assert row["orderStatus"] == "Filled"


def test_an_order_without_a_fill_is_forgotten_after_a_day_and_one_with_a_fill_is_not() -> None:
    """History proves no negative beyond 24 hours."""
    box = Box()
    box.order(orderType="Limit", price="0.0013800", timeInForce="GTC", orderLinkId="gone")
    box.post("/v5/order/cancel", symbol=SYMBOL, orderLinkId="gone")
    box.order(orderLinkId="kept")
    assert len(box.history()) == 2
    box.wait(DAY + 1_000_000)
    assert [row["orderLinkId"] for row in box.history()] == ["kept"]
    assert box.history(orderLinkId="gone") == []


def test_between_the_two_books_an_order_may_be_in_neither() -> None:
    """With the handover gap a closed order has left realtime and comes back a moment later as recently closed."""
    box = Box(handover_gap="yes")
    placed = box.order()
    assert box.realtime(orderId=placed["orderId"]) == []
    box.wait(2_000_000)
    assert box.realtime(orderId=placed["orderId"])[0]["orderStatus"] == "Filled"


def test_a_restarted_venue_has_no_recently_closed_orders() -> None:
    """With the cache wiped the id query finds nothing while history does."""
    box = Box(closed_cache="wiped")
    placed = box.order()
    assert box.realtime(orderId=placed["orderId"]) == []
    assert box.history(orderId=placed["orderId"])[0]["orderStatus"] == "Filled"


def test_a_query_by_id_alone_is_answered_unless_the_switch_refuses_it() -> None:
    """nautilus asks without a symbol, while the page demands one."""
    for answer, code in (("accept", 0), ("refuse", 10001)):
        box = Box(id_only_query=answer)
        placed = box.order()
        assert box.answer("GET", "/v5/order/realtime", orderId=placed["orderId"])["retCode"] == code


@pytest.mark.parametrize(
    "params",
    [
        {"stopLoss": "0.0013", "tpslMode": "Partial"},
        {"slippageToleranceType": "Percent", "slippageTolerance": "1"},
        {"triggerPrice": "0.0013", "triggerDirection": 2, "stopLoss": "0.0012"},
    ],
)
def test_what_the_box_does_not_hold_is_refused_in_its_own_words(params: dict[str, Any]) -> None:
    """Nothing is silently taken for something else."""
    code, text = Box().refused(CREATE, **order_values(**params))
    assert code == 10001
    assert text.startswith("this box holds no ")


def test_a_cancel_must_name_an_order_and_a_resting_one_is_not_amended_here() -> None:
    """10001 without any id; 110001 for an order of another symbol; the box amends stops only and says so."""
    box = Box()
    assert box.refused("/v5/order/cancel", symbol=SYMBOL)[0] == 10001
    box.order(orderType="Limit", price="0.0013800", timeInForce="GTC", orderLinkId="rest")
    assert box.refused("/v5/order/cancel", symbol="BTCUSDT", orderLinkId="rest")[0] == 110001
    assert (
        "amends waiting stops only" in box.refused("/v5/order/amend", symbol=SYMBOL, orderLinkId="rest", qty="9000")[1]
    )
    assert box.refused("/v5/order/cancel-all")[0] == 10001
    assert len(box.post("/v5/order/cancel-all", settleCoin="USDT")["list"]) == 1


def test_a_span_above_seven_days_is_refused_and_an_older_span_is_empty() -> None:
    """startTime alone reaches seven days on; both may not lie further apart."""
    box = Box()
    box.order()
    old = box.now // 1000 - 20 * 86_400_000
    assert box.history(startTime=old) == []
    assert box.answer("GET", "/v5/order/history", startTime=old, endTime=box.now // 1000)["retCode"] == 10001
    assert len(box.history(startTime=box.now // 1000 - 60_000, endTime=box.now // 1000)) == 1
    assert box.history(orderStatus="Cancelled") == []


def test_executions_name_the_order_and_share_its_sequence_with_the_position() -> None:
    """One row a fill, its seq the position's; an id query needs no symbol."""
    box = Box()
    placed = box.order(orderLinkId="one")
    rows = box.get("/v5/execution/list", orderId=placed["orderId"])["list"]
    assert sum(Decimal(row["execQty"]) for row in rows) == 10000
    assert {(row["orderLinkId"], row["execType"], row["side"]) for row in rows} == {("one", "Trade", "Buy")}
    assert {row["seq"] for row in rows} == {box.position()["seq"]}
    assert rows == box.get("/v5/execution/list", symbol=SYMBOL)["list"]


def test_zero_quantity_with_both_flags_closes_the_position() -> None:
    """qty 0 with reduceOnly and closeOnTrigger is the whole position."""
    box = Box()
    box.order()
    box.order("Sell", qty="0", reduceOnly=True, closeOnTrigger=True)
    assert (box.position()["size"], box.position()["side"]) == ("0", "")


def test_a_reduce_only_order_of_the_wrong_side_does_not_satisfy_the_rule() -> None:
    """110017 has a text of its own when there is a position but not to that side."""
    box = Box()
    box.order()
    assert box.refused(CREATE, **order_values(reduceOnly=True)) == (110017, "Reduce-only rule not satisfied")


def test_lists_come_in_pages_whose_cursor_must_be_sent_back_encoded() -> None:
    """Newest first, and every order on exactly one page."""
    box = Box()
    for number in range(5):
        box.order(orderLinkId=f"n{number}")
    seen: list[str] = []
    cursor = ""
    while True:
        page = box.get("/v5/order/history", symbol=SYMBOL, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [row["orderLinkId"] for row in page["list"]]
        cursor = page["nextPageCursor"]
        if not cursor:
            break
        assert "%" in cursor
    assert seen == ["n4", "n3", "n2", "n1", "n0"]


def test_whether_a_reduce_only_order_must_have_the_least_value_is_a_switch() -> None:
    """A tenth of what is open is worth 1.40 USDT: closed, or 110094; one that asks for all has no value (1.5, 3.4)."""
    for answer, code in (("exempt", 0), ("refuse", 110094)):
        box = Box(reduce_only_value=answer)
        box.order()
        values = order_values(side="Sell", qty="1000", reduceOnly=True)
        assert box.answer("POST", "/v5/order/create", **values)["retCode"] == code
        box.wait()
        box.order(side="Sell", qty="0", reduceOnly=True, closeOnTrigger=True)
        assert box.position()["size"] == "0"
