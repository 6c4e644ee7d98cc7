"""Events: what is recorded. State is nothing but a fold of these; every view of every page is another fold of them.

Three families. *Heard*: an input that told something new (`OrderReported`, `OrderNotVisible`, `ActConcluded`).
*Intended*: an act with its name, before it may leave (`EntryIntended`), or beside its leaving where it only reduces
risk. *Decided*: a move in the table (`EntryFilled`, `PositionProtected`, `FlatSeen`), or a condition worth telling a
person (`DistressRaised`, `VerificationOverdue`).

The journal's `event_type` is the snake_case of the class name; `position_error` and `signal_execution_failed` are the
names under which the origin bot counted its failures, kept so that its monitoring query works here unchanged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from seawall.model.acts import Outcome, Reason
from seawall.model.ids import ClientId, Leg, Side, SignalId, Symbol
from seawall.model.reports import FillReport, OrderReport, OrderStatus, PositionReport, Source, StopReport
from seawall.model.signal import Signal, TriggerBy
from seawall.model.times import Duration, Instant

ACCOUNT_WIDE = SignalId("")
EVERY_SYMBOL = Symbol("")


@dataclass(frozen=True, slots=True)
class Event:
    """What every event says: whose it is. Account-wide events carry an empty signal and an empty symbol."""

    signal_id: SignalId
    symbol: Symbol


class EndReason(StrEnum):
    """Why a signal's exposure was, or is being, brought to an end. Written into the receipt."""

    NONE = ""
    STALE = "stale"
    UNFIT = "unfit"
    ENTRY_REFUSED = "entry_refused"
    NOT_SENT = "not_sent"
    ABSENT = "absent"
    NOT_FILLED = "not_filled"
    INTERRUPTED = "interrupted"
    NAKED_TOO_LONG = "naked_too_long"
    TRIGGER_PASSED = "trigger_passed"
    STOP_FILLED = "stop_filled"
    CLOSED_BY_REQUEST = "closed_by_request"
    CLOSED_OUTSIDE = "closed_outside"
    LATE_FILL = "late_fill"


class DistressKind(StrEnum):
    """What a person must be told now."""

    NAKED = "naked"
    STOP_UNSEEN = "stop_unseen"
    CONTRARY_POSITION = "contrary_position"
    FOREIGN_STOP = "foreign_stop"
    CLOSE_REFUSED = "close_refused"
    UNDECIDED = "undecided"
    TIMER_HELD = "timer_held"


# ---- the account


@dataclass(frozen=True, slots=True)
class ProcessStarted(Event):
    """A process took up the account; names are made with its `term` from here on."""

    term: int
    installation: str


@dataclass(frozen=True, slots=True)
class EntriesStopped(Event):
    """No entry may be intended on the account until `EntriesResumed`; protection goes on."""

    detail: str


@dataclass(frozen=True, slots=True)
class EntriesResumed(Event):
    """The reason for `EntriesStopped` is gone."""


@dataclass(frozen=True, slots=True)
class SourceFailing(Event):
    """A source keeps failing: one event when it begins and one a minute."""

    source: str
    detail: str


@dataclass(frozen=True, slots=True)
class SourceRecovered(Event):
    """A source that was failing answers again."""

    source: str


@dataclass(frozen=True, slots=True)
class StreamProven(Event):
    """The first account event arrived on a new connection: from here on the stream's news is known to flow."""


@dataclass(frozen=True, slots=True)
class StreamLost(Event):
    """The connection ended or fell silent; the gap is closed by reads."""

    detail: str


# ---- admission


@dataclass(frozen=True, slots=True)
class SignalAccepted(Event):
    """The signal is recorded and its slot is its own."""

    signal: Signal


@dataclass(frozen=True, slots=True)
class SignalRefused(Event):
    """The signal was recorded and nothing was done for it."""

    signal: Signal
    reason: str
    detail: str


# ---- intended


@dataclass(frozen=True, slots=True)
class LeverageIntended(Event):
    """`SetLeverage` may leave."""

    client_id: ClientId
    leverage: Decimal


@dataclass(frozen=True, slots=True)
class EntryIntended(Event):
    """`SubmitEntry` may leave once this is durable, and its protective legs whenever they are needed.

    `baseline` is the position before it, read at `baseline_at` (our time). `since` is the venue time at the intent, at
    the early end of the clock's error: what the venue dates before it is not ours. `trigger_is_final` is false for a
    stop in percent, whose trigger here is provisional, from `reference`.
    """

    client_id: ClientId
    n: int
    side: Side
    quantity: Decimal
    reference: Decimal
    trigger: Decimal
    trigger_by: TriggerBy
    trigger_is_final: bool
    baseline: Decimal
    baseline_at: Instant
    intended_at: Instant
    since: Instant
    not_after: Instant
    price_bound: Decimal | None = None


@dataclass(frozen=True, slots=True)
class StopIntended(Event):
    """`PlaceStop` may leave. The same name again (`sending` > 1) repeats an act whose outcome was Unknown."""

    client_id: ClientId
    n: int
    trigger: Decimal
    trigger_by: TriggerBy
    quantity: Decimal | None
    intended_at: Instant
    sending: int = 1
    attached: bool = False


@dataclass(frozen=True, slots=True)
class TriggerSettled(Event):
    """The final trigger of a stop in percent, computed once from the fills of a terminal entry."""

    trigger: Decimal
    provisional: Decimal


@dataclass(frozen=True, slots=True)
class CloseIntended(Event):
    """`ClosePosition` may leave. `rung` says which step of the ladder it is, and `cause` which code led there."""

    client_id: ClientId
    n: int
    quantity: Decimal
    intended_at: Instant
    price_bound: Decimal | None = None
    rung: int = 0
    cause: str = ""


@dataclass(frozen=True, slots=True)
class CancelIntended(Event):
    """`CancelOrder` may leave, for one order or stop of ours."""

    client_id: ClientId
    n: int
    target: ClientId
    is_stop: bool
    intended_at: Instant


# ---- heard


@dataclass(frozen=True, slots=True)
class ActConcluded(Event):
    """What became of an act, in our words and the venue's."""

    client_id: ClientId
    leg: Leg
    outcome: Outcome
    reason: Reason
    code: str
    text: str
    began_at: Instant
    at: Instant
    retry_after: Duration = 0


@dataclass(frozen=True, slots=True)
class OrderReported(Event):
    """A source told something new about an order of ours."""

    report: OrderReport


@dataclass(frozen=True, slots=True)
class FillReported(Event):
    """A source told of a trade of ours, or of one on our symbol that no name explains yet."""

    report: FillReport


@dataclass(frozen=True, slots=True)
class PositionReported(Event):
    """A source's word about the position entered our view of it ("position added to cache")."""

    report: PositionReport


@dataclass(frozen=True, slots=True)
class StopReported(Event):
    """A source told something new about a stop of ours."""

    report: StopReport


@dataclass(frozen=True, slots=True)
class OrderNotVisible(Event):
    """A complete read did not see an order of ours ("fetch_order returned None"). By itself this proves nothing."""

    client_id: ClientId
    began_at: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class StopNotVisible(Event):
    """A complete read did not see a stop of ours. Missing from reads alone never closes a position."""

    client_id: ClientId
    began_at: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class AbsenceRestarted(Event):
    """A read failed while rounds towards absence were being counted: the count starts anew."""

    client_id: ClientId
    detail: str


@dataclass(frozen=True, slots=True)
class FillsRead(Event):
    """The trades of the symbol since `since` were read completely and all of them are now in evidence."""

    since: Instant
    began_at: Instant


@dataclass(frozen=True, slots=True)
class ReportIncomplete(Event):
    """An answer lacked fields that the venue's book promises ("Order missing 'side' field")."""

    source: Source
    fields: str


# ---- decided


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
class FlatSeen(Event):
    """The end FLAT: nothing of this signal is open, and that was seen by two sources."""

    reason: EndReason
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


EVENT_TYPES: tuple[type[Event], ...] = (
    ProcessStarted,
    EntriesStopped,
    EntriesResumed,
    SourceFailing,
    SourceRecovered,
    StreamProven,
    StreamLost,
    SignalAccepted,
    SignalRefused,
    LeverageIntended,
    EntryIntended,
    StopIntended,
    TriggerSettled,
    CloseIntended,
    CancelIntended,
    ActConcluded,
    OrderReported,
    FillReported,
    PositionReported,
    StopReported,
    OrderNotVisible,
    StopNotVisible,
    AbsenceRestarted,
    FillsRead,
    ReportIncomplete,
    EntryFilled,
    EntryEnded,
    StopConfirmed,
    ProtectionLost,
    PositionProtected,
    VerificationOverdue,
    CloseAccepted,
    RollbackBegan,
    RollbackWithdrawn,
    FlatSeen,
    FlatVerified,
    SagaReopened,
    DistressRaised,
    DistressEnded,
    PositionError,
    SignalExecutionFailed,
)
"""Every event there is, in the order of this file."""


def event_type(event: type[Event]) -> str:
    """The journal's name of a class of events: "EntryIntended" becomes "entry_intended"."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()


BY_EVENT_TYPE: dict[str, type[Event]] = {event_type(kind): kind for kind in EVENT_TYPES}


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place: contiguous `seq` within the account, the instant, and the writer's epoch."""

    seq: int
    epoch: int
    at: Instant
    event: Event
