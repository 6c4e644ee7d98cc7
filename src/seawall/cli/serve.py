"""`seawall run`: the service, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import sys

from seawall.cli.common import NO_OPTIONS, Common
from seawall.service.app import App
from seawall.service.problems import Exit
from seawall.service.settings import Settings

FAULT = 1
"""The exit code when every account has stopped for a fault of the program: a supervisor should start it again."""


def run(*, common: Common = NO_OPTIONS) -> int:
    """Run the service until it is told to stop (SIGTERM, Ctrl-C). Stops stay at the venue; nothing is closed."""
    return asyncio.run(_serve(common.settings()))


async def _serve(settings: Settings) -> int:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, told.set)
    async with App(settings) as app:
        _announce(app)
        waits = [asyncio.create_task(one.wait()) for one in (told, app.all_stopped)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return FAULT if app.all_stopped.is_set() else Exit.OK


def _announce(app: App) -> None:
    """Where it listens, for a person and for whoever started it."""
    accounts = ", ".join(f"{one.name} ({one.venue}, {one.environment})" for one in app.settings.accounts)
    sys.stdout.write(f"seawall runs: intake {app.intake_url}/signal, control {app.control_url}; accounts {accounts}\n")
    sys.stdout.flush()
