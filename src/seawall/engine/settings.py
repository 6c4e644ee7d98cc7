"""What an owner may set about a desk. No limit is set that the owner did not ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from seawall.model.times import Bounds


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """A desk's settings: every time bound, the tolerance of a percent stop, and an optional cap on open positions."""

    bounds: Bounds = field(default_factory=Bounds)
    stop_tolerance_bps: Decimal = Decimal(10)
    max_open: int | None = None
