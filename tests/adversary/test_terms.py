"""What a signal may name beside its side: leverage, slippage, sizes, the watched price; each with the venue at its worst."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.ids import Side, VenueName
from seawall.model.signal import Size, SizeUnit, Stop, TriggerBy
from seawall.model.times import MINUTE, SECOND
from seawall.sagas.phase import Phase
from tests.adversary.stage import BINANCE, BYBIT, MS, SIDES, Stage, leftovers, wrongs

VENUES = pytest.mark.parametrize("venue", [BINANCE, BYBIT])
FIVE = Decimal(5)
LOST = [
    {"fault": "reply_lost", "mode": "reset"},
    {"fault": "reply_lost", "mode": "hang"},
    {"fault": "request_lost", "mode": "reset"},
    {"fault": "request_lost", "mode": "hang"},
    {"fault": "status", "status": 503, "text": "<html>"},
    {"fault": "delay", "ms": 3000, "where": "request"},
]


def _ends_protected(stage: Stage, *names: str) -> None:
    assert stage.calm()
    for name in names:
        assert stage.phase(name) is Phase.PROTECTED, f"{stage.answer(name)} {stage.tell(name)[-3000:]}"
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@pytest.mark.parametrize("leverage", [5, 20, 10])
def test_leverage_is_set_and_read_back_before_the_entry(venue: VenueName, leverage: int) -> None:
    """A leverage that the signal names is in force when its entry is filled, whatever it was."""
    stage = Stage(venue, coins=2)
    coin = stage.coins[1]
    stage.send("a", coin, leverage=Decimal(leverage))
    _ends_protected(stage, "a")
    assert stage.box.book.leverage(stage.account, coin) == leverage


@VENUES
@pytest.mark.parametrize("line", LOST, ids=lambda line: "-".join(str(value) for value in line.values()))
def test_a_leverage_whose_answer_is_lost_is_read_back_or_set_again(venue: VenueName, line: dict[str, object]) -> None:
    """One lost request or reply of setting the leverage does not cost the signal its entry."""
    stage = Stage(venue, coins=2)
    stage.fault(call="leverage.set", nth=1, **line)
    stage.send("a", stage.coins[1], leverage=FIVE)
    _ends_protected(stage, "a")
    assert stage.box.book.leverage(stage.account, stage.coins[1]) == FIVE


@VENUES
@pytest.mark.parametrize("moment", [0, 12 * MS, 15 * MS])
def test_a_process_that_dies_while_it_sets_the_leverage_still_enters(venue: VenueName, moment: int) -> None:
    """A kill around the setting of leverage does not cost a fresh signal its entry; at 20 ms that itself has left."""
    stage = Stage(venue, coins=2)
    stage.send("a", stage.coins[1], leverage=FIVE)
    stage.run(most=moment)
    stage.restart()
    _ends_protected(stage, "a")


@VENUES
def test_a_refused_leverage_ends_the_signal_unsent(venue: VenueName) -> None:
    """A leverage above what the symbol bears ends the signal FLAT with nothing sent."""
    stage = Stage(venue)
    stage.send("a", leverage=Decimal(120))
    assert stage.calm()
    assert "EntryIntended" not in stage.events("a")
    assert not stage.held()


@VENUES
@pytest.mark.parametrize("moment", [15 * MS, 60 * MS])
def test_leverage_is_never_set_while_another_holds_the_slot(venue: VenueName, moment: int) -> None:
    """A signal in line for a slot that is on its way home does not touch the leverage of the open position."""
    stage = Stage(venue, coins=2)
    coin = stage.coins[1]
    stage.send("a", coin)
    assert stage.until("a", Phase.PROTECTED)
    before = stage.box.book.leverage(stage.account, coin)
    stage.fault(fault="request_lost", call="order.create", mode="hang", until=stage.now - stage.box.start + 8 * SECOND)
    stage.ask_close(coin)
    stage.run(most=moment)
    stage.send("b", coin, leverage=FIVE, max_age=180 * SECOND)
    stage.run(most=3 * SECOND)
    assert stage.held(coin)
    assert stage.box.book.leverage(stage.account, coin) == before
    _ends_protected(stage, "b")


@VENUES
@SIDES
@pytest.mark.parametrize("jump", ["0", "0.2", "-0.2", "3", "-3"])
@pytest.mark.parametrize("fraction", [None, "0.4"])
def test_a_bounded_entry_fills_within_its_bound_or_not_at_all(
    venue: VenueName, side: Side, jump: str, fraction: str | None
) -> None:
    """With max_slippage_bps what lies beyond the bound is not filled, and what was filled is protected."""
    stage = Stage(venue)
    if jump != "0":
        stage.fault(fault="price_jump", call="order.create", nth=1, pct=Decimal(jump), price="both")
    if fraction is not None:
        stage.fault(fault="partial_fill", call="order.create", nth=1, fraction=Decimal(fraction))
    last = stage.box.book.market.prices(stage.coins[0]).last
    stage.send("a", side=side, max_slippage_bps=Decimal(50))
    assert stage.calm()
    assert (wrongs(stage), leftovers(stage)) == ([], [])
    worse = side.sign * Decimal(jump) > Decimal("0.5")
    assert stage.phase("a") is (Phase.FLAT if worse else Phase.PROTECTED), stage.tell("a")[-3000:]
    for episode in stage.box.judge(stage.now).episodes:
        assert episode.side == side.name
    for facts in stage.state("a").orders.values():
        if facts.leg.value == "e" and facts.average is not None:
            assert (facts.average - last * (1 + side.sign * Decimal("0.005"))) * side.sign <= 0


@VENUES
@pytest.mark.parametrize("unit", [SizeUnit.RISK_PERCENT, SizeUnit.EQUITY_PERCENT])
@pytest.mark.parametrize("by", [TriggerBy.MARK, TriggerBy.LAST])
@SIDES
def test_sizes_of_equity_are_what_they_say(venue: VenueName, unit: SizeUnit, by: TriggerBy, side: Side) -> None:
    """One percent at risk loses one percent at the stop; five percent of equity is worth five percent."""
    stage = Stage(venue, coins=2, balance=Decimal(10_000))
    coin = stage.coins[1]
    amount = Decimal(1) if unit is SizeUnit.RISK_PERCENT else FIVE
    stage.send("a", coin, side=side, size=Size(unit, amount), stop=Stop(percent=FIVE, trigger_by=by))
    _ends_protected(stage, "a")
    value = abs(stage.held(coin)) * stage.price(coin)
    expected = Decimal(2_000) if unit is SizeUnit.RISK_PERCENT else Decimal(500)
    assert abs(value - expected) / expected < Decimal("0.1"), value


@VENUES
@pytest.mark.parametrize("by", [TriggerBy.MARK, TriggerBy.LAST])
@SIDES
@pytest.mark.parametrize("when", [("order.create", 0), ("stop.create", 0), ("order.create", 3), ("order.create", 15)])
@pytest.mark.parametrize("price", ["both", "mark", "last"])
def test_an_absolute_stop_that_the_market_passes_on_the_way_ends_flat(
    venue: VenueName, by: TriggerBy, side: Side, when: tuple[str, int], price: str
) -> None:
    """A market that runs through an absolute stop between signal and stop leaves nothing naked and nothing behind."""
    call, ms = when if venue is BINANCE else ("order.create", when[1])
    stage = Stage(venue)
    stage.fault(fault="price_jump", call=call, nth=1, pct=Decimal(-4 * side.sign), price=price, ms=ms)
    trigger = stage.price() * (1 - Decimal("0.03") * side.sign)
    stage.send("a", side=side, stop=Stop(price=trigger, trigger_by=by))
    assert stage.calm(most=MINUTE), stage.tell("a")[-3000:]
    if price in ("both", by.value):
        assert stage.phase("a") is Phase.FLAT, stage.tell("a")[-3000:]
    assert stage.box.judge(stage.now).longest_naked_us < 2 * SECOND
    assert (wrongs(stage), leftovers(stage)) == ([], [])


def test_a_close_that_nobody_takes_is_tried_at_a_pace() -> None:
    """Binance: while last and mark stand 8 % apart no close can fill; it is tried at a pace, and fills once they meet."""
    stage = Stage(BINANCE)
    stage.fault(fault="price_jump", call="order.create", nth=1, pct=Decimal(-8), price="last")
    stage.send("a", stop=Stop(price=stage.price() * Decimal("0.97"), trigger_by=TriggerBy.LAST))
    stage.run(most=10 * SECOND)
    assert stage.events("a").count("CloseIntended") < 50
    last = stage.box.book.market.prices(stage.coins[0]).last
    stage.box.set_price(stage.coins[0], stage.now, mark=last)
    assert stage.calm(most=MINUTE)
    assert stage.phase("a") is Phase.FLAT
    assert (wrongs(stage), leftovers(stage)) == ([], [])
