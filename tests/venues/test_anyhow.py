"""The machine of one account under any sequence of events: what holds whatever the network does.

Hypothesis plays the network and the clock: replies of every kind, losses, silence, frames, closings, waits, in any
order. Whatever it plays, each act must get its answer, each read must end, and nothing may spin. An act is held for at most a
reply time and under way for at most another; a read may have to wait for the whole window of a bucket before that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.model.acts import Act, Outcome, SubmitEntry, Urgency, urgency_of
from seawall.model.ids import ClientId
from seawall.model.inputs import ActAnswered, Input, ReadAnswered, ReadFailed, StreamChanged, StreamReported
from seawall.model.queries import AskOrder, Query
from seawall.model.times import MILLISECOND, SECOND, Bounds
from seawall.venues.exchange import Transmit
from seawall.venues.link import Connect, Cut, Host, Probe, Send
from seawall.venues.port import Reply
from seawall.venues.venue import (
    Closed,
    Connected,
    Framed,
    Lost,
    Ponged,
    Replied,
    Started,
    Submitted,
    Tell,
    Ticked,
    Venue,
    VenueEvent,
)
from tests.venues.plain import START, SYMBOL, PlainCodec, PlainTrade, cancel, close, entry, positions, stop

BODIES = (b"done", b"clock", b"stop", b"funds", b"order", b"<html>", b"", str(START + 5 * SECOND).encode())
REPLIES = st.builds(
    Reply,
    st.sampled_from((200, 400, 429, 503)),
    st.sampled_from(((), (("retry-after", "3"),), (("weight", "99"),), (("orders", "10"),))),
    st.sampled_from(BODIES),
)
WAITS = st.sampled_from((1, MILLISECOND, 300 * MILLISECOND, SECOND, 6 * SECOND, 45 * SECOND))
QUERIES: tuple[Query, ...] = (positions(), positions("BTCUSDT"), AskOrder(SYMBOL, ClientId("entry")))
WORDS = ("news", "pong", "ready", "go_on", "expired", "refused", "nothing", "{half")
STEPS = st.one_of(
    st.tuples(st.just("act"), st.sampled_from("escx"), st.integers(1, 20)),
    st.tuples(st.just("ask"), st.integers(0, 2), st.just(0)),
    st.tuples(st.just("reply"), st.integers(0, 9), REPLIES),
    st.tuples(st.just("lose"), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("wait"), WAITS, st.just(0)),
    st.tuples(st.just("frame"), st.sampled_from(WORDS), st.just(0)),
    st.tuples(st.just("socket"), st.sampled_from(("open", "close", "pong")), st.integers(0, 1)),
    st.tuples(st.just("trade"), st.sampled_from(("open", "close", "pong", "refused", "ready")), st.integers(0, 1)),
    st.tuples(st.just("answer"), st.integers(0, 9), st.sampled_from(("done", "clock", "stop", "funds", "<html>"))),
)


@dataclass
class World:
    """The machine, the clock, and a book of what went in and what came out."""

    venue: Venue
    now: int = START
    acts: dict[str, Act] = field(default_factory=dict)
    asked: int = 0
    conn: int = 0
    trade: int = 0
    frames: list[str] = field(default_factory=list)
    open_keys: list[int] = field(default_factory=list)
    sent: list[Transmit] = field(default_factory=list)
    told: list[Input] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)

    def on(self, event: VenueEvent) -> None:
        """One step, with what must hold after every step."""
        for effect in self.venue.on(event, self.now):
            match effect:
                case Transmit():
                    self.sent.append(effect)
                    self.open_keys.append(effect.key)
                    self._check_in_time(effect)
                case Connect(conn=conn, host=Host.TRADE):
                    assert conn > self.trade
                    self.trade = conn
                case Connect(conn=conn):
                    assert conn > self.conn
                    self.conn = conn
                case Send(conn=conn, text=text) if conn == self.trade and conn:
                    self.frames.append(text)
                case Send(conn=conn) | Probe(conn=conn) | Cut(conn=conn):
                    assert conn in (self.conn, self.trade)
                case Tell(input=told):
                    self.told.append(told)
        assert self.venue.next_wake() > self.now, "the machine spins"

    def _check_in_time(self, sent: Transmit) -> None:
        """No entry leaves at or past its end in the venue's time, nor with a window beyond it."""
        act = self.acts.get(sent.request.body.decode())
        if isinstance(act, SubmitEntry):
            at, _, window = sent.request.target.removeprefix("/act?at=").partition("&window=")
            assert int(at) + int(window) <= act.not_after

    def play(self, what: str, which: object, more: object) -> None:
        """One step of the story."""
        match what, which, more:
            case "act", str(kind), int(seconds):
                self._submit(kind, seconds)
            case "ask", int(n), _:
                self.asked += 1
                self.on(Submitted(QUERIES[n], Urgency.ASK))
            case "reply", int(n), Reply() as reply if self.open_keys:
                self.on(Replied(self.open_keys.pop(n % len(self.open_keys)), reply))
            case "lose", int(n), bool(has_left) if self.open_keys:
                self.on(Lost(self.open_keys.pop(n % len(self.open_keys)), has_left, "reset"))
            case "wait", int(duration), _:
                self.let(duration)
            case "frame", str(word), _:
                self.on(Framed(self.conn, word))
            case "socket", str(how), int(back):
                self._socket(self.conn - back, how)
            case "trade", str(how), int(back) if self.trade:
                self._socket(self.trade - back, how)
            case "answer", int(n), str(body) if self.frames:
                name = self.frames[n % len(self.frames)].partition(" ")[0]
                self.on(Framed(self.trade, f"reply {name} {body}"))
            case (("trade" | "answer"), _, _):
                return
            case _:
                assert not self.open_keys, f"no such step: {what}"

    def _socket(self, conn: int, how: str) -> None:
        news: dict[str, VenueEvent] = {"open": Connected(conn), "pong": Ponged(conn), "close": Closed(conn, "1006")}
        self.on(news.get(how, Framed(conn, how)))

    def _submit(self, kind: str, seconds: int) -> None:
        name = f"{kind}{len(self.acts)}"
        makers: dict[str, Callable[[str], Act]] = {"s": stop, "c": close, "x": cancel}
        act: Act = entry(name, self.now + seconds * SECOND) if kind == "e" else makers[kind](name)
        self.acts[name] = act
        self.on(Submitted(act, urgency_of(act)))

    def let(self, duration: int) -> None:
        """Lets time pass, waking the machine whenever it asks to be."""
        until = self.now + duration
        while (due := self.venue.next_wake()) <= until:
            self.now = max(self.now, due)
            self.on(Ticked())
        self.now = until

    def left(self) -> list[str]:
        """The acts that left, by either road."""
        by_rest = [sent.request.body.decode() for sent in self.sent if sent.request.target.startswith("/act")]
        return by_rest + [text.partition(" ")[2] for text in self.frames]

    def answers(self, name: str) -> list[Outcome]:
        """Every answer told about an act, in order."""
        return [told.outcome for told in self.told if isinstance(told, ActAnswered) and told.client_id == name]


def played(story: list[tuple[str, object, object]], *, keys: bool) -> World:
    """The world after a story and after the silence that follows it."""
    frames = ("login", "subscribe") if keys else ()
    codec = PlainCodec(keys=keys, frames=frames, trade=PlainTrade(frames[:1]))
    world = World(Venue(codec, Bounds(), trade_socket=True))
    world.on(Started())
    for step in story:
        world.play(*step)
    world.let(75 * SECOND)
    return world


@settings(max_examples=150)
@given(story=st.lists(STEPS, max_size=60), keys=st.booleans())
def test_every_act_gets_its_answer_and_at_most_a_late_second(
    story: list[tuple[str, object, object]], *, keys: bool
) -> None:
    """Whatever the network does, an act is answered once; only one that was Unknown may be answered again."""
    world = played(story, keys=keys)
    for name in world.acts:
        first, *more = world.answers(name)
        assert not more or (first is Outcome.UNKNOWN and len(more) == 1)


@settings(max_examples=150)
@given(story=st.lists(STEPS, max_size=60), keys=st.booleans())
def test_no_act_is_sent_twice(story: list[tuple[str, object, object]], *, keys: bool) -> None:
    """Each act leaves at most once, and one that was told NotSent before leaving has never left."""
    world = played(story, keys=keys)
    bodies = world.left()
    assert len(bodies) == len(set(bodies))
    for name in world.acts:
        assert name in bodies or world.answers(name) == [Outcome.NOT_SENT]


@settings(max_examples=150)
@given(story=st.lists(STEPS, max_size=60), keys=st.booleans())
def test_every_read_ends(story: list[tuple[str, object, object]], *, keys: bool) -> None:
    """After the silence no read is under way: each that was asked has been answered or has failed, with its equals."""
    world = played(story, keys=keys)
    ended = [told for told in world.told if isinstance(told, ReadAnswered | ReadFailed)]
    assert len(ended) <= world.asked
    before = len(ended)
    for query in QUERIES:
        world.on(Submitted(query, Urgency.ASK))
    world.let(75 * SECOND)
    ended = [told for told in world.told if isinstance(told, ReadAnswered | ReadFailed)]
    assert [told.query for told in ended[before:]].count(positions()) == 1
    assert len(ended) == before + len(QUERIES)


@settings(max_examples=150)
@given(story=st.lists(STEPS, max_size=60), keys=st.booleans())
def test_trust_is_never_told_without_news(story: list[tuple[str, object, object]], *, keys: bool) -> None:
    """Every report of the stream comes while it is told to be proven, and each new trust comes with a report."""
    world = played(story, keys=keys)
    proven = False
    for before, told in zip([None, *world.told], world.told, strict=False):
        if isinstance(told, StreamChanged):
            proven = told.proven
            assert proven == (told.since != 0)
        if isinstance(before, StreamChanged) and before.proven:
            assert isinstance(told, StreamReported)
        if isinstance(told, StreamReported):
            assert proven
