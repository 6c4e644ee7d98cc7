"""Positions, modes, leverage and the wallet (bybit.md 1.6, 1.7)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.venuesim.bybit.box import SYMBOL, Box, order_values

LEVERAGE = "/v5/position/set-leverage"
MODE = "/v5/position/switch-mode"


def test_a_flat_symbol_has_a_row_and_the_whole_account_has_none() -> None:
    """With symbol a flat row, with settleCoin nothing, with neither a refusal."""
    box = Box()
    row = box.position()
    assert (row["size"], row["side"], row["avgPrice"], row["seq"], row["positionIdx"]) == ("0", "", "0", -1, 0)
    assert box.get("/v5/position/list", settleCoin="USDT")["list"] == []
    assert box.answer("GET", "/v5/position/list")["retCode"] == 10001


def test_a_short_has_a_size_above_zero_and_a_side() -> None:
    """REST says avgPrice; openTime is a number; the liquidation price lies above a short's entry if it is in reach."""
    box = Box(balance="30")
    box.order("Sell", qty="100000")
    row = box.position()
    assert (row["size"], row["side"], row["tpslMode"], row["positionStatus"]) == ("100000", "Sell", "Full", "Normal")
    assert "entryPrice" not in row
    assert Decimal(row["liqPrice"]) > Decimal(row["avgPrice"])
    assert row["openTime"] > 0
    assert [held["symbol"] for held in box.get("/v5/position/list", settleCoin="USDT")["list"]] == [SYMBOL]


def test_the_flat_side_has_been_spelled_none() -> None:
    """An old spelling is a switch."""
    assert Box(flat_side_spelling="None").position()["side"] == "None"


@pytest.mark.parametrize("shift", ["0", "3000", "-1000"])
def test_a_position_is_dated_apart_from_the_fill_that_made_it(shift: str) -> None:
    """On the stream and in REST alike, by the switch; a symbol that never traded has no date at all."""
    box = Box(position_date_us=shift, lag="none")
    assert box.position()["updatedTime"] == "0"
    box.listen("position")
    box.order()
    traded = int(box.get("/v5/execution/list", symbol=SYMBOL)["list"][0]["execTime"])
    told = box.heard("position")[-1]["data"][0]
    assert (int(box.position()["updatedTime"]), int(told["updatedTime"])) == (traded + int(shift) // 1000,) * 2


def test_an_order_is_dated_after_its_fill() -> None:
    """By the switch, and only once it has filled."""
    box = Box(order_date_us="3000", lag="none")
    box.order(orderLinkId="entry")
    box.order(orderType="Limit", price="0.00139", timeInForce="GTC", orderLinkId="rests")
    rows = {row["orderLinkId"]: row for row in box.realtime(openOnly=1) + box.realtime()}
    traded = int(box.get("/v5/execution/list", symbol=SYMBOL)["list"][0]["execTime"])
    assert int(rows["entry"]["updatedTime"]) == traded + 3
    assert rows["rests"]["updatedTime"] == rows["rests"]["createdTime"]


def test_leverage_is_set_once_and_then_not_modified() -> None:
    """{}; the same again 110043; above the tier 110013; unequal sides 10001; the row reads it back."""
    box = Box()
    assert box.post(LEVERAGE, symbol=SYMBOL, buyLeverage="5", sellLeverage="5") == {}
    assert box.position()["leverage"] == "5"
    assert box.refused(LEVERAGE, symbol=SYMBOL, buyLeverage="5", sellLeverage="5") == (110043, "leverage not modified")
    assert box.refused(LEVERAGE, symbol=SYMBOL, buyLeverage="26", sellLeverage="26")[0] == 110013
    assert box.refused(LEVERAGE, symbol=SYMBOL, buyLeverage="5", sellLeverage="6")[0] == 10001
    assert box.refused(LEVERAGE, symbol=SYMBOL, buyLeverage="0.5", sellLeverage="0.5")[0] == 10001


def test_the_position_mode_is_switched_only_while_nothing_is_open() -> None:
    """110025 for the same mode, 110024 with a position, 110028 with an order; then it is hedge."""
    box = Box()
    assert box.refused(MODE, symbol=SYMBOL, mode=0)[0] == 110025
    box.order()
    assert box.refused(MODE, symbol=SYMBOL, mode=3)[0] == 110024
    box.order("Sell", reduceOnly=True)
    box.order(orderType="Limit", price="0.00139", timeInForce="GTC", orderLinkId="rest")
    assert box.refused(MODE, symbol=SYMBOL, mode=3)[0] == 110028
    box.post("/v5/order/cancel", symbol=SYMBOL, orderLinkId="rest")
    assert box.post(MODE, coin="USDT", mode=3) == {}
    rows = box.get("/v5/position/list", symbol=SYMBOL)["list"]
    assert [row["positionIdx"] for row in rows] == [1, 2]


def test_a_hedge_account_shows_two_rows_and_refuses_orders_of_the_other_mode() -> None:
    """The mode can be read before anything is sent, and 10001 says it afterwards."""
    box = Box(hedge=True)
    assert [row["positionIdx"] for row in box.get("/v5/position/list", symbol=SYMBOL)["list"]] == [1, 2]
    assert box.refused("/v5/order/create", **order_values()) == (10001, "position idx not match position mode")
    assert "hedge" in box.refused("/v5/order/create", **order_values(positionIdx=1))[1]


def test_the_margin_mode_is_one_for_the_account() -> None:
    """account/info tells it; with a position it does not change, and the reasons stand in the result."""
    box = Box()
    assert box.get("/v5/account/info")["marginMode"] == "REGULAR_MARGIN"
    box.order()
    answer = box.answer("POST", "/v5/account/set-margin-mode", setMarginMode="ISOLATED_MARGIN")
    assert (answer["retCode"], len(answer["result"]["reasons"])) == (3400045, 1)
    box.order("Sell", reduceOnly=True)
    box.post("/v5/account/set-margin-mode", setMarginMode="ISOLATED_MARGIN")
    assert box.get("/v5/account/info")["marginMode"] == "ISOLATED_MARGIN"


def test_the_key_tells_what_it_may_do() -> None:
    """uta is 1; a right to withdraw is visible, so that a client can refuse it."""
    careful = Box().get("/v5/user/query-api")
    assert (careful["uta"], careful["readOnly"], careful["permissions"]["Wallet"]) == (1, 0, [])
    assert careful["permissions"]["ContractTrade"] == ["Order", "Position"]
    careless = Box(permissions=("trade", "read", "withdraw")).get("/v5/user/query-api")
    assert careless["permissions"]["Wallet"] == ["Withdraw"]


def test_the_wallet_counts_margin_and_profit() -> None:
    """Equity is balance plus unrealised; what a position ties up is not available."""
    box = Box()
    before = box.get("/v5/account/wallet-balance", accountType="UNIFIED")["list"][0]
    assert (before["totalEquity"], before["coin"][0]["coin"]) == ("10000", "USDT")
    box.order(qty="1000000")
    box.price("0.0015000")
    after = box.get("/v5/account/wallet-balance", accountType="UNIFIED", coin="USDT")["list"][0]
    assert Decimal(after["totalPerpUPL"]) > 90
    assert Decimal(after["totalAvailableBalance"]) < Decimal(after["totalEquity"])
    assert Decimal(after["totalEquity"]) == Decimal(after["totalWalletBalance"]) + Decimal(after["totalPerpUPL"])
    assert box.answer("GET", "/v5/account/wallet-balance", accountType="SPOT")["retCode"] == 10001


@pytest.mark.parametrize(("side", "close", "won"), [("Buy", "Sell", False), ("Sell", "Buy", True)])
def test_closed_profit_is_told_for_each_closing_order(side: str, close: str, won: bool) -> None:
    """The closing side, the closed size, and a loss or gain net of the closing fee."""
    box = Box()
    box.order(side)
    box.price("0.0013500")
    closed = box.order(close, reduceOnly=True)
    (row,) = box.get("/v5/position/closed-pnl", symbol=SYMBOL)["list"]
    assert (row["orderId"], row["side"], row["closedSize"]) == (closed["orderId"], close, "10000")
    assert (Decimal(row["closedPnl"]) > 0) is won
    moved = Decimal(row["avgExitPrice"]) - Decimal(row["avgEntryPrice"])
    gross = moved * 10_000 * (1 if side == "Buy" else -1)
    assert abs(gross - Decimal(row["closeFee"]) - Decimal(row["closedPnl"])) < Decimal("0.0001")


def test_a_liquidated_position_is_gone_and_its_order_says_so() -> None:
    """createType CreateByLiq, execType BustTrade, no link id, and the stop is cleared."""
    box = Box()
    box.order(stopLoss="0.0013", slTriggerBy="MarkPrice", tpslMode="Full")
    box.exchange.liquidate("main", SYMBOL, box.now)
    box.wait()
    assert (box.position()["size"], box.realtime()) == ("0", [])
    fill = box.get("/v5/execution/list", symbol=SYMBOL)["list"][0]
    assert (fill["execType"], fill["orderLinkId"]) == ("BustTrade", "")
    assert box.realtime(orderId=fill["orderId"])[0]["createType"] == "CreateByLiq"
