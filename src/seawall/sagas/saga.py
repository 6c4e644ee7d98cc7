"""A running saga: inputs in, events and acts out. Thirty lines that everything else in this folder serves.

A step hears every input (each becomes the events that it is worth, applied at once), then decides: judge, look the
finding up in the table, record the move, and again until the finding leads nowhere new; then do what is due. The saga
never reads a clock, never waits, and never changes state but through `apply`.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from seawall.model import events as ev
from seawall.model.acts import Act, Outcome, Reason
from seawall.model.amounts import ZERO
from seawall.model.ids import ClientId, Leg, SignalId, Symbol
from seawall.model.inputs import (
    ActAnswered,
    CloseRequested,
    Input,
    ReadAnswered,
    ReadFailed,
    Resolved,
    StreamChanged,
    Told,
)
from seawall.model.queries import AskOpenOrders, AskOrder, AskOrders, AskPositions, AskStop, AskStops, Query
from seawall.model.reports import Source
from seawall.model.times import Instant
from seawall.sagas.duties import acting, asking, closing, covering, entering, laddering
from seawall.sagas.duties.agenda import Agenda
from seawall.sagas.evidence import hearing
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.cover import best_cover
from seawall.sagas.evidence.exposure import Exposure, excess, measure
from seawall.sagas.evidence.fold import apply
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.stops import Cover
from seawall.sagas.judgement import claimed_until, judge, may_yet_be_spared, turning_points, unsettled_rungs
from seawall.sagas.moves import armed_since, milestones, moves, troubles_told
from seawall.sagas.phase import Duty, Finding, Phase
from seawall.sagas.table import Row, row_for

_MOST_MOVES = 16


class Saga:
    """One signal on one slot, from acceptance to the end."""

    def __init__(self, state: SagaState) -> None:
        self.state = state
        self.agenda = Agenda()
        self._wake_at: Instant | None = None
        self.finding: Finding | None = None
        """The latest finding, for views and drills."""
        self.visited: dict[tuple[Phase, Finding], int] = {}
        """How often each pair of the table was judged, for drills that must visit them all."""

    # ---- input

    def hear(self, item: Input, around: Circumstances) -> None:
        """Joins an input to the evidence; records exactly what it adds."""
        told = hearing.told_by(item)
        if told is not None:
            self._hear_reports(told, around)
        for event in hearing.concluded(self.state, item, around):
            self._record(event)
        self._note_what_lacks(item)
        self._note(item, around)

    def _hear_reports(self, told: Told, around: Circumstances) -> None:
        """What is told of this symbol; another symbol's reports are another slot's. Stops come first: which of ours a
        nameless child is decides whose its order and its fills are.
        """
        symbol = self.state.signal.symbol
        for stop in told.stops:
            if stop.symbol == symbol:
                self._record(hearing.of_stop(self.state, stop, around))
        for order in hearing.uncontradicted(told.orders):
            if order.symbol == symbol:
                self._record(hearing.of_order(self.state, order))
        for fill in told.fills:
            if fill.symbol == symbol:
                self._record(hearing.of_fill(self.state, fill))
        for position in told.positions:
            if position.symbol == symbol:
                self._record(hearing.of_position(self.state, position, around))

    def _note(self, item: Input, around: Circumstances) -> None:
        match item:
            case ReadAnswered() | ReadFailed():
                self.agenda.answered(item.query, item.began_at, item.at)
                complete = isinstance(item, ReadAnswered) and isinstance(item.query, AskStops | AskStop)
                if isinstance(item, ReadAnswered):
                    self._note_beyond(item)
                self.agenda.stops_read_at = max(self.agenda.stops_read_at, item.began_at if complete else 0)
                if complete and isinstance(item.query, AskStops):
                    self.agenda.others_stand = hearing.others_stand(self.state, item.told, around)
            case StreamChanged():
                self.agenda.hurry()
            case CloseRequested():
                self._accept_close(item, around)
            case Resolved():
                self._resolve(item, around)
            case _:
                return

    def _note_beyond(self, item: ReadAnswered) -> None:
        """What a complete read says beyond its reports: what it does not show."""
        match item.query:
            case AskPositions(symbol=symbol):
                shown = any(position.symbol == self.state.signal.symbol for position in item.told.positions)
                self.agenda.is_left_out = symbol is None and not shown
            case AskOrders():
                for event in hearing.sent_before(self.state, item):
                    self._record(event)
                self.agenda.is_unlisted = False
                self.agenda.listed_at = max(self.agenda.listed_at, item.began_at)
            case AskOpenOrders():
                self.agenda.unshown = hearing.unshown(self.state, item)
            case AskOrder(client_id=name):
                self.agenda.unshown = tuple(other for other in self.agenda.unshown if other != name)
            case _:
                return

    def _note_what_lacks(self, item: Input) -> None:
        """Says once what an answer about an order of ours lacked (the origin bot: "Order missing 'side' field")."""
        match item:
            case ActAnswered(client_id=name, told=told):
                source = Source.REPLY
            case ReadAnswered(query=AskOrder(client_id=name), told=told):
                source = Source.ORDER
            case _:
                return
        fields = ", ".join(told.missing)
        if fields and self.state.is_ours(name) and fields not in self.state.lacking:
            self._record(ev.ReportIncomplete(*self._whose(), source, fields))

    def _accept_close(self, item: CloseRequested, around: Circumstances) -> None:
        if self.state.phase in (Phase.FLAT, Phase.QUARANTINE) or self.state.close_asked:
            return
        self._record(ev.CloseAccepted(*self._whose(), item.reason, around.now))

    def grant(self, events: Iterable[ev.Event]) -> None:
        """Records what was granted to the owner of this position."""
        for event in events:
            self._record(event)

    def _resolve(self, item: Resolved, around: Circumstances) -> None:
        """The operator's word ends what cannot be proven: what is open is written off, whatever comes of it."""
        if self.state.phase is Phase.FLAT:
            return
        open_ = measure(self.state, around).open if self.state.attempts else ZERO
        self._record(ev.SignalResolved(*self._whose(), open_, item.detail, around.now))

    # ---- decision

    def decide(self, around: Circumstances) -> None:
        """Moves as far as the evidence carries, then does what is due."""
        self.agenda.wakes.clear()
        for _ in range(_MOST_MOVES):
            recorded = len(self.agenda.events)
            finding, exposure = self._find(around)
            phase = self.state.phase
            row = row_for(phase, finding)
            self._visit(finding)
            for event in milestones(self.state, exposure, around):
                self._record(event)
            # A milestone may itself be a move (the first fill): then the row is that of a phase gone by.
            moved = self.state.phase is not phase or self._move(row, finding, exposure, around)
            if not moved and len(self.agenda.events) == recorded:
                break
        else:
            msg = f"the table of {self.state.signal.id} does not come to rest at {self.state.phase}, {self.finding}"
            raise RuntimeError(msg)
        for event in troubles_told(self.state, finding, exposure, around):
            self._record(event)
        self._do(row, exposure, around)
        self._plan_wakes(finding, around)

    def _move(self, row: Row, finding: Finding, exposure: Exposure | None, around: Circumstances) -> bool:
        """Goes where the row leads; whether it led anywhere. An entry, once due, moves by its own intention."""
        if Duty.ENTER in row.duties:
            intentions = entering.enter(self.state, around, self.agenda)
            self._intend(intentions, around)
            return bool(intentions)
        if row.to is self.state.phase:
            return False
        for event in moves(self.state, row.to, finding, exposure, around):
            self._record(event)
        return True

    def _visit(self, finding: Finding) -> None:
        pair = (self.state.phase, finding)
        self.finding, self.visited[pair] = finding, self.visited.get(pair, 0) + 1

    def _find(self, around: Circumstances) -> tuple[Finding, Exposure | None]:
        if not self.state.attempts:
            return judge(self.state, around, 0), None
        for event in covering.settle(self.state, around):
            self._record(event)
        exposure = measure(self.state, around)
        self._run_naked_clock(exposure, around)
        return judge(self.state, around, self.agenda.naked_since, exposure), exposure

    def _run_naked_clock(self, exposure: Exposure, around: Circumstances) -> None:
        """The clock runs from the first proof of a fill while nothing is acknowledged, and the venue has answered."""
        cover, _ = best_cover(self.state, exposure, around)
        bare = exposure.open > 0 and cover < Cover.ACKNOWLEDGED
        if around.has_answered or not bare:
            self.agenda.run_naked_clock(around.now - around.mute, around.bounds.max_naked, bare=bare)

    def _do(self, row: Row, exposure: Exposure | None, around: Circumstances) -> None:
        """What is due of the row's duties; protection first."""
        state, agenda = self.state, self.agenda
        if Duty.PREPARE in row.duties:
            self._intend(entering.set_leverage(state, around, agenda), around)
        if exposure is not None:
            if Duty.PLACE in row.duties:
                self._intend(covering.place(state, exposure, around, agenda), around)
            if Duty.MOVE in row.duties:
                self._intend(covering.move(self.state, exposure, around, agenda), around)
            if Duty.CANCEL_ENTRY in row.duties:
                self._intend(entering.cancel_entries(self.state, around, agenda), around)
            if Duty.CLOSE in row.duties and not may_yet_be_spared(self.state, self.finding, around):
                self._go_home(exposure, around)
            if Duty.REDUCE in row.duties:
                self._close(excess(state, exposure), around)
            if Duty.LADDER in row.duties:
                self._intend(laddering.tend(self.state, exposure, around, agenda), around)
            if Duty.CLEAR_LADDER in row.duties:
                left = unsettled_rungs(self.state, around)
                self._intend(laddering.take_down(self.state, left, around, agenda), around)
            if Duty.CLEAR in row.duties:
                self._intend(closing.clear(self.state, exposure, around, agenda), around)
        agenda.ask(self._wanted(row, exposure, around), around.bounds, around.now, hurries=self._hurries(around))

    def _wanted(self, row: Row, exposure: Exposure | None, around: Circumstances) -> list[Query]:
        """What the row's duties want to know, and what they must know before they act."""
        state, agenda = self.state, self.agenda
        wanted = asking.questions(state, row.duties, exposure, around)
        if Duty.LADDER in row.duties and exposure is not None:
            wanted += laddering.questions(state, exposure, around, agenda)
        if row.duties & (Duty.PLACE | Duty.MOVE):
            wanted += covering.rules_questions(state)
        if row.duties & (Duty.CLOSE | Duty.REDUCE):
            wanted += closing.market_questions(state, around)
        if agenda.is_left_out and exposure is not None and exposure.open > 0:
            wanted.append(AskPositions(state.signal.symbol))
        if agenda.is_unlisted and state.phase is not Phase.FLAT:
            wanted += asking.everything_since(state, around)
        return wanted

    def _hurries(self, around: Circumstances) -> bool:
        """Whether reads hurry, unless the venue is mute: while something is naked; and after a restart while it may be,
        since what an earlier process has sent is not known yet, and no stream tells of what is past.
        """
        may_be_naked = self.agenda.is_unlisted and self.state.phase in (Phase.ENTERING, Phase.PROTECTING)
        return (bool(self.agenda.naked_since) or may_be_naked) and not around.mute_since

    def _go_home(self, exposure: Exposure, around: Circumstances) -> None:
        if not closing.waits_for_trades(self.state, exposure, around, self.agenda):
            self._close(exposure.closable, around)

    def _close(self, quantity: Decimal, around: Circumstances) -> None:
        self._intend(closing.close(self.state, quantity, around, self.agenda), around)
        self._intend(closing.make_room(self.state, around, self.agenda), around)

    def _intend(self, events: Iterable[ev.Event], around: Circumstances) -> None:
        """Records intentions and puts the acts that they allow behind their gates."""
        for event in events:
            self._record(event)
            act = self._act_of(event)
            if act is not None:
                raises_exposure = isinstance(event, ev.EntryIntended | ev.LeverageIntended)
                self.agenda.acts.append((act, len(self.agenda.events) - 1 if raises_exposure else -1))
                is_stop, bounds = isinstance(event, ev.StopIntended), around.bounds
                self.agenda.wake(around.now + (bounds.patience if is_stop else 2 * bounds.reply_timeout))

    def _act_of(self, event: ev.Event) -> Act | None:
        match event:
            case ev.EntryIntended():
                return entering.entry_act(event)
            case ev.StopIntended() if not event.attached:
                return covering.stop_act(self.state, event)
            case ev.CloseIntended():
                return closing.close_act(self.state, event)
            case ev.TakeProfitIntended():
                return laddering.take_profit_act(self.state, event)
            case ev.CancelIntended():
                return acting.cancel_act(self.state, event)
            case ev.LeverageIntended():
                return entering.leverage_act(event)
            case _:
                return None

    def _plan_wakes(self, finding: Finding, around: Circumstances) -> None:
        for at in turning_points(self.state, around, self.agenda.naked_since):
            self.agenda.wake(at)
        if finding is Finding.UNDECIDED and not self.state.overdue:
            self.agenda.wake(self.state.attempts[-1].intended_at + around.bounds.verification)
        if self.state.phase is Phase.CLOSING:
            self.agenda.wake(self.state.home_since + around.bounds.max_unverified)
        if finding is Finding.EMPTY and self.state.phase is Phase.PROTECTED:
            self.agenda.wake(claimed_until(self.state, around))
        if finding is Finding.ARMED:
            self.agenda.wake(armed_since(self.state) + around.bounds.max_unverified)
        self._wake_at = min((at for at in self.agenda.wakes if at > around.now), default=None)

    def is_due(self, now: Instant) -> bool:
        """Whether one of the instants that the last decision named has come."""
        return self._wake_at is not None and self._wake_at <= now

    def next_wake(self) -> Instant | None:
        """The next instant at which this saga would do or judge otherwise though nothing came."""
        return self._wake_at

    # ---- recovery

    def doubt_if_made_before(self, began: Instant) -> None:
        """A signal that was made before this process began may have been sent by an earlier one, whose record of it is
        lost: it is opened once the list of orders was read.
        """
        self.agenda.is_unlisted = self.state.signal.made_at < began

    def resume(self, around: Circumstances) -> None:
        """After a restart: every act without an outcome may have been sent, so its outcome is Unknown. None is
        replayed.
        """
        self.agenda.is_unlisted = True
        self.agenda.took_up_at = around.now
        for name, leg in self._open_acts():
            self._record(
                ev.ActConcluded(
                    *self._whose(),
                    client_id=name,
                    leg=leg,
                    outcome=Outcome.UNKNOWN,
                    reason=Reason.NONE,
                    code="interrupted",
                    text="the process that intended it ended before its outcome was recorded",
                    began_at=around.now,
                    at=around.now,
                )
            )

    def _open_acts(self) -> list[tuple[ClientId, Leg]]:
        state = self.state
        sent = [act.client_id for act in state.orders_sent if act.outcome is None]
        stops = [facts.client_id for facts in state.stops.values() if facts.is_pending]
        cancels = [cancel.client_id for cancel in state.cancels.values() if cancel.outcome is None]
        leverage = [state.leverage.client_id] if state.leverage and state.leverage.outcome is None else []
        named = [(name, state.orders[name].leg) for name in [*sent, *stops]]
        return named + [(name, Leg.CANCEL) for name in cancels] + [(name, Leg.LEVERAGE) for name in leverage]

    def _record(self, event: ev.Event | None) -> None:
        if event is not None:
            self.state = apply(self.state, event)
            self.agenda.events.append(event)

    def _whose(self) -> tuple[SignalId, Symbol]:
        return (self.state.signal.id, self.state.signal.symbol)
