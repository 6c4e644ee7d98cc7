"""Order entry over the WebSocket API: an act as a frame, a frame as the reply that REST would give (binance.md 2).

Result and error have the fields of REST, so a frame is turned into a REST reply and read by the same tables: its
status, the result or the error as the body, and the counts of `rateLimits` as the headers that tell them. Each frame is
signed by itself, since `session.logon` is for Ed25519 keys alone. Leverage is not among the methods and goes by REST.
"""

from __future__ import annotations

from typing import Final

import msgspec

from seawall.model.acts import Act
from seawall.venues.binance import wire
from seawall.venues.binance.requests import ALGO_ORDER, ORDER, act_call
from seawall.venues.binance.sign import Signer
from seawall.venues.binance.traits import ORDERS_MINUTE, ORDERS_TEN_SECONDS, USED_HEADERS, WEIGHT
from seawall.venues.port import ActFrame, ActReply, Charge, Headers, Heard, LinkWord, Reply, Request, Stamp, TooLate

PATH: Final = "/ws-fapi/v1"
METHODS: Final = {
    ("POST", ORDER): "order.place",
    ("DELETE", ORDER): "order.cancel",
    ("POST", ALGO_ORDER): "algoOrder.place",
    ("DELETE", ALGO_ORDER): "algoOrder.cancel",
}
INTEGERS: Final = ("recvWindow", "timestamp", "orderId", "algoId")
"""Parameters that must be JSON integers; decimals must be JSON strings (binance.md 2)."""
HANDSHAKE: Final = (Charge(WEIGHT, 5),)

_BUCKETS: Final = {
    ("REQUEST_WEIGHT", "MINUTE", 1): WEIGHT,
    ("ORDERS", "SECOND", 10): ORDERS_TEN_SECONDS,
    ("ORDERS", "MINUTE", 1): ORDERS_MINUTE,
}
_HEADERS: Final = {bucket: header for header, bucket in USED_HEADERS}


class RateLimit(wire.Row, frozen=True):
    """One row of `rateLimits` (binance.md 1.3, 2)."""

    rate_limit_type: wire.Text = None
    interval: wire.Text = None
    interval_num: wire.Number = None
    count: wire.Number = None


class Frame(wire.Row, frozen=True):
    """One frame of the WebSocket API."""

    status: wire.Number = None
    id: wire.Id = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: msgspec.Raw = msgspec.Raw(b"")
    rate_limits: tuple[RateLimit, ...] = ()


class BinanceTrade:
    """`port.TradeCodec` for one account on Binance USD-M."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def target(self) -> str:
        """The one path; rate limits are told in each reply unless one asks not to be told."""
        return PATH

    def handshake(self) -> tuple[Charge, ...]:
        """Five of the address's weight (binance.md 2)."""
        return HANDSHAKE

    def opening_frames(self, stamp: Stamp) -> tuple[str, ...]:
        """None: each frame brings key and signature."""
        return ()

    def ping_frame(self) -> str | None:
        """None: the protocol's pings serve (binance.md 2)."""
        return None

    def act_frame(self, name: str, act: Act, stamp: Stamp) -> ActFrame | TooLate | None:
        """The signed frame of an act, answered under `name`."""
        call = act_call(act, stamp)
        if isinstance(call, TooLate):
            return call
        method = METHODS.get((call.method, call.path))
        if method is None:
            return None
        signed = self._signer.framed(call.params, call.stamp)
        params = {key: int(value) if key in INTEGERS and value.isdecimal() else value for key, value in signed.items()}
        text = msgspec.json.encode({"id": name, "method": method, "params": params}).decode()
        return ActFrame(text, Request(call.method, call.path))

    def hear(self, text: str) -> Heard | ActReply:
        """What one frame says. A refusal without an id (a key that became invalid) is nobody's: REFUSED."""
        try:
            frame = wire.read(Frame, text)
        except wire.Garbled as error:
            return Heard(LinkWord.NOTHING, detail=str(error))
        if frame.status is None:
            return Heard(LinkWord.NOTHING, detail="no reply")
        body = bytes(frame.result) or bytes(frame.error)
        if frame.id is None:
            return Heard(LinkWord.REFUSED, detail=f"{frame.status} {body.decode()}")
        return ActReply(str(frame.id), Reply(frame.status, _used(frame.rate_limits), body))


def _used(rows: tuple[RateLimit, ...]) -> Headers:
    """The counts as the headers in which REST tells them."""
    told = ((_BUCKETS.get((row.rate_limit_type or "", row.interval or "", row.interval_num or 0)), row) for row in rows)
    return tuple((_HEADERS[bucket], str(row.count)) for bucket, row in told if bucket and row.count is not None)
