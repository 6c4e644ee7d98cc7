"""What a process owns: its folder, its name, its clock; and what its log never shows."""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from seawall.service.clock import UtcClock
from seawall.service.identity import FILE, installation
from seawall.service.logs import STRUCK_OUT, make_log
from seawall.service.owner import NOTE, FolderLock
from seawall.service.problems import ConfigError, FolderTaken
from seawall.service.quill import Quill
from seawall.service.settings import LogFormat, LogLevel

HOLD = """
import sys, time
from pathlib import Path
from seawall.service.owner import FolderLock
with FolderLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    """A second owner is refused with the first one's process number, and may come once the first has gone."""
    folder = tmp_path / "data"
    with FolderLock(folder), pytest.raises(FolderTaken, match=rf"another `seawall run` \(process {os.getpid()}\)"):
        FolderLock(folder)
    with FolderLock(folder):
        assert (folder / NOTE).read_text().strip() == str(os.getpid())


def test_a_deleted_lock_file_changes_nothing(tmp_path: Path) -> None:
    """The folder itself is what is locked: its lock file may be deleted while another process lives (I50, I51)."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    (tmp_path / NOTE).unlink()
    with pytest.raises(FolderTaken, match="stop it first"):
        FolderLock(tmp_path)
    holder.kill()
    holder.communicate()
    with FolderLock(tmp_path):
        assert (tmp_path / NOTE).is_file()


def test_a_note_that_cannot_be_written_keeps_nobody_from_the_folder(tmp_path: Path) -> None:
    """On a disk that takes nothing the folder is owned all the same, and it is told: positions must not wait for a note."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        lock = FolderLock(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "cannot be written" in lock.trouble
    with lock, pytest.raises(FolderTaken):
        FolderLock(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file in the folder's place is a sentence about the configuration."""
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigError, match=r"service.folder: .* cannot be made or opened"):
        FolderLock(tmp_path / "data")


def test_an_installation_keeps_its_name(tmp_path: Path) -> None:
    """The four characters are made once and found again; two installations hardly ever share them."""
    home = tmp_path / "conf"
    first = installation(home)
    assert len(first) == 4
    assert first.isalnum()
    assert installation(home) == first
    assert len({installation(tmp_path / str(n)) for n in range(20)}) > 15
    assert [path.name for path in home.iterdir()] == [FILE]


def test_a_fresh_name_is_durable_with_its_place_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is forced to the disk after the name stands in it: orders leave under it, and a loss of power may come."""
    forced: list[tuple[str, bool]] = []
    fsync = os.fsync

    def watched(held: int) -> None:
        forced.append((Path(f"/proc/self/fd/{held}").readlink().name, (tmp_path / FILE).exists()))
        fsync(held)

    monkeypatch.setattr(os, "fsync", watched)
    installation(tmp_path)
    assert forced == [(f".{FILE}-{os.getpid()}", False), (tmp_path.name, True)]


def test_a_spoilt_name_is_never_replaced(tmp_path: Path) -> None:
    """Orders under the old name are ours by that name alone, so a file that does not hold one stops the start."""
    (tmp_path / FILE).write_text("what?\n")
    with pytest.raises(ConfigError, match="put the old name back"):
        installation(tmp_path)
    assert (tmp_path / FILE).read_text() == "what?\n"


def test_the_clock_never_runs_backwards_and_can_be_planted_wrong() -> None:
    """Elapsed time is added to one reading of UTC; an error planted for a drill stays what it is."""
    right, fast = UtcClock(), UtcClock(2_000_000)
    readings = [right() for _ in range(1_000)]
    assert readings == sorted(readings)
    assert 1_900_000 < fast() - right() < 2_100_000


def test_no_secret_reaches_the_log() -> None:
    """A secret is struck out by its key's name and by its value, wherever the value stands."""
    out = io.StringIO()
    log = make_log(LogLevel.INFO, LogFormat.JSON, ["hunter2-and-more", "", "short"], out).bind(account="main")
    log.info("asked with hunter2-and-more", api_key="abc", detail="?sign=hunter2-and-more", n=3)
    log.debug("not at this level")
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(lines) == 1
    assert lines[0]["event"] == f"asked with {STRUCK_OUT}"
    assert (lines[0]["api_key"], lines[0]["detail"]) == (STRUCK_OUT, f"?sign={STRUCK_OUT}")
    assert (lines[0]["account"], lines[0]["n"], lines[0]["level"]) == ("main", 3, "info")


def test_a_reader_of_the_log_that_stops_stops_nobody() -> None:
    """Into a pipe that nobody reads any number of lines can be written at once; what found no room is counted."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as reader, os.fdopen(writing, "w", buffering=1) as writer:
        quill = Quill(writer, capacity=100)
        for place in range(5_000):
            quill.write(f"{place} {'x' * 100}\n")
        lines = iter(reader.readline, "")
        assert next(line for line in lines if "lines were left out" in line).split()[0].isdigit()
        quill.close()


def test_a_fault_is_logged_whole() -> None:
    """A traceback is part of the line, in both forms, and is struck through as well."""
    for form in LogFormat:
        out = io.StringIO()
        log = make_log(LogLevel.INFO, form, ["hunter2-and-more"], out)
        try:
            raise ValueError("hunter2-and-more")
        except ValueError:
            log.exception("stopped")
        assert "ValueError" in out.getvalue()
        assert "hunter2-and-more" not in out.getvalue()
