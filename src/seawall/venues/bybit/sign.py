"""Who asks: key, time, window and signature in headers (bybit.md 1.1).

The signature is the lower-case hexadecimal HMAC-SHA256 of `timestamp + key + receive window + payload`, where the
payload is the query of a GET or the body of a POST exactly as it is sent; so a request is first written and then
signed, and must not be encoded a second time on its way. The private stream signs `GET/realtime` and the instant at
which the permission expires, which must lie ahead of the venue's clock (bybit.md 2.1).

The venue admits `server_time - window <= timestamp < server_time + 1 s`: a clock more than a second fast fails whatever
the window, so the timestamp is the venue time that the caller hands in, rounded down to its millisecond.
"""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import quote

import msgspec

from seawall.model.times import MILLISECOND, SECOND
from seawall.venues.port import Credentials, Headers, Request, Stamp

Params = tuple[tuple[str, str], ...]
Body = tuple[tuple[str, str | int | bool], ...]

STREAM_PERMISSION: Final = 10 * SECOND
"""How long an `auth` frame stays good: longer than a handshake takes, as the common clients choose (bybit.md 2.1)."""


def signature(secret: str, payload: str) -> str:
    """The lower-case hexadecimal HMAC-SHA256 of `payload` (test vectors: bybit.md 1.1)."""
    return hmac.digest(secret.encode(), payload.encode(), "sha256").hex()


class Signer:
    """Makes requests of the venue's three kinds: open to all, signed to read, and signed to act."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def public(self, path: str, params: Params = ()) -> Request:
        """A GET that anyone may send."""
        return Request("GET", _target(path, _encoded(params)))

    def read(self, path: str, params: Params, stamp: Stamp) -> Request:
        """A signed GET; it carries no body, which the venue would answer with 403 (bybit.md 1.1)."""
        query = _encoded(params)
        return Request("GET", _target(path, query), self._headers(query, stamp))

    def act(self, path: str, body: Body, stamp: Stamp) -> Request:
        """A signed POST of a JSON object whose fields stand in the order given."""
        text = msgspec.json.encode(dict(body)).decode()
        headers = (*self._headers(text, stamp), ("Content-Type", "application/json"))
        return Request("POST", path, headers, text.encode())

    def permission(self, venue_now: int) -> tuple[str, int, str]:
        """The three arguments of the stream's `auth`: key, expiry in venue milliseconds, signature."""
        expires = (venue_now + STREAM_PERMISSION) // MILLISECOND
        return self._credentials.key, expires, signature(self._credentials.secret, f"GET/realtime{expires}")

    def _headers(self, payload: str, stamp: Stamp) -> Headers:
        timestamp, window = stamp.venue_now // MILLISECOND, stamp.window // MILLISECOND
        signed = f"{timestamp}{self._credentials.key}{window}{payload}"
        return (
            ("X-BAPI-API-KEY", self._credentials.key),
            ("X-BAPI-TIMESTAMP", str(timestamp)),
            ("X-BAPI-RECV-WINDOW", str(window)),
            ("X-BAPI-SIGN", signature(self._credentials.secret, signed)),
        )


def _encoded(params: Params) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in params)


def _quoted(text: str) -> str:
    return text if text.isalnum() and text.isascii() else quote(text, safe="")


def _target(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
