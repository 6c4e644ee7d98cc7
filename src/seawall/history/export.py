"""A journal as rows, for taxes and for analysis: signals, fills, receipts. Amounts stay exact.

A fill is told once, whichever sources told of it, and is of an entry or of an exit of ours; what another hand traded on
the symbol is not in here. `fee` and `profit` are the venue's own words about the trade.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from seawall.history.facts import History, entry_fills, exit_fills, first, signal_of
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
    """One trade of ours; `at` is the venue's time of it. `leg` is entry or exit; `fee` and `profit` are None where they
    were not told, `fee` also where it was charged in another currency.
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
    for fill, leg in sorted(legs, key=lambda one: (one[0].venue_at, one[0].trade_id)):
        yield _fill_row(history[0].event.signal_id, account, leg, fill)


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
