"""A close that nobody had asked for, of a position that was covered, as the process that sent it had been told.

A covered position is closed only when its owner asks: what is acknowledged is never closed for (design, rules 11, 13).
So the first close of a signal is a breach where one stop of ours watched all of it from before the living process was
told that it stands until the close left, and no byte that reached it in between said otherwise. Not so where it may
rightly have believed something else: after a garbled word, or another hand's trade, where the stop was missing from a
list and refused when it was placed again, or where the entry's refusal or long absence had ended the signal before its
fill was told. Nor where it was on its way home already. All of it is read from the judge, the venue's log, the bytes
and what was asked; nothing from our own events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from seawall.drill.excused import garbled, is_bad, is_close, is_taken, touched_at
from seawall.drill.lengths import written
from seawall.drill.said import (
    BARE,
    FILLED,
    FIRING,
    OPEN,
    OUT_OF_THE_BOOK,
    STANDING,
    STOPPED,
    names_of,
    objects_about,
    shows,
)
from seawall.drill.witness import Witness, text_of
from seawall.model.ids import Leg, parse_client_id
from seawall.model.times import Bounds, Duration, Instant
from venuesim.facts import Fact
from venuesim.faults import Fired
from venuesim.judge import Episode
from venuesim.traffic import LogEntry
from venuesim.verdict import StopSpan
from venuesim.words import Origin, Purpose

_PASSED: Final = re.compile(r'"code":-(?:2021|4142)\b|"retCode":11009[23]\b|base_price')
"""A trigger that the market has passed (binance.md 4.2; bybit.md 3.8)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to see of a world. `latency`: how long bytes take to the venue; `asked`: when somebody asked for
    something that may bring a position home, by symbol.
    """

    episodes: Sequence[Episode]
    facts: Sequence[Fact]
    log: Sequence[LogEntry]
    witness: Witness
    fired: Sequence[Fired]
    latency: Duration
    asked: Sequence[tuple[str, Instant]]


def closed_while_covered(seen: Seen) -> Iterator[str]:
    """The positions that were closed though they were known to be covered, each in a sentence."""
    for episode in seen.episodes:
        close = _first_close(episode, seen)
        if close is None or _is_excused(episode, close, seen):
            continue
        left = close.at - seen.latency
        since = [at for stop in episode.stops if (at := _known_since(episode, stop, left, seen)) is not None]
        if since:
            yield f"{close.client_id} closed what had been known to be covered for {written(left - min(since))}"


def _first_close(episode: Episode, seen: Seen) -> LogEntry | None:
    """The first close of the signal that opened a position, if it was sent while that stood."""
    names = (parse_client_id(entry.client_id) for entry in episode.entries)
    signals = {name.signal for name in names if name is not None and name.leg is Leg.ENTRY}
    for entry in seen.log:
        name = parse_client_id(entry.client_id or "") if is_close(entry) else None
        if name is not None and name.signal in signals:
            ended = episode.closed_at is not None and entry.at > episode.closed_at
            return None if ended or entry.at - seen.latency <= episode.opened_at else entry
    return None


def _is_excused(episode: Episode, close: LogEntry, seen: Seen) -> bool:
    """Whether somebody had asked for it, or the process may rightly have taken things for other than they were."""
    left = close.at - seen.latency
    asked = any(symbol in (episode.symbol, "") and at <= left for symbol, at in seen.asked)
    misled = any(begin <= left <= end for begin, end in garbled(seen.fired, episode.symbol))
    return asked or misled or touched_at(episode, seen.facts) <= left or _seemed_absent(episode, seen)


def _seemed_absent(episode: Episode, seen: Seen) -> bool:
    """Whether the entry had been refused, or its fill came or was told so late that it may have been proven absent: a
    late fill is covered first and then closed (design, rules 7 and 17).
    """
    names = {entry.client_id for entry in episode.entries}
    sent = [entry for entry in seen.log if entry.call == "order.create" and entry.client_id in names]
    first = min((entry.at for entry in sent), default=episode.opened_at)
    filled = (at for at, output in seen.witness.heard if at > first and shows(text_of(output), episode.symbol, FILLED))
    refused = any(not is_order(entry) for entry in sent if not is_bad(entry))
    return refused or max(next(filled, first), episode.opened_at) > first + Bounds().read_lag


def is_order(entry: LogEntry) -> bool:
    """Whether the reply to the creation of an order says that it was made."""
    return ('"orderId"' in entry.reply and '"retCode":0' in entry.reply) or '"clientOrderId"' in entry.reply


def _known_since(episode: Episode, stop: StopSpan, left: Instant, seen: Seen) -> Instant | None:
    """Since when the process that sent the close had known, and rightly, that a stop of ours covers all of it."""
    life = next((one for one in seen.witness.lives if one.began <= left <= one.ended), None)
    ours = stop.origin == Origin.CLIENT and stop.purpose != Purpose.TAKE_PROFIT
    if life is None or not ours or (stop.ended_at is not None and stop.ended_at <= left):
        return None
    heard = [(at, text_of(output)) for at, output in seen.witness.heard if life.began <= at <= left]
    told = next((at for at, text in heard if at >= stop.live_at and _stands(episode, stop, text)), None)
    if told is None or any(begin <= left and end >= told for begin, end in episode.naked):
        return None
    doubted = any(at >= told and _is_denied(episode, stop, text) for at, text in heard)
    doubted = doubted or _was_passed(episode, told, seen)
    return None if doubted or _was_refused_again(episode, stop, (told, left), seen.log) else told


def _stands(episode: Episode, stop: StopSpan, text: str) -> bool:
    """Whether it is said that a stop watches; one that travelled with its entry (Bybit) does from its fill on."""
    travelled = not stop.client_id and any(entry.client_id in text for entry in episode.entries)
    filled = travelled and shows(text, episode.symbol, FILLED)
    return filled or shows(text, episode.symbol, OPEN, STOPPED) or any(map(STANDING.search, objects_about(stop, text)))


def _is_denied(episode: Episode, stop: StopSpan, text: str) -> bool:
    """Whether it is said that the stop ends, or that the position has none."""
    ends = (OUT_OF_THE_BOOK.search(found) or FIRING.search(found) for found in objects_about(stop, text))
    return any(ends) or shows(text, episode.symbol, OPEN, BARE)


def _was_passed(episode: Episode, told: Instant, seen: Seen) -> bool:
    """Whether a stop had been refused before, or at that instant, because the market had passed its trigger: that
    begins a way home which no later stop ends (design, rule 13).
    """
    placed = [entry for entry in seen.log if entry.call == "stop.create" and entry.symbol == episode.symbol]
    refused = [entry for entry in placed if not is_bad(entry) and _PASSED.search(entry.reply)]
    return any(episode.opened_at <= entry.at and (entry.answered_at or entry.at) <= told for entry in refused)


def _was_refused_again(
    episode: Episode, stop: StopSpan, span: tuple[Instant, Instant], log: Sequence[LogEntry]
) -> bool:
    """Whether the stop was missing from a list meanwhile, and another one then refused (design, rule 11)."""
    since = [entry for entry in log if span[0] <= entry.at <= span[1]]
    lists = [entry for entry in since if entry.call == "stops.open" and not is_bad(entry)]
    missed = any(not any(name in entry.reply for name in names_of(stop)) for entry in lists)
    placed = [entry for entry in since if entry.call == "stop.create" and entry.symbol == episode.symbol]
    return missed and not all(map(is_taken, placed))
