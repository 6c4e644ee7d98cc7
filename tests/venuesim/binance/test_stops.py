"""The Algo Service as a client meets it (binance.md 0.1, 1.9, 4.4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.venuesim.binance.box import SYMBOL, Box, stop_values

ALGO = "/fapi/v1/algoOrder"
OPEN = "/fapi/v1/openAlgoOrders"


def short(**switches: str) -> Box:
    """A box whose account is short 27."""
    box = Box(switches)
    box.order()
    return box


def quantity_stop(**changes: Any) -> dict[str, Any]:
    """A reduce-only quantity stop above a short."""
    return stop_values(closePosition=None, quantity="27", reduceOnly="true", **changes)


def test_a_close_position_stop_cannot_precede_its_position() -> None:
    """While flat it is -4509 (binance.md 0.1 fact 4)."""
    box = Box()
    assert box.refused("POST", ALGO, **stop_values())[:2] == (400, -4509)
    assert box.call("GET", OPEN) == []


def test_a_stop_on_the_wrong_side_protects_nothing_and_is_refused() -> None:
    """A SELL closePosition stop under a short finds no long position: -4509."""
    assert short().refused("POST", ALGO, **stop_values(side="SELL", triggerPrice="0.18"))[1] == -4509


def test_a_live_stop_is_found_by_query_and_list_and_by_nothing_else() -> None:
    """GET algoOrder and openAlgoOrders show it NEW, GTE_GTC, quantity 0; plain reads do not (0.1 fact 3)."""
    box = short()
    placed = box.stop(clientAlgoId="guard")
    assert (placed["algoStatus"], placed["timeInForce"], placed["quantity"]) == ("NEW", "GTE_GTC", "0")
    assert (placed["closePosition"], placed["reduceOnly"], placed["icebergQuantity"]) == (True, True, None)
    row = box.call("GET", ALGO, clientAlgoId="guard")
    assert (row["algoId"], row["actualOrderId"], row["triggerPrice"]) == (placed["algoId"], "", "0.22")
    assert [one["algoId"] for one in box.call("GET", OPEN, symbol=SYMBOL)] == [placed["algoId"]]
    assert box.call("GET", "/fapi/v1/openOrders") == []
    assert box.refused("GET", "/fapi/v1/order", symbol=SYMBOL, origClientOrderId="guard")[1] == -2013


def test_one_close_position_stop_per_direction_and_family() -> None:
    """A second STOP_MARKET is -4130, a TAKE_PROFIT_MARKET beside it is fine (4.4)."""
    box = short()
    box.stop()
    assert box.refused("POST", ALGO, **stop_values(triggerPrice="0.23"))[1] == -4130
    taker = box.stop(type="TAKE_PROFIT_MARKET", triggerPrice="0.18")
    assert taker["orderType"] == "TAKE_PROFIT_MARKET"
    assert len(box.call("GET", OPEN)) == 2


@pytest.mark.parametrize(("answer", "code"), [("accept", None), ("refuse", -4130)])
def test_a_quantity_stop_beside_a_close_position_stop_is_a_switch(answer: str, code: int | None) -> None:
    """Accepted as once observed, or refused (4.7 [?])."""
    box = short(quantity_beside_close=answer)
    box.stop()
    if code is None:
        assert box.call("POST", ALGO, **quantity_stop())["quantity"] == "27"
    else:
        assert box.refused("POST", ALGO, **quantity_stop())[1] == code


@pytest.mark.parametrize(("answer", "code"), [("accept", None), ("refuse", -2022)])
def test_a_reduce_only_quantity_stop_while_flat_is_a_switch(answer: str, code: int | None) -> None:
    """quantity + reduceOnly while flat: either answer (4.4 [?])."""
    box = Box(flat_reduce_only_stop=answer)
    if code is None:
        assert box.call("POST", ALGO, **quantity_stop())["algoStatus"] == "NEW"
    else:
        assert box.refused("POST", ALGO, **quantity_stop())[1] == code


@pytest.mark.parametrize(("answer", "code"), [("-4116", -4116), ("-20132", -20132), ("accept", None)])
def test_a_duplicate_client_algo_id_is_a_switch(answer: str, code: int | None) -> None:
    """Two codes are told of, and acceptance is possible (4.1 [?], 4.3)."""
    box = short(duplicate_algo=answer)
    box.call("POST", ALGO, **quantity_stop(clientAlgoId="twice"))
    if code is None:
        box.call("POST", ALGO, **quantity_stop(clientAlgoId="twice"))
        assert len(box.call("GET", OPEN)) == 2
    else:
        assert box.refused("POST", ALGO, **quantity_stop(clientAlgoId="twice"))[1] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"triggerPrice": "0.19"}, -2021),
        ({"type": "TAKE_PROFIT_MARKET", "triggerPrice": "0.21"}, -2021),
        ({"priceProtect": "true"}, -4084),
        ({"symbol": "NOPEUSDT"}, -1121),
    ],
)
def test_a_stop_that_cannot_stand_is_refused(changes: dict[str, Any], code: int) -> None:
    """A trigger already passed is -2021."""
    assert short().refused("POST", ALGO, **stop_values(**changes))[1] == code


@pytest.mark.parametrize(
    ("answer", "trigger", "code"),
    [
        ("precision", "0.2200001", None),
        ("precision", "0.22000001", -1111),
        ("tick", "0.2200001", -4014),
        ("tick", "0.22000", None),
        ("any", "0.22000001", None),
        ("any", "0", -4013),
    ],
)
def test_what_is_looked_at_in_a_trigger_is_a_switch(answer: str, trigger: str, code: int | None) -> None:
    """Its digits, its tick, or neither (1.5 [?]); at zero it is below the least price whatever the answer (4.2)."""
    box = Box(trigger_digits=answer)
    box.order()
    params = stop_values(triggerPrice=trigger)
    if code is None:
        assert box.call("POST", ALGO, **params)["algoStatus"] == "NEW"
    else:
        assert box.refused("POST", ALGO, **params)[1] == code


def test_whether_the_band_of_prices_bounds_a_trigger_is_a_switch() -> None:
    """Two codes are listed for a trigger outside the multiplier, and no source says when they come (1.9 [?])."""
    for answer, refused in (("none", False), ("percent_price", True)):
        box = Box(trigger_bound=answer)
        box.order()
        above = stop_values(triggerPrice="0.21001")
        if refused:
            assert box.refused("POST", ALGO, **above)[1] == -4210
            assert box.call("POST", ALGO, **above | {"triggerPrice": "0.21000"})["algoStatus"] == "NEW"
            below = above | {"triggerPrice": "0.18999", "type": "TAKE_PROFIT_MARKET"}
            assert box.refused("POST", ALGO, **below)[1] == -4211
        else:
            assert box.call("POST", ALGO, **above)["algoStatus"] == "NEW"


def test_the_trigger_price_may_lie_between_the_ticks() -> None:
    """tickSize is not enforced on triggerPrice (1.5)."""
    assert short().stop(triggerPrice="0.2200001")["triggerPrice"] == "0.2200001"


def test_a_cancel_answers_the_string_200_and_a_second_one_is_unknown() -> None:
    """DELETE's code is a string and no order body comes back; then -2011 (1.9)."""
    box = short()
    placed = box.stop(clientAlgoId="guard")
    gone = box.call("DELETE", ALGO, algoId=placed["algoId"])
    assert gone == {"algoId": placed["algoId"], "clientAlgoId": "guard", "code": "200", "msg": "success"}
    assert box.refused("DELETE", ALGO, clientAlgoId="guard")[1] == -2011
    assert box.call("GET", ALGO, clientAlgoId="guard")["algoStatus"] == "CANCELED"
    assert box.refused("GET", ALGO, clientAlgoId="other")[1] == -2013
    assert box.refused("GET", ALGO)[1] == -1102


def test_a_fired_stop_closes_through_a_child_of_another_id_and_the_same_name() -> None:
    """TRIGGERING, then a child with a new orderId and the stop's client id, then FINISHED (1.9, 3.2)."""
    box = short()
    box.stop(clientAlgoId="guard")
    box.exchange.set_price(SYMBOL, mark=Decimal("0.23"), last=Decimal("0.23"), now=box.now)
    assert box.call("GET", ALGO, clientAlgoId="guard")["algoStatus"] == "TRIGGERING"
    assert box.refused("DELETE", ALGO, clientAlgoId="guard")[1] == -2011
    box.wait(100_000)
    row = box.call("GET", ALGO, clientAlgoId="guard")
    assert (row["algoStatus"], row["actualQty"]) == ("FINISHED", "27")
    child = box.call("GET", "/fapi/v1/order", symbol=SYMBOL, orderId=row["actualOrderId"])
    assert (child["clientOrderId"], child["status"], child["side"]) == ("guard", "FILLED", "BUY")
    trades = box.call("GET", "/fapi/v1/userTrades", symbol=SYMBOL, orderId=row["actualOrderId"])
    assert sum(Decimal(trade["qty"]) for trade in trades) == 27
    assert box.call("GET", "/fapi/v3/positionRisk") == []


def test_closing_the_position_expires_its_stop_and_leaves_a_quantity_stop_behind() -> None:
    """GTE_GTC ends EXPIRED, a reduce-only GTC quantity stop stays NEW: an orphan (4.4)."""
    box = short()
    box.stop(clientAlgoId="guard")
    box.call("POST", ALGO, **quantity_stop(clientAlgoId="orphan"))
    box.order("BUY", reduceOnly="true")
    box.wait(1_000_000)
    states = {
        row["clientAlgoId"]: row["algoStatus"] for row in box.call("GET", "/fapi/v1/allAlgoOrders", symbol=SYMBOL)
    }
    assert states == {"guard": "EXPIRED", "orphan": "NEW"}
    assert [row["clientAlgoId"] for row in box.call("GET", OPEN)] == ["orphan"]
    assert box.call("DELETE", "/fapi/v1/algoOpenOrders", symbol=SYMBOL)["code"] == 200
    assert box.call("GET", OPEN) == []


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_stop_with_a_limit_child_rests_after_it_fired(answer: str) -> None:
    """STOP sends a limit order at its price (1.9), whichever of fill and TRIGGERED is told first."""
    box = short(child_fill_first=answer)
    box.call("POST", ALGO, **quantity_stop(type="STOP", price="0.21", clientAlgoId="limit"))
    box.exchange.set_price(SYMBOL, mark=Decimal("0.22"), last=Decimal("0.22"), now=box.now)
    box.wait(100_000)
    row = box.call("GET", ALGO, clientAlgoId="limit")
    assert (row["algoStatus"], row["actualType"]) == ("TRIGGERED", "LIMIT")
    assert [one["price"] for one in box.call("GET", "/fapi/v1/openOrders")] == ["0.21"]


def test_a_cancelled_stop_may_keep_another_out_for_a_while() -> None:
    """-4130 may persist after a cancel (4.4 [?]); a quantity stop is not kept out."""
    box = short(cancel_linger_us="500000")
    placed = box.stop()
    box.call("DELETE", ALGO, algoId=placed["algoId"])
    assert box.refused("POST", ALGO, **stop_values())[1] == -4130
    assert box.call("POST", ALGO, **quantity_stop())["algoStatus"] == "NEW"
    box.wait(500_000)
    assert box.stop()["algoStatus"] == "NEW"


@pytest.mark.parametrize("code", ["-2022", "-4118"])
def test_a_fill_may_reach_what_reduces_a_moment_later(code: str) -> None:
    """Orders and quantity stops are refused until then, a stop for the whole position has its own delay (4.4 [?])."""
    box = short(reduce_only_delay_us="500000", reduce_only_early=code)
    close = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "27", "reduceOnly": "true"}
    assert box.refused("POST", "/fapi/v1/order", **close)[1] == int(code)
    assert box.refused("POST", ALGO, **quantity_stop())[1] == int(code)
    assert box.stop()["algoStatus"] == "NEW"
    box.wait(500_000)
    assert box.call("POST", "/fapi/v1/order", **close)["status"] == "NEW"
