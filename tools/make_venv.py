"""Make, keep or repair a virtual environment, so that every other command of the Makefile can rely on it.

An environment is *ready* when its stamp says so, and the stamp is written last and removed first: whatever was cut off
midway has no stamp, and is made anew at the next call. The stamp holds a key over everything that the environment was
made from: the locked requirements, the project's own metadata, and the folder it stands in, which its scripts name. So
a second call compares two strings, and touches neither the network nor the disk. Two calls in one clone take turns at
a lock that the kernel frees when its holder dies.

Only the standard library is used here: this file runs before anything is installed.

    python tools/make_venv.py [--check] [NAME [REQUIREMENTS]]      default: .venv requirements/dev.txt

With --check it makes nothing, and ends with code 0 if the environment is ready, 1 if not.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Installer = Callable[[Path, Path], None]

ROOT = Path(__file__).resolve().parent.parent
STAMP = "seawall-ready.json"
# What may be set for the user's other work and would lead pip, uv or the new Python astray.
STRAY = ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_REQUIREMENT", "UV_TARGET")


def main() -> int:
    """Make the environment named on the command line ready; print one line for each thing done, nothing if ready."""
    only_check = "--check" in sys.argv
    given = [word for word in sys.argv[1:] if word != "--check"]
    name, locked = [*given, *(".venv", "requirements/dev.txt")[len(given) :]]
    venv, requirements = ROOT / name, ROOT / locked
    key = key_of(venv, requirements)
    if is_ready(venv, key):
        return 0
    return 1 if only_check else take_turn_and_make(venv, requirements, key)


def take_turn_and_make(venv: Path, requirements: Path, key: dict[str, str]) -> int:
    """Make the environment ready when no other call is at it; the exit code, with one line of reason unless 0."""
    with turn_at(venv.with_name(f"{venv.name}.lock")):
        try:
            make_ready(venv, requirements, key, install)
        except subprocess.CalledProcessError as failure:
            say(f"set-up stopped, see above; `{failure.cmd[0]} ... {failure.cmd[-1]}` ended with {failure.returncode}")
            return 1
        except KeyboardInterrupt:
            say("set-up interrupted; the same command again starts it anew")
            return 130
    return 0


def key_of(venv: Path, requirements: Path) -> dict[str, str]:
    """Everything that the environment is made from, in one comparable value."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    metadata = json.dumps([project["build-system"], project["project"], project["tool"]["hatch"]], sort_keys=True)
    digest = hashlib.sha256(requirements.read_bytes() + metadata.encode()).hexdigest()
    return {"made_from": digest, "folder": str(venv)}


def is_ready(venv: Path, key: dict[str, str]) -> bool:
    """Whether the stamp is there, tells the same key, and the environment's Python is the wanted one and still runs."""
    return stamp_of(venv) == key and runs(venv)


def stamp_of(venv: Path) -> dict[str, str] | None:
    """Read the stamp; None if there is none, or if it was not written by this file."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) else None


def runs(venv: Path) -> bool:
    """Whether the environment's Python starts; if PYTHON was named, whether it is of that Python's version too."""
    wanted = "sys.version_info[:2] == " + repr(tuple(sys.version_info[:2])) if os.environ.get("PYTHON") else "True"
    python = venv / "bin" / "python"
    if not python.exists():
        return False
    return subprocess.run([python, "-I", "-c", f"import sys; sys.exit(not {wanted})"], check=False).returncode == 0


def make_ready(venv: Path, requirements: Path, key: dict[str, str], install: Installer) -> None:
    """Bring the environment to `key`: keep what another call has just made, mend what is whole, else make it anew."""
    if is_ready(venv, key):
        return
    whole = (stamp_of(venv) or {}).get("folder") == key["folder"] and runs(venv)
    (venv / STAMP).unlink(missing_ok=True)
    if not whole:
        make_bare(venv)
    say(f"installing {requirements.parent.name}/{requirements.name}")
    install(venv, requirements)
    fresh = venv / f"{STAMP}.new"
    fresh.write_text(json.dumps(key) + "\n", encoding="utf-8")
    fresh.replace(venv / STAMP)
    say(f"{venv.name} is ready")


def make_bare(venv: Path) -> None:
    """Make an environment that holds pip alone, in place of whatever stands there."""
    say(f"making {venv.name} with Python {sys.version.split()[0]}")
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    elif venv.exists():
        shutil.rmtree(venv)
    made = subprocess.run([sys.executable, "-m", "venv", venv], cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode:
        say(f"{made.stdout}{made.stderr}".strip())
        made.check_returncode()


def install(venv: Path, requirements: Path) -> None:
    """Install the locked requirements and the project itself, with uv; where uv cannot, with pip, which is slower."""
    python: str | Path = venv / "bin" / "python"
    pip: list[str | Path] = [python, "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input"]
    uv: list[str | Path] = [python, "-m", "uv", "--quiet", "pip", "install", "--python", python, "--link-mode", "copy"]
    project: list[str | Path] = ["--no-deps", "--no-build-isolation", "--editable", ROOT]
    try:
        run([*pip, "install", "--require-hashes", "--requirement", ROOT / "requirements" / "setup.txt"])
        run([*uv, "--require-hashes", "--requirement", requirements])
    except subprocess.CalledProcessError:
        say("uv cannot do it here; pip does the same, more slowly")
        run([*pip, "install", "--require-hashes", "--requirement", requirements])
    run([*pip, "install", *project])


def run(command: list[str | Path]) -> None:
    """Run `command` from the project's folder, its words going where ours go; CalledProcessError if it fails."""
    settings = {name: value for name, value in os.environ.items() if name not in STRAY}
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr, env=settings)


@contextmanager
def turn_at(lock: Path) -> Iterator[None]:
    """Wait for our turn at `lock`, saying so if another call holds it."""
    with lock.open("w", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work in this folder; waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def say(line: str) -> None:
    """Tell the person at the terminal, on stderr, so that a command's own output can be piped."""
    print(f"seawall: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
