"""The audit's edge: reads an account once and makes a snapshot of it. Places nothing, needs no journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seawall.audit.examine import POSITIONS, STOPS, examine
from seawall.audit.findings import Finding
from seawall.audit.snapshot import Snapshot, Unread
from seawall.model.inputs import ClockReport, Input, ReadAnswered, ReadFailed, Told
from seawall.model.queries import (
    AskBothSides,
    AskInstruments,
    AskLeverage,
    AskMark,
    AskModes,
    AskOpenOrders,
    AskStops,
    AskWallet,
    Query,
)
from seawall.model.times import SECOND, Bounds, Instant
from seawall.service.asking import WITHIN, ask_once, reached
from seawall.service.settings import AccountSettings
from seawall.venues.pace import Budget

READS: Final[Mapping[Query, str]] = {
    AskBothSides(): POSITIONS,
    AskStops(): STOPS,
    AskOpenOrders(): "open orders",
    AskMark(): "prices",
    AskLeverage(): "leverage",
    AskModes(): "key and modes",
    AskWallet(): "wallet",
    AskInstruments(): "instruments",
}
"""What is read, and how each is called where it could not be."""


@dataclass(frozen=True, slots=True)
class Audited:
    """One account's look, and what was found. `reached`: the venue has answered at all; `unreached` says why not."""

    snapshot: Snapshot
    findings: tuple[Finding, ...]
    reached: bool
    unreached: str = ""


async def audit(
    account: AccountSettings, installation: str, bounds: Bounds, now: Callable[[], Instant], budget: Budget
) -> Audited:
    """Reads an account once and judges it; a venue that asked for silence is not asked. `installation` is our own name,
    empty if there is none; `budget` that of the address, which a service may have spent from.
    """
    if words := budget.words(now()):
        unheard = snapshot_of(account, installation, (), now())
        return Audited(unheard, (), reached=False, unreached=f"the venue has said {words}")
    heard = await ask_once(account, tuple(READS), bounds, now, budget)
    snapshot = snapshot_of(account, installation, heard, now())
    unreached = "" if reached(heard) else "the venue does not answer"
    return Audited(snapshot, examine(snapshot), not unreached, unreached)


def snapshot_of(account: AccountSettings, installation: str, heard: Sequence[Input], now: Instant) -> Snapshot:
    """What the venue showed, put together; a failed read gives what it did tell, and is named."""
    told = {one.query: one.told for one in heard if isinstance(one, ReadAnswered | ReadFailed)}
    clock = min((one for one in heard if isinstance(one, ClockReport)), key=lambda one: one.error, default=None)

    def of(query: Query) -> Told:
        return told.get(query, Told())

    return Snapshot(
        account=account.name,
        venue=account.venue,
        now=now + (clock.offset if clock is not None else 0),
        installation=installation,
        offset=clock.offset if clock is not None else None,
        modes=next(iter(of(AskModes()).modes), None),
        wallet=next(iter(of(AskWallet()).wallets), None),
        positions=of(AskBothSides()).positions,
        stops=of(AskStops()).stops,
        orders=(*of(AskOpenOrders()).orders, *of(AskStops()).orders),
        leverages=of(AskLeverage()).leverages,
        marks=of(AskMark()).marks,
        instruments=of(AskInstruments()).instruments,
        unread=tuple(_unread(heard)),
    )


def _unread(heard: Sequence[Input]) -> list[Unread]:
    answered = [one.query for one in heard if isinstance(one, ReadAnswered)]
    failed = {one.query: one.detail for one in heard if isinstance(one, ReadFailed)}
    silence = f"no answer within {WITHIN // SECOND} s"
    return [Unread(name, failed.get(query, silence)) for query, name in READS.items() if query not in answered]
