"""What the desk itself reads: all of it at the start, each part again on its period, and at once after a gap.

One read of all positions, of both books and of all marks serves every slot; what a single saga must know sooner it asks
itself. Equal queries under way are one.

What was read and is read again on its period yields to everything else (`Urgency.LOOK`): five hundred positions behind
one address of Binance would spend its whole weight on that alone (binance.md 1.3, 1.4). So where many accounts share an
address the periods grow, and entries go on. But no look waits for ever: one at stops or positions stands in line with
the entries after one more `stop_reread`, one at anything else after one more `books_reread`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from seawall.model.acts import Urgency
from seawall.model.ids import Symbol
from seawall.model.queries import (
    AskInstruments,
    AskLeverage,
    AskMark,
    AskModes,
    AskOpenOrders,
    AskPositions,
    AskStops,
    AskWallet,
    Query,
)
from seawall.model.times import HOUR, MINUTE, SECOND, Bounds, Duration, Instant
from seawall.model.work import Ask

_MARKS, _POSITIONS, _BOOKS = AskMark(), AskPositions(), (AskOpenOrders(), AskStops())
_RETRY = 1 * SECOND
_BOOKS_WAIT = 1 * SECOND
"""How long the first read of the books waits for the stream to open, since it is read again then anyway."""


@dataclass(slots=True)
class _Turn:
    period: Duration
    due_since: Instant = 0
    began_at: Instant = 0
    answered_at: Instant = 0
    in_flight: bool = False
    once_more: bool = False
    """Something happened while the read was under way: its answer may be older than that."""
    known_from: Instant = 0
    """The beginning of the last read that was answered well."""
    not_before: Instant = 0
    """When it may be read at the earliest though something has happened."""


@dataclass(slots=True)
class Needs:
    """The standing queries of one desk, and those of sagas that are under way."""

    bounds: Bounds
    book_batch: int = 40
    _standing: dict[Query, _Turn] = field(default_factory=dict)
    _under_way: dict[Query, tuple[Instant, Urgency]] = field(default_factory=dict)
    _watched_at: Instant = 0
    _has_gap: bool = False
    """Whether the stream was interrupted since the stops of the open slots were last asked for."""
    _first_due: Instant | None = None
    """When the first standing query is due, kept from one change of any of them to the next."""

    def __post_init__(self) -> None:
        periods: dict[Query, Duration] = {
            AskModes(): 30 * MINUTE,
            AskInstruments(): HOUR,
            AskWallet(): self.bounds.stop_reread,
            AskPositions(): self.bounds.stop_reread,
            AskOpenOrders(): self.bounds.books_reread,
            AskStops(): self.bounds.books_reread,
            AskLeverage(): 10 * MINUTE,
            AskMark(): self.bounds.mark_fresh // 2,
        }
        self._standing = {query: _Turn(period) for query, period in periods.items()}

    def merge(self, query: Query, urgency: Urgency, now: Instant) -> Ask | None:
        """A saga's query, unless the same is under way already, as urgently: its answer will serve both. What is asked
        for protection's sake waits for no answer that has not come for `patience`: it may be lost.
        """
        began_at, before = self._under_way.get(query, (None, urgency))
        patience = self.bounds.patience if urgency <= Urgency.ASK else 2 * self.bounds.reply_timeout
        if began_at is not None and before <= urgency and now - began_at < patience:
            return None
        self._under_way[query] = (now, min(before, urgency))
        return Ask(query, urgency)

    def slots(self, lacking: dict[Symbol, tuple[str, ...]], now: Instant) -> list[Ask]:
        """Reads for signals whose slots are not known freshly enough; of many slots at once, the account's whole."""
        if not lacking:
            return []
        by_what: dict[str, list[Symbol]] = {}
        for symbol, names in lacking.items():
            for what in names:
                by_what.setdefault(what, []).append(symbol)
        queries: list[Query] = [
            *_one_or_all(AskPositions, by_what.get("position", []), 2),
            *_one_or_all(AskOpenOrders, by_what.get("orders", []), self.book_batch),
            *_one_or_all(AskStops, by_what.get("orders", []), self.book_batch),
            *_one_or_all(AskMark, by_what.get("mark", []), 2),
            *(AskLeverage(symbol) for symbol in by_what.get("leverage", [])),
            *([AskWallet()] if "wallet" in by_what else []),
        ]
        asked = [self.merge(query, Urgency.ENTER, now) for query in queries]
        return [ask for ask in asked if ask is not None]

    def start(self, now: Instant) -> None:
        """A process takes up the account: everything is due, the books as soon as the stream is open."""
        for query in (_POSITIONS, *_BOOKS):
            turn = self._standing[query]
            turn.answered_at = now - turn.period + _BOOKS_WAIT
        self._first_due = None

    def watch(self, symbols: list[Symbol], now: Instant) -> list[Ask]:
        """The stops of the open slots, on their period, and at once after a gap: by symbol while they are few, else all
        in one.
        """
        if not symbols or now < self._watched_at + self.bounds.stop_reread:
            return []
        queries = _one_or_all(AskStops, symbols, self.book_batch)
        look = Urgency.ASK if self._has_gap else Urgency.LOOK
        urgencies = [min(look, Urgency.ENTER) if query in self._under_way else look for query in queries]
        self._watched_at, self._has_gap = now, False
        asked = [self.merge(query, urgency, now) for query, urgency in zip(queries, urgencies, strict=True)]
        return [ask for ask in asked if ask is not None]

    def due(self, now: Instant) -> list[Ask]:
        """The standing queries whose turn it is: marks and what is not known yet with the entries that need them."""
        if self._standing_due() > now:
            return []
        asks = []
        for query, turn in self._standing.items():
            if self._due_at(turn) <= now:
                turn.due_since = turn.due_since if turn.in_flight else now
                turn.began_at, turn.in_flight = now, True
                asks.append(Ask(query, self._urgency(query, turn, now)))
        self._first_due = None
        return asks

    def _urgency(self, query: Query, turn: _Turn, now: Instant) -> Urgency:
        patience = self.bounds.stop_reread if query == _POSITIONS else self.bounds.books_reread
        may_wait = now - turn.due_since < patience
        return Urgency.LOOK if turn.answered_at and may_wait and query != _MARKS else Urgency.ENTER

    def answered(self, query: Query, at: Instant, *, well: bool) -> None:
        """A query came back. A failed standing one is asked again after a second, a good one after its period."""
        self._under_way.pop(query, None)
        turn = self._standing.get(query)
        if turn is not None:
            self._first_due = None
            turn.in_flight = False
            turn.known_from = turn.began_at if well else turn.known_from
            turn.answered_at = at if well else at - turn.period + min(turn.period, _RETRY)
            if turn.once_more:
                turn.answered_at, turn.once_more = 0, False

    def close_gap(self, *, is_open: bool) -> None:
        """At both ends of a gap in the stream positions and the stops of the open slots are read at once: one may have
        gone unheard. Whole books are read once it `is_open` again, since what was read before that is not watched, and
        not again within `stop_reread`: a stream that is cut every few seconds would spend what the venue counts on
        books of 40 each (binance.md 1.4); an entry meanwhile reads its own slot at 1.
        """
        self._watched_at, self._has_gap = 0, True
        self._read_soon(_POSITIONS)
        for query in _BOOKS if is_open else ():
            self._read_soon(query, apart=self.bounds.stop_reread)

    def hurry(self) -> None:
        """The stream has spoken of something foreign: positions and both books are read at once."""
        for query in (_POSITIONS, *_BOOKS):
            self._read_soon(query)

    def _read_soon(self, query: Query, *, apart: Duration = 0) -> None:
        turn = self._standing[query]
        turn.answered_at, turn.once_more = 0, turn.in_flight
        turn.not_before = turn.known_from + apart if turn.known_from else 0
        self._first_due = None

    def next_wake(self, *, watching: bool) -> Instant:
        """When the next standing query, or the next look at the open slots' stops, is due."""
        standing = self._standing_due()
        return min(standing, self._watched_at + self.bounds.stop_reread) if watching else standing

    def _standing_due(self) -> Instant:
        if self._first_due is None:
            self._first_due = min([self._due_at(turn) for turn in self._standing.values()])
        return self._first_due

    def _due_at(self, turn: _Turn) -> Instant:
        if turn.in_flight:
            return turn.began_at + 2 * self.bounds.reply_timeout
        return turn.answered_at + turn.period if turn.answered_at else turn.not_before


Q = TypeVar("Q", AskPositions, AskOpenOrders, AskStops, AskMark)


def _one_or_all(kind: type[Q], symbols: list[Symbol], batch: int) -> list[Q]:
    """A query for each symbol, or from `batch` symbols on one for the whole account."""
    return [kind()] if len(symbols) >= batch else [kind(symbol) for symbol in symbols]
