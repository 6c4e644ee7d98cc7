"""What crosses the edge of the box: requests in, and outputs that each name the handle they answer.

A *key* is the caller's number for one REST request, a *conn* its number for one WebSocket connection.  Nothing here
knows a socket: a reset, half a body or an answer that never comes are values (the last one is the absence of any
output), so that the same faults happen in virtual time and on real sockets.  The box answers exactly what stands here;
what a transport makes of it is the transport's affair.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

Headers: TypeAlias = tuple[tuple[str, str], ...]


class Request(Struct, frozen=True):
    """One REST request as it reached the venue: `target` is path and query exactly as sent, unparsed."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first header of this name, compared without case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class Reply(Struct, frozen=True):
    """One REST reply: HTTP status, headers, body."""

    status: int
    headers: Headers = ()
    body: bytes = b""


class Answer(Struct, frozen=True):
    """The reply to request `key`, whole."""

    key: int
    reply: Reply


class Reset(Struct, frozen=True):
    """The connection of request `key` is reset; no byte of an answer was sent."""

    key: int


class HalfBody(Struct, frozen=True):
    """The head of `reply` and the first `cut` bytes of its body are sent, then the connection is reset."""

    key: int
    reply: Reply
    cut: int


class Frame(Struct, frozen=True):
    """One text frame to connection `conn`; `call` names the call that it answers, if it answers an asking frame."""

    conn: int
    text: str
    call: str = ""


class Hangup(Struct, frozen=True):
    """The venue closes connection `conn` with this WebSocket close code; 1006 means without any close frame."""

    conn: int
    code: int


class Accepted(Struct, frozen=True):
    """The WebSocket handshake of `conn` succeeds."""

    conn: int


class Rejected(Struct, frozen=True):
    """The WebSocket handshake of `conn` is answered with this HTTP status instead of 101."""

    conn: int
    status: int


Output: TypeAlias = Answer | Reset | HalfBody | Frame | Hangup | Accepted | Rejected
