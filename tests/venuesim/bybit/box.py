"""A Bybit box for the tests: signed calls, sockets and time, all in one thread."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from venuesim.dialects.bybit.auth import signature_of, socket_signature
from venuesim.exchange import Exchange
from venuesim.wire import Accepted, Answer, Frame, Hangup, Rejected, Reply, Request

START = 1_763_900_000_000_000
KEY = "testkey"
SECRET = "testsecret"
UID = "10001"
SYMBOL = "1000000BABYDOGEUSDT"
PRICE = Decimal("0.0014000")
PATIENCE = 20_000_000
"""How long a call waits for its answer, µs of the box's time."""


def decoded(reply: Reply) -> Any:
    """The reply's JSON."""
    return json.loads(reply.body, parse_float=Decimal)


class Box:
    """One venue with one funded account, a clock moved by hand, and everything it has sent."""

    def __init__(
        self,
        *,
        hedge: bool = False,
        permissions: tuple[str, ...] = ("trade", "read"),
        balance: str = "10000",
        **switches: str,
    ) -> None:
        """Switches are given without their ``bybit.`` prefix; the lag is none unless asked for."""
        chosen = {"lag": switches.pop("lag", "none")}
        chosen |= {f"bybit.{name}": answer for name, answer in switches.items()}
        self.exchange = Exchange("bybit", seed=7, start=START, switches=chosen)
        self.exchange.open_account(
            "main", key=KEY, secret=SECRET, balance=Decimal(balance), hedge=hedge, permissions=permissions
        )
        self.now = START
        self.replies: dict[int, Reply] = {}
        self.frames: list[tuple[int, str, Any]] = []
        self.hangups: list[Hangup] = []
        self.accepted: list[int] = []
        self.rejected: list[Rejected] = []
        self._key = 0
        self.price(PRICE)

    # --- time

    def run(self, until: int) -> None:
        """Let the box work until this instant, and keep what it sends."""
        while (due := self.exchange.next_wake()) is not None and due <= until:
            self.now = max(self.now, due)
            self._take()
        self.now = max(self.now, until)
        self._take()

    def wait(self, micros: int = 50_000) -> None:
        """Let this much time pass."""
        self.run(self.now + micros)

    def _take(self) -> None:
        for output in self.exchange.advance(self.now):
            if isinstance(output, Answer):
                self.replies[output.key] = output.reply
            elif isinstance(output, Frame):
                said = json.loads(output.text)
                self.frames.append((output.conn, str(said.get("topic") or said.get("op")), said))
            elif isinstance(output, Hangup):
                self.hangups.append(output)
            elif isinstance(output, Accepted):
                self.accepted.append(output.conn)
            elif isinstance(output, Rejected):
                self.rejected.append(output)

    def price(self, mark: Decimal | str, last: Decimal | str | None = None, symbol: str = SYMBOL) -> None:
        """Move mark and last price."""
        self.exchange.set_price(symbol, mark=Decimal(mark), last=Decimal(last or mark), now=self.now)

    # --- REST

    def raw(self, request: Request) -> Reply:
        """Send a request and run until it is answered."""
        self._key += 1
        key = self._key
        self.exchange.request(key, request, self.now)
        self._take()
        end = self.now + PATIENCE
        while key not in self.replies:
            due = self.exchange.next_wake()
            assert due is not None, "the box has nothing more to do and did not answer"
            assert due <= end, "no answer in time"
            self.now = max(self.now, due)
            self._take()
        return self.replies[key]

    def request(self, method: str, path: str, params: dict[str, Any], *, skew_ms: int = 0) -> Request:
        """A signed request stamped with the box's clock."""
        stamp = str(self.now // 1_000 + skew_ms)
        payload = urlencode(params) if method == "GET" else json.dumps(params)
        headers = (
            ("X-BAPI-API-KEY", KEY),
            ("X-BAPI-TIMESTAMP", stamp),
            ("X-BAPI-RECV-WINDOW", "5000"),
            ("X-BAPI-SIGN", signature_of(SECRET, f"{stamp}{KEY}5000{payload}")),
        )
        if method == "GET":
            return Request("GET", f"{path}?{payload}" if payload else path, headers)
        return Request("POST", path, headers, payload.encode())

    def answer(self, method: str, path: str, **params: Any) -> Any:
        """The envelope of a signed linear call, whatever it says."""
        return decoded(self.raw(self.request(method, path, {"category": "linear", **params})))

    def get(self, path: str, **params: Any) -> Any:
        """The result of a signed read that must succeed."""
        answer = self.answer("GET", path, **params)
        assert answer["retCode"] == 0, answer
        return answer["result"]

    def post(self, path: str, **params: Any) -> Any:
        """The result of a signed act that must succeed."""
        answer = self.answer("POST", path, **params)
        assert answer["retCode"] == 0, answer
        return answer["result"]

    def refused(self, path: str, **params: Any) -> tuple[int, str]:
        """A signed act that must be refused: code and text."""
        answer = self.answer("POST", path, **params)
        assert answer["retCode"] != 0, answer
        assert answer["result"] == {}, answer
        return answer["retCode"], answer["retMsg"]

    def order(self, side: str = "Buy", qty: str = "10000", **params: Any) -> Any:
        """Place a market order and let it meet the book."""
        placed = self.post("/v5/order/create", **order_values(side=side, qty=qty, **params))
        self.wait()
        return placed

    def realtime(self, **params: Any) -> list[dict[str, Any]]:
        """The rows of ``order/realtime``."""
        rows: list[dict[str, Any]] = self.get("/v5/order/realtime", **{"symbol": SYMBOL, **params})["list"]
        return rows

    def history(self, **params: Any) -> list[dict[str, Any]]:
        """The rows of ``order/history``."""
        rows: list[dict[str, Any]] = self.get("/v5/order/history", **{"symbol": SYMBOL, **params})["list"]
        return rows

    def position(self) -> dict[str, Any]:
        """The one row of the symbol's position."""
        rows = self.get("/v5/position/list", symbol=SYMBOL)["list"]
        assert len(rows) == 1, rows
        row: dict[str, Any] = rows[0]
        return row

    # --- sockets

    def connect(self, conn: int, target: str = "/v5/private") -> None:
        """Open a WebSocket."""
        self.exchange.connect(conn, target, (), self.now)
        self._take()

    def say(self, conn: int, **frame: Any) -> list[Any]:
        """Send a frame and return what this connection is sent from now on within a millisecond."""
        before = len(self.frames)
        self.exchange.frame(conn, json.dumps(frame), self.now)
        self.wait(1_000)
        return [said for number, _, said in self.frames[before:] if number == conn]

    def login(self, conn: int, *, skew_ms: int = 10_000, secret: str = SECRET) -> Any:
        """Log a connection in and return the answer."""
        expires = self.now // 1_000 + skew_ms
        return self.say(conn, op="auth", args=[KEY, expires, socket_signature(secret, expires)])[0]

    def listen(self, *topics: str, conn: int = 1) -> None:
        """Open a private stream with these topics."""
        self.connect(conn)
        assert self.login(conn)["success"]
        assert self.say(conn, op="subscribe", args=list(topics))[0]["success"]

    def heard(self, topic: str, since: int = 0) -> list[Any]:
        """The messages of one topic."""
        return [said for _, name, said in self.frames[since:] if name == topic]


def order_values(**params: Any) -> dict[str, Any]:
    """The body of a market order."""
    return {"symbol": SYMBOL, "side": "Buy", "orderType": "Market", "qty": "10000", **params}
