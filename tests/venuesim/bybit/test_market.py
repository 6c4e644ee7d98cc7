"""What anybody may read: the clock, the rules, the prices (bybit.md 1.4, instruments.md 2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.venuesim.bybit.box import START, SYMBOL, Box, decoded
from venuesim.wire import Request


def public(box: Box, query: str) -> Any:
    """The envelope of an unsigned read."""
    return decoded(box.raw(Request("GET", f"/v5/market/{query}")))


def test_the_clock_is_told_in_three_ways() -> None:
    """Seconds and nanoseconds as text, milliseconds as the envelope's number."""
    answer = public(Box(), "time")
    assert answer["result"] == {"timeSecond": str(START // 1_000_000), "timeNano": f"{START}000"}
    assert answer["time"] == START // 1000


def test_rules_are_the_recorded_ones_and_are_texts_but_for_a_few() -> None:
    """The founding incident's symbol, digit for digit."""
    (row,) = public(Box(), f"instruments-info?category=linear&symbol={SYMBOL}")["result"]["list"]
    assert row["priceFilter"] == {"minPrice": "0.0000001", "maxPrice": "1.9999998", "tickSize": "0.0000001"}
    assert row["lotSizeFilter"] == {
        "maxOrderQty": "60000000",
        "minOrderQty": "100",
        "qtyStep": "100",
        "postOnlyMaxOrderQty": "60000000",
        "maxMktOrderQty": "12000000",
        "minNotionalValue": "5",
    }
    assert row["leverageFilter"] == {"minLeverage": "1", "maxLeverage": "25.00", "leverageStep": "0.01"}
    assert row["riskParameters"] == {"priceLimitRatioX": "0.15", "priceLimitRatioY": "0.3"}
    assert (row["fundingInterval"], row["unifiedMarginTrade"], row["priceScale"]) == (240, True, "7")
    assert (row["status"], row["settleCoin"], row["contractType"]) == ("Trading", "USDT", "LinearPerpetual")


def test_every_symbol_stands_on_exactly_one_page() -> None:
    """A small limit gives a cursor until the last page."""
    box, seen, cursor = Box(), [], ""
    while True:
        result = public(box, f"instruments-info?category=linear&limit=7{cursor}")["result"]
        seen += [row["symbol"] for row in result["list"]]
        if not result["nextPageCursor"]:
            break
        cursor = f"&cursor={result['nextPageCursor']}"
    whole = public(box, "instruments-info?category=linear")["result"]["list"]
    assert seen == [row["symbol"] for row in whole]
    assert len(set(seen)) == len(seen) >= 20


def test_other_categories_exist_and_are_empty_and_unknown_ones_do_not() -> None:
    """Clients list them all at their start."""
    box = Box()
    for category in ("spot", "inverse", "option"):
        assert public(box, f"instruments-info?category={category}")["result"] == {
            "category": category, "list": [], "nextPageCursor": "",
        }  # fmt: skip
        assert box.answer("GET", "/v5/position/list", category=category)["result"]["list"] == []
    assert public(box, "instruments-info?category=wrong")["retCode"] == 10001
    assert public(box, "instruments-info?category=linear&status=PreLaunch")["result"]["list"] == []


def test_the_ticker_has_mark_last_and_the_best_of_both_sides() -> None:
    """Mark and last are their own numbers; an unknown symbol is refused."""
    box = Box()
    box.price("0.0014000", last="0.0014010")
    (row,) = public(box, f"tickers?category=linear&symbol={SYMBOL}")["result"]["list"]
    assert (row["markPrice"], row["lastPrice"]) == ("0.0014000", "0.0014010")
    assert Decimal(row["bid1Price"]) < Decimal(row["lastPrice"]) < Decimal(row["ask1Price"])
    assert public(box, "tickers?category=linear&symbol=NOPE")["retMsg"] == "Not supported symbols"


@pytest.mark.parametrize("query", [f"price-limit?symbol={SYMBOL}", f"price-limit?category=linear&symbol={SYMBOL}"])
def test_the_price_limit_is_the_bound_on_the_tick(query: str) -> None:
    """Mark times one plus and minus Y."""
    result = public(Box(), query)["result"]
    assert (result["buyLmt"], result["sellLmt"]) == ("0.0018200", "0.0009800")


def test_the_risk_tiers_of_bitcoin_are_the_recorded_ones() -> None:
    """The lowest tier, and as many as were recorded."""
    rows = public(Box(), "risk-limit?category=linear&symbol=BTCUSDT")["result"]["list"]
    assert len(rows) == 35
    assert (rows[0]["riskLimitValue"], rows[0]["maxLeverage"], rows[0]["maintenanceMargin"]) == (
        "2000000",
        "100.00",
        "0.005",
    )
    assert [row["isLowestRisk"] for row in rows[:2]] == [1, 0]
