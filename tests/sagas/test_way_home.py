"""The way home: exactly what is ours, one close at a time, a ladder, and the stop last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seawall.model import events as ev
from seawall.model.acts import CancelOrder, ClosePosition, Outcome, Reason
from seawall.model.ids import Side, VenueId
from seawall.model.queries import AskMark
from seawall.model.reports import OrderStatus, Source, StopStatus
from seawall.model.signal import Stop
from seawall.model.times import MILLISECOND, SECOND
from tests.sagas.builders import (
    BOUNDS,
    BYBIT,
    INSTRUMENT,
    SYMBOL,
    T0,
    AskFills,
    AskOrder,
    AskPositions,
    AskStop,
    Case,
    D,
    Phase,
    closing,
    entering,
    fill,
    mark,
    order,
    position,
    protected,
    signal,
    stop,
)

STREAM = Source.STREAM


def test_a_close_is_the_opposite_of_the_intent_for_exactly_what_is_open() -> None:
    """The side comes from the journal, the quantity from the evidence; it leaves ungated."""
    case = closing()
    (act,) = case.sent(ClosePosition)
    assert (act.side, act.quantity, act.price_bound) == (Side.SELL, D(27), None)
    assert case.gates[-1] == -1


def test_one_close_at_a_time() -> None:
    """While one may act, by its answer or by what is seen of it, no second one leaves."""
    case = closing()
    case.wakes_until(10_000)
    assert len(case.sent(ClosePosition)) == 1
    case.answers(10_100, case.state.closes[0].client_id)
    case.hears(10_200, order(case.state.closes[0].client_id, OrderStatus.OPEN, 0, at=10_200))
    case.wakes_until(30_000)
    assert len(case.sent(ClosePosition)) == 1


def close_without_a_price() -> Case:
    """The reply told that the close filled, the stream is deaf to its trade, and two sources show that all has gone."""
    case = closing()
    name = case.state.closes[0].client_id
    case.answers(400, name, Outcome.ACKNOWLEDGED, Reason.NONE, order(name, filled=27, at=390, venue_id=VenueId("77")))
    case.flat(500, dated=400)
    stopped = case.newest_stop.client_id
    case.hears(600, stop(stopped, StopStatus.CANCELLED, at=600))
    assert case.phase() is Phase.CLOSING
    return case


def test_the_price_of_a_close_is_read_from_its_trades_before_the_end_is_told() -> None:
    """A reply has no price: without its trade the receipt could not say what the close has brought."""
    case = close_without_a_price()
    asked = AskFills(SYMBOL, case.baseline_at)
    assert asked in case.saga.agenda.asking
    sold = replace(fill("", price="0.2100", trade="t9", at=390, venue_id=VenueId("77")), side=Side.SELL)
    case.reads(700, asked, sold)
    assert (case.phase(), case.state.orders[case.state.closes[0].client_id].average) == (Phase.FLAT, D("0.2100"))


def test_a_price_that_the_trades_do_not_tell_holds_up_the_end_for_ten_seconds() -> None:
    """A read begun so late does not lag: a receipt without a price is told as such, the slot is needed."""
    case = close_without_a_price()
    asked = AskFills(SYMBOL, case.baseline_at)
    case.reads(9_000, asked)
    case.wakes_until(10_390)
    assert case.phase() is Phase.CLOSING
    case.reads(10_450, asked)
    assert case.phase() is Phase.FLAT


def test_trades_that_cannot_be_read_hold_up_the_end_for_a_minute_more() -> None:
    """A maintenance lasts longer than a read lags, and is over in a minute or is told of."""
    case = close_without_a_price()
    case.wakes_until(70_390)
    assert case.phase() is Phase.CLOSING
    case.wakes_until(70_410)
    assert case.phase() is Phase.FLAT


def test_one_word_newer_than_our_last_fill_caps_a_close() -> None:
    """Rule 16: a hand took 10 of 27 and a slice of ours 13; the stream alone tells of the hand."""
    case = closing()
    case.answers(400, case.state.closes[0].client_id, Outcome.REFUSED, Reason.BAND)
    case.wakes_until(650)
    part = case.state.closes[1].client_id
    case.hears(700, position(4, 700, told=700, source=STREAM), order(part, filled=13, at=700, told=700))
    assert case.exposure.open == 14
    case.wakes_until(2_000)
    assert case.sent(ClosePosition)[-1].quantity == 4


def test_a_word_older_than_our_last_fill_caps_a_close_less_what_has_filled_since() -> None:
    """A hand took ten, and then a slice of ours 13: four are left to close, until a newer word shows more."""
    case = closing()
    case.answers(400, case.state.closes[0].client_id, Outcome.REFUSED, Reason.BAND)
    case.wakes_until(650)
    part = case.state.closes[1].client_id
    case.hears(700, position(17, 490, told=490, source=STREAM), order(part, filled=13, at=700, told=700))
    case.wakes_until(2_000)
    assert case.sent(ClosePosition)[-1].quantity == 4


def test_what_others_have_left_to_no_close_of_ours_waits_for_a_newer_word() -> None:
    """A hand took ten, and our slice of 17 the rest: ten seem open by our own fills, and would be another's."""
    case = closing()
    case.answers(400, case.state.closes[0].client_id, Outcome.REFUSED, Reason.BAND)
    case.hears(490, position(13, 490, told=490, source=STREAM))
    case.wakes_until(650)
    part = case.state.closes[1].client_id
    case.hears(700, order(part, filled=13, at=700, told=700))
    case.wakes_until(2_000)
    assert (case.exposure.open, len(case.sent(ClosePosition))) == (D(14), 2)
    case.hears(2_100, position(14, 2_100, told=2_100, source=STREAM))
    case.wakes_until(3_000)
    assert case.sent(ClosePosition)[-1].quantity == 14


def test_a_refused_close_climbs_the_ladder_and_names_its_code() -> None:
    """The whole at market; half at market; half as a limit at the band: each step after a wait that grows."""
    case = closing()
    for at, wait in ((400, 250), (800, 375), (1_200, 562.5)):
        case.answers(at, case.state.closes[-1].client_id, Outcome.REFUSED, Reason.BAND, code="-4131")
        case.wakes_until(at + wait - 1)
        assert case.state.closes[-1].outcome is Outcome.REFUSED
        case.at(at + wait)
    steps: list[tuple[Any, ...]] = [
        (event.rung, event.quantity, event.price_bound, event.cause) for event in case.told_of(ev.CloseIntended)
    ]
    band = D("0.1900")
    assert steps == [(0, 27, None, ""), (1, 13, None, "-4131"), (2, 13, band, "-4131"), (2, 13, band, "-4131")]


def test_no_slice_is_worth_less_than_the_least_order_where_a_close_may_be_held_to_it() -> None:
    """27 are worth 5.40 and half of them less than 5, so that on Bybit the whole is tried again (bybit.md 3.4)."""
    case = closing(protected(traits=BYBIT))
    case.answers(400, case.state.closes[-1].client_id, Outcome.REFUSED, Reason.BAND)
    case.wakes_until(800)
    assert [(event.rung, event.quantity) for event in case.told_of(ev.CloseIntended)] == [(0, D(27)), (1, D(27))]


@pytest.mark.parametrize(("held", "whole"), [(27, True), (30, False)])
def test_a_rest_worth_less_than_the_least_order_is_closed_without_a_quantity(*, held: int, whole: bool) -> None:
    """Only once the venue has refused it by its rules, and a read since shows nothing there but ours (bybit.md 1.5)."""
    case = closing(protected(traits=BYBIT))
    case.given["instrument"] = replace(INSTRUMENT, min_notional=D(6))
    case.answers(400, case.state.closes[-1].client_id, Outcome.REFUSED, Reason.FILTER, code="110094")
    case.reads(500, AskPositions(SYMBOL), position(held, 480, told=100))
    case.wakes_until(800)
    first, second = case.sent(ClosePosition)
    assert (first.whole, second.whole, second.quantity, second.price_bound) == (False, whole, D(27), None)


def test_a_short_is_bought_back_at_the_upper_band() -> None:
    """The mirror: 0.2000 x 1.05."""
    case = closing(protected(signal(side=Side.SELL, stop=Stop(price=D("0.2100")))))
    for at in (400, 800):
        case.answers(at, case.state.closes[-1].client_id, Outcome.REFUSED, Reason.BAND)
        case.wakes_until(at + 380)
    last = case.sent(ClosePosition)[-1]
    assert (last.side, last.price_bound) == (Side.BUY, D("0.2100"))


def test_the_band_is_that_of_no_price_that_is_too_old() -> None:
    """While no price can be read it is asked for by name, and the slice goes at market; then the new band binds it."""
    case = closing()
    case.given["mark"] = mark("0.2000", at=T0 - BOUNDS.mark_fresh)
    for at in (400, 800):
        case.answers(at, case.state.closes[-1].client_id, Outcome.REFUSED, Reason.BAND)
        case.wakes_until(at + 380)
    assert case.sent(ClosePosition)[-1].price_bound is None
    assert AskMark(SYMBOL) in case.queries
    case.given["mark"] = mark("0.1800", at=T0 + 800 * MILLISECOND)
    case.answers(1_200, case.state.closes[-1].client_id, Outcome.REFUSED, Reason.BAND)
    case.wakes_until(1_800)
    assert case.sent(ClosePosition)[-1].price_bound == D("0.1710")


def test_where_no_price_can_be_read_the_position_tells_the_mark() -> None:
    """Both venues show the mark in a position's row."""
    case = closing()
    case.given["mark"] = None
    case.given["position"] = replace(position(27, 500), mark=D("0.1800"))
    for at in (400, 800):
        case.answers(at, case.state.closes[-1].client_id, Outcome.REFUSED, Reason.BAND)
        case.wakes_until(at + 380)
    assert case.sent(ClosePosition)[-1].price_bound == D("0.1710")


@pytest.mark.parametrize("side", list(Side))
def test_the_third_rung_is_a_market_order_where_no_band_is_known(side: Side) -> None:
    """A venue that bends limits itself, or a price or contract that was not read."""
    unbound = replace(INSTRUMENT, band_up=D(0), band_down=D(0))
    price = D("0.19") if side is Side.BUY else D("0.21")
    for given in ({"instrument": unbound}, {"mark": None}, {"instrument": None}):
        case = closing(protected(signal(side=side, stop=Stop(price=price))))
        case.given.update(given)
        for at in (400, 800):
            case.answers(at, case.state.closes[-1].client_id, Outcome.REFUSED, Reason.FILTER)
            case.wakes_until(at + 380)
        assert case.sent(ClosePosition)[-1].price_bound is None
        assert case.told_of(ev.CloseIntended)[-1].rung == 2


def test_a_slice_below_the_minimum_is_not_made() -> None:
    """Half of one lot is none: the whole goes again."""
    case = closing()
    case.given["instrument"] = replace(INSTRUMENT, min_quantity=D(20))
    case.answers(400, case.state.closes[-1].client_id, Outcome.REFUSED, Reason.FILTER)
    case.wakes_until(700)
    assert case.sent(ClosePosition)[-1].quantity == 27


def test_a_close_above_one_market_order_goes_in_parts() -> None:
    """The venue's maximum for one order caps each."""
    case = protected()
    case.given["instrument"] = replace(INSTRUMENT, max_quantity=D(20))
    assert closing(case).sent(ClosePosition)[0].quantity == 20


def test_a_partial_close_climbs_and_closes_the_rest() -> None:
    """Twenty of 27 were closed and the order ended: seven remain, in slices."""
    case = closing()
    name = case.state.closes[0].client_id
    case.answers(400, name)
    case.hears(500, order(name, OrderStatus.EXPIRED, 20, at=500))
    case.wakes_until(800)
    second = case.told_of(ev.CloseIntended)[1]
    assert (second.rung, second.quantity) == (1, D(3))


@pytest.mark.parametrize("reason", [Reason.BUSY, Reason.LIMIT, Reason.CLOCK])
def test_a_close_that_was_not_executed_is_repeated_on_the_same_rung(reason: Reason) -> None:
    """After the wait that the venue asks for, at least a quarter of a second."""
    case = closing()
    case.answers(400, case.state.closes[0].client_id, Outcome.REFUSED, reason, retry_after=SECOND)
    case.wakes_until(1_399)
    assert len(case.sent(ClosePosition)) == 1
    case.at(1_400)
    assert case.told_of(ev.CloseIntended)[1].rung == 0


def test_a_reduce_only_refusal_means_read_the_position_first() -> None:
    """-2022 and 110017: there may be nothing left; no further close until a position read since has come (rule 16)."""
    case = closing()
    case.answers(400, case.state.closes[0].client_id, Outcome.REFUSED, Reason.REDUCE_ONLY)
    case.wakes_until(3_000)
    assert len(case.sent(ClosePosition)) == 1
    case.reads(3_100, AskPositions(SYMBOL), position(27, 3_080, told=100))
    assert case.told_of(ev.CloseIntended)[-1].rung == 0


def test_a_position_that_reads_the_same_after_a_reduce_only_refusal_lets_the_next_close_follow() -> None:
    """It was read before, and is read again unchanged: the read counts though its word is not new."""
    case = protected()
    case.reads(280, AskPositions(SYMBOL), position(27, 260, told=100))
    closing(case)
    case.answers(400, case.state.closes[0].client_id, Outcome.REFUSED, Reason.REDUCE_ONLY)
    case.reads(700, AskPositions(SYMBOL), position(27, 680, told=100))
    case.wakes_until(1_000)
    assert len(case.sent(ClosePosition)) == 2


def test_an_unknown_close_is_followed_only_once_it_is_absent() -> None:
    """Its name and the position are asked; two misses half a second apart allow the next, on the same rung."""
    case = closing()
    name = case.state.closes[0].client_id
    case.answers(400, name, Outcome.UNKNOWN)
    assert {AskOrder(SYMBOL, name), AskPositions(SYMBOL)} <= set(case.saga.agenda.asking)
    case.reads(600, AskOrder(SYMBOL, name), began=500)
    case.reads(700, AskPositions(SYMBOL), position(27, 600), began=600)
    case.wakes_until(900)
    assert len(case.sent(ClosePosition)) == 1
    case.reads(1_100, AskOrder(SYMBOL, name), began=1_000)
    assert [event.rung for event in case.told_of(ev.CloseIntended)] == [0, 0]


@pytest.mark.parametrize(("held", "closes"), [(27, 2), (30, 1)])
def test_an_acknowledged_close_that_is_not_seen_is_not_repeated_beside_anothers_position(
    held: int, closes: int
) -> None:
    """It has arrived, and a second one would take what is not ours; where all is ours, half a second is enough."""
    case = closing()
    name = case.state.closes[0].client_id
    case.answers(400, name)
    case.reads(600, AskOrder(SYMBOL, name), began=500)
    case.reads(700, AskPositions(SYMBOL), position(held, 600), began=600)
    case.reads(1_100, AskOrder(SYMBOL, name), began=1_000)
    case.wakes_until(20_000)
    assert len(case.sent(ClosePosition)) == closes


def test_the_entrys_remainder_is_cancelled_by_its_name() -> None:
    """One cancel, for one order, by name and the venue's id; repeated while it still rests."""
    case = entering()
    partial = order(case.entry, OrderStatus.PARTIAL, 10, at=100, venue_id=VenueId("771"))
    case.hears(100, partial)
    closing(case, 200)
    (cancel,) = case.sent(CancelOrder)
    assert (cancel.target, cancel.venue_id, cancel.is_stop) == (case.entry, "771", False)
    case.wakes_until(5_000)
    assert len(case.sent(CancelOrder)) == 1
    case.answers(5_100, cancel.client_id, Outcome.REFUSED, Reason.BUSY, retry_after=SECOND)
    case.wakes_until(6_099)
    assert len(case.sent(CancelOrder)) == 1
    case.wakes_until(6_100)
    assert len(case.sent(CancelOrder)) == 2
    case.hears(6_200, order(case.entry, OrderStatus.CANCELLED, 10, at=6_200))
    case.wakes_until(20_000)
    assert len(case.sent(CancelOrder)) == 2


def test_the_stop_stays_until_flat_is_proven_and_then_goes() -> None:
    """Closed, but only one source says flat: the stop stands. The second comes, and a read still shows it: cancelled."""
    case = closing()
    name, stop_name = case.state.closes[0].client_id, case.newest_stop.client_id
    case.answers(400, name)
    case.hears(500, fill(name, trade="c1", at=500), order(name, filled=27, at=500))
    case.wakes_until(5_000)
    assert case.sent(CancelOrder) == []
    case.hears(5_100, position(0, 5_100, told=5_100, source=STREAM))
    assert case.sent(CancelOrder) == []
    case.reads(5_400, AskStop(SYMBOL, stop_name), stop(stop_name, at=5_400))
    (cancel,) = case.sent(CancelOrder)
    assert (cancel.target, cancel.is_stop) == (stop_name, True)
    case.hears(5_500, stop(stop_name, StopStatus.CANCELLED, at=5_500))
    assert case.phase() is Phase.FLAT
