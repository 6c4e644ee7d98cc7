"""Bodies to parse, and the accounts they are for."""

from __future__ import annotations

import json

from seawall.intake.canonical import Defaults, parse
from seawall.intake.problem import Problem
from seawall.intake.served import LATER, Later
from seawall.model.ids import Account, Symbol, VenueName
from seawall.model.signal import Signal

NOW = 1_795_448_052_123_456
MAIN, SIDE = Account("main"), Account("side")
VENUES = {MAIN: VenueName.BINANCE, SIDE: VenueName.BYBIT}
LISTED = tuple(Symbol(name) for name in ("BTCUSDT", "ETHUSDT", "VELVETUSDT", "1000PEPEUSDT", "1000000BABYDOGEUSDT"))
SYMBOLS = {MAIN: LISTED, SIDE: LISTED}


def opening(**changes: object) -> dict[str, object]:
    """An opening that is right, with changes; a field changed to ... is left out."""
    body: dict[str, object] = {
        "id": "velvet-7",
        "account": "main",
        "symbol": "VELVETUSDT",
        "action": "open",
        "side": "sell",
        "size": {"quote": "50"},
        "stop": {"pct": "3"},
    }
    body.update(changes)
    return {name: value for name, value in body.items() if value is not ...}


def closing(**changes: object) -> dict[str, object]:
    """A close that is right, with changes."""
    return {"id": "close-7", "account": "main", "symbol": "VELVETUSDT", "action": "close", **changes}


def protecting(**changes: object) -> dict[str, object]:
    """A protect that is right but for what it says of stop or take-profits."""
    return {"id": "protect-7", "account": "main", "symbol": "VELVETUSDT", "action": "protect", **changes}


def parsed(body: object, defaults: Defaults | None = None, later: Later = LATER) -> Signal | Problem:
    """What the intake makes of a body: bytes as they are, anything else as JSON."""
    told = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse(told, NOW, VENUES, SYMBOLS, {MAIN: defaults} if defaults else None, later)


def signal(body: object, defaults: Defaults | None = None, later: Later = LATER) -> Signal:
    """The signal of a body that must be right."""
    found = parsed(body, defaults, later)
    assert isinstance(found, Signal), str(found)
    return found


def problem(body: object, defaults: Defaults | None = None, later: Later = LATER) -> Problem:
    """The problem of a body that must be wrong."""
    found = parsed(body, defaults, later)
    assert isinstance(found, Problem), str(found)
    return found
