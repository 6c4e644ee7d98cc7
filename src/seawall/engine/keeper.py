"""The keeper: looks after what no signal answers for. Who is whose is said in `strays.py`; here is when it is asked and
what follows.

It works from complete reads alone: of all positions, of both books, and, for a symbol on which something stands that
nobody answers for, of all orders on it in the last days and of its stops. Slots that a signal holds are that signal's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from seawall.engine import strays
from seawall.engine.adopting import Adoption, Before, Finder, adopt
from seawall.engine.settings import DeskSettings, NakedForeign
from seawall.engine.settled import has_closed_all, has_ended_proven, is_over, unsettled
from seawall.engine.slots import Slots
from seawall.engine.strays import Claim, Orphan
from seawall.engine.view import AccountView
from seawall.model import events as ev
from seawall.model.acts import CancelOrder, Urgency
from seawall.model.ids import Account, ClientId, Leg, SignalId, Symbol, client_id
from seawall.model.inputs import ActAnswered, Input, ReadAnswered, ReadFailed, StreamReported, Told
from seawall.model.queries import AskMark, AskOpenOrders, AskOrders, AskPositions, AskStops, Query
from seawall.model.reports import PositionReport, mark_price
from seawall.model.times import Instant, growing
from seawall.model.work import Ask
from seawall.sagas.phase import Finding, Phase
from seawall.sagas.saga import Saga

_ORPHANS = SignalId("orphans")
_READS_KEPT = 64


@dataclass(slots=True)
class Kept:
    """What one look puts out."""

    events: list[ev.Event] = field(default_factory=list)
    acts: list[CancelOrder] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    adoptions: list[Adoption] = field(default_factory=list)

    def ask(self, *queries: Query) -> None:
        """Asks, with the urgency of protection's own reads: something may stand naked."""
        self.asks += [Ask(query, Urgency.ASK) for query in queries]


@dataclass(slots=True)
class Keeper:
    """One account's keeper. Nothing of it is recorded but what it does: a new process looks at everything anew."""

    account: Account
    settings: DeskSettings
    view: AccountView
    slots: Slots
    _is_stirred: bool = False
    _reads: list[Instant] = field(default_factory=list)
    """The beginnings of complete reads of all positions, oldest first."""
    _not_flat_at: dict[Symbol, Instant] = field(default_factory=dict)
    _asked: dict[Symbol, tuple[Instant, Decimal]] = field(default_factory=dict)
    """When the orders of a symbol were last asked for, and about which amount."""
    _orders: dict[Symbol, ReadAnswered] = field(default_factory=dict)
    _unexplained: dict[Symbol, tuple[Instant, Decimal]] = field(default_factory=dict)
    """Since when the lists of a symbol have explained nothing of an amount: the beginning of the first of them."""
    _again_at: dict[Symbol, Instant] = field(default_factory=dict)
    """When a list that may have been late or did not come, or a price that was not known, is asked for again."""
    _put_off: dict[Symbol, int] = field(default_factory=dict)
    """How often the adoption of a position was put off for want of its rules or its price."""
    _told: dict[Symbol, None] = field(default_factory=dict)
    _leaving: dict[str, Instant] = field(default_factory=dict)
    _cancels: dict[ClientId, Orphan] = field(default_factory=dict)
    _to_read: list[Query] = field(default_factory=list)
    """Books in which a cancel of ours is to be seen, once it was answered."""
    _last_ended: SignalId = SignalId("")
    """The signal that had come to its end last when it was looked."""
    _n: int = 0

    # ---- hearing

    def hear(self, item: Input) -> ev.Event | None:
        """Takes from an input what it says of things that nobody answers for; the outcome of a cancel of ours is an
        event.
        """
        match item:
            case ReadAnswered():
                self._hear_read(item)
            case ReadFailed(query=AskOrders(symbol=symbol), at=at):
                self._again_at[symbol] = at + self.settings.bounds.ask_first
            case StreamReported(told=told):
                self._hear_positions(told, item.at)
            case ActAnswered() if item.client_id in self._cancels:
                return self._concluded(item)
            case _:
                pass
        return None

    def _hear_read(self, item: ReadAnswered) -> None:
        self._hear_positions(item.told, item.at)
        match item.query:
            case AskPositions(symbol=None):
                self._reads = [*self._reads[-_READS_KEPT:], item.began_at]
            case AskPositions(symbol=symbol) if symbol is not None and self._is_a_find(symbol):
                pass  # read for a signal that cannot hold any of it
            case AskOrders(symbol=symbol):
                self._orders[symbol] = item
            case AskStops() | AskOpenOrders():
                pass
            case _:
                return
        self._is_stirred = True

    def _hear_positions(self, told: Told, at: Instant) -> None:
        for position in told.positions:
            if position.amount:
                self._not_flat_at[position.symbol] = at

    def _concluded(self, item: ActAnswered) -> ev.Event:
        orphan = self._cancels.pop(item.client_id)
        self._to_read.append(AskStops(orphan.symbol) if orphan.is_stop else AskOpenOrders(orphan.symbol))
        self._is_stirred = True
        return ev.ActConcluded(
            ev.ACCOUNT_WIDE,
            orphan.symbol,
            client_id=item.client_id,
            leg=Leg.CANCEL,
            outcome=item.outcome,
            reason=item.reason,
            code=item.code,
            text=item.text,
            began_at=item.began_at,
            at=item.at,
        )

    # ---- looking

    def look(self, term: int, now: Instant) -> Kept:
        """What is to be done about all that stands and is nobody's, if anything was read since the last look, or a
        signal has come to its end: what stands on its slot yet is nobody's now.
        """
        due, kept = self.next_wake(), Kept()
        is_stirred = self._has_another_ended() or self._is_stirred
        if not term or not (is_stirred or (due is not None and due <= now)):
            return kept
        self._is_stirred = False
        kept.ask(*self._to_read)
        self._to_read.clear()
        finder = Finder(self.account, self.view.installation, term)
        for position in list(self.view.positions.values()):
            if self._is_a_find(position.symbol):
                self._look_at(position, finder, kept, now)
        self._forget_what_is_no_find()
        self._end_told(kept)
        for orphan in strays.orphans(self.view):
            self._look_after(orphan, finder, kept, now)
        return kept

    def _has_another_ended(self) -> bool:
        """Whether a signal has come to its proven end since the last look, and what stands on its slot is none of its
        own. What its operator has given up, and a position that may be older than its end, are looked at on the period.
        """
        last = next(reversed(self.slots.flat.values()), None)
        before, self._last_ended = self._last_ended, last.state.signal.id if last is not None else SignalId("")
        if last is None or self._last_ended == before or not has_ended_proven(last.state):
            return False
        position = self.view.positions.get(last.state.signal.symbol)
        if position is None or not position.amount:
            return False
        return not last.state.entered or is_over(last.state, position)

    def next_wake(self) -> Instant | None:
        """The next instant at which a list is to be asked for again though nothing came."""
        return min(self._again_at.values()) if self._again_at else None

    def _forget_what_is_no_find(self) -> None:
        """What was asked, read and counted for a find ends with it. The next on its symbol is another's, or ours once
        more: it waits for none of the other's waits and is judged by no list of its days.
        """
        kept: tuple[dict[Symbol, Any], ...] = (
            self._asked,
            self._orders,
            self._unexplained,
            self._again_at,
            self._put_off,
        )
        for by_symbol in kept:
            for symbol in [symbol for symbol in by_symbol if not self._is_a_find(symbol)]:
                del by_symbol[symbol]

    def _is_a_find(self, symbol: Symbol) -> bool:
        """Whether something is open on a symbol that nobody answers for."""
        position = self.view.positions.get(symbol)
        if position is None or not position.amount:
            return False
        return not any(self._may_hold_some(saga, position) for saga in self.slots.on(symbol))

    @staticmethod
    def _may_hold_some(saga: Saga, position: PositionReport) -> bool:
        """Whether some of a position may be a signal's. Not of one that waits in quarantine for what may be left of its
        stops, and has closed all that was its own; nor, on the other side, of one of an earlier process that has filled
        nothing: what that process did after it may be forgotten.
        """
        state = saga.state
        if state.phase is Phase.PREPARING or (state.phase is Phase.QUARANTINE and has_closed_all(state)):
            return False
        is_empty = state.filled is None and not state.entered and bool(saga.agenda.took_up_at)
        return not (is_empty and position.amount * state.side.sign < 0)

    def _holder(self, symbol: Symbol) -> Saga | None:
        """The signal of ours that has something at the venue on a slot; those in line have nothing there yet."""
        holder = self.slots.holder(symbol)
        return holder if holder is not None and holder.state.phase is not Phase.PREPARING else None

    def _look_at(self, position: PositionReport, finder: Finder, kept: Kept, now: Instant) -> None:
        """A position that nobody answers for: ask whose it is, then take it up or tell of it."""
        symbol, orders = position.symbol, self._orders.pop(position.symbol, None)
        if orders is None:
            self._ask_about(position, kept, now)
            return
        stops = self.view.stops.get(symbol, ())
        earlier = [saga.state for saga in self.slots.of(symbol)]
        made = unsettled(position, orders.told.orders, earlier, self.slots.nothing_open_at(symbol))
        claim = strays.claim(position, made, stops, finder.installation)
        is_bare = claim is None and strays.is_naked(position, stops)
        is_without_an_order = claim is not None and claim.entry is None
        is_unfilled = claim is None and strays.may_yet_fill(made, finder.installation)
        if (is_bare or is_without_an_order or is_unfilled) and self._may_be_late(position, orders, now):
            return
        if is_bare:
            claim = self._of_foreign(position, kept)
        if claim is not None:
            self._adopt(position, claim, orders, finder, kept, now)

    def _may_be_late(self, position: PositionReport, orders: ReadAnswered, now: Instant) -> bool:
        """Whether a list that explains nothing may only be behind the position: not once another, `read_lag` later, has
        explained no more. Until then it is asked for again soon, since what is ours may stand naked; and what a stop of
        ours stands behind may be the late fill of a signal that has ended, whose order will say so, as one may that is
        listed and seems not to have filled yet.
        """
        symbol, bounds = position.symbol, self.settings.bounds
        since, amount = self._unexplained.get(symbol, (orders.began_at, position.amount))
        since = since if amount == position.amount else orders.began_at
        self._unexplained[symbol] = (since, position.amount)
        late = orders.began_at - since < bounds.read_lag
        if late:
            self._again_at[symbol] = now + bounds.ask_first
        return late

    def _ask_about(self, position: PositionReport, kept: Kept, now: Instant) -> None:
        symbol, known = position.symbol, self._asked.get(position.symbol)
        again_at = self._again_at.get(symbol, now + 1)
        if again_at <= now or known is None or known[1] != position.amount or self._is_old(known[0], now):
            self._again_at.pop(symbol, None)
            self._asked[symbol] = (now, position.amount)
            kept.ask(AskStops(symbol), AskMark(symbol), AskOrders(symbol, now - self.settings.bounds.look_back))

    def _is_old(self, asked_at: Instant, now: Instant) -> bool:
        return now - asked_at >= self.settings.bounds.books_reread

    def _of_foreign(self, position: PositionReport, kept: Kept) -> Claim | None:
        """A naked position that is not ours: to be guarded if its owner asked for that, else told of once."""
        policy, symbol = self.settings.naked_foreign, position.symbol
        if policy is NakedForeign.PROTECT:
            return Claim(abs(position.amount), is_ours=False, detail="not ours; guarded as configured")
        if policy is NakedForeign.ALERT and symbol not in self._told:
            self._told[symbol] = None
            detail = f"{position.amount} that is not ours stands without a stop"
            kind = ev.DistressKind.FOREIGN_POSITION
            kept.events.append(ev.DistressRaised(ev.ACCOUNT_WIDE, symbol, kind, detail))
        return None

    def _end_told(self, kept: Kept) -> None:
        for symbol in list(self._told):
            position, stops = self.view.positions.get(symbol), self.view.stops.get(symbol, ())
            if position is None or not position.amount or not strays.is_naked(position, stops):
                del self._told[symbol]
                kept.events.append(ev.DistressEnded(ev.ACCOUNT_WIDE, symbol, ev.DistressKind.FOREIGN_POSITION))

    def _adopt(
        self,
        position: PositionReport,
        claim: Claim,
        orders: ReadAnswered,
        finder: Finder,
        kept: Kept,
        now: Instant,
    ) -> None:
        """Takes a position up; one whose rules or price are not known is asked about again, after a wait that grows."""
        symbol, bounds = position.symbol, self.settings.bounds
        rules = self.view.instruments.get(symbol)
        price = mark_price(self.view.marks.get(symbol), position, now - bounds.mark_fresh)
        if rules is None or price is None:
            times = self._put_off[symbol] = self._put_off.get(symbol, -1) + 1
            self._again_at[symbol] = now + growing(bounds.ask_first, times, bounds)
            return
        self._put_off.pop(symbol, None)
        stops = self.view.stops.get(symbol, ())
        trigger = strays.trigger_for(position, stops, rules, price, self.settings.adopt_stop_pct)
        before = Before([saga.state for saga in self.slots.of(symbol)], stops)
        kept.adoptions.append(adopt(finder, position, claim, trigger, orders, before, now))

    # ---- orphans

    def _look_after(self, orphan: Orphan, finder: Finder, kept: Kept, now: Instant) -> None:
        """Removes an orphan that may go, and again after a while if it still stands."""
        holder = self._holder(orphan.symbol)
        is_back = holder is not None and self._stands_though_ended(holder, orphan)
        if holder is not None and not is_back and self._answers_for(holder, orphan):
            return
        left_at = self._leaving.get(orphan.key)
        if left_at is not None and now - left_at < self.settings.bounds.stop_reread:
            return
        why = "it was told to have ended, and stands" if is_back else self._why_it_may_go(orphan, holder)
        if why:
            self._remove(orphan, why, finder, kept, now)

    @staticmethod
    def _answers_for(saga: Saga, orphan: Orphan) -> bool:
        ids = [facts.venue_id for facts in saga.state.stops.values()]
        return saga.state.is_ours(orphan.name) or orphan.venue_id in ids

    def _stands_though_ended(self, saga: Saga, orphan: Orphan) -> bool:
        """Whether the book shows an order that its signal was told has ended, longer ago than a read may lag: whoever
        told so was wrong, and another may have been laid in its place. Nothing of ours needs it any more.
        """
        facts = saga.state.orders.get(orphan.name)
        if orphan.is_stop or facts is None or not facts.ended_at:
            return False
        return self.view.orders_read_at(orphan.symbol) >= facts.ended_at + self.settings.bounds.read_lag

    def _why_it_may_go(self, orphan: Orphan, holder: Saga | None) -> str:
        """How it was seen that removing it takes no protection away; empty if that was not seen."""
        if holder is None:
            return "its slot is flat by reads that agree" if self._is_proven_flat(orphan.symbol) else ""
        protected = holder.state.phase is Phase.PROTECTED and holder.finding is Finding.PROTECTED
        return "another stop of ours is live there" if protected else ""

    def _is_proven_flat(self, symbol: Symbol) -> bool:
        """Whether complete reads `read_lag` apart, all begun after the last word of a position, showed none."""
        since = [began for began in self._reads if began > self._not_flat_at.get(symbol, 0)]
        position = self.view.positions.get(symbol)
        is_flat = position is None or not position.amount
        return is_flat and len(since) > 1 and since[-1] - since[0] >= self.settings.bounds.read_lag

    def _remove(self, orphan: Orphan, why: str, finder: Finder, kept: Kept, now: Instant) -> None:
        self._n += 1
        self._leaving[orphan.key] = now
        name = client_id(finder.installation, _ORPHANS, Leg.CANCEL, finder.term, self._n)
        self._cancels[name] = orphan
        whose, target = (ev.ACCOUNT_WIDE, orphan.symbol), (orphan.name, orphan.venue_id)
        kept.events.append(ev.OrphanCancelIntended(*whose, name, *target, orphan.is_stop, why, now))
        kept.acts.append(CancelOrder(orphan.symbol, name, orphan.name, orphan.is_stop, orphan.venue_id))
