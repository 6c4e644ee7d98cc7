"""One seed, twice, in two processes that hash differently: the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib
from seawall.drill.pages import shipped
from seawall.drill.plans import draw
from seawall.drill.scenario import play
from seawall.model.ids import VenueName
pages = shipped()
runs = [(pages[name], venue, 5) for name in ("clean", "killed-twice", "replicas-disagree") for venue in VenueName]
runs += [(draw(venue, seed).page, venue, seed) for seed in range(3) for venue in VenueName]
for page, venue, seed in runs:
    rows = play(page, venue, seed).rows
    print(venue, seed, len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
"""


def _journals(hash_seed: str) -> str:
    path = os.pathsep.join((str(ROOT / "src"), str(Path(msgspec.__file__).parents[1])))
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path}
    ran = subprocess.run([sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_two_processes_that_hash_differently_write_the_same_journal() -> None:
    """The journal of a seed is the same, byte for byte, whatever the interpreter's hash seed is."""
    first = _journals("1")
    assert len(first.splitlines()) == 12
    assert _journals("4242") == first
