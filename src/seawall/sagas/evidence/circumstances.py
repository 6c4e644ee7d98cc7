"""What a saga is told and may not know by itself: time, the venue's clock, the stream's trust, the authority to act."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from seawall.model.instrument import Instrument
from seawall.model.reports import LeverageReport, MarkReport, PositionReport, WalletReport, mark_price
from seawall.model.times import Bounds, Duration, Instant
from seawall.model.venue import Traits


class ManualChange(StrEnum):
    """What is done about a stop that its owner moved by hand at the venue, while it still covers (design, rule 18)."""

    ACCEPT = "accept"
    RESTORE = "restore"
    ALERT = "alert"


class Circumstances(NamedTuple):
    """One desk's view of everything around a saga, at one instant. A named tuple, since one is made for every input and
    every decision, and a frozen dataclass of as many fields takes several times as long.
    """

    now: Instant
    traits: Traits
    bounds: Bounds
    term: int
    installation: str
    began_at: Instant = 0
    """When this process began, by the same clock as `now`: a term counts seconds of the venue's."""
    clock_offset: Duration = 0
    clock_error: Duration = 0
    clock_known: bool = False
    stream_since: Instant = 0
    """Since when the stream has been proven and unbroken; 0 while it is not."""
    mute: Duration = 0
    """For how long in all, in this process, the venue has not answered; the naked clock does not run then."""
    mute_since: Instant = 0
    """Since when it has not; 0 while it answers."""
    has_answered: bool = True
    """Whether the venue has answered this process at all: after a restart the naked clock waits for that."""
    timer_held_until: Instant = 0
    may_enter: bool = True
    why_not: str = ""
    stop_tolerance_bps: Decimal = Decimal(10)
    """A stop in percent is moved to its final trigger only if that differs by more."""
    manual_change: ManualChange = ManualChange.ACCEPT
    instrument: Instrument | None = None
    mark: MarkReport | None = None
    wallet: WalletReport | None = None
    leverage: LeverageReport | None = None
    position: PositionReport | None = None
    """The slot's position by a successful read, whatever its signal; the baseline of an entry."""
    position_complete: bool = False
    foreign_orders: tuple[str, ...] | None = None
    """Orders on the slot that are not ours, in either book; None until both books have been read."""
    slot_is_free: bool = True
    """Whether no other signal of ours still holds the slot."""
    foreign_stops: tuple[str, ...] = ()
    """Those of them that are stops."""
    stops_bounded: bool = False
    """Whether the venue has refused stops on this account for standing beyond its band, as no book settles."""

    @property
    def fresh_mark(self) -> MarkReport | None:
        """The symbol's prices, unless they are too old to act on: an outage of the price read leaves the last ones."""
        return self.mark if self.mark is not None and self.now - self.mark.at <= self.bounds.mark_fresh else None

    @property
    def mark_price(self) -> Decimal | None:
        """The mark price, unless what was told of it is too old to act on."""
        return mark_price(self.mark, self.position, self.now - self.bounds.mark_fresh)

    @property
    def venue_now_early(self) -> Instant:
        """Venue time at the early end of the clock's error: what absence is judged by."""
        return self.now + self.clock_offset - self.clock_error

    @property
    def venue_now(self) -> Instant:
        """Venue time by the best estimate."""
        return self.now + self.clock_offset
