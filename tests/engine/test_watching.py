"""What the desk watches over: authority, sources, the stream, the timer; and how it is taken up again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import ClosePosition, Outcome, PlaceStop, Reason, SubmitEntry
from seawall.model.events import DistressKind
from seawall.model.ids import ClientId, SignalId, Symbol
from seawall.model.queries import AskMark, AskModes, AskOpenOrders, AskOrder, AskPositions, AskStop, AskStops
from seawall.model.reports import ModesReport, OrderStatus, Source
from seawall.model.times import HOUR, MILLISECOND, SECOND
from seawall.sagas.phase import Phase
from tests.engine.builders import Bench
from tests.engine.desks import answered, close, entering, entry, newest_stop, protected
from tests.sagas.builders import (
    BOUNDS,
    BYBIT,
    SYMBOL,
    T0,
    D,
    fill,
    ms,
    order,
    position,
    stop,
)

STREAM = Source.STREAM
OTHER = Symbol("BTCUSDT")


# ---- authority


def test_hedge_mode_stops_entries_and_one_way_mode_resumes_them() -> None:
    """Modes are read, never changed; each change is one event."""
    bench = Bench().ready(modes=ModesReport(hedge=True, may_trade=True))
    (stopped,) = bench.told_of(ev.EntriesStopped)
    assert "hedge mode" in stopped.detail
    bench.receives(0)
    assert (bench.answer().reason, bench.answer().detail) == ("halted", stopped.detail)
    bench.reads(100, AskModes(), modes=(ModesReport(hedge=False, may_trade=True),))
    assert len(bench.told_of(ev.EntriesResumed)) == 1


@pytest.mark.parametrize(
    ("modes", "word"),
    [
        (ModesReport(hedge=False, may_trade=False), "may not trade"),
        (ModesReport(hedge=False, may_trade=True, may_withdraw=True), "may withdraw"),
    ],
)
def test_a_key_that_may_too_little_or_too_much_stops_entries(modes: ModesReport, word: str) -> None:
    """A key that may withdraw is refused."""
    bench = Bench().ready(modes=modes)
    assert word in bench.told_of(ev.EntriesStopped)[0].detail


def test_another_installations_orders_stop_entries() -> None:
    """They are foreign, and seeing them on the account stops entries (rule 2)."""
    bench = Bench().ready()
    bench.reads(-10, AskOpenOrders(), order(ClientId("swzzzz-0123456789-etkxp2x01"), OrderStatus.OPEN))
    assert "swzzzz" in bench.told_of(ev.EntriesStopped)[0].detail
    bench.reads(-5, AskOpenOrders())
    assert len(bench.told_of(ev.EntriesResumed)) == 1


def test_authority_withdrawn_from_outside_stops_entries_and_nothing_else() -> None:
    """The protection of what is open goes on."""
    bench = entering()
    bench.step(20, inp.AuthorityChanged(ms(20), may_enter=False, detail="halted by hand"))
    bench.step(30, inp.AuthorityChanged(ms(30), may_enter=False, detail="halted by hand"))
    assert [event.detail for event in bench.told_of(ev.EntriesStopped)] == ["halted by hand"]
    bench.receives(40, id=SignalId("s-2"), symbol=OTHER)
    assert bench.answer("s-2").reason == "halted"
    bench.hears(100, fill(entry(bench), at=100))
    assert isinstance(bench.acts[-1], PlaceStop)
    bench.step(110, inp.AuthorityChanged(ms(110), may_enter=True))
    assert len(bench.told_of(ev.EntriesResumed)) == 1
    bench.step(120, inp.AuthorityChanged(ms(120), may_enter=False))
    assert bench.told_of(ev.EntriesStopped)[-1].detail == "this process may not act on the account"


def test_a_journal_that_takes_no_appends_stops_entries_and_holds_no_stop() -> None:
    """A failed append is never skipped: the entry waits and is given up, the stop leaves."""
    bench = entering()
    bench.step(20, inp.JournalChanged(ms(20), healthy=False, detail="disk full"), commit=False)
    bench.receives(30, id=SignalId("s-2"), symbol=OTHER, commit=False)
    assert [answer for answer in bench.answers if answer.signal_id == "s-2"] == []
    work = bench.step(100, inp.StreamReported(ms(100), inp.Told(fills=(fill(entry(bench), at=100),))), commit=False)
    assert [type(do.act) for do in work.acts] == [PlaceStop]
    bench.step(200, inp.JournalChanged(ms(200), healthy=True))
    assert "disk full" in bench.told_of(ev.EntriesStopped)[0].detail
    assert len(bench.told_of(ev.EntriesResumed)) == 1


# ---- sources, stream, timer


def test_a_source_that_fails_is_told_once() -> None:
    """And its recovery."""
    bench = Bench().ready()
    bench.fails(0, AskPositions())
    bench.fails(100, AskPositions())
    bench.reads(200, AskPositions())
    assert len(bench.told_of(ev.SourceFailing)) == 1
    assert len(bench.told_of(ev.SourceRecovered)) == 1


def test_a_lost_stream_is_told_and_what_protects_is_read_at_once() -> None:
    """Positions and what every saga asks; whole books once the stream is open again."""
    bench = entering()
    bench.queries.clear()
    bench.step(10, inp.StreamChanged(ms(10), proven=False, detail="closed with 1006"))
    assert bench.told_of(ev.StreamLost)[0].detail == "closed with 1006"
    assert {AskPositions(), AskOrder(SYMBOL, entry(bench))} <= set(bench.queries)
    assert {AskOpenOrders(), AskStops()}.isdisjoint(bench.queries)
    bench.step(40_000, inp.StreamChanged(ms(40_000), proven=False, is_open=True))
    assert {AskPositions(), AskOpenOrders(), AskStops()} <= set(bench.queries)
    bench.step(40_020, inp.StreamChanged(ms(40_020), proven=True, since=ms(40_020)))
    assert len(bench.told_of(ev.StreamProven)) == 2


def test_a_price_past_the_trigger_asks_about_a_stop_that_nobody_told_of() -> None:
    """The stop of a protected position and the position itself are read as soon as a price has come to the trigger, and
    nothing is closed for it; a price that has not come there asks nothing.
    """
    bench = protected()
    asked = {AskPositions(SYMBOL), AskStop(SYMBOL, newest_stop(bench).client_id)}
    bench.queries.clear()
    bench.marks(1_000, "0.1901")
    assert asked.isdisjoint(bench.queries)
    bench.marks(2_000, "0.1900")
    bench.wakes_until(2_200)
    assert asked <= set(bench.queries)
    assert bench.phase() is Phase.PROTECTED
    assert not any(isinstance(act, ClosePosition) for act in bench.acts)


def test_the_entry_is_asked_about_half_a_second_after_it_left_though_nothing_came() -> None:
    """The desk wakes for its sagas' questions."""
    bench = entering()
    while bench.now < ms(500):
        wake = bench.desk.next_wake()
        assert wake is not None
        bench.step((wake - T0) / MILLISECOND)
    assert AskOrder(SYMBOL, entry(bench)) in bench.queries
    assert bench.now == ms(500)


def test_two_closes_by_the_timer_within_a_minute_hold_the_third() -> None:
    """Three naked positions: two are closed at their fifth second, the third is held, with an alert, and placed for."""
    bench = Bench().ready()
    second, third = Symbol("BTCUSDT"), Symbol("ETHUSDT")
    listed = [replace(bench_instrument(), symbol=symbol) for symbol in (second, third)]
    bench.reads(
        -10,
        AskMark(),
        instruments=tuple(listed),
        marks=tuple(replace(bench_mark(), symbol=item.symbol) for item in listed),
    )
    for place, symbol in enumerate((SYMBOL, second, third)):
        bench.receives(0, id=SignalId(f"s-{place}"), symbol=symbol)
    for saga in bench.desk.sagas():
        name = saga.state.attempts[-1].client_id
        trade = replace(fill(name, at=100, trade=name), symbol=saga.state.signal.symbol)
        bench.hears(100, trade)
    for after in range(500, 5_000, 500):
        bench.step(after)
    bench.reads(5_000, AskMark())
    bench.step(5_100)
    bench.step(5_101)
    phases = [saga.state.phase for saga in bench.desk.sagas()]
    assert phases == [Phase.CLOSING, Phase.CLOSING, Phase.PROTECTING]
    bench.step(65_000)
    assert bench.desk.sagas()[2].state.phase is Phase.PROTECTING
    assert DistressKind.TIMER_HELD in [event.kind for event in bench.told_of(ev.DistressRaised)]
    bench.step(65_101)
    assert bench.desk.sagas()[2].state.phase is Phase.CLOSING


def bench_instrument() -> Any:
    """The rules of one contract."""
    from tests.sagas.builders import INSTRUMENT

    return INSTRUMENT


def bench_mark() -> Any:
    """A mark read just before T0."""
    from tests.sagas.builders import mark

    return mark(at=ms(-10))


def test_an_answer_to_an_act_reaches_the_sagas_of_its_symbol_only() -> None:
    """Another symbol's answer is not even heard."""
    bench = entering()
    known = bench.desk.seq
    bench.step(50, inp.ActAnswered(entry(bench), OTHER, Outcome.REFUSED, ms(40), ms(50), Reason.FUNDS))
    assert bench.desk.seq == known
    answered(bench, 60, entry(bench), Outcome.REFUSED, Reason.FUNDS)
    assert bench.desk.seq > known


# ---- recovery


def test_a_process_taken_up_from_the_journal_knows_the_same() -> None:
    """Numbers go on, states are equal, ids are used, and nothing is sent."""
    bench = protected()
    bench.receives(300, id=SignalId("s-2"))
    other = bench.reborn()
    assert other.desk.seq == bench.desk.seq
    assert [saga.state for saga in other.desk.sagas()] == [saga.state for saga in bench.desk.sagas()]
    other.ready()
    for name in ("velvet-1", "s-2"):
        other.receives(400, id=SignalId(name))
        assert other.answer(name).reason == "duplicate"
    assert other.acts == []


def test_an_entry_under_way_is_unknown_to_the_next_process_and_looked_for() -> None:
    """Acts are never replayed; the first proof of its fill is protected."""
    bench = entering()
    other = bench.reborn()
    other.step(1_000, inp.ClockReport(ms(1_000), 0, 0), inp.Restarted(ms(1_000), T0 // SECOND + 1, "abcd"))
    assert other.saga.state.attempts[0].code == "interrupted"
    assert [act for act in other.acts if isinstance(act, SubmitEntry)] == []
    other.hears(1_100, fill(entry(other), at=1_100))
    assert isinstance(other.acts[-1], PlaceStop)
    assert other.acts[-1].client_id not in {act.client_id for act in bench.acts}


def test_a_recovered_desk_decides_nothing_before_its_process_has_a_name() -> None:
    """What the stream tells before `Restarted` is heard; acts wait for the term that names them."""
    bench = entering()
    other = bench.reborn()
    other.hears(1_000, fill(entry(other), at=1_000))
    assert other.saga.state.orders[entry(other)].filled == 27
    assert (other.acts, other.phase()) == ([], Phase.ENTERING)
    other.step(1_010, inp.Restarted(ms(1_010), T0 // SECOND + 1, "abcd"))
    assert [type(act) for act in other.acts] == [PlaceStop]


def test_after_a_restart_the_naked_clock_runs_from_the_first_successful_read() -> None:
    """While the venue has answered nothing yet, a position known from the journal is not closed for time (rule 13)."""
    bench = entering()
    bench.hears(100, fill(entry(bench), at=100), order(entry(bench), filled=27, at=100))
    other = bench.reborn()
    other.step(10_000, inp.ClockReport(ms(10_000), 0, 0), inp.Restarted(ms(10_000), T0 // SECOND + 10, "abcd"))
    other.step(14_999)
    other.step(15_000)
    assert [act for act in other.acts if isinstance(act, ClosePosition)] == []
    other.reads(16_000, AskPositions(), position(27, 15_980, told=100))
    other.wakes_until(20_999)
    assert [act for act in other.acts if isinstance(act, ClosePosition)] == []
    other.wakes_until(21_000)
    assert [type(act) for act in other.acts][-1] is ClosePosition


def test_what_was_not_durable_never_was() -> None:
    """A process that died before its record: the next one knows nothing of the signal, and takes it as new."""
    bench = Bench().ready()
    bench.receives(0, commit=False)
    other = bench.reborn()
    assert other.desk.sagas() == ()
    other.ready()
    other.receives(100)
    assert other.answer().accepted


def test_a_recorded_close_signal_opens_nothing_on_recovery() -> None:
    """Its acceptance makes no saga of its own."""
    bench = protected()
    bench.step(300, close(300))
    other = bench.reborn()
    assert [saga.state.signal.id for saga in other.desk.sagas()] == ["velvet-1"]
    assert other.saga.state.phase is Phase.CLOSING


def test_a_flat_signal_is_watched_for_a_day_and_then_forgotten() -> None:
    """Its id stays used for ever; the next process forgets it as well."""
    bench = entering()
    answered(bench, 50, entry(bench), Outcome.NOT_SENT)
    assert bench.phase() is Phase.FLAT
    day = 24 * HOUR / MILLISECOND
    bench.step(50 + day)
    assert len(bench.desk.sagas()) == 1
    bench.step(50 + day + 0.001)
    assert bench.desk.sagas() == ()
    bench.receives(60 + day)
    assert bench.answer().reason == "duplicate"
    other = bench.reborn()
    other.step(60 + day)
    assert other.desk.sagas() == ()


def test_a_late_fill_after_flat_is_heard_by_its_own_signal() -> None:
    """While another signal holds the slot."""
    bench = Bench().ready()
    bench.receives(0)
    answered(bench, 50, entry(bench), Outcome.NOT_SENT)
    bench.receives(100, id=SignalId("s-2"))
    first, second = bench.desk.sagas()
    assert second.state.phase is Phase.ENTERING
    bench.hears(200, fill(first.state.attempts[0].client_id, 10, at=200))
    assert (first.state.phase, second.state.phase) == (Phase.CLOSING, Phase.ENTERING)


def test_news_of_a_slot_is_not_judged_again_by_the_signals_that_have_ended_there() -> None:
    """Only what is said of their own ids is; so a step costs no more for all that has ended on the slot in a day."""
    bench = Bench().ready()
    bench.receives(0)
    answered(bench, 50, entry(bench), Outcome.NOT_SENT)
    bench.receives(100, id=SignalId("s-2"))
    first, second = bench.desk.sagas()
    judged = sum(first.visited.values())
    bench.hears(200, order(entry(bench), filled=27, at=200), fill(entry(bench), at=200))
    bench.hears(210, position(27, 210, told=200, source=STREAM))
    assert second.state.phase is Phase.PROTECTING
    assert sum(first.visited.values()) == judged
    bench.hears(300, fill(first.state.attempts[0].client_id, 10, at=300))
    assert sum(first.visited.values()) > judged
    assert first.state.phase is Phase.CLOSING


def test_a_signal_that_came_back_is_alive_until_it_ends_again() -> None:
    """Its day begins anew with its second end, and until then it counts for `max_open`."""
    bench = Bench(max_open=1).ready()
    bench.receives(0)
    answered(bench, 50, entry(bench), Outcome.NOT_SENT)
    bench.hears(60, fill(entry(bench), 10, at=60))
    assert bench.phase() is Phase.CLOSING
    day = 24 * HOUR / MILLISECOND
    bench.receives(70, id=SignalId("s-2"), symbol=OTHER)
    assert "max_open" in bench.answer("s-2").detail
    bench.step(60 + day)
    assert bench.phase() is Phase.CLOSING


def test_the_desk_wakes_no_later_than_anything_in_it() -> None:
    """Standing reads, gates and sagas: the earliest of them."""
    bench = Bench().ready()
    standing = bench.desk.next_wake()
    assert standing is not None
    bench.receives(0, commit=False)
    wake = bench.desk.next_wake()
    assert wake is not None
    assert wake <= min(standing, ms(0) + BOUNDS.commit_deadline + 1)


def test_a_bybit_desk_counts_its_nameless_stop_as_ours() -> None:
    """The attached stop's child carries no name; by its trigger and id it is this signal's, not foreign."""
    bench = Bench(BYBIT).ready()
    bench.receives(0)
    answered(bench, 50, entry(bench))
    bench.hears(100, fill(entry(bench), at=100), order(entry(bench), filled=27, at=100))
    bench.reads(200, AskStops(), stop("", trigger=D("0.1900"), at=200, venue_id="c-1"))
    bench.hears(210, position(27, 210, told=100, source=STREAM, stop_loss=D("0.1900")))
    assert bench.phase() is Phase.PROTECTED
    assert bench.told_of(ev.DistressRaised) == []
