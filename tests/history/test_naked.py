"""Naked time: in the venue's clock, marked where it is only a bound, and never mixed with ours unmarked."""

from __future__ import annotations

from decimal import Decimal

from seawall.history.naked import by_venue_and_day, naked
from seawall.model import events as ev
from seawall.model.times import MILLISECOND
from tests.history.stories import VELVET, Story, ours, rolled_back, velvet, venue


def test_naked_time_runs_from_the_first_fill_to_the_stop_live_in_the_venues_clock() -> None:
    """What counts is when the venue filled and when the stop lived, not when we heard of either."""
    found = naked(velvet().recorded())
    assert found is not None
    assert (found.total, found.at_most, found.is_open) == (80 * MILLISECOND, False, False)
    assert (found.windows[0].start, found.windows[0].end) == (venue(40), venue(120))


def test_a_signal_that_never_filled_has_no_naked_time() -> None:
    """Without a fill there is nothing that could stand naked."""
    assert naked(Story().accepted().intended().recorded()) is None


def test_an_attached_stop_leaves_no_window() -> None:
    """A stop that has been live since before the fill was dated gives zero, never less."""
    story = Story().accepted().intended().stop_intended(1, attached=True)
    found = naked(story.fill(90, 40, "27").entry_filled(90, 40).stop_seen(150, 40).recorded())
    assert found is not None
    assert found.total == 0
    earlier = naked(Story().accepted().intended().fill(90, 40, "27").entry_filled(90, 40).stop_seen(150, 30).recorded())
    assert earlier is not None
    assert earlier.total == 0


def test_a_fill_known_by_its_effect_counts_from_the_intent_and_is_marked() -> None:
    """When only the position has changed, the earliest possible instant is taken, and the figure says so."""
    story = Story().accepted().intended(1).position(90, 60, "-27").entry_filled(90, 0, at_most=True)
    found = naked(story.stop_seen(150, 120).recorded())
    assert found is not None
    assert (found.windows[0].start, found.total, found.at_most) == (venue(1), 119 * MILLISECOND, True)


def test_an_orders_own_time_dates_a_fill_whose_trades_were_not_told() -> None:
    """An order report with a filled quantity is a dated proof."""
    found = naked(Story().accepted().intended().order(90, 45, "27").entry_filled(90, 45).stop_seen(150, 120).recorded())
    assert found is not None
    assert (found.total, found.at_most) == (75 * MILLISECOND, False)


def test_an_open_window_counts_until_now() -> None:
    """While no stop is seen the clock runs."""
    found = naked(Story().accepted().intended().fill(90, 40, "27").entry_filled(90, 40).recorded(), now=venue(1_040))
    assert found is not None
    assert (found.is_open, found.total) == (True, 1_000 * MILLISECOND)


def test_a_position_closed_naked_ends_with_the_last_closing_trade() -> None:
    """Where no stop ever lived, the window ends with the position, by the venue's own word."""
    found = naked(rolled_back().recorded())
    assert found is not None
    assert (found.windows[0].end, found.at_most) == (venue(200), False)


def test_a_position_that_ended_without_a_dated_trade_is_marked() -> None:
    """A hand close is seen only as flat: the window ends when we saw it, and is no longer than that."""
    story = Story().accepted().intended().fill(90, 40, "27").entry_filled(90, 40).flat_seen(500)
    found = naked(story.recorded())
    assert found is not None
    assert (found.windows[0].end, found.at_most) == (ours(500), True)


def test_a_stop_without_a_venue_time_ends_the_window_when_we_saw_it() -> None:
    """Where the venue did not say since when the stop lived, our sight of it is the bound, and marked."""
    found = naked(Story().accepted().intended().fill(90, 40, "27").entry_filled(90, 40).stop_seen(150, 0).recorded())
    assert found is not None
    assert (found.windows[0].end, found.at_most) == (ours(150), True)


def test_a_lost_cover_opens_a_further_window() -> None:
    """From the loss, which nobody has dated, to the life of the next stop, which the venue has; told twice it is one."""
    found = naked(velvet().lost(1_000).lost(1_100).stop_seen(1_250, 1_200).recorded())
    assert found is not None
    assert [window.length() for window in found.windows] == [80 * MILLISECOND, 240 * MILLISECOND]
    assert found.total == 320 * MILLISECOND


def test_a_late_fill_opens_a_window_of_its_own() -> None:
    """After the end was seen, a fill that still comes stands naked until it is covered or closed."""
    story = rolled_back()
    story.then(91_000, ev.SagaReopened(story.sid, VELVET, Decimal(3), ours(91_000))).flat_seen(91_400)
    found = naked(story.recorded())
    assert found is not None
    assert [window.length() for window in found.windows[1:]] == [400 * MILLISECOND]


def test_a_fill_after_an_end_without_one_is_measured_from_itself() -> None:
    """A fill that comes after the signal was thought absent is not closed by the end that was seen before it."""
    story = Story().accepted().intended().flat_seen(300)
    story.then(500, ev.SagaReopened(story.sid, VELVET, Decimal(27), ours(500))).fill(500, 480, "27")
    found = naked(story.entry_filled(500, 480).stop_seen(600, 580).recorded())
    assert found is not None
    assert [window.length() for window in found.windows] == [100 * MILLISECOND]


def test_a_late_fill_that_nothing_told_in_time_is_measured_too() -> None:
    """A fill that comes only with the reopening counts from the venue's own time of it."""
    story = Story().accepted().intended().flat_seen(300)
    story.fill(500, 480, "27").then(500, ev.SagaReopened(story.sid, VELVET, Decimal(27), ours(500)))
    found = naked(story.stop_seen(600, 590).recorded())
    assert found is not None
    assert [window.length() for window in found.windows] == [110 * MILLISECOND]


def test_a_stop_seen_in_the_same_step_before_the_fill_covers_it() -> None:
    """One step may record the live stop before the fill: the window ends all the same, and a later loss opens a new one."""
    story = Story().accepted().intended().stop_intended(1, attached=True).fill(90, 40, "27").stop_seen(90, 40)
    found = naked(story.entry_filled(90, 40).recorded())
    assert found is not None
    assert (found.total, found.is_open) == (0, False)
    again = naked(story.lost(500).stop_seen(700, 690).recorded())
    assert again is not None
    assert [window.length() for window in again.windows] == [0, 230 * MILLISECOND]


def test_dollar_seconds_weigh_each_trade_from_its_own_instant() -> None:
    """Twenty at 0.2 for 80 ms and seven at 0.199 for 78 ms."""
    found = naked(velvet().recorded())
    assert found is not None
    twenty, seven = Decimal(20) * Decimal("0.2"), Decimal(7) * Decimal("0.199")
    assert found.dollar_seconds == twenty * Decimal("0.080") + seven * Decimal("0.078")


def test_dollar_seconds_of_untold_trades_use_the_orders_price_for_the_whole_window() -> None:
    """What no trade explains stood there for the whole window, at the average that the order tells."""
    found = naked(Story().accepted().intended().order(90, 40, "27").entry_filled(90, 40).stop_seen(150, 140).recorded())
    assert found is not None
    assert found.dollar_seconds == Decimal(27) * Decimal("0.1999") * Decimal("0.1")
    guessed = Story().accepted().intended().position(90, 60, "-27").entry_filled(90, 0, at_most=True)
    bound = naked(guessed.stop_seen(150, 101).recorded())
    assert bound is not None
    assert bound.dollar_seconds == Decimal(27) * Decimal("0.2") * Decimal("0.1")


def test_rows_add_up_by_venue_and_day() -> None:
    """Positions, total, longest and dollar-seconds of each venue and day, sorted."""
    one, two = naked(velvet().recorded()), naked(rolled_back().recorded())
    assert one is not None
    assert two is not None
    rows = by_venue_and_day([("bybit", one), ("binance", one), ("bybit", two)])
    assert [(row.venue, row.day, row.positions, row.total, row.longest) for row in rows] == [
        ("binance", "2026-11-23", 1, 80 * MILLISECOND, 80 * MILLISECOND),
        ("bybit", "2026-11-23", 2, 240 * MILLISECOND, 160 * MILLISECOND),
    ]
    assert rows[1].dollar_seconds == one.dollar_seconds + two.dollar_seconds
    assert not rows[1].at_most


def test_another_signals_fill_is_not_counted() -> None:
    """A trade under a name that is not this signal's does not date its fill."""
    story = Story().accepted().intended().fill(20, 10, "5", "t0", client_id="somebody").fill(90, 40, "27")
    found = naked(story.entry_filled(90, 40).stop_seen(150, 120).recorded())
    assert found is not None
    assert found.windows[0].start == venue(40)
