"""The rest of the border: clock, key, stream, budget; and that no bytes whatever make the codec raise."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from seawall.model.acts import Act, Outcome
from seawall.model.inputs import ReadFailed
from seawall.model.queries import (
    AskBothSides,
    AskFills,
    AskInstruments,
    AskLeverage,
    AskMark,
    AskModes,
    AskOpenOrders,
    AskOrder,
    AskOrders,
    AskPositions,
    AskStop,
    AskStops,
    AskWallet,
    Query,
)
from seawall.venues.binance.traits import BUCKETS, TRAITS
from seawall.venues.port import Charge, Codec, Gauge, Heard, LinkWord, Pause, Reading, Reply, Request
from tests.venues.binance.given import (
    CAME,
    CANCEL,
    CANCEL_STOP,
    CLOSING,
    CODEC,
    ENTRY,
    LEVERAGE,
    PLACE,
    SENT,
    STAMP,
    STOP,
    SUBMIT,
    TAKING,
    VELVET,
    failure,
    reply,
)
from tests.venues.binance.shapes import account_update, algo, algo_update, order_update, placed, position, trade

ACTS: tuple[Act, ...] = (SUBMIT, CLOSING, TAKING, PLACE, CANCEL, CANCEL_STOP, LEVERAGE)
QUERIES: tuple[Query, ...] = (
    AskOrder(VELVET, ENTRY),
    AskFills(VELVET, SENT),
    AskPositions(VELVET),
    AskStops(VELVET),
    AskStop(VELVET, STOP),
    AskOpenOrders(VELVET),
    AskOrders(VELVET, SENT),
    AskInstruments(),
    AskMark(VELVET),
    AskLeverage(VELVET),
    AskModes(),
    AskWallet(),
    AskBothSides(),
)


def test_the_codec_is_one_and_knows_its_traits() -> None:
    """It stands behind the border's protocol, and its traits are the table's."""
    dialect: Codec = CODEC
    assert dialect.traits is TRAITS


def test_the_secret_is_in_no_representation() -> None:
    """Neither the codec nor a request shows it."""
    request = CODEC.act_request(SUBMIT, STAMP)
    assert "2b5eb11e" not in f"{CODEC!r}{request!r}"


# ---- clock


def test_the_clock_is_asked_without_a_key() -> None:
    """GET time, open to all; its answer in µs."""
    assert CODEC.clock_request() == Request("GET", "/fapi/v1/time")
    assert CODEC.clock_answer(reply({"serverTime": 1_764_000_000_123})) == 1_764_000_000_123_000


@pytest.mark.parametrize(
    "came", [reply({}), reply(b"<html>"), reply({"serverTime": 1}, 502), failure(-1003, status=429)]
)
def test_what_is_no_time_is_none(came: Reply) -> None:
    """A reply that does not tell the time tells none."""
    assert CODEC.clock_answer(came) is None


# ---- the stream


def test_a_key_is_asked_extended_and_never_deleted() -> None:
    """POST and PUT listenKey carry the key header alone (binance.md 1.4)."""
    headers = (("X-MBX-APIKEY", "the-key"),)
    assert CODEC.key_request() == Request("POST", "/fapi/v1/listenKey", headers)
    assert CODEC.key_renewal("k") == Request("PUT", "/fapi/v1/listenKey", headers)
    assert CODEC.key_answer(reply({"listenKey": "k"})) == "k"


@pytest.mark.parametrize("came", [failure(-1125), reply({}), reply(b"?"), reply({"listenKey": "k"}, 500)])
def test_a_refused_key_is_none(came: Reply) -> None:
    """-1125 and everything that names no key."""
    assert CODEC.key_answer(came) is None


def test_the_stream_is_the_routed_one() -> None:
    """The unrouted path has delivered nothing private since 2026-04 (binance.md 3.1)."""
    assert CODEC.stream_target("abc") == "/private/ws/abc"
    assert (CODEC.opening_frames(STAMP), CODEC.ping_frame()) == ((), None)


# ---- the budget


@pytest.mark.parametrize(
    ("ask", "weight", "orders"),
    [
        (SUBMIT, 0, 1),
        (CLOSING, 0, 1),
        (TAKING, 0, 1),
        (PLACE, 0, 1),
        (CANCEL, 1, 0),
        (CANCEL_STOP, 1, 0),
        (LEVERAGE, 1, 0),
        (AskOrder(VELVET, ENTRY), 1, 0),
        (AskStop(VELVET, STOP), 1, 0),
        (AskStops(VELVET), 1, 0),
        (AskStops(), 40, 0),
        (AskOpenOrders(VELVET), 1, 0),
        (AskOpenOrders(), 40, 0),
        (AskFills(VELVET, SENT), 5, 0),
        (AskOrders(VELVET, SENT), 5, 0),
        (AskPositions(), 5, 0),
        (AskLeverage(VELVET), 5, 0),
        (AskWallet(), 5, 0),
        (AskBothSides(), 5, 0),
        (AskMark(VELVET), 2, 0),
        (AskMark(), 12, 0),
        (AskModes(), 40, 0),
        (AskInstruments(), 41, 0),
    ],
)
def test_everything_has_its_price(ask: Act | Query, weight: int, orders: int) -> None:
    """Placing costs orders and no weight, everything else weight and no orders (binance.md 1.3, 1.4, 1.9)."""
    expected = [("weight", weight), ("orders-10s", orders), ("orders-1m", orders)]
    charges = CODEC.charges(ask if isinstance(ask, Act) else Reading(ask, SENT))
    assert charges == tuple(Charge(bucket, amount) for bucket, amount in expected if amount)
    assert {charge.bucket for charge in charges} <= {bucket.name for bucket in CODEC.buckets()}


def test_weight_is_shared_by_all_accounts_of_an_address() -> None:
    """Orders are counted by account (binance.md 1.3)."""
    assert CODEC.buckets() is BUCKETS
    assert [(bucket.name, bucket.limit, bucket.shared) for bucket in BUCKETS] == [
        ("weight", 2_400, True),
        ("orders-10s", 300, False),
        ("orders-1m", 1_200, False),
    ]


def test_headers_tell_what_is_used() -> None:
    """Names in any case; absent or odd ones tell nothing."""
    headers = (("x-mbx-used-weight-1m", "37"), ("X-MBX-ORDER-COUNT-10S", " 2 "), ("X-MBX-ORDER-COUNT-1M", "?"))
    assert CODEC.gauges(reply({}, headers=headers)) == (Gauge("weight", 37), Gauge("orders-10s", 2))
    assert CODEC.gauges(reply({})) == ()


ORDERS = "Too many new orders; current limit is {} orders per {}."
PAUSES: list[tuple[Reply, Pause | None]] = [
    (reply({"orderId": 1}), None),
    (failure(-2019), None),
    (failure(-1021), None),
    (reply(b"", 503), None),
    (reply(b"", 403), Pause(10_000_000, "403 ")),
    (reply({"code": -1003, "msg": "slow"}, 429, (("retry-after", "3"),)), Pause(3_000_000, "429 slow")),
    (failure(-1015, ORDERS.format(300, "TEN_SECONDS"), 429), Pause(10_000_000, "", "orders-10s")),
    (
        failure(-1015, ORDERS.format(1200, "MINUTE"), 429),
        Pause(60_000_000 - CAME % 60_000_000, "", "orders-1m"),
    ),
    (failure(-1003, "slow"), Pause(10_000_000, "400 slow")),
]


@pytest.mark.parametrize(("came", "expected"), PAUSES)
def test_the_venue_s_word_to_stop_is_heard(came: Reply, expected: Pause | None) -> None:
    """429, 418, 403, -1003 and -1015 stop everything, or the one count that was exceeded; nothing else does."""
    pause = CODEC.pause(came, None, CAME)
    assert pause == expected or (
        pause is not None
        and expected is not None
        and structs.replace(pause, detail="") == structs.replace(expected, detail="")
    )


def test_a_ban_ends_when_it_says() -> None:
    """A ban "until" names an instant: with our time it is a wait, without it the shortest ban is (binance.md 1.3)."""
    ban = failure(-1003, f"IP banned until {(CAME + 300_000_000) // 1_000}. Use the websocket.", 418)
    pause = CODEC.pause(ban, None, CAME)
    assert pause is not None
    assert abs(pause.wait - 300_000_000) < 1_000
    assert CODEC.pause(ban) == structs.replace(pause, wait=120_000_000)


def test_a_ban_that_has_ended_still_asks_for_a_moment() -> None:
    """By a clock that is ahead a ban may seem over; it is not taken for no ban."""
    ban = failure(-1003, f"IP banned until {(CAME - 5_000_000) // 1_000}.", 418)
    assert CODEC.pause(ban, None, CAME) == Pause(1_000_000, f"418 IP banned until {(CAME - 5_000_000) // 1_000}.")


# ---- whatever comes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8) | st.just(""),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["e", "o", "a", "P", "code", "msg", "orderId", "X", "symbol"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)
WELL_FORMED = (placed(), position(), trade(), algo(), order_update(), account_update(), algo_update())


@st.composite
def spoilt_bytes(draw: st.DrawFn) -> bytes:
    """Bytes near to a reply or a frame: a known shape with one value changed, cut short, or any bytes at all."""
    body = reply(draw(st.sampled_from(WELL_FORMED))).body
    kind = draw(st.sampled_from(["cut", "byte", "json", "any", "deep", "value"]))
    if kind == "cut":
        return body[: draw(st.integers(0, len(body)))]
    if kind == "byte":
        place = draw(st.integers(0, len(body) - 1))
        return body[:place] + draw(st.binary(min_size=1, max_size=2)) + body[place + 1 :]
    if kind == "value":
        shape = dict(draw(st.sampled_from(WELL_FORMED)))
        shape[draw(st.sampled_from(sorted(shape)))] = draw(JSON)
        return reply(shape).body
    if kind == "deep":
        return b'{"z":' + b"[" * 100_000
    return reply(draw(JSON)).body if kind == "json" else draw(st.binary(max_size=40))


REPLIES = st.builds(
    Reply,
    status=st.sampled_from([200, 200, 201, 302, 400, 401, 403, 404, 408, 418, 429, 500, 503]),
    headers=st.lists(
        st.tuples(st.sampled_from(["Retry-After", "X-MBX-USED-WEIGHT-1M"]), st.text(max_size=6)), max_size=2
    ).map(tuple),
    body=spoilt_bytes(),
)


@settings(deadline=None)
@given(came=REPLIES, act=st.sampled_from(ACTS))
def test_no_bytes_make_an_act_s_answer_raise(came: Reply, act: Act) -> None:
    """Every reply is an outcome, and only a 2xx can be an acknowledgement that tells something."""
    answered = CODEC.act_answer(act, came, SENT, CAME)
    assert (answered.began_at, answered.at) == (SENT, CAME)
    assert answered.outcome is not Outcome.NOT_SENT
    assert not answered.told.orders or 200 <= came.status < 300
    assert all(order.filled.is_finite() for order in answered.told.orders)


@settings(deadline=None)
@given(came=st.lists(st.none() | REPLIES, min_size=3, max_size=3), query=st.sampled_from(QUERIES))
def test_no_bytes_make_a_query_s_answer_raise(came: list[Reply | None], query: Query) -> None:
    """Every set of replies is an answer or a failed read, and one lost reply is always the latter."""
    replies = tuple(came[: len(CODEC.query_requests(Reading(query, SENT), STAMP))])
    answered = CODEC.query_answer(Reading(query, SENT, replies), CAME)
    assert answered.query == query
    assert isinstance(answered, ReadFailed) or None not in replies


@settings(deadline=None)
@given(text=spoilt_bytes().map(lambda body: body.decode(errors="replace")) | st.text(max_size=20))
def test_no_text_makes_the_stream_raise(text: str) -> None:
    """Every frame means something for the link, if only nothing."""
    heard = CODEC.hear(text, CAME)
    assert isinstance(heard, Heard)
    assert heard.word is LinkWord.NEWS or not heard.told.orders


@settings(deadline=None)
@given(came=REPLIES, at=st.sampled_from([0, CAME]))
def test_no_bytes_make_the_rest_raise(came: Reply, at: int) -> None:
    """Clock, key, gauges and pause bear the same bytes; a wait is never below zero."""
    clock, key, pause = CODEC.clock_answer(came), CODEC.key_answer(came), CODEC.pause(came, None, at)
    assert clock is None or clock > 0 or came.status == 200
    assert key is None or came.status == 200
    assert pause is None or pause.wait > 0 or came.headers
    assert all(gauge.used >= 0 for gauge in CODEC.gauges(came))


def test_a_quantity_is_written_without_an_exponent() -> None:
    """Decimal("1E+3") leaves as 1000."""
    request = CODEC.act_request(replace(SUBMIT, quantity=Decimal("1E+3")), STAMP)
    assert isinstance(request, Request)
    assert "&quantity=1000&" in request.target
