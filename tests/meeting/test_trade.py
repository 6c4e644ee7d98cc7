"""The trade sockets: what an act is answered by frame is what it is answered by REST, codec and box meeting as bytes.

Two boxes of one seed stand beside each other; one is asked by REST, the other by frames, and their answers are held
against each other. Then faults strike a frame as they strike a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

import pytest

from seawall.model.acts import Act, CancelOrder, ClosePosition, Outcome, PlaceStop, Reason, SetLeverage, SubmitEntry
from seawall.model.ids import ClientId, Leg, Side, SignalId, Symbol, VenueId, VenueName, client_id
from seawall.model.inputs import ActAnswered
from seawall.model.signal import TriggerBy
from seawall.model.times import MILLISECOND, MINUTE, SECOND
from seawall.venues import binance, bybit
from seawall.venues.port import ActFrame, ActReply, Codec, Credentials, Heard, LinkWord, Reply, Request, Stamp, TooLate
from venuesim import wire
from venuesim.exchange import Exchange
from venuesim.faults import parse

START = 1_763_900_000_000_000
KEYS = Credentials("testkey", "testsecret")
CODECS = {VenueName.BINANCE: binance.codec, VenueName.BYBIT: bybit.codec}
SYMBOLS = {VenueName.BINANCE: Symbol("VELVETUSDT"), VenueName.BYBIT: Symbol("1000000BABYDOGEUSDT")}
PRICES = {VenueName.BINANCE: Decimal("0.2"), VenueName.BYBIT: Decimal("0.0014")}
QUANTITIES = {VenueName.BINANCE: Decimal(27), VenueName.BYBIT: Decimal(10_000)}
CONN = 1
BOTH = pytest.mark.parametrize("venue", VenueName)


def name(leg: Leg, n: int = 0) -> ClientId:
    """The n-th name of a leg of the one signal."""
    return client_id("abcd", SignalId("trade"), leg, START // SECOND, n)


class Meeting:
    """One account at one venue's box, asked by REST and by frames; time is moved by hand."""

    def __init__(
        self, venue: VenueName, keys: Credentials = KEYS, switches: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.symbol, self.quantity, price = SYMBOLS[venue], QUANTITIES[venue], PRICES[venue]
        chosen = {"lag": "none", "binance.result_reply": "filled", **switches}
        self.box = Exchange(venue.value, seed=7, start=START, switches=chosen, symbols=[self.symbol])
        self.box.open_account("main", key=KEYS.key, secret=KEYS.secret, balance=Decimal(10_000))
        self.box.set_price(self.symbol, START, mark=price, last=price)
        self.codec: Codec = CODECS[venue](keys)
        self.now = START
        self.heard: list[Heard | ActReply] = []
        self.outputs: list[wire.Output] = []
        self.trigger = price * Decimal("0.95")
        self._key = 0

    def entry(self, n: int = 0) -> SubmitEntry:
        """A long entry."""
        return SubmitEntry(
            self.symbol,
            name(Leg.ENTRY, n),
            Side.BUY,
            self.quantity,
            self.trigger,
            TriggerBy.MARK,
            START + 10 * MINUTE,
        )

    def part(self) -> PlaceStop:
        """A stop for a quantity, which both sockets carry."""
        return PlaceStop(self.symbol, name(Leg.STOP), Side.SELL, self.trigger, TriggerBy.MARK, self.quantity)

    def close(self) -> ClosePosition:
        """The way home."""
        return ClosePosition(self.symbol, name(Leg.CLOSE), Side.SELL, self.quantity)

    def open(self) -> None:
        """Opens the trade socket, and logs in where the venue wants it."""
        trade = self.codec.trade
        assert trade is not None
        self.box.connect(CONN, trade.target(), (), self.now)
        self.wait()
        for frame in trade.opening_frames(Stamp(self.now, 5 * SECOND)):
            self.box.frame(CONN, frame, self.now)
            self.wait()
            assert [heard.word for heard in self.heard if isinstance(heard, Heard)] == [LinkWord.READY]
        self.heard.clear()

    def frame(self, act: Act, number: str = "1", behind: int = 0) -> None:
        """Sends an act as a frame."""
        trade = self.codec.trade
        assert trade is not None
        frame = trade.act_frame(number, act, Stamp(self.now - behind, 2 * SECOND))
        assert isinstance(frame, ActFrame)
        self.box.frame(CONN, frame.text, self.now)

    def by_frame(self, act: Act, number: str = "1", behind: int = 0) -> ActAnswered:
        """What became of an act sent as a frame."""
        began = self.now
        self.frame(act, number, behind)
        self.wait()
        (reply,) = [heard for heard in self.heard if isinstance(heard, ActReply)]
        self.heard.clear()
        assert reply.name == number
        return self.codec.act_answer(act, reply.reply, began, self.now)

    def by_rest(self, act: Act, behind: int = 0) -> ActAnswered:
        """What became of an act sent by REST."""
        request = self.codec.act_request(act, Stamp(self.now - behind, 2 * SECOND))
        assert isinstance(request, Request)
        self._key += 1
        began = self.now
        said = wire.Request(request.method, request.target, request.headers, request.body)
        self.box.request(self._key, said, self.now)
        self.wait()
        (reply,) = [one.reply for one in self.outputs if isinstance(one, wire.Answer) and one.key == self._key]
        return self.codec.act_answer(act, Reply(reply.status, reply.headers, reply.body), began, self.now)

    def wait(self, micros: int = 200 * MILLISECOND) -> None:
        """Lets this much time pass in the box."""
        until = self.now + micros
        while (due := self.box.next_wake()) is not None and due <= until:
            self._take(max(self.now, due))
        self._take(until)

    def _take(self, now: int) -> None:
        assert self.codec.trade is not None
        self.now = now
        for output in self.box.advance(now):
            self.outputs.append(output)
            if isinstance(output, wire.Frame):
                self.heard.append(self.codec.trade.hear(output.text))

    @property
    def held(self) -> Decimal:
        """What the account holds, by the book."""
        return self.box.book.position("main", self.symbol).quantity


def opened(venue: VenueName, **switches: str) -> Meeting:
    """A meeting whose trade socket stands."""
    meeting = Meeting(venue, switches=switches)
    meeting.open()
    return meeting


def acts(meeting: Meeting) -> Iterator[Act]:
    """A life: refused home, entry, its name again, a stop, the cancels of what is and of what is not, and home."""
    gone = ClientId("nobody")
    cancel = CancelOrder(meeting.symbol, name(Leg.DIRECT), name(Leg.STOP), is_stop=True)
    yield meeting.close()
    yield meeting.entry()
    yield replace(meeting.entry(), quantity=Decimal(0))
    yield meeting.part()
    if meeting.codec.traits.names_stops:
        yield cancel
        yield replace(cancel, target=gone)
        yield PlaceStop(meeting.symbol, name(Leg.STOP, 2), Side.SELL, meeting.trigger, TriggerBy.LAST)
        yield CancelOrder(meeting.symbol, name(Leg.DIRECT), ClientId(""), is_stop=True, venue_id=VenueId("4711"))
    yield CancelOrder(meeting.symbol, name(Leg.DIRECT), gone)
    yield CancelOrder(meeting.symbol, name(Leg.DIRECT), ClientId(""), venue_id=VenueId("4711"))
    yield meeting.close()


@BOTH
def test_an_act_is_answered_by_frame_as_by_rest(venue: VenueName) -> None:
    """Outcome, reason, code, text and reports are the same, act for act, through a whole life."""
    framed, asked = opened(venue), opened(venue)
    for number, act in enumerate(acts(framed), 1):
        by_frame, by_rest = framed.by_frame(act, str(number)), asked.by_rest(act)
        assert replace(by_frame, began_at=0, at=0, told=by_rest.told) == replace(by_rest, began_at=0, at=0), act
        assert by_frame.told.orders == by_rest.told.orders
        assert by_frame.told.stops == by_rest.told.stops
        assert by_frame.told.missing == by_rest.told.missing
        assert framed.held == asked.held
    assert framed.held == 0


@BOTH
def test_a_wrong_clock_and_a_wrong_key_are_refused_by_frame_too(venue: VenueName) -> None:
    """A late clock is CLOCK on each act; a wrong secret is refused with each frame, or ends the login."""
    late = opened(venue).by_frame(opened(venue).entry(), behind=30 * SECOND)
    assert (late.outcome, late.reason) == (Outcome.REFUSED, Reason.CLOCK)
    stranger = Meeting(venue, Credentials(KEYS.key, "wrong"))
    if venue is VenueName.BINANCE:
        stranger.open()
        by_frame, by_rest = stranger.by_frame(stranger.entry()), stranger.by_rest(stranger.entry())
        assert (by_frame.outcome, by_frame.code) == (by_rest.outcome, by_rest.code) == (Outcome.UNKNOWN, "-1022")
        return
    assert stranger.codec.trade is not None
    stranger.box.connect(CONN, stranger.codec.trade.target(), (), START)
    stranger.wait()
    stranger.box.frame(CONN, stranger.codec.trade.opening_frames(Stamp(stranger.now, SECOND))[0], stranger.now)
    stranger.wait()
    (refused,) = stranger.heard
    assert isinstance(refused, Heard)
    assert refused.word is LinkWord.REFUSED
    assert "wrong" not in refused.detail


@BOTH
def test_use_is_told_by_frame_as_by_rest(venue: VenueName) -> None:
    """After an entry both roads tell the same of the quota that it spent."""
    framed = opened(venue, **{"bybit.trade_bucket": "shared"})
    framed.frame(framed.entry())
    framed.wait()
    (reply,) = [heard for heard in framed.heard if isinstance(heard, ActReply)]
    assert framed.codec.trade is not None
    frame = framed.codec.trade.act_frame("1", framed.entry(), Stamp(START, SECOND))
    assert isinstance(frame, ActFrame)
    told = {gauge.bucket: gauge.used for gauge in framed.codec.gauges(reply.reply, frame.like)}
    spent = [charge.bucket for charge in framed.codec.charges(framed.entry()) if charge.bucket != "ip"]
    assert {bucket: told[bucket] for bucket in spent} == dict.fromkeys(spent, 1)


@BOTH
def test_a_breached_quota_is_the_same_word_on_both_roads(venue: VenueName) -> None:
    """The refusal that follows too many acts is LIMIT, and a pause of the same bucket."""
    meeting = opened(venue)
    codes = {VenueName.BINANCE: -1015, VenueName.BYBIT: 10006}
    meeting.box.faults.add(parse({"fault": "status", "call": "order.create", "code": codes[venue], "status": 429}))
    meeting.frame(meeting.entry())
    meeting.wait()
    (heard,) = meeting.heard
    assert isinstance(heard, ActReply)
    assert meeting.codec.trade is not None
    frame = meeting.codec.trade.act_frame("1", meeting.entry(), Stamp(START, SECOND))
    assert isinstance(frame, ActFrame)
    answer = meeting.codec.act_answer(meeting.entry(), heard.reply, START, meeting.now)
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, Reason.LIMIT)
    assert meeting.codec.pause(heard.reply, frame.like, meeting.now) is not None


@BOTH
def test_what_the_socket_does_not_carry_has_no_frame_and_what_is_too_late_says_so(venue: VenueName) -> None:
    """Leverage goes by REST, on Bybit the position's stop too; an entry past its end is TooLate on this road as well."""
    meeting = opened(venue)
    trade = meeting.codec.trade
    assert trade is not None
    stamp = Stamp(START, 2 * SECOND)
    assert trade.act_frame("1", SetLeverage(meeting.symbol, name(Leg.DIRECT), Decimal(5)), stamp) is None
    whole = PlaceStop(meeting.symbol, name(Leg.STOP), Side.SELL, meeting.trigger, TriggerBy.MARK)
    assert isinstance(trade.act_frame("1", whole, stamp), ActFrame) == (venue is VenueName.BINANCE)
    assert isinstance(trade.act_frame("1", meeting.entry(), Stamp(START + 10 * MINUTE, SECOND)), TooLate)


@BOTH
@pytest.mark.parametrize("garbage", ["", "{", "[]", "null", "<html>", '{"id":[]}', '{"reqId":7,"op":"order.create"}'])
def test_garbage_on_the_trade_socket_is_nothing(venue: VenueName, garbage: str) -> None:
    """Bytes out of the dialect answer no act and end nothing."""
    trade = Meeting(venue).codec.trade
    assert trade is not None
    heard = trade.hear(garbage)
    assert isinstance(heard, Heard)
    assert heard.word is LinkWord.NOTHING


@pytest.mark.parametrize(
    ("venue", "text"),
    [
        (VenueName.BINANCE, '{"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid API-key"}}'),
        (VenueName.BYBIT, '{"retCode":10005,"retMsg":"Permission denied","op":"order.create","connId":"c"}'),
    ],
)
def test_an_error_that_names_no_act_is_refused(venue: VenueName, text: str) -> None:
    """An invalid key (binance.md 2) and a missing reqId (bybit.md 2.2) cannot be told to any act."""
    trade = Meeting(venue).codec.trade
    assert trade is not None
    heard = trade.hear(text)
    assert isinstance(heard, Heard)
    assert heard.word is LinkWord.REFUSED


# ---- what goes wrong on this road


@BOTH
@pytest.mark.parametrize(
    ("fault", "executed"),
    [
        ({"fault": "request_lost", "mode": "reset"}, False),
        ({"fault": "reply_lost", "mode": "reset"}, True),
        ({"fault": "half_body", "cut": 5}, True),
        ({"fault": "status", "status": 502, "text": "<html>"}, False),
        ({"fault": "status", "status": 502, "text": "<html>", "effect": True}, True),
    ],
    ids=["lost before", "lost after", "half", "a proxy's page before", "a proxy's page after"],
)
def test_a_break_on_the_way_cuts_the_socket(venue: VenueName, fault: dict[str, object], executed: bool) -> None:
    """Where REST's connection would be reset the socket is hung up, before or after the venue acted."""
    meeting = opened(venue)
    meeting.box.faults.add(parse({"call": "order.create", **fault}))
    meeting.frame(meeting.entry())
    meeting.wait()
    assert meeting.heard == []
    assert [one.conn for one in meeting.outputs if isinstance(one, wire.Hangup)] == [CONN]
    assert bool(meeting.held) == executed
    assert len(meeting.box.faults.fired) == 1


@BOTH
@pytest.mark.parametrize(("fault", "executed"), [("request_lost", False), ("reply_lost", True)])
def test_a_frame_or_its_reply_can_vanish_with_the_socket_standing(
    venue: VenueName,
    fault: str,
    executed: bool,
) -> None:
    """Nothing ever comes for that act; the next one on the same socket is answered."""
    meeting = opened(venue)
    meeting.box.faults.add(parse({"call": "order.create", "fault": fault, "mode": "hang", "nth": 1}))
    meeting.frame(meeting.entry(), "1")
    meeting.wait()
    assert meeting.heard == []
    assert bool(meeting.held) == executed
    assert meeting.by_frame(meeting.part(), "2").outcome is Outcome.ACKNOWLEDGED


@BOTH
@pytest.mark.parametrize("where", ["request", "reply"])
def test_a_frame_can_be_late_and_another_overtakes_it(venue: VenueName, where: str) -> None:
    """Replies come in another order than the frames went, each with its own number."""
    meeting = opened(venue)
    meeting.box.faults.add(parse({"call": "order.create", "fault": "delay", "ms": 700, "where": where, "nth": 1}))
    meeting.frame(meeting.entry(), "1")
    meeting.frame(meeting.entry(1), "2")
    meeting.wait(2 * SECOND)
    assert [heard.name for heard in meeting.heard if isinstance(heard, ActReply)] == ["2", "1"]
    assert meeting.held == 2 * meeting.quantity


@BOTH
def test_a_code_of_the_venues_and_a_split_fill_strike_frames_too(venue: VenueName) -> None:
    """Answered with a code while it was carried out all the same; and filled in part, then ended."""
    meeting = opened(venue)
    code = {VenueName.BINANCE: -1007, VenueName.BYBIT: 10016}[venue]
    meeting.box.faults.add(parse({"fault": "status", "call": "order.create", "code": code, "effect": True, "nth": 1}))
    meeting.box.faults.add(parse({"fault": "partial_fill", "fraction": "0.5", "nth": 2}))
    assert meeting.by_frame(meeting.entry(), "1").outcome is Outcome.UNKNOWN
    assert meeting.held == meeting.quantity
    assert meeting.by_frame(meeting.entry(1), "2").outcome is Outcome.ACKNOWLEDGED
    assert meeting.quantity < meeting.held < 2 * meeting.quantity


@BOTH
def test_a_frame_stands_in_the_venues_log_like_a_request(venue: VenueName) -> None:
    """Method WS, the call's name, whom it concerns, and what became of it."""
    meeting = opened(venue)
    meeting.by_frame(meeting.entry())
    (line,) = [line for line in meeting.box.log if line.method == "WS"]
    assert (line.call, line.account, line.symbol, line.outcome) == ("order.create", "main", meeting.symbol, "answered")
    assert (line.client_id, line.key) == (name(Leg.ENTRY), -CONN)
