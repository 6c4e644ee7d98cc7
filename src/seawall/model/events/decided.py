"""Decided: a move in the table, or a condition worth telling a person."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from seawall.model.amounts import ZERO
from seawall.model.events.base import DistressKind, EndReason, Event
from seawall.model.ids import ClientId
from seawall.model.reports import OrderStatus, Source
from seawall.model.signal import TakeProfit
from seawall.model.times import Duration, Instant


@dataclass(frozen=True, slots=True)
class EntryFilled(Event):
    """The first proof of a fill, from whichever source spoke first: protection begins. `at_most`: known only by the
    position's change, so that the fill is dated from the intent.
    """

    quantity: Decimal
    source: Source
    venue_at: Instant
    at: Instant
    at_most: bool = False


@dataclass(frozen=True, slots=True)
class EntryEnded(Event):
    """The entry is terminal."""

    client_id: ClientId
    status: OrderStatus
    filled: Decimal
    average: Decimal | None


@dataclass(frozen=True, slots=True)
class EntryAbsent(Event):
    """An attempt of the entry was proven never to have arrived; what happens later on the slot cannot unprove it."""

    client_id: ClientId
    at: Instant


@dataclass(frozen=True, slots=True)
class StopConfirmed(Event):
    """A stop that covers was seen at the venue by reading it back: it is LIVE. `venue_at`: since when, venue time."""

    client_id: ClientId
    trigger: Decimal
    source: Source
    venue_at: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class ProtectionLost(Event):
    """A position that had cover has none now; the naked clock runs again."""

    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class PositionProtected(Event):
    """PROTECTED: the entry is terminal, its fill is known, and a stop that covers it is live."""

    quantity: Decimal
    average: Decimal | None
    trigger: Decimal
    at: Instant


@dataclass(frozen=True, slots=True)
class VerificationOverdue(Event):
    """No source has decided the entry for as long as the origin bot waited; here the asking goes on."""

    waited: Duration


@dataclass(frozen=True, slots=True)
class CloseAccepted(Event):
    """The way home begins because a user asked."""

    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class RollbackBegan(Event):
    """The way home begins because the position could not be kept covered, or must not be kept."""

    reason: EndReason
    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class RollbackWithdrawn(Event):
    """A stop covers after all and no close is under way: the way home begun by the naked timer is given up."""

    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class FlatTold(Event):
    """All that is told says that nothing of this signal is open, and for too long that could not be proven: it is
    called PROTECTED no longer, and FLAT not yet.
    """

    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class FlatDenied(Event):
    """What `FlatTold` told of is denied by a newer word: it is open, and a stop of ours covers it or is asked about."""

    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class FlatSeen(Event):
    """The end FLAT: nothing of this signal is open, and that was seen by two sources. `written_off`: what of it others'
    fills have closed, in base currency; what they open again is theirs.
    """

    reason: EndReason
    at: Instant
    written_off: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class HoldingReduced(Event):
    """Two sources show less than our own orders leave open. From venue time `venue_at` on (and cross sequence `seq`,
    where the venue has one) no more than `left` is this signal's, in base currency, whatever others add (design, rule
    17).
    """

    left: Decimal
    venue_at: Instant
    seq: int
    at: Instant


@dataclass(frozen=True, slots=True)
class FlatVerified(Event):
    """Nothing of this signal can come back: the slot is free."""

    reason: EndReason
    at: Instant


@dataclass(frozen=True, slots=True)
class SagaReopened(Event):
    """A fill of this signal came after its end was seen: it is protected first and then closed exactly."""

    quantity: Decimal
    at: Instant


@dataclass(frozen=True, slots=True)
class DistressRaised(Event):
    """Neither end is proven, or cover is in doubt: a person must be told."""

    kind: DistressKind
    detail: str


@dataclass(frozen=True, slots=True)
class DistressEnded(Event):
    """What `DistressRaised` told of is over."""

    kind: DistressKind


@dataclass(frozen=True, slots=True)
class PositionError(Event):
    """A position of this signal had to be given up, or could not be covered as asked."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class SignalExecutionFailed(Event):
    """The signal did not become a protected position."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReduceAccepted(Event):
    """A user asked to close a part: `quantity` is to be closed, and `keep` stays open behind the stop."""

    quantity: Decimal
    keep: Decimal
    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class ReduceEnded(Event):
    """A part was closed as asked; `open` is left."""

    open: Decimal
    at: Instant


@dataclass(frozen=True, slots=True)
class StopMoveAccepted(Event):
    """A user asked for another trigger; the stop in force stays until the new one is seen live."""

    trigger: Decimal
    before: Decimal
    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class StopMoveRefused(Event):
    """The venue refused the stop at the new trigger for good: the old one is kept."""

    trigger: Decimal
    kept: Decimal
    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class LadderAccepted(Event):
    """The take-profits of a position, in the place of those before; empty takes them away."""

    rungs: tuple[TakeProfit, ...]
    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class PositionAdopted(Event):
    """A position that no signal of the journal answered for is guarded from here on under this signal, which was made
    for it: `ours` if orders or stops under our prefix explain it, else a foreign one that its owner wants protected.
    What follows in the journal (an intention, a filled order) tells of it what could be read.
    """

    quantity: Decimal
    ours: bool
    detail: str
    at: Instant


@dataclass(frozen=True, slots=True)
class SignalResolved(Event):
    """The operator's word: what is open of this signal is written off, and its slot is free."""

    written_off: Decimal
    detail: str
    at: Instant
