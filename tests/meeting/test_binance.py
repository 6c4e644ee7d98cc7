"""Binance's codec and Binance's box, which share no line of code, meet as bytes in one thread: openings and their ends."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from seawall.model.acts import Reason, SetLeverage
from seawall.model.ids import Leg, Side
from seawall.model.inputs import ReadFailed
from seawall.model.queries import (
    AskFills,
    AskInstruments,
    AskLeverage,
    AskMark,
    AskModes,
    AskOpenOrders,
    AskOrder,
    AskPositions,
    AskStop,
    AskStops,
    AskWallet,
)
from seawall.model.reports import OrderStatus, Source, StopStatus
from seawall.model.signal import TriggerBy
from seawall.model.times import MINUTE
from seawall.venues.port import LinkWord
from tests.meeting.at_binance import (
    CANCEL_STOP,
    CLOSE,
    CONN,
    ENTRY,
    PRICE,
    QUANTITY,
    START,
    STOP,
    TRIGGER,
    VELVET,
    Meeting,
    name,
)
from venuesim.facts import Purpose
from venuesim.facts import Side as Hand
from venuesim.hands import WantedStop
from venuesim.market import Depth


@pytest.fixture
def meeting() -> Meeting:
    """A funded account in one-way mode, with the founding symbol at its price."""
    return Meeting()


# ---- the opening and its end


@pytest.mark.parametrize("result", ["new", "filled", "mixed"])
def test_an_opening_is_seen_by_every_source(result: str) -> None:
    """Entry, fill, stop and stop seen again: by replies, reads and stream alike, whatever RESULT tells (1.6 [?])."""
    meeting = Meeting(result_reply=result)
    meeting.listen()
    (placed,) = meeting.done(ENTRY).orders
    assert placed.client_id == ENTRY.client_id
    assert placed.status in (OrderStatus.OPEN, OrderStatus.FILLED)
    assert result == "mixed" or (placed.filled == QUANTITY) is (result == "filled")
    meeting.wait()

    (order,) = meeting.read(AskOrder(VELVET, ENTRY.client_id)).orders
    assert (order.status, order.filled, order.side) == (OrderStatus.FILLED, QUANTITY, Side.SELL)
    assert order.average is not None
    fills = meeting.read(AskFills(VELVET, START)).fills
    assert (sum(fill.quantity for fill in fills), {fill.venue_id for fill in fills}) == (QUANTITY, {order.venue_id})
    (position,) = meeting.read(AskPositions(VELVET)).positions
    assert (position.amount, position.stop_loss) == (-QUANTITY, None)
    assert position.venue_at >= START

    (stop,) = meeting.done(STOP).stops
    assert (stop.client_id, stop.source) == (STOP.client_id, Source.REPLY)
    meeting.wait()
    seen = meeting.read(AskStops(VELVET)).stops
    assert seen == meeting.read(AskStop(VELVET, STOP.client_id)).stops
    assert [(one.status, one.side, one.trigger, one.trigger_by, one.quantity) for one in seen] == [
        (StopStatus.LIVE, Side.BUY, TRIGGER, TriggerBy.MARK, None)
    ]

    told = meeting.told()
    assert told.missing == ()
    assert {fill.trade_id for fill in told.fills} == {fill.trade_id for fill in fills}
    assert {fill.client_id for fill in told.fills} == {ENTRY.client_id}
    assert told.orders[-1].status is OrderStatus.FILLED
    assert told.orders[-1].average == order.average
    assert [(row.amount, row.entry_price) for row in told.positions] == [(-QUANTITY, position.entry_price)]
    assert [(one.client_id, one.status) for one in told.stops] == [(STOP.client_id, StopStatus.LIVE)]
    assert all(heard.word is LinkWord.NEWS for heard in meeting.heard)

    verdict = meeting.box.judge(meeting.now)
    assert [standing.covered for standing in verdict.positions] == [True]
    assert verdict.increases == 0


def test_a_close_leaves_nothing_behind(meeting: Meeting) -> None:
    """A reduce-only close flattens; the venue ends the closePosition stop itself, and reads and stream say so."""
    meeting.listen()
    meeting.done(ENTRY)
    meeting.wait()
    meeting.done(STOP)
    meeting.done(CLOSE)
    meeting.wait()
    (position,) = meeting.read(AskPositions(VELVET)).positions
    assert (position.amount, position.entry_price) == (Decimal(0), None)
    assert position.venue_at > START
    (order,) = meeting.read(AskOrder(VELVET, CLOSE.client_id)).orders
    assert (order.filled, order.reduce_only, order.side) == (QUANTITY, True, Side.BUY)
    (stop,) = meeting.read(AskStop(VELVET, STOP.client_id)).stops
    assert stop.status is StopStatus.EXPIRED
    assert meeting.read(AskStops(VELVET)).stops == ()
    assert meeting.read(AskOpenOrders(VELVET)).orders == ()
    assert [report.status for report in meeting.told().stops] == [StopStatus.LIVE, StopStatus.EXPIRED]
    verdict = meeting.box.judge(meeting.now)
    assert (verdict.positions, verdict.orphans) == ([], [])


def test_the_owners_take_profit_is_an_order_beside_our_stop(meeting: Meeting) -> None:
    """Both stand for the whole position, each of its family (4.4); only ours is a stop, by reads and stream."""
    meeting.listen()
    meeting.done(ENTRY)
    meeting.wait()
    meeting.done(STOP)
    meeting.box.set_stop_by_hand("main", VELVET, WantedStop(Decimal("0.18000"), Purpose.TAKE_PROFIT), meeting.now)
    meeting.wait()
    listed = meeting.read(AskStops(VELVET))
    assert [stop.client_id for stop in listed.stops] == [STOP.client_id]
    (waiting,) = listed.orders
    assert meeting.read(AskOpenOrders(VELVET)).orders == ()
    assert (waiting.status, waiting.side, waiting.reduce_only) == (OrderStatus.OPEN, Side.BUY, True)
    assert waiting.reason == "TAKE_PROFIT_MARKET"
    told = meeting.told()
    assert {stop.client_id for stop in told.stops} == {STOP.client_id}
    assert [(one.status, one.quantity) for one in told.orders if one.client_id == waiting.client_id] == [
        (OrderStatus.OPEN, None)
    ]


def test_a_triggered_stop_closes_under_its_own_name(meeting: Meeting) -> None:
    """The child bears the clientAlgoId, and the stop's report names the child's order id (3.2)."""
    meeting.listen()
    meeting.done(ENTRY)
    meeting.wait()
    meeting.done(STOP)
    meeting.box.set_price(VELVET, meeting.now, mark=TRIGGER, last=TRIGGER)
    meeting.wait()
    (stop,) = meeting.read(AskStop(VELVET, STOP.client_id)).stops
    assert stop.status is StopStatus.FINISHED
    (child,) = meeting.read(AskOrder(VELVET, STOP.client_id)).orders
    assert (child.venue_id, child.filled) == (stop.order_id, QUANTITY)
    last = [fill for fill in meeting.told().fills if fill.client_id == STOP.client_id]
    assert {fill.venue_id for fill in last} == {stop.order_id}
    assert stop.order_id in {fill.venue_id for fill in meeting.read(AskFills(VELVET, START)).fills}
    assert StopStatus.TRIGGERED in {report.status for report in meeting.told().stops}
    assert meeting.read(AskPositions(VELVET)).positions[0].amount == 0


def test_a_stop_is_cancelled_by_name(meeting: Meeting) -> None:
    """DELETE algoOrder is acknowledged with its text "200"; a second one does not find it (1.9)."""
    meeting.done(ENTRY)
    meeting.wait()
    meeting.done(STOP)
    meeting.done(CANCEL_STOP)
    assert meeting.read(AskStop(VELVET, STOP.client_id)).stops[0].status is StopStatus.CANCELLED
    assert meeting.refusal(CANCEL_STOP) is Reason.NOT_FOUND


def test_a_bounded_entry_is_immediate_or_cancel(meeting: Meeting) -> None:
    """At a bound that the book does not reach nothing fills, and the order ends without resting."""
    meeting.done(replace(ENTRY, price_bound=Decimal("0.20900")))
    meeting.wait()
    (order,) = meeting.read(AskOrder(VELVET, ENTRY.client_id)).orders
    assert (order.status, order.filled, order.average) == (OrderStatus.EXPIRED, Decimal(0), None)
    assert meeting.read(AskOpenOrders(VELVET)).orders == ()


def test_a_thin_book_leaves_part_of_an_order(meeting: Meeting) -> None:
    """A MARKET order that finds too little ends EXPIRED and holds what it got (4.5)."""
    meeting.listen()
    meeting.box.set_depth(VELVET, Depth(levels=1, notional=Decimal(2)))
    meeting.done(ENTRY)
    meeting.wait()
    (order,) = meeting.read(AskOrder(VELVET, ENTRY.client_id)).orders
    assert order.status is OrderStatus.EXPIRED
    assert 0 < order.filled < QUANTITY
    assert meeting.read(AskPositions(VELVET)).positions[0].amount == -order.filled
    assert meeting.told().orders[-1].reason == "er 9"


# ---- what stands


def test_the_rules_of_all_contracts(meeting: Meeting) -> None:
    """The catalogue's filters and brackets arrive as instruments, and a size passes or fails by them."""
    told = meeting.read(AskInstruments()).instruments
    assert len(told) >= 20
    velvet = next(one for one in told if one.symbol == VELVET)
    assert (velvet.tick, velvet.step, velvet.min_notional) == (Decimal("0.00001"), Decimal(1), Decimal(5))
    assert (velvet.max_quantity, velvet.max_leverage) == (Decimal(1_500_000), Decimal(10))
    assert velvet.trading
    assert velvet.objection(QUANTITY, PRICE) is None


def test_prices_modes_leverage_and_wallet(meeting: Meeting) -> None:
    """All that an opening asks before it begins."""
    (mark,) = meeting.read(AskMark(VELVET)).marks
    assert (mark.symbol, mark.mark, mark.last) == (VELVET, PRICE, PRICE)
    assert VELVET in {one.symbol for one in meeting.read(AskMark()).marks}
    (modes,) = meeting.read(AskModes()).modes
    assert (modes.hedge, modes.may_trade, bool(modes.account_id)) == (False, True, True)
    (wallet,) = meeting.read(AskWallet()).wallets
    assert (wallet.equity, wallet.available) == (Decimal(10_000), Decimal(10_000))


def test_a_leverage_is_set_and_read_back(meeting: Meeting) -> None:
    """By its reply, by symbolConfig, and on the stream."""
    meeting.listen()
    (told,) = meeting.done(SetLeverage(VELVET, name(Leg.DIRECT), Decimal(3))).leverages
    meeting.wait()
    (read,) = meeting.read(AskLeverage(VELVET)).leverages
    assert (told.leverage, read.leverage, read.isolated) == (Decimal(3), Decimal(3), False)
    assert [one.leverage for one in meeting.told().leverages] == [Decimal(3)]
    everything = {one.symbol: one.leverage for one in meeting.read(AskLeverage()).leverages}
    assert everything[VELVET] == Decimal(3)


def test_hedge_mode_is_seen_and_its_rows_are_no_position() -> None:
    """The modes tell it, and a read of positions fails for it (1.8)."""
    meeting = Meeting(hedge=True)
    assert meeting.read(AskModes()).modes[0].hedge
    failed = meeting.ask(AskPositions(VELVET))
    assert isinstance(failed, ReadFailed)
    assert failed.detail.startswith("hedge mode")


def test_foreign_activity_is_told_under_its_own_names(meeting: Meeting) -> None:
    """A trade by hand is a fill that is not ours, and the position it makes is in the read of the whole account."""
    meeting.listen()
    meeting.box.trade_by_hand("main", VELVET, Hand.BUY, Decimal(50), meeting.now)
    meeting.wait()
    assert [(row.symbol, row.amount) for row in meeting.read(AskPositions()).positions] == [(VELVET, Decimal(50))]
    assert {fill.client_id.startswith("sw") for fill in meeting.told().fills} == {False}


# ---- the stream's life


def test_a_key_is_extended_and_lapses(meeting: Meeting) -> None:
    """PUT extends the key that POST gave; unextended for an hour it lapses, says so, and PUT is refused (3.1)."""
    meeting.listen()
    key = meeting.key()
    meeting.wait(59 * MINUTE)
    renewal = meeting.codec.key_renewal(key)
    assert renewal is not None
    (extended,) = meeting.send(renewal)
    assert extended is not None
    assert meeting.codec.key_answer(extended) == key
    meeting.wait(59 * MINUTE)
    assert meeting.heard == []
    meeting.wait(2 * MINUTE)
    assert [heard.word for heard in meeting.heard] == [LinkWord.EXPIRED]
    (refused,) = meeting.send(renewal)
    assert refused is not None
    assert meeting.codec.key_answer(refused) is None


def test_a_bogus_key_opens_a_mute_stream(meeting: Meeting) -> None:
    """The handshake succeeds and nothing ever comes: silence counts for nothing (3.1)."""
    meeting.box.connect(CONN, meeting.codec.stream_target("bogus"), (), meeting.now)
    meeting.done(ENTRY)
    meeting.wait()
    assert meeting.heard == []
