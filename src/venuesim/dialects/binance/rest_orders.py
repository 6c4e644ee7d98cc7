"""Plain orders: place, ask, cancel, list, and their trades (binance.md 1.4, 1.6, 1.7).

The matching engine judges the receive window a second time (-5028, 0.1 fact 5), after whatever held the request between
gateway and engine. An ACK is the order as accepted, status NEW; a RESULT is either that too or the order as it stands
when it has met the book, since nobody has measured it after 2026-06-30 (1.6 [?], switch ``binance.result_reply``).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from venuesim.dialects.binance.asks import Ask, Later
from venuesim.dialects.binance.auth import check_engine
from venuesim.dialects.binance.errors import Denial, denial_of
from venuesim.dialects.binance.filters import check_digits, check_side
from venuesim.dialects.binance.forms import OrderForm, read_order
from venuesim.dialects.binance.rows import Row, history_row, order_row, placed_row, trade_row
from venuesim.dialects.binance.windows import TRADE_LIFE, aged_out, pick, read_window
from venuesim.facts import ZERO, OrderKind, OrderState, OrderStatus, OrderTicket, Refusal, Side, TimeInForce

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIMES: Final = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "GTX": TimeInForce.POST_ONLY,
}
_EMPTY_ENDS: Final = (OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED)
_HALF: Final = 500
_NO_ID_TEXT: Final = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"


def place_order(ask: Ask) -> Row | Later:
    """POST order (binance.md 1.6)."""
    form = read_order(ask.params)
    instrument = ask.instrument()
    check_side(ask, form.position_side)
    check_digits(instrument, form.quantity, form.price)
    ask.refuse_unread()
    return _enter(ask, form, ticket_of(form, form.client_id or ask.memory.next_name()))


def ticket_of(form: OrderForm, client_id: str) -> OrderTicket:
    """The order as the book takes it; GTD and RPI have no engine in the box: -1115."""
    if form.time_in_force not in _TIMES:
        raise Denial(-1115)
    return OrderTicket(
        symbol=form.symbol,
        side=Side(form.side),
        kind=OrderKind(form.kind),
        quantity=form.quantity,
        price=form.price if form.price is not None else ZERO,
        tif=_TIMES[form.time_in_force],
        reduce_only=form.reduce_only,
        client_id=client_id,
    )


def _enter(ask: Ask, form: OrderForm, ticket: OrderTicket) -> Row | Later:
    """The engine's part: the window once more, then the book."""
    if ask.window is not None:
        check_engine(ask.window, ask.now)
    try:
        order = ask.core.book.submit(ask.account, ticket, ask.now)
    except Refusal as refusal:
        raise denial_of(refusal, ask.core.instruments[ticket.symbol]) from refusal
    if form.response == "RESULT" and _waits_for_match(ask, ticket.client_id):
        return Later(ask.core.book.matched_at(order.order_id), partial(_matched_row, ask, order))
    return placed_row(order)


def _waits_for_match(ask: Ask, client_id: str) -> bool:
    answer = ask.core.switch("binance.result_reply")
    return answer == "filled" or (answer == "mixed" and ask.core.draw("result", client_id) < _HALF)


def _matched_row(ask: Ask, accepted: OrderState, _at: int) -> Row:
    order = ask.core.book.order_by_id(accepted.order_id)
    return placed_row(order if order is not None else accepted)


def get_order(ask: Ask) -> Row:
    """GET order: 1.7, or -2013 when this reader does not see it."""
    symbol = ask.instrument().symbol
    rows = [row for row in ask.core.views.orders(ask.call, ask.account, ask.now) if row.symbol == symbol]
    return order_row(_found(ask, rows))


def get_open_order(ask: Ask) -> Row:
    """GET openOrder: as GET order, -2013 once filled or cancelled (binance.md 1.4)."""
    symbol = ask.instrument().symbol
    rows = ask.core.views.orders(ask.call, ask.account, ask.now)
    return order_row(_found(ask, [row for row in rows if row.symbol == symbol and row.status.is_open]))


def open_orders(ask: Ask) -> list[Row]:
    """GET openOrders; stops are never in it (binance.md 0.1 fact 3)."""
    symbol = ask.optional_symbol()
    rows = ask.core.views.orders(ask.call, ask.account, ask.now)
    return [order_row(row) for row in rows if row.status.is_open and symbol in (None, row.symbol)]


def all_orders(ask: Ask) -> list[Row]:
    """GET allOrders (binance.md 1.4); the symbol is optional."""
    symbol, first = ask.optional_symbol(), ask.params.integer("orderId")
    window = read_window(ask.params, ask.now)
    rows = ask.core.views.orders(ask.call, ask.account, ask.now)
    seen = [row for row in rows if symbol in (None, row.symbol) and not _aged(row, ask.now)]
    picked = pick(
        seen,
        window,
        lambda row: row.created_at,
        lambda row: int(row.order_id),
        first,
        ask.core.switch("binance.full_page"),
    )
    return [history_row(row) for row in picked]


def user_trades(ask: Ask) -> list[Row]:
    """GET userTrades: fills of the last three months, by symbol, perhaps of one order (binance.md 1.4)."""
    symbol = ask.instrument().symbol
    order_id, first = ask.params.text("orderId"), ask.params.integer("fromId")
    if first is not None and (ask.params.text("startTime") or ask.params.text("endTime")):
        raise Denial(-1128)
    window = read_window(ask.params, ask.now)
    fills = ask.core.views.fills(ask.call, ask.account, ask.now)
    seen = [fill for fill in fills if fill.symbol == symbol and order_id in (None, fill.order_id)]
    young = [fill for fill in seen if ask.now - fill.at <= TRADE_LIFE]
    shown = ask.core.switch("binance.full_page")
    picked = pick(young, window, lambda fill: fill.at, lambda fill: int(fill.fill_id), first, shown)
    return [trade_row(fill) for fill in picked]


def cancel_order(ask: Ask) -> Row:
    """DELETE order: the reply of POST with status CANCELED; -2011 for what is not open (binance.md 1.4)."""
    symbol = ask.instrument().symbol
    order_id, client_id = _ids(ask)
    ask.refuse_unread()
    for order in ask.core.book.open_orders(ask.account, symbol):
        if _matches(order, order_id, client_id):
            return placed_row(ask.core.book.cancel(ask.account, symbol, order.order_id, ask.now))
    raise Denial(-2011)


def cancel_all_orders(ask: Ask) -> Row:
    """DELETE allOpenOrders: the regular orders of a symbol alone (binance.md 1.4)."""
    symbol = ask.instrument().symbol
    ask.refuse_unread()
    for order in ask.core.book.open_orders(ask.account, symbol):
        ask.core.book.cancel(ask.account, symbol, order.order_id, ask.now)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def _ids(ask: Ask) -> tuple[str | None, str | None]:
    order_id, client_id = ask.params.integer("orderId"), ask.params.text("origClientOrderId")
    if order_id is None and client_id is None:
        raise Denial(-1102, text=_NO_ID_TEXT)
    return (None, client_id) if order_id is None else (str(order_id), None)


def _matches(order: OrderState, order_id: str | None, client_id: str | None) -> bool:
    return order.order_id == order_id if order_id is not None else order.client_id == client_id


def _found(ask: Ask, rows: Sequence[OrderState]) -> OrderState:
    """The order asked for; which of several with one client id is the switch ``binance.reused_id`` (1.7 [?])."""
    order_id, client_id = _ids(ask)
    found = [row for row in rows if _matches(row, order_id, client_id) and not _aged(row, ask.now)]
    if not found:
        raise Denial(-2013)
    return found[0] if ask.core.switch("binance.reused_id") == "first" else found[-1]


def _aged(order: OrderState, now: int) -> bool:
    empty = order.status in _EMPTY_ENDS and not order.filled
    return aged_out(order.updated_at, now, ended_empty=empty)
