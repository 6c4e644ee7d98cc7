"""Old copies of the journal on which a process of the drill may come up again."""

from __future__ import annotations

import pytest

from seawall.model import events as ev
from seawall.model.ids import VenueName
from seawall.model.times import MINUTE
from tests.drill.worlds import protected


def test_a_copy_holds_what_was_appended_at_once_whole_or_not_at_all() -> None:
    """On Bybit the intention of the attached stop is one append with that of the entry, so that no copy parts them."""
    world = protected(VenueName.BYBIT)
    world.kill()
    assert world.put_back("entry_intended")
    entry, stop = (row.event for row in world.recorded()[-2:])
    assert isinstance(entry, ev.EntryIntended)
    assert isinstance(stop, ev.StopIntended)
    assert stop.attached


@pytest.mark.parametrize("venue", VenueName)
def test_copies_of_copies_end_where_appends_did(venue: VenueName) -> None:
    """A process may come up on one copy, go on from there, and its successor on an older one."""
    world = protected(venue)
    world.kill()
    assert world.put_back("stop_intended")
    first = world.recorded()
    world.start()
    world.run(most=MINUTE)
    world.kill()
    assert world.put_back("signal_accepted")
    again = world.recorded()
    assert again == first[: len(again)]
    assert len(again) <= len(first)
