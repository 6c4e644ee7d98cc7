"""Signing, the clock rule and what is said to who may not (bybit.md 1.1)."""

from __future__ import annotations

import pytest

from tests.venuesim.bybit.box import KEY, SECRET, START, SYMBOL, Box, decoded, order_values
from venuesim.dialects.bybit.auth import check_signature, credentials_of, signature_of, socket_signature
from venuesim.wire import Reply, Request

STAMP = "1700000000000"
GET_SIGN = "f2f79889fd1201752936b389c890e9d393e01e0311a6d8785fb80753aa26c69b"
POST_SIGN = "a90921ba9cb1c51bfb2fdb391772f1abe29f9e31a608352525a93765bfb6a101"
SOCKET_SIGN = "6a806639d27b1c24c3808a191e9d0274d0c9d3a04a160233856d65840dfda2c8"
BODY = b'{"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Market","qty":"0.001","orderLinkId":"abc-1"}'


def signed(method: str, target: str, sign: str, body: bytes = b"", *more: tuple[str, str]) -> Request:
    """A request with the headers of the test vectors."""
    headers = (
        ("x-bapi-api-key", "testkey"),
        ("X-BAPI-TIMESTAMP", STAMP),
        ("X-BAPI-RECV-WINDOW", "5000"),
        ("X-BAPI-SIGN", sign),
    )
    return Request(method, target, (*headers, *more), body)


@pytest.mark.parametrize(
    "request_",
    [
        signed("GET", "/v5/order/realtime?category=linear&symbol=BTCUSDT", GET_SIGN),
        signed("POST", "/v5/order/create", POST_SIGN, BODY),
        signed("POST", "/v5/order/create", POST_SIGN, BODY, ("X-BAPI-SIGN-TYPE", "2")),
    ],
)
def test_the_recorded_signatures_hold(request_: Request) -> None:
    """The venue book's vectors for a query and a body are accepted, with the sign type and without."""
    given = credentials_of(request_)
    assert given.key == "testkey"
    check_signature(request_, given, "testsecret")


def test_the_socket_signature_is_the_recorded_one() -> None:
    """A socket signs GET/realtime and the expiry."""
    assert socket_signature("testsecret", 1700000010000) == SOCKET_SIGN


def test_a_wrong_signature_is_answered_with_the_text_that_should_have_been_signed() -> None:
    """10004 echoes the origin string, HTTP 200."""
    box = Box()
    request = box.request("GET", "/v5/account/info", {"a": "1"})
    forged = tuple((name, "0" * 64 if name == "X-BAPI-SIGN" else value) for name, value in request.headers)
    reply = box.raw(Request("GET", request.target, forged))
    assert (reply.status, decoded(reply)["retCode"]) == (200, 10004)
    assert decoded(reply)["retMsg"] == f"error sign! origin_string[{START // 1000}{KEY}5000a=1]"


@pytest.mark.parametrize(("skew_ms", "code"), [(-5_000, 0), (-5_001, 10002), (999, 0), (1_000, 10002)])
def test_the_window_is_open_behind_and_closed_a_second_ahead(skew_ms: int, code: int) -> None:
    """server - recvWindow <= timestamp < server + 1000, whatever the window."""
    box = Box()
    answer = decoded(box.raw(box.request("GET", "/v5/account/info", {}, skew_ms=skew_ms)))
    assert answer["retCode"] == code
    if code:
        server = START // 1000
        assert f"req_timestamp[{server + skew_ms}],server_timestamp[{server}],recv_window[5000]" in answer["retMsg"]


def test_an_unknown_key_and_no_key_at_all_are_told_apart() -> None:
    """10003 for a key of nobody, 10001 for empty headers."""
    box = Box()
    request = box.request("GET", "/v5/account/info", {})
    stranger = tuple((name, "nobody" if name == "X-BAPI-API-KEY" else value) for name, value in request.headers)
    assert decoded(box.raw(Request("GET", request.target, stranger)))["retCode"] == 10003
    assert decoded(box.raw(Request("GET", request.target)))["retCode"] == 10001


def test_a_key_that_may_only_read_reads_and_may_not_trade() -> None:
    """query-api says readOnly 1; a create is 10005 and changes nothing."""
    box = Box(permissions=("read",))
    assert box.get("/v5/user/query-api")["readOnly"] == 1
    assert box.refused("/v5/order/create", **order_values())[0] == 10005
    assert box.position()["size"] == "0"


def test_a_get_with_a_body_and_an_unknown_path_are_no_business_of_the_envelope() -> None:
    """403 for a body on a GET, 404 for a path that is not there."""
    box = Box()
    target = f"/v5/market/tickers?category=linear&symbol={SYMBOL}"
    assert box.raw(Request("GET", target, (), b"{}")).status == 403
    assert box.raw(Request("GET", "/v5/market/nothing")).status == 404


def test_private_replies_name_code_trace_and_time_in_their_headers() -> None:
    """The limit trio and the three others stand on a private reply, none of them on a public one."""
    box = Box()
    names = {name for name, _ in box.raw(box.request("GET", "/v5/account/info", {})).headers}
    assert names == {
        "content-type", "Ret_code", "Traceid", "Timenow",
        "X-Bapi-Limit", "X-Bapi-Limit-Status", "X-Bapi-Limit-Reset-Timestamp",
    }  # fmt: skip
    public: Reply = box.raw(Request("GET", "/v5/market/time"))
    assert public.headers == (("content-type", "application/json"),)


def test_the_signature_helper_signs_bytes_and_text_alike() -> None:
    """Both forms of the same payload give the same digest."""
    assert signature_of(SECRET, "abc") == signature_of(SECRET, b"abc")
