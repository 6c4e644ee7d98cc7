"""What is said of a receipt whose figures are not the venue's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest

from seawall.drill.receipts import false_receipts
from seawall.sagas.evidence.sent import Attempt
from seawall.sagas.evidence.state import SagaState
from tests.history.stories import ENTRY, Story, rung_name, taken
from venuesim.facts import FillState, OrderFilled
from venuesim.judge import Episode
from venuesim.verdict import Close, EntryOrder
from venuesim.words import Origin, Side

D = Decimal
HALF = D(13)


def sold_and_bought_back(**changes: str) -> list[FillState]:
    """The venue's fills of the story `taken`: an entry, a rung and the stop, unless changed."""
    true = {"entered": "26", "at": "0.2", "fee": "0.001", "taken_at": "0.196", "stopped_at": "0.206", "lost": "-0.078"}
    told = {name: D(value) for name, value in (true | changes).items()}
    return [
        fill("1", Side.SELL, told["entered"], told["at"], told["fee"], D(0)),
        fill("2", Side.BUY, HALF, told["taken_at"], D("0.001"), D("0.052")),
        fill("3", Side.BUY, HALF, told["stopped_at"], D("0.001"), told["lost"]),
    ]


def fill(order: str, side: Side, quantity: Decimal, price: Decimal, fee: Decimal, realized: Decimal) -> FillState:
    """One fill of the venue's book."""
    return FillState(
        f"f{order}", order, "", "a", "S", side, price, quantity, fee, realized, D(0), D(0), False, Origin.CLIENT, 1, 1
    )


def closed_by(*what: str) -> Episode:
    """The position of the entry, and what took its two halves; a take-profit of ours always has a name of ours."""
    names = {"take_profit": rung_name(0)}
    closes = [Close(each, str(2 + place), names.get(each, ""), HALF, 100) for place, each in enumerate(what)]
    entry = EntryOrder("1", ENTRY, "client", D(26), D(26))
    return Episode("a", "S", "sell", 0, 100, D(26), [entry], 0, [], [], 10, None, 0, 0, D(0), closes, turned_over=False)


def wrongs(story: Story, fills: list[FillState], *episodes: Episode) -> list[str]:
    """What is said of the story's receipt."""
    nowhere = cast("Any", None)
    facts = [OrderFilled(nowhere, nowhere, each) for each in fills]
    state = SagaState(story.signal, attempts=(Attempt(ENTRY, 1, 0),))
    return list(false_receipts(episodes, facts, story.recorded(), {story.sid: state}))


RUNG_AND_STOP = closed_by("take_profit", "stop")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"entered": "27"}, "that 26 were filled, not 27"),
        ({"at": "0.21"}, "that it entered at 0.2, not at 0.21"),
        ({"at": "0.200001"}, ""),
        ({"taken_at": "0.19"}, "that it left at 0.201, not at 0.198"),
        ({"fee": "0.002"}, "that the fees were 0.003, not 0.004"),
        ({"lost": "-0.09"}, "that by the venue's word -0.026 were realised, not -0.038"),
    ],
)
def test_each_figure_is_held_against_the_venues_own(changes: dict[str, str], said: str) -> None:
    """Quantity, averages, fees and gain are the book's, an average to within its rounding."""
    found = wrongs(taken(), sold_and_bought_back(**changes), RUNG_AND_STOP)
    assert (f"the receipt of taken-1 says {said}" in found) if said else found == []


@pytest.mark.parametrize("closes", [("take_profit", "order"), ("stop", "stop"), ("take_profit", "liquidation")])
def test_who_took_it_away_is_held_against_the_book(closes: tuple[str, str]) -> None:
    """What the receipt calls a take-profit and the stop was one and the other."""
    assert wrongs(taken(), sold_and_bought_back(), RUNG_AND_STOP) == []
    (found,) = wrongs(taken(), sold_and_bought_back(), closed_by(*closes))
    assert found.startswith("the receipt of taken-1 says that it left by stop 13 and take_profit 13, not by")


def test_an_exit_that_is_missing_or_without_a_price_is_told() -> None:
    """At the end every price is known, and nothing that has left is still shown as open."""
    story = taken()
    story.told = [(at, event) for at, event in story.told if getattr(event, "report", None) is None or at < 9_000]
    assert any(
        one.endswith("13 left at an unknown price") for one in wrongs(story, sold_and_bought_back(), RUNG_AND_STOP)
    )
    story.told.pop()
    found = wrongs(story, sold_and_bought_back(), RUNG_AND_STOP)
    assert any("left by take_profit 13, not by" in one for one in found)


def test_an_entry_that_opened_two_positions_is_counted_once() -> None:
    """Its stop may fire between two of its partial fills: each fill is one, whichever position it opened."""
    first, second = (msgspec.structs.replace(RUNG_AND_STOP, closes=[close]) for close in RUNG_AND_STOP.closes)
    assert wrongs(taken(), sold_and_bought_back(), first, second) == []


def test_a_position_that_another_entered_too_is_not_asked_about() -> None:
    """What became of it is not this signal's alone to tell."""
    other = EntryOrder("9", rung_name(9), "client", D(1), D(1))
    shared = closed_by("stop", "hand")
    shared.entries.append(other)
    assert wrongs(taken(), sold_and_bought_back(), shared) == []


def test_after_the_crash_sweep_only_what_is_told_with_a_price_must_be_true() -> None:
    """An exit without a price is no lie there; one that the book knows of nobody is."""
    story = taken()
    facts = [OrderFilled(cast("Any", None), cast("Any", None), each) for each in sold_and_bought_back(at="0.21")]
    states = {story.sid: SagaState(story.signal, attempts=(Attempt(ENTRY, 1, 0),))}
    for closes, wrong in ((RUNG_AND_STOP, False), (closed_by("take_profit", "liquidation"), True)):
        found = list(false_receipts([closes], facts, story.recorded(), states, is_whole=False))
        assert bool(found) is wrong
