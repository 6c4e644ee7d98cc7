"""The names of the table: phases of a saga, findings of the judge, and what is to be done.

All three are closed. A phase is where a saga stands, as its recorded events say; a finding is what the evidence says
now; a duty is one kind of thing to do about it. `table.py` says which finding moves which phase where, and which duties
follow.
"""

from __future__ import annotations

from enum import Enum, Flag, auto


class Phase(Enum):
    """Where a saga stands. FLAT is the only phase that frees the slot."""

    PREPARING = "preparing"
    ENTERING = "entering"
    PROTECTING = "protecting"
    PROTECTED = "protected"
    CLOSING = "closing"
    QUARANTINE = "quarantine"
    FLAT = "flat"


class Finding(Enum):
    """What the evidence says. The judge returns exactly one, the first that holds in the order of its own file."""

    UNREADY = "unready"
    READY = "ready"
    UNFIT = "unfit"
    UNDECIDED = "undecided"
    DEFERRED = "deferred"
    CONTRARY = "contrary"
    NAKED = "naked"
    OVERDUE = "overdue"
    PASSED = "passed"
    ARMED = "armed"
    COVERED = "covered"
    MISPLACED = "misplaced"
    EXCESS = "excess"
    PROTECTED = "protected"
    SPARED = "spared"
    EMPTY = "empty"
    UNPROVEN = "unproven"
    GONE = "gone"
    SETTLED = "settled"


class Duty(Flag):
    """What is to be done. Whether it is due *now* (nothing under way, waits over) is the affair of
    `entering.py`, `covering.py`, `closing.py`, `laddering.py` and `asking.py`.
    """

    NOTHING = 0
    PREPARE = auto()
    ENTER = auto()
    ASK_ENTRY = auto()
    ASK_POSITION = auto()
    ASK_STOP = auto()
    PLACE = auto()
    MOVE = auto()
    CLOSE = auto()
    CANCEL_ENTRY = auto()
    CLEAR = auto()
    REDUCE = auto()
    LADDER = auto()
    CLEAR_LADDER = auto()
    WATCH = auto()
    ALARM = auto()
