"""Absence is a verdict with conditions: each of them at its border, for both kinds of venue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seawall.model import events as ev
from seawall.model.acts import Outcome
from seawall.model.ids import ClientId, Side, VenueId
from seawall.model.queries import AskOrders
from seawall.model.reports import OrderStatus, Source
from seawall.model.times import SECOND
from seawall.sagas.judgement import (
    Verdict,
    horizon_of,
)
from tests.sagas.builders import (
    BOUNDS,
    BYBIT,
    SYMBOL,
    T0,
    AskFills,
    AskOrder,
    AskPositions,
    entering,
    fill,
    ms,
    order,
    position,
)
from tests.sagas.cases import HORIZON, LAG, absent, doubted, unheard, verdict

STREAM = Source.STREAM


# ---- where the engine checks the window (Binance)


def test_absent_after_two_rounds_past_the_horizon_a_lag_apart() -> None:
    """The horizon is not_after and margin; rounds count from beyond it."""
    assert verdict(absent()) is Verdict.ABSENT
    case = unheard()
    assert horizon_of(case.state.attempts[0], case.around) == ms(HORIZON)


@pytest.mark.parametrize(
    ("first", "second"), [(HORIZON, HORIZON + LAG), (HORIZON + 1, HORIZON + LAG), (10, HORIZON + 1)]
)
def test_not_absent_when_a_round_is_too_early_or_too_near(first: int, second: int) -> None:
    """At the horizon is not past it, and a microsecond less than the lag is not the lag."""
    case = unheard()
    case.misses(first)
    case.misses(second)
    assert verdict(case) is Verdict.UNDECIDED


def test_absence_waits_for_the_early_end_of_the_clocks_error() -> None:
    """A clock known to a second, or ahead by one, counts a second later."""
    for given in ({"clock_error": SECOND}, {"clock_offset": -SECOND}):
        case = unheard()
        case.given.update(given)
        case.misses(HORIZON + 1)
        case.misses(HORIZON + 1 + LAG)
        assert verdict(case) is Verdict.UNDECIDED, given
        case.misses(HORIZON + 1_001)
        case.misses(HORIZON + 1_001 + LAG)
        assert verdict(case) is Verdict.ABSENT, given


def test_not_absent_without_a_known_clock() -> None:
    """Without the venue's time nothing lies past the horizon."""
    case = unheard()
    case.given["clock_known"] = False
    case.misses(HORIZON + 1)
    case.misses(HORIZON + 1 + LAG)
    assert verdict(case) is Verdict.UNDECIDED


def test_a_failed_read_starts_the_count_anew() -> None:
    """One failure between two rounds and the first no longer counts."""
    case = unheard()
    case.misses(HORIZON + 1)
    case.fails(HORIZON + 5_000, AskOrder(SYMBOL, case.entry))
    case.misses(HORIZON + 1 + LAG)
    assert verdict(case) is Verdict.UNDECIDED
    case.misses(HORIZON + 1 + 2 * LAG)
    assert verdict(case) is Verdict.ABSENT


@pytest.mark.parametrize("moved", [27, 5, -27])
def test_not_absent_while_the_position_is_off_its_baseline(moved: int) -> None:
    """A change that no foreign fill explains may be ours."""
    case = unheard()
    case.misses(HORIZON + 1)
    case.misses(HORIZON + 1 + LAG, moved=moved)
    assert verdict(case) is Verdict.UNDECIDED


def test_not_absent_without_a_position_read_since_the_first_round() -> None:
    """Order and trades alone do not show the position."""
    case = unheard()
    for after in (HORIZON + 1, HORIZON + 1 + LAG):
        case.reads(after + 20, AskOrder(SYMBOL, case.entry), began=after)
        case.reads(after + 20, AskFills(SYMBOL, case.baseline_at), began=after + 1)
    assert verdict(case) is Verdict.UNDECIDED


def test_not_absent_without_a_read_of_the_trades_since_the_first_round() -> None:
    """An unexplained fill could have been there."""
    case = unheard()
    for after in (HORIZON + 1, HORIZON + 1 + LAG):
        case.reads(after + 20, AskOrder(SYMBOL, case.entry), began=after)
        case.reads(after + 20, AskPositions(SYMBOL), position(0, after), began=after)
    assert verdict(case) is Verdict.UNDECIDED


def test_not_absent_with_a_fill_that_no_name_explains() -> None:
    """A trade on our symbol since our intent whose order is unknown forbids the verdict."""
    case = unheard()
    case.hears(500, fill("", 5, at=500, venue_id=VenueId("990")))
    case.misses(HORIZON + 1)
    case.misses(HORIZON + 1 + LAG)
    assert verdict(case) is Verdict.UNDECIDED


def test_a_position_moved_only_by_foreign_fills_is_at_its_baseline() -> None:
    """Five bought under another's name explain a position of five: our entry is absent all the same (rule 5)."""
    case = unheard()
    case.hears(500, fill("web_1", 5, at=500), position(5, 500, told=500, source=STREAM))
    case.misses(HORIZON + 1, moved=5)
    case.misses(HORIZON + 1 + LAG, moved=5)
    assert verdict(case) is Verdict.ABSENT


def test_a_position_moved_by_another_entry_of_ours_is_at_its_baseline() -> None:
    """The journal came back without the second attempt, which filled: its name is ours, and the first is absent."""
    case = unheard()
    second = case.entry[:-1] + "2"
    case.hears(500, fill(second, at=500), position(27, 500, told=500, source=STREAM))
    case.misses(HORIZON + 1, moved=27)
    case.misses(HORIZON + 1 + LAG, moved=27)
    assert verdict(case) is Verdict.ABSENT


@pytest.mark.parametrize("undone", [False, True])
def test_a_stranger_who_trades_before_and_after_our_intent_keeps_nothing_from_being_absent(undone: bool) -> None:
    """The trades since the date of our baseline explain the position, those before our intent included; the first needs
    no name, since what the venue dates before the intent cannot be ours.
    """
    case = unheard(position=position(0, -1_000, told=-4_000))
    included = fill("", 5, trade="included", at=-4_000, venue_id=VenueId("990"))
    before = fill("", 5, trade="before", at=-500, venue_id=VenueId("991"))
    after = replace(fill("web_2", 5, trade="after", at=80), side=Side.SELL if undone else Side.BUY)
    for began in (HORIZON + 1, HORIZON + 1 + LAG):
        case.misses(began, moved=0 if undone else 10, trades=(included, before, after))
    assert list(case.state.foreign_fills) == ["before", "after"]
    assert verdict(case) is Verdict.ABSENT


def test_a_read_of_trades_that_begins_after_the_baseline_proves_nothing() -> None:
    """What moved the position between the baseline and the intent may be missing from it."""
    case = unheard(position=position(0, -1_000, told=-4_000))
    for began in (HORIZON + 1, HORIZON + 1 + LAG):
        case.reads(began + 20, AskOrder(SYMBOL, case.entry), began=began)
        case.reads(began + 20, AskFills(SYMBOL, case.since), began=began + 1)
        case.reads(began + 20, AskPositions(SYMBOL), position(0, began), began=began)
    assert verdict(case) is Verdict.UNDECIDED


def test_present_by_one_word_whatever_was_missed_before() -> None:
    """Presence needs one attributable report, and outweighs every round of not found."""
    case = absent()
    case.hears(60_000, order(case.entry, OrderStatus.OPEN, 0, at=60_000))
    assert verdict(case) is Verdict.PRESENT


def test_an_unanswered_act_is_undecided_however_often_it_is_missed() -> None:
    """While it may still leave, rounds prove nothing."""
    case = entering()
    case.given["may_enter"] = False
    case.misses(HORIZON + 1)
    case.misses(HORIZON + 1 + LAG)
    assert verdict(case) is Verdict.UNDECIDED


def test_absence_on_binance_allows_another_attempt_while_fresh() -> None:
    """After a doubt only ABSENT proven by the engine's window allows one (rule 6)."""
    case = unheard()
    case.given["may_enter"] = True
    case.misses(HORIZON + 1)
    case.misses(HORIZON + 1 + LAG)
    assert len(case.state.attempts) == 2


# ---- where it is not documented (Bybit)


def test_absent_on_bybit_through_doubt_under_an_unbroken_stream() -> None:
    """Every round for sixty seconds after the send; a microsecond less is undecided."""
    watched = {"stream_since": T0}
    doubt = BOUNDS.doubt / 1_000
    assert verdict(doubted(doubt - 0.001, **watched)) is Verdict.UNDECIDED
    assert verdict(doubted(doubt, **watched)) is Verdict.ABSENT


def test_absence_on_bybit_takes_rounds_a_lag_apart() -> None:
    """A single late round is not enough."""
    case = doubted(60_000, first=60_000 - LAG + 1, stream_since=T0)
    assert verdict(case) is Verdict.UNDECIDED


@pytest.mark.parametrize("since", [0, T0 + 1])
def test_absence_on_bybit_takes_five_minutes_without_a_stream_since_before_the_send(since: int) -> None:
    """Blind, or proven only after the send: counted from the first round of this process."""
    blind = BOUNDS.doubt_blind / 1_000
    assert verdict(doubted(1_000 + blind - 0.001, every=9_000, stream_since=since)) is Verdict.UNDECIDED
    assert verdict(doubted(1_000 + blind, every=9_000, stream_since=since)) is Verdict.ABSENT


def test_absence_on_bybit_never_allows_another_attempt() -> None:
    """It allows FLAT, and nothing else."""
    case = doubted(60_000, stream_since=T0)
    case.given["may_enter"] = True
    case.at(60_100)
    assert len(case.state.attempts) == 1


def test_a_failed_read_on_bybit_starts_the_count_anew() -> None:
    """The rounds before a failure are forgotten; what counts from the send still does."""
    case = doubted(50_000, stream_since=T0)
    case.fails(55_000, AskOrder(SYMBOL, case.entry))
    case.misses(60_000)
    assert verdict(case) is Verdict.UNDECIDED


def test_an_unexplained_fill_forbids_absence_on_bybit_too() -> None:
    """As on Binance."""
    case = unheard(BYBIT, stream_since=T0)
    case.hears(500, fill("", 5, at=500, venue_id=VenueId("990")))
    for at in (1_000, 30_000, 60_000):
        case.misses(at)
    assert verdict(case) is Verdict.UNDECIDED


def test_a_trade_that_the_list_of_orders_names_as_anothers_stands_in_no_way() -> None:
    """On Binance a trade tells only its order's id; the list of all orders says whose that is, and absence is proven."""
    case = entering()
    case.answers(50, case.entry, Outcome.UNKNOWN)
    stranger = replace(fill("", 100, at=60, venue_id=VenueId("77")), side=Side.SELL)
    case.reads(70, AskFills(SYMBOL, case.baseline_at), stranger)
    case.wakes_until(4_000)
    assert any(isinstance(query, AskOrders) for query in case.queries)
    theirs = order(ClientId("web_1"), filled=100, at=60, venue_id=VenueId("77"), side=Side.SELL)
    case.reads(4_100, AskOrders(SYMBOL, case.since), theirs)
    assert not case.state.loose_fills
    for after in (5_000, 16_000):
        case.misses(after, moved=-100)
    assert len(case.told_of(ev.EntryAbsent)) == 1
