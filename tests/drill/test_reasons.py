"""What is said of a signal that ends for another reason than the venue's book tells."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from seawall.drill.reasons import false_reasons
from seawall.model.events import EndReason
from seawall.model.ids import ClientId
from seawall.sagas.evidence.sent import Attempt
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.phase import Phase
from tests.sagas.builders import signal
from venuesim.judge import Episode
from venuesim.verdict import Close, EntryOrder

ENTRY = ClientId("swdril-0123456789-e00000011")
ONE = Decimal(1)


def ended(reason: EndReason, *, knows: bool = True) -> SagaState:
    """A signal that is flat for this reason; `knows`: whether its journal has heard of its entry."""
    attempts = (Attempt(ENTRY, 1, 0),) if knows else ()
    return replace(SagaState(signal()), phase=Phase.FLAT, end=reason, attempts=attempts)


def closed_by(*what: str, under: str = "") -> Episode:
    """A position of that entry, and what took from it."""
    closes = [Close(each, str(number), under, ONE, 100) for number, each in enumerate(what)]
    entry = EntryOrder("1", ENTRY, "client", ONE, ONE)
    return Episode(
        "a", "S", "buy", 0, 100, ONE, [entry], 0, [], [], 10, None, 0, 0, Decimal(0), closes, turned_over=False
    )


@pytest.mark.parametrize(
    ("state", "episode", "said"),
    [
        (ended(EndReason.ABSENT), closed_by("order"), "ended as absent, and its entry had filled"),
        (ended(EndReason.STALE, knows=False), closed_by("order"), None),
        (ended(EndReason.CLOSED_OUTSIDE), closed_by("liquidation"), "closed_outside, and was closed by liquidation"),
        (ended(EndReason.CLOSED_OUTSIDE), closed_by("stop", "hand"), None),
        (ended(EndReason.CLOSED_OUTSIDE), closed_by("order", under=ENTRY.replace("-e", "-x")), None),
        (ended(EndReason.CLOSED_OUTSIDE), closed_by("stop", under="web_1"), None),
        (ended(EndReason.STOP_FILLED), closed_by("stop", under="web_1"), None),
        (ended(EndReason.CLOSED_OUTSIDE), closed_by("stop", under=ENTRY.replace("-e", "-s")), "and was closed by stop"),
        (ended(EndReason.CLOSED_OUTSIDE), closed_by("take_profit", under="web_1"), None),
        (
            ended(EndReason.CLOSED_OUTSIDE),
            closed_by("take_profit", under=ENTRY.replace("-e", "-t")),
            "and was closed by take_profit",
        ),
        (ended(EndReason.STOP_FILLED), closed_by("adl", "order"), "stop_filled, and was closed by adl and order"),
        (ended(EndReason.STOP_FILLED), closed_by(), "stop_filled, and was closed by nobody"),
        (ended(EndReason.CLOSED_BY_REQUEST), closed_by("stop"), None),
        (replace(ended(EndReason.STOP_FILLED), phase=Phase.PROTECTED), closed_by("adl"), None),
    ],
)
def test_a_reason_is_held_against_what_closed_the_position(
    state: SagaState, episode: Episode, said: str | None
) -> None:
    """Of what others closed the one who did it must be named; of what never filled nothing may have filled."""
    wrongs = list(false_reasons([episode], {state.signal.id: state}))
    assert len(wrongs) == (said is not None)
    assert all(wrong.endswith(said or "") for wrong in wrongs)
