"""The list of everything that became true, and how it is read back as of any moment.

Facts are appended and never changed.  Their times never run backwards, so the state of a thing as of a moment is the
last picture of it at or before that moment.  `as_of` reads go through small per-thing indexes; they hold the same
pictures as the list and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from venuesim.facts import (
    Fact,
    FillState,
    LeverageChanged,
    OrderAccepted,
    OrderEnded,
    OrderFilled,
    OrderState,
    PositionChanged,
    PositionState,
    PriceChanged,
    StopState,
    WalletChanged,
    WalletState,
)

State = TypeVar("State")


class _Pictures(Generic[State]):
    """Every picture of the things of one kind, by account and by the thing's own key, in order of time."""

    def __init__(self) -> None:
        self._by_account: dict[str, dict[str, list[tuple[int, State]]]] = {}

    def add(self, account: str, key: str, at: int, state: State) -> None:
        self._by_account.setdefault(account, {}).setdefault(key, []).append((at, state))

    def as_of(self, account: str, cutoff: int) -> list[State]:
        things = self._by_account.get(account, {})
        seen = (_last(pictures, cutoff) for pictures in things.values())
        return [state for state in seen if state is not None]

    def one_as_of(self, account: str, key: str, cutoff: int) -> State | None:
        return _last(self._by_account.get(account, {}).get(key, []), cutoff)


def _last(pictures: list[tuple[int, State]], cutoff: int) -> State | None:
    return next((state for at, state in reversed(pictures) if at <= cutoff), None)


class History:
    """The facts in order, iterable and indexable like a list, and the pictures in them as of any moment."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self._orders = _Pictures[OrderState]()
        self._stops = _Pictures[StopState]()
        self._positions = _Pictures[PositionState]()
        self._wallets = _Pictures[WalletState]()
        self._leverages = _Pictures[LeverageChanged]()
        self._fills: dict[str, list[FillState]] = {}

    def __len__(self) -> int:
        return len(self.facts)

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.facts)

    def __getitem__(self, index: int) -> Fact:
        return self.facts[index]

    def append(self, fact: Fact) -> None:
        """Write down a fact; its time must not lie before the last one's."""
        assert not self.facts or fact.mark.at >= self.facts[-1].mark.at, "history never runs backwards"
        self.facts.append(fact)
        self._index(fact, fact.mark.at)

    def _index(self, fact: Fact, at: int) -> None:
        match fact:
            case OrderAccepted() | OrderFilled() | OrderEnded():
                self._orders.add(fact.order.account, fact.order.order_id, at, fact.order)
                if isinstance(fact, OrderFilled):
                    self._fills.setdefault(fact.fill.account, []).append(fact.fill)
            case PositionChanged():
                self._positions.add(fact.position.account, fact.position.symbol, at, fact.position)
            case WalletChanged():
                self._wallets.add(fact.wallet.account, "", at, fact.wallet)
            case LeverageChanged():
                self._leverages.add(fact.account, fact.symbol, at, fact)
            case PriceChanged():
                pass
            case _:
                self._stops.add(fact.stop.account, fact.stop.stop_id, at, fact.stop)

    def orders_as_of(self, account: str, cutoff: int) -> list[OrderState]:
        """Return the orders that existed at `cutoff`, as they were then, oldest first."""
        return self._orders.as_of(account, cutoff)

    def stops_as_of(self, account: str, cutoff: int) -> list[StopState]:
        """Return the stops that existed at `cutoff`, as they were then, oldest first."""
        return self._stops.as_of(account, cutoff)

    def fills_as_of(self, account: str, cutoff: int) -> list[FillState]:
        """Return the fills made at or before `cutoff`, oldest first."""
        return [fill for fill in self._fills.get(account, []) if fill.at <= cutoff]

    def positions_as_of(self, account: str, cutoff: int) -> list[PositionState]:
        """Return the positions touched at or before `cutoff`, by symbol."""
        return sorted(self._positions.as_of(account, cutoff), key=lambda position: position.symbol)

    def position_as_of(self, account: str, symbol: str, cutoff: int) -> PositionState | None:
        """Return one position as it was, or None if it had never been touched."""
        return self._positions.one_as_of(account, symbol, cutoff)

    def wallet_as_of(self, account: str, cutoff: int) -> WalletState | None:
        """Return the settled balance as it was, or None before the account was opened."""
        return self._wallets.one_as_of(account, "", cutoff)

    def leverage_as_of(self, account: str, symbol: str, cutoff: int) -> LeverageChanged | None:
        """Return the last leverage change at or before `cutoff`, or None."""
        return self._leverages.one_as_of(account, symbol, cutoff)
