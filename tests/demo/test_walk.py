"""docs/walk.md is what a run says today."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.walk import ROOT, files, main


def test_the_walk_is_what_a_run_says() -> None:
    """The page and its picture are those of a run; `python -m tools.walk` writes them again."""
    stale = [path.name for path, text in files().items() if path.read_text(encoding="utf-8") != text]
    assert stale == []


def test_a_run_says_the_same_twice() -> None:
    """Two runs give the same bytes."""
    assert files() == files()


def test_what_is_out_of_date_is_named_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` ends with 1 and writes nothing; without it the files are written, and a check then ends with 0."""
    monkeypatch.setattr("tools.walk.ROOT", tmp_path)
    monkeypatch.setattr("tools.walk.PAGE", tmp_path / "walk.md")
    monkeypatch.setattr("tools.walk.PICTURE", tmp_path / "walk.svg")
    assert main(["--check"]) == 1
    assert list(tmp_path.iterdir()) == []
    assert main([]) == 0
    assert main(["--check"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "walk.svg: written"
    assert (tmp_path / "walk.md").read_text(encoding="utf-8") == (ROOT / "docs" / "walk.md").read_text(encoding="utf-8")
