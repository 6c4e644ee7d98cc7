"""Counting what went wrong, by day and by kind, under the names that the report gave them.

The report asks for this query to work on the table `events` (PostgreSQL):

    SELECT DATE(created_at) as date, event_type, COUNT(*) as count, JSON_AGG(event_data->'symbol') as symbols
    FROM events
    WHERE event_type IN ('position_error', 'signal_execution_failed') AND created_at > NOW() - INTERVAL '24 hours'
    GROUP BY DATE(created_at), event_type ORDER BY date DESC;

`MONITORING` is the same in SQLite's words; `failures` is the same as a fold, for any journal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from seawall.history.facts import History, day
from seawall.model.events import PositionError, SignalExecutionFailed, event_type
from seawall.model.ids import Symbol
from seawall.model.times import Instant

MONITORING = """
SELECT DATE(created_at) AS date, event_type, COUNT(*) AS count,
       JSON_GROUP_ARRAY(JSON_EXTRACT(event_data, '$.symbol')) AS symbols
FROM events
WHERE event_type IN ('position_error', 'signal_execution_failed') AND created_at > DATETIME('now', '-24 hours')
GROUP BY DATE(created_at), event_type ORDER BY date DESC, event_type;
"""
"""The monitoring query on a journal in SQLite: rows of (date, event_type, count, symbols as a JSON array)."""


@dataclass(frozen=True, slots=True)
class FailureRow:
    """The failures of one kind on one day (UTC), with their symbols in order."""

    date: str
    event_type: str
    count: int
    symbols: tuple[Symbol, ...]


def failures(history: History, since: Instant = 0) -> tuple[FailureRow, ...]:
    """The rows of the monitoring query, of what was recorded after `since`; the newest day first."""
    rows: dict[tuple[str, str], FailureRow] = {}
    for recorded in history:
        if isinstance(recorded.event, PositionError | SignalExecutionFailed) and recorded.at > since:
            key = (day(recorded.at), event_type(type(recorded.event)))
            row = rows.get(key, FailureRow(*key, 0, ()))
            rows[key] = replace(row, count=row.count + 1, symbols=(*row.symbols, recorded.event.symbol))
    by_kind = sorted(rows.values(), key=lambda row: row.event_type)
    return tuple(sorted(by_kind, key=lambda row: row.date, reverse=True))
