"""What of a signal is open now: arithmetic over the evidence, without judgement. What covers it is in `cover.py`.

**Our unclosed quantity** = our entry fills, less the fills of our closes and stops, and never more than the position in
our direction as two sources newer than our last fill show it. So a hand close, a liquidation or an ADL brings it to
zero without any order of ours, and what somebody else added is never ours to close: once the entry has ended, what is
ours only shrinks, and what two sources have left of it is remembered (`HoldingReduced`), though a hand add as much
again. While our fills cannot be read, it is the position's change against the baseline, of the right sign and not above
what we intended: enough to start protection, not enough to name our order filled.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from seawall.model.amounts import ZERO
from seawall.model.reports import PositionReport, Source, StopStatus
from seawall.model.times import Instant
from seawall.sagas.evidence.absence import is_close_absent, is_missed_for
from seawall.sagas.evidence.circumstances import Circumstances
from seawall.sagas.evidence.orders import OrderFacts
from seawall.sagas.evidence.positions import (
    DATED_APART,
    Moment,
    Opinion,
    in_direction,
    is_before,
    is_dated_near,
    tells_of,
)
from seawall.sagas.evidence.state import SagaState


class Exposure(NamedTuple):
    """What is open of a signal. Quantities in base currency, positive in the direction of the entry.

    `flat_sources` names who says that nothing is open, newer than the last fill; two of them prove it.
    """

    filled: Decimal
    exited: Decimal
    open: Decimal
    at_most: bool
    contrary: bool
    seems_gone: bool
    flat_sources: tuple[str, ...]
    moment: Moment
    least: Decimal = ZERO
    """What is open by the word that shows the least: one witness is enough for what is not to be closed."""
    closable: Decimal = ZERO
    """What a close may ask for: that; all that is open where one witness shows nothing and another contradicts it."""
    disputed: bool = False
    """Whether a word shows the other side, and is not proven to be the last: another of its instant shows ours, or it
    is the stream's, of the very instant of our own fill.
    """

    @property
    def is_short(self) -> bool:
        """Whether some word about the position, newer than the last fill, shows less than our fills leave open."""
        return self.least < self.filled - self.exited

    @property
    def is_flat_proven(self) -> bool:
        """Whether nothing is open, by two sources newer than the last fill."""
        return self.open <= 0 and len(self.flat_sources) >= 2  # noqa: PLR2004 - "two sources" is the rule


def average_entry(state: SagaState) -> Decimal | None:
    """The average price of what was filled; None while it is not known."""
    return next((facts.average for facts in state.entry_orders if facts.filled > 0), None)


def measure(state: SagaState, around: Circumstances) -> Exposure:
    """The exposure of a saga that has intended an entry."""
    filled = state.entered
    moment = last_moment(state)
    words = _newest_words(state, around, moment)
    shown = _amounts(state, around, moment, words)
    owned = unclosed(state) if filled > 0 else _by_effect(state, around)
    capped = _at_most(state, around, owned) if filled > 0 else _capped(owned, shown)
    turned_over = owned > 0 and any(amount < 0 for _, amount in shown) and capped > 0
    contrary = turned_over and _is_turned_over(state, around, words)
    taken = owned > 0 and filled > 0 and _is_taken(state, around, words)
    flat_sources = _who_says_flat(state, around, (filled, owned), shown) + (("trades",) if taken else ())
    open_ = ZERO if taken else max(capped, ZERO)
    amounts = [amount for _, amount in shown] + _left_since_entry(state, around)
    least = max(min([capped, *amounts]), ZERO)
    return Exposure(
        filled=filled,
        exited=state.exited,
        open=open_,
        at_most=filled == 0 and owned > 0,
        contrary=contrary,
        seems_gone=owned > 0 and _seems_gone(state, around, words),
        flat_sources=flat_sources,
        moment=moment,
        least=least,
        closable=least or (open_ if any(amount > 0 for amount in amounts) else ZERO),
        disputed=turned_over and not contrary,
    )


def _is_taken(state: SagaState, around: Circumstances, words: list[tuple[str, Opinion]]) -> bool:
    """Whether others' trades have taken all that is ours, a read that does not bear a fill's date shows nothing of it,
    and whatever shows some of it yet is dated before the last of those trades.
    """
    if not may_be_gone(state, around, words) or closed_by_others(state, around) < unclosed(state):
        return False
    last = max((fill.venue_at for fill in state.foreign_fills.values()), default=0)
    return all(left_by(state, word, around) <= 0 or 0 < word.report.venue_at < last for _, word in words)


def may_be_gone(state: SagaState, around: Circumstances, words: list[tuple[str, Opinion]] | None = None) -> bool:
    """Whether a read without a date, or dated a moment before the last fill, and newer than it, shows nothing of ours:
    then others' trades must say whether that is so, where the stream does not.
    """
    moment = last_moment(state)
    known = _newest_words(state, around, moment) if words is None else words
    return any(not tells_of(word.report, moment) and left_by(state, word, around) <= 0 for _, word in known)


def excess(state: SagaState, exposure: Exposure) -> Decimal:
    """What is to be closed yet of the part that the owner asked for: what is open beyond what stays, and in all never
    more than he asked, since what a hand has closed seems open until a word newer than our own fill says so.
    """
    part = state.part
    if part is None:
        return ZERO
    ours = (close for close in state.closes if close.n >= part.n or close.intent is None)
    closed = sum((state.orders[close.client_id].filled for close in ours), ZERO)
    return min(exposure.least - part.keep, part.asked - closed)


def last_moment(state: SagaState) -> Moment:
    """The last fill of this signal; without fills, the intent."""
    return _last_fill(state, state.entry_orders + state.exit_orders)


def first_moment(state: SagaState) -> Moment:
    """The first proof of a fill, by the earliest date that any proof of it bears, and the sequence of its first trade;
    without fills, the intent.
    """
    proof = state.filled
    if proof is None:
        return intent_moment(state)
    fills = [fill for fill in state.entry_fills if fill[1]]
    _, at, seq = min(fills, key=lambda fill: (fill[1], fill[2]), default=(ZERO, proof.venue_at, 0))
    return Moment(min(at, proof.venue_at) if proof.venue_at else at, seq, proof.at, is_fill=True)


def _last_fill(state: SagaState, orders: tuple[OrderFacts, ...]) -> Moment:
    """The last fill of some of our orders, with its own sequence; without fills, the intent."""
    filled = [(facts.last_fill_at, facts.last_seq) for facts in orders if facts.filled > 0]
    return Moment(*max(filled), state.last_fill_heard_at, is_fill=True) if filled else intent_moment(state)


def intent_moment(state: SagaState) -> Moment:
    """The latest intent of an entry: what the venue dates before it is not ours."""
    intent = state.intent
    return Moment(intent.since, 0, intent.intended_at) if intent is not None else Moment(0, 0, 0)


def _amounts(
    state: SagaState, around: Circumstances, moment: Moment, words: list[tuple[str, Opinion]]
) -> tuple[tuple[str, Decimal], ...]:
    """(source, quantity in our direction) of position words, less what our own exits have taken since each. A read that
    others have confirmed `read_lag` after `moment` stands for a second source, but never an empty one that does not
    bear a fill's date: an empty reply, read for ever, looks the same.
    """
    amounts: list[tuple[str, Decimal]] = []
    for name, told in words:
        amount = left_by(state, told, around)
        amounts.append((name, amount))
        bears_date = is_dated_near if amount > 0 else tells_of
        is_dated = not moment.is_fill or bears_date(told.report, moment)
        if is_dated and told.is_confirmed_after(moment.heard_at, around.bounds.read_lag):
            amounts.append((f"{name} again", amount))
    return tuple(amounts)


def _at_most(state: SagaState, around: Circumstances, owned: Decimal) -> Decimal:
    """`owned`, capped by the words since our entry's last fill, by the newest and by all. From there on ours only
    shrinks, so that a word stays a bound though a later one has overtaken it.
    """
    entered = _last_fill(state, state.entry_orders)
    heard = (_newest_words(state, around, entered), _words_since(state, around, entered))
    return min([_capped(owned, _amounts(state, around, entered, words)) for words in heard])


def _left_since_entry(state: SagaState, around: Circumstances) -> list[Decimal]:
    """What the words since our entry's last fill leave, though our own exits have overtaken them: others took the rest
    before those, and until a newer word comes it would seem open.
    """
    entered = _last_fill(state, state.entry_orders)
    return [left_by(state, word, around) for _, word in _words_since(state, around, entered)] if state.exited else []


def _words_since(state: SagaState, around: Circumstances, moment: Moment) -> list[tuple[str, Opinion]]:
    """The opinions newer than `moment`, each with who spoke."""
    spoken = (("stream", state.opinions.stream), ("positions", state.opinions.read))
    lag = around.bounds.read_lag
    return [(name, word) for name, word in spoken if word is not None and word.is_newer_than(moment, lag)]


def _newest_words(state: SagaState, around: Circumstances, moment: Moment) -> list[tuple[str, Opinion]]:
    """The opinions newer than `moment`. One that contradicts a later one by the venue's own dates is overtaken: the
    stream may have fallen silent long before a read began.
    """
    told = _words_since(state, around, moment)
    return [
        (name, word) for name, word in told if not any(_is_overtaken(state, word, last, around) for _, last in told)
    ]


def _is_overtaken(state: SagaState, told: Opinion, later: Opinion, around: Circumstances) -> bool:
    """Whether a later word contradicts this one: later by the venue's own dates, within one instant by its sequence; or
    of the same instant, as near as dates can tell, where this one is the stream's, and reads begun after it have agreed
    for `read_lag`. What followed it in that instant may have gone unheard with a connection that ended, or have come
    before it: frames are repeated and overtake each other.
    """
    word, last = told.report, later.report
    if abs(last.venue_at - word.venue_at) > DATED_APART:
        is_older = 0 < word.venue_at < last.venue_at
    elif word.seq and last.seq and word.seq != last.seq:
        is_older = word.seq < last.seq
    else:
        is_older = word.source is Source.STREAM and later.is_confirmed_after(word.at, around.bounds.read_lag)
    return is_older and left_by(state, told, around) != left_by(state, later, around)


def left_by(state: SagaState, told: Opinion, around: Circumstances) -> Decimal:
    """What a word about the position leaves in our direction, less what our own exits have surely taken past it: what
    it may tell of already is not taken off twice.
    """
    lag, heard_at = around.bounds.read_lag, state.last_fill_heard_at
    past = [
        quantity
        for quantity, at, seq in state.exit_fills
        if not told.may_tell_of(Moment(at, seq, heard_at, is_fill=True), lag)
    ]
    return shown_by(state, told, around) - sum(past, ZERO)


def shrunk_by(state: SagaState, around: Circumstances) -> Opinion | None:
    """The word by which two sources, dated past our entry's last fill, leave less than our own orders and all that is
    remembered: of theirs the one that leaves the most. None where they do not.
    """
    entered, owned = _last_fill(state, state.entry_orders), unclosed(state)
    for heard in (_newest_words(state, around, entered), _words_since(state, around, entered)):
        past = [(name, told) for name, told in heard if entered.is_fill and _is_surely_past(told, entered, around)]
        if max(_capped(owned, _amounts(state, around, entered, past)), ZERO) < owned:
            return max((told for _, told in past), key=lambda told: left_by(state, told, around))
    return None


def _is_surely_past(told: Opinion, entered: Moment, around: Circumstances) -> bool:
    """Whether a word is past a fill of our entry by the venue's sequence, where it has one; then the fill's must be
    known, or `read_lag` lie between their dates, since rows of one instant may tell of a part of what it filled. One
    that may be of that instant is past it, too, once reads have agreed about it for `read_lag`: it is the last that the
    instant left.
    """
    word, lag = told.report, around.bounds.read_lag
    if told.is_confirmed_after(entered.heard_at, lag) and is_dated_near(word, entered):
        return True
    if word.seq and entered.seq:
        return word.seq > entered.seq
    return word.venue_at > entered.venue_at + (lag if word.seq else 0)


def is_undecided(state: SagaState, exposure: Exposure, around: Circumstances) -> bool:
    """Whether less is shown than counts as ours: by one witness, which a second or a later read of it decides; by two,
    while it is not remembered, which reads that agree for `read_lag` decide; or by a word of the last fill's instant.
    """
    told = (word for word in (state.opinions.stream, state.opinions.read) if word is not None)
    near = (word for word in told if word.may_tell_of(exposure.moment, around.bounds.read_lag))
    shown = [exposure.least, *(left_by(state, word, around) for word in near)]
    return min(shown) < max(exposure.open, unclosed(state))


def shown_by(state: SagaState, told: Opinion, around: Circumstances) -> Decimal:
    """What a word about the position shows in our direction, of what was not there before us."""
    return in_direction(told.report.amount, _baseline(state, around), state.side.sign)


def _baseline(state: SagaState, around: Circumstances) -> Decimal:
    return state.baseline(around.bounds.read_lag)[0]


def _seems_gone(state: SagaState, around: Circumstances, words: list[tuple[str, Opinion]]) -> bool:
    """Whether the newest words, dated past our entry's last fill, show nothing in our direction: one witness, so that
    nothing is closed or placed before it is proven or taken back. A word of the very instant of a fill that reduced
    tells what it left; one of the entry's instant may be of the moment before.
    """
    entered = _last_fill(state, state.entry_orders)
    past = [word for _, word in words if _is_dated_past(word.report, entered)]
    return entered.is_fill and bool(past) and all(left_by(state, word, around) <= 0 for word in past)


def gone_since(state: SagaState, around: Circumstances) -> Instant:
    """Since when all that is told leaves nothing of ours open: our own orders, what two sources have left, or the one
    that has spoken past our entry's last fill; now, where none of them does.
    """
    if unclosed(state) <= 0:
        return max(last_moment(state).heard_at, state.reduced.at if state.reduced is not None else 0)
    words = _words_since(state, around, _last_fill(state, state.entry_orders))
    return min((told.agreed_since for _, told in words if left_by(state, told, around) <= 0), default=around.now)


def _is_turned_over(state: SagaState, around: Circumstances, words: list[tuple[str, Opinion]]) -> bool:
    """Whether all of the newest words show the other side, and not only the stream's of our entry's instant: that may
    be what another hand left the moment before, and a read is not likely to fall between the two. Where words of one
    instant show both sides, neither is the later. Then what is ours counts as open: whichever is true, all that is done
    for it reduces, on our own side, and the next read decides.
    """
    entered = _last_fill(state, state.entry_orders)
    agree = all(left_by(state, word, around) < 0 for _, word in words)
    reads = any(word.report.source is not Source.STREAM for _, word in words)
    return agree and (reads or not entered.is_fill or any(_is_dated_past(word.report, entered) for _, word in words))


def _is_dated_past(word: PositionReport, entered: Moment) -> bool:
    """Whether the venue dates a word past a fill, not only of its instant: by its sequence, where it has one."""
    if entered.seq and word.seq:
        return word.seq > entered.seq
    return word.venue_at > entered.venue_at + (DATED_APART if word.seq else 0)


def _by_effect(state: SagaState, around: Circumstances) -> Decimal:
    """What the position's change since the intent shows as ours while no fill could be read."""
    intent = state.intent
    if intent is None or _all_dead(state):
        return ZERO
    words = state.opinions.newer_than(intent_moment(state), around.bounds.read_lag)
    changes = [in_direction(told.amount, foreign_baseline(state, around), state.side.sign) for told in words]
    return max((change for change in changes if 0 < change <= intent.quantity), default=ZERO)


def foreign_baseline(state: SagaState, around: Circumstances) -> Decimal:
    """What the position would be without us: the baseline, moved by fills past it under ids that are not ours."""
    baseline, as_of = state.baseline(around.bounds.read_lag)
    nameless = state.loose_fills.values() if around.traits.names_fills else ()
    others = (fill for fill in (*state.foreign_fills.values(), *nameless) if fill.venue_at > as_of)
    return baseline + sum((fill.side.sign * fill.quantity for fill in others), ZERO)


def _capped(owned: Decimal, shown: tuple[tuple[str, Decimal], ...]) -> Decimal:
    """`owned`, capped by what two newer sources agree is there at most."""
    if len(shown) < 2:  # noqa: PLR2004 - "two sources" is the rule
        return owned
    return min(owned, max(amount for _, amount in shown))


def _who_says_flat(
    state: SagaState,
    around: Circumstances,
    fills: tuple[Decimal, Decimal],
    shown: tuple[tuple[str, Decimal], ...],
) -> tuple[str, ...]:
    """Who says that nothing of ours is open. Once all our orders are accounted for and leave nothing, whatever a newer
    word about the position still shows is somebody else's. Where nothing of ours was filled, only what others' fills
    explain is: a refusal is a claim too, and a position that nobody explains contradicts it.
    """
    filled, owned = fills
    if filled == 0:
        others = in_direction(foreign_baseline(state, around), _baseline(state, around), state.side.sign)
        by_entry = ("entry",) if _all_dead(state) else ()
        return by_entry + tuple(source for source, amount in shown if amount <= max(others, ZERO))
    by_orders = ("fills",) if owned <= 0 else ()
    settled = bool(by_orders) and _is_accounted_for(state, around)
    return by_orders + tuple(source for source, amount in shown if amount <= 0 or settled)


def closed_by_others(state: SagaState, around: Circumstances) -> Decimal:
    """How much of what our own fills leave open others' fills have closed since the intent (design, rule 17)."""
    return max(min(unclosed(state), moved_by_others(state, around)), ZERO)


def moved_by_others(state: SagaState, around: Circumstances) -> Decimal:
    """How much others' fills since the intent have taken in our direction."""
    return (_baseline(state, around) - foreign_baseline(state, around)) * state.side.sign


def unclosed(state: SagaState) -> Decimal:
    """Our entry fills, less the fills of our exits and what was written off; and never more than two sources have left
    of it, moved by our own fills past their word: by entries that may be, by exits that surely are.
    """
    by_orders, told = state.entered - state.exited - state.written_off, state.reduced
    if told is None:
        return by_orders
    entered = (quantity for quantity, at, seq in state.entry_fills if not tells_of(told, _fill_at(at, seq)))
    exited = (quantity for quantity, at, seq in state.exit_fills if is_before(told, _fill_at(at, seq)))
    return min(by_orders, told.left + sum(entered, ZERO) - sum(exited, ZERO))


def _fill_at(at: Instant, seq: int) -> Moment:
    return Moment(at, seq, 0, is_fill=True)


def shows_more_than_known(state: SagaState, around: Circumstances) -> bool:
    """Whether a word about the position newer than the intent shows more in our direction than our own fills that are
    known, and others', explain: then an entry that is answered as refused, or read to have ended, is asked about all
    the same.
    """
    words = state.opinions.newer_than(intent_moment(state), around.bounds.read_lag)
    others = in_direction(foreign_baseline(state, around), _baseline(state, around), state.side.sign)
    amounts = (in_direction(told.amount, _baseline(state, around), state.side.sign) for told in words)
    known = max(others, ZERO) + state.entered - state.exited
    return any(amount > known for amount in amounts)


def _is_accounted_for(state: SagaState, around: Circumstances) -> bool:
    """Whether every order of ours that was seen is terminal with its quantity known, and every other was proven not to
    have arrived. The order of a stop ends with it: that one which has fired was cancelled with
    nothing filled is told of the stop alone (bybit.md 3.1: CancelByReduceOnly).
    """
    seen = [facts for facts in state.orders.values() if facts.is_seen]
    unseen = [one for one in state.closes if not (state.never_stood(one) or state.orders[one.client_id].is_seen)]
    unlaid = [rung for rung in state.rungs if not (state.never_stood(rung) or state.orders[rung.client_id].is_seen)]
    laid = all(is_missed_for(state, rung, around.bounds.read_lag) for rung in unlaid)
    closed = laid and all(is_close_absent(state, close, around) for close in unseen)
    return closed and all(facts.is_quantity_known or _has_ended_unfilled(state, facts) for facts in seen)


def _has_ended_unfilled(state: SagaState, facts: OrderFacts) -> bool:
    """Whether an order is that of a stop of ours which has left the book with nothing filled."""
    stop = state.stops.get(facts.client_id)
    ended = stop is not None and stop.is_ended and stop.status is not StopStatus.FINISHED
    return ended and facts.filled == 0


def _all_dead(state: SagaState) -> bool:
    """Whether every attempt is known by a word about itself to have filled nothing."""
    return all(state.never_stood(one) or state.orders[one.client_id].is_quantity_known for one in state.attempts)
