"""naked as a user calls it: what stood without a stop, by venue and day, from the journal alone."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from seawall.service.problems import Exit
from tests.cli.terminal import command, rig

OPEN = ("signal", "open", "BTCUSDT", "buy", "--size", "1000", "--stop-pct", "2", "--wait", "protected")


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one position was opened on Binance, where the stop follows the fill."""
    folder = tmp_path_factory.mktemp("naked")
    with rig(folder, "binance"):
        assert command(folder, *OPEN, "--id", "n1").code == Exit.OK
    return folder


def test_a_day_is_the_sum_of_its_positions(traded: Path) -> None:
    """One venue, one day, one position: its naked time, and what stood in it, are the day's."""
    ran = command(traded, "naked", "--json")
    told = json.loads(ran.out)
    (day,), (position,) = told["days"], told["positions"]
    assert (ran.code, day["venue"], day["positions"], position["signal_id"]) == (Exit.OK, "binance", 1, "n1")
    assert day["total"] == day["longest"] == position["total"] > 0
    assert Decimal(day["dollar_seconds"]) == Decimal(position["dollar_seconds"]) > 0


def test_people_read_a_table(traded: Path) -> None:
    """A head, and a line for each venue and day."""
    head, line = command(traded, "naked").out.splitlines()
    assert head.split() == ["venue", "day", "positions", "naked", "longest", "dollar-seconds"]
    assert line.split()[0] == "binance"


def test_only_what_was_opened_since(traded: Path) -> None:
    """A day that is still to come has no position; a word that is no day is refused."""
    ran = command(traded, "naked", "--since", "2100-01-01")
    assert (ran.code, ran.out) == (Exit.OK, "no position was opened\n")
    assert "--since" in command(traded, "naked", "--since", "yesterday").err
