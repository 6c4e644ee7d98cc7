"""What a receipt says of a whole life, held against the venue's own book: every exit named, and the gain to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.history.asked import Fate
from seawall.history.exits import ExitKind
from seawall.history.receipt import Receipt, receipt
from seawall.model.ids import Side, SignalId, VenueName
from seawall.model.signal import Action, Stop, TakeProfit
from seawall.model.times import MINUTE, SECOND
from seawall.sagas.phase import Phase
from tests.adversary.stage import BINANCE, BYBIT, Stage, wrongs

VENUES = pytest.mark.parametrize("venue", [BINANCE, BYBIT])
SIDES = pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
LADDER = (TakeProfit(Decimal(50), percent=Decimal(1)), TakeProfit(Decimal(50), percent=Decimal(30)))


def told(stage: Stage, name: str = "a") -> Receipt:
    """The receipt of a signal, from what was recorded of it."""
    found = receipt([row for row in stage.recorded() if row.event.signal_id == SignalId(name)])
    assert found is not None
    return found


def earned(stage: Stage) -> Decimal:
    """What the settled balance has gained."""
    return stage.box.book.ledger.wallet(stage.account).balance - Decimal(100_000)


def opened(venue: VenueName, side: Side, ladder: tuple[TakeProfit, ...] | None = None) -> Stage:
    """A position behind its stop."""
    stage = Stage(venue)
    stage.send("a", side=side, take_profit=ladder)
    assert stage.until("a", Phase.PROTECTED)
    stage.run(most=2 * SECOND)
    return stage


def towards(stage: Stage, side: Side, percent: int) -> None:
    """The market goes so many percent with the position, against it below zero; and has time to act."""
    stage.jump(str(percent * side.sign))
    stage.run(most=20 * SECOND)


@VENUES
@SIDES
def test_a_whole_life_adds_up(venue: VenueName, side: Side) -> None:
    """A ladder, a part closed, the stop moved, a rung taken, the stop in the end: what was earned is the wallet's."""
    stage = opened(venue, side, LADDER)
    stage.send("part", action=Action.CLOSE, side=None, size=None, stop=None, percent=Decimal(20))
    stage.run(most=5 * SECOND)
    stage.send("move", action=Action.PROTECT, side=None, size=None, stop=Stop(percent=Decimal(2)))
    stage.run(most=20 * SECOND)
    towards(stage, side, 2)
    open_life = told(stage)
    assert open_life.asked.pending == ()
    assert [part.fate for part in open_life.asked.parts] == [Fate.DONE]
    assert [(move.fate, move.naked, move.detail) for move in open_life.asked.moves] == [(Fate.DONE, 0, "signal move")]
    assert [(rung.is_placed, rung.filled > 0) for rung in open_life.asked.ladder] == [(True, True), (True, False)]
    assert open_life.quantity - open_life.exit_quantity == abs(stage.held())
    towards(stage, side, -9)
    assert stage.calm()
    found = told(stage)
    assert list(dict.fromkeys(one.kind for one in found.exits)) == [ExitKind.CLOSE, ExitKind.TAKE_PROFIT, ExitKind.STOP]
    assert (found.exit_quantity, found.gain.unpriced) == (found.quantity, Decimal(0))
    assert found.gain.differs is None
    assert found.gain.realised is not None
    assert found.fees is not None
    assert abs(found.gain.realised - found.fees - earned(stage)) < Decimal("0.000001")
    assert wrongs(stage) == []


@VENUES
def test_a_liquidation_is_named_and_reckoned(venue: VenueName) -> None:
    """The venue takes all of it: the exit says so, at the venue's price."""
    stage = opened(venue, Side.BUY)
    stage.liquidate()
    stage.run(most=2 * MINUTE)
    found = told(stage)
    assert [(one.kind, one.quantity) for one in found.exits] == [(ExitKind.LIQUIDATION, found.quantity)]
    assert found.gain.realised is not None
    assert found.gain.unpriced == 0


@VENUES
def test_a_hand_that_closes_is_named_and_reckoned(venue: VenueName) -> None:
    """Somebody closes it in the app: another hand, with its price where its trades were read."""
    stage = opened(venue, Side.BUY)
    stage.hand(Side.SELL, abs(stage.held()))
    stage.run(most=2 * MINUTE)
    found = told(stage)
    assert [(one.kind, one.quantity) for one in found.exits] == [(ExitKind.HAND, found.quantity)]
    assert found.gain.realised is not None
