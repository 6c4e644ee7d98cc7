"""When a stop covered a position: the venue's own dates, however late told, and nothing that died lives again."""

from __future__ import annotations

from seawall.history.cover import episodes, spans
from seawall.history.naked import naked
from seawall.model.ids import ClientId, VenueId
from seawall.model.reports import Source, StopStatus
from seawall.model.times import MILLISECOND
from tests.history.stories import CLOSE, STOP, Story, velvet, venue

NEXT = ClientId("swaaaa-0123456789-stkxp2x02")
CHILD, OTHER = VenueId("c-1"), VenueId("c-2")


def _windows(story: Story) -> list[int]:
    """The lengths of the naked windows in milliseconds."""
    found = naked(story.recorded())
    assert found is not None
    return [window.length() // MILLISECOND for window in found.windows]


def _attached() -> Story:
    """An entry with its stop attached, filled in two parts."""
    story = Story().accepted().intended(1).stop_intended(1, attached=True)
    return story.fill(90, 40, "20", "t1").entry_filled(90, 40, "20").fill(95, 60, "7", "t2")


def test_an_end_that_was_told_late_changes_the_past() -> None:
    """A stop whose cancellation is heard after the next one lives left a window between the two."""
    story = velvet().stop(900, 880, StopStatus.LIVE, client_id=NEXT, venue_id=OTHER).confirmed(900, 880, NEXT)
    assert _windows(story) == [80]
    assert _windows(story.stop(950, 200, StopStatus.CANCELLED, Source.STOPS)) == [80, 680]


def test_a_row_without_a_stop_dates_the_loss() -> None:
    """A position row that shows no stop any more says since when, though we decide later."""
    story = _attached().stop_seen(120, 40).position(900, 350, "-27", stop="0").lost(905)
    assert _windows(story.stop_seen(1_000, 950)) == [0, 600]


def test_an_attached_stop_lives_since_the_first_fill() -> None:
    """Every further fill gives its row a later time; the stop was there from the first one on."""
    story = _attached().stop(120, 60, StopStatus.LIVE, client_id=ClientId(""), venue_id=CHILD).confirmed(120, 60)
    assert _windows(story) == [0]


def test_an_attached_stop_that_was_shown_missing_counts_from_its_own_time() -> None:
    """Where a row newer than the fill showed no stop, the one seen later was not there from the beginning."""
    story = _attached().position(100, 60, "-27", stop="0").stop_seen(400, 340)
    assert _windows(story) == [300]


def test_a_stop_that_has_ended_does_not_live_again() -> None:
    """A stale read that shows a cancelled stop as live covers nothing."""
    story = _attached().stop(120, 40, StopStatus.LIVE, client_id=ClientId(""), venue_id=CHILD).confirmed(120, 40)
    story.stop(300, 200, StopStatus.CANCELLED, client_id=ClientId(""), venue_id=CHILD).lost(300)
    story.stop(350, 40, StopStatus.LIVE, Source.STOPS, client_id=ClientId(""), venue_id=CHILD)
    story.stop(600, 500, StopStatus.LIVE, client_id=ClientId(""), venue_id=OTHER).confirmed(600, 500, NEXT)
    assert _windows(story) == [0, 300]


def test_a_stop_that_fired_before_it_was_confirmed_has_covered() -> None:
    """Its life was told by the stream, though the position was gone before we decided anything about it."""
    story = Story().accepted().intended().fill(90, 40, "27").entry_filled(90, 40).stop_intended(90)
    story.stop(120, 60, StopStatus.LIVE, Source.REPLY).stop(130, 60, StopStatus.LIVE).stop(140, 75, StopStatus.FINISHED)
    assert _windows(story.fill(141, 75, "27", "t9", client_id=STOP).flat_seen(150)) == [20]


def test_an_acknowledgement_alone_covers_nothing() -> None:
    """A reply is not a sight of the stop; it dates it once it is seen."""
    story = Story().accepted().intended().fill(90, 40, "27").entry_filled(90, 40).stop_intended(90)
    story.stop(120, 60, StopStatus.LIVE, Source.REPLY)
    found = naked(story.recorded(), venue(140))
    assert found is not None
    assert found.is_open
    assert _windows(story.confirmed(300, 0)) == [20]


def test_a_close_known_only_by_its_order_ends_the_window() -> None:
    """Where no trade of the close was told, its order's time is the venue's word."""
    story = Story().accepted().intended().fill(90, 40, "27").entry_filled(90, 40).rollback(100).close_intended(100)
    found = naked(story.order(200, 140, "27", client_id=CLOSE, venue_id="772").flat_seen(500).recorded())
    assert found is not None
    assert (found.total, found.at_most) == (100 * MILLISECOND, False)


def test_an_open_life_has_no_end_and_an_expired_one_has() -> None:
    """Spans are told by their beginning; a living one is open."""
    told = spans(velvet().recorded())
    assert [(span.start, span.end) for span in told] == [(venue(120), None)]
    ended = spans(velvet().stop(300, 250, StopStatus.EXPIRED).recorded())
    assert [(span.start, span.end) for span in ended] == [(venue(120), venue(250))]


def test_each_stretch_of_exposure_is_an_episode() -> None:
    """Nothing filled, nothing exposed; an opening that lasts has no end."""
    assert episodes(Story().accepted().intended().flat_seen(300).recorded()) == ()
    (only,) = episodes(velvet().recorded())
    assert (only.start, only.end) == (venue(40), None)
