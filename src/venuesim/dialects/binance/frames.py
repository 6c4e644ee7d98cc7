"""The events of the user stream, made of facts (binance.md 3.3).

``E`` is when the event left the service, ``T`` when the engine did what it tells, both in venue milliseconds. Which
events a fact makes, and in which order a reader meets them, is ``stream``'s affair: here is only what each looks like.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from venuesim.dialects.binance.jsonwire import encode, text
from venuesim.dialects.binance.rows import (
    PROTECTION,
    Row,
    average_of,
    closes_position,
    milliseconds,
    stop_quantity,
    stop_status,
    stop_time,
    stop_type,
    time_in_force,
    working_type,
)
from venuesim.dialects.binance.sums import money
from venuesim.facts import EndReason, OrderStatus

if TYPE_CHECKING:
    from venuesim.facts import FillState, OrderState, PositionState, StopState, WalletState

EXPIRY_REASONS: Final = {
    EndReason.NONE: "0",
    EndReason.IOC_REMAINDER: "2",
    EndReason.REDUCE_ONLY: "4",
    EndReason.LIQUIDATION: "5",
    EndReason.POSITION_CLOSED: "6",
    EndReason.BOOK_EXHAUSTED: "9",
}
"""The field ``er`` (binance.md 3.3); a reason without a number of its own is "0"."""

_EXECUTIONS: Final = {
    OrderStatus.NEW: "NEW",
    OrderStatus.CANCELED: "CANCELED",
    OrderStatus.EXPIRED: "EXPIRED",
    OrderStatus.REJECTED: "EXPIRED",
}


def frame(event: Row) -> str:
    """An event as the text of a raw frame."""
    return encode(event).decode()


def order_update(order: OrderState, at: int, *, original: str, trigger: Decimal) -> Row:
    """ORDER_TRADE_UPDATE without a trade: x is NEW, CANCELED or EXPIRED, t is 0, no N and n (binance.md 3.3).

    ``original`` is the order type first asked for (a fired stop's), ``trigger`` its price or zero.
    """
    return _order_event(order, at, _order_fields(order, _EXECUTIONS[order.status], original, trigger))


def adl_accepted(order: OrderState, at: int) -> Row:
    """The NEW of an auto-deleveraging order, which one client's fixtures spell NEW_ADL (binance.md 3.3)."""
    event = order_update(order, at, original=order.kind.value, trigger=Decimal(0))
    fields = {**_order_fields(order, "NEW", order.kind.value, Decimal(0)), "X": "NEW_ADL"}
    return {**event, "o": fields}


def trade_update(
    order: OrderState, fill: FillState, at: int, *, original: str, trigger: Decimal, execution: str = "TRADE"
) -> Row:
    """ORDER_TRADE_UPDATE of a fill: x is TRADE, with last price, quantity, fee and realized profit (binance.md 3.3)."""
    fields = _order_fields(order, execution, original, trigger)
    fields |= {
        "l": text(fill.quantity),
        "L": text(fill.price),
        "N": "USDT",
        "n": text(fill.fee),
        "T": milliseconds(fill.at),
        "t": int(fill.fill_id),
        "m": fill.maker,
        "rp": text(fill.realized),
    }
    return _order_event(order, at, fields)


def _order_event(order: OrderState, at: int, fields: Row) -> Row:
    return {
        "e": "ORDER_TRADE_UPDATE",
        "T": milliseconds(order.updated_at),
        "E": milliseconds(at),
        "o": fields,
    }


def _order_fields(order: OrderState, execution: str, original: str, trigger: Decimal) -> Row:
    return {
        "s": order.symbol,
        "c": order.client_id,
        "S": order.side.value,
        "o": order.kind.value,
        "f": time_in_force(order),
        "q": text(order.quantity),
        "p": text(order.price),
        "ap": average_of(order) if order.filled else "0",
        "sp": text(trigger),
        "x": execution,
        "X": order.status.value if order.status is not OrderStatus.REJECTED else "EXPIRED",
        "i": int(order.order_id),
        "l": "0",
        "z": text(order.filled),
        "L": "0",
        "T": milliseconds(order.updated_at),
        "t": 0,
        "b": "0",
        "a": "0",
        "m": False,
        "R": order.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": original,
        "ps": "BOTH",
        "cp": False,
        "rp": "0",
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": PROTECTION,
        "pm": "NONE",
        "gtd": 0,
        "er": EXPIRY_REASONS.get(order.end_reason, "0"),
    }


def trade_lite(order: OrderState, fill: FillState, at: int) -> Row:
    """TRADE_LITE: a trade alone, no status, no cumulative quantity (binance.md 3.3)."""
    return {
        "e": "TRADE_LITE",
        "E": milliseconds(at),
        "T": milliseconds(fill.at),
        "s": fill.symbol,
        "q": text(order.quantity),
        "p": text(order.price),
        "m": fill.maker,
        "c": fill.client_id,
        "S": fill.side.value,
        "L": text(fill.price),
        "l": text(fill.quantity),
        "t": int(fill.fill_id),
        "i": int(fill.order_id),
    }


def account_update(
    wallet: WalletState | None, position: PositionState | None, unrealized: Decimal, reason: str, at: int, done: int
) -> Row:
    """ACCOUNT_UPDATE with the changed balance and position; ``done`` is the engine's time, ``reason`` its field m."""
    balances = [] if wallet is None else [_balance(wallet)]
    positions = [] if position is None else [_position(position, unrealized)]
    return {
        "e": "ACCOUNT_UPDATE",
        "T": milliseconds(done),
        "E": milliseconds(at),
        "a": {"B": balances, "P": positions, "m": reason},
    }


def _balance(wallet: WalletState) -> Row:
    """``bc``, the change of balance except by profit and fee, is "0" for a trade (binance.md 3.3)."""
    return {"a": "USDT", "wb": money(wallet.balance), "cw": money(wallet.balance), "bc": "0"}


def _position(position: PositionState, unrealized: Decimal) -> Row:
    """A changed position, with ``ma`` as live frames have it (binance.md 3.3)."""
    return {
        "s": position.symbol,
        "pa": text(position.quantity),
        "ep": text(position.entry_price),
        "cr": text(position.realized),
        "up": money(unrealized),
        "mt": "cross",
        "iw": "0",
        "ps": "BOTH",
        "ma": "USDT",
        "bep": text(position.entry_price),
    }


def algo_update(stop: StopState, child: OrderState | None, at: int) -> Row:
    """ALGO_UPDATE; ``act``, ``ap`` and ``aq`` only after the trigger, ``rm`` only on a refusal (binance.md 3.3)."""
    fields: Row = {
        "caid": stop.client_id,
        "aid": int(stop.stop_id),
        "at": "CONDITIONAL",
        "o": stop_type(stop),
        "s": stop.symbol,
        "S": stop.side.value,
        "ps": "BOTH",
        "f": stop_time(stop),
        "q": stop_quantity(stop),
        "X": stop_status(stop),
        "ai": stop.order_id,
    }
    if child is not None:
        fields |= {"ap": average_of(child), "aq": text(child.filled), "act": child.kind.value}
    fields |= {
        "tp": text(stop.trigger),
        "p": text(stop.price),
        "V": PROTECTION,
        "wt": working_type(stop),
        "pm": "NONE",
        "cp": closes_position(stop),
        "pP": False,
        "R": stop.reduce_only,
        "tt": milliseconds(stop.triggered_at),
        "gtd": 0,
    }
    if stop.fail_text:
        fields["rm"] = stop.fail_text
    return {"e": "ALGO_UPDATE", "T": milliseconds(stop.updated_at), "E": milliseconds(at), "o": fields}


def leverage_update(symbol: str, leverage: Decimal, at: int) -> Row:
    """ACCOUNT_CONFIG_UPDATE of a symbol's leverage (binance.md 3.3)."""
    return {
        "e": "ACCOUNT_CONFIG_UPDATE",
        "E": milliseconds(at),
        "T": milliseconds(at),
        "ac": {"s": symbol, "l": int(leverage)},
    }


def key_expired(listen_key: str, at: int) -> Row:
    """listenKeyExpired (binance.md 3.3): the socket stays open and mute."""
    return {"e": "listenKeyExpired", "E": milliseconds(at), "listenKey": listen_key}


def mark_price_update(symbol: str, mark: Decimal, next_funding: int, at: int) -> Row:
    """The market stream's markPriceUpdate (binance.md 3.3); ``ap`` is the moving average, ``st`` 1 is USD-M."""
    return {
        "e": "markPriceUpdate",
        "E": milliseconds(at),
        "s": symbol,
        "p": money(mark),
        "ap": money(mark),
        "P": money(mark),
        "i": money(mark),
        "r": "0.00010000",
        "T": milliseconds(next_funding),
        "st": 1,
    }
