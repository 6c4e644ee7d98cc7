"""What positions cost and when they fall: one-way, cross margin, everything settled in USDT, judged at the mark.

Initial margin is notional / leverage; maintenance margin is notional * rate - cum of the bracket that the notional lies
in (`instruments.md` 1.4).  An account is liquidated when balance and unrealised profit together no longer exceed the
maintenance margin of all its positions.  That is simpler than either venue and enough for what it must show: refusals
for want of margin, a liquidation price that stops must lie inside of, and positions that vanish under their owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from venuesim.dialects.port import Margins
from venuesim.facts import ZERO, Bracket, Instrument, OrderState, PositionState
from venuesim.ledger import Ledger, tidy
from venuesim.market import Market


class Margin:
    """The sums of every account."""

    def __init__(self, ledger: Ledger, market: Market, instruments: Mapping[str, Instrument]) -> None:
        self._ledger = ledger
        self._market = market
        self._instruments = instruments

    def unrealized(self, position: PositionState) -> Decimal:
        """Return a position's profit at the mark."""
        if not position.quantity:
            return ZERO
        return (self._market.prices(position.symbol).mark - position.entry_price) * position.quantity

    def initial(self, position: PositionState) -> Decimal:
        """Return a position's initial margin at the mark."""
        return self._notional(position) / position.leverage

    def maintenance(self, position: PositionState) -> Decimal:
        """Return a position's maintenance margin at the mark."""
        notional = self._notional(position)
        bracket = bracket_of(self._instruments[position.symbol], notional)
        return max(notional * bracket.maintenance_rate - bracket.cum, ZERO)

    def _notional(self, position: PositionState) -> Decimal:
        return abs(position.quantity) * self._market.prices(position.symbol).mark

    def sums(self, account: str) -> Margins:
        """Return the account's sums; open orders that can raise exposure hold their initial margin too."""
        positions = self._ledger.positions(account)
        balance = self._ledger.wallet(account).balance
        unrealized = sum((self.unrealized(position) for position in positions), ZERO)
        initial = sum((self.initial(position) for position in positions), ZERO) + self._held(account)
        maintenance = sum((self.maintenance(position) for position in positions), ZERO)
        available = max(balance + unrealized - initial, ZERO)
        return Margins(balance, unrealized, initial, maintenance, available)

    def _held(self, account: str) -> Decimal:
        orders = (order for order in self._ledger.live_orders() if order.account == account)
        return sum((self.held_by(order) for order in orders), ZERO)

    def held_by(self, order: OrderState) -> Decimal:
        """Return the initial margin an open order holds; a reduce-only one holds none."""
        if order.reduce_only:
            return ZERO
        price = order.price or self._market.prices(order.symbol).mark
        return (order.quantity - order.filled) * price / self._ledger.leverage(order.account, order.symbol)

    def is_bankrupt(self, account: str) -> bool:
        """Tell whether the account's positions must be liquidated now."""
        sums = self.sums(account)
        return sums.maintenance > 0 and sums.balance + sums.unrealized <= sums.maintenance

    def liquidation_price(self, position: PositionState) -> Decimal:
        """Return the mark at which this position falls, all other prices standing still; ZERO if out of reach."""
        if not position.quantity:
            return ZERO
        account, symbol = position.account, position.symbol
        others = [other for other in self._ledger.positions(account) if other.symbol != symbol]
        spare = self._ledger.wallet(account).balance + sum(
            (self.unrealized(other) - self.maintenance(other) for other in others), ZERO
        )
        bracket = bracket_of(self._instruments[symbol], abs(position.quantity) * position.entry_price)
        slope = position.quantity - abs(position.quantity) * bracket.maintenance_rate
        price = (position.quantity * position.entry_price - spare - bracket.cum) / slope
        return tidy(price) if price > 0 else ZERO


def bracket_of(rules: Instrument, notional: Decimal) -> Bracket:
    """Return the bracket a notional lies in; beyond the last cap the last one."""
    return next((step for step in rules.brackets if notional <= step.cap), rules.brackets[-1])


def notional_limit(rules: Instrument, leverage: Decimal) -> Decimal:
    """Return the greatest notional allowed at this leverage."""
    granted = [step.cap for step in rules.brackets if step.max_leverage >= leverage]
    return granted[-1] if granted else ZERO
