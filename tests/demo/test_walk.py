"""docs/walk.md is what a run says today."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from seawall.model.events import (
    ActConcluded,
    FillReported,
    OrderReported,
    PositionProtected,
    PositionReported,
    ProtectionLost,
    RollbackBegan,
)
from seawall.model.ids import Leg
from seawall.model.reports import Source
from seawall.sagas.phase import Finding, Phase
from tools.walk import ROOT, files, main, walk


def test_the_walk_is_what_a_run_says() -> None:
    """The page and its picture are those of a run; `python -m tools.walk` writes them again."""
    stale = [path.name for path, text in files().items() if path.read_text(encoding="utf-8") != text]
    assert stale == []


def test_a_run_says_the_same_twice() -> None:
    """Two runs give the same bytes."""
    assert files() == files()


def test_the_sentences_say_what_the_run_says() -> None:
    """The page's own claims hold: the stream's position came first, an empty read was heard and moved nothing, and
    the entry's reply came after the end.
    """
    run = walk()
    heard = [row for row in run.history if isinstance(row.event, OrderReported | FillReported | PositionReported)]
    first = heard[0].event
    assert isinstance(first, PositionReported)
    assert (first.report.source, first.report.amount) == (Source.STREAM, Decimal(-27))
    empty = [
        row.event.report for row in heard if isinstance(row.event, PositionReported) and not row.event.report.amount
    ]
    assert [(report.source, report.venue_at) for report in empty] == [(Source.POSITIONS, 0)]
    assert (Phase.PROTECTING, Finding.ARMED) in [note.what for note in run.of("judged") if note.at == empty[0].at]
    replied = [row.at for row in run.history if isinstance(row.event, ActConcluded) and row.event.leg is Leg.ENTRY]
    protected = [row.at for row in run.history if isinstance(row.event, PositionProtected)]
    assert replied > protected
    assert {type(row.event) for row in run.history}.isdisjoint({RollbackBegan, ProtectionLost})


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
