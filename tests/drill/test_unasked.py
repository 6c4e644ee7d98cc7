"""What our orders did is held against what the signal asked for, whatever the house recorded that it had read."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from seawall.drill.unasked import unasked
from seawall.model.ids import Side, VenueName
from seawall.model.signal import Signal, Size, SizeUnit, Stop, TriggerBy
from tests.drill.worlds import protected
from venuesim.facts import Fact

D = Decimal
DONE = {venue: protected(venue) for venue in VenueName}


def asked(venue: VenueName) -> Signal:
    """The signal that the world has carried out: buy for 50 of quote, a stop 5 % away by the mark."""
    (saga,) = DONE[venue].sagas()
    return saga.state.signal


def facts(venue: VenueName) -> list[Fact]:
    """What the book of that world has seen."""
    return list(DONE[venue].box.history.facts)


@pytest.mark.parametrize("venue", list(VenueName))
def test_what_was_asked_is_not_told(venue: VenueName) -> None:
    """The very signal that was carried out."""
    assert list(unasked(facts(venue), [asked(venue)], moves=False, jumps=False)) == []


@pytest.mark.parametrize("venue", list(VenueName))
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"side": Side.SELL}, "went the other way"),
        ({"size": Size(SizeUnit.QUOTE, D(17))}, "asked for 17 of quote"),
        ({"size": Size(SizeUnit.BASE, D("0.01"))}, "asked for 0.01"),
        ({"stop": Stop(percent=D(2))}, "5.0 % from the entry: s1 asked for 2 %"),
        ({"stop": Stop(percent=D(20))}, "5.0 % from the entry: s1 asked for 20 %"),
        ({"stop": Stop(percent=D(5), trigger_by=TriggerBy.LAST)}, "a stop watches MARK: s1 asked for last"),
    ],
)
def test_what_nobody_asked_for_is_told(venue: VenueName, changes: dict[str, Any], said: str) -> None:
    """The same book, and a signal that had asked for something else."""
    found = list(unasked(facts(venue), [replace(asked(venue), **changes)], moves=False, jumps=False))
    assert [text for text in found if said in text] == found != []


def test_a_stop_that_may_move_is_not_judged_by_its_first_place() -> None:
    """Another is asked for later, or the price jumps; what it watches is judged all the same where nothing moves."""
    wider = [replace(asked(VenueName.BYBIT), stop=Stop(percent=D(20)))]
    assert list(unasked(facts(VenueName.BYBIT), wider, moves=True, jumps=False)) == []
    assert list(unasked(facts(VenueName.BYBIT), wider, moves=False, jumps=True)) == []
