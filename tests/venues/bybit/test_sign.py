"""Signatures against the vectors of the venue book (bybit.md 1.1)."""

from __future__ import annotations

from urllib.parse import urlsplit

from seawall.venues.bybit.sign import Signer, signature
from seawall.venues.port import Credentials, Request, Stamp
from tests.venues.bybit.given import CODEC, KEY, SECRET, STAMP, SUBMIT, request_of

BOOK = Stamp(venue_now=1_700_000_000_000_999, window=5_000_000)
SIGNER = Signer(Credentials(KEY, SECRET))


def header(request: Request, name: str) -> str:
    """One header of a request."""
    return dict(request.headers)[name]


def test_signed_get_is_the_books() -> None:
    """The query of a GET is signed exactly as it is sent."""
    request = SIGNER.read("/v5/position/list", (("category", "linear"), ("symbol", "BTCUSDT")), BOOK)
    assert request.target == "/v5/position/list?category=linear&symbol=BTCUSDT"
    assert header(request, "X-BAPI-SIGN") == "f2f79889fd1201752936b389c890e9d393e01e0311a6d8785fb80753aa26c69b"


def test_signed_post_is_the_books() -> None:
    """The body of a POST is signed exactly as it is sent, compact and in the order given."""
    body = (
        ("category", "linear"),
        ("symbol", "BTCUSDT"),
        ("side", "Buy"),
        ("orderType", "Market"),
        ("qty", "0.001"),
        ("orderLinkId", "abc-1"),
    )
    request = SIGNER.act("/v5/order/create", body, BOOK)
    assert header(request, "X-BAPI-SIGN") == "a90921ba9cb1c51bfb2fdb391772f1abe29f9e31a608352525a93765bfb6a101"


def test_stream_permission_is_the_books() -> None:
    """The stream's permission signs GET/realtime and an instant that lies 10 s ahead of the venue's clock."""
    key, expires, signed = SIGNER.permission(1_700_000_000_000_000)
    assert (key, expires) == (KEY, 1_700_000_010_000)
    assert signed == "6a806639d27b1c24c3808a191e9d0274d0c9d3a04a160233856d65840dfda2c8"


def test_times_go_out_as_whole_milliseconds() -> None:
    """Timestamp and window are rounded down, since a timestamp ahead of the venue's clock is refused."""
    request = SIGNER.read("/v5/account/info", (), BOOK)
    assert (header(request, "X-BAPI-TIMESTAMP"), header(request, "X-BAPI-RECV-WINDOW")) == ("1700000000000", "5000")
    assert request.target == "/v5/account/info"


def test_a_get_has_no_body_and_a_post_no_query() -> None:
    """A GET with a body is answered with 403, and what stands in a POST's query is not signed."""
    asked = SIGNER.read("/v5/order/realtime", (("category", "linear"),), STAMP)
    acted = request_of(SUBMIT)
    assert asked.body == b""
    assert urlsplit(acted.target).query == ""
    assert header(acted, "Content-Type") == "application/json"


def test_unusual_symbols_are_encoded_before_signing() -> None:
    """A symbol outside ASCII is percent-encoded, and the signature covers the encoded text."""
    request = SIGNER.read("/v5/position/list", (("symbol", "币安USDT"),), BOOK)
    query = urlsplit(request.target).query
    assert query == "symbol=%E5%B8%81%E5%AE%89USDT"
    assert header(request, "X-BAPI-SIGN") == signature(SECRET, f"1700000000000{KEY}5000{query}")


def test_secret_is_nowhere_in_what_leaves() -> None:
    """Neither headers nor body nor the credentials' own words show the secret."""
    request = request_of(SUBMIT)
    assert SECRET not in f"{request}{CODEC.opening_frames(STAMP)}{Credentials(KEY, SECRET)}"
