"""Cases a longer way along: entries whose answer was lost and rounds that do not see them; stops to be moved; ways home.

Times are milliseconds after T0.
"""

from __future__ import annotations

from typing import Any

from seawall.model import inputs as inp
from seawall.model.acts import Outcome
from seawall.model.events import EndReason
from seawall.model.reports import Source
from seawall.model.times import SECOND
from seawall.model.venue import Traits
from seawall.sagas.judgement import Verdict, entry_verdict
from tests.sagas.builders import (
    BINANCE,
    BOUNDS,
    BYBIT,
    SYMBOL,
    Case,
    Phase,
    entering,
    fill,
    ms,
    naked,
    order,
    percent,
    position,
    signal,
    stop,
)

STREAM = Source.STREAM
HORIZON = (BOUNDS.receive_window + BOUNDS.margin) // 1_000
LAG = BOUNDS.read_lag // 1_000


def verdict(case: Case) -> Verdict:
    """The verdict on the latest attempt."""
    return entry_verdict(case.state, case.state.attempts[-1], case.around)


def unheard(traits: Traits = BINANCE, **given: Any) -> Case:
    """An entry whose answer was lost; the signal is good for an hour, so that age decides nothing here."""
    case = entering(signal(max_age=3_600 * SECOND), traits, **given)
    case.given["may_enter"] = False
    case.at(50, inp.ActAnswered(case.entry, SYMBOL, Outcome.UNKNOWN, ms(10), ms(50)))
    return case


def absent(**given: Any) -> Case:
    """Two rounds past the horizon, a lag apart."""
    case = unheard(**given)
    case.misses(HORIZON + 1)
    case.misses(HORIZON + 1 + LAG)
    return case


def doubted(until: float, *, first: float = 1_000, every: float = 5_000, **given: Any) -> Case:
    """Rounds that all miss the entry, from `first` on, the last begun at `until`."""
    case = unheard(BYBIT, **given)
    at = first
    while at < until:
        case.misses(at)
        at += every
    case.misses(until)
    return case


def provisional(price: str) -> Case:
    """A percent stop live at its provisional trigger, then the whole fill at a price."""
    case = entering(percent(5))
    case.hears(100, position(27, 100, told=100, source=STREAM))
    case.answers(150, case.newest_stop.client_id)
    case.hears(200, stop(case.newest_stop.client_id, at=200, trigger=case.newest_stop.trigger))
    case.hears(300, fill(case.entry, price=price, at=300, told=100), order(case.entry, filled=27, at=300, told=100))
    return case


def closing_by_timer() -> Case:
    """A way home begun by the naked timer, its first close out and unanswered."""
    case = naked()
    case.wakes_until(5_100)
    assert (case.phase(), case.state.end) == (Phase.CLOSING, EndReason.NAKED_TOO_LONG)
    return case
