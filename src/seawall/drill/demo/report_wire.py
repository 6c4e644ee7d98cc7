"""How the report's bot speaks to a venue: a plain REST client of the kind that every bot has, on aiohttp alone.

It shares nothing with Seawall's codecs. Five calls: place a market order, read an order, read a position, set a stop,
and nothing is retried. Whatever the venue refuses, or does not answer within 10 s, is an exception. An order is told
as the venue tells it: Binance's reply carries side and state (binance.md 1.6), Bybit's an id alone (bybit.md 1.6).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from seawall.venues.port import Credentials

TIMEOUT = aiohttp.ClientTimeout(total=10)


class VenueError(Exception):
    """The venue said no."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the bot's library hands it out: an object, not a dictionary."""

    id: str
    symbol: str
    side: str | None
    status: str | None
    filled: Decimal
    average: Decimal


class Exchange(Protocol):
    """What the bot asks of a venue."""

    async def create_order(self, symbol: str, side: str, quantity: Decimal, *, reduce_only: bool = False) -> Order:
        """Places a market order."""
        ...

    async def fetch_order(self, order: Order) -> Order | None:
        """Reads an order back; None if the venue does not show it."""
        ...

    async def fetch_position(self, symbol: str) -> Decimal:
        """The position's signed size; zero if none is shown."""
        ...

    async def set_stop(self, symbol: str, side: str, trigger: Decimal) -> None:
        """Places a stop for the whole position; `side` is the position's entry side."""
        ...


@dataclass(frozen=True, slots=True)
class Binance:
    """Binance USD-M (binance.md 1.2, 1.6 to 1.9)."""

    session: aiohttp.ClientSession
    base: str
    keys: Credentials

    async def create_order(self, symbol: str, side: str, quantity: Decimal, *, reduce_only: bool = False) -> Order:
        """See `Exchange`."""
        asked = {"symbol": symbol, "side": side.upper(), "type": "MARKET", "quantity": format(quantity, "f")}
        return _binance_order(
            await self._call("POST", "/fapi/v1/order", asked | ({"reduceOnly": "true"} if reduce_only else {}))
        )

    async def fetch_order(self, order: Order) -> Order | None:
        """See `Exchange`."""
        found = await self._call("GET", "/fapi/v1/order", {"symbol": order.symbol, "orderId": order.id})
        return _binance_order(found)

    async def fetch_position(self, symbol: str) -> Decimal:
        """See `Exchange`."""
        rows = await self._call("GET", "/fapi/v2/positionRisk", {"symbol": symbol})
        return sum((Decimal(row["positionAmt"]) for row in rows), Decimal(0))

    async def set_stop(self, symbol: str, side: str, trigger: Decimal) -> None:
        """See `Exchange`."""
        asked = {
            "algoType": "CONDITIONAL",
            "symbol": symbol,
            "side": "SELL" if side == "buy" else "BUY",
            "type": "STOP_MARKET",
            "triggerPrice": format(trigger, "f"),
            "closePosition": "true",
            "workingType": "MARK_PRICE",
        }
        await self._call("POST", "/fapi/v1/algoOrder", asked)

    async def _call(self, method: str, path: str, asked: dict[str, str]) -> Any:
        query = urlencode({**asked, "recvWindow": "5000", "timestamp": str(_now_ms())})
        target = f"{self.base}{path}?{query}&signature={_sign(self.keys.secret, query)}"
        headers = {"X-MBX-APIKEY": self.keys.key}
        async with self.session.request(method, URL(target, encoded=True), headers=headers, timeout=TIMEOUT) as reply:
            body = await reply.read()
        if reply.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise VenueError(f"HTTP {reply.status}: {body.decode(errors='replace')[:200]}")
        return json.loads(body)


@dataclass(frozen=True, slots=True)
class Bybit:
    """Bybit v5 linear (bybit.md 1.1, 1.6)."""

    session: aiohttp.ClientSession
    base: str
    keys: Credentials

    async def create_order(self, symbol: str, side: str, quantity: Decimal, *, reduce_only: bool = False) -> Order:
        """See `Exchange`."""
        asked = {
            "category": "linear",
            "symbol": symbol,
            "side": side.capitalize(),
            "orderType": "Market",
            "qty": format(quantity, "f"),
            "reduceOnly": reduce_only,
        }
        created = await self._call("POST", "/v5/order/create", asked)
        return Order(created["orderId"], symbol, None, None, Decimal(0), Decimal(0))

    async def fetch_order(self, order: Order) -> Order | None:
        """See `Exchange`."""
        asked = {"category": "linear", "symbol": order.symbol, "orderId": order.id}
        rows = (await self._call("GET", "/v5/order/realtime", asked))["list"]
        return _bybit_order(rows[0]) if rows else None

    async def fetch_position(self, symbol: str) -> Decimal:
        """See `Exchange`."""
        rows = (await self._call("GET", "/v5/position/list", {"category": "linear", "symbol": symbol}))["list"]
        return sum((_signed(row) for row in rows), Decimal(0))

    async def set_stop(self, symbol: str, side: str, trigger: Decimal) -> None:
        """See `Exchange`."""
        asked = {
            "category": "linear",
            "symbol": symbol,
            "tpslMode": "Full",
            "positionIdx": 0,
            "stopLoss": format(trigger, "f"),
            "slTriggerBy": "MarkPrice",
        }
        await self._call("POST", "/v5/position/trading-stop", asked)

    async def _call(self, method: str, path: str, asked: dict[str, Any]) -> Any:
        query, body = (urlencode(asked), "") if method == "GET" else ("", json.dumps(asked))
        stamp, window = str(_now_ms()), "5000"
        headers = {
            "X-BAPI-API-KEY": self.keys.key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": window,
            "X-BAPI-SIGN": _sign(self.keys.secret, f"{stamp}{self.keys.key}{window}{query or body}"),
            **({"Content-Type": "application/json"} if body else {}),
        }
        target = URL(f"{self.base}{path}{f'?{query}' if query else ''}", encoded=True)
        sent = body.encode() or None
        async with self.session.request(method, target, headers=headers, data=sent, timeout=TIMEOUT) as reply:
            told = json.loads(await reply.read())
        if reply.status != 200 or told["retCode"] != 0:  # noqa: PLR2004 - HTTP's own number
            raise VenueError(f"{told.get('retCode')}: {told.get('retMsg')}")
        return told["result"]


def _binance_order(row: dict[str, Any]) -> Order:
    average = Decimal(row.get("avgPrice") or 0)
    return Order(
        str(row["orderId"]), row["symbol"], row["side"].lower(), row["status"], Decimal(row["executedQty"]), average
    )


def _bybit_order(row: dict[str, Any]) -> Order:
    filled, average = Decimal(row["cumExecQty"] or 0), Decimal(row["avgPrice"] or 0)
    return Order(row["orderId"], row["symbol"], row["side"].lower(), row["orderStatus"], filled, average)


def _signed(row: dict[str, Any]) -> Decimal:
    size = Decimal(row["size"] or 0)
    return -size if row["side"] == "Sell" else size


def _sign(secret: str, payload: str) -> str:
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
