"""What the heart may know of a venue: not its name or its dialect, only how it differs where a rule depends on it.

The table of the two venues stands in their codecs (`venues/*/traits.py`), each value citing its page.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traits:
    """How a venue behaves where the rules of the house depend on it."""

    attaches_stop: bool
    """The stop travels with the entry and is created by the venue at the first fill (Bybit, tpslMode Full)."""
    names_stops: bool
    """A stop carries our client id at the venue (Binance's clientAlgoId); otherwise it is known by position, parent
    and trigger."""
    one_stop_per_position: bool
    """A second position-wide stop replaces the first (Bybit Full: an upsert) instead of being refused (Binance)."""
    engine_checks_window: bool
    """The matching engine refuses an entry past timestamp + receive window (Binance, -5028): absence is provable."""
    position_shows_stop: bool
    """The position row itself shows the stop's trigger (Bybit's stopLoss)."""
    names_fills: bool
    """A trade read from the venue carries its order's client id (Bybit's orderLinkId): one without is of no order that
    we named. Where it carries only an order id (Binance), a trade that nothing explains may be ours."""
    book_batch: int
    """From so many symbols on, one read of the account's whole book costs less than one read a symbol."""
    closes_whole: bool = False
    """A reduce-only market order may ask for all that is open instead of a quantity."""
