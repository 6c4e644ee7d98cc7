"""Faults planted on an account that something else trades: each by the hand of another client, a minute ago.

The names are those of other programs, and two of Seawalls that are not this one; nothing here is known to any journal.
"""

from __future__ import annotations

from decimal import Decimal

from seawall.audit.findings import Kind
from seawall.model.ids import Leg, SignalId, client_id
from seawall.model.times import SECOND, Duration
from venuesim.exchange import Exchange
from venuesim.words import (
    ZERO,
    Direction,
    OrderKind,
    OrderTicket,
    Side,
    StopScope,
    StopTicket,
    TriggerBy,
)

HERE, ELSEWHERE = "here", "else"
"""The installation that audits, and one that was here before."""
Found = tuple[Kind, str]
"""A kind, and the symbol that it must be named on; empty where it is about the account."""


def ours(installation: str, leg: Leg = Leg.STOP) -> str:
    """A name of a Seawall's."""
    return client_id(installation, SignalId("long ago"), leg, 1_763_000_000, 0)


class Hands:
    """What others do at a box, one thing each `pause`, beginning when the box began."""

    def __init__(self, box: Exchange, account: str = "main", pause: Duration = SECOND // 2) -> None:
        self.box = box
        self.account = account
        self.pause = pause
        self.now = box.start

    def later(self) -> int:
        """One pause later."""
        self.now += self.pause
        return self.now

    def price(self, symbol: str, part: str = "1") -> Decimal:
        """A part of the mark, on the tick."""
        price = self.box.book.market.prices(symbol).mark * Decimal(part)
        return price - price % self.box.instruments[symbol].tick

    def least(self, symbol: str, times: int) -> Decimal:
        """Some times the least quantity that is worth an order."""
        rules = self.box.instruments[symbol]
        worth = Decimal(20) / self.price(symbol)
        return times * max(rules.min_quantity, worth - worth % rules.step + rules.step)

    def trade(self, symbol: str, side: Side, times: int = 10) -> Decimal:
        """A position by hand; its size."""
        quantity = self.least(symbol, times)
        self.box.trade_by_hand(self.account, symbol, side, quantity, self.later())
        return quantity

    def stop(
        self,
        symbol: str,
        quantity: Decimal,
        part: str = "0.9",
        *,
        side: Side = Side.SELL,
        name: str = "",
        kind: OrderKind = OrderKind.MARKET,
        reduces: bool = True,
    ) -> str:
        """A stop that waits for a fall if it sells, for a rise if it buys; of the whole position without a quantity."""
        ticket = StopTicket(
            symbol,
            side,
            self.price(symbol, part),
            TriggerBy.MARK,
            Direction.FALL if side is Side.SELL else Direction.RISE,
            StopScope.QUANTITY if quantity else StopScope.POSITION,
            quantity=quantity,
            reduce_only=reduces,
            client_id=name or f"freqtrade_{self.now}",
            kind=kind,
            price=self.price(symbol, part) if kind is OrderKind.LIMIT else ZERO,
        )
        placed = self.box.book.place_stop(self.account, ticket, self.later())
        self.box.set_price(symbol, self.later())
        return placed.stop_id

    def order(self, symbol: str, side: Side, part: str, times: int, *, reduces: bool = False, name: str = "") -> None:
        """A limit order that rests."""
        ticket = OrderTicket(
            symbol,
            side,
            OrderKind.LIMIT,
            self.least(symbol, times),
            self.price(symbol, part),
            reduce_only=reduces,
            client_id=name or f"hbot-{self.now}",
        )
        self.box.book.submit(self.account, ticket, self.later())
        self.box.set_price(symbol, self.later())


def plant_binance(box: Exchange) -> None:
    """Twenty-one faults, `BINANCE` names them."""
    box.set_switch("binance.reduce_only_overtaken", "stay")
    hands = Hands(box)
    hands.trade("SOLUSDT", Side.BUY)
    hands.trade("XRPUSDT", Side.BUY)
    hands.stop("XRPUSDT", hands.least("XRPUSDT", 4))
    hands.stop("ADAUSDT", hands.least("ADAUSDT", 1), "0.5", name="web_old")
    _orphaned_order(hands, "LTCUSDT")
    hands.trade("DOGEUSDT", Side.SELL)
    hands.stop("DOGEUSDT", hands.least("DOGEUSDT", 10))
    _stuck(hands, "TRXUSDT")
    whole = hands.trade("LINKUSDT", Side.BUY)
    hands.stop("LINKUSDT", ZERO)
    hands.stop("LINKUSDT", whole, "0.92")
    hands.trade("AVAXUSDT", Side.BUY)
    hands.stop("AVAXUSDT", hands.least("AVAXUSDT", 30), reduces=False)
    limited = hands.trade("BNBUSDT", Side.BUY)
    hands.stop("BNBUSDT", limited, kind=OrderKind.LIMIT)
    hands.order("ETHUSDT", Side.BUY, "0.97", 2)
    hands.stop("VELVETUSDT", hands.least("VELVETUSDT", 2), "1.1", side=Side.BUY, reduces=False, name="x-grid7")
    hands.stop("APTUSDT", hands.least("APTUSDT", 1), "0.6", name=ours(HERE))
    hands.stop("DOTUSDT", hands.least("DOTUSDT", 1), "0.6", name=ours(ELSEWHERE))
    box.book.set_leverage("main", "BTCUSDT", Decimal(25), hands.later())
    _on_the_edge(hands, "BTCUSDT")


def _orphaned_order(hands: Hands, symbol: str) -> None:
    """Two orders that only reduce outlive their position; then the position is turned over."""
    hands.trade(symbol, Side.BUY)
    hands.order(symbol, Side.SELL, "1.05", 5, reduces=True)
    hands.trade(symbol, Side.SELL)
    hands.trade("SUIUSDT", Side.BUY)
    hands.order("SUIUSDT", Side.SELL, "1.05", 5, reduces=True)
    hands.trade("SUIUSDT", Side.SELL, 20)


def _stuck(hands: Hands, symbol: str) -> None:
    """A stop fires and hangs on its way to the engine."""
    hands.trade(symbol, Side.BUY)
    hands.stop(symbol, ZERO, "0.99")
    hands.box.book.stops.hold_in_engine(hands.account, symbol, lambda now: True)
    mark = hands.box.book.market.prices(symbol).mark
    hands.box.set_price(symbol, hands.later(), mark=mark * Decimal("0.98"), last=mark * Decimal("0.98"))


def _on_the_edge(hands: Hands, symbol: str) -> None:
    """A position whose liquidation is 4 % away, with a stop beyond it, on an account without much else."""
    wanted = hands.least(symbol, 400) * hands.price(symbol) * Decimal("0.047")
    balance = hands.box.book.ledger.wallet(hands.account).balance
    hands.box.deposit(hands.account, wanted - balance, hands.later())
    hands.trade(symbol, Side.BUY, 400)
    hands.stop(symbol, ZERO, "0.5")


BINANCE: tuple[Found, ...] = (
    (Kind.NAKED_POSITION, "SOLUSDT"),
    (Kind.PARTLY_COVERED, "XRPUSDT"),
    (Kind.STOP_TOO_SMALL, "XRPUSDT"),
    (Kind.ORPHAN_STOP, "ADAUSDT"),
    (Kind.ORPHAN_REDUCE_ONLY, "LTCUSDT"),
    (Kind.REDUCE_ONLY_WRONG_SIDE, "SUIUSDT"),
    (Kind.STOP_WRONG_SIDE, "DOGEUSDT"),
    (Kind.NAKED_POSITION, "DOGEUSDT"),
    (Kind.STOP_STUCK, "TRXUSDT"),
    (Kind.NAKED_POSITION, "TRXUSDT"),
    (Kind.DUPLICATE_STOPS, "LINKUSDT"),
    (Kind.STOP_MAY_FLIP, "AVAXUSDT"),
    (Kind.STOP_MAY_NOT_FILL, "BNBUSDT"),
    (Kind.RESTING_ENTRY, "ETHUSDT"),
    (Kind.WAITING_ENTRY, "VELVETUSDT"),
    (Kind.LEFTOVER, "APTUSDT"),
    (Kind.OTHER_INSTALLATION, "DOTUSDT"),
    (Kind.SEVERAL_INSTALLATIONS, ""),
    (Kind.STOP_BEYOND_LIQUIDATION, "BTCUSDT"),
    (Kind.LIQUIDATION_NEAR, "BTCUSDT"),
    (Kind.HIGH_LEVERAGE, "BTCUSDT"),
    (Kind.THIN_MARGIN, ""),
    (Kind.CROSS_MARGIN, ""),
)


def plant_bybit(box: Exchange) -> None:
    """What only this venue has, and some of the rest; `BYBIT` names it."""
    box.set_switch("bybit.reduce_only_overtaken", "stay")
    hands = Hands(box)
    hands.trade("SOLUSDT", Side.SELL)
    hands.trade("XRPUSDT", Side.BUY)
    hands.stop("XRPUSDT", hands.least("XRPUSDT", 4))
    for number in range(9):
        hands.stop("ADAUSDT", hands.least("ADAUSDT", 1), "0.5", name=f"ccxt-{number}")
    hands.trade("LTCUSDT", Side.BUY)
    hands.order("LTCUSDT", Side.SELL, "1.05", 5, reduces=True)
    hands.trade("LTCUSDT", Side.SELL)
    hands.stop("DOTUSDT", hands.least("DOTUSDT", 1), "0.6", name=ours(ELSEWHERE))
    hands.order("ETHUSDT", Side.BUY, "0.97", 2)


BYBIT: tuple[Found, ...] = (
    (Kind.NAKED_POSITION, "SOLUSDT"),
    (Kind.PARTLY_COVERED, "XRPUSDT"),
    (Kind.STOP_TOO_SMALL, "XRPUSDT"),
    (Kind.ORPHAN_STOP, "ADAUSDT"),
    (Kind.NEAR_ORDER_CAP, "ADAUSDT"),
    (Kind.ORPHAN_REDUCE_ONLY, "LTCUSDT"),
    (Kind.OTHER_INSTALLATION, "DOTUSDT"),
    (Kind.RESTING_ENTRY, "ETHUSDT"),
    (Kind.KEY_MAY_WITHDRAW, ""),
    (Kind.KEY_NOT_BOUND, ""),
    (Kind.CROSS_MARGIN, ""),
)
