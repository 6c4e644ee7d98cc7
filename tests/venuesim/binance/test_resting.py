"""Take-profits as resting reduce-only limit orders on Binance: their fills in parts, and what ends them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.venuesim.binance.box import SYMBOL, Box, stop_values
from venuesim.market import Depth

ORDER = "/fapi/v1/order"
THIN = Depth(levels=10, spread_ticks=1, step_ticks=1, notional=Decimal("2.1"))
"""Ten of the symbol at a price of 0.21 for each step of one tick."""


def limit(price: str, quantity: str, **params: Any) -> dict[str, Any]:
    """The parameters of a resting reduce-only sell."""
    values = {"symbol": SYMBOL, "side": "SELL", "type": "LIMIT", "timeInForce": "GTC", "reduceOnly": "true"}
    return {**values, "price": price, "quantity": quantity, **params}


def long(**switches: Any) -> Box:
    """A box whose account is long 100, with a stream on connection 1."""
    box = Box(**switches)
    box.connect(1, f"/private/ws/{box.listen()}")
    box.order("BUY", "100")
    return box


def orders_heard(box: Box, name: str) -> list[tuple[str, str, str]]:
    """What the stream told of an order: execution, status, cumulative quantity."""
    told = [event["o"] for _, heard, event in box.frames if heard == "ORDER_TRADE_UPDATE"]
    return [(order["x"], order["X"], order["z"]) for order in told if order["c"] == name]


def move(box: Box, last: str) -> None:
    """Let what was sent meet the book, then move the last price alone and let the box tell of it."""
    box.wait(50_000)
    box.exchange.set_price(SYMBOL, box.now, last=Decimal(last))
    box.wait(50_000)


def test_a_take_profit_fills_in_parts_as_the_price_crosses_it() -> None:
    """In a thin book each step of the price beyond the order fills a level's worth, as a maker, at the order's price."""
    box = long()
    box.exchange.set_depth(SYMBOL, THIN)
    placed = box.call("POST", ORDER, **limit("0.21", "25", newClientOrderId="tp"))
    move(box, "0.21")
    row = box.call("GET", "/fapi/v1/openOrder", symbol=SYMBOL, orderId=placed["orderId"])
    assert (row["status"], row["executedQty"], row["reduceOnly"]) == ("PARTIALLY_FILLED", "10", True)
    move(box, "0.2101")
    row = box.call("GET", ORDER, symbol=SYMBOL, origClientOrderId="tp")
    assert (row["status"], row["executedQty"], row["avgPrice"]) == ("FILLED", "25", "0.21")
    assert orders_heard(box, "tp") == [
        ("NEW", "NEW", "0"),
        ("TRADE", "PARTIALLY_FILLED", "10"),
        ("TRADE", "FILLED", "25"),
    ]
    trades = box.call("GET", "/fapi/v1/userTrades", symbol=SYMBOL, orderId=placed["orderId"])
    assert [(trade["qty"], trade["maker"], trade["price"]) for trade in trades] == [
        ("10", True, "0.21"),
        ("15", True, "0.21"),
    ]


def test_a_take_profit_below_the_least_notional_is_taken_because_it_reduces() -> None:
    """A reduce-only order is exempt from MIN_NOTIONAL (binance.md 1.5); the same order without it is -4164."""
    box = long()
    box.call("POST", ORDER, **limit("0.21", "1"))
    assert box.refused("POST", ORDER, **limit("0.21", "1", reduceOnly="false"))[1] == -4164


def test_take_profits_above_the_position_are_refused_at_the_door() -> None:
    """Resting reduce-only orders that exhaust the position leave nothing to another: -4118 (binance.md 4.2)."""
    box = long()
    box.call("POST", ORDER, **limit("0.21", "60"))
    box.call("POST", ORDER, **limit("0.22", "40"))
    assert box.refused("POST", ORDER, **limit("0.23", "1"))[1] == -4118


@pytest.mark.parametrize(("answer", "code"), [("-4118", -4118), ("-2022", -2022)])
def test_a_close_is_blocked_by_take_profits_under_either_code(answer: str, code: int) -> None:
    """A market reduce-only close beside a full-size take-profit is refused (binance.md 4.5, 4.2)."""
    box = long(reduce_only_blocked=answer)
    box.call("POST", ORDER, **limit("0.21", "100"))
    close = {"symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": "100", "reduceOnly": "true"}
    assert box.refused("POST", ORDER, **close)[1] == code


def test_a_close_may_knock_the_take_profit_out() -> None:
    """Where a market order has the higher priority it fills, and the take-profit expires with er 4 (binance.md 3.3)."""
    box = long(reduce_only_blocked="knock_out")
    box.call("POST", ORDER, **limit("0.21", "100", newClientOrderId="tp"))
    box.order("SELL", "100", reduceOnly="true")
    assert orders_heard(box, "tp")[-1] == ("EXPIRED", "EXPIRED", "0")
    [reason] = [
        e["o"]["er"] for _, _, e in box.frames if e.get("e") == "ORDER_TRADE_UPDATE" and e["o"]["x"] == "EXPIRED"
    ]
    assert reason == "4"


def test_a_partial_close_knocks_out_the_worst_priced_of_a_ladder() -> None:
    """When the position shrinks, the rungs nearest to the market keep their hold (binance.md 3.3 er 4)."""
    box = long(reduce_only_blocked="knock_out")
    for price, quantity, name in (("0.21", "40", "first"), ("0.22", "40", "second"), ("0.23", "20", "third")):
        box.call("POST", ORDER, **limit(price, quantity, newClientOrderId=name))
    box.order("SELL", "40", reduceOnly="true")
    still = [row["clientOrderId"] for row in box.call("GET", "/fapi/v1/openOrders", symbol=SYMBOL)]
    assert still == ["first", "third"]


def test_a_stop_that_fires_takes_the_take_profits_with_it() -> None:
    """A closePosition stop needs no room among resting orders; what it leaves without a position expires."""
    box = long()
    box.call("POST", ORDER, **limit("0.21", "100", newClientOrderId="tp"))
    box.call("POST", "/fapi/v1/algoOrder", **stop_values(side="SELL", triggerPrice="0.19"))
    box.exchange.set_price(SYMBOL, box.now, mark=Decimal("0.189"), last=Decimal("0.189"))
    box.wait(100_000)
    assert box.exchange.book.position("main", SYMBOL).quantity == 0
    assert orders_heard(box, "tp")[-1] == ("EXPIRED", "EXPIRED", "0")


def test_a_take_profit_may_stay_behind_and_expire_only_at_its_price() -> None:
    """By the switch it rests on a flat slot, an orphan to the judge, and ends with er 4 when its price comes."""
    box = long(reduce_only_blocked="knock_out", reduce_only_overtaken="stay")
    box.call("POST", ORDER, **limit("0.21", "100", newClientOrderId="tp"))
    box.order("SELL", "100", reduceOnly="true")
    assert [row["clientOrderId"] for row in box.call("GET", "/fapi/v1/openOrders", symbol=SYMBOL)] == ["tp"]
    assert [(orphan.kind, orphan.client_id) for orphan in box.exchange.judge().orphans] == [("order", "tp")]
    move(box, "0.21")
    assert orders_heard(box, "tp")[-1] == ("EXPIRED", "EXPIRED", "0")
