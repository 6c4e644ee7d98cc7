"""The checks of an end catch what they are for: each is shown a venue on which the thing has happened."""

from __future__ import annotations

from decimal import Decimal

from seawall.drill.checks import breaches, on_slot
from seawall.model.ids import Account, Side, SignalId, Symbol
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.phase import Phase
from venuesim.exchange import Exchange
from venuesim.facts import Side as VenueSide
from venuesim.judge import Verdict

START = 1_795_000_000_000_000
ACCOUNT, SYMBOL = Account("main"), Symbol("BTCUSDT")


def state(phase: Phase) -> SagaState:
    """A signal that the journal says stands there."""
    size, stop = Size(SizeUnit.QUOTE, Decimal(500)), Stop(percent=Decimal(5))
    signal = Signal(SignalId("s"), ACCOUNT, SYMBOL, Action.OPEN, START, START, "test", Side.BUY, size, stop)
    return SagaState(signal, phase)


def traded(*trades: tuple[VenueSide, str]) -> Verdict:
    """What the judge says of trades of another hand, made one after another without any stop."""
    box = Exchange("binance", seed=1, start=START)
    box.open_account("main", key="k", secret="s", balance=Decimal(100_000))
    for number, (side, quantity) in enumerate(trades):
        box.trade_by_hand("main", "BTCUSDT", side, Decimal(quantity), START + number)
    return box.judge(START + 1_000_000)


def test_a_naked_position_is_a_breach() -> None:
    """A position without a stop is named, whatever the journal says."""
    found = list(breaches(traded((VenueSide.BUY, "0.01")), state(Phase.PROTECTED), spares=True))
    assert found == ["0.010 naked at the end"]


def test_a_second_entry_is_a_breach() -> None:
    """An order that adds to the position counts as one entry too many."""
    verdict = traded((VenueSide.BUY, "0.01"), (VenueSide.BUY, "0.01"))
    assert "1 entries too many" in list(breaches(verdict, state(Phase.PROTECTED), spares=True))


def test_a_position_turned_over_is_a_breach() -> None:
    """A close that goes through zero opens the other side, and both are named."""
    verdict = traded((VenueSide.BUY, "0.01"), (VenueSide.SELL, "0.02"))
    found = list(breaches(verdict, state(Phase.FLAT), spares=True))
    assert {"an opposite position", "2 positions for one signal", "journal says flat, the venue holds a position"} <= {
        *found
    }


def test_an_end_that_is_none_is_a_breach() -> None:
    """A signal that is still under way has not ended, and one that stands open with nothing at the venue lies."""
    assert list(breaches(traded(), state(Phase.ENTERING), spares=True)) == ["no end: entering"]
    assert list(breaches(traded(), state(Phase.PROTECTED), spares=True)) == [
        "journal says protected, the venue is flat"
    ]


def test_a_position_of_no_signal_is_a_breach() -> None:
    """What stands at the venue without any signal is named; on another slot it is nobody's affair."""
    verdict = traded((VenueSide.BUY, "0.01"))
    assert "something is open and no signal answers for it" in list(breaches(verdict, None, spares=True))
    assert list(breaches(on_slot(verdict, ACCOUNT, Symbol("ETHUSDT")), None, spares=True)) == []
