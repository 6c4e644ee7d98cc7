"""The newest state of every thing, and the one place where the truth is changed: each change is a fact in the history.

Nothing is ever mutated: a thing changes by getting another frozen state, and the fact that carries that state is
appended in the same breath, so that the history alone can rebuild the ledger.  Facts of one matching event share an
event number and a cross sequence number (`bybit.md` 2.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec.structs import replace

from venuesim.chance import Chance
from venuesim.facts import (
    ZERO,
    Account,
    Fact,
    FillState,
    Instrument,
    LeverageChanged,
    Mark,
    OrderAccepted,
    OrderEnded,
    OrderFilled,
    OrderState,
    PositionChanged,
    PositionState,
    PriceChanged,
    StopEnded,
    StopFired,
    StopLive,
    StopMoved,
    StopState,
    WalletChanged,
    WalletState,
)
from venuesim.history import History
from venuesim.rules import Rules

FIRST_ID = {"order": 88_000_000_000, "stop": 1_000_000_033_000_000, "fill": 500_000_000}
SMALLEST = Decimal("1e-12")


def tidy(value: Decimal) -> Decimal:
    """Cut a computed price to twelve decimals, without trailing zeros and without an exponent."""
    cut = value.quantize(SMALLEST).normalize()
    return cut.quantize(Decimal(1)) if cut == cut.to_integral_value() else cut


class Ledger:
    """Newest states by key, and the history they come from."""

    def __init__(self, rules: Rules, chance: Chance, instruments: Mapping[str, Instrument]) -> None:
        self.rules = rules
        self._instruments = instruments
        self.history = History()
        self.accounts: dict[str, Account] = {}
        self.orders: dict[str, OrderState] = {}
        self.stops: dict[str, StopState] = {}
        self._live_orders: dict[str, None] = {}
        self._live_in: dict[str, dict[str, None]] = {}
        self._live_stops: dict[str, None] = {}
        self._positions: dict[str, dict[str, PositionState]] = {}
        self._wallets: dict[str, WalletState] = {}
        self._leverages: dict[tuple[str, str], Decimal] = {}
        self._named: dict[tuple[str, str, str], list[str]] = {}
        self._chance = chance
        self._event = 0
        self._ids: dict[str, int] = {}

    # --- reading

    def live_orders(self) -> list[OrderState]:
        """Return the open orders of all accounts, oldest first."""
        return [self.orders[order_id] for order_id in self._live_orders]

    def orders_in(self, symbol: str) -> list[OrderState]:
        """Return the open orders of all accounts in a symbol, oldest first."""
        return [self.orders[order_id] for order_id in self._live_in.get(symbol, ())]

    def live_stops(self) -> list[StopState]:
        """Return the stops of all accounts that have not ended, oldest first."""
        return [self.stops[stop_id] for stop_id in self._live_stops]

    def orders_named(self, account: str, client_id: str) -> list[OrderState]:
        """Return the orders of this account under this client id, oldest first."""
        return [self.orders[order_id] for order_id in self._named.get(("order", account, client_id), [])]

    def stops_named(self, account: str, client_id: str) -> list[StopState]:
        """Return the stops of this account under this client id, oldest first."""
        return [self.stops[stop_id] for stop_id in self._named.get(("stop", account, client_id), [])]

    def position(self, account: str, symbol: str) -> PositionState:
        """Return the position, flat if never traded."""
        known = self._positions.get(account, {}).get(symbol)
        return known or flat_position(account, symbol, self.leverage(account, symbol))

    def positions(self, account: str) -> list[PositionState]:
        """Return the positions of an account ever touched, flat ones included, by symbol."""
        held = self._positions.get(account, {})
        return [held[symbol] for symbol in sorted(held)]

    def positions_in(self, symbol: str) -> list[PositionState]:
        """Return every account's position in a symbol, flat ones included, in the order the accounts first traded."""
        return [held[symbol] for held in self._positions.values() if symbol in held]

    def wallet(self, account: str) -> WalletState:
        """Return the settled balance; KeyError for an unknown account."""
        return self._wallets[account]

    def leverage(self, account: str, symbol: str) -> Decimal:
        """Return the leverage in force."""
        return self._leverages.get((account, symbol)) or self.default_leverage(symbol)

    def default_leverage(self, symbol: str) -> Decimal:
        """Return the leverage of a symbol where none was set: the venue's usual one, within the first bracket."""
        return min(self.rules.default_leverage, self._instruments[symbol].max_leverage)

    # --- numbering

    def begin_event(self) -> int:
        """Start a new venue event: the facts noted until the next call belong together."""
        self._event += 1
        return self._event

    @property
    def cross_seq(self) -> int:
        """The number that ties a fill to its position update."""
        return self._event

    def new_id(self, kind: str) -> str:
        """Return the next id of a kind ("order", "stop", "fill"): a number on Binance, a UUID on Bybit."""
        count = self._ids[kind] = self._ids.get(kind, 0) + 1
        if self.rules.venue == "binance":
            return str(FIRST_ID[kind] + count)
        text = self._chance.hex(32, kind, count)
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    # --- writing

    def _mark(self, at: int) -> Mark:
        return Mark(seq=len(self.history) + 1, event=self._event, at=at)

    def _write(self, fact: Fact) -> None:
        self.history.append(fact)

    def accept_order(self, order: OrderState) -> OrderState:
        """Note a new order."""
        self.orders[order.order_id] = order
        self._live_orders[order.order_id] = None
        self._live_in.setdefault(order.symbol, {})[order.order_id] = None
        self._named.setdefault(("order", order.account, order.client_id), []).append(order.order_id)
        self._write(OrderAccepted(self._mark(order.created_at), order))
        return order

    def fill_order(self, order: OrderState, fill: FillState) -> OrderState:
        """Note a fill; `order` is the state after it."""
        self.orders[order.order_id] = order
        if not order.status.is_open:
            self._forget_order(order)
        self._write(OrderFilled(self._mark(fill.at), order, fill))
        return order

    def end_order(self, order: OrderState) -> OrderState:
        """Note an order's end without a fill."""
        self.orders[order.order_id] = order
        self._forget_order(order)
        self._write(OrderEnded(self._mark(order.updated_at), order))
        return order

    def _forget_order(self, order: OrderState) -> None:
        self._live_orders.pop(order.order_id, None)
        self._live_in[order.symbol].pop(order.order_id, None)

    def start_stop(self, stop: StopState) -> StopState:
        """Note a stop that begins to watch."""
        self.stops[stop.stop_id] = stop
        self._live_stops[stop.stop_id] = None
        self._named.setdefault(("stop", stop.account, stop.client_id), []).append(stop.stop_id)
        self._write(StopLive(self._mark(stop.updated_at), stop))
        return stop

    def change_stop(self, stop: StopState) -> StopState:
        """Note a moved, fired or ended stop; which of them follows from its status."""
        self.stops[stop.stop_id] = stop
        mark = self._mark(stop.updated_at)
        if not stop.status.is_open:
            self._live_stops.pop(stop.stop_id, None)
            self._write(StopEnded(mark, stop))
        elif stop.status.value == "LIVE":
            self._write(StopMoved(mark, stop))
        else:
            self._write(StopFired(mark, stop))
        return stop

    def change_position(self, position: PositionState) -> PositionState:
        """Note a position's new state."""
        held = self._positions.setdefault(position.account, {})
        before = held[position.symbol].quantity if position.symbol in held else ZERO
        held[position.symbol] = position
        self._write(PositionChanged(self._mark(position.updated_at), position, before))
        return position

    def change_wallet(self, account: str, balance: Decimal, at: int) -> None:
        """Note a new settled balance."""
        wallet = WalletState(account, balance, at)
        self._wallets[account] = wallet
        self._write(WalletChanged(self._mark(at), wallet))

    def change_leverage(self, account: str, symbol: str, leverage: Decimal, at: int) -> None:
        """Note a leverage, and carry it onto a position that exists."""
        self._leverages[(account, symbol)] = leverage
        self._write(LeverageChanged(self._mark(at), account, symbol, leverage))
        known = self._positions.get(account, {}).get(symbol)
        if known is not None:
            self.change_position(replace(known, leverage=leverage, updated_at=at))

    def change_price(self, symbol: str, mark_price: Decimal, last_price: Decimal, at: int) -> None:
        """Note new prices."""
        self._write(PriceChanged(self._mark(at), symbol, mark_price, last_price))


def flat_position(account: str, symbol: str, leverage: Decimal) -> PositionState:
    """Return the position of a symbol that was never traded."""
    return PositionState(
        account=account,
        symbol=symbol,
        quantity=ZERO,
        entry_price=ZERO,
        leverage=leverage,
        realized=ZERO,
        created_at=0,
        opened_at=0,
        updated_at=0,
    )
