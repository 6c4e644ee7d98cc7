"""The shell of the tool of last resort: `flatten` on sockets of its own, beside whatever service runs or hangs.

It opens no journal, takes no lock and serves no door. What it needs is the configuration, the keys and the name of the
installation; the halt has been written by whoever calls it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seawall.flatten.account import Flattening
from seawall.flatten.report import AccountReport, Said
from seawall.model.events import EVERY_SYMBOL
from seawall.model.ids import Account, Symbol, VenueName
from seawall.model.inputs import ClockReport, Input, Restarted
from seawall.model.times import MILLISECOND, SECOND, Bounds, Duration, Instant
from seawall.service.ledger import budget_beside
from seawall.service.settings import AccountSettings
from seawall.service.venues import codec_of
from seawall.venues.pace import Budget
from seawall.venues.sockets import Addresses, Connection
from seawall.venues.venue import Venue

REACHED_WITHIN: Duration = 20 * SECOND
"""A venue that has shown no position by then is named as not reached: four replies' time."""

Tell = Callable[[Account, Said], None]


@dataclass(frozen=True, slots=True)
class Mission:
    """What is to be brought home, and how long is allowed for it."""

    wishes: Mapping[Account, Symbol | None]
    """For each account a symbol, or None for every slot of ours."""
    installation: str
    halted_at: Instant
    bounds: Bounds
    within: Duration
    folder: Path
    """The service's, where it keeps what it spent of the venue's quotas."""


async def flatten(
    accounts: Sequence[AccountSettings], mission: Mission, now: Callable[[], Instant], tell: Tell
) -> tuple[AccountReport, ...]:
    """Brings every account home, side by side; the reports in the order of the accounts. What fails on one of them is
    in its report, and keeps no other from home.
    """
    budgets: dict[tuple[VenueName, str], Budget] = {}
    hands = [_Hand(account, mission, budgets, now, tell) for account in accounts]
    return tuple(await asyncio.gather(*(hand.brought_home() for hand in hands)))


class _Hand:
    """One account's flattening, driven."""

    def __init__(
        self,
        account: AccountSettings,
        mission: Mission,
        budgets: dict[tuple[VenueName, str], Budget],
        now: Callable[[], Instant],
        tell: Tell,
    ) -> None:
        self._account = account
        self._mission = mission
        self._now = now
        self._tell = tell
        address = (account.venue, account.rest)
        if address not in budgets:
            budgets[address] = budget_beside(mission.folder, account, now(), self._complain)
        venue = Venue(codec_of(account), mission.bounds, budgets[address])
        self._inbox: deque[Input] = deque()
        self._stirred = asyncio.Event()
        self._has_term = False
        self._began = now()
        self._connection = Connection(venue, Addresses(account.rest, account.stream), now, self._hear)
        self._machine = Flattening(
            account.name, mission.wishes[account.name], mission.installation, mission.bounds, mission.halted_at
        )

    async def brought_home(self) -> AccountReport:
        """What has come of it; with what went wrong in the program itself, if anything did."""
        try:
            return await self._run()
        except Exception as error:  # noqa: BLE001 - told in the report, which then is not done
            return replace(self._machine.report(), is_done=False, trouble=f"{type(error).__name__}: {error}")

    async def _run(self) -> AccountReport:
        """Until it is done, or its time is over, or the venue has not been reached."""
        running = asyncio.create_task(self._connection.run())
        try:
            while not self._is_over() and not running.done():
                self._step()
                await self._stirring()
        finally:
            self._connection.aclose()
        await running
        return self._machine.report()

    def _complain(self, words: str) -> None:
        self._tell(self._account.name, Said(self._now(), EVERY_SYMBOL, words))

    def _step(self) -> None:
        inputs = tuple(self._inbox)
        self._inbox.clear()
        work = self._machine.step(inputs, self._now())
        for do in work.acts:
            self._connection.submit(do.act, do.urgency)
        for ask in work.queries:
            self._connection.submit(ask.query, ask.urgency)
        for line in self._machine.said():
            self._tell(self._account.name, line)

    def _is_over(self) -> bool:
        waited = self._now() - self._began
        given_up = waited >= REACHED_WITHIN and not self._machine.is_reached
        return self._machine.is_over or given_up or waited >= self._mission.within

    async def _stirring(self) -> None:
        """Waits for an input, for what the machine wants to be woken for, or for the end of its time."""
        now = self._now()
        ends = [self._began + self._mission.within, self._machine.next_wake() or now + SECOND]
        ends += [] if self._machine.is_reached else [self._began + REACHED_WITHIN]
        try:
            async with asyncio.timeout(max(min(ends) - now, MILLISECOND) / SECOND):
                await self._stirred.wait()
        except TimeoutError:
            return
        self._stirred.clear()

    def _hear(self, one: Input) -> None:
        """Takes an input in; the first that tells the venue's time begins the term."""
        if isinstance(one, ClockReport) and not self._has_term:
            self._has_term = True
            term = (self._now() + one.offset) // SECOND
            self._inbox.append(Restarted(one.at, term, self._mission.installation))
        self._inbox.append(one)
        self._stirred.set()
