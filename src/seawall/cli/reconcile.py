"""`seawall reconcile`: what record, stream and venue say about each position, and what a service would do about it."""

from __future__ import annotations

import asyncio
from typing import Any

from seawall.cli.audit import choose
from seawall.cli.common import NO_OPTIONS, Common, amount, complain, console, print_json
from seawall.cli.figures import opinions
from seawall.cli.http import doors
from seawall.history.positions import Opinion, PositionView
from seawall.service.clock import UtcClock
from seawall.service.identity import known_installation
from seawall.service.ledger import budgets_beside
from seawall.service.problems import Exit, Unreachable
from seawall.service.reader import JournalReader
from seawall.service.reconciling import Compared, Deed, Held, Reconciled, held_in
from seawall.service.reconciling import reconcile as reconciled
from seawall.service.settings import AccountSettings, Settings
from seawall.service.views import open_positions

_IDLE = (Deed.NOTHING, Deed.LEAVE)
BY_ITSELF = "a service does all this by itself: at its start, after each reconnection, and every few minutes"


def reconcile(*accounts: str, apply: bool = False, common: Common = NO_OPTIONS) -> int:
    """Show what record, stream and venue say about each position, and what a service would do about it.

    Parameters
    ----------
    accounts
        Their names in the configuration; all, if none is named.
    apply
        Have the running service look now, rather than at its next period.
    """
    settings = common.settings()
    chosen = choose(settings, accounts)
    found = asyncio.run(_compared(settings, chosen))
    told, applied = _applied(settings, chosen) if apply else (BY_ITSELF, Exit.OK)
    if common.json:
        print_json({"accounts": [_plain(one) for one in found], "applied": told if apply else ""})
    else:
        for one in found:
            _tell(one)
        console().print(told, markup=False)
    return max((applied, *map(_code, found)))


async def _compared(settings: Settings, accounts: tuple[AccountSettings, ...]) -> list[Reconciled]:
    name, now = known_installation(settings.home) or "", UtcClock()
    held = _held(settings, now())
    budgets = budgets_beside(settings.folder, accounts, now(), complain)

    async def one(account: AccountSettings) -> Reconciled:
        ours = [position for position in held if position.open.record.account == account.name]
        return await reconciled(account, name, ours, settings.bounds, now, budgets[account.name])

    return await asyncio.gather(*map(one, accounts))


def _held(settings: Settings, now: int) -> tuple[Held, ...]:
    """What the record has open; nothing where there is none yet."""
    if not settings.journal.is_file():
        return ()
    with JournalReader(settings.journal) as journal:
        found = open_positions(journal, now)
        return tuple(held_in(one, journal.read_signal(one.record.signal_id)) for one in found)


def _applied(settings: Settings, accounts: tuple[AccountSettings, ...]) -> tuple[str, int]:
    """Has the service look now: what is said of that, and the exit code. Raises Unreachable if none answers."""
    body = {"accounts": [account.name for account in accounts]}
    try:
        where = doors(settings)
        said = where.ask("POST", f"{where.control}/reconcile", body)
    except Unreachable as error:
        raise Unreachable(f"--apply: {error}; {BY_ITSELF}") from error
    if "error" in said.body:
        return said.error, Exit.REFUSED
    return "the service looks now; `seawall events -f` tells what it does", Exit.OK


def _code(one: Reconciled) -> int:
    if not one.look.reached:
        return Exit.UNREACHABLE
    if any(slot.naked and _is_ours(slot) for slot in one.slots):
        return Exit.UNPROTECTED
    idle = all(step.deed in _IDLE for slot in one.slots for step in slot.steps) and not one.look.snapshot.unread
    return Exit.OK if idle else Exit.FOUND


def _is_ours(slot: Compared) -> bool:
    return bool(slot.held) or any(step.deed is Deed.ADOPT for step in slot.steps)


def _view(slot: Compared) -> PositionView | None:
    return next((one.open.opinions for one in slot.held if one.open.opinions is not None), None)


def _opinions(slot: Compared) -> dict[str, Opinion | None]:
    told = _view(slot)
    return {"ours": told.ours, "stream": told.stream, "read": told.read} if told is not None else {}


def _plain(one: Reconciled) -> dict[str, Any]:
    return {
        "account": one.look.snapshot.account,
        "reached": one.look.reached,
        "unreached": one.look.unreached,
        "compared": one.is_compared,
        "unread": [{"what": gap.what, "why": gap.why} for gap in one.look.snapshot.unread],
        "slots": [
            {
                "symbol": slot.symbol,
                "signals": [held.signal_id for held in slot.held],
                "opinions": _opinions(slot),
                "now": slot.slot.amount,
                "agree": slot.agree,
                "naked": slot.naked,
                "steps": [{"deed": step.deed.value, "why": step.why} for step in slot.steps],
            }
            for slot in one.slots
        ],
    }


def _tell(one: Reconciled) -> None:
    out, seen = console(), one.look.snapshot
    if not one.look.reached:
        out.print(f"{seen.account}: {one.look.unreached}, so nothing was compared", markup=False)
        return
    for gap in seen.unread:
        out.print(f"{seen.account}: could not be read: {gap.what}: {gap.why}", markup=False)
    if not one.is_compared:
        out.print(f"{seen.account}: without its positions nothing was compared", markup=False)
    elif not one.slots:
        out.print(f"{seen.account}: nothing stands at the venue, and nothing in the record", markup=False)
    for slot in one.slots:
        out.print(_line(seen.account, slot), markup=False)


def _line(account: str, slot: Compared) -> str:
    """A symbol: who says how much of it, then what follows."""
    told = _view(slot)
    words = ", ".join([*(opinions(told) if told is not None else ()), f"the venue now {amount(slot.slot.amount)}"])
    state = "NAKED" if slot.naked else ("they agree" if slot.agree else "they differ")
    state += ", covered or not" if slot.naked is None else ""
    steps = "".join(f"\n  {step.deed.value}: {step.why}" for step in slot.steps)
    return f"{slot.symbol} on {account}: {words}: {state}{steps}"
