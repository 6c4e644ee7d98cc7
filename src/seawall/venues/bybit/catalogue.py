"""The rules of the contracts, from instruments-info (bybit.md 1.4, instruments.md 2).

Only perpetuals settled in USDT are ours, since positions are read by that coin; the list has dated futures and USDC
contracts too. `priceScale` is not the number of the tick's decimals and is not read. A market order may carry less than
a limit order, so `maxMktOrderQty` counts where it is given. There are no bands: a limit beyond the venue's bound is
moved to it, not refused. The maintenance rate stands in another list and is left at 0, "not said".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from seawall.model.ids import Symbol
from seawall.model.instrument import Instrument
from seawall.venues.bybit.wire import InstrumentRow, amount

PERPETUAL: Final = "LinearPerpetual"
SETTLED_IN: Final = "USDT"
TRADING: Final = "Trading"


def instruments_of(rows: Iterable[InstrumentRow]) -> tuple[tuple[Instrument, ...], tuple[str, ...]]:
    """All perpetuals of ours, in the venue's order; one without a tick or a step is left out and named."""
    ours = tuple(row for row in rows if row.contract_type == PERPETUAL and row.settle_coin == SETTLED_IN)
    usable = tuple(row for row in ours if amount(row.price_filter.tick_size) and amount(row.lot_size_filter.qty_step))
    lacking = tuple(f"instrument.{row.symbol}.tickSize or qtyStep" for row in ours if row not in usable)
    return tuple(_instrument(row) for row in usable), lacking


def _instrument(row: InstrumentRow) -> Instrument:
    lots = row.lot_size_filter
    return Instrument(
        symbol=Symbol(row.symbol),
        tick=amount(row.price_filter.tick_size),
        step=amount(lots.qty_step),
        min_quantity=amount(lots.min_order_qty),
        max_quantity=amount(lots.max_mkt_order_qty) or amount(lots.max_order_qty),
        min_notional=amount(lots.min_notional_value),
        max_leverage=amount(row.leverage_filter.max_leverage),
        trading=row.status == TRADING,
    )
