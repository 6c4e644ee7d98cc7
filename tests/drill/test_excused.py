"""What excuses a bare position on an account: the naked timer is held when two others had to be closed."""

from __future__ import annotations

from seawall.drill.excused import ON_THE_WAY, held
from seawall.model.ids import Leg, SignalId, client_id
from seawall.model.times import MINUTE, SECOND, Bounds, Instant
from venuesim.traffic import LogEntry


def close(signal: str, at: Instant, n: int = 1) -> LogEntry:
    """A close of a signal arrives at the venue."""
    name = client_id("dril", SignalId(signal), Leg.CLOSE, 1_795_000_000, n)
    return LogEntry(1, at, "a", "order.create", "SOLUSDT", name, "POST", "/order", "", reads=False)


def test_two_closes_within_a_minute_hold_the_timer() -> None:
    """From the second on, for as long as the timer is held (design, rule 13)."""
    second = 10 * MINUTE + 20 * SECOND
    log = [close("s1", 10 * MINUTE), close("s2", second)]
    assert list(held(log)) == [(second - ON_THE_WAY, second + Bounds().hold)]


def test_the_closes_of_one_signal_or_of_two_apart_do_not() -> None:
    """A close that is repeated is one; and two in more than a minute are no burst."""
    log = [close("s1", 10 * MINUTE), close("s1", 10 * MINUTE + SECOND, 2), close("s2", 12 * MINUTE)]
    assert list(held(log)) == []
