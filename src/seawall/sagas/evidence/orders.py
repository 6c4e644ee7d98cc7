"""What is known of one order, and the join that makes it grow.

Sources speak late, twice, and in the wrong order, so knowledge of an order is a point in a lattice and every report
only moves it up: quantity by maximum, status by a total order in which a fill beats every contrary word, trades by
their id. The join is commutative, associative and idempotent (proved by hypothesis in `tests/sagas/test_orders.py`),
so that any order of arrival and any repetition give the same knowledge, and "did it grow?" decides what is recorded.

A status is only a word. "Filled" with quantity 0 (incident I04) does not make the order empty, and "cancelled" with a
quantity does not make it harmless (bybit.md 3.1, binance.md 4.5): what was filled is the maximum that any source has
ever said, whatever the status.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from seawall.model.amounts import ZERO
from seawall.model.ids import ClientId, Leg, VenueId
from seawall.model.reports import FillReport, OrderReport, OrderStatus, Source
from seawall.model.times import Instant

_RANK = {
    OrderStatus.UNTOLD: 0,
    OrderStatus.OPEN: 1,
    OrderStatus.PARTIAL: 2,
    OrderStatus.REJECTED: 3,
    OrderStatus.EXPIRED: 4,
    OrderStatus.CANCELLED: 5,
    OrderStatus.FILLED: 6,
}


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade of an order: what a receipt and an average need of it. The first word on a trade may have neither fee
    nor profit (binance.md 3.3, TRADE_LITE): one that brings them tells something new.
    """

    trade_id: str
    quantity: Decimal
    price: Decimal
    venue_at: Instant
    seq: int = 0
    fee: Decimal | None = None
    profit: Decimal | None = None


@dataclass(frozen=True)
class OrderFacts:
    """All that any source has said of one order of ours. Without slots, so that what follows from it is worked out
    once: a decision asks for it dozens of times.
    """

    client_id: ClientId
    leg: Leg
    intended: Decimal | None = None
    """What we asked it to fill; None where the record of that is lost, or for a stop of the whole position."""
    status: OrderStatus = OrderStatus.UNTOLD
    reported: Decimal = ZERO
    reported_average: Decimal | None = None
    trades: tuple[Trade, ...] = ()
    venue_id: VenueId = VenueId("")
    venue_at: Instant = 0
    ended_at: Instant = 0
    """When it was first told to have ended, in our time: what stands in a book that was read long after that has not
    ended, whoever told so."""
    is_end_heard: bool = False
    """Whether the stream has told of its end, or the answer to the order itself; a read that tells of one may lie."""

    @cached_property
    def filled(self) -> Decimal:
        """What was filled, in base currency: the most that any source has said."""
        return max(self.reported, self._traded)

    @cached_property
    def _traded(self) -> Decimal:
        return sum((trade.quantity for trade in self.trades), ZERO)

    @property
    def average(self) -> Decimal | None:
        """The average price, from the trades where they are complete and each has one, else from the fullest report;
        None if unsaid. A trade at 0 has none, and an average of it would put the stop there.
        """
        if self._traded and self._traded >= self.reported and all(trade.price > 0 for trade in self.trades):
            return sum((trade.quantity * trade.price for trade in self.trades), ZERO) / self._traded
        return self.reported_average

    @property
    def is_unpriced(self) -> bool:
        """Whether it has filled, and nobody has told at what price: a reply to an order has none (binance.md 1.6)."""
        return self.filled > 0 and self.average is None

    @property
    def is_seen(self) -> bool:
        """Whether any source has told of the order: presence needs one attributable report."""
        return self.status is not OrderStatus.UNTOLD or self.filled > 0

    @property
    def is_terminal(self) -> bool:
        """Whether it can fill no more: by any source's word, or because it has filled all that was asked."""
        return self.status.is_terminal or (self.intended is not None and 0 < self.intended <= self.filled)

    @property
    def ended_as(self) -> OrderStatus:
        """The status of an order that can fill no more: the venue's word, or FILLED where the quantity says so."""
        return self.status if self.status.is_terminal else OrderStatus.FILLED

    @property
    def is_quantity_known(self) -> bool:
        """A terminal status with its quantity. FILLED with nothing filled contradicts itself: ask on (I04)."""
        return self.is_terminal and not (self.status is OrderStatus.FILLED and self.filled == 0)

    @property
    def is_empty(self) -> bool:
        """Whether it has ended, and filled nothing."""
        return self.is_quantity_known and self.filled == 0

    def fills(self) -> Iterator[tuple[Decimal, Instant, int]]:
        """What was filled, piece by piece: quantity, venue time, cross sequence (0 where it is not known)."""
        yield from ((trade.quantity, trade.venue_at, trade.seq) for trade in self.trades)
        if self._traded < self.reported:
            yield self.reported - self._traded, self.venue_at, 0

    @cached_property
    def first_fill_at(self) -> Instant:
        """Venue time of the oldest word about a fill; 0 without any."""
        told = [trade.venue_at for trade in self.trades] + ([self.venue_at] if self.reported else [])
        return min(told, default=0)

    @cached_property
    def last_fill_at(self) -> Instant:
        """Venue time of the newest fill, by its trade where that is known, else by the order's own word, which may be
        dated after it (bybit.md 2.1); 0 without any.
        """
        traded = max((trade.venue_at for trade in self.trades), default=0)
        is_known = traded and self._traded >= self.reported
        return traded if is_known else max(traded, self.venue_at if self.reported else 0)

    @cached_property
    def last_seq(self) -> int:
        """The cross sequence of the newest fill (Bybit); 0 while its trade is not known."""
        is_known = self._traded >= self.reported
        return max((trade.seq for trade in self.trades), default=0) if is_known else 0


_FIRST_HAND = (Source.STREAM, Source.REPLY)


def join_order(facts: OrderFacts, report: OrderReport) -> OrderFacts:
    """`facts` with everything that `report` adds. A report about a fill dates it; others do not."""
    fullest = max((facts.reported, _or_least(facts.reported_average)), (report.filled, _or_least(report.average)))
    newer_fill = report.filled > facts.reported or (report.filled == facts.reported and report.filled > 0)
    return replace(
        facts,
        status=max(facts.status, report.status, key=_RANK.__getitem__),
        reported=fullest[0],
        reported_average=fullest[1] if fullest[1] >= 0 else None,
        venue_id=max(facts.venue_id, report.venue_id),
        venue_at=_fill_time(facts, report) if newer_fill else facts.venue_at,
        ended_at=min(facts.ended_at or report.at, report.at) if report.status.is_terminal else facts.ended_at,
        is_end_heard=facts.is_end_heard or (report.status.is_terminal and report.source in _FIRST_HAND),
    )


def join_fill(facts: OrderFacts, report: FillReport) -> OrderFacts:
    """`facts` with one trade more, or with more of one whose id is known."""
    trade = Trade(
        report.trade_id, report.quantity, report.price, report.venue_at, report.seq, report.fee, report.profit
    )
    known = {kept.trade_id: kept for kept in facts.trades}
    known[trade.trade_id] = _joined(known.get(trade.trade_id, trade), trade)
    trades = tuple(sorted(known.values(), key=lambda kept: (kept.venue_at, kept.trade_id)))
    return replace(facts, trades=trades, venue_id=max(facts.venue_id, report.venue_id))


def _fill_time(facts: OrderFacts, report: OrderReport) -> Instant:
    """When the fullest quantity was first said to stand: the earliest time among equal quantities."""
    if report.filled > facts.reported or facts.venue_at == 0:
        return report.venue_at
    return min(facts.venue_at, report.venue_at) if report.venue_at else facts.venue_at


def _or_least(price: Decimal | None) -> Decimal:
    """A price for comparison; an unsaid one is below all others."""
    return Decimal(-1) if price is None or price <= 0 else price


def _joined(one: Trade, other: Trade) -> Trade:
    """Two tellings of a trade as one, in whatever order they came."""
    return replace(
        max(one, other, key=_as_key),
        seq=max(one.seq, other.seq),
        fee=max(one.fee, other.fee, key=_as_told),
        profit=max(one.profit, other.profit, key=_as_told),
    )


def _as_told(amount: Decimal | None) -> tuple[bool, Decimal, Decimal]:
    """Of two words about an amount the larger counts, and any more than none."""
    return (amount is not None, abs(amount or ZERO), amount or ZERO)


def _as_key(trade: Trade) -> tuple[Decimal, Decimal, Instant, int]:
    return (trade.quantity, trade.price, trade.venue_at, trade.seq)
