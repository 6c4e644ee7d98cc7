"""The table of refusals, row by row: (call, code, text) to outcome and reason (bybit.md 3.8, 3.3 to 3.6, 1.3)."""

from __future__ import annotations

import pytest

from seawall.model.acts import Act, Outcome, Reason
from seawall.venues.bybit.errors import ANY, RULES, Call, call_of, verdict
from tests.venues.bybit.given import (
    CANCEL,
    CANCEL_STOP,
    CLEAR_STOP,
    CLOSING,
    LEVERAGE,
    PLACE,
    PLACE_PART,
    SUBMIT,
    TAKING,
    answer,
    failure,
    reply,
    success,
)

ACTS: dict[Call, Act] = {
    Call.ENTRY: SUBMIT,
    Call.CLOSE: CLOSING,
    Call.QUANTITY_STOP: PLACE_PART,
    Call.POSITION_STOP: PLACE,
    Call.CLEAR_STOP: CLEAR_STOP,
    Call.CANCEL: CANCEL,
    Call.LEVERAGE: LEVERAGE,
}
EVERY = "entry close quantity_stop position_stop clear_stop cancel leverage"
ORDERS = "entry close quantity_stop"
RISING = "entry close quantity_stop leverage"
STOPS = "quantity_stop position_stop"
UNKNOWN = "unknown"
DONE = "acknowledged"

SHORT_PASSED = "sl:140000 set for Sell position should greater base_price:150000??LastPrice"
LONG_PASSED = "StopLoss:324000000 set for Buy position should lower than base_price:161600000??LastPrice"
LIQUIDATION = "StopLoss:1 set for Buy position should be between liq_price:2 and base_price:3??MarkPrice"
NO_POSITION = "can not set tp/sl/ts for zero position"
HEDGE = "position idx not match position mode"
TOO_LARGE = "The number of contracts exceeds maximum limit allowed: too large"
TOO_SMALL = "The number of contracts exceeds minimum limit allowed"

# code, text, calls, expected: an outcome, or the reason of a refusal. Written from the book, not from the table.
EXPECTED: list[tuple[int, str, str, str]] = [
    # ambiguous: it may have been done
    *[(code, "", EVERY, UNKNOWN) for code in (10000, 10014, 10016, 10019, 170007, 170032, 500000, 3400214)],
    # not executed
    (-1, "", EVERY, "clock"),
    (10002, "invalid request, please check your server timestamp", EVERY, "clock"),
    *[(code, "Too many visits!", EVERY, "limit") for code in (429, 10006, 10018, 10403, 10429, 20003)],
    (110079, "", "entry", UNKNOWN),
    (110079, "", "close quantity_stop position_stop clear_stop cancel leverage", "busy"),
    # an operator's affair
    *[(code, "", EVERY, "account") for code in (10003, 10004, 10005, 10007, 10008, 10009, 10010, 33004)],
    *[(code, "", EVERY, "account") for code in (10024, 10027, 10028, 10029, 100028)],
    *[(code, "", EVERY, "account") for code in (110024, 110028, 110029, 110123, 110124, 110125, 110132)],
    # 10001 by its text
    (10001, HEDGE, EVERY, "account"),
    (10001, NO_POSITION, "position_stop", "no_position"),
    (10001, NO_POSITION, "clear_stop", "not_found"),
    (10001, SHORT_PASSED, "entry position_stop", "trigger_passed"),
    (10001, LONG_PASSED, "entry position_stop", "trigger_passed"),
    (10001, LIQUIDATION, "entry position_stop", "stop_refused"),
    (10001, TOO_LARGE, ORDERS, "filter"),
    (10001, TOO_SMALL, ORDERS, "filter"),
    (10001, "Qty invalid", ORDERS, "filter"),
    (10001, "Not supported symbols", EVERY, "parameter"),
    (10001, "[5d1b]buy: [1,2] invalid", EVERY, "parameter"),
    (10001, "", EVERY, "parameter"),
    (181001, "category only support linear or option", EVERY, "parameter"),
    (10404, "op type is not found", EVERY, "parameter"),
    # stops
    (34040, "not modified", "position_stop", "not_modified"),
    (34040, "not modified", "clear_stop", "not_found"),
    (34040, "not modified", "entry close quantity_stop cancel", UNKNOWN),
    (110092, "expect Rising, but trigger_price[1] <= current[2]??LastPrice", STOPS, "trigger_passed"),
    (110093, "expect Falling, but trigger_price[2] >= current[1]??MarkPrice", STOPS, "trigger_passed"),
    *[(code, "", "entry quantity_stop position_stop", "stop_refused") for code in (110009, 110061)],
    *[(code, "", "entry quantity_stop position_stop", "stop_refused") for code in range(110057, 110061)],
    *[(code, "", "position_stop", "stop_refused") for code in (110003, 110120, 110121)],
    # names
    (110072, "OrderLinkedID is duplicate", ORDERS, "duplicate_name"),
    (170141, "", ORDERS, "duplicate_name"),
    (110001, "order not exists or too late to cancel", "cancel", "not_found"),
    (110001, "order not exists", "entry close quantity_stop position_stop clear_stop leverage", UNKNOWN),
    (110008, "", "cancel", "not_found"),
    (110010, "", "cancel", "not_found"),
    # reducing
    (110017, "current position is zero, cannot fix reduce-only order qty", "close quantity_stop", "reduce_only"),
    (110017, "truncated to zero", "entry", "filter"),
    # the instrument
    (110094, "Order does not meet minimum order value 5USDT", ORDERS, "filter"),
    *[(code, "", ORDERS, "filter") for code in (170140, 3100116, 110020)],
    *[(code, "", EVERY, "filter") for code in (110021, 110022, 110023, 110042, 110066, 110074, 30228)],
    *[(code, "", ORDERS, "band") for code in (110003, 110120, 110121, 110118, 30208, 30209)],
    # the account
    (110007, "ab not enough for new order", EVERY, "funds"),
    *[(code, "", EVERY, "funds") for code in (110004, 110006, 110012, 110014, 110044, 110045, 110051, 110052, 110053)],
    *[(code, "", RISING, "funds") for code in (110085, 110086, 110089, 110090)],
    (110013, "", ORDERS, "funds"),
    (110013, "", "leverage", "filter"),
    # already so
    (110043, "leverage not modified", "leverage", DONE),
    (34040, "not modified", "leverage", DONE),
    # not in the book, or not of these calls: the spot market's, an invented one
    *[(code, "", EVERY, UNKNOWN) for code in (170131, 170193, 131001, 40004, 424242, 110025)],
]
CASES = [(Call(call), code, text, meaning) for code, text, calls, meaning in EXPECTED for call in calls.split()]


def test_a_take_profit_is_refused_like_a_close() -> None:
    """Both only reduce, so that the same codes mean the same on either."""
    assert call_of(TAKING) is call_of(CLOSING) is Call.CLOSE


@pytest.mark.parametrize(("call", "code", "text", "meaning"), CASES)
def test_each_refusal_means_what_the_book_says(call: Call, code: int, text: str, meaning: str) -> None:
    """A code and its text give an act its outcome and reason, and the venue's words are kept."""
    answered = answer(ACTS[call], failure(code, text))
    found = answered.reason.value if answered.outcome is Outcome.REFUSED else answered.outcome.value
    assert found == meaning
    assert (answered.code, answered.text) == (str(code), text)
    assert (answered.reason is Reason.NONE) == (answered.outcome is not Outcome.REFUSED)


def test_every_row_of_the_table_is_expected_here() -> None:
    """No pair of a call and a code stands in the table without an expectation, and each row names its page."""
    expected = {(call, code) for call, code, _, _ in CASES}
    assert {(call, code) for rule in RULES for call in rule.calls for code in rule.codes} <= expected
    assert all(rule.page and rule.codes and rule.calls for rule in RULES)


@pytest.mark.parametrize("call", ANY)
def test_each_act_has_its_call(call: Call) -> None:
    """Every act is looked up under the call that it makes; a stop with a known id is cancelled like an order."""
    assert call_of(ACTS[call]) is call
    assert call_of(CANCEL_STOP) is Call.CANCEL


@pytest.mark.parametrize("status", [403, 418, 429])
@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b'{"retCode":10000,"retMsg":""}', b'{"retCode":0}'])
def test_the_gates_refusals_execute_nothing(status: int, body: bytes) -> None:
    """403, 418 and 429 turn a request away before it is carried out, whatever their body says."""
    answered = answer(SUBMIT, reply(body, status))
    assert (answered.outcome, answered.reason) == (Outcome.REFUSED, Reason.LIMIT)
    assert answered.retry_after >= 1_000_000


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
@pytest.mark.parametrize(
    "body", [b"", b"<html>Bad Gateway</html>", b'{"retCode":10002,"retMsg":"x"}', b'{"retCode":0}']
)
def test_a_failing_server_leaves_everything_open(status: int, body: bytes) -> None:
    """5xx proves neither success nor refusal, whatever its body says."""
    assert all(answer(act, reply(body, status)).outcome is Outcome.UNKNOWN for act in ACTS.values())


@pytest.mark.parametrize("status", [200, 400, 404, 408])
@pytest.mark.parametrize("body", [b"", b"<html>Moved</html>", b'{"retCode":', b'{"retCode":"x"}', b"[]", b"null"])
def test_an_unreadable_reply_leaves_everything_open(status: int, body: bytes) -> None:
    """Without an envelope there is no word of the venue; the status and what came are kept."""
    answered = answer(SUBMIT, reply(body, status))
    assert (answered.outcome, answered.code) == (Outcome.UNKNOWN, str(status))
    assert body.decode() in answered.text


@pytest.mark.parametrize("status", [301, 400, 404])
def test_a_success_under_another_status_is_unknown(status: int) -> None:
    """Business answers come with HTTP 200, so a zero under any other status is not the venue's word."""
    assert answer(SUBMIT, reply({"retCode": 0, "retMsg": "OK", "result": {}}, status)).outcome is Outcome.UNKNOWN


def test_a_refusal_under_another_client_error_is_a_refusal() -> None:
    """A code that the book lists means the same under HTTP 401 or 400."""
    assert answer(SUBMIT, failure(10003, "API key is invalid.", 401)).reason is Reason.ACCOUNT


def test_zero_is_an_acknowledgement_whatever_its_words() -> None:
    """The four spellings of a success are not looked at, and a text that sounds like a refusal refuses nothing."""
    texts = ("OK", "success", "SUCCESS", "", "not modified")
    assert {verdict(call, 0, text).outcome for call in ANY for text in texts} == {Outcome.ACKNOWLEDGED}
    assert {answer(PLACE, success(text=text)).outcome for text in texts} == {Outcome.ACKNOWLEDGED}


def test_the_signed_text_that_the_venue_quotes_is_not_kept() -> None:
    """10004 echoes what was signed, with the key in it; a journal must not have it."""
    quoted = "error sign! origin_string[1764000000000testkey5000category=linear]"
    assert answer(SUBMIT, failure(10004, quoted)).text == "error sign! origin_string[...]"
