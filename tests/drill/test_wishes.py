"""What the storm's owners wish."""

from __future__ import annotations

from functools import cache

from seawall.drill.page import Hand
from seawall.drill.plans import Plan, draw
from seawall.model.ids import VenueName
from seawall.model.times import SECOND


@cache
def plans() -> list[Plan]:
    """Six hundred, drawn once, and only by whoever runs these tests."""
    return [draw(venue, seed) for seed in range(300) for venue in VenueName]


def hands() -> list[Hand]:
    """Whatever their owners do."""
    return [hand for plan in plans() for hand in plan.page.hand]


def test_the_storm_draws_every_wish_of_an_owner() -> None:
    """Another stop, break-even, another ladder, a part, all flat, the reverse; a ladder at once; a jump at a time."""
    asked = [hand for hand in hands() if hand.does == "protect"]
    assert any(hand.stop is not None for hand in asked)
    assert any(hand.break_even is not None for hand in asked)
    assert any(hand.take_profit for hand in asked)
    assert any(hand.does == "close" and hand.part is not None for hand in hands())
    assert any(hand.does == "flatten" for hand in hands())
    assert any(hand.does == "open" and hand.on_opposite == "reverse" for hand in hands())
    assert any(plan.page.signal.take_profit for plan in plans())
    assert any(plan.page.price for plan in plans())


def test_the_storm_draws_what_others_do_at_the_venue() -> None:
    """The owner trades or moves the stop himself, soon or late, and the venue takes of the position."""
    done = {hand.does for hand in hands()}
    assert done >= {"trade", "move_stop", "set_take_profit", "deleverage", "liquidate"}
    assert any(hand.does == "trade" and hand.at > 10 * SECOND for hand in hands())


def test_no_close_is_called_needless_that_may_have_been_asked_for() -> None:
    """Nor one for which a jump of the market may be the reason."""
    for plan in plans():
        asked = any(hand.part is not None or hand.does == "flatten" for hand in plan.page.hand)
        assert not (plan.spares and (asked or plan.page.price))
