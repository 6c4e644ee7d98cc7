"""Queries: what may be asked as often as the venue permits, since asking changes nothing.

A query names the scope of the account that it reads; equal queries under way are one query. How many requests a query
takes is the codec's affair (Bybit's `AskOrder` reads the open list, the history and the executions), and an answer is
complete only if all of them were.
"""

from __future__ import annotations

from dataclasses import dataclass

from seawall.model.ids import ClientId, Symbol, VenueId
from seawall.model.times import Instant


@dataclass(frozen=True, slots=True)
class AskOrder:
    """What has become of one order, by our name; in every place where the venue may keep it."""

    symbol: Symbol
    client_id: ClientId


@dataclass(frozen=True, slots=True)
class AskFills:
    """The account's trades on a symbol since an instant (venue time)."""

    symbol: Symbol
    since: Instant


@dataclass(frozen=True, slots=True)
class AskPositions:
    """The account's positions; of one symbol, or of all with `symbol` None. A flat symbol is answered as amount 0."""

    symbol: Symbol | None = None


@dataclass(frozen=True, slots=True)
class AskBothSides:
    """Every position of the account, in hedge mode long and short apart: for who judges an account and trades nothing.
    The heart asks `AskPositions`, which fails in hedge mode, since a net amount would hide what is open.
    """


@dataclass(frozen=True, slots=True)
class AskStops:
    """The live stops of a symbol, whoever made them; of all symbols with None."""

    symbol: Symbol | None = None


@dataclass(frozen=True, slots=True)
class AskStop:
    """What has become of one stop, by our name or, where the venue gives stops no name, by its own id."""

    symbol: Symbol
    client_id: ClientId
    venue_id: VenueId = VenueId("")


@dataclass(frozen=True, slots=True)
class AskOpenOrders:
    """The open regular orders of a symbol, whoever made them; of all symbols with None."""

    symbol: Symbol | None = None


@dataclass(frozen=True, slots=True)
class AskOrders:
    """Every regular order of a symbol, open or ended, since an instant (venue time), whoever made it. What an account
    holds is explained by it where the journal does not know the signal (design, rules 19 and 20).
    """

    symbol: Symbol
    since: Instant


@dataclass(frozen=True, slots=True)
class AskInstruments:
    """The rules of all linear perpetuals."""


@dataclass(frozen=True, slots=True)
class AskMark:
    """Mark and last price of a symbol; of all symbols with None."""

    symbol: Symbol | None = None


@dataclass(frozen=True, slots=True)
class AskLeverage:
    """The leverage in force on a symbol; with None on all, where the venue can list it."""

    symbol: Symbol | None = None


@dataclass(frozen=True, slots=True)
class AskModes:
    """The account's modes, its id, and what the key may do."""


@dataclass(frozen=True, slots=True)
class AskWallet:
    """The account's equity and free margin."""


PublicQuery = AskInstruments | AskMark
"""What anybody may ask: the same for all accounts, and no word of the venue to one of them."""
Query = (
    AskOrder
    | AskFills
    | AskPositions
    | AskBothSides
    | AskStops
    | AskStop
    | AskOpenOrders
    | AskOrders
    | PublicQuery
    | AskLeverage
    | AskModes
    | AskWallet
)
