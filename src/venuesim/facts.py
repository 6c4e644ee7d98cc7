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

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

ZERO = Decimal(0)


class Side(StrEnum):
    """The side of an order or fill; BUY adds to a signed position, SELL takes from it."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """Return +1 for BUY, -1 for SELL."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        """Return the other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderKind(StrEnum):
    """How an order meets the book."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"


class TimeInForce(StrEnum):
    """What becomes of an unfilled remainder; a MARKET order behaves as IOC on both venues."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    POST_ONLY = "POST_ONLY"


class OrderStatus(StrEnum):
    """Where an order stands.  EXPIRED may hold fills (`binance.md` 4.5, `bybit.md` 3.1 calls it Cancelled)."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"

    @property
    def is_open(self) -> bool:
        """Tell whether the order may still fill."""
        return self in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


class StopStatus(StrEnum):
    """Where a stop stands, in Binance's words (`binance.md` 1.9); Bybit's Untriggered is LIVE, Deactivated CANCELED."""

    LIVE = "LIVE"
    TRIGGERING = "TRIGGERING"
    TRIGGERED = "TRIGGERED"
    FINISHED = "FINISHED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"

    @property
    def is_open(self) -> bool:
        """Tell whether the stop has not come to its end."""
        return self in (StopStatus.LIVE, StopStatus.TRIGGERING, StopStatus.TRIGGERED)


class Origin(StrEnum):
    """Who made an order: a client's request, a stop that fired, the venue itself, or another actor by hand."""

    CLIENT = "client"
    STOP = "stop"
    LIQUIDATION = "liquidation"
    ADL = "adl"
    HAND = "hand"


class EndReason(StrEnum):
    """Why an order or stop ended short of a complete fill."""

    NONE = ""
    BY_USER = "by_user"
    BOOK_EXHAUSTED = "book_exhausted"
    IOC_REMAINDER = "ioc_remainder"
    FOK_UNFILLABLE = "fok_unfillable"
    WOULD_TAKE = "would_take"
    REDUCE_ONLY = "reduce_only"
    LIQUIDATION = "liquidation"
    POSITION_CLOSED = "position_closed"
    MARGIN_SHORT = "margin_short"
    BY_SYSTEM = "by_system"
    REPLACED = "replaced"


class TriggerBy(StrEnum):
    """Which price a stop watches; LAST is Binance's CONTRACT_PRICE."""

    MARK = "MARK"
    LAST = "LAST"


class Direction(StrEnum):
    """Which way the watched price must go: at or above the trigger (RISE), at or below it (FALL)."""

    RISE = "RISE"
    FALL = "FALL"


class StopScope(StrEnum):
    """What a stop closes: the whole position, whatever its size, or a quantity of its own."""

    POSITION = "position"
    QUANTITY = "quantity"


class Purpose(StrEnum):
    """What kind of waiting order it is: loss stop, take-profit, or (Bybit) a plain conditional order."""

    STOP = "stop"
    TAKE_PROFIT = "take_profit"
    CONDITIONAL = "conditional"


@dataclass(frozen=True, slots=True)
class AttachedStop:
    """A stop that travels with an entry (`bybit.md` 3.5): it exists only on the order row until the first fill."""

    trigger: Decimal
    trigger_by: TriggerBy


@dataclass(frozen=True, slots=True)
class OrderTicket:
    """What a client asks for, already parsed; `price` is ZERO for MARKET."""

    symbol: str
    side: Side
    kind: OrderKind
    quantity: Decimal
    price: Decimal = ZERO
    tif: TimeInForce = TimeInForce.GTC
    reduce_only: bool = False
    client_id: str = ""
    stop_loss: AttachedStop | None = None
    take_profit: AttachedStop | None = None


@dataclass(frozen=True, slots=True)
class StopTicket:
    """What a client asks for when it places a stop; `side` is the side of the order it will send when it fires.

    `quantity` is ZERO for scope POSITION.  `gives_way` marks GTE_GTC behaviour: the venue expires the stop when the
    position closes (always so for scope POSITION).
    """

    symbol: str
    side: Side
    trigger: Decimal
    trigger_by: TriggerBy
    direction: Direction
    scope: StopScope
    purpose: Purpose = Purpose.STOP
    kind: OrderKind = OrderKind.MARKET
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    reduce_only: bool = True
    client_id: str = ""
    parent_client_id: str = ""
    gives_way: bool = False


@dataclass(frozen=True, slots=True)
class OrderState:
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


@dataclass(frozen=True, slots=True)
class StopState:
    """One stop at one instant; `order_id` is the child's id once the stop has been placed in the engine, else ""."""

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


@dataclass(frozen=True, slots=True)
class PositionState:
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


@dataclass(frozen=True, slots=True)
class WalletState:
    """An account's settled balance in USDT, without unrealised profit, and the time of its last change."""

    account: str
    balance: Decimal
    updated_at: int


@dataclass(frozen=True, slots=True)
class FillState:
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


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a fact stands: its number, the venue event it belongs to, and its time in microseconds UTC."""

    seq: int
    event: int
    at: int


@dataclass(frozen=True, slots=True)
class OrderAccepted:
    """The venue took an order; nothing has matched yet."""

    mark: Mark
    order: OrderState


@dataclass(frozen=True, slots=True)
class OrderFilled:
    """Part or all of an order matched; `order` is its state after this fill."""

    mark: Mark
    order: OrderState
    fill: FillState


@dataclass(frozen=True, slots=True)
class OrderEnded:
    """An order ended without (further) fills: cancelled, expired or rejected."""

    mark: Mark
    order: OrderState


@dataclass(frozen=True, slots=True)
class PositionChanged:
    """A position's quantity, price, leverage or attached trigger changed."""

    mark: Mark
    position: PositionState
    before: Decimal


@dataclass(frozen=True, slots=True)
class StopLive:
    """A stop began to watch the market."""

    mark: Mark
    stop: StopState


@dataclass(frozen=True, slots=True)
class StopMoved:
    """A live stop got another trigger or quantity without ever ceasing to watch."""

    mark: Mark
    stop: StopState


@dataclass(frozen=True, slots=True)
class StopFired:
    """A stop reached TRIGGERING or TRIGGERED (`binance.md` 1.9)."""

    mark: Mark
    stop: StopState


@dataclass(frozen=True, slots=True)
class StopEnded:
    """A stop came to its end: FINISHED, CANCELED, EXPIRED or REJECTED."""

    mark: Mark
    stop: StopState


@dataclass(frozen=True, slots=True)
class WalletChanged:
    """An account's settled balance changed."""

    mark: Mark
    wallet: WalletState


@dataclass(frozen=True, slots=True)
class LeverageChanged:
    """The leverage of a symbol was set on an account."""

    mark: Mark
    account: str
    symbol: str
    leverage: Decimal


@dataclass(frozen=True, slots=True)
class PriceChanged:
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


class Reason(StrEnum):
    """Why the book refuses; a dialect maps each to its venue's code and text, and an unmapped one is a defect."""

    UNKNOWN_SYMBOL = "unknown_symbol"
    SYMBOL_NOT_TRADING = "symbol_not_trading"
    QUANTITY_TOO_SMALL = "quantity_too_small"
    QUANTITY_TOO_LARGE = "quantity_too_large"
    QUANTITY_STEP = "quantity_step"
    PRICE_TICK = "price_tick"
    PRICE_RANGE = "price_range"
    NOTIONAL_TOO_SMALL = "notional_too_small"
    NO_LIQUIDITY = "no_liquidity"
    MARGIN_SHORT = "margin_short"
    RISK_LIMIT = "risk_limit"
    REDUCE_ONLY_FLAT = "reduce_only_flat"
    REDUCE_ONLY_TOO_LARGE = "reduce_only_too_large"
    REDUCE_ONLY_BLOCKED = "reduce_only_blocked"
    DUPLICATE_CLIENT_ID = "duplicate_client_id"
    ORDER_UNKNOWN = "order_unknown"
    STOP_UNKNOWN = "stop_unknown"
    NO_POSITION = "no_position"
    STOP_EXISTS = "stop_exists"
    WOULD_TRIGGER = "would_trigger"
    STOP_WRONG_SIDE = "stop_wrong_side"
    TOO_MANY_STOPS = "too_many_stops"
    LEVERAGE_TOO_HIGH = "leverage_too_high"
    NOT_MODIFIED = "not_modified"
    HEDGE_MODE = "hedge_mode"


class Refusal(Exception):  # noqa: N818  a refusal is the venue's answer, not an error of ours
    """The book says no.  `reason` is for the dialect's table; `facts` holds the numbers a venue text may quote.

    `facts` keys in use: ``trigger``, ``base`` (the price it was compared with), ``trigger_by``, ``side`` (of the
    position), ``limit``, ``got``; each only where it means something.
    """

    def __init__(self, reason: Reason, **facts: str | Decimal | int) -> None:
        super().__init__(f"{reason}: {facts}" if facts else str(reason))
        self.reason = reason
        self.facts: dict[str, str | Decimal | int] = facts


@dataclass(frozen=True, slots=True)
class Bracket:
    """One step of the leverage table: above `floor` up to `cap` of notional in quote."""

    floor: Decimal
    cap: Decimal
    maintenance_rate: Decimal
    max_leverage: Decimal
    cum: Decimal


@dataclass(frozen=True, slots=True)
class Instrument:
    """A symbol's rules as the venue states them (`instruments.md`); decimals keep the venue's trailing zeros.

    `take_bound` is the greatest distance of a market order from the mark, as a fraction (Binance marketTakeBound, Bybit
    priceLimitRatioX).  `extra` holds the venue's further raw fields by their wire names, for the dialect alone.
    """

    symbol: str
    base: str
    quote: str
    status: str
    tick: Decimal
    min_price: Decimal
    max_price: Decimal
    step: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    market_max_quantity: Decimal
    min_notional: Decimal
    price_up: Decimal
    price_down: Decimal
    take_bound: Decimal
    start_price: Decimal
    brackets: tuple[Bracket, ...]
    as_of: str
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def max_leverage(self) -> Decimal:
        """Return the highest leverage the first bracket grants."""
        return self.brackets[0].max_leverage


@dataclass(frozen=True, slots=True)
class Account:
    """Who trades: API key and secret, and the modes a client may read.  `uid` is the venue's own account id."""

    name: str
    key: str
    secret: str
    uid: str
    hedge: bool = False
    permissions: tuple[str, ...] = ("trade", "read")
    ips: tuple[str, ...] = ()
    opened_at: int = 0
