"""`seawall flatten`: bring slots to FLAT, through the service if it answers, else by one's own hand.

The service knows each signal's story and closes exactly what is its own. Where it does not answer in `ANSWERS_WITHIN`,
or where `--direct` says not to ask, the halt is written first and the venue is spoken to from here: what that does, and
what it leaves alone, is told line by line.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Annotated

from cyclopts import Parameter

from seawall.cli.common import NO_OPTIONS, Common, console, instant, print_json, seconds
from seawall.cli.halt import tell_service
from seawall.cli.http import Doors, Reply, doors
from seawall.cli.send import BUSY, RECORDED, Standing, holders, standing, waited
from seawall.flatten.report import AccountReport, Said, lines
from seawall.intake.problem import Objection
from seawall.intake.symbol import resolve
from seawall.model.ids import Account, Symbol
from seawall.model.times import SECOND
from seawall.service.clock import UtcClock
from seawall.service.halt import Halts, scopes
from seawall.service.problems import ConfigError, Exit, ServiceError, Unreachable
from seawall.service.settings import AccountSettings, Settings

ANSWERS_WITHIN = 2.0
"""Seconds for the service to say that it has recorded the wish."""
_REPEATED, _NOTHING_OPEN = 200, "nothing_open"
_DIRECT = "--direct acts without the service"
_OTHERS = "what others hold there stays (--direct closes it on a symbol that you name)"


class NotConfirmedError(ServiceError):
    """What cannot be taken back was not confirmed."""

    code = Exit.USAGE


def flatten(
    symbol: str,
    *,
    account: str = "all",
    direct: Annotated[bool, Parameter(negative="")] = False,
    yes: Annotated[bool, Parameter(name=("--yes", "-y"), negative="")] = False,
    timeout: float = 120.0,
    common: Common = NO_OPTIONS,
) -> int:
    """Bring a slot, or with all every slot of ours, to FLAT. Without the service it acts by itself.

    Parameters
    ----------
    symbol
        The slot's symbol; what stands on it is closed whole if this acts by itself. Or all: every slot of ours.
    account
        On this account; on all if not said.
    direct
        Do not ask the service: write the halt, then speak to the venue from here.
    yes
        Do not ask for confirmation.
    timeout
        Seconds to go on at most.
    """
    timeout = seconds(timeout, "--timeout")
    settings = common.settings()
    wishes = _wishes(settings, account, symbol)
    _confirm(symbol, wishes, yes=yes)
    if direct:
        return _by_hand(settings, wishes, account, timeout, common)
    before, asked = _ask_service(settings, tuple(wishes), symbol)
    silent = {name: wishes[name] for name, reply in asked.items() if reply is None}
    code = 0
    if silent:  # first, since nobody else brings them home
        said = f"the service does not answer for {', '.join(silent)}: acting directly"
        console(to_err=common.json).print(said, markup=False)
        code = _by_hand(settings, silent, account, timeout, common)
    taken = ((name, reply) for name, reply in asked.items() if reply is not None)
    return max((code, *(_told(settings, name, reply, before, timeout, common) for name, reply in taken)))


def _wishes(settings: Settings, account: str, symbol: str) -> dict[Account, Symbol | None]:
    """What is to be brought home on which account. Raises UnknownAccount, or NotConfirmedError for a symbol that no
    venue spells so.
    """
    (scope,) = scopes(account, tuple(one.name for one in settings.accounts))
    chosen = [one for one in settings.accounts if scope in ("", one.name)]
    return {one.name: None if symbol == "all" else _spelled(one, symbol) for one in chosen}


def _spelled(account: AccountSettings, symbol: str) -> Symbol:
    try:
        return resolve(symbol, account.venue, ())
    except Objection as error:
        raise NotConfirmedError(f"symbol: expected {error.expected}, came {error.came}") from error


def _confirm(symbol: str, wishes: Mapping[Account, Symbol | None], *, yes: bool) -> None:
    """Says what is about to be done, and asks. Raises NotConfirmedError."""
    where = ", ".join(wishes)
    if symbol == "all":
        what = f"every position of ours on {where} is closed at market"
    else:
        what = f"what is open on {symbol} on {where} is closed at market; acting directly, the whole position, whoever"
        what += " opened it"
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotConfirmedError(f"{what}: nobody is here to confirm that, so say --yes")
    console().print(f"{what}. Stops are removed once that is proven, and not before.", markup=False)
    if input("go on? [y/N] ").strip().lower() not in ("y", "yes"):
        raise NotConfirmedError("not confirmed: nothing was done")


# ---- through the service


def _ask_service(
    settings: Settings, accounts: tuple[Account, ...], symbol: str
) -> tuple[Standing, dict[Account, Reply | None]]:
    """What stood before, and what the service said to each wish; None where it did not answer in time."""
    where = doors(settings)
    try:
        before = standing(where, within=ANSWERS_WITHIN)
    except Unreachable:
        return [], dict.fromkeys(accounts)
    return before, {account: _ask_for(where, account, symbol) for account in accounts}


def _ask_for(where: Doors, account: Account, symbol: str) -> Reply | None:
    """What the service said to the wish; None if it did not answer in time, can record nothing, or has no room."""
    path, body = "/flatten", {"account": account, "reason": "seawall flatten"}
    if symbol != "all":
        path, body = "/close", body | {"symbol": symbol}
    try:
        said = where.ask("POST", f"{where.control}{path}", body, within=ANSWERS_WITHIN)
    except Unreachable:
        return None
    return None if said.status >= 500 or said.status == BUSY else said  # noqa: PLR2004 - HTTP's own: it could not


def _told(settings: Settings, account: Account, said: Reply, before: Standing, timeout: float, common: Common) -> int:
    """Waits for the end of what the service took on; the exit code, 0 only where all of ours is proven flat."""
    where, out = doors(settings), console(to_err=common.json)
    if said.body.get("error", {}).get("code") == _NOTHING_OPEN:
        code, words = _of_nothing(where, account)
    elif said.status not in (RECORDED, _REPEATED):
        code, words = Exit.REFUSED, said.error
    else:
        try:
            signals = holders(where, said, before)
            code, words = _of_ours(signals, waited(where, signals, "flat", timeout, common))
        except Unreachable as error:
            code, words = Exit.UNPROTECTED, f"it was taken on, and is not proven flat; {error}; {_DIRECT}"
    out.print(f"{account}: {words}", markup=False, soft_wrap=True)
    return code


def _of_ours(signals: list[str], code: int) -> tuple[Exit, str]:
    """What the end of the signals that are closed means, and in words. One that still stands protected has none."""
    if not signals:
        return Exit.UNPROTECTED, f"it was taken on, and nothing shows what it closes; {_DIRECT}"
    if code != Exit.OK:
        return Exit.UNPROTECTED, f"not flat yet; {_DIRECT}"
    return Exit.OK, f"ours is flat; {_OTHERS}"


def _of_nothing(where: Doors, account: Account) -> tuple[Exit, str]:
    """What it means that the service knows of nothing open: little, before it has read the account."""
    try:
        told = where.ask("GET", f"{where.control}/readyz").body.get("accounts", {}).get(account, {})
    except Unreachable as error:
        return Exit.UNREACHABLE, f"nothing is known of it; {error}; {_DIRECT}"
    if not told.get("ready"):
        why = told.get("why") or "it is not ready"
        return Exit.UNREACHABLE, f"the service does not know what stands there ({why}); {_DIRECT}"
    return Exit.OK, f"the service knows of nothing of ours that is open there; {_OTHERS}"


# ---- by hand


def _by_hand(
    settings: Settings, wishes: Mapping[Account, Symbol | None], account: str, timeout: float, common: Common
) -> int:
    """The halt first, then the venue itself; what was done, and the exit code. Raises ConfigError where all of ours is
    meant, and the configuration's folder does not say what that is.
    """
    from seawall.service.identity import known_installation

    if known_installation(settings.home) is None and None in wishes.values():
        raise ConfigError(
            f"installation: expected this installation's name in {settings.home}, came none; without it nothing is "
            "known to be ours. Name the configuration that the service runs with (--config), or a symbol instead of all"
        )
    now = UtcClock()
    is_halted = _halt(settings, account, now, common)
    reports = asyncio.run(_fly(settings, wishes, account, timeout, now, common))
    _print(reports, common, is_halted=is_halted)
    return max(_code(reports), Exit.OK if is_halted else Exit.CONFIG)


def _halt(settings: Settings, account: str, now: UtcClock, common: Common) -> bool:
    """Writes the halt; whether it could be. If not, that is said and keeps nothing from home: a disk that is full may
    be why the service does not answer.
    """
    halts = Halts(settings.folder)
    try:
        for scope in scopes(account, tuple(one.name for one in settings.accounts)):
            halts.halt(scope, "seawall flatten --direct", now())
    except ConfigError as error:
        console(to_err=common.json).print(f"NOT HALTED: {error}; going on all the same", markup=False, soft_wrap=True)
        return False
    return True


async def _fly(
    settings: Settings,
    wishes: Mapping[Account, Symbol | None],
    account: str,
    timeout: float,  # noqa: ASYNC109 - handed on, not a deadline of this coroutine
    now: UtcClock,
    common: Common,
) -> tuple[AccountReport, ...]:
    """Tells the service of the halt, should it hear, while the accounts are brought home."""
    from seawall.service.direct import Mission, flatten
    from seawall.service.identity import installation

    mission = Mission(
        wishes, installation(settings.home), now(), settings.bounds, int(timeout * SECOND), settings.folder
    )
    accounts = [one for one in settings.accounts if one.name in wishes]
    telling = asyncio.to_thread(tell_service, settings, "/halt", account, "seawall flatten --direct")
    out = console(to_err=common.json)

    def tell(name: Account, line: Said) -> None:
        out.print(f"{instant(line.at)} {name} {line.symbol}: {line.text}", markup=False, soft_wrap=True)

    _, reports = await asyncio.gather(telling, flatten(accounts, mission, now, tell))
    return reports


def _print(reports: tuple[AccountReport, ...], common: Common, *, is_halted: bool) -> None:
    if common.json:
        print_json({"accounts": reports})
        return
    for report in reports:
        for line in lines(report):
            console().print(line, markup=False, soft_wrap=True)
    halted = "entries stay halted: `seawall resume` lets them leave again"
    console().print(halted if is_halted else "NOT HALTED: a service that lives may send entries", markup=False)


def _code(reports: tuple[AccountReport, ...]) -> int:
    """8 if something may stand, 7 if an account was not reached, 0 if everything is proven flat."""
    if any(report.is_reached and not report.is_done for report in reports):
        return Exit.UNPROTECTED
    return Exit.UNREACHABLE if any(not report.is_reached for report in reports) else Exit.OK
