"""The dialect in one place: what the machines of the connection ask of a venue, answered for Binance USD-M.

Nothing here remembers anything: each method is a function of its arguments and of the credentials. The stream needs a
listenKey, which all processes of an account share and which is therefore never deleted (binance.md 1.4); the private
stream has no handshake of its own, and the protocol's pings serve (3.1).
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from seawall.model.acts import Act
from seawall.model.inputs import ActAnswered, ReadAnswered, ReadFailed
from seawall.model.queries import AskFills, AskOrders
from seawall.model.times import MILLISECOND, Instant
from seawall.model.venue import Traits
from seawall.venues.binance import errors, frames, replies, requests, rounds, traits, wire
from seawall.venues.binance.sign import Signer
from seawall.venues.binance.trade import BinanceTrade
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

_COUNT: Final = re.compile(r"\d{1,9}")


class BinanceCodec:
    """`port.Codec` for one account on Binance USD-M. Raises nothing on bad bytes."""

    traits: Traits = traits.TRAITS

    def __init__(self, credentials: Credentials) -> None:
        self._signer = Signer(credentials)
        self.trade: TradeCodec | None = BinanceTrade(self._signer)

    def act_request(self, act: Act, stamp: Stamp) -> Request | TooLate:
        """The signed request of an act; an entry's window ends at its `not_after`, or it is TooLate."""
        return requests.act_request(self._signer, act, stamp)

    def act_answer(self, act: Act, reply: Reply, began_at: Instant, at: Instant) -> ActAnswered:
        """The outcome of an act by its reply (binance.md 4.2)."""
        return replies.act_answer(act, reply, began_at, at)

    def query_requests(self, reading: Reading, stamp: Stamp) -> tuple[Request, ...]:
        """The signed requests of a reading's next round, to be sent side by side."""
        if isinstance(reading.query, AskFills | AskOrders):
            return requests.span_requests(self._signer, reading.query, rounds.course(reading).ahead, stamp)
        return () if reading.came else requests.query_requests(self._signer, reading.query, stamp)

    def query_answer(self, reading: Reading, at: Instant) -> ReadAnswered | ReadFailed:
        """The answer of a query from all its replies."""
        return replies.query_answer(reading, at)

    def clock_request(self) -> Request:
        """GET time; exchangeInfo's serverTime may be days stale (binance.md 1.1, 1.2)."""
        return self._signer.public(requests.TIME)

    def clock_answer(self, reply: Reply) -> Instant | None:
        """The venue's time, µs; None for a reply that is not one."""
        try:
            at = wire.read(wire.Time, reply.body).server_time
        except wire.Garbled:
            return None
        return at * MILLISECOND if at and reply.status == 200 else None

    # ---- the stream

    def key_request(self) -> Request | None:
        """POST listenKey: a new key, or the active one extended by 60 minutes (binance.md 1.4)."""
        return self._signer.keyed("POST", requests.LISTEN_KEY)

    def key_renewal(self, key: str) -> Request | None:
        """PUT listenKey, which names no key: the account has one (binance.md 1.4)."""
        return self._signer.keyed("PUT", requests.LISTEN_KEY)

    def key_answer(self, reply: Reply) -> str | None:
        """The key; None where the venue refused it (-1125: it has lapsed)."""
        try:
            key = wire.read(wire.ListenKey, reply.body).listen_key
        except wire.Garbled:
            return None
        return key if key and reply.status == 200 else None

    def stream_target(self, key: str) -> str:
        """The routed path: an unrouted one opens too, and has delivered nothing private since 2026-04 (3.1)."""
        return f"/private/ws/{quote(key, safe='')}"

    def opening_frames(self, stamp: Stamp) -> tuple[str, ...]:
        """None: the key in the path says all."""
        return ()

    def ping_frame(self) -> str | None:
        """None: the venue pings, and answers ours (3.1)."""
        return None

    def hear(self, text: str, at: Instant) -> Heard:
        """What one frame says (binance.md 3.3)."""
        return frames.hear(text, at)

    # ---- the budget

    def buckets(self) -> tuple[Bucket, ...]:
        """Weight by address, orders by account (binance.md 1.3)."""
        return traits.BUCKETS

    def charges(self, ask: Act | Reading) -> tuple[Charge, ...]:
        """What an act, or the next round of a reading, costs (binance.md 1.4, 1.9)."""
        if not isinstance(ask, Reading):
            return traits.charges(ask)
        if isinstance(ask.query, AskFills | AskOrders):
            return traits.lists(len(rounds.course(ask).ahead))
        return () if ask.came else traits.charges(ask.query)

    def gauges(self, reply: Reply, request: Request | None = None) -> tuple[Gauge, ...]:
        """What the reply's headers say of use; the order counts are missing on some replies (binance.md 1.3)."""
        told = {name.lower(): value.strip() for name, value in reply.headers}
        return tuple(
            Gauge(bucket, int(told[name]))
            for name, bucket in traits.USED_HEADERS
            if _COUNT.fullmatch(told.get(name, ""))
        )

    def pause(self, reply: Reply, request: Request | None = None, at: Instant = 0) -> Pause | None:
        """The venue's word to stop: 429, 418, 403, -1003, -1015 (binance.md 1.3).

        A breach of an order count binds that count alone, everything else binds everything.
        """
        if 200 <= reply.status < 300 and b'"code"' not in reply.body:
            return None
        code, text = errors.error_of(reply)
        if reply.status not in (429, 418, 403) and code not in (-1003, -1015):
            return None
        bucket = ""
        if code == -1015:
            bucket = traits.ORDERS_MINUTE if "MINUTE" in text.upper() else traits.ORDERS_TEN_SECONDS
        return Pause(errors.wait_of(reply, at), f"{reply.status} {text}", bucket)
