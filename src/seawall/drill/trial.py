"""A trial: one signal under one plan, first storm, then calm, judged from the venue's book.

The checks never read our own events to judge safety: what happened is what the box's judge says. From our side only
one thing is asked, that journal and judge agree about the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from seawall.drill import checks
from seawall.drill.checks import fold
from seawall.drill.plans import Plan
from seawall.drill.world import World
from seawall.journal.port import JournalFull
from seawall.model import inputs as inp
from seawall.model.events import Event
from seawall.model.ids import Side, SignalId, Symbol, VenueName
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop
from seawall.model.times import MINUTE, SECOND, Duration
from seawall.sagas.phase import Finding, Phase
from seawall.sagas.saga import Saga
from venuesim.faults import parse

STORM: Duration = 20 * SECOND
CALM: Duration = 8 * MINUTE
LASTING: Duration = 45 * SECOND
"""How long an end must last to count: longer than the period in which stops are read again."""
SYMBOLS = {VenueName.BINANCE: Symbol("VELVETUSDT"), VenueName.BYBIT: Symbol("1000000BABYDOGEUSDT")}
NOTIONAL = Decimal(50)


@dataclass(slots=True)
class Result:
    """What a trial came to. `end` is "protected", "flat" or "open"; `breaches` is empty if all held."""

    plan: Plan
    end: str
    reason: str
    naked_us: int
    was_filled: bool = False
    breaches: list[str] = field(default_factory=list)
    fired: int = 0
    fired_kinds: list[str] = field(default_factory=list)
    visited: list[tuple[Phase, Finding]] = field(default_factory=list)
    events: int = 0
    took: Duration = 0


def attempt(plan: Plan, tell: Callable[[Duration, Event], None] | None = None) -> Result:
    """Runs a plan to its end. `tell` is given every recorded event afterwards, dated from the signal."""
    world = World(
        plan.venue, seed=plan.seed, switches=plan.switches, symbols=[SYMBOLS[plan.venue], "BTCUSDT"], skew=plan.skew
    )
    world.start()
    world.run(lambda: world.house is not None and world.house.desk.ready, most=MINUTE)
    world.run(most=SECOND)
    began = world.now
    for line in plan.faults:
        world.box.faults.add(parse(line))
    for at, pause in plan.kills:
        world.at(began + at, world.kill)
        world.at(began + at + pause, world.start)
    _trouble_journal(world, plan, began)
    _give(world, plan)
    last_start = max((at + pause for at, pause in plan.kills), default=0)
    world.run(most=max(STORM, last_start + SECOND))
    world.box.faults.clear()
    world.run(lambda: _is_over(world), most=CALM)
    world.run(most=LASTING)
    world.run(lambda: _is_over(world), most=CALM)
    world.run(most=SECOND)
    if tell is not None:
        for row in world.recorded():
            tell(row.at - began - plan.skew, row.event)
    return _judged(world, plan, began)


def signal_of(world: World, plan: Plan) -> Signal:
    """The signal of a plan: a market entry of 50 USDT with a stop of 5 %, given as percent or as a price."""
    symbol = SYMBOLS[plan.venue]
    mark = world.box.book.market.prices(symbol).mark
    price = mark * (Decimal("0.95") if plan.side is Side.BUY else Decimal("1.05"))
    stop = Stop(percent=Decimal(5)) if plan.percent_stop else Stop(price=price)
    return Signal(
        SignalId(f"s{plan.seed}"),
        world.account,
        symbol,
        Action.OPEN,
        world.clock,
        world.clock,
        "drill",
        plan.side,
        Size(SizeUnit.QUOTE, NOTIONAL),
        stop,
    )


def _trouble_journal(world: World, plan: Plan, began: int) -> None:
    after, lasts, kind = plan.journal
    if kind == "stall":
        world.at(began + after, lambda: world.journal.stall_until(began + after + lasts))
    elif kind == "fail":
        world.at(began + after, lambda: world.journal.fail(JournalFull))
        world.at(began + after + lasts, world.journal.mend)


def _give(world: World, plan: Plan) -> None:
    world.give(inp.SignalReceived(world.clock, signal_of(world, plan)))


def _is_over(world: World) -> bool:
    sagas = world.sagas()
    return world.house is not None and all(saga.state.phase in (Phase.PROTECTED, Phase.FLAT) for saga in sagas)


def _judged(world: World, plan: Plan, began: int) -> Result:
    verdict = world.box.judge(world.now)
    saga = next(iter(world.sagas()), None)
    end = "none" if saga is None else saga.state.phase.value
    result = Result(
        plan,
        end,
        saga.state.end.value if saga is not None else "",
        verdict.longest_naked_us,
        was_filled=bool(verdict.episodes),
        fired=len(world.box.faults.fired),
        fired_kinds=[fired.fault for fired in world.box.faults.fired],
        visited=list(saga.visited) if saga is not None else [],
        events=len(world.recorded()),
        took=world.now - began,
    )
    result.breaches = list(breaches(world, plan, saga))
    return result


def breaches(world: World, plan: Plan, saga: Saga | None) -> Iterator[str]:
    """What did not hold, from the book; and whether what was recorded tells what was in memory. Each a sentence."""
    folded = fold(world.recorded())
    state = None if saga is None else folded.get(saga.state.signal.id)
    yield from checks.breaches(world.box.judge(world.now), state, spares=plan.spares)
    if saga is None and folded:
        yield "the journal knows a signal that nobody answers for"
    if saga is not None and state != saga.state:
        yield "the fold of the journal differs from the state in memory"
