"""Lists by time that are longer than one reply: their spans are halved until no page is full."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec import structs

from seawall.model.inputs import NOTHING_TOLD, ReadAnswered, ReadFailed
from seawall.model.queries import AskFills, AskOrders
from seawall.venues.binance.requests import MOST_ROWS
from seawall.venues.binance.rounds import MOST_REPLIES
from seawall.venues.port import Charge, Reading, Reply
from tests.venues.binance.given import CAME, CODEC, SENT, STAMP, VELVET, failure, params_of, read, read_fails, reply
from tests.venues.binance.shapes import order, trade

DAY = 86_400_000_000
WEEK = 7 * DAY
SINCE = SENT - DAY
FULL = reply([trade(id=n) for n in range(1, MOST_ROWS + 1)])
LISTS = [AskFills(VELVET, SINCE), AskOrders(VELVET, SINCE)]


def span(params: dict[str, str]) -> tuple[int, int | None]:
    """First and last millisecond of one request."""
    return int(params["startTime"]), int(params["endTime"]) if "endTime" in params else None


def next_round(reading: Reading) -> list[tuple[int, int | None]]:
    """The spans that a reading asks for next."""
    return [span(params_of(request)) for request in CODEC.query_requests(reading, STAMP)]


def full(first: int = 0) -> Reply:
    """A page with as many orders as the venue grants, or as many trades: either list reads it up to its count."""
    return reply([{**order(orderId=n), **trade(id=n)} for n in range(first, first + MOST_ROWS)])


@pytest.mark.parametrize("query", LISTS)
def test_a_full_page_is_asked_for_again_in_two_halves(query: AskFills | AskOrders) -> None:
    """Which end of its span it shows nobody says, so both halves are read, and together they leave nothing out."""
    reading = Reading(query, SENT)
    assert next_round(reading) == [(SINCE // 1_000, None)]
    reading = structs.replace(reading, came=(full(),))
    (first, middle), (after, last) = next_round(reading)
    assert (first, last) == (SINCE // 1_000, None)
    assert middle is not None
    assert after == middle + 1
    assert abs(middle - (SINCE + DAY // 2) // 1_000) <= 1
    assert CODEC.charges(reading) == (Charge("weight", 10),)


def test_the_halves_are_the_answer() -> None:
    """What the full page showed is told by its halves, each once."""
    halves = reply([trade(id=n) for n in range(1, 601)]), reply([trade(id=n) for n in range(601, 1_201)])
    told = read(AskFills(VELVET, SINCE), FULL, *halves)
    assert [fill.trade_id for fill in told.fills] == [str(n) for n in range(1, 1_201)]
    halves = reply([order(orderId=n) for n in range(1, 601)]), reply([order(orderId=n) for n in range(601, 1_201)])
    assert len(read(AskOrders(VELVET, SINCE), full(), *halves).orders) == 1_200


def test_only_what_is_full_is_cut_further() -> None:
    """A half that is not full is known; the other goes on."""
    reading = Reading(AskFills(VELVET, SINCE), SENT, (FULL, reply([]), FULL))
    quarters = next_round(reading)
    assert len(quarters) == 2
    assert quarters[0][0] == next_round(structs.replace(reading, came=(FULL,)))[1][0]
    assert read(reading.query, FULL, reply([]), FULL, reply([trade(id=1)]), reply([])).fills


@pytest.mark.parametrize("bad", [None, failure(-1007, "Timeout", 408), reply([{"symbol": "VELVETUSDT"}])])
@pytest.mark.parametrize("query", LISTS)
def test_a_half_that_fails_fails_the_read(query: AskFills | AskOrders, bad: Reply | None) -> None:
    """A trade or an order that was not shown is not absent."""
    assert not CODEC.charges(Reading(query, SENT, (full(), reply([]), bad)))
    assert read_fails(query, full(), reply([]), bad).told == NOTHING_TOLD


def test_a_reading_given_up_between_its_rounds_has_failed() -> None:
    """The halves that were not asked for are missed."""
    assert "expected 2 replies more" in read_fails(AskFills(VELVET, SINCE), FULL).detail


def test_a_list_without_an_end_is_a_failed_read() -> None:
    """Beyond the bound nothing more is asked, and the failure says so."""
    reading, asked = Reading(AskFills(VELVET, SINCE), SENT), 1
    while asked:
        reading = structs.replace(reading, came=(*reading.came, *[FULL] * asked))
        asked = len(next_round(reading))
        assert len(reading.came) + asked <= MOST_REPLIES
    answer = CODEC.query_answer(reading, CAME)
    assert isinstance(answer, ReadFailed)
    assert answer.detail == "trades: expected at most 40 replies, and there is more"


def test_a_millisecond_cannot_be_halved() -> None:
    """A thousand rows in one millisecond may be all, or not: that read has failed too."""
    query = AskFills(VELVET, SENT)
    reading = Reading(query, SENT, (FULL,))
    assert next_round(reading) == []
    assert "in one millisecond" in read_fails(query, FULL).detail


@pytest.mark.parametrize("kind", [AskFills, AskOrders])
def test_a_list_by_time_is_asked_for_in_spans_that_the_venue_grants(kind: type[AskFills | AskOrders]) -> None:
    """More than seven days is several requests, which leave nothing out; the last has no end (binance.md 1.4)."""
    query = kind(VELVET, SENT - 20 * DAY)
    spans = next_round(Reading(query, SENT))
    assert len(spans) == 3
    assert (spans[0][0], spans[-1][1]) == ((SENT - 20 * DAY) // 1_000, None)
    for (first, last), (after, _) in pairwise(spans):
        assert last is not None
        assert last + 1 == after
        assert last - first < WEEK // 1_000
    assert isinstance(CODEC.query_answer(Reading(query, SENT, (reply([]),) * 3), CAME), ReadAnswered)


def test_what_the_venue_lists_no_longer_is_not_all() -> None:
    """userTrades reach back three months (binance.md 1.4)."""
    query = AskFills(VELVET, SENT - 91 * DAY)
    count = len(next_round(Reading(query, SENT)))
    assert "since" in read_fails(query, *[reply([])] * count).detail
