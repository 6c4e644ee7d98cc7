"""`seawall run`: the service, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable

from seawall.cli.common import NO_OPTIONS, Common
from seawall.model.times import SECOND, Duration
from seawall.service.app import App
from seawall.service.pauses import set_aside
from seawall.service.problems import Exit
from seawall.service.settings import Settings

FAULT = 1
"""The exit code when every account has stopped for a fault of the program: a supervisor should start it again."""
SETTLED_WITHIN: Duration = 10 * SECOND
"""How long an opening that is under way is waited for: the naked bound, and a close after it."""

_ALL_READY = "seawall is ready: every account takes signals"


def run(*, common: Common = NO_OPTIONS) -> int:
    """Run the service until it is told to stop (SIGTERM, Ctrl-C); twice stops at once.

    Openings under way are brought to their stop first. Stops stay at the venue; nothing is closed.
    """
    return asyncio.run(_serve(common.settings()))


async def _serve(settings: Settings) -> int:
    told, twice = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def heard() -> None:
        (twice if told.is_set() else told).set()

    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, heard)
    async with App(settings) as app:
        _announce(app)
        once_ready = asyncio.create_task(_once_ready(app))
        await _first(told.wait(), app.all_stopped.wait())
        once_ready.cancel()
        if app.all_stopped.is_set():
            return FAULT
        settling = asyncio.create_task(app.settle(SETTLED_WITHIN))
        await _first(asyncio.shield(settling), twice.wait())
        return _farewell(settling.result() if settling.done() else app.unsettled())


async def _once_ready(app: App) -> None:
    """Says so, for a person and for whoever started it; from then on pauses are kept short."""
    await app.all_ready.wait()
    set_aside()
    barred = [f"{name} ({loop.standing})" for name, loop in app.loops.items() if not loop.takes_entries]
    _say(f"seawall is ready, but no entry is taken on {', '.join(barred)}" if barred else _ALL_READY)


async def _first(*waits: Awaitable[object]) -> None:
    """Waits for the first of several, and lets the others go."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def _farewell(unsettled: tuple[str, ...]) -> int:
    """The exit code at the end; whatever is left unsettled is named."""
    for one in unsettled:
        sys.stderr.write(f"seawall: not settled: {one}; the next `seawall run` goes on with it\n")
    return Exit.UNPROTECTED if unsettled else Exit.OK


def _announce(app: App) -> None:
    """Where it listens, for a person and for whoever started it."""
    accounts = ", ".join(f"{one.name} ({one.venue}, {one.environment})" for one in app.settings.accounts)
    _say(f"seawall runs: intake {app.intake_url}/signal, control {app.control_url}; accounts {accounts}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
