"""The receipt of a signal, held against the venue's own fills: quantities, prices, who took it away, fees, gain.

A receipt is what its owner reads about his money. At the end of a run, when the venue answers again, its quantities
and prices are all known and the venue's, to within the rounding of an average; the fees are the venue's or not there.
Where a hand has traded, an old copy of the journal was put back or replies were garbled nobody is held to it, nor is a
position that was adopted: another signal's receipt tells of its beginning. The crash sweep kills where it likes, and
news is lost with the process (`is_whole` False): there a receipt may know less, and what it tells with a price must be
true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from seawall.drill.reasons import is_owners
from seawall.history.exits import ExitKind
from seawall.history.facts import by_signal
from seawall.history.receipt import Receipt, receipt
from seawall.model.amounts import ZERO
from seawall.model.events import Recorded
from seawall.model.ids import SignalId
from seawall.sagas.evidence.state import SagaState
from venuesim.facts import Fact, FillState, OrderFilled
from venuesim.judge import Episode
from venuesim.verdict import Close

_ROUNDING: Final = Decimal("0.00002")
"""Of a price, and of what was traded: an average that an order tells is rounded to the venue's digits."""
_DUST: Final = Decimal("0.00000001")
_KINDS: Final[Mapping[str, ExitKind]] = {
    "order": ExitKind.CLOSE,
    "stop": ExitKind.STOP,
    "take_profit": ExitKind.TAKE_PROFIT,
    "liquidation": ExitKind.LIQUIDATION,
    "adl": ExitKind.DELEVERAGING,
    "hand": ExitKind.HAND,
}


def false_receipts(
    episodes: Sequence[Episode],
    facts: Iterable[Fact],
    rows: Sequence[Recorded],
    states: Mapping[SignalId, SagaState],
    *,
    is_whole: bool = True,
) -> Iterator[str]:
    """What the receipts of signals whose entry filled say and the venue's book does not, each in a sentence."""
    filled = {name: ours for name, state in states.items() if (ours := _episodes_of(state, episodes))}
    if not filled:
        return
    by_order: dict[str, list[FillState]] = {}
    for fact in facts:
        if isinstance(fact, OrderFilled):
            by_order.setdefault(fact.fill.order_id, []).append(fact.fill)
    stories = by_signal(rows)
    for name, ours in filled.items():
        told = receipt(stories.get(name, []))
        if told is not None and not told.adopted:
            wrongs = _wrongs(told, ours, by_order) if is_whole else _of_priced_exits(told, ours)
            yield from (f"the receipt of {name} says {wrong}" for wrong in wrongs)


def _episodes_of(state: SagaState, episodes: Sequence[Episode]) -> list[Episode]:
    """The positions that a signal's entry alone has opened."""
    known = {attempt.client_id for attempt in state.attempts}
    return [one for one in episodes if one.entries and known.issuperset(entry.client_id for entry in one.entries)]


def _wrongs(told: Receipt, ours: Sequence[Episode], by_order: Mapping[str, Sequence[FillState]]) -> Iterator[str]:
    entries = [entry for episode in ours for entry in episode.entries]
    closes = [close for episode in ours for close in episode.closes]
    entered, left = (_fills_of((one.order_id for one in orders), by_order) for orders in (entries, closes))
    if told.quantity != _quantity(entered):
        yield f"that {told.quantity} were filled, not {_quantity(entered)}"
    yield from _of_price("entered", told.average, entered)
    yield from _of_price("left", told.exit_average, left)
    yield from _of_exits(told, closes)
    yield from _of_money(told, entered, left)


def _fills_of(order_ids: Iterable[str], by_order: Mapping[str, Sequence[FillState]]) -> list[FillState]:
    """All fills of some orders, each once: an order that fills in parts may open a position several times, where its
    stop has fired in between.
    """
    return [fill for order_id in dict.fromkeys(order_ids) for fill in by_order[order_id]]


def _of_price(what: str, average: Decimal | None, fills: Sequence[FillState]) -> Iterator[str]:
    quantity = _quantity(fills)
    true = _value(fills) / quantity if quantity else None
    if (average is None) is not (true is None) or (average and true and abs(average - true) > true * _ROUNDING):
        yield f"that it {what} at {average}, not at {true}"


def _of_exits(told: Receipt, closes: Sequence[Close]) -> Iterator[str]:
    """Who took how much of it away."""
    said = _summed((one.kind, one.quantity) for one in told.exits)
    true = _summed((_kind(close, said), close.quantity) for close in closes)
    if said != true:
        yield f"that it left by {_listed(said)}, not by {_listed(true)}"


def _of_priced_exits(told: Receipt, ours: Sequence[Episode]) -> Iterator[str]:
    """Who took what is told with its price, and that it was no more than he took. What it does not know whose it is may
    be anybody's.
    """
    said = _summed((one.kind, one.quantity) for one in told.exits if one.average is not None)
    true = _summed((_kind(close, said), close.quantity) for episode in ours for close in episode.closes)
    named = {kind: quantity for kind, quantity in said.items() if kind is not ExitKind.UNKNOWN}
    too_much = sum(said.values(), ZERO) > sum(true.values(), ZERO)
    if too_much or any(quantity > true.get(kind, ZERO) for kind, quantity in named.items()):
        yield f"that it left by {_listed(said)}, not by {_listed(true)}"


def _summed(exits: Iterable[tuple[ExitKind, Decimal]]) -> dict[ExitKind, Decimal]:
    found: dict[ExitKind, Decimal] = {}
    for kind, quantity in exits:
        found[kind] = found.get(kind, ZERO) + quantity
    return found


def _kind(close: Close, said: Mapping[ExitKind, Decimal]) -> ExitKind:
    """Whose exit it was; the owner's own stop may be told as his hand's or, where it was taken for ours, as a stop."""
    as_stop = close.what == "stop" and ExitKind.HAND not in said
    return ExitKind.HAND if is_owners(close) and not as_stop else _KINDS[close.what]


def _listed(exits: Mapping[ExitKind, Decimal]) -> str:
    return " and ".join(f"{kind.value} {quantity}" for kind, quantity in sorted(exits.items())) or "nobody"


def _of_money(told: Receipt, entered: Sequence[FillState], left: Sequence[FillState]) -> Iterator[str]:
    """The fees, where they are told; what all exits have realised, by our arithmetic and by the venue's word."""
    fees = sum((fill.fee for fill in (*entered, *left)), ZERO)
    if told.fees is not None and abs(told.fees - fees) > _DUST:
        yield f"that the fees were {told.fees}, not {fees}"
    realised = sum((fill.realized for fill in left), ZERO)
    near = (_value(entered) + _value(left)) * _ROUNDING
    if told.gain.unpriced:
        yield f"that {told.gain.unpriced} left at an unknown price"
    elif abs((told.gain.realised or ZERO) - realised) > near:
        yield f"that {told.gain.realised} were realised, not {realised}"
    if told.gain.by_venue is not None and abs(told.gain.by_venue - realised) > _DUST:
        yield f"that by the venue's word {told.gain.by_venue} were realised, not {realised}"
    if told.gain.differs is not None:
        yield f"that the venue differs by {told.gain.differs}"


def _quantity(fills: Sequence[FillState]) -> Decimal:
    return sum((fill.quantity for fill in fills), ZERO)


def _value(fills: Sequence[FillState]) -> Decimal:
    return sum((fill.quantity * fill.price for fill in fills), ZERO)
