"""The doctor: looks at all that a service needs before it acts, changes nothing, and says how to mend what is wrong.

It asks each venue for the time, the account's modes and what the key may do, the instruments, and whether anything is
open, over the very connection that the service would use, but for the stream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from seawall.model.ids import VenueName
from seawall.model.inputs import ClockReport, Input, ReadAnswered, ReadFailed
from seawall.model.queries import AskInstruments, AskModes, AskPositions, AskWallet, Query
from seawall.model.reports import ModesReport
from seawall.model.times import MILLISECOND, SECOND, Bounds, Duration, Instant
from seawall.service.asking import WITHIN, ask_once
from seawall.service.claims import Claims
from seawall.service.ledger import budget_beside
from seawall.service.problems import ConfigError
from seawall.service.settings import AccountSettings, Environment
from seawall.service.spool import set_aside_in

WORTH_MENTIONING: Duration = 500 * MILLISECOND
_QUERIES: tuple[Query, ...] = (AskModes(), AskInstruments(), AskWallet(), AskPositions())


class Grade(StrEnum):
    """How it is: fine; worth knowing; in the way of trading; or no answer at all."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` says what to do about it, if anything."""

    account: str
    what: str
    grade: Grade
    said: str
    mend: str = ""


async def examine(
    account: AccountSettings, folder: Path, bounds: Bounds, now: Callable[[], Instant], claims: Claims
) -> tuple[Finding, ...]:
    """Everything about one account, from its venue's own mouth; a venue that asked for silence is not asked. `claims`:
    of all accounts that are examined.
    """
    unread: list[str] = []
    budget = budget_beside(folder, account, now(), unread.append)
    found = [*_about_settings(account), *(Finding(account.name, "quotas", Grade.NOTE, one) for one in unread)]
    aside = set_aside_in(folder, account.name)
    found += [Finding(account.name, "record", Grade.NOTE, _ASIDE.format(one), _READ) for one in aside]
    if words := budget.words(now()):
        return (*found, Finding(account.name, "venue", Grade.SILENT, f"it has said {words}", _FORBIDDEN))
    heard = await ask_once(account, _QUERIES, bounds, now, budget)
    return (*found, *_about_venue(account, heard), *_about_owner(account, heard, claims))


def _about_owner(account: AccountSettings, heard: Sequence[Input], claims: Claims) -> list[Finding]:
    """Whether another account of the configuration is the same one at the venue."""
    try:
        for one in heard:
            claims.hear(account, one)
    except ConfigError as error:
        return [Finding(account.name, "owner", Grade.BAD, str(error))]
    return []


def _about_settings(account: AccountSettings) -> list[Finding]:
    live = account.environment is Environment.LIVE
    said = f"{account.venue} {account.environment}, {account.rest}"
    mend = (
        "this account trades real money; a sub-account keeps what Seawall does apart from what you do" if live else ""
    )
    return [Finding(account.name, "account", Grade.NOTE if live else Grade.OK, said, mend)]


def _about_venue(account: AccountSettings, heard: Sequence[Input]) -> list[Finding]:
    clocks = [one for one in heard if isinstance(one, ClockReport)]
    answers = {type(one.query): one for one in heard if isinstance(one, ReadAnswered)}
    failures = {type(one.query): one for one in heard if isinstance(one, ReadFailed)}
    if not clocks and not answers:
        why = next((_once(one.detail) for one in failures.values()), f"no answer within {WITHIN // SECOND} s")
        mend = "check the address, the network, and for the box that `venuesim serve` runs"
        return [Finding(account.name, "venue", Grade.SILENT, why, mend)]
    findings = [_clock(account, min(clocks, key=lambda one: one.error))] if clocks else []
    for query in _QUERIES:
        answer, failure = answers.get(type(query)), failures.get(type(query))
        if answer is not None:
            findings += _answered(account, answer)
        else:
            said = _once(failure.detail) if failure is not None else "no answer"
            findings.append(Finding(account.name, _NAMES[type(query)], Grade.BAD, said, _REFUSED))
    return findings


def _once(detail: str) -> str:
    """What several requests of one query said alike is said once."""
    return "; ".join(dict.fromkeys(detail.split("; ")))


_NAMES: dict[type[Query], str] = {
    AskModes: "key and modes",
    AskInstruments: "instruments",
    AskWallet: "wallet",
    AskPositions: "positions",
}
_ASIDE = "{} holds events that the journal could not take; they are in no receipt"
_READ = "docs/operating.md says what to do with it"
_FORBIDDEN = "wait until then; a service does so by itself"
_REFUSED = "if it speaks of keys or signatures: check key and secret, their environment, and the key's IP list"


def _clock(account: AccountSettings, told: ClockReport) -> Finding:
    said = (
        f"ours is {-told.offset / MILLISECOND:+.1f} ms from the venue's, give or take {told.error / MILLISECOND:.1f} ms"
    )
    far = abs(told.offset) > WORTH_MENTIONING
    mend = "it is allowed for, but let the machine keep time (chrony, systemd-timesyncd)" if far else ""
    return Finding(account.name, "clock", Grade.NOTE if far else Grade.OK, said, mend)


def _answered(account: AccountSettings, answer: ReadAnswered) -> list[Finding]:
    name, told = account.name, answer.told
    match answer.query:
        case AskModes():
            return [finding for modes in told.modes for finding in _modes(account, modes)]
        case AskInstruments():
            trading = sum(instrument.trading for instrument in told.instruments)
            said = f"{trading} of {len(told.instruments)} linear perpetuals trade"
            return [Finding(name, "instruments", Grade.OK if trading else Grade.BAD, said)]
        case AskWallet():
            said = "; ".join(f"equity {wallet.equity:f}, free {wallet.available:f}" for wallet in told.wallets)
            return [Finding(name, "wallet", Grade.OK, said or "nothing told")]
        case _:
            standing = [f"{position.amount:f} {position.symbol}" for position in told.positions if position.amount]
            return [Finding(name, "positions", Grade.NOTE if standing else Grade.OK, ", ".join(standing) or "none")]


_HEDGE = {
    VenueName.BINANCE: "close everything, then Preferences > Position Mode > One-way",
    VenueName.BYBIT: "close everything, then switch each USDT contract to one-way mode (Preferences > Position Mode)",
}


def _modes(account: AccountSettings, told: ModesReport) -> list[Finding]:
    name = account.name
    findings = [Finding(name, "account id", Grade.OK, told.account_id or "not told")]
    if told.hedge:
        said = "hedge mode: a symbol may be long and short at once, so a stop for the position names no single one"
        findings.append(Finding(name, "position mode", Grade.BAD, said, _HEDGE[account.venue]))
    else:
        findings.append(Finding(name, "position mode", Grade.OK, "one-way"))
    if not told.may_trade:
        findings.append(
            Finding(name, "key", Grade.BAD, "the key may not trade", "give it the right to trade contracts")
        )
    elif told.may_withdraw:
        findings.append(
            Finding(name, "key", Grade.BAD, "the key may withdraw or transfer", "make one that may only trade")
        )
    else:
        unsaid = " (whether it may withdraw, this venue does not say: check)" if told.may_withdraw is None else ""
        findings.append(Finding(name, "key", Grade.OK, f"may trade{unsaid}"))
    if told.detail:
        findings.append(Finding(name, "remarks", Grade.NOTE, told.detail))
    return findings
