"""Hearing: which inputs make the evidence grow, and as what event. An input that tells nothing new writes nothing.

Every report is first *attributed*: to the order or stop whose name it carries; where the venue gives a stop's child no
name (Bybit), to the stop whose venue id, parent or trigger it shares. What cannot be attributed is not ours. It may
still matter as an unexplained fill on our symbol, which forbids the verdict of absence until a name explains it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from seawall.model import events as ev
from seawall.model.acts import Outcome, Reason
from seawall.model.ids import ClientId, Leg, SignalId, Symbol, VenueId, digest, parse_client_id
from seawall.model.inputs import ActAnswered, Input, ReadAnswered, ReadFailed, StreamReported, Told
from seawall.model.queries import AskFills, AskOrder, AskOrders, AskStop, AskStops
from seawall.model.reports import FillKind, FillReport, OrderReport, PositionReport, Source, StopReport, StopStatus
from seawall.model.times import MINUTE, Bounds, Duration, Instant
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.exposure import is_undecided, last_moment, measure
from seawall.sagas.evidence.orders import join_fill, join_order
from seawall.sagas.evidence.positions import adds, join_position
from seawall.sagas.evidence.sent import Sent
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.evidence.stops import ENDED, FIRING, StopFacts, conclude, found, join_stop
from seawall.sagas.evidence.unexplained import is_told_by
from seawall.sagas.phase import Phase

CLOCKS_APART: Duration = MINUTE
"""How much earlier than our intention a venue may date our own stop: what we know of its clock may be old."""


def concluded(state: SagaState, item: Input, around: Circumstances) -> Iterator[ev.Event]:
    """What an answer as a whole says beyond its reports: the outcome of an act, what a complete read did not see."""
    match item:
        case ActAnswered():
            yield from _of_act(state, item)
        case ReadAnswered():
            yield from _of_read(state, item, around)
        case ReadFailed():
            yield from _of_failure(state, item)
        case _:
            return


def told_by(item: Input) -> Told | None:
    """The reports that an input carries; None if it is of a kind that carries none."""
    match item:
        case ActAnswered() | ReadAnswered() | ReadFailed() | StreamReported():
            return item.told
        case _:
            return None


# ---- reports


def of_order(state: SagaState, report: OrderReport) -> ev.Event | None:
    """An order report as an event, if it is ours and tells something new."""
    name = attribute(state, report.client_id, report.venue_id, report.parent)
    if name is None or _is_behind_a_find(state, name, report.venue_at):
        return None
    before = state.facts_of(name)
    report = replace(report, client_id=name)
    return ev.OrderReported(*_whose(state), report) if join_order(before, report) != before else None


def uncontradicted(orders: tuple[OrderReport, ...]) -> list[OrderReport]:
    """Orders as one answer tells of them, without an end that the same answer contradicts: another list of it shows
    the order standing, no less filled, by a word as new. What has ended is not listed as standing again; what has not
    is told to have ended by whoever asks on.
    """
    standing = [order for order in orders if order.source is Source.ORDER and not order.status.is_terminal]
    return [order for order in orders if not any(_contradicts(stands, order) for stands in standing)]


def _contradicts(stands: OrderReport, ended: OrderReport) -> bool:
    """Whether a list that shows an order standing contradicts one by which it has ended."""
    same = ended.source is stands.source and ended.status.is_terminal
    same = same and bool(ended.venue_id) and (ended.symbol, ended.venue_id) == (stands.symbol, stands.venue_id)
    return same and ended.filled <= stands.filled and ended.venue_at <= stands.venue_at


def sent_before(state: SagaState, answer: ReadAnswered) -> Iterator[ev.Event]:
    """The end of a signal that this record has only seen accepted, while the venue lists an entry under its name: an
    older copy of the record was put back. It is not sent again; what stands of it is taken up as any position of ours.
    """
    if state.phase is not Phase.PREPARING:
        return
    names = ((order.client_id, parse_client_id(order.client_id)) for order in answer.told.orders)
    sent = [name for name, made in names if made is not None and made.signal == digest(state.signal.id)]
    if sent:
        detail = f"the venue lists {sent[0]}, which this record does not know: an older copy was put back"
        yield from never_begun(state, ev.EndReason.INTERRUPTED, detail, answer.at)


def never_begun(state: SagaState, reason: ev.EndReason, detail: str, at: Instant) -> Iterator[ev.Event]:
    """The end of a signal for which this record knows of nothing sent: it needs no quarantine."""
    yield ev.SignalExecutionFailed(*_whose(state), reason.value, detail)
    yield ev.FlatSeen(*_whose(state), reason, at)
    yield ev.FlatVerified(*_whose(state), reason, at)


def unshown(state: SagaState, answer: ReadAnswered) -> tuple[ClientId, ...]:
    """Take-profits that were seen to stand, and that a whole book does not show: it may lag, or their end went unheard,
    and none is laid in their place until that is known.
    """
    shown = [order.client_id for order in answer.told.orders]
    orders = (state.orders[rung.client_id] for rung in state.rungs if rung.client_id not in shown)
    return tuple(facts.client_id for facts in orders if facts.is_seen and not facts.is_terminal)


def of_fill(state: SagaState, report: FillReport) -> ev.Event | None:
    """A fill as an event: a new trade of ours, or one of others since our baseline, or one that no name explains. What
    the venue dates before our first intent is others', whoever bears its name.
    """
    name = attribute(state, report.client_id, report.venue_id)
    if name is not None:
        if _is_behind_a_find(state, name, report.venue_at):
            return None
        before = state.facts_of(name)
        report = replace(report, client_id=name)
        known = join_fill(before, report) == before and report.trade_id not in state.loose_fills
        return None if known else ev.FillReported(*_whose(state), report)
    first, latest = state.attempts[0].intent if state.attempts else None, state.intent
    if first is not None and not report.client_id and report.venue_at < first.since:
        report = _as_anothers(report)
    if latest is not None and report.venue_at > latest.baseline_at and report.trade_id not in state.foreign_fills:
        new = report.trade_id not in (state.foreign_fills if report.client_id else state.loose_fills)
        return ev.FillReported(*_whose(state), report) if new and state.phase is not Phase.FLAT else None
    return None


def _is_behind_a_find(state: SagaState, name: ClientId, venue_at: Instant) -> bool:
    """Whether an order of ours is one that made a position which was found without it: the position itself was taken
    for the order (`engine/adopting.py`), and holds whatever the venue dates up to it.
    """
    first = state.attempts[0] if state.attempts else None
    if first is None or first.intent is None or state.heard_by.get(first.client_id) is not Source.POSITIONS:
        return False
    return name not in state.orders and venue_at <= first.intent.since


def of_position(state: SagaState, report: PositionReport, around: Circumstances) -> ev.Event | None:
    """A position's word as an event, if it differs from the source's last, or confirms it after `read_lag` while
    something is still to be decided by it.
    """
    if not state.attempts or state.phase is Phase.FLAT:
        return None
    told = state.opinions.of(report.source)
    repeats = told is not None and (told.report.amount, told.report.stop_loss) == (report.amount, report.stop_loss)
    settled = state.phase is Phase.PROTECTED and repeats and report.amount * state.side.sign > 0
    settled = settled and report.venue_at == (told.report.venue_at if told else 0)
    settled = settled and not _decides(state, report, around)
    adds_to_it = not settled and adds(state.opinions, report, around.bounds.read_lag)
    return ev.PositionReported(*_whose(state), report) if adds_to_it or _awaits_a_read(state, report) else None


def _decides(state: SagaState, report: PositionReport, around: Circumstances) -> bool:
    """Whether less is shown than counts as ours, once this word is heard: it may have become late enough to tell."""
    heard = replace(state, opinions=join_position(state.opinions, report))
    return is_undecided(heard, measure(heard, around), around)


def _awaits_a_read(state: SagaState, report: PositionReport) -> bool:
    """Whether a close of unknown outcome, or rounds towards absence, wait for a read begun after them."""
    told = state.opinions.read
    if report.source is Source.STREAM or (told is not None and report.began_at <= told.report.began_at):
        return False
    waiting_since = [
        sent.concluded_at or sent.intended_at
        for sent in state.orders_sent
        if sent.outcome is not None and not state.orders[sent.client_id].is_seen and _is_in_doubt(sent)
    ]
    last = told.report.began_at if told is not None else 0
    return any(last <= since < report.began_at for since in waiting_since) or any(
        sent.missed and last <= min(sent.missed) for sent in state.attempts
    )


def _is_in_doubt(sent: Sent) -> bool:
    """Whether an act may have arrived, or was refused for a reason that only the position explains."""
    return not sent.never_was or sent.reason is Reason.REDUCE_ONLY


def of_stop(state: SagaState, report: StopReport, around: Circumstances) -> ev.Event | None:
    """A stop's word as an event, if the stop is ours and the word is new."""
    name = _stop_named(state, report, around)
    if name is None:
        return None
    report = report if report.client_id == name else replace(report, client_id=name)
    before = state.stops.get(name) or found(report)
    if name not in state.stops:
        return ev.StopReported(*_whose(state), report)
    missed = before.missed_first > 0
    return ev.StopReported(*_whose(state), report) if missed or join_stop(before, report) != before else None


def others_stand(state: SagaState, told: Told, around: Circumstances) -> bool:
    """Whether a list of stops shows one on our slot that is not this signal's: foreign, or of an earlier signal."""
    on_slot = (report for report in told.stops if report.symbol == state.signal.symbol)
    return any(_stop_named(state, report, around) is None for report in on_slot)


def attribute(
    state: SagaState, client_id: ClientId, venue_id: VenueId, parent: ClientId = ClientId("")
) -> ClientId | None:
    """Which of our orders a report is about; None if none of them."""
    if client_id:
        return client_id if state.is_ours(client_id) else None
    if venue_id:
        for name, facts in state.orders.items():
            if facts.venue_id == venue_id:
                return name
        for name, stop in state.stops.items():
            if venue_id in (stop.venue_id, stop.order_id):
                return name
    if parent and parent in state.orders:
        return _newest(stop for stop in state.stops.values() if stop.attached)
    return None


def _stop_named(state: SagaState, report: StopReport, around: Circumstances) -> ClientId | None:
    """Which of our stops a report is about. A child stays with the stop that holds its id while it stands at that one's
    trigger: asked for the same once more, the venue modifies nothing (34040), or it makes another child. Where it was
    moved away meanwhile, and a later one of ours has put it back, it is that one's. One that is heard of first is the
    newest's that left before its date: none that left later has made it.
    """
    if around.traits.names_stops or report.client_id:
        is_ours = _is_stop_of_ours(state, report.client_id) or _took_our_place(state, report)
        return report.client_id if is_ours else None
    known = _newest(stop for stop in state.stops.values() if report.venue_id and stop.venue_id == report.venue_id)
    if known is not None and (report.status in ENDED or state.stops[known].trigger == report.trigger):
        return _put_back(state, state.stops[known], report, around) or known
    same = (stop for stop in state.stops.values() if stop.trigger == report.trigger and _may_be(stop, report, around))
    heirs = [stop for stop in same if known is None or (stop.may_live and stop.n > state.stops[known].n)]
    sent_by = report.venue_at - around.clock_offset + around.clock_error
    heir = _newest(stop for stop in heirs if stop.intended_at <= sent_by) or _newest(iter(heirs))
    if heir is not None or known is not None or not report.parent:
        return heir or known
    return attribute(state, ClientId(""), VenueId(""), report.parent)


def _put_back(state: SagaState, known: StopFacts, report: StopReport, around: Circumstances) -> ClientId | None:
    """The later stop that the venue took for the same trigger, if the child is dated after it was sent, and stands."""
    if report.status is not StopStatus.LIVE:
        return None
    sent_by = report.venue_at - around.clock_offset - around.clock_error
    later = (stop for stop in state.stops.values() if stop.n > known.n and stop.trigger == known.trigger)
    taken = (stop for stop in later if stop.outcome is Outcome.ACKNOWLEDGED and stop.status is None)
    return _newest(stop for stop in taken if stop.quantity is None and 0 < stop.intended_at < sent_by)


def _may_be(stop: StopFacts, report: StopReport, around: Circumstances) -> bool:
    """Whether a nameless stop at our trigger can be ours: not one that the venue dates before our intention, nor
    another beside one of ours that has fired, since that one is made anew no more.
    """
    if stop.is_ended or (stop.status in FIRING and report.venue_id not in ("", stop.venue_id)):
        return False
    intended_at = stop.intended_at + around.clock_offset
    return not report.venue_at or report.venue_at >= intended_at - CLOCKS_APART


def _is_stop_of_ours(state: SagaState, name: ClientId) -> bool:
    if name in state.stops:
        return True
    made = parse_client_id(name)
    return made is not None and made.leg is Leg.STOP and state.is_ours(name)


def _took_our_place(state: SagaState, report: StopReport) -> bool:
    """Whether the owner has put a stop of his own where ours has stood: it closes the whole position, and the venue has
    refused to take even a quantity stop of ours beside it (binance.md 4.7, an open question). It covers, and is
    accepted like one that he moved (design, rule 18). That ours has stood is known of its end too; and one that had to
    be sent twice, since nobody answered, may have.
    """
    last = max(state.stops.values(), key=lambda stop: stop.n, default=None)
    is_kept_out = last is not None and last.quantity is not None and last.is_kept_out
    is_whole = report.status is StopStatus.LIVE and report.quantity is None and report.side is state.side.opposite
    has_stood = any(stop.status is not None or stop.sendings > 1 for stop in state.stops.values())
    return is_kept_out and is_whole and has_stood and parse_client_id(report.client_id) is None


def _newest(stops: Iterator[StopFacts]) -> ClientId | None:
    best = max(stops, key=lambda stop: stop.n, default=None)
    return None if best is None else best.client_id


# ---- answers


def _of_act(state: SagaState, answer: ActAnswered) -> Iterator[ev.Event]:
    leg = _leg_of(state, answer.client_id)
    if leg is None or (answer.outcome, answer.at) in state.conclusions_of(answer.client_id):
        return
    event = ev.ActConcluded(
        *_whose(state),
        client_id=answer.client_id,
        leg=leg,
        outcome=answer.outcome,
        reason=answer.reason,
        code=answer.code,
        text=answer.text,
        began_at=answer.began_at,
        at=answer.at,
        retry_after=answer.retry_after,
    )
    known = state.stops.get(answer.client_id)
    if known is None or conclude(known, event) != known:
        yield event


def _leg_of(state: SagaState, name: ClientId) -> Leg | None:
    if name in state.orders:
        return state.orders[name].leg
    cancels = any(cancel.client_id == name for cancel in state.cancels.values())
    leverage = state.leverage is not None and state.leverage.client_id == name
    return Leg.CANCEL if cancels else Leg.LEVERAGE if leverage else None


def _of_read(state: SagaState, answer: ReadAnswered, around: Circumstances) -> Iterator[ev.Event]:
    """What a complete read did *not* see."""
    match answer.query:
        case AskOrder(client_id=name) if name in state.orders:
            unseen = not state.orders[name].is_seen and not answer.told.orders and not answer.told.fills
            if unseen and name not in state.stops and answer.began_at not in state.rounds_of(name):
                yield ev.OrderNotVisible(*_whose(state), name, answer.began_at, answer.at)
        case AskFills(since=since) if state.intent is not None and since <= state.intent.baseline_at:
            wanted = state.fills_read_at < _trades_wanted_since(state) or is_told_by(answer.began_at, state, around)
            if wanted and answer.began_at > state.fills_read_at:
                yield ev.FillsRead(*_whose(state), since, answer.began_at)
        case AskOrders():
            yield from _named_now(state, answer.told)
        case AskStops(symbol=symbol) if symbol in (None, state.signal.symbol):
            for facts in _unseen(state, answer, around.bounds):
                yield ev.StopNotVisible(*_whose(state), facts.client_id, answer.began_at, answer.at)
        case AskStop(client_id=name) if name in state.stops and not answer.told.stops:
            if _may_miss(state, state.stops[name], answer.began_at, around.bounds):
                yield ev.StopNotVisible(*_whose(state), name, answer.began_at, answer.at)
        case _:
            return


def _named_now(state: SagaState, told: Told) -> Iterator[ev.Event]:
    """Trades that no name explained, whose orders a list of all orders now names: as another's, as the venue's own, as
    a stop's of ours that travelled with the entry and fired before anybody had seen it (bybit.md 3.3), or as that of
    the position's one stop.
    """
    orders = {order.venue_id: order for order in told.orders}
    for fill in state.loose_fills.values():
        order = orders.get(fill.venue_id)
        if order is None:
            continue
        name = attribute(state, order.client_id, order.venue_id, order.parent) or _of_the_position(state, fill, told)
        kind = fill.kind if order.kind is FillKind.TRADE else order.kind
        if name is None:
            yield ev.FillReported(*_whose(state), replace(_as_anothers(fill, order.client_id), kind=kind))
        elif not _is_behind_a_find(state, name, fill.venue_at):
            yield ev.FillReported(*_whose(state), replace(fill, client_id=name, kind=kind))


def _of_the_position(state: SagaState, fill: FillReport, told: Told) -> ClientId | None:
    """Our last stop for the whole position, where such a one without a name has made a trade that closes ours: the
    venue holds one of them a position (bybit.md 3.5), so that this one has taken the place of ours, moved by a hand or
    by a process whose record is lost. Not where others have closed of ours, too: what they opened since has its own.
    """
    fired = any(stop.venue_id == fill.venue_id and not stop.client_id and stop.quantity is None for stop in told.stops)
    is_ours = fill.side is state.side.opposite and fill.quantity <= state.entered - state.exited
    touched = any(other.side is state.side.opposite for other in state.foreign_fills.values())
    whole = [facts for facts in state.stops.values() if facts.quantity is None]
    last = max(whole, key=lambda facts: facts.n, default=None)
    return last.client_id if last is not None and fired and is_ours and not touched else None


def _as_anothers(fill: FillReport, name: ClientId = ClientId("")) -> FillReport:
    """A nameless fill under the name of its order, that is not ours; the venue's id is one where it has no other."""
    return replace(fill, client_id=name or ClientId(fill.venue_id))


def _trades_wanted_since(state: SagaState) -> Instant:
    """Since when a read of the trades decides something: whether an entry that reads miss is absent, whether one that
    is told to have ended empty has, and whose the position's change is, where that alone tells of a fill.
    """
    emptied = max((facts.ended_at for facts in state.entry_orders if facts.is_empty), default=0)
    guessed = state.filled.at + 1 if state.filled is not None and state.filled.at_most else 0
    return max(_last_miss(state), emptied, guessed)


def _last_miss(state: SagaState) -> Instant:
    """The latest round towards absence; a read of fills begun after it says something new."""
    return max((began for attempt in state.attempts for began in attempt.missed), default=0)


def _unseen(state: SagaState, answer: ReadAnswered, bounds: Bounds) -> Iterator[StopFacts]:
    """Our stops that should stand, and that a complete list does not show."""
    told = answer.told
    names = [report.client_id for report in told.stops] + [report.parent for report in told.stops]
    ids = [report.venue_id for report in told.stops]
    triggers = [
        report.trigger for report in told.stops if report.symbol == state.signal.symbol and not report.client_id
    ]
    for facts in state.stops.values():
        shown = facts.client_id in names or (facts.venue_id and facts.venue_id in ids)
        shown = shown or (facts.trigger in triggers and not _is_denied(state, facts))
        if not shown and _may_miss(state, facts, answer.began_at, bounds):
            yield facts


def _is_denied(state: SagaState, facts: StopFacts) -> bool:
    """Whether the venue has said of a stop, when it was to be cancelled, that its id is not there: a nameless one that
    is listed at its trigger is another then, and the stop of a position that somebody else's may be by now.
    """
    cancel = state.cancels.get(facts.client_id)
    return cancel is not None and cancel.reason is Reason.NOT_FOUND


def _may_miss(state: SagaState, facts: StopFacts, began_at: Instant, bounds: Bounds) -> bool:
    """Whether not seeing this stop says anything: it may live, and the read began after it was answered for. One that
    travels with the entry is made at the first fill, and not seen before that. That it was missed once more since then
    and since the last fill says no more, until the reads that missed it are `read_lag` apart: each is a row on a disk,
    and one that never arrived is asked about for as long as the position stands.
    """
    answered_at = max(facts.concluded_at, facts.intended_at)
    if facts.attached and facts.status is None:
        if state.filled is None:
            return False
        answered_at = state.filled.at
    is_answered = facts.outcome is not None or facts.attached
    if not (facts.may_live and is_answered and began_at > max(answered_at, facts.missed_last)):
        return False
    is_first = facts.missed_last <= max(answered_at, last_moment(state).heard_at)
    completes = began_at - facts.missed_first >= bounds.read_lag and not facts.is_missing(bounds.read_lag)
    return is_first or completes


def _of_failure(state: SagaState, failure: ReadFailed) -> Iterator[ev.Event]:
    """A failed read counts nothing, and starts a count of rounds anew."""
    if not isinstance(failure.query, AskOrder):
        return
    name = failure.query.client_id
    if any(sent.client_id == name and sent.missed for sent in state.orders_sent):
        yield ev.AbsenceRestarted(*_whose(state), name, failure.detail)


def _whose(state: SagaState) -> tuple[SignalId, Symbol]:
    return (state.signal.id, state.signal.symbol)
