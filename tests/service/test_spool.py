"""The spool: what left while the journal took nothing is not lost with the process."""

from __future__ import annotations

import asyncio
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from seawall.journal.memory import MemoryJournal
from seawall.journal.port import Dated, EventRefused, JournalError, JournalFull
from seawall.journal.sqlite import SqliteJournal
from seawall.model.events import ACCOUNT_WIDE, EVERY_SYMBOL, EntriesStopped, EntryFilled
from seawall.model.ids import Account, SignalId, Symbol
from seawall.model.reports import Source
from seawall.service.scribe import Scribe
from seawall.service.spool import Spool, set_aside_in
from tests.journal.samples import dated, poison

MAIN = Account("main")


def events(*words: str) -> tuple[Dated, ...]:
    """Events that each say a word."""
    return tuple((place, EntriesStopped(ACCOUNT_WIDE, EVERY_SYMBOL, word)) for place, word in enumerate(words))


def words(journal: MemoryJournal) -> list[str]:
    """What the journal's events say, in order."""
    return [row.event.detail for row in journal.read(MAIN, 0, 100) if isinstance(row.event, EntriesStopped)]


def spool_in(folder: Path, said: list[str] | None = None) -> Spool:
    """The account's spool in a folder; `said` takes what it complains of."""
    return Spool(folder / "spool-main.jsonl", MAIN, "binance", (said if said is not None else list[str]()).append)


def files_in(folder: Path) -> list[str]:
    """The names of the files in a folder."""
    return sorted(file.name for file in folder.iterdir())


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """A disk on which no file of this process may grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_a_failing_journal_did_not_take_is_merged_by_the_next_process(tmp_path: Path) -> None:
    """A step is durable, the next two meet a full disk, the process dies: the next one finds all three in order."""
    journal = MemoryJournal({MAIN: "binance"})

    async def story() -> None:
        scribe = Scribe(journal, MAIN, 1, 0, lambda: None, spool_in(tmp_path))
        scribe.write(1, events("one"))
        journal.advance(1)
        await asyncio.sleep(0)
        journal.fail(JournalFull)
        scribe.write(2, events("two"))
        journal.advance(2)
        await asyncio.sleep(0)
        scribe.write(3, events("three"))

    asyncio.run(story())
    journal.kill()
    journal.mend()
    assert words(journal) == ["one"]
    assert spool_in(tmp_path).merge(journal, 1) == 2
    assert words(journal) == ["one", "two", "three"]
    assert spool_in(tmp_path).is_empty


def test_a_journal_that_takes_appends_leaves_no_spool(tmp_path: Path) -> None:
    """Nothing is written beside a journal that works, and what was spooled is gone once it is durable."""
    journal = MemoryJournal({MAIN: "binance"})

    async def story() -> None:
        scribe = Scribe(journal, MAIN, 1, 0, lambda: None, spool_in(tmp_path))
        journal.fail(JournalFull)
        scribe.write(1, events("one"))
        journal.advance(1)
        await asyncio.sleep(0)
        assert files_in(tmp_path) == ["spool-main.jsonl"]
        journal.mend()
        async with asyncio.timeout(10):
            while scribe.durable < 1:
                journal.advance(2)
                await asyncio.sleep(0.01)

    asyncio.run(story())
    assert (words(journal), files_in(tmp_path)) == (["one"], [])


def test_a_line_that_a_crash_cut_off_is_passed_over(tmp_path: Path) -> None:
    """It was never whole, so nothing was promised on it."""
    spool = spool_in(tmp_path)
    spool.keep(1, 1, events("one", "two"))
    file = tmp_path / "spool-main.jsonl"
    file.write_bytes(file.read_bytes()[:-9])
    journal = MemoryJournal({MAIN: "binance"})
    assert spool_in(tmp_path).merge(journal, 0) == 1
    assert words(journal) == ["one"]


def test_a_full_disk_that_took_half_a_line_loses_nothing_of_what_comes_later(tmp_path: Path) -> None:
    """The half is cut off, and what failed is written with the next rows, in order."""
    spool = spool_in(tmp_path)
    spool.keep(1, 1, events("one"))
    size = (tmp_path / "spool-main.jsonl").stat().st_size
    with room_for(size + size // 2):
        spool.keep(2, 1, events("two"))
    assert "cannot be written" in spool.trouble
    assert (tmp_path / "spool-main.jsonl").stat().st_size > size, "the disk took nothing of the line"
    spool.keep(3, 1, events("three"))
    assert not spool.trouble
    journal = MemoryJournal({MAIN: "binance"})
    assert spool_in(tmp_path).merge(journal, 0) == 3
    assert words(journal) == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("second", "told"), [(b"nonsense\n", "line 2: expected a row"), (b"", "line 2: .* expected row 2, came 3")]
)
def test_a_line_that_is_garbled_or_missing_amid_others_is_set_aside_with_what_follows(
    tmp_path: Path, second: bytes, told: str
) -> None:
    """The account begins with what could be read; nothing is thrown away, and it is said which line was at fault."""
    spool_in(tmp_path).keep(1, 1, events("one", "two", "three"))
    file = tmp_path / "spool-main.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + second + lines[2])
    journal, said = MemoryJournal({MAIN: "binance"}), list[str]()
    assert spool_in(tmp_path, said).merge(journal, 0) == 1
    assert words(journal) == ["one"]
    assert re.search(told, "".join(said))
    assert files_in(tmp_path) == ["spool-main.set-aside-1"]
    assert (tmp_path / "spool-main.set-aside-1").read_bytes() == second + lines[2]


def test_a_row_that_differs_from_the_journals_is_set_aside(tmp_path: Path) -> None:
    """Two histories of one account: the journal's stays, and the spool's is not lost, nor taken for the same."""
    journal, said = MemoryJournal({MAIN: "binance"}), list[str]()
    journal.append(MAIN, 1, 0, events("one", "another two"))
    spool_in(tmp_path).keep(1, 1, events("one", "two", "three"))
    kept = (tmp_path / "spool-main.jsonl").read_bytes().splitlines(keepends=True)
    assert spool_in(tmp_path, said).merge(journal, 2) == 0
    assert words(journal) == ["one", "another two"]
    assert re.search("row 2 .*expected what the journal has there, .*another two.*, came .*two", "".join(said))
    assert (tmp_path / "spool-main.set-aside-1").read_bytes() == b"".join(kept[1:])


def test_an_event_that_the_journals_tables_refuse_does_not_keep_the_account_from_beginning(tmp_path: Path) -> None:
    """On a real journal: a fill that nothing was intended for waits in the spool; two starts later both are set aside."""
    file = tmp_path / "journal.sqlite"
    for start in (1, 2):
        journal, said = SqliteJournal(file, {MAIN: "binance"}, grown=0), list[str]()
        last = len(journal.read(MAIN, 0, 100))
        fill = EntryFilled(SignalId("s1"), Symbol("BTCUSDT"), Decimal(1), Source.STREAM, 5, 5)
        spool_in(tmp_path).keep(last + 1, start, (*events(f"before {start}"), (7, fill), *events("after")))
        assert spool_in(tmp_path, said).merge(journal, last) == 1
        assert "2 lines were set aside" in said[0]
        assert "line 2: " in said[0]
        assert "expected entry_intended before" in said[0]
        journal.close()
    assert set_aside_in(tmp_path, MAIN) == ["spool-main.set-aside-1", "spool-main.set-aside-2"]
    assert set_aside_in(tmp_path, Account("other")) == []


def test_what_cannot_be_set_aside_stops_the_account(tmp_path: Path) -> None:
    """Without a place for them the lines stay where they are, and the error names both."""
    spool_in(tmp_path).keep(2, 1, events("two"))
    size = (tmp_path / "spool-main.jsonl").stat().st_size
    with room_for(size // 2), pytest.raises(JournalError, match=r"expected row 1, came 2; and it cannot be set aside"):
        spool_in(tmp_path).merge(MemoryJournal({MAIN: "binance"}), 0)
    assert (tmp_path / "spool-main.jsonl").stat().st_size == size


def test_rows_that_the_journal_has_are_not_appended_again(tmp_path: Path) -> None:
    """The journal came back before the process died: only what it lacks is merged."""
    journal = MemoryJournal({MAIN: "binance"})
    journal.append(MAIN, 1, 0, events("one"))
    spool = spool_in(tmp_path)
    spool.keep(1, 1, events("one", "two"))
    assert spool.merge(journal, 1) == 1
    assert words(journal) == ["one", "two"]


def test_a_spool_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """It raises nothing: the act has left, and its name will tell the next process."""
    spool = Spool(tmp_path / "no such folder" / "spool.jsonl", MAIN, "binance")
    spool.keep(1, 1, events("one"))
    assert "cannot be written" in spool.trouble


@pytest.mark.parametrize("kept", [0, 1])
def test_an_unread_spool_keeps_its_lines_until_the_journal_takes_them(tmp_path: Path, kept: int) -> None:
    """A journal that still fails at the start stops the account; the spool stays as it was."""
    spool = spool_in(tmp_path)
    spool.keep(1, 1, events(*["word"] * (kept + 1)))
    journal = MemoryJournal({MAIN: "binance"})
    journal.fail(JournalFull)
    with pytest.raises(JournalFull):
        spool.merge(journal, 0)
    assert (tmp_path / "spool-main.jsonl").read_bytes().count(b"\n") == kept + 1


def test_an_event_that_nothing_can_hold_is_told_and_ends_the_spool(tmp_path: Path) -> None:
    """The account hears of it and stops its entries; what came before is kept, and the next process can begin."""
    journal = MemoryJournal({MAIN: "binance"})

    async def story() -> None:
        spool = spool_in(tmp_path)
        scribe = Scribe(journal, MAIN, 1, 0, lambda: None, spool)
        journal.fail(JournalFull)
        scribe.write(1, events("one"))
        journal.advance(1)
        await asyncio.sleep(0)
        scribe.write(2, tuple(dated(poison())))
        scribe.write(3, events("three"))
        assert "ends here" in spool.trouble

    asyncio.run(story())
    journal.kill()
    journal.mend()
    assert spool_in(tmp_path).merge(journal, 0) == 1
    assert words(journal) == ["one"]


def test_an_event_that_no_journal_takes_is_the_accounts_trouble(tmp_path: Path) -> None:
    """It is told though the spool cannot hold it either."""
    journal = MemoryJournal({MAIN: "binance"})

    async def story() -> None:
        scribe = Scribe(journal, MAIN, 1, 0, lambda: None, spool_in(tmp_path))
        scribe.write(1, tuple(dated(poison())))
        journal.advance(1)
        await asyncio.sleep(0)
        assert isinstance(scribe.trouble, EventRefused)

    asyncio.run(story())
