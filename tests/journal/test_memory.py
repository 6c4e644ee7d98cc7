"""The journal that the drill can stall, fail and kill, in virtual time."""

from __future__ import annotations

import pytest

from seawall.journal.memory import MemoryJournal
from seawall.journal.port import JournalBusy, JournalError, JournalFull
from seawall.model.times import SECOND
from tests.journal.samples import ALPHA, BETA, START, VENUES, dated, opening, proven

Answers = list[int | JournalError]


def _journal(**options: int) -> MemoryJournal:
    journal = MemoryJournal(VENUES, **options)
    journal.advance(START)
    return journal


def test_an_append_is_answered_by_the_next_advance_and_not_before() -> None:
    """Handing in never answers at once, so that a step is never entered twice."""
    journal, answers = _journal(), Answers()
    journal.submit(ALPHA, 1, 0, dated(proven()), answers.append)
    assert (answers, journal.next_wake(), journal.read(ALPHA, 0, 9)) == ([], START, ())
    journal.advance(START)
    assert (answers, journal.next_wake()) == ([1], None)


def test_a_commit_takes_its_lag() -> None:
    """With a lag an append becomes durable that much later, to the microsecond."""
    journal, answers = _journal(lag=400), Answers()
    journal.submit(ALPHA, 1, 0, dated(proven()), answers.append)
    journal.advance(START + 399)
    assert (answers, journal.next_wake()) == ([], START + 400)
    journal.advance(START + 400)
    assert answers == [1]


def test_a_stall_keeps_everything_in_order() -> None:
    """While the disk does not come back nothing is answered; then all of it is, in the order in which it came."""
    journal, answers = _journal(), Answers()
    journal.stall_until(START + SECOND)
    journal.submit(ALPHA, 1, 0, dated(proven()), answers.append)
    journal.submit(BETA, 1, 0, dated(proven(), proven()), answers.append)
    journal.advance(START + SECOND - 1)
    assert (answers, journal.next_wake()) == ([], START + SECOND)
    journal.advance(START + SECOND)
    assert answers == [1, 2]


def test_an_answer_may_hand_in_more() -> None:
    """What is handed in while an answer is given is answered by the same advance, if it is due."""
    journal, answers = _journal(), Answers()

    def more(answer: int | JournalError) -> None:
        answers.append(answer)
        journal.submit(ALPHA, 1, 1, dated(proven()), answers.append)

    journal.submit(ALPHA, 1, 0, dated(proven()), more)
    journal.advance(START)
    assert answers == [1, 2]


def test_a_failing_disk_fails_every_append_until_it_is_mended() -> None:
    """Each append gets the failure that was asked for; once mended, the record goes on without a gap."""
    journal, answers = _journal(), Answers()
    journal.fail(JournalFull)
    journal.submit(ALPHA, 1, 0, dated(proven()), answers.append)
    journal.submit(ALPHA, 1, 1, dated(proven()), answers.append)
    journal.advance(START)
    assert [type(answer) for answer in answers] == [JournalFull, JournalFull]
    journal.mend()
    for expected_seq in (1, 0, 1):
        journal.submit(ALPHA, 1, expected_seq, dated(proven()), answers.append)
    journal.advance(START)
    assert isinstance(answers[2], JournalFull)
    assert answers[3:] == [1, 2]


def test_a_killed_process_loses_what_was_not_durable_and_nothing_else() -> None:
    """What waited at the kill is never answered and never written; what was durable is read as before."""
    journal, answers = _journal(lag=400), Answers()
    journal.append(ALPHA, 1, 0, dated(proven()))
    journal.submit(ALPHA, 1, 1, dated(proven()), answers.append)
    journal.kill()
    journal.advance(START + SECOND)
    assert (answers, journal.next_wake(), len(journal.read(ALPHA, 0, 9))) == ([], None, 1)
    assert journal.append(ALPHA, 2, 1, dated(proven())) == 2


def test_a_full_queue_takes_nothing() -> None:
    """The bound of the queue is an error to the caller, and what was taken before is written."""
    journal, answers = _journal(capacity=1), Answers()
    journal.submit(ALPHA, 1, 0, dated(proven()), answers.append)
    with pytest.raises(JournalBusy, match="1 appends wait already"):
        journal.submit(ALPHA, 1, 1, dated(proven()), answers.append)
    journal.advance(START)
    assert answers == [1]


def test_waiting_appends_go_before_one_that_waits_for_its_answer() -> None:
    """First in, first out, even where a caller writes beside the queue."""
    journal, answers = _journal(lag=400), Answers()
    journal.submit(ALPHA, 1, 0, dated(proven()), answers.append)
    assert journal.append(ALPHA, 1, 1, dated(proven())) == 2
    assert answers == [1]


def test_closing_answers_what_was_taken() -> None:
    """Nothing that was taken is left without an answer by an orderly end."""
    journal, answers = _journal(lag=400), Answers()
    journal.submit(ALPHA, 1, 0, dated(proven()), answers.append)
    journal.stall_until(START + SECOND)
    journal.close()
    assert answers == [1]


def test_two_runs_of_the_same_appends_have_equal_rows() -> None:
    """The rows of two journals that were told the same are equal, column by column."""
    one, two = _journal(), _journal()
    for journal in (one, two):
        journal.append(ALPHA, 1, 0, dated(*opening()))
    assert one.rows(ALPHA) == two.rows(ALPHA)
    assert one.rows(ALPHA)[0].created_at == "2026-11-23 15:34:12.000000"
