"""Heard: an input that told something new. A repetition writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.model.acts import Outcome, Reason
from seawall.model.events.base import Event
from seawall.model.ids import ClientId, Leg
from seawall.model.reports import FillReport, OrderReport, PositionReport, Source, StopReport
from seawall.model.times import Duration, Instant


@dataclass(frozen=True, slots=True)
class ActConcluded(Event):
    """What became of an act, in our words and the venue's."""

    client_id: ClientId
    leg: Leg
    outcome: Outcome
    reason: Reason
    code: str
    text: str
    began_at: Instant
    at: Instant
    retry_after: Duration = 0


@dataclass(frozen=True, slots=True)
class OrderReported(Event):
    """A source told something new about an order of ours."""

    report: OrderReport


@dataclass(frozen=True, slots=True)
class FillReported(Event):
    """A source told of a trade of ours, or of one on our symbol that no name explains yet."""

    report: FillReport


@dataclass(frozen=True, slots=True)
class PositionReported(Event):
    """A source's word about the position entered our view of it ("position added to cache")."""

    report: PositionReport


@dataclass(frozen=True, slots=True)
class StopReported(Event):
    """A source told something new about a stop of ours."""

    report: StopReport


@dataclass(frozen=True, slots=True)
class OrderNotVisible(Event):
    """A complete read did not see an order of ours ("fetch_order returned None"). By itself this proves nothing."""

    client_id: ClientId
    began_at: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class StopNotVisible(Event):
    """A complete read did not see a stop of ours. Missing from reads alone never closes a position."""

    client_id: ClientId
    began_at: Instant
    at: Instant


@dataclass(frozen=True, slots=True)
class AbsenceRestarted(Event):
    """A read failed while rounds towards absence were being counted: the count starts anew."""

    client_id: ClientId
    detail: str


@dataclass(frozen=True, slots=True)
class FillsRead(Event):
    """The trades of the symbol since `since` were read completely and all of them are now in evidence."""

    since: Instant
    began_at: Instant


@dataclass(frozen=True, slots=True)
class ReportIncomplete(Event):
    """An answer lacked fields that the venue's book promises ("Order missing 'side' field")."""

    source: Source
    fields: str
