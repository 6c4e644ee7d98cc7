"""How an order looks on this venue: one row shape for orders, stops and conditionals, in REST and on the stream.

The row is the item of bybit.md 1.5; the stream adds a few fields (2.1). A stop is an order here: it waits as
``Untriggered`` under its own id, and the order it sends when it fires keeps that id, so the two are one row that
changes its status. What "nothing" looks like differs between REST and stream and is part of the shape (1.2):
``leavesQty`` of an ended order is ``0`` on the stream and has the step's decimals in REST, ``tpslMode`` is empty in
REST and ``UNKNOWN`` on the stream. ``price`` of a market order is its protective bound (3.4), never what it filled
at.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from venuesim.dialects.bybit.jsonwire import at_scale, ms, trimmed
from venuesim.facts import (
    ZERO,
    Direction,
    EndReason,
    OrderKind,
    OrderStatus,
    Origin,
    Purpose,
    StopScope,
    StopStatus,
    TimeInForce,
    TriggerBy,
)

if TYPE_CHECKING:
    from venuesim.facts import AttachedStop, Instrument, OrderState, Side, StopState

STATUS: Final = {
    OrderStatus.NEW: "New",
    OrderStatus.PARTIALLY_FILLED: "PartiallyFilled",
    OrderStatus.FILLED: "Filled",
    OrderStatus.CANCELED: "Cancelled",
    OrderStatus.EXPIRED: "Cancelled",
    OrderStatus.REJECTED: "Rejected",
}
"""bybit.md 3.1: what other venues call expired is ``Cancelled`` here, with or without fills."""
STOP_STATUS: Final = {
    StopStatus.LIVE: "Untriggered",
    StopStatus.TRIGGERING: "Triggered",
    StopStatus.TRIGGERED: "Triggered",
    StopStatus.FINISHED: "Triggered",
    StopStatus.CANCELED: "Deactivated",
    StopStatus.EXPIRED: "Deactivated",
    StopStatus.REJECTED: "Rejected",
}
SIDE: Final = {"BUY": "Buy", "SELL": "Sell"}
TRIGGER_BY: Final = {TriggerBy.MARK: "MarkPrice", TriggerBy.LAST: "LastPrice"}
_TIF: Final = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "PostOnly",
}
_ENDS: Final = {
    EndReason.NONE: ("UNKNOWN", "EC_NoError"),
    EndReason.BY_USER: ("CancelByUser", "EC_PerCancelRequest"),
    EndReason.BOOK_EXHAUSTED: ("UNKNOWN", "EC_NoImmediateQtyToFill"),
    EndReason.IOC_REMAINDER: ("UNKNOWN", "EC_NoImmediateQtyToFill"),
    EndReason.FOK_UNFILLABLE: ("UNKNOWN", "EC_CancelForNoFullFill"),
    EndReason.WOULD_TAKE: ("UNKNOWN", "EC_PostOnlyWillTakeLiquidity"),
    EndReason.REDUCE_ONLY: ("CancelByReduceOnly", "EC_NoError"),
    EndReason.LIQUIDATION: ("CancelAllBeforeLiq", "EC_NoError"),
    EndReason.ADL: ("CancelAllBeforeAdl", "EC_NoError"),
    EndReason.POSITION_CLOSED: ("CancelByTpSlTsClear", "EC_NoError"),
    EndReason.MARGIN_SHORT: ("UNKNOWN", "EC_Others"),
    EndReason.BY_SYSTEM: ("CancelByAdmin", "EC_NoError"),
    EndReason.REPLACED: ("CancelByTpSlTsClear", "EC_NoError"),
}
"""cancelType and rejectReason of each ending (bybit.md 3.1)."""
_CREATED: Final = {
    Origin.CLIENT: "CreateByUser",
    Origin.HAND: "CreateByUser",
    Origin.STOP: "CreateByStopLoss",
    Origin.LIQUIDATION: "CreateByLiq",
    Origin.ADL: "CreateByAdl_PassThrough",
}


class Spelling(Struct, frozen=True):
    """Where a row is shown, and how that place spells what it has not; the fields are answers of switches too."""

    stream: bool = False
    ioc_reason: str = "EC_NoImmediateQtyToFill"
    cleared_child: str = "Deactivated"
    filled_late_us: int = 0
    """How long after the fill itself an order that has filled is dated."""

    @property
    def tpsl_none(self) -> str:
        """``tpslMode`` of an order without stops (bybit.md 1.2)."""
        return "UNKNOWN" if self.stream else ""

    def zero(self, like: Decimal) -> str:
        """``leavesQty`` of an ended order (bybit.md 1.2)."""
        return "0" if self.stream else at_scale(ZERO, like)


def is_child(stop: StopState) -> bool:
    """Whether the venue made this stop for a position, so that it ends with it (bybit.md 3.7)."""
    return stop.scope is StopScope.POSITION or stop.gives_way


def stop_order_type(stop: StopState) -> str:
    """``stopOrderType``: Full children, Partial children, or a plain conditional's ``Stop`` (bybit.md 3.5, 3.7)."""
    if not is_child(stop):
        return "Stop"
    name = "TakeProfit" if stop.purpose is Purpose.TAKE_PROFIT else "StopLoss"
    return name if stop.scope is StopScope.POSITION else f"Partial{name}"


def create_type(stop: StopState | None, origin: Origin = Origin.CLIENT) -> str:
    """``createType`` of a stop, of the order it becomes, and of one that was no stop (bybit.md 3.1, 3.5)."""
    if stop is None:
        return _CREATED[origin]
    return f"CreateBy{stop_order_type(stop)}" if is_child(stop) else "CreateByUser"


def order_row(order: OrderState, stop: StopState | None, rules: Instrument, spelling: Spelling) -> dict[str, object]:
    """The row of an order; ``stop`` is the stop whose child it is, as far as it is known."""
    row = _common(order.symbol, order.order_id, order.client_id, order.side)
    row.update(_progress(order, rules, spelling))
    row.update(_ending(order.end_reason, spelling))
    row["orderStatus"] = STATUS[order.status]
    row["orderType"] = "Market" if order.kind is OrderKind.MARKET else "Limit"
    row["timeInForce"] = "IOC" if order.kind is OrderKind.MARKET else _TIF[order.tif]
    row["createType"] = create_type(stop, order.origin)
    row["reduceOnly"] = order.reduce_only
    row.update(_attached(order.stop_loss, order.take_profit, spelling))
    if stop is not None:
        row.update(_waiting(stop, spelling))
    late = spelling.filled_late_us if order.filled else 0
    row["createdTime"], row["updatedTime"] = ms((stop or order).created_at), ms(order.updated_at + late)
    return row


def stop_row(stop: StopState, size: Decimal, rules: Instrument, spelling: Spelling) -> dict[str, object]:
    """The row of a stop that has no order yet; ``size`` is what it would send (bybit.md 3.5)."""
    row = _common(stop.symbol, stop.stop_id, stop.client_id, stop.side)
    ended = not stop.status.is_open
    row.update(_amounts(size, ZERO, ZERO, spelling.zero(rules.step) if ended else at_scale(size, rules.step)))
    row.update(_ending(stop.end_reason, spelling))
    row["orderStatus"] = STOP_STATUS[stop.status]
    if stop.end_reason is EndReason.POSITION_CLOSED and not spelling.stream:
        row["orderStatus"] = spelling.cleared_child
    market = stop.kind is OrderKind.MARKET
    row["orderType"], row["timeInForce"] = ("Market", "IOC") if market else ("Limit", "GTC")
    row["price"] = "0" if market else at_scale(stop.price, rules.tick)
    row["createType"] = create_type(stop)
    row["reduceOnly"] = stop.reduce_only
    row.update(_attached(None, None, spelling))
    row.update(_waiting(stop, spelling))
    row["createdTime"], row["updatedTime"] = ms(stop.created_at), ms(stop.updated_at)
    return row


def average_text(average: Decimal, rules: Instrument) -> str:
    """An average price, which may be finer than the tick."""
    return trimmed(average.quantize(rules.tick * Decimal("0.0001"))) if average else ""


def _common(symbol: str, order_id: str, link_id: str, side: Side) -> dict[str, object]:
    """Every field of the item in the order of bybit.md 1.5, as an order without anything special has it."""
    return {
        "orderId": order_id,
        "orderLinkId": link_id,
        "parentOrderLinkId": "",
        "blockTradeId": "",
        "symbol": symbol,
        "price": "0",
        "qty": "0",
        "side": SIDE[side.value],
        "isLeverage": "",
        "positionIdx": 0,
        "orderStatus": "",
        "createType": "",
        "cancelType": "UNKNOWN",
        "rejectReason": "EC_NoError",
        "avgPrice": "",
        "leavesQty": "0",
        "leavesValue": "0",
        "cumExecQty": "0",
        "cumExecValue": "0",
        "cumExecFee": "0",
        "cumFeeDetail": {},
        "timeInForce": "",
        "orderType": "",
        "stopOrderType": "",
        "orderIv": "",
        "marketUnit": "",
        "triggerPrice": "",
        "takeProfit": "",
        "stopLoss": "",
        "tpslMode": "",
        "ocoTriggerBy": "",
        "tpLimitPrice": "",
        "slLimitPrice": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": 0,
        "triggerBy": "",
        "lastPriceOnCreated": "",
        "basePrice": "",
        "reduceOnly": False,
        "closeOnTrigger": False,
        "placeType": "",
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "",
        "createdTime": "",
        "updatedTime": "",
        "extraFees": "",
    }


def _progress(order: OrderState, rules: Instrument, spelling: Spelling) -> dict[str, object]:
    left = order.quantity - order.filled
    leaves = at_scale(left, rules.step) if order.status.is_open else spelling.zero(rules.step)
    fields = _amounts(order.quantity, order.filled, order.quote, leaves)
    fields["qty"] = at_scale(order.quantity, rules.step)
    fields["cumExecQty"] = at_scale(order.filled, rules.step)
    price = order.price if order.kind is OrderKind.LIMIT else order.bound
    fields["price"] = at_scale(price, rules.tick)
    fields["avgPrice"] = average_text(order.average, rules) or ("0" if spelling.stream else "")
    fields["cumExecFee"] = trimmed(order.fee)
    fields["cumFeeDetail"] = {rules.quote: trimmed(order.fee)} if order.filled else {}
    fields["leavesValue"] = trimmed(left * price) if order.status.is_open else "0"
    return fields


def _amounts(quantity: Decimal, filled: Decimal, value: Decimal, leaves: str) -> dict[str, object]:
    return {
        "qty": trimmed(quantity),
        "cumExecQty": trimmed(filled),
        "cumExecValue": trimmed(value),
        "leavesQty": leaves,
    }


def _ending(reason: EndReason, spelling: Spelling) -> dict[str, object]:
    cancel, reject = _ENDS[reason]
    if reason in (EndReason.BOOK_EXHAUSTED, EndReason.IOC_REMAINDER):
        reject = spelling.ioc_reason
    return {"cancelType": cancel, "rejectReason": reject}


def _attached(loss: AttachedStop | None, profit: AttachedStop | None, spelling: Spelling) -> dict[str, object]:
    """``stopLoss`` and ``takeProfit`` of an entry, which has them before any child exists (bybit.md 3.5)."""
    return {
        "takeProfit": trimmed(profit.trigger) if profit else "",
        "stopLoss": trimmed(loss.trigger) if loss else "",
        "tpslMode": "Full" if loss or profit else spelling.tpsl_none,
        "tpTriggerBy": TRIGGER_BY[profit.trigger_by] if profit else "",
        "slTriggerBy": TRIGGER_BY[loss.trigger_by] if loss else "",
    }


def _waiting(stop: StopState, spelling: Spelling) -> dict[str, object]:
    child = is_child(stop)
    mode = "Full" if stop.scope is StopScope.POSITION else "Partial"
    return {
        "parentOrderLinkId": stop.parent_client_id,
        "stopOrderType": stop_order_type(stop),
        "triggerPrice": trimmed(stop.trigger),
        "triggerBy": TRIGGER_BY[stop.trigger_by],
        "triggerDirection": 1 if stop.direction is Direction.RISE else 2,
        "closeOnTrigger": child,
        "tpslMode": mode if child else spelling.tpsl_none,
    }
