"""Adopting: a find's own names, beside those of the signal that its order was made for."""

from __future__ import annotations

import pytest

from seawall.engine.adopting import Before, Finder, adopt
from seawall.engine.strays import Claim
from seawall.model import inputs as inp
from seawall.model.events import EntryIntended
from seawall.model.ids import Account, ClientId, Leg, SignalId, client_id, parse_client_id, sibling
from seawall.model.queries import AskOrders
from seawall.sagas.evidence.fold import apply, begin
from seawall.sagas.evidence.state import SagaState
from tests.sagas.builders import INSTALLATION, STOP_AT, SYMBOL, TERM, D, ms, order, position, protected, stop, told

FAR = 1_000


def adopted(
    claim: Claim, *earlier: SagaState, listed: tuple[ClientId, ...] = (), stands: ClientId | None = None
) -> SagaState:
    """The state of what is found after these, with orders under such names listed, and a stop that stands."""
    finder = Finder(Account("alpha"), INSTALLATION, TERM)
    read = inp.ReadAnswered(AskOrders(SYMBOL, 0), 0, 0, told(*(order(name) for name in listed)))
    before = Before(earlier, [stop(stands)] if stands is not None else [])
    adoption = adopt(finder, position(27), claim, STOP_AT, read, before, ms(90_000))
    state = begin(adoption.accepted)
    for event in adoption.events:
        state = apply(state, event)
    return state


@pytest.mark.parametrize("by_order", [True, False])
def test_a_find_uses_no_number_of_the_signal_that_its_order_was_made_for(by_order: bool) -> None:
    """Its names are siblings of those, in the same process: one used twice would be another order at the venue."""
    case = protected()
    made, stands = order(case.entry, filled=27), case.newest_stop.client_id
    claim = Claim(D(27), is_ours=True, detail="", entry=made if by_order else None, stop_name=stands)
    first = adopted(claim, case.state)
    second = adopted(claim, case.state, first)
    used = [parse_client_id(state.attempts[0].client_id) for state in (case.state, first, second)]
    assert len({name.signal for name in used if name is not None}) == 1
    assert case.state.next_n + 900 < first.next_n
    assert first.next_n + 900 < second.next_n


def test_a_find_begins_far_behind_a_signal_that_has_left_memory() -> None:
    """Its ids are watched for a day, and the process whose start is in its names may run for months: whatever of them
    is listed or stands yet is not met, nor what is not listed any more.
    """
    case = protected()
    claim = Claim(D(27), is_ours=True, detail="", entry=order(case.entry, filled=27))
    assert adopted(claim).next_n > FAR
    parts = parse_client_id(case.entry)
    assert parts is not None
    later = {leg: sibling(parts, leg, TERM, n) for leg, n in ((Leg.CLOSE, 2 * FAR + 5), (Leg.STOP, 5 * FAR + 1))}
    assert adopted(claim, listed=(later[Leg.CLOSE],)).next_n > 3 * FAR
    assert adopted(claim, listed=(later[Leg.CLOSE],), stands=later[Leg.STOP]).next_n > 6 * FAR


def test_names_of_other_signals_say_nothing_of_a_finds_numbers() -> None:
    """Only those that it would share count."""
    case = protected()
    claim = Claim(D(27), is_ours=True, detail="", entry=order(case.entry, filled=27))
    other = client_id(INSTALLATION, SignalId("other"), Leg.CLOSE, TERM, 7 * FAR)
    assert adopted(claim, listed=(other,)).intent == adopted(claim).intent


def test_a_find_whose_names_nobody_has_used_begins_there_too() -> None:
    """One rule for all of them."""
    claim = Claim(D(27), is_ours=False, detail="")
    state = adopted(claim, protected().state)
    assert isinstance(state.intent, EntryIntended)
    assert state.intent.n == FAR
