"""The hold on the naked timer: two closes by it within a minute on one account hold it for a minute.

A venue that refuses every stop is in trouble, and closing position after position at market is how a bot turns a
venue's trouble into its owner's loss (freqtrade#4999). Placing goes on meanwhile. A close because the market has passed
the trigger is not one of these.
"""

from __future__ import annotations

from dataclasses import dataclass

from seawall.model import events as ev
from seawall.model.times import MINUTE, Bounds, Instant


@dataclass(slots=True)
class NakedTimer:
    """When the timer last closed, and until when it is held."""

    bounds: Bounds
    last_at: Instant = 0
    held_until: Instant = 0

    def hear(self, event: ev.Event, now: Instant) -> ev.Event | None:
        """Counts a rollback by the timer; the second within a minute holds it, and a person is told."""
        if not isinstance(event, ev.RollbackBegan) or event.reason is not ev.EndReason.NAKED_TOO_LONG:
            return None
        told = None
        if self.last_at and now - self.last_at <= MINUTE:
            self.held_until = now + self.bounds.hold
            detail = "two positions stood naked too long within a minute: placing goes on, closing waits"
            told = ev.DistressRaised(ev.ACCOUNT_WIDE, ev.EVERY_SYMBOL, ev.DistressKind.TIMER_HELD, detail)
        self.last_at = now
        return told

    def end(self, now: Instant) -> ev.Event | None:
        """The end of a hold, told once."""
        if not self.held_until or now < self.held_until:
            return None
        self.held_until = 0
        return ev.DistressEnded(ev.ACCOUNT_WIDE, ev.EVERY_SYMBOL, ev.DistressKind.TIMER_HELD)
