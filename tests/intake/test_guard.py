"""What guards a position, as it comes in: take-profits, partial closes, protect, flatten, reverse.

All is read here as if it were served; `test_canonical` and the last test show what is refused until it is.
"""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.intake.canonical import Defaults
from seawall.intake.problem import Problem
from seawall.intake.served import LATER
from seawall.model.content import content_digest
from seawall.model.signal import Action, OnOpposite, Signal, Stop, TakeProfit, TriggerBy
from seawall.model.times import SECOND
from tests.intake import bodies
from tests.intake.bodies import closing, opening, protecting

D = Decimal
TWO = [{"pct": "2", "share": "50"}, {"price": 0.19, "share": 30}]


def signal(body: object) -> Signal:
    """The signal of a body that is right once all is served."""
    return bodies.signal(body, later=())


def problem(body: object) -> Problem:
    """The problem of a body that is wrong even then."""
    return bodies.problem(body, later=())


def flattening(**changes: object) -> dict[str, object]:
    """A flatten of everything, with changes."""
    return {"id": "flat-7", "account": "main", "action": "flatten", **changes}


# ---- take-profits


def test_a_ladder_is_read_rung_by_rung() -> None:
    """By percent or by price, exactly, in the order in which it came."""
    assert signal(opening(take_profit=TWO)).take_profit == (
        TakeProfit(D(50), percent=D(2)),
        TakeProfit(D(30), price=D("0.19")),
    )


@pytest.mark.parametrize(("told", "rungs"), [(None, None), ([], ()), ([{"pct": 3}], (TakeProfit(D(100), None, D(3)),))])
def test_a_ladder_may_be_absent_empty_or_of_one_rung(told: object, rungs: object) -> None:
    """One rung without a share takes all; none at all is not the same as an empty ladder."""
    assert signal(opening(take_profit=told)).take_profit == rungs
    assert signal(opening()).take_profit is None


@pytest.mark.parametrize(
    ("told", "path", "code", "expected", "came"),
    [
        ({"pct": 5}, "take_profit", "wrong_type", "a list of rungs, each with price or pct, and share", '{"pct": 5}'),
        (5, "take_profit", "wrong_type", "a list of rungs, each with price or pct, and share", "5"),
        ([5], "take_profit.0", "wrong_type", "an object with price or pct, and share", "5"),
        ([{"share": 5}], "take_profit.0", "missing", "exactly one of price, pct", "nothing"),
        ([{"pct": 1, "price": 2}], "take_profit.0", "bad_value", "exactly one of price, pct", "both"),
        ([{"pct": 0}], "take_profit.0.pct", "bad_value", "a plain number above 0 and at most 1000", "0"),
        ([{"price": "dear"}], "take_profit.0.price", "bad_value", "a plain number above 0", "dear"),
        ([{"pct": 1, "share": 101}], "take_profit.0.share", "bad_value", "a plain number above 0 and at most 100", "101"),
        ([{"pct": 1, "shar": 9}], "take_profit.0.shar", "unknown_field", "share, perhaps", "the unknown field shar"),
        (
            [{"pct": 1, "share": 9}, {"pct": 2}],
            "take_profit.1.share",
            "missing",
            "the percent of the position that leaves here, since there are several rungs",
            "nothing",
        ),
        ([{"pct": 1, "share": 60}, {"pct": 2, "share": "40.5"}], "take_profit", "bad_value", "shares that sum to at most 100", "100.5 in all"),
        ([{"pct": n + 1, "share": 1} for n in range(11)], "take_profit", "bad_value", "at most 10 rungs", "11 rungs"),
    ],
)  # fmt: skip
def test_each_mistake_in_a_ladder_is_named(told: object, path: str, code: str, expected: str, came: str) -> None:
    """The answer names the rung by its place, and its example, sent instead, is right."""
    found = problem(opening(take_profit=told))
    assert (found.status, found.path, found.code, found.expected, found.came) == (422, path, code, expected, came)
    assert isinstance(signal(json.loads(json.dumps(found.example))), Signal)


def test_the_example_keeps_the_senders_own_rungs() -> None:
    """Only what was wrong is changed; of too much, the shares."""
    rungs = [{"price": "0.19", "share": "80"}, {"pct": "9", "share": "80"}]
    right = [{"price": "0.19", "share": "50"}, {"pct": "9", "share": "50"}]
    assert problem(opening(take_profit=rungs)).example["take_profit"] == right
    found = problem(opening(take_profit=[{"price": 0.190, "share": 50}, {"pct": -9, "share": 50}]))
    assert found.example["take_profit"] == [{"price": "0.19", "share": 50}, {"pct": "2", "share": 50}]


# ---- protect


@pytest.mark.parametrize(
    ("told", "stop"),
    [
        ({"price": "0.2"}, Stop(price=D("0.2"))),
        ({"pct": 2}, Stop(percent=D(2))),
        ({"break_even": 0}, Stop(break_even=D(0))),
        ({"break_even": True}, Stop(break_even=D(0))),
        ({"break_even": "0.05"}, Stop(break_even=D("0.05"))),
    ],
)
def test_a_protect_moves_the_stop(told: object, stop: Stop) -> None:
    """To a price, to a percent of the average, or to the average itself and a little beyond."""
    found = signal(protecting(stop=told))
    assert (found.action, found.stop, found.take_profit, found.side) == (Action.PROTECT, stop, None, None)


def test_a_protect_may_bring_another_ladder() -> None:
    """With a stop or without; an empty one takes the take-profits away."""
    assert signal(protecting(take_profit=[])).take_profit == ()
    both = signal(protecting(take_profit=TWO, stop={"pct": 1}, trigger_by="last"))
    assert both.stop == Stop(percent=D(1), trigger_by=TriggerBy.LAST)
    assert len(both.take_profit or ()) == 2


@pytest.mark.parametrize(
    ("changes", "path", "code", "expected"),
    [
        ({}, "stop", "missing", "a stop, a take_profit, or both"),
        ({"stop": {}}, "stop", "missing", "exactly one of price, pct, break_even"),
        ({"stop": {"price": 1, "break_even": 0}}, "stop", "bad_value", "exactly one of price, pct, break_even"),
        ({"stop": {"break_even": -1}}, "stop.break_even", "bad_value", "a plain number of at least 0 and at most 100"),
        ({"stop": {"break_even": False}}, "stop.break_even", "wrong_type", "a number"),
        ({"stop": {"pct": 1}, "size": {"base": 1}}, "size", "bad_value", "nothing: size belongs to an open"),
        ({"stop": {"pct": 1}, "percent": 50}, "percent", "bad_value", "nothing: percent belongs to a close"),
    ],
)
def test_each_mistake_in_a_protect_is_named(changes: dict[str, object], path: str, code: str, expected: str) -> None:
    """It says where something goes, and nothing else; the example is right."""
    found = problem(protecting(**changes))
    assert (found.path, found.code, found.expected) == (path, code, expected)
    assert isinstance(signal(json.loads(json.dumps(found.example))), Signal)


def test_break_even_is_no_stop_of_an_opening() -> None:
    """Where the average is not known yet there is nothing to break even with."""
    found = problem(opening(stop={"break_even": 0}))
    assert (found.path, found.expected) == (
        "stop.break_even",
        "nothing: break_even moves a stop that stands, with the action protect",
    )


# ---- close, flatten, reverse


@pytest.mark.parametrize(("told", "percent"), [(None, D(100)), (50, D(50)), ("33.3", D("33.3")), (100, D(100))])
def test_a_close_takes_a_part_or_all(told: object, percent: Decimal) -> None:
    """All, where it does not say."""
    assert signal(closing(percent=told)).percent == percent


@pytest.mark.parametrize("told", [0, -5, 100.1, "half"])
def test_a_part_is_above_nothing_and_at_most_all(told: object) -> None:
    """Anything else is refused with its field."""
    found = problem(closing(percent=told))
    assert (found.path, found.expected) == ("percent", "a plain number above 0 and at most 100")


def test_a_size_in_a_close_is_answered_with_the_field_that_serves() -> None:
    """A part is a percent of what is open: a size is none, since it may be more."""
    found = problem(closing(size={"base": 3}))
    assert (found.code, found.path) == ("not_supported", "size")
    assert "the part of it that the field percent names" in found.expected


@pytest.mark.parametrize(("told", "symbol"), [(None, ""), ("all", ""), (" ALL ", ""), ("VELVETUSDT.P", "VELVETUSDT")])
def test_a_flatten_is_of_one_symbol_or_of_all(told: object, symbol: str) -> None:
    """All, where it does not say; the account is named like in any other signal."""
    found = signal(flattening(symbol=told))
    assert (found.action, found.symbol, found.account) == (Action.FLATTEN, symbol, bodies.MAIN)


@pytest.mark.parametrize("body", [closing(symbol="all"), protecting(symbol="all", stop={"pct": 1})])
def test_only_a_flatten_is_of_all(body: dict[str, object]) -> None:
    """A close or a protect of everything is no word of ours."""
    assert problem(body).code == "unknown_symbol"
    assert problem({**body, "symbol": None}).code == "missing"


def test_what_only_reduces_has_no_age() -> None:
    """A close, a protect and a flatten are never stale: neither their own nor the account's limit is taken over."""
    usual = Defaults(max_age=5 * SECOND)
    for body in (closing(), protecting(stop={"pct": 1}), flattening()):
        found = bodies.signal({**body, "max_age_s": 1}, usual, later=())
        assert content_digest(found) == content_digest(signal(body))


def test_an_opening_may_turn_the_slot_round() -> None:
    """on_opposite = reverse."""
    assert signal(opening(on_opposite="reverse")).on_opposite is OnOpposite.REVERSE


# ---- until it is served


@pytest.mark.parametrize(
    "body",
    [
        opening(take_profit=TWO),
        opening(on_opposite="Reverse"),
        closing(percent=50),
        protecting(stop={"pct": 1}),
        flattening(),
        opening(expect_prev="flat"),
    ],
)
def test_what_is_not_served_yet_is_refused_by_name(body: dict[str, object]) -> None:
    """Each line of the one table refuses its word; without the line it is read."""
    told = json.dumps(body).lower()
    standing = [line for line in LATER if f'"{line[1] or line[0]}"' in told]
    if standing:
        found = bodies.problem(body)
        assert (found.code, found.path) == ("not_supported", standing[0][0])


_PARTS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 200) | st.text(max_size=4) | st.sampled_from(["1e3", "0", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["price", "pct", "share", "break_even"]) | st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip


@given(
    st.sampled_from(["take_profit", "stop", "percent", "symbol"]),
    _PARTS,
    st.sampled_from([opening, protecting, closing]),
)
def test_nothing_in_these_fields_raises(name: str, value: object, body: object) -> None:
    """Anything at all in them is a signal or a problem, and a problem has an example."""
    found = bodies.parsed(json.dumps(body(**{name: value})).encode(), later=())  # type: ignore[operator]
    assert isinstance(found, Signal) or found.example
