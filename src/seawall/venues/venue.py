"""One account at one venue, whole and without I/O: codec, exchange, link, clock and pace as one machine.

    event ---> Venue.on(event, now) ---> effects, in order

An *event* is what happened: the desk wants something (`Submitted`), a reply came (`Replied`), a socket opened, spoke or
closed (`Connected`, `Framed`, `Ponged`, `Closed`), or time passed (`Ticked`). An *effect* is what the driver must do:
send a request (`Transmit`), work the stream's socket (`Connect`, `Send`, `Probe`, `Cut`), or tell the desk (`Tell`).

Two drivers carry effects out and bring events in, `sockets.py` on real sockets and the drill's world on a heap of
times, and neither decides anything. What both must promise:

- one `Started` first; then every event once, with a `now` that never runs backwards;
- each `Transmit` ends in one `Replied` or one `Lost` with its key, however late;
- each `Connect` ends in a `Connected` and later a `Closed`, or in a `Closed` alone; after a `Cut` nothing is owed;
- a `Ticked` at or after `next_wake`.

Requests of different keys and frames of one connection may overtake one another in any way: that is the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from seawall.model.acts import Act, Urgency
from seawall.model.inputs import Input
from seawall.model.queries import Query
from seawall.model.times import Bounds, Instant
from seawall.venues.clock import Clock
from seawall.venues.exchange import ERRAND_URGENCY, NO_OUTPUT, Exchange, Transmit
from seawall.venues.link import NO_NEWS, Command, Link
from seawall.venues.pace import Budget, Pace
from seawall.venues.port import Codec, Reply


@dataclass(frozen=True, slots=True)
class Started:
    """The driver is ready: open the stream, ask for the time."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The desk wants this act done or this query answered; its gate is open."""

    ask: Act | Query
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Replied:
    """The whole reply to request `key` has come."""

    key: int
    reply: Reply


@dataclass(frozen=True, slots=True)
class Lost:
    """Request `key` will have no reply; `sent` says whether a byte of it may have left."""

    key: int
    sent: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Connected:
    """Stream connection `conn` is open."""

    conn: int


@dataclass(frozen=True, slots=True)
class Framed:
    """A text frame came on connection `conn`."""

    conn: int
    text: str


@dataclass(frozen=True, slots=True)
class Ponged:
    """A ping or pong of the protocol's own came on connection `conn`; a ping has been answered already."""

    conn: int


@dataclass(frozen=True, slots=True)
class Closed:
    """Connection `conn` ended, or could not be opened."""

    conn: int
    detail: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed."""


VenueEvent: TypeAlias = Started | Submitted | Replied | Lost | Connected | Framed | Ponged | Closed | Ticked


@dataclass(frozen=True, slots=True)
class Tell:
    """Hand this input to the desk."""

    input: Input


Effect: TypeAlias = Transmit | Command | Tell

MOST_ROUNDS = 8
"""What is due at once is done at once; more rounds than this at one instant would be a machine that spins."""


class Venue:
    """The connection of one account to one venue. All instants are microseconds UTC."""

    def __init__(self, codec: Codec, bounds: Bounds, common: Budget | None = None) -> None:
        """`common`: the budget of the address, where several accounts share one (`pace.common_budget`)."""
        self.clock = Clock()
        self._exchange = Exchange(codec, Pace(codec.buckets(), common), self.clock, bounds)
        self._link = Link(codec, self.clock, bounds)
        self._wake_at = self._next_wake()

    @property
    def link(self) -> Link:
        """The stream's machine, to be looked at."""
        return self._link

    def keep_warm(self, connections: int) -> None:
        """Asks for the venue's time over this many connections at once, so that none of them grows cold."""
        self.clock.side_by_side = connections

    def on(self, event: VenueEvent, now: Instant) -> tuple[Effect, ...]:
        """Takes in one event and returns what is to be done, in order. Nothing is ever awaited."""
        self._take_in(event, now)
        effects = self._collect(now)
        self._wake_at = self._next_wake()
        for _ in range(MOST_ROUNDS):
            if self._wake_at > now:
                break
            self._take_in(Ticked(), now)
            effects += self._collect(now)
            self._wake_at = self._next_wake()
        return tuple(effects)

    def next_wake(self) -> Instant:
        """When a `Ticked` is due at the latest. Only an event changes it, and drivers ask often."""
        return self._wake_at

    def _next_wake(self) -> Instant:
        link = self._link.next_wake()
        exchange = self._exchange.next_wake()
        return exchange if link is None else min(exchange, link)

    def _take_in(self, event: VenueEvent, now: Instant) -> None:
        match event:
            case Started():
                self._link.start(now)
            case Submitted(ask=ask, urgency=urgency):
                self._exchange.submit(ask, urgency, now)
            case Replied(key=key, reply=reply):
                self._exchange.replied(key, reply, now)
            case Lost(key=key, sent=sent, detail=detail):
                self._exchange.lost(key, now, sent=sent, detail=detail)
            case Connected(conn=conn):
                self._link.connected(conn, now)
            case Framed(conn=conn, text=text):
                self._link.framed(conn, text, now)
            case Ponged(conn=conn):
                self._link.ponged(conn, now)
            case Closed(conn=conn, detail=detail):
                self._link.closed(conn, detail, now)
            case Ticked():
                self._exchange.wake(now)
                self._link.wake(now)

    def _collect(self, now: Instant) -> list[Effect]:
        """Carries errands between the two machines until neither has one, and gathers the rest."""
        effects: list[Effect] = []
        while True:
            link = self._link.take()
            for errand in link.errands:
                self._exchange.submit(errand, ERRAND_URGENCY, now)
            exchange = self._exchange.take()
            for done in exchange.errands:
                self._link.errand_done(done, now)
            if link is not NO_NEWS or exchange is not NO_OUTPUT:
                effects += [*exchange.transmits, *link.commands, *map(Tell, (*exchange.inputs, *link.inputs))]
            if not link.errands and not exchange.errands:
                return effects
