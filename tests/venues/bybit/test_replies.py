"""Replies as outcomes of acts and answers of queries (bybit.md 1.2, 1.4 to 1.7, 3.2)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.acts import Act, Outcome
from seawall.model.ids import Symbol
from seawall.model.inputs import NOTHING_TOLD, Told
from seawall.model.instrument import Instrument
from seawall.model.queries import (
    AskInstruments,
    AskLeverage,
    AskMark,
    AskModes,
    AskOrder,
    AskOrders,
    AskPositions,
    AskStop,
    AskWallet,
)
from seawall.model.reports import (
    FillKind,
    LeverageReport,
    MarkReport,
    ModesReport,
    OrderReport,
    OrderStatus,
    Source,
    WalletReport,
)
from seawall.venues.port import Reply
from tests.venues.bybit.given import (
    BABY,
    CAME,
    CANCEL,
    CANCEL_STOP,
    CLEAR_STOP,
    CLOSE,
    CLOSING,
    ENTRY,
    LEVERAGE,
    ORDER_ID,
    PLACE,
    PLACE_PART,
    SENT,
    STOP,
    STOP_ID,
    SUBMIT,
    TAKE,
    TAKING,
    VENUE_AT,
    VENUE_MS,
    Row,
    acknowledged,
    answer,
    child_row,
    execution_row,
    failure,
    flat_row,
    listing,
    order_row,
    position_row,
    read,
    read_fails,
    reply,
    success,
)

EMPTY = listing()
ASK_ORDER = AskOrder(BABY, ENTRY)

# ---- acts


@pytest.mark.parametrize(("act", "named"), [(SUBMIT, ENTRY), (CLOSING, CLOSE), (TAKING, TAKE), (PLACE_PART, STOP)])
def test_an_acknowledged_order_has_two_ids_and_nothing_else(act: Act, named: str) -> None:
    """The ack of a create says neither side nor quantity nor status, and none of them is made up (incident I02)."""
    told = acknowledged(act, success({"orderId": ORDER_ID, "orderLinkId": named}))
    assert told.orders == (
        OrderReport(
            symbol=BABY,
            client_id=act.client_id,
            status=OrderStatus.UNTOLD,
            source=Source.REPLY,
            at=CAME,
            venue_at=VENUE_AT,
            venue_id=ORDER_ID,
        ),
    )
    assert told.missing == ()


@pytest.mark.parametrize("result", [{}, {"orderId": "", "orderLinkId": ""}])
def test_an_ack_without_ids_is_an_ack_with_gaps(result: Row) -> None:
    """A success is a success; the ids that did not come are named."""
    told = acknowledged(SUBMIT, success(result))
    assert [report.client_id for report in told.orders] == [ENTRY]
    assert told.missing == ("order.orderId", "order.orderLinkId")


def test_the_ack_of_another_order_is_not_ours() -> None:
    """A reply that names another order leaves ours unknown."""
    answered = answer(SUBMIT, success({"orderId": ORDER_ID, "orderLinkId": "somebody-elses"}))
    assert (answered.outcome, answered.told) == (Outcome.UNKNOWN, NOTHING_TOLD)
    assert "somebody-elses" in answered.text


@pytest.mark.parametrize("act", [PLACE, CANCEL, CANCEL_STOP, CLEAR_STOP, LEVERAGE])
def test_other_acks_tell_nothing(act: Act) -> None:
    """A stop set, a cancel, a leverage are acknowledged without a word of what became of them."""
    assert acknowledged(act, success({})) == NOTHING_TOLD
    assert acknowledged(act, reply({"retCode": 0, "retMsg": "OK", "result": None})) == NOTHING_TOLD


def test_a_text_zero_is_a_success() -> None:
    """retCode "0" once made a stop that was set look refused (incident I25)."""
    assert acknowledged(PLACE, reply({"retCode": "0", "retMsg": "OK", "result": {}})) == NOTHING_TOLD


def test_an_act_keeps_its_times() -> None:
    """When it began and when the reply came are what the heart reckons with."""
    answered = answer(PLACE, success())
    assert (answered.began_at, answered.at, answered.symbol) == (SENT, CAME, BABY)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ((), 1_000_000),
        ((("X-Bapi-Limit-Reset-Timestamp", str(VENUE_MS + 320)),), 320_000),
        ((("X-Bapi-Limit-Reset-Timestamp", str(VENUE_MS - 5)),), 1_000_000),
    ],
)
def test_a_breached_quota_says_when_it_resets(headers: tuple[tuple[str, str], ...], wait: int) -> None:
    """The wait ends at the reset that the headers name, and otherwise after the window of a second."""
    assert answer(SUBMIT, failure(10006, "Too many visits!", headers=headers)).retry_after == wait


@pytest.mark.parametrize(
    ("came", "wait"),
    [
        (reply(b"access too frequent", 403), 600_000_000),
        (reply(b"<html>Forbidden</html>", 403), 5_000_000),
        (reply(b"", 429), 1_000_000),
        (reply(b"", 429, (("Retry-After", "7"),)), 7_000_000),
        (failure(10429), 1_000_000),
    ],
)
def test_the_venues_word_to_stop_names_a_wait(came: Reply, wait: int) -> None:
    """An IP ban lasts ten minutes and only its own text proves one; a throttle lasts as long as it says."""
    assert answer(PLACE, came).retry_after == wait


# ---- one order, in three places


def test_an_order_in_none_of_three_places_was_not_seen() -> None:
    """Three empty, complete lists are an answer: not seen, which is all that they say."""
    assert read(ASK_ORDER, EMPTY, EMPTY, EMPTY) == NOTHING_TOLD


@pytest.mark.parametrize("place", [0, 1])
def test_an_order_in_any_list_is_seen(place: int) -> None:
    """The open list knows it first, the history later, and either is enough."""
    lists = [EMPTY, EMPTY, EMPTY]
    lists[place] = listing(order_row())
    assert [report.client_id for report in read(ASK_ORDER, *lists).orders] == [ENTRY]


def test_executions_know_an_order_while_the_lists_hand_it_over() -> None:
    """A fill under our name is evidence though both lists are empty (bybit.md 3.2)."""
    assert [fill.client_id for fill in read(ASK_ORDER, EMPTY, EMPTY, listing(execution_row())).fills] == [ENTRY]


@pytest.mark.parametrize("broken", [0, 1, 2])
@pytest.mark.parametrize(
    "trouble",
    [
        None,
        failure(10016, "Server error."),
        failure(110001, "order not exists"),
        reply(b"<html>", 200),
        reply(b"", 502),
        success({"category": "linear"}),
        success({"list": None}),
        success(None),
        reply({"retCode": 0, "retMsg": "OK", "result": None}),
        success({"list": [{"qty": "many", "orderId": "1", "symbol": "X", "execType": "Trade", "execQty": "many"}]}),
    ],
)
def test_one_place_that_cannot_be_read_is_no_absence(broken: int, trouble: Reply | None) -> None:
    """A lost, refused or unreadable list makes the whole read a failure, however empty the others are."""
    lists: list[Reply | None] = [EMPTY, EMPTY, EMPTY]
    lists[broken] = trouble
    assert read_fails(ASK_ORDER, *lists).told.orders == ()


def test_what_the_good_replies_told_survives_a_failure() -> None:
    """Presence needs one witness: the lists that came are handed on beside the failure."""
    failed = read_fails(ASK_ORDER, listing(order_row()), None, listing(execution_row()))
    assert (len(failed.told.orders), len(failed.told.fills)) == (1, 1)
    assert "order/history: expected a reply, came none" in failed.detail


@pytest.mark.parametrize(("status", "answered"), [(200, True), (404, True), (403, False), (429, False), (503, False)])
def test_whether_the_venue_answers_at_all(status: int, answered: bool) -> None:
    """The naked clock runs only while a signed request gets a reply other than 5xx, 429, 418 or 403."""
    assert read_fails(AskPositions(BABY), reply(b"<html>", status)).venue_answered is answered


def test_silence_and_market_data_are_no_answer_to_a_signed_request() -> None:
    """A lost reply answers nothing, and what anyone may read does not show that the account is served."""
    assert not read_fails(ASK_ORDER, None, None, None).venue_answered
    assert not read_fails(AskMark(BABY), failure(10016)).venue_answered


# ---- lists by time


def test_all_orders_are_told_whoever_made_them() -> None:
    """The open list and the history since the instant, with names, sides and what of each was filled (1.5)."""
    resting = order_row(orderLinkId=TAKE, orderStatus="New", side="Sell", cumExecQty="0", reduceOnly=True)
    foreign = order_row(orderId="other", orderLinkId="", createType="CreateByAdl_PassThrough", side="Sell")
    told = read(AskOrders(BABY, SENT), listing(resting), listing(order_row(), foreign))
    assert [(report.client_id, report.status, report.source, report.kind) for report in told.orders] == [
        (TAKE, OrderStatus.OPEN, Source.ORDER, FillKind.TRADE),
        (ENTRY, OrderStatus.FILLED, Source.ORDER, FillKind.TRADE),
        ("", OrderStatus.FILLED, Source.ORDER, FillKind.DELEVERAGING),
    ]


# ---- positions, stops, leverage, prices


def test_an_empty_list_of_a_symbol_is_not_flat() -> None:
    """By symbol a row comes even when flat, so none is no answer (incident I07); another symbol's is none either."""
    for came in (EMPTY, listing(position_row(symbol="ETHUSDT"))):
        assert "expected one row" in read_fails(AskPositions(BABY), came).detail


def test_an_account_without_positions_has_an_empty_list() -> None:
    """By settlement coin only open positions are listed, and none may be open."""
    assert read(AskPositions(), EMPTY) == NOTHING_TOLD


def test_a_stop_is_looked_for_where_it_stands_and_where_it_ended() -> None:
    """Both lists tell of it, as stops."""
    told = read(AskStop(BABY, STOP, STOP_ID), EMPTY, listing(child_row(orderStatus="Deactivated")))
    assert [(stop.status.value, stop.source) for stop in told.stops] == [("cancelled", Source.STOPS)]
    assert read(AskStop(BABY, STOP), EMPTY, EMPTY) == NOTHING_TOLD


def test_leverage_stands_on_the_position_row() -> None:
    """Flat or open, a symbol's row says its leverage."""
    assert read(AskLeverage(BABY), listing(flat_row(leverage="5"))).leverages == (LeverageReport(BABY, Decimal(5)),)


@pytest.mark.parametrize("came", [EMPTY, listing(flat_row(leverage="")), listing(flat_row(symbol="ETHUSDT"))])
def test_no_leverage_is_no_answer(came: Reply) -> None:
    """In portfolio margin a symbol has no leverage of its own; nothing is made up."""
    assert "leverage" in read_fails(AskLeverage(BABY), came).detail


def ticker(**changes: object) -> Row:
    """One row of market/tickers (bybit.md 1.4)."""
    row: Row = {"symbol": BABY, "lastPrice": "0.0014", "markPrice": "0.0014001", "indexPrice": "0.0014002"}
    return row | changes


def test_prices_are_mark_and_last() -> None:
    """A stop watches one of the two, so both are told."""
    mark = MarkReport(BABY, Decimal("0.0014001"), Decimal("0.0014"), CAME)
    assert read(AskMark(BABY), listing(ticker())).marks == (mark,)
    told = read(AskMark(), listing(ticker(), ticker(symbol="NEWUSDT", lastPrice="")))
    assert told.marks == (mark,)


@pytest.mark.parametrize("came", [EMPTY, listing(ticker(markPrice="")), listing(ticker(symbol="ETHUSDT"))])
def test_half_a_price_is_no_answer(came: Reply) -> None:
    """Without mark or last of the symbol that was asked for there is no distance to a stop."""
    assert "expected mark and last" in read_fails(AskMark(BABY), came).detail


# ---- instruments


def contract(**changes: object) -> Row:
    """One row of market/instruments-info (instruments.md 2, source D)."""
    row: Row = {
        "symbol": BABY,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": "1000000BABYDOGE",
        "quoteCoin": "USDT",
        "settleCoin": "USDT",
        "priceScale": "7",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "25.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": "0.0000001", "maxPrice": "1.9999998", "tickSize": "0.0000001"},
        "lotSizeFilter": {
            "maxOrderQty": "60000000",
            "minOrderQty": "100",
            "qtyStep": "100",
            "maxMktOrderQty": "12000000",
            "minNotionalValue": "5",
        },
        "fundingInterval": 240,
        "unifiedMarginTrade": True,
    }
    return row | changes


BABYS_RULES = Instrument(
    symbol=BABY,
    tick=Decimal("0.0000001"),
    step=Decimal(100),
    min_quantity=Decimal(100),
    max_quantity=Decimal(12_000_000),
    min_notional=Decimal(5),
    max_leverage=Decimal(25),
    trading=True,
)


def rules_told(*rows: Row) -> Told:
    """What is told where these contracts trade, and none is before its launch or being delivered."""
    return read(AskInstruments(), listing(*rows), listing(), listing())


def test_rules_of_a_contract() -> None:
    """Steps above one, the market maximum below the limit maximum, and no bands, since the venue adjusts."""
    assert rules_told(contract()).instruments == (BABYS_RULES,)


def test_without_a_market_maximum_the_limit_maximum_counts() -> None:
    """Rows of 2023 have no maxMktOrderQty."""
    lots = {"maxOrderQty": "60000000", "minOrderQty": "100", "qtyStep": "100"}
    (rules,) = rules_told(contract(lotSizeFilter=lots)).instruments
    assert (rules.max_quantity, rules.min_notional) == (Decimal(60_000_000), Decimal(0))


def test_a_contract_that_does_not_trade_says_so() -> None:
    """Pre-launch and delivering contracts are listed and refused by the heart."""
    pre_launch = listing(contract(status="PreLaunch"))
    (rules,) = read(AskInstruments(), listing(), pre_launch, listing()).instruments
    assert not rules.trading


@pytest.mark.parametrize("changes", [{"contractType": "LinearFutures"}, {"settleCoin": "USDC"}])
def test_what_we_do_not_trade_is_not_listed(changes: Row) -> None:
    """Dated futures, and contracts whose positions a read by USDT would not show."""
    assert rules_told(contract(**changes)) == NOTHING_TOLD


def test_a_contract_without_a_tick_is_left_out_and_named() -> None:
    """Without its steps a contract cannot be traded, and the others still can."""
    told = rules_told(contract(symbol="XUSDT", priceFilter={}), contract())
    assert [rules.symbol for rules in told.instruments] == [BABY]
    assert told.missing == ("instrument.XUSDT.tickSize or qtyStep",)


# ---- the account


def key_info(**changes: object) -> Reply:
    """user/query-api (bybit.md 1.7)."""
    info: Row = {
        "readOnly": 0,
        "permissions": {"ContractTrade": ["Order", "Position"], "Spot": [], "Wallet": []},
        "ips": ["203.0.113.7"],
        "uta": 1,
        "userID": 10_000_001,
        "expiredAt": "2027-01-01T00:00:00Z",
    }
    return success(info | changes)


ACCOUNT = reply({"retCode": 0, "retMsg": "OK", "result": {"marginMode": "REGULAR_MARGIN", "unifiedMarginStatus": 5}})
ONE_WAY = listing(flat_row(symbol="BTCUSDT"))


def modes(key: Reply, positions: Reply = ONE_WAY) -> ModesReport:
    """The modes of an account."""
    (report,) = read(AskModes(), key, ACCOUNT, positions).modes
    return report


def test_modes_of_a_proper_account() -> None:
    """One-way, allowed to trade, not to move money; the venue's own id names the owner."""
    assert modes(key_info()) == ModesReport(
        hedge=False,
        may_trade=True,
        account_id="10000001",
        may_withdraw=False,
        detail="margin mode REGULAR_MARGIN; expires 2027-01-01T00:00:00Z",
        isolated=False,
        ip_bound=True,
        expires_at=1_798_761_600_000_000,
    )


@pytest.mark.parametrize("spelling", ["", None, "never", "0"])
def test_a_key_that_does_not_say_when_it_ends(spelling: str | None) -> None:
    """No end, and a word that is no time, are told as no end, never guessed."""
    assert modes(key_info(expiredAt=spelling)).expires_at == 0


@pytest.mark.parametrize(
    ("changes", "may_trade", "remark"),
    [
        ({"readOnly": 1}, False, ""),
        ({"permissions": {"ContractTrade": ["Order"]}}, False, ""),
        ({"permissions": {"ContractTrade": None}}, False, ""),
        ({"permissions": None}, False, ""),
        ({"uta": 0}, False, "not a unified account"),
        ({"ips": ["*"]}, True, "no IP restriction"),
        ({"ips": None}, True, "no IP restriction"),
    ],
)
def test_what_a_key_may_do(changes: Row, may_trade: bool, remark: str) -> None:
    """A key trades if it is no reading key, may order and hold contracts, and the account is unified."""
    report = modes(key_info(**changes))
    assert report.may_trade is may_trade
    assert remark in report.detail


@pytest.mark.parametrize("right", ["Withdraw", "AccountTransfer", "SubMemberTransfer"])
def test_a_key_that_moves_money_is_told(right: str) -> None:
    """Any right on the wallet is one too many."""
    permissions = {"ContractTrade": ["Order", "Position"], "Wallet": [right]}
    report = modes(key_info(permissions=permissions))
    assert report.may_withdraw is True
    assert right in report.detail


def test_hedge_mode_shows_on_a_flat_symbol() -> None:
    """The probe symbol's rows carry the account's mode even without a position."""
    probe = [flat_row(symbol="BTCUSDT", positionIdx=index) for index in (1, 2)]
    assert modes(key_info(), listing(*probe)).hedge is True


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_modes_need_all_three_replies(lost: int) -> None:
    """Half of the modes is none."""
    came: list[Reply | None] = [key_info(), ACCOUNT, ONE_WAY]
    came[lost] = None
    assert read_fails(AskModes(), *came).told == NOTHING_TOLD


def wallet(total: str = "812.5", **coin: object) -> Reply:
    """account/wallet-balance (bybit.md 1.7)."""
    held: Row = {"coin": "USDT", "equity": "1000", "totalOrderIM": "20", "totalPositionIM": "80.5"}
    return success({"list": [{"totalAvailableBalance": total, "coin": [held | coin]}]})


def test_a_wallet_has_equity_and_what_is_free() -> None:
    """Equity is the coin's, free margin the account's own sum."""
    assert read(AskWallet(), wallet()).wallets == (WalletReport(Decimal(1000), Decimal("812.5")),)


def test_an_empty_sum_is_not_zero() -> None:
    """In isolated margin the account's sum is empty; read as 0 it has cost seven signals (incident I85)."""
    assert read(AskWallet(), wallet("")).wallets == (WalletReport(Decimal(1000), Decimal("899.5")),)


def test_a_wallet_without_the_coin_has_none_of_it() -> None:
    """No row of the coin is no equity in it."""
    assert read(AskWallet(), wallet("50", coin="BTC")).wallets == (WalletReport(Decimal(0), Decimal(50)),)


def test_no_wallet_is_no_answer() -> None:
    """An empty list of wallets is not an empty wallet."""
    assert "wallet" in read_fails(AskWallet(), EMPTY).detail


def test_one_symbol_type_from_the_edge_inward() -> None:
    """Symbols are the venue's own spelling everywhere."""
    assert read(AskPositions(Symbol("BTCUSDT")), listing(flat_row(symbol="BTCUSDT"))).positions[0].symbol == "BTCUSDT"
