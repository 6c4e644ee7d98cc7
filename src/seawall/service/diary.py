"""What the log says of an account's work: the journal's own sentences, at the level that each deserves; and its count.

A move (filled, protected, flat) and an act are information; what a source said is detail; what a person must look at is
a warning. "Position added to cache" of the report is `position_reported`, at the level of detail.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from seawall.history.words import sentence, source_of
from seawall.model import events as ev
from seawall.model.acts import Act
from seawall.model.ids import Account
from seawall.model.work import Work
from seawall.service.logs import Log

_WARNINGS = (
    ev.DistressRaised,
    ev.EntriesStopped,
    ev.FlatTold,
    ev.PositionError,
    ev.ProtectionLost,
    ev.RollbackBegan,
    ev.SagaReopened,
    ev.SignalExecutionFailed,
    ev.SourceFailing,
    ev.VerificationOverdue,
)
_DETAILS = (
    ev.AbsenceRestarted,
    ev.ActConcluded,
    ev.FillReported,
    ev.FillsRead,
    ev.OrderNotVisible,
    ev.OrderReported,
    ev.PositionReported,
    ev.ReportIncomplete,
    ev.StopNotVisible,
    ev.StopReported,
)


LATER = 0.01
"""Seconds after which a step is counted and its lines written. Each takes about a tenth of a millisecond, and right
after a step the record is on its way to the disk and an act to the venue, both of which would wait for it."""


class Diary:
    """Writes an account's work into the log, a moment after it was done."""

    def __init__(self, log: Log, count: Callable[[Account, Work], None]) -> None:
        """`count` is handed each step's work too (`metrics`)."""
        self._log = log
        self._count = count
        self._noted: deque[tuple[Account, Work]] = deque()
        self._is_due = False
        """Whether writing has been put off; a line that fails costs itself, and the next step's takes up the rest."""

    def note(self, account: Account, work: Work) -> None:
        """Takes a step's work, to be written `LATER`."""
        if not self._is_due:
            asyncio.get_running_loop().call_later(LATER, self.write)
            self._is_due = True
        self._noted.append((account, work))

    def write(self) -> None:
        """Writes what was noted: one line for each event and each act of a step, in order."""
        self._is_due = False
        while self._noted:
            account, work = self._noted.popleft()
            self._count(account, work)
            for event in work.appends:
                self._event(account, event)
            for do in work.acts:
                self._act(account, do.act)

    def _event(self, account: Account, event: ev.Event) -> None:
        say = self._log.info
        if isinstance(event, _WARNINGS):
            say = self._log.warning
        elif isinstance(event, _DETAILS):
            if not self._log.is_enabled_for(10):
                return
            say = self._log.debug
        bound = {"signal": event.signal_id, "symbol": event.symbol}
        known = {name: value for name, value in bound.items() if value}
        say(sentence(event), account=account, event_type=ev.event_type(type(event)), source=source_of(event), **known)

    def _act(self, account: Account, act: Act) -> None:
        self._log.info("act leaves", account=account, act=type(act).__name__, symbol=act.symbol, name=act.client_id)
