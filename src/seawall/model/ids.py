"""Names: of venues, accounts, symbols, signals, and of the orders that we send.

**Same act, same name.** A client order id is a function of (installation, signal, leg, term, n). The term is the
process's start in venue seconds, so that no earlier process can have used the name, not even one whose records a
restored backup has lost. The name is how an order is found again when its reply is lost, so it is built before the
first byte leaves and never drawn at random.

Both venues accept `[A-Za-z0-9_-]{1,36}` (binance.md 4.1, bybit.md 3.3); clients that add a broker prefix cap at 32,
and so do we.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NewType

SignalId = NewType("SignalId", str)
ClientId = NewType("ClientId", str)
VenueId = NewType("VenueId", str)
"""The venue's own id of an order or a stop, as text; empty where the venue has not said."""
Symbol = NewType("Symbol", str)
"""The venue's own spelling of a linear perpetual ("BTCUSDT"). One spelling from the edge inward."""
Account = NewType("Account", str)
"""The name of an account in the configuration."""

LONGEST_NAME = 32
FINDS_APART = 1_000
"""How far behind the numbers of an earlier signal those of a position that was found begin, which may bear its names
too; a name has room for far more.
"""
_REMEMBERED = 4_096
"""Names and ids whose parts are remembered: each is asked about with every word that concerns its slot."""
_NAME = re.compile(r"^sw([a-z0-9]{4})-([a-z0-9]{10})-([esckxlt])([a-z0-9]{7})([a-z0-9]{1,6})$")
_NUMBERS = 36**6
"""How many numbers a name has room for: two thousand million; at one act a second no process lives to use them up."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class VenueName(StrEnum):
    """The venues that the house speaks."""

    BINANCE = "binance"
    BYBIT = "bybit"


class Side(StrEnum):
    """The direction of an order: BUY opens a long or closes a short."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        """+1 for BUY, -1 for SELL: the sign of the position that it opens."""
        return 1 if self is Side.BUY else -1


class Leg(StrEnum):
    """Which order of a signal a name belongs to. Entry and stop never share a name: on Binance the child of a stop
    takes the stop's name (binance.md 4.1).
    """

    ENTRY = "e"
    STOP = "s"
    CLOSE = "c"
    CANCEL = "k"
    LEVERAGE = "l"
    TAKE_PROFIT = "t"
    DIRECT = "x"


@dataclass(frozen=True, slots=True)
class Name:
    """A client id taken apart. `signal` is the signal's digest, not the signal's id."""

    installation: str
    signal: str
    leg: Leg
    term: int
    n: int


@lru_cache(_REMEMBERED)
def digest(signal: str) -> str:
    """Ten characters that stand for a signal's id in a client id."""
    number = int.from_bytes(hashlib.sha256(signal.encode()).digest()[:8], "big")
    return _base36(number, 13)[-10:]


def client_id(installation: str, signal: SignalId, leg: Leg, term: int, n: int) -> ClientId:
    """The name of the n-th order of a leg. `term` is the process's start in venue seconds.

    Raises ValueError for an installation that is not four characters of [a-z0-9], or a number out of range.
    """
    return spelled(Name(installation, digest(signal), leg, term, n))


def spelled(parts: Name) -> ClientId:
    """A name put together from its parts. Raises ValueError as `client_id` does."""
    leg, term = parts.leg.value, _base36(parts.term, 7)
    name = f"sw{parts.installation}-{parts.signal}-{leg}{term}{_base36(parts.n, 1)}"
    if len(name) > LONGEST_NAME or not _NAME.match(name):
        msg = f"client id: expected installation of 4 characters [a-z0-9] and n below {_NUMBERS}, came {name!r}"
        raise ValueError(msg)
    return ClientId(name)


def sibling(name: Name, leg: Leg, term: int, n: int) -> ClientId:
    """The name of another order of the signal that `name` belongs to, whose id is known by its digest alone. Raises
    ValueError as `client_id` does: a name that we could not take apart would be nobody's.
    """
    return spelled(Name(name.installation, name.signal, leg, term, n))


@lru_cache(_REMEMBERED)
def parse_client_id(text: str) -> Name | None:
    """The parts of one of our names, or None for a name that is not ours in form."""
    found = _NAME.match(text)
    if found is None:
        return None
    installation, signal, leg, term, n = found.groups()
    return Name(installation, signal, Leg(leg), int(term, 36), int(n, 36))


def is_ours(text: str, installation: str) -> bool:
    """Whether a client id was made by this installation; another installation's orders are foreign."""
    return text.startswith(f"sw{installation}-")


def _base36(number: int, width: int) -> str:
    """`number` in base 36, padded with zeros to `width`."""
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text.rjust(width, "0")
