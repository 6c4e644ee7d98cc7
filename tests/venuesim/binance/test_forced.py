"""What the venue does of itself, and what the owner does on its page, as Binance tells of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.venuesim.binance.box import SYMBOL, Box, stop_values
from venuesim.facts import Purpose, Reason, Refusal, Side
from venuesim.hands import WantedLimit, WantedMove, WantedStop

ORDER = "/fapi/v1/order"
OPEN_STOPS = "/fapi/v1/openAlgoOrders"


def long(**switches: Any) -> Box:
    """A box whose account is long 100 with a closePosition stop at 0.19, and a stream on connection 1."""
    box = Box(**switches)
    box.order("BUY", "100", newClientOrderId="entry")
    box.call("POST", "/fapi/v1/algoOrder", **stop_values(side="SELL", triggerPrice="0.19", clientAlgoId="stop"))
    box.connect(1, f"/private/ws/{box.listen()}")
    return box


def told(box: Box) -> list[tuple[str, str, str, str]]:
    """What the stream told of orders since it was opened: name, execution, status, last quantity."""
    rows = [event["o"] for _, heard, event in box.frames if heard == "ORDER_TRADE_UPDATE"]
    return [(row["c"], row["x"], row["X"], row["l"]) for row in rows]


def standing(box: Box) -> list[tuple[str, str, bool]]:
    """The open stops: type, trigger, closePosition."""
    rows = box.call("GET", OPEN_STOPS, symbol=SYMBOL)
    return [(row["orderType"], row["triggerPrice"], row["closePosition"]) for row in rows]


def test_a_liquidation_ends_the_orders_and_is_told_as_calculated() -> None:
    """Open orders expire with er 5; the position goes under autoclose-, x CALCULATED, and the stop expires after it."""
    box = long()
    box.call("POST", ORDER, symbol=SYMBOL, side="BUY", type="LIMIT", quantity="100", price="0.18", timeInForce="GTC")
    box.wait(10_000)
    order = box.exchange.liquidate("main", SYMBOL, box.now)
    box.wait(100_000)
    assert order.client_id.startswith("autoclose-")
    assert [(x, status, last) for name, x, status, last in told(box)[-3:] if name != order.client_id] == [
        ("EXPIRED", "EXPIRED", "0")
    ]
    assert told(box)[-1] == (order.client_id, "CALCULATED", "FILLED", "100")
    reasons = [
        e["o"]["er"] for _, _, e in box.frames if e.get("e") == "ORDER_TRADE_UPDATE" and e["o"]["x"] == "EXPIRED"
    ]
    assert reasons == ["5"]
    [trade] = box.call("GET", "/fapi/v1/userTrades", symbol=SYMBOL, orderId=order.order_id)
    assert (trade["side"], trade["qty"]) == ("SELL", "100")
    assert box.call("GET", ORDER, symbol=SYMBOL, orderId=order.order_id)["clientOrderId"] == order.client_id
    assert standing(box) == []


@pytest.mark.parametrize("execution", ["CALCULATED", "TRADE"])
@pytest.mark.parametrize("accepted", ["NEW", "NEW_ADL"])
def test_a_deleveraging_takes_a_part_under_its_own_name(execution: str, accepted: str) -> None:
    """A fraction goes under adl_autoclose with either spelling, and what remains keeps its stop (binance.md 3.3)."""
    box = long(forced_execution=execution, adl_accepted=accepted)
    box.exchange.deleverage("main", SYMBOL, Decimal("0.4"), box.now)
    box.wait(50_000)
    assert told(box) == [
        ("adl_autoclose", "NEW", accepted, "0"),
        ("adl_autoclose", execution, "FILLED", "40"),
    ]
    assert ("TRADE_LITE" in box.heard(1)) == (execution == "TRADE")
    assert box.exchange.book.position("main", SYMBOL).quantity == 60
    assert standing(box) == [("STOP_MARKET", "0.19", True)]


def test_a_deleveraging_needs_a_position_and_a_fraction() -> None:
    """A flat slot and a fraction beyond one are said aloud."""
    box = Box()
    with pytest.raises(ValueError, match="expected a position, got a flat one"):
        box.exchange.deleverage("main", SYMBOL, Decimal(1), box.now)
    with pytest.raises(ValueError, match="fraction: expected above 0 and at most 1, got 2"):
        box.exchange.deleverage("main", SYMBOL, Decimal(2), box.now)


def test_a_stop_moved_by_hand_is_a_cancel_and_a_new_one_under_a_web_id() -> None:
    """The algo service has no amend: the old stop is CANCELED, the new one NEW under an id of the page (1.9)."""
    box = long()
    moved = box.exchange.move_stop_by_hand("main", SYMBOL, WantedMove(Decimal("0.195")), box.now)
    box.wait(50_000)
    assert moved.client_id.startswith("web_")
    events = [(event["o"]["caid"], event["o"]["X"]) for _, heard, event in box.frames if heard == "ALGO_UPDATE"]
    assert events == [("stop", "CANCELED"), (moved.client_id, "NEW")]
    assert standing(box) == [("STOP_MARKET", "0.195", True)]


def test_a_stop_moved_by_hand_may_bear_an_id_that_the_venue_made_up() -> None:
    """Without an id of the page the venue makes one of 22 characters."""
    moved = long().exchange
    stop = moved.move_stop_by_hand("main", SYMBOL, WantedMove(Decimal("0.195"), named=False), moved.start + 1)
    assert len(stop.client_id) == 22
    assert not stop.client_id.startswith("web_")


def test_a_move_by_hand_to_a_passed_trigger_leaves_no_stop() -> None:
    """The cancel has happened when the new one is refused, and both are told."""
    box = long()
    with pytest.raises(Refusal) as refusal:
        box.exchange.move_stop_by_hand("main", SYMBOL, WantedMove(Decimal("0.21")), box.now)
    box.wait(50_000)
    assert refusal.value.reason is Reason.WOULD_TRIGGER
    assert standing(box) == []
    assert box.event("ALGO_UPDATE")["o"]["X"] == "CANCELED"


def test_the_owner_adds_a_take_profit_a_part_and_an_order_of_his_own() -> None:
    """All of it is seen by the reads as any client's is, under ids that no client chose."""
    box = long()
    box.exchange.set_stop_by_hand("main", SYMBOL, WantedStop(Decimal("0.22"), purpose=Purpose.TAKE_PROFIT), box.now)
    box.exchange.set_stop_by_hand("main", SYMBOL, WantedStop(Decimal("0.18"), quantity=Decimal(30)), box.now)
    box.exchange.trade_by_hand("main", SYMBOL, Side.BUY, Decimal(50), box.now)
    order = box.exchange.limit_by_hand(
        "main", SYMBOL, WantedLimit(Side.SELL, Decimal(50), Decimal("0.23"), reduce_only=True), box.now
    )
    box.wait(50_000)
    assert standing(box) == [
        ("STOP_MARKET", "0.19", True),
        ("TAKE_PROFIT_MARKET", "0.22", True),
        ("STOP_MARKET", "0.18", False),
    ]
    [row] = box.call("GET", "/fapi/v1/openOrders", symbol=SYMBOL)
    assert (row["orderId"], row["clientOrderId"]) == (int(order.order_id), order.client_id)
    box.exchange.cancel_order_by_hand("main", SYMBOL, order.order_id, box.now)
    box.exchange.remove_stop_by_hand("main", SYMBOL, box.now)
    assert [kind for kind, *_ in standing(box)] == ["TAKE_PROFIT_MARKET", "STOP_MARKET"]


def test_one_order_too_many_in_a_symbol_is_refused() -> None:
    """MAX_NUM_ORDERS of the symbol's filters is a limit on open orders: -2025 (binance.md 1.5, 4.2)."""
    box = Box()
    for _ in range(int(box.exchange.instruments[SYMBOL].extra["maxNumOrders"])):
        box.exchange.limit_by_hand("main", SYMBOL, WantedLimit(Side.BUY, Decimal(30), Decimal("0.19")), box.now)
    values = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "30", "price": "0.19"}
    assert box.refused("POST", ORDER, **values)[1] == -2025
