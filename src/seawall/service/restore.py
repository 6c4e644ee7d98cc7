"""Restoring a backup: looked at whole before anything is touched, then put in place by one rename.

In this order: the archive is read and held against its manifest; its journal is opened, counted and folded, as the
service would; the folder is locked, so that no service runs in it; what stands there is compared. Only then does the
new journal take the old one's name, in one step, while the old one keeps another. A process killed anywhere before that
step leaves the old state whole, and after it the new one.

Nothing is asked of a venue here. What has happened since the backup is found by `seawall run`, which looks for every
order under our prefix (design, rules 2, 19 and 20): a name is never used twice, since it carries the process's start,
and a stop is never removed because the journal does not know it.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from seawall.engine.desk import Desk
from seawall.engine.settings import DeskSettings
from seawall.journal.copying import Contents, OpenSignal, contents, open_signals, recorded, settle
from seawall.journal.port import JournalError
from seawall.model.ids import Account, VenueName
from seawall.service.backup import (
    CONFIGURATION,
    HALTS,
    BackupRefused,
    House,
    Manifest,
    Opened,
    house_of,
    merge_spools,
    open_backup,
)
from seawall.service.durable import sync_folder
from seawall.service.identity import FILE as INSTALLATION
from seawall.service.identity import known_installation
from seawall.service.owner import FolderLock
from seawall.service.venues import traits_of

INCOMING = ".restoring.sqlite"
UNREADABLE = "what stands there cannot be read"
_LOGS = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put in place, and what stands open in it. `aside`: where the journal that stood there is now."""

    manifest: Manifest
    house: House
    open: tuple[OpenSignal, ...]
    aside: Path | None = None
    kept: tuple[str, ...] = field(default=())
    """What of the backup was not put in place, since something of that name stands there."""


def restore(file: Path, configuration: Path, *, older: bool = False) -> Restored:
    """Puts a backup in place of what stands in the folder of `configuration`.

    `older`: also over a journal that has recorded more, or that cannot be read. Raises BackupRefused, FolderTaken,
    ConfigError.
    """
    incoming = _place_for(configuration)
    try:
        opened = open_backup(file, incoming)
        held = _proven(file, opened)
        house = house_of(configuration, opened.notes.get(CONFIGURATION))
        _same_installation(house, opened.manifest)
        with FolderLock(house.folder):
            return _put_in_place(house, opened, held, older=older)
    finally:
        incoming.unlink(missing_ok=True)


def _place_for(configuration: Path) -> Path:
    """Where the incoming journal is looked at: beside the configuration, which a fresh machine has a folder for."""
    home = configuration.resolve().parent
    home.mkdir(parents=True, exist_ok=True)
    return home / INCOMING


def _proven(file: Path, opened: Opened) -> Contents:
    """The journal's contents, once it was read, counted and folded. Raises BackupRefused."""
    try:
        held = contents(opened.journal)
        for account, stream in held.accounts.items():
            _folds(opened, account, stream.venue)
    except (JournalError, ValueError, KeyError) as error:
        raise BackupRefused(f"{file}: its journal cannot be restored: {error}") from error
    if held.accounts != opened.manifest.accounts or held.schema != opened.manifest.schema:
        raise BackupRefused(f"{file}: its journal ends elsewhere than the manifest says")
    return held


def _folds(opened: Opened, account: Account, venue: str) -> None:
    """Folds an account's events as the service does at its start."""
    name = VenueName(venue)
    Desk(
        account=account,
        venue=name,
        traits=traits_of(name),
        installation=opened.manifest.installation,
        settings=DeskSettings(),
    ).recover(recorded(opened.journal, account))


def _same_installation(house: House, manifest: Manifest) -> None:
    here = known_installation(house.home)
    if here is not None and here != manifest.installation:
        raise BackupRefused(
            f"{house.home}: this installation is called {here}, the backup is of {manifest.installation}: each takes "
            "the other's orders for foreign; restore into the folder that it came from, or into an empty one"
        )


def _put_in_place(house: House, opened: Opened, held: Contents, *, older: bool) -> Restored:
    """All that changes anything, under the folder's lock."""
    problem = _in_the_way(house, held)
    if problem and not older:
        raise BackupRefused(f"{house.journal}: {problem}; with --older it is set aside and the backup takes its place")
    standing = open_signals(opened.journal)
    moved = house.folder / INCOMING
    if moved != opened.journal:
        _move(opened.journal, moved)
    kept = tuple(_write_notes(house, opened))
    aside = _set_aside(house, is_readable=UNREADABLE not in problem) if house.journal.exists() else None
    moved.replace(house.journal)
    sync_folder(house.folder)
    return Restored(opened.manifest, house, standing, aside, kept)


def _in_the_way(house: House, held: Contents) -> str:
    """Why the journal that stands there must not simply be replaced; empty if nothing of it is lost."""
    if not house.journal.exists():
        return ""
    try:
        present = contents(house.journal)
    except JournalError as error:
        return f"{UNREADABLE} ({error.detail})"
    for account, stream in present.accounts.items():
        there, here = stream.last_seq, held.accounts[account].last_seq if account in held.accounts else 0
        if there > here:
            return f"account {account} has {there} events there, and {here} in the backup"
    return "a spool there holds what its journal does not have yet" if any(_spools(house)) else ""


def _write_notes(house: House, opened: Opened) -> list[str]:
    """Writes the small files where none stands; the names of those that stay as they are and differ."""
    kept: list[str] = []
    for name, data in opened.notes.items():
        path = _home_of(house, name)
        if path is None:
            continue
        if not path.exists():
            _write(path, data)
        elif path.read_bytes() != data:
            kept.append(path.name)
    return kept


def _home_of(house: House, name: str) -> Path | None:
    if name == INSTALLATION:
        return house.home / INSTALLATION
    if name == CONFIGURATION:
        return house.configuration
    return house.folder / name if name.startswith(HALTS) and "/" not in name else None


def _write(path: Path, data: bytes) -> None:
    """Writes a small file whole or not at all."""
    draft = path.with_name(f".{path.name}.restoring")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def _set_aside(house: House, *, is_readable: bool) -> Path:
    """Gives the journal that stands there a second name, with all that belongs to it: its spools go into it first, as
    the service would bring them, and its log. One that cannot be read is kept as it lies, in its parts.

    Nothing that belongs to it may stay beside the new one, which would take it for its own.
    """
    if is_readable:
        _gather(house)
    aside = next(path for number in count(1) if not (path := _aside(house, number)).exists())
    os.link(house.journal, aside)
    logs = [(Path(f"{house.journal}{end}"), Path(f"{aside}{end}")) for end in _LOGS]
    spools = [(spool, Path(f"{aside}-{spool.name}")) for spool in _spools(house)]
    for part, name in (*logs, *spools):
        if part.exists():
            part.rename(name)
    sync_folder(house.folder)
    return aside


def _gather(house: House) -> None:
    """Brings the spools and the log of a journal into its file; what of a spool cannot be merged stays in the
    folder, in a file of its own. Raises BackupRefused if someone has it open.
    """
    try:
        if spools := _spools(house):
            merge_spools(house.journal, spools, lambda _: None)
        settle(house.journal)
    except JournalError as error:
        raise BackupRefused(f"{house.journal}: cannot be set aside: {error}") from error


def _aside(house: House, number: int) -> Path:
    return house.folder / f"journal-before-restore-{number:04}.sqlite"


def _spools(house: House) -> list[Path]:
    return sorted(house.folder.glob("spool-*.jsonl"))


def _move(source: Path, target: Path) -> None:
    """Moves a file, perhaps to another disk, whole and durable before it is used."""
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    source.unlink()
