"""What goes wrong around the service: venues down, keys refused, modes, foreign positions, clocks, disks, two owners."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from seawall.model.ids import Account
from seawall.model.times import MINUTE, Bounds
from seawall.service.app import App
from seawall.service.claims import Claims
from seawall.service.clock import UtcClock
from seawall.service.config import parse
from seawall.service.doctor import Grade, examine
from seawall.service.problems import AddressTaken, FolderTaken
from tests.service.house import both_venues, configuration, exchange, house, opening, running, until
from venuesim.facts import Side
from venuesim.server import Clock, serve

MAIN = Account("main")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@both_venues
def test_a_venue_that_is_down_at_the_start_is_waited_for(tmp_path: Path, venue: str) -> None:
    """Until the venue answers, readiness and intake say 503 and why; then signals are taken, with no restart."""
    clock, port = Clock(), free_port()
    box = exchange(venue, clock)
    text = configuration(venue, f"http://127.0.0.1:{port}")

    async def story() -> None:
        async with running(tmp_path, text, box, clock) as one:
            told = await one.post(opening())
            assert (told.status, told.code, told.headers["Retry-After"]) == (503, "not_ready", "1")
            assert "waits for the venue to tell its time" in told.error["detail"]
            ready = await one.get("/readyz")
            assert (ready.status, ready.body["accounts"]["main"]["ready"]) == (503, False)
            assert (await one.get("/healthz")).status == 200
            async with serve(box, port=port, clock=clock):
                await one.ready()
                assert (await one.post(opening())).status == 202
                assert await one.reaches("s1", "protected") == "protected"

    asyncio.run(story())


@both_venues
def test_refused_keys_are_told(tmp_path: Path, venue: str) -> None:
    """With a wrong secret nothing is taken, and the venue's own words stand where the owner looks."""

    async def story() -> None:
        async with house(tmp_path, venue, account={"secret": "another"}, wait=False) as one:

            async def told() -> bool:
                answer = await one.post(opening())
                assert (answer.status, answer.code) == (503, "not_ready")
                return "AskModes" in answer.error["detail"] and (
                    "-1022" in answer.error["detail"] or "10004" in answer.error["detail"]
                )

            await until(told)

    asyncio.run(story())


@both_venues
def test_hedge_mode_is_refused_with_its_name(tmp_path: Path, venue: str) -> None:
    """An account in hedge mode takes no entry, and says that it is for that."""

    async def story() -> None:
        async with house(tmp_path, venue, account={"hedge": True}, wait=False) as one:

            async def refused() -> bool:
                answer = await one.post(opening())
                assert answer.status in (503, 423)
                return "hedge mode" in answer.error["detail"]

            await until(refused)
            assert [line for line in one.exchange.log if line.call == "order.create"] == []

    asyncio.run(story())


@both_venues
@pytest.mark.parametrize(
    ("account", "why"), [({"hedge": True}, "hedge mode"), ({"permissions": ("read",)}, "the key may not trade")]
)
def test_an_account_that_can_take_no_entry_is_not_ready(
    tmp_path: Path, venue: str, account: dict[str, Any], why: str
) -> None:
    """Readiness and the metric say no, with the reason, once the venue has told of it."""

    async def story() -> None:
        async with house(tmp_path, venue, account=account, wait=False) as one:

            async def told() -> bool:
                answer = await one.get("/readyz")
                main = answer.body["accounts"]["main"]
                assert (answer.status, answer.body["ready"], main["ready"]) == (503, False, False)
                return why in main["why"]

            await until(told)
            assert 'seawall_ready{account="main"} 0.0' in (await one.get("/metrics")).body

    asyncio.run(story())


def test_two_keys_of_one_account_are_no_two_accounts(tmp_path: Path) -> None:
    """Bybit tells whose a key is: the doctor says so, and of two desks on one account the second never acts."""
    clock = Clock()
    box = exchange("bybit", clock)
    twin = box.open_account("twin", key="twin-key", secret="twin-secret", balance=Decimal(1_000))
    box.book.ledger.accounts["twin"] = replace(twin, uid=box.book.ledger.accounts["main"].uid)
    more = '[accounts.twin]\nvenue = "bybit"\nrest = "{rest}"\nkey_env = "TWIN"\nsecret_env = "TWIN_SECRET"\n'
    environ = {"TWIN": "twin-key", "TWIN_SECRET": "twin-secret"}

    async def story() -> None:
        async with serve(box, clock=clock) as addresses:
            text = configuration("bybit", addresses.rest) + more.format(rest=addresses.rest)
            async with running(tmp_path, text, box, clock, environ=environ) as one:

                async def told() -> bool:
                    whys = [loop.failure for loop in one.app.loops.values() if loop.failure]
                    return len(whys) == 1 and "one account has one owner" in whys[0]

                await until(told)
                other = next(loop for loop in one.app.loops.values() if not loop.failure)

                async def stands() -> bool:
                    return other.takes_entries

                await until(stands)
                assert (await one.get("/readyz")).status == 503
            settings, claims = parse(text, tmp_path, environ), Claims()
            said = [await examine(each, settings.folder, Bounds(), UtcClock(), claims) for each in settings.accounts]
            owners = [one for findings in said for one in findings if one.what == "owner"]
            assert [(one.account, one.grade) for one in owners] == [("twin", Grade.BAD)]

    asyncio.run(story())


def test_a_note_of_the_doors_that_cannot_be_written_keeps_nobody_from_guarding(tmp_path: Path) -> None:
    """Something stands in the place of `service.json`: the service begins, and says what commands do then."""
    (tmp_path / "data" / "service.json").mkdir(parents=True)

    async def story() -> None:
        async with house(tmp_path) as one:
            assert (await one.post(opening())).status == 202
            assert "commands ask at the configured addresses" in one.log.getvalue()

    asyncio.run(story())


@both_venues
def test_a_foreign_position_keeps_its_slot(tmp_path: Path, venue: str) -> None:
    """A slot in which somebody else holds something refuses the entry; its neighbour does not; nothing is touched."""

    async def story() -> None:
        async with house(tmp_path, venue) as one:
            one.exchange.trade_by_hand("main", "BTCUSDT", Side.BUY, Decimal("0.01"), one.clock.now())
            counted = iter(range(1_000))

            async def refused() -> bool:
                told = await one.post(opening(f"s{next(counted)}", size={"quote": "1"}))
                return told.status == 422 and "not ours" in told.error["detail"]

            assert (await one.post(opening("eth", symbol="ETHUSDT"))).status == 202
            assert await one.reaches("eth", "protected") == "protected"
            await until(refused)

    asyncio.run(story())


@both_venues
def test_a_foreign_position_that_was_there_before_us(tmp_path: Path, venue: str) -> None:
    """What stood on the account before the service began refuses the entry on its slot from the first signal on."""
    clock = Clock()
    box = exchange(venue, clock)
    box.trade_by_hand("main", "BTCUSDT", Side.BUY, Decimal("0.01"), clock.now() - MINUTE // 2)

    async def story() -> None:
        async with house(tmp_path, box=box, clock=clock, venue=venue) as one:
            told = await one.post(opening())
            assert (told.status, told.code, "not ours" in told.error["detail"]) == (422, "unfit", True)
            assert (await one.post(opening("eth", symbol="ETHUSDT"))).status == 202

    asyncio.run(story())


@both_venues
@pytest.mark.parametrize("error", [2_000_000, -2_000_000])
def test_a_wrong_clock_is_allowed_for(tmp_path: Path, venue: str, error: int) -> None:
    """With this machine's clock two seconds fast or slow a signal still becomes a protected position."""

    async def story() -> None:
        async with house(tmp_path, venue, our_clock_error=error) as one:
            assert (await one.post(opening())).status == 202
            assert await one.reaches("s1", "protected") == "protected"
            metrics = (await one.get("/metrics")).body
            assert f'seawall_clock_offset_seconds{{account="main"}} {"-" if error > 0 else ""}' in metrics

    asyncio.run(story())


def fill_the_disk(connection: sqlite3.Connection) -> None:
    """Leaves the journal no page more than it has, and none of those empty."""
    connection.execute("VACUUM")
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_stops_entries_and_loses_nothing(tmp_path: Path) -> None:
    """Without room for the record nothing is sent and the sender is told so; with room again, the very same signal
    sent once more learns what became of it.
    """

    async def story() -> None:
        async with house(tmp_path) as one:
            store: Any = one.app._journal._writer._store
            fill_the_disk(store.connection)
            names = [f"s{place}" for place in range(12)]
            refused = ""
            for name, symbol in zip(names, one.app.loops[MAIN].symbols, strict=False):
                told = await one.post(opening(name, symbol=symbol, size={"quote": "2000"}, tag="x" * 60))
                if told.status == 503:
                    refused = symbol
                    break
                assert told.status in (202, 422)
            assert refused
            stands = await one.get("/readyz")
            assert (stands.status, stands.body["accounts"]["main"]["ready"]) == (503, False)
            assert "disk of the journal is full" in stands.body["accounts"]["main"]["why"]
            assert [line for line in one.exchange.log if line.call == "order.create" and line.symbol == refused] == []
            store.connection.execute("PRAGMA max_page_count = 1000000")

            async def known() -> bool:
                again = await one.post(opening(name, symbol=refused, size={"quote": "2000"}, tag="x" * 60))
                return again.status == 200

            await until(known)
            state = await one.reaches(name, "protected", "flat", "refused")
            entries = [line for line in one.exchange.log if line.call == "order.create" and line.symbol == refused]
            assert len(entries) == (1 if state == "protected" else 0)
            fresh = one.app.loops[MAIN].symbols[-1]
            assert (await one.post(opening("fresh", symbol=fresh, size={"quote": "2000"}))).status in (202, 422)

    asyncio.run(story())


def test_two_services_in_one_folder(tmp_path: Path) -> None:
    """The second is refused, also when the lock file has been deleted; the first is unharmed."""

    async def story() -> None:
        async with house(tmp_path) as one:
            for _ in range(2):
                with pytest.raises(FolderTaken):
                    async with App(one.app.settings):
                        pass
                (tmp_path / "data" / "lock").unlink(missing_ok=True)
            assert (await one.post(opening())).status == 202

    asyncio.run(story())


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """A door that cannot be opened is a sentence with the key to change, and the folder is free again."""

    async def story() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            text = f'[service]\nintake = "127.0.0.1:{port}"\ncontrol = "127.0.0.1:0"\n'
            with pytest.raises(AddressTaken, match=f"service.intake: cannot listen on 127.0.0.1:{port}"):
                async with App(parse(text, tmp_path, {})):
                    pass
        async with App(parse(text, tmp_path, {})) as app:
            assert app.intake_url == f"http://127.0.0.1:{port}"

    asyncio.run(story())
