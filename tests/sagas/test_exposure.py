"""What is open of a signal: the arithmetic of rules 16 and 17, and what a stop is worth for it."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.model import inputs as inp
from seawall.model.acts import ClosePosition, Outcome, PlaceStop, Reason
from seawall.model.events import EndReason
from seawall.model.ids import ClientId, Side, VenueId
from seawall.model.reports import OrderStatus, Source, StopStatus
from seawall.model.signal import Stop
from seawall.sagas.evidence.cover import best_cover, cover_of, is_trigger_final, standing_stops, target_trigger
from seawall.sagas.evidence.exposure import intent_moment, last_moment
from seawall.sagas.evidence.positions import Moment
from seawall.sagas.evidence.stops import Cover
from seawall.sagas.phase import Phase
from tests.sagas.builders import (
    BINANCE,
    BYBIT,
    SYMBOL,
    AskFills,
    AskOrder,
    AskPositions,
    Case,
    D,
    armed,
    close_asked,
    entering,
    fill,
    ms,
    naked,
    order,
    percent,
    position,
    protected,
    signal,
    stop,
)

STREAM = Source.STREAM


def stream(case: Case, at: float, amount: int, told: float | None = None, **more: Any) -> None:
    """The stream tells a position, dated by the venue at `told`, else at once."""
    case.hears(at, position(amount, at, told=at if told is None else told, source=STREAM, **more))


def read(case: Case, at: float, amount: int, told: float | None = None, **more: Any) -> None:
    """A read tells a position."""
    case.reads(at, AskPositions(SYMBOL), position(amount, at - 20, told=at - 20 if told is None else told, **more))


# ---- our unclosed quantity


def test_open_is_entry_fills_less_the_fills_of_closes_and_stops() -> None:
    """27 in, 5 out by the stop: 22 are ours and open."""
    case = protected()
    case.hears(300, fill(case.newest_stop.client_id, 5, trade="s1", at=300))
    found = case.exposure
    assert (found.filled, found.exited, found.open) == (D(27), D(5), D(22))
    assert [facts.client_id for facts in case.state.exit_orders] == [case.newest_stop.client_id]


def test_a_partial_fill_is_open_as_far_as_it_goes() -> None:
    """What has filled is ours, terminal or not."""
    case = entering()
    case.hears(100, order(case.entry, OrderStatus.PARTIAL, 10, at=100))
    assert (case.exposure.open, case.exposure.at_most) == (D(10), False)


def test_every_attempt_counts() -> None:
    """What an earlier attempt filled after all is ours beside the later one's."""
    case = entering()
    first = case.entry
    case.answers(50, first, Outcome.REFUSED, Reason.BUSY)
    case.at(100)
    assert case.entry != first
    case.hears(200, fill(first, 20, trade="a", at=200), fill(case.entry, 27, trade="b", at=200))
    assert case.exposure.open == 47


def test_one_newer_source_caps_nothing() -> None:
    """A single word that less is there is not enough: one reader may lag or lie."""
    case = naked()
    stream(case, 300, 0)
    assert case.exposure.open == 27
    assert case.exposure.flat_sources == ("stream",)


def test_two_newer_sources_cap_what_is_ours() -> None:
    """A hand closed 17 of 27: stream and read, both newer than our last fill, leave 10."""
    case = naked()
    stream(case, 300, 10)
    read(case, 400, 10)
    assert (case.exposure.filled, case.exposure.open) == (D(27), D(10))


def test_two_newer_sources_that_disagree_leave_the_larger() -> None:
    """The cap is what both agree is there at most, where the venue dates both alike."""
    case = naked()
    stream(case, 300, 10)
    read(case, 400, 20, told=300)
    assert case.exposure.open == 20


def test_a_word_that_a_later_one_contradicts_is_overtaken() -> None:
    """The stream fell silent at 10 of 27; a read dated later says 20: what is shown is 20, and more never was, by both."""
    case = naked()
    stream(case, 300, 10)
    read(case, 400, 20)
    assert (case.exposure.least, case.exposure.open) == (D(20), D(20))


def test_what_others_added_is_never_ours() -> None:
    """A position above our fills is capped at our fills."""
    case = naked()
    stream(case, 300, 1_000)
    read(case, 400, 1_000)
    assert case.exposure.open == 27


def test_a_word_older_than_the_last_fill_caps_nothing() -> None:
    """Stale zeros from both sources never reduce what a fill proves (I01, I58)."""
    case = naked()
    stream(case, 300, 0, told=89)
    read(case, 400, 0, told=89)
    read(case, 30_000, 0, told=89)
    assert (case.exposure.open, case.exposure.flat_sources) == (D(27), ())


def test_a_row_dated_just_before_the_fill_is_one_witness_once_it_was_read_late_enough() -> None:
    """Dates of one fill may lie a moment apart: read `read_lag` after it, such a row counts, and never twice."""
    case = naked()
    for at in range(300, 60_000, 5_000):
        read(case, at, 0, told=99)
    assert (case.exposure.open, case.exposure.flat_sources, case.exposure.least) == (D(27), ("positions",), D(0))


def test_an_exit_dated_just_after_a_word_is_not_taken_off_it_twice() -> None:
    """A word dated a moment before our own exit may tell of it already: what it shows may be what is left."""
    case = protected()
    case.hears(700, fill(case.newest_stop.client_id, 13, trade="s1", at=600))
    stream(case, 1_000, 14, told=599)
    read(case, 1_100, 14, told=599)
    assert (case.exposure.open, case.exposure.least) == (D(14), D(14))


def test_a_read_without_a_time_caps_nothing_after_a_fill() -> None:
    """However often it agrees with itself, a row without a date is one witness: an empty reply looks the same."""
    case = naked()
    for at in range(300, 60_000, 5_000):
        case.reads(at, AskPositions(SYMBOL), position(0, at - 20))
    assert case.exposure.open == 27


def test_one_source_read_again_after_the_lag_stands_for_two() -> None:
    """A dated read that another confirms `read_lag` later is a second opinion, and that nothing is ours is remembered."""
    case = naked()
    read(case, 400, 0, told=300)
    assert case.exposure.open == 27
    read(case, 400 + 10_001, 0, told=300)
    assert case.exposure.flat_sources == ("fills", "positions", "positions again")
    assert case.exposure.open == 0
    assert case.exposure.is_flat_proven


def test_a_position_on_the_other_side_is_contrary_until_two_sources_say_so() -> None:
    """One word of a short where we bought is distress; two of them mean that nothing of ours is open."""
    case = naked()
    stream(case, 300, -5)
    assert (case.exposure.contrary, case.exposure.open) == (True, D(27))
    read(case, 400, -5)
    assert (case.exposure.contrary, case.exposure.open, case.exposure.is_flat_proven) == (False, D(0), True)


def test_the_other_side_in_the_very_instant_of_our_fill_is_disputed_and_ours_counts_as_open() -> None:
    """It may be what another hand left the moment before; a read that says the same proves that nothing of ours is open."""
    case = naked()
    stream(case, 110, -5, told=100)
    assert (case.exposure.contrary, case.exposure.disputed, case.exposure.open) == (False, True, D(27))
    read(case, 200, 22, told=100)
    assert (case.exposure.contrary, case.exposure.disputed, case.exposure.closable) == (False, True, D(22))
    read(case, 400, -5, told=100)
    assert (case.exposure.contrary, case.exposure.disputed, case.exposure.is_flat_proven) == (False, False, True)


def test_a_read_of_the_instant_of_our_fill_that_shows_the_other_side_is_contrary() -> None:
    """The stream tells every moment of a millisecond, a read hardly ever one within it."""
    case = naked()
    read(case, 200, -5, told=100)
    assert (case.exposure.contrary, case.exposure.disputed, case.exposure.open) == (True, False, D(27))


@pytest.mark.parametrize("first", [-5, 22])
def test_two_words_of_one_instant_on_both_sides_are_disputed_until_reads_agree(first: int) -> None:
    """Neither is the later, whichever came first; a word of a later instant decides, and so do reads `read_lag` apart."""
    case = protected()
    stream(case, 300, -5) if first < 0 else read(case, 350, 22, told=300)
    read(case, 350, 22, told=300) if first < 0 else stream(case, 360, -5, told=300)
    assert (case.exposure.contrary, case.exposure.disputed) == (False, True)
    read(case, 400, 22, told=300)
    read(case, 10_500, 22, told=300)
    assert (case.exposure.disputed, case.exposure.open) == (False, D(22))
    stream(case, 11_000, -5)
    assert (case.exposure.contrary, case.exposure.disputed) == (True, False)


@pytest.mark.parametrize(("seq", "contrary"), [(8, True), (6, False)])
def test_within_one_instant_the_venues_sequence_decides(seq: int, contrary: bool) -> None:
    """Bybit counts what it does: the word of the higher number is the later, and nothing is disputed."""
    case = protected(traits=BYBIT)
    stream(case, 300, -5, seq=seq, stop_loss=D(0))
    read(case, 350, 22, told=300, seq=7, stop_loss=target_trigger(case.state))
    assert (case.exposure.contrary, case.exposure.disputed) == (contrary, False)


def test_the_baseline_is_not_ours() -> None:
    """What stood before the intent is subtracted from every word."""
    case = entering(slot_is_free=True, position=position(0))
    stream(case, 300, 0)
    assert case.exposure.open == 0
    assert intent_moment(case.state) == Moment(ms(0), 0, ms(0))


def test_a_short_counts_the_other_way() -> None:
    """Sold 27, position -27: 27 are open in our direction."""
    case = naked(signal(side=Side.SELL, stop=Stop(price=D("0.21"))))
    stream(case, 300, -20)
    read(case, 400, -20)
    assert case.exposure.open == 20


def test_a_bound_holds_though_a_later_word_has_overtaken_it() -> None:
    """Both sources showed ten less; a hand closes five more while the stream is silent: no more than 17 are ours, and a
    quantity stop over those goes on covering.
    """
    case = protected()
    stream(case, 250, 17)
    read(case, 290, 17, told=250)
    read(case, 400, 12, told=380)
    assert (case.exposure.open, case.exposure.least) == (D(17), D(12))


@pytest.mark.parametrize("reads_alone", [False, True])
def test_what_a_hand_has_closed_stays_closed_after_our_own_exit(reads_alone: bool) -> None:
    """Two words showed ten less; what our exit took after them comes off both, so that no newer word is waited for. The
    stream may never have told of the hand: then a read that is confirmed `read_lag` later stands for it.
    """
    case = protected()
    if not reads_alone:
        stream(case, 250, 17)
    for at in (290, 10_400) if reads_alone else (290,):
        read(case, at, 17, told=250)
    assert case.exposure.open == 17
    case.hears(10_500, fill(case.newest_stop.client_id, 8, trade="s1", at=10_500))
    assert case.exposure.open == 9
    read(case, 10_600, 9, told=10_500)
    assert case.exposure.open == 9


# ---- by its effect


def test_the_positions_change_is_ours_while_no_fill_can_be_read() -> None:
    """Right sign, newer than the intent, not above what we intended: enough to protect, marked as at most."""
    case = entering()
    stream(case, 300, 27)
    assert (case.exposure.open, case.exposure.at_most, case.exposure.filled) == (D(27), True, D(0))
    assert not is_flat(case)


def is_flat(case: Case) -> bool:
    """Whether flat is proven."""
    return case.exposure.is_flat_proven


@pytest.mark.parametrize("amount", [28, -27, 0])
def test_a_change_of_the_wrong_size_or_sign_is_not_ours(amount: int) -> None:
    """Above our quantity, or on the other side, somebody else was at work."""
    case = entering()
    stream(case, 300, amount)
    assert (case.exposure.open, case.exposure.at_most) == (D(0), False)


def test_a_change_dated_before_the_intent_is_not_ours() -> None:
    """What the venue dates before the intent was there before us."""
    case = entering()
    stream(case, 300, 27, told=-1)
    assert case.exposure.open == 0


def test_a_change_explained_by_a_dead_entry_is_not_ours() -> None:
    """Once every attempt is known to have filled nothing, the change is somebody else's."""
    case = entering()
    stream(case, 300, 27)
    case.hears(400, order(case.entry, OrderStatus.EXPIRED, 0, at=400))
    assert case.exposure.open == 0
    assert "entry" in case.exposure.flat_sources


def test_what_is_known_by_its_effect_is_not_closed_before_the_trades_were_read() -> None:
    """A hand's trade of the same size looks the same: it is covered at once, and closed after `max_naked` at the latest."""
    case = entering()
    stream(case, 300, 27)
    case.saga.hear(close_request(), case.around)
    case.at(310)
    assert (len(case.state.stops), case.state.closes) == (1, ())
    case.at(5_301)
    assert len(case.state.closes) == 1


def test_a_close_of_what_is_known_by_its_effect_leaves_nothing_open() -> None:
    """27 seen by effect, 27 closed under our name, then flat by two words: nothing is open, and that is proven."""
    case = entering()
    stream(case, 300, 27)
    case.saga.hear(close_request(), case.around)
    case.reads(310, AskFills(SYMBOL, case.baseline_at), began=305)
    closed = case.state.closes[-1].client_id
    case.hears(400, order(closed, filled=27, at=400), position(0, 400, told=400, source=STREAM))
    read(case, 500, 0)
    assert case.exposure.open == 0


def test_a_list_of_trades_that_may_lag_does_not_deny_what_a_position_spoke_for() -> None:
    """27 seen by their effect, a read that says cancelled and empty, no trade listed: it has not ended as unfilled until
    the trades were read as long after as reads may lag.
    """
    case = entering()
    stream(case, 300, 27)
    case.reads(400, AskOrder(SYMBOL, case.entry), order(case.entry, OrderStatus.CANCELLED, at=300, source=Source.ORDER))
    case.hears(900, position(0, 900, told=900, source=STREAM))
    read(case, 950, 0, told=900)
    case.hears(960, stop(case.newest_stop.client_id, StopStatus.EXPIRED, at=960))
    case.reads(1_000, AskFills(SYMBOL, case.baseline_at), began=990)
    assert case.phase() is not Phase.FLAT
    case.reads(10_500, AskFills(SYMBOL, case.baseline_at), began=10_450)
    assert (case.phase(), case.state.end) == (Phase.FLAT, EndReason.NOT_FILLED)


def close_request() -> inp.CloseRequested:
    """A user asks for the slot to be closed."""
    return inp.CloseRequested(ms(305), SYMBOL, "hand")


# ---- moments


def test_the_moment_is_the_last_fill_of_any_order_of_ours() -> None:
    """Entry and exits alike; without any, the intent."""
    case = protected()
    assert last_moment(case.state) == Moment(ms(100), 0, ms(100), is_fill=True)
    case.hears(300, fill(case.newest_stop.client_id, 27, trade="s1", at=300, told=290, seq=9))
    assert last_moment(case.state) == Moment(ms(290), 9, ms(300), is_fill=True)
    assert last_moment(entering().state) == Moment(ms(0), 0, ms(0))
    assert intent_moment(Case().state) == Moment(0, 0, 0)


def test_a_row_of_the_entrys_sequence_is_not_newer_than_an_exit_whose_trade_is_unknown() -> None:
    """An exit known by its order alone has no sequence yet: rows are newer by their dates, and the entry's is not."""
    case = entering(traits=BYBIT)
    case.hears(100, fill(case.entry, at=100, seq=8), position(27, 100, told=100, source=STREAM, seq=8))
    case.at(300, close_asked(300))
    case.hears(350, order(case.state.closes[0].client_id, OrderStatus.FILLED, 27, at=350))
    assert last_moment(case.state) == Moment(ms(350), 0, ms(350), is_fill=True)
    assert list(case.exposure.flat_sources) == ["fills"]
    stream(case, 360, 0, seq=10)
    assert list(case.exposure.flat_sources) == ["fills", "stream"]


def test_fills_that_outweigh_the_entry_say_flat() -> None:
    """When exits have filled all that the entry did, the fills themselves are one source of two."""
    case = protected()
    case.hears(300, fill(case.newest_stop.client_id, 27, trade="s1", at=300))
    assert list(case.exposure.flat_sources) == ["fills"]
    assert not is_flat(case)
    read(case, 400, 0)
    assert case.exposure.flat_sources == ("fills", "positions")
    assert is_flat(case)


def test_what_remains_once_all_our_orders_are_accounted_for_is_somebody_elses() -> None:
    """27 in and 27 out, each order done: ten that the position still shows are foreign, and flat is proven."""
    case = protected()
    case.at(210, close_request())
    closed = case.state.closes[0].client_id
    stream(case, 290, 37)
    case.answers(300, closed)
    case.hears(310, fill(closed, 20, trade="c1", at=310))
    stream(case, 320, 17)
    assert (case.exposure.open, is_flat(case)) == (D(7), False)
    case.hears(330, fill(closed, 7, trade="c2", at=330))
    stream(case, 340, 10)
    assert (case.exposure.open, is_flat(case)) == (D(0), True)


def test_a_dead_entry_and_one_newer_position_prove_flat() -> None:
    """The entry's own word that it filled nothing, and a position newer than the intent."""
    case = entering()
    case.answers(50, case.entry, Outcome.REFUSED, Reason.FUNDS)
    assert case.exposure.flat_sources == ("entry",)
    read(case, 400, 0)
    assert is_flat(case)


# ---- cover


def test_without_a_stop_there_is_no_cover() -> None:
    """None, and no stop that gives it."""
    case = entering()
    assert best_cover(case.state, case.exposure, case.around) == (Cover.NONE, None)


def test_the_best_of_several_stops_counts_and_the_newest_where_they_tie() -> None:
    """A live stop outweighs a newer refused one."""
    case = protected(percent(5))
    kept = case.newest_stop.client_id
    assert best_cover(case.state, case.exposure, case.around)[1] == case.state.stops[kept]


def test_bybits_live_needs_the_child_and_the_positions_own_word() -> None:
    """The position's field alone is acknowledged, the child alone too; both together are live."""
    case = naked(traits=BYBIT)
    name = case.newest_stop.client_id
    trigger = case.newest_stop.trigger
    child = stop("", at=200, trigger=trigger, venue_id=VenueId("c-1"))
    case.hears(200, child)
    assert cover(case, name) is Cover.ACKNOWLEDGED
    stream(case, 250, 27, told=150, stop_loss=trigger)
    assert cover(case, name) is Cover.LIVE
    only_field = naked(traits=BYBIT)
    stream(only_field, 250, 27, told=150, stop_loss=trigger)
    assert cover(only_field, only_field.newest_stop.client_id) is Cover.ACKNOWLEDGED


def cover(case: Case, name: ClientId) -> Cover:
    """What one stop is worth now."""
    return cover_of(case.state, case.state.stops[name], case.exposure, case.around)


def test_a_fill_acknowledges_an_attached_stop_whatever_became_of_the_create_reply() -> None:
    """The venue made it at the first fill: no reply is needed (rule 11)."""
    case = entering(traits=BYBIT)
    case.answers(50, case.entry, Outcome.UNKNOWN)
    name = case.newest_stop.client_id
    assert cover(case, name) is Cover.UNKNOWN
    case.hears(100, fill(case.entry, at=100))
    assert cover(case, name) is Cover.ACKNOWLEDGED


def test_the_positions_field_arms_an_attached_stop_before_any_fill_is_read() -> None:
    """A position newer than the intent that shows our trigger is armed by itself."""
    case = entering(traits=BYBIT)
    stream(case, 100, 27, stop_loss=case.newest_stop.trigger)
    assert cover(case, case.newest_stop.client_id) is Cover.ACKNOWLEDGED


def test_a_position_newer_than_the_fill_without_a_stop_takes_the_cover_back() -> None:
    """stopLoss 0 on a row newer than the fill: the attachment did not take hold."""
    case = naked(traits=BYBIT)
    name = case.state.attempts[0].client_id
    attached = next(facts for facts in case.state.stops.values() if facts.attached)
    stream(case, 300, 27, told=100, stop_loss=D(0))
    assert cover(case, attached.client_id) is Cover.NONE
    assert name in case.state.orders


def test_a_row_without_a_stop_newer_than_the_childs_sighting_takes_a_live_stop_back() -> None:
    """A hand took the stop off the position: the row says so, dated after the child was first seen live. Before that it only arms."""
    case = protected(traits=BYBIT)
    name = case.newest_stop.client_id
    stream(case, 250, 27, told=199, stop_loss=D(0))
    assert cover(case, name) is Cover.ACKNOWLEDGED
    stream(case, 300, 27, told=300, stop_loss=D(0))
    assert cover(case, name) is Cover.NONE
    assert case.newest_stop.client_id != name


def test_a_row_without_a_stop_older_than_the_childs_newest_sighting_takes_nothing_back() -> None:
    """The entry grew, and the child with it: a row dated between its first and its last sighting is behind, and one that
    is dated a moment after that may be.
    """
    case = protected(traits=BYBIT)
    facts = case.newest_stop
    case.hears(310, stop("", at=300, trigger=facts.trigger, venue_id=facts.venue_id, source=STREAM))
    stream(case, 320, 27, told=300, stop_loss=D(0))
    assert (cover(case, facts.client_id), len(case.sent(PlaceStop))) == (Cover.ACKNOWLEDGED, 0)
    stream(case, 390, 27, told=310, stop_loss=D(0))
    assert cover(case, facts.client_id) is Cover.ACKNOWLEDGED
    stream(case, 400, 27, told=311, stop_loss=D(0))
    assert cover(case, facts.client_id) is Cover.NONE


def test_a_row_that_does_not_speak_of_a_stop_leaves_the_word_before_it() -> None:
    """The field did not come: nothing is taken back, and what the read has shown of our stop still counts."""
    case = protected(traits=BYBIT)
    facts = case.newest_stop
    read(case, 300, 27, told=200, stop_loss=facts.trigger)
    stream(case, 400, 28, told=390, stop_loss=None)
    assert cover(case, facts.client_id) is Cover.LIVE
    read(case, 500, 28, told=390, stop_loss=None)
    assert cover(case, facts.client_id) is Cover.ACKNOWLEDGED
    assert case.sent(PlaceStop) == []


@pytest.mark.parametrize(("told", "stands"), [(80, True), (97, False)])
def test_a_position_older_than_the_fill_takes_nothing_back(told: int, stands: bool) -> None:
    """A stale row without a stop is no word about it; one dated three milliseconds before the order is of the fill."""
    case = naked(traits=BYBIT)
    stream(case, 300, 27, told=told, stop_loss=D(0))
    assert (cover(case, case.newest_stop.client_id) is Cover.ACKNOWLEDGED) is stands


def test_an_unknown_full_stop_that_the_position_shows_is_acknowledged() -> None:
    """The reply was lost, the position's field tells that it took hold."""
    case = naked(traits=BYBIT)
    stream(case, 300, 27, told=100, stop_loss=D(0))
    placed = case.newest_stop
    assert not placed.attached
    case.answers(350, placed.client_id, Outcome.UNKNOWN)
    assert cover(case, placed.client_id) is Cover.UNKNOWN
    stream(case, 400, 27, told=390, stop_loss=placed.trigger)
    assert cover(case, placed.client_id) is Cover.ACKNOWLEDGED


def test_a_believed_stop_whose_trigger_the_market_has_passed_covers_as_long_as_a_triggering_one() -> None:
    """The field shows it, and another at its trigger is refused as passed: two seconds later it has not closed us."""
    case = naked(traits=BYBIT)
    believed = case.newest_stop
    stream(case, 300, 27, told=100, stop_loss=D(0))
    stream(case, 320, 27, told=320, stop_loss=believed.trigger)
    case.answers(350, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    case.wakes_until(2_340)
    assert (cover(case, believed.client_id), case.sent(ClosePosition)) == (Cover.ACKNOWLEDGED, [])
    case.wakes_until(2_360)
    assert (cover(case, believed.client_id), case.state.end) == (Cover.NONE, EndReason.TRIGGER_PASSED)
    assert [act.quantity for act in case.sent(ClosePosition)] == [D(27)]


@pytest.mark.parametrize("ended", [StopStatus.TRIGGERED, StopStatus.CANCELLED])
def test_an_old_row_says_nothing_of_a_stop_placed_after_it(ended: StopStatus) -> None:
    """The child has ended with the position open: a row from before shows the old stop's trigger, not the new one's."""
    case = protected(traits=BYBIT)
    child = stop("", ended, at=300, trigger=case.newest_stop.trigger, venue_id=VenueId("c-1"))
    case.hears(300, child)
    placed = case.newest_stop
    assert placed.is_pending
    assert cover(case, placed.client_id) is Cover.UNKNOWN
    stream(case, 400, 27, stop_loss=placed.trigger)
    assert cover(case, placed.client_id) is Cover.ACKNOWLEDGED


def test_a_newer_full_stop_that_took_hold_replaces_the_older() -> None:
    """Where the venue keeps one stop a position, only the latest that took hold stands, beside quantity stops."""
    case = naked(traits=BYBIT)
    stream(case, 300, 27, told=100, stop_loss=D(0))
    attached, placed = sorted(case.state.stops.values(), key=lambda facts: facts.n)
    assert [facts.n for facts in standing_stops(case.state, case.around)] == [attached.n, placed.n]
    case.answers(350, placed.client_id)
    assert [facts.n for facts in standing_stops(case.state, case.around)] == [placed.n]


def test_with_the_positions_only_stop_whatever_was_never_seen_has_ended_too() -> None:
    """The child that was rejected as it fired was taken for the stop placed last: the attached one is no cover either,
    whatever the position's row goes on showing.
    """
    case = naked(traits=BYBIT)
    stream(case, 300, 27, told=300, stop_loss=D(0))
    case.answers(350, case.newest_stop.client_id, Outcome.REFUSED, Reason.NO_POSITION)
    placed = case.newest_stop
    for at, status in ((400, StopStatus.LIVE), (410, StopStatus.REJECTED)):
        case.hears(at, stop("", status, at=at, trigger=placed.trigger, venue_id=VenueId("c-1")))
    stream(case, 420, 27, stop_loss=placed.trigger)
    attached = min(case.state.stops.values(), key=lambda facts: facts.n)
    assert attached.may_live
    assert attached not in standing_stops(case.state, case.around)


def test_a_stop_missed_twice_and_refused_again_is_gone() -> None:
    """The venue's definite refusal of its replacement decides what two reads alone may not."""
    from tests.sagas.builders import AskStop

    case = protected()
    first = case.newest_stop
    for at in (20_000, 31_000):
        case.reads(at, AskStop(SYMBOL, first.client_id))
    assert cover(case, first.client_id) is Cover.LIVE
    again = case.newest_stop
    assert again.client_id != first.client_id
    case.answers(31_100, again.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
    assert cover(case, first.client_id) is Cover.LIVE
    later = protected()
    first = later.newest_stop
    for at in (20_000, 31_000):
        later.reads(at, AskStop(SYMBOL, first.client_id))
    later.answers(31_100, later.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    assert cover(later, first.client_id) is Cover.NONE


def test_the_target_is_the_settled_trigger_else_the_intents() -> None:
    """Final when it is absolute or settled."""
    case = entering(percent(5))
    assert (target_trigger(case.state), is_trigger_final(case.state)) == (D("0.1900"), False)
    settled = naked(percent(5))
    assert is_trigger_final(settled.state)
    assert (target_trigger(Case().state), is_trigger_final(Case().state)) == (D(0), False)
    assert is_trigger_final(entering().state)


@pytest.mark.parametrize("traits", [BINANCE, BYBIT])
def test_an_ended_stop_does_not_stand(traits: object) -> None:
    """What was seen to end is no longer counted among the standing."""
    case = armed()
    case.hears(200, stop(case.newest_stop.client_id, StopStatus.CANCELLED, at=200))
    first = min(case.state.stops.values(), key=lambda facts: facts.n)
    assert first not in standing_stops(case.state, case.around)


def test_what_came_between_the_baseline_and_the_intent_is_not_ours() -> None:
    """A hand traded after the slot was read and before we intended: its position is what we started from."""
    case = Case(position=position(0, -5_000))
    case.at(0)
    case.answers(50, case.entry, Outcome.UNKNOWN)
    case.reads(100, AskPositions(SYMBOL), position(-100, 80, told=-1_000))
    assert case.exposure.open == 0
    case.hears(200, fill(case.entry, at=150), position(-73, 200, told=150, source=Source.STREAM))
    assert case.exposure.open == 27
    assert not case.exposure.contrary


def test_what_the_venue_dates_from_our_own_fill_on_is_no_baseline() -> None:
    """Our clock was three seconds ahead when we dated the intent: the position that our fill made is dated before it."""
    case = Case(position=position(0, -5_000))
    case.at(0)
    case.hears(100, fill(case.entry, at=100, told=-3_000), position(27, 100, told=-3_000, source=STREAM))
    read(case, 20_000, 27, told=-3_000)
    assert case.exposure.open == 27
    assert not case.exposure.flat_sources
    assert not case.exposure.seems_gone
