"""The judge: one piece of evidence more, one finding; and the instants at which the same evidence is judged otherwise."""

from __future__ import annotations

import pytest

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import ClosePosition, Outcome, Reason
from seawall.model.events import EndReason
from seawall.model.ids import VenueId
from seawall.model.queries import Query
from seawall.model.reports import OrderStatus, Source, StopStatus
from seawall.model.signal import Stop
from seawall.model.times import SECOND
from seawall.model.venue import Traits
from seawall.sagas.evidence.aftermath import quarantine
from seawall.sagas.evidence.cover import target_trigger
from seawall.sagas.judgement import (
    retry_at,
    turning_points,
)
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
from tests.sagas.cases import LAG, absent, closing_by_timer, provisional

STREAM = Source.STREAM
BOTH = pytest.mark.parametrize("traits", [BINANCE, BYBIT], ids=["binance", "bybit"])


# ---- one step each


def test_unready_while_something_must_be_read() -> None:
    """Nothing is known of the slot yet."""
    assert Case(position_complete=False).finding() is Finding.UNREADY


def test_ready_when_all_is_known() -> None:
    """A plan can be made."""
    assert Case().finding() is Finding.READY


def test_unfit_when_the_signal_cannot_be_executed() -> None:
    """Its stop is on the wrong side."""
    assert Case(signal(stop=Stop(price=D("0.3")))).finding() is Finding.UNFIT


@BOTH
def test_undecided_while_no_source_has_spoken(traits: Traits) -> None:
    """An intention alone, an acknowledgement, a lost answer: none of them is a fill or its absence."""
    for outcome in (None, Outcome.ACKNOWLEDGED, Outcome.UNKNOWN):
        case = entering(traits=traits)
        if outcome is not None:
            case.answers(50, case.entry, outcome)
        assert case.finding() is Finding.UNDECIDED


@BOTH
@pytest.mark.parametrize("query", ["order", "fills", "positions"])
def test_undecided_after_an_empty_read(traits: Traits, query: str) -> None:
    """Not found, an empty list, a flat position: none of them alone is absence (I01, I02)."""
    case = entering(traits=traits)
    case.answers(50, case.entry, Outcome.UNKNOWN)
    asked: dict[str, Query] = {
        "order": AskOrder(SYMBOL, case.entry),
        "fills": AskFills(SYMBOL, case.baseline_at),
        "positions": AskPositions(SYMBOL),
    }
    case.reads(60_000, asked[query], *([position(0, 59_980)] if query == "positions" else []))
    assert case.finding() is Finding.UNDECIDED


def test_undecided_on_a_filled_order_with_quantity_zero() -> None:
    """The word "closed, filled 0.0" (I04) is neither a fill nor an end without one."""
    case = entering()
    case.hears(100, order(case.entry, OrderStatus.FILLED, 0, at=100))
    assert case.finding() is Finding.UNDECIDED


def test_an_order_called_filled_is_never_taken_for_flat_by_stale_reads() -> None:
    """Filled with quantity 0, and the position read as flat for minutes: a contradiction to ask about, not an end."""
    case = entering()
    case.hears(100, order(case.entry, OrderStatus.FILLED, 0, at=100))
    for at in range(1_000, 120_000, 6_000):
        case.reads(at, AskPositions(SYMBOL), position(0, at - 20))
    assert case.phase() is Phase.ENTERING
    assert AskOrder(SYMBOL, case.entry) in case.saga.agenda.asking


@pytest.mark.parametrize("reason", [Reason.BUSY, Reason.CLOCK, Reason.LIMIT])
def test_deferred_when_refused_as_not_executed(reason: Reason) -> None:
    """Clock, limit, busy: the venue says that nothing was done, so another attempt is owed while fresh."""
    case = entering()
    case.answers(50, case.entry, Outcome.REFUSED, reason, retry_after=SECOND)
    assert case.finding() is Finding.DEFERRED
    assert retry_at(case.state) == ms(50) + SECOND


def test_not_deferred_while_another_word_shows_the_refused_entry_open() -> None:
    """A refusal is a claim too: what the stream has shown in the book may fill. Once it has ended empty, it may not."""
    case = entering()
    case.hears(30, order(case.entry, OrderStatus.OPEN, 0, at=30))
    case.answers(50, case.entry, Outcome.REFUSED, Reason.BUSY)
    assert (case.finding(), len(case.state.attempts)) == (Finding.UNDECIDED, 1)
    assert AskOrder(SYMBOL, case.entry) in case.saga.agenda.asking
    case.hears(900, order(case.entry, OrderStatus.EXPIRED, 0, at=900))
    assert len(case.state.attempts) == 2


@pytest.mark.parametrize("given", [{"may_enter": False}, {"began_at": T0 + SECOND}])
def test_not_deferred_without_authority_or_by_a_later_process(given: dict[str, object]) -> None:
    """An attempt of an earlier process is only looked for; one without authority is not repeated."""
    case = entering()
    case.given.update(given)
    case.answers(50, case.entry, Outcome.REFUSED, Reason.BUSY)
    assert case.finding() is Finding.EMPTY


def test_not_deferred_when_the_signal_is_stale_or_a_close_was_asked() -> None:
    """Past its age, or on its way home, no second attempt."""
    case = entering()
    case.answers(50, case.entry, Outcome.REFUSED, Reason.BUSY, retry_after=40 * SECOND)
    case.now = case.state.signal.expires_at()
    assert case.finding() is Finding.DEFERRED
    case.now += 1
    assert case.finding() is Finding.EMPTY
    case = entering()
    case.at(10, inp.CloseRequested(ms(10), SYMBOL, "hand"))
    case.answers(50, case.entry, Outcome.REFUSED, Reason.BUSY)
    assert case.finding() is Finding.EMPTY


@pytest.mark.parametrize("reason", [Reason.FUNDS, Reason.FILTER, Reason.STOP_REFUSED, Reason.BAND, Reason.PARAMETER])
def test_empty_when_refused_for_good(reason: Reason) -> None:
    """A definite refusal ends the entry; flat is to be proven, and it is not tried again."""
    case = entering()
    case.answers(50, case.entry, Outcome.REFUSED, reason)
    assert case.finding() is Finding.EMPTY


def test_a_duplicate_name_is_evidence_that_it_was_seen() -> None:
    """110072 refuses the repeat, not the order: look it up."""
    case = entering(traits=BYBIT)
    case.answers(50, case.entry, Outcome.REFUSED, Reason.DUPLICATE_NAME)
    assert case.finding() is Finding.UNDECIDED


@pytest.mark.parametrize("witness", ["trade", "order", "partial", "position"])
def test_naked_by_any_one_witness(witness: str) -> None:
    """A trade, an order's word, a part of it, or the position's change: the first suffices (rule 4)."""
    case = entering()
    report = {
        "trade": fill(case.entry, at=100),
        "order": order(case.entry, filled=27, at=100),
        "partial": order(case.entry, OrderStatus.PARTIAL, 1, at=100),
        "position": position(27, 100, told=100, source=STREAM),
    }[witness]
    case.hears(100, report)
    assert (case.finding(), case.phase()) == (Finding.NAKED, Phase.PROTECTING)


def test_overdue_at_max_naked_and_not_before() -> None:
    """Five seconds from the first proof of a fill in our time."""
    case = naked()
    case.now = ms(100) + BOUNDS.max_naked - 1
    assert case.finding() is Finding.NAKED
    case.now += 1
    assert case.finding() is Finding.OVERDUE


def test_the_naked_clock_stands_still_while_the_venue_does_not_answer() -> None:
    """A second of the venue's silence moves the end by a second."""
    case = naked()
    case.given["mute"] = SECOND
    case.now = ms(100) + BOUNDS.max_naked + SECOND - 1
    assert case.finding() is Finding.NAKED
    case.now += 1
    assert case.finding() is Finding.OVERDUE


def test_a_silence_that_began_before_the_naked_clock_holds_it_only_from_there_on() -> None:
    """Four seconds of it had passed when the fill was told, and one more when the reply was missed."""
    case = naked()
    case.at(200)
    began = case.saga.agenda.naked_since
    case.given |= {"mute": 5 * SECOND, "mute_since": began + SECOND - 5 * SECOND}
    case.now = began + SECOND
    case.saga.decide(case.around)
    case.given |= {"mute_since": 0}
    case.now = began + SECOND + BOUNDS.max_naked - 1
    assert case.finding() is not Finding.OVERDUE
    case.now += 1
    assert case.finding() is Finding.OVERDUE


@pytest.mark.parametrize(("covered_for", "bare_until"), [(1, 5_101), (4_999, 10_099), (5_000, 13_000)])
def test_a_stop_that_does_not_last_lets_the_naked_clock_stand_still(covered_for: int, bare_until: int) -> None:
    """Bare from 100, covered from 3,000: a stop live for an instant and rejected, again and again, covers nothing."""
    case = naked()
    case.hears(3_000, stop(case.newest_stop.client_id, at=3_000))
    gone = 3_000 + covered_for
    case.hears(gone, stop(case.newest_stop.client_id, StopStatus.REJECTED, at=gone))
    case.now = ms(bare_until) - 1
    assert case.finding() is Finding.NAKED
    case.now += 1
    assert case.finding() is Finding.OVERDUE


def test_the_naked_clock_adds_up_what_covers_that_do_not_last_leave_between_them() -> None:
    """Rule 13 has the clock run while nothing is acknowledged or live, and never sets it back: a stop taken and rejected
    every second would keep a clock that began anew from ever running out, over a position bare for nine tenths of it.
    """
    case = naked()
    for began in range(100, 5_100, 1_000):
        name = case.newest_stop.client_id
        case.hears(began + 900, stop(name, at=began + 900))
        case.hears(began + 1_000, stop(name, StopStatus.REJECTED, at=began + 1_000))
    case.wakes_until(5_599)
    assert (case.finding(), case.sent(ClosePosition)) == (Finding.NAKED, [])
    case.wakes_until(5_600)
    assert (case.state.end, [act.quantity for act in case.sent(ClosePosition)]) == (EndReason.NAKED_TOO_LONG, [D(27)])


@pytest.mark.parametrize("taken", [True, False])
def test_a_clock_that_goes_on_tries_the_stop_first(*, taken: bool) -> None:
    """Two tenths of a second are left of it when the cover is lost: a stop goes at once, and its acknowledgement keeps
    the position; no close is sent before they are over.
    """
    case = naked()
    first = case.newest_stop.client_id
    case.hears(4_900, stop(first, at=4_900))
    case.hears(8_900, stop(first, StopStatus.CANCELLED, at=8_900))
    assert case.newest_stop.is_pending
    if taken:
        case.answers(9_000, case.newest_stop.client_id)
    case.wakes_until(9_099)
    assert case.sent(ClosePosition) == []
    case.wakes_until(9_100)
    assert bool(case.sent(ClosePosition)) is not taken


def test_a_held_timer_is_not_overdue() -> None:
    """After two closes by the timer placing goes on, and nothing is closed for time until the hold ends."""
    case = naked(timer_held_until=ms(60_000))
    case.now = ms(59_999)
    assert case.finding() is Finding.NAKED
    case.now = ms(60_000)
    assert case.finding() is Finding.OVERDUE
    assert ms(60_000) in list(turning_points(case.state, case.around, case.saga.agenda.naked_since))


def test_passed_when_a_final_trigger_is_refused_as_passed() -> None:
    """The market is behind the stop: it can never be placed."""
    case = naked()
    case.answers(150, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    assert (case.finding(), case.phase()) == (Finding.PASSED, Phase.CLOSING)


def bounded(case: Case, times: int, at: float = 150) -> None:
    """The venue refuses so many stops in a row as too far from the market, each as soon as it is sent."""
    for step in range(times):
        case.wakes_until(at + 300 * step)
        case.answers(at + 300 * step + 20, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_BOUND)


def test_passed_when_a_final_trigger_is_refused_as_too_far_four_times_in_a_row() -> None:
    """A bound that follows the market may let the next one in; as many as are repeated at once are its last word."""
    case = naked()
    bounded(case, len(BOUNDS.stop_repeat) - 1)
    assert (case.finding(), case.phase()) == (Finding.NAKED, Phase.PROTECTING)
    bounded(case, 1, at=1_500)
    assert (case.finding(), case.phase(), case.state.end) == (
        Finding.PASSED,
        Phase.CLOSING,
        EndReason.STOP_BEYOND_BOUND,
    )
    [began] = case.told_of(ev.RollbackBegan)
    assert "refused (stop_bound)" in began.detail


def test_a_stop_that_is_taken_between_two_refusals_as_too_far_covers() -> None:
    """The row of refusals is broken, and nothing is closed."""
    case = naked()
    bounded(case, len(BOUNDS.stop_repeat) - 1)
    case.wakes_until(1_500)
    case.answers(1_520, case.newest_stop.client_id)
    assert (case.finding(), case.phase(), case.sent(ClosePosition)) == (Finding.ARMED, Phase.PROTECTING, [])


def test_a_provisional_trigger_that_is_too_far_gives_way_to_that_of_the_fills() -> None:
    """The final one is nearer or further by what the entry slipped, and its refusals alone close."""
    case = naked(percent(5))
    bounded(case, 1)
    assert case.told_of(ev.TriggerSettled)
    assert (case.finding(), case.newest_stop.trigger) == (Finding.NAKED, target_trigger(case.state))
    bounded(case, len(BOUNDS.stop_repeat), at=600)
    assert case.state.end is EndReason.STOP_BEYOND_BOUND


@pytest.mark.parametrize("ended", [False, True])
def test_no_news_that_the_market_has_passed_a_stop_that_is_just_firing(*, ended: bool) -> None:
    """Its own order may be filling: for two seconds no close is sent beside it, unless it is told to have ended."""
    case = protected()
    fired = case.newest_stop
    case.hears(20_000, stop(fired.client_id, StopStatus.TRIGGERED, at=20_000))
    case.answers(20_050, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    assert (case.finding(), case.phase(), case.sent(ClosePosition)) == (Finding.NAKED, Phase.PROTECTING, [])
    last = 20_060 if ended else 22_000
    case.wakes_until(last)
    assert case.sent(ClosePosition) == []
    if ended:
        case.hears(last, stop(fired.client_id, StopStatus.REJECTED, at=last))
    else:
        case.wakes_until(last + 1)
    assert (case.phase(), case.state.end) == (Phase.CLOSING, EndReason.TRIGGER_PASSED)


@pytest.mark.parametrize("reason", [Reason.STOP_REFUSED, Reason.NO_POSITION, Reason.STOP_EXISTS, Reason.BUSY])
def test_naked_while_a_stop_is_refused_for_another_reason(reason: Reason) -> None:
    """Only a passed trigger closes at once; for all else the clock runs and placing goes on."""
    case = naked()
    case.answers(150, case.newest_stop.client_id, Outcome.REFUSED, reason)
    assert (case.finding(), case.phase()) == (Finding.NAKED, Phase.PROTECTING)


def test_armed_when_the_stop_is_acknowledged_and_unseen() -> None:
    """It stops the clock for as long as it lasts: ACKNOWLEDGED never closes."""
    case = armed()
    case.now = ms(3_600_000)
    assert case.finding() is Finding.ARMED
    assert case.phase() is Phase.PROTECTING


def test_armed_when_a_live_stop_is_missed_twice() -> None:
    """Missing from two reads a lag apart asks for placing it again; the position is not called naked for it."""
    case = protected()
    for at in (20_000, 20_000 + LAG):
        case.reads(at, AskStop(SYMBOL, case.state.confirmed[0]))
    assert case.finding() is Finding.ARMED


@BOTH
def test_covered_while_the_entry_is_not_terminal(traits: Traits) -> None:
    """A part has filled and is covered by a live stop; how much will fill is not known yet."""
    case = entering(traits=traits)
    case.hears(100, order(case.entry, OrderStatus.PARTIAL, 10, at=100))
    seen = case.newest_stop
    if traits is BINANCE:
        case.answers(150, seen.client_id)
        case.hears(200, stop(seen.client_id, at=200, trigger=seen.trigger))
    else:
        row = position(10, 200, told=150, source=STREAM, stop_loss=seen.trigger)
        case.hears(200, row, stop("", at=200, trigger=seen.trigger, venue_id=VenueId("c-1")))
    assert case.finding() is Finding.COVERED


def test_covered_while_any_attempt_is_not_terminal() -> None:
    """The first was refused, the second has filled in part: its end is still to come."""
    case = entering()
    case.answers(50, case.entry, Outcome.REFUSED, Reason.BUSY)
    case.wakes_until(60)
    case.hears(100, order(case.entry, OrderStatus.PARTIAL, 10, at=100))
    case.answers(150, case.newest_stop.client_id)
    case.hears(200, stop(case.newest_stop.client_id, at=200))
    assert len(case.state.attempts) == 2
    assert case.finding() is Finding.COVERED


def test_covered_while_the_fill_is_known_by_its_effect_only() -> None:
    """The position moved and a stop lives: open and covered, but our order is not yet named filled."""
    case = entering()
    case.hears(100, position(27, 100, told=100, source=STREAM))
    case.answers(150, case.newest_stop.client_id)
    case.hears(200, stop(case.newest_stop.client_id, at=200))
    assert case.finding() is Finding.COVERED


def test_misplaced_when_the_fills_move_a_percent_stop_beyond_the_tolerance() -> None:
    """Filled at 0.2020 instead of 0.2000: five percent behind is 0.1919, not 0.1900."""
    case = provisional("0.2020")
    assert case.finding() is Finding.MISPLACED
    assert case.state.settled_trigger is not None
    assert case.state.settled_trigger.trigger == D("0.1919")


def test_protected_when_a_percent_stop_stays_within_the_tolerance() -> None:
    """Ten basis points of the reference are 0.0002: a final trigger so near keeps the provisional."""
    case = provisional("0.2002")
    assert case.finding() is Finding.PROTECTED
    assert case.state.settled_trigger is not None
    assert case.state.settled_trigger.trigger == D("0.1900")


@BOTH
def test_protected_when_all_of_it_was_seen(traits: Traits) -> None:
    """Entry terminal, fill known, stop live at its trigger."""
    assert protected(traits=traits).finding() is Finding.PROTECTED


def test_protected_where_the_owner_moved_the_stop() -> None:
    """A live stop of ours at another trigger is what its owner wants, while it covers."""
    case = protected()
    case.hears(300, stop(case.newest_stop.client_id, at=300, trigger=D("0.1800")))
    assert case.finding() is Finding.PROTECTED


def test_naked_again_when_the_stop_ends_with_the_position_open() -> None:
    """Cancelled, rejected, expired or finished at the venue."""
    for status in (StopStatus.CANCELLED, StopStatus.REJECTED, StopStatus.EXPIRED, StopStatus.FINISHED):
        case = protected()
        case.hears(300, stop(case.newest_stop.client_id, status, at=300))
        assert (case.finding(), case.phase()) == (Finding.NAKED, Phase.PROTECTING), status


def test_contrary_when_the_position_is_on_the_other_side() -> None:
    """One newer word of a short where we bought: a person is told, nothing is traded (I04)."""
    case = protected()
    case.hears(300, position(-27, 300, told=300, source=STREAM))
    assert case.finding() is Finding.CONTRARY


def test_spared_when_a_stop_takes_hold_and_no_close_is_out() -> None:
    """The close was refused and the stop acknowledged: the position is kept after all."""
    case = closing_by_timer()
    case.answers(5_200, case.newest_stop.client_id)
    assert (case.finding(), case.phase()) == (Finding.ARMED, Phase.CLOSING)
    case.at(
        5_250,
        inp.ActAnswered(case.state.closes[0].client_id, SYMBOL, Outcome.REFUSED, ms(5_110), ms(5_250), Reason.BUSY),
    )
    assert (Phase.CLOSING, Finding.SPARED) in case.saga.visited
    assert case.phase() is Phase.PROTECTING


def test_not_spared_while_any_close_may_still_act() -> None:
    """The first was refused, the second is out: a stop that takes hold now comes too late."""
    case = closing_by_timer()
    case.answers(5_150, case.state.closes[0].client_id, Outcome.REFUSED, Reason.BUSY)
    case.wakes_until(5_500)
    assert len(case.state.closes) == 2
    case.answers(5_600, case.newest_stop.client_id)
    assert case.phase() is Phase.CLOSING


def test_not_spared_for_any_other_way_home() -> None:
    """What its owner asked to close, or a passed trigger closed, is carried through."""
    case = armed()
    case.at(300, inp.CloseRequested(ms(300), SYMBOL, "hand"))
    case.answers(350, case.state.closes[0].client_id, Outcome.REFUSED, Reason.BUSY)
    assert case.finding() is Finding.ARMED


def test_empty_when_the_fill_is_gone_and_nothing_proves_it_yet() -> None:
    """The stop's trades outweigh the entry's; one source more must say flat."""
    case = protected()
    case.hears(300, fill(case.newest_stop.client_id, trade="s1", at=300))
    assert case.finding() is Finding.EMPTY


@pytest.mark.parametrize(("told", "finding"), [(900, Finding.EMPTY), (100, Finding.NAKED)])
def test_empty_when_the_word_of_the_instant_of_our_exit_shows_nothing(told: float, finding: Finding) -> None:
    """A hand has closed all but 17, our stop took those, and the row that this left has the date of its fill: what our
    fills leave is not there. A row of the instant of our entry may be of the moment before it.
    """
    case = protected()
    ran = case.newest_stop.client_id
    case.hears(950, stop(ran, StopStatus.FINISHED, at=900), fill(ran, 17, trade="exit", at=900, told=told))
    case.reads(1_000, AskPositions(SYMBOL), position(0, 980, told=told))
    assert case.finding() is finding


def test_empty_when_a_fill_known_by_its_effect_is_gone_again() -> None:
    """The position moved and moved back: something was open, so its end is proven and not waited for."""
    case = entering()
    case.hears(100, position(27, 100, told=100, source=STREAM))
    case.hears(200, position(0, 200, told=200, source=STREAM))
    assert case.finding() is Finding.EMPTY


def test_gone_when_flat_is_proven_and_something_unseen_may_still_come() -> None:
    """Entry whose end was proven by absence: quarantine holds the slot."""
    case = absent()
    assert (case.finding(), case.phase()) == (Finding.GONE, Phase.QUARANTINE)


def test_settled_at_once_when_everything_was_seen_to_end() -> None:
    """Refused entry, flat by its own word and a newer position: nothing can come back."""
    case = entering()
    case.answers(50, case.entry, Outcome.REFUSED, Reason.FUNDS)
    case.reads(400, AskPositions(SYMBOL), position(0, 380, told=380))
    assert (case.finding(), case.phase()) == (Finding.SETTLED, Phase.FLAT)


def test_settled_at_the_end_of_the_quarantine_and_not_before() -> None:
    """The window of an act, the margin and the read lag, counted from when flat was seen."""
    case = absent()
    lasts = BOUNDS.act_window + BOUNDS.margin + BOUNDS.read_lag
    assert quarantine(case.state, case.around) == lasts
    case.now = case.state.flat_at + lasts - 1
    assert case.finding() is Finding.GONE
    case.now += 1
    assert case.finding() is Finding.SETTLED


def test_the_quarantine_begins_anew_with_each_process() -> None:
    """While none lived nobody listened: what came of an order meanwhile is told to the new one first."""
    case = absent()
    lasts = quarantine(case.state, case.around)
    case.restart(3_600_000)
    assert case.phase() is Phase.QUARANTINE
    case.wakes_until(3_600_000 + lasts // 1000 - 1_000)
    assert case.phase() is Phase.QUARANTINE
    case.wakes_until(3_600_000 + lasts // 1000 + 1_000)
    assert case.phase() is Phase.FLAT


def test_nothing_that_left_is_flat_at_once() -> None:
    """An entry that never left the house needs no second source."""
    case = entering()
    case.answers(50, case.entry, Outcome.NOT_SENT)
    assert (case.finding(), case.phase()) == (Finding.SETTLED, Phase.FLAT)
