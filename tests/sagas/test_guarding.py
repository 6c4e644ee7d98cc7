"""Small whole stories of one signal: naked, guarded, and brought to its end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import CancelOrder, ClosePosition, Outcome, PlaceStop, Reason
from seawall.model.events import DistressKind, EndReason
from seawall.model.ids import ClientId, Side, VenueId
from seawall.model.reports import FillReport, OrderStatus, Source, StopStatus
from seawall.model.times import MILLISECOND, SECOND
from seawall.model.venue import Traits
from tests.sagas.builders import (
    BINANCE,
    BOUNDS,
    BYBIT,
    SYMBOL,
    AskFills,
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
    position,
    protected,
    signal,
    stop,
)

STREAM = Source.STREAM
BOTH = pytest.mark.parametrize("traits", [BINANCE, BYBIT], ids=["binance", "bybit"])


def kinds(events: list[ev.Event]) -> list[str]:
    """The names of events, in order."""
    return [type(event).__name__ for event in events]


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


def test_a_stop_that_goes_while_one_instant_shows_both_sides_is_placed_anew() -> None:
    """It only reduces, whichever word is the later; a person hears of it, and PROTECTED waits until reads agree."""
    case = protected()
    case.hears(300, position(-5, 300, told=300, source=STREAM))
    case.reads(350, AskPositions(SYMBOL), position(22, 330, told=300))
    assert (case.finding(), case.state.distress) == (Finding.COVERED, (DistressKind.CONTRARY_POSITION,))
    case.hears(400, stop(case.newest_stop.client_id, StopStatus.CANCELLED, at=400))
    assert kinds(case.events)[-2:] == ["ProtectionLost", "StopIntended"]
    case.answers(450, case.newest_stop.client_id)
    case.hears(500, stop(case.newest_stop.client_id, at=500))
    assert (case.finding(), case.phase()) == (Finding.COVERED, Phase.PROTECTING)
    case.reads(10_400, AskPositions(SYMBOL), position(22, 10_380, told=300))
    assert (case.finding(), case.phase(), case.state.distress) == (Finding.PROTECTED, Phase.PROTECTED, ())


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


@BOTH
def test_a_stop_missed_once_has_its_position_asked_about(traits: Traits) -> None:
    """The list of stops shows it no more: the position is read at once, and not when the stop is missed again."""
    case = protected(traits=traits)
    case.queries.clear()
    case.reads(30_000, AskStops(SYMBOL))
    case.wakes_until(30_200)
    assert AskPositions(SYMBOL) in case.queries
    assert case.finding() is Finding.PROTECTED


def test_a_stop_refused_for_want_of_a_position_has_that_asked_about() -> None:
    """Bybit's "zero position" to a move: the old stop is kept, and the position is read at once."""
    case = protected(traits=BYBIT)
    settled = ev.TriggerSettled(case.state.signal.id, SYMBOL, D("0.1950"), D("0.1900"))
    case.saga.grant([settled])
    case.at(300)
    case.queries.clear()
    case.answers(320, case.newest_stop.client_id, Outcome.REFUSED, Reason.NO_POSITION)
    case.wakes_until(600)
    assert AskPositions(SYMBOL) in case.queries
    assert case.phase() is Phase.PROTECTED


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


def sold(name: str, quantity: int, at: int) -> FillReport:
    """A sale under this name."""
    return replace(fill(ClientId(name), quantity, at=at), side=Side.SELL)


def test_a_position_that_nobody_has_taken_is_flat_all_the_same() -> None:
    """The trades are read once more ten seconds later; who took it is then said to be somebody else."""
    case = protected()
    case.flat(900)
    case.reads(1_500, AskStop(SYMBOL, case.newest_stop.client_id), stop(case.newest_stop.client_id, at=1_500))
    case.hears(1_700, stop(case.newest_stop.client_id, StopStatus.CANCELLED, at=1_700))
    case.wakes_until(10_800)
    assert (case.phase(), case.sent(PlaceStop)[1:]) == (Phase.PROTECTED, [])
    case.reads(11_500, AskFills(SYMBOL, case.baseline_at))
    assert (case.phase(), case.state.end) == (Phase.FLAT, EndReason.CLOSED_OUTSIDE)


def test_a_hand_close_ends_flat_and_is_named() -> None:
    """Two sources newer than our last fill say flat: what was ours is gone, the trades say who took it, and the stop is
    cleared.
    """
    case = protected()
    case.flat(900)
    since = case.state.intent.baseline_at if case.state.intent is not None else 0
    assert AskFills(SYMBOL, since) in case.saga.agenda.asking
    case.reads(1_400, AskFills(SYMBOL, since), sold("web_1", 27, at=890))
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


def ended_absent(gone_at: float = 0) -> Case:
    """A signal that ended FLAT because its entry was proven absent; the stream may have told of nothing meanwhile."""
    case = entering(signal(max_age=10 * SECOND))
    case.answers(5_000, case.entry, Outcome.UNKNOWN)
    for at in (6_000, 11_000, 16_000):
        case.misses(at)
    if gone_at:
        case.hears(gone_at, position(0, gone_at, told=gone_at, source=Source.STREAM))
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


def test_the_end_is_told_anew_of_an_entry_that_had_filled_and_is_gone_again() -> None:
    """After FLAT it is told to have filled before a word that shows nothing: nothing is done, "absent" is taken back."""
    case = ended_absent(gone_at=30_000)
    sent, absent = len(case.acts), case.state.end
    case.hears(3_600_000, fill(case.entry, 10, at=3_600_000, told=20_000))
    assert (absent, case.phase(), case.state.end) == (EndReason.ABSENT, Phase.FLAT, EndReason.CLOSED_OUTSIDE)
    case.wakes_until(3_700_000)
    assert (case.acts[sent:], len(case.told_of(ev.FlatVerified))) == ([], 2)


def test_another_signals_position_on_the_freed_slot_wakes_nothing() -> None:
    """What is said of the slot after FLAT is not ours: no event, no act."""
    case = ended_absent()
    known = len(case.events)
    case.hears(70_000, position(27, 70_000, told=70_000, source=STREAM), fill("swabcd-0000000000-etkxp2x01", at=70_000))
    case.hears(70_001, fill("", 5, trade="x", at=70_001, venue_id=VenueId("990")))
    assert (len(case.events), case.phase()) == (known, Phase.FLAT)


@pytest.mark.parametrize("has_stood", [True, False])
def test_the_owners_stop_that_leaves_no_room_is_accepted_in_the_place_of_ours(has_stood: bool) -> None:
    """The venue takes none beside it: it covers, and nothing is closed. Where none of ours was ever in the book, the
    signal has not had the stop that it asked for, and another's does not do for it.
    """
    case = naked()
    if has_stood:
        case.hears(300, stop(case.newest_stop.client_id, StopStatus.CANCELLED, at=300))
    theirs = stop("web_4", at=310, trigger=D("0.1850"), side=Side.SELL)
    for at in (350, 450, 550):
        case.answers(at, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
        case.reads(at + 50, AskStops(SYMBOL), theirs)
    case.wakes_until(10_000)
    assert case.phase() is (Phase.PROTECTED if has_stood else Phase.CLOSING)
    assert bool(case.sent(ClosePosition)) is not has_stood
