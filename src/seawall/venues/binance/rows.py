"""From the venue's rows and events to the house's reports, field by field.

Replies and stream speak of the same things in different spellings, so each kind of report is made here, once for
either. A field that the book promises and the row does not have is left empty in the report and named in `gaps`
("order.side"); only where a report would say nothing, or something false, without the field is there no report at
all. Venue milliseconds become microseconds here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct

from seawall.model.amounts import ZERO
from seawall.model.ids import ClientId, Side, Symbol, VenueId
from seawall.model.reports import (
    FillKind,
    FillReport,
    OrderReport,
    OrderStatus,
    PositionReport,
    Source,
    StopReport,
    StopStatus,
)
from seawall.model.signal import TriggerBy
from seawall.model.times import MILLISECOND, Instant
from seawall.venues.binance.news import AlgoNews, OrderNews, PositionNews, TradeEvent
from seawall.venues.binance.wire import (
    AlgoRow,
    Amount,
    Id,
    Number,
    OrderRow,
    PositionRow,
    Text,
    TradeRow,
)

ORDER_STATUS: Final = {
    "NEW": OrderStatus.OPEN,
    "NEW_ADL": OrderStatus.OPEN,
    "NEW_INSURANCE": OrderStatus.OPEN,
    "PARTIALLY_FILLED": OrderStatus.PARTIAL,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELLED,
    "EXPIRED": OrderStatus.EXPIRED,
    "EXPIRED_IN_MATCH": OrderStatus.EXPIRED,
    "REJECTED": OrderStatus.REJECTED,
}
"""binance.md 1.7 and 3.3. EXPIRED may hold fills (4.5): the quantity says so, not the status."""

STOP_STATUS: Final = {
    "NEW": StopStatus.LIVE,
    "TRIGGERING": StopStatus.TRIGGERING,
    "TRIGGERED": StopStatus.TRIGGERED,
    "FINISHED": StopStatus.FINISHED,
    "CANCELED": StopStatus.CANCELLED,
    "EXPIRED": StopStatus.EXPIRED,
    "REJECTED": StopStatus.REJECTED,
}
"""binance.md 1.9. FINISHED means filled *or* cancelled in the engine."""

TRAILING: Final = "TRAILING_STOP_MARKET"

SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
FORCED: Final = (
    ("autoclose-", FillKind.LIQUIDATION),
    ("adl_autoclose", FillKind.DELEVERAGING),
    ("settlement_autoclose-", FillKind.SETTLEMENT),
)
"""How the names of orders begin that the venue itself makes, and what they are for (binance.md 3.3)."""
CALCULATED: Final = "CALCULATED"
"""The execution of an order of the venue's own; without one of those names, of a liquidation (binance.md 3.3)."""
WORKING_TYPES: Final = {"MARK_PRICE": TriggerBy.MARK, "CONTRACT_PRICE": TriggerBy.LAST}
ONE_WAY: Final = "BOTH"
HEDGE_SIDES: Final[dict[str | None, Side]] = {"LONG": Side.BUY, "SHORT": Side.SELL}
"""positionSide in hedge mode (binance.md 1.6, 1.8)."""

Gaps = list[str]
"""Names of promised fields that did not come, in the order of reading."""


def instant(milliseconds: Number) -> Instant:
    """Venue milliseconds as microseconds; 0 for none."""
    return (milliseconds or 0) * MILLISECOND


def venue_id(spelling: Id) -> VenueId:
    """An id as text; "" for none, null and 0, which is no order's."""
    return VenueId(str(spelling)) if spelling else VenueId("")


def word(spelling: Text, place: str, gaps: Gaps) -> str:
    """A promised text; "" is noted as a gap."""
    if not spelling:
        gaps.append(place)
    return spelling or ""


def amount(spelling: Amount, place: str, gaps: Gaps) -> Decimal | None:
    """A promised number; none is noted as a gap."""
    if spelling.value is None:
        gaps.append(place)
    return spelling.value


def price(spelling: Amount, place: str, gaps: Gaps) -> Decimal | None:
    """A promised price; none, or one that is not above 0, is noted as a gap: 0 is no price, and would move a stop."""
    if spelling.positive is None:
        gaps.append(place if spelling.value is None else f"{place}={spelling.value}")
    return spelling.positive


def side(spelling: Text, place: str, gaps: Gaps) -> Side | None:
    """A promised side; none, or a word that is none, is noted as a gap and never guessed (incident I02)."""
    found = SIDES.get(spelling or "")
    if found is None:
        gaps.append(place)
    return found


def order_status(spelling: Text, place: str, gaps: Gaps) -> OrderStatus:
    """A promised status; UNTOLD, noted as a gap, for one that the book does not list."""
    found = ORDER_STATUS.get(spelling or "")
    if found is None:
        gaps.append(f"{place}={spelling}" if spelling else place)
    return found or OrderStatus.UNTOLD


def kind_of(name: Text, execution: Text = None) -> FillKind:
    """Who made an order, by its name; by its execution type where the name does not say."""
    unnamed = FillKind.LIQUIDATION if execution == CALCULATED else FillKind.TRADE
    return next((kind for beginning, kind in FORCED if (name or "").startswith(beginning)), unnamed)


def order_of(row: OrderRow, symbol: Symbol | None, source: Source, at: Instant, gaps: Gaps) -> OrderReport:
    """An order by a reply or a read. `symbol` is what was asked for, which stands in for a row that names none."""
    return OrderReport(
        symbol=Symbol(word(row.symbol or symbol, "order.symbol", gaps)),
        client_id=ClientId(word(row.client_order_id, "order.clientOrderId", gaps)),
        status=order_status(row.status, "order.status", gaps),
        source=source,
        at=at,
        venue_at=instant(row.update_time),
        venue_id=venue_id(row.order_id),
        side=side(row.side, "order.side", gaps),
        quantity=amount(row.orig_qty, "order.origQty", gaps),
        filled=amount(row.executed_qty, "order.executedQty", gaps) or ZERO,
        average=row.avg_price.positive,
        reduce_only=reduces(row),
        kind=kind_of(row.client_order_id),
        hedge_side=HEDGE_SIDES.get(row.position_side),
    )


def order_of_news(news: OrderNews, event_at: Number, at: Instant, gaps: Gaps) -> OrderReport:
    """An order by ORDER_TRADE_UPDATE (binance.md 3.3); `reason` is its expiry reason, "" for none."""
    return OrderReport(
        symbol=Symbol(word(news.symbol, "order.s", gaps)),
        client_id=ClientId(word(news.client_order_id, "order.c", gaps)),
        status=order_status(news.status, "order.X", gaps),
        source=Source.STREAM,
        at=at,
        venue_at=instant(news.at or event_at),
        venue_id=venue_id(news.order_id),
        side=side(news.side, "order.S", gaps),
        quantity=amount(news.quantity, "order.q", gaps),
        filled=amount(news.filled, "order.z", gaps) or ZERO,
        average=news.average.positive,
        reduce_only=news.reduce_only,
        reason=f"er {news.expiry_reason}" if str(news.expiry_reason or 0) != "0" else "",
        kind=kind_of(news.client_order_id, news.execution),
    )


def fill_of(row: TradeRow, symbol: Symbol, at: Instant, gaps: Gaps) -> FillReport | None:
    """A trade of userTrades, which names the order's id alone (binance.md 1.4): whose it is, the order must say."""
    parts = FillParts(row.symbol or symbol, row.id, row.side, row.qty, row.price, row.order_id, row.time)
    fee = _fee(row.commission, row.commission_asset, row.symbol or symbol)
    return _fill(parts, Source.FILLS, at, gaps, Besides(fee=fee, profit=row.realized_pnl.value))


def fill_of_news(news: OrderNews, event_at: Number, at: Instant, gaps: Gaps) -> FillReport | None:
    """The trade in an ORDER_TRADE_UPDATE; None where it carries none: trade id 0 (binance.md 3.3)."""
    if not news.trade_id or news.last_quantity.positive is None:
        return None
    parts = FillParts(
        news.symbol, news.trade_id, news.side, news.last_quantity, news.last_price, news.order_id, news.at or event_at
    )
    fee = _fee(news.fee, news.fee_asset, news.symbol)
    kind = kind_of(news.client_order_id, news.execution)
    return _fill(parts, Source.STREAM, at, gaps, Besides(news.client_order_id, fee, news.profit.value, kind))


def fill_of_trade(event: TradeEvent, at: Instant, gaps: Gaps) -> FillReport | None:
    """The trade of a TRADE_LITE, which has no fee (binance.md 3.3)."""
    parts = FillParts(
        event.symbol, event.trade_id, event.side, event.last_quantity, event.last_price, event.order_id, event.at
    )
    besides = Besides(event.client_order_id, kind=kind_of(event.client_order_id))
    return _fill(parts, Source.STREAM, at, gaps, besides)


def order_of_trade(event: TradeEvent, at: Instant) -> OrderReport | None:
    """What a TRADE_LITE that makes no fill says of its order all the same: that so much of it is filled, in no status
    and at no price. A trade proves a fill, and starts protection, whatever else of it did not come.
    """
    if not event.symbol or not event.client_order_id or event.last_quantity.positive is None:
        return None
    return OrderReport(
        symbol=Symbol(event.symbol),
        client_id=ClientId(event.client_order_id),
        status=OrderStatus.UNTOLD,
        source=Source.STREAM,
        at=at,
        venue_at=instant(event.at),
        venue_id=venue_id(event.order_id),
        side=SIDES.get(event.side or ""),
        filled=event.last_quantity.positive,
        kind=kind_of(event.client_order_id),
    )


class FillParts(Struct, frozen=True):
    """The fields that every spelling of a trade has."""

    symbol: Text
    trade_id: Id
    side: Text
    quantity: Amount
    price: Amount
    order_id: Id
    at: Number


class Besides(Struct, frozen=True):
    """What only some spellings of a trade have."""

    client_id: Text = None
    fee: Decimal | None = None
    profit: Decimal | None = None
    kind: FillKind = FillKind.TRADE


def _fill(parts: FillParts, source: Source, at: Instant, gaps: Gaps, besides: Besides) -> FillReport | None:
    """No report without what makes a fill: which trade, of what, which way, how much, at what price. How much of the
    order is filled is told by the order beside it, or by `order_of_trade`.
    """
    before = len(gaps)
    symbol, trade = word(parts.symbol, "fill.symbol", gaps), word(venue_id(parts.trade_id), "fill.id", gaps)
    way = side(parts.side, "fill.side", gaps)
    quantity, paid = amount(parts.quantity, "fill.qty", gaps), price(parts.price, "fill.price", gaps)
    if len(gaps) > before or way is None or quantity is None or paid is None:
        return None
    return FillReport(
        symbol=Symbol(symbol),
        trade_id=trade,
        side=way,
        quantity=quantity,
        price=paid,
        source=source,
        at=at,
        venue_at=instant(parts.at),
        client_id=ClientId(besides.client_id or ""),
        venue_id=venue_id(parts.order_id),
        fee=besides.fee,
        kind=besides.kind,
        profit=besides.profit,
    )


def _fee(charged: Amount, asset: Text, symbol: Text) -> Decimal | None:
    """The fee in the contract's own currency; one charged in another (BNB) is not mixed with it and not told."""
    if charged.value is None or not asset or not (symbol or "").endswith(asset):
        return None
    return charged.value


def position_of(row: PositionRow, began_at: Instant, at: Instant, gaps: Gaps) -> PositionReport | None:
    """A position by positionRisk, version 2; a flat one is a row with amount 0, and perhaps a time (binance.md 1.8)."""
    symbol, size = word(row.symbol, "position.symbol", gaps), amount(row.position_amt, "position.positionAmt", gaps)
    if not symbol or size is None:
        return None
    hedge_side = HEDGE_SIDES.get(row.position_side)
    return PositionReport(
        symbol=Symbol(symbol),
        amount=size if hedge_side is None else abs(size) * hedge_side.sign,
        source=Source.POSITIONS,
        began_at=began_at,
        at=at,
        venue_at=instant(row.update_time),
        entry_price=row.entry_price.positive,
        liquidation=row.liquidation_price.positive,
        mark=row.mark_price.positive,
        hedge_side=hedge_side,
    )


def position_of_news(news: PositionNews, event_at: Number, at: Instant, gaps: Gaps) -> PositionReport | None:
    """A position by ACCOUNT_UPDATE (binance.md 3.3), whose T is the time of the change."""
    symbol, size = word(news.symbol, "position.s", gaps), amount(news.amount, "position.pa", gaps)
    if not symbol or size is None:
        return None
    return PositionReport(
        symbol=Symbol(symbol),
        amount=size,
        source=Source.STREAM,
        began_at=at,
        at=at,
        venue_at=instant(event_at),
        entry_price=news.entry_price.positive,
    )


def stop_of(row: AlgoRow, symbol: Symbol | None, source: Source, at: Instant, gaps: Gaps) -> StopReport | None:
    """A stop by a reply or a read of the algo service (binance.md 1.9); None where its status is not told."""
    status = _stop_status(row.algo_status, "stop.algoStatus", gaps)
    if status is None:
        return None
    return StopReport(
        symbol=Symbol(word(row.symbol or symbol, "stop.symbol", gaps)),
        client_id=ClientId(word(row.client_algo_id, "stop.clientAlgoId", gaps)),
        status=status,
        source=source,
        at=at,
        venue_at=instant(row.update_time),
        venue_id=venue_id(row.algo_id),
        order_id=venue_id(row.actual_order_id),
        side=side(row.side, "stop.side", gaps),
        trigger=_trigger(row.order_type, row.trigger_price, "stop.triggerPrice", gaps),
        trigger_by=_trigger_by(row.working_type, "stop.workingType", gaps),
        quantity=None if row.close_position else amount(row.quantity, "stop.quantity", gaps) or ZERO,
        reason=_unusual(row.order_type),
        reduce_only=True if row.close_position else reduces(row),
        hedge_side=HEDGE_SIDES.get(row.position_side),
    )


def stop_of_news(news: AlgoNews, event_at: Number, at: Instant, gaps: Gaps) -> StopReport | None:
    """A stop by ALGO_UPDATE (binance.md 3.3); `reason` is why it was refused at its trigger, if it was."""
    status = _stop_status(news.status, "stop.X", gaps)
    if status is None:
        return None
    return StopReport(
        symbol=Symbol(word(news.symbol, "stop.s", gaps)),
        client_id=ClientId(word(news.client_algo_id, "stop.caid", gaps)),
        status=status,
        source=Source.STREAM,
        at=at,
        venue_at=instant(event_at),
        venue_id=venue_id(news.algo_id),
        order_id=venue_id(news.order_id),
        side=side(news.side, "stop.S", gaps),
        trigger=_trigger(news.order_type, news.trigger, "stop.tp", gaps),
        trigger_by=_trigger_by(news.working_type, "stop.wt", gaps),
        quantity=None if news.close_position else amount(news.quantity, "stop.q", gaps) or ZERO,
        reason=news.failure or _unusual(news.order_type),
    )


def reduces(row: OrderRow | AlgoRow) -> bool | None:
    """In hedge mode an order has no reduceOnly: against its positionSide it closes, with it it opens (1.6, 4.5)."""
    hedge_side = HEDGE_SIDES.get(row.position_side)
    return row.reduce_only if hedge_side is None else SIDES.get(row.side or "") is hedge_side.opposite


def _stop_status(spelling: Text, place: str, gaps: Gaps) -> StopStatus | None:
    found = STOP_STATUS.get(spelling or "")
    if found is None:
        gaps.append(f"{place}={spelling}" if spelling else place)
    return found


def _trigger(order_type: Text, spelling: Amount, place: str, gaps: Gaps) -> Decimal | None:
    """A trailing stop's moves, and no field of its own promises where it is (binance.md 1.9)."""
    return None if order_type == TRAILING else price(spelling, place, gaps)


def _unusual(order_type: Text) -> str:
    """What a stop is when it is no plain one of ours: one at a limit, or one that trails."""
    return "" if order_type in (None, "STOP_MARKET") else str(order_type)


def _trigger_by(spelling: Text, place: str, gaps: Gaps) -> TriggerBy | None:
    found = WORKING_TYPES.get(spelling or "")
    if found is None:
        gaps.append(place)
    return found
