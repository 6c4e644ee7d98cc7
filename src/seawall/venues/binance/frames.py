"""The user data stream: one frame at a time, as reports (binance.md 3.3).

Frames come raw or wrapped by their stream's name. Any event of the account is NEWS and proves the stream; an answer
to a request, a market event or an unknown one proves nothing. No order across event types is relied on (3.2): a fill
may be told by TRADE_LITE, by ORDER_TRADE_UPDATE and by a position that changes before either. The child of a stop
bears the stop's own name (3.2), so its fills attribute themselves. A lapsed key leaves the socket open and mute
(3.1): EXPIRED.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from seawall.model.ids import Symbol
from seawall.model.inputs import NOTHING_TOLD, Told
from seawall.model.reports import LeverageReport
from seawall.model.times import Instant
from seawall.venues.binance import gains, news, rows, wire
from seawall.venues.binance.wire import Garbled
from seawall.venues.port import Heard, LinkWord

Body = str | msgspec.Raw

EXPIRED: Final = "listenKeyExpired"
_NOTHING: Final = Heard(LinkWord.NOTHING)


def hear(text: str, at: Instant) -> Heard:
    """What one frame says; never raises. A frame that cannot be read is NOTHING, and says in `detail` why."""
    try:
        head = wire.read(news.Head, text)
        body: Body = text
        if head.stream is not None and head.event is None:
            body = head.data
            head = wire.read(news.Head, body)
        return _heard(head, body, at)
    except Garbled as error:
        return Heard(LinkWord.NOTHING, Told(missing=("frame",)), str(error))


def _heard(head: news.Head, body: Body, at: Instant) -> Heard:
    if head.event == EXPIRED:
        return Heard(LinkWord.EXPIRED, detail=EXPIRED)
    if head.error is not None:
        return Heard(LinkWord.REFUSED, detail=f"{head.error.code} {head.error.msg}")
    if head.event is None:
        return _NOTHING
    teller = _TELLERS.get(head.event)
    if teller is not None:
        return Heard(LinkWord.NEWS, teller(body, at), head.event)
    word = LinkWord.NEWS if head.event in _BARE_NEWS else LinkWord.NOTHING
    return Heard(word, detail=head.event)


def _order_update(body: Body, at: Instant) -> Told:
    event = wire.read(news.OrderEvent, body)
    gaps: rows.Gaps = []
    report = rows.order_of_news(event.order, event.at, at, gaps)
    fill = rows.fill_of_news(event.order, event.at, at, gaps)
    orders = (report,) if report.symbol else ()
    return Told(orders=orders, fills=() if fill is None else (fill,), missing=tuple(gaps))


def _trade_lite(body: Body, at: Instant) -> Told:
    event = wire.read(news.TradeEvent, body)
    gaps: rows.Gaps = []
    fill = rows.fill_of_trade(event, at, gaps)
    if fill is not None:
        return Told(fills=(fill,), missing=tuple(gaps))
    order = rows.order_of_trade(event, at)
    return Told(orders=() if order is None else (order,), missing=tuple(gaps))


def _account_update(body: Body, at: Instant) -> Told:
    """Rows of a hedge-mode side are no net position and are left out, and named."""
    event = wire.read(news.AccountEvent, body)
    gaps: rows.Gaps = []
    told = []
    for row in event.account.positions or ():
        if row.position_side not in (None, rows.ONE_WAY):
            gaps.append(f"position.ps={row.position_side}")
            continue
        report = rows.position_of_news(row, event.at, at, gaps)
        if report is not None:
            told.append(report)
    return Told(positions=tuple(told), missing=tuple(gaps))


def _algo_update(body: Body, at: Instant) -> Told:
    event = wire.read(news.AlgoEvent, body)
    gaps: rows.Gaps = []
    if not gains.is_stop(event.order.order_type):
        order = gains.order_of_algo_news(event.order, event.at, at, gaps)
        return Told(orders=(order,) if order.symbol else (), missing=tuple(gaps))
    report = rows.stop_of_news(event.order, event.at, at, gaps)
    stops = (report,) if report is not None and report.symbol else ()
    return Told(stops=stops, missing=tuple(gaps))


def _config_update(body: Body, at: Instant) -> Told:
    changed = wire.read(news.ConfigEvent, body).leverage
    if changed is None or not changed.symbol or changed.leverage.positive is None:
        return NOTHING_TOLD
    return Told(leverages=(LeverageReport(Symbol(changed.symbol), changed.leverage.positive),))


_TELLERS: Final[dict[str, Callable[[Body, Instant], Told]]] = {
    "ORDER_TRADE_UPDATE": _order_update,
    "TRADE_LITE": _trade_lite,
    "ACCOUNT_UPDATE": _account_update,
    "ALGO_UPDATE": _algo_update,
    "ACCOUNT_CONFIG_UPDATE": _config_update,
}
_BARE_NEWS: Final = ("MARGIN_CALL", "CONDITIONAL_ORDER_TRIGGER_REJECT")
"""Account events that report nothing which another does not: the second is deprecated for ALGO_UPDATE's `rm`."""
