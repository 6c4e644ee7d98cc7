"""The rows of the saga's table by name ("quarantine naked"), as pages ask for them and storms count them."""

from __future__ import annotations

from seawall.sagas.phase import Finding, Phase
from seawall.sagas.table import TABLE


def row_name(phase: Phase, finding: Finding) -> str:
    """A row's name."""
    return f"{phase.value} {finding.value}"


ROWS = tuple(row_name(*pair) for pair in TABLE)
ONE_STEP = {
    "protected covered": "an attempt that Binance's own rule had proven absent would have to be told of as open",
    "quarantine passed": "an entry with every fill known would have to fill once more, behind a stop refused as passed",
    "quarantine misplaced": "a late fill would have to find a stop standing that we cleared and reads have missed",
}
"""Rows that no page can visit, since no venue of the books does it, and why. Each is visited by a test of one step
(`tests/sagas/test_rare_rows.py`), and stands in the table because it must answer whatever the judge may say.
"""
