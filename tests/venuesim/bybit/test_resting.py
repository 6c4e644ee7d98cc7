"""Take-profits as resting reduce-only limit orders on Bybit: their fills in parts, and what ends them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.venuesim.bybit.box import SYMBOL, Box, order_values
from venuesim.market import Depth

CREATE = "/v5/order/create"
THIN = Depth(levels=10, spread_ticks=1, step_ticks=1, notional=Decimal("1.5"))
"""A thousand of the symbol at a price of 0.0015 for each step of one tick."""


def limit(price: str, qty: str, **params: Any) -> dict[str, Any]:
    """The body of a resting reduce-only sell."""
    return order_values(side="Sell", orderType="Limit", qty=qty, price=price, reduceOnly=True, **params)


def long(**switches: Any) -> Box:
    """A box whose account is long 10,000, with the private stream on connection 1."""
    box = Box(**switches)
    box.order(stopLoss="0.0012")
    box.listen("order", "execution", "position")
    return box


def told(box: Box, link: str) -> list[tuple[str, str, str, str]]:
    """What the stream told of an order: status, cumExecQty, leavesQty, cancelType."""
    rows = [row for said in box.heard("order") for row in said["data"] if row["orderLinkId"] == link]
    return [(row["orderStatus"], row["cumExecQty"], row["leavesQty"], row["cancelType"]) for row in rows]


def test_a_take_profit_goes_from_new_over_partially_filled_to_filled() -> None:
    """In a thin book the order fills in parts; each is told with what it has and what it leaves (bybit.md 3.1)."""
    box = long()
    box.exchange.set_depth(SYMBOL, THIN)
    box.post(CREATE, **limit("0.0015", "2500", orderLinkId="tp"))
    box.wait()
    box.price("0.0014", "0.0015")
    box.wait()
    [row] = box.realtime(orderLinkId="tp")
    assert (row["orderStatus"], row["cumExecQty"], row["leavesQty"]) == ("PartiallyFilled", "1000", "1500")
    box.price("0.0014", "0.0015001")
    box.wait()
    assert told(box, "tp") == [
        ("New", "0", "2500", "UNKNOWN"),
        ("PartiallyFilled", "1000", "1500", "UNKNOWN"),
        ("Filled", "2500", "0", "UNKNOWN"),
    ]
    fills = box.get("/v5/execution/list", symbol=SYMBOL, orderLinkId="tp")["list"]
    assert [(fill["execQty"], fill["leavesQty"], fill["isMaker"]) for fill in fills] == [
        ("1500", "0", True),
        ("1000", "1500", True),
    ]
    assert box.position()["size"] == "7500"


def test_a_stop_that_follows_the_size_stays_while_take_profits_fill() -> None:
    """The Full stop's child shrinks with the position and keeps its id (bybit.md 3.5)."""
    box = long()
    [before] = [row for row in box.realtime() if row["stopOrderType"] == "StopLoss"]
    box.post(CREATE, **limit("0.0015", "4000"))
    box.wait()
    box.price("0.0014", "0.0015")
    box.wait()
    [after] = [row for row in box.realtime() if row["stopOrderType"] == "StopLoss"]
    assert (after["orderId"], before["qty"], after["qty"]) == (before["orderId"], "10000", "6000")


def test_take_profits_are_cancelled_by_reduce_only_when_the_position_shrinks() -> None:
    """A close by another order leaves no hold to the rungs farthest from the market (bybit.md 3.1)."""
    box = long()
    for price, link in (("0.0015", "near"), ("0.0016", "far")):
        box.post(CREATE, **limit(price, "5000", orderLinkId=link))
    box.order("Sell", "4000", reduceOnly=True)
    assert told(box, "far")[-1] == ("Cancelled", "0", "0", "CancelByReduceOnly")
    assert told(box, "near")[-1][0] == "New"
    [row] = [row for row in box.history() if row["orderLinkId"] == "far"]
    assert (row["orderStatus"], row["cancelType"]) == ("Cancelled", "CancelByReduceOnly")


def test_take_profits_are_cancelled_when_the_position_turns_over() -> None:
    """A reduce-only order does not outlive the side it reduces (bybit.md 3.1)."""
    box = long()
    box.post(CREATE, **limit("0.0015", "5000", orderLinkId="tp"))
    box.order("Sell", "15000")
    assert box.position()["side"] == "Sell"
    assert told(box, "tp")[-1] == ("Cancelled", "0", "0", "CancelByReduceOnly")


def test_a_take_profit_may_stay_behind_until_its_price_comes() -> None:
    """By the switch it rests on a flat slot, an orphan to the judge, and is cancelled when it would fill."""
    box = long(reduce_only_overtaken="stay")
    box.post(CREATE, **limit("0.0015", "5000", orderLinkId="tp"))
    box.order("Sell", "10000", reduceOnly=True)
    assert [(orphan.kind, orphan.client_id) for orphan in box.exchange.judge().orphans] == [("order", "tp")]
    box.price("0.0014", "0.0015")
    box.wait()
    assert told(box, "tp")[-1] == ("Cancelled", "0", "0", "CancelByReduceOnly")


def test_a_reduce_only_order_without_a_position_is_110017() -> None:
    """Flat, or on the position's own side, there is nothing to reduce (bybit.md 3.8)."""
    assert Box().refused(CREATE, **limit("0.0015", "5000"))[0] == 110017
    assert long().refused(CREATE, **{**limit("0.0013", "5000"), "side": "Buy"}) == (
        110017,
        "Reduce-only rule not satisfied",
    )
