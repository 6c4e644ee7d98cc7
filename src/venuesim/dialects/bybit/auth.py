"""Who asks, and whether he signed it in time (bybit.md 1.1).

The signed text is ``timestamp + apiKey + recvWindow + payload``, where the payload is the raw query string of a GET
and the raw body of a POST, both exactly as sent. The signature is the lower-case hexadecimal HMAC-SHA256. A request
is in time while ``server_time - recv_window <= timestamp < server_time + 1000``: a clock more than a second fast
fails however wide the window. ``X-BAPI-SIGN-TYPE`` is sent by some clients and not by others; it is not looked at.

A private or trade socket signs ``GET/realtime`` and the instant its permission expires; that instant must lie ahead.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from venuesim.dialects.bybit.errors import Denial, parameter

if TYPE_CHECKING:
    from venuesim.wire import Request

DEFAULT_WINDOW_MS: Final = 5_000
AHEAD_MS: Final = 1_000
_LONGEST: Final = 18


class Credentials(Struct, frozen=True):
    """What the headers of one signed request say; times in venue milliseconds."""

    key: str
    timestamp_ms: int
    window_ms: int
    signature: str


def signature_of(secret: str, signed: str | bytes) -> str:
    """The lower-case hexadecimal HMAC-SHA256 of the signed text."""
    payload = signed.encode() if isinstance(signed, str) else signed
    return hmac.digest(secret.encode(), payload, "sha256").hex()


def credentials_of(request: Request) -> Credentials:
    """The X-BAPI headers; 10001 when one is missing or no number, as far as a number is expected."""
    key = request.header("X-BAPI-API-KEY") or ""
    timestamp = request.header("X-BAPI-TIMESTAMP") or ""
    signature = request.header("X-BAPI-SIGN") or ""
    if not (key and timestamp and signature):
        raise parameter(f"empty value: apiTimestamp[{timestamp}] apiKey[{key}] apiSignature[{signature}]")
    window = request.header("X-BAPI-RECV-WINDOW") or str(DEFAULT_WINDOW_MS)
    if not all(number.isdecimal() and len(number) <= _LONGEST for number in (timestamp, window)):
        raise parameter(f"invalid value: apiTimestamp[{timestamp}] recvWindow[{window}]")
    return Credentials(key, int(timestamp), int(window), signature)


def signed_text(request: Request, given: Credentials) -> bytes:
    """The bytes the client must have signed."""
    query = request.target.partition("?")[2].encode()
    payload = query if request.method == "GET" else request.body
    window = request.header("X-BAPI-RECV-WINDOW") or str(DEFAULT_WINDOW_MS)
    return f"{given.timestamp_ms}{given.key}{window}".encode() + payload


def check_signature(request: Request, given: Credentials, secret: str) -> None:
    """Raise 10004, which echoes the signed text, when the signature is another one."""
    expected = signed_text(request, given)
    if not hmac.compare_digest(signature_of(secret, expected).encode(), given.signature.encode()):
        raise Denial(10004, expected.decode(errors="replace"))


def check_window(timestamp_ms: int, window_ms: int, now: int) -> None:
    """Raise 10002, which tells the venue's time, when ``now`` (µs) lies outside the window."""
    server_ms = now // 1_000
    if not server_ms - window_ms <= timestamp_ms < server_ms + AHEAD_MS:
        raise Denial(10002, str(timestamp_ms), str(server_ms), str(window_ms))


def socket_signature(secret: str, expires_ms: int) -> str:
    """What the third argument of a socket's ``auth`` must be (bybit.md 2.1)."""
    return signature_of(secret, f"GET/realtime{expires_ms}")


def socket_expiry(value: object) -> int:
    """The expiry of an ``auth`` frame in venue ms, number or string (ccxt sends a string); 10001 for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isdecimal() and len(value) <= _LONGEST:
        return int(value)
    raise parameter(f"Params Error: expires expected ms as a number, got {value!r}")
