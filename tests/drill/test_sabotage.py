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
