"""The words of an order: sides, kinds and states, what a client asks for, why the book refuses, a symbol's rules.

Both venues share them; a dialect translates.  Prices, quantities and fractions are `Decimal`, times microseconds UTC.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct, field

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
    ADL = "adl"
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


class AttachedStop(Struct, frozen=True):
    """A stop that travels with an entry (`bybit.md` 3.5): it exists only on the order row until the first fill."""

    trigger: Decimal
    trigger_by: TriggerBy


class OrderTicket(Struct, frozen=True):
    """What a client asks for, already parsed; `price` is ZERO for MARKET.  `closes_all`: it asked for no quantity, but
    for all that is open (`bybit.md` 1.5).
    """

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
    closes_all: bool = False


class StopTicket(Struct, frozen=True):
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
    origin: Origin = Origin.CLIENT


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
    REDUCE_ONLY_CONFLICT = "reduce_only_conflict"
    DUPLICATE_CLIENT_ID = "duplicate_client_id"
    ORDER_UNKNOWN = "order_unknown"
    STOP_UNKNOWN = "stop_unknown"
    NO_POSITION = "no_position"
    STOP_EXISTS = "stop_exists"
    WOULD_TRIGGER = "would_trigger"
    STOP_WRONG_SIDE = "stop_wrong_side"
    TOO_MANY_STOPS = "too_many_stops"
    TOO_MANY_ORDERS = "too_many_orders"
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


class Bracket(Struct, frozen=True):
    """One step of the leverage table: above `floor` up to `cap` of notional in quote."""

    floor: Decimal
    cap: Decimal
    maintenance_rate: Decimal
    max_leverage: Decimal
    cum: Decimal


class Instrument(Struct, frozen=True):
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


class Account(Struct, frozen=True):
    """Who trades: API key and secret, and the modes a client may read.  `uid` is the venue's own account id."""

    name: str
    key: str
    secret: str
    uid: str
    hedge: bool = False
    permissions: tuple[str, ...] = ("trade", "read")
    ips: tuple[str, ...] = ()
    opened_at: int = 0
