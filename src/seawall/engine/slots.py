"""The slots of one account: which signals there are, on which symbol, and which of them holds it.

A slot is (account, symbol). Of the signals on one, the first that is past preparing holds it; those behind it wait in
line. A signal that is flat frees its slot and stays here for as long as its ids are watched; but apart from the others,
so that a step costs no more for all that has ended in a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seawall.engine.settled import has_ended_proven, nothing_open_at
from seawall.model import events as ev
from seawall.model.amounts import HUNDRED
from seawall.model.ids import SignalId, Symbol
from seawall.model.reports import MarkReport
from seawall.model.signal import Action, Signal
from seawall.model.times import Duration, Instant
from seawall.sagas import wishes
from seawall.sagas.evidence.cover import is_reached
from seawall.sagas.evidence.fold import begin
from seawall.sagas.phase import Phase
from seawall.sagas.saga import Saga

_NOTHING_OPEN = (Phase.FLAT, Phase.PREPARING)


def asks_all_home(signal: Signal) -> bool:
    """Whether a signal asks whatever is on its slot, or without a symbol on every slot, to go home whole."""
    return signal.action is Action.FLATTEN or (signal.action is Action.CLOSE and signal.percent == HUNDRED)


@dataclass(slots=True)
class Slots:
    """Every saga in memory, by its signal and by its symbol, oldest first."""

    by_signal: dict[SignalId, Saga] = field(default_factory=dict)
    _by_symbol: dict[Symbol, list[Saga]] = field(default_factory=dict)
    living: dict[SignalId, Saga] = field(default_factory=dict)
    """Those that are not at their end; until it is sorted also one that has just come to it."""
    flat: dict[SignalId, Saga] = field(default_factory=dict)
    """Those at their end, in the order in which they came to it."""

    _nothing_at: dict[Symbol, Instant] = field(default_factory=dict)
    """When, in the venue's time, signals that have left memory had nothing open on a slot."""

    def take_up(self, accepted: ev.SignalAccepted) -> Saga:
        """A signal gets a life of its own."""
        saga = Saga(begin(accepted))
        self.by_signal[accepted.signal_id] = self.living[accepted.signal_id] = saga
        self._by_symbol.setdefault(accepted.symbol, []).append(saga)
        return saga

    def sort(self, saga: Saga) -> None:
        """Puts a saga where its phase says that it belongs; to be called whenever it may have changed."""
        name, is_flat = saga.state.signal.id, saga.state.phase is Phase.FLAT
        here, elsewhere = (self.flat, self.living) if is_flat else (self.living, self.flat)
        elsewhere.pop(name, None)
        here.setdefault(name, saga)

    def sort_all(self) -> None:
        """The same for all of them, after a recovery."""
        for saga in sorted(self.by_signal.values(), key=lambda saga: saga.state.verified_at):
            self.sort(saga)

    def of(self, symbol: Symbol) -> list[Saga]:
        """All of a symbol, those that are flat and watched included."""
        return list(self._by_symbol.get(symbol, ()))

    def on(self, symbol: Symbol) -> list[Saga]:
        """Those that hold or wait for a slot."""
        return [saga for saga in self._by_symbol.get(symbol, ()) if saga.state.phase is not Phase.FLAT]

    def alive(self) -> list[Saga]:
        """All that are not at their end."""
        return [saga for saga in self.living.values() if saga.state.phase is not Phase.FLAT]

    def reached(self, prices: Mapping[Symbol, MarkReport]) -> list[Saga]:
        """Those with a stop that is thought to stand, and to whose trigger these prices have come."""
        return [saga for saga in self.alive() if is_reached(saga.state, prices.get(saga.state.signal.symbol))]

    def holder(self, symbol: Symbol) -> Saga | None:
        """The saga that holds a slot: the first that is past preparing, else the first in line."""
        on_slot = self.on(symbol)
        if len(on_slot) <= 1:
            return on_slot[0] if on_slot else None
        return next((saga for saga in on_slot if saga.state.phase is not Phase.PREPARING), on_slot[0])

    def nothing_open_at(self, symbol: Symbol) -> Instant:
        """The latest moment of which a signal's proven end tells that nothing opened before it is left on a slot."""
        ended = (saga.state for saga in self._by_symbol.get(symbol, ()) if has_ended_proven(saga.state))
        return max([self._nothing_at.get(symbol, 0), *(nothing_open_at(state) for state in ended)])

    def concerned_by(self, signal: Signal) -> list[Saga]:
        """All that is on a signal's slot; without a symbol, on every slot."""
        return self.on(signal.symbol) if signal.symbol else self.alive()

    def met_by(self, signal: Signal) -> Saga | None:
        """The saga by which a signal is ruled: who holds its slot. A wish meets the first that may be open, though one
        before it is on its way home: a find beside it is ours too. One that asks all to go home meets the first with
        something open, or whose entry may yet leave: a quarantine on one slot says nothing of another, nor of what
        waits for its own.
        """
        if not asks_all_home(signal):
            is_wish = signal.action is not Action.OPEN
            open_ones = (saga for saga in self.on(signal.symbol) if is_wish and saga.state.phase in wishes.GRANTED_IN)
            return next(open_ones, self.holder(signal.symbol))
        concerned = self.concerned_by(signal)
        due = (saga for saga in concerned if saga.state.phase is not Phase.QUARANTINE)
        return next(due, concerned[0] if concerned else None)

    def open_symbols(self) -> list[Symbol]:
        """The slots on which something of ours is, or may be, open."""
        begun = [saga.state for saga in self.living.values() if saga.state.phase not in _NOTHING_OPEN]
        return list(dict.fromkeys([state.signal.symbol for state in begun]))

    def forget_settled(self, now: Instant, watch: Duration) -> None:
        """Sagas flat for longer than their ids are watched leave memory; the journal keeps them. When they had
        nothing open remains known, since their orders are listed for longer.
        """
        while self.flat:
            name, saga = next(iter(self.flat.items()))
            if now - saga.state.verified_at <= watch:
                return
            symbol = saga.state.signal.symbol
            if has_ended_proven(saga.state):
                self._nothing_at[symbol] = max(self._nothing_at.get(symbol, 0), nothing_open_at(saga.state))
            del self.flat[name], self.by_signal[name]
            self._by_symbol[symbol].remove(saga)
