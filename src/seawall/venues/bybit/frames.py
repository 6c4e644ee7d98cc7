"""The account's private stream: answers to our frames, and news (bybit.md 2.1).

The handshake is one `auth` frame, its answer, one `subscribe` frame, its answer; only then is the stream READY, and
even then it is silent until something changes: there is no snapshot and no replay. An event under one of our topics is
NEWS whatever it tells, since it proves that the subscription lives: a position message comes with every order action
even if nothing changed (bybit.md 5 fact 15, incident I70).

`execution` is subscribed rather than `execution.fast`, whose rows lack our name on maker fills. The order between the
topics is not promised and market orders may skip New, so nothing here depends on what came before.
"""

from __future__ import annotations

from typing import Final

import msgspec

from seawall.model.inputs import Told
from seawall.model.reports import Source
from seawall.model.times import Instant
from seawall.venues.bybit import rows, wire
from seawall.venues.bybit.sign import Signer
from seawall.venues.bybit.wire import Frame, Garbled
from seawall.venues.port import Heard, LinkWord, Stamp

STREAM_PATH: Final = "/v5/private"
TOPICS: Final = ("order", "execution", "position", "wallet")
PING: Final = '{"op":"ping"}'


def opening_frames(signer: Signer, stamp: Stamp) -> tuple[str, ...]:
    """Log in, then subscribe; all-in-one topics, since the venue refuses to mix them with others in one request."""
    login = {"op": "auth", "args": list(signer.permission(stamp.venue_now))}
    subscribe = {"op": "subscribe", "args": list(TOPICS)}
    return tuple(msgspec.json.encode(frame).decode() for frame in (login, subscribe))


def hear(text: str, at: Instant) -> Heard:
    """What one frame says; bytes out of the dialect are NOTHING with the detail."""
    try:
        frame = wire.read(Frame, text)
        return _news(frame, at) if frame.topic else _answer(frame)
    except Garbled as error:
        return Heard(LinkWord.NOTHING, Told(missing=("frame",)), str(error))


def _answer(frame: Frame) -> Heard:
    """An answer to a frame of ours; older ones name it in `request` alone (bybit.md 2.1)."""
    op = frame.op or (frame.request.op if frame.request else "")
    if op in ("ping", "pong"):
        return Heard(LinkWord.PONG)
    if frame.success is False:
        return Heard(LinkWord.REFUSED, detail=f"{op}: {frame.ret_msg or 'no reason given'}")
    words = {"auth": LinkWord.GO_ON, "subscribe": LinkWord.READY}
    return Heard(words.get(op, LinkWord.NOTHING) if frame.success else LinkWord.NOTHING, detail=frame.ret_msg or op)


def _news(frame: Frame, at: Instant) -> Heard:
    """Topics may be categorised ("order.linear"); one that is not of ours proves nothing about ours."""
    match frame.topic.partition(".")[0]:
        case "order":
            gathered = rows.orders_told(wire.read(tuple[wire.OrderRow, ...], frame.data), Source.STREAM, at)
        case "execution":
            gathered = rows.fills_told(wire.read(tuple[wire.ExecutionRow, ...], frame.data), Source.STREAM, at)
        case "position":
            gathered = rows.positions_told(wire.read(tuple[wire.PositionRow, ...], frame.data), Source.STREAM, at, at)
        case "wallet":
            wallets = tuple(rows.wallet_of(row) for row in wire.read(tuple[wire.WalletRow, ...], frame.data))
            return Heard(LinkWord.NEWS, Told(wallets=wallets), frame.topic)
        case _:
            return Heard(LinkWord.NOTHING, detail=frame.topic)
    return Heard(LinkWord.NEWS, gathered.as_told, frame.topic)
