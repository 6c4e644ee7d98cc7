"""Strays: what stands at the venue and no signal of ours answers for: a position, an order, a stop.

A journal can be lost, restored from yesterday, or never have been told; the venue's book is what is true. Two
judgements are made here, both from complete reads and never from one alone.

*Whose is a position?* Ours, if orders under our prefix explain it (their fills add up to its side; which of them no
longer can is said in `settled.py`), or a live stop under our prefix stands behind it; then it is guarded again,
whatever the policy for foreign ones says. Everybody else's is its owner's: told of once where it stands naked, and
guarded only if the owner asked for that (design, rule 20).

*May an order or a stop under our prefix go?* Never because the journal does not know it. Only if its slot has been seen
flat by complete reads `read_lag` apart, all of them begun after the last word of a position there; or if another stop
of ours is live there, so that its going takes no protection away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from seawall.engine.view import AccountView
from seawall.model.amounts import ZERO, ceil_to, floor_to, percent_trigger
from seawall.model.ids import ClientId, Leg, Side, Symbol, VenueId, is_ours, parse_client_id
from seawall.model.instrument import Instrument
from seawall.model.reports import OrderReport, PositionReport, StopReport

_TWO = 2


@dataclass(frozen=True, slots=True)
class Claim:
    """A position that is to be taken up: how much of it, whose it is, and why that is known. `entry` is the order that
    made it, if one was found; `stop_name` that of a stop of ours behind it.
    """

    quantity: Decimal
    is_ours: bool
    detail: str
    entry: OrderReport | None = None
    stop_name: str = ""


@dataclass(frozen=True, slots=True)
class Orphan:
    """An order or a stop under our prefix; `name` is that of the entry where the venue gives stops none."""

    symbol: Symbol
    name: ClientId
    venue_id: VenueId
    is_stop: bool

    @property
    def key(self) -> str:
        """What tells it from others: the venue's own id, else its name."""
        return self.venue_id or self.name


def side_of(position: PositionReport) -> Side:
    """The side of the entry that makes such a position."""
    return Side.BUY if position.amount > 0 else Side.SELL


def claim(
    position: PositionReport, orders: Iterable[OrderReport], stops: Iterable[StopReport], installation: str
) -> Claim | None:
    """A position's claim to be ours: our orders' fills explain it, or a stop of ours is behind it; None if neither.
    Exits alone explain nothing: they only reduce, and their entry may be older than the list.
    """
    ours = [order for order in orders if order.filled > 0 and is_ours(order.client_id or order.parent, installation)]
    filled = sum((order.side.sign * order.filled for order in ours if order.side is not None), ZERO)
    entries = [order for order in ours if _is_entry(order) and order.side is side_of(position)]
    entry = max(entries, key=lambda order: (order.venue_at, order.venue_id), default=None)
    if filled * position.amount > 0 and entries:
        return Claim(
            min(abs(filled), abs(position.amount)),
            is_ours=True,
            detail=f"{len(ours)} orders of ours made it",
            entry=entry,
        )
    stop = next(
        (stop for stop in guards(position, stops) if is_ours(stop.client_id or stop.parent, installation)), None
    )
    if stop is not None:
        name = stop.client_id or stop.parent
        return Claim(abs(position.amount), is_ours=True, detail=f"{name} stands behind it", entry=entry, stop_name=name)
    return None


def may_yet_fill(orders: Iterable[OrderReport], installation: str) -> bool:
    """Whether one of them is an entry of ours that shows no fill: the list may lag behind it."""
    return any(_is_entry(order) and is_ours(order.client_id, installation) and not order.filled for order in orders)


def _is_entry(order: OrderReport) -> bool:
    name = parse_client_id(order.client_id)
    return name is not None and name.leg is Leg.ENTRY


def guards(position: PositionReport, stops: Iterable[StopReport]) -> Iterator[StopReport]:
    """The stops that cover a position whole: on its other side, for the whole or for at least as much."""
    for stop in stops:
        right_side = stop.side is None or stop.side is side_of(position).opposite
        if right_side and (stop.quantity is None or stop.quantity >= abs(position.amount)):
            yield stop


def is_naked(position: PositionReport, stops: Iterable[StopReport]) -> bool:
    """Whether nothing covers a position: no stop behind it, and none shown on its own row."""
    return not position.stop_loss and next(guards(position, stops), None) is None


def trigger_for(
    position: PositionReport, stops: Iterable[StopReport], rules: Instrument, price: Decimal, percent: Decimal
) -> Decimal:
    """Where an adopted position's stop belongs: where one stands already, else `percent` from the mark `price`, and in
    any case on this side of liquidation.
    """
    standing = next((stop.trigger for stop in guards(position, stops) if stop.trigger), None)
    if standing or position.stop_loss:
        return standing or position.stop_loss or ZERO
    side = side_of(position)
    trigger = percent_trigger(price, percent, rules.tick, side)
    limit = position.liquidation
    if not limit or (limit - trigger) * side.sign < 0:
        return trigger
    halfway = (price + limit) / _TWO
    return ceil_to(halfway, rules.tick) if side is Side.BUY else floor_to(halfway, rules.tick)


def orphans(view: AccountView) -> Iterator[Orphan]:
    """The orders and stops under our prefix in either book, whether a signal answers for them or not."""
    for symbol, orders in view.orders.items():
        for order in orders:
            if is_ours(order.client_id, view.installation):
                yield Orphan(symbol, order.client_id, order.venue_id, is_stop=False)
    for symbol, stops in view.stops.items():
        for stop in stops:
            if is_ours(stop.client_id or stop.parent, view.installation):
                yield Orphan(symbol, stop.client_id or stop.parent, stop.venue_id, is_stop=True)
