"""What both the control door and the command line show: folds of the journal, in the shapes that JSON has.

Everything here is read from the record and from nothing else, so it is the same whether the service runs or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Context, Decimal
from itertools import groupby
from typing import Any, Protocol

import msgspec

from seawall.history.positions import PositionView, opinions
from seawall.history.receipt import Receipt, receipt
from seawall.history.timeline import Moment, timeline
from seawall.journal.encoding import encode
from seawall.journal.port import KnownSignal, PositionRecord
from seawall.model.amounts import plain
from seawall.model.events import Recorded, SignalAccepted, SignalRefused
from seawall.model.ids import Account, SignalId, Symbol
from seawall.model.times import Instant

_READ_DIGITS = Context(prec=8)
TAIL = 2_000
"""How many events back a list of the latest signals looks."""
EVENT_COLUMNS = ("account", "seq", "at", "created_at", "event_type", "signal_id", "symbol", "data")
"""What a line of the events has."""
OVER = ("flat_seen", "flat")
"""The states of a position record in which nothing of it is open."""


class Reader(Protocol):
    """The reading half of a journal (`journal.port.Journal`)."""

    def read(self, account: Account, after_seq: int, limit: int) -> tuple[Recorded, ...]:
        """At most `limit` events of the account after `after_seq`, in order."""
        ...

    def read_signal(self, signal_id: SignalId) -> tuple[Recorded, ...]:
        """All events of one signal, in order."""
        ...

    def accounts(self) -> tuple[Account, ...]:
        """The accounts with at least one event, sorted."""
        ...

    def find_signal(self, signal_id: SignalId) -> KnownSignal | None:
        """What is known of a signal's id."""
        ...

    def positions(self) -> tuple[PositionRecord, ...]:
        """All position records, by id."""
        ...


@dataclass(frozen=True, slots=True)
class SignalView:
    """One signal: its receipt and its story."""

    receipt: Receipt
    timeline: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """One open position: its record, and what everyone says about it; None where only the record speaks."""

    record: PositionRecord
    opinions: PositionView | None


def readable(price: Decimal) -> str:
    """A computed price in as many digits as a person reads; the exact one is in the JSON."""
    return plain(_READ_DIGITS.plus(price))


def signal_view(reader: Reader, signal_id: SignalId) -> SignalView | None:
    """A signal's receipt and timeline; None for an id that was never recorded."""
    history = reader.read_signal(signal_id)
    told = receipt(history)
    return None if told is None else SignalView(told, timeline(history))


def open_positions(reader: Reader, now: Instant) -> tuple[OpenPosition, ...]:
    """Every position that is not proven flat, with the opinions about it, by account and symbol."""
    records = [record for record in reader.positions() if record.state not in OVER]
    records.sort(key=lambda record: (record.account, record.symbol, record.id))
    found: list[OpenPosition] = []
    for _, same in groupby(records, key=lambda record: record.account):
        group = list(same)
        views = _opinions(reader, group, now)
        found += [OpenPosition(record, views.get(record.symbol)) for record in group]
    return tuple(found)


def _opinions(reader: Reader, records: Sequence[PositionRecord], now: Instant) -> dict[Symbol, PositionView]:
    """The opinions about the positions of one account, from the stories of their signals."""
    told = [recorded for record in records for recorded in reader.read_signal(record.signal_id)]
    told.sort(key=lambda recorded: recorded.seq)
    return {view.symbol: view for view in opinions(told, now)}


def event_row(account: Account, recorded: Recorded) -> dict[str, Any]:
    """One event as a line of `events` and of GET /events: the journal's own columns."""
    row = asdict(encode(account, "", recorded.seq, recorded.epoch, recorded.at, recorded.event))
    return {name: row[name] for name in EVENT_COLUMNS[:-1]} | {"data": msgspec.json.decode(row["event_data"])}


def latest_signals(reader: Reader, ends: Mapping[Account, int], limit: int) -> tuple[KnownSignal, ...]:
    """The latest `limit` signals, newest first, of those that came within the last `TAIL` events of their account.

    `ends` names each account's last sequence number.
    """
    came: list[tuple[Instant, SignalId]] = []
    for account, end in ends.items():
        tail = reader.read(account, max(0, end - TAIL), TAIL)
        came += [(one.at, one.event.signal_id) for one in tail if isinstance(one.event, SignalAccepted | SignalRefused)]
    newest = dict.fromkeys(signal_id for _, signal_id in sorted(came, reverse=True))
    known = (reader.find_signal(signal_id) for signal_id in list(newest)[:limit])
    return tuple(signal for signal in known if signal is not None)
