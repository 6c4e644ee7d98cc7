"""What the desk reads by itself, and how equal questions become one."""

from __future__ import annotations

from seawall.engine.needs import Needs
from seawall.model.acts import Urgency
from seawall.model.ids import Symbol
from seawall.model.queries import (
    AskInstruments,
    AskLeverage,
    AskMark,
    AskModes,
    AskOpenOrders,
    AskPositions,
    AskStops,
    AskWallet,
    Query,
)
from seawall.model.times import SECOND
from seawall.venues.binance.traits import charges
from tests.sagas.builders import BOUNDS, SYMBOL, ms

STANDING = (
    AskModes(),
    AskInstruments(),
    AskWallet(),
    AskPositions(),
    AskOpenOrders(),
    AskStops(),
    AskLeverage(),
    AskMark(),
)


def due(needs: Needs, after: float) -> list[Query]:
    """The standing queries that leave now."""
    return [ask.query for ask in needs.due(ms(after))]


def test_everything_is_read_at_the_start_and_once() -> None:
    """Eight standing queries; under way they are not doubled."""
    needs = Needs(BOUNDS)
    assert needs.next_wake(watching=False) == 0
    assert tuple(due(needs, 0)) == STANDING
    assert due(needs, 1) == []
    assert needs.next_wake(watching=False) == ms(0) + 2 * BOUNDS.reply_timeout


def test_a_good_answer_is_read_again_after_its_period() -> None:
    """Positions every half minute, the heavy books every five, marks in half the time for which they are fresh."""
    needs = Needs(BOUNDS)
    due(needs, 0)
    for query in STANDING:
        needs.answered(query, ms(100), well=True)
    assert needs.next_wake(watching=False) == ms(100) + BOUNDS.mark_fresh // 2
    assert due(needs, 2_599) == []
    assert due(needs, 2_600) == [AskMark()]
    needs.answered(AskMark(), ms(30_100), well=True)
    assert due(needs, 30_100) == [AskWallet(), AskPositions()]
    assert {AskOpenOrders(), AskStops()} <= set(due(needs, 300_100))


def test_what_is_read_again_yields_for_one_more_period() -> None:
    """The first reads and all marks leave with the entries; a later one looks first, and is no look for ever."""
    needs = Needs(BOUNDS)
    assert {ask.urgency for ask in needs.due(ms(0))} == {Urgency.ENTER}
    for query in STANDING:
        needs.answered(query, ms(100), well=True)
    again = {ask.query: ask.urgency for ask in needs.due(ms(30_100))}
    assert again == {AskMark(): Urgency.ENTER, AskWallet(): Urgency.LOOK, AskPositions(): Urgency.LOOK}
    assert {ask.urgency for ask in needs.due(ms(60_099)) if ask.query != AskMark()} == {Urgency.LOOK}
    again = {ask.query: ask.urgency for ask in needs.due(ms(70_100))}
    assert again == {AskMark(): Urgency.ENTER, AskWallet(): Urgency.LOOK, AskPositions(): Urgency.ENTER}
    assert {ask.urgency for ask in needs.due(ms(330_100)) if ask.query == AskWallet()} == {Urgency.ENTER}


def test_stops_that_wait_to_be_looked_at_stand_in_line_with_entries_at_the_next_look() -> None:
    """Their slots' period is at most twice as long, however many accounts share the address."""
    needs = Needs(BOUNDS)
    assert [ask.urgency for ask in needs.watch([SYMBOL], ms(0))] == [Urgency.LOOK]
    assert [ask.urgency for ask in needs.watch([SYMBOL], ms(30_000))] == [Urgency.ENTER]
    needs.answered(AskStops(SYMBOL), ms(30_100), well=True)
    assert [ask.urgency for ask in needs.watch([SYMBOL], ms(60_000))] == [Urgency.LOOK]


def test_a_saga_does_not_wait_behind_a_look_at_the_same() -> None:
    """The more urgent of two equal queries passes on, so that the one that is held is held no longer."""
    needs = Needs(BOUNDS)
    needs.watch([SYMBOL], ms(0))
    assert needs.merge(AskStops(SYMBOL), Urgency.ASK, ms(10)) is not None
    assert needs.merge(AskStops(SYMBOL), Urgency.ASK, ms(20)) is None


def test_the_first_read_of_positions_and_books_waits_a_second_for_the_stream() -> None:
    """They are read again once it stands; without it they are read all the same."""
    needs = Needs(BOUNDS)
    needs.start(ms(0))
    early = due(needs, 999)
    assert AskModes() in early
    assert AskPositions() not in early
    assert due(needs, 1_000) == [AskPositions(), AskOpenOrders(), AskStops()]


def test_the_stops_of_open_slots_are_looked_at_on_their_period() -> None:
    """By symbol while they are few, all at once when that is cheaper; without open slots not at all."""
    needs = Needs(BOUNDS)
    assert needs.watch([], ms(0)) == []
    assert [ask.query for ask in needs.watch([SYMBOL], ms(0))] == [AskStops(SYMBOL)]
    assert needs.watch([SYMBOL], ms(29_999)) == []
    assert needs.next_wake(watching=True) <= ms(30_000)
    many = [Symbol(f"C{number}USDT") for number in range(40)]
    assert [ask.query for ask in needs.watch(many, ms(30_000))] == [AskStops()]


def test_a_read_under_way_when_a_gap_is_told_is_read_once_more() -> None:
    """Its answer may be older than what happened."""
    needs = Needs(BOUNDS)
    due(needs, 0)
    needs.hurry()
    assert due(needs, 10) == []
    needs.answered(AskPositions(), ms(100), well=True)
    assert due(needs, 100) == [AskPositions()]
    needs.answered(AskPositions(), ms(200), well=True)
    assert due(needs, 200) == []


def test_a_failed_answer_is_read_again_after_a_second() -> None:
    """Neither at once nor only after its period."""
    needs = Needs(BOUNDS)
    due(needs, 0)
    for query in STANDING:
        needs.answered(query, ms(100), well=query != AskInstruments())
    assert due(needs, 1_099) == []
    assert due(needs, 1_100) == [AskInstruments()]
    assert SECOND == 1_000_000


def test_without_any_answer_it_is_asked_again_after_twice_the_timeout() -> None:
    """A reply that never came is not waited for for ever."""
    needs = Needs(BOUNDS)
    due(needs, 0)
    assert due(needs, 9_999) == []
    assert tuple(due(needs, 10_000)) == STANDING


def test_after_a_gap_positions_are_read_at_once_and_both_books_once_the_stream_is_open() -> None:
    """Books that were read half a minute before; the rest keeps its period."""
    needs = Needs(BOUNDS)
    due(needs, 0)
    for query in STANDING:
        needs.answered(query, ms(100), well=True)
    needs.close_gap(is_open=False)
    assert due(needs, 30_000) == [AskPositions(), AskMark()]
    needs.answered(AskPositions(), ms(30_050), well=True)
    needs.close_gap(is_open=True)
    assert due(needs, 30_099) == [AskPositions(), AskOpenOrders(), AskStops()]


def test_a_stream_that_is_cut_every_three_seconds_leaves_its_weight_to_protection() -> None:
    """Twenty cuts in a minute: positions and the open slot's stops are read at each end at once, whole books thrice."""
    needs, spent = Needs(BOUNDS), 0
    for cut in range(20):
        for at, is_open in ((3_000 * cut, False), (3_000 * cut + 400, True)):
            needs.close_gap(is_open=is_open)
            asks = [ask.query for ask in (*needs.due(ms(at)), *needs.watch([SYMBOL], ms(at)))]
            assert {AskPositions(), AskStops(SYMBOL)} <= set(asks)
            gap = [query for query in asks if isinstance(query, AskPositions | AskStops | AskOpenOrders)]
            spent += sum(charge.amount for query in gap for charge in charges(query))
            for query in asks:
                needs.answered(query, ms(at + 100), well=True)
    assert spent < 600


def test_after_a_gap_the_stops_of_open_slots_are_read_before_whole_books() -> None:
    """One may have gone unheard: by symbol they pass what waits for an address's budget, and then keep their period."""
    needs = Needs(BOUNDS)
    needs.watch([SYMBOL], ms(0))
    needs.answered(AskStops(SYMBOL), ms(100), well=True)
    needs.close_gap(is_open=False)
    assert needs.next_wake(watching=True) <= ms(200)
    assert [(ask.query, ask.urgency) for ask in needs.watch([SYMBOL], ms(200))] == [(AskStops(SYMBOL), Urgency.ASK)]
    assert needs.watch([SYMBOL], ms(30_199)) == []


def test_equal_queries_under_way_are_one() -> None:
    """The second asker gets the first's answer; after it, or after twice the timeout, it may be asked again."""
    needs = Needs(BOUNDS)
    query = AskPositions(SYMBOL)
    assert needs.merge(query, Urgency.ASK, ms(0)) is not None
    assert needs.merge(query, Urgency.ASK, ms(999)) is None
    assert needs.merge(query, Urgency.ENTER, ms(9_999)) is None
    assert needs.merge(query, Urgency.ASK, ms(10_000)) is not None
    needs.answered(query, ms(10_100), well=True)
    assert needs.merge(query, Urgency.ASK, ms(10_101)) is not None


def test_a_waiting_signal_asks_for_what_its_slot_lacks() -> None:
    """One symbol's reads, each once; what the desk cannot read by itself asks nothing."""
    needs = Needs(BOUNDS)
    lacking = ("slot", "authority", "position", "orders", "mark", "wallet")
    asked = [ask.query for ask in needs.slots({SYMBOL: lacking}, ms(0))]
    assert asked == [AskPositions(SYMBOL), AskOpenOrders(SYMBOL), AskStops(SYMBOL), AskMark(SYMBOL), AskWallet()]
    assert needs.slots({SYMBOL: lacking}, ms(1)) == []


def test_many_waiting_signals_are_served_by_one_read_of_the_account() -> None:
    """Ten slots that lack the same are one read of all positions, and of the books where that costs no more."""
    lacking: dict[Symbol, tuple[str, ...]] = {Symbol(f"C{n}USDT"): ("position", "orders") for n in range(10)}
    cheap, dear = (Needs(BOUNDS, batch).slots(lacking, ms(0)) for batch in (2, 40))
    assert [ask.query for ask in cheap] == [AskPositions(), AskOpenOrders(), AskStops()]
    assert len(dear) == 1 + 10 + 10
