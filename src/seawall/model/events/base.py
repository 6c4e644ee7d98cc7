"""What every event says, and the closed lists that events speak in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from seawall.model.ids import SignalId, Symbol

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
    STOP_BEYOND_BOUND = "stop_beyond_bound"
    """The venue takes no stop so far from the market."""
    STOP_FILLED = "stop_filled"
    CLOSED_BY_REQUEST = "closed_by_request"
    CLOSED_OUTSIDE = "closed_outside"
    CLOSED_UNRECORDED = "closed_unrecorded"
    """By a close of ours; why it was made went with the process that made it."""
    TAKEN_PROFIT = "taken_profit"
    LIQUIDATED = "liquidated"
    DELEVERAGED = "deleveraged"
    RESOLVED = "resolved"
    LATE_FILL = "late_fill"
    UNKNOWN = "unknown"
    """It is gone, and nobody has told whether an order of ours took it or somebody else's."""


FOR_WANT_OF_A_STOP = (EndReason.NAKED_TOO_LONG, EndReason.TRIGGER_PASSED, EndReason.STOP_BEYOND_BOUND)
"""Why a way home begins that nobody has asked for."""


class DistressKind(StrEnum):
    """What a person must be told now."""

    NAKED = "naked"
    STOP_UNSEEN = "stop_unseen"
    CONTRARY_POSITION = "contrary_position"
    FOREIGN_STOP = "foreign_stop"
    UNDECIDED = "undecided"
    TIMER_HELD = "timer_held"
    FOREIGN_POSITION = "foreign_position"
    STOP_MOVED = "stop_moved"
