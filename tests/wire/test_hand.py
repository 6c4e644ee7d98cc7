"""The owner's hand on real processes: halt over a restart, flatten through the service and around it, resolve."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

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
from seawall.model.events import EndReason, SignalResolved
from seawall.model.ids import Leg, SignalId, VenueName, parse_client_id
from seawall.sagas.phase import Phase
from seawall.service.halt import EVERYONE, Halts
from seawall.service.settings import OrderEntry
from venuesim.server import Clock, serve
from venuesim.traffic import LogEntry

BOTH = pytest.mark.parametrize("venue", list(VenueName))
THE_SECOND_LATER = pytest.mark.parametrize(
    "venue", [VenueName.BINANCE, pytest.param(VenueName.BYBIT, marks=pytest.mark.long)]
)
"""Both venues; the second only where there is time for it, for what differs between them is tried elsewhere."""
KEYS = environment(["main"])
SYMBOLS = ("SOLUSDT", "XRPUSDT", "ADAUSDT", "LTCUSDT", "BNBUSDT")
QUICK = "[bounds]\nread_lag = 1\ndoubt = 5\ndoubt_blind = 10\nstop_reread = 2\n"
"""True of a box whose reads do not lag, and of no venue."""
OWNERS = (EndReason.CLOSED_OUTSIDE, EndReason.CLOSED_BY_REQUEST)
"""The second where a service that woke still found the request that nobody waited for any more."""
WAITS = 60.0
"""Seconds: a signal that the halt met while it was being prepared waits until its own age limit, 30 s."""
MOMENTS = [
    "the first close",
    pytest.param("the first read of positions", marks=pytest.mark.long),
    pytest.param("the second close", marks=pytest.mark.long),
]
ENDS = (Phase.QUARANTINE, Phase.FLAT)


@dataclass(frozen=True)
class Ran:
    """A command of the terminal that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed for programs."""
        return json.loads(self.out)


@dataclass
class Outside:
    """A box, a folder, and whatever process runs on it."""

    home: Path
    box: Overheard
    clock: Clock
    web: aiohttp.ClientSession
    run: Run
    doors: Doors

    async def seawall(self, *arguments: str) -> Ran:
        """Runs `seawall` as a process of its own."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "seawall", *arguments, "--config", str(self.home / "seawall.toml"),
            stdout=PIPE, stderr=PIPE, stdin=asyncio.subprocess.DEVNULL, env=os.environ | KEYS | {"COLUMNS": "200"},
        )  # fmt: skip
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        return Ran(process.returncode or 0, out.decode(), err.decode())

    async def protected(self, *symbols: str) -> None:
        """Opens a position on each symbol and waits until all are protected."""
        for symbol in symbols:
            assert (await self.doors.post(opening(symbol, "main", symbol))).status == 202
        await self.doors.reaches(symbols, Phase.PROTECTED)

    def freeze(self) -> None:
        """SIGSTOP: the process does nothing any more, and its sockets stay open."""
        os.kill(self.run.pid, signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT."""
        os.kill(self.run.pid, signal.SIGCONT)

    def creates(self, leg: Leg) -> list[LogEntry]:
        """The orders of one leg of ours that the box heard of."""
        named = ((one, parse_client_id(one.client_id or "")) for one in self.box.log if one.call == "order.create")
        return [one for one, name in named if name is not None and name.leg is leg]

    def at(self, matches: Callable[[LogEntry], bool], then: Callable[[], None]) -> None:
        """Does something once, in the very moment in which the box hears the first request that matches."""

        def heard(entry: LogEntry) -> None:
            if matches(entry):
                self.box.heard = lambda _: None
                then()

        self.box.heard = heard

    def is_flat(self) -> None:
        """Asserts that nothing stands, nothing is left behind, and nothing was ever doubled or turned over."""
        verdict = self.box.judge(self.clock.now())
        assert (verdict.positions, verdict.orphans, verdict.increases) == ([], [], 0)
        assert not any(episode.turned_over for episode in verdict.episodes)


@asynccontextmanager
async def outside(home: Path, venue: VenueName, order_entry: OrderEntry = OrderEntry.AUTO) -> AsyncIterator[Outside]:
    """A process on a fresh folder, ready, and its box; whatever process runs at the end is killed. The box tells of
    each request as it arrives, of frames it does not: who aims at an entry lets it go by REST.
    """
    clock = Clock()
    box = Overheard(venue.value, seed=1, start=clock.now(), switches={"lag": "none"})
    open_accounts(box, ["main"], clock.now())
    async with AsyncExitStack() as stack:
        addresses = await stack.enter_async_context(serve(box, clock=clock))
        web = await stack.enter_async_context(aiohttp.ClientSession())
        text = configuration([("main", venue, addresses.rest)], QUICK, order_entry)
        (home / "seawall.toml").write_text(text, encoding="utf-8")
        run, doors = await began(home, web, stack)
        out = Outside(home, box, clock, web, run, doors)
        try:
            yield out
        finally:
            out.run.kill()
            await out.run.ended()


async def began(home: Path, web: aiohttp.ClientSession, stack: AsyncExitStack | None = None) -> tuple[Run, Doors]:
    """A process on the folder, ready, and its doors."""
    run = await start(home / "seawall.toml", KEYS)
    await run.begun()
    witness = Witness(home / "data" / "journal.sqlite")
    doors = Doors(run.intake, run.control, web, Bell(), witness)
    following = asyncio.create_task(_follow(doors))
    await doors.ready()
    if stack is not None:
        stack.callback(following.cancel)
        stack.callback(witness.close)
    return run, doors


async def _follow(doors: Doors) -> None:
    """Reads the journal as it grows; a process that was killed ends it."""
    try:
        await doors.follow()
    except aiohttp.ClientError:
        return


async def restart(out: Outside) -> None:
    """Another process on the same folder."""
    await out.run.ended()
    out.run, out.doors = await began(out.home, out.web)


# ---- halt


@BOTH
def test_a_halt_amid_entries_outlives_a_kill(tmp_path: Path, venue: VenueName) -> None:
    """Halted and killed as an entry arrives at the venue: that one is protected by the next process, no other enters."""
    asyncio.run(_halt_and_kill(tmp_path, venue))


async def _halt_and_kill(home: Path, venue: VenueName) -> None:
    async with outside(home, venue, order_entry=OrderEntry.REST) as out:
        await out.protected(*SYMBOLS[:2])

        def strike() -> None:
            Halts(home / "data").halt(EVERYONE, "enough", out.clock.now())
            out.run.kill()

        out.at(lambda entry: entry.call == "order.create", strike)
        posts = [out.doors.post(opening(symbol, "main", symbol)) for symbol in SYMBOLS[2:]]
        await asyncio.gather(*posts, return_exceptions=True)
        await restart(out)
        sent = {entry.symbol or "" for entry in out.creates(Leg.ENTRY)}
        assert 3 <= len(sent) < len(SYMBOLS) + 1
        told = await out.doors.post(opening("next", "main", "AVAXUSDT"))
        assert (told.status, told.body["error"]["detail"]) == (423, "halted: enough")
        for symbol in sorted(sent):
            await out.doors.reaches(symbol, Phase.PROTECTED)
        verdict = out.box.judge(out.clock.now())
        assert all(position.covered for position in verdict.positions)
        assert {position.symbol for position in verdict.positions} == sent
        assert len(out.creates(Leg.ENTRY)) == len(sent)
        assert (await out.seawall("positions", "--json")).json["halted"] == {"all": "enough"}
        assert (await out.seawall("resume")).code == 0
        assert (await out.doors.post(opening("after", "main", "AVAXUSDT"))).status == 202


def test_halt_by_command(tmp_path: Path) -> None:
    """The running service hears of it, journals it, and refuses with exit code 6; another halt keeps it so."""
    asyncio.run(_halt_by_command(tmp_path))


async def _halt_by_command(home: Path) -> None:
    async with outside(home, VenueName.BINANCE) as out:
        ran = await out.seawall("halt", "--reason", "news")
        assert (ran.code, "all accounts: halted: news" in ran.out, "has read it" in ran.out) == (0, True, True)
        sent = await out.seawall("signal", "open", "SOLUSDT", "buy", "--size", "50", "--stop-pct", "5")
        assert (sent.code, "halted: news" in sent.out) == (6, True)
        assert (await out.seawall("halt", "main")).code == 0
        assert (await out.seawall("resume", "main")).code == 6
        assert (await out.seawall("halt", "mian")).code == 2
        events = (await out.seawall("events")).out
        assert "entries_stopped" in events
        assert "halted: news" in (await out.seawall("doctor")).out


# ---- flatten


@BOTH
def test_flatten_through_the_service(tmp_path: Path, venue: VenueName) -> None:
    """A service that answers closes its own by its own names; nothing is halted."""
    asyncio.run(_through(tmp_path, venue))


async def _through(home: Path, venue: VenueName) -> None:
    async with outside(home, venue) as out:
        await out.protected(*SYMBOLS[:3])
        one = await out.seawall("flatten", SYMBOLS[0], "--yes")
        assert one.code == 0, one
        assert len(out.box.judge(out.clock.now()).positions) == 2
        ran = await out.seawall("flatten", "all", "--yes")
        assert ran.code == 0, ran
        out.is_flat()
        assert out.creates(Leg.DIRECT) == []
        assert not (home / "data" / "halted").exists()
        again = await out.seawall("flatten", "all", "--yes")
        assert (again.code, "nothing of ours" in again.out) == (0, True)


def test_flatten_asks_before_it_acts(tmp_path: Path) -> None:
    """Without a terminal to ask and without --yes nothing is done."""
    asyncio.run(_unconfirmed(tmp_path))


async def _unconfirmed(home: Path) -> None:
    async with outside(home, VenueName.BINANCE) as out:
        await out.protected(SYMBOLS[0])
        ran = await out.seawall("flatten", "all", "--direct")
        assert (ran.code, "say --yes" in ran.err) == (2, True)
        assert len(out.box.judge(out.clock.now()).positions) == 1


@THE_SECOND_LATER
def test_flatten_around_a_frozen_service(tmp_path: Path, venue: VenueName) -> None:
    """No answer in 2 s: flat without it, by the venue's book; when it wakes it knows, opens nothing, doubles nothing."""
    asyncio.run(_frozen(tmp_path, venue))


async def _frozen(home: Path, venue: VenueName) -> None:
    async with outside(home, venue) as out:
        await out.protected(*SYMBOLS[:3])
        out.freeze()
        ran = await out.seawall("flatten", "all", "--yes")
        assert ran.code == 0, ran
        out.is_flat()
        assert len(out.creates(Leg.DIRECT)) == 3
        assert "does not answer for main" in ran.out
        out.wake()
        await out.doors.reaches(SYMBOLS[:3], *ENDS)
        told = await out.doors.post(opening("next", "main", "AVAXUSDT"))
        assert (told.status, told.body["error"]["code"]) == (423, "halted")
        out.is_flat()
        for symbol in SYMBOLS[:3]:
            assert out.doors.witness.states[SignalId(symbol)].end in OWNERS


@THE_SECOND_LATER
@pytest.mark.parametrize("moment", MOMENTS)
def test_flatten_while_the_service_wakes(tmp_path: Path, venue: VenueName, moment: str) -> None:
    """It was frozen with an entry on its way out and wakes in the middle: the entry meets the halt, all end flat."""
    asyncio.run(_waking(tmp_path, venue, moment))


async def _waking(home: Path, venue: VenueName, moment: str) -> None:
    async with outside(home, venue) as out:
        await out.protected(*SYMBOLS[:2])
        out.at(lambda entry: entry.call == "leverage.set", out.freeze)
        late = asyncio.create_task(out.doors.post(opening("late", "main", SYMBOLS[2], leverage="3")))
        await out.doors.bell.until(lambda: any(entry.call == "leverage.set" for entry in out.box.log))
        entered = len(out.creates(Leg.ENTRY))
        passed = len(out.box.log)
        count = 2 if moment == "the second close" else 1

        def is_moment(entry: LogEntry) -> bool:
            if moment == "the first read of positions":
                return entry.call == "positions.get" and len(out.box.log) > passed
            return entry.call == "order.create" and len(out.creates(Leg.DIRECT)) == count

        out.at(is_moment, out.wake)
        ran = await out.seawall("flatten", "all", "--direct", "--yes")
        assert ran.code == 0, ran
        out.is_flat()
        await asyncio.gather(late, return_exceptions=True)
        await out.doors.reaches([*SYMBOLS[:2], "late"], *ENDS, within=WAITS)
        out.is_flat()
        assert len(out.creates(Leg.ENTRY)) == entered


@THE_SECOND_LATER
def test_flatten_without_a_journal(tmp_path: Path, venue: VenueName) -> None:
    """The process dead and its journal gone: flat all the same; the next process finds nothing to do, and is halted."""
    asyncio.run(_no_journal(tmp_path, venue))


async def _no_journal(home: Path, venue: VenueName) -> None:
    async with outside(home, venue) as out:
        await out.protected(*SYMBOLS[:2])
        out.run.kill()
        await out.run.ended()
        for file in (home / "data").glob("journal*"):
            file.unlink()
        ran = await out.seawall("flatten", "all", "--direct", "--yes", "--json")
        assert ran.code == 0, ran
        (account,) = ran.json["accounts"]
        assert sorted(slot["symbol"] for slot in account["slots"]) == sorted(SYMBOLS[:2])
        assert all(slot["is_flat"] and len(slot["proof"]) >= 2 for slot in account["slots"])
        out.is_flat()
        await restart(out)
        assert (await out.doors.post(opening("next", "main", "AVAXUSDT"))).status == 423


def test_flatten_where_no_halt_can_be_written(tmp_path: Path) -> None:
    """It says so and brings everything home all the same; without the installation's name it does not guess."""
    asyncio.run(_unhalted(tmp_path))


async def _unhalted(home: Path) -> None:
    async with outside(home, VenueName.BINANCE) as out:
        await out.protected(SYMBOLS[0])
        out.run.kill()
        await out.run.ended()
        (home / "data").rename(home / "away")
        (home / "data").write_text("a file where the folder was")
        ran = await out.seawall("flatten", "all", "--direct", "--yes")
        assert (ran.code, "NOT HALTED" in ran.out, "stay halted" in ran.out) == (3, True, False), ran
        out.is_flat()
        (home / "installation").unlink()
        ran = await out.seawall("flatten", "all", "--direct", "--yes")
        assert (ran.code, "installation: expected" in ran.err) == (3, True), ran


@pytest.mark.long
def test_an_account_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    """The others are brought home; exit 7."""
    asyncio.run(_unreached(tmp_path))


async def _unreached(home: Path) -> None:
    async with outside(home, VenueName.BINANCE) as out:
        out.run.kill()
        with (home / "seawall.toml").open("a", encoding="utf-8") as file:
            file.write('[accounts.deaf]\nvenue = "bybit"\nrest = "http://127.0.0.1:9"\n')
        ran = await out.seawall("flatten", "all", "--direct", "--yes", "--timeout", "30")
        assert (ran.code, "deaf: NOT REACHED" in ran.out, "main: nothing of ours" in ran.out) == (7, True, True)


# ---- resolve


def test_resolve_is_journaled(tmp_path: Path) -> None:
    """The operator's word ends a signal that proves neither end, in the journal, and frees the slot."""
    asyncio.run(_resolve(tmp_path))


async def _resolve(home: Path) -> None:
    async with outside(home, VenueName.BINANCE) as out:
        await out.protected(SYMBOLS[0])
        assert (await out.seawall("resolve", "nobody", "--detail", "x", "--yes")).code == 2
        assert (await out.seawall("resolve", SYMBOLS[0], "--detail", "x")).code == 2
        ran = await out.seawall("resolve", SYMBOLS[0], "--detail", "moved to another desk", "--yes")
        assert ran.code == 0, ran
        await out.doors.reaches(SYMBOLS[0], Phase.FLAT)
        (word,) = [event for event in out.doors.witness.events(SYMBOLS[0]) if isinstance(event, SignalResolved)]
        assert (word.detail, word.written_off > 0) == ("moved to another desk", True)
        again = await out.seawall("resolve", SYMBOLS[0], "--detail", "twice", "--yes")
        assert (again.code, "nothing to resolve" in again.out) == (4, True)
        assert "moved to another desk" in (await out.seawall("why", SYMBOLS[0])).out
