"""Desks a little way along: an entry out, a position protected. Times are milliseconds after T0."""

from __future__ import annotations

from typing import Any

from seawall.model import inputs as inp
from seawall.model.acts import Outcome, Reason
from seawall.model.ids import ClientId, SignalId
from seawall.model.signal import Action
from seawall.sagas.phase import Phase
from tests.engine.builders import Bench
from tests.sagas.builders import (
    SYMBOL,
    D,
    fill,
    ms,
    order,
    signal,
    stop,
)


def answered(
    bench: Bench, after: float, name: ClientId, outcome: Outcome = Outcome.ACKNOWLEDGED, reason: Reason = Reason.NONE
) -> None:
    """The answer to an act."""
    bench.step(after, inp.ActAnswered(name, SYMBOL, outcome, ms(after - 10), ms(after), reason))


def entry(bench: Bench) -> ClientId:
    """The latest entry's name."""
    return bench.saga.state.attempts[-1].client_id


def newest_stop(bench: Bench) -> Any:
    """The stop intended last."""
    return max(bench.saga.state.stops.values(), key=lambda facts: facts.n)


def entering(**settings: Any) -> Bench:
    """A desk whose entry has left at 0."""
    bench = Bench(**settings).ready()
    bench.receives(0)
    assert bench.phase() is Phase.ENTERING
    return bench


def protected(**settings: Any) -> Bench:
    """A desk with a protected position."""
    bench = entering(**settings)
    answered(bench, 50, entry(bench))
    bench.hears(100, fill(entry(bench), at=100), order(entry(bench), filled=27, at=100))
    answered(bench, 150, newest_stop(bench).client_id)
    bench.hears(200, stop(newest_stop(bench).client_id, at=200, trigger=D("0.1900")))
    assert bench.phase() is Phase.PROTECTED
    return bench


def close(after: float, **more: Any) -> inp.SignalReceived:
    """A signal that asks to close the slot."""
    asked = signal(
        id=SignalId("close-1"), action=Action.CLOSE, size=None, stop=None, side=None, made_at=ms(after), **more
    )
    return inp.SignalReceived(ms(after), asked)
