"""The private stream, frame by frame (bybit.md 2.1)."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from seawall.model.inputs import NOTHING_TOLD
from seawall.model.reports import OrderStatus, Source, StopStatus, WalletReport
from seawall.venues.port import LinkWord
from tests.venues.bybit.given import (
    BABY,
    CAME,
    CODEC,
    ENTRY,
    KEY,
    STAMP,
    STOP_ID,
    TRIGGER,
    VENUE_AT,
    Row,
    child_row,
    execution_row,
    heard,
    news,
    order_row,
    position_row,
    success,
)


def test_the_handshake_logs_in_and_subscribes() -> None:
    """Two frames, the second on the answer to the first; topics are all-in-one, and not mixed with others."""
    login, subscribe = (json.loads(frame) for frame in CODEC.opening_frames(STAMP))
    assert (login["op"], login["args"][0], login["args"][1]) == ("auth", KEY, STAMP.venue_now // 1_000 + 10_000)
    assert subscribe == {"op": "subscribe", "args": ["order", "execution", "position", "wallet"]}


def test_the_stream_needs_no_key_of_its_own() -> None:
    """There is no key to fetch, extend or lose; the path is fixed, and the probe is the venue's own."""
    assert CODEC.key_request() is None
    assert CODEC.key_renewal("") is None
    assert CODEC.key_answer(success()) is None
    assert CODEC.stream_target("") == "/v5/private"
    assert CODEC.ping_frame() == '{"op":"ping"}'


@pytest.mark.parametrize(
    ("frame", "word"),
    [
        ({"success": True, "ret_msg": "", "op": "auth", "conn_id": "c"}, LinkWord.GO_ON),
        ({"success": True, "ret_msg": "", "conn_id": "c", "request": {"op": "auth"}}, LinkWord.GO_ON),
        ({"success": True, "ret_msg": "subscribe", "conn_id": "c", "req_id": "1", "op": "subscribe"}, LinkWord.READY),
        ({"success": False, "ret_msg": "Params Error", "op": "auth", "conn_id": "c"}, LinkWord.REFUSED),
        ({"success": False, "ret_msg": "args size >10", "op": "subscribe"}, LinkWord.REFUSED),
        ({"success": False, "ret_msg": "Request not authorized", "op": ""}, LinkWord.REFUSED),
        ({"op": "pong", "args": ["1764000000000"], "conn_id": "c"}, LinkWord.PONG),
        ({"success": True, "ret_msg": "pong", "conn_id": "c", "op": "ping"}, LinkWord.PONG),
        ({"success": None, "op": "auth"}, LinkWord.NOTHING),
        ({"success": True, "op": "something"}, LinkWord.NOTHING),
        ({"id": "x", "topic": "greeks", "data": []}, LinkWord.NOTHING),
        ({"id": "x", "topic": "order", "data": {"not": "a list"}}, LinkWord.NOTHING),
        ({"id": "x", "topic": "order"}, LinkWord.NOTHING),
        ({}, LinkWord.NOTHING),
        ([], LinkWord.NOTHING),
        ("", LinkWord.NOTHING),
        ('{"topic":"ord', LinkWord.NOTHING),
    ],
)
def test_what_a_frame_means_for_the_stream(frame: object, word: LinkWord) -> None:
    """Answers move the handshake, pongs prove the socket, and everything unknown is nothing."""
    found = heard(frame)
    assert found.word is word
    assert (found.told.orders, found.told.positions) == ((), ())


def test_a_refusal_says_why() -> None:
    """The venue's own words are kept for the record."""
    assert heard({"success": False, "ret_msg": "args size >10", "op": "subscribe"}).detail == "subscribe: args size >10"


def test_order_news() -> None:
    """An order on the stream is the same row as on REST, with its category."""
    found = news("order", order_row(category="linear", leavesQty="0"))
    assert found.word is LinkWord.NEWS
    (report,) = found.told.orders
    assert (report.client_id, report.status, report.source) == (ENTRY, OrderStatus.FILLED, Source.STREAM)
    assert report.filled == Decimal(10_000)


def test_one_message_closes_the_stop_and_the_position() -> None:
    """A closing message holds the deactivated child first and the filled close after it (bybit.md 2.1)."""
    child = child_row(category="linear", orderStatus="Deactivated", cancelType="CancelByTpSlTsClear")
    found = news("order", child, order_row(category="linear", side="Sell", orderLinkId="c-1"))
    assert [(stop.status, stop.venue_id, stop.reason) for stop in found.told.stops] == [
        (StopStatus.CANCELLED, STOP_ID, "CancelByTpSlTsClear")
    ]
    assert [order.client_id for order in found.told.orders] == ["c-1"]


def test_a_second_filled_message_fills_nothing_new() -> None:
    """A cancel that raced the fill repeats the same cumulative quantity (bybit.md 2.1)."""
    late = order_row(category="linear", cancelType="CancelByUser", rejectReason="EC_OrigClOrdIDDoesNotExist")
    assert news("order", late).told.orders[0].filled == news("order", order_row()).told.orders[0].filled


def test_execution_news() -> None:
    """Several fills of one matching event come in one message."""
    found = news("execution", execution_row(category="linear"), execution_row(category="linear", execId="e-2"))
    assert [(fill.trade_id, fill.source) for fill in found.told.fills] == [
        ("e-1", Source.STREAM),
        ("e-2", Source.STREAM),
    ]


def test_position_news() -> None:
    """A position on the stream says entryPrice where REST says avgPrice, and shows its stop."""
    row = position_row(category="linear", entryPrice="0.0014")
    del row["avgPrice"]
    (report,) = news("position", row).told.positions
    assert (report.entry_price, report.stop_loss, report.seq) == (Decimal("0.0014"), TRIGGER, 8_093_271_558)
    assert (report.source, report.began_at, report.at, report.venue_at) == (Source.STREAM, CAME, CAME, VENUE_AT)


def test_half_a_hedged_position_is_told_as_missing() -> None:
    """A row of hedge mode is no net position; the message still proves the stream."""
    found = news("position", position_row(category="linear", positionIdx=2))
    assert (found.word, found.told.positions) == (LinkWord.NEWS, ())
    assert "hedge mode" in found.told.missing[0]


def test_wallet_news() -> None:
    """The wallet's row is the same as on REST."""
    row: Row = {"totalAvailableBalance": "900", "coin": [{"coin": "USDT", "equity": "1000"}]}
    assert news("wallet", row).told.wallets == (WalletReport(Decimal(1000), Decimal(900)),)


@pytest.mark.parametrize("category", ["spot", "inverse", "option"])
def test_other_categories_prove_the_stream_and_tell_nothing(category: str) -> None:
    """All-in-one topics carry every category; the same symbol on spot is another thing (incident I45)."""
    for found in (
        news("order", order_row(category=category)),
        news("execution", execution_row(category=category)),
        news("position", position_row(category=category)),
    ):
        assert (found.word, found.told) == (LinkWord.NEWS, NOTHING_TOLD)


def test_a_categorised_topic_is_the_same_topic() -> None:
    """`order.linear` is `order`."""
    assert news("order.linear", order_row()).told.orders[0].symbol == BABY


def test_an_empty_message_is_news() -> None:
    """What proves a subscription is that its topic speaks."""
    assert (news("position").word, news("position").told) == (LinkWord.NEWS, NOTHING_TOLD)


def test_a_row_that_cannot_be_read_does_not_hide_the_others() -> None:
    """A fill without its side is named; the one beside it counts."""
    found = news("execution", execution_row(side=""), execution_row(execId="e-2"))
    assert [fill.trade_id for fill in found.told.fills] == ["e-2"]
    assert len(found.told.missing) == 1
