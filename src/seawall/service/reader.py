"""Reading a journal's file without being its owner: what `show`, `why`, `positions`, `events` and `receipt` do.

The file is opened for reading alone, while the service writes or while it is down; nothing is migrated or locked.
After a kill the last commits still stand in the log beside the file, and SQLite reads them there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from seawall.journal import tables
from seawall.journal.port import KnownSignal, PositionRecord
from seawall.journal.sqlite import named
from seawall.model.events import Recorded
from seawall.model.ids import Account, SignalId
from seawall.service.problems import ConfigError

Found = TypeVar("Found")


_PIECE = 1_000
"""Events that are read at once."""


class JournalReader:
    """The reading half of `journal.port.Journal`, on a file that someone else may be writing."""

    def __init__(self, file: Path) -> None:
        """Opens an existing journal. Raises ConfigError if there is none, JournalError if it cannot be opened."""
        if not file.is_file():
            raise ConfigError(f"{file}: no journal there yet; `seawall run` makes it")
        try:
            self._connection = sqlite3.connect(
                f"{file.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise named(error, str(file)) from error
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def read(self, account: Account, after_seq: int, limit: int) -> tuple[Recorded, ...]:
        """See `journal.port.Journal.read`."""
        return self._ask(lambda connection: tables.read_events(connection, account, after_seq, limit))

    def everything(self, account: Account, after: int = 0) -> Iterator[Recorded]:
        """All events of an account in their order, or those after a sequence number, read piece by piece."""
        while piece := self.read(account, after, _PIECE):
            yield from piece
            after = piece[-1].seq

    def read_signal(self, signal_id: SignalId) -> tuple[Recorded, ...]:
        """See `journal.port.Journal.read_signal`."""
        return self._ask(lambda connection: tables.read_signal(connection, signal_id))

    def accounts(self) -> tuple[Account, ...]:
        """See `journal.port.Journal.accounts`."""
        return self._ask(tables.read_accounts)

    def find_signal(self, signal_id: SignalId) -> KnownSignal | None:
        """See `journal.port.Journal.find_signal`."""
        return self._ask(lambda connection: tables.find_signal(connection, signal_id))

    def positions(self) -> tuple[PositionRecord, ...]:
        """See `journal.port.Journal.positions`."""
        return self._ask(tables.read_positions)

    def last_seq(self, account: Account) -> int:
        """The sequence number of the account's last event."""
        return self._ask(lambda connection: tables.last_seq(connection, account))

    def _ask(self, question: Callable[[sqlite3.Connection], Found]) -> Found:
        try:
            return question(self._connection)
        except sqlite3.Error as error:
            raise named(error, str(self._file)) from error
