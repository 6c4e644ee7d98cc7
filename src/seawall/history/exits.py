"""How a position left: each exit with who made it, at what price, and what it realised by our own arithmetic.

Who: our stop, a rung of our take-profits, our close, the venue itself (liquidation, deleveraging, settlement), or
somebody's hand, where a trade of it is known under an order that is not ours. What nobody told of, and a trade without
a name while one of ours is unaccounted for (`accounted.py`), is unknown: a hand's and the venue's look the same from
here, and it may have been ours. Another's trades count against another's first: what somebody added on the slot is
theirs to take away, and an exit is never more than what of ours was open (design, rule 17).

What is realised is the exit's price less the entry's average, times the quantity, before fees. The venue's own figure,
where it tells one, is held against it. An exit that no trade explains has a quantity and no price.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from seawall.history.accounted import is_accounted_for
from seawall.history.facts import (
    History,
    all_fills,
    entry_fills,
    entry_names,
    entry_side,
    every,
    exit_fills,
    exit_names,
    exit_orders,
    filled,
    last_flat,
)
from seawall.model.amounts import ZERO
from seawall.model.events import (
    CloseIntended,
    EndReason,
    FlatSeen,
    FlatVerified,
    OrderReported,
    SagaReopened,
    SignalResolved,
    StopIntended,
    StopReported,
    TakeProfitIntended,
)
from seawall.model.ids import Leg, parse_client_id
from seawall.model.reports import FillKind, FillReport, OrderReport
from seawall.model.times import Instant


class ExitKind(StrEnum):
    """Who took a part of the position away."""

    STOP = "stop"
    TAKE_PROFIT = "take_profit"
    CLOSE = "close"
    HAND = "hand"
    LIQUIDATION = "liquidation"
    DELEVERAGING = "deleveraging"
    SETTLEMENT = "settlement"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Exit:
    """One order's part in the way out. `at` is the venue's time of its last trade, 0 where none was told.

    `average` is None where no price was told of all of it; then `realised` is, too. `fees` and `by_venue` (what the
    venue says was realised) are None unless every trade of this exit was told with it.
    """

    kind: ExitKind
    quantity: Decimal
    average: Decimal | None
    at: Instant = 0
    rung: int | None = None
    name: str = ""
    fees: Decimal | None = None
    realised: Decimal | None = None
    by_venue: Decimal | None = None


_FORCED = {
    FillKind.TRADE: ExitKind.HAND,
    FillKind.LIQUIDATION: ExitKind.LIQUIDATION,
    FillKind.DELEVERAGING: ExitKind.DELEVERAGING,
    FillKind.SETTLEMENT: ExitKind.SETTLEMENT,
}
_BY_REASON = {
    EndReason.LIQUIDATED: ExitKind.LIQUIDATION,
    EndReason.DELEVERAGED: ExitKind.DELEVERAGING,
    EndReason.STOP_FILLED: ExitKind.STOP,
    EndReason.TAKEN_PROFIT: ExitKind.TAKE_PROFIT,
    EndReason.CLOSED_UNRECORDED: ExitKind.CLOSE,
}
_UNRECORDED = {Leg.STOP: ExitKind.STOP, Leg.TAKE_PROFIT: ExitKind.TAKE_PROFIT, Leg.CLOSE: ExitKind.CLOSE}
"""Of an order of ours whose record was lost its name alone says what it was."""
_NOBODY_S = (EndReason.RESOLVED,)
"""Ends at which what was open did not leave: it was written off."""

Whose = dict[str, tuple[ExitKind, int | None, str]]
"""By an order's name or the venue's id of it: whose exit it is, which rung, and under which name of ours."""


def exits(history: History, entry_average: Decimal | None) -> tuple[Exit, ...]:
    """Every exit, in the order in which it ended; `entry_average` is what realised gains are counted from."""
    side = entry_side(history)
    if side is None:
        return ()
    whose = _whose(history)
    by_order = _grouped([*_own(history, whose), *_others(history)])
    told = _completed(history, whose, by_order)
    told += _forced_orders(history, by_order, filled(history) - _taken(told))
    told += _unexplained(history, _taken(told))
    priced = (_realised(one, entry_average, side.sign) for one in told)
    return tuple(sorted(priced, key=lambda one: (one.at == 0, one.at)))


# ---- ours


def _whose(history: History) -> Whose:
    """Our names, and the venue's ids of our orders."""
    found: Whose = {}
    for stop in every(history, StopIntended):
        found[stop.client_id] = (ExitKind.STOP, None, stop.client_id)
    for close in every(history, CloseIntended):
        found[close.client_id] = (ExitKind.CLOSE, None, close.client_id)
    for rung in every(history, TakeProfitIntended):
        found[rung.client_id] = (ExitKind.TAKE_PROFIT, rung.rung, rung.client_id)
    for name in exit_names(history):
        made = parse_client_id(name)
        if made is not None:
            found.setdefault(name, (_UNRECORDED.get(made.leg, ExitKind.CLOSE), None, name))
    for report in exit_orders(history):
        found.setdefault(report.venue_id, found.get(report.client_id, (ExitKind.STOP, None, report.client_id)))
    entries = entry_names(history)
    for told in every(history, StopReported):
        known = found.get(told.report.client_id)
        if known is None and told.report.client_id:
            known = found[told.report.client_id] = (ExitKind.STOP, None, told.report.client_id)
        if known is not None or told.report.parent in entries:
            for venue_id in (told.report.venue_id, told.report.order_id):
                found.setdefault(venue_id, known or (ExitKind.STOP, None, told.report.client_id))
    found.pop("", None)
    return found


def _own(history: History, whose: Whose) -> Iterator[tuple[str, Exit]]:
    """The trades of our own exits, each under its order."""
    for fill in exit_fills(history):
        kind, rung, name = whose.get(fill.client_id) or whose.get(fill.venue_id) or (ExitKind.CLOSE, None, "")
        yield name or fill.venue_id, _of_fill(fill, fill.quantity, kind, rung, name)


def _completed(history: History, whose: Whose, by_order: dict[str, Exit]) -> list[Exit]:
    """The exits, those of ours as full as their orders say where trades of them were not told."""
    found = dict(by_order)
    for report in exit_orders(history):
        kind, rung, name = whose.get(report.client_id) or whose.get(report.venue_id) or (ExitKind.STOP, None, "")
        key = name or str(report.venue_id)
        told = found.get(key, Exit(kind, ZERO, None, rung=rung, name=name))
        if report.filled > told.quantity:
            at = max(told.at, report.venue_at)
            found[key] = replace(told, quantity=report.filled, average=report.average, at=at, fees=None, by_venue=None)
        elif told.average is None and 0 < report.filled == told.quantity:
            found[key] = replace(told, average=report.average)
    return list(found.values())


# ---- others


def _others(history: History) -> Iterator[tuple[str, Exit]]:
    """The trades of others that took some of ours, each as far as it did."""
    for fill, own in taken_by_others(history):
        yield f"other {fill.venue_id or fill.trade_id}", _of_fill(fill, own, _kind(history, fill), None, "")


def taken_by_others(history: History) -> Iterator[tuple[FillReport, Decimal]]:
    """Trades that are not ours and reduced what is ours, and by how much each did."""
    side = entry_side(history)
    entered, left = {fill.trade_id for fill in entry_fills(history)}, {fill.trade_id for fill in exit_fills(history)}
    open_, theirs = max(ZERO, filled(history) - _quantity(entry_fills(history))), ZERO
    for fill in all_fills(history):
        if fill.trade_id in entered:
            open_ += fill.quantity
        elif fill.trade_id in left:
            open_ -= fill.quantity
        elif fill.side is side:
            theirs += fill.quantity
        else:
            own = max(ZERO, min(fill.quantity - theirs, open_))
            theirs, open_ = max(ZERO, theirs - fill.quantity), open_ - own
            if own:
                yield fill, own


def _kind(history: History, fill: FillReport) -> ExitKind:
    """Who made a trade, by its own word or by that of its order. Under no name it may be of one of ours that nobody has
    seen: the venue names neither a child of Bybit's nor its trades (bybit.md 3.3), nor Binance's list the orders.
    """
    orders = (event.report for event in every(history, OrderReported))
    kinds = [order.kind for order in orders if order.venue_id == fill.venue_id and order.venue_id]
    forced = next((kind for kind in (fill.kind, *kinds) if kind is not FillKind.TRADE), FillKind.TRADE)
    is_told = forced is not FillKind.TRADE or bool(fill.client_id or kinds)
    return _FORCED[forced] if is_told or is_accounted_for(history) else ExitKind.UNKNOWN


def _forced_orders(history: History, by_order: dict[str, Exit], rest: Decimal) -> Iterator[Exit]:
    """Orders of the venue's own, and the owner's (`seawall flatten --direct`), whose trades nobody told of: as far as
    they can have taken of the `rest`.
    """
    found: dict[str, OrderReport] = {}
    for event in every(history, OrderReported):
        is_others = event.report.kind is not FillKind.TRADE or _is_direct(event.report)
        if is_others and f"other {event.report.venue_id}" not in by_order:
            found[event.report.venue_id or event.report.client_id] = event.report
    for report in found.values():
        taken = min(report.filled, rest)
        rest -= taken
        if taken > 0:
            yield Exit(_FORCED[report.kind], taken, report.average, report.venue_at)


def _is_direct(report: OrderReport) -> bool:
    name = parse_client_id(report.client_id)
    return name is not None and name.leg is Leg.DIRECT


def _unexplained(history: History, told: Decimal) -> list[Exit]:
    """What had left by the time flat was seen, and nobody has told how; what was written off had not left, nor has what
    a late fill opened since.
    """
    flat = last_flat(history)
    rest = (
        filled(_until_flat(history)) - told - sum((event.written_off for event in every(history, SignalResolved)), ZERO)
    )
    if flat is None or rest <= 0 or flat.reason in _NOBODY_S:
        return []
    return [Exit(_BY_REASON.get(flat.reason, ExitKind.UNKNOWN), rest, None)]


def _until_flat(history: History) -> History:
    """The history as far as the last flat that was seen, if the signal was opened again since; else all of it."""
    kinds = [type(recorded.event) for recorded in history]
    ends = [place for place, kind in enumerate(kinds) if kind in (FlatSeen, FlatVerified)]
    return history[: ends[-1] + 1] if ends and SagaReopened in kinds[ends[-1] :] else history


# ---- arithmetic


def _of_fill(fill: FillReport, quantity: Decimal, kind: ExitKind, rung: int | None, name: str) -> Exit:
    """A trade, or the part of it that was ours: its fee and its profit in the same proportion. What a liquidation costs
    beside the trade's fee (binance.md 1.5, `liquidationFee`) no trade tells, so that its fees are not known.
    """
    part = quantity / fill.quantity if fill.quantity else ZERO
    fee = None if fill.fee is None or kind is ExitKind.LIQUIDATION else fill.fee * part
    profit = None if fill.profit is None else fill.profit * part
    price = fill.price if fill.price > 0 else None
    return Exit(kind, quantity, price, fill.venue_at, rung, name, fee, by_venue=profit)


def _grouped(told: list[tuple[str, Exit]]) -> dict[str, Exit]:
    """The trades of each order as one exit."""
    found: dict[str, Exit] = {}
    for key, one in told:
        found[key] = _joined(found[key], one) if key in found else one
    return found


def _joined(one: Exit, other: Exit) -> Exit:
    quantity = one.quantity + other.quantity
    unpriced = one.average is None or other.average is None
    paid = one.quantity * (one.average or ZERO) + other.quantity * (other.average or ZERO)
    return replace(
        one,
        quantity=quantity,
        average=None if unpriced else paid / quantity,
        at=max(one.at, other.at),
        fees=_both(one.fees, other.fees),
        by_venue=_both(one.by_venue, other.by_venue),
    )


def _both(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """The sum of two amounts, known only where both are."""
    return None if one is None or other is None else one + other


def _realised(one: Exit, entry_average: Decimal | None, sign: int) -> Exit:
    if one.average is None or entry_average is None:
        return one
    return replace(one, realised=sign * (one.average - entry_average) * one.quantity)


def _taken(told: list[Exit]) -> Decimal:
    return sum((one.quantity for one in told), ZERO)


def _quantity(fills: list[FillReport]) -> Decimal:
    return sum((fill.quantity for fill in fills), ZERO)
