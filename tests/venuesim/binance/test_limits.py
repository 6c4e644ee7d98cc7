"""Rate limits and the table of refusals (binance.md 1.3, 4.2)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from venuesim.dialects.binance.errors import REASONS, TEXTS, Denial, denial_of, usual_text
from venuesim.dialects.binance.limits import BAN, MINUTE, ORDERS_TEN_SECONDS, PATIENCE, TEN_SECONDS, Limits
from venuesim.facts import Reason, Refusal

START = 1_700_000_040_000_000


def refusal_of(limits: Limits, weight: int, now: int) -> tuple[int, int]:
    """Status and code with which a request of this weight is refused."""
    with pytest.raises(Denial) as caught:
        limits.charge_weight(weight, now)
    return caught.value.status, caught.value.code


def test_weight_past_the_limit_is_429_until_the_next_minute() -> None:
    """The 2,400th point passes, the next is refused, a new minute begins anew."""
    limits = Limits(lambda: 2_400)
    limits.charge_weight(2_400, START)
    assert limits.weight_headers(START) == (("X-MBX-USED-WEIGHT-1M", "2400"),)
    assert refusal_of(limits, 1, START) == (429, -1003)
    limits.charge_weight(1, START + MINUTE)
    assert limits.weight_headers(START + MINUTE) == (("X-MBX-USED-WEIGHT-1M", "1"),)


def test_who_goes_on_past_the_limit_is_banned_with_418_until_the_instant_its_text_names() -> None:
    """After the venue's patience every request is 418 until the ban ends, whatever its weight."""
    limits = Limits(lambda: 2_400)
    limits.charge_weight(2_400, START)
    for _ in range(PATIENCE):
        assert refusal_of(limits, 1, START) == (429, -1003)
    with pytest.raises(Denial, match=f"banned until {(START + BAN) // 1_000}"):
        limits.charge_weight(1, START)
    assert refusal_of(limits, 0, START + MINUTE) == (418, -1003)
    limits.charge_weight(1, START + BAN)
    assert limits.weight_headers(START + BAN) == (("X-MBX-USED-WEIGHT-1M", "1"),)


def test_orders_are_counted_by_account() -> None:
    """300 orders in ten seconds are an account's own; the next is 429 with -1015."""
    limits = Limits(lambda: 2_400)
    for _ in range(ORDERS_TEN_SECONDS):
        limits.charge_order("one", START)
    with pytest.raises(Denial, match="300 orders per TEN_SECONDS") as caught:
        limits.charge_order("one", START)
    assert (caught.value.status, caught.value.code) == (429, -1015)
    limits.charge_order("two", START)
    assert limits.order_headers("two", START) == (("X-MBX-ORDER-COUNT-10S", "1"), ("X-MBX-ORDER-COUNT-1M", "1"))
    limits.charge_order("one", START + TEN_SECONDS)
    assert limits.order_headers("one", START + TEN_SECONDS)[0] == ("X-MBX-ORDER-COUNT-10S", "1")


def test_every_reason_of_the_book_has_a_code_and_a_text() -> None:
    """No refusal of the book is left without this venue's words."""
    assert sorted(REASONS) == sorted(Reason)
    assert [code for code in REASONS.values() if code not in TEXTS] == []


@pytest.mark.parametrize(
    ("refusal", "code", "text"),
    [
        (Refusal(Reason.REDUCE_ONLY_FLAT), -2022, "ReduceOnly Order is rejected."),
        (
            Refusal(Reason.NOTIONAL_TOO_SMALL, limit=Decimal(5)),
            -4164,
            "Order's notional must be no smaller than 5 (unless you choose reduce only).",
        ),
        (Refusal(Reason.LEVERAGE_TOO_HIGH, got=50, limit=10), -4028, "Leverage 50 is not valid"),
        (Refusal(Reason.PRICE_RANGE, got=Decimal(3), base=Decimal(2)), -4016, "Limit price can't be higher than 2."),
        (Refusal(Reason.PRICE_RANGE, got=Decimal(1), base=Decimal(2)), -4024, "Limit price can't be lower than 2."),
        (Refusal(Reason.PRICE_RANGE), -4013, "Price less than min price."),
    ],
)
def test_a_refusal_quotes_the_number_its_text_names(refusal: Refusal, code: int, text: str) -> None:
    """Texts with a number carry the book's own."""
    denial = denial_of(refusal)
    assert (denial.status, denial.code, denial.text) == (400, code, text)


def test_every_text_can_be_told_without_its_numbers() -> None:
    """A planned refusal names no more than a code, and its text has no gaps in braces."""
    assert [code for code in TEXTS if "{" in usual_text(code)] == []
    assert usual_text(-1003).startswith("Too many requests; current limit of IP(127.0.0.1) is 2400 requests")
    assert usual_text(-9999) == ""


def test_keys_are_refused_with_401() -> None:
    """-2014 and -2015 are unauthorised, everything else a bad request (binance.md 4.2)."""
    assert [Denial(code).status for code in (-2014, -2015, -1121)] == [401, 401, 400]
