"""The sabotage of the house: every patch still fits, and a few are tried."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PATCHES = sorted((ROOT / "sabotage").glob("*.patch"))


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sabotage", ROOT / "tools" / "sabotage.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    sys.modules["sabotage"] = tool  # its dataclasses look their module up
    spec.loader.exec_module(tool)
    return tool


def test_there_are_enough_ways_to_break_the_house() -> None:
    """At least twenty-five patches, each of which says in its first line what it breaks."""
    assert len(PATCHES) >= 25
    assert [one.name for one in PATCHES if not one.read_text().splitlines()[0].endswith(".")] == []


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_patch_fits_the_source(patch: Path, tmp_path: Path) -> None:
    """A patch that fits no more would be a sabotage that nobody tries."""
    touched = [line[6:] for line in patch.read_text().splitlines() if line.startswith("--- a/")]
    for path in touched:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    _tool().apply(patch, tmp_path)
    assert [path for path in touched if (tmp_path / path).read_text() == (ROOT / path).read_text()] == []


def test_a_patch_that_only_stumbles_is_told_as_broken(tmp_path: Path) -> None:
    """A name that does not exist is no mistake that a checker could notice."""
    tool = _tool()
    tool.PATCHES = tmp_path  # type: ignore[attr-defined]
    path = "src/seawall/sagas/moves.py"
    source = (ROOT / path).read_text().splitlines()
    number = next(n for n, line in enumerate(source, 1) if line == "    whose = (state.signal.id, state.signal.symbol)")
    before, line, after = source[number - 2 : number + 1]
    patch = ["It stumbles.", "", f"--- a/{path}", f"+++ b/{path}", f"@@ -{number - 1},3 +{number - 1},3 @@"]
    patch += [f" {before}", f"-{line}", "+    whose = nobody", f" {after}"]
    (tmp_path / "stumbles.patch").write_text("\n".join(patch) + "\n")
    tried = tool.attempt("stumbles", 0, 0)
    assert (tried.caught_by, tried.what.split(": ")[:2]) == (None, ["the patch itself is broken", "raised NameError"])
