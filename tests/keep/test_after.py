"""What a real process does on a live account whose past it lost: a restored backup, a fresh journal, a second one beside.

The venue's own book says what became of every stop; nothing is asked of our own records but what they tell a user.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from seawall.service.problems import Exit
from tests.cli.terminal import Rig, command, rig, running
from tests.keep.test_reconcile import VENUES, quick

OPENED = ("--size", "1000", "--stop-pct", "2", "--wait", "protected")


def opened(folder: Path, symbol: str, name: str) -> None:
    """A protected position by a signal of this name."""
    assert command(folder, "signal", "open", symbol, "buy", *OPENED, "--id", name).code == Exit.OK


def stops(one: Rig) -> dict[str, str]:
    """Every live stop of the account, by the venue's own id, with its symbol."""
    return {stop.stop_id: stop.symbol for stop in one.do(lambda: one.box.book.open_stops("main", None))}


def protected(folder: Path) -> dict[str, str]:
    """What the record has as protected: the signal of each symbol."""
    told = json.loads(command(folder, "positions", "--json").out)["positions"]
    records = [position["record"] for position in told]
    return {record["symbol"]: record["signal_id"] for record in records if record["state"] == "protected"}


def nothing_naked(one: Rig) -> bool:
    """By the venue's book, now: every position is covered, and no stop stands where nothing is open."""
    verdict = one.do(lambda: one.box.judge(one.clock.now()))
    return all(position.covered for position in verdict.positions) and not verdict.orphans


@VENUES
def test_a_backup_of_yesterday_on_a_live_account(tmp_path: Path, venue: str) -> None:
    """One signal is known, one came since and one has gone: the known and the new are protected under the very stops
    that stood, the gone one ends flat, and all of it is said.
    """
    with rig(tmp_path, venue, service=False, plant=quick) as one:
        with running(tmp_path) as process:
            opened(tmp_path, "SOLUSDT", "known")
            opened(tmp_path, "XRPUSDT", "gone")
            assert command(tmp_path, "backup", "yesterday").code == Exit.OK
            opened(tmp_path, "ADAUSDT", "since")
            assert command(tmp_path, "signal", "close", "XRPUSDT", "--wait", "flat").code == Exit.OK
            process.kill()
        before = stops(one)
        assert sorted(before.values()) == ["ADAUSDT", "SOLUSDT"]
        ran = command(tmp_path, "restore", "yesterday", "--older")
        assert (ran.code, "open in it: known" in ran.out, "since" in ran.out) == (Exit.OK, True, True)
        with running(tmp_path) as process:
            process.until(lambda: set(protected(tmp_path)) == {"ADAUSDT", "SOLUSDT"})
            assert protected(tmp_path)["SOLUSDT"] == "known"
            assert stops(one) == before
            assert nothing_naked(one)
            assert "position_adopted" in command(tmp_path, "events", "-n", "1000").out
            assert "gone: FLAT" in command(tmp_path, "show", "gone").out


@VENUES
def test_a_fresh_journal_on_a_live_account(tmp_path: Path, venue: str) -> None:
    """The whole folder is gone and only the name is left: the position is taken up under the stop that stands, and a
    close of it by hand of the owner takes all of it and leaves nothing behind.
    """
    with rig(tmp_path, venue, service=False, plant=quick) as one:
        with running(tmp_path) as process:
            opened(tmp_path, "SOLUSDT", "lost")
            process.kill()
        before = stops(one)
        shutil.rmtree(tmp_path / "data")
        with running(tmp_path) as process:
            process.until(lambda: set(protected(tmp_path)) == {"SOLUSDT"})
            assert stops(one) == before
            assert nothing_naked(one)
            assert command(tmp_path, "signal", "close", "SOLUSDT", "--wait", "flat").code == Exit.OK
            verdict = one.do(lambda: one.box.judge(one.clock.now()))
            assert (verdict.positions, verdict.orphans) == ([], [])


@VENUES
def test_a_second_installation_beside_a_running_one(tmp_path: Path, venue: str) -> None:
    """The second takes no entry, on any slot, touches neither position nor stop of the first, and audit names that one."""
    (tmp_path / "second").mkdir()
    with rig(tmp_path, venue, service=False, plant=quick) as one, running(tmp_path):
        opened(tmp_path, "SOLUSDT", "first")
        before = stops(one)
        shutil.copy(tmp_path / "seawall.toml", tmp_path / "second" / "seawall.toml")
        with running(tmp_path / "second") as second:
            assert "no entry is taken on main (another installation's orders" in second.ready
            ran = command(tmp_path / "second", "signal", "open", "XRPUSDT", "buy", *OPENED, "--id", "intruder")
            assert (ran.code, "another installation" in ran.out) == (Exit.HALTED, True)
            assert command(tmp_path / "second", "reconcile", "--apply").code in (Exit.OK, Exit.FOUND)
            told = json.loads(command(tmp_path / "second", "audit", "--json").out)["accounts"][0]["findings"]
            assert "other_installation" in [finding["kind"] for finding in told]
            assert stops(one) == before
            assert set(protected(tmp_path)) == {"SOLUSDT"}
            assert nothing_naked(one)
