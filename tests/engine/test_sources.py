"""Each source fails alone and aloud, once a minute; and the naked timer is held after two closes."""

from __future__ import annotations

from seawall.engine.sources import Sources
from seawall.engine.timer import NakedTimer
from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.queries import AskPositions, AskStops, Query
from tests.sagas.builders import BOUNDS, SYMBOL, ms, signal


def failed(after: float, query: Query) -> inp.ReadFailed:
    """A read that failed."""
    return inp.ReadFailed(query, ms(after - 20), ms(after), "503")


def answered(after: float, query: Query) -> inp.ReadAnswered:
    """A read that came back."""
    return inp.ReadAnswered(query, ms(after - 20), ms(after))


def test_one_event_when_it_begins_one_a_minute_one_when_it_ends() -> None:
    """Never a line for each failure, never silence (I06, I08)."""
    sources = Sources()
    query = AskPositions()
    assert sources.hear(answered(0, query)) is None
    assert isinstance(sources.hear(failed(1_000, query)), ev.SourceFailing)
    assert sources.hear(failed(60_999, query)) is None
    again = sources.hear(failed(61_000, query))
    assert isinstance(again, ev.SourceFailing)
    assert (again.source, again.detail) == ("AskPositions", "503")
    assert sources.hear(failed(120_999, query)) is None
    ended = sources.hear(answered(121_000, query))
    assert isinstance(ended, ev.SourceRecovered)
    assert sources.hear(answered(122_000, query)) is None


def test_sources_fail_apart() -> None:
    """One source's recovery says nothing of another; the symbol asked for makes no other source."""
    sources = Sources()
    assert sources.hear(failed(0, AskPositions(SYMBOL))) is not None
    assert sources.hear(failed(1, AskPositions())) is None
    assert sources.hear(failed(2, AskStops())) is not None
    assert sources.hear(answered(3, AskPositions())) is not None
    assert sources.hear(failed(4, AskStops())) is None


def began(reason: ev.EndReason) -> ev.RollbackBegan:
    """A way home begins."""
    return ev.RollbackBegan(signal().id, SYMBOL, reason, "", 0)


def test_the_second_close_by_the_timer_within_a_minute_holds_it_for_a_minute() -> None:
    """At the minute it still counts; a microsecond more and it is the first again."""
    timer = NakedTimer(BOUNDS)
    timer.hear(began(ev.EndReason.NAKED_TOO_LONG), ms(0))
    assert timer.held_until == 0
    timer.hear(began(ev.EndReason.NAKED_TOO_LONG), ms(60_000))
    assert timer.held_until == ms(60_000) + BOUNDS.hold
    other = NakedTimer(BOUNDS)
    other.hear(began(ev.EndReason.NAKED_TOO_LONG), ms(0))
    other.hear(began(ev.EndReason.NAKED_TOO_LONG), ms(60_000.001))
    assert other.held_until == 0


def test_other_closes_do_not_count() -> None:
    """A passed trigger is no sign of a venue in trouble; nor is any other event."""
    timer = NakedTimer(BOUNDS)
    timer.hear(began(ev.EndReason.NAKED_TOO_LONG), ms(0))
    timer.hear(began(ev.EndReason.TRIGGER_PASSED), ms(10))
    timer.hear(ev.EntriesResumed(ev.ACCOUNT_WIDE, ev.EVERY_SYMBOL), ms(20))
    assert (timer.held_until, timer.last_at) == (0, ms(0))
