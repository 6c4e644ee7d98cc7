"""pybit, the vendor's own client, unchanged but for its addresses, against the box (bybit.md 4.2, 6.7).

It signs its query in the order of its arguments, sends X-BAPI-SIGN-TYPE, logs a socket in with one second of permission
and subscribes without waiting for the answer.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest

from tests.venuesim.bybit.served import KEY, SECRET, SYMBOL, against_box
from venuesim.exchange import Exchange
from venuesim.faults import parse
from venuesim.server import Addresses

trading = pytest.importorskip("pybit.unified_trading", reason="pybit lives in the foreign environment: make foreign")
exceptions = pytest.importorskip("pybit.exceptions")
sockets = pytest.importorskip("pybit._websocket_trading")

pytestmark = pytest.mark.foreign
DISTANCE_MS = 50
"""pybit registers what it waits for after it has sent the frame, a subscription and an order alike: a venue nearer than
that answers too early for it, and it waits for ever.
"""
LINEAR = {"category": "linear", "symbol": SYMBOL}


def http(addresses: Addresses) -> Any:
    """A pybit session whose address is the box's."""
    session = trading.HTTP(api_key=KEY, api_secret=SECRET)
    session.endpoint = addresses.rest
    return session


def until(holds: Callable[[], bool]) -> None:
    """Ask the box again and again until it is so; each question is a round trip, so that nobody spins."""
    assert any(holds() for _ in range(200))


def test_pybit_opens_stops_asks_and_closes() -> None:
    """Rules, leverage, entry with its stop, every read, a moved stop, close, and nothing left behind."""

    async def play(exchange: Exchange, addresses: Addresses) -> None:
        await asyncio.to_thread(open_to_close, http(addresses))
        assert not exchange.judge().orphans

    against_box(play)


def open_to_close(session: Any) -> None:
    """The whole life of a short through pybit's methods."""
    assert int(session.get_server_time()["result"]["timeSecond"]) > 1_600_000_000
    rules = session.get_instruments_info(**LINEAR)["result"]["list"][0]
    assert rules["lotSizeFilter"]["qtyStep"] == "100"
    assert session.get_api_key_information()["result"]["uta"] == 1
    assert session.get_account_info()["result"]["marginMode"] == "REGULAR_MARGIN"
    session.set_leverage(**LINEAR, buyLeverage="5", sellLeverage="5")
    with pytest.raises(exceptions.InvalidRequestError) as same:
        session.set_leverage(**LINEAR, buyLeverage="5", sellLeverage="5")
    assert same.value.status_code == 110043
    order = {"side": "Sell", "orderType": "Market", "qty": "10000", "orderLinkId": "entry", "tpslMode": "Full"}
    placed = session.place_order(**LINEAR, **order, stopLoss="0.0015", slTriggerBy="MarkPrice")["result"]
    until(
        lambda: session.get_open_orders(**LINEAR, orderLinkId="entry")["result"]["list"][0]["orderStatus"] == "Filled"
    )
    assert session.get_order_history(**LINEAR, orderId=placed["orderId"])["result"]["list"][0]["cumExecQty"] == "10000"
    assert session.get_executions(**LINEAR, orderId=placed["orderId"])["result"]["list"][0]["orderLinkId"] == "entry"
    held = session.get_positions(**LINEAR)["result"]["list"][0]
    assert (held["side"], held["size"], held["stopLoss"], held["leverage"]) == ("Sell", "10000", "0.0015", "5")
    stop = session.get_open_orders(**LINEAR)["result"]["list"][0]
    assert (stop["orderStatus"], stop["parentOrderLinkId"]) == ("Untriggered", "entry")
    moved = {"tpslMode": "Full", "positionIdx": 0, "stopLoss": "0.00145", "slTriggerBy": "MarkPrice"}
    session.set_trading_stop(**LINEAR, **moved)
    with pytest.raises(exceptions.InvalidRequestError) as again:
        session.set_trading_stop(**LINEAR, **moved)
    assert again.value.status_code == 34040
    session.place_order(**LINEAR, side="Buy", orderType="Market", qty="10000", reduceOnly=True)
    until(lambda: session.get_positions(**LINEAR)["result"]["list"][0]["size"] == "0")
    assert session.get_open_orders(**LINEAR)["result"]["list"] == []
    assert session.get_closed_pnl(**LINEAR)["result"]["list"][0]["closedSize"] == "10000"
    assert (
        session.get_wallet_balance(accountType="UNIFIED", coin="USDT")["result"]["list"][0]["accountType"] == "UNIFIED"
    )


def test_pybit_hears_the_fill_and_places_orders_by_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Private topics after a login of one second, public tickers, and an order over the trade socket."""

    async def play(exchange: Exchange, addresses: Addresses) -> None:
        for call in ("subscribe", "order.create"):
            exchange.faults.add(parse({"fault": "delay", "call": call, "ms": DISTANCE_MS}))
        monkeypatch.setattr(trading, "PRIVATE_WSS", f"{addresses.stream}/v5/private")
        monkeypatch.setattr(trading, "PUBLIC_WSS", f"{addresses.stream}/v5/public/{{CHANNEL_TYPE}}")
        monkeypatch.setattr(sockets, "TRADE_WSS", f"{addresses.stream}/v5/trade")
        await asyncio.to_thread(listen_and_trade, http(addresses))

    against_box(play)


def listen_and_trade(session: Any) -> None:
    """Subscribe, place an order by frame, and hear it from every side."""
    told: dict[str, Queue[Any]] = {
        name: Queue() for name in ("order", "execution", "position", "wallet", "ticker", "ack")
    }
    private = trading.WebSocket(channel_type="private", testnet=False, api_key=KEY, api_secret=SECRET)
    public = trading.WebSocket(channel_type="linear", testnet=False)
    trade = trading.WebSocketTrading(testnet=False, api_key=KEY, api_secret=SECRET)
    try:
        subscribe: dict[str, Callable[..., None]] = {
            "order": private.order_stream,
            "execution": private.execution_stream,
            "position": private.position_stream,
            "wallet": private.wallet_stream,
        }
        for name, method in subscribe.items():
            method(told[name].put)
        public.ticker_stream(symbol=SYMBOL, callback=told["ticker"].put)
        assert told["ticker"].get(timeout=5)["data"]["symbol"] == SYMBOL
        for _ in range(20):  # the box has answered these, so it has read what was sent to it before them
            session.get_server_time()
        trade.place_order(told["ack"].put, **LINEAR, side="Buy", orderType="Market", qty="10000", orderLinkId="frame")
        placed = told["ack"].get(timeout=5)
        assert placed["data"]["orderLinkId"] == "frame"
        assert told["order"].get(timeout=5)["data"][0]["orderId"] == placed["data"]["orderId"]
        assert told["execution"].get(timeout=5)["data"][0]["orderLinkId"] == "frame"
        assert told["wallet"].get(timeout=5)["data"][0]["coin"][0]["coin"] == "USDT"
        sizes = [told["position"].get(timeout=5)["data"][0]["size"] for _ in range(2)]
        assert "10000" in sizes
    finally:
        for socket in (private, public, trade):
            hang_up(socket)


def hang_up(socket: Any) -> None:
    """Close a pybit socket; its ``exit`` waits for a thread of its own without any bound, so it gets two seconds."""
    leaving = threading.Thread(target=socket.exit, daemon=True)
    leaving.start()
    leaving.join(2)
