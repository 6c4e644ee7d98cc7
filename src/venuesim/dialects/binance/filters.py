"""What the gateway checks of amounts and sides before the book sees them.

More digits than the symbol's precision are -1111, before any question of tick or step (binance.md 4.2); precision is
not the tick (1.5), so an amount may pass here and still be refused with -4014 or -4023 by the book. Whether a trigger's
digits are looked at, or its tick, is the switch ``binance.trigger_digits`` (1.5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venuesim.dialects.binance.errors import Denial

if TYPE_CHECKING:
    from decimal import Decimal

    from venuesim.dialects.binance.asks import Ask
    from venuesim.facts import Instrument


def digits_of(amount: Decimal) -> int:
    """Decimal places that carry anything."""
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def check_digits(instrument: Instrument, quantity: Decimal | None, price: Decimal | None) -> None:
    """-1111 when quantity or price has more decimals than quantityPrecision or pricePrecision."""
    if quantity is not None and digits_of(quantity) > precision(instrument, "quantityPrecision", instrument.step):
        raise Denial(-1111)
    if price is not None and digits_of(price) > precision(instrument, "pricePrecision", instrument.tick):
        raise Denial(-1111)


def precision(instrument: Instrument, name: str, unit: Decimal) -> int:
    """The symbol's precision by its wire name; where the catalogue has none, the decimals of its unit."""
    stated = instrument.extra.get(name)
    return int(stated) if stated else digits_of(unit)


def check_side(ask: Ask, position_side: str) -> None:
    """-4061 when positionSide does not fit the account's mode, or in hedge mode, which the box's book does not
    trade.
    """
    if ask.core.account(ask.account).hedge or position_side != "BOTH":
        raise Denial(-4061)
