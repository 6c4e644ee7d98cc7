"""The rounds: opening by opening, ours and the script's by turns, on the same symbol of the same venue.

Within a round every condition is visited once, and who goes first changes with each opening, so that a machine that is
busy for a while strikes every figure alike. After each opening there is a pause, the same for both sides, in which
whatever follows (the reads after PROTECTED, the log) is done and counted to the processor time of the side that caused
it, not of the next. Between the rounds everything is closed, and nothing of that is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from seawall.drill.bench.box import Box
from seawall.drill.bench.ours import OURS, Ours
from seawall.drill.bench.plain import PlainScript
from seawall.drill.bench.records import Condition, Opening, remembers, saw
from seawall.drill.bench.slots import Slot
from seawall.model.ids import Account, SignalId, VenueName
from seawall.model.times import SECOND, Duration, Instant
from seawall.service.reader import JournalReader

PLAIN = "plain"
"""The name of the script's account in the box, and of its side."""
_PAUSE: Duration = 40_000
"""After each opening, besides six times the latency: microseconds."""


@dataclass
class Bench:
    """Everything that stands while the rounds are run."""

    box: Box
    ours: Ours
    scripts: dict[VenueName, PlainScript]
    slots: dict[VenueName, list[Slot]]
    openings: list[Opening] = field(default_factory=list)
    first: list[Opening] = field(default_factory=list)
    """The very first openings after the start, one of each side at each venue."""
    idle: list[float] = field(default_factory=list)
    """Processor time per second while nothing was opened, as a part of one: what the standing service costs."""
    _signals: int = 0

    async def warm_up(self) -> None:
        """One opening of each side at each venue: connections are made, streams are proven. It is kept apart, as what
        a service just started needs.
        """
        await self.round(-1, [Condition(venue, 0) for venue in self.slots], 1)
        self.first, self.openings = self.openings, []

    async def round(self, number: int, conditions: Sequence[Condition], openings: int) -> None:
        """One round: under each condition so many openings of each side, the venues by turns."""
        for latency in sorted({condition.latency for condition in conditions}):
            await self.box.latency(latency)
            await self._rest(latency)
            await self._measure_idle()
            block = []
            for place in range(openings):
                for condition in (one for one in conditions if one.latency == latency):
                    block += await self._pair(number, condition, place)
            await self._settle(block)
            await self._close(block)
            self.openings += block

    async def _pair(self, number: int, condition: Condition, place: int) -> list[Opening]:
        """Both sides once, on one symbol; who begins changes."""
        slot = self.slots[condition.venue][place]
        sides = [(OURS, self._open_ours), (PLAIN, self._open_plain)]
        opened = []
        for side, do in sides if (number + place) % 2 else reversed(sides):
            opened.append(await self._one(Opening(condition, side, number, slot.symbol, {}, 0), slot, do))
        return opened

    async def _one(
        self, opening: Opening, slot: Slot, do: Callable[[Opening, Slot], Awaitable[dict[str, Instant]]]
    ) -> Opening:
        before = time.process_time_ns()
        opening.marks = await do(opening, slot)
        await self._rest(opening.condition.latency)
        opening.cpu = (time.process_time_ns() - before) // 1_000
        return opening

    async def _open_ours(self, opening: Opening, slot: Slot) -> dict[str, Instant]:
        self._signals += 1
        opening.signal_id = f"bench-{self._signals}"
        return await self.ours.open(slot, SignalId(opening.signal_id))

    async def _open_plain(self, opening: Opening, slot: Slot) -> dict[str, Instant]:
        return await self.scripts[slot.venue].open(slot)

    async def _rest(self, latency: Duration) -> None:
        await asyncio.sleep((_PAUSE + 6 * latency) / SECOND)

    async def _measure_idle(self) -> None:
        """What the service costs while it only stands there: a part of a second's processor time."""
        before, began = time.process_time(), time.monotonic()
        await asyncio.sleep(0.5)
        self.idle.append((time.process_time() - before) / (time.monotonic() - began))

    async def _settle(self, block: Sequence[Opening]) -> None:
        """Gathers what the venues and the journal know of a block's openings."""
        sights = {venue: await self.box.seen(venue) for venue in self.slots}
        with JournalReader(self.ours.app.settings.journal) as journal:
            for opening in block:
                saw(opening, opening.side, sights[opening.condition.venue])
                if opening.side == OURS:
                    rows = journal.read_signal(SignalId(opening.signal_id))
                    appends = self.ours.app.timed.appends[Account(opening.condition.venue.value)]
                    remembers(opening, rows, appends, self.ours.ahead)

    async def _close(self, block: Sequence[Opening]) -> None:
        """Everything flat again, for the next block."""
        by_symbol = {(slot.venue, slot.symbol): slot for group in self.slots.values() for slot in group}
        for opening in block:
            slot = by_symbol[opening.condition.venue, opening.symbol]
            if opening.side == OURS:
                await self.ours.close(slot, SignalId(opening.signal_id))
            else:
                await self.box.sell_by_hand(slot.venue, Account(PLAIN), slot.symbol, slot.quantity)
