"""`seawall drill`, shrinking, and the crash sweep: what they print and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seawall.cli import invoke
from seawall.drill.demands import Breach
from seawall.drill.loader import load
from seawall.drill.page import Page
from seawall.drill.shrink import shrunk

WRONG = """
title = "A page that asks for what cannot be"

[[fault]]
fault = "stream_drop"
call = "stream.*"

[must]
end = "flat"
"""
PROMISE = """
title = "Three lines"

[[fault]]
fault = "stream_drop"
call = "stream.*"

[[fault]]
fault = "empty_read"
call = "order.get"

[[kill]]
at = "1 s"

[must]
end = "protected"
"""


def test_a_page_that_holds_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    """A shipped page is found by its name; one line says how it ended."""
    assert invoke(["drill", "clean", "--venue", "bybit"]) == 0
    assert "holds   clean on bybit: protected" in capsys.readouterr().out


def test_a_failure_prints_all_that_is_needed_to_see_it_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What did not hold, the seed, the page, the timeline, and the one command."""
    file = tmp_path / "wrong.toml"
    file.write_text(WRONG)
    assert invoke(["drill", str(file), "--venue", "binance", "--seed", "3"]) == 1
    said = capsys.readouterr().out
    assert "end: expected flat, came protected" in said
    assert 'title = "A page that asks for what cannot be"' in said
    assert "signal accepted" in said
    assert f"again: seawall drill {file} --venue binance --seed 3" in said


def test_a_page_that_cannot_be_read_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file, the line and the nearest word stand on the error stream."""
    file = tmp_path / "typo.toml"
    file.write_text(WRONG.replace("[[fault]]", "[[fualt]]"))
    assert invoke(["drill", str(file)]) == 2
    assert "the nearest is 'fault'" in capsys.readouterr().err


def test_a_seed_explains_itself_as_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    """`--explain` prints the plan of a seed, and what it prints is a page."""
    assert invoke(["drill", "--seed", "17", "--venue", "bybit", "--explain"]) == 0
    assert load(capsys.readouterr().out).title == "The plan of seed 17 on bybit"


def test_json_is_one_line_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs read page, venue, seed, end and breaches."""
    assert invoke(["drill", "--seeds", "0..2", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["seed"], line["venue"]) for line in lines] == [
        (0, "binance"),
        (0, "bybit"),
        (1, "binance"),
        (1, "bybit"),
    ]
    assert {tuple(line["breaches"]) for line in lines} == {()}


@pytest.mark.parametrize("given", ["5", "9..3", "a..b"])
def test_a_range_of_seeds_is_checked(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A range that is none is named, with what was expected."""
    assert invoke(["drill", "--seeds", given]) == 2
    assert "--seeds: expected A..B" in capsys.readouterr().err


def test_shrinking_leaves_only_the_lines_that_matter() -> None:
    """Lines are left out while the same promise stays broken, whatever the figures in its sentence."""

    def run(page: Page) -> list[Breach]:
        broken = any(line.line["fault"] == "empty_read" for line in page.fault)
        return [Breach(f"{len(page.kill)} entries for 1 signals")] if broken else []

    page = load(PROMISE)
    smallest = shrunk(page, run(page), run)
    assert [line.line["fault"] for line in smallest.fault] == ["empty_read"]
    assert smallest.kill == ()


def test_what_only_the_page_asked_for_is_not_shrunk() -> None:
    """Without its lines every page misses its own end, so that leaving them out would say nothing."""
    page = load(PROMISE)
    broken = [Breach("end: expected flat, came protected", promise=False)]
    assert shrunk(page, broken, lambda _: broken) == page
