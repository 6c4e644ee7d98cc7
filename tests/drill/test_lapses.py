"""What the checkers say of a position that lost its cover: of a house that looks too rarely, or believes too long."""

from __future__ import annotations

import pytest

from seawall.drill.lapses import lapses
from seawall.engine.settings import DeskSettings
from seawall.model.ids import VenueName
from seawall.model.times import MINUTE, SECOND, Bounds, Duration
from tests.drill.worlds import COIN, protected
from venuesim.facts import StopStatus


def robbed(venue: VenueName, bounds: Bounds, *faults: dict[str, object], lasts: Duration = 3 * MINUTE) -> list[str]:
    """What is said of a house with these bounds whose stop a hand cancels, and which then meets these faults."""
    world = protected(venue, DeskSettings(bounds=bounds))
    world.run(most=5 * SECOND)
    for fault in faults:
        world.fault(**fault)
    for found in world.box.book.open_stops(world.account, COIN):
        if found.status is StopStatus.LIVE:
            world.box.cancel_by_hand(found.stop_id, world.now)
    world.stir()
    world.run(most=lasts)
    box = world.box
    return list(lapses(box.judge(world.now).episodes, box.history.facts, box.log, world.witness, box.faults.fired))


REFUSED = {"fault": "stop_refused", "call": "stop.create", "times": 100_000}
DEAF = {"fault": "stream_silence", "call": "stream.*", "ms": 10 * 60_000}


@pytest.mark.parametrize("venue", VenueName)
@pytest.mark.parametrize("faults", [(), (REFUSED,), (DEAF,), (DEAF, REFUSED)])
def test_the_house_as_it_is_lets_no_lapse_last(venue: VenueName, faults: tuple[dict[str, object], ...]) -> None:
    """Told or untold, with a venue that takes another stop and with one that refuses every one."""
    assert robbed(venue, Bounds(), *faults) == []


@pytest.mark.parametrize("venue", VenueName)
def test_a_house_that_was_told_and_does_nothing_is_named(venue: VenueName) -> None:
    """Every new stop is refused, and the naked clock runs for a minute instead of five seconds."""
    [said] = robbed(venue, Bounds(max_naked=MINUTE), REFUSED)
    assert "naked again" in said
    assert "after it was told that its cover was gone" in said


def test_a_house_that_looks_too_rarely_is_named() -> None:
    """The stream says nothing, and the stops are read every ten minutes."""
    [said] = robbed(VenueName.BINANCE, Bounds(stop_reread=10 * MINUTE, books_reread=10 * MINUTE), DEAF)
    assert "and nobody looked" in said


def test_what_an_outage_takes_is_not_counted() -> None:
    """While the venue answers nothing, nobody can look and nobody can act."""
    out = {"fault": "maintenance", "call": "*", "after": 0, "until": 150 * SECOND}
    assert robbed(VenueName.BINANCE, Bounds(), DEAF, out) == []
