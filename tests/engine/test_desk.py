"""The desk's step: what is recorded, what may leave and when, what a user is told, and how it is taken up again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import ClosePosition, Outcome, PlaceStop, Reason, SubmitEntry, Urgency
from seawall.model.events import DistressKind, EndReason
from seawall.model.ids import ClientId, Side, SignalId, Symbol
from seawall.model.queries import AskLeverage, AskMark, AskModes, AskOpenOrders, AskOrder, AskPositions, AskStops, Query
from seawall.model.reports import ModesReport, OrderStatus, Source, StopStatus
from seawall.model.signal import Action, OnOpposite, Stop
from seawall.model.times import HOUR, MILLISECOND, SECOND
from seawall.sagas.phase import Phase
from tests.engine.builders import Bench
from tests.sagas.builders import (
    BOUNDS,
    BYBIT,
    SYMBOL,
    T0,
    TERM,
    D,
    fill,
    ms,
    order,
    position,
    signal,
    stop,
)

STREAM = Source.STREAM
OTHER = Symbol("BTCUSDT")


def answered(
    bench: Bench, after: float, name: ClientId, outcome: Outcome = Outcome.ACKNOWLEDGED, reason: Reason = Reason.NONE
) -> None:
    """The answer to an act."""
    bench.step(after, inp.ActAnswered(name, SYMBOL, outcome, ms(after - 10), ms(after), reason))


def entry(bench: Bench) -> ClientId:
    """The latest entry's name."""
    return bench.saga.state.attempts[-1].client_id


def newest_stop(bench: Bench) -> Any:
    """The stop intended last."""
    return max(bench.saga.state.stops.values(), key=lambda facts: facts.n)


def entering(**settings: Any) -> Bench:
    """A desk whose entry has left at 0."""
    bench = Bench(**settings).ready()
    bench.receives(0)
    assert bench.phase() is Phase.ENTERING
    return bench


def protected(**settings: Any) -> Bench:
    """A desk with a protected position."""
    bench = entering(**settings)
    answered(bench, 50, entry(bench))
    bench.hears(100, fill(entry(bench), at=100), order(entry(bench), filled=27, at=100))
    answered(bench, 150, newest_stop(bench).client_id)
    bench.hears(200, stop(newest_stop(bench).client_id, at=200, trigger=D("0.1900")))
    assert bench.phase() is Phase.PROTECTED
    return bench


def close(after: float, **more: Any) -> inp.SignalReceived:
    """A signal that asks to close the slot."""
    asked = signal(
        id=SignalId("close-1"), action=Action.CLOSE, size=None, stop=None, side=None, made_at=ms(after), **more
    )
    return inp.SignalReceived(ms(after), asked)


# ---- the start


def test_a_desk_without_a_process_asks_and_decides_nothing() -> None:
    """Before `Restarted` there is no term, so that nothing could be named."""
    bench = Bench()
    bench.step(-500, inp.Woken(ms(-500)))
    assert (bench.queries, bench.desk.next_wake(bench.now), bench.desk.ready) == ([], None, False)


def test_a_new_process_reads_everything_and_is_ready_when_it_has() -> None:
    """Each part is needed; the last makes it ready."""
    bench = Bench()
    bench.step(-100, inp.Restarted(ms(-100), TERM, "abcd"))
    assert {AskModes(), AskPositions(), AskOpenOrders(), AskStops(), AskMark(), AskLeverage()} <= set(bench.queries)
    assert bench.told_of(ev.ProcessStarted)[0].term == TERM
    assert not bench.desk.ready
    assert Bench().ready().desk.ready


def test_a_signal_before_the_desk_is_ready_is_turned_away_and_not_recorded() -> None:
    """The sender may try again with the same id, and then it is new."""
    bench = Bench()
    bench.step(-100, inp.Restarted(ms(-100), TERM, "abcd"))
    bench.receives(-90)
    assert (bench.answer().accepted, bench.answer().reason) == (False, "not_ready")
    assert bench.told_of(ev.SignalRefused) == []
    bench.ready()
    bench.receives(0)
    assert bench.answer().accepted


# ---- signals and gates


def test_an_accepted_signal_is_answered_only_once_its_record_is_durable() -> None:
    """No user is told of what a crash could still forget."""
    bench = Bench().ready()
    work = bench.receives(0, commit=False)
    assert [type(event).__name__ for event in work.appends][:2] == ["SignalAccepted", "EntryIntended"]
    assert (work.answers, work.acts) == ((), ())
    bench.commit(1)
    assert bench.answer().accepted
    assert isinstance(bench.acts[0], SubmitEntry)


def test_the_entry_leaves_only_when_its_own_intention_is_durable() -> None:
    """The acceptance alone is not enough: the number of the intention is."""
    bench = Bench().ready()
    bench.receives(0, commit=False)
    intended = next(row.seq for row in bench.recorded if isinstance(row.event, ev.EntryIntended))
    bench.durable = intended - 1
    bench.step(1, commit=False)
    assert (len(bench.answers), bench.acts) == (1, [])
    bench.durable = intended
    bench.step(2, commit=False)
    assert len(bench.acts) == 1


def test_an_entry_whose_record_comes_too_late_is_not_sent_and_ends_flat() -> None:
    """The desk wakes for it, gives it up as NotSent, and the late commit lets nothing out."""
    bench = Bench().ready()
    bench.receives(0, commit=False)
    late = (BOUNDS.commit_deadline + 1) / MILLISECOND
    assert bench.desk.next_wake(ms(0)) is not None
    bench.step(late - 0.001, commit=False)
    assert bench.phase() is Phase.ENTERING
    bench.step(late, commit=False)
    assert (bench.phase(), bench.saga.state.end) == (Phase.FLAT, EndReason.NOT_SENT)
    bench.commit(late + 100)
    assert [act for act in bench.acts if isinstance(act, SubmitEntry)] == []
    assert bench.answer().accepted


def test_a_stop_leaves_beside_its_record() -> None:
    """What only reduces risk never waits for the journal (rule 14)."""
    bench = entering()
    answered(bench, 50, entry(bench))
    work = bench.step(100, inp.StreamReported(ms(100), inp.Told(fills=(fill(entry(bench), at=100),))), commit=False)
    assert [type(do.act) for do in work.acts] == [PlaceStop]
    assert work.acts[0].urgency is Urgency.PROTECT


def test_a_repeated_id_is_answered_as_a_duplicate_once_the_first_is_durable() -> None:
    """The same id again records nothing; "duplicate" says that the first is safe, so it waits for that."""
    bench = Bench().ready()
    bench.receives(0, commit=False)
    known = bench.desk.seq
    again = bench.receives(1, commit=False)
    assert bench.desk.seq == known
    assert [answer for answer in again.answers if answer.reason == "duplicate"] == []
    bench.commit(2)
    assert [(answer.accepted, answer.reason) for answer in bench.answers] == [(True, ""), (False, "duplicate")]
    assert len(bench.desk.sagas()) == 1


def test_a_refused_signal_is_recorded_with_its_reason_and_its_id_is_used() -> None:
    """The refusal is durable before it is told; the id again is a duplicate."""
    bench = Bench().ready()
    bench.receives(0, stop=Stop(price=D("0.3")))
    assert (bench.answer().accepted, bench.answer().reason) == (False, "unfit")
    (refused,) = bench.told_of(ev.SignalRefused)
    assert refused.detail.startswith("stop:")
    bench.receives(10)
    assert bench.answer().reason == "duplicate"
    assert bench.desk.sagas() == ()


def test_a_cap_on_open_positions_is_held_only_if_it_was_set() -> None:
    """One open of one allowed: the second, on another slot, is refused; a close is not."""
    bench = protected(max_open=1)
    other = signal(id=SignalId("s-2"), symbol=OTHER)
    bench.receives(300, replace(other, made_at=ms(300)))
    assert (bench.answer("s-2").reason, bench.answer("s-2").detail) == ("occupied", "max_open: 1 are open already")
    bench.step(310, close(310))
    assert bench.answer("close-1").accepted


# ---- slots


def test_a_close_signal_starts_the_way_home_of_the_slots_holder() -> None:
    """Recorded as a signal of its own, heard by the one that holds the slot."""
    bench = protected()
    bench.step(300, close(300))
    assert bench.answer("close-1").accepted
    assert bench.phase() is Phase.CLOSING
    assert [type(act) for act in bench.acts[-1:]] == [ClosePosition]
    assert len(bench.desk.sagas()) == 1


def test_a_close_on_an_empty_slot_is_refused() -> None:
    """There is nothing of ours to close."""
    bench = Bench().ready()
    bench.step(0, close(0))
    assert bench.answer("close-1").reason == "nothing_open"


def test_a_close_by_request_reaches_one_signal_or_the_slot() -> None:
    """Named, only that one; unnamed, whatever stands there; another symbol's request reaches nobody."""
    bench = protected()
    bench.step(300, inp.CloseRequested(ms(300), SYMBOL, "x", SignalId("somebody")))
    bench.step(310, inp.CloseRequested(ms(310), OTHER, "x"))
    assert bench.phase() is Phase.PROTECTED
    bench.step(320, inp.CloseRequested(ms(320), SYMBOL, "flatten"))
    assert bench.phase() is Phase.CLOSING


def test_a_second_open_on_a_held_slot_is_refused() -> None:
    """One saga a slot."""
    bench = protected()
    bench.receives(300, id=SignalId("s-2"))
    assert bench.answer("s-2").reason == "occupied"


def test_an_opposite_open_that_asks_for_it_closes_the_slot() -> None:
    """No entry of its own follows."""
    bench = protected()
    bench.receives(300, id=SignalId("s-2"), side=Side.SELL, stop=Stop(price=D("0.21")), on_opposite=OnOpposite.CLOSE)
    assert (bench.answer("s-2").accepted, bench.answer("s-2").reason) == (True, "closing_opposite")
    assert bench.phase() is Phase.CLOSING
    assert len([act for act in bench.acts if isinstance(act, SubmitEntry)]) == 1


def home(bench: Bench, after: float) -> None:
    """The slot's close fills, flat is seen by stream and read, and its stop is seen to end."""
    saga = bench.desk.sagas()[0]
    name = saga.state.closes[0].client_id
    standing = max(saga.state.stops.values(), key=lambda facts: facts.n).client_id
    answered(bench, after, name)
    bench.hears(after + 10, fill(name, trade="c1", at=after + 10), order(name, filled=27, at=after + 10))
    bench.hears(after + 20, position(0, after + 20, told=after + 20, source=STREAM))
    bench.hears(after + 30, stop(standing, StopStatus.CANCELLED, at=after + 30))
    assert saga.state.phase is Phase.FLAT


def test_a_signal_waits_for_a_slot_on_its_way_home_and_enters_when_it_is_free() -> None:
    """One in line; a third is refused; the entry follows on FLAT, with the slot read again as flat."""
    bench = protected()
    bench.step(300, close(300))
    bench.receives(400, id=SignalId("s-2"))
    assert bench.answer("s-2").accepted
    assert bench.desk.sagas()[1].state.phase is Phase.PREPARING
    bench.receives(410, id=SignalId("s-3"))
    assert bench.answer("s-3").reason == "occupied"
    home(bench, 500)
    bench.marks(600)
    bench.reads(620, AskPositions(SYMBOL), position(0, 600, told=530))
    bench.reads(630, AskStops(SYMBOL))
    bench.reads(640, AskOpenOrders(SYMBOL))
    assert bench.desk.sagas()[1].state.phase is Phase.ENTERING


def test_a_signal_that_waits_in_vain_ends_stale() -> None:
    """Its own age limit ends the waiting; the desk wakes for it."""
    bench = protected()
    bench.step(300, close(300))
    bench.receives(400, id=SignalId("s-2"))
    bench.step(30_401)
    assert bench.desk.sagas()[1].state.end is EndReason.STALE


def test_a_waiting_signal_asks_for_what_its_slot_lacks() -> None:
    """An old mark, a position not read since the stream was lost: asked at once, once."""
    bench = Bench().ready()
    bench.step(10, inp.StreamChanged(ms(10), proven=False, detail="lost"))
    bench.queries.clear()
    bench.receives(10_000)
    asked: list[Query] = [AskPositions(SYMBOL), AskOpenOrders(SYMBOL), AskStops(SYMBOL), AskMark(SYMBOL)]
    assert all(bench.queries.count(query) == 1 for query in asked)
    assert bench.phase() is Phase.PREPARING


def test_a_foreign_position_refuses_the_entry() -> None:
    """The slot is exclusive, and the refusal says what stands there."""
    bench = Bench().ready()
    bench.hears(-10, position(-3, -10, told=-10, source=STREAM))
    bench.receives(0)
    assert bench.answer().reason == "unfit"
    assert "the account holds -3" in bench.answer().detail


def test_a_foreign_order_refuses_the_entry() -> None:
    """In either book, as last read completely."""
    bench = Bench().ready()
    bench.reads(-10, AskOpenOrders(), order(ClientId("web_1"), OrderStatus.OPEN))
    bench.receives(0)
    assert "web_1" in bench.answer().detail


def test_news_of_a_foreign_order_has_the_books_read_at_once() -> None:
    """What was read of them is out of date; until they are read again no entry rests on them."""
    bench = Bench().ready()
    bench.queries.clear()
    bench.hears(-10, order(ClientId("web_1"), OrderStatus.OPEN))
    assert {AskOpenOrders(), AskStops()} <= set(bench.queries)
    bench.receives(0)
    assert bench.phase() is Phase.PREPARING
    bench.reads(100, AskOpenOrders(), order(ClientId("web_1"), OrderStatus.OPEN))
    bench.reads(110, AskStops())
    assert (bench.phase(), bench.saga.state.end) == (Phase.FLAT, EndReason.UNFIT)


def test_a_foreign_stop_beside_a_position_of_ours_raises_distress() -> None:
    """Named stops by their names, nameless ones by id and trigger."""
    bench = protected()
    bench.reads(
        300, AskStops(), stop("web_1", trigger=D("0.15")), stop(newest_stop(bench).client_id, trigger=D("0.1900"))
    )
    assert [event.kind for event in bench.told_of(ev.DistressRaised)] == [DistressKind.FOREIGN_STOP]


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


def test_a_lost_stream_is_told_and_everything_is_read_at_once() -> None:
    """Positions, both books, and what every saga asks."""
    bench = entering()
    bench.queries.clear()
    bench.step(10, inp.StreamChanged(ms(10), proven=False, detail="closed with 1006"))
    assert bench.told_of(ev.StreamLost)[0].detail == "closed with 1006"
    assert {AskPositions(), AskOpenOrders(), AskStops(), AskOrder(SYMBOL, entry(bench))} <= set(bench.queries)
    bench.step(20, inp.StreamChanged(ms(20), proven=True, since=ms(20)))
    assert len(bench.told_of(ev.StreamProven)) == 2


def test_the_entry_is_asked_about_half_a_second_after_it_left_though_nothing_came() -> None:
    """The desk wakes for its sagas' questions."""
    bench = entering()
    while bench.now < ms(500):
        wake = bench.desk.next_wake(bench.now)
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


def test_the_desk_wakes_no_later_than_anything_in_it() -> None:
    """Standing reads, gates and sagas: the earliest of them."""
    bench = Bench().ready()
    standing = bench.desk.next_wake(bench.now)
    assert standing is not None
    bench.receives(0, commit=False)
    wake = bench.desk.next_wake(ms(0))
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
