"""What a signal says, as one short text: equal for a repetition, different for another request under the same id.

A sender that heard no answer sends again, with the same id and the same content; that is a duplicate and harmless. The
same id with other content is a mistake of the sender's and must not pass for the first. When a signal was made and when
it came are not part of what it says: a repetition may carry a new time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from decimal import Decimal

from seawall.model.amounts import plain
from seawall.model.signal import Signal

_NOT_CONTENT = ("made_at", "received_at")


def content_digest(signal: Signal) -> str:
    """The SHA-256, in hexadecimal, of the signal's content in one canonical spelling (0.10 and 0.1 are one amount)."""
    content = {name: value for name, value in _spelled(signal).items() if name not in _NOT_CONTENT}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _spelled(thing: object) -> dict[str, object]:
    """The fields of a dataclass, amounts in plain digits, nested ones likewise."""
    assert is_dataclass(thing)
    return {field.name: _word(getattr(thing, field.name)) for field in fields(thing)}


def _word(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    return _spelled(value) if is_dataclass(value) else value
