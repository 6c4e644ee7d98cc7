"""What is due, and when: one heap of (time, sequence) that every part of the box shares.

Equal times run in the order they were written down, so the same inputs always give the same history.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush


class Agenda:
    """Things to do, each at a time in microseconds UTC; `on_write` is called whenever there is something new."""

    def __init__(self) -> None:
        self.on_write: Callable[[], None] = lambda: None
        self._heap: list[tuple[int, int, Callable[[int], None]]] = []
        self._written = 0

    def at(self, due: int, task: Callable[[int], None]) -> None:
        """Write down `task`; it will be called with its own due time."""
        self._written += 1
        heappush(self._heap, (due, self._written, task))
        self.on_write()

    def next_due(self) -> int | None:
        """Return the time of the earliest task, or None."""
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: int) -> tuple[int, Callable[[int], None]] | None:
        """Take out and return the earliest task if it is due at or before `now`."""
        if not self._heap or self._heap[0][0] > now:
            return None
        due, _, task = heappop(self._heap)
        return due, task
