"""What the venue does of itself, and what the owner does on its page, as Bybit tells of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.venuesim.bybit.box import SYMBOL, Box, order_values
from venuesim.facts import Purpose, Reason, Refusal, Side
from venuesim.hands import WantedLimit, WantedMove, WantedStop

EXECUTIONS = "/v5/execution/list"


def long(**switches: Any) -> Box:
    """A box whose account is long 10,000 with a Full stop, and the private stream on connection 1."""
    box = Box(**switches)
    box.order(stopLoss="0.0012", slTriggerBy="MarkPrice", orderLinkId="entry")
    box.listen("order", "execution", "execution.fast", "position")
    return box


def rows(box: Box, topic: str) -> list[dict[str, Any]]:
    """Every row that one topic told."""
    return [row for said in box.heard(topic) for row in said["data"]]


def children(box: Box) -> list[tuple[str, str, str]]:
    """The waiting stops: stopOrderType, trigger, quantity."""
    waiting = [row for row in box.realtime() if row["orderStatus"] == "Untriggered"]
    return sorted((row["stopOrderType"], row["triggerPrice"], row["qty"]) for row in waiting)


def test_a_liquidation_is_a_bust_trade_after_all_orders_are_cancelled() -> None:
    """Orders end with CancelAllBeforeLiq; the venue's order has no link id and is created by CreateByLiq (3.1)."""
    box = long()
    box.post("/v5/order/create", **order_values(orderType="Limit", price="0.0013", orderLinkId="add"))
    box.wait()
    order = box.exchange.liquidate("main", SYMBOL, box.now)
    box.wait()
    ended = [row for row in rows(box, "order") if row["orderLinkId"] == "add"][-1]
    assert (ended["orderStatus"], ended["cancelType"]) == ("Cancelled", "CancelAllBeforeLiq")
    filled = [row for row in rows(box, "order") if row["orderId"] == order.order_id][-1]
    assert (filled["orderStatus"], filled["createType"], filled["orderLinkId"]) == ("Filled", "CreateByLiq", "")
    assert [row["execType"] for row in rows(box, "execution")] == ["BustTrade"]
    assert rows(box, "execution.fast") == []
    assert box.position()["size"] == "0"
    assert children(box) == []


def test_a_deleveraging_takes_a_part_and_the_stop_follows_the_size() -> None:
    """AdlTrade by CreateByAdl_PassThrough without a link id; the Full stop's child shrinks (bybit.md 3.1, 3.5)."""
    box = long()
    order = box.exchange.deleverage("main", SYMBOL, Decimal("0.25"), box.now)
    box.wait()
    [fill] = rows(box, "execution")
    assert (fill["execType"], fill["createType"], fill["execQty"], fill["orderLinkId"]) == (
        "AdlTrade",
        "CreateByAdl_PassThrough",
        "2500",
        "",
    )
    listed = box.get(EXECUTIONS, symbol=SYMBOL)["list"]
    assert [row["execType"] for row in listed] == ["AdlTrade", "Trade"]
    assert [row["orderId"] for row in box.get(EXECUTIONS, symbol=SYMBOL, execType="AdlTrade")["list"]] == [
        order.order_id
    ]
    assert children(box) == [("StopLoss", "0.0012", "7500")]


@pytest.mark.parametrize(("answer", "status"), [("keep", "New"), ("cancel", "Cancelled")])
def test_a_deleveraging_may_end_the_open_orders_first(answer: str, status: str) -> None:
    """CancelAllBeforeAdl is in the list of cancelTypes; when it happens no page says (bybit.md 3.1)."""
    box = long(orders_before_adl=answer)
    box.post("/v5/order/create", **order_values(orderType="Limit", price="0.0013", orderLinkId="add"))
    box.wait()
    box.exchange.deleverage("main", SYMBOL, Decimal("0.25"), box.now)
    box.wait()
    [row] = box.realtime(orderLinkId="add")
    assert row["orderStatus"] == status
    assert (row["cancelType"] == "CancelAllBeforeAdl") == (answer == "cancel")


def test_a_stop_moved_by_hand_keeps_its_child_and_changes_the_position() -> None:
    """trading-stop on the page amends the Full stop in place (bybit.md 1.6)."""
    box = long()
    [before] = [row["orderId"] for row in box.realtime() if row["orderStatus"] == "Untriggered"]
    moved = box.exchange.move_stop_by_hand("main", SYMBOL, WantedMove(Decimal("0.0013")), box.now)
    box.wait()
    assert moved.stop_id == before
    assert box.position()["stopLoss"] == "0.0013"
    assert children(box) == [("StopLoss", "0.0013", "10000")]


def test_the_owner_removes_the_stop_sets_a_partial_and_a_take_profit() -> None:
    """Removed, the position shows none; a Partial is a child of its own quantity; a take-profit is the position's."""
    box = long()
    box.exchange.remove_stop_by_hand("main", SYMBOL, box.now)
    assert box.position()["stopLoss"] == ""
    box.exchange.set_stop_by_hand("main", SYMBOL, WantedStop(Decimal("0.0013"), quantity=Decimal(4000)), box.now)
    box.exchange.set_stop_by_hand("main", SYMBOL, WantedStop(Decimal("0.0016"), purpose=Purpose.TAKE_PROFIT), box.now)
    assert children(box) == [("PartialStopLoss", "0.0013", "4000"), ("TakeProfit", "0.0016", "10000")]
    assert box.position()["takeProfit"] == "0.0016"
    box.exchange.move_stop_by_hand("main", SYMBOL, WantedMove(Decimal("0.00125")), box.now)
    assert children(box)[0] == ("PartialStopLoss", "0.00125", "4000")
    box.exchange.trade_by_hand("main", SYMBOL, Side.SELL, Decimal(10000), box.now)
    assert children(box) == []


def test_what_the_page_refuses_is_refused_to_the_owner() -> None:
    """A stop on the wrong side, and any stop without a position (bybit.md 3.5, 3.6)."""
    box = long()
    with pytest.raises(Refusal) as wrong:
        box.exchange.move_stop_by_hand("main", SYMBOL, WantedMove(Decimal("0.0015")), box.now)
    assert wrong.value.reason is Reason.STOP_WRONG_SIDE
    with pytest.raises(Refusal) as flat:
        Box().exchange.set_stop_by_hand("main", SYMBOL, WantedStop(Decimal("0.0013")), box.now)
    assert flat.value.reason is Reason.NO_POSITION


def test_an_order_of_the_owner_has_no_link_id() -> None:
    """He places a limit order, and only its id names it."""
    box = long()
    order = box.exchange.limit_by_hand("main", SYMBOL, WantedLimit(Side.BUY, Decimal(5000), Decimal("0.0013")), box.now)
    box.wait()
    [row] = [row for row in box.realtime() if row["orderId"] == order.order_id]
    assert (row["orderLinkId"], row["createType"], row["orderStatus"]) == ("", "CreateByUser", "New")
