"""Reads that are the same for every account at one address: asked once, told to all.

Prices and instrument rules belong to the venue, not to an account, and the venue counts weight by address: ten accounts
that each read all marks every few seconds would spend a whole address's budget on hearing the same thing ten times
(binance.md 1.3), and leave nothing for what protects. So whoever asks first asks for everyone; who asks meanwhile waits
for the same answer; and who asks just after gets the answer that was just given, under its own time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from seawall.model.acts import Act, Urgency
from seawall.model.inputs import Input, ReadAnswered, ReadFailed
from seawall.model.queries import AskInstruments, AskMark, PublicQuery, Query
from seawall.model.times import MINUTE, SECOND, Bounds, Duration, Instant

Tell = Callable[[Input], None]


class Wire(Protocol):
    """The connection to the venue, as a driver sees it (`venues.sockets.Connection`)."""

    def submit(self, ask: Act | Query, urgency: Urgency) -> None:
        """Sends an act or a query; its answer comes as an input."""
        ...


@dataclass(slots=True)
class _Reading:
    """A read under way: since when, and who waits for it besides the one that asked."""

    since: Instant
    waiting: list[Tell] = field(default_factory=list)


class Commons:
    """What the accounts at one address read together."""

    def __init__(self, bounds: Bounds, now: Callable[[], Instant]) -> None:
        self._now = now
        self._fresh: dict[Query, Duration] = {AskMark(): bounds.mark_fresh // 4, AskInstruments(): MINUTE}
        self._patience = bounds.reply_timeout + SECOND
        self._answers: dict[Query, ReadAnswered] = {}
        self._readings: dict[Query, _Reading] = {}

    def submit(self, query: Query, urgency: Urgency, wire: Wire, tell: Tell) -> None:
        """Answers from what is known or under way, or asks over `wire`; the answer goes to `tell`."""
        now, answer, reading = self._now(), self._answers.get(query), self._readings.get(query)
        if answer is not None and now - answer.at <= self._fresh[query]:
            tell(answer)
        elif reading is not None and now - reading.since <= self._patience:
            reading.waiting.append(tell)
        else:
            self._readings[query] = _Reading(now)
            wire.submit(query, urgency)

    def hear(self, answer: ReadAnswered | ReadFailed, tell: Tell) -> None:
        """An answer has come to the one that asked, `tell`: everyone that waited is told as well."""
        if isinstance(answer, ReadAnswered):
            self._answers[answer.query] = answer
        reading = self._readings.pop(answer.query, None)
        for each in (tell, *(reading.waiting if reading is not None else ())):
            each(answer)

    def serves(self, ask: Act | Query) -> bool:
        """Whether this is one of the reads that are shared."""
        return isinstance(ask, PublicQuery) and ask in self._fresh


class Sharing:
    """One account's connection, with the commons in front of it."""

    def __init__(self, commons: Commons, tell: Tell) -> None:
        """`tell` takes the account's inputs in."""
        self._commons = commons
        self._tell = tell
        self.wire: Wire | None = None

    def submit(self, ask: Act | Query, urgency: Urgency) -> None:
        """See `Wire.submit`."""
        assert self.wire is not None
        if isinstance(ask, PublicQuery) and self._commons.serves(ask):
            self._commons.submit(ask, urgency, self.wire, self._tell)
        else:
            self.wire.submit(ask, urgency)

    def hear(self, one: Input) -> None:
        """An input from the account's own connection."""
        if isinstance(one, ReadAnswered | ReadFailed) and self._commons.serves(one.query):
            self._commons.hear(one, self._tell)
        else:
            self._tell(one)
