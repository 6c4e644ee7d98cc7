"""One look at an account: what every read told, and which could not be had."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from seawall.model.amounts import ZERO
from seawall.model.ids import Account, Side, Symbol, VenueName
from seawall.model.instrument import Instrument
from seawall.model.reports import (
    LeverageReport,
    MarkReport,
    ModesReport,
    OrderReport,
    PositionReport,
    StopReport,
    WalletReport,
)
from seawall.model.times import Duration, Instant


@dataclass(frozen=True, slots=True)
class Unread:
    """A read without a complete answer: what was asked, and why it failed."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An account as its venue showed it. `now` is the venue's time of the look, by our best estimate.

    `offset` is the venue's clock less ours, None if the venue did not tell its time. `installation` is our own name,
    empty where there is none.
    """

    account: Account
    venue: VenueName
    now: Instant
    installation: str = ""
    offset: Duration | None = None
    modes: ModesReport | None = None
    wallet: WalletReport | None = None
    positions: tuple[PositionReport, ...] = ()
    stops: tuple[StopReport, ...] = ()
    orders: tuple[OrderReport, ...] = ()
    leverages: tuple[LeverageReport, ...] = ()
    marks: tuple[MarkReport, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    unread: tuple[Unread, ...] = ()

    def slots(self) -> tuple[Slot, ...]:
        """Every symbol on which something stands, by symbol; in hedge mode each side of it, the long one first."""
        reports: tuple[PositionReport | StopReport | OrderReport, ...] = (*self.positions, *self.stops, *self.orders)
        places = sorted({_place(report) for report in reports})
        return tuple(slot for slot in map(self._slot, places) if slot.amount or slot.stops or slot.orders)

    def _slot(self, place: _Place) -> Slot:
        symbol, side = place
        return Slot(
            symbol=symbol,
            hedge_side=Side(side) if side else None,
            position=next((one for one in self.positions if _place(one) == place), None),
            stops=tuple(one for one in self.stops if _place(one) == place),
            orders=tuple(one for one in self.orders if _place(one) == place),
            mark=next((one for one in self.marks if one.symbol == symbol), None),
            leverage=next((one for one in self.leverages if one.symbol == symbol), None),
            instrument=next((one for one in self.instruments if one.symbol == symbol), None),
        )


_Place: TypeAlias = tuple[Symbol, str]
"""A symbol, and in hedge mode the side of it, else empty."""


def _place(report: PositionReport | StopReport | OrderReport) -> _Place:
    return report.symbol, report.hedge_side or ""


@dataclass(frozen=True, slots=True)
class Slot:
    """All that stands on one symbol, or in hedge mode on one side of it, and what its prices and rules are, where they
    could be read. `hedge_side` is None in one-way mode.
    """

    symbol: Symbol
    position: PositionReport | None
    stops: tuple[StopReport, ...]
    orders: tuple[OrderReport, ...]
    mark: MarkReport | None
    leverage: LeverageReport | None
    instrument: Instrument | None
    hedge_side: Side | None = None

    @property
    def amount(self) -> Decimal:
        """The position, net or that of the side; 0 where none was shown."""
        return self.position.amount if self.position is not None else ZERO
