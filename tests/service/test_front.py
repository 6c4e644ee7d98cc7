"""The front desk: what it tells of a signal whose account stops before it has answered."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path

from seawall.journal.memory import MemoryJournal
from seawall.journal.port import JournalBroken, KnownSignal
from seawall.model.ids import Account, SignalId, Symbol
from seawall.model.inputs import Input
from seawall.model.work import Answer
from seawall.service.config import parse
from seawall.service.front import NOT_READY, Front
from tests.service.house import opening

MAIN = Account("main")


@dataclass
class Mute:
    """A seat at which signals are taken and nothing is ever answered."""

    symbols: tuple[Symbol, ...] = (Symbol("BTCUSDT"),)
    ready: bool = True
    running: bool = True
    standing: str = ""
    taken: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, *_: Input) -> None:
        """Takes a signal."""
        self.taken.set()

    def step(self) -> None:
        """Decides nothing."""


def test_a_signal_on_its_way_in_an_account_that_stops_is_not_called_refused(tmp_path: Path) -> None:
    """It may be recorded, and its entry with it: the sender is told to ask again, and no state that may be a lie."""

    async def story() -> None:
        accounts = parse('[accounts.main]\nvenue = "binance"\n', tmp_path, {}).accounts
        front, seat = Front(accounts, MemoryJournal({MAIN: "binance"}), lambda: 1, 9), Mute()
        front.seat(MAIN, seat)
        sending = asyncio.create_task(front.receive(json.dumps(opening()).encode()))
        await seat.taken.wait()
        front.lost(MAIN, "stopped: a fault")
        told = await sending
        assert (told.status, told.retry_after, told.body["error"]["detail"]) == (NOT_READY, 1, "stopped: a fault")
        assert "state" not in told.body

    asyncio.run(story())


class ReadOnce(MemoryJournal):
    """A journal whose disk fails behind the first question."""

    reads = 0

    def find_signal(self, signal_id: SignalId) -> KnownSignal | None:
        """Answers once."""
        self.reads += 1
        if self.reads > 1:
            raise JournalBroken("disk I/O error")
        return super().find_signal(signal_id)


def test_an_id_that_the_desk_knows_and_the_journal_cannot_tell_is_not_ready(tmp_path: Path) -> None:
    """The sender learns that it is to ask again, as where the journal cannot be read at the first question."""

    async def story() -> None:
        accounts = parse('[accounts.main]\nvenue = "binance"\n', tmp_path, {}).accounts
        front, seat = Front(accounts, ReadOnce({MAIN: "binance"}), lambda: 1, 9), Mute()
        front.seat(MAIN, seat)
        sending = asyncio.create_task(front.receive(json.dumps(opening()).encode()))
        await seat.taken.wait()
        front.answered(Answer(SignalId(opening()["id"]), accepted=False, reason="duplicate", detail=""))
        told = await sending
        assert told.status == NOT_READY
        assert "disk I/O error" in told.body["error"]["detail"]

    asyncio.run(story())
