"""Openings without faults, many at once: a hundred over ten accounts of each venue, every one PROTECTED.

All signals are handed in at the same moment to one service, ten symbols on each of ten accounts. What counts is the
judge: one entry each, covered, nothing else; and the journal that says PROTECTED of each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seawall.drill.checks import breaches, on_slot
from seawall.drill.wire.stage import Stage, opening, staged
from seawall.model.ids import Account, SignalId, Symbol, VenueName
from seawall.model.times import SECOND, Duration
from seawall.sagas.phase import Phase

ACCOUNTS = 10
SYMBOLS = 10
NOTIONAL = "500"
"""USDT of each: above the largest least order of either venue."""
WITHIN = 60.0
"""Seconds until all are open."""


@dataclass(frozen=True, slots=True)
class Many:
    """What became of many openings at once. Durations in microseconds, naked times sorted."""

    venue: VenueName
    asked: int
    protected: int
    took: Duration
    naked: tuple[Duration, ...]
    breaches: tuple[str, ...]

    def __str__(self) -> str:
        naked = self.naked or (0,)
        middle, worst = naked[len(naked) // 2], naked[-1]
        return (
            f"{self.venue}: {self.protected} of {self.asked} PROTECTED in {self.took / SECOND:.1f} s; "
            f"naked p50 {middle / 1000:.1f} ms, worst {worst / 1000:.1f} ms; breaches {len(self.breaches)}"
        )


async def many(home: Path, venue: VenueName, *, accounts: int = ACCOUNTS, symbols: int = SYMBOLS) -> Many:
    """Opens `symbols` on each of `accounts` at once, and judges. Raises TimeoutError if the house never gets ready;
    an opening that never ends is a breach.
    """
    names = [f"a{n}" for n in range(accounts)]
    async with staged(home, venue, accounts=names) as stage:
        slots = [(name, symbol) for name in names for symbol in [*stage.box.instruments][:symbols]]
        began = stage.clock.now()
        told = await asyncio.gather(*(stage.post(_body(*slot)) for slot in slots))
        refused = [f"{slot}: answered {one.status} {one.body}" for slot, one in zip(slots, told, strict=True)]
        failed = [text for text, one in zip(refused, told, strict=True) if one.status != 202]  # noqa: PLR2004 - HTTP's
        ids = [_id(*slot) for slot in slots]
        with suppress(TimeoutError):
            await stage.bell.until(lambda: all(stage.witness.phase(one) is Phase.PROTECTED for one in ids), WITHIN)
        return _judged(stage, venue, slots, began, failed)


def _id(account: str, symbol: str) -> str:
    return f"{account}-{symbol}"


def _body(account: str, symbol: str) -> dict[str, object]:
    return opening(_id(account, symbol), account, symbol, size={"quote": NOTIONAL})


def _judged(stage: Stage, venue: VenueName, slots: list[tuple[str, str]], began: int, failed: list[str]) -> Many:
    protected = [one for one in stage.witness.states.values() if one.phase is Phase.PROTECTED]
    return Many(
        venue,
        asked=len(slots),
        protected=len(protected),
        took=max((one.protected_at for one in protected), default=began) - began,
        naked=tuple(sorted(episode.naked_us for episode in stage.judged().episodes)),
        breaches=(*failed, *_breaches(stage, slots)),
    )


def _breaches(stage: Stage, slots: list[tuple[str, str]]) -> Iterator[str]:
    verdict = stage.judged()
    for account, symbol in slots:
        state = stage.witness.states.get(SignalId(_id(account, symbol)))
        for breach in breaches(on_slot(verdict, Account(account), Symbol(symbol)), state, spares=True):
            yield f"{account} {symbol}: {breach}"
