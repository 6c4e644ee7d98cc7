"""The writer thread: order, one commit for all that waits, and who is told what when something fails."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

import pytest

from seawall.journal.port import EventRefused, JournalBroken, JournalBusy, JournalError, JournalFull, SequenceConflict
from seawall.journal.writer import Holds, Submission, Writer
from seawall.model.ids import Account
from tests.journal.samples import ALPHA, BETA, dated, proven


class Gate:
    """A store whose disk comes back only when the test says so; it notes the groups that it was given."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.entered = threading.Semaphore(0)
        self.returns = threading.Semaphore(0)
        self.closed = False

    def commit(self, group: Sequence[Submission]) -> list[int | JournalError]:
        """Wait for the test, then answer each append with the number after its own."""
        self.groups.append(len(group))
        self.entered.release()
        assert self.returns.acquire(timeout=10)
        return [submission.expected_seq + 1 for submission in group]

    def close(self) -> None:
        """Note the end."""
        self.closed = True


class Torn:
    """A store with a fault of its own."""

    def commit(self, group: Sequence[Submission]) -> list[int | JournalError]:
        """Fail as no store should."""
        raise ZeroDivisionError("a fault of our own")

    def close(self) -> None:
        """Nothing to let go of."""


class Plain(Gate):
    """A store that is always ready."""

    def commit(self, group: Sequence[Submission]) -> list[int | JournalError]:
        """Answer at once."""
        self.returns.release()
        return super().commit(group)


def _submission(answers: queue.Queue[int | JournalError], seq: int = 0, account: Account = ALPHA) -> Submission:
    return Submission(account, 1, seq, tuple(dated(proven())), answers.put)


def test_all_that_waits_for_the_disk_goes_with_the_next_commit() -> None:
    """While one commit is under way the next ones gather, and are committed together, in order."""
    gate, answers = Gate(), queue.Queue[int | JournalError]()
    writer = Writer(gate)
    writer.submit(_submission(answers, 0))
    assert gate.entered.acquire(timeout=10)
    for seq in (1, 2, 3):
        writer.submit(_submission(answers, seq))
    gate.returns.release(2)
    assert [answers.get(timeout=10) for _ in range(4)] == [1, 2, 3, 4]
    writer.close()
    assert (gate.groups, gate.closed) == ([1, 3], True)


def test_a_full_queue_says_so_and_takes_nothing() -> None:
    """The bound of the queue is JournalBusy for the caller; what was taken is written all the same."""
    gate, answers = Gate(), queue.Queue[int | JournalError]()
    writer = Writer(gate, capacity=1)
    writer.submit(_submission(answers, 0))
    assert gate.entered.acquire(timeout=10)
    writer.submit(_submission(answers, 1))
    with pytest.raises(JournalBusy, match="account alpha: 1 appends wait already"):
        writer.submit(_submission(answers, 2))
    gate.returns.release(2)
    assert [answers.get(timeout=10) for _ in range(2)] == [1, 2]
    writer.close()


def test_a_closed_writer_takes_nothing_and_may_be_closed_again() -> None:
    """After the end an append is refused aloud, and a second close is no fault."""
    answers = queue.Queue[int | JournalError]()
    writer = Writer(Plain())
    writer.close()
    writer.close()
    with pytest.raises(JournalBroken, match="closed"):
        writer.submit(_submission(answers))


def test_closing_answers_what_was_taken() -> None:
    """An orderly end writes and answers everything in the queue."""
    answers = queue.Queue[int | JournalError]()
    writer = Writer(Plain())
    for seq in range(50):
        writer.submit(_submission(answers, seq))
    writer.close()
    assert [answers.get_nowait() for _ in range(50)] == list(range(1, 51))


def test_a_fault_of_the_store_is_an_answer() -> None:
    """Whatever goes wrong below, nobody waits for ever, and the writer lives on."""
    answers = queue.Queue[int | JournalError]()
    writer = Writer(Torn())
    for seq in (0, 1):
        writer.submit(_submission(answers, seq))
        assert "a fault of our own" in str(answers.get(timeout=10))
    writer.close()


def test_a_caller_that_cannot_be_told_does_not_stop_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that raises is reported as a failing thread is, and the next caller gets its own."""
    reported: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: reported.append(str(told.exc_value)))
    answers = queue.Queue[int | JournalError]()
    writer = Writer(Plain())

    def gone(answer: int | JournalError) -> None:
        raise RuntimeError(f"nobody here for {answer}")

    writer.submit(Submission(ALPHA, 1, 0, (), gone))
    writer.submit(_submission(answers, 1))
    assert answers.get(timeout=10) == 2
    writer.close()
    assert reported == ["nobody here for 1"]


def test_an_account_stands_still_from_its_first_failure() -> None:
    """What comes after the failure is held, the failed one itself may be tried, and other accounts do not notice."""
    holds, answers, error = Holds(), queue.Queue[int | JournalError](), JournalFull("no room")
    holds.settle(_submission(answers, 5), error)
    holds.settle(_submission(answers, 6), error)
    assert holds.objection(_submission(answers, 6)) is error
    assert holds.objection(_submission(answers, 5)) is None
    assert holds.objection(_submission(answers, 9, BETA)) is None
    holds.settle(_submission(answers, 5), 6)
    assert holds.objection(_submission(answers, 6)) is None


def test_the_newest_failure_is_the_one_that_is_told() -> None:
    """When the retry fails for another reason, those who are held hear that one."""
    holds, answers = Holds(), queue.Queue[int | JournalError]()
    holds.settle(_submission(answers, 5), JournalFull("no room"))
    holds.settle(_submission(answers, 5), EventRefused("half a letter"))
    assert isinstance(holds.objection(_submission(answers, 6)), EventRefused)


def test_a_conflict_holds_nothing() -> None:
    """A caller that is wrong about its place has nothing to hand in again."""
    holds, answers = Holds(), queue.Queue[int | JournalError]()
    holds.settle(_submission(answers, 5), SequenceConflict(ALPHA, 7, 5))
    assert holds.objection(_submission(answers, 7)) is None
