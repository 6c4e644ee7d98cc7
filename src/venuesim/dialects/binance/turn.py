"""One request on its way through the venue, whether it came by REST or by the WebSocket API.

First the rate limits, then what was found wrong with key or signature when it arrived, then the window of the signature
at the clock of the moment it acts (-1021), then the endpoint. A turn is charged once, however often it is asked to act:
the core may run a read twice to learn what a fault changed. A fault may hold it behind the window's check: the endpoint
then sees the later clock, and an order the engine's own check of the window (-5028, 0.1 fact 5).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from venuesim.dialects.binance.asks import Ask, Later
from venuesim.dialects.binance.auth import check_gateway, window_of
from venuesim.dialects.binance.errors import Denial, denial_of
from venuesim.dialects.binance.routes import Demand
from venuesim.facts import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from venuesim.dialects.binance.memory import Memory
    from venuesim.dialects.binance.params import Params
    from venuesim.dialects.binance.routes import Route
    from venuesim.dialects.port import Core
    from venuesim.facts import Account


class Asker(Struct, frozen=True):
    """Who asks: the account's name ("" for nobody), or why that could not be told."""

    account: str = ""
    denial: Denial | None = None


def identify(core: Core, route: Route, key: str | None, check: Callable[[Account], None]) -> Asker:
    """Find the account of a key and check the signature with it; -2014, -2015 or what ``check`` raises (1.2, 4.2)."""
    if route.demand is Demand.OPEN:
        return Asker()
    try:
        return Asker(_holder(core, route, key, check).name)
    except Denial as denial:
        return Asker(denial=denial)


def _holder(core: Core, route: Route, key: str | None, check: Callable[[Account], None]) -> Account:
    if not key:
        raise Denial(-2014)
    account = core.account_of_key(key)
    wanted = "trade" if route.demand is Demand.TRADE else "read"
    if account is None or wanted not in account.permissions:
        raise Denial(-2015)
    if route.demand is not Demand.KEYED and core.switch("signature") == "check":
        check(account)
    return account


class Turn:
    """A request that has been named and waits to act."""

    def __init__(self, core: Core, memory: Memory, route: Route, params: Params, asker: Asker) -> None:
        """``params`` are all that came, the signature's included."""
        self._core = core
        self._memory = memory
        self._params = params
        self._asker = asker
        self._charge: Callable[[int], None] = self._charge_first
        self.route = route
        self.symbol = params.text("symbol")
        self.client_id = params.text(route.id_name) if route.id_name else None

    @property
    def account(self) -> str | None:
        """The account's name, None if nobody's."""
        return self._asker.account or None

    @property
    def wants_no_limits(self) -> bool:
        """Whether the request asked for a reply without rate limits (binance.md 2)."""
        return self._params.text("returnRateLimits") == "false"

    def serve(self, now: int) -> object:
        """The endpoint's value or ``Later`` at the venue's time ``now`` (µs); raises ``Denial``."""
        self._charge(now)
        if self._asker.denial is not None:
            raise self._asker.denial
        window = None
        if self.route.demand in (Demand.READ, Demand.TRADE):
            window = window_of(self._params)
            check_gateway(window, now)
        ask = Ask(self._core, self._memory, self._params, self._asker.account, window, self.route.call, now)
        held = self._core.engine_delay
        return Later(now + held, partial(self._enter, ask)) if held else self.resume(partial(self._enter, ask), now)

    def resume(self, then: Callable[[int], object], now: int) -> object:
        """Go on with what was begun; the book's refusals become the venue's."""
        try:
            return then(now)
        except Refusal as refusal:
            raise denial_of(refusal) from refusal

    def _enter(self, ask: Ask, now: int) -> object:
        value = self.route.serve(ask if ask.now == now else replace(ask, now=now))
        if self.route.reads:
            ask.refuse_unread()
        return value

    def _charge_first(self, now: int) -> None:
        """Count the request once, and keep the answer for every further time it acts."""
        try:
            self._count(now)
        except Denial as denial:
            self._charge = partial(_raise, denial)
            raise
        self._charge = _free

    def _count(self, now: int) -> None:
        weight = self.route.weight_all if self.symbol is None else self.route.weight
        self._memory.limits.charge_weight(weight, now)
        if self.route.counts and self.account is not None:
            self._memory.limits.charge_order(self.account, now)


def _raise(denial: Denial, _now: int) -> None:
    raise denial


def _free(_now: int) -> None:
    """Charge nothing: this request has been counted."""
