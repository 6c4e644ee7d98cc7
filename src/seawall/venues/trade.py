"""The trade socket's machine: a second road for acts, open only while it is known to stand.

    RESTING ---due---> CONNECTING ---open---> OPENING ---login answered---> READY ---doubt, any sign of life---> READY

Its life is a stream's (`link`): probes, silence, back-off, age. What it adds is which connection an act is on. A road
is *open* while the login was answered and nothing on it is overdue. When the reply to an act is, the road is in
*doubt*: it is probed, and what follows goes by REST until anything at all has come on it again. So a socket that died
without a word costs those acts their answers that left within one reply time, and no more.

When the connection ends, all that is under way on it is lost at once: Unknown, looked for by name, and never sent again
on the other road (design, rule 6). Acts are matched by the name under which they were sent, the number of their
request, which is not used twice. An error that names nobody ends the connection too (bybit.md 2.2: reqId may be
missing; binance.md 2: id null): whose it was cannot be told, and the same could befall the next one.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from seawall.model.acts import Act
from seawall.model.times import Bounds, Instant
from seawall.venues.clock import Clock
from seawall.venues.link import Command, Host, Leave, Link
from seawall.venues.port import ActFrame, ActReply, Heard, LinkWord, Reply, Request, Stamp, TooLate, TradeCodec


class RoadLost(Struct, frozen=True):
    """A connection that stood is gone, and with it every reply that was to come on it."""

    conn: int
    detail: str


class Trade:
    """One account's trade socket, without I/O. News of a connection other than the present one is ignored."""

    def __init__(
        self, codec: TradeCodec, clock: Clock, bounds: Bounds, *, conns: Iterator[int], leave: Leave | None = None
    ) -> None:
        """`conns` and `leave` as `link.Link` takes them."""
        self._codec = codec
        self._link = Link(_Line(codec), clock, bounds, host=Host.TRADE, conns=conns, leave=leave)
        self._standing: int | None = None
        self._doubted = False
        self._lost: list[RoadLost] = []

    @property
    def conn(self) -> int:
        """The number of the present connection."""
        return self._link.conn

    @property
    def is_open(self) -> bool:
        """Whether an act may leave by this road."""
        return self._standing is not None and not self._doubted

    def carry(self, key: int, act: Act, stamp: Stamp) -> tuple[int, ActFrame] | TooLate | None:
        """See `exchange.Road`."""
        if not self.is_open:
            return None
        frame = self._codec.act_frame(str(key), act, stamp)
        return (self.conn, frame) if isinstance(frame, ActFrame) else frame

    def doubt(self, conn: int, now: Instant) -> None:
        """See `exchange.Road`: a sign of life is asked for, and until it comes this road is closed."""
        if conn == self._standing:
            self._doubted = True
            self._link.probe(now)

    # ---- what comes in

    def start(self, now: Instant) -> None:
        """Opens the socket, once and for good."""
        self._link.start(now)
        self._look("")

    def connected(self, conn: int, now: Instant) -> None:
        """The socket is open: the login begins, if there is one."""
        self._link.connected(conn, now)
        self._look("")

    def framed(self, conn: int, text: str, now: Instant) -> tuple[int, Reply] | None:
        """A frame came; the number of the request that it answers, with the reply, if it answers one."""
        if conn != self.conn:
            return None
        self._doubted = False
        heard = self._codec.hear(text)
        if isinstance(heard, ActReply):
            self._link.ponged(conn, now)
            return (int(heard.name), heard.reply) if heard.name.isdecimal() else None
        self._link.heard(conn, heard, now)
        self._look(heard.detail)
        return None

    def ponged(self, conn: int, now: Instant) -> None:
        """A ping or pong of the protocol's own came."""
        if conn == self.conn:
            self._doubted = False
            self._link.ponged(conn, now)

    def closed(self, conn: int, detail: str, now: Instant) -> None:
        """The connection ended, or could not be opened."""
        self._link.closed(conn, detail, now)
        self._look(detail)

    def wake(self, now: Instant) -> None:
        """Does what is due."""
        self._link.wake(now)
        self._look("silent, or too old")

    # ---- what comes out

    def next_wake(self) -> Instant | None:
        """When `wake` has something to do; None before `start`."""
        return self._link.next_wake()

    def take(self) -> tuple[tuple[Command, ...], tuple[RoadLost, ...]]:
        """Hands over what has come of the steps since the last call: commands, and connections that are gone."""
        commands, lost = self._link.take().commands, tuple(self._lost)
        self._lost = []
        return commands, lost

    def _look(self, detail: str) -> None:
        """Notes whether the connection stands now; one that stood and does not is lost."""
        standing = self.conn if self._link.phase.is_up else None
        if self._standing not in (None, standing):
            assert self._standing is not None
            self._lost.append(RoadLost(self._standing, f"trade socket: {detail}"))
        if standing != self._standing:
            self._standing, self._doubted = standing, False


class _Line:
    """The trade socket as a stream without a key, whose frames `Trade` reads itself."""

    def __init__(self, codec: TradeCodec) -> None:
        self._codec = codec

    def key_request(self) -> Request | None:
        return None

    def key_renewal(self, key: str) -> Request | None:
        del key
        return None

    def key_answer(self, reply: Reply) -> str | None:
        del reply
        return None

    def stream_target(self, key: str) -> str:
        del key
        return self._codec.target()

    def opening_frames(self, stamp: Stamp) -> tuple[str, ...]:
        return self._codec.opening_frames(stamp)

    def ping_frame(self) -> str | None:
        return self._codec.ping_frame()

    def hear(self, text: str, at: Instant) -> Heard:
        del at
        heard = self._codec.hear(text)
        return heard if isinstance(heard, Heard) else Heard(LinkWord.NOTHING)
