"""The house of a page on sockets: one `seawall run` after another on one folder, and what its users see of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import aiohttp

from seawall.drill.checks import ENDS
from seawall.drill.house import INSTALLATION
from seawall.drill.wire.process import Run, start
from seawall.drill.wire.stage import Bell, Doors, Told, Witness
from seawall.model.events import Recorded
from seawall.model.ids import Account
from seawall.service.identity import FILE as IDENTITY

NOBODY = Told(0, {})
"""What a sender hears of a process that is not there."""


class House:
    """A folder with its configuration, and the process that runs on it, if one does."""

    def __init__(self, home: Path, text: str, keys: Mapping[str, str], web: aiohttp.ClientSession) -> None:
        self.journal = home / "data" / "journal.sqlite"
        self.bell = Bell()
        self.risen_at = 0.0
        self.starting = 0.0
        """Seconds that processes after the first took until their doors were open."""
        self._config = home / "seawall.toml"
        self._config.write_text(text, encoding="utf-8")
        (home / IDENTITY).write_text(f"{INSTALLATION}\n", encoding="ascii")
        self._keys = keys
        self._web = web
        self._run: Run | None = None
        self._doors: Doors | None = None
        self._following: asyncio.Task[None] | None = None
        self._standing = asyncio.Event()

    @property
    def alive(self) -> bool:
        """Whether a process runs and has opened its doors."""
        return self._doors is not None

    @property
    def pid(self) -> int:
        """The process's number. Raises RuntimeError if there is none."""
        if self._run is None:
            raise RuntimeError("no process runs")
        return self._run.pid

    async def rise(self) -> None:
        """Starts a process, and waits until its doors are open."""
        loop = asyncio.get_running_loop()
        begun = loop.time() if self.risen_at else 0.0
        self._run = await start(self._config, self._keys)
        await self._run.begun()
        self._doors = Doors(self._run.intake, self._run.control, self._web, self.bell, Witness(self.journal))
        self._following = asyncio.create_task(_follow(self._doors))
        self.risen_at = loop.time()
        self.starting += self.risen_at - begun if begun else 0
        self._standing.set()

    async def ready(self, within: float) -> bool:
        """Waits until every account takes signals; whether they do."""
        with suppress(TimeoutError):
            assert self._doors is not None
            await self._doors.ready(within)
            return True
        return False

    async def stood_for(self, seconds: float) -> None:
        """Waits until a process has stood for so long since it last opened its doors."""
        await self._standing.wait()
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(self.risen_at + seconds - loop.time(), 0))

    async def die(self) -> None:
        """kill -9, now, and whoever watched the process lets go of it."""
        if self._run is not None:
            self._run.kill()
            await self._gone(await_end=True)

    async def stop(self) -> None:
        """Ends the process as an operator does."""
        if self._run is not None:
            run, self._run = self._run, None
            await run.stop()
            await self._gone(await_end=False)

    async def _gone(self, *, await_end: bool) -> None:
        self._standing.clear()
        doors, self._doors, run, self._run = self._doors, None, self._run, None
        if run is not None and await_end:
            await run.ended()
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        if doors is not None:
            doors.witness.close()

    async def post(self, body: Mapping[str, object]) -> Told:
        """Hands a signal in; `NOBODY` if nobody answers."""
        with suppress(aiohttp.ClientError):
            if self._doors is not None:
                return await self._doors.post(body)
        return NOBODY

    async def close(self, account: str, symbol: str) -> None:
        """Asks for a slot to be closed; what comes of it is the journal's to tell."""
        with suppress(aiohttp.ClientError):
            if self._doors is not None:
                await self._doors.close(account, symbol)

    async def resolve(self, signal_id: str, detail: str) -> None:
        """The operator's word about a signal; what comes of it is the journal's to tell."""
        with suppress(aiohttp.ClientError):
            if self._doors is not None:
                await self._doors.resolve(signal_id, detail)

    def is_over(self) -> bool:
        """Whether a process runs and every signal that it knows stands at an end."""
        if self._doors is None:
            return False
        return all(state.phase in ENDS for state in self._doors.witness.states.values())

    def recorded(self, account: str) -> Sequence[Recorded]:
        """What the journal's file holds, whoever runs or not."""
        witness = Witness(self.journal)
        try:
            witness.look()
            return witness.recorded.get(Account(account), [])
        finally:
            witness.close()


async def _follow(doors: Doors) -> None:
    """A process that is killed tells no more; that it was killed is known."""
    with suppress(aiohttp.ClientError):
        await doors.follow()
