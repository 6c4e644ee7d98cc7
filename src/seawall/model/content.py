"""What a signal says, as one short text: equal for a repetition, different for another request under the same id.

A sender that heard no answer sends again, with the same id and the same content; that is a duplicate and harmless. The
same id with other content is a mistake of the sender's and must not pass for the first. When a signal was made and when
it came are not part of what it says: a repetition may carry a new time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import Field, fields, is_dataclass
from decimal import Decimal
from typing import Any

from seawall.model.amounts import plain
from seawall.model.signal import Signal

_NOT_CONTENT = ("made_at", "received_at")


def content_digest(signal: Signal) -> str:
    """The SHA-256, in hexadecimal, of the signal's content in one canonical spelling (0.10 and 0.1 are one amount)."""
    content = {name: value for name, value in _spelled(signal).items() if name not in _NOT_CONTENT}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _spelled(thing: object) -> dict[str, object]:
    """The fields of a dataclass that say something, amounts in plain digits, nested ones likewise. What stands at its
    default is left out, so that a field that the format gains does not change what older signals said.
    """
    assert is_dataclass(thing)
    said = {field.name: getattr(thing, field.name) for field in fields(thing) if not _is_default(thing, field)}
    return {name: _word(value) for name, value in said.items()}


def _is_default(thing: object, field: Field[Any]) -> bool:
    return bool(field.default == getattr(thing, field.name))


def _word(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return [_word(each) for each in value]
    return _spelled(value) if is_dataclass(value) else value
