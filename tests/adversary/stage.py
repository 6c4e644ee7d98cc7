"""A stage for stories against the heart: one world, many signals, other hands, and a book that is read without mercy.

`Stage` is the drill's world with the handles that a story needs: signals, closes, what a hand does, how a process dies
and on which journal it comes back. `wrongs` reads every fill of the venue's own history: an entry of ours never adds to
or turns a position, is filled once a signal and never above what was intended; a close or stop of ours only reduces;
our closes never take more than our entries gave. It asks nothing of our own events.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from seawall.drill import book
from seawall.drill.checks import ENDS
from seawall.drill.world import START, World
from seawall.engine.settings import DeskSettings
from seawall.journal.memory import MemoryJournal
from seawall.model import inputs as inp
from seawall.model.ids import Side, SignalId, Symbol, VenueName
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop
from seawall.model.times import MILLISECOND, MINUTE, SECOND, Duration
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.phase import Phase
from seawall.sagas.saga import Saga
from venuesim import words
from venuesim.facts import ZERO, Direction, StopScope, StopState, StopStatus
from venuesim.hands import WantedStop

BINANCE, BYBIT = VenueName.BINANCE, VenueName.BYBIT
COINS = {
    BINANCE: (
        "VELVETUSDT",
        "SOLUSDT",
        "XRPUSDT",
        "DOGEUSDT",
        "ADAUSDT",
        "LTCUSDT",
        "TRXUSDT",
        "BNBUSDT",
        "LINKUSDT",
        "AVAXUSDT",
    ),
    BYBIT: (
        "1000000BABYDOGEUSDT",
        "SOLUSDT",
        "XRPUSDT",
        "DOGEUSDT",
        "ADAUSDT",
        "LTCUSDT",
        "TRXUSDT",
        "BNBUSDT",
        "LINKUSDT",
        "AVAXUSDT",
    ),
}
CALM = 8 * MINUTE
MS = MILLISECOND
SIDES = pytest.mark.parametrize("side", [Side.BUY, pytest.param(Side.SELL, marks=pytest.mark.long)])
"""Both directions; the short side only where there is time for it."""
PERCENT_5 = Stop(percent=Decimal(5))


class Stage(World):
    """A world whose process is up and ready, with the first coins of its venue."""

    def __init__(
        self,
        venue: VenueName,
        *,
        coins: int = 1,
        seed: int = 0,
        switches: dict[str, str] | None = None,
        settings: DeskSettings | None = None,
        balance: Decimal = Decimal(100_000),
        ready: bool = True,
    ) -> None:
        self.coins = tuple(Symbol(name) for name in COINS[venue][:coins])
        super().__init__(
            venue,
            seed=seed,
            switches=switches,
            symbols=[*self.coins, "BTCUSDT"],
            settings=settings,
            balance=balance,
        )
        if ready:
            self.start()
            assert self.run(lambda: self.house is not None and self.house.desk.ready, most=MINUTE)
            self.run(most=SECOND)

    # ---- the sender

    def signal(self, name: str, coin: Symbol | None = None, **changed: object) -> Signal:
        """A market entry of 50 USDT with a stop of 5 %, made now; `changed` as the fields of `Signal`."""
        given: dict[str, object] = {
            "side": Side.BUY,
            "size": Size(SizeUnit.QUOTE, Decimal(50)),
            "stop": PERCENT_5,
            "action": Action.OPEN,
            "made_at": self.clock,
            "received_at": self.clock,
            "source": "drill",
            **changed,
        }
        return Signal(SignalId(name), self.account, coin or self.coins[0], **given)  # type: ignore[arg-type]

    def send(self, name: str, coin: Symbol | None = None, **changed: object) -> Signal:
        """A signal arrives now."""
        signal = self.signal(name, coin, **changed)
        self.give(inp.SignalReceived(self.clock, signal))
        return signal

    def ask_close(self, coin: Symbol | None = None) -> None:
        """The owner asks for a slot to be closed."""
        self.give(inp.CloseRequested(self.clock, coin or self.coins[0], "owner"))

    def protect(self, name: str, percent: str, coin: Symbol | None = None) -> Signal:
        """The owner asks for the stop to stand so many percent behind the entry's average."""
        return self.send(name, coin, action=Action.PROTECT, side=None, size=None, stop=Stop(percent=Decimal(percent)))

    # ---- other hands

    def hand(self, side: Side, quantity: Decimal, coin: Symbol | None = None) -> None:
        """Another actor trades on the account, past every check."""
        self.box.trade_by_hand(self.account, coin or self.coins[0], words.Side(side.name), quantity, self.now)
        self._wake_box()

    def cancel_stops(self, coin: Symbol | None = None) -> int:
        """Another actor cancels every live stop of a slot; how many there were."""
        live = [stop for stop in self.stops(coin) if stop.status is StopStatus.LIVE]
        for stop in live:
            self.box.cancel_by_hand(stop.stop_id, self.now)
        self._wake_box()
        return len(live)

    def leave_stop(
        self, coin: Symbol | None = None, *, whole: bool = True, away: str = "0.5", name: str = "web_old"
    ) -> str:
        """Another actor leaves a sell stop far below the market."""
        symbol = coin or self.coins[0]
        rules = self.box.instruments[symbol]
        trigger = self.price(symbol) * Decimal(away)
        ticket = words.StopTicket(
            symbol,
            words.Side.SELL,
            trigger - trigger % rules.tick,
            words.TriggerBy.MARK,
            Direction.FALL,
            StopScope.POSITION if whole else StopScope.QUANTITY,
            quantity=ZERO if whole else rules.min_quantity,
            client_id=name,
        )
        placed = self.box.book.place_stop(self.account, ticket, self.now)
        self.box._tell()
        self._wake_box()
        return placed.stop_id

    def take_profit(self, away: str = "1.1") -> str:
        """The owner sets a take-profit of all that is open."""
        symbol = self.coins[0]
        trigger = self.price(symbol) * Decimal(away)
        wanted = WantedStop(trigger - trigger % self.box.instruments[symbol].tick, words.Purpose.TAKE_PROFIT)
        placed = self.box.set_stop_by_hand(self.account, symbol, wanted, self.now)
        self._wake_box()
        return placed.stop_id

    def liquidate(self, coin: Symbol | None = None) -> None:
        """The venue liquidates a position."""
        self.box.liquidate(self.account, coin or self.coins[0], self.now)
        self._wake_box()

    def jump(self, percent: str, coin: Symbol | None = None) -> None:
        """Both prices jump."""
        symbol = coin or self.coins[0]
        prices = self.box.book.market.prices(symbol)
        factor = 1 + Decimal(percent) / 100
        self.box.set_price(symbol, self.now, mark=prices.mark * factor, last=prices.last * factor)
        self._wake_box()

    # ---- the process

    def restart(self, pause: Duration = SECOND) -> None:
        """The process dies now, and another starts after a pause."""
        self.kill()
        self.run(most=pause)
        self.start()

    def restore(self, keep: int, pause: Duration = SECOND) -> None:
        """The process dies, and another starts on an old copy of the journal that holds the first `keep` rows."""
        self.kill()
        old = MemoryJournal({self.account: self.venue.value})
        rows = self.recorded()[:keep]
        if rows:
            old.append(self.account, 1, 0, [(row.at, row.event) for row in rows])
        self.journal = old
        self.run(most=pause)
        self.start()

    # ---- reading

    def price(self, coin: Symbol | None = None) -> Decimal:
        """The mark."""
        return self.box.book.market.prices(coin or self.coins[0]).mark

    def held(self, coin: Symbol | None = None) -> Decimal:
        """What the venue holds on a slot."""
        return self.box.book.position(self.account, coin or self.coins[0]).quantity

    def stops(self, coin: Symbol | None = None) -> Sequence[StopState]:
        """The stops of a slot that have not ended, in the venue's book."""
        return self.box.book.open_stops(self.account, coin or self.coins[0])

    def saga(self, name: str) -> Saga:
        """The saga of a signal; KeyError if nobody answers for it."""
        return {saga.state.signal.id: saga for saga in self.sagas()}[SignalId(name)]

    def knows(self, name: str) -> bool:
        """Whether a living saga answers for a signal."""
        return any(saga.state.signal.id == name for saga in self.sagas())

    def state(self, name: str) -> SagaState:
        """The state of a signal's saga."""
        return self.saga(name).state

    def phase(self, name: str) -> Phase:
        """Where a signal stands."""
        return self.state(name).phase

    def answer(self, name: str) -> str:
        """The last answer to a signal: "accepted", or the reason of the refusal; empty without one."""
        answers = [answer for answer in self.answers if answer.signal_id == name]
        return "" if not answers else "accepted" if answers[-1].accepted else answers[-1].reason

    def events(self, name: str) -> tuple[str, ...]:
        """The kinds of what is recorded of a signal, in order."""
        return tuple(type(row.event).__name__ for row in self.recorded() if row.event.signal_id == name)

    def until(self, name: str, *phases: Phase, most: Duration = MINUTE) -> bool:
        """Runs until a signal stands in one of the phases."""
        return self.run(lambda: self.knows(name) and self.phase(name) in phases, most=most)

    def calm(self, most: Duration = CALM, storm: Duration = 15 * SECOND) -> bool:
        """Lets the storm blow; then lifts all faults and runs until every signal has ended, and stays so for longer
        than the period in which stops are read again.
        """
        self.run(most=storm)
        self.box.faults.clear()
        ended = self.run(self._all_ended, most=most)
        self.run(most=45 * SECOND)
        return ended and self.run(self._all_ended, most=most)

    def _all_ended(self) -> bool:
        return self.house is not None and all(saga.state.phase in ENDS for saga in self.sagas())

    def tell(self, name: str = "") -> str:
        """The timeline as recorded, for a failing story."""
        rows = (row for row in self.recorded() if not name or row.event.signal_id in (name, ""))
        return "\n".join(f"{(row.at - START) / 1000:12.1f} ms  {row.event}" for row in rows)


def wrongs(stage: Stage) -> list[str]:
    """What the venue's book shows that no order of ours may ever have done: each a sentence."""
    return list(book.wrongs(stage))


def leftovers(stage: Stage) -> list[str]:
    """What stands at the venue that nobody answers for, what of ours is naked, and who has not ended."""
    unended = [f"{saga.state.signal.id}: no end" for saga in stage.sagas() if saga.state.phase not in ENDS]
    return [*book.leftovers(stage), *unended]
