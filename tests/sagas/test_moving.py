"""A stop in percent: its provisional trigger, the one that the fills give, and the move that never leaves a gap."""

from __future__ import annotations

from typing import Any

from seawall.model import events as ev
from seawall.model.acts import CancelOrder, ClosePosition, Outcome, PlaceStop, Reason
from seawall.model.ids import ClientId, VenueId
from seawall.model.reports import OrderStatus, Source, StopStatus
from tests.sagas.builders import (
    BYBIT,
    SYMBOL,
    AskStop,
    Case,
    D,
    Finding,
    Phase,
    entering,
    fill,
    order,
    percent,
    position,
    stop,
)

STREAM = Source.STREAM


def partly(price: str = "0.1980", at: float = 100) -> Case:
    """A percent stop's entry, filled in part, its provisional stop out."""
    case = entering(percent(5))
    case.hears(at, fill(case.entry, 10, price=price, at=at), order(case.entry, OrderStatus.PARTIAL, 10, at=at))
    return case


def test_a_refused_provisional_is_replaced_at_once_by_the_trigger_from_the_fills() -> None:
    """Ten filled at 0.1980: five percent behind is 0.1881, and it leaves in the step that heard the refusal."""
    case = partly()
    case.answers(150, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    assert case.phase() is Phase.PROTECTING
    assert [act.trigger for act in case.sent(PlaceStop)] == [D("0.1900"), D("0.1881")]
    (settled,) = case.told_of(ev.TriggerSettled)
    assert (settled.trigger, settled.provisional) == (D("0.1881"), D("0.1900"))


def test_only_the_settled_triggers_refusal_closes() -> None:
    """The replaced one is refused as passed too: that is the market's last word."""
    case = partly()
    case.answers(150, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    case.wakes_until(200)
    case.answers(250, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    assert case.phase() is Phase.CLOSING
    assert len(case.sent(ClosePosition)) == 1


def test_a_provisional_refused_before_any_price_is_known_is_placed_again() -> None:
    """The fill is known by its effect only: there is nothing yet to compute another trigger from."""
    case = entering(percent(5))
    case.hears(100, position(27, 100, told=100, source=STREAM))
    case.answers(150, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    case.wakes_until(200)
    assert [act.trigger for act in case.sent(PlaceStop)][:2] == [D("0.1900"), D("0.1900")]
    assert case.phase() is Phase.PROTECTING


def misplaced(traits: Any = None) -> Case:
    """A percent stop live at its provisional 0.1900, the whole filled at 0.2020: it belongs to 0.1919."""
    case = entering(percent(5), *([traits] if traits else []))
    first = position(27, 100, told=100, source=STREAM, stop_loss=D("0.1900") if traits else None)
    case.hears(100, first)
    if traits is None:
        case.answers(150, case.newest_stop.client_id)
    name = case.newest_stop.client_id if traits is None else ""
    case.hears(200, stop(name, at=200, trigger=D("0.1900"), venue_id=VenueId("c-1")))
    case.hears(300, fill(case.entry, price="0.2020", at=300, told=100), order(case.entry, filled=27, at=300, told=100))
    assert case.state.settled_trigger is not None
    return case


def seen(case: Case, at: float, name: ClientId | None = None, status: StopStatus = StopStatus.LIVE) -> None:
    """The stream shows a stop of ours."""
    facts = case.state.stops[name or case.newest_stop.client_id]
    case.hears(at, stop(facts.client_id, status, at=at, trigger=facts.trigger))


def test_a_move_with_named_stops_is_b_then_cancel_a_then_a_prime_then_cancel_b() -> None:
    """Each arrow only after the last was read back live; what remains is one stop for the whole position (rule 15)."""
    case = misplaced()
    old = next(name for name, facts in case.state.stops.items() if facts.trigger == D("0.1900"))
    bridge = case.newest_stop
    assert (bridge.trigger, bridge.quantity) == (D("0.1919"), D(27))
    case.answers(350, bridge.client_id)
    assert case.sent(CancelOrder) == []
    seen(case, 400)
    assert [cancel.target for cancel in case.sent(CancelOrder)] == [old]
    case.answers(450, case.sent(CancelOrder)[0].client_id)
    assert len(case.sent(PlaceStop)) == 2
    seen(case, 500, old, StopStatus.CANCELLED)
    final = case.newest_stop
    assert (final.trigger, final.quantity) == (D("0.1919"), None)
    case.answers(550, final.client_id)
    assert [cancel.target for cancel in case.sent(CancelOrder)] == [old]
    seen(case, 600)
    assert [cancel.target for cancel in case.sent(CancelOrder)] == [old, bridge.client_id]
    seen(case, 700, bridge.client_id, StopStatus.CANCELLED)
    assert (case.finding(), case.phase()) == (Finding.PROTECTED, Phase.PROTECTED)
    assert all(cancel.is_stop for cancel in case.sent(CancelOrder))


def test_a_move_with_one_stop_a_position_is_one_act() -> None:
    """Bybit: the Full stop is amended in place, and seen at its new trigger by row and child."""
    case = misplaced(BYBIT)
    (act,) = case.sent(PlaceStop)
    assert (act.trigger, act.quantity) == (D("0.1919"), None)
    case.answers(350, act.client_id)
    case.wakes_until(2_000)
    assert len(case.sent(PlaceStop)) == 1
    row = position(27, 2_100, told=2_100, source=STREAM, stop_loss=D("0.1919"))
    case.hears(2_100, row, stop("", at=2_100, trigger=D("0.1919"), venue_id=VenueId("c-1")))
    assert case.phase() is Phase.PROTECTED
    assert case.sent(CancelOrder) == []


def test_a_move_waits_for_the_answer_under_way() -> None:
    """While B is unanswered nothing else is done, and A stays."""
    case = misplaced()
    case.wakes_until(4_000)
    assert len(case.sent(PlaceStop)) == 2
    assert case.sent(CancelOrder) == []


def test_a_cancel_refused_as_not_found_is_read_before_it_is_tried_again() -> None:
    """-2011 on A may mean that it is triggering: stop and read (rule 15)."""
    case = misplaced()
    case.answers(350, case.newest_stop.client_id)
    seen(case, 400)
    (cancel,) = case.sent(CancelOrder)
    case.answers(450, cancel.client_id, Outcome.REFUSED, Reason.NOT_FOUND)
    case.wakes_until(3_000)
    assert len(case.sent(CancelOrder)) == 1
    assert AskStop(SYMBOL, cancel.target) in case.saga.agenda.asking
