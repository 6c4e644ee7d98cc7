"""What is known of the take-profits, and what is asked before one is laid in another's place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seawall.model.acts import CancelOrder, ClosePosition, Outcome, PlaceTakeProfit, Reason
from seawall.model.ids import ClientId, Leg, VenueId, client_id
from seawall.model.queries import AskOpenOrders, AskOrder, AskOrders
from seawall.model.reports import OrderReport, OrderStatus
from seawall.sagas.judgement import unsettled_closes, unsettled_rungs
from tests.sagas.builders import (
    INSTALLATION,
    LADDER,
    SYMBOL,
    TERM,
    Case,
    closing,
    laddered,
    order,
    protected,
    signal,
)

LISTED = 10_000
"""How long after a restart (ms) a list of all orders is the second: `read_lag`."""


def refused(reason: Reason = Reason.BAND) -> tuple[Case, ClientId]:
    """A protected case whose one rung was refused at 300; with its name."""
    case = protected(replace(signal(), take_profit=LADDER[:1]))
    (rung,) = case.sent(PlaceTakeProfit)
    case.answers(300, rung.client_id, Outcome.REFUSED, reason)
    return case, rung.client_id


def reads_nothing(case: Case, after: float, name: ClientId) -> None:
    """The name is asked for, and a complete read does not show it."""
    case.wakes_until(after)
    assert AskOrder(SYMBOL, name) in case.queries
    case.reads(after + 40, AskOrder(SYMBOL, name), began=after + 1)


def lists_of(case: Case) -> AskOrders:
    """The list of all orders that the case has asked for last."""
    return [query for query in case.queries if isinstance(query, AskOrders)][-1]


def test_a_refused_rung_comes_again_at_a_growing_pace() -> None:
    """Five seconds, then ten: it secures a gain, nothing hurries; and first it is asked whether it stands."""
    case, first = refused()
    case.wakes_until(5_200)
    assert AskOrder(SYMBOL, first) not in case.queries
    reads_nothing(case, 6_000, first)
    second = case.sent(PlaceTakeProfit)[-1].client_id
    assert second != first
    case.answers(6_100, second, Outcome.REFUSED, Reason.BAND)
    case.wakes_until(16_000)
    assert AskOrder(SYMBOL, second) not in case.queries
    reads_nothing(case, 16_700, second)
    assert len(case.sent(PlaceTakeProfit)) == 3


def test_a_refused_rung_that_a_read_shows_is_not_laid_again() -> None:
    """The venue said no and holds it all the same: a refusal is a claim too."""
    case, name = refused()
    case.wakes_until(6_000)
    case.reads(6_040, AskOrder(SYMBOL, name), order(name, OrderStatus.OPEN, at=6_030))
    case.wakes_until(60_000)
    assert len(case.sent(PlaceTakeProfit)) == 1
    assert not case.sent(CancelOrder)


def test_a_refused_rung_that_was_seen_stands_for_the_next_process() -> None:
    """The stream had shown it before the process died."""
    case, name = refused()
    case.hears(310, order(name, OrderStatus.OPEN, at=305))
    case.restart(20_000)
    case.wakes_until(20_600)
    case.reads(20_700, lists_of(case))
    case.wakes_until(60_000)
    assert [rung.client_id for rung in unsettled_rungs(case.state, case.around)] == [name]
    assert len(case.sent(PlaceTakeProfit)) == 1


def test_a_refused_close_that_was_seen_may_still_act() -> None:
    """No second close leaves beside one that is seen to stand, whatever was answered."""
    case = closing()
    (close,) = case.sent(ClosePosition)
    case.hears(310, order(close.client_id, OrderStatus.OPEN, at=305))
    case.answers(320, close.client_id, Outcome.REFUSED, Reason.PARAMETER)
    case.wakes_until(2_000)
    assert [sent.client_id for sent in unsettled_closes(case.state, case.around)] == [close.client_id]
    assert len(case.sent(ClosePosition)) == 1


def test_a_new_process_lays_nothing_before_lists_have_agreed_for_read_lag() -> None:
    """What an earlier one laid may have left without a record, and the first list may lag behind it."""
    case = protected(replace(signal(), take_profit=LADDER[:1]))
    case.restart(20_000, lost=1)
    case.wakes_until(20_600)
    case.reads(20_700, lists_of(case))
    laid = len(case.sent(PlaceTakeProfit))
    case.wakes_until(20_000 + LISTED - 1)
    assert len(case.sent(PlaceTakeProfit)) == laid
    case.queries.clear()
    case.wakes_until(20_000 + LISTED + 600)
    case.reads(20_000 + LISTED + 700, lists_of(case))
    assert len(case.sent(PlaceTakeProfit)) == laid + 1


def test_what_the_second_list_shows_is_taken_down_before_another_is_laid() -> None:
    """Its name says whose it is; nobody knows any more which rung it was."""
    case = protected(replace(signal(), take_profit=LADDER[:1]))
    case.restart(20_000, lost=1)
    case.wakes_until(20_600)
    case.reads(20_700, lists_of(case))
    case.wakes_until(20_000 + LISTED + 600)
    laid = len(case.sent(PlaceTakeProfit))
    lost = client_id(INSTALLATION, signal().id, Leg.TAKE_PROFIT, TERM, 40)
    found = order(lost, OrderStatus.OPEN, at=20_000 + LISTED + 690)
    case.reads(20_000 + LISTED + 700, lists_of(case), found)
    assert [act.target for act in case.sent(CancelOrder)] == [lost]
    assert len(case.sent(PlaceTakeProfit)) == laid
    case.answers(20_000 + LISTED + 750, case.sent(CancelOrder)[-1].client_id)
    case.hears(20_000 + LISTED + 760, order(lost, OrderStatus.CANCELLED, at=20_000 + LISTED + 755))
    assert len(case.sent(PlaceTakeProfit)) == laid + 1


def test_of_two_orders_for_one_rung_the_first_stays() -> None:
    """Reads missed the first for `read_lag`, another was laid, and then it was seen."""
    case = protected(replace(signal(), take_profit=LADDER[:1]))
    (first,) = case.sent(PlaceTakeProfit)
    case.answers(300, first.client_id, Outcome.UNKNOWN)
    for after in (400, 11_000):
        case.reads(after, AskOrder(SYMBOL, first.client_id))
    second = case.sent(PlaceTakeProfit)[-1]
    assert second != first
    case.answers(11_100, second.client_id)
    case.hears(11_200, order(first.client_id, OrderStatus.OPEN, at=11_150))
    assert [act.target for act in case.sent(CancelOrder)] == [second.client_id]


def test_a_rung_that_the_whole_book_does_not_show_is_asked_for_and_comes_back() -> None:
    """Its end went unheard: it is not laid again before it is told."""
    case = laddered()
    first, second = (act.client_id for act in case.sent(PlaceTakeProfit))
    case.queries.clear()
    case.reads(60_000, AskOpenOrders(), order(second, OrderStatus.OPEN, at=60_000))
    case.wakes_until(61_000)
    assert [query for query in case.queries if isinstance(query, AskOrder)] == [AskOrder(SYMBOL, first)]
    assert len(case.sent(PlaceTakeProfit)) == 2
    case.reads(61_100, AskOrder(SYMBOL, first), order(first, OrderStatus.CANCELLED, at=50_000))
    assert len(case.sent(PlaceTakeProfit)) == 3
    case.queries.clear()
    case.wakes_until(90_000)
    assert AskOrder(SYMBOL, first) not in case.queries


def test_a_rung_that_its_own_read_shows_stands_whatever_the_book_left_out() -> None:
    """The list lagged: once the order itself was read, nobody asks on, and nothing is laid beside it."""
    case = laddered()
    first, second = (act.client_id for act in case.sent(PlaceTakeProfit))
    case.reads(60_000, AskOpenOrders(), order(second, OrderStatus.OPEN, at=60_000))
    case.wakes_until(61_000)
    case.reads(61_100, AskOrder(SYMBOL, first), order(first, OrderStatus.OPEN, at=210))
    case.queries.clear()
    case.wakes_until(120_000)
    assert AskOrder(SYMBOL, first) not in case.queries
    assert len(case.sent(PlaceTakeProfit)) == 2


@pytest.mark.parametrize(
    ("ended", "is_believed"),
    [
        ({"told": 210}, False),
        ({"told": 400}, True),
        ({"told": 210, "filled": 5}, True),
        ({"told": 210, "venue_id": VenueId("another")}, True),
    ],
)
def test_an_end_is_not_believed_beside_a_list_that_shows_the_order_standing(
    ended: dict[str, object], is_believed: bool
) -> None:
    """One answer of two lists contradicts itself; unless the end is dated later, or tells of more that has filled."""
    case = laddered()
    first = case.sent(PlaceTakeProfit)[0].client_id
    more = {"venue_id": VenueId("v-1"), "filled": 0, **ended}
    reports: list[OrderReport] = [
        order(first, OrderStatus.OPEN, at=500, told=210, venue_id=VenueId("v-1")),
        order(first, OrderStatus.REJECTED, at=500, **more),  # type: ignore[arg-type]
    ]
    case.reads(500, AskOrder(SYMBOL, first), *reports)
    assert case.state.orders[first].is_terminal is is_believed
