"""A desk with many open signals, made of one: for measuring a step, not for judging one.

One signal is opened and protected in the deterministic world. Its recorded events are told again under other names on
other symbols, as often as wanted, and a desk recovers from all of them, as a process does at its start; then its clock,
its stream and its reads are answered from memory, every position and stop being where the story left them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from seawall.drill.house import INSTALLATION
from seawall.drill.world import World
from seawall.engine.desk import Desk
from seawall.engine.settings import DeskSettings
from seawall.journal.encoding import decode_event, encode
from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.ids import Account, Side, SignalId, Symbol, VenueName
from seawall.model.instrument import Instrument
from seawall.model.queries import (
    AskInstruments,
    AskMark,
    AskModes,
    AskOpenOrders,
    AskPositions,
    AskStops,
    AskWallet,
)
from seawall.model.reports import MarkReport, ModesReport, PositionReport, StopReport, WalletReport
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop
from seawall.model.times import SECOND, Instant
from seawall.sagas.phase import Phase
from seawall.venues.binance.traits import TRAITS

TEMPLATE = Symbol("VELVETUSDT")
PRICE = Decimal("0.2")
ACCOUNT = Account("bench")
_RICH = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Story:
    """One signal from acceptance to PROTECTED as its journal tells it, and the last that was said of it."""

    rows: tuple[ev.Recorded, ...]
    position: PositionReport
    stop: StopReport
    ended: Instant

    def positions(self, symbols: Sequence[Symbol], at: Instant) -> tuple[PositionReport, ...]:
        """The position as the story left it, on each symbol."""
        return tuple(replace(self.position, symbol=symbol, began_at=at, at=at) for symbol in symbols)

    def stops(self, symbols: Sequence[Symbol], at: Instant) -> tuple[StopReport, ...]:
        """Its stop, likewise."""
        return tuple(replace(self.stop, symbol=symbol, at=at) for symbol in symbols)


def told_once() -> Story:
    """Opens and protects one signal in the deterministic world."""
    world = World(VenueName.BINANCE, switches={"lag": "none"}, symbols=[TEMPLATE, "BTCUSDT"])
    world.start()
    world.run(lambda: world.house is not None and world.house.desk.ready)
    asked = signal(TEMPLATE, world.clock)
    world.give(inp.SignalReceived(world.clock, asked))
    world.run(lambda: bool(world.sagas()) and world.sagas()[0].state.phase is Phase.PROTECTED)
    world.run(most=SECOND)
    rows = tuple(row for row in world.recorded() if row.event.signal_id == asked.id)
    positions = [row.event.report for row in rows if isinstance(row.event, ev.PositionReported)]
    stops = [row.event.report for row in rows if isinstance(row.event, ev.StopReported)]
    return Story(rows, positions[-1], stops[-1], world.clock)


def signal(symbol: Symbol, at: Instant) -> Signal:
    """A signal on a symbol, named after it."""
    size, stop = Size(SizeUnit.QUOTE, Decimal(50)), Stop(price=PRICE * Decimal("0.9"))
    return Signal(SignalId(symbol), ACCOUNT, symbol, Action.OPEN, at, at, "bench", Side.BUY, size, stop)


def symbols_of(size: int, prefix: str = "BENCH") -> list[Symbol]:
    """So many made-up symbols."""
    return [Symbol(f"{prefix}{number}USDT") for number in range(size)]


def desk_with(story: Story, symbols: Sequence[Symbol], free: Sequence[Symbol]) -> tuple[Desk, Instant]:
    """A desk with the story on each of `symbols`, ready for signals on the `free` ones too; and the time."""
    desk = Desk(
        account=ACCOUNT, venue=VenueName.BINANCE, traits=TRAITS, installation=INSTALLATION, settings=DeskSettings()
    )
    desk.recover(_retold(story, symbols))
    now = story.ended + SECOND
    for item in _standing(story, symbols, free, now):
        desk.step((item,), desk.seq, now)
    desk.step((), desk.seq, now)
    if not desk.ready:
        raise RuntimeError("the desk: expected to be ready after its reads, it is not")
    return desk, now


def _retold(story: Story, symbols: Sequence[Symbol]) -> list[ev.Recorded]:
    rows: list[ev.Recorded] = []
    for symbol in symbols:
        for row in story.rows:
            rows.append(replace(row, seq=len(rows) + 1, event=_renamed(row, symbol)))
    return rows


def _renamed(row: ev.Recorded, symbol: Symbol) -> ev.Event:
    """The same event about another symbol: by way of its row, where a symbol is a text like any other."""
    told = encode(ACCOUNT, "binance", row.seq, row.epoch, row.at, row.event)
    return decode_event(replace(told, event_data=told.event_data.replace(TEMPLATE, symbol)))


def _standing(story: Story, symbols: Sequence[Symbol], free: Sequence[Symbol], now: Instant) -> list[inp.Input]:
    """All that a process hears before it is ready."""
    everything = (*symbols, *free)
    answers = (
        inp.ReadAnswered(AskModes(), now, now, inp.Told(modes=(ModesReport(hedge=False, may_trade=True),))),
        inp.ReadAnswered(AskInstruments(), now, now, inp.Told(instruments=tuple(map(_rules, everything)))),
        inp.ReadAnswered(AskWallet(), now, now, inp.Told(wallets=(WalletReport(_RICH, _RICH),))),
        inp.ReadAnswered(AskMark(), now, now, inp.Told(marks=marks(everything, now))),
        inp.ReadAnswered(AskPositions(), now, now, inp.Told(positions=story.positions(symbols, now))),
        inp.ReadAnswered(AskOpenOrders(), now, now),
        inp.ReadAnswered(AskStops(), now, now, inp.Told(stops=story.stops(symbols, now))),
    )
    started = inp.Restarted(now, now // SECOND, INSTALLATION)
    return [inp.ClockReport(now, 0, 0), started, inp.StreamChanged(now, proven=True, since=now), *answers]


def marks(symbols: Sequence[Symbol], at: Instant) -> tuple[MarkReport, ...]:
    """The same price on every symbol."""
    return tuple(MarkReport(symbol, PRICE, PRICE, at) for symbol in symbols)


def _rules(symbol: Symbol) -> Instrument:
    return Instrument(
        symbol=symbol,
        tick=Decimal("0.0001"),
        step=Decimal(1),
        min_quantity=Decimal(1),
        max_quantity=Decimal(1_000_000),
        min_notional=Decimal(5),
        max_leverage=Decimal(50),
        trading=True,
    )
