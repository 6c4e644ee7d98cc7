"""The codec as a whole: its traits, its clock, its budget, and that no bytes make it raise."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.model.acts import Act, Outcome, SubmitEntry
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
from seawall.venues.bybit.traits import Endpoint
from seawall.venues.port import Charge, Codec, Gauge, Pause, Reading, Reply, Request
from tests.venues.bybit.given import (
    BABY,
    CAME,
    CANCEL,
    CANCEL_STOP,
    CLEAR_STOP,
    CLOSING,
    CODEC,
    ENTRY,
    LEVERAGE,
    PLACE,
    PLACE_PART,
    SENT,
    STAMP,
    STOP,
    STOP_ID,
    SUBMIT,
    TAKING,
    VENUE_MS,
    child_row,
    execution_row,
    failure,
    order_row,
    path_of,
    position_row,
    reply,
    request_of,
    success,
)

ACTS: list[Act] = [SUBMIT, CLOSING, TAKING, PLACE, PLACE_PART, CANCEL, CANCEL_STOP, CLEAR_STOP, LEVERAGE]
QUERIES: list[Query] = [
    AskOrder(BABY, ENTRY),
    AskFills(BABY, SENT),
    AskPositions(BABY),
    AskPositions(),
    AskStops(BABY),
    AskStop(BABY, STOP, STOP_ID),
    AskOpenOrders(),
    AskOrders(BABY, SENT),
    AskInstruments(),
    AskMark(BABY),
    AskLeverage(BABY),
    AskModes(),
    AskWallet(),
    AskBothSides(),
]


def test_traits_are_bybits() -> None:
    """Where a rule of the house depends on the venue, this is how this one differs."""
    traits = CODEC.traits
    assert traits.attaches_stop
    assert traits.one_stop_per_position
    assert traits.position_shows_stop
    assert traits.names_fills
    assert not traits.names_stops
    assert not traits.engine_checks_window


# ---- the clock


def test_the_clock_is_asked_without_the_key() -> None:
    """The venue's time is open to all."""
    assert CODEC.clock_request() == Request("GET", "/v5/market/time")


def test_the_clock_is_read_to_the_microsecond() -> None:
    """timeNano is finer than the envelope's milliseconds, which serve where it is missing."""
    assert CODEC.clock_answer(success({"timeSecond": "1764000000", "timeNano": "1764000000123456789"})) == SENT
    assert CODEC.clock_answer(success({})) == VENUE_MS * 1_000


@pytest.mark.parametrize(
    "came", [reply(b"<html>", 502), reply({"retCode": 0, "result": {}}), failure(10016), reply(b"")]
)
def test_what_is_no_time_is_none(came: Reply) -> None:
    """A reply without a time gives no sample, and neither does a refusal."""
    assert CODEC.clock_answer(came) is None


# ---- the budget


@pytest.mark.parametrize("ask", [*ACTS, *QUERIES])
def test_an_ask_costs_what_it_sends(ask: Act | Query) -> None:
    """Each request costs one call of its endpoint, if that is counted, and one of the address."""
    asked = ask if isinstance(ask, Act) else Reading(ask, SENT)
    requests = (request_of(asked),) if isinstance(asked, Act) else CODEC.query_requests(asked, STAMP)
    known = {bucket.name for bucket in CODEC.buckets()}
    paths = [path_of(request) for request in requests]
    expected = {path: paths.count(path) for path in paths if path in known} | {"ip": len(paths)}
    assert {charge.bucket: charge.amount for charge in CODEC.charges(asked)} == expected


def test_three_places_cost_three_calls() -> None:
    """Looking for one order touches three quotas of their own."""
    assert CODEC.charges(Reading(AskOrder(BABY, ENTRY), SENT)) == (
        Charge("ip", 3),
        Charge("/v5/order/realtime", 1),
        Charge("/v5/order/history", 1),
        Charge("/v5/execution/list", 1),
    )


def test_orders_and_stops_have_quotas_of_their_own() -> None:
    """Entries cannot use up what sets a stop: ten a second each; only the address is shared among accounts."""
    buckets = {bucket.name: bucket for bucket in CODEC.buckets()}
    assert (buckets[Endpoint.CREATE].limit, buckets[Endpoint.TRADING_STOP].limit) == (10, 10)
    assert buckets[Endpoint.CREATE].window == 1_000_000
    assert (buckets["ip"].limit, buckets["ip"].window) == (600, 5_000_000)
    assert [name for name, bucket in buckets.items() if bucket.shared] == ["ip"]


@pytest.mark.parametrize(
    ("limit", "left", "used"), [("10", "9", 1), ("10", "0", 10), ("20", "15", 0), ("20", "4", 6), ("60", "59", 0)]
)
def test_the_headers_correct_our_count(limit: str, left: str, used: int) -> None:
    """What remains counts, so that a higher rank's larger limit is not mistaken for use."""
    came = reply(b"{}", 200, (("X-Bapi-Limit", limit), ("X-Bapi-Limit-Status", left)))
    assert CODEC.gauges(came, request_of(SUBMIT)) == (Gauge("/v5/order/create", used),)


@pytest.mark.parametrize("request_sent", [None, CODEC.clock_request(), Request("GET", "/elsewhere")])
def test_headers_of_an_unknown_call_say_nothing(request_sent: Request | None) -> None:
    """A reply does not name its endpoint, and an uncounted one has no bucket."""
    assert CODEC.gauges(reply(b"{}", 200, (("X-Bapi-Limit-Status", "3"),)), request_sent) == ()


def test_replies_without_the_headers_say_nothing() -> None:
    """Refused creates come without them (bybit.md 1.2)."""
    assert CODEC.gauges(failure(10001), request_of(SUBMIT)) == ()


def test_a_breach_binds_the_endpoint_that_was_called() -> None:
    """10006 on a create leaves trading-stop free; a code alone, without its request, binds everything."""
    came = failure(10006, "Too many visits!", headers=(("X-Bapi-Limit-Reset-Timestamp", str(VENUE_MS + 400)),))
    assert CODEC.pause(came, request_of(SUBMIT)) == Pause(400_000, "retCode 10006", "/v5/order/create")
    assert CODEC.pause(came) == Pause(400_000, "retCode 10006", "")


def test_a_reset_is_reckoned_by_our_time_where_the_reply_has_none() -> None:
    """Some replies have no time of their own (bybit.md 1.2)."""
    came = reply({"retCode": 10006, "retMsg": ""}, 200, (("X-Bapi-Limit-Reset-Timestamp", str(VENUE_MS)),))
    paused = CODEC.pause(came, at=VENUE_MS * 1_000 - 250_000)
    assert paused is not None
    assert paused.wait == 250_000


@pytest.mark.parametrize(
    ("came", "wait"),
    [
        (reply(b"Access too frequent.", 403), 600_000_000),
        (reply(b"", 403), 5_000_000),
        (reply(b"", 429), 1_000_000),
        (reply(b"", 418, (("retry-after", "30"),)), 30_000_000),
        (failure(10018), 1_000_000),
        (failure(10403), 1_000_000),
    ],
)
def test_the_address_is_bound_by_what_concerns_it(came: Reply, wait: int) -> None:
    """Bans and system-level protection bind all that goes over the address."""
    paused = CODEC.pause(came, request_of(SUBMIT), CAME)
    assert paused is not None
    assert (paused.bucket, paused.wait) == ("ip", wait)


@pytest.mark.parametrize("came", [success(), failure(10001), failure(10000), reply(b"<html>", 502), reply(b"")])
def test_other_replies_ask_for_no_pause(came: Reply) -> None:
    """Business refusals and failing servers are no word to stop."""
    assert CODEC.pause(came, request_of(SUBMIT), CAME) is None


# ---- nothing makes it raise


def whole(codec: Codec, came: Reply, text: str) -> None:
    """Have everything read the same bytes."""
    for act in ACTS:
        answered = codec.act_answer(act, came, SENT, CAME)
        assert answered.client_id == act.client_id
    for query in QUERIES:
        count = len(codec.query_requests(Reading(query, SENT), STAMP))
        reading = Reading(query, SENT, (came,) * count)
        codec.query_requests(reading, STAMP)
        assert codec.query_answer(reading, CAME).query == query
    codec.clock_answer(came)
    codec.pause(came, request_of(SUBMIT), CAME)
    codec.gauges(came, request_of(SUBMIT))
    codec.hear(text, CAME)


STATUSES = st.sampled_from([200, 200, 200, 201, 301, 400, 403, 404, 408, 418, 429, 500, 502, 503])
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["X-Bapi-Limit-Status", "X-Bapi-Limit-Reset-Timestamp", "Retry-After"]),
        st.one_of(st.text(max_size=8), st.integers(0, 10**14).map(str)),
    ),
    max_size=3,
).map(tuple)


@settings(max_examples=150)
@given(body=st.binary(max_size=120), status=STATUSES, headers=HEADERS)
def test_random_bytes_never_raise(body: bytes, status: int, headers: tuple[tuple[str, str], ...]) -> None:
    """Whatever comes, the answer is a value."""
    whole(CODEC, Reply(status, headers, body), body.decode("latin-1"))


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.sampled_from(["", "0", "0.00", "UNKNOWN", "None", "Buy", "Filled", "1E400", "-1"]),
)
ROWS = (order_row(), child_row(), execution_row(), position_row())


@settings(max_examples=150)
@given(data=st.data(), cursor=st.sampled_from(["", "x"]), code=st.sampled_from([0, 0, 0, "0", 10001, 110017, 7]))
def test_bent_rows_never_raise(data: st.DataObject, cursor: str, code: int | str) -> None:
    """A field of a row may be missing or anything at all."""
    row = dict(data.draw(st.sampled_from(ROWS)))
    for field in data.draw(st.lists(st.sampled_from(sorted(row)), max_size=4)):
        row[field] = data.draw(SCALARS)
    for field in data.draw(st.lists(st.sampled_from(sorted(row)), max_size=2)):
        row.pop(field, None)
    body = {"retCode": code, "retMsg": "", "result": {"list": [row], "nextPageCursor": cursor}}
    topic = data.draw(st.sampled_from(["order", "execution", "position", "wallet"]))
    whole(CODEC, reply(body), json.dumps({"topic": topic, "data": [row]}))


@settings(max_examples=100)
@given(body=st.binary(max_size=60), status=STATUSES)
def test_only_an_envelope_acknowledges(body: bytes, status: int) -> None:
    """No bytes but the venue's own zero make an entry acknowledged."""
    answered = CODEC.act_answer(SUBMIT, Reply(status, (), body), SENT, CAME)
    assert answered.outcome in (Outcome.UNKNOWN, Outcome.REFUSED)


@given(left=st.integers(-(10**7), 10**8), window=st.integers(1_000, 10**7))
def test_no_entry_outlives_its_end(left: int, window: int) -> None:
    """Whatever the window asked for, timestamp + window never passes `not_after`."""
    entry = SubmitEntry(
        BABY, ENTRY, SUBMIT.side, Decimal(100), SUBMIT.stop_trigger, SUBMIT.trigger_by, STAMP.venue_now + left
    )
    made = CODEC.act_request(entry, type(STAMP)(STAMP.venue_now, window))
    if isinstance(made, Request):
        headers = dict(made.headers)
        ends = int(headers["X-BAPI-TIMESTAMP"]) + int(headers["X-BAPI-RECV-WINDOW"])
        assert ends * 1_000 <= entry.not_after
