"""What is ours of a position only shrinks: what others close stays closed, and what they add is theirs (rule 17)."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import ClosePosition
from seawall.model.venue import Traits
from tests.sagas.builders import (
    BINANCE,
    BYBIT,
    SYMBOL,
    AskFills,
    AskPositions,
    Case,
    D,
    Phase,
    Source,
    close_asked,
    fill,
    ms,
    naked,
    order,
    position,
    protected,
)


def show(case: Case, at: float, amount: int, **more: Any) -> None:
    """Stream and read both tell a position, dated `at` unless said otherwise."""
    dated = {"told": at, **more}
    case.hears(at, position(amount, at, source=Source.STREAM, **dated))
    case.reads(at + 40, AskPositions(SYMBOL), position(amount, at + 20, **dated))


def shrunk() -> Case:
    """27 were ours and covered; a hand took ten, and both sources showed it."""
    case = protected()
    show(case, 250, 17)
    return case


def test_what_a_hand_adds_after_it_took_some_is_not_ours_again() -> None:
    """All 27 stand once more, and 17 are ours: a close asks for those, and flat is proven beside the hand's ten."""
    case = shrunk()
    assert [(told.left, told.venue_at) for told in case.told_of(ev.HoldingReduced)] == [(D(17), ms(250))]
    show(case, 300, 27)
    assert (case.exposure.open, case.exposure.least) == (D(17), D(17))
    case.at(400, close_asked(400))
    assert [act.quantity for act in case.sent(ClosePosition)] == [D(17)]
    closed = case.state.closes[0].client_id
    case.answers(420, closed)
    case.hears(430, fill(closed, 17, trade="c1", at=430), order(closed, filled=17, at=430))
    case.hears(440, position(10, 440, told=440, source=Source.STREAM))
    assert (case.exposure.open, case.exposure.is_flat_proven) == (D(0), True)


def test_the_second_source_is_asked_for_as_soon_as_one_shows_less() -> None:
    """The position is read by symbol, until the read has said the same; then the trades, which say who took the rest,
    until they were read ten seconds later.
    """
    case = protected()
    case.queries.clear()
    case.hears(250, position(17, 250, told=250, source=Source.STREAM))
    case.wakes_until(1_000)
    assert case.queries == [AskPositions(SYMBOL)]
    case.reads(1_040, AskPositions(SYMBOL), position(17, 1_020, told=250))
    case.wakes_until(10_000)
    trades = AskFills(SYMBOL, case.baseline_at)
    assert case.queries == [AskPositions(SYMBOL), trades]
    case.reads(11_100, trades)
    case.queries.clear()
    case.wakes_until(60_000)
    assert trades not in case.queries


def test_a_new_process_knows_what_was_left() -> None:
    """It is on record, and told once."""
    case = shrunk()
    show(case, 300, 27)
    case.restart(1_000)
    assert case.exposure.open == 17
    assert len(case.told_of(ev.HoldingReduced)) == 1


def test_what_was_left_moves_with_our_own_fills_past_it() -> None:
    """A fill of our stop before the word is in it already; a later one, and a late one of our entry, are not."""
    case = shrunk()
    show(case, 300, 27)
    case.hears(400, fill(case.newest_stop.client_id, 8, trade="s1", at=400, told=200))
    assert case.exposure.open == 17
    case.hears(410, fill(case.newest_stop.client_id, 7, trade="s2", at=410))
    assert case.exposure.open == 10
    case.hears(420, fill(case.entry, 3, trade="t2", at=420))
    assert case.exposure.open == 13


@pytest.mark.parametrize(("traits", "dated"), [(BINANCE, {"told": 100}), (BYBIT, {"told": 300, "seq": 7})])
def test_what_may_be_of_the_moment_before_our_last_fill_is_not_remembered(
    traits: Traits, dated: dict[str, int]
) -> None:
    """Two words of the entry's very instant, or whose sequence cannot be put to it, may tell of its first part alone."""
    case = naked(traits=traits)
    show(case, 300, 17, **dated)
    assert (case.exposure.open, case.told_of(ev.HoldingReduced)) == (D(17), [])


@pytest.mark.parametrize(("traits", "dated"), [(BINANCE, {"told": 100}), (BYBIT, {"told": 300, "seq": 7})])
def test_what_reads_have_agreed_about_for_ten_seconds_is_the_last_of_its_instant(
    traits: Traits, dated: dict[str, int]
) -> None:
    """Another hand took ten between two parts of our entry: what it buys later is not ours."""
    case = naked(traits=traits)
    show(case, 300, 17, **dated)
    show(case, 10_350, 17, **dated)
    [reduced] = case.told_of(ev.HoldingReduced)
    assert reduced.left == D(17)


@pytest.mark.parametrize("told", [97, 100])
def test_a_read_that_repeats_what_a_covered_fills_instant_left_is_heard_once_it_is_late_enough(told: int) -> None:
    """Dated with the fill, or three milliseconds before it: it is asked for, and says nothing new but that it is late."""
    case = protected()
    show(case, 250, 17, told=told)
    assert AskPositions(SYMBOL) in case.saga.agenda.asking
    assert case.told_of(ev.HoldingReduced) == []
    case.reads(10_400, AskPositions(SYMBOL), position(17, 10_380, told=told), began=10_360)
    [reduced] = case.told_of(ev.HoldingReduced)
    assert reduced.left == D(17)
    assert AskPositions(SYMBOL) not in case.saga.agenda.asking


def test_what_is_written_off_is_off_what_was_left_too() -> None:
    """The operator writes off the 17: nothing reopens the signal, though our own orders leave ten more."""
    case = shrunk()
    case.at(300, inp.Resolved(ms(300), case.state.signal.id, "the operator's word"))
    case.wakes_until(60_000)
    assert (case.phase(), case.exposure.open) == (Phase.FLAT, D(0))
