"""What a desk knows of its account apart from any signal: positions, both books, prices, modes, clock, stream.

None of this is recorded: it is what the venue shows now, read again on a period and after every gap. A slot's view is
*fresh* if it was read after the connection of a stream opened that has proven itself since and is unbroken, so that a
change would have been heard; without such a stream, only if it was read just now. (Absence asks for more: there the
stream must have been proven before the send.) Where the stream has told of something foreign that stands, a read begun
within `read_lag` of that may not show it yet, and is not fresh.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from seawall.model import events as ev
from seawall.model.acts import Outcome, Reason
from seawall.model.amounts import ZERO
from seawall.model.ids import Symbol, is_ours, parse_client_id
from seawall.model.inputs import (
    ActAnswered,
    ClockReport,
    Forbidden,
    Input,
    ReadAnswered,
    ReadFailed,
    StreamChanged,
    StreamReported,
    Told,
)
from seawall.model.instrument import Instrument
from seawall.model.queries import AskOpenOrders, AskPositions, AskStops, PublicQuery, Query
from seawall.model.reports import (
    LeverageReport,
    MarkReport,
    ModesReport,
    OrderReport,
    PositionReport,
    Source,
    StopReport,
    StopStatus,
    WalletReport,
)
from seawall.model.times import Bounds, Duration, Instant

_EVERYWHERE = Symbol("")
_STANDING = (StopStatus.LIVE, StopStatus.TRIGGERING, StopStatus.TRIGGERED)
R = TypeVar("R", bound=OrderReport | StopReport)


@dataclass(slots=True)
class AccountView:
    """The latest of everything, and when each part was read completely (beginning of the read)."""

    installation: str
    bounds: Bounds
    instruments: dict[Symbol, Instrument] = field(default_factory=dict)
    marks: dict[Symbol, MarkReport] = field(default_factory=dict)
    positions: dict[Symbol, PositionReport] = field(default_factory=dict)
    leverages: dict[Symbol, LeverageReport] = field(default_factory=dict)
    orders: dict[Symbol, tuple[OrderReport, ...]] = field(default_factory=dict)
    stops: dict[Symbol, tuple[StopReport, ...]] = field(default_factory=dict)
    beside: dict[Symbol, tuple[OrderReport, ...]] = field(default_factory=dict)
    """What the book of stops holds that is none (Binance keeps take-profits there)."""
    read_at: dict[tuple[str, Symbol], Instant] = field(default_factory=dict)
    ever_read: dict[str, None] = field(default_factory=dict)
    """What has been read completely, of the whole account, at least once."""
    stops_bounded: bool = False
    """Whether the venue has refused a stop for standing beyond its band, in this process."""
    is_out_of_date: bool = False
    """Whether the stream has spoken of something foreign since the books were last asked for."""
    _foreign_at: dict[tuple[str, Symbol], Instant] = field(default_factory=dict)
    """When the stream last told of something foreign that stands: a read begun soon after may not show it yet."""
    modes: ModesReport | None = None
    wallet: WalletReport | None = None
    clock: ClockReport | None = None
    stream_since: Instant = 0
    stream_open_at: Instant = 0
    answered_at: Instant = 0
    """When the venue last answered a signed request in this process; 0 before the first time."""
    mute_since: Instant = 0
    muted: Duration = 0
    awake_since: Instant = 0
    """When we last went on after standing still: the silence up to then is counted."""
    forbidden_until: Instant = 0
    """Until when the venue's own word forbids our acts; an answered read does not lift that."""
    _strangers: tuple[str, ...] | None = None
    """Kept from one read of a book to the next, since it is asked for after every read of anything."""

    def hear(self, item: Input) -> None:
        """Takes from an input what it says of the account."""
        match item:
            case ReadAnswered():
                self._asked(item, answered=True)
                self._told(item.told)
                self._read(item.query, item)
            case ReadFailed():
                self._asked(item, answered=item.venue_answered)
                self._told(item.told)
            case ActAnswered():
                self._told(item.told)
                self._act_answered(item)
            case StreamReported():
                self._told(item.told)
                self._touch(item.told, item.at)
            case StreamChanged():
                self.stream_since = item.since if item.proven else 0
                if not item.proven:
                    self.stream_open_at = item.at if item.is_open else 0
            case Forbidden(at=at, until=until):
                self.forbidden_until = max(self.forbidden_until, until)
                self._unanswered(at)
            case ClockReport():
                self.clock = item
            case _:
                return

    def mute(self, now: Instant) -> Duration:
        """For how long in all the venue has not answered."""
        return self.muted + (now - self.mute_since if self.mute_since else 0)

    def slept(self, gap: Duration, now: Instant) -> None:
        """Nothing was asked or heard for `gap`, because we stood still; unless a silence is counted already."""
        if not self.mute_since:
            self.muted += gap
            self.awake_since = now

    # ---- the slot

    def is_fresh(self, what: str, symbol: Symbol, now: Instant) -> bool:
        """Whether `what` ("positions", "orders", "stops") of a symbol was read recently enough to enter on."""
        read_at = max(self.read_at.get((what, symbol), 0), self.read_at.get((what, _EVERYWHERE), 0))
        told_at = self._foreign_at.get((what, symbol), 0)
        if not read_at or (told_at and read_at < told_at + self.bounds.read_lag):
            return False
        watched = self.stream_since > 0 and 0 < self.stream_open_at <= read_at
        return watched or now - read_at <= self.bounds.mark_fresh

    def orders_read_at(self, symbol: Symbol) -> Instant:
        """The beginning of the last complete read of the open orders on a symbol; 0 where what is known is too old."""
        return max(self.read_at.get(("orders", symbol), 0), self.read_at.get(("orders", _EVERYWHERE), 0))

    def position(self, symbol: Symbol, now: Instant) -> PositionReport:
        """The slot's position: what was last said, or flat where complete reads do not list it."""
        known = self.positions.get(symbol)
        at = max(self.read_at.get(("positions", symbol), 0), self.read_at.get(("positions", _EVERYWHERE), 0)) or now
        return known or PositionReport(symbol, amount=ZERO, source=Source.POSITIONS, began_at=at, at=at)

    def foreign(self, symbol: Symbol, ours: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(orders, stops) on a symbol that are not ours. `ours`: names and ids that a saga there answers for."""
        inst = self.installation
        standing = (*self.orders.get(symbol, ()), *self.beside.get(symbol, ()))
        orders = [order for order in standing if not is_ours(order.client_id, inst)]
        stops = [stop for stop in self.stops.get(symbol, ()) if not is_ours(stop.client_id or stop.parent, inst)]
        if not orders and not stops:
            return (), ()
        known = frozenset(ours)
        others = [stop for stop in stops if not known.intersection((stop.venue_id, str(stop.trigger)))]
        return (
            tuple(_label(order.client_id, order.venue_id) for order in orders if order.venue_id not in known),
            tuple(_label(stop.client_id, stop.venue_id) for stop in others),
        )

    def learn(self, event: ev.Event, words: Iterable[PositionReport]) -> None:
        """What a signal has found out for all: its slot is flat by these words about its position, so that what is
        older than they are is out of date here too; or the venue takes no stop beyond its band.
        """
        if isinstance(event, ev.FlatSeen):
            for report in words:
                self._position(report)
        if isinstance(event, ev.RollbackBegan) and event.reason is ev.EndReason.STOP_BEYOND_BOUND:
            self.stops_bounded = True

    def strangers(self) -> tuple[str, ...]:
        """Orders and stops on the account that bear another installation's name, or whose entry did: Bybit's children
        have none of their own.
        """
        if self._strangers is None:
            books = (*self.orders.values(), *self.beside.values())
            names = [order.client_id for rows in books for order in rows]
            names += [stop.client_id or stop.parent for rows in self.stops.values() for stop in rows]
            strange = (name for name in names if parse_client_id(name) and not is_ours(name, self.installation))
            self._strangers = tuple(strange)
        return self._strangers

    # ---- intake

    def _act_answered(self, item: ActAnswered) -> None:
        if item.reason is Reason.LIMIT:
            self.forbidden_until = max(self.forbidden_until, item.at + item.retry_after)
        is_lost = item.outcome is Outcome.UNKNOWN and not item.venue_answered
        if item.reason is Reason.LIMIT or (is_lost and not self._has_answered_lately(item.at)):
            self._unanswered(item.began_at)
        elif is_lost:
            return
        elif item.outcome is not Outcome.NOT_SENT:
            self._answered(item.at)

    def _has_answered_lately(self, at: Instant) -> bool:
        """Whether the venue has answered us within the time that a reply may take: a road of its own that fails for
        acts alone is no silence, and a position would stand bare for as long as it fails.
        """
        return not self.mute_since and self.answered_at > 0 and at - self.answered_at <= self.bounds.reply_timeout

    def _asked(self, item: ReadAnswered | ReadFailed, *, answered: bool) -> None:
        """A read found an answer or none. What is public tells nothing of whether the venue answers *us*: prices that
        cannot be read would hold up the naked clock (design, rule 13: a signed request).
        """
        if isinstance(item.query, PublicQuery):
            return
        if answered:
            self._answered(item.at)
        else:
            self._unanswered(item.began_at)

    def _unanswered(self, began_at: Instant) -> None:
        """The silence began with the request that found no answer, or after the last answer, or when we woke."""
        self.mute_since = self.mute_since or max(began_at, self.answered_at, self.awake_since)

    def _answered(self, at: Instant) -> None:
        self.answered_at = max(self.answered_at, at)
        if self.mute_since and at >= self.forbidden_until:
            self.muted += max(at - self.mute_since, 0)
            self.mute_since = 0

    def _told(self, told: Told) -> None:
        for instrument in told.instruments:
            self.instruments[instrument.symbol] = instrument
        for mark in told.marks:
            self.marks[mark.symbol] = mark
        for leverage in told.leverages:
            self.leverages[leverage.symbol] = leverage
        for modes in told.modes:
            self.modes = modes
        for wallet in told.wallets:
            self.wallet = wallet
        for position in told.positions:
            self._position(position)

    def _position(self, report: PositionReport) -> None:
        before = self.positions.get(report.symbol)
        stale = before is not None and (report.seq, report.venue_at) < (before.seq, before.venue_at)
        if not stale:
            self.positions[report.symbol] = report

    def _read(self, query: Query, item: ReadAnswered) -> None:
        match query:
            case AskPositions(symbol=symbol):
                self._mark_read("positions", symbol, item.began_at)
                if symbol is None:
                    self._forget_unlisted(item)
            case AskOpenOrders(symbol=symbol):
                self._mark_read("orders", symbol, item.began_at)
                self._strangers = None
                self._show("orders", symbol, self.orders, _waiting(item.told))
            case AskStops(symbol=symbol):
                self._mark_read("stops", symbol, item.began_at)
                self._strangers = None
                self._show("stops", symbol, self.stops, [stop for stop in item.told.stops if stop.status in _STANDING])
                self._show("orders", symbol, self.beside, _waiting(item.told))
            case _:
                return

    def _show(self, what: str, symbol: Symbol | None, book: dict[Symbol, tuple[R, ...]], rows: list[R]) -> None:
        """A complete read of a book. One that shows something foreign has caught up with what the stream told of it."""
        _replace(book, symbol, rows)
        for row in rows:
            if not is_ours(row.client_id or row.parent, self.installation):
                self._foreign_at.pop((what, row.symbol), None)

    def _forget_unlisted(self, item: ReadAnswered) -> None:
        """A complete list of all positions that leaves a symbol out says that it was flat, as far as that read lags."""
        listed = {report.symbol: None for report in item.told.positions}
        for symbol, known in list(self.positions.items()):
            if symbol not in listed and known.at + self.bounds.read_lag < item.began_at:
                del self.positions[symbol]

    def _touch(self, told: Told, at: Instant) -> None:
        """The stream speaks of an order that is not ours: what was read of that book is out of date."""
        for order in told.orders:
            if not is_ours(order.client_id or order.parent, self.installation):
                self._forget("orders", order.symbol, at, stands=not order.status.is_terminal)
        for stop in told.stops:
            if not is_ours(stop.client_id or stop.parent, self.installation):
                self._forget("stops", stop.symbol, at, stands=stop.status in _STANDING)

    def _forget(self, what: str, symbol: Symbol, at: Instant, *, stands: bool) -> None:
        self.is_out_of_date = True
        if stands:
            self._foreign_at[what, symbol] = at
        self.read_at.pop((what, symbol), None)
        self.read_at.pop((what, _EVERYWHERE), None)

    def _mark_read(self, what: str, symbol: Symbol | None, began_at: Instant) -> None:
        key = (what, symbol or _EVERYWHERE)
        if symbol is None:
            self.ever_read[what] = None
        self.read_at[key] = max(self.read_at.get(key, 0), began_at)


def _replace(book: dict[Symbol, tuple[R, ...]], symbol: Symbol | None, rows: list[R]) -> None:
    """Puts a complete read in the place of what was known of that scope."""
    if symbol is None:
        book.clear()
    else:
        book.pop(symbol, None)
    for row in rows:
        book[row.symbol] = (*book.get(row.symbol, ()), row)


def _waiting(told: Told) -> list[OrderReport]:
    return [order for order in told.orders if not order.status.is_terminal]


def _label(client_id: str, venue_id: str) -> str:
    return client_id or venue_id
