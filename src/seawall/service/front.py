"""Between the door and the desks: each signal is recorded once, and everybody who brings it gets the same answer.

    bytes -> Signal -> known already? -> the account's desk -> recorded -> answer

A sender that heard nothing sends again; so ids are remembered twice. Those on their way to the journal are remembered
here, and whoever brings the same id again waits for the same answer. Those recorded are known to the journal for ever.
Between the two there is no gap, since an id leaves the first only after its answer, and the answer only after its
record. Nothing here knows HTTP but by the numbers of its answers, which are a contract with the sender (docs/api.md).
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import quote

from seawall.intake.canonical import parse
from seawall.intake.problem import Problem
from seawall.journal.port import Journal, JournalError, KnownSignal
from seawall.model.content import content_digest
from seawall.model.ids import Account, SignalId, Symbol
from seawall.model.inputs import Input, SignalReceived
from seawall.model.signal import Action, Signal
from seawall.model.times import SECOND, Duration, Instant
from seawall.model.work import Answer
from seawall.service.settings import AccountSettings

ANSWER_WITHIN: Duration = 2_500_000
"""How long a sender waits for its record: TradingView gives up after 3 s. The signal goes on; the answer can be had by
sending it again."""

RECORDED, REPEATED = 202, 200
CONFLICT, STALE, UNFIT, HALTED, BUSY, NOT_READY = 409, 410, 422, 423, 429, 503

_REFUSALS: dict[str, tuple[int, str]] = {
    "stale": (STALE, "stale"),
    "halted": (HALTED, "halted"),
    "not_ready": (NOT_READY, "not_ready"),
}
"""What a desk's reason for a refusal is called at the door; every other one is the signal's own fault (422)."""


_OBJECTION = re.compile(r"^(\w+): expected (.*), came (.*)$", re.DOTALL)


class Seat(Protocol):
    """One account's loop, as the door sees it."""

    symbols: tuple[Symbol, ...]

    @property
    def ready(self) -> bool:
        """Whether the account takes signals."""
        ...

    @property
    def running(self) -> bool:
        """Whether its desk steps at all, which is enough for a close."""
        ...

    @property
    def standing(self) -> str:
        """Why it does not."""
        ...

    def put(self, *inputs: Input) -> None:
        """Hands inputs to the account's desk."""
        ...

    def step(self) -> None:
        """Has the desk decide about them now, rather than when its turn comes."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """An answer to a sender: an HTTP status, a body, and in how many seconds to come again (0: no need)."""

    status: int
    body: Mapping[str, Any]
    retry_after: int = 0


@dataclass(slots=True)
class _OnItsWay:
    """A signal between the door and its record."""

    digest: str
    signal: Signal
    answer: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Front:
    """The front desk of all accounts."""

    def __init__(
        self,
        accounts: Sequence[AccountSettings],
        journal: Journal,
        now: Callable[[], Instant],
        most_waiting: int,
        ahead: Duration = 0,
    ) -> None:
        """`ahead`: by how much `now` is ahead of the time that senders mean (`clock.UtcClock.not_before`)."""
        self.answered_by_status: Counter[int] = Counter()
        self._venues = {account.name: account.venue for account in accounts}
        self._defaults = {account.name: account.defaults for account in accounts}
        self._journal = journal
        self._now = now
        self._ahead = ahead
        self._most_waiting = most_waiting
        self._closed = False
        self._seats: dict[Account, Seat] = {}
        self._on_its_way: dict[SignalId, _OnItsWay] = {}

    def seat(self, account: Account, seat: Seat) -> None:
        """Takes an account's loop in."""
        self._seats[account] = seat

    def close(self) -> None:
        """Takes nothing new from here on: the service is stopping."""
        self._closed = True

    @property
    def waiting(self) -> int:
        """How many signals wait for their record."""
        return len(self._on_its_way)

    async def receive(self, body: bytes) -> Told:
        """A signal's bytes, whatever they are; the answer tells only what is durable."""
        told = await self._receive(body)
        self.answered_by_status[told.status] += 1
        return told

    def answered(self, answer: Answer) -> None:
        """A desk has answered and the record of it is durable."""
        waiting = self._on_its_way.pop(answer.signal_id, None)
        if waiting is not None and not waiting.answer.done():
            waiting.answer.set_result(answer)

    def lost(self, account: Account, why: str) -> None:
        """An account has stopped: what is on its way there may be recorded or not, and is answered so."""
        for signal_id, waiting in tuple(self._on_its_way.items()):
            if waiting.signal.account == account:
                self.answered(Answer(signal_id, accepted=False, reason="not_ready", detail=why))

    async def take(self, signal: Signal) -> Told:
        """A signal that the house itself has made, of its owner's request; otherwise like `receive`."""
        told = await self._taken(signal)
        self.answered_by_status[told.status] += 1
        return told

    async def _receive(self, body: bytes) -> Told:
        signal = self._parsed(body)
        return signal if isinstance(signal, Told) else await self._taken(signal)

    async def _taken(self, signal: Signal) -> Told:
        digest = content_digest(signal)
        waiting = self._on_its_way.get(signal.id)
        if waiting is not None:
            return await self._joined(waiting, signal, digest)
        return self._repeated(signal, digest) or await self._handed_in(signal, digest)

    def _parsed(self, body: bytes) -> Signal | Told:
        symbols = {account: seat.symbols for account, seat in self._seats.items()}
        parsed = parse(body, self._now() - self._ahead, self._venues, symbols, self._defaults)
        if isinstance(parsed, Problem):
            return _problem(parsed)
        made_at, received_at = parsed.made_at + self._ahead, parsed.received_at + self._ahead
        return replace(parsed, made_at=made_at, received_at=received_at)

    async def _joined(self, waiting: _OnItsWay, signal: Signal, digest: str) -> Told:
        """The same id again while the first is on its way."""
        if waiting.digest != digest:
            return _conflict(signal)
        told = await self._awaited(waiting)
        return Told(REPEATED, told.body) if told.status == RECORDED else told

    async def _handed_in(self, signal: Signal, digest: str) -> Told:
        if self._closed:
            return not_ready("the service is stopping")
        seat = self._seats[signal.account]
        if not (seat.ready if signal.action is Action.OPEN else seat.running):
            return not_ready(f"account {signal.account}: {seat.standing}")
        if len(self._on_its_way) >= self._most_waiting:
            return _refusal(BUSY, "busy", f"{self._most_waiting} signals wait for their record already", retry_after=1)
        waiting = _OnItsWay(digest, signal)
        self._on_its_way[signal.id] = waiting
        seat.put(SignalReceived(self._now(), signal))
        seat.step()
        return await self._awaited(waiting)

    async def _awaited(self, waiting: _OnItsWay) -> Told:
        """The desk's answer, or that it is not known yet; several senders may wait for one."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN / SECOND):
                answer = await asyncio.shield(waiting.answer)
        except TimeoutError:
            return not_ready(
                "not recorded yet; it may still be: send it again, with the same id, to learn what became of it"
            )
        if answer.reason == "duplicate":  # the desk knew the id though the journal, when asked, did not have it yet
            again = self._repeated(waiting.signal, waiting.digest)
            return again or not_ready("the signal is being recorded: send it again, with the same id")
        return _accepted(waiting.signal) if answer.accepted else _refused(waiting.signal, answer)

    def _repeated(self, signal: Signal, digest: str) -> Told | None:
        """The answer to an id that the journal knows, or cannot be asked for; None if it does not have it."""
        try:
            known = self._journal.find_signal(signal.id)
        except JournalError as error:
            return not_ready(str(error))
        return None if known is None else _repeated(known, signal, digest)


def _accepted(signal: Signal) -> Told:
    return Told(RECORDED, _about(signal.id, "accepted") | {"account": signal.account, "symbol": signal.symbol})


def _repeated(known: KnownSignal, signal: Signal, digest: str) -> Told:
    if known.digest != digest:
        return _conflict(signal)
    body = _about(known.signal_id, known.state) | {"account": known.account, "symbol": signal.symbol}
    return Told(REPEATED, body | {"duplicate": True})


def _about(signal_id: SignalId, state: str) -> dict[str, Any]:
    return {"id": signal_id, "state": state, "link": f"/signals/{quote(signal_id, safe='')}"}


def _conflict(signal: Signal) -> Told:
    detail = f"id {signal.id!r} came before with other content: a new request needs an id of its own"
    return _refusal(CONFLICT, "conflict", detail, path="id")


def _refused(signal: Signal, answer: Answer) -> Told:
    """A desk's refusal. Its detail reads "field: expected ..., came ..." where a field is at fault."""
    status, code = _REFUSALS.get(answer.reason, (UNFIT, answer.reason))
    if status == NOT_READY:  # nothing is known to have been recorded, so it is not called refused
        return not_ready(answer.detail or answer.reason)
    found = _OBJECTION.match(answer.detail)
    more = {"path": found[1], "expected": found[2], "got": found[3]} if found else {}
    told = _refusal(status, code, answer.detail or answer.reason, retry_after=0, **more)
    return Told(told.status, _about(signal.id, "refused") | dict(told.body))


def _problem(problem: Problem) -> Told:
    """The intake's objection to the form of a signal."""
    return _refusal(
        problem.status,
        problem.code,
        str(problem),
        path=problem.path,
        expected=problem.expected,
        got=problem.came,
        example=problem.example,
    )


def not_ready(why: str) -> Told:
    """503: nothing was done, or nothing is known to have been done; come again."""
    return _refusal(NOT_READY, "not_ready", why, retry_after=1)


def _refusal(status: int, code: str, detail: str, *, retry_after: int = 0, **more: Any) -> Told:
    return Told(status, {"error": {"code": code, "detail": detail} | more}, retry_after)
