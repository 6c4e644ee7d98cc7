"""The timeline: every event of the vocabulary has its sentence, and a trader can read the story."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.history.timeline import data_of, timeline
from seawall.history.words import milliseconds, sentence, source_of
from seawall.model import events as ev
from seawall.model.events import ACCOUNT_WIDE, EVENT_TYPES, EVERY_SYMBOL, Event, event_type
from seawall.model.ids import SignalId
from seawall.model.reports import FillKind
from seawall.model.signal import Action, Stop
from tests.history.anything import anything
from tests.history.stories import (
    CLOSE,
    ENTRY,
    LADDER,
    STOP,
    VELVET,
    Story,
    adopted,
    ours,
    rolled_back,
    rung_name,
    velvet,
)

D = Decimal


@given(st.one_of(*(anything(kind) for kind in EVENT_TYPES)))
def test_every_event_can_be_told(event: object) -> None:
    """Whatever is recorded has a sentence of its own, and a source."""
    assert isinstance(event, Event)
    assert sentence(event) != event_type(type(event)).replace("_", " ")
    assert source_of(event)
    assert all(isinstance(text, str) for _, text in data_of(event))


class MoonLanded(Event):
    """An event of a later version."""


def test_an_event_that_has_no_sentence_yet_is_told_by_its_name() -> None:
    """A new event never stops a story from being told."""
    assert sentence(MoonLanded(ACCOUNT_WIDE, VELVET)) == "moon landed"


def test_the_velvet_story_reads_as_a_story() -> None:
    """From arrival to protected: each source's word, when it was said, and what was decided."""
    told = [(moment.since_start // 1000, moment.source, moment.text) for moment in timeline(velvet().recorded())]
    assert told == [
        (0, "seawall", "signal accepted: open sell VELVETUSDT, 27 base, stop 3 % away by mark"),
        (
            1,
            "seawall",
            f"intends to sell 27 as {ENTRY}; stop at 0.206 (provisional, by mark); position before: 0",
        ),
        (90, "stream", "the stream says: sell 20 at 0.2, fee 0.001, venue time 15:34:12.080000"),
        (90, "stream", "first proof of a fill: 20, told by stream, venue time 15:34:12.080000"),
        (90, "seawall", f"a stop at 0.206 (by mark) for the whole position is to be placed as {STOP}"),
        (95, "stream", "the stream says: sell 7 at 0.199, fee 0.001, venue time 15:34:12.082000"),
        (
            96,
            "stream",
            f"the stream says: order {ENTRY} filled, 27 of 27 filled at 0.1999, venue time 15:34:12.082000",
        ),
        (110, "reply", "the entry is acknowledged after 108.0 ms"),
        (110, "seawall", "the entry has ended: filled, 27 filled at 0.1999"),
        (140, "reply", "the stop is acknowledged after 49.0 ms"),
        (150, "stream", "the stream says: position -27, venue time 15:34:12.082000"),
        (180, "stops", "the stop query says: stop at 0.206 live, venue time 15:34:12.160000"),
        (180, "stops", "LIVE: the stop at 0.206 was seen by stops, live since venue time 15:34:12.160000"),
        (180, "seawall", "PROTECTED: 27 open, stop at 0.206 seen live"),
    ]


def test_a_refusal_is_told_in_the_venues_own_words() -> None:
    """Code and text of the venue stand in the sentence, beside our word for them."""
    texts = [moment.text for moment in timeline(rolled_back().recorded())]
    assert 'the stop is refused (trigger_passed) after 49.0 ms: -2021 "Order would immediately trigger."' in texts
    assert "the way home begins (naked_too_long): no stop within 5 s" in texts
    assert f"intends to close 27 as {CLOSE}" in texts


def test_data_holds_the_fields_as_text() -> None:
    """The fields of an event and of its report are there for a page or a script; what is common or empty is not."""
    (moment,) = timeline(Story().position(90, 60, "-27").recorded())
    assert dict(moment.data) == {
        "report.amount": "-27",
        "report.source": "positions",
        "report.began_at": str(ours(89)),
        "report.at": str(ours(90)),
        "report.venue_at": str(ours(100)),
        "report.seq": "0",
    }
    assert (moment.kind, moment.since_start) == ("position_reported", 0)


def test_without_a_signal_the_story_begins_with_its_first_event() -> None:
    """Account-wide events can be told too."""
    story = (
        Story().then(5, ev.StreamProven(ACCOUNT_WIDE, VELVET)).then(8, ev.StreamLost(ACCOUNT_WIDE, VELVET, "silent"))
    )
    assert [(moment.since_start, moment.text) for moment in timeline(story.recorded())] == [
        (0, "the stream is proven: an account event has come on it"),
        (3_000, "the stream is lost: silent"),
    ]
    assert timeline([]) == ()


@pytest.mark.parametrize(
    ("duration", "text"),
    [(0, "0.0 ms"), (49, "0.0 ms"), (50, "0.1 ms"), (12_340, "12.3 ms"), (10_000_000, "10.0 s"), (-1_500, "-1.5 ms")],
)
def test_durations_are_told_to_a_tenth(duration: int, text: str) -> None:
    """Milliseconds with one decimal, seconds from ten on."""
    assert milliseconds(duration) == text


def test_waiting_is_told_as_a_duration_and_instants_as_times_of_day() -> None:
    """Nobody has to read microseconds."""
    story = Story()
    overdue = sentence(ev.VerificationOverdue(story.sid, VELVET, 10_000_000))
    read = sentence(ev.FillsRead(story.sid, VELVET, ours(0), ours(5)))
    assert overdue == "no source has decided the entry for 10.0 s; asking goes on"
    assert re.search(r"since 15:34:12\.000000", read)


def test_the_guard_s_events_read_as_a_story() -> None:
    """Parts, moves, ladders, adoption, forced trades: in words, rungs counted from one."""
    story = velvet().part_asked(900, "9", "18").part_ended(990, "18").move_asked(1_000, "0.201")
    story.ladder(1_100, *LADDER).rung_laid(1_110, 0, "0.196", "13").ladder(1_200)
    story.exit(1_300, "autoclose-1", "27", "0.23", "t9", kind=FillKind.LIQUIDATION, profit=D("-0.8"))
    told = [moment.text for moment in timeline(story.recorded())][-8:]
    assert told == [
        "a part is to be closed, as asked: 9, and 18 stays (signal part-1, 33 %)",
        "the part is closed; 18 stays open",
        "the stop is to move from 0.206 to 0.201, as asked: signal protect-1",
        "the take-profits are to be: 50 % at 2 % gain, 50 % at 0.18 (signal protect-1, 2 rungs)",
        f"take-profit 1 is to be placed: 13 at 0.196 as {rung_name(0)}",
        "the take-profit is acknowledged after 20.0 ms",
        "the take-profits are to be: none (signal protect-1, 0 rungs)",
        "the stream says: buy 27 at 0.23 by liquidation, fee 0.001, realised -0.8, venue time 15:34:13.300000",
    ]
    assert [moment.text for moment in timeline(adopted().recorded())][1] == (
        "adopted: 27 that no signal answered for, ours by its orders; its entry was read; stop at 0.206"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"action": Action.CLOSE, "percent": D(33)}, "close 33 % of VELVETUSDT"),
        ({"action": Action.FLATTEN, "symbol": EVERY_SYMBOL}, "flatten everything"),
        (
            {"action": Action.PROTECT, "stop": Stop(break_even=D(0)), "take_profit": ()},
            "protect VELVETUSDT, stop at the entry's average and 0 % by mark, take-profits: none",
        ),
        ({"take_profit": LADDER[:1]}, "open sell VELVETUSDT, 27 base, take-profits: 50 % at 2 % gain"),
    ],
)
def test_what_is_asked_is_said(changes: dict[str, Any], said: str) -> None:
    """Each action in its own words, and what it does to another."""
    signal = replace(Story().signal, **{"stop": None, **changes})
    accepted = ev.SignalAccepted(signal.id, VELVET, signal, reverses=SignalId("old"))
    assert sentence(accepted) == f"signal accepted: {said}; it takes the slot of old once that is flat"
