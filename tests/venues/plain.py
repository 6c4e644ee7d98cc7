"""A third dialect, as plain as can be, in which the machines of the connection are stepped without either venue's noise.

Requests are a path and the venue's time; replies are a status and a word. It fills the whole border of
`seawall.venues.port`, so that what the machines rely on is what the border promises and nothing of one venue.
"""
# ruff: noqa: D102  the border says what each method is for; this file only answers plainly

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from seawall.model.acts import (
    Act,
    CancelOrder,
    ClosePosition,
    Outcome,
    PlaceStop,
    Reason,
    SetLeverage,
    SubmitEntry,
)
from seawall.model.ids import ClientId, Side, Symbol
from seawall.model.inputs import NOTHING_TOLD, ActAnswered, ReadAnswered, ReadFailed, Told
from seawall.model.queries import AskOrder, AskPositions
from seawall.model.reports import OrderReport, OrderStatus, Source
from seawall.model.signal import TriggerBy
from seawall.model.times import MILLISECOND, MINUTE, SECOND, Duration, Instant
from seawall.model.venue import Traits
from seawall.venues.port import (
    ActFrame,
    ActReply,
    Bucket,
    Charge,
    Gauge,
    Heard,
    LinkWord,
    Pause,
    Reading,
    Reply,
    Request,
    Stamp,
    TooLate,
    TradeCodec,
)

SYMBOL = Symbol("VELVETUSDT")
START: Instant = 1_790_000_000_000_000
FAR_OFF: Instant = START + 3600 * SECOND
HUNDRED_A_MINUTE = (Bucket("weight", 100, MINUTE, shared=True), Bucket("orders", 10, SECOND))

PLAIN = Traits(
    attaches_stop=False,
    names_stops=True,
    one_stop_per_position=False,
    engine_checks_window=True,
    position_shows_stop=False,
    names_fills=False,
    book_batch=40,
)


@dataclass
class PlainTrade:
    """The trade socket: an act is its name and its client id, a reply the word `reply`, the name and a body. Leverage
    is not carried.
    """

    frames: tuple[str, ...] = ()
    costs: tuple[Charge, ...] = ()

    def target(self) -> str:
        return "/trade"

    def handshake(self) -> tuple[Charge, ...]:
        return self.costs

    def opening_frames(self, stamp: Stamp) -> tuple[str, ...]:
        return self.frames

    def ping_frame(self) -> str | None:
        return None

    def act_frame(self, name: str, act: Act, stamp: Stamp) -> ActFrame | TooLate | None:
        if isinstance(act, SetLeverage):
            return None
        if isinstance(act, SubmitEntry) and act.not_after - stamp.venue_now < MILLISECOND:
            return TooLate("less than a millisecond of the window is left")
        return ActFrame(f"{name} {act.client_id}", Request("POST", "/act"))

    def hear(self, text: str) -> Heard | ActReply:
        word, _, rest = text.partition(" ")
        if word == "reply":
            name, _, body = rest.partition(" ")
            return ActReply(name, Reply(200, body=body.encode()))
        known = word in LinkWord.__members__.values()
        return Heard(LinkWord(word) if known else LinkWord.NOTHING, detail=f"said {text}")


@dataclass
class PlainCodec:
    """The dialect. `keys` asks for a stream key, `frames` is the handshake, `ping` the probe in the dialect."""

    keys: bool = False
    frames: tuple[str, ...] = ()
    ping: str | None = None
    limits: tuple[Bucket, ...] = HUNDRED_A_MINUTE
    traits: Traits = PLAIN
    trade: TradeCodec | None = None

    def act_request(self, act: Act, stamp: Stamp) -> Request | TooLate:
        window = stamp.window
        if isinstance(act, SubmitEntry):
            window = min(window, act.not_after - stamp.venue_now)
        if window < MILLISECOND:
            return TooLate("less than a millisecond of the window is left")
        return Request("POST", f"/act?at={stamp.venue_now}&window={window}", body=act.client_id.encode())

    def act_answer(self, act: Act, reply: Reply, began_at: Instant, at: Instant) -> ActAnswered:
        outcome, reason = _OUTCOMES.get(reply.body, (Outcome.UNKNOWN, Reason.NONE))
        return ActAnswered(act.client_id, act.symbol, outcome, began_at, at, reason, str(reply.status))

    def query_requests(self, reading: Reading, stamp: Stamp) -> tuple[Request, ...]:
        return tuple(Request("GET", f"{path}?at={stamp.venue_now}") for path in _paths(reading))

    def query_answer(self, reading: Reading, at: Instant) -> ReadAnswered | ReadFailed:
        bodies = [reply.body for reply in reading.came if reply]
        told = Told(orders=tuple(order(at) for body in bodies if body.startswith(b"order")))
        if not _paths(reading) and all(reply is not None and reply.status == 200 for reply in reading.came):
            return ReadAnswered(reading.query, reading.began_at, at, told)
        return ReadFailed(reading.query, reading.began_at, at, "not every page came", told)

    def clock_request(self) -> Request:
        return Request("GET", "/time")

    def clock_answer(self, reply: Reply) -> Instant | None:
        return int(reply.body) if reply.status == 200 and reply.body.isdigit() else None

    def key_request(self) -> Request | None:
        return Request("POST", "/key") if self.keys else None

    def key_renewal(self, key: str) -> Request | None:
        return Request("PUT", f"/key/{key}") if self.keys else None

    def key_answer(self, reply: Reply) -> str | None:
        return reply.body.decode() if reply.status == 200 else None

    def stream_target(self, key: str) -> str:
        return f"/stream/{key}"

    def opening_frames(self, stamp: Stamp) -> tuple[str, ...]:
        return self.frames

    def ping_frame(self) -> str | None:
        return self.ping

    def hear(self, text: str, at: Instant) -> Heard:
        try:
            word = LinkWord(text)
        except ValueError:
            return Heard(LinkWord.NOTHING, detail=f"garbled: {text}")
        return Heard(word, Told(orders=(order(at),)) if word is LinkWord.NEWS else NOTHING_TOLD, f"said {text}")

    def buckets(self) -> tuple[Bucket, ...]:
        return self.limits

    def charges(self, ask: Act | Reading) -> tuple[Charge, ...]:
        if isinstance(ask, Reading):
            return (Charge("weight", 5),) if _paths(ask) else ()
        return (Charge("orders", 1),)

    def gauges(self, reply: Reply, request: Request | None = None) -> tuple[Gauge, ...]:
        return tuple(Gauge(name, int(value)) for name, value in reply.headers if name in ("weight", "orders"))

    def pause(self, reply: Reply, request: Request | None = None, at: Instant = 0) -> Pause | None:
        wait = next((int(value) * SECOND for name, value in reply.headers if name == "retry-after"), 0)
        if reply.body == b"too many acts":
            return Pause(wait, "too many acts", "orders" if request else "")
        if reply.body == b"too many from here":
            return Pause(wait, "too many from this address", "weight")
        return Pause(wait, "the venue said stop") if reply.status == 429 else None


_OUTCOMES = {
    b"done": (Outcome.ACKNOWLEDGED, Reason.NONE),
    b"clock": (Outcome.REFUSED, Reason.CLOCK),
    b"stop": (Outcome.REFUSED, Reason.LIMIT),
    b"funds": (Outcome.REFUSED, Reason.FUNDS),
}


def _paths(reading: Reading) -> tuple[str, ...]:
    """What a reading asks next: one path or, of an order, three; then a page for each round with `more` in a reply."""
    if not reading.came:
        return ("/open", "/history", "/fills") if isinstance(reading.query, AskOrder) else ("/read",)
    last = reading.came[-1]
    return (f"/page/{len(reading.came)}",) if last and last.body.endswith(b"more") else ()


def order(at: Instant) -> OrderReport:
    """A filled order, as any source shows it."""
    return OrderReport(SYMBOL, ClientId("entry"), OrderStatus.FILLED, Source.STREAM, at, filled=Decimal(27))


def entry(name: str = "entry", not_after: Instant = FAR_OFF) -> SubmitEntry:
    """An entry that may leave until `not_after` (venue time)."""
    return SubmitEntry(
        SYMBOL, ClientId(name), Side.SELL, Decimal(27), Decimal("0.21"), TriggerBy.MARK, not_after=not_after
    )


def stop(name: str = "stop") -> PlaceStop:
    """A stop for the whole position."""
    return PlaceStop(SYMBOL, ClientId(name), Side.BUY, Decimal("0.21"), TriggerBy.MARK)


def close(name: str = "close") -> ClosePosition:
    """A market close."""
    return ClosePosition(SYMBOL, ClientId(name), Side.BUY, Decimal(27))


def cancel(name: str = "cancel") -> CancelOrder:
    """A cancel by name."""
    return CancelOrder(SYMBOL, ClientId(name), ClientId("entry"))


def positions(symbol: str = SYMBOL) -> AskPositions:
    """A read of one symbol's position."""
    return AskPositions(Symbol(symbol))


def seconds(n: float) -> Duration:
    """`n` seconds in microseconds."""
    return round(n * SECOND)
