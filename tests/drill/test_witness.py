"""What the witness holds against a process, and what not."""

from __future__ import annotations

import pytest

from seawall.drill.witness import Witness
from seawall.journal.encoding import Row
from seawall.model.ids import Leg, SignalId, client_id
from venuesim.traffic import LogEntry

NAME = client_id("dril", SignalId("s1"), Leg.ENTRY, 1_795_000_000, 1)
SENT = LogEntry(1, 0, "a", "order.create", "VELVETUSDT", NAME, "POST", "/order", "", reads=False)
INTENDED = Row("a", 1, 0, 1, 0, "", "entry_intended", f'{{"client_id": "{NAME}"}}', "s1", "binance", "VELVETUSDT", "")


@pytest.mark.parametrize(("durable", "forgotten", "told"), [((), (), 1), ((INTENDED,), (), 0), ((), (INTENDED,), 0)])
def test_an_entry_leaves_after_its_intention_even_if_an_older_copy_of_the_journal_comes_back(
    durable: tuple[Row, ...], forgotten: tuple[Row, ...], told: int
) -> None:
    """The bytes were on their way, and the intention on the disk, when the copy took its place."""
    seen = Witness(forgotten=list(forgotten))
    seen.arrived(SENT, durable)
    assert len(seen.unannounced) == told
