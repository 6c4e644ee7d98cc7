"""The gateway: what an order must satisfy before the venue takes it (`binance.md` 1.5, 1.6, 4.5; `bybit.md` 3.1, 3.4).

Checks run in the venues' own order: symbol, client id, quantity and price filters, reduce-only, margin.  Each refusal
is a `Refusal` with a venue-neutral reason; the dialect has the code and the text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec.structs import replace

from venuesim.facts import (
    ZERO,
    Instrument,
    OrderKind,
    OrderState,
    OrderTicket,
    Origin,
    Reason,
    Refusal,
    Side,
    StopTicket,
    TimeInForce,
)
from venuesim.ledger import Ledger
from venuesim.margin import Margin, notional_limit
from venuesim.market import Market, to_step, to_tick

TRADABLE = ("TRADING", "Trading")
MOST_ORDERS = 500


class Admission:
    """Everything a gateway checks; it changes nothing but the ticket it hands on."""

    def __init__(
        self,
        ledger: Ledger,
        market: Market,
        margin: Margin,
        instruments: Mapping[str, Instrument],
        switch: Callable[[str], str],
    ) -> None:
        self._ledger = ledger
        self._market = market
        self._margin = margin
        self._instruments = instruments
        self._switch = switch

    def rules_of(self, symbol: str) -> Instrument:
        """Return the rules of a symbol that trades now."""
        rules = self._instruments.get(symbol)
        if rules is None:
            raise Refusal(Reason.UNKNOWN_SYMBOL, got=symbol)
        if rules.status not in TRADABLE:
            raise Refusal(Reason.SYMBOL_NOT_TRADING, got=rules.status)
        return rules

    def admit(self, account: str, ticket: OrderTicket) -> OrderTicket:
        """Return the ticket as the venue takes it (quantity cut or clamped), or raise `Refusal`."""
        rules = self.rules_of(ticket.symbol)
        self.check_client_id(account, ticket.symbol, ticket.client_id)
        self._check_count(account, ticket, rules)
        ticket = self._fit_quantity(ticket, rules)
        ticket = self._fit_price(ticket, rules)
        if ticket.reduce_only:
            fitted = self._fit_reduce_only(account, ticket)
            if self._asks_value(ticket):
                self._check_notional(fitted, rules)
            return fitted
        self._check_notional(ticket, rules)
        self._check_funds(account, ticket, rules)
        return ticket

    def _asks_value(self, ticket: OrderTicket) -> bool:
        """Tell whether a reduce-only order must have the least value; no source says (`bybit.md` 3.4, 3.8 110094)."""
        refuses = self._ledger.rules.attaches and self._switch("bybit.reduce_only_value") == "refuse"
        return refuses and not ticket.closes_all

    def check_client_id(self, account: str, symbol: str, client_id: str) -> None:
        """Refuse a client id that is not free (`binance.md` 4.1: against open orders; `bybit.md` 3.3: for ever)."""
        if not client_id:
            return
        if self._ledger.rules.ids_unique_for_ever:
            ever = self._switch("bybit.link_id_horizon") == "ever"
            orders = self._ledger.orders_named(account, client_id)
            stops = self._ledger.stops_named(account, client_id)
            symbols = [order.symbol for order in orders if ever or order.status.is_open]
            symbols += [stop.symbol for stop in stops if ever or stop.status.is_open]
            taken = symbol in symbols if self._switch("bybit.link_id_scope") == "symbol" else bool(symbols)
        else:
            taken = any(order.status.is_open for order in self._ledger.orders_named(account, client_id))
        if taken:
            raise Refusal(Reason.DUPLICATE_CLIENT_ID, got=client_id)

    def _check_count(self, account: str, ticket: OrderTicket, rules: Instrument) -> None:
        """Refuse one order too many in a symbol (`binance.md` 1.5 MAX_NUM_ORDERS, `bybit.md` 1.3: 500, 110020)."""
        most = int(rules.extra.get("maxNumOrders", MOST_ORDERS))
        waiting = self._ledger.orders_in(ticket.symbol)
        if len(waiting) >= most and sum(order.account == account for order in waiting) >= most:
            raise Refusal(Reason.TOO_MANY_ORDERS, limit=most)

    def _fit_quantity(self, ticket: OrderTicket, rules: Instrument) -> OrderTicket:
        fitted = to_step(ticket.quantity, rules)
        if fitted != ticket.quantity and not self._ledger.rules.truncates:
            raise Refusal(Reason.QUANTITY_STEP, got=ticket.quantity, limit=rules.step)
        if fitted < rules.min_quantity:
            raise Refusal(Reason.QUANTITY_TOO_SMALL, got=ticket.quantity, limit=rules.min_quantity)
        most = rules.market_max_quantity if ticket.kind is OrderKind.MARKET else rules.max_quantity
        if fitted > most:
            raise Refusal(Reason.QUANTITY_TOO_LARGE, got=ticket.quantity, limit=most)
        return replace(ticket, quantity=fitted)

    def _fit_price(self, ticket: OrderTicket, rules: Instrument) -> OrderTicket:
        """Hold the price to the venue's bound: Binance refuses beyond it, Bybit moves a limit (`bybit.md` 1.4)."""
        mark = self._market.prices(ticket.symbol).mark
        if ticket.kind is OrderKind.MARKET:
            best = self._market.best(ticket.symbol, ticket.side)
            if best is not None and _beyond(best[0], ticket.side, mark, rules):
                raise Refusal(Reason.NO_LIQUIDITY, got=best[0], base=mark)
            return ticket
        if to_tick(ticket.price, rules) != ticket.price:
            raise Refusal(Reason.PRICE_TICK, got=ticket.price, limit=rules.tick)
        beyond = _beyond(ticket.price, ticket.side, mark, rules)
        if beyond and self._ledger.rules.truncates:
            return replace(ticket, price=to_tick(_bound(ticket.side, mark, rules), rules))
        if beyond or not rules.min_price <= ticket.price <= rules.max_price:
            raise Refusal(Reason.PRICE_RANGE, got=ticket.price, base=mark)
        return ticket

    def _check_notional(self, ticket: OrderTicket, rules: Instrument) -> None:
        notional = ticket.quantity * self._reference(ticket)
        if notional < rules.min_notional:
            raise Refusal(Reason.NOTIONAL_TOO_SMALL, got=notional, limit=rules.min_notional)

    def _reference(self, ticket: OrderTicket) -> Decimal:
        return ticket.price or self._market.prices(ticket.symbol).mark

    def _fit_reduce_only(self, account: str, ticket: OrderTicket) -> OrderTicket:
        position = self._ledger.position(account, ticket.symbol)
        closable = -position.quantity * ticket.side.sign
        if closable <= 0:
            raise Refusal(Reason.REDUCE_ONLY_FLAT, got=position.quantity)
        if not self._ledger.rules.attaches:
            closable = self._unclaimed(account, ticket, closable)
        if ticket.quantity <= closable:
            return ticket
        if not self._ledger.rules.attaches and self._switch("binance.reduce_only_over") == "refuse":
            raise Refusal(Reason.REDUCE_ONLY_TOO_LARGE, got=ticket.quantity, limit=closable)
        return replace(ticket, quantity=closable)

    def check_propagated(self, account: str, symbol: str, now: int) -> None:
        """Refuse what is to reduce a position that this service has not heard of (`binance.md` 4.4: -2022, -4118)."""
        position = self._ledger.position(account, symbol)
        if position.opened_at + int(self._switch("binance.reduce_only_delay_us")) > now:
            blocked = self._switch("binance.reduce_only_early") == "-4118"
            raise Refusal(Reason.REDUCE_ONLY_BLOCKED if blocked else Reason.REDUCE_ONLY_FLAT, got=ZERO)

    def _unclaimed(self, account: str, ticket: OrderTicket, closable: Decimal) -> Decimal:
        """Return what resting reduce-only orders leave to this one; whether they block it is a switch.

        One observer met -4118 (`binance.md` 4.5), the code table also lists -2022 for the conflict (4.2), and er 4
        tells of orders "knocked out by a higher priority one" (3.3), which a market order is.
        """
        claimed = self._resting(account, ticket)
        answer = self._switch("binance.reduce_only_blocked") if claimed else ""
        if not claimed or (answer == "knock_out" and ticket.kind is OrderKind.MARKET):
            return closable
        if claimed >= closable:
            reason = Reason.REDUCE_ONLY_CONFLICT if answer == "-2022" else Reason.REDUCE_ONLY_BLOCKED
            raise Refusal(reason, got=ticket.quantity, limit=claimed)
        return closable - claimed

    def _resting(self, account: str, ticket: OrderTicket) -> Decimal:
        """Sum what resting reduce-only limit orders already claim of the position (`binance.md` 4.5, -4118)."""
        claims = (
            order.quantity - order.filled
            for order in self._ledger.orders_in(ticket.symbol)
            if (order.account, order.side) == (account, ticket.side)
            and order.reduce_only
            and order.kind is OrderKind.LIMIT
            and order.tif is not TimeInForce.IOC
        )
        return sum(claims, ZERO)

    def _check_funds(self, account: str, ticket: OrderTicket, rules: Instrument) -> None:
        if self._ledger.rules.attaches and self._switch("bybit.margin_refusal") == "async":
            return
        self._check_cost(account, ticket, rules, ZERO)

    def _check_cost(self, account: str, ticket: OrderTicket, rules: Instrument, held: Decimal) -> None:
        """Refuse what the account cannot bear; `held` is margin that the order itself already holds."""
        position = self._ledger.position(account, ticket.symbol)
        added = abs(position.quantity + ticket.side.sign * ticket.quantity) - abs(position.quantity)
        if added <= 0:
            return
        leverage = self._ledger.leverage(account, ticket.symbol)
        price = self._reference(ticket)
        notional = (abs(position.quantity) + added) * price
        if notional > notional_limit(rules, leverage):
            raise Refusal(Reason.RISK_LIMIT, got=notional, limit=notional_limit(rules, leverage))
        cost = added * price / leverage + ticket.quantity * price * self._ledger.rules.taker_fee
        sums = self._margin.sums(account)
        available = max(sums.balance + sums.unrealized - sums.initial + held, ZERO)
        if cost > available:
            raise Refusal(Reason.MARGIN_SHORT, got=cost, limit=available)

    def can_afford(self, account: str, ticket: OrderTicket) -> bool:
        """Tell whether a conditional order finds its margin when it fires."""
        try:
            self._check_cost(account, ticket, self._instruments[ticket.symbol], ZERO)
        except Refusal:
            return False
        return True

    def bears(self, order: OrderState) -> bool:
        """Tell whether the engine finds the margin of an accepted order when it is about to fill."""
        gateway_has_checked = not self._ledger.rules.attaches or self._switch("bybit.margin_refusal") == "sync"
        if order.origin is not Origin.CLIENT or order.reduce_only or order.filled or gateway_has_checked:
            return True
        ticket = OrderTicket(order.symbol, order.side, order.kind, order.quantity, order.price)
        try:
            held = self._margin.held_by(order)
            self._check_cost(order.account, ticket, self._instruments[order.symbol], held)
        except Refusal:
            return False
        return True

    def admit_stop(self, account: str, ticket: StopTicket) -> StopTicket:
        """Check a stop's symbol, id, count and, where it has one, its quantity."""
        rules = self.rules_of(ticket.symbol)
        self._check_stop_id(account, ticket)
        counted = [
            stop
            for stop in self._ledger.live_stops()
            if stop.account == account
            and (stop.symbol == ticket.symbol or not self._ledger.rules.stops_counted_per_symbol)
        ]
        if len(counted) >= self._ledger.rules.max_stops:
            raise Refusal(Reason.TOO_MANY_STOPS, limit=self._ledger.rules.max_stops)
        if ticket.quantity == ZERO:
            return ticket
        sized = self._fit_quantity(OrderTicket(ticket.symbol, ticket.side, ticket.kind, ticket.quantity), rules)
        return replace(ticket, quantity=sized.quantity)

    def check_trigger(self, ticket: StopTicket) -> None:
        """Check where a stop waits (`binance.md` 1.9): above zero (1.5, 4.2 -4013), and as two switches answer, on the
        tick, and no further from the mark than a limit may be.
        """
        rules, mark = self.rules_of(ticket.symbol), self._market.prices(ticket.symbol).mark
        if ticket.trigger <= 0:
            raise Refusal(Reason.PRICE_RANGE, got=ticket.trigger)
        if self._switch("binance.trigger_digits") == "tick" and to_tick(ticket.trigger, rules) != ticket.trigger:
            raise Refusal(Reason.PRICE_TICK, got=ticket.trigger, limit=rules.tick)
        beyond = not mark * rules.price_down <= ticket.trigger <= mark * rules.price_up
        if beyond and self._switch("binance.trigger_bound") == "percent_price":
            raise Refusal(Reason.PRICE_RANGE, got=ticket.trigger, base=mark)

    def _check_stop_id(self, account: str, ticket: StopTicket) -> None:
        if self._ledger.rules.ids_unique_for_ever:
            self.check_client_id(account, ticket.symbol, ticket.client_id)
            return
        named = self._ledger.stops_named(account, ticket.client_id) if ticket.client_id else []
        doubled = any(stop.status.is_open for stop in named)
        if doubled and self._switch("binance.duplicate_algo") != "accept":
            raise Refusal(Reason.DUPLICATE_CLIENT_ID, got=ticket.client_id)


def _bound(side: Side, mark: Decimal, rules: Instrument) -> Decimal:
    """Return the percent bound of a side (`binance.md` 1.5: BUY <= mark * up, SELL >= mark * down)."""
    return mark * (rules.price_up if side is Side.BUY else rules.price_down)


def _beyond(price: Decimal, side: Side, mark: Decimal, rules: Instrument) -> bool:
    return (price - _bound(side, mark, rules)) * side.sign > 0
