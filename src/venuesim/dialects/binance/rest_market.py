"""What anyone may ask: the clock, the rules of the symbols, the prices (binance.md 1.4, 1.5)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from venuesim.dialects.binance.jsonwire import text
from venuesim.dialects.binance.rows import Row, milliseconds
from venuesim.dialects.binance.sums import money

if TYPE_CHECKING:
    from venuesim.dialects.binance.asks import Ask
    from venuesim.facts import Instrument

FUNDING_SPAN: Final = 28_800_000_000
"""Funding every eight hours (µs)."""
ORDER_TYPES: Final = (
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
)
TIMES_IN_FORCE: Final = ("GTC", "IOC", "FOK", "GTX", "GTD")


def next_funding(now: int) -> int:
    """The next funding instant after ``now`` (µs)."""
    return (now // FUNDING_SPAN + 1) * FUNDING_SPAN


def ping(_ask: Ask) -> Row:
    """GET ping: an empty object."""
    return {}


def server_time(ask: Ask) -> Row:
    """GET time: the venue's clock in ms."""
    return {"serverTime": milliseconds(ask.now)}


def exchange_info(ask: Ask) -> Row:
    """GET exchangeInfo (binance.md 1.5); its serverTime is documented as one to ignore."""
    return {
        "timezone": "UTC",
        "serverTime": milliseconds(ask.now),
        "futuresType": "U_MARGINED",
        "rateLimits": ask.memory.limits.rows(),
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [_symbol(instrument) for instrument in ask.core.instruments.values()],
    }


def premium_index(ask: Ask) -> object:
    """GET premiumIndex: one object, or a list without a symbol (binance.md 1.4)."""
    return _one_or_all(ask, [_premium(ask, symbol) for symbol in ask.symbols()])


def ticker_price(ask: Ask) -> object:
    """GET v1 and v2 ticker/price (binance.md 1.4)."""
    return _one_or_all(ask, [_last(ask, symbol) for symbol in ask.symbols()])


def book_ticker(ask: Ask) -> object:
    """GET ticker/bookTicker (binance.md 1.4)."""
    return _one_or_all(ask, [_top(ask, symbol) for symbol in ask.symbols()])


def _one_or_all(ask: Ask, rows: list[Row]) -> object:
    return rows if ask.params.text("symbol") is None else rows[0]


def _premium(ask: Ask, symbol: str) -> Row:
    mark = money(ask.core.market.quote(symbol, ask.now).mark)
    return {
        "symbol": symbol,
        "markPrice": mark,
        "indexPrice": mark,
        "estimatedSettlePrice": mark,
        "lastFundingRate": "0.00010000",
        "interestRate": "0.00010000",
        "nextFundingTime": milliseconds(next_funding(ask.now)),
        "time": milliseconds(ask.now),
    }


def _last(ask: Ask, symbol: str) -> Row:
    quote = ask.core.market.quote(symbol, ask.now)
    return {"symbol": symbol, "price": _priced(ask, symbol, quote.last), "time": milliseconds(ask.now)}


def _top(ask: Ask, symbol: str) -> Row:
    quote = ask.core.market.quote(symbol, ask.now)
    return {
        "symbol": symbol,
        "bidPrice": _priced(ask, symbol, quote.bid),
        "bidQty": text(quote.bid_quantity),
        "askPrice": _priced(ask, symbol, quote.ask),
        "askQty": text(quote.ask_quantity),
        "time": milliseconds(ask.now),
    }


def _priced(ask: Ask, symbol: str, price: Decimal) -> str:
    """A price with the decimals of the symbol's tick."""
    return text(price.quantize(ask.core.instruments[symbol].tick))


def _symbol(rules: Instrument) -> Row:
    extra = rules.extra
    subtype = extra.get("underlyingSubType", "")
    return {
        "symbol": rules.symbol,
        "pair": rules.symbol,
        "contractType": extra["contractType"],
        "deliveryDate": int(extra["deliveryDate"]),
        "onboardDate": int(extra["onboardDate"]),
        "status": rules.status,
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": rules.base,
        "quoteAsset": rules.quote,
        "marginAsset": rules.quote,
        "pricePrecision": int(extra["pricePrecision"]),
        "quantityPrecision": int(extra["quantityPrecision"]),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": extra["underlyingType"],
        "underlyingSubType": [subtype] if subtype else [],
        "settlePlan": 0,
        "triggerProtect": extra["triggerProtect"],
        "liquidationFee": extra["liquidationFee"],
        "marketTakeBound": extra["marketTakeBound"],
        "maxMoveOrderLimit": 10_000,
        "filters": _filters(rules),
        "orderTypes": list(ORDER_TYPES),
        "timeInForce": list(TIMES_IN_FORCE),
    }


def _filters(rules: Instrument) -> list[Row]:
    """The filters that live rows carry; MAX_NUM_ALGO_ORDERS is gone (binance.md 1.5)."""
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": text(rules.min_price),
            "maxPrice": text(rules.max_price),
            "tickSize": text(rules.tick),
        },
        _lot("LOT_SIZE", text(rules.min_quantity), rules.max_quantity, text(rules.step)),
        _lot("MARKET_LOT_SIZE", rules.extra["marketMinQty"], rules.market_max_quantity, rules.extra["marketStepSize"]),
        {"filterType": "MAX_NUM_ORDERS", "limit": int(rules.extra["maxNumOrders"])},
        {"filterType": "MIN_NOTIONAL", "notional": text(rules.min_notional)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": text(rules.price_up),
            "multiplierDown": text(rules.price_down),
            "multiplierDecimal": "4",
        },
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
    ]


def _lot(name: str, smallest: str, largest: Decimal, step: str) -> Row:
    return {"filterType": name, "minQty": smallest, "maxQty": text(largest), "stepSize": step}
