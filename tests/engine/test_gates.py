"""Gates: what may raise exposure waits for its record, what reduces risk never waits."""

from __future__ import annotations

from seawall.engine.gates import OPEN, Gates
from seawall.model.acts import Act, ClosePosition, Outcome, PlaceStop, SubmitEntry, Urgency
from seawall.model.ids import ClientId, Side, SignalId
from seawall.model.signal import TriggerBy
from seawall.model.times import SECOND
from seawall.model.work import Answer
from tests.sagas.builders import SYMBOL, D, ms

LATE = 2 * SECOND
ENTRY = SubmitEntry(SYMBOL, ClientId("e1"), Side.BUY, D(1), D(1), TriggerBy.MARK, ms(2_000))
STOP = PlaceStop(SYMBOL, ClientId("s1"), Side.SELL, D(1), TriggerBy.MARK)
CLOSE = ClosePosition(SYMBOL, ClientId("c1"), Side.SELL, D(1))


def passed(gates: Gates, durable: int) -> list[Act]:
    """The acts that leave at a watermark."""
    return [do.act for do in gates.pass_through(durable)[0]]


def test_an_act_waits_until_its_own_record_is_durable() -> None:
    """Not at the number before it, at its own it leaves, once."""
    gates = Gates()
    gates.hold(ENTRY, 7, ms(0) + LATE)
    assert passed(gates, 6) == []
    assert passed(gates, 7) == [ENTRY]
    assert passed(gates, 8) == []


def test_an_act_without_a_gate_leaves_at_once() -> None:
    """Whatever is durable, nothing included; and it is never given up."""
    gates = Gates()
    gates.hold(STOP, OPEN, ms(0))
    assert gates.give_up(ms(9_999), 0) == []
    assert gates.next_wake() is None
    assert passed(gates, 0) == [STOP]


def test_what_protects_leaves_first() -> None:
    """Stop, then close, then entry; equals in the order of their age."""
    gates = Gates()
    other = PlaceStop(SYMBOL, ClientId("s2"), Side.SELL, D(1), TriggerBy.MARK)
    for act in (ENTRY, CLOSE, STOP, other):
        gates.hold(act, OPEN, ms(0))
    assert passed(gates, 0) == [STOP, other, CLOSE, ENTRY]
    gates.hold(STOP, OPEN, ms(0))
    assert gates.pass_through(0)[0][0].urgency is Urgency.PROTECT


def test_an_entry_whose_record_is_late_is_given_up_as_not_sent() -> None:
    """At the deadline it still may leave, a microsecond later it never does."""
    gates = Gates()
    gates.hold(ENTRY, 7, ms(0) + LATE)
    assert gates.next_wake() == ms(0) + LATE + 1
    assert gates.give_up(ms(0) + LATE, 6) == []
    (given_up,) = gates.give_up(ms(0) + LATE + 1, 6)
    assert (given_up.client_id, given_up.outcome, given_up.code) == ("e1", Outcome.NOT_SENT, "late")
    assert passed(gates, 99) == []


def test_an_entry_that_became_durable_with_its_deadline_leaves() -> None:
    """Durable is durable: what is on record is not given up."""
    gates = Gates()
    gates.hold(ENTRY, 7, ms(0) + LATE)
    assert gates.give_up(ms(0) + LATE + 1, 7) == []
    assert passed(gates, 7) == [ENTRY]


def test_an_answer_waits_for_the_record_that_it_tells_of() -> None:
    """In order, each at its own number."""
    gates = Gates()
    first, second = Answer(SignalId("a"), accepted=True), Answer(SignalId("b"), accepted=True)
    gates.hold_answer(first, 3)
    gates.hold_answer(second, 5)
    assert gates.pass_through(2)[1] == ()
    assert gates.pass_through(4)[1] == (first,)
    assert gates.pass_through(5)[1] == (second,)
