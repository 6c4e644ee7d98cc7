"""The owner's hand at the control door: halt and resume entries, bring slots home, settle what nobody can prove.

| | |
|---|---|
| `POST /halt` | `{"account", "reason"}`: no entry leaves any more, here or after a restart; `all` for every account |
| `POST /resume` | `{"account"}`: takes a halt back; `all` takes back everyone's and every single one |
| `POST /close` | `{"account", "symbol"}`: bring the slot to FLAT |
| `POST /flatten` | `{"account"}`: bring every slot of the account to FLAT |
| `POST /reconcile` | `{"accounts"}`: read positions and both books now, and see to what nobody answers for |
| `POST /resolve` | `{"id", "detail"}`: the operator's word about a signal that proves neither end |

A halt is answered once its file is durable, a close and a flatten like any signal, a resolve once its event is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
from aiohttp import web

from seawall.history.facts import last
from seawall.history.receipt import receipt
from seawall.intake.canonical import LONGEST_ID, line
from seawall.intake.problem import Objection
from seawall.journal.port import JournalError
from seawall.model.events import Recorded, SignalResolved
from seawall.model.ids import Account, SignalId, Symbol
from seawall.model.inputs import Resolved
from seawall.model.signal import Action, Signal
from seawall.model.times import SECOND, Instant
from seawall.service.archive import Archive
from seawall.service.front import ANSWER_WITHIN, Front, not_ready
from seawall.service.halt import EVERYONE, Halts, UnknownAccount, scopes
from seawall.service.loop import AccountLoop
from seawall.service.problems import ConfigError
from seawall.service.tidings import Tidings
from seawall.service.web import dump, refuse, reply, told

LONGEST_WORD = 400
"""Characters of a reason or a detail."""
_LOOK_AGAIN = 0.05
"""Seconds after which the journal is looked at again though no account has told of anything new."""
_RESOLVABLE_NOT = ("flat", "refused")
"""Where nothing is left to say; a quarantine still waits for what may come back, and the operator may know better."""


class HaltBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /halt` and `POST /resume`."""

    account: str = "all"
    reason: str = ""


class CloseBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /close`. Without an `id` one is made of the slot and the time."""

    account: str
    symbol: str
    id: str = ""
    reason: str = ""


class FlattenBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /flatten`. Without an `id` one is made of the account and the time."""

    account: str
    id: str = ""
    reason: str = ""


class ReconcileBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /reconcile`; every account without a name."""

    accounts: tuple[str, ...] = ()


class ResolveBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /resolve`."""

    id: str
    detail: str


Body = TypeVar("Body", bound=msgspec.Struct)


class Hand:
    """The handlers of what an owner does."""

    def __init__(
        self,
        front: Front,
        archive: Archive,
        loops: Mapping[Account, AccountLoop],
        halts: Halts,
        tidings: Tidings,
        now: Callable[[], Instant],
    ) -> None:
        self._front = front
        self._archive = archive
        self._loops = loops
        self._halts = halts
        self._tidings = tidings
        self._now = now

    def add_to(self, app: web.Application) -> None:
        """Adds the routes to the control listener's application."""
        app.router.add_post("/halt", self.halt)
        app.router.add_post("/resume", self.resume)
        app.router.add_post("/close", self.close)
        app.router.add_post("/flatten", self.flatten)
        app.router.add_post("/resolve", self.resolve)
        app.router.add_post("/reconcile", self.reconcile)

    # ---- entries

    async def halt(self, request: web.Request) -> web.Response:
        """No entry leaves from here on."""
        asked = await _body(request, HaltBody, '{"account": "all", "reason": ...}')
        if isinstance(asked, web.Response):
            return asked
        try:
            for scope in scopes(asked.account, tuple(self._loops)):
                await asyncio.to_thread(self._halts.halt, scope, asked.reason[:LONGEST_WORD], self._now())
        except (UnknownAccount, ConfigError) as error:
            return _refused(error)
        return self._standing()

    async def resume(self, request: web.Request) -> web.Response:
        """Entries may leave again, unless another halt stands."""
        asked = await _body(request, HaltBody, '{"account": "all"}')
        if isinstance(asked, web.Response):
            return asked
        try:
            for scope in _taken_back(asked.account, tuple(self._loops)):
                await asyncio.to_thread(self._halts.resume, scope)
        except (UnknownAccount, ConfigError) as error:
            return _refused(error)
        return self._standing()

    def _standing(self) -> web.Response:
        """Tells every account what has changed, and the door which of them are halted now."""
        for loop in self._loops.values():
            loop.look_at_halt()
        halted = {name: loop.halt.reason for name, loop in self._loops.items() if loop.halt is not None}
        return reply({"halted": halted})

    # ---- positions

    async def close(self, request: web.Request) -> web.Response:
        """A close signal of the owner's own: recorded and answered like any other."""
        asked = await _body(request, CloseBody, '{"account": ..., "symbol": ...}')
        if isinstance(asked, web.Response):
            return asked
        now = self._now()
        body = {
            "id": asked.id or f"close-{asked.account}-{now}"[:64],
            "source": "control",
            "ts": now,
            "account": asked.account,
            "symbol": asked.symbol,
            "action": "close",
            "tag": asked.reason,
        }
        return told(await self._front.receive(dump(body)))

    async def flatten(self, request: web.Request) -> web.Response:
        """Every slot of an account to FLAT: one signal, recorded and answered like any other."""
        asked = await _body(request, FlattenBody, '{"account": ...}')
        if isinstance(asked, web.Response):
            return asked
        account, now = Account(asked.account), self._now()
        if account not in self._loops:
            return refuse(422, "unknown_account", f"account: expected one of {', '.join(self._loops)}, came {account}")
        try:
            signal_id = SignalId(line(asked.id.strip() or f"flatten-{account}-{now}"[:LONGEST_ID], "id", LONGEST_ID))
            tag = line(asked.reason, "reason", LONGEST_ID)
        except Objection as error:
            return refuse(422, "invalid", f"{error.path}: expected {error.expected}, came {error.came}")
        signal = Signal(signal_id, account, Symbol(""), Action.FLATTEN, now, now, "control", tag=tag)
        return told(await self._front.take(signal))

    async def reconcile(self, request: web.Request) -> web.Response:
        """Has accounts look at all that stands at their venue now, rather than at their next period."""
        asked = await _body(request, ReconcileBody, '{"accounts": [...]}')
        if isinstance(asked, web.Response):
            return asked
        names = tuple(map(Account, asked.accounts)) or tuple(self._loops)
        unknown = [name for name in names if name not in self._loops]
        if unknown:
            known = ", ".join(self._loops)
            return refuse(422, "unknown_account", f"accounts: expected some of {known}, came {', '.join(unknown)}")
        for name in names:
            self._loops[name].look_again()
        return reply({"looking": names})

    # ---- the operator's word

    async def resolve(self, request: web.Request) -> web.Response:
        """Hands the operator's word to the desk, and answers once it stands in the journal."""
        asked = await _body(request, ResolveBody, '{"id": ..., "detail": ...}')
        if isinstance(asked, web.Response):
            return asked
        detail = " ".join(asked.detail.split())[:LONGEST_WORD]
        if not detail:
            return refuse(422, "invalid", "detail: expected a sentence that says what you saw, came nothing")
        try:
            return await self._resolved(SignalId(asked.id), detail)
        except JournalError as error:
            return told(not_ready(str(error)))

    async def _resolved(self, signal_id: SignalId, detail: str) -> web.Response:
        history = await self._history(signal_id)
        standing = receipt(history)
        if standing is None:
            return refuse(404, "not_found", f"no signal {signal_id!r} was ever recorded here")
        loop = self._loops.get(standing.account)
        if standing.state.value in _RESOLVABLE_NOT or standing.side is None:
            return refuse(409, "over", f"{signal_id} stands at {standing.state.value}: there is nothing to resolve")
        if loop is None or not loop.running:
            why = loop.standing if loop is not None else "not in this configuration"
            return told(not_ready(f"account {standing.account}: {why}"))
        loop.put(Resolved(self._now(), signal_id, detail))
        return await self._recorded(signal_id, len(history))

    async def _recorded(self, signal_id: SignalId, known: int) -> web.Response:
        """The answer, once the word is durable."""
        until = self._now() + ANSWER_WITHIN
        while self._now() < until:
            written = last((await self._history(signal_id))[known:], SignalResolved)
            if written is not None:
                return reply({"id": signal_id, "state": "flat", "written_off": written.written_off})
            await self._tidings.wait(_LOOK_AGAIN)
        within = f"{ANSWER_WITHIN / SECOND:.1f} s"
        return told(not_ready(f"not recorded within {within}; `seawall show {signal_id}` tells whether it was"))

    async def _history(self, signal_id: SignalId) -> tuple[Recorded, ...]:
        return await self._archive.ask(lambda reader: reader.read_signal(signal_id))


def _taken_back(name: str, accounts: tuple[Account, ...]) -> tuple[Account, ...]:
    """What a resume takes back: a single account's halt, or with "all" everyone's and every single one."""
    wanted = scopes(name, accounts)
    return (EVERYONE, *accounts) if wanted == (EVERYONE,) else wanted


def _refused(error: UnknownAccount | ConfigError) -> web.Response:
    if isinstance(error, UnknownAccount):
        return refuse(422, "unknown_account", str(error))
    return refuse(500, "not_durable", str(error))


async def _body(request: web.Request, kind: type[Body], expected: str) -> Body | web.Response:
    """The body of a request, or the refusal that says how it would be right."""
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return refuse(422, "invalid", f"{error}; expected {expected}")
