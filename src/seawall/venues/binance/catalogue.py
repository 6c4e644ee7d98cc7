"""The rules of the contracts, from exchangeInfo and leverageBracket (binance.md 1.4, 1.5).

Precision fields are not ticks or steps and are not read. A market order must pass LOT_SIZE and MARKET_LOT_SIZE both,
so of two minima the larger and of two maxima the smaller counts; 0 means no such rule. Leverage and maintenance rate
come from the first risk tier, which is the one that starts at notional 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from seawall.model.amounts import ZERO
from seawall.model.ids import Symbol
from seawall.model.instrument import Instrument
from seawall.venues.binance import wire
from seawall.venues.binance.rows import Gaps
from seawall.venues.port import Reply

PERPETUAL: Final = ("PERPETUAL", "TRADIFI_PERPETUAL")
"""The contract types that never expire (binance.md 1.5)."""
TRADING: Final = "TRADING"
_NEEDED: Final[Mapping[str, Callable[[wire.Filter], wire.Amount]]] = {
    "PRICE_FILTER": lambda rule: rule.tick_size,
    "LOT_SIZE": lambda rule: rule.step_size,
}
"""What an order cannot be made without. Only a number that came as 0 says that there is no such rule."""
_ABSENT: Final = wire.Filter()
_NO_BRACKET: Final = wire.Bracket()


def instruments_of(info: Reply, brackets: Reply, gaps: Gaps) -> tuple[Instrument, ...]:
    """All perpetuals, in the venue's order. One without a rule that it needs is left out and named in `gaps`."""
    listed = wire.read(wire.ExchangeInfo, info.body).symbols
    if listed is None:
        raise wire.Incomplete("symbols: expected a list, came none")
    tiers = {row.symbol: _first_tier(row) for row in wire.read(list[wire.Brackets], brackets.body)}
    perpetuals = (row for row in listed if row.contract_type in PERPETUAL)
    found = (_instrument(row, tiers.get(row.symbol, _NO_BRACKET), gaps) for row in perpetuals)
    return tuple(instrument for instrument in found if instrument is not None)


def _first_tier(row: wire.Brackets) -> wire.Bracket:
    return min(row.brackets, key=lambda tier: tier.notional_floor.value or ZERO, default=_NO_BRACKET)


def _instrument(row: wire.Contract, tier: wire.Bracket, gaps: Gaps) -> Instrument | None:
    filters = {one.filter_type: one for one in row.filters}
    lacking = [name for name, number in _NEEDED.items() if number(filters.get(name, _ABSENT)).value is None]
    if not row.symbol or lacking:
        gaps.append(f"instrument.{row.symbol}.{'.'.join(lacking)}")
        return None
    lot, market = filters["LOT_SIZE"], filters.get("MARKET_LOT_SIZE", _ABSENT)
    band = filters.get("PERCENT_PRICE", _ABSENT)
    return Instrument(
        symbol=Symbol(row.symbol),
        tick=_or_none(filters["PRICE_FILTER"].tick_size),
        step=max(_or_none(lot.step_size), _or_none(market.step_size)),
        min_quantity=max(_or_none(lot.min_qty), _or_none(market.min_qty)),
        max_quantity=_smaller(_or_none(lot.max_qty), _or_none(market.max_qty)),
        min_notional=_or_none(filters.get("MIN_NOTIONAL", _ABSENT).notional),
        max_leverage=_or_none(tier.initial_leverage),
        trading=row.status == TRADING,
        band_up=_or_none(band.multiplier_up),
        band_down=_or_none(band.multiplier_down),
        maintenance_rate=_or_none(tier.maint_margin_ratio),
    )


def _or_none(amount: wire.Amount) -> Decimal:
    """The rule's number, 0 for no such rule."""
    return amount.value or ZERO


def _smaller(one: Decimal, other: Decimal) -> Decimal:
    """The smaller of two limits of which 0 is none."""
    return min(one, other) if one and other else one or other
