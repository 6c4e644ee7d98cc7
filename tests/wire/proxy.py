"""A TCP proxy of our own between the service and the box: what a network does that no server can do by itself."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from venuesim.server import Addresses

HEAD_END = b"\r\n\r\n"
Spoil = Callable[["Pipe", bytes], Awaitable[None]]
"""What becomes of the bytes of a reply that is to be spoilt, instead of being passed on."""


@dataclass(eq=False)
class Pipe:
    """One connection through the proxy: the service on one side, the box on the other."""

    ours: asyncio.StreamWriter
    theirs: asyncio.StreamWriter
    mute: bool = False
    spoil: Spoil | None = None

    def reset(self) -> None:
        """Both sides get a reset."""
        for writer in (self.ours, self.theirs):
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def pass_on(self, piece: bytes) -> None:
        """Gives bytes of the box to the service."""
        self.ours.write(piece)
        await self.ours.drain()


@dataclass(eq=False)
class Proxy:
    """All connections through the proxy. `spoils`: by what a request must contain, what becomes of its reply, once."""

    box: Addresses
    pipes: list[Pipe] = field(default_factory=list)
    spoils: dict[bytes, Spoil] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def vanish(self) -> None:
        """Whoever was on the other side is gone: what is sent arrives nowhere, and nobody says that it is over."""
        for pipe in self.pipes:
            pipe.mute = True

    def reset_all(self) -> None:
        """Every connection is reset."""
        for pipe in self.pipes:
            pipe.reset()
        self.pipes.clear()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes one connection of the service."""
        self.tasks.append(asyncio.create_task(self._carry(reader, writer)))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_box, to_box = await asyncio.open_connection(self.box.host, self.box.port)
        pipe = Pipe(writer, to_box)
        self.pipes.append(pipe)
        await asyncio.gather(self._ask(pipe, reader), self._reply(pipe, from_box))

    async def _ask(self, pipe: Pipe, reader: asyncio.StreamReader) -> None:
        """The service's bytes, as they come; one that is to be spoilt marks its connection."""
        with suppress(ConnectionError):
            while piece := await reader.read(65_536):
                for needle in [one for one in self.spoils if one in piece]:
                    pipe.spoil = self.spoils.pop(needle)
                if not pipe.mute:
                    pipe.theirs.write(piece)
                    await pipe.theirs.drain()
        if not pipe.mute:
            pipe.theirs.close()

    async def _reply(self, pipe: Pipe, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(65_536):
                spoil, pipe.spoil = pipe.spoil, None
                if pipe.mute:
                    continue
                await (pipe.pass_on(piece) if spoil is None else spoil(pipe, piece))
        if not pipe.mute:
            pipe.ours.close()


async def reset_in_mid_body(pipe: Pipe, piece: bytes) -> None:
    """The head and a third of the body arrive, then a reset."""
    head, _, body = piece.partition(HEAD_END)
    await pipe.pass_on(head + HEAD_END + body[: len(body) // 3])
    pipe.reset()


def dripping(heard: Callable[[], Awaitable[None]]) -> Spoil:
    """The body arrives byte by byte, each only once something more has been `heard`, and at last the rest of it."""

    async def drip(pipe: Pipe, piece: bytes) -> None:
        head, _, body = piece.partition(HEAD_END)
        await pipe.pass_on(head + HEAD_END)
        for place in range(min(len(body), 8)):
            await heard()
            await pipe.pass_on(body[place : place + 1])
        await pipe.pass_on(body[8:])

    return drip


@asynccontextmanager
async def proxied(proxy: Proxy, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """The address under which the service reaches the box through the proxy; `host` is how it is named there."""
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    try:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in proxy.tasks:
            task.cancel()
        await asyncio.gather(*proxy.tasks, return_exceptions=True)
        for pipe in proxy.pipes:
            pipe.ours.transport.abort()
            pipe.theirs.transport.abort()
