"""The way into the journal: in order, never skipped, told when it fails, and quick again when it is mended."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from seawall.journal.memory import MemoryJournal
from seawall.journal.port import Dated, JournalBroken, JournalBusy, JournalFull, SequenceConflict
from seawall.model.events import ACCOUNT_WIDE, EVERY_SYMBOL, EntriesStopped
from seawall.model.ids import Account
from seawall.service.scribe import Scribe

MAIN = Account("main")


def events(count: int, word: str = "x") -> tuple[Dated, ...]:
    """Some events, one microsecond apart."""
    return tuple((place, EntriesStopped(ACCOUNT_WIDE, EVERY_SYMBOL, f"{word}{place}")) for place in range(count))


@dataclass
class Writing:
    """Writes steps through a scribe, numbering them as a desk does."""

    journal: MemoryJournal
    seq: int = 0
    stirs: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scribe = Scribe(self.journal, MAIN, 1, 0, lambda: self.stirs.append(self.scribe.durable))

    def step(self, count: int) -> None:
        """One step that decides `count` events."""
        self.scribe.write(self.seq + 1, events(count, f"{self.seq}-"))
        self.seq += count

    async def advance(self) -> None:
        """Lets the journal answer, and the answers arrive."""
        self.journal.advance(10**9)
        await asyncio.sleep(0)

    async def comes_again(self) -> None:
        """Waits until something has been handed in."""
        async with asyncio.timeout(10):
            while self.journal.next_wake() is None:  # noqa: ASYNC110 - the scribe's own timer, which nobody tells of
                await asyncio.sleep(0.005)

    def settled(self) -> bool:
        """Whether everything is durable and nothing is wrong."""
        return (self.scribe.durable, self.scribe.waiting, self.scribe.trouble) == (self.seq, 0, None)

    def recorded(self) -> list[int]:
        """The sequence numbers in the journal."""
        return [one.seq for one in self.journal.read(MAIN, 0, 10_000)]


def journal(capacity: int = 100) -> MemoryJournal:
    """An empty journal for one account."""
    return MemoryJournal({MAIN: "binance"}, capacity=capacity)


def test_what_is_durable_is_a_prefix() -> None:
    """Writing never waits; each answer moves the watermark on and stirs the loop."""

    async def story() -> None:
        desk = Writing(journal())
        desk.step(2)
        desk.step(3)
        assert (desk.scribe.durable, desk.scribe.waiting) == (0, 5)
        await desk.advance()
        assert desk.settled()
        assert desk.stirs == [2, 5]
        assert desk.recorded() == [1, 2, 3, 4, 5]

    asyncio.run(story())


@pytest.mark.parametrize("kind", [JournalFull, JournalBroken])
def test_a_failed_append_comes_again_with_all_that_followed(kind: type[JournalFull | JournalBroken]) -> None:
    """While the journal fails nothing is skipped and nothing doubled; once it is mended all of it stands in order."""

    async def story() -> None:
        desk = Writing(journal())
        desk.step(1)
        await desk.advance()
        desk.journal.fail(kind)
        desk.step(2)
        desk.step(1)
        await desk.advance()
        assert isinstance(desk.scribe.trouble, kind)
        desk.step(1)
        assert (desk.scribe.durable, desk.scribe.waiting) == (1, 4)
        await desk.comes_again()
        await desk.advance()
        assert isinstance(desk.scribe.trouble, kind)
        desk.journal.mend()
        await desk.comes_again()
        await desk.advance()
        await desk.advance()
        assert desk.settled()
        assert desk.recorded() == [1, 2, 3, 4, 5]

    asyncio.run(story())


def test_a_full_queue_is_waited_for() -> None:
    """An append that the writer's queue had no room for is handed in again as soon as it has."""

    async def story() -> None:
        desk = Writing(journal(capacity=2))
        for _ in range(4):
            desk.step(1)
        assert isinstance(desk.scribe.trouble, JournalBusy)
        await desk.advance()
        await desk.advance()
        assert desk.settled()
        assert desk.recorded() == [1, 2, 3, 4]

    asyncio.run(story())


def test_another_writer_is_final() -> None:
    """A sequence conflict is never tried again: somebody else owns the account."""

    async def story() -> None:
        desk = Writing(journal())
        desk.journal.append(MAIN, 9, 0, events(3))
        desk.step(1)
        await desk.advance()
        assert isinstance(desk.scribe.trouble, SequenceConflict)
        desk.step(1)
        assert desk.journal.next_wake() is None
        assert isinstance(desk.scribe.trouble, SequenceConflict)
        assert len(desk.recorded()) == 3

    asyncio.run(story())
