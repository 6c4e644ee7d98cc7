"""The picture of the README is drawn from two runs, and tells of them what is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import picture


def test_the_picture_is_that_of_today() -> None:
    """docs/picture.svg is what the two runs give now; else `python -m tools.picture` draws it again."""
    assert picture.PICTURE.read_text(encoding="utf-8") == picture.draw(picture.the_bot(), picture.seawall())


def test_the_bot_leaves_its_position_naked() -> None:
    """Its order filled once, no stop came within the minute, and its log says that there was nothing to close."""
    told = picture.the_bot()
    assert not told.covered
    assert len(told.episode.entries) == 1
    assert told.episode.naked_us > picture.LOOK - picture.SHOWN
    assert told.log[-1][1] == "rolled back: no order to close"


def test_seawall_is_covered_within_the_picture() -> None:
    """The same order is behind a live stop before the right edge of the picture, and was sent once."""
    told = picture.seawall()
    assert told.covered
    assert len(told.episode.entries) == 1
    assert told.episode.naked_us < picture.SHOWN


def test_out_of_date_is_said_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--check` ends with 1 while the picture is missing or old, and with 0 once it was drawn."""
    monkeypatch.setattr(picture, "PICTURE", tmp_path / "picture.svg")
    assert picture.main(["--check"]) == 1
    assert picture.main([]) == 0
    assert picture.main(["--check"]) == 0
