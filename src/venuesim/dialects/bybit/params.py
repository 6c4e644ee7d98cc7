"""The parameters of one request, whether they came as a query or as a JSON body, each read with its own refusal.

The venue takes every amount as a string (bybit.md 1.2, 1.5); some clients send numbers, which are read as well, since
they arrive as Decimal. Whatever is missing or malformed is 10001, and the text names the parameter.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from venuesim.dialects.bybit.errors import Denial, parameter
from venuesim.dialects.bybit.jsonwire import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from venuesim.wire import Request

_PLAIN_DIGITS: Final = frozenset("0123456789.-+")
_LONGEST: Final = 30
_LARGEST: Final = Decimal(10) ** 15


class Params:
    """Parameters by name; a value of ``None`` or an empty text counts as not sent."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = {name: value for name, value in values.items() if value is not None and value != ""}

    def __contains__(self, name: str) -> bool:
        """Whether the parameter was sent."""
        return name in self._values

    def text(self, name: str, default: str = "") -> str:
        """The parameter as text."""
        value = self._values.get(name, default)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int):
            return str(value)
        if isinstance(value, Decimal):
            return format(value, "f")
        raise parameter(f"params error: {name} expected a text, got {type(value).__name__}")

    def require(self, name: str) -> str:
        """The parameter as text; 10001 when it was not sent."""
        if name not in self._values:
            raise parameter(f"params error: {name} is required")
        return self.text(name)

    def choice(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """One of the allowed texts; 10001 for another, or for none without a default."""
        value = self.require(name) if default is None else self.text(name, default)
        if value not in allowed:
            raise parameter(f"params error: {name} invalid: {value}")
        return value

    def amount(self, name: str) -> Decimal | None:
        """A plain decimal number, or None when not sent; 10001 for exponents, absurd sizes and what is no number."""
        if name not in self._values:
            return None
        value = self.text(name)
        try:
            number = Decimal(value)
        except InvalidOperation as error:
            raise parameter(f"params error: {name} invalid") from error
        if not frozenset(value) <= _PLAIN_DIGITS or len(value) > _LONGEST or abs(number) > _LARGEST:
            raise parameter(f"params error: {name} invalid")
        return number

    def require_amount(self, name: str) -> Decimal:
        """A plain decimal number; 10001 when it was not sent or is none."""
        number = self.amount(name)
        if number is None:
            raise parameter(f"params error: {name} is required")
        return number

    def require_positive(self, name: str) -> Decimal:
        """A plain decimal number above zero; 10001 for anything else."""
        number = self.require_amount(name)
        if number <= 0:
            raise parameter(f"params error: {name} invalid")
        return number

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds; 10001 for anything else."""
        value = self.text(name, str(default))
        whole = value.removeprefix("-").isdecimal() and len(value) <= _LONGEST
        if not whole or not least <= int(value) <= most:
            raise parameter(f"params error: {name} invalid: {value}, expected {least}..{most}")
        return int(value)

    def flag(self, name: str) -> bool:
        """A boolean, as such or as text; false when not sent."""
        return self.choice(name, ("true", "false"), "false") == "true"

    def items(self) -> list[tuple[str, object]]:
        """Every parameter sent, in its order."""
        return list(self._values.items())


def query_params(request: Request) -> Params:
    """The parameters of the query, decoded."""
    values: dict[str, object] = {}
    for piece in request.target.partition("?")[2].split("&"):
        name, _, value = piece.partition("=")
        if name:
            values[unquote_plus(name)] = unquote_plus(value)
    return Params(values)


def body_params(body: bytes) -> Params:
    """The parameters of a JSON body; an empty body has none, and 10001 for what is no JSON object."""
    try:
        values = decode(body) if body else {}
    except ValueError as error:
        raise parameter("params error: the body is not JSON") from error
    return object_params(values)


def object_params(values: object) -> Params:
    """The parameters of a decoded JSON object; 10001 for any other value."""
    if not isinstance(values, dict):
        raise parameter(f"params error: expected a JSON object, got {type(values).__name__}")
    return Params(values)


def params_of(request: Request) -> Params:
    """The parameters of a request: the query of a GET, the body of a POST."""
    return query_params(request) if request.method == "GET" else body_params(request.body)


def denied_params(request: Request) -> tuple[Params, Denial | None]:
    """The parameters as far as they can be read, and the denial where they cannot."""
    try:
        return params_of(request), None
    except Denial as denial:
        return Params({}), denial
