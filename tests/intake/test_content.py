"""The content of a signal: a repetition has the same, another request under the same id has not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from seawall.model.content import content_digest
from seawall.model.ids import Account, Side, SignalId, Symbol
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop, TriggerBy

_SIGNAL = Signal(
    id=SignalId("a"),
    account=Account("alpha"),
    symbol=Symbol("VELVETUSDT"),
    action=Action.OPEN,
    made_at=1,
    received_at=2,
    side=Side.SELL,
    size=Size(SizeUnit.BASE, Decimal("27.0")),
    stop=Stop(percent=Decimal(3)),
)


def test_when_it_came_is_not_what_it_says() -> None:
    """A repetition with a new time, and an amount spelled otherwise, has the same content."""
    again = replace(_SIGNAL, made_at=8, received_at=9, size=Size(SizeUnit.BASE, Decimal("2.7E1")))
    assert content_digest(again) == content_digest(_SIGNAL)


@pytest.mark.parametrize(
    "change",
    [
        {"account": Account("beta")},
        {"symbol": Symbol("BTCUSDT")},
        {"action": Action.CLOSE},
        {"side": Side.BUY},
        {"size": Size(SizeUnit.QUOTE, Decimal(27))},
        {"size": None},
        {"stop": Stop(price=Decimal(3))},
        {"stop": Stop(percent=Decimal(3), trigger_by=TriggerBy.LAST)},
        {"leverage": Decimal(2)},
        {"tag": "x"},
    ],
)
def test_whatever_else_differs_is_other_content(change: dict[str, object]) -> None:
    """Each field that a user can set makes a different request."""
    assert content_digest(replace(_SIGNAL, **change)) != content_digest(_SIGNAL)  # type: ignore[arg-type]


def test_the_digest_is_the_same_in_every_process() -> None:
    """The digest is kept for ever, so it depends on nothing but the content."""
    assert content_digest(_SIGNAL) == content_digest(replace(_SIGNAL))
    assert len(content_digest(_SIGNAL)) == 64
