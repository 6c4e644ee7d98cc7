"""What stands rather than happens: prices, leverage, modes, wallet, and the rules of the contracts (binance.md 1.4, 1.5)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.ids import Symbol
from seawall.model.queries import (
    AskInstruments,
    AskLeverage,
    AskMark,
    AskModes,
    AskWallet,
)
from seawall.model.reports import (
    LeverageReport,
    MarkReport,
    ModesReport,
    WalletReport,
)
from seawall.venues.port import Reply
from tests.venues.binance.given import (
    CAME,
    VELVET,
    failure,
    read,
    read_fails,
    reply,
)

# ---- what stands


def test_mark_and_last_come_from_two_replies() -> None:
    """premiumIndex tells the mark, ticker/price the last trade (1.4)."""
    told = read(
        AskMark(VELVET), reply({"symbol": "VELVETUSDT", "markPrice": "0.2034"}), reply({"price": "0.2035", "time": 1})
    )
    assert told.marks == (MarkReport(VELVET, Decimal("0.2034"), Decimal("0.2035"), CAME),)


def test_all_marks_are_joined_by_symbol() -> None:
    """Without a symbol both replies are lists; a contract that lacks one of its prices is left out."""
    premium = [{"symbol": "BTCUSDT", "markPrice": "100000"}, {"symbol": "OLDUSDT", "markPrice": "0"}]
    ticker = [{"symbol": "OLDUSDT", "price": "1"}, {"symbol": "BTCUSDT", "price": "100001"}]
    told = read(AskMark(), reply(premium), reply(ticker))
    assert told.marks == (MarkReport(Symbol("BTCUSDT"), Decimal(100_000), Decimal(100_001), CAME),)


def test_half_a_mark_is_a_failed_read() -> None:
    """One lost reply, or one without its price, and there is no price; an unsigned reply is no sign of life either."""
    good = reply({"symbol": "VELVETUSDT", "markPrice": "0.2034"})
    assert read_fails(AskMark(VELVET), good, None).detail == "expected 2 replies, came 1"
    failed = read_fails(AskMark(VELVET), good, reply({"price": "0"}))
    assert (failed.venue_answered, failed.detail[:5]) == (False, "price")


def test_the_leverage_of_a_symbol_is_its_row_of_symbol_config() -> None:
    """symbolConfig tells leverage and margin type (1.4)."""
    row = {"symbol": "VELVETUSDT", "marginType": "CROSSED", "leverage": 5, "maxNotionalValue": "0"}
    told = read(AskLeverage(VELVET), reply([row]))
    assert told.leverages == (LeverageReport(VELVET, Decimal(5), isolated=False),)


def test_the_leverage_of_all_is_the_whole_list() -> None:
    """Without a symbol every row is a report; small letters say isolated too."""
    rows = [{"symbol": "A", "marginType": "isolated", "leverage": "5"}, {"symbol": "B", "leverage": 20}]
    told = read(AskLeverage(), reply(rows))
    assert told.leverages == (
        LeverageReport(Symbol("A"), Decimal(5), isolated=True),
        LeverageReport(Symbol("B"), Decimal(20)),
    )


@pytest.mark.parametrize("rows", [[], [{"symbol": "BTCUSDT", "leverage": 5}], [{"symbol": "VELVETUSDT"}]])
def test_a_leverage_that_is_not_told_is_a_failed_read(rows: list[object]) -> None:
    """No row, another symbol's row, a row without the number."""
    assert read_fails(AskLeverage(VELVET), reply(rows)).detail.startswith("leverage: expected")


def _modes(*, hedge: bool = False, config: dict[str, object] | None = None) -> tuple[Reply, Reply, Reply]:
    settings = {"canTrade": True, "canWithdraw": True, "dualSidePosition": hedge, "multiAssetsMargin": False}
    return reply({"dualSidePosition": hedge}), reply({**settings, **(config or {})}), reply([{"accountAlias": "SgsR"}])


def test_the_modes_of_an_account() -> None:
    """Hedge mode, the right to trade and the account's own id; of withdrawals the venue says nothing of the key."""
    assert read(AskModes(), *_modes()).modes == (
        ModesReport(hedge=False, may_trade=True, account_id="SgsR", may_withdraw=None),
    )


def test_either_word_for_hedge_mode_counts() -> None:
    """Two endpoints tell the mode; the careful one of two answers holds."""
    assert read(AskModes(), *_modes(hedge=True)).modes[0].hedge
    assert read(AskModes(), *_modes(config={"dualSidePosition": True})).modes[0].hedge


def test_modes_that_are_not_told_are_a_failed_read() -> None:
    """No right to trade is read as neither yes nor no."""
    assert "canTrade" in read_fails(AskModes(), *_modes(config={"canTrade": None})).detail


def test_multi_assets_margin_is_mentioned() -> None:
    """It changes what equity means."""
    assert read(AskModes(), *_modes(config={"multiAssetsMargin": True})).modes[0].detail == "multi-assets margin"


def test_the_wallet_is_the_account_s_sums() -> None:
    """Equity is the margin balance; what is free is named so (1.4)."""
    told = read(AskWallet(), reply({"totalMarginBalance": "1000.5", "availableBalance": "0"}))
    assert told.wallets == (WalletReport(Decimal("1000.5"), Decimal(0)),)
    assert "wallet" in read_fails(AskWallet(), reply({"availableBalance": "0"})).detail


# ---- the rules of the contracts


def _contract(**changes: object) -> dict[str, object]:
    filters = [
        {"filterType": "PRICE_FILTER", "minPrice": "261.10", "maxPrice": "809484", "tickSize": "0.10"},
        {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.002", "maxQty": "120", "stepSize": "0.001"},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MIN_NOTIONAL", "notional": "50"},
        {"filterType": "PERCENT_PRICE", "multiplierUp": "1.0500", "multiplierDown": "0.9500", "multiplierDecimal": "4"},
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
    ]
    row = {"symbol": "BTCUSDT", "status": "TRADING", "contractType": "PERPETUAL", "pricePrecision": 2}
    return {**row, "filters": filters, **changes}


BRACKETS = b"""[{"symbol":"BTCUSDT","notionalCoef":1.5,"brackets":[
    {"bracket":2,"initialLeverage":100,"notionalCap":800000,"notionalFloor":300000,"maintMarginRatio":0.005,"cum":300.0},
    {"bracket":1,"initialLeverage":150,"notionalCap":300000,"notionalFloor":0,"maintMarginRatio":0.004,"cum":0.0}]}]"""


def test_the_rules_of_a_contract_come_from_its_filters() -> None:
    """Steps from the filters, not the precisions; the tighter of two limits; leverage from the tier at 0 (1.4, 1.5)."""
    told = read(AskInstruments(), reply({"symbols": [_contract()]}), reply(BRACKETS))
    (btc,) = told.instruments
    assert (btc.tick, btc.step, btc.min_notional) == (Decimal("0.10"), Decimal("0.001"), Decimal(50))
    assert (btc.min_quantity, btc.max_quantity) == (Decimal("0.002"), Decimal(120))
    assert (btc.band_up, btc.band_down) == (Decimal("1.05"), Decimal("0.95"))
    assert (btc.max_leverage, btc.maintenance_rate) == (Decimal(150), Decimal("0.004"))
    assert btc.trading


def test_only_perpetuals_are_told_and_only_trading_ones_trade() -> None:
    """A dated contract is left out; one that settles stays in the list and does not trade."""
    rows = [_contract(contractType="CURRENT_QUARTER"), _contract(symbol="PERPUSDT", status="SETTLING")]
    rows.append(_contract(symbol="XAUUSDT", contractType="TRADIFI_PERPETUAL"))
    told = read(AskInstruments(), reply({"symbols": rows}), reply(BRACKETS))
    assert [(one.symbol, one.trading) for one in told.instruments] == [("PERPUSDT", False), ("XAUUSDT", True)]
    assert told.instruments[0].max_leverage == 0


def test_one_broken_row_does_not_hide_the_others() -> None:
    """A contract without a filter that it needs, or a filter without its number, is named and left out; the rest is
    told. 0 is a number: it says that there is no such rule (1.5).
    """
    mute = [{"filterType": "PRICE_FILTER", "tickSize": ""}, {"filterType": "LOT_SIZE", "stepSize": "0"}]
    rows = [_contract(symbol="ODDUSDT", filters=[]), _contract(symbol="MUTEUSDT", filters=mute), _contract()]
    told = read(AskInstruments(), reply({"symbols": rows}), reply(BRACKETS))
    assert [one.symbol for one in told.instruments] == ["BTCUSDT"]
    assert told.missing == ("instrument.ODDUSDT.PRICE_FILTER.LOT_SIZE", "instrument.MUTEUSDT.PRICE_FILTER")


def test_a_filter_that_says_no_rule_leaves_the_other_one() -> None:
    """0 disables a filter, and a missing market filter leaves the plain one (1.5)."""
    lot = {"filterType": "LOT_SIZE", "minQty": "1", "maxQty": "500", "stepSize": "1"}
    market = {"filterType": "MARKET_LOT_SIZE", "minQty": "0", "maxQty": "0", "stepSize": "0"}
    price = {"filterType": "PRICE_FILTER", "tickSize": "0.1"}
    for filters in ([price, lot, market], [price, lot]):
        told = read(AskInstruments(), reply({"symbols": [_contract(filters=filters)]}), reply(BRACKETS))
        (one,) = told.instruments
        assert (one.step, one.min_quantity, one.max_quantity) == (Decimal(1), Decimal(1), Decimal(500))


@pytest.mark.parametrize(
    ("info", "brackets"), [(reply({}), reply(BRACKETS)), (reply({"symbols": []}), failure(-2015, status=401))]
)
def test_rules_without_one_of_their_halves_are_a_failed_read(info: Reply, brackets: Reply) -> None:
    """No list of contracts, or no brackets: rules that are half known are not told."""
    failed = read_fails(AskInstruments(), info, brackets)
    assert (failed.told.instruments, failed.venue_answered) == ((), True)


def test_an_unsigned_half_is_no_sign_of_life() -> None:
    """Of the two replies only the signed one shows that the venue answers us (design, rule 13)."""
    failed = read_fails(AskInstruments(), reply({"symbols": []}), reply(b"", 502))
    assert not failed.venue_answered
