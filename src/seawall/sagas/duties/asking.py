"""Asking: what the duties want to know, each question once. When it is asked is the agenda's affair."""

from __future__ import annotations

from seawall.model import events as ev
from seawall.model.acts import Outcome, Reason
from seawall.model.queries import AskFills, AskLeverage, AskOrder, AskOrders, AskPositions, AskStop, AskStops, Query
from seawall.model.reports import OrderStatus, StopStatus
from seawall.model.times import SECOND
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.cover import is_reached
from seawall.sagas.evidence.exposure import (
    Exposure,
    is_undecided,
    may_be_gone,
    shows_more_than_known,
)
from seawall.sagas.evidence.hearing import CLOCKS_APART
from seawall.sagas.evidence.orders import OrderFacts
from seawall.sagas.evidence.sent import Attempt
from seawall.sagas.evidence.standing import live_stops
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.stops import MEANS_READ, StopFacts
from seawall.sagas.evidence.unexplained import is_part_unexplained, lacks_names, trades_asked_until, unpriced_exits
from seawall.sagas.judgement import (
    Verdict,
    entry_verdict,
    has_child,
    horizon_of,
    is_attempt_dead,
    unsettled_closes,
    unsettled_rungs,
)
from seawall.sagas.phase import Duty, Phase


def questions(state: SagaState, duties: Duty, exposure: Exposure | None, around: Circumstances) -> list[Query]:
    """What the duties want to know, each question once."""
    symbol = state.signal.symbol
    wanted: dict[Query, None] = {}
    if Duty.ASK_ENTRY in duties:
        for attempt in state.attempts:
            wanted.update(dict.fromkeys(_about_entry(state, attempt, around)))
        for close_ in unsettled_closes(state, around):
            wanted[AskOrder(symbol, close_.client_id)] = None
        for facts in state.stops.values():
            wanted.update(dict.fromkeys(_about_child(state, facts, around)))
        for rung in unsettled_rungs(state, around):
            wanted[AskOrder(symbol, rung.client_id)] = None
    if Duty.LADDER in duties and exposure is not None:
        wanted.update(dict.fromkeys(_about_rungs(state, exposure, around)))
    if Duty.ASK_POSITION in duties:
        wanted[AskPositions(symbol)] = None
        is_gone = exposure is not None and exposure.open <= 0
        if is_gone and state.intent is not None and around.now < trades_asked_until(state, around):
            wanted.update(dict.fromkeys(_about_trades(state, state.intent, around)))
    wanted.update(dict.fromkeys(_about_takers(state, duties, exposure, around)))
    if Duty.ASK_STOP in duties:
        wanted.update(dict.fromkeys(_about_stops(state, exposure, around)))
    if Duty.WATCH in duties and exposure is not None and _is_cover_doubted(state, exposure, around):
        wanted[AskPositions(symbol)] = None
        wanted.update(dict.fromkeys(_about_stops(state, exposure, around)))
    if Duty.WATCH in duties and exposure is not None and is_undecided(state, exposure, around):
        wanted[AskPositions(symbol)] = None
    if Duty.WATCH in duties and state.phase is Phase.PROTECTED:
        doubted = (facts for facts in state.entry_orders if facts.is_unpriced or _is_end_doubted(state, facts, around))
        wanted.update((AskOrder(symbol, facts.client_id), None) for facts in doubted)
        wanted.update(dict.fromkeys(_about_parts(state, around)))
    if Duty.PREPARE in duties and state.signal.leverage is not None:
        wanted[AskLeverage(symbol)] = None
    return list(wanted)


def _is_end_doubted(state: SagaState, facts: OrderFacts, around: Circumstances) -> bool:
    """Whether only a read has told that an entry ended with a part of it, and a position shows more: that read may have
    lied, while the rest was filled. It is asked through `doubt`, since another hand's looks the same.
    """
    part = not facts.is_end_heard and facts.status.is_terminal and facts.status is not OrderStatus.FILLED
    is_new = facts.ended_at <= around.now < facts.ended_at + around.bounds.doubt
    return part and is_new and shows_more_than_known(state, around)


def _about_parts(state: SagaState, around: Circumstances) -> list[Query]:
    """Closes of a part and take-profits whose end or price is not told, and who took a part; the receipt says all."""
    unsettled = (close.client_id for close in unsettled_closes(state, around))
    unpriced = (exit_.client_id for exit_ in unpriced_exits(state))
    asked: list[Query] = [AskOrder(state.signal.symbol, name) for name in dict.fromkeys((*unsettled, *unpriced))]
    if state.intent is not None and is_part_unexplained(state, around):
        asked += _about_trades(state, state.intent, around)
    return asked


def _about_takers(state: SagaState, duties: Duty, exposure: Exposure | None, around: Circumstances) -> list[Query]:
    """The trades, where a read without a date shows nothing of what counts as open: if the stream is deaf, only they
    can say that others took it.
    """
    is_asked = bool(duties & (Duty.ASK_POSITION | Duty.WATCH)) and exposure is not None and exposure.open > 0
    is_asked = is_asked and may_be_gone(state, around)
    return _about_trades(state, state.intent, around) if is_asked and state.intent is not None else []


def _is_cover_doubted(state: SagaState, exposure: Exposure, around: Circumstances) -> bool:
    """Whether a read did not show the stop that covers, or the venue refused another because there is no position: it
    may lag, or the stop has gone with its position, and where a list of positions leaves out those that are flat,
    nothing else says so. And so for `read_lag` after a later read has shown it: that one may have lagged.
    And whether the market has come to its trigger, and nobody has told that it fired.
    """
    told = state.opinions.read
    read_at = told.report.began_at if told is not None else 0
    denied = any(facts.reason is Reason.NO_POSITION and facts.concluded_at >= read_at for facts in state.stops.values())
    since = around.now - around.bounds.read_lag
    missed = any(facts.missed_first or facts.missed_before > since for facts in live_stops(state, exposure, around))
    return exposure.open > 0 and (denied or missed or is_reached(state, around.fresh_mark))


def everything_since(state: SagaState, around: Circumstances) -> list[Query]:
    """All orders of the symbol since the first intention, or as far back as the venues list them (design, rule 19);
    since the signal was made, where none is on record.
    """
    first = state.attempts[0].intent if state.attempts else None
    since = first.since if first is not None else state.signal.made_at - CLOCKS_APART
    return [AskOrders(state.signal.symbol, max(since, around.term * SECOND - around.bounds.look_back))]


def _about_entry(state: SagaState, attempt: Attempt, around: Circumstances) -> list[Query]:
    facts = state.orders[attempt.client_id]
    by_effect = state.filled is not None and state.filled.at_most
    doubted = facts.filled == 0 and (by_effect or shows_more_than_known(state, around) or has_child(state, attempt))
    if state.never_stood(attempt) and not doubted:
        return []
    if is_attempt_dead(state, attempt, around) and facts.is_quantity_known and not facts.is_unpriced and not doubted:
        return []
    if entry_verdict(state, attempt, around) is Verdict.ABSENT:
        return []
    if attempt.intent is None:
        return []
    asked: list[Query] = [AskOrder(attempt.intent.symbol, attempt.client_id)]
    is_late = around.venue_now_early > horizon_of(attempt, around)
    if doubted or (is_late and not facts.is_seen):
        asked += _about_trades(state, attempt.intent, around)
    return asked


def _about_trades(state: SagaState, intent: ev.EntryIntended, around: Circumstances) -> list[Query]:
    """Every trade that our baseline does not tell of; and whose those since the intent are, where they do not say."""
    asked: list[Query] = [AskFills(intent.symbol, intent.baseline_at)]
    if lacks_names(state, around):
        asked.append(AskOrders(intent.symbol, intent.since))
    return asked


def _about_rungs(state: SagaState, exposure: Exposure, around: Circumstances) -> list[Query]:
    """Take-profits that may not have arrived or were cancelled; and all that stand, where the position is smaller than
    our fills say: one of them has filled, and the news of it is late or lost.
    """
    rungs = unsettled_rungs(state, around)
    doubted = [
        rung
        for rung in rungs
        if exposure.is_short or rung.client_id in state.cancels or not state.orders[rung.client_id].is_seen
    ]
    return [AskOrder(state.signal.symbol, rung.client_id) for rung in doubted]


def _about_child(state: SagaState, facts: StopFacts, around: Circumstances) -> list[Query]:
    """What a stop that has fired filled: under its name where stops have names, else by its own id (binance.md 3.2).
    And whether one still stands that alone tells of a fill of our entry.
    """
    if facts.is_made and not state.entered:
        return [AskStops(state.signal.symbol)]
    fired = facts.status in (StopStatus.TRIGGERED, StopStatus.FINISHED)
    if not fired or state.orders[facts.client_id].is_quantity_known:
        return []
    if around.traits.names_stops:
        return [AskOrder(state.signal.symbol, facts.client_id)]
    return [AskStop(state.signal.symbol, facts.client_id, facts.venue_id)] if facts.venue_id else []


def _about_stops(state: SagaState, exposure: Exposure | None, around: Circumstances) -> list[Query]:
    """Each stop that may stand by its name, where stops have names; the list of all, where they have none or another
    stop is in the way. One that the list does not show is asked for by its own id, which finds what has ended too
    (bybit.md 1.5), and where it was never seen among all orders since the entry's intent, by its parent.
    """
    symbol = state.signal.symbol
    standing = [facts for facts in state.stops.values() if facts.may_live]
    blocked = any(facts.reason in MEANS_READ and facts.outcome is Outcome.REFUSED for facts in state.stops.values())
    asked: list[Query] = []
    if around.traits.names_stops:
        asked += [AskStop(symbol, facts.client_id) for facts in standing]
    elif standing or blocked:
        flat = exposure is not None and (exposure.open <= 0 or exposure.seems_gone)
        missed = [facts for facts in standing if facts.missed_first or flat]
        asked += [AskStop(symbol, facts.client_id, facts.venue_id) for facts in missed if facts.venue_id]
        if not flat and state.intent is not None and any(not facts.venue_id for facts in missed):
            asked.append(AskOrders(symbol, state.intent.since))
    if blocked or (standing and not around.traits.names_stops):
        asked.append(AskStops(symbol))
    return asked
