"""Everything that an audit can find: the closed list, how bad each is, and what to do about it.

A finding names its kind, so that a script can tell them apart; its sentence says what was seen, in figures; what to do
is the kind's own and stands in `ADVICE`. docs/audit.md lists the same kinds, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from seawall.model.ids import Symbol

EVERY: Final = Symbol("")
"""What a finding is about that is about no one symbol."""


class Severity(IntEnum):
    """How bad it is: money stands without a stop; a stop or a key will not do what its owner thinks; worth mending;
    worth knowing. Only the last is still a clean account.
    """

    NOTE = 0
    WARNING = 1
    DANGER = 2
    NAKED = 3


class Kind(StrEnum):
    """What can be wrong."""

    NAKED_POSITION = "naked_position"
    PARTLY_COVERED = "partly_covered"
    STOP_TRIGGER_PASSED = "stop_trigger_passed"
    STOP_STUCK = "stop_stuck"
    STOP_WRONG_SIDE = "stop_wrong_side"
    STOP_BEYOND_LIQUIDATION = "stop_beyond_liquidation"
    STOP_TOO_SMALL = "stop_too_small"
    STOP_MAY_FLIP = "stop_may_flip"
    STOP_MAY_NOT_FILL = "stop_may_not_fill"
    STOP_UNSEEN = "stop_unseen"
    DUPLICATE_STOPS = "duplicate_stops"
    ORPHAN_STOP = "orphan_stop"
    ORPHAN_REDUCE_ONLY = "orphan_reduce_only"
    REDUCE_ONLY_WRONG_SIDE = "reduce_only_wrong_side"
    RESTING_ENTRY = "resting_entry"
    WAITING_ENTRY = "waiting_entry"
    LEFTOVER = "leftover"
    OTHER_INSTALLATION = "other_installation"
    SEVERAL_INSTALLATIONS = "several_installations"
    LIQUIDATION_NEAR = "liquidation_near"
    HIGH_LEVERAGE = "high_leverage"
    CROSS_MARGIN = "cross_margin"
    MIXED_MARGIN = "mixed_margin"
    MULTI_ASSETS = "multi_assets"
    THIN_MARGIN = "thin_margin"
    NOT_TRADING = "not_trading"
    HEDGE_MODE = "hedge_mode"
    KEY_MAY_WITHDRAW = "key_may_withdraw"
    KEY_NOT_BOUND = "key_not_bound"
    KEY_EXPIRES = "key_expires"
    CLOCK_OFF = "clock_off"
    NEAR_ORDER_CAP = "near_order_cap"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth knowing. `symbol` and `order` are empty where it is about more than one."""

    kind: Kind
    said: str
    symbol: Symbol = EVERY
    order: str = ""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return ADVICE[self.kind][0]

    @property
    def advice(self) -> str:
        """What to do about it."""
        return ADVICE[self.kind][1]


_N, _W, _D, _NAKED = Severity.NOTE, Severity.WARNING, Severity.DANGER, Severity.NAKED

ADVICE: Final[Mapping[Kind, tuple[Severity, str]]] = {
    Kind.NAKED_POSITION: (_NAKED, "place a stop for the whole position, or close it"),
    Kind.PARTLY_COVERED: (_NAKED, "place one stop for the whole position in the place of those of a quantity"),
    Kind.STOP_TRIGGER_PASSED: (_D, "it should have fired and has not: place another beyond the price, or close"),
    Kind.STOP_STUCK: (_D, "it no longer watches and has not filled: place another stop, then look at its order"),
    Kind.STOP_WRONG_SIDE: (_D, "it would add to the position: cancel it and place one on the other side"),
    Kind.STOP_BEYOND_LIQUIDATION: (_D, "the venue liquidates first: move the stop nearer, or reduce the leverage"),
    Kind.STOP_TOO_SMALL: (_W, "it leaves the rest open: replace it by one for the whole position"),
    Kind.STOP_MAY_FLIP: (_D, "it may turn the position over: replace it by one that only reduces"),
    Kind.STOP_MAY_NOT_FILL: (_D, "a stop with a limit can be jumped over: replace it by a market stop"),
    Kind.STOP_UNSEEN: (_W, "the position shows a stop that no list has: look again; if it stays, set the stop anew"),
    Kind.DUPLICATE_STOPS: (_W, "keep the one that covers the whole position and cancel the rest"),
    Kind.ORPHAN_STOP: (_W, "cancel it: it would close the next position, or open one"),
    Kind.ORPHAN_REDUCE_ONLY: (_W, "cancel it: it would close the next position"),
    Kind.REDUCE_ONLY_WRONG_SIDE: (_W, "it can never fill against this position: cancel it"),
    Kind.RESTING_ENTRY: (_N, "an order that will open or add when the price comes; see that a stop goes with it"),
    Kind.WAITING_ENTRY: (
        _W,
        "it opens a position when it fires: see that a stop goes with it",
    ),
    Kind.LEFTOVER: (_W, "an order of ours where nothing is open: `seawall reconcile` says whether it may go"),
    Kind.OTHER_INSTALLATION: (_D, "another Seawall has traded here: find it; put its name back, or cancel its orders"),
    Kind.SEVERAL_INSTALLATIONS: (_D, "two installations take each other's orders for foreign: stop all but one"),
    Kind.LIQUIDATION_NEAR: (_D, "reduce the position or its leverage, or add margin"),
    Kind.HIGH_LEVERAGE: (_W, "a small move is the whole margin: reduce the leverage"),
    Kind.CROSS_MARGIN: (_W, "a loss here draws on the whole account: isolate it, or keep it on a sub-account"),
    Kind.MIXED_MARGIN: (_N, "some symbols are isolated and some are not: see that each is what you meant"),
    Kind.MULTI_ASSETS: (_W, "other assets stand in for losses: see that this is what you meant"),
    Kind.THIN_MARGIN: (
        _D,
        "little is free, and positions may be liquidated: reduce them or add margin",
    ),
    Kind.NOT_TRADING: (_D, "the contract no longer trades as usual: close it while the venue lets you"),
    Kind.HEDGE_MODE: (_N, "Seawall itself trades in one-way mode alone: switch to it before you let it"),
    Kind.KEY_MAY_WITHDRAW: (_D, "make a key that may only trade, and delete this one"),
    Kind.KEY_NOT_BOUND: (_W, "bind the key to this machine's address"),
    Kind.KEY_EXPIRES: (_W, "make a new key in time: without one nothing can be protected"),
    Kind.CLOCK_OFF: (_W, "let the machine keep time (chrony, systemd-timesyncd)"),
    Kind.NEAR_ORDER_CAP: (_D, "beyond the cap the next stop is refused: cancel what is not needed"),
    Kind.UNREAD: (_D, "what could not be read was not judged: mend it and audit again"),
}
