"""What the position was before us: which words may correct a baseline that was read before somebody's trade showed."""

from __future__ import annotations

import pytest

from seawall.model import events as ev
from seawall.model.acts import ClosePosition, Outcome, PlaceStop, Reason
from seawall.model.events import EndReason
from seawall.model.ids import Side
from seawall.model.queries import AskFills, AskOrder
from seawall.model.reports import Source
from seawall.model.venue import Traits
from tests.sagas.builders import (
    BINANCE,
    BYBIT,
    SYMBOL,
    AskPositions,
    Case,
    Phase,
    entering,
    fill,
    order,
    position,
)
from tests.sagas.cases import LAG

OURS = 27
BEFORE = -900
"""When a stranger traded: before the intent, and before the slot was read as flat."""


def on_a_late_baseline(traits: Traits = BYBIT, *, dated: float | None = None, outcome: Outcome | None = None) -> Case:
    """An entry whose slot was read as flat at -500, by a list that leaves out what is flat unless `dated`; refused if
    nothing else is said of it.
    """
    case = entering(traits=traits, position=position(0, -500, told=dated))
    reason = Reason.FUNDS if outcome is None else Reason.NONE
    case.answers(50, case.entry, outcome or Outcome.REFUSED, reason)
    return case


def read(case: Case, at: float, amount: int, told: float = BEFORE) -> None:
    """A read, begun at `at`, tells a position that the venue dates at `told`."""
    case.reads(at + 20, AskPositions(SYMBOL), position(amount, at, told=told), began=at)


@pytest.mark.parametrize("traits", [BINANCE, BYBIT])
@pytest.mark.parametrize("amount", [OURS, 5, 1_000])
def test_a_refused_entry_beside_a_position_dated_before_an_undated_baseline_ends_flat(
    traits: Traits, amount: int
) -> None:
    """It was the baseline that lagged: once reads agree for `read_lag` nothing is asked about for ever."""
    case = on_a_late_baseline(traits)
    read(case, 100, amount)
    assert case.phase() is Phase.ENTERING
    read(case, 100 + LAG, amount)
    assert (case.phase(), case.state.end) == (Phase.FLAT, EndReason.ENTRY_REFUSED)
    assert not case.saga.agenda.asking


def test_what_stood_before_an_entry_that_is_lost_is_neither_covered_nor_closed() -> None:
    """Of our side and no larger than what we asked for: dated before us it proves no fill."""
    case = on_a_late_baseline(outcome=Outcome.UNKNOWN)
    for at in range(100, 40_000, 1_000):
        read(case, at, 20)
        case.wakes_until(at + 500)
    assert case.exposure.open == 0
    assert case.phase() is Phase.ENTERING
    assert not case.told_of(ev.EntryFilled)
    assert not case.sent(PlaceStop)
    assert not case.sent(ClosePosition)


def test_a_baseline_that_lagged_stays_corrected_when_the_stranger_goes_on() -> None:
    """His later trades under his own name move the position from what it was, and our entry is proven absent."""
    case = on_a_late_baseline(outcome=Outcome.UNKNOWN)
    read(case, 100, 1_000)
    read(case, 100 + LAG, 1_000)
    case.hears(20_000, fill("web_1", 5, at=20_000), position(1_005, 20_000, told=20_000, source=Source.STREAM))
    for at in range(30_000, 400_000, 5_000):
        case.reads(at + 20, AskOrder(SYMBOL, case.entry), began=at)
        case.reads(at + 20, AskFills(SYMBOL, case.baseline_at), began=at)
        read(case, at, 1_005, told=20_000)
    assert case.told_of(ev.EntryAbsent)
    assert case.phase() in (Phase.QUARANTINE, Phase.FLAT)


def test_a_row_dated_before_the_intent_is_believed_only_once_reads_after_it_agree() -> None:
    """One read may be behind; so may all that begin within `read_lag` of the intent; the stream's word confirms nothing."""
    case = on_a_late_baseline()
    for at in (100, 5_000, LAG - 1):
        read(case, at, OURS)
        case.hears(at + 30, position(OURS, at + 30, told=BEFORE, source=Source.STREAM))
        assert case.phase() is Phase.ENTERING


def test_a_baseline_that_the_venue_dated_does_not_give_way() -> None:
    """It is later by the venue's own dates than the row: whatever shows that is behind, however long."""
    case = on_a_late_baseline(dated=-600)
    for at in (100, 100 + LAG, 100 + 3 * LAG):
        read(case, at, OURS)
    assert case.phase() is Phase.ENTERING
    assert case.saga.agenda.asking


def test_our_late_fill_is_never_what_stood_before_us() -> None:
    """The venue dates it after the intent, and agreeing reads show that it is there."""
    case = on_a_late_baseline(outcome=Outcome.UNKNOWN)
    for at in (100, 100 + LAG, 100 + 2 * LAG):
        read(case, at, OURS, told=60)
    assert case.exposure.open == OURS
    assert case.told_of(ev.EntryFilled)


def test_a_fill_of_ours_beside_what_stood_before_is_open_whole() -> None:
    """The stranger's shows first, and for long enough; then our own order is told of."""
    case = on_a_late_baseline(outcome=Outcome.UNKNOWN)
    read(case, 100, 1_000)
    read(case, 100 + LAG, 1_000)
    late = 15_000
    case.hears(late, order(case.entry, filled=OURS, at=late, told=300), fill(case.entry, at=late, told=300))
    read(case, late + 100, 1_000 + OURS, told=300)
    read(case, late + 100 + LAG, 1_000 + OURS, told=300)
    assert case.exposure.open == OURS
    assert case.state.side is Side.BUY
    assert not case.exposure.contrary


def test_a_fill_that_our_clock_dates_before_the_intent_stays_ours() -> None:
    """With our clock ahead the venue dates our own position before the intent: the order's word outweighs the date."""
    case = on_a_late_baseline(outcome=Outcome.UNKNOWN)
    case.hears(90, fill(case.entry, at=90, told=BEFORE))
    read(case, 100, OURS)
    read(case, 100 + LAG, OURS)
    assert case.exposure.open == OURS
    assert not case.exposure.flat_sources


def test_a_second_attempt_takes_no_late_fill_of_the_first_for_a_strangers() -> None:
    """A row dated between the two intents tells nothing of what stood before the first."""
    case = entering(position=position(0, -500))
    case.answers(50, case.entry, Outcome.REFUSED, Reason.BUSY, retry_after=1_000_000)
    case.given["position"] = position(0, 1_000)
    case.wakes_until(3_000)
    assert len(case.state.attempts) == 2
    case.answers(3_050, case.entry, Outcome.UNKNOWN)
    for at in (3_100, 3_100 + LAG, 3_100 + 2 * LAG):
        read(case, at, OURS, told=60)
    assert case.state.stood is None
    assert case.exposure.open == OURS
