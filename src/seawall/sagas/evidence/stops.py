"""What is known of one stop of ours, and what it is worth as cover.

A stop is REFUSED, UNKNOWN, ACKNOWLEDGED (not seen yet) or LIVE (seen). Only LIVE is protection that may be called so;
ACKNOWLEDGED stops the naked clock, since closing a position that is very likely covered was the origin bot's most
expensive mistake (ICNTUSDT, I15). What is no cover whatever the venue acknowledged: TRIGGERING for more than two
seconds (seen stuck for a day, binance.md 4.4), TRIGGERED, and every ended state while the position is open.

The join is like that of orders: a stop's status only moves on, the venue's ids are learnt once. A stop merely missing
from reads is not ended: reads lag (freqtrade#12681: minutes), so two misses `read_lag` apart only call for placing it
again, and the venue's answer decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum

from seawall.model.acts import Outcome, Reason
from seawall.model.amounts import ZERO
from seawall.model.events import ActConcluded, StopIntended
from seawall.model.ids import ClientId, VenueId, parse_client_id
from seawall.model.reports import Source, StopReport, StopStatus
from seawall.model.signal import TriggerBy
from seawall.model.times import Duration, Instant

_RANK = {
    StopStatus.LIVE: 1,
    StopStatus.TRIGGERING: 2,
    StopStatus.TRIGGERED: 3,
    StopStatus.REJECTED: 4,
    StopStatus.EXPIRED: 5,
    StopStatus.CANCELLED: 6,
    StopStatus.FINISHED: 7,
}
FIRING = (StopStatus.TRIGGERING, StopStatus.TRIGGERED)
ENDED = (StopStatus.REJECTED, StopStatus.EXPIRED, StopStatus.CANCELLED, StopStatus.FINISHED)


MEANS_READ = (Reason.STOP_EXISTS, Reason.NOT_MODIFIED, Reason.DUPLICATE_NAME)
"""Refusals that say that something stands already: what it is must be read before anything else is placed."""


class Cover(IntEnum):
    """What a stop is worth, ascending."""

    NONE = 0
    REFUSED = 1
    UNKNOWN = 2
    ACKNOWLEDGED = 3
    LIVE = 4


@dataclass(frozen=True, slots=True)
class StopFacts:
    """All that is known of one stop that we intended."""

    client_id: ClientId
    n: int
    trigger: Decimal
    trigger_by: TriggerBy
    quantity: Decimal | None
    intended_at: Instant
    attached: bool
    sendings: int = 1
    outcome: Outcome | None = None
    reason: Reason = Reason.NONE
    concluded_at: Instant = 0
    retry_after: Duration = 0
    status: StopStatus | None = None
    source: Source = Source.REPLY
    live_at: Instant = 0
    seen_at: Instant = 0
    """Venue time of the newest word by which it stood."""
    fired_at: Instant = 0
    """When it was first heard to be TRIGGERING or TRIGGERED."""
    venue_id: VenueId = VenueId("")
    order_id: VenueId = VenueId("")
    moved_by_hand: bool = False
    missed_first: Instant = 0
    missed_last: Instant = 0
    missed_before: Instant = 0
    """The beginning of the last read that did not see it, where a later word did: one of the two lagged."""
    trigger_at: Instant = 0
    """Venue time of the newest word about the trigger."""
    asked_first: Instant = 0
    """When it was first intended: any of its sendings may be the one that arrived."""

    @property
    def is_pending(self) -> bool:
        """An act for it may be under way."""
        return self.outcome is None and not self.attached

    @property
    def is_ended(self) -> bool:
        """Whether it has left the book for good."""
        return self.status in ENDED

    @property
    def may_live(self) -> bool:
        """Whether it may stand in the venue's book, now or soon: neither refused, nor kept back, nor seen to end."""
        dead = self.outcome in (Outcome.REFUSED, Outcome.NOT_SENT) and self.status is None
        return not dead and not self.is_ended

    @property
    def is_made(self) -> bool:
        """Whether it travelled with an entry and stands, as it was last seen to."""
        return self.attached and self.status is not None and not self.is_ended and not self.missed_first

    @property
    def took_hold(self) -> bool:
        """Whether it was seen to stand, or its placing acknowledged."""
        return self.status is StopStatus.LIVE or self.outcome is Outcome.ACKNOWLEDGED

    @property
    def is_kept_out(self) -> bool:
        """Whether the venue refused it because another exists."""
        return self.outcome is Outcome.REFUSED and self.reason is Reason.STOP_EXISTS and self.status is None

    @property
    def is_in_doubt(self) -> bool:
        """Whether its answer is open or was lost, or says that something stands, which must be read."""
        return self.is_pending or self.outcome is Outcome.UNKNOWN or self.reason in MEANS_READ

    def is_missing(self, read_lag: Duration) -> bool:
        """Whether two successful reads at least `read_lag` apart did not see it."""
        return self.missed_first > 0 and self.missed_last - self.missed_first >= read_lag


def intended(event: StopIntended, before: StopFacts | None) -> StopFacts:
    """The facts of a stop just intended, or intended again under the same name."""
    if before is not None:
        return replace(before, sendings=event.sending, outcome=None, intended_at=event.intended_at)
    return StopFacts(
        event.client_id,
        event.n,
        event.trigger,
        event.trigger_by,
        event.quantity,
        event.intended_at,
        event.attached,
        asked_first=event.intended_at,
    )


def found(report: StopReport) -> StopFacts:
    """The facts of a stop that was found at the venue: of ours, though its intention was lost with its process, or of
    the owner's, who put it in the place of ours.
    """
    return StopFacts(
        report.client_id,
        0,
        report.trigger if report.trigger is not None else ZERO,
        report.trigger_by or TriggerBy.MARK,
        report.quantity,
        report.at,
        attached=False,
        outcome=Outcome.ACKNOWLEDGED,
        moved_by_hand=parse_client_id(report.client_id) is None,
        asked_first=report.at,
    )


def conclude(facts: StopFacts, event: ActConcluded) -> StopFacts:
    """`facts` with the outcome of its act. An acknowledgement is never taken back by a later Unknown."""
    if facts.outcome is Outcome.ACKNOWLEDGED and event.outcome is not Outcome.ACKNOWLEDGED:
        return facts
    acknowledged = event.outcome is Outcome.ACKNOWLEDGED
    return replace(
        facts,
        outcome=event.outcome,
        reason=event.reason,
        concluded_at=event.at,
        retry_after=event.retry_after,
        missed_first=0 if acknowledged else facts.missed_first,
        missed_last=0 if acknowledged else facts.missed_last,
    )


def join_stop(facts: StopFacts, report: StopReport) -> StopFacts:
    """`facts` with everything that `report` adds. The answer to the placing itself only names the stop: LIVE means
    seen by reading back (binance.md 4.4). A read that lags, dated before what was already told, moves no trigger: it is
    no hand's doing.
    """
    if report.source is Source.REPLY:
        return _named_by_reply(facts, report.venue_id)
    if facts.venue_id and report.venue_id and facts.venue_id != report.venue_id:
        return _join_other_life(facts, report)
    status = report.status if facts.status is None else max(facts.status, report.status, key=_RANK.__getitem__)
    first_live = report.status is StopStatus.LIVE and facts.live_at == 0
    trigger = report.trigger if report.trigger is not None and report.venue_at >= facts.trigger_at else facts.trigger
    return replace(
        facts,
        status=status,
        source=report.source if first_live else facts.source,
        live_at=(report.venue_at or report.at) if first_live else facts.live_at,
        seen_at=max(facts.seen_at, report.venue_at) if report.status is StopStatus.LIVE else facts.seen_at,
        fired_at=facts.fired_at or (report.at if report.status in FIRING else 0),
        venue_id=report.venue_id or facts.venue_id,
        order_id=report.order_id or facts.order_id,
        trigger=trigger,
        trigger_at=facts.trigger_at if report.trigger is None else max(facts.trigger_at, report.venue_at),
        moved_by_hand=facts.moved_by_hand or trigger != facts.trigger,
        missed_first=0,
        missed_last=0,
        missed_before=facts.missed_last or facts.missed_before,
    )


def _join_other_life(facts: StopFacts, report: StopReport) -> StopFacts:
    """One name, two stops at the venue: a name is free again once its stop has ended, so that an act repeated under it
    may have begun another. Only the newer one counts.
    """
    is_newer = _newer(facts.venue_id, report.venue_id) == report.venue_id
    if not report.venue_id.isdigit():
        is_newer = facts.is_ended and report.status not in ENDED
    if not is_newer:
        return facts
    return join_stop(_another_life(facts, report.venue_id), report)


def _named_by_reply(facts: StopFacts, venue_id: VenueId) -> StopFacts:
    """`facts` with the venue's id of it. A newer id than that of an ended stop is another stop under the same name."""
    newer = _newer(facts.venue_id, venue_id)
    if facts.is_ended and newer != facts.venue_id:
        return _another_life(facts, newer)
    return replace(facts, venue_id=newer)


def _another_life(facts: StopFacts, venue_id: VenueId) -> StopFacts:
    return replace(
        facts, venue_id=venue_id, status=None, live_at=0, seen_at=0, trigger_at=0, fired_at=0, order_id=VenueId("")
    )


def _newer(one: VenueId, other: VenueId) -> VenueId:
    """The later of two ids of a venue that counts upwards; the other where one is unknown."""
    return max(one, other, key=lambda text: (len(text), text))


def miss(facts: StopFacts, began_at: Instant) -> StopFacts:
    """`facts` after a complete read begun at `began_at` that did not see it."""
    return replace(facts, missed_first=facts.missed_first or began_at, missed_last=max(facts.missed_last, began_at))


def worth(facts: StopFacts, needed: Decimal, now: Instant, triggering: Duration) -> Cover:
    """What this stop alone is worth for a position of `needed`, before the position row is asked (Bybit)."""
    if facts.is_ended or facts.status is StopStatus.TRIGGERED:
        return Cover.NONE
    if facts.status is StopStatus.TRIGGERING and now - facts.fired_at > triggering:
        return Cover.NONE
    if facts.quantity is not None and facts.quantity < needed:
        return Cover.NONE
    if facts.status is not None:
        return Cover.LIVE
    return _BY_OUTCOME[facts.outcome]


_BY_OUTCOME = {
    None: Cover.UNKNOWN,
    Outcome.ACKNOWLEDGED: Cover.ACKNOWLEDGED,
    Outcome.UNKNOWN: Cover.UNKNOWN,
    Outcome.REFUSED: Cover.REFUSED,
    Outcome.NOT_SENT: Cover.NONE,
}
