"""FLAT told and not proven: what all words say is gone is called PROTECTED for one period of reading, and no longer."""

from __future__ import annotations

from seawall.model import events as ev
from seawall.model.acts import ClosePosition, PlaceStop
from seawall.model.events import DistressKind
from seawall.model.queries import AskFills
from seawall.model.reports import Source, StopStatus
from tests.sagas.builders import BOUNDS, SYMBOL, Case, Finding, Phase, fill, ms, position, protected, stop

STREAM = Source.STREAM
TOLD = 1_000
OVER = TOLD + BOUNDS.stop_reread / 1_000


def told_flat() -> Case:
    """A protected position of which the stream alone has said that it is gone, a period of reading ago."""
    case = protected()
    case.hears(TOLD, position(0, TOLD, told=TOLD, source=STREAM))
    case.wakes_until(OVER + 1)
    return case


def test_a_position_that_one_source_calls_gone_is_called_protected_for_one_period() -> None:
    """The second source has as long as the reading of stops takes to come round; then it is said, and nothing done."""
    case = protected()
    case.hears(TOLD, position(0, TOLD, told=TOLD, source=STREAM))
    case.wakes_until(OVER - 1)
    assert (case.phase(), case.finding()) == (Phase.PROTECTED, Finding.EMPTY)
    case.wakes_until(OVER + 1)
    assert (case.phase(), case.finding()) == (Phase.PROTECTING, Finding.EMPTY)
    assert [event.at for event in case.told_of(ev.FlatTold)] == [ms(OVER)]
    assert case.state.distress == (DistressKind.UNDECIDED,)
    assert not case.sent(ClosePosition)
    assert len(case.sent(PlaceStop)) == 1


def test_what_our_own_orders_leave_empty_is_no_longer_called_protected_either() -> None:
    """Our stop's trades outweigh the entry's, and no word about the position comes to confirm it."""
    case = protected()
    case.hears(TOLD, fill(case.newest_stop.client_id, trade="s1", at=TOLD))
    case.wakes_until(OVER + 1)
    assert [event.at for event in case.told_of(ev.FlatTold)] == [ms(OVER)]


def test_a_second_source_proves_what_was_told() -> None:
    """It ends as it would have, had the read come in time: who took it is asked for first."""
    case = told_flat()
    case.hears(OVER + 500, stop(case.newest_stop.client_id, StopStatus.EXPIRED, at=TOLD))
    case.flat(OVER + 1_000, dated=TOLD)
    case.reads(OVER + 1_100 + BOUNDS.read_lag / 1_000, AskFills(SYMBOL, case.baseline_at))
    assert case.phase() in (Phase.QUARANTINE, Phase.FLAT)
    assert case.state.distress == ()


def test_a_newer_word_that_it_is_open_makes_it_protected_again() -> None:
    """The first word was false: the stop was never gone."""
    case = told_flat()
    case.hears(OVER + 500, position(27, OVER + 500, told=OVER + 400, source=STREAM))
    assert (case.phase(), case.state.distress) == (Phase.PROTECTED, ())
    assert [type(event).__name__ for event in case.told_of(ev.FlatDenied)] == ["FlatDenied"]
    assert not case.told_of(ev.ProtectionLost)


def test_a_newer_word_that_it_is_open_without_a_stop_is_naked() -> None:
    """Its stop has ended meanwhile: the cover is lost, and a stop is placed at once."""
    case = told_flat()
    case.hears(OVER + 400, stop(case.newest_stop.client_id, StopStatus.EXPIRED, at=TOLD))
    case.hears(OVER + 500, position(27, OVER + 500, told=OVER + 400, source=STREAM))
    assert (case.phase(), case.finding()) == (Phase.PROTECTING, Finding.NAKED)
    assert len(case.told_of(ev.ProtectionLost)) == 1
    assert len(case.sent(PlaceStop)) == 2
