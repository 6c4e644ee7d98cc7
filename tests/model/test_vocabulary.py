"""The vocabulary keeps its own promises: names of events, urgency of acts, what a repetition says, growing delays."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from seawall.model import events as ev
from seawall.model.acts import (
    CancelOrder,
    ClosePosition,
    PlaceStop,
    PlaceTakeProfit,
    Reason,
    SetLeverage,
    SubmitEntry,
    Urgency,
    urgency_of,
)
from seawall.model.content import content_digest
from seawall.model.ids import ClientId, Side
from seawall.model.reports import OrderStatus
from seawall.model.signal import Stop, TriggerBy
from seawall.model.times import SECOND, Bounds, growing
from tests.sagas.builders import SYMBOL, T0, D, ms, percent, signal

NAME = ClientId("x")


def test_every_event_is_listed_under_its_own_name() -> None:
    """The journal's event_type is the snake case of the class; the origin bot's two names are among them."""
    kinds = {kind for kind in vars(ev).values() if isinstance(kind, type) and issubclass(kind, ev.Event)}
    assert kinds - {ev.Event} == set(ev.EVENT_TYPES)
    assert len(ev.BY_EVENT_TYPE) == len(ev.EVENT_TYPES) == len(kinds) - 1
    assert ev.event_type(ev.EntryIntended) == "entry_intended"
    assert ev.BY_EVENT_TYPE["position_error"] is ev.PositionError
    assert ev.BY_EVENT_TYPE["signal_execution_failed"] is ev.SignalExecutionFailed


def test_every_event_says_whose_it_is() -> None:
    """Signal and symbol come first in each."""
    for kind in ev.EVENT_TYPES:
        assert [field.name for field in fields(kind)][:2] == ["signal_id", "symbol"], kind


@pytest.mark.parametrize(
    ("act", "urgency"),
    [
        (PlaceStop(SYMBOL, NAME, Side.SELL, D(1), TriggerBy.MARK), Urgency.PROTECT),
        (ClosePosition(SYMBOL, NAME, Side.SELL, D(1)), Urgency.CLOSE),
        (CancelOrder(SYMBOL, NAME, NAME), Urgency.CLOSE),
        (PlaceTakeProfit(SYMBOL, NAME, Side.SELL, D(1), D(1)), Urgency.ASK),
        (SubmitEntry(SYMBOL, NAME, Side.BUY, D(1), D(1), TriggerBy.MARK, T0), Urgency.ENTER),
        (SetLeverage(SYMBOL, NAME, D(5)), Urgency.ENTER),
    ],
)
def test_what_protects_goes_first_and_what_enters_last(act: object, urgency: Urgency) -> None:
    """A cancel stands with the close that it makes room for; a take-profit secures a gain, not the promise."""
    assert urgency_of(act) is urgency  # type: ignore[arg-type]


def test_only_clock_limit_and_busy_are_not_executed() -> None:
    """Every other refusal is final for its attempt."""
    assert [reason for reason in Reason if reason.is_not_executed] == [Reason.CLOCK, Reason.LIMIT, Reason.BUSY]


def test_the_terminal_statuses_are_those_that_can_fill_no_more() -> None:
    """UNTOLD, OPEN and PARTIAL may."""
    assert [status for status in OrderStatus if not status.is_terminal] == [
        OrderStatus.UNTOLD,
        OrderStatus.OPEN,
        OrderStatus.PARTIAL,
    ]


def test_a_repetition_says_the_same_whenever_it_comes() -> None:
    """Times are no content, and 0.10 is 0.1; any other field makes another request."""
    once = content_digest(percent(5))
    assert content_digest(percent(5, made_at=1, received_at=2)) == once
    assert content_digest(signal(stop=Stop(percent=D("5.0")))) == once
    assert content_digest(percent(6)) != once
    assert content_digest(percent(5, side=Side.SELL)) != once
    assert content_digest(replace(percent(5), tag="x")) != once


def test_a_signal_expires_its_age_after_it_was_made() -> None:
    """Whenever it was received."""
    assert signal(received_at=ms(9_000), max_age=SECOND).expires_at() == T0 + SECOND


def test_delays_grow_by_half_and_stop_growing() -> None:
    """Half a second, three quarters, ... and never more than five seconds."""
    bounds = Bounds()
    delays = [growing(bounds.ask_first, n, bounds) for n in range(9)]
    assert delays[:4] == [500_000, 750_000, 1_125_000, 1_687_500]
    assert delays[-1] == bounds.ask_slowest
    assert delays == sorted(delays)
