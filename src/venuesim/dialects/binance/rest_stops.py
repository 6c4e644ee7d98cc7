"""The Algo Service: conditional orders with ids, endpoints and an event of their own (binance.md 1.9, 4.4).

There is no margin check before the trigger, no second look at the receive window, and no amending: a stop is placed,
asked for by algoId or clientAlgoId, listed, and cancelled while it still waits. Once it is triggering, a cancel is
-2011.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from venuesim.dialects.binance.errors import Denial, denial_of
from venuesim.dialects.binance.filters import check_digits, check_side
from venuesim.dialects.binance.forms import GTE, STOP_LIMITS, StopForm, read_stop
from venuesim.dialects.binance.rows import (
    Row,
    cancelled_stop_row,
    open_stop_row,
    placed_stop_row,
    stop_row,
)
from venuesim.dialects.binance.windows import aged_out, pick, read_window
from venuesim.facts import (
    ZERO,
    Direction,
    OrderKind,
    OrderState,
    Purpose,
    Reason,
    Refusal,
    Side,
    StopScope,
    StopState,
    StopStatus,
    StopTicket,
    TriggerBy,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from venuesim.dialects.binance.asks import Ask

_LISTED: Final = (StopStatus.LIVE, StopStatus.TRIGGERING)
_EMPTY_ENDS: Final = (StopStatus.CANCELED, StopStatus.EXPIRED, StopStatus.REJECTED)
_BOUNDS: Final = {-4016: -4210, -4024: -4211}
"""The bound of a limit's price as that of a trigger (binance.md 1.9, 4.2)."""
_NO_ID_TEXT: Final = "Param 'algoId' or 'clientAlgoId' must be sent, but both were empty/null!"


def place_stop(ask: Ask) -> Row:
    """POST algoOrder (binance.md 1.9); a priceProtect the box does not simulate is refused aloud with -4084."""
    form = read_stop(ask.params)
    instrument = ask.instrument()
    check_side(ask, form.position_side)
    check_digits(instrument, form.quantity, form.price)
    if ask.core.switch("binance.trigger_digits") != "any":
        check_digits(instrument, None, form.trigger)
    if form.price_protect:
        raise Denial(-4084)
    ask.refuse_unread()
    ticket = ticket_of(form, form.client_id or ask.memory.next_name())
    try:
        return placed_stop_row(ask.core.book.place_stop(ask.account, ticket, ask.now))
    except Refusal as refusal:
        raise _denial_of(ask, refusal) from refusal


def ticket_of(form: StopForm, client_id: str) -> StopTicket:
    """The stop as the book takes it. A STOP waits for a price beyond, a TAKE_PROFIT for one on this side (4.4)."""
    side = Side(form.side)
    takes_profit = form.kind.startswith("TAKE_PROFIT")
    rises = (side is Side.BUY) != takes_profit
    return StopTicket(
        symbol=form.symbol,
        side=side,
        trigger=form.trigger,
        trigger_by=TriggerBy.MARK if form.working_type == "MARK_PRICE" else TriggerBy.LAST,
        direction=Direction.RISE if rises else Direction.FALL,
        scope=StopScope.POSITION if form.close_position else StopScope.QUANTITY,
        purpose=Purpose.TAKE_PROFIT if takes_profit else Purpose.STOP,
        kind=OrderKind.LIMIT if form.kind in STOP_LIMITS else OrderKind.MARKET,
        quantity=form.quantity if form.quantity is not None else ZERO,
        price=form.price if form.price is not None else ZERO,
        reduce_only=form.reduce_only,
        client_id=client_id,
        gives_way=form.time_in_force == GTE,
    )


def _denial_of(ask: Ask, refusal: Refusal) -> Denial:
    """A stop's own meaning of two reasons: the duplicate id (4.1 [?], a switch) and the trigger's bound (1.9)."""
    if refusal.reason is Reason.DUPLICATE_CLIENT_ID:
        answer = ask.core.switch("binance.duplicate_algo")
        return Denial(int(answer) if answer != "accept" else -4116)
    denial = denial_of(refusal)
    return Denial(_BOUNDS.get(denial.code, denial.code)) if refusal.reason is Reason.PRICE_RANGE else denial


def get_stop(ask: Ask) -> Row:
    """GET algoOrder, also of one that has ended; -2013 when this reader does not see it (binance.md 1.9)."""
    algo_id, client_id = _ids(ask)
    stops = ask.core.views.stops(ask.call, ask.account, ask.now)
    found = [stop for stop in stops if _matches(stop, algo_id, client_id) and not _aged(stop, ask.now)]
    if not found:
        raise Denial(-2013)
    return stop_row(found[-1], _child(ask, found[-1]))


def open_stops(ask: Ask) -> list[Row]:
    """GET openAlgoOrders, by symbol, algoId and algoType where given (binance.md 1.9)."""
    symbol, algo_id = ask.optional_symbol(), ask.params.text("algoId")
    if ask.params.text("algoType") not in {None, "CONDITIONAL"}:
        return []
    stops = ask.core.views.stops(ask.call, ask.account, ask.now)
    shown = [stop for stop in stops if stop.status in _LISTED and symbol in (None, stop.symbol)]
    return [open_stop_row(stop, _child(ask, stop)) for stop in shown if algo_id in (None, stop.stop_id)]


def all_stops(ask: Ask) -> list[Row]:
    """GET allAlgoOrders of a symbol (binance.md 1.9)."""
    symbol, first = ask.instrument().symbol, ask.params.integer("algoId")
    window = read_window(ask.params, ask.now)
    stops = ask.core.views.stops(ask.call, ask.account, ask.now)
    seen = [stop for stop in stops if stop.symbol == symbol and not _aged(stop, ask.now)]
    picked = pick(
        seen,
        window,
        lambda stop: stop.created_at,
        lambda stop: int(stop.stop_id),
        first,
        ask.core.switch("binance.full_page"),
    )
    return [open_stop_row(stop, _child(ask, stop)) for stop in picked]


def cancel_stop(ask: Ask) -> Row:
    """DELETE algoOrder; -2011 for an unknown, triggering or ended one (binance.md 1.9, 4.4)."""
    algo_id, client_id = _ids(ask)
    ask.refuse_unread()
    for stop in ask.core.book.open_stops(ask.account, None):
        if stop.status is StopStatus.LIVE and _matches(stop, algo_id, client_id):
            return cancelled_stop_row(ask.core.book.cancel_stop(ask.account, stop.stop_id, ask.now))
    raise Denial(-2011)


def cancel_all_stops(ask: Ask) -> Row:
    """DELETE algoOpenOrders: the conditional orders of a symbol (binance.md 1.9)."""
    symbol = ask.instrument().symbol
    ask.refuse_unread()
    for stop in ask.core.book.open_stops(ask.account, symbol):
        if stop.status is StopStatus.LIVE:
            ask.core.book.cancel_stop(ask.account, stop.stop_id, ask.now)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def _ids(ask: Ask) -> tuple[str | None, str | None]:
    algo_id, client_id = ask.params.integer("algoId"), ask.params.text("clientAlgoId")
    if algo_id is None and client_id is None:
        raise Denial(-1102, text=_NO_ID_TEXT)
    return (None, client_id) if algo_id is None else (str(algo_id), None)


def _matches(stop: StopState, algo_id: str | None, client_id: str | None) -> bool:
    return stop.stop_id == algo_id if algo_id is not None else stop.client_id == client_id


def _child(ask: Ask, stop: StopState) -> OrderState | None:
    """The order a fired stop has placed, as this reader sees it."""
    if not stop.order_id:
        return None
    orders: Sequence[OrderState] = ask.core.views.orders(ask.call, ask.account, ask.now)
    return next((order for order in orders if order.order_id == stop.order_id), None)


def _aged(stop: StopState, now: int) -> bool:
    return aged_out(stop.updated_at, now, ended_empty=stop.status in _EMPTY_ENDS)
