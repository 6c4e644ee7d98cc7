"""The events of the user data stream, read into types as `wire` reads replies (binance.md 3.3).

Their keys are single letters, and a capital is another field than its small letter. Every field may be missing.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct, field

from seawall.venues.binance.wire import NOTHING, Amount, Failure, Id, Number, Text


class Head(Struct, frozen=True):
    """What tells the kind of a frame: an event, one wrapped by its stream, or the answer to a request of ours."""

    event: Text = field(name="e", default=None)
    stream: Text = None
    data: msgspec.Raw = field(default_factory=msgspec.Raw)
    error: Failure | None = None


class OrderNews(Struct, frozen=True):
    """The field `o` of ORDER_TRADE_UPDATE (binance.md 3.3)."""

    symbol: Text = field(name="s", default=None)
    client_order_id: Text = field(name="c", default=None)
    side: Text = field(name="S", default=None)
    quantity: Amount = field(name="q", default=NOTHING)
    average: Amount = field(name="ap", default=NOTHING)
    execution: Text = field(name="x", default=None)
    status: Text = field(name="X", default=None)
    order_id: Id = field(name="i", default=None)
    last_quantity: Amount = field(name="l", default=NOTHING)
    filled: Amount = field(name="z", default=NOTHING)
    last_price: Amount = field(name="L", default=NOTHING)
    fee_asset: Text = field(name="N", default=None)
    fee: Amount = field(name="n", default=NOTHING)
    at: Number = field(name="T", default=None)
    trade_id: Id = field(name="t", default=None)
    reduce_only: bool | None = field(name="R", default=None)
    expiry_reason: Id = field(name="er", default=None)
    profit: Amount = field(name="rp", default=NOTHING)


class OrderEvent(Struct, frozen=True):
    """ORDER_TRADE_UPDATE."""

    order: OrderNews = field(name="o")
    at: Number = field(name="T", default=None)


class PositionNews(Struct, frozen=True):
    """A row of `P` in ACCOUNT_UPDATE (binance.md 3.3)."""

    symbol: Text = field(name="s", default=None)
    amount: Amount = field(name="pa", default=NOTHING)
    entry_price: Amount = field(name="ep", default=NOTHING)
    position_side: Text = field(name="ps", default=None)


class AccountNews(Struct, frozen=True):
    """The field `a` of ACCOUNT_UPDATE; only what has changed (binance.md 3.3)."""

    positions: tuple[PositionNews, ...] | None = field(name="P", default=None)


class AccountEvent(Struct, frozen=True):
    """ACCOUNT_UPDATE."""

    account: AccountNews = field(name="a")
    at: Number = field(name="T", default=None)


class AlgoNews(Struct, frozen=True):
    """The field `o` of ALGO_UPDATE (binance.md 3.3); `order_id` is "" until the stop has been placed in the engine."""

    client_algo_id: Text = field(name="caid", default=None)
    algo_id: Id = field(name="aid", default=None)
    symbol: Text = field(name="s", default=None)
    side: Text = field(name="S", default=None)
    order_type: Text = field(name="o", default=None)
    quantity: Amount = field(name="q", default=NOTHING)
    status: Text = field(name="X", default=None)
    order_id: Id = field(name="ai", default=None)
    trigger: Amount = field(name="tp", default=NOTHING)
    working_type: Text = field(name="wt", default=None)
    close_position: bool | None = field(name="cp", default=None)
    failure: Text = field(name="rm", default=None)


class AlgoEvent(Struct, frozen=True):
    """ALGO_UPDATE."""

    order: AlgoNews = field(name="o")
    at: Number = field(name="T", default=None)


class TradeEvent(Struct, frozen=True):
    """TRADE_LITE: a trade and nothing else (binance.md 3.3)."""

    symbol: Text = field(name="s", default=None)
    client_order_id: Text = field(name="c", default=None)
    side: Text = field(name="S", default=None)
    last_price: Amount = field(name="L", default=NOTHING)
    last_quantity: Amount = field(name="l", default=NOTHING)
    trade_id: Id = field(name="t", default=None)
    order_id: Id = field(name="i", default=None)
    at: Number = field(name="T", default=None)


class LeverageNews(Struct, frozen=True):
    """The field `ac` of ACCOUNT_CONFIG_UPDATE (binance.md 3.3)."""

    symbol: Text = field(name="s", default=None)
    leverage: Amount = field(name="l", default=NOTHING)


class ConfigEvent(Struct, frozen=True):
    """ACCOUNT_CONFIG_UPDATE; without `ac` it is about multi-assets margin."""

    leverage: LeverageNews | None = field(name="ac", default=None)
