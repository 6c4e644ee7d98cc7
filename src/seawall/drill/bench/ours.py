"""Our side: the shipped service, whole, with one more eye that only looks at the clock.

`Observed` is the service itself; it notes when each append was handed in and when it was durable. Everything else is
read from the journal afterwards. A signal goes in as anyone's does, by HTTP at the intake.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import aiohttp

from seawall.drill.bench.box import Box, keys_of
from seawall.drill.bench.sender import Sender, sender
from seawall.drill.bench.slots import Slot
from seawall.journal.port import Dated, Done, JournalError
from seawall.journal.sqlite import SqliteJournal
from seawall.model.events import Event, FlatVerified, PositionProtected
from seawall.model.ids import Account, SignalId, VenueName
from seawall.model.times import Duration, Instant
from seawall.model.work import Work
from seawall.service.app import App
from seawall.service.clock import UtcClock
from seawall.service.config import parse
from seawall.service.logs import make_log
from seawall.service.pauses import set_aside
from seawall.service.settings import OrderEntry, Settings

OURS = "ours"
"""The name of our account in the box."""
WITHIN = 30.0
"""Seconds until something that takes a moment has failed to happen."""
_LOOK_EVERY = 0.02
_ACCEPTED = 202
_HTTP_OK = 200


@dataclass(frozen=True, slots=True)
class Append:
    """One append on its way into the journal: its last sequence number, when handed in and when durable, our clock."""

    last_seq: int
    handed_in: Instant
    durable: Instant


class TimedJournal(SqliteJournal):
    """The journal, with the times of each append noted (the second on the writer's own thread)."""

    now: Callable[[], Instant]
    appends: dict[Account, list[Append]]

    def submit(self, account: Account, epoch: int, expected_seq: int, events: Sequence[Dated], done: Done) -> None:
        """See `journal.port.Journal`."""
        handed_in, last_seq = self.now(), expected_seq + len(events)

        def told(answer: int | JournalError) -> None:
            self.appends.setdefault(account, []).append(Append(last_seq, handed_in, self.now()))
            done(answer)

        super().submit(account, epoch, expected_seq, events, told)


class Observed(App):
    """The service, watched."""

    def __init__(self, settings: Settings, now: UtcClock, log: TextIO) -> None:
        super().__init__(settings, now, make_log(settings.log, settings.log_format, [], log))
        self.clock = now
        self.timed: TimedJournal
        self._awaited: dict[tuple[type[Event], SignalId], asyncio.Future[None]] = {}

    def _open_journal(self) -> SqliteJournal:
        self.timed = TimedJournal(
            self.settings.journal, {account.name: account.venue.value for account in self.settings.accounts}
        )
        self.timed.now, self.timed.appends = self.clock, {}
        return self.timed

    def worked(self, account: Account, work: Work) -> None:
        """See `service.loop.Watcher`."""
        for event in work.appends:
            waiting = self._awaited.pop((type(event), event.signal_id), None)
            if waiting is not None:
                waiting.set_result(None)
        super().worked(account, work)

    def expects(self, kind: type[Event], signal_id: SignalId) -> asyncio.Future[None]:
        """What comes when an event of this kind is decided about the signal."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited[kind, signal_id] = waiting
        return waiting


@dataclass
class Ours:
    """The running service and how a user reaches it."""

    app: Observed
    sender: Sender
    web: aiohttp.ClientSession
    ahead: Duration
    """How far the venue's clock is ahead of ours, microseconds."""

    def venue_now(self) -> Instant:
        """The venue's time."""
        return self.app.clock() + self.ahead

    async def open(self, slot: Slot, signal_id: SignalId) -> dict[str, Instant]:
        """Posts a signal and waits until it is PROTECTED; when it was handed in and when it was answered."""
        request = self.sender.compose(json.dumps(_body(slot, signal_id)).encode())
        protected = self.app.expects(PositionProtected, signal_id)
        marks = {"began": self.venue_now()}
        status, told = await self.sender.send(request)
        marks["answered"] = self.venue_now()
        if status != _ACCEPTED:
            raise RuntimeError(f"the intake answered {status}: {told.decode(errors='replace')}")
        async with asyncio.timeout(WITHIN):
            await protected
        return marks | {"done": self.venue_now()}

    async def close(self, slot: Slot, signal_id: SignalId) -> None:
        """Brings a slot back to FLAT and waits until it is free again."""
        free = self.app.expects(FlatVerified, signal_id)
        body = json.dumps({"account": slot.venue.value, "symbol": slot.symbol})
        async with self.web.post(f"{self.app.control_url}/close", data=body) as reply:
            if reply.status != _ACCEPTED:
                raise RuntimeError(f"the control door answered {reply.status}: {await reply.text()}")
        async with asyncio.timeout(WITHIN):
            await free


def _body(slot: Slot, signal_id: SignalId) -> dict[str, object]:
    return {
        "id": signal_id,
        "account": slot.venue.value,
        "symbol": slot.symbol,
        "action": "open",
        "side": "buy",
        "size": {"base": slot.quantity},
        "stop": {"price": slot.trigger},
    }


@asynccontextmanager
async def service(
    box: Box, home: Path, web: aiohttp.ClientSession, order_entry: OrderEntry = OrderEntry.AUTO
) -> AsyncIterator[Ours]:
    """The service before the box, one account at each venue, ready for signals."""
    clock = UtcClock()
    ahead = await box.ahead_of(clock)
    with (home / "log").open("w", encoding="utf-8") as log:
        async with Observed(_settings(box, home, order_entry), clock, log) as app:
            await _ready(app, web)
            async with sender(app.intake_url) as door:
                set_aside()
                yield Ours(app, door, web, ahead)


def _settings(box: Box, home: Path, order_entry: OrderEntry) -> Settings:
    """The configuration that a user would write; the log as it is by default, into a file."""
    lines = ["[service]", 'intake = "127.0.0.1:0"', 'control = "127.0.0.1:0"']
    for venue in VenueName:
        lines += [f"[accounts.{venue.value}]", f'venue = "{venue.value}"', f'rest = "{box.rest[venue]}"']
        lines += ['key_env = "OURS_KEY"', 'secret_env = "OURS_SECRET"', f'order_entry = "{order_entry}"']
    key, secret = keys_of(OURS)
    return parse("\n".join(lines), home, {"OURS_KEY": key, "OURS_SECRET": secret})


async def _ready(app: Observed, web: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(WITHIN):
        while True:
            async with web.get(f"{app.control_url}/readyz") as reply:
                if reply.status == _HTTP_OK:
                    return
            await asyncio.sleep(_LOOK_EVERY)
