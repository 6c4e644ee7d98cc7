"""What is wrong on one symbol: whether the position is covered, and whether each order there does what it seems to.

In hedge mode a symbol is two slots, and each is judged by what belongs to its side alone: a stop of the short side
covers nothing of the long one.

A stop *covers* if it is live, stands on the side that reduces, and its trigger has not been passed; one without a
quantity covers all of it. A take-profit covers nothing: wherever the venue lists it, it is told as an order.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from seawall.audit.findings import Finding, Kind
from seawall.audit.snapshot import Slot
from seawall.model.amounts import ZERO, plain
from seawall.model.ids import Side
from seawall.model.reports import OrderReport, StopReport, StopStatus
from seawall.model.signal import TriggerBy
from seawall.model.times import SECOND, Duration, Instant

STUCK_AFTER: Duration = 2 * SECOND
"""A stop on its way to the engine for longer is not cover (binance.md 4.4; the house's `Bounds.triggering`)."""
NEAR = Decimal("0.05")
"""A liquidation nearer to the mark than this part of it is near: judgement, a bad hour of a large coin."""
HIGH = Decimal(20)
"""Beyond it a margin is less than 5 %: judgement, the same hour. It is what Binance gives a new account."""
TAKES_PROFIT, _LIMITED = "TAKE_PROFIT", "STOP"
"""How Binance names take-profits, and the stop that leaves a limit order behind (binance.md 1.9, orderType)."""


def judge_slot(slot: Slot, now: Instant, *, stops_known: bool = True) -> Iterator[Finding]:
    """All that is wrong on a symbol whose position could be read; `stops_known`: its stops could be read too.

    `now` is the venue's time.
    """
    if not slot.amount:
        yield from _flat(slot)
        return
    if stops_known:
        yield from _cover(slot)
        yield from _unseen(slot)
    for stop in slot.stops:
        yield from _stop(slot, stop, now)
    for order in slot.orders:
        yield from _order(slot, order)
    yield from _position(slot)


# ---- what a stop is worth


def covering(slot: Slot) -> tuple[StopReport, ...]:
    """The stops that cover the position, whole or in part."""
    return tuple(stop for stop in slot.stops if _covers(slot, stop))


def covered(slot: Slot) -> Decimal:
    """How much of the position is covered, at most all of it."""
    size = abs(slot.amount)
    return min(size, sum((_size(slot, stop) for stop in covering(slot)), ZERO))


def is_passed(slot: Slot, stop: StopReport) -> bool:
    """Whether the price that a stop watches stands at or beyond its trigger; not, where either is not known (a price
    of 0 is none).
    """
    price = watched(slot, stop)
    if not price or stop.trigger is None or stop.side is None:
        return False
    return price <= stop.trigger if stop.side is Side.SELL else price >= stop.trigger


def watched(slot: Slot, stop: StopReport) -> Decimal | None:
    """The price that a stop watches, as far as it was read."""
    if stop.trigger_by is TriggerBy.LAST:
        return slot.mark.last if slot.mark is not None else None
    return slot.mark.mark if slot.mark is not None else (slot.position.mark if slot.position is not None else None)


def _covers(slot: Slot, stop: StopReport) -> bool:
    return stop.status is StopStatus.LIVE and _reduces(slot, stop.side) and not is_passed(slot, stop)


def _reduces(slot: Slot, side: Side | None) -> bool:
    return side is not None and side.sign * slot.amount < 0


def _size(slot: Slot, stop: StopReport) -> Decimal:
    return abs(slot.amount) if stop.quantity is None else stop.quantity


# ---- an open position


def _cover(slot: Slot) -> Iterator[Finding]:
    size, has = abs(slot.amount), covered(slot)
    if not has and not _is_shown_alone(slot):
        others = f"; of {len(slot.stops)} waiting there none is its stop" if slot.stops else ""
        yield _about(slot, Kind.NAKED_POSITION, f"{_held(slot)} without a stop{others}")
    elif has and has < size:
        yield _about(slot, Kind.PARTLY_COVERED, f"{_held(slot)}: {plain(has)} of {plain(size)} is covered")
    if len(covering(slot)) > 1 and sum((_size(slot, stop) for stop in covering(slot)), ZERO) > size:
        names = ", ".join(map(name_of, covering(slot)))
        yield _about(slot, Kind.DUPLICATE_STOPS, f"{len(covering(slot))} stops cover more than {_held(slot)}: {names}")


def _unseen(slot: Slot) -> Iterator[Finding]:
    """Bybit's position shows its stop itself; the child that will do the work must be there too (design, rule 11)."""
    if _is_shown_alone(slot) and slot.position is not None and slot.position.stop_loss:
        said = f"{_held(slot)} shows a stop at {plain(slot.position.stop_loss)}, and no list has it"
        yield _about(slot, Kind.STOP_UNSEEN, said)


def _is_shown_alone(slot: Slot) -> bool:
    """Whether the position's own row shows a stop of which no list has the child. A listed one is judged as it stands:
    one that has been passed, or hangs, covers nothing, whatever the row goes on showing.
    """
    shown = slot.position.stop_loss if slot.position is not None else None
    listed = [stop for stop in slot.stops if _reduces(slot, stop.side) and stop.trigger == shown]
    return bool(shown) and not covering(slot) and not listed


def _position(slot: Slot) -> Iterator[Finding]:
    position, mark = slot.position, slot.mark.mark if slot.mark is not None else None
    mark = mark or (position.mark if position is not None else None)
    edge = position.liquidation if position is not None else None
    if edge and mark and abs(mark - edge) < NEAR * mark:
        far = f"{100 * abs(mark - edge) / mark:.1f}"
        said = f"{_held(slot)}: liquidation at {plain(edge)} is {far} % from the mark {plain(mark)}"
        yield _about(slot, Kind.LIQUIDATION_NEAR, said)
    if slot.leverage is not None and slot.leverage.leverage > HIGH:
        yield _about(slot, Kind.HIGH_LEVERAGE, f"{_held(slot)} at leverage {plain(slot.leverage.leverage)}")
    if slot.instrument is not None and not slot.instrument.trading:
        yield _about(slot, Kind.NOT_TRADING, f"{_held(slot)} in a contract that does not trade")


# ---- the stops of an open position


def _stop(slot: Slot, stop: StopReport, now: Instant) -> Iterator[Finding]:
    name = name_of(stop)
    if stop.status is StopStatus.TRIGGERING and now - stop.venue_at > STUCK_AFTER:
        since = (now - stop.venue_at) // SECOND
        yield _of(slot, stop, Kind.STOP_STUCK, f"{name} has been triggering for {since} s, and {_held(slot)} is open")
    if stop.status is not StopStatus.LIVE:
        return
    if stop.side is not None and not _reduces(slot, stop.side):
        yield _of(slot, stop, Kind.STOP_WRONG_SIDE, f"{name} would {stop.side.value} on {_held(slot)}")
        return
    price = watched(slot, stop)
    if is_passed(slot, stop) and stop.trigger is not None and price is not None:
        said = f"{name} at {plain(stop.trigger)} watches a price that stands at {plain(price)}"
        yield _of(slot, stop, Kind.STOP_TRIGGER_PASSED, said)
    yield from _distance(slot, stop)
    yield from _reach(slot, stop)


def _distance(slot: Slot, stop: StopReport) -> Iterator[Finding]:
    edge = slot.position.liquidation if slot.position is not None else None
    if edge is None or stop.trigger is None:
        return
    if (stop.trigger - edge) * (1 if slot.amount > 0 else -1) <= 0:
        said = f"{name_of(stop)} at {plain(stop.trigger)} lies beyond the liquidation at {plain(edge)}"
        yield _of(slot, stop, Kind.STOP_BEYOND_LIQUIDATION, said)


def _reach(slot: Slot, stop: StopReport) -> Iterator[Finding]:
    size, name = abs(slot.amount), name_of(stop)
    if stop.quantity is not None and stop.quantity < size and covered(slot) < size:
        yield _of(slot, stop, Kind.STOP_TOO_SMALL, f"{name} closes {plain(stop.quantity)} of {plain(size)}")
    if stop.reduce_only is False and stop.quantity is not None and stop.quantity > size:
        said = f"{name} sends {plain(stop.quantity)} against {plain(size)} and does not only reduce"
        yield _of(slot, stop, Kind.STOP_MAY_FLIP, said)
    if stop.reason == _LIMITED:
        yield _of(slot, stop, Kind.STOP_MAY_NOT_FILL, f"{name} sends a limit order when it fires")


# ---- orders, and what stands where nothing is open


def _order(slot: Slot, order: OrderReport) -> Iterator[Finding]:
    if order.status.is_terminal or order.side is None:
        return
    if order.reduce_only:
        if not _reduces(slot, order.side):
            said = f"{name_of(order)} would {order.side.value} to reduce {_held(slot)}"
            yield _of(slot, order, Kind.REDUCE_ONLY_WRONG_SIDE, said)
    elif not _is_fired(slot, order):
        yield _of(slot, order, Kind.RESTING_ENTRY, f"{name_of(order)} waits to {_wish(order)}")


def _flat(slot: Slot) -> Iterator[Finding]:
    for stop in slot.stops:
        if stop.status in (StopStatus.LIVE, StopStatus.TRIGGERING, StopStatus.TRIGGERED):
            yield from _flat_stop(slot, stop)
    for order in slot.orders:
        if order.status.is_terminal or _is_fired(slot, order):
            continue
        if order.reduce_only:
            said = f"{name_of(order)} only reduces, and {_nothing(slot)}"
            yield _of(slot, order, Kind.ORPHAN_REDUCE_ONLY, said)
        else:
            yield _of(slot, order, Kind.RESTING_ENTRY, f"{name_of(order)} waits to {_wish(order)}")


def _flat_stop(slot: Slot, stop: StopReport) -> Iterator[Finding]:
    where = f" at {plain(stop.trigger)}" if stop.trigger is not None else ""
    if stop.reduce_only is False:
        way = stop.side.value if stop.side is not None else "trade"
        yield _of(slot, stop, Kind.WAITING_ENTRY, f"{name_of(stop)} waits{where} to {way} {_quantity(stop.quantity)}")
    else:
        yield _of(slot, stop, Kind.ORPHAN_STOP, f"{name_of(stop)} waits{where}, and {_nothing(slot)}")


def _is_fired(slot: Slot, order: OrderReport) -> bool:
    """Whether an order is a stop's own, which is judged as a stop."""
    ids = [one.venue_id for one in slot.stops] + [one.order_id for one in slot.stops if one.order_id]
    return order.venue_id in ids


# ---- words


def name_of(order: StopReport | OrderReport) -> str:
    """An order by its client id, or by the venue's where it has none."""
    return order.client_id or f"order {order.venue_id}"


def _held(slot: Slot) -> str:
    return f"{'long' if slot.amount > 0 else 'short'} {plain(abs(slot.amount))}"


def _nothing(slot: Slot) -> str:
    if slot.hedge_side is None:
        return "nothing is open"
    return f"nothing is open on the {'long' if slot.hedge_side is Side.BUY else 'short'} side that it belongs to"


def _wish(order: OrderReport) -> str:
    way = order.side.value if order.side is not None else "trade"
    return f"{way} {_quantity(order.quantity)}"


def _quantity(quantity: Decimal | None) -> str:
    return "the whole position" if quantity is None else plain(quantity)


def _about(slot: Slot, kind: Kind, said: str) -> Finding:
    return Finding(kind, said, slot.symbol)


def _of(slot: Slot, order: StopReport | OrderReport, kind: Kind, said: str) -> Finding:
    return Finding(kind, said, slot.symbol, name_of(order))
