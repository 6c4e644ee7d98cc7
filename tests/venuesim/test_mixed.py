"""Everybody at once: the owner, the venue and the prices in a seeded mix, and what must hold of the truth after it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest

from tests.venuesim.plain import MS, Asker, box
from venuesim.chance import Chance
from venuesim.exchange import Exchange
from venuesim.facts import OrderEnded, OrderFilled, Purpose, Refusal, Side
from venuesim.hands import WantedLimit, WantedMove, WantedStop
from venuesim.market import Depth

SYMBOL = "BTCUSDT"
THIN = Depth(levels=5, spread_ticks=1, step_ticks=50, notional=Decimal(2000))
Deed = Callable[[Exchange, Chance, int, int], object]


def _quantity(chance: Chance, n: int) -> Decimal:
    return Decimal(chance.number(30, "quantity", n) + 1) / 1000


def _price(exchange: Exchange, chance: Chance, n: int) -> Decimal:
    last = exchange.book.market.prices(SYMBOL).last
    return (last * (Decimal(chance.number(400, "price", n) + 9800) / 10_000)).quantize(Decimal("0.1"))


def _side(chance: Chance, n: int) -> Side:
    return Side.BUY if chance.number(2, "side", n) else Side.SELL


DEEDS: tuple[Deed, ...] = (
    lambda e, c, n, at: e.trade_by_hand("a", SYMBOL, _side(c, n), _quantity(c, n), at),
    lambda e, c, n, at: e.limit_by_hand("a", SYMBOL, WantedLimit(_side(c, n), _quantity(c, n), _price(e, c, n)), at),
    lambda e, c, n, at: e.limit_by_hand(
        "a", SYMBOL, WantedLimit(_side(c, n), _quantity(c, n), _price(e, c, n), reduce_only=True), at
    ),
    lambda e, c, n, at: e.set_stop_by_hand("a", SYMBOL, WantedStop(_price(e, c, n)), at),
    lambda e, c, n, at: e.set_stop_by_hand("a", SYMBOL, WantedStop(_price(e, c, n), quantity=_quantity(c, n)), at),
    lambda e, c, n, at: e.set_stop_by_hand("a", SYMBOL, WantedStop(_price(e, c, n), purpose=Purpose.TAKE_PROFIT), at),
    lambda e, c, n, at: e.move_stop_by_hand("a", SYMBOL, WantedMove(_price(e, c, n)), at),
    lambda e, c, n, at: e.remove_stop_by_hand("a", SYMBOL, at),
    lambda e, c, n, at: e.set_price(SYMBOL, at, mark=_price(e, c, n), last=_price(e, c, n)),
    lambda e, c, n, at: e.set_price(SYMBOL, at, last=_price(e, c, n + 1)),
    lambda e, c, n, at: e.deleverage("a", SYMBOL, Decimal("0.5"), at),
    lambda e, c, n, at: e.liquidate("a", SYMBOL, at) if n % 5 == 0 else None,
)


def mixed(venue: str, seed: int, **switches: str) -> Exchange:
    """A box after sixty deeds, a few of them refused or meaningless, with a moment's rest after each."""
    exchange, chance = box(venue, **switches), Chance(seed)
    exchange.set_depth(SYMBOL, THIN)
    asker = Asker(exchange)
    for n in range(60):
        with suppress(Refusal, ValueError):
            DEEDS[chance.number(len(DEEDS), "deed", n)](exchange, chance, n, asker.now)
        asker.run(20 * MS)
    return exchange


@pytest.mark.parametrize("venue", ["binance", "bybit"])
@pytest.mark.parametrize("seed", range(40))
def test_the_truth_stays_whole_whatever_is_mixed(venue: str, seed: int) -> None:
    """Fills add up to position and orders; an order ends once; reduce-only never raises; nothing hangs on a flat slot."""
    exchange = mixed(venue, seed)
    fills = [fact for fact in exchange.history if isinstance(fact, OrderFilled)]
    held = sum((fact.fill.side.sign * fact.fill.quantity for fact in fills), Decimal(0))
    assert exchange.book.position("a", SYMBOL).quantity == held
    for order in exchange.book.ledger.orders.values():
        assert order.filled == sum(f.fill.quantity for f in fills if f.order.order_id == order.order_id)
        assert order.filled <= order.quantity
    ends = [fact.order.order_id for fact in exchange.history if isinstance(fact, OrderEnded)]
    assert len(ends) == len(set(ends))
    assert all(f.fill.closed == f.fill.quantity for f in fills if f.order.reduce_only)
    resting = [order for order in exchange.book.open_orders("a", SYMBOL) if order.reduce_only]
    assert all(order.quantity - order.filled <= -held * order.side.sign for order in resting)


@pytest.mark.parametrize("venue", ["binance", "bybit"])
@pytest.mark.parametrize("seed", range(10))
def test_naked_time_of_moves_is_part_of_the_whole_and_equal_seeds_are_equal(venue: str, seed: int) -> None:
    """The judge's moves never claim more naked time than their episode has, and a seed gives one history."""
    exchange = mixed(venue, seed)
    for episode in exchange.judge().episodes:
        assert sum(move.naked_us for move in episode.moves) <= episode.naked_us
    assert list(exchange.history) == list(mixed(venue, seed).history)
