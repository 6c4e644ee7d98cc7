"""Conditional orders that are no stops: what waits for a gain.

The algo service keeps take-profits beside the stops (binance.md 1.9). What waits for a gain guards
nothing, and its trigger is no stop's, so it is told as the order that it is: a slot with a foreign one is seen, and it
is never taken for protection. It stands in no stop's way either: one for the whole position is one of another family
(4.4).
"""

from __future__ import annotations

from typing import Final

from seawall.model.ids import ClientId, Symbol
from seawall.model.reports import OrderReport, OrderStatus, Source
from seawall.model.times import Instant
from seawall.venues.binance.news import AlgoNews
from seawall.venues.binance.rows import HEDGE_SIDES, Gaps, amount, instant, reduces, side, venue_id, word
from seawall.venues.binance.wire import AlgoRow, Number, Text

AS_ORDER: Final = {
    "NEW": OrderStatus.OPEN,
    "TRIGGERING": OrderStatus.OPEN,
    "TRIGGERED": OrderStatus.OPEN,
    "FINISHED": OrderStatus.UNTOLD,
    "CANCELED": OrderStatus.CANCELLED,
    "EXPIRED": OrderStatus.EXPIRED,
    "REJECTED": OrderStatus.REJECTED,
}
"""The same words of one that is no stop; what became of a FINISHED one its order in the engine tells."""
TAKES_PROFIT: Final = "TAKE_PROFIT"
"""How the types of those that wait for a gain begin."""


def is_stop(order_type: Text) -> bool:
    """Whether a conditional order closes on a loss; one whose type did not come may be a stop of ours."""
    return not (order_type or "").startswith(TAKES_PROFIT)


def order_of_algo(row: AlgoRow, symbol: Symbol | None, source: Source, at: Instant, gaps: Gaps) -> OrderReport:
    """A conditional order that is no stop, by a read of the algo service (binance.md 1.9)."""
    return OrderReport(
        symbol=Symbol(word(row.symbol or symbol, "algo.symbol", gaps)),
        client_id=ClientId(word(row.client_algo_id, "algo.clientAlgoId", gaps)),
        status=_status_as_order(row.algo_status, "algo.algoStatus", gaps),
        source=source,
        at=at,
        venue_at=instant(row.update_time),
        venue_id=venue_id(row.algo_id),
        side=side(row.side, "algo.side", gaps),
        quantity=None if row.close_position else amount(row.quantity, "algo.quantity", gaps),
        reduce_only=True if row.close_position else reduces(row),
        reason=row.order_type or "",
        hedge_side=HEDGE_SIDES.get(row.position_side),
    )


def order_of_algo_news(news: AlgoNews, event_at: Number, at: Instant, gaps: Gaps) -> OrderReport:
    """The same by ALGO_UPDATE (binance.md 3.3)."""
    return OrderReport(
        symbol=Symbol(word(news.symbol, "algo.s", gaps)),
        client_id=ClientId(word(news.client_algo_id, "algo.caid", gaps)),
        status=_status_as_order(news.status, "algo.X", gaps),
        source=Source.STREAM,
        at=at,
        venue_at=instant(event_at),
        venue_id=venue_id(news.algo_id),
        side=side(news.side, "algo.S", gaps),
        quantity=None if news.close_position else amount(news.quantity, "algo.q", gaps),
        reduce_only=True if news.close_position else None,
        reason=news.failure or news.order_type or "",
    )


def _status_as_order(spelling: Text, place: str, gaps: Gaps) -> OrderStatus:
    found = AS_ORDER.get(spelling or "")
    if found is None:
        gaps.append(f"{place}={spelling}" if spelling else place)
    return found or OrderStatus.UNTOLD
