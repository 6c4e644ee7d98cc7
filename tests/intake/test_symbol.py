"""Symbols: every common spelling is resolved to what the venue lists, and nothing is guessed."""

from __future__ import annotations

import pytest

from seawall.intake.problem import Objection
from seawall.intake.symbol import resolve
from seawall.model.ids import VenueName
from tests.intake.bodies import LISTED, opening, problem


@pytest.mark.parametrize(
    "text",
    [
        "BTCUSDT",
        "btcusdt",
        " BTCUSDT ",
        "BTCUSDT.P",
        "BYBIT:BTCUSDT.P",
        "bybit:btcusdt",
        "BTC/USDT",
        "BTC/USDT:USDT",
        "BTC-USDT-SWAP",
        "BTC-USDT",
    ],
)
def test_every_common_spelling_is_the_venues_symbol(text: str) -> None:
    """What charts, ccxt and other venues call it is one contract."""
    assert resolve(text, VenueName.BYBIT, LISTED) == "BTCUSDT"


def test_what_the_venue_lists_is_taken_as_it_stands() -> None:
    """A listed symbol is never respelled, whatever marks it contains."""
    assert resolve("BTC-26DEC25", VenueName.BYBIT, ("BTC-26DEC25",)) == "BTC-26DEC25"  # type: ignore[arg-type]


def test_while_nothing_is_listed_the_spelling_alone_is_put_right() -> None:
    """Before the venue's list is known the desk has to say whether the symbol exists."""
    assert resolve("BINANCE:XYZUSDT.P", VenueName.BINANCE, ()) == "XYZUSDT"


def test_another_venues_prefix_is_refused() -> None:
    """The same name on another exchange may be another contract."""
    with pytest.raises(Objection) as caught:
        resolve("BINANCE:BTCUSDT.P", VenueName.BYBIT, LISTED)
    assert (caught.value.expected, caught.value.came) == (
        "a symbol of bybit, as the account is there",
        "BINANCE:BTCUSDT.P",
    )


def test_an_inverse_contract_is_refused() -> None:
    """A contract settled in its base is not a linear one."""
    with pytest.raises(Objection) as caught:
        resolve("BTC/USD:BTC", VenueName.BYBIT, LISTED)
    assert caught.value.expected == "a linear contract, settled in its quote (USD)"


@pytest.mark.parametrize(
    ("text", "near"), [("PEPEUSDT", "1000PEPEUSDT"), ("VELVTUSDT", "VELVETUSDT"), ("BTC", "BTCUSDT")]
)
def test_an_unknown_symbol_is_answered_with_the_nearest(text: str, near: str) -> None:
    """The answer says how many there are and which are most like it, and the example uses the nearest."""
    found = problem(opening(symbol=text))
    assert (found.status, found.code, found.path, found.came) == (422, "unknown_symbol", "symbol", text)
    assert found.expected.startswith("one of 5 symbols of binance, nearest ")
    assert found.example["symbol"] == near


@pytest.mark.parametrize("text", ["", "   ", ":", "/", "-SWAP", "\u0130", "QQQQQQQQ"])
def test_nothing_like_a_symbol_is_still_answered(text: str) -> None:
    """Empty text, marks alone and strange letters are unknown or wrong, and never an exception."""
    assert problem(opening(symbol=text)).path == "symbol"
