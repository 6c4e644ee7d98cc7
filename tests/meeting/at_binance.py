"""One account at Binance's box, for the meetings of codec and box: bytes between them, one thread, time by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from msgspec import structs

from seawall.model.acts import Act, CancelOrder, ClosePosition, Outcome, PlaceStop, Reason, SubmitEntry
from seawall.model.ids import ClientId, Leg, Side, SignalId, Symbol, client_id
from seawall.model.inputs import ActAnswered, ReadAnswered, ReadFailed, Told
from seawall.model.queries import (
    Query,
)
from seawall.model.signal import TriggerBy
from seawall.model.times import MINUTE, SECOND
from seawall.venues.binance import codec
from seawall.venues.port import Credentials, Heard, Reading, Reply, Request, Stamp
from venuesim import wire
from venuesim.exchange import Exchange

START = 1_763_900_000_000_000
VELVET = Symbol("VELVETUSDT")
PRICE = Decimal("0.20000")
TRIGGER = Decimal("0.21000")
QUANTITY = Decimal(27)
PATIENCE = 20 * SECOND
CONN = 1


def name(leg: Leg, n: int = 0) -> ClientId:
    """The n-th name of a leg of the one signal."""
    return client_id("abcd", SignalId("velvet"), leg, START // SECOND, n)


ENTRY = SubmitEntry(VELVET, name(Leg.ENTRY), Side.SELL, QUANTITY, TRIGGER, TriggerBy.MARK, START + 10 * MINUTE)
STOP = PlaceStop(VELVET, name(Leg.STOP), Side.BUY, TRIGGER, TriggerBy.MARK)
PART = replace(STOP, client_id=name(Leg.STOP, 1), quantity=QUANTITY)
CLOSE = ClosePosition(VELVET, name(Leg.CLOSE), Side.BUY, QUANTITY)
CANCEL_STOP = CancelOrder(VELVET, name(Leg.DIRECT), STOP.client_id, is_stop=True)


class Meeting:
    """One account of the house at the box, without a wire between them, and a clock moved by hand."""

    def __init__(self, *, hedge: bool = False, **switches: str) -> None:
        """Switches are given without their prefix; no view lags."""
        chosen = {"lag": "none"} | {f"binance.{key}": value for key, value in switches.items()}
        self.box = Exchange("binance", seed=7, start=START, switches=chosen)
        self.box.open_account("main", key="testkey", secret="testsecret", balance=Decimal(10_000), hedge=hedge)
        self.box.set_price(VELVET, START, mark=PRICE, last=PRICE)
        self.codec = codec(Credentials("testkey", "testsecret"))
        self.now = START
        self.heard: list[Heard] = []
        self._key = 0
        self._replies: dict[int, Reply] = {}

    def act(self, act: Act, *, behind: int = 0) -> ActAnswered:
        """What became of an act by the box's reply; it is signed with a clock `behind` µs behind the venue's."""
        request = self.codec.act_request(act, Stamp(self.now - behind, 2 * SECOND))
        assert isinstance(request, Request)
        began, (reply,) = self.now, self.send(request)
        assert reply is not None
        return self.codec.act_answer(act, reply, began, self.now)

    def done(self, act: Act) -> Told:
        """What the acknowledgement of an act told."""
        answer = self.act(act)
        assert answer.outcome is Outcome.ACKNOWLEDGED, answer
        assert not answer.told.missing, answer.told.missing
        return answer.told

    def refusal(self, act: Act) -> Reason:
        """Why an act was refused."""
        answer = self.act(act)
        assert answer.outcome is Outcome.REFUSED, answer
        return answer.reason

    def ask(self, query: Query) -> ReadAnswered | ReadFailed:
        """The answer of a query by the box's replies."""
        reading = Reading(query, self.now)
        while requests := self.codec.query_requests(reading, Stamp(self.now, 5 * SECOND)):
            reading = structs.replace(reading, came=(*reading.came, *self.send(*requests)))
        return self.codec.query_answer(reading, self.now)

    def read(self, query: Query) -> Told:
        """What a complete answer told."""
        answer = self.ask(query)
        assert isinstance(answer, ReadAnswered), answer
        assert not answer.told.missing, answer.told.missing
        return answer.told

    def key(self) -> str:
        """The account's listenKey."""
        request = self.codec.key_request()
        assert request is not None
        (reply,) = self.send(request)
        assert reply is not None
        key = self.codec.key_answer(reply)
        assert key
        return key

    def listen(self) -> None:
        """Open the account's stream, which has no handshake of its own."""
        self.box.connect(CONN, self.codec.stream_target(self.key()), (), self.now)
        self.wait()
        assert not self.codec.opening_frames(Stamp(self.now, 5 * SECOND))

    def wait(self, micros: int = 200_000) -> None:
        """Let this much time pass in the box."""
        until = self.now + micros
        while (due := self.box.next_wake()) is not None and due <= until:
            self._take(max(self.now, due))
        self._take(until)

    def told(self) -> Told:
        """All that the stream has told so far."""
        parts = [heard.told for heard in self.heard]
        return Told(
            orders=tuple(report for part in parts for report in part.orders),
            fills=tuple(report for part in parts for report in part.fills),
            positions=tuple(report for part in parts for report in part.positions),
            stops=tuple(report for part in parts for report in part.stops),
            leverages=tuple(report for part in parts for report in part.leverages),
            missing=tuple(field for part in parts for field in part.missing),
        )

    def send(self, *requests: Request) -> tuple[Reply | None, ...]:
        """The box's replies, None where none came within twenty seconds."""
        keys = range(self._key + 1, self._key + 1 + len(requests))
        self._key += len(requests)
        for key, request in zip(keys, requests, strict=True):
            said = wire.Request(request.method, request.target, request.headers, request.body)
            self.box.request(key, said, self.now)
        self._await(set(keys))
        return tuple(self._replies.get(key) for key in keys)

    def _await(self, keys: set[int]) -> None:
        until = self.now + PATIENCE
        while not keys <= set(self._replies):
            due = self.box.next_wake()
            if due is None or due > until:
                return
            self._take(max(self.now, due))

    def _take(self, now: int) -> None:
        self.now = now
        for output in self.box.advance(now):
            match output:
                case wire.Answer(key, reply):
                    self._replies[key] = Reply(reply.status, reply.headers, reply.body)
                case wire.Frame(_, text):
                    self.heard.append(self.codec.hear(text, now))
                case _:
                    continue
