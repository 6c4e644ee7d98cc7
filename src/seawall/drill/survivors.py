"""What survives a process: all that its successor and the venue go on from, as one value that can be compared.

Within one run everything durable only ever grows (the journal's rows, the facts of the venue's book, what has arrived
there), so how much there is of each says which it is. `Survivors.value` is the whole of it at an instant:

- how many rows are durable, and how many an old copy of the journal has taken away;
- how many facts the venue's book holds: orders, fills, stops, positions, balances, leverage, prices;
- how many requests that would act have left by REST, how many have arrived by whatever road, and how often the venue
  has begun or gone on to carry one out. What is under way on a socket dies with it, and is not counted;
- how many of the page's times have passed, and will have after each pause (an owner who asks meanwhile finds nobody):
  its kills, hands, prices, the journal's troubles, the spans of its faults;
- how often each kill's call has been met, and how often each fault has, as far as their counts still matter;
- which of the page's faults have struck, and the venue's words to wait that the ledger keeps.

Left out, since they change with every read and are no more than another draw or some milliseconds: how much is spent of
a quota, how many reads there were (from which the box draws their lags), and the time itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from seawall.drill.lines import lines_on
from seawall.drill.page import Page
from seawall.drill.world import World
from seawall.model.ids import VenueName
from seawall.model.times import MILLISECOND, SECOND, Duration, Instant
from venuesim.faults import WORLD_FAULTS, Fault
from venuesim.traffic import LogEntry

PAUSES = (10 * MILLISECOND, SECOND, 20 * SECOND)
"""How long a process that the sweep kills is gone."""

Value: TypeAlias = tuple[object, ...]


class Survivors:
    """Watches one run of a page from the signal on."""

    def __init__(self, world: World, page: Page, began: Instant, met: Mapping[int, int]) -> None:
        self._world = world
        self._met = met
        """How often the call of each of the page's kills came."""
        self._kills = list(lines_on(page.kill, world.venue))
        self._times = sorted(began + after for after in _times_of(page, world.venue))
        self._read = 0
        self._writes: list[LogEntry] = []
        self._fired = 0
        self._struck: dict[int, int] = {}

    def value(self) -> Value:
        """All that would survive if the process died now."""
        world = self._world
        return (
            len(world.journal.rows(world.account)),
            len(world.witness.forgotten),
            len(world.box.history),
            world.sent,
            *self._carried_out(),
            *(bisect_right(self._times, world.now + gone) for gone in (0, *PAUSES)),
            tuple(min(self._met.get(n, 0), kill.nth) for n, kill in enumerate(self._kills)),
            self._plan(),
            tuple(sorted((bucket, word.until) for bucket, word in world.ledger.left.words.items())),
        )

    def _carried_out(self) -> tuple[int, int]:
        """How many requests that would act have arrived, and how many stages of them were carried out."""
        log = self._world.box.log
        self._writes += [entry for entry in log[self._read :] if not entry.reads]
        self._read = len(log)
        return len(self._writes), sum(len(entry.acted_at) for entry in self._writes)

    def _plan(self) -> Value:
        """Where each fault in force stands: how often it was met, up to where that no longer counts, and struck."""
        faults = self._world.box.faults
        for fired in faults.fired[self._fired :]:
            self._struck[fired.number] = self._struck.get(fired.number, 0) + 1
        self._fired = len(faults.fired)
        return tuple(
            (number, *_standing(fault, faults.met(number), self._struck.get(number, 0)))
            for number, fault in faults.plan.items()
        )


def _standing(fault: Fault, met: int, struck: int) -> tuple[int, int]:
    """Each meeting of a fault of the world begins a deed; of another only those count up to its last."""
    if fault.fault in WORLD_FAULTS:
        return met, struck
    counts = fault.nth is not None or fault.times is not None
    last = (fault.nth or 1) + (fault.times or 1) - 1 if counts else 1
    return min(met, last), min(struck, 1)


def _times_of(page: Page, venue: VenueName) -> Iterator[Duration]:
    """After the signal: when something of the page begins or ends."""
    for line in lines_on(page.fault, venue):
        yield from (at for at in (line.after, line.until) if at is not None)
    yield from (price.at for price in lines_on(page.price, venue))
    yield from (hand.at for hand in lines_on(page.hand, venue))
    yield from (kill.at for kill in lines_on(page.kill, venue) if kill.at is not None)
    for trouble in lines_on(page.journal, venue):
        yield from (trouble.at, trouble.at + trouble.lasts)
