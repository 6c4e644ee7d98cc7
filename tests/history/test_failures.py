"""Failures are counted by the report's own query on a real file, and by a fold that gives the same rows."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

from seawall.history.failures import MONITORING, FailureRow, failures
from seawall.journal.port import Dated
from seawall.journal.sqlite import SqliteJournal
from seawall.model.events import Event, PositionError, SignalExecutionFailed, StreamProven
from seawall.model.ids import Account, SignalId, Symbol
from seawall.model.times import HOUR, SECOND
from tests.history.stories import START

ALPHA = Account("alpha")
_DAY = 24 * HOUR


def _failed(symbol: str) -> SignalExecutionFailed:
    return SignalExecutionFailed(SignalId(f"of-{symbol}"), Symbol(symbol), "absent", "")


def _errored(symbol: str) -> PositionError:
    return PositionError(SignalId(f"of-{symbol}"), Symbol(symbol), "naked_too_long", "")


def _planted(file: Path, events: list[Dated]) -> SqliteJournal:
    journal = SqliteJournal(file, {ALPHA: "binance"}, grown=0)
    journal.append(ALPHA, 1, 0, events)
    return journal


def test_planted_failures_appear_in_the_monitoring_querys_rows(tmp_path: Path) -> None:
    """The query of the report, in SQLite's words, shows day, kind, count and symbols of the last 24 hours."""
    now = time.time_ns() // 1_000
    events: list[Event] = [_failed("VELVETUSDT"), _errored("BTCUSDT"), _failed("1000000BABYDOGEUSDT")]
    told: list[Dated] = [(now - 2 * _DAY, _failed("OLDUSDT")), *((now - SECOND, event) for event in events)]
    journal = _planted(tmp_path / "journal.db", [*told, (now, StreamProven(SignalId(""), Symbol("")))])
    reader = sqlite3.connect(tmp_path / "journal.db")
    rows = [(kind, count, json.loads(symbols)) for _, kind, count, symbols in reader.execute(MONITORING)]
    reader.close()
    assert rows == [
        ("position_error", 1, ["BTCUSDT"]),
        ("signal_execution_failed", 2, ["VELVETUSDT", "1000000BABYDOGEUSDT"]),
    ]
    folded = failures(journal.read(ALPHA, 0, 99), now - _DAY)
    assert [(row.event_type, row.count, list(row.symbols)) for row in folded] == rows
    journal.close()


def test_the_fold_counts_by_day_with_the_newest_first(tmp_path: Path) -> None:
    """Rows come by day, newest first, then by kind; the days are those of UTC."""
    midnight = START - START % _DAY
    journal = _planted(
        tmp_path / "journal.db",
        [
            (midnight - 1, _failed("A")),
            (midnight, _failed("B")),
            (midnight + 1, _errored("C")),
            (midnight + 2, _failed("B")),
        ],
    )
    assert failures(journal.read(ALPHA, 0, 99)) == (
        FailureRow("2026-11-23", "position_error", 1, (Symbol("C"),)),
        FailureRow("2026-11-23", "signal_execution_failed", 2, (Symbol("B"), Symbol("B"))),
        FailureRow("2026-11-22", "signal_execution_failed", 1, (Symbol("A"),)),
    )
    journal.close()


def test_nothing_failed_gives_no_rows() -> None:
    """An empty record, or one of successes, counts nothing."""
    assert failures([]) == ()
