"""Lists that are longer than one page: each next page is asked for, and one that does not come fails the whole read."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec import structs

from seawall.model.inputs import NOTHING_TOLD, ReadAnswered, ReadFailed
from seawall.model.queries import (
    AskBothSides,
    AskFills,
    AskInstruments,
    AskLeverage,
    AskOpenOrders,
    AskOrders,
    AskPositions,
    AskStops,
    Query,
)
from seawall.venues.bybit.rounds import MOST_REPLIES
from seawall.venues.port import Reading, Reply
from tests.venues.bybit.given import (
    BABY,
    CAME,
    CODEC,
    SENT,
    STAMP,
    Row,
    child_row,
    execution_row,
    failure,
    listing,
    order_row,
    params_of,
    path_of,
    position_row,
    read,
    read_fails,
)

DAY = 24 * 3_600_000_000
WEEK = 7 * DAY
EMPTY = listing()
PAGES: list[tuple[Query, int, Row, str]] = [
    (AskStops(), 50, child_row(), "orderId"),
    (AskOpenOrders(), 50, order_row(orderStatus="New"), "orderId"),
    (AskFills(BABY, SENT), 100, execution_row(), "execId"),
    (AskPositions(), 200, position_row(), "symbol"),
    (AskBothSides(), 200, position_row(positionIdx=2, side="Sell"), "symbol"),
]


def rows(row: Row, key: str, first: int, count: int) -> list[Row]:
    """So many rows, each with a name of its own."""
    return [{**row, key: f"{key}-{first + n}"} for n in range(count)]


def next_round(reading: Reading) -> list[dict[str, str]]:
    """What a reading asks next."""
    return [params_of(request) for request in CODEC.query_requests(reading, STAMP)]


@pytest.mark.parametrize(("query", "most", "row", "key"), PAGES)
def test_a_full_page_with_a_cursor_is_followed_by_the_next(query: Query, most: int, row: Row, key: str) -> None:
    """The same list is asked for after the cursor, until a page is short; the answer is that of all pages."""
    reading = Reading(query, SENT)
    (first,) = next_round(reading)
    full = listing(*rows(row, key, 0, most), cursor="page%3A1")
    (second,) = next_round(structs.replace(reading, came=(full,)))
    assert second == {**first, "cursor": "page%3A1"}
    last = listing(*rows(row, key, most, 20), cursor="page%3A2")
    assert next_round(structs.replace(reading, came=(full, last))) == []
    told = read(query, full, last)
    assert len(told.stops) + len(told.orders) + len(told.fills) + len(told.positions) == most + 20


@pytest.mark.parametrize(("query", "most", "row", "key"), PAGES)
def test_a_short_page_is_the_last_one(query: Query, most: int, row: Row, key: str) -> None:
    """The venue hands out a cursor even with the last page (the recorded list of bybit.md 4.5)."""
    short = Reading(query, SENT, (listing(row, cursor="BTCUSDT%2C1%2C0"),))
    full = Reading(query, SENT, (listing(*rows(row, key, 0, most)),))
    for reading in (short, full):
        assert not CODEC.charges(reading)
        assert isinstance(CODEC.query_answer(reading, CAME), ReadAnswered)


@pytest.mark.parametrize("second", [None, failure(10006), failure(10016), Reply(200, (), b'{"retCode":0,"res')])
@pytest.mark.parametrize(("query", "most", "row", "key"), PAGES)
def test_a_second_page_that_fails_fails_the_read(
    query: Query, most: int, row: Row, key: str, second: Reply | None
) -> None:
    """What the first page told is handed on, and nothing that was not seen counts as absent."""
    full = listing(*rows(row, key, 0, most), cursor="next")
    assert next_round(Reading(query, SENT, (full, second))) == []
    failed = read_fails(query, full, second)
    assert (
        len(failed.told.stops) + len(failed.told.orders) + len(failed.told.fills) + len(failed.told.positions) == most
    )


def test_a_page_that_nobody_asked_for_is_not_an_answer() -> None:
    """A reading given up between two pages has failed."""
    failed = read_fails(AskStops(), listing(*rows(child_row(), "orderId", 0, 50), cursor="next"))
    assert failed.detail == "order/realtime: expected a reply, came none"


def test_a_list_without_an_end_is_a_failed_read() -> None:
    """Beyond the bound no page is asked for, and the failure says so."""
    full = listing(*rows(child_row(), "orderId", 0, 50), cursor="next")
    reading = Reading(AskStops(), SENT, (full,) * (MOST_REPLIES - 1))
    assert len(next_round(reading)) == 1
    ended = structs.replace(reading, came=(full,) * MOST_REPLIES)
    assert next_round(ended) == []
    answer = CODEC.query_answer(ended, CAME)
    assert isinstance(answer, ReadFailed)
    assert answer.detail == "order/realtime: expected at most 100 replies, and there is more"
    assert len(answer.told.stops) == 50


def test_a_row_that_moved_between_two_pages_is_told_once() -> None:
    """A list that grew meanwhile shows its fiftieth row again: an order is one, as it was seen last."""
    first = listing(*rows(order_row(orderStatus="New", cumExecQty="0"), "orderId", 0, 50), cursor="next")
    again = order_row(orderStatus="PartiallyFilled", cumExecQty="10", orderId="orderId-49")
    told = read(AskOpenOrders(), first, listing(again))
    assert len(told.orders) == 50
    assert told.orders[-1].filled == 10


def test_the_lists_of_a_query_are_turned_side_by_side() -> None:
    """Open orders and history each go on while they have pages; both are counted."""
    query = AskOrders(BABY, SENT - DAY)
    first = (
        listing(*rows(order_row(orderStatus="New"), "orderId", 0, 50), cursor="open-1"),
        listing(*rows(order_row(), "orderId", 100, 50), cursor="ended-1"),
    )
    reading = Reading(query, SENT, first)
    requests = CODEC.query_requests(reading, STAMP)
    assert [path_of(request) for request in requests] == ["/v5/order/realtime", "/v5/order/history"]
    assert {charge.bucket: charge.amount for charge in CODEC.charges(reading)} == {
        "ip": 2,
        "/v5/order/realtime": 1,
        "/v5/order/history": 1,
    }
    second = (EMPTY, listing(*rows(order_row(), "orderId", 150, 50), cursor="ended-2"))
    (third,) = next_round(structs.replace(reading, came=first + second))
    assert third["cursor"] == "ended-2"
    assert len(read(query, *first, *second, listing(*rows(order_row(), "orderId", 200, 20))).orders) == 170


def test_every_contract_is_read_however_many_there_are() -> None:
    """Rules and leverages go on over their pages too (bybit.md 1.4, 1.6)."""
    contract: Row = {"symbol": "A", "contractType": "LinearPerpetual", "status": "Trading", "settleCoin": "USDT"}
    full = listing(*[contract] * 1_000, cursor="next")
    assert [params["cursor"] for params in next_round(Reading(AskInstruments(), SENT, (full,)))] == ["next"]
    held = listing(*rows(position_row(), "symbol", 0, 200), cursor="next")
    assert len(read(AskLeverage(), held, listing(*rows(position_row(), "symbol", 200, 5))).leverages) == 205


def test_a_list_by_time_is_asked_for_in_spans_that_the_venue_grants() -> None:
    """More than a week is several requests, which leave nothing out; the last has no end (bybit.md 1.5)."""
    for query, lists in ((AskFills(BABY, SENT - 20 * DAY), 0), (AskOrders(BABY, SENT - 20 * DAY), 1)):
        spans = next_round(Reading(query, SENT))[lists:]
        assert len(spans) == 3
        assert int(spans[0]["startTime"]) == (SENT - 20 * DAY) // 1_000
        for before, after in pairwise(spans):
            assert int(before["endTime"]) + 1 == int(after["startTime"])
            assert int(before["endTime"]) - int(before["startTime"]) < WEEK // 1_000
        assert "endTime" not in spans[-1]
        assert read(query, *[EMPTY] * (3 + lists)) == NOTHING_TOLD


def test_a_list_that_reaches_back_too_far_is_not_all() -> None:
    """What is older than ninety days is not asked for, and the read says so."""
    query = AskFills(BABY, SENT - 91 * DAY)
    count = len(next_round(Reading(query, SENT)))
    assert count == 13
    failed = read_fails(query, *[listing(execution_row())] * count)
    assert "since" in failed.detail
    assert failed.told.fills
