"""One account's symbol while the judge reads: the position, what hangs on it, and the episode that is being written."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from venuesim.cover import covered_until, guard_of
from venuesim.facts import ZERO, Direction, FillState, OrderState, Origin, Purpose, Side, StopState, StopStatus
from venuesim.resting import may_rest
from venuesim.verdict import Close, EntryOrder, Episode, StopMove, StopSpan


@dataclass(slots=True)
class Writing:
    """An episode that is being written.

    `guard` is the trigger that last covered all of it, `guarded` whether it still does, `by_stop` whether a stop's
    change took the cover away (and not a fill that outgrew it), `spent_us` the naked time up to then.
    """

    account: str
    symbol: str
    side: Side
    opened_at: int
    peak: Decimal = ZERO
    entries: dict[str, EntryOrder] = field(default_factory=dict)
    stops: dict[str, StopSpan] = field(default_factory=dict)
    closes: dict[str, Close] = field(default_factory=dict)
    moves: list[StopMove] = field(default_factory=list)
    covered_at: int | None = None
    adopted_at: int | None = None
    naked_us: int = 0
    streak_us: int = 0
    longest_us: int = 0
    naked_usd_us: Decimal = ZERO
    turned_over: bool = False
    naked: list[tuple[int, int]] = field(default_factory=list)
    guard: Decimal | None = None
    guarded: bool = False
    by_stop: bool = False
    spent_us: int = 0

    def spend(self, elapsed: int, naked: int, worth: Decimal, at: int) -> None:
        """Account for a stretch of time that ends at `at`, whose last `naked` microseconds stood without cover."""
        if naked < elapsed:
            self.streak_us = 0
        self.streak_us += naked
        self.longest_us = max(self.longest_us, self.streak_us)
        self.naked_us += naked
        self.naked_usd_us += naked * worth
        if self.naked and self.naked[-1][1] == at - naked:
            self.naked[-1] = self.naked[-1][0], at
        elif naked:
            self.naked.append((at - naked, at))

    def note_guard(self, guard: Decimal | None, at: int, *, by_stop: bool) -> None:
        """Note what covers now; a change that a stop's own change made is a move."""
        if guard is None:
            self.by_stop = by_stop if self.guarded else self.by_stop
            self.guarded = False
            return
        naked = self.naked_us - self.spent_us
        moved = by_stop and (guard != self.guard or naked > 0) if self.guarded else self.by_stop
        if self.guard is not None and moved:
            self.moves.append(StopMove(at, self.guard, guard, naked))
        self.guard, self.guarded, self.by_stop, self.spent_us = guard, True, False, self.naked_us

    def finished(self, closed_at: int | None, now: int) -> Episode:
        """Return the episode as it ended, or as it stands."""
        moves = self.moves[:]
        if self.guard is not None and not self.guarded and self.by_stop:
            moves.append(StopMove(now, self.guard, None, self.naked_us - self.spent_us))
        return Episode(
            account=self.account,
            symbol=self.symbol,
            side=self.side.value,
            opened_at=self.opened_at,
            closed_at=closed_at,
            peak=self.peak,
            entries=list(self.entries.values()),
            increases=max(len(self.entries) - 1, 0),
            stops=list(self.stops.values()),
            moves=moves,
            covered_at=self.covered_at,
            adopted_at=self.adopted_at,
            naked_us=self.naked_us,
            longest_naked_us=self.longest_us,
            naked_usd_us=self.naked_usd_us,
            closes=list(self.closes.values()),
            turned_over=self.turned_over,
            naked=list(self.naked),
        )


@dataclass(slots=True)
class Slot:
    """One account's symbol while the history is read; `was` keeps what a stop that has fired or ended was."""

    account: str
    symbol: str
    quantity: Decimal = ZERO
    entry_price: Decimal = ZERO
    stops: dict[str, StopState] = field(default_factory=dict)
    orders: dict[str, OrderState] = field(default_factory=dict)
    was: dict[str, str] = field(default_factory=dict)
    episode: Writing | None = None
    since: int = 0

    def covered_until(self) -> int:
        """Return until when the position is covered if nothing more happens; 0 if it is not."""
        return covered_until(self.stops.values(), self.quantity)

    def spend(self, at: int, mark: Decimal) -> None:
        """Account for the time from the slot's last moment to `at`, which its state then decides."""
        episode, begun = self.episode, self.since
        self.since = at
        if episode is None or at == begun:
            return
        until = self.covered_until()
        if until > begun and episode.covered_at is None:
            episode.covered_at = begun
        episode.spend(at - begun, at - max(begun, min(until, at)), abs(self.quantity) * mark, at)

    def keep_order(self, order: OrderState) -> None:
        """Keep an open order, forget an ended one."""
        if order.status.is_open:
            self.orders[order.order_id] = order
        else:
            self.orders.pop(order.order_id, None)

    def keep_stop(self, stop: StopState, at: int) -> None:
        """Keep an open stop, forget an ended one, and note what covers now."""
        if stop.status.is_open:
            self.stops[stop.stop_id] = stop
        else:
            self.stops.pop(stop.stop_id, None)
        if stop.status is not StopStatus.LIVE:
            self.was[stop.stop_id] = what_of(stop)
        if self.episode is not None:
            self.episode.stops[stop.stop_id] = span_of(stop)
            self._note(at, by_stop=True)

    def fill(self, order: OrderState, fill: FillState) -> list[Episode]:
        """Follow a fill; returns the episode that it ended, if it did."""
        before, self.quantity = self.quantity, self.quantity + fill.side.sign * fill.quantity
        ended: list[Episode] = []
        if self.episode is None:
            self.episode = self._open(fill)
        elif fill.closed:
            self._note_close(self.episode, order, fill)
        if before * self.quantity < 0:
            self.episode.turned_over = True
            ended.append(self.episode.finished(fill.at, fill.at))
            self.episode = self._open(fill)
        if fill.closed < fill.quantity:
            self.episode.entries[order.order_id] = EntryOrder(
                order.order_id, order.client_id, order.origin.value, order.quantity, order.filled
            )
        self.episode.peak = max(self.episode.peak, abs(self.quantity))
        if not self.quantity:
            ended.append(self.episode.finished(fill.at, fill.at))
            self.episode = None
        self._note(fill.at, by_stop=False)
        return ended

    def _open(self, fill: FillState) -> Writing:
        side = Side.BUY if self.quantity > 0 else Side.SELL
        stops = {stop.stop_id: span_of(stop) for stop in self.stops.values()}
        return Writing(self.account, self.symbol, side, fill.at, stops=stops)

    def _note_close(self, episode: Writing, order: OrderState, fill: FillState) -> None:
        earlier = episode.closes.get(order.order_id)
        quantity = fill.closed + (earlier.quantity if earlier else ZERO)
        what = self._closed_by(order)
        episode.closes[order.order_id] = Close(what, order.order_id, order.client_id, quantity, fill.at)

    def _closed_by(self, order: OrderState) -> str:
        if order.origin is Origin.STOP:
            stop = self.stops.get(order.stop_id)
            return what_of(stop) if stop is not None else self.was.get(order.stop_id, "stop")
        if order.origin is Origin.CLIENT:
            return "take_profit" if order.reduce_only and may_rest(order) else "order"
        return order.origin.value

    def _note(self, at: int, *, by_stop: bool) -> None:
        episode = self.episode
        if episode is None:
            return
        episode.note_guard(guard_of(self.stops.values(), self.quantity, at), at, by_stop=by_stop)
        foreign = all(entry.origin != Origin.CLIENT for entry in episode.entries.values())
        if foreign and episode.adopted_at is None:
            ours = [stop for stop in self.stops.values() if stop.origin is Origin.CLIENT]
            if guard_of(ours, self.quantity, at) is not None:
                episode.adopted_at = at


def what_of(stop: StopState) -> str:
    """Return what a stop is to a position: a plain conditional is a stop or a take-profit by its direction."""
    if stop.purpose is not Purpose.CONDITIONAL:
        return stop.purpose.value
    loses = (stop.direction is Direction.FALL) == (stop.side is Side.SELL)
    return Purpose.STOP.value if loses else Purpose.TAKE_PROFIT.value


def span_of(stop: StopState) -> StopSpan:
    """Return a stop's time of watching so far."""
    ended = stop.updated_at if stop.status is not StopStatus.LIVE else None
    return StopSpan(
        stop_id=stop.stop_id,
        client_id=stop.client_id,
        trigger=stop.trigger,
        live_at=stop.created_at,
        ended_at=ended,
        end=stop.status.value,
        purpose=stop.purpose.value,
        origin=stop.origin.value,
    )
