"""The vocabulary of the truth: what an order, a stop, a position is, and the facts that say how each came about.

A *state* (`OrderState`, `StopState`, `PositionState`, `WalletState`) is a frozen picture of one thing at one instant.
A *fact* is a line of the book's history: it names what happened, when (microseconds since the epoch, UTC), in which
order (`seq`, contiguous from 1) and in which event of the venue (`event`: all facts of one matching event share it),
and it carries the state that resulted.  Since every fact holds a whole picture, what a lagging reader sees is simply
the last picture at or before its own moment, and the judge needs nothing but the list.

Both venues share these words.  Prices, quantities, values and fees are `Decimal`; a position's quantity is signed
(long above zero).  A stop is any order that waits for a price: Binance's algo orders, Bybit's Untriggered children and
plain conditional orders.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from venuesim.words import (
    ZERO,
    Account,
    AttachedStop,
    Bracket,
    Direction,
    EndReason,
    Instrument,
    OrderKind,
    OrderStatus,
    OrderTicket,
    Origin,
    Purpose,
    Reason,
    Refusal,
    Side,
    StopScope,
    StopStatus,
    StopTicket,
    TimeInForce,
    TriggerBy,
)

__all__ = [
    "ZERO",
    "Account",
    "AttachedStop",
    "Bracket",
    "Direction",
    "EndReason",
    "Fact",
    "FillState",
    "Instrument",
    "LeverageChanged",
    "Mark",
    "OrderAccepted",
    "OrderEnded",
    "OrderFilled",
    "OrderKind",
    "OrderState",
    "OrderStatus",
    "OrderTicket",
    "Origin",
    "PositionChanged",
    "PositionState",
    "PriceChanged",
    "Purpose",
    "Reason",
    "Refusal",
    "Side",
    "StopEnded",
    "StopFired",
    "StopLive",
    "StopMoved",
    "StopScope",
    "StopState",
    "StopStatus",
    "StopTicket",
    "TimeInForce",
    "TriggerBy",
    "WalletChanged",
    "WalletState",
]


class OrderState(Struct, frozen=True):
    """One order at one instant.

    `bound` is the protective price a MARKET order stops at (`bybit.md` 3.4); `quote` the sum of price * quantity of its
    fills; `stop_id` names the stop whose child this is ("" if none).  Ids are strings on both venues: Binance's read as
    integers, Bybit's are UUIDs.  On Bybit a fired stop's order keeps the stop's id.
    """

    order_id: str
    client_id: str
    account: str
    symbol: str
    side: Side
    kind: OrderKind
    tif: TimeInForce
    quantity: Decimal
    price: Decimal
    bound: Decimal
    reduce_only: bool
    status: OrderStatus
    created_at: int
    updated_at: int
    filled: Decimal = ZERO
    quote: Decimal = ZERO
    fee: Decimal = ZERO
    end_reason: EndReason = EndReason.NONE
    origin: Origin = Origin.CLIENT
    stop_id: str = ""
    stop_loss: AttachedStop | None = None
    take_profit: AttachedStop | None = None

    @property
    def average(self) -> Decimal:
        """Return the average fill price, ZERO without fills; not rounded."""
        return self.quote / self.filled if self.filled else ZERO


class StopState(Struct, frozen=True):
    """One stop at one instant; `order_id` is the child's id once the stop has been placed in the engine, else "".

    `origin` tells whose the trigger in force is: a client's, or another hand's.
    """

    stop_id: str
    client_id: str
    account: str
    symbol: str
    side: Side
    trigger: Decimal
    trigger_by: TriggerBy
    direction: Direction
    scope: StopScope
    purpose: Purpose
    kind: OrderKind
    quantity: Decimal
    price: Decimal
    reduce_only: bool
    gives_way: bool
    status: StopStatus
    created_at: int
    updated_at: int
    triggered_at: int = 0
    order_id: str = ""
    parent_client_id: str = ""
    end_reason: EndReason = EndReason.NONE
    fail_text: str = ""
    origin: Origin = Origin.CLIENT


class PositionState(Struct, frozen=True):
    """One one-way position at one instant: signed quantity, average entry price, and what hangs on it.

    `stop_loss` and `take_profit` are the position's own triggers where the venue shows them there (`bybit.md` 1.6),
    None otherwise.  `cross_seq` is the sequence number of the last matching event on the symbol, -1 if it never traded.
    `opened_at` is 0 while flat; `created_at` is the first time ever on this symbol.
    """

    account: str
    symbol: str
    quantity: Decimal
    entry_price: Decimal
    leverage: Decimal
    realized: Decimal
    created_at: int
    opened_at: int
    updated_at: int
    cross_seq: int = -1
    liquidation_price: Decimal = ZERO
    stop_loss: Decimal | None = None
    stop_loss_by: TriggerBy = TriggerBy.LAST
    take_profit: Decimal | None = None
    take_profit_by: TriggerBy = TriggerBy.LAST


class WalletState(Struct, frozen=True):
    """An account's settled balance in USDT, without unrealised profit, and the time of its last change."""

    account: str
    balance: Decimal
    updated_at: int


class FillState(Struct, frozen=True):
    """One fill: `realized` is profit taken by it before `fee`; `leaves` what its order had left after it.

    `cross_seq` ties it to the position update of the same matching event (`bybit.md` 2.1).
    """

    fill_id: str
    order_id: str
    client_id: str
    account: str
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    realized: Decimal
    closed: Decimal
    leaves: Decimal
    maker: bool
    origin: Origin
    at: int
    cross_seq: int


class Mark(Struct, frozen=True):
    """Where a fact stands: its number, the venue event it belongs to, and its time in microseconds UTC."""

    seq: int
    event: int
    at: int


class OrderAccepted(Struct, frozen=True):
    """The venue took an order; nothing has matched yet."""

    mark: Mark
    order: OrderState


class OrderFilled(Struct, frozen=True):
    """Part or all of an order matched; `order` is its state after this fill."""

    mark: Mark
    order: OrderState
    fill: FillState


class OrderEnded(Struct, frozen=True):
    """An order ended without (further) fills: cancelled, expired or rejected."""

    mark: Mark
    order: OrderState


class PositionChanged(Struct, frozen=True):
    """A position's quantity, price, leverage or attached trigger changed."""

    mark: Mark
    position: PositionState
    before: Decimal


class StopLive(Struct, frozen=True):
    """A stop began to watch the market."""

    mark: Mark
    stop: StopState


class StopMoved(Struct, frozen=True):
    """A live stop got another trigger or quantity without ever ceasing to watch."""

    mark: Mark
    stop: StopState


class StopFired(Struct, frozen=True):
    """A stop reached TRIGGERING or TRIGGERED (`binance.md` 1.9)."""

    mark: Mark
    stop: StopState


class StopEnded(Struct, frozen=True):
    """A stop came to its end: FINISHED, CANCELED, EXPIRED or REJECTED."""

    mark: Mark
    stop: StopState


class WalletChanged(Struct, frozen=True):
    """An account's settled balance changed."""

    mark: Mark
    wallet: WalletState


class LeverageChanged(Struct, frozen=True):
    """The leverage of a symbol was set on an account."""

    mark: Mark
    account: str
    symbol: str
    leverage: Decimal


class PriceChanged(Struct, frozen=True):
    """Mark and last price of a symbol, as the venue holds them from now on."""

    mark: Mark
    symbol: str
    mark_price: Decimal
    last_price: Decimal


Fact: TypeAlias = (
    OrderAccepted
    | OrderFilled
    | OrderEnded
    | PositionChanged
    | StopLive
    | StopMoved
    | StopFired
    | StopEnded
    | WalletChanged
    | LeverageChanged
    | PriceChanged
)
