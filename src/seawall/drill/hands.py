"""What people do in a page: the sender, the owner, and other hands on the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from seawall.drill.page import Ask, Hand, Page, Rung
from seawall.drill.world import World
from seawall.model import inputs as inp
from seawall.model.ids import Side, SignalId, Symbol
from seawall.model.signal import Action, OnOpposite, Signal, Size, SizeUnit, Stop, TakeProfit, TriggerBy
from seawall.model.times import Instant
from venuesim import words
from venuesim.facts import StopStatus
from venuesim.hands import WantedMove, WantedStop

GO_HOME = ("close", "flatten", "open")
"""What a person does that may bring a position home: an opposite signal may, too."""
REFUSED_TO_HANDS = (
    words.Reason.NO_POSITION,
    words.Reason.NOT_MODIFIED,
    words.Reason.SYMBOL_NOT_TRADING,
    words.Reason.PRICE_RANGE,
    words.Reason.STOP_WRONG_SIDE,
    words.Reason.WOULD_TRIGGER,
    words.Reason.STOP_UNKNOWN,
)
"""What a venue may answer a hand as it may answer us: a position that it does not know yet
(`bybit.position_delay_us`), a stop that is there, or gone, a halted contract, a price beyond its bounds, a trigger that
the market has passed.
"""
_HUNDRED = Decimal(100)


def signal_of(world: World, page: Page, number: int) -> Signal:
    """The page's signal, as if it came now; `number` names it."""
    ask = page.signal
    symbol = Symbol(page.symbol(world.venue))
    return Signal(
        SignalId(f"s{number}"),
        world.account,
        symbol,
        Action.OPEN,
        world.clock - ask.made,
        world.clock,
        "drill",
        Side(ask.side),
        Size(SizeUnit(ask.unit), ask.size),
        _stop_of(world, ask, symbol),
        leverage=ask.leverage,
        max_age=int(ask.max_age),
        max_slippage_bps=ask.max_slippage_bps,
        take_profit=rungs_of(ask.take_profit) or None,
    )


def _stop_of(world: World, ask: Ask, symbol: Symbol) -> Stop:
    by = TriggerBy(ask.trigger_by)
    if ask.stop_is == "percent":
        return Stop(percent=ask.stop, trigger_by=by)
    prices = world.box.book.market.prices(symbol)
    watched = prices.mark if by is TriggerBy.MARK else prices.last
    away = ask.stop / _HUNDRED
    return Stop(price=watched * (1 - away if ask.side == "buy" else 1 + away), trigger_by=by)


def rungs_of(asked: Sequence[Rung] | None) -> tuple[TakeProfit, ...] | None:
    """The take-profits that a page asks for; None where it does not speak of them."""
    return None if asked is None else tuple(TakeProfit(rung.share, percent=rung.pct) for rung in asked)


class Hands:
    """Does the `[[hand]]` lines of a page in a world. `first` is the page's own signal, once it has come."""

    def __init__(self, world: World, page: Page, number: int) -> None:
        self._world = world
        self._page = page
        self._number = number
        self.signals: list[Signal] = []
        self.asked: list[tuple[str, Instant]] = []
        """When somebody asked for what may bring a position home, and on which symbol."""
        self._wishes = 0
        self._deeds: Mapping[str, Callable[[Hand], None]] = {
            "close": self._close,
            "protect": self._protect,
            "flatten": self._flatten,
            "resolve": self._resolve,
            "repeat": self._repeat,
            "reword": self._reword,
            "open": self._open,
            "trade": self._trade,
            "cancel_stop": self._cancel_stop,
            "move_stop": self._move_stop,
            "liquidate": self._liquidate,
            "deleverage": self._deleverage,
            "set_take_profit": self._set_take_profit,
            "leave_stop": self._leave_stop,
            "set_clock": self._set_clock,
        }

    def do(self, hand: Hand) -> None:
        """Does one line now; what the venue refuses is not done."""
        if hand.does in (*GO_HOME, "resolve") and (hand.does != "open" or hand.on_opposite != "refuse"):
            self.asked.append((self._symbol, self._world.now))
        try:
            self._deeds[hand.does](hand)
        except words.Refusal as refusal:
            if refusal.reason not in REFUSED_TO_HANDS:
                raise
        self._world.stir()

    def send(self) -> None:
        """The page's own signal arrives."""
        self.signals.append(signal_of(self._world, self._page, self._number))
        self._give(self.signals[0])

    @property
    def _symbol(self) -> Symbol:
        return Symbol(self._page.symbol(self._world.venue))

    def _give(self, signal: Signal) -> None:
        self._world.give(inp.SignalReceived(self._world.clock, signal))

    def _close(self, hand: Hand) -> None:
        if hand.part is None or hand.part == 1:
            self._world.give(inp.CloseRequested(self._world.clock, self._symbol, "owner"))
        else:
            self._wish(Action.CLOSE, percent=hand.part * _HUNDRED)

    def _protect(self, hand: Hand) -> None:
        stop = None if hand.break_even is None else Stop(break_even=hand.break_even)
        if hand.stop is not None:
            mark = self._world.box.book.market.prices(self._symbol).mark
            side = self.signals[0].side or Side.BUY
            stop = Stop(price=mark * (1 - side.sign * hand.stop / _HUNDRED))
        self._wish(Action.PROTECT, stop=stop, take_profit=rungs_of(hand.take_profit))

    def _flatten(self, hand: Hand) -> None:
        self._wish(Action.FLATTEN, symbol=Symbol(""))

    def _resolve(self, hand: Hand) -> None:
        self._world.give(inp.Resolved(self._world.clock, self.signals[0].id, "the operator's word"))

    def _wish(self, action: Action, **asked: Any) -> None:
        """A signal about the position that the page's own has opened."""
        self._wishes += 1
        now, name = self._world.clock, SignalId(f"s{self._number}-w{self._wishes}")
        usual: dict[str, Any] = {"side": None, "size": None, "stop": None, "leverage": None, "take_profit": None}
        changed = {**usual, "max_slippage_bps": None, **asked}
        self._give(replace(self.signals[0], id=name, action=action, made_at=now, received_at=now, **changed))

    def _set_clock(self, hand: Hand) -> None:
        self._world.set_clock(hand.by)

    def _repeat(self, hand: Hand) -> None:
        self._give(replace(self.signals[0], received_at=self._world.clock))

    def _reword(self, hand: Hand) -> None:
        size = Size(SizeUnit.QUOTE, Decimal(200))
        self._give(replace(self.signals[0], received_at=self._world.clock, size=size))

    def _open(self, hand: Hand) -> None:
        now, side = self._world.clock, Side(hand.side)
        another = replace(
            self.signals[0],
            id=SignalId(f"s{self._number}-{len(self.signals) + 1}"),
            made_at=now,
            received_at=now,
            side=side,
            stop=Stop(percent=hand.stop or Decimal(5)),
            on_opposite=OnOpposite(hand.on_opposite),
        )
        self.signals.append(another)
        self._give(another)

    def _trade(self, hand: Hand) -> None:
        world = self._world
        held = self._held()
        quantity = hand.quantity or abs(held * (hand.part or 0))
        if quantity:
            world.box.trade_by_hand(world.account, self._symbol, words.Side(hand.side.upper()), quantity, world.now)

    def _cancel_stop(self, hand: Hand) -> None:
        world = self._world
        for stop in world.box.book.open_stops(world.account, self._symbol):
            if stop.status is StopStatus.LIVE and stop.purpose is not words.Purpose.TAKE_PROFIT:
                world.box.cancel_by_hand(stop.stop_id, world.now)

    def _move_stop(self, hand: Hand) -> None:
        box, rules = self._world.box, self._world.box.instruments[self._symbol]
        if not any(stop.status is StopStatus.LIVE for stop in box.book.open_stops(self._world.account, self._symbol)):
            return
        side = Side.SELL if self._held() < 0 else Side.BUY
        mark = box.book.market.prices(self._symbol).mark
        trigger = mark * (1 - side.sign * (hand.stop or Decimal(1)) / _HUNDRED)
        box.move_stop_by_hand(
            self._world.account, self._symbol, WantedMove(trigger - trigger % rules.tick), self._world.now
        )

    def _liquidate(self, hand: Hand) -> None:
        self._world.stir()  # what takes the position in this very instant comes first
        if self._held():
            self._world.box.liquidate(self._world.account, self._symbol, self._world.now)

    def _deleverage(self, hand: Hand) -> None:
        self._world.stir()
        if self._held():
            self._world.box.deleverage(self._world.account, self._symbol, hand.part or Decimal(1), self._world.now)

    def _held(self) -> Decimal:
        """What stands on the slot: nothing, where a crash kept the entry from ever leaving."""
        return self._world.box.book.position(self._world.account, self._symbol).quantity

    def _set_take_profit(self, hand: Hand) -> None:
        """A crash may have kept the entry from ever leaving: then there is nothing to take a profit of."""
        world, held = self._world, self._held()
        if not held:
            return
        ahead = (hand.stop or Decimal(1)) / _HUNDRED
        tick = world.box.instruments[self._symbol].tick
        trigger = world.box.book.market.prices(self._symbol).mark * (1 + ahead if held > 0 else 1 - ahead)
        wanted = WantedStop(trigger - trigger % tick, words.Purpose.TAKE_PROFIT)
        world.box.set_stop_by_hand(world.account, self._symbol, wanted, world.now)

    def _leave_stop(self, hand: Hand) -> None:
        self._world.box.leave_stop(self._world.account, self._symbol, self._world.now, hand.quantity)
