"""The naked bound: how long a position stood bare while a living process knew of it and could have acted.

Counted from the first bytes that prove the fill and reach a living process (after a restart, the next process), until
the book shows cover, a stop is acknowledged, or the position is gone. Taken out is what nobody could have used: the
time in which the venue answered nothing or only 5xx, 429, 418 and 403 (design, rule 13), and the time in which a close
of ours was on its way, or had been lost, refused or left unfilled by the plan. What is left may be `max_naked` and one
close. Everything is read from the judge, the venue's log and the bytes; nothing from our own events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from seawall.drill.lengths import written
from seawall.drill.witness import Witness
from seawall.model.ids import Leg, VenueName, parse_client_id
from seawall.model.times import SECOND, Bounds, Duration, Instant
from venuesim.facts import Fact, OrderFilled
from venuesim.judge import Episode
from venuesim.traffic import LogEntry
from venuesim.wire import Answer, Frame

Span = tuple[Instant, Instant]
ONE_CLOSE: Duration = 2 * SECOND
"""A close there and back, at the slowest that a switch draws, after a stop that is still under way."""
ON_THE_WAY: Duration = 200_000
"""What was sent before a word to wait had come back was not sent against it."""
_TO_WAIT = re.compile(r'"code":-10(?:03|15)|"retCode":(?:10006|10018|10403|10429)')
"""The venue's words to wait, under whatever status (binance.md 1.3, bybit.md 1.3)."""
_SERVER_ERROR = 500
_BAD = (403, 408, 418, 429)
_FILLED = re.compile(r'"(?:positionAmt|pa|executedQty|z|l|size|cumExecQty|execQty)":"-?(?!0(?:\.0*)?")[0-9]')
_BARE = re.compile(r'"stopLoss":"(?:0(?:\.0*)?)?"')


def overdue(
    venue: VenueName, episodes: Sequence[Episode], facts: Sequence[Fact], log: Sequence[LogEntry], seen: Witness
) -> Iterator[str]:
    """Positions of ours that stood bare for longer than the house may let them, each in a sentence."""
    for episode in episodes:
        first = episode.naked[:1]
        if not first or first[0][0] != episode.opened_at or first[0][1] - first[0][0] <= Bounds().max_naked:
            continue
        until = min(first[0][1], _acknowledged_at(log))
        spared = _union([*_mute(log), *_closes_in_vain(log, facts)])
        for life in seen.lives:
            proven = _proven_at(venue, episode, seen, max(life.began, episode.opened_at))
            spent = _measure((proven, min(until, life.ended)), spared)
            if spent > Bounds().max_naked + ONE_CLOSE:
                yield f"naked for {written(spent)} after the first proof of a fill"


def _proven_at(venue: VenueName, episode: Episode, seen: Witness, since: Instant) -> Instant:
    """When a process that lived then was first told of the fill; on Bybit, of a position without the attached stop."""
    for at, output in seen.heard:
        text = _text(output)
        told = at >= since and episode.symbol in text and _FILLED.search(text)
        if told and (venue is VenueName.BINANCE or _BARE.search(text)):
            return at
    return 2**62


def _text(output: Answer | Frame) -> str:
    return output.text if isinstance(output, Frame) else output.reply.body.decode(errors="replace")


def _acknowledged_at(log: Sequence[LogEntry]) -> Instant:
    """When a process first read that its stop was taken: what is acknowledged is never closed for (rule 11)."""
    taken = [entry for entry in log if entry.call == "stop.create" and _is_taken(entry)]
    return min((entry.answered_at or entry.at for entry in taken if entry.outcome == "answered"), default=2**62)


def _is_taken(entry: LogEntry) -> bool:
    return '"algoId"' in entry.reply or '"retCode":0' in entry.reply


def _mute(log: Sequence[LogEntry]) -> Iterator[Span]:
    """From each signed request that got no answer, or a bad one, until the next that got a good one; and from each word
    to wait, whoever asked what, until an act leaves again.
    """
    signed = [entry for entry in log if entry.account is not None]
    good = sorted(entry.answered_at or entry.at for entry in signed if not _is_bad(entry))
    acts = [entry.at for entry in signed if entry.call in ("order.create", "stop.create")]
    for entry in log:
        if entry.status in _BAD or _TO_WAIT.search(entry.reply):
            told = (entry.answered_at or entry.at) + ON_THE_WAY
            yield entry.at, next((at for at in acts if at > told), 2**62)
    for entry in signed:
        if _is_bad(entry):
            yield entry.at, next((at for at in good if at > (entry.answered_at or entry.at)), 2**62)


def _is_bad(entry: LogEntry) -> bool:
    status = entry.status or 0
    return entry.outcome != "answered" or status >= _SERVER_ERROR or status in _BAD


def _closes_in_vain(log: Sequence[LogEntry], facts: Sequence[Fact]) -> Iterator[Span]:
    """From each close that filled nothing until the next one, and each that filled while it was on its way."""
    filled = {fact.order.client_id: fact.mark.at for fact in facts if isinstance(fact, OrderFilled)}
    closes = [entry for entry in log if entry.call == "order.create" and _is_close(entry)]
    for entry, later in zip_longest(closes, closes[1:]):
        if entry is None:
            return
        done = filled.get(entry.client_id or "")
        yield entry.at, done if done is not None else later.at if later is not None else 2**62


def _is_close(entry: LogEntry) -> bool:
    name = parse_client_id(entry.client_id or "")
    return name is not None and name.leg is Leg.CLOSE


def _union(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((begin, end))
    return merged


def _measure(span: Span, spared: Sequence[Span]) -> Duration:
    """How much of a span is left without what is spared."""
    whole = max(span[1] - span[0], 0)
    return whole - sum(max(min(end, span[1]) - max(begin, span[0]), 0) for begin, end in spared)
