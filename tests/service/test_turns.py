"""When the driver of an account steps: what protects leaves in the turn in which its cause came, the rest follows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from seawall.engine.desk import Desk
from seawall.journal.memory import MemoryJournal
from seawall.journal.port import JournalFull
from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import Act, PlaceStop, SubmitEntry, Urgency
from seawall.model.ids import Account
from seawall.model.queries import Query
from seawall.model.times import Instant
from seawall.model.work import Answer, Work
from seawall.service.loop import AccountLoop
from seawall.service.spool import Spool
from tests.engine.builders import Bench
from tests.sagas.builders import INSTALLATION, T0, fill, ms, signal, told

ALPHA = Account("alpha")


@dataclass
class Ears:
    """The ends of the driver's lines: what went to the venue, and what was told to whoever watches."""

    acts: list[Act] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def submit(self, ask: Act | Query, urgency: Urgency) -> None:
        """See `commons.Wire`."""
        del urgency
        if isinstance(ask, Act):
            self.acts.append(ask)

    def answered(self, account: Account, answer: Answer) -> None:
        """See `loop.Watcher`."""
        del account
        self.answers.append(answer)

    def worked(self, account: Account, work: Work) -> None:
        """See `loop.Watcher`."""

    def advanced(self, account: Account, seq: int) -> None:
        """See `loop.Watcher`."""


@dataclass
class Driven:
    """A desk that is ready, driven; the time and the journal are in the test's hand."""

    ears: Ears = field(default_factory=Ears)
    journal: MemoryJournal = field(default_factory=lambda: MemoryJournal({ALPHA: "binance"}))
    now: Instant = T0

    def __post_init__(self) -> None:
        self.desk: Desk = Bench().ready().desk
        self.desk.seq = 0  # its journal is this one, which has nothing yet
        self.loop = AccountLoop(INSTALLATION, self.desk, self.journal, lambda: self.now, self.ears)

    async def commits(self) -> None:
        """Everything handed in becomes durable, and the driver hears of it."""
        for _ in range(3):
            self.journal.advance(10**18)
            await asyncio.sleep(0)

    def hears(self, *reports: object) -> None:
        """A frame of the stream, as the connection hands it over."""
        self.loop.put(inp.StreamReported(self.now, told(*reports)))
        self.loop.step()

    def recorded(self) -> list[type[ev.Event]]:
        """The kinds of event in the journal."""
        return [type(one.event) for one in self.journal.read(ALPHA, 0, 1_000)]


@asynccontextmanager
async def driven() -> AsyncIterator[Driven]:
    """A driver that runs."""
    one = Driven()
    running = asyncio.create_task(one.loop.run(one.ears))
    one.loop.put(inp.ClockReport(one.now, 0, 0))
    await one.commits()
    yield one
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def entered(one: Driven) -> SubmitEntry:
    """A signal comes, and its entry leaves once its record is durable."""
    one.loop.put(inp.SignalReceived(one.now, signal()))
    one.loop.step()
    assert one.ears.acts == []
    await one.commits()
    (act,) = one.ears.acts
    assert isinstance(act, SubmitEntry)
    return act


def test_a_stop_leaves_in_the_turn_in_which_its_fill_was_heard() -> None:
    """No other socket's news is read first; its record and what watchers are told follow."""

    async def story() -> None:
        async with driven() as one:
            entry = await entered(one)
            assert [answer.accepted for answer in one.ears.answers] == [True]
            one.now = ms(100)
            one.hears(fill(entry.client_id, at=100))
            assert isinstance(one.ears.acts[-1], PlaceStop)
            await one.commits()
            assert {ev.EntryFilled, ev.StopIntended} <= set(one.recorded())

    asyncio.run(story())


def test_an_entry_leaves_in_the_turn_in_which_its_record_became_durable() -> None:
    """The driver's own task need not have its turn in between."""

    async def story() -> None:
        async with driven() as one:
            one.loop.put(inp.SignalReceived(one.now, signal()))
            one.loop.step()
            one.journal.advance(10**18)
            await asyncio.sleep(0)
            assert [type(act) for act in one.ears.acts] == [SubmitEntry]

    asyncio.run(story())


def test_what_was_decided_is_recorded_even_if_the_driver_is_cancelled_at_once() -> None:
    """A stop that has left is on record, whatever ends the process's life next."""

    async def story() -> None:
        async with driven() as one:
            entry = await entered(one)
            one.hears(fill(entry.client_id, at=100))
        one.journal.advance(10**18)
        assert ev.StopIntended in one.recorded()

    asyncio.run(story())


def test_a_fault_in_a_step_ends_the_driver_and_never_its_caller() -> None:
    """Whoever brings the news goes on; the account ends with the fault."""

    async def story() -> None:
        one = Driven()
        running = asyncio.create_task(one.loop.run(one.ears))
        one.loop.put(inp.ClockReport(one.now, 0, 0))
        await asyncio.sleep(0)
        assert one.loop.running
        one.desk.seq = -5  # its next event has a number that no journal knows
        one.loop.put(inp.SignalReceived(one.now, signal()))
        one.loop.step()
        with pytest.raises(AssertionError):
            await running

    asyncio.run(story())


def test_a_spool_that_a_full_journal_does_not_take_yet_is_waited_for(tmp_path: Path) -> None:
    """The account says what it waits for, and begins by itself, with all of its record, once there is room."""

    async def story() -> None:
        one = Driven()
        spool = Spool(tmp_path / "spool-alpha.jsonl", ALPHA, "binance")
        spool.keep(1, 1, ((T0, ev.StreamProven(ev.ACCOUNT_WIDE, ev.EVERY_SYMBOL)),))
        loop = AccountLoop(INSTALLATION, one.desk, one.journal, lambda: one.now, one.ears, spool)
        one.journal.fail(JournalFull)
        running = asyncio.create_task(loop.run(one.ears))
        loop.put(inp.ClockReport(one.now, 0, 0))
        await asyncio.sleep(0)
        assert "waits to bring the spool into the journal: The disk of the journal is full" in loop.standing
        one.journal.mend()
        async with asyncio.timeout(10):
            while not loop.running:  # noqa: ASYNC110 - the driver's own timer, which nobody tells of
                await asyncio.sleep(0.01)
        assert one.recorded()[0] is ev.StreamProven
        assert spool.is_empty
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(story())
