"""What the venue shows of an order, a fill and a stop: REST rows, made of pictures of the truth.

Each function takes one state of the book and gives a dict in the venue's key order. The replies to placing and
cancelling an order lack ``avgPrice``, ``cumQuote``, ``time`` and fills, which only the reads have (binance.md 0.1
fact 1, 1.6, 1.7). Instants become venue milliseconds here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from venuesim.dialects.binance.jsonwire import text, trimmed
from venuesim.facts import OrderKind, Purpose, StopScope, StopStatus, TimeInForce, TriggerBy

if TYPE_CHECKING:
    from venuesim.facts import FillState, OrderState, StopState

Row = dict[str, object]

_TIMES: Final = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "GTX",
}
_STOP_STATUS: Final = {
    StopStatus.LIVE: "NEW",
    StopStatus.TRIGGERING: "TRIGGERING",
    StopStatus.TRIGGERED: "TRIGGERED",
    StopStatus.FINISHED: "FINISHED",
    StopStatus.CANCELED: "CANCELED",
    StopStatus.EXPIRED: "EXPIRED",
    StopStatus.REJECTED: "REJECTED",
}
_AVERAGE_DIGITS: Final = Decimal("1E-10")
PROTECTION: Final = "EXPIRE_MAKER"
"""The default of selfTradePreventionMode on plain orders (binance.md 1.6); the box has no self trades to prevent."""


def milliseconds(at: int) -> int:
    """Venue milliseconds of an instant in µs."""
    return at // 1_000


def average_of(order: OrderState) -> str:
    """The average fill price, "0.00" without fills."""
    return trimmed(order.average.quantize(_AVERAGE_DIGITS)) if order.filled else "0.00"


def time_in_force(order: OrderState) -> str:
    """The wire's timeInForce; MARKET orders carry GTC (binance.md 3.3)."""
    return "GTC" if order.kind is OrderKind.MARKET else _TIMES[order.tif]


def placed_row(order: OrderState) -> Row:
    """The reply of POST and DELETE order: no avgPrice, no cumQuote, no time, no fills (binance.md 1.6)."""
    return {
        "orderId": int(order.order_id),
        "symbol": order.symbol,
        "status": order.status.value,
        "clientOrderId": order.client_id,
        "price": text(order.price),
        "origQty": text(order.quantity),
        "executedQty": text(order.filled),
        "cumQty": text(order.filled),
        "timeInForce": time_in_force(order),
        "type": order.kind.value,
        "reduceOnly": order.reduce_only,
        "closePosition": False,
        "side": order.side.value,
        "positionSide": "BOTH",
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": order.kind.value,
        "priceMatch": "NONE",
        "selfTradePreventionMode": PROTECTION,
        "goodTillDate": 0,
        "updateTime": milliseconds(order.updated_at),
    }


def order_row(order: OrderState) -> Row:
    """The row of GET order, openOrder and openOrders (binance.md 1.7)."""
    return {
        "orderId": int(order.order_id),
        "symbol": order.symbol,
        "status": order.status.value,
        "clientOrderId": order.client_id,
        "price": text(order.price),
        "avgPrice": average_of(order),
        "origQty": text(order.quantity),
        "executedQty": text(order.filled),
        "cumQuote": text(order.quote),
        "timeInForce": time_in_force(order),
        "type": order.kind.value,
        "reduceOnly": order.reduce_only,
        "closePosition": False,
        "side": order.side.value,
        "positionSide": "BOTH",
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": order.kind.value,
        "priceMatch": "NONE",
        "selfTradePreventionMode": PROTECTION,
        "goodTillDate": 0,
        "time": milliseconds(order.created_at),
        "updateTime": milliseconds(order.updated_at),
    }


def history_row(order: OrderState) -> Row:
    """The row of allOrders: as 1.7, with pair and cumBase (binance.md 1.4)."""
    return {**order_row(order), "pair": order.symbol, "cumBase": text(order.filled)}


def trade_row(fill: FillState) -> Row:
    """The row of userTrades (binance.md 1.4)."""
    return {
        "symbol": fill.symbol,
        "pair": fill.symbol,
        "id": int(fill.fill_id),
        "orderId": int(fill.order_id),
        "side": fill.side.value,
        "positionSide": "BOTH",
        "price": text(fill.price),
        "qty": text(fill.quantity),
        "quoteQty": text(fill.price * fill.quantity),
        "baseQty": text(fill.quantity),
        "realizedPnl": text(fill.realized),
        "marginAsset": "USDT",
        "commission": text(fill.fee),
        "commissionAsset": "USDT",
        "buyer": fill.side.value == "BUY",
        "maker": fill.maker,
        "time": milliseconds(fill.at),
    }


def stop_type(stop: StopState) -> str:
    """The order type of a stop: by purpose, and by whether it sends a market or a limit order."""
    stem = "TAKE_PROFIT" if stop.purpose is Purpose.TAKE_PROFIT else "STOP"
    return stem + "_MARKET" if stop.kind is OrderKind.MARKET else stem


def stop_time(stop: StopState) -> str:
    """GTE_GTC for what the venue expires with the position, else GTC (binance.md 0.1 fact 4)."""
    return "GTE_GTC" if stop.gives_way else "GTC"


def stop_status(stop: StopState) -> str:
    """The wire's algoStatus (binance.md 1.9)."""
    return _STOP_STATUS[stop.status]


def working_type(stop: StopState) -> str:
    """Which price the stop watches."""
    return "MARK_PRICE" if stop.trigger_by is TriggerBy.MARK else "CONTRACT_PRICE"


def closes_position(stop: StopState) -> bool:
    """Whether the stop closes the whole position."""
    return stop.scope is StopScope.POSITION


def stop_quantity(stop: StopState) -> str:
    """The quantity, "0" for closePosition (binance.md 3.3)."""
    return "0" if closes_position(stop) else text(stop.quantity)


def placed_stop_row(stop: StopState) -> Row:
    """The reply of POST algoOrder (binance.md 1.9)."""
    return {
        "algoId": int(stop.stop_id),
        "clientAlgoId": stop.client_id,
        "algoType": "CONDITIONAL",
        "orderType": stop_type(stop),
        "symbol": stop.symbol,
        "side": stop.side.value,
        "positionSide": "BOTH",
        "timeInForce": stop_time(stop),
        "quantity": stop_quantity(stop),
        "algoStatus": stop_status(stop),
        "triggerPrice": text(stop.trigger),
        "price": text(stop.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": PROTECTION,
        "workingType": working_type(stop),
        "priceMatch": "NONE",
        "closePosition": closes_position(stop),
        "priceProtect": False,
        "reduceOnly": stop.reduce_only,
        "activatePrice": "",
        "callbackRate": "",
        "createTime": milliseconds(stop.created_at),
        "updateTime": milliseconds(stop.updated_at),
        "triggerTime": milliseconds(stop.triggered_at),
        "goodTillDate": 0,
    }


def stop_row(stop: StopState, child: OrderState | None) -> Row:
    """The row of GET algoOrder and of the lists; actualOrderId is "" until triggered (binance.md 1.9)."""
    return {
        **placed_stop_row(stop),
        "actualOrderId": stop.order_id,
        "actualPrice": average_of(child) if child is not None else "0.00000",
        **({"actualType": child.kind.value, "actualQty": text(child.filled)} if child is not None else {}),
        "tpOrderType": "",
    }


def open_stop_row(stop: StopState, child: OrderState | None) -> Row:
    """The row of openAlgoOrders: as the query's, with the four prices of attached legs (binance.md 1.9)."""
    legs: Row = {"tpTriggerPrice": "0.000", "tpPrice": "0.000", "slTriggerPrice": "0.000", "slPrice": "0.000"}
    return {**stop_row(stop, child), **legs}


def cancelled_stop_row(stop: StopState) -> Row:
    """The reply of DELETE algoOrder: its code is the *string* "200" (binance.md 1.9)."""
    return {"algoId": int(stop.stop_id), "clientAlgoId": stop.client_id, "code": "200", "msg": "success"}
