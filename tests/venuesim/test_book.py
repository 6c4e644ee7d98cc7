"""The truth of the box: orders, fills, positions, margin, liquidation, and each venue's stop engine."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.venuesim.plain import MS, START, Asker, box
from venuesim.facts import (
    EndReason,
    OrderFilled,
    OrderStatus,
    PositionChanged,
    Side,
    StopEnded,
    StopFired,
    StopStatus,
    WalletChanged,
)
from venuesim.ledger import flat_position
from venuesim.market import Depth
from venuesim.matching import blend

ENTRY = Decimal(107282)


def stops_of(asker: Asker) -> list[StopStatus]:
    """Return where each stop stands, oldest first."""
    return [stop.status for stop in asker.exchange.book.ledger.stops.values()]


def test_a_market_order_fills_after_the_latency_of_the_engine() -> None:
    """An accepted market order is NEW until the engine matches it two milliseconds later, and then FILLED."""
    asker = Asker(box())
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01", id="x")
    asker.run(1 * MS)
    [order] = asker.exchange.book.orders_named("a", "x")
    assert order.status is OrderStatus.NEW
    asker.run(1 * MS)
    [order] = asker.exchange.book.orders_named("a", "x")
    assert (order.status, order.updated_at) == (OrderStatus.FILLED, START + 2 * MS)


def test_a_fill_moves_order_wallet_and_position_in_one_event() -> None:
    """The facts of one fill share their event number, so that a dialect can send them in one breath."""
    asker = Asker(box())
    asker.buy()
    events = {
        type(fact): fact.mark.event
        for fact in asker.exchange.history
        if isinstance(fact, OrderFilled | WalletChanged | PositionChanged)
    }
    assert len(events) == 3
    assert len(set(events.values())) == 1


def test_a_position_is_closed_by_a_reduce_only_order_and_its_profit_is_settled() -> None:
    """Buying and selling back changes the balance by the spread and two fees, and leaves the position flat."""
    asker = Asker(box())
    asker.buy(quantity="0.1")
    asker.sell(quantity="0.1", reduce="1")
    fills = [fact.fill for fact in asker.exchange.history if isinstance(fact, OrderFilled)]
    earned = (fills[1].price - fills[0].price) * Decimal("0.1")
    balance = asker.exchange.book.ledger.wallet("a").balance
    assert balance == 10_000 + earned - fills[0].fee - fills[1].fee
    assert asker.exchange.book.position("a", "BTCUSDT").quantity == 0


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"symbol": "NOSUCH", "quantity": "1"}, "unknown_symbol"),
        ({"symbol": "PERPUSDT", "quantity": "100"}, "symbol_not_trading"),
        ({"symbol": "BTCUSDT", "quantity": "0.0001"}, "quantity_step"),
        ({"symbol": "BTCUSDT", "quantity": "121"}, "quantity_too_large"),
        ({"symbol": "VELVETUSDT", "quantity": "26"}, "notional_too_small"),
        ({"symbol": "BTCUSDT", "quantity": "5"}, "margin_short"),
        ({"symbol": "BTCUSDT", "quantity": "0.01", "reduce": "1"}, "reduce_only_flat"),
        ({"symbol": "BTCUSDT", "quantity": "0.01", "kind": "LIMIT", "price": "100000.05"}, "price_tick"),
        ({"symbol": "BTCUSDT", "quantity": "0.01", "kind": "LIMIT", "price": "200000"}, "price_range"),
    ],
)
def test_the_gateway_refuses_what_the_rules_forbid(asked: dict[str, str], reason: str) -> None:
    """Each broken rule is refused with its own reason and leaves no trace in the history."""
    asker = Asker(box())
    before = len(asker.exchange.history)
    reply = asker.ask("order.create", side="BUY", **asked)
    assert (reply.status, reply.body.decode()) == (400, reason)
    assert len(asker.exchange.history) == before


def test_bybit_cuts_a_quantity_down_to_the_step() -> None:
    """On Bybit 332 with a step of 100 becomes 300 instead of a refusal."""
    asker = Asker(box("bybit"))
    asker.buy("1000000BABYDOGEUSDT", "5099", id="x")
    [order] = asker.exchange.book.orders_named("a", "x")
    assert order.quantity == 5000


def test_a_binance_client_id_is_free_again_once_its_order_has_filled() -> None:
    """Two market orders under one id both fill: on Binance the name is no protection."""
    asker = Asker(box())
    assert asker.buy(id="same").status == 200
    assert asker.buy(id="same").status == 200
    assert asker.exchange.book.position("a", "BTCUSDT").quantity == Decimal("0.02")


def test_a_bybit_client_id_is_never_free_again() -> None:
    """A second order under one link id is refused as a duplicate."""
    asker = Asker(box("bybit"))
    assert asker.buy(id="same").status == 200
    assert asker.buy(id="same").body == b"duplicate_client_id"


def test_a_market_order_ends_with_a_remainder_when_the_book_runs_out() -> None:
    """In a thin book a market order ends EXPIRED and yet holds a position."""
    asker = Asker(box())
    asker.exchange.set_depth("BTCUSDT", Depth(levels=1, notional=Decimal(1_000)))
    asker.buy(quantity="0.1", id="x")
    [order] = asker.exchange.book.orders_named("a", "x")
    assert (order.status, order.end_reason) == (OrderStatus.EXPIRED, EndReason.BOOK_EXHAUSTED)
    assert 0 < order.filled == asker.exchange.book.position("a", "BTCUSDT").quantity < order.quantity


def test_an_empty_book_ends_a_market_order_unfilled() -> None:
    """Without any offers the order is accepted and ends without a fill."""
    asker = Asker(box())
    asker.exchange.set_depth("BTCUSDT", Depth(levels=0))
    asker.buy(id="x")
    [order] = asker.exchange.book.orders_named("a", "x")
    assert (order.status, order.filled) == (OrderStatus.EXPIRED, Decimal(0))


def test_an_ioc_limit_takes_only_up_to_its_price() -> None:
    """An IOC limit at the first level fills that level and expires with the rest."""
    asker = Asker(box())
    asker.exchange.set_depth("BTCUSDT", Depth(notional=Decimal(1_000)))
    asker.buy(quantity="0.1", kind="LIMIT", tif="IOC", price="107282.2", id="x")
    [order] = asker.exchange.book.orders_named("a", "x")
    assert (order.status, order.end_reason) == (OrderStatus.EXPIRED, EndReason.IOC_REMAINDER)
    assert order.average == Decimal("107282.2")


def test_a_resting_limit_fills_when_the_price_comes_to_it() -> None:
    """A GTC limit below the market rests, and fills as maker at its own price when the last price falls to it."""
    asker = Asker(box())
    asker.buy(kind="LIMIT", price="107000", id="x")
    assert asker.exchange.book.open_orders("a", None)[0].status is OrderStatus.NEW
    asker.exchange.set_price("BTCUSDT", asker.now, last=Decimal(106990))
    [order] = asker.exchange.book.orders_named("a", "x")
    assert (order.status, order.average) == (OrderStatus.FILLED, Decimal(107000))


def test_a_resting_reduce_only_limit_blocks_a_close() -> None:
    """A full-size reduce-only limit claims the position, so a reduce-only close is refused until it is cancelled."""
    asker = Asker(box())
    asker.buy()
    asker.sell(kind="LIMIT", price="109000", reduce="1", id="tp")
    assert asker.sell(reduce="1").body == b"reduce_only_blocked"
    asker.ask("order.cancel", symbol="BTCUSDT", id="tp")
    assert asker.sell(reduce="1").status == 200
    assert asker.exchange.book.position("a", "BTCUSDT").quantity == 0


def test_a_binance_stop_runs_through_its_states_and_closes_the_position() -> None:
    """When the mark reaches the trigger the stop goes TRIGGERING, TRIGGERED, FINISHED and the position is flat."""
    asker = Asker(box())
    asker.buy()
    assert asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="106000", id="s").status == 200
    asker.exchange.set_price("BTCUSDT", asker.now, mark=Decimal(105900), last=Decimal(105900))
    assert stops_of(asker) == [StopStatus.TRIGGERING]
    asker.run(100 * MS)
    seen = [f.stop.status for f in asker.exchange.history if isinstance(f, StopFired | StopEnded)]
    assert seen == [StopStatus.TRIGGERING, StopStatus.TRIGGERED, StopStatus.FINISHED]
    [child] = asker.exchange.book.orders_named("a", "s")
    assert (child.status, child.reduce_only) == (OrderStatus.FILLED, True)
    assert asker.exchange.book.position("a", "BTCUSDT").quantity == 0


def test_a_close_position_stop_needs_a_position_and_stands_alone() -> None:
    """Flat it is refused; a second one of the same direction is refused too."""
    asker = Asker(box())
    stop = {"symbol": "BTCUSDT", "side": "SELL", "trigger": "106000"}
    assert asker.ask("stop.create", **stop).body == b"no_position"
    asker.buy()
    assert asker.ask("stop.create", **stop).status == 200
    assert asker.ask("stop.create", **stop).body == b"stop_exists"
    assert asker.ask("stop.create", quantity="0.01", **stop).status == 200


def test_a_close_position_stop_expires_a_moment_after_the_close_and_a_quantity_stop_stays() -> None:
    """When the position has gone the venue expires the position-wide stop; the quantity stop is left an orphan."""
    asker = Asker(box())
    asker.buy()
    asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="106000")
    asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="106000", quantity="0.01")
    asker.send("order.create", symbol="BTCUSDT", side="SELL", quantity="0.01", reduce="1")
    asker.run(2 * MS)
    assert stops_of(asker) == [StopStatus.LIVE, StopStatus.LIVE]
    asker.run(1 * MS)
    assert stops_of(asker) == [StopStatus.EXPIRED, StopStatus.LIVE]
    assert [orphan.kind for orphan in asker.exchange.judge(asker.now).orphans] == ["stop"]


def test_a_stop_that_would_trigger_at_once_is_refused() -> None:
    """A sell stop at or above the mark is refused."""
    asker = Asker(box())
    asker.buy()
    assert asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="107300").body == b"would_trigger"


def test_a_bybit_entry_brings_its_stop_along() -> None:
    """The attached stop is live in the very event of the first fill, bound to the position and as large as it."""
    asker = Asker(box("bybit"))
    asker.buy(quantity="0.1", id="x", stop_loss="69000")
    [stop] = asker.exchange.book.open_stops("a", "BTCUSDT")
    position = asker.exchange.book.position("a", "BTCUSDT")
    assert (stop.quantity, stop.trigger, stop.parent_client_id) == (Decimal("0.100"), Decimal(69000), "x")
    assert position.stop_loss == Decimal(69000)
    [episode] = asker.exchange.judge(asker.now).episodes
    assert (episode.naked_us, episode.covered_at) == (0, episode.opened_at)


def test_a_bybit_stop_follows_the_size_and_is_cleared_with_the_position() -> None:
    """A further buy enlarges the stop; closing the position cancels it in the same event."""
    asker = Asker(box("bybit"))
    asker.buy(quantity="0.1", stop_loss="69000")
    asker.buy(quantity="0.1")
    [stop] = asker.exchange.book.open_stops("a", "BTCUSDT")
    assert stop.quantity == Decimal("0.200")
    asker.sell(quantity="0.2", reduce="1")
    assert stops_of(asker) == [StopStatus.CANCELED]
    assert asker.exchange.book.position("a", "BTCUSDT").stop_loss is None


def test_a_bybit_entry_with_its_stop_on_the_wrong_side_is_refused_whole() -> None:
    """A long entry whose stop lies above the price opens nothing."""
    asker = Asker(box("bybit"))
    assert asker.buy(quantity="0.1", stop_loss="71000").body == b"stop_wrong_side"
    assert asker.exchange.book.position("a", "BTCUSDT").quantity == 0


def test_a_bybit_stop_fires_as_an_order_under_its_own_id() -> None:
    """The child order of a fired stop keeps the stop's id and closes the position."""
    asker = Asker(box("bybit"))
    asker.buy(quantity="0.1", stop_loss="69000")
    [stop] = asker.exchange.book.open_stops("a", "BTCUSDT")
    asker.exchange.set_price("BTCUSDT", asker.now, mark=Decimal(68990), last=Decimal(68990))
    asker.run(10 * MS)
    child = asker.exchange.book.order_by_id(stop.stop_id)
    assert child is not None
    assert child.status is OrderStatus.FILLED
    assert asker.exchange.book.position("a", "BTCUSDT").quantity == 0
    assert stops_of(asker) == [StopStatus.FINISHED]


def test_a_position_falls_when_its_margin_is_used_up() -> None:
    """Past the liquidation price the venue closes the position at the mark under a name of its own."""
    asker = Asker(box())
    asker.buy(quantity="1", id="x")
    price = asker.exchange.book.position("a", "BTCUSDT").liquidation_price
    asker.exchange.set_price("BTCUSDT", asker.now, mark=price + 100, last=price + 100)
    assert asker.exchange.book.position("a", "BTCUSDT").quantity == 1
    asker.exchange.set_price("BTCUSDT", asker.now, mark=price - 100, last=price - 100)
    assert asker.exchange.book.position("a", "BTCUSDT").quantity == 0
    [episode] = asker.exchange.judge(asker.now).episodes
    assert [close.what for close in episode.closes] == ["liquidation"]
    assert episode.closes[0].client_id.startswith("autoclose-")


def test_leverage_above_the_first_bracket_is_refused() -> None:
    """VELVETUSDT grants ten at most."""
    book = box().book
    assert book.set_leverage("a", "VELVETUSDT", Decimal(10), START) == 10
    with pytest.raises(Exception, match="leverage_too_high"):
        book.set_leverage("a", "VELVETUSDT", Decimal(20), START)


@given(
    trades=st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 50), st.integers(90, 110)), min_size=1, max_size=30)
)
def test_blending_fills_keeps_the_books_balanced(trades: list[tuple[Side, int, int]]) -> None:
    """Whatever is traded, cash spent equals the cost of what is held less the profit taken."""
    position, cash, profit = flat_position("a", "S", Decimal(1)), Decimal(0), Decimal(0)
    for side, quantity, price in trades:
        (held, entry), realized, closed = blend(position, side, Decimal(price), Decimal(quantity))
        assert 0 <= closed <= quantity
        cash -= side.sign * quantity * price
        profit += realized
        position = flat_position("a", "S", Decimal(1))
        position = type(position)(
            **{
                **{name: getattr(position, name) for name in position.__struct_fields__},
                "quantity": held,
                "entry_price": entry,
            }
        )
    assert abs(cash + position.quantity * position.entry_price - profit) < Decimal("1e-6")


@settings(max_examples=30, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("trade"), st.sampled_from(Side), st.integers(1, 40)),
            st.tuples(st.just("price"), st.just(Side.BUY), st.integers(-300, 300)),
            st.tuples(st.just("stop"), st.sampled_from(Side), st.integers(1, 200)),
            st.tuples(st.just("wait"), st.just(Side.BUY), st.integers(0, 20)),
        ),
        max_size=25,
    ),
    venue=st.sampled_from(["binance", "bybit"]),
)
def test_the_ledger_and_its_history_never_disagree(steps: list[tuple[str, Side, int]], venue: str) -> None:
    """After any course of trades, stops and prices, the newest facts are the ledger and the fills sum to the position."""
    asker = Asker(box(venue))
    for what, side, size in steps:
        take(asker, what, side, size)
    asker.run(50 * MS)
    history, ledger = asker.exchange.history, asker.exchange.book.ledger
    assert history.orders_as_of("a", asker.now) == list(ledger.orders.values())
    assert history.stops_as_of("a", asker.now) == list(ledger.stops.values())
    fills = history.fills_as_of("a", asker.now)
    held = sum((fill.side.sign * fill.quantity for fill in fills), Decimal(0))
    assert held == asker.exchange.book.position("a", "SOLUSDT").quantity
    assert [fact.mark.seq for fact in history] == list(range(1, len(history) + 1))


def take(asker: Asker, what: str, side: Side, size: int) -> None:
    """Take one step of a random course."""
    price = asker.exchange.book.market.prices("SOLUSDT").mark
    if what == "trade":
        asker.ask("order.create", symbol="SOLUSDT", side=side, quantity=str(size))
    elif what == "price":
        moved = price * (1 + Decimal(size) / 10_000)
        asker.exchange.set_price("SOLUSDT", asker.now, mark=moved, last=moved)
    elif what == "stop":
        trigger = (price * (1 + side.sign * Decimal(size) / 10_000)).quantize(Decimal("0.01"))
        asker.ask("stop.create", symbol="SOLUSDT", side=side, trigger=str(trigger), quantity="5")
    else:
        asker.run(size * MS)
