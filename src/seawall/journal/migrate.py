"""Numbered migrations, applied once each, in order, under the database's own write lock.

`migrations/0001_first.sql` and so on; the number of the last one applied is the file's `user_version`, set in the same
transaction, so that a migration is either whole or absent, whenever the process dies. Two processes that start at once
take turns at the lock, and the second finds nothing to do. Before a file that already holds a schema is changed it is
copied, whole and consistent, into the same folder: `journal.db` becomes `journal-before-0002.db`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from seawall.journal.port import JournalBroken

Migrations = tuple[tuple[int, str], ...]


def shipped() -> Migrations:
    """The migrations of this program: (number, SQL), by number."""
    folder = resources.files("seawall.journal").joinpath("migrations")
    found = [(int(file.name[:4]), file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".sql")]
    return tuple(sorted(found))


def migrate(connection: sqlite3.Connection, file: Path, migrations: Migrations) -> None:
    """Bring the file to the newest schema. `connection` is in autocommit mode and stays so.

    Raises JournalBroken for a file of a newer schema than `migrations` knows, sqlite3.Error as SQLite does.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        _apply_missing(connection, file, migrations)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def version_of(connection: sqlite3.Connection) -> int:
    """The number of the last migration that a file has had; 0 for an empty one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _apply_missing(connection: sqlite3.Connection, file: Path, migrations: Migrations) -> None:
    """Within the lock: refuse the future, save the past, apply what is missing."""
    version, newest = version_of(connection), migrations[-1][0]
    if version > newest:
        raise JournalBroken(f"{file.name}: schema: expected at most {newest}, came {version}, made by a newer Seawall")
    missing = [(number, text) for number, text in migrations if number > version]
    if missing and version:
        _save(file, file.with_name(f"{file.stem}-before-{missing[0][0]:04}{file.suffix}"))
    for number, text in missing:
        for statement in _statements(text):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")


def _save(file: Path, target: Path) -> None:
    """Copy the last committed state of `file`, read on a connection of its own since ours holds the lock."""
    unfinished = target.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    source, copy = sqlite3.connect(file), sqlite3.connect(unfinished)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    unfinished.replace(target)


def _statements(text: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would commit before it begins."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
