"""The desk's step: what is recorded, what may leave and when, what a user is told, and who gets a slot."""

from __future__ import annotations

from dataclasses import replace

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import ClosePosition, PlaceStop, SubmitEntry, Urgency
from seawall.model.events import DistressKind, EndReason
from seawall.model.ids import ClientId, Side, SignalId, Symbol
from seawall.model.queries import AskLeverage, AskMark, AskModes, AskOpenOrders, AskPositions, AskStops, Query
from seawall.model.reports import OrderStatus, Source, StopStatus
from seawall.model.signal import OnOpposite, Stop
from seawall.model.times import MILLISECOND
from seawall.sagas.phase import Phase
from tests.engine.builders import Bench
from tests.engine.desks import answered, close, entering, entry, newest_stop, protected
from tests.sagas.builders import (
    BOUNDS,
    SYMBOL,
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


# ---- the start


def test_a_desk_without_a_process_asks_and_decides_nothing() -> None:
    """Before `Restarted` there is no term, so that nothing could be named."""
    bench = Bench()
    bench.step(-500, inp.Woken(ms(-500)))
    assert (bench.queries, bench.desk.next_wake(), bench.desk.ready) == ([], None, False)


def test_a_new_process_reads_everything_and_is_ready_when_it_has() -> None:
    """Each part is needed; the last makes it ready."""
    bench = Bench()
    bench.step(-1_200, inp.Restarted(ms(-1_200), TERM, "abcd"))
    bench.step(-100)
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
    assert bench.desk.next_wake() is not None
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
