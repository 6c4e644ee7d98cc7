"""The languages of the venues; each is built from a `port.Core` and knows nothing of queues, faults or lag."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from venuesim.dialects.port import Core, Dialect

HOMES = {
    "binance": ("venuesim.dialects.binance.dialect", "BinanceDialect"),
    "bybit": ("venuesim.dialects.bybit.dialect", "BybitDialect"),
}


def build(venue: str, core: Core) -> Dialect:
    """Return the dialect of a venue over a core; KeyError for an unknown venue.

    A venue's dialect is imported when it is wanted, since the dialects import the port beside this file.
    """
    module, name = HOMES[venue]
    return cast("Dialect", getattr(import_module(module), name)(core))
