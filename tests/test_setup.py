"""The set-up: an environment counts as ready only if all that it was made from is still what it was.

The making itself needs a network and half a minute, and is shown by `.ci/run` on a clean clone; here stand the decisions
around it, on folders of their own, and the agreement of the locked files with pyproject.toml.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import make_venv

ROOT = make_venv.ROOT
PIN = re.compile(r"^([a-z0-9-]+)==([^ ]+)(?: ;[^\\]*)? \\$", re.MULTILINE)


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A folder with a Python that starts, as an environment has one."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    return tmp_path


def ready(venv: Path, requirements: Path) -> bool:
    """Whether the environment counts as ready for these requirements."""
    return make_venv.is_ready(venv, make_venv.key_of(venv, requirements))


def stamp(venv: Path, text: str) -> None:
    """Write `text` where the environment's stamp stands."""
    (venv / make_venv.STAMP).write_text(text, encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    """Package to version, from one of the locked files."""
    return dict(PIN.findall((ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")))


class Installer:
    """An installer that writes down whether it found a stamp, and fails if it is told to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.found: list[str] = []
        self.fails = fails

    def __call__(self, venv: Path, requirements: Path) -> None:
        """Take the place of uv and pip."""
        self.found.append("stamped" if (venv / make_venv.STAMP).exists() else "no stamp")
        if self.fails:
            raise subprocess.CalledProcessError(1, ["installer", str(requirements)])


def told_by_setup(python: Path, script: str) -> str:
    """Run tools/setup.sh with a Python that is only this shell script; what it says before it ends with code 3."""
    python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    python.chmod(0o755)
    settings = {"PYTHON": str(python), "PATH": os.environ["PATH"]}
    command = ["sh", "tools/setup.sh"]
    told = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    assert told.returncode == 3
    return told.stderr


def test_an_environment_without_a_stamp_is_not_ready(venv: Path) -> None:
    """What was cut off midway has no stamp, and is made anew."""
    assert not ready(venv, ROOT / "requirements" / "dev.txt")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"made_from": "else"}'])
def test_a_broken_or_foreign_stamp_is_no_stamp(venv: Path, text: str) -> None:
    """A stamp that cannot be read, or tells something else, makes nothing ready."""
    stamp(venv, text)
    assert not ready(venv, ROOT / "requirements" / "dev.txt")


def test_the_stamp_comes_last_and_goes_first(venv: Path) -> None:
    """While anything is being installed no stamp stands, so that an interruption is seen at the next call."""
    stamp(venv, f'{{"made_from": "others", "folder": "{venv}"}}')
    key = {"made_from": "these", "folder": str(venv)}
    installer = Installer()
    make_venv.make_ready(venv, Path("dev.txt"), key, installer)
    make_venv.make_ready(venv, Path("dev.txt"), key, installer)
    assert installer.found == ["no stamp"], "once made, an environment is left alone"
    assert make_venv.is_ready(venv, key)


def test_a_failed_installation_leaves_no_stamp(venv: Path) -> None:
    """An installer that fails is heard, and the environment does not count as ready."""
    stamp(venv, f'{{"made_from": "others", "folder": "{venv}"}}')
    with pytest.raises(subprocess.CalledProcessError):
        make_venv.make_ready(venv, Path("dev.txt"), {"folder": str(venv)}, Installer(fails=True))
    assert make_venv.stamp_of(venv) is None


def test_a_moved_clone_is_made_anew(venv: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The folder is part of the key, since an environment's scripts name the folder they were made in."""
    requirements = ROOT / "requirements" / "dev.txt"
    here, there = make_venv.key_of(venv, requirements), make_venv.key_of(tmp_path_factory.mktemp("b"), requirements)
    assert here["made_from"] == there["made_from"]
    assert here != there


def test_an_environment_whose_python_is_gone_is_not_ready(venv: Path) -> None:
    """A stamp does not help an environment whose Python was uninstalled."""
    (venv / "bin" / "python").unlink()
    assert not make_venv.runs(venv)


def test_another_python_on_request_makes_another_environment(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With PYTHON named, an environment of another version is not the wanted one; without, it is kept."""
    python = venv / "bin" / "python"
    python.unlink()
    python.write_text('#!/bin/sh\ncase "$*" in *version_info*) exit 1;; esac\n', encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.delenv("PYTHON", raising=False)
    assert make_venv.runs(venv)
    monkeypatch.setenv("PYTHON", "python3")
    assert not make_venv.runs(venv)


def test_a_python_that_is_too_old_gets_one_line(tmp_path: Path) -> None:
    """A Python below 3.11 is told what is needed and how to name another, on one line."""
    told = told_by_setup(tmp_path / "python3.10", "echo 3.10; exit 1")
    assert re.fullmatch(r"Seawall needs Python 3\.11, 3\.12 or 3\.13 \(found: .* 3\.10\); .*PYTHON=.*\n", told)


def test_a_python_without_venv_gets_one_line_with_the_mend(tmp_path: Path) -> None:
    """Debian's Python without its venv package is answered with the command that installs it."""
    told = told_by_setup(tmp_path / "python3", 'case "$2" in *ensurepip*) exit 1;; esac; echo 3.12')
    assert re.fullmatch(r".*apt install python3\.12-venv.*\n", told)


def test_the_locked_files_agree() -> None:
    """The product is tested with exactly the versions that it is shipped with, and every pin has its hashes."""
    run, dev = pins("run"), pins("dev")
    assert run.items() <= dev.items()
    assert pins("setup").items() <= dev.items()


@pytest.mark.parametrize("name", ["setup", "run", "dev", "foreign"])
def test_every_line_of_a_locked_file_is_a_pin_with_hashes(name: str) -> None:
    """Nothing is installed that was not pinned to a version and to what its archives hold; no host is named."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if not line.startswith("    --hash=sha256:")]
    assert packages
    assert all(PIN.match(line) for line in packages)


def test_every_dependency_of_the_product_is_locked() -> None:
    """Whatever pyproject.toml asks for has its pin in requirements/run.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {re.split(r"[<>=!~\[ ;]", line)[0] for line in project["dependencies"]}
    assert asked <= pins("run").keys()
