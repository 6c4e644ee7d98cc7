"""One account at one venue, whole and without I/O: codec, exchange, link, clock and pace as one machine.

    event ---> Venue.on(event, now) ---> effects, in order

An *event* is what happened: the desk wants something (`Submitted`), a reply came (`Replied`), a socket opened, spoke or
closed (`Connected`, `Framed`, `Ponged`, `Closed`), or time passed (`Ticked`). An *effect* is what the driver must do:
send a request (`Transmit`), work the sockets of stream and trade (`Connect`, `Send`, `Probe`, `Cut`), or tell the desk
(`Tell`).

Two drivers carry effects out and bring events in, `sockets.py` on real sockets and the drill's world on a heap of
times, and neither decides anything. What both must promise:

- one `Started` first; then every event once, with a `now` that never runs backwards;
- each `Transmit` ends in one `Replied` or one `Lost` with its key, however late;
- each `Connect` ends in a `Connected` and later a `Closed`, or in a `Closed` alone; after a `Cut` nothing is owed;
- a `Ticked` at or after `next_wake`.

Requests of different keys and frames of one connection may overtake one another in any way: that is the network.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TypeAlias

from msgspec import Struct

from seawall.model.acts import Act, Urgency
from seawall.model.inputs import Input
from seawall.model.queries import Query
from seawall.model.times import Bounds, Instant
from seawall.venues.clock import Clock
from seawall.venues.exchange import ERRAND_URGENCY, NO_OUTPUT, Exchange, Transmit
from seawall.venues.link import NO_NEWS, Command, Link, Send
from seawall.venues.pace import Budget, Pace
from seawall.venues.port import Codec, Reply
from seawall.venues.trade import Trade


class Started(Struct, frozen=True):
    """The driver is ready: open the stream, ask for the time."""


class Submitted(Struct, frozen=True):
    """The desk wants this act done or this query answered; its gate is open."""

    ask: Act | Query
    urgency: Urgency


class Replied(Struct, frozen=True):
    """The whole reply to request `key` has come."""

    key: int
    reply: Reply


class Lost(Struct, frozen=True):
    """Request `key` will have no reply; `sent` says whether a byte of it may have left."""

    key: int
    sent: bool
    detail: str


class Connected(Struct, frozen=True):
    """Stream connection `conn` is open."""

    conn: int


class Framed(Struct, frozen=True):
    """A text frame came on connection `conn`."""

    conn: int
    text: str


class Ponged(Struct, frozen=True):
    """A ping or pong of the protocol's own came on connection `conn`; a ping has been answered already."""

    conn: int


class Closed(Struct, frozen=True):
    """Connection `conn` ended, or could not be opened."""

    conn: int
    detail: str


class Ticked(Struct, frozen=True):
    """Time has passed."""


VenueEvent: TypeAlias = Started | Submitted | Replied | Lost | Connected | Framed | Ponged | Closed | Ticked


class Tell(Struct, frozen=True):
    """Hand this input to the desk."""

    input: Input


Effect: TypeAlias = Transmit | Command | Tell

MOST_ROUNDS = 8
"""What is due at once is done at once; more rounds than this at one instant would be a machine that spins."""


class Venue:
    """The connection of one account to one venue. All instants are microseconds UTC."""

    def __init__(
        self,
        codec: Codec,
        bounds: Bounds,
        common: Budget | None = None,
        *,
        trade_socket: bool = False,
        stream: bool = True,
        halted: Callable[[], str] = lambda: "",
    ) -> None:
        """`common`: the budget of the address, where several accounts share one (`pace.common_budget`).

        `trade_socket`: whether acts may leave by the venue's trade socket, where it has one. `stream`: whether the
        account's stream is opened; who only reads once needs none, and asks for no key of it. `halted`: why no entry
        may leave at this very moment, empty if it may; asked right before one leaves.
        """
        self._has_stream = stream
        self.clock = Clock()
        pace, conns = Pace(codec.buckets(), common), count(1)
        self._trade: Trade | None = None
        if trade_socket and (line := codec.trade) is not None:
            costs = line.handshake()
            self._trade = Trade(line, self.clock, bounds, conns=conns, leave=lambda now: pace.connect(costs, now))
        self._exchange = Exchange(codec, pace, self.clock, bounds, self._trade, halted)
        self._link = Link(codec, self.clock, bounds, conns=conns)
        self._wake_at = self._next_wake()

    @property
    def link(self) -> Link:
        """The stream's machine, to be looked at."""
        return self._link

    @property
    def trade(self) -> Trade | None:
        """The trade socket's machine, to be looked at; None where acts go by REST alone."""
        return self._trade

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
        sockets = (self._link.next_wake(), self._trade.next_wake() if self._trade is not None else None)
        return min([self._exchange.next_wake(), *[wake for wake in sockets if wake is not None]])

    def _take_in(self, event: VenueEvent, now: Instant) -> None:
        match event:
            case Started():
                if self._has_stream:
                    self._link.start(now)
                if self._trade is not None:
                    self._trade.start(now)
            case Submitted(ask=ask, urgency=urgency):
                self._exchange.submit(ask, urgency, now)
            case Replied(key=key, reply=reply):
                self._exchange.replied(key, reply, now)
            case Lost(key=key, sent=sent, detail=detail):
                self._exchange.lost(key, now, sent=sent, detail=detail)
            case Connected() | Framed() | Ponged() | Closed():
                self._hear(event, now)
            case Ticked():
                self._exchange.wake(now)
                self._link.wake(now)
                if self._trade is not None:
                    self._trade.wake(now)

    def _hear(self, event: Connected | Framed | Ponged | Closed, now: Instant) -> None:
        """Something happened to a socket: the trade socket's, or the stream's."""
        socket = self._trade if self._trade is not None and event.conn == self._trade.conn else self._link
        match event:
            case Connected(conn=conn):
                socket.connected(conn, now)
            case Framed(conn=conn, text=text):
                answered = socket.framed(conn, text, now)
                if answered is not None:
                    self._exchange.replied(*answered, now)
            case Ponged(conn=conn):
                socket.ponged(conn, now)
            case Closed(conn=conn, detail=detail):
                socket.closed(conn, detail, now)

    def _collect(self, now: Instant) -> list[Effect]:
        """Carries errands between the two machines until neither has one, and gathers the rest."""
        effects: list[Effect] = []
        while True:
            link = self._link.take()
            for errand in link.errands:
                self._exchange.submit(errand, ERRAND_URGENCY, now)
            commands, lost = self._trade.take() if self._trade is not None else ((), ())
            for road in lost:
                self._exchange.road_lost(road.conn, now, road.detail)
            exchange = self._exchange.take()
            for done in exchange.errands:
                self._link.errand_done(done, now)
            if link is not NO_NEWS or exchange is not NO_OUTPUT or commands:
                frames = [Send(one.conn, one.text) for one in exchange.utterances]
                told = map(Tell, (*exchange.inputs, *link.inputs))
                effects += [*frames, *exchange.transmits, *commands, *link.commands, *told]
            if not link.errands and not exchange.errands:
                return effects
