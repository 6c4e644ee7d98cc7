"""Every fill of the venue's own book, read without mercy: what no order of ours may ever have done.

An entry of ours never lands on a position that no hand made, is filled once a signal and never above what was intended;
a close, a take-profit and a stop only ever reduce; our closes never take more than our entries gave (nor than
a hand gave beside them while our own fills could not be read: design, rule 16); nothing of ours
bears a name that is not ours. Nothing is asked of our own events but what quantity an intention names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from seawall.model.amounts import ZERO
from seawall.model.ids import Leg, Name, SignalId, digest, parse_client_id
from seawall.sagas.evidence.state import SagaState
from venuesim.facts import Fact, FillState, OrderFilled, OrderState, Origin


def wrongs(facts: Iterable[Fact], states: Mapping[SignalId, SagaState]) -> Iterator[str]:
    """What our orders did that none may do, each in a sentence. `states`: what the journal tells of each signal."""
    reader = _Reader({digest(name): state for name, state in states.items()})
    for fact in facts:
        if isinstance(fact, OrderFilled):
            yield from reader.read(fact.order, fact.fill)
    yield from reader.sums()


@dataclass(slots=True)
class _Reader:
    """The account while its fills are read. `by_hand`: the symbols on which another hand has traded by now."""

    states: Mapping[str, SagaState]
    held: dict[str, Decimal] = field(default_factory=dict)
    entered: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    closed: dict[str, Decimal] = field(default_factory=dict)
    by_hand: dict[str, None] = field(default_factory=dict)

    def read(self, order: OrderState, fill: FillState) -> Iterator[str]:
        before = self.held.get(order.symbol, ZERO)
        self.held[order.symbol] = after = before + fill.side.sign * fill.quantity
        name = parse_client_id(order.client_id)
        if order.origin is Origin.HAND:
            self.by_hand[order.symbol] = None
        elif order.origin is Origin.CLIENT and name is None:
            yield f"an order under a name that is not ours: {order.client_id}"
        elif order.origin is Origin.CLIENT and name is not None and name.leg is Leg.ENTRY:
            yield from self._entry(order, fill, before, name)
        elif order.origin in (Origin.CLIENT, Origin.STOP):
            if abs(after) > abs(before) or before * after < 0:
                yield f"{order.client_id or order.order_id} took the position from {before} to {after}"
            if order.origin is Origin.CLIENT and name is not None:
                self.closed[name.signal] = self.closed.get(name.signal, ZERO) + fill.quantity

    def _entry(self, order: OrderState, fill: FillState, before: Decimal, name: Name) -> Iterator[str]:
        orders = self.entered.setdefault(name.signal, {})
        if before and order.client_id not in orders and order.symbol not in self.by_hand:
            yield f"{order.client_id} entered on a position of {before}"
        orders[order.client_id] = orders.get(order.client_id, ZERO) + fill.quantity
        state = self.states.get(name.signal)
        if state is not None and state.intent is not None and orders[order.client_id] > state.intent.quantity:
            yield f"{order.client_id} filled more than was intended"

    def sums(self) -> Iterator[str]:
        """What only the whole story shows."""
        for orders in self.entered.values():
            if len(orders) > 1:
                yield f"{len(orders)} entries filled for one signal"
        for signal, quantity in self.closed.items():
            ours = sum(self.entered.get(signal, {}).values(), ZERO)
            if quantity > ours:
                yield f"closes took {quantity} of {ours}"
