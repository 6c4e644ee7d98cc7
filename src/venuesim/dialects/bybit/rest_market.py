"""What anybody may read without a key: the clock, the rules, the prices (bybit.md 1.4).

``instruments-info`` shows only what is ``Trading`` unless another status is asked for, and comes in pages whose default
is 500. The other categories of the venue exist and are empty here, since clients list them all.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from venuesim.dialects.bybit.calls import LINEAR, Ask, page, reads_linear, require_linear, rules_of
from venuesim.dialects.bybit.forms import price_bounds
from venuesim.dialects.bybit.jsonwire import at_scale, ms, text, trimmed

if TYPE_CHECKING:
    from venuesim.dialects.port import Quote
    from venuesim.facts import Bracket, Instrument

STATUSES: Final = ("PreLaunch", "Trading", "Delivering", "Closed")
_NANO: Final = 1_000


def server_time(ask: Ask) -> object:
    """GET /v5/market/time (bybit.md 1.4)."""
    return {"timeSecond": str(ask.now // 1_000_000), "timeNano": str(ask.now * _NANO)}


def instruments(ask: Ask) -> object:
    """GET /v5/market/instruments-info (bybit.md 1.4)."""
    linear, category = reads_linear(ask.params), ask.params.text("category")
    status = ask.params.choice("status", STATUSES, "Trading")
    listed = [rules for rules in ask.core.instruments.values() if rules.status == status]
    if "symbol" in ask.params:
        listed = [rules for rules in listed if rules.symbol == ask.params.text("symbol")]
    if "baseCoin" in ask.params:
        listed = [rules for rules in listed if rules.base == ask.params.text("baseCoin")]
    shown, cursor = page(ask, listed if linear else [], 500, 1000)
    rows = [instrument_row(rules) for rules in shown]
    return {"category": category, "list": rows, "nextPageCursor": cursor}


def instrument_row(rules: Instrument) -> dict[str, object]:
    """One symbol's rules (bybit.md 1.4, instruments.md 2): numbers are strings but for a few."""
    more = rules.extra
    return {
        "symbol": rules.symbol,
        "contractType": more.get("contractType", "LinearPerpetual"),
        "status": rules.status,
        "baseCoin": rules.base,
        "quoteCoin": rules.quote,
        "settleCoin": rules.quote,
        "symbolType": more.get("symbolType", ""),
        "launchTime": more.get("launchTime", "0"),
        "deliveryTime": more.get("deliveryTime", "0"),
        "deliveryFeeRate": "",
        "priceScale": more.get("priceScale", ""),
        "leverageFilter": {
            "minLeverage": more.get("minLeverage", "1"),
            "maxLeverage": more.get("maxLeverage", text(rules.max_leverage)),
            "leverageStep": more.get("leverageStep", "0.01"),
        },
        "priceFilter": {
            "minPrice": text(rules.min_price),
            "maxPrice": text(rules.max_price),
            "tickSize": text(rules.tick),
        },
        "lotSizeFilter": {
            "maxOrderQty": text(rules.max_quantity),
            "minOrderQty": text(rules.min_quantity),
            "qtyStep": text(rules.step),
            "postOnlyMaxOrderQty": text(rules.max_quantity),
            "maxMktOrderQty": text(rules.market_max_quantity),
            "minNotionalValue": text(rules.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": int(more.get("fundingInterval", "480")),
        "copyTrading": "none",
        "upperFundingRate": more.get("upperFundingRate", ""),
        "lowerFundingRate": more.get("lowerFundingRate", ""),
        "displayName": "",
        "forbidUplWithdrawal": False,
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {
            "priceLimitRatioX": more.get("priceLimitRatioX", text(rules.take_bound)),
            "priceLimitRatioY": more.get("priceLimitRatioY", text(rules.price_up - 1)),
        },
    }


def tickers(ask: Ask) -> object:
    """GET /v5/market/tickers (bybit.md 1.4)."""
    linear, category = reads_linear(ask.params), ask.params.text("category")
    listed = [rules for rules in ask.core.instruments.values() if rules.status == "Trading"]
    if "symbol" in ask.params and linear:
        listed = [rules_of(ask)]
    elif "baseCoin" in ask.params:
        listed = [rules for rules in listed if rules.base == ask.params.text("baseCoin")]
    rows = [ticker_row(rules, ask.core.market.quote(rules.symbol, ask.now), ask.now) for rules in listed]
    return {"category": category, "list": rows if linear else []}


def ticker_row(rules: Instrument, quote: Quote, now: int) -> dict[str, object]:
    """One symbol's prices; what the box has no notion of (funding, open interest, a day's turnover) stands still."""
    hours = int(rules.extra.get("fundingInterval", "480")) // 60
    span = max(hours, 1) * 3_600_000_000
    return {
        "symbol": rules.symbol,
        "lastPrice": at_scale(quote.last, rules.tick),
        "indexPrice": at_scale(quote.mark, rules.tick),
        "markPrice": at_scale(quote.mark, rules.tick),
        "prevPrice24h": at_scale(rules.start_price, rules.tick),
        "price24hPcnt": _change(quote.last, rules.start_price),
        "highPrice24h": at_scale(max(quote.last, rules.start_price), rules.tick),
        "lowPrice24h": at_scale(min(quote.last, rules.start_price), rules.tick),
        "prevPrice1h": at_scale(rules.start_price, rules.tick),
        "openInterest": "0",
        "openInterestValue": "0",
        "turnover24h": "0",
        "volume24h": "0",
        "fundingRate": "0.0001",
        "nextFundingTime": ms((now // span + 1) * span),
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "basis": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
        "bid1Price": at_scale(quote.bid, rules.tick) if quote.bid else "",
        "bid1Size": at_scale(quote.bid_quantity, rules.step) if quote.bid else "0",
        "ask1Price": at_scale(quote.ask, rules.tick) if quote.ask else "",
        "ask1Size": at_scale(quote.ask_quantity, rules.step) if quote.ask else "0",
        "fundingIntervalHour": str(hours),
        "fundingCap": rules.extra.get("upperFundingRate", ""),
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
    }


def _change(last: Decimal, before: Decimal) -> str:
    return trimmed(((last - before) / before).quantize(Decimal("0.000001"))) if before else "0"


def price_limit(ask: Ask) -> object:
    """GET /v5/market/price-limit: highest bid and lowest ask allowed (bybit.md 1.4)."""
    if "category" in ask.params:
        require_linear(ask.params)
    rules = rules_of(ask)
    highest, lowest = price_bounds(rules, ask.core.market.quote(rules.symbol, ask.now).mark)
    return {
        "symbol": rules.symbol,
        "buyLmt": at_scale(highest, rules.tick),
        "sellLmt": at_scale(lowest, rules.tick),
        "ts": ms(ask.now),
    }


def risk_limit(ask: Ask) -> object:
    """GET /v5/market/risk-limit: every tier of a symbol, or of all (instruments.md 2.1)."""
    require_linear(ask.params)
    listed = [rules_of(ask)] if "symbol" in ask.params else list(ask.core.instruments.values())
    tiers = [(rules, number, tier) for rules in listed for number, tier in enumerate(rules.brackets, start=1)]
    rows = [_tier_row(rules, number, tier) for rules, number, tier in tiers]
    return {"category": LINEAR, "list": rows, "nextPageCursor": ""}


def _tier_row(rules: Instrument, number: int, tier: Bracket) -> dict[str, object]:
    return {
        "id": number,
        "symbol": rules.symbol,
        "riskLimitValue": trimmed(tier.cap),
        "maintenanceMargin": trimmed(tier.maintenance_rate),
        "initialMargin": trimmed((1 / tier.max_leverage).quantize(Decimal("0.0001"))),
        "isLowestRisk": 1 if number == 1 else 0,
        "maxLeverage": text(tier.max_leverage),
        "mmDeduction": trimmed(tier.cum),
    }
