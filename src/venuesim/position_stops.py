"""Bybit's position-wide stops: one Full stop and one take-profit that belong to the position (`bybit.md` 3.5, 3.6).

They come into being at the first fill of an entry that brought them along, or by trading-stop, which is an upsert.  The
waiting child follows the size of the position, and the position itself shows the triggers (`bybit.md` 1.6), so both are
changed together, always in one event.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from venuesim.agenda import Agenda
from venuesim.facts import (
    ZERO,
    AttachedStop,
    Direction,
    EndReason,
    Instrument,
    OrderState,
    OrderTicket,
    Origin,
    PositionState,
    Purpose,
    Reason,
    Refusal,
    Side,
    StopScope,
    StopState,
    StopStatus,
    StopTicket,
)
from venuesim.ledger import Ledger
from venuesim.market import Market


class Hooks(Struct, frozen=True):
    """What the stop engine lends: how to start a stop, how to fire one that is reached, how to look up a symbol."""

    start: Callable[[str, StopTicket, int], StopState]
    fire_if_reached: Callable[[StopState, int], None]
    rules_of: Callable[[str], Instrument]


class PositionStops:
    """The Full stops of all positions of one venue."""

    def __init__(
        self, ledger: Ledger, market: Market, agenda: Agenda, switch: Callable[[str], str], hooks: Hooks
    ) -> None:
        self._ledger = ledger
        self._market = market
        self._agenda = agenda
        self._switch = switch
        self._hooks = hooks

    def check_attached(self, ticket: OrderTicket) -> None:
        """Refuse an entry whose attached stop or take-profit lies on the wrong side (`bybit.md` 3.5)."""
        for purpose, attached in ((Purpose.STOP, ticket.stop_loss), (Purpose.TAKE_PROFIT, ticket.take_profit)):
            if attached is not None:
                base = ticket.price or self._market.watched(ticket.symbol, attached.trigger_by)
                check_side(ticket.side, purpose, attached, base)

    def set_position_stops(
        self,
        account: str,
        symbol: str,
        wanted: tuple[tuple[Purpose, AttachedStop | None], ...],
        now: int,
        origin: Origin = Origin.CLIENT,
    ) -> PositionState:
        """Upsert the Full stops of a position; None leaves one as it is, trigger ZERO removes it."""
        self._hooks.rules_of(symbol)
        position = self._ledger.position(account, symbol)
        if not position.quantity or position.opened_at + int(self._switch("bybit.position_delay_us")) > now:
            raise Refusal(Reason.NO_POSITION, got=position.quantity)
        changes = [(purpose, value) for purpose, value in wanted if self._differs(position, purpose, value)]
        if not changes:
            raise Refusal(Reason.NOT_MODIFIED)
        for purpose, value in changes:
            self._check_position_stop(position, purpose, value)
        for purpose, value in changes:
            self._ledger.begin_event()
            self._upsert(account, symbol, purpose, value, "", now, origin)
        return self._ledger.position(account, symbol)

    def _differs(self, position: PositionState, purpose: Purpose, value: AttachedStop | None) -> bool:
        if value is None:
            return False
        current = self._full_stop(position.account, position.symbol, purpose)
        if current is None:
            return value.trigger != ZERO
        return (current.trigger, current.trigger_by) != (value.trigger, value.trigger_by)

    def _check_position_stop(self, position: PositionState, purpose: Purpose, value: AttachedStop | None) -> None:
        if value is None or value.trigger == ZERO:
            return
        side = Side.BUY if position.quantity > 0 else Side.SELL
        check_side(side, purpose, value, self._market.watched(position.symbol, value.trigger_by))
        limit = position.liquidation_price
        if purpose is Purpose.STOP and limit and (value.trigger - limit) * side.sign <= 0:
            raise Refusal(
                Reason.STOP_WRONG_SIDE,
                trigger=value.trigger,
                base=self._market.watched(position.symbol, value.trigger_by),
                limit=limit,
                trigger_by=value.trigger_by,
                side=side,
            )

    def _full_stop(self, account: str, symbol: str, purpose: Purpose) -> StopState | None:
        found = (
            stop
            for stop in self._ledger.live_stops()
            if (stop.account, stop.symbol, stop.purpose) == (account, symbol, purpose)
            and stop.scope is StopScope.POSITION
            and stop.status is StopStatus.LIVE
        )
        return next(found, None)

    def _upsert(
        self,
        account: str,
        symbol: str,
        purpose: Purpose,
        value: AttachedStop | None,
        parent: str,
        now: int,
        origin: Origin = Origin.CLIENT,
    ) -> None:
        """Put one Full stop in force, in the event that has begun."""
        current, position = self._full_stop(account, symbol, purpose), self._ledger.position(account, symbol)
        if value is None or not position.quantity:
            return
        if value.trigger == ZERO:
            if current is not None:
                ended = replace(current, status=StopStatus.CANCELED, end_reason=EndReason.BY_USER, updated_at=now)
                self._ledger.change_stop(ended)
                self.show(ended, None, now)
            return
        if current is None:
            ticket = replace(full_ticket(position, purpose, value, parent), origin=origin)
            current = self._hooks.start(account, ticket, now)
        else:
            moved = replace(current, trigger=value.trigger, trigger_by=value.trigger_by, origin=origin, updated_at=now)
            current = self._ledger.change_stop(replace(moved, quantity=abs(position.quantity)))
        self.show(current, value.trigger, now)
        self._hooks.fire_if_reached(current, now)

    def show(self, stop: StopState, trigger: Decimal | None, now: int) -> None:
        """Keep the position's own stopLoss and takeProfit fields true (`bybit.md` 1.6)."""
        position = self._ledger.position(stop.account, stop.symbol)
        if not self._ledger.rules.attaches or stop.scope is not StopScope.POSITION or not position.quantity:
            return
        if stop.purpose is Purpose.STOP:
            shown = replace(position, stop_loss=trigger, stop_loss_by=stop.trigger_by, updated_at=now)
        else:
            shown = replace(position, take_profit=trigger, take_profit_by=stop.trigger_by, updated_at=now)
        self._ledger.change_position(shown)

    def after_fill(self, order: OrderState, position: PositionState, now: int) -> None:
        """Follow an open position after the fills of one event: resize its stops, attach what the order brought."""
        self._follow_size(position, now)
        self._attach_when_due(order, now)

    def _follow_size(self, position: PositionState, now: int) -> None:
        for purpose in (Purpose.STOP, Purpose.TAKE_PROFIT):
            stop = self._full_stop(position.account, position.symbol, purpose)
            if stop is not None and stop.quantity != abs(position.quantity):
                self._ledger.change_stop(replace(stop, quantity=abs(position.quantity), updated_at=now))

    def _attach_when_due(self, order: OrderState, now: int) -> None:
        if order.stop_loss is None and order.take_profit is None:
            return
        delay = int(self._switch("bybit.child_delay_us"))
        if delay == 0:
            self._attach(order, now)
        else:
            self._agenda.at(now + delay, lambda at: self._attach_later(order, at))

    def _attach_later(self, order: OrderState, now: int) -> None:
        position = self._ledger.position(order.account, order.symbol)
        if position.quantity * order.side.sign > 0:
            self._ledger.begin_event()
            self._attach(order, now)

    def _attach(self, order: OrderState, now: int) -> None:
        for purpose, value in ((Purpose.STOP, order.stop_loss), (Purpose.TAKE_PROFIT, order.take_profit)):
            current = self._full_stop(order.account, order.symbol, purpose)
            is_own = current is not None and current.parent_client_id == order.client_id
            keeps = current is not None and self._switch("bybit.second_full_stop") == "ignore"
            if not is_own and not keeps:
                self._upsert(order.account, order.symbol, purpose, value, order.client_id, now)


def reached(direction: Direction, trigger: Decimal, price: Decimal) -> bool:
    """Tell whether a price has reached a trigger (`binance.md` 4.4: at or beyond)."""
    return price >= trigger if direction is Direction.RISE else price <= trigger


def check_side(side: Side, purpose: Purpose, value: AttachedStop, base: Decimal) -> None:
    """Refuse a stop (or take-profit) of a `side` position that lies on the wrong side of the base price."""
    loss_side = -side.sign if purpose is Purpose.STOP else side.sign
    if (value.trigger - base) * loss_side <= 0:
        raise Refusal(
            Reason.STOP_WRONG_SIDE,
            trigger=value.trigger,
            base=base,
            trigger_by=value.trigger_by,
            side=side,
            purpose=purpose,
        )


def full_ticket(position: PositionState, purpose: Purpose, value: AttachedStop, parent: str) -> StopTicket:
    """Return the ticket of a position's Full stop or take-profit (`bybit.md` 3.5)."""
    long = position.quantity > 0
    falls = long if purpose is Purpose.STOP else not long
    return StopTicket(
        symbol=position.symbol,
        side=Side.SELL if long else Side.BUY,
        trigger=value.trigger,
        trigger_by=value.trigger_by,
        direction=Direction.FALL if falls else Direction.RISE,
        scope=StopScope.POSITION,
        purpose=purpose,
        quantity=abs(position.quantity),
        parent_client_id=parent,
        gives_way=True,
    )
