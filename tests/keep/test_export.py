"""export as a user calls it: exact amounts, each trade once, CSV that a spreadsheet reads and lines that a program does."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from seawall.service.problems import Exit
from tests.cli.terminal import command, rig

OPEN = ("signal", "open", "BTCUSDT", "buy", "--size", "1000", "--stop-pct", "2", "--wait", "protected")


@pytest.fixture(scope="module", params=["binance", "bybit"])
def traded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Decimal]:
    """A folder in which one signal was opened and closed, and the balance that the venue has of it."""
    folder = tmp_path_factory.mktemp("traded")
    with rig(folder, request.param) as one:
        assert command(folder, *OPEN, "--id", "t1").code == Exit.OK
        assert command(folder, "signal", "close", "BTCUSDT", "--wait", "flat").code == Exit.OK
        return folder, one.box.book.ledger.wallet("main").balance


def rows(folder: Path, *arguments: str) -> list[dict[str, str]]:
    """The rows of a CSV."""
    ran = command(folder, "export", *arguments)
    assert (ran.code, ran.err) == (Exit.OK, "")
    return list(csv.DictReader(io.StringIO(ran.out)))


def test_fills_are_told_once_and_exactly(traded: tuple[Path, Decimal]) -> None:
    """Entry and exit sum to nothing held, and what they realised less their fees is what the venue booked, to the digit."""
    folder, balance = traded
    found = rows(folder)
    assert len({row["trade_id"] for row in found}) == len(found)
    assert {row["leg"] for row in found} == {"entry", "exit"}
    sign = {"buy": 1, "sell": -1}
    assert sum(sign[row["side"]] * Decimal(row["quantity"]) for row in found) == 0
    gained = -sum(sign[row["side"]] * Decimal(row["value"]) for row in found) - sum(
        Decimal(row["fee"]) for row in found
    )
    assert abs(Decimal(100_000) + gained - balance) < Decimal("0.00000002")
    assert {row["signal_id"] for row in found} == {"t1"}


@pytest.mark.parametrize("what", ["signals", "fills", "events", "receipts"])
def test_csv_and_lines_say_the_same(traded: tuple[Path, Decimal], what: str) -> None:
    """As many rows, under the same names; amounts are texts in plain digits, instants dates in UTC."""
    folder, _ = traded
    table = rows(folder, "--what", what)
    lines = [
        json.loads(line) for line in command(folder, "export", "--what", what, "--format", "jsonl").out.splitlines()
    ]
    assert len(table) == len(lines) > 0
    assert [list(line) for line in lines] == [list(row) for row in table]
    assert all(row["at"].startswith("20") for row in table)


def test_since_leaves_out_what_was_before(traded: tuple[Path, Decimal]) -> None:
    """A day far ahead leaves nothing, one long ago everything; a word that is no day is refused."""
    folder, _ = traded
    assert rows(folder, "--since", "2999-01-01") == []
    assert rows(folder, "--since", "2020-01-01") == rows(folder)
    ran = command(folder, "export", "--since", "yesterday")
    assert (ran.code, "--since: expected a day" in ran.err) == (Exit.CONFIG, True)
