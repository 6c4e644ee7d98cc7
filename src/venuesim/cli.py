"""``venuesim serve``: one venue or both on loopback ports, with the control API beside them.

When everything listens, one line of JSON with the addresses goes to standard output; then the box runs until SIGINT or
SIGTERM.  A port that is taken ends the command with exit code 1 and one line that names it.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import signal
import sys
from contextlib import AsyncExitStack
from typing import Annotated, Literal

from cyclopts import App, Parameter

from venuesim.control import Control
from venuesim.exchange import VENUES, Exchange
from venuesim.server import Clock, control_app, listening, serve

app = App(name="venuesim", help="An exchange in a box: Binance USD-M and Bybit v5 linear on loopback.")


@app.command(name="serve")
def serve_command(
    *,
    venue: Literal["binance", "bybit", "both"] = "both",
    port: int = 0,
    bybit_port: int = 0,
    control_port: int = 0,
    seed: int = 1,
    ahead_ms: int = 0,
    punctual: bool = False,
    switch: Annotated[tuple[str, ...], Parameter(negative=())] = (),
) -> int:
    """Serve the box until interrupted.

    Parameters
    ----------
    venue:
        Which venue to serve.
    port:
        Port of the venue (of Binance, if both); 0 takes a free one.
    bybit_port:
        Port of Bybit if both are served; 0 takes a free one.
    control_port:
        Port of the control API; 0 takes a free one.
    seed:
        What every draw of the box comes from.
    ahead_ms:
        How far the venue's clock runs ahead of this machine's; below zero behind.
    punctual:
        Keep every delay to a quarter of a millisecond instead of two, with room for a few hundred sockets only.
    switch:
        NAME=ANSWER, repeatable: a question the venue books leave open.
    """
    names = VENUES if venue == "both" else (venue,)
    ports = {name: bybit_port if venue == "both" and name == "bybit" else port for name in names}
    try:
        clock = Clock(ahead_ms * 1000)
        switches = dict(_pair(text) for text in switch)
        exchanges = {name: Exchange(name, seed=seed, start=clock.now(), switches=switches) for name in names}
        with asyncio.Runner(loop_factory=_punctual_loop if punctual else None) as runner:
            runner.run(_run(exchanges, ports, control_port, clock))
    except (OSError, ValueError) as wrong:
        sys.stderr.write(f"venuesim: {wrong}\n")
        return 1
    return 0


def _punctual_loop() -> asyncio.AbstractEventLoop:
    """A loop that waits by `select`, whose timeouts are in microseconds; those of `epoll` are whole milliseconds."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def _pair(text: str) -> tuple[str, str]:
    name, found, answer = text.partition("=")
    if not found:
        message = f"--switch: expected NAME=ANSWER, got {text!r}"
        raise ValueError(message)
    return name, answer


async def _run(exchanges: dict[str, Exchange], ports: dict[str, int], control_port: int, clock: Clock) -> None:
    async with AsyncExitStack() as stack:
        addresses = {}
        for name, exchange in exchanges.items():
            served = await stack.enter_async_context(serve(exchange, port=ports[name], clock=clock))
            addresses[name] = {"rest": served.rest, "stream": served.stream}
        control = control_app(Control(exchanges), clock)
        taken = await stack.enter_async_context(listening(control, control_port))
        sys.stdout.write(json.dumps({**addresses, "control": f"http://127.0.0.1:{taken}"}) + "\n")
        sys.stdout.flush()
        await _until_stopped()


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(app())
