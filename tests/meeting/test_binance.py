"""Binance's codec and Binance's box, which share no line of code, meet as bytes in one thread: openings and their ends."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from seawall.model.acts import Act, CancelOrder, ClosePosition, Outcome, PlaceStop, Reason, SetLeverage, SubmitEntry
from seawall.model.ids import ClientId, Leg, Side, SignalId, Symbol, client_id
from seawall.model.inputs import ActAnswered, ReadAnswered, ReadFailed, Told
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
from seawall.venues.binance import codec
from seawall.venues.port import Credentials, Heard, LinkWord, Reply, Request, Stamp, TooLate
from venuesim import wire
from venuesim.exchange import Exchange
from venuesim.facts import Side as Hand
from venuesim.faults import Fault
from venuesim.market import Depth

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
        began = self.now
        replies = self.send(*self.codec.query_requests(query, Stamp(self.now, 5 * SECOND)))
        return self.codec.query_answer(query, replies, began, self.now)

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


@pytest.fixture
def meeting() -> Meeting:
    """A funded account in one-way mode, with the founding symbol at its price."""
    return Meeting()


# ---- the opening and its end


@pytest.mark.parametrize("result", ["new", "filled", "mixed"])
def test_an_opening_is_seen_by_every_source(result: str) -> None:
    """Entry, fill, stop and stop seen again: by replies, reads and stream alike, whatever RESULT tells (1.6 [?])."""
    meeting = Meeting(result_reply=result)
    meeting.listen()
    (placed,) = meeting.done(ENTRY).orders
    assert placed.client_id == ENTRY.client_id
    assert placed.status in (OrderStatus.OPEN, OrderStatus.FILLED)
    assert result == "mixed" or (placed.filled == QUANTITY) is (result == "filled")
    meeting.wait()

    (order,) = meeting.read(AskOrder(VELVET, ENTRY.client_id)).orders
    assert (order.status, order.filled, order.side) == (OrderStatus.FILLED, QUANTITY, Side.SELL)
    assert order.average is not None
    fills = meeting.read(AskFills(VELVET, START)).fills
    assert (sum(fill.quantity for fill in fills), {fill.venue_id for fill in fills}) == (QUANTITY, {order.venue_id})
    (position,) = meeting.read(AskPositions(VELVET)).positions
    assert (position.amount, position.stop_loss) == (-QUANTITY, None)
    assert position.venue_at >= START

    (stop,) = meeting.done(STOP).stops
    assert (stop.client_id, stop.source) == (STOP.client_id, Source.REPLY)
    meeting.wait()
    seen = meeting.read(AskStops(VELVET)).stops
    assert seen == meeting.read(AskStop(VELVET, STOP.client_id)).stops
    assert [(one.status, one.side, one.trigger, one.trigger_by, one.quantity) for one in seen] == [
        (StopStatus.LIVE, Side.BUY, TRIGGER, TriggerBy.MARK, None)
    ]

    told = meeting.told()
    assert told.missing == ()
    assert {fill.trade_id for fill in told.fills} == {fill.trade_id for fill in fills}
    assert {fill.client_id for fill in told.fills} == {ENTRY.client_id}
    assert told.orders[-1].status is OrderStatus.FILLED
    assert told.orders[-1].average == order.average
    assert [(row.amount, row.entry_price) for row in told.positions] == [(-QUANTITY, position.entry_price)]
    assert [(one.client_id, one.status) for one in told.stops] == [(STOP.client_id, StopStatus.LIVE)]
    assert all(heard.word is LinkWord.NEWS for heard in meeting.heard)

    verdict = meeting.box.judge(meeting.now)
    assert [standing.covered for standing in verdict.positions] == [True]
    assert verdict.increases == 0


def test_a_close_leaves_nothing_behind(meeting: Meeting) -> None:
    """A reduce-only close flattens; the venue ends the closePosition stop itself, and reads and stream say so."""
    meeting.listen()
    meeting.done(ENTRY)
    meeting.wait()
    meeting.done(STOP)
    meeting.done(CLOSE)
    meeting.wait()
    (position,) = meeting.read(AskPositions(VELVET)).positions
    assert (position.amount, position.entry_price) == (Decimal(0), None)
    assert position.venue_at > START
    (order,) = meeting.read(AskOrder(VELVET, CLOSE.client_id)).orders
    assert (order.filled, order.reduce_only, order.side) == (QUANTITY, True, Side.BUY)
    (stop,) = meeting.read(AskStop(VELVET, STOP.client_id)).stops
    assert stop.status is StopStatus.EXPIRED
    assert meeting.read(AskStops(VELVET)).stops == ()
    assert meeting.read(AskOpenOrders(VELVET)).orders == ()
    assert [report.status for report in meeting.told().stops] == [StopStatus.LIVE, StopStatus.EXPIRED]
    verdict = meeting.box.judge(meeting.now)
    assert (verdict.positions, verdict.orphans) == ([], [])


def test_a_triggered_stop_closes_under_its_own_name(meeting: Meeting) -> None:
    """The child bears the clientAlgoId, and the stop's report names the child's order id (3.2)."""
    meeting.listen()
    meeting.done(ENTRY)
    meeting.wait()
    meeting.done(STOP)
    meeting.box.set_price(VELVET, meeting.now, mark=TRIGGER, last=TRIGGER)
    meeting.wait()
    (stop,) = meeting.read(AskStop(VELVET, STOP.client_id)).stops
    assert stop.status is StopStatus.FINISHED
    (child,) = meeting.read(AskOrder(VELVET, STOP.client_id)).orders
    assert (child.venue_id, child.filled) == (stop.order_id, QUANTITY)
    last = [fill for fill in meeting.told().fills if fill.client_id == STOP.client_id]
    assert {fill.venue_id for fill in last} == {stop.order_id}
    assert stop.order_id in {fill.venue_id for fill in meeting.read(AskFills(VELVET, START)).fills}
    assert StopStatus.TRIGGERED in {report.status for report in meeting.told().stops}
    assert meeting.read(AskPositions(VELVET)).positions[0].amount == 0


def test_a_stop_is_cancelled_by_name(meeting: Meeting) -> None:
    """DELETE algoOrder is acknowledged with its text "200"; a second one does not find it (1.9)."""
    meeting.done(ENTRY)
    meeting.wait()
    meeting.done(STOP)
    meeting.done(CANCEL_STOP)
    assert meeting.read(AskStop(VELVET, STOP.client_id)).stops[0].status is StopStatus.CANCELLED
    assert meeting.refusal(CANCEL_STOP) is Reason.NOT_FOUND


def test_a_bounded_entry_is_immediate_or_cancel(meeting: Meeting) -> None:
    """At a bound that the book does not reach nothing fills, and the order ends without resting."""
    meeting.done(replace(ENTRY, price_bound=Decimal("0.20900")))
    meeting.wait()
    (order,) = meeting.read(AskOrder(VELVET, ENTRY.client_id)).orders
    assert (order.status, order.filled, order.average) == (OrderStatus.EXPIRED, Decimal(0), None)
    assert meeting.read(AskOpenOrders(VELVET)).orders == ()


def test_a_thin_book_leaves_part_of_an_order(meeting: Meeting) -> None:
    """A MARKET order that finds too little ends EXPIRED and holds what it got (4.5)."""
    meeting.listen()
    meeting.box.set_depth(VELVET, Depth(levels=1, notional=Decimal(2)))
    meeting.done(ENTRY)
    meeting.wait()
    (order,) = meeting.read(AskOrder(VELVET, ENTRY.client_id)).orders
    assert order.status is OrderStatus.EXPIRED
    assert 0 < order.filled < QUANTITY
    assert meeting.read(AskPositions(VELVET)).positions[0].amount == -order.filled
    assert meeting.told().orders[-1].reason == "er 9"


# ---- refusals, by the table


def test_a_stop_before_the_position_is_too_early(meeting: Meeting) -> None:
    """-4509 while flat (4.4)."""
    assert meeting.refusal(STOP) is Reason.NO_POSITION


def test_a_second_stop_for_the_whole_says_that_one_exists(meeting: Meeting) -> None:
    """-4130, under whatever name; a quantity stop may stand beside it (4.4)."""
    meeting.done(ENTRY)
    meeting.wait()
    meeting.done(STOP)
    assert meeting.refusal(replace(STOP, client_id=name(Leg.STOP, 2))) is Reason.STOP_EXISTS
    meeting.done(PART)
    assert [stop.quantity for stop in meeting.read(AskStops(VELVET)).stops] == [None, QUANTITY]


@pytest.mark.parametrize("answer", ["-4116", "-20132"])
def test_a_repeated_name_of_a_stop_is_told_by_either_code(answer: str) -> None:
    """Which of two codes a duplicate clientAlgoId gets is unverified; both mean the same (4.1 [?])."""
    meeting = Meeting(duplicate_algo=answer)
    meeting.done(ENTRY)
    meeting.wait()
    meeting.done(PART)
    assert meeting.refusal(PART) is Reason.DUPLICATE_NAME


def test_a_trigger_that_is_passed_is_refused(meeting: Meeting) -> None:
    """-2021 for a stop on the wrong side of the price (1.9)."""
    meeting.done(ENTRY)
    meeting.wait()
    assert meeting.refusal(replace(STOP, trigger=Decimal("0.19000"))) is Reason.TRIGGER_PASSED


def test_a_close_while_flat_is_refused(meeting: Meeting) -> None:
    """-2022 (4.5)."""
    assert meeting.refusal(CLOSE) is Reason.REDUCE_ONLY


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (replace(ENTRY, quantity=Decimal("26.5")), Reason.FILTER),
        (replace(ENTRY, quantity=Decimal(1)), Reason.FILTER),
        (replace(ENTRY, quantity=Decimal(2_000_000)), Reason.FILTER),
        (replace(ENTRY, symbol=Symbol("NOSUCHUSDT")), Reason.FILTER),
        (replace(ENTRY, quantity=Decimal(900_000)), Reason.FUNDS),
        (CancelOrder(VELVET, name(Leg.DIRECT), ENTRY.client_id), Reason.NOT_FOUND),
        (SetLeverage(VELVET, name(Leg.DIRECT), Decimal(999)), Reason.FILTER),
    ],
)
def test_what_the_venue_does_not_permit_is_refused_for_its_reason(meeting: Meeting, act: Act, reason: Reason) -> None:
    """Step, notional, maximum, symbol, margin, an unknown order, a leverage too high."""
    assert meeting.refusal(act) is reason
    assert meeting.read(AskOrder(VELVET, ENTRY.client_id)).orders == ()


def test_a_name_is_free_again_once_its_order_has_filled(meeting: Meeting) -> None:
    """The fact that forbids a second send: a repeated MARKET order fills twice (0.1 fact 2)."""
    meeting.done(ENTRY)
    meeting.wait()
    meeting.done(ENTRY)
    meeting.wait()
    assert meeting.read(AskPositions(VELVET)).positions[0].amount == -2 * QUANTITY


# ---- time


def test_the_gateway_refuses_a_stale_signature(meeting: Meeting) -> None:
    """-1021: a clock three seconds behind, with a window of two."""
    assert meeting.act(ENTRY, behind=3 * SECOND).reason is Reason.CLOCK
    assert meeting.act(ENTRY, behind=-2 * SECOND).reason is Reason.CLOCK


def test_the_engine_refuses_an_entry_past_its_window(meeting: Meeting) -> None:
    """-5028: held up behind the gateway, an entry can no longer be accepted, which makes its absence provable."""
    meeting.box.faults.add(Fault(fault="delay", call="order.create", ms=3_000, where="engine"))
    answer = meeting.act(ENTRY)
    assert (answer.outcome, answer.reason, answer.code) == (Outcome.REFUSED, Reason.CLOCK, "-5028")
    meeting.wait()
    assert meeting.read(AskOrder(VELVET, ENTRY.client_id)).orders == ()
    assert meeting.box.judge(meeting.now).episodes == []


def test_an_entry_whose_signal_is_over_does_not_leave(meeting: Meeting) -> None:
    """No request can be signed past `not_after`."""
    late = meeting.codec.act_request(replace(ENTRY, not_after=START), Stamp(START, 2 * SECOND))
    assert isinstance(late, TooLate)


def test_the_venue_s_clock_is_read(meeting: Meeting) -> None:
    """GET time tells the box's time to the millisecond."""
    (reply,) = meeting.send(meeting.codec.clock_request())
    assert reply is not None
    assert meeting.codec.clock_answer(reply) == START


# ---- what is lost


@pytest.mark.parametrize(
    ("fault", "happened"),
    [
        (Fault(fault="status", call="order.create", status=502, text="<html>Bad Gateway</html>", effect=True), True),
        (Fault(fault="status", call="order.create", status=502, text="<html>Bad Gateway</html>"), False),
        (Fault(fault="status", call="order.create", status=503, code=-1007, effect=True), True),
        (Fault(fault="status", call="order.create", status=503, text="Service Unavailable."), False),
        (Fault(fault="status", call="order.create", status=400, code=-1001), False),
    ],
)
def test_an_answer_that_proves_nothing_is_unknown_and_the_name_settles_it(
    meeting: Meeting, fault: Fault, *, happened: bool
) -> None:
    """Whether or not the order was taken behind the error, the outcome is Unknown, and the read by name tells."""
    meeting.box.faults.add(fault)
    assert meeting.act(ENTRY).outcome is Outcome.UNKNOWN
    meeting.wait()
    assert bool(meeting.read(AskOrder(VELVET, ENTRY.client_id)).orders) is happened


def test_a_busy_venue_says_that_nothing_was_done(meeting: Meeting) -> None:
    """-1008 is a definite failure, even for an entry (4.2)."""
    meeting.box.faults.add(Fault(fault="status", call="order.create", status=503, code=-1008))
    assert meeting.refusal(ENTRY) is Reason.BUSY


def test_a_lost_reply_is_no_reply(meeting: Meeting) -> None:
    """The order stands though its answer never came, and every source tells it."""
    meeting.listen()
    meeting.box.faults.add(Fault(fault="reply_lost", call="order.create", mode="hang", times=1))
    request = meeting.codec.act_request(ENTRY, Stamp(meeting.now, 2 * SECOND))
    assert isinstance(request, Request)
    assert meeting.send(request) == (None,)
    meeting.wait()
    assert meeting.read(AskOrder(VELVET, ENTRY.client_id)).orders[0].filled == QUANTITY
    assert {fill.client_id for fill in meeting.told().fills} == {ENTRY.client_id}
    assert meeting.read(AskPositions(VELVET)).positions[0].amount == -QUANTITY


def test_a_venue_that_counts_is_heard(meeting: Meeting) -> None:
    """Headers tell the use; past the limit every reply says how long to wait (1.3)."""
    meeting.done(ENTRY)
    (reply,) = meeting.send(*meeting.codec.query_requests(AskOpenOrders(), Stamp(meeting.now, 5 * SECOND)))
    assert reply is not None
    (gauge,) = meeting.codec.gauges(reply)
    assert (gauge.bucket, gauge.used) == ("weight", 40)
    for _ in range(60):
        meeting.ask(AskOpenOrders())
    failed = meeting.ask(AskOpenOrders())
    assert isinstance(failed, ReadFailed)
    assert not failed.venue_answered
    refused = meeting.act(SetLeverage(VELVET, name(Leg.DIRECT), Decimal(5)))
    assert refused.reason is Reason.LIMIT
    assert 0 < refused.retry_after <= MINUTE


# ---- what stands


def test_the_rules_of_all_contracts(meeting: Meeting) -> None:
    """The catalogue's filters and brackets arrive as instruments, and a size passes or fails by them."""
    told = meeting.read(AskInstruments()).instruments
    assert len(told) >= 20
    velvet = next(one for one in told if one.symbol == VELVET)
    assert (velvet.tick, velvet.step, velvet.min_notional) == (Decimal("0.00001"), Decimal(1), Decimal(5))
    assert (velvet.max_quantity, velvet.max_leverage) == (Decimal(1_500_000), Decimal(10))
    assert velvet.trading
    assert velvet.objection(QUANTITY, PRICE) is None


def test_prices_modes_leverage_and_wallet(meeting: Meeting) -> None:
    """All that an opening asks before it begins."""
    (mark,) = meeting.read(AskMark(VELVET)).marks
    assert (mark.symbol, mark.mark, mark.last) == (VELVET, PRICE, PRICE)
    assert VELVET in {one.symbol for one in meeting.read(AskMark()).marks}
    (modes,) = meeting.read(AskModes()).modes
    assert (modes.hedge, modes.may_trade, bool(modes.account_id)) == (False, True, True)
    (wallet,) = meeting.read(AskWallet()).wallets
    assert (wallet.equity, wallet.available) == (Decimal(10_000), Decimal(10_000))


def test_a_leverage_is_set_and_read_back(meeting: Meeting) -> None:
    """By its reply, by symbolConfig, and on the stream."""
    meeting.listen()
    (told,) = meeting.done(SetLeverage(VELVET, name(Leg.DIRECT), Decimal(3))).leverages
    meeting.wait()
    (read,) = meeting.read(AskLeverage(VELVET)).leverages
    assert (told.leverage, read.leverage, read.isolated) == (Decimal(3), Decimal(3), False)
    assert [one.leverage for one in meeting.told().leverages] == [Decimal(3)]
    everything = {one.symbol: one.leverage for one in meeting.read(AskLeverage()).leverages}
    assert everything[VELVET] == Decimal(3)


def test_hedge_mode_is_seen_and_its_rows_are_no_position() -> None:
    """The modes tell it, and a read of positions fails for it (1.8)."""
    meeting = Meeting(hedge=True)
    assert meeting.read(AskModes()).modes[0].hedge
    failed = meeting.ask(AskPositions(VELVET))
    assert isinstance(failed, ReadFailed)
    assert failed.detail.startswith("hedge mode")


def test_foreign_activity_is_told_under_its_own_names(meeting: Meeting) -> None:
    """A trade by hand is a fill that is not ours, and the position it makes is in the read of the whole account."""
    meeting.listen()
    meeting.box.trade_by_hand("main", VELVET, Hand.BUY, Decimal(50), meeting.now)
    meeting.wait()
    assert [(row.symbol, row.amount) for row in meeting.read(AskPositions()).positions] == [(VELVET, Decimal(50))]
    assert {fill.client_id.startswith("sw") for fill in meeting.told().fills} == {False}


# ---- the stream's life


def test_a_key_is_extended_and_lapses(meeting: Meeting) -> None:
    """PUT extends the key that POST gave; unextended for an hour it lapses, says so, and PUT is refused (3.1)."""
    meeting.listen()
    key = meeting.key()
    meeting.wait(59 * MINUTE)
    renewal = meeting.codec.key_renewal(key)
    assert renewal is not None
    (extended,) = meeting.send(renewal)
    assert extended is not None
    assert meeting.codec.key_answer(extended) == key
    meeting.wait(59 * MINUTE)
    assert meeting.heard == []
    meeting.wait(2 * MINUTE)
    assert [heard.word for heard in meeting.heard] == [LinkWord.EXPIRED]
    (refused,) = meeting.send(renewal)
    assert refused is not None
    assert meeting.codec.key_answer(refused) is None


def test_a_bogus_key_opens_a_mute_stream(meeting: Meeting) -> None:
    """The handshake succeeds and nothing ever comes: silence counts for nothing (3.1)."""
    meeting.box.connect(CONN, meeting.codec.stream_target("bogus"), (), meeting.now)
    meeting.done(ENTRY)
    meeting.wait()
    assert meeting.heard == []
