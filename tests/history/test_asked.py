"""What was asked of an open position, and what became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from seawall.history.asked import Asked, Fate, RungView
from seawall.history.receipt import State, receipt
from seawall.model import events as ev
from seawall.model.acts import Outcome
from seawall.model.ids import ClientId, Leg, VenueId
from seawall.model.reports import OrderReport, OrderStatus, Source, StopStatus
from seawall.model.signal import TakeProfit
from seawall.model.times import MILLISECOND
from tests.history.stories import ENTRY, LADDER, STOP, VELVET, Story, ours, rung_name, taken, velvet

D = Decimal
NEXT, LAST = ClientId("swaaaa-0123456789-stkxp2x02"), ClientId("swaaaa-0123456789-stkxp2x03")


def asked(story: Story) -> Asked:
    """What was asked of the position."""
    found = receipt(story.recorded())
    assert found is not None
    return found.asked


def moved() -> Story:
    """The stop moves to 0.201 as Binance has it: a second one live, the first cancelled, a third live, the second gone."""
    return (
        velvet()
        .move_asked(1_000, "0.201")
        .stop_at(1_080, 1_020, NEXT, "0.201", StopStatus.LIVE)
        .stop_at(1_150, 1_090, STOP, "0.206", StopStatus.CANCELLED)
        .stop_at(1_240, 1_200, LAST, "0.201", StopStatus.LIVE)
        .stop_at(1_300, 1_260, NEXT, "0.201", StopStatus.CANCELLED)
    )


def test_a_part_is_pending_until_it_is_closed() -> None:
    """How much, what stays, and how long it took."""
    story = velvet().part_asked(1_000, "9", "18")
    assert [(one.quantity, one.keep, one.fate, one.took) for one in asked(story).parts] == [
        (D(9), D(18), Fate.PENDING, None)
    ]
    assert asked(story).pending == ("9 are being closed",)
    done = asked(story.part_ended(1_250, "18"))
    assert [(one.fate, one.took) for one in done.parts] == [(Fate.DONE, 250 * MILLISECOND)]
    assert done.pending == ()


def test_a_part_may_be_overtaken() -> None:
    """By another part, or by the way home."""
    story = velvet().part_asked(1_000, "9", "18").part_asked(1_100, "9", "9").rollback(1_200)
    assert [one.fate for one in asked(story).parts] == [Fate.OVERTAKEN, Fate.OVERTAKEN]
    assert asked(story).pending == ()


def test_a_move_is_done_when_a_stop_is_live_at_its_trigger() -> None:
    """From the asking to the sight of it; nothing was naked between, since each step waited for the one before."""
    (move,) = asked(moved()).moves
    assert (move.before, move.trigger, move.fate) == (D("0.206"), D("0.201"), Fate.DONE)
    assert (move.took, move.naked) == (80 * MILLISECOND, 0)
    assert asked(velvet().move_asked(1_000, "0.201")).pending == ("the stop is moving to 0.201",)


def test_a_gap_within_a_move_is_shown() -> None:
    """Had the old stop gone before the new one lived, its naked time would stand at the move."""
    story = (
        velvet()
        .move_asked(1_000, "0.201")
        .stop_at(1_050, 1_010, STOP, "0.206", StopStatus.CANCELLED)
        .stop_at(1_120, 1_080, NEXT, "0.201", StopStatus.LIVE)
    )
    (move,) = asked(story).moves
    assert move.naked == 70 * MILLISECOND


def test_a_later_gap_is_not_the_move_s() -> None:
    """A stop that is lost minutes after a move was over is another story."""
    story = (
        moved()
        .stop_at(301_000, 300_960, LAST, "0.201", StopStatus.EXPIRED)
        .lost(301_000)
        .stop_at(301_300, 301_260, ClientId("swaaaa-0123456789-stkxp2x04"), "0.201", StopStatus.LIVE)
    )
    (move,) = asked(story).moves
    assert move.naked == 0
    found = receipt(story.recorded())
    assert found is not None
    assert found.naked is not None
    assert found.naked.total == (80 + 300) * MILLISECOND


def test_a_refused_move_keeps_the_stop() -> None:
    """The venue refuses the new trigger for good: the old one is kept, and it is the final one again."""
    story = velvet().move_asked(1_000, "0.21")
    story.then(1_100, ev.StopMoveRefused(story.sid, VELVET, D("0.21"), D("0.206"), "-2021", ours(1_100)))
    (move,) = asked(story).moves
    assert (move.fate, move.took) == (Fate.REFUSED, 100 * MILLISECOND)
    found = receipt(story.recorded())
    assert found is not None
    assert (found.final, found.live, found.state) == (D("0.206"), D("0.206"), State.PROTECTED)


def test_the_receipt_s_triggers_follow_the_move() -> None:
    """The final trigger is where the stop was asked to be last, the live one where it was last seen."""
    found = receipt(moved().recorded())
    assert found is not None
    assert (found.provisional, found.final, found.live) == (D("0.206"), D("0.201"), D("0.201"))


def test_an_amended_stop_is_one_stop_under_two_names() -> None:
    """Where the venue has one stop a position, a move renames it; when it ends, nothing of it covers any more."""
    story = Story().accepted().intended(1).stop_intended(1, attached=True).fill(90, 40, "27").entry_filled(90, 40)
    unnamed: dict[str, Any] = {"client_id": "", "parent": ENTRY, "venue_id": VenueId("child")}
    story.ended(95).stop(100, 60, StopStatus.LIVE, **unnamed).confirmed(100, 60).protected(110)
    story.move_asked(1_000, "0.201")
    story.stop(1_080, 1_020, StopStatus.LIVE, **unnamed).confirmed(1_090, 1_020, NEXT, "0.201")
    covered, ended = (
        receipt(story.recorded()),
        receipt(story.stop(2_000, 1_960, StopStatus.CANCELLED, **unnamed).recorded()),
    )
    assert covered is not None
    assert covered.naked is not None
    assert (covered.asked.moves[0].fate, covered.asked.moves[0].naked, covered.naked.is_open) == (Fate.DONE, 0, False)
    assert ended is not None
    assert ended.naked is not None
    assert ended.naked.is_open


def test_the_ladder_in_force_shows_what_each_rung_has_taken() -> None:
    """Where it is placed, for how much, and what its orders took."""
    assert asked(taken()).ladder == (
        RungView(0, D(50), D(2), D("0.196"), D(13), D(13), is_placed=True),
        RungView(1, D(50), None, D("0.18"), D(13), D(0), is_placed=True),
    )


def test_another_ladder_takes_the_place_of_the_first() -> None:
    """The rungs that were asked for last count, with their own orders; an empty one is none."""
    story = velvet().ladder(200, *LADDER).rung_laid(210, 0, "0.196", "13").ladder(500, TakeProfit(D(100), percent=D(5)))
    assert asked(story).ladder == (RungView(0, D(100), D(5), None, None, D(0), is_placed=False),)
    former = "1 former take-profits are to be taken away"
    assert asked(story).pending == ("1 take-profits are to be placed", former)
    assert asked(story.ladder(600)).ladder == ()
    assert asked(story).pending == (former,)


def test_a_former_ladder_is_pending_until_its_orders_have_ended() -> None:
    """Taken away means told to have ended: cancelled, filled, or never taken by the venue."""
    story = velvet().ladder(200, *LADDER).rung_laid(210, 0, "0.196", "13").rung_laid(211, 1, "0.18", "13").ladder(500)
    assert asked(story).pending == ("2 former take-profits are to be taken away",)
    for place in (0, 1):
        story.order(600 + place, 560, "0", client_id=rung_name(place), venue_id=VenueId(f"r{place}"))
        assert asked(story).pending == ("2 former take-profits are to be taken away",)
    gone: dict[str, Any] = {"status": OrderStatus.CANCELLED}
    for place in (0, 1):
        report = OrderReport(VELVET, rung_name(place), source=Source.STREAM, at=ours(700), **gone)
        story.then(700, ev.OrderReported(story.sid, VELVET, report))
    assert asked(story).pending == ()


def test_a_take_profit_that_was_taken_is_an_exit_by_its_own_name() -> None:
    """The rung's order is ours, though it is neither a stop nor a close."""
    story = velvet().ladder(200, *LADDER).rung_laid(210, 1, "0.18", "13").exit(900, rung_name(1), "13", "0.18", "t9")
    assert [one.filled for one in asked(story).ladder] == [D(0), D(13)]


def test_a_rung_is_placed_while_its_order_stands_or_once_it_has_filled() -> None:
    """Its answer was lost and its order seen: placed, and nothing is pending. Another hand has cancelled it: not placed."""
    story = velvet().ladder(181, *LADDER)
    for rung, price in enumerate(("0.196", "0.18")):
        laid = ev.TakeProfitIntended(
            story.sid, VELVET, rung_name(rung), 5 + rung, rung, D(price), D(13), intended_at=ours(200)
        )
        story.then(200, laid).concluded(220, Leg.TAKE_PROFIT, rung_name(rung), Outcome.UNKNOWN)
    assert asked(story).pending == ("2 take-profits are to be placed",)
    for rung in (0, 1):
        story.order(300, 280, "0", client_id=rung_name(rung), venue_id=VenueId(f"9{rung}"))
    assert ([one.is_placed for one in asked(story).ladder], asked(story).pending) == ([True, True], ())
    gone = OrderReport(VELVET, rung_name(1), OrderStatus.CANCELLED, Source.STREAM, ours(400), venue_id=VenueId("91"))
    story.then(400, ev.OrderReported(story.sid, VELVET, gone))
    assert [one.is_placed for one in asked(story).ladder] == [True, False]
