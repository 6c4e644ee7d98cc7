"""`seawall export`: what was recorded as CSV or as JSON lines, on standard output; amounts exact, instants in UTC."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any, Literal

from seawall.cli.common import NO_OPTIONS, Common, as_json, beginning, chosen, print_json
from seawall.history.export import FillRow, SignalRow, fill_rows, signal_row
from seawall.history.facts import by_signal
from seawall.history.receipt import Receipt, receipt
from seawall.journal.encoding import created_at
from seawall.model.amounts import plain
from seawall.model.events import Recorded
from seawall.model.ids import Account
from seawall.model.times import Instant
from seawall.service.problems import Exit
from seawall.service.reader import JournalReader
from seawall.service.views import EVENT_COLUMNS, event_row

Row = Mapping[str, Any]
_HEADS: Mapping[str, Sequence[str]] = {
    "fills": [field.name for field in fields(FillRow)],
    "signals": [field.name for field in fields(SignalRow)],
    "receipts": ["at", *(field.name for field in fields(Receipt))],
    "events": EVENT_COLUMNS,
}
What = Literal["signals", "fills", "events", "receipts"]
_INSTANTS = ("at", "made_at")


def export(
    *,
    what: What = "fills",
    format: Literal["csv", "jsonl"] = "csv",  # noqa: A002 - the option's name
    since: str = "",
    account: str = "",
    common: Common = NO_OPTIONS,
) -> int:
    """Write what was recorded as rows: for taxes and for analysis.

    Parameters
    ----------
    what
        fills: each trade of ours once. signals: each signal and where it stands. receipts: what became of each.
        events: the journal itself.
    format
        csv with a head, or one JSON object a line.
    since
        Only what happened at or after this day or instant, UTC: 2026-01-01 or 2026-01-01T12:00:00.
    account
        Of this account alone.
    """
    begin = beginning(since)
    with common.journal() as journal:
        names = chosen(journal, account)
        rows = (row for name in names for row in _rows(journal, name, what, begin))
        _write(rows, format, _HEADS[what])
    return Exit.OK


def _rows(journal: JournalReader, account: Account, what: What, since: Instant) -> Iterator[Row]:
    """The rows of one account that happened at or after `since`, in the order of their time."""
    if what == "events":
        yield from (_dated(event_row(account, one)) for one in journal.everything(account) if one.at >= since)
        return
    found: list[dict[str, Any]] = []
    for story in by_signal(list(journal.everything(account))).values():
        found += _of_signal(story, what)
    yield from (_dated(row) for row in sorted(found, key=lambda row: row["at"]) if row["at"] >= since)


def _of_signal(story: list[Recorded], what: What) -> list[dict[str, Any]]:
    match what:
        case "fills":
            return [asdict(row) for row in fill_rows(story)]
        case "signals":
            row = signal_row(story)
            return [] if row is None else [asdict(row)]
        case _:
            told = receipt(story)
            return [] if told is None else [{"at": story[0].at} | asdict(told)]


def _dated(row: Row) -> dict[str, Any]:
    """The same with its instants as text that a spreadsheet reads; to the microsecond, empty for none."""
    dated = {name: (created_at(row[name]) if row[name] else "") for name in _INSTANTS if name in row}
    return dict(row) | dated


def _write(rows: Iterable[Row], form: str, head: Sequence[str]) -> None:
    if form == "jsonl":
        for row in rows:
            print_json(row)
        return
    writer = csv.DictWriter(sys.stdout, head, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: Any) -> str:
    """A value as one cell; what has parts is JSON in it, as it would be in a line of its own."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    return as_json(value) if isinstance(value, Mapping | list | tuple) else str(value)
