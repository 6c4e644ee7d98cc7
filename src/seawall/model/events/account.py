"""Events of the account, and of admission to it."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.model.events.base import Event
from seawall.model.ids import SignalId
from seawall.model.signal import Action, Signal


@dataclass(frozen=True, slots=True)
class ProcessStarted(Event):
    """A process took up the account; names are made with its `term` from here on."""

    term: int
    installation: str


@dataclass(frozen=True, slots=True)
class EntriesStopped(Event):
    """No entry may be intended on the account until `EntriesResumed`; protection goes on."""

    detail: str


@dataclass(frozen=True, slots=True)
class EntriesResumed(Event):
    """The reason for `EntriesStopped` is gone."""


@dataclass(frozen=True, slots=True)
class SourceFailing(Event):
    """A source keeps failing: one event when it begins and one a minute."""

    source: str
    detail: str


@dataclass(frozen=True, slots=True)
class SourceRecovered(Event):
    """A source that was failing answers again."""

    source: str


@dataclass(frozen=True, slots=True)
class StreamOpened(Event):
    """A connection stands: its news counts, its silence does not, and what was missed before it is being read."""


@dataclass(frozen=True, slots=True)
class StreamProven(Event):
    """The first account event arrived on a new connection: from here on the stream's news is known to flow."""


@dataclass(frozen=True, slots=True)
class StreamLost(Event):
    """The connection ended or fell silent; the gap is closed by reads."""

    detail: str


@dataclass(frozen=True, slots=True)
class SignalAccepted(Event):
    """The signal is recorded and its slot is its own; or, with `closes`, it asks that signal's slot to be closed and
    opens nothing itself, now or after a restart.
    """

    signal: Signal
    closes: SignalId = SignalId("")
    reverses: SignalId = SignalId("")
    """The signal on the other side whose slot it takes once that is proven flat; until then it waits."""

    @property
    def opens(self) -> bool:
        """Whether the signal has a life of its own, rather than asking something of another's position."""
        return self.signal.action is Action.OPEN and not self.closes


@dataclass(frozen=True, slots=True)
class SignalRefused(Event):
    """The signal was recorded and nothing was done for it."""

    signal: Signal
    reason: str
    detail: str
