"""What happens in the world beside any request: prices that walk or jump, other hands, stops that vanish, liquidation.

A world fault strikes beside a call that it matches, `ms` later, or at its own time `after` if it names no call.  It has
fired only if it changed something: a stop that vanishes must have been there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec.structs import replace

from venuesim.dialects.port import Dialect
from venuesim.facts import EndReason, Instrument, Refusal, Side, StopStatus
from venuesim.faults import Fault, Faults, Hit, Touched, by_time
from venuesim.floor import Floor
from venuesim.hands import WantedMove
from venuesim.market import Depth
from venuesim.streams import ABNORMAL, Streams
from venuesim.views import MS

TEN_THOUSAND = 10_000
AMBUSHES = ("stop_stuck", "stop_rejected")


class World:
    """The doer of world faults, and the walk of the prices."""

    def __init__(self, floor: Floor, streams: Streams, dialect: Dialect, faults: Faults, start: int) -> None:
        self._floor = floor
        self._streams = streams
        self._dialect = dialect
        self._faults = faults
        self._start = start
        self._walk = 0
        self._steps = 0
        self._modes: dict[str, bool] = {}
        self._rules: dict[str, Instrument] = {}
        self._thinned: dict[str, None] = {}
        self._deeds: Mapping[str, Callable[[Fault, str, str, int], str]] = {
            "price_jump": self._jump,
            "stop_vanishes": self._vanish,
            "hand_trade": self._trade,
            "liquidation": self._liquidate,
            "adl": self._deleverage,
            "streams_cut": self._cut,
            "stop_moved": self._move,
            "key_expired": self._lapse,
            "filters_changed": self._change_rules,
            "mode_flipped": self._flip,
            "balance_changed": self._pay,
        }
        faults.on_add = self._planned

    def _planned(self, hit: Hit) -> None:
        """Set a fault that names no call to its time."""
        if by_time(hit.fault):
            at = self._start + (hit.fault.after or 0)
            self.strike(hit, Touched("*", hit.fault.account, hit.fault.symbol, None, at))

    def strike(self, hit: Hit, touched: Touched) -> None:
        """Let a world fault happen `ms` after what it touches."""
        self._floor.agenda.at(touched.at + hit.fault.ms * MS, lambda at: self._strike(hit, touched, at))

    def _strike(self, hit: Hit, touched: Touched, at: int) -> None:
        account = hit.fault.account or touched.account or ""
        symbol = hit.fault.symbol or touched.symbol or ""
        if hit.fault.fault in AMBUSHES:
            self._lie_in_wait(hit, Touched(touched.call, account or None, symbol or None, None, at))
            return
        if hit.fault.fault == "book_depth":
            self._deepen(hit, Touched(touched.call, account or None, symbol or None, None, at))
            return
        how = self._deeds[hit.fault.fault](hit.fault, account, symbol, at)
        if how:
            self._faults.fire(hit, Touched(touched.call, account or None, symbol or None, None, at), how)

    def _lie_in_wait(self, hit: Hit, touched: Touched) -> None:
        """Set a fault on the next stops that fire here: it has fired when one does, and ends when it is lifted."""
        left = [hit.fault.times or 1]

        def strikes(now: int) -> bool:
            if left[0] <= 0 or hit.number not in self._faults.plan:
                return False
            left[0] -= 1
            self._faults.fire(hit, Touched(touched.call, touched.account, touched.symbol, None, now), "struck")
            return True

        engine = self._floor.book.stops
        wait = engine.hold_in_engine if hit.fault.fault == "stop_stuck" else engine.deny_in_engine
        wait(touched.account or "", touched.symbol or "", strikes)

    # --- the deeds: each says in a word what it changed, "" for nothing

    def _jump(self, fault: Fault, account: str, symbol: str, at: int) -> str:
        if symbol not in self._floor.instruments:
            return ""
        old = self._floor.market.prices(symbol)
        factor = 1 + (fault.pct or Decimal(0)) / 100
        mark = None if fault.price == "last" else fault.to or old.mark * factor
        last = None if fault.price == "mark" else fault.to or old.last * factor
        self._floor.book.set_price(symbol, mark, last, at)
        new = self._floor.market.prices(symbol)
        return "" if (new.mark, new.last) == (old.mark, old.last) else f"mark {new.mark} last {new.last}"

    def _vanish(self, fault: Fault, account: str, symbol: str, at: int) -> str:
        live = [s for s in self._floor.book.open_stops(account, symbol) if s.status is StopStatus.LIVE]
        for stop in live:
            self._floor.book.end_stop(stop.stop_id, EndReason.BY_SYSTEM, at)
        return ", ".join(stop.stop_id for stop in live)

    def _trade(self, fault: Fault, account: str, symbol: str, at: int) -> str:
        return self._floor.book.hands.trade(account, symbol, Side(fault.side), fault.quantity, at).order_id

    def _liquidate(self, fault: Fault, account: str, symbol: str, at: int) -> str:
        if not self._floor.book.position(account, symbol).quantity:
            return ""
        return self._floor.book.forced.liquidate(account, symbol, at).order_id

    def _deleverage(self, fault: Fault, account: str, symbol: str, at: int) -> str:
        if not self._floor.book.position(account, symbol).quantity:
            return ""
        return self._floor.book.forced.deleverage(account, symbol, fault.fraction or Decimal(1), at).order_id

    def _cut(self, fault: Fault, account: str, symbol: str, at: int) -> str:
        return str(self._streams.hang_up_all(fault.code or ABNORMAL, at) or "")

    def _move(self, fault: Fault, account: str, symbol: str, at: int) -> str:
        """Let the owner move the stop by hand, by so many percent of its trigger."""
        live = [s for s in self._floor.book.open_stops(account, symbol) if s.status is StopStatus.LIVE]
        if not live:
            return ""
        tick = self._floor.instruments[symbol].tick
        trigger = live[0].trigger * (1 + (fault.pct or Decimal(0)) / 100) // tick * tick
        try:
            move = WantedMove(trigger, live[0].purpose)
            return self._floor.book.hands.move_stop(account, symbol, move, at).stop_id
        except Refusal:
            gone = self._floor.book.stop_by_id(live[0].stop_id) != live[0]
            return live[0].stop_id if gone else ""

    def _lapse(self, fault: Fault, account: str, symbol: str, at: int) -> str:
        pushes = self._dialect.lapse(account, at)
        for push in pushes:
            self._streams.push(push, at)
        return f"{len(pushes)} told" if pushes else ""

    def _deepen(self, hit: Hit, touched: Touched) -> None:
        """Change the depth of a book: it has fired when an order takes something else for it."""
        fault, symbol = hit.fault, touched.symbol or ""
        if symbol not in self._floor.instruments:
            return

        def bites(at: int) -> None:
            at_once = Touched(touched.call, touched.account, symbol, None, at)
            self._faults.fire(hit, at_once, f"{fault.levels} levels of {fault.notional}")

        self._thinned[symbol] = None
        self._floor.market.set_depth(symbol, Depth(levels=fault.levels, notional=fault.notional), bites)

    def _change_rules(self, fault: Fault, account: str, symbol: str, at: int) -> str:
        if symbol not in self._floor.instruments:
            return ""
        old = self._floor.instruments[symbol]
        new = replace(old, tick=fault.tick or old.tick, step=fault.step or old.step, status=fault.state or old.status)
        self._rules.setdefault(symbol, old)
        self._floor.change_rules(new)
        return "" if new == old else f"tick {new.tick} step {new.step} {new.status}"

    def _flip(self, fault: Fault, account: str, symbol: str, at: int) -> str:
        if account not in self._floor.book.ledger.accounts:
            return ""
        book = self._floor.book
        is_busy = any(position.quantity for position in book.ledger.positions(account))
        if is_busy or book.open_orders(account, None) or book.open_stops(account, None):
            return ""  # the venue refuses (binance.md 1.4 -4067 and -4068, bybit.md 1.6 110024 and 110028)
        hedge = not self._floor.account(account).hedge
        self._modes.setdefault(account, not hedge)
        self._floor.set_hedge(account, hedge)
        return "hedge" if hedge else "one-way"

    def _pay(self, fault: Fault, account: str, symbol: str, at: int) -> str:
        if account not in self._floor.book.ledger.accounts:
            return ""
        self._floor.book.deposit(account, fault.amount, at)
        return str(fault.amount or "")

    # --- the calm

    def calm(self, now: int) -> None:
        """Put back what faults have changed and a venue would not keep: closed symbols, modes, thin books, stuck stops.

        Mark and last meet again, since nobody can close where they are kept apart.  Filters and balances stay.
        """
        for account, was in self._modes.items():
            self._floor.set_hedge(account, was)
        for symbol, rules in self._rules.items():
            self._floor.change_rules(replace(self._floor.instruments[symbol], status=rules.status))
        self._floor.book.stops.release(now)
        for symbol in self._thinned:
            self._floor.market.set_depth(symbol, Depth())
        for symbol in self._floor.instruments:
            prices = self._floor.market.prices(symbol)
            if prices.mark != prices.last:
                self._floor.book.set_price(symbol, prices.last, None, now)
        self._modes, self._rules, self._thinned = {}, {}, {}

    # --- the walk

    def walk(self, bps: int, every: int, now: int) -> None:
        """Begin (or with 0 bps end) a walk of all prices; an earlier walk ends."""
        self._walk += 1
        if bps > 0:
            self._floor.agenda.at(now + every, self._stepping(self._walk, bps, every))

    def _stepping(self, walk: int, bps: int, every: int) -> Callable[[int], None]:
        def step(at: int) -> None:
            if walk != self._walk:
                return
            self._steps += 1
            for symbol in self._floor.instruments:
                self._step(symbol, bps, at)
            self._floor.agenda.at(at + every, step)

        return step

    def _step(self, symbol: str, bps: int, at: int) -> None:
        drawn = self._floor.number(2 * bps * 100 + 1, "walk", symbol, self._steps) - bps * 100
        prices = self._floor.market.prices(symbol)
        last = prices.last * (1 + Decimal(drawn) / (TEN_THOUSAND * 100))
        if last >= self._floor.instruments[symbol].min_price * 10:
            self._floor.book.set_price(symbol, last, last, at)
