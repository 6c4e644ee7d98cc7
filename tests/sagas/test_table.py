"""The table is whole: every pair of phase and finding is a row or has a named reason not to be."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from seawall.sagas.phase import Duty, Finding, Phase
from seawall.sagas.table import EXCLUDED, TABLE, Row, row_for
from tests.sagas.builders import entering

ROWS = sorted(TABLE.items(), key=lambda pair: (pair[0][0].value, pair[0][1].value))
RISKY = Duty.ENTER
OPEN = (Finding.NAKED, Finding.OVERDUE, Finding.PASSED, Finding.ARMED, Finding.COVERED, Finding.MISPLACED)


def excluded() -> Counter[tuple[Phase, Finding]]:
    """How often each pair is excluded."""
    return Counter(pair for phases, findings in EXCLUDED.values() for pair in product(phases, findings))


def test_every_pair_is_in_the_table_or_excluded_exactly_once() -> None:
    """Nothing the judge may say finds the table without an answer, and nothing is both there and impossible."""
    out = excluded()
    found = {pair: (pair in TABLE) + out[pair] for pair in product(Phase, Finding)}
    assert {pair: times for pair, times in found.items() if times != 1} == {}


def test_a_pair_that_cannot_arise_stops_the_program() -> None:
    """An excluded pair is a defect of the house, named by the error."""
    with pytest.raises(KeyError, match="PREPARING"):
        row_for(Phase.PREPARING, Finding.NAKED)
    assert row_for(Phase.FLAT, Finding.SETTLED).to is Phase.FLAT


def test_a_table_that_does_not_come_to_rest_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows that send an undecided signal to and fro are a defect: the error names the signal and where it ran."""
    case = entering()
    for at, to in (
        (Phase.ENTERING, Phase.PROTECTED),
        (Phase.PROTECTED, Phase.PROTECTING),
        (Phase.PROTECTING, Phase.PROTECTED),
    ):
        monkeypatch.setitem(TABLE, (at, Finding.UNDECIDED), Row(to, Duty.NOTHING))
    with pytest.raises(RuntimeError, match=r"velvet-1 does not come to rest at .*UNDECIDED"):
        case.at(1)


def test_every_phase_can_be_reached_from_preparing() -> None:
    """No phase stands apart: from preparing, rows lead to each of them, and from each of them to FLAT."""

    def reach(start: Phase) -> set[Phase]:
        reached, border = {start}, [start]
        while border:
            here = border.pop()
            border += [row.to for (phase, _), row in ROWS if phase is here and row.to not in reached]
            reached |= set(border)
        return reached

    assert reach(Phase.PREPARING) == set(Phase)
    assert all(Phase.FLAT in reach(phase) for phase in Phase)


def test_rows_never_lead_out_of_flat_except_to_close_a_late_fill() -> None:
    """The end is left for one reason only: something of the signal is open again."""
    left = {finding: row.to for (phase, finding), row in ROWS if phase is Phase.FLAT and row.to is not Phase.FLAT}
    assert left == dict.fromkeys((*OPEN, Finding.PROTECTED), Phase.CLOSING)


def test_only_preparing_and_quarantine_lead_to_flat() -> None:
    """FLAT frees the slot, so it follows only on nothing sent, or on a flat that was seen and has lasted."""
    into = {(phase, finding) for (phase, finding), row in ROWS if row.to is Phase.FLAT and phase is not Phase.FLAT}
    assert into == {(Phase.PREPARING, Finding.UNFIT), (Phase.QUARANTINE, Finding.SETTLED)}


def test_only_a_covered_position_becomes_protected() -> None:
    """PROTECTED is reached on the finding of that name, and from PROTECTING alone."""
    into = {pair for pair, row in TABLE.items() if row.to is Phase.PROTECTED and pair[0] is not Phase.PROTECTED}
    assert into == {(Phase.PROTECTING, Finding.PROTECTED)}


def test_an_entry_is_only_sent_while_nothing_of_the_signal_is_open() -> None:
    """The one duty that raises exposure stands behind READY and DEFERRED, and nowhere else."""
    entering = {pair for pair, row in TABLE.items() if RISKY in row.duties}
    assert entering == {(Phase.PREPARING, Finding.READY), (Phase.ENTERING, Finding.DEFERRED)}


def test_nothing_undecided_closes_or_clears() -> None:
    """Empty reads are not absence (I01, I02): UNDECIDED asks, and never closes, clears or gives up."""
    rows = [row for (_, finding), row in ROWS if finding is Finding.UNDECIDED]
    assert all(not row.duties & (Duty.CLOSE | Duty.CLEAR | Duty.ENTER) for row in rows)
    assert all(row.to is phase for (phase, finding), row in ROWS if finding is Finding.UNDECIDED)


def test_a_contrary_position_gets_a_person_and_no_order() -> None:
    """A wrong-way order doubled the position (I04): on CONTRARY nothing is placed, closed or cleared."""
    acts = Duty.PLACE | Duty.CLOSE | Duty.CLEAR | Duty.ENTER | Duty.MOVE
    rows = [row for (_, finding), row in ROWS if finding is Finding.CONTRARY]
    assert all(not row.duties & acts for row in rows)


def test_acknowledged_cover_is_never_closed_for_that_alone() -> None:
    """Knowing less never makes us do more: outside a way home begun before, ARMED leads to no close (I15)."""
    for phase in (Phase.ENTERING, Phase.PROTECTING, Phase.PROTECTED):
        row = TABLE[phase, Finding.ARMED]
        assert row.to is not Phase.CLOSING
        assert Duty.CLOSE not in row.duties


def test_a_way_home_begins_only_for_a_named_reason() -> None:
    """From a kept position, only time run out and a passed trigger lead to CLOSING."""
    for phase in (Phase.ENTERING, Phase.PROTECTING, Phase.PROTECTED):
        home = {finding for (at, finding), row in ROWS if at is phase and row.to is Phase.CLOSING}
        assert home <= {Finding.OVERDUE, Finding.PASSED}


def test_whatever_stands_naked_is_placed_for() -> None:
    """Wherever a fill has no cover, placing is a duty, beside a close too."""
    for (_, finding), row in ROWS:
        if finding in (Finding.NAKED, Finding.OVERDUE):
            assert Duty.PLACE in row.duties, row


def test_the_stop_goes_last() -> None:
    """Stops are cleared only where nothing is open any more."""
    clearing = {finding for (_, finding), row in ROWS if Duty.CLEAR in row.duties}
    assert clearing <= {Finding.EMPTY, Finding.DEFERRED}


def test_a_row_says_where_it_leads_and_what_to_do() -> None:
    """A row without a why is one that needs none."""
    assert Row(Phase.FLAT, Duty.NOTHING).why == ""
