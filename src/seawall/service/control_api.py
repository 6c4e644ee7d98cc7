"""The door for the owner, on loopback: look at everything here; what changes something stands in `hand_api`.

| | |
|---|---|
| `GET /signals/{id}` | receipt and timeline of one signal |
| `GET /signals?limit=` | the latest signals |
| `GET /positions` | every position that is not proven flat, with the three opinions about it |
| `GET /events` | every event once durable (server-sent events); `?account=`; `?after=` or `Last-Event-ID` resumes |
| `GET /healthz` | 200 while the process turns |
| `GET /readyz` | 200 when every account takes signals, else 503 and why |
| `GET /metrics` | for Prometheus |

What is shown is read from the journal, so it is what a restart would know; it is read and spelled in another thread,
since whoever looks must not hold up what guards.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from aiohttp import web

from seawall.journal.port import JournalError
from seawall.model.ids import Account, SignalId
from seawall.model.times import Instant
from seawall.service.archive import Archive
from seawall.service.front import Front, not_ready
from seawall.service.hand_api import Hand
from seawall.service.logs import Log
from seawall.service.loop import AccountLoop
from seawall.service.metrics import Metrics
from seawall.service.tidings import Tidings
from seawall.service.views import event_row, latest_signals, open_positions, signal_view
from seawall.service.web import LARGEST_BODY, dump, in_one_shape, no_browsers, refuse, reply, same_house, told

OWN_NAMES = ("127.0.0.1", "localhost", "::1")
_PAGE = 500
_LONGEST_SEQ = 18
"""Digits of a place that a journal can number."""
_HEARTBEAT = 15
"""Seconds without an event after which a comment is sent, so that both ends notice when the other has gone."""


class Control:
    """The handlers of the control listener."""

    def __init__(
        self,
        hand: Hand,
        front: Front,
        archive: Archive,
        loops: Mapping[Account, AccountLoop],
        metrics: Metrics,
        tidings: Tidings,
        now: Callable[[], Instant],
        log: Log,
    ) -> None:
        self._hand = hand
        self._front = front
        self._archive = archive
        self._loops = loops
        self._metrics = metrics
        self._tidings = tidings
        self._now = now
        self._log = log

    def app(self, installation: str) -> web.Application:
        """The application of the control listener of an installation."""
        guards = [in_one_shape(self._log), no_browsers(OWN_NAMES), same_house(installation)]
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=guards)
        app.router.add_get("/signals", self.signals)
        app.router.add_get("/signals/{id}", self.signal)
        app.router.add_get("/positions", self.positions)
        app.router.add_get("/events", self.events)
        app.router.add_get("/healthz", self.health)
        app.router.add_get("/readyz", self.readiness)
        app.router.add_get("/metrics", self.metrics)
        self._hand.add_to(app)
        return app

    # ---- looking

    async def signal(self, request: web.Request) -> web.Response:
        """The receipt and the timeline of one signal."""
        signal_id = SignalId(request.match_info["id"])
        try:
            view = await self._archive.ask(lambda reader: signal_view(reader, signal_id))
        except JournalError as error:
            return told(not_ready(str(error)))
        if view is None:
            return refuse(404, "not_found", f"no signal {signal_id!r} was ever recorded here")
        return reply(view)

    async def signals(self, request: web.Request) -> web.Response:
        """The latest signals, newest first."""
        asked = request.query.get("limit", "50")
        if not asked.isdecimal() or len(asked) > len(str(_PAGE)) or not 1 <= int(asked) <= _PAGE:
            return refuse(422, "invalid", f"limit: expected 1 to {_PAGE}, came {asked!r}")
        try:
            ends = {name: loop.durable for name, loop in self._loops.items()}
            found = await self._archive.ask(lambda reader: latest_signals(reader, ends, int(asked)))
            return reply({"signals": found})
        except JournalError as error:
            return told(not_ready(str(error)))

    async def positions(self, request: web.Request) -> web.Response:
        """What is open, and what everyone says about it."""
        try:
            now = self._now()
            return reply({"positions": await self._archive.ask(lambda reader: open_positions(reader, now))})
        except JournalError as error:
            return told(not_ready(str(error)))

    async def health(self, request: web.Request) -> web.Response:
        """Alive: this very answer is the proof."""
        return reply({"alive": True, "now": self._now()})

    async def readiness(self, request: web.Request) -> web.Response:
        """Ready, or what it waits for, account by account."""
        accounts = {
            name: {"ready": loop.takes_entries, "why": loop.standing, "waiting": loop.waiting, "seq": loop.durable}
            | {"halted": loop.halt.reason if loop.halt is not None else None}
            for name, loop in self._loops.items()
        }
        ready = all(loop.takes_entries for loop in self._loops.values())
        return reply({"ready": ready, "accounts": accounts}, 200 if ready else 503)

    async def metrics(self, request: web.Request) -> web.Response:
        """The figures, in Prometheus' text form."""
        self._metrics.read(self._loops, self._front)
        return web.Response(body=self._metrics.text(), headers={"Content-Type": self._metrics.content_type})

    # ---- following

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Events as they become durable. The reader pulls: one that is slow only lags, and one that left resumes."""
        try:
            places = self._places(request)
            await self._check_places(places)
        except ValueError as error:
            return refuse(422, "invalid", str(error))
        except JournalError as error:
            return told(not_ready(str(error)))
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await stream.prepare(request)
        try:
            async for line in self._lines(places):
                await stream.write(line)
        except ConnectionError:
            self._log.debug("a reader of events has left", peer=request.remote)
        return stream

    async def _lines(self, places: dict[Account, int]) -> AsyncIterator[bytes]:
        """What is sent: events in order of account, and a comment now and then."""
        while True:
            silent = True
            behind = [one for one in places.items() if self._loops[one[0]].durable > one[1]]
            for account, place in behind:
                for row in await self._rows(account, place):
                    places[account] = row["seq"]
                    silent = False
                    yield _line(row, places)
            if silent and not await self._tidings.wait(_HEARTBEAT):
                yield b": still here\n\n"

    async def _rows(self, account: Account, place: int) -> list[dict[str, Any]]:
        """The next events of an account, as rows."""
        return await self._archive.ask(
            lambda reader: [event_row(account, recorded) for recorded in reader.read(account, place, _PAGE)]
        )

    def _places(self, request: web.Request) -> dict[Account, int]:
        """From where each account is read: after a place that the reader names, else from now on. Raises ValueError."""
        wanted = request.query.getall("account", [])
        unknown = [name for name in wanted if name not in self._loops]
        if unknown:
            raise ValueError(f"account: expected one of {', '.join(self._loops)}, came {', '.join(unknown)}")
        places = {name: loop.durable for name, loop in self._loops.items() if not wanted or name in wanted}
        given = request.query.get("after", "") or request.headers.get("Last-Event-ID", "")
        return places | {name: seq for name, seq in _parse_places(given).items() if name in places}

    async def _check_places(self, places: Mapping[Account, int]) -> None:
        """Raises ValueError for a place that the journal has not reached: its reader would hear nothing, for as long as
        it takes to get there, and then miss what came before. Another journal stands here, or an older copy of it.
        """
        ahead = {name: seq for name, seq in places.items() if seq > self._loops[name].durable}
        ends = await self._archive.ask(lambda reader: {name: reader.last_seq(name) for name in ahead}) if ahead else {}
        for name, end in ends.items():
            if ahead[name] > end:
                came = f"expected a place that account {name} has reached, at most {end}, came {ahead[name]}"
                why = "another journal, or an older copy of it, stands here now"
                raise ValueError(f"after: {came}: {why}; begin anew with {name}:0, or without a place")


def _parse_places(given: str) -> dict[Account, int]:
    """Places as "main:12,other:7" names them. Raises ValueError."""
    places: dict[Account, int] = {}
    for part in filter(None, given.split(",")):
        name, _, seq = part.strip().rpartition(":")
        if not name or not seq.isdecimal() or len(seq) > _LONGEST_SEQ:
            raise ValueError(f'after: expected "account:seq", several with a comma between, came {part!r}')
        places[Account(name)] = int(seq)
    return places


def _line(row: Mapping[str, Any], places: Mapping[Account, int]) -> bytes:
    """One event on the wire; its id says how far every account has been read, so that a reader can resume."""
    place = ",".join(f"{name}:{seq}" for name, seq in places.items())
    return b"id: " + place.encode() + b"\nevent: " + str(row["event_type"]).encode() + b"\ndata: " + dump(row) + b"\n\n"
