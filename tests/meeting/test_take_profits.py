"""Take-profits and the whole list of orders, at both boxes: what codec and box make of a ladder, and of a forced end."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.acts import CancelOrder, Outcome, PlaceTakeProfit, Reason
from seawall.model.ids import Leg, Side
from seawall.model.queries import AskFills, AskOpenOrders, AskOrder, AskOrders, AskPositions, AskStops
from seawall.model.reports import FillKind, OrderStatus
from seawall.model.times import HOUR
from tests.meeting import at_binance, test_bybit
from tests.meeting.at_binance import VELVET
from tests.meeting.test_bybit import BABY
from venuesim.facts import Side as Hand

SHORT_HALF = PlaceTakeProfit(VELVET, at_binance.name(Leg.TAKE_PROFIT), Side.BUY, Decimal(13), Decimal("0.19500"))
LONG_HALF = PlaceTakeProfit(BABY, test_bybit.name(Leg.TAKE_PROFIT), Side.SELL, Decimal(5_000), Decimal("0.0014500"))
WEEK = 7 * 24 * HOUR


@pytest.fixture
def binance() -> at_binance.Meeting:
    """A short of 27 behind its stop, with the stream open."""
    meeting = at_binance.Meeting()
    meeting.listen()
    meeting.done(at_binance.ENTRY)
    meeting.wait()
    meeting.done(at_binance.STOP)
    meeting.wait()
    return meeting


@pytest.fixture
def bybit() -> test_bybit.Meeting:
    """A long of 10,000 with its attached stop, with the stream open."""
    meeting = test_bybit.Meeting()
    meeting.listen()
    meeting.opened()
    return meeting


def test_a_take_profit_rests_and_is_taken_on_binance(binance: at_binance.Meeting) -> None:
    """It stands among the open orders, reduce-only, until the price comes; the stop stays as it is."""
    (placed,) = binance.done(SHORT_HALF).orders
    assert (placed.client_id, placed.status, placed.reduce_only) == (SHORT_HALF.client_id, OrderStatus.OPEN, True)
    binance.wait()
    (resting,) = binance.read(AskOpenOrders(VELVET)).orders
    assert (resting.client_id, resting.quantity, resting.filled, resting.side) == (
        SHORT_HALF.client_id,
        Decimal(13),
        Decimal(0),
        Side.BUY,
    )
    binance.box.set_price(VELVET, binance.now, mark=SHORT_HALF.price, last=SHORT_HALF.price)
    binance.wait()
    (taken,) = binance.read(AskOrder(VELVET, SHORT_HALF.client_id)).orders
    assert (taken.status, taken.filled) == (OrderStatus.FILLED, Decimal(13))
    assert binance.read(AskPositions(VELVET)).positions[0].amount == Decimal(-14)
    assert [stop.quantity for stop in binance.read(AskStops(VELVET)).stops] == [None]
    fills = [fill for fill in binance.read(AskFills(VELVET, at_binance.START)).fills if fill.side is Side.BUY]
    assert {fill.kind for fill in fills} == {FillKind.TRADE}
    heard = [
        fill for fill in binance.told().fills if fill.client_id == SHORT_HALF.client_id and fill.profit is not None
    ]
    for told in (fills, heard):
        assert sum(fill.profit or Decimal(0) for fill in told) > 0


def test_a_take_profit_rests_and_is_taken_on_bybit(bybit: test_bybit.Meeting) -> None:
    """A plain limit order beside the position's stop, which follows the size."""
    bybit.done(LONG_HALF)
    bybit.wait()
    (resting,) = bybit.read(AskOpenOrders(BABY)).orders
    assert (resting.client_id, resting.quantity, resting.reduce_only) == (LONG_HALF.client_id, Decimal(5_000), True)
    bybit.box.set_price(BABY, bybit.now, mark=LONG_HALF.price, last=LONG_HALF.price)
    bybit.wait()
    taken = bybit.read(AskOrder(BABY, LONG_HALF.client_id)).orders
    assert {(one.status, one.filled) for one in taken} == {(OrderStatus.FILLED, Decimal(5_000))}
    assert bybit.read(AskPositions(BABY)).positions[0].amount == Decimal(5_000)
    assert [stop.quantity for stop in bybit.read(AskStops(BABY)).stops] == [None]
    heard = [fill for fill in bybit.told().fills if fill.client_id == LONG_HALF.client_id]
    assert sum(fill.profit or Decimal(0) for fill in heard) > 0
    read = [fill for fill in bybit.read(AskFills(BABY, test_bybit.START)).fills if fill.side is Side.SELL]
    assert {(fill.client_id, fill.profit) for fill in read} == {(LONG_HALF.client_id, None)}


def test_a_take_profit_is_cancelled_by_name_without_the_stop(
    binance: at_binance.Meeting, bybit: test_bybit.Meeting
) -> None:
    """On either venue the ladder goes and the protection stays."""
    binance.done(SHORT_HALF)
    binance.done(CancelOrder(VELVET, at_binance.name(Leg.CANCEL), SHORT_HALF.client_id))
    binance.wait()
    assert binance.read(AskOpenOrders(VELVET)).orders == ()
    assert len(binance.read(AskStops(VELVET)).stops) == 1
    bybit.done(LONG_HALF)
    bybit.wait()
    bybit.done(CancelOrder(BABY, test_bybit.name(Leg.CANCEL), LONG_HALF.client_id))
    bybit.wait()
    assert bybit.read(AskOpenOrders(BABY)).orders == ()
    assert len(bybit.read(AskStops(BABY)).stops) == 1


def test_a_take_profit_of_nothing_is_refused(bybit: test_bybit.Meeting) -> None:
    """While flat there is nothing to reduce: read the position (110017, -2022)."""
    flat = at_binance.Meeting()
    assert flat.refusal(SHORT_HALF) is Reason.REDUCE_ONLY
    bybit.done(test_bybit.CLOSE)
    bybit.wait()
    assert bybit.refusal(LONG_HALF) is Reason.REDUCE_ONLY


def test_every_order_is_listed_on_binance(binance: at_binance.Meeting) -> None:
    """Open, ended and another's, since an instant, be it longer ago than one answer may span (1.4)."""
    binance.done(SHORT_HALF)
    binance.box.trade_by_hand("main", VELVET, Hand.SELL, Decimal(5), binance.now)
    binance.wait()
    orders = binance.read(AskOrders(VELVET, at_binance.START)).orders
    assert {(order.client_id, order.status) for order in orders} >= {
        (at_binance.ENTRY.client_id, OrderStatus.FILLED),
        (SHORT_HALF.client_id, OrderStatus.OPEN),
    }
    assert len(orders) == 3
    assert binance.read(AskOrders(VELVET, binance.now)).orders == ()
    assert binance.read(AskOrders(VELVET, binance.now - 2 * WEEK)).orders == orders


def test_every_order_is_listed_on_bybit(bybit: test_bybit.Meeting) -> None:
    """The open list and the history together; the entry's stop is told as the stop that it is."""
    bybit.done(LONG_HALF)
    bybit.box.trade_by_hand("main", BABY, Hand.BUY, Decimal(5_000), bybit.now)
    bybit.wait()
    told = bybit.read(AskOrders(BABY, test_bybit.START))
    assert {(order.client_id, order.status) for order in told.orders} >= {
        (test_bybit.ENTRY.client_id, OrderStatus.FILLED),
        (LONG_HALF.client_id, OrderStatus.OPEN),
    }
    assert {stop.parent for stop in told.stops} == {test_bybit.ENTRY.client_id}
    assert bybit.act(LONG_HALF).outcome is Outcome.REFUSED


def test_a_liquidation_says_what_it_is(binance: at_binance.Meeting, bybit: test_bybit.Meeting) -> None:
    """By its trades on the stream, and by its order wherever that is listed (binance.md 3.3, bybit.md 3.1)."""
    binance.box.liquidate("main", VELVET, binance.now)
    binance.wait()
    heard = [fill for fill in binance.told().fills if fill.kind is FillKind.LIQUIDATION]
    assert sum(fill.quantity for fill in {fill.trade_id: fill for fill in heard}.values()) == at_binance.QUANTITY
    forced = [
        order for order in binance.read(AskOrders(VELVET, at_binance.START)).orders if order.kind is not FillKind.TRADE
    ]
    assert [(order.kind, order.filled) for order in forced] == [(FillKind.LIQUIDATION, at_binance.QUANTITY)]
    bybit.box.liquidate("main", BABY, bybit.now)
    bybit.wait()
    for told in (bybit.told(), bybit.read(AskFills(BABY, test_bybit.START))):
        taken = [fill for fill in told.fills if fill.kind is FillKind.LIQUIDATION]
        assert sum(fill.quantity for fill in taken) == test_bybit.QUANTITY
    orders = bybit.read(AskOrders(BABY, test_bybit.START)).orders
    assert FillKind.LIQUIDATION in {order.kind for order in orders}


def test_a_deleveraging_says_what_it_is(binance: at_binance.Meeting, bybit: test_bybit.Meeting) -> None:
    """The venue takes a part away to cover another's loss; neither a hand nor a liquidation."""
    binance.box.deleverage("main", VELVET, Decimal("0.25"), binance.now)
    binance.wait()
    assert {fill.kind for fill in binance.told().fills if fill.side is Side.BUY} == {FillKind.DELEVERAGING}
    bybit.box.deleverage("main", BABY, Decimal("0.25"), bybit.now)
    bybit.wait()
    assert {fill.kind for fill in bybit.told().fills if fill.side is Side.SELL} == {FillKind.DELEVERAGING}
