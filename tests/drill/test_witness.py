"""What the witness holds against a process, and what not."""

from __future__ import annotations

import pytest

from seawall.drill.witness import Life, Witness
from seawall.journal.encoding import Row
from seawall.model.ids import Leg, SignalId, client_id
from seawall.model.times import SECOND, Instant
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


@pytest.mark.parametrize(
    ("ended", "rows", "told"),
    [(100 * SECOND, (), 1), (100 * SECOND, (INTENDED,), 0), (5 * SECOND, (), 0)],
    ids=["it lived on", "it wrote it down", "it died first"],
)
def test_what_an_earlier_process_sent_is_asked_for_in_the_record(
    ended: Instant, rows: tuple[Row, ...], told: int
) -> None:
    """Not only what the last one sent: whoever lived on for ten seconds has written it down."""
    seen = Witness(lives=[Life(0, ended), Life(200 * SECOND)])
    assert len(list(seen.strays([SENT], rows, 0, 10 * SECOND))) == told
