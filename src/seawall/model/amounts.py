"""Arithmetic of prices and quantities: exact, in `Decimal`, rounded only where a direction is named.

A quantity is rounded *down* to the lot, because a rounded-up size is more risk than was asked for. A stop's trigger is
rounded towards the entry, because a rounded-away stop is a larger loss than was asked for; but never onto or past the
reference price.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from seawall.model.ids import Side

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
BASIS_POINTS = Decimal(10_000)


def plain(amount: Decimal) -> str:
    """`amount` without an exponent, as venues want it: Decimal("1E-8") becomes "0.00000001"."""
    return format(amount.normalize() if amount else ZERO, "f")


def floor_to(amount: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` not above `amount`; `amount` itself where step is 0 (no such rule)."""
    return amount if not step else (amount / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to(amount: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` not below `amount`; `amount` itself where step is 0 (no such rule)."""
    return amount if not step else (amount / step).to_integral_value(ROUND_CEILING) * step


def trigger_towards_entry(price: Decimal, tick: Decimal, entry: Side) -> Decimal:
    """A stop's trigger on the tick grid, rounded towards the entry: up for a long, down for a short."""
    return ceil_to(price, tick) if entry is Side.BUY else floor_to(price, tick)


def percent_trigger(reference: Decimal, percent: Decimal, tick: Decimal, entry: Side) -> Decimal:
    """The trigger `percent` % behind `reference` against the entry's direction, on the tick grid."""
    return trigger_towards_entry(reference * (ONE - entry.sign * percent / HUNDRED), tick, entry)


def is_behind(trigger: Decimal, reference: Decimal, entry: Side) -> bool:
    """Whether a stop at `trigger` would not fire at once for a position opened by `entry` at `reference`."""
    return trigger < reference if entry is Side.BUY else trigger > reference


def slippage_bound(reference: Decimal, bps: Decimal, tick: Decimal, side: Side) -> Decimal:
    """The worst price of an order that may slip by `bps` basis points, rounded towards the market."""
    price = reference * (ONE + side.sign * bps / BASIS_POINTS)
    return floor_to(price, tick) if side is Side.BUY else ceil_to(price, tick)
