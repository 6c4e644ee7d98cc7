"""reconcile as a user calls it: the three opinions beside a fresh read, what follows, and nothing done by looking."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from seawall.service.problems import Exit
from tests.audit.planted import ELSEWHERE, Hands, ours
from tests.cli.terminal import Rig, command, rig, running
from venuesim.exchange import Exchange
from venuesim.faults import Fault
from venuesim.words import Side

OPEN = ("signal", "open", "SOLUSDT", "buy", "--size", "1000", "--stop-pct", "2", "--wait", "protected", "--id", "s1")
VENUES = pytest.mark.parametrize("venue", ["binance", "bybit"])


def slots(folder: Path, *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code, and what is said of each symbol."""
    ran = command(folder, "reconcile", *arguments, "--json")
    assert ran.err == ""
    return ran.code, {one["symbol"]: one for one in json.loads(ran.out)["accounts"][0]["slots"]}


def deeds(slot: dict[str, Any]) -> list[str]:
    """What follows for a symbol."""
    return [step["deed"] for step in slot["steps"]]


def quick(box: Exchange) -> None:
    """Reads of this box do not lag, so that what was just done is seen."""
    box.set_switch("lag", "none")


def now(one: Rig) -> Hands:
    """Another hand, now."""
    hands = Hands(one.box)
    hands.now = one.clock.now()
    return hands


@VENUES
def test_where_all_agree_nothing_follows(tmp_path: Path, venue: str) -> None:
    """Ours, the stream and the read beside the venue now, with their ages; exit 0, and only reads were sent."""
    with rig(tmp_path, venue, plant=quick) as one:
        assert command(tmp_path, *OPEN).code == Exit.OK
        acts = sum(entry.method != "GET" for entry in one.box.log)
        code, found = slots(tmp_path)
        assert (code, found["SOLUSDT"]["agree"], deeds(found["SOLUSDT"])) == (Exit.OK, True, [])
        assert {name for name, said in found["SOLUSDT"]["opinions"].items() if said} >= {"ours", "stream"}
        assert sum(entry.method != "GET" for entry in one.box.log) == acts
        ran = command(tmp_path, "reconcile")
        assert "SOLUSDT on main: ours " in ran.out
        assert "they agree" in ran.out


@VENUES
def test_what_is_foreign_is_told_of_and_left(tmp_path: Path, venue: str) -> None:
    """A naked position of another hand and orders that are not ours: named, and none of them ours to touch."""

    def plant(box: Exchange) -> None:
        hands = Hands(box)
        hands.trade("XRPUSDT", Side.BUY)
        hands.stop("ADAUSDT", hands.least("ADAUSDT", 1), "0.5")
        hands.stop("DOTUSDT", hands.least("DOTUSDT", 1), "0.5", name=ours(ELSEWHERE))

    (tmp_path / "installation").write_text("here\n")
    with rig(tmp_path, venue, service=False, plant=plant):
        code, found = slots(tmp_path)
        assert {symbol: deeds(slot) for symbol, slot in found.items()} == {
            "XRPUSDT": ["tell"],
            "ADAUSDT": ["leave"],
            "DOTUSDT": ["leave"],
        }
        assert code == Exit.FOUND


@VENUES
def test_without_a_record_what_is_ours_would_be_adopted(tmp_path: Path, venue: str) -> None:
    """The journal is gone: the position is known as ours by its orders, its stop stays, an old one on a flat slot goes."""
    with rig(tmp_path, venue, plant=quick) as one:
        assert command(tmp_path, *OPEN).code == Exit.OK
        name = (tmp_path / "installation").read_text().strip()
        hands = now(one)
        one.do(lambda: hands.stop("ADAUSDT", hands.least("ADAUSDT", 1), "0.5", name=ours(name)))
        (tmp_path / "gone").mkdir()
        for file in ("installation", "seawall.toml"):
            shutil.copy(tmp_path / file, tmp_path / "gone" / file)
        code, found = slots(tmp_path / "gone")
        assert deeds(found["SOLUSDT"])[0] == "adopt"
        assert "remove" not in deeds(found["SOLUSDT"])
        assert deeds(found["ADAUSDT"]) == ["remove"]
        assert code == Exit.FOUND


@VENUES
def test_ours_without_a_stop_would_be_protected(tmp_path: Path, venue: str) -> None:
    """The service is gone and a hand takes the stop away: naked, exit 8. Closed by hand too, it would be settled."""
    with rig(tmp_path, venue, service=False, plant=quick) as one:
        with running(tmp_path) as process:
            assert command(tmp_path, *OPEN).code == Exit.OK
            process.kill()
        one.do(lambda: [one.box.cancel_by_hand(stop.stop_id, one.clock.now()) for stop in stops(one)])
        code, found = slots(tmp_path)
        assert (code, found["SOLUSDT"]["naked"], deeds(found["SOLUSDT"])) == (Exit.UNPROTECTED, True, ["protect"])
        held = one.box.book.position("main", "SOLUSDT").quantity
        one.do(lambda: one.box.trade_by_hand("main", "SOLUSDT", Side.SELL, held, one.clock.now()))
        code, found = slots(tmp_path)
        assert (code, deeds(found["SOLUSDT"])[0]) == (Exit.FOUND, "settle")


def stops(one: Rig) -> list[Any]:
    """The live stops of SOLUSDT."""
    return list(one.box.book.open_stops("main", "SOLUSDT"))


@VENUES
def test_what_could_not_be_read_is_not_compared(tmp_path: Path, venue: str) -> None:
    """Without the positions nothing is said to be gone, orphaned or agreed; without the stops nothing to be naked."""
    with rig(tmp_path, venue, service=False, plant=quick) as one:
        with running(tmp_path) as process:
            assert command(tmp_path, *OPEN).code == Exit.OK
            process.kill()
        one.do(lambda: one.box.faults.add(Fault(fault="status", call="positions.get", status=500)))
        code, found = slots(tmp_path)
        assert (code, found) == (Exit.FOUND, {})
        ran = command(tmp_path, "reconcile")
        assert "main: without its positions nothing was compared" in ran.out
        assert "nothing stands" not in ran.out
        one.do(one.box.faults.clear)
        one.do(lambda: one.box.faults.add(Fault(fault="status", call="stops.open", status=500)))
        code, found = slots(tmp_path)
        assert (code, found["SOLUSDT"]["agree"]) == (Exit.FOUND, True)
        assert (found["SOLUSDT"]["naked"], deeds(found["SOLUSDT"])) == (
            (None, ["leave"]) if venue == "binance" else (False, [])
        )


def test_apply_that_the_service_refuses_is_not_done(tmp_path: Path) -> None:
    """The account has another name in the configuration than the service began with: it is told so, with code 4."""
    with rig(tmp_path):
        text = (tmp_path / "seawall.toml").read_text()
        (tmp_path / "seawall.toml").write_text(text.replace("accounts.main", "accounts.other"))
        ran = command(tmp_path, "reconcile", "--apply")
        assert (ran.code, "unknown_account" in ran.out) == (Exit.REFUSED, True)


def test_apply_asks_the_service_to_look_now(tmp_path: Path) -> None:
    """With a service it reads positions and both books at once; without one that is said, with code 7."""
    with rig(tmp_path) as one:
        before = [entry.call for entry in one.box.log].count("positions")
        ran = command(tmp_path, "reconcile", "--apply")
        assert (ran.code, "the service looks now" in ran.out) == (Exit.OK, True)
        assert [entry.call for entry in one.box.log].count("positions") >= before
    with rig(tmp_path, service=False):
        ran = command(tmp_path, "reconcile", "--apply")
        assert (ran.code, "by itself: at its start" in ran.err) == (Exit.UNREACHABLE, True)


@VENUES
def test_what_was_adopted_answers_for_its_own_stop(tmp_path: Path, venue: str) -> None:
    """The journal was lost, and a new service has taken the position up: its stop bears the name of the old signal, and
    is no stray.
    """
    with rig(tmp_path, venue, service=False, plant=quick):
        with running(tmp_path) as process:
            assert command(tmp_path, *OPEN).code == Exit.OK
            process.kill()
        for file in (tmp_path / "data").glob("journal.sqlite*"):
            file.unlink()
        with running(tmp_path) as process:
            process.until(lambda: "PROTECTED" in command(tmp_path, "positions").out)
            code, found = slots(tmp_path)
            assert (code, deeds(found["SOLUSDT"]), found["SOLUSDT"]["agree"]) == (Exit.OK, [], True)
