"""A desk at its bench: the account read, the journal's watermark in the test's hand, and what came out kept."""

from __future__ import annotations

from typing import Any

from seawall.engine.desk import Desk
from seawall.engine.settings import DeskSettings
from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import Act
from seawall.model.ids import Account, SignalId, VenueName
from seawall.model.queries import (
    AskInstruments,
    AskMark,
    AskModes,
    AskOpenOrders,
    AskPositions,
    AskStops,
    AskWallet,
    Query,
)
from seawall.model.reports import MarkReport, ModesReport, WalletReport
from seawall.model.signal import Signal
from seawall.model.times import MILLISECOND, Instant
from seawall.model.venue import Traits
from seawall.model.work import Answer, Work
from seawall.sagas.phase import Phase
from seawall.sagas.saga import Saga
from tests.sagas.builders import BINANCE, INSTALLATION, INSTRUMENT, SYMBOL, T0, TERM, D, mark, ms, signal, told


class Bench:
    """One desk, stepped by hand. `commit` says whether what a step appends becomes durable before the next."""

    def __init__(self, traits: Traits = BINANCE, **settings: Any) -> None:
        self.traits = traits
        self.settings = DeskSettings(**settings)
        self.desk = self._desk()
        self.durable = 0
        self.now: Instant = ms(0)
        self.events: list[ev.Event] = []
        self.recorded: list[ev.Recorded] = []
        self.acts: list[Act] = []
        self.queries: list[Query] = []
        self.answers: list[Answer] = []
        self.last = Work()

    def _desk(self) -> Desk:
        return Desk(
            account=Account("alpha"),
            venue=VenueName.BINANCE,
            traits=self.traits,
            installation=INSTALLATION,
            settings=self.settings,
        )

    def step(self, after: float, *items: inp.Input, commit: bool = True) -> Work:
        """A step; with `commit`, its appends become durable and the desk hears of it at once."""
        self.now = ms(after)
        self._take(self.desk.step(items, self.durable, self.now))
        first = self.last
        if commit and self.durable < self.desk.seq:
            self.durable = self.desk.seq
            self._take(self.desk.step((), self.durable, self.now))
        return first

    def wakes_until(self, after: float) -> Work:
        """Steps at every instant that the desk names until `after` milliseconds, and then."""
        while (due := self.desk.next_wake()) is not None and due < ms(after):
            self.step(max(due - T0, self.now - T0) / MILLISECOND)
        return self.step(after)

    def commit(self, after: float) -> Work:
        """All that was appended is durable now."""
        self.durable, self.now = self.desk.seq, ms(after)
        self._take(self.desk.step((), self.durable, self.now))
        return self.last

    def _take(self, work: Work) -> None:
        self.last = work
        assert work.first_seq + len(work.appends) - 1 == self.desk.seq
        for place, event in enumerate(work.appends):
            self.recorded.append(ev.Recorded(work.first_seq + place, 1, self.now, event))
        self.events += work.appends
        self.acts += [do.act for do in work.acts]
        self.queries += [ask.query for ask in work.queries]
        self.answers += work.answers

    # ---- told

    def ready(self, **more: Any) -> Bench:
        """A new process, its clock, one complete read of the account, and a proven stream."""
        self.step(
            -100,
            inp.ClockReport(ms(-100), 0, 0),
            inp.Restarted(ms(-100), TERM, INSTALLATION),
            inp.StreamChanged(ms(-100), proven=False, is_open=True),
            inp.StreamChanged(ms(-90), proven=True, since=ms(-90)),
        )
        self.reads(-50, AskModes(), modes=(more.get("modes") or ModesReport(hedge=False, may_trade=True),))
        self.reads(-50, AskInstruments(), instruments=(INSTRUMENT,))
        self.reads(-50, AskWallet(), wallets=(WalletReport(D(1_000), D(1_000)),))
        self.reads(-50, AskMark(), marks=(mark(at=ms(-50)),))
        for query in (AskPositions(), AskOpenOrders(), AskStops()):
            self.reads(-50, query)
        assert self.desk.ready
        return self

    def reads(self, after: float, query: Query, *reports: object, began: float | None = None, **more: Any) -> Work:
        """A complete answer, begun 20 ms before it came."""
        since = ms(after - 20 if began is None else began)
        return self.step(after, inp.ReadAnswered(query, since, ms(after), told(*reports)._replace(**more)))

    def fails(self, after: float, query: Query, *, venue_answered: bool = False) -> Work:
        """A read that failed."""
        item = inp.ReadFailed(query, ms(after - 20), ms(after), "timeout", venue_answered=venue_answered)
        return self.step(after, item)

    def hears(self, after: float, *reports: object) -> Work:
        """The stream tells."""
        return self.step(after, inp.StreamReported(ms(after), told(*reports)))

    def marks(self, after: float, price: str = "0.2000") -> Work:
        """A fresh mark price."""
        return self.reads(after, AskMark(), marks=(MarkReport(SYMBOL, D(price), D(price), ms(after)),))

    def receives(self, after: float, asked: Signal | None = None, *, commit: bool = True, **changes: Any) -> Work:
        """A signal, made when it comes."""
        usual = {"made_at": ms(after), "received_at": ms(after)}
        return self.step(after, inp.SignalReceived(ms(after), asked or signal(**{**usual, **changes})), commit=commit)

    # ---- read

    @property
    def saga(self) -> Saga:
        """The latest saga."""
        return self.desk.sagas()[-1]

    def phase(self) -> Phase:
        """The latest saga's phase."""
        return self.saga.state.phase

    def answer(self, name: str = "velvet-1") -> Answer:
        """The latest answer about a signal."""
        return [answer for answer in self.answers if answer.signal_id == SignalId(name)][-1]

    def told_of(self, kind: type[ev.Event]) -> list[Any]:
        """The recorded events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def reborn(self) -> Bench:
        """Another process on what was durable."""
        other = Bench(self.traits)
        other.settings = self.settings
        other.desk = other._desk()
        other.recorded = [row for row in self.recorded if row.seq <= self.durable]
        other.desk.recover(other.recorded)
        other.durable = other.desk.seq
        return other
