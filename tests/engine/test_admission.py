"""Which signals get a slot: one ruling each, with the field, what was expected and what came."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.engine.admission import Admission, Ruling, admit
from seawall.model.acts import Outcome
from seawall.model.ids import Side
from seawall.model.signal import Action, OnOpposite, Signal, Stop
from seawall.model.times import SECOND
from seawall.sagas.saga import Saga
from tests.sagas.builders import Case, D, Phase, entering, position, protected, signal


def ruled(
    asked: Signal | None = None, holder: Case | None = None, waiting: int = 0, *, ready: bool = True, **given: Any
) -> Admission:
    """The ruling on a signal."""
    held: Saga | None = holder.saga if holder is not None else None
    return admit(asked or signal(), held, waiting, Case(**given).around, ready=ready)


def closing() -> Case:
    """A slot on its way home."""
    from seawall.model import inputs as inp
    from tests.sagas.builders import SYMBOL, ms

    case = protected()
    case.at(300, inp.CloseRequested(ms(300), SYMBOL, "hand"))
    assert case.phase() is Phase.CLOSING
    return case


def test_a_fit_signal_on_a_free_slot_is_accepted() -> None:
    """Also while something of the account must still be read: it waits, within its age."""
    assert ruled() == Admission(Ruling.ACCEPT)
    assert ruled(mark=None) == Admission(Ruling.ACCEPT)


def test_before_the_account_was_read_a_signal_is_turned_away() -> None:
    """Not recorded: the sender may try again."""
    assert ruled(ready=False).ruling is Ruling.TURN_AWAY


def test_without_authority_a_signal_is_refused_as_halted() -> None:
    """With the reason why."""
    assert ruled(may_enter=False, why_not="hedge mode") == Admission(Ruling.REFUSE, "halted", "hedge mode")


def test_a_symbol_that_the_venue_does_not_list_is_refused() -> None:
    """Its field is named."""
    found = ruled(instrument=None)
    assert (found.ruling, found.reason) == (Ruling.REFUSE, "unfit")
    assert found.detail == "symbol: expected one that alpha's venue lists"


@pytest.mark.parametrize("holder", [entering, protected])
def test_a_held_slot_refuses_a_second_open(holder: object) -> None:
    """In the same direction, and in the other unless a close was asked for."""
    held = holder()  # type: ignore[operator]
    short = signal(side=Side.SELL, stop=Stop(price=D("0.21")))
    for asked in (signal(), short):
        assert ruled(asked, held) == Admission(Ruling.REFUSE, "occupied", "the slot is held by velvet-1")


def test_an_opposite_open_may_close_what_is_held() -> None:
    """`on_opposite` = close: the way home of the holder, no entry of its own; the same side is still refused."""
    short = signal(side=Side.SELL, stop=Stop(price=D("0.21")), on_opposite=OnOpposite.CLOSE)
    assert ruled(short, protected()) == Admission(Ruling.CLOSE, "closing_opposite", "the slot is held by velvet-1")
    assert ruled(signal(on_opposite=OnOpposite.CLOSE), protected()).ruling is Ruling.REFUSE


def test_a_slot_on_its_way_home_lets_one_signal_wait() -> None:
    """The second in line is refused."""
    assert ruled(holder=closing()) == Admission(Ruling.ACCEPT)
    assert ruled(holder=closing(), waiting=1) == Admission(
        Ruling.REFUSE, "occupied", "another signal waits for the slot already"
    )


def test_a_signal_that_could_never_be_executed_is_refused_at_once() -> None:
    """A stop on the wrong side, a foreign position, an age over the limit: each in its words."""
    wrong = ruled(signal(stop=Stop(price=D("0.3"))))
    assert (wrong.reason, wrong.detail[:5]) == ("unfit", "stop:")
    assert "not ours" in ruled(position=position(5)).detail
    stale = ruled(signal(made_at=0, max_age=30 * SECOND))
    assert (stale.ruling, stale.reason) == (Ruling.REFUSE, "stale")


def test_a_close_needs_something_of_ours_on_the_slot() -> None:
    """And is ruled on whether the desk is ready or halted."""
    asked = signal(action=Action.CLOSE, size=None, stop=None, side=None)
    assert ruled(asked, protected(), ready=False, may_enter=False) == Admission(Ruling.CLOSE)
    nothing = ruled(asked)
    assert (nothing.ruling, nothing.reason) == (Ruling.REFUSE, "nothing_open")


def test_a_close_of_what_is_seen_flat_is_refused() -> None:
    """In quarantine nothing is open any more."""
    from seawall.model import inputs as inp
    from tests.sagas.builders import SYMBOL, ms

    case = entering(signal(max_age=10 * SECOND))
    case.at(5_000, inp.ActAnswered(case.entry, SYMBOL, Outcome.UNKNOWN, ms(10), ms(5_000)))
    for at in (6_000, 11_000, 16_000):
        case.misses(at)
    assert case.phase() is Phase.QUARANTINE
    asked = signal(action=Action.CLOSE, size=None, stop=None, side=None)
    assert ruled(asked, case).reason == "nothing_open"
