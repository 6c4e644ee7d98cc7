"""What the demands make of a stop that is not ours and was taken back by us."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.drill.demands import stood_in
from venuesim.judge import Episode
from venuesim.verdict import StopSpan

NOTHING = Decimal(0)


def span(name: str, live_at: int, ended_at: int | None = None) -> StopSpan:
    """A stop that was live for so long."""
    return StopSpan("1", name, Decimal(9), live_at, ended_at, "LIVE", "stop", "hand")


def episode(*stops: StopSpan, closed_at: int | None = 100) -> Episode:
    """A position that these stops watched."""
    spans, entry = list(stops), Decimal(1)
    return Episode(
        "a", "S", "buy", 0, closed_at, entry, [], 0, spans, [], 10, None, 0, 0, NOTHING, [], turned_over=False
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (episode(span("swdril-1", 10, 50), span("web_1", 50)), True),
        (episode(span("swdril-1", 10), span("web_1", 50)), False),
        (episode(span("web_1", 50)), False),
        (episode(span("swdril-1", 60, 70), span("web_1", 50)), False),
        (episode(span("swdril-1", 10, 50), span("web_1", 50, 90)), False),
        (episode(span("swdril-1", 10, 50), span("web_1", 50), closed_at=None), False),
        (episode(span("swdril-1", 10, 50), span("web_2", 50)), False),
    ],
    ids=["in our place", "beside ours", "ours never was", "ours came later", "gone before", "still open", "another"],
)
def test_only_what_took_the_place_of_ours_may_go_with_the_position(told: Episode, expected: bool) -> None:
    """A stop of somebody else may be taken back only if it stood in for ours until the position was gone."""
    assert stood_in("web_1", [told]) is expected
