"""The symbols each venue lists, with the real rules of `instruments.md`, as data files beside this one.

Every row carries the date its rules were seen (`as_of`) and the sections it rests on (`source`), and says what was
derived or chosen where the sources are silent.  Decimals keep the venue's trailing zeros, since clients see them.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from importlib.resources import files

import msgspec

from venuesim.facts import Bracket, Instrument


class _BracketRow(msgspec.Struct, frozen=True):
    floor: Decimal
    cap: Decimal
    maintenance_rate: Decimal
    max_leverage: Decimal
    cum: Decimal


class _Row(msgspec.Struct, frozen=True):
    symbol: str
    base: str
    quote: str
    status: str
    tick: Decimal
    min_price: Decimal
    max_price: Decimal
    step: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    market_max_quantity: Decimal
    min_notional: Decimal
    price_up: Decimal
    price_down: Decimal
    take_bound: Decimal
    start_price: Decimal
    as_of: str
    source: str
    extra: dict[str, str]
    brackets: list[_BracketRow]


class _Sheet(msgspec.Struct, frozen=True):
    venue: str
    as_of: str
    about: str
    symbols: list[_Row]


@cache
def load(venue: str) -> dict[str, Instrument]:
    """Return the catalogue of a venue ("binance" or "bybit") by symbol, in the order of its file.

    The mapping is shared: copy it before changing it.  Raises FileNotFoundError for another venue.
    """
    text = files(__name__).joinpath(f"{venue}.json").read_bytes()
    sheet = msgspec.json.decode(text, type=_Sheet)
    return {row.symbol: _instrument(row) for row in sheet.symbols}


def _instrument(row: _Row) -> Instrument:
    fields = {name: getattr(row, name) for name in row.__struct_fields__ if name not in ("brackets", "source")}
    brackets = tuple(
        Bracket(
            floor=step.floor,
            cap=step.cap,
            maintenance_rate=step.maintenance_rate,
            max_leverage=step.max_leverage,
            cum=step.cum,
        )
        for step in row.brackets
    )
    return Instrument(brackets=brackets, **fields)
