"""The intake's contract over real sockets: what each sender is answered, and that nothing is done twice or lost."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from seawall.service.web import LARGEST_BODY
from tests.service.house import both_venues, house, opening, until


@both_venues
def test_a_signal_is_recorded_then_answered_then_protected(tmp_path: Path, venue: str) -> None:
    """202 with the id, the state, the resolved symbol and a link; the link leads to PROTECTED; the judge agrees."""

    async def story() -> None:
        async with house(tmp_path, venue) as one:
            told = await one.post(opening(symbol=f"{venue.upper()}:BTC/USDT:USDT"))
            assert (told.status, "Server" in told.headers) == (202, False)
            assert told.body == {
                "id": "s1",
                "state": "accepted",
                "link": "/signals/s1",
                "account": "main",
                "symbol": "BTCUSDT",
            }
            assert await one.reaches("s1", "protected") == "protected"
            kinds = await one.kinds("s1")
            assert kinds[0] == "signal_accepted"
            assert "position_protected" in kinds
            assert (await one.control("/close", {"account": "main", "symbol": "BTCUSDT"})).status == 202
            assert await one.reaches("s1", "flat") == "flat"

    asyncio.run(story())


def test_whatever_the_content_type_says(tmp_path: Path) -> None:
    """A body is read as a signal whether it comes as JSON, as text, as a form or without a type, line feed and all."""

    async def story() -> None:
        async with house(tmp_path) as one:
            types = ["text/plain; charset=utf-8", "application/x-www-form-urlencoded", "application/json", ""]
            symbols = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"]
            for place, (kind, symbol) in enumerate(zip(types, symbols, strict=True)):
                body = json.dumps(opening(f"t{place}", symbol=symbol)).encode() + b"\n"
                assert (await one.post(body, headers={"Content-Type": kind})).status == 202

    asyncio.run(story())


def test_the_same_again_is_the_same(tmp_path: Path) -> None:
    """A repetition is answered 200 with the first one's state; other content under the same id is 409."""

    async def story() -> None:
        async with house(tmp_path) as one:
            assert (await one.post(opening())).status == 202
            again = await one.post(opening())
            assert (again.status, again.body["duplicate"]) == (200, True)
            await one.reaches("s1", "protected")
            later = await one.post(opening(size={"quote": "1000.0"}))
            assert (later.status, later.body["state"]) == (200, "protected")
            other = await one.post(opening(side="sell"))
            assert (other.status, other.code, other.error["path"]) == (409, "conflict", "id")
            assert len(one.judged().episodes) == 1

    asyncio.run(story())


def test_a_doubled_post_opens_once(tmp_path: Path) -> None:
    """Ten deliveries of one alert at the same time: one 202, nine 200, one entry at the venue."""

    async def story() -> None:
        async with house(tmp_path) as one:
            told = await asyncio.gather(*(one.post(opening()) for _ in range(10)))
            assert sorted(answer.status for answer in told) == [200] * 9 + [202]
            assert {answer.body["state"] for answer in told} == {"accepted"}
            await one.reaches("s1", "protected")
            entries = [line for line in one.exchange.log if line.call == "order.create"]
            assert len(entries) == 1

    asyncio.run(story())


def test_a_repetition_is_known_after_a_restart(tmp_path: Path) -> None:
    """The key against doing a signal twice is permanent: the next process answers 200 as well."""

    async def story() -> None:
        async with house(tmp_path) as one:
            assert (await one.post(opening())).status == 202
            await one.reaches("s1", "protected")
            box, clock = one.exchange, one.clock
        async with house(tmp_path, box=box, clock=clock) as two:
            again = await two.post(opening())
            assert (again.status, again.body["state"]) == (200, "protected")
            assert len([line for line in box.log if line.call == "order.create"]) == 1

    asyncio.run(story())


MISTAKES: list[tuple[str, Any, int, str, str]] = [
    ("no stop", opening(stop=None), 422, "missing", "stop"),
    ("two stops", opening(stop={"pct": "2", "price": "1"}), 422, "bad_value", "stop"),
    ("stop on the wrong side", opening(stop={"price": "900000"}), 422, "unfit", "stop"),
    ("unknown symbol", opening(symbol="BTCUSTD"), 422, "unknown_symbol", "symbol"),
    ("another venue's symbol", opening(symbol="OKX:BTCUSDT"), 422, "bad_value", "symbol"),
    ("under the minimum", opening(size={"quote": "1"}), 422, "unfit", "size"),
    ("no side", opening(side=None), 422, "missing", "side"),
    ("unknown account", opening(account="mian"), 422, "unknown_account", "account"),
    ("unknown field", opening(stoploss="2"), 422, "unknown_field", "stoploss"),
    ("not served yet", opening(expect_prev="flat"), 422, "not_supported", "expect_prev"),
    ("not JSON", b"buy BTC now!", 422, "not_json", ""),
    ("nothing", b"", 422, "not_json", ""),
    ("half a JSON", b'{"id": "s1", ', 422, "not_json", ""),
    ("a list", b"[]", 422, "not_json", ""),
    ("no text", b"\xff\xfe\x00", 422, "not_json", ""),
    ("nothing to close", {"id": "c1", "account": "main", "symbol": "BTCUSDT", "action": "close"}, 422, "nothing_open", "symbol"),
]  # fmt: skip


@both_venues
def test_a_stop_beyond_liquidation_is_refused(tmp_path: Path, venue: str) -> None:
    """A position that would be liquidated before its stop is refused, with the liquidation price."""

    async def story() -> None:
        async with house(tmp_path, venue) as one:
            told = await one.post(opening(stop={"pct": "60"}, size={"quote": "1000000"}))
            assert (told.status, told.code, told.error["path"]) == (422, "unfit", "stop")
            assert "inside the liquidation price" in told.error["expected"]

    asyncio.run(story())


@both_venues
def test_a_mistake_is_answered_with_its_field(tmp_path: Path, venue: str) -> None:
    """Each mistake is refused with the field, what was expected and what came; none of them reaches the venue."""

    async def story() -> None:
        async with house(tmp_path, venue) as one:
            for place, (what, body, status, code, path) in enumerate(MISTAKES):
                named = body | {"id": f"m{place}"} if isinstance(body, dict) else body
                told = await one.post(named)
                assert (told.status, told.code) == (status, code), f"{what}: {told.body}"
                assert told.error.get("path", path) == path, f"{what}: {told.body}"
                assert told.error["detail"]
            assert [line.call for line in one.exchange.log if line.call in ("order.create", "stop.create")] == []

    asyncio.run(story())


def test_a_refusal_shows_how_it_would_have_been_right(tmp_path: Path) -> None:
    """422 carries the sender's own body with the field corrected, and taking it as it is works."""

    async def story() -> None:
        async with house(tmp_path) as one:
            told = await one.post(opening(stop=None, secret="not-shown"))
            assert (told.status, told.error["expected"]) == (422, "a stop, by price or pct: no stop, no entry")
            assert "not-shown" not in json.dumps(told.body)
            assert (await one.post(told.error["example"])).status == 202

    asyncio.run(story())


def test_an_accounts_defaults_stand_in(tmp_path: Path) -> None:
    """What a signal does not say is taken from its account: stop, watched price, age."""
    more = 'default_stop_pct = 1.5\ndefault_trigger_by = "last"\ndefault_max_age_s = 5'

    async def story() -> None:
        async with house(tmp_path, more=more) as one:
            assert (await one.post(opening(stop=None))).status == 202
            await one.reaches("s1", "protected")
            told = (await one.get("/signals/s1")).body
            accepted = dict(told["timeline"][0]["data"])
            assert (accepted["signal.stop.percent"], accepted["signal.max_age"]) == ("1.5", "5000000")
            assert told["receipt"]["trigger_by"] == "last"

    asyncio.run(story())


def test_too_old_is_gone(tmp_path: Path) -> None:
    """An entry older than its age limit is 410 and never sent; a close is never stale."""

    async def story() -> None:
        async with house(tmp_path) as one:
            told = await one.post(opening("old", ts=(one.clock.now() // 1_000_000) - 31))
            assert (told.status, told.code) == (410, "stale")
            assert (await one.post(opening("old", ts=(one.clock.now() // 1_000_000) - 31))).status == 200
            assert (await one.post(opening("s1"))).status == 202
            await one.reaches("s1", "protected")
            close = {"id": "c1", "account": "main", "symbol": "BTCUSDT", "action": "close", "ts": 1_600_000_000}
            assert (await one.post(close)).status == 202
            assert await one.reaches("s1", "flat") == "flat"

    asyncio.run(story())


def test_a_large_body_is_answered_cleanly(tmp_path: Path) -> None:
    """10 MB, with or without its length told beforehand, are answered 413; the connection's neighbour is unharmed."""

    async def story() -> None:
        async with house(tmp_path) as one:
            large = b" " * 10_000_000
            told = await one.post(io.BytesIO(large))
            assert (told.status, told.code) == (413, "too_large")

            async def in_pieces() -> Any:
                for _ in range(160):
                    yield b" " * 65_536

            async with one.web.post(f"{one.app.intake_url}/signal", data=in_pieces()) as response:
                assert response.status == 413
            async with one.web.post(f"{one.app.intake_url}/signal", data=io.BytesIO(large), expect100=True) as response:
                assert response.status == 413
            padded = json.dumps(opening(meta="x" * (LARGEST_BODY - 400))).encode()
            assert (await one.post(padded)).status == 202

    asyncio.run(story())


def _status_of_a_secret_in_latin_1(intake: str) -> int:
    """What is answered to a secret whose bytes are no UTF-8."""
    with closing(HTTPConnection(urlsplit(intake).netloc)) as connection:
        connection.request("POST", "/signal", b"{}", {"X-Seawall-Secret": "s\xe9same"})
        with connection.getresponse() as answer:
            return answer.status


async def _head_of(url: str, request: str, *headers: bytes) -> bytes:
    """The first line of the answer to a request with headers of raw bytes."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(b"\r\n".join((f"{request} HTTP/1.1".encode(), *headers, b"Content-Length: 2", b"", b"{}")))
    first = await reader.readline()
    writer.close()
    return first


def test_what_is_malformed_is_no_fault_of_the_service(tmp_path: Path) -> None:
    """A body that is not encoded as it says, a host that is none: refused, at either door, without a line in the log."""

    async def story() -> None:
        async with house(tmp_path) as one:
            intake, control = one.app.intake_url, one.app.control_url
            encoded = await _head_of(intake, "POST /signal", b"Host: here", b"Content-Encoding: gzip")
            assert encoded == b"HTTP/1.1 400 Bad Request\r\n"
            assert await _head_of(control, "GET /readyz", b"Host: here:99999999") == b"HTTP/1.1 403 Forbidden\r\n"
            assert "request failed" not in one.log.getvalue()

    asyncio.run(story())


def test_the_secret_may_come_in_three_ways(tmp_path: Path) -> None:
    """Header, bearer or body; 401 without one, 403 with a wrong one; and the log never shows it."""
    secret = tmp_path / "intake.secret"
    secret.write_text("open-sesame-please")
    secret.chmod(0o600)

    async def story() -> None:
        async with house(tmp_path, service='intake_secret_file = "intake.secret"') as one:
            assert (await one.post(opening())).code == "unauthorised"
            assert (await one.post(b"{")).status == 401
            assert (await one.post(opening(secret="wrong"))).status == 403
            assert (await one.post(opening(), headers={"X-Seawall-Secret": "wrong"})).status == 403
            right = "open-sesame-please"
            mixed = await one.post(opening(secret="wrong"), headers={"X-Seawall-Secret": right})
            assert mixed.status == 403
            assert (await one.post(opening("a"), headers={"X-Seawall-Secret": right})).status == 202
            bearer = {"Authorization": f"Bearer {right}"}
            assert (await one.post(opening("b", symbol="ETHUSDT"), headers=bearer)).status == 202
            assert (await one.post(opening("c", symbol="SOLUSDT", secret=right))).status == 202
            marked = b"\xef\xbb\xbf" + json.dumps(opening("d", symbol="XRPUSDT", secret=right)).encode()
            assert (await one.post(marked)).status == 202
            assert await asyncio.to_thread(_status_of_a_secret_in_latin_1, one.app.intake_url) == 403
            assert right not in one.log.getvalue()
            journal = (tmp_path / "data" / "journal.sqlite-wal").read_bytes()
            assert right.encode() not in journal

    asyncio.run(story())


def test_a_web_page_is_refused(tmp_path: Path) -> None:
    """What a page in the owner's browser can send (it has an Origin, or another host's name) reaches neither door."""

    async def story() -> None:
        async with house(tmp_path) as one:
            origin = {"Origin": "https://example.com"}
            assert (await one.post(opening(), headers=origin)).status == 403
            assert (await one.get("/positions", headers=origin)).status == 403
            assert (await one.get("/positions", headers={"Host": "example.com"})).status == 403
            assert (await one.get("/positions", headers={"Host": "localhost:1"})).status == 200

    asyncio.run(story())


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/signal"), ("POST", "/"), ("GET", "/positions"), ("POST", "/close")]
)
def test_the_intake_has_one_route(tmp_path: Path, method: str, path: str) -> None:
    """Nothing but POST /signal is to be had at the intake; every refusal has the one shape."""

    async def story() -> None:
        async with house(tmp_path, wait=False) as one, one.web.request(method, one.app.intake_url + path) as response:
            assert response.status in (404, 405)
            assert (await response.json())["error"]["code"] in ("not_found", "method")

    asyncio.run(story())


def test_a_full_queue_says_so(tmp_path: Path) -> None:
    """With the record standing still the places fill; the next sender is told 429 and when to come again."""

    async def story() -> None:
        async with house(tmp_path, service="waiting = 2") as one:
            other = sqlite3.connect(one.app.settings.journal, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            symbols = ["BTCUSDT", "ETHUSDT"]
            first = [asyncio.create_task(one.post(opening(f"q{n}", symbol=symbols[n]))) for n in range(2)]

            async def full() -> bool:
                return one.app._front.waiting == 2

            await until(full)
            told = await one.post(opening("q2", symbol="SOLUSDT"))
            assert (told.status, told.code, told.headers["Retry-After"]) == (429, "busy", "1")
            other.execute("ROLLBACK")
            other.close()
            assert [answer.status for answer in await asyncio.gather(*first)] == [202, 202]

    asyncio.run(story())


def test_amounts_are_exact(tmp_path: Path) -> None:
    """A size of 0.004 base is 0.004 at the venue, whether it came as a number or as text."""

    async def story() -> None:
        async with house(tmp_path) as one:
            body = json.dumps(opening(size="SIZE")).replace('"SIZE"', '{"base": 0.004}')
            assert (await one.post(body.encode())).status == 202
            await one.reaches("s1", "protected")
            told = await one.get("/signals/s1")
            assert Decimal(told.body["receipt"]["quantity"]) == Decimal("0.004")
            assert told.body["receipt"]["quantity"] == "0.004"

    asyncio.run(story())
