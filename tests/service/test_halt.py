"""The owner's halt: no entry leaves any more, whatever else goes on, here and after a restart."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seawall.model.events import event_type
from seawall.model.ids import Account
from seawall.service.halt import EVERYONE, Halts, UnknownAccount, scopes
from tests.service.house import House, both_venues, configuration, exchange, house, opening, running, until
from venuesim.faults import Fault
from venuesim.server import Clock, serve

MAIN = Account("main")


def test_a_halt_is_a_file_that_keeps_its_first_words(tmp_path: Path) -> None:
    """It is there for whoever reads the folder next, and a second halt does not take the first one's place."""
    Halts(tmp_path / "data").halt(MAIN, "maintenance", 5)
    Halts(tmp_path / "data").halt(MAIN, "again", 6)
    found = Halts(tmp_path / "data").of(MAIN)
    assert found is not None
    assert (found.reason, found.at, found.words) == ("maintenance", 5, "halted: maintenance")
    assert Halts(tmp_path / "data").of(Account("other")) is None


def test_everyones_halt_stands_above_a_single_one(tmp_path: Path) -> None:
    """Resuming one account leaves it halted while all are."""
    halts = Halts(tmp_path)
    halts.halt(EVERYONE, "all of you", 1)
    halts.halt(MAIN, "you", 2)
    assert halts.resume(MAIN)
    assert not halts.resume(MAIN)
    assert (halts.of(MAIN) or pytest.fail("not halted")).reason == "all of you"
    assert halts.resume(EVERYONE)
    assert halts.all((MAIN,)) == ()


@pytest.mark.parametrize("content", ["", "{", '{"reason": "x"}', "null"])
def test_a_halt_that_cannot_be_read_halts(tmp_path: Path, content: str) -> None:
    """A file that is there means that somebody wanted no entries, whatever else it says."""
    (tmp_path / "halted").write_text(content)
    found = Halts(tmp_path).of(MAIN)
    assert found is not None
    assert "cannot be read" in found.reason


def test_many_may_halt_at_once(tmp_path: Path) -> None:
    """Of threads of one process that halt one account at once each succeeds, and whole words stand in the end."""
    with ThreadPoolExecutor(16) as pool:
        halts = [pool.submit(Halts(tmp_path).halt, MAIN, f"hand {n} {'x' * 5000}", n) for n in range(64)]
    assert {one.result().scope for one in halts} == {MAIN}
    found = Halts(tmp_path).of(MAIN)
    assert found is not None
    assert found.reason.startswith("hand ")
    assert [path.name for path in tmp_path.iterdir()] == ["halted-main"]


def test_an_unknown_account_is_named(tmp_path: Path) -> None:
    """A misspelt account is no halt, and is said so."""
    with pytest.raises(UnknownAccount, match="expected all or one of main, came 'mian'"):
        scopes("mian", (MAIN,))


@both_venues
def test_halted_and_resumed_by_the_door(tmp_path: Path, venue: str) -> None:
    """A halted account refuses entries with 423, keeps what stands protected, and takes entries again once resumed."""
    asyncio.run(_by_the_door(tmp_path, venue))


async def _by_the_door(home: Path, venue: str) -> None:
    async with house(home, venue) as one:
        assert (await one.post(opening("before"))).status == 202
        await one.reaches("before", "protected")
        told = await one.control("/halt", {"account": "all", "reason": "lunch"})
        assert (told.status, told.body) == (200, {"halted": {"main": "lunch"}})
        refused = await one.post(opening("during", symbol="ETHUSDT"))
        assert (refused.status, refused.code, refused.error["detail"]) == (423, "halted", "halted: lunch")
        assert (await one.get("/readyz")).body["accounts"]["main"]["halted"] == "lunch"
        assert 'seawall_halted{account="main"} 1.0' in (await one.get("/metrics")).body
        assert await one.state("before") == "protected"
        told = await one.control("/resume", {})
        assert (told.status, told.body) == (200, {"halted": {}})
        assert (await one.post(opening("after", symbol="ETHUSDT"))).status == 202
        await one.reaches("after", "protected")
        assert [kind for kind in await _of_the_account(one) if kind.startswith("entries")] == [
            "entries_stopped",
            "entries_resumed",
        ]


async def _of_the_account(one: House) -> list[str]:
    """The kinds of the events that are about the whole account, in order."""
    return [event_type(type(row.event)) for row in one.app._journal.read(MAIN, 0, 1_000)]


@both_venues
def test_a_halt_outlives_the_process_and_needs_no_door(tmp_path: Path, venue: str) -> None:
    """A file written while nobody runs stops the next process's entries; a close still goes through."""
    asyncio.run(_outlives(tmp_path, venue))


async def _outlives(home: Path, venue: str) -> None:
    clock = Clock()
    box = exchange(venue, clock)
    async with serve(box, clock=clock) as addresses:
        text = configuration(venue, addresses.rest)
        async with running(home, text, box, clock) as first:
            await first.ready()
            await first.post(opening("before"))
            await first.reaches("before", "protected")
        Halts(home / "data").halt(MAIN, "while nobody ran", clock.now())
        async with running(home, text, box, clock) as second:
            await second.ready()
            refused = await second.post(opening("during", symbol="ETHUSDT"))
            assert (refused.status, refused.error["detail"]) == (423, "halted: while nobody ran")
            assert (await second.control("/close", {"account": "main", "symbol": "BTCUSDT"})).status == 202
            await second.reaches("before", "flat_seen", "flat")
            assert second.judged().positions == []


@both_venues
def test_a_halt_meets_an_entry_on_its_way_out(tmp_path: Path, venue: str) -> None:
    """An entry that was accepted before, and is let through its gate after, is not sent; nobody had to be told."""
    asyncio.run(_on_its_way(tmp_path, venue))


async def _on_its_way(home: Path, venue: str) -> None:
    async with house(home, venue) as one:
        one.exchange.faults.add(Fault(fault="delay", call="leverage.set", ms=600, where="reply"))
        assert (await one.post(opening("late", leverage="3"))).status == 202
        Halts(home / "data").halt(EVERYONE, "now", one.clock.now())
        await one.reaches("late", "flat_seen", "flat")
        assert [entry.call for entry in one.exchange.log if entry.call == "order.create"] == []
        told = (await one.get("/signals/late")).body
        assert told["receipt"]["reason"] == "not_sent"
        assert any("halted" in moment["text"] for moment in told["timeline"])

        async def refused() -> bool:
            return (await one.post(opening("next", symbol="ETHUSDT"))).status == 423

        await until(refused)


def test_the_door_refuses_what_it_does_not_understand(tmp_path: Path) -> None:
    """An unknown account or field is named, and nothing is halted."""
    asyncio.run(_not_understood(tmp_path))


async def _not_understood(home: Path) -> None:
    async with house(home) as one:
        for body in ({"account": "mian"}, {"acount": "main"}, {"account": 5}):
            told = await one.control("/halt", body)
            assert told.status == 422
        assert Halts(home / "data").all((MAIN,)) == ()
