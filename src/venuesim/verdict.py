"""What the judge finds, in records that can be written as JSON; times are microseconds UTC, decimals strings."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class EntryOrder(msgspec.Struct, frozen=True):
    """An order that opened or increased a position; `intended` is its whole quantity, `origin` who made it."""

    order_id: str
    client_id: str
    origin: str
    intended: Decimal
    filled: Decimal


class StopSpan(msgspec.Struct, frozen=True):
    """A stop's time of watching within an episode; `ended_at` None while it still does, `end` its last status.

    `purpose` is stop, take_profit or conditional; `origin` whose its trigger is, client or hand.
    """

    stop_id: str
    client_id: str
    trigger: Decimal
    live_at: int
    ended_at: int | None
    end: str
    purpose: str
    origin: str


class StopMove(msgspec.Struct, frozen=True):
    """The cover of a position went from one trigger to another, or away and back; None if it never came back.

    The trigger is the one at which the whole position would be closed.  `naked_us` is how long it stood without cover
    in between.
    """

    at: int
    from_trigger: Decimal
    to_trigger: Decimal | None
    naked_us: int


class Close(msgspec.Struct, frozen=True):
    """What took from a position: how much, under which name, when last.

    `what` is stop, take_profit (by trigger or by a resting reduce-only order), order, liquidation, adl or hand.
    """

    what: str
    order_id: str
    client_id: str
    quantity: Decimal
    at: int


class Episode(msgspec.Struct, frozen=True):
    """One position from flat to flat; times in microseconds UTC, `naked_usd_us` in quote times microseconds.

    `covered_at` is when it was first covered.  `increases` counts further orders that added to it; `turned_over` tells
    that a fill took it through zero to the other side.  `adopted_at` is when a position that no client opened was first
    covered by a client's stops.  `naked` holds every stretch without cover.
    """

    account: str
    symbol: str
    side: str
    opened_at: int
    closed_at: int | None
    peak: Decimal
    entries: list[EntryOrder]
    increases: int
    stops: list[StopSpan]
    moves: list[StopMove]
    covered_at: int | None
    adopted_at: int | None
    naked_us: int
    longest_naked_us: int
    naked_usd_us: Decimal
    closes: list[Close]
    turned_over: bool
    naked: list[tuple[int, int]] = []


class Standing(msgspec.Struct, frozen=True):
    """A position as it stands now."""

    account: str
    symbol: str
    quantity: Decimal
    entry_price: Decimal
    covered: bool
    stops: list[str]


class Orphan(msgspec.Struct, frozen=True):
    """A live order or stop on a symbol where the account is flat.

    `kind` is order or stop; `what` is stop, take_profit, conditional, or of an order that could open something entry.
    """

    account: str
    symbol: str
    kind: str
    id: str
    client_id: str
    what: str


class Verdict(msgspec.Struct, frozen=True):
    """The whole finding at a time; `moves` and `moves_naked_us` are the sums over all episodes."""

    venue: str
    at: int
    episodes: list[Episode]
    positions: list[Standing]
    orphans: list[Orphan]
    naked_us: int
    longest_naked_us: int
    opposite_positions: int
    increases: int
    moves: int
    moves_naked_us: int
