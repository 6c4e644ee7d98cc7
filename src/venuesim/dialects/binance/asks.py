"""One request on its way through an endpoint: what it asks, of whom, when.

An endpoint is a function of an ``Ask``. It returns the value its reply's JSON is made of, or ``Later`` when the
answer must wait for the matching engine; it refuses by raising ``Denial`` or by letting the book's ``Refusal`` pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from venuesim.dialects.binance.errors import Denial

if TYPE_CHECKING:
    from venuesim.dialects.binance.auth import Window
    from venuesim.dialects.binance.memory import Memory
    from venuesim.dialects.binance.params import Params
    from venuesim.dialects.port import Core
    from venuesim.facts import Instrument


class Later(Struct, frozen=True):
    """The answer comes at ``until`` (µs), from ``then``."""

    until: int
    then: Callable[[int], object]


class Ask(Struct, frozen=True):
    """``now`` is the venue's time in µs; ``account`` is "" and ``window`` None where the endpoint needs none."""

    core: Core
    memory: Memory
    params: Params
    account: str
    window: Window | None
    call: str
    now: int

    def instrument(self) -> Instrument:
        """The instrument the mandatory ``symbol`` names; -1102 without one, -1121 for an unknown one."""
        return self._listed(self.params.require("symbol"))

    def optional_symbol(self) -> str | None:
        """The symbol if one was named; -1121 for an unknown one."""
        symbol = self.params.text("symbol")
        return None if symbol is None else self._listed(symbol).symbol

    def symbols(self) -> tuple[str, ...]:
        """The one symbol named, or all of the catalogue, in its order."""
        symbol = self.optional_symbol()
        return tuple(self.core.instruments) if symbol is None else (symbol,)

    def refuse_unread(self) -> None:
        """-1104 when a parameter came that nobody has read, by the switch ``binance.unknown_params`` (4.2 [?])."""
        unread = self.params.unread()
        if unread and self.core.switch("binance.unknown_params") == "refuse":
            sent = len(self.params.names())
            raise Denial(-1104, str(sent - len(unread)), str(sent))

    def _listed(self, symbol: str) -> Instrument:
        instrument = self.core.instruments.get(symbol)
        if instrument is None:
            raise Denial(-1121)
        return instrument


Endpoint: TypeAlias = Callable[[Ask], object]
