"""What is asked of the venue: an act or a query of the house as the bytes of requests.

An entry is a MARKET order, or a LIMIT order, immediate or cancel, where the price is bounded; a close is the same
with reduceOnly (binance.md 1.6, 4.5), and a take-profit a LIMIT order with reduceOnly that rests. A stop goes to the
algo service (1.9): for the whole position with closePosition, which excludes quantity and reduceOnly (-4137, -1106),
else with a quantity and reduceOnly. What a stop watches is always said, because the venue's default is the last price.
priceProtect stays at its default, off: with it a stop may not fire at all (4.4). A stop's trigger needs no rounding
here; the heart has rounded it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypeAlias

from msgspec import Struct

from seawall.model.acts import Act, CancelOrder, ClosePosition, PlaceStop, PlaceTakeProfit, SetLeverage, SubmitEntry
from seawall.model.amounts import plain
from seawall.model.ids import Side, Symbol
from seawall.model.queries import (
    AskBothSides,
    AskFills,
    AskInstruments,
    AskLeverage,
    AskMark,
    AskModes,
    AskOpenOrders,
    AskOrder,
    AskOrders,
    AskPositions,
    AskStop,
    AskStops,
    AskWallet,
)
from seawall.model.signal import TriggerBy
from seawall.model.times import MILLISECOND
from seawall.venues.binance.sign import Params, Signer
from seawall.venues.port import Request, Stamp, TooLate

ORDER: Final = "/fapi/v1/order"
OPEN_ORDERS: Final = "/fapi/v1/openOrders"
ALL_ORDERS: Final = "/fapi/v1/allOrders"
USER_TRADES: Final = "/fapi/v1/userTrades"
ALGO_ORDER: Final = "/fapi/v1/algoOrder"
OPEN_ALGO_ORDERS: Final = "/fapi/v1/openAlgoOrders"
POSITION_RISK: Final = "/fapi/v2/positionRisk"
"""Version 2, whose row of a flat position has a time; version 3 answers an empty list (binance.md 1.8)."""
LEVERAGE: Final = "/fapi/v1/leverage"
SYMBOL_CONFIG: Final = "/fapi/v1/symbolConfig"
ACCOUNT: Final = "/fapi/v3/account"
BALANCE: Final = "/fapi/v2/balance"
ACCOUNT_CONFIG: Final = "/fapi/v1/accountConfig"
POSITION_MODE: Final = "/fapi/v1/positionSide/dual"
EXCHANGE_INFO: Final = "/fapi/v1/exchangeInfo"
LEVERAGE_BRACKET: Final = "/fapi/v1/leverageBracket"
PREMIUM_INDEX: Final = "/fapi/v1/premiumIndex"
TICKER_PRICE: Final = "/fapi/v2/ticker/price"
TIME: Final = "/fapi/v1/time"
LISTEN_KEY: Final = "/fapi/v1/listenKey"

MOST_ROWS: Final = 1_000
"""The most rows one page of userTrades or allOrders holds (binance.md 1.4)."""
Timeless: TypeAlias = (
    AskOrder
    | AskPositions
    | AskBothSides
    | AskStops
    | AskStop
    | AskOpenOrders
    | AskInstruments
    | AskMark
    | AskLeverage
    | AskModes
    | AskWallet
)
"""The queries that one round of requests answers; the others are lists by time."""
LEAST_WINDOW: Final = 50 * MILLISECOND
"""An entry is not sent with less than this left: by the book's latencies (binance.md 2) it could not arrive in time."""

_SIDES: Final = {Side.BUY: "BUY", Side.SELL: "SELL"}
_WORKING_TYPES: Final = {TriggerBy.MARK: "MARK_PRICE", TriggerBy.LAST: "CONTRACT_PRICE"}


class Span(Struct, frozen=True):
    """A piece of a list by time, in venue milliseconds, both ends in it; without a `last` it reaches to now."""

    first: int
    last: int | None = None


class Call(Struct, frozen=True):
    """What an act asks, before it is signed for one of the two roads."""

    method: str
    path: str
    params: Params
    stamp: Stamp


def act_request(signer: Signer, act: Act, stamp: Stamp) -> Request | TooLate:
    """The signed request of an act; of an entry only while its window still ends by `not_after`."""
    call = act_call(act, stamp)
    return call if isinstance(call, TooLate) else signer.signed(call.method, call.path, call.params, call.stamp)


def act_call(act: Act, stamp: Stamp) -> Call | TooLate:
    """What an act asks, the same by REST and by frame (binance.md 2)."""
    match act:
        case SubmitEntry():
            return _entry(act, stamp)
        case ClosePosition() | PlaceTakeProfit():
            return Call("POST", ORDER, (*_order(act), ("reduceOnly", "true")), stamp)
        case PlaceStop():
            return Call("POST", ALGO_ORDER, _stop(act), stamp)
        case CancelOrder():
            return Call("DELETE", ALGO_ORDER if act.is_stop else ORDER, _target_of(act), stamp)
        case SetLeverage():
            return Call("POST", LEVERAGE, (("symbol", act.symbol), ("leverage", plain(act.leverage))), stamp)


def query_requests(signer: Signer, query: Timeless, stamp: Stamp) -> tuple[Request, ...]:
    """The requests of a query that names no instant, to be sent side by side; their replies are read in this order."""
    match query:
        case AskMark():
            asked = _scope(query.symbol)
            return signer.public(PREMIUM_INDEX, asked), signer.public(TICKER_PRICE, asked)
        case AskInstruments():
            return signer.public(EXCHANGE_INFO), signer.signed("GET", LEVERAGE_BRACKET, (), stamp)
        case AskModes():
            paths = (POSITION_MODE, ACCOUNT_CONFIG, BALANCE)
            return tuple(signer.signed("GET", path, (), stamp) for path in paths)
        case _:
            path, params = _single(query)
            return (signer.signed("GET", path, params, stamp),)


def span_requests(
    signer: Signer, query: AskFills | AskOrders, spans: tuple[Span, ...], stamp: Stamp
) -> tuple[Request, ...]:
    """The requests of a list by time, one a span."""
    path = USER_TRADES if isinstance(query, AskFills) else ALL_ORDERS
    return tuple(signer.signed("GET", path, _spanned(query.symbol, span), stamp) for span in spans)


def _single(
    query: AskOrder | AskPositions | AskBothSides | AskStops | AskStop | AskOpenOrders | AskLeverage | AskWallet,
) -> tuple[str, Params]:
    """Path and parameters of a query that one signed request answers."""
    match query:
        case AskOrder():
            return ORDER, (("symbol", query.symbol), ("origClientOrderId", query.client_id))
        case AskPositions():
            return POSITION_RISK, _scope(query.symbol)
        case AskBothSides():
            return POSITION_RISK, ()
        case AskStops():
            return OPEN_ALGO_ORDERS, _scope(query.symbol)
        case AskStop():
            return ALGO_ORDER, _stop_named(query)
        case AskOpenOrders():
            return OPEN_ORDERS, _scope(query.symbol)
        case AskLeverage():
            return SYMBOL_CONFIG, _scope(query.symbol)
        case AskWallet():
            return ACCOUNT, ()


def _spanned(symbol: Symbol, span: Span) -> Params:
    """A list by time, with the longest page that the venue grants; whether it is all of it, `rounds` judges."""
    end: Params = () if span.last is None else (("endTime", str(span.last)),)
    return ("symbol", symbol), ("startTime", str(span.first)), *end, ("limit", str(MOST_ROWS))


def _scope(symbol: Symbol | None) -> Params:
    """One symbol, or with None the whole account: the same endpoint without the parameter."""
    return () if symbol is None else (("symbol", symbol),)


def _entry(act: SubmitEntry, stamp: Stamp) -> Call | TooLate:
    """Timestamp and window go out as whole milliseconds, so the sum is judged on those (design, rule 5)."""
    left = act.not_after // MILLISECOND * MILLISECOND - stamp.venue_now // MILLISECOND * MILLISECOND
    window = min(stamp.window, left)
    if window < LEAST_WINDOW:
        return TooLate(f"not_after: expected at least {LEAST_WINDOW} µs ahead of venue time, came {left}")
    return Call("POST", ORDER, _order(act), Stamp(stamp.venue_now, window))


def _order(act: SubmitEntry | ClosePosition | PlaceTakeProfit) -> Params:
    """Names no stop: since 2025-12 the order endpoint takes none (binance.md 1.6, -4120)."""
    return (
        ("symbol", act.symbol),
        ("side", _SIDES[act.side]),
        *_kind(act),
        ("quantity", plain(act.quantity)),
        ("newClientOrderId", act.client_id),
        ("newOrderRespType", "RESULT"),
    )


def _kind(act: SubmitEntry | ClosePosition | PlaceTakeProfit) -> Params:
    """A take-profit rests until it is filled or cancelled; whatever else is bounded takes what it finds at once."""
    if isinstance(act, PlaceTakeProfit):
        return _limit("GTC", act.price)
    return (("type", "MARKET"),) if act.price_bound is None else _limit("IOC", act.price_bound)


def _limit(time_in_force: str, price: Decimal) -> Params:
    return ("type", "LIMIT"), ("timeInForce", time_in_force), ("price", plain(price))


def _stop(act: PlaceStop) -> Params:
    whole: Params = (("closePosition", "true"),)
    part = whole if act.quantity is None else (("quantity", plain(act.quantity)), ("reduceOnly", "true"))
    return (
        ("algoType", "CONDITIONAL"),
        ("symbol", act.symbol),
        ("side", _SIDES[act.side]),
        ("type", "STOP_MARKET"),
        ("triggerPrice", plain(act.trigger)),
        ("workingType", _WORKING_TYPES[act.trigger_by]),
        *part,
        ("clientAlgoId", act.client_id),
    )


def _target_of(act: CancelOrder) -> Params:
    """The order or stop to cancel, by our name where it has one; the algo service takes no symbol (binance.md 1.9)."""
    if act.is_stop:
        return (("clientAlgoId", act.target),) if act.target else (("algoId", act.venue_id),)
    found = ("origClientOrderId", str(act.target)) if act.target else ("orderId", str(act.venue_id))
    return ("symbol", act.symbol), found


def _stop_named(query: AskStop) -> Params:
    if query.client_id:
        return (("clientAlgoId", query.client_id),)
    return (("algoId", query.venue_id),)
