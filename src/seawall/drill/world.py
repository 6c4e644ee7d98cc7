"""The deterministic world: the very desk, codecs and connection machines of the product against the very book and
dialects of the box, in one thread, under virtual time, from one seed.

Everything that happens is an entry of one heap, ordered by (time, sequence). Bytes between house and box travel as the
plain tuples that both sides know, each way taking `latency`. A process can be killed between any two entries (`kill`)
and started again on what its journal holds (`start`): what was in its memory is gone, what was on the wire still
arrives at the box. What this world cannot cover is sockets, which `venues/sockets.py` and `venuesim/server.py` hold.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from seawall.drill.house import INSTALLATION, KEYS, House, Ledger, codec_of, desk_of
from seawall.drill.witness import Witness
from seawall.engine.settings import DeskSettings
from seawall.journal.memory import MemoryJournal
from seawall.journal.port import Dated, JournalError
from seawall.model import acts
from seawall.model import inputs as inp
from seawall.model.events import Recorded, event_type
from seawall.model.ids import Account, VenueName
from seawall.model.times import MILLISECOND, SECOND, Duration, Instant
from seawall.model.work import Answer, Do, Work
from seawall.sagas.saga import Saga
from seawall.venues import venue as machine
from seawall.venues.exchange import Transmit
from seawall.venues.link import Connect, Cut, Probe, Send
from seawall.venues.port import Reply
from venuesim import wire
from venuesim.exchange import Exchange
from venuesim.faults import Fault

START: Instant = 1_795_000_000 * SECOND
RETRY: Duration = 100 * MILLISECOND
_CALLS: Mapping[type[acts.Act], str] = {
    acts.SubmitEntry: "order.create",
    acts.PlaceStop: "stop.create",
    acts.CancelOrder: "order.cancel",
    acts.ClosePosition: "order.create",
    acts.PlaceTakeProfit: "order.create",
    acts.SetLeverage: "leverage.set",
}
"""Acts by the box's name of the call that they become."""
_REPLIES = (wire.Answer, wire.Reset, wire.HalfBody)
_KEYS_OF_ONE = 1_000_000
"""How many requests and connections one process may number."""
APPEND = "journal.append"
"""How a page names the writing of the record."""


class World:
    """One account of the house and one box, under one virtual clock. All times are microseconds UTC."""

    def __init__(  # noqa: PLR0913 - each is one thing that a drill varies
        self,
        venue: VenueName,
        *,
        seed: int = 0,
        latency: Duration = 10 * MILLISECOND,
        switches: Mapping[str, str] | None = None,
        symbols: Sequence[str] | None = None,
        settings: DeskSettings | None = None,
        balance: Decimal = Decimal(100_000),
        hedge: bool = False,
        skew: Duration = 0,
        trade_socket: bool = True,
        drift_ppm: int = 0,
    ) -> None:
        self.venue = venue
        self.account = Account(f"{venue}-drill")
        self.now: Instant = START
        self.latency = latency
        self.trade_socket = trade_socket
        """Whether acts may leave by the venue's trade socket."""
        self.skew = skew
        """How far the machine's clock is ahead of the venue's: what the next process begins with."""
        self.drift_ppm = drift_ppm
        """By how many millionths the machine's clock runs too fast."""
        self.settings = settings or DeskSettings()
        self.box = Exchange(venue.value, seed=seed, start=START, switches=switches, symbols=symbols)
        self.box.open_account(self.account, key=KEYS.key, secret=KEYS.secret, balance=balance, hedge=hedge)
        self.journal = MemoryJournal({self.account: venue.value})
        self.ledger = Ledger()
        """What was spent of the venue's quotas, by whichever process."""
        self.house: House | None = None
        self.answers: list[Answer] = []
        self.turns = 0
        """How many steps, starts and deaths there were: between two of them no signal changes."""
        self.sent = 0
        """Requests that would act and have left: what is under way of them outlives the process."""
        self.witness = Witness()
        self.before_entry: Callable[[], None] | None = None
        """Called before each thing that happens: who kills here has killed between any two instants."""
        self.on_moment: Callable[[str, str], None] | None = None
        """Called as an act is "leaving", once it is "sent", once the venue has "acted" on it, and with its reply
        "answering"; the call by the box's name for it ("order.create"), or "journal.append"."""
        self._heap: list[tuple[Instant, int, Callable[[], None]]] = []
        self._entries = 0
        self._epoch = 0
        self._box_woken_for: Instant | None = None
        self._journal_woken_for: Instant | None = None
        self._unwritten: list[tuple[int, list[Dated]]] = []
        self._ends: list[int] = []
        """The last number of each append that was taken: a copy of the journal holds whole appends."""

    # ---- the process

    def start(self) -> None:
        """A process starts on what the journal holds."""
        self._epoch += 1
        self.turns += 1
        desk = desk_of(self.account, self.venue, self.settings)
        recorded = self.recorded()
        desk.recover(recorded)
        last = recorded[-1].at if recorded else 0
        skew = max(self._skew_at(self.now), last - self.now)
        budget = self.ledger.budget(self.venue, self.now + skew)
        connection = machine.Venue(codec_of(self.venue), self.settings.bounds, budget, trade_socket=self.trade_socket)
        self.house = House(desk, connection, durable=desk.seq, skew=skew, since=self.now)
        self.witness.begin(self.now)
        self._machine(self.house, machine.Started())

    def kill(self) -> None:
        """The process is gone between two instants: nothing of it runs again, its sockets close."""
        self.house = None
        self.turns += 1
        self.witness.end(self.now)
        self._unwritten.clear()
        self.journal.kill()
        self.box.cut_streams(self.now)
        self._wake_box()

    def set_clock(self, by: Duration) -> None:
        """The machine's clock is set: ahead at once, back for the next process (a living one never counts back)."""
        self.skew += by
        if self.house is not None and by > 0:
            self.house.skew += by
            self._wake_house(self.house)

    def put_back(self, restores: str) -> bool:
        """Puts back the journal as of its first event of a type, while no process lives; whether it took rows away.

        What one append has written is in a copy whole or not at all (`journal/copying.py`): it is one commit.
        """
        rows = self.recorded()
        first = next((row.seq for row in rows if event_type(type(row.event)) == restores), len(rows))
        kept = next((end for end in self._ends if end >= first), len(rows))
        if kept == len(rows):
            return False
        self._ends = [end for end in self._ends if end <= kept]
        self.witness.forgotten += self.journal.rows(self.account)
        self.journal = MemoryJournal({self.account: self.venue.value})
        self.journal.append(self.account, 1, 0, [(row.at, row.event) for row in rows[:kept]])
        return True

    def give(self, *items: inp.Input) -> None:
        """Inputs from outside (signals, requests) enter the living desk now."""
        if self.house is not None:
            self._step(self.house, items)

    def fault(self, **line: object) -> None:
        """Adds a fault to the box's plan, in the box's own words."""
        self.box.faults.add(Fault(**line))  # type: ignore[arg-type]

    def stir(self) -> None:
        """The box was changed by hand: what follows from it is sent on."""
        self._wake_box()

    # ---- reading

    @property
    def clock(self) -> Instant:
        """What the house takes for the time: the machine's clock as its process found it, and counted on from there."""
        return self.now + self._skew_at(self.now)

    def _skew_at(self, at: Instant) -> Duration:
        """How far the living process, or the machine while none lives, is ahead of the venue at an instant."""
        begun = self.house.skew if self.house is not None else self.skew
        since = self.house.since if self.house is not None else START
        return begun + (at - since) * self.drift_ppm // 1_000_000

    def recorded(self) -> tuple[Recorded, ...]:
        """Everything durable."""
        return self.journal.read(self.account, 0, 1_000_000)

    @property
    def is_behind(self) -> bool:
        """Whether the living process waits for its journal."""
        return bool(self._unwritten)

    def sagas(self) -> tuple[Saga, ...]:
        """What the living desk remembers."""
        return self.house.desk.sagas() if self.house is not None else ()

    # ---- time

    def run(self, until: Callable[[], bool] | None = None, *, most: Duration = 60 * SECOND) -> bool:
        """Runs until `until` holds or `most` has passed; whether it holds."""
        end = self.now + most
        while until is None or not until():
            if not self._heap or self._heap[0][0] > end:
                self.now = end
                return until is None or until()
            at, _, entry = heapq.heappop(self._heap)
            self.now = max(self.now, at)
            if self.before_entry is not None:
                self.before_entry()
            entry()
        return True

    def at(self, when: Instant, entry: Callable[[], None]) -> None:
        """Schedules `entry`; those of one instant run in the order in which they were scheduled."""
        self._entries += 1
        heapq.heappush(self._heap, (max(when, self.now), self._entries, entry))

    # ---- the house

    def _machine(self, house: House, event: machine.VenueEvent) -> None:
        """One event into the connection's machine, its effects out."""
        if house is not self.house:
            return
        for effect in house.venue.on(event, self.clock):
            self._carry_out(house, effect)
        self._wake_house(house)

    def _carry_out(self, house: House, effect: machine.Effect) -> None:
        arrives = self.now + self.latency
        match effect:
            case Transmit(key=key, request=request):
                self.sent += request.method != "GET"
                sent = wire.Request(request.method, request.target, request.headers, request.body)
                self.at(arrives, lambda: self._at_box(lambda: self.box.request(self._key(house, key), sent, self.now)))
            case Connect(conn=conn, target=target):
                number = self._key(house, conn)
                self.at(arrives, lambda: self._at_box(lambda: self.box.connect(number, target, (), self.now)))
            case Send(conn=conn, text=text):
                number = self._key(house, conn)
                self.at(arrives, lambda: self._at_box(lambda: self.box.frame(number, text, self.now)))
            case Probe(conn=conn):
                number = self._key(house, conn)
                self.at(arrives, lambda: self._probe(house, conn, number))
            case Cut(conn=conn):
                number = self._key(house, conn)
                self.at(arrives, lambda: self._at_box(lambda: self.box.disconnect(number, self.now)))
            case machine.Tell(input=item):
                self._hear(house, item)

    def _probe(self, house: House, conn: int, number: int) -> None:
        """A ping of the protocol's own comes back, unless the connection is gone or half open."""
        if self.box.answers(number):
            self.at(self.now + self.latency, lambda: self._machine(house, machine.Ponged(conn)))

    def _hear(self, house: House, item: inp.Input) -> None:
        items: tuple[inp.Input, ...] = (item,)
        if isinstance(item, inp.ClockReport) and not house.term:
            house.term = (self.clock + item.offset) // SECOND
            items = (item, inp.Restarted(self.clock, house.term, INSTALLATION))
        self._step(house, items)

    def _step(self, house: House, items: Sequence[inp.Input]) -> None:
        self.turns += 1
        work = house.desk.step(items, house.durable, self.clock)
        self._append(house, work)
        if house is not self.house:
            return
        for answer in work.answers:
            self.answers.append(answer)
        for act in work.acts:
            self.at(self.now, lambda act=act: self._leave(house, act))  # type: ignore[misc]
        for ask in work.queries:
            self.at(self.now, lambda ask=ask: self._machine(house, machine.Submitted(ask.query, ask.urgency)))  # type: ignore[misc]
        self._wake_house(house)

    def _leave(self, house: House, do: Do) -> None:
        if house is self.house:
            self._moment("leaving", _CALLS[type(do.act)])
            self._machine(house, machine.Submitted(do.act, do.urgency))
            self._moment("sent", _CALLS[type(do.act)])

    def _moment(self, when: str, call: str) -> None:
        if self.on_moment is not None and call:
            self.on_moment(when, call)

    def _append(self, house: House, work: Work) -> None:
        if work.appends:
            self._moment("leaving", APPEND)
            if house is not self.house:
                return
            dated = [(self.clock, event) for event in work.appends]
            self._unwritten.append((work.first_seq, dated))
            self._submit(house, work.first_seq, dated)
            self._moment("sent", APPEND)

    def _submit(self, house: House, first_seq: int, dated: list[Dated]) -> None:
        def done(answer: int | JournalError) -> None:
            self._committed(house, answer)

        self.journal.submit(self.account, self._epoch, first_seq - 1, dated, done)
        self._wake_journal()

    def _committed(self, house: House, answer: int | JournalError) -> None:
        """A failed append is never skipped: entries stop, and the first that failed comes again until it is taken."""
        if house is not self.house:
            return
        if isinstance(answer, JournalError):
            if not house.retrying:
                house.retrying, house.is_healthy = True, False
                self.at(self.now + RETRY, lambda: self._append_again(house))
                self._step(house, (inp.JournalChanged(self.clock, healthy=False, detail=str(answer)),))
            return
        self._ends.append(answer)
        self._moment("acted", APPEND)
        if house is not self.house:
            return
        house.durable = max(house.durable, answer)
        self._unwritten = [(seq, dated) for seq, dated in self._unwritten if seq + len(dated) - 1 > house.durable]

    def _append_again(self, house: House) -> None:
        if house is self.house:
            house.retrying = False
            for seq, dated in list(self._unwritten):
                self._submit(house, seq, dated)

    def _wake_house(self, house: House) -> None:
        """Schedules the next instant at which desk or connection would act by themselves."""
        wake, desk = house.venue.next_wake(), house.desk.next_wake()
        if desk is not None and desk < wake:
            wake = desk
        at = max(wake - self._skew_at(self.now), self.now + 1)
        if house.woken_for and self.now < house.woken_for <= at:
            return
        house.woken_for = at
        self.at(at, lambda: self._woken(house, at))

    def _woken(self, house: House, at: Instant) -> None:
        if house is not self.house or at != house.woken_for:
            return
        house.woken_for = 0
        if house.venue.next_wake() <= self.clock:
            self._machine(house, machine.Ticked())
        desk_at = house.desk.next_wake()
        if desk_at is not None and desk_at <= self.clock:
            self._step(house, (inp.Woken(self.clock),))
        self._wake_house(house)

    # ---- the box

    def _key(self, house: House, number: int) -> int:
        """The box's handle of a request or connection: one process's numbers never meet another's."""
        del house
        return self._epoch * _KEYS_OF_ONE + number

    def _at_box(self, arrival: Callable[[], None]) -> None:
        known = len(self.box.log)
        arrival()
        for entry in self.box.log[known:]:
            self.witness.arrived(entry, self.journal.rows(self.account))
        self._wake_box()

    def _wake_box(self) -> None:
        for output in self.box.advance(self.now):
            if isinstance(output, _REPLIES):
                self._moment("acted", self._call_of(output.key))
            elif isinstance(output, wire.Frame):
                self._moment("acted", output.call)
            self.at(self.now + self.latency, lambda output=output: self._from_box(output))  # type: ignore[misc]
        due = self.box.next_wake()
        if due is not None and (self._box_woken_for is None or due < self._box_woken_for):
            self._box_woken_for = due
            self.at(due, self._box_due)

    def _call_of(self, key: int) -> str:
        """The box's name of the call that came under a handle; searched only while somebody wants to know."""
        if self.on_moment is None:
            return ""
        return next((entry.call for entry in reversed(self.box.log) if entry.key == key), "")

    def _box_due(self) -> None:
        self._box_woken_for = None
        self._wake_box()

    def _from_box(self, output: wire.Output) -> None:
        if isinstance(output, _REPLIES):
            epoch, number = divmod(output.key, _KEYS_OF_ONE)
            if epoch == self._epoch:
                self._moment("answering", self._call_of(output.key))
        else:
            epoch, number = divmod(output.conn, _KEYS_OF_ONE)
            if epoch == self._epoch and isinstance(output, wire.Frame):
                self._moment("answering", output.call)
        house = self.house
        if house is None or epoch != self._epoch:
            return
        self.witness.hear(output, self.now)
        match output:
            case wire.Answer(reply=reply):
                self._machine(house, machine.Replied(number, Reply(reply.status, reply.headers, reply.body)))
            case wire.Reset() | wire.HalfBody():
                self._machine(house, machine.Lost(number, sent=True, detail="connection reset"))
            case wire.Accepted():
                self._machine(house, machine.Connected(number))
            case wire.Frame(text=text):
                self._machine(house, machine.Framed(number, text))
            case wire.Hangup(code=code):
                self._machine(house, machine.Closed(number, f"closed with {code}"))
            case wire.Rejected(status=status):
                self._machine(house, machine.Closed(number, f"handshake answered {status}"))

    # ---- the journal

    def _wake_journal(self) -> None:
        due = self.journal.next_wake()
        if due is not None and (self._journal_woken_for is None or due < self._journal_woken_for):
            self._journal_woken_for = due
            self.at(due, self._journal_due)

    def _journal_due(self) -> None:
        """Whatever became durable at once is one step of the desk, as in `service/loop.py`."""
        self._journal_woken_for = None
        house, durable = self.house, self.house.durable if self.house is not None else 0
        self.journal.advance(self.now)
        self._wake_journal()
        if house is not None and house is self.house and house.durable > durable:
            mended = not house.is_healthy and not house.retrying
            house.is_healthy = house.is_healthy or mended
            self._step(house, (inp.JournalChanged(self.clock, healthy=True),) if mended else ())
