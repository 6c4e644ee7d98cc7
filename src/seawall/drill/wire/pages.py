"""Many pages on sockets beside each other: most of a page's time is waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from seawall.drill.demands import Breach
from seawall.drill.page import Page
from seawall.drill.scenario import Outcome
from seawall.drill.wire.play import LASTED, play, seconds_of
from seawall.drill.wire.storm import TRIES, Lateness
from seawall.drill.wire.troubles import CAN_FILL_DISKS
from seawall.drill.world import APPEND
from seawall.model.ids import VenueName

AT_ONCE = 16
"""Pages beside each other. More make the processor late, and a late processor is a fault of its own."""
STARTING = 2
"""Pages that begin at the same moment: a process costs a second of a core until its doors are open."""
MOST = 300.0
"""Seconds that a page may take unless more is allowed."""
LATE = 0.25
"""Seconds by which the processor may be late before what did not hold may be the machine's doing."""
STOP_REREAD = 2
QUICK_BOUNDS = f"[bounds]\nstop_reread = {STOP_REREAD}\n"
QUICK_LASTED = 8.0
"""An end must last longer than the period in which stops are read again; the quick form shortens both, and nothing
that a page is about.
"""


class Wish(Protocol):
    """A page that is to be run."""

    @property
    def page(self) -> Page: ...  # noqa: D102 - said by its name

    @property
    def venue(self) -> VenueName: ...  # noqa: D102

    @property
    def seed(self) -> int: ...  # noqa: D102


Wished = TypeVar("Wished", bound=Wish)


def unfit(page: Page, most: float, *, quick: bool = False) -> str:
    """Why a page is not run on sockets; empty if it is."""
    takes = seconds_of(page, QUICK_LASTED if quick else LASTED)
    if takes > most:
        return f"it takes {takes / 60:.0f} min of real time, and at most {most / 60:.0f} are allowed (--at-most)"
    if any(kill.call == APPEND or kill.restores for kill in page.kill):
        return "a kill between the record and the desk, or an old copy of the journal, is for virtual time alone"
    if page.clock.drift_ppm or any(hand.does == "set_clock" for hand in page.hand):
        return "nobody sets this machine's clock"
    if not CAN_FILL_DISKS and any(line.does != "stall" for line in page.journal):
        return "only Linux can take the disk from a running process"
    return ""


def run(
    wishes: Sequence[Wished], tell: Callable[[Wished, Outcome], None], *, at_once: int, quick: bool = False
) -> float:
    """Runs pages beside each other, the longest first, and tells each outcome as it comes; how late the processor was.

    A run that did not hold while the processor was late is made again, and only its last outcome is told.
    """
    return asyncio.run(_run(sorted(wishes, key=lambda one: -seconds_of(one.page)), tell, at_once, quick=quick))


async def _run(
    wishes: Sequence[Wished], tell: Callable[[Wished, Outcome], None], at_once: int, *, quick: bool
) -> float:
    room, starting, lateness = asyncio.Semaphore(at_once), asyncio.Semaphore(STARTING), Lateness(bearable=LATE)
    watch = asyncio.create_task(lateness.watch())

    async def one(wish: Wished) -> None:
        async with room:
            for _ in range(TRIES):
                begun = asyncio.get_running_loop().time()
                outcome = await _attempt(wish, starting, quick=quick)
                if not outcome.breaches or not lateness.since(begun):
                    break
            tell(wish, outcome)

    async with asyncio.TaskGroup() as group:
        for wish in wishes:
            group.create_task(one(wish))
    watch.cancel()
    return lateness.worst


async def _attempt(wish: Wish, starting: asyncio.Semaphore, *, quick: bool) -> Outcome:
    """One run; what a drill itself could not bear is a breach too."""
    lasting, bounds = (QUICK_LASTED, QUICK_BOUNDS) if quick else (LASTED, "")
    try:
        return await play(wish.page, wish.venue, wish.seed, lasting=lasting, bounds=bounds, starting=starting)
    except (ExceptionGroup, TimeoutError, OSError, RuntimeError) as error:
        causes = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
        said = "; ".join(f"{type(cause).__name__}: {cause}" for cause in causes)
        return Outcome(wish.page, wish.venue, wish.seed, "none", breaches=[Breach(f"the drill broke off: {said}")])
