"""What must hold at the end of a page: first the promise, which no page can take back, then what the page asks.

All of it is read from the box's judge, but for what the journal is asked to hold. A breach of the promise and a miss of
the page are told apart, since a plan is shrunk by leaving out lines, and without its lines a page misses its own end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from seawall.drill import checks, fills
from seawall.drill.beside import bare_beside_others
from seawall.drill.excused import NEVER, is_garbling
from seawall.drill.hands import GO_HOME, Hands
from seawall.drill.house import INSTALLATION
from seawall.drill.lapses import lapses
from seawall.drill.lengths import written
from seawall.drill.needless import Seen, closed_while_covered
from seawall.drill.overdue import overdue
from seawall.drill.page import Must, Page
from seawall.drill.reasons import false_reasons
from seawall.drill.receipts import false_receipts
from seawall.drill.rungs import too_many_take_profits
from seawall.drill.strangers import stops_on_strangers, strangers_cancelled
from seawall.drill.unasked import unasked
from seawall.drill.world import World
from seawall.model.events import EndReason, Recorded, event_type
from seawall.model.ids import Leg, SignalId, Symbol, is_ours, parse_client_id
from seawall.model.signal import Signal
from seawall.model.times import SECOND, Duration
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.phase import Phase
from venuesim.judge import Episode, Verdict
from venuesim.traffic import LogEntry
from venuesim.verdict import Standing
from venuesim.words import Origin, Purpose, StopStatus

WRITES_WITHIN: Duration = 10 * SECOND
"""How long a process that has sent something must live on for its record to be asked for (judgement)."""
_CANCELS = {"order.cancel": "", "stop.cancel": "", "orders.cancel_all": "everything", "stops.cancel_all": "everything"}


@dataclass(frozen=True, slots=True)
class Breach:
    """What did not hold. `promise`: it is the house's promise; otherwise only the page asked for it."""

    text: str
    promise: bool = True

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Ended:
    """A page's run at its end: what the judge, the journal and the living process say."""

    verdict: Verdict
    folded: dict[SignalId, SagaState]
    living: dict[SignalId, SagaState]
    signals: tuple[SignalId, ...]
    answers: tuple[str, ...]
    told: frozenset[str]
    unfired: tuple[str, ...]
    sent: tuple[str, ...]
    """The names of all orders that reached the venue, taken or not."""
    stop_orders: int
    cancelled: tuple[str, ...]
    """What was asked to be cancelled, by name; "everything" where no name was given."""
    outside: tuple[str, ...] = ()
    """What fills, bytes and times show that may not be, where they can be seen."""

    def state(self, number: int) -> SagaState | None:
        """The journal's fold of the page's nth signal."""
        return self.folded.get(self.signals[number]) if number < len(self.signals) else None

    def end(self, number: int) -> str:
        """How the nth signal ended, in the words of [must]."""
        state = self.state(number)
        if state is None:
            return "refused" if number < len(self.signals) else "none"
        return state.phase.value if state.phase in checks.ENDS else "open"


def ended(world: World, page: Page, hands: Hands, unfired: Sequence[str], *, is_swept: bool = False) -> Ended:
    """Collects what there is to judge in the deterministic world; `is_swept`: the crash sweep has killed a process. A
    run that is broken off, since it goes round in a circle, leaves the memory ahead of the journal by what is still
    being written: then it is not compared.
    """
    rows, signals = world.recorded(), hands.signals
    end = collected(
        checks.on_slot(world.box.judge(world.now), world.account, Symbol(page.symbol(world.venue))),
        rows,
        None if world.is_behind else {saga.state.signal.id: saga.state for saga in world.sagas()},
        [signal.id for signal in signals],
        [answer.reason or "accepted" for answer in world.answers],
        unfired,
        world.box.log,
    )
    told = (
        *_from_outside(world, page, end, rows, is_swept=is_swept),
        *_of_bytes(world, page, end, hands),
        *_beside_what_was_asked(world, page, end, signals),
    )
    return replace(end, outside=told)


def _beside_what_was_asked(world: World, page: Page, end: Ended, signals: Sequence[Signal]) -> Iterator[str]:
    """What of the fills and stops in the book no signal asked for: see `unasked`. Where one came again in other words,
    the first may have been lost with its process, and the other been carried out.
    """
    jumps = bool(page.price) or any(line.line["fault"] == "price_jump" for line in page.fault)
    moves = any(hand.does == "protect" for hand in page.hand)
    if not any(hand.does == "reword" for hand in page.hand):
        yield from unasked(world.box.history.facts, signals, moves=moves, jumps=jumps)
    if not any(hand.does in GO_HOME for hand in page.hand):
        for state in end.folded.values():
            if state.phase is Phase.FLAT and state.end is EndReason.CLOSED_BY_REQUEST:
                yield f"{state.signal.id} ended as {state.end}, and nobody had asked for it"


def _from_outside(world: World, page: Page, end: Ended, rows: Sequence[Recorded], *, is_swept: bool) -> Iterator[str]:
    """What the fills of the book and the requests say: see `fills`, `reasons`, `receipts` and `witness`."""
    facts, log = world.box.history.facts, world.box.log
    if not any(line.line["fault"] == "request_twice" and "order.create" in line.line["call"] for line in page.fault):
        yield from fills.wrongs(facts, end.folded)
    yield from false_reasons(end.verdict.episodes, end.folded)
    yield from world.witness.strays(log, world.journal.rows(world.account), world.latency, patience(page))
    yield from too_many_take_profits(world)
    yield from stops_on_strangers(facts, log, world.witness.lives, world.box.faults.fired)
    for order in strangers_cancelled(facts, log):
        if not stood_in(order, end.verdict.episodes):
            yield f"{order} was cancelled, which is another hand's"
    is_told_truly = not any(map(is_garbling, world.box.faults.fired)) and not any(kill.restores for kill in page.kill)
    if is_told_truly and not is_touched(end.verdict):
        yield from false_receipts(end.verdict.episodes, facts, rows, end.folded, is_whole=not is_swept)
        if not is_swept:
            yield from checks.other_quantities(end.verdict, end.folded.values())


def patience(page: Page) -> Duration:
    """How long a process may take to write down what it has sent."""
    return WRITES_WITHIN + max((trouble.lasts for trouble in page.journal), default=0)


def _of_bytes(world: World, page: Page, end: Ended, hands: Hands) -> Iterator[str]:
    """What the bytes and their times say of the cover: see `overdue`, `lapses`, `beside` and `needless`."""
    facts, log, episodes, fired = world.box.history.facts, world.box.log, end.verdict.episodes, world.box.faults.fired
    yield from overdue(world.venue, episodes, facts, log, world.witness, fired)
    if not any(hand.does == "resolve" for hand in page.hand):
        yield from lapses(episodes, facts, log, world.witness, fired)
        yield from bare_beside_others(episodes, facts, log, world.witness, fired)
    if not any(kill.restores for kill in page.kill):
        seen = Seen(episodes, facts, log, world.witness, fired, world.latency, hands.asked)
        yield from closed_while_covered(seen)


def collected(
    verdict: Verdict,
    rows: Sequence[Recorded],
    living: dict[SignalId, SagaState] | None,
    signals: Sequence[SignalId],
    answers: Sequence[str],
    unfired: Sequence[str],
    log: Sequence[LogEntry],
) -> Ended:
    """What there is to judge, from wherever it comes. `living`: None where the process's memory cannot be seen."""
    folded = checks.fold(rows)
    return Ended(
        verdict,
        folded,
        folded if living is None else living,
        tuple(signals),
        tuple(answers),
        frozenset(event_type(type(row.event)) for row in rows),
        tuple(unfired),
        tuple(entry.client_id or "" for entry in log if entry.call == "order.create"),
        sum(entry.call == "stop.create" for entry in log),
        tuple(_CANCELS[entry.call] or entry.client_id or "" for entry in log if entry.call in _CANCELS),
    )


def breaches(page: Page, must: Must, end: Ended) -> Iterator[Breach]:
    """Everything that did not hold, the promise first; an end that the venue makes impossible cannot be judged."""
    if "open" not in must.end or end.end(0) != "open":
        for text in _promise(page, end):
            yield Breach(text)
    if must.closes == 0 and _closes(end.verdict):
        yield Breach(f"a needless rollback ({_reason(end)})")
    for text in _asked(must, end):
        yield Breach(text, promise=False)


def _promise(page: Page, end: Ended) -> Iterator[str]:
    """Never doubled, never turned over, never orphaned, never naked at the end; an end; one story. An old copy of the
    journal may know nothing of a signal whose position has come and gone.
    """
    accepted = sum(state.phase is not Phase.PREPARING for state in end.folded.values())
    accepted = max(accepted, len(end.signals)) if any(kill.restores for kill in page.kill) else accepted
    entries = entries_of(end.verdict.episodes)
    if entries > accepted:
        yield f"{entries} entries for {accepted} signals"
    if end.verdict.opposite_positions and not is_touched(end.verdict):
        yield "an opposite position"
    for name in sorted(set(end.sent)):
        if end.sent.count(name) > 1:
            yield f"the name {name} was given to {end.sent.count(name)} orders"
    for name in end.cancelled:
        if name and not is_ours(name, INSTALLATION) and not stood_in(name, end.verdict.episodes):
            yield f"{name} was cancelled, which is not ours alone"
    yield from end.outside
    strangers = sum(hand.does == "leave_stop" for hand in page.hand)
    for orphan in end.verdict.orphans:
        if not (strangers and orphan.client_id == "web_old"):
            yield f"an orphan {orphan.kind} {orphan.client_id or orphan.id}"
    for position in end.verdict.positions:
        if _is_bare(position, end.verdict) and any(state.phase is not Phase.FLAT for state in end.folded.values()):
            yield f"{position.quantity} naked at the end"
    yield from _one_story(page, end)


def _is_bare(position: Standing, verdict: Verdict) -> bool:
    """Whether what stands is not covered. Once another hand has traded in it, what he added may outgrow a stop of ours
    that has a quantity: then any stop will do, as `beside.py` has it.
    """
    open_ones = [one for one in verdict.episodes if one.symbol == position.symbol and one.closed_at is None]
    stops = [stop for one in open_ones for stop in one.stops if stop.ended_at is None]
    is_watched = any(stop.purpose != Purpose.TAKE_PROFIT for stop in stops)
    return not position.covered and not (is_touched(verdict) and is_watched)


def stood_in(name: str, episodes: Sequence[Episode]) -> bool:
    """Whether a stop of somebody else covered to its end, or until it stuck at its trigger, a position of ours from
    which a stop of ours had gone: what its owner puts in the place of ours is accepted (design, rule 18), and goes with
    the position. `name`: its own, or the venue's id of it.
    """
    for episode in episodes:
        ours = [stop for stop in episode.stops if is_ours(stop.client_id, INSTALLATION)]
        gone = [stop.ended_at for stop in ours if stop.ended_at is not None]
        named = [stop for stop in episode.stops if name in (stop.client_id, stop.stop_id)]
        to_its_end = [stop for stop in named if stop.ended_at is None or stop.end == StopStatus.TRIGGERING]
        if episode.closed_at is not None and any(min(gone, default=NEVER) <= stop.live_at for stop in to_its_end):
            return True
    return False


def is_touched(verdict: Verdict) -> bool:
    """Whether another hand has traded on the slot."""
    by_hand = Origin.HAND.value
    return any(
        any(entry.origin == by_hand for entry in episode.entries)
        or any(close.what == by_hand for close in episode.closes)
        for episode in verdict.episodes
    )


def _one_story(page: Page, end: Ended) -> Iterator[str]:
    """Journal and judge agree about the end, and the journal tells exactly what is in memory."""
    by_hand = is_touched(end.verdict) or any(hand.does == "resolve" for hand in page.hand)
    for state in end.folded.values():
        if state.phase not in checks.ENDS:
            yield f"no end: {state.phase.value}"
    held = bool(end.verdict.positions)
    claimed = any(state.phase is Phase.PROTECTED for state in end.folded.values())
    protected = [state for state in end.folded.values() if state.phase is Phase.PROTECTED]
    if len({state.signal.symbol for state in protected}) < len(protected):
        yield "journal says protected of two signals on one slot"
    for position in end.verdict.positions:
        if any(position.quantity * state.side.sign < 0 for state in protected) and not by_hand:
            yield f"journal says protected, the venue holds {position.quantity} on the other side"
    if claimed and not held:
        yield "journal says protected, the venue is flat"
    if held and not claimed and not by_hand:
        yield "journal says flat, the venue holds a position" if end.folded else "a position that no signal answers for"
    if end.folded != end.living:
        yield "the fold of the journal differs from the state in memory"


def _asked(must: Must, end: Ended) -> Iterator[str]:
    """What the page itself asks for."""
    if end.end(0) not in must.end:
        yield f"end: expected {' or '.join(must.end)}, came {end.end(0)} ({_reason(end) or 'no reason'})"
    if must.reason and _reason(end) not in must.reason:
        yield f"reason: expected {' or '.join(must.reason)}, came {_reason(end) or 'none'}"
    entries, closes = entries_of(end.verdict.episodes), _closes(end.verdict)
    if must.entries is not None and entries != must.entries:
        yield f"entries: expected {must.entries}, the venue filled {entries}"
    if must.closes is not None and must.closes and closes != must.closes:
        yield f"closes: expected {must.closes}, the venue filled {closes} of ours"
    for what, count, came in (
        ("orders", must.orders, len(end.sent)),
        ("stop_orders", must.stop_orders, end.stop_orders),
    ):
        if count is not None and came != count:
            yield f"{what}: expected {count}, the venue was sent {came}"
    yield from _asked_of_cover(must, end)
    for number, wanted in enumerate(must.next, 1):
        if end.end(number) != wanted:
            yield f"next: expected {wanted}, came {end.end(number)}"
    yield from _asked_of_record(must, end)


_HUNDRED = Decimal(100)
_A_STEP = Decimal("0.3")
"""How far a stop may stand from where it was asked to, in percent: the fill is a little off the mark."""
_A_LOT = Decimal("0.04")
"""How far a part may be from what was asked for: parts are rounded to the lot, and pages trade small."""


def _left(verdict: Verdict) -> Decimal:
    """Which part of what the last position was entered with is open."""
    held = sum((abs(position.quantity) for position in verdict.positions), Decimal(0))
    entered = sum((entry.filled for episode in verdict.episodes[-1:] for entry in episode.entries), Decimal(0))
    return held / entered if entered else held


def _stop_at(verdict: Verdict) -> list[Decimal]:
    """How many percent behind the average of the last position its stops stand; beyond it is negative."""
    spans = {span.stop_id: span for episode in verdict.episodes for span in episode.stops}
    return [
        (position.entry_price - spans[stop_id].trigger)
        / position.entry_price
        * (100 if position.quantity > 0 else -100)
        for position in verdict.positions[-1:]
        for stop_id in position.stops
    ]


def _asked_of_cover(must: Must, end: Ended) -> Iterator[str]:
    stops = sum(len(position.stops) for position in end.verdict.positions)
    if must.stops is not None and stops != must.stops:
        yield f"stops: expected {must.stops}, the venue holds {stops}"
    stands = _stop_at(end.verdict)
    if must.stop_at is not None and not any(abs(at - must.stop_at) <= _A_STEP for at in stands):
        came = ", ".join(f"{at:.2f}" for at in stands) or "none"
        yield f"stop_at: expected one {must.stop_at} % behind the entry, the venue holds {came}"
    left = _left(end.verdict)
    if must.left is not None and abs(left - must.left) > _A_LOT:
        yield f"left: expected {must.left} of the entry, the venue holds {left:.3f}"
    naked = end.verdict.longest_naked_us
    if must.naked_at_most is not None and naked > must.naked_at_most:
        yield f"naked_at_most: expected {must.naked_at_most}, the venue saw {written(naked)}"
    later = _naked_later(end.verdict)
    if must.naked_later is not None and later > must.naked_later:
        yield f"naked_later: expected {must.naked_later} us, the venue saw {later} us"


def _naked_later(verdict: Verdict) -> int:
    """The longest stretch without cover, in microseconds, after a position was first covered."""
    return max(
        (
            end - begin
            for episode in verdict.episodes
            for begin, end in episode.naked
            if episode.covered_at is not None and begin >= episode.covered_at
        ),
        default=0,
    )


def _asked_of_record(must: Must, end: Ended) -> Iterator[str]:
    for word in must.told:
        if word not in end.told:
            yield f"told: expected the event {word}, the journal has none"
    for word in must.untold:
        if word in end.told:
            yield f"untold: expected no event {word}, the journal has one"
    if must.answers and end.answers != must.answers:
        yield f"answers: expected {', '.join(must.answers)}, came {', '.join(end.answers) or 'none'}"
    if must.fired == "all":
        for line in end.unfired:
            yield f"fired: expected every line to strike, but {line} changed nothing"


def _reason(end: Ended) -> str:
    state = end.state(0)
    return state.end.value if state is not None else ""


def entries_of(episodes: Sequence[Episode]) -> int:
    """How many orders of ours opened or increased a position."""
    entries = (order for episode in episodes for order in episode.entries)
    return len({order.order_id for order in entries if order.origin == Origin.CLIENT and order.filled > 0})


def _closes(verdict: Verdict) -> int:
    """How many orders of ours took from a position. An entry that turns over what another hand has opened is none."""
    names = (close.client_id for episode in verdict.episodes for close in episode.closes if close.what == "order")
    made = (parse_client_id(name) for name in names)
    return sum(name is None or name.leg is not Leg.ENTRY for name in made)
