"""Moments: the box tells of the nth call of a kind, and stands still for it."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import aiohttp
import pytest

from tests.venuesim.plain import MS, Asker, PlainDialect, box
from venuesim.control import Control
from venuesim.exchange import Exchange
from venuesim.faults import parse
from venuesim.moments import Watch
from venuesim.server import Clock, control_app, listening
from venuesim.wire import Answer, Request


def bought(asker: Asker, name: str) -> int:
    """Sends an order under a name, and tells how many of that name the book has after a second."""
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01", id=name)
    asker.run(1_000 * MS)
    return len(asker.exchange.book.orders_named("a", name))


def test_a_box_frozen_at_an_act_says_nothing_until_it_is_thawed() -> None:
    """The second order is carried out and its answer held; time goes on, and thawed the box says all it owed."""
    asker = Asker(box())
    asker.exchange.watch(Watch("order.create", "acted", nth=2))
    assert bought(asker, "x") == 1
    asker.outputs.clear()
    assert bought(asker, "y") == 1
    assert asker.outputs == []
    assert asker.exchange.next_wake() is None
    [met] = asker.exchange.moments.met
    assert (met.watch.when, met.at) == ("acted", asker.now - 1_000 * MS)
    asker.exchange.thaw(asker.now)
    assert any(isinstance(output, Answer) for output in asker.run(0))
    assert asker.exchange.book.position("a", "BTCUSDT").quantity == Decimal("0.02")


def test_a_request_at_whose_arrival_the_box_freezes_never_left() -> None:
    """It is neither carried out nor logged, not even once the box is thawed; the next one is."""
    asker = Asker(box())
    asker.exchange.watch(Watch("order.*", "arriving"))
    assert bought(asker, "x") == 0
    asker.exchange.thaw(asker.now)
    asker.run(1_000 * MS)
    assert asker.exchange.log == []
    assert bought(asker, "y") == 1


def test_a_request_that_has_arrived_is_carried_out_once_the_box_is_thawed() -> None:
    """Frozen between its arrival and its act, the venue owes it both."""
    asker = Asker(box())
    asker.exchange.watch(Watch("order.create", "arrived"))
    assert bought(asker, "x") == 0
    assert len(asker.exchange.log) == 1
    asker.exchange.thaw(asker.now)
    asker.run(1_000 * MS)
    assert len(asker.exchange.book.orders_named("a", "x")) == 1


def test_at_the_door_the_answer_has_had_its_way() -> None:
    """Answering comes one way of the wire later than acted, and a box that is only asked to tell goes on."""
    asker = Asker(box(latency_us="25000"))
    for when in ("answering", "acted"):
        asker.exchange.watch(Watch("order.create", when, freeze=False))
    begun = asker.now
    assert bought(asker, "x") == 1
    assert [(met.watch.when, met.at - begun) for met in asker.exchange.moments.met] == [
        ("acted", 25 * MS),
        ("answering", 50 * MS),
    ]
    assert any(isinstance(output, Answer) for _, output in asker.outputs)


def test_the_times_of_faults_may_count_from_a_call() -> None:
    """A fault that begins 5 ms after zero does not strike the call from which zero counts, and strikes the next."""
    asker = Asker(box())
    asker.exchange.faults.add(parse({"fault": "request_lost", "call": "order.create", "after": 5_000}))
    asker.run(1_000 * MS)
    asker.exchange.watch(Watch("order.create", freeze=False, zero_us=4_000))
    assert bought(asker, "x") == 1
    assert bought(asker, "y") == 0


def test_a_count_below_one_is_refused() -> None:
    """The message says what was expected."""
    with pytest.raises(ValueError, match="nth: expected 1 or more, got 0"):
        Watch("order.create", nth=0)


def test_the_control_api_tells_of_a_moment_when_it_comes() -> None:
    """Who asks for moments is answered once there is one; until it is thawed nothing leaves."""

    async def course() -> None:
        clock = Clock()
        exchange = Exchange("binance", seed=7, start=clock.now(), switches={"lag": "none"}, dialect=PlainDialect)
        app = control_app(Control({"binance": exchange}), clock)
        async with listening(app, 0) as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

            async def ask(method: str, path: str, body: object = None) -> object:
                async with session.request(method, path, json=body) as reply:
                    return await reply.json()

            assert await ask("POST", "/watch", {"call": "time.get", "nth": 0}) == {
                "error": "nth: expected 1 or more, got 0"
            }
            watch = {"call": "positions.get", "when": "acted"}
            assert await ask("POST", "/watch", watch) == {"number": 1}
            waiting = asyncio.create_task(ask("GET", "/moments"))
            now = clock.now()
            exchange.request(1, Request("GET", "/positions.get?account=a&symbol=BTCUSDT"), now)
            assert exchange.advance(now) == []
            assert await waiting == [{"number": 1, "watch": watch, "at": now}]
            assert await ask("POST", "/thaw") == {"frozen": False}
            assert [type(output) for output in exchange.advance(clock.now())] == [Answer]
            assert await ask("GET", "/moments?after=x") == {"error": "after: expected a number, got 'x'"}
            told = await ask("GET", "/clock")
            assert isinstance(told, dict)
            assert told["start"] == exchange.start

    asyncio.run(course())
