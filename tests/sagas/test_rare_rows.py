"""The rows of the table that no page can visit (`drill/rows.py` says why), each visited by evidence made by hand."""

from __future__ import annotations

from seawall.drill.rows import ONE_STEP, row_name
from seawall.model.acts import Outcome, Reason
from seawall.model.ids import VenueId
from seawall.model.queries import AskStops
from seawall.model.reports import OrderStatus
from seawall.model.times import MILLISECOND
from seawall.sagas.phase import Phase
from tests.sagas.builders import BOUNDS, Case, D, fill, naked, order, position, stop
from tests.sagas.cases import HORIZON, LAG, STREAM, doubted, unheard


def visits(case: Case) -> set[str]:
    """The rows that a case has judged."""
    return {row_name(*pair) for pair in case.saga.visited}


def an_absent_attempt_told_of() -> Case:
    """The second attempt is protected when the stream tells of the first as open."""
    case = unheard()
    first, case.given["may_enter"] = case.entry, True
    case.misses(HORIZON + 1)
    case.misses(HORIZON + 1 + LAG)
    assert len(case.state.attempts) == 2
    case.answers(20_050, case.entry)
    case.hears(20_100, fill(case.entry, at=20_100), order(case.entry, filled=27, at=20_100, average=D("0.2000")))
    case.answers(20_150, case.newest_stop.client_id)
    case.hears(20_200, stop(case.newest_stop.client_id, at=20_200, trigger=case.newest_stop.trigger))
    assert case.phase() is Phase.PROTECTED
    case.hears(20_300, order(first, OrderStatus.OPEN, at=20_300))
    return case


def a_fill_behind_a_refused_stop() -> Case:
    """A position whose stop was refused as passed is closed; while another of its stops is in doubt, five more fill."""
    case = naked()
    case.answers(150, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    case.answers(160, case.newest_stop.client_id, Outcome.UNKNOWN)
    case.hears(200, order(case.state.closes[0].client_id, filled=27, at=200))
    case.flat(300)
    case.reads(400, AskStops())
    assert case.phase() is Phase.QUARANTINE
    case.hears(1_000, fill(case.entry, 5, trade="t2", at=1_000))
    return case


def everything_at_one_instant() -> Case:
    """After absence was proven on Bybit the order, its position and its stop are told of in one frame."""
    blind = BOUNDS.doubt_blind // MILLISECOND
    case = doubted(blind + 1_000)
    assert case.phase() is Phase.QUARANTINE
    at = blind + 5_000
    trigger = case.newest_stop.trigger
    row = position(27, at, told=at, source=STREAM, stop_loss=trigger)
    child = stop("", at=at, trigger=trigger, venue_id=VenueId("c-1"))
    case.hears(at, row, child, order(case.entry, filled=27, at=at, average=D("0.2000")))
    return case


def test_what_no_page_visits_is_answered_for_all_that() -> None:
    """A word that nobody should say still has its row: nothing is sent twice, and what is open is covered or closed."""
    told_of, refused, at_once = (
        an_absent_attempt_told_of(),
        a_fill_behind_a_refused_stop(),
        everything_at_one_instant(),
    )
    assert set(ONE_STEP) <= visits(told_of) | visits(refused) | visits(at_once)
    assert (told_of.phase(), len(told_of.state.attempts)) == (Phase.PROTECTED, 2)
    assert (refused.phase(), refused.exposure.open) == (Phase.CLOSING, D(5))
    assert (at_once.phase(), at_once.exposure.open) == (Phase.CLOSING, D(27))
