"""A backup: one file that holds a journal and what names the installation, and can say of itself whether it is whole.

A tar of `journal.sqlite` (a copy that stands alone, with what the spools still held), `installation`, the configuration
file, and the halts in force; last `manifest.json`: size and SHA-256 of each, the last sequence number of each account,
and a digest of the manifest itself. No secret is in it: a configuration names the files and variables of its secrets
and holds none, and those are left where they are.

Made beside its name and renamed at the end, so that it is there whole or not at all. The service may run meanwhile.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

import seawall
from seawall.journal.copying import Contents, Stream, contents, copy_whole, settle
from seawall.journal.port import JournalError
from seawall.journal.sqlite import SqliteJournal
from seawall.model.ids import Account
from seawall.model.times import Instant
from seawall.service.durable import sync_folder
from seawall.service.identity import FILE as INSTALLATION
from seawall.service.identity import known_installation
from seawall.service.problems import ConfigError, ServiceError
from seawall.service.spool import Complain, Spool

JOURNAL: Final = "journal.sqlite"
CONFIGURATION: Final = "seawall.toml"
MANIFEST: Final = "manifest.json"
HALTS: Final = "halted"
"""How the names of halt files begin (`halt`)."""
FORMAT: Final = 1
LARGEST_NOTE: Final = 1024 * 1024
"""Bytes that any part but the journal may have."""


class BackupRefused(ServiceError):  # noqa: N818 - what became of it, as the operator says it
    """The backup cannot be made, or is none that can be restored; the message says what is wrong with it."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a backup."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup says of itself."""

    format: int
    seawall: str
    made_at: Instant
    installation: str
    schema: int
    accounts: dict[Account, Stream]
    parts: dict[str, Part]
    digest: str = ""

    def sealed(self) -> Manifest:
        """The same, with the digest of all the rest."""
        bare = msgspec.structs.replace(self, digest="")
        return msgspec.structs.replace(self, digest=hashlib.sha256(msgspec.json.encode(bare)).hexdigest())


@dataclass(frozen=True, slots=True)
class House:
    """The files of an installation: its configuration (which may be absent), its home, and the service's folder."""

    configuration: Path
    home: Path
    folder: Path

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.folder / JOURNAL


def back_up(house: House, target: Path, now: Instant) -> Manifest:
    """Writes a backup to `target`, which must not be there yet. Raises BackupRefused, JournalError, ConfigError."""
    if target.exists():
        raise BackupRefused(f"{target} is there already and stays as it is; name another file")
    name = known_installation(house.home)
    if name is None or not house.journal.is_file():
        raise BackupRefused(f"{house.folder}: nothing to back up yet; `seawall run` makes the journal")
    try:
        with TemporaryDirectory(prefix=".backup-", dir=target.resolve().parent) as place:
            copied = Path(place) / JOURNAL
            held = _copy_journal(house, copied)
            draft = Path(place) / "draft.tar"
            manifest = _write(draft, copied, dict(_notes(house)), held, name, now)
            _publish(draft, target)
    except OSError as error:
        raise BackupRefused(f"{target}: cannot be written: {error}") from error
    return manifest


def _copy_journal(house: House, copied: Path) -> Contents:
    """The journal with what the spools held before: they are read first, for a row that leaves one is in the other."""
    spools = {file: file.read_bytes() for file in sorted(house.folder.glob("spool-*.jsonl"))}
    copy_whole(house.journal, copied)
    if not spools:
        return contents(copied)
    for file, kept in spools.items():
        (copied.parent / file.name).write_bytes(kept)
    left_out: list[str] = []
    merge_spools(copied, [copied.parent / file.name for file in spools], left_out.append)
    if left_out:
        raise JournalError("; ".join(left_out))
    settle(copied)
    return contents(copied)


def merge_spools(file: Path, spools: Sequence[Path], complain: Complain) -> None:
    """Appends to a journal what its spools hold beyond it, as the service does at its start: `complain` is told of what
    was set aside. Raises JournalError.
    """
    held = contents(file).accounts
    journal = SqliteJournal(file, {name: stream.venue for name, stream in held.items()}, grown=0)
    try:
        for spool in spools:
            account = Account(spool.name.removeprefix("spool-").removesuffix(".jsonl"))
            if account not in held:
                raise JournalError(f"the spool {spool.name}: expected an account that the journal knows")
            Spool(spool, account, held[account].venue, complain).merge(journal, held[account].last_seq)
    finally:
        journal.close()


def _notes(house: House) -> Iterator[tuple[str, bytes]]:
    """The small files that go along."""
    yield INSTALLATION, (house.home / INSTALLATION).read_bytes()
    if house.configuration.is_file():
        yield CONFIGURATION, house.configuration.read_bytes()
    for file in sorted(house.folder.glob(f"{HALTS}*")):
        yield file.name, file.read_bytes()


def _write(draft: Path, journal: Path, notes: dict[str, bytes], held: Contents, name: str, now: Instant) -> Manifest:
    parts = {JOURNAL: Part(journal.stat().st_size, digest_of(journal))}
    parts |= {note: Part(len(data), hashlib.sha256(data).hexdigest()) for note, data in notes.items()}
    manifest = Manifest(FORMAT, seawall.__version__, now, name, held.schema, held.accounts, parts).sealed()
    with draft.open("xb") as file:
        draft.chmod(0o600)
        with tarfile.open(fileobj=file, mode="w") as archive:
            archive.add(journal, JOURNAL)
            for note, data in (*notes.items(), (MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))):
                info = tarfile.TarInfo(note)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _publish(draft: Path, target: Path) -> None:
    """Gives the whole file its name; a name that was taken meanwhile stays whose it is."""
    try:
        os.link(draft, target)
    except FileExistsError as error:
        raise BackupRefused(f"{target} is there already and stays as it is; name another file") from error
    sync_folder(target.resolve().parent)


def digest_of(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with file.open("rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest()


# ---- reading one


@dataclass(frozen=True, slots=True)
class Opened:
    """A backup that is whole: its manifest, its journal as a file, and its small parts."""

    manifest: Manifest
    journal: Path
    notes: dict[str, bytes]


def open_backup(file: Path, journal: Path) -> Opened:
    """Reads a backup, its journal into the file `journal`, and holds each part against the manifest.

    Raises BackupRefused that says what is wrong.
    """
    try:
        with tarfile.open(file, "r:") as archive:
            notes = dict(_parts(archive, journal))
    except FileNotFoundError as error:
        raise BackupRefused(f"{file}: no such file") from error
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BackupRefused(f"{file}: torn, or no backup: {error}") from error
    manifest = _manifest(file, notes.pop(MANIFEST, None))
    _hold_against(file, manifest, journal, notes)
    return Opened(manifest, journal, notes)


def _parts(archive: tarfile.TarFile, journal: Path) -> Iterator[tuple[str, bytes]]:
    """The small parts; the journal goes into its file. Nothing is written under a name that the archive chose."""
    for member in archive:
        reading = archive.extractfile(member)
        if reading is None or (member.name != JOURNAL and member.size > LARGEST_NOTE):
            raise tarfile.ReadError(f"expected plain files, came {member.name!r}")
        if member.name != JOURNAL:
            yield member.name, reading.read()
            continue
        with journal.open("wb") as writing:
            while piece := reading.read(LARGEST_NOTE):
                writing.write(piece)
            writing.flush()
            os.fsync(writing.fileno())


def _manifest(file: Path, data: bytes | None) -> Manifest:
    if data is None:
        raise BackupRefused(f"{file}: torn, or no backup: it ends without {MANIFEST}")
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BackupRefused(f"{file}: {MANIFEST}: {error}") from error
    if manifest.format != FORMAT:
        raise BackupRefused(f"{file}: {MANIFEST}: format: expected {FORMAT}, came {manifest.format}")
    if manifest.sealed().digest != manifest.digest:
        raise BackupRefused(f"{file}: {MANIFEST}: its digest is not that of its words: it was changed")
    return manifest


def _hold_against(file: Path, manifest: Manifest, journal: Path, notes: dict[str, bytes]) -> None:
    """Every part that is named is there as it was, and no other."""
    found = {name: Part(len(data), hashlib.sha256(data).hexdigest()) for name, data in notes.items()}
    if journal.is_file():
        found[JOURNAL] = Part(journal.stat().st_size, digest_of(journal))
    for name in sorted({*found, *manifest.parts}):
        if name not in found or name not in manifest.parts:
            raise BackupRefused(f"{file}: {name}: {'missing' if name not in found else 'is not in the manifest'}")
        if found[name] != manifest.parts[name]:
            raise BackupRefused(f"{file}: {name}: was changed: it is not what the manifest names")
    if not {JOURNAL, INSTALLATION} <= set(found):
        raise BackupRefused(f"{file}: expected {JOURNAL} and {INSTALLATION}, came {', '.join(sorted(found))}")
    if notes[INSTALLATION].decode("ascii", "replace").strip() != manifest.installation:
        raise BackupRefused(f"{file}: {INSTALLATION}: expected {manifest.installation}")


def house_of(configuration: Path, fallback: bytes | None = None) -> House:
    """The files of an installation, by its configuration's word for the folder alone, since keys may not be there yet.

    `fallback`: the text to read where there is no configuration. Raises ConfigError.
    """
    text = configuration.read_text(encoding="utf-8") if configuration.is_file() else (fallback or b"").decode()
    try:
        service = tomllib.loads(text).get("service", {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{configuration}: not TOML: {error}") from error
    home = configuration.resolve().parent
    return House(configuration, home, home / Path(str(service.get("folder", "data"))).expanduser())
