"""A machine that does to a journal whatever processes, disks and operators do, in any order, against a plain list.

Two processes on one record, on the disk and in memory at once: appends, the same again, at a wrong place, poisonous, of
ids that are known; a file that another program holds; a death; an old copy put back; readers that go on where they
stopped. A list of events is the oracle: both journals answer as it says, and hold what it holds.

That it can fail was seen with each of these done to the product by hand: an append taken at the end whatever its place;
no account held after a failure; a repetition written again; a repetition from another epoch taken for the same; a known id
accepted again; half of a poisonous append left; a reader that begins one too late.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from seawall.journal import sqlite
from seawall.journal.copying import contents, copy_whole
from seawall.journal.memory import MemoryJournal
from seawall.journal.port import Journal, JournalError, JournalLocked
from seawall.journal.sqlite import SqliteJournal
from seawall.model.events import Event, Recorded, SignalAccepted, SignalRefused
from seawall.model.ids import Account, SignalId
from tests.journal.samples import ALPHA, BETA, VELVET, VENUES, accepted, dated, opening, poison, proven, signal

ACCOUNTS = st.sampled_from((ALPHA, BETA))
PROCESSES = st.sampled_from((0, 1))
IDS = ("a", "b", "c")
Said = int | str
"""What an append comes to: its last number, or the name of its failure."""


def refused(name: str) -> SignalRefused:
    """The refusal of a signal."""
    return SignalRefused(SignalId(name), VELVET, signal(name), "occupied", "")


def batches(account: Account) -> st.SearchStrategy[list[Event]]:
    """What is handed in at once: a little of everything, or a whole opening."""
    whole = st.sampled_from(IDS).map(lambda name: opening(name, account))
    words = st.sampled_from(
        [proven(), poison(), *(accepted(name, account) for name in IDS), *(refused(name) for name in IDS)]
    )
    return st.lists(words, min_size=1, max_size=3) | whole


@dataclass
class Owner:
    """A process that believes the account to be its own: its epoch, and by account what it knows and has handed in."""

    epoch: int
    known: dict[Account, int]
    past: dict[Account, list[tuple[int, list[Event]]]] = field(default_factory=lambda: {ALPHA: [], BETA: []})
    held: dict[Account, tuple[int, str]] = field(default_factory=dict)


@dataclass
class Record:
    """The oracle: by account the events as they stand, and each id's first word. Nothing else is a journal."""

    rows: dict[Account, list[Recorded]] = field(default_factory=lambda: {ALPHA: [], BETA: []})
    ids: dict[SignalId, tuple[Account, int]] = field(default_factory=dict)

    def append(self, owner: Owner, account: Account, place: int, events: list[Event]) -> Said:
        """What the contract says of an append, in its own order of asking."""
        since, failure = owner.held.get(account, (place, ""))
        if place > since:
            return failure
        said = self._tried(owner.epoch, account, place, events)
        if isinstance(said, int):
            if place >= since:
                owner.held.pop(account, None)
        elif said != "SequenceConflict":
            owner.held[account] = (place, said)
        return said

    def _tried(self, epoch: int, account: Account, place: int, events: list[Event]) -> Said:
        stream = self.rows[account]
        new = [Recorded(place + 1 + n, epoch, at, event) for n, (at, event) in enumerate(dated(*events))]
        if poison() in events:
            return "EventRefused"
        if place != len(stream):
            return new[-1].seq if stream[place : place + len(new)] == new else "SequenceConflict"
        known = dict(self.ids)
        for row in new:
            name = row.event.signal_id
            if isinstance(row.event, SignalAccepted) and name in known:
                return "EventRefused"
            if isinstance(row.event, SignalAccepted | SignalRefused):
                known.setdefault(name, (account, row.seq))
        stream += new
        self.ids = known
        return new[-1].seq


class JournalMachine(RuleBasedStateMachine):
    """Both journals and the oracle, under the same hands."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(sqlite, "_BUSY_MS", 1)
        self.folder = tempfile.TemporaryDirectory()
        self.file, self.copy = Path(self.folder.name) / "journal.db", Path(self.folder.name) / "copy.db"
        self.record = Record()
        self.epoch = 0
        self.memory: list[MemoryJournal] = [MemoryJournal(VENUES)]
        self.disk: list[SqliteJournal] = [self._opened()]
        self.owners = [self._begun()]
        self._join()
        self.locked = False
        self.copied: tuple[Record, MemoryJournal] | None = None
        self.read: dict[Account, list[Recorded]] = {ALPHA: [], BETA: []}

    def teardown(self) -> None:
        """Lets go of the files."""
        if self.locked:
            self.let_go()
        for journal in self.disk:
            journal.close()
        self.folder.cleanup()
        self.patch.undo()

    # ---- processes

    def _opened(self) -> SqliteJournal:
        return SqliteJournal(self.file, VENUES, grown=0)

    def _begun(self) -> Owner:
        """A new process: a later epoch than any before, and it has read what stands."""
        self.epoch += 1
        return Owner(self.epoch, {account: len(rows) for account, rows in self.record.rows.items()})

    def _join(self) -> None:
        """Another process takes up the record beside the one that lives."""
        memory = MemoryJournal(VENUES)
        memory._tables = self.memory[0]._tables  # one record, as one file is
        self.memory.append(memory)
        self.disk.append(self._opened())
        self.owners.append(self._begun())

    def _hand_in(self, number: int, account: Account, place: int, events: list[Event]) -> Said:
        """The same append to both journals and to the oracle; all say the same."""
        owner = self.owners[number]
        answers = [said(journal[number], account, owner.epoch, place, events) for journal in (self.memory, self.disk)]
        if self.locked and (account not in owner.held or place <= owner.held[account][0]):
            owner.held[account] = (place, "JournalLocked")
            expected: Said = "JournalLocked"
        else:
            expected = self.record.append(owner, account, place, events)
        assert answers == [expected, expected]
        return expected

    # ---- what is done

    @rule(number=PROCESSES, account=ACCOUNTS, data=st.data())
    def appends(self, number: int, account: Account, data: st.DataObject) -> None:
        """A process hands in what follows what it knows, as it believes."""
        owner, events = self.owners[number], data.draw(batches(account))
        place = owner.known[account]
        owner.past[account].append((place, events))
        answer = self._hand_in(number, account, place, events)
        if isinstance(answer, int):
            owner.known[account] = answer

    @rule(number=PROCESSES, account=ACCOUNTS, data=st.data())
    def appends_again(self, number: int, account: Account, data: st.DataObject) -> None:
        """An answer was lost, so it hands in the very same, now or later."""
        if past := self.owners[number].past[account]:
            self._hand_in(number, account, *data.draw(st.sampled_from(past)))

    @rule(number=PROCESSES, account=ACCOUNTS, off=st.sampled_from((-1, 1, 2)))
    def appends_elsewhere(self, number: int, account: Account, off: int) -> None:
        """It hands in something at a place that is not its own: what follows a failed append, or a mistake."""
        place = self.owners[number].known[account] + off
        if place >= 0:
            self._hand_in(number, account, place, [proven()])

    @rule(number=PROCESSES, account=ACCOUNTS)
    def appends_in_anothers_name(self, number: int, account: Account) -> None:
        """A process repeats what the other has written: another epoch's words are not its own."""
        if past := self.owners[1 - number].past[account]:
            self._hand_in(number, account, *past[-1])

    @precondition(lambda self: not self.locked)
    @rule()
    def holds_the_file(self) -> None:
        """Another program holds the file: no append succeeds."""
        self.locker = sqlite.connect(self.file)
        self.locker.execute("BEGIN IMMEDIATE")
        for journal in self.memory:
            journal.fail(JournalLocked)
        self.locked = True

    @precondition(lambda self: self.locked)
    @rule()
    def let_go(self) -> None:
        """It lets go."""
        self.locker.execute("ROLLBACK")
        self.locker.close()
        for journal in self.memory:
            journal.mend()
        self.locked = False

    @precondition(lambda self: not self.locked)
    @rule(number=PROCESSES)
    def dies_and_comes_again(self, number: int) -> None:
        """A process dies, and the next finds all that was answered, and nothing is held against it."""
        self.disk[number].close()
        self.disk[number] = self._opened()
        self.memory[number].kill()
        self.owners[number] = self._begun()

    @precondition(lambda self: not self.locked)
    @rule()
    def is_copied(self) -> None:
        """Somebody makes a copy while it is in use; the copy is a journal."""
        copy_whole(self.file, self.copy)
        self.copied = deepcopy((self.record, self.memory[0]))
        streams = {account: stream.last_seq for account, stream in contents(self.copy).accounts.items()}
        assert streams == {account: len(rows) for account, rows in self.record.rows.items() if rows}

    @precondition(lambda self: not self.locked and self.copied is not None)
    @rule()
    def is_put_back(self) -> None:
        """All processes are stopped, the copy takes the file's place, and two begin on it."""
        assert self.copied is not None
        for journal in self.disk:
            journal.close()
        for beside in self.file.parent.glob("journal.db*"):
            beside.unlink()
        copy_whole(self.copy, self.file)
        self.record, memory = deepcopy(self.copied)
        self.memory, self.disk, self.owners = [memory], [self._opened()], [self._begun()]
        memory.kill()
        self._join()
        self.read = {account: rows[: len(self.record.rows[account])] for account, rows in self.read.items()}

    @rule(account=ACCOUNTS, limit=st.integers(1, 5), number=PROCESSES)
    def reads_on(self, account: Account, limit: int, number: int) -> None:
        """A reader goes on where it stopped, with whichever process it asks."""
        known = self.read[account]
        for journal in (self.memory[number], self.disk[number]):
            found = journal.read(account, len(known), limit)
            assert list(found) == self.record.rows[account][len(known) : len(known) + limit]
        known += found

    # ---- what always holds

    @invariant()
    def what_was_read_is_a_prefix(self) -> None:
        """Whoever has read so far has read the record's beginning, numbered from 1 without a gap."""
        for account, rows in self.record.rows.items():
            assert self.read[account] == rows[: len(self.read[account])]
            assert [row.seq for row in rows] == list(range(1, len(rows) + 1))

    @invariant()
    def both_hold_the_record(self) -> None:
        """Each account's events, each signal's first word, and each position are the same on the disk and in memory."""
        for account, rows in self.record.rows.items():
            assert list(self.disk[1].read(account, 0, 10_000)) == rows
            assert list(self.memory[1].read(account, 0, 10_000)) == rows
        for name in map(SignalId, IDS):
            known = self.disk[0].find_signal(name)
            assert known == self.memory[0].find_signal(name)
            assert (None if known is None else (known.account, known.seq)) == self.record.ids.get(name)
        assert self.disk[0].positions() == self.memory[0].positions()


def said(journal: Journal, account: Account, epoch: int, place: int, events: Iterable[Event]) -> Said:
    """What an append comes to."""
    try:
        return journal.append(account, epoch, place, dated(*events))
    except JournalError as error:
        return type(error).__name__


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(max_examples=40, stateful_step_count=25, derandomize=True)
