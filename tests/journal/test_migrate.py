"""Migrations: once each, whole or absent, with a copy before, and never backwards."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from seawall.journal.migrate import migrate, shipped, version_of
from seawall.journal.port import JournalBroken
from seawall.journal.sqlite import SqliteJournal, connect
from tests.journal.samples import ALPHA, VENUES, dated, opening, proven

_SECOND = (2, "-- a note; with a semicolon\nALTER TABLE signals ADD COLUMN note TEXT NOT NULL DEFAULT '';\n")
_BROKEN = (2, "CREATE TABLE half (x TEXT);\nCREATE TABLE half (x TEXT);\n")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A journal with one opening in it."""
    file = tmp_path / "journal.db"
    journal = SqliteJournal(file, VENUES, grown=0)
    journal.append(ALPHA, 1, 0, dated(*opening()))
    journal.close()
    return file


def _version(file: Path) -> int:
    connection = connect(file)
    try:
        return version_of(connection)
    finally:
        connection.close()


def test_the_shipped_migrations_count_from_one() -> None:
    """Numbers are contiguous, so that the number of the last one says which have been applied."""
    assert [number for number, _ in shipped()] == list(range(1, len(shipped()) + 1))


def test_a_new_file_gets_the_newest_schema_and_no_copy(file: Path) -> None:
    """An empty file has nothing to save."""
    assert _version(file) == shipped()[-1][0]
    assert sorted(found.name for found in file.parent.iterdir()) == ["journal.db"]


def test_a_newer_program_saves_a_copy_first(file: Path) -> None:
    """Before an existing journal is changed it is copied as it was; afterwards the record goes on."""
    journal = SqliteJournal(file, VENUES, grown=0, migrations=(*shipped(), _SECOND))
    assert journal.append(ALPHA, 1, 6, dated(proven())) == 7
    journal.close()
    saved = file.with_name("journal-before-0002.db")
    assert (_version(file), _version(saved)) == (2, 1)
    old = SqliteJournal(saved, VENUES, grown=0)
    assert [recorded.event for recorded in old.read(ALPHA, 0, 99)] == opening()
    old.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(file: Path) -> None:
    """A migration is whole or absent."""
    with pytest.raises(JournalBroken, match="table half already exists"):
        SqliteJournal(file, VENUES, migrations=(*shipped(), _BROKEN))
    assert _version(file) == 1
    with sqlite3.connect(file) as reader:
        assert reader.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone() == (0,)
    reader.close()


def test_a_file_of_the_future_is_refused(file: Path) -> None:
    """An older program does not touch a newer journal and says which schema it found."""
    SqliteJournal(file, VENUES, grown=0, migrations=(*shipped(), _SECOND)).close()
    with pytest.raises(JournalBroken, match="expected at most 1, came 2"):
        SqliteJournal(file, VENUES)


def test_what_has_been_applied_is_not_applied_again(file: Path) -> None:
    """The second of two processes that start at once finds nothing to do and saves nothing."""
    connection = connect(file)
    migrate(connection, file, shipped())
    connection.close()
    assert sorted(found.name for found in file.parent.iterdir()) == ["journal.db"]
