"""Bybit's codec and Bybit's box, which share no line of code, meet as bytes in one thread: openings and their ends."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from msgspec import structs

from seawall.model.acts import Act, CancelOrder, ClosePosition, Outcome, PlaceStop, Reason, SetLeverage, SubmitEntry
from seawall.model.ids import ClientId, Leg, Side, SignalId, Symbol, client_id
from seawall.model.inputs import NOTHING_TOLD, ActAnswered, ReadAnswered, ReadFailed, Told
from seawall.model.queries import (
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
from seawall.model.reports import OrderStatus, Source, StopStatus
from seawall.model.signal import TriggerBy
from seawall.model.times import MINUTE, SECOND
from seawall.venues.bybit import codec
from seawall.venues.bybit.sign import Signer
from seawall.venues.port import Credentials, Heard, LinkWord, Reading, Reply, Request, Stamp, TooLate
from venuesim import wire
from venuesim.exchange import Exchange
from venuesim.facts import Side as Hand
from venuesim.faults import Fault
from venuesim.market import Depth

START = 1_763_900_000_000_000
BABY = Symbol("1000000BABYDOGEUSDT")
PRICE = Decimal("0.0014000")
TRIGGER = Decimal("0.0013300")
QUANTITY = Decimal(10_000)
PATIENCE = 20 * SECOND
CONN = 1


def name(leg: Leg, n: int = 0) -> ClientId:
    """The n-th name of a leg of the one signal."""
    return client_id("abcd", SignalId("babydoge"), leg, START // SECOND, n)


ENTRY = SubmitEntry(BABY, name(Leg.ENTRY), Side.BUY, QUANTITY, TRIGGER, TriggerBy.MARK, START + 10 * MINUTE)
SHORT = replace(ENTRY, side=Side.SELL, stop_trigger=Decimal("0.0014700"))
STOP = PlaceStop(BABY, name(Leg.STOP), Side.SELL, TRIGGER, TriggerBy.MARK)
PART = replace(STOP, client_id=name(Leg.STOP, 1), quantity=QUANTITY)
CLOSE = ClosePosition(BABY, name(Leg.CLOSE), Side.SELL, QUANTITY)
CLEAR = CancelOrder(BABY, name(Leg.DIRECT), STOP.client_id, is_stop=True)


class Meeting:
    """One account of the house at the box, without a wire between them, and a clock moved by hand."""

    def __init__(
        self,
        *,
        hedge: bool = False,
        secret: str = "testsecret",
        permissions: tuple[str, ...] = ("read", "trade"),
        **switches: str,
    ) -> None:
        """Switches are given without their prefix; no view lags."""
        chosen = {"lag": "none"} | {f"bybit.{key}": value for key, value in switches.items()}
        self.box = Exchange("bybit", seed=7, start=START, switches=chosen)
        self.box.open_account(
            "main", key="testkey", secret="testsecret", balance=Decimal(10_000), hedge=hedge, permissions=permissions
        )
        self.box.set_price(BABY, START, mark=PRICE, last=PRICE)
        self.codec = codec(Credentials("testkey", secret))
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

    def opened(self, entry: SubmitEntry = ENTRY) -> None:
        """Let an entry fill and its attached stop come to life."""
        self.done(entry)
        self.wait()

    def listen(self) -> None:
        """Open the private stream and go through its handshake."""
        self.box.connect(CONN, self.codec.stream_target(""), (), self.now)
        self.wait()
        for frame, word in zip(self.codec.opening_frames(self._stamp()), (LinkWord.GO_ON, LinkWord.READY), strict=True):
            self.say(frame)
            assert [heard.word for heard in self.heard] == [word]
            self.heard.clear()

    def say(self, frame: str) -> None:
        """Send one frame on the stream, and let the box answer."""
        self.box.frame(CONN, frame, self.now)
        self.wait()

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
            wallets=tuple(report for part in parts for report in part.wallets),
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

    def _stamp(self) -> Stamp:
        return Stamp(self.now, 5 * SECOND)

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


@pytest.fixture
def meeting() -> Meeting:
    """A funded account in one-way mode, with the founding symbol at its price."""
    return Meeting()


# ---- the opening and its end


@pytest.mark.parametrize("before", ["no", "yes"])
def test_an_opening_is_seen_by_every_source(before: str) -> None:
    """Entry, fill and attached stop: by the reply's ids, by reads and by the stream alike (2.1 [?] New before Filled)."""
    meeting = Meeting(new_before_filled=before)
    meeting.listen()
    (placed,) = meeting.done(ENTRY).orders
    assert (placed.client_id, placed.status, placed.side) == (ENTRY.client_id, OrderStatus.UNTOLD, None)
    meeting.wait()

    seen = meeting.read(AskOrder(BABY, ENTRY.client_id))
    assert {(order.status, order.filled, order.side) for order in seen.orders} == {
        (OrderStatus.FILLED, QUANTITY, Side.BUY)
    }
    assert {order.venue_id for order in seen.orders} == {placed.venue_id}
    assert {order.average is not None for order in seen.orders} == {True}
    assert sum(fill.quantity for fill in seen.fills) == QUANTITY
    assert {fill.trade_id for fill in meeting.read(AskFills(BABY, START)).fills} == {
        fill.trade_id for fill in seen.fills
    }

    (position,) = meeting.read(AskPositions(BABY)).positions
    assert (position.amount, position.stop_loss) == (QUANTITY, TRIGGER)
    assert position.venue_at >= START
    assert position.seq == seen.fills[-1].seq

    (stop,) = meeting.read(AskStops(BABY)).stops
    assert (stop.status, stop.side, stop.trigger, stop.trigger_by) == (
        StopStatus.LIVE,
        Side.SELL,
        TRIGGER,
        TriggerBy.MARK,
    )
    assert (stop.client_id, stop.parent, stop.quantity, stop.order_id) == ("", ENTRY.client_id, None, "")
    by_id = meeting.read(AskStop(BABY, STOP.client_id, stop.venue_id)).stops
    assert {(one.venue_id, one.status) for one in by_id} == {(stop.venue_id, StopStatus.LIVE)}

    told = meeting.told()
    assert told.missing == ()
    assert {fill.trade_id for fill in told.fills} == {fill.trade_id for fill in seen.fills}
    assert {fill.client_id for fill in told.fills} == {ENTRY.client_id}
    statuses = [order.status for order in told.orders if order.client_id == ENTRY.client_id]
    assert (OrderStatus.OPEN in statuses) is (before == "yes")
    assert statuses[-1] is OrderStatus.FILLED
    assert (told.positions[-1].amount, told.positions[-1].stop_loss) == (QUANTITY, TRIGGER)
    assert [(one.venue_id, one.parent, one.status) for one in told.stops] == [
        (stop.venue_id, ENTRY.client_id, StopStatus.LIVE)
    ]
    assert all(heard.word is LinkWord.NEWS for heard in meeting.heard)

    verdict = meeting.box.judge(meeting.now)
    assert [standing.covered for standing in verdict.positions] == [True]
    assert verdict.increases == 0


def test_a_short_is_below_zero_with_its_stop_above(meeting: Meeting) -> None:
    """A sell opens a short, and its stop buys on a rise."""
    meeting.opened(SHORT)
    (position,) = meeting.read(AskPositions(BABY)).positions
    assert (position.amount, position.stop_loss) == (-QUANTITY, SHORT.stop_trigger)
    assert meeting.read(AskPositions()).positions[0].amount == -QUANTITY
    (stop,) = meeting.read(AskStops()).stops
    assert (stop.side, stop.trigger) == (Side.BUY, SHORT.stop_trigger)


@pytest.mark.parametrize("cleared", ["Deactivated", "Cancelled"])
@pytest.mark.parametrize("nothing", ["", "0", "0.00"])
@pytest.mark.parametrize("flat", ["", "None"])
def test_a_close_leaves_nothing_behind(cleared: str, nothing: str, flat: str) -> None:
    """A reduce-only close flattens; the venue clears the stop, and a flat row is flat in every spelling (1.2 [?])."""
    meeting = Meeting(cleared_child=cleared, no_stop_spelling=nothing, flat_side_spelling=flat)
    meeting.listen()
    meeting.opened()
    (stop,) = meeting.read(AskStops(BABY)).stops
    meeting.done(CLOSE)
    meeting.wait()
    (position,) = meeting.read(AskPositions(BABY)).positions
    assert (position.amount, position.stop_loss, position.entry_price) == (Decimal(0), Decimal(0), None)
    assert meeting.read(AskPositions()).positions == ()
    closes = meeting.read(AskOrder(BABY, CLOSE.client_id)).orders
    assert {(order.filled, order.reduce_only, order.side) for order in closes} == {(QUANTITY, True, Side.SELL)}
    ended = meeting.read(AskStop(BABY, STOP.client_id, stop.venue_id))
    assert {one.status for one in ended.stops} == {StopStatus.CANCELLED}
    assert ended.orders == ()
    assert meeting.read(AskStops(BABY)) == meeting.read(AskOpenOrders(BABY)) == NOTHING_TOLD
    assert [report.status for report in meeting.told().stops] == [StopStatus.LIVE, StopStatus.CANCELLED]
    assert meeting.told().positions[-1].amount == 0
    verdict = meeting.box.judge(meeting.now)
    assert (verdict.positions, verdict.orphans) == ([], [])


def test_a_triggered_stop_closes_as_the_entrys_child(meeting: Meeting) -> None:
    """The child has no name; its id and its parent say whose it is, and its fills bear that id (3.1, 3.5)."""
    meeting.listen()
    meeting.opened()
    (stop,) = meeting.read(AskStops(BABY)).stops
    meeting.box.set_price(BABY, meeting.now, mark=TRIGGER, last=TRIGGER)
    meeting.wait()
    told = meeting.read(AskStop(BABY, STOP.client_id, stop.venue_id))
    assert {(one.status, one.order_id) for one in told.stops} == {(StopStatus.FINISHED, stop.venue_id)}
    assert {(one.parent, one.filled, one.status) for one in told.orders} == {
        (ENTRY.client_id, QUANTITY, OrderStatus.FILLED)
    }
    closing = [fill for fill in meeting.read(AskFills(BABY, START)).fills if fill.side is Side.SELL]
    assert {(fill.client_id, fill.venue_id) for fill in closing} == {("", stop.venue_id)}
    heard = [fill for fill in meeting.told().fills if fill.side is Side.SELL]
    assert {fill.trade_id for fill in heard} == {fill.trade_id for fill in closing}
    assert meeting.told().stops[-1].status is StopStatus.FINISHED
    assert meeting.read(AskPositions(BABY)).positions[0].amount == 0


def test_a_bounded_entry_is_immediate_or_cancel(meeting: Meeting) -> None:
    """At a bound that the book does not reach nothing fills, nothing rests, and no stop comes to life."""
    meeting.opened(replace(ENTRY, price_bound=Decimal("0.0013500")))
    orders = meeting.read(AskOrder(BABY, ENTRY.client_id)).orders
    assert {(order.status, order.filled, order.average) for order in orders} == {
        (OrderStatus.CANCELLED, Decimal(0), None)
    }
    assert meeting.read(AskOpenOrders(BABY)) == meeting.read(AskStops(BABY)) == NOTHING_TOLD


def test_a_thin_book_leaves_part_of_an_order_and_a_stop_for_it(meeting: Meeting) -> None:
    """A market order that finds too little ends Cancelled and holds what it got; its stop covers that (3.1, 3.5)."""
    meeting.listen()
    meeting.box.set_depth(BABY, Depth(levels=1, notional=Decimal(7)))
    meeting.opened()
    orders = meeting.read(AskOrder(BABY, ENTRY.client_id)).orders
    assert {order.status for order in orders} == {OrderStatus.CANCELLED}
    (filled,) = {order.filled for order in orders}
    assert 0 < filled < QUANTITY
    (position,) = meeting.read(AskPositions(BABY)).positions
    assert (position.amount, position.stop_loss) == (filled, TRIGGER)
    assert [stop.quantity for stop in meeting.read(AskStops(BABY)).stops] == [None]
    assert meeting.told().orders[-1].reason.startswith("EC_")


# ---- stops


def test_a_stop_of_the_position_is_moved_by_setting_it_again(meeting: Meeting) -> None:
    """trading-stop Full is an upsert: one stop before, one after, at the new trigger, and never none (1.6)."""
    meeting.listen()
    meeting.opened()
    moved = replace(STOP, trigger=Decimal("0.0013500"))
    meeting.done(moved)
    meeting.wait()
    assert meeting.read(AskPositions(BABY)).positions[0].stop_loss == moved.trigger
    (stop,) = meeting.read(AskStop(BABY, STOP.client_id)).stops
    assert (stop.status, stop.trigger, stop.quantity) == (StopStatus.LIVE, moved.trigger, None)
    assert meeting.told().positions[-1].stop_loss == moved.trigger
    assert [standing.covered for standing in meeting.box.judge(meeting.now).positions] == [True]


def test_the_same_stop_again_is_not_modified(meeting: Meeting) -> None:
    """34040: already so, which must be confirmed by a read and closes nothing (3.6)."""
    meeting.opened()
    assert meeting.refusal(STOP) is Reason.NOT_MODIFIED
    assert meeting.read(AskPositions(BABY)).positions[0].stop_loss == TRIGGER


def test_a_stop_before_the_position_is_seen_is_too_early() -> None:
    """10001 "zero position" while flat, and for a while after the fill (3.6 [?])."""
    meeting = Meeting(position_delay_us="2000000")
    assert meeting.refusal(STOP) is Reason.NO_POSITION
    meeting.opened()
    moved = replace(STOP, trigger=Decimal("0.0013500"))
    assert meeting.refusal(moved) is Reason.NO_POSITION
    meeting.wait(2 * SECOND)
    meeting.done(moved)


def test_a_trigger_that_is_passed_is_refused(meeting: Meeting) -> None:
    """The wrong-side text of trading-stop, and of a conditional order (3.5, 3.8)."""
    meeting.opened()
    assert meeting.refusal(replace(STOP, trigger=Decimal("0.0014500"))) is Reason.TRIGGER_PASSED
    assert meeting.refusal(replace(PART, trigger=Decimal("0.0014500"))) is Reason.TRIGGER_PASSED
    assert meeting.read(AskPositions(BABY)).positions[0].stop_loss == TRIGGER


@pytest.mark.parametrize(
    "entry", [replace(ENTRY, stop_trigger=Decimal("0.0014500")), replace(SHORT, stop_trigger=TRIGGER)]
)
def test_an_entry_is_refused_with_its_stop(meeting: Meeting, entry: SubmitEntry) -> None:
    """An attached stop on the wrong side refuses the whole entry: nothing opens (0 fact 4)."""
    assert meeting.refusal(entry) is Reason.TRIGGER_PASSED
    meeting.wait()
    assert meeting.read(AskOrder(BABY, ENTRY.client_id)) == NOTHING_TOLD
    assert meeting.read(AskPositions(BABY)).positions[0].amount == 0


def test_a_quantity_stop_stands_beside_under_our_name(meeting: Meeting) -> None:
    """A conditional order carries our name, covers its quantity, and is cancelled by its id (3.7)."""
    meeting.opened()
    (placed,) = meeting.done(PART).orders
    assert (placed.client_id, placed.status) == (PART.client_id, OrderStatus.UNTOLD)
    stops = {stop.client_id: stop for stop in meeting.read(AskStops(BABY)).stops}
    assert stops[PART.client_id].quantity == QUANTITY
    assert stops[PART.client_id].status is StopStatus.LIVE
    assert stops[PART.client_id].venue_id == placed.venue_id
    assert meeting.refusal(PART) is Reason.DUPLICATE_NAME
    cancel = CancelOrder(BABY, name(Leg.DIRECT), PART.client_id, is_stop=True, venue_id=placed.venue_id)
    meeting.done(cancel)
    meeting.wait()
    by_name = [stop for stop in meeting.read(AskStop(BABY, PART.client_id)).stops if stop.client_id]
    assert {(stop.client_id, stop.status) for stop in by_name} == {(PART.client_id, StopStatus.CANCELLED)}
    assert [stop.parent for stop in meeting.read(AskStops(BABY)).stops] == [ENTRY.client_id]
    assert meeting.refusal(cancel) is Reason.NOT_FOUND


def test_the_positions_stop_is_cleared_by_a_zero(meeting: Meeting) -> None:
    """Without an id a cancel means the position's own stop; once it is gone there is none to find (1.6, 3.6)."""
    meeting.opened()
    meeting.done(CLEAR)
    meeting.wait()
    assert meeting.read(AskPositions(BABY)).positions[0].stop_loss == 0
    assert meeting.read(AskStops(BABY)) == NOTHING_TOLD
    assert meeting.refusal(CLEAR) is Reason.NOT_FOUND
    meeting.done(CLOSE)
    meeting.wait()
    assert meeting.refusal(CLEAR) is Reason.NOT_FOUND


# ---- refusals, by the table


def test_a_name_is_accepted_once(meeting: Meeting) -> None:
    """110072 for ever: evidence that the first send arrived, and nothing opens twice (3.3)."""
    meeting.opened()
    assert meeting.refusal(ENTRY) is Reason.DUPLICATE_NAME
    meeting.wait()
    assert meeting.read(AskPositions(BABY)).positions[0].amount == QUANTITY


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (replace(ENTRY, quantity=Decimal(100)), Reason.FILTER),
        (replace(ENTRY, quantity=Decimal(50)), Reason.FILTER),
        (replace(ENTRY, quantity=Decimal(70_000_000)), Reason.FILTER),
        (replace(ENTRY, symbol=Symbol("NOSUCHUSDT")), Reason.PARAMETER),
        (CLOSE, Reason.REDUCE_ONLY),
        (CancelOrder(BABY, name(Leg.DIRECT), ENTRY.client_id), Reason.NOT_FOUND),
        (SetLeverage(BABY, name(Leg.DIRECT), Decimal(999)), Reason.FILTER),
    ],
)
def test_what_the_venue_does_not_permit_is_refused_for_its_reason(meeting: Meeting, act: Act, reason: Reason) -> None:
    """Least value, least and largest quantity, symbol, a close while flat, an unknown order, a leverage too high."""
    assert meeting.refusal(act) is reason
    assert meeting.read(AskOrder(BABY, ENTRY.client_id)) == NOTHING_TOLD


def test_an_entry_beyond_the_margin_is_refused_for_funds(meeting: Meeting) -> None:
    """110007: more than the account can carry at its leverage."""
    meeting.done(SetLeverage(BABY, name(Leg.DIRECT), Decimal(1)))
    assert meeting.refusal(replace(ENTRY, quantity=Decimal(11_000_000))) is Reason.FUNDS


def test_hedge_mode_refuses_and_shows(meeting: Meeting) -> None:
    """positionIdx 0 says one-way aloud; two rows a symbol are no net position; the modes say why."""
    hedged = Meeting(hedge=True)
    assert hedged.refusal(ENTRY) is Reason.ACCOUNT
    failed = hedged.ask(AskPositions(BABY))
    assert isinstance(failed, ReadFailed)
    assert "hedge mode" in failed.detail
    assert hedged.read(AskModes()).modes[0].hedge is True
    assert meeting.read(AskModes()).modes[0].hedge is False


def test_a_wrong_secret_is_an_operators_affair() -> None:
    """10004 refuses act and read, and the signed text that it quotes is not kept."""
    stranger = Meeting(secret="another")
    answer = stranger.act(ENTRY)
    assert (answer.outcome, answer.reason, answer.code) == (Outcome.REFUSED, Reason.ACCOUNT, "10004")
    failed = stranger.ask(AskOrder(BABY, ENTRY.client_id))
    assert isinstance(failed, ReadFailed)
    assert failed.venue_answered
    assert "testkey" not in f"{answer.text}{failed.detail}"


def test_a_reading_key_may_not_trade() -> None:
    """The modes say so before an order does."""
    reader = Meeting(permissions=("read",))
    assert reader.read(AskModes()).modes[0].may_trade is False
    assert reader.refusal(ENTRY) is Reason.ACCOUNT


# ---- time and quotas


def test_the_gateway_refuses_a_clock_that_is_off(meeting: Meeting) -> None:
    """10002: three seconds behind with a window of two, or more than a second ahead whatever the window (1.1)."""
    assert meeting.act(ENTRY, behind=3 * SECOND).reason is Reason.CLOCK
    assert meeting.act(ENTRY, behind=-2 * SECOND).reason is Reason.CLOCK


def test_an_entry_whose_signal_is_over_does_not_leave(meeting: Meeting) -> None:
    """No request can be signed past `not_after`."""
    late = meeting.codec.act_request(replace(ENTRY, not_after=START), Stamp(START, 2 * SECOND))
    assert isinstance(late, TooLate)


def test_the_venues_clock_is_read(meeting: Meeting) -> None:
    """market/time tells the box's time."""
    (reply,) = meeting.send(meeting.codec.clock_request())
    assert reply is not None
    assert meeting.codec.clock_answer(reply) == START


def test_a_quota_binds_its_own_endpoint(meeting: Meeting) -> None:
    """The eleventh create within a second is refused and not executed; a stop can still be set (1.3)."""
    meeting.opened()
    meeting.wait(SECOND)
    create = meeting.codec.act_request(CLOSE, Stamp(meeting.now, 2 * SECOND))
    assert isinstance(create, Request)
    replies = [meeting.send(create)[0] for _ in range(11)]
    last = replies[-1]
    assert last is not None
    answer = meeting.codec.act_answer(CLOSE, last, meeting.now, meeting.now)
    assert (answer.outcome, answer.reason, answer.code) == (Outcome.REFUSED, Reason.LIMIT, "10006")
    assert 0 < answer.retry_after <= SECOND + 1_000
    paused = meeting.codec.pause(last, create, meeting.now)
    assert paused is not None
    assert paused.bucket == "/v5/order/create"
    meeting.done(replace(STOP, trigger=Decimal("0.0013500")))


def test_the_headers_count_with_us(meeting: Meeting) -> None:
    """Each good private reply says what remains of its endpoint's second."""
    request = meeting.codec.query_requests(Reading(AskPositions(BABY), meeting.now), Stamp(meeting.now, 5 * SECOND))[0]
    (reply,) = meeting.send(request)
    assert reply is not None
    assert [(gauge.bucket, gauge.used) for gauge in meeting.codec.gauges(reply, request)] == [("/v5/position/list", 1)]


# ---- what is lost


@pytest.mark.parametrize(
    ("fault", "happened"),
    [
        (Fault(fault="status", call="order.create", status=502, text="<html>Bad Gateway</html>", effect=True), True),
        (Fault(fault="status", call="order.create", status=502, text="<html>Bad Gateway</html>"), False),
        (Fault(fault="status", call="order.create", status=200, code=10000, effect=True), True),
        (Fault(fault="status", call="order.create", status=200, code=10016), False),
        (Fault(fault="status", call="order.create", status=200, code=10019, effect=True), True),
    ],
)
def test_an_answer_that_proves_nothing_is_unknown_and_the_name_settles_it(
    meeting: Meeting, fault: Fault, *, happened: bool
) -> None:
    """Whether or not the order was taken behind the error, the outcome is Unknown, and the read by name tells."""
    meeting.box.faults.add(fault)
    assert meeting.act(ENTRY).outcome is Outcome.UNKNOWN
    meeting.wait()
    assert bool(meeting.read(AskOrder(BABY, ENTRY.client_id)).orders) is happened


def test_a_repeat_after_a_lost_answer_is_evidence(meeting: Meeting) -> None:
    """The answer is lost, the order is not: the same name again is a duplicate, which says where to look (0 fact 5)."""
    meeting.box.faults.add(Fault(fault="reply_lost", call="order.create", nth=1))
    request = meeting.codec.act_request(ENTRY, Stamp(meeting.now, 2 * SECOND))
    assert isinstance(request, Request)
    assert meeting.send(request) == (None,)
    assert meeting.refusal(ENTRY) is Reason.DUPLICATE_NAME
    assert sum(fill.quantity for fill in meeting.read(AskOrder(BABY, ENTRY.client_id)).fills) == QUANTITY


@pytest.mark.parametrize(("status", "text"), [(403, "access too frequent"), (429, "slow down")])
def test_the_gate_turns_an_act_away(meeting: Meeting, status: int, text: str) -> None:
    """403 and 429 executed nothing, and name a wait that binds everything."""
    meeting.box.faults.add(Fault(fault="status", call="order.create", status=status, text=text))
    answer = meeting.act(ENTRY)
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, Reason.LIMIT)
    assert answer.retry_after >= SECOND
    meeting.wait()
    assert meeting.read(AskOrder(BABY, ENTRY.client_id)) == NOTHING_TOLD


def test_one_lost_list_is_no_absence(meeting: Meeting) -> None:
    """Two empty lists and a lost one say nothing about an order that never was."""
    meeting.box.faults.add(Fault(fault="reply_lost", call="order.history"))
    failed = meeting.ask(AskOrder(BABY, ENTRY.client_id))
    assert isinstance(failed, ReadFailed)
    assert failed.told == NOTHING_TOLD


def test_reads_that_lag_say_not_seen_while_the_stream_has_told(meeting: Meeting) -> None:
    """The founding incident: filled, told by the stream, and in none of the lists yet (I02)."""
    meeting.listen()
    for call in ("order.get", "order.history", "fills.get"):
        meeting.box.faults.add(Fault(fault="empty_read", call=call))
    meeting.opened()
    assert meeting.read(AskOrder(BABY, ENTRY.client_id)) == NOTHING_TOLD
    assert sum(fill.quantity for fill in meeting.told().fills) == QUANTITY
    assert meeting.read(AskPositions(BABY)).positions[0].amount == QUANTITY


def test_a_stale_row_looks_flat_and_its_time_tells(meeting: Meeting) -> None:
    """A read that shows the position as it was before the fill carries a venue time from before it (3.2, I07)."""
    meeting.opened()
    (fresh,) = meeting.read(AskPositions(BABY)).positions
    meeting.box.faults.add(Fault(fault="empty_read", call="positions.get"))
    (stale,) = meeting.read(AskPositions(BABY)).positions
    assert (fresh.amount, stale.amount) == (QUANTITY, Decimal(0))
    assert stale.venue_at < fresh.venue_at
    assert stale.seq < fresh.seq


# ---- what stands


def test_the_catalogue_is_read_with_its_rules(meeting: Meeting) -> None:
    """Every contract of the box, with steps above one and a market maximum below the limit maximum."""
    instruments = {rules.symbol: rules for rules in meeting.read(AskInstruments()).instruments}
    assert len(instruments) >= 20
    baby = instruments[BABY]
    assert (baby.tick, baby.step, baby.min_notional) == (Decimal("0.0000001"), Decimal(100), Decimal(5))
    assert (baby.max_quantity, baby.max_leverage, baby.trading) == (Decimal(12_000_000), Decimal(25), True)
    assert baby.objection(QUANTITY, PRICE) is None


def test_prices_modes_and_money_are_read(meeting: Meeting) -> None:
    """Mark and last of one symbol or all; the account's id and rights; equity and free margin."""
    (mark,) = meeting.read(AskMark(BABY)).marks
    assert (mark.mark, mark.last) == (PRICE, PRICE)
    assert len(meeting.read(AskMark()).marks) >= 20
    (modes,) = meeting.read(AskModes()).modes
    assert (modes.hedge, modes.may_trade, modes.may_withdraw) == (False, True, False)
    assert modes.account_id
    (wallet,) = meeting.read(AskWallet()).wallets
    assert (wallet.equity, wallet.available) == (Decimal(10_000), Decimal(10_000))


def test_leverage_is_set_and_read_back(meeting: Meeting) -> None:
    """The same value again is acknowledged too: already so (110043)."""
    five = SetLeverage(BABY, name(Leg.DIRECT), Decimal(5))
    meeting.done(five)
    assert [report.leverage for report in meeting.read(AskLeverage(BABY)).leverages] == [Decimal(5)]
    again = meeting.act(five)
    assert (again.outcome, again.code) == (Outcome.ACKNOWLEDGED, "110043")
    assert meeting.read(AskLeverage()) == NOTHING_TOLD


def test_foreign_activity_is_seen(meeting: Meeting) -> None:
    """Another hand's trade moves the position and bears no name of ours, by reads and stream."""
    meeting.listen()
    meeting.opened()
    meeting.box.trade_by_hand("main", BABY, Hand.BUY, Decimal(5_000), meeting.now)
    meeting.wait()
    assert meeting.read(AskPositions(BABY)).positions[0].amount == Decimal(15_000)
    foreign = [fill for fill in meeting.read(AskFills(BABY, START)).fills if fill.client_id != ENTRY.client_id]
    assert sum(fill.quantity for fill in foreign) == Decimal(5_000)
    assert {fill.trade_id for fill in foreign} <= {fill.trade_id for fill in meeting.told().fills}


def test_foreign_orders_are_seen_and_are_no_stops(meeting: Meeting) -> None:
    """A take-profit and a conditional entry by another hand are open orders of the slot, and cover nothing (3.5, 3.7)."""
    meeting.listen()
    meeting.opened()
    hand, stamp = Signer(Credentials("testkey", "testsecret")), Stamp(meeting.now, 5 * SECOND)
    slot = (("category", "linear"), ("symbol", str(BABY)), ("positionIdx", 0))
    profit = (*slot, ("tpslMode", "Full"), ("takeProfit", "0.0016000"), ("tpTriggerBy", "MarkPrice"))
    more = (*slot, ("side", "Buy"), ("orderType", "Market"), ("qty", "10000"), ("orderLinkId", "by-hand"))
    waiting = (*more, ("triggerPrice", "0.0015000"), ("triggerDirection", 1), ("triggerBy", "MarkPrice"))
    meeting.send(hand.act("/v5/position/trading-stop", profit, stamp), hand.act("/v5/order/create", waiting, stamp))
    meeting.wait()
    orders = meeting.read(AskOpenOrders(BABY)).orders
    assert {(order.client_id, order.side, order.status, order.parent) for order in orders} == {
        ("", Side.SELL, OrderStatus.OPEN, ""),
        ("by-hand", Side.BUY, OrderStatus.OPEN, ""),
    }
    for told in (meeting.read(AskStops(BABY)), meeting.told()):
        assert {(stop.trigger, stop.parent) for stop in told.stops} == {(TRIGGER, ENTRY.client_id)}


def test_a_liquidation_is_told_as_fills_without_a_name(meeting: Meeting) -> None:
    """BustTrade executions close the position under no name (3.1)."""
    meeting.listen()
    meeting.opened()
    meeting.box.liquidate("main", BABY, meeting.now)
    meeting.wait()
    assert meeting.read(AskPositions(BABY)).positions[0].amount == 0
    closing = [fill for fill in meeting.read(AskFills(BABY, START)).fills if fill.side is Side.SELL]
    assert sum(fill.quantity for fill in closing) == QUANTITY
    assert {fill.client_id for fill in closing} == {""}
    assert {fill.source for fill in meeting.told().fills} == {Source.STREAM}


# ---- the stream


def test_the_streams_probe_is_answered(meeting: Meeting) -> None:
    """A ping is answered with a pong, which proves the socket and nothing more."""
    meeting.listen()
    ping = meeting.codec.ping_frame()
    assert ping is not None
    meeting.say(ping)
    assert [heard.word for heard in meeting.heard] == [LinkWord.PONG]


def test_a_wrong_key_is_refused_on_the_stream() -> None:
    """The handshake ends with a refusal that says why."""
    stranger = Meeting(secret="another")
    stranger.box.connect(CONN, stranger.codec.stream_target(""), (), stranger.now)
    stranger.wait()
    stranger.say(stranger.codec.opening_frames(Stamp(stranger.now, 5 * SECOND))[0])
    assert [heard.word for heard in stranger.heard] == [LinkWord.REFUSED]
    assert stranger.heard[0].detail


def test_the_wallet_is_heard(meeting: Meeting) -> None:
    """An entry's fee changes the wallet, and the stream says so."""
    meeting.listen()
    meeting.opened()
    assert meeting.told().wallets
    assert 0 < meeting.told().wallets[-1].equity <= Decimal(10_000)
