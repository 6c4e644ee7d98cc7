"""`seawall audit` on an account that something else trades: it names what was planted there, and only reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from seawall.audit.findings import Kind
from seawall.model.ids import Leg
from seawall.model.times import MILLISECOND
from seawall.service.problems import Exit
from tests.audit.planted import BINANCE, BYBIT, ELSEWHERE, HERE, Found, Hands, ours, plant_binance, plant_bybit
from tests.cli.terminal import Ran, command, rig
from venuesim.exchange import Exchange
from venuesim.words import ZERO, Side

READS = ("GET",)


def audited(folder: Path, *arguments: str) -> tuple[Ran, dict[str, Any]]:
    """What the command says of the one account."""
    ran = command(folder, "audit", *arguments, "--json")
    return ran, json.loads(ran.out)["accounts"][0]


def found(told: dict[str, Any]) -> list[Found]:
    """Kind and symbol of each finding."""
    return [(Kind(one["kind"]), one["symbol"]) for one in told["findings"]]


@pytest.mark.parametrize(
    ("venue", "plant", "planted", "account"),
    [
        ("binance", plant_binance, BINANCE, {"permissions": ("read",)}),
        ("bybit", plant_bybit, BYBIT, {"permissions": ("read", "withdraw")}),
    ],
    ids=["binance", "bybit"],
)
def test_each_planted_fault_is_named_and_nothing_is_changed(
    tmp_path: Path,
    venue: str,
    plant: Callable[[Exchange], None],
    planted: Sequence[Found],
    account: dict[str, Any],
) -> None:
    """Every fault is found by its kind and symbol, with a key that may only read; the venue saw reads, its book none."""
    (tmp_path / "installation").write_text(f"{HERE}\n")
    with rig(tmp_path, venue, service=False, plant=plant, **account) as one:
        facts = len(one.box.history)
        ran, told = audited(tmp_path)
        assert (ran.code, ran.err) == (Exit.UNPROTECTED, "")
        assert [fault for fault in planted if fault not in found(told)] == []
        assert one.box.log
        assert {entry.method for entry in one.box.log} <= set(READS)
        assert len(one.box.history) == facts
    assert sorted(path.name for path in tmp_path.iterdir()) == ["installation", "seawall.toml"]


def test_at_least_twenty_kinds_are_planted() -> None:
    """The two accounts together hold more than twenty different faults."""
    assert len({kind for kind, _ in (*BINANCE, *BYBIT)}) >= 20


@pytest.mark.parametrize("venue", ["binance", "bybit"])
def test_an_account_in_order_is_clean(tmp_path: Path, venue: str) -> None:
    """A position with its stop, by another's hand: nothing naked; what is left is about margin and the key."""

    def plant(box: Exchange) -> None:
        hands = Hands(box)
        held = hands.trade("SOLUSDT", Side.BUY)
        hands.stop("SOLUSDT", ZERO if venue == "binance" else held)

    with rig(tmp_path, venue, service=False, plant=plant):
        ran, told = audited(tmp_path)
        assert {kind for kind, _ in found(told)} <= {Kind.CROSS_MARGIN, Kind.KEY_NOT_BOUND}
        assert ran.code == Exit.FOUND
        ran = command(tmp_path, "audit", environ={"COLUMNS": "60"})
        assert f"main ({venue}): 1 positions, 1 stops" in ran.out
        assert max(len(line) for line in ran.out.splitlines()) <= 60


def test_what_stands_on_the_last_page_is_judged(tmp_path: Path) -> None:
    """Bybit lists fifty orders a page: of 120 orders and 61 stops the oldest are found as well, and nothing is unread."""

    def plant(box: Exchange) -> None:
        hands = Hands(box, pause=50 * MILLISECOND)
        hands.stop("SOLUSDT", hands.least("SOLUSDT", 1), name=ours(HERE))
        hands.order("LTCUSDT", Side.SELL, "1.05", 5, reduces=False, name=ours(ELSEWHERE, Leg.TAKE_PROFIT))
        for number in range(120):
            hands.order("ETHUSDT", Side.BUY, "0.97", 2, name=f"grid-{number}")
        for symbol in ("ADAUSDT", "XRPUSDT", "DOGEUSDT", "TRXUSDT", "LINKUSDT", "AVAXUSDT"):
            for number in range(10):
                hands.stop(symbol, hands.least(symbol, 1), "0.5", name=f"{symbol}-{number}")

    (tmp_path / "installation").write_text(f"{HERE}\n")
    with rig(tmp_path, "bybit", service=False, plant=plant):
        _, told = audited(tmp_path)
        kinds = found(told)
        assert (told["stops"], told["orders"]) == (61, 121)
        assert {(Kind.LEFTOVER, "SOLUSDT"), (Kind.OTHER_INSTALLATION, "LTCUSDT")} <= set(kinds)
        assert Kind.UNREAD not in {kind for kind, _ in kinds}


def test_an_empty_account_ends_with_0(tmp_path: Path) -> None:
    """Nothing stands there, nothing is wrong."""
    with rig(tmp_path, service=False):
        ran = command(tmp_path, "audit")
        assert (ran.code, ran.out) == (
            Exit.OK,
            "main (binance): 0 positions, 0 stops, 0 open orders; nothing is wrong\n",
        )


def test_hedge_mode_is_told_and_is_no_fault(tmp_path: Path) -> None:
    """An account of two sides that holds nothing is clean: all of it was read, and the mode is worth knowing."""
    with rig(tmp_path, service=False, hedge=True):
        ran, told = audited(tmp_path)
        assert ran.code == Exit.OK
        assert {kind for kind, _ in found(told)} == {Kind.HEDGE_MODE}


def test_a_venue_that_is_silent_ends_with_7(tmp_path: Path) -> None:
    """Nobody answers: nothing was judged, and that is said."""
    with rig(tmp_path, service=False):
        pass
    ran = command(tmp_path, "audit")
    assert (ran.code, "nothing was judged" in ran.out) == (Exit.UNREACHABLE, True)


def test_an_account_that_is_not_configured_is_refused(tmp_path: Path) -> None:
    """The names that there are stand in the message."""
    with rig(tmp_path, service=False):
        ran = command(tmp_path, "audit", "mian")
        assert (ran.code, ran.err) == (Exit.CONFIG, "seawall: account: expected one of main, came 'mian'\n")
