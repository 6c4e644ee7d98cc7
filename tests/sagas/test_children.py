"""The stop that travels with an entry (Bybit): made at the first fill, so that it tells of one, and is not missed before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seawall.model import events as ev
from seawall.model.acts import CancelOrder, ClosePosition, PlaceStop, SubmitEntry
from seawall.model.ids import ClientId, Side, VenueId
from seawall.model.queries import AskOrders
from seawall.model.reports import OrderStatus, Source
from seawall.sagas.judgement import Verdict
from tests.sagas.builders import (
    BYBIT,
    SYMBOL,
    AskOrder,
    AskStops,
    Case,
    D,
    Finding,
    Outcome,
    Phase,
    Reason,
    StopStatus,
    closing,
    entering,
    fill,
    ms,
    naked,
    order,
    position,
    protected,
    stop,
)
from tests.sagas.cases import doubted, verdict


def sees_the_child(case: Case, at: float, status: StopStatus = StopStatus.LIVE) -> None:
    """The stream tells of the stop's child."""
    case.hears(at, stop("", status, at=at, trigger=case.newest_stop.trigger, venue_id=VenueId("c-1")))


def in_quarantine() -> Case:
    """An entry of unknown outcome, absent for five minutes: flat was seen."""
    case = doubted(320_000)
    assert case.phase() is Phase.QUARANTINE
    return case


def test_a_child_that_stands_takes_absence_back_and_is_not_cleared() -> None:
    """It is seen before its order: the order is asked for again, and its fill finds the stop where it was."""
    case = in_quarantine()
    case.queries.clear()
    sees_the_child(case, 330_000)
    case.wakes_until(331_000)
    assert (verdict(case), case.finding(), case.sent(CancelOrder)) == (Verdict.PRESENT, Finding.UNDECIDED, [])
    assert AskOrder(SYMBOL, case.entry) in case.queries
    case.hears(331_100, fill(case.entry, at=331_100, told=330_000), order(case.entry, filled=27, at=331_100))
    assert (case.phase(), case.sent(PlaceStop)) == (Phase.CLOSING, [])


@pytest.mark.parametrize("ended", [True, False])
def test_a_child_that_stands_no_longer_tells_of_nothing(ended: bool) -> None:
    """It was seen to end, or a list of all stops begun since does not show it: absent is absent again."""
    case = in_quarantine()
    sees_the_child(case, 330_000)
    if ended:
        sees_the_child(case, 330_500, StopStatus.CANCELLED)
    else:
        case.wakes_until(330_400)
        assert AskStops(SYMBOL) in case.queries
        case.reads(330_500, AskStops(SYMBOL))
    assert (verdict(case), case.finding()) == (Verdict.ABSENT, Finding.GONE)


def test_an_entry_that_was_refused_is_not_sent_again_while_its_child_stands() -> None:
    """Refused as not executed, and yet there is the stop that only a fill of it makes."""
    case = entering(traits=BYBIT)
    sees_the_child(case, 40)
    case.answers(50, case.entry, Outcome.REFUSED, Reason.BUSY)
    case.wakes_until(20_000)
    assert (case.phase(), len(case.sent(SubmitEntry))) == (Phase.ENTERING, 1)
    assert AskOrder(SYMBOL, case.entry) in case.queries


def test_a_stop_that_travels_is_missed_by_no_read_from_before_a_fill() -> None:
    """There is none until then: no second one is placed at the fill for its having been missed."""
    case = entering(traits=BYBIT)
    for at in (1_000, 12_000, 23_000):
        case.reads(at, AskStops(SYMBOL))
    case.hears(24_000, fill(case.entry, at=24_000), order(case.entry, filled=27, at=24_000))
    case.reads(24_010, AskStops(SYMBOL), began=23_990)
    assert (case.told_of(ev.StopNotVisible), case.sent(PlaceStop)) == ([], [])
    case.reads(24_500, AskStops(SYMBOL))
    assert len(case.told_of(ev.StopNotVisible)) == 1


def test_a_child_that_ends_as_the_next_stop_is_on_its_way_ends_the_old_one() -> None:
    """What is told of it until then is the old stop's, and the child with another id is that of the new one."""
    case = protected(traits=BYBIT)
    trigger, old = case.newest_stop.trigger, VenueId("c-1")
    case.hears(300, position(37, 300, told=299, source=Source.STREAM, stop_loss=D(0)))
    last = stop("", at=298, trigger=trigger, venue_id=old, source=Source.STREAM)
    case.hears(305, last, replace(last, status=StopStatus.CANCELLED, venue_at=ms(299)))
    case.answers(350, case.newest_stop.client_id)
    case.hears(360, stop("", at=340, trigger=trigger, venue_id=VenueId("c-2"), source=Source.STREAM))
    told_of = [(facts.venue_id, facts.status) for facts in case.state.stops.values()]
    assert told_of == [(old, StopStatus.CANCELLED), ("c-2", StopStatus.LIVE)]
    assert len(case.sent(PlaceStop)) == 1


def test_what_the_venue_denies_is_not_shown_by_another_at_its_trigger() -> None:
    """The stop of a position that is another's by now stands there: ours is gone, and nothing else is to be removed."""
    case = closing(protected(traits=BYBIT))
    close, foreign = case.state.closes[0].client_id, stop("", trigger=case.newest_stop.trigger, venue_id=VenueId("c-7"))
    case.hears(400, replace(fill(close, trade="t9", at=400), side=Side.SELL), order(close, filled=27, at=400))
    case.flat(500)
    case.reads(600, AskStops(SYMBOL), foreign)
    (cancel,) = case.told_of(ev.CancelIntended)
    assert (case.sent(CancelOrder)[-1].venue_id, case.phase()) == ("c-1", Phase.CLOSING)
    case.answers(650, cancel.client_id, Outcome.REFUSED, Reason.NOT_FOUND)
    case.reads(700, AskStops(SYMBOL), foreign)
    assert (case.phase(), len(case.sent(CancelOrder))) == (Phase.QUARANTINE, 1)


def test_a_stop_that_fired_on_its_second_try_has_filled_once() -> None:
    """Rejected at its trigger and made again: both children come in one answer, and later the one that filled alone."""
    case = naked(traits=BYBIT)
    trigger = case.newest_stop.trigger
    case.hears(150, position(27, 150, told=140, source=Source.STREAM, stop_loss=D(0)))
    again = case.newest_stop
    case.answers(200, again.client_id, Outcome.REFUSED, Reason.NO_POSITION)
    rejected, fired = VenueId("c-2"), VenueId("c-1")
    sold = order(
        ClientId(""), filled=27, at=300, venue_id=fired, parent=case.entry, side=Side.SELL, average=D("0.1900")
    )
    gone = replace(sold, status=OrderStatus.REJECTED, filled=D(0), average=None, venue_id=rejected)
    children = [
        stop("", StopStatus.FINISHED, at=300, trigger=trigger, venue_id=fired, order_id=fired, parent=case.entry),
        stop("", StopStatus.REJECTED, at=300, trigger=trigger, venue_id=rejected, parent=case.entry),
    ]
    case.reads(310, AskOrder(SYMBOL, case.newest_stop.client_id), sold, gone, *children)
    case.reads(500, AskStops(SYMBOL), replace(sold, at=ms(500)), replace(children[0], at=ms(500)))
    assert case.state.exited == 27


@pytest.mark.parametrize(("touched", "exited"), [(False, 27), (True, 0)])
def test_the_positions_one_stop_stood_for_ours_unless_others_closed(touched: bool, exited: int) -> None:
    """A process whose record is lost has placed it, or a hand has moved ours: it has no name and another trigger."""
    case = protected(traits=BYBIT)
    case.hears(300, stop("", StopStatus.CANCELLED, at=300, venue_id=VenueId("c-1")))
    if touched:
        case.hears(310, replace(fill("web_1", 5, trade="w1", at=310), side=Side.SELL))
    fired = VenueId("c-9")
    case.hears(320, replace(fill("", 27, trade="t9", at=320), side=Side.SELL, venue_id=fired))
    sold = order(ClientId(""), filled=27, at=320, venue_id=fired, side=Side.SELL, average=D("0.1950"))
    told = stop("", StopStatus.FINISHED, at=320, trigger=D("0.1950"), venue_id=fired, order_id=fired)
    case.reads(400, AskOrders(SYMBOL, case.since), sold, told)
    assert case.state.exited == exited
    assert not case.state.loose_fills


def test_a_stop_sent_again_is_covered_by_the_row_that_its_first_sending_made() -> None:
    """The answer is lost, the position's row shows the trigger: what goes out again beside it takes nothing back."""
    case = protected(traits=BYBIT)
    case.hears(300, position(27, 300, told=299, source=Source.STREAM, stop_loss=D(0)))
    case.hears(310, stop("", StopStatus.CANCELLED, at=310, venue_id=VenueId("c-1")))
    again = case.newest_stop
    case.hears(400, position(27, 400, told=390, source=Source.STREAM, stop_loss=again.trigger))
    assert case.finding() is Finding.ARMED
    case.wakes_until(20_000)
    assert case.state.stops[again.client_id].sendings > 1
    assert (case.finding(), case.sent(ClosePosition)) == (Finding.ARMED, [])
