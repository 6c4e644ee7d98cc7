"""The driver of one account: inputs in, a step, its work out. Short, because the desk decides and machines know how.

    connection --inputs--> |      |--appends--> scribe --durable--.
    front -----signals---> | step |--acts, queries--> connection   |
    timer -----wake------> |      |--answers--> front              |
              ^------------------------------- stirred <-----------'

A step never waits: not for the journal, not for a venue. Everything that has come since the last one goes into one
step. What an entry or a stop may wait for (a signal, a frame, a reply, a commit) is stepped in the very turn of the
event loop in which it came (`step`), so that no other socket's news is read first. Acts whose gates are open leave
first: the loop is let go once, so that their bytes are on the way, and only then are the step's events handed to the
scribe and everybody else told. That loses nothing: what raises exposure was durable before its gate opened, and what
reduces it was announced by the intention of its entry (design, rule 1).

The first input of a process is `Restarted`, whose term is the venue's own time in seconds, so nothing is stepped before
the connection has told the venue's time; what comes earlier is kept in order.

The owner's halt is a file (`halt`). It is read when a signal comes, when somebody says that it has changed, and again
by the connection right before an entry leaves (`why_no_entry`): one that was decided, recorded and let through its
gate, and then slept with its process or waited for its turn, must not go out of a house that was told to enter no more.
Such an entry is NotSent, and nothing else is held up.

An exception here is a fault of the program, whoever had called. It ends this account, loudly: no other account is
touched, nothing is cancelled or closed at the venue, and its positions keep the stops they have.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from seawall.engine.desk import Desk
from seawall.journal.port import Journal, JournalBusy, JournalError, JournalFull, JournalLocked, SequenceConflict
from seawall.model.acts import Urgency
from seawall.model.events import ProcessStarted, Recorded
from seawall.model.ids import Account, SignalId, Symbol
from seawall.model.inputs import (
    AuthorityChanged,
    ClockReport,
    Input,
    JournalChanged,
    ReadAnswered,
    ReadFailed,
    Restarted,
    SignalReceived,
    StreamChanged,
)
from seawall.model.queries import AskInstruments, AskOpenOrders, AskPositions, AskStops
from seawall.model.times import MILLISECOND, SECOND, Bounds, Duration, Instant
from seawall.model.work import Answer, Work
from seawall.sagas.phase import Phase
from seawall.service.commons import Wire
from seawall.service.halt import Halt
from seawall.service.scribe import FIRST_WAIT, LONGEST_WAIT, Scribe
from seawall.service.spool import Spool

_PAGE = 5_000
_SHORTEST_NAP = MILLISECOND
"""A timer never fires sooner: a desk that asked to be woken in the past would otherwise take the whole processor."""


_ONCE_MORE: Duration = Bounds().read_lag + SECOND // 2
"""After so long a second read of everything can prove, with the first, that a slot is flat (design, rule 20)."""
_UNSETTLED = (Phase.PREPARING, Phase.ENTERING, Phase.PROTECTING, Phase.CLOSING)


class Watcher(Protocol):
    """Who wants to know what an account does."""

    def answered(self, account: Account, answer: Answer) -> None:
        """A user's signal has its answer, and what it tells is durable."""
        ...

    def worked(self, account: Account, work: Work) -> None:
        """A step was made."""
        ...

    def advanced(self, account: Account, seq: int) -> None:
        """Events up to `seq` are durable."""
        ...


@dataclass(frozen=True, slots=True)
class _Made:
    """A step that was made: when, on which watermark, and what came out of it."""

    now: Instant
    durable: int
    work: Work


class AccountLoop:
    """One account's desk, driven."""

    def __init__(
        self,
        installation: str,
        desk: Desk,
        journal: Journal,
        now: Callable[[], Instant],
        watcher: Watcher,
        spool: Spool | None = None,
        halted: Callable[[], Halt | None] = lambda: None,
        forbidden: Callable[[Instant], str] = lambda _: "",
    ) -> None:
        """`halted` reads the owner's halt, as it stands at that very moment. `forbidden`: the venue's word, in force at
        an instant, that binds everything at this address; empty if none does.
        """
        self.account = desk.account
        self.symbols: tuple[Symbol, ...] = ()
        self.clock: ClockReport | None = None
        self.stream: StreamChanged | None = None
        self.failure: str = ""
        self.failing: dict[str, str] = {}
        self.halt: Halt | None = None
        self._installation = installation
        self._desk = desk
        self._journal = journal
        self._now = now
        self._watcher = watcher
        self._spool = spool
        self._halted = halted
        self._forbidden = forbidden
        self._inbox: deque[Input] = deque()
        self._stirred = asyncio.Event()
        self._scribe: Scribe | None = None
        self._told_healthy = True
        self._waits_for = ""
        self._timer: asyncio.TimerHandle | None = None
        self._wire: Wire | None = None
        self._is_due = False
        """Whether anything has happened since the last step."""
        self._is_stepping = False
        self._unwritten: deque[_Made] = deque()
        self._unfinished: deque[_Made] = deque()
        self._fault: Exception | None = None

    # ---- what others ask of it

    @property
    def ready(self) -> bool:
        """Whether the account takes signals: its clock, instruments and positions are known, and the journal writes."""
        return self.running and self._desk.ready and not self._is_unwritten

    @property
    def takes_entries(self) -> bool:
        """Whether it is ready, and nothing of the account itself (its modes, its key) is in the way of every entry."""
        return self.ready and not self._desk.authority.unfit

    @property
    def running(self) -> bool:
        """Whether the account's desk steps: enough for a close, which is never stale."""
        return not self.failure and self._scribe is not None

    @property
    def _is_unwritten(self) -> bool:
        """Whether the journal takes nothing at present."""
        return self._scribe is not None and self._scribe.trouble is not None

    @property
    def distress(self) -> int:
        """How many conditions a person must look at, those included that an earlier process has recorded."""
        return sum(len(saga.state.distress) for saga in self._desk.sagas())

    @property
    def standing(self) -> str:
        """Why it is not ready, in words."""
        if self.failure:
            return f"stopped: {self.failure}"
        if not self.ready and (words := self._forbidden(self._now())):
            return f"the venue has said {words}"
        if self._waits_for and self._scribe is None:
            return f"waits to bring the spool into the journal: {self._waits_for}"
        if self._scribe is None:
            heard = f"; its stream: {self.stream.detail}" if self.stream is not None and self.stream.detail else ""
            return f"waits for the venue to tell its time{heard}"
        if self._scribe.trouble is not None:
            spooled = f"; {self._spool.trouble}" if self._spool is not None and self._spool.trouble else ""
            return f"{self._scribe.trouble}{spooled}"
        if self._desk.ready:
            return self._desk.authority.unfit
        lacking = "; ".join(f"{query}: {detail}" for query, detail in self.failing.items())
        return lacking or "reads the account's keys, modes, instruments and positions"

    @property
    def waiting(self) -> int:
        """How many events are not durable yet."""
        return self._scribe.waiting if self._scribe else 0

    @property
    def durable(self) -> int:
        """The last durable sequence number: until the desk steps, that of the record that it has recovered."""
        return self._scribe.durable if self._scribe else self._desk.seq

    def unsettled(self) -> tuple[tuple[SignalId, Phase], ...]:
        """The signals that stand neither protected nor flat."""
        standing = ((saga.state.signal.id, saga.state.phase) for saga in self._desk.sagas())
        return tuple((signal_id, phase) for signal_id, phase in standing if phase in _UNSETTLED)

    def put(self, *inputs: Input) -> None:
        """Hands inputs to the desk; they are stepped with whatever else has come by then."""
        for one in inputs:
            self._note(one)
        self._inbox.extend(inputs)
        self._stir()

    def step(self) -> None:
        """Steps now with what has come. What may leave is with the connection when this returns; the rest of the work
        is done in the loop's next turn. Never raises: a fault ends `run`.
        """
        if self._is_due and not self._is_stepping and self.running:
            try:
                self._decide()
            except Exception as error:  # noqa: BLE001 - raised by `run`, where it ends the account
                self._fault = error
            self._stirred.set()

    def look_again(self) -> None:
        """Reads all positions and both books now, and once more when two reads can prove a slot flat."""
        self._read_books()
        asyncio.get_running_loop().call_later(_ONCE_MORE / SECOND, self._read_books)

    def _read_books(self) -> None:
        if self._wire is not None and self.running:
            for query in (AskPositions(), AskStops(), AskOpenOrders()):
                self._wire.submit(query, Urgency.ASK)

    def look_at_halt(self) -> None:
        """Reads the owner's halt and tells the desk if it has changed."""
        if self._has_halt_changed():
            self._inbox.append(self._authority())
            self._stir()

    def why_no_entry(self) -> str:
        """Why no entry may leave at this very moment, by the owner's halt read anew; empty if it may."""
        self.look_at_halt()
        return self.halt.words if self.halt is not None else ""

    # ---- its life

    async def run(self, wire: Wire) -> None:
        """Drives the desk until cancelled. Raises what stops the account."""
        await self._merge()
        term = self._recover()
        self._wire = wire
        self._waits_for = ""
        while self.clock is None:
            await self._stirring()
        now = self._now()
        term = max((now + self.clock.offset) // SECOND, term + 1)
        self._scribe = Scribe(self._journal, self.account, term, self._desk.seq, self._hear_scribe, self._spool)
        self._has_halt_changed()
        self._inbox.extendleft((self._authority(), Restarted(now, term, self._installation)))
        self._stir()
        try:
            while True:
                self.step()
                if any(made.work.acts for made in self._unwritten):
                    await asyncio.sleep(0)
                self._finish(wire)
                await self._stirring()
        finally:
            self._write()

    async def _merge(self) -> None:
        """Brings what an earlier process spooled into the journal, which may be full, or held by another program: that
        is told and waited for, away from the loop of the others. Raises any other JournalError.
        """
        wait, trouble = FIRST_WAIT, self._unmergeable()
        while trouble is not None:
            self._waits_for = str(trouble)
            await asyncio.sleep(wait / SECOND)
            wait, trouble = min(wait * 2, LONGEST_WAIT), await asyncio.to_thread(self._unmergeable)

    def _unmergeable(self) -> JournalError | None:
        """What keeps the spool from the journal and may pass; None once all of it is there."""
        try:
            if self._spool is not None and not self._spool.is_empty:
                self._spool.merge(self._journal, self._last_seq())
        except (JournalFull, JournalLocked, JournalBusy) as error:
            return error
        return None

    def _recover(self) -> int:
        """Folds the journal into the desk; the last term that was used, 0 if none was."""
        terms = [0]

        def watched() -> Iterator[Recorded]:
            for recorded in self._recorded():
                if isinstance(recorded.event, ProcessStarted):
                    terms.append(recorded.event.term)
                yield recorded

        self._desk.recover(watched())
        return max(terms)

    def _last_seq(self) -> int:
        last = 0
        while page := self._journal.read(self.account, last, _PAGE):
            last = page[-1].seq
        return last

    def _recorded(self) -> Iterator[Recorded]:
        after = 0
        while page := self._journal.read(self.account, after, _PAGE):
            yield from page
            after = page[-1].seq

    def _stir(self) -> None:
        self._is_due = True
        self._stirred.set()

    def _hear_scribe(self) -> None:
        """More is durable, or the journal is in trouble: an entry may have waited for it."""
        self._stir()
        self.step()

    async def _stirring(self) -> None:
        await self._stirred.wait()
        self._stirred.clear()

    def _decide(self) -> None:
        """One step with all that has come. What may leave is handed over; only if nothing does, its events are too."""
        assert self._scribe is not None
        assert self._wire is not None
        self._is_stepping, self._is_due = True, False
        now, durable = self._now(), self._scribe.durable
        self._note_journal(self._scribe, now)
        if any(isinstance(one, SignalReceived) for one in self._inbox) and self._has_halt_changed():
            self._inbox.appendleft(self._authority())
        inputs = tuple(self._inbox)
        self._inbox.clear()
        made = _Made(now, durable, self._desk.step(inputs, durable, now))
        self._unwritten.append(made)
        self._unfinished.append(made)
        for do in made.work.acts:
            self._wire.submit(do.act, do.urgency)
        if not made.work.acts:
            self._write()
        self._is_stepping = False

    def _write(self) -> None:
        """Hands the events of the steps made to the scribe, in order."""
        while self._unwritten and self._scribe is not None:
            made = self._unwritten.popleft()
            if made.work.appends:
                self._scribe.write(made.work.first_seq, tuple((made.now, event) for event in made.work.appends))

    def _finish(self, wire: Wire) -> None:
        """Records what was made and tells everybody, which nobody's protection waits for. Raises what met a step."""
        if self._fault is not None:
            raise self._fault
        self._write()
        while self._unfinished:
            made = self._unfinished.popleft()
            self._carry_out(made.work, wire)
            self._watcher.advanced(self.account, made.durable)
            self._sleep(made.now)

    def _has_halt_changed(self) -> bool:
        """Reads the halt as it stands; whether it stood otherwise before."""
        before, self.halt = self.halt, self._halted()
        return self.halt != before

    def _authority(self) -> AuthorityChanged:
        return AuthorityChanged(self._now(), self.halt is None, self.halt.words if self.halt is not None else "")

    def _carry_out(self, work: Work, wire: Wire) -> None:
        """The rest of a step's work, which nobody's protection waits for."""
        for ask in work.queries:
            wire.submit(ask.query, ask.urgency)
        for answer in work.answers:
            self._watcher.answered(self.account, answer)
        self._watcher.worked(self.account, work)

    def _note_journal(self, scribe: Scribe, now: Instant) -> None:
        """Tells the desk when the journal begins or ceases to fail. Raises SequenceConflict: we are not the owner."""
        if isinstance(scribe.trouble, SequenceConflict):
            raise scribe.trouble
        if (scribe.trouble is None) != self._told_healthy:
            self._told_healthy = scribe.trouble is None
            self._inbox.append(JournalChanged(now, self._told_healthy, str(scribe.trouble or "")))

    def _sleep(self, now: Instant) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        wake = self._desk.next_wake()
        if wake is not None:
            nap = max(wake - now, _SHORTEST_NAP) / SECOND
            self._timer = asyncio.get_running_loop().call_later(nap, self._stir)

    def _note(self, one: Input) -> None:
        """Keeps what the doors need to know of what passes."""
        match one:
            case ClockReport():
                self.clock = one
            case StreamChanged():
                self.stream = one
            case ReadFailed(query=query, detail=detail):
                self.failing[type(query).__name__] = detail
            case ReadAnswered(query=query, told=told):
                self.failing.pop(type(query).__name__, None)
                if isinstance(query, AskInstruments):
                    self.symbols = tuple(instrument.symbol for instrument in told.instruments)
            case _:
                return
