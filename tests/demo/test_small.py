"""A small show in this process: what is read from journal and judge, what the page says, what the exit code is."""

from __future__ import annotations

import asyncio
import io
import re
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from rich.console import Console

from seawall.drill.demo.findings import Fate, exit_code
from seawall.drill.demo.page import page, written
from seawall.drill.demo.run import Outcome, perform
from seawall.drill.demo.screen import LiveScreen, PlainScreen
from seawall.drill.demo.show import SHOW, End
from seawall.drill.demo.table import print_table, summary
from seawall.service.problems import Exit

SMALL = [scene for scene in SHOW if scene.id in ("binance-skl", "binance-btc", "bybit-giga", "bybit-avax")]


@cache
def small() -> tuple[Outcome, str]:
    """A show of four signals, two of them with a lost reply, and what a pipe saw of it."""
    seen = io.StringIO()
    outcome = asyncio.run(perform(SMALL, PlainScreen(Console(file=seen, width=60)), seed=3))
    return outcome, seen.getvalue()


def test_every_signal_of_ours_ends_protected() -> None:
    """Whether its reply is lost or not, each signal ends PROTECTED, and journal and judge agree about it."""
    outcome, seen = small()
    assert [(row.scene.id, row.state, row.objections()) for row in outcome.rows] == [
        (scene.id, "PROTECTED", ()) for scene in SMALL
    ]
    assert outcome.strays == ()
    assert exit_code(outcome.rows, outcome.strays) is Exit.OK
    assert seen.count("PROTECTED") == len(SMALL)


def test_the_reports_bot_leaves_a_lost_reply_naked() -> None:
    """The report's algorithm protects what is answered, and leaves open and naked what lost its reply."""
    outcome, _ = small()
    assert {row.scene.id: row.bots.fate for row in outcome.rows} == {
        "binance-skl": Fate.NAKED,
        "binance-btc": Fate.PROTECTED,
        "bybit-giga": Fate.NAKED,
        "bybit-avax": Fate.PROTECTED,
    }
    assert outcome.bot_log["bybit-giga"][-1] == "rolled back: no order to close"


def test_a_needless_rollback_ends_with_four() -> None:
    """A signal that had to be FLAT and is protected, or the other way round, ends the demo with exit code 4."""
    outcome, _ = small()
    wrong = replace(outcome.rows[1], scene=replace(outcome.rows[1].scene, must=End.FLAT))
    assert len(wrong.objections()) == 3
    assert exit_code([*outcome.rows, wrong], ()) is Exit.REFUSED


def test_what_stands_without_a_stop_ends_with_eight() -> None:
    """A naked position, a wrong size, or a position that nobody asked for ends the demo with exit code 8."""
    outcome, _ = small()
    row = outcome.rows[0]
    naked = replace(row, ours=replace(row.ours, fate=Fate.NAKED))
    doubled = replace(row, ours=replace(row.ours, quantity=row.ours.quantity * 2))
    assert "the judge finds it NAKED" in naked.objections()
    assert exit_code([naked], ()) is Exit.UNPROTECTED
    assert exit_code([doubled], ()) is Exit.UNPROTECTED
    assert exit_code(outcome.rows, ("binance DOGEUSDT",)) is Exit.UNPROTECTED


def test_journal_and_judge_must_tell_the_same() -> None:
    """Another stop than the journal's, another naked time than the journal's, an orphan: each is named."""
    row = small()[0].rows[0]
    ours = row.ours
    other_stop = replace(row, ours=replace(ours, stops=(Decimal(1),)))
    longer = replace(row, ours=replace(ours, naked=ours.naked + 50_000))
    far_longer = replace(row, ours=replace(ours, naked=ours.naked + 6_000_000))
    orphan = replace(row, ours=replace(ours, orphans=("x1",)))
    assert "stops at 1, the journal says" in other_stop.objections()[0]
    assert "by the judge" in longer.objections()[0]
    assert "longer than the bound" in far_longer.objections()[1]
    assert orphan.objections() == ("left behind: x1",)


def test_the_page_is_one_file(tmp_path: Path) -> None:
    """The page holds a picture for each signal and nothing that would be fetched or run."""
    outcome, _ = small()
    text = page(outcome)
    assert text.count("<svg ") == len(SMALL)
    assert not re.findall(r"<script|<link|<img|<iframe|\burl\(|\bsrc=|@import", text)
    assert set(re.findall(r"https?://[^\"'<> ]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert all(f'id="{scene.id}"' in text and f'href="#{scene.id}"' in text for scene in SMALL)
    assert written(text, tmp_path / "report.html").read_text(encoding="utf-8") == text
    assert [found.name for found in tmp_path.iterdir()] == ["report.html"]


def test_where_the_page_cannot_be_written_it_goes_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that is not there the page goes to the system's own folder for such things, whole."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = written("whole", tmp_path / "gone" / "report.html")
    assert path.read_text(encoding="utf-8") == "whole"
    assert path.parent.parent == tmp_path


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_table_fits_its_screen(width: int) -> None:
    """At any width each line fits, nothing is cut off, and no colour reaches a file."""
    outcome, _ = small()
    out = io.StringIO()
    print_table(Console(file=out, width=width), outcome.rows)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert "\x1b" not in out.getvalue()
    assert sum("agrees" in line for line in lines) == len(SMALL)
    assert "".join(out.getvalue().split()).count("createreplylost" if width == 140 else "isresetbeforeitsreply") == 2


def test_before_and_after_in_two_sentences() -> None:
    """The summary counts both traders' ends and their time without a stop."""
    before, after = summary(small()[0].rows)
    assert before.startswith("The report's bot: 2 of 4")
    assert "2 positions stand open" in before
    assert after.startswith("Seawall: 4 of 4")


def test_the_live_table_is_drawn_and_goes() -> None:
    """On a terminal every signal has its line while the show runs."""
    out = io.StringIO()
    console = Console(file=out, width=100, height=40, force_terminal=True, _environ={"TERM": "xterm"})
    with LiveScreen(console) as screen:
        screen.show(small()[0].rows, 1.5)
    assert all(scene.symbol in out.getvalue() for scene in SMALL)
