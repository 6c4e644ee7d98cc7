"""The rare ends: senders that dawdle or ask oddly, journals that cannot be opened, and the last account's failure."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from seawall.journal.sqlite import SqliteJournal
from seawall.model.events import ACCOUNT_WIDE, EVERY_SYMBOL, EntriesResumed
from seawall.model.ids import Account
from seawall.service.app import App
from seawall.service.config import parse
from seawall.service.identity import FILE, installation, known_installation
from seawall.service.problems import ConfigError
from seawall.service.reader import JournalReader
from tests.service.house import House, configuration, house, opening, until

MAIN = Account("main")


async def raw(one: House, head: str, body: bytes = b"") -> str:
    """What the intake answers to bytes that no client would send."""
    address = urlsplit(one.app.intake_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"POST /signal HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode() + body)
    await writer.drain()
    async with asyncio.timeout(10):
        answer = (await reader.read(2_000)).decode()
    writer.close()
    await writer.wait_closed()
    return answer


def test_a_body_that_dawdles_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that begins a body and does not go on is answered 408."""
    monkeypatch.setattr("seawall.service.intake_api.READ_WITHIN", 200_000)

    async def story() -> None:
        async with house(tmp_path) as one:
            answer = await raw(one, "Content-Length: 100", b"{")
            assert answer.startswith("HTTP/1.1 408")
            assert '"timeout"' in answer

    asyncio.run(story())


def test_what_is_expected_is_answered_before_it_is_sent(tmp_path: Path) -> None:
    """`Expect: 100-continue` is told to go on, or is refused at once for its size; another expectation is 417."""

    async def story() -> None:
        async with house(tmp_path) as one:
            assert (await raw(one, "Content-Length: 2\r\nExpect: 100-continue")).startswith("HTTP/1.1 100 Continue")
            large = await raw(one, "Content-Length: 10000000\r\nExpect: 100-continue")
            assert large.startswith("HTTP/1.1 413")
            assert (await raw(one, "Content-Length: 2\r\nExpect: tea", b"{}")).startswith("HTTP/1.1 417")

    asyncio.run(story())


def test_a_journal_that_is_none_stops_the_start(tmp_path: Path) -> None:
    """A file that is no database is a sentence, for the service and for whoever reads; the folder is free again."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "journal.sqlite").write_text("this is not a database, however long it may be. " * 200)
    settings = parse(configuration("binance", "http://127.0.0.1:1"), tmp_path, {})

    async def story() -> None:
        for _ in range(2):
            with pytest.raises(ConfigError, match="cannot be read or written"):
                async with App(settings):
                    pass

    asyncio.run(story())
    assert not (tmp_path / "data" / "lock").exists()


def test_the_last_accounts_failure_ends_the_service(tmp_path: Path) -> None:
    """When no account is left the service says so to whoever supervises it; until then it goes on answering."""

    async def story() -> None:
        async with house(tmp_path) as one:
            await one.at_rest()
            intruder = SqliteJournal(one.app.settings.journal, {MAIN: "binance"})
            event = EntriesResumed(ACCOUNT_WIDE, EVERY_SYMBOL)
            intruder.append(MAIN, 1, one.app.loops[MAIN].durable, [(one.clock.now(), event)])
            intruder.close()
            assert (await one.post(opening())).status == 503
            async with asyncio.timeout(10):
                await one.app.all_stopped.wait()
            assert (await one.get("/healthz")).status == 200

    asyncio.run(story())


def test_a_journal_that_goes_away_is_told(tmp_path: Path) -> None:
    """If the journal cannot be asked whether an id is known, nothing is done for it and the sender is told."""

    async def story() -> None:
        async with house(tmp_path) as one:
            one.app._journal._reader.execute("PRAGMA query_only = OFF")
            one.app._journal._reader.execute("ALTER TABLE signals RENAME TO elsewhere")
            told = await one.post(opening())
            assert (told.status, told.code) == (503, "not_ready")
            assert "no such table" in told.error["detail"]
            one.app._journal._reader.execute("ALTER TABLE elsewhere RENAME TO signals")
            assert (await one.post(opening())).status == 202
            await one.reaches("s1", "protected")

    asyncio.run(story())


def test_a_reader_says_what_it_cannot_read(tmp_path: Path) -> None:
    """No journal yet, and a name that cannot be kept or read, are sentences about the configuration."""
    with pytest.raises(ConfigError, match="no journal there yet"):
        JournalReader(tmp_path / "journal.sqlite")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / FILE).mkdir()
    for ask in (installation, known_installation):
        with pytest.raises(ConfigError, match="cannot be read"):
            ask(tmp_path / "home")
    (tmp_path / "blocked").write_text("")
    with pytest.raises(ConfigError, match="cannot be kept there"):
        installation(tmp_path / "blocked")
    assert known_installation(tmp_path) is None


def test_a_slow_record_is_not_taken_for_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender whose record takes too long is told to send again, and then learns what became of the first."""
    monkeypatch.setattr("seawall.service.front.ANSWER_WITHIN", 300_000)

    async def story() -> None:
        async with house(tmp_path) as one:
            other = sqlite3.connect(one.app.settings.journal, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            told = await one.post(opening())
            assert (told.status, "send it again" in told.error["detail"]) == (503, True)
            other.execute("ROLLBACK")
            other.close()

            async def learnt() -> bool:
                return (await one.post(opening())).status == 200

            await until(learnt)
            assert len([line for line in one.exchange.log if line.call == "order.create"]) <= 1

    asyncio.run(story())
