"""The judge: what really happened, from the book's history alone.

Per account and symbol it cuts the history into *episodes*, from flat to flat, and says of each: which orders opened it
and how much they asked for, when the first fill was, when stops were live, how long the position stood naked, when its
cover was moved and how naked that left it, what closed it, whether it was ever increased by a second order or turned
over to the other side.  And it says what stands now: positions with their cover, and orphans, that is live orders and
stops on a symbol that is flat.  What *covered* means is the affair of `cover`, the records are those of `verdict`.

The judge knows no client and no fault; whether an end was right is for others to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from venuesim.episodes import Slot, what_of
from venuesim.facts import (
    Fact,
    OrderAccepted,
    OrderEnded,
    OrderFilled,
    PositionChanged,
    PriceChanged,
    StopEnded,
    StopFired,
    StopLive,
    StopMoved,
)
from venuesim.verdict import Episode, Orphan, Standing, Verdict

__all__ = ["Episode", "Verdict", "judge"]


class _Reader:
    """Reads facts one by one."""

    def __init__(self) -> None:
        self.slots: dict[tuple[str, str], Slot] = {}
        self.done: list[Episode] = []
        self._marks: dict[str, Decimal] = {}
        self._in_symbol: dict[str, list[Slot]] = {}

    def read(self, fact: Fact) -> None:
        at = fact.mark.at
        match fact:
            case PriceChanged():
                for slot in self._in_symbol.get(fact.symbol, ()):
                    slot.spend(at, self._marks[fact.symbol])
                self._marks[fact.symbol] = fact.mark_price
            case OrderAccepted() | OrderEnded():
                self._slot(fact.order.account, fact.order.symbol, at).keep_order(fact.order)
            case OrderFilled():
                slot = self._slot(fact.order.account, fact.order.symbol, at)
                slot.keep_order(fact.order)
                self.done += slot.fill(fact.order, fact.fill)
            case PositionChanged():
                slot = self._slot(fact.position.account, fact.position.symbol, at)
                slot.entry_price = fact.position.entry_price
            case StopLive() | StopMoved() | StopFired() | StopEnded():
                self._slot(fact.stop.account, fact.stop.symbol, at).keep_stop(fact.stop, at)
            case _:
                return

    def _slot(self, account: str, symbol: str, at: int) -> Slot:
        slot = self.slots.get((account, symbol))
        if slot is None:
            slot = self.slots[account, symbol] = Slot(account, symbol)
            self._in_symbol.setdefault(symbol, []).append(slot)
        slot.spend(at, self._marks[symbol])
        return slot

    def finish(self, at: int) -> list[Episode]:
        """Return the ended episodes and those that are still open, by the time they began."""
        still = []
        for slot in self.slots.values():
            slot.spend(at, self._marks[slot.symbol])
            if slot.episode is not None:
                if slot.covered_until() > at and slot.episode.covered_at is None:
                    slot.episode.covered_at = at
                still.append(slot.episode.finished(None, at))
        return sorted([*self.done, *still], key=lambda episode: (episode.opened_at, episode.account, episode.symbol))


def judge(venue: str, history: Iterable[Fact], now: int) -> Verdict:
    """Return the finding over the facts at or before `now` (microseconds UTC)."""
    reader = _Reader()
    for fact in history:
        if fact.mark.at <= now:
            reader.read(fact)
    episodes = reader.finish(now)
    slots = [reader.slots[key] for key in sorted(reader.slots)]
    moves = [move for episode in episodes for move in episode.moves]
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
        moves=len(moves),
        moves_naked_us=sum(move.naked_us for move in moves),
    )


def _standing(slot: Slot, now: int) -> Standing:
    covered = slot.covered_until() > now
    return Standing(slot.account, slot.symbol, slot.quantity, slot.entry_price, covered, list(slot.stops))


def _orphans(slot: Slot) -> list[Orphan]:
    left = [
        ("order", order.order_id, order.client_id, "take_profit" if order.reduce_only else "entry")
        for order in slot.orders.values()
    ]
    left += [("stop", stop.stop_id, stop.client_id, what_of(stop)) for stop in slot.stops.values()]
    return [Orphan(slot.account, slot.symbol, *one) for one in left]
