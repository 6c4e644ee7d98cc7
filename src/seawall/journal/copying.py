"""A copy of a journal that stands alone, and what a copy must hold to be one.

Made by SQLite's own online backup, in one step, so that it is the state after some commit, whoever writes meanwhile;
the copy has no log beside it. What makes it a journal: an intact file, a schema that this program knows, for each
account events numbered from 1 without a gap, and every event readable.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seawall.journal import tables
from seawall.journal.migrate import shipped, version_of
from seawall.journal.port import JournalBroken
from seawall.journal.sqlite import named
from seawall.model.events import Recorded
from seawall.model.ids import Account, SignalId
from seawall.model.times import Instant

_PAGE = 1_000
_OVER = ("flat", "refused")


@dataclass(frozen=True, slots=True)
class Stream:
    """One account's events: its venue, the number and the instant of the last."""

    venue: str
    last_seq: int
    last_at: Instant


@dataclass(frozen=True, slots=True)
class OpenSignal:
    """A signal that is not over, as the journal has it."""

    signal_id: SignalId
    account: Account
    state: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a journal holds."""

    schema: int
    accounts: dict[Account, Stream]


def copy_whole(source: Path, target: Path) -> None:
    """Copies a journal, which may be in use, to a file that stands alone. Raises JournalError."""
    target.unlink(missing_ok=True)
    try:
        reading = _open(source)
        writing = sqlite3.connect(target, isolation_level=None)
        try:
            reading.backup(writing)
            writing.execute("PRAGMA journal_mode = DELETE")
        finally:
            writing.close()
            reading.close()
    except sqlite3.Error as error:
        raise named(error, str(source)) from error


def settle(file: Path) -> None:
    """Brings a journal's log into its file, and takes it away; nobody else may have it open. Raises JournalError."""
    try:
        connection = sqlite3.connect(file, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise named(error, str(file)) from error


def contents(file: Path) -> Contents:
    """What a journal holds, if it is one. Raises JournalBroken that says what is wrong, JournalError as SQLite does."""
    try:
        connection = _open(file)
        try:
            return _contents(connection, file.name)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise named(error, file.name) from error


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _contents(connection: sqlite3.Connection, name: str) -> Contents:
    (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise JournalBroken(f"{name}: expected an intact file, came: {said}")
    schema, newest = version_of(connection), shipped()[-1][0]
    if not 1 <= schema <= newest:
        raise JournalBroken(f"{name}: schema: expected 1 to {newest}, came {schema}")
    accounts = {account: _stream(connection, account) for account in tables.read_accounts(connection)}
    return Contents(schema, accounts)


def _stream(connection: sqlite3.Connection, account: Account) -> Stream:
    """One account's events, each read. Raises JournalBroken for a gap, or for an event that cannot be read."""
    last = Recorded(0, 0, 0, None)  # type: ignore[arg-type]  # before the first
    for recorded in _events(connection, account):
        if recorded.seq != last.seq + 1:
            raise JournalBroken(f"account {account}: seq: expected {last.seq + 1}, came {recorded.seq}")
        last = recorded
    (venue,) = connection.execute("SELECT venue FROM events WHERE account = ? LIMIT 1", (account,)).fetchone()
    return Stream(venue, last.seq, last.at)


def _events(connection: sqlite3.Connection, account: Account) -> Iterator[Recorded]:
    after = 0
    while page := tables.read_events(connection, account, after, _PAGE):
        yield from page
        after = page[-1].seq


def recorded(file: Path, account: Account) -> Iterator[Recorded]:
    """Every event of an account, in order. Raises JournalError."""
    try:
        connection = _open(file)
        try:
            yield from _events(connection, account)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise named(error, file.name) from error


def open_signals(file: Path) -> tuple[OpenSignal, ...]:
    """The signals that are not over, in the order in which they came. Raises JournalError."""
    try:
        connection = _open(file)
        try:
            rows = connection.execute("SELECT signal_id, account, state FROM signals ORDER BY account, seq").fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise named(error, file.name) from error
    return tuple(OpenSignal(*row) for row in rows if row[2] not in _OVER)
