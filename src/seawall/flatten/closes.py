"""The closes of one slot: what has become of each, and the ladder that refusals and partial fills climb (rule 16).

The whole at market; then slices at market; then slices as immediate-or-cancel limits at the band. A refusal that the
venue book calls not executed climbs nothing and waits as long as the venue asked; one that speaks of the position
(-2022, 110017) or of orders in the way (-4118) climbs nothing either: it means that the books must be read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from seawall.model.acts import ClosePosition, Outcome, Reason
from seawall.model.amounts import ZERO
from seawall.model.ids import ClientId
from seawall.model.inputs import ActAnswered
from seawall.model.reports import OrderReport
from seawall.model.times import Bounds, Duration, Instant, growing

TOP_RUNG = 2
_MEANS_READ = (Reason.REDUCE_ONLY, Reason.BLOCKED)


@dataclass(frozen=True, slots=True)
class Close:
    """One close: what was sent, what was answered, and what was seen of it since."""

    act: ClosePosition
    outcome: Outcome | None = None
    reason: Reason = Reason.NONE
    code: str = ""
    concluded_at: Instant = 0
    retry_after: Duration = 0
    filled: Decimal = ZERO
    filled_at: Instant = 0
    """The venue's time of the latest word that showed a fill."""
    is_over: bool = False
    """Whether it can fill no more, by a word about itself."""

    @property
    def never_was(self) -> bool:
        """Refused or not sent, and not seen to fill: a refusal is a claim. A duplicate name is none: it was seen."""
        refused = self.outcome is Outcome.REFUSED and self.reason is not Reason.DUPLICATE_NAME
        return (refused or self.outcome is Outcome.NOT_SENT) and not self.filled

    @property
    def is_settled(self) -> bool:
        """Whether nothing more can come of it."""
        return self.never_was or self.is_over

    @property
    def climbs(self) -> bool:
        """Whether the next close must be another kind: this one was refused for good, or took only a part."""
        refused = self.never_was and not self.reason.is_not_executed and self.reason not in _MEANS_READ
        refused = refused and self.outcome is not Outcome.NOT_SENT
        return refused or (self.is_over and self.filled < self.act.quantity)

    def answered(self, answer: ActAnswered) -> Close:
        """With the outcome of its act, whose words may show fills. An Unknown never takes a definite word back."""
        seen = self
        for report in answer.told.orders:
            seen = seen.seen(report) if report.client_id == self.act.client_id else seen
        if self.outcome not in (None, Outcome.UNKNOWN) and answer.outcome is Outcome.UNKNOWN:
            return seen
        return replace(
            seen,
            outcome=answer.outcome,
            reason=answer.reason,
            code=" ".join(word for word in (answer.code, answer.text) if word),
            concluded_at=answer.at,
            retry_after=answer.retry_after,
        )

    def seen(self, report: OrderReport) -> Close:
        """With what a word about the order shows; what is known never shrinks."""
        grew = report.filled > self.filled
        return replace(
            self,
            filled=max(self.filled, report.filled),
            filled_at=max(self.filled_at, report.venue_at) if grew else self.filled_at,
            is_over=self.is_over or report.status.is_terminal,
        )


@dataclass(slots=True)
class Closes:
    """The closes of one slot, oldest first."""

    made: tuple[Close, ...] = ()

    @property
    def last(self) -> Close | None:
        """The latest one."""
        return self.made[-1] if self.made else None

    @property
    def rung(self) -> int:
        """How far up the ladder the next one stands."""
        return min(sum(close.climbs for close in self.made), TOP_RUNG)

    @property
    def filled(self) -> Decimal:
        """What the venue has told of all of them."""
        return sum((close.filled for close in self.made), ZERO)

    @property
    def filled_at(self) -> Instant:
        """The venue's time of the latest fill; 0 before the first."""
        return max((close.filled_at for close in self.made), default=0)

    @property
    def concluded_at(self) -> Instant:
        """When the latest was answered; a read that shows what it did began later."""
        return max((close.concluded_at for close in self.made), default=0)

    @property
    def names(self) -> tuple[ClientId, ...]:
        """The names under which something may have left."""
        return tuple(close.act.client_id for close in self.made if close.outcome is not Outcome.NOT_SENT)

    @property
    def is_sliced(self) -> bool:
        """Whether the market bears less than the whole: it does again once a close took all that it asked for."""
        last = self.last
        return self.rung > 0 and (last is None or last.filled < last.act.quantity)

    def add(self, act: ClosePosition) -> None:
        """One more leaves."""
        self.made = (*self.made, Close(act))

    def answered(self, answer: ActAnswered) -> Close | None:
        """Takes in the outcome of one; which, or None for another act's."""
        self.made = tuple(
            close.answered(answer) if close.act.client_id == answer.client_id else close for close in self.made
        )
        return next((close for close in self.made if close.act.client_id == answer.client_id), None)

    def seen(self, report: OrderReport) -> None:
        """Takes in a word about an order, if it is one of these."""
        self.made = tuple(
            close.seen(report) if close.act.client_id == report.client_id else close for close in self.made
        )

    def unsettled(self) -> tuple[Close, ...]:
        """Those of which more may come, and about which it is worth asking."""
        return tuple(close for close in self.made if close.outcome is not None and not close.is_settled)

    def due_at(self, bounds: Bounds) -> Instant:
        """When the next may leave. After one whose end is not known it waits `close_lag`, since another is reduce-only
        too; after closes in a row that took nothing the wait grows.
        """
        last = self.last
        if last is None:
            return 0
        empty = 0
        for close in reversed(self.made):
            if close.filled > 0:
                break
            empty += 1
        wait = growing(bounds.stop_repeat_every, empty - 1, bounds) if empty else 0
        lag = 0 if last.is_settled else bounds.close_lag
        return last.concluded_at + max(wait, last.retry_after, lag)

    @property
    def must_make_room(self) -> bool:
        """Whether resting reduce-only orders stand in the way of a close (binance.md 4.2: -4118, and -2022 too)."""
        return self.last is not None and self.last.reason in _MEANS_READ
