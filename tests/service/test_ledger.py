"""The ledger: what a process spent of a venue's quotas is known to the next one, whatever it died of."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from seawall.drill.wire.stage import configuration, environment, open_accounts
from seawall.model.ids import VenueName
from seawall.model.times import MINUTE, SECOND
from seawall.service.app import App
from seawall.service.claims import Claims
from seawall.service.clock import UtcClock
from seawall.service.config import parse
from seawall.service.doctor import Grade, examine
from seawall.service.ledger import Ledger, file_of, last_known
from seawall.service.settings import Settings
from seawall.venues.legacy import NOTHING_LEFT, Known, Legacy, Word
from tests.service.house import until
from venuesim.exchange import Exchange
from venuesim.server import Clock, serve

SPENT = Legacy(7, {"ip": Known(((5, 3), (6, 4)), under_way=2)}, {"": Word(9, "HTTP 403")})
FIVE_SECONDS = 5 * SECOND
ALLOWED = 600
"""What Bybit counts by address (bybit.md 1.3)."""


def ledger(file: Path, complaints: list[str]) -> Ledger:
    """A ledger on a file."""
    return Ledger(file, complaints.append)


def test_what_was_kept_last_is_known_to_the_next(tmp_path: Path) -> None:
    """Each word stands in the place of the one before, in this process and in the next, and a shorter one too."""
    file, complaints = tmp_path / "spent.json", list[str]()
    assert last_known(file, complaints.append) == NOTHING_LEFT
    for words in (SPENT, Legacy(8), SPENT, Legacy(9)):
        one = ledger(file, complaints)
        one.keep(words)
        one.keep(words)
        one.close()
        assert last_known(file, complaints.append) == words
    assert complaints == []


@pytest.mark.parametrize("content", [b'{"at": 7, "kno', b"[]", b"\xff"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes) -> None:
    """It is as if nobody had been here, and the log says so."""
    file, complaints = tmp_path / "spent.json", list[str]()
    file.write_bytes(content)
    assert last_known(file, complaints.append) == NOTHING_LEFT
    assert len(complaints) == 1
    assert "spent.json cannot be read" in complaints[0]


def test_a_full_disk_is_told_once_and_holds_nothing_up() -> None:
    """A failure to write is no failure to send."""
    complaints: list[str] = []
    one = ledger(Path("/dev/full"), complaints)
    one.keep(SPENT)
    one.keep(SPENT)
    one.close()
    assert len(complaints) == 1
    assert "No space left" in complaints[0]


def bybit(clock: Clock, accounts: int) -> tuple[Exchange, list[str]]:
    """A box of Bybit's with so many accounts."""
    box = Exchange("bybit", seed=1, start=clock.now(), switches={"lag": "none"}, symbols=["BTCUSDT"])
    names = [f"b{number}" for number in range(accounts)]
    open_accounts(box, names, clock.now())
    return box, names


def settings_of(home: Path, names: list[str], rest: str) -> Settings:
    """A service in front of these accounts."""
    text = configuration([(name, VenueName.BYBIT, rest) for name in names])
    return parse(text, home, environment(names))


def test_restarts_in_quick_succession_earn_no_ban(tmp_path: Path) -> None:
    """Five beginnings of many accounts, each cut off in the middle, are more than Bybit bears: they share what it does."""
    asyncio.run(_restarts(tmp_path))


async def _restarts(home: Path) -> None:
    clock = Clock()
    box, names = bybit(clock, 24)
    async with serve(box, clock=clock) as addresses:
        for number in range(5):
            before = len(box.log)
            async with App(settings_of(home, names, addresses.rest), UtcClock()):

                async def has_begun(until_then: int = before + 150) -> bool:
                    return len(box.log) >= until_then

                await until(has_begun)
            assert [one.status for one in box.log if one.status == 403] == [], f"beginning {number}"
    arrivals = [entry.at for entry in box.log]
    assert len(arrivals) > ALLOWED
    assert max(sum(at - FIVE_SECONDS < other <= at for other in arrivals) for at in arrivals) <= ALLOWED


def test_a_ban_outlives_the_process_that_earned_it(tmp_path: Path) -> None:
    """The next process sends nothing until the ban is over, and it and the doctor say so."""
    asyncio.run(_banned(tmp_path))


async def _banned(home: Path) -> None:
    clock = Clock()
    box, names = bybit(clock, 2)
    async with serve(box, clock=clock) as addresses:
        settings = settings_of(home, names, addresses.rest)
        settings.folder.mkdir(parents=True, exist_ok=True)
        now, account = UtcClock(), settings.accounts[0]
        before = ledger(file_of(settings.folder, account), [])
        before.keep(Legacy(now(), words={"ip": Word(now() + MINUTE, "HTTP 403")}))
        before.close()
        async with App(settings, now) as app:
            loop = app.loops[account.name]

            async def has_its_streams() -> bool:
                return loop.stream is not None

            await until(has_its_streams)
            assert loop.standing.startswith("the venue has said HTTP 403: wait ")
        found = await examine(account, settings.folder, settings.bounds, now, Claims())
        assert [(one.what, one.grade) for one in found] == [("account", Grade.OK), ("venue", Grade.SILENT)]
        assert found[-1].said.startswith("it has said HTTP 403: wait ")
        assert [entry.call for entry in box.log] == []
