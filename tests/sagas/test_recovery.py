"""Recovery is the same fold: whatever a saga was told, its recorded events alone give its state again.

A random story turns one saga: sources tell anything about any order of ours, answers come or are lost, reads see or
miss or fail, time passes, processes end. After every step three things must hold, whatever came before.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import Act, ClosePosition, Outcome, Reason
from seawall.model.ids import ClientId, Side, VenueId
from seawall.model.queries import AskFills, AskLeverage, AskOrder, AskPositions, AskStop, AskStops, Query
from seawall.model.reports import OrderStatus, Source, StopStatus
from seawall.model.signal import Signal, Stop
from seawall.model.times import MILLISECOND
from seawall.model.venue import Traits
from seawall.sagas.evidence.cover import best_cover
from seawall.sagas.evidence.sent import Attempt
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.stops import Cover
from seawall.sagas.judgement import Verdict, entry_verdict
from seawall.sagas.phase import Phase
from seawall.sagas.table import TABLE
from tests.sagas.builders import (
    BINANCE,
    BYBIT,
    SYMBOL,
    T0,
    Case,
    D,
    closing,
    fill,
    ms,
    order,
    percent,
    position,
    signal,
    stop,
    told,
)

_REASONS = st.sampled_from(
    (
        Reason.NONE,
        Reason.BUSY,
        Reason.TRIGGER_PASSED,
        Reason.STOP_EXISTS,
        Reason.NO_POSITION,
        Reason.REDUCE_ONLY,
        Reason.FUNDS,
    )
)
_SOURCES = st.sampled_from((Source.STREAM, Source.ORDER, Source.REPLY))
_WAITS = st.sampled_from((0, 1, 60, 300, 1_000, 5_000, 11_000, 61_000))
Draw = Callable[[st.SearchStrategy[object]], object]


class Storm:
    """Draws what happens next to a case, and makes it an input."""

    def __init__(self, data: st.DataObject, case: Case) -> None:
        self.data = data
        self.case = case
        self.after = 0.0
        self.unanswered: list[Act] = []
        self.trades = 0
        self.recorded: list[ev.Event] = []

    def next_input(self) -> inp.Input:
        """One input, after a while."""
        self.after += self.data.draw(_WAITS)
        self.case.now = ms(self.after)
        return self.data.draw(st.sampled_from(self._choices()))()

    def step(self) -> None:
        """One input, heard and decided on."""
        self.decide(self.next_input())

    def decide(self, *items: inp.Input) -> None:
        """The case's step; its acts wait for their answers."""
        self.recorded = self.case.at(self.after, *items)
        self.unanswered += self.case.acts
        self.case.acts = []

    def _choices(self) -> list[Callable[[], inp.Input]]:
        names = list(self.case.state.orders)
        choices: list[Callable[[], inp.Input]] = [self._woken, self._position, self._close, self._stream_lost]
        choices += [self._order, self._fill, self._read] if names else []
        choices += [self._stop, self._stop] if self.case.state.stops else []
        choices += [self._answer, self._answer] if self.unanswered else []
        return choices

    def _name(self) -> ClientId:
        return self.data.draw(st.sampled_from(list(self.case.state.orders)))

    def _woken(self) -> inp.Input:
        return inp.Woken(ms(self.after))

    def _close(self) -> inp.Input:
        return inp.CloseRequested(ms(self.after), SYMBOL, "by hand")

    def _stream_lost(self) -> inp.Input:
        return inp.StreamChanged(ms(self.after), proven=False, detail="lost")

    def _order(self) -> inp.Input:
        status = self.data.draw(st.sampled_from(OrderStatus))
        report = order(
            self._name(),
            status,
            self.data.draw(st.sampled_from((0, 5, 27))),
            at=self.after,
            source=self.data.draw(_SOURCES),
            average=D("0.2"),
        )
        return inp.StreamReported(ms(self.after), told(report))

    def _fill(self) -> inp.Input:
        self.trades += 1
        name = self.data.draw(st.sampled_from((*self.case.state.orders, ClientId(""), ClientId("web_1"))))
        report = fill(name, self.data.draw(st.sampled_from((5, 22, 27))), trade=f"t{self.trades}", at=self.after)
        return inp.StreamReported(ms(self.after), told(report))

    def _position_report(self) -> object:
        source = self.data.draw(st.sampled_from((Source.STREAM, Source.POSITIONS)))
        amount = self.data.draw(st.sampled_from((0, 5, 27, -27, 40)))
        shown = self.data.draw(st.sampled_from((None, D(0), D("0.1900"))))
        dated = self.data.draw(st.sampled_from((None, self.after, self.after - 5_000)))
        return position(amount, self.after, told=dated, source=source, stop_loss=shown)

    def _position(self) -> inp.Input:
        return inp.StreamReported(ms(self.after), told(self._position_report()))

    def _stop_report(self) -> object:
        facts = self.data.draw(st.sampled_from(list(self.case.state.stops.values())))
        status = self.data.draw(st.sampled_from(StopStatus))
        name = facts.client_id if self.case.traits.names_stops else ""
        return stop(name, status, at=self.after, trigger=facts.trigger, venue_id=VenueId(f"c-{facts.n}"))

    def _stop(self) -> inp.Input:
        return inp.StreamReported(ms(self.after), told(self._stop_report()))

    def _answer(self) -> inp.Input:
        act = self.unanswered.pop(self.data.draw(st.integers(0, len(self.unanswered) - 1)))
        outcome = self.data.draw(st.sampled_from(Outcome))
        reason = self.data.draw(_REASONS) if outcome is Outcome.REFUSED else Reason.NONE
        return inp.ActAnswered(act.client_id, SYMBOL, outcome, ms(self.after - 10), ms(self.after), reason, "-1")

    def _read(self) -> inp.Input:
        query = self.data.draw(st.sampled_from(self._queries()))
        began = ms(self.after) - self.data.draw(st.sampled_from((10, 400, 6_000))) * MILLISECOND
        if self.data.draw(st.booleans()):
            return inp.ReadFailed(query, began, ms(self.after), "timeout")
        reports = [self._position_report()] if isinstance(query, AskPositions) else []
        reports += (
            [self._stop_report()]
            if isinstance(query, AskStops) and self.data.draw(st.booleans()) and self.case.state.stops
            else []
        )
        return inp.ReadAnswered(query, began, ms(self.after), told(*reports))

    def _queries(self) -> list[Query]:
        asked: list[Query] = [
            AskPositions(SYMBOL),
            AskStops(SYMBOL),
            AskStops(),
            AskFills(SYMBOL, self.case.baseline_at),
            AskLeverage(SYMBOL),
        ]
        asked += [AskOrder(SYMBOL, name) for name in self.case.state.orders]
        return asked + [AskStop(SYMBOL, name) for name in self.case.state.stops]


stories = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
signals = st.sampled_from(
    (signal(), percent(5), signal(side=Side.SELL, stop=Stop(price=Decimal("0.21"))), percent(5, side=Side.SELL))
)
traits = st.sampled_from((BINANCE, BYBIT))


def storm(data: st.DataObject, asked: Signal, at: Traits) -> Storm:
    """A case at its beginning, under a storm."""
    return Storm(data, Case(asked, at, stream_since=T0 - 1))


@stories
@given(st.data(), signals, traits, st.integers(1, 25))
def test_the_recorded_events_alone_give_the_state_again(
    data: st.DataObject, asked: Signal, at: Traits, steps: int
) -> None:
    """After any inputs, and with processes ending in between, folding the journal gives the live state exactly."""
    blowing = storm(data, asked, at)
    for _ in range(steps):
        blowing.step()
        assert blowing.case.folded() == blowing.case.state
        if data.draw(st.integers(0, 9)) == 0:
            blowing.after += 1
            blowing.case.restart(blowing.after)
            assert blowing.case.folded() == blowing.case.state


@stories
@given(st.data(), signals, traits, st.integers(1, 25))
def test_a_repetition_of_any_input_records_nothing(data: st.DataObject, asked: Signal, at: Traits, steps: int) -> None:
    """An input is recorded if and only if the evidence grew: the same input heard again at once writes nothing."""
    blowing = storm(data, asked, at)
    for _ in range(steps):
        item = blowing.next_input()
        saga = blowing.case.saga
        saga.hear(item, blowing.case.around)
        grown, known = len(saga.agenda.events), saga.state
        saga.hear(item, blowing.case.around)
        assert (saga.agenda.events[grown:], saga.state) == ([], known), item
        blowing.decide()


@stories
@given(st.data(), signals, traits, st.integers(1, 25))
def test_deciding_again_at_the_same_instant_does_nothing_more(
    data: st.DataObject, asked: Signal, at: Traits, steps: int
) -> None:
    """A step goes as far as the evidence carries: a second one without news records and sends nothing."""
    blowing = storm(data, asked, at)
    for _ in range(steps):
        blowing.step()
        blowing.case.saga.decide(blowing.case.around)
        assert (blowing.case.saga.agenda.events, blowing.case.saga.agenda.acts) == ([], [])


@stories
@given(st.data(), signals, traits, st.integers(1, 40))
def test_no_story_leaves_the_table_or_forgets_what_is_open(
    data: st.DataObject, asked: Signal, at: Traits, steps: int
) -> None:
    """Every pair met is a row; evidence only grows; and FLAT is never held while something of ours is known open."""
    blowing = storm(data, asked, at)
    for _ in range(steps):
        before = {name: facts.filled for name, facts in blowing.case.state.orders.items()}
        blowing.step()
        state = blowing.case.state
        assert all(state.orders[name].filled >= filled for name, filled in before.items())
        if state.attempts and state.phase is Phase.FLAT:
            assert blowing.case.exposure.open <= 0
    assert set(blowing.case.saga.visited) <= set(TABLE)


@stories
@given(st.data(), signals, traits, st.integers(1, 40))
def test_whatever_is_told_what_leaves_is_bounded(data: st.DataObject, asked: Signal, at: Traits, steps: int) -> None:
    """No entry beside one that may live, none for a stale signal; no close but on the way home, and of ours at most."""
    blowing = storm(data, asked, at)
    for _ in range(steps):
        before = blowing.case.state
        blowing.step()
        for event in blowing.recorded:
            if isinstance(event, ev.EntryIntended):
                assert event.intended_at <= asked.expires_at()
                assert all(may_be_repeated(before, sent, blowing) for sent in before.attempts)
            if isinstance(event, ev.CloseIntended):
                state = blowing.case.state
                ours = max(state.entered, Decimal(27))
                assert blowing.case.phase() is Phase.CLOSING
                assert 0 < event.quantity <= ours
                out = [sent for sent in state.closes if sent.outcome is None]
                assert len([sent for sent in out if not state.orders[sent.client_id].is_terminal]) == 1


def may_be_repeated(state: SagaState, sent: Attempt, blowing: Storm) -> bool:
    """Whether an attempt allowed another when the step began: refused or unsent, or about to be told so, or absent."""
    if state.orders[sent.client_id].filled > 0:
        return False
    after = blowing.case.state
    now = next(attempt for attempt in after.attempts if attempt.client_id == sent.client_id)
    return now.never_was or entry_verdict(after, now, blowing.case.around) is Verdict.ABSENT


@stories
@given(st.data(), signals, traits, st.integers(1, 40))
def test_whatever_is_told_protected_means_seen(data: st.DataObject, asked: Signal, at: Traits, steps: int) -> None:
    """When PositionProtected is recorded a stop of ours is live, the entry ended, and its fill is known."""
    blowing = storm(data, asked, at)
    for _ in range(steps):
        blowing.step()
        case = blowing.case
        if case.phase() is Phase.PROTECTED and any(
            isinstance(event, ev.PositionProtected) for event in blowing.recorded
        ):
            cover, _ = best_cover(case.state, case.exposure, case.around)
            assert cover is Cover.LIVE
            assert case.exposure.filled > 0
            assert all(sent.never_was or case.state.orders[sent.client_id].is_terminal for sent in case.state.attempts)


@stories
@given(st.data(), signals, traits, st.integers(1, 25))
def test_no_two_acts_ever_share_a_name_except_a_stop_sent_again(
    data: st.DataObject, asked: Signal, at: Traits, steps: int
) -> None:
    """Same act, same name; another act, another name: across every restart."""
    blowing = storm(data, asked, at)
    for _ in range(steps):
        blowing.step()
        if data.draw(st.integers(0, 9)) == 0:
            blowing.after += 1_001
            blowing.case.restart(blowing.after)
    kinds = ev.EntryIntended | ev.CloseIntended | ev.CancelIntended | ev.StopIntended
    names = [
        event.client_id
        for event in blowing.case.events
        if isinstance(event, kinds) and getattr(event, "sending", 1) == 1
    ]
    assert len(names) == len(set(names))


def test_a_close_whose_record_was_lost_is_told_as_ours() -> None:
    """It filled under our name, and why it was made went with its process: not closed by somebody else."""
    case = closing()
    close = case.sent(ClosePosition)[-1].client_id
    case.restart(1_000, lost=2)
    assert not case.state.closes
    case.hears(1_100, order(close, OrderStatus.FILLED, 27, at=350))
    case.flat(1_200, dated=360)
    case.hears(1_300, stop(case.newest_stop.client_id, StopStatus.EXPIRED, at=360))
    assert case.state.end is ev.EndReason.CLOSED_UNRECORDED
