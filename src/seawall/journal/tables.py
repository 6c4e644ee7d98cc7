"""The SQL of the journal: what one append writes into the three tables, and what readers ask of them.

Everything here runs inside a transaction that the caller has begun; nothing here commits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from operator import attrgetter

from seawall.journal.encoding import Row, decode, decode_event, encode
from seawall.journal.port import Dated, EventRefused, KnownSignal, PositionRecord, SequenceConflict
from seawall.journal.records import FirstFill, changed, opened, state_after, touches_position
from seawall.model.amounts import plain
from seawall.model.content import content_digest
from seawall.model.events import (
    EntryFilled,
    EntryIntended,
    Event,
    Recorded,
    SagaReopened,
    SignalAccepted,
    SignalRefused,
)
from seawall.model.ids import Account, Side, SignalId
from seawall.model.times import Instant

_COLUMNS = ", ".join(field.name for field in fields(Row))
_columns = attrgetter(*(field.name for field in fields(Row)))
_INSERT_EVENT = f"INSERT INTO events ({_COLUMNS}) VALUES ({', '.join('?' * len(fields(Row)))})"  # noqa: S608 - our names
_SELECT_EVENTS = f"SELECT {_COLUMNS} FROM events"  # noqa: S608 - our own column names
_POSITION_COLUMNS = (
    "account, signal_id, venue, symbol, side, quantity, trigger, state, opened_at, average, protected_at, closed_at, "
    "reason, id"
)
_INSERT_POSITION = f"INSERT INTO positions ({_POSITION_COLUMNS}) VALUES ({', '.join('?' * 14)})"  # noqa: S608 - the same
_SELECT_POSITIONS = f"SELECT {_POSITION_COLUMNS} FROM positions"  # noqa: S608 - the same
_UPDATE_POSITION = (
    "UPDATE positions SET quantity = ?, average = ?, trigger = ?, state = ?, protected_at = ?, closed_at = ?, "
    "reason = ? WHERE id = ?"
)
# An acceptance must be the first word about its signal: a second one breaks the key, and with it the append, so that
# no entry can leave. A refusal of a signal that is known already leaves the first word standing.
_ACCEPT_SIGNAL = "INSERT INTO signals (signal_id, account, digest, seq, state) VALUES (?, ?, ?, ?, ?)"
_REFUSE_SIGNAL = f"{_ACCEPT_SIGNAL} ON CONFLICT DO NOTHING"
_MOVE_SIGNAL = "UPDATE signals SET state = ? WHERE signal_id = ? AND account = ?"


def last_seq(connection: sqlite3.Connection, account: Account) -> int:
    """The sequence number of the account's last event, 0 if there is none."""
    (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM events WHERE account = ?", (account,)).fetchone()
    return int(last)


def write(
    connection: sqlite3.Connection,
    account: Account,
    venue: str,
    epoch: int,
    expected_seq: int,
    events: Sequence[Dated],
) -> int:
    """Write one append into the open transaction; the last sequence number.

    Raises SequenceConflict, EventRefused, and sqlite3.Error as SQLite does.
    """
    rows = [
        encode(account, venue, expected_seq + place, epoch, at, event) for place, (at, event) in enumerate(events, 1)
    ]
    last = last_seq(connection, account)
    if last != expected_seq:
        return _repeated(connection, account, expected_seq, last, rows)
    for row, (_, event) in zip(rows, events, strict=True):
        connection.execute(_INSERT_EVENT, _columns(row))
        _note_signal(connection, account, row.seq, event)
        if touches_position(event):
            _note_position(connection, account, venue, event)
    return expected_seq + len(rows)


def _repeated(connection: sqlite3.Connection, account: Account, expected_seq: int, last: int, rows: list[Row]) -> int:
    """The answer to an append that is not at the end: the same as at first if it is the same, else a conflict."""
    found = connection.execute(
        f"{_SELECT_EVENTS} WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?", (account, expected_seq, len(rows))
    )
    if not rows or [Row(*columns) for columns in found] != rows:
        raise SequenceConflict(account, expected=last, came=expected_seq)
    return rows[-1].seq


def _note_signal(connection: sqlite3.Connection, account: Account, seq: int, event: Event) -> None:
    """Keep the permanent key and the state of the event's signal."""
    state = state_after(event)
    if state is None:
        return
    if isinstance(event, SignalAccepted | SignalRefused):
        statement = _ACCEPT_SIGNAL if isinstance(event, SignalAccepted) else _REFUSE_SIGNAL
        connection.execute(statement, (event.signal_id, account, content_digest(event.signal), seq, state))
    else:
        connection.execute(_MOVE_SIGNAL, (state, event.signal_id, account))


def _note_position(connection: sqlite3.Connection, account: Account, venue: str, event: Event) -> None:
    """Keep the record of the event's position: made at the first fill, changed ever after."""
    found = connection.execute(
        f"{_SELECT_POSITIONS} WHERE account = ? AND signal_id = ?", (account, event.signal_id)
    ).fetchone()
    if found is not None:
        _update_position(connection, changed(position_of(found), event))
    elif isinstance(event, EntryFilled | SagaReopened):
        record = opened(account, venue, event, _intended(connection, account, event))
        connection.execute(_INSERT_POSITION, (*_position_columns(record), None))


def _intended(connection: sqlite3.Connection, account: Account, event: FirstFill) -> EntryIntended:
    """The intention that an entry's fill came of. Raises EventRefused where nothing was intended."""
    found = connection.execute(
        f"{_SELECT_EVENTS} WHERE account = ? AND signal_id = ? AND event_type = 'entry_intended' "
        "ORDER BY seq DESC LIMIT 1",
        (account, event.signal_id),
    ).fetchone()
    intended = None if found is None else decode_event(Row(*found))
    if not isinstance(intended, EntryIntended):
        raise EventRefused(f"account {account}, signal {event.signal_id}: a fill: expected entry_intended before")
    return intended


def _position_columns(record: PositionRecord) -> tuple[object, ...]:
    """The record without its id, in the order of _POSITION_COLUMNS; amounts as strings."""
    values = tuple(getattr(record, name.strip()) for name in _POSITION_COLUMNS.split(",")[:-1])
    return tuple(plain(value) if isinstance(value, Decimal) else value for value in values)


def _update_position(connection: sqlite3.Connection, record: PositionRecord) -> None:
    average = None if record.average is None else plain(record.average)
    connection.execute(
        _UPDATE_POSITION,
        (
            plain(record.quantity),
            average,
            plain(record.trigger),
            record.state,
            record.protected_at,
            record.closed_at,
            record.reason,
            record.id,
        ),
    )


def position_of(columns: Sequence[object]) -> PositionRecord:
    """A row of `positions`, in the order of _POSITION_COLUMNS, as a record."""
    names = (name.strip() for name in _POSITION_COLUMNS.split(","))
    told: dict[str, object] = dict(zip(names, columns, strict=True))
    for name in ("quantity", "trigger", "average"):
        told[name] = None if told[name] is None else Decimal(str(told[name]))
    told["side"] = Side(str(told["side"]))
    return PositionRecord(**told)  # type: ignore[arg-type]  # the table is STRICT: the columns have these types


def read_events(connection: sqlite3.Connection, account: Account, after_seq: int, limit: int) -> tuple[Recorded, ...]:
    """At most `limit` events of the account after `after_seq`."""
    found = connection.execute(
        f"{_SELECT_EVENTS} WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?", (account, after_seq, limit)
    )
    return tuple(decode(Row(*columns)) for columns in found)


def read_signal(connection: sqlite3.Connection, signal_id: SignalId) -> tuple[Recorded, ...]:
    """All events of a signal, in order."""
    found = connection.execute(
        f"{_SELECT_EVENTS} WHERE signal_id = ? AND signal_id <> '' ORDER BY account, seq", (signal_id,)
    )
    return tuple(decode(Row(*columns)) for columns in found)


def read_accounts(connection: sqlite3.Connection) -> tuple[Account, ...]:
    """The accounts with at least one event."""
    return tuple(
        Account(name) for (name,) in connection.execute("SELECT DISTINCT account FROM events ORDER BY account")
    )


def read_last_at(connection: sqlite3.Connection) -> Instant:
    """The latest of the instants of each account's last event, 0 if there is none."""
    (at,) = connection.execute(
        "SELECT coalesce(max(at), 0) FROM events"
        " WHERE (account, seq) IN (SELECT account, max(seq) FROM events GROUP BY account)"
    ).fetchone()
    return int(at)


def find_signal(connection: sqlite3.Connection, signal_id: SignalId) -> KnownSignal | None:
    """What is known of a signal's id."""
    found = connection.execute(
        "SELECT signal_id, account, digest, seq, state FROM signals WHERE signal_id = ?", (signal_id,)
    ).fetchone()
    return None if found is None else KnownSignal(*found)


def read_positions(connection: sqlite3.Connection) -> tuple[PositionRecord, ...]:
    """All position records, by id."""
    return tuple(position_of(columns) for columns in connection.execute(f"{_SELECT_POSITIONS} ORDER BY id"))
