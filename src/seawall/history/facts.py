"""Picking facts out of a history: the small questions that every view asks.

A history is the events of one signal in order, as `Journal.read_signal` gives them. What two views both need to know
about it (which names are whose, what was filled under them) is decided here, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from seawall.model.amounts import ZERO
from seawall.model.events import (
    CloseIntended,
    EntryFilled,
    EntryIntended,
    Event,
    FillReported,
    FlatSeen,
    FlatVerified,
    OrderReported,
    Recorded,
    SignalAccepted,
    SignalRefused,
    StopIntended,
    StopReported,
    TakeProfitIntended,
)
from seawall.model.ids import ClientId, Leg, Side, SignalId, parse_client_id
from seawall.model.reports import FillKind, FillReport, OrderReport
from seawall.model.signal import Signal
from seawall.model.times import Instant

History = Sequence[Recorded]
Kind = TypeVar("Kind", bound=Event)
_REDUCING = (Leg.CLOSE, Leg.STOP, Leg.TAKE_PROFIT)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def every(history: History, kind: type[Kind]) -> list[Kind]:
    """The events of a kind, in order."""
    return [recorded.event for recorded in history if isinstance(recorded.event, kind)]


def first(history: History, kind: type[Kind]) -> Kind | None:
    """The first event of a kind."""
    return next((recorded.event for recorded in history if isinstance(recorded.event, kind)), None)


def last(history: History, kind: type[Kind]) -> Kind | None:
    """The last event of a kind."""
    return first(history[::-1], kind)


def last_flat(history: History) -> FlatSeen | FlatVerified | None:
    """The last word that it is flat: its being verified, or, of a signal opened again, its being seen anew."""
    return next((one.event for one in history[::-1] if isinstance(one.event, FlatSeen | FlatVerified)), None)


def signal_of(history: History) -> Signal | None:
    """The signal itself, as it was accepted or refused; of an adopted position, the one that was made for it."""
    told = first(history, SignalAccepted) or first(history, SignalRefused)
    return told.signal if told is not None else None


def by_signal(history: History) -> dict[SignalId, list[Recorded]]:
    """An account's history as one history for each signal, in the order of their first events."""
    found: dict[SignalId, list[Recorded]] = {}
    for recorded in history:
        if recorded.event.signal_id:
            found.setdefault(recorded.event.signal_id, []).append(recorded)
    return found


def entry_names(history: History) -> tuple[ClientId, ...]:
    """The names of the entry's attempts."""
    return tuple(event.client_id for event in every(history, EntryIntended))


def entry_side(history: History) -> Side | None:
    """The side of the entry, once one was intended."""
    intent = first(history, EntryIntended)
    return intent.side if intent is not None else None


def exit_names(history: History) -> tuple[ClientId, ...]:
    """The names under which the position may have been reduced: closes, take-profits and stops, also of a process that
    died before it could record them. A stop that was attached to the entry has no orders under its name: its child is
    known by its parent. One that the owner has moved by hand bears the name that the venue gave it then.
    """
    taken = (event.client_id for event in every(history, TakeProfitIntended))
    closes = (event.client_id for event in every(history, CloseIntended))
    stops = (event.client_id for event in every(history, StopIntended))
    moved = (event.report.client_id for event in every(history, StopReported) if event.report.client_id)
    entries = entry_names(history)
    known = dict.fromkeys(name for name in (*closes, *taken, *stops, *moved) if name not in entries)
    return (*known, *(name for name in _unrecorded(history, entries) if name not in known))


def _unrecorded(history: History, entries: tuple[ClientId, ...]) -> list[ClientId]:
    """The names of legs that reduce, made for this signal, under which an order or a trade was heard of."""
    ours = parse_client_id(entries[0]) if entries else None
    heard = [event.report.client_id for event in every(history, OrderReported)]
    heard += [event.report.client_id for event in every(history, FillReported)]
    made = ((name, parse_client_id(name)) for name in dict.fromkeys(heard))
    return [name for name, told in made if told and ours and told.signal == ours.signal and told.leg in _REDUCING]


def entry_fills(history: History) -> list[FillReport]:
    """The entry's trades, each once, whichever sources told of it, in the venue's order of time.

    A list of trades may name the order by the venue's id alone (binance.md 1.4, userTrades).
    """
    own = tuple(str(report.venue_id) for report in entry_orders(history) if report.venue_id)
    return _trades(history, entry_names(history), own)


def exit_fills(history: History) -> list[FillReport]:
    """The trades of our closes, take-profits and stops, each once; a stop's child is found by the venue's id of it."""
    told = [str(report.venue_id) for report in exit_orders(history)]
    names, entries = exit_names(history), entry_names(history)
    for event in every(history, StopReported):
        if event.report.client_id in names or event.report.parent in entries:
            told += [str(event.report.venue_id), str(event.report.order_id)]
    return _trades(history, names, tuple(venue_id for venue_id in told if venue_id))


def entry_orders(history: History) -> list[OrderReport]:
    """What was said about the entry's order, in the order in which it was heard."""
    names = entry_names(history)
    return [event.report for event in every(history, OrderReported) if event.report.client_id in names]


def exit_orders(history: History) -> list[OrderReport]:
    """What was said about orders of ours that reduce: closes, take-profits, stops, the children of an attached stop."""
    names, parents = exit_names(history), (*entry_names(history), *exit_names(history))
    reports = (event.report for event in every(history, OrderReported))
    return [report for report in reports if report.client_id in names or (report.parent and report.parent in parents)]


def filled(history: History) -> Decimal:
    """The entry's filled quantity as far as it is known: the most that any source has told."""
    traded = sum((fill.quantity for fill in entry_fills(history)), ZERO)
    ordered = sum(_most_by_order(entry_orders(history)), ZERO)
    decided = (event.quantity for event in every(history, EntryFilled))
    return max((traded, ordered, *decided))


def reduced(history: History) -> Decimal:
    """By how much our own closes, take-profits and stops have reduced the position, as far as it is known."""
    traded = sum((fill.quantity for fill in exit_fills(history)), ZERO)
    return max(traded, sum(_most_by_order(exit_orders(history)), ZERO))


def average(fills: Iterable[FillReport]) -> Decimal | None:
    """The average price of the trades that have one: 0 is none. None without such trades."""
    trades = [fill for fill in fills if fill.price > 0]
    quantity = sum((fill.quantity for fill in trades), ZERO)
    return sum((fill.quantity * fill.price for fill in trades), ZERO) / quantity if quantity else None


def clock(at: Instant) -> str:
    """An instant as a time of day, "15:34:13.593000", UTC; "?" for an instant that nobody told."""
    return (_EPOCH + timedelta(microseconds=at)).strftime("%H:%M:%S.%f") if at else "?"


def day(at: Instant) -> str:
    """The day of an instant, "2026-11-23", UTC."""
    return (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%d")


def _trades(history: History, names: tuple[ClientId, ...], venue_ids: tuple[str, ...]) -> list[FillReport]:
    """The trades under any of the names or venue ids, in the venue's order of time."""
    return [fill for fill in all_fills(history) if fill.client_id in names or fill.venue_id in venue_ids]


def all_fills(history: History) -> list[FillReport]:
    """Every trade that was told, whoever made it, each once, in the venue's order."""
    found: dict[str, FillReport] = {}
    for event in every(history, FillReported):
        before = found.get(event.report.trade_id, event.report)
        found[event.report.trade_id] = _together(before, event.report)
    return sorted(found.values(), key=place_in_order)


def place_in_order(fill: FillReport) -> tuple[Instant, int, int, str]:
    """By what trades are in the venue's order: time, within an instant its sequence where it has one (bybit.md 2.1),
    else the trades' numbers, which grow.
    """
    return (fill.venue_at, fill.seq, len(fill.trade_id), fill.trade_id)


def _together(one: FillReport, other: FillReport) -> FillReport:
    """Two tellings of a trade as one: a brief one has no fee, a list no name and no word on who made it. A price of 0
    is none.
    """
    return replace(
        one,
        client_id=one.client_id or other.client_id,
        venue_id=one.venue_id or other.venue_id,
        price=one.price if one.price > 0 else other.price,
        fee=one.fee or (one.fee if other.fee is None else other.fee),
        seq=one.seq or other.seq,
        kind=other.kind if one.kind is FillKind.TRADE else one.kind,
        profit=other.profit if one.profit is None else one.profit,
    )


def _most_by_order(reports: Iterable[OrderReport]) -> list[Decimal]:
    """The largest quantity told of each order."""
    found: dict[str, Decimal] = {}
    for report in reports:
        name = report.client_id or report.venue_id
        found[name] = max(found.get(name, ZERO), report.filled)
    return list(found.values())
