"""Same act, same name: a function of what it names, within what both venues accept."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.model.ids import LONGEST_NAME, Leg, Side, SignalId, client_id, digest, is_ours, parse_client_id, sibling

terms = st.integers(0, 36**7 - 1)
numbers = st.integers(1, 36**6 - 1)
signals = st.text(min_size=1, max_size=64)


@given(signals, st.sampled_from(Leg), terms, numbers)
def test_a_name_can_be_taken_apart_again(signal: str, leg: Leg, term: int, n: int) -> None:
    """Installation, signal's digest, leg, term and number all come back; the venues' alphabet and length hold."""
    name = client_id("ab12", SignalId(signal), leg, term, n)
    parsed = parse_client_id(name)
    assert parsed is not None
    assert (parsed.installation, parsed.signal, parsed.leg, parsed.term, parsed.n) == (
        "ab12",
        digest(signal),
        leg,
        term,
        n,
    )
    assert re.fullmatch(r"[a-z0-9-]{1,32}", name)
    assert len(name) <= LONGEST_NAME


@given(st.lists(st.tuples(signals, st.sampled_from(Leg), terms, numbers), unique=True, max_size=20))
def test_different_acts_have_different_names(acts: list[tuple[str, Leg, int, int]]) -> None:
    """And the same act always the same."""
    names = [client_id("ab12", SignalId(signal), leg, term, n) for signal, leg, term, n in acts]
    assert len(set(names)) == len(names)
    assert names == [client_id("ab12", SignalId(signal), leg, term, n) for signal, leg, term, n in acts]


@pytest.mark.parametrize(("installation", "n"), [("AB12", 1), ("abc", 1), ("abcde", 1), ("ab-1", 1), ("ab12", 36**6)])
def test_a_name_that_the_venues_would_not_take_is_refused(installation: str, n: int) -> None:
    """The error says what was expected and what came."""
    with pytest.raises(ValueError, match="client id: expected installation of 4 characters"):
        client_id(installation, SignalId("s"), Leg.ENTRY, 1, n)


@given(signals, st.sampled_from(Leg), terms, numbers)
def test_a_siblings_name_is_the_one_that_its_signal_would_make(signal: str, leg: Leg, term: int, n: int) -> None:
    """Whoever knows the id by its digest alone makes the same name, and it can be taken apart."""
    first = parse_client_id(client_id("ab12", SignalId(signal), Leg.ENTRY, 1, 1))
    assert first is not None
    name = sibling(first, leg, term, n)
    assert name == client_id("ab12", SignalId(signal), leg, term, n)
    assert parse_client_id(name) is not None


def test_a_sibling_whose_number_has_no_room_is_refused_too() -> None:
    """No name leaves that we could not take apart when it comes back."""
    first = parse_client_id(client_id("ab12", SignalId("s"), Leg.ENTRY, 1, 1))
    assert first is not None
    with pytest.raises(ValueError, match="n below 2176782336"):
        sibling(first, Leg.STOP, 1, 36**6)


@pytest.mark.parametrize(
    "text", ["", "web_1", "swab12", "swab12-0123456789-z00000011", "x-swab12-0123456789-e00000011"]
)
def test_a_name_that_is_not_ours_in_form_is_none(text: str) -> None:
    """Other people's names are not taken apart."""
    assert parse_client_id(text) is None


def test_ours_is_what_this_installation_made() -> None:
    """Another installation's name has our form and is foreign."""
    name = client_id("ab12", SignalId("s"), Leg.STOP, 1, 1)
    assert is_ours(name, "ab12")
    assert not is_ours(name, "zz99")
    assert not is_ours("", "ab12")


def test_sides_oppose_each_other() -> None:
    """And carry the sign of the position that they open."""
    assert (Side.BUY.opposite, Side.SELL.opposite) == (Side.SELL, Side.BUY)
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)
