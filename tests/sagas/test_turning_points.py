"""When a close is taken for absent, a move for refused, flat for settled; and the instants that turn a judgement."""

from __future__ import annotations

from seawall.model import events as ev
from seawall.model.acts import Outcome, Reason
from seawall.model.ids import Side
from seawall.model.reports import OrderStatus, Source, StopStatus
from seawall.model.signal import Stop
from seawall.sagas.evidence.absence import is_close_absent
from seawall.sagas.evidence.aftermath import quarantine
from seawall.sagas.evidence.standing import is_move_refused
from seawall.sagas.judgement import horizon_of, turning_points
from tests.sagas.builders import (
    BOUNDS,
    BYBIT,
    SYMBOL,
    AskOrder,
    AskPositions,
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
from tests.sagas.cases import absent, closing_by_timer, provisional

STREAM = Source.STREAM


# ---- closes, moves, time


def test_an_unknown_close_is_absent_after_two_reads_of_its_name_and_one_of_the_position() -> None:
    """Half a second apart, all begun after it was concluded; being seen ends the question."""
    case = closing_by_timer()
    name = case.state.closes[0].client_id
    case.answers(5_200, name, Outcome.UNKNOWN)

    def is_absent() -> bool:
        return is_close_absent(case.state, case.state.closes[0], case.around)

    case.reads(5_320, AskOrder(SYMBOL, name), began=5_300)
    case.reads(5_330, AskPositions(SYMBOL), position(27, 5_310), began=5_310)
    assert not is_absent()
    case.reads(5_820, AskOrder(SYMBOL, name), began=5_799)
    assert not is_absent()
    case.reads(5_830, AskOrder(SYMBOL, name), began=5_800)
    assert is_absent()
    case.hears(5_900, order(name, OrderStatus.OPEN, 0, at=5_900))
    assert not is_absent()


def test_a_close_without_an_outcome_is_not_absent() -> None:
    """It may be under way."""
    case = closing_by_timer()
    assert not is_close_absent(case.state, case.state.closes[0], case.around)


def test_a_refused_move_keeps_the_old_stop_in_place() -> None:
    """A stop refused at the settled trigger for good leaves the old one its trigger; a venue too busy is no refusal."""
    case = provisional("0.2020")
    moved = case.newest_stop
    assert moved.trigger == D("0.1919")
    assert not is_move_refused(case.state)
    case.answers(400, moved.client_id, Outcome.REFUSED, Reason.BUSY)
    assert not is_move_refused(case.state)
    case.wakes_until(1_000)
    case.answers(1_100, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_REFUSED)
    refused = [event for event in case.events if isinstance(event, ev.StopMoveRefused)]
    assert [(event.trigger, event.kept) for event in refused] == [(D("0.1919"), D("0.1900"))]
    assert (case.finding(), case.phase()) == (Finding.PROTECTED, Phase.PROTECTED)


def test_the_turning_points_name_when_the_same_evidence_is_judged_otherwise() -> None:
    """Age while preparing; age, retry and horizon while entering; the clock; a stuck trigger; the quarantine."""
    case = Case()
    assert list(turning_points(case.state, case.around, 0)) == [case.state.signal.expires_at() + 1]
    case = entering(clock_offset=7, clock_error=3)
    points = list(turning_points(case.state, case.around, 0))
    assert case.state.signal.expires_at() + 1 in points
    assert horizon_of(case.state.attempts[0], case.around) - 7 + 3 + 1 in points
    case = naked()
    assert ms(100) + BOUNDS.max_naked in list(turning_points(case.state, case.around, case.saga.agenda.naked_since))
    case = protected()
    case.hears(300, stop(case.newest_stop.client_id, StopStatus.TRIGGERING, at=300))
    assert ms(300) + BOUNDS.triggering + 1 in list(turning_points(case.state, case.around, 0))
    gone = absent()
    lasts = quarantine(gone.state, gone.around)
    assert list(turning_points(gone.state, gone.around, 0)) == [gone.state.flat_at + lasts]


def test_quarantine_lasts_through_doubt_for_a_stop_that_was_not_seen_to_end() -> None:
    """Binance's algo service documents no window: what may live there is doubted for a minute; nothing, for nothing."""
    case = armed()
    assert quarantine(case.state, case.around) == BOUNDS.doubt
    name = case.newest_stop.client_id
    case.hears(200, stop(name, StopStatus.FINISHED, at=200), fill(name, trade="s1", at=200))
    assert quarantine(case.state, case.around) == 0
    assert quarantine(armed(traits=BYBIT).state, armed(traits=BYBIT).around) == BOUNDS.doubt


def test_a_short_is_judged_by_the_same_rules() -> None:
    """Sold, stop above: the mirror of the long."""
    case = protected(signal(side=Side.SELL, stop=Stop(price=D("0.2100"))))
    assert case.finding() is Finding.PROTECTED
    case.hears(300, position(27, 300, told=300, source=STREAM))
    assert case.finding() is Finding.CONTRARY
