"""One opening, measured: its stages in order, each as microseconds since it began, in the venue's clock.

Who saw what: `entry_sent`, `stop_sent` (the request's arrival at the venue's edge, before any latency) and `stop_live`
are the venue's own word, from its log and its judge. The rest is ours, from the journal's rows (the instant of the step
that decided them) and from the times of their appends. A stage that a side does not have is absent: Bybit's stop goes
with its entry, and the script has no journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seawall.drill.bench.box import Seen, Sight
from seawall.drill.bench.ours import Append
from seawall.model import events as ev
from seawall.model.ids import Leg, Symbol, VenueName
from seawall.model.times import Duration, Instant
from venuesim.judge import Episode

STAGES: tuple[tuple[str, str], ...] = (
    ("received", "intake received: the account's desk has the signal"),
    ("durable", "intent durable: the entry's record is on the disk"),
    ("entry_sent", "entry sent: at the venue's edge"),
    ("entry_reply", "entry's reply read"),
    ("fill_proven", "first proof of the fill"),
    ("stop_sent", "stop sent: at the venue's edge"),
    ("stop_live", "STOP LIVE at the venue, by its judge"),
    ("confirmed", "stop seen live by us"),
    ("protected", "PROTECTED decided"),
    ("recorded", "PROTECTED on the disk"),
    ("done", "done: nothing more is waited for"),
)
"""Every stage and what it means, in the order in which they are shown."""
_SLOT_READS = ("positions.get", "orders.open", "stops.open")
ANSWERED = "answered"
"""Beside the way to the stop: when the sender has its answer."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What is compared with what: a venue and a latency (microseconds each way)."""

    venue: VenueName
    latency: Duration


@dataclass(slots=True)
class Opening:
    """One opening of one side. `marks` are venue times until it is `settled`, then durations since it began."""

    condition: Condition
    side: str
    round: int
    symbol: Symbol
    marks: dict[str, Instant]
    cpu: Duration
    signal_id: str = ""
    naked: Duration = 0
    reads_first: int = 0
    """How many reads of its slot the venue saw before the entry: a round trip that a warm service does not need."""
    append: Duration = 0
    """Of ours: from the intent's handing in to its being durable, microseconds."""
    leaving: Duration = 0
    """Of ours: from there to the entry's arrival at the venue's edge, microseconds."""

    def since(self, stage: str) -> Duration | None:
        """Microseconds from the beginning to a stage."""
        return self.marks[stage] - self.marks["began"] if stage in self.marks else None


def saw(opening: Opening, account: str, sight: Sight) -> None:
    """Adds what the venue saw, asked before the slot is used again. Raises LookupError for no position or live stop."""
    for seen in sight.requests:
        if (seen.account, seen.symbol) == (account, opening.symbol) and seen.at >= opening.marks["began"]:
            _add_request(opening, seen)
    episode = _episode(opening, account, sight.episodes)
    if episode.covered_at is None:
        raise LookupError(f"{account} {opening.symbol}: expected a live stop, the judge saw none")
    opening.marks["stop_live"] = episode.covered_at
    opening.naked = episode.naked_us


def _add_request(opening: Opening, seen: Seen) -> None:
    stage = {"order.create": "entry_sent", "stop.create": "stop_sent"}.get(seen.call)
    if stage is not None:
        opening.marks.setdefault(stage, seen.at)
    elif seen.call in _SLOT_READS and "entry_sent" not in opening.marks:
        opening.reads_first += 1


def _episode(opening: Opening, account: str, episodes: Iterable[Episode]) -> Episode:
    """The first position since the opening began: Bybit answers before it matches, so it may be later than `done`."""
    for episode in episodes:
        slot = (episode.account, episode.symbol)
        if slot == (account, opening.symbol) and episode.opened_at >= opening.marks["began"]:
            return episode
    raise LookupError(f"{account} {opening.symbol}: expected a position, the judge saw none")


def remembers(
    opening: Opening,
    rows: Sequence[ev.Recorded],
    appends: Sequence[Append],
    ahead: Duration,
) -> None:
    """Adds what we know ourselves: the signal's rows, and the times of their appends. To be called after `saw`."""
    for row in rows:
        for stage, at in _told(row):
            opening.marks.setdefault(stage, at + ahead)
    entry = next(row for row in rows if isinstance(row.event, ev.EntryIntended))
    end = next(row for row in rows if isinstance(row.event, ev.PositionProtected))
    intent, last = _append_of(entry, appends), _append_of(end, appends)
    opening.marks["durable"] = intent.durable + ahead
    opening.marks["recorded"] = last.durable + ahead
    opening.append = intent.durable - intent.handed_in
    opening.leaving = opening.marks["entry_sent"] - opening.marks["durable"]


def _told(row: ev.Recorded) -> Iterable[tuple[str, Instant]]:
    """The stages that a row tells of, our clock."""
    match row.event:
        case ev.SignalAccepted():
            yield "received", row.at
        case ev.ActConcluded(leg=Leg.ENTRY, at=at):
            yield "entry_reply", at
        case ev.EntryFilled():
            yield "fill_proven", row.at
        case ev.StopConfirmed():
            yield "confirmed", row.at
        case ev.PositionProtected():
            yield "protected", row.at
        case _:
            return


def _append_of(row: ev.Recorded, appends: Sequence[Append]) -> Append:
    """The append that made a row durable: the first that reaches so far."""
    return next(append for append in appends if append.last_seq >= row.seq)
