"""Sabotage: small patches that break the house on purpose, each tried against the pages and the seeds.

A checker that never caught anything proves nothing. `sabotage/*.patch` hold one mistake each, most of them made by a
real bot. Each is applied to a copy of `src/`, and the copy is hunted (`seawall.drill.hunt`) until something does not
hold. The table says what caught it and after how many runs. An unharmed copy is hunted first, and must come through. A
patch that only makes the copy stumble over a name or an argument breaks nothing that a checker could notice: it is told
as broken itself, and not as caught.

    python tools/sabotage.py [NAME ...] [--seeds N] [--crashes N] [--jobs N]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATCHES = ROOT / "sabotage"
UNHARMED = "(unharmed)"
MOST_SECONDS = 900
STUMBLES = ("AttributeError", "ImportError", "NameError", "SyntaxError", "TypeError")
HEART = ("tests/sagas", "tests/engine", "tests/venues/test_pace.py", "tests/venues/test_exchange.py")


@dataclass(frozen=True)
class Tried:
    """What became of one sabotage."""

    name: str
    caught_by: str | None
    what: str
    runs: int


def main() -> int:
    """Tries them all; exit 0 if each was caught and the unharmed house was not."""
    parser = argparse.ArgumentParser(description="break the house on purpose, and see who notices")
    parser.add_argument("names", nargs="*", help="patches by name; all if none is named")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--crashes", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    names = [UNHARMED, *(options.names or sorted(patch.stem for patch in PATCHES.glob("*.patch")))]
    with ThreadPoolExecutor(options.jobs) as pool:
        tried = []
        for one in pool.map(lambda name: attempt(name, options.seeds, options.crashes), names):
            tried.append(one)
            print(_line(one), flush=True)
    wrong = [one for one in tried if (one.caught_by is None) != (one.name == UNHARMED)]
    caught = sum(one.caught_by is not None for one in tried if one.name != UNHARMED)
    print(f"{caught} of {len(tried) - 1} caught")
    return 1 if wrong else 0


def attempt(name: str, seeds: int, crashes: int) -> Tried:
    """Applies one patch to a copy and hunts it."""
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder:
        shutil.copytree(ROOT / "src", Path(folder) / "src", ignore=shutil.ignore_patterns("__pycache__"))
        if name != UNHARMED:
            apply(PATCHES / f"{name}.patch", Path(folder))
        return _hunted(name, Path(folder), seeds, crashes)


def apply(patch: Path, folder: Path) -> None:
    """Applies a patch in a folder; raises RuntimeError with git's own words if it does not fit."""
    fitted = subprocess.run(
        ["git", "apply", "-C1", "--recount", str(patch)],  # noqa: S607 - the git of the developer's path
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if fitted.returncode:
        raise RuntimeError(f"{patch.name} does not fit the source any more: {fitted.stderr.strip()}")


def _hunted(name: str, folder: Path, seeds: int, crashes: int) -> Tried:
    command = [sys.executable, "-m", "seawall.drill.hunt", "--seeds", str(seeds), "--crashes", str(crashes)]
    path = {**os.environ, "PYTHONPATH": str(folder / "src")}
    try:
        ran = subprocess.run(
            command, env=path, cwd=folder, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Tried(name, "the clock", f"hung for {MOST_SECONDS} s", 0)
    if ran.returncode:
        return Tried(name, None, f"the patch itself is broken: {ran.stderr.strip().splitlines()[-1]}", 0)
    said = json.loads(ran.stdout)
    if said["caught_by"] is None:
        return Tried(name, _by_tests(path), "", said["runs"])
    if said["what"].startswith(tuple(f"raised {error}" for error in STUMBLES)):
        return Tried(name, None, f"the patch itself is broken: {said['what']}", said["runs"])
    return Tried(name, said["caught_by"], said["what"], said["runs"])


def _by_tests(path: dict[str, str]) -> str | None:
    """What no run shows may still be held by a test of one step: the first that fails, or None."""
    tests = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *HEART]
    ran = subprocess.run(tests, env=path, cwd=ROOT, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    failed = next((line.split(" ")[1] for line in ran.stdout.splitlines() if line.startswith("FAILED")), None)
    return failed if failed is None or ran.returncode == 0 else f"no run, but {failed}"


def _line(one: Tried) -> str:
    if one.caught_by is None:
        came = "not caught" if one.name != UNHARMED or one.what else "holds"
        return f"{one.name:34} {came:10} after {one.runs:4} runs{': ' if one.what else ''}{one.what}"
    return f"{one.name:34} caught     after {one.runs:4} runs by {one.caught_by}{': ' if one.what else ''}{one.what}"


if __name__ == "__main__":
    sys.exit(main())
