"""Small whole stories of one signal, told without a desk, a venue or a journal."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import CancelOrder, ClosePosition, Outcome, PlaceStop, Reason, SubmitEntry
from seawall.model.events import DistressKind, EndReason
from seawall.model.ids import ClientId, Symbol, VenueId
from seawall.model.reports import LeverageReport, OrderStatus, Source, StopStatus
from seawall.model.signal import Stop
from seawall.model.times import MILLISECOND, SECOND
from seawall.model.venue import Traits
from seawall.sagas.saga import Saga
from seawall.sagas.state import apply, begin
from tests.sagas.builders import (
    BINANCE,
    BOUNDS,
    BYBIT,
    SYMBOL,
    T0,
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
    mark,
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
BOTH = pytest.mark.parametrize("traits", [BINANCE, BYBIT], ids=["binance", "bybit"])


def kinds(events: list[ev.Event]) -> list[str]:
    """The names of events, in order."""
    return [type(event).__name__ for event in events]


# ---- openings


def test_an_opening_on_binance_from_signal_to_protected() -> None:
    """Intent, acknowledgement, fill, stop, stop seen: each step's event once, in order; two acts in all."""
    case = protected()
    assert kinds(case.events) == [
        "EntryIntended",
        "ActConcluded",
        "OrderReported",
        "FillReported",
        "EntryFilled",
        "EntryEnded",
        "StopIntended",
        "ActConcluded",
        "StopReported",
        "StopConfirmed",
        "PositionProtected",
    ]
    assert [type(act) for act in case.acts] == [SubmitEntry, PlaceStop]
    (done,) = case.told_of(ev.PositionProtected)
    assert (done.quantity, done.average, done.trigger) == (D(27), D("0.2000"), D("0.1900"))


def test_an_opening_on_bybit_needs_one_act() -> None:
    """The stop travels with the entry; the fill arms it, row and child show it live."""
    case = protected(traits=BYBIT)
    assert [type(act) for act in case.acts] == [SubmitEntry]
    (confirmed,) = case.told_of(ev.StopConfirmed)
    assert (confirmed.trigger, confirmed.source) == (D("0.1900"), Source.STOPS)


def test_the_first_proof_names_its_source_and_the_venues_time() -> None:
    """Twenty at 90 and seven at 95, told at 100 by the stream."""
    case = entering()
    case.hears(100, fill(case.entry, 20, trade="a", at=100, told=90), fill(case.entry, 7, trade="b", at=100, told=95))
    (filled,) = case.told_of(ev.EntryFilled)
    assert (filled.quantity, filled.source, filled.venue_at, filled.at_most) == (D(27), STREAM, ms(90), False)


@pytest.mark.parametrize("source", [STREAM, Source.POSITIONS])
def test_a_fill_known_by_its_effect_is_dated_from_the_intent(source: Source) -> None:
    """The position moved: protection begins, and the event says that this is a bound."""
    case = entering()
    case.hears(100, position(27, 100, told=100, source=source))
    (filled,) = case.told_of(ev.EntryFilled)
    assert (filled.source, filled.venue_at, filled.at_most) == (source, T0, True)
    assert len(case.sent(PlaceStop)) == 1


@BOTH
def test_the_entrys_reply_is_lost_and_the_stream_tells_the_fill(traits: Traits) -> None:
    """Nobody waits for the reply: the stop follows the stream's word, and the late Unknown changes nothing."""
    case = entering(traits=traits)
    case.hears(90, fill(case.entry, at=90), order(case.entry, filled=27, at=90))
    assert case.phase() is Phase.PROTECTING
    case.answers(5_000, case.entry, Outcome.UNKNOWN)
    assert case.phase() is Phase.PROTECTING
    assert len(case.sent(SubmitEntry)) == 1


def test_the_reply_itself_may_be_the_first_proof() -> None:
    """A create reply that carries an executed quantity is a fill report (rule 11)."""
    case = entering()
    case.answers(
        50, case.entry, Outcome.ACKNOWLEDGED, Reason.NONE, order(case.entry, filled=27, at=50, source=Source.REPLY)
    )
    assert case.told_of(ev.EntryFilled)[0].source is Source.REPLY
    assert len(case.sent(PlaceStop)) == 1


def test_a_partial_fill_is_protected_at_once_and_followed_to_its_end() -> None:
    """Ten of 27, then the order ends: PROTECTED with ten, whole-position stop, nothing sent twice."""
    case = entering()
    case.hears(100, order(case.entry, OrderStatus.PARTIAL, 10, at=100, average=D("0.2")))
    case.answers(150, case.newest_stop.client_id)
    case.hears(200, stop(case.newest_stop.client_id, at=200))
    assert case.phase() is Phase.PROTECTING
    case.hears(300, order(case.entry, OrderStatus.EXPIRED, 10, at=300, average=D("0.2")))
    assert case.phase() is Phase.PROTECTED
    assert case.told_of(ev.PositionProtected)[0].quantity == 10
    (ended,) = case.told_of(ev.EntryEnded)
    assert (ended.status, ended.filled) == (OrderStatus.EXPIRED, D(10))


def test_a_late_trade_after_protected_stays_protected() -> None:
    """The fill grows by a trade told late: the whole-position stop covers it too."""
    case = protected()
    case.hears(300, fill(case.entry, 3, trade="t9", at=300, told=101))
    assert case.exposure.open == 30
    assert case.phase() is Phase.PROTECTED


def test_verification_overdue_is_an_event_and_never_an_end() -> None:
    """After the ten seconds at which the origin bot rolled back, the asking goes on (I01)."""
    case = entering()
    case.wakes_until(9_999)
    assert case.told_of(ev.VerificationOverdue) == []
    case.wakes_until(10_000)
    (overdue,) = case.told_of(ev.VerificationOverdue)
    assert overdue.waited == BOUNDS.verification
    case.wakes_until(120_000)
    assert case.phase() is Phase.ENTERING
    assert list(case.state.distress) == [DistressKind.UNDECIDED]
    assert len(case.told_of(ev.VerificationOverdue)) == 1
    case.hears(120_100, fill(case.entry, at=120_100))
    assert list(case.state.distress) == []


# ---- never found


def never_found(traits: Traits, until: float, **given: Any) -> Case:
    """An entry whose reply was lost and which no round ever sees."""
    case = entering(traits=traits, **given)
    case.answers(5_000, case.entry, Outcome.UNKNOWN)
    at = 6_000.0
    while at < until and case.phase() is Phase.ENTERING:
        case.misses(at)
        at += 5_000
    return case


def test_not_found_for_ever_on_binance_ends_flat() -> None:
    """Absent by the engine's window, in quarantine for what it still could do, then free; the end names its reason."""
    case = never_found(BINANCE, 40_000, may_enter=True)
    assert case.phase() is Phase.ENTERING
    assert len(case.sent(SubmitEntry)) == 2
    case = entering(signal(max_age=10 * SECOND))
    case.answers(5_000, case.entry, Outcome.UNKNOWN)
    for at in (6_000, 11_000, 16_000):
        case.misses(at)
    assert (case.phase(), case.state.end) == (Phase.QUARANTINE, EndReason.ABSENT)
    case.wakes_until(16_000 + 16_000 + 100)
    assert case.phase() is Phase.FLAT
    assert [event.reason for event in case.told_of(ev.SignalExecutionFailed)] == ["absent"]


def test_not_found_for_ever_on_bybit_ends_flat_and_is_never_sent_again() -> None:
    """Through doubt under a proven stream; FLAT is all that this absence allows."""
    case = never_found(BYBIT, 80_000, stream_since=T0 - 1)
    assert (case.phase(), case.state.end) == (Phase.QUARANTINE, EndReason.ABSENT)
    assert len(case.sent(SubmitEntry)) == 1
    case.wakes_until(200_000)
    assert case.phase() is Phase.FLAT


def test_not_found_on_bybit_without_a_stream_stays_undecided_for_five_minutes() -> None:
    """Blind, only five minutes of rounds are absence."""
    assert never_found(BYBIT, 300_000).phase() is Phase.ENTERING
    assert never_found(BYBIT, 320_000).phase() is Phase.QUARANTINE


def test_an_entry_refused_ends_flat_with_the_venues_code() -> None:
    """No position, no retry, the reason and the code told."""
    case = entering()
    case.answers(50, case.entry, Outcome.REFUSED, Reason.STOP_REFUSED, code="-2021")
    case.reads(300, AskPositions(SYMBOL), position(0, 280, told=280))
    assert (case.phase(), case.state.end) == (Phase.FLAT, EndReason.ENTRY_REFUSED)
    assert case.told_of(ev.SignalExecutionFailed)[0].detail == "stop_refused -2021"
    assert len(case.sent(SubmitEntry)) == 1


def test_an_entry_that_never_left_ends_flat_at_once() -> None:
    """Its record was not durable in time: nothing needs proving."""
    case = entering()
    case.answers(2_001, case.entry, Outcome.NOT_SENT)
    assert (case.phase(), case.state.end) == (Phase.FLAT, EndReason.NOT_SENT)


def test_an_entry_that_filled_nothing_ends_flat() -> None:
    """An immediate-or-cancel bound that found no taker."""
    case = entering()
    case.hears(100, order(case.entry, OrderStatus.EXPIRED, 0, at=100))
    case.reads(300, AskPositions(SYMBOL), position(0, 280, told=280))
    assert (case.phase(), case.state.end) == (Phase.FLAT, EndReason.NOT_FILLED)


def test_a_signal_that_ended_unfit_stays_ended_when_the_slot_becomes_fit_again() -> None:
    """The market came back to the right side a second later: the end is an end, and nothing stops the program."""
    case = Case()
    case.given["mark"] = mark("0.1800")
    case.at(0)
    assert case.phase() is Phase.FLAT
    case.given["mark"] = mark("0.2000", at=ms(1_000))
    case.at(1_000)
    assert (case.phase(), case.sent(SubmitEntry)) == (Phase.FLAT, [])
    case.given["position_complete"] = False
    case.at(2_000)
    assert case.phase() is Phase.FLAT


def test_a_signal_too_old_ends_flat_and_says_what_it_waited_for() -> None:
    """It waited for its slot until its own age limit."""
    case = Case(slot_is_free=False)
    case.wakes_until(30_001)
    assert (case.phase(), case.state.end) == (Phase.FLAT, EndReason.STALE)
    assert "after waiting for slot" in case.told_of(ev.SignalExecutionFailed)[0].detail


# ---- naked


def test_a_refused_stop_whose_trigger_has_passed_closes_at_once() -> None:
    """The market is behind the stop: exactly what filled is closed, and the reason is told (I13, I23)."""
    case = naked()
    case.answers(150, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    (act,) = case.sent(ClosePosition)
    assert (act.quantity, case.state.end) == (D(27), EndReason.TRIGGER_PASSED)
    assert [event.reason for event in case.told_of(ev.PositionError)] == ["trigger_passed"]
    assert case.state.distress == (DistressKind.NAKED,)


def test_the_naked_timer_closes_after_five_seconds_while_placing_goes_on() -> None:
    """Each round tries the stop first; at max_naked the close leaves beside it; flat is proven, the stop question ends."""
    case = naked()
    at = 150.0
    while case.phase() is Phase.PROTECTING:
        case.answers(at, case.newest_stop.client_id, Outcome.REFUSED, Reason.NO_POSITION)
        case.wakes_until(at + 260)
        at += 300
    (began,) = case.told_of(ev.RollbackBegan)
    assert (began.reason, began.at) == (EndReason.NAKED_TOO_LONG, ms(100) + BOUNDS.max_naked)
    placed = len(case.sent(PlaceStop))
    case.answers(at, case.newest_stop.client_id, Outcome.REFUSED, Reason.NO_POSITION)
    case.wakes_until(at + 260)
    assert len(case.sent(PlaceStop)) == placed + 1
    name = case.state.closes[0].client_id
    case.answers(at + 300, case.newest_stop.client_id, Outcome.REFUSED, Reason.NO_POSITION)
    case.hears(at + 310, order(name, filled=27, at=at + 310), position(0, at + 310, told=at + 310, source=STREAM))
    case.flat(at + 400, dated=at + 310)
    assert case.state.end is EndReason.NAKED_TOO_LONG
    assert case.phase() in (Phase.QUARANTINE, Phase.FLAT)


def test_a_way_home_is_given_up_when_the_stop_took_hold_first() -> None:
    """The close was refused, the stop is acknowledged: the position is kept, its protection goes on."""
    case = naked()
    case.wakes_until(5_100)
    case.answers(5_200, case.newest_stop.client_id)
    case.answers(5_250, case.state.closes[0].client_id, Outcome.REFUSED, Reason.BUSY)
    assert kinds(case.events)[-1] in ("RollbackWithdrawn", "DistressEnded")
    assert (case.phase(), case.state.end) == (Phase.PROTECTING, EndReason.NONE)
    case.hears(5_400, stop(case.newest_stop.client_id, at=5_400))
    assert case.phase() is Phase.PROTECTED
    assert len(case.sent(ClosePosition)) == 1


def test_a_close_that_has_left_is_carried_through() -> None:
    """It may have filled: the stop's acknowledgement does not call it back."""
    case = naked()
    case.wakes_until(5_100)
    case.answers(5_200, case.state.closes[0].client_id)
    case.answers(5_300, case.newest_stop.client_id)
    assert case.phase() is Phase.CLOSING


def test_a_stop_whose_answer_is_lost_is_looked_for_before_the_clock_runs_out() -> None:
    """The venue holds it live and would show it: a good position is not rolled back for a lost reply (section 6)."""
    case = naked()
    name = case.newest_stop.client_id
    case.wakes_until(4_000)
    assert AskStop(SYMBOL, name) in case.saga.agenda.asking


@BOTH
def test_an_acknowledged_stop_that_is_never_seen_raises_distress_and_closes_nothing(traits: Traits) -> None:
    """A minute after the answer, or the fill: a person is told, and the position is kept (I15)."""
    case = armed(traits=traits)
    since = 150 if traits is BINANCE else 100
    border = since + BOUNDS.max_unverified / MILLISECOND
    case.wakes_until(border - 0.001)
    assert list(case.state.distress) == []
    case.wakes_until(border)
    assert list(case.state.distress) == [DistressKind.STOP_UNSEEN]
    case.wakes_until(600_000)
    assert (case.phase(), case.sent(ClosePosition)) == (Phase.PROTECTING, [])


def test_a_foreign_stop_on_the_slot_is_told_once() -> None:
    """It stays, and a person hears of it; when it is gone, that is told too."""
    case = protected()
    case.given["foreign_stops"] = ("web_1",)
    case.at(300)
    case.at(400)
    assert [event.kind for event in case.told_of(ev.DistressRaised)] == [DistressKind.FOREIGN_STOP]
    case.given["foreign_stops"] = ()
    case.at(500)
    assert [event.kind for event in case.told_of(ev.DistressEnded)] == [DistressKind.FOREIGN_STOP]


def test_a_contrary_position_is_told_and_not_traded() -> None:
    """A person hears of it; no order leaves until two sources decide (I04, I40)."""
    case = protected()
    acts = len(case.acts)
    case.hears(300, position(-5, 300, told=300, source=STREAM))
    assert kinds(case.events)[-1] == "DistressRaised"
    assert case.state.distress == (DistressKind.CONTRARY_POSITION,)
    assert len(case.acts) == acts


def test_protection_lost_is_told_and_regained() -> None:
    """The stop was cancelled at the venue: a new one is placed, seen, and the signal is PROTECTED again."""
    case = protected()
    case.hears(300, stop(case.newest_stop.client_id, StopStatus.CANCELLED, at=300))
    assert kinds(case.events)[-2:] == ["ProtectionLost", "StopIntended"]
    case.answers(350, case.newest_stop.client_id)
    case.hears(400, stop(case.newest_stop.client_id, at=400))
    assert case.phase() is Phase.PROTECTED
    assert case.state.protected_at == ms(200)
    assert len(case.told_of(ev.PositionProtected)) == 2


def test_a_stop_stuck_triggering_is_replaced_after_two_seconds() -> None:
    """The saga wakes by itself when the bound is over (binance.md 4.4)."""
    case = protected()
    case.hears(300, stop(case.newest_stop.client_id, StopStatus.TRIGGERING, at=300))
    case.wakes_until(2_300)
    assert len(case.sent(PlaceStop)) == 1
    case.wakes_until(2_301)
    assert len(case.sent(PlaceStop)) == 2
    assert case.phase() is Phase.PROTECTING


# ---- ends


@BOTH
def test_the_stop_fires_and_the_signal_ends_flat(traits: Traits) -> None:
    """The stop's trade and a newer position; the reason is the stop, and it is no failure."""
    case = protected(traits=traits)
    name = case.newest_stop.client_id if traits is BINANCE else ""
    child: dict[str, Any] = {"venue_id": VenueId("c-1")} if traits is BYBIT else {}
    case.hears(
        900,
        fill(name, trade="s1", at=900, **child),
        stop(name, StopStatus.FINISHED, at=900, trigger=D("0.1900"), **child),
    )
    case.flat(1_000, dated=900)
    assert case.state.end is EndReason.STOP_FILLED
    case.wakes_until(200_000)
    assert case.phase() is Phase.FLAT
    assert case.told_of(ev.SignalExecutionFailed) == []


def test_a_hand_close_ends_flat_and_is_named() -> None:
    """Two sources newer than our last fill say flat: what was ours is gone, and the stop is cleared."""
    case = protected()
    case.flat(900)
    case.reads(1_500, AskStop(SYMBOL, case.newest_stop.client_id), stop(case.newest_stop.client_id, at=1_500))
    assert [act.target for act in case.sent(CancelOrder)] == [case.newest_stop.client_id]
    case.hears(1_700, stop(case.newest_stop.client_id, StopStatus.CANCELLED, at=1_700))
    assert (case.phase(), case.state.end) == (Phase.FLAT, EndReason.CLOSED_OUTSIDE)


def test_a_close_by_request_ends_flat_by_request() -> None:
    """Close, its fill, flat by two sources, the stop seen to end; the user is told no failure."""
    case = protected()
    case.at(300, inp.CloseRequested(ms(300), SYMBOL, "hand"))
    (accepted,) = case.told_of(ev.CloseAccepted)
    assert accepted.detail == "hand"
    name = case.state.closes[0].client_id
    case.answers(350, name)
    case.hears(400, fill(name, trade="c1", at=400), order(name, filled=27, at=400))
    case.flat(500)
    case.hears(600, stop(case.newest_stop.client_id, StopStatus.CANCELLED, at=600))
    assert (case.phase(), case.state.end) == (Phase.FLAT, EndReason.CLOSED_BY_REQUEST)
    assert case.told_of(ev.SignalExecutionFailed) == []


def test_a_close_asked_twice_or_after_the_end_changes_nothing() -> None:
    """The second request finds the way home begun, or done."""
    case = protected()
    case.at(300, inp.CloseRequested(ms(300), SYMBOL, "hand"))
    case.at(310, inp.CloseRequested(ms(310), SYMBOL, "again"))
    assert len(case.told_of(ev.CloseAccepted)) == 1
    ended = entering()
    ended.answers(50, ended.entry, Outcome.NOT_SENT)
    ended.at(60, inp.CloseRequested(ms(60), SYMBOL, "late"))
    assert ended.told_of(ev.CloseAccepted) == []


def test_a_close_asked_before_the_entry_sends_nothing() -> None:
    """While preparing, the request ends the signal."""
    case = Case(mark=None)
    case.at(0)
    case.at(10, inp.CloseRequested(ms(10), SYMBOL, "hand"))
    assert (case.phase(), case.state.end, case.acts) == (Phase.FLAT, EndReason.CLOSED_BY_REQUEST, [])


def test_a_close_asked_while_entering_covers_and_closes_what_still_fills() -> None:
    """Nothing is closed before there is something; the fill is told as such, protected first and closed exactly."""
    case = entering()
    case.at(20, inp.CloseRequested(ms(20), SYMBOL, "hand"))
    assert case.sent(ClosePosition) == []
    case.hears(100, fill(case.entry, 10, at=100))
    assert [type(act) for act in case.acts[1:]] == [PlaceStop, CancelOrder, ClosePosition]
    assert case.sent(ClosePosition)[0].quantity == 10


@pytest.mark.parametrize("phase", [Phase.CLOSING, Phase.FLAT])
def test_the_first_proof_of_a_fill_is_told_wherever_it_finds_the_signal(phase: Phase) -> None:
    """On its way home or at its end: EntryFilled dates the fill, so that naked time is measured there too."""
    case = entering()
    if phase is Phase.CLOSING:
        case.at(20, inp.CloseRequested(ms(20), SYMBOL, "hand"))
    else:
        case.answers(50, case.entry, Outcome.NOT_SENT)
    assert case.phase() is phase
    case.hears(100, fill(case.entry, 10, at=100))
    assert [event.quantity for event in case.told_of(ev.EntryFilled)] == [D(10)]


def ended_absent() -> Case:
    """A signal that ended FLAT because its entry was proven absent."""
    case = entering(signal(max_age=10 * SECOND))
    case.answers(5_000, case.entry, Outcome.UNKNOWN)
    for at in (6_000, 11_000, 16_000):
        case.misses(at)
    case.wakes_until(60_000)
    assert case.phase() is Phase.FLAT
    return case


def test_a_late_fill_reopens_its_own_signal_protects_first_and_closes_exactly() -> None:
    """An hour after FLAT the stream tells ten filled: stop, close of ten, an error for a person, FLAT again."""
    case = ended_absent()
    sent = len(case.acts)
    case.hears(3_600_000, fill(case.entry, 10, at=3_600_000))
    assert [type(act) for act in case.acts[sent:]] == [PlaceStop, CancelOrder, ClosePosition]
    assert case.sent(ClosePosition)[0].quantity == 10
    (reopened,) = case.told_of(ev.SagaReopened)
    assert reopened.quantity == 10
    assert case.told_of(ev.PositionError)[-1].reason == "late_fill"
    name, protecting = case.state.closes[0].client_id, case.newest_stop.client_id
    case.answers(3_600_100, protecting)
    case.hears(
        3_600_200, order(name, filled=10, at=3_600_200), order(case.entry, OrderStatus.EXPIRED, 10, at=3_600_200)
    )
    case.flat(3_600_300)
    case.hears(3_600_500, stop(protecting, StopStatus.CANCELLED, at=3_600_500))
    case.wakes_until(3_700_000)
    assert (case.phase(), case.state.end) == (Phase.FLAT, EndReason.LATE_FILL)


def test_a_late_fill_in_quarantine_reopens_too() -> None:
    """Before the slot was freed."""
    case = entering(signal(max_age=10 * SECOND))
    case.answers(5_000, case.entry, Outcome.UNKNOWN)
    for at in (6_000, 11_000, 16_000):
        case.misses(at)
    assert case.phase() is Phase.QUARANTINE
    case.hears(20_000, fill(case.entry, 10, at=20_000))
    assert case.phase() is Phase.CLOSING
    assert case.sent(ClosePosition)[0].quantity == 10


def test_another_signals_position_on_the_freed_slot_wakes_nothing() -> None:
    """What is said of the slot after FLAT is not ours: no event, no act."""
    case = ended_absent()
    known = len(case.events)
    case.hears(70_000, position(27, 70_000, told=70_000, source=STREAM), fill("swabcd-0000000000-etkxp2x01", at=70_000))
    case.hears(70_001, fill("", 5, trade="x", at=70_001, venue_id=VenueId("990")))
    assert (len(case.events), case.phase()) == (known, Phase.FLAT)


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
    case.reads(5_000, AskFills(SYMBOL, case.since + 1))
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
    wake = case.saga.next_wake(case.now)
    assert wake is not None
    assert wake > case.now
