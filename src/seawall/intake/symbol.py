"""One contract, many spellings: from what a chart or a bot calls it to what the venue calls it.

    BTCUSDT   BTCUSDT.P   BYBIT:BTCUSDT.P   BTC/USDT   BTC/USDT:USDT   BTC-USDT-SWAP

The result is always a symbol that the venue has listed; nothing is guessed beyond the spelling. An exchange's prefix
must be that of the account's own venue, since the same name elsewhere may be another contract at another price.
"""

from __future__ import annotations

from collections.abc import Sequence

from seawall.intake.problem import Objection, nearest, shown
from seawall.model.ids import Symbol, VenueName

LONGEST = 64


def resolve(text: str, venue: VenueName, known: Sequence[Symbol], path: str = "symbol") -> Symbol:
    """The venue's symbol for a spelling. `known` empty: not listed yet, the spelling alone is put right.

    Raises Objection for another venue's prefix, for a contract that is not linear, and for an unknown symbol.
    """
    if text in known:
        return Symbol(text)
    spelled = _without_prefix(text.strip().upper(), venue, path)
    symbol = Symbol(_joined(spelled, path))
    if symbol in known or (symbol and not known):
        return symbol
    near = nearest(symbol, known)
    expected = f"one of {len(known)} symbols of {venue.value}" + (f", nearest {', '.join(near)}" if near else "")
    raise Objection("unknown_symbol", path, expected, shown(text) or "nothing", near[0] if near else "BTCUSDT")


def _without_prefix(text: str, venue: VenueName, path: str) -> str:
    """The text without an exchange's prefix ("BYBIT:"). A colon after a slash is the settlement's, not a prefix's."""
    prefix, colon, rest = text.partition(":")
    if not colon or "/" in prefix:
        return text
    if prefix != venue.value.upper():
        raise Objection("bad_value", path, f"a symbol of {venue.value}, as the account is there", shown(text), rest)
    return rest


def _joined(text: str, path: str) -> str:
    """Base and quote in one word, without the marks of a perpetual."""
    pair, colon, settled = text.removesuffix(".P").removesuffix("-SWAP").partition(":")
    quote = pair.partition("/")[2]
    if colon and settled != quote:
        raise Objection("bad_value", path, f"a linear contract, settled in its quote ({quote})", shown(text), pair)
    return pair.replace("/", "").replace("-", "")
