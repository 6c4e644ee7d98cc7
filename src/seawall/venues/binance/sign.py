"""Who asks: the key in a header, the time and the signature at the end of the query (binance.md 1.2).

The signature is the hexadecimal HMAC-SHA256 of the query exactly as it is sent, so the target that leaves here must
not be encoded a second time on its way. All parameters travel in the query, whatever the method; the venue takes them
there for every verb, and then no join with a body can go wrong. Symbols outside ASCII exist: they are percent-encoded
as UTF-8 before signing.
"""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import quote

from seawall.model.times import MILLISECOND
from seawall.venues.port import Credentials, Request, Stamp

Params = tuple[tuple[str, str], ...]

KEY_HEADER: Final = "X-MBX-APIKEY"


def signature(secret: str, payload: str) -> str:
    """The lower-case hexadecimal HMAC-SHA256 of `payload` (test vector: binance.md 1.2)."""
    return hmac.digest(secret.encode(), payload.encode(), "sha256").hex()


class Signer:
    """Makes requests of the venue's three kinds: open to all, with the key alone, and signed."""

    def __init__(self, credentials: Credentials) -> None:
        self._key = credentials.key
        self._secret = credentials.secret
        self._headers = ((KEY_HEADER, credentials.key),)

    def public(self, path: str, params: Params = ()) -> Request:
        """A GET that anyone may send."""
        return Request("GET", _target(path, _encoded(params)))

    def keyed(self, method: str, path: str) -> Request:
        """A request with the key and no signature: the listenKey's verbs (binance.md 1.4)."""
        return Request(method, path, self._headers)

    def signed(self, method: str, path: str, params: Params, stamp: Stamp) -> Request:
        """A request that acts within `stamp.window` (µs) of `stamp.venue_now`; both go out as whole milliseconds."""
        query = _encoded((*params, *_timing(stamp)))
        return Request(method, _target(path, f"{query}&signature={signature(self._secret, query)}"), self._headers)

    def framed(self, params: Params, stamp: Stamp) -> dict[str, str]:
        """All parameters of one frame with its signature: over their names in order, joined as they are (2)."""
        given = {**dict((*params, *_timing(stamp))), "apiKey": self._key}
        payload = "&".join(f"{name}={given[name]}" for name in sorted(given))
        return {**given, "signature": signature(self._secret, payload)}


def _timing(stamp: Stamp) -> Params:
    return (
        ("recvWindow", str(stamp.window // MILLISECOND)),
        ("timestamp", str(stamp.venue_now // MILLISECOND)),
    )


def _encoded(params: Params) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in params)


def _quoted(text: str) -> str:
    return text if text.isalnum() and text.isascii() else quote(text, safe="")


def _target(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
