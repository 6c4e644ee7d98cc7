"""Replies and frames as the venue book gives them, with all the fields that the codec must bear and does not read."""

from __future__ import annotations

from typing import Any

from tests.venues.binance.given import ENTRY, STOP, VENUE_MS

JsonRow = dict[str, Any]


def placed(**changes: Any) -> JsonRow:
    """The reply of POST and DELETE order (binance.md 1.6): no avgPrice, no cumQuote, no time, no fills."""
    return {
        "clientOrderId": ENTRY,
        "cumQty": "0",
        "executedQty": "0",
        "orderId": 88937381063,
        "origQty": "27",
        "price": "0",
        "reduceOnly": False,
        "side": "SELL",
        "positionSide": "BOTH",
        "status": "NEW",
        "stopPrice": "0",
        "closePosition": False,
        "symbol": "VELVETUSDT",
        "timeInForce": "GTC",
        "type": "MARKET",
        "origType": "MARKET",
        "updateTime": VENUE_MS,
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        **changes,
    }


def order(**changes: Any) -> JsonRow:
    """GET order (binance.md 1.7)."""
    filled = {"status": "FILLED", "executedQty": "27", "avgPrice": "0.20350", "cumQuote": "5.4945", "time": VENUE_MS}
    return {**placed(), **filled, **changes}


def trade(**changes: Any) -> JsonRow:
    """A row of userTrades (binance.md 1.4)."""
    return {
        "id": 5501,
        "orderId": 88937381063,
        "time": VENUE_MS,
        "symbol": "VELVETUSDT",
        "pair": "VELVETUSDT",
        "side": "SELL",
        "positionSide": "BOTH",
        "price": "0.20350",
        "qty": "27",
        "quoteQty": "5.4945",
        "baseQty": "27",
        "realizedPnl": "0",
        "marginAsset": "USDT",
        "commission": "0.00274725",
        "commissionAsset": "USDT",
        "buyer": False,
        "maker": False,
        **changes,
    }


def position(**changes: Any) -> JsonRow:
    """A row of positionRisk, version 2 (binance.md 1.8)."""
    return {
        "entryPrice": "0.2035",
        "breakEvenPrice": "0.2033",
        "marginType": "cross",
        "isAutoAddMargin": "false",
        "isolatedMargin": "0.00000000",
        "leverage": "5",
        "liquidationPrice": "0.24331",
        "markPrice": "0.20340000",
        "maxNotionalValue": "100000",
        "positionAmt": "-27",
        "notional": "-5.4918",
        "isolatedWallet": "0",
        "symbol": "VELVETUSDT",
        "unRealizedProfit": "0.0027",
        "positionSide": "BOTH",
        "updateTime": VENUE_MS,
        **changes,
    }


def flat(symbol: str, updated: int = 0) -> JsonRow:
    """The zero row that version 2 has for every symbol (binance.md 1.8)."""
    zeros = {"positionAmt": "0", "entryPrice": "0.0", "liquidationPrice": "0", "notional": "0"}
    return position(symbol=symbol, updateTime=updated, **zeros)


def algo(**changes: Any) -> JsonRow:
    """A stop as GET algoOrder and openAlgoOrders show it (binance.md 1.9)."""
    return {
        "algoId": 1000000033225453,
        "clientAlgoId": STOP,
        "algoType": "CONDITIONAL",
        "orderType": "STOP_MARKET",
        "symbol": "VELVETUSDT",
        "side": "BUY",
        "positionSide": "BOTH",
        "timeInForce": "GTE_GTC",
        "quantity": "0",
        "algoStatus": "NEW",
        "triggerPrice": "0.2155",
        "price": "0",
        "icebergQuantity": None,
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "workingType": "MARK_PRICE",
        "priceMatch": "NONE",
        "closePosition": True,
        "priceProtect": False,
        "reduceOnly": True,
        "activatePrice": "",
        "callbackRate": "",
        "createTime": VENUE_MS,
        "updateTime": VENUE_MS,
        "triggerTime": 0,
        "goodTillDate": 0,
        "actualOrderId": "",
        "actualPrice": "0.00000",
        "tpOrderType": "",
        **changes,
    }


def order_update(**changes: Any) -> JsonRow:
    """ORDER_TRADE_UPDATE of a fill (binance.md 3.3)."""
    news = {
        "s": "VELVETUSDT",
        "c": ENTRY,
        "S": "SELL",
        "o": "MARKET",
        "f": "GTC",
        "q": "27",
        "p": "0",
        "ap": "0.2035",
        "sp": "0",
        "x": "TRADE",
        "X": "FILLED",
        "i": 88937381063,
        "l": "27",
        "z": "27",
        "L": "0.2035",
        "N": "USDT",
        "n": "0.00274725",
        "T": VENUE_MS,
        "t": 5501,
        "b": "0",
        "a": "0",
        "m": False,
        "R": False,
        "wt": "CONTRACT_PRICE",
        "ot": "MARKET",
        "ps": "BOTH",
        "cp": False,
        "rp": "0",
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": "EXPIRE_MAKER",
        "pm": "NONE",
        "gtd": 0,
        "er": "0",
        **changes,
    }
    return {"e": "ORDER_TRADE_UPDATE", "E": VENUE_MS + 1, "T": VENUE_MS, "o": news}


def account_update(*positions: JsonRow) -> JsonRow:
    """ACCOUNT_UPDATE of a trade, with the live `ma` (binance.md 3.3)."""
    balance = {"a": "USDT", "wb": "999.99", "cw": "999.99", "bc": "0"}
    return {
        "e": "ACCOUNT_UPDATE",
        "E": VENUE_MS + 1,
        "T": VENUE_MS,
        "a": {"m": "ORDER", "B": [balance], "P": list(positions)},
    }


def position_news(**changes: Any) -> JsonRow:
    """A row of `P` (binance.md 3.3)."""
    row = {"s": "VELVETUSDT", "pa": "-27", "ep": "0.2035", "bep": "0.2033", "cr": "0", "up": "0", "mt": "cross"}
    return {**row, "iw": "0", "ps": "BOTH", "ma": "USDT", **changes}


def algo_update(**changes: Any) -> JsonRow:
    """ALGO_UPDATE of a closePosition stop (binance.md 3.3)."""
    news = {
        "caid": STOP,
        "aid": 1000000033225453,
        "at": "CONDITIONAL",
        "o": "STOP_MARKET",
        "s": "VELVETUSDT",
        "S": "BUY",
        "ps": "BOTH",
        "f": "GTE_GTC",
        "q": "0",
        "X": "NEW",
        "ai": "",
        "tp": "0.2155",
        "p": "0",
        "V": "EXPIRE_MAKER",
        "wt": "MARK_PRICE",
        "pm": "NONE",
        "cp": True,
        "pP": False,
        "R": True,
        "tt": 0,
        "gtd": 0,
        "ia": False,
        **changes,
    }
    return {"e": "ALGO_UPDATE", "E": VENUE_MS + 1, "T": VENUE_MS, "o": news}


def trade_lite(**changes: Any) -> JsonRow:
    """TRADE_LITE (binance.md 3.3)."""
    event = {"e": "TRADE_LITE", "E": VENUE_MS + 1, "T": VENUE_MS, "s": "VELVETUSDT", "q": "27", "p": "0", "m": False}
    return {**event, "c": ENTRY, "S": "SELL", "L": "0.2035", "l": "27", "t": 5501, "i": 88937381063, **changes}
