"""What happens to guarded positions in a minute: wishes of their owner, hands at the venue, faults of the wire.

Everything is drawn from one seed and light: each fault strikes once or a few times, one account, and is over within
half a minute. Nothing here opens a position, closes one whole or adds to one, so that whatever ends without its stop,
its take-profit or a price beyond them was given up by the house.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from seawall.drill.wire.boxes import Box
from seawall.drill.wire.remote import BoxError
from seawall.drill.wire.stage import Doors
from seawall.model.amounts import plain
from seawall.model.times import SECOND
from venuesim import catalogue

FAULT_LASTS = 30 * SECOND
"""After that a fault that nothing has met is over."""
LOST = ("stop.create", "order.create", "stop.cancel", "positions.get", "stops.open")
"""Calls whose reply is lost now and then, after they were carried out."""
CUT = 1006


@dataclass(frozen=True, slots=True)
class Place:
    """A position that is guarded."""

    box: Box
    account: str
    symbol: str


@dataclass(slots=True)
class Unrest:
    """Draws what happens next, does it, and counts what came of it."""

    places: Sequence[Place]
    doors: Doors
    chance: random.Random
    wished: Counter[str] = field(default_factory=Counter)
    """By wish and by the intake's answer."""
    done: Counter[str] = field(default_factory=Counter)
    """Hands and faults, by kind."""
    uncovered: set[tuple[str, str]] = field(default_factory=set)
    """Slots whose stop a hand has cancelled: their naked time is that hand's."""
    _number: int = 0

    async def wish(self) -> None:
        """The owner asks for something about one position."""
        place = self.chance.choice(self.places)
        does, body = self.chance.choice(_WISHES)(self.chance)
        self._number += 1
        told = await self.doors.post(
            {"id": f"w{self._number}", "account": place.account, "symbol": place.symbol, **body}
        )
        self.wished[f"{does} {told.body.get('error', {}).get('code', told.status)}"] += 1

    async def fault(self) -> None:
        """Something goes wrong on one account's way to the venue."""
        place = self.chance.choice(self.places)
        now, start = await place.box.remote.clock()
        line = self.chance.choice(_FAULTS)(self.chance)
        given = {"account": place.account, "after": now - start, "until": now - start + FAULT_LASTS, **line}
        await place.box.remote.add([given])
        self.done[f"fault {line['fault']}"] += 1

    async def hand(self) -> None:
        """Somebody does something at the venue's own page. It may refuse: the position may be gone by then."""
        place = self.chance.choice(self.places)
        deed: Callable[[Place], Awaitable[None]] = self.chance.choice((self._cancel_stop, self._part))
        try:
            await deed(place)
        except BoxError:
            self.done["hand refused"] += 1

    async def _cancel_stop(self, place: Place) -> None:
        self.uncovered.add((place.account, place.symbol))
        await place.box.remote.hand("cancel_stop", account=place.account, symbol=place.symbol)
        self.done["hand cancel_stop"] += 1

    async def _part(self, place: Place) -> None:
        """A fifth of the position is closed by hand."""
        held = await place.box.remote.position(place.account, place.symbol)
        step = catalogue.load(place.box.venue.value)[place.symbol].step
        quantity = (abs(held) / 5 // step) * step
        if quantity:
            side = "SELL" if held > 0 else "BUY"
            await place.box.remote.hand(
                "trade", account=place.account, symbol=place.symbol, side=side, quantity=str(quantity)
            )
            self.done["hand part"] += 1


Wish = tuple[str, dict[str, Any]]


def _move(chance: random.Random) -> Wish:
    return "move", {"action": "protect", "stop": {"pct": plain(Decimal(chance.randint(30, 70)) / 10)}}


def _part(chance: random.Random) -> Wish:
    return "part", {"action": "close", "percent": str(chance.randint(10, 30))}


def _take_profit(chance: random.Random) -> Wish:
    rungs = [{"pct": str(chance.randint(4, 6)), "share": "30"}, {"pct": str(chance.randint(7, 9)), "share": "30"}]
    return "take_profit", {"action": "protect", "take_profit": rungs}


_WISHES: tuple[Callable[[random.Random], Wish], ...] = (_move, _move, _part, _take_profit)


def _delay(chance: random.Random) -> Mapping[str, Any]:
    where = chance.choice(("request", "engine", "reply"))
    return {"fault": "delay", "ms": chance.randint(50, 1_500), "where": where, "times": 3}


def _reply_lost(chance: random.Random) -> Mapping[str, Any]:
    return {"fault": "reply_lost", "call": chance.choice(LOST), "mode": chance.choice(("reset", "hang")), "times": 1}


def _stream_cut(_: random.Random) -> Mapping[str, Any]:
    return {"fault": "stream_cut", "code": CUT, "times": 1}


def _stream_delay(chance: random.Random) -> Mapping[str, Any]:
    return {"fault": "stream_delay", "ms": chance.randint(200, 2_000), "times": 5}


def _stream_drop(_: random.Random) -> Mapping[str, Any]:
    return {"fault": "stream_drop", "times": 1}


_FAULTS: tuple[Callable[[random.Random], Mapping[str, Any]], ...] = (
    _delay,
    _reply_lost,
    _stream_cut,
    _stream_delay,
    _stream_drop,
)
