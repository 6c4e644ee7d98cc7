"""What a journal is, whoever keeps it; and how it says no.

`expected_seq` is the sequence number of the last event that the caller knows of its account (0: none). The first event
handed in becomes `expected_seq + 1`. A caller that is wrong about it is not the only owner of the account, or has lost
an answer; it gets `SequenceConflict` and nothing is written. The very same append again (the same events, epoch and
place) is answered with the same number and not written twice, so that an append whose answer was lost may be repeated.

**A failed append is never skipped.** Once one has failed, everything after it on that account is answered with the same
failure, until the failed one itself is handed in again and succeeds. Other accounts do not notice.

The docstring of an error is the message that the operator reads; it ends with the remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from seawall.model.events import Event, Recorded
from seawall.model.ids import Account, Side, SignalId, Symbol
from seawall.model.times import Instant


class JournalError(Exception):
    """The journal could not do what was asked."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"{' '.join((type(self).__doc__ or '').split())} [{detail}]")
        self.detail = detail


class SequenceConflict(JournalError):  # noqa: N818 - a conflict, not an error: it names what came
    """Another process has written to this account's journal. Nothing was written here. Look for a second
    `seawall run` on the same folder and stop one of the two; positions stay protected at the venue meanwhile.
    """

    def __init__(self, account: Account, expected: int, came: int) -> None:
        super().__init__(f"account {account}: expected_seq: expected {expected}, the last one recorded, came {came}")
        self.expected = expected
        self.came = came


class JournalFull(JournalError):  # noqa: N818 - the state of the thing, as the operator says it
    """The disk of the journal is full. No entries until there is room; protection goes on, and nothing recorded is
    lost. Free some space on the journal's disk: writing resumes by itself, where it stopped.
    """


class JournalBroken(JournalError):  # noqa: N818 - the same
    """The journal cannot be read or written. No entries; protection goes on. Check the disk and the file's rights
    (the message in brackets is the database's own); if the file is damaged, stop the service and put
    your last copy in its place: what the venue holds is found again from the venue.
    """


class JournalLocked(JournalError):  # noqa: N818 - the same
    """Another program holds the journal's file. It is tried again by itself. If this stays, close whatever has the
    file open for writing: a second `seawall run`, or a database browser.
    """


class JournalBusy(JournalError):  # noqa: N818 - the same
    """The journal's queue is full: the disk is slower than what is to be recorded. Nothing was taken; the caller hands
    it in again, in order. If this stays, move the journal to a faster disk, or run fewer accounts in one process.
    """


class EventRefused(JournalError):  # noqa: N818 - the same
    """One event of this account cannot be recorded, so none after it is; other accounts go on. No entries on the
    account; protection goes on. This is a fault of the program or of a venue's answer: please report the message in
    brackets, then restart the service, which finds everything at the venue again.
    """


@dataclass(frozen=True, slots=True)
class KnownSignal:
    """A signal that has been seen, for ever. `digest` is `content_digest` of it; `seq` is where it was recorded.

    `state` is one of accepted, refused, entering, open, protected, closing, flat_told, flat_seen, flat.
    """

    signal_id: SignalId
    account: Account
    digest: str
    seq: int
    state: str


@dataclass(frozen=True, slots=True)
class PositionRecord:
    """The record of one position, made at the first proof of a fill. Quantity in base currency, prices in quote.

    `state` is one of open, protected, closing, flat_told, flat_seen, flat. Instants are 0 while the thing has not
    happened; `id` is 0 until the journal has given one.
    """

    account: Account
    signal_id: SignalId
    venue: str
    symbol: Symbol
    side: Side
    quantity: Decimal
    trigger: Decimal
    state: str
    opened_at: Instant
    average: Decimal | None = None
    protected_at: Instant = 0
    closed_at: Instant = 0
    reason: str = ""
    id: int = 0


Dated = tuple[Instant, Event]
Done = Callable[[int | JournalError], None]
"""Called once with the last durable sequence number, or with why nothing was written; perhaps from another thread."""


class Journal(Protocol):
    """The record of any number of accounts."""

    def append(self, account: Account, epoch: int, expected_seq: int, events: Sequence[Dated]) -> int:
        """Write the events and wait until they are durable; the sequence number of the last. Raises JournalError."""

    def submit(self, account: Account, epoch: int, expected_seq: int, events: Sequence[Dated], done: Done) -> None:
        """Hand the events to the writer without waiting. Raises JournalBusy if its queue is full."""

    def read(self, account: Account, after_seq: int, limit: int) -> tuple[Recorded, ...]:
        """At most `limit` events of the account after `after_seq`, in order. Readers resume by (account, seq)."""

    def read_signal(self, signal_id: SignalId) -> tuple[Recorded, ...]:
        """All events of one signal, in order; empty for a signal that was never seen."""

    def accounts(self) -> tuple[Account, ...]:
        """The accounts with at least one event, sorted."""

    def last_at(self) -> Instant:
        """The latest of the instants at which each account's last event was recorded; 0 if nothing ever was."""

    def find_signal(self, signal_id: SignalId) -> KnownSignal | None:
        """What is known of a signal's id, on any account; None if it was never recorded.

        Only what is durable is found: the intake itself remembers the ids that are still on their way.
        """

    def positions(self) -> tuple[PositionRecord, ...]:
        """All position records, by id."""

    def close(self) -> None:
        """Write what was handed in, answer it, and let go of the file."""
