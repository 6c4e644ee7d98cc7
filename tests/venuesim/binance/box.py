"""A Binance box for the tests: signed calls, sockets and time, all in one thread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from venuesim.dialects.binance.auth import signature_of
from venuesim.exchange import Exchange
from venuesim.wire import Accepted, Answer, Frame, Hangup, Reply, Request

START = 1_763_900_000_000_000
KEY = "k" * 64
SECRET = "s" * 64
SYMBOL = "VELVETUSDT"
PATIENCE = 20_000_000
"""How long a call waits for its answer, µs of the box's time."""


class Box:
    """One venue with one funded account, a clock moved by hand, and everything it has sent."""

    def __init__(
        self,
        given: Mapping[str, str] | None = None,
        *,
        hedge: bool = False,
        leverage: str | None = "5",
        **switches: str,
    ) -> None:
        """Switches are given without their ``binance.`` prefix; no view lags."""
        chosen = {"lag": "none"}
        chosen |= {f"binance.{name}": answer for name, answer in {**(given or {}), **switches}.items()}
        self.exchange = Exchange("binance", seed=7, start=START, switches=chosen)
        self.exchange.open_account("main", key=KEY, secret=SECRET, balance=Decimal(10_000), hedge=hedge)
        self.now = START
        self.replies: dict[int, Reply] = {}
        self.frames: list[tuple[int, str, Any]] = []
        self.hangups: list[Hangup] = []
        self.accepted: list[int] = []
        self._key = 0
        self.exchange.set_price(SYMBOL, mark=Decimal("0.2"), last=Decimal("0.2"), now=self.now)
        if leverage is not None and not hedge:
            self.call("POST", "/fapi/v1/leverage", symbol=SYMBOL, leverage=leverage)

    def run(self, until: int) -> None:
        """Let the box work until this instant, and keep what it sends."""
        while (due := self.exchange.next_wake()) is not None and due <= until:
            self.now = max(self.now, due)
            self._take()
        self.now = max(self.now, until)
        self._take()

    def wait(self, micros: int) -> None:
        """Let this much time pass."""
        self.run(self.now + micros)

    def _take(self) -> None:
        for output in self.exchange.advance(self.now):
            if isinstance(output, Answer):
                self.replies[output.key] = output.reply
            elif isinstance(output, Frame):
                event = json.loads(output.text)
                self.frames.append((output.conn, str(event.get("e", "")), event))
            elif isinstance(output, Hangup):
                self.hangups.append(output)
            elif isinstance(output, Accepted):
                self.accepted.append(output.conn)

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

    def request(self, method: str, path: str, params: dict[str, Any], *, body: bool = False) -> Request:
        """A signed request stamped with the box's clock."""
        given = {name: value for name, value in params.items() if value is not None}
        encoded = urlencode({"timestamp": self.now // 1_000, **given})
        encoded += f"&signature={signature_of(SECRET, encoded)}"
        headers = (("X-MBX-APIKEY", KEY),)
        if body:
            return Request(method, path, headers, encoded.encode())
        return Request(method, f"{path}?{encoded}", headers)

    def call(self, method: str, path: str, **params: Any) -> Any:
        """A signed call that must succeed; its JSON with decimals kept exact."""
        reply = self.raw(self.request(method, path, params))
        assert reply.status == 200, reply
        return decoded(reply)

    def refused(self, method: str, path: str, **params: Any) -> tuple[int, int, str]:
        """A signed call that must be refused: HTTP status, code, text."""
        reply = self.raw(self.request(method, path, params))
        assert reply.status >= 400, reply
        error = decoded(reply)
        return reply.status, error["code"], error["msg"]

    def order(self, side: str = "SELL", quantity: str = "27", **params: Any) -> Any:
        """Place a market order and let it meet the book."""
        values = {"symbol": SYMBOL, "side": side, "type": "MARKET", "quantity": quantity, **params}
        placed = self.call("POST", "/fapi/v1/order", **values)
        self.wait(50_000)
        return placed

    def stop(self, **params: Any) -> Any:
        """Place a closePosition stop above a short."""
        return self.call("POST", "/fapi/v1/algoOrder", **stop_values(**params))

    def listen(self) -> str:
        """A listen key of the account."""
        reply = self.raw(Request("POST", "/fapi/v1/listenKey", (("X-MBX-APIKEY", KEY),)))
        return str(decoded(reply)["listenKey"])

    def connect(self, conn: int, target: str) -> None:
        """Open a WebSocket that must be accepted."""
        self.exchange.connect(conn, target, (), self.now)
        self._take()
        assert conn in self.accepted

    def heard(self, conn: int) -> list[str]:
        """The names of the events on one connection, in order."""
        return [name for number, name, _ in self.frames if number == conn]

    def event(self, name: str, number: int = 0) -> Any:
        """The n-th event of this name on any connection."""
        return [event for _, heard, event in self.frames if heard == name][number]


def stop_values(**changes: Any) -> dict[str, Any]:
    """The parameters of a closePosition stop above a short, with changes."""
    values = {
        "algoType": "CONDITIONAL",
        "symbol": SYMBOL,
        "side": "BUY",
        "type": "STOP_MARKET",
        "triggerPrice": "0.22",
        "closePosition": "true",
        "workingType": "MARK_PRICE",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def decoded(reply: Reply) -> Any:
    """The reply's JSON, fractions as Decimal."""
    return json.loads(reply.body, parse_float=Decimal)
