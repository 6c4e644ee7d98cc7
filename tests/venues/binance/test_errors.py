"""The table of refusals, row by row: (call, code, text) to outcome and reason (binance.md 4.2, 1.9, 4.4)."""

from __future__ import annotations

import pytest

from seawall.model.acts import Act, Outcome, Reason
from seawall.model.inputs import NOTHING_TOLD
from seawall.venues.binance.errors import ANY, RULES, Call, call_of, verdict
from tests.venues.binance.given import (
    CAME,
    CANCEL,
    CANCEL_STOP,
    CLOSING,
    LEVERAGE,
    PLACE,
    SUBMIT,
    TAKING,
    answer,
    failure,
    reply,
)

ACTS: dict[Call, Act] = {
    Call.ENTRY: SUBMIT,
    Call.CLOSE: CLOSING,
    Call.STOP: PLACE,
    Call.CANCEL: CANCEL,
    Call.CANCEL_STOP: CANCEL_STOP,
    Call.LEVERAGE: LEVERAGE,
}
EVERY = "entry close stop cancel cancel_stop leverage"
UNKNOWN = "unknown"
DONE = "acknowledged"

# code, calls, expected: an outcome, or the reason of a refusal. Written from the book, not from the table under test.
EXPECTED: list[tuple[int, str, str]] = [
    # outcome unknown
    (-1000, EVERY, UNKNOWN),
    (-1006, EVERY, UNKNOWN),
    (-1007, EVERY, UNKNOWN),
    # definite failure, but an entry looks first
    (-1001, "entry", UNKNOWN),
    (-1001, "close stop cancel cancel_stop leverage", "busy"),
    (-1008, EVERY, "busy"),
    (-1016, "entry", UNKNOWN),
    (-1016, "close stop cancel cancel_stop leverage", "busy"),
    # clock and limits
    (-1021, EVERY, "clock"),
    (-5028, EVERY, "clock"),
    (-1003, EVERY, "limit"),
    (-1015, EVERY, "limit"),
    # stops
    (-2021, "entry stop", "trigger_passed"),
    (-4142, "entry stop", "trigger_passed"),
    (-4130, "stop", "stop_exists"),
    (-4509, "stop", "no_position"),
    (-4129, "stop", "no_position"),
    (-4120, "stop", "stop_refused"),
    (-4137, "stop", "stop_refused"),
    (-4138, "stop", "stop_refused"),
    (-4135, "stop", "stop_refused"),
    (-4045, "stop", "stop_refused"),
    (-4210, "stop", "stop_bound"),
    (-4211, "stop", "stop_bound"),
    (-4120, "entry close", "parameter"),
    (-4061, "entry close stop", "account"),
    (-4062, "entry close stop", "account"),
    # names
    (-4116, "entry close stop", "duplicate_name"),
    (-20132, "stop", "duplicate_name"),
    (-20132, "entry close", UNKNOWN),
    (-4015, "entry close stop", "parameter"),
    (-2011, "cancel cancel_stop", "not_found"),
    (-2011, "entry close stop", UNKNOWN),
    (-2013, "cancel cancel_stop", "not_found"),
    # reducing
    (-2022, "close stop", "reduce_only"),
    (-2026, "close stop", "reduce_only"),
    (-2022, "entry", UNKNOWN),
    (-4118, "close stop", "blocked"),
    # filters and band
    *((code, EVERY, "filter") for code in (-1111, -1121, -1122, -4003, -4004, -4005, -4013, -4014, -4023, -4164)),
    *((code, "entry close stop", "filter") for code in (-4140, -4141)),
    *((code, "leverage", "filter") for code in (-4028, -4202, -4209)),
    *((code, "entry close", "band") for code in (-4016, -4024, -4131, -5021, -5022)),
    # funds and account
    *((code, EVERY, "funds") for code in (-2018, -2019, -2024, -2025, -2027, -2028)),
    (-4045, "entry", "funds"),
    *((code, EVERY, "account") for code in (-2014, -2015, -2017, -2023, -4087, -4088, -4105, -4106, -4107)),
    *((code, EVERY, "account") for code in (-4189, -4192, -4400, -4401, -4402)),
    # already so, and ours to mend
    *((code, EVERY, DONE) for code in (-4046, -4059, -4171, -5027)),
    *((code, EVERY, "parameter") for code in (-1102, -1104, -1106, -1125, -2010)),
    (-4161, "leverage", "parameter"),
    # of no book
    (-9999, EVERY, UNKNOWN),
    (-1022, EVERY, UNKNOWN),
]
ROWS = [(code, Call(call), meaning) for code, calls, meaning in EXPECTED for call in calls.split()]


def _meaning(outcome: Outcome, reason: Reason) -> str:
    return reason.value if outcome is Outcome.REFUSED else outcome.value


def test_a_take_profit_is_refused_like_a_close() -> None:
    """Both only reduce, so that the same codes mean the same on either."""
    assert call_of(TAKING) is call_of(CLOSING) is Call.CLOSE


@pytest.mark.parametrize(("code", "call", "meaning"), ROWS)
def test_a_code_means_what_the_book_says_on_this_call(code: int, call: Call, meaning: str) -> None:
    """An error reply of HTTP 400 has the outcome and reason of its code on its call, with the venue's own words."""
    answered = answer(ACTS[call], failure(code))
    assert _meaning(answered.outcome, answered.reason) == meaning
    assert (answered.code, answered.text) == (str(code), "said the venue")
    assert (answered.client_id, answered.symbol) == (ACTS[call].client_id, ACTS[call].symbol)


@pytest.mark.parametrize("act", ACTS.values(), ids=str)
def test_an_act_is_looked_up_under_its_own_call(act: Act) -> None:
    """Every act has a call, and every call but the read has an act."""
    assert ACTS[call_of(act)] is act
    assert len(ACTS) == len(Call) - 1


def test_no_row_hides_another() -> None:
    """A later row that names the same code and call as an earlier one differs from it only by being more general."""
    narrow: dict[tuple[Call, int], bool] = {}
    for rule in RULES:
        for key in ((call, code) for call in rule.calls for code in rule.codes):
            assert key not in narrow or rule.calls == ANY, key
            narrow[key] = True


def test_every_row_cites_the_book() -> None:
    """A meaning without a page is a guess."""
    assert all(rule.page[0].isdigit() for rule in RULES)


STATUSES: list[tuple[Call, int, bytes, str]] = [
    # 503 and its three texts (binance.md 4.2, 4.7)
    (Call.ENTRY, 503, b"Unknown error, please check your request or try again later.", UNKNOWN),
    (Call.CLOSE, 503, b"Unknown error, please check your request or try again later.", UNKNOWN),
    (Call.ENTRY, 503, b"Service Unavailable.", UNKNOWN),
    (Call.CLOSE, 503, b"Service Unavailable.", "busy"),
    (Call.STOP, 503, b'{"code":-1,"msg":"Service Unavailable."}', "busy"),
    (Call.ENTRY, 503, b'{"code":-1,"msg":"Service Unavailable."}', UNKNOWN),
    (Call.ENTRY, 503, b"Request throttled by system-level protection. Please try again.", "busy"),
    (Call.ENTRY, 503, b'{"code":-1008,"msg":"Request throttled"}', "busy"),
    (Call.CLOSE, 503, b'{"code":-1001,"msg":"Internal error"}', "busy"),
    (Call.ENTRY, 503, b'{"code":-1001,"msg":"Internal error"}', UNKNOWN),
    (Call.CLOSE, 503, b"<html><h1>503 Service Unavailable</h1></html>", UNKNOWN),
    (Call.CLOSE, 502, b"Service Unavailable.", UNKNOWN),
    # -1007 under whatever status (binance.md, open questions)
    *((Call.ENTRY, status, b'{"code":-1007,"msg":"Timeout"}', UNKNOWN) for status in (400, 408, 503, 200)),
    # a status that says "unknown" is not overruled by a code that says "no"
    (Call.ENTRY, 500, b'{"code":-2019,"msg":"Margin is insufficient."}', UNKNOWN),
    (Call.ENTRY, 408, b'{"code":-2019,"msg":"Margin is insufficient."}', UNKNOWN),
    (Call.STOP, 504, b"<html>Gateway Time-out</html>", UNKNOWN),
    (Call.STOP, 502, b"", UNKNOWN),
    # the venue's word to stop
    (Call.ENTRY, 429, b'{"code":-1003,"msg":"Too many requests"}', "limit"),
    (Call.STOP, 418, b"", "limit"),
    (Call.CLOSE, 403, b"<html>403 Forbidden</html>", "limit"),
    # an error under a success's status
    (Call.ENTRY, 200, b'{"code":-2019,"msg":"Margin is insufficient."}', "funds"),
    (Call.STOP, 200, b'{"code":-4130,"msg":"existing"}', "stop_exists"),
    # nothing that can be read
    (Call.ENTRY, 400, b"<html>Bad Request</html>", UNKNOWN),
    (Call.ENTRY, 401, b"", UNKNOWN),
    (Call.ENTRY, 302, b"", UNKNOWN),
    (Call.ENTRY, 200, b"<html>OK</html>", UNKNOWN),
    (Call.ENTRY, 200, b'{"orderId":1,"symbol":"VELVETUSDT","sta', UNKNOWN),
    (Call.ENTRY, 200, b"{}", UNKNOWN),
    (Call.ENTRY, 200, b"null", UNKNOWN),
    (Call.ENTRY, 200, b"", UNKNOWN),
    (Call.STOP, 200, b"{}", UNKNOWN),
    (Call.CANCEL, 200, b"{}", UNKNOWN),
    (Call.CANCEL_STOP, 200, b"{}", UNKNOWN),
    (Call.LEVERAGE, 200, b"{}", UNKNOWN),
]


@pytest.mark.parametrize(("call", "status", "body", "meaning"), STATUSES)
def test_a_status_and_a_body_without_a_known_code(call: Call, status: int, body: bytes, meaning: str) -> None:
    """What is not plainly a success or plainly a refusal is Unknown, whatever bytes came."""
    answered = answer(ACTS[call], reply(body, status))
    assert _meaning(answered.outcome, answered.reason) == meaning
    assert answered.told == NOTHING_TOLD


BAN = CAME + 90_000_000
WAITS: list[tuple[int, object, tuple[tuple[str, str], ...], int]] = [
    (429, {"code": -1003, "msg": "Too many requests"}, (("Retry-After", "7"),), 7_000_000),
    (418, {"code": -1003, "msg": f"Way too many requests; banned until {BAN // 1_000}."}, (), 90_000_000),
    (418, {"code": -1003, "msg": "Way too many requests"}, (), 120_000_000),
    (403, b"<html>WAF</html>", (), 10_000_000),
    (429, {"code": -1015, "msg": "Too many new orders; current limit is 300 orders per TEN_SECONDS."}, (), 10_000_000),
    (429, {"code": -1015, "msg": "current limit is 1200 orders per MINUTE."}, (), 60_000_000 - CAME % 60_000_000),
    (429, {"code": -1003, "msg": "Too many requests"}, (), 10_000_000),
    (429, {"code": -1003, "msg": "Too many requests"}, (("X-MBX-USED-WEIGHT-1M", "2399"),), 10_000_000),
    (
        429,
        {"code": -1003, "msg": "Too many requests"},
        (("X-MBX-USED-WEIGHT-1M", "2400"),),
        60_000_000 - CAME % 60_000_000,
    ),
]


@pytest.mark.parametrize(("status", "body", "headers", "wait"), WAITS)
def test_a_limit_says_how_long_to_wait(
    status: int, body: object, headers: tuple[tuple[str, str], ...], wait: int
) -> None:
    """The venue's own figure goes first, then the end of its ban, then the span of the count that is spent."""
    answered = answer(PLACE, reply(body, status, headers))
    assert answered.reason is Reason.LIMIT
    assert abs(answered.retry_after - wait) < 1_000


def test_only_a_limit_asks_for_a_wait() -> None:
    """A refusal for any other reason names no wait, even with the header."""
    refused = answer(PLACE, reply({"code": -4509, "msg": "GTE"}, 400, (("Retry-After", "7"),)))
    assert refused.retry_after == 0


def test_a_verdict_without_status_is_a_business_error() -> None:
    """The default status is that of business errors."""
    assert verdict(Call.ENTRY, -2019, "").reason is Reason.FUNDS
