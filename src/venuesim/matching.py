"""The matching engine: an accepted order meets the synthetic book a moment later, and fills, rests or ends.

A MARKET order is an IOC limit at a protective bound (`bybit.md` 3.4; `binance.md` 1.5 marketTakeBound): what the book
does not hold inside the bound ends unfilled, so an order may end EXPIRED and yet hold a position (`binance.md` 4.5).
A `FillPlan` splits the fill into parts with time between them, or ends the order after a part.  Every fill moves
position and wallet in the same event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from msgspec import Struct
from msgspec.structs import replace

from venuesim.agenda import Agenda
from venuesim.facts import (
    ZERO,
    EndReason,
    FillState,
    Instrument,
    OrderKind,
    OrderState,
    OrderStatus,
    OrderTicket,
    Origin,
    PositionState,
    Side,
    TimeInForce,
)
from venuesim.ledger import Ledger, tidy
from venuesim.margin import Margin
from venuesim.market import Market, to_step


class FillPlan(Struct, frozen=True):
    """How an order's fill is split: each part a fraction of its quantity and the microseconds before it.

    If the fractions sum to less than one, the order ends after the last part with the remainder unfilled.
    """

    parts: tuple[tuple[Decimal, int], ...]


class Watchers(Struct, frozen=True):
    """Who must know what the engine does: after the fills of one event, when an order rests, and after any end."""

    filled: Callable[[OrderState, PositionState, int], None]
    rested: Callable[[OrderState, int], None]
    ended: Callable[[OrderState, int], None]


class Matching:
    """Takes orders, and matches them when they are due."""

    def __init__(
        self,
        ledger: Ledger,
        market: Market,
        margin: Margin,
        instruments: Mapping[str, Instrument],
        agenda: Agenda,
        latency: Callable[[], int],
    ) -> None:
        self._ledger = ledger
        self._market = market
        self._margin = margin
        self._instruments = instruments
        self._agenda = agenda
        self._latency = latency
        self._due: dict[str, int] = {}
        self.watchers = Watchers(filled=lambda *_: None, rested=lambda *_: None, ended=lambda *_: None)
        self.bears: Callable[[OrderState], bool] = lambda _: True

    def matched_at(self, order_id: str) -> int:
        """Tell when the first matching of this order is or was due."""
        return self._due[order_id]

    def accept(
        self,
        account: str,
        ticket: OrderTicket,
        now: int,
        *,
        origin: Origin = Origin.CLIENT,
        stop_id: str = "",
        order_id: str = "",
        plan: FillPlan | None = None,
    ) -> OrderState:
        """Take an admitted order in the event that has begun, and set the time of its matching."""
        order = OrderState(
            order_id=order_id or self._ledger.new_id("order"),
            client_id=ticket.client_id,
            account=account,
            symbol=ticket.symbol,
            side=ticket.side,
            kind=ticket.kind,
            tif=ticket.tif,
            quantity=ticket.quantity,
            price=ticket.price,
            bound=self._bound(ticket),
            reduce_only=ticket.reduce_only,
            status=OrderStatus.NEW,
            created_at=now,
            updated_at=now,
            origin=origin,
            stop_id=stop_id,
            stop_loss=ticket.stop_loss,
            take_profit=ticket.take_profit,
        )
        self._ledger.accept_order(order)
        self._schedule(order, now, plan)
        return order

    def _bound(self, ticket: OrderTicket) -> Decimal:
        if ticket.kind is OrderKind.LIMIT:
            return ticket.price
        rules = self._instruments[ticket.symbol]
        mark = self._market.prices(ticket.symbol).mark
        bound = mark * (1 + ticket.side.sign * rules.take_bound)
        towards_market = ROUND_FLOOR if ticket.side is Side.BUY else ROUND_CEILING
        return ((bound / rules.tick).to_integral_value(towards_market) * rules.tick).quantize(rules.tick)

    def _schedule(self, order: OrderState, now: int, plan: FillPlan | None) -> None:
        due = self._due[order.order_id] = now + self._latency()
        if plan is None:
            self._agenda.at(due, lambda at: self.match(order.order_id, at))
            return
        rules, whole = self._instruments[order.symbol], sum((part for part, _ in plan.parts), ZERO)
        for number, (fraction, gap) in enumerate(plan.parts, start=1):
            due += gap
            is_last = number == len(plan.parts)
            share = None if is_last and whole >= 1 else to_step(order.quantity * fraction, rules)
            self._agenda.at(due, self._part(order.order_id, share, ends=is_last))

    def _part(self, order_id: str, share: Decimal | None, *, ends: bool) -> Callable[[int], None]:
        return lambda at: self.match(order_id, at, share, ends=ends)

    def match(self, order_id: str, at: int, share: Decimal | None = None, *, ends: bool = True) -> None:
        """Fill an open order as far as book and bound allow, at most `share`; then end or rest what remains."""
        order = self._ledger.orders[order_id]
        if not order.status.is_open:
            return
        self._ledger.begin_event()
        if not self.bears(order):
            self.end(order, OrderStatus.REJECTED, EndReason.MARGIN_SHORT, at)
            return
        before = self._ledger.position(order.account, order.symbol)
        wanted = order.quantity - order.filled if share is None else min(share, order.quantity - order.filled)
        for price, quantity in self._reachable(order, self.reducible(order, wanted), at):
            order = self.fill(order, price, quantity, at)
        if order.filled and order.updated_at == at:
            self.watchers.filled(order, before, at)
        self._finish(self._ledger.orders[order_id], at, ends=ends)

    def reducible(self, order: OrderState, wanted: Decimal) -> Decimal:
        """Return what of `wanted` an order may fill: a reduce-only one no more than the position holds against it."""
        if not order.reduce_only:
            return wanted
        held = -self._ledger.position(order.account, order.symbol).quantity * order.side.sign
        return min(wanted, max(held, ZERO))

    def _reachable(self, order: OrderState, wanted: Decimal, at: int) -> list[tuple[Decimal, Decimal]]:
        """List (price, quantity) of what the order takes from the book now."""
        market, symbol = self._market, order.symbol
        taken, bites = _taken(order, wanted, market.offers(symbol, order.side)), market.bites(symbol)
        if bites is not None and taken != _taken(order, wanted, market.offers(symbol, order.side, usual=True)):
            bites(at)
        return taken

    def _finish(self, order: OrderState, at: int, *, ends: bool) -> None:
        if not order.status.is_open:
            self.watchers.ended(order, at)
            return
        reason = self._reason(order)
        if ends and reason is not EndReason.NONE:
            self.end(order, OrderStatus.EXPIRED, reason, at)
        else:
            self.watchers.rested(order, at)

    def _reason(self, order: OrderState) -> EndReason:
        """Say why an order that is not filled ends now, NONE if it may rest in the book."""
        if order.reduce_only and not self.reducible(order, order.quantity):
            return EndReason.REDUCE_ONLY
        if order.kind is OrderKind.MARKET:
            return EndReason.BOOK_EXHAUSTED
        if order.tif is TimeInForce.POST_ONLY:
            best = self._market.best(order.symbol, order.side)
            takes = best is not None and (best[0] - order.price) * order.side.sign <= 0
            return EndReason.WOULD_TAKE if takes and not order.filled else EndReason.NONE
        reasons = {TimeInForce.IOC: EndReason.IOC_REMAINDER, TimeInForce.FOK: EndReason.FOK_UNFILLABLE}
        return reasons.get(order.tif, EndReason.NONE)

    def end(self, order: OrderState, status: OrderStatus, reason: EndReason, at: int) -> OrderState:
        """End an open order in the event that has begun."""
        ended = self._ledger.end_order(replace(order, status=status, end_reason=reason, updated_at=at))
        self.watchers.ended(ended, at)
        return ended

    def fill(self, order: OrderState, price: Decimal, quantity: Decimal, at: int, *, maker: bool = False) -> OrderState:
        """Note one fill with what it does to order, wallet and position; no watcher is called."""
        position = self._ledger.position(order.account, order.symbol)
        moved, realized, closed = blend(position, order.side, price, quantity)
        fee = tidy(price * quantity * (self._ledger.rules.maker_fee if maker else self._ledger.rules.taker_fee))
        filled = order.filled + quantity
        done = filled == order.quantity
        order = replace(
            order,
            filled=filled,
            quote=order.quote + price * quantity,
            fee=order.fee + fee,
            status=OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED,
            updated_at=at,
        )
        fill = FillState(
            fill_id=self._ledger.new_id("fill"),
            order_id=order.order_id,
            client_id=order.client_id,
            account=order.account,
            symbol=order.symbol,
            side=order.side,
            price=price,
            quantity=quantity,
            fee=fee,
            realized=realized,
            closed=closed,
            leaves=order.quantity - filled,
            maker=maker,
            origin=order.origin,
            at=at,
            cross_seq=self._ledger.cross_seq,
        )
        self._ledger.fill_order(order, fill)
        balance = self._ledger.wallet(order.account).balance + realized - fee
        self._ledger.change_wallet(order.account, balance, at)
        self._move_position(position, moved, realized, at)
        return order

    def _move_position(self, old: PositionState, moved: tuple[Decimal, Decimal], realized: Decimal, at: int) -> None:
        quantity, entry_price = moved
        same_way = quantity * old.quantity > 0
        new = replace(
            old,
            quantity=quantity,
            entry_price=entry_price,
            realized=old.realized + realized,
            created_at=old.created_at or at,
            opened_at=(old.opened_at if same_way else at) if quantity else 0,
            updated_at=at,
            cross_seq=self._ledger.cross_seq,
            stop_loss=old.stop_loss if same_way else None,
            take_profit=old.take_profit if same_way else None,
        )
        self._ledger.change_position(replace(new, liquidation_price=self._margin.liquidation_price(new)))


def blend(
    position: PositionState, side: Side, price: Decimal, quantity: Decimal
) -> tuple[tuple[Decimal, Decimal], Decimal, Decimal]:
    """Return ((quantity, entry price), realised profit, closed quantity) of a position after one fill."""
    held, change = position.quantity, side.sign * quantity
    if held * change >= 0:
        total = held + change
        cost = abs(held) * position.entry_price + quantity * price
        return (total, tidy(cost / abs(total))), ZERO, ZERO
    closed = min(abs(held), quantity)
    realized = tidy(closed * (price - position.entry_price) * (1 if held > 0 else -1))
    left = held + change
    entry = ZERO if not left else (price if left * held < 0 else position.entry_price)
    return (left, entry), realized, closed


def _taken(
    order: OrderState, wanted: Decimal, offers: Iterable[tuple[Decimal, Decimal]]
) -> list[tuple[Decimal, Decimal]]:
    """List what an order takes of these offers."""
    taken: list[tuple[Decimal, Decimal]] = []
    for price, offered in offers:
        quantity = min(offered, wanted)
        if quantity <= 0 or (price - order.bound) * order.side.sign > 0:
            break
        taken.append((price, quantity))
        wanted -= quantity
    unfillable = order.tif is TimeInForce.FOK and wanted > 0
    takes = order.tif is TimeInForce.POST_ONLY and order.kind is OrderKind.LIMIT
    return [] if unfillable or takes else taken
