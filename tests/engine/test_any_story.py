"""Whatever a desk is told, in whatever order, and however slow its journal is: what must hold at every step.

A random story: signals for two slots, answers to acts, words of the stream, reads that answer or fail, commits that
come late or not at all, and processes that end in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import Act, Outcome, Reason, SubmitEntry
from seawall.model.ids import ClientId, SignalId, Symbol, VenueId
from seawall.model.queries import AskInstruments, AskMark, AskPositions, Query
from seawall.model.reports import OrderStatus, Source, StopStatus
from seawall.model.times import MILLISECOND, SECOND
from seawall.model.venue import Traits
from seawall.sagas.phase import Phase
from tests.engine.builders import Bench
from tests.sagas.builders import (
    BINANCE,
    BYBIT,
    INSTRUMENT,
    SYMBOL,
    T0,
    fill,
    mark,
    ms,
    order,
    position,
    signal,
    stop,
    told,
)

OTHER = Symbol("BTCUSDT")
stories = settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
WAITS = st.sampled_from((0, 1, 60, 300, 1_000, 2_500, 5_000, 11_000))


class Story:
    """Draws what a desk is told next."""

    def __init__(self, data: st.DataObject, traits: Traits) -> None:
        self.data = data
        self.bench = Bench(traits).ready()
        self.bench.reads(-10, AskInstruments(), instruments=(INSTRUMENT, replace(INSTRUMENT, symbol=OTHER)))
        self.after = 0.0
        self.told = 0
        self.unanswered: list[Act] = []
        self.left: list[tuple[Act, int]] = []

    def step(self) -> None:
        """One step with one input, or with the news that the journal has caught up."""
        self.after += self.data.draw(WAITS)
        commit = self.data.draw(st.integers(0, 3)) > 0
        before = len(self.bench.acts)
        item = self.data.draw(st.sampled_from(self._choices()))()
        self.bench.step(self.after, item, commit=commit)
        self.unanswered += self.bench.acts[before:]
        self.left += [(act, self.bench.durable) for act in self.bench.acts[before:]]

    def restart(self) -> None:
        """This process ends; another takes up what was durable."""
        self.after += 1_001
        self.bench = self.bench.reborn()
        self.unanswered.clear()
        self.left.clear()
        clock = inp.ClockReport(ms(self.after), 0, 0)
        self.bench.step(self.after, clock, inp.Restarted(ms(self.after), ms(self.after) // SECOND, "abcd"))

    def _choices(self) -> list[Callable[[], inp.Input]]:
        choices: list[Callable[[], inp.Input]] = [self._signal, self._mark, self._close, self._position]
        choices += [self._order, self._fill] if self._orders() else []
        choices += [self._stop] if self._stops() else []
        choices += [self._answer, self._answer, self._answer] if self.unanswered else []
        choices += [self._read, self._read] if self.bench.queries else []
        return choices

    def _orders(self) -> list[tuple[Symbol, ClientId]]:
        return [(saga.state.signal.symbol, name) for saga in self.bench.desk.sagas() for name in saga.state.orders]

    def _stops(self) -> list[tuple[Symbol, ClientId, Decimal]]:
        return [
            (saga.state.signal.symbol, facts.client_id, facts.trigger)
            for saga in self.bench.desk.sagas()
            for facts in saga.state.stops.values()
        ]

    def _symbol(self) -> Symbol:
        return self.data.draw(st.sampled_from((SYMBOL, OTHER)))

    def _signal(self) -> inp.Input:
        self.told += 1
        name, at = SignalId(f"s-{self.told}"), ms(self.after)
        return inp.SignalReceived(at, signal(id=name, symbol=self._symbol(), made_at=at, received_at=at))

    def _mark(self) -> inp.Input:
        marks = tuple(replace(mark(at=ms(self.after)), symbol=symbol) for symbol in (SYMBOL, OTHER))
        return inp.ReadAnswered(AskMark(), ms(self.after), ms(self.after), inp.Told(marks=marks))

    def _close(self) -> inp.Input:
        return inp.CloseRequested(ms(self.after), self._symbol(), "by hand")

    def _position(self) -> inp.Input:
        amount = self.data.draw(st.sampled_from((0, 27, 5)))
        report = position(amount, self.after, told=self.after, source=Source.STREAM)
        return inp.StreamReported(ms(self.after), told(replace(report, symbol=self._symbol())))

    def _order(self) -> inp.Input:
        symbol, name = self.data.draw(st.sampled_from(self._orders()))
        status = self.data.draw(st.sampled_from(OrderStatus))
        report = order(name, status, self.data.draw(st.sampled_from((0, 27))), at=self.after)
        return inp.StreamReported(ms(self.after), told(replace(report, symbol=symbol)))

    def _fill(self) -> inp.Input:
        self.told += 1
        symbol, name = self.data.draw(st.sampled_from(self._orders()))
        return inp.StreamReported(
            ms(self.after), told(replace(fill(name, at=self.after, trade=f"t{self.told}"), symbol=symbol))
        )

    def _stop(self) -> inp.Input:
        symbol, name, trigger = self.data.draw(st.sampled_from(self._stops()))
        shown = name if self.bench.traits.names_stops else ""
        status = self.data.draw(st.sampled_from((StopStatus.LIVE, StopStatus.LIVE, StopStatus.CANCELLED)))
        report = stop(shown, status, at=self.after, trigger=trigger, venue_id=VenueId("7"))
        return inp.StreamReported(ms(self.after), told(replace(report, symbol=symbol)))

    def _answer(self) -> inp.Input:
        act = self.unanswered.pop(0)
        outcome = self.data.draw(st.sampled_from(Outcome))
        reason = Reason.NONE
        if outcome is Outcome.REFUSED:
            reason = self.data.draw(
                st.sampled_from((Reason.BUSY, Reason.FUNDS, Reason.TRIGGER_PASSED, Reason.REDUCE_ONLY))
            )
        return inp.ActAnswered(act.client_id, act.symbol, outcome, ms(self.after), ms(self.after), reason)

    def _read(self) -> inp.Input:
        query: Query = self.bench.queries.pop(0)
        began = ms(self.after) - 10 * MILLISECOND
        if self.data.draw(st.integers(0, 3)) == 0:
            return inp.ReadFailed(query, began, ms(self.after), "timeout")
        reports = []
        if isinstance(query, AskPositions) and query.symbol is not None:
            reports.append(replace(position(0, self.after), symbol=query.symbol))
        return inp.ReadAnswered(query, began, ms(self.after), told(*reports))


kinds = st.sampled_from((BINANCE, BYBIT))


@stories
@given(st.data(), kinds, st.integers(5, 40))
def test_another_process_on_the_journal_knows_what_this_one_knows(
    data: st.DataObject, traits: Traits, steps: int
) -> None:
    """All that is durable, and nothing else: every saga's state, every id that was used, the next number."""
    story = Story(data, traits)
    for _ in range(steps):
        story.step()
        if data.draw(st.integers(0, 15)) == 0:
            story.restart()
    story.bench.commit(story.after)
    other = story.bench.reborn()
    assert other.desk.seq == story.bench.desk.seq
    alive = [saga.state for saga in story.bench.desk.sagas() if saga.state.phase is not Phase.FLAT]
    assert [saga.state for saga in other.desk.sagas() if saga.state.phase is not Phase.FLAT] == alive


@stories
@given(st.data(), kinds, st.integers(5, 40))
def test_no_entry_ever_leaves_before_its_record(data: st.DataObject, traits: Traits, steps: int) -> None:
    """Whatever the journal does: at the moment an entry leaves, its intention is below the watermark."""
    story = Story(data, traits)
    for _ in range(steps):
        story.step()
    intended = {row.event.client_id: row.seq for row in story.bench.recorded if isinstance(row.event, ev.EntryIntended)}
    for act, durable in story.left:
        if isinstance(act, SubmitEntry):
            assert intended[act.client_id] <= durable


@stories
@given(st.data(), kinds, st.integers(5, 40))
def test_a_slot_is_one_signals_at_a_time(data: st.DataObject, traits: Traits, steps: int) -> None:
    """No entry is intended while another signal of the slot has anything that is not at its end."""
    story = Story(data, traits)
    for _ in range(steps):
        known = len(story.bench.events)
        before = {saga.state.signal.id: saga.state.phase for saga in story.bench.desk.sagas()}
        story.step()
        for event in story.bench.events[known:]:
            if isinstance(event, ev.EntryIntended):
                sagas = [saga.state for saga in story.bench.desk.sagas() if saga.state.signal.symbol == event.symbol]
                others = [state for state in sagas if state.signal.id != event.signal_id]
                held = (Phase.ENTERING, Phase.PROTECTING, Phase.PROTECTED)
                assert all(before.get(state.signal.id) not in held or state.phase is Phase.FLAT for state in others)


@stories
@given(st.data(), kinds, st.integers(5, 40))
def test_every_answer_given_was_recorded_first(data: st.DataObject, traits: Traits, steps: int) -> None:
    """No user is told of an acceptance or a refusal that a crash could forget."""
    story = Story(data, traits)
    for _ in range(steps):
        known = len(story.bench.answers)
        story.step()
        ruled = {
            row.event.signal_id: row.seq
            for row in story.bench.recorded
            if isinstance(row.event, ev.SignalAccepted | ev.SignalRefused)
        }
        for answer in story.bench.answers[known:]:
            assert ruled[answer.signal_id] <= story.bench.durable


@stories
@given(st.data(), kinds, st.integers(5, 30))
def test_a_desk_that_is_woken_when_it_asks_never_asks_for_the_same_instant_again(
    data: st.DataObject, traits: Traits, steps: int
) -> None:
    """Wakes lie ahead: a desk left alone for a minute is woken a bounded number of times."""
    story = Story(data, traits)
    for _ in range(steps):
        story.step()
    bench, woken = story.bench, 0
    while (wake := bench.desk.next_wake()) is not None and wake < ms(story.after + 60_000):
        bench.step(max((wake - T0) / MILLISECOND, (bench.now - T0) / MILLISECOND + 0.001))
        woken += 1
        assert woken < 2_000
