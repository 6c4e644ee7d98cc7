"""The state of a saga: everything that it knows, and what of it can be read off. It is a fold of the recorded events
(`fold.py`) and of nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from seawall.model import events as ev
from seawall.model.acts import Outcome
from seawall.model.amounts import ZERO
from seawall.model.events import DistressKind, EndReason
from seawall.model.ids import FINDS_APART, ClientId, Leg, Side, digest, parse_client_id
from seawall.model.reports import FillReport, Source
from seawall.model.signal import Signal, TakeProfit
from seawall.model.times import Duration, Instant
from seawall.sagas.evidence.orders import OrderFacts
from seawall.sagas.evidence.positions import DATED_APART, Opinion, Opinions
from seawall.sagas.evidence.sent import (
    Attempt,
    Cancel,
    Close,
    Part,
    Rung,
    Sent,
)
from seawall.sagas.evidence.stops import StopFacts
from seawall.sagas.phase import Phase

Fills = tuple[tuple[Decimal, Instant, int], ...]
"""Pieces of what was filled: quantity, venue time, cross sequence (0 where it is not known)."""


@dataclass(frozen=True)
class SagaState:
    """Everything a saga knows. Maps are never changed in place. Without slots, so that what follows from it is worked
    out once a state: a decision asks for it dozens of times.
    """

    signal: Signal
    phase: Phase = Phase.PREPARING
    attempts: tuple[Attempt, ...] = ()
    closes: tuple[Close, ...] = ()
    rungs: tuple[Rung, ...] = ()
    stops: Mapping[ClientId, StopFacts] = field(default_factory=dict)
    cancels: Mapping[ClientId, Cancel] = field(default_factory=dict)
    orders: Mapping[ClientId, OrderFacts] = field(default_factory=dict)
    heard_by: Mapping[ClientId, Source] = field(default_factory=dict)
    """Which source first told of a fill of each order."""
    loose_fills: Mapping[str, FillReport] = field(default_factory=dict)
    """Trades on the symbol since the intent that no name explains: while there is one, nothing is absent."""
    foreign_fills: Mapping[str, FillReport] = field(default_factory=dict)
    """Trades on the symbol since the intent under names that are not ours: what moved the baseline."""
    opinions: Opinions = field(default_factory=Opinions)
    stood: Opinion | None = None
    """The latest read of the position that the venue dates before our first intent: it tells of nothing of ours."""
    leverage: Sent | None = None
    fills_read_at: Instant = 0
    last_fill_heard_at: Instant = 0
    settled_trigger: ev.TriggerSettled | None = None
    settled_n: int = 0
    """The number of the first act after the trigger was settled: what was refused before says nothing about it."""
    moved_from: Decimal | None = None
    """Where the stop belonged before the owner's last move of it, while the venue has not refused that."""
    ladder: tuple[TakeProfit, ...] | None = None
    """The take-profits that the owner asked for since the signal; None while the signal's own are in force."""
    ladder_n: int = 0
    """The number of the first act after that: orders of an earlier ladder have no place in this one."""
    part: Part | None = None
    """What the owner asked to close while the rest stays."""
    written_off: Decimal = ZERO
    """What is no longer this signal's: by the operator's word, or because others' fills had closed it by FLAT."""
    reduced: ev.HoldingReduced | None = None
    """What two sources have left of our holding, where that was less than our own orders do: it only shrinks."""
    filled: ev.EntryFilled | None = None
    ended_entry: ClientId = ClientId("")
    confirmed: tuple[ClientId, ...] = ()
    end: EndReason = EndReason.NONE
    home_since: Instant = 0
    protected_at: Instant = 0
    flat_told: bool = False
    """Whether it is called PROTECTED no longer, since all that is told says that it is gone."""
    flat_at: Instant = 0
    verified_at: Instant = 0
    close_asked: bool = False
    overdue: bool = False
    distress: tuple[DistressKind, ...] = ()
    lacking: tuple[str, ...] = ()
    failed: bool = False
    next_n: int = 1

    @property
    def intent(self) -> ev.EntryIntended | None:
        """The intention of the latest attempt; None while preparing."""
        return self.attempts[-1].intent if self.attempts else None

    @property
    def take_profits(self) -> tuple[TakeProfit, ...]:
        """The ladder in force."""
        return (self.signal.take_profit or ()) if self.ladder is None else self.ladder

    @property
    def orders_sent(self) -> tuple[Sent, ...]:
        """Every act that carries an order with a quantity: entries, closes, take-profits."""
        return (*self.attempts, *self.closes, *self.rungs)

    def never_stood(self, sent: Sent) -> bool:
        """Whether there never was an order: refused or not sent, and no source has told of one. A refusal is a claim
        too: what was seen stands, or has filled, or ended, whatever was answered.
        """
        return sent.never_was and not self.orders[sent.client_id].is_seen

    @property
    def side(self) -> Side:
        """The direction of the entry, from the journaled intent, never from a reply (I04)."""
        return self.signal.side or Side.BUY

    @cached_property
    def entry_orders(self) -> tuple[OrderFacts, ...]:
        """The facts of every attempt of the entry."""
        return tuple(facts for facts in self.orders.values() if facts.leg is Leg.ENTRY)

    @cached_property
    def exit_orders(self) -> tuple[OrderFacts, ...]:
        """The facts of our closes, and of the orders that our stops became."""
        return tuple(facts for facts in self.orders.values() if facts.leg is not Leg.ENTRY)

    @cached_property
    def entry_fills(self) -> Fills:
        """What our entries have filled, piece by piece."""
        return tuple(fill for facts in self.entry_orders for fill in facts.fills())

    @cached_property
    def exit_fills(self) -> Fills:
        """What our exits have filled, piece by piece."""
        return tuple(fill for facts in self.exit_orders for fill in facts.fills())

    @cached_property
    def entered(self) -> Decimal:
        """What our entries have filled."""
        return sum((facts.filled for facts in self.entry_orders), ZERO)

    @cached_property
    def exited(self) -> Decimal:
        """What our exits have filled."""
        return sum((facts.filled for facts in self.exit_orders), ZERO)

    @cached_property
    def standing_stops(self) -> tuple[StopFacts, ...]:
        """Our stops that may stand in the venue's book, oldest first."""
        return tuple(sorted((facts for facts in self.stops.values() if facts.may_live), key=lambda facts: facts.n))

    @cached_property
    def standing_as_one(self) -> tuple[StopFacts, ...]:
        """The same where the venue keeps one stop a position: a newer one that was acknowledged or seen has replaced
        the older; and with one that was seen to end whatever older one was never seen at all has ended too: it was the
        position's only stop.
        """
        whole = [facts for facts in self.stops.values() if facts.quantity is None]
        newest = max((facts.n for facts in whole if facts.may_live and facts.took_hold), default=0)
        ended = max((facts.n for facts in whole if facts.is_ended), default=0)
        return tuple(
            facts
            for facts in self.standing_stops
            if facts.quantity is not None or (facts.n >= newest and (facts.n > ended or facts.status is not None))
        )

    def baseline(self, lag: Duration) -> tuple[Decimal, Instant]:
        """What the position was before us, and the venue time up to which that tells of every trade: as it was read
        before the intent, or as a later word says that the venue dates before the intent. A trade may be dated a moment
        after the row that tells of it.

        One without a date may have lagged behind somebody's trade, and a row dated before it says so. That row is
        believed once reads begun after the intent have agreed on it for `lag`, so that none of them is behind the
        intent any more, and while nothing of ours is known to have filled.
        """
        intent, told, latest = self.intent, self.stood, self._latest_baseline
        if intent is None or intent.baseline_dated or told is None or self.entered:
            return latest
        lagged = told.report.venue_at <= intent.baseline_at == latest[1]
        lagged = lagged and told.is_confirmed_after(intent.intended_at, lag)
        return (told.report.amount, told.report.venue_at + DATED_APART) if lagged else latest

    @cached_property
    def _latest_baseline(self) -> tuple[Decimal, Instant]:
        """As it was read before the intent; or as a later word says that the venue dates before the intent: somebody
        was quicker than we were. What it may date from our own first fill on is no such word, however wrong our clock
        was when we dated the intent.
        """
        intent = self.intent
        if intent is None:
            return ZERO, 0
        ours_at = min((facts.first_fill_at for facts in self.entry_orders if facts.filled > 0), default=intent.since)
        before = min(intent.since, ours_at - DATED_APART)
        between = [word for word in self.opinions.words() if intent.baseline_at - DATED_APART < word.venue_at < before]
        latest = max(between, key=lambda word: word.venue_at, default=None)
        return (
            (intent.baseline, intent.baseline_at) if latest is None else (latest.amount, latest.venue_at + DATED_APART)
        )

    def is_ours(self, client_id: ClientId) -> bool:
        """Whether a name belongs to this signal: recorded, or made for it by a process whose record of it was lost."""
        return client_id in self.orders or client_id in self.stops or self._was_made_here(client_id)

    def conclusions_of(self, client_id: ClientId) -> list[tuple[Outcome | None, Instant]]:
        """What has been concluded of an act, and when; more than one entry only if names met, which they never do."""
        acts: list[Sent | Cancel | StopFacts] = [*self.orders_sent, *self.cancels.values()]
        acts += [*self.stops.values(), *([self.leverage] if self.leverage is not None else [])]
        return [(act.outcome, act.concluded_at) for act in acts if act.client_id == client_id]

    def rounds_of(self, client_id: ClientId) -> tuple[Instant, ...]:
        """The beginnings of the complete reads that did not see one of our orders."""
        return next((sent.missed for sent in self.orders_sent if sent.client_id == client_id), ())

    def facts_of(self, client_id: ClientId) -> OrderFacts:
        """What is known of one of our orders; nothing yet of one whose intention was lost with its process."""
        known = self.orders.get(client_id)
        if known is not None:
            return known
        name = parse_client_id(client_id)
        return OrderFacts(client_id, name.leg if name is not None else Leg.CLOSE)

    def _was_made_here(self, client_id: ClientId) -> bool:
        """A protective act may leave beside its record and be found without it: its name still says whose it is. A find
        bears the names of the signal that has ended before it, with numbers far behind (`engine/adopting.py`).
        """
        name, ours = parse_client_id(client_id), parse_client_id(self.attempts[0].client_id) if self.attempts else None
        if name is None or ours is None or name.installation != ours.installation:
            return False
        is_a_finds = name.n // FINDS_APART > self.next_n // FINDS_APART
        return name.signal in (digest(self.signal.id), ours.signal) and not is_a_finds
