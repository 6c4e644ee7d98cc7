"""Inputs: all that may enter the heart. Each is keyed by its order, its symbol or its signal.

A read that failed is an input too, and so is a read that succeeded and did not find: the difference between the two is
the difference between "we do not know" and "the venue says it does not see it", and neither of them is absence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from seawall.model.acts import Outcome, Reason
from seawall.model.ids import ClientId, SignalId, Symbol
from seawall.model.instrument import Instrument
from seawall.model.queries import Query
from seawall.model.reports import (
    FillReport,
    LeverageReport,
    MarkReport,
    ModesReport,
    OrderReport,
    PositionReport,
    StopReport,
    WalletReport,
)
from seawall.model.signal import Signal
from seawall.model.times import Duration, Instant


class Told(NamedTuple):
    """The reports in one reply or frame, by kind, in the order in which the venue gave them."""

    orders: tuple[OrderReport, ...] = ()
    fills: tuple[FillReport, ...] = ()
    positions: tuple[PositionReport, ...] = ()
    stops: tuple[StopReport, ...] = ()
    marks: tuple[MarkReport, ...] = ()
    leverages: tuple[LeverageReport, ...] = ()
    modes: tuple[ModesReport, ...] = ()
    wallets: tuple[WalletReport, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    missing: tuple[str, ...] = ()
    """Fields that the venue's own book promises and this answer did not have ("order.side")."""

    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols that orders, fills, positions and stops in here are about, each once."""
        reports: tuple[OrderReport | FillReport | PositionReport | StopReport, ...]
        reports = (*self.orders, *self.fills, *self.positions, *self.stops)
        return tuple(dict.fromkeys(report.symbol for report in reports))

    def by_symbol(self) -> dict[Symbol, Told]:
        """The orders, fills, positions and stops in here, symbol by symbol: one walk, whoever asks afterwards."""
        orders, fills = _grouped(self.orders), _grouped(self.fills)
        positions, stops = _grouped(self.positions), _grouped(self.stops)
        return {
            symbol: Told(
                orders=orders.get(symbol, ()),
                fills=fills.get(symbol, ()),
                positions=positions.get(symbol, ()),
                stops=stops.get(symbol, ()),
            )
            for symbol in self.symbols()
        }


R = TypeVar("R", bound=OrderReport | FillReport | PositionReport | StopReport)


def _grouped(reports: tuple[R, ...]) -> dict[Symbol, tuple[R, ...]]:
    rows: dict[Symbol, list[R]] = {}
    for report in reports:
        rows.setdefault(report.symbol, []).append(report)
    return {symbol: tuple(found) for symbol, found in rows.items()}


NOTHING_TOLD = Told()


@dataclass(frozen=True, slots=True)
class ActAnswered:
    """What became of an act: its outcome, why, and whatever the reply itself reported.

    `began_at` is when the first byte may have left (for NotSent: when it was given up). `code` and `text` are the
    venue's own words. `retry_after` is the wait that the venue asked for, 0 if it named none.
    """

    client_id: ClientId
    symbol: Symbol
    outcome: Outcome
    began_at: Instant
    at: Instant
    reason: Reason = Reason.NONE
    code: str = ""
    text: str = ""
    retry_after: Duration = 0
    told: Told = NOTHING_TOLD
    venue_answered: bool = False
    """Whether a reply came at all, other than 5xx, 429, 418 or 403 (design, rule 13); an Unknown may be one."""


@dataclass(frozen=True, slots=True)
class ReadAnswered:
    """A query's complete answer. What it does not contain was not seen by it, which is all that this says."""

    query: Query
    began_at: Instant
    at: Instant
    told: Told = NOTHING_TOLD


@dataclass(frozen=True, slots=True)
class ReadFailed:
    """A query without a complete answer: refused, lost, garbled, or only some of its pages came.

    What did come is in `told` and counts as evidence of presence; nothing about it counts towards absence.
    """

    query: Query
    began_at: Instant
    at: Instant
    detail: str
    told: Told = NOTHING_TOLD
    venue_answered: bool = False
    """Whether the venue answered a signed request at all with other than 5xx, 429, 418 or 403 (design, rule 13)."""


@dataclass(frozen=True, slots=True)
class StreamReported:
    """Reports that came on the account's stream."""

    at: Instant
    told: Told


@dataclass(frozen=True, slots=True)
class StreamChanged:
    """The stream's trust: proven once an account event has arrived on this connection, unproven before and after.
    `is_open`: the connection stands and its handshake is over, proven or not.

    `since` is the instant since which it has been unbroken and proven; 0 while it is unproven.
    """

    at: Instant
    proven: bool
    is_open: bool = False
    since: Instant = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The venue's own word, whatever it answered with it, that nothing may be sent before `until` (429, 418, 403)."""

    at: Instant
    until: Instant
    detail: str


@dataclass(frozen=True, slots=True)
class ClockReport:
    """Venue time = our time + `offset`, give or take `error`. Absence is judged at the pessimistic end."""

    at: Instant
    offset: Duration
    error: Duration


@dataclass(frozen=True, slots=True)
class Restarted:
    """A process began. `term` is its start in whole venue seconds: no earlier process can have used a name with it."""

    at: Instant
    term: int
    installation: str


@dataclass(frozen=True, slots=True)
class SignalReceived:
    """A signal passed the intake; it is answered once what was decided about it is durable."""

    at: Instant
    signal: Signal


@dataclass(frozen=True, slots=True)
class CloseRequested:
    """A user asks for the slot to be brought to FLAT."""

    at: Instant
    symbol: Symbol
    reason: str
    signal_id: SignalId = SignalId("")


@dataclass(frozen=True, slots=True)
class Resolved:
    """The operator's word about a signal that proves neither end: what is open of it is written off, the slot is free.
    It goes into the journal before anything follows from it.
    """

    at: Instant
    signal_id: SignalId
    detail: str


@dataclass(frozen=True, slots=True)
class AuthorityChanged:
    """Whether this process may act on the account (keys accepted, one-way mode, no other owner), and if not, why."""

    at: Instant
    may_enter: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class JournalChanged:
    """Whether appends succeed. A failed append stops the account's entries; it is retried, never skipped."""

    at: Instant
    healthy: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Woken:
    """Nothing happened but time."""

    at: Instant


Input = (
    ActAnswered
    | ReadAnswered
    | ReadFailed
    | StreamReported
    | StreamChanged
    | Forbidden
    | ClockReport
    | Restarted
    | SignalReceived
    | CloseRequested
    | Resolved
    | AuthorityChanged
    | JournalChanged
    | Woken
)
