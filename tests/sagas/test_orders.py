"""Knowledge of an order only grows, whoever speaks first, however often, in whatever order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.model.ids import ClientId, Leg, VenueId
from seawall.model.reports import FillReport, OrderReport, OrderStatus
from seawall.sagas.evidence.orders import OrderFacts, join_fill, join_order
from tests.sagas.builders import D, fill, ms, order

NAME = ClientId("swabcd-0123456789-etkxp2x01")
NOTHING = OrderFacts(NAME, Leg.ENTRY)
_TIMES = st.sampled_from((0, 10, 20, 30))
_AMOUNTS = st.sampled_from(("0", "1", "2", "27"))
_PRICES = st.sampled_from(("0", "0.19", "0.2", "0.21"))

order_reports = st.builds(
    lambda status, filled, told, average, venue_id: order(
        NAME, status, filled, told=told, average=average, venue_id=VenueId(venue_id)
    ),
    st.sampled_from(OrderStatus),
    _AMOUNTS,
    _TIMES,
    st.one_of(st.none(), _PRICES.map(Decimal)),
    st.sampled_from(("", "771")),
)
fill_reports = st.builds(
    lambda quantity, price, trade, told, fee, profit: replace(
        fill(NAME, quantity, price, trade=trade, told=told, seq=told), fee=fee, profit=profit
    ),
    st.sampled_from(("1", "2", "27")),
    _PRICES,
    st.sampled_from(("t1", "t2", "t3")),
    _TIMES,
    st.sampled_from((None, D(0), D("0.01"), D("-0.01"))),
    st.sampled_from((None, D(0), D("-0.3"))),
)
Report = OrderReport | FillReport
reports = st.lists(st.one_of(order_reports, fill_reports), max_size=8)


def join(facts: OrderFacts, report: Report) -> OrderFacts:
    """Either join."""
    return join_order(facts, report) if isinstance(report, OrderReport) else join_fill(facts, report)


def folded(*heard: Report) -> OrderFacts:
    """What is known after all of them."""
    return reduce(join, heard, NOTHING)


@given(reports, st.data())
def test_any_order_of_reports_gives_the_same_knowledge(heard: list[Report], data: st.DataObject) -> None:
    """The join is commutative and associative: a permutation of what was heard changes nothing."""
    assert folded(*data.draw(st.permutations(heard))) == folded(*heard)


@given(reports, st.data())
def test_any_repetition_of_reports_gives_the_same_knowledge(heard: list[Report], data: st.DataObject) -> None:
    """The join is idempotent, at once and later: whatever was heard may be heard again at any point."""
    again = data.draw(st.lists(st.sampled_from(heard), max_size=5)) if heard else []
    mixed = data.draw(st.permutations([*heard, *again]))
    assert folded(*mixed) == folded(*heard)


@given(reports, st.one_of(order_reports, fill_reports))
def test_knowledge_never_shrinks(heard: list[Report], further: Report) -> None:
    """One more report never takes back a quantity, a trade, a terminal status or a name that was known."""
    before, after = folded(*heard), folded(*heard, further)
    assert after.filled >= before.filled
    assert after.reported >= before.reported
    assert {trade.trade_id for trade in before.trades} <= {trade.trade_id for trade in after.trades}
    assert (before.is_seen, before.is_terminal) <= (after.is_seen, after.is_terminal)
    assert after.venue_id >= before.venue_id
    assert after.last_seq >= before.last_seq or after.reported > sum(trade.quantity for trade in after.trades)


@given(reports)
def test_a_step_that_grows_nothing_is_the_identity(heard: list[Report]) -> None:
    """Hearing everything a second time is not a growth, so nothing of it would be recorded."""
    facts = folded(*heard)
    assert all(join(facts, report) == facts for report in heard)


def test_a_fuller_telling_of_a_trade_tells_something_new() -> None:
    """The first word on a trade may have neither fee nor profit; the next that brings them is kept, and once."""
    brief = fill(NAME, 27)
    full = replace(brief, fee=D("0.01"), profit=D(0))
    once = folded(brief)
    assert [(trade.fee, trade.profit) for trade in folded(brief, full).trades] == [(D("0.01"), D(0))]
    assert once != folded(brief, full) == folded(full, brief) == folded(full)


@pytest.mark.parametrize("word", [s for s in OrderStatus if s is not OrderStatus.FILLED])
def test_a_status_that_contradicts_a_fill_loses_to_it(word: OrderStatus) -> None:
    """Filled stays filled, with its quantity, whatever is said of it before or after."""
    filled = order(NAME, OrderStatus.FILLED, 27, at=10)
    contrary = order(NAME, word, 0, at=20)
    for heard in ((filled, contrary), (contrary, filled)):
        facts = folded(*heard)
        assert (facts.status, facts.filled, facts.last_fill_at) == (OrderStatus.FILLED, D(27), ms(10))


@pytest.mark.parametrize("word", [OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED])
def test_a_terminal_word_without_quantity_does_not_take_back_a_trade(word: OrderStatus) -> None:
    """A trade under our name counts, though the order is called cancelled with nothing filled."""
    facts = folded(order(NAME, word, 0), fill(NAME, 5))
    assert facts.filled == 5
    assert facts.is_quantity_known


def test_filled_with_quantity_zero_is_seen_but_its_quantity_is_not_known() -> None:
    """The contradiction "closed, filled 0.0" (I04) is presence, and is asked on about."""
    facts = folded(order(NAME, OrderStatus.FILLED, 0))
    assert facts.is_seen
    assert facts.is_terminal
    assert not facts.is_quantity_known


def test_an_acknowledgement_without_a_status_is_not_presence() -> None:
    """A create reply that carries only an order's id names it, and shows nothing."""
    facts = folded(order(NAME, OrderStatus.UNTOLD, 0, venue_id=VenueId("771")))
    assert facts.venue_id == "771"
    assert not facts.is_seen


def test_an_untold_status_with_a_quantity_is_presence() -> None:
    """A quantity is proof whatever the status says."""
    assert folded(order(NAME, OrderStatus.UNTOLD, 3)).is_seen


def test_the_average_comes_from_the_trades_where_they_are_complete() -> None:
    """Twenty at 0.2 and seven at 0.21 average exactly, whatever a report said."""
    facts = folded(
        order(NAME, filled=27, average=D("0.5")), fill(NAME, 20, "0.2", trade="a"), fill(NAME, 7, "0.21", trade="b")
    )
    assert facts.average == (20 * D("0.2") + 7 * D("0.21")) / 27


def test_the_average_comes_from_the_fullest_report_while_trades_are_missing() -> None:
    """With twenty of twenty-seven told as trades, the order's own average stands."""
    facts = folded(order(NAME, filled=27, average=D("0.205")), fill(NAME, 20, "0.2"))
    assert facts.average == D("0.205")


@pytest.mark.parametrize("average", [None, D("0.205")])
def test_a_trade_at_price_zero_is_no_part_of_an_average(average: Decimal | None) -> None:
    """All trades are told, one of them at 0: the order's own average stands, or none; the quantity counts all the same."""
    facts = folded(
        order(NAME, filled=27, average=average), fill(NAME, 20, "0.2", trade="a"), fill(NAME, 7, "0", trade="b")
    )
    assert (facts.average, facts.filled, facts.is_unpriced) == (average, D(27), average is None)


@pytest.mark.parametrize("average", [None, D(0)])
def test_an_average_of_nothing_or_zero_is_unsaid(average: Decimal | None) -> None:
    """An acknowledgement's average of 0 (I91) is not a price."""
    assert folded(order(NAME, filled=27, average=average)).average is None


def test_only_a_word_about_a_fill_dates_it() -> None:
    """A cancellation's time does not move the last fill's."""
    facts = folded(order(NAME, OrderStatus.PARTIAL, 5, at=10), order(NAME, OrderStatus.CANCELLED, 0, at=90))
    assert facts.last_fill_at == ms(10)
    assert folded(order(NAME, OrderStatus.OPEN, 0, at=5)).last_fill_at == 0


def test_the_same_quantity_is_dated_by_the_earliest_word() -> None:
    """Two sources tell the same quantity; the venue filled it when the earlier says."""
    earlier, later = order(NAME, filled=27, at=10), order(NAME, filled=27, at=40)
    undated = OrderReport(earlier.symbol, NAME, OrderStatus.FILLED, earlier.source, ms(60), filled=D(27))
    assert folded(later, undated, earlier).last_fill_at == ms(10)
    assert folded(undated, later).last_fill_at == ms(40)


def test_trades_date_the_last_fill_and_carry_the_highest_sequence() -> None:
    """The newest trade, by the venue's clock and cross sequence."""
    facts = folded(fill(NAME, 1, trade="b", told=30, seq=7), fill(NAME, 1, trade="a", told=20, seq=5))
    assert (facts.last_fill_at, facts.last_seq) == (ms(30), 7)
    assert (NOTHING.last_fill_at, NOTHING.last_seq) == (0, 0)


def test_a_fill_whose_trade_is_not_known_has_no_sequence_yet() -> None:
    """An older trade's sequence would make a row newer than the fill that the row does not know of."""
    facts = folded(fill(NAME, 1, trade="a", told=20, seq=5), order(NAME, filled=2, at=30))
    assert (facts.last_fill_at, facts.last_seq) == (ms(30), 0)
