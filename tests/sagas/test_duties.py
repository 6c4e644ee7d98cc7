"""Duties: what is done, when, under which name; and what is never done."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import CancelOrder, ClosePosition, Outcome, PlaceStop, Reason, SetLeverage, SubmitEntry
from seawall.model.ids import ClientId, Leg, Side, VenueId, parse_client_id
from seawall.model.queries import AskLeverage, Query
from seawall.model.reports import LeverageReport, OrderStatus, Source, StopStatus
from seawall.model.signal import Stop, TriggerBy
from seawall.model.times import MILLISECOND, SECOND
from seawall.sagas import duties, preparing
from seawall.sagas.agenda import Agenda
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
    AskStops,
    Case,
    D,
    Finding,
    Phase,
    armed,
    entering,
    fill,
    ms,
    naked,
    order,
    percent,
    position,
    protected,
    signal,
    stop,
)

STREAM = Source.STREAM


def close_asked(after: float) -> inp.CloseRequested:
    """A user asks for the way home."""
    return inp.CloseRequested(ms(after), SYMBOL, "hand")


def closing(case: Case | None = None, at: float = 300) -> Case:
    """A protected case whose owner asked to close it; the first close is out."""
    case = case or protected()
    case.at(at, close_asked(at))
    return case


# ---- the entry


def test_the_entry_carries_what_was_planned_and_waits_for_its_record() -> None:
    """Market, whole quantity, our name, a deadline of the receive window; the gate is its own event."""
    case = entering()
    (act,) = case.sent(SubmitEntry)
    (intent,) = case.told_of(ev.EntryIntended)
    assert (act.side, act.quantity, act.price_bound) == (Side.BUY, D(27), None)
    assert (act.client_id, act.stop_trigger, act.trigger_by) == (intent.client_id, D("0.1900"), TriggerBy.MARK)
    assert act.not_after == T0 + BOUNDS.receive_window
    assert case.gates == [case.events.index(intent)]


def test_the_deadline_and_the_early_instant_are_in_the_venues_clock() -> None:
    """Not after: by the best estimate; since: at the early end of the clock's error."""
    case = entering(clock_offset=500, clock_error=70)
    (intent,) = case.told_of(ev.EntryIntended)
    assert intent.not_after == T0 + 500 + BOUNDS.receive_window
    assert intent.since == T0 + 500 - 70


def test_where_the_stop_travels_with_the_entry_it_is_intended_with_it() -> None:
    """Bybit: no act of its own, but a name and a record before anything leaves."""
    case = entering(traits=BYBIT)
    (attached,) = case.told_of(ev.StopIntended)
    assert (attached.attached, attached.trigger) == (True, D("0.1900"))
    assert case.sent(PlaceStop) == []


def test_names_are_made_of_signal_leg_term_and_number() -> None:
    """No two acts share a name, and each tells whose it is."""
    case = closing()
    names = [act.client_id for act in case.acts]
    parsed = [parse_client_id(name) for name in names]
    assert [(name.leg, name.n) for name in parsed if name] == [(Leg.ENTRY, 1), (Leg.STOP, 2), (Leg.CLOSE, 3)]
    assert len({(name.signal, name.term) for name in parsed if name}) == 1


def test_a_deferred_entry_waits_as_long_as_the_venue_asks() -> None:
    """Two seconds were asked for: the second attempt leaves then, under a name of its own."""
    case = entering()
    first = case.entry
    case.answers(50, first, Outcome.REFUSED, Reason.LIMIT, retry_after=2 * SECOND)
    case.wakes_until(2_049)
    assert len(case.sent(SubmitEntry)) == 1
    case.at(2_050)
    assert [act.client_id for act in case.sent(SubmitEntry)] == [first, case.entry]
    assert case.entry != first


def test_a_deferred_entry_whose_slot_is_no_longer_fit_is_not_sent() -> None:
    """The market passed the stop while we waited: no second attempt."""
    from tests.sagas.builders import mark

    case = entering()
    case.given["mark"] = mark("0.1800")
    case.answers(50, case.entry, Outcome.REFUSED, Reason.BUSY)
    assert len(case.sent(SubmitEntry)) == 1


def test_an_entry_needs_a_stop_and_a_baseline() -> None:
    """Should the plan ever be made without them, nothing is intended: the error says what was expected."""
    case = Case()
    plan = preparing.plan(case.state, case.around)
    assert isinstance(plan, preparing.Plan)
    with pytest.raises(ValueError, match="expected a stop and a baseline"):
        duties._entry_intention(case.state, replace(case.around, position=None), plan)
    bare = replace(case.state, signal=signal(stop=None))
    with pytest.raises(ValueError, match="expected one on every signal that opens"):
        duties._stop_intention(bare, case.around, D("0.19"), None, 2)


def test_leverage_is_set_and_read_back_before_the_entry() -> None:
    """The act waits for its record; the entry waits for the read."""
    case = Case(signal(leverage=D(5)), leverage=LeverageReport(SYMBOL, D(20)))
    case.at(0)
    (act,) = case.sent(SetLeverage)
    assert (act.leverage, case.phase()) == (D(5), Phase.PREPARING)
    assert case.gates == [0]
    assert AskLeverage(SYMBOL) in case.saga.agenda.asking
    case.answers(50, act.client_id)
    assert case.sent(SubmitEntry) == []
    case.given["leverage"] = LeverageReport(SYMBOL, D(5))
    case.at(60)
    assert len(case.sent(SubmitEntry)) == 1
    assert case.entry != act.client_id


# ---- the stop's schedule


def placed_at(case: Case) -> list[float]:
    """When each stop was intended, in milliseconds."""
    return [(event.intended_at - T0) / MILLISECOND for event in case.told_of(ev.StopIntended)]


def test_a_refused_stop_is_repeated_after_0_50_100_200_and_then_every_250_ms() -> None:
    """Each wait counts from the answer; each repeat has a name of its own and leaves ungated."""
    case = naked()
    now, expected = 110.0, [100.0]
    for wait in (0, 50, 100, 200, 250, 250, 250):
        case.answers(now, case.newest_stop.client_id, Outcome.REFUSED, Reason.NO_POSITION)
        case.wakes_until(now + wait)
        expected.append(now + wait)
        assert placed_at(case) == expected
        now += wait + 10
    names = [act.client_id for act in case.sent(PlaceStop)]
    assert len(set(names)) == len(names)
    assert set(case.gates[1:]) == {-1}


def test_an_unknown_closeposition_stop_is_sent_again_under_the_same_name() -> None:
    """It bears it: the venue refuses a second one by its name or by its kind (rule 12)."""
    case = naked()
    name = case.newest_stop.client_id
    now, expected = 110.0, [100.0]
    for wait in (0, 50, 100, 200, 250):
        case.answers(now, name, Outcome.UNKNOWN)
        case.wakes_until(now + wait)
        expected.append(now + wait)
        now += wait + 10
    assert placed_at(case) == expected
    assert {act.client_id for act in case.sent(PlaceStop)} == {name}
    assert [event.sending for event in case.told_of(ev.StopIntended)] == [1, 2, 3, 4, 5, 6]


def test_a_wait_that_the_venue_asks_for_binds_the_stop_too() -> None:
    """Retry-After outweighs the schedule (rule 14)."""
    case = naked()
    case.answers(110, case.newest_stop.client_id, Outcome.REFUSED, Reason.LIMIT, retry_after=SECOND)
    case.wakes_until(1_109)
    assert placed_at(case) == [100]
    case.at(1_110)
    assert placed_at(case) == [100, 1_110]


def test_nothing_is_repeated_while_the_answer_is_under_way() -> None:
    """One stop at a time; if no answer is ever told the saga wakes of itself."""
    case = naked()
    case.wakes_until(4_000)
    assert placed_at(case) == [100]
    assert case.saga.next_wake(case.now) is not None


def test_an_acknowledged_stop_is_not_repeated() -> None:
    """It is asked about, never doubled."""
    case = armed()
    case.wakes_until(30_000)
    assert len(case.sent(PlaceStop)) == 1


def test_a_stop_that_ended_is_placed_anew_at_once() -> None:
    """Cancelled at the venue with the position open: the next, without a wait."""
    case = protected()
    case.hears(300, stop(case.newest_stop.client_id, StopStatus.EXPIRED, at=300))
    assert placed_at(case) == [100, 300]


def test_bybits_missing_attachment_is_placed_at_once_and_once() -> None:
    """A position newer than the fill without a stopLoss: trading-stop follows in the same step."""
    case = naked(traits=BYBIT)
    case.hears(300, position(27, 300, told=100, source=STREAM, stop_loss=D(0)))
    (act,) = case.sent(PlaceStop)
    assert (act.trigger, act.quantity, act.side) == (D("0.1900"), None, Side.SELL)
    case.wakes_until(2_000)
    assert len(case.sent(PlaceStop)) == 1


def test_a_stop_that_exists_is_read_before_anything_is_placed() -> None:
    """-4130 means read: until a read begun since has come, nothing more is placed."""
    case = naked()
    case.answers(110, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
    case.wakes_until(1_000)
    assert placed_at(case) == [100]
    assert AskStops(SYMBOL) in case.saga.agenda.asking


def test_a_stop_that_exists_and_is_not_found_is_placed_again() -> None:
    """Nothing found means place again, for the whole position."""
    case = naked()
    case.answers(110, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
    case.reads(400, AskStops(SYMBOL))
    again = case.sent(PlaceStop)[-1]
    assert (placed_at(case), again.quantity) == ([100, 400], None)


def test_a_stop_that_exists_and_is_ours_is_live() -> None:
    """The lost create had arrived: found under our name at our trigger, and nothing more is placed."""
    case = naked()
    name = case.newest_stop.client_id
    case.answers(110, name, Outcome.UNKNOWN)
    case.answers(120, name, Outcome.REFUSED, Reason.STOP_EXISTS)
    case.reads(400, AskStops(SYMBOL), stop(name, at=400, trigger=D("0.1900")))
    assert case.phase() is Phase.PROTECTED
    assert len({act.client_id for act in case.sent(PlaceStop)}) == 1


def test_a_foreign_stop_in_the_way_gets_a_quantity_stop_beside_it() -> None:
    """It stays; ours is reduce-only and carries the whole open quantity (rule 12)."""
    case = naked()
    case.given["foreign_stops"] = ("web_1",)
    case.answers(110, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
    case.reads(400, AskStops(SYMBOL), stop("web_1", trigger=D("0.15")))
    assert case.sent(PlaceStop)[-1].quantity == 27
    assert case.sent(CancelOrder) == []


def test_an_older_stop_of_ours_in_the_way_gets_a_quantity_stop_beside_it() -> None:
    """A stop of an earlier signal of ours blocks the whole-position one: B is placed at once all the same (rule 12)."""
    case = naked()
    case.answers(110, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
    case.reads(400, AskStops(SYMBOL), stop("swabcd-0000000000-stkxp2x02", trigger=D("0.15")))
    assert case.sent(PlaceStop)[-1].quantity == 27


def test_an_unknown_quantity_stop_is_asked_about_first() -> None:
    """Two of them would close twice: it is not sent again until a read begun since has not shown it."""
    case = naked()
    case.given["foreign_stops"] = ("web_1",)
    case.answers(110, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
    case.reads(400, AskStops(SYMBOL), stop("web_1", trigger=D("0.15")))
    beside = case.newest_stop
    case.answers(500, beside.client_id, Outcome.UNKNOWN)
    case.wakes_until(1_000)
    assert len(case.sent(PlaceStop)) == 2
    assert AskStop(SYMBOL, beside.client_id) in case.saga.agenda.asking
    case.reads(1_100, AskStop(SYMBOL, beside.client_id))
    assert len(case.sent(PlaceStop)) == 3


def test_a_quantity_stop_refused_is_repeated_for_what_is_open_then() -> None:
    """Still beside the foreign one, with the quantity of the moment."""
    case = naked()
    case.given["foreign_stops"] = ("web_1",)
    case.answers(110, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
    case.reads(400, AskStops(SYMBOL), stop("web_1", trigger=D("0.15")))
    case.answers(450, case.newest_stop.client_id, Outcome.REFUSED, Reason.BUSY)
    case.wakes_until(1_000)
    assert [act.quantity for act in case.sent(PlaceStop)] == [None, 27, 27]


# ---- a percent stop


def partly(price: str = "0.1980", at: float = 100) -> Case:
    """A percent stop's entry, filled in part, its provisional stop out."""
    case = entering(percent(5))
    case.hears(at, fill(case.entry, 10, price=price, at=at), order(case.entry, OrderStatus.PARTIAL, 10, at=at))
    return case


def test_a_refused_provisional_is_replaced_at_once_by_the_trigger_from_the_fills() -> None:
    """Ten filled at 0.1980: five percent behind is 0.1881, and it leaves in the step that heard the refusal."""
    case = partly()
    case.answers(150, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    assert case.phase() is Phase.PROTECTING
    assert [act.trigger for act in case.sent(PlaceStop)] == [D("0.1900"), D("0.1881")]
    (settled,) = case.told_of(ev.TriggerSettled)
    assert (settled.trigger, settled.provisional) == (D("0.1881"), D("0.1900"))


def test_only_the_settled_triggers_refusal_closes() -> None:
    """The replaced one is refused as passed too: that is the market's last word."""
    case = partly()
    case.answers(150, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    case.wakes_until(200)
    case.answers(250, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    assert case.phase() is Phase.CLOSING
    assert len(case.sent(ClosePosition)) == 1


def test_a_provisional_refused_before_any_price_is_known_is_placed_again() -> None:
    """The fill is known by its effect only: there is nothing yet to compute another trigger from."""
    case = entering(percent(5))
    case.hears(100, position(27, 100, told=100, source=STREAM))
    case.answers(150, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    case.wakes_until(200)
    assert [act.trigger for act in case.sent(PlaceStop)][:2] == [D("0.1900"), D("0.1900")]
    assert case.phase() is Phase.PROTECTING


def misplaced(traits: Any = None) -> Case:
    """A percent stop live at its provisional 0.1900, the whole filled at 0.2020: it belongs to 0.1919."""
    case = entering(percent(5), *([traits] if traits else []))
    first = position(27, 100, told=100, source=STREAM, stop_loss=D("0.1900") if traits else None)
    case.hears(100, first)
    if traits is None:
        case.answers(150, case.newest_stop.client_id)
    name = case.newest_stop.client_id if traits is None else ""
    case.hears(200, stop(name, at=200, trigger=D("0.1900"), venue_id=VenueId("c-1")))
    case.hears(300, fill(case.entry, price="0.2020", at=300, told=100), order(case.entry, filled=27, at=300, told=100))
    assert case.state.settled_trigger is not None
    return case


def seen(case: Case, at: float, name: ClientId | None = None, status: StopStatus = StopStatus.LIVE) -> None:
    """The stream shows a stop of ours."""
    facts = case.state.stops[name or case.newest_stop.client_id]
    case.hears(at, stop(facts.client_id, status, at=at, trigger=facts.trigger))


def test_a_move_with_named_stops_is_b_then_cancel_a_then_a_prime_then_cancel_b() -> None:
    """Each arrow only after the last was read back live; what remains is one stop for the whole position (rule 15)."""
    case = misplaced()
    old = next(name for name, facts in case.state.stops.items() if facts.trigger == D("0.1900"))
    bridge = case.newest_stop
    assert (bridge.trigger, bridge.quantity) == (D("0.1919"), D(27))
    case.answers(350, bridge.client_id)
    assert case.sent(CancelOrder) == []
    seen(case, 400)
    assert [cancel.target for cancel in case.sent(CancelOrder)] == [old]
    case.answers(450, case.sent(CancelOrder)[0].client_id)
    assert len(case.sent(PlaceStop)) == 2
    seen(case, 500, old, StopStatus.CANCELLED)
    final = case.newest_stop
    assert (final.trigger, final.quantity) == (D("0.1919"), None)
    case.answers(550, final.client_id)
    assert [cancel.target for cancel in case.sent(CancelOrder)] == [old]
    seen(case, 600)
    assert [cancel.target for cancel in case.sent(CancelOrder)] == [old, bridge.client_id]
    seen(case, 700, bridge.client_id, StopStatus.CANCELLED)
    assert (case.finding(), case.phase()) == (Finding.PROTECTED, Phase.PROTECTED)
    assert all(cancel.is_stop for cancel in case.sent(CancelOrder))


def test_a_move_with_one_stop_a_position_is_one_act() -> None:
    """Bybit: the Full stop is amended in place, and seen at its new trigger by row and child."""
    case = misplaced(BYBIT)
    (act,) = case.sent(PlaceStop)
    assert (act.trigger, act.quantity) == (D("0.1919"), None)
    case.answers(350, act.client_id)
    case.wakes_until(2_000)
    assert len(case.sent(PlaceStop)) == 1
    row = position(27, 2_100, told=2_100, source=STREAM, stop_loss=D("0.1919"))
    case.hears(2_100, row, stop("", at=2_100, trigger=D("0.1919"), venue_id=VenueId("c-1")))
    assert case.phase() is Phase.PROTECTED
    assert case.sent(CancelOrder) == []


def test_a_move_waits_for_the_answer_under_way() -> None:
    """While B is unanswered nothing else is done, and A stays."""
    case = misplaced()
    case.wakes_until(4_000)
    assert len(case.sent(PlaceStop)) == 2
    assert case.sent(CancelOrder) == []


def test_a_cancel_refused_as_not_found_is_read_before_it_is_tried_again() -> None:
    """-2011 on A may mean that it is triggering: stop and read (rule 15)."""
    case = misplaced()
    case.answers(350, case.newest_stop.client_id)
    seen(case, 400)
    (cancel,) = case.sent(CancelOrder)
    case.answers(450, cancel.client_id, Outcome.REFUSED, Reason.NOT_FOUND)
    case.wakes_until(3_000)
    assert len(case.sent(CancelOrder)) == 1
    assert AskStop(SYMBOL, cancel.target) in case.saga.agenda.asking


# ---- the way home


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


def test_a_refused_close_climbs_the_ladder_and_names_its_code() -> None:
    """The whole at market; half at market; half as a limit at the band: each step after a quarter of a second."""
    case = closing()
    for at in (400, 800, 1_200):
        case.answers(at, case.state.closes[-1].client_id, Outcome.REFUSED, Reason.BAND, code="-4131")
        case.wakes_until(at + 249)
        assert case.state.closes[-1].outcome is Outcome.REFUSED
        case.at(at + 250)
    steps: list[tuple[Any, ...]] = [
        (event.rung, event.quantity, event.price_bound, event.cause) for event in case.told_of(ev.CloseIntended)
    ]
    band = D("0.1900")
    assert steps == [(0, 27, None, ""), (1, 13, None, "-4131"), (2, 13, band, "-4131"), (2, 13, band, "-4131")]


def test_a_short_is_bought_back_at_the_upper_band() -> None:
    """The mirror: 0.2000 x 1.05."""
    case = closing(protected(signal(side=Side.SELL, stop=Stop(price=D("0.2100")))))
    for at in (400, 800):
        case.answers(at, case.state.closes[-1].client_id, Outcome.REFUSED, Reason.BAND)
        case.wakes_until(at + 300)
    last = case.sent(ClosePosition)[-1]
    assert (last.side, last.price_bound) == (Side.BUY, D("0.2100"))


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
            case.wakes_until(at + 300)
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


# ---- questions


def asked_at(case: Case, query: Query, until: float, *, answered: bool) -> list[float]:
    """When a question leaves until an instant, each answered empty 10 ms later, or never."""
    found: list[float] = []
    case.at(case_ms(case))
    case.queries.clear()
    while (due := case.saga.next_wake(case.now)) is not None and due <= ms(until):
        at = (due - T0) / MILLISECOND
        case.at(at)
        if query in case.queries:
            found.append(at)
            if answered:
                case.reads(at + 10, query, began=at)
        case.queries.clear()
    return found


def test_the_order_is_asked_after_half_a_second_and_then_ever_more_rarely() -> None:
    """0.5 s x 1.5^n after each answer, at most five seconds: the origin's own schedule, without its end."""
    case = entering()
    found = asked_at(case, AskOrder(SYMBOL, case.entry), 60_000, answered=True)
    gaps = [round(later - earlier - 10, 3) for earlier, later in pairwise(found)]
    assert found[0] == 500
    assert gaps[:5] == [750, 1_125, 1_687.5, 2_531.25, 3_796.875]
    assert set(gaps[6:]) == {5_000}


def test_positions_are_looked_at_sooner() -> None:
    """0.15 s x 1.5^n: the cheap look beside the order's."""
    case = entering()
    found = asked_at(case, AskPositions(SYMBOL), 1_000, answered=True)
    assert found[:3] == [150, 385, 732.5]


def test_a_question_without_an_answer_is_asked_again_after_twice_the_timeout() -> None:
    """In flight it is not doubled."""
    case = entering()
    found = asked_at(case, AskPositions(SYMBOL), 25_000, answered=False)
    assert found == [150, 10_150, 20_150]


def test_after_a_gap_in_the_stream_every_question_is_asked_at_once() -> None:
    """Reads close the gap, whatever their schedule; what is under way is not doubled."""
    case = entering()
    asked_at(case, AskPositions(SYMBOL), 40_000, answered=True)
    case.queries.clear()
    case.reads(case_ms(case), AskOrder(SYMBOL, case.entry))
    case.queries.clear()
    case.at(case_ms(case) + 1, inp.StreamChanged(case.now, proven=False))
    assert AskOrder(SYMBOL, case.entry) in case.queries


def case_ms(case: Case) -> float:
    """A case's now, in milliseconds after T0."""
    return (case.now - T0) / MILLISECOND


def test_the_trades_are_asked_once_the_entry_can_no_longer_come() -> None:
    """Past the horizon, while the order is unseen: fills settle the doubt."""
    case = entering()
    case.answers(50, case.entry, Outcome.UNKNOWN)
    horizon = (BOUNDS.receive_window + BOUNDS.margin) / 1_000
    case.wakes_until(horizon)
    asked = AskFills(SYMBOL, case.since)
    assert asked not in case.saga.agenda.asking
    case.wakes_until(horizon + 0.001)
    assert asked in case.saga.agenda.asking


def test_an_answered_entry_is_asked_about_until_its_price_is_known() -> None:
    """Filled with its quantity and without an average: the price is still to be learnt."""
    case = entering()
    case.hears(100, order(case.entry, filled=27, at=100))
    assert AskOrder(SYMBOL, case.entry) in case.saga.agenda.asking
    case.hears(200, fill(case.entry, at=200, told=100))
    assert AskOrder(SYMBOL, case.entry) not in case.saga.agenda.asking


def test_a_refused_entry_is_not_asked_about() -> None:
    """The venue's definite word is enough."""
    case = entering()
    case.answers(50, case.entry, Outcome.REFUSED, Reason.FUNDS)
    assert AskOrder(SYMBOL, case.entry) not in case.saga.agenda.asking
    assert AskPositions(SYMBOL) in case.saga.agenda.asking


def test_where_stops_have_no_names_all_of_the_symbol_are_listed() -> None:
    """Bybit's children are found by trigger and parent in the list; an ended position asks the child by its id too."""
    case = armed(traits=BYBIT)
    assert AskStops(SYMBOL) in case.saga.agenda.asking
    case = protected(traits=BYBIT)
    case.hears(300, fill("", trade="s1", at=300, venue_id=VenueId("c-1")))
    assert AskStop(SYMBOL, case.newest_stop.client_id, VenueId("c-1")) in case.saga.agenda.asking


def test_a_question_nobody_wants_any_more_is_forgotten() -> None:
    """An answer to a question that was not put is taken without a word."""
    agenda = Agenda()
    agenda.ask([AskPositions(SYMBOL)], BOUNDS, ms(0))
    agenda.answered(AskStops(SYMBOL), ms(0), ms(1))
    agenda.ask([], BOUNDS, ms(10))
    assert agenda.asking == {}


def test_an_answer_to_an_earlier_asking_does_not_end_the_later_one() -> None:
    """What began before this asking answers the one before it."""
    agenda = Agenda()
    agenda.ask([AskPositions(SYMBOL)], BOUNDS, ms(0))
    agenda.ask([AskPositions(SYMBOL)], BOUNDS, ms(150))
    agenda.answered(AskPositions(SYMBOL), ms(149), ms(160))
    assert agenda.asking[AskPositions(SYMBOL)].in_flight
    agenda.answered(AskPositions(SYMBOL), ms(150), ms(170))
    assert not agenda.asking[AskPositions(SYMBOL)].in_flight
