"""The door that may face the internet: `POST /signal`, and nothing else.

Whatever the content type says, the body is read as a signal (TradingView says text/plain when its JSON has a trailing
line feed). The order of the checks is the order of their cost: size by its header, then the secret where a header
carries it, then the body, slowly sent ones not waited for.

The secret, if one is configured, comes as `Authorization: Bearer ...`, as `X-Seawall-Secret`, or, for senders that can
set no header, as the field `secret` of the body. It is never logged, never recorded.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence

import msgspec
from aiohttp import web

from seawall.model.times import SECOND, Duration
from seawall.service.front import Front
from seawall.service.logs import Log
from seawall.service.web import LARGEST_BODY, in_one_shape, no_browsers, refuse, same_house, told, unsigned

READ_WITHIN: Duration = 5 * SECOND
"""A body that takes longer than this is not read on."""


class _Secretive(msgspec.Struct):
    """All that is looked for in a body before it is trusted."""

    secret: str = ""


class Intake:
    """The handlers of the intake."""

    def __init__(self, front: Front, secret: str | None, log: Log) -> None:
        self._front = front
        self._secret = secret
        self._log = log

    def app(self, installation: str) -> web.Application:
        """The application of the intake's listener of an installation."""
        guards = [in_one_shape(self._log), no_browsers(None), same_house(installation)]
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=guards)
        app.on_response_prepare.append(unsigned)
        app.router.add_route("POST", "/signal", self.signal, expect_handler=self._expect)
        return app

    async def signal(self, request: web.Request) -> web.Response:
        """One signal, answered once what is decided about it is durable."""
        if objection := self._objection(_from_headers(request)):
            return objection
        self._check_length(request)
        try:
            async with asyncio.timeout(READ_WITHIN / SECOND):
                body = await request.read()
        except TimeoutError:
            return refuse(408, "timeout", f"the body did not come within {READ_WITHIN // SECOND} s")
        offered = [*_from_headers(request), *_from_body(body)]
        if not offered and self._secret is not None:
            return refuse(401, "unauthorised", _WHERE)
        if objection := self._objection(offered):
            return objection
        answer = await self._front.receive(body)
        self._log.info("signal answered", signal=answer.body.get("id"), status=answer.status, peer=request.remote)
        return told(answer)

    async def _expect(self, request: web.Request) -> None:
        """`Expect: 100-continue`: what would be refused anyway is refused before it is sent."""
        if request.headers.get("Expect", "").lower() != "100-continue":
            raise web.HTTPExpectationFailed
        self._check_length(request)
        if request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _check_length(self, request: web.Request) -> None:
        if (length := request.content_length) is not None and length > LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(max_size=LARGEST_BODY, actual_size=length)

    def _objection(self, offered: Sequence[str]) -> web.Response | None:
        """403 if one of the secrets that were offered is wrong."""
        right = (self._secret or "").encode()
        if self._secret is None or all(
            hmac.compare_digest(one.encode("utf-8", "surrogateescape"), right) for one in offered
        ):
            return None
        return refuse(403, "forbidden", "the secret is not the configured one")


_WHERE = "expected the secret as Authorization: Bearer, X-Seawall-Secret, or the field secret of the body; came none"


def _from_headers(request: web.Request) -> list[str]:
    """The secrets that the headers offer."""
    offered = [request.headers.get("X-Seawall-Secret", "")]
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    offered.append(token.strip() if scheme.lower() == "bearer" else "")
    return [one for one in offered if one]


def _from_body(body: bytes) -> list[str]:
    """The secret that the body offers; what else is in it is the parser's business."""
    try:
        found = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"), type=_Secretive).secret
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    return [found] if found else []
