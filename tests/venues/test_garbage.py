"""Both dialects under the machine of the connection, fed with whatever bytes: nothing raises, and every ask ends.

The venue's side is played by hypothesis: statuses, headers and bodies that are no JSON, half of it, or JSON of the right
words in the wrong places. What such a reply means is the codec's affair; that it becomes an answer, and that the stream
survives any frame, is what the machine relies on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.model.acts import Act, Outcome, SetLeverage, Urgency
from seawall.model.ids import ClientId, Symbol
from seawall.model.inputs import ActAnswered, Input, ReadAnswered, ReadFailed
from seawall.model.queries import (
    AskBothSides,
    AskFills,
    AskInstruments,
    AskLeverage,
    AskMark,
    AskModes,
    AskOpenOrders,
    AskOrder,
    AskPositions,
    AskStop,
    AskStops,
    AskWallet,
    Query,
)
from seawall.model.times import MILLISECOND, SECOND, Bounds
from seawall.venues import binance, bybit
from seawall.venues.exchange import Transmit
from seawall.venues.link import Connect
from seawall.venues.port import Codec, Credentials, Reply
from seawall.venues.venue import Connected, Framed, Replied, Started, Submitted, Tell, Ticked, Venue, VenueEvent
from tests.venues.plain import START, SYMBOL, cancel, close, entry, positions, stop

NAME = ClientId("entry")
ASKS: tuple[Act | Query, ...] = (
    *(entry(), stop(), close(), cancel(), SetLeverage(SYMBOL, ClientId("leverage"), Decimal(5))),
    *(positions(), AskPositions(), AskOrder(SYMBOL, NAME), AskFills(SYMBOL, START), AskStops(SYMBOL)),
    *(AskStop(SYMBOL, NAME), AskOpenOrders(SYMBOL), AskInstruments(), AskMark(SYMBOL), AskLeverage(Symbol("AUSDT"))),
    *(AskModes(), AskWallet(), AskBothSides()),
)
WORDS = ("code", "msg", "retCode", "retMsg", "result", "list", "topic", "data", "e", "o", "a", "P", "s", "X", "success")
MORE_WORDS = ("op", "listenKey", "serverTime", "time", "symbol", "orderId", "status", "executedQty", "side", "qty")
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=8),
    st.sampled_from(("1", "0", "", "FILLED", "order", "-1e9")),
)
JSON = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS + MORE_WORDS), inner, max_size=5),
    max_leaves=12,
)
BODIES = st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode())
HEADERS = st.sampled_from(
    (
        (),
        (("Retry-After", "soon"),),
        (("X-MBX-USED-WEIGHT-1M", "x"), ("X-Bapi-Limit", "10"), ("X-Bapi-Limit-Status", "-1")),
    )
)
REPLIES = st.builds(Reply, st.sampled_from((200, 400, 401, 403, 418, 429, 500, 503)), HEADERS, BODIES)
STEPS = st.lists(
    st.tuples(st.sampled_from(ASKS), st.lists(REPLIES, max_size=6), st.lists(BODIES, max_size=3)), max_size=6
)


class Played:
    """The machine of one dialect, and all that it told."""

    def __init__(self, codec: Codec) -> None:
        self.now = START
        self.told: list[Input] = []
        self._venue = Venue(codec, Bounds())
        self._keys: list[int] = []
        self._conn = 0
        self.on(Started())

    def on(self, event: VenueEvent) -> None:
        """One step."""
        for effect in self._venue.on(event, self.now):
            match effect:
                case Transmit(key=key):
                    self._keys.append(key)
                case Connect(conn=conn):
                    self._conn = conn
                case Tell(input=told):
                    self.told.append(told)
                case _:
                    continue

    def step(self, ask: Act | Query, replies: list[Reply], frames: list[bytes]) -> None:
        """An ask, then replies for whatever is under way, then frames."""
        self.on(Submitted(ask, Urgency.ASK))
        self.now += MILLISECOND
        for reply in replies[: len(self._keys)]:
            self.on(Replied(self._keys.pop(0), reply))
        self.on(Connected(self._conn))
        for frame in frames:
            self.on(Framed(self._conn, frame.decode(errors="replace")))

    def fall_silent(self) -> None:
        """Nothing more comes for longer than any ask may be held and be under way."""
        end = self.now + 90 * SECOND
        while (due := self._venue.next_wake()) <= end:
            self.now = max(self.now, due)
            self.on(Ticked())


@settings(max_examples=150)
@given(dialect=st.sampled_from((binance.codec, bybit.codec)), steps=STEPS)
def test_no_bytes_of_a_venue_stop_the_machine(
    dialect: Callable[[Credentials], Codec], steps: list[tuple[Act | Query, list[Reply], list[bytes]]]
) -> None:
    """Whatever comes, each act and each read ends in an answer, and no act is acknowledged by accident twice."""
    played = Played(dialect(Credentials("key", "secret")))
    for ask, replies, frames in steps:
        played.step(ask, replies, frames)
    played.fall_silent()
    acts = [told for told in played.told if isinstance(told, ActAnswered)]
    reads = [told.query for told in played.told if isinstance(told, ReadAnswered | ReadFailed)]
    for ask, _, _ in steps:
        if isinstance(ask, Query):
            assert ask in reads
        else:
            assert any(answer.client_id == ask.client_id for answer in acts)
    sent = sum(isinstance(ask, Act) for ask, _, _ in steps)
    assert sent <= len(acts) <= sent + sum(answer.outcome is Outcome.UNKNOWN for answer in acts)
