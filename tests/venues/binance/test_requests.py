"""Acts and queries as bytes (binance.md 1.2, 1.4, 1.6, 1.9)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest

from seawall.model.acts import Act
from seawall.model.ids import ClientId, Symbol, VenueId
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
from seawall.venues.binance.sign import signature
from seawall.venues.port import Reading, Stamp, TooLate
from tests.venues.binance.given import (
    CANCEL,
    CANCEL_STOP,
    CLOSE,
    CLOSING,
    CODEC,
    ENTRY,
    LEVERAGE,
    PLACE,
    SECRET,
    SENT,
    STAMP,
    STOP,
    SUBMIT,
    TAKE,
    TAKING,
    VELVET,
    params_of,
    path_of,
    request_of,
)

ACTS: list[tuple[Act, str, str, dict[str, str]]] = [
    (
        SUBMIT,
        "POST",
        "/fapi/v1/order",
        {
            "symbol": "VELVETUSDT",
            "side": "SELL",
            "type": "MARKET",
            "quantity": "27",
            "newClientOrderId": ENTRY,
            "newOrderRespType": "RESULT",
        },
    ),
    (
        replace(SUBMIT, price_bound=Decimal("0.19950")),
        "POST",
        "/fapi/v1/order",
        {
            "symbol": "VELVETUSDT",
            "side": "SELL",
            "type": "LIMIT",
            "timeInForce": "IOC",
            "price": "0.1995",
            "quantity": "27",
            "newClientOrderId": ENTRY,
            "newOrderRespType": "RESULT",
        },
    ),
    (
        CLOSING,
        "POST",
        "/fapi/v1/order",
        {
            "symbol": "VELVETUSDT",
            "side": "BUY",
            "type": "MARKET",
            "quantity": "27",
            "newClientOrderId": CLOSE,
            "newOrderRespType": "RESULT",
            "reduceOnly": "true",
        },
    ),
    (
        TAKING,
        "POST",
        "/fapi/v1/order",
        {
            "symbol": "VELVETUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "price": "0.195",
            "quantity": "10",
            "newClientOrderId": TAKE,
            "newOrderRespType": "RESULT",
            "reduceOnly": "true",
        },
    ),
    (
        PLACE,
        "POST",
        "/fapi/v1/algoOrder",
        {
            "algoType": "CONDITIONAL",
            "symbol": "VELVETUSDT",
            "side": "BUY",
            "type": "STOP_MARKET",
            "triggerPrice": "0.2155",
            "workingType": "MARK_PRICE",
            "closePosition": "true",
            "clientAlgoId": STOP,
        },
    ),
    (
        replace(PLACE, quantity=Decimal(27), trigger_by=TriggerBy.LAST, trigger=Decimal("1E-8")),
        "POST",
        "/fapi/v1/algoOrder",
        {
            "algoType": "CONDITIONAL",
            "symbol": "VELVETUSDT",
            "side": "BUY",
            "type": "STOP_MARKET",
            "triggerPrice": "0.00000001",
            "workingType": "CONTRACT_PRICE",
            "quantity": "27",
            "reduceOnly": "true",
            "clientAlgoId": STOP,
        },
    ),
    (CANCEL, "DELETE", "/fapi/v1/order", {"symbol": "VELVETUSDT", "origClientOrderId": ENTRY}),
    (
        replace(CANCEL, target=ClientId(""), venue_id=VenueId("77")),
        "DELETE",
        "/fapi/v1/order",
        {"symbol": "VELVETUSDT", "orderId": "77"},
    ),
    (CANCEL_STOP, "DELETE", "/fapi/v1/algoOrder", {"clientAlgoId": STOP}),
    (
        replace(CANCEL_STOP, target=ClientId(""), venue_id=VenueId("99")),
        "DELETE",
        "/fapi/v1/algoOrder",
        {"algoId": "99"},
    ),
    (LEVERAGE, "POST", "/fapi/v1/leverage", {"symbol": "VELVETUSDT", "leverage": "5"}),
]

QUERIES: list[tuple[Query, list[tuple[str, dict[str, str]]]]] = [
    (AskOrder(VELVET, ENTRY), [("/fapi/v1/order", {"symbol": "VELVETUSDT", "origClientOrderId": ENTRY})]),
    (
        AskFills(VELVET, SENT),
        [("/fapi/v1/userTrades", {"symbol": "VELVETUSDT", "startTime": "1764000000123", "limit": "1000"})],
    ),
    (AskPositions(VELVET), [("/fapi/v2/positionRisk", {"symbol": "VELVETUSDT"})]),
    (AskPositions(), [("/fapi/v2/positionRisk", {})]),
    (AskBothSides(), [("/fapi/v2/positionRisk", {})]),
    (AskStops(VELVET), [("/fapi/v1/openAlgoOrders", {"symbol": "VELVETUSDT"})]),
    (AskStops(), [("/fapi/v1/openAlgoOrders", {})]),
    (AskStop(VELVET, STOP), [("/fapi/v1/algoOrder", {"clientAlgoId": STOP})]),
    (AskStop(VELVET, ClientId(""), VenueId("99")), [("/fapi/v1/algoOrder", {"algoId": "99"})]),
    (AskOpenOrders(VELVET), [("/fapi/v1/openOrders", {"symbol": "VELVETUSDT"})]),
    (AskOpenOrders(), [("/fapi/v1/openOrders", {})]),
    (
        AskOrders(VELVET, SENT),
        [("/fapi/v1/allOrders", {"symbol": "VELVETUSDT", "startTime": "1764000000123", "limit": "1000"})],
    ),
    (AskLeverage(VELVET), [("/fapi/v1/symbolConfig", {"symbol": "VELVETUSDT"})]),
    (AskLeverage(), [("/fapi/v1/symbolConfig", {})]),
    (AskWallet(), [("/fapi/v3/account", {})]),
    (AskInstruments(), [("/fapi/v1/exchangeInfo", {}), ("/fapi/v1/leverageBracket", {})]),
    (
        AskModes(),
        [("/fapi/v1/positionSide/dual", {}), ("/fapi/v1/accountConfig", {}), ("/fapi/v2/balance", {})],
    ),
    (
        AskMark(VELVET),
        [
            ("/fapi/v1/premiumIndex", {"symbol": "VELVETUSDT"}),
            ("/fapi/v2/ticker/price", {"symbol": "VELVETUSDT"}),
        ],
    ),
    (AskMark(), [("/fapi/v1/premiumIndex", {}), ("/fapi/v2/ticker/price", {})]),
]


@pytest.mark.parametrize(("act", "method", "path", "params"), ACTS)
def test_an_act_asks_exactly_what_the_book_names(act: Act, method: str, path: str, params: dict[str, str]) -> None:
    """Each act becomes one request with the book's parameters, nothing more, and no body."""
    request = request_of(act)
    assert (request.method, path_of(request), params_of(request)) == (method, path, params)
    assert request.body == b""
    assert dict(request.headers) == {"X-MBX-APIKEY": "the-key"}


@pytest.mark.parametrize(("query", "expected"), QUERIES)
def test_a_query_asks_its_endpoints_side_by_side(query: Query, expected: list[tuple[str, dict[str, str]]]) -> None:
    """Each query becomes the GET requests of its endpoints, in the order in which their replies are read."""
    requests = CODEC.query_requests(Reading(query, SENT), STAMP)
    assert [(path_of(request), params_of(request)) for request in requests] == expected
    assert {request.method for request in requests} == {"GET"}


@pytest.mark.parametrize("query", [AskMark(VELVET), AskMark()])
def test_prices_are_asked_without_a_signature(query: Query) -> None:
    """Open market data costs neither the key nor a timestamp."""
    assert all(
        not request.headers and "signature" not in request.target
        for request in CODEC.query_requests(Reading(query, SENT), STAMP)
    )


def test_the_book_s_test_vector_is_signed_alike() -> None:
    """The signature of the documented payload is the documented one (binance.md 1.2)."""
    payload = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"
    assert signature(SECRET, payload) == "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"


def test_a_request_ends_with_the_signature_of_its_own_query() -> None:
    """What is signed is the query as sent, whole milliseconds included, and the signature is its last parameter."""
    query, _, given = urlsplit(request_of(SUBMIT).target).query.rpartition("&signature=")
    assert given == signature(SECRET, query)
    assert parse_qsl(query)[-2:] == [("recvWindow", "2000"), ("timestamp", "1764000000123")]


def test_a_symbol_outside_ascii_is_encoded_before_it_is_signed() -> None:
    """Such symbols exist; they travel percent-encoded as UTF-8 and are signed so (binance.md 1.2)."""
    target = CODEC.query_requests(Reading(AskPositions(Symbol("币安人生USDT")), SENT), STAMP)[0].target
    query, _, given = urlsplit(target).query.rpartition("&signature=")
    assert "symbol=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT" in target
    assert given == signature(SECRET, query)


@pytest.mark.parametrize(
    ("left", "window"), [(30_000_000, "2000"), (2_000_000, "2000"), (1_999_000, "1999"), (100_000, "100")]
)
def test_an_entry_s_window_ends_by_its_not_after(left: int, window: str) -> None:
    """The receive window is shortened so that timestamp + recvWindow never passes `not_after`."""
    act = replace(SUBMIT, not_after=SENT // 1_000 * 1_000 + left)
    assert dict(parse_qsl(request_of(act).target))["recvWindow"] == window


@pytest.mark.parametrize("left", [49_999, 0, -1_000_000])
def test_an_entry_too_late_is_not_signed(left: int) -> None:
    """With next to nothing left, or nothing, there is no request, and the answer names the field and what came."""
    late = CODEC.act_request(replace(SUBMIT, not_after=SENT // 1_000 * 1_000 + left), STAMP)
    assert isinstance(late, TooLate)
    assert late.detail.startswith("not_after: expected at least 50000 µs")


def test_milliseconds_round_so_that_the_window_stays_inside() -> None:
    """Neither the stamp's nor the bound's fraction of a millisecond lengthens the window."""
    act = replace(SUBMIT, not_after=1_764_000_001_000_999)
    sent = dict(parse_qsl(urlsplit(request_of(act, Stamp(1_764_000_000_000_999, 5_000_000)).target).query))
    assert (int(sent["timestamp"]) + int(sent["recvWindow"])) * 1_000 <= act.not_after


def test_only_entries_are_ever_too_late() -> None:
    """A close or a stop has no last instant; it is signed with the window that it is given."""
    window = dict(parse_qsl(urlsplit(request_of(CLOSING, Stamp(SENT, 5_000_000)).target).query))["recvWindow"]
    assert window == "5000"
