"""The journal in memory is the one on disk: whatever is asked of both, both answer the same and hold the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.journal.memory import MemoryJournal
from seawall.journal.port import Journal, JournalError
from seawall.journal.sqlite import SqliteJournal
from seawall.model.events import Event
from seawall.model.ids import Account, SignalId
from tests.journal.samples import ALPHA, BETA, VENUES, dated, opening, poison, proven, way_home

_IDS = ("a", "b")
_ACCOUNTS = (ALPHA, BETA, Account("gamma"))
_STORIES: dict[str, list[Event]] = {
    **{name: [*opening(name), *way_home(name)] for name in _IDS},
    "own": [proven(), poison()],
}
_EVENTS = st.lists(
    st.sampled_from([event for story in _STORIES.values() for event in story]), min_size=0, max_size=4
) | st.sampled_from([opening(name) for name in _IDS])
_APPENDS = st.lists(
    st.tuples(st.sampled_from(_ACCOUNTS), st.integers(1, 2), st.sampled_from([-1, 0, 0, 0, 0, 1]), _EVENTS),
    max_size=14,
)


def _told(journal: Journal, account: Account, epoch: int, seq: int, events: list[Event]) -> int | str:
    """What an append comes to: its number, or the kind of its failure."""
    try:
        return journal.append(account, epoch, seq, dated(*events))
    except JournalError as error:
        return type(error).__name__


@given(_APPENDS)
@settings(max_examples=25)
def test_both_journals_answer_and_hold_the_same(appends: list[tuple[Account, int, int, list[Event]]]) -> None:
    """Any appends, right, misplaced, repeated, poisonous or of nobody: equal answers, streams and tables."""
    with tempfile.TemporaryDirectory() as folder:
        disk, memory = SqliteJournal(Path(folder) / "journal.db", VENUES, grown=0), MemoryJournal(VENUES)
        for account, epoch, off, events in appends:
            seq = len(memory.read(account, 0, 10_000)) + off
            assert _told(disk, account, epoch, seq, events) == _told(memory, account, epoch, seq, events)
        assert disk.accounts() == memory.accounts()
        for account in _ACCOUNTS:
            assert disk.read(account, 0, 10_000) == memory.read(account, 0, 10_000)
        for name in _IDS:
            assert disk.find_signal(SignalId(name)) == memory.find_signal(SignalId(name))
            assert disk.read_signal(SignalId(name)) == memory.read_signal(SignalId(name))
        assert disk.positions() == memory.positions()
        disk.close()
