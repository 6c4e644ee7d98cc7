"""Commands before the first signal: make a configuration, and see whether everything is as it should be."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from seawall.cli.common import NO_OPTIONS, Common, console, print_json, print_table
from seawall.service.claims import Claims
from seawall.service.clock import UtcClock
from seawall.service.config import DEFAULT_FILE
from seawall.service.doctor import Finding, Grade, examine
from seawall.service.halt import Halts, since
from seawall.service.identity import installation, known_installation
from seawall.service.problems import ConfigError, Exit
from seawall.service.settings import Settings

TEMPLATE = """\
# Seawall. Every key may be left out; what stands here are the defaults. docs/configuration.md explains each.

[service]
folder = "data"              # journal and lock; one `seawall run` owns it
intake = "127.0.0.1:8480"    # POST /signal
control = "127.0.0.1:8481"   # loopback only
# intake_secret_file = "intake.secret"   # mode 0600; needed if others can reach the intake

# One account at each venue of the box (`venuesim serve`): nothing here is real.
[accounts.binance]
venue = "binance"
environment = "sim"          # sim, testnet or live

[accounts.bybit]
venue = "bybit"
environment = "sim"

# [accounts.main]
# venue = "bybit"
# environment = "live"
# arm = "main"               # real money: the account's own name, once more
# key_file = "main.key"      # files of mode 0600, or key_env and secret_env
# secret_file = "main.secret"

# [bounds]
# max_naked = "5s"           # seconds, or text with its unit; docs/time-bounds.md lists them all
"""


def init(folder: Path = Path(), *, common: Common = NO_OPTIONS) -> int:
    """Make a configuration.

    Parameters
    ----------
    folder
        Where to put it; here, if not given.
    """
    path = folder / DEFAULT_FILE
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except FileExistsError:
        raise ConfigError(f"{path} is there already and stays as it is") from None
    name = installation(folder)
    if common.json:
        print_json({"config": str(path), "installation": name})
    else:
        console().print(f"wrote {path}; this installation is called {name}", markup=False)
        console().print(f"next: seawall doctor --config {path}", markup=False)
    return Exit.OK


def doctor(*, common: Common = NO_OPTIONS) -> int:
    """Check configuration, keys, modes, clocks and venues. Changes nothing."""
    settings = common.settings()
    findings = (*_of_the_house(settings), *asyncio.run(_examine(settings)))
    if common.json:
        print_json({"findings": findings})
    else:
        rows = [(one.account, one.what, one.grade.value, _told(one)) for one in findings]
        print_table(("account", "what", "", "finding"), rows)
    grades = [one.grade for one in findings]
    if Grade.SILENT in grades:
        return Exit.UNREACHABLE
    return Exit.CONFIG if Grade.BAD in grades else Exit.OK


def _told(one: Finding) -> str:
    return f"{one.said}; {one.mend}" if one.mend else one.said


def _of_the_house(settings: Settings) -> list[Finding]:
    """What can be said without asking anyone."""
    name = known_installation(settings.home)
    named = f"{name}: our orders are called sw{name}-..." if name else "not named yet; `seawall run` does that"
    secret = "with a secret" if settings.intake_secret else "without a secret, for this machine alone"
    return [
        Finding("", "installation", Grade.OK, named),
        _folder(settings.folder),
        Finding("", "intake", Grade.OK, f"{settings.intake}, {secret}"),
        *_halts(settings),
    ]


def _folder(folder: Path) -> Finding:
    """Whether the service can keep its record there: in the folder, or where it is to be made."""
    standing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    if standing.is_dir() and os.access(standing, os.W_OK | os.X_OK):
        return Finding("", "folder", Grade.OK, str(folder))
    mend = "give it to the user who runs the service, or name another as service.folder"
    return Finding("", "folder", Grade.BAD, f"{folder}: {standing} is no folder that can be written", mend)


def _halts(settings: Settings) -> list[Finding]:
    """What the owner has halted."""
    now = UtcClock()()
    names = tuple(account.name for account in settings.accounts)
    halts = Halts(settings.folder).all(names)
    mend = "`seawall resume` lets entries leave again"
    found = [Finding(halt.scope, "entries", Grade.NOTE, f"{halt.words}, {since(halt, now)}", mend) for halt in halts]
    return found or [Finding("", "entries", Grade.OK, "not halted")]


async def _examine(settings: Settings) -> list[Finding]:
    now, folder, bounds, claims = UtcClock(), settings.folder, settings.bounds, Claims()
    told = await asyncio.gather(*(examine(account, folder, bounds, now, claims) for account in settings.accounts))
    return [finding for findings in told for finding in findings]
