"""Writing the log without ever waiting for whoever reads it.

A log that goes into a pipe stops the writer when the reader stops; a full disk or a stuck terminal does the same. The
loop that guards positions must not stand still for that. So lines go to a thread over a queue with a bound; what finds
no room is left out and counted, and the count is written as soon as there is room again.
"""

from __future__ import annotations

import queue
import threading
from typing import TextIO

CAPACITY = 10_000
"""Lines that may wait: a few seconds of everything, a few megabytes."""
GOODBYE = 1.0
"""Seconds that the last lines may take at the end."""


class Quill:
    """A text stream to be written to from one loop; it never blocks and never raises."""

    def __init__(self, out: TextIO, capacity: int = CAPACITY) -> None:
        self._out = out
        self._lines: queue.Queue[str | None] = queue.Queue(capacity)
        self._left_out = 0  # counted up by the writing side alone
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Takes a line, or counts it as left out."""
        try:
            self._lines.put_nowait(text)
        except queue.Full:
            self._left_out += 1
        return len(text)

    def flush(self) -> None:
        """Nothing: the thread flushes when it has nothing more to write."""

    def close(self) -> None:
        """Writes what waits, as far as the reader takes it within a second."""
        try:
            self._lines.put(None, timeout=GOODBYE)
        except queue.Full:
            return
        self._thread.join(GOODBYE)

    def _run(self) -> None:
        told = 0
        while (text := self._lines.get()) is not None:
            missing = self._left_out - told
            if missing:
                text = f"{missing} lines were left out: whoever reads this log is too slow\n{text}"
            try:
                self._out.write(text)
                if self._lines.empty():
                    self._out.flush()
            except (OSError, ValueError):
                continue  # nobody reads any more; there is no other place to say it
            told += missing
