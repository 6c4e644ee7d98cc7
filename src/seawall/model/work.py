"""What comes out of a step of a desk: events to append, acts that may leave, queries, and answers to users.

A gate says what must be durable before something may leave: anything that can raise exposure, and every answer to a
user, waits for its own record; queries and acts that only reduce risk never wait for the journal. The desk keeps the
gates; what stands here has passed them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from seawall.model.acts import Act, Urgency
from seawall.model.events import Event
from seawall.model.ids import SignalId
from seawall.model.queries import Query


@dataclass(frozen=True, slots=True)
class Do:
    """An act that may leave now."""

    act: Act
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Ask:
    """A query that may leave now."""

    query: Query
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Answer:
    """What a user is told about a signal; what it tells is durable. `reason` is empty if it was accepted."""

    signal_id: SignalId
    accepted: bool
    reason: str = ""
    detail: str = ""


class Work(NamedTuple):
    """All that one step of a desk asks of its driver. `first_seq` is the sequence number of the first append; the
    numbers are contiguous, and the driver appends in this order, first in, first out.
    """

    first_seq: int = 0
    appends: tuple[Event, ...] = ()
    acts: tuple[Do, ...] = ()
    queries: tuple[Ask, ...] = ()
    answers: tuple[Answer, ...] = ()
