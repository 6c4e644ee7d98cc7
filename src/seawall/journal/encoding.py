"""An event as a row, and back.

`event_data` is the event itself as a JSON object: amounts as strings (a JSON number would pass through binary floating
point in the first reader that is not ours), enumerations by value, instants as whole microseconds. A row outlives the
program that wrote it, so reading follows two rules: a field that an old row lacks takes its default, and a row of a
newer schema than ours is refused and never guessed at.

`created_at` says the same instant as `at` in the form in which SQLite and PostgreSQL compare and cut dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from seawall.journal.port import EventRefused, JournalBroken
from seawall.model.events import BY_EVENT_TYPE, Event, Recorded, event_type
from seawall.model.ids import Account
from seawall.model.times import Instant

VERSION = 1
"""The schema of `event_data` that this program writes, and the newest that it reads."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENCODER = msgspec.json.Encoder()
_DECODERS = {name: msgspec.json.Decoder(kind) for name, kind in BY_EVENT_TYPE.items()}
_NAMES = {kind: event_type(kind) for kind in BY_EVENT_TYPE.values()}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table `events`, its columns in their order."""

    account: str
    seq: int
    epoch: int
    version: int
    at: int
    created_at: str
    event_type: str
    event_data: str
    signal_id: str
    venue: str
    symbol: str
    order_id: str


def encode(account: Account, venue: str, seq: int, epoch: int, at: Instant, event: Event) -> Row:
    """The row of an event. Raises EventRefused for an event that has no JSON (a text that is no Unicode, say)."""
    try:
        return Row(
            account=account,
            seq=seq,
            epoch=epoch,
            version=VERSION,
            at=at,
            created_at=created_at(at),
            event_type=_NAMES[type(event)],
            event_data=_ENCODER.encode(event).decode(),
            signal_id=event.signal_id,
            venue=venue,
            symbol=event.symbol,
            order_id=order_id(event),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise EventRefused(f"account {account}, seq {seq}, {type(event).__name__}: {error}") from error


def decode(row: Row) -> Recorded:
    """The event of a row, with its place. Raises JournalBroken for a row that this program cannot read."""
    return Recorded(row.seq, row.epoch, row.at, decode_event(row))


def decode_event(row: Row) -> Event:
    """The event of a row. Raises JournalBroken for a row that this program cannot read."""
    place = f"account {row.account}, seq {row.seq}"
    if row.version > VERSION:
        raise JournalBroken(f"{place}: version: expected at most {VERSION}, came {row.version}, of a newer Seawall")
    decoder = _DECODERS.get(row.event_type)
    if decoder is None:
        raise JournalBroken(f"{place}: event_type: expected one that this Seawall knows, came {row.event_type!r}")
    try:
        return decoder.decode(row.event_data)
    except msgspec.MsgspecError as error:
        raise JournalBroken(f"{place}: event_data of {row.event_type}: {error}") from error


def order_id(event: Event) -> str:
    """The order or stop that an event is about, by our name or else by the venue's; empty for none."""
    told = getattr(event, "report", event)
    return getattr(told, "client_id", "") or getattr(told, "venue_id", "")


def created_at(at: Instant) -> str:
    """An instant as "2026-11-23 15:34:38.000001", UTC."""
    return (_EPOCH + timedelta(microseconds=at)).isoformat(" ", "microseconds").removesuffix("+00:00")
