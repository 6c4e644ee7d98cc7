"""The agenda of one running saga: what has been asked and when, and what is worth waking for. Nothing here is recorded.

Queries may be repeated freely, so when they were asked need not survive a restart: a new process asks everything anew,
at once. What must survive (that an act was intended) is state, and stands in `state.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from seawall.model.acts import Act, Urgency
from seawall.model.events import Event
from seawall.model.ids import ClientId
from seawall.model.queries import AskOrder, AskOrders, Query
from seawall.model.times import Bounds, Duration, Instant, growing


@dataclass(slots=True)
class Asking:
    """One question that keeps being asked until nobody wants to know any more."""

    wanted_at: Instant
    times: int = 0
    began_at: Instant = 0
    in_flight: bool = False
    answered_at: Instant = 0


@dataclass(slots=True)
class Agenda:
    """Questions under way, the wakes that follow, and what the current step puts out."""

    asking: dict[Query, Asking] = field(default_factory=dict)
    stops_read_at: Instant = 0
    others_stand: bool = False
    """Whether the last list of stops showed one on the slot that is not this signal's."""
    is_unlisted: bool = False
    """Whether an earlier process may have sent what it could not record, or what its record has lost: then all orders
    since the intention are read once, and those under our names join.
    """
    took_up_at: Instant = 0
    """When this process took the signal up from an earlier one; 0 where it accepted it itself."""
    listed_at: Instant = 0
    """The beginning of the last complete list of all orders since the intention."""
    is_left_out: bool = False
    """Whether the last list of all positions had no row of this symbol: by itself that proves nothing (a list may leave
    out what is flat, or one that is not), so the symbol's own row is asked for.
    """
    unshown: tuple[ClientId, ...] = ()
    """Take-profits that stood by all that is known, and that the last whole book did not show."""
    naked_since: Instant = 0
    """Since when the naked clock runs, in our time with the venue's silences taken out; 0 while it stands."""
    _bare_for: Duration = 0
    _covered_since: Instant = 0
    wakes: list[Instant] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    acts: list[tuple[Act, int]] = field(default_factory=list)
    """Acts with the index, in `events`, of the event that must be durable first; -1 for none."""
    queries: list[tuple[Query, Urgency]] = field(default_factory=list)

    def run_naked_clock(self, now: Instant, steady: Duration, *, bare: bool) -> None:
        """Lets the naked clock run while something is `bare` (design, rule 13). A cover that lasts less than `steady`
        makes it stand still and go on: a stop that is live for an instant and rejected, again and again, covers
        nothing. One that has lasted as long as the clock itself is protection; what comes after it is another danger,
        with all of the clock before it. `now`: our time with the venue's silences taken out. A silence is known once a
        reply has not come; of one that began before the clock did only what follows is taken out, so that it never
        begins later than now.
        """
        if bare and not self.naked_since:
            flickered = now - self._covered_since < steady
            self.naked_since = now - (self._bare_for if flickered else 0)
        elif bare:
            self.naked_since = min(self.naked_since, now)
        elif self.naked_since:
            self._bare_for, self._covered_since, self.naked_since = now - self.naked_since, now, 0

    def lists_again_at(self, bounds: Bounds) -> Instant:
        """From when on all orders are to be listed before anything is laid beside them; 0 once that was done. An
        earlier process's orders may have left without a record, and a list that does not show them yet may lag.
        """
        from_ = self.took_up_at + bounds.read_lag
        return from_ if self.took_up_at and self.listed_at < from_ else 0

    def wake(self, at: Instant) -> None:
        """Something would be done or judged otherwise at `at`."""
        self.wakes.append(at)

    def answered(self, query: Query, began_at: Instant, at: Instant) -> None:
        """A query came back, well or badly. Equal queries are one, so this may be the answer to somebody else's, begun
        before we asked: it says nothing of what we asked about, and the next may leave.
        """
        asking = self.asking.get(query)
        if asking is not None:
            asking.in_flight = False
            asking.answered_at = at if began_at >= asking.began_at else asking.answered_at

    def ask(self, wanted: list[Query], bounds: Bounds, now: Instant, *, hurries: bool = False) -> None:
        """Puts out those of the wanted questions that are due, and forgets those no longer wanted. While it `hurries`,
        one without an answer for `patience` is asked once more beside it.
        """
        patience = bounds.patience if hurries else 2 * bounds.reply_timeout
        self.asking = {query: self.asking.get(query) or Asking(now) for query in wanted}
        for query, asking in self.asking.items():
            due_at = self._due_at(query, asking, bounds, patience)
            if due_at > now:
                self.wake(due_at)
                continue
            asking.times, asking.began_at, asking.in_flight = asking.times + 1, now, True
            self.queries.append((query, Urgency.ENTER if isinstance(query, AskOrders) else Urgency.ASK))
            self.wake(now + min(patience, bounds.reply_timeout))

    def hurry(self) -> None:
        """Every question is asked again at once: after a gap in the stream, reads close it."""
        for asking in self.asking.values():
            asking.wanted_at, asking.times, asking.answered_at = 0, 0, 0

    @staticmethod
    def _due_at(query: Query, asking: Asking, bounds: Bounds, patience: Duration) -> Instant:
        if asking.in_flight:
            return asking.began_at + patience
        first = bounds.ask_first if isinstance(query, AskOrder) else bounds.look_first
        since = asking.answered_at or asking.wanted_at
        return since + growing(first, asking.times, bounds) if since else 0
