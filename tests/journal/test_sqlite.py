"""The file: durable through a kill, resumed after a full disk, one poisonous row for one account, grown in advance."""

from __future__ import annotations

import os
import queue
import signal
import sqlite3
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from seawall.journal import sqlite as subject
from seawall.journal.port import EventRefused, JournalBroken, JournalError, JournalFull, JournalLocked, SequenceConflict
from seawall.journal.sqlite import GROWN, SqliteJournal, connect
from seawall.model.events import ACCOUNT_WIDE, EVERY_SYMBOL, PositionProtected, SourceFailing
from seawall.model.ids import SignalId
from tests.journal.samples import ALPHA, BETA, VELVET, VENUES, dated, opening, poison, proven

_WRITE_FOR_EVER = """
import sys
from pathlib import Path
from seawall.journal.sqlite import SqliteJournal
from tests.journal.samples import ALPHA, BETA, VENUES, dated, opening, proven

journal = SqliteJournal(Path(sys.argv[1]), VENUES)
start = {account: len(journal.read(account, 0, 10**9)) for account in VENUES}
for round in range(10**9):
    for account in VENUES:
        said = f"{account} {start[account] + (round + 1) * 8}"
        events = dated(proven(), *opening(f"{account}-{start[account] + round * 8}", account), proven())
        journal.submit(account, 1, start[account] + round * 8, events, lambda answer, said=said: print(
            said if isinstance(answer, int) else answer, flush=True))
    if round % 8 == 7:
        journal.append(BETA, 1, start[BETA] + (round + 1) * 8, [])
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the journal shall be."""
    return tmp_path / "journal.db"


def _big(size: int) -> SourceFailing:
    """An event of about `size` bytes."""
    return SourceFailing(ACCOUNT_WIDE, EVERY_SYMBOL, "stream", "x" * size)


def test_a_new_process_finds_everything(file: Path) -> None:
    """What one process recorded, the next one reads, and goes on from there."""
    first = SqliteJournal(file, VENUES)
    first.append(ALPHA, 1, 0, dated(*opening()))
    first.close()
    second = SqliteJournal(file, VENUES)
    assert [recorded.event for recorded in second.read(ALPHA, 0, 99)] == opening()
    assert second.append(ALPHA, 2, 6, dated(proven())) == 7
    assert [recorded.epoch for recorded in second.read(ALPHA, 5, 9)] == [1, 2]
    second.close()


def test_a_kill_in_mid_append_leaves_a_whole_prefix(file: Path) -> None:
    """After SIGKILL, three times over, the file holds every answered event, without a gap and without half an append."""
    root = Path(__file__).parents[2]
    for _ in range(3):
        answered = _killed_while_writing(file, root)
        journal = SqliteJournal(file, VENUES)
        for account, last in answered.items():
            seqs = [recorded.seq for recorded in journal.read(ALPHA if account == "alpha" else BETA, 0, 10**9)]
            assert seqs == list(range(1, len(seqs) + 1))
            assert len(seqs) >= last
            assert len(seqs) % 8 == 0
        openings = sum(len(journal.read(account, 0, 10**9)) for account in VENUES) // 8
        assert len(journal.positions()) == openings
        journal.close()


def _killed_while_writing(file: Path, root: Path) -> dict[str, int]:
    """Start a process that only writes, hear 40 answers, kill it; the last number answered to each account."""
    command = [sys.executable, "-c", _WRITE_FOR_EVER, str(file)]
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'src'}"}
    answered: dict[str, int] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=root) as process:
        assert process.stdout is not None
        for _ in range(40):
            account, seq = process.stdout.readline().split()
            answered[account] = int(seq)
        process.send_signal(signal.SIGKILL)
        for line in process.stdout:
            if line.endswith("\n"):
                account, seq = line.split()
                answered[account] = int(seq)
    assert process.returncode == -signal.SIGKILL
    return answered


def test_a_full_disk_stops_writing_and_room_resumes_it_where_it_stopped(file: Path) -> None:
    """On a full disk every append is JournalFull, nothing recorded is lost, and with room again nothing is skipped."""
    journal = SqliteJournal(file, VENUES, grown=0)
    journal.append(ALPHA, 1, 0, dated(*opening()))
    pages = _limit(journal, 0)
    with pytest.raises(JournalFull, match="Free some space"):
        journal.append(ALPHA, 1, 6, dated(_big(200_000)))
    with pytest.raises(JournalFull):
        journal.append(ALPHA, 1, 7, dated(proven()))
    assert len(journal.read(ALPHA, 0, 99)) == 6
    assert _limit(journal, pages + 1_000) > pages
    assert journal.append(ALPHA, 1, 6, dated(_big(200_000))) == 7
    assert journal.append(ALPHA, 1, 7, dated(proven())) == 8
    journal.close()


def _limit(journal: SqliteJournal, pages: int) -> int:
    """Let the file grow to so many pages at most (0: no further than it is); the limit in force."""
    store = journal._writer._store
    assert isinstance(store, subject.SqliteStore)
    (limit,) = store.connection.execute(f"PRAGMA max_page_count = {pages or 1}").fetchone()
    return int(limit)


def test_a_way_back_that_fails_holds_what_follows(file: Path) -> None:
    """The connection breaks so that not even the rollback works: what comes after is held until the lost append comes
    again, and is not called another owner's.
    """
    journal = SqliteJournal(file, VENUES, grown=0)
    store = journal._writer._store
    assert isinstance(store, subject.SqliteStore)
    store.connection.close()
    with pytest.raises(JournalBroken):
        journal.append(ALPHA, 1, 0, dated(*opening()))
    store.connection = connect(file)
    with pytest.raises(JournalBroken):
        journal.append(ALPHA, 1, 6, dated(proven()))
    assert journal.append(BETA, 1, 0, dated(proven())) == 1
    assert journal.append(ALPHA, 1, 0, dated(*opening())) == 6
    assert journal.append(ALPHA, 1, 6, dated(proven())) == 7
    journal.close()


def test_one_poisonous_row_stops_one_account_and_not_the_batch(file: Path) -> None:
    """In one commit the poisoned account is refused, and its followers with it; the other account is written."""
    journal = SqliteJournal(file, VENUES, grown=0)
    answers = queue.Queue[tuple[str, int | JournalError]]()
    held = threading.Event()

    def hold_the_writer(answer: int | JournalError) -> None:
        assert held.wait(10)

    journal.submit(ALPHA, 1, 0, dated(proven()), hold_the_writer)
    for name, account, seq, event in (
        ("poison", ALPHA, 1, poison()),
        ("follower", ALPHA, 2, proven()),
        ("other", BETA, 0, proven()),
    ):
        journal.submit(account, 1, seq, dated(event), lambda answer, name=name: answers.put((name, answer)))  # type: ignore[misc]
    held.set()
    found = dict(answers.get(timeout=10) for _ in range(3))
    assert isinstance(found["poison"], EventRefused)
    assert found["follower"] is found["poison"]
    assert found["other"] == 1
    assert len(journal.read(ALPHA, 0, 9)) == 1
    journal.close()


def test_an_event_that_its_own_tables_deny_stops_one_account_and_not_the_batch(file: Path) -> None:
    """A cover of nothing has no place in the record of positions: its account is refused by name, its followers with it
    and not as if somebody else had written, and the other account is written.
    """
    journal = SqliteJournal(file, VENUES, grown=0)
    answers = queue.Queue[tuple[str, int | JournalError]]()
    held = threading.Event()

    def hold_the_writer(answer: int | JournalError) -> None:
        assert held.wait(10)

    nothing = PositionProtected(SignalId("velvet-1"), VELVET, Decimal(0), None, Decimal("0.2059"), 1)
    journal.submit(ALPHA, 1, 0, dated(*opening()), hold_the_writer)
    for name, account, seq, event in (
        ("other", BETA, 0, proven()),
        ("nothing", ALPHA, 6, nothing),
        ("follower", ALPHA, 7, proven()),
    ):
        journal.submit(account, 1, seq, dated(event), lambda answer, name=name: answers.put((name, answer)))  # type: ignore[misc]
    held.set()
    found = dict(answers.get(timeout=10) for _ in range(3))
    assert isinstance(found["nothing"], EventRefused)
    assert found["follower"] is found["nothing"]
    assert found["other"] == 1
    journal.close()


def test_an_instant_beyond_the_column_is_refused_and_not_the_batch(file: Path) -> None:
    """A number that the column cannot hold stops its own account with the reason."""
    journal = SqliteJournal(file, VENUES, grown=0)
    with pytest.raises(EventRefused, match="alpha"):
        journal.append(ALPHA, 2**63, 0, dated(proven()))
    journal.close()


def test_two_writers_of_one_file_cannot_both_go_on(file: Path) -> None:
    """Two processes that think they own an account: the second to write is told of the conflict."""
    one, two = SqliteJournal(file, VENUES, grown=0), SqliteJournal(file, VENUES, grown=0)
    one.append(ALPHA, 1, 0, dated(proven()))
    with pytest.raises(SequenceConflict):
        two.append(ALPHA, 2, 0, dated(proven(), proven()))
    one.close()
    two.close()


def test_a_file_held_by_another_program_is_named_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that does not go away is JournalLocked, and the append succeeds when it comes again after it."""
    monkeypatch.setattr(subject, "_BUSY_MS", 10)
    journal = SqliteJournal(file, VENUES, grown=0)
    other = connect(file)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalLocked, match="database browser"):
        journal.append(ALPHA, 1, 0, dated(proven()))
    other.execute("ROLLBACK")
    other.close()
    assert journal.append(ALPHA, 1, 0, dated(proven())) == 1
    journal.close()


def test_a_file_that_is_no_journal_is_named_so(file: Path) -> None:
    """A file of something else is refused at the start, with the file's name, and left as it is."""
    file.write_bytes(b"this is not a database, it is a letter" * 40)
    with pytest.raises(JournalBroken, match=r"journal\.db: file is not a database"):
        SqliteJournal(file, VENUES)
    assert file.read_bytes().startswith(b"this is not")


def test_a_folder_that_is_not_there_is_named_so(tmp_path: Path) -> None:
    """A path that cannot be opened is refused at the start."""
    with pytest.raises(JournalBroken, match="unable to open"):
        SqliteJournal(tmp_path / "missing" / "journal.db", VENUES)


def test_a_damaged_table_is_an_error_of_the_reader(file: Path) -> None:
    """A reader whose table has gone gets JournalBroken with the database's own words."""
    journal = SqliteJournal(file, VENUES, grown=0)
    other = connect(file)
    other.execute("DROP TABLE positions")
    other.close()
    with pytest.raises(JournalBroken, match="no such table: positions"):
        journal.positions()
    journal.close()


def test_the_log_is_grown_in_advance_and_keeps_its_length(file: Path) -> None:
    """After the start the log already has its length, and commits do not change it."""
    log = file.with_name("journal.db-wal")
    journal = SqliteJournal(file, VENUES)
    before = log.stat().st_size
    assert before >= GROWN
    for seq in range(20):
        journal.append(ALPHA, 1, seq, dated(proven()))
    assert log.stat().st_size == before
    journal.close()


def test_a_start_after_a_kill_in_mid_padding_cleans_up(file: Path) -> None:
    """A table of padding that an earlier start left behind is gone, and does not hinder this one."""
    SqliteJournal(file, VENUES, grown=0).close()
    other = connect(file)
    other.execute("CREATE TABLE padding (filling BLOB)")
    SqliteJournal(file, VENUES).close()
    assert other.execute("SELECT count(*) FROM sqlite_master WHERE name = 'padding'").fetchone() == (0,)
    other.close()


def test_commits_wait_for_the_disk(file: Path) -> None:
    """The writing connection keeps a write-ahead log and waits for each commit's bytes (synchronous = FULL)."""
    connection = connect(file)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_the_tables_hold_text_and_not_binary_numbers(file: Path) -> None:
    """Amounts stand as exact text in the file, for whatever program reads it."""
    journal = SqliteJournal(file, VENUES, grown=0)
    journal.append(ALPHA, 1, 0, dated(*opening()))
    journal.close()
    with sqlite3.connect(file) as reader:
        found = reader.execute("SELECT quantity, average, typeof(quantity) FROM positions").fetchone()
    reader.close()
    assert found == ("27", "0.1999", "text")
