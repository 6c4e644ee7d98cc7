"""When a position is covered, and by which trigger: the arithmetic the judge rests on.

A position is *covered* while live stops on its losing side close all of it: one position-wide stop, or quantities that
add up.  A stop that is firing covers for two more seconds (design rule 11); after that it is stuck and covers nothing.
Its *guard* is the trigger at which, the price going against it, the last of it would be closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from venuesim.facts import ZERO, Direction, Side, StopScope, StopState, StopStatus

FIRING_COVERS = 2_000_000
FOREVER = 2**63


def covering(stops: Iterable[StopState], quantity: Decimal) -> list[StopState]:
    """Return the open stops that lie on the losing side of a signed quantity and close it."""
    closing = Side.SELL if quantity > 0 else Side.BUY
    losing = Direction.FALL if quantity > 0 else Direction.RISE
    return [stop for stop in stops if stop.side is closing and stop.direction is losing]


def covers_until(stop: StopState) -> int:
    """Return until when a stop covers if nothing more happens to it."""
    return FOREVER if stop.status is StopStatus.LIVE else stop.triggered_at + FIRING_COVERS


def closes_of(stop: StopState, quantity: Decimal) -> Decimal:
    """Return how much of a signed quantity a stop closes."""
    return abs(quantity) if stop.scope is StopScope.POSITION else stop.quantity


def covered_until(stops: Iterable[StopState], quantity: Decimal) -> int:
    """Return the latest moment up to which the stops add up to the whole quantity, or 0."""
    total = ZERO
    for stop in sorted(covering(stops, quantity), key=covers_until, reverse=True):
        total += closes_of(stop, quantity)
        if total >= abs(quantity):
            return covers_until(stop)
    return 0


def guard_of(stops: Iterable[StopState], quantity: Decimal, at: int) -> Decimal | None:
    """Return the trigger at which the last of the quantity would be closed, None if it is not covered at `at`."""
    total, sign = ZERO, 1 if quantity > 0 else -1
    able = [stop for stop in covering(stops, quantity) if covers_until(stop) > at]
    for stop in sorted(able, key=lambda one: -one.trigger * sign):
        total += closes_of(stop, quantity)
        if total >= abs(quantity):
            return stop.trigger
    return None
