"""Reads of orders and executions: two books that do not agree at every moment (bybit.md 1.5, 3.2).

``realtime`` lists what is open; asked by id, or with ``openOnly=1``, it also shows what has closed lately. ``history``
lists what has closed, later than the stream told it, and forgets: what ended without a fill is kept for 24 hours, the
rest for seven days unless an older time is asked for. Between the two there may be a moment in which an order is in
neither (switch ``bybit.handover_gap``); so what is not found is unknown, not absent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from venuesim.dialects.bybit.calls import Ask, listing, nothing, page, reads_linear
from venuesim.dialects.bybit.errors import parameter
from venuesim.dialects.bybit.rest_orders import scope_of
from venuesim.dialects.bybit.rows import Spelling, order_row, stop_order_type, stop_row
from venuesim.dialects.bybit.rows_account import exec_type, execution_row
from venuesim.facts import OrderState, StopState

if TYPE_CHECKING:
    from venuesim.facts import FillState

DAY: Final = 86_400_000_000
WEEK: Final = 7 * DAY
RECENT: Final = 500
GAP_LEAST: Final = 200_000
GAP_STEP: Final = 1_500
"""The handover gap lasts 200 ms to 1.7 s, drawn by order; the venue book has no figure, only that it is there (3.2)."""


Wanted = Callable[[OrderState | StopState], bool]


class Seen(Struct, frozen=True):
    """One order of this venue as a reader sees it: an order, a stop that waits, or an order and the stop it was."""

    order: OrderState | None
    stop: StopState | None

    @property
    def main(self) -> OrderState | StopState:
        """The half that tells ids, symbol and times."""
        found = self.order or self.stop
        assert found is not None, "a row is made of an order or a stop"
        return found

    @property
    def order_id(self) -> str:
        """The id that both halves share."""
        return id_of(self.main)

    @property
    def created_at(self) -> int:
        """When the venue made it, µs."""
        return (self.stop or self.main).created_at

    @property
    def is_open(self) -> bool:
        """Whether it may still fill or fire."""
        return self.main.status.is_open

    @property
    def has_fills(self) -> bool:
        """Whether any of it filled."""
        return self.order is not None and self.order.filled > 0


def seen_by(ask: Ask, wanted: Wanted) -> list[Seen]:
    """Everything of the wanted kind that this reader can see, newest first."""
    orders = [order for order in ask.core.views.orders(ask.call, ask.name, ask.now) if wanted(order)]
    stops = {stop.stop_id: stop for stop in ask.core.views.stops(ask.call, ask.name, ask.now) if wanted(stop)}
    rows = [Seen(order, stops.pop(order.order_id, None) or _stop_of(ask, order)) for order in orders]
    rows += [Seen(None, stop) for stop in stops.values()]
    return sorted(rows, key=lambda seen: (seen.created_at, seen.order_id), reverse=True)


def _stop_of(ask: Ask, order: OrderState) -> StopState | None:
    """What the order was before it fired; it does not change any more, so it needs no view."""
    return ask.book.stop_by_id(order.stop_id) if order.stop_id else None


def row_of(ask: Ask, seen: Seen) -> dict[str, object]:
    """The REST row of an order."""
    rules = ask.core.instruments[seen.main.symbol]
    spelling = rest_spelling(ask)
    if seen.order is not None:
        return order_row(seen.order, seen.stop, rules, spelling)
    assert seen.stop is not None, "a row is made of an order or a stop"
    return stop_row(seen.stop, seen.stop.quantity, rules, spelling)


def rest_spelling(ask: Ask) -> Spelling:
    """How REST spells what is not there, by the switches."""
    return Spelling(
        stream=False,
        ioc_reason=ask.core.switch("bybit.ioc_reason"),
        cleared_child=ask.core.switch("bybit.cleared_child"),
        filled_late_us=int(ask.core.switch("bybit.order_date_us")),
    )


def realtime(ask: Ask) -> object:
    """GET /v5/order/realtime: open orders; by id, or with ``openOnly=1``, recently closed ones too (bybit.md 1.5)."""
    if not reads_linear(ask.params):
        return nothing(ask)
    named = by_name(ask)
    wanted_open = ask.params.integer("openOnly", 0, 0, 1) == 0
    closed_shown = ask.core.switch("bybit.closed_cache") == "kept"
    rows = seen_by(ask, named or (lambda state: state.status.is_open == wanted_open))
    rows = [seen for seen in rows if seen.is_open or (closed_shown and not in_gap(ask, seen))]
    return _page_of(ask, rows if named else filtered(ask, rows[:RECENT]))


def in_gap(ask: Ask, seen: Seen) -> bool:
    """Whether a closed order is between the two books (bybit.md 3.2, switch)."""
    if ask.core.switch("bybit.handover_gap") == "no":
        return False
    gap = GAP_LEAST + GAP_STEP * ask.core.draw("handover", seen.order_id)
    return ask.now < seen.main.updated_at + gap


def history(ask: Ask) -> object:
    """GET /v5/order/history: what has closed and is not yet forgotten (bybit.md 1.5)."""
    if not reads_linear(ask.params):
        return nothing(ask)
    start, end = _span(ask)
    named = by_name(ask)
    rows = seen_by(ask, named or (lambda state: not state.status.is_open))
    rows = [seen for seen in rows if not seen.is_open and _kept(ask, seen) and start <= seen.created_at <= end]
    return _page_of(ask, rows if named else filtered(ask, rows))


def _kept(ask: Ask, seen: Seen) -> bool:
    """Whether the venue still has it: 24 h without a fill, for ever (two years) with one (bybit.md 0.6, 1.5)."""
    return seen.has_fills or ask.now - seen.main.updated_at <= DAY


def _span(ask: Ask) -> tuple[int, int]:
    """The span of creation asked for, in µs; the last seven days unless said otherwise, and never longer."""
    end_ms = ask.params.integer("endTime", ask.now // 1_000 + 1, 0, 10**15)
    start_ms = ask.params.integer("startTime", max(end_ms - WEEK // 1_000, 0), 0, 10**15)
    if "startTime" in ask.params and "endTime" not in ask.params:
        end_ms = start_ms + WEEK // 1_000
    if end_ms - start_ms > WEEK // 1_000 + 1:
        raise parameter("params error: endTime - startTime must not exceed 7 days")
    return start_ms * 1_000, end_ms * 1_000 + 999


def by_name(ask: Ask) -> Wanted | None:
    """The test for the order that the query names: id before link id; None when it names none.

    Some clients name an order without any symbol (bybit.md 6.7); a switch refuses that.
    """
    order_id, link = ask.params.text("orderId"), ask.params.text("orderLinkId")
    if not order_id and not link:
        return None
    symbols = _named_scope(ask)
    if order_id:
        return lambda state: id_of(state) == order_id and state.symbol in symbols
    return lambda state: state.client_id == link and state.symbol in symbols


def id_of(state: OrderState | StopState) -> str:
    """The venue's id of an order or stop."""
    return state.order_id if isinstance(state, OrderState) else state.stop_id


def is_scoped(ask: Ask) -> bool:
    """Whether the query says which symbols it is about."""
    return any(name in ask.params for name in ("symbol", "baseCoin", "settleCoin"))


def _named_scope(ask: Ask) -> tuple[str, ...]:
    if is_scoped(ask) or ask.core.switch("bybit.id_only_query") == "refuse":
        return scope_of(ask)
    return tuple(ask.core.instruments)


def filtered(ask: Ask, rows: list[Seen]) -> list[Seen]:
    """The rows of the symbols, kind and status asked for; ``orderFilter`` is all kinds when not sent."""
    free = ask.call.endswith(".history") and not is_scoped(ask)
    symbols = tuple(ask.core.instruments) if free else scope_of(ask)
    kind = ask.params.text("orderFilter")
    status = ask.params.text("orderStatus")
    rows = [seen for seen in rows if seen.main.symbol in symbols and _is_kind(seen, kind)]
    return [seen for seen in rows if not status or row_of(ask, seen)["orderStatus"] == status]


def _is_kind(seen: Seen, wanted: str) -> bool:
    if wanted in ("", "OpenOrder"):
        return True
    if wanted == "tpslOrder":
        return seen.stop is not None and stop_order_type(seen.stop) != "Stop"
    return (seen.stop is not None) == (wanted == "StopOrder")


def _page_of(ask: Ask, rows: list[Seen]) -> dict[str, object]:
    shown, cursor = page(ask, rows, 20, 50)
    return listing([row_of(ask, seen) for seen in shown], cursor)


def executions(ask: Ask) -> object:
    """GET /v5/execution/list: fills, newest first; with an id all other filters are ignored (bybit.md 1.5)."""
    if not reads_linear(ask.params):
        return nothing(ask)
    order_id, link = ask.params.text("orderId"), ask.params.text("orderLinkId")
    fills = ask.core.views.fills(ask.call, ask.name, ask.now)
    if order_id or link:
        fills = [fill for fill in fills if (fill.order_id == order_id if order_id else fill.client_id == link)]
    else:
        fills = _fills_in_scope(ask, fills)
    fills.sort(key=lambda fill: (fill.at, fill.fill_id), reverse=True)
    shown, cursor = page(ask, fills, 50, 100)
    return listing([fill_row(ask, fill) for fill in shown], cursor)


def _fills_in_scope(ask: Ask, fills: list[FillState]) -> list[FillState]:
    start, end = _span(ask)
    symbols = scope_of(ask) if is_scoped(ask) else tuple(ask.core.instruments)
    kind = ask.params.text("execType")
    inside = [fill for fill in fills if fill.symbol in symbols and start <= fill.at <= end]
    return [fill for fill in inside if kind in ("", exec_type(fill))]


def fill_row(ask: Ask, fill: FillState) -> dict[str, object]:
    """The REST row of a fill."""
    order = ask.book.order_by_id(fill.order_id)
    stop = ask.book.stop_by_id(order.stop_id) if order is not None and order.stop_id else None
    rules = ask.core.instruments[fill.symbol]
    return execution_row(fill, order, stop, rules, fill.price, stream=False)
