"""ccxt, unchanged but for its addresses, opens, stops, asks and closes against the box (binance.md 5).

It proves that the box speaks the venue's dialect and not only ours. ccxt signs, parses and judges in its own way: POST in
the body, GET in the query, stops on the algo service, ``newOrderRespType=RESULT`` always, version 3 of positionRisk.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from venuesim.exchange import Exchange
from venuesim.server import Addresses, Clock, serve

ccxt = pytest.importorskip("ccxt", reason="ccxt lives in the foreign environment: make foreign")

pytestmark = pytest.mark.foreign
SYMBOL = "VELVET/USDT:USDT"
LIMIT_S = 60


@asynccontextmanager
async def served(**switches: str) -> AsyncIterator[tuple[Exchange, Addresses]]:
    """A box on a loopback port with one funded account and no lag."""
    clock = Clock()
    exchange = Exchange("binance", seed=3, start=clock.now(), switches={"lag": "none", **switches})
    exchange.open_account("main", key="k" * 64, secret="s" * 64, balance=Decimal(10_000))
    exchange.set_price("VELVETUSDT", clock.now(), mark=Decimal("0.2"), last=Decimal("0.2"))
    async with serve(exchange, clock=clock) as addresses:
        yield exchange, addresses


def client(make: Callable[..., Any], addresses: Addresses) -> Any:
    """A ccxt client whose addresses are the box's and whose markets are the linear ones."""
    made = make(
        {
            "apiKey": "k" * 64,
            "secret": "s" * 64,
            "enableRateLimit": False,
            "options": {"defaultType": "swap", "fetchMarkets": {"types": ["linear"]}, "fetchCurrencies": False},
        }
    )
    made.has["fetchCurrencies"] = False
    for name, version in (
        ("fapiPublic", 1),
        ("fapiPublicV2", 2),
        ("fapiPrivate", 1),
        ("fapiPrivateV2", 2),
        ("fapiPrivateV3", 3),
    ):
        made.urls["api"][name] = f"{addresses.rest}/fapi/v{version}"
    if "ws" in made.urls["api"]:
        made.urls["api"]["ws"]["linear"] = f"{addresses.stream}/ws"
        made.urls["api"]["ws"]["ws-api"]["linear"] = f"{addresses.stream}/ws-fapi/v1"
    return made


async def against_box(play: Callable[[Exchange, Addresses], Awaitable[None]], **switches: str) -> None:
    """Let a client play against a served box, within bounded time."""
    async with served(**switches) as (exchange, addresses), asyncio.timeout(LIMIT_S):
        await play(exchange, addresses)


@pytest.mark.parametrize("result", ["new", "filled"])
def test_ccxt_opens_stops_asks_and_closes(result: str) -> None:
    """Leverage, market entry, closePosition stop, reads of all of them, close, and nothing left behind."""

    async def play(exchange: Exchange, addresses: Addresses) -> None:
        binance = client(ccxt.binance, addresses)
        await asyncio.to_thread(open_to_close, binance)
        verdict = exchange.judge()
        assert not verdict.orphans

    asyncio.run(against_box(play, **{"binance.result_reply": result}))


def until(seen: Callable[[], bool]) -> None:
    """Ask again until it is so, within bounded tries: a fill and its consequences take the venue a moment."""
    assert any(seen() for _ in range(200)), "it never came to be"


async def eventually(seen: Callable[[], bool]) -> None:
    """Let the loop run until it is so."""
    while not seen():  # noqa: ASYNC110 (somebody else's client has no event for it)
        await asyncio.sleep(0.001)


def open_to_close(binance: Any) -> None:
    """The whole life of a short through ccxt's unified methods, and the parts of it that ccxt reads back."""
    assert binance.fetch_time() > 1_600_000_000_000
    markets = binance.load_markets()
    assert (markets[SYMBOL]["precision"]["price"], markets[SYMBOL]["limits"]["amount"]["min"]) == (0.00001, 1)
    assert binance.set_leverage(5, SYMBOL)["leverage"] == 5
    assert binance.fetch_balance()["USDT"]["total"] == 10_000
    entry = binance.create_order(SYMBOL, "market", "sell", 27, None, {"newClientOrderId": "entry"})
    assert entry["clientOrderId"] == "entry"
    until(lambda: binance.fetch_order(entry["id"], SYMBOL)["status"] == "closed")
    seen = binance.fetch_order(entry["id"], SYMBOL)
    stop = binance.create_order(
        SYMBOL, "market", "buy", 27, None, {"stopLossPrice": 0.22, "closePosition": True, "workingType": "MARK_PRICE"}
    )
    assert stop["info"]["algoStatus"] == "NEW"
    assert (seen["status"], seen["filled"], seen["side"]) == ("closed", 27, "sell")
    assert seen["average"] > 0
    held = [row for row in binance.fetch_positions([SYMBOL]) if row["contracts"]]
    assert [(row["side"], row["contracts"]) for row in held] == [("short", 27)]
    waiting = binance.fetch_open_orders(SYMBOL, params={"trigger": True})
    assert [(row["id"], row["triggerPrice"]) for row in waiting] == [(stop["id"], 0.22)]
    assert binance.fetch_open_orders(SYMBOL) == []
    assert binance.fetch_order(stop["id"], SYMBOL, {"trigger": True})["status"] == "open"
    assert [trade["amount"] for trade in binance.fetch_my_trades(SYMBOL)] == [27]
    with pytest.raises(ccxt.ExchangeError, match="-4130"):
        binance.create_order(SYMBOL, "market", "buy", 27, None, {"stopLossPrice": 0.23, "closePosition": True})
    binance.create_order(SYMBOL, "market", "buy", 27, None, {"reduceOnly": True})
    until(lambda: not [row for row in binance.fetch_positions([SYMBOL]) if row["contracts"]])
    until(lambda: not binance.fetch_open_orders(SYMBOL, params={"trigger": True}))
    with pytest.raises(ccxt.OrderNotFound):
        binance.cancel_order(stop["id"], SYMBOL, {"trigger": True})
    with pytest.raises(ccxt.ExchangeError, match="-2022"):
        binance.create_order(SYMBOL, "market", "buy", 27, None, {"reduceOnly": True})


def test_ccxt_pro_hears_orders_and_positions() -> None:
    """The streaming client makes its own listen key, opens /private/ws and hears the fill and the position."""
    pro = pytest.importorskip("ccxt.pro")

    async def play(_exchange: Exchange, addresses: Addresses) -> None:
        binance = client(pro.binance, addresses)
        try:
            await binance.load_markets()
            await binance.set_leverage(5, SYMBOL)
            orders = asyncio.create_task(filled(binance))
            positions = asyncio.create_task(held(binance))
            await eventually(lambda: any(one.connected.done() for one in binance.clients.values()))
            placed = await binance.create_order(SYMBOL, "market", "sell", 27)
            assert (await orders)["id"] == placed["id"]
            assert (await positions)["side"] == "short"
        finally:
            await binance.close()

    asyncio.run(against_box(play))


async def filled(binance: Any) -> Any:
    """Wait for an order to be told closed."""
    while True:
        for order in await binance.watch_orders(SYMBOL):
            if order["status"] == "closed":
                return order


async def held(binance: Any) -> Any:
    """Wait for a position to be told."""
    while True:
        for position in await binance.watch_positions([SYMBOL]):
            if position["contracts"]:
                return position


def test_ccxt_pro_places_orders_by_frames() -> None:
    """The WebSocket API takes ccxt's signed frames: an order, its stop and the stop's cancel."""
    pro = pytest.importorskip("ccxt.pro")

    async def play(_exchange: Exchange, addresses: Addresses) -> None:
        binance = client(pro.binance, addresses)
        try:
            await binance.load_markets()
            await binance.set_leverage(5, SYMBOL)
            placed = await binance.create_order_ws(SYMBOL, "market", "sell", 27)
            while (await binance.fetch_order_ws(placed["id"], SYMBOL))["status"] != "closed":  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            params = {"stopLossPrice": 0.22, "closePosition": True}
            stop = await binance.create_order_ws(SYMBOL, "market", "buy", 27, None, params)
            assert stop["info"]["algoStatus"] == "NEW"
            await binance.cancel_order_ws(stop["id"], SYMBOL, {"trigger": True})
        finally:
            await binance.close()

    asyncio.run(against_box(play))
