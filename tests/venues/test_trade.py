"""The second road: when an act goes by the trade socket, when by REST, and what becomes of it if the socket is lost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.acts import Act, Outcome, SetLeverage, urgency_of
from seawall.model.ids import ClientId
from seawall.model.inputs import ActAnswered, Input, StreamChanged
from seawall.model.times import MILLISECOND, MINUTE, SECOND, Bounds
from seawall.venues.exchange import Transmit
from seawall.venues.link import BACK_OFF, PING_EVERY, SILENCE, Connect, Cut, Host, Probe, Send
from seawall.venues.port import Charge, Reply
from seawall.venues.venue import (
    Closed,
    Connected,
    Effect,
    Framed,
    Ponged,
    Replied,
    Started,
    Submitted,
    Tell,
    Ticked,
    Venue,
    VenueEvent,
)
from tests.venues.plain import START, SYMBOL, PlainCodec, PlainTrade, close, entry, stop

TIMEOUT = Bounds().reply_timeout
LEVERAGE = SetLeverage(SYMBOL, ClientId("leverage"), Decimal(5))


class Bench:
    """A venue with a trade socket: time is set by hand, effects are looked at."""

    def __init__(self, trade: PlainTrade | None = None, *, is_open: bool = True) -> None:
        self.now = START
        self.venue = Venue(PlainCodec(trade=trade or PlainTrade()), Bounds(), trade_socket=True)
        started = self.on(Started())
        connects = {effect.host: effect for effect in started if isinstance(effect, Connect)}
        self.conn = connects[Host.TRADE].conn if Host.TRADE in connects else 0
        self.stream = connects[Host.STREAM].conn
        clock = next(effect.key for effect in started if isinstance(effect, Transmit))
        self.on(Replied(clock, Reply(200, body=str(self.now).encode())))
        if is_open:
            self.on(Connected(self.conn))

    def on(self, event: VenueEvent, after: int = 0) -> list[Effect]:
        """Lets time pass and takes an event in; what came out."""
        self.now += after
        return list(self.venue.on(event, self.now))

    def do(self, act: Act) -> list[str]:
        """Submits an act; by which road it left: "frame" with its number, "request", or nothing."""
        effects = self.on(Submitted(act, urgency_of(act)))
        frames = [effect.text.partition(" ")[0] for effect in effects if isinstance(effect, Send)]
        requests = ["request" for effect in effects if isinstance(effect, Transmit) if "/act" in effect.request.target]
        return frames + requests

    def say(self, text: str) -> list[Input]:
        """A frame comes on the trade socket; what is told."""
        return told(self.on(Framed(self.conn, text)))

    def now_of_the_next_handshake(self) -> int:
        """Lets seconds pass in which the venue answers every request, until the trade socket is opened again."""
        while True:
            for effect in self.on(Ticked(), SECOND):
                if isinstance(effect, Transmit):
                    self.on(Replied(effect.key, Reply(200, body=str(self.now).encode())))
                elif isinstance(effect, Connect) and effect.host is Host.TRADE:
                    return self.now

    def reconnect(self) -> None:
        """Lets the next connection of the trade socket open."""
        effects = self.on(Ticked(), BACK_OFF)
        (connect,) = [effect for effect in effects if isinstance(effect, Connect) and effect.host is Host.TRADE]
        self.conn = connect.conn
        self.on(Connected(self.conn))


def told(effects: list[Effect]) -> list[Input]:
    """What was told."""
    return [effect.input for effect in effects if isinstance(effect, Tell)]


def outcome(inputs: list[Input]) -> Outcome:
    """The outcome of the one act that was answered."""
    (answer,) = [one for one in inputs if isinstance(one, ActAnswered)]
    return answer.outcome


def test_an_act_leaves_by_the_socket_while_it_stands_and_its_reply_is_matched_by_its_number() -> None:
    """One frame, no request; replies in any order; what names nobody of ours changes nothing."""
    bench = Bench()
    (first,) = bench.do(stop("one"))
    (second,) = bench.do(stop("two"))
    assert first.isdecimal()
    assert second.isdecimal()
    assert bench.say("reply 4711 done") == []
    assert bench.say("reply me done") == []
    (answer,) = bench.say(f"reply {second} funds")
    assert isinstance(answer, ActAnswered)
    assert (answer.client_id, answer.outcome) == ("two", Outcome.REFUSED)
    assert outcome(bench.say(f"reply {first} done")) is Outcome.ACKNOWLEDGED
    assert bench.say(f"reply {first} done") == []


def test_before_it_stands_and_after_it_fell_acts_go_by_rest() -> None:
    """Not connected, not logged in, closed: each time REST, without a moment's wait."""
    bench = Bench(PlainTrade(frames=("login",)), is_open=False)
    assert bench.do(stop("one")) == ["request"]
    bench.on(Connected(bench.conn))
    assert bench.do(stop("two")) == ["request"]
    bench.say("ready")
    assert bench.do(stop("three"))[0].isdecimal()
    bench.on(Closed(bench.conn, "1006"))
    assert bench.do(stop("four")) == ["request"]
    bench.reconnect()
    assert bench.do(stop("five")) == ["request"]
    bench.say("ready")
    assert bench.do(stop("six"))[0].isdecimal()


def test_what_the_socket_does_not_carry_goes_by_rest() -> None:
    """Leverage has no frame."""
    assert Bench().do(LEVERAGE) == ["request"]


def test_a_venue_is_asked_for_no_trade_socket_unless_it_is_wanted() -> None:
    """By default acts go by REST alone."""
    effects = Venue(PlainCodec(trade=PlainTrade()), Bounds()).on(Started(), START)
    assert [effect.host for effect in effects if isinstance(effect, Connect)] == [Host.STREAM]


@pytest.mark.parametrize("cut", [Closed(1, "1006"), Framed(1, "refused")], ids=["closed", "an error that names nobody"])
def test_a_lost_socket_makes_unknown_what_was_under_way_on_it_and_sends_nothing_again(cut: Closed | Framed) -> None:
    """Both acts are Unknown at once, in one step; neither leaves by the other road."""
    bench = Bench()
    bench.do(entry())
    bench.do(stop())
    event = Closed(bench.conn, cut.detail) if isinstance(cut, Closed) else Framed(bench.conn, cut.text)
    effects = bench.on(event)
    answers = [one for one in told(effects) if isinstance(one, ActAnswered)]
    assert [one.outcome for one in answers] == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert "trade socket" in answers[0].text
    assert not [effect for effect in effects if isinstance(effect, Send | Transmit)]


def test_the_streams_end_is_nothing_to_the_trade_socket_and_the_other_way_round() -> None:
    """Each has connections of its own; only the stream's are told to the desk."""
    bench = Bench()
    bench.on(Connected(bench.stream))
    (number,) = bench.do(stop())
    assert [type(one) for one in told(bench.on(Closed(bench.stream, "1006")))] == [StreamChanged]
    assert outcome(bench.say(f"reply {number} done")) is Outcome.ACKNOWLEDGED
    assert told(bench.on(Closed(bench.conn, "1006"))) == []


def test_an_overdue_reply_closes_the_road_until_a_sign_of_life() -> None:
    """The act is Unknown, the socket is probed, the next act goes by REST; a pong opens the road again."""
    bench = Bench()
    bench.do(stop("one"))
    effects = bench.on(Ticked(), TIMEOUT)
    assert outcome(told(effects)) is Outcome.UNKNOWN
    assert Probe(bench.conn) in effects
    assert bench.do(stop("two")) == ["request"]
    bench.on(Ponged(bench.conn))
    assert bench.do(stop("three"))[0].isdecimal()


def test_a_reply_after_its_deadline_is_told_as_evidence() -> None:
    """As by REST: the second answer is joined by the heart."""
    bench = Bench()
    (number,) = bench.do(stop())
    bench.on(Ticked(), TIMEOUT)
    assert outcome(bench.say(f"reply {number} done")) is Outcome.ACKNOWLEDGED


def test_a_mute_socket_is_cut_and_made_anew() -> None:
    """Two probes without an answer: what was under way has its answer already, and the next connection is tried."""
    bench = Bench()
    assert Probe(bench.conn) in bench.on(Ticked(), PING_EVERY)
    assert Cut(bench.conn) in bench.on(Ticked(), SILENCE)
    old = bench.conn
    bench.reconnect()
    assert bench.conn > old
    assert bench.do(stop())[0].isdecimal()


def test_an_entry_that_is_too_late_for_its_frame_is_not_sent_by_rest_either() -> None:
    """The end of an entry's window holds on both roads."""
    bench = Bench()
    effects = bench.on(Submitted(entry(not_after=START + 1), urgency_of(entry())))
    assert outcome(told(effects)) is Outcome.NOT_SENT
    assert not [effect for effect in effects if isinstance(effect, Send | Transmit)]


def test_a_handshake_is_paid_for_and_waits_while_the_venue_says_stop() -> None:
    """Its weight is counted, and a pause of the address holds it; then it comes of itself."""
    bench = Bench(PlainTrade(costs=(Charge("weight", 5),)))
    key = next(
        effect.key for effect in bench.on(Submitted(LEVERAGE, urgency_of(LEVERAGE))) if isinstance(effect, Transmit)
    )
    bench.on(Replied(key, Reply(429, (("retry-after", "30"),))))
    began = bench.now
    bench.on(Closed(bench.conn, "1006"))
    assert began + 30 * SECOND <= bench.now_of_the_next_handshake() < began + 3 * MINUTE


def test_the_same_numbers_are_never_used_twice() -> None:
    """Requests and frames are numbered together, through every connection."""
    bench = Bench()
    seen: list[str] = []
    for n in range(5):
        seen += bench.do(close(f"c{n}"))
        bench.on(Closed(bench.conn, "1006"))
        bench.now += MINUTE
        bench.reconnect()
    assert len(set(seen)) == len(seen) == 5


def test_news_of_an_old_connection_is_nobodys() -> None:
    """A reply that comes on a connection that is gone is not listened to."""
    bench = Bench()
    (number,) = bench.do(stop())
    old = bench.conn
    bench.on(Closed(old, "1006"))
    bench.reconnect()
    assert told(bench.on(Framed(old, f"reply {number} done"), MILLISECOND)) == []
