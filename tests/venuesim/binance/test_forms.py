"""Parameters and the form of orders and stops (binance.md 1.2, 1.6, 1.9, 4.1)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from venuesim.dialects.binance.errors import Denial
from venuesim.dialects.binance.forms import read_order, read_stop
from venuesim.dialects.binance.params import Params, params_of
from venuesim.wire import Request

ORDER = {"symbol": "VELVETUSDT", "side": "SELL", "type": "MARKET", "quantity": "27"}
STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "VELVETUSDT",
    "side": "BUY",
    "type": "STOP_MARKET",
    "triggerPrice": "0.2",
    "closePosition": "true",
}


def params(base: dict[str, str], **changes: str | None) -> Params:
    """The base parameters with changes; None takes one out."""
    merged = {**base, **changes}
    return Params([(name, value) for name, value in merged.items() if value is not None])


def order_code(**changes: str | None) -> tuple[int, str]:
    """Code and text with which an order's form is refused."""
    with pytest.raises(Denial) as caught:
        read_order(params(ORDER, **changes))
    return caught.value.code, caught.value.text


def stop_code(**changes: str | None) -> int:
    """The code with which a stop's form is refused."""
    with pytest.raises(Denial) as caught:
        read_stop(params(STOP, **changes))
    return caught.value.code


def test_a_name_in_query_and_body_counts_as_the_query_has_it() -> None:
    """The query wins over the body, and a GET's body is not read."""
    target = "/fapi/v1/order?symbol=BTCUSDT&x=%C3%A9"
    post = params_of(Request("POST", target, (), b"symbol=ETHUSDT&side=BUY"))
    assert (post.text("symbol"), post.text("side"), post.text("x")) == ("BTCUSDT", "BUY", "é")
    assert params_of(Request("GET", target, (), b"side=BUY")).text("side") is None


def test_a_market_order_needs_no_more_than_four_parameters() -> None:
    """symbol, side, type and quantity make a MARKET order; the response type is ACK unless asked for."""
    form = read_order(params(ORDER))
    assert (form.quantity, form.price, form.time_in_force, form.response) == (Decimal(27), None, "GTC", "ACK")
    assert read_order(params(ORDER, newOrderRespType="RESULT", reduceOnly="true")).reduce_only


@pytest.mark.parametrize("kind", ["STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"])
def test_a_stop_on_the_order_endpoint_is_sent_to_the_algo_service(kind: str) -> None:
    """The five conditional types are -4120 there."""
    assert order_code(type=kind)[0] == -4120


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"side": "Sell"}, -1117),
        ({"type": "ICEBERG"}, -1116),
        ({"quantity": None}, -1102),
        ({"quantity": ""}, -1102),
        ({"quantity": "0"}, -4003),
        ({"quantity": "-1"}, -4003),
        ({"quantity": "NaN"}, -1100),
        ({"quantity": "1e4"}, -1100),
        ({"price": "1"}, -1106),
        ({"timeInForce": "GTC"}, -1106),
        ({"stopPrice": "1"}, -1106),
        ({"closePosition": "true"}, -1106),
        ({"type": "LIMIT"}, -1102),
        ({"type": "LIMIT", "price": "1"}, -1102),
        ({"type": "LIMIT", "price": "1", "timeInForce": "DAY"}, -1115),
        ({"newOrderRespType": "FULL"}, -1136),
        ({"positionSide": "UP"}, -4060),
        ({"positionSide": "LONG", "reduceOnly": "true"}, -1106),
        ({"reduceOnly": "yes"}, -1130),
        ({"newClientOrderId": "a" * 37}, -4015),
        ({"newClientOrderId": "a b"}, -1100),
    ],
)
def test_an_order_of_the_wrong_form_is_refused_by_code(changes: dict[str, str | None], code: int) -> None:
    """Each fault of form has the venue's code."""
    assert order_code(**changes)[0] == code


def test_a_client_id_of_36_is_taken_and_one_of_40_refused_with_a_text_that_says_less_than_36() -> None:
    """36 characters pass (measured), though the text of -4015 claims otherwise (binance.md 4.1)."""
    assert read_order(params(ORDER, newClientOrderId="a" * 36)).client_id == "a" * 36
    assert order_code(newClientOrderId="a" * 40) == (-4015, "Client order id length should be less than 36 chars")


def test_a_close_position_stop_is_forced_to_gte() -> None:
    """closePosition means GTE_GTC, no quantity and reduce-only (binance.md 0.1 fact 4)."""
    form = read_stop(params(STOP))
    assert (form.time_in_force, form.quantity, form.close_position, form.reduce_only) == ("GTE_GTC", None, True, True)
    assert form.working_type == "CONTRACT_PRICE"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"algoType": None}, -1102),
        ({"algoType": "VP"}, -1130),
        ({"type": "MARKET"}, -1116),
        ({"quantity": "1"}, -4137),
        ({"reduceOnly": "true"}, -1106),
        ({"type": "STOP"}, -1106),
        ({"triggerPrice": None}, -1102),
        ({"closePosition": None}, -1102),
        ({"type": "TRAILING_STOP_MARKET"}, -2021),
        ({"workingType": "INDEX"}, -1130),
        ({"clientAlgoId": "a" * 37}, -4015),
        ({"closePosition": None, "quantity": "1", "timeInForce": "GTE_GTC"}, -1128),
        ({"closePosition": None, "quantity": "1", "type": "STOP"}, -1102),
    ],
)
def test_a_stop_of_the_wrong_form_is_refused_by_code(changes: dict[str, str | None], code: int) -> None:
    """Each fault of form has the venue's code."""
    assert stop_code(**changes) == code
