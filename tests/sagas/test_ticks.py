"""A tick that the venue has changed: a stop that it refuses by its rules has them read again, and fits the new ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seawall.model import events as ev
from seawall.model.acts import ClosePosition, Outcome, PlaceStop, Reason
from seawall.model.ids import Side
from seawall.model.queries import AskInstruments
from seawall.model.signal import Signal, Stop
from tests.sagas.builders import INSTRUMENT, Case, D, Finding, naked, percent, signal, stop

LONG = signal()
SHORT = signal(side=Side.SELL, stop=Stop(price=D("0.2100")))


def refused(case: Case, after: float, reason: Reason = Reason.FILTER) -> None:
    """The venue refuses the stop that is under way."""
    case.answers(after, case.newest_stop.client_id, Outcome.REFUSED, reason)


@pytest.mark.parametrize(("reason", "asked"), [(Reason.FILTER, 1), (Reason.FUNDS, 0)])
def test_a_stop_refused_by_the_rules_has_them_read_again(reason: Reason, asked: int) -> None:
    """Within a moment, as often as they are wanted; a refusal for anything else is no news of them."""
    case = naked()
    refused(case, 110, reason)
    case.wakes_until(400)
    assert case.queries.count(AskInstruments()) == asked


@pytest.mark.parametrize(
    ("signalled", "tick", "fitted"),
    [(LONG, "0.003", "0.192"), (SHORT, "0.004", "0.208"), (percent(5), "0.003", "0.192")],
)
def test_the_next_stop_is_placed_on_the_tick_that_there_is_now(signalled: Signal, tick: str, fitted: str) -> None:
    """Rounded towards the entry; there it belongs from now on, and is not moved from there."""
    case = naked(signalled)
    before = case.newest_stop.trigger
    refused(case, 110)
    case.wakes_until(115)
    assert case.newest_stop.trigger == before
    case.given["instrument"] = replace(INSTRUMENT, tick=D(tick))
    refused(case, 120)
    case.wakes_until(200)
    act = case.sent(PlaceStop)[-1]
    assert (act.trigger, case.state.settled_trigger) == (D(fitted), case.told_of(ev.TriggerSettled)[-1])
    case.answers(210, act.client_id)
    case.hears(220, stop(act.client_id, at=220, trigger=act.trigger))
    assert (case.finding(), case.newest_stop.client_id, case.sent(ClosePosition)) == (
        Finding.PROTECTED,
        act.client_id,
        [],
    )


def test_a_stop_that_fits_is_placed_again_where_it_was() -> None:
    """The rules have not changed, or not been read: the same trigger, and nothing is settled anew."""
    for rules in (INSTRUMENT, None):
        case = naked(instrument=INSTRUMENT)
        case.given["instrument"] = rules
        refused(case, 110)
        case.wakes_until(200)
        assert {act.trigger for act in case.sent(PlaceStop)} == {D("0.1900")}
        assert case.told_of(ev.TriggerSettled) == []
