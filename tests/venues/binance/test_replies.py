"""Replies as outcomes and answers, each shape as the book gives it (binance.md 1.4 to 1.9)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from seawall.model.acts import Outcome
from seawall.model.ids import ClientId, Side, VenueId
from seawall.model.inputs import NOTHING_TOLD, ReadAnswered
from seawall.model.queries import (
    AskFills,
    AskOpenOrders,
    AskOrder,
    AskOrders,
    AskPositions,
    AskStop,
    AskStops,
    Query,
)
from seawall.model.reports import (
    FillKind,
    FillReport,
    LeverageReport,
    OrderReport,
    OrderStatus,
    PositionReport,
    Source,
    StopReport,
    StopStatus,
)
from seawall.model.signal import TriggerBy
from seawall.venues.port import Reading, Reply
from tests.venues.binance.given import (
    CAME,
    CANCEL,
    CANCEL_STOP,
    CLOSING,
    CODEC,
    ENTRY,
    LEVERAGE,
    PLACE,
    SENT,
    STOP,
    SUBMIT,
    VELVET,
    VENUE_AT,
    VENUE_MS,
    acknowledged,
    answer,
    failure,
    read,
    read_fails,
    reply,
)
from tests.venues.binance.shapes import algo, flat, order, placed, position, trade

DAY = 86_400_000_000
PLACED = OrderReport(
    symbol=VELVET,
    client_id=ENTRY,
    status=OrderStatus.OPEN,
    source=Source.REPLY,
    at=CAME,
    venue_at=VENUE_AT,
    venue_id=VenueId("88937381063"),
    side=Side.SELL,
    quantity=Decimal(27),
    filled=Decimal(0),
    reduce_only=False,
)
STANDING = StopReport(
    symbol=VELVET,
    client_id=STOP,
    status=StopStatus.LIVE,
    source=Source.STOPS,
    at=CAME,
    venue_at=VENUE_AT,
    venue_id=VenueId("1000000033225453"),
    side=Side.BUY,
    trigger=Decimal("0.2155"),
    trigger_by=TriggerBy.MARK,
    quantity=None,
    reduce_only=True,
)

# ---- acts


@pytest.mark.parametrize(
    ("status", "executed", "expected"),
    [
        ("NEW", "0", OrderStatus.OPEN),
        ("PARTIALLY_FILLED", "11", OrderStatus.PARTIAL),
        ("FILLED", "27", OrderStatus.FILLED),
        ("EXPIRED", "11", OrderStatus.EXPIRED),
        ("EXPIRED_IN_MATCH", "0", OrderStatus.EXPIRED),
        ("REJECTED", "0", OrderStatus.REJECTED),
    ],
)
def test_an_entry_s_reply_may_tell_of_any_fill(status: str, executed: str, expected: OrderStatus) -> None:
    """RESULT may say NEW, part or all; each is an acknowledgement with that report and no average (1.6 [?])."""
    told = acknowledged(SUBMIT, reply(placed(status=status, executedQty=executed, cumQty=executed)))
    assert told.orders == (replace(PLACED, status=expected, filled=Decimal(executed)),)
    assert told.missing == ()


def test_a_close_s_reply_is_read_alike() -> None:
    """The reply to a reduce-only order is a report under the close's own name."""
    told = acknowledged(CLOSING, reply(placed(clientOrderId=CLOSING.client_id, side="BUY", reduceOnly=True)))
    assert told.orders == (replace(PLACED, client_id=CLOSING.client_id, side=Side.BUY, reduce_only=True),)


def test_a_reply_without_a_side_is_a_report_without_a_side() -> None:
    """The reply that began this project: what is missing is named, nothing is guessed, and it is no failure."""
    row = placed()
    del row["side"], row["executedQty"]
    told = acknowledged(SUBMIT, reply(row))
    assert told.orders == (replace(PLACED, side=None),)
    assert told.missing == ("order.side", "order.executedQty")


@pytest.mark.parametrize("nothing", ["", None])
def test_every_spelling_of_nothing_is_nothing(nothing: str | None) -> None:
    """Empty text and null count as missing, and never as an exception."""
    told = acknowledged(SUBMIT, reply(placed(side=nothing, executedQty=nothing, status=nothing, updateTime=None)))
    assert told.orders == (replace(PLACED, side=None, status=OrderStatus.UNTOLD, venue_at=0),)
    assert told.missing == ("order.status", "order.side", "order.executedQty")


def test_a_status_of_no_book_is_untold_and_named() -> None:
    """A word that the venue adds tomorrow does not become one of ours."""
    told = acknowledged(SUBMIT, reply(placed(status="PENDING_NEW")))
    assert told.orders[0].status is OrderStatus.UNTOLD
    assert told.missing == ("order.status=PENDING_NEW",)


def test_numbers_keep_every_digit() -> None:
    """An amount written as a JSON number is read as exactly as one in quotes."""
    told = acknowledged(
        SUBMIT, reply(b'{"orderId":"7","symbol":"VELVETUSDT","executedQty":0.1000000000000000055,"origQty":3}')
    )
    assert told.orders[0].filled == Decimal("0.1000000000000000055")
    assert (told.orders[0].quantity, told.orders[0].venue_id) == (Decimal(3), "7")


@pytest.mark.parametrize("executed", ["abc", "NaN", "Infinity", "1E+999999", True, [], {"a": 1}])
def test_a_number_that_is_none_makes_the_outcome_unknown(executed: object) -> None:
    """A reply whose numbers cannot be read proves nothing; the text says where and what came."""
    answered = answer(SUBMIT, reply(placed(executedQty=executed)))
    assert answered.outcome is Outcome.UNKNOWN
    assert "expected a decimal" in answered.text
    assert "executedQty" in answered.text


def test_a_placed_stop_is_acknowledged_and_reported() -> None:
    """The reply of POST algoOrder is a report by the reply, which is not yet seeing it (1.9)."""
    told = acknowledged(PLACE, reply(algo()))
    assert told.stops == (replace(STANDING, source=Source.REPLY),)


def test_a_stop_s_reply_without_a_status_is_still_an_acknowledgement() -> None:
    """It names what it made; the missing status is named and no stop is reported."""
    told = acknowledged(PLACE, reply(algo(algoStatus="")))
    assert (told.stops, told.missing) == ((), ("stop.algoStatus",))


def test_a_cancelled_order_is_reported() -> None:
    """DELETE order answers with the order (1.4)."""
    told = acknowledged(CANCEL, reply(placed(status="CANCELED", executedQty="11")))
    assert told.orders == (replace(PLACED, status=OrderStatus.CANCELLED, filled=Decimal(11)),)


def test_a_cancelled_stop_answers_with_the_text_200() -> None:
    """DELETE algoOrder answers with names and a code that is a text, and tells nothing of the stop (1.9)."""
    told = acknowledged(CANCEL_STOP, reply({"algoId": 9, "clientAlgoId": STOP, "code": "200", "msg": "success"}))
    assert told == NOTHING_TOLD


def test_a_leverage_set_is_read_back() -> None:
    """POST leverage answers with the leverage in force (1.4)."""
    told = acknowledged(LEVERAGE, reply({"leverage": 5, "maxNotionalValue": "100000", "symbol": "VELVETUSDT"}))
    assert told.leverages == (LeverageReport(VELVET, Decimal(5)),)


# ---- one order, its fills


def test_a_read_order_has_its_average() -> None:
    """GET order alone has avgPrice; 0 is a spelling of nothing (1.7)."""
    filled = replace(PLACED, source=Source.ORDER, status=OrderStatus.FILLED, filled=Decimal(27))
    assert read(AskOrder(VELVET, ENTRY), reply(order())).orders == (replace(filled, average=Decimal("0.2035")),)
    assert read(AskOrder(VELVET, ENTRY), reply(order(avgPrice="0.00000"))).orders == (filled,)


@pytest.mark.parametrize("query", [AskOrder(VELVET, ENTRY), AskStop(VELVET, STOP)])
def test_not_found_is_an_answer_that_tells_nothing(query: Query) -> None:
    """-2013 on a read by name is a complete answer with no report in it (4.2)."""
    answered = CODEC.query_answer(Reading(query, SENT, (failure(-2013, "Order does not exist."),)), CAME)
    assert answered == ReadAnswered(query, SENT, CAME)


@pytest.mark.parametrize(
    ("came", "venue_answered"),
    [
        (failure(-2013, status=503), False),
        (failure(-2013, status=429), False),
        (failure(-2013, status=200), True),
        (failure(-2011), True),
        (failure(-1021), True),
        (failure(-1003, status=429), False),
        (reply(b"", 418), False),
        (reply(b"<html>", 403), False),
        (reply(b"<html>", 502), False),
        (reply(b"<html>"), True),
        (reply(b'{"orderId":1,'), True),
        (reply({}), True),
        (reply([]), True),
        (reply({"code": -1000, "msg": "?"}), True),
        (None, False),
    ],
)
def test_anything_else_is_a_failed_read(came: Reply | None, *, venue_answered: bool) -> None:
    """Nothing but an order or -2013 answers a read by name; whether the venue answered at all is told."""
    failed = read_fails(AskOrder(VELVET, ENTRY), came)
    assert failed.venue_answered is venue_answered
    assert failed.detail


def test_a_failed_read_repeats_the_venue_s_words() -> None:
    """Status, code, text and the meaning stand in the detail."""
    detail = read_fails(AskOrder(VELVET, ENTRY), failure(-2015, "Invalid API-key", 401)).detail
    assert detail == "401 -2015 Invalid API-key (account)"


def test_fills_come_under_the_order_s_id() -> None:
    """userTrades names no client id; the fee is told where it is in the contract's currency (1.4)."""
    fill = FillReport(
        symbol=VELVET,
        trade_id="5501",
        side=Side.SELL,
        quantity=Decimal(27),
        price=Decimal("0.2035"),
        source=Source.FILLS,
        at=CAME,
        venue_at=VENUE_AT,
        venue_id=VenueId("88937381063"),
        fee=Decimal("0.00274725"),
        profit=Decimal(0),
    )
    told = read(AskFills(VELVET, SENT), reply([trade(), trade(id=5502, commission="0.1", commissionAsset="BNB")]))
    assert told.fills == (fill, replace(fill, trade_id="5502", fee=None))


def test_no_fills_is_an_answer() -> None:
    """An empty list of trades is complete, and all that it says is that none was seen."""
    assert read(AskFills(VELVET, SENT), reply([])).fills == ()


@pytest.mark.parametrize(
    ("query", "trades", "detail"),
    [
        (AskFills(VELVET, SENT), [trade(), trade(price="")], "fill.price"),
        (AskFills(VELVET, SENT), [trade(), trade(price="0")], "fill.price=0"),
        (AskFills(VELVET, SENT), [trade(side="LONG")], "fill.side"),
    ],
)
def test_fills_that_may_be_incomplete_are_a_failed_read(query: AskFills, trades: list[object], detail: str) -> None:
    """A trade without its fields is not a complete answer."""
    assert detail in read_fails(query, reply(trades)).detail


@pytest.mark.parametrize(("spelling", "profit"), [("-1.25", Decimal("-1.25")), ("0", Decimal(0)), ("", None)])
def test_a_trade_says_what_it_realised(spelling: str, profit: Decimal | None) -> None:
    """realizedPnl is the venue's own figure; one that did not come is not taken for none realised."""
    (fill,) = read(AskFills(VELVET, SENT), reply([trade(realizedPnl=spelling)])).fills
    assert fill.profit == profit


# ---- all orders

TAKEN = order(clientOrderId="swzzzz-other", orderId=7, reduceOnly=True, side="BUY", status="CANCELED", executedQty="9")


def test_all_orders_are_told_whoever_made_them() -> None:
    """allOrders lists what is open and what has ended, with names, sides and what of it was filled (1.4, 1.7)."""
    forced = order(clientOrderId="adl_autoclose", orderId=8)
    told = read(AskOrders(VELVET, SENT), reply([order(), TAKEN, forced]))
    assert [(report.client_id, report.status, report.filled, report.reduce_only) for report in told.orders] == [
        (ENTRY, OrderStatus.FILLED, Decimal(27), False),
        ("swzzzz-other", OrderStatus.CANCELLED, Decimal(9), True),
        ("adl_autoclose", OrderStatus.FILLED, Decimal(27), False),
    ]
    assert [report.kind for report in told.orders] == [FillKind.TRADE, FillKind.TRADE, FillKind.DELEVERAGING]
    assert read(AskOrders(VELVET, SENT), reply([])).orders == ()


def test_orders_that_may_not_be_all_are_a_failed_read() -> None:
    """An order without its id is no complete answer (1.4)."""
    assert "orderId" in read_fails(AskOrders(VELVET, SENT), reply([order(), order(orderId=None)])).detail


# ---- positions


def test_a_position_is_signed_and_has_the_venue_s_time() -> None:
    """positionRisk, version 2: amount below 0 is short, updateTime is the time of the last change (1.8)."""
    expected = PositionReport(
        symbol=VELVET,
        amount=Decimal(-27),
        source=Source.POSITIONS,
        began_at=SENT,
        at=CAME,
        venue_at=VENUE_AT,
        entry_price=Decimal("0.2035"),
        liquidation=Decimal("0.24331"),
        mark=Decimal("0.2034"),
    )
    assert read(AskPositions(VELVET), reply([position()])).positions == (expected,)


def test_a_flat_symbol_is_a_row_with_a_time() -> None:
    """The zero row is a report of amount 0, without prices (1.8)."""
    told = read(AskPositions(VELVET), reply([flat("VELVETUSDT", VENUE_MS)]))
    assert [(row.amount, row.venue_at, row.entry_price, row.liquidation) for row in told.positions] == [
        (Decimal(0), VENUE_AT, None, None)
    ]


def test_the_whole_account_is_what_was_ever_touched() -> None:
    """Of all symbols those are told that are open or were open once."""
    rows = [flat("BTCUSDT"), position(), flat("ETHUSDT", VENUE_MS)]
    told = read(AskPositions(), reply(rows))
    amounts = {str(row.symbol): row.amount for row in told.positions}
    assert amounts == {"VELVETUSDT": Decimal(-27), "ETHUSDT": Decimal(0)}


@pytest.mark.parametrize(
    ("rows", "detail"),
    [
        ([], "expected one row of VELVETUSDT, came 0"),
        ([flat("BTCUSDT")], "expected one row of VELVETUSDT, came 0"),
        ([position(positionSide="LONG"), position(positionSide="SHORT", positionAmt="0")], "hedge mode"),
        ([position(positionAmt="")], "position.positionAmt"),
        ([position(), position()], "came 2"),
    ],
)
def test_a_position_that_is_not_told_is_a_failed_read(rows: list[object], detail: str) -> None:
    """An empty read is not flat, two sides are no net position, a row without an amount says nothing."""
    assert detail in read_fails(AskPositions(VELVET), reply(rows)).detail


def test_a_whole_account_read_may_be_empty_of_positions() -> None:
    """Without a symbol the list may hold nothing that was ever touched."""
    assert read(AskPositions(), reply([flat("BTCUSDT")])).positions == ()


# ---- stops and open orders


def test_a_live_stop_is_seen() -> None:
    """openAlgoOrders and GET algoOrder show the same stop (1.9)."""
    assert read(AskStops(VELVET), reply([algo()])).stops == (STANDING,)
    assert read(AskStop(VELVET, STOP), reply(algo())).stops == (STANDING,)


def test_no_stops_is_an_answer() -> None:
    """An empty list is complete."""
    assert read(AskStops(VELVET), reply([])).stops == ()


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("NEW", StopStatus.LIVE),
        ("TRIGGERING", StopStatus.TRIGGERING),
        ("TRIGGERED", StopStatus.TRIGGERED),
        ("FINISHED", StopStatus.FINISHED),
        ("CANCELED", StopStatus.CANCELLED),
        ("EXPIRED", StopStatus.EXPIRED),
        ("REJECTED", StopStatus.REJECTED),
    ],
)
def test_each_life_of_a_stop_has_its_word(word: str, status: StopStatus) -> None:
    """The venue's seven words are ours (1.9)."""
    assert read(AskStop(VELVET, STOP), reply(algo(algoStatus=word))).stops[0].status is status


def test_a_triggered_stop_names_its_child() -> None:
    """actualOrderId is the id of the child order, under which its trades are listed (1.9, 3.2)."""
    told = read(AskStop(VELVET, STOP), reply(algo(algoStatus="FINISHED", actualOrderId="88937381099")))
    assert told.stops[0].order_id == "88937381099"


def test_a_quantity_stop_says_how_much_it_covers() -> None:
    """Only closePosition covers the whole; a row that does not say covers what its quantity says, or nothing."""
    part = algo(closePosition=False, quantity="13", workingType="CONTRACT_PRICE")
    told = read(AskStops(VELVET), reply([part, algo(closePosition=None, quantity=None)]))
    assert [stop.quantity for stop in told.stops] == [Decimal(13), Decimal(0)]
    assert [stop.trigger_by for stop in told.stops] == [TriggerBy.LAST, TriggerBy.MARK]
    assert told.missing == ("stop.quantity",)


@pytest.mark.parametrize("kind", ["TAKE_PROFIT_MARKET", "TAKE_PROFIT"])
def test_a_take_profit_in_the_same_list_is_an_order(kind: str) -> None:
    """It guards nothing: told as an order that waits, beside the stops of that list."""
    taking = algo(orderType=kind, clientAlgoId="web_1", side="BUY", triggerPrice="0.18")
    waiting = OrderReport(
        symbol=VELVET,
        client_id=ClientId("web_1"),
        status=OrderStatus.OPEN,
        source=Source.STOPS,
        at=CAME,
        venue_at=VENUE_AT,
        venue_id=VenueId("1000000033225453"),
        side=Side.BUY,
        reduce_only=True,
        reason=kind,
    )
    listed = read(AskStops(VELVET), reply([algo(), taking]))
    assert ([stop.client_id for stop in listed.stops], listed.orders) == ([STOP], (waiting,))


def test_a_take_profit_of_a_quantity_says_how_much() -> None:
    """One in an unknown state is still an order on the slot; the gap is named."""
    taking = algo(orderType="TAKE_PROFIT", closePosition=False, quantity="13", reduceOnly=False, algoStatus="PAUSED")
    told = read(AskStops(VELVET), reply([taking]))
    assert [(one.quantity, one.reduce_only, one.status) for one in told.orders] == [
        (Decimal(13), False, OrderStatus.UNTOLD)
    ]
    assert (told.stops, told.missing) == ((), ("algo.algoStatus=PAUSED",))


def test_what_a_trailing_stop_waits_for_is_not_its_trigger() -> None:
    """It moves: no field of its own promises where it is (1.9), and none is missing."""
    told = read(AskStops(VELVET), reply([algo(orderType="TRAILING_STOP_MARKET", triggerPrice="0.18")]))
    assert [(stop.trigger, stop.reason) for stop in told.stops] == [(None, "TRAILING_STOP_MARKET")]
    assert told.missing == ()


def test_a_stop_of_unknown_status_fails_the_read() -> None:
    """Neither live nor gone: the list is not an answer."""
    assert "algoStatus" in read_fails(AskStops(VELVET), reply([algo(), algo(algoStatus="PAUSED")])).detail


def test_open_orders_are_told_whoever_made_them() -> None:
    """openOrders tells foreign orders under their own names."""
    told = read(AskOpenOrders(), reply([placed(clientOrderId="web_1"), placed(clientOrderId="x-1", symbol="BTCUSDT")]))
    assert [(order.symbol, order.client_id) for order in told.orders] == [("VELVETUSDT", "web_1"), ("BTCUSDT", "x-1")]


@pytest.mark.parametrize(
    ("query", "row"),
    [
        (AskOpenOrders(), placed(symbol="")),
        (AskOpenOrders(), placed(orderId=None)),
        (AskStops(), algo(symbol=None)),
        (AskStops(), algo(algoId=0)),
        (AskStops(), algo(algoId=0, orderType="TAKE_PROFIT")),
    ],
)
def test_a_row_that_names_nothing_fails_the_read(query: Query, row: object) -> None:
    """An order or stop without symbol or id cannot be told, and is not left out in silence."""
    assert "came not both" in read_fails(query, reply([row])).detail
