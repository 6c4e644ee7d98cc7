"""The second storm itself: a few of its seeds, and that a seed is a world for ever."""

from __future__ import annotations

import pytest

from seawall.drill import mayhem
from seawall.model.ids import VenueName
from tests.adversary import first_plans
from tests.adversary.stage import BINANCE, Stage, leftovers, wrongs


@pytest.mark.parametrize("venue", list(VenueName))
@pytest.mark.parametrize("seed", [0, 1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 8))])
def test_a_seed_of_mayhem_breaches_nothing(venue: VenueName, seed: int) -> None:
    """Many signals, hands, faults and kills at once: nothing doubled, nothing turned, nothing left, everything ended."""
    outcome = mayhem.attempt(mayhem.draw_mayhem(venue, seed))
    assert outcome.breaches == []
    assert outcome.ends or seed == 1


def test_a_seed_is_the_same_world_twice() -> None:
    """A seed drawn twice gives the same deeds and faults, and the same ends."""
    first, second = (mayhem.draw_mayhem(VenueName.BYBIT, 5) for _ in range(2))
    assert first == second
    assert mayhem.attempt(first).ends == mayhem.attempt(second).ends


def test_an_entry_that_the_network_repeats_is_seen_by_the_reader_of_fills() -> None:
    """Binance fills a repeated request twice under one name: the reader of fills says that more came than was intended."""
    stage = Stage(BINANCE)
    stage.fault(fault="request_twice", call="order.create", nth=1, ms=300)
    stage.send("a")
    assert stage.calm()
    assert any("filled more than was intended" in text for text in wrongs(stage)), wrongs(stage)
    assert leftovers(stage) == []


@pytest.mark.parametrize(
    ("venue", "seed"),
    [
        ("bybit", 147),
        ("bybit", 322),
        ("bybit", 396),
        ("binance", 398),
        ("binance", 171),
        ("binance", 254),
    ],
)
def test_a_seed_that_taught_something_breaches_nothing(venue: str, seed: int) -> None:
    """Worlds in which a hand's trades kept a signal from its end, or left it called PROTECTED, end as they should."""
    assert mayhem.attempt(mayhem.draw_mayhem(VenueName(venue), seed, first_plans.draw)).breaches == []


@pytest.mark.parametrize("seed", [52, 9139])
def test_a_hand_that_the_venue_refuses_does_nothing(seed: int) -> None:
    """The owner moves the stop of a position so young that Bybit does not know it yet; or to where it stands."""
    refused = mayhem.guarded(mayhem.draw_mayhem(VenueName.BYBIT, seed), VenueName.BYBIT, seed)
    assert mayhem.attempt(refused).breaches == []
