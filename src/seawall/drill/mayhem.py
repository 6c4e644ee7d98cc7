"""Mayhem: a second storm, of many signals. Where the first asks whether one signal outlives everything, this one asks
whether signals outlive each other.

A seed gives a world of two to four symbols, three to six signals on them (some on a slot that another holds, some that
close their opposite), requests to close, other hands that add, take, close and cancel, two plans' worth of faults, and
kills. After the storm the faults are lifted, mark and last meet, and every signal must come to an end.

Safety is read from every fill in the venue's own book: an entry of ours never lands on a position that no hand made,
is filled once a signal and never above what was intended; a close or a stop of ours only ever reduces; our closes
never take more than our entries gave. `python -m seawall.drill.mayhem --seeds 0..100` runs it on both venues.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product

import msgspec

from seawall.drill import book
from seawall.drill.checks import ENDS
from seawall.drill.demands import patience
from seawall.drill.hands import REFUSED_TO_HANDS
from seawall.drill.lengths import Length
from seawall.drill.lines import fault_on
from seawall.drill.page import FaultLine
from seawall.drill.plans import Plan, draw
from seawall.drill.progress import Progress
from seawall.drill.world import World
from seawall.journal.port import JournalFull
from seawall.model import inputs as inp
from seawall.model.events import EVERY_SYMBOL, FOR_WANT_OF_A_STOP
from seawall.model.ids import Side, SignalId, Symbol, VenueName
from seawall.model.signal import Action, OnOpposite, Signal, Size, SizeUnit, Stop, TakeProfit
from seawall.model.times import MILLISECOND, MINUTE, SECOND, Duration, Instant
from venuesim import words
from venuesim.facts import StopStatus
from venuesim.faults import parse
from venuesim.hands import WantedMove

STORM: Duration = 40 * SECOND
CALM: Duration = 8 * MINUTE
LASTING: Duration = 45 * SECOND
COINS = {
    VenueName.BINANCE: ("VELVETUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT"),
    VenueName.BYBIT: ("1000000BABYDOGEUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT"),
}
_DEEDS = ("close", "close", "take", "add", "shut", "cancel", "intrude", "fall", "rise")
_WISHES = ("part", "part", "move", "move", "move", "ladder", "reverse", "flatten", "close")
_VENUE = ("hand_move", "deleverage", "liquidate", "take", "cancel", "fall", "rise")
_OK = 200


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does at `at` after the beginning: send a signal, ask for a close, or trade by hand."""

    at: Duration
    does: str
    coin: int
    side: Side = Side.BUY
    percent_stop: bool = True
    leverage: int = 0
    closes_opposite: bool = False
    percent: int = 0


@dataclass(frozen=True, slots=True)
class Mayhem:
    """One seed's world. `plan` lends its switches, kills, clock and journal; `faults` are those of several plans."""

    plan: Plan
    coins: tuple[Symbol, ...]
    deeds: tuple[Deed, ...]
    faults: tuple[FaultLine, ...]
    spares: bool


@dataclass(slots=True)
class Outcome:
    """What a seed came to."""

    mayhem: Mayhem
    breaches: list[str]
    ends: list[str] = field(default_factory=list)
    fired: int = 0


def draw_mayhem(venue: VenueName, seed: int, lend: Callable[[VenueName, int], Plan] = draw) -> Mayhem:
    """The world of a seed on a venue; the same for ever. `lend` draws the plans whose troubles it meets."""
    chance = random.Random(f"mayhem/{venue}/{seed}")  # noqa: S311 - a drill, drawn from a seed
    plans = [lend(venue, seed + place * 1_000_000) for place in range(chance.choice((2, 2, 3, 5)))]
    coins = tuple(Symbol(name) for name in COINS[venue][: chance.choice((2, 3, 4))])
    deeds = [_signal(chance, coins) for _ in range(chance.randrange(3, 7))]
    deeds += [_other(chance, coins) for _ in range(chance.choice((0, 1, 3, 6)))]
    faults = tuple(_late(chance, line) for plan in plans for line in plan.page.fault)
    by_hand = any(deed.does not in ("send", "close") for deed in deeds)
    spares = all(plan.spares for plan in plans) and not by_hand
    return Mayhem(plans[0], coins, tuple(sorted(deeds, key=lambda deed: deed.at)), faults, spares)


def guarded(mayhem: Mayhem, venue: VenueName, seed: int) -> Mayhem:
    """The same world with an owner who keeps asking things of what is open, and a venue that acts by itself."""
    chance = random.Random(f"guard/{venue}/{seed}")  # noqa: S311 - a drill, drawn from a seed
    wishes = [_later(chance, mayhem.coins, chance.choice(_WISHES)) for _ in range(chance.choice((2, 4, 8)))]
    others = [_later(chance, mayhem.coins, chance.choice(_VENUE)) for _ in range(chance.choice((0, 0, 1, 2)))]
    deeds = tuple(sorted((*mayhem.deeds, *wishes, *others), key=lambda deed: deed.at))
    return replace(mayhem, deeds=deeds, spares=mayhem.spares and not others)


def _later(chance: random.Random, coins: tuple[Symbol, ...], does: str) -> Deed:
    at = chance.choice((chance.randrange(1, 3_000), chance.randrange(1, 35_000))) * MILLISECOND
    side = chance.choice((Side.BUY, Side.SELL))
    return Deed(at, does, chance.randrange(len(coins)), side, percent=chance.choice((1, 2, 3, 4, 25, 50, 75)))


def _when(chance: random.Random) -> Duration:
    return chance.choice((0, 0, chance.randrange(1, 200), chance.randrange(1, 25_000))) * MILLISECOND


def _signal(chance: random.Random, coins: tuple[Symbol, ...]) -> Deed:
    return Deed(
        _when(chance),
        "send",
        chance.randrange(len(coins)),
        chance.choice((Side.BUY, Side.SELL)),
        chance.randrange(2) == 0,
        chance.choice((0, 0, 0, 5)),
        chance.randrange(2) == 0,
    )


def _other(chance: random.Random, coins: tuple[Symbol, ...]) -> Deed:
    return Deed(_when(chance), chance.choice(_DEEDS), chance.randrange(len(coins)))


def _late(chance: random.Random, line: FaultLine) -> FaultLine:
    """A fault as drawn, or one that begins later, when other signals meet it."""
    begins = chance.choice((0, 0, 1, 5, 15)) * SECOND
    return msgspec.structs.replace(line, after=Length(begins)) if begins and line.after is None else line


# ---- running


def attempt(mayhem: Mayhem) -> Outcome:
    """Runs a seed to its end: storm, then calm, then the book is read."""
    stage = _Stage(mayhem)
    ended = stage.run()
    breaches = [*book.wrongs(stage.world), *book.leftovers(stage.world), *stage.rollbacks()]
    breaches += book.unrecorded(stage.world, patience(mayhem.plan.page))
    breaches += [*book.bare(stage.world), *book.needless(stage.world, stage.asked)]
    if not ended:
        breaches += [
            f"{saga.state.signal.id}: no end: {saga.state.phase.value}"
            for saga in stage.world.sagas()
            if saga.state.phase not in ENDS
        ]
    ends = [f"{saga.state.phase.value} {saga.state.end.value}".strip() for saga in stage.world.sagas()]
    return Outcome(mayhem, breaches, ends, len(stage.world.box.faults.fired))


class _Stage:
    """One seed's world while it runs."""

    def __init__(self, mayhem: Mayhem) -> None:
        plan = mayhem.plan
        symbols = [*mayhem.coins, Symbol("BTCUSDT")]
        self.mayhem = mayhem
        self.asked: list[tuple[str, Instant]] = []
        """When somebody asked for something that may bring a position home, and on which symbol."""
        self.sent = 0
        self.lifted_at: Instant = 0
        page = plan.page
        self.world = World(
            plan.venue,
            seed=plan.seed,
            switches=page.switches,
            symbols=symbols,
            skew=page.clock.ahead,
            drift_ppm=page.clock.drift_ppm,
            trade_socket=page.order_entry == "auto",
        )

    def run(self) -> bool:
        """Whether every signal came to an end that lasted."""
        world = self.world
        world.start()
        world.run(lambda: world.house is not None and world.house.desk.ready, most=MINUTE)
        world.run(most=SECOND)
        began = world.now
        for line in self.mayhem.faults:
            given = fault_on(self.mayhem.plan.page, world.venue, world.account, line, began - world.box.start)
            world.box.faults.add(parse(given))
        self._schedule(began)
        world.run(most=STORM)
        self._lift()
        world.run(self._is_over, most=CALM)
        world.run(most=LASTING)
        return world.run(self._is_over, most=CALM)

    def _schedule(self, began: Instant) -> None:
        world, page = self.world, self.mayhem.plan.page
        for deed in self.mayhem.deeds:
            world.at(began + deed.at, lambda deed=deed: self._do(deed))  # type: ignore[misc]
        for kill in page.kill:
            at = began + (kill.at or kill.nth * SECOND)
            world.at(at, self._die)
            world.at(at + kill.pause, self._rise)
        for trouble in page.journal:
            begins, ends = began + trouble.at, began + trouble.at + trouble.lasts
            if trouble.does == "stall":
                world.at(begins, lambda ends=ends: world.journal.stall_until(ends))  # type: ignore[misc]
            else:
                world.at(begins, lambda: world.journal.fail(JournalFull))
                world.at(ends, world.journal.mend)

    def _die(self) -> None:
        if self.world.house is not None:
            self.world.kill()

    def _rise(self) -> None:
        if self.world.house is None:
            self.world.start()

    def _lift(self) -> None:
        self.lifted_at = self.world.now
        self.world.box.calm(self.world.now)
        self.world.stir()

    def _is_over(self) -> bool:
        """Whether every signal is at its end, and the venue has been heard since the calm: a ban outlasts the storm."""
        ended = self.world.house is not None and all(saga.state.phase in ENDS for saga in self.world.sagas())
        return ended and book.has_answered(self.world.box.log, self.lifted_at)

    def _do(self, deed: Deed) -> None:
        world, coin = self.world, self.mayhem.coins[deed.coin]
        if deed.does == "send":
            self.sent += 1
            self.asked += [(coin, world.now)] if deed.closes_opposite else []
            world.give(inp.SignalReceived(world.clock, self._signal_of(deed, coin)))
        elif deed.does == "close":
            self.asked.append((coin, world.now))
            world.give(inp.CloseRequested(world.clock, coin, "owner"))
        elif deed.does == "cancel":
            self._cancel_stops(coin)
        elif deed.does in ("fall", "rise"):
            self._jump(coin, Decimal("0.93") if deed.does == "fall" else Decimal("1.07"))
        elif deed.does in ("part", "move", "ladder", "reverse", "flatten"):
            self._wish(deed, coin)
        elif deed.does in ("hand_move", "deleverage", "liquidate"):
            self._venue_acts(deed, coin)
        else:
            self._trade(deed.does, coin)

    def _signal_of(self, deed: Deed, coin: Symbol) -> Signal:
        mark = self.world.box.book.market.prices(coin).mark
        price = mark * (1 - deed.side.sign * Decimal("0.05"))
        return Signal(
            SignalId(f"m{self.sent}"),
            self.world.account,
            coin,
            Action.OPEN,
            self.world.clock,
            self.world.clock,
            "drill",
            deed.side,
            Size(SizeUnit.QUOTE, Decimal(50)),
            Stop(percent=Decimal(5)) if deed.percent_stop else Stop(price=price),
            leverage=Decimal(deed.leverage) if deed.leverage else None,
            on_opposite=OnOpposite.CLOSE if deed.closes_opposite else OnOpposite.REFUSE,
        )

    def _wish(self, deed: Deed, coin: Symbol) -> None:
        """The owner asks something of what is open, or turns it round."""
        self.asked.append(("" if deed.does == "flatten" else coin, self.world.now))
        self.sent += 1
        about = replace(self._signal_of(deed, coin), side=None, size=None, stop=None, leverage=None)
        mark, held = self.world.box.book.market.prices(coin).mark, self._held(coin)
        away = Decimal(deed.percent % 5 + 1) / 100
        rungs = (TakeProfit(Decimal(40), percent=Decimal(2)), TakeProfit(Decimal(60), percent=Decimal(4)))
        wishes = {
            "part": replace(about, action=Action.CLOSE, percent=Decimal(deed.percent)),
            "move": replace(about, action=Action.PROTECT, stop=Stop(price=mark * (1 - away if held > 0 else 1 + away))),
            "ladder": replace(about, action=Action.PROTECT, take_profit=rungs[: deed.percent % 3]),
            "flatten": replace(about, action=Action.FLATTEN, symbol=EVERY_SYMBOL),
            "reverse": replace(
                self._signal_of(deed, coin),
                side=Side.SELL if held > 0 else Side.BUY,
                on_opposite=OnOpposite.REVERSE,
                stop=Stop(percent=Decimal(5)),
                max_age=3 * MINUTE,
            ),
        }
        self.world.give(inp.SignalReceived(self.world.clock, wishes[deed.does]))

    def _venue_acts(self, deed: Deed, coin: Symbol) -> None:
        """The owner moves the stop at the venue, or the venue itself takes of the position."""
        self.world.stir()  # what takes the position in this very instant comes first
        box, now, held = self.world.box, self.world.now, self._held(coin)
        live = [stop for stop in box.book.open_stops(self.world.account, coin) if stop.status is StopStatus.LIVE]
        if not held:
            return
        if deed.does == "liquidate":
            box.liquidate(self.world.account, coin, now)
        elif deed.does == "deleverage":
            box.deleverage(self.world.account, coin, Decimal(deed.percent) / 100, now)
        elif live:
            self._hand_moves(coin, Decimal("0.97") if held > 0 else Decimal("1.03"))
        self.world.stir()

    def _hand_moves(self, coin: Symbol, factor: Decimal) -> None:
        """The owner moves the stop to a part of the price, if the venue does not refuse it to a hand as to us."""
        box, now = self.world.box, self.world.now
        tick, mark = box.instruments[coin].tick, box.book.market.prices(coin).mark
        try:
            box.move_stop_by_hand(self.world.account, coin, WantedMove(mark * factor // tick * tick), now)
        except words.Refusal as refusal:
            if refusal.reason not in REFUSED_TO_HANDS:
                raise

    def _held(self, coin: Symbol) -> Decimal:
        return self.world.box.book.position(self.world.account, coin).quantity

    def _cancel_stops(self, coin: Symbol) -> None:
        world = self.world
        world.stir()  # what ends a stop in this very instant comes first
        for stop in world.box.book.open_stops(world.account, coin):
            if stop.status is StopStatus.LIVE:
                world.box.cancel_by_hand(stop.stop_id, world.now)

    def _jump(self, coin: Symbol, factor: Decimal) -> None:
        world = self.world
        prices = world.box.book.market.prices(coin)
        world.box.set_price(coin, world.now, mark=prices.mark * factor, last=prices.last * factor)

    def _trade(self, does: str, coin: Symbol) -> None:
        """A hand adds as much again, takes a third, shuts the whole, or comes in where we may be or not."""
        world = self.world
        held = self._held(coin)
        step = world.box.instruments[coin].step
        third = abs(held) // (3 * step) * step
        part = {"add": abs(held), "take": third, "shut": abs(held), "intrude": 100 * step}[does]
        towards = (held > 0) is (does in ("add", "intrude"))
        if part:
            side = words.Side.BUY if towards else words.Side.SELL
            world.box.trade_by_hand(world.account, coin, side, part, world.now)

    def rollbacks(self) -> Iterator[str]:
        """Signals rolled back though the venue would have taken the stop."""
        asked = {symbol for symbol, _ in self.asked}
        for saga in self.world.sagas():
            state = saga.state
            if self.mayhem.spares and state.end in FOR_WANT_OF_A_STOP and state.signal.symbol not in asked:
                yield f"{state.signal.id}: a needless rollback ({state.end.value})"


# ---- the command


def main(argv: list[str] | None = None) -> int:
    """Runs the seeds on both venues; exit 0 if nothing was breached."""
    parser = argparse.ArgumentParser(prog="mayhem", description="many signals at once, judged by the venue's fills")
    parser.add_argument("--seeds", default="0..100", help="first..last, the last not included")
    parser.add_argument("--guard", action="store_true", help="with an owner's wishes: parts, moves, ladders, reversals")
    parser.add_argument("--venue", choices=[venue.value for venue in VenueName])
    options = parser.parse_args(argv)
    first, last = (int(part) for part in options.seeds.split(".."))
    broken, ends = 0, Counter[str]()
    worlds = list(product(range(first, last), [VenueName(options.venue)] if options.venue else VenueName))
    progress = Progress("mayhem", len(worlds))
    for done, (seed, venue) in enumerate(worlds, 1):
        mayhem = draw_mayhem(venue, seed)
        outcome = attempt(guarded(mayhem, venue, seed) if options.guard else mayhem)
        ends.update(outcome.ends)
        broken += bool(outcome.breaches)
        _tell(outcome)
        progress.tell(done, broken)
    print(
        f"seeds {first}..{last}: {broken} with a breach; " + ", ".join(f"{end} {n}" for end, n in sorted(ends.items()))
    )
    return 1 if broken else 0


def _tell(outcome: Outcome) -> None:
    """Prints a breach with everything that leads to it."""
    if not outcome.breaches:
        return
    mayhem, plan = outcome.mayhem, outcome.mayhem.plan
    print(f"BREACH {plan.venue} seed {plan.seed}: {'; '.join(outcome.breaches)}")
    for line in (*mayhem.deeds, *mayhem.faults):
        print(f"    {line}")
    print(f"    kills {plan.page.kill} {plan.page.clock} journal {plan.page.journal} ends {outcome.ends}")
    print(
        f"    again: python -m seawall.drill.mayhem --venue {plan.venue} --seeds {plan.seed}..{plan.seed + 1}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
