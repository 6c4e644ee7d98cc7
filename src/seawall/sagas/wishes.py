"""Wishes: what an owner may ask of a position that is open, and what is recorded of it.

Close a part, move the stop, lay or change the take-profits. Each is checked against what is known now; what cannot be
done is answered at once with the field, what was expected and what came, and changes nothing. What is accepted is an
event, and the table does the rest: nothing is sent from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from seawall.model import events as ev
from seawall.model.amounts import HUNDRED, ONE, ZERO, is_behind, plain, trigger_towards_entry
from seawall.model.ids import SignalId, Symbol
from seawall.model.instrument import Instrument
from seawall.model.signal import Action, Signal, Stop, TriggerBy
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.cover import target_trigger
from seawall.sagas.evidence.exposure import average_entry, measure
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.phase import Phase
from seawall.sagas.preparing import NO_STOP_AT_NOUGHT, ladder_objection

GRANTED_IN = (Phase.PROTECTING, Phase.PROTECTED)
"""Where a position is open and stays so: what is on its way home takes no wish."""


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a wish cannot be granted: the field, what was expected, what came."""

    detail: str


def grant(state: SagaState, signal: Signal, around: Circumstances) -> tuple[ev.Event, ...] | Denial:
    """The events that grant what `signal` asks of the open position of `state`, or why they cannot be."""
    if state.phase not in GRANTED_IN or around.instrument is None:
        return Denial("symbol: expected a slot with an open position of ours that is not on its way home")
    if signal.action is Action.CLOSE:
        return _part_closed(state, signal, around, around.instrument)
    moved = _stop_moved(state, signal, around, around.instrument)
    laid = _ladder_laid(state, signal, around)
    denied = next((each for each in (moved, laid) if isinstance(each, Denial)), None)
    return denied if denied is not None else tuple(each for each in (moved, laid) if isinstance(each, ev.Event))


def _part_closed(
    state: SagaState, signal: Signal, around: Circumstances, rules: Instrument
) -> tuple[ev.Event, ...] | Denial:
    """A part in percent of what is open, rounded down, by the word that shows the least: another hand may have closed
    some. What stays must still be a size that the venue trades.
    """
    held = measure(state, around).least
    held = held if state.part is None else min(held, state.part.keep)
    quantity = rules.round_quantity(held * signal.percent / HUNDRED)
    keep = held - quantity
    if quantity < max(rules.min_quantity, rules.step) or keep < max(rules.min_quantity, rules.step):
        expected = f"parts of at least {plain(max(rules.min_quantity, rules.step))} of the {plain(held)} that are open"
        return Denial(f"percent: expected {expected}, came {plain(quantity)} to close and {plain(keep)} to keep")
    asked = f"signal {signal.id}, {plain(signal.percent)} %"
    return (ev.ReduceAccepted(*_whose(state), quantity, keep, asked, around.now),)


def _stop_moved(
    state: SagaState, signal: Signal, around: Circumstances, rules: Instrument
) -> ev.StopMoveAccepted | Denial | None:
    """The new trigger, on the tick grid, behind the market and inside liquidation."""
    if signal.stop is None:
        return None
    trigger = _new_trigger(state, signal.stop, rules)
    if trigger is None:
        return Denial("stop: expected a price while the entry's average is not known, came one that counts from it")
    objection = _too_far(state, trigger, around)
    if objection is not None:
        return Denial(objection)
    return ev.StopMoveAccepted(*_whose(state), trigger, target_trigger(state), f"signal {signal.id}", around.now)


def _new_trigger(state: SagaState, stop: Stop, rules: Instrument) -> Decimal | None:
    """The trigger of a stop by price, or so far from the average: behind it in percent, beyond it for break-even."""
    if stop.price is not None:
        return trigger_towards_entry(stop.price, rules.tick, state.side)
    average = average_entry(state)
    if average is None:
        return None
    away = -(stop.percent or ZERO) if stop.break_even is None else stop.break_even
    return trigger_towards_entry(average * (ONE + state.side.sign * away / HUNDRED), rules.tick, state.side)


def _too_far(state: SagaState, trigger: Decimal, around: Circumstances) -> str | None:
    watched = _watched(around, _trigger_by(state))
    if watched is None:
        return "stop: expected a market whose price is known, it has not been read of late"
    if trigger <= 0:
        return NO_STOP_AT_NOUGHT
    if not is_behind(trigger, watched, state.side):
        where = "below" if state.side.sign > 0 else "above"
        return f"stop: expected a price {where} the market at {plain(watched)}, came {plain(trigger)}"
    liquidation = around.position.liquidation if around.position is not None else None
    if liquidation and not is_behind(liquidation, trigger, state.side):
        return f"stop: expected inside the liquidation price {plain(liquidation)}, came {plain(trigger)}"
    return None


def _trigger_by(state: SagaState) -> TriggerBy:
    return state.intent.trigger_by if state.intent is not None else TriggerBy.MARK


def _watched(around: Circumstances, by: TriggerBy) -> Decimal | None:
    """The price that the stop watches; None if it has not been read, or is too old for an entry too."""
    mark = around.fresh_mark
    if mark is None:
        return None
    watched = mark.watched(by)
    return watched if watched > 0 else None


def _ladder_laid(state: SagaState, signal: Signal, around: Circumstances) -> ev.LadderAccepted | Denial | None:
    if signal.take_profit is None:
        return None
    reference = average_entry(state)
    if reference is None:
        return Denial("take_profit: expected an entry whose average is known, it is not yet")
    objection = ladder_objection(signal.take_profit, reference, state.side)
    if objection is not None:
        return Denial(objection)
    told = f"signal {signal.id}, {len(signal.take_profit)} rungs"
    return ev.LadderAccepted(*_whose(state), signal.take_profit, told, around.now)


def _whose(state: SagaState) -> tuple[SignalId, Symbol]:
    return (state.signal.id, state.signal.symbol)
