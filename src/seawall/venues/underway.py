"""What is under way at an exchange: what waits for leave, and what has left and is waited for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from msgspec import Struct

from seawall.model.acts import Act, Outcome, Reason, Urgency
from seawall.model.inputs import ActAnswered
from seawall.model.times import Duration, Instant
from seawall.venues.pace import Permit
from seawall.venues.port import Charge, Reading, Reply, Request


class Errand(Struct, frozen=True):
    """A request of the connection's own: the venue's time, a stream's key. It costs one of each quota of the address
    (binance.md 1.4: weight 1; bybit.md 1.3), so that a ban of the address binds it too, and goes before the reads:
    without a clock and a stream nothing can be protected for long.
    """

    tag: str
    request: Request


Ask: TypeAlias = Act | Reading | Errand


@dataclass(slots=True)
class Held:
    """An ask without leave. `retry_at` is when to look again, `why` what holds it, `until` when it is given back."""

    ask: Ask
    urgency: Urgency
    until: Instant
    charges: tuple[Charge, ...]
    retry_at: Instant = 0
    why: str = ""
    reason: Reason = Reason.NONE


@dataclass(slots=True, eq=False)
class Flight:
    """An ask under way: its requests by key, and what has come of each; None for lost. `conn`: the connection of the
    trade socket that carries it, 0 for REST.
    """

    ask: Ask
    urgency: Urgency
    began_at: Instant
    permit: Permit
    requests: dict[int, Request]
    conn: int = 0
    unheard: int = 0
    """How many of the requests were neither answered nor lost yet, whatever became of the ask."""
    replies: dict[int, Reply | None] = field(default_factory=dict)
    losses: tuple[str, ...] = ()

    @property
    def in_order(self) -> tuple[Reply | None, ...]:
        """What has come, in the order of the requests."""
        return tuple(self.replies.get(key) for key in self.requests)

    def read_on(self, reading: Reading) -> Reading:
        """The reading whose round this was, with what has come of it."""
        return Reading(reading.query, reading.began_at, (*reading.came, *self.in_order))


def unanswered(
    act: Act,
    outcome: Outcome,
    began_at: Instant,
    at: Instant,
    text: str,
    reason: Reason = Reason.NONE,
    retry_after: Duration = 0,
) -> ActAnswered:
    """The answer to an act of which the venue has told nothing."""
    return ActAnswered(act.client_id, act.symbol, outcome, began_at, at, reason, "", text, retry_after)
