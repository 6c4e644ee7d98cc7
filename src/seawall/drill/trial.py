"""A trial: one drawn plan, played as the page that it is: first storm, then calm, judged from the venue's book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from seawall.drill import page, scenario
from seawall.drill.plans import Plan
from seawall.model.events import EndReason, Event
from seawall.model.ids import Symbol
from seawall.model.times import SECOND, Duration
from seawall.sagas.phase import Finding, Phase

STORM: Duration = 20 * SECOND
CALM = scenario.CALM
LASTING = scenario.LASTING
SYMBOLS = {venue: Symbol(name) for venue, name in page.SYMBOLS.items()}
NOTIONAL = Decimal(50)


@dataclass(slots=True)
class Result:
    """What a trial came to. `end` is "protected", "flat", "open" or "none"; `breaches` is empty if all held."""

    plan: Plan
    end: str
    reason: str
    naked_us: int
    was_filled: bool = False
    breaches: list[str] = field(default_factory=list)
    fired: int = 0
    fired_kinds: list[str] = field(default_factory=list)
    visited: list[tuple[Phase, Finding]] = field(default_factory=list)
    events: int = 0
    took: Duration = 0

    @property
    def is_recoverable(self) -> bool:
        """Whether the entry filled and the venue would have taken a stop in time, and no user has moved the stop to
        where the market then went.
        """
        moved = any(hand.does == "protect" for hand in self.plan.page.hand)
        return self.plan.spares and self.was_filled and not (moved and self.reason == EndReason.STOP_FILLED)


def attempt(plan: Plan, tell: Callable[[Duration, Event], None] | None = None) -> Result:
    """Runs a plan to its end. `tell` is given every recorded event afterwards, dated from the signal."""
    outcome = scenario.play(plan.page, plan.venue, plan.seed)
    if tell is not None:
        for row in outcome.history:
            tell(row.at - outcome.began, row.event)
    return Result(
        plan,
        outcome.end,
        outcome.reason,
        outcome.naked_us,
        outcome.was_filled,
        [breach.text for breach in outcome.breaches],
        len(outcome.fired),
        outcome.fired,
        outcome.visited,
        len(outcome.history),
        outcome.took,
    )
