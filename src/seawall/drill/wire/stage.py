"""A stage: the box's server, the shipped service in front of it, and a witness who reads the journal's file.

The box is served in this process, so that whoever runs the drill holds its faults, its book, its request log and its
judge. The service is either in this process too (`staged`) or a process of its own (`process.Started`); both are
reached only as a user reaches them: by their two doors and their journal.

Nobody sleeps here. A `Bell` rings whenever the service tells of an event or the box hears a request; what neither tells
(a door that opens, a counter that runs out) is looked at again after `LOOK_AGAIN`.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp

from seawall.drill.checks import fold, on_slot
from seawall.model.events import Event, Recorded
from seawall.model.ids import Account, SignalId, Symbol, VenueName
from seawall.model.times import Duration
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.phase import Phase
from seawall.service.app import App
from seawall.service.clock import UtcClock
from seawall.service.config import parse
from seawall.service.logs import make_log
from seawall.service.reader import JournalReader
from seawall.service.settings import LogFormat, LogLevel, OrderEntry
from venuesim.exchange import Exchange
from venuesim.faults import parse as fault_of
from venuesim.judge import Verdict
from venuesim.server import Addresses, Clock, serve
from venuesim.traffic import LogEntry
from venuesim.wire import Request

LOOK_AGAIN = 0.05
"""Seconds after which a condition is looked at again though nothing has rung."""
PATIENCE = 20.0
"""Seconds until something that must come soon has failed to come."""
READY_WITHIN = 60.0
"""Seconds until a service that has many beside it takes signals."""
BALANCE = Decimal(1_000_000)
Via = Callable[[Addresses], AbstractAsyncContextManager[str]]
"""What stands between the box, given by its addresses, and the service: the address by which the service reaches it."""


class Bell:
    """Rings for everyone who waits."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def ring(self) -> None:
        """Something may have changed."""
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, holds: Callable[[], bool], within: float = PATIENCE, *, what: str = "") -> None:
        """Waits until `holds`. Raises TimeoutError, naming `what`, if it does not within so many seconds."""
        try:
            async with asyncio.timeout(within):
                while not holds():
                    await self._rung()
        except TimeoutError as error:
            raise TimeoutError(f"not within {within} s: {what or holds}") from error

    async def _rung(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_AGAIN):
                await self._next.wait()


class Overheard(Exchange):
    """A box that tells of each request once it has arrived and before it is carried out."""

    heard: Callable[[LogEntry], None] = staticmethod(lambda _: None)

    def request(self, key: int, request: Request, now: int) -> None:
        """See `Exchange.request`."""
        super().request(key, request, now)
        self.heard(self.log[-1])


class Witness:
    """Reads a service's journal from its file, as far as it has grown, and folds it."""

    def __init__(self, file: Path) -> None:
        self.states: dict[SignalId, SagaState] = {}
        self.recorded: dict[Account, list[Recorded]] = {}
        self._reader = JournalReader(file)

    def close(self) -> None:
        """Lets the file go."""
        self._reader.close()

    def look(self) -> None:
        """Reads what is new. Raises JournalError."""
        for account in self._reader.accounts():
            known = self.recorded.setdefault(account, [])
            fresh = self._reader.read(account, len(known), 1_000_000)
            known.extend(fresh)
            fold(fresh, self.states)

    def phase(self, signal_id: str) -> Phase | None:
        """Where a signal stands; None if the journal does not know it."""
        state = self.states.get(SignalId(signal_id))
        return None if state is None else state.phase

    def events(self, signal_id: str) -> list[Event]:
        """A signal's events, in order."""
        rows = (row.event for account in self.recorded.values() for row in account)
        return [event for event in rows if event.signal_id == signal_id]


@dataclass(frozen=True)
class Told:
    """An answer of one of the service's doors."""

    status: int
    body: dict[str, Any]


@dataclass
class Doors:
    """A running service as its users see it: two addresses and a file."""

    intake: str
    control: str
    web: aiohttp.ClientSession
    bell: Bell
    witness: Witness

    async def post(self, body: Mapping[str, Any]) -> Told:
        """Hands a signal in. Raises aiohttp.ClientError if nobody answers."""
        async with self.web.post(f"{self.intake}/signal", data=json.dumps(body)) as response:
            return Told(response.status, await response.json())

    async def close(self, account: str, symbol: str) -> Told:
        """Asks for a slot to be closed."""
        return await self._by_hand("close", {"account": account, "symbol": symbol})

    async def resolve(self, signal_id: str, detail: str) -> Told:
        """The operator's word about a signal."""
        return await self._by_hand("resolve", {"id": signal_id, "detail": detail})

    async def _by_hand(self, what: str, body: Mapping[str, str]) -> Told:
        async with self.web.post(f"{self.control}/{what}", data=json.dumps(body)) as response:
            return Told(response.status, await response.json())

    async def ready(self, within: float = PATIENCE) -> None:
        """Waits until every account takes signals. Raises TimeoutError with what the service lacks."""
        lacks = "no answer"
        try:
            async with asyncio.timeout(within):
                while (answer := await self._readiness()).status != 200:  # noqa: PLR2004 - HTTP's own
                    lacks = json.dumps(answer.body)
                    with suppress(TimeoutError):
                        await self.bell.until(lambda: False, LOOK_AGAIN)
        except TimeoutError as error:
            raise TimeoutError(f"not ready within {within} s: {lacks}") from error

    async def _readiness(self) -> Told:
        async with self.web.get(f"{self.control}/readyz") as response:
            return Told(response.status, await response.json())

    async def reaches(self, signal_ids: str | Sequence[str], *phases: Phase, within: float = PATIENCE) -> None:
        """Waits until every one of the signals stands in one of the phases, by the journal."""
        wanted = (signal_ids,) if isinstance(signal_ids, str) else tuple(signal_ids)
        await self.bell.until(
            lambda: all(self.witness.phase(one) in phases for one in wanted),
            within,
            what=f"{', '.join(wanted[:3])} in {', '.join(phase.value for phase in phases)}",
        )

    async def follow(self) -> None:
        """Reads the journal whenever the service tells of an event, until the service ends."""
        timeout = aiohttp.ClientTimeout(total=None)
        async with self.web.get(f"{self.control}/events", timeout=timeout) as response:
            self._look()
            async for line in response.content:
                if line.startswith(b"data:"):
                    self._look()

    def _look(self) -> None:
        self.witness.look()
        self.bell.ring()


@dataclass
class Stage(Doors):
    """A service in this process, and its box."""

    app: App
    box: Overheard
    clock: Clock
    log: io.StringIO = field(default_factory=io.StringIO)

    def judged(self, account: str = "", symbol: str = "") -> Verdict:
        """What the judge says now; about one slot if one is named."""
        verdict = self.box.judge(self.clock.now())
        return on_slot(verdict, Account(account), Symbol(symbol)) if account else verdict

    def fault(self, since_now: Duration | None = None, until_now: Duration | None = None, **line: object) -> None:
        """Adds a fault in the box's own words; `since_now` and `until_now` in microseconds from now."""
        age = self.clock.now() - self.box.start
        for key, moment in (("after", since_now), ("until", until_now)):
            if moment is not None:
                line[key] = age + moment
        self.box.faults.add(fault_of(line))

    def calls(self, *names: str, symbol: str = "") -> list[LogEntry]:
        """The box's log of some calls, in order of arrival."""
        return [one for one in self.box.log if one.call in names and (not symbol or one.symbol == symbol)]


def key_of(account: str) -> tuple[str, str]:
    """The key and the secret of an account of a drill."""
    return f"{account}-key", f"{account}-secret"


def open_accounts(box: Exchange, accounts: Sequence[str], now: int) -> None:
    """Opens accounts under their keys, rich enough for whatever a drill asks."""
    for account in accounts:
        key, secret = key_of(account)
        box.open_account(account, key=key, secret=secret, balance=BALANCE, now=now)


def configuration(
    seats: Sequence[tuple[str, VenueName, str]],
    more: str = "",
    order_entry: OrderEntry = OrderEntry.AUTO,
    log: LogLevel = LogLevel.WARNING,
) -> str:
    """A configuration for accounts given as (name, venue, REST address), doors on free ports."""
    text = f'[service]\nintake = "127.0.0.1:0"\ncontrol = "127.0.0.1:0"\nlog = "{log}"\n{more}\n'
    for name, venue, rest in seats:
        text += f'[accounts.{name}]\nvenue = "{venue}"\nrest = "{rest}"\norder_entry = "{order_entry}"\n'
        text += f'key_env = "{name}_KEY"\nsecret_env = "{name}_SECRET"\n'
    return text


def environment(accounts: Sequence[str]) -> dict[str, str]:
    """The environment in which a configuration finds its keys."""
    found = {}
    for account in accounts:
        found[f"{account}_KEY"], found[f"{account}_SECRET"] = key_of(account)
    return found


def opening(signal_id: str, account: str, symbol: str, **changed: Any) -> dict[str, Any]:
    """A good signal to open, with some fields changed."""
    body = {
        "id": signal_id,
        "account": account,
        "symbol": symbol,
        "action": "open",
        "side": "buy",
        "size": {"quote": "50"},
        "stop": {"pct": "5"},
    }
    return body | changed


@asynccontextmanager
async def staged(  # noqa: PLR0913 - each is one thing that a drill varies
    home: Path,
    venue: VenueName,
    *,
    accounts: Sequence[str] = ("main",),
    symbols: Sequence[str] | None = None,
    switches: Mapping[str, str] | None = None,
    seed: int = 1,
    more: str = "",
    our_clock_error: Duration = 0,
    level: LogLevel = LogLevel.WARNING,
    order_entry: OrderEntry = OrderEntry.AUTO,
    via: Via | None = None,
) -> AsyncIterator[Stage]:
    """The service and its box, both on sockets, ready to take signals. `via` stands between the two."""
    clock = Clock()
    box = Overheard(venue.value, seed=seed, start=clock.now(), switches=switches, symbols=symbols)
    open_accounts(box, accounts, clock.now())
    async with AsyncExitStack() as stack:
        addresses = await stack.enter_async_context(serve(box, clock=clock))
        rest = addresses.rest if via is None else await stack.enter_async_context(via(addresses))
        text = configuration([(name, venue, rest) for name in accounts], more, order_entry)
        settings = parse(text, home, environment(accounts))
        log = io.StringIO()
        app = App(settings, UtcClock(our_clock_error), make_log(level, LogFormat.JSON, [], log))
        await stack.enter_async_context(app)
        web = await stack.enter_async_context(aiohttp.ClientSession())
        bell = Bell()
        box.heard = lambda _: bell.ring()
        witness = Witness(settings.journal)
        stack.callback(witness.close)
        stage = Stage(app.intake_url, app.control_url, web, bell, witness, app, box, clock, log)
        follower = asyncio.create_task(stage.follow())
        stack.push_async_callback(_ended, follower)
        await stage.ready(READY_WITHIN)
        yield stage


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
