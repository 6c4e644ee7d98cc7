"""Who may have taken a position away is somebody else only where none of ours can have done it unheard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seawall.model.acts import Outcome, Reason
from seawall.model.events import EndReason
from seawall.model.ids import ClientId, Side
from seawall.model.queries import AskStop
from seawall.model.reports import StopStatus
from seawall.sagas.evidence.takers import was_outside
from seawall.sagas.phase import Phase
from tests.sagas.builders import SYMBOL, Case, armed, fill, naked, protected, stop


def fires(case: Case, status: StopStatus = StopStatus.TRIGGERING) -> Case:
    """The case, its stop told to be in `status` at 800 under no order."""
    case.hears(800, stop(case.newest_stop.client_id, status, at=800))
    return case


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (StopStatus.LIVE, False),
        (StopStatus.CANCELLED, True),
        (StopStatus.EXPIRED, True),
        (StopStatus.REJECTED, True),
    ],
)
def test_beside_a_stop_that_stood_it_may_have_been_ours(status: StopStatus, expected: bool) -> None:
    """It had not fired when it was last seen to stand; told to have ended otherwise, it has not fired at all."""
    state = protected().state
    stops = {name: replace(facts, status=status) for name, facts in state.stops.items()}
    assert was_outside(replace(state, stops=stops)) is expected


def test_beside_a_stop_that_nobody_saw_it_may_have_been_ours() -> None:
    """Acknowledged, and gone before anybody looked."""
    assert not was_outside(armed().state)


def test_a_stop_that_was_refused_has_taken_nothing() -> None:
    """No order of ours can have."""
    case = naked()
    case.answers(150, case.newest_stop.client_id, Outcome.REFUSED, Reason.FILTER)
    refused = {name: facts for name, facts in case.state.stops.items() if facts.outcome is Outcome.REFUSED}
    assert was_outside(replace(case.state, stops=refused))


@pytest.mark.parametrize("status", [StopStatus.TRIGGERING, StopStatus.TRIGGERED, StopStatus.FINISHED])
def test_beside_a_stop_that_has_fired_it_may_have_been_ours(status: StopStatus) -> None:
    """Its order was not heard of."""
    assert not was_outside(fires(protected(), status).state)


def test_a_trade_of_anothers_name_says_who_it_was() -> None:
    """Whatever of ours is in doubt."""
    case = fires(protected())
    case.hears(900, replace(fill(ClientId("web_1"), 27, at=890), side=Side.SELL))
    assert was_outside(case.state)


def test_an_end_that_nobody_has_explained_is_unknown() -> None:
    """The position is gone, the stop that was firing is missing, and no trade is told within ten seconds."""
    case = fires(protected())
    case.flat(900)
    for at in (1_500, 12_000):
        case.reads(at, AskStop(SYMBOL, case.newest_stop.client_id))
        case.flat(at + 100)
    case.wakes_until(200_000)
    assert (case.phase(), case.state.end) == (Phase.FLAT, EndReason.UNKNOWN)
