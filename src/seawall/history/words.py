"""One sentence for each event, for a person who trades: who says what, with the venue's own words in quotes.

The sentences never judge; what an event means for the position is said by the events that decide. A claim of a source
is always told as a claim ("the stream says"), with the venue's own time where it gave one.
"""

from __future__ import annotations

from decimal import Decimal

from seawall.history.facts import clock
from seawall.model import events
from seawall.model.amounts import HUNDRED, plain
from seawall.model.events import Event
from seawall.model.ids import Leg
from seawall.model.reports import FillKind, FillReport, OrderReport, PositionReport, Source, StopReport
from seawall.model.signal import Action, Signal, TakeProfit
from seawall.model.times import Duration, Instant

OURS = "seawall"
"""Whose word it is when no source spoke: the house's own."""

_SAYS = {
    Source.REPLY: "the reply says",
    Source.ORDER: "the order query says",
    Source.FILLS: "the list of trades says",
    Source.POSITIONS: "the position query says",
    Source.STOPS: "the stop query says",
    Source.STREAM: "the stream says",
    Source.MARKET: "the market data say",
}
_LEGS = {
    Leg.ENTRY: "entry",
    Leg.STOP: "stop",
    Leg.CLOSE: "close",
    Leg.DIRECT: "direct close",
    Leg.CANCEL: "cancel",
    Leg.LEVERAGE: "leverage",
    Leg.TAKE_PROFIT: "take-profit",
}


def source_of(event: Event) -> str:
    """Who spoke: a source of the venue's, "reply" for what became of an act, or the house itself."""
    if isinstance(event, events.ActConcluded):
        return Source.REPLY.value
    return str(getattr(getattr(event, "report", event), "source", "") or OURS)


def sentence(event: Event) -> str:
    """The event in a sentence without a full stop; one that has no sentence yet is told by its name."""
    match event:
        case events.OrderReported(report=report):
            return _order(report)
        case events.FillReported(report=report):
            return _fill(report)
        case events.PositionReported(report=report):
            return _position(report)
        case events.StopReported(report=report):
            return _stop(report)
        case events.ActConcluded():
            return _concluded(event)
        case events.SignalAccepted(signal=signal):
            return f"signal accepted: {_asked(signal)}{_beside(event)}"
        case events.SignalRefused(signal=signal):
            return f"signal refused ({event.reason}): {_asked(signal)}{_detail(event.detail)}"
        case events.EntryIntended() | events.StopIntended() | events.CloseIntended():
            return _intended(event)
        case events.TakeProfitIntended():
            order = f"{plain(event.quantity)} at {plain(event.price)} as {event.client_id}"
            return f"take-profit {event.rung + 1} is to be placed: {order}"
        case events.LadderAccepted(rungs=rungs):
            return f"the take-profits are to be: {_ladder(rungs) or 'none'} ({event.detail})"
        case events.PositionAdopted():
            return _adopted(event)
        case events.EntryFilled():
            return _entry_filled(event)
        case events.VerificationOverdue():
            return f"no source has decided the entry for {milliseconds(event.waited)}; asking goes on"
        case _:
            form = _FORMS.get(type(event), events.event_type(type(event)).replace("_", " "))
            return form.format(**{name: _word(getattr(event, name)) for name in _field_names(event)})


_FORMS: dict[type[Event], str] = {
    events.ProcessStarted: "a process took up the account (term {term}, installation {installation})",
    events.EntriesStopped: "entries are stopped: {detail}",
    events.EntriesResumed: "entries are resumed",
    events.SourceFailing: "{source} keeps failing: {detail}",
    events.SourceRecovered: "{source} answers again",
    events.StreamProven: "the stream is proven: an account event has come on it",
    events.StreamOpened: "the stream is open, and unproven until it tells something",
    events.StreamLost: "the stream is lost: {detail}",
    events.LeverageIntended: "leverage {leverage} is to be set",
    events.TriggerSettled: "the stop's final trigger is {trigger} (provisional {provisional})",
    events.CancelIntended: "cancelling {target}",
    events.OrderNotVisible: "a complete read did not see the order {client_id}; by itself that proves nothing",
    events.StopNotVisible: "a complete read did not see the stop {client_id}; by itself that proves nothing",
    events.AbsenceRestarted: "the count towards absence of {client_id} begins anew: {detail}",
    events.FillsRead: "all trades since {since} have been read",
    events.ReportIncomplete: "an answer of {source} lacked {fields}; nothing was guessed",
    events.EntryAbsent: "proven absent: the entry {client_id} was never executed",
    events.EntryEnded: "the entry has ended: {status}, {filled} filled at {average}",
    events.StopConfirmed: "LIVE: the stop at {trigger} was seen by {source}, live since venue time {venue_at}",
    events.PositionProtected: "PROTECTED: {quantity} open, stop at {trigger} seen live",
    events.ProtectionLost: "the cover is lost: {detail}",
    events.CloseAccepted: "the way home begins, as asked: {detail}",
    events.RollbackBegan: "the way home begins ({reason}): {detail}",
    events.RollbackWithdrawn: "the way home is given up, a stop covers: {detail}",
    events.HoldingReduced: "two sources show less: no more than {left} is ours from venue time {venue_at} on",
    events.FlatTold: "all that is told says that it is gone, which cannot be proven yet: {detail}",
    events.FlatDenied: "not flat after all, a stop covers: {detail}",
    events.FlatSeen: "FLAT: seen by two sources ({reason})",
    events.FlatVerified: "flat verified: nothing of this signal can come back, the slot is free ({reason})",
    events.ReduceAccepted: "a part is to be closed, as asked: {quantity}, and {keep} stays ({detail})",
    events.ReduceEnded: "the part is closed; {open} stays open",
    events.StopMoveAccepted: "the stop is to move from {before} to {trigger}, as asked: {detail}",
    events.StopMoveRefused: "the stop stays at {kept}: the venue refuses {trigger} ({detail})",
    events.SignalResolved: "resolved by the operator: {written_off} is written off ({detail})",
    events.OrphanCancelIntended: "cancelling {target}, which no signal answers for: {detail}",
    events.SagaReopened: "a late fill of {quantity} came in: it is covered first and closed then",
    events.DistressRaised: "DISTRESS ({kind}): {detail}",
    events.DistressEnded: "distress is over ({kind})",
    events.PositionError: "position error ({reason}): {detail}",
    events.SignalExecutionFailed: "the signal was not executed ({reason}): {detail}",
}
"""The plain forms; the fields are the event's own."""


def _field_names(event: Event) -> tuple[str, ...]:
    return tuple(type(event).__dataclass_fields__)


def _word(value: object) -> str:
    """A field as a person reads it."""
    match value:
        case None:
            return "an unknown price"
        case Decimal():
            return plain(value)
        case int() if value > _DAY_OF_DOUBT:
            return clock(value)
        case int():
            return str(value)
        case _:
            return str(value)


_DAY_OF_DOUBT: Instant = 10**14
"""Above this a whole number is an instant (1973 in microseconds), below it a count or a duration."""


def _asked(signal: Signal) -> str:
    """What the signal asks for: "open sell VELVETUSDT, 27 base, stop 3 % by mark"."""
    if signal.action is not Action.OPEN:
        part = f"{plain(signal.percent)} % of " if signal.percent != HUNDRED else ""
        return (
            f"{signal.action.value} {part}{signal.symbol or 'everything'}{_asked_stop(signal)}{_asked_ladder(signal)}"
        )
    side = f"{signal.side.value} " if signal.side is not None else ""
    size = f", {plain(signal.size.amount)} {signal.size.unit.value}" if signal.size else ""
    return f"open {side}{signal.symbol}{size}{_asked_stop(signal)}{_asked_ladder(signal)}"


def _beside(event: events.SignalAccepted) -> str:
    """What an accepted signal does to another."""
    if event.closes:
        return f"; it closes {event.closes} and opens nothing"
    return f"; it takes the slot of {event.reverses} once that is flat" if event.reverses else ""


def _asked_ladder(signal: Signal) -> str:
    if signal.take_profit is None:
        return ""
    return f", take-profits: {_ladder(signal.take_profit) or 'none'}"


def _ladder(rungs: tuple[TakeProfit, ...]) -> str:
    """As "50 % at 2 % gain, 50 % at 0.19"."""
    return ", ".join(f"{plain(rung.share)} % at {_rung_place(rung)}" for rung in rungs)


def _rung_place(rung: TakeProfit) -> str:
    return plain(rung.price) if rung.price is not None else f"{plain(rung.percent or Decimal(0))} % gain"


def _adopted(event: events.PositionAdopted) -> str:
    """A position that the journal did not know, and why it is guarded all the same."""
    whose = "ours by its orders" if event.ours else "another's, and to be protected"
    return f"adopted: {plain(event.quantity)} that no signal answered for, {whose}; {event.detail}"


def _asked_stop(signal: Signal) -> str:
    stop = signal.stop
    if stop is None:
        return ""
    where = f"at {plain(stop.price)}" if stop.price is not None else f"{plain(stop.percent or Decimal(0))} % away"
    if stop.break_even is not None:
        where = f"at the entry's average and {plain(stop.break_even)} %"
    return f", stop {where} by {stop.trigger_by.value}"


def _intended(event: events.EntryIntended | events.StopIntended | events.CloseIntended) -> str:
    match event:
        case events.EntryIntended():
            return _entry_intended(event)
        case events.StopIntended():
            return _stop_intended(event)
        case events.CloseIntended():
            return _close_intended(event)


def _entry_intended(event: events.EntryIntended) -> str:
    bound = f", no worse than {plain(event.price_bound)}" if event.price_bound is not None else ""
    kind = "final" if event.trigger_is_final else "provisional"
    stop = f"stop at {plain(event.trigger)} ({kind}, by {event.trigger_by.value})"
    order = f"{event.side.value} {plain(event.quantity)} as {event.client_id}{bound}"
    return f"intends to {order}; {stop}; position before: {plain(event.baseline)}"


def _stop_intended(event: events.StopIntended) -> str:
    what = "travels with the entry" if event.attached else f"is to be placed as {event.client_id}"
    whole = "the whole position" if event.quantity is None else plain(event.quantity)
    again = f", sending {event.sending}" if event.sending > 1 else ""
    return f"a stop at {plain(event.trigger)} (by {event.trigger_by.value}) for {whole} {what}{again}"


def _close_intended(event: events.CloseIntended) -> str:
    bound = f", no worse than {plain(event.price_bound)}" if event.price_bound is not None else ""
    rung = f" (rung {event.rung}, after {event.cause or 'a part'})" if event.rung else ""
    return f"intends to close {plain(event.quantity)} as {event.client_id}{bound}{rung}"


def _concluded(event: events.ActConcluded) -> str:
    """What became of an act, with the venue's own code and text."""
    words = " ".join(word for word in (event.code, f'"{event.text}"' if event.text else "") if word)
    reason = f" ({event.reason.value})" if event.reason.value else ""
    took = milliseconds(event.at - event.began_at)
    return f"the {_LEGS[event.leg]} is {event.outcome.value}{reason} after {took}{': ' if words else ''}{words}"


def _entry_filled(event: events.EntryFilled) -> str:
    if event.at_most:
        return f"first proof of a fill: the position changed by {plain(event.quantity)}, told by {event.source.value}"
    return f"first proof of a fill: {plain(event.quantity)}, told by {event.source.value}, {_venue(event.venue_at)}"


def _order(report: OrderReport) -> str:
    of = f" of {plain(report.quantity)}" if report.quantity is not None else ""
    price = f" at {plain(report.average)}" if report.average else ""
    name = report.client_id or report.venue_id or "without a name"
    why = f' "{report.reason}"' if report.reason else ""
    told = f"order {name}{_forced(report.kind)} {report.status.value}, {plain(report.filled)}{of} filled{price}{why}"
    return f"{_SAYS[report.source]}: {told}, {_venue(report.venue_at)}"


def _fill(report: FillReport) -> str:
    profit = f", realised {plain(report.profit)}" if report.profit else ""
    told = f"{report.side.value} {plain(report.quantity)} at {plain(report.price)}{_forced(report.kind)}"
    fee = "" if report.fee is None else f", fee {plain(report.fee)}"
    return f"{_SAYS[report.source]}: {told}{fee}{profit}, {_venue(report.venue_at)}"


def _forced(kind: FillKind) -> str:
    """That the venue itself did it."""
    return "" if kind is FillKind.TRADE else f" by {kind.value}"


def _position(report: PositionReport) -> str:
    stop = "" if report.stop_loss is None else f", stop shown at {plain(report.stop_loss)}"
    return f"{_SAYS[report.source]}: position {plain(report.amount)}{stop}, {_venue(report.venue_at)}"


def _stop(report: StopReport) -> str:
    where = f" at {plain(report.trigger)}" if report.trigger is not None else ""
    why = f' "{report.reason}"' if report.reason else ""
    return f"{_SAYS[report.source]}: stop{where} {report.status.value}{why}, {_venue(report.venue_at)}"


def milliseconds(duration: Duration) -> str:
    """A duration in milliseconds with one decimal: "12.3 ms"; from ten seconds on in seconds: "12.3 s"."""
    unit, name = (1_000_000, "s") if abs(duration) >= 10_000_000 else (1_000, "ms")  # noqa: PLR2004 - ten seconds
    tenths = (abs(duration) * 10 + unit // 2) // unit
    return f"{'-' if duration < 0 else ''}{tenths // 10}.{tenths % 10} {name}"


def _venue(at: Instant) -> str:
    return f"venue time {clock(at)}" if at else "without a venue time"


def _detail(text: str) -> str:
    return f" ({text})" if text else ""
