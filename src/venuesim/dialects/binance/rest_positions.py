"""Positions, balances and the account's sums (binance.md 1.4, 1.8).

Version 2 of positionRisk has a row for every symbol, flat ones too; version 3 has rows only for symbols with a position
or open orders, and neither leverage nor margin type. Whether a waiting stop alone keeps a flat symbol in version 3 is
the switch ``binance.v3_algo_row`` (1.8 [?]); how a row is dated is two more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from venuesim.dialects.binance.jsonwire import text
from venuesim.dialects.binance.rows import Row, milliseconds
from venuesim.dialects.binance.sums import largest_notional, money, sums_of

if TYPE_CHECKING:
    from decimal import Decimal

    from venuesim.dialects.binance.asks import Ask
    from venuesim.facts import PositionState

ASSET: Final = "USDT"
ALIAS: Final = "SgsR"


def position_rows_2(ask: Ask) -> list[Row]:
    """GET v2/positionRisk: every symbol, or the one named (binance.md 1.8)."""
    return [row for symbol in ask.symbols() for row in _sided(ask, _row_2(ask, symbol))]


def position_rows_3(ask: Ask) -> list[Row]:
    """GET v3/positionRisk: symbols with a position or open orders (binance.md 1.8)."""
    return [row for symbol in _in_version_3(ask) for row in _sided(ask, _row_3(ask, symbol))]


def balances(ask: Ask) -> list[Row]:
    """GET v2/balance and v3/balance: one list (binance.md 1.4)."""
    return [_balance(ask)]


def account_2(ask: Ask) -> Row:
    """GET v2/account: flags, sums, assets, a row for every symbol (binance.md 1.4)."""
    flags: Row = {
        "feeTier": 0,
        "feeBurn": True,
        "canTrade": "trade" in ask.core.account(ask.account).permissions,
        "canDeposit": True,
        "canWithdraw": "withdraw" in ask.core.account(ask.account).permissions,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }
    rows = [_account_row_2(ask, symbol) for symbol in ask.core.instruments]
    return {**flags, **_totals(ask), "assets": [_asset(ask)], "positions": rows}


def account_3(ask: Ask) -> Row:
    """GET v3/account: sums, assets, and rows as few as v3/positionRisk has (binance.md 1.4)."""
    rows = [_account_row_3(ask, symbol) for symbol in _in_version_3(ask)]
    return {**_totals(ask), "assets": [_asset(ask)], "positions": rows}


def _sided(ask: Ask, row: Row) -> list[Row]:
    """One BOTH row, or in hedge mode an empty LONG and an empty SHORT one (binance.md 1.8)."""
    if not ask.core.account(ask.account).hedge:
        return [row]
    return [{**row, "positionSide": side} for side in ("LONG", "SHORT")]


def _mark(ask: Ask, symbol: str) -> Decimal:
    return ask.core.market.quote(symbol, ask.now).mark


def _position(ask: Ask, symbol: str) -> PositionState:
    return ask.core.views.position(ask.call, ask.account, symbol, ask.now)


def _dated(ask: Ask, position: PositionState) -> int:
    """``updateTime``, by the switches (binance.md 1.8): apart from the fill's own time, and of a flat symbol none."""
    if not position.updated_at or (not position.quantity and ask.core.switch("binance.flat_update_time") == "zero"):
        return 0
    return milliseconds(position.updated_at + int(ask.core.switch("binance.position_date_us")))


def _liquidation(ask: Ask, position: PositionState) -> str:
    return text(position.liquidation_price) if position.quantity else "0"


def _in_version_3(ask: Ask) -> list[str]:
    """The asked symbols that have a position, an open order, or (by the switch) a waiting stop."""
    orders = ask.core.views.orders(ask.call, ask.account, ask.now)
    busy = {order.symbol: True for order in orders if order.status.is_open}
    if ask.core.switch("binance.v3_algo_row") == "show":
        stops = ask.core.views.stops(ask.call, ask.account, ask.now)
        busy |= {stop.symbol: True for stop in stops if stop.status.is_open}
    held = ask.core.views.positions(ask.call, ask.account, ask.now)
    busy |= {position.symbol: True for position in held if position.quantity}
    return [symbol for symbol in ask.symbols() if symbol in busy]


def _row_2(ask: Ask, symbol: str) -> Row:
    position, mark = _position(ask, symbol), _mark(ask, symbol)
    sums = sums_of(position, mark, ask.core.instruments[symbol])
    leverage = position.leverage
    return {
        "symbol": symbol,
        "positionAmt": text(position.quantity),
        "entryPrice": text(position.entry_price),
        "breakEvenPrice": text(position.entry_price),
        "markPrice": money(mark),
        "unRealizedProfit": money(sums.unrealized),
        "liquidationPrice": _liquidation(ask, position),
        "leverage": text(leverage),
        "maxNotionalValue": text(largest_notional(ask.core.instruments[symbol], leverage)),
        "marginType": "cross",
        "isolatedMargin": "0.00000000",
        "isAutoAddMargin": "false",
        "positionSide": "BOTH",
        "notional": money(sums.notional),
        "isolatedWallet": "0",
        "updateTime": _dated(ask, position),
    }


def _row_3(ask: Ask, symbol: str) -> Row:
    position, mark = _position(ask, symbol), _mark(ask, symbol)
    sums = sums_of(position, mark, ask.core.instruments[symbol])
    return {
        "symbol": symbol,
        "positionSide": "BOTH",
        "positionAmt": text(position.quantity),
        "entryPrice": text(position.entry_price),
        "breakEvenPrice": text(position.entry_price),
        "markPrice": money(mark),
        "unRealizedProfit": money(sums.unrealized),
        "liquidationPrice": _liquidation(ask, position),
        "isolatedMargin": "0",
        "notional": money(sums.notional),
        "marginAsset": ASSET,
        "isolatedWallet": "0",
        "initialMargin": money(sums.initial),
        "maintMargin": money(sums.maintenance),
        "positionInitialMargin": money(sums.initial),
        "openOrderInitialMargin": "0",
        "adl": 1 if position.quantity else 0,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": _dated(ask, position),
    }


def _account_row_2(ask: Ask, symbol: str) -> Row:
    row, full = _row_2(ask, symbol), _row_3(ask, symbol)
    return {
        **{name: full[name] for name in ("symbol", "initialMargin", "maintMargin", "positionInitialMargin")},
        "unrealizedProfit": row["unRealizedProfit"],
        "openOrderInitialMargin": "0",
        "leverage": row["leverage"],
        "isolated": False,
        "entryPrice": row["entryPrice"],
        "breakEvenPrice": row["breakEvenPrice"],
        "maxNotional": row["maxNotionalValue"],
        "bidNotional": "0",
        "askNotional": "0",
        "positionSide": "BOTH",
        "positionAmt": row["positionAmt"],
        "notional": row["notional"],
        "isolatedWallet": "0",
        "updateTime": row["updateTime"],
    }


def _account_row_3(ask: Ask, symbol: str) -> Row:
    row = _row_3(ask, symbol)
    kept = (
        "positionAmt",
        "isolatedMargin",
        "notional",
        "isolatedWallet",
        "initialMargin",
        "maintMargin",
        "updateTime",
    )
    return {
        "symbol": symbol,
        "positionSide": "BOTH",
        "unrealizedProfit": row["unRealizedProfit"],
        **{name: row[name] for name in kept},
    }


def _balance(ask: Ask) -> Row:
    wallet = ask.core.views.wallet(ask.call, ask.account, ask.now)
    margins = ask.core.margins(ask.account, ask.now)
    return {
        "accountAlias": ALIAS,
        "asset": ASSET,
        "balance": money(wallet.balance),
        "crossWalletBalance": money(wallet.balance),
        "crossUnPnl": money(margins.unrealized),
        "availableBalance": money(margins.available),
        "maxWithdrawAmount": money(margins.available),
        "marginAvailable": True,
        "updateTime": milliseconds(wallet.updated_at),
    }


def _totals(ask: Ask) -> Row:
    margins = ask.core.margins(ask.account, ask.now)
    wallet = ask.core.views.wallet(ask.call, ask.account, ask.now)
    return {
        "totalInitialMargin": money(margins.initial),
        "totalMaintMargin": money(margins.maintenance),
        "totalWalletBalance": money(wallet.balance),
        "totalUnrealizedProfit": money(margins.unrealized),
        "totalMarginBalance": money(wallet.balance + margins.unrealized),
        "totalPositionInitialMargin": money(margins.initial),
        "totalOpenOrderInitialMargin": "0.00000000",
        "totalCrossWalletBalance": money(wallet.balance),
        "totalCrossUnPnl": money(margins.unrealized),
        "availableBalance": money(margins.available),
        "maxWithdrawAmount": money(margins.available),
    }


def _asset(ask: Ask) -> Row:
    margins = ask.core.margins(ask.account, ask.now)
    wallet = ask.core.views.wallet(ask.call, ask.account, ask.now)
    return {
        "asset": ASSET,
        "walletBalance": money(wallet.balance),
        "unrealizedProfit": money(margins.unrealized),
        "marginBalance": money(wallet.balance + margins.unrealized),
        "maintMargin": money(margins.maintenance),
        "initialMargin": money(margins.initial),
        "positionInitialMargin": money(margins.initial),
        "openOrderInitialMargin": "0.00000000",
        "crossWalletBalance": money(wallet.balance),
        "crossUnPnl": money(margins.unrealized),
        "availableBalance": money(margins.available),
        "maxWithdrawAmount": money(margins.available),
        "marginAvailable": True,
        "updateTime": milliseconds(wallet.updated_at),
    }
