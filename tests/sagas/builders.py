"""Small things to tell a saga, and a case: one saga under a hand-turned clock, without a desk, a venue or a journal.

Times are milliseconds after T0 wherever a builder takes a plain number of them (`ms`); the venue's clock agrees with
ours unless a test says otherwise. One contract serves all: VELVETUSDT at 0.2000, tick 0.0001, lot 1, worth at least 5.
The default signal buys 27 of it with a stop at 0.1900; `percent(5)` asks for one 5 % away instead.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import (
    Act,
    CancelOrder,
    ClosePosition,
    Outcome,
    PlaceStop,
    PlaceTakeProfit,
    Reason,
    SetLeverage,
    SubmitEntry,
)
from seawall.model.ids import Account, ClientId, Side, SignalId, Symbol, VenueId
from seawall.model.instrument import Instrument
from seawall.model.queries import AskFills, AskOrder, AskPositions, AskStop, AskStops, Query
from seawall.model.reports import (
    FillReport,
    MarkReport,
    OrderReport,
    OrderStatus,
    PositionReport,
    Source,
    StopReport,
    StopStatus,
    WalletReport,
)
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop, TakeProfit, TriggerBy
from seawall.model.times import MILLISECOND, SECOND, Bounds, Instant
from seawall.model.venue import Traits
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.exposure import Exposure, measure
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.stops import StopFacts
from seawall.sagas.judgement import judge
from seawall.sagas.phase import Finding, Phase
from seawall.sagas.saga import Saga
from seawall.venues.binance.traits import TRAITS as BINANCE
from seawall.venues.bybit.traits import TRAITS as BYBIT

D = Decimal
A = TypeVar("A", SubmitEntry, PlaceStop, CancelOrder, ClosePosition, PlaceTakeProfit, SetLeverage)
E = TypeVar("E", bound=ev.Event)

T0: Instant = 1_795_448_000 * SECOND
SYMBOL = Symbol("VELVETUSDT")
INSTALLATION = "abcd"
TERM = T0 // SECOND - 10
BOUNDS = Bounds()
STOP_AT, BOUGHT = D("0.1900"), D(27)
LADDER = (TakeProfit(D(50), percent=D(2)), TakeProfit(D(50), percent=D(4)))

INSTRUMENT = Instrument(
    symbol=SYMBOL,
    tick=D("0.0001"),
    step=D(1),
    min_quantity=D(1),
    max_quantity=D(100_000),
    min_notional=D(5),
    max_leverage=D(50),
    trading=True,
    band_up=D("1.05"),
    band_down=D("0.95"),
    maintenance_rate=D("0.01"),
)


def ms(after: float) -> Instant:
    """The instant `after` milliseconds after T0."""
    return T0 + round(after * MILLISECOND)


def signal(**changes: Any) -> Signal:
    """Buy 27 with a stop at 0.1900, made at T0 and good for 30 s."""
    asked = Signal(
        id=SignalId("velvet-1"),
        account=Account("alpha"),
        symbol=SYMBOL,
        action=Action.OPEN,
        made_at=T0,
        received_at=T0,
        side=Side.BUY,
        size=Size(SizeUnit.BASE, BOUGHT),
        stop=Stop(price=STOP_AT),
    )
    return replace(asked, **changes)


def percent(percentage: int, **changes: Any) -> Signal:
    """The same signal with a stop in percent."""
    return signal(stop=Stop(percent=D(percentage)), **changes)


def mark(price: str = "0.2000", last: str | None = None, at: Instant = T0) -> MarkReport:
    """The prices of the contract."""
    return MarkReport(SYMBOL, D(price), D(last or price), at)


def position(
    amount: str | int, began: float = 0, *, told: float | None = None, source: Source = Source.POSITIONS, **more: Any
) -> PositionReport:
    """A position's word: read from `began`, or on the stream; `told` is the venue's own time of it, None for none."""
    at = ms(began) if source is Source.STREAM else ms(began + 20)
    venue_at = 0 if told is None else ms(told)
    return PositionReport(SYMBOL, D(amount), source, ms(began), at, venue_at, **more)


def order(
    name: ClientId,
    status: OrderStatus = OrderStatus.FILLED,
    filled: str | int = 0,
    *,
    at: float = 0,
    told: float | None = None,
    source: Source = Source.ORDER,
    **more: Any,
) -> OrderReport:
    """An order's word. `told` is the venue's own time of it, `at` where it is not said."""
    venue_at = ms(at if told is None else told)
    return OrderReport(SYMBOL, name, status, source, ms(at), venue_at, filled=D(filled), **more)


def fill(
    name: str,
    quantity: str | int = 27,
    price: str = "0.2000",
    *,
    trade: str = "t1",
    at: float = 0,
    told: float | None = None,
    source: Source = Source.STREAM,
    **more: Any,
) -> FillReport:
    """One trade under a name."""
    venue_at = ms(at if told is None else told)
    return FillReport(
        SYMBOL, trade, Side.BUY, D(quantity), D(price), source, ms(at), venue_at, client_id=ClientId(name), **more
    )


def stop(
    name: str,
    status: StopStatus = StopStatus.LIVE,
    *,
    at: float = 0,
    source: Source = Source.STOPS,
    trigger: Decimal | None = None,
    **more: Any,
) -> StopReport:
    """A stop's word."""
    return StopReport(SYMBOL, ClientId(name), status, source, ms(at), ms(at), trigger=trigger, **more)


def told(*reports: object, missing: tuple[str, ...] = ()) -> inp.Told:
    """Reports of any kinds in one answer or frame."""
    return inp.Told(
        orders=tuple(report for report in reports if isinstance(report, OrderReport)),
        fills=tuple(report for report in reports if isinstance(report, FillReport)),
        positions=tuple(report for report in reports if isinstance(report, PositionReport)),
        stops=tuple(report for report in reports if isinstance(report, StopReport)),
        missing=missing,
    )


class Case:
    """One saga, told things at instants that the test names; what it put out is kept."""

    def __init__(self, asked: Signal | None = None, traits: Traits = BINANCE, **given: Any) -> None:
        self.traits = traits
        self.given: dict[str, Any] = given
        self.now: Instant = T0
        self.begun = SagaState(asked or signal())
        self.saga = Saga(self.begun)
        self.events: list[ev.Event] = []
        self.acts: list[Act] = []
        self.gates: list[int] = []
        self.queries: list[Query] = []

    # ---- turning the clock

    @property
    def around(self) -> Circumstances:
        """All that the saga is told beside its inputs: everything read, fresh and in order, unless given otherwise."""
        usual: dict[str, Any] = {
            "term": TERM,
            "began_at": TERM * SECOND,
            "installation": INSTALLATION,
            "clock_known": True,
            "instrument": INSTRUMENT,
            "mark": mark(at=self.now),
            "wallet": WalletReport(D(1_000), D(1_000)),
            "position": position(0),
            "position_complete": True,
            "foreign_orders": (),
        }
        return Circumstances(now=self.now, traits=self.traits, bounds=BOUNDS, **{**usual, **self.given})

    def at(self, after: float, *items: inp.Input) -> list[ev.Event]:
        """The step `after` milliseconds after T0: hears the items, decides; returns what it recorded."""
        self.now = ms(after)
        for item in items:
            self.saga.hear(item, self.around)
        self.saga.decide(self.around)
        return self.collect()

    def collect(self) -> list[ev.Event]:
        """Takes what the saga put out, as a desk does."""
        agenda = self.saga.agenda
        recorded = list(agenda.events)
        self.events += recorded
        self.acts += [act for act, _ in agenda.acts]
        self.gates += [gate for _, gate in agenda.acts]
        self.queries += [query for query, _ in agenda.queries]
        agenda.events, agenda.acts, agenda.queries = [], [], []
        return recorded

    def wakes_until(self, after: float) -> list[ev.Event]:
        """Steps at every instant that the saga names until `after` milliseconds, and then; what was recorded."""
        recorded: list[ev.Event] = []
        while (due := self.saga.next_wake()) is not None and due < ms(after):
            recorded += self.at((due - T0) / MILLISECOND)
        return recorded + self.at(after)

    def restart(self, after: float, *, lost: int = 0) -> list[ev.Event]:
        """A new process takes the saga up on what was recorded, without the last `lost` events: not yet durable."""
        self.now = ms(after)
        self.events = self.events[: len(self.events) - lost]
        self.given |= {"term": self.now // SECOND, "began_at": self.now}
        self.saga = Saga(self.folded())
        self.saga.resume(self.around)
        self.saga.decide(self.around)
        return self.collect()

    def folded(self) -> SagaState:
        """The state that the recorded events alone give."""
        from seawall.sagas.evidence.fold import apply

        state = self.begun
        for event in self.events:
            state = apply(state, event)
        return state

    # ---- telling

    def hears(self, after: float, *reports: object) -> list[ev.Event]:
        """The stream tells."""
        return self.at(after, inp.StreamReported(ms(after), told(*reports)))

    def reads(self, after: float, query: Query, *reports: object, began: float | None = None) -> list[ev.Event]:
        """A complete read, begun 20 ms before it came unless said otherwise."""
        since = ms(after - 20 if began is None else began)
        return self.at(after, inp.ReadAnswered(query, since, ms(after), told(*reports)))

    def fails(self, after: float, query: Query, *reports: object) -> list[ev.Event]:
        """A read that failed, with what of it did come."""
        return self.at(after, inp.ReadFailed(query, ms(after - 20), ms(after), "timeout", told(*reports)))

    def answers(
        self,
        after: float,
        name: ClientId,
        outcome: Outcome = Outcome.ACKNOWLEDGED,
        reason: Reason = Reason.NONE,
        *reports: object,
        **more: Any,
    ) -> list[ev.Event]:
        """The answer to an act."""
        answer = inp.ActAnswered(name, SYMBOL, outcome, ms(after - 10), ms(after), reason, told=told(*reports), **more)
        return self.at(after, answer)

    def misses(self, after: float, *, moved: str | int = 0, trades: tuple[FillReport, ...] = ()) -> list[ev.Event]:
        """One complete round that sees nothing of the entry: its name, the trades since the baseline, the position."""
        began = ms(after)
        asked = (
            inp.ReadAnswered(AskOrder(SYMBOL, self.entry), began, ms(after + 20)),
            inp.ReadAnswered(AskFills(SYMBOL, self.baseline_at), began + 1, ms(after + 20), told(*trades)),
            inp.ReadAnswered(AskPositions(SYMBOL), began + 1, ms(after + 20), told(position(moved, after + 0.001))),
        )
        return self.at(after + 20, *asked)

    def flat(self, after: float, *, dated: float | None = None) -> list[ev.Event]:
        """Stream and read both say that the position is flat; `dated` by the venue, `after` if not said."""
        at = after if dated is None else dated
        gone = position(0, after, told=at, source=Source.STREAM)
        self.at(after, inp.StreamReported(ms(after), told(gone)))
        return self.reads(after + 40, AskPositions(SYMBOL), position(0, after + 20, told=at), began=after + 20)

    # ---- reading

    @property
    def state(self) -> SagaState:
        """The saga's state."""
        return self.saga.state

    def phase(self) -> Phase:
        """The saga's phase."""
        return self.saga.state.phase

    @property
    def entry(self) -> ClientId:
        """The name of the latest attempt."""
        return self.state.attempts[-1].client_id

    @property
    def since(self) -> Instant:
        """The venue time of the latest intent."""
        intent = self.state.intent
        assert intent is not None
        return intent.since

    @property
    def baseline_at(self) -> Instant:
        """The venue time up to which the latest intent's baseline tells of every trade."""
        intent = self.state.intent
        assert intent is not None
        return intent.baseline_at

    @property
    def newest_stop(self) -> StopFacts:
        """The stop intended last."""
        return max(self.state.stops.values(), key=lambda facts: facts.n)

    @property
    def exposure(self) -> Exposure:
        """What is open, as measured now."""
        return measure(self.state, self.around)

    def finding(self) -> Finding:
        """The judge's finding now, by the naked clock as it runs."""
        return judge(self.state, self.around, self.saga.agenda.naked_since)

    def sent(self, kind: type[A]) -> list[A]:
        """The acts of one kind, oldest first."""
        return [act for act in self.acts if isinstance(act, kind)]

    def told_of(self, kind: type[E]) -> list[E]:
        """The recorded events of one kind, oldest first."""
        return [event for event in self.events if isinstance(event, kind)]


# ---- cases a little way along


def entering(asked: Signal | None = None, traits: Traits = BINANCE, **given: Any) -> Case:
    """A case whose entry is intended at T0."""
    case = Case(asked, traits, **given)
    case.at(0)
    assert case.phase() is Phase.ENTERING
    return case


def naked(asked: Signal | None = None, traits: Traits = BINANCE, at: float = 100, **given: Any) -> Case:
    """A case whose entry has filled whole at 0.2000, acknowledged and told by the stream; nothing covers it yet."""
    case = entering(asked, traits, **given)
    case.answers(at - 50, case.entry)
    case.hears(at, fill(case.entry, at=at), order(case.entry, filled=27, at=at, average=D("0.2000")))
    assert case.phase() is Phase.PROTECTING
    return case


def armed(asked: Signal | None = None, traits: Traits = BINANCE, **given: Any) -> Case:
    """A filled case whose stop is acknowledged at 150 and not seen."""
    case = naked(asked, traits, **given)
    if not traits.attaches_stop:
        case.answers(150, case.newest_stop.client_id)
    assert case.finding() is Finding.ARMED
    return case


def protected(asked: Signal | None = None, traits: Traits = BINANCE, **given: Any) -> Case:
    """A filled case whose stop was seen live at 200."""
    case = armed(asked, traits, **given)
    seen = case.newest_stop
    if traits.names_stops:
        case.hears(200, stop(seen.client_id, at=200, trigger=seen.trigger))
    else:
        row = position(27, 200, told=150, source=Source.STREAM, stop_loss=seen.trigger)
        case.hears(200, row, stop("", at=200, trigger=seen.trigger, venue_id=VenueId("c-1")))
    assert case.phase() is Phase.PROTECTED
    return case


def laddered(traits: Traits = BINANCE) -> Case:
    """A protected case whose two rungs stand at the venue."""
    case = protected(replace(signal(), take_profit=LADDER), traits)
    for after in (210, 220):
        rung = case.sent(PlaceTakeProfit)[-1]
        case.answers(after, rung.client_id)
        case.hears(after + 5, order(rung.client_id, OrderStatus.OPEN, 0, at=after))
    return case


def close_asked(after: float) -> inp.CloseRequested:
    """A user asks for the way home."""
    return inp.CloseRequested(ms(after), SYMBOL, "hand")


def closing(case: Case | None = None, at: float = 300) -> Case:
    """A protected case whose owner asked to close it; the first close is out."""
    case = case or protected()
    case.at(at, close_asked(at))
    return case


__all__ = [
    "BINANCE",
    "BOUGHT",
    "BOUNDS",
    "BYBIT",
    "INSTALLATION",
    "INSTRUMENT",
    "LADDER",
    "STOP_AT",
    "SYMBOL",
    "T0",
    "TERM",
    "AskFills",
    "AskOrder",
    "AskPositions",
    "AskStop",
    "AskStops",
    "Case",
    "D",
    "Finding",
    "OrderStatus",
    "Outcome",
    "Phase",
    "Reason",
    "Source",
    "StopStatus",
    "TriggerBy",
    "armed",
    "entering",
    "fill",
    "laddered",
    "mark",
    "ms",
    "naked",
    "order",
    "percent",
    "position",
    "protected",
    "signal",
    "stop",
    "told",
]  # fmt: skip
