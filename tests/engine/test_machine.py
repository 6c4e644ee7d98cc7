"""A machine that does to a desk whatever a venue that keeps its word may do, in any order, against the venue's own book.

One slot on a small exchange: an act arrives or is lost, is refused as not executed, and its answer comes, comes twice or
never does; what is in the book is told by the stream again and again, in any order, and read truthfully or not at all; the
journal lags; the process dies and another takes up what was durable, while what the dead one had sent is still under way.

That it can fail was seen with each of these done to the product by hand: acts and answers that leave before their record
is durable; a report, or a trade, that is recorded though it tells nothing new; a close asked for that is kept in memory
alone; and with the sabotages act-before-intent, resend-on-timeout, send-after-restart and two-ids-two-entries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from seawall.drill.checks import fold
from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model import queries as ask
from seawall.model.acts import Act, CancelOrder, ClosePosition, Outcome, PlaceStop, Reason, SubmitEntry
from seawall.model.ids import ClientId, Side, SignalId, VenueId
from seawall.model.reports import FillReport, OrderReport, OrderStatus, PositionReport, Source, StopReport, StopStatus
from seawall.model.times import MILLISECOND, SECOND, Instant
from seawall.model.work import Answer, Work
from tests.engine.builders import Bench
from tests.sagas.builders import SYMBOL, T0, D, mark, ms, signal, told

PRICE = D("0.2000")
Fact = OrderReport | FillReport | PositionReport | StopReport


@dataclass
class Book:
    """The venue: every order and stop that arrived, the position, and all that could be told of it, in order."""

    orders: dict[ClientId, OrderReport] = field(default_factory=dict)
    fills: list[FillReport] = field(default_factory=list)
    stops: dict[ClientId, StopReport] = field(default_factory=dict)
    position: Decimal = D(0)
    position_at: Instant = 0
    facts: list[Fact] = field(default_factory=list)
    entered: list[SubmitEntry] = field(default_factory=list)

    def take(self, act: Act, now: Instant) -> tuple[Outcome, Reason]:
        """Carries an act out, as the engine does: late entries and doubled names are refused."""
        match act:
            case SubmitEntry():
                if now > act.not_after:
                    return Outcome.REFUSED, Reason.CLOCK
                self.entered.append(act)
                self._fill(act.client_id, act.side, act.quantity, now)
            case ClosePosition():
                closed = min(act.quantity, abs(self.position))
                if act.side.sign * self.position >= 0:
                    return Outcome.REFUSED, Reason.REDUCE_ONLY
                self._fill(act.client_id, act.side, closed, now)
            case PlaceStop():
                if act.client_id in self.stops:
                    return Outcome.REFUSED, Reason.DUPLICATE_NAME
                self._stand(act.client_id, StopStatus.LIVE, act.trigger, now)
            case CancelOrder(target=name):
                known = self.stops.get(name)
                if known is None or known.status is not StopStatus.LIVE:
                    return Outcome.REFUSED, Reason.NOT_FOUND
                self._stand(name, StopStatus.CANCELLED, known.trigger, now)
            case _:
                pass
        return Outcome.ACKNOWLEDGED, Reason.NONE

    def _fill(self, name: ClientId, side: Side, quantity: Decimal, now: Instant) -> None:
        number = VenueId(str(len(self.orders) + 1))
        fill = FillReport(
            SYMBOL, f"t{number}", side, quantity, PRICE, Source.STREAM, now, now, client_id=name, venue_id=number
        )
        order = OrderReport(
            SYMBOL,
            name,
            OrderStatus.FILLED,
            Source.STREAM,
            now,
            now,
            venue_id=number,
            side=side,
            filled=quantity,
            average=PRICE,
        )
        self.orders[name] = order
        self.fills.append(fill)
        self.position += side.sign * quantity
        self.position_at = now
        self.facts += [order, fill, self.row(now, Source.STREAM)]

    def _stand(self, name: ClientId, status: StopStatus, trigger: Decimal | None, now: Instant) -> None:
        self.stops[name] = StopReport(SYMBOL, name, status, Source.STREAM, now, now, trigger=trigger)
        self.facts.append(self.stops[name])

    def row(self, now: Instant, source: Source) -> PositionReport:
        """The position as it is."""
        return PositionReport(SYMBOL, self.position, source, now, now, self.position_at)

    def read(self, query: ask.Query, now: Instant) -> inp.Told | None:
        """A truthful answer; None for what does not concern this slot's orders, stops and position."""
        match query:
            case ask.AskOrder(client_id=name):
                return told(*(order for order in (self.orders.get(name),) if order is not None))
            case ask.AskOrders():
                return told(*self.orders.values())
            case ask.AskFills(since=since):
                return told(*(fill for fill in self.fills if fill.venue_at >= since))
            case ask.AskPositions():
                return told(self.row(now, Source.POSITIONS))
            case ask.AskStops():
                return told(*(stop for stop in self.stops.values() if stop.status is StopStatus.LIVE))
            case ask.AskStop(client_id=name):
                return told(*(stop for stop in (self.stops.get(name),) if stop is not None))
            case ask.AskOpenOrders():
                return told()
            case ask.AskMark():
                return inp.Told(marks=(mark(at=now),))
            case _:
                return None


class DeskMachine(RuleBasedStateMachine):
    """A desk at its bench, and the venue across the wire."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench().ready()
        self.book = Book()
        self.after = 0.0
        self.flying: list[Act] = []
        self.unheard: list[inp.Input] = []
        self.signals = 0
        self.left: list[tuple[Act, int, int]] = []
        self.given: list[tuple[Answer, int]] = []
        self.a_signal_comes()

    # ---- the wire

    def step(self, *items: inp.Input, commit: bool = True) -> None:
        """One step of the desk; with `commit` the journal then catches up."""
        self._leave(self.bench.step(self.after, *items, commit=False))
        if commit:
            self._leave(self.bench.commit(self.after))

    def _leave(self, work: Work) -> None:
        """What a step let out is on its way, with what was recorded and durable when it left."""
        self.left += [(do.act, self.bench.desk.seq, self.bench.durable) for do in work.acts]
        self.given += [(answer, self.bench.durable) for answer in work.answers]
        self.flying += [do.act for do in work.acts]

    def tell(self, item: inp.Input) -> None:
        """The desk hears something, and the very same again: the second time it writes nothing."""
        self.step(item)
        recorded = len(self.bench.events)
        self.step(item)
        assert self.bench.events[recorded:] == []

    # ---- what is done

    @rule()
    def a_signal_comes(self) -> None:
        """A new signal for the slot, or for whoever holds it a refusal."""
        self.signals += 1
        at = ms(self.after)
        asked = signal(id=SignalId(f"s-{self.signals}"), made_at=at, received_at=at)
        self.step(inp.SignalReceived(at, asked))
        self.step(inp.ReadAnswered(ask.AskMark(), at, at, inp.Told(marks=(mark(at=at),))))

    @precondition(lambda self: self.signals)
    @rule(data=st.data(), reworded=st.booleans())
    def a_signal_comes_again(self, data: st.DataObject, reworded: bool) -> None:
        """Its id was ruled on once and for all."""
        name = SignalId(f"s-{data.draw(st.integers(1, self.signals))}")
        known = any(
            row.event.signal_id == name and isinstance(row.event, ev.SignalAccepted | ev.SignalRefused)
            for row in self.bench.recorded
        )
        at, recorded = ms(self.after), len(self.bench.events)
        changes = {"source": "again"} if reworded else {}
        self.step(inp.SignalReceived(at, signal(id=name, made_at=at, received_at=at, **changes)))
        if known:
            rulings = (ev.SignalAccepted, ev.SignalRefused)
            assert not any(isinstance(event, rulings) for event in self.bench.events[recorded:])

    @rule()
    def the_owner_closes(self) -> None:
        """The owner asks for the way home."""
        self.step(inp.CloseRequested(ms(self.after), SYMBOL, "hand"))

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), fate=st.sampled_from(("answered", "unanswered", "lost", "refused")))
    def an_act_arrives(self, data: st.DataObject, fate: str) -> None:
        """One act of those under way arrives, is lost, or is refused as not executed; its answer may be lost too."""
        act = self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))
        outcome, reason = Outcome.UNKNOWN, Reason.NONE
        if fate in ("answered", "unanswered"):
            outcome, reason = self.book.take(act, ms(self.after))
        if fate == "refused":
            outcome, reason = Outcome.REFUSED, Reason.BUSY
        if fate == "unanswered":
            outcome, reason = Outcome.UNKNOWN, Reason.NONE
        self.unheard.append(self._answer(act, outcome, reason))

    def _answer(self, act: Act, outcome: Outcome, reason: Reason) -> inp.ActAnswered:
        at = ms(self.after)
        return inp.ActAnswered(act.client_id, act.symbol, outcome, at, at, reason)

    @rule()
    def all_goes_well(self) -> None:
        """For a while the venue is as it should be: what is under way arrives, all of it is told, all is read."""
        for _ in range(3):
            flying, self.flying = self.flying, []
            for act in flying:
                self.step(self._answer(act, *self.book.take(act, ms(self.after))))
            for fact in self.book.facts[-3:]:
                self.tell(inp.StreamReported(ms(self.after), told(fact)))
            queries, self.bench.queries = self.bench.queries, []
            for query in queries:
                self._read(query, well=True)
            self.after += 20
            self.step()

    @precondition(lambda self: self.unheard)
    @rule(data=st.data())
    def an_answer_is_heard(self, data: st.DataObject) -> None:
        """An answer reaches the desk, once, if the process lives that asked for it."""
        self.step(self.unheard.pop(data.draw(st.integers(0, len(self.unheard) - 1))))

    @precondition(lambda self: self.book.facts)
    @rule(data=st.data())
    def the_stream_tells(self, data: st.DataObject) -> None:
        """Anything that ever was in the book, old or new, told before or not."""
        fact = data.draw(st.sampled_from(self.book.facts))
        self.tell(inp.StreamReported(ms(self.after), told(fact)))

    @precondition(lambda self: self.bench.queries)
    @rule(data=st.data(), well=st.sampled_from((True, True, True, False)))
    def a_read_is_answered(self, data: st.DataObject, well: bool) -> None:
        """A query is answered as the book stands, or fails."""
        self._read(self.bench.queries.pop(data.draw(st.integers(0, len(self.bench.queries) - 1))), well=well)

    def _read(self, query: ask.Query, *, well: bool) -> None:
        at = ms(self.after)
        found = self.book.read(query, at)
        if not well or found is None:
            self.step(inp.ReadFailed(query, at, at, "timeout", venue_answered=True))
        else:
            self.tell(inp.ReadAnswered(query, at, at, found))

    @rule(wait=st.sampled_from((1, 20, 300, 1_000, 5_000, 12_000, 61_000)), commit=st.booleans())
    def time_passes(self, wait: int, commit: bool) -> None:
        """The desk is woken when it asks to be, until then; the journal may not keep up."""
        until = self.after + wait
        for _ in range(40):
            wake = self.bench.desk.next_wake()
            if wake is None or wake >= ms(until):
                break
            self.after = max((wake - T0) / MILLISECOND, self.after + 0.001)
            self.step(commit=commit)
        self.after = until
        self.step(commit=commit)

    @rule()
    def the_process_dies(self) -> None:
        """Another takes up what was durable; what the dead one sent may still arrive, and nobody hears its answers."""
        self.after += 1_001
        self.unheard.clear()
        self.left.clear()
        self.given.clear()
        self.bench = self.bench.reborn()
        at = ms(self.after)
        self.step(inp.ClockReport(at, 0, 0), inp.Restarted(at, at // SECOND, "abcd"))

    # ---- what always holds

    @invariant()
    def no_signal_enters_twice(self) -> None:
        """The venue has filled one entry of each signal at most; names are never used twice."""
        names = [act.client_id for act in self.book.entered]
        assert len(set(names)) == len(names)
        intended = {
            row.event.client_id: row.event.signal_id
            for row in self.bench.recorded
            if isinstance(row.event, ev.EntryIntended)
        }
        signals = [intended[name] for name in names]
        assert len(set(signals)) == len(signals)

    @invariant()
    def what_left_was_intended(self) -> None:
        """Every act that left was named by an event; an entry's was durable when it left."""
        named = {name: row.seq for row in self.bench.recorded for name in _intended(row.event)}
        for act, seq, durable in self.left:
            assert named[act.client_id] <= (durable if isinstance(act, SubmitEntry) else seq)

    @invariant()
    def every_answer_is_durable(self) -> None:
        """No user is told what a crash could forget."""
        for answer, durable in self.given:
            ruled = [
                row.seq
                for row in self.bench.recorded
                if row.event.signal_id == answer.signal_id
                and isinstance(row.event, ev.SignalAccepted | ev.SignalRefused)
            ]
            assert answer.reason == "not_ready" or min(ruled) <= durable

    @invariant()
    def the_record_tells_the_state(self) -> None:
        """What is in memory is what the events alone give."""
        folded = fold(self.bench.recorded)
        for saga in self.bench.desk.sagas():
            assert folded[saga.state.signal.id] == saga.state


def _intended(event: ev.Event) -> Iterator[ClientId]:
    """The names of the acts that an event announces."""
    match event:
        case (
            ev.EntryIntended(client_id=name)
            | ev.StopIntended(client_id=name)
            | ev.CloseIntended(client_id=name)
            | ev.CancelIntended(client_id=name)
            | ev.OrphanCancelIntended(client_id=name)
        ):
            yield name
        case _:
            return


TestDeskMachine = DeskMachine.TestCase
TestDeskMachine.settings = settings(max_examples=60, stateful_step_count=40, derandomize=True)
