"""How far a long run has come: a line to the error stream every few seconds, and none from a short one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

EVERY_SECONDS = 5


class Progress:
    """The progress of a run of `name`, out of so many."""

    def __init__(self, name: str, of: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._of, self._clock = name, of, clock
        self._began = self._said_at = self._paced_from = clock()

    def of(self, runs: int) -> None:
        """How many there are, where that had to be found out first: the pace counts from now."""
        self._of, self._paced_from = runs, self._clock()

    @property
    def seconds(self) -> float:
        """For how long it has run."""
        return self._clock() - self._began

    def tell(self, done: int, broken: int) -> None:
        """A line, if none was said for a while."""
        now = self._clock()
        if now - self._said_at >= EVERY_SECONDS:
            self._said_at = now
            pace = done / max(now - self._paced_from, 0.001)
            print(f"{self._name}: {done}/{self._of} runs, {pace:.1f}/s, {broken} breaches", file=sys.stderr, flush=True)
