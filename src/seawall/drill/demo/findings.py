"""What became of each signal: ours from the journal, both from the judge, and whether the two agree.

Nothing here has seen the service, the desks or the bot at work. Our side of a row is folded from the journal's file;
what really happened is the judge's finding over the venue's own book. A signal is as it must be only if it ended as the
show demands, the venue holds exactly that, covered by the very stop that the journal names, and both clocks of naked
time tell the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from seawall.drill.demo.show import End, Scene, bot_account
from seawall.history.facts import History
from seawall.history.receipt import Receipt, State, receipt
from seawall.model.ids import Side, VenueName
from seawall.model.times import MILLISECOND, Bounds, Duration
from seawall.service.problems import Exit
from venuesim.judge import Episode, Verdict

CLOCKS_AGREE: Duration = 2 * MILLISECOND
"""Both venues tell their times in whole milliseconds (binance.md 1.2, bybit.md 1.1); the judge counts microseconds."""


class Fate(StrEnum):
    """How the judge finds an account's symbol."""

    NOTHING = "not opened"
    PROTECTED = "protected"
    NAKED = "NAKED"
    CLOSED = "closed"
    DOUBLED = "DOUBLED"
    TURNED = "TURNED OVER"


_SAFE = (Fate.PROTECTED, Fate.CLOSED, Fate.NOTHING)
_FLAT = (State.FLAT, State.FLAT_SEEN, State.REFUSED)


@dataclass(frozen=True, slots=True)
class Truth:
    """The judge's finding about one account's symbol. `naked` is the whole time without a stop, in microseconds."""

    fate: Fate
    quantity: Decimal
    naked: Duration
    stops: tuple[Decimal, ...]
    orphans: tuple[str, ...]
    episodes: tuple[Episode, ...]
    at: int

    @property
    def still_naked(self) -> bool:
        """Whether it stands open without a stop."""
        return self.fate is Fate.NAKED


def truth(verdict: Verdict, account: str, symbol: str) -> Truth:
    """The judge's finding, cut down to one account's symbol."""
    episodes = tuple(one for one in verdict.episodes if (one.account, one.symbol) == (account, symbol))
    standing = next((one for one in verdict.positions if (one.account, one.symbol) == (account, symbol)), None)
    live = [stop.trigger for one in episodes[-1:] for stop in one.stops if stop.ended_at is None]
    orphans = [one.client_id or one.id for one in verdict.orphans if (one.account, one.symbol) == (account, symbol)]
    if any(one.turned_over for one in episodes):
        fate = Fate.TURNED
    elif len(episodes) > 1 or any(one.increases for one in episodes):
        fate = Fate.DOUBLED
    elif standing is not None:
        fate = Fate.PROTECTED if standing.covered else Fate.NAKED
    else:
        fate = Fate.CLOSED if episodes else Fate.NOTHING
    return Truth(
        fate,
        standing.quantity if standing is not None else Decimal(0),
        sum(one.naked_us for one in episodes),
        tuple(live),
        tuple(orphans),
        episodes,
        verdict.at,
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One signal: what was asked, what the journal tells of ours, and what the judge found of both."""

    scene: Scene
    history: History
    told: Receipt | None
    ours: Truth
    bots: Truth

    @property
    def state(self) -> str:
        """Our end, in the promise's words; what it stands at while there is none."""
        if self.told is None:
            return "sent"
        if self.told.state in _FLAT:
            return End.FLAT.value
        return self.told.state.value.upper() if self.told.state is State.PROTECTED else self.told.state.value

    @property
    def ended(self) -> bool:
        """Whether ours has come to one of the two ends."""
        return self.state in (End.PROTECTED, End.FLAT)

    @property
    def naked(self) -> Duration | None:
        """Our naked time in the venue's clock, by the journal; None if nothing was ever filled."""
        return self.told.naked.total if self.told is not None and self.told.naked is not None else None

    @property
    def bot_is_right(self) -> bool:
        """Whether the bot's end is the one that the show demands."""
        wanted = (Fate.PROTECTED,) if self.scene.must is End.PROTECTED else (Fate.CLOSED, Fate.NOTHING)
        return self.bots.fate in wanted and not self.bots.orphans

    @property
    def bot_says(self) -> str:
        """What became of the bot's, as the judge found it."""
        if self.bots.fate is Fate.CLOSED and self.scene.must is End.PROTECTED:
            return "ROLLED BACK"
        return self.bots.fate.value

    def objections(self) -> tuple[str, ...]:
        """Everything about our end that is not as it must be; empty if all is well."""
        return tuple(_objections(self))


def rows(scenes: Sequence[Scene], histories: Mapping[str, History], verdicts: Mapping[VenueName, Verdict]) -> list[Row]:
    """One row for each scene, from the journal's histories (by signal id) and the judge's findings."""
    found = []
    for scene in scenes:
        verdict, history = verdicts[scene.venue], histories.get(scene.id, ())
        ours = truth(verdict, scene.account, scene.symbol)
        bots = truth(verdict, bot_account(scene.account), scene.symbol)
        found.append(Row(scene, history, receipt(history) if history else None, ours, bots))
    return found


def strays(scenes: Sequence[Scene], verdicts: Mapping[VenueName, Verdict]) -> tuple[str, ...]:
    """What the venues hold on our accounts beside the show's own symbols: it must be nothing."""
    asked = {(scene.account, scene.symbol) for scene in scenes}
    accounts = {account for account, _ in asked}
    found = [(one.account, one.symbol) for verdict in verdicts.values() for one in verdict.positions]
    found += [(one.account, one.symbol) for verdict in verdicts.values() for one in verdict.orphans]
    return tuple(
        f"{account} {symbol}" for account, symbol in found if account in accounts and (account, symbol) not in asked
    )


def exit_code(found: Sequence[Row], stray: Sequence[str]) -> Exit:
    """0 if every signal of ours is as it must be; 8 if anything is, or may be, unprotected; 4 for a wrong end."""
    bad = [row for row in found if row.objections()]
    if not bad and not stray:
        return Exit.OK
    ended_wrong = all(row.ended and row.ours.fate in _SAFE and row.state != row.scene.must for row in bad)
    return Exit.REFUSED if ended_wrong and not stray else Exit.UNPROTECTED


def _objections(row: Row) -> Iterator[str]:
    scene, ours = row.scene, row.ours
    if row.state != scene.must:
        yield f"the journal says {row.state}, it must be {scene.must}"
    sign = 1 if scene.side is Side.BUY else -1
    if ours.quantity != sign * scene.expected:
        yield f"the venue holds {ours.quantity}, it must be {sign * scene.expected}"
    if scene.must is End.PROTECTED and ours.fate is not Fate.PROTECTED:
        yield f"the judge finds it {ours.fate.value}"
    if scene.must is End.FLAT and ours.fate not in (Fate.CLOSED, Fate.NOTHING):
        yield f"the judge finds it {ours.fate.value}"
    if ours.orphans:
        yield f"left behind: {', '.join(ours.orphans)}"
    yield from _about_stop(row)
    yield from _about_naked_time(row)


def _about_stop(row: Row) -> Iterator[str]:
    """The stop that the journal names is the one that the venue holds, and it is the only one."""
    if row.scene.must is not End.PROTECTED or row.told is None:
        return
    if row.ours.stops != (row.told.live,):
        yield f"stops at {', '.join(map(str, row.ours.stops)) or 'nothing'}, the journal says {row.told.live}"


def _about_naked_time(row: Row) -> Iterator[str]:
    """Journal and judge measure the same naked time, and it is within the bound."""
    told, judged = row.naked or 0, row.ours.naked
    at_most = row.told is not None and row.told.naked is not None and row.told.naked.at_most
    if row.naked is None and judged > 0:
        yield f"naked for {judged} us by the judge, of which the journal says nothing"
    if told < judged - CLOCKS_AGREE or (told > judged + CLOCKS_AGREE and not at_most):
        yield f"naked for {told} us by the journal, {judged} us by the judge"
    if judged > Bounds().max_naked:
        yield f"naked for {judged} us, longer than the bound"
