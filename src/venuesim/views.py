"""What each reader is shown, and when: the truth as of some moment before now.

Every read goes through a *view* named like its call (order.get, positions.get, stops.open, ...).  A view lags behind
the truth by a draw of its own, so that two reads a moment apart may disagree, as replicas do (`binance.md` 4.6,
`bybit.md` 3.2); with `monotone_reads` a view never goes back behind what it has shown.  A draw is made once per
request, before it is carried out, so that carrying it out twice shows the same.

A fault may distort the reads of one request: a longer lag, a fixed moment, or an empty answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from venuesim.chance import Chance
from venuesim.facts import ZERO, FillState, OrderState, OrderStatus, PositionState, StopState, WalletState
from venuesim.ledger import Ledger, flat_position

MS = 1000


class Lag(Struct, frozen=True):
    """How far a view lies behind, in microseconds: usually `least`..`most`, in `tail_mille` of 1000 reads `tail`."""

    least: int = 0
    most: int = 0
    tail: int = 0
    tail_mille: int = 0

    def draw(self, chance: Chance, view: str, count: int) -> int:
        """Return the lag of the `count`th read of a view."""
        if self.tail_mille and chance.number(1000, "lag-tail", view, count) < self.tail_mille:
            return self.most + chance.number(max(self.tail - self.most, 1), "lag-long", view, count)
        return self.least + chance.number(self.most - self.least + 1, "lag", view, count)


NO_LAG = Lag()
STREAM_LAG = Lag(1 * MS, 15 * MS, 600 * MS, 5)

# binance.md 4.6, bybit.md 2.1 and 3.2: suggested simulator defaults
VENUE_LAGS: Mapping[str, Mapping[str, Lag]] = {
    "binance": {
        "order.get": Lag(0, 300 * MS, 10_000 * MS, 5),
        "order.history": Lag(0, 500 * MS, 10_000 * MS, 5),
        "orders.open": Lag(0, 300 * MS, 10_000 * MS, 5),
        "fills.get": Lag(0, 300 * MS, 5_000 * MS, 5),
        "positions.get": Lag(0, 300 * MS, 5_000 * MS, 5),
        "stop.get": Lag(0, 300 * MS, 10_000 * MS, 5),
        "stop.history": Lag(0, 500 * MS, 10_000 * MS, 5),
        "stops.open": Lag(0, 300 * MS, 10_000 * MS, 5),
    },
    "bybit": {
        "order.get": Lag(0, 300 * MS, 3_000 * MS, 5),
        "order.history": Lag(200 * MS, 5_000 * MS, 15_000 * MS, 5),
        "orders.open": Lag(0, 300 * MS, 3_000 * MS, 5),
        "fills.get": Lag(0, 500 * MS, 5_000 * MS, 5),
        "positions.get": Lag(0, 500 * MS, 5_000 * MS, 5),
        "stop.get": Lag(0, 300 * MS, 3_000 * MS, 5),
        "stop.history": Lag(200 * MS, 5_000 * MS, 15_000 * MS, 5),
        "stops.open": Lag(0, 300 * MS, 3_000 * MS, 5),
    },
}


class Distortion(Struct, frozen=True):
    """What a fault does to the reads of one request.

    `behind` replaces the drawn lag (microseconds); `frozen_at` shows the truth of that moment; `empty` shows nothing.
    `omits` leaves one symbol out, or with "*" all; `ended` shows every order ended so, with nothing filled.  `view`
    limits it to one reader ("" for all).
    """

    behind: int | None = None
    frozen_at: int | None = None
    empty: bool = False
    omits: str = ""
    ended: OrderStatus | None = None
    view: str = ""

    def leaves_out(self, symbol: str) -> bool:
        """Tell whether the rows of a symbol are not shown."""
        return self.omits in (symbol, "*")


CLEAR = Distortion()


class Views:
    """The lagging readers of one ledger."""

    def __init__(self, ledger: Ledger, chance: Chance, lags: Mapping[str, Lag], *, monotone: bool) -> None:
        self._ledger = ledger
        self._chance = chance
        self._lags = dict(lags)
        self._monotone = monotone
        self._shown: dict[tuple[str, str], int] = {}
        self._reads = 0
        self.distortion = CLEAR

    def set_lag(self, view: str, lag: Lag) -> None:
        """Choose the lag of one view, or with a topic's name (stream.order) of one stream."""
        self._lags[view] = lag

    def set_lags(self, lags: Mapping[str, Lag]) -> None:
        """Choose the lags of all views and topics anew."""
        self._lags = dict(lags)

    def lag_of_topic(self, topic: str, count: int) -> int:
        """Draw the lag of one pushed frame, in microseconds."""
        return self._lags.get(topic, NO_LAG).draw(self._chance, topic, count)

    def begin_read(self) -> None:
        """Let the coming request see draws of its own."""
        self._reads += 1

    def _bent(self, reader: str) -> Distortion:
        return self.distortion if self.distortion.view in ("", reader) else CLEAR

    def _cutoff(self, reader: str, account: str, now: int) -> int | None:
        """Return the moment this read shows, None if it shows nothing at all."""
        bent = self._bent(reader)
        if bent.empty:
            return None
        if bent.frozen_at is not None:
            return min(bent.frozen_at, now)
        if bent.behind is not None:
            return now - bent.behind
        cutoff = now - self._lags.get(reader, NO_LAG).draw(self._chance, reader, self._reads)
        if self._monotone:
            cutoff = self._shown[(reader, account)] = max(cutoff, self._shown.get((reader, account), 0))
        return cutoff

    def orders(self, reader: str, account: str, now: int) -> list[OrderState]:
        """Return every order this reader can see, ended ones included, oldest first."""
        cutoff = self._cutoff(reader, account, now)
        if cutoff is None:
            return []
        bent = self._bent(reader)
        seen = [one for one in self._ledger.history.orders_as_of(account, cutoff) if not bent.leaves_out(one.symbol)]
        if bent.ended is None:
            return seen
        return [replace(order, status=bent.ended, filled=ZERO, quote=ZERO, fee=ZERO) for order in seen]

    def stops(self, reader: str, account: str, now: int) -> list[StopState]:
        """Return every stop this reader can see, ended ones included, oldest first."""
        cutoff = self._cutoff(reader, account, now)
        if cutoff is None:
            return []
        bent = self._bent(reader)
        return [one for one in self._ledger.history.stops_as_of(account, cutoff) if not bent.leaves_out(one.symbol)]

    def fills(self, reader: str, account: str, now: int) -> list[FillState]:
        """Return every fill this reader can see, oldest first."""
        cutoff = self._cutoff(reader, account, now)
        if cutoff is None:
            return []
        bent = self._bent(reader)
        return [one for one in self._ledger.history.fills_as_of(account, cutoff) if not bent.leaves_out(one.symbol)]

    def positions(self, reader: str, account: str, now: int) -> list[PositionState]:
        """Return the positions ever touched, flat ones included, by symbol."""
        cutoff = self._cutoff(reader, account, now)
        if cutoff is None:
            return []
        bent = self._bent(reader)
        seen = [one for one in self._ledger.history.positions_as_of(account, cutoff) if not bent.leaves_out(one.symbol)]
        return [replace(position, leverage=self._leverage(position, cutoff)) for position in seen]

    def position(self, reader: str, account: str, symbol: str, now: int) -> PositionState:
        """Return one position; flat if never traded, or if the reader is shown nothing."""
        cutoff = None if self._bent(reader).leaves_out(symbol) else self._cutoff(reader, account, now)
        seen = None if cutoff is None else self._ledger.history.position_as_of(account, symbol, cutoff)
        flat = flat_position(account, symbol, self._ledger.default_leverage(symbol))
        return replace(seen or flat, leverage=self._leverage(seen or flat, now if cutoff is None else cutoff))

    def _leverage(self, position: PositionState, cutoff: int) -> Decimal:
        changed = self._ledger.history.leverage_as_of(position.account, position.symbol, cutoff)
        return self._ledger.default_leverage(position.symbol) if changed is None else changed.leverage

    def wallet(self, reader: str, account: str, now: int) -> WalletState:
        """Return the settled balance; without any earlier one, the newest."""
        cutoff = self._cutoff(reader, account, now)
        seen = None if cutoff is None else self._ledger.history.wallet_as_of(account, cutoff)
        return seen or self._ledger.wallet(account)

    def leverage(self, reader: str, account: str, symbol: str, now: int) -> Decimal:
        """Return the leverage this reader sees."""
        return self.position(reader, account, symbol, now).leverage


def lags_of(venue: str, choice: str) -> dict[str, Lag]:
    """Return the lag of every view and topic for the switch ``lag``: "venue" or "none"."""
    if choice == "none":
        return {}
    topics = ("order", "fill", "position", "stop", "wallet", "config")
    return {**VENUE_LAGS[venue], **{f"stream.{topic}": STREAM_LAG for topic in topics}}
