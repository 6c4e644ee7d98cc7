"""Flat without the house: the machine against the box, in one thread, with and without faults."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.flatten.report import lines
from seawall.model.events import EndReason
from seawall.model.ids import Side, VenueName
from seawall.model.times import MILLISECOND, MINUTE, SECOND
from seawall.sagas.phase import Phase
from tests.adversary.stage import wrongs
from tests.flatten.hand import Emergency

BOTH = pytest.mark.parametrize("venue", list(VenueName))


@BOTH
def test_everything_of_ours_comes_home(venue: VenueName) -> None:
    """Three protected positions, the engine gone: all are closed, every stop is removed, two witnesses say flat."""
    stage = Emergency(venue, coins=3)
    stage.protected("a", "b", "c")
    report = stage.flatten()
    assert report.is_done, "\n".join(lines(report))
    assert len(report.slots) == 3
    assert all(slot.is_flat and len(slot.proof) >= 2 for slot in report.slots)
    verdict = stage.box.judge(stage.now)
    assert (verdict.positions, verdict.orphans, verdict.increases) == ([], [], 0)
    assert wrongs(stage) == []


@BOTH
def test_the_engine_knows_the_close_as_its_owners(venue: VenueName) -> None:
    """What the tool closed under a signal's own name is known to it when it wakes: closed outside, nothing doubled."""
    stage = Emergency(venue)
    stage.protected("a")
    stage.flatten()
    stage.come_back()
    assert stage.phase("a") in (Phase.QUARANTINE, Phase.FLAT), stage.tell("a")
    assert stage.state("a").end is EndReason.CLOSED_OUTSIDE
    assert stage.box.judge(stage.now).positions == []
    assert wrongs(stage) == []


@BOTH
def test_nothing_to_do_is_said_after_looking_twice(venue: VenueName) -> None:
    """An account without anything of ours is read until no entry can still arrive, and left as it is."""
    stage = Emergency(venue)
    began = len(stage.box.log)
    report = stage.flatten()
    assert (report.is_done, report.slots) == (True, ())
    assert lines(report) == (f"{stage.account}: nothing of ours stands there",)
    assert not [entry for entry in stage.box.log[began:] if entry.call in ("order.create", "order.cancel")]


@BOTH
def test_a_foreign_position_is_named_and_left(venue: VenueName) -> None:
    """All means all of ours: what bears no name of ours stays, with its stop."""
    stage = Emergency(venue, coins=2)
    stage.protected("a")
    stage.hand(Side.BUY, Decimal(100), stage.coins[1])
    stage.leave_stop(stage.coins[1], name="web_mine")
    report = stage.flatten()
    assert report.is_done
    assert report.untouched == (f"long 100 {stage.coins[1]}",)
    assert stage.held() == 0
    assert stage.held(stage.coins[1]) == Decimal(100)
    assert len(stage.stops(stage.coins[1])) == 1


@BOTH
def test_a_named_symbol_is_closed_whole(venue: VenueName) -> None:
    """Who names a slot means all that stands on it; foreign orders there stay and are named."""
    stage = Emergency(venue, coins=2)
    coin = stage.coins[1]
    stage.hand(Side.SELL, Decimal(100), coin)
    report = stage.flatten(coin)
    assert report.is_done, "\n".join(lines(report))
    assert stage.held(coin) == 0
    (slot,) = report.slots
    assert (slot.was, slot.closed) == ("short 100", "100")


@BOTH
def test_a_position_whose_stop_is_gone_is_still_known_as_ours(venue: VenueName) -> None:
    """No order of ours stands on it any more; that our entry filled there says whose it is."""
    stage = Emergency(venue)
    stage.protected("a")
    stage.kill()
    stage.cancel_stops()
    report = stage.flatten()
    assert report.is_done
    assert [slot.was for slot in report.slots] != []
    assert stage.held() == 0


def test_ours_is_known_though_others_filled_two_pages_since() -> None:
    """Bybit lists fifty orders a page: our entry stands on the third, and the position is closed as ours."""
    stage = Emergency(VenueName.BYBIT)
    stage.protected("a")
    stage.kill()
    stage.cancel_stops()
    for n in range(120):
        stage.hand(Side.BUY if n % 2 == 0 else Side.SELL, Decimal(100_000))
        stage.run(most=MILLISECOND)
    report = stage.flatten()
    assert report.is_done
    assert not report.untouched
    assert stage.held() == 0


FAULTS: dict[str, tuple[dict[str, object], ...]] = {
    "every reply of an order is lost": ({"fault": "reply_lost", "call": "order.create"},),
    "requests are lost": ({"fault": "request_lost", "call": "order.create", "nth": 1, "times": 2},),
    "reads lag five seconds": ({"fault": "read_lag", "call": "positions.get", "ms": 5_000},),
    "reads are stale at first": ({"fault": "stale_read", "call": "positions.get", "nth": 1, "times": 4},),
    "reads are empty at first": ({"fault": "empty_read", "call": "positions.get", "nth": 1, "times": 4},),
    "lists of stops are empty at first": ({"fault": "empty_read", "call": "stops.open", "nth": 1, "times": 3},),
    "the stream is mute": ({"fault": "stream_drop", "call": "stream.*"},),
    "the stream is mute and replies are lost": (
        {"fault": "stream_drop", "call": "stream.*"},
        {"fault": "reply_lost", "call": "order.create"},
        {"fault": "read_lag", "call": "positions.get", "ms": 3_000},
    ),
    "closes fill in part": ({"fault": "partial_fill", "call": "order.create", "fraction": Decimal("0.4"), "times": 3},),
    "cancels are lost": ({"fault": "reply_lost", "call": "*cancel*", "nth": 1, "times": 2},),
    "the venue is busy": ({"fault": "status", "call": "order.create", "status": 503, "nth": 1, "times": 3},),
    "the venue says to wait": ({"fault": "status", "call": "*", "status": 429, "nth": 6, "times": 2},),
    "replicas disagree": ({"fault": "replicas_disagree", "call": "positions.get", "ms": 4_000},),
}


@pytest.mark.parametrize("faults", list(FAULTS.values()), ids=list(FAULTS))
@BOTH
def test_faults_make_it_later_and_nothing_else(venue: VenueName, faults: tuple[dict[str, object], ...]) -> None:
    """Lost replies, lagging and empty reads, refused and partial closes: flat in the end, nothing turned or doubled."""
    outlives = {"binance.expire_delay_us": str(20 * SECOND)} if venue is VenueName.BINANCE else {}
    stage = Emergency(venue, coins=2, switches=outlives)  # so that there is a stop to cancel
    stage.protected("a", "b")
    stage.kill()
    for fault in faults:
        stage.fault(**fault)
    report = stage.flatten(most=4 * MINUTE)
    assert report.is_done, "\n".join([*lines(report), *map(str, stage.told)])
    verdict = stage.box.judge(stage.now)
    assert (verdict.positions, verdict.orphans, verdict.increases) == ([], [], 0)
    assert not any(episode.turned_over for episode in verdict.episodes)
    assert wrongs(stage) == []
    assert stage.box.faults.fired or (venue is VenueName.BYBIT and "cancel" in str(faults)), (
        "its stops go by themselves"
    )


@BOTH
def test_what_every_list_is_slow_to_show_is_found_at_the_second_look(venue: VenueName) -> None:
    """A position whose stop and entry no list shows at first is not taken for somebody else's."""
    stage = Emergency(venue, coins=2)
    stage.protected("a", "b")
    stage.kill()
    for call, times in (("stops.open", 1), ("orders.open", 1), ("order.history", 2)):
        stage.fault(fault="empty_read", call=call, nth=1, times=times)
    report = stage.flatten(most=4 * MINUTE)
    assert (report.is_done, report.untouched) == (True, ()), "\n".join(lines(report))
    assert [stage.held(coin) for coin in stage.coins] == [Decimal(0)] * 2


@BOTH
def test_an_entry_on_its_way_is_met(venue: VenueName) -> None:
    """An entry whose bytes had left when the halt was written fills after the first survey, and is closed too."""
    stage = Emergency(venue)
    stage.fault(fault="delay", call="order.create", ms=1_500, where="engine")
    stage.send("late")
    stage.run(lambda: any(entry.call == "order.create" for entry in stage.box.log), most=MINUTE)
    report = stage.flatten()
    assert report.is_done
    verdict = stage.box.judge(stage.now)
    assert (verdict.positions, verdict.orphans) == ([], [])


@BOTH
def test_refused_closes_climb_and_say_why(venue: VenueName) -> None:
    """A close that is refused for good is tried in slices, and the report names the venue's words while it is not flat."""
    code = -4131 if venue is VenueName.BINANCE else 110118
    stage = Emergency(venue)
    stage.protected("a")
    stage.kill()
    stage.fault(fault="status", call="order.create", status=400 if venue is VenueName.BINANCE else 200, code=code)
    report = stage.flatten(most=20_000_000)
    assert not report.is_done
    (slot,) = report.slots
    assert str(code) in slot.trouble
    assert len(slot.closes) > 2
    assert stage.stops(), "the stop stays until flat is proven"
    stage.box.faults.clear()
    assert stage.run(lambda: stage.held() == 0, most=MINUTE)
