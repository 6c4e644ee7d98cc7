"""What the desk itself reads: all of it at the start, each part again on its period, and at once after a gap.

One read of all positions, of both books and of all marks serves every slot; what a single saga must know sooner it asks
itself. Equal queries under way are one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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

_RETRY = 1 * SECOND


@dataclass(slots=True)
class _Turn:
    period: Duration
    began_at: Instant = 0
    answered_at: Instant = 0
    in_flight: bool = False
    once_more: bool = False
    """Something happened while the read was under way: its answer may be older than that."""


@dataclass(slots=True)
class Needs:
    """The standing queries of one desk, and those of sagas that are under way."""

    bounds: Bounds
    _standing: dict[Query, _Turn] = field(default_factory=dict)
    _under_way: dict[Query, Instant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        periods: dict[Query, Duration] = {
            AskModes(): 5 * MINUTE,
            AskInstruments(): HOUR,
            AskWallet(): self.bounds.stop_reread,
            AskPositions(): self.bounds.stop_reread,
            AskOpenOrders(): self.bounds.stop_reread,
            AskStops(): self.bounds.stop_reread,
            AskLeverage(): 10 * MINUTE,
            AskMark(): self.bounds.mark_fresh // 2,
        }
        self._standing = {query: _Turn(period) for query, period in periods.items()}

    def merge(self, query: Query, urgency: Urgency, now: Instant) -> Ask | None:
        """A saga's query, unless the same is under way already: its answer will serve both."""
        began_at = self._under_way.get(query)
        if began_at is not None and now - began_at < 2 * self.bounds.reply_timeout:
            return None
        self._under_way[query] = now
        return Ask(query, urgency)

    def slot(self, symbol: Symbol, lacking: tuple[str, ...], now: Instant) -> list[Ask]:
        """Reads for a signal whose slot is not known freshly enough."""
        queries: dict[str, tuple[Query, ...]] = {
            "position": (AskPositions(symbol),),
            "orders": (AskOpenOrders(symbol), AskStops(symbol)),
            "mark": (AskMark(symbol),),
            "wallet": (AskWallet(),),
            "leverage": (AskLeverage(symbol),),
        }
        wanted = [query for what in lacking for query in queries.get(what, ())]
        asked = [self.merge(query, Urgency.ENTER, now) for query in wanted]
        return [ask for ask in asked if ask is not None]

    def due(self, now: Instant) -> list[Ask]:
        """The standing queries whose turn it is."""
        asks = []
        for query, turn in self._standing.items():
            if self._due_at(turn) <= now:
                turn.began_at, turn.in_flight = now, True
                asks.append(Ask(query, Urgency.ASK))
        return asks

    def answered(self, query: Query, at: Instant, *, well: bool) -> None:
        """A query came back. A failed standing one is asked again after a second, a good one after its period."""
        self._under_way.pop(query, None)
        turn = self._standing.get(query)
        if turn is not None:
            turn.in_flight = False
            turn.answered_at = at if well else at - turn.period + min(turn.period, _RETRY)
            if turn.once_more:
                turn.answered_at, turn.once_more = 0, False

    def hurry(self) -> None:
        """After a gap in the stream, positions and both books are read at once."""
        for query in (AskPositions(), AskOpenOrders(), AskStops()):
            turn = self._standing[query]
            turn.answered_at, turn.once_more = 0, turn.in_flight

    def next_wake(self) -> Instant:
        """When the next standing query is due."""
        return min(self._due_at(turn) for turn in self._standing.values())

    def _due_at(self, turn: _Turn) -> Instant:
        if turn.in_flight:
            return turn.began_at + 2 * self.bounds.reply_timeout
        return turn.answered_at + turn.period if turn.answered_at else 0
