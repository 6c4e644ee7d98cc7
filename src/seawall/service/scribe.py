"""Between a desk, which never waits, and the journal, which may: what is handed in, what is durable, what comes again.

Events leave in the order of their sequence numbers, in chunks of one step each, and are kept here until the journal has
confirmed them; what is durable is therefore always a prefix. A failed append is never skipped (`journal.port`): when
one fails, nothing more is handed in until every chunk under way has been answered, and then all of them come again, in
order, after a wait that grows. Meanwhile the account's entries stop and its protection goes on; the desk is told by
`JournalChanged`.

A `SequenceConflict` is different: another process writes to this account. It ends the account here, at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from seawall.journal.port import Dated, Journal, JournalError, SequenceConflict
from seawall.model.ids import Account
from seawall.model.times import MILLISECOND, SECOND, Duration
from seawall.service.spool import Spool

FIRST_WAIT: Duration = 100 * MILLISECOND
LONGEST_WAIT: Duration = 5 * SECOND


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The events of one step. `first_seq` is the number of its first event."""

    first_seq: int
    events: tuple[Dated, ...]

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.events) - 1


class Scribe:
    """The way into the journal of one account. `stirred` is called whenever `durable` or `trouble` has changed."""

    def __init__(
        self,
        journal: Journal,
        account: Account,
        epoch: int,
        durable: int,
        stirred: Callable[[], None],
        spool: Spool | None = None,
    ) -> None:
        self.durable = durable
        self.trouble: JournalError | None = None
        self._journal = journal
        self._account = account
        self._epoch = epoch
        self._spool = spool
        self._stirred = stirred
        self._loop = asyncio.get_running_loop()
        self._chunks: deque[_Chunk] = deque()
        self._under_way = 0
        self._wait: Duration = FIRST_WAIT

    @property
    def waiting(self) -> int:
        """How many events are not durable yet."""
        return sum(len(chunk.events) for chunk in self._chunks)

    def write(self, first_seq: int, events: tuple[Dated, ...]) -> None:
        """Takes the events of one step. Never waits; a failure is told by `trouble`."""
        chunk = _Chunk(first_seq, events)
        assert not self._chunks or self._chunks[-1].last_seq + 1 == first_seq
        self._chunks.append(chunk)
        if self.trouble is None:
            self._hand_in(chunk)
        else:
            self._keep(chunk)

    def _keep(self, *chunks: _Chunk) -> None:
        """While the journal takes nothing, what may have left is kept in the spool."""
        for chunk in chunks if self._spool is not None else ():
            assert self._spool is not None
            self._spool.keep(chunk.first_seq, self._epoch, chunk.events)

    def _hand_in(self, chunk: _Chunk) -> None:
        self._under_way += 1
        try:
            self._journal.submit(self._account, self._epoch, chunk.first_seq - 1, chunk.events, self._from_writer)
        except JournalError as error:
            self._answered(error)

    def _from_writer(self, answer: int | JournalError) -> None:
        """Called by the writer, perhaps on its own thread."""
        self._loop.call_soon_threadsafe(self._answered, answer)

    def _answered(self, answer: int | JournalError) -> None:
        self._under_way -= 1
        if isinstance(answer, int):
            self._confirmed(answer)
        elif not isinstance(self.trouble, SequenceConflict):
            if self.trouble is None:
                self._keep(*self._chunks)
            self.trouble = answer
        if self.trouble is not None and not self._under_way:
            self._come_again(isinstance(answer, int))
        self._stirred()

    def _confirmed(self, seq: int) -> None:
        self.durable = max(self.durable, seq)
        self._wait = FIRST_WAIT
        while self._chunks and self._chunks[0].last_seq <= self.durable:
            self._chunks.popleft()
        if self._spool is not None and not self._chunks:
            self._spool.clear()

    def _come_again(self, mended: bool) -> None:  # noqa: FBT001 - private, and named where it is called
        """After a success everything that waits is handed in at once; after a failure the first alone, and later."""
        if mended:
            self.trouble = None
            for chunk in tuple(self._chunks):
                if self.trouble is None:
                    self._hand_in(chunk)
        elif not isinstance(self.trouble, SequenceConflict):
            self._loop.call_later(self._wait / SECOND, self._retry)
            self._wait = min(self._wait * 2, LONGEST_WAIT)

    def _retry(self) -> None:
        self._hand_in(self._chunks[0])
