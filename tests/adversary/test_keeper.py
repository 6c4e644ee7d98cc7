"""Stories of what stands at the venue and no signal answers for: after an old backup, a lost journal, another hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from seawall.engine.settings import DeskSettings, NakedForeign
from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.ids import Leg, Side, SignalId, VenueName, client_id
from seawall.model.signal import Action, OnOpposite, Stop
from seawall.model.times import MILLISECOND, MINUTE, SECOND
from seawall.sagas.evidence.circumstances import ManualChange
from seawall.sagas.phase import Phase
from tests.adversary.stage import BINANCE, BYBIT, Stage, leftovers, wrongs
from venuesim.facts import StopStatus
from venuesim.hands import WantedMove

VENUES = pytest.mark.parametrize("venue", [BINANCE, BYBIT])
FOREIGN = ev.DistressKind.FOREIGN_POSITION
MINE = client_id("dril", SignalId("forgotten"), Leg.STOP, 1_794_000_000, 2)


def adopted(stage: Stage) -> list[ev.PositionAdopted]:
    """What was taken up."""
    return [row.event for row in stage.recorded() if isinstance(row.event, ev.PositionAdopted)]


def orphans_cancelled(stage: Stage) -> list[str]:
    """The names of what was removed as nobody's, each once: a read that still shows it is no reason to stop trying."""
    removed = [row.event.target for row in stage.recorded() if isinstance(row.event, ev.OrphanCancelIntended)]
    return list(dict.fromkeys(removed))


def told(stage: Stage, kind: ev.DistressKind) -> list[str]:
    """Whether a person was told of something, and of its end, in order."""
    rows = [row.event for row in stage.recorded()]
    return [
        type(event).__name__
        for event in rows
        if isinstance(event, ev.DistressRaised | ev.DistressEnded) and event.kind is kind
    ]


@VENUES
@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_protected_position_that_the_journal_forgot_keeps_its_stop(venue: VenueName, side: Side) -> None:
    """A fresh journal on a live account: the stop stays, the position gets a signal, its close takes all of it."""
    stage = Stage(venue)
    stage.send("a", side=side)
    assert stage.until("a", Phase.PROTECTED)
    (before,) = stage.stops()
    stage.restore(0)
    stage.run(most=MINUTE)
    (found,) = adopted(stage)
    assert found.ours
    assert abs(found.quantity) == abs(stage.held())
    assert [(stop.stop_id, stop.status) for stop in stage.stops()] == [(before.stop_id, StopStatus.LIVE)]
    assert stage.phase(found.signal_id) is Phase.PROTECTED, stage.tell(found.signal_id)
    stage.ask_close()
    assert stage.calm()
    assert stage.held() == 0
    assert not list(stage.stops())
    assert (wrongs(stage), leftovers(stage)) == ([], [])


def test_a_find_whose_rules_are_not_known_is_asked_about_with_growing_waits() -> None:
    """No rules, no stop: the lists of its symbol are read again, at no round trip's pace, until the rules have come."""
    stage = Stage(BINANCE)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    stage.fault(fault="status", call="instruments.get", status=503, text="Service Unavailable")
    stage.restore(0)
    began = len(stage.box.log)
    stage.run(most=MINUTE)
    asked = sum(entry.call == "order.history" for entry in stage.box.log[began:])
    assert 5 < asked < 30
    stage.box.faults.clear()
    assert stage.calm()
    (found,) = adopted(stage)
    assert stage.phase(found.signal_id) is Phase.PROTECTED, stage.tell(found.signal_id)


@VENUES
def test_a_find_whose_list_of_orders_fails_is_asked_about_again_at_once(venue: VenueName) -> None:
    """One failed read did not leave a naked position for the five minutes after which a list is old."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    stage.fault(fault="status", call="order.history", times=3, status=503, text="Service Unavailable")
    stage.restore(0)
    stage.run(most=20 * SECOND)
    (found,) = adopted(stage)
    assert stage.phase(found.signal_id) is Phase.PROTECTED, stage.tell(found.signal_id)


@VENUES
def test_a_position_under_way_home_that_an_old_backup_knows_as_entering_is_found(venue: VenueName) -> None:
    """Yesterday's journal ends at the intention; the position has been protected since: its own signal finds it."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    rows = [type(row.event).__name__ for row in stage.recorded()]
    stage.restore(rows.index("EntryIntended") + 1)
    assert stage.calm()
    assert stage.phase("a") is Phase.PROTECTED
    assert not adopted(stage)
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
def test_an_adopted_position_outlives_the_next_restart(venue: VenueName) -> None:
    """What was recorded of it is folded like any other signal's."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    stage.restore(0)
    stage.run(most=MINUTE)
    stage.restart()
    stage.run(most=MINUTE)
    (found,) = adopted(stage)
    assert stage.phase(found.signal_id) is Phase.PROTECTED
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@pytest.mark.parametrize("lag", [500, 4_000, 9_000])
def test_a_forgotten_naked_position_is_looked_for_until_its_orders_show(lag: int) -> None:
    """Binance: the journal is gone, no stop has left yet, and the list of orders is behind the position: it is asked for
    again and again, not in five minutes; and nobody is told meanwhile that it is somebody else's.
    """
    stage = Stage(BINANCE)
    stage.fault(fault="stop_refused", call="stop.create", status=400, code=-4509, text="GTE order needs a position")
    stage.on_moment = lambda when, call: (
        stage.at(stage.now, stage.kill) if (when, call) == ("acted", "order.create") and stage.house else None
    )
    stage.send("a")
    stage.run(most=500 * MILLISECOND)
    stage.on_moment = None
    stage.restore(0, pause=10 * MILLISECOND)
    stage.box.faults.clear()
    stage.fault(fault="read_lag", call="order.history", ms=lag, until=stage.now - stage.box.start + lag * MILLISECOND)
    stage.run(most=12 * SECOND)
    (found,) = adopted(stage)
    assert found.ours
    assert stage.phase(found.signal_id) is Phase.PROTECTED
    assert stage.box.judge(stage.now).longest_naked_us < (lag + 2_500) * MILLISECOND
    assert told(stage, ev.DistressKind.FOREIGN_POSITION) == []


@VENUES
def test_a_foreign_naked_position_is_told_of_once_and_left_alone(venue: VenueName) -> None:
    """The default: nothing is placed, nothing is closed; the end of it is told as well."""
    stage = Stage(venue)
    stage.hand(Side.BUY, Decimal(100))
    stage.run(most=10 * MINUTE)
    assert told(stage, ev.DistressKind.FOREIGN_POSITION) == ["DistressRaised"]
    assert stage.held() == 100
    assert not list(stage.stops())
    stage.hand(Side.SELL, Decimal(100))
    stage.run(most=6 * MINUTE)
    assert told(stage, ev.DistressKind.FOREIGN_POSITION) == ["DistressRaised", "DistressEnded"]


@VENUES
def test_a_strangers_position_is_not_judged_by_a_list_from_when_ours_was_open(venue: VenueName) -> None:
    """A recovery lists our orders while the position is ours. Once that is closed, the next on its side is no fill of
    that list, and is not taken up for ours.
    """
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    stage.restart()
    stage.run(most=20 * SECOND)
    stage.ask_close()
    assert stage.calm()
    stage.hand(Side.BUY, Decimal(100))
    stage.run(most=3 * MINUTE)
    assert not adopted(stage)
    assert told(stage, ev.DistressKind.FOREIGN_POSITION) == ["DistressRaised"]
    assert not list(stage.stops())


@VENUES
def test_a_find_like_one_that_has_gone_is_a_find_of_its_own(venue: VenueName) -> None:
    """A stranger closes, and opens as much again: told of as soon as the first time, not when the first list is old."""
    stage = Stage(venue)
    waits = []
    for count in (1, 3):
        stage.hand(Side.BUY, Decimal(100))
        began = stage.now
        stage.run(lambda count=count: len(told(stage, FOREIGN)) == count, most=10 * MINUTE)  # type: ignore[misc]
        waits.append(stage.now - began)
        stage.hand(Side.SELL, Decimal(100))
        stage.run(most=2 * MINUTE)
    assert max(waits) < MINUTE, waits


@VENUES
def test_a_foreign_naked_position_is_guarded_where_its_owner_asks_for_that(venue: VenueName) -> None:
    """Five percent from the mark, or as configured; and it closes on request."""
    stage = Stage(venue, settings=DeskSettings(naked_foreign=NakedForeign.PROTECT, adopt_stop_pct=Decimal(3)))
    stage.hand(Side.SELL, Decimal(100))
    stage.run(most=MINUTE)
    (found,) = adopted(stage)
    (stop,) = stage.stops()
    assert not found.ours
    assert abs(stop.trigger / stage.price() - Decimal("1.03")) < Decimal("0.001")
    assert stage.phase(found.signal_id) is Phase.PROTECTED
    stage.ask_close()
    assert stage.calm()
    assert stage.held() == 0
    assert not list(stage.stops())


@VENUES
def test_a_foreign_position_may_be_ignored(venue: VenueName) -> None:
    """Nothing is said, nothing is done."""
    stage = Stage(venue, settings=DeskSettings(naked_foreign=NakedForeign.IGNORE))
    stage.hand(Side.BUY, Decimal(100))
    stage.run(most=6 * MINUTE)
    assert not told(stage, ev.DistressKind.FOREIGN_POSITION)
    assert not adopted(stage)


def test_a_forgotten_stop_on_a_flat_slot_goes_once_flat_is_proven() -> None:
    """Not at the first read: reads that agree, `read_lag` apart, and then by its name."""
    stage = Stage(BINANCE)
    stage.leave_stop(whole=False, name=MINE)
    stage.restart()
    stage.run(most=9 * SECOND)
    assert not orphans_cancelled(stage)
    stage.run(most=6 * MINUTE)
    assert orphans_cancelled(stage) == [MINE]
    assert not stage.stops()


def test_a_forgotten_stop_stays_while_anything_is_open_that_nobody_guards() -> None:
    """A foreign position, told of as naked no more: what covers it is not ours to take away."""
    stage = Stage(BINANCE, settings=DeskSettings(naked_foreign=NakedForeign.IGNORE))
    stage.hand(Side.BUY, Decimal(100))
    stage.leave_stop(whole=False, name=MINE)
    stage.restart()
    stage.run(most=6 * MINUTE)
    assert not orphans_cancelled(stage)
    assert len(stage.stops()) == 1


def test_a_foreign_stop_is_never_removed() -> None:
    """Whatever stands on a flat slot under another name is its owner's."""
    stage = Stage(BINANCE)
    stage.leave_stop(whole=False, name="web_old")
    stage.restart()
    stage.run(most=6 * MINUTE)
    assert not orphans_cancelled(stage)
    assert len(stage.stops()) == 1


def test_a_forgotten_stop_beside_a_live_one_goes() -> None:
    """Our own stop covers the position, so that the going of the other takes nothing away."""
    stage = Stage(BINANCE)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    stage.leave_stop(whole=False, name=MINE)
    stage.restart()
    stage.run(most=6 * MINUTE)
    assert orphans_cancelled(stage) == [MINE]
    assert stage.phase("a") is Phase.PROTECTED
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
def test_a_reversal_is_two_signals_and_never_one_double_order(venue: VenueName) -> None:
    """The first is closed to proven flat, then the second opens; each answers for itself."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    stage.send("b", side=Side.SELL, on_opposite=OnOpposite.REVERSE, max_age=5 * MINUTE)
    assert stage.run(lambda: bool(stage.answer("b")), most=SECOND)
    assert stage.answer("b") == "accepted"
    assert stage.until("b", Phase.PROTECTED, most=5 * MINUTE), stage.tell("b")
    assert stage.phase("a") is Phase.FLAT
    assert stage.held() < 0
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
@pytest.mark.parametrize("percent", [50, 33])
def test_a_part_closed_leaves_the_rest_behind_its_stop(venue: VenueName, percent: int) -> None:
    """Whatever the answer to the close: one order of ours takes the part, and the stop never leaves."""
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    held = stage.held()
    stage.fault(fault="reply_lost", call="order.create")
    stage.send("p", action=Action.CLOSE, side=None, size=None, stop=None, percent=Decimal(percent))
    assert stage.calm()
    step = stage.box.instruments[stage.coins[0]].step
    expected = held - held * percent / 100 // step * step
    assert (stage.held(), stage.phase("a")) == (expected, Phase.PROTECTED)
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
def test_everything_is_flattened_by_one_signal(venue: VenueName) -> None:
    """Every slot of the account goes home."""
    stage = Stage(venue, coins=3)
    for number, coin in enumerate(stage.coins):
        stage.send(f"s{number}", coin)
    stage.run(most=2 * SECOND)
    everything = stage.signal("all", action=Action.FLATTEN, side=None, size=None, stop=None)
    stage.give(inp.SignalReceived(stage.clock, replace(everything, symbol=ev.EVERY_SYMBOL)))
    assert stage.calm()
    assert not any(stage.held(coin) for coin in stage.coins)
    assert (wrongs(stage), leftovers(stage)) == ([], [])


MOVES = [str(Decimal(5) - Decimal(number) / 4) for number in range(12)]


@VENUES
@pytest.mark.parametrize("seed", range(4))
def test_a_stop_is_moved_again_and_again_without_a_gap(venue: VenueName, seed: int) -> None:
    """Twelve moves with a fault at every second: not a microsecond naked after the first stop was live."""
    faults = ("reply_lost", "request_lost", "delay", "stop_refused")
    stage = Stage(venue, seed=seed)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    stage.run(most=SECOND)
    before = stage.box.judge(stage.now).naked_us
    for number, percent in enumerate(MOVES):
        if number % 2:
            line = {"ms": 700, "where": "request"} if faults[(number // 2 + seed) % 4] == "delay" else {}
            stage.fault(fault=faults[(number // 2 + seed) % 4], call="stop.create", **line)
        move = Stop(price=stage.price() * (1 - Decimal(percent) / 100))
        stage.send(f"move{number}", action=Action.PROTECT, side=None, size=None, stop=move)
        stage.run(most=(300 + 700 * (number % 3)) * MILLISECOND)
    assert stage.calm()
    assert stage.box.judge(stage.now).naked_us == before
    assert stage.phase("a") is Phase.PROTECTED
    assert "StopMoveAccepted" in stage.events("a")
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@pytest.mark.parametrize("change", list(ManualChange))
def test_a_stop_moved_by_hand_is_kept_moved_back_or_told_of(change: ManualChange) -> None:
    """As its owner wants; while it covers nothing is closed."""
    stage = Stage(BYBIT, settings=DeskSettings(manual_change=change))
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    (before,) = stage.stops()
    rules = stage.box.instruments[stage.coins[0]]
    elsewhere = stage.price() * Decimal("0.97")
    stage.box.move_stop_by_hand(
        stage.account, stage.coins[0], WantedMove(elsewhere - elsewhere % rules.tick), stage.now
    )
    stage.stir()
    assert stage.calm()
    (after,) = stage.stops()
    assert (after.trigger == before.trigger) is (change is ManualChange.RESTORE)
    raised = ["DistressRaised"] if change is ManualChange.ALERT else []
    assert told(stage, ev.DistressKind.STOP_MOVED) == raised
    assert stage.phase("a") is Phase.PROTECTED
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@VENUES
def test_a_close_whose_record_was_lost_is_found_in_the_list_of_orders(venue: VenueName) -> None:
    """A backup from before the close: all orders since the intention are read once, when the list no longer lags behind
    it (binance.md 4.6, up to 10 s), and ours join.
    """
    stage = Stage(venue)
    stage.send("a")
    assert stage.until("a", Phase.PROTECTED)
    kept = len(stage.recorded())
    stage.send("p", action=Action.CLOSE, side=None, size=None, stop=None, percent=Decimal(50))
    stage.run(most=20 * SECOND)
    held = stage.held()
    stage.restore(kept)
    assert stage.calm()
    orders = [row.event.report for row in stage.recorded() if isinstance(row.event, ev.OrderReported)]
    assert any(order.reduce_only and order.filled for order in orders)
    assert (stage.held(), stage.phase("a")) == (held, Phase.PROTECTED)
    assert (wrongs(stage), leftovers(stage)) == ([], [])
