"""The judge: what really happened, from the book's history alone.

Per account and symbol it cuts the history into *episodes*, from flat to flat, and says of each: which orders opened it
and how much they asked for, when the first fill was, when stops were live, how long the position stood naked, what
closed it, whether it was ever increased by a second order or turned over to the other side.  And it says what stands
now: positions with their cover, and orphans, that is live orders and stops on a symbol that is flat.

A position is *covered* while live stops on its losing side close all of it: one position-wide stop, or quantities that
add up.  A stop that is firing covers for two more seconds (design rule 11); after that it is stuck and covers nothing.
The judge knows no client and no fault; whether an end was right is for others to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from venuesim.facts import (
    ZERO,
    Direction,
    Fact,
    FillState,
    OrderAccepted,
    OrderEnded,
    OrderFilled,
    OrderState,
    Origin,
    PositionChanged,
    PriceChanged,
    Side,
    StopEnded,
    StopFired,
    StopLive,
    StopMoved,
    StopScope,
    StopState,
    StopStatus,
)

FIRING_COVERS = 2_000_000
FOREVER = 2**63


class EntryOrder(msgspec.Struct, frozen=True):
    """An order that opened or increased a position; `intended` is its whole quantity, `origin` who made it."""

    order_id: str
    client_id: str
    origin: str
    intended: Decimal
    filled: Decimal


class StopSpan(msgspec.Struct, frozen=True):
    """A stop's time of watching within an episode; `ended_at` None while it still does, `end` its last status."""

    stop_id: str
    client_id: str
    trigger: Decimal
    live_at: int
    ended_at: int | None
    end: str


class Close(msgspec.Struct, frozen=True):
    """What took from a position: by stop, order, liquidation, adl or hand; how much, under which name, when last."""

    what: str
    order_id: str
    client_id: str
    quantity: Decimal
    at: int


class Episode(msgspec.Struct, frozen=True):
    """One position from flat to flat; times in microseconds UTC, `naked_usd_us` in quote times microseconds.

    `covered_at` is when it was first covered.  `increases` counts further orders that added to it; `turned_over` tells
    that a fill took it through zero to the other side.
    """

    account: str
    symbol: str
    side: str
    opened_at: int
    closed_at: int | None
    peak: Decimal
    entries: list[EntryOrder]
    increases: int
    stops: list[StopSpan]
    covered_at: int | None
    naked_us: int
    longest_naked_us: int
    naked_usd_us: Decimal
    closes: list[Close]
    turned_over: bool


class Standing(msgspec.Struct, frozen=True):
    """A position as it stands now."""

    account: str
    symbol: str
    quantity: Decimal
    entry_price: Decimal
    covered: bool
    stops: list[str]


class Orphan(msgspec.Struct, frozen=True):
    """A live order or stop on a symbol where the account is flat."""

    account: str
    symbol: str
    kind: str
    id: str
    client_id: str


class Verdict(msgspec.Struct, frozen=True):
    """The whole finding at a time; decimals are strings in JSON."""

    venue: str
    at: int
    episodes: list[Episode]
    positions: list[Standing]
    orphans: list[Orphan]
    naked_us: int
    longest_naked_us: int
    opposite_positions: int
    increases: int


@dataclass(slots=True)
class _Open:
    """An episode that is being written."""

    account: str
    symbol: str
    side: Side
    opened_at: int
    peak: Decimal = ZERO
    entries: dict[str, EntryOrder] = field(default_factory=dict)
    stops: dict[str, StopSpan] = field(default_factory=dict)
    closes: dict[str, Close] = field(default_factory=dict)
    covered_at: int | None = None
    naked_us: int = 0
    streak_us: int = 0
    longest_us: int = 0
    naked_usd_us: Decimal = ZERO
    turned_over: bool = False


@dataclass(slots=True)
class _Slot:
    """One account's symbol while the history is read."""

    account: str
    symbol: str
    quantity: Decimal = ZERO
    entry_price: Decimal = ZERO
    stops: dict[str, StopState] = field(default_factory=dict)
    orders: dict[str, OrderState] = field(default_factory=dict)
    episode: _Open | None = None
    since: int = 0

    def covered_until(self) -> int:
        """Return until when the position is covered if nothing more happens; 0 if it is not."""
        closing = Side.SELL if self.quantity > 0 else Side.BUY
        losing = Direction.FALL if self.quantity > 0 else Direction.RISE
        sums: dict[int, Decimal] = {}
        for stop in self.stops.values():
            if stop.side is closing and stop.direction is losing:
                until = FOREVER if stop.status is StopStatus.LIVE else stop.triggered_at + FIRING_COVERS
                closes = abs(self.quantity) if stop.scope is StopScope.POSITION else stop.quantity
                sums[until] = sums.get(until, ZERO) + closes
        return _enough_until(sums, abs(self.quantity))


def _enough_until(sums: dict[int, Decimal], wanted: Decimal) -> int:
    """Return the latest moment up to which cover that ends at the given times still adds up to `wanted`, or 0."""
    total = ZERO
    for until in sorted(sums, reverse=True):
        total += sums[until]
        if total >= wanted:
            return until
    return 0


class _Reader:
    """Reads facts one by one."""

    def __init__(self) -> None:
        self.slots: dict[tuple[str, str], _Slot] = {}
        self.marks: dict[str, Decimal] = {}
        self.done: list[Episode] = []

    def read(self, fact: Fact) -> None:
        match fact:
            case PriceChanged():
                self._spend_symbol(fact.symbol, fact.mark.at)
                self.marks[fact.symbol] = fact.mark_price
            case OrderAccepted() | OrderEnded():
                slot = self._slot(fact.order.account, fact.order.symbol, fact.mark.at)
                self._keep_order(slot, fact.order)
            case OrderFilled():
                slot = self._slot(fact.order.account, fact.order.symbol, fact.mark.at)
                self._keep_order(slot, fact.order)
                self._fill(slot, fact.order, fact.fill)
            case PositionChanged():
                slot = self._slot(fact.position.account, fact.position.symbol, fact.mark.at)
                slot.entry_price = fact.position.entry_price
            case StopLive() | StopMoved() | StopFired() | StopEnded():
                self._stop(self._slot(fact.stop.account, fact.stop.symbol, fact.mark.at), fact.stop)
            case _:
                return

    def _slot(self, account: str, symbol: str, at: int) -> _Slot:
        slot = self.slots.setdefault((account, symbol), _Slot(account, symbol))
        self._spend(slot, at)
        return slot

    def _spend_symbol(self, symbol: str, at: int) -> None:
        for slot in self.slots.values():
            if slot.symbol == symbol:
                self._spend(slot, at)

    def _spend(self, slot: _Slot, at: int) -> None:
        """Account for the time from the slot's last moment to `at`, which its state then decides."""
        episode, begun = slot.episode, slot.since
        slot.since = at
        if episode is None or at == begun:
            return
        until = slot.covered_until()
        if until > begun and episode.covered_at is None:
            episode.covered_at = begun
        naked = at - max(begun, min(until, at))
        if naked < at - begun:
            episode.streak_us = 0
        episode.streak_us += naked
        episode.longest_us = max(episode.longest_us, episode.streak_us)
        episode.naked_us += naked
        episode.naked_usd_us += naked * abs(slot.quantity) * self.marks[slot.symbol]

    @staticmethod
    def _keep_order(slot: _Slot, order: OrderState) -> None:
        if order.status.is_open:
            slot.orders[order.order_id] = order
        else:
            slot.orders.pop(order.order_id, None)

    def _fill(self, slot: _Slot, order: OrderState, fill: FillState) -> None:
        before, slot.quantity = slot.quantity, slot.quantity + fill.side.sign * fill.quantity
        if slot.episode is None:
            slot.episode = _open(slot, fill)
        elif fill.closed:
            _note_close(slot.episode, order, fill)
        if before * slot.quantity < 0:
            slot.episode.turned_over = True
            self._close(slot, fill.at)
            slot.episode = _open(slot, fill)
        if fill.closed < fill.quantity:
            slot.episode.entries[order.order_id] = EntryOrder(
                order.order_id, order.client_id, order.origin.value, order.quantity, order.filled
            )
        slot.episode.peak = max(slot.episode.peak, abs(slot.quantity))
        if not slot.quantity:
            self._close(slot, fill.at)

    def _close(self, slot: _Slot, at: int) -> None:
        assert slot.episode is not None
        self.done.append(_finished(slot.episode, at))
        slot.episode = None

    @staticmethod
    def _stop(slot: _Slot, stop: StopState) -> None:
        if stop.status.is_open:
            slot.stops[stop.stop_id] = stop
        else:
            slot.stops.pop(stop.stop_id, None)
        if slot.episode is not None:
            slot.episode.stops[stop.stop_id] = _span(stop)

    def finish(self, at: int) -> list[Episode]:
        """Return the ended episodes and those that are still open, by the time they began."""
        still = []
        for slot in self.slots.values():
            self._spend(slot, at)
            if slot.episode is not None:
                if slot.covered_until() > at and slot.episode.covered_at is None:
                    slot.episode.covered_at = at
                still.append(_finished(slot.episode, None))
        return sorted([*self.done, *still], key=lambda episode: (episode.opened_at, episode.account, episode.symbol))


def _open(slot: _Slot, fill: FillState) -> _Open:
    side = Side.BUY if slot.quantity > 0 else Side.SELL
    episode = _Open(slot.account, slot.symbol, side, fill.at)
    episode.stops = {stop.stop_id: _span(stop) for stop in slot.stops.values()}
    return episode


def _span(stop: StopState) -> StopSpan:
    ended = stop.updated_at if stop.status is not StopStatus.LIVE else None
    return StopSpan(stop.stop_id, stop.client_id, stop.trigger, stop.created_at, ended, stop.status.value)


def _note_close(episode: _Open, order: OrderState, fill: FillState) -> None:
    what = "order" if order.origin is Origin.CLIENT else order.origin.value
    earlier = episode.closes.get(order.order_id)
    quantity = fill.closed + (earlier.quantity if earlier else ZERO)
    episode.closes[order.order_id] = Close(what, order.order_id, order.client_id, quantity, fill.at)


def _finished(episode: _Open, closed_at: int | None) -> Episode:
    return Episode(
        account=episode.account,
        symbol=episode.symbol,
        side=episode.side.value,
        opened_at=episode.opened_at,
        closed_at=closed_at,
        peak=episode.peak,
        entries=list(episode.entries.values()),
        increases=max(len(episode.entries) - 1, 0),
        stops=list(episode.stops.values()),
        covered_at=episode.covered_at,
        naked_us=episode.naked_us,
        longest_naked_us=episode.longest_us,
        naked_usd_us=episode.naked_usd_us,
        closes=list(episode.closes.values()),
        turned_over=episode.turned_over,
    )


def judge(venue: str, history: Iterable[Fact], now: int) -> Verdict:
    """Return the finding over the facts at or before `now` (microseconds UTC)."""
    reader = _Reader()
    for fact in history:
        if fact.mark.at <= now:
            reader.read(fact)
    episodes = reader.finish(now)
    slots = [reader.slots[key] for key in sorted(reader.slots)]
    return Verdict(
        venue=venue,
        at=now,
        episodes=episodes,
        positions=[_standing(slot, now) for slot in slots if slot.quantity],
        orphans=[orphan for slot in slots if not slot.quantity for orphan in _orphans(slot)],
        naked_us=sum(episode.naked_us for episode in episodes),
        longest_naked_us=max((episode.longest_naked_us for episode in episodes), default=0),
        opposite_positions=sum(episode.turned_over for episode in episodes),
        increases=sum(episode.increases for episode in episodes),
    )


def _standing(slot: _Slot, now: int) -> Standing:
    covered = slot.covered_until() > now
    return Standing(slot.account, slot.symbol, slot.quantity, slot.entry_price, covered, list(slot.stops))


def _orphans(slot: _Slot) -> list[Orphan]:
    orders = [Orphan(slot.account, slot.symbol, "order", o.order_id, o.client_id) for o in slot.orders.values()]
    stops = [Orphan(slot.account, slot.symbol, "stop", s.stop_id, s.client_id) for s in slot.stops.values()]
    return [*orders, *stops]
