"""The same meeting where the venue refuses, its clock disagrees, or its answer is lost."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from seawall.model.acts import Act, CancelOrder, Outcome, Reason, SetLeverage
from seawall.model.ids import Leg, Symbol
from seawall.model.inputs import ReadFailed
from seawall.model.queries import (
    AskOpenOrders,
    AskOrder,
    AskPositions,
    AskStops,
)
from seawall.model.times import MINUTE, SECOND
from seawall.venues.port import Reading, Request, Stamp, TooLate
from tests.meeting.at_binance import (
    CLOSE,
    ENTRY,
    PART,
    QUANTITY,
    START,
    STOP,
    VELVET,
    Meeting,
    name,
)
from venuesim.faults import Fault


@pytest.fixture
def meeting() -> Meeting:
    """A funded account in one-way mode, with the founding symbol at its price."""
    return Meeting()


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
    (reply,) = meeting.send(
        *meeting.codec.query_requests(Reading(AskOpenOrders(), meeting.now), Stamp(meeting.now, 5 * SECOND))
    )
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
