"""What is opened: some symbols of each venue, each with a quantity and a stop's price, the same for both sides.

The stop is a price and not a percentage, so that nobody has to move it after the fill: the same two calls, no third.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from seawall.model.amounts import plain
from seawall.model.ids import Symbol, VenueName
from venuesim.catalogue import load
from venuesim.facts import Instrument

NOTIONAL = Decimal(120)
STOP_AT = Decimal("0.9")
"""The stop's price as a part of the entry's."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One symbol to be opened, amounts as they are written on the wire."""

    venue: VenueName
    symbol: Symbol
    quantity: str
    trigger: str


def slots(venue: VenueName, most: int) -> list[Slot]:
    """The first `most` symbols of a venue on which so small an order can be placed."""
    fit = [one for one in load(venue.value).values() if one.status in ("TRADING", "Trading") and _fits(one)]
    return [_slot(venue, one) for one in fit[:most]]


def _quantity(rules: Instrument) -> Decimal:
    steps = (NOTIONAL / rules.start_price / rules.step).to_integral_value(ROUND_UP)
    return max(steps * rules.step, rules.min_quantity)


def _fits(rules: Instrument) -> bool:
    return _quantity(rules) <= rules.market_max_quantity


def _slot(venue: VenueName, rules: Instrument) -> Slot:
    ticks = (rules.start_price * STOP_AT / rules.tick).to_integral_value(ROUND_DOWN)
    return Slot(venue, Symbol(rules.symbol), plain(_quantity(rules)), plain(ticks * rules.tick))
