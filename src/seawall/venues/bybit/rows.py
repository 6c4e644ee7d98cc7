"""From the venue's rows to the house's reports, once for REST and the stream, which speak in the same rows.

*What is a stop.* The venue keeps one book of waiting orders, with loss stops, take-profits and entries side by side. A
row is reported as a stop if it closes on a loss: a system child for a loss (StopLoss, PartialStopLoss, TrailingStop),
or a plain conditional order that only reduces and waits for the price to go against the position. All other waiting
orders are orders that have not filled: reported as such, so that a slot with foreign ones is seen, and never taken for
protection, nor for the child of an entry of ours. A stop that has fired keeps its id and its kind but is an order from
then on (bybit.md 3.1), so it is reported as both, and its fills can be attributed.

*What is left out.* Rows of other categories, and executions that are no trade (funding). A field that the venue's book
promises and the row does not have is left empty and told in `missing`: the reply without a side that began this project
is a report without a side (incident I02). Only where a report would say nothing, or something false, without the field
is there no report at all; such a row is named in `left_out`, and a read that has one is not complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final

from msgspec import Struct

from seawall.model.amounts import ZERO
from seawall.model.ids import ClientId, Side, Symbol, VenueId
from seawall.model.inputs import NOTHING_TOLD, Told
from seawall.model.reports import (
    FillKind,
    FillReport,
    OrderReport,
    OrderStatus,
    PositionReport,
    Source,
    StopReport,
    StopStatus,
    WalletReport,
)
from seawall.model.signal import TriggerBy
from seawall.model.times import Instant
from seawall.venues.bybit.wire import (
    ExecutionRow,
    OrderRow,
    PositionRow,
    WalletRow,
    amount,
    given,
    instant,
    stated,
    whole,
)

ORDER_STATUS: Final[Mapping[str | None, OrderStatus]] = {
    "Created": OrderStatus.OPEN,
    "New": OrderStatus.OPEN,
    "Untriggered": OrderStatus.OPEN,
    "Triggered": OrderStatus.OPEN,
    "PartiallyFilled": OrderStatus.PARTIAL,
    "Filled": OrderStatus.FILLED,
    "Cancelled": OrderStatus.CANCELLED,
    "PartiallyFilledCanceled": OrderStatus.CANCELLED,
    "Deactivated": OrderStatus.CANCELLED,
    "Rejected": OrderStatus.REJECTED,
}
"""bybit.md 3.1. Cancelled may hold fills: the quantity says so, not the status. A word that is not here is UNTOLD."""

STOP_STATUS: Final[Mapping[str | None, StopStatus]] = {
    "Untriggered": StopStatus.LIVE,
    "Triggered": StopStatus.TRIGGERED,
    "New": StopStatus.TRIGGERED,
    "PartiallyFilled": StopStatus.TRIGGERED,
    "Filled": StopStatus.FINISHED,
    "Cancelled": StopStatus.CANCELLED,
    "Deactivated": StopStatus.CANCELLED,
    "Rejected": StopStatus.REJECTED,
}
"""bybit.md 3.1. Only Untriggered is a stop that watches; New is what follows Triggered, when it is in the engine."""

SIDES: Final[Mapping[str | None, Side]] = {"Buy": Side.BUY, "Sell": Side.SELL}
PRICES: Final[Mapping[str | None, TriggerBy]] = {"MarkPrice": TriggerBy.MARK, "LastPrice": TriggerBy.LAST}
HEDGE_SIDES: Final[Mapping[int, Side]] = {1: Side.BUY, 2: Side.SELL}
"""positionIdx in hedge mode, the long side and the short one; 0 is one-way mode (bybit.md 1.5)."""
LOSS_CHILDREN: Final = ("StopLoss", "PartialStopLoss", "TrailingStop")
WHOLE_POSITION: Final = ("StopLoss", "TrailingStop")
AGAINST: Final = {Side.BUY: 1, Side.SELL: 2}
"""The triggerDirection of a stop that closes on a loss: buying on a rise, selling on a fall (bybit.md 1.5)."""
IN_ENGINE: Final = ("Triggered", "New", "PartiallyFilled", "Filled", "Rejected")
TRADES: Final[Mapping[str | None, FillKind]] = {
    "Trade": FillKind.TRADE,
    "BustTrade": FillKind.LIQUIDATION,
    "AdlTrade": FillKind.DELEVERAGING,
    "Settle": FillKind.SETTLEMENT,
}
"""The executions that change a position, and who made them (bybit.md 3.1)."""
FORCED: Final[Mapping[str | None, FillKind]] = {
    "CreateByLiq": FillKind.LIQUIDATION,
    "CreateByTakeOver_PassThrough": FillKind.LIQUIDATION,
    "CreateByAdl_PassThrough": FillKind.DELEVERAGING,
}
"""The createType of orders that the venue itself makes; they have no name (bybit.md 3.1)."""
NO_REASON: Final = (None, "", "UNKNOWN", "EC_NoError")


class Gathered(Struct, frozen=True):
    """What rows told, and the rows that tell nothing because they lack what they are about."""

    told: Told = NOTHING_TOLD
    left_out: tuple[str, ...] = ()

    @property
    def as_told(self) -> Told:
        """All of it as one `Told`, for the stream, which has no answer that could be incomplete."""
        return together((self.told, Told(missing=self.left_out)))


def together(parts: Iterable[Told]) -> Told:
    """All that several answers told, in their order."""
    told = tuple(parts)
    if len(told) == 1:
        return told[0]
    return Told(*(tuple(chain.from_iterable(kind)) for kind in zip(*told, strict=True)))


def once(told: Told) -> Told:
    """Every row once, as the latest page showed it: a list that moves between two of its pages shows some on both."""
    return told._replace(
        orders=tuple({(one.symbol, one.venue_id): one for one in told.orders}.values()),
        stops=tuple({(one.symbol, one.venue_id): one for one in told.stops}.values()),
        fills=tuple({(one.symbol, one.trade_id): one for one in told.fills}.values()),
        positions=tuple({(one.symbol, one.hedge_side): one for one in told.positions}.values()),
    )


def _gathered(parts: Iterable[Gathered]) -> Gathered:
    gathered = tuple(parts)
    left_out = tuple(chain.from_iterable(part.left_out for part in gathered))
    return Gathered(together(part.told for part in gathered), left_out)


# ---- orders and stops


def orders_told(rows: Iterable[OrderRow], source: Source, at: Instant) -> Gathered:
    """The orders and stops in these rows."""
    return _gathered(_order_told(row, source, at) for row in rows if _is_linear(row.category))


def _order_told(row: OrderRow, source: Source, at: Instant) -> Gathered:
    """A stop whose status the book does not list makes no claim as a stop, and is an order of unknown state."""
    if not row.symbol or not row.order_id:
        return Gathered(left_out=("order.symbol or order.orderId",))
    order, missing = _order(row, source, at), _missing_of_order(row)
    if not is_stop(row):
        return Gathered(Told(orders=(order,), missing=missing))
    status = _stop_status(row)
    if status is None:
        return Gathered(Told(orders=(order,)), (f"order.orderStatus={row.order_status}",))
    orders = (order,) if has_fired(row) else ()
    return Gathered(Told(orders=orders, stops=(_stop(row, order, status),), missing=missing))


def is_stop(row: OrderRow) -> bool:
    """Whether a row is a stop that closes on a loss; see the head of this file."""
    if row.stop_order_type in LOSS_CHILDREN:
        return True
    if row.stop_order_type != "Stop" or not (_reduces(row) or row.close_on_trigger):
        return False
    direction, side = whole(row.trigger_direction), SIDES.get(row.side)
    return not direction or side is None or direction == AGAINST[side]


def _reduces(row: OrderRow) -> bool | None:
    """In hedge mode an order against its side closes, whatever it says, and with it opens (bybit.md 1.5)."""
    hedge_side = HEDGE_SIDES.get(whole(row.position_idx))
    return row.reduce_only if hedge_side is None else SIDES.get(row.side) is hedge_side.opposite


def has_fired(row: OrderRow) -> bool:
    """Whether a stop has become an order: it has fills, or a status that only an order in the engine has."""
    return row.order_status in IN_ENGINE or amount(row.cum_exec_qty) > ZERO


def _stop_status(row: OrderRow) -> StopStatus | None:
    """A cancelled row with fills is a stop that fired and whose market order found no more (bybit.md 3.4)."""
    status = STOP_STATUS.get(row.order_status)
    filled = amount(row.cum_exec_qty) > ZERO
    return StopStatus.FINISHED if filled and status is StopStatus.CANCELLED else status


def _order(row: OrderRow, source: Source, at: Instant) -> OrderReport:
    return OrderReport(
        symbol=Symbol(row.symbol or ""),
        client_id=ClientId(row.order_link_id or ""),
        status=ORDER_STATUS.get(row.order_status, OrderStatus.UNTOLD),
        source=source,
        at=at,
        venue_at=instant(row.updated_time) or instant(row.created_time),
        venue_id=VenueId(row.order_id or ""),
        parent=ClientId(row.parent_order_link_id or "") if is_stop(row) else ClientId(""),
        side=SIDES.get(row.side),
        quantity=stated(row.qty),
        filled=amount(row.cum_exec_qty),
        average=stated(row.avg_price),
        reduce_only=_reduces(row),
        reason=" ".join(word for word in (row.cancel_type, row.reject_reason) if word and word not in NO_REASON),
        kind=FORCED.get(row.create_type, FillKind.TRADE),
        hedge_side=HEDGE_SIDES.get(whole(row.position_idx)),
    )


def _stop(row: OrderRow, order: OrderReport, status: StopStatus) -> StopReport:
    """A Full stop follows the position's size, whatever `qty` says (bybit.md 3.5), so its quantity is None."""
    covers_all = row.stop_order_type in WHOLE_POSITION and row.tpsl_mode != "Partial"
    return StopReport(
        symbol=order.symbol,
        client_id=order.client_id,
        status=status,
        source=order.source,
        at=order.at,
        venue_at=order.venue_at,
        venue_id=order.venue_id,
        parent=order.parent,
        order_id=order.venue_id if has_fired(row) else VenueId(""),
        side=order.side,
        trigger=stated(row.trigger_price),
        trigger_by=PRICES.get(row.trigger_by),
        quantity=None if covers_all else order.quantity,
        reason=order.reason,
        reduce_only=order.reduce_only,
        hedge_side=order.hedge_side,
    )


def _missing_of_order(row: OrderRow) -> tuple[str, ...]:
    """The qty of a Full child is not promised: it follows the position."""
    promised = {"orderStatus": row.order_status, "side": row.side, "qty": row.qty, "cumExecQty": row.cum_exec_qty}
    return tuple(f"order.{name}" for name, value in promised.items() if value is None)


# ---- executions


def fills_told(rows: Iterable[ExecutionRow], source: Source, at: Instant) -> Gathered:
    """The trades among these rows; funding and the like are none (bybit.md 1.5)."""
    trades = (row for row in rows if row.exec_type in TRADES and _is_linear(row.category))
    return _gathered(_fill_told(row, source, at) for row in trades)


def _fill_told(row: ExecutionRow, source: Source, at: Instant) -> Gathered:
    side, quantity, price = SIDES.get(row.side), stated(row.exec_qty), stated(row.exec_price)
    if not row.symbol or not row.exec_id or side is None or quantity is None or price is None:
        return Gathered(left_out=("execution.symbol, execId, side, execQty or execPrice",))
    fill = FillReport(
        symbol=Symbol(row.symbol),
        trade_id=row.exec_id,
        side=side,
        quantity=quantity,
        price=price,
        source=source,
        at=at,
        venue_at=instant(row.exec_time),
        client_id=ClientId(row.order_link_id or ""),
        venue_id=VenueId(row.order_id or ""),
        fee=given(row.exec_fee),
        seq=max(whole(row.seq), 0),
        kind=TRADES[row.exec_type],
        profit=given(row.exec_pnl),
    )
    return Gathered(Told(fills=(fill,), missing=() if row.exec_time else ("execution.execTime",)))


# ---- positions


def hedged(rows: Iterable[PositionRow]) -> tuple[str, ...]:
    """The symbols whose rows show hedge mode: an index other than 0 (bybit.md 1.6)."""
    return tuple(dict.fromkeys(row.symbol or "" for row in rows if whole(row.position_idx) != 0))


def positions_told(rows: Iterable[PositionRow], source: Source, began_at: Instant, at: Instant) -> Gathered:
    """The net positions in these rows; a row of hedge mode is half a position, and is left out."""
    return _gathered(_net_told(row, source, began_at, at) for row in rows if _is_linear(row.category))


def both_sides_told(rows: Iterable[PositionRow], source: Source, began_at: Instant, at: Instant) -> Gathered:
    """The positions in these rows, those of hedge mode side by side."""
    return _gathered(_position_told(row, source, began_at, at) for row in rows if _is_linear(row.category))


def _net_told(row: PositionRow, source: Source, began_at: Instant, at: Instant) -> Gathered:
    if row.symbol and whole(row.position_idx) != 0:
        return Gathered(left_out=(f"position.positionIdx={row.position_idx} on {row.symbol}: hedge mode",))
    return _position_told(row, source, began_at, at)


def _position_told(row: PositionRow, source: Source, began_at: Instant, at: Instant) -> Gathered:
    """A flat row has side "" or "None" and is amount 0, never a short (bybit.md 5 fact 16); seq -1 never traded.

    A position without a stop says so: "", "0" and "0.00" are what has been seen (1.2), and both rows list the field
    (1.6). So a row without it, or with null, says nothing of a stop: neither that one stands nor that none does.
    """
    side, size = SIDES.get(row.side), amount(row.size)
    if not row.symbol or row.size is None or (size and side is None):
        return Gathered(left_out=("position.symbol, size or side",))
    hedge_side = HEDGE_SIDES.get(whole(row.position_idx))
    report = PositionReport(
        symbol=Symbol(row.symbol),
        amount=size * (hedge_side or side).sign if side else ZERO,
        source=source,
        began_at=began_at,
        at=at,
        venue_at=instant(row.updated_time),
        seq=max(whole(row.seq), 0),
        entry_price=stated(row.avg_price) or stated(row.entry_price),
        stop_loss=None if row.stop_loss is None else amount(row.stop_loss),
        liquidation=stated(row.liq_price),
        mark=stated(row.mark_price),
        hedge_side=hedge_side,
    )
    promised = {"updatedTime": row.updated_time or None, "stopLoss": row.stop_loss}
    missing = tuple(f"position.{name}" for name, value in promised.items() if value is None)
    return Gathered(Told(positions=(report,), missing=missing))


# ---- the wallet


def wallet_of(row: WalletRow) -> WalletReport:
    """Equity in USDT and the margin that is free.

    The account's own sum of free margin is empty in isolated margin (bybit.md 1.7, incident I85); then it is the coin's
    equity less what orders and positions hold.
    """
    coin = next((coin for coin in row.coin if coin.coin == "USDT"), None)
    equity = amount(coin.equity) if coin else ZERO
    held = amount(coin.total_order_margin) + amount(coin.total_position_margin) if coin else ZERO
    is_told = row.total_available_balance not in (None, "")
    return WalletReport(equity, amount(row.total_available_balance) if is_told else max(equity - held, ZERO))


def _is_linear(category: str | None) -> bool:
    """The stream's topics carry all categories; REST rows and some old messages name none (bybit.md 1.2)."""
    return category in (None, "", "linear")
