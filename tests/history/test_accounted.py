"""Whose a trade without a name is: another's only where all of ours is accounted for."""

from __future__ import annotations

import pytest

from seawall.history.exits import ExitKind
from seawall.history.receipt import receipt
from seawall.model import events as ev
from seawall.model.acts import Outcome
from seawall.model.ids import Leg, VenueId
from seawall.model.reports import FillKind, OrderReport, OrderStatus, Source, StopStatus
from tests.history.stories import CLOSE, STOP, VELVET, D, Story, ours, rung_name, velvet, venue


def entered() -> Story:
    """An entry that has filled, and no stop yet."""
    return Story().accepted().intended().fill(90, 40, "27").order(96, 42, "27").entry_filled(90, 40).ended(110)


def taker(story: Story, kind: FillKind = FillKind.TRADE) -> ExitKind:
    """Who is said to have made a trade that took all of it under no name."""
    found = receipt(story.exit(950, "", "27", "0.21", "t9", venue_id=VenueId("55"), kind=kind).recorded())
    assert found is not None
    (one,) = found.exits
    assert (one.quantity, one.average) == (D(27), D("0.21"))
    return one.kind


def test_beside_a_stop_that_stands_it_is_a_hands() -> None:
    """While the position is there, a stop that was seen to stand has taken nothing of it."""
    assert taker(velvet()) is ExitKind.HAND


@pytest.mark.parametrize("shown", ["0", "5"])
def test_beside_a_stop_that_stood_until_the_position_was_gone_it_is_unknown(shown: str) -> None:
    """It may have fired since it was last seen, and its order's trades bear no name; told as cancelled, it has not."""
    gone = velvet().position(940, 930, shown)
    assert taker(gone) is ExitKind.UNKNOWN
    assert taker(velvet().position(940, 930, shown).stop(945, 944, StopStatus.CANCELLED)) is ExitKind.HAND


@pytest.mark.parametrize("attached", [True, False])
def test_beside_a_stop_that_nobody_saw_it_is_unknown(attached: bool) -> None:
    """It may have fired before anybody looked; the venue names neither it nor its trades (bybit.md 3.3)."""
    assert taker(entered().stop_intended(90, attached=attached)) is ExitKind.UNKNOWN


def test_what_the_venue_took_is_the_venues_whoever_is_unaccounted_for() -> None:
    """The trade itself says that it was a liquidation."""
    assert taker(entered().stop_intended(90), FillKind.LIQUIDATION) is ExitKind.LIQUIDATION


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.REFUSED, ExitKind.HAND),
        (Outcome.NOT_SENT, ExitKind.HAND),
        (Outcome.UNKNOWN, ExitKind.UNKNOWN),
        (Outcome.ACKNOWLEDGED, ExitKind.UNKNOWN),
    ],
)
def test_what_never_was_has_taken_nothing(outcome: Outcome, expected: ExitKind) -> None:
    """A refused stop and one that was not sent are accounted for; so is a close, and a rung."""
    assert taker(entered().stop_intended(90).concluded(140, Leg.STOP, STOP, outcome)) is expected
    assert taker(velvet().close_intended(900).concluded(920, Leg.CLOSE, CLOSE, outcome)) is expected
    rung = velvet().rung_laid(900, 0, "0.19", "13").order(930, 920, "0", client_id=rung_name(0), venue_id=VenueId("9"))
    assert taker(rung) is ExitKind.HAND


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (StopStatus.CANCELLED, ExitKind.HAND),
        (StopStatus.REJECTED, ExitKind.HAND),
        (StopStatus.EXPIRED, ExitKind.HAND),
        (StopStatus.TRIGGERING, ExitKind.UNKNOWN),
        (StopStatus.TRIGGERED, ExitKind.UNKNOWN),
        (StopStatus.FINISHED, ExitKind.UNKNOWN),
    ],
)
def test_a_stop_that_fired_and_whose_order_is_not_known_may_have_taken_it(
    status: StopStatus, expected: ExitKind
) -> None:
    """One that ended otherwise has not; with the id of its order, its trades are known for its own."""
    assert taker(velvet().stop(900, 890, status)) is expected
    assert taker(velvet().stop(900, 890, status, order_id=VenueId("77"))) is ExitKind.HAND


def test_a_later_stop_that_stood_says_that_the_earlier_had_not_fired() -> None:
    """After a stop for the whole position nothing is left to stand for."""
    story = entered().stop_intended(80, attached=True)
    later = rung_name(7)
    told = story.told[-1][1]
    assert isinstance(told, ev.StopIntended)
    after = ev.StopIntended(
        story.sid, VELVET, later, 2, told.trigger, told.trigger_by, None, ours(95), sending=1, attached=False
    )
    story.then(95, after)
    assert taker(story.stop_at(180, 120, later, "0.206", StopStatus.LIVE)) is ExitKind.HAND


def test_the_owners_own_order_is_a_hand_s_though_its_trades_were_not_told() -> None:
    """`seawall flatten --direct` closes under a name of its own leg, and no more than what was ours."""
    story = velvet()
    name = CLOSE.replace("-c", "-x")
    report = OrderReport(
        VELVET, type(CLOSE)(name), OrderStatus.FILLED, Source.ORDER, ours(940), venue(900), VenueId("55"),
        filled=D(40), average=D("0.24"),
    )  # fmt: skip
    story.then(940, ev.OrderReported(story.sid, VELVET, report)).ended_flat(960, ev.EndReason.CLOSED_OUTSIDE)
    found = receipt(story.recorded())
    assert found is not None
    assert [(one.kind, one.quantity, one.average) for one in found.exits] == [(ExitKind.HAND, D(27), D("0.24"))]
