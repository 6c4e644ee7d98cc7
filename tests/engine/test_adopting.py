"""Adopting: a find's own names, beside those of the signal that its order was made for."""

from __future__ import annotations

import pytest

from seawall.engine.adopting import Finder, adopt
from seawall.engine.strays import Claim
from seawall.model import inputs as inp
from seawall.model.events import EntryIntended
from seawall.model.ids import Account, parse_client_id
from seawall.model.queries import AskOrders
from seawall.sagas.evidence.fold import apply, begin
from seawall.sagas.evidence.state import SagaState
from tests.sagas.builders import INSTALLATION, STOP_AT, SYMBOL, TERM, D, ms, order, position, protected, told


def adopted(claim: Claim, *earlier: SagaState) -> SagaState:
    """The state of what is found after these."""
    finder, read = Finder(Account("alpha"), INSTALLATION, TERM), inp.ReadAnswered(AskOrders(SYMBOL, 0), 0, 0, told())
    adoption = adopt(finder, position(27), claim, STOP_AT, read, earlier, ms(90_000))
    state = begin(adoption.accepted)
    for event in adoption.events:
        state = apply(state, event)
    return state


@pytest.mark.parametrize("by_order", [True, False])
def test_a_find_uses_no_number_of_the_signal_that_its_order_was_made_for(by_order: bool) -> None:
    """Its names are siblings of those, in the same process: one used twice would be another order at the venue."""
    case = protected()
    made, stop = order(case.entry, filled=27), case.newest_stop.client_id
    claim = Claim(D(27), is_ours=True, detail="", entry=made if by_order else None, stop_name=stop)
    first = adopted(claim, case.state)
    second = adopted(claim, case.state, first)
    used = [parse_client_id(state.attempts[0].client_id) for state in (case.state, first, second)]
    assert len({name.signal for name in used if name is not None}) == 1
    assert case.state.next_n + 900 < first.next_n
    assert first.next_n + 900 < second.next_n


def test_a_find_whose_names_nobody_has_used_begins_with_one() -> None:
    """No signal of this process has had them: numbers are counted from the first."""
    claim = Claim(D(27), is_ours=False, detail="")
    state = adopted(claim, protected().state)
    assert isinstance(state.intent, EntryIntended)
    assert state.intent.n == 1
