"""Who asks, and whether he signed it in time (binance.md 1.2).

The signature is the hexadecimal HMAC-SHA256 of the query string immediately followed by the body, with no ``&`` at the
join, without the ``signature`` parameter, which must be the last. The gateway then judges the time: a timestamp is good
if it is less than one second ahead of the venue and at most ``recvWindow`` behind it (-1021). The matching engine
judges the same window a second time, with its own code (-5028), on order placing alone: ``Window`` carries what it
needs there.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from venuesim.dialects.binance.errors import AHEAD_TEXT, Denial
from venuesim.dialects.binance.params import body_of, query_of

if TYPE_CHECKING:
    from venuesim.dialects.binance.params import Params
    from venuesim.wire import Request

DEFAULT_WINDOW_MS: Final = 5_000
LARGEST_WINDOW_MS: Final = 60_000
AHEAD_MS: Final = 1_000
KEY_HEADER: Final = "X-MBX-APIKEY"
_MARK: Final = "signature="


class Window(Struct, frozen=True):
    """The span of venue time in which a signed request may act; both in venue milliseconds."""

    timestamp_ms: int
    window_ms: int

    def expired(self, now: int) -> bool:
        """Whether the venue's clock (µs) has left the window behind."""
        return now // 1_000 - self.timestamp_ms > self.window_ms

    def ahead(self, now: int) -> bool:
        """Whether the timestamp is a second or more ahead of the venue's clock (µs)."""
        return self.timestamp_ms >= now // 1_000 + AHEAD_MS


def signature_of(secret: str, payload: str) -> str:
    """The lower-case hexadecimal HMAC-SHA256 of the payload."""
    return hmac.digest(secret.encode(), payload.encode(), "sha256").hex()


def _cut(encoded: str) -> tuple[str, str | None]:
    """A form-encoded text without its closing signature, and that signature; -1022 when it is not the last."""
    start = 0 if encoded.startswith(_MARK) else encoded.find("&" + _MARK)
    if start < 0:
        return encoded, None
    signature = encoded[start:].removeprefix("&").removeprefix(_MARK)
    if "&" in signature:
        raise Denial(-1022)
    return encoded[:start], signature


def check_signature(request: Request, secret: str) -> None:
    """Raise -1102 without a signature, -1022 when it is not the one of this secret over these bytes."""
    query, in_query = _cut(query_of(request))
    body, in_body = _cut(body_of(request))
    check_signed(query + body, in_query if in_query is not None else in_body, secret)


def check_signed(payload: str, given: str | None, secret: str) -> None:
    """Raise -1102 without a signature, -1022 when it is not the one of this secret over this payload."""
    if not given:
        raise Denial(-1102, "signature")
    if not hmac.compare_digest(signature_of(secret, payload).encode(), given.lower().encode()):
        raise Denial(-1022)


def window_of(params: Params) -> Window:
    """The window the request asks for; -1102 without a timestamp, -1130 for a recvWindow out of range."""
    params.text("signature")
    timestamp = params.require_integer("timestamp")
    asked = params.integer("recvWindow")
    if asked is None:
        asked = DEFAULT_WINDOW_MS
    if not 0 < asked <= LARGEST_WINDOW_MS:
        raise Denial(-1130, "recvWindow")
    return Window(timestamp, asked)


def check_gateway(window: Window, now: int) -> None:
    """The gateway's judgement at the venue's time ``now`` (µs): -1021 with one of its two texts."""
    if window.ahead(now):
        raise Denial(-1021, text=AHEAD_TEXT)
    if window.expired(now):
        raise Denial(-1021)


def check_engine(window: Window, now: int) -> None:
    """The matching engine's judgement of the same window at ``now`` (µs): -5028 (binance.md 0.1 fact 5)."""
    if window.expired(now):
        raise Denial(-5028)
