"""What rests in the book: limit orders that the price fills as it comes to them, and reduce-only ones that lose hold.

A resting order fills at its own price, as a maker, whenever the last price has reached it: by a level's worth of the
synthetic book for each step that the price went beyond it, so that a thin book fills it in parts.

A reduce-only order lives on a position that somebody else may shrink.  When the position no longer carries all of them,
those with the worst prices are overtaken (`binance.md` 3.3 er 4 "knocked out by a higher priority one, or would
reverse"; `bybit.md` 3.1 CancelByReduceOnly).  Whether that happens at once, or only when the order comes to be filled,
neither book says: a switch.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from venuesim.facts import (
    ZERO,
    EndReason,
    OrderKind,
    OrderState,
    OrderStatus,
    PositionState,
    TimeInForce,
)
from venuesim.ledger import Ledger
from venuesim.market import Market
from venuesim.matching import Matching

RESTING = (TimeInForce.GTC, TimeInForce.POST_ONLY)
OVERTAKEN = {"binance": "binance.reduce_only_overtaken", "bybit": "bybit.reduce_only_overtaken"}


class Resting:
    """The resting orders of one venue; with none in a symbol it costs one look."""

    def __init__(self, ledger: Ledger, market: Market, matching: Matching, switch: Callable[[str], str]) -> None:
        self._ledger = ledger
        self._market = market
        self._matching = matching
        self._switch = switch

    def price_moved(self, symbol: str, at: int) -> None:
        """Fill what the last price has reached."""
        for seen in self._ledger.orders_in(symbol):
            order = self._ledger.orders[seen.order_id]
            if may_rest(order) and self._matching.matched_at(order.order_id) < at:
                self._fill(order, self._market.brought(symbol, order.side, order.price), at)

    def _fill(self, order: OrderState, brought: Decimal, at: int) -> None:
        wanted = min(brought, order.quantity - order.filled)
        if not wanted:
            return
        self._ledger.begin_event()
        before = self._ledger.position(order.account, order.symbol)
        quantity = self._matching.reducible(order, wanted)
        if quantity:
            order = self._matching.fill(order, order.price, quantity, at, maker=True)
            self._matching.watchers.filled(order, before, at)
            order = self._ledger.orders[order.order_id]
        self._conclude(order, at)

    def _conclude(self, order: OrderState, at: int) -> None:
        """End a reduce-only order that met its price and has nothing left to reduce; tell of one that is filled."""
        if not order.status.is_open:
            self._matching.watchers.ended(order, at)
        elif not self._matching.reducible(order, order.quantity):
            self._matching.end(order, OrderStatus.EXPIRED, EndReason.REDUCE_ONLY, at)

    def after_fill(self, order: OrderState, before: PositionState, at: int) -> None:
        """Knock out the reduce-only orders that the position carries no longer, in the event of the fills."""
        waiting = self._ledger.orders_in(order.symbol)
        if not waiting or self._switch(OVERTAKEN[self._ledger.rules.venue]) == "stay":
            return
        held = self._ledger.position(order.account, order.symbol).quantity
        if abs(held) < abs(before.quantity) or held * before.quantity < 0:
            mine = [one for one in waiting if one.account == order.account and one.reduce_only and may_rest(one)]
            for lost in overtaken(mine, held):
                self._matching.end(lost, OrderStatus.EXPIRED, EndReason.REDUCE_ONLY, at)


def may_rest(order: OrderState) -> bool:
    """Tell whether an order stays in the book when it does not fill at once."""
    return order.kind is OrderKind.LIMIT and order.tif in RESTING


def overtaken(orders: list[OrderState], held: Decimal) -> list[OrderState]:
    """Return those of an account's reduce-only orders that a position cannot carry: best price first, oldest first."""
    room = {1: max(-held, ZERO), -1: max(held, ZERO)}
    lost: list[OrderState] = []
    for order in sorted(orders, key=lambda one: -one.price * one.side.sign):
        left = order.quantity - order.filled
        if left > room[order.side.sign]:
            lost.append(order)
        else:
            room[order.side.sign] -= left
    return lost
