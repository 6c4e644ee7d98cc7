"""What an owner may set about a desk. No limit is set that the owner did not ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from seawall.model.times import Bounds
from seawall.sagas.evidence.circumstances import ManualChange


class NakedForeign(StrEnum):
    """What is done about a position that is not ours and stands without a stop."""

    ALERT = "alert"
    PROTECT = "protect"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """A desk's settings: every time bound, the tolerance of a percent stop, an optional cap on open positions, and what
    becomes of a position that no signal answers for: `adopt_stop_pct` is how far from the mark its stop is placed.
    `manual_change`: what is done about a stop that was moved by hand.
    """

    bounds: Bounds = field(default_factory=Bounds)
    stop_tolerance_bps: Decimal = Decimal(10)
    max_open: int | None = None
    naked_foreign: NakedForeign = NakedForeign.ALERT
    adopt_stop_pct: Decimal = Decimal(5)
    manual_change: ManualChange = ManualChange.ACCEPT
