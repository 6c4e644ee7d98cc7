"""Whose a position is on a slot whose signal has ended: what others closed of ours is not made good by their next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seawall.engine.settled import nothing_open_at, unsettled
from seawall.engine.strays import claim
from seawall.model import inputs as inp
from seawall.model.events import DistressRaised, EndReason, HoldingReduced, PositionAdopted
from seawall.model.ids import ClientId, Leg, Side, SignalId, client_id
from seawall.model.queries import AskInstruments, AskMark, AskOpenOrders, AskOrders, AskPositions, AskStops
from seawall.model.reports import OrderReport, Source, StopStatus
from seawall.sagas.evidence.positions import join_position
from seawall.sagas.phase import Phase
from tests.engine.builders import Bench
from tests.engine.desks import entry, newest_stop, protected
from tests.sagas.builders import (
    BOUNDS,
    INSTALLATION,
    INSTRUMENT,
    SYMBOL,
    TERM,
    D,
    fill,
    mark,
    ms,
    order,
    position,
    stop,
)

DAY = BOUNDS.watch // 1_000
NOW = 60_000.0


def closed_by_hand() -> Bench:
    """A signal whose position its owner sold at 1 s; FLAT is proven, and it knows no order that did it."""
    bench = protected()
    sold = replace(fill(ClientId("web"), trade="h1", at=1_000), side=Side.SELL)
    bench.hears(1_000, sold, position(0, 1_000, told=1_000, source=Source.STREAM))
    bench.hears(1_010, stop(newest_stop(bench).client_id, StopStatus.CANCELLED, at=1_005))
    bench.reads(1_500, AskPositions(), position(0, 1_480, told=1_000), began=1_400)
    bench.wakes_until(2_000)
    assert (bench.phase(), bench.saga.state.end) == (Phase.FLAT, EndReason.CLOSED_OUTSIDE)
    return bench


def listed(name: ClientId, at: float = 100, filled: int = 27, side: Side = Side.BUY) -> OrderReport:
    """An order as the list of the last days shows it."""
    return order(name, filled=filled, at=at, source=Source.ORDER, side=side)


def shows(bench: Bench, at: float, *orders: OrderReport, opened: float) -> None:
    """27 stand on the slot, opened at a time; all is read again and again until a list must have caught up."""
    lag = BOUNDS.read_lag // 1_000
    for after in (at, at + lag // 2, at + lag + 1_000, at + 2 * lag):
        bench.reads(after, AskPositions(), position(27, after - 20, told=opened))
        bench.reads(after + 10, AskMark(SYMBOL), marks=(mark(at=ms(after)),))
        bench.reads(after + 20, AskStops(SYMBOL))
        bench.reads(after + 30, AskOpenOrders())
        bench.reads(after + 40, AskOrders(SYMBOL, 0), *orders)
        bench.step(after + 50)


def test_what_the_owner_buys_after_he_closed_ours_is_his() -> None:
    """Our filled entry is listed for six days, and explains nothing that changed since its signal's end: he is told."""
    bench = closed_by_hand()
    name = entry(bench)
    shows(bench, NOW, listed(name), opened=NOW - 1_000)
    assert bench.told_of(PositionAdopted) == []
    assert len(bench.told_of(DistressRaised)) == 1


@pytest.mark.parametrize("is_reborn", [False, True])
def test_also_when_its_signal_has_left_memory(is_reborn: bool) -> None:
    """What is remembered is up to when nothing was open there; another process reads it off the journal."""
    bench = closed_by_hand()
    name, after = entry(bench), 2.0 * DAY
    bench.step(DAY + 10_000)
    if is_reborn:
        bench.receives(after - 2_000, id=SignalId("late"), max_age=1)
        bench = bench.reborn()
        bench.step(
            after - 1_000,
            inp.ClockReport(ms(after - 1_000), 0, 0),
            inp.Restarted(ms(after - 1_000), TERM + 200_000, INSTALLATION),
        )
    assert all(saga.state.signal.id != "velvet-1" for saga in bench.desk.sagas())
    bench.reads(after - 500, AskInstruments(), instruments=(INSTRUMENT,))
    shows(bench, after, listed(name), opened=after - 1_000)
    assert bench.told_of(PositionAdopted) == []
    assert len(bench.told_of(DistressRaised)) == 1


@pytest.mark.parametrize("later", [2_000, 2.0 * DAY])
def test_an_entry_that_no_signal_knows_is_taken_up_beside_one_that_is_settled(later: float) -> None:
    """The journal has lost it: whatever has ended before, it is ours and is guarded again, and no more than it."""
    bench = closed_by_hand()
    known, lost = entry(bench), client_id(INSTALLATION, SignalId("lost"), Leg.ENTRY, TERM + 50, 1)
    bench.step(later)
    shows(bench, later + 10_000, listed(known), listed(lost, at=later, filled=20), opened=later)
    (adopted,) = bench.told_of(PositionAdopted)
    assert (adopted.quantity, adopted.ours) == (20, True)


def test_a_position_that_has_not_changed_since_its_signals_end_is_still_explained() -> None:
    """Then the end was not true, whoever proved it: better guarded twice than told to be somebody else's."""
    bench = closed_by_hand()
    state = bench.saga.state
    made = [listed(entry(bench))]
    assert unsettled(position(27, 5_000, told=1_000), made, [state], nothing_open_at(state)) == made
    assert unsettled(position(27, 5_000, told=0), made, [state], nothing_open_at(state)) == made
    assert unsettled(position(27, 5_000, told=1_001), made, [state], 0) == []
    assert unsettled(position(27, 5_000, told=1_001), made, [], nothing_open_at(state)) == []


def test_what_our_own_orders_have_closed_explains_nothing_though_the_list_lags() -> None:
    """Our stop sold it all, and the owner bought in that instant: the list shows our entry alone, and his is his."""
    bench = protected()
    name = newest_stop(bench).client_id
    sold = replace(fill(name, trade="s1", at=1_000), side=Side.SELL)
    bench.hears(1_000, sold, order(name, filled=27, at=1_000, side=Side.SELL))
    bench.hears(1_010, stop(name, StopStatus.FINISHED, at=1_000), position(0, 1_010, told=1_000, source=Source.STREAM))
    bench.reads(1_500, AskPositions(), position(0, 1_480, told=1_000), began=1_400)
    bench.wakes_until(2_000)
    state = bench.saga.state
    assert (bench.phase(), state.end) == (Phase.FLAT, EndReason.STOP_FILLED)
    assert unsettled(position(27, 5_000, told=1_000), [listed(entry(bench))], [state], nothing_open_at(state)) == []


def test_what_the_operator_wrote_off_is_still_explained() -> None:
    """His word frees the slot and proves nothing: what stands there naked is covered again."""
    bench = protected()
    bench.step(300, inp.Resolved(ms(300), bench.saga.state.signal.id, "the operator's word"))
    assert bench.saga.state.end is EndReason.RESOLVED
    name = entry(bench)
    shows(bench, NOW, listed(name), opened=NOW - 1_000)
    assert len(bench.told_of(PositionAdopted)) == 1


def test_an_entry_that_filled_more_than_its_signal_knows_settles_nothing() -> None:
    """It is a late fill of that signal's, which has not heard of it yet; and so is an entry that it does not know."""
    bench = closed_by_hand()
    name, state, stands = entry(bench), bench.saga.state, position(27, 5_000, told=4_000)
    for made in ([listed(name, filled=28)], [listed(name), listed(ClientId(f"{name[:-1]}2"))]):
        assert unsettled(stands, made, [state], 0) == made


def test_exits_alone_make_no_position() -> None:
    """They only reduce; a list of six days shows those whose entry is older."""
    close = client_id(INSTALLATION, SignalId("old"), Leg.CLOSE, TERM, 3)
    sold = listed(close, side=Side.SELL)
    assert claim(position(-27, 5_000), [sold], [], INSTALLATION) is None
    opened = listed(client_id(INSTALLATION, SignalId("old"), Leg.ENTRY, TERM, 1), side=Side.SELL)
    found = claim(position(-27, 5_000), [opened], [], INSTALLATION)
    assert found is not None
    assert found.quantity == D(27)


def test_what_others_have_left_nothing_of_explains_nothing_that_stands_later() -> None:
    """The last words that a liquidated signal heard are of what a hand has bought since, and that does not change."""
    bench = protected()
    state = replace(bench.saga.state, phase=Phase.FLAT, end=EndReason.LIQUIDATED)
    bought, made = position(10, 3_000, told=2_000), [listed(entry(bench), at=1_100)]
    left = HoldingReduced(state.signal.id, SYMBOL, D(0), ms(1_200), 0, ms(1_210))
    heard = join_position(state.opinions, position(10, 2_000, told=2_000, source=Source.STREAM))
    ended = replace(state, opinions=join_position(heard, bought))
    assert unsettled(bought, made, [ended], nothing_open_at(ended)) == made
    known = replace(ended, reduced=left)
    assert unsettled(bought, made, [known], nothing_open_at(known)) == []
    assert unsettled(position(10, 3_000, told=1_100), made, [known], nothing_open_at(known)) == made
