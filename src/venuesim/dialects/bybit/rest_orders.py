"""Orders: create, amend, cancel, and the two books in which they can be read (bybit.md 1.5).

An accepted create says only that the order will be processed: ``orderId`` and ``orderLinkId``, nothing else; its
result comes on the stream. A conditional is an order with a ``triggerPrice`` and lives in the stop engine; its life
there is in ``rest_stops``. The reads are in ``rest_queries``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from venuesim.dialects.bybit.calls import Ask, check_index, require_linear, rules_of
from venuesim.dialects.bybit.errors import parameter
from venuesim.dialects.bybit.forms import link_id, order_ticket
from venuesim.dialects.bybit.rest_stops import move_stop, place_conditional
from venuesim.dialects.bybit.rows import stop_order_type
from venuesim.facts import OrderState, OrderStatus, Reason, Refusal, StopState

if TYPE_CHECKING:
    from venuesim.facts import Instrument

MOST_CANCELLED: Final = 500
RACE: Final = 20_000
"""How long after a fill a cancel still counts as on its way, µs; the venue names no figure."""


def create(ask: Ask) -> object:
    """POST /v5/order/create: the ids alone (bybit.md 1.5)."""
    require_linear(ask.params)
    rules = rules_of(ask)
    check_index(ask)
    link = link_id(ask.params)
    return {"orderId": _submit(ask, rules), "orderLinkId": link}


def _submit(ask: Ask, rules: Instrument) -> str:
    quantity = _quantity(ask, rules)
    if "triggerPrice" in ask.params:
        return place_conditional(ask, rules, quantity)
    mark = ask.core.market.quote(rules.symbol, ask.now).mark
    ticket = order_ticket(ask.params, rules, mark, quantity)
    if not ask.params.require_amount("qty"):
        ticket = replace(ticket, closes_all=True)
    return ask.book.submit(ask.name, ticket, ask.now).order_id


def _quantity(ask: Ask, rules: Instrument) -> Decimal:
    """The quantity; ``"0"`` with reduceOnly and closeOnTrigger closes what one order may (bybit.md 1.5)."""
    quantity = ask.params.require_amount("qty")
    if quantity < 0:
        raise parameter("params error: qty invalid")
    if quantity == 0 and ask.params.flag("reduceOnly") and ask.params.flag("closeOnTrigger"):
        size = abs(ask.book.position(ask.name, rules.symbol).quantity)
        return min(size or rules.min_quantity, rules.market_max_quantity)
    return quantity


def amend(ask: Ask) -> object:
    """POST /v5/order/amend: both ids (bybit.md 1.5); this box moves the trigger of a waiting stop, nothing else."""
    require_linear(ask.params)
    rules = rules_of(ask)
    target = find(ask, rules.symbol)
    if target is None or not target.status.is_open:
        raise Refusal(Reason.ORDER_UNKNOWN)
    if isinstance(target, OrderState):
        raise parameter("this box amends waiting stops only: cancel the order and create another")
    moved = move_stop(ask, target)
    return {"orderId": moved.stop_id, "orderLinkId": moved.client_id}


def cancel(ask: Ask) -> object:
    """POST /v5/order/cancel: both ids; the id wins over the link id; 110001 for what has ended (bybit.md 1.5)."""
    require_linear(ask.params)
    rules = rules_of(ask)
    target = find(ask, rules.symbol)
    if target is None:
        raise Refusal(Reason.ORDER_UNKNOWN)
    if isinstance(target, OrderState) and _races(ask, target):
        ask.memory.raced.append((ask.now, target))
        return {"orderId": target.order_id, "orderLinkId": target.client_id}
    return _cancel(ask, target)


def _races(ask: Ask, order: OrderState) -> bool:
    """Whether this cancel met a fill on its way: then it may be acknowledged, and the stream tells ``Filled`` twice
    (bybit.md 2.1, switch).
    """
    just_filled = order.status is OrderStatus.FILLED and ask.now - order.updated_at <= RACE
    return just_filled and ask.core.switch("bybit.cancel_race") == "acknowledged"


def _cancel(ask: Ask, target: OrderState | StopState) -> dict[str, object]:
    if isinstance(target, StopState):
        ask.book.cancel_stop(ask.name, target.stop_id, ask.now)
        return {"orderId": target.stop_id, "orderLinkId": target.client_id}
    ask.book.cancel(ask.name, target.symbol, target.order_id, ask.now)
    return {"orderId": target.order_id, "orderLinkId": target.client_id}


def find(ask: Ask, symbol: str) -> OrderState | StopState | None:
    """The order or waiting stop that the request names, without lag; 10001 when it names none."""
    order_id, link = ask.params.text("orderId"), ask.params.text("orderLinkId")
    if not order_id and not link:
        raise parameter("params error: orderId or orderLinkId is required")
    known = by_id(ask, order_id) if order_id else by_link(ask, link, symbol)
    return known if known is not None and (known.account, known.symbol) == (ask.name, symbol) else None


def by_id(ask: Ask, order_id: str) -> OrderState | StopState | None:
    """An order, or else a stop that has not become one; a fired stop and its order share the id (bybit.md 3.5)."""
    return ask.book.order_by_id(order_id) or ask.book.stop_by_id(order_id)


def by_link(ask: Ask, link: str, symbol: str) -> OrderState | StopState | None:
    """The newest order or stop of the symbol under a link id."""
    orders = [order for order in ask.book.orders_named(ask.name, link) if order.symbol == symbol]
    if orders:
        return orders[-1]
    stops = [stop for stop in ask.book.stops_named(ask.name, link) if stop.symbol == symbol]
    return stops[-1] if stops else None


def cancel_all(ask: Ask) -> object:
    """POST /v5/order/cancel-all: without ``orderFilter`` everything, stops included (bybit.md 1.5)."""
    require_linear(ask.params)
    symbols = scope_of(ask)
    wanted = ask.params.choice("orderFilter", ("Order", "StopOrder", "OpenOrder"), "all") if _filtered(ask) else "all"
    plain_only = wanted == "StopOrder" and ask.params.text("stopOrderType") == "Stop"
    targets: list[OrderState | StopState] = []
    if wanted != "StopOrder":
        targets += [order for order in ask.book.open_orders(ask.name, None) if order.symbol in symbols]
    if wanted not in ("Order", "OpenOrder"):
        stops = [stop for stop in ask.book.open_stops(ask.name, None) if stop.symbol in symbols]
        targets += [stop for stop in stops if not plain_only or stop_order_type(stop) == "Stop"]
    return {"list": _cancel_each(ask, targets[:MOST_CANCELLED]), "success": "1"}


def _cancel_each(ask: Ask, targets: list[OrderState | StopState]) -> list[dict[str, object]]:
    """Cancel one after the other; one that ends in the meantime (its sibling's cancel may end it) is left out."""
    done = []
    for target in targets:
        try:
            done.append(_cancel(ask, target))
        except Refusal as refusal:
            if refusal.reason not in (Reason.ORDER_UNKNOWN, Reason.STOP_UNKNOWN):
                raise
    return done


def _filtered(ask: Ask) -> bool:
    return "orderFilter" in ask.params


def scope_of(ask: Ask) -> tuple[str, ...]:
    """The symbols a call is about: ``symbol`` before ``baseCoin`` before ``settleCoin``; one of them is required."""
    params, listed = ask.params, ask.core.instruments
    if "symbol" in params:
        return (rules_of(ask).symbol,)
    if "baseCoin" in params:
        return tuple(name for name, rules in listed.items() if rules.base == params.text("baseCoin"))
    if "settleCoin" in params:
        return tuple(name for name, rules in listed.items() if rules.quote == params.text("settleCoin"))
    raise parameter("params error: symbol, baseCoin or settleCoin is required")
