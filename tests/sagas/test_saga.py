"""Small whole stories of one signal: openings, and entries that are never found. No desk, no venue, no journal."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.model import events as ev
from seawall.model.acts import Outcome, PlaceStop, Reason, SubmitEntry
from seawall.model.events import DistressKind, EndReason
from seawall.model.reports import OrderStatus, Source
from seawall.model.times import SECOND
from seawall.model.venue import Traits
from tests.sagas.builders import (
    BINANCE,
    BOUNDS,
    BYBIT,
    SYMBOL,
    T0,
    AskOrder,
    AskPositions,
    Case,
    D,
    Phase,
    entering,
    fill,
    mark,
    ms,
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


@BOTH
def test_a_first_fill_that_is_heard_of_when_all_has_gone_is_no_end_yet(traits: Traits) -> None:
    """The order is read as filled after two sources have shown flat: who took it, and what became of the stop, is asked."""
    case = entering(traits=traits)
    case.answers(50, case.entry)
    case.flat(900)
    recorded = case.reads(
        1_000, AskOrder(SYMBOL, case.entry), order(case.entry, filled=27, at=100, average=D("0.2000"))
    )
    assert kinds(recorded)[:3] == ["OrderReported", "EntryFilled", "EntryEnded"]
    assert "FlatVerified" not in kinds(recorded)
    assert case.phase() is Phase.PROTECTING


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


def test_an_entry_that_never_left_after_one_that_did_is_proven_flat() -> None:
    """The first attempt reached the venue: its refusal is one source, and a position newer than the intent the other."""
    case = entering()
    case.answers(50, case.entry, Outcome.REFUSED, Reason.BUSY)
    case.wakes_until(60)
    case.answers(2_100, case.entry, Outcome.NOT_SENT)
    assert (len(case.state.attempts), case.phase()) == (2, Phase.ENTERING)
    case.reads(2_300, AskPositions(SYMBOL), position(0, 2_280, told=2_280))
    assert (case.phase(), case.state.end) == (Phase.FLAT, EndReason.NOT_SENT)


def test_an_entry_that_filled_nothing_ends_flat() -> None:
    """An immediate-or-cancel bound that found no taker."""
    case = entering()
    case.hears(100, order(case.entry, OrderStatus.EXPIRED, 0, at=100, source=Source.STREAM))
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
