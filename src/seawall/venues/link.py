"""The life of an account's stream: how it is opened, how long it is believed, and how it comes back.

    RESTING ---due---> NEED_KEY ---key---> CONNECTING ---open---> OPENING ---READY---> READY ---NEWS---> PROVEN
       ^                  |                    |                     |                   |                 |
       '---- back-off ----'---- no answer -----'----- refused -------'---- silence, expiry, loss, age -----'

NEED_KEY is skipped where a venue has no keys, OPENING where it has no handshake. Only the two last are of use, and the
difference between them is what this file is for. An open socket proves nothing: Binance completes the handshake with a
wrong or lapsed listenKey and then stays mute (binance.md 3.1), and a subscription can answer and deliver nothing. So a
stream is *unproven* until an account event has come on this very connection (design, rule 9): its news counts, its
silence never does. A pong proves the socket, not the subscription.

- *Silence.* Each `PING_EVERY` a probe goes out; nothing at all for `SILENCE`, not even a pong, and the socket is dead
  whatever the operating system says. It is cut and made anew.
- *Back-off.* 0.25 s doubled up to 30 s, without chance in it. A stream that was of use begins again at the beginning;
  one that merely opened and fell does not, lest a venue that hangs up at once be asked four times a second.
- *Keys.* A new one for every connection, extended every 25 minutes (it lives 60: binance.md 3.1), never deleted, since
  sister processes share it. A refused extension means that the key has lapsed: new key, new connection.
- *Age.* Venues cut a connection after 24 h (binance.md 3.1). It is replaced shortly before, at our time, not theirs.

Nothing is ever replayed by either venue, so every break is told as a `StreamChanged`, and so is every reopening: the
desk then closes the gap by reads, while the stream runs on. Attempts that go on failing are told once a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import count
from typing import TypeAlias

from msgspec import Struct

from seawall.model.inputs import NOTHING_TOLD, Input, StreamChanged, StreamReported
from seawall.model.times import HOUR, MILLISECOND, MINUTE, SECOND, Bounds, Duration, Instant
from seawall.venues.clock import Clock
from seawall.venues.exchange import ErrandDone
from seawall.venues.port import Heard, LinkWord, Reply, Stamp, StreamCodec
from seawall.venues.underway import Errand

PING_EVERY: Duration = 20 * SECOND
"""bybit.md 2.1 asks for a ping every 20 s; binance.md 3.1 allows five a second."""
SILENCE: Duration = 40 * SECOND
"""Two probes without any answer."""
OPEN_WITHIN: Duration = 10 * SECOND
"""For each of: the key, the connection, the handshake."""
RENEW_EVERY: Duration = 25 * MINUTE
RENEW_AGAIN: Duration = MINUTE
"""After an extension that was lost: the key has still more than half of its life."""
OLDEST: Duration = 23 * HOUR + 50 * MINUTE
BACK_OFF: Duration = 250 * MILLISECOND
BACK_OFF_SLOWEST: Duration = 30 * SECOND
SAID_AGAIN: Duration = MINUTE
"""How often a stream that keeps failing says so."""
STEADY: Duration = 10 * SECOND
"""A stream that was ready for this long was of use, even if nothing happened on the account."""


class Phase(StrEnum):
    """Where the stream is in its life."""

    RESTING = "resting"
    NEED_KEY = "need_key"
    CONNECTING = "connecting"
    OPENING = "opening"
    READY = "ready"
    PROVEN = "proven"

    @property
    def is_up(self) -> bool:
        """Whether news may be expected."""
        return self in (Phase.READY, Phase.PROVEN)


class Host(StrEnum):
    """Which of a venue's WebSocket addresses is meant."""

    STREAM = "stream"
    TRADE = "trade"


class Connect(Struct, frozen=True):
    """Open connection number `conn` to this path and query of `host`; answer with `connected` or `closed`."""

    conn: int
    target: str
    host: Host = Host.STREAM


class Send(Struct, frozen=True):
    """Send this text frame."""

    conn: int
    text: str


class Probe(Struct, frozen=True):
    """Send a ping frame of the protocol's own."""

    conn: int


class Cut(Struct, frozen=True):
    """Drop this connection; nothing of it will be listened to any more."""

    conn: int


Command: TypeAlias = Connect | Send | Probe | Cut


class LinkOutput(Struct, frozen=True):
    """What came of the last step: commands for the socket, errands for the exchange, inputs for the desk."""

    commands: tuple[Command, ...] = ()
    errands: tuple[Errand, ...] = ()
    inputs: tuple[Input, ...] = ()


NO_NEWS = LinkOutput()
Leave: TypeAlias = Callable[[Instant], Instant]
"""When a connection may be opened, as far as can be said at an instant; not after it means: now, and it is counted."""


class Link:
    """One account's stream, without I/O. News of a connection other than the present one is ignored."""

    def __init__(
        self,
        codec: StreamCodec,
        clock: Clock,
        bounds: Bounds,
        *,
        host: Host = Host.STREAM,
        conns: Iterator[int] | None = None,
        leave: Leave | None = None,
    ) -> None:
        """`conns` numbers the connections, where another link has some too; `leave` is asked before each."""
        self._codec = codec
        self._host = host
        self._conns = conns or count(1)
        self._leave = leave
        self._clock = clock
        self._bounds = bounds
        self.phase = Phase.RESTING
        self.conn = 0
        self._key = ""
        self._frames: list[str] = []
        self._failures = 0
        self._due_at: Instant | None = None
        self._up_at: Instant = 0
        self._said_at: Instant = 0
        self._heard_at: Instant = 0
        self._probe_at: Instant = 0
        self._renew_at: Instant | None = None
        self._commands: list[Command] = []
        self._errands: list[Errand] = []
        self._inputs: list[Input] = []

    # ---- what comes in

    def start(self, now: Instant) -> None:
        """Opens the stream, once and for good."""
        self._due_at = now
        self.wake(now)

    def errand_done(self, done: ErrandDone, now: Instant) -> None:
        """The key that this connection waits for, or its extension, was answered or lost."""
        if done.tag == _key_tag(self.conn) and self.phase is Phase.NEED_KEY:
            self._take_key(done.reply, now)
        elif done.tag == _renewal_tag(self.conn) and self._renew_at is not None:
            self._take_renewal(done.reply, now)

    def connected(self, conn: int, now: Instant) -> None:
        """The socket is open: the handshake begins."""
        if conn != self.conn or self.phase is not Phase.CONNECTING:
            return
        self._enter(Phase.OPENING, now + OPEN_WITHIN)
        self._up_at = self._heard_at = now
        self._probe_at = now + PING_EVERY
        self._frames = list(self._codec.opening_frames(Stamp(self._clock.venue_now(now), self._bounds.act_window)))
        if not self._frames:
            self._ready(now)
        self._send_next_frame()

    def framed(self, conn: int, text: str, now: Instant) -> None:
        """A text frame came."""
        if conn == self.conn and self.phase in _LISTENING:
            self.heard(conn, self._codec.hear(text, now), now)

    def heard(self, conn: int, heard: Heard, now: Instant) -> None:
        """A frame came and has been read."""
        if conn != self.conn or self.phase not in _LISTENING:
            return
        self._heard_at = now
        if heard.word is LinkWord.NEWS:
            self._prove(now)
        if heard.told != NOTHING_TOLD:
            self._inputs.append(StreamReported(now, heard.told))
        self._obey(heard, now)

    def probe(self, now: Instant) -> None:
        """Asks for a sign of life before its time."""
        if self.phase in _LISTENING:
            self._probe(now)

    def ponged(self, conn: int, now: Instant) -> None:
        """A ping or pong of the protocol's own came: the socket lives, which is all that it says."""
        if conn == self.conn:
            self._heard_at = now

    def closed(self, conn: int, detail: str, now: Instant) -> None:
        """The connection ended, or could not be opened."""
        if conn == self.conn and self.phase not in (Phase.RESTING, Phase.NEED_KEY):
            self._break(detail, now, cut=False)

    def wake(self, now: Instant) -> None:
        """Does what is due."""
        if self._due_at is not None and self._due_at <= now:
            self._fall_due(now)
        if self.phase not in _LISTENING:
            return
        if now >= self._heard_at + SILENCE:
            self._break(f"silent for {SILENCE // SECOND} s", now)
            return
        if now >= self._probe_at:
            self._probe(now)
        if self._renew_at is not None and now >= self._renew_at:
            self._renew(now)

    # ---- what comes out

    def next_wake(self) -> Instant | None:
        """When `wake` has something to do; None before `start`."""
        due = self._due_at
        if self.phase in _LISTENING:
            listening = min(self._heard_at + SILENCE, self._probe_at)
            due = listening if due is None else min(due, listening)
            due = due if self._renew_at is None else min(due, self._renew_at)
        return due

    def take(self) -> LinkOutput:
        """Hands over what has come of the steps since the last call."""
        if not self._commands and not self._errands and not self._inputs:
            return NO_NEWS
        output = LinkOutput(tuple(self._commands), tuple(self._errands), tuple(self._inputs))
        self._commands, self._errands, self._inputs = [], [], []
        return output

    # ---- opening

    def _fall_due(self, now: Instant) -> None:
        match self.phase:
            case Phase.RESTING:
                self._begin(now)
            case Phase.READY | Phase.PROVEN if now >= self._up_at + OLDEST:
                self._break("replaced before the venue's 24 h are over", now, at_once=True)
            case _:
                self._break(f"{self.phase.value}: nothing within {OPEN_WITHIN // SECOND} s", now)

    def _begin(self, now: Instant) -> None:
        if self._leave is not None and (free_at := self._leave(now)) > now:
            self._due_at = free_at
            return
        self.conn = next(self._conns)
        self._renew_at = None
        request = self._codec.key_request()
        if request is None:
            self._connect("", now)
            return
        self._enter(Phase.NEED_KEY, now + OPEN_WITHIN)
        self._errands.append(Errand(_key_tag(self.conn), request))

    def _take_key(self, reply: Reply | None, now: Instant) -> None:
        key = None if reply is None else self._codec.key_answer(reply)
        if key:
            self._renew_at = now + RENEW_EVERY
            self._connect(key, now)
        else:
            self._break(f"no stream key: {_status(reply)}", now, cut=False)

    def _connect(self, key: str, now: Instant) -> None:
        self._key = key
        self._enter(Phase.CONNECTING, now + OPEN_WITHIN)
        self._commands.append(Connect(self.conn, self._codec.stream_target(key), self._host))

    def _send_next_frame(self) -> None:
        if self._frames:
            self._commands.append(Send(self.conn, self._frames.pop(0)))

    def _ready(self, now: Instant) -> None:
        """The handshake is over. A stream whose news came even before that is proven already."""
        self._due_at = self._up_at + OLDEST
        if self.phase is Phase.OPENING:
            self.phase = Phase.READY
            self._inputs.append(StreamChanged(now, proven=False, is_open=True, detail="open, and unproven"))

    def _prove(self, now: Instant) -> None:
        self._failures = 0
        if self.phase is not Phase.PROVEN:
            self.phase = Phase.PROVEN
            proof = "an account event came"
            self._inputs.append(StreamChanged(now, proven=True, is_open=True, since=now, detail=proof))

    # ---- life

    def _obey(self, heard: Heard, now: Instant) -> None:
        match heard.word:
            case LinkWord.GO_ON:
                self._send_next_frame()
            case LinkWord.READY:
                self._ready(now)
            case LinkWord.REFUSED:
                self._break(f"refused: {heard.detail}", now)
            case LinkWord.EXPIRED:
                self._break(f"expired: {heard.detail}", now, at_once=True)
            case LinkWord.NEWS | LinkWord.PONG | LinkWord.NOTHING:
                pass

    def _probe(self, now: Instant) -> None:
        self._probe_at = now + PING_EVERY
        text = self._codec.ping_frame()
        self._commands.append(Probe(self.conn) if text is None else Send(self.conn, text))

    def _renew(self, now: Instant) -> None:
        self._renew_at = now + RENEW_EVERY
        request = self._codec.key_renewal(self._key)
        if request is not None:
            self._errands.append(Errand(_renewal_tag(self.conn), request))

    def _take_renewal(self, reply: Reply | None, now: Instant) -> None:
        if reply is None or reply.status >= 500 or reply.status in _NOT_ABOUT_THE_KEY:
            self._renew_at = now + RENEW_AGAIN
        elif self._codec.key_answer(reply) not in ("", self._key):
            self._break(f"the stream key was not extended: {_status(reply)}", now, at_once=True)

    # ---- the end of a connection

    def _break(self, detail: str, now: Instant, *, cut: bool = True, at_once: bool = False) -> None:
        """Ends this connection, says so, and rests until the next attempt; `at_once` only if it was of use."""
        if cut and self.phase is not Phase.NEED_KEY:
            self._commands.append(Cut(self.conn))
        was_steady = self.phase.is_up and now >= self._up_at + STEADY
        if was_steady:
            self._failures = 0
        wait = 0 if at_once and was_steady else min(BACK_OFF << min(self._failures, 8), BACK_OFF_SLOWEST)
        self._failures += 1
        self._renew_at = None
        self._frames = []
        is_news = self.phase.is_up or now >= self._said_at + SAID_AGAIN
        self._enter(Phase.RESTING, now + wait)
        if is_news:
            self._said_at = now
            self._inputs.append(StreamChanged(now, proven=False, detail=detail))

    def _enter(self, phase: Phase, due_at: Instant) -> None:
        self.phase = phase
        self._due_at = due_at


_LISTENING = (Phase.OPENING, Phase.READY, Phase.PROVEN)
_NOT_ABOUT_THE_KEY = (403, 408, 418, 429)


def _key_tag(conn: int) -> str:
    return f"key {conn}"


def _renewal_tag(conn: int) -> str:
    return f"renewal {conn}"


def _status(reply: Reply | None) -> str:
    return "no answer" if reply is None else f"status {reply.status}"
