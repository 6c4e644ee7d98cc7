"""What the checkers say of a stop on another's position, and of another's order that we cancel by its id."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from seawall.drill.strangers import stops_on_strangers, strangers_cancelled
from seawall.drill.witness import Life
from seawall.model.ids import VenueName
from tests.drill.worlds import COIN, protected
from venuesim.facts import OrderFilled
from venuesim.hands import WantedStop
from venuesim.traffic import LogEntry
from venuesim.words import Origin, Purpose


@pytest.mark.parametrize("venue", VenueName)
def test_a_stop_on_what_a_hand_has_bought_is_named(venue: VenueName) -> None:
    """The same book, once as it is, and once as it would be if a hand had bought and no entry of ours been sent: unless
    a process had just died, whose entry the next must look for.
    """
    box = protected(venue).box
    assert list(stops_on_strangers(box.history.facts, box.log, [], [])) == []
    bought = [
        replace(fact, order=replace(fact.order, origin=Origin.HAND)) if isinstance(fact, OrderFilled) else fact
        for fact in box.history.facts
    ]
    said = list(stops_on_strangers(bought, [], [Life(0)], []))
    assert said != []
    assert "that is another's" in said[0]
    assert list(stops_on_strangers(bought, [], [Life(0), Life(box.history.facts[0].mark.at)], [])) == []


@pytest.mark.parametrize("venue", VenueName)
def test_a_cancel_by_the_venues_id_is_held_to_whose_it_is(venue: VenueName) -> None:
    """A take-profit that a hand has set may not be cancelled; a stop of ours may."""
    world = protected(venue)
    [ours] = world.box.book.open_stops(world.account, COIN)
    trigger = Decimal(round(world.box.book.market.prices(COIN).mark * Decimal("1.02")))
    world.box.set_stop_by_hand(world.account, COIN, WantedStop(trigger, Purpose.TAKE_PROFIT), world.now)
    [theirs] = [one for one in world.box.book.open_stops(world.account, COIN) if one.stop_id != ours.stop_id]
    facts = world.box.history.facts
    assert list(strangers_cancelled(facts, [cancel(venue, ours.stop_id)])) == []
    assert list(strangers_cancelled(facts, [cancel(venue, theirs.stop_id)])) == [theirs.stop_id]


def cancel(venue: VenueName, name: str) -> LogEntry:
    """A line of the venue's log: a cancel that names only the venue's id (binance.md 1.9, bybit.md 1.5)."""
    target, body = f"/fapi/v1/algoOrder?algoId={name}&timestamp=1", ""
    if venue is VenueName.BYBIT:
        target, body = "/v5/order/cancel", f'{{"category":"linear","symbol":"{COIN}","orderId":"{name}"}}'
    return LogEntry(1, 1, "a", "stop.cancel", COIN, None, "POST", target, body, reads=False)
