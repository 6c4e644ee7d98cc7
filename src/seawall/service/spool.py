"""The spool: where the record of an account waits while the journal takes no appends.

Acts that only reduce risk are never held up by the journal, so while it fails they leave without a durable record (the
design, rule 14). What they were is kept here instead, a line a row as it would stand in the journal, forced to the
disk. Once the journal has taken everything the spool is empty again; a process that finds lines merges them before it
recovers, so that nothing that left is unknown to the next one. A spool that cannot be written either is said aloud:
what it would have held is then found at the venue by its name.

The same holds for lines that can never be merged: one that is garbled or missing, one that differs from what the
journal has in its place, one that the journal's tables refuse. An account that could not begin for their sake would
leave its positions to nobody. So they are set aside, from the first of them on, in a file beside the spool that nobody
reads again; which line it is and what was expected is said aloud; and the account begins from the record that it has.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import msgspec

from seawall.journal.encoding import Row, decode, encode
from seawall.journal.port import Dated, EventRefused, Journal, JournalBroken
from seawall.model.ids import Account
from seawall.service.durable import sync_folder

ASIDE = ".set-aside"
"""What the name of a file of lines that could not be merged ends with, before its number."""

Complain = Callable[[str], None]
"""Takes what is wrong, in words."""


class _Misfit(Exception):  # noqa: N818 - the state of a line, not an error: it is set aside
    """A line that can never be merged; the message says what was expected in its place."""


class Spool:
    """One account's spool file. `trouble` tells why the last write failed; empty if it did not."""

    def __init__(self, file: Path, account: Account, venue: str, complain: Complain = lambda _: None) -> None:
        """`complain` is told of what had to be set aside."""
        self.trouble = ""
        self._complain = complain
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
            if not self._whole:
                sync_folder(self._file.parent)
        except OSError as error:
            self.trouble = f"the spool {self._file.name} cannot be written: {error}"
        else:
            self.trouble = self._refused
            self._whole += sum(map(len, self._unkept))
            self._unkept.clear()

    def clear(self) -> None:
        """Everything is in the journal: the spool is empty again. One that cannot be removed is told by `trouble`, and
        harms nobody: the journal has the same rows.
        """
        if not self.is_empty:
            try:
                self._file.unlink(missing_ok=True)
            except OSError as error:
                self.trouble = f"the spool {self._file.name} cannot be removed: {error}"
                return
            self._unkept.clear()
            self._refused = ""
            self._whole = 0
            self.is_empty = True

    def merge(self, journal: Journal, last_seq: int) -> int:
        """Appends what the journal, whose last number is `last_seq`, does not have yet; how many rows that was. From
        the first line on that can never be merged the rest is set aside.

        Raises JournalError if the journal takes no appends, or the rest cannot be set aside: the spool stays as it is.
        """
        lines, merged = self._lines(), 0
        for place, line in enumerate(lines):
            try:
                merged += self._take(journal, line, last_seq + merged)
            except (_Misfit, EventRefused) as error:
                self._set_aside(lines[place:], f"the spool {self._file.name}, line {place + 1}: {error}")
                break
        self.clear()
        return merged

    def _lines(self) -> list[bytes]:
        """The lines kept; a last one cut off by a crash was never whole and is passed over."""
        if not self._file.exists():
            return []
        return [line for line in self._file.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]

    def _take(self, journal: Journal, line: bytes, last: int) -> bool:
        """Appends a line's row behind the journal's `last`; False if it stands there already. Raises _Misfit."""
        row = _row_of(line)
        try:
            recorded = decode(row)
        except JournalBroken as error:
            raise _Misfit(error.detail) from error
        place = f"account {row.account}, row {row.seq} ({row.event_type})"
        if row.account != self._account:
            raise _Misfit(f"{place}: expected account {self._account}")
        if row.seq > last + 1:
            raise _Misfit(f"{place}: expected row {last + 1}, came {row.seq}")
        if row.seq == last + 1:
            journal.append(self._account, row.epoch, last, [(recorded.at, recorded.event)])
            return True
        found = journal.read(self._account, row.seq - 1, 1)
        if found != (recorded,):
            raise _Misfit(f"{place}: expected what the journal has there, {found}, came {recorded}")
        return False

    def _set_aside(self, lines: Sequence[bytes], why: str) -> None:
        """Keeps lines in a file of their own, durable before the spool is cleared. Raises JournalBroken."""
        numbered = (self._file.with_name(f"{self._file.stem}{ASIDE}-{number}") for number in count(1))
        aside = next(path for path in numbered if not path.exists())
        try:
            with aside.open("xb") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            sync_folder(aside.parent)
        except OSError as error:
            raise JournalBroken(f"{why}; and it cannot be set aside as {aside.name}: {error}") from error
        self._complain(f"{len(lines)} lines were set aside as {aside.name} and are not in the record: {why}")


def set_aside_in(folder: Path, account: Account) -> list[str]:
    """The names of the files of lines that could not be merged, sorted."""
    return sorted(file.name for file in folder.glob(f"{file_name(account).removesuffix('.jsonl')}{ASIDE}-*"))


def file_name(account: Account) -> str:
    """What an account's spool is called."""
    return f"spool-{account}.jsonl"


def _row_of(line: bytes) -> Row:
    """The row of a line. Raises _Misfit for one that is none."""
    try:
        return msgspec.json.decode(line, type=Row)
    except msgspec.DecodeError as error:
        raise _Misfit(f"expected a row, came {error}") from error
