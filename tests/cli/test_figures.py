"""What the command line says of a figure."""

from __future__ import annotations

from seawall.cli.figures import figures, opinions
from seawall.history import positions
from seawall.history.receipt import receipt
from seawall.model.acts import Outcome
from seawall.model.ids import Leg
from seawall.model.times import MILLISECOND
from tests.history.stories import STOP, Story, ours, velvet


def test_an_older_word_that_differs_is_marked_as_from_before_ours() -> None:
    """A query that was answered before our last word, and differs, is said to be from before it; a later one is not."""
    early = velvet().position(175, 0, "0").recorded()
    (view,) = positions.opinions(early, ours(600))
    assert opinions(view)[2] == "read 0 (said 425 ms ago, before ours)"
    (view,) = positions.opinions(velvet().position(500, 0, "0").recorded(), ours(500) + 100 * MILLISECOND)
    assert opinions(view) == [
        "ours -27 (said 420 ms ago)",
        "stream -27 (said 450 ms ago)",
        "read 0 (said 100 ms ago)",
    ]


def test_a_source_without_a_word_says_nothing() -> None:
    """Silence is told as silence, never as a zero."""
    (view,) = positions.opinions(velvet().recorded(), ours(200))
    assert opinions(view)[2] == "read says nothing"


def naked(story: Story) -> str:
    """The line of the headline figure."""
    told = receipt(story.recorded())
    assert told is not None
    return dict(figures(told))["naked"]


def test_what_stands_naked_is_not_told_as_naked_for_no_time() -> None:
    """A window that is open counts until the last word that was recorded, and is said to be open."""
    assert naked(velvet()) == "80 ms"
    bare = Story().accepted().intended().fill(90, 40, "27").entry_filled(90, 40).ended(100).stop_intended(100)
    assert naked(bare.concluded(60_080, Leg.STOP, STOP, Outcome.UNKNOWN)) == "60.0 s so far, and still"
    assert naked(velvet().lost(5_000).concluded(65_000, Leg.STOP, STOP, Outcome.UNKNOWN)) == "60.1 s so far, and still"
