"""Where a signal stands and why, told to someone who trades: each state, its proof, its stop, and what to look at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seawall.history.receipt import State
from seawall.model import events as ev
from seawall.model.signal import Action
from seawall.service.why import Why, why_it_stands
from tests.history.stories import Story, adopted, ours, rolled_back, taken, velvet


def told(story: Story, after: int) -> Why:
    """What is said of a story, some milliseconds after its signal came."""
    found = why_it_stands(story.recorded(), ours(after))
    assert found is not None
    return found


def test_a_protected_signal() -> None:
    """Who proved the fill, where the stop stands and who saw it, and how long it stood naked."""
    why = told(velvet(), 2_180)
    assert why.state is State.PROTECTED
    assert why.text == (
        "velvet-1 is PROTECTED: short 27 VELVETUSDT on alpha, at 0.19974074 on average. "
        "Its fill was proven first by the stream source; stops spoke as well. "
        "Its stop stands at 0.206 on the mark price, last confirmed by the stops source. "
        "It stood without a live stop for 80.0 ms in the venue's clock. "
        "The last word, 2.0 s ago, by seawall: PROTECTED: 27 open, stop at 0.206 seen live."
    )


def test_a_stop_that_was_lost_does_not_stand() -> None:
    """It was seen to, which is told as what it is; on the way home as well."""
    for story in (velvet().lost(900), velvet().rollback(900)):
        why = told(story, 2_180)
        assert "Its stop stands" not in why.text
        assert "Its stop was last seen to stand at 0.206 on the mark price, by the stops source. " in why.text


def test_a_rolled_back_signal() -> None:
    """Why the position was not kept, that nothing of it is open, and what can be said of its naked time."""
    why = told(rolled_back(), 100_000)
    assert why.state is State.FLAT
    assert why.text.startswith("refused-1 is FLAT because of naked too long (no stop within 5 s): short 27 VELVETUSDT")
    assert "Nothing of it is open and nothing of it can come back." in why.text
    assert "Its stop stands" not in why.text


@pytest.mark.parametrize(
    ("story", "state", "words"),
    [
        (Story().accepted(), State.ACCEPTED, "nothing has been sent for it yet"),
        (Story().accepted().intended(), State.ENTERING, "asking goes on"),
        (
            Story().accepted().intended().fill(9, 5, "27").entry_filled(9, 5),
            State.UNPROTECTED,
            "It stands naked now, for ",
        ),
        (velvet().rollback(500), State.CLOSING, "the stop stays until flat is proven"),
        (rolled_back(), State.FLAT, "can come back"),
    ],
)
def test_each_state_is_explained(story: Story, state: State, words: str) -> None:
    """A state is never only a word."""
    why = told(story, 1_000)
    assert (why.state, words in why.text) == (state, True)


def test_a_refused_signal_tells_its_field() -> None:
    """A refusal says why, in the words of the refusal."""
    story = Story()
    detail = "size: expected at least 5, came 1"
    story.then(0, ev.SignalRefused(story.sid, story.symbol, story.signal, "unfit", detail))
    assert told(story, 10).text.startswith(
        f"velvet-1 is REFUSED because of unfit ({detail}): short VELVETUSDT on alpha."
    )


def test_what_a_person_must_look_at_stands_until_it_is_over() -> None:
    """A distress is told while it lasts, with its detail; another one's end does not end it."""
    story = velvet()
    for kind in (ev.DistressKind.NAKED, ev.DistressKind.STOP_UNSEEN):
        story.then(300, ev.DistressRaised(story.sid, story.symbol, kind, f"since {kind.value}"))
    story.then(400, ev.DistressEnded(story.sid, story.symbol, ev.DistressKind.STOP_UNSEEN))
    assert "LOOK AT IT: naked, since naked." in told(story, 500).text
    story.then(500, ev.DistressEnded(story.sid, story.symbol, ev.DistressKind.NAKED))
    assert "LOOK AT IT" not in told(story, 600).text


def test_nothing_is_said_of_nothing() -> None:
    """A history without its signal has no paragraph."""
    assert why_it_stands([], 0) is None


def test_a_request_about_another_position_points_there() -> None:
    """A protect has no life of its own: what became of it is told by the position's signal."""
    story = Story("mv")
    asked = replace(story.signal, action=Action.PROTECT, side=None, size=None)
    why = told(story.then(0, ev.SignalAccepted(story.sid, asked.symbol, asked)), 100)
    assert why.text.startswith("mv is ACCEPTED: a request to protect VELVETUSDT on alpha. It is recorded; what became")


def test_what_has_left_and_what_is_pending_is_told() -> None:
    """How much, by whom, at what price, what that was worth; and what was asked and is not done."""
    text = told(taken(), 9_200).text
    assert "26 of 26 have left at 0.201 on average (by take profit, stop), which realised -0.026 before fees." in text
    pending = told(velvet().move_asked(1_000, "0.201"), 1_100).text
    assert "Asked for and not done yet: the stop is moving to 0.201." in pending
    assert "at 0.1999 on average, adopted" in told(adopted(), 500).text
