"""Keys, modes, positions, balances and the public reads (binance.md 1.2 to 1.5, 1.8)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.venuesim.binance.box import KEY, SECRET, START, SYMBOL, Box, decoded, stop_values
from venuesim.wire import Request

V2 = "/fapi/v2/positionRisk"
V3 = "/fapi/v3/positionRisk"


def get(box: Box, target: str, key: str | None = None) -> tuple[int, Any]:
    """An unsigned GET, with or without a key."""
    reply = box.raw(Request("GET", target, (("X-MBX-APIKEY", key),) if key else ()))
    return reply.status, decoded(reply)


def test_the_public_reads_need_no_key() -> None:
    """ping, time and the prices answer anyone; an unknown symbol is -1121, an unknown path 404."""
    box = Box()
    assert get(box, "/fapi/v1/ping") == (200, {})
    assert get(box, "/fapi/v1/time") == (200, {"serverTime": box.now // 1_000})
    assert get(box, f"/fapi/v2/ticker/price?symbol={SYMBOL}")[1]["price"] == "0.2000000"
    assert get(box, f"/fapi/v1/premiumIndex?symbol={SYMBOL}")[1]["markPrice"] == "0.20000000"
    top = get(box, f"/fapi/v1/ticker/bookTicker?symbol={SYMBOL}")[1]
    assert Decimal(top["bidPrice"]) < Decimal(top["askPrice"])
    assert len(get(box, "/fapi/v1/premiumIndex")[1]) == len(box.exchange.instruments)
    assert get(box, "/fapi/v1/premiumIndex?symbol=NOPE") == (400, {"code": -1121, "msg": "Invalid symbol."})
    assert get(box, "/fapi/v1/nope")[0] == 404


def test_exchange_info_has_the_live_filters_and_three_limits() -> None:
    """Filters are as live rows have them, without MAX_NUM_ALGO_ORDERS; rateLimits has three rows (1.3, 1.5)."""
    info = get(Box(), "/fapi/v1/exchangeInfo")[1]
    assert [row["limit"] for row in info["rateLimits"]] == [2_400, 1_200, 300]
    rows = {row["symbol"]: row for row in info["symbols"]}
    assert len(rows) >= 20
    velvet = rows[SYMBOL]
    filters = {one["filterType"]: one for one in velvet["filters"]}
    assert list(filters) == [
        "PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE", "MAX_NUM_ORDERS", "MIN_NOTIONAL", "PERCENT_PRICE",
        "POSITION_RISK_CONTROL",
    ]  # fmt: skip
    assert (filters["PRICE_FILTER"]["tickSize"], velvet["pricePrecision"]) == ("0.0000100", 7)
    assert filters["MARKET_LOT_SIZE"]["maxQty"] == "1500000"


@pytest.mark.parametrize(
    ("headers", "code"),
    [((), -2014), ((("X-MBX-APIKEY", "nobody"),), -2015), ((("x-mbx-apikey", KEY),), -1102)],
)
def test_a_private_read_without_key_or_signature_is_refused(headers: tuple[tuple[str, str], ...], code: int) -> None:
    """No key and an unknown key are 401, a missing signature is -1102."""
    reply = Box().raw(Request("GET", f"{V2}?timestamp={START // 1_000}", headers))
    assert (reply.status, decoded(reply)["code"]) == (401 if code != -1102 else 400, code)


def test_a_key_that_may_not_trade_reads_and_is_refused_to_act() -> None:
    """Permissions are the account's: a read-only key gets -2015 for orders."""
    box = Box()
    box.exchange.open_account("watcher", key="w" * 64, secret=SECRET, balance=Decimal(1), permissions=("read",))
    read = box.request("GET", V3, {})
    assert box.raw(Request("GET", read.target, (("X-MBX-APIKEY", "w" * 64),))).status == 200
    order = box.request("POST", "/fapi/v1/order", {"symbol": SYMBOL})
    reply = box.raw(Request("POST", order.target, (("X-MBX-APIKEY", "w" * 64),)))
    assert (reply.status, decoded(reply)["code"]) == (401, -2015)


@pytest.mark.parametrize("shift", ["0", "3000", "-1000"])
def test_a_position_is_dated_apart_from_the_fill_that_made_it(shift: str) -> None:
    """In both versions, by the switch (1.8)."""
    box = Box(position_date_us=shift)
    box.order()
    traded = box.call("GET", "/fapi/v1/userTrades", symbol=SYMBOL)[0]["time"]
    dated = [box.call("GET", version, symbol=SYMBOL)[0]["updateTime"] for version in (V2, V3)]
    assert dated == [traded + int(shift) // 1000] * 2


def test_a_flat_row_may_have_no_date() -> None:
    """By the switch, as if the symbol had never been traded (1.8)."""
    box = Box(flat_update_time="zero")
    box.order()
    assert box.call("GET", V2, symbol=SYMBOL)[0]["updateTime"] > 0
    box.order("BUY", reduceOnly="true")
    assert box.call("GET", V2, symbol=SYMBOL)[0]["updateTime"] == 0


def test_version_2_shows_zero_rows_and_version_3_only_what_is_held() -> None:
    """v2 has a row for every symbol, with a time once traded; v3 is empty when flat (1.8)."""
    box = Box()
    assert len(box.call("GET", V2)) == len(box.exchange.instruments)
    assert box.call("GET", V2, symbol=SYMBOL)[0]["updateTime"] == 0
    assert box.call("GET", V3) == []
    box.order()
    row2, row3 = box.call("GET", V2, symbol=SYMBOL)[0], box.call("GET", V3)[0]
    assert (row2["positionAmt"], row2["leverage"], row2["marginType"]) == ("-27", "5", "cross")
    assert (row3["positionAmt"], row3["positionSide"], row3["marginAsset"]) == ("-27", "BOTH", "USDT")
    assert "leverage" not in row3
    assert "marginType" not in row3
    box.order("BUY", reduceOnly="true")
    flat = box.call("GET", V2, symbol=SYMBOL)[0]
    assert flat["positionAmt"] == "0"
    assert flat["updateTime"] > row2["updateTime"]
    assert box.call("GET", V3) == []


@pytest.mark.parametrize(("answer", "rows"), [("omit", 0), ("show", 1)])
def test_whether_a_waiting_stop_keeps_a_flat_symbol_in_version_3_is_a_switch(answer: str, rows: int) -> None:
    """An algo order on a flat symbol: shown or not (1.8 [?])."""
    box = Box(v3_algo_row=answer)
    box.call("POST", "/fapi/v1/algoOrder", **stop_values(closePosition=None, quantity="27"))
    assert len(box.call("GET", V3)) == rows


def test_profit_and_margins_follow_the_mark() -> None:
    """A short of 27 from 0.2 gains when the mark falls; initial margin is notional by leverage."""
    box = Box()
    box.order()
    entry = Decimal(box.call("GET", V3)[0]["entryPrice"])
    box.exchange.set_price(SYMBOL, mark=Decimal("0.19"), last=Decimal("0.19"), now=box.now)
    row = box.call("GET", V3)[0]
    assert Decimal(row["unRealizedProfit"]) == 27 * (entry - Decimal("0.19"))
    assert Decimal(row["notional"]) == -27 * Decimal("0.19")
    assert Decimal(row["initialMargin"]) == 27 * Decimal("0.19") / 5


def test_balance_and_account_agree() -> None:
    """The wallet is the same in v2 and v3, in balance and in account."""
    box = Box()
    wallets = [box.call("GET", f"/fapi/{version}/balance")[0]["balance"] for version in ("v2", "v3")]
    accounts = [box.call("GET", f"/fapi/{version}/account") for version in ("v2", "v3")]
    assert wallets + [one["totalWalletBalance"] for one in accounts] == ["10000.00000000"] * 4
    assert len(accounts[0]["positions"]) == len(box.exchange.instruments)
    assert accounts[1]["positions"] == []
    box.order()
    assert [row["positionAmt"] for row in box.call("GET", "/fapi/v3/account")["positions"]] == ["-27"]
    assert accounts[0]["canTrade"] is True
    assert "feeTier" not in accounts[1]


def test_leverage_is_set_read_back_and_bounded_by_the_symbol() -> None:
    """VELVET grants ten: ten is taken and shown, twenty is -4028 (instruments.md 1.4)."""
    box = Box(leverage=None)
    answer = box.call("POST", "/fapi/v1/leverage", symbol=SYMBOL, leverage=10)
    assert answer == {"symbol": SYMBOL, "leverage": 10, "maxNotionalValue": "10000"}
    assert box.call("GET", V2, symbol=SYMBOL)[0]["leverage"] == "10"
    assert box.call("GET", "/fapi/v1/symbolConfig", symbol=SYMBOL)[0]["leverage"] == 10
    refused = box.refused("POST", "/fapi/v1/leverage", symbol=SYMBOL, leverage=20)
    assert refused == (400, -4028, "Leverage 20 is not valid")
    assert box.refused("POST", "/fapi/v1/leverage", symbol=SYMBOL, leverage=0)[1] == -4028


def test_modes_answer_already_so_with_their_codes() -> None:
    """-4046, -4059 and -4171 say that nothing needs to change (4.2)."""
    box = Box()
    assert box.refused("POST", "/fapi/v1/marginType", symbol=SYMBOL, marginType="CROSSED")[1] == -4046
    assert box.refused("POST", "/fapi/v1/positionSide/dual", dualSidePosition="false")[1] == -4059
    assert box.refused("POST", "/fapi/v1/multiAssetsMargin", multiAssetsMargin="false")[1] == -4171
    assert box.call("GET", "/fapi/v1/positionSide/dual") == {"dualSidePosition": False}
    assert box.call("GET", "/fapi/v1/multiAssetsMargin") == {"multiAssetsMargin": False}


def test_what_the_box_does_not_simulate_is_refused_aloud() -> None:
    """Isolated margin and multi-assets mode are -4084, or what the venue itself says first (1.4)."""
    box = Box()
    isolated = {"symbol": SYMBOL, "marginType": "ISOLATED"}
    assert box.refused("POST", "/fapi/v1/marginType", **isolated)[1] == -4084
    assert box.refused("POST", "/fapi/v1/multiAssetsMargin", multiAssetsMargin="true")[1] == -4084
    box.order()
    assert box.refused("POST", "/fapi/v1/marginType", **isolated)[1] == -4048
    limit = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "100", "price": "0.19", "timeInForce": "GTC"}
    box.call("POST", "/fapi/v1/order", **limit)
    assert box.refused("POST", "/fapi/v1/marginType", **isolated)[1] == -4047


def test_the_signature_can_be_waived_by_a_switch() -> None:
    """signature=ignore lets a hand-written request in; the key still names the account."""
    box = Box()
    box.exchange.set_switch("signature", "ignore")
    assert get(box, f"/fapi/v2/balance?timestamp={box.now // 1_000}", KEY)[0] == 200


def test_the_position_mode_changes_only_when_nothing_is_open() -> None:
    """-4068 with a position, -4067 with an order or stop, else it changes and config and rows show it."""
    box = Box()
    box.order()
    dual = "/fapi/v1/positionSide/dual"
    assert box.refused("POST", dual, dualSidePosition="true")[1] == -4068
    box.stop()
    assert box.refused("POST", dual, dualSidePosition="true")[1] == -4067
    box.order("BUY", reduceOnly="true")
    assert box.call("POST", dual, dualSidePosition="true") == {"code": 200, "msg": "success"}
    assert box.call("GET", "/fapi/v1/accountConfig")["dualSidePosition"] is True
    assert [row["positionSide"] for row in box.call("GET", V2, symbol=SYMBOL)] == ["LONG", "SHORT"]


def test_an_account_in_hedge_mode_refuses_one_way_orders() -> None:
    """positionSide does not match the user's setting: -4061."""
    box = Box(hedge=True)
    values = {"symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": "27"}
    assert box.refused("POST", "/fapi/v1/order", **values)[1] == -4061


def test_brackets_are_numbers_and_one_object_when_a_symbol_is_given() -> None:
    """leverageBracket is a list without a symbol, an object with one; rates are JSON numbers (1.4)."""
    box = Box()
    one = box.call("GET", "/fapi/v1/leverageBracket", symbol="BTCUSDT")
    first = one["brackets"][0]
    assert (first["notionalCap"], first["maintMarginRatio"], first["initialLeverage"]) == (
        300_000,
        Decimal("0.004"),
        150,
    )
    assert isinstance(box.call("GET", "/fapi/v1/leverageBracket"), list)


def test_commission_and_order_limits_are_answered() -> None:
    """commissionRate is what the fills pay; rateLimit/order lists the account's two limits."""
    box = Box()
    box.order()
    rate = Decimal(box.call("GET", "/fapi/v1/commissionRate", symbol=SYMBOL)["takerCommissionRate"])
    trade = box.call("GET", "/fapi/v1/userTrades", symbol=SYMBOL)[0]
    assert Decimal(trade["commission"]) == rate * Decimal(trade["quoteQty"])
    assert [row["intervalNum"] for row in box.call("GET", "/fapi/v1/rateLimit/order")] == [1, 10]


def test_the_listen_key_is_shared_extended_and_lost() -> None:
    """POST gives the same key again, PUT extends it, DELETE forgets it, and then PUT is -1125 (1.4)."""
    box = Box()
    key = box.listen()
    assert box.listen() == key
    for verb in ("PUT", "DELETE"):
        assert box.raw(Request(verb, "/fapi/v1/listenKey", (("X-MBX-APIKEY", KEY),))).status == 200
    reply = box.raw(Request("PUT", "/fapi/v1/listenKey", (("X-MBX-APIKEY", KEY),)))
    assert (reply.status, decoded(reply)["code"]) == (400, -1125)
    assert box.listen() != key
    assert box.raw(Request("POST", "/fapi/v1/listenKey")).status == 401


@pytest.mark.parametrize(("answer", "waits"), [("absent", False), ("sent", True)])
def test_past_the_weight_limit_reads_are_429_and_whether_it_says_how_long_is_a_switch(
    answer: str, *, waits: bool
) -> None:
    """The limit is a switch too (6000 on demo); Retry-After is not documented for fapi (1.3 [?])."""
    box = Box(retry_after=answer, weight_limit="3")
    box.wait(60_000_000 - box.now % 60_000_000)
    for _ in range(3):
        assert get(box, "/fapi/v1/time")[0] == 200
    reply = box.raw(Request("GET", "/fapi/v1/time"))
    assert (reply.status, decoded(reply)["code"]) == (429, -1003)
    assert ("Retry-After" in dict(reply.headers)) is waits
