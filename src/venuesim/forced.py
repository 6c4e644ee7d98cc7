"""Trades that no client asked for: the venue's liquidation and auto-deleveraging, and what another hand trades.

A liquidation first ends every open order of the account (`binance.md` 3.3 er 5, `bybit.md` 3.1 CancelAllBeforeLiq),
since margin is shared by all of them, and then closes the position at the mark.  Auto-deleveraging takes a part, or
all, from a position that stands well, at the mark too.  Both bear the venue's own names: ``autoclose-`` and
``adl_autoclose`` on Binance (3.3), no link id on Bybit (`bybit.md` 3.1).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from venuesim.facts import (
    EndReason,
    OrderKind,
    OrderState,
    OrderStatus,
    OrderTicket,
    Origin,
    PositionState,
    Side,
    TimeInForce,
)
from venuesim.ledger import Ledger
from venuesim.market import Market
from venuesim.matching import Matching

ADL_NAME = "adl_autoclose"
Step = Callable[[str, Decimal], Decimal]


class Forced:
    """What happens to a position past every check."""

    def __init__(
        self, ledger: Ledger, market: Market, matching: Matching, to_step: Step, switch: Callable[[str], str]
    ) -> None:
        self._ledger = ledger
        self._market = market
        self._matching = matching
        self.to_step = to_step
        self._switch = switch

    def liquidate(self, account: str, symbol: str, now: int) -> OrderState:
        """End the account's open orders and close the position at the mark; ValueError if it is flat."""
        quantity = self._held(account, symbol, Origin.LIQUIDATION).quantity
        self._end_orders(account, EndReason.LIQUIDATION, now)
        return self._take(account, symbol, abs(quantity), Origin.LIQUIDATION, f"autoclose-{now // 1000}", now)

    def deleverage(self, account: str, symbol: str, fraction: Decimal, now: int) -> OrderState:
        """Take this fraction of the position at the mark, one step at least; ValueError if flat or not in 0..1."""
        if not 0 < fraction <= 1:
            message = f"fraction: expected above 0 and at most 1, got {fraction}"
            raise ValueError(message)
        held = abs(self._held(account, symbol, Origin.ADL).quantity)
        if self._ledger.rules.attaches and self._switch("bybit.orders_before_adl") == "cancel":
            self._end_orders(account, EndReason.ADL, now)
        return self._take(account, symbol, self.to_step(symbol, held * fraction), Origin.ADL, ADL_NAME, now)

    def _held(self, account: str, symbol: str, origin: Origin) -> PositionState:
        position = self._ledger.position(account, symbol)
        if not position.quantity:
            message = f"{origin} on {account} {symbol}: expected a position, got a flat one"
            raise ValueError(message)
        return position

    def _end_orders(self, account: str, reason: EndReason, now: int) -> None:
        open_now = [order for order in self._ledger.live_orders() if order.account == account]
        if open_now:
            self._ledger.begin_event()
        for order in open_now:
            self._matching.end(order, OrderStatus.EXPIRED, reason, now)

    def _take(self, account: str, symbol: str, quantity: Decimal, origin: Origin, name: str, now: int) -> OrderState:
        side = Side.SELL if self._ledger.position(account, symbol).quantity > 0 else Side.BUY
        name = "" if self._ledger.rules.attaches else name
        ticket = OrderTicket(symbol, side, OrderKind.MARKET, quantity, tif=TimeInForce.IOC, client_id=name)
        return self.trade(account, ticket, origin, self._market.prices(symbol).mark, now)

    def trade(self, account: str, ticket: OrderTicket, origin: Origin, price: Decimal, now: int) -> OrderState:
        """Fill a ticket wholly at this price at once, past every check; ValueError without a quantity."""
        if ticket.quantity <= 0:
            message = f"{origin} on {account} {ticket.symbol}: expected something to trade, got {ticket.quantity}"
            raise ValueError(message)
        before = self._ledger.position(account, ticket.symbol)
        self._ledger.begin_event()
        accepted = self._matching.accept(account, ticket, now, origin=origin)
        filled = self._matching.fill(accepted, price, ticket.quantity, now)
        self._matching.watchers.filled(filled, before, now)
        return filled
