"""What both doors share: JSON out, every refusal in one shape, and no browser inside.

Every answer of either door is JSON; a refusal is `{"error": {"code", "detail", ...}}`, also where the web framework
itself refuses (no such path, wrong method, body too large).

A page in the owner's browser can send requests to the owner's own machine. Whoever comes with an `Origin`, or under a
host name that is not this machine's, is such a page, and is refused at both doors (loopback has no other lock).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from aiohttp import web

from seawall.model.amounts import plain
from seawall.service.front import Told
from seawall.service.identity import HEADER
from seawall.service.logs import Log

LARGEST_BODY = 64 * 1024
"""Bytes of a body; a signal has a few hundred."""

_LONGEST_NAMED = 16
"""Characters of an installation's name that are shown again; our own is not told to whoever asks."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _spell(value: object) -> object:
    """Amounts leave as plain digits, never with an exponent."""
    if isinstance(value, Decimal):
        return plain(value)
    raise TypeError(f"expected a value that JSON knows, came {value!r}")


def _plain(value: Any) -> Any:
    """`value` with every Decimal in it as plain digits (msgspec would write 1E-8)."""
    if isinstance(value, Decimal):
        return _spell(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def dump(value: Any) -> bytes:
    """JSON of builtins, dataclasses and Decimals; amounts as plain text."""
    return msgspec.json.encode(_plain(msgspec.to_builtins(value, builtin_types=(Decimal,))))


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer, with a line feed at its end for whoever reads it in a terminal."""
    return web.Response(body=dump(value) + b"\n", status=status, content_type="application/json", headers=headers)


def told(answer: Told) -> web.Response:
    """The front desk's answer over HTTP."""
    headers = {"Retry-After": str(answer.retry_after)} if answer.retry_after else None
    return reply(answer.body, answer.status, headers)


def refuse(status: int, code: str, detail: str) -> web.Response:
    """A refusal in the shape of all refusals."""
    return reply({"error": {"code": code, "detail": detail}}, status)


_CODES = {404: "not_found", 405: "method", 408: "timeout", 413: "too_large", 417: "expectation"}


def in_one_shape(log: Log) -> Any:
    """A middleware: the framework's refusals in our shape, and a fault of ours as 500 with a line in the log."""

    @web.middleware
    async def shape(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            code = _CODES.get(error.status, "refused")
            return refuse(error.status, code, _detail(request, error))
        except web.RequestPayloadError as error:
            return refuse(400, "malformed", f"the body cannot be read: {' '.join(str(error).split())}")
        except Exception as error:
            log.exception("request failed", method=request.method, path=request.path)
            return refuse(500, "fault", f"a fault of the service, see its log: {type(error).__name__}")

    return shape


def _detail(request: web.Request, error: web.HTTPException) -> str:
    if error.status == web.HTTPRequestEntityTooLarge.status_code:
        return f"expected a body of at most {LARGEST_BODY} bytes, came more"
    return f"{request.method} {request.path}: {error.reason}"


async def unsigned(request: web.Request, response: web.StreamResponse) -> None:
    """A signal of the framework's: an answer leaves without the name and version of the software that made it."""
    response.headers.pop("Server", None)


def same_house(installation: str) -> Any:
    """A middleware: refuses a command that means another installation's service (421). Whoever names none is served."""

    @web.middleware
    async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
        meant = request.headers.get(HEADER, installation)
        if meant != installation:
            said = f"this service is of another installation than {meant[:_LONGEST_NAMED]!r}: nothing was done"
            return refuse(421, "another_installation", said)
        return await handler(request)

    return door


def _host_of(request: web.Request) -> str:
    """The host that is asked for; empty for one that is none."""
    try:
        return (request.url.host or "").strip("[]")
    except ValueError:
        return ""


def no_browsers(own_names: tuple[str, ...] | None) -> Any:
    """A middleware: refuses what a web page sends. `own_names`: the only hosts to be asked under; None for any."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if "Origin" in request.headers:
            return refuse(403, "forbidden", "a web page has no business here (the request has an Origin)")
        if own_names is not None and (host := _host_of(request)) not in own_names:
            return refuse(403, "forbidden", f"expected to be asked as {' or '.join(own_names)}, came {host!r}")
        return await handler(request)

    return guard
