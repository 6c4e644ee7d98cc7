"""The storm on sockets: the drawn plans of virtual time against the shipped service, judged by the same checks.

Each trial has a box, a service and a journal of its own, on ports of their own, in real time: many stand beside each
other, since most of a trial is waiting (twenty seconds of storm, the calm, and how long an end must last). A plan's
kills and its journal's troubles are left to `killer` and to virtual time; its faults, switches and clock are whole.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from seawall.drill.checks import ENDS
from seawall.drill.demands import Ended, breaches, collected
from seawall.drill.house import INSTALLATION
from seawall.drill.lines import fault_on
from seawall.drill.plans import Plan
from seawall.drill.trial import CALM, LASTING, NOTIONAL, STORM, SYMBOLS, Result
from seawall.drill.wire.stage import Stage, opening, staged
from seawall.model.amounts import plain
from seawall.model.ids import Account, SignalId
from seawall.model.times import SECOND
from seawall.service.identity import FILE as IDENTITY
from seawall.service.settings import OrderEntry
from venuesim.faults import parse

AT_ONCE = 60
"""Trials beside each other. More make the processor late, and a late processor is a fault of its own."""
STARTING = 6
"""Services that may start at the same moment."""
HANDED_IN_WITHIN = 25.0
"""Seconds in which a sender brings its signal again while the answer is 503; then it is too old anyway."""
NOT_READY = 503


TOO_LATE = 1.0
"""Seconds by which the processor may be late before what did not hold may be the machine's doing."""
TRIES = 3
"""How often a trial is made at most whose judgement a late processor spoils."""


@dataclass
class Lateness:
    """How late the processor is: a storm on a machine that sleeps proves nothing about the house."""

    worst: float = 0.0
    bearable: float = TOO_LATE
    _lately: list[tuple[float, float]] = field(default_factory=list, repr=False)
    _every: float = field(default=0.25, repr=False)

    async def watch(self) -> None:
        """Measures until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self._every
            await asyncio.sleep(self._every)
            late = loop.time() - due
            self.worst = max(self.worst, late)
            if late > self.bearable:
                self._lately.append((loop.time(), late))

    def since(self, begun: float) -> float:
        """The worst since an instant of the loop's clock, 0 if it was never more than bearable."""
        return max((late for at, late in self._lately if at >= begun), default=0.0)


async def storm(plans: Iterable[Plan], tell: Callable[[Result, float], None], at_once: int = AT_ONCE) -> float:
    """Runs the plans beside each other and tells each result as it comes, with how late the processor was; the worst.

    A breach under a late processor is told too, but the trial is made again; its last result is the one that counts.
    """
    room, starting, lateness = asyncio.Semaphore(at_once), asyncio.Semaphore(STARTING), Lateness()

    async def one(plan: Plan) -> None:
        for _ in range(TRIES):
            async with room:
                begun = asyncio.get_running_loop().time()
                result = await attempt(plan, starting)
                late = lateness.since(begun) if result.breaches else 0.0
                tell(result, late)
            if not late:
                return

    watch = asyncio.create_task(lateness.watch())
    async with asyncio.TaskGroup() as group:
        for plan in plans:
            group.create_task(one(plan))
    watch.cancel()
    return lateness.worst


async def attempt(plan: Plan, starting: asyncio.Semaphore) -> Result:
    """Runs one plan to its end; what a drill itself could not bear is a breach too."""
    with tempfile.TemporaryDirectory(prefix="seawall-wire-") as home:
        try:
            return await _attempt(plan, Path(home), starting)
        except (TimeoutError, OSError) as error:
            return Result(plan, "none", "", 0, breaches=[f"the drill broke off: {type(error).__name__}: {error}"])


async def _attempt(plan: Plan, home: Path, starting: asyncio.Semaphore) -> Result:
    async with AsyncExitStack() as stack:
        (home / IDENTITY).write_text(f"{INSTALLATION}\n", encoding="ascii")
        async with starting:
            stage = await stack.enter_async_context(_stage_of(plan, home))
        began = stage.clock.now()
        for line in plan.page.fault:
            given = fault_on(plan.page, plan.venue, "main", line, began - stage.box.start)
            stage.box.faults.add(parse(given))
        refused = await _hand_in(stage, plan)
        await asyncio.sleep(STORM / SECOND)
        stage.box.calm(stage.clock.now())
        _calm_the_market(stage, plan)
        if not refused:
            await _settle(stage, plan)
        return _judged(stage, plan, began, refused)


def _stage_of(plan: Plan, home: Path) -> AbstractAsyncContextManager[Stage]:
    return staged(
        home,
        plan.venue,
        symbols=[SYMBOLS[plan.venue], "BTCUSDT"],
        switches=plan.page.switches,
        seed=plan.seed,
        our_clock_error=plan.page.clock.ahead,
        order_entry=OrderEntry.REST if plan.page.order_entry == "rest" else OrderEntry.AUTO,
    )


def _calm_the_market(stage: Stage, plan: Plan) -> None:
    """Mark and last meet again: while they stand apart further than the band, the venue lets nobody close."""
    prices = stage.box.book.market.prices(SYMBOLS[plan.venue])
    if prices.mark != prices.last:
        stage.box.set_price(SYMBOLS[plan.venue], stage.clock.now(), mark=prices.last)


async def _settle(stage: Stage, plan: Plan) -> None:
    """The calm: an end is reached, and lasts. One that is never reached is the judge's affair, not an error here."""

    def over() -> bool:
        return stage.witness.phase(_signal_id(plan)) in ENDS

    with suppress(TimeoutError):
        await stage.bell.until(over, CALM / SECOND)
        await asyncio.sleep(LASTING / SECOND)
        await stage.bell.until(over, CALM / SECOND)
        await asyncio.sleep(1)


async def _hand_in(stage: Stage, plan: Plan) -> str:
    """Brings the signal to the door, again while it is not ready; why it was not taken, empty if it was."""
    body = _body(stage, plan)
    loop = asyncio.get_running_loop()
    latest = loop.time() + HANDED_IN_WITHIN
    told = await stage.post(body)
    while told.status == NOT_READY and loop.time() < latest:
        await asyncio.sleep(0.5)
        told = await stage.post(body)
    return "" if told.status in (200, 202) else f"{told.status} {told.body}"


def _signal_id(plan: Plan) -> SignalId:
    return SignalId(f"s{plan.seed}")


def _body(stage: Stage, plan: Plan) -> dict[str, object]:
    """The signal of a plan, as `trial.signal_of` makes it, in the canonical form."""
    symbol = SYMBOLS[plan.venue]
    mark = stage.box.book.market.prices(symbol).mark
    price = mark * (95 if plan.page.signal.side == "buy" else 105) / 100
    stop = {"pct": "5"} if plan.page.signal.stop_is == "percent" else {"price": plain(price)}
    size = {"quote": plain(NOTIONAL)}
    return opening(_signal_id(plan), "main", symbol, side=plan.page.signal.side, size=size, stop=stop)


def _judged(stage: Stage, plan: Plan, began: int, refused: str) -> Result:
    stage.witness.look()
    state = stage.witness.states.get(_signal_id(plan))
    verdict = stage.judged()
    fired = [one.fault for one in stage.box.faults.fired]
    result = Result(
        plan,
        "refused" if state is None else state.phase.value,
        refused if state is None else state.end.value,
        verdict.longest_naked_us,
        fired=len(fired),
        fired_kinds=fired,
        events=sum(len(rows) for rows in stage.witness.recorded.values()),
        took=stage.clock.now() - began,
    )
    result.breaches = [breach.text for breach in breaches(plan.page, plan.page.must[plan.venue], _ended(stage, plan))]
    return result


def _ended(stage: Stage, plan: Plan) -> Ended:
    """What there is to judge, as for a page: a drawn plan is one."""
    verdict = stage.judged("main", SYMBOLS[plan.venue])
    rows = stage.witness.recorded.get(Account("main"), [])
    return collected(verdict, rows, None, [_signal_id(plan)], [], [], stage.box.log)
