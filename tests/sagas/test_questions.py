"""What is asked, of whom, and when: ever more rarely, never doubled, all at once after a gap."""

from __future__ import annotations

from itertools import pairwise

from seawall.model import inputs as inp
from seawall.model.acts import Outcome, Reason
from seawall.model.ids import VenueId
from seawall.model.queries import AskOrders, Query
from seawall.model.reports import OrderStatus, Source
from seawall.model.times import MILLISECOND
from seawall.sagas.duties.agenda import Agenda
from tests.sagas.builders import (
    BOUNDS,
    BYBIT,
    SYMBOL,
    T0,
    AskFills,
    AskOrder,
    AskPositions,
    AskStop,
    AskStops,
    Case,
    D,
    Finding,
    Phase,
    StopStatus,
    armed,
    entering,
    fill,
    ms,
    naked,
    order,
    percent,
    position,
    protected,
    stop,
)

STREAM = Source.STREAM


def asked_at(case: Case, query: Query, until: float, *, answered: bool) -> list[float]:
    """When a question leaves until an instant, each answered empty 10 ms later, or never."""
    found: list[float] = []
    case.at(case_ms(case))
    case.queries.clear()
    while (due := case.saga.next_wake()) is not None and due <= ms(until):
        at = (due - T0) / MILLISECOND
        case.at(at)
        if query in case.queries:
            found.append(at)
            if answered:
                case.reads(at + 10, query, began=at)
        case.queries.clear()
    return found


def test_the_price_of_an_entry_that_no_trade_told_is_asked_for_until_it_is_known() -> None:
    """The reply said filled, and a reply has no price: the order is read now and then while the position stands."""
    case = entering()
    case.answers(50, case.entry, Outcome.ACKNOWLEDGED, Reason.NONE, order(case.entry, filled=27, at=50))
    case.answers(150, case.newest_stop.client_id)
    case.hears(200, stop(case.newest_stop.client_id, at=200, trigger=case.newest_stop.trigger))
    assert case.phase() is Phase.PROTECTED
    asked = AskOrder(SYMBOL, case.entry)
    assert len(asked_at(case, asked, 20_000, answered=True)) > 1
    case.reads(20_500, asked, order(case.entry, filled=27, at=50, average=D("0.2001")))
    assert asked_at(case, asked, 60_000, answered=True) == []


def test_the_order_is_asked_after_half_a_second_and_then_ever_more_rarely() -> None:
    """0.5 s x 1.5^n after each answer, at most five seconds: the origin's own schedule, without its end."""
    case = entering()
    found = asked_at(case, AskOrder(SYMBOL, case.entry), 60_000, answered=True)
    gaps = [round(later - earlier - 10, 3) for earlier, later in pairwise(found)]
    assert found[0] == 500
    assert gaps[:5] == [750, 1_125, 1_687.5, 2_531.25, 3_796.875]
    assert set(gaps[6:]) == {5_000}


def test_positions_are_looked_at_sooner() -> None:
    """0.15 s x 1.5^n: the cheap look beside the order's."""
    case = entering()
    found = asked_at(case, AskPositions(SYMBOL), 1_000, answered=True)
    assert found[:3] == [150, 385, 732.5]


def test_a_question_without_an_answer_is_asked_again_after_twice_the_timeout() -> None:
    """In flight it is not doubled."""
    case = entering()
    found = asked_at(case, AskPositions(SYMBOL), 25_000, answered=False)
    assert found == [150, 10_150, 20_150]


def test_an_answer_to_somebody_elses_equal_question_lets_the_next_leave_at_once() -> None:
    """Equal questions under way are one: the answer begun before ours says nothing of what we asked about."""
    case = naked()
    case.answers(150, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
    asked_at(case, AskStops(SYMBOL), 1_400, answered=False)
    case.reads(1_500, AskStops(SYMBOL), began=120)
    assert case.queries == [AskStops(SYMBOL)]
    case.reads(1_600, AskStops(SYMBOL), began=1_500)
    assert case.newest_stop.is_pending


def test_after_a_gap_in_the_stream_every_question_is_asked_at_once() -> None:
    """Reads close the gap, whatever their schedule; what is under way is not doubled."""
    case = entering()
    asked_at(case, AskPositions(SYMBOL), 40_000, answered=True)
    case.queries.clear()
    case.reads(case_ms(case), AskOrder(SYMBOL, case.entry))
    case.queries.clear()
    case.at(case_ms(case) + 1, inp.StreamChanged(case.now, proven=False))
    assert AskOrder(SYMBOL, case.entry) in case.queries


def case_ms(case: Case) -> float:
    """A case's now, in milliseconds after T0."""
    return (case.now - T0) / MILLISECOND


def test_the_trades_are_asked_once_the_entry_can_no_longer_come() -> None:
    """Past the horizon, while the order is unseen: fills settle the doubt."""
    case = entering()
    case.answers(50, case.entry, Outcome.UNKNOWN)
    horizon = (BOUNDS.receive_window + BOUNDS.margin) / 1_000
    case.wakes_until(horizon)
    asked = AskFills(SYMBOL, case.baseline_at)
    assert asked not in case.saga.agenda.asking
    case.wakes_until(horizon + 0.001)
    assert asked in case.saga.agenda.asking


def test_an_answered_entry_is_asked_about_until_its_price_is_known() -> None:
    """Filled with its quantity and without an average: the price is still to be learnt."""
    case = entering()
    case.hears(100, order(case.entry, filled=27, at=100))
    assert AskOrder(SYMBOL, case.entry) in case.saga.agenda.asking
    case.hears(200, fill(case.entry, at=200, told=100))
    assert AskOrder(SYMBOL, case.entry) not in case.saga.agenda.asking


def test_a_refused_entry_is_not_asked_about() -> None:
    """The venue's definite word is enough."""
    case = entering()
    case.answers(50, case.entry, Outcome.REFUSED, Reason.FUNDS)
    assert AskOrder(SYMBOL, case.entry) not in case.saga.agenda.asking
    assert AskPositions(SYMBOL) in case.saga.agenda.asking


def test_an_end_without_a_fill_is_asked_about_while_the_position_says_otherwise() -> None:
    """Expired with nothing filled is a claim: a position that nobody else explains keeps the question open."""
    case = entering()
    case.hears(100, order(case.entry, OrderStatus.EXPIRED, at=100))
    assert AskOrder(SYMBOL, case.entry) not in case.saga.agenda.asking
    case.hears(200, position(27, 200, told=150))
    assert AskOrder(SYMBOL, case.entry) in case.saga.agenda.asking


def test_where_stops_have_no_names_all_of_the_symbol_are_listed() -> None:
    """Bybit's children are found by trigger and parent in the list; an ended position asks the child by its id too."""
    case = armed(traits=BYBIT)
    assert AskStops(SYMBOL) in case.saga.agenda.asking
    case = protected(traits=BYBIT)
    case.hears(300, fill("", trade="s1", at=300, venue_id=VenueId("c-1")))
    assert AskStop(SYMBOL, case.newest_stop.client_id, VenueId("c-1")) in case.saga.agenda.asking


def test_a_question_nobody_wants_any_more_is_forgotten() -> None:
    """An answer to a question that was not put is taken without a word."""
    agenda = Agenda()
    agenda.ask([AskPositions(SYMBOL)], BOUNDS, ms(0))
    agenda.answered(AskStops(SYMBOL), ms(0), ms(1))
    agenda.ask([], BOUNDS, ms(10))
    assert agenda.asking == {}


def test_what_is_asked_while_something_is_naked_waits_a_second_for_its_answer() -> None:
    """One lost read does not take all of `max_naked`; a venue that is mute is not asked faster for it."""
    agenda = Agenda()
    for at in (0, 150, 1_149, 1_150):
        agenda.ask([AskStops(SYMBOL)], BOUNDS, ms(at), hurries=True)
    assert len(agenda.queries) == 2
    agenda.ask([AskStops(SYMBOL)], BOUNDS, ms(5_000))
    assert len(agenda.queries) == 2


def test_an_answer_begun_before_we_asked_is_not_the_one_we_wait_for() -> None:
    """Equal questions are one at the desk, so none of ours is under way any more: it is due again, not answered."""
    agenda = Agenda()
    agenda.ask([AskPositions(SYMBOL)], BOUNDS, ms(0))
    agenda.ask([AskPositions(SYMBOL)], BOUNDS, ms(150))
    agenda.answered(AskPositions(SYMBOL), ms(149), ms(160))
    asking = agenda.asking[AskPositions(SYMBOL)]
    assert (asking.in_flight, asking.answered_at) == (False, 0)
    agenda.answered(AskPositions(SYMBOL), ms(150), ms(170))
    assert asking.answered_at == ms(170)


def test_a_child_that_the_list_does_not_show_is_asked_for_by_its_own_id() -> None:
    """The id finds what has ended too: rejected as it fired, it covers no longer, whatever the position's row shows."""
    case = protected(traits=BYBIT)
    known = case.newest_stop
    by_id = AskStop(SYMBOL, known.client_id, known.venue_id)
    case.reads(20_000, AskStops(SYMBOL))
    case.wakes_until(20_300)
    assert by_id in case.queries
    case.reads(20_320, by_id, stop("", StopStatus.REJECTED, at=10_000, trigger=known.trigger, venue_id=known.venue_id))
    assert (case.finding(), case.newest_stop.n) == (Finding.NAKED, known.n + 1)


def test_a_child_that_was_never_seen_is_looked_for_among_all_orders_since_the_intent() -> None:
    """It has neither a name nor a known id, and its parent tells whose it is."""
    case = armed(traits=BYBIT)
    case.reads(300, AskStops(SYMBOL))
    case.wakes_until(600)
    assert AskOrders(SYMBOL, case.since) in case.queries
    rejected = stop("", StopStatus.REJECTED, at=200, parent=case.entry, venue_id=VenueId("c-1"))
    case.reads(620, AskOrders(SYMBOL, case.since), rejected)
    assert case.finding() is Finding.NAKED


def test_a_live_stop_is_asked_about_while_the_entrys_price_is_not_told() -> None:
    """What covers may vanish unheard meanwhile: that is not found out only when the price comes."""
    case = entering(percent(3))
    case.answers(50, case.entry)
    case.hears(100, order(case.entry, filled=27, at=100))
    placed = case.newest_stop.client_id
    case.answers(150, placed)
    case.hears(160, stop(placed, at=150))
    assert (case.phase(), case.finding()) == (Phase.PROTECTING, Finding.COVERED)
    assert {AskOrder(SYMBOL, case.entry), AskStop(SYMBOL, placed)} <= set(case.saga.agenda.asking)


def test_a_symbol_that_the_list_of_all_positions_leaves_out_is_asked_for() -> None:
    """By itself the list proves nothing; its own row says what became of it, and ends the question."""
    case = protected()
    case.reads(300, AskPositions(None), position(27, 280, told=250))
    assert AskPositions(SYMBOL) not in case.saga.agenda.asking
    case.reads(400, AskPositions(None))
    assert AskPositions(SYMBOL) in case.saga.agenda.asking
    case.reads(500, AskPositions(SYMBOL), position(27, 480, told=250))
    assert AskPositions(SYMBOL) not in case.saga.agenda.asking
