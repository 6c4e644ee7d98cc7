"""What is not ours and must be left alone: a stop of ours on another's position, and a cancel of another's order.

What is ours of a position is counted from the book's fills: what our entries gave, less what has left, and never more
than is open. Where something of ours was open on the slot, or an entry of ours was sent, within the time that everybody
needs to look twice, a stop may still have been meant for that (`lapses.UNTOLD`); or for what an entry may have made
that the process before has intended, since the next cannot know whether it left; or one that was under way when the
connections were cut, of which the venue's log may know nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from seawall.drill.house import INSTALLATION
from seawall.drill.lapses import UNTOLD
from seawall.drill.witness import Life
from seawall.model.ids import Leg, is_ours, parse_client_id
from seawall.model.times import Instant
from venuesim.facts import Fact, OrderAccepted, OrderFilled, OrderState, StopLive, StopMoved, StopState
from venuesim.faults import Fired
from venuesim.traffic import LogEntry
from venuesim.words import Origin, Purpose

_CANCELS: Final = ("order.cancel", "stop.cancel")
_BY_ID: Final = re.compile(r'\b(?:orderId|algoId)(?:=|"\s*:\s*"?)([0-9A-Za-z-]+)')
"""Where a cancel names the venue's own id (binance.md 1.4, 1.9; bybit.md 1.5)."""
_CUT: Final = "streams_cut"
_NOTHING: Final = Decimal(0)


def stops_on_strangers(
    facts: Sequence[Fact], log: Sequence[LogEntry], lives: Sequence[Life], fired: Sequence[Fired]
) -> Iterator[str]:
    """Stops of ours that were laid on what was all another's, each in a sentence."""
    slots: dict[str, _Slot] = {}
    entries = [entry for entry in log if _is_entry(entry)]
    unsure = [life.began for life in lives[1:]] + [one.at for one in fired if one.fault == _CUT]
    for fact in facts:
        if isinstance(fact, OrderFilled):
            slots.setdefault(fact.order.symbol, _Slot()).fill(fact)
        elif isinstance(fact, StopLive | StopMoved) and _closes(fact.stop, slots.get(fact.stop.symbol)):
            at, slot = fact.mark.at, slots[fact.stop.symbol]
            sent = [entry.at for entry in entries if entry.symbol == fact.stop.symbol]
            since = [known for known in (*sent, *unsure) if known <= at]
            if not slot.ours and at - max(slot.ours_until, *since, 0) > UNTOLD:
                yield f"a stop of ours was laid on {slot.held} of {fact.stop.symbol} that is another's"


@dataclass(slots=True)
class _Slot:
    """What is open of a symbol and how much of that is ours, signed; `ours_until`: when the last of it went."""

    held: Decimal = _NOTHING
    ours: Decimal = _NOTHING
    ours_until: Instant = field(default=-UNTOLD)

    def fill(self, fact: OrderFilled) -> None:
        had = self.ours
        change = fact.fill.side.sign * fact.fill.quantity
        self.held += change
        self.ours += change if fact.order.origin in (Origin.CLIENT, Origin.STOP) else _NOTHING
        if self.ours * self.held <= 0:
            self.ours = _NOTHING
        elif abs(self.ours) > abs(self.held):
            self.ours = self.held
        if had and not self.ours:
            self.ours_until = fact.mark.at


def _is_entry(entry: LogEntry) -> bool:
    name = parse_client_id(entry.client_id or "") if entry.call == "order.create" else None
    return name is not None and name.leg is Leg.ENTRY


def _closes(stop: StopState, slot: _Slot | None) -> bool:
    """Whether it is a stop of ours that would close what is open."""
    is_stop_of_ours = stop.origin is Origin.CLIENT and stop.purpose is not Purpose.TAKE_PROFIT
    return is_stop_of_ours and slot is not None and stop.side.sign * slot.held < 0


def strangers_cancelled(facts: Sequence[Fact], log: Sequence[LogEntry]) -> Iterator[str]:
    """The venue's own ids by which something was asked to be cancelled that a hand had made."""
    made: dict[str, OrderState | StopState] = {}
    for fact in facts:
        if isinstance(fact, OrderAccepted):
            made.setdefault(fact.order.order_id, fact.order)
        elif isinstance(fact, StopLive):
            made.setdefault(fact.stop.stop_id, fact.stop)
    for entry in log:
        meant = made.get(_meant(entry)) if entry.call in _CANCELS and not entry.client_id else None
        if meant is not None and meant.origin is Origin.HAND and not is_ours(meant.client_id, INSTALLATION):
            yield _meant(entry)


def _meant(entry: LogEntry) -> str:
    found = _BY_ID.search(f"{entry.target} {entry.body}")
    return found[1] if found is not None else ""
