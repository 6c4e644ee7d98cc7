"""How fills, positions and balances look on this venue, in REST and on the stream (bybit.md 1.5, 1.6, 1.7, 2.1).

REST says ``avgPrice`` where the stream says ``entryPrice``; "no stop" and "no side" have several spellings, of which a
switch chooses one for REST, while the stream writes ``0`` (1.2). ``seq`` is the number of the last matching event on
the symbol and ties a position to its fills; it is -1 on a symbol that never traded.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from venuesim.dialects.bybit.jsonwire import at_scale, ms, traded_at, trimmed
from venuesim.dialects.bybit.rows import SIDE, average_text, create_type, stop_order_type
from venuesim.facts import ZERO, OrderKind, Origin, Side

if TYPE_CHECKING:
    from venuesim.dialects.port import Margins, Quote
    from venuesim.facts import Bracket, FillState, Instrument, OrderState, PositionState, StopState

_EXEC_TYPE: Final = {Origin.LIQUIDATION: "BustTrade", Origin.ADL: "AdlTrade"}
_CENT: Final = Decimal("0.00000001")


class PositionSpelling(Struct, frozen=True):
    """How a place spells a position: the stream or REST, "no stop loss", the side of a flat position, and how long
    after its change it is dated (before it, if less than 0).
    """

    stream: bool = False
    no_stop: str = ""
    flat_side: str = ""
    late_us: int = 0


def execution_row(
    fill: FillState, order: OrderState | None, stop: StopState | None, rules: Instrument, mark: Decimal, *, stream: bool
) -> dict[str, object]:
    """One fill (bybit.md 1.5); ``stop`` is what its order was before it fired."""
    value = fill.price * fill.quantity
    row: dict[str, object] = {
        "symbol": fill.symbol,
        "orderId": fill.order_id,
        "orderLinkId": fill.client_id,
        "side": SIDE[fill.side.value],
        "orderPrice": at_scale(_order_price(order), rules.tick),
        "orderQty": at_scale(order.quantity if order else fill.quantity, rules.step),
        "leavesQty": at_scale(fill.leaves, rules.step),
        "createType": create_type(stop, fill.origin),
        "orderType": "Market" if order is None or order.kind is OrderKind.MARKET else "Limit",
        "stopOrderType": stop_order_type(stop) if stop is not None else "UNKNOWN",
        "execFee": trimmed(fill.fee),
        "execFeeV2": "",
        "execId": fill.fill_id,
        "execPrice": traded_at(fill.price, rules.tick),
        "execQty": at_scale(fill.quantity, rules.step),
        "execType": exec_type(fill),
        "execValue": trimmed(value),
        "execTime": ms(fill.at),
        "feeCurrency": "",
        "isMaker": fill.maker,
        "feeRate": trimmed((fill.fee / value).quantize(Decimal("0.00000001"))) if value else "0",
        "tradeIv": "",
        "markIv": "",
        "markPrice": at_scale(mark, rules.tick),
        "indexPrice": "",
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": trimmed(fill.closed),
        "seq": fill.cross_seq,
        "extraFees": "",
    }
    if stream:
        row.update(category="linear", isLeverage="0", execPnl=trimmed(fill.realized), marketUnit="")
    return row


def exec_type(fill: FillState) -> str:
    """``execType``: BustTrade of a liquidation, AdlTrade, else Trade (bybit.md 3.1)."""
    return _EXEC_TYPE.get(fill.origin, "Trade")


def fast_execution_row(fill: FillState) -> dict[str, object]:
    """One fill on ``execution.fast``, whose link id is empty for a maker (bybit.md 2.1)."""
    return {
        "category": "linear",
        "symbol": fill.symbol,
        "execId": fill.fill_id,
        "execPrice": trimmed(fill.price),
        "execQty": trimmed(fill.quantity),
        "orderId": fill.order_id,
        "isMaker": fill.maker,
        "orderLinkId": "" if fill.maker else fill.client_id,
        "side": SIDE[fill.side.value],
        "execTime": ms(fill.at),
        "seq": fill.cross_seq,
    }


def _order_price(order: OrderState | None) -> Decimal:
    if order is None:
        return ZERO
    return order.price if order.kind is OrderKind.LIMIT else order.bound


def tier_of(rules: Instrument, value: Decimal) -> tuple[int, Bracket]:
    """The number (from 1) and the tier of a position value; beyond the last cap, the last tier."""
    for number, bracket in enumerate(rules.brackets, start=1):
        if value <= bracket.cap:
            return number, bracket
    return len(rules.brackets), rules.brackets[-1]


def position_row(
    position: PositionState, rules: Instrument, quote: Quote, liquidation: Decimal, spelling: PositionSpelling
) -> dict[str, object]:
    """One position, flat ones included (bybit.md 1.6); ``size`` is never negative, ``side`` tells the direction."""
    size = abs(position.quantity)
    value = size * position.entry_price
    number, tier = tier_of(rules, value)
    unrealised = (quote.mark - position.entry_price) * position.quantity if size else ZERO
    initial = value / position.leverage if position.leverage else ZERO
    maintenance = value * tier.maintenance_rate - tier.cum if size else ZERO
    entry = "entryPrice" if spelling.stream else "avgPrice"
    side = (Side.BUY if position.quantity > 0 else Side.SELL).value
    return {
        "positionIdx": 0,
        "tradeMode": 0,
        "riskId": number,
        "riskLimitValue": trimmed(tier.cap),
        "symbol": position.symbol,
        "side": SIDE[side] if size else "" if spelling.stream else spelling.flat_side,
        "size": at_scale(size, rules.step) if size else "0",
        entry: average_text(position.entry_price, rules) if size else "0",
        "positionValue": trimmed(value.quantize(_CENT)) if size else "0" if spelling.stream else "",
        "autoAddMargin": 0,
        "positionStatus": "Normal",
        "leverage": trimmed(position.leverage),
        "breakEvenPrice": average_text(position.entry_price, rules) if size else "",
        "markPrice": at_scale(quote.mark, rules.tick),
        "liqPrice": at_scale(liquidation, rules.tick) if liquidation > 0 else "",
        "bustPrice": "",
        "positionIM": trimmed(initial.quantize(_CENT)) if size else "0",
        "positionIMByMp": trimmed(initial.quantize(_CENT)) if size else "0",
        "positionMM": trimmed(maintenance.quantize(_CENT)) if size else "0",
        "positionMMByMp": trimmed(maintenance.quantize(_CENT)) if size else "0",
        "positionBalance": "0",
        "takeProfit": _trigger(position.take_profit, spelling),
        "stopLoss": _trigger(position.stop_loss, spelling),
        "trailingStop": "0",
        "sessionAvgPrice": "",
        "tpslMode": "Full",
        "unrealisedPnl": trimmed(unrealised.quantize(_CENT)) if size else "0" if spelling.stream else "",
        "curRealisedPnl": trimmed(position.realized.quantize(_CENT)),
        "cumRealisedPnl": trimmed(position.realized.quantize(_CENT)),
        "adlRankIndicator": 2 if size else 0,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "createdTime": ms(position.created_at),
        "updatedTime": ms(position.updated_at and position.updated_at + spelling.late_us),
        "openTime": position.opened_at // 1_000,
        "seq": position.cross_seq,
    }


def _trigger(trigger: Decimal | None, spelling: PositionSpelling) -> str:
    if trigger is None or not trigger:
        return "0" if spelling.stream else spelling.no_stop
    return trimmed(trigger)


def wallet_row(sums: Margins) -> dict[str, object]:
    """The unified account with its one coin (bybit.md 1.7); a USDT counts one USD here."""
    equity = sums.balance + sums.unrealized
    rate = (sums.initial / equity).quantize(_CENT) if equity > 0 else ZERO
    maintenance_rate = (sums.maintenance / equity).quantize(_CENT) if equity > 0 else ZERO
    totals = {
        "totalEquity": equity,
        "totalWalletBalance": sums.balance,
        "totalMarginBalance": equity,
        "totalAvailableBalance": sums.available,
        "totalPerpUPL": sums.unrealized,
        "totalInitialMargin": sums.initial,
        "totalMaintenanceMargin": sums.maintenance,
        "totalInitialMarginByMp": sums.initial,
        "totalMaintenanceMarginByMp": sums.maintenance,
    }
    return {
        "accountType": "UNIFIED",
        "accountLTV": "0",
        "accountIMRate": trimmed(rate),
        "accountMMRate": trimmed(maintenance_rate),
        "accountIMRateByMp": trimmed(rate),
        "accountMMRateByMp": trimmed(maintenance_rate),
        **{name: trimmed(amount.quantize(_CENT)) for name, amount in totals.items()},
        "coin": [_coin_row(sums, equity)],
    }


def _coin_row(sums: Margins, equity: Decimal) -> dict[str, object]:
    amounts = {
        "equity": equity,
        "usdValue": equity,
        "walletBalance": sums.balance,
        "totalPositionIM": sums.initial,
        "totalPositionMM": sums.maintenance,
        "unrealisedPnl": sums.unrealized,
        "cumRealisedPnl": ZERO,
    }
    nothing = ("locked", "totalOrderIM", "borrowAmount", "spotBorrow", "accruedInterest", "bonus", "spotHedgingQty")
    return {
        "coin": "USDT",
        **{name: trimmed(amount.quantize(_CENT)) for name, amount in amounts.items()},
        **dict.fromkeys(nothing, "0"),
        "availableToWithdraw": "",
        "colRes": "0",
        "marginCollateral": True,
        "collateralSwitch": True,
    }
