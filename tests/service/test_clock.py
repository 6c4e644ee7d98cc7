"""Our clock goes on where the journal ends, whatever has become of the machine's."""

from __future__ import annotations

from seawall.model.times import MINUTE, SECOND
from seawall.service.clock import UtcClock


def test_a_clock_goes_on_from_what_was_recorded() -> None:
    """A machine's clock was set back between two processes: nothing in the journal lies in the future."""
    clock = UtcClock()
    recorded = clock() + 40 * SECOND
    clock.not_before(recorded)
    assert recorded <= clock() < recorded + MINUTE
    assert 0 < clock.ahead <= 40 * SECOND


def test_a_clock_that_is_ahead_already_stays() -> None:
    """The usual start: the journal ends in the past."""
    clock = UtcClock()
    clock.not_before(clock() - MINUTE)
    assert clock.ahead == 0
