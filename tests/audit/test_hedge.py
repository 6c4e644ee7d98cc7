"""`seawall audit` in hedge mode: a symbol is two positions, and each is judged by what belongs to its side.

The box's book holds one-way positions, so what others hold here is planted in what the venue answers, row by row as the
venue books describe it (binance.md 1.6 to 1.9, bybit.md 1.5, 1.6).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from seawall.audit.findings import Kind
from seawall.service.problems import Exit
from tests.audit.test_planted import audited
from tests.cli.terminal import command, rig
from tests.venues.binance import shapes
from tests.venues.bybit import given
from venuesim.exchange import Exchange
from venuesim.faults import Fault

Row = dict[str, object]
SOL = "SOLUSDT"
MARK = "100"


class Binance:
    """Rows of Binance."""

    venue = "binance"
    lists = ""

    @staticmethod
    def position(side: str, amount: str) -> Row:
        """One side of the pair; the venue signs the short one."""
        signed = amount if side == "LONG" else f"-{amount}"
        return shapes.position(
            symbol=SOL, positionSide=side, positionAmt=signed, entryPrice=MARK, markPrice=MARK, liquidationPrice="0"
        )

    @staticmethod
    def stop(side: str, way: str, trigger: str, quantity: str = "") -> Row:
        """A stop for the whole side (closePosition), or for a quantity; hedge mode knows no reduceOnly."""
        return shapes.algo(
            symbol=SOL,
            clientAlgoId=f"web_{side}_{way}",
            algoId=hash_of(side, way, trigger),
            positionSide=side,
            side=way,
            triggerPrice=trigger,
            workingType="MARK_PRICE",
            algoStatus="NEW",
            closePosition=not quantity,
            quantity=quantity or "0",
            reduceOnly=False,
        )

    @staticmethod
    def order(side: str, way: str) -> Row:
        """A limit order that rests."""
        return shapes.order(
            symbol=SOL, positionSide=side, side=way, clientOrderId=f"web_{side}_{way}", status="NEW", executedQty="0"
        )


class Bybit:
    """Rows of Bybit."""

    venue = "bybit"
    lists = "result.list"
    index: Mapping[str, int] = {"LONG": 1, "SHORT": 2}

    @classmethod
    def position(cls, side: str, amount: str) -> Row:
        """One side of the pair; its size is never below zero."""
        way = "Buy" if side == "LONG" else "Sell"
        return given.position_row(
            symbol=SOL, positionIdx=cls.index[side], side=way, size=amount, markPrice=MARK, liqPrice="", stopLoss=""
        )

    @classmethod
    def stop(cls, side: str, way: str, trigger: str, quantity: str = "") -> Row:
        """A Full stop of the side, or a conditional order of a quantity that does not say that it reduces."""
        whole: Row = {"stopOrderType": "StopLoss", "tpslMode": "Full", "orderLinkId": ""}
        part: Row = {
            "stopOrderType": "Stop",
            "tpslMode": "",
            "orderLinkId": f"web_{side}",
            "qty": quantity,
            "reduceOnly": False,
            "closeOnTrigger": False,
        }
        return given.child_row(
            symbol=SOL,
            orderId=f"{side}-{way}-{trigger}",
            parentOrderLinkId="",
            positionIdx=cls.index[side],
            side=way.title(),
            triggerPrice=trigger,
            triggerBy="MarkPrice",
            triggerDirection=2 if way == "SELL" else 1,
            **(part if quantity else whole),
        )

    @classmethod
    def order(cls, side: str, way: str) -> Row:
        """A limit order that rests."""
        return given.order_row(
            symbol=SOL,
            positionIdx=cls.index[side],
            side=way.title(),
            orderLinkId=f"web_{side}_{way}",
            orderStatus="New",
            cumExecQty="0",
        )


def hash_of(*words: str) -> int:
    """An id of its own for each row."""
    return sum(ord(letter) * place for place, letter in enumerate("".join(words), 1))


VENUES = pytest.mark.parametrize("rows", [Binance, Bybit])


def planting(rows: Any, held: list[Row], stops: list[Row], orders: list[Row]) -> Callable[[Exchange], None]:
    """Has the venue answer so."""

    def plant(box: Exchange) -> None:
        for call, shown in (("positions.get", held), ("stops.open", stops), ("orders.open", orders)):
            box.faults.add(Fault(fault="reply_edit", call=call, path=rows.lists, value=shown))

    return plant


def judged(folder: Path, rows: Any, held: list[Row], stops: list[Row], *orders: Row) -> tuple[int, list[str]]:
    """The exit code, and each finding on the symbol: its kind, and the first words that it says."""
    with rig(folder, rows.venue, service=False, plant=planting(rows, held, stops, list(orders)), hedge=True):
        ran, told = audited(folder)
    about = [one for one in told["findings"] if one["symbol"]]
    assert Kind.HEDGE_MODE in {one["kind"] for one in told["findings"]}
    assert Kind.UNREAD not in {one["kind"] for one in told["findings"]}
    return ran.code, [f"{one['kind']}: {one['said']}" for one in about]


@VENUES
def test_both_sides_covered_are_in_order(tmp_path: Path, rows: Any) -> None:
    """A stop of each side, the long one's selling and the short one's buying: nothing to say about either."""
    held = [rows.position("LONG", "10"), rows.position("SHORT", "4")]
    stops = [rows.stop("LONG", "SELL", "90"), rows.stop("SHORT", "BUY", "300")]
    assert judged(tmp_path, rows, held, stops) == (Exit.FOUND, [])


@VENUES
def test_both_sides_naked_are_two_findings(tmp_path: Path, rows: Any) -> None:
    """They do not cancel each other out, and neither hides the other."""
    held = [rows.position("LONG", "10"), rows.position("SHORT", "10")]
    code, found = judged(tmp_path, rows, held, [])
    assert code == Exit.UNPROTECTED
    assert found == ["naked_position: long 10 without a stop", "naked_position: short 10 without a stop"]


@VENUES
def test_a_stop_covers_the_side_that_it_belongs_to(tmp_path: Path, rows: Any) -> None:
    """The long side has its stop, the short one has none: the long one's covers nothing of it."""
    held = [rows.position("LONG", "10"), rows.position("SHORT", "4")]
    code, found = judged(tmp_path, rows, held, [rows.stop("LONG", "SELL", "90")])
    assert (code, found) == (Exit.UNPROTECTED, ["naked_position: short 4 without a stop"])


@VENUES
def test_a_stop_of_the_other_side_covers_nothing(tmp_path: Path, rows: Any) -> None:
    """A long behind a stop that belongs to the short side, where nothing is open: naked, and an orphan."""
    code, found = judged(tmp_path, rows, [rows.position("LONG", "10")], [rows.stop("SHORT", "BUY", "300")])
    assert code == Exit.UNPROTECTED
    naked, orphan = found
    assert naked == "naked_position: long 10 without a stop"
    assert orphan.startswith("orphan_stop: ")
    assert orphan.endswith("waits at 300, and nothing is open on the short side that it belongs to")


@VENUES
def test_a_stop_of_a_quantity_closes_its_side_without_saying_so(tmp_path: Path, rows: Any) -> None:
    """Hedge mode has no reduce-only on Binance, and it is not needed: what is sent against a side cannot turn it over."""
    stops = [rows.stop("LONG", "SELL", "90", "4")]
    code, found = judged(tmp_path, rows, [rows.position("LONG", "10")], stops)
    assert code == Exit.UNPROTECTED
    assert [one.partition(":")[0] for one in found] == ["partly_covered", "stop_too_small"]
    larger = [rows.stop("LONG", "SELL", "90", "12")]
    assert judged(tmp_path, rows, [rows.position("LONG", "10")], larger) == (Exit.FOUND, [])


def test_a_stop_that_adds_to_its_side_is_on_the_wrong_one(tmp_path: Path) -> None:
    """Binance lists whatever waits for a price: one that sells for the short side would add to it."""
    held = [Binance.position("SHORT", "4")]
    stops = [Binance.stop("SHORT", "BUY", "300"), Binance.stop("SHORT", "SELL", "90", "4")]
    code, found = judged(tmp_path, Binance, held, stops)
    assert code == Exit.FOUND
    assert found == ["stop_wrong_side: web_SHORT_SELL would sell on short 4"]


@VENUES
def test_orders_are_told_by_their_side(tmp_path: Path, rows: Any) -> None:
    """Against its side an order takes profit, with it it opens; where the side is flat the first is an orphan."""
    held, stops = [rows.position("LONG", "10")], [rows.stop("LONG", "SELL", "90")]
    orders = [rows.order("LONG", "SELL"), rows.order("SHORT", "SELL"), rows.order("SHORT", "BUY")]
    code, found = judged(tmp_path, rows, held, stops, *orders)
    assert code == Exit.FOUND
    assert sorted(one.partition(",")[0].partition(" waits")[0] for one in found) == [
        "orphan_reduce_only: web_SHORT_BUY only reduces",
        "resting_entry: web_SHORT_SELL",
    ]


@VENUES
def test_reconcile_leaves_both_sides_alone(tmp_path: Path, rows: Any) -> None:
    """Each side is shown with what stands on it; Seawall does nothing in hedge mode, and says so."""
    (tmp_path / "installation").write_text("here\n")
    held = [rows.position("LONG", "10"), rows.position("SHORT", "4")]
    plant = planting(rows, held, [rows.stop("LONG", "SELL", "90")], [])
    with rig(tmp_path, rows.venue, service=False, plant=plant, hedge=True):
        ran = command(tmp_path, "reconcile", "--json")
    slots = json.loads(ran.out)["accounts"][0]["slots"]
    assert [one["naked"] for one in slots] == [False, True]
    assert {step["deed"] for one in slots for step in one["steps"]} == {"leave"}
    assert "hedge mode" in slots[0]["steps"][0]["why"]
