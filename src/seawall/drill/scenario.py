"""Playing a page in the deterministic world: first its storm, then calm, then what must hold.

The same page, venue and seed give the same bytes, whatever the machine. A crash (`Crash`) is the sweep's own addition:
the process dies before the nth thing that happens after the signal, and perhaps once more while it recovers; then only
what a crash cannot excuse is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from seawall.drill.codes import SAYS_PASSED
from seawall.drill.demands import Breach, breaches, ended, entries_of
from seawall.drill.hands import Hands
from seawall.drill.lines import fault_on, jump_on, lines_on, switches_on, symbols_on, title_of
from seawall.drill.page import Hand, Kill, Must, Page
from seawall.drill.rows import row_name
from seawall.drill.rungs import FOUND_OUT, may_be_believed
from seawall.drill.world import APPEND, World
from seawall.journal.encoding import Row
from seawall.journal.port import JournalBroken, JournalFull
from seawall.model.events import Recorded
from seawall.model.ids import VenueName
from seawall.model.times import MINUTE, SECOND, Duration, Instant
from seawall.sagas.phase import Finding, Phase
from seawall.sagas.saga import Saga
from venuesim.faults import parse

CALM: Duration = 8 * MINUTE
LASTING: Duration = 45 * SECOND
"""How long an end must last to count: longer than the period in which stops are read again."""


OURS = ("close", "protect", "flatten", "repeat", "reword", "open")
"""What a hand brings to our own door."""
RUNAWAY = 3_000
"""Events of one run. No page comes near: whoever records so many does the same thing again and again."""


class RunawayError(Exception):
    """The house goes round in a circle; the run is judged where it stands."""


@dataclass(frozen=True, slots=True)
class Crash:
    """The process dies before the `at`-th thing that happens after the signal, for `pause`; with `again`, once more
    before the `again`-th thing after it started anew.
    """

    at: int
    pause: Duration = SECOND
    again: int | None = None


@dataclass(slots=True)
class Outcome:
    """What a run of a page came to. `history` counts from `began`, the instant of the signal, on the house's clock."""

    page: Page
    venue: VenueName
    seed: int
    end: str = ""
    reason: str = ""
    naked_us: int = 0
    was_filled: bool = False
    breaches: list[Breach] = field(default_factory=list)
    fired: list[str] = field(default_factory=list)
    visited: list[tuple[Phase, Finding]] = field(default_factory=list)
    history: tuple[Recorded, ...] = ()
    rows: tuple[Row, ...] = ()
    began: Instant = 0
    took: Duration = 0
    things: int = 0
    """How many things happened from the signal until it had come to an end: the points at which a crash may fall."""
    notes: list[str] = field(default_factory=list)
    """What does not count against the page and must not be passed over."""


def play(page: Page, venue: VenueName, seed: int, crash: Crash | None = None) -> Outcome:
    """Runs a page on one venue to its end and judges it."""
    return Play(page, venue, seed, crash).run()


class Play:
    """One run of one page."""

    def __init__(self, page: Page, venue: VenueName, seed: int, crash: Crash | None = None) -> None:
        self.page, self.venue, self.seed, self.crash = page, venue, seed, crash
        self.world = World(
            venue,
            seed=seed,
            switches=switches_on(page, venue),
            symbols=symbols_on(page, venue),
            balance=page.account.balance,
            hedge=page.account.hedge,
            skew=page.clock.ahead,
            trade_socket=page.order_entry == "auto",
            drift_ppm=page.clock.drift_ppm,
        )
        self.hands = Hands(self.world, page, seed)
        self.on_thing: Callable[[Play], None] | None = None
        """Called before each thing after the signal, while a process lives that a crash could end."""
        self.began: Instant = 0
        self.lines: dict[int, str] = {}
        self.met: dict[int, int] = {}
        self.struck: list[str] = []
        """What of the page's own lines has changed anything: "kill acted", "journal stall", "hand repeat"."""
        self.things = 0
        self.last_at: Instant = 0
        """When the last of the page's own doings begins."""
        self.ended_after = 0
        self.looked_in = -1
        self.found_at_rest = False
        self.restarted_after: int | None = None
        self.runaway = False
        self.came_late = False
        self.risen_at: Instant = 0
        self.visited: list[tuple[Phase, Finding]] = []
        """What processes that have died had judged."""

    def run(self) -> Outcome:
        """Storm, calm, and the judgement."""
        world = self.world
        world.start()
        world.run(lambda: world.house is not None and world.house.desk.ready, most=MINUTE)
        world.run(most=SECOND)
        for hand in lines_on(self.page.hand, self.venue):
            if hand.at < 0:
                self.hands.do(hand)
                world.run(most=-hand.at)
        try:
            self._begin()
            self._calm()
        except RunawayError:
            self.runaway = True
        return self._outcome()

    # ---- the storm

    def _begin(self) -> None:
        """Everything of the page is put in force, the signal comes, and the storm runs its time."""
        world, page = self.world, self.page
        self.began = self.last_at = world.now
        begins = [line.at for lines in (page.hand, page.price) for line in lines]
        self.last_at += max((*begins, *(kill.at or 0 for kill in page.kill)), default=0)
        for number, line in enumerate(lines_on(page.fault, self.venue), 1):
            fault = fault_on(page, self.venue, world.account, line, self.began - world.box.start)
            self.lines[world.box.faults.add(parse(fault))] = title_of(number, line)
        if page.walk_bps:
            world.box.walk(page.walk_bps, SECOND, world.now)
        ends = [self._plan_kill(kill) for kill in lines_on(page.kill, self.venue)]
        for trouble in lines_on(page.journal, self.venue):
            self._trouble(trouble.at, trouble.lasts, trouble.does)
        for price in lines_on(page.price, self.venue):
            jump = jump_on(page, self.venue, price)
            world.box.faults.add(parse({**jump, "after": world.now + price.at - world.box.start}))
        for hand in lines_on(page.hand, self.venue):
            if hand.at >= 0:
                world.at(self.began + hand.at, lambda hand=hand: self._lend(hand))  # type: ignore[misc]
        if any(kill.call for kill in page.kill):
            world.on_moment = self._moment
        world.before_entry = self._before_entry
        self.hands.send()
        world.run(most=max(page.lasts, max(ends, default=0) + SECOND))

    def _plan_kill(self, kill: Kill) -> Duration:
        """Schedules a kill by time; how long after the signal it is over."""
        if kill.at is None:
            return 0
        self.world.at(self.began + kill.at, lambda: self._die_of(kill))
        return kill.at + kill.pause

    def _die_of(self, kill: Kill) -> None:
        """A kill strikes a living process, and another follows after the pause; a dead one dies no more."""
        if self.world.house is None:
            return
        when = kill.when if kill.call else "by time"
        self.struck.append(f"kill {'append ' if kill.call == APPEND else ''}{when}")
        if self.risen_at and not self.world.house.desk.ready:
            self.struck.append("kill in recovery")
        self._die()
        if kill.restores and self.world.put_back(kill.restores):
            self.struck.append("journal restored")
        self.world.at(self.world.now + kill.pause, self._rise)

    def _lend(self, hand: Hand) -> None:
        known = len(self.world.box.history)
        self.hands.do(hand)
        living = self.world.house is not None and hand.does in OURS
        if living or hand.does == "set_clock" or len(self.world.box.history) > known:
            self.struck.append(f"hand {hand.does}")

    def _moment(self, when: str, call: str) -> None:
        """Something happened to a call: the process may have to die of it."""
        for number, kill in enumerate(lines_on(self.page.kill, self.venue)):
            if kill.call == call and kill.when == when:
                self.met[number] = self.met.get(number, 0) + 1
                if self.met[number] == kill.nth:
                    self._die_of(kill)

    def _die(self) -> None:
        if self.world.house is not None:
            self.visited += self._judged()
            self.world.kill()

    def _judged(self) -> list[tuple[Phase, Finding]]:
        """The pairs of the table that the living process has judged."""
        return [pair for saga in self.world.sagas() for pair in saga.visited]

    def _unvisited(self, must: Must) -> Iterator[str]:
        """The rows of the table that the page exists to visit, and did not."""
        judged = {row_name(*pair) for pair in self.visited + self._judged()}
        yield from (row for row in must.visits if row not in judged)

    def _rise(self) -> None:
        if self.world.house is None:
            self.risen_at = self.world.now
            self.world.start()

    def _trouble(self, after: Duration, lasts: Duration, does: str) -> None:
        world, begins, ends = self.world, self.began + after, self.began + after + lasts
        if does == "stall":
            world.at(begins, lambda: world.journal.stall_until(ends))
        else:
            kind = JournalFull if does == "full" else JournalBroken
            world.at(begins, lambda: world.journal.fail(kind))
            world.at(ends, self._mend)
        world.at(ends - 1, lambda: self._note_trouble(does))

    def _mend(self) -> None:
        """The journal of now takes appends again: an old copy may have come in its place."""
        self.world.journal.mend()

    def _note_trouble(self, does: str) -> None:
        """A journal's trouble has struck if anything waits to be written at its end."""
        if self.world.is_behind:
            self.struck.append(f"journal {does}")

    # ---- the crash

    def _before_entry(self) -> None:
        """Counts what happens after the signal, and dies where the sweep wants it."""
        self.things += 1
        house = self.world.house
        if house is not None and house.desk.seq > RUNAWAY:
            raise RunawayError
        if self.world.now < self.last_at or not self._rests():
            self.ended_after = 0
        elif not self.ended_after and self.hands.signals:
            self.ended_after = self.things
        if house is None:
            return
        if self.on_thing is not None:
            self.on_thing(self)
        crash = self.crash
        if crash is None:
            return
        if self.things == crash.at:
            self._die_and_rise(crash.pause)
            self.restarted_after = None
        elif crash.again is not None and self.things > crash.at:
            self.restarted_after = self.restarted_after or self.things
            if self.things == self.restarted_after + crash.again:
                self._die_and_rise(crash.pause)

    def _clock_struck(self) -> list[str]:
        clock = self.page.clock
        return ["clock ahead"] * bool(clock.ahead) + ["clock drift"] * bool(clock.drift_ppm)

    def _die_and_rise(self, pause: Duration) -> None:
        self._die()
        self.world.at(self.world.now + pause, self._rise)

    # ---- the calm

    def _calm(self) -> None:
        world = self.world
        world.box.calm(world.now)
        world.stir()
        self.came_late = not world.run(self._is_over, most=CALM) and not self._has_ended()
        world.run(most=LASTING)
        self._come_to_an_end()
        while world.house is None:  # it died in the last second
            self._come_to_an_end()

    def _come_to_an_end(self) -> None:
        """The process lives on for a while, and every signal comes to an end."""
        world = self.world
        while world.house is None or world.now - self.risen_at < LASTING:
            world.run(most=LASTING)
        world.run(self._is_over, most=CALM)
        world.run(most=SECOND)
        world.run(lambda: not may_be_believed(world), most=FOUND_OUT)

    def _is_over(self) -> bool:
        """Whether a process lives that has read what stands at the venue, and every signal has come to an end."""
        return self.world.house is not None and self.world.house.desk.ready and self._has_ended()

    def _has_ended(self) -> bool:
        for saga in self.world.sagas():
            phase = saga.state.phase
            if phase is not Phase.PROTECTED and phase is not Phase.FLAT:
                return False
        return True

    def _rests(self) -> bool:
        """Whether every signal rests: once the page has nothing more in store, a crash can meet nothing more. Looked at
        once a turn of the world.
        """
        if self.looked_in != self.world.turns:
            self.looked_in = self.world.turns
            self.found_at_rest = self._is_over() and all(map(_is_at_rest, self.world.sagas()))
        return self.found_at_rest

    # ---- the end

    def _outcome(self) -> Outcome:
        world = self.world
        struck = {fired.number for fired in world.box.faults.fired}
        end = ended(
            world,
            self.page,
            self.hands,
            [text for n, text in self.lines.items() if text and n not in struck],
            is_swept=self.crash is not None,
        )
        state = end.state(0)
        asked = self.page.must[self.venue]
        filled = state is not None and entries_of(end.verdict.episodes) > 0
        must = asked if self.crash is None else after_crash(asked, filled=filled, may_cover=self._may_cover())
        return Outcome(
            self.page,
            self.venue,
            self.seed,
            end.end(0),
            state.end.value if state is not None else "",
            end.verdict.longest_naked_us,
            bool(end.verdict.episodes),
            [Breach(f"more than {RUNAWAY} events: it goes round in a circle")] * self.runaway
            + [Breach(f"no end within {CALM // MINUTE} minutes of calm")] * (self.came_late and "open" not in must.end)
            + list(breaches(self.page, must, end))
            + [Breach(f"visits: {row} was not judged", promise=False) for row in self._unvisited(must)],
            [fired.fault for fired in world.box.faults.fired] + self.struck + self._clock_struck(),
            self.visited + self._judged(),
            world.recorded(),
            world.journal.rows(world.account),
            self.began + self.page.clock.ahead,
            world.now - self.began,
            self.ended_after or self.things,
        )

    def _may_cover(self) -> bool:
        """Whether this page's venue takes a stop at any time, and does not say that the market has passed it where the
        page lets the way home begin: whoever is told so closes, and which process is told so is the crash's affair.
        """
        lines = [line.line for line in lines_on(self.page.fault, self.venue)]
        says_passed = any(line["fault"] == "stop_refused" and line.get("code") in SAYS_PASSED for line in lines)
        begins_home = says_passed and "rollback_began" in self.page.must[self.venue].told
        return not any(line.get("state") for line in lines) and not begins_home


def _is_at_rest(saga: Saga) -> bool:
    """Whether a signal has ended or is protected as it is to be, with no act unanswered."""
    state = saga.state
    outcomes = [sent.outcome for sent in state.orders_sent] + [cancel.outcome for cancel in state.cancels.values()]
    answered = None not in outcomes and not any(facts.is_pending for facts in state.stops.values())
    return state.phase is Phase.FLAT or (answered and saga.finding is Finding.PROTECTED)


def after_crash(must: Must, *, filled: bool, may_cover: bool) -> Must:
    """What a page may still ask when the process died somewhere on the way: a signal that was filled and had to end
    protected may not have been closed by us, but for a part that the page asks for; whether it was filled at all is the
    crash's affair. So is whether it was covered by then where the contract stops trading, so that no new stop is taken.
    """
    spared = filled and may_cover and must.end == ("protected",)
    return Must(
        end=("protected",) if spared else ("protected", "flat", "refused", "none", *must.end),
        closes=0 if spared and not must.closes else None,
        fired="any",
    )
