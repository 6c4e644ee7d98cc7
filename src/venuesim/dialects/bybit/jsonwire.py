"""JSON as Bybit writes it, and the envelope every REST reply wears.

All prices, sizes, values and the instants inside lists are strings on this venue; only a short list of fields are
numbers or booleans (bybit.md 1.2). Amounts are made strings by ``text`` before they reach the encoder, so that no float
is ever made of one, and a body that arrives is read with ``parse_float=Decimal`` for the same reason.

The envelope is ``{"retCode", "retMsg", "result", "retExtInfo", "time"}``. Success is spelled ``OK`` here; the venue has
four spellings and a client must look at ``retCode`` alone, so the switch ``success_text`` draws another one.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Final

import msgspec

from venuesim.wire import Reply

JSON_HEADERS: Final = (("content-type", "application/json"),)
HttpHeaders = tuple[tuple[str, str], ...]


def encode(value: object) -> bytes:
    """The value as compact JSON bytes; dicts keep their order."""
    return msgspec.json.encode(value)


def encode_text(value: object) -> str:
    """The value as compact JSON text, for a frame."""
    return msgspec.json.encode(value).decode()


def decode(body: bytes | str) -> object:
    """The JSON value of a body or frame, fractions as Decimal; raises ValueError when it is none."""
    return json.loads(body, parse_float=Decimal)


def text(amount: Decimal) -> str:
    """An amount as the wire writes it: plain digits, never an exponent, no minus before a zero."""
    return format(amount or abs(amount), "f")


def trimmed(amount: Decimal) -> str:
    """An amount without trailing zeros after the point."""
    plain = text(amount)
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def at_scale(amount: Decimal, like: Decimal) -> str:
    """An amount with exactly the decimals of ``like``, which must not be coarser than the amount itself."""
    return text(amount.quantize(like))


def traded_at(price: Decimal, tick: Decimal) -> str:
    """The price of a trade with the decimals of the tick; with its own where a tick that came later is coarser."""
    return trimmed(price) if price % tick else at_scale(price, tick)


def ms(at: int) -> str:
    """An instant in µs as the venue's string of milliseconds."""
    return str(at // 1_000)


def envelope(now: int, result: object, code: int = 0, message: str = "OK", ext: object = None) -> dict[str, object]:
    """The reply body of a call that is answered at ``now`` µs (bybit.md 1.2)."""
    return {
        "retCode": code,
        "retMsg": message,
        "result": result,
        "retExtInfo": {} if ext is None else ext,
        "time": now // 1_000,
    }


def json_reply(body: object, headers: HttpHeaders = (), status: int = 200) -> Reply:
    """A reply with a JSON body; business errors too come with HTTP 200 (bybit.md 1.2)."""
    return Reply(status, (*JSON_HEADERS, *headers), encode(body))
