"""Times: counts of any unit and ISO text are one instant; what is neither is refused."""

from __future__ import annotations

import msgspec
import pytest

from seawall.intake.numbers import instant
from seawall.intake.problem import Objection

_AT = 1_795_448_052_000_000


@pytest.mark.parametrize(
    "written",
    [
        "1795448052",
        "1795448052.0",
        '"1795448052"',
        "1795448052000",
        "1795448052000000",
        "1795448052000000000",
        '"2026-11-23T15:34:12Z"',
        '"2026-11-23T15:34:12.000000+00:00"',
        '"2026-11-23 15:34:12"',
        '"2026-11-23T17:34:12+02:00"',
        '"20261123T153412Z"',
    ],
)
def test_one_instant_has_many_spellings(written: str) -> None:
    """Seconds, milliseconds, microseconds, nanoseconds, texts; without a zone it is UTC (incident I83)."""
    assert instant(msgspec.Raw(written.encode()), "ts", 0) == _AT


def test_parts_of_a_second_are_kept() -> None:
    """A fraction of a second, as Python's clock gives it, is read to the microsecond."""
    assert instant(msgspec.Raw(b"1795448052.123456"), "ts", 0) == _AT + 123_456
    assert instant(msgspec.Raw(b'"2026-11-23T15:34:12.5Z"'), "ts", 0) == _AT + 500_000


@pytest.mark.parametrize("written", ["", "null", '""'])
def test_no_time_is_now(written: str) -> None:
    """A field that is absent, null or empty takes the other instant."""
    assert instant(msgspec.Raw(written.encode()), "ts", 77) == 77


@pytest.mark.parametrize(
    "written",
    [
        "0",
        "12345",
        "-1795448052",
        "1e99",
        '"noon"',
        '"2026-13-01"',
        '"0001-01-01T00:00:00+23:59x"',
        "17954480520000000000000",
    ],
)
def test_what_is_no_instant_is_refused(written: str) -> None:
    """A count outside 2001 to 2286 and a text that is no date are refused with the field."""
    with pytest.raises(Objection) as caught:
        instant(msgspec.Raw(written.encode()), "ts", _AT)
    assert (caught.value.path, caught.value.right) == ("ts", _AT // 1_000_000)


@pytest.mark.parametrize("written", ["true", "[1]", '{"at": 1}', '"\\ud800"'])
def test_another_kind_of_value_is_refused(written: str) -> None:
    """A flag, a list, an object and half a character are no time."""
    with pytest.raises(Objection):
        instant(msgspec.Raw(written.encode()), "ts", _AT)
