"""What the private stream tells when the truth moves: the messages of one venue event (bybit.md 2.1).

A fill makes four messages: execution (and execution.fast), order, position, wallet, in this order at the source;
nothing promises that they arrive so. Everything of one kind that belongs to one event is in one message's ``data``.
Fills, order and position share the event's ``seq``, which the ids of order and execution messages end with; the id of
an event in which nothing matched is a UUID. A market order that fills at once is told once, as ``Filled``; a child
that the close has cleared stands before the closing order in the same message. And a position message is sent on
every order action, even where nothing has changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from venuesim.dialects.bybit.jsonwire import encode_text
from venuesim.dialects.bybit.rows import Spelling, order_row, stop_row
from venuesim.dialects.bybit.rows_account import (
    PositionSpelling,
    exec_type,
    execution_row,
    fast_execution_row,
    position_row,
    wallet_row,
)
from venuesim.facts import (
    EndReason,
    Fact,
    LeverageChanged,
    OrderAccepted,
    OrderEnded,
    OrderFilled,
    OrderKind,
    OrderState,
    PositionChanged,
    PositionState,
    PriceChanged,
    StopEnded,
    StopFired,
    StopLive,
    StopMoved,
    StopState,
    StopStatus,
    TimeInForce,
    WalletChanged,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from venuesim.dialects.port import Core
    from venuesim.facts import FillState

_AT_ONCE: Final = (TimeInForce.IOC, TimeInForce.FOK)


class Message(Struct, frozen=True):
    """One message before it is addressed: its topic on the wire, the canonical call name, whom and what it is about."""

    topic: str
    call: str
    account: str
    symbol: str | None
    text: str


@dataclass(slots=True)
class Happening:
    """What one event did to one account and symbol, newest pictures last."""

    account: str
    symbol: str
    orders: dict[str, OrderState] = field(default_factory=dict)
    stops: dict[str, StopState] = field(default_factory=dict)
    fills: list[tuple[FillState, OrderState]] = field(default_factory=list)
    position: PositionState | None = None
    touched: bool = False
    entered: bool = False


def gather(facts: Sequence[Fact]) -> tuple[list[Happening], list[str]]:
    """The facts of one event by account and symbol, and the accounts whose settled balance changed."""
    happenings: dict[tuple[str, str], Happening] = {}
    wallets: dict[str, None] = {}
    for fact in facts:
        if isinstance(fact, WalletChanged):
            wallets[fact.wallet.account] = None
        elif not isinstance(fact, PriceChanged | LeverageChanged):
            about = _about(fact)
            _take(happenings.setdefault(about, Happening(*about)), fact)
    return list(happenings.values()), list(wallets)


def _about(fact: Fact) -> tuple[str, str]:
    match fact:
        case OrderAccepted() | OrderFilled() | OrderEnded():
            return fact.order.account, fact.order.symbol
        case StopLive() | StopMoved() | StopFired() | StopEnded():
            return fact.stop.account, fact.stop.symbol
        case PositionChanged():
            return fact.position.account, fact.position.symbol
        case _:
            raise TypeError(f"expected a fact about an order, a stop or a position, got {type(fact).__name__}")


def _take(happening: Happening, fact: Fact) -> None:
    match fact:
        case OrderAccepted():
            happening.touched = happening.entered = True
            happening.orders[fact.order.order_id] = fact.order
        case OrderFilled():
            happening.orders[fact.order.order_id] = fact.order
            happening.fills.append((fact.fill, fact.order))
        case OrderEnded():
            happening.touched = True
            happening.orders[fact.order.order_id] = fact.order
        case StopLive() | StopMoved() | StopFired() | StopEnded():
            happening.touched = True
            happening.stops[fact.stop.stop_id] = fact.stop
        case PositionChanged():
            happening.position = fact.position
        case _:
            raise TypeError(f"expected a fact about an order, a stop or a position, got {type(fact).__name__}")


class Pushes:
    """Builds the messages; it knows no connections."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def messages(self, facts: Sequence[Fact], listening: Mapping[str, None], now: int) -> list[Message]:
        """Every message of one event to the accounts that are listening, in the order of the source."""
        happenings, wallets = gather(facts)
        told: list[Message] = []
        for happening in happenings:
            if happening.account in listening:
                told += self._of(happening, now)
        told += [self._wallet(account, now) for account in wallets if account in listening]
        return told + self._settings(facts, listening, now)

    def filled_again(self, order: OrderState, now: int) -> Message:
        """The second ``Filled`` of an order whose cancel came too late; it is no second fill (bybit.md 2.1)."""
        row = self._order_row(order)
        row.update(cancelType="CancelByUser", rejectReason="EC_OrigClOrdIDDoesNotExist")
        happening = Happening(order.account, order.symbol, orders={order.order_id: order})
        return self._message("order", "stream.order", happening, [row], self._uuid(happening), now)

    def _of(self, happening: Happening, now: int) -> list[Message]:
        told = []
        if happening.fills:
            told.append(self._executions(happening, now))
        if any(exec_type(fill) == "Trade" for fill, _ in happening.fills):
            told.append(self._fast(happening, now))
        told += self._orders(happening, now)
        if self._tells_position(happening):
            told.append(self._position(happening, now))
        return told

    def _tells_position(self, happening: Happening) -> bool:
        extra = happening.touched and self._core.switch("bybit.extra_position_push") == "yes"
        return happening.position is not None or extra

    def _orders(self, happening: Happening, now: int) -> list[Message]:
        """What matched, cleared children before the order that closed; then what waits, in a message of its own, since
        the stop engine is another service (bybit.md 2.1).
        """
        stops = [stop for stop in happening.stops.values() if stop.status is not StopStatus.FINISHED]
        cleared = [stop for stop in stops if stop.end_reason is EndReason.POSITION_CLOSED]
        matched = [self._stop_row(stop) for stop in cleared]
        matched += [self._order_row(order) for order in happening.orders.values() if self._tells_order(order)]
        waiting = [self._stop_row(stop) for stop in stops if stop.end_reason is not EndReason.POSITION_CLOSED]
        ident = self._match_id(happening)
        told = [self._message("order", "stream.order", happening, matched, ident, now)] if matched else []
        if waiting:
            told.append(self._message("order", "stream.stop", happening, waiting, self._uuid(happening), now))
        return told

    def _tells_order(self, order: OrderState) -> bool:
        """A market or IOC order is told when it has met the book, unless the switch has it told before."""
        fresh = order.filled == 0 and order.status.is_open
        at_once = order.kind is OrderKind.MARKET or order.tif in _AT_ONCE
        return not (fresh and at_once) or self._core.switch("bybit.new_before_filled") == "yes"

    def _spelling(self) -> Spelling:
        late = int(self._core.switch("bybit.order_date_us"))
        return Spelling(stream=True, ioc_reason=self._core.switch("bybit.ioc_reason"), filled_late_us=late)

    def _order_row(self, order: OrderState) -> dict[str, object]:
        stop = self._core.book.stop_by_id(order.stop_id) if order.stop_id else None
        row = order_row(order, stop, self._core.instruments[order.symbol], self._spelling())
        return _streamed(row)

    def _stop_row(self, stop: StopState) -> dict[str, object]:
        return _streamed(stop_row(stop, stop.quantity, self._core.instruments[stop.symbol], self._spelling()))

    def _executions(self, happening: Happening, now: int) -> Message:
        rules = self._core.instruments[happening.symbol]
        mark = self._core.market.quote(happening.symbol, now).mark
        rows = []
        for fill, order in happening.fills:
            stop = self._core.book.stop_by_id(order.stop_id) if order.stop_id else None
            rows.append(execution_row(fill, order, stop, rules, mark, stream=True))
        return self._message("execution", "stream.fill", happening, rows, self._match_id(happening), now)

    def _fast(self, happening: Happening, now: int) -> Message:
        """``execution.fast`` has no ``id``, and tells of nothing but trades (bybit.md 2.1)."""
        rows = [fast_execution_row(fill) for fill, _ in happening.fills if exec_type(fill) == "Trade"]
        return self._message("execution.fast", "stream.fill", happening, rows, None, now)

    def _position(self, happening: Happening, now: int) -> Message:
        core, account, symbol = self._core, happening.account, happening.symbol
        position = happening.position or core.book.position(account, symbol)
        quote = core.market.quote(symbol, now)
        spelling = PositionSpelling(stream=True, late_us=int(core.switch("bybit.position_date_us")))
        row = position_row(position, core.instruments[symbol], quote, position.liquidation_price, spelling)
        body = {"id": f"{core.account(account).uid}_position_{now // 1_000}", "topic": "position"}
        data = [{**row, "category": "linear"}]
        text = encode_text({**body, "creationTime": now // 1_000, "data": data})
        return Message("position", "stream.position", account, symbol, text)

    def _wallet(self, account: str, now: int) -> Message:
        body = {"id": f"{self._core.account(account).uid}_wallet_{now // 1_000}", "topic": "wallet"}
        data = [wallet_row(self._core.margins(account, now))]
        text = encode_text({**body, "creationTime": now // 1_000, "data": data})
        return Message("wallet", "stream.wallet", account, None, text)

    def _settings(self, facts: Sequence[Fact], listening: Mapping[str, None], now: int) -> list[Message]:
        """A change of leverage is a position message that repeats the last ``seq`` (bybit.md 2.1)."""
        changes = [fact for fact in facts if isinstance(fact, LeverageChanged) and fact.account in listening]
        return [self._position(Happening(change.account, change.symbol), now) for change in changes]

    def _match_id(self, happening: Happening) -> str:
        """``<uid>_<SYMBOL>_<seq>`` where something matched, otherwise a UUID (bybit.md 2.1)."""
        if not happening.fills:
            return self._uuid(happening)
        return f"{self._core.account(happening.account).uid}_{happening.symbol}_{happening.fills[-1][0].cross_seq}"

    def _uuid(self, happening: Happening) -> str:
        told = [f"{name} {order.status} {order.updated_at}" for name, order in happening.orders.items()]
        told += [f"{name} {stop.status} {stop.updated_at}" for name, stop in happening.stops.items()]
        return uuid_of(*told)

    def _message(
        self, topic: str, call: str, happening: Happening, rows: list[dict[str, object]], ident: str | None, now: int
    ) -> Message:
        head: dict[str, object] = {} if ident is None else {"id": ident}
        text = encode_text({**head, "topic": topic, "creationTime": now // 1_000, "data": rows})
        return Message(topic, call, happening.account, happening.symbol, text)


def _streamed(row: dict[str, object]) -> dict[str, object]:
    """The fields that only the stream's order row has (bybit.md 2.1)."""
    return {"category": "linear", **row, "closedPnl": "0", "feeCurrency": "", "brokerOrderPrice": ""}


def uuid_of(*words: str) -> str:
    """A UUID that is a function of the words, so that one seed gives one stream."""
    digits = hashlib.sha256("\x1f".join(words).encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"
