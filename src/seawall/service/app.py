"""The composition root: every real thing is chosen here, and nowhere else.

One process owns one folder (`owner`), names its orders by its installation (`identity`), keeps one journal, and drives
one desk for each account (`loop`) over one connection (`venues.sockets`). Accounts at one address share the budget that
the venue counts by address, and the reads that are the same for all of them (`commons`). Before the doors is a `Front`,
behind them are the desks.

Life: the folder is locked, the journal opened, the doors listen, then the accounts begin: they fold their journals,
open their streams and read their venues, and until then the intake answers 503. An account that fails stops alone and
says so; when none is left, the process ends. At the end what was begun is settled first (`settle`); nothing is closed
or cancelled for the end's sake: stops stay at the venue.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Self

from aiohttp import web

from seawall.engine.desk import Desk
from seawall.engine.settings import DeskSettings
from seawall.journal.port import JournalError
from seawall.journal.sqlite import SqliteJournal
from seawall.model.ids import Account, VenueName
from seawall.model.inputs import Input
from seawall.model.times import Bounds, Duration, Instant
from seawall.model.work import Answer, Work
from seawall.service.archive import Archive
from seawall.service.claims import Claims
from seawall.service.clock import UtcClock
from seawall.service.commons import Commons, Sharing
from seawall.service.control_api import Control
from seawall.service.diary import Diary
from seawall.service.front import Front
from seawall.service.halt import Halts
from seawall.service.hand_api import Hand
from seawall.service.identity import installation
from seawall.service.intake_api import Intake
from seawall.service.lag import watch_lag
from seawall.service.ledger import Ledger, file_of, last_known
from seawall.service.logs import Log, make_log
from seawall.service.loop import AccountLoop
from seawall.service.metrics import Metrics
from seawall.service.owner import FolderLock
from seawall.service.problems import AddressTaken, ConfigError
from seawall.service.quill import Quill
from seawall.service.settings import AccountSettings, Address, OrderEntry, Settings
from seawall.service.spool import Spool, file_name
from seawall.service.tidings import Tidings
from seawall.service.venues import codec_of
from seawall.venues.pace import Budget, common_budget
from seawall.venues.sockets import Addresses, Connection
from seawall.venues.venue import Venue

WHEREABOUTS = "service.json"
"""In the folder: the process and its doors' addresses, for the command line."""
_LOOK_AGAIN = 0.02
"""Seconds between two looks at what is not settled yet."""
_GOODBYE = 0.5
"""Seconds that a door waits for the requests it still has; whoever follows events is sent away then."""


class App:
    """A running service. Used as an asynchronous context manager; raises ServiceError if it cannot begin."""

    def __init__(self, settings: Settings, now: Callable[[], Instant] | None = None, log: Log | None = None) -> None:
        self.settings = settings
        self.loops: dict[Account, AccountLoop] = {}
        self.intake_url = ""
        self.control_url = ""
        self.all_ready = asyncio.Event()
        """Set once every account could rule on signals at the same time, though it may have to refuse entries."""
        self.all_stopped = asyncio.Event()
        self._stack = AsyncExitStack()
        self._now = now or UtcClock()
        self._log = log or self._make_log()
        self._commons: dict[tuple[VenueName, str], Commons] = {}
        self._budgets: dict[tuple[VenueName, str], Budget] = {}
        self._tasks: dict[Account, asyncio.Task[None]] = {}
        self._claims = Claims()
        self._halts = Halts(settings.folder)
        self._metrics = Metrics()
        self._diary = Diary(self._log, self._metrics.worked)
        self._durable: dict[Account, int] = {}

    async def __aenter__(self) -> Self:
        try:
            await self._begin()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def settle(self, within: Duration) -> tuple[str, ...]:
        """Takes no more signals, and waits until every one that was begun stands protected or flat, and on the disk.

        Returns what stands otherwise when the time is over, each with its account and its phase.
        """
        self._front.close()
        until = self._now() + within
        while (self.unsettled() or self._unwritten()) and self._now() < until:  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(_LOOK_AGAIN)
        return self.unsettled()

    def _unwritten(self) -> bool:
        return any(loop.waiting for loop in self.loops.values() if not loop.failure)

    def unsettled(self) -> tuple[str, ...]:
        """What stands neither protected nor flat, each with its account and its phase."""
        standing = ((name, *one) for name, loop in self.loops.items() for one in loop.unsettled())
        return tuple(f"{signal_id} on {name}: {phase.value}" for name, signal_id, phase in standing)

    # ---- what the loops tell (loop.Watcher)

    def answered(self, account: Account, answer: Answer) -> None:
        """See `loop.Watcher`."""
        self._front.answered(answer)

    def worked(self, account: Account, work: Work) -> None:
        """See `loop.Watcher`."""
        if work.appends or work.acts:
            self._diary.note(account, work)

    def advanced(self, account: Account, seq: int) -> None:
        """See `loop.Watcher`."""
        if seq != self._durable.get(account):
            self._durable[account] = seq
            self._tidings.ring()
        if not self.all_ready.is_set() and all(loop.ready for loop in self.loops.values()):
            self.all_ready.set()

    # ---- beginning

    async def _begin(self) -> None:
        settings = self.settings
        name = installation(settings.home)
        lock = self._stack.enter_context(FolderLock(settings.folder))
        if lock.trouble:
            self._log.warning(lock.trouble)
        self._journal = self._open_journal()
        self._stack.push_async_callback(asyncio.to_thread, self._journal.close)
        ahead = self._go_on_from(self._journal.last_at())
        self._front = Front(settings.accounts, self._journal, self._now, settings.waiting, ahead)
        self._tidings = Tidings()
        for account in settings.accounts:
            self._seat(account, name)
        await self._open_doors(name)
        self._stack.callback(self._diary.write)
        self._stack.callback(asyncio.create_task(watch_lag(self._metrics.late)).cancel)
        self._stack.push_async_callback(self._end_accounts)
        for account in settings.accounts:
            self._tasks[account.name] = asyncio.create_task(self._run(account))
        self._log.info("service began", installation=name, intake=self.intake_url, control=self.control_url)

    def _make_log(self) -> Log:
        """The log on standard error, which never keeps anyone waiting; its last lines are the last thing of all."""
        quill = Quill(sys.stderr)
        self._stack.callback(quill.close)
        return make_log(self.settings.log, self.settings.log_format, _secrets(self.settings), quill)

    def _open_journal(self) -> SqliteJournal:
        venues = {account.name: account.venue.value for account in self.settings.accounts}
        try:
            return SqliteJournal(self.settings.journal, venues)
        except JournalError as error:
            raise ConfigError(f"{self.settings.journal}: {error}") from error

    def _take_up(self, account: AccountSettings) -> Budget:
        """The budget of an account's address, as the last process left it; made once for all accounts there."""
        address = (account.venue, account.rest)
        if address not in self._budgets:
            file = file_of(self.settings.folder, account)
            legacy = last_known(file, self._log.warning)
            ledger = Ledger(file, self._log.warning)
            self._stack.callback(ledger.close)
            self._budgets[address] = common_budget(codec_of(account).buckets(), ledger.keep)
            self._budgets[address].inherit(legacy, self._now())
        return self._budgets[address]

    def _seat(self, account: AccountSettings, name: str) -> None:
        """Makes an account's desk and its driver."""
        bounds = self.settings.bounds
        desk = Desk(
            account=account.name,
            venue=account.venue,
            traits=codec_of(account).traits,
            installation=name,
            settings=_desk_settings(bounds, account),
        )
        spool = Spool(
            self.settings.folder / file_name(account.name), account.name, account.venue.value, self._log.error
        )
        halted, budget = partial(self._halts.of, account.name), self._take_up(account)
        loop = AccountLoop(name, desk, self._journal, self._now, self, spool, halted, budget.words)
        self.loops[account.name] = loop
        self._front.seat(account.name, loop)

    async def _open_doors(self, name: str) -> None:
        intake = Intake(self._front, self.settings.intake_secret, self._log)
        archive = Archive(self.settings.journal)
        self._stack.callback(archive.close)
        hand = Hand(self._front, archive, self.loops, self._halts, self._tidings, self._now)
        control = Control(hand, self._front, archive, self.loops, self._metrics, self._tidings, self._now, self._log)
        self.intake_url = await self._listen("service.intake", intake.app(name), self.settings.intake)
        self.control_url = await self._listen("service.control", control.app(name), self.settings.control)
        self._leave_word()

    def _leave_word(self) -> None:
        """Notes the doors' addresses for the command line, which asks at the configured ones where it finds no note.
        One that cannot be written, on a full disk, is no reason to leave positions to nobody.
        """
        told = {"pid": os.getpid(), "intake": self.intake_url, "control": self.control_url}
        whereabouts = self.settings.folder / WHEREABOUTS
        try:
            whereabouts.write_text(json.dumps(told) + "\n", encoding="utf-8")
        except OSError as error:
            self._log.warning(f"{WHEREABOUTS} cannot be written, so commands ask at the configured addresses: {error}")
        else:
            self._stack.callback(whereabouts.unlink, missing_ok=True)

    async def _listen(self, key: str, app: web.Application, address: Address) -> str:
        """Opens a door; the address under which it is reached."""
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GOODBYE)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, address.host, address.port).start()
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
                raise
            raise AddressTaken(
                f'{key}: cannot listen on {address} ({error.strerror}); name another, or ":0"'
            ) from error
        return f"http://{Address(address.host, runner.addresses[0][1])}"

    # ---- the accounts

    async def _run(self, account: AccountSettings) -> None:
        """One account until the end. Whatever goes wrong in it stops it alone, loudly."""
        loop = self.loops[account.name]
        try:
            async with asyncio.TaskGroup() as group:
                sharing = Sharing(self._commons_of(account), loop.put)
                connection = sharing.wire = self._connect(account, partial(self._hear, account, sharing), loop)
                group.create_task(connection.run())
                group.create_task(loop.run(sharing))
        except Exception as error:  # noqa: BLE001 - named, logged whole, and told to everyone who asks
            loop.failure = "; ".join(f"{type(cause).__name__}: {cause}" for cause in _causes(error))
            self._log.error("account stopped", account=account.name, exc_info=error)
            self._front.lost(account.name, loop.standing)
        if all(one.failure for one in self.loops.values()):
            self.all_stopped.set()

    def _hear(self, account: AccountSettings, sharing: Sharing, one: Input) -> None:
        """An input of an account's own connection. Raises ConfigError, which stops it, if the account is another's."""
        self._claims.hear(account, one)
        sharing.hear(one)

    def _go_on_from(self, instant: Instant) -> Duration:
        """Sees to it that our clock goes on where the journal ends; by how much it is now ahead of the machine's."""
        if not isinstance(self._now, UtcClock):
            return 0
        self._now.not_before(instant)
        return self._now.ahead

    def _commons_of(self, account: AccountSettings) -> Commons:
        fresh = Commons(self.settings.bounds, self._now)
        return self._commons.setdefault((account.venue, account.rest), fresh)

    def _connect(self, account: AccountSettings, hear: Callable[[Input], None], loop: AccountLoop) -> Connection:
        codec = codec_of(account)
        common = self._budgets[account.venue, account.rest]
        by_socket = account.order_entry is OrderEntry.AUTO
        venue = Venue(codec, self.settings.bounds, common, trade_socket=by_socket, halted=loop.why_no_entry)
        addresses = Addresses(account.rest, account.stream, account.trade)
        return Connection(venue, addresses, self._now, hear, loop.step)

    async def _end_accounts(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._log.info("service ended")


def _causes(error: Exception) -> Iterator[Exception]:
    """What went wrong in itself, out of however many groups of tasks."""
    if isinstance(error, ExceptionGroup):
        for one in error.exceptions:
            yield from _causes(one)
    else:
        yield error


def _secrets(settings: Settings) -> list[str]:
    """Everything that no log may show."""
    found = [part for account in settings.accounts for part in (account.credentials.key, account.credentials.secret)]
    return [*found, settings.intake_secret or ""]


def _desk_settings(bounds: Bounds, account: AccountSettings) -> DeskSettings:
    """What the owner has set about one account's desk."""
    return DeskSettings(
        bounds,
        account.stop_tolerance_bps,
        account.max_open,
        account.naked_foreign,
        account.adopt_stop_pct,
        account.manual_change,
    )
