"""The quantity that the journal calls protected, held against what stands."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from seawall.drill.checks import fold, other_quantities
from seawall.model.ids import VenueName
from seawall.model.times import SECOND
from tests.drill.worlds import protected


@pytest.mark.parametrize("venue", VenueName)
def test_journal_and_judge_must_agree_about_how_much(venue: VenueName) -> None:
    """The same quantity is none of the checker's affair, half of it is."""
    world = protected(venue)
    world.run(most=SECOND)
    verdict, states = world.box.judge(world.now), fold(world.recorded())
    assert list(other_quantities(verdict, states.values())) == []
    [position] = verdict.positions
    halved = replace(verdict, positions=[replace(position, quantity=position.quantity * Decimal("0.5"))])
    [said] = other_quantities(halved, states.values())
    assert "are protected, the venue holds" in said
