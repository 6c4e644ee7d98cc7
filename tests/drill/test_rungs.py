"""How long a lie about orders may be believed, and that nothing else is waited for."""

from __future__ import annotations

from seawall.drill import scenario
from seawall.drill.loader import load
from seawall.model.ids import VenueName
from seawall.model.times import MINUTE, Bounds

PAGE = """
title = "Two take-profits, and nothing said of them"
venues = ["bybit"]

[signal]
size = 100
take_profit = [{ pct = 2, share = 50 }, { pct = 4, share = 50 }]

[[fault]]
fault = "stream_drop"
call = "stream.order"
until = "10 s"

[must]
end = "protected"
"""
LIE = """
[[fault]]
fault = "wrong_status"
call = "order.get"
nth = 3
times = 3
ended = "REJECTED"
"""


def played(text: str) -> scenario.Outcome:
    """What a page comes to on Bybit."""
    return scenario.play(load(text), VenueName.BYBIT, 1)


def lasted(outcome: scenario.Outcome) -> int:
    """How long after the signal the last thing was recorded."""
    return outcome.history[-1].at - outcome.began


def test_where_a_read_lied_the_book_is_waited_for() -> None:
    """Take-profits laid beside those that were called rejected are found out when it is read again."""
    outcome = played(PAGE + LIE)
    assert outcome.breaches == []
    assert lasted(outcome) > Bounds().books_reread - MINUTE


def test_where_nothing_lied_nothing_is_waited_for() -> None:
    """The same page with honest reads ends after its calm."""
    outcome = played(PAGE)
    assert outcome.breaches == []
    assert lasted(outcome) < Bounds().books_reread - MINUTE
