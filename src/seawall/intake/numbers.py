"""Amounts and times as people and their charting programs write them: exact, or refused.

A number is read from the characters that came, never through binary floating point: 0.1 and "0.1" are both one tenth.
"NaN", "Infinity", "1_000", "1,5", hexadecimals and exponents of more than two digits are nobody's prices.

An instant may be a count of seconds, milliseconds, microseconds or nanoseconds since 1970 (its size tells which), or
ISO 8601 text; without a zone it is UTC (incident I83: a time as text stopped every signal of a bot).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from seawall.intake.problem import Objection, shown
from seawall.model.amounts import ZERO
from seawall.model.times import Instant

_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DIGITS = 30
_UNITS = ((9, 1_000_000), (12, 1_000), (15, 1))
"""(digits less one of a count of this unit between 2001 and 2286, microseconds in one of it)."""
_NANOSECOND_DIGITS = 18
_INSTANT = "seconds, milliseconds or microseconds since 1970, or ISO 8601 text"


def text_of(raw: msgspec.Raw, path: str) -> str:
    """A JSON string's or number's own characters; empty for a field that is absent or null, and for a blank text."""
    value = bytes(raw).decode("utf-8", "replace").strip()
    if value in ("", "null"):
        return ""
    if value.startswith('"'):
        return _decoded(value, path)
    if value[0] in "{[tf":
        raise Objection("wrong_type", path, "a number", shown(value), "1")
    return value


def _decoded(value: str, path: str) -> str:
    """A JSON string's characters; half a surrogate pair is none."""
    try:
        return msgspec.json.decode(value.encode(), type=str).strip()
    except msgspec.DecodeError as error:
        raise Objection("bad_value", path, "a text", f"{shown(value)} ({error})", "1") from error


def _is_text(raw: msgspec.Raw) -> bool:
    """Whether a text came: an empty one is a blank that nobody filled in, which is not the same as no field."""
    return bytes(raw).strip().startswith(b'"')


def amount(
    raw: msgspec.Raw, path: str, right: str, most: Decimal | None = None, *, or_zero: bool = False
) -> Decimal | None:
    """An amount above zero, or zero too, at most `most`; None for a field that is absent or null."""
    text = text_of(raw, path)
    least = "of at least 0" if or_zero else "above 0"
    expected = f"a plain number {least}" if most is None else f"a plain number {least} and at most {most}"
    if not text and _is_text(raw):
        raise Objection("bad_value", path, expected, "an empty text", right)
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise Objection("bad_value", path, expected, shown(text), right)
    number = Decimal(text)
    if number == 0 and or_zero:
        return ZERO
    if number <= 0 or (most is not None and number > most) or abs(number.adjusted()) > _MOST_DIGITS:
        raise Objection("bad_value", path, expected, shown(text), right)
    return number


def instant(raw: msgspec.Raw, path: str, otherwise: Instant) -> Instant:
    """An instant in microseconds; `otherwise` for a field that is absent, null or a blank text."""
    text = text_of(raw, path)
    if not text:
        return otherwise
    found = _counted(text) if _NUMBER.fullmatch(text) else _written(text)
    if found is None:
        raise Objection("bad_value", path, _INSTANT, shown(text), otherwise // 1_000_000)
    return found


def _counted(text: str) -> Instant | None:
    """A count since 1970, whose number of digits says of what; None for one that lies outside 2001 to 2286."""
    number = Decimal(text)
    if number.adjusted() == _NANOSECOND_DIGITS:
        return int(number) // 1_000
    return next((int(number * size) for digits, size in _UNITS if number > 0 and number.adjusted() == digits), None)


def _written(text: str) -> Instant | None:
    """ISO 8601 text; None for any other."""
    try:
        at = datetime.fromisoformat(text)
        since = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)) - _EPOCH
    except (ValueError, OverflowError):
        return None
    return since // timedelta(microseconds=1)
