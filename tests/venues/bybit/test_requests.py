"""Acts and queries as bytes (bybit.md 1.1, 1.5, 1.6, 3.2)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from seawall.model.acts import Act
from seawall.model.ids import ClientId, Side
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
from seawall.model.signal import TriggerBy
from seawall.venues.port import Reading, Request, Stamp, TooLate
from tests.venues.bybit.given import (
    BABY,
    CANCEL,
    CANCEL_STOP,
    CLEAR_STOP,
    CLOSE,
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
    TAKE,
    TAKING,
    VENUE_MS,
    Row,
    body_of,
    params_of,
    path_of,
    request_of,
)

ALWAYS: Row = {"category": "linear", "symbol": BABY}

ACTS: list[tuple[Act, str, Row]] = [
    (
        SUBMIT,
        "/v5/order/create",
        {
            "side": "Buy",
            "orderType": "Market",
            "qty": "10000",
            "positionIdx": 0,
            "orderLinkId": ENTRY,
            "stopLoss": "0.00133",
            "slTriggerBy": "MarkPrice",
            "tpslMode": "Full",
            "slOrderType": "Market",
        },
    ),
    (
        replace(SUBMIT, side=Side.SELL, trigger_by=TriggerBy.LAST, price_bound=Decimal("1.390E-3")),
        "/v5/order/create",
        {
            "side": "Sell",
            "orderType": "Limit",
            "price": "0.00139",
            "timeInForce": "IOC",
            "qty": "10000",
            "positionIdx": 0,
            "orderLinkId": ENTRY,
            "stopLoss": "0.00133",
            "slTriggerBy": "LastPrice",
            "tpslMode": "Full",
            "slOrderType": "Market",
        },
    ),
    (
        CLOSING,
        "/v5/order/create",
        {
            "side": "Sell",
            "orderType": "Market",
            "qty": "10000",
            "positionIdx": 0,
            "orderLinkId": CLOSE,
            "reduceOnly": True,
        },
    ),
    (
        replace(CLOSING, whole=True),
        "/v5/order/create",
        {
            "side": "Sell",
            "orderType": "Market",
            "qty": "0",
            "positionIdx": 0,
            "orderLinkId": CLOSE,
            "reduceOnly": True,
            "closeOnTrigger": True,
        },
    ),
    (
        replace(CLOSING, price_bound=Decimal("0.0013")),
        "/v5/order/create",
        {
            "side": "Sell",
            "orderType": "Limit",
            "price": "0.0013",
            "timeInForce": "IOC",
            "qty": "10000",
            "positionIdx": 0,
            "orderLinkId": CLOSE,
            "reduceOnly": True,
        },
    ),
    (
        TAKING,
        "/v5/order/create",
        {
            "side": "Sell",
            "orderType": "Limit",
            "price": "0.0016",
            "timeInForce": "GTC",
            "qty": "4000",
            "positionIdx": 0,
            "orderLinkId": TAKE,
            "reduceOnly": True,
        },
    ),
    (
        PLACE,
        "/v5/position/trading-stop",
        {
            "tpslMode": "Full",
            "positionIdx": 0,
            "stopLoss": "0.00133",
            "slTriggerBy": "MarkPrice",
            "slOrderType": "Market",
        },
    ),
    (
        PLACE_PART,
        "/v5/order/create",
        {
            "side": "Sell",
            "orderType": "Market",
            "qty": "10000",
            "positionIdx": 0,
            "orderLinkId": STOP,
            "triggerPrice": "0.00133",
            "triggerDirection": 2,
            "triggerBy": "LastPrice",
            "reduceOnly": True,
            "closeOnTrigger": True,
        },
    ),
    (CANCEL, "/v5/order/cancel", {"orderLinkId": ENTRY}),
    (CANCEL_STOP, "/v5/order/cancel", {"orderId": STOP_ID}),
    (CLEAR_STOP, "/v5/position/trading-stop", {"tpslMode": "Full", "positionIdx": 0, "stopLoss": "0"}),
    (LEVERAGE, "/v5/position/set-leverage", {"buyLeverage": "5", "sellLeverage": "5"}),
]


@pytest.mark.parametrize(("act", "path", "body"), ACTS)
def test_acts_say_all_that_they_mean(act: Act, path: str, body: Row) -> None:
    """Each act is one POST with the category, and every choice that the venue would otherwise make is written out."""
    request = request_of(act)
    assert (request.method, path_of(request)) == ("POST", path)
    assert body_of(request) == ALWAYS | body


def test_a_stop_that_buys_waits_for_a_rise() -> None:
    """The direction of a quantity stop follows its side: 1 for a stop that closes a short."""
    assert body_of(request_of(replace(PLACE_PART, side=Side.BUY)))["triggerDirection"] == 1


def test_small_amounts_have_no_exponent() -> None:
    """A quantity of one hundred-millionth is written out, as the venue wants it."""
    body = body_of(request_of(replace(SUBMIT, quantity=Decimal("1E-8"), stop_trigger=Decimal("1E+3"))))
    assert (body["qty"], body["stopLoss"]) == ("0.00000001", "1000")


LISTS = {"category": "linear", "limit": "50"}
SYMBOL = {"symbol": str(BABY)}
ALL = {"settleCoin": "USDT"}

QUERIES: list[tuple[Query, list[tuple[str, dict[str, str]]]]] = [
    (
        AskOrder(BABY, ENTRY),
        [
            ("/v5/order/realtime", LISTS | SYMBOL | {"orderLinkId": ENTRY}),
            ("/v5/order/history", LISTS | SYMBOL | {"orderLinkId": ENTRY}),
            ("/v5/execution/list", LISTS | SYMBOL | {"orderLinkId": ENTRY, "limit": "100"}),
        ],
    ),
    (
        AskFills(BABY, VENUE_MS * 1_000 + 999),
        [("/v5/execution/list", LISTS | SYMBOL | {"startTime": str(VENUE_MS), "limit": "100"})],
    ),
    (AskPositions(BABY), [("/v5/position/list", LISTS | SYMBOL | {"limit": "200"})]),
    (AskPositions(), [("/v5/position/list", LISTS | ALL | {"limit": "200"})]),
    (AskBothSides(), [("/v5/position/list", LISTS | ALL | {"limit": "200"})]),
    (AskStops(BABY), [("/v5/order/realtime", LISTS | SYMBOL | {"orderFilter": "StopOrder"})]),
    (AskStops(), [("/v5/order/realtime", LISTS | ALL | {"orderFilter": "StopOrder"})]),
    (AskOpenOrders(BABY), [("/v5/order/realtime", LISTS | SYMBOL)]),
    (AskOpenOrders(), [("/v5/order/realtime", LISTS | ALL)]),
    (
        AskOrders(BABY, VENUE_MS * 1_000 + 999),
        [
            ("/v5/order/realtime", LISTS | SYMBOL),
            ("/v5/order/history", LISTS | SYMBOL | {"startTime": str(VENUE_MS)}),
        ],
    ),
    (
        AskStop(BABY, STOP, STOP_ID),
        [
            ("/v5/order/realtime", LISTS | SYMBOL | {"orderId": STOP_ID}),
            ("/v5/order/history", LISTS | SYMBOL | {"orderId": STOP_ID}),
        ],
    ),
    (
        AskStop(BABY, STOP),
        [
            ("/v5/order/realtime", LISTS | SYMBOL | {"orderFilter": "StopOrder"}),
            ("/v5/order/history", LISTS | SYMBOL | {"orderLinkId": STOP}),
        ],
    ),
    (
        AskInstruments(),
        [
            ("/v5/market/instruments-info", {"category": "linear", "limit": "1000", "status": status})
            for status in ("Trading", "PreLaunch", "Delivering")
        ],
    ),
    (AskMark(BABY), [("/v5/market/tickers", {"category": "linear"} | SYMBOL)]),
    (AskMark(), [("/v5/market/tickers", {"category": "linear"})]),
    (AskLeverage(BABY), [("/v5/position/list", LISTS | SYMBOL | {"limit": "200"})]),
    (AskLeverage(), [("/v5/position/list", LISTS | ALL | {"limit": "200"})]),
    (
        AskModes(),
        [
            ("/v5/user/query-api", {}),
            ("/v5/account/info", {}),
            ("/v5/position/list", {"category": "linear", "symbol": "BTCUSDT", "limit": "200"}),
        ],
    ),
    (AskWallet(), [("/v5/account/wallet-balance", {"accountType": "UNIFIED", "coin": "USDT"})]),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES)
def test_queries_ask_everywhere_the_answer_may_be(query: Query, expected: list[tuple[str, dict[str, str]]]) -> None:
    """Each query is its GETs, with the category, a symbol or a coin, and the longest page that the venue grants."""
    requests = CODEC.query_requests(Reading(query, SENT), STAMP)
    assert [(path_of(request), params_of(request)) for request in requests] == expected
    assert {(request.method, request.body) for request in requests} == {("GET", b"")}


@pytest.mark.parametrize("query", [AskInstruments(), AskMark(BABY)])
def test_market_data_is_asked_without_the_key(query: Query) -> None:
    """Prices and rules are open to all and carry no header of ours."""
    requests = CODEC.query_requests(Reading(query, SENT), STAMP)
    assert {request.headers for request in requests} == {()}


def window_of(not_after: int, window: int = 2_000_000) -> int | TooLate:
    """The receive window, ms, of an entry that must not be accepted after `not_after`."""
    made = CODEC.act_request(replace(SUBMIT, not_after=not_after), Stamp(SENT, window))
    return int(dict(made.headers)["X-BAPI-RECV-WINDOW"]) if isinstance(made, Request) else made


def test_an_entry_keeps_its_window_while_there_is_time() -> None:
    """With half a minute left the window is the one that was asked for."""
    assert window_of(SENT + 30_000_000) == 2_000


@pytest.mark.parametrize("left", [50_000, 60_001, 999_000, 1_999_999])
def test_an_entry_is_never_accepted_after_its_end(left: int) -> None:
    """Timestamp and window in whole milliseconds never add up to more than `not_after`."""
    window = window_of(SENT + left)
    assert isinstance(window, int)
    assert SENT // 1_000 + window <= (SENT + left) // 1_000
    assert window >= 49


@pytest.mark.parametrize("left", [-1_000_000, 0, 999, 40_000])
def test_an_entry_that_cannot_arrive_in_time_is_too_late(left: int) -> None:
    """With less than the least window left there is no request at all."""
    assert isinstance(window_of(SENT + left), TooLate)


def test_protective_acts_are_never_too_late() -> None:
    """A stop or a close has no end, however late it is."""
    assert all(isinstance(CODEC.act_request(act, Stamp(SENT, 1)), Request) for act in (PLACE, CLOSING, CANCEL))


def test_a_stop_of_the_position_sends_no_name() -> None:
    """trading-stop knows no orderLinkId; sent all the same it would be an unknown field."""
    assert ClientId(STOP) not in request_of(PLACE).body.decode()
