"""The real process, `python -m seawall run`: what happens to it from outside."""

from __future__ import annotations

import asyncio
import re
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from seawall.drill.wire.killer import kill_again_and_again
from seawall.drill.wire.process import Run, start
from seawall.drill.wire.stage import (
    Bell,
    Doors,
    Overheard,
    Witness,
    configuration,
    environment,
    open_accounts,
    opening,
)
from seawall.model.ids import SignalId, VenueName
from seawall.model.times import SECOND, Duration
from seawall.sagas.phase import Phase
from venuesim.server import Clock, serve

KEYS = environment(["main"])
QUICK_DOUBTS = "[bounds]\nread_lag = 1\ndoubt = 5\ndoubt_blind = 10\nstop_reread = 2\n"
"""True of a box whose reads do not lag, and of no venue."""


@dataclass
class Outside:
    """A process with its doors, and the box it trades at."""

    run: Run
    doors: Doors
    box: Overheard
    clock: Clock


@asynccontextmanager
async def outside(home: Path, venue: VenueName = VenueName.BINANCE, ahead: Duration = 0) -> AsyncIterator[Outside]:
    """A process on a fresh folder, ready, and its box, whose clock runs `ahead` of this machine's."""
    box, clock = box_of(venue, ahead)
    async with serve(box, clock=clock) as addresses, run_on(home, venue, addresses.rest) as (run, doors):
        await doors.ready()
        yield Outside(run, doors, box, clock)


def box_of(venue: VenueName, ahead: Duration = 0) -> tuple[Overheard, Clock]:
    """A box without lag and one account in it, not served yet."""
    clock = Clock(ahead)
    box = Overheard(venue.value, seed=1, start=clock.now(), switches={"lag": "none"})
    open_accounts(box, ["main"], clock.now())
    return box, clock


@asynccontextmanager
async def run_on(home: Path, venue: VenueName, rest: str) -> AsyncIterator[tuple[Run, Doors]]:
    """A process on a fresh folder that looks for its venue at an address; its doors are open, and it may be unready."""
    config = home / "seawall.toml"
    config.write_text(configuration([("main", venue, rest)]), encoding="utf-8")
    async with aiohttp.ClientSession() as web:
        run = await start(config, KEYS)
        await run.begun()
        witness = Witness(home / "data" / "journal.sqlite")
        doors = Doors(run.intake, run.control, web, Bell(), witness)
        following = asyncio.create_task(doors.follow())
        try:
            yield run, doors
        finally:
            assert await run.stop() == 0
            await asyncio.gather(following, return_exceptions=True)
            witness.close()


@pytest.mark.parametrize("venue", list(VenueName))
@pytest.mark.parametrize("ahead", [-2 * SECOND, 2 * SECOND], ids=["we are 2 s fast", "we are 2 s slow"])
def test_a_process_whose_clock_is_two_seconds_wrong(tmp_path: Path, venue: VenueName, ahead: Duration) -> None:
    """The venue's clock is measured, not believed to be ours: the signal becomes a protected position."""
    asyncio.run(_wrong_clock(tmp_path, venue, ahead))


async def _wrong_clock(home: Path, venue: VenueName, ahead: Duration) -> None:
    async with outside(home, venue, ahead) as out:
        assert (await out.doors.post(opening("s1", "main", "ETHUSDT", size={"quote": "500"}))).status == 202
        await out.doors.reaches("s1", Phase.PROTECTED)
        async with out.doors.web.get(f"{out.doors.control}/metrics") as told:
            found = re.search(r'seawall_clock_offset_seconds\{account="main"\} (\S+)', await told.text())
        assert found is not None
        assert abs(float(found[1]) * SECOND - ahead) < SECOND / 2
        refused = [one for one in out.box.log if one.status == 400 or "10002" in one.reply]
        assert refused == []


@pytest.mark.parametrize("venue", list(VenueName))
def test_a_process_that_starts_before_its_venue(tmp_path: Path, venue: VenueName) -> None:
    """Nobody listens at the venue's address: the process says so and takes nothing, until the venue is there."""
    asyncio.run(_no_venue_yet(tmp_path, venue))


async def _no_venue_yet(home: Path, venue: VenueName) -> None:
    box, clock = box_of(venue)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    signal = opening("s1", "main", "ETHUSDT", size={"quote": "500"})
    async with run_on(home, venue, f"http://127.0.0.1:{port}") as (_, doors):
        told = await doors.post(signal)
        assert told.status == 503
        assert "waits for the venue to tell its time" in told.body["error"]["detail"]
        async with serve(box, port=port, clock=clock):
            await doors.ready()
            assert (await doors.post(signal)).status == 202
            await doors.reaches("s1", Phase.PROTECTED)
            assert [one.covered for one in box.judge(clock.now()).positions] == [True]


@pytest.mark.parametrize("delete_the_lock", [False, True], ids=["lock in place", "lock file deleted"])
def test_a_second_process_in_the_folder_is_refused(tmp_path: Path, delete_the_lock: bool) -> None:
    """It ends with code 3 and names the first one's process, which goes on as if nothing had been."""
    asyncio.run(_second_process(tmp_path, delete_the_lock))


async def _second_process(home: Path, delete_the_lock: bool) -> None:
    async with outside(home) as first:
        if delete_the_lock:
            (home / "data" / "lock").unlink()
        second = await start(home / "seawall.toml", KEYS)
        assert await second.ended() == 3
        said = second.log.read_text(encoding="utf-8")
        assert "belongs to another `seawall run`" in said
        assert delete_the_lock or str(first.run.pid) in said
        assert (await first.doors.post(opening("after", "main", "SOLUSDT"))).status == 202
        await first.doors.reaches("after", Phase.PROTECTED)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux sets the limits of a running process")
def test_a_full_disk_stops_entries_and_keeps_what_stands(tmp_path: Path) -> None:
    """No byte can be written, not even to the log: entries get 503 and none is sent; with room again the signal goes."""
    asyncio.run(_full_disk(tmp_path))


async def _full_disk(home: Path) -> None:
    async with outside(home) as out:
        await out.doors.post(opening("before", "main", "SOLUSDT"))
        await out.doors.reaches("before", Phase.PROTECTED)
        limits = resource.prlimit(out.run.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(out.run.pid, resource.RLIMIT_FSIZE, (1, limits[1]))
        told = await out.doors.post(opening("during", "main", "ETHUSDT"))
        assert told.status == 503
        verdict = out.box.judge(out.clock.now())
        assert [(one.symbol, one.covered) for one in verdict.positions] == [("SOLUSDT", True)]
        assert [one.symbol for one in out.box.log if one.call == "order.create"] == ["SOLUSDT"]
        resource.prlimit(out.run.pid, resource.RLIMIT_FSIZE, limits)
        await _taken(out.doors)
        await out.doors.reaches(["before", "during"], Phase.PROTECTED, Phase.FLAT)
        assert out.doors.witness.states[SignalId("before")].phase is Phase.PROTECTED
        verdict = out.box.judge(out.clock.now())
        assert (verdict.increases, verdict.orphans) == (0, [])


async def _taken(doors: Doors) -> None:
    """Brings the same signal again until the door takes it or knows it."""
    async with asyncio.timeout(20):
        while (await doors.post(opening("during", "main", "ETHUSDT"))).status not in (200, 202):
            await doors.bell.until(lambda: True)


@pytest.mark.long
@pytest.mark.timeout(600)  # a process that starts, and Binance's minute of weight, take their time on a busy machine
def test_kill_nine_and_again(tmp_path: Path) -> None:
    """After each of five kills all is found again; at the end nothing is doubled, naked, lost or given up."""
    told: list[str] = []
    kills = asyncio.run(kill_again_and_again(tmp_path, 5, 3, told.append, lag="none", bounds=QUICK_DOUBTS, lasts=6))
    assert kills.breaches == []
    assert len(told) == 5
    assert kills.in_flight.total() > 0
