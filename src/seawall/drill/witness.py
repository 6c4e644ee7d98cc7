"""What is seen of a process from outside: when it lived, what bytes reached it, and what left it unannounced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from seawall.journal.encoding import Row
from seawall.model.ids import Leg, parse_client_id
from seawall.model.times import Instant
from venuesim.traffic import LogEntry
from venuesim.wire import Answer, Frame, Output

FOREVER: Instant = 2**62
_ORDERS = ("order.create", "stop.create")


@dataclass(slots=True)
class Life:
    """One process: from when until when it lived, in the venue's time."""

    began: Instant
    ended: Instant = FOREVER


@dataclass(slots=True)
class Witness:
    """Notes of one world. `heard`: every answer and frame that reached a living process, with when it did."""

    lives: list[Life] = field(default_factory=list)
    heard: list[tuple[Instant, Answer | Frame]] = field(default_factory=list)
    unannounced: list[str] = field(default_factory=list)
    forgotten: list[Row] = field(default_factory=list)
    """What was durable until an older copy of the journal took its place."""

    def begin(self, now: Instant) -> None:
        """A process starts."""
        self.lives.append(Life(now))

    def end(self, now: Instant) -> None:
        """It is gone."""
        if self.lives:
            self.lives[-1].ended = now

    def hear(self, output: Output, now: Instant) -> None:
        """Bytes reach it."""
        if isinstance(output, Answer | Frame):
            self.heard.append((now, output))

    def arrived(self, entry: LogEntry, rows: Iterable[Row]) -> None:
        """An order reaches the venue: an entry's intention is durable by then, or was until an older copy of the
        journal took its place; else it left unannounced.
        """
        name = parse_client_id(entry.client_id or "") if entry.call == "order.create" else None
        if (
            name is not None
            and name.leg is Leg.ENTRY
            and not _is_named(entry.client_id or "", (*rows, *self.forgotten))
        ):
            self.unannounced.append(f"the entry {entry.client_id} arrived before its intention was durable")

    def strays(self, log: Iterable[LogEntry], rows: tuple[Row, ...], latency: int, patience: int) -> Iterator[str]:
        """Acts that no record names, nor one that an older copy took the place of, though the process that sent
        them lived on to write it: for `patience` at least, where it is not the last. Times in microseconds.
        """
        yield from self.unannounced
        for entry in log:
            sent = entry.at - latency
            ours = entry.call in _ORDERS and parse_client_id(entry.client_id or "") is not None
            lived_on = any(one.began <= sent and sent + patience < one.ended for one in self.lives)
            if ours and lived_on and not _is_named(entry.client_id or "", (*rows, *self.forgotten)):
                yield f"{entry.client_id} was sent and never recorded"


def text_of(output: Answer | Frame) -> str:
    """What an answer or a frame says."""
    return output.text if isinstance(output, Frame) else output.reply.body.decode(errors="replace")


def _is_named(name: str, rows: Iterable[Row]) -> bool:
    return any(name in row.event_data for row in rows)
