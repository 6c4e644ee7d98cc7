"""The take-profits: a ladder of reduce-only limit orders beside the stop, laid once a position is PROTECTED.

Each rung takes its share of what the ladder is about: what is open now and what its own orders have already taken. So a
rung that fills leaves the others as they are, and a part that leaves by another way shrinks all of them alike. The
shares sum to at most the whole; where they sum to exactly that, the last rung takes what rounding leaves. A rung whose
order no longer has the right size is taken down and laid anew, the stop is never touched.

They secure a gain, not the promise: nothing here hurries. A refused one comes again at a slow and growing pace, and
whatever is unclear is asked about before anything is laid in its place: whether one that was refused stands all the
same, and what an earlier process has laid whose record was lost with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from seawall.model import events as ev
from seawall.model.acts import Outcome, PlaceTakeProfit
from seawall.model.amounts import HUNDRED, ONE, ZERO, ceil_to, floor_to
from seawall.model.ids import Leg
from seawall.model.instrument import Instrument
from seawall.model.queries import AskOrder, Query
from seawall.model.times import Duration, Instant
from seawall.sagas.duties import asking
from seawall.sagas.duties.acting import cancels, name
from seawall.sagas.duties.agenda import Agenda
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.exposure import Exposure, average_entry
from seawall.sagas.evidence.sent import Rung
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.judgement import unsettled_rungs

_MOST_DOUBLINGS = 7


@dataclass(frozen=True, slots=True)
class Target:
    """Where a rung's order belongs, and how much is left for it to take."""

    rung: int
    price: Decimal
    quantity: Decimal


def tend(state: SagaState, exposure: Exposure, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """What brings the orders at the venue to what the ladder asks for: first down what is wrong, then up what lacks."""
    wrong, lacking = _compared(state, exposure, around)
    if wrong:
        return take_down(state, wrong, around, agenda)
    laid = (_lay(state, target, around, agenda) for target in lacking)
    return next((events for events in laid if events), [])


def questions(state: SagaState, exposure: Exposure, around: Circumstances, agenda: Agenda) -> list[Query]:
    """What is to be known before a take-profit is laid: all orders, where an earlier process may have laid some that
    its record does not tell of; and one that was refused, by its name, once another for its rung is due. And whether
    those still stand that the book did not show.
    """
    symbol, standing = state.signal.symbol, [rung.client_id for rung in unsettled_rungs(state, around)]
    asked: list[Query] = [AskOrder(symbol, unshown) for unshown in agenda.unshown if unshown in standing]
    wrong, lacking = _compared(state, exposure, around)
    if wrong or not lacking:
        return asked
    listing_at = agenda.lists_again_at(around.bounds)
    if listing_at:
        return asked + (asking.everything_since(state, around) if around.now >= listing_at else [])
    refused = [rung for target in lacking for rung in _refused(state, target)[-1:] if _is_unread(rung)]
    due = [rung for rung in refused if around.now >= _due_at(state, rung, around)]
    return asked + [AskOrder(symbol, rung.client_id) for rung in due]


def _compared(state: SagaState, exposure: Exposure, around: Circumstances) -> tuple[list[Rung], list[Target]]:
    """What stands and should not, and what should and does not. Each rung has one order: of two the first stays."""
    standing = unsettled_rungs(state, around)
    average, rules = average_entry(state), around.instrument
    is_idle = not (state.take_profits or standing) or any(rung.outcome is None for rung in standing)
    if is_idle or average is None or rules is None:
        return [], []
    wanted = {target.rung: target for target in targets(state, exposure, average, rules)}
    right: dict[int, Rung] = {}
    for rung in standing:
        if _is_right(state, rung, wanted):
            right.setdefault(_number(rung), rung)
    lacking = [target for target in wanted.values() if target.rung not in right and target.quantity > 0]
    return [rung for rung in standing if right.get(_number(rung)) is not rung], lacking


def targets(state: SagaState, exposure: Exposure, average: Decimal, instrument: Instrument) -> list[Target]:
    """Every rung of the ladder in force with what is left for it, its price counted from the entry's `average`."""
    base = exposure.open + sum((_taken(state, number) for number in range(len(state.take_profits))), ZERO)
    found: list[Target] = []
    left = exposure.open
    for number, planned in enumerate(_planned(state, base, instrument)):
        quantity = max(min(planned - _taken(state, number), left), ZERO)
        left -= quantity
        found.append(Target(number, price_of(state, number, average, instrument), quantity))
    return [target for target in found if target.quantity == 0 or _is_tradable(target, instrument)]


def _planned(state: SagaState, base: Decimal, instrument: Instrument) -> list[Decimal]:
    """The size of each rung of `base`, rounded down; what rounding leaves of the whole goes to the last."""
    shares = [rung.share for rung in state.take_profits]
    sizes = [instrument.round_quantity(base * share / HUNDRED) for share in shares]
    if sizes and sum(shares, ZERO) == HUNDRED:
        sizes[-1] = base - sum(sizes[:-1], ZERO)
    return sizes


def price_of(state: SagaState, number: int, average: Decimal, instrument: Instrument) -> Decimal:
    """The limit of a rung, rounded to the tick away from the entry: never for less gain than was asked."""
    asked = state.take_profits[number]
    price = asked.price
    if price is None:
        price = average * (ONE + state.side.sign * (asked.percent or ZERO) / HUNDRED)
    return ceil_to(price, instrument.tick) if state.side.sign > 0 else floor_to(price, instrument.tick)


def _is_tradable(target: Target, instrument: Instrument) -> bool:
    """Whether the venue takes an order so small; what it does not stays behind the stop."""
    return target.quantity >= max(instrument.min_quantity, instrument.step)


def _taken(state: SagaState, number: int) -> Decimal:
    """What the orders of a rung of the ladder in force have filled."""
    return sum((state.orders[rung.client_id].filled for rung in _of_ladder(state) if _number(rung) == number), ZERO)


def _of_ladder(state: SagaState) -> list[Rung]:
    return [rung for rung in state.rungs if rung.intent is not None and rung.n >= state.ladder_n]


def _number(rung: Rung) -> int:
    return rung.intent.rung if rung.intent is not None else -1


def _is_right(state: SagaState, rung: Rung, wanted: dict[int, Target]) -> bool:
    """Whether an order that stands is the one that its rung wants now."""
    target = wanted.get(_number(rung)) if rung.n >= state.ladder_n else None
    if target is None or rung.intent is None:
        return False
    rest = rung.intent.quantity - state.orders[rung.client_id].filled
    return (rung.intent.price, rest) == (target.price, target.quantity)


def _lay(state: SagaState, target: Target, around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """The intention of a rung's order, unless something is to be known before: see `questions`."""
    refused = _refused(state, target)
    due_at = max(agenda.lists_again_at(around.bounds), _due_at(state, refused[-1], around) if refused else 0)
    if around.now < due_at:
        agenda.wake(due_at)
        return []
    if agenda.lists_again_at(around.bounds) or (refused and _is_unread(refused[-1])):
        return []
    named = name(state, around, Leg.TAKE_PROFIT, state.next_n)
    whose = (state.signal.id, state.signal.symbol)
    return [
        ev.TakeProfitIntended(
            *whose, named, state.next_n, target.rung, target.price, target.quantity, intended_at=around.now
        )
    ]


def _refused(state: SagaState, target: Target) -> list[Rung]:
    """The orders for a rung that were refused or not sent, and never seen."""
    return [rung for rung in _of_ladder(state) if _number(rung) == target.rung and state.never_stood(rung)]


def _due_at(state: SagaState, last: Rung, around: Circumstances) -> Instant:
    """When another may follow the last one that was refused for a rung."""
    refusals = sum(_number(rung) == _number(last) and state.never_stood(rung) for rung in _of_ladder(state))
    return last.concluded_at + max(last.retry_after, _pause(refusals, around))


def _is_unread(rung: Rung) -> bool:
    """Whether nobody has looked since whether one that was refused stands all the same: a refusal is a claim too."""
    return rung.outcome is Outcome.REFUSED and not any(began > rung.concluded_at for began in rung.missed)


def _pause(refusals: int, around: Circumstances) -> Duration:
    return around.bounds.ask_slowest << min(refusals - 1, _MOST_DOUBLINGS)


def take_profit_act(state: SagaState, event: ev.TakeProfitIntended) -> PlaceTakeProfit:
    """The act that a take-profit's intention allows."""
    return PlaceTakeProfit(event.symbol, event.client_id, state.side.opposite, event.quantity, event.price)


def take_down(state: SagaState, rungs: Iterable[Rung], around: Circumstances, agenda: Agenda) -> list[ev.Event]:
    """Cancels take-profits that were answered for, each by its name."""
    answered = [rung.client_id for rung in rungs if rung.outcome is not None]
    return cancels(state, around, agenda, answered, is_stop=False)
