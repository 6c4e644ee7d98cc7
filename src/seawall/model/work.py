"""What comes out of a step: events to append, acts behind their gates, queries, and answers to users.

A gate says what must be durable before something may leave. `AFTER` for anything that can raise exposure and for every
answer to a user; `NOW` for queries and for acts that only reduce risk, which are never held up by the journal.
"""

from __future__ import annotations

from dataclasses import dataclass

from seawall.model.acts import Act, Urgency
from seawall.model.events import Event
from seawall.model.ids import SignalId
from seawall.model.queries import Query
from seawall.model.times import Instant

NOW = 0
"""The gate that is always open: no sequence number lies below it."""


@dataclass(frozen=True, slots=True)
class GatedAct:
    """An act that may leave once sequence number `after` is durable; not sent at all past `give_up_at` (0: never)."""

    act: Act
    urgency: Urgency
    after: int = NOW
    give_up_at: Instant = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A query that may leave at once."""

    query: Query
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Answer:
    """What a user is told about a signal, once `after` is durable."""

    signal_id: SignalId
    accepted: bool
    reason: str
    detail: str
    after: int


@dataclass(frozen=True, slots=True)
class Work:
    """All that one step of a desk asks of its driver, in order."""

    appends: tuple[Event, ...] = ()
    acts: tuple[GatedAct, ...] = ()
    queries: tuple[Asked, ...] = ()
    answers: tuple[Answer, ...] = ()


NO_WORK = Work()
