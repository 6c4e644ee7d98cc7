"""A hundred openings at the same moment, ten symbols on each of ten accounts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from seawall.drill.wire.calm import many
from seawall.model.ids import VenueName


@pytest.mark.parametrize("venue", list(VenueName))
def test_a_hundred_openings_over_ten_accounts(tmp_path: Path, venue: VenueName) -> None:
    """All hundred end PROTECTED, each entered once, and the judge finds nothing else at the venue."""
    result = asyncio.run(many(tmp_path, venue))
    assert result.breaches == ()
    assert (result.protected, result.asked) == (100, 100)
