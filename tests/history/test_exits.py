"""How a position left: who took it, at what price, what that realised, and what the venue says of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.history.exits import Exit, ExitKind
from seawall.history.receipt import Receipt, State, receipt
from seawall.model import events as ev
from seawall.model.ids import ClientId, Side, VenueId
from seawall.model.reports import FillKind, OrderReport, OrderStatus, Source
from tests.history.stories import CLOSE, ENTRY, STOP, VELVET, Story, adopted, ours, rung_name, taken, velvet, venue

D = Decimal


def told(story: Story) -> Receipt:
    """The receipt of a story that has one."""
    found = receipt(story.recorded())
    assert found is not None
    return found


def kinds(story: Story) -> list[tuple[ExitKind, Decimal, Decimal | None]]:
    """Kind, quantity and price of each exit."""
    return [(one.kind, one.quantity, one.average) for one in told(story).exits]


def test_each_exit_names_who_took_it_and_what_it_realised() -> None:
    """A rung and the stop, each by its own price against the entry's average; fees stand apart."""
    found = told(taken())
    assert found.exits == (
        Exit(ExitKind.TAKE_PROFIT, D(13), D("0.196"), venue(960), 0, rung_name(0), D("0.001"), D("0.052"), D("0.052")),
        Exit(ExitKind.STOP, D(13), D("0.206"), venue(8_960), None, STOP, D("0.001"), D("-0.078"), D("-0.078")),
    )
    assert (found.gain.realised, found.gain.by_venue, found.gain.differs) == (D("-0.026"), D("-0.026"), None)
    assert (found.exit_quantity, found.exit_average, found.fees) == (D(26), D("0.201"), D("0.003"))


def test_a_long_gains_where_a_short_loses() -> None:
    """The sign of what is realised is the side's."""
    story = Story("long-1", side=Side.BUY).accepted().intended().fill(90, 40, "27").entry_filled(90, 40)
    (one,) = told(story.close_intended(900).exit(950, CLOSE, "27", "0.21", "t9")).exits
    assert (one.kind, one.realised, one.by_venue) == (ExitKind.CLOSE, D("0.27"), None)


def test_a_venue_that_reckons_otherwise_is_shown() -> None:
    """More than rounding apart, the difference stands in the receipt; a millionth of what was traded does not."""
    story = velvet().close_intended(900).exit(950, CLOSE, "27", "0.21", "t9", profit=D("-0.3"))
    gain = told(story).gain
    assert gain.realised is not None
    assert (gain.by_venue, gain.differs) == (D("-0.3"), D("-0.3") - gain.realised)
    near = velvet().close_intended(900).exit(950, CLOSE, "27", "0.21", "t9", profit=gain.realised + D("0.000001"))
    assert told(near).gain.differs is None


def test_a_brief_telling_is_completed_by_a_fuller_one() -> None:
    """The first word on a trade may have neither fee nor profit; both come with the next, and the trade is one."""
    story = velvet().close_intended(900).exit(950, CLOSE, "27", "0.21", "t9")
    (brief,) = story.told[-1:]
    report = brief[1].report  # type: ignore[attr-defined]
    assert report.profit is None
    found = told(story.exit(960, CLOSE, "27", "0.21", "t9", profit=D("-0.27")))
    assert [(one.quantity, one.by_venue) for one in found.exits] == [(D(27), D("-0.27"))]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FillKind.TRADE, ExitKind.HAND),
        (FillKind.LIQUIDATION, ExitKind.LIQUIDATION),
        (FillKind.DELEVERAGING, ExitKind.DELEVERAGING),
        (FillKind.SETTLEMENT, ExitKind.SETTLEMENT),
    ],
)
def test_what_is_not_ours_is_a_hand_or_the_venue(kind: FillKind, expected: ExitKind) -> None:
    """A trade under another name that takes of ours away is named for what it was."""
    story = velvet().exit(950, "autoclose-1", "27", "0.23", "t9", kind=kind)
    assert kinds(story) == [(expected, D(27), D("0.23"))]


def test_a_trade_without_a_name_is_what_its_order_was() -> None:
    """A list of trades names the order alone; the order's own report says that the venue made it."""
    story = velvet()
    order = OrderReport(
        VELVET, ClientId("adl_autoclose"), OrderStatus.FILLED, Source.STREAM, ours(940), venue(900), VenueId("55"),
        kind=FillKind.DELEVERAGING,
    )  # fmt: skip
    story.then(940, ev.OrderReported(story.sid, VELVET, order))
    story.exit(950, "", "27", "0.23", "t9", venue_id=VenueId("55"))
    assert kinds(story) == [(ExitKind.DELEVERAGING, D(27), D("0.23"))]


def test_a_forced_order_whose_trades_nobody_told_is_an_exit() -> None:
    """Only the order's report came; its quantity and average are the exit."""
    story = velvet()
    order = OrderReport(
        VELVET, ClientId("autoclose-1"), OrderStatus.FILLED, Source.STREAM, ours(940), venue(900), VenueId("55"),
        filled=D(27), average=D("0.24"), kind=FillKind.LIQUIDATION,
    )  # fmt: skip
    story.then(940, ev.OrderReported(story.sid, VELVET, order)).ended_flat(960, ev.EndReason.LIQUIDATED)
    assert kinds(story) == [(ExitKind.LIQUIDATION, D(27), D("0.24"))]


def test_another_takes_his_own_away_first() -> None:
    """What somebody added on our slot is his to close; only what he takes beyond it is an exit of ours."""
    story = velvet().fill(900, 880, "10", "o1", client_id=ClientId("web-1"))
    story.exit(950, "web-2", "10", "0.19", "o2").exit(960, "web-3", "7", "0.19", "o3")
    assert kinds(story) == [(ExitKind.HAND, D(7), D("0.19"))]


def test_an_exit_is_never_more_than_what_was_ours() -> None:
    """A hand that turns the position round took no more of ours than there was; profit and fee in proportion."""
    (one,) = told(velvet().exit(950, "web-1", "54", "0.19", "o1", profit=D("0.5"), fee=D("0.01"))).exits
    assert (one.quantity, one.by_venue, one.fees) == (D(27), D("0.25"), D("0.005"))


def test_an_order_that_says_more_than_its_trades_is_believed() -> None:
    """The close's own report has the whole quantity and its average; then the venue's profit is not known for all."""
    story = velvet().close_intended(900).exit(950, CLOSE, "7", "0.21", "t9", profit=D("-0.07"))
    story.order(960, 900, "27", client_id=CLOSE, average=D("0.212"), venue_id=VenueId("99"))
    (one,) = told(story).exits
    assert (one.quantity, one.average, one.by_venue) == (D(27), D("0.212"), None)


def test_the_price_of_an_order_may_come_after_its_quantity() -> None:
    """The reply to a close tells that it filled, and not at what price; a read of the order tells that."""
    story = velvet().close_intended(900).order(950, 910, "27", client_id=CLOSE, average=None, venue_id=VenueId("99"))
    assert kinds(story) == [(ExitKind.CLOSE, D(27), None)]
    story.order(960, 910, "27", client_id=CLOSE, average=D("0.212"), venue_id=VenueId("99"))
    assert kinds(story) == [(ExitKind.CLOSE, D(27), D("0.212"))]


def test_the_price_of_a_part_is_not_that_of_all() -> None:
    """The order says 27 and no price, and a trade of 7 was told: nobody knows what the other 20 brought."""
    story = velvet().close_intended(900).exit(950, CLOSE, "7", "0.21", "t9")
    story.order(960, 900, "27", client_id=CLOSE, average=None, venue_id=VenueId("99"))
    found = told(story)
    assert [(one.quantity, one.average, one.fees) for one in found.exits] == [(D(27), None, None)]
    assert (found.gain.realised, found.gain.unpriced, found.fees) == (None, D(27), None)


@pytest.mark.parametrize(
    ("leg", "kind"), [("c", ExitKind.CLOSE), ("s", ExitKind.STOP), ("t", ExitKind.TAKE_PROFIT), ("x", ExitKind.HAND)]
)
def test_an_order_of_ours_whose_record_was_lost_is_ours_by_its_name(leg: str, kind: ExitKind) -> None:
    """A process sent it and died before it was recorded: nobody's hand took it, but for `flatten --direct`."""
    assert kinds(velvet().exit(950, f"swaaaa-0123456789-{leg}tkxp2x77", "27", "0.21", "t9")) == [
        (kind, D(27), D("0.21"))
    ]
    stranger = velvet().exit(950, f"swaaaa-9876543210-{leg}tkxp2x77", "27", "0.21", "t9")
    assert [one[0] for one in kinds(stranger)] == [ExitKind.HAND]


def test_what_was_written_off_has_not_left() -> None:
    """An operator wrote 20 off, and 7 that filled later were closed: nobody's hand took the 20."""
    story = velvet()
    story.then(500, ev.SignalResolved(story.sid, VELVET, D(20), "the operator's word", ours(500)))
    story.close_intended(900, "7").exit(950, CLOSE, "7", "0.21", "t9").ended_flat(960, ev.EndReason.LATE_FILL)
    assert kinds(story) == [(ExitKind.CLOSE, D(7), D("0.21"))]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (ev.EndReason.CLOSED_OUTSIDE, ExitKind.UNKNOWN),
        (ev.EndReason.CLOSED_BY_REQUEST, ExitKind.UNKNOWN),
        (ev.EndReason.CLOSED_UNRECORDED, ExitKind.CLOSE),
        (ev.EndReason.LIQUIDATED, ExitKind.LIQUIDATION),
        (ev.EndReason.DELEVERAGED, ExitKind.DELEVERAGING),
    ],
)
def test_what_nobody_explained_has_a_quantity_and_no_price(reason: ev.EndReason, kind: ExitKind) -> None:
    """Flat was seen and no trade told: the rest is shown as gone, and nothing is made up about its price."""
    found = told(velvet().ended_flat(950, reason))
    assert [(one.kind, one.quantity, one.average, one.realised) for one in found.exits] == [(kind, D(27), None, None)]
    assert (found.gain.realised, found.gain.unpriced, found.gain.by_venue) == (None, D(27), None)


def test_an_operator_s_word_writes_off_and_is_no_exit() -> None:
    """Resolved: the slot is free, what was open is written off, and no exit is made up for it."""
    story = velvet()
    story.then(950, ev.SignalResolved(story.sid, VELVET, D(27), "closed in the app", ours(950)))
    found = told(story)
    assert (found.state, found.reason, found.detail) == (State.FLAT, "resolved", "closed in the app")
    assert (found.written_off, found.exits) == (D(27), ())


def test_an_adopted_position_has_a_receipt_of_its_own() -> None:
    """Side, quantity and average are as it was found; its exit is reckoned from there."""
    found = told(adopted().close_intended(900).exit(950, CLOSE, "27", "0.21", "t9"))
    assert (found.adopted, found.side, found.quantity, found.average) == (True, Side.SELL, D(27), D("0.1999"))
    assert (found.trigger_by, found.final, found.intended) == ("mark", D("0.206"), D(27))
    assert found.gain.realised == D("-0.2727")
    assert found.names == (ENTRY, STOP, CLOSE)


def test_a_late_fill_has_not_left_with_what_left_before() -> None:
    """Flat was seen and then a late fill reopened the signal: what is open now is no exit, until flat is seen anew."""
    story = velvet().close_intended(900).exit(950, CLOSE, "27", "0.21", "t9").flat_seen(960)
    story.fill(91_000, 90_990, "3", "t10").then(91_000, ev.SagaReopened(story.sid, VELVET, D(3), ours(91_000)))
    assert kinds(story) == [(ExitKind.CLOSE, D(27), D("0.21"))]
    assert told(story).exit_quantity == D(27)
    again = story.flat_seen(92_000)
    assert kinds(again)[1:] == [(ExitKind.UNKNOWN, D(3), None)]


def test_what_had_left_unexplained_stays_so_when_a_late_fill_comes() -> None:
    """What nobody told of had left before the signal was reopened, and of that alone."""
    story = velvet().flat_seen(960)
    story.fill(91_000, 90_990, "3", "t10").then(91_000, ev.SagaReopened(story.sid, VELVET, D(3), ours(91_000)))
    assert kinds(story) == [(ExitKind.UNKNOWN, D(27), None)]


@pytest.mark.parametrize(("entry", "taken", "seqs"), [("b", "a", (4, 5)), ("999", "1000", (0, 0))])
def test_within_one_instant_a_trade_follows_another_by_sequence_or_number(
    entry: str, taken: str, seqs: tuple[int, int]
) -> None:
    """Liquidated in the instant of the fill: Bybit's ids are drawn at random, Binance's numbers grow by a digit."""
    story = Story("long-1", side=Side.BUY).accepted().intended().fill(90, 40, "27", entry, seq=seqs[0])
    story.entry_filled(90, 40)
    gone = story.fill(
        95, 40, "27", taken, seq=seqs[1], client_id=ClientId("autoclose-1"), kind=FillKind.LIQUIDATION, side=Side.SELL
    )
    assert kinds(gone) == [(ExitKind.LIQUIDATION, D(27), D("0.2"))]
