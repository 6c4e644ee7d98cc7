"""What is sent, when, under which name: the entry, and the schedule of its stop."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from seawall.model import events as ev
from seawall.model.acts import CancelOrder, ClosePosition, Outcome, PlaceStop, Reason, SetLeverage, SubmitEntry
from seawall.model.ids import Leg, Side, parse_client_id
from seawall.model.queries import AskLeverage
from seawall.model.reports import LeverageReport, OrderStatus, Source, StopStatus
from seawall.model.signal import TriggerBy
from seawall.model.times import MILLISECOND, SECOND
from seawall.sagas import preparing
from seawall.sagas.duties import covering
from seawall.sagas.duties import entering as before_entry
from tests.sagas.builders import (
    BOUNDS,
    BYBIT,
    SYMBOL,
    T0,
    AskStop,
    AskStops,
    Case,
    D,
    Phase,
    armed,
    closing,
    entering,
    fill,
    naked,
    order,
    position,
    protected,
    signal,
    stop,
)

STREAM = Source.STREAM


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
        before_entry._entry_intention(case.state, case.around._replace(position=None), plan)
    bare = replace(case.state, signal=signal(stop=None))
    with pytest.raises(ValueError, match="expected one on every signal that opens"):
        covering.stop_intention(bare, case.around, D("0.19"), None, 2)


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


def test_a_leverage_refused_as_not_executed_waits_as_long_as_the_venue_asks() -> None:
    """A venue's word binds every act (rule 14): the next setting leaves after the wait, not with every step."""
    case = Case(signal(leverage=D(5)), leverage=LeverageReport(SYMBOL, D(20)))
    case.at(0)
    case.answers(50, case.sent(SetLeverage)[0].client_id, Outcome.REFUSED, Reason.LIMIT, retry_after=SECOND)
    case.wakes_until(1_049)
    assert len(case.sent(SetLeverage)) == 1
    case.wakes_until(1_050)
    assert len(case.sent(SetLeverage)) == 2


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


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNKNOWN])
def test_a_stop_that_is_not_taken_past_the_naked_bound_is_repeated_ever_more_rarely(outcome: Outcome) -> None:
    """Each is a row on a disk: after `max_naked` the wait is half of what the position has been overdue, 5 s at most."""
    case = naked()
    now, reason = 110.0, Reason.FILTER if outcome is Outcome.REFUSED else Reason.NONE
    while now < 60_000:
        case.answers(now, case.newest_stop.client_id, outcome, reason)
        placed = len(case.sent(PlaceStop))
        while len(case.sent(PlaceStop)) == placed:
            now = (case.saga.next_wake() or 0) / MILLISECOND - T0 / MILLISECOND
            case.at(now)
        now += 10
    sent_at = placed_at(case)
    waits = [later - earlier for earlier, later in pairwise(sent_at)]
    assert len([at for at in sent_at if at < 5_000]) > 15
    assert len(sent_at) < 45
    late = [(wait - 10, (at + 10 - 5_100) / 2) for at, wait in zip(sent_at, waits, strict=False) if at > 5_600]
    assert all(wait <= overdue for wait, overdue in late), late
    assert max(waits) == 5_010


def test_a_stop_that_is_taken_and_lost_at_once_is_repeated_at_the_pace_of_one_that_is_refused() -> None:
    """Not at that of a round trip for as long as somebody takes it away; the first loss is made good at once."""
    case = naked()
    now = 100.0
    for _ in range(8):
        name, placed = case.newest_stop.client_id, len(case.sent(PlaceStop))
        case.answers(now + 10, name)
        case.hears(now + 20, stop(name, StopStatus.CANCELLED, at=now + 20))
        now += 20
        while len(case.sent(PlaceStop)) == placed:
            now = (case.saga.next_wake() or 0) / MILLISECOND - T0 / MILLISECOND
            case.at(now)
    waits = [later - earlier for earlier, later in pairwise(placed_at(case))]
    assert waits == [20, 50, 100, 200, 250, 250, 250, 250]


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


def test_a_stop_that_was_not_sent_is_placed_again_on_the_same_schedule() -> None:
    """No budget, no connection: nothing left the house, and the next try is no repetition."""
    case = naked()
    case.answers(110, case.newest_stop.client_id, Outcome.NOT_SENT)
    case.answers(120, case.newest_stop.client_id, Outcome.NOT_SENT)
    case.wakes_until(169)
    assert placed_at(case) == [100, 110]
    case.wakes_until(170)
    assert placed_at(case) == [100, 110, 170]


def test_a_wait_that_the_venue_asks_for_binds_the_stop_too() -> None:
    """Retry-After outweighs the schedule (rule 14)."""
    case = naked()
    case.answers(110, case.newest_stop.client_id, Outcome.REFUSED, Reason.LIMIT, retry_after=SECOND)
    case.wakes_until(1_109)
    assert placed_at(case) == [100]
    case.at(1_110)
    assert placed_at(case) == [100, 1_110]


@pytest.mark.parametrize(("mute_since", "sent_at"), [(0, [100, 1_100, 2_100, 3_100]), (T0 + 50 * MILLISECOND, [100])])
def test_a_stop_without_an_answer_is_sent_again_under_its_name_after_a_second(
    mute_since: int, sent_at: list[int]
) -> None:
    """One lost request does not take all of `max_naked`; to a venue that answers nothing it is not repeated."""
    case = naked(mute_since=mute_since)
    case.wakes_until(4_000)
    assert placed_at(case) == sent_at
    assert len({act.client_id for act in case.sent(PlaceStop)}) == 1
    assert case.saga.next_wake() is not None


def test_the_first_sendings_timeout_takes_nothing_back_and_is_no_news() -> None:
    """The second was acknowledged under the same name."""
    case = naked()
    case.wakes_until(1_200)
    case.answers(1_250, case.newest_stop.client_id)
    known = len(case.events)
    case.answers(5_100, case.newest_stop.client_id, Outcome.UNKNOWN)
    assert (len(case.events), case.newest_stop.outcome) == (known, Outcome.ACKNOWLEDGED)


def test_a_quantity_stop_without_an_answer_is_waited_for() -> None:
    """It may be taken twice: it is asked about first."""
    case = naked()
    for at in (110, 210):
        case.answers(at, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
        case.reads(at + 50, AskStops(SYMBOL), stop("web_4", at=110))
        if at == 110:
            assert case.newest_stop.quantity == 27
    sent = len(case.sent(PlaceStop))
    case.wakes_until(2_500)
    assert len(case.sent(PlaceStop)) == sent


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
    case.wakes_until(1_299)
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
    beside = case.newest_stop
    assert beside.quantity == 27
    case.answers(450, beside.client_id)
    case.hears(500, stop(beside.client_id, at=500))
    assert case.phase() is Phase.PROTECTED
    assert case.sent(CancelOrder) == []


def test_what_keeps_four_stops_out_and_is_in_no_list_gets_a_quantity_stop_beside_it() -> None:
    """Lists lag by up to ten seconds, twice `max_naked`; what is left of a stop taken back keeps out for a moment only."""
    case = naked()
    for at in (110, 500, 1_000, 1_500):
        assert {act.quantity for act in case.sent(PlaceStop)} == {None}
        case.answers(at, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
        case.reads(at + 200, AskStops(SYMBOL))
        case.wakes_until(at + 380)
    assert [act.quantity for act in case.sent(PlaceStop)] == [None, None, None, None, 27]


def test_a_quantity_stop_that_more_fills_have_outgrown_gets_a_larger_one_beside_it() -> None:
    """It covered the ten that had filled; for 27 another goes at once, and protects when it was seen. One is enough."""
    case = entering()
    case.hears(100, fill(case.entry, 10, at=100), order(case.entry, OrderStatus.PARTIAL, 10, at=100))
    case.answers(110, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
    case.reads(400, AskStops(SYMBOL), stop("web_1", trigger=D("0.15")))
    case.answers(450, case.newest_stop.client_id)
    case.hears(500, stop(case.newest_stop.client_id, at=500))
    case.hears(3_000, fill(case.entry, 17, trade="t2", at=3_000), order(case.entry, filled=27, at=3_000))
    case.wakes_until(3_000)
    assert [act.quantity for act in case.sent(PlaceStop)] == [None, D(10), D(27)]
    case.answers(3_020, case.newest_stop.client_id)
    case.hears(3_030, stop(case.newest_stop.client_id, at=3_030))
    case.wakes_until(20_000)
    assert (case.phase(), len(case.sent(PlaceStop)), case.sent(ClosePosition)) == (Phase.PROTECTED, 3, [])


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
