"""What no house could have used of a stretch without cover, read from the venue's log and the book's facts.

Taken out of a naked time is that in which the venue answered nothing, or only 5xx, 429, 418 and 403 (design, rule 13),
and that in which a close of ours was on its way, or had been lost, refused or left unfilled by the plan. A garbled
reply or frame excuses what follows it until stops and positions have been read twice. From another hand's fill on a
position is held to wider bounds (`beside`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

from seawall.model.ids import Leg, parse_client_id
from seawall.model.times import MINUTE, SECOND, Bounds, Duration, Instant
from venuesim.facts import Fact, OrderFilled, Origin
from venuesim.faults import Fired
from venuesim.judge import Episode
from venuesim.traffic import LogEntry

Span = tuple[Instant, Instant]
NEVER: Instant = 2**62
ONE_CLOSE: Duration = 2 * SECOND
"""A close there and back, at the slowest that a switch draws, after a stop that is still under way."""
ON_THE_WAY: Duration = 200_000
"""What was sent before a word to wait had come back was not sent against it."""
LONGEST_WAIT: Duration = 150 * SECOND
"""How long one word to wait excuses a house that sends nothing: the box's bans last two minutes."""
SLOWEST_NEXT: Duration = 15 * SECOND
"""How long a close in vain excuses that none follows: the slowest repeat is 5 s (`ask_slowest`), the rest is room for
what holds the next one up (judgement)."""
CLEARED_UP: Duration = 2 * Bounds().stop_reread + Bounds().read_lag
"""How long after a garbled reply or frame it may still be believed: until stops and positions have been read twice."""
LOOKS = ("stops.open", "positions.get")
"""By which calls somebody looks whether a stop still stands."""
_GARBLES = ("reply_edit", "stream_edit")
_TO_WAIT = re.compile(r'"code":-10(?:03|15)|"retCode":(?:10006|10018|10403|10429)')
"""The venue's words to wait, under whatever status (binance.md 1.3, bybit.md 1.3)."""
_SERVER_ERROR = 500
_BAD = (403, 408, 418, 429)


def spent(span: Span, spared: Sequence[Span]) -> Duration:
    """How much of a span is left without what is spared: the result of `union`."""
    whole = max(span[1] - span[0], 0)
    return whole - sum(max(min(end, span[1]) - max(begin, span[0]), 0) for begin, end in spared)


def union(spans: Sequence[Span]) -> list[Span]:
    """Spans that do not overlap, in order, and cover the same."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((begin, end))
    return merged


def mute(log: Sequence[LogEntry]) -> Iterator[Span]:
    """From each signed request that got no answer, or a bad one, until the next that got a good one, an act only where
    none was answered just before it: a road that fails for acts alone is no silence. And from each word to wait,
    whoever asked what, until an act leaves again.
    """
    signed = [entry for entry in log if entry.account is not None]
    acts = [entry.at for entry in signed if entry.call in ("order.create", "stop.create")]
    for entry in log:
        if entry.status in _BAD or _TO_WAIT.search(entry.reply):
            told = (entry.answered_at or entry.at) + ON_THE_WAY
            yield entry.at, min(told + LONGEST_WAIT, next((at for at in acts if at > told), NEVER))
    good = _good(signed)
    lost = [entry for entry in signed if entry.reads or not _is_just_answered(entry, good)]
    yield from _until_good(lost, good)


def _is_just_answered(entry: LogEntry, good: Sequence[Instant]) -> bool:
    before = bisect_right(good, entry.at)
    return before > 0 and entry.at - good[before - 1] <= Bounds().reply_timeout


def failed(entries: Sequence[LogEntry]) -> Iterator[Span]:
    """From each of these requests that got no answer, or a bad one, until the next of them that got a good one."""
    yield from _until_good(entries, _good(entries))


def _good(entries: Sequence[LogEntry]) -> list[Instant]:
    return sorted(entry.answered_at or entry.at for entry in entries if not is_bad(entry))


def _until_good(entries: Sequence[LogEntry], good: Sequence[Instant]) -> Iterator[Span]:
    for entry in entries:
        if is_bad(entry):
            after = bisect_right(good, entry.answered_at or entry.at)
            yield entry.at, good[after] if after < len(good) else NEVER


def blind(log: Sequence[LogEntry]) -> Iterator[Span]:
    """The time in which readings of stops or of positions failed."""
    for call in LOOKS:
        yield from failed([entry for entry in log if entry.call == call])


def is_bad(entry: LogEntry) -> bool:
    """Whether a request got no answer, or one that is none of the venue's engine."""
    status = entry.status or 0
    return entry.outcome != "answered" or status >= _SERVER_ERROR or status in _BAD


def is_garbling(fired: Fired) -> bool:
    """Whether a fault that struck has changed what a reply or a frame says."""
    return fired.fault in _GARBLES


def garbled(fired: Sequence[Fired], symbol: str) -> Iterator[Span]:
    """From each garbled reply or frame that may have been about a symbol, as long as it may be believed."""
    for one in fired:
        if is_garbling(one) and one.symbol in (None, symbol):
            yield one.at, one.at + CLEARED_UP


def touched_at(episode: Episode, facts: Sequence[Fact]) -> Instant:
    """When another hand first traded in a position; `NEVER` if none did."""
    by_hand = (fact for fact in facts if isinstance(fact, OrderFilled) and fact.order.origin is Origin.HAND)
    return next((fact.mark.at for fact in by_hand if is_in(fact, episode)), NEVER)


def is_in(fact: OrderFilled, episode: Episode) -> bool:
    """Whether a fill changed a position, from the one that opened it to the one that closed it."""
    ends = NEVER if episode.closed_at is None else episode.closed_at
    return fact.order.symbol == episode.symbol and episode.opened_at <= fact.mark.at <= ends


def closes_in_vain(log: Sequence[LogEntry], facts: Sequence[Fact]) -> Iterator[Span]:
    """From each close that filled nothing until the next one, and each that filled while it was on its way."""
    filled = {fact.order.client_id: fact.mark.at for fact in facts if isinstance(fact, OrderFilled)}
    closes = [entry for entry in log if is_close(entry)]
    for entry, later in zip_longest(closes, closes[1:]):
        if entry is None:
            return
        done, answered_at = filled.get(entry.client_id or ""), entry.answered_at or entry.at
        followed_at = min(answered_at + SLOWEST_NEXT, later.at if later is not None else NEVER)
        yield entry.at, done if done is not None else followed_at


def held(log: Sequence[LogEntry]) -> Iterator[Span]:
    """From the second of two signals that began to be closed within a minute, as long as the naked timer may be held on
    the account (design, rule 13).
    """
    began: dict[str, Instant] = {}
    for entry in log:
        name = parse_client_id(entry.client_id or "") if is_close(entry) else None
        if name is not None:
            began.setdefault(name.signal, entry.at)
    for earlier, later in pairwise(sorted(began.values())):
        if later - earlier <= MINUTE:
            yield later - ON_THE_WAY, later + Bounds().hold


def is_close(entry: LogEntry) -> bool:
    """Whether a request is a close of ours."""
    name = parse_client_id(entry.client_id or "") if entry.call == "order.create" else None
    return name is not None and name.leg is Leg.CLOSE


def stops_taken(log: Sequence[LogEntry]) -> list[Instant]:
    """When a process read that its stop was taken, in order: what is acknowledged is never closed for (rule 11)."""
    taken = (entry for entry in log if entry.call == "stop.create" and entry.outcome == "answered")
    return sorted(entry.answered_at or entry.at for entry in taken if is_taken(entry))


def is_taken(entry: LogEntry) -> bool:
    """Whether the reply to a stop says that it was taken."""
    return '"algoId"' in entry.reply or '"retCode":0' in entry.reply
