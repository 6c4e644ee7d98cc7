"""What became of each act that carries an order: an entry, a close, a take-profit; and of the cancels.

An act is known by its name and its intention. Its outcome is the venue's or the house's own word about the *request*;
what became of the *order* stands in `orders.py`. `missed` counts the complete reads that did not see it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from seawall.model import events as ev
from seawall.model.acts import Outcome, Reason
from seawall.model.ids import ClientId
from seawall.model.times import Duration, Instant


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one act that carries an order, and which complete reads missed its name."""

    client_id: ClientId
    n: int
    intended_at: Instant
    outcome: Outcome | None = None
    reason: Reason = Reason.NONE
    code: str = ""
    concluded_at: Instant = 0
    retry_after: Duration = 0
    missed: tuple[Instant, ...] = ()

    @property
    def never_was(self) -> bool:
        """Refused or not sent, by the venue's or the house's own word about the request, whatever was seen of the order
        (`SagaState.never_stood`). A duplicate name is no refusal: it was seen.
        """
        refused = self.outcome is Outcome.REFUSED and self.reason is not Reason.DUPLICATE_NAME
        return refused or self.outcome is Outcome.NOT_SENT


S = TypeVar("S", bound=Sent)


@dataclass(frozen=True, slots=True)
class Attempt(Sent):
    """One attempt of the entry, with its intention."""

    intent: ev.EntryIntended | None = None
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Close(Sent):
    """One close, with its intention."""

    intent: ev.CloseIntended | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What the owner asked to close while `keep` stays: so much in all, by closes numbered from `n` on."""

    asked: Decimal
    keep: Decimal
    n: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """The latest cancel of one target. `again`: an earlier one may have arrived, whatever becomes of this."""

    client_id: ClientId
    n: int
    target: ClientId
    is_stop: bool
    intended_at: Instant
    outcome: Outcome | None = None
    reason: Reason = Reason.NONE
    concluded_at: Instant = 0
    retry_after: Duration = 0
    again: bool = False

    @property
    def may_act(self) -> bool:
        """Whether it may yet take its target away, or has: not if it never left, or was refused as not executed."""
        refused = self.outcome is Outcome.REFUSED and self.reason.is_not_executed
        return self.again or not (refused or self.outcome is Outcome.NOT_SENT)


@dataclass(frozen=True, slots=True)
class Rung(Sent):
    """One order of a rung of the take-profits, with its intention; None where the record of that was lost."""

    intent: ev.TakeProfitIntended | None = None


def conclude_sent(sent: S, event: ev.ActConcluded) -> S:
    """`sent` with its outcome, if it is the one. A definite word is never taken back by an Unknown."""
    if sent.client_id != event.client_id:
        return sent
    if sent.outcome not in (None, Outcome.UNKNOWN) and event.outcome is Outcome.UNKNOWN:
        return sent
    return replace(
        sent,
        outcome=event.outcome,
        reason=event.reason,
        code=event.code,
        concluded_at=event.at,
        retry_after=event.retry_after,
    )


def conclude_cancel(cancel: Cancel, event: ev.ActConcluded) -> Cancel:
    """`cancel` with its outcome, if it is the one."""
    if cancel.client_id != event.client_id:
        return cancel
    return replace(
        cancel, outcome=event.outcome, reason=event.reason, concluded_at=event.at, retry_after=event.retry_after
    )


def missed_once_more(sent: S, event: ev.OrderNotVisible) -> S:
    """`sent` after a complete read that did not see it, if it is the one."""
    return replace(sent, missed=(*sent.missed, event.began_at)) if sent.client_id == event.client_id else sent


def counted_anew(sent: S, client_id: ClientId) -> S:
    """`sent` without its misses, if it is the one: it was seen, or a read failed."""
    return replace(sent, missed=()) if sent.client_id == client_id and sent.missed else sent
