"""What a storm covers is counted by the words of the vocabulary, and counts of long runs can be added up."""

from __future__ import annotations

import json
from pathlib import Path

from seawall.drill import storm
from seawall.drill.coverage import PAIRS, WORDS, Coverage
from seawall.drill.kinds import KINDS
from seawall.drill.plans import answers_of, draw, switches_of
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
    assert set(coverage.pairs) <= set(PAIRS)
    assert len(KINDS) > 10


def test_what_a_storm_keeps_is_added_to_what_the_file_holds(tmp_path: Path) -> None:
    """Two storms of the same file count twice, and say what was never seen."""
    file = tmp_path / "storm.json"
    for runs in (4, 8):
        assert storm.main(["--seeds", "0..2", "--jobs", "1", "--json", str(file)]) == 0
        assert json.loads(file.read_text())["runs"] == runs
    coverage = Coverage()
    coverage.added(json.loads(file.read_text()))
    told = "\n".join(coverage.told())
    assert "pairs of the table visited" in told
    assert "never: " in told
