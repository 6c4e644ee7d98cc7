"""What an order asks for, read from its parameters and judged by form alone (bybit.md 1.5, 3.4, 3.5).

Form is what can be judged without the book: enumerations, what excludes what, what a conditional needs. Filters,
margin and the side of an attached stop are the book's to judge. What this box does not hold (trailing stops, Partial
stops on an entry, slippage tolerance, the index price) is refused in words of its own rather than silently taken.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from venuesim.dialects.bybit.errors import BAD_DIRECTION, LINK_TOO_LONG, Denial, parameter
from venuesim.facts import (
    ZERO,
    AttachedStop,
    Direction,
    Instrument,
    OrderKind,
    OrderTicket,
    Purpose,
    Side,
    StopScope,
    StopTicket,
    TimeInForce,
    TriggerBy,
)

if TYPE_CHECKING:
    from venuesim.dialects.bybit.params import Params

SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}
KINDS: Final = {"Market": OrderKind.MARKET, "Limit": OrderKind.LIMIT}
TIMES: Final = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "PostOnly": TimeInForce.POST_ONLY,
}
SOURCES: Final = {"LastPrice": TriggerBy.LAST, "MarkPrice": TriggerBy.MARK}
MODES: Final = ("Full", "Partial")
LINK_CHARACTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
LONGEST_LINK: Final = 45
"""The server refused ids above 45 characters, though its page says 36 (bybit.md 3.3)."""


def order_ticket(params: Params, rules: Instrument, mark: Decimal, quantity: Decimal) -> OrderTicket:
    """The order that a create body asks for, its limit price drawn in to the bound (bybit.md 1.4)."""
    kind = KINDS[params.choice("orderType", tuple(KINDS))]
    side = SIDES[params.choice("side", tuple(SIDES))]
    price = ZERO if kind is OrderKind.MARKET else params.require_positive("price")
    reduce_only = params.flag("reduceOnly") or params.flag("closeOnTrigger")
    loss, profit = attached(params, "stopLoss", "slTriggerBy"), attached(params, "takeProfit", "tpTriggerBy")
    check_combination(params, reduce_only=reduce_only, attaches=loss is not None or profit is not None)
    return OrderTicket(
        symbol=rules.symbol,
        side=side,
        kind=kind,
        quantity=quantity,
        price=within_bounds(price, side, rules, mark) if price else ZERO,
        tif=time_in_force(params, kind),
        reduce_only=reduce_only,
        client_id=link_id(params),
        stop_loss=loss,
        take_profit=profit,
    )


def time_in_force(params: Params, kind: OrderKind) -> TimeInForce:
    """The time in force; a market order is IOC whatever was sent (bybit.md 1.5)."""
    return TimeInForce.IOC if kind is OrderKind.MARKET else TIMES[params.choice("timeInForce", tuple(TIMES), "GTC")]


def within_bounds(price: Decimal, side: Side, rules: Instrument, mark: Decimal) -> Decimal:
    """A limit price beyond the bound is adjusted to the bound, not refused (bybit.md 1.4)."""
    highest, lowest = price_bounds(rules, mark)
    return min(price, highest) if side is Side.BUY else max(price, lowest)


def price_bounds(rules: Instrument, mark: Decimal) -> tuple[Decimal, Decimal]:
    """Highest bid and lowest ask allowed, on the tick and inside the bound (bybit.md 1.4)."""
    highest = mark * rules.price_up // rules.tick * rules.tick
    lowest = -(-(mark * rules.price_down) // rules.tick) * rules.tick
    return highest, lowest


def link_id(params: Params) -> str:
    """``orderLinkId``; 10001 when it is too long or has characters that are not allowed (bybit.md 3.3)."""
    link = params.text("orderLinkId")
    if len(link) > LONGEST_LINK:
        raise parameter(LINK_TOO_LONG)
    if not LINK_CHARACTERS.issuperset(link):
        raise parameter("params error: orderLinkId invalid")
    return link


def attached(params: Params, name: str, source: str) -> AttachedStop | None:
    """An attached trigger, or None when it was not sent or is zero."""
    trigger = params.amount(name)
    if not trigger:
        return None
    if trigger < 0:
        raise parameter(f"params error: {name} invalid")
    return AttachedStop(trigger, trigger_source(params, source))


def trigger_source(params: Params, name: str) -> TriggerBy:
    """Which price triggers; LastPrice when not sent (bybit.md 1.5)."""
    return SOURCES[params.choice(name, tuple(SOURCES), "LastPrice")]


def check_combination(params: Params, *, reduce_only: bool, attaches: bool) -> None:
    """Refuse what excludes each other, and what this box does not hold."""
    if reduce_only and attaches:
        raise Denial(110057, message="reduce-only orders can not set tp/sl")
    if attaches and params.choice("tpslMode", MODES, "Full") == "Partial":
        raise parameter("this box holds no Partial stops on an entry: send tpslMode Full, or trading-stop afterwards")
    if params.text("slOrderType", "Market") != "Market" or params.text("tpOrderType", "Market") != "Market":
        raise parameter("tpsl order type must be Market in Full mode")
    if "slippageTolerance" in params:
        raise parameter("this box holds no slippageTolerance: send an IOC limit order at the bound")


def conditional_ticket(params: Params, rules: Instrument, quantity: Decimal) -> StopTicket:
    """A plain conditional order: not bound to a position, quantity fixed (bybit.md 1.5, 3.7)."""
    if attached(params, "stopLoss", "slTriggerBy") or attached(params, "takeProfit", "tpTriggerBy"):
        raise parameter("this box holds no stops attached to a conditional order")
    kind = KINDS[params.choice("orderType", tuple(KINDS))]
    return StopTicket(
        symbol=rules.symbol,
        side=SIDES[params.choice("side", tuple(SIDES))],
        trigger=params.require_positive("triggerPrice"),
        trigger_by=trigger_source(params, "triggerBy"),
        direction=direction_of(params),
        scope=StopScope.QUANTITY,
        purpose=Purpose.CONDITIONAL,
        kind=kind,
        quantity=quantity,
        price=ZERO if kind is OrderKind.MARKET else params.require_positive("price"),
        reduce_only=params.flag("reduceOnly") or params.flag("closeOnTrigger"),
        client_id=link_id(params),
    )


def direction_of(params: Params) -> Direction:
    """``triggerDirection`` 1 (rise) or 2 (fall); 10001 for anything else (bybit.md 1.5)."""
    given = params.text("triggerDirection")
    if given not in ("1", "2"):
        raise parameter(BAD_DIRECTION)
    return Direction.RISE if given == "1" else Direction.FALL
