"""Positions, modes, leverage and the wallet (bybit.md 1.6, 1.7).

With ``symbol`` a position row is returned even when flat, so a list that is not empty proves nothing; with
``settleCoin`` only what is open is listed. In hedge mode a symbol has two rows (idx 1 and 2). Margin mode is one per
account. What is already so is refused by a code of its own: 110043 for leverage, 110025 for the position mode.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from venuesim.dialects.bybit.calls import (
    Ask,
    listing,
    nothing,
    page,
    reads_linear,
    require_linear,
    rules_named,
    rules_of,
)
from venuesim.dialects.bybit.errors import Denial, parameter
from venuesim.dialects.bybit.jsonwire import at_scale, ms, trimmed
from venuesim.dialects.bybit.rest_orders import scope_of
from venuesim.dialects.bybit.rows import SIDE, average_text
from venuesim.dialects.bybit.rows_account import PositionSpelling, exec_type, position_row, wallet_row
from venuesim.facts import ZERO, OrderKind

if TYPE_CHECKING:
    from venuesim.facts import FillState, PositionState

MARGIN_MODES: Final = ("ISOLATED_MARGIN", "REGULAR_MARGIN", "PORTFOLIO_MARGIN")
CROSS: Final = "REGULAR_MARGIN"
_LEVERAGE_STEP: Final = Decimal("0.01")


def positions(ask: Ask) -> object:
    """GET /v5/position/list (bybit.md 1.6)."""
    if not reads_linear(ask.params):
        return nothing(ask)
    if "symbol" in ask.params:
        symbol = rules_of(ask).symbol
        rows = [ask.core.views.position(ask.call, ask.name, symbol, ask.now)]
    else:
        symbols = scope_of(ask)
        rows = ask.core.views.positions(ask.call, ask.name, ask.now)
        rows = [row for row in rows if row.symbol in symbols and row.quantity]
    shown, cursor = page(ask, rows, 20, 200)
    return listing([row for position in shown for row in _rows_of(ask, position)], cursor)


def _rows_of(ask: Ask, position: PositionState) -> list[dict[str, object]]:
    rules = rules_named(ask.core, position.symbol)
    quote = ask.core.market.quote(position.symbol, ask.now)
    spelling = PositionSpelling(
        stream=False,
        no_stop=ask.core.switch("bybit.no_stop_spelling"),
        flat_side=ask.core.switch("bybit.flat_side_spelling"),
        late_us=int(ask.core.switch("bybit.position_date_us")),
    )
    row = position_row(position, rules, quote, position.liquidation_price, spelling)
    return [{**row, "positionIdx": index} for index in (1, 2)] if ask.account.hedge else [row]


def set_leverage(ask: Ask) -> object:
    """POST /v5/position/set-leverage: ``{}``; 110043 for the same value, 110013 above the tier (bybit.md 1.6)."""
    require_linear(ask.params)
    rules = rules_of(ask)
    buy, sell = ask.params.require_amount("buyLeverage"), ask.params.require_amount("sellLeverage")
    if buy != sell:
        raise parameter("buy leverage and sell leverage must be equal")
    if buy < 1 or buy % _LEVERAGE_STEP:
        raise parameter("leverage invalid")
    ask.book.set_leverage(ask.name, rules.symbol, buy, ask.now)
    return {}


def switch_mode(ask: Ask) -> object:
    """POST /v5/position/switch-mode: the whole account in this box (bybit.md 1.6)."""
    require_linear(ask.params)
    hedge = ask.params.choice("mode", ("0", "3")) == "3"
    if hedge == ask.account.hedge:
        raise Denial(110025)
    if any(ask.book.position(ask.name, symbol).quantity for symbol in ask.core.instruments):
        raise Denial(110024)
    if ask.book.open_orders(ask.name, None) or ask.book.open_stops(ask.name, None):
        raise Denial(110028)
    ask.core.set_hedge(ask.name, hedge)
    return {}


def closed_pnl(ask: Ask) -> object:
    """GET /v5/position/closed-pnl: one row for each closing order, newest first (bybit.md 1.6)."""
    if not reads_linear(ask.params):
        return nothing(ask)
    symbol = ask.params.text("symbol")
    orders: dict[str, list[FillState]] = {}
    for fill in ask.core.views.fills(ask.call, ask.name, ask.now):
        if fill.closed and symbol in ("", fill.symbol):
            orders.setdefault(fill.order_id, []).append(fill)
    newest = sorted(orders.values(), key=lambda fills: (fills[-1].at, fills[-1].fill_id), reverse=True)
    shown, cursor = page(ask, newest, 50, 100)
    return listing([_pnl_row(ask, fills) for fills in shown], cursor)


def _pnl_row(ask: Ask, fills: list[FillState]) -> dict[str, object]:
    first, last = fills[0], fills[-1]
    rules = rules_named(ask.core, first.symbol)
    order = ask.book.order_by_id(first.order_id)
    closed = sum((fill.closed for fill in fills), ZERO)
    exit_value = sum((fill.price * fill.closed for fill in fills), ZERO)
    gross = sum((fill.realized for fill in fills), ZERO)
    fees = sum((fill.fee for fill in fills), ZERO)
    entry_value = exit_value + gross if first.side.value == "BUY" else exit_value - gross
    return {
        "symbol": first.symbol,
        "orderId": first.order_id,
        "side": SIDE[first.side.value],
        "qty": at_scale(closed, rules.step),
        "orderPrice": at_scale(last.price, rules.tick),
        "orderType": "Limit" if order is not None and order.kind is OrderKind.LIMIT else "Market",
        "execType": exec_type(first),
        "closedSize": at_scale(closed, rules.step),
        "cumEntryValue": trimmed(entry_value),
        "avgEntryPrice": average_text(entry_value / closed, rules),
        "cumExitValue": trimmed(exit_value),
        "avgExitPrice": average_text(exit_value / closed, rules),
        "closedPnl": trimmed(gross - fees),
        "fillCount": str(len(fills)),
        "leverage": trimmed(ask.core.views.leverage(ask.call, ask.name, first.symbol, ask.now)),
        "openFee": "0",
        "closeFee": trimmed(fees),
        "createdTime": ms(first.at),
        "updatedTime": ms(last.at),
    }


def wallet(ask: Ask) -> object:
    """GET /v5/account/wallet-balance?accountType=UNIFIED (bybit.md 1.7)."""
    if ask.params.choice("accountType", ("UNIFIED",)) and ask.params.text("coin", "USDT").find("USDT") < 0:
        return {"list": [{**wallet_row(ask.core.margins(ask.name, ask.now)), "coin": []}]}
    settled = ask.core.views.wallet(ask.call, ask.name, ask.now).balance
    return {"list": [wallet_row(replace(ask.core.margins(ask.name, ask.now), balance=settled))]}


def account_info(ask: Ask) -> object:
    """GET /v5/account/info (bybit.md 1.7)."""
    return {
        "marginMode": ask.memory.margin_modes.get(ask.name, CROSS),
        "updatedTime": ms(ask.account.opened_at),
        "unifiedMarginStatus": 6,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def set_margin_mode(ask: Ask) -> object:
    """POST /v5/account/set-margin-mode: account-wide; 3400045 with reasons while something is open (bybit.md 1.7)."""
    mode = ask.params.choice("setMarginMode", MARGIN_MODES)
    if mode != ask.memory.margin_modes.get(ask.name, CROSS) and _is_busy(ask):
        words = "Open positions or orders must be closed before the margin mode is switched"
        reasons = [{"reasonCode": "3400000", "reasonMsg": words}]
        raise Denial(3400045, result={"reasons": reasons})
    ask.memory.margin_modes[ask.name] = mode
    return {"reasons": []}


def _is_busy(ask: Ask) -> bool:
    holds = any(ask.book.position(ask.name, symbol).quantity for symbol in ask.core.instruments)
    return holds or bool(ask.book.open_orders(ask.name, None)) or bool(ask.book.open_stops(ask.name, None))


def query_api(ask: Ask) -> object:
    """GET /v5/user/query-api: what the key may do; ``uta`` is 1, since ccxt asks here first (bybit.md 1.7)."""
    account = ask.account
    may_trade = "trade" in account.permissions
    wallet_rights = [name for word, name in _WALLET_RIGHTS if word in account.permissions]
    return {
        "id": account.uid,
        "note": account.name,
        "apiKey": account.key,
        "readOnly": 0 if may_trade else 1,
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"] if may_trade else [],
            "Spot": [],
            "Wallet": wallet_rights,
            "Options": [],
            "Derivatives": [],
            "CopyTrading": [],
            "BlockTrade": [],
            "Exchange": [],
            "NFT": [],
        },
        "ips": list(account.ips) or ["*"],
        "type": 1,
        "deadlineDay": 90,
        "expiredAt": "",
        "createdAt": "",
        "unified": 0,
        "uta": 1,
        "userID": int(account.uid) if account.uid.isdecimal() else 0,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
        "kycLevel": "LEVEL_DEFAULT",
        "kycRegion": "",
    }


_WALLET_RIGHTS: Final = (("transfer", "AccountTransfer"), ("withdraw", "Withdraw"))


def coins(ask: Ask) -> object:
    """GET /v5/asset/coin/query-info: the one coin of this box; ccxt reads it with the markets (bybit.md 4.1)."""
    return {"rows": [{"name": "USDT", "coin": "USDT", "remainAmount": "0", "chains": []}]}
