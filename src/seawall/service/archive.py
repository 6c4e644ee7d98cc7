"""Reading the journal from a loop that must not stand still: in another thread, over a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from seawall.service.reader import JournalReader

Found = TypeVar("Found")


class Archive:
    """A reader that is asked from a loop and answers from another thread, one question at a time."""

    def __init__(self, file: Path) -> None:
        """Opens the journal for reading. Raises as `JournalReader` does."""
        self._reader = JournalReader(file)
        self._turn = asyncio.Lock()

    async def ask(self, question: Callable[[JournalReader], Found]) -> Found:
        """The answer to a question, which the loop does not wait for. Raises JournalError."""
        async with self._turn:
            return await asyncio.to_thread(question, self._reader)

    def close(self) -> None:
        """Lets go of the file."""
        self._reader.close()
