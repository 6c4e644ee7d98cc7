"""What an order or a stop asks for, read from its parameters and judged by form alone.

Form is what can be judged without the book: the type belongs to this endpoint, what is mandatory came, what is excluded
did not (binance.md 1.6, 1.9). Filters, margin and the position are judged later, by ``filters`` and by the book.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from venuesim.dialects.binance.errors import Denial

if TYPE_CHECKING:
    from decimal import Decimal

    from venuesim.dialects.binance.params import Params

SIDES: Final = ("BUY", "SELL")
POSITION_SIDES: Final = ("BOTH", "LONG", "SHORT")
PLAIN_TYPES: Final = ("LIMIT", "MARKET")
STOP_MARKETS: Final = ("STOP_MARKET", "TAKE_PROFIT_MARKET")
STOP_LIMITS: Final = ("STOP", "TAKE_PROFIT")
TRAILING: Final = "TRAILING_STOP_MARKET"
STOP_TYPES: Final = (*STOP_MARKETS, *STOP_LIMITS, TRAILING)
ORDER_TIMES: Final = ("GTC", "IOC", "FOK", "GTX", "GTD", "RPI")
STOP_TIMES: Final = ("IOC", "GTC", "FOK", "GTX", "GTD", "GTE_GTC")
REMOVED_INPUTS: Final = (
    "stopPrice",
    "closePosition",
    "workingType",
    "priceProtect",
    "activationPrice",
    "callbackRate",
    "quoteOrderQty",
)
"""Inputs that ``POST order`` no longer takes (binance.md 1.6)."""
RESPONSES: Final = ("ACK", "RESULT")
WORKING_TYPES: Final = ("CONTRACT_PRICE", "MARK_PRICE")
GTE: Final = "GTE_GTC"


class OrderForm(Struct, frozen=True):
    """A plain order as asked for. ``price`` is None for MARKET; quantities in the base asset."""

    symbol: str
    side: str
    kind: str
    quantity: Decimal
    price: Decimal | None
    time_in_force: str
    position_side: str
    reduce_only: bool
    client_id: str | None
    response: str
    protection: str


class StopForm(Struct, frozen=True):
    """A conditional order as asked for. ``quantity`` is None for closePosition."""

    symbol: str
    side: str
    kind: str
    trigger: Decimal
    quantity: Decimal | None
    price: Decimal | None
    time_in_force: str
    position_side: str
    reduce_only: bool
    close_position: bool
    working_type: str
    price_protect: bool
    client_id: str | None
    protection: str


def read_order(params: Params) -> OrderForm:
    """The form of ``POST order`` (binance.md 1.6); -4120 for the five stop types, -1102 and -1106 as due."""
    symbol = params.require("symbol")
    side = _side(params)
    kind = params.require("type")
    if kind in STOP_TYPES:
        raise Denial(-4120)
    if kind not in PLAIN_TYPES:
        raise Denial(-1116)
    for name in REMOVED_INPUTS:
        if params.text(name) is not None:
            raise Denial(-1106, name)
    _refuse_unsimulated(params)
    reduce_only, position_side = _reduction(params)
    return OrderForm(
        symbol=symbol,
        side=side,
        kind=kind,
        quantity=_quantity(params),
        price=_limit_price(params, kind),
        time_in_force=_order_time(params, kind),
        position_side=position_side,
        reduce_only=reduce_only,
        client_id=params.client_id("newClientOrderId"),
        response=params.choice("newOrderRespType", RESPONSES, -1136) or "ACK",
        protection=params.text("selfTradePreventionMode") or "EXPIRE_MAKER",
    )


def read_stop(params: Params) -> StopForm:
    """The form of ``POST algoOrder`` (binance.md 1.9); -4137 and -4138 for what excludes closePosition."""
    if params.require("algoType") != "CONDITIONAL":
        raise Denial(-1130, "algoType")
    symbol = params.require("symbol")
    side = _side(params)
    kind = params.require("type")
    if kind not in STOP_TYPES:
        raise Denial(-1116)
    if kind == TRAILING:
        _refuse_trailing(params)
    _refuse_unsimulated(params)
    closing = params.flag("closePosition") or False
    reduce_only, position_side = _reduction(params)
    _check_closing(params, kind, closing=closing)
    params.text("newOrderRespType")
    return StopForm(
        symbol=symbol,
        side=side,
        kind=kind,
        trigger=_trigger(params),
        quantity=None if closing else _quantity(params),
        price=_require_price(params) if kind in STOP_LIMITS else None,
        time_in_force=_stop_time(params, closing=closing, reduce_only=reduce_only),
        position_side=position_side,
        reduce_only=reduce_only or closing,
        close_position=closing,
        working_type=params.choice("workingType", WORKING_TYPES, -1130) or "CONTRACT_PRICE",
        price_protect=_word_flag(params, "priceProtect"),
        client_id=params.client_id("clientAlgoId"),
        protection=params.text("selfTradePreventionMode") or "EXPIRE_MAKER",
    )


def _refuse_unsimulated(params: Params) -> None:
    """-4084 for what the venue has and the box does not simulate: refused aloud, never ignored."""
    if params.text("priceMatch") not in {None, "NONE"} or params.text("goodTillDate") not in {None, "0"}:
        raise Denial(-4084)


def _side(params: Params) -> str:
    side = params.require("side")
    if side not in SIDES:
        raise Denial(-1117)
    return side


def _quantity(params: Params) -> Decimal:
    quantity = params.decimal("quantity")
    if quantity is None:
        raise Denial(-1102, "quantity")
    if quantity <= 0:
        raise Denial(-4003)
    return quantity


def _limit_price(params: Params, kind: str) -> Decimal | None:
    if kind == "LIMIT":
        return _require_price(params)
    if params.text("price") is not None:
        raise Denial(-1106, "price")
    return None


def _require_price(params: Params) -> Decimal:
    price = params.decimal("price")
    if price is None:
        raise Denial(-1102, "price")
    return price


def _trigger(params: Params) -> Decimal:
    trigger = params.decimal("triggerPrice")
    if trigger is None:
        raise Denial(-1102, "triggerPrice")
    return trigger


def _order_time(params: Params, kind: str) -> str:
    asked = params.choice("timeInForce", ORDER_TIMES, -1115)
    if kind == "MARKET":
        if asked is not None:
            raise Denial(-1106, "timeInForce")
        return "GTC"
    if asked is None:
        raise Denial(-1102, "timeInForce")
    return asked


def _stop_time(params: Params, *, closing: bool, reduce_only: bool) -> str:
    asked = params.choice("timeInForce", STOP_TIMES, -1115)
    if closing:
        return GTE
    if asked == GTE and not reduce_only:
        raise Denial(-1128)
    return asked or "GTC"


def _reduction(params: Params) -> tuple[bool, str]:
    """reduceOnly and positionSide; reduceOnly beside a hedge side is -1106 (binance.md 1.6)."""
    side = params.choice("positionSide", POSITION_SIDES, -4060) or "BOTH"
    asked = params.flag("reduceOnly")
    if asked is not None and side != "BOTH":
        raise Denial(-1106, "reduceOnly")
    return bool(asked), side


def _check_closing(params: Params, kind: str, *, closing: bool) -> None:
    if not closing:
        return
    if kind not in STOP_MARKETS:
        raise Denial(-1106, "closePosition")
    if params.text("quantity") is not None:
        raise Denial(-4137)
    if params.text("reduceOnly") is not None:
        raise Denial(-1106, "reduceOnly")


def _refuse_trailing(params: Params) -> None:
    """Trailing stops: a triggerPrice is -2021 (binance.md 1.9); without one the box has no engine for them: -1116."""
    if params.text("triggerPrice") is not None:
        raise Denial(-2021)
    raise Denial(-1116)


def _word_flag(params: Params, name: str) -> bool:
    """A flag that the venue documents in capitals ("TRUE", "FALSE")."""
    return params.flag(name) or False
