"""`seawall demo` as its users start it: a process of its own, whole once, and interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seawall.drill.demo.show import SHOW, End


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The demo in a folder of its own with an empty home, sixty columns, no colours, and a place for its files."""
    for name in ("home", "temporary", "my reports"):
        (folder / name).mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "VIRTUAL_ENV") if name in os.environ}
    environment = kept | {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "temporary"),
        "COLUMNS": "60",
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "seawall", "demo", *arguments],
        cwd=folder / "my reports",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_whole_show(tmp_path: Path) -> None:
    """Twenty signals end as they must, both founding incidents PROTECTED; the page is there, and nothing else is."""
    process = started(tmp_path)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert f"Seawall: {len(SHOW)} of {len(SHOW)} as they must be" in " ".join(out.split())
    assert out.count("agrees") == len(SHOW)
    assert sum(line.split()[2:3] == ["FLAT"] for line in out.splitlines()) == sum(s.must is End.FLAT for s in SHOW)
    assert max(map(len, out.splitlines()[:-1])) <= 60
    assert "\x1b" not in out
    assert [found.name for found in (tmp_path / "my reports").iterdir()] == ["demo-report.html"]
    assert list((tmp_path / "temporary").iterdir()) == []
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize("sort", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_midway(tmp_path: Path, sort: signal.Signals) -> None:
    """Stopped in the middle of its openings, the demo ends with 130 and leaves no process, file or folder behind."""
    process = started(tmp_path)
    assert process.stdout is not None
    while "PROTECTED" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(sort)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == "interrupted: nothing is left running, nothing is left behind\n"
    assert [list((tmp_path / name).iterdir()) for name in ("temporary", "my reports", "home")] == [[], [], []]


def test_help_tells_its_options(tmp_path: Path) -> None:
    """`--help` tells the demo's own options, and runs nothing."""
    process = started(tmp_path, "--help")
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "--report" in out
    assert list((tmp_path / "my reports").iterdir()) == []
