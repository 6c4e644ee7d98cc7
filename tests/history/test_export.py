"""The rows of a journal: every trade that opened or took away what is ours."""

from __future__ import annotations

from decimal import Decimal

from seawall.history.export import FillRow, fill_rows
from seawall.model.ids import Side
from seawall.model.reports import FillKind
from tests.history.stories import Story, velvet

D = Decimal


def outside(story: Story) -> list[FillRow]:
    """What others have taken."""
    rows = list(fill_rows(story.recorded()))
    assert sum(row.quantity for row in rows if row.leg == "entry") == 27
    return [row for row in rows if row.leg == "outside"]


def test_a_liquidation_is_a_row_of_what_it_took() -> None:
    """An entry without an exit would be a position that is open for ever."""
    story = velvet().exit(900, "autoclose-1", "27", "0.25", "t9", kind=FillKind.LIQUIDATION, profit=D("-1.35"))
    (row,) = outside(story)
    assert (row.side, row.quantity, row.price, row.kind, row.profit) == (
        "buy",
        D(27),
        D("0.25"),
        "liquidation",
        D("-1.35"),
    )


def test_another_hands_trade_is_a_row_as_far_as_it_was_ours() -> None:
    """Of 40 that it bought 27 closed ours: with their part of the fee. What it sold beside us is none."""
    story = velvet().fill(500, 460, "3", "t7", client_id="web_1", side=Side.SELL)
    story.exit(900, "web_2", "40", "0.21", "t9", fee=D("0.04"), profit=D("-0.4"))
    (row,) = outside(story)
    assert (row.quantity, row.fee, row.profit) == (D(27), D("0.027"), D("-0.27"))
