"""Exact arithmetic: rounded only where a direction is named, written without an exponent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.model.amounts import (
    ceil_to,
    floor_to,
    is_behind,
    percent_trigger,
    plain,
    slippage_bound,
    trigger_towards_entry,
)
from seawall.model.ids import Side
from seawall.model.instrument import Instrument
from seawall.model.signal import SizeUnit
from tests.sagas.builders import INSTRUMENT, D

amounts = st.decimals("0", "1e9", places=8)
steps = st.sampled_from([D(text) for text in ("0.0001", "0.001", "0.5", "1", "10")])


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1E-8", "0.00000001"), ("27.000", "27"), ("1E+3", "1000"), ("0.00", "0"), ("-0.50", "-0.5"), ("0", "0")],
)
def test_an_amount_is_written_without_an_exponent(amount: str, text: str) -> None:
    """As venues want it: no exponent, no zeros at the end, zero as 0."""
    assert plain(D(amount)) == text


@given(amounts, steps)
def test_floor_and_ceiling_lie_on_the_grid_and_around_the_amount(amount: Decimal, step: Decimal) -> None:
    """Never more than a step away, on the side that the name says."""
    low, high = floor_to(amount, step), ceil_to(amount, step)
    assert low % step == 0
    assert high % step == 0
    assert amount - step < low <= amount <= high < amount + step


def test_without_a_step_an_amount_stays_as_it_is() -> None:
    """0 means that there is no such rule."""
    assert (floor_to(D("1.23"), D(0)), ceil_to(D("1.23"), D(0))) == (D("1.23"), D("1.23"))


@pytest.mark.parametrize(("side", "trigger"), [(Side.BUY, "0.1901"), (Side.SELL, "0.1900")])
def test_a_trigger_is_rounded_towards_the_entry(side: Side, trigger: str) -> None:
    """Up for a long, down for a short: a rounded stop never risks more."""
    assert trigger_towards_entry(D("0.19005"), D("0.0001"), side) == D(trigger)


@pytest.mark.parametrize(("side", "trigger"), [(Side.BUY, "0.1900"), (Side.SELL, "0.2100")])
def test_a_percent_trigger_lies_behind_the_entry(side: Side, trigger: str) -> None:
    """Five percent against the direction of the entry."""
    assert percent_trigger(D("0.2"), D(5), D("0.0001"), side) == D(trigger)


@pytest.mark.parametrize(
    ("side", "trigger", "behind"),
    [
        (Side.BUY, "0.19", True),
        (Side.BUY, "0.20", False),
        (Side.BUY, "0.21", False),
        (Side.SELL, "0.21", True),
        (Side.SELL, "0.20", False),
        (Side.SELL, "0.19", False),
    ],
)
def test_at_the_price_itself_a_stop_is_not_behind(side: Side, trigger: str, *, behind: bool) -> None:
    """It would fire at once."""
    assert is_behind(D(trigger), D("0.20"), side) is behind


@pytest.mark.parametrize(("side", "bound"), [(Side.BUY, "0.2010"), (Side.SELL, "0.1995")])
def test_a_slippage_bound_is_rounded_towards_the_market(side: Side, bound: str) -> None:
    """Fifty basis points and a little: never looser than asked for."""
    assert slippage_bound(D("0.20003"), D(50), D("0.0005"), side) == D(bound)


@pytest.mark.parametrize(
    ("quantity", "word"),
    [("0", "at least"), ("100001", "at most"), ("24", "value of at least"), ("25", None), ("100000", None)],
)
def test_an_instrument_says_why_a_quantity_does_not_fit(quantity: str, word: str | None) -> None:
    """Minimum, maximum, value; None at each border that fits."""
    said = INSTRUMENT.objection(D(quantity), D("0.2"))
    assert (said is None) if word is None else (said is not None and word in said)


@pytest.mark.parametrize(
    ("quantity", "step", "sliced", "expected"),
    [
        ("269", "1", False, "269"),
        ("269", "1", True, "134"),
        ("169", "100", True, "100"),
        ("169", "100", False, "169"),
        ("69", "100", True, "69"),
        ("1", "1", True, "1"),
    ],
)
def test_a_close_takes_the_lots_that_there_are(quantity: str, step: str, sliced: bool, expected: str) -> None:
    """Half where the market took less, whole lots where the step has grown, and all where there is no lot in it."""
    grown = replace(INSTRUMENT, step=D(step), min_quantity=D(1))
    assert grown.one_order_of(D(quantity), sliced=sliced) == D(expected)


def test_an_instrument_without_limits_objects_to_nothing_but_nothing() -> None:
    """0 is no rule; a quantity of zero is still none."""
    free = Instrument(INSTRUMENT.symbol, D(0), D(0), D(0), D(0), D(0), D(1), trading=True)
    assert free.objection(D("0.00000001"), D(1)) is None
    assert free.round_quantity(D("1.23")) == D("1.23")
    assert free.objection(D(0), D(1)) is not None
    assert SizeUnit("risk_pct") is SizeUnit.RISK_PERCENT
