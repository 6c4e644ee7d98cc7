"""Closing: exactly what is ours and open, one close at a time, up a ladder whose steps name the code that led there.

And the clearing of our stops once flat is proven, not before.
"""

from __future__ import annotations

from decimal import Decimal

from seawall.model import events as ev
from seawall.model.acts import ClosePosition, Reason
from seawall.model.ids import Leg
from seawall.model.queries import AskInstruments, AskMark, Query
from seawall.model.times import Duration, Instant, growing
from seawall.sagas.duties.acting import cancels, name
from seawall.sagas.duties.agenda import Agenda
from seawall.sagas.duties.laddering import take_down
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.exposure import Exposure
from seawall.sagas.evidence.sent import Close
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.judgement import unsettled_closes, unsettled_rungs, unsettled_stops


def close(state: SagaState, quantity: Decimal, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """The next close of `quantity`, all that is ours and open or the part that its owner asked for, if none is under
    way.
    """
    if quantity <= 0 or unsettled_closes(state, around):
        return []
    last = state.closes[-1] if state.closes else None
    rung = _rung(state)
    if last is not None:
        due_at = last.concluded_at + max(last.retry_after, _wait(state, around))
        if around.now < due_at:
            agenda.wake(due_at)
            return []
        if last.reason is Reason.REDUCE_ONLY and not _position_read_since(state, last.concluded_at):
            return []
    if last is not None and _is_dust(state, quantity, around, last):
        rung, part = WHOLE, quantity
    else:
        part = _close_quantity(quantity, around, sliced=rung > 0 and not _filled_whole(state, last))
    return [
        ev.CloseIntended(
            state.signal.id,
            state.signal.symbol,
            client_id=name(state, around, Leg.CLOSE, state.next_n),
            n=state.next_n,
            quantity=part,
            intended_at=around.now,
            price_bound=_band_price(state, around) if 1 < rung < WHOLE else None,
            rung=rung,
            cause=last.code if last is not None else "",
        )
    ]


def waits_for_trades(state: SagaState, exposure: Exposure, around: Circumstances, agenda: Agenda) -> bool:
    """Whether a close waits, for `max_naked` at most, since only the position's change says that something of ours is
    open: that is enough to cover it, and what a hand has traded meanwhile looks the same. The trades tell, and where
    they bear no name their orders.
    """
    if not exposure.at_most or state.filled is None:
        return False
    is_named = around.traits.names_fills or not state.loose_fills
    if is_named and state.fills_read_at > state.filled.at:
        return False
    until = state.filled.at + around.bounds.max_naked
    agenda.wake(until)
    return around.now < until


WHOLE = 3
"""The rung beside the ladder that asks for all that is open instead of a quantity."""


def _is_dust(state: SagaState, quantity: Decimal, around: Circumstances, last: Close) -> bool:
    """Whether the venue has refused the last close by its rules, and what is open is worth less than its least order.
    One that asks for no quantity takes it (bybit.md 1.5); only where a read since then shows nothing but ours.
    """
    price, rules, told = around.mark_price, around.instrument, state.opinions.read
    if not around.traits.closes_whole or last.reason is not Reason.FILTER or price is None or rules is None:
        return False
    is_alone = told is not None and told.report.amount == state.side.sign * quantity
    return is_alone and quantity * price < rules.min_notional and _position_read_since(state, last.concluded_at)


def _wait(state: SagaState, around: Circumstances) -> Duration:
    """The wait after closes in a row that took nothing: it grows, since a market that takes none will not by being
    asked at the pace of a round trip.
    """
    empty = 0
    for close_ in reversed(state.closes):
        if state.orders[close_.client_id].filled > 0:
            break
        empty += 1
    return growing(around.bounds.stop_repeat_every, empty - 1, around.bounds) if empty else 0


def _position_read_since(state: SagaState, at: Instant) -> bool:
    told = state.opinions.read
    return told is not None and told.report.began_at > at


def _rung(state: SagaState) -> int:
    """How far up the ladder: the whole at market; slices at market; slices as limits at the band. A refusal or a
    partial close climbs, what was not executed or only not heard of does not.
    """
    climbs = 0
    for close_ in state.closes:
        intent = close_.intent
        facts = state.orders[close_.client_id]
        refused = (
            state.never_stood(close_) and not close_.reason.is_not_executed and close_.reason is not Reason.REDUCE_ONLY
        )
        partial = facts.is_terminal and intent is not None and facts.filled < intent.quantity
        climbs += refused or partial
    return min(climbs, 2)


def _filled_whole(state: SagaState, last: Close | None) -> bool:
    """Whether the last close took all that it asked for: then the market bears more than a slice."""
    intent = last.intent if last is not None else None
    return intent is not None and state.orders[intent.client_id].filled >= intent.quantity


def _close_quantity(open_: Decimal, around: Circumstances, *, sliced: bool) -> Decimal:
    """As much as one order may take. No slice is worth less than the venue's least order, where that may be asked of
    reduce-only orders, too.
    """
    rules, price = around.instrument, around.mark_price
    if rules is None:
        return open_
    part = rules.one_order_of(open_, sliced=sliced)
    too_small = around.traits.closes_whole and price is not None and part * price < rules.min_notional
    return rules.one_order_of(open_, sliced=False) if too_small else part


def _band_price(state: SagaState, around: Circumstances) -> Decimal | None:
    """The worst price that the venue's band allows our closing side; None (market) where the band is not known. The
    band moves with the mark: an order at the band of a price that is long gone takes nothing.
    """
    price = around.mark_price
    if around.instrument is None or price is None:
        return None
    return around.instrument.band_price(price, state.side.opposite)


def market_questions(state: SagaState, around: Circumstances) -> list[Query]:
    """The prices, by name, where a close has climbed the ladder, whose top they bound, and those known are too old. And
    the contracts' rules where the venue has refused the last close by them: they have changed, and the standing read
    of them is hourly.
    """
    asked: list[Query] = [AskMark(state.signal.symbol)] if _rung(state) > 0 and around.fresh_mark is None else []
    if state.closes and state.closes[-1].reason is Reason.FILTER:
        asked.append(AskInstruments())
    return asked


def close_act(state: SagaState, event: ev.CloseIntended) -> ClosePosition:
    """The act that a close's intention allows. Its side is the opposite of the journaled intent, never a reply's."""
    whole = event.rung == WHOLE
    return ClosePosition(event.symbol, event.client_id, state.side.opposite, event.quantity, event.price_bound, whole)


def make_room(state: SagaState, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """Cancels our take-profits where they block a close: the venue has refused the last one because of resting
    reduce-only orders (binance.md 4.2: -4118, and -2022 too).
    """
    last = state.closes[-1] if state.closes else None
    if last is None or last.reason not in (Reason.BLOCKED, Reason.REDUCE_ONLY):
        return []
    return take_down(state, unsettled_rungs(state, around), around, agenda)


def clear(state: SagaState, exposure: Exposure, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """Cancels what is left of our stops once flat is proven, and a read begun since then still did not end them."""
    if not exposure.is_flat_proven or agenda.stops_read_at <= exposure.moment.heard_at:
        return []
    left = [facts for facts in unsettled_stops(state, exposure) if not facts.is_pending]
    return cancels(state, around, agenda, [facts.client_id for facts in left], is_stop=True)
