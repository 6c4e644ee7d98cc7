"""The picture of a signal's way: well-formed, the same bytes every time, nothing of a venue's text unescaped."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest

from seawall.history import svg
from seawall.history.waterfall import waterfall
from seawall.model.acts import Outcome
from seawall.model.ids import Leg
from tests.history.stories import ENTRY, LADDER, Story, rolled_back, taken, velvet

_NS = "{http://www.w3.org/2000/svg}"


def _texts(picture: str) -> list[str]:
    return [found.text or "" for found in ET.fromstring(picture).iter(f"{_NS}text")]


def _boxes(picture: str, kind: str) -> list[ET.Element]:
    return [found for found in ET.fromstring(picture).iter(f"{_NS}rect") if found.get("class") == kind]


def test_the_picture_shows_lanes_proofs_and_the_naked_window() -> None:
    """Lanes for acts, fills and each source that spoke; the proofs by name; the naked time in words and in red."""
    picture = waterfall(velvet().recorded())
    texts = _texts(picture)
    assert texts[0] == "velvet-1: sell 27 VELVETUSDT, PROTECTED"
    lanes = [text for text in texts if text in ("entry", "fills", "stop", "close", "end") or text.startswith("said: ")]
    assert lanes == ["entry", "fills", "stop", "said: stops", "said: stream", "end"]
    assert {"live", "PROTECTED", "naked 80.0 ms"} <= set(texts)
    assert len(_boxes(picture, "naked")) == 1


def test_the_red_window_is_as_wide_as_it_lasted() -> None:
    """Its width on the time axis is that of the naked time, to a tenth of a unit."""
    history = velvet().recorded()
    (red,), ticks = _boxes(waterfall(history), "naked"), _ticks(waterfall(history))
    assert abs(Decimal(red.get("width", "")) - (ticks[4] - ticks[0])) <= Decimal("0.2")


def _ticks(picture: str) -> list[Decimal]:
    """Where the marks of the time axis stand; the stories here have one every 20 ms."""
    found = [one for one in ET.fromstring(picture).iter(f"{_NS}text") if (one.text or "").endswith("0 ms")]
    marks = [one for one in found if one.get("text-anchor") == "middle"]
    assert [one.text for one in marks[:2]] == ["0 ms", "20 ms"]
    return [Decimal(one.get("x", "")) for one in marks]


def test_the_same_history_gives_the_same_bytes() -> None:
    """No clock, no chance, no order of a set."""
    assert waterfall(velvet().recorded()) == waterfall(velvet().recorded())


def test_a_rollback_shows_its_close_and_what_came_later() -> None:
    """The way home has its lane and its end; what lies beyond the picture is said below it."""
    texts = _texts(waterfall(rolled_back().recorded()))
    assert texts[0] == "refused-1: sell 27 VELVETUSDT, FLAT (naked_too_long)"
    assert {"close", "FLAT", "naked 160.0 ms"} <= set(texts)
    assert any(text.startswith("later, until 90.0 s: flat verified") for text in texts)


def test_further_windows_are_told_in_words() -> None:
    """A cover that is lost after the opening is counted below the picture."""
    texts = _texts(waterfall(velvet().lost(60_000).stop_seen(60_250, 60_200).recorded()))
    assert any(text.startswith("naked again later; in all 320.0 ms; later, until 60.3 s: ") for text in texts)


def test_a_position_that_is_naked_still_is_drawn_to_the_edge() -> None:
    """While no stop is seen the red goes on to the end of the picture, and an act without an answer likewise."""
    story = Story().accepted().intended().fill(90, 40, "27").entry_filled(90, 40).stop_intended(90)
    picture = waterfall(story.recorded())
    (red,) = _boxes(picture, "naked")
    (_, stop) = _boxes(picture, "act")
    right = Decimal(red.get("x", "")) + Decimal(red.get("width", ""))
    assert right == Decimal(stop.get("x", "")) + Decimal(stop.get("width", ""))
    assert "still naked" in _texts(picture)


def test_an_attached_stop_is_under_way_as_long_as_its_entry() -> None:
    """A stop that travels with the entry has no answer of its own: its bar ends with the entry's."""
    story = Story().accepted().intended(1).stop_intended(1, attached=True).fill(90, 40, "27").entry_filled(90, 40)
    story.concluded(110, Leg.ENTRY, ENTRY, Outcome.ACKNOWLEDGED).stop_seen(180, 40).protected(600)
    entry, stop = _boxes(waterfall(story.recorded()), "act")
    assert (entry.get("x"), entry.get("width")) == (stop.get("x"), stop.get("width"))


def test_a_bound_is_marked_as_one() -> None:
    """Naked time that is only known to be no longer than this says so in the picture."""
    story = Story().accepted().intended(1).position(90, 60, "-27").entry_filled(90, 0, at_most=True)
    assert "naked at most 119.0 ms" in _texts(waterfall(story.stop_seen(180, 120).recorded()))


def test_a_signal_before_its_entry_has_a_picture_too() -> None:
    """Accepted and nothing more: an empty axis, no red."""
    picture = waterfall(Story().accepted().recorded())
    assert _boxes(picture, "naked") == []
    assert _texts(picture)[0] == "velvet-1: sell 0 VELVETUSDT, ACCEPTED"


def test_a_history_of_nobody_has_none() -> None:
    """Without the signal there is nothing to draw, and the caller is told."""
    with pytest.raises(ValueError, match="history: expected the events of one signal"):
        waterfall([])


def test_a_venues_text_cannot_break_the_picture() -> None:
    """Angle brackets, quotes, controls and half characters in ids and texts stay text."""
    story = Story("<script>&\"'\x00\ud800").accepted().intended().fill(90, 40, "27").entry_filled(90, 40)
    story.concluded(110, Leg.ENTRY, ENTRY, Outcome.ACKNOWLEDGED)
    picture = waterfall(story.recorded())
    assert "<script>" not in picture
    assert _texts(picture)[0].startswith("<script>&\"'??: sell 27")
    assert ET.fromstring(picture).get("aria-label", "").startswith("<script>&\"'??")


def test_an_effect_is_never_drawn_before_its_cause() -> None:
    """A venue whose clock is two seconds off is drawn so that fills follow the intent and words follow the fact."""
    for offset in (-2_000, 2_000):
        story = Story().accepted().intended(1).fill(90, 40 + offset, "27").entry_filled(90, 40 + offset)
        picture = waterfall(story.stop_seen(180, 120 + offset).protected(180).recorded())
        (red,) = _boxes(picture, "naked")
        start = _ticks(picture)[0]
        entry = Decimal(_boxes(picture, "act")[0].get("x", ""))
        assert start < entry <= Decimal(red.get("x", ""))
        for said in (line for line in ET.fromstring(picture).iter(f"{_NS}line") if line.get("class") == "said"):
            assert Decimal(said.get("x1", "")) <= Decimal(said.get("x2", ""))


@pytest.mark.parametrize(
    ("span", "step"), [(1, 1), (4, 1), (40, 10), (180, 20), (200, 50), (999, 200), (5_000, 1_000), (90_000, 20_000)]
)
def test_marks_of_the_axis_are_round(span: int, step: int) -> None:
    """Four marks or more, a 1, 2 or 5 times a power of ten apart."""
    story = Story().accepted().stop_intended(span)
    texts = [text for text in _texts(waterfall(story.recorded())) if text.endswith(" ms")]
    assert texts[:2] == ["0 ms", f"{step} ms"]


def test_lengths_are_written_to_a_tenth() -> None:
    """No binary fraction ever reaches the picture."""
    assert [svg.number(tenths) for tenths in (0, 5, 10, 1234, -15)] == ["0", "0.5", "1", "123.4", "-1.5"]


def test_take_profits_have_their_lane_and_moves_their_lines() -> None:
    """Rungs laid right after PROTECTED are within the picture; each move stands below it with its naked time."""
    texts = _texts(waterfall(taken().recorded()))
    assert "take-profit" in texts
    assert len(_boxes(waterfall(taken().recorded()), "act")) == 4  # the entry, the stop, two rungs
    moved = velvet().ladder(181, *LADDER).move_asked(5_000, "0.2").confirmed(5_080, 5_040, ENTRY, "0.2")
    assert "the stop moved from 0.206 to 0.2: done in 80.0 ms, naked 0.0 ms" in _texts(waterfall(moved.recorded()))
