"""backup and restore as a user calls them: real SQLite, a service that runs meanwhile, and a kill in the middle."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seawall.journal.copying import contents
from seawall.service.problems import Exit
from tests.cli.terminal import Ran, command, rig

OPEN = ("signal", "open", "BTCUSDT", "buy", "--size", "1000", "--stop-pct", "2", "--wait", "protected")
KILLER = """
import os, sys
calls = int(sys.argv[1])
name = sys.argv[2]
real = getattr(os, name)
met = [0]
def struck(*args, **more):
    met[0] += 1
    if met[0] == calls:
        os.kill(os.getpid(), 9)
    return real(*args, **more)
setattr(os, name, struck)
from seawall.cli import main
main(sys.argv[3:])
"""
"""Runs a command and kills it before the nth call of one function of the system's."""


def seqs(folder: Path) -> dict[str, int]:
    """The last sequence number of each account in a folder's journal."""
    return {name: one.last_seq for name, one in contents(folder / "data" / "journal.sqlite").accounts.items()}


def states(folder: Path) -> list[tuple[str, str]]:
    """Each signal with its state, as the journal has it."""
    connection = sqlite3.connect(folder / "data" / "journal.sqlite")
    try:
        return connection.execute("SELECT signal_id, state FROM signals ORDER BY seq").fetchall()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose service has run, made a backup with one signal meanwhile, gone on to a second, and ended."""
    folder = tmp_path_factory.mktemp("once")
    with rig(folder):
        assert command(folder, *OPEN, "--id", "before").code == Exit.OK
        ran = command(folder, "backup", "one.backup")
        assert (ran.code, ran.err) == (Exit.OK, "")
        assert "wrote one.backup: installation " in ran.out
        after = ("signal", "open", "SOLUSDT", "buy", "--size", "1000", "--stop-pct", "2", "--wait", "protected")
        assert command(folder, *after, "--id", "after").code == Exit.OK
    return folder


@pytest.fixture
def backed_up(once: Path, tmp_path: Path) -> Path:
    """That folder, for one test alone."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return tmp_path


def elsewhere(folder: Path, name: str = "elsewhere") -> Path:
    """An empty folder beside."""
    place = folder / name
    place.mkdir()
    return place


def test_a_backup_made_while_the_service_runs_comes_back_whole(backed_up: Path) -> None:
    """On a fresh machine: journal, name and configuration are as they were; open signals and what follows are said."""
    place = elsewhere(backed_up)
    ran = command(place, "restore", "../one.backup")
    assert (ran.code, ran.err) == (Exit.OK, "")
    assert states(place) == [("before", "protected")]
    for name in ("installation", "seawall.toml"):
        assert (place / name).read_bytes() == (backed_up / name).read_bytes()
    told = " ".join(ran.out.split())
    assert "open in it: before on main: protected" in told
    assert "No stop is removed because this journal does not know it" in told
    assert sorted(one.name for one in place.iterdir()) == ["data", "installation", "seawall.toml"]
    assert command(place, "show", "before").code == Exit.OK


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    """The configuration goes along with the names of its secrets; the files of them do not, nor the mode of one."""
    (tmp_path / "main.key").write_text("sim-key")
    with rig(tmp_path):
        pass
    (tmp_path / "main.key").chmod(0o600)
    assert command(tmp_path, "backup", "one.backup").code == Exit.OK
    with tarfile.open(tmp_path / "one.backup") as archive:
        assert archive.getnames() == ["journal.sqlite", "installation", "seawall.toml", "manifest.json"]
    assert b"sim-secret" not in (tmp_path / "one.backup").read_bytes()
    assert (tmp_path / "one.backup").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_never_written_over(backed_up: Path) -> None:
    """A second backup of the same name is refused and the first stays as it is."""
    before = (backed_up / "one.backup").read_bytes()
    ran = command(backed_up, "backup", "one.backup")
    assert (ran.code, "is there already" in ran.err) == (Exit.CONFIG, True)
    assert (backed_up / "one.backup").read_bytes() == before


def test_nothing_to_back_up_is_said(tmp_path: Path) -> None:
    """A folder without a journal."""
    ran = command(tmp_path, "backup", "one.backup")
    assert (ran.code, "nothing to back up yet" in ran.err) == (Exit.CONFIG, True)


def test_a_newer_journal_is_kept_unless_one_says_so(backed_up: Path) -> None:
    """What was recorded since would be lost: refused, nothing changed; with --older it is set aside, whole."""
    newer = seqs(backed_up)
    ran = command(backed_up, "restore", "one.backup")
    assert (ran.code, "events there" in ran.err, "--older" in ran.err) == (Exit.CONFIG, True, True)
    assert seqs(backed_up) == newer
    ran = command(backed_up, "restore", "one.backup", "--older")
    assert (ran.code, "journal-before-restore-0001.sqlite" in ran.out) == (Exit.OK, True)
    assert states(backed_up) == [("before", "protected")]
    aside = contents(backed_up / "data" / "journal-before-restore-0001.sqlite").accounts
    assert {name: one.last_seq for name, one in aside.items()} == newer


def test_a_journal_that_cannot_be_read_is_set_aside_in_its_parts(backed_up: Path) -> None:
    """Garbage in the journal's place is said, and goes aside with --older."""
    journal = backed_up / "data" / "journal.sqlite"
    journal.write_bytes(b"no database at all" * 100)
    ran = command(backed_up, "restore", "one.backup")
    assert (ran.code, "cannot be read" in ran.err) == (Exit.CONFIG, True)
    assert command(backed_up, "restore", "one.backup", "--older").code == Exit.OK
    assert states(backed_up) == [("before", "protected")]
    aside = backed_up / "data" / "journal-before-restore-0001.sqlite"
    assert aside.read_bytes().startswith(b"no database")


def test_a_folder_in_which_a_service_runs_is_refused(tmp_path: Path) -> None:
    """The running service owns its folder; nothing is touched."""
    with rig(tmp_path):
        assert command(tmp_path, *OPEN, "--id", "before").code == Exit.OK
        assert command(tmp_path, "backup", "one.backup").code == Exit.OK
        ran = command(tmp_path, "restore", "one.backup", "--older")
        assert (ran.code, "belongs to another `seawall run`" in ran.err) == (Exit.CONFIG, True)
        assert command(tmp_path, "positions").code == Exit.OK


def test_another_installations_folder_is_refused(backed_up: Path) -> None:
    """Two installations must not trade one for the other: the names are said."""
    place = elsewhere(backed_up)
    (place / "installation").write_text("else\n")
    ran = command(place, "restore", "../one.backup")
    assert (ran.code, "this installation is called else" in ran.err) == (Exit.CONFIG, True)
    assert sorted(one.name for one in place.iterdir()) == ["installation"]


# ---- torn and tampered


def members(file: Path) -> dict[str, bytes]:
    """The parts of a backup."""
    with tarfile.open(file) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]


def packed(file: Path, parts: dict[str, bytes]) -> None:
    """A backup of these parts."""
    with tarfile.open(file, "w") as archive:
        for name, data in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def changed(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    """A backup with other bytes in one part."""
    return lambda parts: parts | {name: parts[name].replace(old, new)}


def without(name: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    """A backup that lacks a part."""
    return lambda parts: {key: data for key, data in parts.items() if key != name}


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (changed("journal.sqlite", b"before", b"behind"), "journal.sqlite: was changed"),
        (changed("seawall.toml", b"binance", b"bybit"), "seawall.toml: was changed"),
        (changed("manifest.json", b'"last_seq": ', b'"last_seq": 1'), "its digest is not that of its words"),
        (without("manifest.json"), "it ends without manifest.json"),
        (without("installation"), "installation: missing"),
        (lambda parts: parts | {"extra": b"x"}, "extra: is not in the manifest"),
        (lambda parts: parts | {"manifest.json": b"{"}, "manifest.json: "),
    ],
)
def test_a_tampered_backup_is_refused_with_what_is_wrong(
    backed_up: Path, tamper: Callable[[dict[str, bytes]], dict[str, bytes]], said: str
) -> None:
    """Each part is held against the manifest, and the manifest against itself; nothing is put in place."""
    place = elsewhere(backed_up)
    packed(place / "bad.backup", tamper(members(backed_up / "one.backup")))
    ran = command(place, "restore", "bad.backup")
    assert (ran.code, said in ran.err) == (Exit.CONFIG, True), ran.err
    assert [one.name for one in place.iterdir()] == ["bad.backup"]


@pytest.mark.parametrize("percent", [0, 1, 10, 50, 90, 99])
def test_a_torn_backup_is_refused(backed_up: Path, percent: int) -> None:
    """Cut off anywhere in its journal it is none."""
    place = elsewhere(backed_up)
    whole = (backed_up / "one.backup").read_bytes()
    end = len(members(backed_up / "one.backup")["journal.sqlite"]) * percent // 100
    (place / "torn.backup").write_bytes(whole[:end])
    ran = command(place, "restore", "torn.backup")
    assert (ran.code, "torn, or no backup" in ran.err) == (Exit.CONFIG, True), ran.err
    assert [one.name for one in place.iterdir()] == ["torn.backup"]


def resealed(parts: dict[str, bytes], journal: bytes) -> dict[str, bytes]:
    """A backup that agrees with itself, about another journal."""
    import hashlib

    import msgspec

    from seawall.service.backup import Manifest, Part

    told = msgspec.json.decode(parts["manifest.json"], type=Manifest)
    part = Part(len(journal), hashlib.sha256(journal).hexdigest())
    sealed = msgspec.structs.replace(told, parts=told.parts | {"journal.sqlite": part}).sealed()
    return parts | {"journal.sqlite": journal, "manifest.json": msgspec.json.encode(sealed)}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM events WHERE seq = 5", "seq: expected 5, came 6"),
        ("DELETE FROM events WHERE seq > 10", "ends elsewhere than the manifest says"),
        ("UPDATE events SET event_data = '{}' WHERE seq = 9", "event_data of"),
        ("UPDATE events SET event_type = 'dreamt' WHERE seq = 9", "expected one that this Seawall knows"),
        ("PRAGMA user_version = 99", "schema: expected 1 to"),
    ],
)
def test_a_journal_that_is_none_is_refused(backed_up: Path, statement: str, said: str) -> None:
    """A gap, a cut end, an event that cannot be read, a schema of the future: said, though every hash is right."""
    place = elsewhere(backed_up)
    parts = members(backed_up / "one.backup")
    (place / "j").write_bytes(parts["journal.sqlite"])
    connection = sqlite3.connect(place / "j")
    connection.execute(statement)
    connection.commit()
    connection.close()
    packed(place / "bad.backup", resealed(parts, (place / "j").read_bytes()))
    (place / "j").unlink()
    ran = command(place, "restore", "bad.backup")
    assert (ran.code, said in ran.err) == (Exit.CONFIG, True), ran.err
    assert [one.name for one in place.iterdir()] == ["bad.backup"]


# ---- killed


def killed(folder: Path, name: str, nth: int, *arguments: str) -> int:
    """Runs a command that is killed before the nth call of `os.name`; its code, -9 if it was."""
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(nth), name, *arguments],
        cwd=folder, env={**os.environ, "COLUMNS": "100"}, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode


SWEPT = (
    "link",
    "replace",
    *(pytest.param(name, marks=pytest.mark.long) for name in ("fsync", "rename", "unlink", "open")),
)
"""Before which of the system's functions a process is killed: the two that give a file its name, the others at length."""


@pytest.mark.parametrize("name", SWEPT)
def test_a_backup_killed_anywhere_is_there_whole_or_not_at_all(backed_up: Path, name: str) -> None:
    """Before each call that touches the disk: no file of that name, or one that can be restored."""
    for nth in (1, 2):
        code = killed(backed_up, name, nth, "backup", f"{name}{nth}.backup")
        made = backed_up / f"{name}{nth}.backup"
        assert code in (-9, 0)
        if made.exists():
            place = elsewhere(backed_up, f"{name}{nth}")
            assert command(place, "restore", f"../{made.name}").code == Exit.OK


@pytest.mark.parametrize("name", SWEPT)
def test_a_restore_killed_anywhere_leaves_the_old_state_or_the_new(backed_up: Path, name: str) -> None:
    """Whatever the moment, the journal there is the whole old one or the whole new one, and a second try succeeds."""
    old, kills = seqs(backed_up), 0
    for nth in (1, 3, 6):
        code = killed(backed_up, name, nth, "restore", "one.backup", "--older")
        kills += code == -9
        assert code in (-9, 0)
        assert states(backed_up) in ([("before", "protected")], [("before", "protected"), ("after", "protected")])
        if code == -9 and len(states(backed_up)) == 2:
            assert seqs(backed_up) == old
    assert command(backed_up, "restore", "one.backup", "--older").code == Exit.OK
    assert states(backed_up) == [("before", "protected")]
    assert kills > 0 or name == "rename"


def test_json(backed_up: Path) -> None:
    """With --json: the manifest, what is open, and where the old one went."""
    ran = command(backed_up, "restore", "one.backup", "--older", "--json")
    told: Any = json.loads(ran.out)
    assert told["open"] == [{"signal_id": "before", "account": "main", "state": "protected"}]
    assert told["aside"].endswith("journal-before-restore-0001.sqlite")
    assert isinstance(ran, Ran)
