"""What guards a position, on the command line: what is sent, what is waited for, and what a receipt shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seawall.cli.figures import figures
from seawall.cli.send import Guarding, Opening, _code, _is_at
from seawall.history.receipt import receipt
from seawall.intake.served import LATER
from seawall.service.problems import Exit
from tests.cli.terminal import command, rig
from tests.history.stories import taken, velvet

OPEN = ("signal", "open", "BTCUSDT", "buy", "--size", "1000", "--stop-pct", "2")


def test_a_ladder_is_said_rung_by_rung() -> None:
    """A percent or a price, each with its share; one alone needs none; "none" takes the ladder away."""
    rungs = [{"pct": "2", "share": "50"}, {"price": "71000", "share": "50"}]
    opening = Opening(size="50", take_profit=["2:50", "@71000:50"], on_opposite="reverse")
    assert (opening.fields()["take_profit"], opening.fields()["on_opposite"]) == (rungs, "reverse")
    assert "on_opposite" not in Opening(size="50").fields()
    assert Guarding(take_profit=["3"]).fields() == {"take_profit": [{"pct": "3"}]}
    assert Guarding(take_profit=["none"]).fields() == {"take_profit": []}


def test_a_stop_is_moved_by_price_percent_or_break_even() -> None:
    """Only what was said is sent."""
    assert Guarding(stop_price="0.2", trigger_by="last").fields() == {"stop": {"price": "0.2"}, "trigger_by": "last"}
    assert Guarding(break_even="0").fields() == {"stop": {"break_even": "0"}}
    assert Guarding().fields() == {}


def _view(state: str, *moves: tuple[str, str], pending: tuple[str, ...] = ()) -> dict[str, Any]:
    told = [{"detail": detail, "fate": fate} for detail, fate in moves]
    return {"state": state, "asked": {"moves": told, "parts": [], "pending": pending}}


@pytest.mark.parametrize(
    ("view", "at", "code"),
    [
        (_view("protected", ("signal p", "done")), True, Exit.OK),
        (_view("protected", ("signal p", "pending"), pending=("the stop is moving to 1",)), False, Exit.REFUSED),
        (_view("protected", ("signal p", "refused")), True, Exit.REFUSED),
        (_view("protected", ("signal other", "refused"), ("signal p, 2 rungs", "done")), True, Exit.OK),
        (_view("flat"), True, Exit.OK),
        (_view("unprotected", pending=("9 are being closed",)), False, Exit.UNPROTECTED),
    ],
)
def test_the_exit_code_says_whether_it_was_done(view: dict[str, Any], at: bool, code: Exit) -> None:
    """Done is 0, refused or not done in time 4, and 8 if something stands open without a proven stop."""
    assert (_is_at(view, "done"), _code(view, "done", "p")) == (at, code)


def test_a_receipt_shows_who_took_it_and_what_was_asked() -> None:
    """Every exit with its gain, the sum before and after fees, the venue's word, the ladder, the moves."""
    found = receipt(taken().recorded())
    assert found is not None
    lines = figures(found)
    assert [text for name, text in lines if name == "by"] == [
        "take-profit 1: 13 at 0.196, realised 0.052",
        "the stop: 13 at 0.206, realised -0.078",
    ]
    told = dict(lines)
    assert (told["realised, before fees"], told["realised, after fees"]) == ("-0.026", "-0.029")
    assert (told["the venue says realised"], told["THE VENUE DIFFERS"]) == ("-0.026", "")
    assert told["take-profit 1"] == "50 % at 0.196, placed, 13 taken"
    fees = told["fees"]
    partial = dict(figures(replace(found, fees=None)))
    assert (fees, partial["fees"]) == ("0.003", "unknown: not every trade was told with its fee")
    assert (partial["realised, before fees"], partial["realised, after fees"]) == ("-0.026", "unknown")
    moved = receipt(velvet().move_asked(1_000, "0.201").confirmed(1_080, 1_040, trigger="0.201").recorded())
    assert moved is not None
    assert dict(figures(moved))["stop moved"] == "from 0.206 to 0.201: done in 80 ms, naked 0.0 ms"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((*OPEN, "--take-profit", "2:50", "--take-profit", "4:50"), ("take_profit", "")),
        ((*OPEN, "--on-opposite", "reverse"), ("on_opposite", "reverse")),
        (("signal", "close", "BTCUSDT", "--percent", "50"), ("percent", "")),
        (("signal", "protect", "BTCUSDT", "--break-even", "0"), ("action", "protect")),
    ],
)
def test_what_is_not_served_yet_is_refused_with_4(
    tmp_path: Path, arguments: tuple[str, ...], word: tuple[str, str]
) -> None:
    """The service's own words, while its table has the line; without it the form is taken."""
    with rig(tmp_path):
        ran = command(tmp_path, *arguments)
    assert ("not served yet" in ran.out) is (word in LATER)
    assert word not in LATER or ran.code == Exit.REFUSED
