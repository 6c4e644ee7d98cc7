"""What is ours: by name, by id, by parent, by trigger; and what a new process makes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import CancelOrder, ClosePosition, Outcome, PlaceStop, Reason, SubmitEntry
from seawall.model.events import EndReason
from seawall.model.ids import FINDS_APART, ClientId, Leg, Side, Symbol, VenueId, parse_client_id, sibling
from seawall.model.reports import LeverageReport, OrderStatus, Source, StopStatus
from seawall.model.signal import Stop
from seawall.model.times import SECOND
from seawall.sagas.evidence.fold import apply, begin
from seawall.sagas.saga import Saga
from tests.sagas.builders import (
    BOUNDS,
    BYBIT,
    SYMBOL,
    AskFills,
    AskOrder,
    AskPositions,
    AskStop,
    AskStops,
    Case,
    D,
    Phase,
    armed,
    entering,
    fill,
    ms,
    naked,
    order,
    position,
    protected,
    signal,
    stop,
    told,
)

STREAM = Source.STREAM


# ---- what is ours


def test_reports_about_others_are_not_heard() -> None:
    """Another symbol's position, another name's order, another's stop."""
    case = protected()
    known = len(case.events)
    other = position(5, 300, told=300, source=STREAM)
    from dataclasses import replace

    elsewhere = Symbol("BTCUSDT")
    case.hears(
        300,
        replace(other, symbol=elsewhere),
        replace(order(case.entry, filled=99), symbol=elsewhere),
        replace(fill(case.entry, trade="b"), symbol=elsewhere),
        replace(stop(case.newest_stop.client_id, StopStatus.CANCELLED), symbol=elsewhere),
        order(ClientId("web_1"), filled=5),
        order(ClientId(""), filled=5, venue_id=VenueId("990")),
        stop("web_1", StopStatus.CANCELLED),
    )
    assert len(case.events) == known


def test_a_trade_under_a_foreign_name_is_kept_once_as_what_moved_the_baseline() -> None:
    """It is not ours, and explains what the position shows; heard again, or from before our intent, it is no news."""
    case = entering()
    case.hears(100, fill("web_1", 5, at=100), fill("web_1", 5, trade="old", at=-1))
    case.hears(110, fill("web_1", 5, at=100))
    assert len(case.told_of(ev.FillReported)) == 1
    assert case.exposure.filled == 0
    case.hears(120, position(5, 120, told=110, source=STREAM))
    assert case.exposure.open == 0


def test_an_order_without_a_name_is_found_by_the_venues_id() -> None:
    """Its id was learnt from the create reply (Bybit carries no name on some rows)."""
    case = entering(traits=BYBIT)
    case.answers(
        50,
        case.entry,
        Outcome.ACKNOWLEDGED,
        Reason.NONE,
        order(case.entry, OrderStatus.UNTOLD, venue_id=VenueId("771"), source=Source.REPLY),
    )
    case.hears(100, fill("", at=100, venue_id=VenueId("771")))
    assert case.exposure.filled == 27


def test_a_fill_that_nobody_could_name_counts_once_its_order_is_known() -> None:
    """Loose at first; when the same trade comes under our name it is ours and no longer loose."""
    case = entering()
    case.hears(100, fill("", at=100, venue_id=VenueId("771")))
    assert (len(case.state.loose_fills), case.exposure.filled) == (1, D(0))
    case.hears(110, fill("", at=100, venue_id=VenueId("771")))
    assert len(case.told_of(ev.FillReported)) == 1
    case.hears(200, fill(case.entry, at=100, venue_id=VenueId("771")))
    assert (len(case.state.loose_fills), case.exposure.filled) == (0, D(27))


def test_a_child_of_the_attached_stop_is_found_by_its_parent() -> None:
    """Bybit names the entry on the child's order: its fill is the stop's exit."""
    case = protected(traits=BYBIT)
    child = order(ClientId(""), filled=27, at=900, venue_id=VenueId("c-9"), parent=case.entry)
    case.hears(900, child)
    assert (case.exposure.exited, case.exposure.open) == (D(27), D(0))


def test_a_stops_child_is_found_by_its_parent_when_the_trigger_does_not_tell() -> None:
    """The owner moved the trigger before we ever saw the child; the parent still names it."""
    case = armed(traits=BYBIT)
    case.hears(200, stop("", at=200, trigger=D("0.1800"), venue_id=VenueId("c-1"), parent=case.entry))
    assert case.newest_stop.status is StopStatus.LIVE
    assert case.newest_stop.moved_by_hand
    case.hears(300, stop("", at=300, trigger=D("0.1700"), venue_id=VenueId("c-2")))
    assert case.newest_stop.trigger == D("0.1800")


def test_a_child_is_ours_however_far_our_clock_is_ahead() -> None:
    """The venue's date is compared with our intention in the venue's time: our clock is a hundred seconds ahead."""
    case = naked(traits=BYBIT, clock_offset=-100 * SECOND)
    case.hears(150, position(27, 150, told=-99_850, source=STREAM, stop_loss=D(0)))
    placed = case.newest_stop
    case.answers(200, placed.client_id)
    child = stop("", at=-99_750, trigger=placed.trigger, venue_id=VenueId("c-1"))
    case.hears(250, child)
    assert case.state.stops[placed.client_id].status is StopStatus.LIVE


def test_the_end_of_a_child_is_that_of_the_stop_that_holds_its_id() -> None:
    """A stop placed after it at the same trigger and refused did not take the child over."""
    case = protected(traits=BYBIT)
    attached = case.newest_stop
    for at in (20_000, 31_000):
        case.reads(at, AskStops(SYMBOL))
    case.answers(31_100, case.newest_stop.client_id, Outcome.REFUSED, Reason.NO_POSITION)
    refused = case.newest_stop
    assert refused.n > attached.n
    ended = stop("", StopStatus.REJECTED, at=32_000, trigger=attached.trigger, venue_id=VenueId("c-1"))
    case.hears(32_000, ended)
    assert case.state.stops[attached.client_id].is_ended
    assert case.state.stops[refused.client_id].status is None


def test_a_child_that_a_later_stop_has_put_back_is_that_ones() -> None:
    """It was moved away unheard; the venue took the later one, and shows the old id, dated after it."""
    case = protected(traits=BYBIT)
    for at in (20_000, 31_000):
        case.reads(at, AskStops(SYMBOL))
    later = case.newest_stop
    case.answers(31_100, later.client_id)
    case.hears(31_200, stop("", at=30_900, trigger=later.trigger, venue_id=VenueId("c-1")))
    assert case.state.stops[later.client_id].status is None
    case.hears(31_300, stop("", at=31_090, trigger=later.trigger, venue_id=VenueId("c-1")))
    assert case.state.stops[later.client_id].status is StopStatus.LIVE


def test_what_an_answer_about_our_order_lacks_is_told_once() -> None:
    """The origin's "Order missing 'side' field": an event, no exception, and no second event for the same fields."""
    case = entering()
    answer = inp.ActAnswered(
        case.entry, SYMBOL, Outcome.ACKNOWLEDGED, ms(10), ms(50), told=told(missing=("order.side",))
    )
    case.at(50, answer)
    case.at(60, inp.ReadAnswered(AskOrder(SYMBOL, case.entry), ms(55), ms(60), told(missing=("order.side",))))
    case.at(70, inp.ReadAnswered(AskOrder(SYMBOL, case.entry), ms(65), ms(70), told(missing=("order.qty",))))
    found = [(event.source, event.fields) for event in case.told_of(ev.ReportIncomplete)]
    assert found == [(Source.REPLY, "order.side"), (Source.ORDER, "order.qty")]


def test_answers_about_other_acts_are_not_heard() -> None:
    """An answer whose name is no act of this signal changes nothing; its own cancel's and leverage's do."""
    case = entering()
    known = len(case.events)
    case.answers(50, ClientId("swabcd-0000000000-etkxp2x01"), Outcome.REFUSED, Reason.FUNDS)
    assert len(case.events) == known


def test_a_read_that_saw_a_stop_missed_before_says_so() -> None:
    """Seen again after a miss: the count of misses ends, and that is recorded."""
    case = protected()
    name = case.newest_stop.client_id
    case.reads(20_000, AskStop(SYMBOL, name))
    assert case.newest_stop.missed_first > 0
    case.reads(25_000, AskStop(SYMBOL, name), stop(name, at=25_000, trigger=D("0.1900")))
    assert case.newest_stop.missed_first == 0


def test_a_stop_that_is_never_seen_is_no_row_for_every_read() -> None:
    """The first read says something, and the one `read_lag` after it; the next to do so is the first after a fill."""
    case = armed()
    name = case.newest_stop.client_id
    for at in range(1_000, 60_000, 1_000):
        case.reads(at, AskStop(SYMBOL, name))
    assert [event.began_at for event in case.told_of(ev.StopNotVisible)] == [ms(980), ms(980) + BOUNDS.read_lag]
    case.hears(60_500, fill(case.entry, 1, trade="t2", at=60_500))
    for at in range(61_000, 70_000, 1_000):
        case.reads(at, AskStop(SYMBOL, name))
    assert [event.began_at for event in case.told_of(ev.StopNotVisible)][2:] == [ms(60_980)]


def test_a_list_of_all_stops_misses_what_it_does_not_show() -> None:
    """By name, by venue id or by trigger shown; another symbol's list and a read begun too early say nothing."""
    case = protected(traits=BYBIT)
    case.reads(20_000, AskStops(), stop("", venue_id=VenueId("c-1"), trigger=D("0.17")))
    case.reads(20_100, AskStops(SYMBOL), stop("", venue_id=VenueId("c-7"), trigger=case.newest_stop.trigger))
    case.reads(20_200, AskStops(Symbol("BTCUSDT")))
    case.reads(20_300, AskStops(SYMBOL), began=-1)
    assert case.newest_stop.missed_first == 0
    case.reads(20_400, AskStops(None))
    assert case.newest_stop.missed_first == ms(20_380)


def test_the_trades_read_for_another_span_settle_nothing() -> None:
    """A read that begins after our intent may have left out our fill."""
    case = entering()
    case.answers(50, case.entry, Outcome.UNKNOWN)
    case.misses(4_000)
    known = case.state.fills_read_at
    case.reads(5_000, AskFills(SYMBOL, case.baseline_at + 1))
    case.reads(5_100, AskPositions(Symbol("BTCUSDT")))
    assert case.state.fills_read_at == known


def test_a_repeated_position_says_nothing_while_protected() -> None:
    """The same amount at the same time, read every half minute, is not recorded for ever."""
    case = protected()
    case.reads(20_000, AskPositions(SYMBOL), position(27, 19_980, told=150))
    known = len(case.events)
    for at in range(50_000, 300_000, 30_000):
        case.reads(at, AskPositions(SYMBOL), position(27, at - 20, told=150))
    assert len(case.events) == known
    case.reads(300_000, AskPositions(SYMBOL), position(20, 299_980, told=299_000))
    assert len(case.events) == known + 1


# ---- after a restart


def test_a_stop_whose_record_was_lost_with_its_process_is_found_by_its_name() -> None:
    """It left beside its record: the next process knows it by the signal in its name, and places no second one."""
    case = naked()
    placed = case.newest_stop.client_id
    case.restart(1_000, lost=1)
    second = case.newest_stop.client_id
    assert second != placed
    case.hears(1_100, stop(placed, at=1_100, trigger=D("0.1900")))
    case.answers(1_200, second, Outcome.REFUSED, Reason.STOP_EXISTS)
    case.wakes_until(3_000)
    assert case.phase() is Phase.PROTECTED
    assert len(case.sent(PlaceStop)) == 2


def test_a_close_whose_record_was_lost_with_its_process_counts_once_it_is_seen() -> None:
    """Its fill is this signal's exit: nothing is closed twice."""
    case = protected()
    case.at(300, inp.CloseRequested(ms(300), SYMBOL, "hand"))
    lost = case.state.closes[0].client_id
    case.restart(1_000, lost=2)
    assert list(case.state.closes) == []
    case.hears(1_100, order(lost, filled=27, at=1_100), fill(lost, trade="c1", at=1_100))
    assert (case.exposure.exited, case.exposure.open) == (D(27), D(0))
    assert [close.client_id for close in case.state.closes] == [lost]
    assert len(case.sent(ClosePosition)) == 1


def test_another_installations_name_for_the_same_signal_is_foreign() -> None:
    """The digest alone makes nothing ours."""
    case = naked()
    known = len(case.events)
    case.hears(200, stop(case.newest_stop.client_id.replace("abcd", "zzzz"), at=200))
    assert len(case.events) == known


def test_a_restart_makes_every_unanswered_act_unknown_and_replays_none() -> None:
    """Entry, stop, close, cancel and leverage may each have left; the new process looks for them."""
    case = naked()
    sent = len(case.acts)
    case.restart(1_000)
    (concluded,) = [event for event in case.told_of(ev.ActConcluded) if event.code == "interrupted"]
    assert (concluded.client_id, concluded.outcome) == (case.newest_stop.client_id, Outcome.UNKNOWN)
    assert [type(act) for act in case.acts[sent:]] == [PlaceStop]
    assert case.acts[-1].client_id == case.newest_stop.client_id


def test_a_restart_while_entering_looks_for_the_entry_and_never_sends_it() -> None:
    """Its fill, told to the new process, is protected; absent and stale it ends as interrupted."""
    case = entering()
    case.restart(1_000)
    assert case.phase() is Phase.ENTERING
    assert AskOrder(SYMBOL, case.entry) in case.saga.agenda.asking
    for at in (6_000, 11_000, 16_000, 60_000):
        case.misses(at)
    assert len(case.sent(SubmitEntry)) == 1
    assert case.phase() in (Phase.QUARANTINE, Phase.FLAT)
    assert case.state.end is EndReason.INTERRUPTED


def test_a_restart_while_closing_asks_for_the_close_first() -> None:
    """The next close only once the first is seen or absent."""
    case = protected()
    case.at(300, inp.CloseRequested(ms(300), SYMBOL, "hand"))
    case.restart(1_000)
    assert len(case.sent(ClosePosition)) == 1
    assert AskOrder(SYMBOL, case.state.closes[0].client_id) in case.saga.agenda.asking


def test_a_restart_with_a_cancel_and_a_leverage_under_way_concludes_them_too() -> None:
    """Every kind of act that may have left is Unknown now."""
    case = entering()
    case.hears(100, order(case.entry, OrderStatus.PARTIAL, 10, at=100))
    case.at(200, inp.CloseRequested(ms(200), SYMBOL, "hand"))
    assert len(case.sent(CancelOrder)) == 1
    case.restart(1_000)
    assert case.state.cancels[case.entry].outcome is Outcome.UNKNOWN
    lever = Case(signal(leverage=D(5)), leverage=LeverageReport(SYMBOL, D(20)))
    lever.at(0)
    lever.restart(1_000)
    assert lever.state.leverage is not None
    assert lever.state.leverage.outcome is Outcome.UNKNOWN


def test_a_restart_of_a_settled_signal_records_nothing() -> None:
    """All was answered: there is nothing to conclude."""
    case = protected()
    known = len(case.events)
    case.restart(1_000)
    assert len(case.events) == known
    assert case.phase() is Phase.PROTECTED


def test_a_definite_word_is_not_taken_back_by_an_unknown() -> None:
    """Refused stays refused when a later Unknown about the same act is told."""
    case = entering()
    case.answers(50, case.entry, Outcome.REFUSED, Reason.FUNDS)
    case.answers(60, case.entry, Outcome.UNKNOWN)
    assert case.state.attempts[0].outcome is Outcome.REFUSED


def test_events_that_only_tell_a_person_change_no_state() -> None:
    """And a saga begins with nothing but its signal."""
    accepted = ev.SignalAccepted(signal().id, SYMBOL, signal())
    state = begin(accepted)
    assert Saga(state).state.phase is Phase.PREPARING
    assert apply(state, accepted) is state
    assert apply(state, ev.PositionError(signal().id, SYMBOL, "x", "y")) is state


def test_a_stop_by_last_price_is_placed_by_last_price() -> None:
    """The trigger's source is sent explicitly."""
    from seawall.model.signal import TriggerBy

    case = naked(signal(stop=Stop(price=D("0.19"), trigger_by=TriggerBy.LAST)))
    assert case.sent(PlaceStop)[0].trigger_by is TriggerBy.LAST


def test_after_a_step_the_next_wake_lies_ahead() -> None:
    """A saga never asks to be woken in the past, and a protected one with nothing to ask may sleep."""
    case = naked()
    wake = case.saga.next_wake()
    assert wake is not None
    assert wake > case.now


@pytest.mark.parametrize("leg", [Leg.CLOSE, Leg.STOP, Leg.TAKE_PROFIT])
def test_what_a_find_does_under_a_signals_names_is_not_that_signals(leg: Leg) -> None:
    """Its numbers begin a thousand behind: its close is no second exit of what the first signal has closed. One that
    this signal's own lost record may have used is its own.
    """
    case = protected()
    known = parse_client_id(case.entry)
    assert known is not None
    name = sibling(known, leg, known.term, FINDS_APART + 3)
    case.hears(900, replace(fill(name, 27, at=890), side=Side.SELL))
    assert (case.exposure.exited, case.state.is_ours(name)) == (D(0), False)
    assert case.state.is_ours(sibling(known, leg, known.term, case.state.next_n + 7))


def test_a_nameless_stop_is_the_newest_that_left_before_its_date() -> None:
    """The attached one is seen late, while another at its trigger is under way: that is refused, and what stands stands."""
    case = entering(traits=BYBIT)
    attached = case.newest_stop.client_id
    case.hears(100, order(case.entry, filled=27, at=100), fill(case.entry, at=100))
    case.hears(300, position(27, 300, told=100, source=STREAM, stop_loss=D(0)))
    second = case.newest_stop.client_id
    assert second != attached
    seen = stop("", at=200, trigger=case.newest_stop.trigger, venue_id=VenueId("c-1"))
    case.reads(350, AskStops(SYMBOL), seen)
    case.answers(400, second, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    assert (case.state.stops[attached].status, case.state.stops[second].status) == (StopStatus.LIVE, None)


def test_a_nameless_stop_of_an_unknown_date_is_the_newest() -> None:
    """Where no date says otherwise the last that was asked for is what stands."""
    case = entering(traits=BYBIT)
    case.hears(100, order(case.entry, filled=27, at=100), fill(case.entry, at=100))
    case.hears(300, position(27, 300, told=100, source=STREAM, stop_loss=D(0)))
    second = case.newest_stop
    case.reads(350, AskStops(SYMBOL), replace(stop("", trigger=second.trigger, venue_id=VenueId("c-1")), venue_at=0))
    assert case.state.stops[second.client_id].status is StopStatus.LIVE
