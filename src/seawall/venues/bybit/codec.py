"""The dialect in one place: what the machines of the connection ask of a venue, answered for Bybit v5 linear.

Nothing here remembers anything: each method is a function of its arguments and of the credentials. The stream needs no
key of its own; it is opened with the account's, by a handshake of two frames (bybit.md 2.1).
"""

from __future__ import annotations

from seawall.model.acts import Act
from seawall.model.inputs import ActAnswered, ReadAnswered, ReadFailed
from seawall.model.times import Instant
from seawall.model.venue import Traits
from seawall.venues.bybit import frames, replies, requests, rounds, traits
from seawall.venues.bybit.sign import Signer
from seawall.venues.bybit.trade import BybitTrade
from seawall.venues.bybit.wire import Clock, Envelope, Garbled, instant, read, whole
from seawall.venues.port import (
    Bucket,
    Charge,
    Credentials,
    Gauge,
    Heard,
    Pause,
    Reading,
    Reply,
    Request,
    Stamp,
    TooLate,
    TradeCodec,
)


class BybitCodec:
    """`port.Codec` for one account on Bybit v5 linear. Raises nothing on bad bytes."""

    traits: Traits = traits.TRAITS

    def __init__(self, credentials: Credentials) -> None:
        self._signer = Signer(credentials)
        self.trade: TradeCodec | None = BybitTrade(self._signer)

    def act_request(self, act: Act, stamp: Stamp) -> Request | TooLate:
        """The signed request of an act."""
        return requests.act_request(self._signer, act, stamp)

    def act_answer(self, act: Act, reply: Reply, began_at: Instant, at: Instant) -> ActAnswered:
        """The outcome of an act by its reply."""
        return replies.act_answer(act, reply, began_at, at)

    def query_requests(self, reading: Reading, stamp: Stamp) -> tuple[Request, ...]:
        """The requests of a reading's next round."""
        return requests.query_requests(self._signer, rounds.course(reading).ahead, stamp)

    def query_answer(self, reading: Reading, at: Instant) -> ReadAnswered | ReadFailed:
        """The answer of a query from all its replies."""
        return replies.query_answer(reading, at)

    def clock_request(self) -> Request:
        """The request for the venue's time (bybit.md 1.4)."""
        return self._signer.public(traits.Endpoint.TIME)

    def clock_answer(self, reply: Reply) -> Instant | None:
        """The venue's time, to the microsecond where `timeNano` says it and else to the envelope's millisecond."""
        try:
            envelope = read(Envelope, reply.body)
            if envelope.code != 0 or reply.status != 200:
                return None
            nano = whole(read(Clock, envelope.result).time_nano)
            return nano // 1_000 or instant(envelope.time) or None
        except Garbled:
            return None

    # ---- the stream

    def key_request(self) -> Request | None:
        """None: the stream is opened with the account's own key (bybit.md 2.1)."""
        return None

    def key_renewal(self, key: str) -> Request | None:
        """None: there is nothing to renew."""
        return None

    def key_answer(self, reply: Reply) -> str | None:
        """None: no such reply."""
        return None

    def stream_target(self, key: str) -> str:
        """The private stream's path."""
        return frames.STREAM_PATH

    def opening_frames(self, stamp: Stamp) -> tuple[str, ...]:
        """Log in, then subscribe."""
        return frames.opening_frames(self._signer, stamp)

    def ping_frame(self) -> str | None:
        """The venue's own probe, to be sent every 20 s (bybit.md 2.1)."""
        return frames.PING

    def hear(self, text: str, at: Instant) -> Heard:
        """What one frame says."""
        return frames.hear(text, at)

    # ---- the budget

    def buckets(self) -> tuple[Bucket, ...]:
        """The quotas that the venue counts."""
        return traits.BUCKETS

    def charges(self, ask: Act | Reading) -> tuple[Charge, ...]:
        """What an act, or the next round of a reading, costs."""
        if isinstance(ask, Reading):
            return traits.charges(tuple(each.endpoint for each in rounds.course(ask).ahead))
        return traits.charges((requests.act_endpoint(ask),))

    def gauges(self, reply: Reply, request: Request | None = None) -> tuple[Gauge, ...]:
        """What a reply's headers say of the bucket of the endpoint that was called."""
        return traits.gauges(reply, request)

    def pause(self, reply: Reply, request: Request | None = None, at: Instant = 0) -> Pause | None:
        """The venue's word to stop, if this reply is one."""
        return traits.pause(reply, request, at)
