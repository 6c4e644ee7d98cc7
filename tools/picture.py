"""Write docs/picture.svg anew: one lost reply, met by the report's own algorithm and by Seawall.

Both runs are real and repeatable. The report's bot is the one of the demo (`drill.demo.report_bot`), its sleeps and
its deadline on a loop whose clock leaps from one thing to the next; Seawall is the deterministic world (`drill.world`).
Each has a box of its own with the same seed, the same distance and the same fault: the entry fills, and the connection
is reset before its reply. What the venue held, and for how long it was naked, is the judge's word in both halves.

    python -m tools.picture            write the picture
    python -m tools.picture --check    end with code 1 if it is out of date
"""

from __future__ import annotations

import asyncio
import json
import selectors
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import aiohttp

from seawall.drill.demo.report_bot import ReportBot
from seawall.drill.demo.report_wire import Binance, VenueError
from seawall.drill.house import KEYS
from seawall.drill.world import START, World
from seawall.history import svg
from seawall.history.words import milliseconds
from seawall.intake.canonical import parse
from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.ids import Leg, VenueName
from seawall.model.signal import Signal
from seawall.model.times import MILLISECOND, SECOND, Duration, Instant
from venuesim import wire
from venuesim.exchange import Exchange
from venuesim.faults import parse as fault_of
from venuesim.judge import Episode

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "picture.svg"
SYMBOL, PERCENT = "SKLUSDT", Decimal(3)
QUANTITY = Decimal(1500)
FAULT = {"fault": "reply_lost", "call": "order.create", "nth": 1}
DISTANCE: Duration = 25 * MILLISECOND
"""One way, for both."""
LOOK: Duration = 60 * SECOND
"""How long after the signal the judge is asked."""
SHOWN: Duration = 200 * MILLISECOND
HTTP_OK = 200
NO_SESSION = cast("aiohttp.ClientSession", None)
"""`InBox` sends nothing through it."""


# ---- the report's bot, in virtual time


class Leaping(selectors.SelectSelector):
    """Waits for nothing: what would be waited for is added to `passed`."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """See `selectors`. Raises RuntimeError if nothing is due ever again."""
        if timeout is None:
            raise RuntimeError("expected something to be due, found a loop that waits for ever")
        self.passed += max(0.0, timeout)
        return super().select(0)


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock is the sum of all waits: a minute of sleeping takes no time."""

    def __init__(self) -> None:
        self._leaping = Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Seconds of virtual time."""
        return self._leaping.passed


@dataclass(slots=True)
class Line:
    """The bot's connection to its box; `sent` counts its requests."""

    box: Exchange
    sent: int = 0

    def now(self) -> Instant:
        """The venue's time."""
        return START + round(asyncio.get_running_loop().time() * SECOND)

    async def carry(self, request: wire.Request) -> wire.Reply:
        """One request and its reply. Raises as aiohttp does when the connection ends before a reply."""
        self.sent += 1
        key = self.sent
        await asyncio.sleep(DISTANCE / SECOND)
        self.box.request(key, request, self.now())
        while not (came := [out for out in self.box.advance(self.now()) if getattr(out, "key", None) == key]):
            due = self.box.next_wake()
            assert due is not None, "the fault ends every request, by a reply or by a reset"
            await asyncio.sleep(max(due - self.now(), 1) / SECOND)
        await asyncio.sleep(DISTANCE / SECOND)
        if not isinstance(came[0], wire.Answer):
            raise aiohttp.ServerDisconnectedError
        return came[0].reply


@dataclass(frozen=True, slots=True)
class InBox(Binance):
    """The bot's Binance client with its bytes carried to the box; what it asks and understands is its own."""

    line: Line

    async def _call(self, method: str, path: str, asked: dict[str, str]) -> Any:
        stamp = str(self.line.now() // MILLISECOND)
        query = urlencode({**asked, "recvWindow": "5000", "timestamp": stamp, "signature": ""})
        headers = (("X-MBX-APIKEY", self.keys.key),)
        reply = await self.line.carry(wire.Request(method, f"{path}?{query}", headers))
        if reply.status != HTTP_OK:
            raise VenueError(f"HTTP {reply.status}: {reply.body.decode(errors='replace')}")
        return json.loads(reply.body)


@dataclass(frozen=True, slots=True)
class Told:
    """One half of the picture. Times are microseconds after the signal; `log` is what the bot wrote, and when."""

    episode: Episode
    start: Instant
    covered: bool
    log: tuple[tuple[Instant, str], ...] = ()
    events: tuple[tuple[Instant, ev.Event], ...] = ()

    def since(self, at: Instant) -> Duration:
        """An instant of the venue's or of ours, which are the same here, after the signal."""
        return at - self.start


def the_bot() -> Told:
    """The report's bot opens one position."""
    box = Exchange("binance", seed=0, start=START, switches={"signature": "ignore"}, symbols=[SYMBOL])
    box.open_account("bot", key=KEYS.key, secret=KEYS.secret, balance=Decimal(100_000))
    box.faults.add(fault_of(FAULT))
    log: list[tuple[Instant, str]] = []
    line = Line(box)
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        bot = ReportBot(InBox(NO_SESSION, "", KEYS, line), lambda _, words: log.append((line.now() - START, words)))
        runner.run(bot.open(SYMBOL, "buy", QUANTITY, PERCENT, box.instruments[SYMBOL].tick))
    box.advance(START + LOOK)
    verdict = box.judge(START + LOOK)
    return Told(verdict.episodes[0], START, covered=bool(verdict.positions[0].covered), log=tuple(log))


# ---- Seawall


def seawall() -> Told:
    """The house opens the same position."""
    world = World(VenueName.BINANCE, latency=DISTANCE, symbols=[SYMBOL])
    world.start()
    world.run(most=SECOND)
    world.fault(**FAULT)
    asked = {"id": "one", "symbol": SYMBOL, "action": "open", "side": "buy"}
    body = json.dumps(asked | {"size": {"base": str(QUANTITY)}, "stop": {"pct": str(PERCENT)}}).encode()
    signal = parse(body, world.clock, {world.account: world.venue}, {})
    assert isinstance(signal, Signal)
    start = world.now
    world.give(inp.SignalReceived(world.clock, signal))
    world.run(most=LOOK)
    verdict = world.box.judge(world.now)
    recorded = tuple((row.at, row.event) for row in world.recorded() if row.event.signal_id == "one")
    return Told(verdict.episodes[0], start, covered=bool(verdict.positions[0].covered), events=recorded)


# ---- the drawing

WIDTH, LEFT, RIGHT, ROW, BAR = 9600, 1500, 450, 340, 110
FIRST_TOP, HEAD = 1150, 330


def x_of(after: Duration) -> svg.Tenths:
    """Where a moment after the signal lies, kept inside the picture."""
    return LEFT + min(max(after, 0), SHOWN) * (WIDTH - LEFT - RIGHT) // SHOWN


def lane(y: svg.Tenths, name: str) -> list[str]:
    """The name of a lane and the line below it."""
    ruled = svg.line(200, y + ROW // 2, WIDTH - 200, y + ROW // 2, "grid")
    return [ruled, svg.text(350, y + 40, name)]


def bar(y: svg.Tenths, begins: Duration, ends: Duration, kind: str) -> str:
    """Something that lasts."""
    return svg.box(x_of(begins), y - BAR // 2, x_of(ends) - x_of(begins), BAR, kind)


def held(told: Told, y: svg.Tenths, after: str) -> list[str]:
    """What the venue held: red while naked, green from the stop on."""
    opened = told.since(told.episode.opened_at)
    covered = told.since(told.episode.covered_at) if told.episode.covered_at else SHOWN
    words = f"naked for {milliseconds(told.episode.naked_us)}{after}"
    shapes = [*lane(y, "at the venue"), bar(y + 70, opened, covered, "bad")]
    shapes.append(svg.text(x_of(opened), y - 30, words, "bad"))
    if told.covered:
        shapes += [
            bar(y + 70, covered, SHOWN, "good"),
            svg.text(x_of(covered) + 60, y - 30, "behind a live stop", "good"),
        ]
    return shapes


def bots_half(told: Told, top: svg.Tenths) -> list[str]:
    """What the bot did, what it wrote, what it left."""
    failed, words = told.log[0]
    create, says, venue = (top + HEAD + row * ROW for row in range(3))
    shapes = [svg.text(200, top, "The report's bot", "head"), *lane(create, "create order")]
    shapes += [bar(create, 0, failed, "act"), svg.text(x_of(failed) + 60, create + 40, "its answer is lost", "faint")]
    shapes += [*lane(says, "its log"), svg.dot(x_of(failed), says, "said")]
    shapes.append(svg.text(x_of(failed) + 100, says + 40, f"{words}; {told.log[-1][1]}"))
    return [*shapes, *held(told, venue, " so far, and nobody is looking")]


def ours_half(told: Told, top: svg.Tenths) -> list[str]:
    """What Seawall intended, who spoke, what it did, and what was proven."""
    entry, said, stop, venue, end = (top + HEAD + row * ROW for row in range(5))
    lost = moment(told, lambda event: isinstance(event, ev.ActConcluded) and event.leg is Leg.ENTRY)
    spoke = moment(told, lambda event: isinstance(event, ev.EntryFilled))
    placed = moment(told, lambda event: isinstance(event, ev.StopIntended))
    answered = moment(told, lambda event: isinstance(event, ev.ActConcluded) and event.leg is Leg.STOP)
    ready = moment(told, lambda event: isinstance(event, ev.PositionProtected))
    source = next(event.source.value for _, event in told.events if isinstance(event, ev.EntryFilled))
    shapes = [svg.text(200, top, "Seawall", "head"), *lane(entry, "entry"), bar(entry, 0, lost, "act")]
    shapes.append(
        svg.text(x_of(lost) + 60, entry + 40, "its answer is lost: unknown, so neither believed nor repeated", "faint")
    )
    shapes += [*lane(said, "who spoke"), svg.dot(x_of(spoke), said, "said")]
    shapes.append(svg.text(x_of(spoke) + 100, said + 40, f"the {source}: filled. One witness is enough"))
    shapes += [*lane(stop, "stop"), bar(stop, placed, answered, "act"), *held(told, venue, "")]
    shapes += [*lane(end, "end"), svg.diamond(x_of(ready), end, "good")]
    return [*shapes, svg.text(x_of(ready) + 110, end + 40, "PROTECTED: filled, covered, both read back", "good")]


def moment(told: Told, wanted: Callable[[ev.Event], bool]) -> Duration:
    """When the first event of a sort was recorded."""
    return next(told.since(at) for at, event in told.events if wanted(event))


def axis(bottom: svg.Tenths, tops: tuple[svg.Tenths, ...]) -> list[str]:
    """Milliseconds, along the foot and through both halves."""
    shapes = []
    for tick in range(0, SHOWN + 1, 50 * MILLISECOND):
        shapes += [
            svg.line(x_of(tick), top, x_of(tick), end, "grid") for top, end in zip(tops[::2], tops[1::2], strict=True)
        ]
        shapes.append(svg.text(x_of(tick), bottom, f"{tick // MILLISECOND} ms", "faint", "middle"))
    return shapes


def draw(bot: Told, ours: Told) -> str:
    """Both halves on one scale. Raises StopIteration if a run did not go as the picture tells."""
    second = FIRST_TOP + HEAD + 3 * ROW + 150
    foot = second + HEAD + 5 * ROW + 30
    edges = (FIRST_TOP + 150, FIRST_TOP + HEAD + 3 * ROW - ROW // 2, second + 150, second + HEAD + 5 * ROW - ROW // 2)
    what = f"{SYMBOL}, a market buy on Binance, {DISTANCE // MILLISECOND} ms each way"
    told = f"{what}; the judge looks after {LOOK // SECOND} s. Two runs of the box, one seed, one fault."
    shapes = [
        svg.text(200, 380, "The order fills, and its answer is lost", "head"),
        svg.text(200, 620, told, "faint"),
        *axis(foot, edges),
        *bots_half(bot, FIRST_TOP),
        *ours_half(ours, second),
    ]
    label = "One lost reply: the report's bot leaves a naked position behind; Seawall has it behind a stop"
    return svg.picture(WIDTH, foot + 200, label, shapes) + "\n"


def main(arguments: list[str]) -> int:
    """Draws; with --check only compares."""
    drawn = draw(the_bot(), seawall())
    if "--check" in arguments:
        same = PICTURE.is_file() and PICTURE.read_text(encoding="utf-8") == drawn
        print("picture: up to date" if same else "picture: out of date; run `.venv/bin/python -m tools.picture`")
        return 0 if same else 1
    PICTURE.write_text(drawn, encoding="utf-8")
    print(f"picture: {PICTURE.name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
