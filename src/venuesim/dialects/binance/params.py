"""What a request carries: its parameters, from query and body, in the order the signature covers them.

Parameters may come in the query string, in a form body, or in both; a name given in both counts as the query has it
(binance.md 1.2). GET reads its query only. Values arrive percent-encoded and are kept as text here: each endpoint reads
what it knows through a typed getter that refuses bad words with the venue's codes.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from venuesim.dialects.binance.errors import Denial

if TYPE_CHECKING:
    from venuesim.wire import Request

CLIENT_ID: Final = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
CLIENT_ID_LEGAL: Final = "^[\\.A-Z\\:/a-z0-9_-]{1,36}$"
NUMBER_LEGAL: Final = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?")
"""A sign passes here, so that a negative quantity meets its own code (-4003)."""


class Params:
    """The decoded parameters of one request, and which of them an endpoint has read."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        """``pairs`` in wire order, query before body; the first of two equal names wins."""
        self._values: dict[str, str] = {}
        for name, value in pairs:
            self._values.setdefault(name, value)
        self._read: dict[str, bool] = {}

    def names(self) -> tuple[str, ...]:
        """Every name that came, in order of arrival."""
        return tuple(self._values)

    def unread(self) -> tuple[str, ...]:
        """The names that no getter has asked for."""
        return tuple(name for name in self._values if name not in self._read)

    def text(self, name: str) -> str | None:
        """The value, or None when it did not come or came empty."""
        self._read[name] = True
        return self._values.get(name) or None

    def require(self, name: str) -> str:
        """The value; -1102 when it did not come or came empty."""
        value = self.text(name)
        if value is None:
            raise Denial(-1102, name)
        return value

    def integer(self, name: str) -> int | None:
        """The value as an integer; -1130 when it is none."""
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?\d{1,19}", value):
            raise Denial(-1130, name)
        return int(value)

    def require_integer(self, name: str) -> int:
        """The value as an integer; -1102 without one."""
        value = self.integer(name)
        if value is None:
            raise Denial(-1102, name)
        return value

    def decimal(self, name: str) -> Decimal | None:
        """The value as a Decimal; -1100 when it is not plain digits."""
        value = self.text(name)
        if value is None:
            return None
        if not _NUMBER.fullmatch(value):
            raise Denial(-1100, name, NUMBER_LEGAL)
        return Decimal(value)

    def flag(self, name: str) -> bool | None:
        """The value of "true" or "false", in any case; -1130 otherwise."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() not in {"true", "false"}:
            raise Denial(-1130, name)
        return value.lower() == "true"

    def choice(self, name: str, allowed: tuple[str, ...], code: int) -> str | None:
        """One of the allowed words, else ``code``."""
        value = self.text(name)
        if value is not None and value not in allowed:
            raise Denial(code, name)
        return value

    def client_id(self, name: str) -> str | None:
        """A client id: 1 to 36 of the legal characters (binance.md 4.1); -4015 too long, -1100 otherwise."""
        value = self.text(name)
        if value is None or CLIENT_ID.fullmatch(value):
            return value
        if len(value) > 36:
            raise Denial(-4015)
        raise Denial(-1100, name, CLIENT_ID_LEGAL)


def path_part(target: str) -> str:
    """A target without its query; it never fails, whatever came."""
    return target.partition("?")[0]


def query_part(target: str) -> str:
    """A target's query, undecoded, without a fragment."""
    return target.partition("?")[2].partition("#")[0]


def query_of(request: Request) -> str:
    """The query string as it was sent, undecoded."""
    return query_part(request.target)


def path_of(request: Request) -> str:
    """The path without its query."""
    return path_part(request.target)


def header_of(request: Request, name: str) -> str | None:
    """The first header of that name, in any case."""
    wanted = name.lower()
    return next((value for key, value in request.headers if key.lower() == wanted), None)


def body_of(request: Request) -> str:
    """The form body as text; a GET's body is not looked at (binance.md 1.2); -1130 when it is no UTF-8."""
    if request.method == "GET":
        return ""
    try:
        return request.body.decode()
    except UnicodeDecodeError as error:
        raise Denial(-1130, "body") from error


def split_pairs(encoded: str) -> list[tuple[str, str]]:
    """The name and value pairs of a form-encoded text, decoded, empty pieces left out."""
    pairs = [(name, value) for name, _, value in (piece.partition("=") for piece in encoded.split("&")) if name]
    if "%" not in encoded and "+" not in encoded:
        return pairs
    return [(unquote_plus(name), unquote_plus(value)) for name, value in pairs]


def params_of(request: Request) -> Params:
    """All parameters of the request."""
    return Params(split_pairs(query_of(request)) + split_pairs(body_of(request)))
