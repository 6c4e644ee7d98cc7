"""The desk: one account's whole behaviour as a synchronous step. Inputs, the durable watermark and the time go in;
appends, acts, queries and answers come out.

Stepping never waits for anything. Each event gets the next sequence number the moment it is decided, so that what is
durable is always a prefix of what was decided. An act waits in front of its gate, not in front of the step. A driver
(service/loop.py, drill/world.py) carries the bytes, appends the events, and calls again when something came or when
`next_wake` is due.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from seawall.engine.admission import Admission, Ruling, admit
from seawall.engine.adopting import Adoption
from seawall.engine.authority import Authority
from seawall.engine.gates import OPEN, Gates
from seawall.engine.keeper import Keeper
from seawall.engine.needs import Needs
from seawall.engine.settings import DeskSettings
from seawall.engine.slots import Slots
from seawall.engine.sources import Sources
from seawall.engine.timer import NakedTimer
from seawall.engine.view import AccountView
from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.ids import Account, SignalId, Symbol, VenueName
from seawall.model.queries import AskMark, AskOpenOrders, AskPositions, AskStops, Query
from seawall.model.signal import Action, Signal
from seawall.model.times import SECOND, Duration, Instant
from seawall.model.venue import Traits
from seawall.model.work import Answer, Ask, Work
from seawall.sagas import preparing
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.fold import apply
from seawall.sagas.phase import Finding, Phase
from seawall.sagas.saga import Saga

NOBODY = SignalId("")
_ASLEEP: Duration = SECOND
"""A step so much later than it was due is no queue and no garbage collection: nothing ran (judgement)."""
_ALL_POSITIONS = AskPositions()
_ALL_STOPS = AskStops()


class Desk:
    """One account. Not thread-safe; `step` is to be called from one place."""

    def __init__(
        self, *, account: Account, venue: VenueName, traits: Traits, installation: str, settings: DeskSettings
    ) -> None:
        self.account = account
        self.venue = venue
        self.seq = 0
        self._traits = traits
        self._installation = installation
        self._settings = settings
        self._term = 0
        self._began_at: Instant = 0
        self._view = AccountView(installation, settings.bounds)
        self._needs = Needs(settings.bounds, traits.book_batch)
        self._gates = Gates()
        self._sources = Sources()
        self._timer = NakedTimer(settings.bounds)
        self._slots = Slots()
        self._keeper = Keeper(account, settings, self._view, self._slots)
        self._answered: dict[SignalId, int] = {}
        """Every signal ever ruled on, and the sequence number of its ruling (0: recalled, so durable)."""
        self.authority = Authority(self._view)
        self._events: list[ev.Event] = []
        self._queries: list[Ask] = []
        self._touched: dict[SignalId, None] = {}
        self._lacking: dict[Symbol, tuple[str, ...]] = {}
        self._watching = False
        """Whether something of ours is, or may be, open anywhere."""
        self._wake_at: Instant | None = None
        self._is_wake_known = False
        """Whether `_wake_at` still holds: between two steps nothing of it changes, and drivers ask often."""

    # ---- reading, for drivers and drills

    @property
    def ready(self) -> bool:
        """Whether signals can be ruled on: the clock, the rules, the modes and a first complete read are known."""
        view = self._view
        read = all(what in view.ever_read for what in ("positions", "orders", "stops"))
        return (
            bool(self._term) and view.clock is not None and view.modes is not None and bool(view.instruments) and read
        )

    def sagas(self) -> tuple[Saga, ...]:
        """Every saga in memory, those that are flat and watched included, oldest first."""
        return tuple(self._slots.by_signal.values())

    # ---- recovery

    def recover(self, recorded: Iterable[ev.Recorded]) -> None:
        """Folds the journal with the same `apply`, before the first step. Numbers go on where it ends."""
        last = 0
        for row in recorded:
            self.seq, last = row.seq, max(last, row.at)
            self._recall(row.event)
        self._slots.sort_all()
        self._slots.forget_settled(last, self._settings.bounds.watch)

    def _recall(self, event: ev.Event) -> None:
        if isinstance(event, ev.SignalAccepted) and event.opens:
            self._slots.take_up(event)
        elif event.signal_id in self._slots.by_signal:
            saga = self._slots.by_signal[event.signal_id]
            saga.state = apply(saga.state, event)
        if isinstance(event, ev.SignalAccepted | ev.SignalRefused):
            self._answered[event.signal_id] = OPEN

    # ---- the step

    def step(self, inputs: Sequence[inp.Input], durable: int, now: Instant) -> Work:
        """Hears the inputs, decides, and gives out what may leave. `durable`: the last durable sequence number."""
        self._notice_sleep(now)
        self._is_wake_known = False
        self._events, self._queries, self._touched, self._lacking = [], [], {}, {}
        first_seq = self.seq + 1
        for item in (*inputs, *self._gates.give_up(now, durable)):
            self._hear(item, now)
        self._record(self._timer.end(now))
        for saga in self._late():
            self._decide(saga, now)
        self._keep(now)
        for saga in self._awake(now):
            self._decide(saga, now)
        self._queries += self._needs.slots(self._lacking, now)
        if self._term:
            open_symbols = self._slots.open_symbols()
            self._watching = bool(open_symbols)
            self._queries += [*self._needs.due(now), *self._needs.watch(open_symbols, now)]
        self._slots.forget_settled(now, self._settings.bounds.watch)
        acts, answers = self._gates.pass_through(durable)
        return Work(first_seq, tuple(self._events), acts, tuple(self._queries), answers)

    def _notice_sleep(self, now: Instant) -> None:
        """A step long after the one that was due: the process or its machine stood still, and the naked clock with it.
        What was bare meanwhile is tried to be covered first.
        """
        due = self.next_wake() if self._term else None
        if due is not None and now - due > _ASLEEP:
            self._view.slept(now - due, now)

    def next_wake(self) -> Instant | None:
        """The next instant at which a step would do something though nothing came."""
        if not self._is_wake_known:
            wakes = [saga.next_wake() for saga in self._slots.living.values()]
            needs = self._needs.next_wake(watching=self._watching) if self._term else None
            wakes += [self._gates.next_wake(), self._keeper.next_wake(), needs]
            self._wake_at = min([at for at in wakes if at is not None], default=None)
            self._is_wake_known = True
        return self._wake_at

    # ---- hearing

    def _hear(self, item: inp.Input, now: Instant) -> None:
        self._view.hear(item)
        self._record(self._keeper.hear(item))
        if self._view.is_out_of_date:
            self._needs.hurry()
            self._view.is_out_of_date = False
        match item:
            case inp.SignalReceived():
                self._receive(item.signal, now)
            case inp.Restarted():
                self._restart(item, now)
            case inp.AuthorityChanged() | inp.JournalChanged():
                self._record(self.authority.hear(item))
            case inp.StreamChanged():
                self._stream_changed(item)
            case inp.ReadAnswered() | inp.ReadFailed():
                self._needs.answered(item.query, item.at, well=isinstance(item, inp.ReadAnswered))
                self._record(self._sources.hear(item))
                self._record(self.authority.check())
            case _:
                pass
        for saga, part in self._parts(item):
            stood = saga.agenda.others_stand
            saga.hear(part, self._heard_against(saga, now))
            if saga.agenda.events or not self._says_nothing_new(saga, item, stood=stood):
                self._touched[saga.state.signal.id] = None
            self._collect(saga, now)

    @staticmethod
    def _says_nothing_new(saga: Saga, item: inp.Input, *, stood: bool) -> bool:
        """Whether an input without an event leaves nothing to decide: a word about the slot of a signal that is flat;
        and a read of the whole account that only repeats what a protected one knows, and leaves out none of it. A list
        of stops repeats so what was known of ours; `stood` says whether others stood before.
        """
        if saga.state.phase is Phase.FLAT:
            return True
        if stood or not isinstance(item, inp.ReadAnswered) or saga.state.phase is not Phase.PROTECTED:
            return False
        if item.query == _ALL_STOPS:
            return saga.finding is Finding.PROTECTED and not saga.agenda.others_stand
        return item.query == _ALL_POSITIONS and not saga.agenda.is_left_out

    def _parts(self, item: inp.Input) -> Iterator[tuple[Saga, inp.Input]]:
        """Whom an input concerns; of a read of the whole account each is handed what is about its own symbol."""
        concerned = list(self._concerned(item))
        if not isinstance(item, inp.ReadAnswered) or len(concerned) <= 1:
            yield from ((saga, item) for saga in concerned)
            return
        told = item.told.by_symbol()
        for saga in concerned:
            part = told.get(saga.state.signal.symbol, inp.NOTHING_TOLD)
            yield saga, inp.ReadAnswered(item.query, item.began_at, item.at, part)

    def _concerned(self, item: inp.Input) -> Iterator[Saga]:
        """The sagas that an input may be about: those of its symbols, or for a word about the account all that are
        not at their end.
        """
        match item:
            case inp.CloseRequested(symbol=symbol, signal_id=named):
                yield from (saga for saga in self._slots.of(symbol) if not named or saga.state.signal.id == named)
            case inp.Resolved(signal_id=named) if named in self._slots.by_signal:
                yield self._slots.by_signal[named]
            case inp.ActAnswered(symbol=symbol):
                yield from self._slots.of(symbol)
            case inp.StreamReported(told=told):
                for symbol in told.symbols():
                    yield from self._slots.of(symbol)
            case inp.ReadAnswered(query=query) | inp.ReadFailed(query=query):
                yield from self._asked_about(query)
            case inp.StreamChanged():
                yield from self._slots.alive()
            case _:
                return

    def _asked_about(self, query: Query) -> Iterator[Saga]:
        """Whom a read concerns: its symbol's signals; of the account-wide ones positions, stops and open orders say
        something to every signal, prices to one whose stop they have reached.
        """
        symbol: Symbol | None = getattr(query, "symbol", None)
        if symbol is not None:
            yield from self._slots.of(symbol)
        elif isinstance(query, AskPositions | AskStops | AskOpenOrders):
            yield from self._slots.alive()
        elif isinstance(query, AskMark):
            yield from self._slots.reached(self._view.marks)

    def _restart(self, item: inp.Restarted, now: Instant) -> None:
        self._term, self._began_at = item.term, now
        self._needs.start(now)
        self._record(ev.ProcessStarted(ev.ACCOUNT_WIDE, ev.EVERY_SYMBOL, item.term, item.installation))
        for saga in list(self._slots.by_signal.values()):
            saga.resume(self._around(saga, now))
            self._collect(saga, now)
            self._touched[saga.state.signal.id] = None

    def _stream_changed(self, item: inp.StreamChanged) -> None:
        whole = (ev.ACCOUNT_WIDE, ev.EVERY_SYMBOL)
        if item.proven:
            self._record(ev.StreamProven(*whole))
            return
        self._record(ev.StreamOpened(*whole) if item.is_open else ev.StreamLost(*whole, item.detail))
        self._needs.close_gap(is_open=item.is_open)

    # ---- signals

    def _receive(self, signal: Signal, now: Instant) -> None:
        if signal.id in self._answered:
            self._gates.hold_answer(Answer(signal.id, accepted=False, reason="duplicate"), self._answered[signal.id])
            return
        holder = self._slots.met_by(signal)
        waiting = sum(
            saga.state.phase is Phase.PREPARING for saga in self._slots.on(signal.symbol) if saga is not holder
        )
        around = self._around_slot(signal.symbol, None, now)
        admission = admit(signal, holder, waiting, around, ready=self.ready)
        if self._has_too_many(signal):
            admission = Admission(Ruling.REFUSE, "occupied", f"max_open: {self._settings.max_open} are open already")
        self._rule(signal, admission, holder, now)

    def _rule(self, signal: Signal, admission: Admission, holder: Saga | None, now: Instant) -> None:
        """Records the ruling; the answer follows once the record is durable."""
        accepted = admission.ruling not in (Ruling.REFUSE, Ruling.TURN_AWAY)
        answer = Answer(signal.id, accepted, admission.reason, admission.detail)
        if admission.ruling is Ruling.TURN_AWAY:
            self._gates.hold_answer(answer, OPEN)
            return
        self._answered[signal.id] = self.seq + 1
        if not accepted:
            refusal = (admission.reason, admission.detail)
            self._record(ev.SignalRefused(signal.id, signal.symbol, signal, *refusal))
        else:
            self._accept(signal, admission, holder, now)
        self._gates.hold_answer(answer, self.seq)

    def _accept(self, signal: Signal, admission: Admission, holder: Saga | None, now: Instant) -> None:
        """Records that a signal is accepted, and what follows for it and for whoever holds the slot."""
        held_by = holder.state.signal.id if holder is not None else NOBODY
        closes = held_by if admission.ruling is Ruling.CLOSE else NOBODY
        reverses = held_by if admission.ruling is Ruling.REVERSE else NOBODY
        accepted = ev.SignalAccepted(signal.id, signal.symbol, signal, closes, reverses)
        self._record(accepted)
        if accepted.opens:
            self._slots.take_up(accepted).doubt_if_made_before(self._began_at)
        if closes or reverses:
            self._close_slot(signal, now)
        if holder is not None and admission.granted:
            holder.grant(admission.granted)
            self._stir(holder, now)

    def _close_slot(self, signal: Signal, now: Instant) -> None:
        """Asks all that is on the slot to go home, what waits for it included; without a symbol, on every slot."""
        for saga in self._slots.concerned_by(signal):
            if saga.state.signal.id != signal.id:
                asked = inp.CloseRequested(now, saga.state.signal.symbol, f"signal {signal.id}")
                saga.hear(asked, self._around(saga, now))
                self._stir(saga, now)

    def _stir(self, saga: Saga, now: Instant) -> None:
        """Takes what a saga recorded, and sees to it that it decides in this step."""
        self._collect(saga, now)
        self._touched[saga.state.signal.id] = None

    def _has_too_many(self, signal: Signal) -> bool:
        limit = self._settings.max_open
        return limit is not None and signal.action is Action.OPEN and len(self._slots.alive()) >= limit

    # ---- deciding

    def _late(self) -> list[Saga]:
        """Ended signals that something was heard for: a late fill is theirs, before it is a find of the keeper's."""
        return [self._slots.flat[name] for name in self._touched if name in self._slots.flat]

    def _awake(self, now: Instant) -> list[Saga]:
        """The sagas that something was heard for or whose time has come; those in line for a slot, always."""
        return [
            saga
            for name, saga in self._slots.living.items()
            if name in self._touched or self._waits_for_reads(saga) or saga.is_due(now)
        ]

    @staticmethod
    def _waits_for_reads(saga: Saga) -> bool:
        """Whether an entry, the first or a deferred one, waits for what the desk reads."""
        return saga.state.phase is Phase.PREPARING or saga.finding is Finding.DEFERRED

    def _decide(self, saga: Saga, now: Instant) -> None:
        if not self._term:
            return
        around = self._around(saga, now)
        saga.decide(around)
        self._slots.sort(saga)
        self._collect(saga, now)
        if self._waits_for_reads(saga):
            lacking = preparing.what_is_lacking(saga.state, around)
            self._lacking[saga.state.signal.symbol] = lacking

    def _collect(self, saga: Saga, now: Instant) -> None:
        """Takes what a saga put out: its events get their numbers, its acts stand before their gates."""
        agenda = saga.agenda
        base = self.seq
        for event in agenda.events:
            self._record(event)
        for event in agenda.events:
            self._record(self._timer.hear(event, now))
            self._view.learn(event, saga.state.opinions.words())
        for act, index in agenda.acts:
            gate = OPEN if index < 0 else base + index + 1
            self._gates.hold(act, gate, now + self._settings.bounds.commit_deadline)
        asks = [self._needs.merge(query, urgency, now) for query, urgency in agenda.queries]
        self._queries.extend(ask for ask in asks if ask is not None)
        agenda.events, agenda.acts, agenda.queries = [], [], []

    def _record(self, event: ev.Event | None) -> None:
        if event is not None:
            self.seq += 1
            self._events.append(event)

    def _keep(self, now: Instant) -> None:
        """Looks after what stands at the venue and no signal answers for."""
        kept = self._keeper.look(self._term, now)
        for event in kept.events:
            self._record(event)
        for act in kept.acts:
            self._gates.hold(act, OPEN, now)
        for adoption in kept.adoptions:
            self._take_up_found(adoption, now)
        asked = [self._needs.merge(ask.query, ask.urgency, now) for ask in kept.asks]
        self._queries += [ask for ask in asked if ask is not None]

    def _take_up_found(self, adoption: Adoption, now: Instant) -> None:
        """A position that was found gets a signal of its own, and what was read of its orders joins the evidence."""
        self._record(adoption.accepted)
        self._answered[adoption.accepted.signal_id] = self.seq
        saga = self._slots.take_up(adoption.accepted)
        saga.grant(adoption.events)
        saga.hear(adoption.orders, self._around(saga, now))
        self._stir(saga, now)

    # ---- circumstances

    def _around(self, saga: Saga, now: Instant) -> Circumstances:
        return self._around_slot(saga.state.signal.symbol, saga, now)

    def _heard_against(self, saga: Saga, now: Instant) -> Circumstances:
        """What a signal hears against. One that is flat only attributes what is said, and needs no view of its slot."""
        if saga.state.phase is not Phase.FLAT:
            return self._around(saga, now)
        return Circumstances(now, self._traits, self._settings.bounds, self._term, self._installation, self._began_at)

    def _around_slot(self, symbol: Symbol, saga: Saga | None, now: Instant) -> Circumstances:
        view, clock = self._view, self._view.clock
        books_fresh = view.is_fresh("orders", symbol, now) and view.is_fresh("stops", symbol, now)
        foreign_orders, foreign_stops = view.foreign(symbol, self._names_on(symbol))
        holder = self._slots.holder(symbol)
        return Circumstances(
            now=now,
            traits=self._traits,
            bounds=self._settings.bounds,
            term=self._term,
            installation=self._installation,
            began_at=self._began_at,
            clock_offset=clock.offset if clock is not None else 0,
            clock_error=clock.error if clock is not None else 0,
            clock_known=clock is not None,
            stream_since=view.stream_since,
            mute=view.mute(now),
            mute_since=view.mute_since,
            has_answered=view.answered_at > 0,
            timer_held_until=self._timer.held_until,
            may_enter=not self.authority.why_not,
            why_not=self.authority.why_not,
            stop_tolerance_bps=self._settings.stop_tolerance_bps,
            manual_change=self._settings.manual_change,
            instrument=view.instruments.get(symbol),
            mark=view.marks.get(symbol),
            wallet=view.wallet,
            leverage=view.leverages.get(symbol),
            position=view.position(symbol, now),
            position_complete=view.is_fresh("positions", symbol, now),
            foreign_orders=foreign_orders + foreign_stops if books_fresh else None,
            foreign_stops=foreign_stops,
            stops_bounded=view.stops_bounded,
            slot_is_free=holder is None or holder is saga,
        )

    def _names_on(self, symbol: Symbol) -> Iterator[str]:
        """Venue ids and triggers by which stops on a slot are known to be ours where they carry no name."""
        for saga in self._slots.on(symbol):
            for facts in saga.state.stops.values():
                yield str(facts.trigger)
                yield facts.venue_id or facts.client_id
