"""The plain script: the two calls that every bot makes, on bare aiohttp, and nothing else.

No journal, no check, no verification, no second look; a reply is read as far as it must be to know that it was not a
refusal. On Binance a market entry, then a closePosition stop (binance.md 1.6, 1.9); on Bybit one market entry with its
stop attached (bybit.md 1.5). Orders bear a name, as ours do, and ask for the same kind of reply. Its session is as warm
as ours. It is the floor: whatever is built on aiohttp cannot be quicker than this.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from seawall.drill.bench.slots import Slot
from seawall.model.ids import VenueName
from seawall.model.times import MILLISECOND, Instant

_HTTP_OK = 200


class RefusedError(Exception):
    """The venue said no, which in a bench means that the bench is wrong."""


@dataclass
class PlainScript:
    """One account of the script at one venue."""

    web: aiohttp.ClientSession
    rest: str
    key: str
    secret: str
    venue_now: Callable[[], Instant]
    _sent: int = field(default=0)

    async def open(self, slot: Slot) -> dict[str, Instant]:
        """Entry and stop; the venue times at which it began, knew of each reply, and was done."""
        marks = {"began": self.venue_now()}
        if slot.venue is VenueName.BINANCE:
            await self._binance("/fapi/v1/order", self._entry_at_binance(slot))
            marks["entry_reply"] = self.venue_now()
            await self._binance("/fapi/v1/algoOrder", self._stop_at_binance(slot))
        else:
            await self._bybit("/v5/order/create", self._entry_at_bybit(slot))
            marks["entry_reply"] = self.venue_now()
        return marks | {"done": self.venue_now()}

    # ---- Binance

    def _entry_at_binance(self, slot: Slot) -> dict[str, str]:
        return {
            "symbol": slot.symbol,
            "side": "BUY",
            "type": "MARKET",
            "quantity": slot.quantity,
            "newClientOrderId": self._name(),
            "newOrderRespType": "RESULT",
        }

    def _stop_at_binance(self, slot: Slot) -> dict[str, str]:
        return {
            "algoType": "CONDITIONAL",
            "symbol": slot.symbol,
            "side": "SELL",
            "type": "STOP_MARKET",
            "triggerPrice": slot.trigger,
            "workingType": "MARK_PRICE",
            "closePosition": "true",
            "clientAlgoId": self._name(),
        }

    async def _binance(self, path: str, asked: dict[str, str]) -> None:
        query = urlencode({**asked, "recvWindow": "5000", "timestamp": str(self.venue_now() // MILLISECOND)})
        url = URL(f"{self.rest}{path}?{query}&signature={self._sign(query)}", encoded=True)
        async with self.web.post(url, headers={"X-MBX-APIKEY": self.key}) as reply:
            body = await reply.read()
        if reply.status != _HTTP_OK:
            raise RefusedError(f"{path}: {reply.status} {body.decode(errors='replace')}")

    # ---- Bybit

    def _entry_at_bybit(self, slot: Slot) -> dict[str, object]:
        return {
            "category": "linear",
            "symbol": slot.symbol,
            "side": "Buy",
            "orderType": "Market",
            "qty": slot.quantity,
            "positionIdx": 0,
            "orderLinkId": self._name(),
            "stopLoss": slot.trigger,
            "slTriggerBy": "MarkPrice",
            "tpslMode": "Full",
            "slOrderType": "Market",
        }

    async def _bybit(self, path: str, asked: dict[str, object]) -> None:
        body, stamp = json.dumps(asked), str(self.venue_now() // MILLISECOND)
        headers = {
            "X-BAPI-API-KEY": self.key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": "5000",
            "X-BAPI-SIGN": self._sign(f"{stamp}{self.key}5000{body}"),
            "Content-Type": "application/json",
        }
        async with self.web.post(f"{self.rest}{path}", headers=headers, data=body.encode()) as reply:
            told = json.loads(await reply.read())
        if reply.status != _HTTP_OK or told["retCode"] != 0:
            raise RefusedError(f"{path}: {reply.status} {told}")

    def _sign(self, payload: str) -> str:
        return hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()

    def _name(self) -> str:
        self._sent += 1
        return f"plain-{self._sent}"
