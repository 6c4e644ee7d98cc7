"""Rows as reports: what an order, a stop, a fill, a position, a wallet on the wire means (bybit.md 1.5, 1.6, 3.1, 3.5)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.amounts import ZERO
from seawall.model.ids import Side
from seawall.model.inputs import Told
from seawall.model.queries import AskFills, AskOpenOrders, AskPositions, AskStops
from seawall.model.reports import (
    FillKind,
    FillReport,
    OrderReport,
    OrderStatus,
    PositionReport,
    Source,
    StopReport,
    StopStatus,
)
from seawall.model.signal import TriggerBy
from tests.venues.bybit.given import (
    BABY,
    CAME,
    ENTRY,
    ORDER_ID,
    SENT,
    STOP,
    STOP_ID,
    TRIGGER,
    VENUE_AT,
    VENUE_MS,
    Row,
    child_row,
    execution_row,
    flat_row,
    listing,
    news,
    order_row,
    position_row,
    read,
    read_fails,
)


def orders(*rows: Row) -> Told:
    """What a list of orders tells."""
    return read(AskOpenOrders(BABY), listing(*rows))


def stops(*rows: Row) -> Told:
    """What a list of stops tells."""
    return read(AskStops(BABY), listing(*rows))


# ---- orders


def test_an_order_row_says_everything() -> None:
    """A filled entry is reported field by field, and nothing of it is missing."""
    told = orders(order_row())
    assert told == Told(
        orders=(
            OrderReport(
                symbol=BABY,
                client_id=ENTRY,
                status=OrderStatus.FILLED,
                source=Source.ORDER,
                at=CAME,
                venue_at=VENUE_AT,
                venue_id=ORDER_ID,
                side=Side.BUY,
                quantity=Decimal(10_000),
                filled=Decimal(10_000),
                average=Decimal("0.0014"),
                reduce_only=False,
            ),
        )
    )


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("Created", "open"),
        ("New", "open"),
        ("Untriggered", "open"),
        ("Triggered", "open"),
        ("PartiallyFilled", "partial"),
        ("Filled", "filled"),
        ("Cancelled", "cancelled"),
        ("PartiallyFilledCanceled", "cancelled"),
        ("Deactivated", "cancelled"),
        ("Rejected", "rejected"),
        ("PendingSomething", "untold"),
        ("", "untold"),
    ],
)
def test_order_statuses(status: str, meaning: str) -> None:
    """Each word of the book has its meaning, and an unknown one says nothing."""
    assert [report.status.value for report in orders(order_row(orderStatus=status)).orders] == [meaning]


@pytest.mark.parametrize("leaves", ["0", "0.000", "", "6000"])
def test_a_cancelled_order_keeps_its_fills(leaves: str) -> None:
    """The rest of a market order ends Cancelled with what has filled; leavesQty is not believed."""
    row = order_row(
        orderStatus="Cancelled", cumExecQty="4000", leavesQty=leaves, rejectReason="EC_NoImmediateQtyToFill"
    )
    (report,) = orders(row).orders
    assert (report.status, report.filled, report.quantity) == (OrderStatus.CANCELLED, Decimal(4000), Decimal(10_000))
    assert report.reason == "EC_NoImmediateQtyToFill"


def test_two_words_for_an_end_are_one_reason() -> None:
    """Cancel type and reject reason are both told, without the words that mean none."""
    row = order_row(orderStatus="Cancelled", cancelType="CancelByUser", rejectReason="EC_PerCancelRequest")
    assert orders(row).orders[0].reason == "CancelByUser EC_PerCancelRequest"


@pytest.mark.parametrize("average", ["", "0", "0.0", "-0.0014", None])
def test_no_average_is_none(average: str | None) -> None:
    """An order without fills has no average price, however that is spelled."""
    assert orders(order_row(avgPrice=average)).orders[0].average is None


@pytest.mark.parametrize("side", ["", "None", None, "Both"])
def test_an_order_without_a_side_is_a_report_without_a_side(side: str | None) -> None:
    """The side is never guessed: a row without one still tells the rest (incident I02)."""
    told = orders(order_row(side=side))
    assert told.orders[0].side is None
    assert told.orders[0].filled == Decimal(10_000)


@pytest.mark.parametrize("field", ["orderStatus", "side", "qty", "cumExecQty"])
def test_a_promised_field_that_did_not_come_is_named(field: str) -> None:
    """A row that lacks a field of the book says so beside its report."""
    row = order_row()
    del row[field]
    told = orders(row)
    assert len(told.orders) == 1
    assert told.missing == (f"order.{field}",)


@pytest.mark.parametrize("field", ["orderId", "symbol"])
def test_a_row_about_nothing_makes_the_read_incomplete(field: str) -> None:
    """Without id or symbol a row is nobody's, and the others still count as evidence of presence."""
    failed = read_fails(AskOpenOrders(BABY), listing(order_row(**{field: ""}), order_row()))
    assert len(failed.told.orders) == 1
    assert failed.venue_answered


# ---- stops


def test_an_attached_stop_says_everything() -> None:
    """The child has no name of ours, names the entry as its parent, and covers the whole position."""
    assert stops(child_row()) == Told(
        stops=(
            StopReport(
                symbol=BABY,
                client_id=stops(child_row()).stops[0].client_id,
                status=StopStatus.LIVE,
                source=Source.STOPS,
                at=CAME,
                venue_at=VENUE_AT,
                venue_id=STOP_ID,
                parent=ENTRY,
                side=Side.SELL,
                trigger=TRIGGER,
                trigger_by=TriggerBy.MARK,
                reduce_only=True,
            ),
        )
    )
    assert stops(child_row()).stops[0].client_id == ""


@pytest.mark.parametrize("mode", ["", "UNKNOWN", "Full", None])
def test_a_full_stop_is_known_by_its_kind(mode: str | None) -> None:
    """tpslMode of a child is empty on REST and UNKNOWN on the stream; the kind says that it covers all."""
    assert stops(child_row(tpslMode=mode, qty="0")).stops[0].quantity is None


def test_a_partial_stop_covers_its_quantity() -> None:
    """Children of Partial mode cover what they say and no more."""
    (report,) = stops(child_row(stopOrderType="PartialStopLoss", tpslMode="Partial", qty="3000")).stops
    assert report.quantity == Decimal(3000)


@pytest.mark.parametrize(("word", "price"), [("MarkPrice", "mark"), ("LastPrice", "last"), ("IndexPrice", None)])
def test_what_a_stop_watches(word: str, price: str | None) -> None:
    """Mark and last are told; the index is neither."""
    watched = stops(child_row(triggerBy=word)).stops[0].trigger_by
    assert (watched.value if watched else None) == price


@pytest.mark.parametrize(
    ("status", "filled", "meaning", "is_order"),
    [
        ("Untriggered", "0", "live", False),
        ("Triggered", "0", "triggered", True),
        ("New", "0", "triggered", True),
        ("PartiallyFilled", "4000", "triggered", True),
        ("Filled", "10000", "finished", True),
        ("Cancelled", "4000", "finished", True),
        ("Cancelled", "0", "cancelled", False),
        ("Deactivated", "0", "cancelled", False),
        ("Rejected", "0", "rejected", True),
    ],
)
def test_the_life_of_a_stop(status: str, filled: str, meaning: str, is_order: bool) -> None:
    """Only Untriggered watches; from its firing on the stop is an order too, under the same id."""
    told = stops(child_row(orderStatus=status, cumExecQty=filled))
    assert [report.status.value for report in told.stops] == [meaning]
    assert [report.order_id for report in told.stops] == [STOP_ID if is_order else ""]
    assert [(report.venue_id, report.parent) for report in told.orders] == [(STOP_ID, ENTRY)] * is_order


def test_a_stop_in_an_unknown_state_is_no_cover() -> None:
    """A status that the book does not list claims nothing about the stop, and the read is not complete."""
    failed = read_fails(AskStops(BABY), listing(child_row(orderStatus="Slumbering")))
    assert failed.told.stops == ()
    assert [report.status for report in failed.told.orders] == [OrderStatus.UNTOLD]
    assert "Slumbering" in failed.detail


@pytest.mark.parametrize(("side", "direction"), [("Sell", 2), ("Buy", 1), ("Sell", 0)])
def test_a_conditional_order_that_closes_on_a_loss_is_a_stop(side: str, direction: int) -> None:
    """Our quantity stop bears our name, and covers its quantity."""
    row = child_row(
        stopOrderType="Stop", tpslMode="", orderLinkId=STOP, parentOrderLinkId="", side=side, triggerDirection=direction
    )
    (report,) = stops(row).stops
    assert (report.client_id, report.parent, report.quantity) == (STOP, "", Decimal(10_000))


@pytest.mark.parametrize(
    "changes",
    [
        {"stopOrderType": "TakeProfit"},
        {"stopOrderType": "PartialTakeProfit"},
        {"stopOrderType": "Stop", "triggerDirection": 1},
        {"stopOrderType": "Stop", "reduceOnly": False, "closeOnTrigger": False},
        {"stopOrderType": "SomethingNew"},
    ],
)
def test_what_waits_for_other_reasons_is_no_stop(changes: Row) -> None:
    """Take-profits and conditional entries are open orders: seen, never taken for cover or for the entry's child."""
    told = stops(child_row(**changes))
    assert told.stops == ()
    assert [(report.status, report.parent) for report in told.orders] == [(OrderStatus.OPEN, "")]


# ---- executions


def test_an_execution_says_everything() -> None:
    """A trade is reported under our name, with the cross sequence that ties it to the position."""
    assert read(AskFills(BABY, SENT), listing(execution_row())).fills == (
        FillReport(
            symbol=BABY,
            trade_id="e-1",
            side=Side.BUY,
            quantity=Decimal(10_000),
            price=Decimal("0.0014"),
            source=Source.FILLS,
            at=CAME,
            venue_at=VENUE_AT,
            client_id=ENTRY,
            venue_id=ORDER_ID,
            fee=Decimal("0.0077"),
            seq=8_093_271_558,
        ),
    )


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("Trade", [FillKind.TRADE]),
        ("BustTrade", [FillKind.LIQUIDATION]),
        ("AdlTrade", [FillKind.DELEVERAGING]),
        ("Settle", [FillKind.SETTLEMENT]),
        ("Funding", []),
        ("", []),
    ],
)
def test_only_trades_are_fills(word: str, kinds: list[FillKind]) -> None:
    """A trade says who made it; funding comes as an execution with a quantity of 0, and fills nothing."""
    assert [fill.kind for fill in read(AskFills(BABY, SENT), listing(execution_row(execType=word))).fills] == kinds


@pytest.mark.parametrize(
    ("spelling", "profit"), [("-1.5", Decimal("-1.5")), ("0", Decimal(0)), ("", None), (None, None)]
)
def test_the_stream_says_what_a_trade_realised(spelling: str | None, profit: Decimal | None) -> None:
    """execPnl stands on the stream's rows alone (2.1); where it is not told, nothing is taken for it."""
    assert [fill.profit for fill in news("execution", execution_row(execPnl=spelling)).told.fills] == [profit]


@pytest.mark.parametrize(
    ("created", "kind"),
    [
        ("CreateByLiq", FillKind.LIQUIDATION),
        ("CreateByTakeOver_PassThrough", FillKind.LIQUIDATION),
        ("CreateByAdl_PassThrough", FillKind.DELEVERAGING),
        ("CreateByUser", FillKind.TRADE),
        ("", FillKind.TRADE),
    ],
)
def test_an_order_of_the_venue_s_own_says_so(created: str, kind: FillKind) -> None:
    """Liquidations and deleveragings have no name; their createType tells them (3.1)."""
    told = news("order", order_row(orderLinkId="", createType=created)).told
    assert [order.kind for order in told.orders] == [kind]


@pytest.mark.parametrize(
    "changes",
    [{"side": ""}, {"execQty": "0"}, {"execPrice": ""}, {"execPrice": "0"}, {"execId": ""}, {"symbol": ""}],
)
def test_a_trade_that_cannot_be_counted_makes_the_read_incomplete(changes: Row) -> None:
    """A trade without side, size, price or id is no fill, and its list does not explain the position."""
    failed = read_fails(AskFills(BABY, SENT), listing(execution_row(**changes), execution_row()))
    assert [fill.trade_id for fill in failed.told.fills] == ["e-1"]


# ---- positions


def test_a_position_says_everything() -> None:
    """An open long is reported with the stop that its own row shows."""
    assert read(AskPositions(BABY), listing(position_row(liqPrice="0.0012"))).positions == (
        PositionReport(
            symbol=BABY,
            amount=Decimal(10_000),
            source=Source.POSITIONS,
            began_at=SENT,
            at=CAME,
            venue_at=VENUE_AT,
            seq=8_093_271_558,
            entry_price=Decimal("0.0014"),
            stop_loss=TRIGGER,
            liquidation=Decimal("0.0012"),
            mark=Decimal("0.0014001"),
        ),
    )


def test_a_short_is_below_zero() -> None:
    """The size is never negative; the side says which way."""
    assert read(AskPositions(BABY), listing(position_row(side="Sell"))).positions[0].amount == Decimal(-10_000)


@pytest.mark.parametrize("side", ["", "None", None])
@pytest.mark.parametrize("size", ["0", "0.00", ""])
def test_a_flat_row_is_flat(side: str | None, size: str) -> None:
    """A row without a side is no short and no open position, though the list is not empty."""
    (report,) = read(AskPositions(BABY), listing(flat_row(side=side, size=size, seq=-1))).positions
    assert (report.amount, report.stop_loss, report.entry_price, report.seq) == (ZERO, ZERO, None, 0)


@pytest.mark.parametrize("spelling", ["", "0", "0.00", "None"])
def test_every_spelling_of_no_stop_is_zero(spelling: str | None) -> None:
    """A position without a stop says so with a zero, never with None, which would mean that nothing was said."""
    assert read(AskPositions(BABY), listing(position_row(stopLoss=spelling))).positions[0].stop_loss == ZERO


def test_a_missing_stop_field_says_nothing_of_a_stop() -> None:
    """A row without the key, or with null, is no word that no stop stands; the gap is named."""
    row = position_row()
    del row["stopLoss"]
    for bare in (row, position_row(stopLoss=None)):
        told = read(AskPositions(BABY), listing(bare))
        assert (told.positions[0].stop_loss, told.missing) == (None, ("position.stopLoss",))


def test_a_size_without_a_side_is_no_position() -> None:
    """Which way an open position goes is never guessed."""
    assert read_fails(AskPositions(BABY), listing(position_row(side=""))).told.positions == ()


@pytest.mark.parametrize("rows", [[1, 2], [1], [2]])
def test_hedge_mode_is_refused(rows: list[int]) -> None:
    """Two rows of a symbol, or one of an index other than 0, are halves whose sum would hide what is open."""
    failed = read_fails(AskPositions(BABY), listing(*[position_row(positionIdx=index) for index in rows]))
    assert "hedge mode" in failed.detail
    assert failed.told.positions == ()


def test_other_symbols_are_told_beside_a_hedged_one() -> None:
    """A hedged symbol elsewhere on the account does not hide our own position."""
    failed = read_fails(AskPositions(), listing(position_row(), position_row(symbol="ETHUSDT", positionIdx=1)))
    assert [report.symbol for report in failed.told.positions] == [BABY]


def test_a_position_without_its_time_is_told_with_the_gap() -> None:
    """updatedTime is promised; without it the report carries 0 and says so."""
    told = read(AskPositions(BABY), listing(position_row(updatedTime="")))
    assert (told.positions[0].venue_at, told.missing) == (0, ("position.updatedTime",))


def test_instants_are_microseconds() -> None:
    """The venue's milliseconds end at the codec."""
    assert orders(order_row(updatedTime="", createdTime=str(VENUE_MS))).orders[0].venue_at == VENUE_AT
