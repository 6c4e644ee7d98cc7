"""The rows of the table that no page can visit (`drill/rows.py` says why), each visited by evidence made by hand."""

from __future__ import annotations

from seawall.drill.rows import ONE_STEP, row_name
from seawall.model.acts import CancelOrder, Outcome, Reason
from seawall.model.queries import AskFills, AskStops
from seawall.model.reports import OrderStatus
from seawall.sagas.phase import Phase
from tests.sagas.builders import SYMBOL, AskStop, Case, D, fill, naked, order, protected, stop
from tests.sagas.cases import HORIZON, LAG, unheard


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


def a_fill_before_a_cleared_stop() -> Case:
    """A hand has closed the position, our cancel of the stop was not answered, and a read missed it: it stands, and five
    more fill.
    """
    case = protected()
    kept = case.newest_stop
    case.flat(300)
    case.reads(400, AskStop(SYMBOL, kept.client_id), stop(kept.client_id, at=390, trigger=kept.trigger))
    case.answers(800, case.sent(CancelOrder)[0].client_id, Outcome.UNKNOWN)
    case.reads(900, AskStop(SYMBOL, kept.client_id))
    case.reads(10_500, AskFills(SYMBOL, case.baseline_at))
    assert case.phase() is Phase.QUARANTINE
    late = fill(case.entry, 5, trade="t2", at=11_000)
    case.hears(11_000, stop(kept.client_id, at=11_000, trigger=kept.trigger), late)
    return case


def test_what_no_page_visits_is_answered_for_all_that() -> None:
    """A word that nobody should say still has its row: nothing is sent twice, and what is open is covered or closed."""
    told_of, refused, cleared = (
        an_absent_attempt_told_of(),
        a_fill_behind_a_refused_stop(),
        a_fill_before_a_cleared_stop(),
    )
    assert set(ONE_STEP) <= visits(told_of) | visits(refused) | visits(cleared)
    assert (told_of.phase(), len(told_of.state.attempts)) == (Phase.PROTECTED, 2)
    assert (refused.phase(), refused.exposure.open) == (Phase.CLOSING, D(5))
    assert (cleared.phase(), cleared.exposure.open) == (Phase.CLOSING, D(5))
