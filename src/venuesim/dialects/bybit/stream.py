"""The sockets: who is connected, logged in and subscribed, and what each may say (bybit.md 2.1 to 2.3).

A private socket must ``auth`` before it may subscribe; it gets updates only: no snapshot on subscribing, nothing
replayed after a reconnect. Topics come all-in-one (``order``) or by category (``order.linear``), which one request must
not mix. The public socket has ``tickers.SYMBOL``: a whole picture first, then only what has changed. A socket that has
been silent for ten minutes, or for the ``max_active_time`` it asked for, is cut; a ping counts as speaking.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from venuesim.dialects.bybit.auth import socket_expiry, socket_signature
from venuesim.dialects.bybit.errors import Denial
from venuesim.dialects.bybit.jsonwire import decode, encode_text
from venuesim.dialects.bybit.pushes import uuid_of
from venuesim.dialects.bybit.rest_market import ticker_row
from venuesim.dialects.port import Drop, Heard, Push

if TYPE_CHECKING:
    from collections.abc import Callable

    from venuesim.dialects.bybit.pushes import Message
    from venuesim.dialects.port import Called, Core

PRIVATE: Final = "/v5/private"
PUBLIC: Final = "/v5/public/linear"
TRADE: Final = "/v5/trade"
PATHS: Final = (PRIVATE, PUBLIC, TRADE)
TOPICS: Final = ("order", "execution", "execution.fast", "position", "wallet", "greeks", "dcp")
CATEGORISED: Final = ("linear", "inverse", "option", "spot", "future")
IDLE: Final = 600_000_000
SHORTEST: Final = 30_000_000
MOST_ARGS: Final = 10
GOING_AWAY: Final = 1001


@dataclass(slots=True)
class Socket:
    """One connection: its path, who it belongs to once logged in, its topics, and how long it may be silent (µs)."""

    conn: int
    path: str
    conn_id: str
    patience: int
    cut_at: int
    """When it is cut unless it speaks before."""
    account: str | None = None
    topics: dict[str, None] = field(default_factory=dict)
    prices: dict[str, dict[str, object]] = field(default_factory=dict)
    requests: dict[str, None] = field(default_factory=dict)

    def speaks(self, now: int) -> None:
        """Count its patience anew."""
        self.cut_at = now + self.patience


class Streams:
    """Every socket of the venue."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._sockets: dict[int, Socket] = {}
        self._first: tuple[Socket, int] | None = None
        """The socket that is cut first, and when, as last looked at. Who speaks is cut later, so that this stays true
        until that one speaks, or one comes or goes.
        """
        self.trade: Callable[[Socket, dict[str, object], int], Heard | Called] | None = None

    def connect(self, conn: int, target: str, now: int) -> int:
        """101 for a path that exists, else 404."""
        parts = urlsplit(target)
        if parts.path not in PATHS or (parts.path == TRADE and self.trade is None):
            return 404
        asked = parse_qs(parts.query).get("max_active_time", ["600s"])[0]
        patience = max(min(_duration(asked), IDLE), SHORTEST)
        ident = uuid_of("conn", str(conn), str(now))[:20]
        self._sockets[conn] = Socket(conn, parts.path, ident, patience, now + patience)
        self._first = None
        return 101

    def disconnect(self, conn: int) -> None:
        """Forget a socket; nothing is kept for its return."""
        self._sockets.pop(conn, None)
        self._first = None

    def frame(self, conn: int, text: str, now: int) -> Heard | Called:
        """What a frame is; it changes nothing before it is due."""
        socket = self._sockets[conn]
        try:
            said = decode(text)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            return _heard("unknown", socket, lambda at: (_failure(socket, None, "", "Params Error: not JSON", at),))
        if socket.path == TRADE and self.trade is not None:
            return self.trade(socket, said, now)
        return self._operation(socket, said)

    def _operation(self, socket: Socket, said: dict[str, object]) -> Heard:
        match said.get("op"):
            case "ping":
                return _heard("ping", socket, lambda at: (self._pong(socket, said, at),))
            case "auth":
                owner = self._owner(said.get("args"))
                return Heard("auth", owner, None, None, lambda at: (self._auth(socket, said, at),))
            case "subscribe":
                return _heard("subscribe", socket, lambda at: self._subscribe(socket, said, at))
            case "unsubscribe":
                return _heard("subscribe", socket, lambda at: (self._unsubscribe(socket, said, at),))
            case other:
                return _heard(
                    "unknown", socket, lambda at: (_failure(socket, said, str(other), f"Invalid op: {other}", at),)
                )

    def _owner(self, args: object) -> str | None:
        """Whose key an ``auth`` frame shows, authentic or not, so that faults can be aimed at him."""
        known = self._core.account_of_key(str(args[0])) if isinstance(args, list) and args else None
        return known.name if known is not None else None

    def _pong(self, socket: Socket, said: dict[str, object], now: int) -> str:
        """The private and the public pong differ (bybit.md 2.1)."""
        socket.speaks(now)
        if socket.path == PRIVATE:
            return encode_text({**_req_id(said), "op": "pong", "args": [str(now // 1_000)], "conn_id": socket.conn_id})
        body = {"success": True, "ret_msg": "pong", "conn_id": socket.conn_id}
        return encode_text({**body, **_req_id(said, always=True), "op": "ping"})

    def _auth(self, socket: Socket, said: dict[str, object], now: int) -> str:
        socket.speaks(now)
        try:
            socket.account = authenticate(self._core, said.get("args"), now)
        except Denial as denial:
            return _failure(socket, said, "auth", denial.message, now)
        return _success(socket, said, "auth", "")

    def _subscribe(self, socket: Socket, said: dict[str, object], now: int) -> tuple[str, ...]:
        socket.speaks(now)
        topics = said.get("args")
        problem = self._problem(socket, topics)
        if problem or not isinstance(topics, list):
            return (_failure(socket, said, "subscribe", problem, now),)
        socket.topics.update(dict.fromkeys(map(str, topics)))
        told = "subscribe" if socket.path == PUBLIC else ""
        return (_success(socket, said, "subscribe", told), *self._snapshots(socket, list(map(str, topics)), now))

    def _problem(self, socket: Socket, topics: object) -> str:
        """Why these topics cannot be had, in the venue's words, or nothing."""
        if not isinstance(topics, list) or not topics:
            return "Params Error: args is required"
        names = [str(topic) for topic in topics]
        if socket.path == PUBLIC:
            unknown = [name for name in names if not self._is_public(name)]
            return f"Invalid symbol :[{unknown[0]}]" if unknown else ""
        if socket.account is None:
            return "Request not authorized"
        if len(names) > MOST_ARGS:
            return "args size >10"
        unknown = [name for name in names if _bare(name) not in TOPICS]
        if unknown:
            return f"error:handler not found,topic:{unknown[0]}"
        mixed = len({_bare(name) == name for name in names}) > 1
        return "Params Error: all-in-one and categorised topics in one request" if mixed else ""

    def _is_public(self, topic: str) -> bool:
        kind, _, symbol = topic.partition(".")
        return kind == "tickers" and symbol in self._core.instruments

    def _unsubscribe(self, socket: Socket, said: dict[str, object], now: int) -> str:
        socket.speaks(now)
        topics = said.get("args")
        for topic in topics if isinstance(topics, list) else []:
            socket.topics.pop(str(topic), None)
        return _success(socket, said, "unsubscribe", "")

    def _snapshots(self, socket: Socket, topics: list[str], now: int) -> list[str]:
        if socket.path != PUBLIC:
            return []
        return [self._snapshot(socket, topic.partition(".")[2], now) for topic in topics]

    def _snapshot(self, socket: Socket, symbol: str, now: int) -> str:
        row = self._ticker(symbol, now)
        socket.prices[symbol] = row
        return _ticker_frame(symbol, "snapshot", row, now)

    def _ticker(self, symbol: str, now: int) -> dict[str, object]:
        return ticker_row(self._core.instruments[symbol], self._core.market.quote(symbol, now), now)

    def price_pushes(self, symbol: str, now: int) -> list[Push]:
        """What has changed in a symbol's ticker, to every socket that has its snapshot (bybit.md 2.3)."""
        pushes = []
        for socket in self._sockets.values():
            if f"tickers.{symbol}" in socket.topics:
                text = self._delta(socket, symbol, now)
                pushes.append(Push(socket.conn, "stream.price", None, symbol, text))
        return pushes

    def _delta(self, socket: Socket, symbol: str, now: int) -> str:
        row, before = self._ticker(symbol, now), socket.prices.get(symbol, {})
        changed = {name: value for name, value in row.items() if before.get(name) != value}
        socket.prices[symbol] = row
        return _ticker_frame(symbol, "delta", {"symbol": symbol, **changed}, now)

    def listening(self) -> dict[str, None]:
        """The accounts that have a private socket with topics."""
        heard = (socket.account for socket in self._sockets.values() if socket.topics and socket.path == PRIVATE)
        return {account: None for account in heard if account is not None}

    def address(self, message: Message) -> list[Push]:
        """The message to every private socket of its account that subscribed to its topic."""
        names = (message.topic, f"{message.topic}.linear")
        return [
            Push(socket.conn, message.call, message.account, message.symbol, message.text)
            for socket in self._sockets.values()
            if socket.path == PRIVATE
            and socket.account == message.account
            and any(name in socket.topics for name in names)
        ]

    def next_wake(self) -> int | None:
        """When the first socket is cut for its silence."""
        if self._first is None or self._first[0].cut_at != self._first[1]:
            first = min(self._sockets.values(), key=lambda socket: socket.cut_at, default=None)
            self._first = None if first is None else (first, first.cut_at)
        return None if self._first is None else self._first[1]

    def wake(self, now: int) -> list[Push | Drop]:
        """Cut every socket that has been silent too long."""
        silent = [conn for conn, socket in self._sockets.items() if socket.cut_at <= now]
        for conn in silent:
            self.disconnect(conn)
        return [Drop(conn, GOING_AWAY) for conn in silent]


def authenticate(core: Core, args: object, now: int) -> str:
    """The account's name for ``[key, expires, signature]`` at ``now`` µs; ``Denial`` otherwise (bybit.md 2.1)."""
    if not isinstance(args, list) or len(args) != len(("key", "expires", "signature")):
        raise Denial(10001, "args expected [apiKey, expires, signature]")
    account = core.account_of_key(str(args[0]))
    if account is None:
        raise Denial(10003)
    expires = socket_expiry(args[1])
    if expires <= now // 1_000:
        raise Denial(10004, message="Params Error: expires is in the past")
    expected = socket_signature(account.secret, expires)
    if not hmac.compare_digest(expected.encode(), str(args[2]).encode()) and core.switch("signature") == "check":
        raise Denial(10004, message="Error sign")
    return account.name


def _bare(topic: str) -> str:
    """The topic without its category: ``execution.fast.linear`` is ``execution.fast``."""
    head, _, tail = topic.rpartition(".")
    return head if tail in CATEGORISED and head else topic


def _duration(asked: str) -> int:
    """``30s`` or ``5m`` as µs; the longest for what is neither."""
    number, unit = asked[:-1], asked[-1:]
    seconds = {"s": 1, "m": 60}.get(unit)
    return int(number) * seconds * 1_000_000 if number.isdecimal() and seconds else IDLE


def _heard(call: str, socket: Socket, act: Callable[[int], tuple[str, ...]]) -> Heard:
    return Heard(call, socket.account, None, None, act)


def _req_id(said: dict[str, object] | None, *, always: bool = False) -> dict[str, object]:
    """The request's own id, as it came: ccxt sends a number (bybit.md 2.1)."""
    if said is not None and "req_id" in said:
        given = said["req_id"]
        return {"req_id": given if isinstance(given, str | int) else str(given)}
    return {"req_id": ""} if always else {}


def _success(socket: Socket, said: dict[str, object], op: str, message: str) -> str:
    head = {"success": True, "ret_msg": message, "conn_id": socket.conn_id}
    return encode_text({**head, **_req_id(said), "op": op})


def _failure(socket: Socket, said: dict[str, object] | None, op: str, message: str, now: int) -> str:
    socket.speaks(now)
    head = {"success": False, "ret_msg": message, "conn_id": socket.conn_id}
    return encode_text({**head, **_req_id(said), "op": op})


def _ticker_frame(symbol: str, kind: str, data: dict[str, object], now: int) -> str:
    body = {"topic": f"tickers.{symbol}", "type": kind, "data": data, "cs": now, "ts": now // 1_000}
    return encode_text(body)
