"""The box on real sockets: exact answers, resets, half bodies, hangs, streams, the control API and the command."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp
import pytest

from tests.venuesim.plain import PlainDialect
from venuesim.control import Control
from venuesim.exchange import Exchange
from venuesim.facts import Side
from venuesim.faults import parse
from venuesim.server import Addresses, Clock, control_app, listening, serve

BUY = "/order.create?account=a&symbol=BTCUSDT&side=BUY&quantity=0.01&id=x"


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Exchange, Addresses, aiohttp.ClientSession]]:
    """Serve a plain box with one account, and lend a session."""
    clock = Clock()
    exchange = Exchange("binance", seed=7, start=clock.now(), switches={"lag": "none"}, dialect=PlainDialect)
    exchange.open_account("a", key="key", secret="secret", balance=Decimal(10_000))
    async with serve(exchange, clock=clock) as addresses, aiohttp.ClientSession() as session:
        yield exchange, addresses, session


def test_a_request_is_answered_with_the_exchange_s_bytes() -> None:
    """An order posted over a socket is accepted, and filled a moment later."""

    async def course() -> None:
        async with served() as (exchange, at, session):
            async with session.post(at.rest + BUY) as reply:
                assert (await reply.json())["status"] == "NEW"
            while exchange.book.position("a", "BTCUSDT").quantity == 0:
                await session.get(at.rest + "/order.get?account=a&id=x")
            assert exchange.book.position("a", "BTCUSDT").quantity == Decimal("0.01")

    asyncio.run(course())


def test_the_exchange_outlives_its_server() -> None:
    """When the server has gone the object can still be moved, read and judged, and served again."""

    async def course() -> Exchange:
        async with served() as (exchange, at, session):
            await session.post(at.rest + BUY)
        return exchange

    exchange = asyncio.run(course())
    exchange.set_price("BTCUSDT", Clock().now() + 1_000_000, mark=Decimal(100_000), last=Decimal(100_000))
    assert [standing.quantity for standing in exchange.judge().positions] == [Decimal("0.01")]


def test_a_reset_ends_the_connection_without_a_byte() -> None:
    """The client sees the connection go, and the order has acted all the same."""

    async def course() -> None:
        async with served() as (exchange, at, session):
            exchange.faults.add(parse({"fault": "reply_lost", "call": "order.create"}))
            with pytest.raises(aiohttp.ClientConnectionError):
                await session.post(at.rest + BUY)
            assert len(exchange.book.orders_named("a", "x")) == 1

    asyncio.run(course())


def test_half_a_body_breaks_off_in_the_middle() -> None:
    """The head promises more bytes than come."""

    async def course() -> None:
        async with served() as (exchange, at, session):
            exchange.faults.add(parse({"fault": "half_body", "call": "order.create", "cut": 9}))
            async with session.post(at.rest + BUY) as reply:
                assert reply.status == 200
                with pytest.raises(aiohttp.ClientPayloadError):
                    await reply.read()

    asyncio.run(course())


def test_a_hang_lasts_until_the_client_gives_up() -> None:
    """Nothing comes; when the client has gone the box goes on serving."""

    async def course() -> None:
        async with served() as (exchange, at, session):
            number = exchange.faults.add(parse({"fault": "request_lost", "call": "order.create", "mode": "hang"}))
            with pytest.raises(asyncio.TimeoutError):
                await session.post(at.rest + BUY, timeout=aiohttp.ClientTimeout(total=0.1))
            exchange.faults.clear(number)
            async with session.post(at.rest + BUY) as reply:
                assert reply.status == 200

    asyncio.run(course())


def test_a_stream_carries_frames_and_is_cut_without_a_close() -> None:
    """What is done by hand is pushed at once; a cut breaks the socket off."""

    async def course() -> None:
        async with served() as (exchange, at, session):
            stream = await session.ws_connect(at.stream + "/stream")
            await stream.send_str("a")
            assert (await stream.receive_str()) == "hello a"
            exchange.trade_by_hand("a", "BTCUSDT", Side.BUY, Decimal("0.01"), at.clock.now())
            told = [await stream.receive_str() for _ in range(3)]
            assert told[-1] == "position 0.010"
            assert exchange.cut_streams(at.clock.now()) == 1
            message = await stream.receive()
            assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSING)

    asyncio.run(course())


def test_a_handshake_may_be_refused() -> None:
    """A path that is no stream is answered with its status."""

    async def course() -> None:
        async with served() as (_, at, session):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(at.stream + "/elsewhere")
            assert refused.value.status == 404

    asyncio.run(course())


def test_many_requests_at_once_are_each_answered_under_their_own_key() -> None:
    """A hundred concurrent orders give a hundred orders and a hundred answers."""

    async def course() -> None:
        async with served() as (exchange, at, session):
            asks = [session.post(at.rest + BUY.replace("=x", f"=x{number}")) for number in range(100)]
            replies = await asyncio.gather(*asks)
            assert [(await reply.json())["client_id"] for reply in replies] == [f"x{n}" for n in range(100)]
            assert len(exchange.log) == 100

    asyncio.run(course())


def test_the_control_api_does_what_the_hands_do() -> None:
    """Accounts, faults, prices, trades, the judge, the log, the book and the switches, each over HTTP."""

    async def course() -> None:
        clock = Clock()
        exchange = Exchange("binance", seed=7, start=clock.now(), switches={"lag": "none"}, dialect=PlainDialect)
        app = control_app(Control({"binance": exchange}), clock)
        async with listening(app, 0) as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

            async def ask(method: str, path: str, body: object = None) -> tuple[int, object]:
                async with session.request(method, path, json=body) as reply:
                    return reply.status, await reply.json()

            account = {"name": "a", "key": "k", "secret": "s", "balance": "1000"}
            assert (await ask("POST", "/accounts", account))[0] == 200
            assert await ask("POST", "/accounts", account) == (
                422, {"error": "account a: name or key is already taken by a"}
            )  # fmt: skip
            status, added = await ask("POST", "/faults", [{"fault": "delay", "call": "order.create", "ms": 5}])
            assert (status, added) == (200, {"numbers": [1]})
            assert (await ask("POST", "/faults", {"fault": "dealy"}))[0] == 422
            assert await ask("DELETE", "/faults?number=1") == (200, {"plan": {}})
            assert await ask("POST", "/market", {"symbol": "BTCUSDT", "mark": "100000", "last": "100001.04"}) == (
                200, {"symbol": "BTCUSDT", "mark": "100000.00", "last": "100001.00", "tick": "0.10"}
            )  # fmt: skip
            hand = {"do": "trade", "account": "a", "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01"}
            assert (await ask("POST", "/hand", hand))[0] == 200
            _, verdict = await ask("GET", "/judge")
            assert isinstance(verdict, dict)
            assert [(p["quantity"], p["covered"]) for p in verdict["positions"]] == [("-0.010", False)]
            assert (await ask("GET", "/requests")) == (200, [])
            _, book = await ask("GET", "/binance/book")
            assert isinstance(book, dict)
            assert len(book["positions"]) == 1
            assert (await ask("POST", "/switches", {"lag": "venue"}))[0] == 200
            assert (await ask("POST", "/switches", {"lag": "x"}))[0] == 422
            assert (await ask("POST", "/hand", {"do": "dance"}))[0] == 422
            assert (await ask("POST", "/market", {"symbol": "NOSUCH", "mark": "1"}))[0] == 422
            assert (await ask("GET", "/nowhere"))[0] == 404
            jump = {"symbol": "BTCUSDT", "jump_pct": "-10", "depth": {"levels": 0}}
            assert await ask("POST", "/market", jump) == (
                200,
                {"symbol": "BTCUSDT", "mark": "90000.00", "last": "90000.90", "tick": "0.10"},
            )
            assert exchange.book.market.best("BTCUSDT", Side.BUY) is None
            assert await ask("POST", "/market", {"walk_bps": 5}) == (200, {"walk_bps": 5})
            more = {"do": "deposit", "account": "a", "amount": "500"}
            assert (await ask("POST", "/hand", more))[0] == 200
            assert (await ask("POST", "/hand", {"do": "liquidate", "account": "a", "symbol": "BTCUSDT"}))[0] == 200
            assert (await ask("POST", "/hand", {"do": "liquidate", "account": "a", "symbol": "BTCUSDT"}))[0] == 422
            assert (await ask("POST", "/hand", {"do": "cancel_stop", "stop_id": "7"}))[0] == 422
            assert await ask("POST", "/hand", {"do": "cut_streams"}) == (200, {"cut": 0})
            _, faults = await ask("GET", "/faults")
            assert faults == {"plan": {}, "fired": []}

    asyncio.run(course())


@pytest.mark.parametrize("more", [(), ("--punctual",)])
def test_the_command_says_where_it_listens_and_leaves_nothing_behind(more: tuple[str, ...]) -> None:
    """``venuesim serve`` prints one line of addresses, serves both venues, and ends on SIGTERM with exit code 0."""
    command = [sys.executable, "-m", "venuesim", "serve", "--venue", "both", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        addresses = json.loads(process.stdout.readline())
        assert sorted(addresses) == ["binance", "bybit", "control"]
        assert asyncio.run(reach(addresses)) == [200, 200, 200]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


async def reach(addresses: dict[str, object]) -> list[int]:
    """Ask each address for something and return the statuses."""
    binance, bybit = addresses["binance"], addresses["bybit"]
    assert isinstance(binance, dict)
    assert isinstance(bybit, dict)
    paths = [
        f"{binance['rest']}/fapi/v1/time",
        f"{bybit['rest']}/v5/market/time",
        f"{addresses['control']}/bybit/judge",
    ]
    async with aiohttp.ClientSession() as session:
        replies = [await session.get(path) for path in paths]
        return [reply.status for reply in replies]


def test_a_taken_port_is_named() -> None:
    """The command ends with exit code 1 and one line that says which port is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "venuesim", "serve", "--venue", "binance", "--port", port]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (1, "")
    assert port in run.stderr
    assert run.stderr.count("\n") == 1
