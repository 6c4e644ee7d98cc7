"""What a storm covers is counted by the words of the vocabulary, and counts of long runs can be added up."""

from __future__ import annotations

import json
from pathlib import Path

from seawall.drill import storm
from seawall.drill.coverage import WORDS, Coverage
from seawall.drill.covered import Played, missing, told
from seawall.drill.kinds import KINDS
from seawall.drill.pages import shipped
from seawall.drill.plans import answers_of, draw, switches_of
from seawall.drill.rows import ONE_STEP, ROWS
from seawall.drill.trial import attempt
from seawall.model.ids import VenueName
from venuesim.faults import VOCABULARY

KEPT_FOR_PAGES: tuple[str, ...] = ()
"""Faults of the box that no plan draws."""


def test_every_word_of_the_box_is_drawn() -> None:
    """Over many seeds each fault of the vocabulary stands in some plan of each venue, but for the key that only one has."""
    for venue in VenueName:
        drawn = {kind for seed in range(1_500) for kind in draw(venue, seed).kinds}
        missing = set(VOCABULARY) - drawn - set(KEPT_FOR_PAGES)
        assert missing == ({"key_expired"} if venue is VenueName.BYBIT else set())


def test_every_answer_of_every_switch_is_drawn() -> None:
    """Each open question of a venue's book is drawn with each of its answers."""
    for venue in VenueName:
        drawn = {pair for seed in range(300) for pair in draw(venue, seed).page.switches.items()}
        assert {(name, answer) for name in switches_of(venue) for answer in answers_of(name)} == drawn


def test_a_plan_never_counts_what_it_cannot_say() -> None:
    """What fires in runs is named in the list of words, so that zero can be told from unknown."""
    coverage = Coverage()
    for seed in range(6):
        coverage.add(attempt(draw(VenueName.BYBIT, seed)))
    assert set(coverage.fired) <= set(WORDS)
    assert set(coverage.pairs) <= set(ROWS)
    assert len(KINDS) > 10


def test_every_row_of_the_table_is_some_pages_errand() -> None:
    """Each row is visited by a page that says so and is held to it, but for those that a test of one step visits."""
    visits = {row for page in shipped().values() for must in page.must.values() for row in must.visits}
    assert [row for row in ROWS if row not in visits and row not in ONE_STEP] == []
    assert visits.isdisjoint(ONE_STEP)


def test_what_neither_pages_nor_seeds_have_met_is_named() -> None:
    """The table counts both, and only what a page or a seed could have met is missing."""
    pages, seeds = Played(), Coverage()
    pages.rows.update(row for row in ROWS if row not in ONE_STEP and row != "flat naked")
    pages.fired.update(WORDS[1:])
    assert list(missing(pages, seeds)) == [WORDS[0], "flat naked"]
    seeds.pairs["flat naked"], seeds.fired[WORDS[0]] = 7, 1
    assert list(missing(pages, seeds)) == []
    lines = list(told(pages, seeds))
    assert f"rows visited: {len(ROWS) - len(ONE_STEP)} of {len(ROWS)}" in lines
    assert "       0         7  flat naked" in lines


def test_what_a_storm_keeps_is_added_to_what_the_file_holds(tmp_path: Path) -> None:
    """Two storms of the same file count twice, and say what was never seen."""
    file = tmp_path / "storm.json"
    for runs in (4, 8):
        assert storm.main(["--seeds", "0..2", "--jobs", "1", "--json", str(file)]) == 0
        assert json.loads(file.read_text())["runs"] == runs
    coverage = Coverage()
    coverage.added(json.loads(file.read_text()))
    summary = "\n".join(coverage.told())
    assert "pairs of the table visited" in summary
    assert "never: " in summary
