"""What the venue answered: replies as outcomes of acts and answers of queries.

*Acts.* An acknowledgement carries two ids and nothing else (bybit.md 0 fact 1): the order report that comes of it says
UNTOLD, no side, no quantity, and is never filled up by guessing from what we sent. If it names another order than the
one we sent, it is not our answer, and the outcome is Unknown. Business refusals come with HTTP 200, so `retCode`
decides and never `retMsg`; without an envelope to read, the status decides (errors.py).

*Queries.* An answer is complete only if every request of the query was answered, with code 0, with readable rows, and
to the last page (rounds.py). So "not found" is said only by three empty, complete lists. What the good replies told is
handed on even when another failed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Raw, Struct

from seawall.model.acts import Act, ClosePosition, Outcome, PlaceStop, PlaceTakeProfit, Reason, SubmitEntry
from seawall.model.ids import Symbol, VenueId
from seawall.model.inputs import NOTHING_TOLD, ActAnswered, ReadAnswered, ReadFailed, Told
from seawall.model.queries import AskBothSides, AskFills, AskLeverage, AskModes, AskOrders, AskStop, AskStops
from seawall.model.reports import LeverageReport, MarkReport, ModesReport, OrderReport, OrderStatus, Source
from seawall.model.times import Duration, Instant
from seawall.venues.bybit import rows, wire
from seawall.venues.bybit.catalogue import instruments_of
from seawall.venues.bybit.errors import Verdict, call_of, public_text, status_verdict, verdict
from seawall.venues.bybit.requests import LONGEST_SPAN, Ask, act_endpoint
from seawall.venues.bybit.rounds import MOST_REPLIES, Course, Incomplete, body_of, course, result_of
from seawall.venues.bybit.traits import Endpoint, pause
from seawall.venues.bybit.wire import Garbled
from seawall.venues.port import Reading, Reply, Request

ISOLATED: Final = "ISOLATED_MARGIN"
"""The one margin mode in which a position cannot draw on the rest of the account (bybit.md 1.7)."""
_DETAIL: Final = 300
"""How much of an unreadable body is kept in a detail."""


# ---- acts


def act_answer(act: Act, reply: Reply, began_at: Instant, at: Instant) -> ActAnswered:
    """The outcome of an act by its reply; never raises. Whatever cannot be read is Unknown."""
    try:
        envelope = wire.read(wire.Envelope, reply.body)
        code, text = envelope.code, public_text(envelope.code, envelope.ret_msg or "")
        meaning = verdict(call_of(act), code, text, reply.status)
        told = (
            _told_by_act(act, envelope, at) if code == 0 and meaning.outcome is Outcome.ACKNOWLEDGED else NOTHING_TOLD
        )
    except (Garbled, Incomplete) as error:
        return _unreadable(act, reply, str(error), began_at, at)
    return ActAnswered(
        act.client_id,
        act.symbol,
        meaning.outcome,
        began_at,
        at,
        reason=meaning.reason,
        code=str(code),
        text=text,
        retry_after=_wait(act, reply, meaning, at),
        told=told,
    )


def _unreadable(act: Act, reply: Reply, trouble: str, began_at: Instant, at: Instant) -> ActAnswered:
    """No envelope, or not that of our order: the status says whether it was turned away at the gate."""
    meaning = status_verdict(reply.status)
    text = _shortened(f"{trouble}; {body_of(reply)}")
    wait = _wait(act, reply, meaning, at)
    return ActAnswered(
        act.client_id, act.symbol, meaning.outcome, began_at, at, meaning.reason, str(reply.status), text, wait
    )


def _wait(act: Act, reply: Reply, meaning: Verdict, at: Instant) -> Duration:
    """The wait that a refusal for a limit names; 0 for every other answer."""
    asked = pause(reply, Request("POST", act_endpoint(act)), at) if meaning.reason is Reason.LIMIT else None
    return asked.wait if asked else 0


def _told_by_act(act: Act, envelope: wire.Envelope, at: Instant) -> Told:
    """What a success says beside "yes": two ids where an order was made, else nothing (bybit.md 1.5, 1.6).

    An empty id is told as missing; raises Incomplete if the name is another one's.
    """
    orders = isinstance(act, SubmitEntry | ClosePosition | PlaceTakeProfit)
    if not orders and not (isinstance(act, PlaceStop) and act.quantity):
        return NOTHING_TOLD
    placed = wire.read(wire.Placed, envelope.result)
    if placed.order_link_id not in (None, "", act.client_id):
        raise Incomplete(f"orderLinkId: expected {act.client_id}, came {placed.order_link_id}")
    report = OrderReport(
        symbol=act.symbol,
        client_id=act.client_id,
        status=OrderStatus.UNTOLD,
        source=Source.REPLY,
        at=at,
        venue_at=wire.instant(envelope.time),
        venue_id=VenueId(placed.order_id or ""),
    )
    promised = {"orderId": placed.order_id, "orderLinkId": placed.order_link_id}
    return Told(orders=(report,), missing=tuple(f"order.{name}" for name, came in promised.items() if not came))


# ---- queries


class _Part(Struct, frozen=True):
    """What one reply of a query gave: what it told, and the trouble that keeps it from being complete, if any."""

    told: Told = NOTHING_TOLD
    trouble: str = ""


def query_answer(reading: Reading, at: Instant) -> ReadAnswered | ReadFailed:
    """The answer of a query from the replies to all its requests, None for a lost one; never raises."""
    query, began_at, walked = reading.query, reading.began_at, course(reading)
    parts = (*_heard(reading, walked, at), *(_Part(trouble=_unasked(ask, walked)) for ask in _missing(walked)))
    told = rows.together(part.told for part in parts)
    told = rows.once(told) if walked.is_paged else told
    troubles = tuple(part.trouble for part in parts if part.trouble)
    if not troubles:
        return ReadAnswered(query, began_at, at, told)
    answered = _signed_answer(walked)
    return ReadFailed(query, began_at, at, _shortened("; ".join(troubles)), told, venue_answered=answered)


def _heard(reading: Reading, walked: Course, at: Instant) -> tuple[_Part, ...]:
    if isinstance(reading.query, AskModes):
        return (_modes_part(walked),) if walked.heard else ()
    return tuple(_part(reading, ask, reply, at) for ask, reply in walked.heard)


def _missing(walked: Course) -> tuple[Ask, ...]:
    """What the answer lacks because nobody asked for it."""
    return (*walked.ahead, *walked.unread)


def _unasked(ask: Ask, walked: Course) -> str:
    if walked.unread and len(walked.heard) + len(walked.unread) > MOST_REPLIES:
        return f"{ask.name}: expected at most {MOST_REPLIES} replies, and there is more"
    return f"{ask.name}: expected a reply, came none"


def _signed_answer(walked: Course) -> bool:
    """Whether the venue answered any signed request (design, rule 13)."""
    signed = (reply for ask, reply in walked.heard if reply is not None and not ask.public)
    return any(reply.is_answer for reply in signed)


def _part(reading: Reading, ask: Ask, reply: Reply | None, at: Instant) -> _Part:
    try:
        return _Part(_told(reading, ask, result_of(reply), at))
    except Incomplete as error:
        return _Part(error.told, f"{ask.name}: {error}")
    except Garbled as error:
        return _Part(trouble=f"{ask.name}: {error}")


def _told(reading: Reading, ask: Ask, result: Raw, at: Instant) -> Told:
    """What one good reply tells; raises Incomplete or Garbled unless it tells all that was asked."""
    query, began_at = reading.query, reading.began_at
    match ask.endpoint:
        case Endpoint.REALTIME | Endpoint.HISTORY:
            orders = wire.read(wire.OrderPage, result)
            source = Source.STOPS if isinstance(query, AskStop | AskStops) else Source.ORDER
            return _spanned(_whole(rows.orders_told(orders.rows, source, at)), reading)
        case Endpoint.EXECUTIONS:
            fills = wire.read(wire.ExecutionPage, result)
            return _spanned(_whole(rows.fills_told(fills.rows, Source.FILLS, at)), reading)
        case Endpoint.POSITIONS:
            positions = wire.read(wire.PositionPage, result)
            if isinstance(query, AskLeverage):
                return _leverages(positions, ask)
            if isinstance(query, AskBothSides):
                return _whole(rows.both_sides_told(positions.rows, Source.POSITIONS, began_at, at))
            return _positions(positions, ask, began_at, at)
        case Endpoint.INSTRUMENTS:
            listed = wire.read(wire.InstrumentPage, result)
            instruments, lacking = instruments_of(listed.rows)
            return Told(instruments=instruments, missing=lacking)
        case Endpoint.TICKERS:
            return _marks(wire.read(wire.TickerPage, result), ask, at)
        case _:
            wallets = tuple(rows.wallet_of(row) for row in wire.read(wire.WalletPage, result).rows)
            return _expected(Told(wallets=wallets), bool(wallets), "wallet: expected one row, came none")


def _whole(gathered: rows.Gathered) -> Told:
    """All that a page told, if every row of it could be read."""
    if gathered.left_out:
        raise Incomplete(f"expected whole rows, came some without {', '.join(gathered.left_out)}", gathered.told)
    return gathered.told


def _spanned(told: Told, reading: Reading) -> Told:
    """What a list told, if its spans reach from its beginning to now; only a read by time has a beginning."""
    query, began_at = reading.query, reading.began_at
    holds = not isinstance(query, AskFills | AskOrders) or began_at - query.since <= LONGEST_SPAN
    return _expected(told, holds, f"since: expected at most {LONGEST_SPAN} µs ago")


def _expected(told: Told, holds: bool, otherwise: str) -> Told:  # noqa: FBT001 (a condition, as in an assertion)
    if not holds:
        raise Incomplete(otherwise, told)
    return told


def _positions(page: wire.PositionPage, ask: Ask, began_at: Instant, at: Instant) -> Told:
    """One row a symbol, index 0; two rows are hedge mode, whose sum would hide what is open.

    A symbol's row comes even when flat (bybit.md 1.6), so an empty list does not say that it is flat (incident I07).
    """
    gathered = rows.positions_told(page.rows, Source.POSITIONS, began_at, at)
    two_sided = rows.hedged(page.rows)
    if two_sided:
        raise Incomplete(f"hedge mode: expected positionIdx 0, came others on {', '.join(two_sided)}", gathered.told)
    told = _whole(gathered)
    shown = not ask.symbol or any(report.symbol == ask.symbol for report in told.positions)
    return _expected(told, shown, f"position: expected one row of {ask.symbol}, came none")


def _leverages(page: wire.PositionPage, ask: Ask) -> Told:
    """A symbol's leverage stands on its position row; it is empty in portfolio margin.

    Of all symbols, only those with a position are listed.
    """
    stated = ((row.symbol, wire.stated(row.leverage)) for row in page.rows)
    told = Told(leverages=tuple(LeverageReport(Symbol(symbol), value) for symbol, value in stated if symbol and value))
    shown = not ask.symbol or any(report.symbol == ask.symbol for report in told.leverages)
    return _expected(told, shown, f"leverage: expected a number above 0 on {ask.symbol}, came none")


def _marks(page: wire.TickerPage, ask: Ask, at: Instant) -> Told:
    """Mark and last price (bybit.md 1.4); a contract that has not traded yet has none and is passed over."""
    prices = ((row.symbol, wire.stated(row.mark_price), wire.stated(row.last_price)) for row in page.rows)
    marks = tuple(
        MarkReport(Symbol(symbol), mark, last, at) for symbol, mark, last in prices if symbol and mark and last
    )
    shown = not ask.symbol or any(report.symbol == ask.symbol for report in marks)
    return _expected(Told(marks=marks), shown, f"price: expected mark and last above 0 on {ask.symbol}, came not both")


# ---- modes


def _modes_part(walked: Course) -> _Part:
    """Three replies make one report."""
    try:
        key, account, positions = (result_of(reply) for _, reply in walked.heard)
        listed = wire.read(wire.PositionPage, positions).rows
        report = _modes(wire.read(wire.KeyInfo, key), wire.read(wire.AccountInfo, account), bool(rows.hedged(listed)))
        return _Part(Told(modes=(report,)))
    except (Incomplete, Garbled) as error:
        return _Part(trouble=f"{', '.join(ask.name for ask, _ in walked.heard)}: {error}")


def _modes(key: wire.KeyInfo, account: wire.AccountInfo, hedge: bool) -> ModesReport:  # noqa: FBT001 (a mode is a flag)
    """A key may trade if it is no reading key and may order and hold contracts; any right on the wallet moves money."""
    rights = key.permissions or {}
    contracts, wallet = rights.get("ContractTrade") or (), rights.get("Wallet") or ()
    may_trade = wire.whole(key.read_only) == 0 and "Order" in contracts and "Position" in contracts
    return ModesReport(
        hedge=hedge,
        may_trade=may_trade and wire.whole(key.uta) == 1,
        account_id=str(key.user_id or ""),
        may_withdraw=bool(wallet),
        detail="; ".join(_remarks(key, account, wallet)),
        isolated=account.margin_mode == ISOLATED if account.margin_mode else None,
        ip_bound=bool(key.ips) and "*" not in (key.ips or ()),
        expires_at=_ends_at(key.expired_at),
    )


def _ends_at(spelling: str | None) -> Instant:
    """When a key ends, "2026-01-15T03:21:05Z" (bybit.md 1.7); 0 for none, and for a word that is no time."""
    try:
        ends = datetime.fromisoformat(spelling or "")
    except ValueError:
        return 0
    since = ends.replace(tzinfo=ends.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return max(0, since // timedelta(microseconds=1))


def _remarks(key: wire.KeyInfo, account: wire.AccountInfo, wallet: tuple[str, ...]) -> Iterable[str]:
    """What an owner should read about his key: margin mode, rights on the wallet, addresses, expiry (bybit.md 1.7)."""
    if account.margin_mode:
        yield f"margin mode {account.margin_mode}"
    if wire.whole(key.uta) != 1:
        yield "not a unified account"
    if wallet:
        yield f"wallet rights {', '.join(wallet)}"
    if not key.ips or "*" in key.ips:
        yield "no IP restriction"
    if key.expired_at:
        yield f"expires {key.expired_at}"


def _shortened(text: str) -> str:
    return text if len(text) <= _DETAIL else f"{text[:_DETAIL]}..."
