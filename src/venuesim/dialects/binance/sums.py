"""The arithmetic of a position as the venue reports it: profit, notional, margins, brackets (instruments.md 1.4).

Maintenance margin = notional * rate - cum, by the bracket that holds the notional; initial margin = notional /
leverage. Amounts are in the quote asset and carry eight decimals, as the venue writes them.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from venuesim.dialects.binance.jsonwire import text

if TYPE_CHECKING:
    from venuesim.facts import Bracket, Instrument, PositionState

_CENTS: Final = Decimal("1E-8")
ZERO: Final = Decimal(0)


class Sums(Struct, frozen=True):
    """One position at one mark price; ``notional`` is signed, the margins are not."""

    unrealized: Decimal
    notional: Decimal
    initial: Decimal
    maintenance: Decimal


def sums_of(position: PositionState, mark: Decimal, instrument: Instrument) -> Sums:
    """What hangs on the position at this mark; zeros when flat."""
    notional = position.quantity * mark
    bracket = bracket_of(instrument, abs(notional))
    return Sums(
        unrealized=position.quantity * (mark - position.entry_price),
        notional=notional,
        initial=abs(notional) / position.leverage,
        maintenance=abs(notional) * bracket.maintenance_rate - bracket.cum if notional else ZERO,
    )


def bracket_of(instrument: Instrument, notional: Decimal) -> Bracket:
    """The bracket that holds the notional, the last one for anything above."""
    return next((one for one in instrument.brackets if notional <= one.cap), instrument.brackets[-1])


def largest_notional(instrument: Instrument, leverage: Decimal) -> Decimal:
    """The cap of the last bracket that grants this leverage: ``maxNotionalValue``."""
    caps = [one.cap for one in instrument.brackets if one.max_leverage >= leverage]
    return caps[-1] if caps else ZERO


def money(amount: Decimal) -> str:
    """An amount with eight decimals."""
    return text(amount.quantize(_CENTS, rounding=ROUND_HALF_EVEN))
