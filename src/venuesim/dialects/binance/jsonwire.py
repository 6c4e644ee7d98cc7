"""JSON as Binance writes it: compact, keys in the order given, decimals as plain strings.

Numbers with a fraction are strings on this venue (binance.md 1.4), except in the leverage brackets, where they are JSON
numbers. A ``Decimal`` that reaches the encoder is therefore written as a number, digit for digit, and every other
amount is made a string by ``text`` first: that way no float is ever made of an amount.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from decimal import Decimal

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: object) -> bytes:
    """The value as compact JSON bytes; dicts keep their order."""
    return _ENCODER.encode(value)


def text(amount: Decimal) -> str:
    """An amount as the wire writes it: plain digits, never an exponent, no minus before a zero."""
    return format(amount or abs(amount), "f")


def trimmed(amount: Decimal) -> str:
    """An amount without trailing zeros after the point."""
    plain = text(amount)
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
