"""What the way out was worth: our own arithmetic, and the venue's word held against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from seawall.history.exits import Exit
from seawall.model.amounts import ZERO

_ROUNDING = Decimal("0.000001")
"""Of what was traded: a venue reckons with an entry price that it has rounded."""


@dataclass(frozen=True, slots=True)
class Gain:
    """In quote currency, before fees. `realised` is of the exits whose price is known, None while there is none;
    `unpriced` is the quantity of the others.

    `by_venue` is the venue's own sum, None unless it told one of every exit; `differs` is by how much its word is more
    than ours on the same exits, None where the two agree to within rounding.
    """

    realised: Decimal | None = None
    unpriced: Decimal = ZERO
    by_venue: Decimal | None = None
    differs: Decimal | None = None


def gain_of(left: Sequence[Exit]) -> Gain:
    """What these exits realised."""
    told = [one.by_venue for one in left if one.by_venue is not None]
    return Gain(
        realised=_sum([one.realised for one in left if one.realised is not None]),
        unpriced=sum((one.quantity for one in left if one.realised is None), ZERO),
        by_venue=_sum(told) if len(told) == len(left) else None,
        differs=_differs(left),
    )


def exit_average(left: Sequence[Exit]) -> Decimal | None:
    """The average price of what left at a known one."""
    priced = [(one.quantity, one.average) for one in left if one.average is not None]
    quantity = sum((amount for amount, _ in priced), ZERO)
    return sum((amount * price for amount, price in priced), ZERO) / quantity if quantity else None


def _differs(left: Sequence[Exit]) -> Decimal | None:
    difference, traded = ZERO, ZERO
    for one in left:
        if one.by_venue is not None and one.realised is not None:
            difference += one.by_venue - one.realised
            traded += one.quantity * (one.average or ZERO)
    return difference if abs(difference) > traded * _ROUNDING else None


def _sum(amounts: Sequence[Decimal]) -> Decimal | None:
    return sum(amounts, ZERO) if amounts else None
