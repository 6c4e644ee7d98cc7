"""One writer thread: first in, first out, and one commit for all that waits.

A durable commit costs one wait for the disk, whatever is in it. So the writer takes all that has gathered while it
waited for the last one and commits it at once: stepping never waits for the disk, and a hundred accounts cost hardly
more than one. Durable is always a prefix of what was handed in.

`Holds` keeps the promise that a failed append is never skipped: once one has failed, what follows it on its account is
answered with the same failure until the failed one itself comes again.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from seawall.journal.port import Dated, Done, JournalBroken, JournalBusy, JournalError, SequenceConflict
from seawall.model.ids import Account

CAPACITY = 4_096
"""How many appends may wait: seconds of work for a disk that has fallen behind, a few megabytes of memory."""
_GROUP = 512
"""The most appends in one commit, so that the first of a flood is not kept waiting for the last."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One append on its way, and whom to tell."""

    account: Account
    epoch: int
    expected_seq: int
    events: tuple[Dated, ...]
    done: Done


class Store(Protocol):
    """Where a group of appends becomes durable."""

    def commit(self, group: Sequence[Submission]) -> list[int | JournalError]:
        """Make the group durable in one commit; for each append its last sequence number, or why it was not written."""

    def close(self) -> None:
        """Let go of the file."""


class Holds:
    """Which accounts stand still, since when, and why."""

    def __init__(self) -> None:
        self._held: dict[Account, tuple[int, JournalError]] = {}

    def objection(self, submission: Submission) -> JournalError | None:
        """Why an append must not be tried: an earlier one of its account has failed and has not come again."""
        since, error = self._held.get(submission.account, (submission.expected_seq, None))
        return error if submission.expected_seq > since else None

    def settle(self, submission: Submission, answer: int | JournalError) -> None:
        """Learn from an answer. A conflict holds nothing: there is nothing of the caller's to wait for. An append from
        before the failed one that comes once more does not end its hold.
        """
        since, _ = self._held.get(submission.account, (submission.expected_seq, None))
        if isinstance(answer, int):
            if submission.expected_seq >= since:
                self._held.pop(submission.account, None)
        elif not isinstance(answer, SequenceConflict):
            self._held[submission.account] = (min(since, submission.expected_seq), answer)


class Writer:
    """The thread between those who decide and the store.

    The queue is the plain one: an entry waits for its record, and handing that over takes half as long by it.
    """

    def __init__(self, store: Store, capacity: int = CAPACITY) -> None:
        self._store = store
        self._capacity = capacity
        self._queue: queue.SimpleQueue[Submission | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    def submit(self, submission: Submission) -> None:
        """Take an append. Raises JournalBusy if the queue is full, JournalBroken if the writer has been closed."""
        with self._closing:
            if self._closed:
                raise JournalBroken(f"account {submission.account}: the journal is closed")
            if self._queue.qsize() >= self._capacity:
                raise JournalBusy(f"account {submission.account}: {self._capacity} appends wait already")
            self._queue.put(submission)

    def close(self) -> None:
        """Write what was taken, answer it, and end the thread."""
        with self._closing:
            already, self._closed = self._closed, True
        if not already:
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        """Commit group after group until the end is asked for."""
        going = True
        while going:
            group, going = self._gather()
            if group:
                self._answer(group, self._commit(group))
        self._store.close()

    def _gather(self) -> tuple[list[Submission], bool]:
        """Wait for the next append and take all that came with it; whether to go on afterwards."""
        group: list[Submission] = []
        taken = self._queue.get()
        while taken is not None:
            group.append(taken)
            if len(group) == _GROUP:
                break
            try:
                taken = self._queue.get_nowait()
            except queue.Empty:
                break
        return group, taken is not None

    def _commit(self, group: list[Submission]) -> list[int | JournalError]:
        """The store's answers. A fault of our own is an answer too: nobody may wait for ever."""
        try:
            return self._store.commit(group)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to everyone who waits
            return [JournalBroken(f"account {submission.account}: {error!r}") for submission in group]

    def _answer(self, group: list[Submission], answers: list[int | JournalError]) -> None:
        """Tell each caller. One that cannot be told is reported as any failing thread is, and the rest are told."""
        for submission, answer in zip(group, answers, strict=True):
            try:
                submission.done(answer)
            except Exception:  # noqa: BLE001 - the caller's fault must not stop the record
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), self._thread)))
