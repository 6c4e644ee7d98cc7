"""What an owner asks of an open position: a part closed, the stop moved, take-profits, and the operator's last word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import CancelOrder, ClosePosition, Outcome, PlaceStop, PlaceTakeProfit, Reason
from seawall.model.events import EndReason
from seawall.model.ids import SignalId, VenueId
from seawall.model.reports import OrderStatus, Source, StopStatus
from seawall.model.signal import Action, Signal, Stop, TakeProfit
from seawall.model.venue import Traits
from seawall.sagas import wishes
from seawall.sagas.preparing import NO_STOP_AT_NOUGHT
from tests.sagas.builders import (
    BINANCE,
    BYBIT,
    INSTRUMENT,
    LADDER,
    AskOrder,
    AskPositions,
    Case,
    D,
    Finding,
    Phase,
    fill,
    laddered,
    mark,
    ms,
    naked,
    order,
    position,
    protected,
    signal,
    stop,
)


def wish(action: Action = Action.PROTECT, **more: Any) -> Signal:
    """A signal that asks something of the open position."""
    return replace(signal(), id=SignalId("wish"), action=action, side=None, size=None, **{"stop": None, **more})


def grants(case: Case, after: float, asked: Signal) -> list[ev.Event]:
    """Grants a wish at `after` and lets the saga decide; what was recorded."""
    case.now = ms(after)
    granted = wishes.grant(case.state, asked, case.around)
    assert not isinstance(granted, wishes.Denial), granted
    case.saga.grant(granted)
    return case.at(after)


def denial(case: Case, asked: Signal) -> str:
    """Why a wish is denied now."""
    denied = wishes.grant(case.state, asked, case.around)
    assert isinstance(denied, wishes.Denial)
    return denied.detail


# ---- a part closed


def test_a_part_is_closed_and_the_rest_stays_protected() -> None:
    """A third of 27 leaves under one reduce-only order; the stop is not touched, and the phase never left PROTECTED."""
    case = protected()
    grants(case, 300, wish(Action.CLOSE, percent=D(33)))
    (sent,) = case.sent(ClosePosition)
    assert (sent.quantity, case.finding()) == (D(8), Finding.EXCESS)
    case.answers(320, sent.client_id)
    case.hears(330, order(sent.client_id, OrderStatus.FILLED, 8, at=330, average=D("0.2010")))
    assert (case.exposure.open, case.finding(), case.phase()) == (D(19), Finding.PROTECTED, Phase.PROTECTED)
    assert [event.open for event in case.told_of(ev.ReduceEnded)] == [D(19)]
    assert not case.sent(CancelOrder)


def test_no_more_than_the_part_is_closed_while_a_hands_close_is_out_of_sight() -> None:
    """A hand has closed ten; once our own close has filled, no word about the position is newer than that, and what our
    fills leave seems open: the part that was asked for is closed all the same, and nothing beyond it.
    """
    case = protected()
    case.hears(250, position(17, 250, told=250, source=Source.STREAM))
    case.reads(290, AskPositions(case.state.signal.symbol), position(17, 280, told=250))
    grants(case, 300, wish(Action.CLOSE, percent=D(50)))
    (sent,) = case.sent(ClosePosition)
    case.answers(320, sent.client_id)
    case.hears(330, order(sent.client_id, OrderStatus.FILLED, 8, at=330, average=D("0.2010")))
    case.wakes_until(1_000)
    assert [close.quantity for close in case.sent(ClosePosition)] == [D(8)]
    assert (case.phase(), len(case.told_of(ev.ReduceEnded))) == (Phase.PROTECTED, 1)


def test_a_part_counts_from_the_least_that_is_shown() -> None:
    """The stream alone knows of a hand that has closed ten of 27: half of what is left is eight."""
    case = protected()
    case.hears(250, position(17, 250, told=250, source=Source.STREAM))
    grants(case, 300, wish(Action.CLOSE, percent=D(50)))
    assert [(event.quantity, event.keep) for event in case.told_of(ev.ReduceAccepted)] == [(D(8), D(9))]
    assert [close.quantity for close in case.sent(ClosePosition)] == [D(8)]


def test_a_second_part_counts_from_what_is_to_stay() -> None:
    """Half, and half again before the first has gone: a quarter stays."""
    case = protected()
    grants(case, 300, wish(Action.CLOSE, percent=D(50)))
    grants(case, 301, wish(Action.CLOSE, percent=D(50)))
    assert [event.keep for event in case.told_of(ev.ReduceAccepted)] == [D(14), D(7)]


def test_a_part_whose_close_never_arrived_is_closed_by_the_next() -> None:
    """Two reads do not know it, and the position reads as it did before, which is news enough: the next one follows."""
    case = protected()
    case.reads(280, AskPositions(case.state.signal.symbol), position(27, 260, told=100))
    grants(case, 300, wish(Action.CLOSE, percent=D(50)))
    (sent,) = case.sent(ClosePosition)
    case.answers(320, sent.client_id, Outcome.UNKNOWN)
    case.reads(900, AskOrder(case.state.signal.symbol, sent.client_id))
    case.reads(910, AskPositions(case.state.signal.symbol), position(27, 880, told=100))
    case.reads(1_700, AskOrder(case.state.signal.symbol, sent.client_id))
    assert [close.quantity for close in case.sent(ClosePosition)] == [D(13), D(13)]


def test_a_part_whose_close_is_unknown_is_asked_about_before_another_leaves() -> None:
    """A lost reply is no reason to close the part twice."""
    case = protected()
    grants(case, 300, wish(Action.CLOSE, percent=D(50)))
    (sent,) = case.sent(ClosePosition)
    case.answers(400, sent.client_id, Outcome.UNKNOWN)
    case.wakes_until(1_000)
    assert len(case.sent(ClosePosition)) == 1
    assert any(isinstance(query, AskOrder) and query.client_id == sent.client_id for query in case.queries)
    case.reads(1_100, AskOrder(sent.symbol, sent.client_id), order(sent.client_id, OrderStatus.FILLED, 13, at=350))
    assert (case.exposure.open, case.phase()) == (D(14), Phase.PROTECTED)


def test_a_part_too_small_for_the_venue_is_denied() -> None:
    """What leaves and what stays must both be sizes that the venue trades."""
    assert denial(protected(), wish(Action.CLOSE, percent=D(1))).startswith("percent: expected parts of at least 1")
    case = protected(instrument=replace(INSTRUMENT, min_quantity=D(5)))
    assert denial(case, wish(Action.CLOSE, percent=D(90))).endswith("came 24 to close and 3 to keep")


def test_a_whole_close_forgets_the_part() -> None:
    """Once the whole is to go, nothing is kept."""
    case = protected()
    grants(case, 300, wish(Action.CLOSE, percent=D(50)))
    case.at(310, inp.CloseRequested(ms(310), case.state.signal.symbol, "hand"))
    assert (case.state.part, case.phase()) == (None, Phase.CLOSING)


# ---- the stop moved


def test_a_stop_is_moved_over_a_quantity_stop_on_binance() -> None:
    """B is live before A goes, A' is live before B goes: at every moment one of them covers."""
    case = protected()
    first = case.newest_stop.client_id
    grants(case, 300, wish(stop=Stop(price=D("0.1950"))))
    bridge = case.sent(PlaceStop)[-1]
    assert (bridge.trigger, bridge.quantity) == (D("0.1950"), D(27))
    case.answers(320, bridge.client_id)
    assert not case.sent(CancelOrder)
    case.hears(330, stop(bridge.client_id, at=330, trigger=D("0.1950"), quantity=D(27)))
    assert [act.target for act in case.sent(CancelOrder)] == [first]


def test_an_old_price_says_nothing_about_a_move() -> None:
    """A price that was read too long ago for an entry judges no stop either: the answer says that none is known."""
    case = protected(mark=mark("0.1990", at=ms(0)))
    case.at(6_000)
    assert denial(case, wish(stop=Stop(price=D("0.1950")))).startswith("stop: expected a market whose price is known")


def bridged(case: Case, after: float, price: str) -> str:
    """Moves the stop as far as the bridge, which is seen live; its name."""
    grants(case, after, wish(stop=Stop(price=D(price))))
    bridge = case.sent(PlaceStop)[-1]
    case.answers(after + 20, bridge.client_id)
    case.hears(after + 30, stop(bridge.client_id, at=after + 30, trigger=D(price), quantity=D(27)))
    return bridge.client_id


def moved(case: Case, price: str) -> tuple[str, str]:
    """A move but for its last arrow: the bridge's cancel has left. The names of bridge and new stop."""
    first = case.newest_stop.client_id
    bridge = bridged(case, 300, price)
    case.answers(340, case.sent(CancelOrder)[-1].client_id)
    case.hears(350, stop(first, StopStatus.CANCELLED, at=350))
    whole = case.sent(PlaceStop)[-1].client_id
    case.answers(360, whole)
    case.hears(370, stop(whole, at=370, trigger=D(price)))
    assert case.sent(CancelOrder)[-1].target == bridge
    return bridge, whole


def test_a_bridge_whose_cancel_is_on_its_way_bears_no_second_move() -> None:
    """Another move is asked for before the last one's bridge was seen to go: it gets a bridge of its own."""
    case = protected()
    _, whole = moved(case, "0.1950")
    again = bridged(case, 380, "0.1960")
    targets = [act.target for act in case.sent(CancelOrder)]
    assert targets[-1] == whole
    assert (case.sent(PlaceStop)[-1].client_id, case.sent(PlaceStop)[-1].quantity) == (again, D(27))


def test_a_cancel_that_never_left_takes_no_bridge_away() -> None:
    """A bridge whose cancel was kept back, or not executed, bears the next move."""
    case = protected()
    _, whole = moved(case, "0.1950")
    case.answers(380, case.sent(CancelOrder)[-1].client_id, Outcome.NOT_SENT, Reason.LIMIT)
    placed = len(case.sent(PlaceStop))
    grants(case, 390, wish(stop=Stop(price=D("0.1960"))))
    assert len(case.sent(PlaceStop)) == placed
    assert case.sent(CancelOrder)[-1].target == whole


def test_a_move_back_to_a_stop_that_is_on_its_way_out_does_not_end_there() -> None:
    """The old stop is still seen at the trigger that is asked for again, but its cancel has left: the bridge stays."""
    case = protected()
    first = case.newest_stop.client_id
    bridged(case, 300, "0.1950")
    assert case.sent(CancelOrder)[-1].target == first
    grants(case, 340, wish(stop=Stop(price=D("0.1900"))))
    assert [act.target for act in case.sent(CancelOrder)] == [first]
    case.hears(350, stop(first, StopStatus.CANCELLED, at=350))
    assert (case.sent(PlaceStop)[-1].trigger, case.sent(PlaceStop)[-1].quantity) == (D("0.1900"), None)


def test_where_no_stop_is_borne_beside_another_the_old_one_is_kept() -> None:
    """-4130 to the bridge (binance.md 4.7, an open question): the move is refused once and for all, and said so."""
    case = protected()
    grants(case, 300, wish(stop=Stop(price=D("0.1950"))))
    case.answers(320, case.newest_stop.client_id, Outcome.REFUSED, Reason.STOP_EXISTS)
    case.wakes_until(5_000)
    assert len(case.sent(PlaceStop)) == 2
    assert [(event.trigger, event.kept) for event in case.told_of(ev.StopMoveRefused)] == [(D("0.1950"), D("0.1900"))]
    assert case.finding() is Finding.PROTECTED


def test_a_read_older_than_what_was_told_is_no_hand_on_the_stop() -> None:
    """A lagging list shows where the stop stood before: nothing was moved by hand, and the next move is carried out."""
    case = protected(traits=BYBIT)
    grants(case, 300, wish(stop=Stop(price=D("0.1950"))))
    name = case.newest_stop.client_id
    case.answers(320, name)
    case.hears(330, stop("", at=330, trigger=D("0.1950"), venue_id=VenueId("9")))
    case.hears(340, stop("", at=200, trigger=D("0.1900"), venue_id=VenueId("9")))
    facts = case.state.stops[name]
    assert (facts.trigger, facts.moved_by_hand) == (D("0.1950"), False)


def test_an_earlier_move_that_arrives_late_is_no_hand_on_the_stop() -> None:
    """The network delivers the last move but one once more: the stop stands there again, and is moved on."""
    case = protected(traits=BYBIT)
    for after, price in ((300, "0.1950"), (400, "0.1960")):
        grants(case, after, wish(stop=Stop(price=D(price))))
        case.answers(after + 20, case.newest_stop.client_id)
        case.hears(
            after + 30,
            stop("", at=after + 30, trigger=D(price), venue_id=VenueId("9")),
            position(27, after + 30, told=after + 30, stop_loss=D(price)),
        )
    assert [act.trigger for act in case.sent(PlaceStop)] == [D("0.1950"), D("0.1960")]
    case.hears(
        600,
        stop("", at=600, trigger=D("0.1950"), venue_id=VenueId("9")),
        position(27, 600, told=600, stop_loss=D("0.1950")),
    )
    assert case.sent(PlaceStop)[-1].trigger == D("0.1960")
    assert len(case.sent(PlaceStop)) == 3


def test_a_stop_is_moved_in_one_act_on_bybit() -> None:
    """The Full stop is amended."""
    case = protected(traits=BYBIT)
    grants(case, 300, wish(stop=Stop(price=D("0.1950"))))
    (moved,) = case.sent(PlaceStop)
    assert (moved.trigger, moved.quantity) == (D("0.1950"), None)


@pytest.mark.parametrize(
    ("asked", "trigger"),
    [
        (Stop(percent=D(3)), D("0.1940")),
        (Stop(break_even=D(0)), D("0.2000")),
        (Stop(break_even=D("0.5")), D("0.2010")),
    ],
)
def test_a_stop_may_count_from_the_average(asked: Stop, trigger: object) -> None:
    """Behind it in percent, or at break-even and a little beyond."""
    case = protected(mark=mark("0.2100"))
    grants(case, 300, wish(stop=asked))
    assert [event.trigger for event in case.told_of(ev.StopMoveAccepted)] == [trigger]


def test_a_stop_past_the_market_or_liquidation_is_denied() -> None:
    """The field, what was expected, what came; nothing is recorded."""
    case = protected()
    assert denial(case, wish(stop=Stop(price=D("0.2001")))) == (
        "stop: expected a price below the market at 0.2, came 0.2001"
    )
    case.given["position"] = replace(position(27), liquidation=D("0.1850"))
    assert "inside the liquidation price 0.185" in denial(case, wish(stop=Stop(price=D("0.1800"))))


def test_a_refused_move_keeps_the_old_stop_and_says_so() -> None:
    """The trigger falls back to that of the stop that stands, and nothing is closed."""
    case = protected()
    grants(case, 300, wish(stop=Stop(price=D("0.1950"))))
    case.answers(320, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    assert [(event.trigger, event.kept) for event in case.told_of(ev.StopMoveRefused)] == [(D("0.1950"), D("0.1900"))]
    assert (case.finding(), case.phase()) == (Finding.PROTECTED, Phase.PROTECTED)
    assert not case.sent(ClosePosition)


def test_a_move_refused_as_the_old_stop_is_lost_goes_back_to_the_old_trigger() -> None:
    """The market has passed what the owner asked for, and not what he had: the next stop stands there, nothing closes."""
    case = protected()
    grants(case, 300, wish(stop=Stop(price=D("0.1950"))))
    case.hears(310, stop(case.state.confirmed[0], StopStatus.CANCELLED, at=310))
    case.answers(320, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    case.wakes_until(1_500)
    assert [(event.trigger, event.kept) for event in case.told_of(ev.StopMoveRefused)] == [(D("0.1950"), D("0.1900"))]
    assert (case.newest_stop.trigger, case.sent(ClosePosition)) == (D("0.1900"), [])


def test_a_market_past_a_stop_that_was_moved_and_stood_closes() -> None:
    """Once the move has taken hold, its trigger is the position's: lost, and refused as passed, it ends the position."""
    case = protected()
    grants(case, 300, wish(stop=Stop(price=D("0.1950"))))
    moved = case.newest_stop.client_id
    case.answers(320, moved, Outcome.ACKNOWLEDGED)
    case.hears(330, stop(moved, at=330, trigger=D("0.1950")))
    for old in case.state.confirmed:
        case.hears(400, stop(old, StopStatus.CANCELLED, at=400))
    case.wakes_until(700)
    case.answers(720, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    assert len(case.sent(ClosePosition)) == 1


def test_a_stop_lost_after_a_refused_move_is_replaced_by_one_for_the_whole_position() -> None:
    """The bridge's quantity was for beside the old one; nothing stands now that a whole one would have to go beside."""
    case = protected()
    grants(case, 300, wish(stop=Stop(price=D("0.1950"))))
    case.answers(350, case.newest_stop.client_id, Outcome.REFUSED, Reason.NO_POSITION)
    case.hears(900, stop(case.state.confirmed[0], StopStatus.CANCELLED, at=900))
    case.wakes_until(1_500)
    assert [act.quantity for act in case.sent(PlaceStop)] == [None, 27, None]


def test_the_same_move_may_be_asked_again_after_a_refusal() -> None:
    """What was refused before says nothing about what is asked now."""
    case = protected()
    for after in (300, 900):
        grants(case, after, wish(stop=Stop(price=D("0.1950"))))
        case.wakes_until(after + 300)
        case.answers(after + 320, case.newest_stop.client_id, Outcome.REFUSED, Reason.TRIGGER_PASSED)
    assert len(case.sent(PlaceStop)) == 3


def test_nothing_is_granted_without_an_open_position() -> None:
    """On the way home, and before anything was proven, there is nothing to change."""
    case = protected()
    case.at(300, inp.CloseRequested(ms(300), case.state.signal.symbol, "hand"))
    assert "on its way home" in denial(case, wish(stop=Stop(price=D("0.1950"))))
    assert "on its way home" in denial(Case(), wish(Action.CLOSE, percent=D(50)))


# ---- take-profits


def test_a_ladder_is_laid_once_the_position_is_protected() -> None:
    """Not before; each rung in turn, the last takes what rounding left of the whole."""
    case = naked(replace(signal(), take_profit=LADDER))
    assert not case.sent(PlaceTakeProfit)
    rungs = [(act.price, act.quantity) for act in laddered().sent(PlaceTakeProfit)]
    assert rungs == [(D("0.2040"), D(13)), (D("0.2080"), D(14))]


def test_a_rung_that_fills_leaves_the_others_as_they_are() -> None:
    """Thirteen taken, fourteen open behind the stop and the second rung."""
    case = laddered()
    first = case.sent(PlaceTakeProfit)[0]
    case.hears(300, order(first.client_id, OrderStatus.FILLED, 13, at=300, average=D("0.2040")))
    assert (case.exposure.open, case.phase()) == (D(14), Phase.PROTECTED)
    assert len(case.sent(PlaceTakeProfit)) == 2
    assert not case.sent(CancelOrder)


def test_a_part_closed_shrinks_every_rung() -> None:
    """Each order is taken down and laid anew, its share of what is left."""
    case = laddered()
    grants(case, 300, wish(Action.CLOSE, percent=D(50)))
    (sent,) = case.sent(ClosePosition)
    case.hears(320, order(sent.client_id, OrderStatus.FILLED, 13, at=320))
    cancels = case.sent(CancelOrder)
    assert [act.target for act in cancels] == [act.client_id for act in case.sent(PlaceTakeProfit)]
    assert len({act.client_id for act in cancels}) == 2
    for act in cancels:
        case.answers(340, act.client_id)
        case.hears(345, order(act.target, OrderStatus.CANCELLED, 0, at=340))
    case.answers(360, case.sent(PlaceTakeProfit)[-1].client_id)
    assert [act.quantity for act in case.sent(PlaceTakeProfit)][2:] == [D(7), D(7)]


def test_a_ladder_asked_for_later_takes_the_place_of_the_first() -> None:
    """The old orders go down before the new go up; the stop stays."""
    case = laddered()
    before = [act.client_id for act in case.sent(PlaceTakeProfit)]
    grants(case, 300, wish(take_profit=(TakeProfit(D(100), price=D("0.2200")),)))
    assert [act.target for act in case.sent(CancelOrder)] == before
    for act in case.sent(CancelOrder):
        case.answers(320, act.client_id)
        case.hears(325, order(act.target, OrderStatus.CANCELLED, 0, at=320))
    assert [(act.price, act.quantity) for act in case.sent(PlaceTakeProfit)][2:] == [(D("0.2200"), D(27))]


def test_a_position_that_shrinks_unexplained_has_its_rungs_asked_about() -> None:
    """The news of a rung's fill was lost: a read of its order brings it."""
    case = laddered()
    case.queries.clear()
    case.reads(500, AskPositions(), position(14, 480, told=470))
    case.wakes_until(1_100)
    names = [query.client_id for query in case.queries if isinstance(query, AskOrder)]
    assert names == [act.client_id for act in case.sent(PlaceTakeProfit)]


def test_take_profits_go_down_once_nothing_is_open() -> None:
    """The stop has filled; what is left of the ladder would stand on a flat slot."""
    case = laddered()
    fired = case.newest_stop.client_id
    case.hears(300, fill(fired, at=300, price="0.1900"), order(fired, OrderStatus.FILLED, 27, at=300))
    case.flat(320)
    case.hears(370, stop(fired, StopStatus.FINISHED, at=300))
    assert {act.target for act in case.sent(CancelOrder)} >= {act.client_id for act in case.sent(PlaceTakeProfit)}
    assert case.phase() is Phase.PROTECTED
    for act in case.sent(CancelOrder):
        case.answers(400, act.client_id)
        case.hears(405, order(act.target, OrderStatus.CANCELLED, 0, at=400))
    assert case.phase() in (Phase.QUARANTINE, Phase.FLAT)


def test_a_position_that_its_take_profits_close_ends_so() -> None:
    """All rungs filled: the reason of the end names them."""
    case = laddered()
    for act in case.sent(PlaceTakeProfit):
        case.hears(300, order(act.client_id, OrderStatus.FILLED, int(act.quantity), at=300, average=act.price))
    case.flat(320)
    case.hears(370, stop(case.newest_stop.client_id, StopStatus.EXPIRED, at=330))
    assert case.state.end is EndReason.TAKEN_PROFIT


def test_a_close_that_resting_orders_block_makes_room() -> None:
    """-4118: our take-profits are cancelled by name, never the stop, and the close comes again."""
    case = laddered()
    case.at(300, inp.CloseRequested(ms(300), case.state.signal.symbol, "hand"))
    assert not case.sent(CancelOrder)
    case.answers(320, case.sent(ClosePosition)[-1].client_id, Outcome.REFUSED, Reason.BLOCKED)
    assert [act.target for act in case.sent(CancelOrder)] == [act.client_id for act in case.sent(PlaceTakeProfit)]


# ---- the operator's word


def test_the_operators_word_frees_the_slot_and_writes_off_what_is_open() -> None:
    """FLAT, deaf to what was written off; the journal holds what the operator said."""
    case = protected()
    case.at(300, inp.Resolved(ms(300), case.state.signal.id, "moved to another account"))
    assert (case.phase(), case.state.end, case.exposure.open) == (Phase.FLAT, EndReason.RESOLVED, D(0))
    assert [event.detail for event in case.told_of(ev.SignalResolved)] == ["moved to another account"]
    case.hears(400, position(27, 400, told=400, source=Source.STREAM))
    assert case.phase() is Phase.FLAT
    assert case.folded() == case.state


@pytest.mark.parametrize("traits", [BINANCE, BYBIT], ids=["binance", "bybit"])
def test_a_stop_is_not_moved_to_nought(traits: Traits) -> None:
    """It would be taken away on Bybit, and replaced by one that never fires elsewhere: the old one stays."""
    case = protected(traits=traits)
    case.now = ms(300)
    assert denial(case, wish(stop=Stop(percent=D(100)))) == NO_STOP_AT_NOUGHT
    assert case.finding() is Finding.PROTECTED
