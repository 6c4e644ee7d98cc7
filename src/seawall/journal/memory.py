"""A journal in memory: the same port, the same encoded rows, no thread, no file; time is told to it.

For the deterministic world and for tests. It keeps rows, not events, so that what is read back has been through the
same encoding as on a disk. `advance(now)` is its clock and `next_wake()` says when it has something to answer. It can
be stalled, made to fail, and killed: what was not durable then is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seawall.journal.encoding import Row, decode, decode_event, encode
from seawall.journal.port import (
    Dated,
    Done,
    EventRefused,
    JournalBusy,
    JournalError,
    KnownSignal,
    PositionRecord,
    SequenceConflict,
)
from seawall.journal.records import FirstFill, changed, opened, state_after, touches_position
from seawall.journal.writer import CAPACITY, Holds, Submission
from seawall.model.content import content_digest
from seawall.model.events import (
    EntryFilled,
    EntryIntended,
    Event,
    Recorded,
    SagaReopened,
    SignalAccepted,
    SignalRefused,
)
from seawall.model.ids import Account, SignalId
from seawall.model.times import Duration, Instant


class Tables:
    """The three tables as plain collections. `rows` by account, in order; what is in them is what is durable."""

    def __init__(self) -> None:
        self.rows: dict[Account, list[Row]] = {}
        self.signals: dict[SignalId, KnownSignal] = {}
        self.positions: dict[tuple[Account, SignalId], PositionRecord] = {}

    def append(self, rows: Sequence[Row], events: Sequence[Dated]) -> None:
        """Write the rows of one append and what follows from them, or none of it. Raises EventRefused."""
        stream = self.rows.setdefault(Account(rows[0].account), [])
        length, signals, positions = len(stream), dict(self.signals), dict(self.positions)
        try:
            for row, (_, event) in zip(rows, events, strict=True):
                self._write(row, event)
        except EventRefused:
            del stream[length:]
            self.signals, self.positions = signals, positions
            raise

    def _write(self, row: Row, event: Event) -> None:
        account = Account(row.account)
        self.rows[account].append(row)
        self._note_signal(account, row.seq, event)
        if touches_position(event):
            self._note_position(account, row.venue, event)

    def _note_signal(self, account: Account, seq: int, event: Event) -> None:
        state, known = state_after(event), self.signals.get(event.signal_id)
        if isinstance(event, SignalAccepted) and known is not None:
            raise EventRefused(f"account {account}, signal {event.signal_id}: expected a new id, came a known one")
        if state is None:
            return
        if known is None and isinstance(event, SignalAccepted | SignalRefused):
            digest = content_digest(event.signal)
            self.signals[event.signal_id] = KnownSignal(event.signal_id, account, digest, seq, state)
        elif known is not None and known.account == account and not isinstance(event, SignalRefused):
            self.signals[event.signal_id] = KnownSignal(known.signal_id, account, known.digest, known.seq, state)

    def _note_position(self, account: Account, venue: str, event: Event) -> None:
        key = (account, event.signal_id)
        record = self.positions.get(key)
        if record is not None:
            self.positions[key] = changed(record, event)
        elif isinstance(event, EntryFilled | SagaReopened):
            made = opened(account, venue, event, self._intended(account, event))
            self.positions[key] = replace(made, id=len(self.positions) + 1)

    def _intended(self, account: Account, event: FirstFill) -> EntryIntended:
        for row in reversed(self.rows[account]):
            if row.signal_id == event.signal_id and row.event_type == "entry_intended":
                intended = decode_event(row)
                assert isinstance(intended, EntryIntended)
                return intended
        raise EventRefused(f"account {account}, signal {event.signal_id}: a fill: expected entry_intended before")


def _nobody(answer: int | JournalError) -> None:
    """Whom `append` tells: it returns the answer itself."""


class MemoryJournal:
    """See `port.Journal`. `submit` never answers at once: what is due is answered by the next `advance`.

    `lag` is how long a commit takes, in microseconds. `append` writes what is queued and then its own, stalled or not.
    """

    def __init__(self, venues: Mapping[Account, str], *, lag: Duration = 0, capacity: int = CAPACITY) -> None:
        self._venues = dict(venues)
        self._lag = lag
        self._capacity = capacity
        self._tables = Tables()
        self._holds = Holds()
        self._waiting: list[tuple[Instant, Submission]] = []
        self._now: Instant = 0
        self._stalled_until: Instant = 0
        self._failing: type[JournalError] | None = None

    # ---- time and faults

    def advance(self, now: Instant) -> None:
        """It is `now`: make durable, in order, what is due, and answer it."""
        self._now = now
        while self._waiting and self._due() <= now:
            _, submission = self._waiting.pop(0)
            submission.done(self._commit(submission))

    def next_wake(self) -> Instant | None:
        """When `advance` will next have something to do; None while nothing waits."""
        return self._due() if self._waiting else None

    def stall_until(self, at: Instant) -> None:
        """Answer nothing before `at`: the disk does not come back, as disks do."""
        self._stalled_until = at

    def fail(self, kind: type[JournalError]) -> None:
        """From now on every append fails so, until `mend`."""
        self._failing = kind

    def mend(self) -> None:
        """Appends succeed again."""
        self._failing = None

    def kill(self) -> None:
        """The process died: what was not durable is gone, and nobody is told; what is durable stays readable."""
        self._waiting.clear()
        self._holds = Holds()

    # ---- the port

    def append(self, account: Account, epoch: int, expected_seq: int, events: Sequence[Dated]) -> int:
        """See `port.Journal.append`."""
        waiting, self._waiting = self._waiting, []
        for _, submission in waiting:
            submission.done(self._commit(submission))
        answer = self._commit(Submission(account, epoch, expected_seq, tuple(events), _nobody))
        if isinstance(answer, JournalError):
            raise answer
        return answer

    def submit(self, account: Account, epoch: int, expected_seq: int, events: Sequence[Dated], done: Done) -> None:
        """See `port.Journal.submit`."""
        if len(self._waiting) >= self._capacity:
            raise JournalBusy(f"account {account}: {self._capacity} appends wait already")
        submission = Submission(account, epoch, expected_seq, tuple(events), done)
        self._waiting.append((self._now + self._lag, submission))

    def read(self, account: Account, after_seq: int, limit: int) -> tuple[Recorded, ...]:
        """See `port.Journal.read`."""
        return tuple(decode(row) for row in self._tables.rows.get(account, [])[after_seq : after_seq + limit])

    def read_signal(self, signal_id: SignalId) -> tuple[Recorded, ...]:
        """See `port.Journal.read_signal`."""
        rows = (row for account in self.accounts() for row in self._tables.rows[account])
        return tuple(decode(row) for row in rows if signal_id and row.signal_id == signal_id)

    def accounts(self) -> tuple[Account, ...]:
        """See `port.Journal.accounts`."""
        return tuple(sorted(account for account, rows in self._tables.rows.items() if rows))

    def last_at(self) -> Instant:
        """See `port.Journal.last_at`."""
        return max((rows[-1].at for rows in self._tables.rows.values() if rows), default=0)

    def find_signal(self, signal_id: SignalId) -> KnownSignal | None:
        """See `port.Journal.find_signal`."""
        return self._tables.signals.get(signal_id)

    def positions(self) -> tuple[PositionRecord, ...]:
        """See `port.Journal.positions`."""
        return tuple(self._tables.positions.values())

    def rows(self, account: Account) -> tuple[Row, ...]:
        """The account's rows as they would stand in the table: what two runs of one seed must have in common."""
        return tuple(self._tables.rows.get(account, ()))

    def close(self) -> None:
        """See `port.Journal.close`."""
        while self._waiting:
            self.advance(max(self._now, self._due()))

    # ---- inside

    def _due(self) -> Instant:
        """When the first in the queue becomes durable."""
        return max(self._waiting[0][0], self._stalled_until)

    def _commit(self, submission: Submission) -> int | JournalError:
        """Try one append; its answer."""
        answer = self._holds.objection(submission) or self._try(submission)
        self._holds.settle(submission, answer)
        return answer

    def _try(self, submission: Submission) -> int | JournalError:
        account = submission.account
        if self._failing is not None:
            return self._failing(f"account {account}: as the drill asked")
        if account not in self._venues:
            return EventRefused(f"account {account}: expected one of {sorted(self._venues)}")
        try:
            return self._write(submission, self._venues[account])
        except (SequenceConflict, EventRefused) as error:
            return error

    def _write(self, submission: Submission, venue: str) -> int:
        """Write one append. Raises SequenceConflict and EventRefused."""
        account, before = submission.account, submission.expected_seq
        rows = [
            encode(account, venue, before + place, submission.epoch, at, event)
            for place, (at, event) in enumerate(submission.events, 1)
        ]
        stream = self._tables.rows.get(account, [])
        if len(stream) != before and (not rows or stream[before : before + len(rows)] != rows):
            raise SequenceConflict(account, expected=len(stream), came=before)
        if len(stream) == before and rows:
            self._tables.append(rows, submission.events)
        return before + len(rows)
