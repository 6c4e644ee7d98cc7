"""A signal's story, moment by moment: what was asked, what was done, each source's word and when it was said.

This is what `seawall show ID` prints, and what a page, a receipt or a bug report shows. Two clocks appear and are never
mixed: a moment stands where *we* heard of it, and a source's word carries the venue's own time in its sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from enum import Enum

from seawall.history.facts import History, signal_of
from seawall.history.words import sentence, source_of
from seawall.model.amounts import plain
from seawall.model.events import Event, event_type
from seawall.model.ids import SignalId, Symbol
from seawall.model.times import Duration, Instant


@dataclass(frozen=True, slots=True)
class Moment:
    """One event, told. `since_start` counts from the signal's arrival; `data` holds the event's fields as text."""

    seq: int
    at: Instant
    since_start: Duration
    kind: str
    source: str
    text: str
    data: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.since_start / 1000:5.1f} ms  {self.text}"


def timeline(history: History) -> tuple[Moment, ...]:
    """The moments of a history, in order. It counts from the signal's arrival, or from its first event."""
    signal = signal_of(history)
    start = signal.received_at if signal is not None else history[0].at if history else 0
    return tuple(
        Moment(
            seq=recorded.seq,
            at=recorded.at,
            since_start=recorded.at - start,
            kind=event_type(type(recorded.event)),
            source=source_of(recorded.event),
            text=sentence(recorded.event),
            data=data_of(recorded.event),
        )
        for recorded in history
    )


def data_of(event: Event) -> tuple[tuple[str, str], ...]:
    """The fields of an event as text, those of a report by "report.field"; the common ones and empty ones left out."""
    common = (SignalId(event.signal_id), Symbol(event.symbol))
    told = _fields_of(event, "")
    return tuple((name, text) for name, text in told if text and (name not in _COMMON or text not in common))


_COMMON = ("signal_id", "symbol", "report.symbol")


def _fields_of(thing: object, prefix: str) -> list[tuple[str, str]]:
    """Name and text of each field, nested dataclasses flattened."""
    assert is_dataclass(thing)
    found: list[tuple[str, str]] = []
    for field in fields(thing):
        value = getattr(thing, field.name)
        if is_dataclass(value):
            found += _fields_of(value, f"{prefix}{field.name}.")
        else:
            found.append((f"{prefix}{field.name}", _text(value)))
    return found


def _text(value: object) -> str:
    """A field's value as text; nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    return str(value.value if isinstance(value, Enum) else value)
