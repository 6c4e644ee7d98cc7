"""The show itself: raise the stage, start the service, send the signals, watch, judge, and leave nothing behind.

Everything lives in one process and one fresh folder: two venues, the shipped service, the report's bot. What is shown
is read from the journal's file and from the judge. However it ends, by itself, by an error or by Ctrl-C, the blocks
below are left in order: the service stops, the venues close, the folder goes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from seawall.drill.demo.findings import Row, rows, strays
from seawall.drill.demo.ours import send, service, settings_for
from seawall.drill.demo.report_bot import ReportBot
from seawall.drill.demo.report_wire import Binance, Bybit
from seawall.drill.demo.screen import Screen
from seawall.drill.demo.show import STAGGER, STOP_PERCENT, Scene, bot_account
from seawall.drill.demo.stage import Stage, keys_of, raised
from seawall.model.ids import SignalId, VenueName
from seawall.model.times import SECOND
from seawall.service.app import App
from seawall.service.reader import JournalReader

LONGEST = 24.0
"""Seconds after the first signal at which the show is over, whatever is still open then."""
_LOOK_EVERY = 0.2
_SETTLING = 0.3
"""Seconds that the venues get for what was sent last, before the last judgement."""
_DIALECTS: dict[VenueName, type[Binance | Bybit]] = {VenueName.BINANCE: Binance, VenueName.BYBIT: Bybit}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the show came to: a row for each signal, what nobody asked for, and the bot's own log by symbol."""

    rows: Sequence[Row]
    strays: Sequence[str]
    bot_log: dict[str, list[str]]
    elapsed: float


class Diary:
    """The bot's log: JSON lines in a file of the folder, read back from there."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._file.touch()

    def write(self, scene: Scene, line: str) -> None:
        """Adds what the bot says about one of its signals."""
        with self._file.open("a", encoding="utf-8") as out:
            out.write(json.dumps([scene.id, line]) + "\n")

    def read(self) -> dict[str, list[str]]:
        """What it has said, by signal."""
        told: dict[str, list[str]] = {}
        for line in self._file.read_text(encoding="utf-8").splitlines():
            signal, words = json.loads(line)
            told.setdefault(signal, []).append(words)
        return told


async def perform(scenes: Sequence[Scene], screen: Screen, seed: int) -> Outcome:
    """The whole show. Raises ServiceError if the service cannot begin or does not take a signal."""
    with TemporaryDirectory(prefix="seawall-demo-") as name:
        folder = Path(name)
        diary = Diary(folder / "report-bot.log")
        async with raised(scenes, seed) as stage:
            settings = settings_for(stage, scenes, folder)
            async with service(settings, folder / "seawall.log") as app, aiohttp.ClientSession() as session:
                with JournalReader(settings.journal) as journal, screen:
                    playing = asyncio.create_task(_play(scenes, stage, app, session, diary))
                    try:
                        elapsed = await _watch(playing, scenes, stage, journal, screen)
                    finally:
                        playing.cancel()
                        await asyncio.gather(playing, return_exceptions=True)
                    verdicts = stage.judge()
                    found = _read(scenes, stage, journal)
                return Outcome(found, strays(scenes, verdicts), diary.read(), elapsed)


async def _play(scenes: Sequence[Scene], stage: Stage, app: App, session: aiohttp.ClientSession, diary: Diary) -> None:
    """All signals, each at its time, each to both."""
    async with asyncio.TaskGroup() as group:
        for venue in VenueName:
            mine = [scene for scene in scenes if scene.venue is venue]
            for place, scene in enumerate(mine):
                group.create_task(_one(scene, place * STAGGER / SECOND, stage, app, session, diary))


async def _one(scene: Scene, wait: float, stage: Stage, app: App, session: aiohttp.ClientSession, diary: Diary) -> None:
    """One signal: its faults in force, then to the service and to the bot at once."""
    await asyncio.sleep(wait)
    dialect = _DIALECTS[scene.venue]
    keys = keys_of(bot_account(scene.account))
    bot = ReportBot(dialect(session, stage.addresses[scene.venue].rest, keys), lambda _, line: diary.write(scene, line))
    stage.arm(scene)
    async with asyncio.TaskGroup() as group:
        group.create_task(send(session, app, scene))
        group.create_task(bot.open(scene.symbol, scene.side.value, scene.quantity, STOP_PERCENT, stage.tick(scene)))


async def _watch(
    playing: asyncio.Task[None], scenes: Sequence[Scene], stage: Stage, journal: JournalReader, screen: Screen
) -> float:
    """Shows how it stands until all is over; the seconds it took. Raises what the play raised."""
    clock = asyncio.get_running_loop()
    began = clock.time()
    while (elapsed := clock.time() - began) < LONGEST:
        found = _read(scenes, stage, journal)
        screen.show(found, elapsed)
        if playing.done():
            _raise_first(playing.exception())
            if all(row.ended for row in found):
                break
        await asyncio.sleep(_LOOK_EVERY)
    await asyncio.sleep(_SETTLING)
    return clock.time() - began


def _raise_first(error: BaseException | None) -> None:
    """Raises what went wrong first, out of the groups that it came in."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None:
        raise error


def _read(scenes: Sequence[Scene], stage: Stage, journal: JournalReader) -> list[Row]:
    histories = {scene.id: journal.read_signal(SignalId(scene.id)) for scene in scenes}
    return rows(scenes, histories, stage.judge())
