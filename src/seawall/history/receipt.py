"""A signal's receipt: where it stands, what it cost, who proved what, and how long each step took.

The figures are our own arithmetic on what was recorded; what the venue says was realised is held against them. The
state is read from the decisions in the record and from nothing else. ARMED lies between naked and protected: a stop of
ours is acknowledged, or attached, or even live, but not all that PROTECTED asks for has been seen yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from seawall.history.asked import Asked, asked
from seawall.history.exits import Exit, exits
from seawall.history.facts import (
    History,
    average,
    entry_fills,
    entry_names,
    entry_orders,
    entry_side,
    every,
    filled,
    first,
    last,
    signal_of,
)
from seawall.history.gains import Gain, exit_average, gain_of
from seawall.history.naked import Naked, naked
from seawall.model.acts import Outcome
from seawall.model.amounts import ZERO
from seawall.model.events import (
    ActConcluded,
    CloseAccepted,
    EndReason,
    EntryEnded,
    EntryFilled,
    EntryIntended,
    Event,
    FillReported,
    FlatDenied,
    FlatSeen,
    FlatTold,
    FlatVerified,
    OrderReported,
    PositionAdopted,
    PositionError,
    PositionProtected,
    PositionReported,
    ProtectionLost,
    RollbackBegan,
    RollbackWithdrawn,
    SagaReopened,
    SignalAccepted,
    SignalExecutionFailed,
    SignalRefused,
    SignalResolved,
    StopConfirmed,
    StopIntended,
    StopMoveAccepted,
    StopMoveRefused,
    StopReported,
    TriggerSettled,
)
from seawall.model.ids import Account, ClientId, Leg, Side, SignalId, Symbol
from seawall.model.signal import Action, TriggerBy
from seawall.model.times import Duration

_SETTLES = TriggerSettled | StopMoveAccepted | StopMoveRefused
"""What says where the stop is to be in the end."""


class State(StrEnum):
    """Where a signal stands, in the words of the promise."""

    ACCEPTED = "accepted"
    ENTERING = "entering"
    UNPROTECTED = "unprotected"
    ARMED = "armed"
    PROTECTED = "protected"
    CLOSING = "closing"
    FLAT_TOLD = "flat_told"
    FLAT_SEEN = "flat_seen"
    FLAT = "flat"
    REFUSED = "refused"


_AFTER: dict[type[Event], State] = {
    SignalAccepted: State.ACCEPTED,
    EntryIntended: State.ENTERING,
    PositionProtected: State.PROTECTED,
    ProtectionLost: State.UNPROTECTED,
    RollbackBegan: State.CLOSING,
    RollbackWithdrawn: State.ARMED,
    CloseAccepted: State.CLOSING,
    SagaReopened: State.UNPROTECTED,
    FlatTold: State.FLAT_TOLD,
    FlatDenied: State.ARMED,
    FlatSeen: State.FLAT_SEEN,
    FlatVerified: State.FLAT,
    SignalResolved: State.FLAT,
}


def state_of(history: History) -> State | None:
    """Where the signal stands; None for a history in which nothing was decided."""
    state: State | None = None
    armed = False
    for recorded in history:
        event = recorded.event
        armed = armed or isinstance(event, StopConfirmed) or (isinstance(event, StopIntended) and event.attached)
        state = _AFTER.get(type(event)) or _moved(state, event, armed=armed)
    return state


def _moved(state: State | None, event: Event, *, armed: bool) -> State | None:
    """The state after an event whose effect depends on what stood before; `armed`: a stop was there before the fill."""
    match event:
        case SignalRefused():
            return state or State.REFUSED
        case EntryFilled() if state is State.ENTERING:
            return State.ARMED if armed else State.UNPROTECTED
        case StopConfirmed() if state is State.UNPROTECTED:
            return State.ARMED
        case ActConcluded(leg=Leg.STOP, outcome=Outcome.ACKNOWLEDGED) if state is State.UNPROTECTED:
            return State.ARMED
        case _:
            return state


@dataclass(frozen=True, slots=True)
class Durations:
    """How long each step took, in our clock, from the signal's arrival; None for a step that was not reached."""

    intended: Duration | None
    filled: Duration | None
    stop_live: Duration | None
    protected: Duration | None
    flat: Duration | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a signal. Quantities in base currency, prices and fees in quote.

    `provisional` is the trigger that the entry left with, `final` the one computed from the fills (equal for a stop by
    price), `live` the one last seen at the venue. `spoke_first` is the source that proved the fill first, `sources` all
    that said anything. `fees` is None unless every trade of the entry and of each exit was told with its fee in the
    contract's currency: a part is never shown as all. `reason` is why it was refused or came to its end.

    `naked` counts a window that is open until the last word that was recorded.

    `exits` says who took it away, `gain` what that was in all. `asked` is what was asked of the open position.
    `written_off` was open when an operator resolved it.
    """

    signal_id: SignalId
    account: Account
    symbol: Symbol
    action: Action
    adopted: bool
    state: State
    reason: str
    detail: str
    side: Side | None
    intended: Decimal
    quantity: Decimal
    average: Decimal | None
    exit_quantity: Decimal
    exit_average: Decimal | None
    exits: tuple[Exit, ...]
    gain: Gain
    written_off: Decimal
    asked: Asked
    trigger_by: TriggerBy | None
    provisional: Decimal | None
    final: Decimal | None
    live: Decimal | None
    names: tuple[ClientId, ...]
    venue_ids: tuple[str, ...]
    spoke_first: str
    sources: tuple[str, ...]
    fees: Decimal | None
    naked: Naked | None
    durations: Durations
    failures: tuple[str, ...]


def receipt(history: History) -> Receipt | None:
    """The receipt of a signal's history; None for a history without its signal."""
    signal, state = signal_of(history), state_of(history)
    if signal is None or state is None:
        return None
    intent, opened = first(history, EntryIntended), first(history, EntryFilled)
    adopted, confirmed = first(history, PositionAdopted), last(history, StopConfirmed)
    reason, detail = _end(history)
    entered, exposed = _average(history), naked(history, history[-1].at)
    left = exits(history, entered)
    resolved = every(history, SignalResolved)
    return Receipt(
        signal_id=signal.id,
        account=signal.account,
        symbol=signal.symbol,
        action=signal.action,
        adopted=adopted is not None,
        state=state,
        reason=reason,
        detail=detail,
        side=entry_side(history) or signal.side,
        intended=intent.quantity if intent is not None else ZERO,
        quantity=_quantity(history),
        average=entered,
        exit_quantity=sum((one.quantity for one in left), ZERO),
        exit_average=exit_average(left),
        exits=left,
        gain=gain_of(left),
        written_off=sum((event.written_off for event in resolved), ZERO),
        asked=asked(history, left, exposed),
        trigger_by=_trigger_by(history),
        provisional=intent.trigger if intent is not None else None,
        final=_final(history),
        live=confirmed.trigger if confirmed is not None else None,
        names=_names(history),
        venue_ids=_venue_ids(history),
        spoke_first=opened.source.value if opened is not None else "",
        sources=sources(history),
        fees=_fees(history, left),
        naked=exposed,
        durations=_durations(history, signal.received_at),
        failures=_failures(history),
    )


def sources(history: History) -> tuple[str, ...]:
    """The sources that said something new about this signal, sorted."""
    said = (
        recorded.event.report.source.value
        for recorded in history
        if isinstance(recorded.event, OrderReported | FillReported | PositionReported | StopReported)
    )
    return tuple(sorted(dict.fromkeys(said)))


def _failures(history: History) -> tuple[str, ...]:
    """The reasons of its failures, in order."""
    told = (recorded.event for recorded in history if isinstance(recorded.event, PositionError | SignalExecutionFailed))
    return tuple(event.reason for event in told)


def _end(history: History) -> tuple[str, str]:
    """Why the signal was refused, or why its exposure came to an end; and the detail that was given. What was taken
    back is no reason: a way home that was given up, an end behind which a late fill came.
    """
    refused = first(history, SignalRefused)
    if refused is not None and first(history, SignalAccepted) is None:
        return refused.reason, refused.detail
    reason, detail = "", ""
    for recorded in history:
        match recorded.event:
            case RollbackBegan() as began:
                reason, detail = began.reason.value, began.detail
            case CloseAccepted() as asked_for:
                reason, detail = "", asked_for.detail
            case RollbackWithdrawn():
                reason, detail = "", ""
            case SagaReopened():
                reason, detail = EndReason.LATE_FILL.value, ""
            case FlatSeen() | FlatVerified() as flat:
                reason = flat.reason.value
            case SignalResolved() as resolved:
                reason, detail = EndReason.RESOLVED.value, resolved.detail
            case _:
                continue
    return reason, detail


def _since_reopened(history: History) -> History:
    """What was recorded since a late fill last opened the signal again; all of it, if none ever did."""
    places = (place for place, recorded in enumerate(history) if isinstance(recorded.event, SagaReopened))
    return history[max(places, default=-1) + 1 :]


def _quantity(history: History) -> Decimal:
    """The entry's filled quantity: as decided, or the most that was told."""
    ended, covered = last(history, EntryEnded), first(history, PositionProtected)
    return max(filled(history), ended.filled if ended else ZERO, covered.quantity if covered else ZERO)


def _average(history: History) -> Decimal | None:
    """The entry's average price: from its trades when all of them are known, each with a price, else as the venue told
    it of the whole: that of a part says nothing of the rest.
    """
    fills = entry_fills(history)
    whole = _quantity(history)
    if fills and sum(fill.quantity for fill in fills) == whole and all(fill.price > 0 for fill in fills):
        return average(fills)
    told = [(event.quantity, event.average) for event in every(history, PositionProtected)]
    told += [(event.filled, event.average) for event in every(history, EntryEnded)]
    told += [(report.filled, report.average) for report in entry_orders(history)[::-1]]
    return next((price for quantity, price in told if price and quantity == whole), None)


def _final(history: History) -> Decimal | None:
    """The trigger that the position was to have in the end."""
    settled = [event for event in (recorded.event for recorded in history) if isinstance(event, _SETTLES)]
    intent = first(history, EntryIntended)
    if settled:
        return settled[-1].kept if isinstance(settled[-1], StopMoveRefused) else settled[-1].trigger
    return intent.trigger if intent is not None and intent.trigger_is_final else None


def _names(history: History) -> tuple[ClientId, ...]:
    """Our names of everything that was sent for the signal, in order, each once."""
    told = [recorded.event for recorded in history if hasattr(recorded.event, "client_id")]
    return tuple(dict.fromkeys(ClientId(event.client_id) for event in told))


def _venue_ids(history: History) -> tuple[str, ...]:
    """The venue's own ids of our orders and stops, in the order in which they were heard, each once."""
    names = (*entry_names(history), *_names(history))
    told = (recorded.event.report for recorded in history if isinstance(recorded.event, OrderReported | StopReported))
    ours = (report for report in told if report.client_id in names or report.parent in names)
    return tuple(dict.fromkeys(str(report.venue_id) for report in ours if report.venue_id))


def _fees(history: History, left: Sequence[Exit]) -> Decimal | None:
    """The fees of the whole entry and of every exit; None unless each trade of them was told with its fee."""
    fills = entry_fills(history)
    fees = [*(fill.fee for fill in fills), *(one.fees for one in left)]
    known = [fee for fee in fees if fee is not None]
    whole = sum((fill.quantity for fill in fills), ZERO) == _quantity(history)
    return sum(known, ZERO) if fills and whole and len(known) == len(fees) else None


def _trigger_by(history: History) -> TriggerBy | None:
    """Which price the stop watches: as intended, or as the signal asks."""
    told = first(history, EntryIntended)
    signal = signal_of(history)
    if told is not None:
        return told.trigger_by
    return signal.stop.trigger_by if signal is not None and signal.stop is not None else None


def _durations(history: History, received_at: int) -> Durations:
    def since(*kinds: type[Event], of: History = history) -> Duration | None:
        found = next((recorded.at for recorded in of if isinstance(recorded.event, kinds)), None)
        return None if found is None else found - received_at

    return Durations(
        intended=since(EntryIntended),
        filled=since(EntryFilled),
        stop_live=since(StopConfirmed),
        protected=since(PositionProtected),
        flat=since(FlatSeen, FlatVerified, SignalResolved, of=_since_reopened(history)),
    )
