"""Modes, leverage, fees, brackets, and the listen key (binance.md 1.4).

The box trades one-way, cross, single-asset. Asking for what already is gets the venue's "no need to change" code,
which a client must take as success (4.2); isolated margin and multi-assets mode, which the box does not simulate, are
refused aloud with -4084 and never pretended.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from venuesim.dialects.binance.errors import Denial
from venuesim.dialects.binance.jsonwire import text
from venuesim.dialects.binance.rows import Row, milliseconds
from venuesim.dialects.binance.sums import largest_notional

if TYPE_CHECKING:
    from venuesim.dialects.binance.asks import Ask
    from venuesim.facts import Bracket, Instrument

LEVERAGES: Final = range(1, 151)
"""The leverages that any symbol may have; a symbol's own bound is its first bracket's."""
_DONE: Final = {"code": 200, "msg": "success"}


def set_leverage(ask: Ask) -> Row:
    """POST leverage; -4028 outside what the symbol grants (binance.md 1.4)."""
    instrument = ask.instrument()
    asked = ask.params.require_integer("leverage")
    ask.refuse_unread()
    if asked not in LEVERAGES:
        raise Denial(-4028, str(asked))
    leverage = ask.core.book.set_leverage(ask.account, instrument.symbol, Decimal(asked), ask.now)
    return {
        "symbol": instrument.symbol,
        "leverage": int(leverage),
        "maxNotionalValue": text(largest_notional(instrument, leverage)),
    }


def set_margin_type(ask: Ask) -> Row:
    """POST marginType: CROSSED is -4046, ISOLATED -4047 or -4048 where the venue says so, else -4084."""
    symbol = ask.instrument().symbol
    kind = ask.params.choice("marginType", ("ISOLATED", "CROSSED"), -1130)
    if kind is None:
        raise Denial(-1102, "marginType")
    if kind == "CROSSED":
        raise Denial(-4046)
    if ask.core.book.open_orders(ask.account, symbol):
        raise Denial(-4047)
    raise Denial(-4048 if ask.core.book.position(ask.account, symbol).quantity else -4084)


def position_mode(ask: Ask) -> Row:
    """GET positionSide/dual (binance.md 1.4)."""
    return {"dualSidePosition": ask.core.account(ask.account).hedge}


def set_position_mode(ask: Ask) -> Row:
    """POST positionSide/dual: -4059 already so, -4067 open orders, -4068 open positions (binance.md 1.4)."""
    wanted = ask.params.flag("dualSidePosition")
    if wanted is None:
        raise Denial(-1102, "dualSidePosition")
    if wanted == ask.core.account(ask.account).hedge:
        raise Denial(-4059)
    if ask.core.book.open_orders(ask.account, None) or ask.core.book.open_stops(ask.account, None):
        raise Denial(-4067)
    if any(ask.core.book.position(ask.account, symbol).quantity for symbol in ask.core.instruments):
        raise Denial(-4068)
    ask.core.set_hedge(ask.account, wanted)
    return dict(_DONE)


def assets_mode(_ask: Ask) -> Row:
    """GET multiAssetsMargin (binance.md 1.4)."""
    return {"multiAssetsMargin": False}


def set_assets_mode(ask: Ask) -> Row:
    """POST multiAssetsMargin: off is -4171, already so; on is not in the box: -4084."""
    wanted = ask.params.flag("multiAssetsMargin")
    if wanted is None:
        raise Denial(-1102, "multiAssetsMargin")
    raise Denial(-4084 if wanted else -4171)


def account_config(ask: Ask) -> Row:
    """GET accountConfig (binance.md 1.4)."""
    account = ask.core.account(ask.account)
    return {
        "feeTier": 0,
        "canTrade": "trade" in account.permissions,
        "canDeposit": True,
        "canWithdraw": "withdraw" in account.permissions,
        "dualSidePosition": account.hedge,
        "updateTime": milliseconds(account.opened_at),
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def symbol_config(ask: Ask) -> list[Row]:
    """GET symbolConfig: margin type and leverage of each symbol, CROSSED in capitals here (binance.md 1.4)."""
    return [_symbol_config(ask, symbol) for symbol in ask.symbols()]


def _symbol_config(ask: Ask, symbol: str) -> Row:
    leverage = ask.core.views.leverage(ask.call, ask.account, symbol, ask.now)
    return {
        "symbol": symbol,
        "marginType": "CROSSED",
        "isAutoAddMargin": False,
        "leverage": int(leverage),
        "maxNotionalValue": text(largest_notional(ask.core.instruments[symbol], leverage)),
    }


def commission_rate(ask: Ask) -> Row:
    """GET commissionRate: what the box takes of a fill (binance.md 1.4)."""
    return {
        "symbol": ask.instrument().symbol,
        "makerCommissionRate": "0.000200",
        "takerCommissionRate": "0.000500",
        "rpiCommissionRate": "0.000500",
    }


def leverage_brackets(ask: Ask) -> object:
    """GET leverageBracket: a list, but a single object when a symbol is given; numbers, not strings (binance.md
    1.4).
    """
    rows = [_brackets(ask.core.instruments[symbol]) for symbol in ask.symbols()]
    return rows if ask.params.text("symbol") is None else rows[0]


def _brackets(instrument: Instrument) -> Row:
    steps = [_bracket(number, one) for number, one in enumerate(instrument.brackets, 1)]
    return {"symbol": instrument.symbol, "brackets": steps}


def _bracket(number: int, one: Bracket) -> Row:
    return {
        "bracket": number,
        "initialLeverage": int(one.max_leverage),
        "notionalCap": int(one.cap),
        "notionalFloor": int(one.floor),
        "maintMarginRatio": one.maintenance_rate,
        "cum": one.cum,
    }


def order_limits(ask: Ask) -> object:
    """GET rateLimit/order: the account's order limits (binance.md 1.3)."""
    return ask.memory.limits.order_rows()


def create_listen_key(ask: Ask) -> Row:
    """POST listenKey: the active key again, extended, or a new one (binance.md 1.4)."""
    return {"listenKey": ask.memory.create_key(ask.account, ask.now)}


def extend_listen_key(ask: Ask) -> Row:
    """PUT listenKey; -1125 when it has lapsed (binance.md 1.4)."""
    return {"listenKey": ask.memory.extend_key(ask.account, ask.now)}


def delete_listen_key(ask: Ask) -> Row:
    """DELETE listenKey: every process of the account goes deaf (binance.md 1.4)."""
    ask.memory.delete_key(ask.account)
    return {}
