"""The journal in one SQLite file: the default, since it needs nothing but a folder.

**Durable.** Write-ahead log, `synchronous = FULL`: a commit returns when its bytes are on the disk. A process killed at
any instant leaves a whole prefix of what was committed; SQLite finds it again when the file is next opened.

**Quick.** A commit to a growing file waits for two things on the disk, its bytes and the file's new length. So the log
is grown in advance, once, at the start: a padded transaction fills it, a checkpoint empties it without shortening it
(`journal_size_limit` = -1), and from then on commits overwrite bytes that the file system has already placed.

**One writer.** All writing is done on one connection by one thread (`writer`); readers have a connection of their own
and never hold it up, nor it them.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TypeVar

from seawall.journal import tables
from seawall.journal.migrate import Migrations, migrate, shipped
from seawall.journal.port import (
    Dated,
    Done,
    EventRefused,
    JournalBroken,
    JournalError,
    JournalFull,
    JournalLocked,
    KnownSignal,
    PositionRecord,
    SequenceConflict,
)
from seawall.journal.writer import CAPACITY, Holds, Submission, Writer
from seawall.model.events import Recorded
from seawall.model.ids import Account, SignalId
from seawall.model.times import Instant

Found = TypeVar("Found")

GROWN = 4 * 1024 * 1024 + 512 * 1024
"""Bytes of the log that are placed in advance: a little above the size at which SQLite empties it by itself."""
_BUSY_MS = 2_000
"""How long another program's lock is waited for: no longer than an entry's commit may take (Bounds.commit_deadline)."""
_PRIMARY = 0xFF
_NAMED: dict[int, type[JournalError]] = {
    sqlite3.SQLITE_FULL: JournalFull,
    sqlite3.SQLITE_BUSY: JournalLocked,
    sqlite3.SQLITE_LOCKED: JournalLocked,
}


def named(error: sqlite3.Error, context: str) -> JournalError:
    """SQLite's error as one of ours."""
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    return _NAMED.get(code, JournalBroken)(f"{context}: {error}")


def connect(file: Path) -> sqlite3.Connection:
    """A connection in autocommit mode; its transactions are begun and ended by name. Raises sqlite3.Error."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_size_limit = -1")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def grow(connection: sqlite3.Connection, file: Path, size: int) -> None:
    """Place `size` bytes of the log in advance; nothing to do where an earlier process has left them.

    The pages of the padding go to the file's free list, so the file itself has room placed in advance too.
    """
    log = file.with_name(f"{file.name}-wal")
    connection.execute("DROP TABLE IF EXISTS padding")
    if not log.exists() or log.stat().st_size < size:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE padding (filling BLOB)")
        connection.execute("INSERT INTO padding VALUES (zeroblob(?))", (size,))
        connection.execute("COMMIT")
        connection.execute("DROP TABLE padding")
    connection.execute("PRAGMA wal_checkpoint(RESTART)")


class SqliteStore:
    """The writing connection: a group of appends becomes durable in one commit."""

    def __init__(self, connection: sqlite3.Connection, venues: Mapping[Account, str]) -> None:
        self.connection = connection
        self._venues = dict(venues)
        self._holds = Holds()

    def commit(self, group: Sequence[Submission]) -> list[int | JournalError]:
        """One transaction for all; in it a savepoint for each, so that one poisonous row stops one account.

        Whatever fails in it, the way back included, none of the group is durable, and what follows is held.
        """
        answers: list[int | JournalError]
        try:
            answers = self._transact(group)
        except sqlite3.Error as error:
            answers = [named(error, f"account {submission.account}") for submission in group]
        except Exception as error:  # noqa: BLE001 - a fault of our own is an answer too, and holds like any other
            answers = [JournalBroken(f"account {submission.account}: {error!r}") for submission in group]
        for submission, answer in zip(group, answers, strict=True):
            self._holds.settle(submission, answer)
        return answers

    def _transact(self, group: Sequence[Submission]) -> list[int | JournalError]:
        """The answers, durable. Raises whatever kept the group from the disk, undone as far as that goes: what a failed
        way back has left of it is in nobody's way, for the next group begins with the way back.
        """
        self._roll_back()
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            answers = [self._write(submission) for submission in group]
            self.connection.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        return answers

    def _write(self, submission: Submission) -> int | JournalError:
        """Write one append behind a savepoint; what is wrong with it alone is its answer, the rest is everybody's."""
        objection = self._holds.objection(submission)
        if objection is not None:
            return objection
        self.connection.execute("SAVEPOINT one")
        answer = self._try(submission)
        if isinstance(answer, JournalError):
            self._holds.settle(submission, answer)
            self.connection.execute("ROLLBACK TO one")
        self.connection.execute("RELEASE one")
        return answer

    def _try(self, submission: Submission) -> int | JournalError:
        account = submission.account
        if account not in self._venues:
            return EventRefused(f"account {account}: expected one of {sorted(self._venues)}")
        try:
            return tables.write(
                self.connection,
                account,
                self._venues[account],
                submission.epoch,
                submission.expected_seq,
                submission.events,
            )
        except (SequenceConflict, EventRefused) as error:
            return error
        except (sqlite3.IntegrityError, sqlite3.DataError, OverflowError) as error:
            return EventRefused(f"account {account}, after seq {submission.expected_seq}: {error}")
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 - a fold that an event does not fit is that account's, not the batch's
            return EventRefused(f"account {account}, after seq {submission.expected_seq}: {error!r}")

    def _roll_back(self) -> None:
        """Undo the transaction; on a full disk SQLite may have done so itself."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def close(self) -> None:
        """Empty the log into the file and let go of both."""
        self.connection.close()


class SqliteJournal:
    """See `port.Journal`. `venues` names each account's venue, for the column of that name."""

    def __init__(
        self,
        file: Path,
        venues: Mapping[Account, str],
        *,
        capacity: int = CAPACITY,
        grown: int = GROWN,
        migrations: Migrations | None = None,
    ) -> None:
        """Open the file, or make it. Raises JournalError."""
        with ExitStack() as half_open:
            try:
                connection = half_open.enter_context(closing(connect(file)))
                migrate(connection, file, shipped() if migrations is None else migrations)
                grow(connection, file, grown)
                self._reader = half_open.enter_context(closing(connect(file)))
                self._reader.execute("PRAGMA query_only = ON")
            except sqlite3.Error as error:
                raise named(error, str(file)) from error
            half_open.pop_all()
        self._reading = threading.Lock()
        self._writer = Writer(SqliteStore(connection, venues), capacity)

    def append(self, account: Account, epoch: int, expected_seq: int, events: Sequence[Dated]) -> int:
        """See `port.Journal.append`."""
        answers: list[int | JournalError] = []
        ready = threading.Event()

        def done(answer: int | JournalError) -> None:
            answers.append(answer)
            ready.set()

        self.submit(account, epoch, expected_seq, events, done)
        ready.wait()
        if isinstance(answers[0], JournalError):
            raise answers[0]
        return answers[0]

    def submit(self, account: Account, epoch: int, expected_seq: int, events: Sequence[Dated], done: Done) -> None:
        """See `port.Journal.submit`. `done` is called on the writer's thread."""
        self._writer.submit(Submission(account, epoch, expected_seq, tuple(events), done))

    def read(self, account: Account, after_seq: int, limit: int) -> tuple[Recorded, ...]:
        """See `port.Journal.read`."""
        return self._ask(lambda reader: tables.read_events(reader, account, after_seq, limit))

    def read_signal(self, signal_id: SignalId) -> tuple[Recorded, ...]:
        """See `port.Journal.read_signal`."""
        return self._ask(lambda reader: tables.read_signal(reader, signal_id))

    def accounts(self) -> tuple[Account, ...]:
        """See `port.Journal.accounts`."""
        return self._ask(tables.read_accounts)

    def last_at(self) -> Instant:
        """See `port.Journal.last_at`."""
        return self._ask(tables.read_last_at)

    def find_signal(self, signal_id: SignalId) -> KnownSignal | None:
        """See `port.Journal.find_signal`."""
        return self._ask(lambda reader: tables.find_signal(reader, signal_id))

    def positions(self) -> tuple[PositionRecord, ...]:
        """See `port.Journal.positions`."""
        return self._ask(tables.read_positions)

    def close(self) -> None:
        """See `port.Journal.close`."""
        self._writer.close()
        with self._reading:
            self._reader.close()

    def _ask(self, question: Callable[[sqlite3.Connection], Found]) -> Found:
        """Ask on the reading connection, one question at a time. Raises JournalError."""
        with self._reading:
            try:
                return question(self._reader)
            except sqlite3.Error as error:
                raise named(error, "reading") from error
