"""Who hears what, and in which order: the user stream and the mark-price stream (binance.md 3).

One event of the venue makes several frames. Their order is the one observed, which is no contract (3.2): TRADE_LITE and
ACCOUNT_UPDATE before the ORDER_TRADE_UPDATE of the same fill, and a fired stop's ALGO_UPDATE after its child's fill, or
before it by the switch ``binance.child_fill_first``. Delay, loss and disorder on the way are the core's affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from venuesim.dialects.binance import frames
from venuesim.dialects.binance.handshake import answer_call, open_connection
from venuesim.dialects.binance.rest_market import next_funding
from venuesim.dialects.binance.rows import Row, stop_type
from venuesim.dialects.port import Drop, Heard, Push
from venuesim.facts import (
    ZERO,
    LeverageChanged,
    OrderAccepted,
    OrderEnded,
    OrderFilled,
    Origin,
    PositionChanged,
    StopEnded,
    StopFired,
    StopLive,
    StopMoved,
    WalletChanged,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from venuesim.dialects.binance.memory import Connection, ListenKey, Memory
    from venuesim.dialects.port import Core
    from venuesim.facts import Fact, OrderState, PositionState, StopState, WalletState

SECOND: Final = 1_000_000
_TICKS: Final = {"markPrice@1s": 1, "markPrice": 3}
"""Mark-price streams and the seconds between their frames."""
_GOING_AWAY: Final = 1001

_TOPICS: Final = {
    "ORDER_TRADE_UPDATE": "stream.order",
    "TRADE_LITE": "stream.fill",
    "ACCOUNT_UPDATE": "stream.position",
    "ALGO_UPDATE": "stream.stop",
    "ACCOUNT_CONFIG_UPDATE": "stream.config",
    "listenKeyExpired": "stream.control",
}
"""Event to the canonical topic; an ACCOUNT_UPDATE without positions is stream.wallet."""
_LITE, _ACCOUNT, _ORDER, _STOP_AFTER, _STOP_BEFORE, _CONFIG = 2, 3, 4, 5, 1, 6
_ACCEPTED: Final = 0


class Streams:
    """The connections of one venue and what is sent on them."""

    def __init__(self, core: Core, memory: Memory) -> None:
        """``memory`` holds the keys and the connections."""
        self._core = core
        self._memory = memory
        self._next_second: int | None = None

    def connect(self, conn: int, target: str, now: int) -> int:
        """101 for every address of the venue's, bogus keys included; 404 for another (binance.md 3.1)."""
        hears = self._core.switch("binance.unrouted_stream") == "deliver"
        opened = open_connection(conn, target, now, unrouted_hears=hears)
        if opened is None:
            return 404
        self._memory.open(opened)
        self._watch(now)
        return 101

    def frame(self, conn: int, text: str, now: int) -> Heard:
        """A SUBSCRIBE or its like; answered when acted on."""
        del now
        return Heard("subscribe", None, None, None, lambda at: self._obey(conn, text, at))

    def _obey(self, conn: int, text: str, now: int) -> tuple[str, ...]:
        answer = answer_call(self._memory.connections.get(conn), text)
        self._watch(now)
        return (answer,)

    def disconnect(self, conn: int) -> None:
        """Forget a connection."""
        self._memory.close(conn)

    def render(self, facts: Sequence[Fact], now: int) -> list[Push]:
        """The frames of one venue event, in order, to all who hear them."""
        ranked = [one for fact in facts for one in self._events(fact, facts, now)]
        ranked.sort(key=lambda one: one[0])
        return [push for _, account, symbol, event in ranked for push in self._pushes(account, symbol, event)]

    def _pushes(self, account: str, symbol: str | None, event: Row) -> Iterable[Push]:
        key = self._memory.key_of(account)
        if key is None:
            return
        name = str(event["e"])
        topic = _TOPICS[name] if symbol is not None or name != "ACCOUNT_UPDATE" else "stream.wallet"
        for opened in self._memory.hearers(key, name):
            yield Push(opened.conn, topic, account, symbol, _packed(opened, key, event))

    def _events(self, fact: Fact, facts: Sequence[Fact], now: int) -> list[tuple[int, str, str | None, Row]]:
        """What one fact makes: rank within the event, account, symbol, event."""
        if isinstance(fact, OrderAccepted) and self._is_spelled_adl(fact.order):
            return [(_ACCEPTED, fact.order.account, fact.order.symbol, frames.adl_accepted(fact.order, now))]
        if isinstance(fact, OrderAccepted | OrderEnded):
            rank = _ACCEPTED if isinstance(fact, OrderAccepted) else _ORDER
            original, trigger = self._asked_first(fact.order)
            event = frames.order_update(fact.order, now, original=original, trigger=trigger)
            return [(rank, fact.order.account, fact.order.symbol, event)]
        if isinstance(fact, OrderFilled):
            return self._fill_events(fact, now)
        if isinstance(fact, StopLive | StopMoved | StopFired | StopEnded):
            return [(self._stop_rank(), fact.stop.account, fact.stop.symbol, self._stop_event(fact.stop, now))]
        if isinstance(fact, PositionChanged):
            return self._position_events(fact, facts, now)
        if isinstance(fact, WalletChanged):
            return self._wallet_events(fact, facts, now)
        if isinstance(fact, LeverageChanged):
            event = frames.leverage_update(fact.symbol, fact.leverage, now)
            return [(_CONFIG, fact.account, fact.symbol, event)]
        return []

    def _fill_events(self, fact: OrderFilled, now: int) -> list[tuple[int, str, str | None, Row]]:
        order, fill = fact.order, fact.fill
        original, trigger = self._asked_first(order)
        forced = self._execution_of(order) != "TRADE"
        update = frames.trade_update(
            order, fill, now, original=original, trigger=trigger, execution=self._execution_of(order)
        )
        events: list[tuple[int, str, str | None, Row]] = [(_ORDER, order.account, order.symbol, update)]
        if self._core.switch("binance.trade_lite") == "yes" and not forced:
            events.insert(0, (_LITE, order.account, order.symbol, frames.trade_lite(order, fill, now)))
        return events

    def _execution_of(self, order: OrderState) -> str:
        """Return x of a fill: what the venue forces is CALCULATED, or by a switch a TRADE as any other (3.3)."""
        forced = order.origin in (Origin.LIQUIDATION, Origin.ADL)
        return self._core.switch("binance.forced_execution") if forced else "TRADE"

    def _is_spelled_adl(self, order: OrderState) -> bool:
        return order.origin is Origin.ADL and self._core.switch("binance.adl_accepted") == "NEW_ADL"

    def _asked_first(self, order: OrderState) -> tuple[str, Decimal]:
        """The order type first asked for and its trigger; whether a fired stop's child still tells is a switch."""
        stop = self._core.book.stop_by_id(order.stop_id) if order.stop_id else None
        if stop is None or self._core.switch("binance.child_original_type") == "market":
            return order.kind.value, ZERO
        return stop_type(stop), stop.trigger

    def _stop_rank(self) -> int:
        return _STOP_AFTER if self._core.switch("binance.child_fill_first") == "yes" else _STOP_BEFORE

    def _stop_event(self, stop: StopState, now: int) -> Row:
        child = self._core.book.order_by_id(stop.order_id) if stop.order_id else None
        return frames.algo_update(stop, child, now)

    def _position_events(
        self, fact: PositionChanged, facts: Sequence[Fact], now: int
    ) -> list[tuple[int, str, str | None, Row]]:
        """One ACCOUNT_UPDATE with the last picture of the position in this event, and the balance beside it."""
        if fact.before == fact.position.quantity or fact is not _last_position(fact.position, facts):
            return []
        mark = self._core.market.quote(fact.position.symbol, now).mark
        unrealized = fact.position.quantity * (mark - fact.position.entry_price)
        wallet = _wallet_in(fact.position.account, facts)
        event = frames.account_update(wallet, fact.position, unrealized, "ORDER", now, fact.mark.at)
        return [(_ACCOUNT, fact.position.account, fact.position.symbol, event)]

    def _wallet_events(
        self, fact: WalletChanged, facts: Sequence[Fact], now: int
    ) -> list[tuple[int, str, str | None, Row]]:
        """A balance that changed without a trade, as a deposit does."""
        if any(isinstance(other, PositionChanged) for other in facts):
            return []
        event = frames.account_update(fact.wallet, None, ZERO, "DEPOSIT", now, fact.mark.at)
        return [(_ACCOUNT, fact.wallet.account, None, event)]

    def next_wake(self) -> int | None:
        """The earliest of: a key that lapses, a connection of 24 hours, the next mark-price frame."""
        end, second = self._memory.next_end, self._next_second
        return end if second is None else second if end is None else min(end, second)

    def wake(self, now: int) -> list[Push | Drop]:
        """Do what is due at ``now``."""
        done: list[Push | Drop] = []
        for lapsed in self._memory.lapsed_keys(now):
            done.extend(self._expiry(lapsed, now))
        done.extend(Drop(old.conn, _GOING_AWAY) for old in self._memory.old_connections(now))
        if self._next_second is not None and self._next_second <= now:
            done.extend(self._prices(now))
            self._next_second = None
        self._watch(now)
        return done

    def lapse(self, account: str, now: int) -> list[Push]:
        """Let an account's key run out: its hearers are told, and from then on the socket is mute (binance.md 3.1)."""
        held = self._memory.delete_key(account)
        return [] if held is None else list(self._expiry(held, now))

    def _expiry(self, lapsed: ListenKey, now: int) -> Iterable[Push]:
        event = frames.key_expired(lapsed.key, now)
        for opened in self._memory.hearers(lapsed.key, "listenKeyExpired"):
            yield Push(opened.conn, "stream.control", lapsed.account, None, _packed(opened, lapsed.key, event))

    def _watch(self, now: int) -> None:
        """Plan the next full second while anybody listens to prices, and only then."""
        listened = any(opened.streams for opened in self._memory.connections.values())
        if not listened:
            self._next_second = None
        elif self._next_second is None:
            self._next_second = (now // SECOND + 1) * SECOND

    def _prices(self, now: int) -> Iterable[Push]:
        for opened in list(self._memory.connections.values()):
            for name in opened.streams:
                symbol, _, kind = name.partition("@")
                wanted = symbol.upper()
                every = _TICKS.get(kind)
                if every is None or wanted not in self._core.instruments or now // SECOND % every:
                    continue
                mark = self._core.market.quote(wanted, now).mark
                event = frames.mark_price_update(wanted, mark, next_funding(now), now)
                yield Push(opened.conn, "stream.price", None, wanted, _packed(opened, name, event))


def _packed(opened: Connection, stream: str, event: Row) -> str:
    """The frame's text, wrapped as ``{"stream", "data"}`` on the combined addresses (binance.md 3.1)."""
    return frames.frame({"stream": stream, "data": event} if opened.wrapped else event)


def _last_position(position: PositionState, facts: Sequence[Fact]) -> PositionChanged | None:
    same = [
        fact
        for fact in facts
        if isinstance(fact, PositionChanged)
        and (fact.position.account, fact.position.symbol) == (position.account, position.symbol)
    ]
    return same[-1] if same else None


def _wallet_in(account: str, facts: Sequence[Fact]) -> WalletState | None:
    found = [fact.wallet for fact in facts if isinstance(fact, WalletChanged) and fact.wallet.account == account]
    return found[-1] if found else None
