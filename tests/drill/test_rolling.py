"""A few seeds that move with the day, so that every day's tests have seen other storms than the day before.

The range stands in each test's name. SEAWALL_ROLL=N repeats the day N.
"""

from __future__ import annotations

import datetime as dt
import os

import pytest

from seawall.drill import mayhem
from seawall.drill.plans import draw
from seawall.drill.printer import text_of
from seawall.drill.trial import attempt
from seawall.model.ids import VenueName

DAY = int(os.environ.get("SEAWALL_ROLL", "") or dt.datetime.now(tz=dt.UTC).toordinal())
SEEDS = range(DAY * 10, DAY * 10 + 10)
WORLDS = range(DAY * 2, DAY * 2 + 2)


@pytest.mark.parametrize("venue", list(VenueName))
@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_of_today_breaches_nothing(venue: VenueName, seed: int) -> None:
    """A storm of today's range holds; a failure prints its page, and SEAWALL_ROLL with the day's number repeats it."""
    result = attempt(draw(venue, seed))
    assert result.breaches == [], f"SEAWALL_ROLL={DAY}\n{text_of(result.plan.page)}"


@pytest.mark.parametrize("venue", list(VenueName))
@pytest.mark.parametrize("seed", WORLDS)
def test_a_world_of_today_breaches_nothing(venue: VenueName, seed: int) -> None:
    """A world of many signals of today's range holds."""
    assert mayhem.attempt(mayhem.draw_mayhem(venue, seed)).breaches == [], f"SEAWALL_ROLL={DAY}"
