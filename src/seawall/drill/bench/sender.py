"""Whoever sends the signals: another program in life, so what it takes to compose a request is none of the service's.

The bytes are there before the clock starts; what is counted begins with the first of them on a connection that stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Sender:
    """One connection to the intake."""

    host: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def compose(self, body: bytes) -> bytes:
        """The whole request that posts a signal."""
        head = f"POST /signal HTTP/1.1\r\nHost: {self.host}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.lower().splitlines()
        length = next(int(line.removeprefix(_LENGTH)) for line in lines if line.startswith(_LENGTH))
        return int(lines[0].split()[1]), await self.reader.readexactly(length)


@asynccontextmanager
async def sender(intake_url: str) -> AsyncIterator[Sender]:
    """A sender on a connection of its own."""
    url = urlsplit(intake_url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    try:
        yield Sender(url.netloc, reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()
