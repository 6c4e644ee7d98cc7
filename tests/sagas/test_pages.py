"""The pages drawn from the heart are what the heart says now."""

from __future__ import annotations

from dataclasses import fields

import pytest

from seawall.model.times import HOUR, MILLISECOND, MINUTE, SECOND, Bounds
from seawall.sagas.phase import Duty, Phase
from seawall.sagas.table import EXCLUDED, TABLE
from tools import draw_table

AGAIN = "run: python tools/draw_table.py"


def test_the_page_about_the_table_is_what_the_table_says() -> None:
    """Change a row, and this asks for the page to be drawn again."""
    assert draw_table.SAGAS.read_text(encoding="utf-8") == draw_table.sagas_page(), AGAIN


def test_the_page_about_the_time_bounds_is_what_the_bounds_say() -> None:
    """Change a bound or what it rests on, and this asks for the page to be drawn again."""
    assert draw_table.BOUNDS.read_text(encoding="utf-8") == draw_table.times_page(), AGAIN


def test_every_row_and_every_exclusion_is_drawn() -> None:
    """One line each, and one arrow for each pair of phases between which a row leads."""
    page = draw_table.sagas_page()
    rows = [line for line in page.splitlines() if line.startswith("| ") and " | " in line]
    assert len(rows) == len(TABLE) + len(Phase) + len(EXCLUDED) + 1
    moves = {(phase, row.to) for (phase, _), row in TABLE.items() if row.to is not phase}
    assert sum(" --> " in line for line in page.splitlines()) == len(moves) + 2
    assert all(row.why in page for row in TABLE.values())


def test_every_bound_is_listed_with_what_it_rests_on() -> None:
    """No waiting time of the heart is without a word."""
    listed = draw_table.bounds()
    assert [name for name, _, _ in listed] == [field.name for field in fields(Bounds)]
    assert all(default and len(rests_on) > 10 for _, default, rests_on in listed if rests_on != "See `stop_repeat`.")


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (0, "0"),
        (MILLISECOND * 50, "50 ms"),
        (SECOND * 90, "90 s"),
        (MINUTE * 5, "5 min"),
        (HOUR * 24, "24 h"),
        (7, "7"),
    ],
)
def test_a_duration_is_written_in_its_largest_whole_unit(duration: int, text: str) -> None:
    """As a person would write it."""
    assert draw_table.span(duration) == text


def test_duties_are_told_in_words() -> None:
    """Each has one; nothing is a dash."""
    assert draw_table.in_words(Duty.NOTHING) == "-"
    assert all(draw_table.in_words(duty) for duty in Duty)
    assert draw_table.in_words(Duty.PLACE | Duty.CLOSE) == "place a stop; close what is ours"
