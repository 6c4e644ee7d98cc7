"""The owner at the venue's own page: he trades, moves a stop, takes it away, sets another, places a limit order.

What he does goes through the same gateway as a client's requests and may be refused as they are; only a trade at market
happens at once.  On Binance an order of the web page bears an id of the web page, or one that the venue made up where
none was sent (`binance.md` 4.1); a stop is moved there by a cancel and a new one, since the algo service has no amend
(1.9).  On Bybit trading-stop changes the position's Full stop in place, and a Partial stop is amended or added
(`bybit.md` 1.6, 3.5); neither bears an id that a client could choose.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from venuesim.admission import Admission
from venuesim.facts import (
    ZERO,
    AttachedStop,
    EndReason,
    OrderKind,
    OrderState,
    OrderTicket,
    Origin,
    Purpose,
    Reason,
    Refusal,
    Side,
    StopScope,
    StopState,
    StopStatus,
    StopTicket,
    TriggerBy,
)
from venuesim.forced import Forced
from venuesim.ledger import Ledger
from venuesim.market import Market
from venuesim.matching import Matching
from venuesim.position_stops import full_ticket
from venuesim.stops import Stops


class Desk(Struct, frozen=True):
    """What the owner's page reaches of the venue."""

    ledger: Ledger
    market: Market
    admission: Admission
    matching: Matching
    stops: Stops
    forced: Forced


class WantedStop(Struct, frozen=True):
    """A stop that the owner sets: without a quantity for the whole position; `named` under an id of the page."""

    trigger: Decimal
    purpose: Purpose = Purpose.STOP
    quantity: Decimal = ZERO
    trigger_by: TriggerBy = TriggerBy.MARK
    named: bool = True


class WantedLimit(Struct, frozen=True):
    """A limit order, good till cancelled, that the owner places."""

    side: Side
    quantity: Decimal
    price: Decimal
    reduce_only: bool = False


class WantedMove(Struct, frozen=True):
    """Where the owner moves the stop (or take-profit) of a slot to. `named`: the new one bears an id of the venue's web
    page, otherwise the venue makes one up (Binance).
    """

    trigger: Decimal
    purpose: Purpose = Purpose.STOP
    named: bool = True


class Hands:
    """The owner's deeds on one venue."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._done = 0

    @property
    def _bybit(self) -> bool:
        return self._desk.ledger.rules.attaches

    def _name(self, *, named: bool = True) -> str:
        """Return the id an order of the page bears: the page's, the venue's own, none on Bybit."""
        self._done += 1
        if self._bybit:
            return ""
        made_up = hashlib.sha256(f"hand/{self._done}".encode()).hexdigest()[:22]
        return f"web_{self._done}" if named else made_up

    # --- the position

    def trade(self, account: str, symbol: str, side: Side, quantity: Decimal, now: int) -> OrderState:
        """Trade at the last price at once, past every check but the step: so he adds a part, takes one, or turns over.

        A quantity off the step stands in no venue's book (`binance.md` 1.5, `bybit.md` 3.4).
        """
        whole = self._desk.forced.to_step(symbol, quantity)
        ticket = OrderTicket(symbol, side, OrderKind.MARKET, whole, client_id=self._name())
        return self._desk.forced.trade(account, ticket, Origin.HAND, self._desk.market.prices(symbol).last, now)

    def place_limit(self, account: str, symbol: str, wanted: WantedLimit, now: int) -> OrderState:
        """Place a limit order; raises `Refusal`."""
        ticket = OrderTicket(
            symbol,
            wanted.side,
            OrderKind.LIMIT,
            wanted.quantity,
            wanted.price,
            reduce_only=wanted.reduce_only,
            client_id=self._name(),
        )
        admitted = self._desk.admission.admit(account, ticket)
        self._desk.ledger.begin_event()
        return self._desk.matching.accept(account, admitted, now, origin=Origin.HAND)

    # --- its stops

    def move_stop(self, account: str, symbol: str, wanted: WantedMove, now: int) -> StopState:
        """Give the stop (or take-profit) another trigger; STOP_UNKNOWN without one.

        On Binance the old one is gone even if the new one is refused.
        """
        stop = self._standing(account, symbol, wanted.purpose)
        if not self._bybit:
            self._desk.stops.end(stop, StopStatus.CANCELED, EndReason.BY_USER, now)
            return self._desk.stops.place(account, self._again(stop, wanted.trigger, named=wanted.named), now)
        if stop.scope is StopScope.QUANTITY:
            return self._desk.stops.amend(account, stop.stop_id, wanted.trigger, now, Origin.HAND)
        self._set_full(account, symbol, wanted.purpose, AttachedStop(wanted.trigger, stop.trigger_by), now)
        return self._desk.ledger.stops[stop.stop_id]

    def _again(self, stop: StopState, trigger: Decimal, *, named: bool) -> StopTicket:
        return StopTicket(
            stop.symbol,
            stop.side,
            trigger,
            stop.trigger_by,
            stop.direction,
            stop.scope,
            purpose=stop.purpose,
            kind=stop.kind,
            quantity=stop.quantity,
            price=stop.price,
            reduce_only=stop.reduce_only,
            client_id=self._name(named=named),
            gives_way=stop.gives_way,
            origin=Origin.HAND,
        )

    def remove_stop(self, account: str, symbol: str, now: int, *, purpose: Purpose = Purpose.STOP) -> StopState:
        """Take the stop (or take-profit) away; STOP_UNKNOWN without one."""
        stop = self._standing(account, symbol, purpose)
        return self._desk.stops.end(stop, StopStatus.CANCELED, EndReason.BY_USER, now)

    def set_stop(self, account: str, symbol: str, wanted: WantedStop, now: int) -> StopState:
        """Set a stop or a take-profit: of its quantity (Bybit's Partial), or without one for the whole position.

        The whole one replaces Bybit's Full stop, and is refused with STOP_EXISTS beside another of Binance's.
        """
        position = self._desk.ledger.position(account, symbol)
        if not position.quantity:
            raise Refusal(Reason.NO_POSITION, got=position.quantity)
        value = AttachedStop(wanted.trigger, wanted.trigger_by)
        if self._bybit and not wanted.quantity:
            self._set_full(account, symbol, wanted.purpose, value, now)
            return self._standing(account, symbol, wanted.purpose)
        ticket = replace(
            full_ticket(position, wanted.purpose, value, ""),
            scope=StopScope.QUANTITY if wanted.quantity else StopScope.POSITION,
            quantity=wanted.quantity,
            client_id=self._name(named=wanted.named),
            gives_way=self._bybit,
            origin=Origin.HAND,
        )
        return self._desk.stops.place(account, ticket, now)

    def _set_full(self, account: str, symbol: str, purpose: Purpose, value: AttachedStop, now: int) -> None:
        self._desk.stops.full.set_position_stops(account, symbol, ((purpose, value),), now, Origin.HAND)

    def _standing(self, account: str, symbol: str, purpose: Purpose) -> StopState:
        """Return the live stop of this purpose, the position-wide one before others."""
        found = [
            stop
            for stop in self._desk.ledger.live_stops()
            if (stop.account, stop.symbol, stop.purpose) == (account, symbol, purpose)
            and stop.status is StopStatus.LIVE
        ]
        found.sort(key=lambda stop: stop.scope is not StopScope.POSITION)
        if not found:
            raise Refusal(Reason.STOP_UNKNOWN, got=symbol)
        return found[0]
