"""Closing whole slots, all of them, or a part: whom such a word reaches while one of them is seen flat already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seawall.engine.slots import Slots
from seawall.model import inputs as inp
from seawall.model.acts import ClosePosition, Outcome, SubmitEntry
from seawall.model.events import EndReason
from seawall.model.ids import SignalId, Symbol
from seawall.model.queries import AskInstruments, AskMark, AskOpenOrders, AskPositions, AskStops
from seawall.model.reports import MarkReport, Source
from seawall.model.signal import Action
from seawall.sagas.phase import Phase
from tests.engine.builders import Bench
from tests.engine.desks import answered, close, entry, newest_stop, protected
from tests.sagas.builders import INSTRUMENT, SYMBOL, D, fill, mark, ms, order, position, signal, stop

OTHER, EVERY = Symbol("OTHERUSDT"), Symbol("")


def flatten(after: float, symbol: Symbol = EVERY) -> inp.SignalReceived:
    """The owner asks for everything to be closed, or for all of one symbol."""
    asked = signal(
        id=SignalId("flatten-1"),
        symbol=symbol,
        action=Action.FLATTEN,
        size=None,
        stop=None,
        side=None,
        made_at=ms(after),
        received_at=ms(after),
    )
    return inp.SignalReceived(ms(after), asked)


def beside(bench: Bench) -> None:
    """A second signal, on another slot, open and protected."""
    bench.reads(210, AskInstruments(), instruments=(INSTRUMENT, replace(INSTRUMENT, symbol=OTHER)))
    bench.reads(215, AskMark(), marks=(mark(at=ms(215)), MarkReport(OTHER, D("0.2"), D("0.2"), ms(215))))
    bench.receives(220, signal(id=SignalId("other-1"), symbol=OTHER, made_at=ms(220), received_at=ms(220)))
    name = entry(bench)
    bench.step(240, inp.ActAnswered(name, OTHER, Outcome.ACKNOWLEDGED, ms(230), ms(240)))
    filled = (fill(name, at=250), order(name, filled=27, at=250))
    bench.hears(250, *(replace(report, symbol=OTHER) for report in filled))
    placed = newest_stop(bench).client_id
    bench.step(260, inp.ActAnswered(placed, OTHER, Outcome.ACKNOWLEDGED, ms(250), ms(260)))
    bench.hears(270, replace(stop(placed, at=270, trigger=D("0.1900")), symbol=OTHER))
    assert bench.phase() is Phase.PROTECTED


def seen_flat(bench: Bench) -> None:
    """The first signal is closed, seen flat, and in quarantine: its stop was not seen to end."""
    first = bench.desk.sagas()[0]
    bench.step(300, close(300))
    name = first.state.closes[-1].client_id
    answered(bench, 320, name)
    bench.hears(330, fill(name, at=330, trade="c1"), order(name, filled=27, at=330))
    bench.hears(340, position(0, 340, told=330, source=Source.STREAM))
    for at in (600, 800):
        bench.reads(at, AskStops(SYMBOL))
    assert first.state.phase is Phase.QUARANTINE


def test_everything_is_flattened_though_the_oldest_signal_is_seen_flat_already() -> None:
    """A quarantine on one slot says nothing of another: there the close leaves at once."""
    bench = protected()
    beside(bench)
    seen_flat(bench)
    bench.acts.clear()
    bench.step(900, flatten(900))
    assert bench.answer("flatten-1").accepted
    assert [(type(act), act.symbol) for act in bench.acts] == [(ClosePosition, OTHER)]
    assert bench.phase() is Phase.CLOSING


def test_flattening_is_refused_where_all_is_seen_flat() -> None:
    """Of the account, and of the slot."""
    for symbol in (EVERY, SYMBOL):
        bench = protected()
        seen_flat(bench)
        bench.step(900, flatten(900, symbol))
        assert bench.answer("flatten-1").reason == "nothing_open"


def ends_without_an_entry(bench: Bench, asked: inp.SignalReceived) -> None:
    """A signal waits for a slot in quarantine; the word is taken, and though the slot is free later nothing opens."""
    seen_flat(bench)
    bench.receives(850, id=SignalId("s-2"))
    assert bench.answer("s-2").accepted
    bench.step(900, asked)
    assert bench.answer(asked.signal.id).accepted
    waited = bench.desk.sagas()[1]
    assert (waited.state.phase, waited.state.end) == (Phase.FLAT, EndReason.CLOSED_BY_REQUEST)
    bench.marks(25_000)
    for query in (AskPositions(SYMBOL), AskStops(SYMBOL), AskOpenOrders(SYMBOL)):
        bench.reads(25_100, query)
    bench.wakes_until(29_000)
    assert len([act for act in bench.acts if isinstance(act, SubmitEntry)]) == 1


def test_what_waits_for_a_slot_in_quarantine_is_flattened_too() -> None:
    """By the word for the account, and by the one for the slot."""
    ends_without_an_entry(protected(), flatten(900))
    ends_without_an_entry(protected(), flatten(900, SYMBOL))


def test_a_close_of_the_slot_ends_what_waits_for_it() -> None:
    """Its owner wants nothing open there."""
    bench = protected()
    asked = close(900)
    ends_without_an_entry(bench, replace(asked, signal=replace(asked.signal, id=SignalId("close-2"))))


@pytest.mark.parametrize("action", [Action.PROTECT, Action.CLOSE])
def test_a_wish_meets_what_is_open_on_the_slot_behind_a_signal_that_is_seen_flat(action: Action) -> None:
    """A find beside a quarantine is ours too: its stop moves, a part of it is closed. Where nothing is open the
    quarantine answers.
    """
    bench, found = protected(), protected()
    seen_flat(bench)
    first, behind = bench.desk.sagas()[0], found.desk.sagas()[0]
    behind.state = replace(behind.state, signal=signal(id=SignalId("found-1")))
    slots = Slots({}, {SYMBOL: [first, behind]})
    wish = signal(id=SignalId("wish-1"), action=action, percent=D(50))
    assert slots.met_by(wish) is behind
    behind.state = replace(behind.state, phase=Phase.CLOSING)
    assert slots.met_by(wish) is first
