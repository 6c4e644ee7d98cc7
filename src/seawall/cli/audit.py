"""`seawall audit`: one look at accounts, whoever trades on them. Reads alone; no journal, no running service."""

from __future__ import annotations

import asyncio
from typing import Any

from seawall.audit.examine import worst
from seawall.audit.findings import Finding, Severity
from seawall.cli.common import NO_OPTIONS, Common, complain, console, print_json, print_table
from seawall.service.auditor import Audited
from seawall.service.auditor import audit as audited
from seawall.service.clock import UtcClock
from seawall.service.identity import known_installation
from seawall.service.ledger import budgets_beside
from seawall.service.problems import ConfigError, Exit
from seawall.service.settings import AccountSettings, Settings


def audit(*accounts: str, common: Common = NO_OPTIONS) -> int:
    """Look once at accounts and say all that is wrong. Changes nothing; a key that may only read is enough.

    Parameters
    ----------
    accounts
        Their names in the configuration; all, if none is named.
    """
    settings = common.settings()
    looks = asyncio.run(_look(settings, choose(settings, accounts)))
    if common.json:
        print_json({"accounts": [_plain(look) for look in looks]})
    for look in looks if not common.json else ():
        _tell(look)
    return max((_code(look) for look in looks), default=int(Exit.OK))


def choose(settings: Settings, names: tuple[str, ...]) -> tuple[AccountSettings, ...]:
    """The accounts of these names; all, if none is named. Raises ConfigError."""
    known = {str(account.name): account for account in settings.accounts}
    for name in names:
        if name not in known:
            raise ConfigError(f"account: expected one of {', '.join(known)}, came {name!r}")
    return tuple(known[name] for name in names or known)


async def _look(settings: Settings, accounts: tuple[AccountSettings, ...]) -> list[Audited]:
    name, now = known_installation(settings.home) or "", UtcClock()
    budgets = budgets_beside(settings.folder, accounts, now(), complain)
    return await asyncio.gather(
        *(audited(account, name, settings.bounds, now, budgets[account.name]) for account in accounts)
    )


def _code(look: Audited) -> int:
    if not look.reached:
        return Exit.UNREACHABLE
    severity = worst(look.findings)
    if severity is Severity.NAKED:
        return Exit.UNPROTECTED
    return Exit.FOUND if severity else Exit.OK


def _plain(look: Audited) -> dict[str, Any]:
    seen = look.snapshot
    return {
        "account": seen.account,
        "venue": seen.venue,
        "reached": look.reached,
        "unreached": look.unreached,
        "positions": sum(bool(one.amount) for one in seen.positions),
        "stops": len(seen.stops),
        "orders": len(seen.orders),
        "findings": [_row(one) for one in look.findings],
    }


def _row(one: Finding) -> dict[str, str]:
    return {
        "kind": one.kind.value,
        "severity": one.severity.name.lower(),
        "symbol": one.symbol,
        "order": one.order,
        "said": one.said,
        "advice": one.advice,
    }


def _tell(look: Audited) -> None:
    seen = look.snapshot
    if not look.reached:
        console().print(f"{seen.account}: {look.unreached}, so nothing was judged", markup=False)
        return
    held = sum(bool(one.amount) for one in seen.positions)
    standing = f"{held} positions, {len(seen.stops)} stops, {len(seen.orders)} open orders"
    verdict = f"{len(look.findings)} findings" if look.findings else "nothing is wrong"
    console().print(f"{seen.account} ({seen.venue}): {standing}; {verdict}", markup=False)
    if look.findings:
        print_table(("", "symbol", "what", "seen, and what to do"), [_line(one) for one in look.findings])


def _line(one: Finding) -> tuple[str, str, str, str]:
    word = one.severity.name if one.severity is Severity.NAKED else one.severity.name.lower()
    return word, one.symbol or "-", one.kind.value, f"{one.said}; {one.advice}"
