"""`seawall halt` and `seawall resume`: no entries, or entries again. Neither needs an answer from anyone.

The word is a file in the service's folder, written or removed here; the service, if one runs, is told to read it now
and records what it found. One that does not answer reads it before its next entry leaves all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from seawall.cli.common import NO_OPTIONS, Common, console, print_json
from seawall.cli.http import doors
from seawall.model.ids import Account
from seawall.service.clock import UtcClock
from seawall.service.halt import EVERYONE, Halt, Halts, scopes, since
from seawall.service.problems import Exit, Unreachable
from seawall.service.settings import Settings

TOLD_WITHIN = 2.0
"""Seconds for the service to say that it has read the file; it counts whether it says so or not."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds after a command: the halts in force, and what the service said to it (empty if none answered)."""

    halts: tuple[Halt, ...]
    service: str


def halt(account: str = "all", *, reason: str = "", common: Common = NO_OPTIONS) -> int:
    """Stop entries at once, and after any restart, until `seawall resume`. What stands goes on being protected.

    Parameters
    ----------
    account
        An account of the configuration, or all.
    reason
        What whoever is refused is told.
    """
    settings = common.settings()
    halts = Halts(settings.folder)
    for scope in scopes(account, _names(settings)):
        halts.halt(scope, reason, UtcClock()())
    standing = Standing(halts.all(_names(settings)), tell_service(settings, "/halt", account, reason))
    _print(standing, common)
    return Exit.OK


def resume(account: str = "all", *, common: Common = NO_OPTIONS) -> int:
    """Let entries leave again. Exit 6 if another halt still stops some.

    Parameters
    ----------
    account
        The account whose halt is taken back; all takes back every halt.
    """
    settings = common.settings()
    halts = Halts(settings.folder)
    wanted = scopes(account, _names(settings))
    for scope in (EVERYONE, *_names(settings)) if wanted == (EVERYONE,) else wanted:
        halts.resume(scope)
    standing = Standing(halts.all(_names(settings)), tell_service(settings, "/resume", account, ""))
    _print(standing, common)
    return Exit.HALTED if any(halts.of(name) is not None for name in wanted) else Exit.OK


def tell_service(settings: Settings, path: str, account: str, reason: str) -> str:
    """Tells the running service what changed; what it said to that, or that nobody answered."""
    body = {"account": account} | ({"reason": reason} if reason else {})
    where = doors(settings)
    try:
        said = where.ask("POST", f"{where.control}{path}", body, within=TOLD_WITHIN)
    except Unreachable:
        return ""
    return said.error if "error" in said.body else "has read it"


def told_halt(halt_: Halt, now: int) -> str:
    """One halt as a line for a person."""
    whose = f"account {halt_.scope}" if halt_.scope else "all accounts"
    return f"{whose}: {halt_.words}, {since(halt_, now)}"


def _names(settings: Settings) -> tuple[Account, ...]:
    return tuple(account.name for account in settings.accounts)


def _print(standing: Standing, common: Common) -> None:
    if common.json:
        halted = {halt_.scope or "all": halt_.reason for halt_ in standing.halts}
        print_json({"halted": halted, "service": standing.service})
        return
    now = UtcClock()()
    for halt_ in standing.halts:
        console().print(told_halt(halt_, now), markup=False)
    if not standing.halts:
        console().print("no account is halted")
    unheard = "no service answers; the next one to start, or to wake, reads the file before it enters"
    console().print(f"the service {standing.service}" if standing.service else unheard, markup=False)
