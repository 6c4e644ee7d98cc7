"""Lists that are longer than one reply, from the box to the house: everything that stands is told, and each thing once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.inputs import ReadFailed
from seawall.model.queries import AskFills, AskOpenOrders, AskOrders, AskStops
from seawall.model.times import SECOND
from tests.meeting import at_binance, test_bybit
from venuesim.faults import Fault
from venuesim.words import ZERO, Direction, OrderKind, OrderTicket, Side, StopScope, StopTicket, TriggerBy

MANY = 120
"""More than two of Bybit's pages of 50, more than one of its pages of 100."""


def rest(meeting: test_bybit.Meeting, count: int) -> list[str]:
    """So many limit orders far below the market, one a millisecond; their names."""
    tick = meeting.box.instruments[test_bybit.BABY].tick
    names = [f"grid-{n}" for n in range(count)]
    for name in names:
        price = (test_bybit.PRICE * Decimal("0.96")) // tick * tick
        ticket = OrderTicket(test_bybit.BABY, Side.BUY, OrderKind.LIMIT, Decimal(10_000), price, client_id=name)
        meeting.now += 1_000
        meeting.box.book.submit("main", ticket, meeting.now)
    meeting.wait()
    return names


def test_every_open_order_of_many_is_told_once() -> None:
    """120 open orders are three pages; the oldest stands on the last."""
    meeting = test_bybit.Meeting()
    names = rest(meeting, MANY)
    for query in (AskOpenOrders(), AskOpenOrders(test_bybit.BABY), AskOrders(test_bybit.BABY, test_bybit.START)):
        told = meeting.read(query).orders
        assert sorted(order.client_id for order in told) == sorted(names)


def test_every_order_of_many_that_ended_is_told_once() -> None:
    """The history has pages too; what is open and what has ended are each read to their end."""
    meeting = test_bybit.Meeting()
    names = rest(meeting, MANY)
    for order in list(meeting.box.book.open_orders("main", test_bybit.BABY))[:70]:
        meeting.box.book.cancel("main", test_bybit.BABY, order.order_id, meeting.now)
    meeting.wait()
    told = meeting.read(AskOrders(test_bybit.BABY, test_bybit.START)).orders
    assert sorted(order.client_id for order in told) == sorted(names)
    assert sum(order.status.is_terminal for order in told) == 70


def test_every_stop_of_many_is_told_once() -> None:
    """Ten conditional orders on each of nine symbols are two pages of the account's stops (bybit.md 1.3)."""
    meeting = test_bybit.Meeting()
    symbols = [name for name in meeting.box.instruments if name != test_bybit.BABY][:9]
    for symbol in symbols:
        rules = meeting.box.instruments[symbol]
        trigger = meeting.box.book.market.prices(symbol).mark // 2 // rules.tick * rules.tick
        for n in range(10):
            meeting.now += 1_000
            ticket = StopTicket(
                symbol,
                Side.SELL,
                trigger,
                TriggerBy.MARK,
                Direction.FALL,
                StopScope.QUANTITY,
                quantity=rules.min_quantity,
                client_id=f"{symbol}-{n}",
            )
            meeting.box.book.place_stop("main", ticket, meeting.now)
    meeting.wait()
    stops = meeting.read(AskStops()).stops
    assert sorted(stop.client_id for stop in stops) == sorted(f"{symbol}-{n}" for symbol in symbols for n in range(10))


def test_every_execution_of_many_is_told_once() -> None:
    """120 trades since the intention are two pages of executions (bybit.md 1.5)."""
    meeting = test_bybit.Meeting()
    for n in range(MANY):
        side = Side.BUY if n % 2 == 0 else Side.SELL
        meeting.now += 1_000
        meeting.box.trade_by_hand("main", test_bybit.BABY, side, Decimal(10_000), meeting.now)
    meeting.wait()
    fills = meeting.read(AskFills(test_bybit.BABY, test_bybit.START)).fills
    assert len({fill.trade_id for fill in fills}) == len(fills) == MANY
    assert sum(fill.quantity * fill.side.sign for fill in fills) == ZERO


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_page_that_fails_fails_the_read(page: int) -> None:
    """Whichever it is, what was shown counts and nothing is complete."""
    meeting = test_bybit.Meeting()
    rest(meeting, MANY)
    meeting.box.faults.add(Fault(fault="status", call="orders.open", status=200, code=10016, nth=page))
    failed = meeting.ask(AskOpenOrders())
    assert isinstance(failed, ReadFailed)
    assert len(failed.told.orders) == 50 * (page - 1)
    assert len(meeting.read(AskOpenOrders()).orders) == MANY


@pytest.mark.parametrize("shown", ["newest", "oldest"])
def test_a_thousand_orders_and_trades_are_not_the_end(shown: str) -> None:
    """Binance grants a thousand rows and says nothing of which: all are told, whichever end of a span it shows (1.4)."""
    meeting = at_binance.Meeting(full_page=shown)
    for n in range(1_200):
        meeting.now += SECOND // (1 if n % 100 == 0 else 100)
        side = Side.BUY if n % 2 == 0 else Side.SELL
        meeting.box.trade_by_hand("main", at_binance.VELVET, side, Decimal(100), meeting.now)
    meeting.wait()
    fills = meeting.read(AskFills(at_binance.VELVET, at_binance.START)).fills
    assert len({fill.trade_id for fill in fills}) == len(fills) == 1_200
    orders = meeting.read(AskOrders(at_binance.VELVET, at_binance.START)).orders
    assert len({order.venue_id for order in orders}) == len(orders) == 1_200
