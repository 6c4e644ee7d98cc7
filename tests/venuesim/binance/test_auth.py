"""Signing and the receive window, against the vectors and texts of binance.md 1.2."""

from __future__ import annotations

import pytest

from venuesim.dialects.binance.auth import (
    Window,
    check_engine,
    check_gateway,
    check_signature,
    signature_of,
    window_of,
)
from venuesim.dialects.binance.errors import Denial
from venuesim.dialects.binance.params import Params, params_of
from venuesim.wire import Request

SECRET = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
QUERY = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC"
BODY = "quantity=1&price=9000&recvWindow=5000&timestamp=1591702613943"
WHOLE = (
    "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"
)
GOOD = "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"
MIXED = "30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4"
NOW = 1_700_000_000_000_000


def post(query: str, body: str = "") -> Request:
    """A POST with these parameters as they stand."""
    return Request("POST", f"/fapi/v1/order?{query}", (), body.encode())


def refused(request: Request, secret: str = SECRET) -> int:
    """The code the signature check refuses with."""
    with pytest.raises(Denial) as caught:
        check_signature(request, secret)
    return caught.value.code


def test_the_published_vector_is_reproduced() -> None:
    """The HMAC of the documented payload is the documented signature."""
    assert signature_of(SECRET, WHOLE) == GOOD


def test_query_and_body_are_joined_without_an_ampersand() -> None:
    """The clean mixed vector of the venue book passes when query and body each hold a part."""
    mixed = QUERY + BODY
    assert signature_of(SECRET, mixed) == MIXED
    check_signature(post(QUERY, f"{BODY}&signature={MIXED}"), SECRET)


@pytest.mark.parametrize("place", ["query", "body"])
def test_a_signature_is_accepted_from_query_or_body_in_either_case(place: str) -> None:
    """A good signature counts wherever it stands, in capitals too."""
    signed = f"{WHOLE}&signature={GOOD.upper()}"
    request = post(signed) if place == "query" else Request("POST", "/fapi/v1/order", (), signed.encode())
    assert params_of(request).text("price") == "9000"
    check_signature(request, SECRET)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (WHOLE, -1102),
        (f"{WHOLE}&signature=", -1102),
        (f"{WHOLE}&signature={GOOD[:-1]}0", -1022),
        (f"signature={GOOD}&{WHOLE}", -1022),
        (f"{WHOLE}&signature=\u00e9", -1022),
    ],
)
def test_a_missing_wrong_or_misplaced_signature_is_refused(query: str, code: int) -> None:
    """No signature is -1102; a wrong one, or one that is not the last parameter, is -1022."""
    assert refused(post(query)) == code


def test_another_secret_is_refused() -> None:
    """The signature belongs to one secret alone."""
    assert refused(post(f"{WHOLE}&signature={GOOD}"), "other") == -1022


def test_the_window_defaults_to_five_seconds_and_ends_at_sixty() -> None:
    """recvWindow is 5000 unless sent, and anything outside 1..60000 is -1130."""
    stamp = ("timestamp", "1700000000000")
    assert window_of(Params([stamp])) == Window(1_700_000_000_000, 5_000)
    assert window_of(Params([stamp, ("recvWindow", "1500")])).window_ms == 1_500
    for wrong in ("0", "60001", "soon"):
        with pytest.raises(Denial) as caught:
            window_of(Params([stamp, ("recvWindow", wrong)]))
        assert caught.value.code == -1130
    with pytest.raises(Denial, match="timestamp"):
        window_of(Params([]))


@pytest.mark.parametrize(
    ("ahead_ms", "text"),
    [
        (999, None),
        (1_000, "Timestamp for this request was 1000ms ahead of the server's time."),
        (-5_000, None),
        (-5_001, "Timestamp for this request is outside of the recvWindow."),
    ],
)
def test_the_gateway_accepts_up_to_a_second_ahead_and_a_window_behind(ahead_ms: int, text: str | None) -> None:
    """A timestamp is good if it is under 1 s ahead and at most recvWindow behind; each side has its own text."""
    window = Window(NOW // 1_000 + ahead_ms, 5_000)
    if text is None:
        check_gateway(window, NOW)
        assert not window.ahead(NOW)
        return
    with pytest.raises(Denial) as caught:
        check_gateway(window, NOW)
    assert (caught.value.status, caught.value.code, caught.value.text) == (400, -1021, text)


def test_the_engine_judges_the_same_window_with_its_own_code() -> None:
    """What reached the gateway in time and the engine too late is -5028."""
    window = Window(NOW // 1_000, 1_000)
    check_engine(window, NOW + 1_000_999)
    with pytest.raises(Denial) as caught:
        check_engine(window, NOW + 1_001_000)
    assert (caught.value.code, caught.value.text) == (
        -5028,
        "Timestamp for this request is outside of the ME recvWindow.",
    )
