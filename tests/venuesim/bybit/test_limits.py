"""What may be asked how often (bybit.md 1.3)."""

from __future__ import annotations

from tests.venuesim.bybit.box import Box, decoded, order_values
from venuesim.wire import Request

SECOND = 1_000_000
HIDDEN = ("Ret_code", "Traceid", "Timenow", "content-type")


def limit_headers(box: Box, request: Request) -> dict[str, str]:
    """The limit headers of the reply."""
    return {name: value for name, value in box.raw(request).headers if name not in HIDDEN}


def leverage(box: Box, value: int) -> Request:
    """A signed set-leverage."""
    body = {"category": "linear", "symbol": "BTCUSDT", "buyLeverage": str(value), "sellLeverage": str(value)}
    return box.request("POST", "/v5/position/set-leverage", body)


def test_the_eleventh_act_within_a_second_is_refused_until_the_window_moves_on() -> None:
    """10006 with the reset instant; a breach is not counted, and there is room when the first act is a second old."""
    box = Box()
    codes = [decoded(box.raw(leverage(box, 11 + n)))["retCode"] for n in range(11)]
    assert codes == [0] * 10 + [10006]
    headers = limit_headers(box, leverage(box, 30))
    assert (headers["X-Bapi-Limit"], headers["X-Bapi-Limit-Status"]) == ("10", "0")
    assert int(headers["X-Bapi-Limit-Reset-Timestamp"]) == box.now // 1000 + 1000
    box.wait(SECOND)
    assert decoded(box.raw(leverage(box, 30)))["retCode"] == 0


def test_each_endpoint_has_a_second_of_its_own() -> None:
    """A used-up bucket of one endpoint leaves the stop's endpoint free."""
    box = Box()
    for n in range(11):
        box.raw(leverage(box, 11 + n))
    assert box.refused("/v5/position/trading-stop", symbol="BTCUSDT", stopLoss="1", tpslMode="Full", positionIdx=0) == (
        10001,
        "can not set tp/sl/ts for zero position",
    )


def test_a_refused_create_may_come_without_limit_headers() -> None:
    """The trio is absent on a create that failed validation, unless the switch has it there."""
    for answer, expected in (("no", False), ("yes", True)):
        box = Box(limit_headers_on_error=answer)
        request = box.request("POST", "/v5/order/create", {"category": "linear", **order_values(qty="1")})
        assert ("X-Bapi-Limit" in limit_headers(box, request)) is expected


def test_six_hundred_requests_in_five_seconds_ban_the_address() -> None:
    """403 with the one text that proves a ban, for everything, until it is lifted of itself."""
    box = Box(ban_us="2000000")
    replies = [box.raw(Request("GET", "/v5/market/time")) for _ in range(601)]
    assert [reply.status for reply in replies] == [200] * 600 + [403]
    assert replies[-1].body == b"access too frequent"
    box.wait(SECOND)
    assert box.raw(Request("GET", "/v5/market/time")).status == 403
    box.wait(5 * SECOND)
    assert box.raw(Request("GET", "/v5/market/time")).status == 200
