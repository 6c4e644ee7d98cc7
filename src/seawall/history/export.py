"""A journal as rows, for taxes and for analysis: signals, fills, receipts. Amounts stay exact.

A fill is told once, whichever sources told of it. It is of an entry or of an exit of ours, or it is what the venue
itself (a liquidation) or another hand has taken of ours, as far as it did; what else was traded is not in here.
`fee` and `profit` are the venue's own words about the trade.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from seawall.history.exits import taken_by_others
from seawall.history.facts import History, entry_fills, exit_fills, first, place_in_order, signal_of
from seawall.history.receipt import state_of
from seawall.model.events import SignalAccepted
from seawall.model.ids import SignalId, Symbol
from seawall.model.reports import FillReport
from seawall.model.times import Instant


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One signal as it was taken or refused. `at`: when it was recorded."""

    at: Instant
    signal_id: SignalId
    account: str
    symbol: Symbol
    action: str
    side: str
    source: str
    tag: str
    made_at: Instant
    accepted: bool
    state: str


@dataclass(frozen=True, slots=True)
class FillRow:
    """One trade of ours, or of what was ours; `at` is the venue's time of it. `leg` is entry, exit, or outside, where
    it was no order of ours; `fee` and `profit` are None where they were not told, `fee` also where it was charged in
    another currency.
    """

    at: Instant
    signal_id: SignalId
    account: str
    symbol: Symbol
    leg: str
    side: str
    quantity: Decimal
    price: Decimal
    value: Decimal
    fee: Decimal | None
    profit: Decimal | None
    kind: str
    trade_id: str
    client_id: str
    venue_id: str


def signal_row(history: History) -> SignalRow | None:
    """The signal of a history; None for one that holds none."""
    signal, state = signal_of(history), state_of(history)
    if signal is None:
        return None
    return SignalRow(
        at=history[0].at,
        signal_id=signal.id,
        account=signal.account,
        symbol=signal.symbol,
        action=signal.action.value,
        side=signal.side.value if signal.side is not None else "",
        source=signal.source,
        tag=signal.tag,
        made_at=signal.made_at,
        accepted=first(history, SignalAccepted) is not None,
        state=state.value if state is not None else "",
    )


def fill_rows(history: History) -> Iterator[FillRow]:
    """The trades of a signal, in the venue's order of time."""
    signal = signal_of(history)
    account = signal.account if signal is not None else ""
    legs = [(fill, "entry") for fill in entry_fills(history)] + [(fill, "exit") for fill in exit_fills(history)]
    legs += [(_part(fill, own), "outside") for fill, own in taken_by_others(history)]
    for fill, leg in sorted(legs, key=lambda one: place_in_order(one[0])):
        yield _fill_row(history[0].event.signal_id, account, leg, fill)


def _part(fill: FillReport, own: Decimal) -> FillReport:
    """The part of a trade that was ours, with its fee and its profit in the same proportion."""
    fee = None if fill.fee is None else fill.fee * own / fill.quantity
    profit = None if fill.profit is None else fill.profit * own / fill.quantity
    return replace(fill, quantity=own, fee=fee, profit=profit)


def _fill_row(signal_id: SignalId, account: str, leg: str, fill: FillReport) -> FillRow:
    return FillRow(
        at=fill.venue_at,
        signal_id=signal_id,
        account=account,
        symbol=fill.symbol,
        leg=leg,
        side=fill.side.value,
        quantity=fill.quantity,
        price=fill.price,
        value=fill.quantity * fill.price,
        fee=fill.fee,
        profit=fill.profit,
        kind=fill.kind.value,
        trade_id=fill.trade_id,
        client_id=fill.client_id,
        venue_id=fill.venue_id,
    )
