"""The spool: where the record of an account waits while the journal takes no appends.

Acts that only reduce risk are never held up by the journal, so while it fails they leave without a durable record (the
design, rule 14). What they were is kept here instead, a line a row as it would stand in the journal, forced to the
disk. Once the journal has taken everything the spool is empty again; a process that finds lines merges them before it
recovers, so that nothing that left is unknown to the next one. A spool that cannot be written either is said aloud:
what it would have held is then found at the venue by its name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from seawall.journal.encoding import Row, decode, encode
from seawall.journal.port import Dated, EventRefused, Journal, JournalError
from seawall.model.events import Recorded
from seawall.model.ids import Account


class Spool:
    """One account's spool file. `trouble` tells why the last write failed; empty if it did not."""

    def __init__(self, file: Path, account: Account, venue: str) -> None:
        self.trouble = ""
        self.is_empty = not file.exists()
        self._file = file
        self._account = account
        self._venue = venue
        self._unkept: list[bytes] = []
        self._refused = ""
        self._whole = 0 if self.is_empty else file.stat().st_size

    def keep(self, first_seq: int, epoch: int, events: Sequence[Dated]) -> None:
        """Adds rows and forces them to the disk; a failure is told by `trouble` and raises nothing.

        A full disk may take half a line, so a write begins where the last whole one ended, with all that failed since.
        Behind an event that no journal takes nothing is kept: it could not be merged over the gap, and a process that
        finds it would not begin.
        """
        for place, (at, event) in enumerate(() if self._refused else events):
            try:
                row = encode(self._account, self._venue, first_seq + place, epoch, at, event)
            except EventRefused as error:
                self._refused = f"the spool {self._file.name} ends here: {error.detail}"
                break
            self._unkept.append(msgspec.json.encode(row) + b"\n")
        self.is_empty = False
        try:
            with self._file.open("ab") as file:
                file.truncate(self._whole)
                file.writelines(self._unkept)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self.trouble = f"the spool {self._file.name} cannot be written: {error}"
        else:
            self.trouble = self._refused
            self._whole += sum(map(len, self._unkept))
            self._unkept.clear()

    def clear(self) -> None:
        """Everything is in the journal: the spool is empty again."""
        if not self.is_empty:
            self._file.unlink(missing_ok=True)
            self._unkept.clear()
            self._refused = ""
            self._whole = 0
            self.is_empty = True

    def rows(self) -> Iterator[Row]:
        """The rows kept, in order; a last line cut off by a crash was never whole and is passed over.

        Raises JournalError for any other line that is no row: what follows it must not be lost with it.
        """
        if not self._file.exists():
            return
        for number, line in enumerate(self._file.read_bytes().splitlines(keepends=True), 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield msgspec.json.decode(line, type=Row)
            except msgspec.DecodeError as error:
                raise JournalError(
                    f"the spool {self._file.name}, line {number}: expected a row, came {error}"
                ) from error

    def merge(self, journal: Journal, last_seq: int) -> int:
        """Appends what the journal, whose last number is `last_seq`, does not have yet; how many rows that was.

        Raises JournalError if the journal still takes no appends, or if a line is garbled or missing: then nothing may
        be recovered from the journal either, and the spool stays as it is.
        """
        merged = 0
        for row in self.rows():
            due = last_seq + merged + 1
            if row.seq > due:
                raise JournalError(f"the spool {self._file.name}: expected row {due}, came {row.seq}")
            if row.seq == due:
                recorded: Recorded = decode(row)
                journal.append(self._account, row.epoch, row.seq - 1, [(recorded.at, recorded.event)])
                merged += 1
        self.clear()
        return merged
