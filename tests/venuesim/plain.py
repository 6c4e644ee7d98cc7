"""A made-up venue language, as plain as can be, so that the core of the box is tested without either real dialect.

``order.create?account=a&symbol=BTCUSDT&side=BUY&quantity=1&id=x`` is a whole request; replies and frames are JSON of
the book's own states.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from venuesim.dialects.port import Core, Drop, Handled, Heard, Push, Wait
from venuesim.exchange import Exchange
from venuesim.facts import (
    AttachedStop,
    Direction,
    Fact,
    OrderAccepted,
    OrderEnded,
    OrderFilled,
    OrderKind,
    OrderTicket,
    PositionChanged,
    Refusal,
    Side,
    StopLive,
    StopScope,
    StopTicket,
    TimeInForce,
    TriggerBy,
)
from venuesim.wire import Answer, Output, Reply, Request

START = 1_790_000_000_000_000
SECOND = 1_000_000
MS = 1_000


class PlainDialect:
    """Acts on the book in the plainest words."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._conns: dict[int, str] = {}

    def handle(self, request: Request, now: int) -> Handled:
        """Read the call's name and what it asks for."""
        split = urlsplit(request.target)
        asked = dict(parse_qsl(split.query))
        call = split.path.lstrip("/")
        calls: dict[str, Callable[[dict[str, str], int], object]] = {
            "order.create": self._create,
            "order.get": self._get,
            "positions.get": lambda a, at: self._core.views.position("positions.get", a["account"], a["symbol"], at),
            "stop.create": self._stop,
            "stops.open": lambda a, at: self._core.views.stops("stops.open", a["account"], at),
            "order.cancel": self._cancel,
        }

        def act(at: int) -> Reply:
            try:
                return Reply(200, (("Content-Type", "application/json"),), msgspec.json.encode(calls[call](asked, at)))
            except Refusal as refusal:
                return Reply(400, (), str(refusal.reason).encode())

        def delayed(at: int) -> Reply | Wait:
            return Wait(at + self._core.engine_delay, act) if self._core.engine_delay else act(at)

        reads = call in ("order.get", "positions.get", "stops.open")
        return Handled(call, asked.get("account"), asked.get("symbol"), asked.get("id"), reads, delayed)

    def _create(self, asked: dict[str, str], at: int) -> object:
        stop = asked.get("stop_loss")
        ticket = OrderTicket(
            symbol=asked["symbol"],
            side=Side(asked["side"]),
            kind=OrderKind(asked.get("kind", "MARKET")),
            quantity=Decimal(asked["quantity"]),
            price=Decimal(asked.get("price", "0")),
            tif=TimeInForce(asked.get("tif", "GTC")),
            reduce_only="reduce" in asked,
            client_id=asked.get("id", ""),
            stop_loss=AttachedStop(Decimal(stop), TriggerBy.MARK) if stop else None,
        )
        return self._core.book.submit(asked["account"], ticket, at)

    def _stop(self, asked: dict[str, str], at: int) -> object:
        side = Side(asked["side"])
        ticket = StopTicket(
            symbol=asked["symbol"],
            side=side,
            trigger=Decimal(asked["trigger"]),
            trigger_by=TriggerBy(asked.get("by", "MARK")),
            direction=Direction.RISE if side is Side.BUY else Direction.FALL,
            scope=StopScope.QUANTITY if "quantity" in asked else StopScope.POSITION,
            quantity=Decimal(asked.get("quantity", "0")),
            client_id=asked.get("id", ""),
        )
        return self._core.book.place_stop(asked["account"], ticket, at)

    def _get(self, asked: dict[str, str], at: int) -> object:
        return [o for o in self._core.views.orders("order.get", asked["account"], at) if o.client_id == asked["id"]]

    def _cancel(self, asked: dict[str, str], at: int) -> object:
        order = self._core.book.orders_named(asked["account"], asked["id"])[-1]
        return self._core.book.cancel(asked["account"], asked["symbol"], order.order_id, at)

    def refuse(self, status: int, code: int | None, text: str, now: int) -> Reply:
        """Answer code and text."""
        return Reply(status, (), f"{code} {text}".encode())

    def connect(self, conn: int, target: str, headers: tuple[tuple[str, str], ...], now: int) -> int:
        """Accept the one path there is."""
        return 101 if target == "/stream" else 404

    def frame(self, conn: int, text: str, now: int) -> Heard:
        """Take every frame for the name of the account that logs in."""

        def act(at: int) -> tuple[str, ...]:
            self._conns[conn] = text
            return (f"hello {text}",)

        return Heard("auth", text, None, None, act)

    def disconnect(self, conn: int, now: int) -> None:
        """Forget who was logged in."""
        self._conns.pop(conn, None)

    def render(self, facts: Sequence[Fact], now: int) -> list[Push]:
        """Tell each account's facts to whoever is logged in as it."""
        pushes = []
        for conn, account in self._conns.items():
            for fact in facts:
                told = _told(fact)
                if told is not None and told[1] == account:
                    topic, owner, symbol, text = told
                    pushes.append(Push(conn, topic, owner, symbol, text))
        return pushes

    def next_wake(self) -> int | None:
        """Have nothing to do of itself."""
        return None

    def lapse(self, account: str, now: int) -> list[Push]:
        """Have no keys."""
        return []

    def wake(self, now: int) -> list[Push | Drop]:
        """Do nothing of itself."""
        return []


def _told(fact: Fact) -> tuple[str, str, str, str] | None:
    if isinstance(fact, OrderAccepted | OrderFilled | OrderEnded):
        order = fact.order
        return "stream.order", order.account, order.symbol, f"order {order.client_id} {order.status} {order.filled}"
    if isinstance(fact, PositionChanged):
        position = fact.position
        return "stream.position", position.account, position.symbol, f"position {position.quantity}"
    if isinstance(fact, StopLive):
        return "stream.stop", fact.stop.account, fact.stop.symbol, f"stop {fact.stop.client_id}"
    return None


def box(venue: str = "binance", **switches: str) -> Exchange:
    """Return a box with one account "a" of 10,000 USDT, without lag."""
    chosen = {"lag": "none", **{name.replace("__", "."): answer for name, answer in switches.items()}}
    exchange = Exchange(venue, seed=7, start=START, switches=chosen, dialect=PlainDialect)
    exchange.open_account("a", key="key", secret="secret", balance=Decimal(10_000))
    return exchange


class Asker:
    """Sends requests to a box one after the other and keeps every output."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.now = START
        self.keys = 0
        self.outputs: list[tuple[int, Output]] = []

    def run(self, microseconds: int) -> list[Output]:
        """Let time pass, stopping wherever the box wants to wake."""
        until, seen = self.now + microseconds, len(self.outputs)
        while True:
            wake = self.exchange.next_wake()
            self.now = until if wake is None or wake > until else max(wake, self.now)
            self.outputs += [(self.now, output) for output in self.exchange.advance(self.now)]
            wake = self.exchange.next_wake()
            if self.now >= until and (wake is None or wake > until):
                return [output for _, output in self.outputs[seen:]]

    def send(self, call: str, **asked: str) -> int:
        """Send a request and return its key."""
        self.keys += 1
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        self.exchange.request(self.keys, Request("POST", f"/{call}?account=a&{query}"), self.now)
        return self.keys

    def ask(self, call: str, **asked: str) -> Reply:
        """Send a request, let ten milliseconds pass, and return its answer."""
        key = self.send(call, **asked)
        self.run(10 * MS)
        return self.answer(key)

    def answer(self, key: int) -> Reply:
        """Return the whole reply to a request; StopIteration if there was none."""
        return next(o.reply for _, o in self.outputs if isinstance(o, Answer) and o.key == key)

    def buy(self, symbol: str = "BTCUSDT", quantity: str = "0.01", **asked: str) -> Reply:
        """Buy at market."""
        return self.ask("order.create", symbol=symbol, side="BUY", quantity=quantity, **asked)

    def sell(self, symbol: str = "BTCUSDT", quantity: str = "0.01", **asked: str) -> Reply:
        """Sell at market."""
        return self.ask("order.create", symbol=symbol, side="SELL", quantity=quantity, **asked)
