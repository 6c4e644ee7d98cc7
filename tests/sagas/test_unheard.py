"""A new process that the venue has not answered yet: what may stand bare is not left to the first lost request."""

from __future__ import annotations

import pytest

from seawall.model.acts import ClosePosition, Outcome, PlaceStop, Reason
from seawall.model.queries import AskOrder, AskOrders, AskPositions
from seawall.sagas.phase import Phase
from tests.sagas.builders import SYMBOL, Case, entering, ms, naked, protected
from tests.sagas.cases import closing_by_timer

RESTART = 10_000.0


def restarted(case: Case, **given: object) -> Case:
    """The case in a new process that no request has answered."""
    case.given.update(has_answered=False, **given)
    case.acts.clear()
    case.queries.clear()
    case.restart(RESTART)
    return case


def test_a_stop_without_an_answer_is_sent_again_after_a_second_though_nothing_has_answered_yet() -> None:
    """Nobody knows that the venue is mute before a request has found no answer."""
    case = restarted(naked())
    assert len(case.sent(PlaceStop)) == 1
    case.wakes_until(RESTART + 1_001)
    assert len(case.sent(PlaceStop)) == 2


def test_a_venue_that_is_known_to_be_mute_is_not_hurried_by_a_new_process() -> None:
    """A request of this process has found no answer: the next ones go at the common pace."""
    case = restarted(naked(), mute_since=ms(RESTART))
    case.wakes_until(RESTART + 4_000)
    assert len(case.sent(PlaceStop)) == 1
    assert case.queries.count(AskPositions(SYMBOL)) == 1


def test_an_entry_in_doubt_is_asked_about_again_after_a_second() -> None:
    """It may have filled and stand bare, and no stream tells of what is past: its reads wait for no lost one."""
    case = restarted(entering())
    case.wakes_until(RESTART + 2_200)
    assert case.queries.count(AskPositions(SYMBOL)) >= 2
    assert case.queries.count(AskOrder(SYMBOL, case.entry)) >= 2


@pytest.mark.parametrize("make", [entering, protected])
def test_nothing_hurries_once_it_is_known_what_was_sent_or_where_it_was_seen_covered(make: object) -> None:
    """All orders since the intention have been listed, or a stop was live: reads go at their own pace."""
    case = restarted(make())  # type: ignore[operator]
    case.wakes_until(RESTART + 600)
    listed = next(query for query in case.queries if isinstance(query, AskOrders))
    case.reads(RESTART + 650, listed)
    before = len(case.queries)
    case.wakes_until(RESTART + 3_000)
    assert case.queries[before:].count(AskPositions(SYMBOL)) <= 1


def on_its_way_home() -> Case:
    """A new process where the naked timer of the old one began the way home: the close was refused, the stop unheard."""
    case = closing_by_timer()
    case.answers(5_150, case.state.closes[0].client_id, Outcome.REFUSED, Reason.FILTER)
    case.given.update(has_answered=True)
    case.acts.clear()
    case.restart(RESTART)
    return case


def test_a_close_by_an_earlier_process_s_timer_waits_for_the_answer_to_its_last_stop() -> None:
    """It may stand: it is sent again, and the position is kept if the venue has it."""
    case = on_its_way_home()
    case.wakes_until(RESTART + 300)
    assert [type(act) for act in case.acts] == [PlaceStop]
    case.answers(RESTART + 320, case.newest_stop.client_id)
    assert (case.phase(), case.sent(ClosePosition)) == (Phase.PROTECTING, [])


def test_such_a_close_leaves_once_that_stop_is_refused() -> None:
    """Nothing may stand any more: what the old process began goes on at once."""
    case = on_its_way_home()
    case.wakes_until(RESTART + 300)
    case.answers(RESTART + 320, case.newest_stop.client_id, Outcome.REFUSED, Reason.FILTER)
    assert len(case.sent(ClosePosition)) == 1


def test_such_a_close_waits_no_longer_than_the_naked_clock() -> None:
    """No stop is answered: the position is closed when the timer of this process is over, too."""
    case = on_its_way_home()
    case.wakes_until(RESTART + 4_900)
    assert case.sent(ClosePosition) == []
    case.wakes_until(RESTART + 5_100)
    assert len(case.sent(ClosePosition)) == 1
