"""Before the entry: sizes and triggers to the last digit, and every refusal with its field and finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.model.acts import Outcome, Reason
from seawall.model.amounts import is_behind
from seawall.model.events import EndReason
from seawall.model.ids import ClientId, Side
from seawall.model.reports import LeverageReport, WalletReport
from seawall.model.signal import Signal, Size, SizeUnit, Stop, TakeProfit, TriggerBy
from seawall.model.times import SECOND
from seawall.sagas import preparing
from seawall.sagas.evidence.sent import Sent
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.preparing import Lacking, Objection, Plan
from tests.sagas.builders import BINANCE, BOUNDS, INSTRUMENT, SYMBOL, T0, Case, D, Finding, mark, percent, signal


def planned(asked: Signal | None = None, *, at: int = T0, state: SagaState | None = None, **given: Any) -> object:
    """What preparing says at an instant."""
    case = Case(asked, BINANCE, **given)
    case.now = at
    return preparing.plan(state or case.state, case.around)


def plan(asked: Signal | None = None, **given: Any) -> Plan:
    """The plan, which must come about."""
    found = planned(asked, **given)
    assert isinstance(found, Plan), found
    return found


def objection(asked: Signal | None = None, **given: Any) -> str:
    """The refusal as unfit, in words."""
    found = planned(asked, **given)
    assert isinstance(found, Objection), found
    assert found.reason is EndReason.UNFIT
    return found.detail


def lacking(asked: Signal | None = None, **given: Any) -> tuple[str, ...]:
    """What must still be read."""
    found = planned(asked, **given)
    assert isinstance(found, Lacking), found
    return found.what


def sized(unit: SizeUnit, amount: str, **changes: Any) -> Signal:
    """A signal of another size."""
    return signal(size=Size(unit, D(amount)), **changes)


# ---- how much


@pytest.mark.parametrize(
    ("unit", "amount", "quantity"),
    [
        (SizeUnit.BASE, "27.9", "27"),  # rounded down to the lot
        (SizeUnit.QUOTE, "100", "500"),  # 100 / 0.2
        (SizeUnit.QUOTE, "99.99", "499"),  # 499.95, down
        (SizeUnit.EQUITY_PERCENT, "50", "2500"),  # half of 1000 / 0.2
        (SizeUnit.RISK_PERCENT, "1", "1000"),  # 10 at risk / 0.01 to the stop
    ],
)
def test_a_size_in_each_unit_becomes_a_quantity_on_the_lot(unit: SizeUnit, amount: str, quantity: str) -> None:
    """At 0.2000 with a stop at 0.1900 and an equity of 1000."""
    assert plan(sized(unit, amount)).quantity == D(quantity)


def test_the_minimum_is_checked_after_rounding() -> None:
    """25.9 is worth 5.18 and would pass; rounded to 25 it is worth 5.0 and does; 24.9 rounds under the minimum (I87)."""
    assert plan(sized(SizeUnit.BASE, "25.9")).quantity == 25
    assert "value of at least 5 after rounding, came 4.8000" in objection(sized(SizeUnit.BASE, "24.99"))
    assert "expected at least 1 after rounding to 1, came 0" in objection(sized(SizeUnit.BASE, "0.99"))


def test_a_size_above_one_market_order_is_refused() -> None:
    """Above the venue's maximum an order would be refused or split."""
    small = replace(INSTRUMENT, max_quantity=D(26))
    assert "at most 26 in one market order, came 27" in objection(instrument=small)
    assert plan(instrument=replace(INSTRUMENT, max_quantity=D(27))).quantity == 27


def test_a_contract_that_does_not_trade_is_refused() -> None:
    """A halted contract takes no entry."""
    assert "expected one that trades" in objection(instrument=replace(INSTRUMENT, trading=False))


def test_an_open_without_stop_or_size_is_refused() -> None:
    """No stop, no entry: should one pass the intake, it ends here."""
    assert objection(signal(stop=None)) == "stop, size: expected both on an open"
    assert objection(signal(size=None)) == "stop, size: expected both on an open"


def test_a_risk_size_whose_stop_lies_at_the_mark_is_answered_and_never_raises() -> None:
    """A stop that watches the last price may lie exactly at the mark: the distance that sizes it is the watched one."""
    asked = sized(SizeUnit.RISK_PERCENT, "1", stop=Stop(price=D("0.2050"), trigger_by=TriggerBy.LAST))
    found = planned(asked, mark=mark("0.2050", last="0.2100"))
    assert isinstance(found, Plan | Objection)


@pytest.mark.parametrize("unit", list(SizeUnit))
def test_a_mark_of_zero_is_no_price(unit: SizeUnit) -> None:
    """A price feed that shows 0 (I75) sizes nothing: the signal waits or is refused, and nothing raises."""
    short = sized(unit, "10", side=Side.SELL, stop=Stop(price=D("0.21")))
    assert isinstance(planned(short, mark=mark("0")), Lacking | Objection)


# ---- where the stop stands


@pytest.mark.parametrize(
    ("side", "price", "trigger"),
    [(Side.BUY, "0.19001", "0.1901"), (Side.SELL, "0.21009", "0.2100")],
)
def test_an_absolute_trigger_is_rounded_towards_the_entry_and_final(side: Side, price: str, trigger: str) -> None:
    """A rounded stop never risks more than was asked for."""
    found = plan(signal(side=side, stop=Stop(price=D(price))))
    assert (found.trigger, found.trigger_is_final) == (D(trigger), True)


@pytest.mark.parametrize(("side", "trigger"), [(Side.BUY, "0.1900"), (Side.SELL, "0.2100")])
def test_a_percent_trigger_is_provisional_from_the_price_it_watches(side: Side, trigger: str) -> None:
    """Five percent behind the mark, to be settled from the fills."""
    found = plan(percent(5, side=side), mark=mark("0.2000", last="0.2500"))
    assert (found.trigger, found.trigger_is_final) == (D(trigger), False)
    by_last = percent(5, side=side)
    by_last = replace(by_last, stop=Stop(percent=D(5), trigger_by=TriggerBy.LAST))
    assert plan(by_last, mark=mark("0.2500", last="0.2000")).trigger == D(trigger)


@pytest.mark.parametrize(
    ("side", "price", "where"),
    [(Side.BUY, "0.2000", "below"), (Side.BUY, "0.2100", "below"), (Side.SELL, "0.2000", "above")],
)
def test_a_stop_on_the_wrong_side_of_the_market_is_refused(side: Side, price: str, where: str) -> None:
    """At the market or past it a stop would fire at once."""
    said = objection(signal(side=side, stop=Stop(price=D(price))))
    assert said == f"stop: expected a price {where} the market at 0.2000, came {D(price)}"


def test_the_side_of_a_stop_is_judged_by_the_price_it_watches() -> None:
    """A stop on the last price may lie beyond the mark."""
    asked = signal(stop=Stop(price=D("0.2050"), trigger_by=TriggerBy.LAST))
    assert plan(asked, mark=mark("0.2000", last="0.2100")).trigger == D("0.2050")
    assert "the market at 0.2000" in objection(asked, mark=mark("0.2100", last="0.2000"))


def test_a_slippage_bound_is_kept_from_the_last_price() -> None:
    """Fifty basis points above the last price, on the tick; none if none was asked for."""
    assert plan(signal(max_slippage_bps=D(50)), mark=mark("0.2000", last="0.2010")).price_bound == D("0.2020")
    assert plan().price_bound is None


# ---- liquidation


def test_a_stop_beyond_liquidation_is_refused_where_margin_is_isolated() -> None:
    """At 20x isolated the position dies at 0.1920, before a stop at 0.1900; at 10x it lives to 0.1820."""
    lever = LeverageReport(SYMBOL, D(20), isolated=True)
    said = objection(signal(), leverage=lever)
    assert said == "stop: expected inside the liquidation price, about 0.192000, came 0.1900"
    assert plan(signal(), leverage=replace(lever, leverage=D(10))).quantity == 27


def test_a_short_is_liquidated_above() -> None:
    """The mirror: at 20x isolated a short dies at 0.2080."""
    short = signal(side=Side.SELL, stop=Stop(price=D("0.2081")))
    lever = LeverageReport(SYMBOL, D(20), isolated=True)
    assert "about 0.208000," in objection(short, leverage=lever)
    assert plan(signal(side=Side.SELL, stop=Stop(price=D("0.2079"))), leverage=lever).quantity == 27


def test_across_the_account_all_that_is_free_bears_the_loss() -> None:
    """With enough free margin the same leverage is harmless; with little it is refused."""
    lever = LeverageReport(SYMBOL, D(20), isolated=None)
    assert plan(leverage=lever).quantity == 27
    assert "liquidation" in objection(leverage=lever, wallet=WalletReport(D(1), D("0.1")))
    assert "liquidation" in objection(leverage=lever, wallet=None)


def test_without_leverage_and_margin_nothing_is_said_about_liquidation() -> None:
    """Where neither leverage nor free margin is known, the venue judges; free margin alone is judged by."""
    assert plan(leverage=None, wallet=None).quantity == 27
    assert plan(leverage=None, wallet=WalletReport(D(9), D(9))).quantity == 27
    assert "liquidation" in objection(leverage=None, wallet=WalletReport(D(1), D(0)))


@pytest.mark.parametrize(("side", "price", "bound"), [(Side.BUY, "0.1899", "0.1900"), (Side.SELL, "0.2101", "0.2100")])
def test_a_stop_beyond_the_band_is_refused_only_where_the_venue_has_refused_one(
    side: Side, price: str, bound: str
) -> None:
    """At the band it is let through, a tick further it is told where that lies; on a mere suspicion nothing is said."""
    beyond, at_bound = (signal(side=side, stop=Stop(price=D(one))) for one in (price, bound))
    assert plan(beyond).trigger == D(price)
    assert plan(at_bound, stops_bounded=True).trigger == D(bound)
    said = objection(beyond, stops_bounded=True)
    assert said.startswith("stop: expected within the venue's band")
    assert f"than {bound}, came {price}" in said


# ---- what is lacking


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"slot_is_free": False}, "slot"),
        ({"may_enter": False}, "authority"),
        ({"clock_known": False}, "clock"),
        ({"instrument": None}, "instrument"),
        ({"mark": None}, "mark"),
        ({"position_complete": False}, "position"),
        ({"foreign_orders": None}, "orders"),
    ],
)
def test_each_thing_that_must_be_known_is_named(given: dict[str, Any], what: str) -> None:
    """Unread is unready, never refused."""
    assert lacking(**given) == (what,)
    case = Case(**given)
    assert preparing.finding(case.state, case.around) is Finding.UNREADY


def test_a_mark_is_good_for_its_bound_and_no_longer() -> None:
    """At the bound it serves, a microsecond later it is asked again."""
    old = mark(at=T0)
    assert plan(at=T0 + BOUNDS.mark_fresh, mark=old).quantity == 27
    assert lacking(at=T0 + BOUNDS.mark_fresh + 1, mark=old) == ("mark",)


def test_only_a_size_of_the_equity_needs_the_wallet() -> None:
    """A size in base does not wait for it."""
    assert plan(wallet=None).quantity == 27
    assert lacking(sized(SizeUnit.RISK_PERCENT, "1"), wallet=None) == ("wallet",)


def test_a_leverage_asked_for_must_be_read_back() -> None:
    """Unread or different is lacking; equal is right."""
    asked = signal(leverage=D(5))
    assert lacking(asked) == ("leverage",)
    assert lacking(asked, leverage=LeverageReport(SYMBOL, D(20))) == ("leverage",)
    assert plan(asked, leverage=LeverageReport(SYMBOL, D("5.0"))).quantity == 27


# ---- too late, foreign, refused


def test_a_signal_is_fresh_through_its_age_and_stale_after() -> None:
    """At thirty seconds it may be entered, a microsecond later never; the refusal tells what it waited for."""
    expires = T0 + 30 * SECOND
    assert plan(at=expires).quantity == 27
    found = planned(at=expires + 1, clock_known=False)
    assert isinstance(found, Objection)
    assert found.reason is EndReason.STALE
    assert found.detail == "ts: expected an age of at most 30 s, came 30.0 s, after waiting for clock"
    bare = planned(at=expires + SECOND)
    assert isinstance(bare, Objection)
    assert bare.detail == "ts: expected an age of at most 30 s, came 31.0 s"


def test_a_position_that_is_not_ours_refuses_the_entry() -> None:
    """A slot is exclusive; what somebody else holds there is neither added to nor touched."""
    from tests.sagas.builders import position

    assert "the account holds -3 that is not ours" in objection(position=position(-3))
    assert lacking(position=position(-3), position_complete=False) == ("position",)


def test_foreign_orders_refuse_the_entry() -> None:
    """Orders of others on the slot, in either book, are named."""
    assert objection(foreign_orders=("web_1", "web_2")).endswith("found web_1, web_2")


def test_a_slot_still_held_by_another_signal_of_ours_is_waited_for() -> None:
    """What stands there then is not foreign: the signal waits."""
    from tests.sagas.builders import position

    assert lacking(slot_is_free=False, position=position(-3), foreign_orders=("x",)) == ("slot",)


def test_a_close_asked_for_before_the_entry_ends_it() -> None:
    """Nothing was sent, so the request is fulfilled by never sending."""
    case = Case()
    found = planned(state=replace(case.state, close_asked=True))
    assert isinstance(found, Objection)
    assert found.reason is EndReason.CLOSED_BY_REQUEST


def leveraged(outcome: Outcome | None, reason: Reason = Reason.NONE) -> SagaState:
    """A state whose leverage act has an outcome."""
    sent = Sent(ClientId("x"), 1, 0, outcome, reason, "-4028")
    return replace(Case(signal(leverage=D(5))).state, leverage=sent)


def test_a_refused_leverage_ends_the_signal_and_a_busy_venue_does_not() -> None:
    """Refused for good is unfit, with the venue's code; not executed is tried again."""
    found = planned(state=leveraged(Outcome.REFUSED, Reason.PARAMETER))
    assert isinstance(found, Objection)
    assert found.detail == "leverage: the venue refused 5 with -4028"
    assert isinstance(planned(state=leveraged(Outcome.REFUSED, Reason.BUSY)), Lacking)
    assert isinstance(planned(state=leveraged(Outcome.ACKNOWLEDGED)), Lacking)


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        (None, True),
        (leveraged(None).leverage, False),
        (leveraged(Outcome.ACKNOWLEDGED).leverage, False),
        (leveraged(Outcome.REFUSED, Reason.BUSY).leverage, True),
        (leveraged(Outcome.REFUSED, Reason.PARAMETER).leverage, False),
    ],
)
def test_leverage_is_set_once_and_again_only_if_it_was_not_executed(sent: Sent | None, *, due: bool) -> None:
    """One act at a time; a refusal of the venue's being busy is the only reason for another."""
    case = Case(signal(leverage=D(5)), leverage=LeverageReport(SYMBOL, D(20)))
    assert preparing.needs_leverage_act(replace(case.state, leverage=sent), case.around) is due


def test_leverage_is_set_only_in_a_flat_slot_that_was_read() -> None:
    """Neither before the position is known, nor before the leverage is, nor where it is right or not asked for."""
    asked, other = signal(leverage=D(5)), LeverageReport(SYMBOL, D(20))
    for case in (
        Case(asked, leverage=other, position_complete=False),
        Case(asked, leverage=None),
        Case(asked, leverage=LeverageReport(SYMBOL, D(5))),
        Case(signal(), leverage=other),
    ):
        assert not preparing.needs_leverage_act(case.state, case.around)


@given(
    st.sampled_from(Side),
    st.sampled_from(SizeUnit),
    st.decimals("0.01", "5000", places=2),
    st.decimals("0.0001", "0.9", places=5),
    st.decimals("0.0100", "0.8", places=4),
)
def test_a_plan_always_fits_the_contract(side: Side, unit: SizeUnit, amount: D, stop: D, price: D) -> None:
    """Whatever is asked: a plan's quantity is on the lot and within the limits, its trigger on the tick and behind."""
    found = planned(signal(side=side, size=Size(unit, amount), stop=Stop(price=stop)), mark=mark(str(price)))
    if isinstance(found, Plan):
        assert found.quantity % INSTRUMENT.step == 0
        assert INSTRUMENT.objection(found.quantity, price) is None
        assert found.trigger % INSTRUMENT.tick == 0
        assert is_behind(found.trigger, price, side)
        assert (found.trigger - stop) * side.sign >= 0


@pytest.mark.parametrize("by", list(TriggerBy))
def test_a_stop_at_nought_is_none(by: TriggerBy) -> None:
    """A long's stop a hundred percent away would be no stop at all; a short's lies at twice the price."""
    all_of_it = Stop(percent=D(100), trigger_by=by)
    assert objection(signal(side=Side.BUY, stop=all_of_it)) == preparing.NO_STOP_AT_NOUGHT
    assert plan(signal(side=Side.SELL, stop=all_of_it)).trigger > 0


def test_a_bound_and_a_rung_where_no_price_is_are_refused() -> None:
    """A sell that may slip by all of the price, and a short's take-profit beyond nought."""
    away = Stop(percent=D(3))
    assert "bound above 0" in objection(signal(side=Side.SELL, stop=away, max_slippage_bps=D(10_000)))
    rung = (TakeProfit(D(100), percent=D(100)),)
    assert "below 100 of a short" in objection(signal(side=Side.SELL, stop=away, take_profit=rung))
    assert plan(signal(side=Side.BUY, stop=away, take_profit=rung)).quantity > 0
