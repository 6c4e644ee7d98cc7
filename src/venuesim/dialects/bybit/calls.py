"""What every endpoint is given, and what several of them share: the symbol's rules, the position index, pages.

An endpoint is a function from ``Ask`` to the ``result`` of its reply; it raises ``Denial`` itself, or lets the book's
``Refusal`` through, which the dialect translates with the call's word for it.

Lists come in pages (bybit.md 1.4, 1.5). A cursor is opaque and holds characters that a client must encode when it sends
it back, as the venue's own do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote, unquote

from msgspec import Struct

from venuesim.dialects.bybit.errors import ILLEGAL_CATEGORY, UNSUPPORTED_SYMBOL, WRONG_INDEX, parameter
from venuesim.facts import Account, Instrument, OrderState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from venuesim.dialects.bybit.params import Params
    from venuesim.dialects.port import BookPort, Core

Row = TypeVar("Row")
LINEAR: Final = "linear"
CATEGORIES: Final = ("spot", "linear", "inverse", "option")
NOBODY: Final = Account(name="", key="", secret="", uid="0")
"""Who asks where nobody need sign."""
_CURSOR: Final = "offset:"


@dataclass(slots=True)
class Memory:
    """What the gateway remembers beside the book: each account's margin mode (bybit.md 1.7), and the orders whose
    cancel lost its race against a fill and is still to be told (2.1), with the time of that cancel in µs.
    """

    margin_modes: dict[str, str] = field(default_factory=dict)
    raced: list[tuple[int, OrderState]] = field(default_factory=list)


class Ask(Struct, frozen=True):
    """One call that is due: what was sent, by whom, at which venue time (µs), and under which canonical name."""

    core: Core
    memory: Memory
    account: Account
    params: Params
    now: int
    call: str

    @property
    def book(self) -> BookPort:
        """The truth."""
        return self.core.book

    @property
    def name(self) -> str:
        """The account's name."""
        return self.account.name


def require_linear(params: Params) -> None:
    """Refuse every category but linear (10001 ``Illegal category``)."""
    if params.text("category") != LINEAR:
        raise parameter(ILLEGAL_CATEGORY)


def reads_linear(params: Params) -> bool:
    """Whether a read is about this box's category; the venue's others are empty here, and an unknown one is 10001."""
    category = params.text("category")
    if category not in CATEGORIES:
        raise parameter(ILLEGAL_CATEGORY)
    return category == LINEAR


def rules_of(ask: Ask) -> Instrument:
    """The rules of the symbol asked for; 10001 when it was not sent or is not listed."""
    return rules_named(ask.core, ask.params.require("symbol"))


def rules_named(core: Core, symbol: str) -> Instrument:
    """The rules of a symbol; 10001 ``Not supported symbols`` when it is not listed."""
    rules = core.instruments.get(symbol)
    if rules is None:
        raise parameter(UNSUPPORTED_SYMBOL)
    return rules


def check_index(ask: Ask) -> None:
    """Refuse a ``positionIdx`` that is not of the account's mode (bybit.md 1.5, 3.8).

    The book keeps one-way positions; in hedge mode even the right index is refused, in the box's own words.
    """
    index = ask.params.integer("positionIdx", 0, 0, 2)
    if ask.account.hedge != (index != 0):
        raise parameter(WRONG_INDEX)
    if ask.account.hedge:
        raise parameter("this box holds no hedge positions: switch the account to one-way mode")


def page(ask: Ask, rows: Sequence[Row], default: int, most: int) -> tuple[list[Row], str]:
    """The page asked for by ``limit`` and ``cursor``, and the cursor of the next one, empty on the last."""
    limit = ask.params.integer("limit", default, 1, most)
    start = _offset(ask.params.text("cursor"))
    end = start + limit
    following = quote(f"{_CURSOR}{end}", safe="") if end < len(rows) else ""
    return list(rows[start:end]), following


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    plain = unquote(cursor)
    number = plain.removeprefix(_CURSOR)
    if plain == number or not number.isdecimal():
        raise parameter(f"params error: cursor invalid: {cursor}")
    return int(number)


def listing(rows: list[dict[str, object]], cursor: str, category: str = LINEAR) -> dict[str, object]:
    """The result of a list call (bybit.md 1.5)."""
    return {"list": rows, "nextPageCursor": cursor, "category": category}


def nothing(ask: Ask) -> dict[str, object]:
    """The empty list of another category."""
    return listing([], "", ask.params.text("category"))
