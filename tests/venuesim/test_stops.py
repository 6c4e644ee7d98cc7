"""Stops beyond the plain course: Bybit's position-wide stops, conditional orders, and the odd ends."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.venuesim.plain import MS, SECOND, Asker, box
from venuesim.facts import (
    ZERO,
    Direction,
    EndReason,
    OrderKind,
    OrderStatus,
    OrderTicket,
    PositionState,
    Purpose,
    Reason,
    Refusal,
    Side,
    StopMoved,
    StopScope,
    StopState,
    StopStatus,
    StopTicket,
    TimeInForce,
    TriggerBy,
)
from venuesim.faults import parse
from venuesim.market import Depth


def long_on_bybit(**switches: str) -> Asker:
    """Return an asker that holds 0.1 BTC at about 69914 on Bybit, without a stop."""
    asker = Asker(box("bybit", **switches))
    asker.buy(quantity="0.1", id="x")
    return asker


def set_stops(asker: Asker, loss: str | None, profit: str | None = None) -> PositionState:
    """Call trading-stop with triggers by mark."""
    stop_loss, take_profit = (None if text is None else Decimal(text) for text in (loss, profit))
    return asker.exchange.book.set_position_stop(
        "a", "BTCUSDT", stop_loss, take_profit, TriggerBy.MARK, TriggerBy.MARK, asker.now
    )


def refusal(asker: Asker, loss: str | None, profit: str | None = None) -> Reason:
    """Return why trading-stop is refused."""
    with pytest.raises(Refusal) as refused:
        set_stops(asker, loss, profit)
    return refused.value.reason


def position(asker: Asker) -> PositionState:
    """Return the position in BTCUSDT."""
    return asker.exchange.book.position("a", "BTCUSDT")


def open_stops(asker: Asker) -> list[StopState]:
    """Return what waits on BTCUSDT."""
    return asker.exchange.book.open_stops("a", "BTCUSDT")


def conditional(asker: Asker, side: Side, trigger: str, quantity: str, *, reduce_only: bool = True) -> StopState:
    """Place a plain conditional market order by mark."""
    mark = asker.exchange.book.market.prices("BTCUSDT").mark
    ticket = StopTicket(
        symbol="BTCUSDT",
        side=side,
        trigger=Decimal(trigger),
        trigger_by=TriggerBy.MARK,
        direction=Direction.RISE if Decimal(trigger) > mark else Direction.FALL,
        scope=StopScope.QUANTITY,
        purpose=Purpose.CONDITIONAL,
        quantity=Decimal(quantity),
        reduce_only=reduce_only,
    )
    return asker.exchange.book.place_stop("a", ticket, asker.now)


def move(asker: Asker, price: str) -> None:
    """Set both prices of BTCUSDT and let a moment pass."""
    asker.exchange.set_price("BTCUSDT", asker.now, mark=Decimal(price), last=Decimal(price))
    asker.run(50 * MS)


def test_trading_stop_sets_moves_and_removes_the_one_stop_of_the_position() -> None:
    """The same child moves without ceasing to watch, the position shows its trigger, zero takes it away."""
    asker = long_on_bybit()
    assert set_stops(asker, "69000").stop_loss == Decimal(69000)
    [first] = open_stops(asker)
    assert set_stops(asker, "69200").stop_loss == Decimal(69200)
    [second] = open_stops(asker)
    assert (second.stop_id, second.trigger) == (first.stop_id, Decimal(69200))
    assert [type(fact) for fact in asker.exchange.history if isinstance(fact, StopMoved)] == [StopMoved]
    assert set_stops(asker, "0").stop_loss is None
    assert open_stops(asker) == []


def test_trading_stop_refuses_in_the_venue_s_ways() -> None:
    """No position, nothing new, the wrong side, beyond liquidation: each its own reason."""
    assert refusal(Asker(box("bybit")), "69000") is Reason.NO_POSITION
    asker = long_on_bybit()
    assert refusal(asker, None) is Reason.NOT_MODIFIED
    assert refusal(asker, "0") is Reason.NOT_MODIFIED
    assert refusal(asker, "70500") is Reason.STOP_WRONG_SIDE
    assert refusal(asker, None, "69000") is Reason.STOP_WRONG_SIDE
    set_stops(asker, "69000")
    assert refusal(asker, "69000") is Reason.NOT_MODIFIED
    asker.exchange.deposit("a", Decimal(-8900), asker.now)
    asker.buy(quantity="0.001")
    assert position(asker).liquidation_price > 59000
    assert refusal(asker, "59000") is Reason.STOP_WRONG_SIDE


def test_a_take_profit_stands_beside_the_stop_and_both_go_with_the_position() -> None:
    """When the profit is taken the stop is cleared in the same event."""
    asker = long_on_bybit()
    set_stops(asker, "69000", "71000")
    assert (position(asker).stop_loss, position(asker).take_profit) == (Decimal(69000), Decimal(71000))
    move(asker, "71000")
    assert position(asker).quantity == 0
    ended = {stop.purpose: stop.status for stop in asker.exchange.book.ledger.stops.values()}
    assert ended == {Purpose.STOP: StopStatus.CANCELED, Purpose.TAKE_PROFIT: StopStatus.FINISHED}


def test_a_position_that_is_not_yet_known_to_the_stop_service_is_no_position() -> None:
    """With the delay switch, trading-stop says zero position until it has passed."""
    asker = long_on_bybit(bybit__position_delay_us="500000")
    assert refusal(asker, "69000") is Reason.NO_POSITION
    asker.run(500 * MS)
    assert set_stops(asker, "69000").stop_loss == Decimal(69000)


def test_the_child_may_come_later_than_the_fill() -> None:
    """With the delay switch the attached stop becomes live after it, and the time between is naked."""
    asker = Asker(box("bybit", bybit__child_delay_us="30000"))
    asker.buy(quantity="0.1", stop_loss="69000")
    assert open_stops(asker) == []
    asker.run(SECOND)
    assert len(open_stops(asker)) == 1
    assert asker.exchange.judge().naked_us == 30 * MS


def test_the_attached_stop_is_there_from_the_first_part_and_grows_with_the_rest() -> None:
    """A fill in two parts is covered in each moment."""
    asker = Asker(box("bybit"))
    plan = {"fault": "partial_fill", "parts": ["0.4", "0.6"], "gap_ms": 100}
    asker.exchange.faults.add(parse(plan))
    asker.buy(quantity="0.1", stop_loss="69000")
    assert [stop.quantity for stop in open_stops(asker)] == [Decimal("0.040")]
    asker.run(SECOND)
    assert [stop.quantity for stop in open_stops(asker)] == [Decimal("0.100")]
    assert asker.exchange.judge().naked_us == 0


@pytest.mark.parametrize(("answer", "trigger"), [("replace", "68500"), ("ignore", "69000")])
def test_a_second_entry_s_stop_replaces_the_first_or_is_ignored(answer: str, trigger: str) -> None:
    """The venue book leaves it open; either way there is one stop for the whole position."""
    asker = Asker(box("bybit", bybit__second_full_stop=answer))
    asker.buy(quantity="0.1", stop_loss="69000", id="x")
    asker.buy(quantity="0.1", stop_loss="68500", id="y")
    [stop] = open_stops(asker)
    assert (stop.quantity, stop.trigger) == (Decimal("0.200"), Decimal(trigger))


def test_a_stop_that_the_price_has_passed_when_it_comes_fires_at_once() -> None:
    """The market crosses the attached stop between acceptance and fill: it closes the position straight away."""
    asker = Asker(box("bybit"))
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.1", stop_loss="69900", id="x")
    asker.run(1 * MS)
    asker.exchange.set_price("BTCUSDT", asker.now, mark=Decimal(69800), last=Decimal(69800))
    asker.run(SECOND)
    assert asker.exchange.book.orders_named("a", "x")[0].status is OrderStatus.FILLED
    assert position(asker).quantity == 0


def test_amending_a_child_moves_the_position_s_own_trigger() -> None:
    """The child and the position's field never part."""
    asker = long_on_bybit()
    set_stops(asker, "69000")
    [stop] = open_stops(asker)
    asker.exchange.book.amend_stop("a", stop.stop_id, Decimal(69100), asker.now)
    assert position(asker).stop_loss == Decimal(69100)
    with pytest.raises(Refusal, match="would_trigger"):
        asker.exchange.book.amend_stop("a", stop.stop_id, Decimal(70000), asker.now)
    with pytest.raises(Refusal, match="stop_unknown"):
        asker.exchange.book.amend_stop("a", "no such id", Decimal(69100), asker.now)


def test_cancelling_a_child_bares_the_position() -> None:
    """A Full stop's child can be cancelled by id, and then the position shows none."""
    asker = long_on_bybit()
    set_stops(asker, "69000")
    [stop] = open_stops(asker)
    ended = asker.exchange.book.cancel_stop("a", stop.stop_id, asker.now)
    assert (ended.status, ended.end_reason) == (StopStatus.CANCELED, EndReason.BY_USER)
    assert position(asker).stop_loss is None
    with pytest.raises(Refusal, match="stop_unknown"):
        asker.exchange.book.cancel_stop("a", stop.stop_id, asker.now)


def test_a_conditional_order_outlives_the_position_and_may_open_another() -> None:
    """A plain conditional is bound to nothing: after the close it stays, and without reduce-only it opens."""
    asker = long_on_bybit()
    conditional(asker, Side.SELL, "69000", "0.1", reduce_only=False)
    asker.sell(quantity="0.1", reduce="1")
    assert [stop.status for stop in open_stops(asker)] == [StopStatus.LIVE]
    move(asker, "68990")
    assert position(asker).quantity == Decimal("-0.100")


@pytest.mark.parametrize(("reduce_only", "reason"), [(True, EndReason.REDUCE_ONLY), (False, EndReason.MARGIN_SHORT)])
def test_a_conditional_order_may_fail_when_it_fires(reduce_only: bool, reason: EndReason) -> None:
    """Flat and reduce-only, or without margin: the engine denies it and says why."""
    asker = Asker(box("bybit"))
    stop = conditional(asker, Side.SELL, "69000", "5", reduce_only=reduce_only)
    move(asker, "68990")
    ended = asker.exchange.book.stop_by_id(stop.stop_id)
    assert ended is not None
    assert (ended.status, ended.end_reason) == (StopStatus.REJECTED, reason)
    assert ended.fail_text


def test_bybit_holds_ten_conditional_orders_a_symbol() -> None:
    """The eleventh is refused."""
    asker = Asker(box("bybit"))
    for number in range(10):
        conditional(asker, Side.SELL, str(68000 + number), "0.1")
    with pytest.raises(Refusal, match="too_many_stops"):
        conditional(asker, Side.SELL, "67000", "0.1")


def test_the_engine_may_have_nothing_for_a_fired_stop() -> None:
    """With an empty book the child ends unfilled: the stop is FINISHED and the position still open."""
    asker = Asker(box())
    asker.buy()
    asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="106000", id="s")
    asker.exchange.set_depth("BTCUSDT", Depth(levels=0))
    move(asker, "105900")
    [stop] = asker.exchange.book.stops_named("a", "s")
    assert stop.status is StopStatus.FINISHED
    assert position(asker).quantity > 0
    assert not asker.exchange.judge().positions[0].covered


def test_binance_may_tell_of_the_trigger_before_the_fill() -> None:
    """The switch decides whether TRIGGERED is told with the child or after its fill."""
    for answer, first in (("no", "StopFired"), ("yes", "OrderFilled")):
        asker = Asker(box(binance__child_fill_first=answer))
        asker.buy()
        asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="106000", id="s")
        begun = len(asker.exchange.history)
        move(asker, "105900")
        facts = asker.exchange.history.facts[begun:]
        told = [
            type(fact).__name__
            for fact in facts
            if type(fact).__name__ == "OrderFilled"
            or (type(fact).__name__ == "StopFired" and getattr(fact, "stop").status is StopStatus.TRIGGERED)  # noqa: B009
        ]
        assert told[0] == first
        assert len(told) == 2


@pytest.mark.parametrize(
    ("switch", "answer", "asked", "expected"),
    [
        ("binance__flat_reduce_only_stop", "accept", {"quantity": "0.01"}, 200),
        ("binance__flat_reduce_only_stop", "refuse", {"quantity": "0.01"}, 400),
        ("binance__position_delay_us", "0", {"first": "buy"}, 200),
        ("binance__position_delay_us", "500000", {"first": "buy"}, 400),
        ("binance__quantity_beside_close", "accept", {"first": "stop", "quantity": "0.01"}, 200),
        ("binance__quantity_beside_close", "refuse", {"first": "stop", "quantity": "0.01"}, 400),
        ("binance__duplicate_algo", "-4116", {"first": "stop", "quantity": "0.01", "id": "s"}, 400),
        ("binance__duplicate_algo", "accept", {"first": "stop", "quantity": "0.01", "id": "s"}, 200),
    ],
)
def test_open_questions_are_answered_by_switches(
    switch: str, answer: str, asked: dict[str, str], expected: int
) -> None:
    """Each switch turns one behaviour of the stop service one way or the other."""
    asker = Asker(box(**{switch: answer}))
    stop = {"symbol": "BTCUSDT", "side": "SELL", "trigger": "106000"}
    first = asked.pop("first", "")
    if first:
        asker.buy()
    if first == "stop":
        assert asker.ask("stop.create", id="s", **stop).status == 200
    assert asker.ask("stop.create", **stop, **asked).status == expected


@pytest.mark.parametrize(("answer", "expected"), [("clamp", 200), ("refuse", 400)])
def test_a_reduce_only_order_larger_than_the_position_is_clamped_or_refused(answer: str, expected: int) -> None:
    """Clamped it closes what there is and no more."""
    asker = Asker(box(binance__reduce_only_over=answer))
    asker.buy()
    assert asker.sell(quantity="0.05", reduce="1").status == expected
    assert position(asker).quantity == (0 if answer == "clamp" else Decimal("0.01"))


@pytest.mark.parametrize(("answer", "expected"), [("free", 200), ("burned", 400)])
def test_a_refused_create_burns_its_id_or_not(answer: str, expected: int) -> None:
    """The venue book leaves open whether the id of a refused order is spent."""
    asker = Asker(box("bybit", bybit__refused_id=answer))
    assert asker.buy(quantity="0.00001", id="x").status == 400
    assert asker.buy(quantity="0.01", id="x").status == expected


@pytest.mark.parametrize(("answer", "expected"), [("account", 400), ("symbol", 200)])
def test_a_link_id_is_unique_in_the_account_or_in_the_symbol(answer: str, expected: int) -> None:
    """The same id on another symbol is a duplicate or not."""
    asker = Asker(box("bybit", bybit__link_id_scope=answer))
    assert asker.buy(id="x").status == 200
    assert asker.buy("ETHUSDT", "0.1", id="x").status == expected


@pytest.mark.parametrize(("answer", "expected"), [("ever", 400), ("open", 200)])
def test_a_link_id_is_spent_for_ever_or_while_its_order_lives(answer: str, expected: int) -> None:
    """After the first order has filled the id is a duplicate or free."""
    asker = Asker(box("bybit", bybit__link_id_horizon=answer))
    assert asker.buy(id="x").status == 200
    assert asker.buy(id="x").status == expected


def test_margin_may_fail_after_a_good_acknowledgement() -> None:
    """With the switch the gateway accepts and the engine rejects; what can be borne fills as ever."""
    asker = Asker(box("bybit", bybit__margin_refusal="async"))
    assert asker.buy(quantity="2", id="x").status == 200
    [order] = asker.exchange.book.orders_named("a", "x")
    assert (order.status, order.end_reason) == (OrderStatus.REJECTED, EndReason.MARGIN_SHORT)
    asker.buy(quantity="0.1", id="y")
    assert position(asker).quantity == Decimal("0.1")


def test_fill_or_kill_and_post_only_keep_their_word() -> None:
    """What cannot fill whole is killed; what would take is not posted; a post-only below the market rests."""
    asker = Asker(box())
    asker.exchange.set_depth("BTCUSDT", Depth(notional=Decimal(1_000)))
    asker.buy(quantity="0.1", kind="LIMIT", tif="FOK", price="107282.2", id="fok")
    asker.buy(kind="LIMIT", tif="POST_ONLY", price="107400", id="taker")
    asker.buy(kind="LIMIT", tif="POST_ONLY", price="107000", id="maker")
    ended = {order.client_id: order.end_reason for order in asker.exchange.book.ledger.orders.values()}
    assert ended == {"fok": EndReason.FOK_UNFILLABLE, "taker": EndReason.WOULD_TAKE, "maker": EndReason.NONE}
    assert [order.client_id for order in asker.exchange.book.open_orders("a", "BTCUSDT")] == ["maker"]


def test_a_market_order_is_refused_when_last_has_run_away_from_the_mark() -> None:
    """The best offer lies outside the percent bound: nothing can be executed."""
    asker = Asker(box())
    asker.exchange.set_price("BTCUSDT", asker.now, last=Decimal(115000))
    assert asker.buy().body == b"no_liquidity"


def test_bybit_moves_a_limit_to_the_bound() -> None:
    """A buy limit far above the market is held to the highest allowed bid."""
    asker = Asker(box("bybit"))
    asker.buy(kind="LIMIT", tif="IOC", price="90000", id="x")
    [order] = asker.exchange.book.orders_named("a", "x")
    assert order.price == Decimal("71312.50")


def test_a_resting_reduce_only_order_ends_when_there_is_nothing_left_to_reduce() -> None:
    """When its price comes after the position has gone it expires instead of opening the other side."""
    asker = Asker(box())
    asker.buy()
    asker.sell(kind="LIMIT", price="109000", reduce="1", id="tp")
    asker.exchange.trade_by_hand("a", "BTCUSDT", Side.SELL, Decimal("0.01"), asker.now)
    move(asker, "109100")
    [order] = asker.exchange.book.orders_named("a", "tp")
    assert (order.status, order.end_reason) == (OrderStatus.EXPIRED, EndReason.REDUCE_ONLY)
    assert position(asker).quantity == 0


def test_too_large_a_position_for_its_leverage_is_refused() -> None:
    """The notional limit of the brackets binds before the margin does."""
    asker = Asker(box())
    asker.exchange.deposit("a", Decimal(10_000_000), asker.now)
    asker.exchange.book.set_leverage("a", "VELVETUSDT", Decimal(10), asker.now)
    ticket = OrderTicket("VELVETUSDT", Side.BUY, OrderKind.MARKET, Decimal(60_000), tif=TimeInForce.GTC)
    with pytest.raises(Refusal, match="risk_limit"):
        asker.exchange.book.submit("a", ticket, asker.now)
    assert asker.exchange.book.position("a", "VELVETUSDT").quantity == ZERO
