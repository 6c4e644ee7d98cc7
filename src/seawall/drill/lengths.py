"""Lengths of time as a page writes them: "300 ms", "2.5 s", "1 min". Inside they are microseconds, as everywhere."""

from __future__ import annotations

import re
from decimal import Decimal

from seawall.model.times import MILLISECOND, MINUTE, SECOND, Duration

_UNITS = {"us": 1, "ms": MILLISECOND, "s": SECOND, "min": MINUTE}
_FORM = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) ?(us|ms|s|min)")


class Length(int):
    """A length of time in microseconds that is written with its unit."""

    __slots__ = ()

    def __str__(self) -> str:
        return written(self)


def read(text: object) -> Length:
    """A length as written; ValueError says what was expected and what came."""
    found = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"expected a time with its unit, like '300 ms', '2.5 s' or '1 min', got {text!r}")
    return Length(int(Decimal(found[1]) * _UNITS[found[2]]))


def written(length: Duration) -> str:
    """A length in the largest unit that leaves a whole number: 2500000 is "2500 ms"."""
    for unit in ("min", "s", "ms"):
        if length and length % _UNITS[unit] == 0:
            return f"{length // _UNITS[unit]} {unit}"
    return f"{int(length)} us" if length else "0 s"
