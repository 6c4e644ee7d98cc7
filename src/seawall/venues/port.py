"""The border between a dialect (`binance/`, `bybit/`) and the machines of the connection.

Bytes are plain tuples of a method, a target, headers and a body; the same shape that the deterministic world carries
between the house and the box. Everything is a pure function of its arguments: a request is stamped with a venue time
that the caller hands in, never with a clock's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from seawall.model.acts import Act
from seawall.model.inputs import NOTHING_TOLD, ActAnswered, ReadAnswered, ReadFailed, Told
from seawall.model.queries import Query
from seawall.model.times import Duration, Instant
from seawall.model.venue import Traits

Headers = tuple[tuple[str, str], ...]


class Request(Struct, frozen=True):
    """One HTTP request. `target` is path and query exactly as signed; `body` exactly as signed."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""


_SERVER_ERROR, _TURNED_AWAY = 500, (403, 418, 429)


class Reply(Struct, frozen=True):
    """One HTTP reply, whole."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    @property
    def is_answer(self) -> bool:
        """Whether the venue itself answers, be it with a refusal: not a 5xx, 429, 418 or 403 (design, rule 13)."""
        return self.status < _SERVER_ERROR and self.status not in _TURNED_AWAY


class Reading(Struct, frozen=True):
    """A query from the first request to the last reply. `began_at` is when the first left, by our clock.

    A list that is longer than one reply takes several rounds of requests. `came` holds the replies to all of them so
    far, in the order of the requests, None where one was lost; what is to be asked next follows from them.
    """

    query: Query
    began_at: Instant
    came: tuple[Reply | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key and its secret. The secret never appears in a representation, a log or a file of ours."""

    key: str
    secret: str = field(repr=False)


class Stamp(Struct, frozen=True):
    """With what a request is signed: venue time by our best estimate, and the receive window."""

    venue_now: Instant
    window: Duration


class TooLate(Struct, frozen=True):
    """The act can no longer be signed so that timestamp + receive window stays at or before its `not_after`."""

    detail: str


class Bucket(Struct, frozen=True):
    """A quota that a venue counts: at most `limit` in any `window`. `shared` ones are per IP, others per account; of
    `told` ones every reply says how much is used (`Gauge`).
    """

    name: str
    limit: int
    window: Duration
    shared: bool = False
    told: bool = False


class Charge(Struct, frozen=True):
    """What a request costs in one bucket."""

    bucket: str
    amount: int


class Gauge(Struct, frozen=True):
    """What the venue says has been used of a bucket within its window, read from a reply's headers."""

    bucket: str
    used: int


class Pause(Struct, frozen=True):
    """The venue's word that nothing (or nothing in `bucket`) may be sent for a while. It binds every act."""

    wait: Duration
    detail: str
    bucket: str = ""


class LinkWord(StrEnum):
    """What a frame means for the life of the stream, apart from the reports in it."""

    NEWS = "news"
    READY = "ready"
    GO_ON = "go_on"
    PONG = "pong"
    REFUSED = "refused"
    EXPIRED = "expired"
    NOTHING = "nothing"


class Heard(Struct, frozen=True):
    """One frame of the stream, read. NEWS is an account event (which proves the stream); READY ends the handshake;
    GO_ON asks for the next opening frame; EXPIRED means the key or session has lapsed though the socket is open.
    """

    word: LinkWord
    told: Told = NOTHING_TOLD
    detail: str = ""


class ActFrame(Struct, frozen=True):
    """An act as one text frame of the trade socket. `like` is the REST request whose quota it shares, unsigned."""

    text: str
    like: Request


class ActReply(Struct, frozen=True):
    """A frame that answers the act sent under `name`; `reply` is what REST would have answered."""

    name: str
    reply: Reply


class TradeCodec(Protocol):
    """The trade socket in one venue's dialect: acts as frames, and frames as the replies that REST would have given, so
    that outcomes, errors, gauges and pauses are read in one place. Raises nothing on bad bytes.
    """

    def target(self) -> str:
        """Path and query of the trade socket."""
        ...

    def handshake(self) -> tuple[Charge, ...]:
        """What one connection costs."""
        ...

    def opening_frames(self, stamp: Stamp) -> tuple[str, ...]:
        """Frames of the login; empty where each act is signed by itself."""
        ...

    def ping_frame(self) -> str | None:
        """A probe in the dialect; None where the protocol's own ping serves."""
        ...

    def act_frame(self, name: str, act: Act, stamp: Stamp) -> ActFrame | TooLate | None:
        """The act as a frame that is answered under `name`; None for an act that this road does not carry."""
        ...

    def hear(self, text: str) -> Heard | ActReply:
        """What one frame says. An error that names no act is REFUSED: whose it is cannot be told."""
        ...


class StreamCodec(Protocol):
    """The account's stream in one venue's dialect: all that the life of a socket needs to know."""

    def key_request(self) -> Request | None:
        """The request that must precede a connection (Binance: a listenKey); None where the venue needs none."""
        ...

    def key_renewal(self, key: str) -> Request | None:
        """The request that extends the key; None where there is none. A key is never deleted (design, rule 9)."""
        ...

    def key_answer(self, reply: Reply) -> str | None:
        """The key in a reply to either; None if the venue refused it."""
        ...

    def stream_target(self, key: str) -> str:
        """Path and query of the account's stream."""
        ...

    def opening_frames(self, stamp: Stamp) -> tuple[str, ...]:
        """Frames of the handshake; the first is sent on connection, each next one on GO_ON."""
        ...

    def ping_frame(self) -> str | None:
        """A probe in the dialect; None where the protocol's own ping serves."""
        ...

    def hear(self, text: str, at: Instant) -> Heard:
        """What one frame says."""
        ...


class Codec(StreamCodec, Protocol):
    """One venue's dialect for one account, without I/O. Raises nothing on bad bytes: garbled input becomes an outcome
    Unknown, a ReadFailed, or a Heard NOTHING with the detail. `trade` is None where the venue has no trade socket.
    """

    traits: Traits
    trade: TradeCodec | None

    def act_request(self, act: Act, stamp: Stamp) -> Request | TooLate:
        """The signed request of an act. For `SubmitEntry` the window is shortened to end at `not_after`."""
        ...

    def act_answer(self, act: Act, reply: Reply, began_at: Instant, at: Instant) -> ActAnswered:
        """The outcome of an act by its reply: (venue, call, code, text); an unlisted code is Unknown."""
        ...

    def query_requests(self, reading: Reading, stamp: Stamp) -> tuple[Request, ...]:
        """The signed requests of a reading's next round, to be sent side by side.

        None once all that was asked has come, or one reply was lost or is an error, or the list is longer than the
        codec's bound on the replies of one reading.
        """
        ...

    def query_answer(self, reading: Reading, at: Instant) -> ReadAnswered | ReadFailed:
        """The answer of a query from all its replies.

        ReadAnswered only if every reply came, was no error and left nothing more to be asked; else ReadFailed with
        whatever the good ones told.
        """
        ...

    def clock_request(self) -> Request:
        """The unsigned request for the venue's time."""
        ...

    def clock_answer(self, reply: Reply) -> Instant | None:
        """The venue's time in a reply to `clock_request`; None if it is not one."""
        ...

    # ---- the budget

    def buckets(self) -> tuple[Bucket, ...]:
        """The quotas that this venue counts."""
        ...

    def charges(self, ask: Act | Reading) -> tuple[Charge, ...]:
        """What an act, or the next round of a reading, costs; nothing if there is no next round."""
        ...

    def gauges(self, reply: Reply, request: Request | None = None) -> tuple[Gauge, ...]:
        """What a reply's headers say of the buckets; empty where they say nothing.

        Bybit counts by endpoint and does not name it in the reply, so its codec needs the `request` that was answered.
        """
        ...

    def pause(self, reply: Reply, request: Request | None = None, at: Instant = 0) -> Pause | None:
        """The venue's word to stop (429, 418, 403, Retry-After, 10006), if this reply is one.

        With the `request` that was answered, a breach of one endpoint's quota binds that endpoint's bucket alone. `at`
        is our time of the reply: where the venue names the instant of the end (a ban "until", a reset) it is understood
        only with it; with 0 the shortest wait of the venue's book is taken.
        """
        ...
