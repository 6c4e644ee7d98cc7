"""`seawall naked`: how long positions stood without a stop, and how much in them, by venue and day."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.cli.common import NO_OPTIONS, Common, amount, beginning, chosen, console, print_json, print_table, span
from seawall.history.facts import by_signal
from seawall.history.naked import Naked, NakedRow, by_venue_and_day
from seawall.history.naked import naked as measured
from seawall.model.ids import Account
from seawall.model.times import Instant
from seawall.service.clock import UtcClock
from seawall.service.problems import Exit
from seawall.service.reader import JournalReader

_COLUMNS = ("venue", "day", "positions", "naked", "longest", "dollar-seconds")


def naked(*, since: str = "", account: str = "", common: Common = NO_OPTIONS) -> int:
    """How long positions stood without a live stop, in the venue's clock: of each venue and day.

    Parameters
    ----------
    since
        Only positions opened at or after this day or instant, UTC: 2026-01-01 or 2026-01-01T12:00:00.
    account
        Of this account alone.
    """
    begin = beginning(since)
    venues = {one.name: one.venue for one in common.settings().accounts}
    with common.journal() as journal:
        names = chosen(journal, account)
        found = [(venues.get(name, "-"), one) for name in names for one in _positions(journal, name, begin)]
    days = by_venue_and_day(found)
    if common.json:
        print_json({"days": days, "positions": [one for _, one in found]})
    elif not days:
        console().print("no position was opened")
    else:
        print_table(_COLUMNS, [_row(one) for one in days], right=_COLUMNS[2:])
    return Exit.OK


def _positions(journal: JournalReader, account: Account, since: Instant) -> Iterator[Naked]:
    """The naked time of each position of an account that was opened at or after `since`."""
    now = UtcClock()()
    for story in by_signal(list(journal.everything(account))).values():
        told = measured(story, now)
        if told is not None and told.windows[0].start >= since:
            yield told


def _row(one: NakedRow) -> tuple[str, ...]:
    most = "at most " if one.at_most else ""
    weight = amount(round(one.dollar_seconds, 3))
    return one.venue, one.day, str(one.positions), most + span(one.total), most + span(one.longest), most + weight
