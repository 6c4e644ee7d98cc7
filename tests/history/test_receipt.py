"""The receipt: the state in the words of the promise, and figures that the record can prove."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from seawall.history.exits import ExitKind
from seawall.history.receipt import State, receipt, sources, state_of
from seawall.model import events as ev
from seawall.model.acts import Outcome
from seawall.model.ids import Leg, Side, VenueId
from seawall.model.reports import FillKind, Source, StopReport, StopStatus
from seawall.model.signal import TriggerBy
from seawall.model.times import MILLISECOND
from tests.history.stories import CLOSE, ENTRY, STOP, VELVET, Story, ours, rolled_back, velvet

D = Decimal


def _open() -> Story:
    return Story().accepted().intended().fill(90, 40, "27").entry_filled(90, 40)


@pytest.mark.parametrize(
    ("story", "state"),
    [
        (Story, None),
        (lambda: Story().accepted(), State.ACCEPTED),
        (lambda: Story().accepted().intended(), State.ENTERING),
        (_open, State.UNPROTECTED),
        (lambda: _open().concluded(140, Leg.STOP, STOP, Outcome.UNKNOWN), State.UNPROTECTED),
        (lambda: _open().concluded(140, Leg.STOP, STOP, Outcome.ACKNOWLEDGED), State.ARMED),
        (lambda: _open().concluded(140, Leg.ENTRY, ENTRY, Outcome.ACKNOWLEDGED), State.UNPROTECTED),
        (lambda: _open().stop_seen(140, 120), State.ARMED),
        (lambda: Story().accepted().intended().stop_intended(1, attached=True).entry_filled(90, 40), State.ARMED),
        (lambda: Story().accepted().intended().stop_seen(90, 40).entry_filled(90, 40), State.ARMED),
        (velvet, State.PROTECTED),
        (lambda: velvet().concluded(190, Leg.STOP, STOP, Outcome.ACKNOWLEDGED), State.PROTECTED),
        (lambda: velvet().entry_filled(190, 40), State.PROTECTED),
        (lambda: velvet().lost(900), State.UNPROTECTED),
        (lambda: velvet().rollback(900), State.CLOSING),
        (lambda: velvet().rollback(900).stop_seen(950, 940), State.CLOSING),
        (rolled_back, State.FLAT),
        (lambda: velvet().rollback(900).flat_seen(950), State.FLAT_SEEN),
    ],
)
def test_the_state_follows_from_what_was_decided(story: Callable[[], Story], state: State | None) -> None:
    """Each decision moves the state; words of sources and outcomes move it only where they arm."""
    assert state_of(story().recorded()) is state


def test_a_withdrawn_rollback_is_armed_and_a_late_fill_is_naked() -> None:
    """A stop that covers after all ends the way home; a fill after the end opens it again."""
    story = velvet().rollback(900)
    story.then(950, ev.RollbackWithdrawn(story.sid, VELVET, "the stop is live", ours(950)))
    assert state_of(story.recorded()) is State.ARMED
    story = velvet()
    story.then(2_000, ev.FlatTold(story.sid, VELVET, "expired", ours(2_000)))
    assert state_of(story.recorded()) is State.FLAT_TOLD
    story.then(3_000, ev.FlatDenied(story.sid, VELVET, "live", ours(3_000)))
    assert state_of(story.recorded()) is State.ARMED
    late = rolled_back()
    late.then(91_000, ev.SagaReopened(late.sid, VELVET, D(3), ours(91_000)))
    assert state_of(late.recorded()) is State.UNPROTECTED


def test_a_refusal_is_an_end_and_does_not_unseat_an_acceptance() -> None:
    """A refused signal is REFUSED with its reason; the refusal of a repetition changes nothing."""
    refused = Story()
    refused.then(0, ev.SignalRefused(refused.sid, VELVET, refused.signal, "occupied", "slot is open"))
    found = receipt(refused.recorded())
    assert found is not None
    assert (found.state, found.reason, found.detail, found.quantity) == (
        State.REFUSED,
        "occupied",
        "slot is open",
        D(0),
    )
    twice = Story().accepted()
    twice.then(5, ev.SignalRefused(twice.sid, VELVET, twice.signal, "duplicate", ""))
    assert state_of(twice.recorded()) is State.ACCEPTED


def test_the_receipt_of_a_protected_signal() -> None:
    """Side, quantity, average from the trades, triggers, names, venue ids, who spoke, fees, naked time."""
    found = receipt(velvet().recorded())
    assert found is not None
    assert (found.side, found.intended, found.quantity, found.trigger_by) == (Side.SELL, D(27), D(27), TriggerBy.MARK)
    assert found.average == (D(20) * D("0.2") + D(7) * D("0.199")) / 27
    assert (found.provisional, found.final, found.live) == (D("0.206"), None, D("0.206"))
    assert found.names == (ENTRY, STOP)
    assert found.venue_ids == ("771", "882")
    assert (found.spoke_first, found.sources) == ("stream", ("stops", "stream"))
    assert found.fees == D("0.002")
    assert found.naked is not None
    assert found.naked.total == 80 * MILLISECOND
    assert (found.reason, found.failures) == ("", ())


def test_how_long_each_step_took_is_counted_from_arrival() -> None:
    """Durations are in our clock, and a step that was not reached has none."""
    found = receipt(velvet().recorded())
    assert found is not None
    steps = found.durations
    assert (steps.intended, steps.filled, steps.stop_live, steps.protected, steps.flat) == (
        1 * MILLISECOND,
        90 * MILLISECOND,
        180 * MILLISECOND,
        180 * MILLISECOND,
        None,
    )


def test_the_receipt_of_a_rollback_names_its_reason_and_its_exit() -> None:
    """Why, at what price it was closed, and what it failed with."""
    story = rolled_back()
    story.then(300, ev.PositionError(story.sid, VELVET, "naked_too_long", ""))
    found = receipt(story.recorded())
    assert found is not None
    assert (found.state, found.reason, found.detail) == (State.FLAT, "naked_too_long", "no stop within 5 s")
    assert (found.exit_quantity, found.exit_average, found.names) == (D(27), D("0.21"), (ENTRY, STOP, CLOSE))
    assert found.failures == ("naked_too_long",)


def test_a_running_rollback_names_its_reason_too() -> None:
    """Before the end is seen, the reason is that of the way home."""
    found = receipt(velvet().rollback(900).recorded())
    assert found is not None
    assert (found.reason, found.detail) == ("naked_too_long", "no stop within 5 s")


def test_a_close_that_was_asked_for_carries_the_askers_words() -> None:
    """The detail of a close by request is what the user gave."""
    story = velvet()
    story.then(900, ev.CloseAccepted(story.sid, VELVET, "signal close-7", ours(900)))
    found = receipt(story.recorded())
    assert found is not None
    assert (found.state, found.detail) == (State.CLOSING, "signal close-7")


def test_an_end_before_the_signal_was_opened_again_is_none() -> None:
    """Opened again by a late fill it has no end; the next one's reason and time are its own, also before it is verified,
    and after an operator's word that the fill has overtaken.
    """
    for late in (rolled_back(), velvet().then(900, ev.SignalResolved(velvet().sid, VELVET, D(27), "gone", ours(900)))):
        late.then(91_000, ev.SagaReopened(late.sid, VELVET, D(3), ours(91_000)))
        found = receipt(late.recorded())
        assert found is not None
        assert (found.state, found.reason, found.durations.flat) == (State.UNPROTECTED, "late_fill", None)
        late.then(
            92_000, ev.RollbackBegan(late.sid, VELVET, ev.EndReason.LATE_FILL, "a fill after the end", ours(92_000))
        )
        late.then(93_000, ev.FlatSeen(late.sid, VELVET, ev.EndReason.LATE_FILL, ours(93_000)))
        found = receipt(late.recorded())
        assert found is not None
        assert (found.state, found.reason, found.detail) == (State.FLAT_SEEN, "late_fill", "a fill after the end")
        assert found.durations.flat == 93_000 * MILLISECOND


def test_the_final_trigger_is_the_settled_one_or_the_asked_price() -> None:
    """A stop in percent is settled once; a stop by price is final from the start."""
    story = velvet()
    story.then(181, ev.TriggerSettled(story.sid, VELVET, D("0.2059"), D("0.206")))
    settled = receipt(story.recorded())
    by_price = receipt(Story().accepted().intended(final=True).recorded())
    assert settled is not None
    assert by_price is not None
    assert (settled.final, by_price.final) == (D("0.2059"), D("0.206"))


def test_the_average_is_the_venues_while_trades_are_missing() -> None:
    """Trades that do not explain the whole quantity give no average where the venue tells one."""
    half = Story().accepted().intended().fill(90, 40, "20").entry_filled(90, 40, "20").order(95, 42, "27")
    found = receipt(half.recorded())
    assert found is not None
    assert (found.quantity, found.average) == (D(27), D("0.1999"))


def test_what_is_known_of_a_part_of_the_entry_is_not_shown_as_all() -> None:
    """Of 27 the trades of 20 were told: neither their average nor their fee is the entry's, nor the order's word of 20."""
    story = Story().accepted().intended().fill(90, 40, "20").entry_filled(90, 40, "27")
    found = receipt(story.order(95, 40, "20").recorded())
    assert found is not None
    assert (found.quantity, found.average, found.fees) == (D(27), None, None)
    whole = receipt(story.fill(96, 42, "7", "t2").recorded())
    assert whole is not None
    assert (whole.average, whole.fees) == (D("0.2"), D("0.002"))


@pytest.mark.parametrize(
    ("entry", "close", "fees"),
    [
        ("0.001", "0.002", D("0.003")),
        ("0.001", "0", D("0.001")),
        (None, "0.002", None),
        ("0.001", None, None),
        ("0.001", "no trade", None),
        ("no trade", "0.002", None),
    ],
)
def test_fees_are_those_of_every_trade_or_not_told(entry: str | None, close: str | None, fees: Decimal | None) -> None:
    """A trade that came without a fee, and a side of it of which only the order told, leave the sum unknown."""
    story = Story().accepted().intended().order(90, 40, "27").entry_filled(90, 40).close_intended(900)
    if entry != "no trade":
        story.fill(95, 40, "27", fee=None if entry is None else D(entry))
    if close != "no trade":
        story.exit(950, CLOSE, "27", "0.21", "t9", fee=None if close is None else D(close))
    found = receipt(story.order(960, 910, "27", client_id=CLOSE, venue_id=VenueId("9")).recorded())
    assert found is not None
    assert (found.quantity, found.exit_quantity, found.fees) == (D(27), D(27), fees)


def test_a_trade_told_by_two_sources_is_one_trade() -> None:
    """The same trade id counts once, in quantity and in fees."""
    found = receipt(
        Story().accepted().intended().fill(90, 40, "20").fill(95, 40, "20").entry_filled(90, 40, "20").recorded()
    )
    assert found is not None
    assert (found.quantity, found.fees) == (D(20), D("0.001"))


def test_a_history_without_its_signal_has_no_receipt() -> None:
    """Account-wide events alone are nobody's receipt."""
    assert receipt([]) is None
    assert receipt(Story().intended().recorded()) is None
    assert sources([]) == ()


def test_a_stop_child_without_our_name_is_an_exit_by_its_parent() -> None:
    """On a venue whose stop children carry no name, the child's parent says whose it is."""
    story = velvet().order(900, 880, "27", client_id="", parent=ENTRY, venue_id="990")
    story.fill(901, 880, "27", "t7", client_id="", venue_id="990", side=Side.BUY, price=D("0.206"))
    found = receipt(story.recorded())
    assert found is not None
    assert (found.quantity, found.exit_quantity, found.exit_average) == (D(27), D(27), D("0.206"))


def test_a_trade_that_names_its_order_by_the_venues_id_is_the_entrys() -> None:
    """A list of trades may carry the venue's order id alone."""
    story = Story().accepted().intended().order(90, 40, "27").entry_filled(90, 40)
    found = receipt(story.fill(95, 40, "27", client_id="", venue_id="771").recorded())
    assert found is not None
    assert (found.quantity, found.average, found.fees) == (D(27), D("0.2"), D("0.001"))


def test_the_child_of_a_named_stop_is_found_by_the_id_that_the_stop_tells() -> None:
    """A triggered stop names its child by the venue's id, and the child's trades are the exit."""
    story = velvet()
    report = StopReport(
        VELVET, STOP, StopStatus.FINISHED, Source.STREAM, ours(900), venue_id=VenueId("882"), order_id=VenueId("993")
    )
    story.then(900, ev.StopReported(story.sid, VELVET, report))
    found = receipt(story.fill(901, 880, "27", "t7", client_id="", venue_id="993", side=Side.BUY).recorded())
    assert found is not None
    assert found.exit_quantity == D(27)


def reason_of(story: Story) -> tuple[State, str, str]:
    """Where a story stands, and why."""
    found = receipt(story.recorded())
    assert found is not None
    return found.state, found.reason, found.detail


def test_a_way_home_that_was_given_up_is_no_reason() -> None:
    """A protected position is not so because it was once naked; a close that comes after it is the close's."""
    story = velvet().rollback(900)
    story.then(950, ev.RollbackWithdrawn(story.sid, VELVET, "the stop is live", ours(950))).protected(960)
    assert reason_of(story) == (State.PROTECTED, "", "")
    story.then(2_000, ev.CloseAccepted(story.sid, VELVET, "signal bye", ours(2_000)))
    assert reason_of(story) == (State.CLOSING, "", "signal bye")


def test_behind_a_late_fill_the_earlier_end_is_no_reason() -> None:
    """While it is open again it is so for the fill, and the end that is seen then has its own reason at once."""
    story = rolled_back()
    story.then(91_000, ev.SagaReopened(story.sid, VELVET, D(3), ours(91_000)))
    assert reason_of(story) == (State.UNPROTECTED, "late_fill", "")
    story.ended_flat(92_000, ev.EndReason.CLOSED_OUTSIDE)
    assert reason_of(story) == (State.FLAT_SEEN, "closed_outside", "")


def test_the_average_of_a_part_is_not_that_of_the_whole() -> None:
    """A trade told at 0 has no price: the order's average is told, as the stop was laid by it; and the trade's own once
    another source has it.
    """
    story = Story().accepted().intended().fill(90, 40, "20", price=D(0)).fill(91, 41, "7", "t2", price=D("0.1"))
    story.order(95, 41, "27").entry_filled(96, 40)
    found = receipt(story.recorded())
    assert (found and found.average) == D("0.1999")
    found = receipt(story.fill(120, 40, "20", price=D("0.2")).recorded())
    assert (found and found.average) == (D(20) * D("0.2") + D(7) * D("0.1")) / 27


def test_an_exit_told_at_nought_first_has_its_price_once_it_is_told() -> None:
    """Its gain is not left unknown for the first word."""
    story = velvet().exit(900, STOP, "27", "0", "t9")
    found = receipt(story.recorded())
    assert (found and found.exit_average, found and found.gain.unpriced) == (None, D(27))
    found = receipt(story.exit(950, STOP, "27", "0.21", "t9").recorded())
    assert (found and found.exit_average, found and found.gain.unpriced) == (D("0.21"), D(0))


def test_the_fees_of_a_liquidation_are_not_known() -> None:
    """The venue charges it beside the trade's own fee, and no trade tells how much."""
    story = velvet().exit(900, "autoclose-1", "27", "0.25", "t9", kind=FillKind.LIQUIDATION, fee=D("0.01"))
    found = receipt(story.ended_flat(960, ev.EndReason.LIQUIDATED).recorded())
    assert found is not None
    assert [(one.kind, one.fees) for one in found.exits] == [(ExitKind.LIQUIDATION, None)]
    assert found.fees is None
