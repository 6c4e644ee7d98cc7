"""Reports: what a venue claims, by which source, when the venue said it happened and when we heard.

A report is a claim, not a fact: the stream may drop, repeat and reorder, a read may be seconds old, a status may
contradict its own quantity (incident I04: "closed, filled 0.0" for a filled order). What a report is worth is decided
by `sagas.evidence`, never here and never in a codec.

A field that a venue did not send is None, empty text or a zero instant as its type says, and never a guess: the reply
without a `side` that began this project is a report without a side.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from seawall.model.amounts import ZERO
from seawall.model.ids import ClientId, Side, Symbol, VenueId
from seawall.model.signal import TriggerBy
from seawall.model.times import Instant


class Source(StrEnum):
    """Who said it: the answer to an act, a read of orders, fills, positions or stops, or the stream."""

    REPLY = "reply"
    ORDER = "order"
    FILLS = "fills"
    POSITIONS = "positions"
    STOPS = "stops"
    STREAM = "stream"
    MARKET = "market"


class OrderStatus(StrEnum):
    """What has become of an order. UNTOLD: the venue acknowledged or listed it without saying."""

    UNTOLD = "untold"
    OPEN = "open"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"

    @property
    def is_terminal(self) -> bool:
        """Whether the order can fill no more, by this word."""
        return self in _TERMINAL


_TERMINAL = (OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REJECTED)


class StopStatus(StrEnum):
    """What has become of a stop, in Binance's words where they are finer (binance.md 1.9)."""

    LIVE = "live"
    TRIGGERING = "triggering"
    TRIGGERED = "triggered"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"


class FillKind(StrEnum):
    """Who made a trade: somebody's order, or the venue itself (binance.md 3.3, names beginning `autoclose-`,
    `adl_autoclose`, `settlement_autoclose-`; bybit.md, execType BustTrade, AdlTrade, Settle).
    """

    TRADE = "trade"
    LIQUIDATION = "liquidation"
    DELEVERAGING = "deleveraging"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True)
class OrderReport:
    """One order as one source shows it. `filled` is cumulative, in base currency; `average` in quote, or None.

    `client_id` is empty for an order that carries none (Bybit's stop children); `parent` then names the entry that the
    child was attached to, where the venue says so (bybit.md 3.3).
    """

    symbol: Symbol
    client_id: ClientId
    status: OrderStatus
    source: Source
    at: Instant
    venue_at: Instant = 0
    venue_id: VenueId = VenueId("")
    parent: ClientId = ClientId("")
    side: Side | None = None
    quantity: Decimal | None = None
    filled: Decimal = ZERO
    average: Decimal | None = None
    reduce_only: bool | None = None
    reason: str = ""
    kind: FillKind = FillKind.TRADE
    """Whose order it is: somebody's, or the venue's own, whose trades may come with no word of it."""
    hedge_side: Side | None = None
    """In hedge mode the side that it belongs to, BUY the long one and SELL the short one; None in one-way mode. What is
    sent against its side reduces it and can do nothing else, and is told as `reduce_only`."""


@dataclass(frozen=True, slots=True)
class FillReport:
    """One trade. `trade_id` is unique within the symbol. `client_id` is empty where the venue lists by order id."""

    symbol: Symbol
    trade_id: str
    side: Side
    quantity: Decimal
    price: Decimal
    source: Source
    at: Instant
    venue_at: Instant
    client_id: ClientId = ClientId("")
    venue_id: VenueId = VenueId("")
    fee: Decimal | None = None
    """In quote currency; None where it is not told, or is charged in another currency (Binance: BNB)."""
    seq: int = 0
    kind: FillKind = FillKind.TRADE
    profit: Decimal | None = None
    """What the venue says this trade realised, in quote currency before fees; None where it does not say."""


@dataclass(frozen=True, slots=True)
class PositionReport:
    """The net position: `amount` > 0 long, < 0 short, 0 flat. `venue_at` is the venue's time of its last change.

    `began_at` is when the read began (for the stream: when the frame came). `seq` is Bybit's cross sequence, 0 where
    there is none. `stop_loss` is the trigger shown on the position row itself: None where the venue has no such field
    (Binance), 0 where it shows none (bybit.md 1.2 lists five spellings of "nothing").
    """

    symbol: Symbol
    amount: Decimal
    source: Source
    began_at: Instant
    at: Instant
    venue_at: Instant = 0
    seq: int = 0
    entry_price: Decimal | None = None
    stop_loss: Decimal | None = None
    liquidation: Decimal | None = None
    mark: Decimal | None = None
    hedge_side: Side | None = None
    """In hedge mode the side that this is, BUY the long one and SELL the short one; None in one-way mode."""


@dataclass(frozen=True, slots=True)
class StopReport:
    """One stop at the venue. `quantity` None covers the whole position (closePosition, or Bybit's Full stop).

    `order_id` is the venue id of the child order once triggered (binance.md 1.9, actualOrderId).
    """

    symbol: Symbol
    client_id: ClientId
    status: StopStatus
    source: Source
    at: Instant
    venue_at: Instant = 0
    venue_id: VenueId = VenueId("")
    parent: ClientId = ClientId("")
    order_id: VenueId = VenueId("")
    side: Side | None = None
    trigger: Decimal | None = None
    trigger_by: TriggerBy | None = None
    quantity: Decimal | None = None
    reason: str = ""
    reduce_only: bool | None = None
    """Whether it can only reduce; None where the venue does not say. A stop that may open is an entry that waits."""
    hedge_side: Side | None = None
    """In hedge mode the side that it belongs to, as of an order."""


@dataclass(frozen=True, slots=True)
class MarkReport:
    """Prices of a symbol as one source shows them."""

    symbol: Symbol
    mark: Decimal
    last: Decimal
    at: Instant

    def watched(self, by: TriggerBy) -> Decimal:
        """The price that a stop of this kind watches."""
        return self.mark if by is TriggerBy.MARK else self.last


def mark_price(prices: MarkReport | None, position: PositionReport | None, since: Instant) -> Decimal | None:
    """The mark price as it was told since an instant: by itself, or else beside the position, as either venue tells it
    too (binance.md 1.8, bybit.md 1.6); None if it was not.
    """
    if prices is not None and prices.mark > 0 and prices.at >= since:
        return prices.mark
    return position.mark if position is not None and position.at >= since else None


@dataclass(frozen=True, slots=True)
class LeverageReport:
    """The leverage in force on a symbol, read back; `isolated` is None where the venue does not say it here."""

    symbol: Symbol
    leverage: Decimal
    isolated: bool | None = None


@dataclass(frozen=True, slots=True)
class ModesReport:
    """The account's modes, read and never changed by a signal. `account_id` is the venue's own id of the account.

    `may_withdraw` is None where the venue does not say; a key that may withdraw is refused.
    """

    hedge: bool
    may_trade: bool
    account_id: str = ""
    may_withdraw: bool | None = None
    detail: str = ""
    isolated: bool | None = None
    """The account's margin mode, where it has one for all symbols (bybit.md 1.7); None where each has its own."""
    multi_assets: bool = False
    """Whether other assets stand in for the settlement currency (binance.md 1.4)."""
    ip_bound: bool | None = None
    """Whether the key works from named addresses alone; None where the venue does not say."""
    expires_at: Instant = 0
    """When the key ends, venue time; 0 for never, or not told."""


@dataclass(frozen=True, slots=True)
class WalletReport:
    """Equity and what of it is free, in the settlement currency."""

    equity: Decimal
    available: Decimal
