"""The one place that reads a clock: UTC in microseconds, carried by the monotonic clock, never backwards.

The machine's own time is read once, at the start; from then on only elapsed time is added. Someone who sets the
machine's clock while positions are open moves nothing here: the venue's time is known by its own answers
(`venues.clock`), and only its distance from this clock matters.
"""

from __future__ import annotations

import time

from seawall.model.times import Duration, Instant


def _elapsed_ns() -> int:
    """Nanoseconds since some beginning, counting a machine's sleep where the system can tell."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if boot is None else time.clock_gettime_ns(boot)


class UtcClock:
    """Call it for the present instant. `error` plants a wrong machine clock, for drills."""

    def __init__(self, error: Duration = 0) -> None:
        self._base = time.time_ns() - _elapsed_ns() + error * 1_000

        self.ahead: Duration = 0
        """By how much this clock was put ahead of the machine's, so that it goes on where the journal ends."""

    def not_before(self, instant: Instant) -> None:
        """Goes on from `instant` if that lies ahead: an earlier process has recorded it by a machine clock that was set
        back since. What is recorded never comes from the future, and waits that count from it end.
        """
        self.ahead += max(instant - self(), 0)
        self._base += max(instant - self(), 0) * 1_000

    def __call__(self) -> Instant:
        """The present, UTC."""
        return (self._base + _elapsed_ns()) // 1_000
