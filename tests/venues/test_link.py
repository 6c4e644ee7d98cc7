"""The stream's machine, step by step: opened, believed only when it has spoken, and always on its way back."""

from __future__ import annotations

from itertools import pairwise

import pytest

from seawall.model.inputs import Input, StreamChanged, StreamReported
from seawall.model.times import HOUR, MILLISECOND, MINUTE, SECOND, Bounds
from seawall.venues.clock import Clock
from seawall.venues.exchange import ErrandDone
from seawall.venues.link import Command, Connect, Cut, Link, Phase, Probe, Send
from seawall.venues.port import Reply
from tests.venues.plain import START, PlainCodec

HANDSHAKE = ("login", "subscribe")
KEY = Reply(200, body=b"k1")


class Bench:
    """A link on the bench: time is set by hand, commands and inputs are looked at."""

    def __init__(self, *, keys: bool = False, frames: tuple[str, ...] = (), ping: str | None = None) -> None:
        self.now = START
        self.link = Link(PlainCodec(keys, frames, ping), Clock(), Bounds())
        self.commands: list[Command] = []
        self.inputs: list[Input] = []
        self.errands: list[str] = []

    def look(self) -> None:
        """Collects what came of the last step, in place of what was there before."""
        output = self.link.take()
        self.commands, self.inputs = list(output.commands), list(output.inputs)
        self.errands = [f"{errand.request.method} {errand.request.target}" for errand in output.errands]

    def start(self) -> None:
        """Starts the link."""
        self.link.start(self.now)
        self.look()

    def wake(self, after: int = 0) -> None:
        """Lets time pass and wakes."""
        self.now += after
        self.link.wake(self.now)
        self.look()

    def connect(self) -> None:
        """Lets the venue accept the present connection."""
        self.link.connected(self.link.conn, self.now)
        self.look()

    def say(self, *texts: str) -> None:
        """Lets the venue say these frames on the present connection."""
        for text in texts:
            self.link.framed(self.link.conn, text, self.now)
        self.look()

    def close(self, detail: str = "1006") -> None:
        """Lets the present connection end."""
        self.link.closed(self.link.conn, detail, self.now)
        self.look()

    def answer(self, what: str, reply: Reply | None) -> None:
        """Answers an errand of the present connection."""
        self.link.errand_done(ErrandDone(f"{what} {self.link.conn}", reply), self.now)
        self.look()

    def live(self, after: int) -> None:
        """Lets time pass on a stream whose venue answers every probe."""
        end = self.now + after
        while self.now < end:
            self.now = min(end, self.now + 10 * SECOND)
            self.link.ponged(self.link.conn, self.now)
            self.link.wake(self.now)
        self.look()


def opened(*, keys: bool = False) -> Bench:
    """A stream that is open and unproven, of a venue without a handshake."""
    bench = Bench(keys=keys)
    bench.start()
    if keys:
        bench.answer("key", KEY)
    bench.connect()
    assert bench.link.phase is Phase.READY
    return bench


def changes(bench: Bench) -> list[tuple[bool, int]]:
    """The stream's changes of trust in the last step: proven, and since when."""
    return [(told.proven, told.since) for told in bench.inputs if isinstance(told, StreamChanged)]


# ---- opening


def test_without_keys_or_handshake_the_stream_is_open_at_once_and_unproven() -> None:
    """A venue that asks for nothing is READY with its socket, and the desk is told to close the gap."""
    bench = Bench()
    bench.start()
    assert bench.commands == [Connect(1, "/stream/")]
    bench.connect()
    assert (bench.link.phase, changes(bench)) == (Phase.READY, [(False, 0)])


def test_the_key_comes_before_the_connection() -> None:
    """Where the venue needs a stream key it is asked for, and the connection goes to where it points."""
    bench = Bench(keys=True)
    bench.start()
    assert (bench.errands, bench.commands) == (["POST /key"], [])
    bench.answer("key", KEY)
    assert bench.commands == [Connect(1, "/stream/k1")]


def test_the_handshake_goes_frame_by_frame() -> None:
    """The first frame goes with the socket, each next one when the venue says go on, and READY ends it."""
    bench = Bench(frames=HANDSHAKE)
    bench.start()
    bench.connect()
    assert bench.commands == [Send(1, "login")]
    bench.say("go_on")
    assert bench.commands == [Send(1, "subscribe")]
    assert bench.link.phase is Phase.OPENING
    bench.say("ready")
    assert (bench.link.phase, changes(bench)) == (Phase.READY, [(False, 0)])


# ---- trust


def test_a_stream_is_proven_by_its_first_news_and_told_before_it() -> None:
    """The first account event proves the stream from that instant on; its report follows the change of trust."""
    bench = opened()
    bench.now += 3 * SECOND
    bench.say("news", "news")
    assert [type(told) for told in bench.inputs] == [StreamChanged, StreamReported, StreamReported]
    assert changes(bench) == [(True, bench.now)]


@pytest.mark.parametrize("word", ["pong", "ready", "nothing", "{half a json", "go_on"])
def test_nothing_else_proves_a_stream(word: str) -> None:
    """A pong proves the socket; an acknowledgement, noise or garbage prove no more."""
    bench = opened()
    bench.say(word)
    assert (bench.link.phase, bench.inputs) == (Phase.READY, [])


def test_news_before_the_end_of_the_handshake_counts() -> None:
    """An account event that overtakes the subscription's answer proves the stream, and the handshake goes on."""
    bench = Bench(frames=HANDSHAKE)
    bench.start()
    bench.connect()
    bench.say("go_on", "news")
    assert changes(bench) == [(True, bench.now)]
    bench.say("ready")
    assert (bench.link.phase, bench.inputs) == (Phase.PROVEN, [])
    bench.live(MINUTE)
    assert bench.link.phase is Phase.PROVEN


def test_trust_does_not_survive_a_reconnect() -> None:
    """After a break the new connection is unproven until it has spoken itself."""
    bench = opened()
    bench.say("news")
    bench.close()
    assert changes(bench) == [(False, 0)]
    bench.wake(SECOND)
    bench.connect()
    assert changes(bench) == [(False, 0)]
    assert bench.link.phase is Phase.READY


def test_what_a_former_connection_still_says_is_not_heard() -> None:
    """Frames, pongs and the end of a connection that was given up change nothing."""
    bench = opened()
    bench.close()
    bench.wake(SECOND)
    bench.connect()
    bench.link.framed(1, "news", bench.now)
    bench.link.closed(1, "late", bench.now)
    bench.link.connected(1, bench.now)
    bench.look()
    assert (bench.link.conn, bench.link.phase, bench.inputs) == (2, Phase.READY, [])


# ---- silence and probes


def test_a_probe_goes_out_every_twenty_seconds_in_the_venues_way() -> None:
    """Where the dialect has a ping it is sent as a frame, otherwise as the protocol's own."""
    own, dialect = opened(), Bench(ping="ping")
    dialect.start()
    dialect.connect()
    for bench, probe in ((own, Probe(1)), (dialect, Send(1, "ping"))):
        bench.wake(20 * SECOND - 1)
        assert bench.commands == []
        bench.wake(1)
        assert bench.commands == [probe]


def test_forty_seconds_of_silence_end_the_connection() -> None:
    """Without a frame or a pong for 40 s the socket is cut, whatever it claims, and opened anew."""
    bench = opened()
    bench.wake(20 * SECOND)
    bench.wake(20 * SECOND - 1)
    assert bench.link.phase is Phase.READY
    bench.wake(1)
    assert (bench.commands, bench.link.phase) == ([Cut(1)], Phase.RESTING)
    bench.wake(SECOND)
    assert bench.commands == [Connect(2, "/stream/")]


@pytest.mark.parametrize("sign", ["pong", "frame"])
def test_any_sign_of_life_is_no_silence(sign: str) -> None:
    """A pong or a frame every half minute keeps the connection."""
    bench = opened()
    for _ in range(20):
        bench.wake(30 * SECOND)
        if sign == "pong":
            bench.link.ponged(bench.link.conn, bench.now)
        else:
            bench.say("nothing")
    assert (bench.link.conn, bench.link.phase) == (1, Phase.READY)


def test_a_pong_of_a_former_connection_is_no_sign_of_life() -> None:
    """Only the present connection's pongs hold off the silence limit."""
    bench = opened()
    bench.close()
    bench.wake(SECOND)
    bench.connect()
    bench.now += 30 * SECOND
    bench.link.ponged(1, bench.now)
    bench.wake(10 * SECOND)
    assert bench.commands == [Cut(2)]


# ---- back-off


def test_back_off_doubles_up_to_half_a_minute() -> None:
    """A venue that cannot be reached is asked after 0.25, 0.5, 1 ... and at last every 30 s."""
    bench = Bench()
    bench.start()
    waits = []
    for _ in range(10):
        bench.close("connection refused")
        due = bench.link.next_wake()
        assert due is not None
        waits.append((due - bench.now) / SECOND)
        bench.wake(due - bench.now)
    assert waits == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_stream_that_keeps_failing_says_so_once_a_minute() -> None:
    """The first failure is told and then one a minute, but the break of a stream that was up is told at once."""
    bench = Bench()
    bench.start()
    told = []
    for _ in range(20):
        bench.close("connection refused")
        told += [(bench.now - START) // SECOND for _ in bench.inputs]
        due = bench.link.next_wake()
        assert due is not None
        bench.wake(due - bench.now)
    assert told[0] == 0
    assert all(60 <= later - sooner <= 90 for sooner, later in pairwise(told))
    for _ in range(3):
        bench.connect()
        assert changes(bench) == [(False, 0)]
        bench.close()
        assert changes(bench) == [(False, 0)]
        bench.wake(30 * SECOND)


def test_a_venue_that_hangs_up_at_once_is_not_hammered() -> None:
    """A connection that opens and falls without news counts as a failure like any other."""
    bench = opened()
    for _ in range(3):
        bench.close()
        bench.wake(SECOND)
        bench.connect()
    bench.close()
    due = bench.link.next_wake()
    assert due == bench.now + 2 * SECOND


@pytest.mark.parametrize("of_use", ["news", "time"])
def test_a_stream_that_was_of_use_comes_back_quickly(of_use: str) -> None:
    """After news, or ten quiet seconds, the back-off begins at its beginning again."""
    bench = Bench()
    bench.start()
    for _ in range(6):
        bench.close("connection refused")
        bench.wake(30 * SECOND)
    bench.connect()
    if of_use == "news":
        bench.say("news")
    else:
        bench.wake(10 * SECOND)
    bench.close()
    assert bench.link.next_wake() == bench.now + 250 * MILLISECOND


@pytest.mark.parametrize("stage", ["key", "connection", "handshake"])
def test_each_stage_of_the_opening_has_its_time(stage: str) -> None:
    """A key, a socket or a handshake that does not come within 10 s is given up, and the next attempt begins."""
    bench = Bench(keys=True, frames=HANDSHAKE)
    bench.start()
    if stage != "key":
        bench.answer("key", KEY)
    if stage == "handshake":
        bench.connect()
    bench.wake(10 * SECOND)
    assert bench.link.phase is Phase.RESTING
    assert bench.commands == ([] if stage == "key" else [Cut(1)])
    bench.wake(SECOND)
    assert bench.errands == ["POST /key"]


def test_a_refused_handshake_says_why() -> None:
    """A login that the venue refuses ends the attempt with the venue's words."""
    bench = Bench(frames=HANDSHAKE)
    bench.start()
    bench.connect()
    bench.say("refused")
    (told,) = bench.inputs
    assert isinstance(told, StreamChanged)
    assert told.detail == "refused: said refused"


# ---- keys and age


@pytest.mark.parametrize("reply", [None, Reply(401), Reply(503)])
def test_without_a_key_there_is_no_connection(reply: Reply | None) -> None:
    """A key that is refused or lost is asked for again after the back-off."""
    bench = Bench(keys=True)
    bench.start()
    bench.answer("key", reply)
    assert (bench.commands, bench.link.phase) == ([], Phase.RESTING)
    bench.wake(SECOND)
    assert bench.errands == ["POST /key"]


def test_the_key_is_extended_every_twenty_five_minutes() -> None:
    """A key lives an hour, so it is extended well before, again and again, on the same connection."""
    bench = opened(keys=True)
    for _ in range(3):
        bench.live(25 * MINUTE)
        assert bench.errands == ["PUT /key/k1"]
        bench.answer("renewal", KEY)
    assert (bench.link.conn, bench.link.phase) == (1, Phase.READY)


@pytest.mark.parametrize("reply", [None, Reply(503), Reply(429)])
def test_a_lost_extension_is_repeated_in_a_minute(reply: Reply | None) -> None:
    """An extension that nobody answered says nothing about the key, so the stream goes on meanwhile."""
    bench = opened(keys=True)
    bench.live(25 * MINUTE)
    bench.answer("renewal", reply)
    assert bench.link.phase is Phase.READY
    bench.live(MINUTE)
    assert bench.errands == ["PUT /key/k1"]


def test_a_refused_extension_means_a_new_key_and_a_new_connection_at_once() -> None:
    """The venue no longer knows the key, so the open socket is mute: both are made anew."""
    bench = opened(keys=True)
    bench.live(25 * MINUTE)
    bench.answer("renewal", Reply(400, body=b'{"code":-1125}'))
    assert bench.commands == [Cut(1)]
    bench.wake()
    assert bench.errands == ["POST /key"]


def test_an_extension_refused_after_its_connection_ended_changes_nothing() -> None:
    """The answer comes while the link already rests before its next attempt: no second break is told."""
    bench = opened(keys=True)
    bench.live(25 * MINUTE)
    bench.close()
    bench.answer("renewal", Reply(400))
    assert (bench.inputs, bench.commands, bench.link.phase) == ([], [], Phase.RESTING)


def test_an_expired_key_means_a_new_key_and_a_new_connection_at_once() -> None:
    """The venue's own word that the key has lapsed, on a socket that stays open and mute."""
    bench = opened(keys=True)
    bench.live(HOUR)
    bench.say("expired")
    assert bench.commands == [Cut(1)]
    bench.wake()
    assert bench.errands == ["POST /key"]


def test_a_key_that_expires_over_and_over_is_not_hammered() -> None:
    """A venue that calls every new key expired is asked at the pace of the back-off."""
    bench = opened(keys=True)
    bench.say("expired")
    assert bench.link.next_wake() == bench.now + 250 * MILLISECOND


def test_an_answer_for_a_former_connection_is_ignored() -> None:
    """A key that was asked for before the last break is not used for the present connection."""
    bench = Bench(keys=True)
    bench.start()
    bench.wake(10 * SECOND)
    bench.wake(SECOND)
    bench.link.errand_done(ErrandDone("key 1", KEY), bench.now)
    bench.look()
    assert (bench.link.conn, bench.link.phase, bench.commands) == (2, Phase.NEED_KEY, [])


def test_a_connection_is_replaced_before_its_day_is_over() -> None:
    """Shortly before the venue would cut it at 24 h, the connection is made anew at our time."""
    bench = opened()
    bench.say("news")
    bench.live(23 * HOUR + 50 * MINUTE - SECOND)
    assert (bench.link.conn, bench.link.phase) == (1, Phase.PROVEN)
    bench.wake(SECOND)
    assert bench.commands == [Cut(1)]
    bench.wake()
    assert bench.commands == [Connect(2, "/stream/")]


def test_before_the_start_nothing_is_due() -> None:
    """A link that was not started does nothing of itself."""
    bench = Bench()
    bench.wake(HOUR)
    assert (bench.link.next_wake(), bench.commands) == (None, [])
