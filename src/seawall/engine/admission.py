"""Admission: which signals get a slot, and which are answered at once.

One saga a slot (account, symbol). What can be refused now is refused now, with the field, what was expected and what
came; a signal on a slot that is on its way home waits there until its own age limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from seawall.engine.slots import asks_all_home
from seawall.model.events import EndReason, Event
from seawall.model.ids import Side
from seawall.model.signal import Action, OnOpposite, Signal
from seawall.sagas import preparing, wishes
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.phase import Phase
from seawall.sagas.saga import Saga

_ON_THE_WAY_HOME = (Phase.CLOSING, Phase.QUARANTINE)


class Ruling(Enum):
    """What is done with a signal."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    CLOSE = "close"
    REVERSE = "reverse"
    """Accepted, and whoever holds the slot is asked to go home; it waits for that to be proven."""
    GRANT = "grant"
    """A wish about the position that holds the slot: its events are recorded with it."""
    TURN_AWAY = "turn_away"
    """Not recorded at all: the desk cannot say anything about it yet, the sender may try again."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A ruling and its reason in the words of the API."""

    ruling: Ruling
    reason: str = ""
    detail: str = ""
    granted: tuple[Event, ...] = ()


def admit(signal: Signal, holder: Saga | None, waiting: int, around: Circumstances, *, ready: bool) -> Admission:
    """The ruling on a signal, given whom it meets on its slot (`Slots.met_by`) and how many others wait for it."""
    if asks_all_home(signal):
        return _admit_close(holder)
    if signal.action is not Action.OPEN:
        return _admit_wish(signal, holder, around)
    if not ready:
        return Admission(Ruling.TURN_AWAY, "not_ready", "the account has not been read completely yet")
    if not around.may_enter:
        return Admission(Ruling.REFUSE, "halted", around.why_not)
    if around.instrument is None:
        return Admission(Ruling.REFUSE, "unfit", f"symbol: expected one that {signal.account}'s venue lists")
    if holder is not None and holder.state.phase not in _ON_THE_WAY_HOME:
        return _admit_beside(signal, holder, around, waiting)
    if waiting:
        return Admission(Ruling.REFUSE, "occupied", "another signal waits for the slot already")
    return _admit_fit(signal, around)


def _admit_close(holder: Saga | None) -> Admission:
    if holder is None or holder.state.phase is Phase.QUARANTINE:
        return Admission(Ruling.REFUSE, "nothing_open", "symbol: expected a slot with something of ours open")
    return Admission(Ruling.CLOSE)


def _admit_wish(signal: Signal, holder: Saga | None, around: Circumstances) -> Admission:
    if holder is None:
        return Admission(Ruling.REFUSE, "nothing_open", "symbol: expected a slot with something of ours open")
    granted = wishes.grant(holder.state, signal, around)
    if isinstance(granted, wishes.Denial):
        return Admission(Ruling.REFUSE, "unfit", granted.detail)
    return Admission(Ruling.GRANT, granted=granted)


def _admit_beside(signal: Signal, holder: Saga, around: Circumstances, waiting: int) -> Admission:
    held_by = f"the slot is held by {holder.state.signal.id}"
    opposite = signal.side is not None and signal.side is (holder.state.signal.side or Side.BUY).opposite
    if opposite and signal.on_opposite is OnOpposite.CLOSE:
        return Admission(Ruling.CLOSE, "closing_opposite", held_by)
    if opposite and signal.on_opposite is OnOpposite.REVERSE and not waiting:
        fit = _admit_fit(signal, around)
        return replace(fit, ruling=Ruling.REVERSE) if fit.ruling is Ruling.ACCEPT else fit
    return Admission(Ruling.REFUSE, "occupied", held_by)


def _admit_fit(signal: Signal, around: Circumstances) -> Admission:
    planned = preparing.plan(SagaState(signal), around)
    if isinstance(planned, preparing.Objection):
        reason = "stale" if planned.reason is EndReason.STALE else "unfit"
        return Admission(Ruling.REFUSE, reason, planned.detail)
    return Admission(Ruling.ACCEPT)
