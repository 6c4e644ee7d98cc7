"""The truth of one venue: accounts, orders, stops, positions and prices, and every change of them as history.

The parts each hold one theory: `admission` the gateway, `matching` the engine, `stops` the waiting orders, `margin`
what positions cost, `market` the prices.  The book ties them together, answers the dialects (`dialects.port.BookPort`)
and offers what only a simulator can: prices set, what the venue forces (`forced`), what the owner does (`hands`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from venuesim.admission import Admission
from venuesim.agenda import Agenda
from venuesim.chance import Chance
from venuesim.facts import (
    Account,
    AttachedStop,
    EndReason,
    Instrument,
    OrderState,
    OrderStatus,
    OrderTicket,
    PositionState,
    Purpose,
    Reason,
    Refusal,
    StopState,
    StopStatus,
    StopTicket,
    TriggerBy,
)
from venuesim.forced import Forced
from venuesim.hands import Desk, Hands
from venuesim.history import History
from venuesim.ledger import Ledger
from venuesim.margin import Margin
from venuesim.market import Market, to_step
from venuesim.matching import FillPlan, Matching, Watchers
from venuesim.resting import Resting
from venuesim.rules import RULES
from venuesim.stops import Stops


class Setting(Struct, frozen=True):
    """What a book is made of: venue, catalogue, start, the shared agenda, the draws and the settled switches."""

    venue: str
    instruments: Mapping[str, Instrument]
    start: int
    agenda: Agenda
    chance: Chance
    switches: Mapping[str, str]


class Book:
    """One venue's truth; see the module's words."""

    def __init__(self, setting: Setting) -> None:
        switch: Callable[[str], str] = setting.switches.__getitem__
        self.instruments = setting.instruments
        self.rules = RULES[setting.venue]
        self.ledger = Ledger(self.rules, setting.chance, setting.instruments)
        self.market = Market(setting.instruments, setting.start)
        self.margin = Margin(self.ledger, self.market, setting.instruments)
        self._admission = Admission(self.ledger, self.market, self.margin, setting.instruments, switch)
        self._matching = Matching(
            self.ledger,
            self.market,
            self.margin,
            setting.instruments,
            setting.agenda,
            lambda: int(switch("match_latency_us")),
        )
        self.stops = Stops(self.ledger, self.market, self._matching, self._admission, setting.agenda, switch)
        self._resting = Resting(self.ledger, self.market, self._matching, switch)
        self._matching.watchers = Watchers(
            filled=self._after_fill, rested=self.stops.child_rests, ended=self.stops.child_ended
        )
        self._matching.bears = self._admission.bears
        self.forced = Forced(self.ledger, self.market, self._matching, self._to_step, switch)
        self.hands = Hands(Desk(self.ledger, self.market, self._admission, self._matching, self.stops, self.forced))
        self._burns = self.rules.truncates and switch("bybit.refused_id") == "burned"
        self._burned: dict[tuple[str, str], None] = {}
        self._plan: FillPlan | None = None
        self._note_first_prices(setting.start)

    def _note_first_prices(self, start: int) -> None:
        self.ledger.begin_event()
        for symbol in self.instruments:
            prices = self.market.prices(symbol)
            self.ledger.change_price(symbol, prices.mark, prices.last, start)

    @property
    def history(self) -> History:
        """Every fact so far; the judge and the views read only this."""
        return self.ledger.history

    def _to_step(self, symbol: str, quantity: Decimal) -> Decimal:
        """Cut a quantity to the symbol's step, one step at least."""
        rules = self.instruments[symbol]
        return to_step(quantity, rules) or rules.step

    def _after_fill(self, order: OrderState, before: PositionState, now: int) -> None:
        self.stops.after_fill(order, before, now)
        self._resting.after_fill(order, before, now)

    # --- accounts

    def open_account(self, account: Account, balance: Decimal, now: int) -> None:
        """Open an account with a settled balance in USDT; ValueError if the name or key is taken."""
        for other in self.ledger.accounts.values():
            if account.name == other.name or account.key == other.key:
                message = f"account {account.name}: name or key is already taken by {other.name}"
                raise ValueError(message)
        self.ledger.accounts[account.name] = account
        self.ledger.begin_event()
        self.ledger.change_wallet(account.name, balance, now)

    def deposit(self, account: str, amount: Decimal, now: int) -> None:
        """Add to (or with a negative amount take from) an account's balance."""
        self.ledger.begin_event()
        self.ledger.change_wallet(account, self.ledger.wallet(account).balance + amount, now)

    def set_hedge(self, account: str, *, hedge: bool) -> None:
        """Change an account's position mode."""
        self.ledger.accounts[account] = replace(self.ledger.accounts[account], hedge=hedge)

    # --- what dialects ask

    def submit(self, account: str, ticket: OrderTicket, now: int) -> OrderState:
        """Accept an order (status NEW), to be matched at `matched_at`; raises `Refusal`."""
        try:
            self._check_unburned(account, ticket.client_id)
            admitted = self._admission.admit(account, ticket)
            if ticket.reduce_only and not self.rules.attaches:
                self._admission.check_propagated(account, ticket.symbol, now)
            self.stops.full.check_attached(admitted)
        except Refusal:
            if self._burns:
                self._burned[(account, ticket.client_id)] = None
            raise
        plan, self._plan = self._plan, None
        self.ledger.begin_event()
        return self._matching.accept(account, admitted, now, plan=plan)

    def _check_unburned(self, account: str, client_id: str) -> None:
        if client_id and (account, client_id) in self._burned:
            raise Refusal(Reason.DUPLICATE_CLIENT_ID, got=client_id)

    def plan_fills(self, plan: FillPlan | None) -> None:
        """Choose how the next submitted order fills (a fault's doing); None takes the choice back."""
        self._plan = plan

    @property
    def has_plan(self) -> bool:
        """Tell whether a chosen fill plan still waits for an order to be accepted."""
        return self._plan is not None

    def matched_at(self, order_id: str) -> int:
        """Tell when the first matching of this order is or was due; KeyError for an unknown id."""
        return self._matching.matched_at(order_id)

    def cancel(self, account: str, symbol: str, order_id: str, now: int) -> OrderState:
        """Cancel an open order; ORDER_UNKNOWN if this account has none such."""
        order = self.ledger.orders.get(order_id)
        if order is None or (order.account, order.symbol) != (account, symbol) or not order.status.is_open:
            raise Refusal(Reason.ORDER_UNKNOWN, got=order_id)
        self.ledger.begin_event()
        return self._matching.end(order, OrderStatus.CANCELED, EndReason.BY_USER, now)

    def place_stop(self, account: str, ticket: StopTicket, now: int) -> StopState:
        """Accept a stop, live at once; raises `Refusal`."""
        return self.stops.place(account, ticket, now)

    def cancel_stop(self, account: str, stop_id: str, now: int) -> StopState:
        """Cancel a LIVE stop; STOP_UNKNOWN otherwise."""
        return self.stops.cancel(account, stop_id, now)

    def amend_stop(self, account: str, stop_id: str, trigger: Decimal, now: int) -> StopState:
        """Move a LIVE stop without a gap; raises `Refusal`."""
        return self.stops.amend(account, stop_id, trigger, now)

    def set_position_stop(
        self,
        account: str,
        symbol: str,
        stop_loss: Decimal | None,
        take_profit: Decimal | None,
        stop_loss_by: TriggerBy,
        take_profit_by: TriggerBy,
        now: int,
    ) -> PositionState:
        """Upsert Bybit's Full stop and take-profit: None leaves one as it is, ZERO removes it; raises `Refusal`."""
        wanted = (
            (Purpose.STOP, None if stop_loss is None else AttachedStop(stop_loss, stop_loss_by)),
            (Purpose.TAKE_PROFIT, None if take_profit is None else AttachedStop(take_profit, take_profit_by)),
        )
        return self.stops.full.set_position_stops(account, symbol, wanted, now)

    def set_leverage(self, account: str, symbol: str, leverage: Decimal, now: int) -> Decimal:
        """Set the leverage; LEVERAGE_TOO_HIGH beyond the bracket of the position, NOT_MODIFIED on Bybit if equal."""
        rules = self._admission.rules_of(symbol)
        if not 1 <= leverage <= rules.max_leverage:
            raise Refusal(Reason.LEVERAGE_TOO_HIGH, got=leverage, limit=rules.max_leverage)
        if leverage == self.ledger.leverage(account, symbol):
            if self.rules.attaches:
                raise Refusal(Reason.NOT_MODIFIED, got=leverage)
            return leverage
        self.ledger.begin_event()
        self.ledger.change_leverage(account, symbol, leverage, now)
        return leverage

    def order_by_id(self, order_id: str) -> OrderState | None:
        """Return an order's newest state."""
        return self.ledger.orders.get(order_id)

    def orders_named(self, account: str, client_id: str) -> list[OrderState]:
        """Return the orders under this client id, oldest first."""
        return self.ledger.orders_named(account, client_id)

    def stop_by_id(self, stop_id: str) -> StopState | None:
        """Return a stop's newest state."""
        return self.ledger.stops.get(stop_id)

    def stops_named(self, account: str, client_id: str) -> list[StopState]:
        """Return the stops under this client id, oldest first."""
        return self.ledger.stops_named(account, client_id)

    def open_orders(self, account: str, symbol: str | None) -> list[OrderState]:
        """Return the open orders of an account, oldest first."""
        known = self.ledger.live_orders() if symbol is None else self.ledger.orders_in(symbol)
        return [order for order in known if order.account == account]

    def open_stops(self, account: str, symbol: str | None) -> list[StopState]:
        """Return the stops of an account that have not ended, oldest first."""
        return [s for s in self.ledger.live_stops() if s.account == account and symbol in (None, s.symbol)]

    def position(self, account: str, symbol: str) -> PositionState:
        """Return the position; a flat one is a state too."""
        return self.ledger.position(account, symbol)

    def leverage(self, account: str, symbol: str) -> Decimal:
        """Return the leverage in force."""
        return self.ledger.leverage(account, symbol)

    # --- what only a simulator can do

    def set_price(self, symbol: str, mark: Decimal | None, last: Decimal | None, now: int) -> None:
        """Move one or both prices, and let follow what follows: liquidation, stops, resting orders."""
        prices = self.market.move(symbol, mark, last, now)
        self.ledger.begin_event()
        self.ledger.change_price(symbol, prices.mark, prices.last, now)
        self._liquidate_on(symbol, now)
        self.stops.price_moved(symbol, now)
        self._resting.price_moved(symbol, now)

    def _liquidate_on(self, symbol: str, now: int) -> None:
        for position in self.ledger.positions_in(symbol):
            if position.quantity and self.margin.is_bankrupt(position.account):
                self.forced.liquidate(position.account, symbol, now)

    def end_stop(
        self, stop_id: str, reason: EndReason, now: int, status: StopStatus = StopStatus.CANCELED
    ) -> StopState:
        """End any open stop: by another hand (BY_USER) or by the venue itself (BY_SYSTEM); KeyError if unknown."""
        stop = self.ledger.stops[stop_id]
        if not stop.status.is_open:
            message = f"stop {stop_id}: expected an open one, got {stop.status}"
            raise ValueError(message)
        return self.stops.end(stop, status, reason, now)
