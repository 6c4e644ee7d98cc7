"""What stands on the pages as an example works: Python is run, commands and files are read by what would read them."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cyclopts import App

from seawall.cli import app as seawall
from seawall.drill.loader import load as page_of
from seawall.intake.canonical import parse as signal_of
from seawall.model.ids import Account, VenueName
from seawall.model.signal import Signal
from seawall.service.config import parse as settings_of
from tests.docs.pages import PAGES, ROOT, Block, blocks, prose
from venuesim.cli import app as venuesim

KEYS = {"BYBIT_KEY": "key", "BYBIT_SECRET": "secret"}
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
PROGRAMS: dict[str, App] = {"seawall": seawall, "venuesim": venuesim}


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_runs(block: Block, tmp_path: Path) -> None:
    """A block of Python is a whole program: it runs as it stands, in a process of its own, and says nothing amiss."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", block.text], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_readmes_program_prints_what_the_readme_shows() -> None:
    """Every line shown under the first program is a line of its output, in that order."""
    [program] = [block for block in blocks("python") if block.page == "README.md"]
    shown = next(block for block in blocks("text") if block.page == "README.md").text.splitlines()
    ran = subprocess.run([sys.executable, "-c", program.text], capture_output=True, text=True, check=True)
    printed = iter(ran.stdout.splitlines())
    assert [line for line in shown if line not in printed] == []


def test_the_readmes_program_has_twelve_lines() -> None:
    """The promise of the sentence above it: twelve lines, none of them long, none of them two."""
    [program] = [block for block in blocks("python") if block.page == "README.md"]
    lines = [line for line in program.text.splitlines() if line]
    assert len(lines) == 12
    assert max(map(len, lines)) <= 130
    assert ";" not in program.text


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_commands_are_commands(block: Block) -> None:
    """Each line of a shell block is a target of the Makefile, or is understood by the program that it calls."""
    for line in block.text.splitlines():
        words = shlex.split(line, comments=True)
        if words:
            _understood(words)


def test_commands_within_the_pages_are_commands() -> None:
    """Lines of code that were indented rather than fenced, and name one of our programs, are understood as well."""
    found = [
        line
        for page in PAGES
        for line in re.findall(r"^    ((?:venuesim|seawall|make) .+)$", prose(page), re.MULTILINE)
    ]
    assert found
    for line in found:
        _understood(shlex.split(line))


def test_the_readme_names_every_command() -> None:
    """Each command of the program stands in the README's table, and nothing that is none."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = "\n".join(re.findall(r"^\| `seawall .+$", text, re.MULTILINE))
    named = set(re.findall(r"`seawall ([a-z]+)", rows))
    assert named == {name for name in seawall if not name.startswith("-")}


def _understood(words: list[str]) -> None:
    program, *rest = words
    match Path(program).name, rest:
        case "make", [target, *_]:
            assert target in TARGETS, f"the Makefile has no {target}"
        case ("seawall" | "venuesim") as name, rest if rest != ["--version"]:
            PROGRAMS[name].parse_args(rest, exit_on_error=False, print_error=False)
        case "python", ["-m", "pytest", path]:
            assert (ROOT / path).exists()
        case "curl", ["-d", body, _]:
            assert json.loads(body)
        case other, _:
            assert other in ("git", "cd", "python3", "seawall"), f"nobody knows whether {other} works"


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_toml_is_taken(block: Block, tmp_path: Path) -> None:
    """A block of TOML is a configuration that the service takes, or a whole page that the drill takes."""
    if "[must]" in block.text:
        assert page_of(block.text).title
    else:
        assert settings_of(block.text, tmp_path, KEYS).accounts


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_is_json_and_a_signal_is_a_signal(block: Block) -> None:
    """A block of JSON can be read; one with an action is a signal that the intake takes."""
    told = json.loads(block.text)
    if "action" in told:
        venues = {Account(told.get("account", "only")): VenueName.BINANCE}
        assert isinstance(signal_of(block.text.encode(), 1_795_000_000_000_000, venues, {}), Signal)
