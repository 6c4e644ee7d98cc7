"""What has become of the closes of one slot, without a venue."""

from __future__ import annotations

from decimal import Decimal

from seawall.flatten.closes import Closes
from seawall.model.acts import ClosePosition, Outcome, Reason
from seawall.model.ids import ClientId, Side, Symbol
from seawall.model.inputs import ActAnswered
from seawall.model.reports import OrderReport, OrderStatus, Source
from seawall.model.times import Bounds

COIN = Symbol("VELVETUSDT")
NAME = ClientId("swabcd-0000000000-c0top2v41")


def refused() -> Closes:
    """One close of 27, refused for good."""
    closes = Closes()
    closes.add(ClosePosition(COIN, NAME, Side.SELL, Decimal(27)))
    closes.answered(ActAnswered(NAME, COIN, Outcome.REFUSED, 0, 20_000, Reason.FILTER))
    return closes


def test_a_refused_close_that_was_seen_to_fill_counts() -> None:
    """A refusal is a claim: what has filled in part is asked about, and the next waits as for any that may fill more."""
    closes = refused()
    assert (closes.unsettled(), closes.rung) == ((), 1)
    closes.seen(OrderReport(COIN, NAME, OrderStatus.PARTIAL, Source.ORDER, 30_000, 30_000, filled=Decimal(10)))
    assert [close.act.client_id for close in closes.unsettled()] == [NAME]
    assert closes.rung == 0
    assert closes.due_at(Bounds()) > refused().due_at(Bounds())
