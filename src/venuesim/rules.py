"""How the two venues differ where the book itself must act differently; rows name their section of the venue book."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from msgspec import Struct

Venue = Literal["binance", "bybit"]


class Rules(Struct, frozen=True):
    """What the book does on one venue.

    `truncates`: a quantity off the step is cut down instead of refused (`bybit.md` 3.4).
    `ids_unique_for_ever`: a client id is never free again (`bybit.md` 3.3); otherwise only against open orders
    (`binance.md` 4.1).
    `attaches`: the position carries its stop and the child keeps the stop's id (`bybit.md` 3.5).
    `max_stops` per `stops_counted_per_symbol` or account (`binance.md` 1.5, `bybit.md` 1.3).
    """

    venue: Venue
    truncates: bool
    ids_unique_for_ever: bool
    attaches: bool
    max_stops: int
    stops_counted_per_symbol: bool
    default_leverage: Decimal
    taker_fee: Decimal
    maker_fee: Decimal


RULES: Mapping[str, Rules] = {
    "binance": Rules(
        venue="binance",
        truncates=False,
        ids_unique_for_ever=False,
        attaches=False,
        max_stops=200,
        stops_counted_per_symbol=False,
        default_leverage=Decimal(20),
        taker_fee=Decimal("0.0005"),
        maker_fee=Decimal("0.0002"),
    ),
    "bybit": Rules(
        venue="bybit",
        truncates=True,
        ids_unique_for_ever=True,
        attaches=True,
        max_stops=10,
        stops_counted_per_symbol=True,
        default_leverage=Decimal(10),
        taker_fee=Decimal("0.00055"),
        maker_fee=Decimal("0.0002"),
    ),
}
