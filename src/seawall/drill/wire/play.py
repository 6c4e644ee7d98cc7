"""Playing a page on real sockets: the shipped service as a process, the box behind its server and its control API.

The page is the one that virtual time plays, and `demands` judges both. Time is real, so a page takes as long as it
says. What differs, and why:

- **A page's zero.** Times count from ten milliseconds before its first order is carried out, where virtual time too
  has the signal arrive: real doors and disks take a while before that. An order that does not come within
  `ZERO_WITHIN` leaves the count where the signal left its sender. While a process that was killed starts anew, which in
  virtual time takes no time at all, the kills that are still to come wait with it.
- **Kills at a call** are decided by the box: at the nth call it stands still (`venuesim.moments`), tells, and runs on
  once the process is dead.
- **The record's troubles** are another program's lock and a disk without room (`troubles`).
- **A process takes a while to start**, so `naked_at_most` is asked beyond the time for which no process could act.
- **A line that nothing met.** Whether the house reads an order twice or its stream comes first is a matter of
  milliseconds. A fault on a call that was not made while the line was in force is noted with the outcome and no miss.
- **The process's memory** cannot be seen from outside, so the fold of its journal is not held against it.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path

import aiohttp
import msgspec

from seawall.drill import scenario
from seawall.drill.checks import on_slot
from seawall.drill.demands import Breach, Ended, breaches, collected
from seawall.drill.lengths import Length
from seawall.drill.lines import fault_on, jump_on, lines_on, switches_on, symbols_on, title_of
from seawall.drill.page import FaultLine, Hand, JournalLine, Kill, Page, Where
from seawall.drill.scenario import CALM, LASTING, RUNAWAY, Outcome
from seawall.drill.wire.house import House
from seawall.drill.wire.remote import Remote
from seawall.drill.wire.senders import Senders
from seawall.drill.wire.stage import configuration, environment, key_of
from seawall.drill.wire.troubles import full_disk, held_up
from seawall.model.ids import Account, Symbol, VenueName
from seawall.model.times import SECOND, Duration
from seawall.service.settings import OrderEntry
from venuesim.control import Control
from venuesim.exchange import Exchange
from venuesim.faults import READ_FAULTS, REQUEST_FAULTS
from venuesim.moments import Watch, When
from venuesim.server import Clock, control_app, listening, serve
from venuesim.traffic import LogEntry

ACCOUNT = "main"
LASTED = LASTING / SECOND
WAY: Duration = 10_000
"""Each way on the wire, as in virtual time (`World.latency`)."""
READY_WITHIN = 60.0
NEVER_READY = 5.0
"""Seconds to look whether an account becomes ready that must not, since it is in hedge mode."""
ZERO_WITHIN = 2.0
_MOMENTS: dict[Where, When] = {"leaving": "arriving", "sent": "arrived", "acted": "acted", "answering": "answering"}
"""A page's words for when a process dies, in the box's: a request that dies as it is leaving never arrived."""


async def play(
    page: Page,
    venue: VenueName,
    seed: int,
    *,
    lasting: float = LASTED,
    bounds: str = "",
    starting: asyncio.Semaphore | None = None,
) -> Outcome:
    """Runs a page on one venue to its end and judges it. `lasting`: how many seconds an end must last; `bounds`: a
    table of the service's configuration; `starting`: held while the first process starts.
    """
    with tempfile.TemporaryDirectory(prefix="seawall-page-") as home:
        async with _staged(page, venue, seed, Path(home), bounds) as (house, box, clock):
            async with starting or asyncio.Semaphore():
                await house.rise()
                await house.ready(NEVER_READY if page.account.hedge else READY_WITHIN)
            return await _Play(page, venue, seed, house, box, clock, lasting).run()


@asynccontextmanager
async def _staged(
    page: Page, venue: VenueName, seed: int, home: Path, bounds: str
) -> AsyncIterator[tuple[House, Remote, Clock]]:
    """A box behind its server, and a house in front of it; the house's clock is the machine's, the box's is wrong."""
    clock = Clock(-page.clock.ahead)
    switches = {"latency_us": str(WAY), **switches_on(page, venue)}
    exchange = Exchange(venue.value, seed=seed, start=clock.now(), switches=switches, symbols=symbols_on(page, venue))
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(serve(exchange, clock=clock))
        control = control_app(Control({venue.value: exchange}), clock)
        port = await stack.enter_async_context(listening(control, 0))
        web = await stack.enter_async_context(aiohttp.ClientSession())
        box = Remote(f"http://127.0.0.1:{port}", web)
        await box.open_account(ACCOUNT, *key_of(ACCOUNT), page.account.balance, hedge=page.account.hedge)
        text = configuration([(ACCOUNT, venue, served.rest)], bounds, OrderEntry(page.order_entry))
        house = House(home, text, environment([ACCOUNT]), web)
        stack.push_async_callback(house.die)
        yield house, box, clock


class _Play:
    """One run of one page."""

    def __init__(
        self, page: Page, venue: VenueName, seed: int, house: House, box: Remote, clock: Clock, lasting: float
    ) -> None:
        self.page, self.venue, self.seed = page, venue, seed
        self.house, self.box, self.clock, self.lasting = house, box, clock, lasting
        self.loop = asyncio.get_running_loop()
        self.senders = Senders(house, box, page, venue, ACCOUNT, seed, self._ours)
        self.faults: dict[int, FaultLine] = {}
        self.lines: dict[int, str] = {}
        self.began = 0
        self.sent_at = 0.0
        self.zero: asyncio.Future[float] = self.loop.create_future()

    def _ours(self) -> int:
        """The time of the house, in microseconds UTC."""
        return self.clock.now() + self.page.clock.ahead

    async def run(self) -> Outcome:
        """Storm, calm, and the judgement."""
        await asyncio.sleep(1)
        for hand in lines_on(self.page.hand, self.venue):
            if hand.at < 0:
                await self.senders.do(hand)
                await asyncio.sleep(-hand.at / SECOND)
        async with asyncio.TaskGroup() as group:
            tasks = await self._begin(group)
            await self._until(max(int(self.page.lasts), self._last_kill() + SECOND))
            await self.box.lift()
            await self._calm()
            for task in tasks:
                task.cancel()
        return await self._outcome()

    # ---- the storm

    async def _begin(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Everything of the page is put in force, and the signal is sent."""
        page, venue = self.page, self.venue
        now, start = await self.box.clock()
        faults = lines_on(page.fault, venue)
        since = now - start
        numbers = await self.box.add([fault_on(page, venue, ACCOUNT, line, since) for line in faults])
        self.faults = dict(zip(numbers, faults, strict=True))
        self.lines = {given: title_of(place, line) for place, (given, line) in enumerate(self.faults.items(), 1)}
        if page.walk_bps:
            await self.box.walk(page.walk_bps, 1_000)
        await self.senders.prepare()
        watched = await self._watch(since)
        work: list[Coroutine[None, None, None]] = [
            self._hear_moments(watched),
            self._die_by_time([kill for kill in lines_on(page.kill, venue) if kill.at is not None]),
            *(self._trouble(line) for line in lines_on(page.journal, venue) if line.at > 0),
            *(self._do(hand) for hand in lines_on(page.hand, venue) if hand.at >= 0),
        ]
        at_once = AsyncExitStack()
        for line in lines_on(page.journal, venue):
            if line.at == 0:
                await at_once.enter_async_context(self._in_trouble(line))
                work.append(self._mend(at_once, line))
        now, start = await self.box.clock()
        jumps = [{**jump_on(page, venue, one), "after": now - start + one.at} for one in lines_on(page.price, venue)]
        await self.box.add([{**jump, "pct": str(jump["pct"])} for jump in jumps])
        self.began, self.sent_at = self._ours(), self.loop.time()
        tasks = [group.create_task(one) for one in work]
        return [*tasks, group.create_task(self.senders.send())]

    async def _watch(self, since: Duration) -> dict[int, Kill | None]:
        """Asks the box for the moments that matter: the first order, and whatever the process dies of. `since`: the
        page's zero in the times of the faults, which count from the box's start until the first order comes.
        """
        zero = await self.box.watch(Watch("order.create", "arriving", freeze=False, zero_us=WAY + since))
        watched: dict[int, Kill | None] = {zero: None}
        for kill in lines_on(self.page.kill, self.venue):
            if kill.call:
                watched[await self.box.watch(Watch(kill.call, _MOMENTS[kill.when], kill.nth))] = kill
        return watched

    async def _hear_moments(self, watched: dict[int, Kill | None]) -> None:
        """Does what is to be done at each moment, as the box tells of it."""
        heard = 0
        while True:
            for met in await self.box.moments(heard):
                heard += 1
                kill = watched[met.number]
                if kill is None:
                    self._count_from(self.loop.time() - (self.clock.now() - met.at) / SECOND)
                else:
                    await self._die(kill.pause)

    async def _die(self, pause: Duration) -> None:
        """The process dies; the box, if it stood still for that, runs on; the next process comes after a pause."""
        await self.house.die()
        await self.box.thaw()
        await asyncio.sleep(pause / SECOND)
        await self.house.rise()

    async def _die_by_time(self, kills: list[Kill]) -> None:
        """One after another, each after so long, not counting the time that a process took to start."""
        over = 0
        for kill in kills:
            assert kill.at is not None
            if over:
                await self.house.stood_for((kill.at - over) / SECOND)
            else:
                await self._until(kill.at)
            await self._die(kill.pause)
            over = kill.at + kill.pause

    async def _do(self, hand: Hand) -> None:
        await self._until(hand.at)
        await self.senders.do(hand)

    async def _trouble(self, line: JournalLine) -> None:
        await self._until(line.at)
        async with self._in_trouble(line):
            await self._until(line.at + line.lasts)

    async def _mend(self, trouble: AsyncExitStack, line: JournalLine) -> None:
        """Ends a trouble that began before the signal."""
        async with trouble:
            await self._until(line.at + line.lasts)

    def _in_trouble(self, line: JournalLine) -> AbstractAsyncContextManager[None]:
        return held_up(self.house.journal) if line.does == "stall" else full_disk(self.house.pid)

    # ---- its time

    def _count_from(self, zero: float) -> None:
        if not self.zero.done():
            self.zero.set_result(zero)

    async def _until(self, at: Duration) -> None:
        """Waits for a time of the page."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self.sent_at + ZERO_WITHIN):
                await asyncio.shield(self.zero)
        self._count_from(self.sent_at)
        await asyncio.sleep(max(self.zero.result() + at / SECOND - self.loop.time(), 0))

    def _last_kill(self) -> Duration:
        return max((kill.at + kill.pause for kill in self.page.kill if kill.at is not None), default=0)

    # ---- the calm

    async def _calm(self) -> None:
        """An end is reached, and lasts. One that is never reached is the judge's affair, not an error here."""
        with suppress(TimeoutError):
            await self.house.bell.until(self.house.is_over, CALM / SECOND)
        await asyncio.sleep(self.lasting)
        await self.house.stood_for(self.lasting)
        with suppress(TimeoutError):
            await self.house.bell.until(self.house.is_over, CALM / SECOND)
        await asyncio.sleep(1)

    # ---- the end

    async def _outcome(self) -> Outcome:
        verdict, fired, log = await self.box.judge(), await self.box.fired(), await self.box.log()
        took = self._ours() - self.began
        await self.house.stop()
        history = tuple(self.house.recorded(ACCOUNT))
        idle = {number for number, text in self.lines.items() if text} - {one.number for one in fired}
        unmet = {number for number in idle if not self._is_met(self.faults[number], log)}
        end = collected(
            on_slot(verdict, Account(ACCOUNT), Symbol(self.page.symbol(self.venue))),
            history,
            None,
            self.senders.ids,
            [answer for answer in self.senders.answers if answer],
            [self.lines[number] for number in sorted(idle - unmet)],
            log,
        )
        state = end.state(0)
        return Outcome(
            self.page,
            self.venue,
            self.seed,
            end.end(0),
            state.end.value if state is not None else "",
            end.verdict.longest_naked_us,
            was_filled=bool(end.verdict.episodes),
            breaches=self._breaches(end, len(history)),
            fired=[one.fault for one in fired],
            history=history,
            began=self.began,
            took=took,
            notes=[f"nothing met {self.lines[number]}" for number in sorted(unmet)],
        )

    def _is_met(self, line: FaultLine, log: list[LogEntry]) -> bool:
        """Whether a fault on a call could strike at all: the call was made while the line was in force."""
        call = line.line.get("call", "*")
        if line.line["fault"] not in REQUEST_FAULTS:
            return True
        zero = self.began - self.page.clock.ahead
        begins, ends = zero + (line.after or 0), zero + (self.page.lasts if line.until is None else line.until)
        reads = line.line["fault"] in READ_FAULTS
        asked = [one for one in log if one.method == "GET"] if reads else log
        return any(begins <= one.at < ends and fnmatchcase(one.call, call) for one in asked)

    def _breaches(self, end: Ended, events: int) -> list[Breach]:
        circle = [Breach(f"more than {RUNAWAY} events: it goes round in a circle")] * (events > RUNAWAY)
        must = self.page.must[self.venue]
        if must.naked_at_most is not None:
            most = Length(must.naked_at_most + int(self.house.starting * SECOND))
            must = msgspec.structs.replace(must, naked_at_most=most)
        return circle + list(breaches(self.page, must, end))


def seconds_of(page: Page, lasting: float = LASTED) -> float:
    """About how long a page takes on sockets, from its start to its judgement."""
    open_ends = any("open" in must.end for must in page.must.values())
    pauses = sum(kill.pause for kill in page.kill if kill.call)
    return max(page.lasts, pauses) / SECOND + lasting + 5 + open_ends * 2 * scenario.CALM / SECOND
