"""The border between the core of the box and a venue's dialect: what each may ask of the other.

A *dialect* knows paths, parameters, signatures, codes and the shapes of replies and frames, and nothing of queues,
faults or lag.  The *core* knows time, truth and faults, and nothing of JSON.  They meet like this.

A request arrives.  The core calls `Dialect.handle`, which parses, checks the signature and says *what call this is*
(`Handled`), so that faults can match it; it must change nothing.  When the request is due, perhaps much later, the core
calls `Handled.act(now)`, which does everything that depends on the venue's clock or changes the truth: timestamp and
recvWindow first, then the book, then the reply.  A call that only reads must be a pure function of book, views and
`now`: the core may run it twice to learn whether a fault changed the bytes.  A reply that must wait for the matching
engine (Binance's RESULT) is a `Wait`.

The truth moves.  The core hands the new facts of each venue event to `Dialect.render`, which answers with the frames
that the venue would send, to every connection that is logged in and subscribed, in the order the venue sends them.  The
core adds lag and faults per topic and sends them.

Canonical call names, shared by both dialects (the fault vocabulary is written in them): order.create, order.amend,
order.get, order.history, order.cancel, orders.open, orders.cancel_all, fills.get, positions.get, stop.create, stop.get,
stop.history, stops.open, stop.cancel, stops.cancel_all, leverage.set, margin.set, mode.set, account.get, modes.get,
time.get, instruments.get, brackets.get, price.get, limits.get, wallet.get, listenkey.create, listenkey.extend,
listenkey.delete, other (authenticated but outside the list), unknown.  On connections: auth, subscribe, ping; topics of
pushes: stream.order, stream.fill, stream.position, stream.stop, stream.wallet, stream.config, stream.price,
stream.control.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol, TypeAlias

from msgspec import Struct

from venuesim.facts import (
    Account,
    Fact,
    FillState,
    Instrument,
    OrderState,
    OrderTicket,
    PositionState,
    StopState,
    StopTicket,
    TriggerBy,
    WalletState,
)
from venuesim.wire import Headers, Reply, Request


class Wait(Struct, frozen=True):
    """The reply is not ready: call `act` at `until` (microseconds UTC), after everything else due then has happened."""

    until: int
    act: Act


Act: TypeAlias = Callable[[int], "Reply | Wait"]


class Handled(Struct, frozen=True):
    """What one request is, and how to carry it out.

    `account` is the account's name, None if the request is public or not authentic; `symbol` and `client_id` are what
    the request names ("" counts as None).  `reads` tells that `act` changes nothing.
    """

    call: str
    account: str | None
    symbol: str | None
    client_id: str | None
    reads: bool
    act: Act


class Heard(Struct, frozen=True):
    """What one frame from a client is, and the frames it is answered with; `act` may log in or subscribe `conn`."""

    call: str
    account: str | None
    symbol: str | None
    client_id: str | None
    act: Callable[[int], tuple[str, ...]]


class Called(Struct, frozen=True):
    """A frame that asks what a request could ask: it goes the way of a request, under the same faults, and its reply
    comes back as a frame.

    `target` names it in the request log.  `frame_of(reply, now)` is the reply in the socket's envelope; None where a
    socket has no form for it (a proxy's page): then the venue hangs up.
    """

    target: str
    handled: Handled
    frame_of: Callable[[Reply, int], str | None]


class Push(Struct, frozen=True):
    """One frame the venue sends of itself: to which connection, under which topic call name, about which symbol."""

    conn: int
    topic: str
    account: str | None
    symbol: str | None
    text: str


class Drop(Struct, frozen=True):
    """The venue closes this connection of itself (24 h cut, failed auth, idle cut) with a WebSocket close code."""

    conn: int
    code: int


class Dialect(Protocol):
    """One venue's language.  Every method is synchronous, deterministic and does no I/O."""

    def handle(self, request: Request, now: int) -> Handled:
        """Say what a REST request is.  Never raises on bad input: that is a `Handled` whose act answers the error."""
        ...

    def refuse(self, status: int, code: int | None, text: str, now: int) -> Reply:
        """Build an error reply in the venue's envelope; without a code, `text` is the whole body (HTML, a WAF page)."""
        ...

    def connect(self, conn: int, target: str, headers: Headers, now: int) -> int:
        """Answer a WebSocket handshake with its HTTP status: 101 opens `conn`, anything else rejects it."""
        ...

    def frame(self, conn: int, text: str, now: int) -> Heard | Called:
        """Say what a client's text frame is; like `handle` it changes nothing before `act`."""
        ...

    def disconnect(self, conn: int, now: int) -> None:
        """Forget a connection that has gone; unknown numbers are fine."""
        ...

    def render(self, facts: Sequence[Fact], now: int) -> list[Push]:
        """Turn the facts of ONE venue event into the frames the venue sends, in its order, with its times."""
        ...

    def next_wake(self) -> int | None:
        """Tell when the dialect next has something to do of itself (price pushes, key expiry), or None."""
        ...

    def lapse(self, account: str, now: int) -> list[Push]:
        """Let the account's stream key, if the venue has such, run out now; return what its hearers are told."""
        ...

    def wake(self, now: int) -> list[Push | Drop]:
        """Do what is due at `now`; each call moves `next_wake` past `now`."""
        ...


class BookPort(Protocol):
    """The truth, as a dialect may use it to act.  Everything raises `facts.Refusal` for a business refusal."""

    def submit(self, account: str, ticket: OrderTicket, now: int) -> OrderState:
        """Accept an order (status NEW); it matches `match_latency` later, at `matched_at(order_id)`.

        Filters, margin, reduce-only and id rules of the venue apply.  On Bybit the returned quantity may be truncated.
        """
        ...

    def matched_at(self, order_id: str) -> int:
        """Tell when the first matching of this order is or was due."""
        ...

    def cancel(self, account: str, symbol: str, order_id: str, now: int) -> OrderState:
        """Cancel an open order of this account; ORDER_UNKNOWN if there is none (also when it has just ended)."""
        ...

    def place_stop(self, account: str, ticket: StopTicket, now: int) -> StopState:
        """Accept a stop or conditional order, live at once."""
        ...

    def cancel_stop(self, account: str, stop_id: str, now: int) -> StopState:
        """Cancel a LIVE stop; STOP_UNKNOWN otherwise, also while TRIGGERING (`binance.md` 4.4)."""
        ...

    def amend_stop(self, account: str, stop_id: str, trigger: Decimal, now: int) -> StopState:
        """Move a LIVE stop without a gap (`bybit.md` 1.5 amend)."""
        ...

    def set_position_stop(
        self,
        account: str,
        symbol: str,
        stop_loss: Decimal | None,
        take_profit: Decimal | None,
        stop_loss_by: TriggerBy,
        take_profit_by: TriggerBy,
        now: int,
    ) -> PositionState:
        """Upsert Bybit's Full stop and take-profit (`bybit.md` 1.6): None leaves one as it is, ZERO removes it.

        Refuses with NO_POSITION, STOP_WRONG_SIDE or NOT_MODIFIED.
        """
        ...

    def set_leverage(self, account: str, symbol: str, leverage: Decimal, now: int) -> Decimal:
        """Set and return the leverage; LEVERAGE_TOO_HIGH above the first bracket, NOT_MODIFIED on Bybit if equal."""
        ...

    def order_by_id(self, order_id: str) -> OrderState | None:
        """Return an order's newest state, without any lag; for acting, never for answering a read."""
        ...

    def orders_named(self, account: str, client_id: str) -> list[OrderState]:
        """Return the newest states of all orders that carry this client id, oldest first, without lag."""
        ...

    def stop_by_id(self, stop_id: str) -> StopState | None:
        """Return a stop's newest state, without any lag."""
        ...

    def stops_named(self, account: str, client_id: str) -> list[StopState]:
        """Return the newest states of all stops that carry this client id, oldest first, without lag."""
        ...

    def open_orders(self, account: str, symbol: str | None) -> list[OrderState]:
        """Return the open orders without lag, oldest first."""
        ...

    def open_stops(self, account: str, symbol: str | None) -> list[StopState]:
        """Return the stops that have not ended, without lag, oldest first."""
        ...

    def position(self, account: str, symbol: str) -> PositionState:
        """Return the position without lag; a flat one is a state too."""
        ...

    def leverage(self, account: str, symbol: str) -> Decimal:
        """Return the leverage in force."""
        ...


class ViewsPort(Protocol):
    """What readers are shown.  `reader` is the canonical call name, which chooses the lag.

    Lists are oldest first.  Every state is the truth as of some earlier moment; two readers may disagree.
    """

    def orders(self, reader: str, account: str, now: int) -> list[OrderState]:
        """Return every order this reader can see, ended ones included."""
        ...

    def stops(self, reader: str, account: str, now: int) -> list[StopState]:
        """Return every stop this reader can see, ended ones included."""
        ...

    def fills(self, reader: str, account: str, now: int) -> list[FillState]:
        """Return every fill this reader can see."""
        ...

    def position(self, reader: str, account: str, symbol: str, now: int) -> PositionState:
        """Return one position, flat if never traded."""
        ...

    def positions(self, reader: str, account: str, now: int) -> list[PositionState]:
        """Return the positions ever touched, flat ones included, by symbol."""
        ...

    def wallet(self, reader: str, account: str, now: int) -> WalletState:
        """Return the settled balance."""
        ...

    def leverage(self, reader: str, account: str, symbol: str, now: int) -> Decimal:
        """Return the leverage this reader sees."""
        ...


class Quote(Struct, frozen=True):
    """Prices of a symbol at one instant; a side with an empty book has price and quantity ZERO."""

    symbol: str
    mark: Decimal
    last: Decimal
    bid: Decimal
    bid_quantity: Decimal
    ask: Decimal
    ask_quantity: Decimal
    at: int


class Margins(Struct, frozen=True):
    """An account's sums in USDT: settled balance, unrealised profit, initial and maintenance margin, available."""

    balance: Decimal
    unrealized: Decimal
    initial: Decimal
    maintenance: Decimal
    available: Decimal


class MarketPort(Protocol):
    """Prices, without lag."""

    def quote(self, symbol: str, now: int) -> Quote:
        """Return the prices of a listed symbol; KeyError for another."""
        ...


class Core(Protocol):
    """Everything a dialect is given at its construction: ``BinanceDialect(core)``, ``BybitDialect(core)``."""

    @property
    def book(self) -> BookPort:
        """The truth."""
        ...

    @property
    def views(self) -> ViewsPort:
        """What readers see of it."""
        ...

    @property
    def market(self) -> MarketPort:
        """Prices."""
        ...

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """The catalogue of this venue, by symbol, in a fixed order."""
        ...

    @property
    def engine_delay(self) -> int:
        """Microseconds a fault holds the current request between gateway and engine; 0 without a fault.

        What the gateway lets through is answered with a `Wait` of that length, by every call; what it refuses (key,
        window, rate), at once. Binance checks an order's timestamp + recvWindow again behind it (-5028, `binance.md`
        0.1 fact 5).
        """
        ...

    def switch(self, name: str) -> str:
        """Return the setting of a switch named in `venuesim.switches`; KeyError for another name."""
        ...

    def draw(self, name: str, *keys: str) -> int:
        """Draw a repeatable number in 0..999 from (seed, name, keys): equal arguments, equal draw."""
        ...

    def account_of_key(self, key: str) -> Account | None:
        """Return the account of an API key."""
        ...

    def account(self, name: str) -> Account:
        """Return an account by name; KeyError if there is none."""
        ...

    def set_hedge(self, name: str, hedge: bool) -> None:  # noqa: FBT001  a venue's mode is one flag
        """Change an account's position mode; the dialect has checked that the venue allows it."""
        ...

    def margins(self, account: str, now: int) -> Margins:
        """Return an account's sums at this moment, at the mark."""
        ...

    def liquidation_price(self, account: str, symbol: str) -> Decimal:
        """Return the estimated liquidation price of the position, ZERO if flat or beyond reach."""
        ...
