"""A hand lent over the control API: what POST /hand may ask for, and how it is done."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from venuesim.exchange import Exchange
from venuesim.facts import ZERO, Purpose, Side, StopStatus, TriggerBy
from venuesim.hands import WantedLimit, WantedMove, WantedStop

Deed = Literal[
    "trade",
    "limit",
    "cancel_order",
    "cancel_stop",
    "move_stop",
    "remove_stop",
    "set_stop",
    "leave_stop",
    "liquidate",
    "deleverage",
    "deposit",
    "cut_streams",
]


class HandWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /hand."""

    do: Deed
    account: str = ""
    symbol: str = ""
    side: Side = Side.BUY
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    reduce_only: bool = False
    amount: Decimal = ZERO
    fraction: Decimal = Decimal(1)
    stop_id: str = ""
    order_id: str = ""
    trigger: Decimal = ZERO
    trigger_by: TriggerBy = TriggerBy.MARK
    purpose: Purpose = Purpose.STOP
    named: bool = True
    code: int = 1006


def lend(exchange: Exchange, wish: HandWish, now: int) -> object:
    """Do what is wished and return what came of it; raises `Refusal`, ValueError or KeyError."""
    account, symbol = wish.account, wish.symbol
    match wish.do:
        case "trade":
            return exchange.trade_by_hand(account, symbol, wish.side, wish.quantity, now)
        case "limit":
            limit = WantedLimit(wish.side, wish.quantity, wish.price, wish.reduce_only)
            return exchange.limit_by_hand(account, symbol, limit, now)
        case "cancel_order":
            return exchange.cancel_order_by_hand(account, symbol, wish.order_id, now)
        case "liquidate":
            return exchange.liquidate(account, symbol, now)
        case "deleverage":
            return exchange.deleverage(account, symbol, wish.fraction, now)
        case "deposit":
            exchange.deposit(account, wish.amount, now)
            return {"balance": exchange.book.ledger.wallet(account).balance}
        case "cut_streams":
            return {"cut": exchange.cut_streams(now, wish.code)}
        case _:
            return _lend_to_stops(exchange, wish, now)


def _lend_to_stops(exchange: Exchange, wish: HandWish, now: int) -> object:
    account, symbol = wish.account, wish.symbol
    match wish.do:
        case "move_stop":
            return exchange.move_stop_by_hand(account, symbol, WantedMove(wish.trigger, wish.purpose, wish.named), now)
        case "remove_stop":
            return exchange.remove_stop_by_hand(account, symbol, now, purpose=wish.purpose)
        case "set_stop":
            wanted = WantedStop(wish.trigger, wish.purpose, wish.quantity, wish.trigger_by, wish.named)
            return exchange.set_stop_by_hand(account, symbol, wanted, now)
        case "leave_stop":
            return exchange.leave_stop(account, symbol, now, wish.quantity)
        case _:
            return [exchange.cancel_by_hand(stop_id, now) for stop_id in _stops(exchange, wish)]


def _stops(exchange: Exchange, wish: HandWish) -> list[str]:
    """The named stop, or without a name all live ones of the slot."""
    if wish.stop_id:
        return [wish.stop_id]
    standing = exchange.book.open_stops(wish.account, wish.symbol)
    return [stop.stop_id for stop in standing if stop.status is StopStatus.LIVE]
