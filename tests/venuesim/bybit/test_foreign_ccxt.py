"""ccxt, unchanged but for its addresses, opens, stops, asks and closes against the box (bybit.md 4.1, 6.7).

It proves that the box speaks the venue's dialect and not only ours. ccxt lists every category's markets and the coins
before its first call, asks query-api and account/info before its first private one, and signs in its own way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.venuesim.bybit.served import KEY, SECRET, against_box
from venuesim.exchange import Exchange
from venuesim.server import Addresses

ccxt = pytest.importorskip("ccxt", reason="ccxt lives in the foreign environment: make foreign")

pytestmark = pytest.mark.foreign
SYMBOL = "1000000BABYDOGE/USDT:USDT"
ACKNOWLEDGED = {"acknowledged": True}


def client(make: Callable[..., Any], addresses: Addresses) -> Any:
    """A ccxt client whose addresses are the box's; nothing else is changed."""
    made = make({"apiKey": KEY, "secret": SECRET, "enableRateLimit": False})
    for name in ("public", "private"):
        made.urls["api"][name] = addresses.rest
    if "ws" in made.urls["api"]:
        made.urls["api"]["ws"]["public"]["linear"] = f"{addresses.stream}/v5/public/linear"
        made.urls["api"]["ws"]["private"]["contract"] = f"{addresses.stream}/v5/private"
        made.urls["api"]["ws"]["private"]["trade"] = f"{addresses.stream}/v5/trade"
    return made


def test_ccxt_opens_stops_asks_and_closes() -> None:
    """Leverage, entry with its stop attached, reads of all of them, a moved stop, close, and nothing left behind."""

    async def play(exchange: Exchange, addresses: Addresses) -> None:
        await asyncio.to_thread(open_to_close, client(ccxt.bybit, addresses))
        assert not exchange.judge().orphans

    against_box(play)


def open_to_close(bybit: Any) -> None:
    """The whole life of a long through ccxt's unified methods, and the parts of it that ccxt reads back."""
    assert bybit.fetch_time() > 1_600_000_000_000
    market = bybit.load_markets()[SYMBOL]
    assert (market["id"], market["precision"]["amount"]) == ("1000000BABYDOGEUSDT", 100)
    bybit.set_leverage(5, SYMBOL)
    with pytest.raises(ccxt.BadRequest, match="110043"):
        bybit.set_leverage(5, SYMBOL)
    assert bybit.fetch_balance()["USDT"]["total"] == 10_000
    entry = bybit.create_order(
        SYMBOL, "market", "buy", 10_000, None,
        {"clientOrderId": "entry", "stopLoss": {"triggerPrice": 0.0013}, "slTriggerBy": "MarkPrice"},
    )  # fmt: skip
    assert (entry["clientOrderId"], entry["status"], entry["filled"]) == ("entry", None, None)
    bybit.sleep(50)
    seen = bybit.fetch_order(entry["id"], SYMBOL, ACKNOWLEDGED)
    assert (seen["status"], seen["filled"], seen["side"]) == ("closed", 10_000, "buy")
    assert seen["average"] > 0
    (held,) = bybit.fetch_positions([SYMBOL])
    assert (held["side"], held["contracts"], held["stopLossPrice"]) == ("long", 10_000, 0.0013)
    (stop,) = bybit.fetch_open_orders(SYMBOL)
    assert (stop["triggerPrice"], stop["side"], stop["reduceOnly"]) == (0.0013, "sell", True)
    bybit.create_order(SYMBOL, "market", "sell", 0, None, {"stopLossPrice": 0.0012, "tradingStopEndpoint": True})
    assert [row["triggerPrice"] for row in bybit.fetch_open_orders(SYMBOL)] == [0.0012]
    assert sum(trade["amount"] for trade in bybit.fetch_my_trades(SYMBOL)) == 10_000
    with pytest.raises(ccxt.InvalidOrder, match="110072"):
        bybit.create_order(SYMBOL, "market", "buy", 10_000, None, {"clientOrderId": "entry"})
    with pytest.raises(ccxt.ExchangeError, match=r"sl:.*should lower than base_price"):
        bybit.create_order(SYMBOL, "market", "buy", 10_000, None, {"stopLoss": {"triggerPrice": 0.0015}})
    close(bybit, stop["id"])


def close(bybit: Any, stop_id: str) -> None:
    """Close by a reduce-only market order, and see that position and stop are gone."""
    bybit.create_order(SYMBOL, "market", "sell", 10_000, None, {"reduceOnly": True})
    bybit.sleep(50)
    assert [row for row in bybit.fetch_positions([SYMBOL]) if row["contracts"]] == []
    assert bybit.fetch_open_orders(SYMBOL) == []
    assert bybit.fetch_order(stop_id, SYMBOL, ACKNOWLEDGED)["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        bybit.cancel_order(stop_id, SYMBOL)
    with pytest.raises(ccxt.InvalidOrder, match="110017"):
        bybit.create_order(SYMBOL, "market", "sell", 10_000, None, {"reduceOnly": True})
    assert bybit.fetch_positions_history([SYMBOL])[0]["contracts"] == 10_000


def test_ccxt_leaves_a_plain_conditional_behind() -> None:
    """stopLossPrice makes an ordinary conditional order, which survives the close until it is cancelled by id."""

    async def play(_exchange: Exchange, addresses: Addresses) -> None:
        await asyncio.to_thread(plain_conditional, client(ccxt.bybit, addresses))

    against_box(play)


def plain_conditional(bybit: Any) -> None:
    """Open, stop by a conditional, close, and find the orphan."""
    bybit.create_order(SYMBOL, "market", "buy", 10_000)
    bybit.sleep(50)
    stop = bybit.create_order(SYMBOL, "market", "sell", 10_000, None, {"stopLossPrice": 0.0013})
    bybit.create_order(SYMBOL, "market", "sell", 10_000, None, {"reduceOnly": True})
    bybit.sleep(50)
    assert [row["id"] for row in bybit.fetch_open_orders(SYMBOL, params={"trigger": True})] == [stop["id"]]
    bybit.cancel_order(stop["id"], SYMBOL)
    assert bybit.fetch_open_orders(SYMBOL) == []


def test_ccxt_pro_hears_orders_and_positions() -> None:
    """The streaming client logs in with an expiry as text and hears the fill and the position."""
    pro = pytest.importorskip("ccxt.pro")

    async def play(_exchange: Exchange, addresses: Addresses) -> None:
        bybit = client(pro.bybit, addresses)
        try:
            await bybit.load_markets()
            orders = asyncio.create_task(filled(bybit))
            positions = asyncio.create_task(held(bybit))
            await asyncio.sleep(0.5)
            placed = await bybit.create_order(SYMBOL, "market", "sell", 10_000)
            assert (await orders)["id"] == placed["id"]
            assert (await positions)["side"] == "short"
        finally:
            await bybit.close()

    against_box(play)


async def filled(bybit: Any) -> Any:
    """Wait for an order to be told closed."""
    while True:
        for order in await bybit.watch_orders(SYMBOL):
            if order["status"] == "closed":
                return order


async def held(bybit: Any) -> Any:
    """Wait for a position to be told."""
    while True:
        for position in await bybit.watch_positions([SYMBOL]):
            if position["contracts"]:
                return position


def test_ccxt_pro_places_and_cancels_orders_by_frames() -> None:
    """The trade socket takes ccxt's frames: a resting order and its cancel."""
    pro = pytest.importorskip("ccxt.pro")

    async def play(_exchange: Exchange, addresses: Addresses) -> None:
        bybit = client(pro.bybit, addresses)
        try:
            await bybit.load_markets()
            placed = await bybit.create_order_ws(SYMBOL, "limit", "buy", 10_000, 0.00139)
            assert [row["id"] for row in await bybit.fetch_open_orders(SYMBOL)] == [placed["id"]]
            await bybit.cancel_order_ws(placed["id"], SYMBOL)
            assert await bybit.fetch_open_orders(SYMBOL) == []
        finally:
            await bybit.close()

    against_box(play)
