"""Moves: stops of open positions moved a thousand times under faults; not one microsecond without cover.

A seed opens one position on each of four symbols, long and short, and waits until all are protected. Then the storm:
their stops are moved tighter and wider, by price, by percent, to break-even, in quick succession and apart, while every
fault of the vocabulary that can meet a stop's call, a read or the stream strikes, prices drift, and the process
dies now and then. After the calm the box's judge tells from the book alone how long each
position stood naked since it was first covered: 0 is asked for, not little. And each stop must stand where the last
word that was granted put it, one of them, for the whole, and none closed but by its own stop.

    python -m seawall.drill.moves [--moves 1000] [--seed N] [--venue bybit]
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from seawall.drill import book, kinds, mayhem
from seawall.drill.codes import CODES
from seawall.drill.kinds import Kind, one_in
from seawall.drill.page import FaultLine
from seawall.drill.plans import answers_of, switches_of
from seawall.drill.world import World
from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.events import EndReason
from seawall.model.ids import Side, SignalId, Symbol, VenueName
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop
from seawall.model.times import MILLISECOND, MINUTE, SECOND, Duration, Instant
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.phase import Finding, Phase
from venuesim.faults import parse
from venuesim.verdict import Episode, StopMove

STORM: Duration = 60 * SECOND
CALM: Duration = 8 * MINUTE
MOVES_EACH = 6
"""How often the stop of each position is asked to move."""
STOP_CALLS = ("stop.create", "stop.create", "stop.cancel")
READS = ("positions.get", "stop.get", "stops.open", "order.get", "price.get", "time.get")
KINDS: tuple[Kind, ...] = (
    kinds.delayed,
    kinds.lost,
    kinds.lost,
    kinds.twice,
    kinds.refused_stop,
    kinds.bad_read,
    kinds.garbled,
    kinds.streamed,
    kinds.disconnected,
    kinds.late_snapshot,
    kinds.out_of_service,
)
"""What can meet a stop's call, a read or the stream; codes are drawn here, for those calls alone."""
NO_BRIDGE = "binance.quantity_beside_close"
"""Where it is refused, no stop can be moved without a gap, and every one is kept: drawn now and then."""
_DIED_AT = ("leaving", "sent", "acted", "answering")


@dataclass(slots=True)
class Tally:
    """What the seeds of a venue came to."""

    asked: int = 0
    granted: int = 0
    refused: int = 0
    judged: int = 0
    naked_us: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    stopped_out: int = 0
    breaches: list[str] = field(default_factory=list)


class Trial:
    """One seed's world."""

    def __init__(self, venue: VenueName, seed: int) -> None:
        self.chance = random.Random(f"moves/{venue}/{seed}")  # noqa: S311 - a drill, drawn from a seed
        self.venue, self.seed = venue, seed
        self.coins = tuple(Symbol(name) for name in mayhem.COINS[venue])
        switches = {name: self.chance.choice(answers_of(name)) for name in switches_of(venue)}
        if not one_in(self.chance, 8):
            switches.pop(NO_BRIDGE, None)
        self.world = World(venue, seed=seed, switches=switches, symbols=[*self.coins, "BTCUSDT"])
        self.kills = self.asked = 0
        self._deaths: list[tuple[str, str]] = []

    # ---- the storm

    def run(self) -> bool:
        """Opens, storms and calms; False if not every position was protected before the storm began."""
        world = self.world
        world.start()
        world.run(lambda: world.house is not None and world.house.desk.ready, most=MINUTE)
        world.run(most=SECOND)
        for number, coin in enumerate(self.coins):
            self._give(self._opening(f"p{number}", coin))
        if not world.run(self._all_protected, most=MINUTE):
            return False
        world.run(most=2 * SECOND)
        self._storm(world.now)
        world.run(most=STORM)
        world.box.calm(world.now)
        world.stir()
        world.run(most=MINUTE)
        world.run(lambda: world.house is not None and self._is_over(), most=CALM)
        return True

    def _opening(self, name: str, coin: Symbol) -> Signal:
        size, side = Size(SizeUnit.QUOTE, Decimal(50)), self.chance.choice((Side.BUY, Side.SELL))
        return self._signal(name, coin, Action.OPEN, Stop(percent=Decimal(5)), side, size)

    def _signal(
        self, name: str, coin: Symbol, action: Action, stop: Stop, side: Side | None = None, size: Size | None = None
    ) -> Signal:
        now = self.world.clock
        return Signal(SignalId(name), self.world.account, coin, action, now, now, "drill", side, size, stop)

    def _give(self, signal: Signal) -> None:
        self.world.give(inp.SignalReceived(self.world.clock, signal))

    def _all_protected(self) -> bool:
        sagas = self.world.sagas()
        return len(sagas) == len(self.coins) and all(saga.state.phase is Phase.PROTECTED for saga in sagas)

    def _is_over(self) -> bool:
        return all(saga.finding is Finding.PROTECTED or saga.state.phase is Phase.FLAT for saga in self.world.sagas())

    def _storm(self, began: Instant) -> None:
        chance, world = self.chance, self.world
        since = began - world.box.start
        for _ in range(chance.choice((4, 8, 14))):
            for line in self._fault():
                begins = since + chance.randrange(40) * SECOND // 2
                lasts = 0 if line.until is None else line.until - (line.after or 0)
                until = {} if line.until is None else {"until": begins + lasts}
                world.box.faults.add(parse({"account": world.account, **line.line, "after": begins, **until}))
        for number in range(len(self.coins)):
            for at in self._moments():
                world.at(began + at, lambda number=number: self._move(number))  # type: ignore[misc]
        for _ in range(chance.choice((0, 0, 1, 2, 3))):
            self._plan_death(began)
        for _ in range(chance.randrange(6)):
            world.at(began + chance.randrange(40) * SECOND, self._drift)

    def _moments(self) -> Iterator[Duration]:
        """When the stop of one position is asked to move: now within a heartbeat of the last, now long after it."""
        at = self.chance.randrange(1, 8_000) * MILLISECOND
        for _ in range(MOVES_EACH):
            yield at
            at += self.chance.choice((0, 1, 15, 60, 300, 2_000, 9_000)) * MILLISECOND

    def _fault(self) -> tuple[FaultLine, ...]:
        """One kind's lines, those about calls turned on what a move sends or reads."""
        chance = self.chance
        if one_in(chance, 3):
            call = chance.choice([call for call in (*STOP_CALLS, *READS) if call in CODES[self.venue]])
            code = chance.choice(CODES[self.venue][call])
            effect = one_in(chance, 2) and call in STOP_CALLS
            return (kinds.refusal(code, call, effect=effect, times=chance.choice((1, 1, 2, 5))),)
        lines, _ = chance.choice(KINDS)(chance, self.venue)
        return tuple(self._turned(line) for line in lines)

    def _turned(self, line: FaultLine) -> FaultLine:
        call, fault = line.line.get("call", ""), line.line["fault"]
        if fault not in ("delay", "request_lost", "reply_lost", "half_body", "request_twice"):
            return line
        calls = STOP_CALLS if fault == "request_twice" or call in STOP_CALLS else (*STOP_CALLS, *READS)
        return msgspec.structs.replace(line, line={**line.line, "call": self.chance.choice(calls)})

    # ---- what is done

    def _move(self, number: int) -> None:
        """The owner's word: the stop of one position is to stand elsewhere."""
        coin, chance, world = self.coins[number], self.chance, self.world
        held = world.box.book.position(world.account, coin).quantity
        if not held or world.house is None:
            return
        prices, sign = world.box.book.market.prices(coin), 1 if held > 0 else -1
        away = chance.choice((Decimal("0.8"), Decimal(2), Decimal(4), Decimal(6), Decimal(9)))
        price = prices.mark * (1 - sign * away / 100)
        stop = chance.choice((Stop(price=price), Stop(price=price), Stop(percent=away), Stop(break_even=Decimal(0))))
        self.asked += 1
        self._give(self._signal(f"w{self.asked}", coin, Action.PROTECT, stop))

    def _drift(self) -> None:
        """All prices go a little way, mostly not as far as any stop."""
        factor = 1 + Decimal(self.chance.choice(("0.004", "-0.004", "0.012", "-0.012", "0.03"))) / 2
        for coin in self.coins:
            prices = self.world.box.book.market.prices(coin)
            self.world.box.set_price(coin, self.world.now, mark=prices.mark * factor, last=prices.last * factor)
        self.world.stir()

    def _plan_death(self, began: Instant) -> None:
        """The process dies at a time, or beside a stop's call."""
        world, chance = self.world, self.chance
        if one_in(chance, 2):
            world.at(began + chance.randrange(1, 30_000) * MILLISECOND, self._die)
            return
        self._deaths.append((chance.choice(_DIED_AT), chance.choice(STOP_CALLS)))
        world.on_moment = self._moment

    def _moment(self, when: str, call: str) -> None:
        if (when, call) in self._deaths and one_in(self.chance, 4):
            self._deaths.remove((when, call))
            self.world.at(self.world.now, self._die)

    def _die(self) -> None:
        if self.world.house is not None:
            self.kills += 1
            self.world.kill()
            pause = self.chance.choice((10 * MILLISECOND, SECOND, 5 * SECOND))
            self.world.at(self.world.now + pause, self.world.start)

    # ---- the judgement

    def count(self, tally: Tally) -> None:
        """Adds what this seed came to."""
        events = [row.event for row in self.world.recorded()]
        verdict = self.world.box.judge(self.world.now)
        tally.asked += self.asked
        tally.granted += sum(isinstance(event, ev.StopMoveAccepted) for event in events)
        tally.refused += sum(isinstance(event, ev.StopMoveRefused) for event in events)
        tally.judged += verdict.moves
        tally.naked_us += sum(naked_since_covered(episode) for episode in verdict.episodes)
        tally.fired.update(fired.fault for fired in self.world.box.faults.fired)
        tally.kills += self.kills
        tally.stopped_out += sum(saga.state.end is EndReason.STOP_FILLED for saga in self.world.sagas())
        tally.breaches += [f"{self.venue} seed {self.seed}: {said}" for said in self.breaches()]

    def breaches(self) -> Iterator[str]:
        """What did not hold, each in a sentence."""
        for episode in self.world.box.judge(self.world.now).episodes:
            for move in uncovered(episode):
                yield f"{episode.symbol}: naked for {move.naked_us} us at {move.at - episode.opened_at} us of its life"
            if naked_since_covered(episode) and not list(uncovered(episode)):
                yield f"{episode.symbol}: naked for {naked_since_covered(episode)} us after it was covered"
        yield from book.wrongs(self.world)
        yield from book.leftovers(self.world)
        for saga in self.world.sagas():
            yield from self._misplaced(saga.state)

    def _misplaced(self, state: SagaState) -> Iterator[str]:
        """A position that did not end protected by one stop where the last granted word put it, or by its own stop."""
        symbol, settled = state.signal.symbol, state.settled_trigger
        if state.phase is Phase.FLAT and state.end is EndReason.STOP_FILLED:
            return
        if state.phase is not Phase.PROTECTED:
            yield f"{symbol}: {state.phase.value} {state.end.value}"
            return
        stops = self.world.box.book.open_stops(self.world.account, symbol)
        found = [(stop.trigger, stop.scope.value) for stop in stops]
        if len(found) != 1 or (settled is not None and found[0][0] != settled.trigger):
            yield f"{symbol}: expected one stop at {settled.trigger if settled else '?'}, found {found}"


def uncovered(episode: Episode) -> Iterator[StopMove]:
    """The moves of an episode that left it naked."""
    return (move for move in episode.moves if move.naked_us)


def naked_since_covered(episode: Episode) -> Duration:
    """For how long an episode stood naked after it was first covered."""
    since = episode.covered_at
    return 0 if since is None else sum(end - begin for begin, end in episode.naked if begin >= since)


# ---- the command


def tried(venue: VenueName, moves: int, first: int = 0) -> Tally:
    """Seeds from `first` until the judge has seen so many changes of cover on a venue."""
    tally, seed = Tally(), first
    while tally.judged < moves:
        trial = Trial(venue, seed)
        if trial.run():
            trial.count(tally)
        else:
            tally.breaches.append(f"{venue} seed {seed}: not every position was protected before the storm")
        seed += 1
    return tally


def main(argv: list[str] | None = None) -> int:
    """Moves stops on both venues; exit 0 if none left its position naked and everything else held."""
    parser = argparse.ArgumentParser(prog="moves", description="stops moved under faults, judged by the venue's book")
    parser.add_argument("--moves", type=int, default=1000, help="how many the judge must see on each venue")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--venue", choices=[venue.value for venue in VenueName])
    options = parser.parse_args(argv)
    broken = 0
    for venue in [VenueName(options.venue)] if options.venue else list(VenueName):
        tally = tried(venue, options.moves, options.seed)
        broken += len(tally.breaches)
        print("\n".join([told(venue, tally), *(f"BREACH {said}" for said in tally.breaches)]), flush=True)
    return 1 if broken else 0


def told(venue: VenueName, tally: Tally) -> str:
    """The figures of a venue in two lines."""
    faults = ", ".join(f"{kind} {count}" for kind, count in sorted(tally.fired.items()))
    return (
        f"{venue}: {tally.granted} of {tally.asked} moves granted, {tally.refused} kept where they were by the venue's"
        f" refusal, {tally.judged} changes of cover by the judge, naked {tally.naked_us} us; {tally.kills} kills,"
        f" {tally.stopped_out} positions closed by their stop, {len(tally.breaches)} breaches\n"
        f"    {sum(tally.fired.values())} faults: {faults}"
    )


if __name__ == "__main__":
    sys.exit(main())
