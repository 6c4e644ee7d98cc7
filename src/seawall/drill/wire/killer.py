"""kill -9 of the real process, again and again, with positions open, openings and closes in flight; then once more.

The box lives on in this process, so it sees what a venue sees: a client that vanished in the middle of something. A
kill is aimed by time, or by the box's own log: at the arrival of the nth call of a kind, or of the nth request of a
process that has just begun and still recovers. The venue carries that request out, and its answer goes to nobody.

After each kill the journal's file is read as it was left, and the phases found there are counted. Then the process is
started on the same folder, every sender brings its signal again (it got no answer, or trusts none), and the next round
begins beside the positions of all earlier ones. At the end everything is judged: each signal at its right end, nothing
doubled, nothing naked, nothing left behind, and no position given up that nobody asked to close, since the venue itself
did nothing wrong.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from seawall.drill.checks import ENDS, breaches, on_slot
from seawall.drill.wire.process import Run, start
from seawall.drill.wire.stage import (
    Bell,
    Doors,
    Overheard,
    Witness,
    configuration,
    environment,
    open_accounts,
    opening,
)
from seawall.model.ids import Account, SignalId, Symbol, VenueName
from seawall.model.times import Duration
from seawall.sagas.phase import Phase
from venuesim.server import Clock, serve
from venuesim.traffic import LogEntry

ACCOUNTS = {VenueName.BINANCE: 2, VenueName.BYBIT: 4}
EACH = {VenueName.BINANCE: 2, VenueName.BYBIT: 4}
"""Signals of a round, all handed in at once. Binance counts weight by address, and a start costs each account some 185
of 2,400 a minute (binance.md 1.3, 1.4): more accounts would spend the drill in waiting.
"""
READY_WITHIN = 90.0
"""Seconds until a process is ready; a minute of them may be Binance's, whose weight the last processes have spent."""
AIMS = (("order.create", 6), ("order.create", 6), ("stop.create", 2), ("order.get", 2), ("positions.get", 3))
"""Calls at whose nth arrival a kill comes, with the largest n."""
LATENCY = "20000"
"""Microseconds each way in the box: an opening then takes some hundred milliseconds, in which much can be killed."""
LATEST = 1.0
"""Seconds after which a kill comes whether its aim was met or not."""
BREATH = 6.0
"""Seconds in which most signals reach their end; those in doubt take longer and meet the next kill."""
SETTLE = 480.0
"""Seconds for the last doubts: Bybit's blind one is five minutes (Bounds.doubt_blind)."""
LASTS = 45.0
"""Seconds that the ends must last before they are judged: longer than the period in which positions are read again. A
close may have left beside its record (design, rule 14), so that the next process learns of it only by reading.
"""
UNRECORDED = "not recorded"


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one signal goes, and on which side. One signal a slot, so the slot names it."""

    venue: VenueName
    account: str
    symbol: str
    side: str

    @property
    def signal_id(self) -> SignalId:
        """The signal's id."""
        return SignalId(f"{self.account}-{self.symbol}")

    @property
    def body(self) -> dict[str, object]:
        """The signal."""
        return opening(self.signal_id, self.account, self.symbol, side=self.side, size={"quote": "500"})


@dataclass(slots=True)
class Kills:
    """What the kills came to. `phases`: where each signal so far stood in the file at each kill; `in_flight`: only
    those handed in just before it.
    """

    phases: Counter[str] = field(default_factory=Counter)
    in_flight: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)
    naked: list[Duration] = field(default_factory=list)
    """Of each position, sorted: a process that is dead places no stop, so a kill costs at least until the next one."""

    def add(self, other: Kills) -> None:
        """Takes another campaign in."""
        self.phases += other.phases
        self.in_flight += other.in_flight
        self.ends += other.ends
        self.breaches += other.breaches
        self.naked = sorted([*self.naked, *other.naked])


@dataclass(frozen=True, slots=True)
class Aim:
    """When a kill comes: at the nth arrival of `call` at either venue, or, without a call, `after` seconds."""

    call: str
    nth: int
    after: float

    def __str__(self) -> str:
        return f"at {self.call} number {self.nth}" if self.call else f"after {self.after * 1000:.0f} ms"


async def kill_again_and_again(
    home: Path,
    times: int,
    seed: int,
    tell: Callable[[str], None],
    *,
    lag: str = "venue",
    bounds: str = "",
    lasts: float = LASTS,
) -> Kills:
    """Kills the process `times` times, starts it once more, and judges. `bounds` is a table of the configuration."""
    chance = random.Random(f"kill/{seed}")  # noqa: S311 - a drill, drawn from a seed
    async with _campaign(home, chance, lag, bounds) as campaign:
        for n in range(times):
            how = await campaign.round()
            tell(f"kill {n + 1} of {times}, {how}: {campaign.standing()}")
        await campaign.settle(lasts)
        return campaign.kills


@asynccontextmanager
async def _campaign(home: Path, chance: random.Random, lag: str, bounds: str) -> AsyncIterator[Campaign]:
    clock = Clock()
    accounts = {venue: [f"{venue}{n}" for n in range(ACCOUNTS[venue])] for venue in VenueName}
    boxes = {
        venue: Overheard(venue.value, seed=1, start=clock.now(), switches={"lag": lag, "latency_us": LATENCY})
        for venue in VenueName
    }
    async with AsyncExitStack() as stack:
        seats: list[tuple[str, VenueName, str]] = []
        for venue, box in boxes.items():
            open_accounts(box, accounts[venue], clock.now())
            rest = (await stack.enter_async_context(serve(box, clock=clock))).rest
            seats += [(name, venue, rest) for name in accounts[venue]]
        config = home / "seawall.toml"
        config.write_text(configuration(seats, bounds), encoding="utf-8")
        web = await stack.enter_async_context(aiohttp.ClientSession())
        yield Campaign(config, accounts, boxes, clock, web, chance)


class Campaign:
    """The boxes that outlive each process, the folder that each one finds, and what was handed in so far."""

    def __init__(
        self,
        config: Path,
        accounts: dict[VenueName, list[str]],
        boxes: dict[VenueName, Overheard],
        clock: Clock,
        web: aiohttp.ClientSession,
        chance: random.Random,
    ) -> None:
        self.kills = Kills()
        self._config = config
        self._accounts = [name for names in accounts.values() for name in names]
        self._boxes = boxes
        self._clock = clock
        self._web = web
        self._chance = chance
        self._bell = Bell()
        self._free = {venue: self._slots(venue, names) for venue, names in accounts.items()}
        self._given: list[Slot] = []
        self._fresh: list[Slot] = []
        self._answered: set[SignalId] = set()
        self._closing: dict[SignalId, None] = {}
        self._last: Counter[str] = Counter()

    def standing(self) -> str:
        """Where the newest signals stood at the last kill."""
        return ", ".join(f"{count} {phase}" for phase, count in sorted(self._last.items())) or "none in flight"

    def _slots(self, venue: VenueName, accounts: Sequence[str]) -> list[Slot]:
        sides = ("buy", "sell")
        listed = self._boxes[venue].instruments.values()
        symbols = [one.symbol for one in listed if one.quote == "USDT" and one.status.lower() == "trading"]
        slots = [Slot(venue, name, symbol, self._chance.choice(sides)) for name in accounts for symbol in symbols]
        self._chance.shuffle(slots)
        return slots

    async def round(self) -> str:
        """One process from its beginning to its kill; how it was killed."""
        async with self._process() as run:
            if self._fresh and self._chance.randrange(4) == 0:
                return await self._kill_recovering(run)
            return await self._kill_at_work(run)

    async def _kill_at_work(self, run: Run) -> str:
        """The process is killed while openings and closes are on their way."""
        async with self._doors(run) as doors:
            await self._bring(doors, self._fresh)
            await self._until_ended(doors, BREATH)
            self._fresh = [slot for venue, slots in self._free.items() for slot in _taken(slots, EACH[venue])]
            self._given += self._fresh
            aim = self._aim()
            asking = [self._bring(doors, self._fresh), self._ask_for_closes(doors)]
            together = asyncio.gather(*asking)
            await self._strike(run, aim)
            await together
        self._read(run)
        return f"{len(self._fresh)} openings and {len(self._boxes)} closes in flight, {aim}"

    async def settle(self, lasts: float) -> None:
        """The last process, which nobody kills: every doubt ends, the ends last, and all is judged."""
        async with self._process() as run:
            async with self._doors(run) as doors:
                await self._bring(doors, self._fresh)
                await self._until_ended(doors, SETTLE)
                await asyncio.sleep(lasts)
                await self._until_ended(doors, SETTLE)
                doors.witness.look()
                self._judge(doors.witness)
            await run.stop()

    async def _kill_recovering(self, run: Run) -> str:
        """The process has no time to tell its doors, perhaps: it is killed at one of its first requests."""
        aim = Aim("*", self._chance.randrange(1, 60), 0.0)
        await self._strike(run, aim)
        self._read(run)
        return f"while it recovers, {aim}"

    def _aim(self) -> Aim:
        if self._chance.randrange(3) == 0:
            return Aim("", 0, self._chance.randrange(250) / 1000)
        call, most = self._chance.choice(AIMS)
        return Aim(call, self._chance.randrange(1, most + 1), 0.0)

    async def _strike(self, run: Run, aim: Aim) -> None:
        """Waits for the aim, for a while, and kills in the very moment in which the box hears the request."""
        met = asyncio.Event()
        heard = 0

        def hear(entry: LogEntry) -> None:
            nonlocal heard
            heard += aim.call in ("*", entry.call)
            if aim.call and heard == aim.nth:
                run.kill()
                met.set()

        for box in self._boxes.values():
            box.heard = hear
        with suppress(TimeoutError):
            async with asyncio.timeout(LATEST if aim.call else aim.after):
                await met.wait()
        run.kill()
        for box in self._boxes.values():
            box.heard = lambda _: self._bell.ring()
        await run.ended()

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[Run]:
        """A process that does not outlive us, however the campaign ends."""
        run = await start(self._config, environment(self._accounts))
        try:
            yield run
        finally:
            run.kill()
            await run.ended()

    @asynccontextmanager
    async def _doors(self, run: Run) -> AsyncIterator[Doors]:
        await run.begun()
        witness = Witness(self._config.parent / "data" / "journal.sqlite")
        doors = Doors(run.intake, run.control, self._web, self._bell, witness)
        following = asyncio.create_task(doors.follow())
        try:
            await doors.ready(READY_WITHIN)
            yield doors
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            witness.close()

    async def _bring(self, doors: Doors, slots: Sequence[Slot]) -> None:
        """Hands signals in, all at once; a sender that hears nothing will come again."""

        async def one(slot: Slot) -> None:
            with suppress(aiohttp.ClientError):
                told = await doors.post(slot.body)
                if told.status in (200, 202):
                    self._answered.add(slot.signal_id)
                elif told.status != 503:  # noqa: PLR2004 - HTTP's: come again
                    self.kills.breaches.append(f"{slot.signal_id}: answered {told.status} {told.body}")

        await asyncio.gather(*(one(slot) for slot in slots))

    async def _ask_for_closes(self, doors: Doors) -> None:
        """Asks for one standing position of each venue to be closed; a request that is not answered may be lost."""
        for venue in self._boxes:
            standing = [slot for slot in self._given if slot.venue is venue and slot.signal_id not in self._closing]
            slot = next((one for one in standing if doors.witness.phase(one.signal_id) is Phase.PROTECTED), None)
            if slot is not None:
                self._closing[slot.signal_id] = None
                with suppress(aiohttp.ClientError):
                    await doors.close(slot.account, slot.symbol)

    async def _until_ended(self, doors: Doors, within: float) -> None:
        with suppress(TimeoutError):
            await doors.bell.until(
                lambda: all(doors.witness.phase(slot.signal_id) in ENDS for slot in self._given), within
            )

    def _read(self, run: Run) -> None:
        """The file as the kill left it: where each signal stands, and whether an answer that was given still holds."""
        witness = Witness(self._config.parent / "data" / "journal.sqlite")
        witness.look()
        self._last.clear()
        for slot in self._given:
            phase = witness.phase(slot.signal_id)
            told = UNRECORDED if phase is None else phase.value
            self.kills.phases[told] += 1
            if slot in self._fresh:
                self._last[told] += 1
            if phase is None and slot.signal_id in self._answered:
                self.kills.breaches.append(
                    f"{slot.signal_id}: answered 202, and not in the journal (process {run.pid})"
                )
        self.kills.in_flight += self._last
        witness.close()

    def _judge(self, witness: Witness) -> None:
        """Nothing failed but our own process, so whatever was filled must stand, covered, once."""
        for venue, box in self._boxes.items():
            verdict = box.judge(self._clock.now())
            self.kills.naked = sorted([*self.kills.naked, *(episode.naked_us for episode in verdict.episodes)])
            for slot in (one for one in self._given if one.venue is venue):
                state = witness.states.get(slot.signal_id)
                self.kills.ends["none" if state is None else f"{venue} {state.phase.value} {state.end.value}"] += 1
                on = on_slot(verdict, Account(slot.account), Symbol(slot.symbol))
                found = list(breaches(on, state, spares=slot.signal_id not in self._closing))
                if state is not None and state.close_asked and state.phase is not Phase.FLAT:
                    found.append("a close was accepted, and it stands")
                if state is None:
                    found.append("the journal does not know it")
                self.kills.breaches += [f"{slot.signal_id}: {one}" for one in found]


def _taken(slots: list[Slot], count: int) -> list[Slot]:
    """The next slots, which are then free no more."""
    taken = slots[:count]
    del slots[:count]
    return taken
