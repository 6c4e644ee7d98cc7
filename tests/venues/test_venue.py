"""The whole machine of one account: events in, effects out, in one step each."""

from __future__ import annotations

from seawall.model.acts import Urgency
from seawall.model.inputs import ActAnswered, ClockReport, StreamChanged, StreamReported
from seawall.model.times import MILLISECOND, SECOND, Bounds
from seawall.venues.exchange import Transmit
from seawall.venues.link import Connect
from seawall.venues.pace import common_budget
from seawall.venues.port import Reply
from seawall.venues.venue import (
    Closed,
    Connected,
    Effect,
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
from tests.venues.plain import START, PlainCodec, entry, positions, stop


def sent(effects: tuple[Effect, ...]) -> dict[str, int]:
    """What was transmitted: method and path to key."""
    return {
        f"{effect.request.method} {effect.request.target.partition('?')[0]}": effect.key
        for effect in effects
        if isinstance(effect, Transmit)
    }


def told(effects: tuple[Effect, ...]) -> list[type]:
    """The kinds of inputs that were told."""
    return [type(effect.input) for effect in effects if isinstance(effect, Tell)]


def time(now: int) -> Reply:
    """The venue's time, equal to ours."""
    return Reply(200, body=str(now).encode())


def test_the_start_asks_for_the_time_and_for_the_streams_key() -> None:
    """The first step sends both requests side by side, before anything was submitted."""
    assert sorted(sent(Venue(PlainCodec(keys=True), Bounds()).on(Started(), START))) == ["GET /time", "POST /key"]


def test_the_key_travels_from_its_reply_to_the_connection_in_one_step() -> None:
    """The reply to the key request makes the connection command in the same step."""
    venue = Venue(PlainCodec(keys=True), Bounds())
    key = sent(venue.on(Started(), START))["POST /key"]
    effects = venue.on(Replied(key, Reply(200, body=b"k1")), START + MILLISECOND)
    assert Connect(1, "/stream/k1") in effects


def test_a_lost_key_is_asked_for_again() -> None:
    """A key request that was lost leads to another after the back-off."""
    venue = Venue(PlainCodec(keys=True), Bounds())
    key = sent(venue.on(Started(), START))["POST /key"]
    effects = venue.on(Lost(key, sent=False, detail="name not found"), START)
    assert told(effects) == [StreamChanged]
    assert venue.next_wake() <= START + SECOND
    assert "POST /key" in sent(venue.on(Ticked(), START + SECOND))


def test_an_entry_that_was_held_for_the_clock_leaves_with_its_answer() -> None:
    """The venue's time frees the entry in the very step in which it arrives."""
    venue = Venue(PlainCodec(), Bounds())
    clock = sent(venue.on(Started(), START))["GET /time"]
    assert sent(venue.on(Submitted(entry(), Urgency.ENTER), START)) == {}
    effects = venue.on(Replied(clock, time(START + MILLISECOND)), START + 2 * MILLISECOND)
    assert told(effects)[0] is ClockReport
    key = sent(effects)["POST /act"]
    assert told(venue.on(Replied(key, Reply(200, body=b"done")), START + 3 * MILLISECOND)) == [ActAnswered]


def test_the_stream_lives_through_the_same_door() -> None:
    """Open, news, pong and end of the stream's socket come in as events and come out as inputs."""
    venue = Venue(PlainCodec(), Bounds())
    venue.on(Started(), START)
    assert told(venue.on(Connected(1), START)) == [StreamChanged]
    assert told(venue.on(Framed(1, "news"), START)) == [StreamChanged, StreamReported]
    assert told(venue.on(Ponged(1), START)) == []
    assert told(venue.on(Closed(1, "1006"), START)) == [StreamChanged]


def test_two_accounts_behind_one_address_share_its_quota() -> None:
    """Reads of one account count against the other's where the venue counts by address."""
    codec = PlainCodec()
    common = common_budget(codec.buckets())
    one, other = Venue(codec, Bounds(), common), Venue(codec, Bounds(), common)
    for n in range(16):
        assert len(sent(one.on(Submitted(positions(f"S{n}"), Urgency.ASK), START))) >= 1
    assert "GET /read" not in sent(other.on(Submitted(positions(), Urgency.ASK), START))
    assert "POST /act" in sent(other.on(Submitted(stop(), Urgency.PROTECT), START))


def test_the_same_events_give_the_same_effects() -> None:
    """Two machines fed alike do alike: nothing here draws, reads a clock or remembers outside itself."""

    def run() -> list[tuple[Effect, ...]]:
        venue = Venue(PlainCodec(keys=True, frames=("login",)), Bounds())
        events: list[VenueEvent] = [
            Started(),
            Submitted(stop(), Urgency.PROTECT),
            Submitted(positions(), Urgency.ASK),
            Replied(1, time(START)),
            Replied(2, Reply(200, body=b"k1")),
            Connected(1),
            Framed(1, "ready"),
            Framed(1, "news"),
            Lost(3, sent=True, detail="reset"),
        ]
        steps = [venue.on(event, START + n * SECOND // 10) for n, event in enumerate(events)]
        return [*steps, *(venue.on(Ticked(), START + n * SECOND) for n in range(1, 90))]

    assert run() == run()
