"""The hands of the experimenter: money, prices, what the venue forces, and what the owner does at the venue's own page.

Each deed happens at `now` (microseconds UTC), after everything that was due before, and is told to whoever listens.
What the owner does may be refused, as a client may be: `Refusal`.  What the experimenter cannot mean is ValueError, and
a name that nobody bears KeyError.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from venuesim.book import Book
from venuesim.facts import (
    ZERO,
    Direction,
    EndReason,
    OrderState,
    Purpose,
    Side,
    StopScope,
    StopState,
    StopTicket,
    TriggerBy,
)
from venuesim.floor import Floor
from venuesim.hands import WantedLimit, WantedMove, WantedStop

Done = TypeVar("Done")
LEFT_AWAY, LEFT_ID = Decimal("0.5"), "web_old"
"""Where a stop lies that was left behind, as a part of the mark, and its name."""


class Experimenter(ABC):
    """What can be done to a venue beside its edge; the exchange says how time passes and how news is told."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    @property
    def book(self) -> Book:
        """The truth; `book.history` is what judge and views read."""
        return self._floor.book

    @abstractmethod
    def _settle(self, now: int) -> int:
        """Run what is due up to `now`, and return the time that counts."""

    @abstractmethod
    def _tell(self) -> None:
        """Tell what has become true."""

    def _do(self, now: int, deed: Callable[[int], Done]) -> Done:
        """Do something at `now`, and tell what came of it, refused or not."""
        now = self._settle(now)
        try:
            return deed(now)
        finally:
            self._tell()

    # --- money and prices

    def deposit(self, account: str, amount: Decimal, now: int) -> None:
        """Add to an account's balance, or with a negative amount take from it."""
        self._do(now, lambda at: self.book.deposit(account, amount, at))

    def set_price(self, symbol: str, now: int, *, mark: Decimal | None = None, last: Decimal | None = None) -> None:
        """Set mark, last or both of a listed symbol; KeyError for another, ValueError unless above zero."""
        self._do(now, lambda at: self.book.set_price(symbol, mark, last, at))

    # --- what the venue forces

    def liquidate(self, account: str, symbol: str, now: int) -> OrderState:
        """Close a position at the mark as a liquidation; ValueError if it is flat."""
        return self._do(now, lambda at: self.book.forced.liquidate(account, symbol, at))

    def deleverage(self, account: str, symbol: str, fraction: Decimal, now: int) -> OrderState:
        """Take this fraction (0..1) of a position at the mark by auto-deleveraging; ValueError if it is flat."""
        return self._do(now, lambda at: self.book.forced.deleverage(account, symbol, fraction, at))

    # --- what the owner does by hand

    def trade_by_hand(self, account: str, symbol: str, side: Side, quantity: Decimal, now: int) -> OrderState:
        """Trade at the last price at once, past every check; returns the filled order."""
        return self._do(now, lambda at: self.book.hands.trade(account, symbol, side, quantity, at))

    def limit_by_hand(self, account: str, symbol: str, wanted: WantedLimit, now: int) -> OrderState:
        """Place a limit order good till cancelled; raises `Refusal`."""
        return self._do(now, lambda at: self.book.hands.place_limit(account, symbol, wanted, at))

    def cancel_order_by_hand(self, account: str, symbol: str, order_id: str, now: int) -> OrderState:
        """Cancel an open order; ORDER_UNKNOWN if there is none."""
        return self._do(now, lambda at: self.book.cancel(account, symbol, order_id, at))

    def cancel_by_hand(self, stop_id: str, now: int) -> StopState:
        """Cancel an open stop; KeyError if unknown, ValueError if it has ended."""
        return self._do(now, lambda at: self.book.end_stop(stop_id, EndReason.BY_USER, at))

    def move_stop_by_hand(self, account: str, symbol: str, wanted: WantedMove, now: int) -> StopState:
        """Move the stop (or take-profit): a cancel and a new one on Binance, in place on Bybit; raises `Refusal`."""
        return self._do(now, lambda at: self.book.hands.move_stop(account, symbol, wanted, at))

    def remove_stop_by_hand(self, account: str, symbol: str, now: int, *, purpose: Purpose = Purpose.STOP) -> StopState:
        """Take the stop (or take-profit) away, the position-wide one before others; STOP_UNKNOWN without one."""
        return self._do(now, lambda at: self.book.hands.remove_stop(account, symbol, at, purpose=purpose))

    def set_stop_by_hand(self, account: str, symbol: str, wanted: WantedStop, now: int) -> StopState:
        """Set a stop or take-profit, of a quantity (Bybit's Partial) or of the whole position; raises `Refusal`."""
        return self._do(now, lambda at: self.book.hands.set_stop(account, symbol, wanted, at))

    def leave_stop(self, account: str, symbol: str, now: int, quantity: Decimal = ZERO) -> StopState:
        """Leave a sell stop far below the market that no client of today named: what an earlier position left behind.

        Without a quantity it is the least that may be ordered.
        """
        rules = self._floor.instruments[symbol]

        def leave(at: int) -> StopState:
            trigger = self.book.market.prices(symbol).mark * LEFT_AWAY
            ticket = StopTicket(
                symbol,
                Side.SELL,
                trigger - trigger % rules.tick,
                TriggerBy.MARK,
                Direction.FALL,
                StopScope.QUANTITY,
                quantity=quantity or rules.min_quantity,
                client_id=LEFT_ID,
            )
            return self.book.place_stop(account, ticket, at)

        return self._do(now, leave)
