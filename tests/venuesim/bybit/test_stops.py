"""The position's stop: attached, set, moved, fired, cleared; and conditionals, which are none (bybit.md 3.5 to 3.7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.venuesim.bybit.box import SYMBOL, Box, order_values
from venuesim.facts import Side
from venuesim.faults import parse

CREATE = "/v5/order/create"
STOP = "/v5/position/trading-stop"
BELOW = {"stopLoss": "0.0013000", "slTriggerBy": "MarkPrice", "tpslMode": "Full"}
ABOVE = {"stopLoss": "0.0015000", "slTriggerBy": "MarkPrice", "tpslMode": "Full"}


def protected(**switches: Any) -> Box:
    """A long of 10000 whose entry brought its stop along."""
    box = Box(**switches)
    box.order(orderLinkId="entry", **BELOW)
    return box


def child(box: Box) -> dict[str, Any]:
    """The one open row."""
    (row,) = box.realtime()
    return row


def test_an_attached_stop_is_on_the_row_before_the_fill_and_a_child_after_it() -> None:
    """Before the fill only the order shows it; after, the position does and an Untriggered child waits."""
    box = Box()
    placed = box.post(CREATE, **order_values(orderLinkId="entry", **BELOW))
    (row,) = box.realtime()
    assert (row["orderId"], row["stopLoss"], row["slTriggerBy"], row["tpslMode"]) == (
        placed["orderId"], "0.0013", "MarkPrice", "Full",
    )  # fmt: skip
    assert box.position()["stopLoss"] == ""
    box.wait()
    assert box.position()["stopLoss"] == "0.0013"
    waiting = child(box)
    assert {name: waiting[name] for name in CHILD} == CHILD


CHILD = {
    "orderStatus": "Untriggered", "orderType": "Market", "stopOrderType": "StopLoss", "createType": "CreateByStopLoss",
    "tpslMode": "Full", "timeInForce": "IOC", "reduceOnly": True, "closeOnTrigger": True, "price": "0",
    "orderLinkId": "", "parentOrderLinkId": "entry", "side": "Sell", "triggerDirection": 2, "triggerBy": "MarkPrice",
    "triggerPrice": "0.0013", "qty": "10000", "positionIdx": 0,
}  # fmt: skip
"""What the venue book says a Full child looks like (bybit.md 3.5)."""


def test_the_child_exists_from_the_first_partial_fill_and_follows_the_size() -> None:
    """With the fill in parts the child is there after the first and keeps its id while it grows."""
    box = Box()
    box.exchange.faults.add(
        parse({"fault": "partial_fill", "call": "order.create", "parts": ["0.4", "0.6"], "gap_ms": 1000})
    )
    box.order(orderLinkId="entry", **BELOW)
    box.wait(100_000)
    first = [row for row in box.realtime() if row["orderStatus"] == "Untriggered"]
    assert [row["qty"] for row in first] == [box.position()["size"]] != ["10000"]
    box.wait(2_000_000)
    assert (child(box)["orderId"], child(box)["qty"]) == (first[0]["orderId"], "10000")


@pytest.mark.parametrize(
    ("side", "source", "text"),
    [
        ("Buy", "LastPrice", "sl:150000 set for Buy position should lower than base_price:140000??LastPrice"),
        ("Buy", "MarkPrice", "sl:150000 set for Buy position should lower than base_price:140000??MarkPrice"),
        ("Sell", "LastPrice", "sl:130000 set for Sell position should greater base_price:140000??LastPrice"),
    ],
)
def test_a_stop_on_the_wrong_side_refuses_the_whole_entry(side: str, source: str, text: str) -> None:
    """10001 with scaled integers and the trigger's source; nothing opens."""
    box = Box()
    trigger = "0.0015000" if side == "Buy" else "0.0013000"
    values = order_values(side=side, stopLoss=trigger, slTriggerBy=source)
    assert box.refused(CREATE, **values) == (10001, text)
    box.wait()
    assert box.position()["size"] == "0"


def test_trading_stop_on_a_flat_position_says_zero_position() -> None:
    """It needs a position that exists already."""
    assert Box().refused(STOP, symbol=SYMBOL, **BELOW) == (10001, "can not set tp/sl/ts for zero position")


def test_trading_stop_upserts_the_one_stop_and_says_not_modified_for_the_same_value() -> None:
    """{} and no id; the child keeps its id and moves; the same again is 34040, as is a call without any trigger."""
    box = protected()
    before = child(box)["orderId"]
    moved = {**BELOW, "stopLoss": "0.0013500", "positionIdx": 0}
    assert box.post(STOP, symbol=SYMBOL, **moved) == {}
    assert (child(box)["orderId"], child(box)["triggerPrice"]) == (before, "0.00135")
    assert box.position()["stopLoss"] == "0.00135"
    assert box.refused(STOP, symbol=SYMBOL, **moved) == (34040, "not modified")
    assert box.refused(STOP, symbol=SYMBOL, tpslMode="Full", positionIdx=0) == (34040, "not modified")


def test_trading_stop_sets_a_stop_on_a_naked_position_without_a_parent() -> None:
    """A stop that no entry brought has no parent; zero takes it away again."""
    box = Box()
    box.order("Sell")
    box.post(STOP, symbol=SYMBOL, **ABOVE)
    assert (child(box)["parentOrderLinkId"], child(box)["triggerDirection"], child(box)["side"]) == ("", 1, "Buy")
    box.post(STOP, symbol=SYMBOL, stopLoss="0", tpslMode="Full")
    assert box.realtime() == []
    assert box.position()["stopLoss"] == ""


def test_trading_stop_on_the_wrong_side_and_beyond_liquidation_have_their_words() -> None:
    """Both are 10001; the text tells which."""
    box = Box(balance="20")
    box.order()
    assert box.refused(STOP, symbol=SYMBOL, **ABOVE) == (
        10001,
        "StopLoss:150000 set for Buy position should lower than base_price:140000??MarkPrice",
    )
    box.order(qty="90000")
    liquidation = Decimal(box.position()["liqPrice"])
    under = {**BELOW, "stopLoss": format(liquidation - Decimal("0.0000100"), "f")}
    code, text = box.refused(STOP, symbol=SYMBOL, **under)
    assert code == 10001
    assert "should be between liq_price:" in text


def test_a_wrong_index_has_its_own_text_or_finds_no_position() -> None:
    """Nobody has measured it; both answers exist."""
    for answer, text in (
        ("index", "position idx not match position mode"),
        ("zero", "can not set tp/sl/ts for zero position"),
    ):
        box = protected(wrong_index_stop=answer)
        assert box.refused(STOP, symbol=SYMBOL, **{**BELOW, "positionIdx": 1}) == (10001, text)


def test_a_form_without_mode_but_with_an_order_type_is_a_parameter_error() -> None:
    """slOrderType without tpslMode is 10001."""
    box = Box()
    box.order()
    assert box.refused(STOP, symbol=SYMBOL, stopLoss="0.0013", slOrderType="Market")[0] == 10001


def test_a_fired_stop_closes_under_the_id_it_waited_with() -> None:
    """The mark crosses, the child becomes a filled order, the position is flat, nothing waits any more."""
    box = protected()
    stop_id = child(box)["orderId"]
    box.price("0.0012900")
    box.wait()
    (row,) = box.realtime(orderId=stop_id)
    assert (row["orderStatus"], row["stopOrderType"], row["cumExecQty"]) == ("Filled", "StopLoss", "10000")
    assert (row["createType"], row["parentOrderLinkId"]) == ("CreateByStopLoss", "entry")
    assert (box.position()["size"], box.position()["stopLoss"]) == ("0", "")
    assert box.realtime() == []


def test_a_stop_on_the_mark_ignores_a_wick_of_the_last_price() -> None:
    """Only the source it names fires it."""
    box = protected()
    box.price("0.0014000", last="0.0012000")
    box.wait()
    assert child(box)["orderStatus"] == "Untriggered"


@pytest.mark.parametrize(("answer", "status"), [("Deactivated", "Deactivated"), ("Cancelled", "Cancelled")])
def test_closing_clears_the_child_whichever_word_rest_has_for_it(answer: str, status: str) -> None:
    """CancelByTpSlTsClear, and the position shows no stop."""
    box = protected(cleared_child=answer)
    stop_id = child(box)["orderId"]
    box.order("Sell", reduceOnly=True)
    (row,) = box.realtime(orderId=stop_id)
    assert (row["orderStatus"], row["cancelType"]) == (status, "CancelByTpSlTsClear")
    assert box.position()["stopLoss"] == ""


def test_a_second_entry_replaces_the_stop_of_the_whole_position_or_is_ignored() -> None:
    """One Full stop a position; which of the two wins is a switch."""
    for answer, trigger in (("replace", "0.0012"), ("ignore", "0.0013")):
        box = protected(second_full_stop=answer)
        box.order(orderLinkId="second", **{**BELOW, "stopLoss": "0.0012000"})
        assert (child(box)["triggerPrice"], child(box)["qty"]) == (trigger, "20000")


def test_the_child_may_come_later_than_the_fill() -> None:
    """With a delay the position is naked for that long."""
    box = protected(child_delay_us="3000000")
    assert box.realtime() == []
    assert box.position()["stopLoss"] == ""
    box.wait(3_000_000)
    assert box.position()["stopLoss"] == "0.0013"


def test_the_stop_service_may_see_the_position_later_than_its_fill() -> None:
    """For that long trading-stop says zero position though there is one."""
    box = Box(position_delay_us="1000000")
    box.order()
    assert box.refused(STOP, symbol=SYMBOL, **BELOW)[1] == "can not set tp/sl/ts for zero position"
    box.wait(1_000_000)
    box.post(STOP, symbol=SYMBOL, **BELOW)


def test_the_position_field_can_be_spelled_three_ways_when_there_is_no_stop() -> None:
    """REST has had an empty text, 0 and 0.00."""
    for answer in ("", "0", "0.00"):
        assert Box(no_stop_spelling=answer).position()["stopLoss"] == answer


def test_a_conditional_order_is_bound_to_nothing() -> None:
    """It survives the close, has an id of its own, and goes by order/cancel."""
    box = Box()
    box.order()
    values = order_values(
        side="Sell", triggerPrice="0.0013000", triggerDirection=2, triggerBy="MarkPrice", reduceOnly=True,
        orderLinkId="plain",
    )  # fmt: skip
    placed = box.post(CREATE, **values)
    assert (child(box)["stopOrderType"], child(box)["closeOnTrigger"]) == ("Stop", False)
    assert box.history(orderLinkId="plain") == []
    box.order("Sell", reduceOnly=True)
    assert child(box)["orderId"] == placed["orderId"]
    assert [row["orderId"] for row in box.realtime(orderFilter="StopOrder")] == [placed["orderId"]]
    assert box.realtime(orderFilter="Order") == []
    box.post("/v5/order/cancel", symbol=SYMBOL, orderId=placed["orderId"])
    row = box.realtime(orderId=placed["orderId"])[0]
    assert (row["orderStatus"], row["cancelType"]) == ("Deactivated", "CancelByUser")


@pytest.mark.parametrize(
    ("direction", "code", "text"),
    [
        (1, 110092, "expect Rising, but trigger_price[0.0013] <= current[0.0014]??LastPrice"),
        (2, 110093, "expect Falling, but trigger_price[0.0015] >= current[0.0014]??LastPrice"),
        (3, 10001, "TriggerDirection invalid"),
    ],
)
def test_a_conditional_beyond_its_trigger_is_refused(direction: int, code: int, text: str) -> None:
    """The market is past it already."""
    trigger = "0.0013000" if direction == 1 else "0.0015000"
    values = order_values(side="Sell", triggerPrice=trigger, triggerDirection=direction)
    assert Box().refused(CREATE, **values) == (code, text)


def test_the_eleventh_conditional_of_a_symbol_is_one_too_many() -> None:
    """110009 at the cap of ten."""
    box = Box()
    for number in range(10):
        values = order_values(side="Sell", triggerPrice="0.0013000", triggerDirection=2, orderLinkId=f"c{number}")
        box.post(CREATE, **values)
    box.wait(1_000_000)
    assert box.refused(CREATE, **{**values, "orderLinkId": "c10"})[0] == 110009


def test_amending_the_child_moves_the_position_stop_too() -> None:
    """order/amend by the child's id keeps the id; what has ended is 110001 with the word replace."""
    box = protected()
    stop_id = child(box)["orderId"]
    box.post("/v5/order/amend", symbol=SYMBOL, orderId=stop_id, triggerPrice="0.0013500")
    assert (child(box)["orderId"], box.position()["stopLoss"]) == (stop_id, "0.00135")
    box.order("Sell", reduceOnly=True)
    assert box.refused("/v5/order/amend", symbol=SYMBOL, orderId=stop_id, triggerPrice="0.0013600") == (
        110001,
        "order not exists or too late to replace",
    )


def test_partial_mode_adds_stops_of_their_own_quantity_that_end_with_the_position() -> None:
    """Each call appends one; the position's own field stays empty."""
    box = Box()
    box.order()
    for trigger in ("0.0013000", "0.0012000"):
        values = {"stopLoss": trigger, "slSize": "5000", "tpslMode": "Partial", "positionIdx": 0}
        box.post(STOP, symbol=SYMBOL, **values)
    assert [(row["stopOrderType"], row["qty"], row["tpslMode"]) for row in box.realtime()] == [
        ("PartialStopLoss", "5000", "Partial"),
        ("PartialStopLoss", "5000", "Partial"),
    ]
    assert box.position()["stopLoss"] == ""
    box.order("Sell", reduceOnly=True)
    assert box.realtime() == []


def test_a_partial_stop_on_the_wrong_side_adds_nothing_and_a_take_profit_lies_on_the_other() -> None:
    """10001 in trading-stop's words; a TP above a long is taken, a trailing stop is not held here."""
    box = Box()
    box.order()
    partial = {"tpslMode": "Partial", "slSize": "5000", "tpSize": "5000"}
    assert box.refused(STOP, symbol=SYMBOL, stopLoss="0.0015", **partial)[1].startswith("StopLoss:150000 set for Buy")
    assert box.refused(STOP, symbol=SYMBOL, takeProfit="0.0013", **partial)[1].startswith(
        "TakeProfit:130000 set for Buy"
    )
    box.post(STOP, symbol=SYMBOL, takeProfit="0.0015", **partial)
    assert child(box)["stopOrderType"] == "PartialTakeProfit"
    assert box.refused(STOP, symbol=SYMBOL, trailingStop="0.0001")[1] == "this box holds no trailing stops"


def test_a_full_take_profit_rides_along_and_closes_at_its_price() -> None:
    """Both are attached; the one that fires clears the other."""
    box = Box()
    box.order(takeProfit="0.0015", tpTriggerBy="MarkPrice", **BELOW)
    assert sorted(row["stopOrderType"] for row in box.realtime()) == ["StopLoss", "TakeProfit"]
    assert box.position()["takeProfit"] == "0.0015"
    profit = next(row for row in box.realtime() if row["stopOrderType"] == "TakeProfit")
    box.post("/v5/order/amend", symbol=SYMBOL, orderId=profit["orderId"], triggerPrice="0.0016")
    assert box.position()["takeProfit"] == "0.0016"
    box.price("0.0016100")
    box.wait()
    assert (box.position()["size"], box.realtime()) == ("0", [])


def test_an_amend_without_a_trigger_modifies_nothing() -> None:
    """34040, and a plain conditional is moved by its own id."""
    box = protected()
    assert box.refused("/v5/order/amend", symbol=SYMBOL, orderId=child(box)["orderId"])[0] == 34040
    values = order_values(side="Sell", triggerPrice="0.0012000", triggerDirection=2, orderLinkId="plain")
    box.post(CREATE, **values)
    box.post("/v5/order/amend", symbol=SYMBOL, orderLinkId="plain", triggerPrice="0.0012500")
    assert box.realtime(orderLinkId="plain")[0]["triggerPrice"] == "0.00125"
    assert (
        len(box.post("/v5/order/cancel-all", symbol=SYMBOL, orderFilter="StopOrder", stopOrderType="Stop")["list"]) == 1
    )
    assert child(box)["stopOrderType"] == "StopLoss"


def test_cancel_all_without_a_filter_takes_the_position_stop_along() -> None:
    """The trap: it strips a live position; a filter spares it."""
    box = protected()
    assert box.post("/v5/order/cancel-all", symbol=SYMBOL, orderFilter="Order") == {"list": [], "success": "1"}
    assert child(box)["orderStatus"] == "Untriggered"
    stripped = box.post("/v5/order/cancel-all", symbol=SYMBOL)
    assert len(stripped["list"]) == 1
    assert (box.realtime(), box.position()["stopLoss"], box.position()["size"]) == ([], "", "10000")


def test_a_close_by_another_hand_clears_the_stop_as_well() -> None:
    """Whoever closes the position, its stop goes."""
    box = protected()
    box.exchange.trade_by_hand("main", SYMBOL, Side.SELL, Decimal(10_000), box.now)
    box.wait()
    assert (box.realtime(), box.position()["size"]) == ([], "0")
