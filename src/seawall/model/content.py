"""What a signal says, as one short text: equal for a repetition, different for another request under the same id.

A sender that heard no answer sends again, with the same id and the same content; that is a duplicate and harmless. The
same id with other content is a mistake of the sender's and must not pass for the first. When a signal was made and when
it came are not part of what it says: a repetition may carry a new time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from decimal import Decimal
from functools import lru_cache

from seawall.model.amounts import plain
from seawall.model.signal import Signal, Size, Stop, TakeProfit

_NOT_CONTENT = ("made_at", "received_at")
_REMEMBERED = 64
"""Signals whose digest is remembered: the door and the record ask for the same one within a few milliseconds."""
_DEFAULTS = {
    kind: tuple((field.name, field.default) for field in fields(kind)) for kind in (Signal, Size, Stop, TakeProfit)
}
"""The fields of each part of a signal, with what they say by default."""
_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


@lru_cache(_REMEMBERED)
def content_digest(signal: Signal) -> str:
    """The SHA-256, in hexadecimal, of the signal's content in one canonical spelling (0.10 and 0.1 are one amount)."""
    content = {name: value for name, value in _spelled(signal).items() if name not in _NOT_CONTENT}
    return hashlib.sha256(_encoder.encode(content).encode()).hexdigest()


def _spelled(thing: Signal | Size | Stop | TakeProfit) -> dict[str, object]:
    """The fields that say something, amounts in plain digits, nested ones likewise. What stands at its default is left
    out, so that a field that the format gains does not change what older signals said.
    """
    said = ((name, getattr(thing, name), default) for name, default in _DEFAULTS[type(thing)])
    return {name: _word(value) for name, value, default in said if value != default}


def _word(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return [_word(each) for each in value]
    return _spelled(value) if isinstance(value, Size | Stop | TakeProfit) else value
