"""The stop engine of each venue: what waits for a price, what makes it fire, and what becomes of it.

Binance (`binance.md` 1.9, 4.4).  A stop lives in the algo service: LIVE -> TRIGGERING (sent to the engine) -> TRIGGERED
(its child order exists) -> FINISHED (the child is filled or has ended).  A closePosition stop needs a position (-4509),
one per direction and family (-4130), and the venue expires it a moment after the position has closed.  A quantity stop
needs nothing and stays behind as an orphan.

Bybit (`bybit.md` 3.5 to 3.7).  The position carries one Full stop and one Full take-profit, made by the venue from what
the first fill of an entry brought along, or upserted by trading-stop.  The waiting child follows the position's size,
keeps its id when it fires, and is cleared when the position closes.  A plain conditional order is bound to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from venuesim.admission import Admission
from venuesim.agenda import Agenda
from venuesim.facts import (
    ZERO,
    EndReason,
    OrderKind,
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
    TimeInForce,
)
from venuesim.ledger import Ledger
from venuesim.market import Market
from venuesim.matching import Matching
from venuesim.position_stops import Hooks, PositionStops, reached

# binance.md 4.4, field rm of ALGO_UPDATE
REFUSAL_TEXTS = {EndReason.REDUCE_ONLY: "Reduce Only reject", EndReason.MARGIN_SHORT: "Margin is insufficient"}

Ambush = Callable[[int], bool]
"""Whether a fault strikes the stop that fires at this instant; asking counts."""


def _never(_: int) -> bool:
    return False


class Stops:
    """All stops of one venue."""

    def __init__(
        self,
        ledger: Ledger,
        market: Market,
        matching: Matching,
        admission: Admission,
        agenda: Agenda,
        switch: Callable[[str], str],
    ) -> None:
        self._ledger = ledger
        self._market = market
        self._matching = matching
        self._admission = admission
        self._agenda = agenda
        self._switch = switch
        self._stuck: dict[tuple[str, str], Ambush] = {}
        self._denied: dict[tuple[str, str], Ambush] = {}
        self._cancelled_at: dict[tuple[str, str, Side, Purpose], int] = {}
        hooks = Hooks(start=self._start, fire_if_reached=self._fire_if_reached, rules_of=admission.rules_of)
        self.full = PositionStops(ledger, market, agenda, switch, hooks)

    @property
    def _bybit(self) -> bool:
        return self._ledger.rules.attaches

    # --- what clients do

    def place(self, account: str, ticket: StopTicket, now: int) -> StopState:
        """Take a stop: live at once, or `Refusal`."""
        ticket = self._admission.admit_stop(account, ticket)
        self._check_position(account, ticket, now)
        if not self._bybit:
            self._admission.check_trigger(ticket)
        self._check_trigger(ticket)
        self._ledger.begin_event()
        return self._start(account, ticket, now)

    def _check_position(self, account: str, ticket: StopTicket, now: int) -> None:
        position = self._ledger.position(account, ticket.symbol)
        protects = position.quantity * ticket.side.sign < 0
        if ticket.scope is StopScope.POSITION:
            delay = int(self._switch("binance.position_delay_us"))
            if not protects or position.opened_at + delay > now:
                raise Refusal(Reason.NO_POSITION, got=position.quantity)
            if self._rivals(account, ticket) or self._linger(account, ticket, now):
                raise Refusal(Reason.STOP_EXISTS, got=ticket.client_id)
        elif ticket.reduce_only and not self._bybit:
            if not protects and self._switch("binance.flat_reduce_only_stop") == "refuse":
                raise Refusal(Reason.REDUCE_ONLY_FLAT, got=position.quantity)
            self._admission.check_propagated(account, ticket.symbol, now)
            if self._rivals(account, ticket) and self._switch("binance.quantity_beside_close") == "refuse":
                raise Refusal(Reason.STOP_EXISTS, got=ticket.client_id)

    def _linger(self, account: str, ticket: StopTicket, now: int) -> bool:
        """Whether a stop of the same direction and family was cancelled so lately that it still keeps others out
        (`binance.md` 4.4: one bot tries five times, for some seconds).
        """
        since = now - int(self._switch("binance.cancel_linger_us"))
        return self._cancelled_at.get((account, ticket.symbol, ticket.side, ticket.purpose), 0) > since

    def _rivals(self, account: str, ticket: StopTicket) -> list[StopState]:
        """List the open position-wide stops of the same direction and family."""
        return [
            stop
            for stop in self._ledger.live_stops()
            if (stop.account, stop.symbol, stop.side, stop.purpose)
            == (account, ticket.symbol, ticket.side, ticket.purpose)
            and stop.scope is StopScope.POSITION
        ]

    def _check_trigger(self, ticket: StopTicket) -> None:
        base = self._market.watched(ticket.symbol, ticket.trigger_by)
        if reached(ticket.direction, ticket.trigger, base):
            raise Refusal(
                Reason.WOULD_TRIGGER,
                trigger=ticket.trigger,
                base=base,
                trigger_by=ticket.trigger_by,
                direction=ticket.direction,
            )

    def _start(self, account: str, ticket: StopTicket, now: int) -> StopState:
        """Begin to watch, in the event that has begun."""
        stop = StopState(
            stop_id=self._ledger.new_id("stop"),
            client_id=ticket.client_id,
            account=account,
            symbol=ticket.symbol,
            side=ticket.side,
            trigger=ticket.trigger,
            trigger_by=ticket.trigger_by,
            direction=ticket.direction,
            scope=ticket.scope,
            purpose=ticket.purpose,
            kind=ticket.kind,
            quantity=ticket.quantity,
            price=ticket.price,
            reduce_only=ticket.reduce_only,
            gives_way=ticket.gives_way or ticket.scope is StopScope.POSITION,
            status=StopStatus.LIVE,
            created_at=now,
            updated_at=now,
            parent_client_id=ticket.parent_client_id,
            origin=ticket.origin,
        )
        return self._ledger.start_stop(stop)

    def cancel(self, account: str, stop_id: str, now: int) -> StopState:
        """Cancel a LIVE stop of this account; once it is on its way to the engine it is unknown."""
        stop = self._ledger.stops.get(stop_id)
        if stop is None or stop.account != account or stop.status is not StopStatus.LIVE:
            raise Refusal(Reason.STOP_UNKNOWN, got=stop_id)
        if stop.scope is StopScope.POSITION:
            self._cancelled_at[account, stop.symbol, stop.side, stop.purpose] = now
        return self.end(stop, StopStatus.CANCELED, EndReason.BY_USER, now)

    def end(self, stop: StopState, status: StopStatus, reason: EndReason, now: int) -> StopState:
        """End an open stop in an event of its own, and take it off the position that showed it."""
        self._ledger.begin_event()
        ended = self._ledger.change_stop(replace(stop, status=status, end_reason=reason, updated_at=now))
        self.full.show(ended, None, now)
        return ended

    def amend(
        self, account: str, stop_id: str, trigger: Decimal, now: int, origin: Origin = Origin.CLIENT
    ) -> StopState:
        """Give a LIVE stop another trigger without a gap."""
        stop = self._ledger.stops.get(stop_id)
        if stop is None or stop.account != account or stop.status is not StopStatus.LIVE:
            raise Refusal(Reason.STOP_UNKNOWN, got=stop_id)
        if reached(stop.direction, trigger, self._market.watched(stop.symbol, stop.trigger_by)):
            base = self._market.watched(stop.symbol, stop.trigger_by)
            raise Refusal(
                Reason.WOULD_TRIGGER, trigger=trigger, base=base, trigger_by=stop.trigger_by, direction=stop.direction
            )
        self._ledger.begin_event()
        moved = self._ledger.change_stop(replace(stop, trigger=trigger, origin=origin, updated_at=now))
        self.full.show(moved, trigger, now)
        return moved

    # --- what the engine tells

    def after_fill(self, order: OrderState, before: PositionState, now: int) -> None:
        """Follow the position, in the event of the fills: clear what hung on a closed one, attach, resize."""
        position = self._ledger.position(order.account, order.symbol)
        if before.quantity and position.quantity * before.quantity <= 0:
            self._position_closed(before, now)
        if position.quantity and self._bybit:
            self.full.after_fill(order, position, now)

    def _position_closed(self, before: PositionState, now: int) -> None:
        side = Side.SELL if before.quantity > 0 else Side.BUY
        left = [
            stop
            for stop in self._ledger.live_stops()
            if (stop.account, stop.symbol, stop.side) == (before.account, before.symbol, side)
            and stop.gives_way
            and stop.status is StopStatus.LIVE
        ]
        for stop in left:
            if self._bybit:
                cleared = replace(
                    stop, status=StopStatus.CANCELED, end_reason=EndReason.POSITION_CLOSED, updated_at=now
                )
                self._ledger.change_stop(cleared)
            else:
                self._agenda.at(now + int(self._switch("binance.expire_delay_us")), self._expiry(stop.stop_id))

    def _expiry(self, stop_id: str) -> Callable[[int], None]:
        def expire(at: int) -> None:
            stop = self._ledger.stops[stop_id]
            if stop.status is StopStatus.LIVE:
                self.end(stop, StopStatus.EXPIRED, EndReason.POSITION_CLOSED, at)

        return expire

    def child_rests(self, order: OrderState, now: int) -> None:
        """Tell that a fired stop's order stands in the engine, unless that has been told."""
        stop = self._ledger.stops.get(order.stop_id)
        if stop is not None and stop.status is StopStatus.TRIGGERING:
            self._placed(stop, order.order_id, now)

    def child_ended(self, order: OrderState, now: int) -> None:
        """Bring the stop of a child order to its end, in the event of the child's end."""
        stop = self._ledger.stops.get(order.stop_id)
        if stop is None or not stop.status.is_open:
            return
        if stop.status is StopStatus.TRIGGERING:
            stop = self._placed(stop, order.order_id, now)
        self._ledger.change_stop(replace(stop, status=StopStatus.FINISHED, updated_at=now))

    # --- firing

    def hold_in_engine(self, account: str, symbol: str, strikes: Ambush) -> None:
        """Let a stop that fires here stay TRIGGERING for ever whenever `strikes(now)` says so (`binance.md` 4.4)."""
        self._stuck[(account, symbol)] = strikes

    def deny_in_engine(self, account: str, symbol: str, strikes: Ambush) -> None:
        """Let the engine reject a stop that fires here whenever `strikes(now)` says so."""
        self._denied[(account, symbol)] = strikes

    def release(self, now: int) -> None:
        """Let every stop that hangs TRIGGERING go to the engine after all."""
        for stop in self._ledger.live_stops():
            if stop.status is StopStatus.TRIGGERING:
                self._agenda.at(now, self._launching(stop.stop_id))

    def price_moved(self, symbol: str, now: int) -> None:
        """Fire every LIVE stop of the symbol whose trigger has been reached."""
        for stop in self._ledger.live_stops():
            if stop.symbol == symbol and stop.status is StopStatus.LIVE:
                self._fire_if_reached(stop, now)

    def _fire_if_reached(self, stop: StopState, now: int) -> None:
        if not reached(stop.direction, stop.trigger, self._market.watched(stop.symbol, stop.trigger_by)):
            return
        self._ledger.begin_event()
        if self._bybit:
            self._launch(stop, now)
            return
        fired = replace(stop, status=StopStatus.TRIGGERING, triggered_at=now, updated_at=now)
        self._ledger.change_stop(fired)
        if self._stuck.get((stop.account, stop.symbol), _never)(now):
            return
        self._agenda.at(now + int(self._switch("binance.triggering_us")), self._launching(stop.stop_id))

    def _launching(self, stop_id: str) -> Callable[[int], None]:
        def launch(at: int) -> None:
            stop = self._ledger.stops[stop_id]
            if stop.status is StopStatus.TRIGGERING:
                self._ledger.begin_event()
                self._launch(stop, at)

        return launch

    def _launch(self, stop: StopState, now: int) -> None:
        """Send a fired stop's order to the engine, in the event that has begun."""
        stop = replace(stop, triggered_at=stop.triggered_at or now, updated_at=now)
        ticket = self._child_ticket(stop)
        if self._denied.get((stop.account, stop.symbol), _never)(now):
            self._reject(stop, EndReason.BY_SYSTEM)
        elif ticket.quantity <= 0:
            self._reject(stop, EndReason.REDUCE_ONLY)
        elif not ticket.reduce_only and not self._admission.can_afford(stop.account, ticket):
            self._reject(stop, EndReason.MARGIN_SHORT)
        else:
            self._send_child(stop, ticket, now)

    def _send_child(self, stop: StopState, ticket: OrderTicket, now: int) -> None:
        child_id = stop.stop_id if self._bybit else self._ledger.new_id("order")
        told_first = self._bybit or self._switch("binance.child_fill_first") == "no"
        if told_first:
            self._placed(stop, child_id, now)
        self._matching.accept(stop.account, ticket, now, origin=Origin.STOP, stop_id=stop.stop_id, order_id=child_id)

    def _placed(self, stop: StopState, order_id: str, now: int) -> StopState:
        return self._ledger.change_stop(replace(stop, status=StopStatus.TRIGGERED, order_id=order_id, updated_at=now))

    def _reject(self, stop: StopState, reason: EndReason) -> None:
        """Note that the engine denied a fired stop: REJECTED with a text (`binance.md` 1.9)."""
        text = REFUSAL_TEXTS.get(reason, "Order rejected")
        self._ledger.change_stop(replace(stop, status=StopStatus.REJECTED, end_reason=reason, fail_text=text))

    def _child_ticket(self, stop: StopState) -> OrderTicket:
        held = max(-self._ledger.position(stop.account, stop.symbol).quantity * stop.side.sign, ZERO)
        whole = stop.scope is StopScope.POSITION
        quantity = held if whole else min(stop.quantity, held) if stop.reduce_only else stop.quantity
        return OrderTicket(
            symbol=stop.symbol,
            side=stop.side,
            kind=stop.kind,
            quantity=quantity,
            price=stop.price,
            tif=TimeInForce.IOC if stop.kind is OrderKind.MARKET else TimeInForce.GTC,
            reduce_only=stop.reduce_only,
            client_id=stop.client_id,
        )
