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

from seawall.model.events.account import (
    EntriesResumed,
    EntriesStopped,
    ProcessStarted,
    SignalAccepted,
    SignalRefused,
    SourceFailing,
    SourceRecovered,
    StreamLost,
    StreamOpened,
    StreamProven,
)
from seawall.model.events.base import ACCOUNT_WIDE, EVERY_SYMBOL, FOR_WANT_OF_A_STOP, DistressKind, EndReason, Event
from seawall.model.events.decided import (
    CloseAccepted,
    DistressEnded,
    DistressRaised,
    EntryAbsent,
    EntryEnded,
    EntryFilled,
    FlatDenied,
    FlatSeen,
    FlatTold,
    FlatVerified,
    HoldingReduced,
    LadderAccepted,
    PositionAdopted,
    PositionError,
    PositionProtected,
    ProtectionLost,
    ReduceAccepted,
    ReduceEnded,
    RollbackBegan,
    RollbackWithdrawn,
    SagaReopened,
    SignalExecutionFailed,
    SignalResolved,
    StopConfirmed,
    StopMoveAccepted,
    StopMoveRefused,
    VerificationOverdue,
)
from seawall.model.events.heard import (
    AbsenceRestarted,
    ActConcluded,
    FillReported,
    FillsRead,
    OrderNotVisible,
    OrderReported,
    PositionReported,
    ReportIncomplete,
    StopNotVisible,
    StopReported,
)
from seawall.model.events.intended import (
    CancelIntended,
    CloseIntended,
    EntryIntended,
    LeverageIntended,
    OrphanCancelIntended,
    StopIntended,
    TakeProfitIntended,
    TriggerSettled,
)
from seawall.model.times import Instant

__all__ = [
    "ACCOUNT_WIDE",
    "BY_EVENT_TYPE",
    "EVENT_TYPES",
    "EVERY_SYMBOL",
    "FOR_WANT_OF_A_STOP",
    "AbsenceRestarted",
    "ActConcluded",
    "CancelIntended",
    "CloseAccepted",
    "CloseIntended",
    "DistressEnded",
    "DistressKind",
    "DistressRaised",
    "EndReason",
    "EntriesResumed",
    "EntriesStopped",
    "EntryAbsent",
    "EntryEnded",
    "EntryFilled",
    "EntryIntended",
    "Event",
    "FillReported",
    "FillsRead",
    "FlatDenied",
    "FlatSeen",
    "FlatTold",
    "FlatVerified",
    "HoldingReduced",
    "LadderAccepted",
    "LeverageIntended",
    "OrderNotVisible",
    "OrderReported",
    "OrphanCancelIntended",
    "PositionAdopted",
    "PositionError",
    "PositionProtected",
    "PositionReported",
    "ProcessStarted",
    "ProtectionLost",
    "Recorded",
    "ReduceAccepted",
    "ReduceEnded",
    "ReportIncomplete",
    "RollbackBegan",
    "RollbackWithdrawn",
    "SagaReopened",
    "SignalAccepted",
    "SignalExecutionFailed",
    "SignalRefused",
    "SignalResolved",
    "SourceFailing",
    "SourceRecovered",
    "StopConfirmed",
    "StopIntended",
    "StopMoveAccepted",
    "StopMoveRefused",
    "StopNotVisible",
    "StopReported",
    "StreamLost",
    "StreamOpened",
    "StreamProven",
    "TakeProfitIntended",
    "TriggerSettled",
    "VerificationOverdue",
    "event_type",
]

EVENT_TYPES: tuple[type[Event], ...] = (
    ProcessStarted,
    EntriesStopped,
    EntriesResumed,
    SourceFailing,
    SourceRecovered,
    StreamOpened,
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
    TakeProfitIntended,
    OrphanCancelIntended,
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
    EntryAbsent,
    StopConfirmed,
    ProtectionLost,
    PositionProtected,
    VerificationOverdue,
    CloseAccepted,
    RollbackBegan,
    RollbackWithdrawn,
    HoldingReduced,
    FlatTold,
    FlatDenied,
    FlatSeen,
    FlatVerified,
    SagaReopened,
    ReduceAccepted,
    ReduceEnded,
    StopMoveAccepted,
    StopMoveRefused,
    LadderAccepted,
    PositionAdopted,
    SignalResolved,
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
