"""What our orders did that no signal asked for: the other side, more than was asked, a stop elsewhere, another price.

The other checks hold the house against its own intentions, or against what covers anything at all. Here the signals
themselves are held against the book's fills and stops, so that a house that reads its signals wrongly is no better for
recording what it read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from seawall.model.ids import Leg, digest, parse_client_id
from seawall.model.signal import Action, Signal, SizeUnit
from venuesim.facts import Fact, OrderFilled, OrderState, Origin, PriceChanged, StopLive, StopState
from venuesim.words import Purpose

_ROUNDED: Final = Decimal("1.02")
"""How much dearer than the lowest price of a run an entry may be: what is asked in quote is sized by the mark."""
_NEAR, _FAR = Decimal("0.6"), Decimal("1.6")
"""How far from the asked distance a stop in percent may stand: it is provisional at first, and fills differ."""


def unasked(facts: Iterable[Fact], signals: Sequence[Signal], *, moves: bool, jumps: bool) -> Iterator[str]:
    """What nobody asked for, each in a sentence. `moves`: whether the page asks for another stop later; `jumps`: if
    it makes prices jump, so that a stop may rightly stand far from a fill at another price.
    """
    opens = {digest(signal.id): signal for signal in signals if signal.action is Action.OPEN}
    reader = _Reader(opens, is_alone=len(signals) == 1 and not moves, jumps=jumps)
    found = (text for fact in facts for text in reader.read(fact))
    yield from dict.fromkeys(found)


@dataclass(slots=True)
class _Reader:
    """The book's facts while they are read: the lowest price of each symbol, and what each signal's entry has paid."""

    signals: Mapping[str, Signal]
    is_alone: bool
    jumps: bool
    lowest: dict[str, Decimal] = field(default_factory=dict)
    paid: dict[str, Decimal] = field(default_factory=dict)

    def read(self, fact: Fact) -> Iterator[str]:
        if isinstance(fact, PriceChanged):
            low = min(fact.mark_price, fact.last_price)
            self.lowest[fact.symbol] = min(low, self.lowest.get(fact.symbol, low))
        elif isinstance(fact, OrderFilled) and fact.order.origin is Origin.CLIENT:
            yield from self._filled(fact.order)
        elif isinstance(fact, StopLive) and fact.stop.origin is Origin.CLIENT:
            yield from self._placed(fact.stop)

    def _filled(self, order: OrderState) -> Iterator[str]:
        name = parse_client_id(order.client_id)
        signal = self.signals.get(name.signal) if name is not None and name.leg is Leg.ENTRY else None
        if signal is None or name is None:
            return
        if order.average is not None:
            self.paid[name.signal] = order.average
        if signal.side is not None and order.side.value.lower() != signal.side.value:
            yield f"{order.client_id} went the other way: {signal.id} asked to {signal.side.value}"
        size = signal.size
        if size is not None and size.unit is SizeUnit.QUOTE:
            if order.filled * self.lowest.get(order.symbol, Decimal(0)) > size.amount * _ROUNDED:
                yield f"{order.client_id} took {order.filled}: {signal.id} asked for {size.amount} of quote"
        elif size is not None and size.unit is SizeUnit.BASE and order.filled > size.amount:
            yield f"{order.client_id} took {order.filled}: {signal.id} asked for {size.amount}"

    def _placed(self, stop: StopState) -> Iterator[str]:
        """Of a page's only signal: later ones may move the stop."""
        if not self.is_alone or not self.signals or stop.purpose is Purpose.TAKE_PROFIT:
            return
        ((own, signal),) = self.signals.items()
        average = self.paid.get(own)
        if signal.stop is None or average is None:
            return
        if not stop.trigger_by.value.lower().startswith(signal.stop.trigger_by.value):
            yield f"a stop watches {stop.trigger_by.value}: {signal.id} asked for {signal.stop.trigger_by.value}"
        asked = signal.stop.percent
        away = abs(stop.trigger / average - 1) * 100
        if asked is not None and not self.jumps and not asked * _NEAR < away < asked * _FAR:
            yield f"a stop stands {away:.1f} % from the entry: {signal.id} asked for {asked} %"
