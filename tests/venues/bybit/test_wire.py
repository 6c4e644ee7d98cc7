"""The venue's spellings (bybit.md 1.2)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seawall.model.amounts import ZERO
from seawall.venues.bybit.wire import (
    Envelope,
    Frame,
    Garbled,
    OrderRow,
    Placed,
    Scalar,
    amount,
    given,
    instant,
    read,
    stated,
    whole,
)

NOTHINGS: list[Scalar] = [None, "", "0", "0.00", "0.000", "UNKNOWN", "None", 0]


@pytest.mark.parametrize("spelling", NOTHINGS)
def test_every_spelling_of_nothing_is_nothing(spelling: Scalar) -> None:
    """Nothing and zero are one thing on this venue, whichever of its spellings comes."""
    assert (amount(spelling), stated(spelling), whole(spelling), instant(spelling)) == (ZERO, None, 0, 0)


@pytest.mark.parametrize(
    ("spelling", "number"),
    [("0.00133", "0.00133"), ("-26.98", "-26.98"), (12, "12"), ("1E-8", "0.00000001"), ("1190.000", "1190")],
)
def test_numbers_stay_exact(spelling: Scalar, number: str) -> None:
    """A number comes as text or as an integer, and is never a binary fraction on its way."""
    assert amount(spelling) == given(spelling) == Decimal(number)
    assert stated(spelling) == (Decimal(number) if Decimal(number) > 0 else None)


@pytest.mark.parametrize("spelling", ["abc", "1,5", "NaN", "Infinity", "1E999999", "--1"])
def test_what_is_no_number_is_garbled(spelling: str) -> None:
    """Text in the place of a number is bytes out of the dialect, and so is a number of a million digits."""
    with pytest.raises(Garbled, match="expected a"):
        amount(spelling)


@pytest.mark.parametrize("spelling", ["1.5", "x"])
def test_what_is_no_whole_number_is_garbled(spelling: str) -> None:
    """Instants, codes and indices are whole."""
    with pytest.raises(Garbled):
        whole(spelling)


def test_venue_milliseconds_become_microseconds() -> None:
    """Instants come as text in lists and as numbers in envelopes."""
    assert instant("1672217748287") == instant(1_672_217_748_287) == 1_672_217_748_287_000


@pytest.mark.parametrize("code", [0, "0", 10001, "10001", -1])
def test_a_return_code_is_read_as_number_or_text(code: int | str) -> None:
    """The code has been seen as text (incident I25), which must not turn a success into a failure."""
    body = f'{{"retCode": "{code}"}}' if isinstance(code, str) else f'{{"retCode": {code}}}'
    assert read(Envelope, body).code == int(code)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"retCode":', b"[]", b"null", b'{"retMsg":"OK"}', b"\xff\xfe"])
def test_what_is_no_envelope_is_garbled(body: bytes) -> None:
    """Half a body, a proxy's page, or JSON of another kind."""
    with pytest.raises(Garbled):
        read(Envelope, body)


def test_missing_fields_are_nothing_and_new_ones_are_ignored() -> None:
    """The venue adds fields every few months and leaves out others."""
    row = read(OrderRow, b'{"orderId":"1","brandNew":{"a":[1]},"side":null}')
    assert (row.order_id, row.side, row.qty) == ("1", None, None)
    assert read(Placed, b"{}") == Placed()


def test_a_fraction_that_is_no_text_is_refused() -> None:
    """A price as a JSON fraction is not in the dialect, and is not rounded through a binary one."""
    with pytest.raises(Garbled):
        read(OrderRow, b'{"qty":0.1}')


def test_a_frame_is_news_or_an_answer() -> None:
    """Frames write their own fields in snake case, unlike everything else."""
    frame = read(Frame, '{"success":true,"ret_msg":null,"op":"auth","conn_id":"c","req_id":7}')
    assert (frame.op, frame.success, frame.topic, frame.ret_msg) == ("auth", True, "", None)
