"""Before the entry: what must be known, how large it may be, and where its stop will stand.

Everything that can be refused before a byte has left is refused here, each time with the field, what was expected and
what came; the checks run after rounding, because rounding is what carries a size across a minimum (I87). The view of
the account is the desk's; where it is not fresh enough, the finding is UNREADY and the desk asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from seawall.model.acts import Outcome
from seawall.model.amounts import HUNDRED, ONE, ZERO, is_behind, percent_trigger, slippage_bound, trigger_towards_entry
from seawall.model.events import EndReason
from seawall.model.ids import Side
from seawall.model.instrument import Instrument
from seawall.model.reports import MarkReport
from seawall.model.signal import SizeUnit, Stop, TakeProfit
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.phase import Finding, Phase


@dataclass(frozen=True, slots=True)
class Plan:
    """An entry ready to be intended."""

    quantity: Decimal
    reference: Decimal
    trigger: Decimal
    trigger_is_final: bool
    price_bound: Decimal | None


@dataclass(frozen=True, slots=True)
class Objection:
    """Why the signal cannot be executed, and what kind of end that is."""

    reason: EndReason
    detail: str


@dataclass(frozen=True, slots=True)
class Lacking:
    """What must still be read before a plan can be made."""

    what: tuple[str, ...]


def finding(state: SagaState, around: Circumstances) -> Finding:
    """UNREADY, READY or UNFIT."""
    if state.phase is Phase.FLAT:
        return Finding.UNFIT
    match plan(state, around):
        case Plan():
            return Finding.READY
        case Objection():
            return Finding.UNFIT
        case Lacking():
            return Finding.UNREADY


def plan(state: SagaState, around: Circumstances) -> Plan | Objection | Lacking:
    """The entry as it would be intended now, or why not, or what is lacking."""
    unfit_slot = _unfit_slot(around) if around.slot_is_free else None
    objection = _too_late(state, around) or unfit_slot or _leverage_refused(state)
    if objection is not None:
        return objection
    lacking = what_is_lacking(state, around)
    instrument, mark = around.instrument, around.mark
    if lacking or instrument is None or mark is None:
        return Lacking(lacking)
    return _sized(state, around, instrument, mark)


def what_is_lacking(state: SagaState, around: Circumstances) -> tuple[str, ...]:
    """The names of what must still be read."""
    mark = around.fresh_mark
    needs_wallet = state.signal.size is not None and state.signal.size.unit in _UNITS_OF_EQUITY
    wanted = {
        "slot": not around.slot_is_free,
        "authority": not around.may_enter,
        "clock": not around.clock_known,
        "instrument": around.instrument is None,
        "mark": mark is None or min(mark.mark, mark.last) <= 0,
        "position": not around.position_complete,
        "orders": around.foreign_orders is None,
        "wallet": needs_wallet and around.wallet is None,
        "leverage": not _leverage_is_right(state, around),
    }
    return tuple(name for name, is_lacking in wanted.items() if is_lacking)


_UNITS_OF_EQUITY = (SizeUnit.RISK_PERCENT, SizeUnit.EQUITY_PERCENT)


def _leverage_is_right(state: SagaState, around: Circumstances) -> bool:
    asked = state.signal.leverage
    return asked is None or (around.leverage is not None and around.leverage.leverage == asked)


def _too_late(state: SagaState, around: Circumstances) -> Objection | None:
    if state.close_asked:
        return Objection(EndReason.CLOSED_BY_REQUEST, "closed by request before the entry was intended")
    if around.now <= state.signal.expires_at():
        return None
    age = (around.now - state.signal.made_at) / 1_000_000
    allowed = state.signal.max_age / 1_000_000
    waiting = what_is_lacking(state, around)
    after = f", after waiting for {', '.join(waiting)}" if waiting else ""
    return Objection(EndReason.STALE, f"ts: expected an age of at most {allowed:g} s, came {age:.1f} s{after}")


def _unfit_slot(around: Circumstances) -> Objection | None:
    if around.position is not None and around.position_complete and around.position.amount:
        amount = around.position.amount
        return Objection(EndReason.UNFIT, f"symbol: expected a flat slot, the account holds {amount} that is not ours")
    if around.foreign_orders:
        return Objection(
            EndReason.UNFIT, f"symbol: expected no foreign orders on the slot, found {', '.join(around.foreign_orders)}"
        )
    return None


def _leverage_refused(state: SagaState) -> Objection | None:
    sent = state.leverage
    if sent is None or sent.outcome is not Outcome.REFUSED or sent.reason.is_not_executed:
        return None
    return Objection(EndReason.UNFIT, f"leverage: the venue refused {state.signal.leverage} with {sent.code}")


NO_STOP_AT_NOUGHT = "stop: expected a price above 0, came 100 % below the market"
"""Of a long. It never fires, and on Bybit a stop at 0 is the word to take it away (bybit.md 1.6, trading-stop)."""


def _sized(state: SagaState, around: Circumstances, instrument: Instrument, mark: MarkReport) -> Plan | Objection:
    signal = state.signal
    stop, size = signal.stop, signal.size
    if stop is None or size is None:
        return Objection(EndReason.UNFIT, "stop, size: expected both on an open")
    watched = mark.watched(stop.trigger_by)
    trigger = _trigger(state, stop, instrument, watched)
    if trigger <= 0:
        return Objection(EndReason.UNFIT, NO_STOP_AT_NOUGHT)
    if not is_behind(trigger, watched, state.side):
        where = "below" if state.side.sign > 0 else "above"
        return Objection(EndReason.UNFIT, f"stop: expected a price {where} the market at {watched}, came {trigger}")
    quantity = instrument.round_quantity(_quantity(state, around, mark.mark, abs(watched - trigger)))
    refusal = instrument.objection(quantity, mark.mark) or _beyond_liquidation(
        state, around, instrument, (mark.mark, trigger, quantity)
    )
    if around.stops_bounded:
        refusal = refusal or beyond_bound(instrument, mark.mark, trigger, state.side)
    refusal = refusal or _rungs_objection(signal.take_profit or (), instrument, mark.mark, quantity, state.side)
    if refusal is not None:
        return Objection(EndReason.UNFIT, refusal)
    bps = signal.max_slippage_bps
    bound = None if bps is None else slippage_bound(mark.last, bps, instrument.tick, state.side)
    if bound is not None and bound <= 0:
        return Objection(EndReason.UNFIT, f"max_slippage_bps: expected a bound above 0, came {bps} below {mark.last}")
    return Plan(quantity, mark.mark, trigger, stop.price is not None, bound)


def _rungs_objection(
    rungs: tuple[TakeProfit, ...], instrument: Instrument, price: Decimal, quantity: Decimal, side: Side
) -> str | None:
    """Why a ladder cannot be laid on an entry of `quantity` at about `price`."""
    for number, rung in enumerate(rungs):
        size = instrument.round_quantity(quantity * rung.share / HUNDRED)
        if size < max(instrument.min_quantity, instrument.step):
            least = max(instrument.min_quantity, instrument.step)
            return f"take_profit[{number}].share: expected at least {least} of {quantity}, came {size}"
    return ladder_objection(rungs, price, side)


def ladder_objection(rungs: tuple[TakeProfit, ...], reference: Decimal, side: Side) -> str | None:
    """Why a ladder cannot be laid about `reference`: a rung on the losing side, or where no price is, or shares of more
    than the whole.
    """
    total = sum((rung.share for rung in rungs), ZERO)
    if total > HUNDRED:
        return f"take_profit: expected shares of at most 100 in all, came {total}"
    for number, rung in enumerate(rungs):
        if side is Side.SELL and rung.percent is not None and rung.percent >= HUNDRED:
            return f"take_profit[{number}].pct: expected below 100 of a short, came {rung.percent}"
        if rung.price is not None and is_behind(rung.price, reference, side):
            where = "above" if side.sign > 0 else "below"
            return f"take_profit[{number}].price: expected {where} {reference}, came {rung.price}"
    return None


def _trigger(state: SagaState, stop: Stop, instrument: Instrument, watched: Decimal) -> Decimal:
    if stop.price is not None:
        return trigger_towards_entry(stop.price, instrument.tick, state.side)
    return percent_trigger(watched, stop.percent or ZERO, instrument.tick, state.side)


def _quantity(state: SagaState, around: Circumstances, price: Decimal, distance: Decimal) -> Decimal:
    size = state.signal.size
    equity = around.wallet.equity if around.wallet is not None else ZERO
    match size.unit if size is not None else SizeUnit.BASE:
        case SizeUnit.BASE:
            return size.amount if size is not None else ZERO
        case SizeUnit.QUOTE:
            return (size.amount if size is not None else ZERO) / price
        case SizeUnit.EQUITY_PERCENT:
            return equity * (size.amount if size is not None else ZERO) / HUNDRED / price
        case SizeUnit.RISK_PERCENT:
            return equity * (size.amount if size is not None else ZERO) / HUNDRED / distance


def _beyond_liquidation(
    state: SagaState, around: Circumstances, instrument: Instrument, plan_at: tuple[Decimal, Decimal, Decimal]
) -> str | None:
    """Whether the position would be liquidated before its stop. Isolated, its own margin bears the loss; across the
    account, all that is free does, so that only a stop beyond both is refused.
    """
    price, trigger, quantity = plan_at
    leverage = state.signal.leverage or (around.leverage.leverage if around.leverage is not None else None)
    if not leverage and around.wallet is None:
        return None
    room = ONE / leverage if leverage else ZERO
    isolated = around.leverage is not None and around.leverage.isolated
    if not isolated and around.wallet is not None:
        room = max(room, around.wallet.available / (quantity * price))
    liquidation = price * (ONE - state.side.sign * (room - instrument.maintenance_rate))
    if liquidation <= 0 or is_behind(liquidation, trigger, state.side):
        return None
    return f"stop: expected inside the liquidation price, about {liquidation:.8g}, came {trigger}"


def beyond_bound(instrument: Instrument, mark: Decimal, trigger: Decimal, side: Side) -> str | None:
    """Whether a stop stands further from the mark than a limit may. Whether the venue minds is an open question
    (binance.md 1.9: two codes for it, and no word when), and most contracts have a band of five percent: so that no
    entry is refused for this before this account has seen a stop refused.
    """
    bound = instrument.band_price(mark, side.opposite)
    if bound is None or not is_behind(trigger, bound, side):
        return None
    return f"stop: expected within the venue's band, no further from the mark at {mark} than {bound}, came {trigger}"


def needs_leverage_act(state: SagaState, around: Circumstances) -> bool:
    """Whether leverage must be set: asked for, read back as another, the slot ours and flat, nothing under way. Setting
    it twice to the same is harmless, so that an Unknown one is set again.
    """
    if state.signal.leverage is None or _leverage_is_right(state, around):
        return False
    sent = state.leverage
    idle = sent is None or sent.reason.is_not_executed or sent.outcome in (Outcome.UNKNOWN, Outcome.NOT_SENT)
    slot_is_ours = around.slot_is_free and around.may_enter and around.position_complete
    is_flat = around.position is not None and not around.position.amount
    return idle and slot_is_ours and is_flat and around.leverage is not None
