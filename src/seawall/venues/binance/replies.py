"""What the venue answered: replies as outcomes of acts and answers of queries.

An act is ACKNOWLEDGED by a 2xx reply that names what it made (an order id, an algo id, a leverage). It proves nothing
yet, but what it says of fills is a report like any other: RESULT may tell NEW, PARTIALLY_FILLED or FILLED (binance.md
1.6 [?]), and none is relied on. An error body counts as an error under any HTTP status; everything that cannot be
read is Unknown.

A query is answered only if every reply came, was no error and had its rows. -2013 is such an answer for one order or
stop asked by name: not found, which is all that it says. An empty list of positions is not one, since version 2 has a
row for every symbol (1.8): empty taken for flat has rolled back good positions (design, section 1).
"""

from __future__ import annotations

from typing import Final

from seawall.model.acts import (
    Act,
    CancelOrder,
    ClosePosition,
    Outcome,
    PlaceStop,
    PlaceTakeProfit,
    SetLeverage,
    SubmitEntry,
)
from seawall.model.ids import Symbol
from seawall.model.inputs import NOTHING_TOLD, ActAnswered, ReadAnswered, ReadFailed, Told
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
from seawall.model.reports import FillReport, OrderReport, PositionReport, Source
from seawall.model.times import Instant
from seawall.venues.binance import gains, rows, wire
from seawall.venues.binance.catalogue import instruments_of
from seawall.venues.binance.errors import LIMIT, Call, call_of, error_of, shortened, verdict, wait_of
from seawall.venues.binance.requests import MOST_ROWS, Timeless
from seawall.venues.binance.rounds import LONGEST_SPAN, MOST_REPLIES, Course, course, is_full
from seawall.venues.binance.standing import leverage_of, standing_of
from seawall.venues.binance.wire import Garbled, Incomplete
from seawall.venues.port import Reading, Reply

NOT_FOUND: Final = -2013


# ---- acts


def act_answer(act: Act, reply: Reply, began_at: Instant, at: Instant) -> ActAnswered:
    """The outcome of an act by its reply; never raises."""
    code, text = error_of(reply)
    if code is None and 200 <= reply.status < 300:
        return _acknowledged(act, reply, began_at, at)
    meaning = verdict(call_of(act), code, text, reply.status)
    return ActAnswered(
        act.client_id,
        act.symbol,
        meaning.outcome,
        began_at,
        at,
        reason=meaning.reason,
        code=str(code if code is not None else reply.status),
        text=text,
        retry_after=wait_of(reply, at) if meaning == LIMIT else 0,
    )


def _acknowledged(act: Act, reply: Reply, began_at: Instant, at: Instant) -> ActAnswered:
    try:
        told = _told_by_act(act, reply, at)
    except (Garbled, Incomplete) as error:
        return ActAnswered(act.client_id, act.symbol, Outcome.UNKNOWN, began_at, at, text=shortened(str(error)))
    return ActAnswered(act.client_id, act.symbol, Outcome.ACKNOWLEDGED, began_at, at, told=told)


def _told_by_act(act: Act, reply: Reply, at: Instant) -> Told:
    """What a success says beside "yes"; raises Incomplete if it does not name what it made."""
    match act:
        case SubmitEntry() | ClosePosition() | PlaceTakeProfit():
            return _placed(act.symbol, reply, at)
        case PlaceStop():
            return _stop_placed(act, reply, at)
        case CancelOrder():
            return _cancelled(act, reply, at)
        case SetLeverage():
            row = wire.read(wire.LeverageRow, reply.body)
            return Told(leverages=(leverage_of(row, act.symbol),))


def _placed(symbol: Symbol, reply: Reply, at: Instant) -> Told:
    """The reply of POST and DELETE order (binance.md 1.6)."""
    row = wire.read(wire.OrderRow, reply.body)
    if not row.order_id:
        raise Incomplete("orderId: expected the id of the order, came none")
    gaps: rows.Gaps = []
    report = rows.order_of(row, symbol, Source.REPLY, at, gaps)
    return Told(orders=(report,), missing=tuple(gaps))


def _stop_placed(act: PlaceStop, reply: Reply, at: Instant) -> Told:
    """The reply of POST algoOrder (binance.md 1.9)."""
    row = wire.read(wire.AlgoRow, reply.body)
    if not row.algo_id:
        raise Incomplete("algoId: expected the id of the stop, came none")
    gaps: rows.Gaps = []
    report = rows.stop_of(row, act.symbol, Source.REPLY, at, gaps)
    return Told(stops=() if report is None else (report,), missing=tuple(gaps))


def _cancelled(act: CancelOrder, reply: Reply, at: Instant) -> Told:
    """An order's cancel answers with the order; a stop's with its names alone (binance.md 1.4, 1.9)."""
    if not act.is_stop:
        return _placed(act.symbol, reply, at)
    row = wire.read(wire.CancelledAlgo, reply.body)
    if str(row.code) != "200" and not row.algo_id:
        raise Incomplete(f"code: expected 200, came {row.code}")
    return NOTHING_TOLD


# ---- queries


def query_answer(reading: Reading, at: Instant) -> ReadAnswered | ReadFailed:
    """The answer of a query from the replies to all its requests, None for a lost one; never raises."""
    query, began_at = reading.query, reading.began_at
    try:
        if isinstance(query, AskFills | AskOrders):
            told = _listed(query, reading, at)
        else:
            told = _told(query, _all_came(reading.came), began_at, at)
    except (Garbled, Incomplete) as error:
        answered = _signed_answer(reading)
        return ReadFailed(query, began_at, at, shortened(str(error)), venue_answered=answered)
    return ReadAnswered(query, began_at, at, told)


def _all_came(replies: tuple[Reply | None, ...]) -> tuple[Reply, ...]:
    came = tuple(reply for reply in replies if reply is not None)
    if len(came) < len(replies):
        raise Incomplete(f"expected {len(replies)} replies, came {len(came)}")
    return came


def _listed(query: AskFills | AskOrders, reading: Reading, at: Instant) -> Told:
    """What a list by time says, from all its spans; raises Incomplete or Garbled unless every one of them is whole."""
    walked = course(reading)
    gaps: rows.Gaps = []
    replies = _all_came(tuple(reply for _, reply in walked.heard))
    for reply in replies:
        _demand_success(reply)
    _demand_whole(query, reading, walked)
    if isinstance(query, AskFills):
        fills = tuple(report for reply in replies for report in _fills(query, reply, at, gaps))
        return Told(fills=fills, missing=tuple(gaps))
    orders = tuple(report for reply in replies for report in _orders(query, reply, at, gaps))
    return Told(orders=orders, missing=tuple(gaps))


def _told(query: Timeless, replies: tuple[Reply, ...], began_at: Instant, at: Instant) -> Told:
    """What the replies to a query that names no instant say; raises Incomplete or Garbled unless all of them do."""
    if isinstance(query, AskOrder | AskStop) and _is_not_found(replies[0]):
        return NOTHING_TOLD
    for reply in replies:
        _demand_success(reply)
    gaps: rows.Gaps = []
    match query:
        case AskOrder() | AskOpenOrders():
            return Told(orders=_orders(query, replies[0], at, gaps), missing=tuple(gaps))
        case AskStop() | AskStops():
            return _stops(query, replies[0], at, gaps)
        case AskPositions():
            return _positions(query, replies[0], began_at, at, gaps)
        case AskBothSides():
            return _touched(_position_reports(replies[0], began_at, at, gaps), gaps)
        case AskInstruments():
            return Told(instruments=instruments_of(replies[0], replies[1], gaps), missing=tuple(gaps))
        case AskMark() | AskLeverage() | AskModes() | AskWallet():
            return standing_of(query, replies, at)


def _orders(
    query: AskOrder | AskOpenOrders | AskOrders, reply: Reply, at: Instant, gaps: rows.Gaps
) -> tuple[OrderReport, ...]:
    if isinstance(query, AskOrder):
        found: list[wire.OrderRow] = [wire.read(wire.OrderRow, reply.body)]
    else:
        found = wire.read(list[wire.OrderRow], reply.body)
    if any(not row.order_id or not (row.symbol or query.symbol) for row in found):
        raise Incomplete("order: expected orderId and symbol, came not both")
    return tuple(rows.order_of(row, query.symbol, Source.ORDER, at, gaps) for row in found)


def _algos(query: AskStop | AskStops, reply: Reply) -> list[wire.AlgoRow]:
    if isinstance(query, AskStop):
        found: list[wire.AlgoRow] = [wire.read(wire.AlgoRow, reply.body)]
    else:
        found = wire.read(list[wire.AlgoRow], reply.body)
    if any(not row.algo_id or not (row.symbol or query.symbol) for row in found):
        raise Incomplete("stop: expected algoId and symbol, came not both")
    return found


def _stops(query: AskStop | AskStops, reply: Reply, at: Instant, gaps: rows.Gaps) -> Told:
    """The stops, and as orders what the same list holds beside them."""
    found = _algos(query, reply)
    orders = tuple(
        gains.order_of_algo(row, query.symbol, Source.STOPS, at, gaps)
        for row in found
        if not gains.is_stop(row.order_type)
    )
    reports = tuple(
        rows.stop_of(row, query.symbol, Source.STOPS, at, gaps) for row in found if gains.is_stop(row.order_type)
    )
    known = tuple(report for report in reports if report is not None)
    if len(known) < len(reports):
        raise Incomplete(f"algoStatus: expected one of {', '.join(rows.STOP_STATUS)}, came {', '.join(gaps)}")
    return Told(orders=orders, stops=known, missing=tuple(gaps))


def _fills(query: AskFills, reply: Reply, at: Instant, gaps: rows.Gaps) -> tuple[FillReport, ...]:
    found = wire.read(list[wire.TradeRow], reply.body)
    reports = tuple(rows.fill_of(row, query.symbol, at, gaps) for row in found)
    known = tuple(report for report in reports if report is not None)
    if len(known) < len(reports):
        raise Incomplete(f"trade: expected all of its fields, came none of {', '.join(gaps)}")
    return known


def _positions(query: AskPositions, reply: Reply, began_at: Instant, at: Instant, gaps: rows.Gaps) -> Told:
    """One row a symbol; in hedge mode there are two, whose sum would hide what is open (binance.md 1.8)."""
    known = _position_reports(reply, began_at, at, gaps)
    if any(report.hedge_side is not None for report in known):
        raise Incomplete("hedge mode: expected one position side, BOTH, came LONG and SHORT")
    if query.symbol is None:
        return _touched(known, gaps)
    asked = tuple(report for report in known if report.symbol == query.symbol)
    if len(asked) != 1:
        raise Incomplete(f"position: expected one row of {query.symbol}, came {len(asked)}")
    return Told(positions=asked, missing=tuple(gaps))


def _position_reports(reply: Reply, began_at: Instant, at: Instant, gaps: rows.Gaps) -> tuple[PositionReport, ...]:
    """Every row; a position side that is neither BOTH nor one of the pair is no answer."""
    found = wire.read(list[wire.PositionRow], reply.body)
    odd = [str(row.position_side) for row in found if row.position_side not in (None, rows.ONE_WAY, *rows.HEDGE_SIDES)]
    if odd:
        raise Incomplete(f"positionSide: expected BOTH, LONG or SHORT, came {', '.join(odd)}")
    reports = tuple(rows.position_of(row, began_at, at, gaps) for row in found)
    known = tuple(report for report in reports if report is not None)
    if len(known) < len(reports):
        raise Incomplete(f"position: expected symbol and amount, came none of {', '.join(gaps)}")
    return known


def _touched(known: tuple[PositionReport, ...], gaps: rows.Gaps) -> Told:
    return Told(positions=tuple(report for report in known if _was_ever_open(report)), missing=tuple(gaps))


def _was_ever_open(report: PositionReport) -> bool:
    """A read of the whole account has a row for each of hundreds of symbols; those never touched have no time. Nor,
    perhaps, has one that is flat again (1.8): it is left out with them, and told by a read of its symbol.
    """
    return bool(report.amount or report.venue_at)


# ---- completeness


def _is_not_found(reply: Reply) -> bool:
    """A business error is HTTP 400 (binance.md 4.2); the same code under a status that says "unknown" is no answer."""
    return reply.status == 400 and error_of(reply)[0] == NOT_FOUND


def _demand_whole(query: AskFills | AskOrders, reading: Reading, walked: Course) -> None:
    """A list by time is whole if none of its pages is full, and if they reach from its beginning to now."""
    what = "trades" if isinstance(query, AskFills) else "orders"
    if walked.ahead:
        raise Incomplete(f"{what}: expected {len(walked.ahead)} replies more, came none")
    if walked.unread:
        raise Incomplete(f"{what}: expected at most {MOST_REPLIES} replies, and there is more")
    if any(is_full(reply) for _, reply in walked.heard):
        raise Incomplete(f"{what}: expected fewer than {MOST_ROWS} in one millisecond")
    span = reading.began_at - query.since
    if span > LONGEST_SPAN:
        raise Incomplete(f"since: expected at most {LONGEST_SPAN} µs ago, came {span}")


def _demand_success(reply: Reply) -> None:
    if 200 <= reply.status < 300 and b'"code"' not in reply.body:
        return
    code, text = error_of(reply)
    if code is not None or not 200 <= reply.status < 300:
        meaning = verdict(Call.READ, code, text, reply.status)
        said = reply.status if code is None else f"{reply.status} {code}"
        raise Incomplete(f"{said} {text} ({meaning.reason or meaning.outcome})")


def _signed_answer(reading: Reading) -> bool:
    """Whether the venue answered any signed request (design, rule 13)."""
    if isinstance(reading.query, AskMark):
        return False
    signed = reading.came[1:] if isinstance(reading.query, AskInstruments) else reading.came
    return any(reply is not None and reply.is_answer for reply in signed)
