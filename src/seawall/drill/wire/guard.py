"""A thousand positions on fifty accounts, guarded by one process over real sockets, and what that costs.

python -m seawall.drill.wire guard [--accounts 50] [--positions 20] [--minutes 10] [--venue both] [--json FILE]

Boxes and service are processes of their own. All accounts of a venue reach it from one address, so they share what it
counts by address: the hard case. The accounts are read, the positions opened through the intake as fast as the budgets
permit, and then guarded: prices walk, stops are moved, parts closed and take-profits placed on request, hands cancel
stops and close parts, streams break, replies are late or lost. At the end the faults are lifted, everything settles,
and the judge says what stands. Exit 1 on a breach.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from pathlib import Path

import aiohttp
import msgspec

from seawall.drill.checks import ENDS, breaches, on_slot
from seawall.drill.wire.beside import beside, every
from seawall.drill.wire.boxes import Box, boxed
from seawall.drill.wire.figures import Figures, shown, table
from seawall.drill.wire.gauging import Lags, Requests, lags, memory, processor, used_weight, waited
from seawall.drill.wire.process import Run, start
from seawall.drill.wire.stage import Bell, Doors, Witness, configuration, environment, opening
from seawall.drill.wire.unrest import Place, Unrest
from seawall.model.events.base import EndReason
from seawall.model.ids import Account, SignalId, Symbol, VenueName
from seawall.sagas.phase import Phase
from seawall.service.settings import LogLevel
from venuesim import catalogue
from venuesim.verdict import Verdict

READY_WITHIN = 1_200.0
"""Seconds: Binance's weight lets about nine accounts a minute be read for the first time."""
AT_ONCE = 6
"""Openings under way at a venue."""
OPENS_WITHIN = 90.0
"""Seconds until an opening has an end; what was refused or grew stale for want of budget is handed in again."""
TRIES = 20
MOST_POSITIONS = 25
"""So many contracts in USDT the shorter of the two catalogues has."""
LOOKS_EVERY, READS_EVERY, TELLS_EVERY = 1.0, 5.0, 60.0
WISH_EVERY, FAULT_EVERY, HAND_EVERY = 1.0, 2.0, 10.0
WALK_BPS, WALK_EVERY = 20, 1_000
"""A price moves 3 % in ten minutes, one time in three more: some stops and take-profits are met, many at once."""
SETTLES_WITHIN = 150.0
"""Seconds of calm: a doubt of 60 s (Bounds.doubt), and two rounds of everything that is read again."""
LASTS = 40.0
"""Seconds that the ends must last: longer than the period in which positions are read again."""
NOT_NOW = (429, 503)
GIVEN_UP = (EndReason.NAKED_TOO_LONG, EndReason.STOP_BEYOND_BOUND, EndReason.ABSENT, EndReason.INTERRUPTED)
"""Ends that nothing in this drill excuses where an order of ours closed the rest: every stop would have been taken."""


class Guarding:
    """One run."""

    def __init__(self, home: Path, boxes: Sequence[Box], run: Run, doors: Doors, figures: Figures, seed: int) -> None:
        self.figures = figures
        self.places = [Place(box, *slot) for box in boxes for slot in _slots(box, figures.positions)]
        self._home, self._boxes, self._run, self._doors = home, boxes, run, doors
        self._signals: dict[tuple[str, str], str] = {}
        self._requests = {box.venue: Requests(box.venue) for box in boxes}
        self._read = dict.fromkeys((box.venue for box in boxes), 0)
        self._unrest = Unrest(self.places, doors, random.Random(f"guard/{seed}"))  # noqa: S311 - a drill, drawn
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    async def open(self) -> None:
        """Waits until every account takes signals, and opens every position."""
        began = self._began = self._loop.time()
        async with beside(every(READS_EVERY, self._measure)):
            await self._doors.ready(READY_WITHIN)
        self.figures.ready_s = round(self._loop.time() - began, 1)
        _say(f"{self.figures.accounts} accounts ready after {self.figures.ready_s:.0f} s")
        began, spent = self._loop.time(), processor(self._run.pid)
        async with beside(self._look(), self._tell_openings(), every(READS_EVERY, self._measure)):
            rooms = {box.venue: asyncio.Semaphore(AT_ONCE) for box in self._boxes}
            async with asyncio.TaskGroup() as group:
                for place in self.places:
                    group.create_task(self._open(place, rooms[place.box.venue]))
        took = self._loop.time() - began
        self.figures.opening_s = round(took, 1)
        self.figures.cpu_opening_percent = round(100 * (processor(self._run.pid) - spent) / took, 1)
        self.figures.opened = self._protected()
        _say(f"{self.figures.opened} of {len(self.places)} PROTECTED after {took:.0f} s")

    async def _open(self, place: Place, room: asyncio.Semaphore) -> None:
        """Opens one position, again while the service or its budget says not now."""
        async with room:
            for number in range(TRIES):
                name = f"{place.account}-{place.symbol}-{number}"
                self._signals[place.account, place.symbol] = name
                self.figures.tries += 1
                if await self._try(name, place):
                    return

    async def _try(self, name: str, place: Place) -> bool:
        """Whether a signal was taken and is PROTECTED."""
        side = "buy" if int(place.account[-1]) % 2 else "sell"
        body = opening(name, place.account, place.symbol, side=side, size={"quote": "500"})
        while (told := await self._doors.post(body)).status in NOT_NOW:  # noqa: ASYNC110 - nobody tells of room
            await asyncio.sleep(1)
        if told.status != 202:  # noqa: PLR2004 - HTTP's own
            return False
        with suppress(TimeoutError):
            await self._doors.reaches(name, *ENDS, within=OPENS_WITHIN)
        return self._doors.witness.phase(name) is Phase.PROTECTED

    async def guard(self) -> None:
        """Guards for the given time, in unrest, and measures."""
        figures, pids = self.figures, [box.pid for box in self._boxes]
        figures.requests_opening = await self._asked_since(self._began)
        for box in self._boxes:
            await box.remote.walk(WALK_BPS, WALK_EVERY)
        before, spent, others = await self._lags(), processor(self._run.pid), sum(map(processor, pids))
        delayed = waited(self._run.pid)
        figures.rss_start, began = round(memory(self._run.pid), 1), self._loop.time()
        unrest = self._unrest
        works = [
            every(WISH_EVERY, unrest.wish),
            every(FAULT_EVERY, unrest.fault),
            every(HAND_EVERY, unrest.hand),
            every(READS_EVERY, self._measure),
        ]
        async with beside(self._look(), self._tell_guarding(began), *works):
            await asyncio.sleep(figures.minutes * 60)
        took = self._loop.time() - began
        figures.cpu_percent = round(100 * (processor(self._run.pid) - spent) / took, 1)
        figures.waited_percent = round(100 * (waited(self._run.pid) - delayed) / took, 1)
        figures.boxes_cpu_percent = round(100 * (sum(map(processor, pids)) - others) / took, 1)
        figures.rss_end = round(memory(self._run.pid), 1)
        late = (await self._lags()).since(before)
        figures.lag_p50_ms, figures.lag_p99_ms, figures.lag_max_ms = map(late.quantile, (0.5, 0.99, 1))
        figures.requests = await self._asked_since(began)
        figures.wished, figures.done = dict(unrest.wished), dict(unrest.done)

    async def judge(self) -> None:
        """Lifts the faults, lets everything come to its end, and asks the judge."""
        for box in self._boxes:
            await box.remote.walk(0, WALK_EVERY)
            await box.remote.lift()
        async with beside(self._look()):
            with suppress(TimeoutError):
                await self._doors.reaches(list(self._signals.values()), *ENDS, within=SETTLES_WITHIN)
            await asyncio.sleep(min(LASTS, self.figures.minutes * 60))
        self._doors.witness.look()
        for box in self._boxes:
            self._judge(box, await box.remote.judge())
        states = [self._doors.witness.states.get(SignalId(name)) for name in self._signals.values()]
        self.figures.ends = dict(
            Counter(f"{one.phase.value} {one.end}".strip() if one else "unknown" for one in states)
        )
        self._weigh_record()

    # ---- at the end

    def _judge(self, box: Box, verdict: Verdict) -> None:
        figures = self.figures
        figures.naked_total_s = round(figures.naked_total_s + verdict.naked_us / 1_000_000, 3)
        for place in self.places:
            if place.box is not box:
                continue
            slot = on_slot(verdict, Account(place.account), Symbol(place.symbol))
            longest = slot.longest_naked_us / 1_000_000
            if longest > figures.naked_longest_s:
                figures.naked_longest_s, figures.naked_longest_at = longest, f"{place.account} {place.symbol}"
            if (place.account, place.symbol) not in self._unrest.uncovered:
                figures.naked_longest_unasked_s = max(figures.naked_longest_unasked_s, longest)
            figures.breaches += [f"{place.account} {place.symbol}: {one}" for one in self._breaches(place, slot)]

    def _breaches(self, place: Place, slot: Verdict) -> list[str]:
        state = self._doors.witness.states.get(SignalId(self._signals[place.account, place.symbol]))
        found = [*breaches(slot, state, spares=False)]
        closes = sorted((one for episode in slot.episodes for one in episode.closes), key=lambda close: close.at)
        if state is not None and state.end in GIVEN_UP and closes and closes[-1].what == "order":
            found.append(f"given up: {state.end}")
        return found

    def _weigh_record(self) -> None:
        figures, journal = self.figures, self._home / "data" / "journal.sqlite"
        figures.journal_events = sum(map(len, self._doors.witness.recorded.values()))
        figures.journal_mib = round(
            sum(file.stat().st_size for file in journal.parent.glob("journal.sqlite*")) / 2**20, 1
        )
        figures.log_kib = round(self._run.log.stat().st_size / 1024, 1)

    # ---- beside the rest

    def _protected(self) -> int:
        return sum(self._doors.witness.phase(name) is Phase.PROTECTED for name in self._signals.values())

    async def _lags(self) -> Lags:
        return await lags(self._run.control, self._doors.web)

    async def _look(self) -> None:
        """Reads the journal now and then. At every event would cost the machine more than what is measured."""
        while True:
            self._doors.witness.look()
            self._doors.bell.ring()
            await asyncio.sleep(LOOKS_EVERY)

    async def _measure(self) -> None:
        await self._read_logs()
        for box in self._boxes:
            if box.venue is VenueName.BINANCE:
                self._requests[box.venue].weighed(await used_weight(box.rest, self._doors.web))

    async def _asked_since(self, began: float) -> dict[str, dict[str, object]]:
        """What the venues were asked since an instant of the loop's clock, at which counting began; it begins anew."""
        await self._measure()
        took, asked = self._loop.time() - began, self._requests
        self._requests = {box.venue: Requests(box.venue) for box in self._boxes}
        return {venue.value: shown(one, took) for venue, one in asked.items()}

    async def _read_logs(self) -> None:
        for box in self._boxes:
            fresh = await box.remote.log(self._read[box.venue])
            self._read[box.venue] += len(fresh)
            self._requests[box.venue].take(fresh)

    async def _tell_openings(self) -> None:
        began = self._loop.time()
        while True:
            await asyncio.sleep(TELLS_EVERY / 2)
            by_venue = Counter(
                place.box.venue.value
                for place in self.places
                if self._doors.witness.phase(self._signals.get((place.account, place.symbol), "")) is Phase.PROTECTED
            )
            _say(f"{self._loop.time() - began:.0f} s: PROTECTED {dict(by_venue)}, {self.figures.tries} handed in")

    async def _tell_guarding(self, began: float) -> None:
        """A line a minute, or at least four in all."""
        spent, at = processor(self._run.pid), began
        while True:
            await asyncio.sleep(min(TELLS_EVERY, self.figures.minutes * 15))
            now, taken, load = self._loop.time(), processor(self._run.pid), os.getloadavg()[0]
            protected, busy = self._protected(), 100 * (taken - spent) / (now - at)
            self.figures.protected.append((round(now - began), protected))
            self.figures.load.append(round(load, 1))
            kept = f"RSS {memory(self._run.pid):.0f} MiB, load {load:.1f}"
            _say(f"{now - began:.0f} s: {protected} PROTECTED, CPU {busy:.0f} %, {kept}")
            spent, at = taken, now


def _say(line: str) -> None:
    print(line, flush=True)


def _slots(box: Box, positions: int) -> list[tuple[str, str]]:
    """So many symbols of each account, those in USDT first to come."""
    symbols = [one.symbol for one in catalogue.load(box.venue.value).values() if one.quote == "USDT"][:positions]
    return [(account, symbol) for symbol in symbols for account in box.accounts]


async def guarded(home: Path, figures: Figures, venues: Sequence[VenueName], seed: int) -> None:
    """Sets the stage, opens, guards, judges; the figures are written into `figures` as they come."""
    async with AsyncExitStack() as stack:
        timeout = aiohttp.ClientTimeout(total=120)
        web = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        each = figures.accounts // len(venues)
        boxes = [await stack.enter_async_context(boxed(venue, each, seed, web)) for venue in venues]
        seats = [(name, box.venue, box.rest) for box in boxes for name in box.accounts]
        config = home / "seawall.toml"
        config.write_text(configuration(seats, log=LogLevel.INFO), encoding="utf-8")
        run = await start(config, environment([name for name, *_ in seats]))
        stack.push_async_callback(run.stop)
        await run.begun()
        witness = Witness(home / "data" / "journal.sqlite")
        stack.callback(witness.close)
        guarding = Guarding(home, boxes, run, Doors(run.intake, run.control, web, Bell(), witness), figures, seed)
        await guarding.open()
        await guarding.guard()
        await guarding.judge()


def main(argv: Sequence[str]) -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m seawall.drill.wire guard")
    parser.add_argument("--accounts", type=int, default=50, help="of all venues together")
    parser.add_argument("--positions", type=int, default=20, help="on each account")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--venue", choices=("both", *VenueName), default="both")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where the figures are kept")
    parser.add_argument("--keep", type=Path, help="an empty folder in which the service's journal and log stay")
    options = parser.parse_args(argv)
    venues = [*VenueName] if options.venue == "both" else [VenueName(options.venue)]
    if options.accounts % len(venues):
        parser.error(f"--accounts: expected an even number for two venues, came {options.accounts}")
    if not 0 < options.positions <= MOST_POSITIONS:
        parser.error(f"--positions: expected 1 to {MOST_POSITIONS}, came {options.positions}")
    figures = Figures(options.accounts, options.positions, options.minutes)
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="seawall-guard-")
        home = options.keep or Path(stack.enter_context(temporary))
        asyncio.run(guarded(home, figures, venues, options.seed))
    _say(table(figures))
    for breach in figures.breaches:
        _say(f"    {breach}")
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
    return int(bool(figures.breaches) or figures.opened < figures.wanted)
