"""Order entry over the trade stream: an act as a frame, a frame as the reply that REST would give (bybit.md 2.2).

The bodies are those of REST, in another envelope; so an answer is put back into REST's envelope and read by the same
tables, its `header` as the headers. The socket logs in once, as the private stream does, but answers in words of its
own (`retCode`, `reqId`). Only orders are carried: trading-stop and leverage go by REST. Whether the socket's orders
share REST's bucket is not documented; they are counted as if they did.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw

from seawall.model.acts import Act
from seawall.model.times import MILLISECOND
from seawall.venues.bybit import wire
from seawall.venues.bybit.errors import public_text
from seawall.venues.bybit.requests import act_call
from seawall.venues.bybit.sign import Signer
from seawall.venues.bybit.traits import Endpoint
from seawall.venues.port import ActFrame, ActReply, Charge, Heard, LinkWord, Reply, Request, Stamp, TooLate

PATH: Final = "/v5/trade"
OPS: Final = {Endpoint.CREATE: "order.create", Endpoint.CANCEL: "order.cancel"}
PING: Final = '{"op":"ping"}'
_DONE: Final = 0


class Frame(wire.Row, frozen=True):
    """One frame of the trade stream."""

    op: str = ""
    ret_code: int | str | None = None
    ret_msg: wire.Text = None
    req_id: wire.Text = None
    data: Raw = Raw(b"null")
    header: dict[str, wire.Scalar] | None = None


class BybitTrade:
    """`port.TradeCodec` for one account on Bybit v5 linear."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def target(self) -> str:
        """The trade stream's path."""
        return PATH

    def handshake(self) -> tuple[Charge, ...]:
        """None of what is counted here: 500 connections in five minutes are never approached (bybit.md 1.3)."""
        return ()

    def opening_frames(self, stamp: Stamp) -> tuple[str, ...]:
        """The login, as on the private stream."""
        login = {"op": "auth", "args": list(self._signer.permission(stamp.venue_now))}
        return (msgspec.json.encode(login).decode(),)

    def ping_frame(self) -> str | None:
        """The venue's own probe (bybit.md 2.1, 2.2)."""
        return PING

    def act_frame(self, name: str, act: Act, stamp: Stamp) -> ActFrame | TooLate | None:
        """The frame of an act, answered under `name`; its time and window stand in its own header."""
        call = act_call(act, stamp)
        if isinstance(call, TooLate):
            return call
        op = OPS.get(call.endpoint)
        if op is None:
            return None
        frame = {
            "reqId": name,
            "header": {
                "X-BAPI-TIMESTAMP": str(call.stamp.venue_now // MILLISECOND),
                "X-BAPI-RECV-WINDOW": str(call.stamp.window // MILLISECOND),
            },
            "op": op,
            "args": [dict(call.body)],
        }
        return ActFrame(msgspec.json.encode(frame).decode(), Request("POST", call.endpoint))

    def hear(self, text: str) -> Heard | ActReply:
        """What one frame says. A refusal without a reqId is nobody's: REFUSED, as a refused login is."""
        try:
            frame = wire.read(Frame, text)
            code = wire.whole(frame.ret_code)
        except wire.Garbled as error:
            return Heard(LinkWord.NOTHING, detail=str(error))
        if frame.op in ("ping", "pong"):
            return Heard(LinkWord.PONG)
        if frame.op in OPS.values() and frame.req_id:
            return ActReply(frame.req_id, _as_by_rest(frame))
        if code != _DONE:
            return Heard(LinkWord.REFUSED, detail=f"{frame.op}: {code} {public_text(code, frame.ret_msg or '')}")
        return Heard(LinkWord.READY if frame.op == "auth" else LinkWord.NOTHING, detail=frame.op)


def _as_by_rest(frame: Frame) -> Reply:
    """The frame's content in REST's envelope, whose time is when the gateway spoke (bybit.md 1.2)."""
    told = frame.header or {}
    body = {
        "retCode": frame.ret_code,
        "retMsg": frame.ret_msg,
        "result": frame.data,
        "time": next((value for name, value in told.items() if name.lower() == "timenow"), None),
    }
    headers = tuple((name, str(value)) for name, value in told.items() if value is not None)
    return Reply(200, headers, msgspec.json.encode(body))
