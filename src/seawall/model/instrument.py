"""What a venue says about a contract: steps, limits, and whether it trades.

The venues' precision fields are not ticks or steps (binance.md 1.5), quantities above the market maximum are refused
or split (binance.md 4.5, bybit.md 3.4), and Bybit truncates a quantity off the step silently before it checks the
minimum value (bybit.md 3.4). So the heart sizes to these rules itself, and checks the minimum *after* rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from seawall.model.amounts import ZERO, ceil_to, floor_to
from seawall.model.ids import Side, Symbol

_SLICES = 2


@dataclass(frozen=True, slots=True)
class Instrument:
    """The rules of one linear perpetual. Prices in quote currency, quantities in base; 0 means "no such rule"."""

    symbol: Symbol
    tick: Decimal
    step: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    """The most one market order may carry."""
    min_notional: Decimal
    max_leverage: Decimal
    trading: bool
    band_up: Decimal = ZERO
    """The highest price of a limit BUY as a multiple of the mark; 0 where the venue adjusts it itself."""
    band_down: Decimal = ZERO
    """The lowest price of a limit SELL as a multiple of the mark."""
    maintenance_rate: Decimal = ZERO
    """The maintenance margin rate of the first risk tier, a fraction; 0 where the venue has not said."""

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """`quantity` rounded down to the lot."""
        return floor_to(quantity, self.step)

    def one_order_of(self, quantity: Decimal, *, sliced: bool) -> Decimal:
        """As much of `quantity` as one market order may close; a part of that if the market took less before, or the
        lots that it holds: the step may have grown since it was bought.
        """
        most = min(quantity, self.max_quantity) if self.max_quantity else quantity
        parts = (most / _SLICES, most) if sliced else ()
        lots = (self.round_quantity(part) for part in parts)
        return next((part for part in lots if part > 0 and part >= self.min_quantity), most)

    def band_price(self, mark: Decimal, side: Side) -> Decimal | None:
        """The worst price that the venue's band allows an order on `side`; None (market) where there is no band."""
        if side is Side.BUY:
            return floor_to(mark * self.band_up, self.tick) if self.band_up else None
        return ceil_to(mark * self.band_down, self.tick) if self.band_down else None

    def objection(self, quantity: Decimal, price: Decimal) -> str | None:
        """Why one market order of `quantity` (already rounded) cannot be sent at about `price`; None if it can."""
        if not self.trading:
            return f"symbol: expected one that trades, {self.symbol} does not"
        if quantity <= 0 or quantity < self.min_quantity:
            return f"size: expected at least {self.min_quantity} after rounding to {self.step}, came {quantity}"
        if self.max_quantity and quantity > self.max_quantity:
            return f"size: expected at most {self.max_quantity} in one market order, came {quantity}"
        if quantity * price < self.min_notional:
            return f"size: expected a value of at least {self.min_notional} after rounding, came {quantity * price}"
        return None
