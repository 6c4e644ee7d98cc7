"""Prices and depth: where each symbol stands, and what a taker would find in the book.

The book of a symbol is synthetic: `levels` price steps on each side of the last price, each worth `notional` of quote,
renewed after every order.  That is enough for what an opening can meet: a fill at once, a fill over several levels, a
remainder when the book or the venue's price bound runs out, an empty book.  Prices move by control, or by a walk drawn
from the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from msgspec import Struct

from venuesim.dialects.port import Quote
from venuesim.facts import ZERO, Instrument, Side, TriggerBy


class Depth(Struct, frozen=True):
    """How much a taker finds: `levels` steps a side, `step_ticks` apart, the first `spread_ticks` from last.

    `notional` is the worth of each level in quote; `levels` 0 is an empty book.
    """

    levels: int = 10
    spread_ticks: int = 1
    step_ticks: int = 2
    notional: Decimal = Decimal(250_000)


class Prices(Struct, frozen=True):
    """Mark and last of a symbol, and since when (microseconds UTC)."""

    mark: Decimal
    last: Decimal
    at: int


_USUAL_DEPTH = Depth()
_NO_LEVEL = (ZERO, ZERO)


class _Top(Struct, frozen=True):
    """What takers find first, kept while what it follows from is the same: every reader of prices asks for it."""

    rules: Instrument
    depth: Depth
    prices: Prices
    ask: tuple[Decimal, Decimal] | None
    bid: tuple[Decimal, Decimal] | None


class Market:
    """The prices of one venue's symbols."""

    def __init__(self, instruments: Mapping[str, Instrument], start: int) -> None:
        self._instruments = instruments
        self._prices = {
            name: Prices(to_tick(rules.start_price, rules), to_tick(rules.start_price, rules), start)
            for name, rules in instruments.items()
        }
        self._depths: dict[str, Depth] = {}
        self._bites: dict[str, Callable[[int], None]] = {}
        self._tops: dict[str, _Top] = {}

    def prices(self, symbol: str) -> Prices:
        """Return mark and last; KeyError for an unlisted symbol."""
        return self._prices[symbol]

    def watched(self, symbol: str, by: TriggerBy) -> Decimal:
        """Return the price that a stop with this trigger source watches."""
        prices = self._prices[symbol]
        return prices.mark if by is TriggerBy.MARK else prices.last

    def move(self, symbol: str, mark: Decimal | None, last: Decimal | None, now: int) -> Prices:
        """Set one or both prices, rounded to the tick; ValueError unless they are above zero."""
        rules, old = self._instruments[symbol], self._prices[symbol]
        new = Prices(
            mark=old.mark if mark is None else to_tick(mark, rules),
            last=old.last if last is None else to_tick(last, rules),
            at=now,
        )
        if new.mark <= 0 or new.last <= 0:
            message = f"price of {symbol}: expected mark and last above zero, got {new.mark} and {new.last}"
            raise ValueError(message)
        self._prices[symbol] = new
        return new

    def set_depth(self, symbol: str, depth: Depth, bites: Callable[[int], None] | None = None) -> None:
        """Choose the depth of a listed symbol; KeyError for another.

        `bites` is told the time whenever an order takes something else than it would have from the usual book.
        """
        self._depths[self._instruments[symbol].symbol] = depth
        self._bites.pop(symbol, None)
        if bites is not None:
            self._bites[symbol] = bites

    def bites(self, symbol: str) -> Callable[[int], None] | None:
        """Return who wants to know what a changed depth does to orders, None if nobody does."""
        return self._bites.get(symbol)

    def offers(self, symbol: str, taker: Side, *, usual: bool = False) -> Iterator[tuple[Decimal, Decimal]]:
        """Yield what a taker of this side finds, best first: (price, quantity) per level; `usual`: in a usual book."""
        depth = _USUAL_DEPTH if usual else self._depth(symbol)
        rules, last = self._instruments[symbol], self._prices[symbol].last
        for index in range(depth.levels):
            price = last + taker.sign * (depth.spread_ticks + index * depth.step_ticks) * rules.tick
            if price <= 0:
                return
            yield price, to_step(depth.notional / price, rules)

    def brought(self, symbol: str, maker: Side, price: Decimal) -> Decimal:
        """Return what a resting order of this side gets now: a level's worth for each step that last lies beyond it.

        ZERO while last has not reached its price, and of an empty book.
        """
        rules, depth, last = self._instruments[symbol], self._depth(symbol), self._prices[symbol].last
        beyond = (price - last) * maker.sign
        if beyond < 0:
            return ZERO
        levels = min(1 + int(beyond // (max(depth.step_ticks, 1) * rules.tick)), depth.levels)
        return to_step(levels * depth.notional / price, rules)

    def best(self, symbol: str, taker: Side) -> tuple[Decimal, Decimal] | None:
        """Return the first level a taker of this side finds, None if the book is empty."""
        top = self._top(symbol)
        return top.ask if taker is Side.BUY else top.bid

    def _top(self, symbol: str) -> _Top:
        rules, depth, prices = self._instruments[symbol], self._depth(symbol), self._prices[symbol]
        known = self._tops.get(symbol)
        if known is None or known.rules is not rules or known.depth is not depth or known.prices is not prices:
            ask, bid = (next(self.offers(symbol, taker), None) for taker in (Side.BUY, Side.SELL))
            known = self._tops[symbol] = _Top(rules, depth, prices, ask, bid)
        return known

    def _depth(self, symbol: str) -> Depth:
        return self._depths.get(symbol, _USUAL_DEPTH) if self._depths else _USUAL_DEPTH

    def quote(self, symbol: str, now: int) -> Quote:
        """Return the prices of a listed symbol; KeyError for another."""
        top = self._top(symbol)
        prices, (ask, ask_quantity), (bid, bid_quantity) = top.prices, top.ask or _NO_LEVEL, top.bid or _NO_LEVEL
        return Quote(symbol, prices.mark, prices.last, bid, bid_quantity, ask, ask_quantity, now)


def to_tick(price: Decimal, rules: Instrument) -> Decimal:
    """Round a price to the nearest tick, in the tick's own decimals."""
    return ((price / rules.tick).to_integral_value(ROUND_HALF_UP) * rules.tick).quantize(rules.tick)


def to_step(quantity: Decimal, rules: Instrument) -> Decimal:
    """Cut a quantity down to the step, in the step's own decimals."""
    return ((quantity / rules.step).to_integral_value(ROUND_DOWN) * rules.step).quantize(rules.step)
