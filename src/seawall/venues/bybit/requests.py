"""What is asked of the venue: an act or a query of the house as the bytes of requests.

An entry is a market order, or a limit order, immediate or cancel, where the price is bounded, and it carries its stop:
`stopLoss` with tpslMode Full is the shortest naked window on this venue, because the venue itself makes the stop at the
first fill, and refuses the whole entry if the stop is on the wrong side (bybit.md 0 fact 4, 3.5). What a stop watches
is always said, because the venue's default is the last price. A stop for the whole position is an upsert by
trading-stop and carries no name; a stop for a quantity is a conditional order of its own, which does carry our name and
outlives the position (bybit.md 1.6, 3.7). A take-profit is a plain limit order that only reduces and rests: one of the
venue's own kind (tpslMode Partial) is coupled to a stop, and cancelling it can take the stop away (bybit.md 3.5).
`positionIdx` 0 says one-way mode aloud, so that hedge mode refuses.

One order is looked for in every place where the venue may keep it: the open list, the history and the executions. An id
query on the open list finds closed orders too, a query by symbol does not (bybit.md 1.5, 3.2). The open orders of a
slot are asked for without a filter, since take-profits and conditional entries are open orders that stand in the book
of stops; of that book only what closes on a loss is told as a stop (rows.py). `category` is on every request: without
it, or with another one, the same symbol is a spot pair (incident I45).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from seawall.model.acts import Act, CancelOrder, ClosePosition, PlaceStop, PlaceTakeProfit, SetLeverage, SubmitEntry
from seawall.model.amounts import plain
from seawall.model.ids import Side
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
    Query,
)
from seawall.model.signal import TriggerBy
from seawall.model.times import HOUR, MILLISECOND, Instant
from seawall.venues.bybit.sign import Body, Params, Signer
from seawall.venues.bybit.traits import Endpoint
from seawall.venues.port import Request, Stamp, TooLate

LEAST_WINDOW: Final = 50 * MILLISECOND
"""An entry is not sent with less than this left: by the latencies of incidents.md 3 it could not arrive in time."""
SPAN: Final = 7 * 24 * HOUR - HOUR
"""How much one list by time covers: an hour less than the venue grants from its beginning on (bybit.md 1.5), so that
neither our clock nor how long the reading takes leaves the end of the last one out.
"""
LONGEST_SPAN: Final = 90 * 24 * HOUR
"""How far back a list by time is asked for: judgement, a dozen requests; what ended without a fill is forgotten after
a day anyway (bybit.md 1.5).
"""
PROBE_SYMBOL: Final = "BTCUSDT"
"""A symbol that is always listed: its position row is shown even when flat, and tells the account's mode."""

_CATEGORY: Final = ("category", "linear")
_SIDES: Final = {Side.BUY: "Buy", Side.SELL: "Sell"}
_PRICES: Final = {TriggerBy.MARK: "MarkPrice", TriggerBy.LAST: "LastPrice"}
_STATUSES: Final = ("Trading", "PreLaunch", "Delivering")
"""Contracts on which something of ours may stand; without a word only those that trade are listed (bybit.md 1.4)."""
_DIRECTIONS: Final = {Side.BUY: 1, Side.SELL: 2}
"""A stop that buys waits for a rise (1), one that sells for a fall (2); bybit.md 1.5."""


class Ask(Struct, frozen=True):
    """One GET of a query. `page` is the most rows one reply holds; 0 where the reply is no list."""

    endpoint: Endpoint
    params: Params = ()
    page: int = 0
    public: bool = False

    @property
    def symbol(self) -> str:
        """The symbol that is asked about; empty where all are."""
        return dict(self.params).get("symbol", "")

    @property
    def name(self) -> str:
        """The endpoint as one speaks of it: "order/history"."""
        return self.endpoint.removeprefix("/v5/")

    def after(self, cursor: str) -> Ask:
        """The same list from where a page ended. A cursor is opaque, and is sent back as it came (bybit.md 4.5)."""
        kept = tuple(param for param in self.params if param[0] != "cursor")
        return replace(self, params=(*kept, ("cursor", cursor)))


class Call(Struct, frozen=True):
    """What an act asks, before it is signed for REST or put into a frame."""

    endpoint: Endpoint
    body: Body
    stamp: Stamp


def act_request(signer: Signer, act: Act, stamp: Stamp) -> Request | TooLate:
    """The signed request of an act; of an entry only while its window still ends by `not_after`."""
    call = act_call(act, stamp)
    return call if isinstance(call, TooLate) else signer.act(call.endpoint, call.body, call.stamp)


def act_call(act: Act, stamp: Stamp) -> Call | TooLate:
    """What an act asks, the same by REST and by frame (bybit.md 2.2)."""
    if isinstance(act, SubmitEntry):
        return _entry(act, stamp)
    return Call(act_endpoint(act), _body(act), stamp)


def act_endpoint(act: Act) -> Endpoint:
    """Where an act goes, and so which quota counts it."""
    match act:
        case SubmitEntry() | ClosePosition() | PlaceTakeProfit():
            return Endpoint.CREATE
        case PlaceStop():
            return Endpoint.TRADING_STOP if act.quantity is None else Endpoint.CREATE
        case CancelOrder():
            return Endpoint.TRADING_STOP if clears_position_stop(act) else Endpoint.CANCEL
        case SetLeverage():
            return Endpoint.SET_LEVERAGE


def clears_position_stop(act: CancelOrder) -> bool:
    """Whether a cancel means the position's own stop: that one has no name, and no id before it has been seen."""
    return act.is_stop and not act.venue_id


def query_requests(signer: Signer, asks: tuple[Ask, ...], stamp: Stamp) -> tuple[Request, ...]:
    """The requests of one round of a reading, to be sent side by side; their replies are read in the same order."""
    return tuple(_request(signer, ask, stamp) for ask in asks)


def query_asks(query: Query, began_at: Instant) -> tuple[Ask, ...]:
    """The GETs that a reading begins with, each with the longest page that its endpoint grants (bybit.md 1.4-1.7)."""
    match query:
        case AskFills(symbol, since):
            return tuple(_executions(("symbol", symbol), *span) for span in _spans(since, began_at))
        case AskOrders(symbol, since):
            asked = ("symbol", symbol)
            ended = (_orders(Endpoint.HISTORY, asked, *span) for span in _spans(since, began_at))
            return _orders(Endpoint.REALTIME, asked), *ended
        case _:
            return _timeless_asks(query)


@lru_cache(maxsize=256)
def _timeless_asks(
    query: AskOrder
    | AskPositions
    | AskBothSides
    | AskLeverage
    | AskStops
    | AskStop
    | AskOpenOrders
    | AskInstruments
    | AskMark
    | AskModes
    | AskWallet,
) -> tuple[Ask, ...]:
    """The first GETs of a query that names no instant."""
    match query:
        case AskOrder(symbol, name):
            return _everywhere(symbol, name)
        case AskPositions() | AskLeverage():
            return (_positions(query.symbol),)
        case AskBothSides():
            return (_positions(None),)
        case AskStops():
            return (_orders(Endpoint.REALTIME, _scope(query.symbol), ("orderFilter", "StopOrder")),)
        case AskStop():
            return _stop_places(query)
        case AskOpenOrders():
            return (_orders(Endpoint.REALTIME, _scope(query.symbol)),)
        case AskInstruments():
            return tuple(_instruments(status) for status in _STATUSES)
        case AskMark():
            named = (("symbol", str(query.symbol)),) if query.symbol else ()
            return (Ask(Endpoint.TICKERS, (_CATEGORY, *named), public=True),)
        case AskModes():
            return Ask(Endpoint.KEY), Ask(Endpoint.ACCOUNT), _positions(PROBE_SYMBOL)
        case AskWallet():
            return (Ask(Endpoint.WALLET, (("accountType", "UNIFIED"), ("coin", "USDT"))),)


def _request(signer: Signer, ask: Ask, stamp: Stamp) -> Request:
    if ask.public:
        return signer.public(ask.endpoint, ask.params)
    return signer.read(ask.endpoint, ask.params, stamp)


def _everywhere(symbol: str, name: str) -> tuple[Ask, ...]:
    """The three places of one order (bybit.md 3.2); executions know it while the two lists are handing it over."""
    asked = ("symbol", symbol), ("orderLinkId", name)
    return _orders(Endpoint.REALTIME, *asked), _orders(Endpoint.HISTORY, *asked), _executions(*asked)


def _stop_places(query: AskStop) -> tuple[Ask, ...]:
    """By the venue's id where it is known. Otherwise what stands is listed whole, since a stop of the position has no
    name; but what has ended is asked for by name alone, for a list of ended stops would show those of other signals.
    """
    symbol = ("symbol", str(query.symbol))
    if query.venue_id:
        by_id = ("orderId", str(query.venue_id))
        return _orders(Endpoint.REALTIME, symbol, by_id), _orders(Endpoint.HISTORY, symbol, by_id)
    standing = _orders(Endpoint.REALTIME, symbol, ("orderFilter", "StopOrder"))
    return standing, _orders(Endpoint.HISTORY, symbol, ("orderLinkId", str(query.client_id)))


def _orders(endpoint: Endpoint, *asked: tuple[str, str]) -> Ask:
    return Ask(endpoint, (_CATEGORY, *asked, ("limit", "50")), page=50)


def _instruments(status: str) -> Ask:
    asked = (_CATEGORY, ("status", status), ("limit", "1000"))
    return Ask(Endpoint.INSTRUMENTS, asked, page=1000, public=True)


def _executions(*asked: tuple[str, str]) -> Ask:
    return Ask(Endpoint.EXECUTIONS, (_CATEGORY, *asked, ("limit", "100")), page=100)


def _positions(symbol: str | None) -> Ask:
    """By symbol the row comes even when flat; by settlement coin only rows with a size do (bybit.md 1.6)."""
    return Ask(Endpoint.POSITIONS, (_CATEGORY, _scope(symbol), ("limit", "200")), page=200)


def _spans(since: Instant, began_at: Instant) -> Iterator[Params]:
    """A list by time, in spans that the venue grants; the last has no end, so that what comes meanwhile is in it."""
    start = max(since, began_at - LONGEST_SPAN)
    while began_at - start > SPAN:
        yield ("startTime", str(start // MILLISECOND)), ("endTime", str((start + SPAN) // MILLISECOND - 1))
        start += SPAN
    yield (("startTime", str(start // MILLISECOND)),)


def _scope(symbol: str | None) -> tuple[str, str]:
    """A list is of one symbol or of one settlement coin; linear contracts demand either (bybit.md 1.5, 1.6)."""
    return ("settleCoin", "USDT") if symbol is None else ("symbol", symbol)


def _entry(act: SubmitEntry, stamp: Stamp) -> Call | TooLate:
    """Timestamp and window go out as whole milliseconds, so the sum is judged on those (design, rule 5)."""
    left = act.not_after // MILLISECOND * MILLISECOND - stamp.venue_now // MILLISECOND * MILLISECOND
    window = min(stamp.window, left)
    if window < LEAST_WINDOW:
        return TooLate(f"not_after: expected at least {LEAST_WINDOW} µs ahead of venue time, came {left}")
    return Call(Endpoint.CREATE, (*_order(act), *_attached(act)), Stamp(stamp.venue_now, window))


def _body(act: ClosePosition | PlaceTakeProfit | PlaceStop | CancelOrder | SetLeverage) -> Body:
    match act:
        case ClosePosition() if act.whole:
            return (*_order(act), ("reduceOnly", True), ("closeOnTrigger", True))
        case ClosePosition() | PlaceTakeProfit():
            return (*_order(act), ("reduceOnly", True))
        case PlaceStop():
            return _position_stop(act) if act.quantity is None else _quantity_stop(act, act.quantity)
        case CancelOrder():
            return _cleared_stop(act) if clears_position_stop(act) else _cancel(act)
        case SetLeverage():
            leverage = plain(act.leverage)
            return (_CATEGORY, ("symbol", act.symbol), ("buyLeverage", leverage), ("sellLeverage", leverage))


def _order(act: SubmitEntry | ClosePosition | PlaceTakeProfit) -> Body:
    return (
        _CATEGORY,
        ("symbol", act.symbol),
        ("side", _SIDES[act.side]),
        *_kind(act),
        ("qty", "0" if isinstance(act, ClosePosition) and act.whole else plain(act.quantity)),
        ("positionIdx", 0),
        ("orderLinkId", act.client_id),
    )


def _kind(act: SubmitEntry | ClosePosition | PlaceTakeProfit) -> Body:
    """slippageTolerance would bound the price too, but excludes an attached stop (bybit.md 1.5)."""
    if isinstance(act, PlaceTakeProfit):
        return _limit(act.price, "GTC")
    return (("orderType", "Market"),) if act.price_bound is None else _limit(act.price_bound, "IOC")


def _limit(price: Decimal, time_in_force: str) -> Body:
    return ("orderType", "Limit"), ("price", plain(price)), ("timeInForce", time_in_force)


def _attached(act: SubmitEntry) -> Body:
    return (
        ("stopLoss", plain(act.stop_trigger)),
        ("slTriggerBy", _PRICES[act.trigger_by]),
        ("tpslMode", "Full"),
        ("slOrderType", "Market"),
    )


def _position_stop(act: PlaceStop) -> Body:
    return (
        _CATEGORY,
        ("symbol", act.symbol),
        ("tpslMode", "Full"),
        ("positionIdx", 0),
        ("stopLoss", plain(act.trigger)),
        ("slTriggerBy", _PRICES[act.trigger_by]),
        ("slOrderType", "Market"),
    )


def _quantity_stop(act: PlaceStop, quantity: Decimal) -> Body:
    """closeOnTrigger lets the venue free margin for it by cancelling other orders when it fires (bybit.md 3.7)."""
    return (
        _CATEGORY,
        ("symbol", act.symbol),
        ("side", _SIDES[act.side]),
        ("orderType", "Market"),
        ("qty", plain(quantity)),
        ("positionIdx", 0),
        ("orderLinkId", act.client_id),
        ("triggerPrice", plain(act.trigger)),
        ("triggerDirection", _DIRECTIONS[act.side]),
        ("triggerBy", _PRICES[act.trigger_by]),
        ("reduceOnly", True),
        ("closeOnTrigger", True),
    )


def _cleared_stop(act: CancelOrder) -> Body:
    """A trigger of "0" removes the position's stop (bybit.md 1.6)."""
    return _CATEGORY, ("symbol", act.symbol), ("tpslMode", "Full"), ("positionIdx", 0), ("stopLoss", "0")


def _cancel(act: CancelOrder) -> Body:
    """By the venue's id where it is known, since it wins over a name (bybit.md 1.5)."""
    named = ("orderId", str(act.venue_id)) if act.venue_id else ("orderLinkId", str(act.target))
    return _CATEGORY, ("symbol", act.symbol), named
