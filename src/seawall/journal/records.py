"""The two tables beside the events, as pure folds: what one event does to a signal's state and to a position's record.

Both are conveniences that the events could rebuild; but a permanent key against doing a signal twice, and the position
record under the id that its owner quotes, must never lag behind the events: they are written in the same transaction.
"""

from __future__ import annotations

from dataclasses import replace

from seawall.journal.port import PositionRecord
from seawall.model.amounts import ZERO
from seawall.model.events import (
    CloseAccepted,
    EndReason,
    EntryEnded,
    EntryFilled,
    EntryIntended,
    Event,
    FlatDenied,
    FlatSeen,
    FlatTold,
    FlatVerified,
    PositionProtected,
    ProtectionLost,
    RollbackBegan,
    RollbackWithdrawn,
    SagaReopened,
    SignalAccepted,
    SignalRefused,
    SignalResolved,
    StopConfirmed,
)
from seawall.model.ids import Account

_STATE_AFTER: dict[type[Event], str] = {
    SignalAccepted: "accepted",
    SignalRefused: "refused",
    EntryIntended: "entering",
    EntryFilled: "open",
    PositionProtected: "protected",
    ProtectionLost: "open",
    CloseAccepted: "closing",
    RollbackBegan: "closing",
    RollbackWithdrawn: "open",
    FlatTold: "flat_told",
    FlatDenied: "open",
    FlatSeen: "flat_seen",
    FlatVerified: "flat",
    SignalResolved: "flat",
    SagaReopened: "open",
}
_TOUCHES_POSITION = (
    EntryFilled,
    EntryEnded,
    StopConfirmed,
    PositionProtected,
    ProtectionLost,
    CloseAccepted,
    RollbackBegan,
    RollbackWithdrawn,
    FlatTold,
    FlatDenied,
    FlatSeen,
    FlatVerified,
    SignalResolved,
    SagaReopened,
)


def state_after(event: Event) -> str | None:
    """The state that an event leaves its signal in; None for an event that says nothing of it."""
    return _STATE_AFTER.get(type(event)) if event.signal_id else None


def touches_position(event: Event) -> bool:
    """Whether an event can change the record of its signal's position."""
    return isinstance(event, _TOUCHES_POSITION)


FirstFill = EntryFilled | SagaReopened
"""What makes a position's record: the first proof of a fill, in time or (after an end without one was seen) late."""


def opened(account: Account, venue: str, event: FirstFill, intended: EntryIntended) -> PositionRecord:
    """The record of a position at the first proof of its fill: what came of what was intended."""
    dated = event.venue_at if isinstance(event, EntryFilled) else 0
    return PositionRecord(
        account=account,
        signal_id=event.signal_id,
        venue=venue,
        symbol=event.symbol,
        side=intended.side,
        quantity=event.quantity,
        trigger=intended.trigger,
        state="open",
        opened_at=dated or event.at,
    )


def changed(record: PositionRecord, event: Event) -> PositionRecord:
    """The record after an event that touches it."""
    match event:
        case EntryFilled():
            return replace(record, quantity=max(record.quantity, event.quantity))
        case EntryEnded():
            return replace(record, quantity=max(record.quantity, event.filled), average=event.average or record.average)
        case StopConfirmed():
            return replace(record, trigger=event.trigger)
        case PositionProtected():
            return _protected(record, event)
        case ProtectionLost():
            return replace(record, state="open", protected_at=0)
        case CloseAccepted():
            return replace(record, state="closing", reason=event.detail)
        case RollbackBegan():
            return replace(record, state="closing", reason=event.reason.value)
        case RollbackWithdrawn():
            return replace(record, state="open", reason="")
        case FlatTold() | FlatDenied():
            return replace(record, state=_STATE_AFTER[type(event)])
        case FlatSeen():
            return replace(record, state="flat_seen", closed_at=event.at, reason=event.reason.value)
        case FlatVerified():
            return replace(record, state="flat", closed_at=record.closed_at or event.at, reason=event.reason.value)
        case SignalResolved():
            return replace(record, state="flat", closed_at=record.closed_at or event.at, reason=EndReason.RESOLVED)
        case SagaReopened():
            late = EndReason.LATE_FILL.value
            return replace(record, state="open", closed_at=0, protected_at=0, quantity=event.quantity, reason=late)
        case _:
            return record


def _protected(record: PositionRecord, event: PositionProtected) -> PositionRecord:
    """Covered: by how much, at what average, and since when (the first time of this cover)."""
    assert event.quantity > ZERO
    return replace(
        record,
        state="protected",
        quantity=event.quantity,
        average=event.average if event.average is not None else record.average,
        trigger=event.trigger,
        protected_at=record.protected_at or event.at,
    )
