"""A hand lent over the control API: every deed, what it answers, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

from tests.venuesim.plain import START, box
from venuesim.control import Control
from venuesim.exchange import Exchange
from venuesim.wire import Request


def lend(exchange: Exchange, **wish: Any) -> tuple[int, Any]:
    """Lend a hand on account "a" and BTCUSDT and return status and answer."""
    body = json.dumps({"account": "a", "symbol": "BTCUSDT", **wish}).encode()
    reply = Control({exchange.venue: exchange}).handle(Request("POST", "/hand", (), body), START + 1)
    return reply.status, json.loads(reply.body)


def test_the_owner_trades_places_and_cancels() -> None:
    """A trade fills at once, a limit order rests under an id of the page until he cancels it."""
    exchange = box()
    assert lend(exchange, do="trade", side="BUY", quantity="0.02")[1]["status"] == "FILLED"
    status, order = lend(exchange, do="limit", side="SELL", quantity="0.01", price="109000", reduce_only=True)
    assert (status, order["status"], order["client_id"]) == (200, "NEW", "web_2")
    assert lend(exchange, do="cancel_order", order_id=order["order_id"])[1]["status"] == "CANCELED"
    assert lend(exchange, do="cancel_order", order_id=order["order_id"]) == (409, {"refused": "order_unknown"})


def test_the_owner_sets_moves_and_removes_stops() -> None:
    """A stop and a take-profit are told apart by their purpose, and a second of a kind is refused."""
    exchange = box()
    lend(exchange, do="trade", side="BUY", quantity="0.02")
    assert lend(exchange, do="set_stop", trigger="100000")[1]["origin"] == "hand"
    assert lend(exchange, do="set_stop", trigger="99000") == (409, {"refused": "stop_exists"})
    assert lend(exchange, do="set_stop", trigger="120000", purpose="take_profit")[0] == 200
    assert lend(exchange, do="move_stop", trigger="121000", purpose="take_profit")[1]["trigger"] == "121000"
    assert lend(exchange, do="remove_stop")[1]["trigger"] == "100000"
    assert lend(exchange, do="remove_stop") == (409, {"refused": "stop_unknown"})
    assert [stop["purpose"] for stop in lend(exchange, do="cancel_stop")[1]] == ["take_profit"]


def test_the_venue_deleverages_and_liquidates() -> None:
    """Half goes, then all; then there is nothing to take."""
    exchange = box()
    lend(exchange, do="trade", side="BUY", quantity="0.02")
    assert lend(exchange, do="deleverage", fraction="0.5")[1]["filled"] == "0.010"
    assert lend(exchange, do="liquidate")[1]["filled"] == "0.010"
    status, answer = lend(exchange, do="deleverage")
    assert (status, "expected a position" in answer["error"]) == (422, True)
